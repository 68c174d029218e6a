// The goal: whatever goes wrong, in whatever order, the books are right in the end. Made-up histories of the money path
// (tests/sim/README.md): new ones each time against the model, the ones that once were wrong for ever, and some against the
// real functions on PostgreSQL. Another run: PLEDGED_SEED=n. (cases 8, 11 to 13, 15 to 18, 21, 22, 39 to 41, 43 to 45, 48 to 50, 84, 85)

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { build, root, sanitized, stack } from "./lib/stack.mjs";

const program = join(root, build, "sim/money");
const seed = process.env.PLEDGED_SEED ?? String(Date.now());
const FRESH = sanitized ? 100 : 800;
const REAL = sanitized ? 2 : 5;

async function sim(...args) {
	try {
		const { stdout } = await promisify(execFile)(program, args, { cwd: root, maxBuffer: 1 << 28 });

		return stdout;
	} catch (error) {
		assert.fail(`${program} ${args.join(" ")}\n${error.stdout}${error.stderr}`);
	}
}

const figure = (out, name) => Number(new RegExp(`^fault\t${name}\t(\\d+)$`, "m").exec(out)?.[1]);

test("new histories end well", async () => {
	const out = await sim("--seed", seed, "--seeds", String(FRESH));

	console.log(`# ${out.split("\n").slice(0, 2).join("; ")}`);
	assert.match(out, new RegExp(`^${FRESH} histories`, "m"));
	for (const name of ["store_busy", "store_lost_after", "store_away", "crash_in_call", "call_answer_dropped", "call_late", "call_500_done",
		"hook_twice", "hook_late", "hook_lost", "clock_back"])
		assert.ok(figure(out, name) > 0, name);
});

test("histories that once were wrong stay right", async () => {
	const out = await sim("--file", "tests/sim/money/seeds.txt");

	assert.match(out, /^[1-9]\d* histories/m);
});

test("the same seed is the same history, byte for byte", async () => {
	const [one, two] = await Promise.all([sim("--seed", seed, "-v"), sim("--seed", seed, "-v")]);

	assert.equal(one, two);
	assert.ok(one.split("\n").length > 20);
});

test("histories on PostgreSQL end well", async () => {
	const s = await stack({ name: "money-sim", only: "pg" });
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const out = await sim("--pg", `host=${PGHOST} port=${PGPORT} dbname=${PGDATABASE}`, "--seed", seed, "--seeds", String(REAL));

	assert.match(out, new RegExp(`^${REAL} histories`, "m"));
	await s.invariants();
});
