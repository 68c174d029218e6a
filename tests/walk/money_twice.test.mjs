// The goal: two pages of one gift, both paid: both payments are kept and told, the second goes back once where the
// operator wants that, and the good one stays. So does, where that is wanted, what the card network calls fraud.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { request } from "./lib/http.mjs";
import { made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "money-twice", views: 1, moneys: 2, set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000 } });
const provider_key = (await readFile(join(s.dir, "secrets/stripe.key"), "utf8")).trim();

// twice: a pledge for which somebody between us and the provider made a second page, and both are paid.
async function twice() {
	const pledge = await made(s, { email: "twice@mail.example" });
	const [call] = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).slice(-1);
	const other = await request(s.provider.url, "/v1/checkout/sessions", { method: "POST", body: call.body, headers: {
		authorization: `Bearer ${provider_key}`, "content-type": "application/x-www-form-urlencoded", "idempotency-key": `proxy-${call.key}` } });

	assert.equal(other.status, 200, other.text);
	const [first, second] = [pledge.url, other.json().url];

	assert.notEqual(session_of(first), session_of(second));
	await s.provider.pay(first);
	await reaches(s, pledge.pledge, "paid");
	await s.provider.pay(second);
	await until("both payments are here", async () => await s.count(`SELECT count(*) FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}' AND y.state = 'paid'`) === 2);
	const [[id]] = await s.sql(`SELECT pledge_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`);
	const receipts = (await s.sql(`SELECT receipt FROM pledged.payment WHERE pledge_id = '${id}' ORDER BY paid_at, provider_payment_id`)).flat();

	return { ...pledge, id, receipts };
}

const left = (id) => s.sql(`SELECT y.receipt, y.amount - coalesce(sum(r.amount) FILTER (WHERE r.state <> 'failed'), 0) FROM pledged.payment y
	LEFT JOIN pledged.refund r USING (payment_id) WHERE y.pledge_id = '${id}' GROUP BY y.payment_id ORDER BY y.paid_at, y.provider_payment_id`);
const over_paid = async (id) => (await s.one(`SELECT over_paid FROM pledged.pledge WHERE pledge_id = '${id}'`)) === "t";
const told = async (id) => (await s.sql("SELECT what, id FROM report.attention")).some(([what, row]) => what === "pledge over-paid" && row === id);

test("both pages are paid: two payments, two receipts, flagged and told, nothing given back by itself (case 66)", async () => {
	const p = await twice();

	assert.equal((await state(s, p.pledge)).status, "paid");
	assert.ok(await over_paid(p.id) && await told(p.id));
	assert.equal(await s.count(`SELECT count(*) FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = '${p.id}'`), 2);
	await sleep(1500);
	assert.deepEqual((await left(p.id)).map(([, amount]) => amount), ["2500", "2500"]);
	const shown = await s.ctl("pledge", "show", p.id);

	assert.match(shown.stdout, /^! paid more than once: /m);
	const which = await s.ctl("pledge", "refund", p.id);

	assert.equal(which.code, 1);
	assert.match(which.stderr, /it has 2 payments, name one of them:\n {2}R-/);
	assert.ok(p.receipts.every((receipt) => which.stderr.includes(receipt)));
});

test("the duplicate is refunded by hand: the good payment stays paid (case 73)", async () => {
	const p = await twice();
	const r = await s.ctl("pledge", "refund", p.receipts[1], "--reason", "duplicate", "--wait");

	assert.equal(r.code, 0, r.stderr);
	await until("it is no longer over-paid", async () => !(await over_paid(p.id)));
	assert.equal((await state(s, p.pledge)).status, "paid");
	assert.equal((await state(s, p.pledge)).receipt, p.receipts[0]);
	assert.ok(!(await told(p.id)));
	assert.deepEqual(await left(p.id), [[p.receipts[0], "2500"], [p.receipts[1], "0"]]);
});

