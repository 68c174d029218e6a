// reports.mjs: every report over ten million prompt events; totals are counted a second time, out of the raw rows, by nobody who knows the reports.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

import { verdict } from "./lib/audit.mjs";

const EVENTS = 10e6, DAYS = 30, REPORT_MS = 10000;
const day = (back) => new Date(Date.now() - back * 86400000).toISOString().slice(0, 10);

// many: pledgectl makes a month, and SQL lets each of its readers come so many times over under other ids; the roll-ups are made anew of it all.
async function many(s, t, n) {
	const of_seed = Math.min(n, 1e6), seeded = await s.ctl("seed", "--site", "demo", "--days", DAYS, "--raw-days", DAYS, "--views-per-day", Math.round(of_seed / DAYS * 4), "--seed", t.seed);

	if (seeded.code !== 0)
		throw new Error(seeded.stderr);
	t.say("seeded");
	await s.sql("CREATE UNLOGGED TABLE public.made AS SELECT * FROM pledged.prompt_event");
	const made = await s.count("SELECT count(*) FROM public.made");
	const columns = (await s.sql("SELECT attname FROM pg_attribute WHERE attrelid = 'pledged.prompt_event'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum")).flat();

	for (let k = 1; made * k < n; k++)
		await s.sql(`INSERT INTO pledged.prompt_event (${columns}) SELECT ${columns.map((name) => (name === "reader_id" ? `md5(reader_id::text || '${k}')::uuid` : name))} FROM public.made`);
	await s.sql("DROP TABLE public.made");
	t.say("multiplied");
	await s.sql(`SELECT pledged.roll_rebuild('${day(DAYS + 1)}', '${day(-1)}')`);
	await s.sql("VACUUM ANALYZE");
}

// count: the raw rows one after the other, here, by kind.
async function count(s) {
	const { PGHOST, PGPORT, PGDATABASE } = s.env, kinds = {};
	const psql = spawn("psql", ["-X", "-q", "-h", PGHOST, "-p", PGPORT, "-U", "postgres", "-d", PGDATABASE, "-c", "COPY (SELECT kind FROM pledged.prompt_event) TO STDOUT"], { stdio: ["ignore", "pipe", "inherit"] });
	let n = 0;

	for await (const kind of createInterface({ input: psql.stdout })) {
		kinds[kind] = (kinds[kind] ?? 0) + 1;
		n += 1;
	}
	return { n, ...kinds };
}

// money: payments one after the other, by currency, in minor units.
async function money(s) {
	const sums = {};

	for (const [currency, amount] of await s.sql("SELECT currency, amount FROM pledged.payment WHERE state = 'paid'"))
		sums[currency] = (sums[currency] ?? 0) + Number(amount);
	return sums;
}

const csv = (text) => {
	const [head, ...rows] = text.trim().split("\n").map((row) => row.split(","));

	return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell])));
};
const sum = (rows, column) => rows.reduce((n, row) => n + Number(row[column]), 0);

async function reports(t) {
	const s = await t.stack("reports", { only: "pg", campaigns: "none" }), n = t.n(EVENTS, 50e3, 3e6);

	await many(s, t, n);
	const listed = (await s.ctl("report")).stdout.split("\n").map((line) => /^([a-z][a-z_]*) +[^[]*(\[.*)?/.exec(line)).filter(Boolean);
	const took = [], out = {}, why = [];

	for (const [, name, takes = ""] of listed) {
		const words = [...(/\bfrom\b/.test(takes) ? ["--from", day(DAYS + 1)] : []), ...(/\bto\b/.test(takes) ? ["--to", day(-1)] : [])], from = performance.now();
		const { code, stdout, stderr } = await s.ctl("report", name, ...words, "--format", "csv");

		took.push({ name, ms: performance.now() - from });
		out[name] = stdout;
		if (code !== 0)
			why.push(`${name}: ${stderr.trim().split("\n")[0]}`);
	}
	const slowest = took.sort((a, b) => b.ms - a.ms)[0], raw = await count(s), paid = await money(s);
	const funnel = csv(out.funnel), income = csv(out.income);
	const same = [["clicked", sum(funnel, "clicked"), raw.clicked ?? 0], ["viewed", sum(funnel, "viewed"), raw.viewed ?? 0],
		...Object.entries(paid).map(([currency, minor]) => [`gross ${currency}`, Math.round(sum(income.filter((row) => row.currency === currency), "gross") * 100), minor])];

	for (const [what, told, counted] of same)
		if (told !== counted)
			why.push(`${what}: the report says ${told}, counted ${counted}`);
	return verdict(`${took.length} reports over ${raw.n.toLocaleString("en")} events, the slowest ${slowest.name} ${Math.round(slowest.ms)} ms; ${same.map(([what, , counted]) => `${what} ${counted}`).join(", ")}: ${
		same.every(([, told, counted]) => told === counted) ? "equal" : "different"}`, raw.n >= n && took.length >= 30 && slowest.ms <= REPORT_MS, why);
}

export const lines = [
	{ id: "E05", name: "reports", title: "every report over ten million prompt events; totals counted out of the raw rows", target: `each at most ${REPORT_MS / 1000} s, totals equal`, run: reports },
];
