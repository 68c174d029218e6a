#!/usr/bin/env node
// reports.mjs: how long each report takes on a made-up history: its script as operators run it, the median of some turns, all
// reports in each turn. See README.md.
//   DAYS=365 VIEWS=20000 RAW_DAYS=90 ROUNDS=3
//   TIER=M|L   the size of a class of newspapers and its bar; what is set besides goes first
//   DUE=300    so many pledges wait for their roll-up, as beside a running service
//   KEEP=DIR   the history stays in this folder, and is taken from there when it is there already
//   NAME …     these reports alone
//   --check    exit 1, and name each report whose median is over BAR milliseconds (2,000; tier L 5,000), or that failed

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";

import { kept, stack } from "../walk/lib/stack.mjs";

const TIERS = { M: { DAYS: 365, VIEWS: 300000, RAW_DAYS: 58, BAR: 2000 }, L: { DAYS: 92, VIEWS: 20000000, RAW_DAYS: 0, BAR: 5000 } }; // README.md tells why not 45 million
const tier = TIERS[process.env.TIER] ?? { DAYS: 365, VIEWS: 20000, RAW_DAYS: 90, BAR: 2000 };
const number = (name, value) => Number(process.env[name] ?? tier[name] ?? value);
const DAYS = number("DAYS"), VIEWS = number("VIEWS"), RAW_DAYS = number("RAW_DAYS"), BAR = number("BAR"), ROUNDS = number("ROUNDS", 3), DUE = number("DUE", 300);
const check = process.argv.includes("--check"), wanted = process.argv.slice(2).filter((word) => word !== "--check");
const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);
const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];

// cpu: what ended processes of the database have used so far, in ms: those of a report are among them when it is over.
async function cpu(s) {
	await sleep(200); // until its end was noticed
	const pid = readFileSync(join(s.dir, "pg/postmaster.pid"), "utf8").split("\n")[0];
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").replace(/^.*\) /, "").split(" ");

	return (Number(fields[13]) + Number(fields[14])) * 10;
}

// seed: the history, and how long it took to make it up.
async function seed(s) {
	const began = performance.now(), used = await cpu(s);
	const seeded = await s.ctl("seed", "--site", "demo", "--days", DAYS, "--views-per-day", VIEWS, "--raw-days", RAW_DAYS, "--seed", 1);

	assert.equal(seeded.code, 0, seeded.stderr);
	console.log(`${seeded.stdout}${seeded.stderr.split("\n").slice(-3).join("\n")}\nseeded in ${((performance.now() - began) / 1000).toFixed(0)} s, ${((await cpu(s) - used) / 1000).toFixed(0)} s of a processor`);
	await s.sql("VACUUM ANALYZE");
}

test("figures", { timeout: 14400000 }, async () => {
	const s = process.env.KEEP ? await kept(process.env.KEEP) : await stack({ name: "bench-reports", only: "pg", campaigns: "none", check_logs: false });

	if (await s.count("SELECT count(*) FROM pledged.roll_pledge") === 0)
		await seed(s);
	const listed = (await s.ctl("report")).stdout.split("\n").map((line) => /^([a-z][a-z_]*) +[^[]*(\[.*)?/.exec(line)).filter(Boolean);
	const names = listed.map(([, name]) => name).filter((name) => wanted.length === 0 || wanted.includes(name));
	const span = Object.fromEntries(listed.map(([, name, words = ""]) => [name, [...(/\bfrom\b/.test(words) ? ["--from", day(DAYS)] : []),
		...(/\bto\b/.test(words) ? ["--to", day(-1)] : [])]]));
	const took = Object.fromEntries(names.map((name) => [name, []])), busy = Object.fromEntries(names.map((name) => [name, []]));
	const rows = {}, late = [];

	await s.sql(`INSERT INTO pledged.roll_due (pledge_id) SELECT pledge_id FROM pledged.pledge ORDER BY created_at DESC LIMIT ${DUE}`);
	for (let n = 0; n < ROUNDS; n++)
		for (const name of names) {
			const before = await cpu(s), from = performance.now();
			const out = await s.ctl("report", name, ...span[name], "--format", "csv");

			took[name].push(performance.now() - from);
			busy[name].push(await cpu(s) - before);
			rows[name] = out.code === 0 ? out.stdout.split("\n").length - 2 : out.stderr.trim().split("\n")[0];
		}
	await s.sql("DELETE FROM pledged.roll_due"); // with KEEP the next run makes its own
	console.log("report              median ms     most ms   cpu ms   rows");
	for (const name of names) {
		const ms = median(took[name]);

		console.log(`${name.padEnd(18)} ${ms.toFixed(0).padStart(10)} ${Math.max(...took[name]).toFixed(0).padStart(11)} ${median(busy[name]).toFixed(0).padStart(8)}   ${rows[name]}`);
		if (ms > BAR || !Number.isInteger(rows[name]))
			late.push(name);
	}
	console.log(late.length === 0 ? `none takes more than ${BAR} ms` : `over ${BAR} ms, or failed: ${late.join(" ")}`);
	if (check && late.length > 0)
		process.exitCode = 1;
});
