// lanes.mjs: the whole scorecard within its hour: lines that count go two modules at a time, each module in a process of its own;
// lines with times in them (`quiet`) come after, with the machine to themselves.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

const LANES = 2;	// processors that the hour is meant for

// parts: the ids of each module, in the order of the book.
function parts(lines) {
	const by = new Map();

	for (const { id, module } of lines)
		by.set(module, [...by.get(module) ?? [], id]);
	return [...by.values()];
}

// part: these lines in a process of their own; told(result) for each as it comes. Gives what the process said of itself.
async function part(program, ids, args, told) {
	const left = new Set(ids);
	const child = spawn(process.execPath, [program, "all", ...ids, "--json", ...args], { stdio: ["ignore", "pipe", "inherit"] });
	const ended = new Promise((done) => child.on("close", (code, signal) => done(signal ?? code)));
	let end;

	for await (const row of createInterface({ input: child.stdout })) {
		const one = JSON.parse(row);

		if (one.id === undefined) {
			end = one;
			continue;
		}
		left.delete(one.id);
		told(one);
	}
	const code = await ended;

	for (const id of left)
		told({ id, seconds: 0, value: `its process ended with ${code}`, pass: false });
	return end ?? { sum: {}, late: [`${ids.join(" ")}: ended with ${code}`] };
}

// run_lanes: all of them; gives what each process said at its end.
export async function run_lanes(program, lines, args, told) {
	const ends = [];
	const go = async (list, width) => {
		const rest = [...list];

		await Promise.all(Array.from({ length: width }, async () => {
			for (let ids; (ids = rest.shift()) !== undefined;)
				ends.push(await part(program, ids, args, told));
		}));
	};

	await go(parts(lines.filter(({ quiet }) => !quiet)), LANES);
	await go(parts(lines.filter(({ quiet }) => quiet)), 1);
	return ends;
}
