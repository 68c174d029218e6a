// load.mjs: loads, and what they cost.
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { run, sleep, switches, ticks, used } from "./process.mjs";
import { root } from "./stand.mjs";

export const median = (list) => {
	const v = [...list].sort((a, b) => a - b);

	return v.length % 2 ? v[(v.length - 1) / 2] : (v[v.length / 2 - 1] + v[v.length / 2]) / 2;
};
const ms = (text) => Number.parseFloat(text) * (text.endsWith("us") ? 0.001 : text.endsWith("ms") ? 1 : 1000);

// Who stores nothing may have the same new cookies each time; the peers share a table.
const OURS = "decide", NOBODYS = ["return", "hello"];
const cookies_of = (stand, target) => (target === OURS || NOBODYS.includes(target) ? { name: "pledged", stored: stand.cookies, list: target === OURS ? "ours" : null, fresh: stand.fresh.ours }
	: { name: "reader", stored: `${stand.cookies}.ids`, list: "peers", fresh: stand.fresh.peers });

const OPEN = /^pledged_decisions_total\{act="open",reason="(?:store_down|overload)"[^}]*\} (\d+)/gm, ALL = /^pledged_decisions_total\{[^}]*\} (\d+)/gm;

// What all processes of view decided so far, and what they opened without.
async function decisions(stand) {
	const text = await (await fetch(`http://127.0.0.1:${stand.port}/metrics`)).text(), sum = (what) => [...text.matchAll(what)].reduce((n, [, m]) => n + Number(m), 0);
	const open = sum(OPEN);

	return { open, decided: sum(ALL) - open };
}

// What the database wrote and read until now. Backends tell what they did once a second and when something is asked of them.
// scan: the views that readers' rows tell of, counted; of many million rows that would be a load of its own.
async function counters(stand, scan) {
	await sleep(1100);
	await stand.nudge();
	const [row] = await stand.query(`SELECT pg_current_wal_flush_lsn()::text AS lsn, d.blks_hit + d.blks_read AS buffers, r.n_tup_upd AS upd, r.n_tup_hot_upd AS hot,
		r.n_tup_ins AS ins, d.xact_commit AS commits, (SELECT sum(e.n_tup_ins) FROM pg_stat_user_tables e WHERE e.relid IN (SELECT relid FROM pg_partition_tree('pledged.prompt_event'))) AS events
		FROM pg_stat_database d, pg_stat_user_tables r WHERE d.datname = current_database() AND r.relid = 'pledged.reader'::regclass`);
	const [sum] = scan ? await stand.query("SELECT sum(views) AS views, count(*) AS rows FROM pledged.reader") : [{ views: 0, rows: 0 }];

	return { ...row, ...sum };
}

// wal_of: bytes of the log's records without whole pages, and of whole pages, between two places.
export async function wal_of(stand, from, to) {
	const bin = (await run("sh", ["-c", "ls -d /usr/lib/postgresql/*/bin | tail -n 1"])).trim();
	const text = await run(join(bin, "pg_waldump"), ["--stats=record", "-p", join(stand.dir, "pg/pg_wal"), "-s", from, "-e", to]);
	const [, records, pages] = /^Total +\d+ +(\d+) \[[^\]]*\] +(\d+)/m.exec(text);

	return { records: Number(records), pages: Number(pages), text };
}

