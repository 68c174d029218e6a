// The goal: a reader's views are counted exactly, however many arrive at once and at whichever worker.

import assert from "node:assert/strict";
import { test } from "node:test";

import { agent, client } from "./lib/http.mjs";
import { by_role, hasher, missing, reader_of, row, unpack, view_stack } from "./lib/view.mjs";

const N = 50;
const ROUNDS = 4;
// The deadline is out of the way: what is late is still counted, but here the answers are looked at too.
const s = await view_stack({ name: "view-exact", views: 4, set: { "view.deadline_ms": 10000 } });
const pool = agent(N);

// Nobody folds the counts, so that each worker's own can be seen at the end.
await s.role("clerk", "stop");

// at_once: one cookie, n connections; article(i) tells what the i-th opens.
const at_once = (jar, article, n = N) => Promise.all(Array.from({ length: n }, async (_, i) => {
	const who = client(s.url, { jar: new Map(jar), agent: pool });
	const answer = await who.get(`/decide?a=${article(i)}&s=exact`);

	assert.equal(answer.status, 200);
	assert.ok(by_role(answer), "no answer of nginx's own");
	return { ...answer.json(), article: article(i), jar: who.jar };
}));

async function newcomer(first = "/exact/0") {
	const who = s.client();

	await who.get(`/decide?a=${first}&s=exact`);
	assert.ok(unpack(who.jar.get("pledged")).first);
	return who;
}

async function known() {
	const who = await newcomer();

	await who.get("/decide?a=/exact/1&s=exact");
	return who;
}

const decided = (answers) => answers.every(({ reason }) => reason === "campaign" || reason === "capped");

for (let round = 1; round <= ROUNDS; round++) {
	test(`${N} articles of a known reader at once (${round})`, async () => {
		const who = await known();
		const answers = await at_once(who.jar, (i) => `/exact/${round}-${i}`);
		const counts = answers.map((a) => a.articles);

		assert.ok(decided(answers), JSON.stringify(answers.map((a) => a.reason)));
		assert.deepEqual(await row(s, reader_of(who)), { views: N + 2, articles: N + 2 });
		assert.equal(Math.max(...counts), N + 2, "the last one saw all of them");
		assert.ok(Math.min(...counts) >= 3, "nobody was answered before the own view was there");
	});

	test(`${N} articles at once with the first view still in the cookie (${round})`, async () => {
		const who = await newcomer();
		const answers = await at_once(who.jar, (i) => `/exact/first-${round}-${i}`);

		assert.ok(decided(answers));
		assert.deepEqual(await row(s, reader_of(who)), { views: N + 1, articles: N + 1 });
		for (const { jar } of answers)
			assert.deepEqual(unpack(jar.get("pledged")), { id: "k1", reader: reader_of(who), site: 1, first: undefined });
		// The old cookie is sent once more, as by a second window that was asleep.
		await at_once(who.jar, (i) => `/exact/first-${round}-${i}`, 5);
		assert.deepEqual(await row(s, reader_of(who)), { views: N + 1, articles: N + 1 });
	});

	test(`one article ${N} times at once (${round})`, async () => {
		const old = await known(), fresh = await newcomer(), again = await newcomer();

		await Promise.all([at_once(old.jar, () => `/exact/one-${round}`), at_once(fresh.jar, () => `/exact/one-${round}`),
			at_once(again.jar, () => "/exact/0")]);
		assert.deepEqual(await row(s, reader_of(old)), { views: 3, articles: 3 });
		assert.deepEqual(await row(s, reader_of(fresh)), { views: 2, articles: 2 });
		assert.deepEqual(await row(s, reader_of(again)), { views: 1, articles: 1 }, "the first one, read again");
	});
}

test("which ones were counted, not only how many", async () => {
	const hash = await hasher(s);
	const [who, other] = await Promise.all([newcomer("/exact/a"), newcomer("/exact/b")]);
	const mixed = await Promise.all([at_once(who.jar, (i) => `/exact/mine-${i % 25}`), at_once(other.jar, (i) => `/exact/theirs-${i}`)]);
	const listed = async (reader) => (await s.sql(`SELECT article FROM pledged.reader_seen WHERE reader_id = '${reader}'`)).flat().sort();
	const expected = (answers, first) => [...new Set([first, ...answers.map((a) => a.article)])].map(hash).sort();

	assert.deepEqual(await listed(reader_of(who)), expected(mixed[0], "/exact/a"));
	assert.deepEqual(await listed(reader_of(other)), expected(mixed[1], "/exact/b"));
	assert.deepEqual(await missing(s, mixed.flat().map((a) => ({ own: true, reader: unpack(a.jar.get("pledged")).reader,
		article: a.article })), "exact"), []);
});

test("the list of a reader keeps the newest 250, the count goes on", async () => {
	const who = await known();

	for (let part = 0; part < 6; part++)
		await at_once(who.jar, (i) => `/exact/long-${part}-${i}`);
	assert.deepEqual(await row(s, reader_of(who)), { views: 302, articles: 250 });
	await who.get("/decide?a=/exact/long-5-49&s=exact");
	assert.deepEqual(await row(s, reader_of(who)), { views: 302, articles: 250 });
});

test("more than one worker had part in it", async () => {
	await s.role("view", "stop");
	assert.ok(await s.count("SELECT count(DISTINCT worker) FROM pledged.tally") >= 2);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader r WHERE views < (
		SELECT count(DISTINCT (day, article)) FROM pledged.reader_seen e WHERE e.reader_id = r.reader_id)`), 0);
});

test("the invariants hold", () => s.invariants());
