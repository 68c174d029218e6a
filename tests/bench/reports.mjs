#!/usr/bin/env node
// reports.mjs: how long each report takes on a made-up history: its script as operators run it, the median of some turns, all
// reports in each turn. See README.md.
//   DAYS=365 VIEWS=20000 RAW_DAYS=90 ROUNDS=3

import { performance } from "node:perf_hooks";
import { test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";

const number = (name, value) => Number(process.env[name] ?? value);
const DAYS = number("DAYS", 365), VIEWS = number("VIEWS", 20000), RAW_DAYS = number("RAW_DAYS", 90), ROUNDS = number("ROUNDS", 3);
const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);

test("figures", { timeout: 3600000 }, async () => {
	const s = await stack({ name: "bench-reports", only: "pg", campaigns: "none", check_logs: false });
	const began = performance.now();
	const seeded = await s.ctl("seed", "--site", "demo", "--days", DAYS, "--views-per-day", VIEWS, "--raw-days", RAW_DAYS, "--seed", 1);

	console.log(`${seeded.stdout}${seeded.stderr.split("\n").slice(-3).join("\n")}\nseeded in ${((performance.now() - began) / 1000).toFixed(0)} s`);
	await s.sql("VACUUM ANALYZE");
	const listed = (await s.ctl("report")).stdout.split("\n").map((line) => /^([a-z][a-z_]*) +[^[]*(\[.*)?/.exec(line)).filter(Boolean);
	const names = listed.map(([, name]) => name);
	const span = Object.fromEntries(listed.map(([, name, words = ""]) => [name, [...(/\bfrom\b/.test(words) ? ["--from", day(DAYS)] : []),
		...(/\bto\b/.test(words) ? ["--to", day(-1)] : [])]]));
	const took = Object.fromEntries(names.map((name) => [name, []]));
	const rows = {};

	for (let n = 0; n < ROUNDS; n++)
		for (const name of names) {
			const from = performance.now();
			const out = await s.ctl("report", name, ...span[name], "--format", "csv");

			took[name].push(performance.now() - from);
			rows[name] = out.code === 0 ? out.stdout.split("\n").length - 2 : out.stderr.trim().split("\n")[0];
		}
	console.log("report              median ms     most ms   rows");
	for (const name of names) {
		const t = took[name].sort((a, b) => a - b);

		console.log(`${name.padEnd(18)} ${t[t.length >> 1].toFixed(0).padStart(10)} ${t.at(-1).toFixed(0).padStart(11)}   ${rows[name]}`);
	}
});
