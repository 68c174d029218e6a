// lock, crash, overload: what readers get while something is wrong.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pg from "pg";

import { number } from "../lib/bars.mjs";
import { steady, wrk } from "../lib/load.mjs";
import { sleep } from "../lib/process.mjs";
import { Stand } from "../lib/stand.mjs";

export async function peak(context) {
	context.result.peak ??= (await wrk(context.stand, "decide", { seconds: 4 })).rate;
	return context.result.peak;
}

// lock: somebody holds a reader's row for 3 s; that reader and the others read on.
export async function lock(context) {
	const { stand, bars, result, say } = context, rate = Math.min(2000, await peak(context) / 4);
	const one = readFileSync(stand.cookies, "latin1").split("\n", 1)[0], file = join(stand.dir, "run/locked");
	const client = new pg.Client(stand.login);

	writeFileSync(file, `${one}\n`);
	const others = `${stand.cookies}.others`;

	writeFileSync(others, readFileSync(stand.cookies).subarray(one.length + 1));
	await client.connect();
	const load = Promise.all([steady(stand, rate, 6, { width: 100, cookies: others }), steady(stand, 10, 6, { width: 100, cookies: file, connections: 16 })]);

	await sleep(1500);
	await client.query("BEGIN");
	await client.query("SELECT FROM pledged.reader WHERE reader_id = $1 FOR UPDATE", [Stand.id_of(one)]);
	await sleep(3000);
	await client.query("COMMIT");
	await client.end();
	const [rest, locked] = await load;

	result.lock = { rate, others: { ...rest, bins: undefined }, locked: { ...locked, bins: undefined } };
	say(`a row locked for 3 s, ${number(rate)} other readers a second: p50 ${number(rest.all.p50)} ms, p99 ${number(rest.all.p99)} ms, slowest ${number(rest.all.max)} ms, ${
		rest.open.n} open; the locked one: ${locked.decided.n} decided, ${locked.open.n} open, slowest ${number(locked.all.max)} ms`);
	bars.note("lock", rest.all.max);
}

// Accepts PostgreSQL connections? Its moment, on the clock of process.hrtime.
async function accepting(login) {
	for (;;) {
		const client = new pg.Client({ ...login, connectionTimeoutMillis: 500 });

		client.on("error", () => { });
		try {
			await client.connect();
			const at = process.hrtime.bigint();

			await client.end();
			return Number(at / 1000n);
		} catch {
			await sleep(10);
		}
	}
}

// crash: PostgreSQL and all its processes are killed at once and started again, under load, some times over.
export async function crash(context) {
	const { stand, bars, result, say, check } = context, cycles = Number(process.env.CYCLES ?? 20), rate = Math.round(Math.min(await peak(context) / 2, 3000));
	const each = check ? 2500 : 4000, acks = join(stand.dir, "run/acks"), WIDTH = 20;

	await stand.query("DROP TABLE IF EXISTS public.before_crash");
	await stand.query("CREATE TABLE public.before_crash AS SELECT reader_id, views FROM pledged.reader");
	await stand.query("CHECKPOINT");
	let over = false;
	const load = (async () => { // some seconds each, until all is through
		const parts = [];

		for (let i = 0; !over; i++)
			parts.push(await steady(stand, rate, 10, { width: WIDTH, acks: `${acks}.${i}`, fresh: false, connections: 1024 }));
		return parts;
	})();
	const accepted = [];

	await sleep(1000);
	for (let i = 0; i < cycles; i++) {
		await stand.stack("pg", "kill");
		const [at] = await Promise.all([accepting(stand.login), stand.stack("pg", "start")]);

		accepted.push(at);
		await sleep(each);
	}
	over = true;
	const parts = await load;

	await stand.ready();
	const sum = (get) => parts.reduce((n, part) => n + get(part), 0);
	const told = new Map(), bins = parts.flatMap((part) => part.bins.map((bin, i) => ({ at: part.began + i * WIDTH * 1000, decided: bin[0], open: bin[1] })));

	for (let i = 0; i < parts.length; i++)
		for (const line of readFileSync(`${acks}.${i}`, "latin1").trimEnd().split("\n")) {
			const [cookie, n] = line.split(" ");

			if (n)
				told.set(cookie, (told.get(cookie) ?? 0) + Number(n));
		}
	const [{ lost, n }] = await stand.query(`SELECT coalesce(sum(greatest(a.n - (r.views - b.views), 0)), 0)::float AS lost, sum(a.n)::float AS n
		FROM unnest($1::uuid[], $2::integer[]) AS a(reader_id, n) JOIN public.before_crash b USING (reader_id) LEFT JOIN pledged.reader r USING (reader_id)`,
	[[...told.keys()].map(Stand.id_of), [...told.values()]]);
	const back = accepted.map((at) => (Math.max(at, bins.find((bin) => bin.at + WIDTH * 1000 > at && bin.decided > 0)?.at ?? Infinity) - at) / 1e6).sort((a, b) => a - b);

	result.crash = { cycles, rate, acknowledged: n, lost, back, decided: sum((p) => p.decided.n), open: sum((p) => p.open.n), refused: sum((p) => p.refused.n), broken: sum((p) => p.broken.n),
		slowest: Math.max(...parts.map((p) => p.all.max)) };
	say(`${cycles} crashes at ${number(rate)}/s: ${number(n)} views acknowledged, ${lost} missing; ${number(result.crash.open)} pages open uncounted, ${result.crash.refused + result.crash.broken
	} shut; durable again after ${number(back[Math.floor(back.length / 2)])} s, slowest ${number(back.at(-1))} s`);
	bars.note("crash_lost", lost);
	bars.note("crash_shut", result.crash.refused + result.crash.broken);
	bars.note("crash_back", back.at(-1));
	await stand.query("DROP TABLE public.before_crash");
}

// overload: half the peak, then for 5 s three times the peak in all, then half again.
export async function overload(context) {
	const { stand, bars, result, say } = context, top = await peak(context), WIDTH = 100;
	const base = steady(stand, Math.round(top / 2), 14, { width: WIDTH, connections: 1024 });

	await sleep(4000);
	const [flood, under] = await Promise.all([steady(stand, Math.round(top * 2.5), 5, { width: WIDTH, connections: 4096 }), base]);
	const from = flood.began, to = from + 5e6, good = flood.decided.n + under.bins.reduce((n, bin, i) => {
		const at = under.began + i * WIDTH * 1000;

		return n + (at >= from && at < to ? bin[0] : 0);
	}, 0);
	const late = under.bins.map((bin, i) => ({ at: under.began + i * WIDTH * 1000, open: bin[1] + bin[2] + bin[3], worst: bin[4] })).filter((bin) => bin.at >= to && (bin.open > 0 || bin.worst > 100));
	const back = late.length > 0 ? (late.at(-1).at + WIDTH * 1000 - to) / 1e6 : 0;

	result.overload = { peak: top, goodput: good / 5, offered: top * 3, unsent: flood.unsent, flood: { ...flood, bins: undefined }, back };
	say(`three times the peak of ${number(top)}/s: ${number(good / 5)}/s decided; of the flood ${number(flood.open.n)} open (p99 ${number(flood.open.p99)} ms), ${
		number(flood.refused.n + flood.broken.n)} refused or broken, ${number(flood.unsent)} not sent in time; recovered after ${number(back)} s`);
	bars.note("overload_good", good / 5 / top);
	bars.note("overload_open", flood.open.n > 0 ? flood.open.p99 : 0);
	bars.note("overload_back", back);
}
