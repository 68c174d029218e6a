// bench.mjs: what tests/bench measures with, for lines of the scorecard: its service with stored readers, its loads at a constant rate and
// in a closed loop. Loaded when a line wants it, since it has modules and programs of its own.

import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { join } from "node:path";

import { root } from "../../walk/lib/stack.mjs";

// A line that is interrupted must not leave a service behind. The walks' stacks have a handler of their own, which ends the process.
const running = new Set();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
	process.prependOnceListener(signal, () => {
		for (const dir of running)
			execFileSync(join(root, "deploy/stack"), ["down", "--dir", dir], { stdio: "ignore" });
	});

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
// late: the time in which 99 of 100 pages were decided; what was not decided at all was not so in any time.
export const late = (load) => (load.undecided.n + load.unsent > load.decided.n / 100 ? Infinity : load.all.p99);
export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

async function two_ports() {
	for (;;) {
		const servers = [];
		const first = await new Promise((done) => servers.push(createServer().listen(0, "127.0.0.1", function () { done(this.address().port); })));
		const good = await new Promise((done) => servers.push(createServer().once("error", () => done(false)).listen(first + 1, "127.0.0.1", () => done(true))));

		await Promise.all(servers.map((server) => new Promise((done) => (server.listening ? server.close(done) : done()))));
		if (good)
			return first;
	}
}

// bench: {stand(name, readers, made), login(stand, user), steady, wrk, overload}, or a word why it cannot be had here.
export async function bench(t) {
	try {
		execFileSync(join(root, "deploy/packages"), ["bench"], { stdio: "ignore" });
		if (!existsSync(join(root, "tests/bench/node_modules/pg")))
			execFileSync("npm", ["ci", "--silent", "--no-progress"], { cwd: join(root, "tests/bench"), stdio: "ignore" });
	} catch (error) {
		return { why: `wrk or the modules of tests/bench cannot be had: ${error.message.split("\n")[0]}` };
	}
	const { Client } = createRequire(join(root, "tests/bench/lib/stand.mjs"))("pg");
	const { Stand } = await import("../../bench/lib/stand.mjs");
	const { steady, wrk } = await import("../../bench/lib/load.mjs");
	const { overload } = await import("../../bench/parts/trouble.mjs");

	return {
		steady, wrk, overload,
		// login: a connection as one of the roles.
		async login(stand, user) {
			const client = new Client({ ...stand.login, user });

			client.on("error", () => { });
			await client.connect();
			return client;
		},
		// stand: a service of this name with so many readers, ended with the turn; made(stand) does more, once.
		async stand(name, readers, made = async (one) => one.fill()) {
			if (!t.stacks.has(name)) {
				const one = new Stand(join(root, `build/score-${name}`), { readers, port: await two_ports() });

				one.end = async () => {
					await one.down();
					running.delete(one.dir);
					rmSync(one.dir, { recursive: true, force: true });
				};
				t.stacks.set(name, one);
				running.add(one.dir);
				await one.up();
				await made(one);
			}
			return t.stacks.get(name);
		},
	};
}
