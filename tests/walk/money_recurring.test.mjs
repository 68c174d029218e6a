// The goal: a recurring gift ends, rests and changes as was asked, once, whatever is lost on the way; and money of the
// amount that was agreed is as pledged.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, made, reaches } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-recurring", views: 1, moneys: 2, set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000,
	"clerk.lookup_after_s": 2 } });

// monthly: a paid monthly pledge; {pledge, id, sub, …}.
async function monthly(fields = {}) {
	const pledge = await made(s, { interval: "month", email: "monthly@mail.example", ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	const [id, sub] = await until("the subscription is known", async () => (await s.sql(`SELECT p.pledge_id, r.provider_recurring_id
		FROM pledged.pledge p JOIN pledged.recurring r USING (pledge_id) WHERE p.public_token = '${pledge.pledge}'`))[0]);

	return { ...pledge, id, sub };
}

const ours = async (sub, columns = "state") => (await s.sql(`SELECT ${columns} FROM pledged.recurring WHERE provider_recurring_id = '${sub}'`))[0];
const wishes = (id) => s.sql(`SELECT kind, state FROM pledged.wish WHERE pledge_id = '${id}' ORDER BY created_at`);
const payments = (id) => s.sql(`SELECT amount, coalesce(mismatch, '') FROM pledged.payment WHERE pledge_id = '${id}' AND state = 'paid' ORDER BY paid_at, created_at`);
const ended = async (sub) => (await s.sql(`SELECT count(*) FROM pledged.ledger l JOIN pledged.recurring r ON r.recurring_id = l.object_id
	WHERE r.provider_recurring_id = '${sub}' AND l.became = 'ended'`))[0][0];

async function asked(verb, ...words) {
	const r = await s.ctl("pledge", verb, ...words, "--wait", "--author", "anna");

	assert.equal(r.code, 0, r.stdout + r.stderr);
	return r.stdout;
}

test("canceled twice, and once more when it has ended: ended once (case 76)", async () => {
	const p = await monthly();

	await s.role("clerk", "stop");
	assert.equal((await s.ctl("pledge", "cancel", p.pledge)).code, 0);
	const twice = await s.ctl("pledge", "cancel", p.sub);

	assert.equal(twice.code, 1);
	assert.match(twice.stderr, /another change of it is still under way \(busy: cancel\)/);
	await s.role("clerk", "start");
	await until("it has ended", async () => (await ours(p.sub))[0] === "ended");
	const late = await s.ctl("pledge", "cancel", p.pledge);

	assert.equal(late.code, 1);
	assert.match(late.stderr, /has ended already/);
	assert.deepEqual(await wishes(p.id), [["cancel", "done"]]);
	assert.equal(await ended(p.sub), "1");
	assert.equal((await s.provider.requests({ method: "DELETE", path: p.sub })).length, 1);
	assert.equal((await s.provider.object(p.sub)).status, "canceled");
});

const LOST = [["the connection is reset after it", "drop-after-request"], ["half an answer", "half:20"], ["HTML", "html"],
	["a 500 though it was done", { do: "status", status: 500, effect: true }], ["a 503 before it", { do: "status", status: 503 }]];

for (const [name, how] of LOST) {
	test(`the answer to a cancel is lost (${name}): ended once (case 76)`, async () => {
		const p = await monthly();

		await s.provider.webhooks({ drop: true });
		await s.provider.fault({ match: { method: "DELETE", path: p.sub }, do: how });
		await asked("cancel", p.pledge);
		assert.deepEqual(await ours(p.sub), ["ended"]);
		assert.equal(await ended(p.sub), "1");
		assert.deepEqual(await wishes(p.id), [["cancel", "done"]]);
		await s.provider.webhooks({ drop: false });
	});
}

test("ended by somebody else meanwhile: the refusal is looked at, and what was asked is so (case 76)", async () => {
	const p = await monthly();

	await s.provider.webhooks({ drop: true });
	await s.provider.renew(p.sub, "ended");
	assert.deepEqual(await ours(p.sub), ["active"], "nobody told us");
	await asked("cancel", p.pledge);
	assert.deepEqual(await ours(p.sub), ["ended"]);
	await s.provider.webhooks({ drop: false });
});

test("a subscription that the provider does not know: refused, and a person is told", async () => {
	const p = await monthly();

	await s.provider.fault({ match: { path: p.sub }, times: 3, do: { do: "status", status: 404, type: "invalid_request_error", code: "resource_missing" } });
	const r = await s.ctl("pledge", "cancel", p.pledge, "--wait");

	assert.equal(r.code, 1);
	assert.match(r.stderr, /cancel: refused: HTTP 404 invalid_request_error\/resource_missing/);
	assert.ok((await s.sql("SELECT what, detail FROM report.attention")).some(([what]) => what === "wish refused"));
	assert.deepEqual(await ours(p.sub), ["active"]);
	await s.provider.no_faults();
	await asked("cancel", p.pledge);
	assert.ok((await s.sql("SELECT what FROM report.attention")).every(([what]) => what !== "wish refused"));
});

test("at the end of the paid period, and that taken back", async () => {
	const p = await monthly();

	await asked("cancel", p.pledge, "--at-end");
	const [state, ends] = await ours(p.sub, "state, ends_at IS NOT NULL AND ends_at = until");

	assert.deepEqual([state, ends], ["active", "t"]);
	assert.match((await s.ctl("pledge", "show", p.pledge)).stdout, /^recurring sub_\S+ {2}active since .*, ends 20/m);
	await asked("cancel", p.pledge, "--keep");
	assert.deepEqual(await ours(p.sub, "state, ends_at IS NULL"), ["active", "t"]);
	await asked("cancel", p.pledge, "--at-end");
	await s.provider.renew(p.sub);
	await until("it has ended", async () => (await ours(p.sub))[0] === "ended");
	assert.equal((await payments(p.id)).length, 1);
});

test("no recurring gift, no change", async () => {
	const once = await made(s);
	const r = await s.ctl("pledge", "cancel", once.pledge);

	assert.equal(r.code, 1);
	assert.match(r.stderr, /this is not a recurring gift/);
});

test("paused for two months, and resumed before that", async () => {
	const p = await monthly();
	const day = new Date(Date.now() + 60 * 24 * 3600 * 1000).toISOString().slice(0, 10);

	assert.equal((await s.ctl("pledge", "pause", p.pledge, "--until", "2020-01-01")).code, 1);
	assert.equal((await s.ctl("pledge", "pause", p.pledge, "--until", "soon")).code, 2);
	await asked("pause", p.pledge, "--until", day);
	assert.deepEqual(await ours(p.sub, `state, (paused_until AT TIME ZONE 'UTC')::date = '${day}'`), ["active", "t"]);
	const [call] = (await s.provider.requests({ method: "POST", path: p.sub })).slice(-1);

	assert.match(call.body, /pause_collection\[behavior\]=void&pause_collection\[resumes_at\]=\d+/);
	await asked("resume", p.pledge);
	assert.deepEqual(await ours(p.sub, "state, paused_until IS NULL"), ["active", "t"]);
});

test("another amount: from the next instalment on, and it is as agreed", async () => {
	const p = await monthly();

	for (const [amount, words] of [["0.10", /the smallest is/], ["9,00", /not digits/]]) {
		const r = await s.ctl("pledge", "amount", p.pledge, amount);

		assert.equal(r.code, 1, amount);
		assert.match(r.stderr, words);
	}
	await s.provider.webhooks({ drop: true });
	await s.provider.fault({ match: { method: "POST", path: p.sub }, do: "drop-after-request" });
	await asked("amount", p.pledge, "9.00");
	await s.provider.webhooks({ drop: false });
	assert.deepEqual(await ours(p.sub, "amount, currency"), ["900", "EUR"]);
	await s.provider.renew(p.sub);
	await until("the renewal is booked", async () => (await payments(p.id)).length === 2);
	assert.deepEqual(await payments(p.id), [["2500", ""], ["900", ""]]);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = '${p.id}'`), 2);
	const sent = (await s.provider.requests({ method: "POST", path: p.sub })).filter((r) => r.body.includes("price_data"));

	assert.ok(sent.length >= 2);
	assert.equal(new Set(sent.map((r) => `${r.key} ${r.body}`)).size, 1, "the same bytes under one key");
});

test("an amount that nobody agreed to is flagged", async () => {
	const p = await monthly();
	const sub = await s.provider.object(p.sub);

	sub.items.data[0].price.unit_amount = 9900;
	await s.provider.patch(p.sub, { items: sub.items });
	await s.provider.renew(p.sub);
	await until("the renewal is booked", async () => (await payments(p.id)).length === 2);
	assert.deepEqual((await payments(p.id))[1], ["9900", "amount"]);
});

test("the books agree", () => books_agree(s));
