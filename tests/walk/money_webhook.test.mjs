// The goal: a webhook is a hint that may come often, early, late, out of order, forged or never; the money
// is booked once, and only on what the provider itself says when it is asked.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { key, request } from "./lib/http.mjs";
import { books_agree, counts, deliver, event, made, now_s, reaches, secret_of, session_of, signature, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-webhook", views: 1, moneys: 6, set: { "clerk.interval_ms": 100 } });
const secret = await secret_of(s);
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };

const inbox = (id) => s.sql(`SELECT state, tries, coalesce(error, '') FROM pledged.inbox WHERE dedup_key = '${id}'`);
const ends = (id, state, seconds) => until(`${id} is ${state}`, async () => (await inbox(id))[0]?.[0] === state, seconds);
const rows = async (pledge) => {
	const [row] = await s.sql(`SELECT
		(SELECT count(*) FROM pledged.payment y WHERE y.pledge_id = p.pledge_id),
		(SELECT count(*) FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = p.pledge_id),
		(SELECT count(*) FROM pledged.ledger l WHERE l.pledge_id = p.pledge_id AND l.account = 'provider' AND l.object <> 'fee'),
		(SELECT coalesce(sum(l.amount), 0) FROM pledged.ledger l WHERE l.pledge_id = p.pledge_id AND l.account = 'provider' AND l.object <> 'fee')
		FROM pledged.pledge p WHERE p.public_token = '${pledge}'`);

	return row.map(Number);
};
const ONCE = [1, 1, 1, 2500];

// told: a pledge paid at the provider, whose own webhooks did not leave; gives the event too.
async function told(fields = {}) {
	await s.provider.webhooks({ drop: true });
	const pledge = await made(s, { email: "hook@mail.example", ...fields });
	const object = await s.provider.object(session_of(pledge.url));

	await s.provider.pay(pledge.url);
	const done = (await s.provider.events("checkout.session.completed")).find((e) => e.data.object.id === object.id);

	await s.provider.webhooks({ drop: false });
	assert.equal((await state(s, pledge.pledge)).status, "offered", "nobody told us yet");
	const { deliveries, ...body } = done;

	return { ...pledge, object, event: body };
}

