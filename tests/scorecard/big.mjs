// big.mjs: many rows: decisions beside many readers, reports over a long history, and old rows that go while people read.

import { execFile } from "node:child_process";
import { join } from "node:path";

import { agent, client } from "../walk/lib/http.mjs";
import { root } from "../walk/lib/stack.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { verdict } from "./lib/audit.mjs";

const p = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;
const words = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1e4 ? `${Math.round(n / 1e3)} k` : String(n));

// --- E03 -----------------------------------------------------------------------------------------

const TIMES = 1.5;
const SLACK_MS = 3;	// of a p99 that is a few milliseconds, half is chance

// crowd: so many pages by readers who come again; gives each answer's time, those after a warm-up.
async function crowd(s, readers, rounds) {
	const pool = agent(4);
	const ms = [];
	let next = 0;

	await Promise.all(Array.from({ length: 4 }, async () => {
		for (let i = next++; i < readers.length; i = next++) {
			readers[i] ??= client(s.url, { agent: pool });
			for (let k = 0; k < rounds; k++) {
				const from = performance.now();
				const { status } = await readers[i].decide(`/big/${k % 7}`, { section: "sport" });

				if (status !== 200)
					throw new Error(`a page got ${status}`);
				ms.push(performance.now() - from);
			}
		}
	}));
	pool.destroy();
	return ms;
}

async function many(t) {
	const s = await t.stack("big", { views: 1, moneys: 1, clerks: 1, set: { "view.deadline_ms": 5000 } });
	const n = t.n(10e6, 50e3, 400e3);
	const scans = () => s.count("SELECT seq_scan FROM pg_stat_user_tables WHERE relid = 'pledged.reader'::regclass");
	const p99 = async () => {
		await crowd(s, Array(60).fill(undefined), 6);
		const took = [];

		// The middle one of five: a busy moment of the machine is in one of them.
		for (let i = 0; i < 5; i++)
			took.push(p(await crowd(s, Array(80).fill(undefined), 8), 0.99));
		return p(took, 0.5);
	};
	const empty = await p99();

	for (let done = 0; done < n; done += 500e3)
		await s.sql(`INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views) SELECT gen_random_uuid(), 1, now() - interval '1 month', now() - interval '1 day', 3
			FROM generate_series(1, ${Math.min(500e3, n - done)})`);
	await s.sql("VACUUM ANALYZE pledged.reader");
	await sleep(1100);
	const before = await scans();
	const full = await p99();

	await sleep(1100);	// until the counts are told
	const seq = await scans() - before;

	return verdict(`${words(n)} readers: p99 ${full.toFixed(1)} ms, of an empty table ${empty.toFixed(1)} ms, ${seq} scans of the table`, full <= Math.max(empty * TIMES, empty + SLACK_MS) && seq === 0, []);
}

// --- E05 -----------------------------------------------------------------------------------------

const REPORT_MS = 10000;

function run(args, env = {}) {
	return new Promise((done) => execFile("node", args, { cwd: root, maxBuffer: 1 << 26, env: { ...process.env, ...env } },
		(error, stdout, stderr) => done({ code: error ? error.code ?? 1 : 0, stdout, stderr })));
}

async function reports(t) {
	const views = t.n(20000, 500, 3000);
	const timed = await run(["tests/bench/reports.mjs", "--check"], { DAYS: "90", VIEWS: String(views), RAW_DAYS: "60", ROUNDS: "1", BAR: String(REPORT_MS), TIER: "" });
	const rows = [...timed.stdout.matchAll(/^([a-z][a-z_]+) +(\d+) +\d+ +\d+ +(.*)$/gm)].map(([, name, ms, n]) => ({ name, ms: Number(ms), n }));
	const slow = rows.reduce((a, b) => (b.ms > a.ms ? b : a), { name: "none", ms: 0 });
	const counted = await run([`--test-reporter=${join(root, "tests/lib/tap.mjs")}`, "--test-reporter-destination=stdout", "tests/walk/report_traffic.test.mjs"]);
	const bad = counted.stdout.split("\n").filter((row) => row.startsWith("not ok"));
	const why = [...bad, ...(timed.code === 0 ? [] : [timed.stdout.trim().split("\n").at(-1), timed.stderr.slice(-200)])];

	return verdict(`${rows.length} reports over 90 days of ${words(views * 90)} pages, the slowest ${slow.name} ${slow.ms} ms; totals as counted outside: ${counted.code === 0 ? "equal" : "different"}`,
		rows.length >= 30 && timed.code === 0 && counted.code === 0, why);
}

// --- E07 -----------------------------------------------------------------------------------------

const LOCK_MS = 500;

