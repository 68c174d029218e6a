// process.mjs: programs that are run, and what processes used.
import { execFile, spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { promisify } from "node:util";

const execute = promisify(execFile);

// run: the output of a program that must succeed.
export async function run(command, args, options = {}) {
	try {
		return (await execute(command, args, { maxBuffer: 64 << 20, ...options })).stdout;
	} catch (error) {
		throw new Error(`${command} ${args.slice(0, 4).join(" ")}: ${(error.stderr || error.message).trim().slice(-1000)}`, { cause: error });
	}
}

// background: a program under way, in a group of its own; as: words before it (setpriv …).
export function background(as, command, args, options = {}) {
	const [first, ...rest] = [...as, command, ...args];
	const child = spawn(first, rest, { stdio: "ignore", detached: true, ...options });

	child.on("error", () => { });
	return child;
}

// end_group: a child of background and all below it.
export async function end_group(child) {
	if (child.exitCode !== null || child.signalCode !== null)
		return;
	const gone = new Promise((done) => child.once("exit", done));

	try {
		process.kill(-child.pid, "SIGKILL");
	} catch {
		return;
	}
	await gone;
}

const read = (path) => {
	try {
		return readFileSync(path, "latin1");
	} catch {
		return "";
	}
};

function stat(pid) {
	const text = read(`/proc/${pid}/stat`), fields = text.slice(text.lastIndexOf(")") + 2).split(" ");

	return text && { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

// family: a process and all below it.
export function family(...roots) {
	const parent = new Map(readdirSync("/proc").filter((name) => /^\d+$/.test(name)).map((pid) => [Number(pid), stat(pid)?.parent]));
	const all = new Set(roots.map(Number));

	for (let before = -1; before !== all.size;) {
		before = all.size;
		for (const [pid, up] of parent)
			if (all.has(up))
				all.add(pid);
	}
	return [...all];
}

// ticks: processor time by process, in µs; used: how much more that is than before. Who came or went meanwhile is left out.
export const ticks = (pids) => new Map(pids.map((pid) => [pid, (stat(pid)?.ticks ?? 0) * 10000]));
export const used = (before, after) => [...after].reduce((sum, [pid, us]) => sum + (before.has(pid) ? us - before.get(pid) : 0), 0);

// memory: resident and proportional (shared pages divided by who shares them) in KiB.
export function memory(pids) {
	const sum = { rss: 0, pss: 0, processes: 0 };

	for (const pid of pids) {
		const text = read(`/proc/${pid}/smaps_rollup`);

		sum.rss += Number(/^Rss: +(\d+)/m.exec(text)?.[1] ?? 0);
		sum.pss += Number(/^Pss: +(\d+)/m.exec(text)?.[1] ?? 0);
		sum.processes += text !== "";
	}
	return sum;
}

// most_resident: the most that a process ever had in memory, in KiB.
export const most_resident = (pid) => Number(/^VmHWM:\s+(\d+)/m.exec(read(`/proc/${pid}/status`))?.[1] ?? NaN);

// switches: how often these processes gave up or lost the processor.
export const switches = (pids) => pids.reduce((sum, pid) => sum +
	[...read(`/proc/${pid}/status`).matchAll(/ctxt_switches:\t(\d+)/g)].reduce((n, [, m]) => n + Number(m), 0), 0);

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));
