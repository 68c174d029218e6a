// The goal: whatever falls over, pages open, and every view that a role acknowledged is stored in the end.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { after, test } from "node:test";

import { agent, client } from "./lib/http.mjs";
import { as_server } from "./lib/pg.mjs";
import { root } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";
import { all_open, all_there, by_role, pack, reader_of, row, seal, spooled, keys_of, traffic, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "view-faults", views: 2 });
const ARTICLE = "/en/news/night-ferry";
const OPEN = { act: "open", reason: "store_down" };
const DECIDED = ["first_view", "campaign", "capped"];

const stored = (answers) => answers.filter((a) => DECIDED.includes(a.reason));

// warm: readers with rows.
async function warm(n, pool) {
	return Promise.all(Array.from({ length: n }, async (_, i) => {
		const who = client(s.url, { agent: pool });

		await until("a reader with a row", async () => {
			await who.decide(`/warm/${i}-1`, { section: "sport" });
			await who.decide(`/warm/${i}-2`, { section: "sport" });
			return (await row(s, reader_of(who)))?.articles === 2;
		});
		return who;
	}));
}

test("PostgreSQL is killed and started again under traffic", async () => {
	const reader = client(s.url);

	await reader.get(ARTICLE);
	const load = traffic(s, 12);

	await until("views are stored", () => stored(load.answers).length > 100, 20);
	await s.pg("kill");
	const dead = load.answers.length;

	await until("pages open without it", () => load.answers.slice(dead).filter((a) => a.reason === "store_down").length > 60, 20);
	assert.ok(spooled(s).length > 0, "their views are kept");
	const page = await reader.get("/en/news/silent-gauge");

	assert.equal(page.status, 200);
	assert.match(page.text, /story-text/);
	assert.doesNotMatch(page.text, /<pledged-prompt/);
	assert.equal((await s.request("/healthz")).status, 200);
	await until("it is not ready", async () => (await s.request("/readyz")).status === 503);
	// A newcomer gets a cookie as ever; it needs no database.
	assert.equal((await client(s.url).decide("/x", { section: "sport" })).reason, "first_view");

	await s.pg("start");
	const back = load.answers.length;

	await until("views are stored again", () => stored(load.answers.slice(back)).length > 100, 20);
	await s.ready();
	const answers = await load.stop();

	all_open(answers);
	await all_there(s, answers);
	await until("the walled reader's page too", async () => (await row(s, reader_of(reader)))?.articles === 2);
});

test("it is killed twice while the spool is being loaded", async () => {
	const load = traffic(s, 12);

	await until("views are stored", () => stored(load.answers).length > 60, 20);
	await s.pg("kill");
	const dead = load.answers.length;

	await until("enough is spooled", () => load.answers.length - dead > 400, 30);
	for (let i = 0; i < 2; i++) {
		await s.pg("start");
		await until("the spool is taken over", () => spooled(s).includes("views.loading") || stored(load.answers.slice(dead)).length > 200, 20);
		await s.pg("kill");
	}
	await s.pg("start");
	await s.ready();
	const answers = await load.stop();

	all_open(answers);
	await all_there(s, answers);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader r WHERE views < 200 AND views <> (
		SELECT count(DISTINCT (day, article)) FROM pledged.reader_seen e WHERE e.reader_id = r.reader_id)`), 0,
		"loaded twice, counted once");
});

test("PostgreSQL is away when the workers start", async () => {
	await s.pg("stop");
	await s.role("view", "restart");
	await until("it lives", async () => (await s.request("/healthz")).status === 200);
	const ready = await s.request("/readyz");
	const who = client(s.url);

	assert.equal(ready.status, 503);
	assert.deepEqual((await who.get("/decide?a=/x&s=news")).json(), OPEN);
	const page = await who.get(ARTICLE);

	assert.equal(page.status, 200);
	assert.match(page.text, /story-text/);
	assert.equal((await who.get("/prompt?form=1")).text, "");
	assert.equal((await who.event("v1.k1.AAAA.AAAA", "closed")).status >= 400, true);
	await s.pg("start");
	await s.ready();
	await until("each worker decides", async () => {
		const { reason } = await client(s.url).decide("/x", { section: "sport" });

		return reason === "first_view";
	});
});

test("a worker is killed in the middle of traffic", async () => {
	const load = traffic(s, 12);

	for (let i = 0; i < 4; i++) {
		const before = load.answers.length;

		await until("views are stored", () => stored(load.answers.slice(before)).length > 80, 20);
		const pids = await s.pids("view");

		process.kill(pids[i % pids.length], "SIGKILL");
		await until("another worker", async () => {
			const now = await s.pids("view");

			return now.length === 2 && !now.includes(pids[i % pids.length]);
		});
	}
	const answers = await load.stop();

	all_open(answers);
	// What nginx answered itself was cut with the worker: a few at most.
	assert.ok(answers.filter((a) => !a.own).length <= 4 * 12, "nearly all were answered by a worker");
	// Opened at the deadline, and then the worker died over it: nobody told that reader of a count.
	await all_there(s, answers.filter((a) => DECIDED.includes(a.reason)));
	assert.ok((await s.request(ARTICLE)).status === 200);
});

test("workers are asked to end in the middle of traffic: nothing is cut", async () => {
	const load = traffic(s, 12);

	for (let i = 0; i < 6; i++) {
		const before = load.answers.length;

		await until("views are stored", () => stored(load.answers.slice(before)).length > 80, 20);
		const [pid] = await s.pids("view");

		process.kill(pid, i % 2 ? "SIGTERM" : "SIGQUIT");
		await until("another worker", async () => {
			const now = await s.pids("view");

			return now.length === 2 && !now.includes(pid);
		});
	}
	const answers = await load.stop();

	all_open(answers);
	// nginx may choose a kept connection in the very moment in which it is closed; it does not ask twice.
	const own = answers.filter((a) => !a.own).map((a) => a.article);

	assert.ok(own.length <= 6, `answers of nginx's own: ${own}`);
	await all_there(s, answers);
});

