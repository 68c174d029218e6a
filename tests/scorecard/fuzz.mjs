// fuzz.mjs: the fuzz targets: each over what it has learned, then for new inputs; and what tests/fuzz/RECORD.md has of them in sum.

import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";
import { each } from "./lib/money.mjs";
import { on_record } from "./lib/record.mjs";
import { has, run } from "./lib/run.mjs";

const short = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1000 ? `${Math.round(n / 1000)} k` : String(n));

// fuzz: no find now, and each target often enough on record: it was run so often before, by hand and for longer.
const fuzz = (least, targets) => async (t) => {
	if (!await has("clang-14"))
		return { value: "there is no clang: deploy/packages fuzz", skip: true, pass: true };
	mkdirSync(join(root, "build/fuzz"), { recursive: true });
	const made = await run("make", ["-j2", "--no-print-directory", ...targets.map((name) => `build/fuzz/fuzz/${name}`)]);

	if (made.code !== 0)
		throw new Error(`make: ${made.stderr.trim().split("\n").at(-1)}`);
	const why = [], now = {};

	await each(targets, 2, async (name) => {
		const { code, stdout, stderr } = await run("tests/fuzz/run", ["--one", String(t.n(120, 5, 12)), name]);

		now[name] = Number(/: (\d+) executions/.exec(stdout)?.[1] ?? 0);
		if (code !== 0 || now[name] === 0)
			why.push(`${name}: ${`${stdout}${stderr}`.trim().slice(-1500)}`);
	});
	const record = on_record();
	const few = targets.filter((name) => (record[name] ?? 0) < least);

	return verdict(`${why.length} found; ${targets.map((name) => `${name.slice(5)} ${short(now[name])} now, ${short(record[name] ?? 0)} on record`).join("; ")}`,
		few.length === 0, why);
};

const line = (id, name, title, least, targets) => ({ id, name, title: `${title} (case 86)`, target: `0 found, ${short(least)} of each on record`, build: [], run: fuzz(least, targets) });

export const lines = [
	line("C01", "fuzz-fcgi", "what a peer may write to a FastCGI socket", 1e8, ["fuzz_fcgi"]),
	line("C02", "fuzz-http", "parameters, headers, cookies, tokens, forms and JSON of a request", 1e8, ["fuzz_view", "fuzz_token", "fuzz_form", "fuzz_json"]),
	line("C03", "fuzz-hook", "the header of a webhook's signature, and its body", 1e8, ["fuzz_signature", "fuzz_webhook"]),
	line("C04", "fuzz-conf", "an operator's files: settings, campaigns", 1e7, ["fuzz_conf", "fuzz_campaign"]),
	line("C05", "fuzz-prov", "what a payment provider says", 1e7, ["fuzz_answer", "fuzz_mollie"]),
];
