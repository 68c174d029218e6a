// The goal: only a cookie that we made and that came back makes a row; all others meet a new reader, each
// time, and cost nothing but a count.

import assert from "node:assert/strict";
import { randomBytes, randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { agent, request } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { decisions, keys_of, metric, pack, row, seal, unpack, view_stack } from "./lib/view.mjs";

// One worker: its counters are all of them.
const s = await view_stack({ name: "view-cookieless", views: 1, set: { "view.deadline_ms": 3000 } });
const [key] = await keys_of(s);
const MINTED = "pledged_cookie_minted_total";
const REJECTED = 'pledged_cookies_refused_total{why="forged"}';
const FOREIGN = 'pledged_cookies_refused_total{why="site"}';
let article = 0;

const readers = () => s.count("SELECT count(*) FROM pledged.reader");

// ask: one view with a cookie header of one's choice.
async function ask(cookie, { section = "sport", name = "pledged" } = {}) {
	const answer = await s.request(`/decide?a=/cookie/${article++}&s=${section}`,
		{ headers: cookie === undefined ? {} : { cookie: `${name}=${cookie}` } });

	assert.equal(answer.status, 200);
	const set = answer.headers["set-cookie"]?.[0];

	return { ...answer.json(), set: set && /^pledged=([^;]*)/.exec(set)[1] };
}

// mint: the cookie of a reader who has a row.
async function mint() {
	const { set } = await ask();
	const light = (await ask(set)).set;

	assert.deepEqual(await row(s, unpack(light).reader), { views: 2, articles: 2 });
	return light;
}

// rotate: other lines in the key file, and a worker that reads them. Old keys must stay out of the logs too.
async function rotate(...keys) {
	s.planted = [...(s.planted ?? []), ...keys.map((k) => k.hex)];
	await writeFile(join(s.dir, "secrets/cookie.key"), keys.map((k) => `${k.id}:${k.hex}\n`).join(""));
	await s.role("view", "restart");
	await s.ready();
}

test("10,000 views without a cookie make 10,000 new readers and no row", async () => {
	const pool = agent(32);
	const seen = new Set();
	let left = 10000;

	await Promise.all(Array.from({ length: 32 }, async () => {
		while (left-- > 0) {
			const answer = await request(s.url, `/decide?a=/bare/${left % 97}&s=bare`, { agent: pool });

			assert.equal(answer.status, 200);
			assert.equal(answer.json().reason, "first_view");
			seen.add(unpack(answer.headers["set-cookie"][0].slice("pledged=".length).split(";")[0]).reader);
		}
	}));
	pool.destroy();
	assert.equal(seen.size, 10000, "each a reader of its own");
	assert.equal(await readers(), 0);
	assert.equal(await metric(s, MINTED), 10000);
	assert.equal(await metric(s, REJECTED), 0);
	await until("the roll-up holds them", async () => {
		assert.deepEqual(await decisions(s, "r.section = 'bare'"), { first_view: 10000 });
		return true;
	});
	assert.equal(await s.count("SELECT count(*) FROM pledged.prompt_event"), 0);
});

test("a cookie that we did not make is a new reader, no row, and counted as refused", async () => {
	const good = await mint(), other = await mint();
	const [v, id, payload, mac] = good.split(".");
	const flip = (text, at) => text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
	const reader = unpack(good).reader;
	const { token } = await ask(good);
	const foreign = { id: "k1", key: randomBytes(32) };
	const forged = {
		"no cookie of ours at all": "hello",
		"a reader's bare id": reader,
		"no signature": `${v}.${id}.${payload}`,
		"an empty signature": `${v}.${id}.${payload}.`,
		"a short signature": good.slice(0, -1),
		"half of it": good.slice(0, good.length / 2),
		"a changed signature": `${v}.${id}.${payload}.${flip(mac, 5)}`,
		"a changed reader": `${v}.${id}.${flip(payload, 9)}.${mac}`,
		"another one's signature": `${v}.${id}.${payload}.${other.split(".")[3]}`,
		"another one's payload": `${v}.${id}.${other.split(".")[2]}.${mac}`,
		"another version": `v2.${id}.${payload}.${mac}`,
		"an unknown key": `${v}.k9.${payload}.${mac}`,
		"an unknown key, well signed": seal({ ...key, id: "k9" }, pack({ reader })),
		"signed by somebody else": seal(foreign, pack({ reader })),
		"signed with nothing": seal({ id: "k1", key: Buffer.alloc(32) }, pack({ reader })),
		"a decision's token": token,
		"signed for another purpose": seal(key, pack({ reader }), "decision"),
		"signed, but of version 3": seal(key, pack({ reader, version: 3 })),
		"signed, but of no site": seal(key, pack({ reader, site: 0 })),
		"signed, but of nobody": seal(key, pack({ reader: "00000000-0000-0000-0000-000000000000" })),
		"signed, but a byte short": seal(key, pack({ reader }).subarray(0, 19)),
		"signed, but a byte long": seal(key, Buffer.concat([pack({ reader }), Buffer.from([0])])),
		"signed, but empty": seal(key, Buffer.alloc(0)),
		"padded": `${good}=`,
		"in quotes": `"${good}"`,
		"with a tail": `${good}.x`,
		"very long": `${good}${"A".repeat(3000)}`,
		"no UTF-8": "\xff\xfe\xc3",
	};
	const before = await readers();
	let refused = await metric(s, REJECTED);
	let minted = await metric(s, MINTED);

	assert.match(token, /^v1\./);
	for (const [what, cookie] of Object.entries(forged)) {
		const answer = await ask(cookie);

		assert.deepEqual([answer.act, answer.reason, answer.articles], ["open", "first_view", 1], what);
		assert.ok(unpack(answer.set).first, `${what}: a new one`);
		assert.notEqual(unpack(answer.set).reader, reader, what);
		assert.equal(await metric(s, REJECTED), ++refused, what);
		assert.equal(await metric(s, MINTED), ++minted, what);
	}
	assert.equal(await readers(), before);
	assert.deepEqual(await row(s, reader), { views: 3, articles: 3 }, "and the true one is untouched");
});

test("a cookie of another site or name, or two of them, count as none and are no forgery", async () => {
	const reader = randomUUID();
	const mine = seal(key, pack({ reader }));
	const before = await readers();
	const refused = await metric(s, REJECTED), foreign = await metric(s, FOREIGN);

	for (const answer of [await ask(seal(key, pack({ reader, site: 2 }))), await ask(mine, { name: "__Host-pledged" }),
		await ask(mine, { name: "Pledged" }), await ask(`${mine}; pledged=${mine}`), await ask("")])
		assert.deepEqual([answer.reason, unpack(answer.set).reader === reader], ["first_view", false]);
	assert.deepEqual([await metric(s, REJECTED), await metric(s, FOREIGN)], [refused, foreign + 1]);
	assert.equal(await readers(), before);
});

test("what this file mints is what the service would", async () => {
	const cookie = await mint();
	const held = unpack(cookie);
	const full = (await ask()).set;

	assert.equal(seal(key, pack(held)), cookie);
	assert.equal(seal(key, pack(unpack(full))), full);
	const reader = randomUUID();

	assert.equal((await ask(seal(key, pack({ reader })))).set, undefined, "taken as it is");
	assert.deepEqual(await row(s, reader), { views: 1, articles: 1 });
});

test("a cookie from before topics is still its reader's, and its first view counts", async () => {
	const held = unpack((await ask()).set), reader = randomUUID();
	const old = seal(key, pack({ reader, version: 1, first: { ...held.first, topics: "abc" } }));

	assert.equal((await ask(old)).reason, "campaign");
	assert.deepEqual(await row(s, reader), { views: 2, articles: 2 });
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader_seen WHERE reader_id = '${reader}' AND (topics <> 0 OR free)`), 0,
		"what stood in the place of topics is none");
});

test("after a rotation both keys verify, the new one signs, and the one taken out is a stranger's", async () => {
	const fresh = { id: "k2", hex: randomBytes(32).toString("hex") };
	const old = await mint();
	const { reader } = unpack(old);
	const refused = await metric(s, REJECTED);

	await rotate({ ...fresh }, key);
	const answer = await ask(old);
	const next = answer.set;

	assert.equal(answer.articles, 3, "the same reader");
	assert.deepEqual(unpack(next), { id: "k2", reader, site: 1, first: undefined });
	assert.deepEqual(await row(s, reader), { views: 3, articles: 3 });
	assert.equal(unpack((await ask()).set).id, "k2");
	assert.equal(await metric(s, REJECTED), refused);
	// A newcomer's first view survives the change of keys too.
	const first = pack({ reader: randomUUID(), first: { day: unpack((await ask()).set).first.day, article: "0030405ff",
		at: Math.floor(Date.now() / 1000) } });

	assert.equal((await ask(seal(key, first))).articles, 2);

	await rotate(fresh);
	const before = await readers();

	assert.equal((await ask(next)).articles, 4, "re-signed in time");
	assert.equal((await ask(old)).reason, "first_view");
	assert.equal(await metric(s, REJECTED), refused + 1);
	assert.equal(await readers(), before);
	assert.deepEqual(await row(s, reader), { views: 4, articles: 4 });
});

test("the invariants hold", () => s.invariants());