test("both gifts stay when a person says so: over-paid no more, and no rule gives one back", async () => {
	const p = await twice();

	assert.match((await s.ctl("pledge", "show", p.pledge)).stdout, /^! paid more than once: .* pledgectl pledge resolve \S+ --keep$/m);
	const kept = await s.ctl("pledge", "resolve", p.pledge, "--keep", "--reason", "meant to give twice", "--author", "anna");

	assert.equal(kept.code, 0, kept.stderr);
	assert.equal(kept.stdout, "its 2 payments stay\n");
	assert.ok(!(await over_paid(p.id)) && !(await told(p.id)));
	assert.match((await s.ctl("pledge", "events", p.pledge)).stdout, /operator anna: keep: meant to give twice/);
	assert.deepEqual(await left(p.id), [[p.receipts[0], "2500"], [p.receipts[1], "2500"]]);
	assert.equal((await s.ctl("pledge", "resolve", p.pledge, "--keep")).stdout, "it was kept before\n");
});

test("switched on, the second payment goes back by itself, once, under its own key (cases 66, 73)", async () => {
	await switch_on("refund_duplicates");
	const p = await twice();

	await until("the second one is on its way back", async () => (await left(p.id))[1][1] === "0");
	await until("it is back", async () => !(await over_paid(p.id)));
	assert.equal((await state(s, p.pledge)).status, "paid");
	const payment = await s.one(`SELECT payment_id FROM pledged.payment WHERE receipt = '${p.receipts[1]}'`);

	await s.role("clerk", "restart");
	await sleep(1500);
	const sent = (await s.provider.requests({ method: "POST", path: "refunds$" })).filter((r) => r.key === `dup:${payment}`);

	assert.equal(sent.length, 1);
	assert.match(sent[0].body, /reason=duplicate/);
	assert.deepEqual(await left(p.id), [[p.receipts[0], "2500"], [p.receipts[1], "0"]]);
	assert.deepEqual(await s.sql(`SELECT author, state FROM pledged.wish WHERE pledge_id = '${p.id}'`), [["clerk", "done"]]);
	// The one of the first test was waiting all the time.
	await until("nothing is over-paid any more", async () => await s.count("SELECT count(*) FROM pledged.pledge WHERE over_paid") === 0);
});

async function switch_on(setting) {
	const file = join(s.dir, "pledged.ini");

	await writeFile(file, (await readFile(file, "utf8")).replace("[clerk]", `[clerk]\n${setting} = on`));
	await s.role("clerk", "restart");
}

test("a warning of fraud is told; switched on, the payment goes back as fraud, once", async () => {
	const warn = (intent) => request(s.provider.url, "/_/warning", { method: "POST", body: { payment_intent: intent, fraud_type: "made_with_stolen_card" } });
	const gifts = [];

	for (let i = 0; i < 2; i++) {
		const p = await made(s, { email: "fraud@mail.example" });

		await s.provider.pay(p.url);
		await reaches(s, p.pledge, "paid");
		gifts.push({ ...p, intent: (await s.provider.object(session_of(p.url))).payment_intent });
	}
	const warnings = () => s.count("SELECT count(*) FROM report.attention WHERE what = 'fraud warning' AND detail = 'made_with_stolen_card'");

	assert.equal((await warn(gifts[0].intent)).status, 200);
	await until("a person is told", async () => await warnings() === 1);
	assert.match((await s.ctl("pledge", "show", gifts[0].pledge)).stdout, /^! fraud is likely: a refund now saves the dispute; pledgectl pledge refund R-\S+ --reason fraudulent$/m);
	await sleep(1000);
	assert.equal((await state(s, gifts[0].pledge)).status, "paid", "switched off: nothing goes back by itself");
	await switch_on("refund_fraud");
	assert.equal((await warn(gifts[1].intent)).status, 200);
	for (const p of gifts)
		await reaches(s, p.pledge, "refunded");
	const sent = (await s.provider.requests({ method: "POST", path: "refunds$" })).filter((r) => gifts.some((p) => r.body.includes(p.intent)));

	assert.equal(sent.length, 2);
	assert.ok(sent.every((r) => /^fraud:/.test(r.key) && /reason=fraudulent/.test(r.body)));
	assert.equal(await warnings(), 0);
});

test("the books agree", async () => {
	const theirs = (await s.provider.ledger()).totals.eur;

	assert.deepEqual([[String(theirs.paid), String(theirs.refunded)]], await s.sql(`SELECT sum(amount) FILTER (WHERE object = 'payment'),
		-sum(amount) FILTER (WHERE object = 'refund') FROM pledged.ledger WHERE account = 'provider'`));
	await s.invariants();
});
