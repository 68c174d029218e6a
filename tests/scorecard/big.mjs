// big.mjs: many rows: decisions beside many readers, and old rows that go while people read and write.

import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

import { bench, late, median, sleep } from "./lib/bench.mjs";
import { verdict } from "./lib/audit.mjs";

const words = (n) => (n >= 1e6 ? `${(n / 1e6).toFixed(1)} M` : n >= 1e4 ? `${Math.round(n / 1e3)} k` : String(n));
const READERS = 10e6, MINTED = 200000;

const size = (t) => t.n(READERS, 200e3, 2e6);
const crowd = (b, t) => b.stand("big", size(t), async (stand) => {
	await stand.fill(stand.readers, { most: MINTED, settle: false, say: (percent) => percent % 20 === 0 && t.say(`${percent} % of the readers`) });
	await stand.away_from_checkpoint();
	await stand.stack("role", "clerk", "stop"); // a crowd that came at once is counted for hours; a site's came one by one
});

// --- E03 -----------------------------------------------------------------------------------------

const TIMES = 1.5, RATE = 800, TURNS = 7;

// plans: what PostgreSQL does for a page in a session of view's own, as it tells itself.
async function plans(stand) {
	const log = join(stand.dir, "log/postgresql.log");
	const asks = ["session_preload_libraries = 'auto_explain'", "auto_explain.log_min_duration = 0", "auto_explain.log_nested_statements = on"];

	for (const ask of asks)
		await stand.query(`ALTER ROLE pledged_view SET ${ask}`);
	await stand.view(stand.views);
	const from = statSync(log).size;

	await stand.nudge(20);
	await sleep(300);
	const text = readFileSync(log).subarray(from).toString();

	for (const ask of asks)
		await stand.query(`ALTER ROLE pledged_view RESET ${ask.split(" ")[0]}`);
	await stand.view(stand.views);
	return { index: (text.match(/Index (Only )?Scan using reader_pkey on reader/g) ?? []).length, scans: (text.match(/(Seq Scan|Bitmap Heap Scan) on reader\b/g) ?? []).length };
}

async function many(t) {
	const b = await bench(t);

	if (b.why)
		return { value: b.why, skip: true, pass: true };
	const sides = { full: await crowd(b, t), empty: await b.stand("empty", 20000, async (stand) => {
		await stand.fill();
		await stand.query("DELETE FROM pledged.reader"); // their cookies stay: they come anew
		await stand.away_from_checkpoint();
		await stand.stack("role", "clerk", "stop");
	}) };
	const scans = () => sides.full.one("SELECT seq_scan::int FROM pg_stat_user_tables WHERE relid = 'pledged.reader'::regclass");
	const p99 = { empty: [], full: [] };
	let not = 0;

	for (const stand of Object.values(sides))
		await b.steady(stand, RATE, 10);
	const before = await scans();

	for (let i = 0; i < TURNS; i++)
		for (const side of ["empty", "full"]) {
			const load = await b.steady(sides[side], RATE, 5);

			p99[side].push(late(load));
			not += load.undecided.n + load.unsent;
		}
	await sleep(1100); // until the counts are told
	const seq = await scans() - before, found = await plans(sides.full), ratio = median(p99.full) / median(p99.empty);

	return verdict(`${words(sides.full.readers)} readers: p99 ${median(p99.full).toFixed(2)} ms, of an empty table ${median(p99.empty).toFixed(2)} ms, ${ratio.toFixed(2)} of it; ${not} pages not decided; plans: ${
		found.index} by the index, ${found.scans} without, ${seq} scans of the table`, ratio <= TIMES && seq === 0 && found.index > 0 && found.scans === 0,
	[`turns in ms: empty ${p99.empty.map((v) => v.toFixed(1)).join(" ")}; full ${p99.full.map((v) => v.toFixed(1)).join(" ")}`].filter(() => ratio > TIMES));
}

// --- E07 -----------------------------------------------------------------------------------------

const LOCK_MS = 500, OLD = 0.25; // more of them than an autovacuum leaves
const OWN_S = 30, MOST_S = 240;

const NOTES = (n, from, days) => `INSERT INTO pledged.risk_note (at, site_id, livemode, verdict, form, points, filters, shadow, counted, pledge_id)
	SELECT now() - interval '${from}' - random() * interval '${days} days', 1, false, 'passed', 'ok', 0, '{}', '{}', true, gen_random_uuid() FROM generate_series(1, ${n})`;

// old_notes: rows are put in without indexes, which are made again: so it takes a minute.
async function old_notes(stand, n) {
	const indexes = await stand.query("SELECT indexname AS name, indexdef AS text FROM pg_indexes WHERE schemaname = 'pledged' AND tablename = 'risk_note' AND indexname <> 'risk_note_pkey'");

	for (const { name } of indexes)
		await stand.query(`DROP INDEX pledged.${name}`);
	await stand.query(NOTES(Math.round(n * OLD), "14 months", 20));
	await stand.query(NOTES(Math.round(n * (1 - OLD)), "2 days", 300));
	for (const { text } of indexes)
		await stand.query(text);
	await stand.query("VACUUM (ANALYZE) pledged.risk_note");
	// One reader in a hundred has not come for long.
	await stand.query("UPDATE pledged.reader SET last_at = last_at - interval '3 years', first_at = first_at - interval '3 years' WHERE reader_id::text LIKE '%00' OR reader_id::text LIKE '%7f'");
	await stand.query("VACUUM (ANALYZE) pledged.reader");
	await stand.query("CHECKPOINT");
}

