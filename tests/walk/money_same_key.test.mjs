// The goal: one key is one pledge and one page at the provider, however often it is sent, at once or one
// after the other, and whatever becomes of the provider's answer.

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { agent, client, key } from "./lib/http.mjs";
import { books_agree, counts, insist, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const WAIT_MS = 4000;
const s = await stack({ name: "money-same-key", views: 1, moneys: 6, set: { "money.wait_ms": WAIT_MS } });
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
const pool = agent(32);

// fault: what befalls the next create call, or the next one of a donor.
const fault = (steps, email) => s.provider.fault({ do: steps, match: { ...CREATE, body: email && encodeURIComponent(email) } });
const gift = (more = {}) => ({ amount: "25.00", currency: "EUR", interval: "once", email: "same@mail.example", key: key(), ...more });
// at_once: n clients with cookies of their own and one body.
const at_once = (fields, n = 20) => Promise.all(Array.from({ length: n }, () => client(s.url, { agent: pool }).pledge(fields)));
// creates: what reached the provider for a pledge: its requests, and the objects it made.
async function creates(token) {
	const [[pledge, idem]] = await s.sql(`SELECT p.pledge_id, a.idem_key FROM pledged.pledge p JOIN pledged.attempt a USING (pledge_id)
		WHERE p.public_token = '${token}'`);
	const requests = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).filter((r) => r.body.includes(pledge));

	return { idem, requests, objects: (await s.provider.ledger()).references[pledge] ?? [] };
}
const call = (token) => s.sql(`SELECT o.state, o.last_outcome, o.http_status, o.tries FROM pledged.outbox o
	JOIN pledged.attempt a ON a.attempt_id = o.subject JOIN pledged.pledge p USING (pledge_id)
	WHERE o.kind = 'create' AND p.public_token = '${token}'`).then((rows) => rows[0]);

// one_pledge: all answers are one pledge's; gives it.
function one_pledge(answers, status = 201) {
	assert.deepEqual(answers.map((a) => a.status), answers.map(() => status), answers[0].text);
	const all = answers.map((a) => a.json());

	assert.equal(new Set(all.map((a) => JSON.stringify(a))).size, 1, "equal answers");
	return all[0];
}

async function one_object(token, requests) {
	const c = await creates(token);

	assert.equal(c.objects.length, 1, "one object at the provider");
	assert.equal(new Set(c.requests.map((r) => r.body)).size, 1, "the same bytes every time");
	assert.deepEqual([...new Set(c.requests.map((r) => r.key))], [c.idem], "the same key every time");
	if (requests)
		assert.equal(c.requests.length, requests);
}

for (const [name, steps, requests] of [
	["", undefined, 1],
	[", the provider slow", "delay:1500", 1],
	[", the provider slow after its effect", "delay-after:1500", 1],
	[", the first answer lost", "drop-after-request", 2],
]) {
	test(`20 clients with one key at once${name}: one pledge, one page (case 8)`, async () => {
		const before = await counts(s);

		if (steps)
			await fault(steps);
		const pledge = one_pledge(await at_once(gift()));
		const after = await counts(s);

		assert.match(pledge.url, new RegExp(`^${s.provider.url}/c/pay/`));
		assert.deepEqual([after.pledge, after.attempt, after.outbox], [before.pledge + 1, before.attempt + 1, before.outbox + 1]);
		await one_object(pledge.pledge, requests);
	});
}

test("slower than we wait: 202 without a page, then the page under the same key (case 25)", async () => {
	await fault(`delay:${WAIT_MS + 2000}`);
	const fields = gift();
	const answers = await at_once(fields, 5);
	const pledge = one_pledge(answers, 202);

	assert.equal(pledge.status, "new");
	assert.equal(pledge.url, undefined);
	assert.equal((await state(s, pledge.pledge)).status, "new");
	const page = await s.request(`/pledge/${pledge.pledge}`, { headers: { accept: "text/html" } });

	assert.ok(Number(page.headers.refresh) > 0);
	assert.match(page.text, /asking the payment provider/);
	const opened = await insist(s.client(), fields);

	assert.equal(opened.pledge, pledge.pledge);
	assert.equal((await state(s, pledge.pledge)).url, opened.url);
	await one_object(pledge.pledge);
});

