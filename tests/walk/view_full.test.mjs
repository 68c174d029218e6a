// The goal: a worker of nginx that has as many requests at view as it may opens the next page by itself, at once: nobody stands
// in line or is sent away, health and metrics answer meanwhile, and when there is room again all is as it was.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { agent, client } from "./lib/http.mjs";
import { session } from "./lib/session.mjs";
import { root } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";
import { all_open, by_role, metric, nginx_says, patient, reader_of, row, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "view-full", views: 1, set: { "view.deadline_ms": 10000 } });
const OPEN = { act: "open", reason: "store_down" };
const FEW = 12;
const SHIPPED = 1024;
const pool = agent(2 * SHIPPED);
const db = session(s);

after(async () => {
	pool.destroy();
	await db.end();
});

await nginx_says(s, "nginx.conf", ["worker_processes auto;", "worker_processes 1;"]);
await patient(s);

// nginx: so many requests at view at most, from now on.
async function nginx(max) {
	await nginx_says(s, "pledged-http.conf", [/max_conns=\d+;/, `max_conns=${max};`]);
	await s.role("nginx", "restart");
	await s.ready();
}

let articles = 0;
const ask = (who) => who.get(`/decide?a=/full/${articles += 1}&s=sport`);
const inflight = () => metric(s, "pledged_inflight_requests");

// reader: one with a row, who has read two articles.
async function reader() {
	const who = client(s.url, { agent: pool });

	for (let i = 0; i < 2; i++)
		assert.ok(by_role(await ask(who)));
	assert.equal((await row(s, reader_of(who))).articles, 2);
	return who;
}

// locked: what is asked for this reader stays at view (for two seconds at least) until the work is done.
async function locked(who, work) {
	await db(`BEGIN; SELECT 1 FROM pledged.reader WHERE reader_id = '${reader_of(who)}' FOR UPDATE`);
	try {
		return await work();
	} finally {
		await db("ROLLBACK");
	}
}

test("what is shipped: a limit on what pages ask, none on who looks whether all is well, and connections for both sides of each request", async () => {
	const conf = (name) => readFile(join(s.dir, "nginx", name), "utf8");
	const upstream = (text, name) => new RegExp(`^upstream ${name} \\{\n([^}]*)\\}`, "m").exec(text)[1];
	const http = await conf("pledged-http.conf");
	const all = [await conf("nginx.conf"), await readFile(join(root, "README.md"), "utf8")];

	assert.match(upstream(http, "pledged_view"), new RegExp(`^\tserver \\S+ max_conns=${SHIPPED};$`, "m"));
	assert.match(upstream(http, "pledged_view_health"), /^\tserver [^ ]+;$/m);
	for (const [, room] of all.map((text) => /^\s+worker_connections (\d+);/m.exec(text)))
		assert.ok(room >= 4 * SHIPPED, room);
});

test("above the limit pages open at once, while those below it wait", async () => {
	await nginx(FEW);
	const [stuck, other] = [await reader(), await reader()];
	const fresh = client(s.url, { agent: pool });
	const waiting = [];
	let back = 0;

	const told = await locked(stuck, async () => {
		for (let i = 0; i < FEW; i++)
			waiting.push(ask(stuck).finally(() => { back += 1; }));
		await until("all of them are at view", async () => await inflight() === FEW);

		const answers = {
			decide: await ask(other),
			newcomer: await ask(fresh),
			gate: await other.get("/en/news/night-ferry"),
			read: await other.get("/en/culture/ropewalk-choir"),
			prompt: await other.get("/prompt?form=1"),
			goal: await other.get("/goal?c=support"),
			still: await other.get("/still?d=x"),
			consent: await other.post("/consent", { body: { c: "none" }, headers: { origin: s.url } }),
			event: await other.post("/event", { body: { d: "x", e: "closed" }, headers: { origin: s.url } }),
			healthz: await s.request("/healthz"),
			readyz: await s.request("/readyz"),
			metrics: await s.request("/metrics"),
		};

		assert.equal(back, 0, "none of those who wait was answered before");
		return answers;
	});

	for (const name of ["decide", "newcomer"]) {
		assert.equal(told[name].status, 200);
		assert.deepEqual(told[name].json(), OPEN);
		assert.match(told[name].headers["cache-control"], /no-store/);
	}
	for (const name of ["gate", "read"]) {
		assert.equal(told[name].status, 200);
		assert.match(told[name].text, /story-text/);
		assert.doesNotMatch(told[name].text, /<pledged-prompt|an error occurred/);
	}
	assert.deepEqual([told.prompt.status, told.prompt.text], [200, ""]);
	for (const name of ["goal", "still", "consent"])
		assert.deepEqual([told[name].status, told[name].headers["retry-after"]], [503, "10"], name);
	assert.equal(told.event.status, 204, "view would have refused it");
	for (const name of ["decide", "newcomer", "prompt", "goal", "still", "consent"])
		assert.ok(!by_role(told[name]), `${name}: nginx's own`);
	for (const name of ["healthz", "readyz", "metrics"])
		assert.deepEqual([told[name].status, by_role(told[name])], [200, true], name);
	assert.equal(fresh.jar.size, 0);
	assert.match(await s.log("nginx"), /no live upstreams while connecting to upstream/);

	const answers = await Promise.all(waiting);

	all_open(answers);
	assert.ok(answers.every(by_role));
	assert.deepEqual(new Set(answers.map((a) => a.json().reason === "store_down")), new Set([false]), "they were decided");
	assert.equal((await row(s, reader_of(stuck))).articles, 2 + FEW);
	assert.equal((await row(s, reader_of(other))).articles, 2, "what nginx opened is not counted");
});

test("with room again each page is decided and counted", async () => {
	await until("nothing is at view", async () => await inflight() === 0);
	const all = await Promise.all(Array.from({ length: FEW }, async () => {
		const who = client(s.url, { agent: pool });
		const answers = [];

		for (let i = 0; i < 3; i++)
			answers.push(await ask(who));
		return [who, answers];
	}));

	for (const [who, answers] of all) {
		assert.ok(answers.every(by_role));
		assert.deepEqual(answers.map((a) => a.json().reason === "store_down"), [false, false, false]);
		assert.equal((await row(s, reader_of(who))).articles, 3);
	}
});

test("the shipped limit is reached before anything else runs out: nobody is sent away", async () => {
	await nginx(SHIPPED);
	const stuck = await reader();
	const answers = await locked(stuck, () => Promise.all(Array.from({ length: SHIPPED + 300 }, () => ask(stuck))));
	const own = answers.filter((a) => !by_role(a));

	all_open(answers);
	assert.ok(own.length > 0 && answers.length - own.length >= SHIPPED, `${own.length} by nginx`);
	for (const answer of own)
		assert.deepEqual(answer.json(), OPEN);
	assert.doesNotMatch(await s.log("nginx"), /worker_connections are not enough/);
	assert.equal((await ask(await reader())).status, 200);
});

test("the invariants hold", () => s.invariants());