// hold: a lock on a reader's row, as by somebody who debugs; ends after the seconds.
async function hold(reader, seconds) {
	const psql = spawn("psql", ["-X", "-q", "-h", s.env.PGHOST, "-p", s.env.PGPORT, "-U", "postgres", "-d", s.env.PGDATABASE,
		"-c", `SET application_name = 'holder'; BEGIN; SELECT 1 FROM pledged.reader WHERE reader_id = '${reader}' FOR UPDATE`,
		"-c", `SELECT pg_sleep(${seconds})`, "-c", "COMMIT"], { stdio: "ignore" });
	const ended = new Promise((done) => psql.once("exit", done));

	await until("the row is locked", () => s.count("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'holder' AND wait_event = 'PgSleep'"));
	return { ended };
}

test("a locked row delays its reader and nobody else", async () => {
	const pool = agent(24);
	const [stuck, ...others] = await warm(20, pool);
	const { ended } = await hold(reader_of(stuck), 4);
	const from = Date.now();
	let held = true;

	ended.then(() => { held = false; });
	const answers = [];
	let own = 0;
	const read = async (who, i) => {
		for (let k = 0; held; k++) {
			const began = Date.now();
			const { status, reason } = await who.decide(`/lock/${i}-${k}`, { section: "sport" });

			answers.push({ status, reason, ms: Date.now() - began });
			await sleep(20);
		}
	};
	const nag = async () => {
		// The last ones are asked well before the lock goes.
		for (; Date.now() - from < 2500; own++) {
			assert.deepEqual((await stuck.get(`/decide?a=/lock/own-${own}&s=sport`)).json(), OPEN);
			await sleep(200);
		}
	};

	await Promise.all([...others.map(read), nag()]);
	all_open(answers);
	const times = answers.map((a) => a.ms).sort((a, b) => a - b);
	const decided = answers.filter((a) => DECIDED.includes(a.reason)).length;

	assert.ok(own > 3 && answers.length > 200);
	assert.ok(decided > answers.length * 0.9, `${decided} of ${answers.length} decided`);
	assert.ok(times[Math.floor(times.length * 0.95)] < 1000, `${times[Math.floor(times.length * 0.95)]} ms`);
	await until("the reader's views are all there in the end", async () => (await row(s, reader_of(stuck))).articles === 2 + own, 20);
	await until("the spool is empty", () => spooled(s).length === 0, 20);
	pool.destroy();
});

// solo: one worker of our own at the public socket, so that its exit code can be seen.
async function solo() {
	const worker = spawn("spawn-fcgi", ["-s", s.env.VIEW_SOCK, "-M", "0666", "-n", "--", join(s.env.BUILD, "pledged"), "view",
		"-c", s.env.CONF], { stdio: ["ignore", "pipe", "pipe"], cwd: root });
	let log = "";

	worker.stdout.on("data", (part) => { log += part; });
	worker.stderr.on("data", (part) => { log += part; });
	const ended = new Promise((done) => worker.once("exit", (code, signal) => done({ code, signal, log })));

	after(() => worker.kill("SIGKILL"));
	await s.ready();
	return { worker, ended };
}