test("the same for the plain form: a page that looks again by itself", async () => {
	await fault(`delay:${WAIT_MS + 2000}`);
	const fields = gift();
	const answer = await s.client().form(fields);
	const path = answer.headers.location;

	assert.equal(answer.status, 303);
	assert.match(path, /^\/pledge\/[A-Za-z0-9_-]{32}$/);
	const page = await until("the page offers the payment", async () => {
		const { text } = await s.request(path, { headers: { accept: "text/html" } });

		return /href="(http[^"]+\/c\/pay\/[^"]+)"/.exec(text)?.[1];
	}, 30);

	assert.equal((await s.client().form(fields)).headers.location, page);
	await one_object(path.slice(8));
});

test("another body under a key: refused, nothing written", async () => {
	const fields = gift();
	const pledge = await made(s, fields);
	const before = await counts(s);

	for (const other of [{ amount: "26.00" }, { currency: "USD" }, { interval: "month" }, { email: "other@mail.example" },
		{ email: undefined }, { campaign: "meter" }]) {
		const answer = await s.client().pledge({ ...fields, ...other });

		assert.equal(answer.status, 422, JSON.stringify(other));
		assert.equal(answer.json().type, "urn:pledged:problem:key_reused");
		assert.equal(answer.json().field, "key");
	}
	assert.deepEqual(await counts(s), before);
	for (const same of [{ locale: "ru" }, { amount: "25" }, { amount: "25.0" }, { currency: "eur" }])
		assert.equal((await s.client().pledge({ ...fields, ...same })).json().url, pledge.url, JSON.stringify(same));
	assert.deepEqual(await counts(s), before);
});

test("20 clients, one key, two bodies: one of the two wins, the others are refused", async () => {
	const k = key();
	const before = await counts(s);
	const answers = await Promise.all(Array.from({ length: 20 }, (_, i) =>
		client(s.url, { agent: pool }).pledge(gift({ key: k, amount: i % 2 ? "25.00" : "26.00" }))));
	const good = answers.filter((a) => a.status === 201).map((a) => a.json());
	const refused = answers.filter((a) => a.status === 422).map((a) => a.json().type);

	assert.equal(good.length, 10);
	assert.equal(new Set(good.map((a) => JSON.stringify(a))).size, 1);
	assert.deepEqual(refused, Array(10).fill("urn:pledged:problem:key_reused"));
	assert.equal((await counts(s)).pledge, before.pledge + 1);
});

test("the same key after paying: the same pledge, no second page", async () => {
	const fields = gift();
	const pledge = await made(s, fields);

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	const again = await s.client().pledge(fields);

	assert.equal(again.status, 201);
	assert.deepEqual([again.json().pledge, again.json().status, again.json().url], [pledge.pledge, "paid", undefined]);
	await one_object(pledge.pledge, 1);
	const form = await s.client().form(fields);

	assert.equal(form.status, 303, "a form's key goes with its content: that is another pledge");
});

// --- what the provider can do to our call --------------------------------------------------------

// Each heals by itself, with the same key and bytes, and one object.
const HEALS = [
	["reset before it was read", "drop-before"],
	["made, then reset", "drop-after-request"],
	["half an answer", "half:40"],
	["headers, then reset", "reset"],
	["a wrong length", "wrong-length:50"],
	["chunked rubbish", "bad-chunk"],
	["500 kept under the key, at first not", { do: "status", status: 500, store: false }],
	["500 after the effect", { do: "status", status: 500, effect: true, store: false }],
	["503", "status:503"],
	["503 with Retry-After", { do: "status", status: 503, retry_after: 1 }],
	["429", "status:429"],
	["409, the key in use", { do: "status", status: 409, code: "idempotency_key_in_use", type: "invalid_request_error" }],
	["HTML with 200", "html"],
	["{} with 200", "empty-json"],
	["half a JSON with 200", "bad-json"],
	["a huge body", "huge-body:6000000"],
];

