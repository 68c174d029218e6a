// peers: each in turn, some rounds, so that a machine that slows down slows all; then half the peak at a constant rate.
import { median, not_decided, steady, wrk } from "../lib/load.mjs";
import { memory, sleep } from "../lib/process.mjs";
import { number } from "../lib/bars.mjs";

export const TARGETS = ["return", "hello", "decide", "naive", "fastify", "fastify2", "express", "express2", "php"];
const NOT_OURS = TARGETS.filter((name) => name !== "decide");
const FIGURES = ["rate", "answers", "committed", "p50", "p99", "open", "wal", "pages", "updates", "hot", "inserts", "buffers", "commits", "prompts"];

const middle = (rounds) => {
	const of = (get) => median(rounds.map(get)), groups = Object.keys(rounds[0].cpu);

	return { ...rounds[0], wal_text: rounds.at(-1).wal_text, bad: rounds.reduce((n, r) => n + r.bad, 0),
		...Object.fromEntries(FIGURES.filter((key) => key in rounds[0]).map((key) => [key, of((r) => r[key])])),
		cpu: Object.fromEntries(groups.map((g) => [g, of((r) => r.cpu[g] ?? 0)])), switches: Object.fromEntries(groups.map((g) => [g, of((r) => r.switches[g] ?? 0)])) };
};

async function rounds_of(stand, rounds, seconds, say) {
	const found = Object.fromEntries(TARGETS.map((target) => [target, []]));

	for (const target of TARGETS)
		await wrk(stand, target, { seconds: 2, checkpoint: false });
	for (let round = 0; round < rounds; round++) {
		for (const target of TARGETS) {
			const one = await wrk(stand, target, { seconds, full: target === "decide" ? "rows" : null });

			found[target].push(one);
			if (one.bad > 0)
				say(`${target}: ${one.bad} answers were none or no page`);
			if (one.committed < 0.99)
				say(`${target}: only ${number(one.committed * 100)} of 100 answers were committed`);
		}
		say(`round ${round + 1}: ${TARGETS.map((target) => `${target} ${number(found[target][round].rate)}`).join(", ")}`);
	}
	return found;
}

export async function peers({ stand, bars, say, check, result }) {
	const { rounds, seconds } = check ? { rounds: 3, seconds: 3 } : { rounds: Number(process.env.ROUNDS ?? 5), seconds: Number(process.env.SECONDS_EACH ?? 5) };
	const found = await rounds_of(stand, rounds, seconds, say);
	const ratio = (...names) => median(found.decide.map((ours, round) => ours.rate / Math.max(...names.map((name) => found[name][round].rate))));

	result.peers = Object.fromEntries(TARGETS.map((target) => [target, middle(found[target])]));
	result.ratios = Object.fromEntries(NOT_OURS.map((name) => [name, ratio(name)]));
	for (const name of ["hello", "naive", "php"])
		bars.note(name, result.ratios[name]);
	for (const name of ["fastify", "express"])
		bars.note(name, ratio(name, `${name}2`));
	const { decide } = result.peers;

	for (const name of ["committed", "prompts", "wal", "updates", "hot"])
		bars.note(name, decide[name]);
	bars.note("full_p99", decide.p99);
	bars.note("cpu_postgres", decide.cpu.postgres);
	bars.note("cpu_view", decide.cpu.view);
	result.peak = decide.rate;
	await sleep(1000);
	result.half = await steady(stand, Math.round(decide.rate / 2), check ? 8 : 20);
	for (const p of ["p50", "p99", "p999"])
		bars.note(`half_${p}`, result.half.decided[p]);
	bars.note("half_not", not_decided(result.half));
	result.memory = {};
	for (const name of ["decide", "naive", "php", "fastify", "express"])
		for (const [group, pids] of Object.entries(await stand.groups(name)))
			result.memory[group] = memory(pids);
}

const PAGE = 8192, PAGE_HEAD = 24, FILL = 0.8;
const in_heap = (row) => PAGE / Math.floor((PAGE - PAGE_HEAD - PAGE * (1 - FILL)) / row);

// bytes: what a reader takes, measured where they are as mint makes them, of twelve articles each; and what the same rows would take
// with fewer.
export async function bytes({ stand, bars, result, say }) {
	const columns = await stand.query("SELECT attname AS name FROM pg_attribute WHERE attrelid = 'pledged.reader'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum");
	const row = (articles) => `(SELECT avg(pg_column_size(ROW(${columns.map(({ name }) => (name === "seen" ? `substr(r.seen, 1, ${8 * articles})` : `r.${name}`)).join(", ")})::pledged.reader))
		FROM (SELECT * FROM pledged.reader LIMIT 10000) r)::float`;
	const [found] = await stand.query(`SELECT ${[4, 8, 12].map((n) => `${row(n)} AS row_${n}`).join(", ")}, pg_table_size('pledged.reader')::float AS heap,
		pg_indexes_size('pledged.reader')::float AS index, (SELECT count(*) FROM pledged.reader)::float AS n`);
	const index = found.index / found.n;

	result.bytes = { n: found.n, heap: found.heap, index: found.index, index_entry: index, of: {} };
	for (const articles of [4, 8, 12]) {
		const tuple = Math.ceil(found[`row_${articles}`] / 8) * 8 + 4; // and its pointer in the page

		result.bytes.of[articles] = { tuple, with_index: tuple + index, million: in_heap(tuple) + index };
		say(`a reader of ${String(articles).padStart(2)} articles: row ${tuple} bytes, index ${number(index)}, together ${number(tuple + index)}; a million would be ${number(in_heap(tuple) + index)} MB`);
	}
	bars.note("row", result.bytes.of[12].with_index);
	bars.note("million", (found.heap + found.index) / found.n);
}
