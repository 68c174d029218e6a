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

const cookies_of = (stand, target) => (["decide", "hello", "return"].includes(target) ? { name: "pledged", stored: stand.cookies, fresh: stand.fresh }
	: { name: "reader", stored: `${stand.cookies}.ids`, fresh: `${stand.fresh}.ids` });

// What the database wrote and read until now.
async function counters(stand) {
	await sleep(1100); // backends tell what they did once a second
	const [row] = await stand.query(`SELECT pg_current_wal_flush_lsn()::text AS lsn, d.blks_hit + d.blks_read AS buffers, r.n_tup_upd AS upd, r.n_tup_hot_upd AS hot,
		r.n_tup_ins AS ins, d.xact_commit AS commits, (SELECT coalesce(sum(views), 0) FROM pledged.reader) AS views
		FROM pg_stat_database d, pg_stat_user_tables r WHERE d.datname = current_database() AND r.relid = 'pledged.reader'::regclass`);

	return row;
}

// wal_of: bytes of the log's records without whole pages, and of whole pages, between two places.
export async function wal_of(stand, from, to) {
	const bin = (await run("sh", ["-c", "ls -d /usr/lib/postgresql/*/bin | tail -n 1"])).trim();
	const text = await run(join(bin, "pg_waldump"), ["--stats=record", "-p", join(stand.dir, "pg/pg_wal"), "-s", from, "-e", to]);
	const [, records, pages] = /^Total +\d+ +(\d+) \[[^\]]*\] +(\d+)/m.exec(text);

	return { records: Number(records), pages: Number(pages), text };
}

// wrk: the closed loop: requests a second, percentiles in ms, and µs of each group of processes for a request. full: what the
// database did for it, too (after a checkpoint of its own).
export async function wrk(stand, target, { seconds = 5, connections = 64, full = false, checkpoint = true } = {}) {
	const { name, stored, fresh } = cookies_of(stand, target), groups = await stand.groups(target);

	if (checkpoint)
		await stand.query("CHECKPOINT");
	const before = full ? await counters(stand) : null;
	const was = Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, [ticks(pids), switches(pids)]]));
	const text = await run("wrk", ["-t2", `-c${connections}`, `-d${seconds}s`, "--timeout", "5s", "--latency", "-s", join(root, "tests/bench/readers.lua"), `http://127.0.0.1:${stand.port}`],
		{ env: { ...process.env, COOKIES: stored, NEW: fresh, FIRST: String(stand.first), NAME: name, TARGET: `/${target}` } });
	const n = Number(/(\d+) requests in/.exec(text)[1]), at = (p) => ms(new RegExp(`${p}% +([\\d.]+\\w+)`).exec(text)[1]);
	const bad = Number(/Non-2xx or 3xx responses: (\d+)/.exec(text)?.[1] ?? 0) +
		[...(/Socket errors: (.*)/.exec(text)?.[1] ?? "").matchAll(/\d+/g)].reduce((sum, [m]) => sum + Number(m), 0);
	const gives = { target, rate: Number(/Requests\/sec: +([\d.]+)/.exec(text)[1]), n, bad, p50: at(50), p99: at(99),
		cpu: Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, used(was[group][0], ticks(pids)) / n])),
		switches: Object.fromEntries(Object.entries(groups).map(([group, pids]) => [group, (switches(pids) - was[group][1]) / n])) };

	stand.first += Math.ceil(n / 20 * 1.2) + 500;
	if (full) {
		const after = await counters(stand), grew = (key) => Number(after[key]) - Number(before[key]), wal = await wal_of(stand, before.lsn, after.lsn);

		const views = grew("views"); // more than answers: wrk stops with some under way

		Object.assign(gives, { committed: views / n, wal: wal.records / views, pages: wal.pages / views, updates: grew("upd") / views, hot: grew("hot") / grew("upd"),
			inserts: grew("ins") / views, buffers: grew("buffers") / views, commits: grew("commits") / views, wal_text: wal.text });
	}
	return gives;
}

// steady: the open loop. options: connections, width (ms of a bin), acks (file), cookies (file), target.
export async function steady(stand, rate, seconds, { connections = 512, width = 0, acks, cookies, target = "decide", fresh = true } = {}) {
	const files = cookies_of(stand, target);
	const args = ["-p", String(stand.port), "-t", `/${target}`, "-n", files.name, "-k", cookies ?? files.stored, "-r", String(rate), "-s", String(seconds),
		"-c", String(connections), "-w", String(width), ...(acks ? ["-a", acks] : []), ...(fresh && !cookies ? ["-K", files.fresh, "-o", String(stand.first)] : [])];

	if (fresh && !cookies)
		stand.first += Math.ceil(rate * seconds / 20 * 1.2) + 500;
	return JSON.parse(await run(join(root, "build/plain/bench/rate"), args));
}

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