describe("asked again with the same key, one page (cases 11-14, 17, 18)", { concurrency: 5 }, () => {
	HEALS.forEach(([name, steps], i) => test(name, async () => {
		const fields = gift({ email: `heals-${i}@mail.example` });

		await fault(steps, fields.email);
		const pledge = await insist(s.client(), fields);

		await one_object(pledge.pledge);
		assert.ok((await creates(pledge.pledge)).requests.length > 1);
		await s.provider.pay(pledge.url);
		await reaches(s, pledge.pledge, "paid");
	}));
});

// Each is for a person: no donor is sent anywhere, the pledge is kept, the call parked, no further call.
const PARKED = [
	["a page of another host", "bad-url:https://evil.example/c/pay/x"],
	["javascript:", "bad-url:javascript:alert(1)"],
	["a host that only begins like the right one", `bad-url:${s.provider.url}.evil.example/c/pay/x`],
	["the right host as a user name", `bad-url:${s.provider.url}@evil.example/c/pay/x`],
	["no url at all", "no-url"],
	["302", { do: "redirect", to: "https://evil.example/" }],
];

describe("nobody is sent there, the call is parked (cases 14, 24)", { concurrency: 5 }, () => {
	PARKED.forEach(([name, steps], i) => test(name, async () => {
		const fields = gift({ email: `parked-${i}@mail.example` });

		await fault(steps, fields.email);
		const answer = await s.client().pledge(fields);

		assert.equal(answer.status, 202, answer.text);
		const pledge = answer.json();

		assert.equal(pledge.url, undefined);
		assert.equal((await call(pledge.pledge))[0], "parked");
		assert.equal((await state(s, pledge.pledge)).url, undefined);
		const again = await s.client().pledge(fields);
		const form = await s.client().form(gift());

		assert.equal(again.status, 202);
		assert.equal(again.json().pledge, pledge.pledge);
		assert.match(form.headers.location, new RegExp(`^${s.provider.url}/c/pay/`), "others are not touched");
		assert.equal((await creates(pledge.pledge)).requests.length, 1);
	}));
});

test("refused for good: said so, the pledge is kept, the attempt failed (case 5)", async () => {
	const fields = gift();

	await fault({ do: "status", status: 400, type: "invalid_request_error", code: "amount_too_small" });
	const answer = await s.client().pledge(fields);

	assert.equal(answer.status, 502, answer.text);
	assert.equal(answer.json().type, "urn:pledged:problem:provider_refused");
	const again = await s.client().pledge(fields);

	assert.equal(again.status, 502, "the second asker hears what the first one heard");
	assert.equal(again.json().type, answer.json().type);
	const token = await s.one(`SELECT public_token FROM pledged.pledge WHERE key = '${fields.key}'`);

	assert.equal((await state(s, token)).status, "failed");
	assert.deepEqual((await call(token)).slice(0, 3), ["failed", "permanent", "400"]);
	await fault({ do: "status", status: 402, type: "card_error" });
	const form = await s.client().form(gift());

	assert.equal(form.status, 502);
	assert.match(form.text, /refused this gift/);
});

test("a 500 that stays under the key: never a second object", async () => {
	const fields = gift();

	await fault("status:500");
	const answer = await s.client().pledge(fields);

	assert.equal(answer.status, 202);
	assert.equal((await call(answer.json().pledge))[0], "open");
	assert.ok((await creates(answer.json().pledge)).objects.length === 0);
});

test("an answer of the other mode is parked", async () => {
	const fields = gift();

	await s.provider.webhooks({ paused: true });
	const first = await made(s, gift());
	const [[outbox]] = await s.sql(`SELECT o.outbox_id FROM pledged.outbox o JOIN pledged.attempt a ON a.attempt_id = o.subject
		JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${first.pledge}' AND o.kind = 'create'`);

	// The provider's answer cannot be bent that far, so the function is asked itself.
	await s.sql(`SELECT * FROM pledged.attempt_opened(${outbox}, '${session_of(first.url)}', '${first.url}', now(), true, now())`);
	assert.deepEqual((await call(first.pledge)).slice(0, 2), ["parked", "config"]);
	await s.provider.webhooks({ paused: false });
	assert.equal((await s.client().pledge(fields)).status, 201);
});

test("the books agree", () => books_agree(s));
