// alloc, memory: what a view process takes.
import { join } from "node:path";

import { number } from "../lib/bars.mjs";
import { allocations, steady, wrk } from "../lib/load.mjs";
import { memory as memory_of } from "../lib/process.mjs";
import { root } from "../lib/stand.mjs";

// alloc: the heap is asked by whom, for a request, after a warm-up of the same kind.
export async function alloc({ stand, bars, result, say }) {
	const file = join(stand.env.SOCKETS, "alloc"), views = stand.views;

	await stand.view(1, `LD_PRELOAD=${join(root, "build/plain/bench/alloc.so")} ALLOC_FILE=${file}`);
	await wrk(stand, "decide", { seconds: 3, connections: 64, checkpoint: false });
	const { view } = await stand.groups("decide"), before = allocations(file, view);
	const { all } = await steady(stand, 1000, 5, { connections: 64 });
	const after = allocations(file, view);

	result.alloc = Object.fromEntries(Object.entries(after).map(([name, n]) => [name, (n - (before[name] ?? 0)) / all.n]).filter(([, n]) => n > 0));
	say(`allocations for a request: ${Object.entries(result.alloc).map(([name, n]) => `${name} ${number(n)}`).join(", ") || "none"}`);
	bars.note("alloc", Number((result.alloc.program ?? 0).toFixed(2)));
	await stand.view(views);
}

export async function memory({ stand, bars, result, say }) {
	await wrk(stand, "decide", { seconds: 5, connections: 1024, checkpoint: false });
	const { view } = await stand.groups("decide"), each = view.map((pid) => memory_of([pid]).rss / 1024);

	result.view_at_1024 = each;
	say(`view at 1,024 connections: ${each.map((mb) => number(mb)).join(", ")} MB resident`);
	bars.note("memory", Math.max(...each));
}
