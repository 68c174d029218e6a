// steady: half the peak at a constant rate, while something else goes on: p99 and how many pages were opened uncounted.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { number } from "../lib/bars.mjs";
import { steady } from "../lib/load.mjs";
import { sleep } from "../lib/process.mjs";
import { peak } from "./trouble.mjs";

const OLD = "prompt_event_bench_old", OLD_ROWS = 200000;

async function until(what, seconds, get) {
	for (let left = seconds * 20; left > 0; left--, await sleep(50))
		if (await get())
			return;
	throw new Error(`${what} did not happen within ${seconds} s`);
}

// Every campaign a new version.
function change(set) {
	for (const name of readdirSync(set)) {
		const file = join(set, name), campaign = JSON.parse(readFileSync(file, "utf8"));

		if (campaign.priority)
			writeFileSync(file, JSON.stringify({ ...campaign, priority: (campaign.priority + 1) % 1000 }, null, "\t"));
	}
}

// The launcher finds the table by itself, as it does each minute in a usual setting.
async function autovacuum(stand) {
	const count = async () => Number(await stand.one("SELECT autovacuum_count FROM pg_stat_user_tables WHERE relid = 'pledged.reader'::regclass")), before = await count();

	await stand.query("ALTER TABLE pledged.reader SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000)");
	try {
		await until("an autovacuum", 90, async () => await count() > before);
	} finally {
		await stand.query("ALTER TABLE pledged.reader SET (autovacuum_vacuum_scale_factor = 0.05), RESET (autovacuum_vacuum_threshold)");
	}
}

// A month with events that is older than they are kept.
async function old_month(stand) {
	const [{ month, next }] = await stand.query("SELECT m::date::text AS month, (m + interval '1 month')::date::text AS next FROM (SELECT date_trunc('month', now() AT TIME ZONE 'UTC') - interval '16 months') x(m)");

	await stand.query(`CREATE TABLE pledged.${OLD} PARTITION OF pledged.prompt_event FOR VALUES FROM ('${month} 00:00:00+00') TO ('${next} 00:00:00+00')`);
	await stand.query(`ALTER TABLE pledged.${OLD} OWNER TO pledged_owner`);
	await stand.query(`INSERT INTO pledged.prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
		SELECT gen_random_uuid(), t.at, i, 'shown', t.at, 1, 'asks', 'a', 'opinion', '/en/news/old' FROM generate_series(1, ${OLD_ROWS}) i, LATERAL (SELECT '${month}'::timestamptz + i * interval '1 second' AS at) t`);
}

// The months to come are made, and the clerk's own step drops the old one.
async function switch_months(stand) {
	if (await stand.one("SELECT pledged.partition_ensure(now() + interval '4 months')") < 1)
		throw new Error("no month was made");
	await until("the drop of a month", 20, async () => {
		await stand.query("UPDATE pledged.retention SET next_at = '-infinity' WHERE what = 'prompt_events'");
		await stand.query("SELECT pledged.retain(100, now())");
		return await stand.one(`SELECT to_regclass('pledged.${OLD}') IS NULL`);
	});
}

// [what, seconds of load or null for the usual, what is done, what is done before]
const EVENTS = [
	["nothing", null, () => { }],
	["a checkpoint", null, (stand) => stand.query("CHECKPOINT")],
	["an autovacuum of reader", 45, autovacuum],
	["all campaigns anew", null, (stand) => {
		const set = join(stand.dir, "../bench-campaigns");

		change(set);
		return stand.ctl("campaign", "apply", set);
	}],
	["a month made and one dropped", 30, switch_months, old_month],
	["all reports of a year", 60, (stand) => stand.ctl("report", "--html", join(stand.env.SOCKETS, "reports.html")), (stand) => stand.history()],
	["PostgreSQL restarted", null, (stand) => stand.stack("pg", "restart")],
	["PostgreSQL killed", null, async (stand) => {
		await stand.stack("pg", "kill");
		await stand.stack("pg", "start");
	}],
	["view restarted", null, (stand) => stand.stack("role", "view", "restart")],
];

// One of them; the load goes on for a second after it at least, or that is told.
async function during(stand, rate, seconds, go) {
	const load = steady(stand, rate, seconds, { width: 100, connections: 1024 });

	await sleep(2000);
	const began = Date.now(), failed = await Promise.resolve(go(stand)).then(() => null, (error) => error), took = (Date.now() - began) / 1000;
	const { all, open, refused, broken, unsent } = await load;

	if (failed)
		throw failed;
	return { took, all, open: open.n, shut: refused.n + broken.n + unsent, whole: took + 2 < seconds };
}

export async function steadiness(context) {
	const { stand, bars, result, say, failed } = context, rate = Math.round(await peak(context) / 2), usual = Number(process.env.SECONDS_EACH ?? 10);

	for (const setting of ["checkpoint_timeout = '1h'", "autovacuum_naptime = '1s'"]) // checkpoints that are asked for are enough
		await stand.query(`ALTER SYSTEM SET ${setting}`);
	await stand.query("SELECT pg_reload_conf()");
	result.steady = {};
	for (const [what, seconds, go, before] of EVENTS) {
		try {
			await before?.(stand);
			const found = result.steady[what] = await during(stand, rate, seconds ?? usual, go), { took, all, open, shut, whole } = found;

			say(`${what.padEnd(30)} took ${number(took).padStart(6)} s${whole ? "" : " (longer than the load)"}  p50 ${number(all.p50).padStart(6)}  p99 ${number(all.p99).padStart(6)}  p99.9 ${
				number(all.p999).padStart(6)}  slowest ${number(all.max).padStart(6)} ms  open ${String(open).padStart(6)}  shut ${shut}`);
		} catch (error) { // the others are measured all the same
			failed(what, error);
		}
		await stand.ready();
		await sleep(1000);
	}
	bars.note("steady_shut", Object.values(result.steady).reduce((sum, { shut }) => sum + shut, 0));
}
