// The goal: a reader's word on storing is kept: none leaves nothing, counting leaves the counts and no
// history of prompts, full leaves both; and whoever wants to give finds a form though nobody is asked.

import assert from "node:assert/strict";
import { test } from "node:test";

import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";
import { reader_of } from "./lib/view.mjs";

const s = await stack({ name: "view-consent", views: 1, moneys: 1, set: { "view.deadline_ms": 5000 } });
const rows = async () => [await s.count("SELECT count(*) FROM pledged.reader"), await s.count("SELECT count(*) FROM pledged.prompt_event")];

async function asked(who, consent) {
	let last;

	for (const n of [1, 2, 3])
		last = await who.decide(`/consent/${consent}/${n}`, { section: "sport", consent });
	return last;
}

test("none: nothing is stored, and what was stored by the cookie is dropped", async () => {
	const who = s.client();

	assert.equal((await asked(who, "none")).reason, "consent_none");
	assert.equal(who.jar.size, 0);
	assert.deepEqual(await rows(), [0, 0]);
});

test("counting: counted and asked, but no row tells what was shown", async () => {
	const who = s.client();
	const decision = await asked(who, "counting");

	assert.equal(decision.act, "prompt");
	for (const kind of ["viewed", "clicked", "closed"])
		assert.equal((await who.event(decision.token, kind)).status, 204);
	assert.deepEqual(await rows(), [1, 0]);
	assert.equal((await asked(who, "counting")).reason, "closed", "a close is heeded all the same");
});

test("Sec-GPC makes full into counting", async () => {
	const who = s.client({ headers: { "sec-gpc": "1" } });

	assert.equal((await asked(who, "full")).act, "prompt");
	assert.deepEqual(await rows(), [2, 0]);
});

test("full: both", async () => {
	const who = s.client();
	const decision = await asked(who, "full");

	assert.equal((await who.event(decision.token, "viewed")).status, 204);
	assert.equal(await s.count("SELECT count(*) FROM pledged.prompt_event WHERE kind = 'viewed'"), 1);
	assert.ok((await rows())[1] >= 2);
});

// --- taking it back -------------------------------------------------------------------------------

const of = async (reader) => [await s.count(`SELECT count(*) FROM pledged.reader WHERE reader_id = '${reader}'`),
	await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${reader}'`)];
const consent = (who, body, headers = { origin: s.origin }) =>
	who.post("/consent", { headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(body) });

test("POST /consent none: row, events and cookie are gone when it answers", async () => {
	const who = s.client();

	await asked(who, "full");
	const id = reader_of(who);

	assert.deepEqual(await of(id), [1, 2]);
	assert.equal((await consent(who, { c: "none" })).status, 204);
	assert.deepEqual(await of(id), [0, 0]);
	assert.equal(who.jar.size, 0);
	assert.equal((await consent(who, { c: "none" })).status, 204, "again, without a cookie");
});

test("POST /consent counting: the history of prompts goes, the counts stay; full changes nothing", async () => {
	const who = s.client();

	await asked(who, "full");
	const id = reader_of(who);

	assert.equal((await consent(who, { c: "full" })).status, 204);
	assert.deepEqual(await of(id), [1, 2]);
	assert.equal((await consent(who, { c: "counting" })).status, 204);
	assert.deepEqual(await of(id), [1, 0]);
	assert.equal((await who.decide("/consent/after", { section: "sport" })).articles, 4, "the reader is still known");
});

test("while views of that reader arrive, nothing is left behind", async () => {
	const who = s.client();

	await asked(who, "full");
	const id = reader_of(who), cookie = `pledged=${who.jar.get("pledged")}`;
	const views = Array.from({ length: 20 }, (_, i) => s.request(`/decide?a=/race/${i}&s=sport`, { headers: { cookie } }));
	const gone = s.request("/decide?a=/race/x&s=sport&c=none", { headers: { cookie } });

	await Promise.all([...views, gone]);
	// What came after the word may begin a new row; the history before it is gone.
	const [articles] = await s.sql(`SELECT coalesce(max(views), 0) FROM pledged.reader WHERE reader_id = '${id}'`);

	assert.ok(Number(articles[0]) <= 20, "the three from before are not among them");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}' AND article LIKE '/consent/%'`), 0);
});

test("a foreign page cannot take it back, and nonsense is refused", async () => {
	const who = s.client();

	await asked(who, "full");
	const id = reader_of(who);

	assert.equal((await consent(who, { c: "none" }, { origin: "https://evil.example" })).status, 403);
	assert.equal((await consent(who, { c: "maybe" })).status, 422);
	assert.equal((await consent(who, { c: "none", x: 1 })).status, 422);
	assert.equal((await consent(who, {})).status, 422);
	assert.deepEqual(await of(id), [1, 2]);
});

test("a link from another site makes nobody forgotten", async () => {
	const who = s.client();

	await asked(who, "full");
	const id = reader_of(who), led = { "sec-fetch-site": "cross-site" };
	const answer = await who.get("/decide?a=/consent/lured&s=sport&c=none", { headers: led });

	assert.equal(answer.json().reason, "consent_none", "nothing is stored of this view");
	assert.deepEqual(await of(id), [1, 2]);
	assert.equal(reader_of(who), id, "nor is the cookie dropped");
	await who.get("/decide?a=/consent/own&s=sport&c=none", { headers: { "sec-fetch-site": "same-origin" } });
	assert.deepEqual(await of(id), [0, 0]);
});

test("the form offers what runs now, and stands there when every campaign is paused", async () => {
	const form = async () => (await s.request("/prompt?form=1")).text;

	assert.match(await form(), /value="5\.00"/, "the amounts of the campaign that runs, not of one to come");
	for (const name of ["support", "year-end", "demo/meter"])
		await s.deploy("ctl", "campaign", "pause", name);
	// Each pause is noticed by itself; the form is bare when the last one is.
	const bare = await until("no campaign is left", async () => {
		const text = await form();

		return /value="other" checked/.test(text) && text;
	});

	assert.equal((await asked(s.client(), "full")).act, "open");

	assert.match(bare, /action="\/pledge"[\s\S]*name="other_amount"[\s\S]*value="EUR"/);
	assert.match(bare, /value="once" checked/);
	const given = await s.client().form({ amount: "other", other_amount: "12", interval: "month" });

	assert.equal(given.status, 303);
});

test("sections that a page makes up do not grow the roll-up", async () => {
	for (let n = 0; n < 260; n += 1)
		await s.request(`/decide?a=/x&s=made-up-${n}`);
	await until("they are counted", async () => (await s.count("SELECT coalesce(sum(n), 0) FROM pledged.rollup WHERE section LIKE 'made-up-%' OR section = 'other'")) >= 260);
	const sections = await s.count("SELECT count(DISTINCT section) FROM pledged.rollup");

	assert.ok(sections <= 202, `${sections} sections`);
});

test("invariants", () => s.invariants());