// backends: the server's ends of the view role's connections.
const backends = async () => (await s.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'pledged_view'")).flat().map(Number);

test("SIGTERM with requests running: all are answered and stored, and the worker ends with 0", async () => {
	await s.role("view", "stop");
	const { worker, ended } = await solo();
	const pool = agent(24);
	const readers = await warm(20, pool);
	const pids = await backends();
	let answers;

	assert.ok(pids.length > 0);
	for (const pid of pids)
		process.kill(pid, "SIGSTOP");
	try {
		const asked = readers.map((who, i) => who.get(`/decide?a=/end/${i}&s=sport`));

		await sleep(40);
		worker.kill("SIGTERM");
		answers = await Promise.all(asked);
	} finally {
		for (const pid of pids)
			process.kill(pid, "SIGCONT");
	}
	assert.deepEqual(answers.map((a) => a.status), Array(20).fill(200));
	assert.ok(answers.every(by_role), "by the worker that was asked to end");
	const { code, signal, log } = await ended;

	assert.deepEqual({ code, signal }, { code: 0, signal: null }, log);
	assert.doesNotMatch(log, /Sanitizer|runtime error/);
	for (const who of readers)
		assert.equal((await row(s, reader_of(who))).articles, 3);
	pool.destroy();
});

test("SIGTERM while the database hangs for good: the views are spooled before the end", async () => {
	const { worker, ended } = await solo();
	const pool = agent(24);
	const readers = await warm(20, pool);
	const pids = await backends();

	for (const pid of pids)
		process.kill(pid, "SIGSTOP");
	try {
		const answers = await Promise.all(readers.map((who, i) => who.get(`/decide?a=/hang/${i}&s=sport`)));

		assert.ok(answers.every((a) => a.json().reason === "store_down" && by_role(a)), "opened at the deadline");
		worker.kill("SIGTERM");
		const { code, signal, log } = await ended;

		assert.deepEqual({ code, signal }, { code: 0, signal: null }, log);
		assert.doesNotMatch(log, /Sanitizer|runtime error/);
	} finally {
		for (const pid of pids)
			process.kill(pid, "SIGCONT");
	}
	assert.deepEqual(spooled(s), ["views"]);
	pool.destroy();
	const next = await solo();

	for (const who of readers)
		await until("it is loaded", async () => (await row(s, reader_of(who))).articles === 3, 20);
	await until("the spool is empty", () => spooled(s).length === 0, 20);
	next.worker.kill("SIGTERM");
	assert.equal((await next.ended).code, 0);
});

// naps: how often a process has gone to sleep by itself so far.
const naps = (pid) => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

test("no descriptor is left: whoever waits at the door waits, nobody runs in circles, and pages open", { skip: process.getuid() !== 0 &&
	"only root sees how many a role has" }, async () => {
	await s.role("view", "start").catch(() => {});
	await s.ready();
	const pids = await s.pids("view");
	const open = (pid) => readdirSync(`/proc/${pid}/fd`).length;
	const limit = (pid, n) => as_server("/usr/bin/prlimit", "--pid", String(pid), `--nofile=${n}:`);
	const before = /Max open files\s+(\d+)/.exec(readFileSync(`/proc/${pids[0]}/limits`, "utf8"))[1];
	const few = Math.max(...pids.map(open)) + 4;

	await Promise.all(pids.map((pid) => limit(pid, few)));
	const held = Array.from({ length: 40 }, () => connect(s.env.VIEW_SOCK).on("error", () => {}));

	try {
		await until("all descriptors are taken", () => pids.every((pid) => open(pid) >= few));
		const from = pids.map(naps);

		await until("they sleep in between", () => pids.every((pid, i) => naps(pid) >= from[i] + 100));
		assert.equal((await client(s.url).get(ARTICLE)).status, 200);
	} finally {
		await Promise.all(pids.map((pid) => limit(pid, before)));
		held.forEach((socket) => socket.destroy());
	}
	await until("each worker decides", async () => (await client(s.url).decide("/x", { section: "sport" })).reason === "first_view");
	assert.deepEqual(await s.pids("view"), pids, "the same processes");
});

test("no worker at all: nginx opens the pages", async () => {
	await s.role("view", "stop");
	const who = client(s.url, { jar: new Map([["pledged", seal((await keys_of(s))[0], pack({ reader: "00000000-0000-4000-8000-000000000001" }))]]) });
	const answer = await who.get("/decide?a=/x&s=news");

	assert.equal(answer.status, 200);
	assert.match(answer.headers["content-type"], /^application\/json/);
	assert.match(answer.headers["cache-control"], /no-store/);
	assert.deepEqual(answer.json(), OPEN);
	for (const article of [ARTICLE, "/en/news/silent-gauge", "/ru/news/myagkaya-voda"]) {
		const page = await who.get(article);

		assert.equal(page.status, 200);
		assert.match(page.text, /story-text/);
		assert.doesNotMatch(page.text, /<pledged-prompt|an error occurred/);
	}
	const prompt = await who.get("/prompt?d=v1.k1.AAAA.AAAA&l=en");

	assert.deepEqual([prompt.status, prompt.text], [200, ""]);
	assert.equal((await who.event("v1.k1.AAAA.AAAA", "closed")).status, 204);
	assert.equal((await who.get("/readyz")).status, 502);
	await s.role("view", "start");
	await s.ready();
	assert.equal((await client(s.url).decide("/y", { section: "sport" })).reason, "first_view");
});

test("the invariants hold", () => s.invariants());