test("one webhook, 50 times at once, signed by the test: booked once (case 39)", async () => {
	const pledge = await told();
	const before = (await counts(s)).inbox;
	const body = JSON.stringify(pledge.event);
	const answers = await Promise.all(Array.from({ length: 50 }, () => deliver(s, body, { secret })));

	assert.deepEqual(answers.map((a) => a.status), Array(50).fill(200));
	assert.deepEqual(answers[0].json(), { received: true });
	await reaches(s, pledge.pledge, "paid");
	assert.equal((await counts(s)).inbox, before + 1);
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

test("one webhook, 50 times at once, sent by the provider: booked once", async () => {
	const pledge = await told();
	const sent = await s.provider.resend(pledge.event.id, 50);

	assert.deepEqual(sent.map((a) => a.status), Array(50).fill(200));
	await reaches(s, pledge.pledge, "paid");
	await s.provider.resend(pledge.event.id, 20);
	assert.equal((await inbox(pledge.event.id)).length, 1);
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

test("fifty different events of one payment: booked once (case 40)", async () => {
	const pledge = await told();
	const answers = await Promise.all(Array.from({ length: 50 }, () =>
		deliver(s, event("checkout.session.completed", pledge.event.data.object), { secret })));

	assert.deepEqual(answers.map((a) => a.status), Array(50).fill(200));
	await reaches(s, pledge.pledge, "paid");
	await until("all are worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0);
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

test("a monthly gift's events in every order: booked once (case 46)", async () => {
	await s.provider.webhooks({ paused: true });
	const pledge = await made(s, { interval: "month", email: "monthly@mail.example" });

	await s.provider.pay(pledge.url);
	const all = (await s.provider.events()).filter((e) => ["checkout.session.completed", "invoice.paid",
		"customer.subscription.created", "customer.subscription.updated"].includes(e.type));

	await s.provider.webhooks({ paused: false, discard: true });
	for (const { deliveries, ...e } of [...all].reverse().concat(all))
		assert.equal((await deliver(s, e, { secret })).status, 200);
	await reaches(s, pledge.pledge, "paid");
	await until("all are worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0);
	assert.deepEqual(await rows(pledge.pledge), ONCE);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}' AND r.state = 'active'`), 1);
});

// --- early ---------------------------------------------------------------------------------------

test("paid, and told, before our create answer is stored: applied all the same (cases 16, 41)", async () => {
	await s.provider.fault({ match: CREATE, do: "delay-after:6000" });
	const fields = { key: key(), email: "early@mail.example" };
	const answer = s.client().pledge(fields);
	const session = await until("the page exists", async () => (await s.provider.ledger()).sessions.at(-1)?.status === "open" &&
		(await s.provider.ledger()).sessions.at(-1));
	const paid = await s.provider.pay(`${s.provider.url}/c/pay/${session.id}`);

	let answered = false;

	answer.then(() => { answered = true; });
	assert.equal(paid.status, 303);
	await until("the money is booked", async () => await s.one(`SELECT status FROM pledged.pledge WHERE key = '${fields.key}'`) === "paid");
	assert.equal(answered, false, "and we do not know the page yet");
	const done = await answer;

	assert.equal(done.status, 201, done.text);
	assert.deepEqual([done.json().status, done.json().url], ["paid", undefined]);
	assert.deepEqual(await rows(done.json().pledge), ONCE);
	assert.deepEqual(await s.sql(`SELECT a.state, o.state, a.object_id FROM pledged.attempt a JOIN pledged.outbox o ON o.subject = a.attempt_id
		JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${done.json().pledge}'`), [["complete", "done", session.id]]);
	assert.equal((await s.client().pledge(fields)).json().status, "paid");
});

test("told before anything of the pledge is known: waits, then applied", async () => {
	const early = event("checkout.session.completed", { id: "cs_test_notyetmade", object: "checkout.session" });

	assert.equal((await deliver(s, early, { secret })).status, 200);
	await until("it was tried", async () => Number((await inbox(early.id))[0][1]) >= 1);
	assert.equal((await inbox(early.id))[0][0], "new");

	// Now it is known: the row is pointed at a real page, as if that had only just been made.
	const pledge = await told();

	await s.sql(`UPDATE pledged.inbox SET object_id = '${pledge.object.id}' WHERE dedup_key = '${early.id}' AND state = 'new'`);
	await reaches(s, pledge.pledge, "paid");
	await ends(early.id, "done");
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

// --- late and out of order -----------------------------------------------------------------------

test("expired, told after paid: stays paid (case 45)", async () => {
	const pledge = await told();

	await deliver(s, pledge.event, { secret });
	await reaches(s, pledge.pledge, "paid");
	const late = event("checkout.session.expired", { ...pledge.object, status: "expired" }, { created: now_s() - 3600 });
	const failed = event("checkout.session.async_payment_failed", { ...pledge.object, payment_status: "unpaid" });

	for (const e of [late, failed]) {
		await deliver(s, e, { secret });
		await ends(e.id, "done");
	}
	assert.equal((await state(s, pledge.pledge)).status, "paid");
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

test("succeeded, then completed but unpaid: stays paid (case 44)", async () => {
	await s.provider.webhooks({ paused: true });
	const pledge = await made(s, { email: "order@mail.example" });
	const session = session_of(pledge.url);

	await s.provider.delayed(pledge.url);
	await s.provider.settle(session);
	const mine = (await s.provider.events()).filter((e) => e.data.object.id === session).map(({ deliveries, ...e }) => e);

	await s.provider.webhooks({ paused: false, discard: true });
	assert.deepEqual(mine.map((e) => e.type), ["checkout.session.completed", "checkout.session.async_payment_succeeded"]);
	for (const e of mine.reverse()) {
		await deliver(s, e, { secret });
		await ends(e.id, "done");
	}
	assert.equal((await state(s, pledge.pledge)).status, "paid");
	assert.deepEqual(await rows(pledge.pledge), ONCE);
});

test("what the event says of the money is not believed", async () => {
	const pledge = await made(s);
	const lie = event("checkout.session.completed", { ...await s.provider.object(session_of(pledge.url)), status: "complete",
		payment_status: "paid", amount_total: 9999900 });

	assert.equal((await deliver(s, lie, { secret })).status, 200);
	await ends(lie.id, "done");
	assert.equal((await state(s, pledge.pledge)).status, "offered");
	assert.deepEqual(await rows(pledge.pledge), [0, 0, 0, 0]);
});

test("another amount than was pledged: booked and flagged, nobody is thanked (case 47)", async () => {
	await s.role("clerk", "stop"); // else it might look before the amount is another
	const pledge = await told({ email: "odd@mail.example" });
	const intent = (await s.provider.object(pledge.object.id)).payment_intent;

	await s.provider.patch(intent, { amount: 2400, amount_received: 2400 });
	await s.provider.patch(pledge.object.id, { amount_total: 2400 });
	await deliver(s, pledge.event, { secret });
	await s.role("clerk", "start");
	await ends(pledge.event.id, "done");
	assert.deepEqual(await s.sql(`SELECT p.mismatch, p.status, y.mismatch, y.amount FROM pledged.pledge p JOIN pledged.payment y USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}'`), [["t", "processing", "amount", "2400"]]);
	assert.equal((await rows(pledge.pledge))[1], 0, "no receipt");

	// Put right at the provider it is still for a person: what we hold as paid does not change by itself.
	await s.provider.patch(intent, { amount: 2500, amount_received: 2500 });
	await s.provider.patch(pledge.object.id, { amount_total: 2500 });
	const again = event("checkout.session.completed", pledge.event.data.object);

	await deliver(s, again, { secret });
	await ends(again.id, "parked");
	assert.deepEqual(await rows(pledge.pledge), [1, 0, 1, 2400]);
	await s.provider.patch((await s.provider.object(intent)).latest_charge, { amount: 2400 }); // for the last test
});

// --- the envelope --------------------------------------------------------------------------------

const sound = () => event("checkout.session.completed", { id: "cs_test_sound", object: "checkout.session" });
const text = (e) => JSON.stringify(e);

const REFUSED = [
	["no header", (b) => ({ header: null })],
	["an empty header", () => ({ header: "" })],
	["rubbish", () => ({ header: "v1" })],
	["another secret", () => ({ secret: "whsec_0123456789" })],
	["the secret without its prefix", () => ({ secret: secret.slice(6) })],
	["too old", () => ({ t: now_s() - 400 })],
	["from the future", () => ({ t: now_s() + 400 })],
	["a signature of other bytes", (b) => ({ header: signature(secret, `${b} `) })],
	["another time than was signed", (b) => ({ header: signature(secret, b).replace(/t=\d+/, `t=${now_s() + 1}`) })],
	["upper-case hex", (b) => ({ header: signature(secret, b).replace(/v1=(.*)/, (_, hex) => `v1=${hex.toUpperCase()}`) })],
	["a truncated signature", (b) => ({ header: signature(secret, b).slice(0, -2) })],
	["the old scheme alone", (b) => ({ header: signature(secret, b).replace("v1=", "v0=") })],
	["two times", (b) => ({ header: `t=1,${signature(secret, b)}` })],
	["100 signatures", (b) => ({ header: `${signature(secret, b)}${`,v1=${"0".repeat(64)}`.repeat(100)}` })],
];

for (const [name, how] of REFUSED) {
	test(`${name}: 400, no row, no hint (cases 29, 30)`, async () => {
		const before = await counts(s);
		const body = text(sound());
		const answer = await deliver(s, body, { secret, ...how(body) });

		assert.equal(answer.status, 400);
		assert.deepEqual(answer.json(), { type: "urn:pledged:problem:bad_signature", title: "The signature does not fit.", status: 400,
			request_id: answer.json().request_id });
		assert.deepEqual(await counts(s), before);
	});
}

const BAD = [
	["not JSON", "{"], ["empty", ""], ["a list", "[]"], ["a text", '"x"'], ["no id", text({ ...sound(), id: undefined })],
	["a number for an id", text({ ...sound(), id: 5 })], ["an id with a quote", text({ ...sound(), id: "evt_'x" })],
	["no type", text({ ...sound(), type: undefined })], ["no mode", text({ ...sound(), livemode: undefined })],
	["no time", text({ ...sound(), created: undefined })], ["no object", text({ ...sound(), data: {} })],
	["an object id that is none", text({ ...sound(), data: { object: { id: "../v1/refunds" } } })],
	["doubled id", text(sound()).replace("{", '{"id":"evt_other",')], ["nested 10,000 deep", "[".repeat(10000) + "]".repeat(10000)],
	["bad UTF-8", Buffer.concat([Buffer.from('{"id":"evt_'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')])],
	["NUL", Buffer.from('{"id":"evt_1\0"}')],
];

for (const [name, body] of BAD) {
	test(`signed, but ${name}: 400, no row (case 33)`, async () => {
		const before = await counts(s);
		const answer = await deliver(s, body, { secret });

		assert.equal(answer.status, 400, answer.text);
		assert.match(answer.json().type, /bad_event$/);
		assert.deepEqual(await counts(s), before);
	});
}

const KEPT = [
	["a type that we do not act on", (e) => ({ ...e, type: "customer.created" })],
	["a thin event", (e) => ({ ...e, object: "v2.core.event", type: "v1.billing.meter.error_report_triggered", data: undefined,
		created: "2026-11-01T00:00:00Z", livemode: undefined })],
	["live mode", (e) => ({ ...e, livemode: true })],
	["a connected account", (e) => ({ ...e, account: "acct_1" })],
];

for (const [name, change] of KEPT) {
	test(`${name}: 200, kept, and nothing done (cases 34, 35)`, async () => {
		const e = change(sound());
		const before = await counts(s);
		const asked = (await s.provider.requests({ method: "GET" })).length;

		assert.equal((await deliver(s, e, { secret })).status, 200);
		assert.equal((await inbox(e.id))[0][0], "ignored");
		assert.deepEqual(await counts(s), { ...before, inbox: before.inbox + 1 });
		const since = (await s.provider.requests({ method: "GET" })).slice(asked);	// looks at other things have their own times

		assert.deepEqual(since.filter((r) => r.path.includes(sound().data.object.id)), [], "nobody is asked about it");
	});
}

test("a body over the limit: 413, no row (case 31)", async () => {
	const before = await counts(s);
	const body = text({ ...sound(), pad: "x".repeat(300000) });
	const answer = await deliver(s, body, { secret });

	assert.equal(answer.status, 413);
	assert.match(answer.json().type, /body_too_large$/);
	assert.deepEqual(await counts(s), before);
});

test("a body just below the limit is read whole", async () => {
	const e = { ...sound(), type: "customer.created", pad: "" };
	const body = text({ ...e, pad: "x".repeat(262144 - text(e).length) });

	assert.equal(Buffer.byteLength(body), 262144);
	assert.equal((await deliver(s, body, { secret })).status, 200);
	assert.equal(await s.count(`SELECT octet_length(body) FROM pledged.inbox WHERE dedup_key = '${e.id}'`), 262144);
});

test("other methods: 405 and what is allowed (case 32)", async () => {
	for (const method of ["GET", "PUT", "OPTIONS", "DELETE"]) {
		const answer = await s.request("/webhook/stripe", { method });

		assert.equal(answer.status, 405, method);
		assert.equal(answer.headers.allow, "POST");
	}
});

test("two secrets while they are rolled: either is good, one alone is enough (case 28)", async () => {
	const file = join(s.dir, "secrets/stripe.webhook");
	const fresh = `whsec_${"ab".repeat(24)}`;

	s.planted = [...s.planted ?? [], fresh];
	await writeFile(file, `${fresh}\n${secret}\n`);
	await s.role("money", "restart");
	for (const how of [{ secret }, { secret: fresh }, { secret: [secret, fresh] }, { secret: ["whsec_unknown", secret] }])
		assert.equal((await deliver(s, { ...sound(), type: "customer.created" }, how)).status, 200, JSON.stringify(how));
	assert.equal((await deliver(s, sound(), { secret: "whsec_unknown" })).status, 400);
	await writeFile(file, `${secret}\n`);
	await s.role("money", "restart");
	assert.equal((await deliver(s, { ...sound(), type: "customer.created" }, { secret: fresh })).status, 400, "the new one is gone again");
	assert.equal((await readFile(file, "utf8")).trim(), secret);
});

// --- unknown -------------------------------------------------------------------------------------

test("an object that nobody knows waits, is parked in the end, and blocks nobody (cases 42, 51)", async () => {
	const strange = Array.from({ length: 30 }, (_, i) =>
		event("checkout.session.completed", { id: `cs_test_strange${i}`, object: "checkout.session" }));
	const known = await told();

	for (const e of strange)
		assert.equal((await deliver(s, e, { secret })).status, 200);
	await deliver(s, known.event, { secret });
	await reaches(s, known.pledge, "paid");
	await until("all were tried", async () => await s.count(`SELECT count(*) FROM pledged.inbox
		WHERE object_id LIKE 'cs_test_strange%' AND tries > 0 AND state = 'new'`) === 30);
	// As if an hour and a half had gone by.
	await s.sql("UPDATE pledged.inbox SET tries = 11, not_before = now() WHERE object_id LIKE 'cs_test_strange%'");
	await until("all are parked", async () => await s.count(`SELECT count(*) FROM pledged.inbox
		WHERE object_id LIKE 'cs_test_strange%' AND state = 'parked' AND error <> ''`) === 30, 20);
	assert.match(await s.log("clerk"), /a webhook was parked/);
});

test("money that is no pledge of ours waits for a person, and books nothing", async () => {
	const pass = (await readFile(join(s.dir, "secrets/stripe.key"), "utf8")).trim();
	const answer = await request(s.provider.url, "/v1/checkout/sessions", { headers: { authorization: `Bearer ${pass}` }, form: {
		mode: "payment", client_reference_id: "somebody-else", "line_items[0][price_data][currency]": "eur",
		"line_items[0][price_data][unit_amount]": "900", "line_items[0][price_data][product_data][name]": "Mug",
		"line_items[0][quantity]": "1", success_url: "http://127.0.0.1/" } });
	const before = await counts(s);

	assert.equal(answer.status, 200, answer.text);
	await s.provider.pay(answer.json().url);
	const [done] = (await s.provider.events("checkout.session.completed")).filter((e) => e.data.object.id === answer.json().id);

	await until("it was tried", async () => Number((await inbox(done.id))[0]?.[1]) >= 1);
	assert.deepEqual(await inbox(done.id), [["new", (await inbox(done.id))[0][1], "no pledge is known for it"]]);
	assert.deepEqual({ ...await counts(s), inbox: 0 }, { ...before, inbox: 0 });
	await s.sql(`UPDATE pledged.inbox SET tries = 11, not_before = now() WHERE dedup_key = '${done.id}'`);
	await ends(done.id, "parked");
	const { payment_intent: intent } = await s.provider.object(answer.json().id);

	await s.provider.patch((await s.provider.object(intent)).latest_charge, { status: "failed" }); // not in the books of the last test
});

test("a fetch that fails is tried again (case 50)", async () => {
	const pledge = await told();

	await s.provider.fault(...["status:500", "html", "half:30", "status:429", "drop-before"].map((step) =>
		({ match: { method: "GET", path: `checkout/sessions/${pledge.object.id}` }, do: step })));
	await deliver(s, pledge.event, { secret });
	const pushed = setInterval(() => s.sql(`UPDATE pledged.inbox SET not_before = now() WHERE dedup_key = '${pledge.event.id}'
		AND state = 'new'`).catch(() => {}), 300);

	await reaches(s, pledge.pledge, "paid", 30).finally(() => clearInterval(pushed));
	assert.deepEqual(await rows(pledge.pledge), ONCE);
	assert.ok((await s.provider.faults()).every((r) => r.applied === 1));
	await s.provider.no_faults();
});

test("nothing waits any more, and the books agree", async () => {
	await until("the inbox is empty", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 20);
	await books_agree(s);
});
