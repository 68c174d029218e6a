// main.mjs: what tests/bench/run measures, part by part. See README.md.
import { mkdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

import { Bars, number } from "./lib/bars.mjs";
import { chart } from "./lib/chart.mjs";
import { Stand, root } from "./lib/stand.mjs";
import { growth } from "./parts/growth.mjs";
import { bytes, peers } from "./parts/peers.mjs";
import { alloc, memory } from "./parts/small.mjs";
import { steadiness } from "./parts/steady.mjs";
import { crash, lock, overload } from "./parts/trouble.mjs";

const PARTS = { bytes, peers, memory, alloc, lock, overload, crash, steady: steadiness, growth };
const USUAL = ["bytes", "peers"], CHECK = ["bytes", "peers", "memory", "alloc", "lock", "overload", "crash"];

const words = process.argv.slice(2), check = words.includes("--check");
const parts = words.filter((word) => word !== "--check");

if (parts.some((word) => !PARTS[word])) {
	console.error(`usage: tests/bench/run [--check] [${Object.keys(PARTS).join(" | ")}]…`);
	process.exit(2);
}
const chosen = parts.length > 0 ? parts : check ? CHECK : USUAL;
const out = join(root, "build/bench"), began = Date.now();
const say = (text) => console.log(`${String(Math.round((Date.now() - began) / 1000)).padStart(4)} s  ${text}`);
const result = { at: new Date().toISOString(), processors: cpus().length, load_before: loadavg()[0] }, bars = new Bars();
const stand = new Stand(join(root, "build/bench-stand"), { readers: Number(process.env.READERS ?? 1000000), views: Number(process.env.VIEWS ?? 1),
	campaigns: Number(process.env.CAMPAIGNS ?? 20), port: Number(process.env.PORT ?? 8380) });

function tell_peers() {
	console.log(`\n${"".padEnd(10)}${["a second", "decide / it", "p50 ms", "p99 ms", "nginx µs", "its own µs", "postgres µs"].map((head) => head.padStart(13)).join("")}`);
	for (const [name, found] of Object.entries(result.peers)) {
		const own = found.cpu[name === "decide" ? "view" : name];

		console.log(`${name.padEnd(10)}${[found.rate, result.ratios[name], found.p50, found.p99, found.cpu.nginx, own, name === "return" || name === "hello" ? undefined : found.cpu.postgres]
			.map((value) => (value === undefined ? "-" : number(value)).padStart(13)).join("")}`);
	}
	const { decide } = result.peers;

	console.log(`\na view: ${number(decide.wal)} bytes of WAL and ${number(decide.pages)} of whole pages after a checkpoint; ${number(decide.updates)} updates (${
		(decide.hot * 100).toFixed(1)} % HOT) and ${number(decide.inserts)} inserts of reader; ${number(decide.buffers)} buffers; ${number(decide.commits)} commits; ${
		(decide.prompts * 100).toFixed(1)} prompt events and ${(decide.committed * 100).toFixed(1)} views committed for each 100 answers`);
	const { decided, undecided, unsent } = result.half;

	console.log(`at half the peak: p50 ${number(decided.p50)} ms, p99 ${number(decided.p99)} ms, p99.9 ${number(decided.p999)} ms, ${undecided.n + unsent} of ${decided.n + undecided.n + unsent} not decided`);
	console.log(`memory, MB in shares: ${Object.entries(result.memory).map(([group, { pss, processes }]) => `${group} ${number(pss / 1024)} (${processes})`).join(", ")}`);
}

function tell_bars() {
	const of = (row) => `${row.way === "within" ? row.bar.join(" to ") : `at ${row.way} ${row.bar}`}${row.aim === undefined ? "" : `, aim ${row.aim}`}`;

	console.log("");
	for (const row of bars.rows())
		console.log(`${row.at_aim ? "aim  " : row.met ? "bar  " : "SHORT"} ${row.what.padEnd(52)} ${`${number(row.value)} ${row.unit}`.padStart(14)}   ${of(row)}`);
}

let any_failed = false;

// A part, or a row of one, that could not be measured: the others are measured all the same.
function failed(what, error) {
	console.error(`${what}:`, error);
	any_failed = true;
}

async function measure() {
	const context = { stand, bars, say, check, result, failed };

	if (!(chosen.length === 1 && chosen[0] === "growth")) { // it makes its own
		await stand.up();
		say(`the service runs; ${number(stand.readers)} readers are made`);
		await stand.fill();
		if (chosen.includes("peers"))
			await stand.start_peers();
	}
	for (const part of chosen) {
		say(part);
		try {
			await PARTS[part](context);
		} catch (error) {
			failed(part, error);
		}
	}
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.once(signal, async () => {
		await stand.down().catch(() => { });
		process.exit(130);
	});
try {
	await measure();
} catch (error) {
	failed("the service", error);
} finally {
	await stand.down().catch((error) => console.error(error));
}
result.bars = bars.rows();
result.load_after = loadavg()[0];
const about = `${result.processors} processors with everything on one machine, ${stand.views} view processes, ${number(stand.readers)} readers, ${stand.campaigns} campaigns, fsync and synchronous_commit on; load ${
	result.load_before.toFixed(1)} before`;

mkdirSync(out, { recursive: true });
writeFileSync(join(out, "result.json"), `${JSON.stringify(result, null, "\t")}\n`);
if (result.half) {
	writeFileSync(join(out, "result.svg"), chart(result, about));
	tell_peers();
}
tell_bars();
console.log(`\n${about}\nbuild/bench/result.json${result.half ? ", build/bench/result.svg" : ""}; ${Math.round((Date.now() - began) / 1000)} s`);
if (check)
	for (const what of bars.missing())
		console.log(`not measured here: ${what}`);
process.exitCode = any_failed || (check && bars.short().length > 0) ? 1 : 0;