const FIGURES = `SELECT sum(n_dead_tup)::float AS dead, sum(n_tup_del)::float AS gone, sum(autovacuum_count)::int AS vacuums, pg_total_relation_size('pledged.risk_note')::float AS bytes,
	(SELECT reltuples::float FROM pg_class WHERE oid = 'pledged.risk_note'::regclass) AS live
	FROM pg_stat_user_tables WHERE relid = 'pledged.risk_note'::regclass`;
const WAITS = "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0)::float * 1000 AS ms FROM pg_locks WHERE NOT granted";

// writers: somebody writes into the very table all the time, and no time-out ends it; the slowest tells.
async function writers(stand, going) {
	let slowest = 0, written = 0;

	while (going()) {
		const from = performance.now();

		await stand.query(NOTES(20, "1 day", 1));
		await stand.query("UPDATE pledged.risk_note SET points = points WHERE risk_id IN (SELECT risk_id FROM pledged.risk_note WHERE at > now() - interval '3 days' ORDER BY at DESC LIMIT 20)");
		slowest = Math.max(slowest, performance.now() - from);
		written += 20;
		await sleep(50);
	}
	return { slowest, written };
}

// hasty: the clerk's statement, one after the other and as its role: as much in minutes as the clerk does in a day, since it rests after each
// step of readers.
async function hasty(b, stand, going) {
	const client = await b.login(stand, "pledged_clerk");

	while (going())
		await client.query("SELECT pledged.retain(500, now())");
	await client.end();
}

async function forgets(t) {
	const b = await bench(t);

	if (b.why)
		return { value: b.why, skip: true, pass: true };
	const stand = await crowd(b, t), n = size(t), log = join(stand.dir, "log/postgresql.log"), old = Math.round(n * OLD);
	const gone_of = async (what) => Number(await stand.one("SELECT gone FROM pledged.retention WHERE what = $1", [what]));

	for (const setting of ["log_lock_waits = on", `deadlock_timeout = '${LOCK_MS}ms'`, "autovacuum_naptime = '1s'"])
		await stand.query(`ALTER SYSTEM SET ${setting}`);
	await stand.query("SELECT pg_reload_conf()");
	await old_notes(stand, n);
	t.say("the old rows are made");
	await stand.query("UPDATE pledged.retention SET next_at = CASE WHEN what IN ('risk_notes', 'readers') THEN '-infinity'::timestamptz ELSE now() + interval '1 hour' END, reached = NULL");
	const [before] = await stand.query(FIGURES), from = statSync(log).size, notes = await gone_of("risk_notes"), readers = await gone_of("readers");
	let going = true, dead = 0, longest = 0, last = before, over = 0;
	const began = Date.now(), load = b.steady(stand, 200, OWN_S), writing = writers(stand, () => going);
	const look = async () => {
		const [[now], [wait]] = await Promise.all([stand.query(FIGURES), stand.query(WAITS)]);

		last = now;
		dead = Math.max(dead, now.dead);
		longest = Math.max(longest, wait.ms);
		await sleep(50);
	};

	await stand.stack("role", "clerk", "start");
	while (Date.now() - began < OWN_S * 1000)
		await look();
	const by_clerk = await gone_of("risk_notes") - notes, fast = hasty(b, stand, () => going && last.gone - before.gone < old);

	while (Date.now() - began < MOST_S * 1000 && (last.gone - before.gone < old || last.vacuums === before.vacuums)) {
		await look();
		over = last.gone - before.gone < old ? Date.now() : over;
	}
	going = false;
	await fast;
	const { slowest, written } = await writing, read = await load, took = ((over || Date.now()) - began) / 1000;
	const forgotten = await gone_of("readers") - readers;
	const waits = (readFileSync(log).subarray(from).toString().match(/still waiting for .*/g) ?? []);
	const gone = last.gone - before.gone, grown = last.bytes / before.bytes / (1 + written / n), bound = before.live * 0.2 + 50 + gone / took * 30; // PostgreSQL's own threshold, and what goes while it vacuums

	return verdict(`of ${words(n)} notes ${words(gone)} (${by_clerk} by the clerk alone in ${OWN_S} s) and of as many readers ${forgotten} went in ${took.toFixed(0)} s; ${waits.length} waits over ${
		LOCK_MS} ms, the longest seen ${longest.toFixed(0)} ms, the slowest write ${slowest.toFixed(0)} ms; dead rows at most ${words(dead)} of ${words(Math.round(bound))}, ${
		last.vacuums - before.vacuums} autovacuums, the table ${grown.toFixed(2)} of its size and of what was written; readers' p99 ${read.all.p99.toFixed(1)} ms`,
	gone >= old && by_clerk > 0 && forgotten > 0 && waits.length === 0 && longest <= LOCK_MS && dead <= bound && last.vacuums > before.vacuums && grown <= 1.1, waits.slice(0, 3));
}

export const lines = [
	{ id: "E03", name: "big", title: "decisions beside ten million readers and beside none, in turn", target: `p99 at most ${TIMES} of an empty table's, by the index`, build: ["plain", "bench"], run: many },
	{ id: "E07", name: "retention", title: "the clerk takes old rows from ten million, while people read and write", target: `no lock longer than ${LOCK_MS} ms, dead rows bounded`,
		build: ["plain", "bench"], run: forgets },
];
