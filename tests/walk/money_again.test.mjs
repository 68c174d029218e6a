// The goal: whether a page was made is looked up before there is another, so a donor gets one page, and one that works.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-again", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 10,
	"clerk.call_ms": 3000, "money.wait_ms": 1500 } });
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
const LIST = { method: "GET", path: "^/v1/checkout/sessions\\?" };
const key_of = () => `walk-again-${Math.random().toString(36).slice(2)}`;
const asked = async (fields = {}) => {
	const answer = await s.client().pledge({ key: key_of(), ...fields });

	assert.equal(answer.status, 202, answer.text);
	return answer.json().pledge;
};
const offered = (token, seconds = 40) => until("a page", async () => (await state(s, token)).url, seconds);
const attempts = async (token) => (await s.sql(`SELECT a.state, a.idem_key, o.state, o.last_outcome FROM pledged.attempt a
	JOIN pledged.pledge p USING (pledge_id) JOIN pledged.outbox o ON o.kind = 'create' AND o.subject = a.attempt_id
	WHERE p.public_token = '${token}' ORDER BY a.no`)).map(([state, key, call, last]) => ({ state, key, call, last }));
const id_of = (token) => s.one(`SELECT pledge_id FROM pledged.pledge WHERE public_token = '${token}'`);
const posts_of = async (token) => {
	const id = await id_of(token);

	return (await s.provider.requests(CREATE)).filter((r) => JSON.stringify(r).includes(id));
};
const pages_of = async (token) => (await s.provider.ledger()).references[await id_of(token)] ?? [];
const body_of = (r) => new URLSearchParams(r.body ?? r.raw);

test("500 that nobody may repeat, the page was made: it is found by our reference in the list (case 15)", async () => {
	await s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false", effect: true } });
	const token = await asked();
	const url = await offered(token);
	const [a, ...more] = await attempts(token);

	assert.deepEqual([more.length, a.state, a.call, a.last], [0, "open", "done", "done"]);
	assert.equal((await posts_of(token)).length, 1, "no second call, under no key");
	assert.deepEqual(await pages_of(token), [session_of(url)]);
	await s.provider.pay(url);
	await reaches(s, token, "paid");
});

