// lock, crash, overload: what readers get while something is wrong.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pg from "pg";

import { number } from "../lib/bars.mjs";
import { not_decided, steady, wrk } from "../lib/load.mjs";
import { sleep } from "../lib/process.mjs";
import { Stand } from "../lib/stand.mjs";

const WIDTH = 20; // ms of a bin

export async function peak(context) {
	context.result.peak ??= (await wrk(context.stand, "decide", { seconds: 4, full: "rows" })).rate;
	return context.result.peak;
}

// lock: somebody holds a reader's row for 3 s; that reader and the others read on.
export async function lock(context) {
	const { stand, bars, result, say } = context, rate = Math.round(await peak(context) / 4);
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
		not_decided(rest)} not decided; the locked one: ${locked.decided.n} decided, ${locked.open.n} open, slowest ${number(locked.all.max)} ms`);
	bars.note("lock", rest.all.max);
	bars.note("lock_not", not_decided(rest));
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

const now_us = () => Number(process.hrtime.bigint() / 1000n);

// load_until: half the peak, a part of some seconds after the other, until is_over says so.
async function load_until(stand, rate, acks, is_over) {
	const parts = [];

	for (let i = 0; !is_over(); i++)
		parts.push(await steady(stand, rate, 10, { width: WIDTH, acks: `${acks}.${i}`, connections: 1024, top_up: false }));
	return parts;
}

// told: who was told that a view is counted: how often, and how often with a prompt.
function told(acks, parts) {
	const all = new Map();

	for (let i = 0; i < parts; i++)
		for (const line of readFileSync(`${acks}.${i}`, "latin1").trimEnd().split("\n")) {
			const [cookie, views, prompts] = line.split(" ");

			if (!views)
				continue;
			const one = all.get(cookie) ?? [0, 0];

			all.set(cookie, [one[0] + Number(views), one[1] + Number(prompts)]);
		}
	return [...all].map(([cookie, [views, prompts]]) => [Stand.id_of(cookie), views, prompts]);
}

// missing: of what was told, what the database does not have. The row of a new reader begins with the view that the cookie brought.
// Each view is of another article and each prompt a mark, so both numbers of a row grow with each.
async function missing(stand, all, since) {
	const sum = { views: 0, prompts: 0, lost: 0, marks: 0, events: 0 };

	for (let i = 0; i < all.length; i += 50000) {
		const some = all.slice(i, i + 50000);
		const [row] = await stand.query(`SELECT sum(t.views)::float AS views, sum(t.prompts)::float AS prompts,
			sum(greatest(t.views - (coalesce(r.views, 0) - coalesce(b.views, 1)), 0))::float AS lost,
			sum(greatest(t.prompts - (coalesce(r.version, 0) - coalesce(b.version, 0)), 0))::float AS marks, sum(greatest(t.prompts - e.n, 0))::float AS events
			FROM unnest($1::uuid[], $2::integer[], $3::integer[]) AS t(reader_id, views, prompts)
			LEFT JOIN public.before_crash b USING (reader_id) LEFT JOIN pledged.reader r USING (reader_id),
			LATERAL (SELECT count(*) AS n FROM pledged.prompt_event e WHERE t.prompts > 0 AND e.reader_id = t.reader_id AND e.kind = 'shown' AND e.decided_at >= $4) e`,
		[some.map(([id]) => id), some.map(([, views]) => views), some.map(([,, prompts]) => prompts), since]);

		for (const key of Object.keys(sum))
			sum[key] += row[key];
	}
	return sum;
}

// back: how long after PostgreSQL accepts connections the last page opened uncounted, in s; before its next end, that is. bins: by time.
function back(bins, { at, until }) {
	const mine = bins.filter((bin) => bin.at + WIDTH * 1000 > at && bin.at + WIDTH * 1000 <= until), decided = mine.find((bin) => bin.decided > 0);

	return decided ? (Math.max(at, decided.at, ...mine.filter((bin) => bin.not > 0).map((bin) => bin.at + WIDTH * 1000)) - at) / 1e6 : Infinity;
}

// crash: PostgreSQL and all its processes are killed at once and started again, under load, some times over.
export async function crash(context) {
	const { stand, bars, result, say, check } = context, cycles = Number(process.env.CYCLES ?? 20), rate = Math.round(await peak(context) / 2);
	const each = check ? 2500 : 4000, acks = join(stand.dir, "run/acks");

	await stand.want_new("ours", rate / 20 * 1.3 * (cycles * (each + 4000) / 1000 + 30));
	await stand.query("DROP TABLE IF EXISTS public.before_crash");
	await stand.query("CREATE TABLE public.before_crash AS SELECT reader_id, views, version FROM pledged.reader");
	await stand.query("ALTER TABLE public.before_crash ADD PRIMARY KEY (reader_id)");
	await stand.query("CHECKPOINT");
	const since = await stand.one("SELECT now() - interval '2 seconds'"), lives = [];
	let over = false;
	const load = load_until(stand, rate, acks, () => over);

	await sleep(1000);
	for (let i = 0; i < cycles; i++) {
		if (i > 0)
			lives.at(-1).until = now_us();
		await stand.stack("pg", "kill");
		const [at] = await Promise.all([accepting(stand.login), stand.stack("pg", "start")]);

		lives.push({ at, until: Infinity });
		await sleep(each);
	}
	over = true;
	const parts = await load, sum = (get) => parts.reduce((n, part) => n + get(part), 0);

	await stand.ready();
	const bins = parts.flatMap((part) => part.bins.map((bin, i) => ({ at: part.began + i * WIDTH * 1000, decided: bin[0], not: bin[1] + bin[2] + bin[3] })));
	const after = lives.map((life) => back(bins, life)).sort((a, b) => a - b), found = await missing(stand, told(acks, parts.length), since);
	const shut = sum((p) => p.refused.n + p.broken.n + p.unsent);

	result.crash = { cycles, rate, ...found, back: after, decided: sum((p) => p.decided.n), open: sum((p) => p.open.n), shut, slowest: Math.max(...parts.map((p) => p.all.max)) };
	say(`${cycles} crashes at ${number(rate)}/s: of ${number(found.views)} views and ${number(found.prompts)} prompts that were acknowledged ${found.lost} views, ${found.marks} marks, ${
		found.events} events are missing; ${number(result.crash.open)} pages open uncounted, ${shut} shut or not asked for; durable again after ${number(after[after.length >> 1])} s, slowest ${
		number(after.at(-1))} s`);
	bars.note("crash_lost", found.lost);
	bars.note("crash_marks", found.marks + found.events);
	bars.note("crash_shut", shut);
	bars.note("crash_back", after.at(-1));
	await stand.query("DROP TABLE public.before_crash");
}

// overload: half the peak, then for 5 s three times the peak in all, then half again.
export async function overload(context) {
	const { stand, bars, result, say } = context, top = await peak(context);

	await stand.want_new("ours", top * 1.5);
	const base = steady(stand, Math.round(top / 2), 14, { width: WIDTH, connections: 1024, top_up: false });

	await sleep(4000);
	const [flood, under] = await Promise.all([steady(stand, Math.round(top * 2.5), 5, { width: WIDTH, connections: 4096, top_up: false }), base]);
	const from = flood.began, to = from + 5e6, bin_at = (part, i) => part.began + i * WIDTH * 1000;
	const inside = (part, get) => part.bins.reduce((n, bin, i) => n + (bin_at(part, i) >= from && bin_at(part, i) + WIDTH * 1000 <= to ? get(bin) : 0), 0);
	const good = (inside(flood, (bin) => bin[5]) + inside(under, (bin) => bin[5])) / 5;
	const offered = (flood.sent + inside(under, (bin) => bin[0] + bin[1] + bin[2] + bin[3])) / 5;
	const late = under.bins.map((bin, i) => ({ at: bin_at(under, i), not: bin[1] + bin[2] + bin[3], worst: bin[4] })).filter((bin) => bin.at >= to && (bin.not > 0 || bin.worst > 100));
	const back_after = late.length > 0 ? (late.at(-1).at + WIDTH * 1000 - to) / 1e6 : 0;
	const others = [flood, under].filter((part) => part.undecided.n > 0), p99 = Math.max(0, ...others.map((part) => part.undecided.p99));
	const shut = flood.refused.n + flood.broken.n + under.refused.n + under.broken.n;

	result.overload = { peak: top, goodput: good, offered, flood: { ...flood, bins: undefined }, under: { ...under, bins: undefined }, back: back_after };
	say(`three times the peak of ${number(top)}/s: ${number(offered)}/s really sent (${number(flood.unsent + under.unsent)} found no connection of ours), ${number(good)}/s decided; ${
		number(flood.open.n + under.open.n)} open, ${shut} refused or unanswered, p99 of these ${number(p99)} ms, slowest ${number(Math.max(0, ...others.map((part) => part.undecided.max)))} ms; p99 of decisions ${
		number(flood.decided.p99)} ms; recovered after ${number(back_after)} s`);
	bars.note("overload_offered", offered / top);
	bars.note("overload_good", good / top);
	bars.note("overload_open", p99);
	bars.note("overload_shut", shut);
	bars.note("overload_back", back_after);
}
