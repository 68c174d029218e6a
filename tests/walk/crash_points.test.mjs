// The goal: a test build dies where it is told to, once; what is installed cannot; and neither a view that was answered
// nor half a migration is lost by it. (Pledges, webhooks and the clerk: tests/score A01 to A03.)

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { arm, crash_build, dies, trapped } from "./lib/crash.mjs";
import { build, root } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";
import { all_open, all_there, spooled, traffic, view_stack } from "./lib/view.mjs";

const run = promisify(execFile);
const s = await view_stack({ name: "crash-points", build: crash_build, views: 2 });

await trapped(s, "view");

test("what is installed has no trace of it", () => {
	for (const program of ["pledged", "pledgectl"]) {
		assert.ok(!readFileSync(resolve(root, build, program)).includes("PLEDGED_CRASH_"), program);
		assert.ok(readFileSync(resolve(root, crash_build, program)).includes("PLEDGED_CRASH_AT"));
	}
});

test("one process dies, once, by SIGKILL", async () => {
	const before = await s.pids("view");

	await arm(s, "view", "m.counted");
	const load = traffic(s, 4);

	await dies(s, "view");
	await sleep(300);
	await load.stop();
	const after = await s.pids("view");

	assert.equal(after.length, 2);
	assert.equal(after.filter((pid) => before.includes(pid)).length, 1, "one of the two");
});

test("killed while views wait for their batch, and right after it: none that was answered is lost", async () => {
	const load = traffic(s, 12);

	for (const [label, n] of [["m.counted", 1], ["m.flushed", 1], ["m.counted", 40], ["m.flushed", 7], ["m.counted", 3], ["m.flushed", 2]]) {
		await sleep(200);
		await arm(s, "view", label, n);
		await dies(s, "view");
	}
	await s.ready();
	const answers = await load.stop();

	assert.ok(answers.length > 100);
	all_open(answers);
	await all_there(s, answers);
});

test("killed while the spool is written, and when it is loaded but still there: each view once", async () => {
	const load = traffic(s, 12);

	await sleep(300);
	await s.pg("kill");
	await until("views are spooled", () => spooled(s).length > 0);
	await sleep(200);
	const before = load.answers.length;

	// A worker that starts without a database knows no site: it opens pages and counts none.
	await arm(s, "view", "m.spooled");
	await dies(s, "view");
	const answers = await load.stop();

	await arm(s, "view", "m.loaded");
	await s.pg("start");
	await dies(s, "view", 30);
	await s.ready();
	all_open(answers);
	await all_there(s, answers.slice(0, before));
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader r WHERE views < 200 AND views <> (
		SELECT count(DISTINCT (day, article)) FROM pledged.reader_seen e WHERE e.reader_id = r.reader_id)`), 0,
		"loaded twice, counted once");
});

test("killed while the configuration is read again: another process begins with the new one, and no view is lost", async () => {
	const before = await s.pids("view");
	const load = traffic(s, 12);

	for (const label of ["h.config_parsed", "h.swapped"]) {
		await sleep(200);
		await arm(s, "view", label);
		for (const pid of await s.pids("view"))
			process.kill(pid, "SIGHUP");
		await dies(s, "view");
		await s.ready();
	}
	const answers = await load.stop();

	assert.notDeepEqual(await s.pids("view"), before);
	all_open(answers);
	await all_there(s, answers);
});

// --- migrations ----------------------------------------------------------------------------------

const STEP = "g.step";
const conninfo = (name) => `host=${s.env.PGHOST} port=${s.env.PGPORT} dbname=${name}`;

async function database(name) {
	await s.sql(`CREATE DATABASE ${name}`);
	await run("psql", ["-X", "-q", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", conninfo(name), "-f", join(root, "sql/roles.sql")]);
}

// migrate: true when it came to its end, false when it was killed.
async function migrate(name, at) {
	const env = { ...process.env, PLEDGED_DATABASE_CONNINFO: conninfo(name), ...(at ? { PLEDGED_CRASH_AT: `${STEP}:${at}` } : {}) };
	const done = await run(join(root, "deploy/stack"), ["ctl", "--dir", s.dir, "migrate", "--dir", join(root, "sql")], { env })
		.catch((error) => error);

	assert.ok([undefined, 137].includes(done.code), `${done.code} ${done.stderr}`);
	return done.code === undefined;
}

async function shape(name) {
	const { stdout } = await run("pg_dump", ["-U", "postgres", "-d", conninfo(name), "--schema-only"], { maxBuffer: 1 << 26 });

	return stdout.split("\n").filter((line) => !/^\\(un)?restrict /.test(line)).join("\n");
}

test("migrate killed at one step after the other, and run again: the same database", async () => {
	await database("straight");
	assert.ok(await migrate("straight"));
	await database("killed");
	let kills = 0;

	// What was applied stays, so the same number is a later step each time; then in steps through the functions.
	for (let at = 1; at < 40; at = at < 12 ? at + 1 : at + 9)
		kills += await migrate("killed", at) ? 0 : 1;
	for (let at = 60; !await migrate("killed", at); at += 50)
		kills += 1;
	assert.ok(kills > 12, `${kills}`);
	assert.ok(await migrate("killed"), "and once more");
	assert.equal(await shape("killed"), await shape("straight"));
});

test("the invariants hold", () => s.invariants());