// OLD: rows whose time is over, made in one go: of a table that is emptied by rows, and of readers who are forgotten.
const NOTES = (n, age) => `INSERT INTO pledged.risk_note (at, site_id, livemode, verdict, form, points, filters, shadow, counted, pledge_id)
	SELECT now() - interval '${age}' - random() * interval '9 days', 1, false, 'passed', 'ok', 0, '{}', '{}', true, gen_random_uuid() FROM generate_series(1, ${n})`;
const READERS = (n, age) => `INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views) SELECT gen_random_uuid(), 1, now() - interval '5 years', now() - interval '${age}', 1
	FROM generate_series(1, ${n})`;

async function forgets(t) {
	const s = await t.stack("retention", { views: 1, moneys: 1, clerks: 0, set: { "view.deadline_ms": 5000 } });
	const n = t.n(10e6, 4000, 100e3);
	const old_readers = Math.min(n, t.n(50000, 300, 3000));
	const left = async () => await s.count("SELECT count(*) FROM pledged.risk_note WHERE at < now() - interval '13 months'")
		+ await s.count("SELECT count(*) FROM pledged.reader WHERE last_at < now() - interval '4 years'");
	const who = Array.from({ length: 20 }, () => client(s.url));
	const waits = [];
	let going = true, steps = 0, longest = 0;

	for (const sql of [NOTES(n, "14 months"), NOTES(Math.ceil(n / 2), "1 month"), READERS(old_readers, "4 years 1 month"), READERS(Math.ceil(n / 2), "3 days"),
		"VACUUM ANALYZE pledged.risk_note, pledged.reader", "UPDATE pledged.retention SET next_at = now() - interval '1 minute', reached = NULL"])
		await s.sql(sql);
	const size = await s.count("SELECT pg_total_relation_size('pledged.risk_note') + pg_total_relation_size('pledged.reader')");
	// People read meanwhile, and somebody writes into the very table: whoever waits for a lock longer than that fails.
	const others = Promise.all([
		(async () => {
			for (let i = 0; going; i++)
				await who[i % who.length].decide(`/keep/${i % 9}`, { section: "sport" });
		})(),
		(async () => {
			while (going) {
				const from = Date.now();

				await s.sql(`SET lock_timeout = '${LOCK_MS}ms'; ${NOTES(20, "1 day")}; UPDATE pledged.risk_note SET points = points WHERE risk_id IN (SELECT risk_id FROM pledged.risk_note
					WHERE at > now() - interval '2 days' LIMIT 20); UPDATE pledged.reader SET views = views WHERE reader_id IN (SELECT reader_id FROM pledged.reader WHERE last_at > now() - interval '1 day' LIMIT 5)`)
					.catch((error) => waits.push(error.message));
				longest = Math.max(longest, Date.now() - from);
				await sleep(50);
			}
		})(),
	]);

	try {
		await until("all that is old has gone", async () => {
			// Some hundred steps in a session; each is a transaction of its own, as the clerk's.
			await s.sql(`DO $$ BEGIN FOR i IN 1..200 LOOP PERFORM pledged.retain(1000, now()); COMMIT; END LOOP; END $$; UPDATE pledged.retention SET next_at = now() WHERE next_at > now()`);
			steps += 200;
			return await left() === 0;
		}, 3600);
	} finally {
		going = false;
		await others;
	}
	await s.sql("VACUUM pledged.risk_note, pledged.reader");
	const [[dead, now]] = await s.sql(`SELECT sum(n_dead_tup), (SELECT pg_total_relation_size('pledged.risk_note') + pg_total_relation_size('pledged.reader'))
		FROM pg_stat_user_tables WHERE relid IN ('pledged.risk_note'::regclass, 'pledged.reader'::regclass)`);
	const grown = Number(now) / size;

	return verdict(`${words(n)} notes and ${words(old_readers)} readers went in ${steps} steps; ${waits.length} statements waited longer than ${LOCK_MS} ms (the longest took ${longest} ms), ${
		dead} dead rows after a vacuum, the tables ${grown.toFixed(2)} of their size`, waits.length === 0 && Number(dead) <= n / 10 && grown <= 1.1, waits.slice(0, 3));
}

export const lines = [
	{ id: "E03", name: "big", title: "decisions beside ten million readers", target: `p99 at most ${TIMES} of an empty table's (or ${SLACK_MS} ms more), the table never scanned`, run: many },
	{ id: "E05", name: "reports", title: "every report over a long made-up history; totals counted outside", target: `each at most ${REPORT_MS / 1000} s, totals equal`, build: ["plain", "widget"], run: reports },
	{ id: "E07", name: "retention", title: "old rows go, while people read and write", target: `no lock longer than ${LOCK_MS} ms, dead rows bounded`, run: forgets },
];