test("500, and only a webhook tells of the page: it is attached by our reference (case 16)", async () => {
	await s.provider.fault({ match: LIST, times: 0, do: "status:503" },
		{ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false", effect: true } });
	const token = await asked();
	const [session] = await pages_of(token);

	await s.provider.pay((await s.provider.object(session)).url);
	await reaches(s, token, "paid");
	assert.deepEqual((await attempts(token)).map((a) => [a.state, a.call]), [["complete", "done"]]);
	await s.provider.no_faults();
	assert.deepEqual(await pages_of(token), [session]);
	assert.equal((await posts_of(token)).length, 1);
});

test("500, and there is no page: another attempt, with a key of its own (case 15)", async () => {
	await s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false" } });
	const token = await asked();
	const url = await offered(token);
	const all = await attempts(token);

	assert.deepEqual(all.map((a) => [a.state, a.call]), [["abandoned", "failed"], ["open", "done"]]);
	const posts = await posts_of(token);

	assert.deepEqual(posts.map((r) => r.key), all.map((a) => a.key));
	const [first, second] = posts.map(body_of);

	assert.equal(String(second), String(first), "the same agreement");
	assert.deepEqual(await pages_of(token), [session_of(url)]);
	await s.provider.pay(url);
	await reaches(s, token, "paid");
});

// aged: as if the call had been sent a day ago, and not answered since.
const aged = (token) => s.sql(`SET session_replication_role = replica;
	UPDATE pledged.outbox SET first_sent_at = now() - interval '24 hours', created_at = now() - interval '24 hours', not_before = now(), lease_until = NULL
	WHERE subject = (SELECT attempt_id FROM pledged.attempt a JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${token}')`);

test("a call older than the life of its key is not sent again: looked for, not there, made anew (case 23)", async () => {
	await s.provider.fault({ match: CREATE, times: 0, do: "drop-before" });
	const token = await asked();

	await s.role("clerk", "stop");
	await aged(token);
	const sent = (await posts_of(token)).length;

	await s.provider.no_faults();
	await s.role("clerk", "start");
	const url = await offered(token);
	const all = await attempts(token);

	assert.deepEqual(all.map((a) => [a.state, a.last]), [["abandoned", "lost"], ["open", "done"]]);
	const posts = (await posts_of(token)).slice(sent);

	assert.deepEqual(posts.map((r) => r.key), [all[1].key]);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.attempt WHERE object_id = '${session_of(url)}' AND expires_at > now() + interval '22 hours'`), 1,
		"the page is open for a day");
	assert.deepEqual(await pages_of(token), [session_of(url)]);
});

test("a call older than the life of its key whose page is there: adopted (case 23)", async () => {
	await s.provider.fault({ match: CREATE, times: 1, do: "drop-after-request" }, { match: CREATE, times: 0, do: "drop-before" });
	const token = await asked();

	await s.role("clerk", "stop");
	await aged(token);
	await s.provider.no_faults();
	const sent = (await posts_of(token)).length;

	await s.role("clerk", "start");
	const url = await offered(token);

	assert.deepEqual((await attempts(token)).map((a) => a.state), ["open"]);
	assert.equal((await posts_of(token)).length, sent);
	assert.deepEqual(await pages_of(token), [session_of(url)]);
});

test("while the list cannot be read there is no other attempt", async () => {
	await s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, should_retry: "false" } },
		{ match: LIST, times: 4, do: "bad-json" });
	const token = await asked();

	await until("the list was asked for", async () => (await s.provider.faults())[1].applied >= 2, 60);
	assert.deepEqual((await attempts(token)).map((a) => a.state), ["creating"]);
	await s.provider.no_faults();
	await offered(token, 90);
});

test("several open pages are looked up by one list, not by a fetch each", async () => {
	const open = [];

	await s.provider.webhooks({ drop: true });
	for (let i = 0; i < 12; i++)
		open.push(await made(s));
	await s.provider.pay(open[3].url);
	await reaches(s, open[3].pledge, "paid", 60);
	const fetched = (await Promise.all(open.map(async (g) => (await s.provider.requests({ method: "GET", path: session_of(g.url) })).filter((r) =>
		!/starting_after/.test(JSON.stringify(r))).length))).reduce((a, b) => a + b);

	assert.ok(fetched < 8, `${fetched} fetches`);
	await s.provider.webhooks({ drop: false });
});

// verdict: whether there might be another attempt now; nothing is kept of it.
const verdict = async (token) => s.one(`BEGIN; SELECT outcome FROM pledged.attempt_next('${await id_of(token)}', gen_random_uuid(), NULL, 'stripe', false,
	'v1:create:verdict', 'POST', '/v1/checkout/sessions', 'a=b', 5, 60, 'test', now()); ROLLBACK`);
const close = async (token) => s.one(`SELECT outcome FROM pledged.wish_ask(gen_random_uuid(), '${await id_of(token)}', 'expire', NULL, NULL,
	(SELECT attempt_id FROM pledged.attempt WHERE pledge_id = '${await id_of(token)}'), NULL, NULL, NULL, NULL, 'donor', now())`);

test("another attempt while a page is open: first it is closed, and only when that is sure there is one (case 65)", async () => {
	const g = await made(s);

	assert.equal(await verdict(g.pledge), "payable");
	assert.equal(await close(g.pledge), "asked");
	await reaches(s, g.pledge, "lapsed", 40);
	assert.equal((await s.provider.object(session_of(g.url))).status, "expired");
	assert.equal(await verdict(g.pledge), "made");
});

test("the page was paid before it could be closed: there is no other attempt (case 65)", async () => {
	await s.provider.webhooks({ drop: true });
	const g = await made(s);

	await s.provider.pay(g.url);
	assert.equal(await close(g.pledge), "asked");
	await reaches(s, g.pledge, "paid", 40);
	assert.equal(await verdict(g.pledge), "paid");
	await s.provider.webhooks({ drop: false });
});

test("the books agree", () => books_agree(s));
