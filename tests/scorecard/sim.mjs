// sim.mjs: made-up histories of the money path, with everything going wrong (tests/sim/README.md).

import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";

import { build, root } from "../walk/lib/stack.mjs";

async function sim(t, n, ...more) {
	const args = ["--seed", String(t.int(1, 2 ** 31)), "--seeds", String(n), "-k", ...more];
	const { stdout } = await promisify(execFile)(join(root, build, "sim/money"), args, { cwd: root, maxBuffer: 1 << 28 })
		.catch((error) => error);
	const [told = ""] = stdout.split("\n");
	const bad = stdout.split("\n").filter((line) => line.startsWith("not so"));
	const ran = Number(/^(\d+) histories/m.exec(stdout)?.[1] ?? 0);
	const struck = [...stdout.matchAll(/^fault\t\w+\t(\d+)$/gm)].reduce((sum, [, k]) => sum + Number(k), 0);

	t.count({ faults: struck });
	return { value: `${bad.length} bad of ${ran}, ${told}`, pass: ran === n && bad.length === 0, why: bad.slice(0, 5) };
}

async function real(t) {
	const s = await t.stack("sim", { only: "pg" });
	const { PGHOST, PGPORT, PGDATABASE } = s.env;

	return sim(t, t.n(300, 10, 20), "--pg", `host=${PGHOST} port=${PGPORT} dbname=${PGDATABASE}`);
}

export const lines = [
	{ id: "A12", name: "sim", title: "made-up histories against the model", target: "0 bad, the seed is told", short: true,
		build: ["plain", "sim"], run: (t) => sim(t, t.n(20000, 1000, 5000)) },
	{ id: "A13", name: "sim-pg", title: "made-up histories on PostgreSQL", target: "0 bad", build: ["plain", "sim"], run: real },
];