// wrk: the closed loop: requests a second, percentiles in ms, and µs of each group of processes for a request. Only answers that were
// committed count: of a peer by the sum in its table, of ours
//   full: "rows"      by the sum of readers' rows (a new one brings with it the view that its cookie had), and what the database did for it
//         "counts"    by what the processes counted; the same for many readers
export async function wrk(stand, target, { seconds = 5, connections = 64, full = null, checkpoint = true } = {}) {
	await stand.want_new(target === OURS ? "ours" : NOBODYS.includes(target) ? null : "peers", seconds * 4000);
	const { name, stored, fresh, list } = cookies_of(stand, target), groups = await stand.groups(target);
	const peers_views = async () => (list === "peers" ? Number(await stand.one("SELECT sum(views) FROM peer.reader")) : 0);

	if (checkpoint)
		await stand.query("CHECKPOINT");
	const before = full ? await counters(stand, full === "rows") : null, decided = full ? await decisions(stand) : null, peers_before = await peers_views();
	const was = Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, [ticks(pids), switches(pids)]]));
	const text = await run("wrk", ["-t2", `-c${connections}`, `-d${seconds}s`, "--timeout", "5s", "--latency", "-s", join(root, "tests/bench/readers.lua"), `http://127.0.0.1:${stand.port}`],
		{ env: { ...process.env, COOKIES: stored, NEW: fresh, FIRST: String(list ? stand.first[list] : 0), NAME: name, TARGET: `/${target}` } });
	const n = Number(/(\d+) requests in/.exec(text)[1]), at = (p) => ms(new RegExp(`${p}% +([\\d.]+\\w+)`).exec(text)[1]);
	const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0) +
		[...(/Socket errors: (.*)/.exec(text)?.[1] ?? "").matchAll(/\d+/g)].reduce((sum, [m]) => sum + Number(m), 0);
	const gives = { target, answers: Number(/Requests\/sec: +([\d.]+)/.exec(text)[1]), n, bad, committed: 1, p50: at(50), p99: at(99),
		cpu: Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, used(was[group][0], ticks(pids))])),
		switches: Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, switches(pids) - was[group][1]])) };
	let views = n; // more than answers: wrk stops with some under way

	if (list)
		stand.first[list] += Math.ceil(n / 20 * 1.2) + 500;
	if (list === "peers")
		views = await peers_views() - peers_before;
	if (full) {
		const after = await counters(stand, full === "rows"), now = await decisions(stand), grew = (key) => Number(after[key]) - Number(before[key]), wal = await wal_of(stand, before.lsn, after.lsn);

		views = full === "rows" ? grew("views") - grew("rows") : now.decided - decided.decided;
		Object.assign(gives, { open: now.open - decided.open, wal: wal.records / views, pages: wal.pages / views, updates: Number((grew("upd") / views).toFixed(2)), hot: grew("hot") / grew("upd"),
			inserts: grew("ins") / views, buffers: grew("buffers") / views, commits: grew("commits") / views, prompts: grew("events") / views, wal_text: wal.text });
	}
	gives.committed = views / n;
	const held = n * Math.min(1, gives.committed);

	gives.rate = gives.answers * Math.min(1, gives.committed);
	for (const what of ["cpu", "switches"])
		for (const group of Object.keys(groups))
			gives[what][group] /= held;
	return gives;
}

// steady: the open loop. options: connections, width (ms of a bin), acks (file), cookies (file), target.
export async function steady(stand, rate, seconds, { connections = 512, width = 0, acks, cookies, target = OURS, top_up = true } = {}) {
	if (!cookies && top_up)
		await stand.want_new("ours", rate * seconds / 20 * 1.2 + 500);
	const files = cookies_of(stand, target);
	const args = ["-p", String(stand.port), "-t", `/${target}`, "-n", files.name, "-k", cookies ?? files.stored, "-r", String(rate), "-s", String(seconds),
		"-c", String(connections), "-w", String(width), ...(acks ? ["-a", acks] : []), ...(cookies ? [] : ["-K", files.fresh, "-o", String(stand.first.ours)])];

	if (!cookies)
		stand.first.ours += Math.ceil(rate * seconds / 20 * 1.2) + 500;
	return JSON.parse(await run(join(root, "build/plain/bench/rate"), args));
}

// not_decided: how many of an open loop's requests were not what a reader should get.
export const not_decided = (load) => load.undecided.n + load.unsent;

// Allocations by the object that asked, of all processes that tell (preload/alloc.c).
export function allocations(file, pids) {
	const sum = {};

	for (const pid of pids) {
		const fd = openSync(`${file}.${pid}`, "r");

		for (const line of readFileSync(fd, "latin1").split("\n")) {
			const [, n, name] = /^ *(\d+) (\S+)/.exec(line.replaceAll("\0", "")) ?? [];

			if (name)
				sum[name] = (sum[name] ?? 0) + Number(n);
		}
		closeSync(fd);
	}
	return sum;
}
