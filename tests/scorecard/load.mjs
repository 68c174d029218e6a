// load.mjs: how many decisions there are in a second, and what becomes of three times as many.

import { execFileSync } from "node:child_process";
import { cpus } from "node:os";

import { bench, late, median } from "./lib/bench.mjs";

const READERS = 200000;
const SHARE = 0.7, P99_MS = 20;
const GOOD = 0.8, OTHERS_MS = 50, TIMES = 2.9;

const crowd = (b) => b.stand("load", READERS);
const whole = (v) => Math.round(v).toLocaleString("en");

// --- E01 -----------------------------------------------------------------------------------------

async function decide(t) {
	const b = await bench(t);

	if (b.why)
		return { value: b.why, skip: true, pass: true };
	const stand = await crowd(b);
	const rounds = t.n(5, 1, 3), peaks = [], at = [];

	await b.wrk(stand, "decide", { seconds: 2 });
	for (let i = 0; i < rounds; i++)
		peaks.push((await b.wrk(stand, "decide", { seconds: 4, full: "counts" })).rate);
	const peak = median(peaks);

	for (let i = 0; i < rounds; i++)
		at.push(await b.steady(stand, Math.round(peak * SHARE), 6));
	const p99 = median(at.map(late)), not = at.map((load) => load.undecided.n + load.unsent);

	return { value: `${whole(peak)} a second (${peaks.map(whole).join(" ")}); at 70 % of it p99 ${p99.toFixed(1)} ms (${at.map((load) => late(load).toFixed(1)).join(" ")}), not decided ${not.join(" ")}`,
		pass: p99 <= P99_MS };
}

// --- E02 -----------------------------------------------------------------------------------------

// pin: the service on the first processor and the load on the others, so that the load is there in full: on the same ones it takes itself
// away what it asks for.
const pin = (list, pids) => pids.forEach((pid) => {
	try {
		execFileSync("taskset", ["-a", "-p", "-c", list, String(pid)], { stdio: "ignore" });
	} catch {
		// it has ended
	}
});

async function three_times(t) {
	const b = await bench(t), n = cpus().length;

	if (b.why || n < 2)
		return { value: b.why ?? "there is one processor", skip: true, pass: true };
	const stand = await crowd(b), found = {};
	const bars = { note: (name, value) => (found[name] = value) }, result = {}, said = [];

	pin("0", Object.values(await stand.groups("decide")).flat());
	pin(`1-${n - 1}`, [process.pid]);
	try {
		await b.wrk(stand, "decide", { seconds: 2 });
		result.peak = median(await [0, 1, 2].reduce(async (all) => [...await all, (await b.wrk(stand, "decide", { seconds: 3, full: "counts" })).rate], []));
		await b.overload({ stand, bars, result, say: (words) => said.push(words) });
	} finally {
		pin(`0-${n - 1}`, [process.pid, ...Object.values(await stand.groups("decide")).flat()]);
	}
	const { overload_offered: offered, overload_good: good, overload_open: others, overload_shut: shut } = found;

	return { value: `peak of one processor ${whole(result.peak)} a second, ${offered.toFixed(2)} times of it sent by another: ${(good * 100).toFixed(0)} % of the peak decided, all others within ${
		others.toFixed(0)} ms (p99), ${shut} refused`, pass: good >= GOOD && others <= OTHERS_MS && offered >= TIMES, why: said };
}

export const lines = [
	{ id: "E01", name: "load-decide", title: "decisions a second through nginx, view and PostgreSQL, and their time at 70 % of the most", target: `p99 at most ${P99_MS} ms`,
		build: ["plain", "bench"], run: decide },
	{ id: "E02", name: "overload", title: "three times the peak for five seconds", target: `${GOOD * 100} % of the peak decided, the rest answered in ${OTHERS_MS} ms, ${TIMES} times the peak sent`,
		build: ["plain", "bench"], run: three_times },
];
