// The goal: with the gate that sends nginx on (pledged-read.conf) pages open just as well when something
// falls over, and every view that a role acknowledged is stored exactly once in the end.

import assert from "node:assert/strict";
import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { OUTPUTS, articles, holds } from "./lib/articles.mjs";
import { client } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { all_open, all_there, reader_of, row, spooled, traffic, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "read-faults", views: 2 });
const DECIDED = ["first_view", "campaign", "capped"];
const CULTURE = articles.filter((a) => a.section === "culture");

// As many stories as are asked for; each tells what was decided.
const conf = join(s.dir, "nginx/extra-server.conf");

await writeFile(conf, `location ^~ /story/ {
	set $pledged_section story;
	set $pledged_locale en;
	set $pledged_open @made;
	set $pledged_wall @made_wall;
	include pledged-read.conf;
}
location @made {
	include pledged-page.conf;
	add_header Told $pledged_reason always;
	default_type text/html;
	return 200 "<p>The story of $uri</p>";
}
location @made_wall {
	include pledged-page.conf;
	return 403;
}
`);
await chmod(conf, 0o644);
await s.role("nginx", "restart");
await s.ready();

const READ = { path: (article) => article, own: (answer) => answer.headers.told !== undefined, reason: (answer) => answer.headers.told ?? "nobody" };
const stories = (n = 12) => traffic(s, n, { section: "story", by: READ });
const stored = (answers) => answers.filter((a) => DECIDED.includes(a.reason));
// An article may stand twice on its day, as opened and as walled, where a kill came between a wall and its note.
const twice = () => s.count(`SELECT count(*) FROM pledged.reader r WHERE views < 200 AND views <> (
	SELECT count(DISTINCT (day, article)) FROM pledged.reader_seen e WHERE e.reader_id = r.reader_id)`);

async function settled(answers) {
	all_open(answers);
	await all_there(s, answers, "story");
	assert.equal(await twice(), 0, "loaded twice, counted once");
}

// all_pages_open: the demo's culture pages, which stand behind this form, in every output.
async function all_pages_open(who) {
	for (const a of CULTURE) {
		for (const o of OUTPUTS) {
			const answer = await who.get(a.url + o);

			assert.equal(answer.status, 200, a.url + o);
			assert.ok(holds(answer.text, a), a.url + o);
			assert.doesNotMatch(answer.text, /<pledged-prompt|an error occurred|<!--#/);
			assert.deepEqual([answer.headers["cache-control"], answer.headers.vary], ["private, no-cache", "Cookie"]);
			if (o === ".json")
				assert.deepEqual([answer.json().prompt, answer.json().wall], [null, false]);
		}
	}
}

test("PostgreSQL is killed twice, once while the spool is being loaded", async () => {
	const load = stories();
	const walled = client(s.url);

	for (let i = 0; i < 6; i++)
		await until("counted", async () => (await walled.decide(`/used/${i}`)).reason !== "store_down");
	assert.equal((await walled.get(CULTURE[0].url)).status, 403);
	await until("views are stored", () => stored(load.answers).length > 100, 20);
	await s.pg("kill");
	const dead = load.answers.length;

	await until("pages open without it", () => load.answers.slice(dead).filter((a) => a.reason === "store_down").length > 300, 20);
	assert.ok(spooled(s).length > 0, "their views are kept");
	await all_pages_open(walled);
	await s.pg("start");
	await until("the spool is taken over", () => spooled(s).includes("views.loading") || stored(load.answers.slice(dead)).length > 200, 20);
	await s.pg("kill");
	await s.pg("start");
	const back = load.answers.length;

	await until("views are stored again", () => stored(load.answers.slice(back)).length > 100, 20);
	await s.ready();
	await settled(await load.stop());
	await until("what the walled reader read meanwhile is there too", async () => (await row(s, reader_of(walled))).articles === 6 + CULTURE.length);
	assert.equal((await walled.get("/en/news/night-ferry")).status, 403, "and the wall is back");
});

test("a worker is killed in the middle of traffic, another is asked to end", async () => {
	const load = stories();

	for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL", "SIGTERM"]) {
		const before = load.answers.length;

		await until("views are stored", () => stored(load.answers.slice(before)).length > 80, 20);
		const [pid] = await s.pids("view");

		process.kill(pid, signal);
		await until("another worker", async () => {
			const now = await s.pids("view");

			return now.length === 2 && !now.includes(pid);
		});
	}
	const answers = await load.stop();

	assert.ok(answers.filter((a) => !a.own).length <= 4 * 12, "nearly all were answered by a worker");
	// Opened at the deadline, and then the worker died over it: nobody told that reader of a count.
	await settled(answers.filter((a) => a.status !== 200 || DECIDED.includes(a.reason)));
});

test("workers that hang, and no worker at all: nginx opens the pages", async () => {
	const who = client(s.url);

	await who.decide("/warm/1", { section: "sport" });
	await who.decide("/warm/2", { section: "sport" });
	const pids = await s.pids("view");

	for (const pid of pids)
		process.kill(pid, "SIGSTOP");
	try {
		const began = Date.now();
		const answer = await who.get(CULTURE[0].url);

		assert.equal(answer.status, 200);
		assert.ok(holds(answer.text, CULTURE[0]));
		assert.ok(Date.now() - began < 5000);
	} finally {
		for (const pid of pids)
			process.kill(pid, "SIGCONT");
	}
	await s.ready();
	await s.role("view", "stop");
	const fresh = client(s.url);

	await all_pages_open(who);
	await all_pages_open(fresh);
	assert.equal(fresh.jar.size, 0, "nobody counts");
	assert.equal((await who.get("/en/culture/nothing")).status, 404);
	assert.match((await who.get("/en/culture/nothing")).text, /There is no page at this address/);
	await s.role("view", "start");
	await s.ready();
	const page = await fresh.get(CULTURE[1].url);

	assert.deepEqual([page.status, fresh.jar.size], [200, 1]);
});

test("the invariants hold", () => s.invariants());
