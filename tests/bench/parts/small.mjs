// alloc, memory: what a view process takes.
import { join } from "node:path";

import { number } from "../lib/bars.mjs";
import { allocations, steady, wrk } from "../lib/load.mjs";
import { most_resident } from "../lib/process.mjs";
import { root } from "../lib/stand.mjs";

// alloc: the heap is asked by whom, for a request, after a warm-up of the same kind: by how much more it is asked at three times as many
// requests, so that what is done once a second is not taken for what a request costs.
export async function alloc({ stand, bars, result, say }) {
	const file = join(stand.env.SOCKETS, "alloc"), views = stand.views;

	await stand.view(1, `LD_PRELOAD=${join(root, "build/plain/bench/alloc.so")} ALLOC_FILE=${file}`);
	await wrk(stand, "decide", { seconds: 3, connections: 64, checkpoint: false });
	await steady(stand, 3000, 2, { connections: 64 });
	const { view } = await stand.groups("decide"), at = async (rate) => {
		const before = allocations(file, view), { all } = await steady(stand, rate, 5, { connections: 64 }), after = allocations(file, view);

		return { n: all.n, asked: (name) => after[name] - (before[name] ?? 0), names: Object.keys(after) };
	};
	const few = await at(1000), many = await at(3000), more = (name) => Number(((many.asked(name) - few.asked(name)) / (many.n - few.n)).toFixed(3));

	result.alloc = Object.fromEntries(many.names.map((name) => [name, more(name)]).filter(([, n]) => n !== 0));
	const { program = 0, ...libraries } = result.alloc;

	say(`allocations for a request: ${Object.entries(result.alloc).map(([name, n]) => `${name} ${number(n)}`).join(", ") || "none"}`);
	bars.note("alloc", program);
	bars.note("alloc_libraries", Object.values(libraries).reduce((sum, n) => sum + n, 0));
	await stand.view(views);
}

// memory: the most that was ever resident in a process that begins now and meets 1,024 connections.
export async function memory({ stand, bars, result, say }) {
	await stand.view(stand.views);
	await wrk(stand, "decide", { seconds: 5, connections: 1024, checkpoint: false });
	const { view } = await stand.groups("decide"), each = view.map((pid) => most_resident(pid) / 1024);

	result.view_at_1024 = each;
	say(`view at 1,024 connections: ${each.map((mb) => number(mb)).join(", ")} MB resident at most`);
	bars.note("memory", Math.max(...each));
}
