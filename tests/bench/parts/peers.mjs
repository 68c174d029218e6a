// peers: each in turn, some rounds, so that a machine that slows down slows all; then half the peak at a constant rate.
import { median, steady, wrk } from "../lib/load.mjs";
import { memory, sleep } from "../lib/process.mjs";
import { number } from "../lib/bars.mjs";

export const TARGETS = ["return", "hello", "decide", "naive", "fastify", "express", "php"];

const middle = (rounds) => {
	const of = (get) => median(rounds.map(get));
	const groups = Object.keys(rounds[0].cpu);

	return { ...rounds[0], wal_text: rounds.at(-1).wal_text, rate: of((r) => r.rate), p50: of((r) => r.p50), p99: of((r) => r.p99), bad: rounds.reduce((n, r) => n + r.bad, 0),
		...Object.fromEntries(["committed", "wal", "pages", "updates", "hot", "inserts", "buffers", "commits"].filter((key) => key in rounds[0]).map((key) => [key, of((r) => r[key])])),
		cpu: Object.fromEntries(groups.map((g) => [g, of((r) => r.cpu[g] ?? 0)])), switches: Object.fromEntries(groups.map((g) => [g, of((r) => r.switches[g] ?? 0)])) };
};

export async function peers({ stand, bars, say, check, result }) {
	const { rounds, seconds } = check ? { rounds: 3, seconds: 3 } : { rounds: Number(process.env.ROUNDS ?? 5), seconds: Number(process.env.SECONDS_EACH ?? 5) };
	const found = Object.fromEntries(TARGETS.map((target) => [target, []])), ratios = {};

	for (const target of TARGETS)
		await wrk(stand, target, { seconds: 2, checkpoint: false });
	for (let round = 0; round < rounds; round++) {
		for (const target of TARGETS) {
			const one = await wrk(stand, target, { seconds, full: target === "decide" });

			found[target].push(one);
			if (one.bad > 0)
				say(`${target}: ${one.bad} answers were none or no page`);
		}
		for (const target of TARGETS.filter((name) => name !== "decide"))
			(ratios[target] ??= []).push(found.decide[round].rate / found[target][round].rate);
		say(`round ${round + 1}: ${TARGETS.map((target) => `${target} ${number(found[target][round].rate)}`).join(", ")}`);
	}
	result.peers = Object.fromEntries(TARGETS.map((target) => [target, middle(found[target])]));
	result.ratios = Object.fromEntries(Object.entries(ratios).map(([target, list]) => [target, median(list)]));
	for (const name of ["hello", "naive", "fastify", "express", "php"])
		bars.note(name, result.ratios[name]);

	const { decide } = result.peers;

	bars.note("full_p99", decide.p99);
	bars.note("cpu_postgres", decide.cpu.postgres);
	bars.note("cpu_view", decide.cpu.view);
	bars.note("wal", decide.wal);
	bars.note("updates", decide.updates);
	bars.note("hot", decide.hot);
	result.peak = decide.rate;
	await sleep(1000);
	result.half = await steady(stand, Math.round(decide.rate / 2), check ? 8 : 20);
	for (const p of ["p50", "p99", "p999"])
		bars.note(`half_${p}`, result.half.all[p]);
	result.memory = Object.fromEntries(Object.entries({ ...await stand.groups("decide"), ...(await stand.groups("naive")), ...(await stand.groups("php")),
		...(await stand.groups("fastify")), ...(await stand.groups("express")) }).map(([group, pids]) => [group, memory(pids)]));
}

// bytes: what a reader takes, measured where they are as mint makes them: twelve articles each.
export async function bytes({ stand, bars, result }) {
	const [row] = await stand.query(`SELECT (SELECT avg(pg_column_size(r.*)) FROM (SELECT * FROM pledged.reader LIMIT 10000) r)::float AS row,
		pg_table_size('pledged.reader')::float AS heap, pg_indexes_size('pledged.reader')::float AS index, (SELECT count(*) FROM pledged.reader)::float AS n`);
	const aligned = Math.ceil(row.row / 8) * 8 + 4; // and its pointer in the page

	result.bytes = { ...row, tuple: aligned, index_entry: row.index / row.n };
	bars.note("row", aligned + row.index / row.n);
	bars.note("million", (row.heap + row.index) / row.n);
}
