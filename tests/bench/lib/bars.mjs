// bars.mjs: what is asked for, and what came of it.

// name: [what, unit, "least", "most" or "within", bar (within: from and to), aim]
const BARS = {
	hello: ["decisions / FastCGI hello", "", "least", 0.42, 0.52],
	naive: ["decisions / naive C worker", "", "least", 3],
	fastify: ["decisions / Node with fastify, the better of two ways", "", "least", 3, 3.5],
	express: ["decisions / Node with express, the better of two ways", "", "least", 5, 6.5],
	php: ["decisions / PHP-FPM", "", "least", 5.5, 7.5],
	committed: ["views committed, an answer at full load", "", "least", 0.99],
	prompts: ["prompt events, an answer", "", "within", [0.09, 0.11]],
	full_p99: ["p99 at full load", "ms", "most", 6],
	half_p50: ["p50 of decisions at half load", "ms", "most", 2],
	half_p99: ["p99 of decisions at half load", "ms", "most", 5, 3],
	half_p999: ["p99.9 of decisions at half load", "ms", "most", 20],
	half_not: ["open, refused, unanswered or not sent at half load", "", "most", 0],
	cpu_postgres: ["processor of PostgreSQL, a decision", "µs", "most", 18],
	cpu_view: ["processor of view, a decision", "µs", "most", 15],
	wal: ["WAL away from a checkpoint, a view", "bytes", "most", 220],
	updates: ["updates of reader, a view", "", "most", 1.05],
	hot: ["of them HOT", "", "least", 1],
	row: ["reader row with its index, twelve articles", "bytes", "most", 200],
	million: ["one million readers of twelve articles", "MB", "most", 220],
	alloc: ["allocations of our own code, a request", "", "most", 0],
	alloc_libraries: ["allocations of libraries, a request", "", "most", 40],
	memory: ["view at 1,024 connections, most ever resident", "MB", "most", 32],
	lock: ["others, while a row is locked for 3 s, slowest", "ms", "most", 50],
	lock_not: ["others who were not decided meanwhile", "", "most", 0],
	crash_lost: ["acknowledged views missing after the crashes", "", "most", 0],
	crash_marks: ["acknowledged prompts without mark or event", "", "most", 0],
	crash_shut: ["pages that did not open meanwhile", "", "most", 0],
	crash_back: ["durable again after PostgreSQL accepts, slowest", "s", "most", 1],
	overload_offered: ["really offered at overload / peak", "", "least", 2.9],
	overload_good: ["goodput meanwhile / peak", "", "least", 0.8],
	overload_open: ["all others are answered within, p99", "ms", "most", 50],
	overload_shut: ["refused or unanswered meanwhile", "", "most", 0],
	overload_back: ["recovery after it", "s", "most", 2],
	steady_shut: ["pages that did not open while something went on", "", "most", 0],
	growth: ["20 million readers / 1 million", "", "least", 0.85],
};

const HOLDS = { least: (value, at) => value >= at, most: (value, at) => value <= at, within: (value, [from, to]) => value >= from && value <= to };

export class Bars {
	found = {};

	note(name, value) {
		if (!BARS[name])
			throw new Error(`there is no bar ${name}`);
		this.found[name] = value;
	}

	// Rows of all that was measured; short: those that fall short, and what is no number does.
	rows = () => Object.keys(BARS).filter((name) => name in this.found).map((name) => {
		const [what, unit, way, bar, aim] = BARS[name], value = this.found[name], holds = (at) => HOLDS[way](value, at);

		return { name, what, unit, way, bar, aim, value, met: holds(bar), at_aim: holds(aim ?? bar) };
	});

	short = () => this.rows().filter((row) => !row.met);
	missing = () => Object.keys(BARS).filter((name) => !(name in this.found)).map((name) => BARS[name][0]);
}

export const number = (v) => (!Number.isFinite(v) ? "-" : Math.abs(v) >= 1000 ? Math.round(v).toLocaleString("en") : Math.abs(v) >= 100 ? v.toFixed(0) :
	Math.abs(v) >= 10 ? v.toFixed(1) : v.toFixed(v !== 0 && Math.abs(v) < 0.01 ? 4 : 2));
