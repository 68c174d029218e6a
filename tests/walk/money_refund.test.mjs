// The goal: money goes back as often and as much as was asked for and never more, whatever is lost on the way; what
// happens to it at the provider is seen; and what a person must look at is told.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, deliver, event, made, reaches, session_of } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-refund", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000,
	"clerk.lookup_after_s": 2 } });
const REFUND = { method: "POST", path: "^/v1/refunds$" };

// paid: a pledge whose money has arrived; {pledge, id, receipt, intent, …}.
async function paid(fields = {}) {
	const pledge = await made(s, { email: "refund@mail.example", ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	const [[id, receipt, intent]] = await s.sql(`SELECT p.pledge_id, y.receipt, y.intent FROM pledged.pledge p JOIN pledged.payment y USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}' ORDER BY y.created_at LIMIT 1`);

	return { ...pledge, id, receipt, intent };
}

const theirs = async (intent) => (await s.provider.ledger()).refunds.filter((r) => r.payment_intent === intent && !["failed", "canceled"].includes(r.status));
const ours = (id) => s.sql(`SELECT r.amount, r.state, r.idem_key IS NOT NULL FROM pledged.refund r JOIN pledged.payment y USING (payment_id)
	WHERE y.pledge_id = '${id}' ORDER BY r.created_at, r.amount`);
const attention = async () => (await s.sql("SELECT what, id FROM report.attention")).map((row) => row.join(" "));
const wishes = (id) => s.sql(`SELECT kind, state FROM pledged.wish WHERE pledge_id = '${id}' ORDER BY created_at`);
const settled = (what = "all is worked off") => until(what, async () => await s.count(`SELECT
	(SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased') AND not_before < now() + interval '3 s')
	+ (SELECT count(*) FROM pledged.wish WHERE state IN ('asked', 'sent'))`) === 0, 30);
const refund = (...words) => s.ctl("pledge", "refund", ...words);

async function asked(...words) {
	const r = await refund(...words, "--wait", "--author", "anna");

	assert.equal(r.code, 0, r.stdout + r.stderr);
	return r.stdout;
}

test("three parts, then one cent too much, another currency's way of writing, all of the rest, and nothing more (case 67)", async () => {
	const p = await paid();

	assert.match(await asked(p.receipt, "--amount", "5.00", "--reason", "requested_by_customer"), /refund: asked as [0-9a-f-]{36}, 5.00 EUR\nrefund: done\n/);
	await asked(p.pledge, "--amount", "5.01");
	await asked(p.intent, "--amount", "0.10");
	for (const [amount, words] of [["14.90", /refused: that is nothing, or more than is left \(too_much: 14.89 EUR is left\)/], ["0", /too_much/],
		["1,00", /not digits/], ["1.001", /at most two decimals/], ["-1.00", /not digits/]]) {
		const r = await refund(p.receipt, "--amount", amount);

		assert.equal(r.code, 1, amount);
		assert.match(r.stderr, words);
	}
	assert.equal((await theirs(p.intent)).reduce((sum, r) => sum + r.amount, 0), 1011);
	await reaches(s, p.pledge, "partly_refunded");
	await asked(p.receipt);
	await reaches(s, p.pledge, "refunded");
	const over = await refund(p.receipt);

	assert.equal(over.code, 1);
	assert.match(over.stderr, /0.00 EUR is left/);
	assert.deepEqual((await theirs(p.intent)).map((r) => r.amount).sort((a, b) => a - b), [10, 500, 501, 1489]);
	assert.deepEqual(await ours(p.id), [["500", "done", "t"], ["501", "done", "t"], ["10", "done", "t"], ["1489", "done", "t"]]);
	const sent = (await s.provider.requests({ method: "POST", path: "refunds$" })).filter((r) => r.body.includes(p.intent));

	assert.equal(new Set(sent.map((r) => r.key)).size, 4, "a key each");
	assert.match(sent[0].body, /reason=requested_by_customer&metadata\[refund\]=/);
	assert.doesNotMatch(sent[1].body, /reason=/);
});

test("no refund of what is not paid, or not there (case 67)", async () => {
	const open = await made(s);
	const none = await refund(open.pledge);
	const nobody = await refund("R-NOSUCHRECEIPT");

	assert.deepEqual([none.code, nobody.code], [1, 1]);
	assert.match(none.stderr, /no payment of it can be given back/);
	assert.match(nobody.stderr, /no pledge is known by R-NOSUCHRECEIPT/);
});

// --- lost on the way -----------------------------------------------------------------------------

const LOST = [["the connection is reset after it", "drop-after-request"], ["half an answer", "half:20"], ["HTML", "html"],
	["a 500 that stays under the key, though it was done", { do: "status", status: 500, effect: true }],
	["a 503 before it", { do: "status", status: 503 }], ["no answer at all", "drop-before"], ["the answer is late", "delay-after:3000"]];

for (const [name, how] of LOST) {
	test(`the answer to a refund is lost (${name}): one refund, one key, the same bytes (case 68)`, async () => {
		const p = await paid();

		await s.provider.webhooks({ drop: true });
		await s.provider.fault({ match: { ...REFUND, body: p.intent }, do: how });
		await asked(p.receipt, "--amount", "7.00");
		assert.equal((await theirs(p.intent)).length, 1);
		assert.deepEqual(await ours(p.id), [["700", "done", "t"]]);
		const sent = (await s.provider.requests({ method: "POST", path: "refunds$" })).filter((r) => r.body.includes(p.intent));

		assert.equal(new Set(sent.map((r) => `${r.key} ${r.body}`)).size, 1);
		await s.provider.webhooks({ drop: false });
	});
}

test("the clerk is killed while the provider thinks: one refund (case 68)", async () => {
	const p = await paid();

	await s.provider.fault({ match: { ...REFUND, body: p.intent }, do: "delay-after:1500" });
	const waiting = asked(p.receipt);

	await until("the refund is made", async () => (await theirs(p.intent)).length === 1);
	for (const pid of await s.pids("clerk"))
		process.kill(pid, "SIGKILL");
	await waiting;
	assert.equal((await theirs(p.intent)).length, 1);
	assert.deepEqual(await ours(p.id), [["2500", "done", "t"]]);
});

test("the key is older than its life: the provider is searched first, found or not (case 68)", async () => {
	const [done, lost] = [await paid(), await paid()];

	await s.provider.webhooks({ drop: true });
	await s.provider.fault({ match: { ...REFUND, body: done.intent }, times: 0, do: "drop-after-request" },
		{ match: { ...REFUND, body: lost.intent }, times: 0, do: "drop-before" });
	await s.role("clerk", "stop");
	for (const p of [done, lost])
		assert.equal((await refund(p.receipt, "--author", "anna")).code, 0);
	// As if it had been sent a day ago: the provider has forgotten the key.
	await s.role("clerk", "start");
	await until("both were tried", async () => await s.count("SELECT count(*) FROM pledged.outbox WHERE kind = 'refund' AND last_outcome IN ('unknown', 'retry') AND state = 'open'") === 2, 30);
	await s.role("clerk", "stop");
	await s.provider.no_faults();
	await s.sql(`ALTER TABLE pledged.outbox DISABLE TRIGGER outbox_fixed; UPDATE pledged.outbox SET first_sent_at = now() - interval '24 hours', not_before = now()
		WHERE kind = 'refund' AND state = 'open'; ALTER TABLE pledged.outbox ENABLE TRIGGER outbox_fixed`);
	await s.provider.clock({ offset_s: 26 * 3600 });
	await s.role("clerk", "start");
	await settled();
	await s.provider.clock({ offset_s: 0 });
	assert.deepEqual([(await theirs(done.intent)).length, (await theirs(lost.intent)).length], [1, 1]);
	assert.deepEqual([await ours(done.id), await ours(lost.id)], [[["2500", "done", "t"]], [["2500", "done", "t"]]]);
	const keys = (intent) => s.provider.requests({ method: "POST", path: "refunds$" }).then((all) => [...new Set(all.filter((r) => r.body.includes(intent)).map((r) => r.key))]);

	assert.equal((await keys(done.intent)).length, 1, "found: nothing was sent again");
	assert.match((await keys(lost.intent)).sort().at(-1), /:no2$/, "not there: sent under a new key");
	await s.provider.webhooks({ drop: false });
});

// --- somebody else's -----------------------------------------------------------------------------

test("a refund from the dashboard: seen by its event, once, and by a look when no event came (cases 69, 70)", async () => {
	const p = await paid();

	await s.provider.refund({ payment_intent: p.intent, amount: 1000 });
	await reaches(s, p.pledge, "partly_refunded");
	await s.provider.webhooks({ drop: true });
	await s.provider.refund({ payment_intent: p.intent, amount: 500 });
	const look = await s.ctl("pledge", "resolve", p.pledge, "--look", "--reason", "the donor called", "--author", "anna");

	assert.equal(look.code, 0, look.stderr);
	assert.match(look.stdout, /objects are fetched by the clerk/);
	await until("both are there", async () => (await ours(p.id)).length === 2);
	await s.provider.webhooks({ drop: false });
	for (const e of (await s.provider.events()).filter((x) => /refund/.test(x.type) && JSON.stringify(x).includes(p.intent)))
		await s.provider.resend(e.id, 2);
	await settled();
	assert.deepEqual(await ours(p.id), [["1000", "done", "f"], ["500", "done", "f"]], "10 and 5, not 10 and 15");
	assert.equal(await s.one(`SELECT sum(amount) FROM pledged.ledger WHERE pledge_id = '${p.id}' AND account = 'refund'`), "1500");
	assert.match(await s.one(`SELECT string_agg(cause, '; ') FROM pledged.ledger WHERE pledge_id = '${p.id}'`), /operator anna: look: the donor called/);
});

test("given back by hand while ours waits: ours is refused, and the money went once (cases 67, 69)", async () => {
	const p = await paid();

	await s.role("clerk", "stop");
	assert.equal((await refund(p.receipt)).code, 0);
	await s.provider.refund({ payment_intent: p.intent });
	await s.role("clerk", "start");
	await reaches(s, p.pledge, "refunded");
	await settled();
	assert.deepEqual(await wishes(p.id), [["refund", "refused"]]);
	assert.deepEqual((await ours(p.id)).map(([amount, state]) => `${amount} ${state}`).sort(), ["2500 done", "2500 failed"]);
	assert.equal((await theirs(p.intent)).length, 1);
});

test("a refund fails after it was done: the money is ours again, and a person is told (case 71)", async () => {
	const p = await paid();

	await asked(p.receipt);
	await reaches(s, p.pledge, "refunded");
	const [made_there] = await theirs(p.intent);

	await s.provider.refund({ refund: made_there.id, status: "failed" });
	await reaches(s, p.pledge, "paid");
	const id = await s.one(`SELECT r.refund_id FROM pledged.refund r WHERE provider_refund_id = '${made_there.id}'`);

	assert.ok((await attention()).includes(`refund failed ${id}`));
	assert.equal(await s.one(`SELECT coalesce(sum(amount), 0) FROM pledged.ledger WHERE pledge_id = '${p.id}' AND account = 'refund'`), "0");
	const shown = await s.ctl("pledge", "show", p.receipt);

	assert.match(shown.stdout, /^! a refund of 25.00 failed at the provider/m);
	await asked(p.receipt);
	await reaches(s, p.pledge, "refunded");
	assert.ok(!(await attention()).includes(`refund failed ${id}`));
});

test("disputed: no refund meanwhile; won, it is ours again; lost, it is gone (case 72)", async () => {
	const [won, lost] = [await paid(), await paid()];

	for (const p of [won, lost]) {
		await s.provider.dispute({ payment_intent: p.intent });
		await reaches(s, p.pledge, "disputed");
	}
	assert.equal((await attention()).filter((line) => line.startsWith("dispute open")).length, 2);
	const r = await refund(won.receipt);

	assert.equal(r.code, 1);
	assert.match(r.stderr, /disputed/);
	const all = (await s.provider.ledger()).disputes;
	const of = (p) => all.find((d) => d.payment_intent === p.intent).id;

	await s.provider.dispute({ dispute: of(won), status: "won" });
	await s.provider.dispute({ dispute: of(lost), status: "lost" });
	await reaches(s, won.pledge, "paid");
	await reaches(s, lost.pledge, "lost");
	assert.equal((await refund(lost.receipt)).code, 1);
	await asked(won.receipt, "--amount", "1.00");
	await reaches(s, won.pledge, "partly_refunded");
	assert.deepEqual(await s.sql(`SELECT sum(amount) FILTER (WHERE pledge_id = '${won.id}'), sum(amount) FILTER (WHERE pledge_id = '${lost.id}')
		FROM pledged.ledger WHERE account = 'provider' AND object <> 'fee'`), [["2400", "0"]]);
});

test("an inquiry holds nothing; lost, and won on appeal; a part that is lost leaves the rest (case 72)", async () => {
	const [asks, appeal, part] = [await paid(), await paid(), await paid()];
	const open = (p, more = {}) => s.provider.dispute({ payment_intent: p.intent, ...more });
	const move = (dispute, status) => s.provider.dispute({ dispute, status });
	const held = (p) => s.one(`SELECT coalesce(sum(amount), 0) FROM pledged.ledger WHERE account = 'dispute' AND pledge_id = '${p.id}'`);

	await open(asks, { status: "warning_needs_response" });
	await until("a person is told", async () => (await attention()).some((line) => line.startsWith("inquiry open")));
	assert.match((await s.ctl("pledge", "show", asks.pledge)).stdout, /^! the donor's bank asks about R-/m);
	await asked(asks.receipt, "--amount", "1.00");
	await reaches(s, asks.pledge, "partly_refunded");
	assert.equal(await held(asks), "0");

	const { id } = await open(appeal);

	await move(id, "lost");
	await reaches(s, appeal.pledge, "lost");
	await move(id, "appeal_under_review");
	await move(id, "won");
	await reaches(s, appeal.pledge, "paid");
	assert.equal(await held(appeal), "0");

	const small = await open(part, { amount: 500 });

	await reaches(s, part.pledge, "disputed");
	await move(small.id, "lost");
	await reaches(s, part.pledge, "partly_refunded");
	assert.match((await refund(part.receipt, "--amount", "20.01")).stderr, /too_much: 20.00 EUR is left/);
	await asked(part.receipt);
	await reaches(s, part.pledge, "lost");
});

test("disputed while our refund is under way: refused, and told why (case 72)", async () => {
	const p = await paid();

	await s.role("clerk", "stop");
	assert.equal((await refund(p.receipt)).code, 0);
	await s.provider.dispute({ payment_intent: p.intent });
	await s.role("clerk", "start");
	await until("it is refused", async () => (await wishes(p.id))[0][1] === "refused");
	assert.match(await s.one(`SELECT error FROM pledged.wish WHERE pledge_id = '${p.id}'`), /charge_disputed/);
	assert.ok((await attention()).some((line) => line.startsWith("wish refused")));
});

// --- what the provider keeps -----------------------------------------------------------------------

test("what the provider keeps of a payment is booked once, beside the net", async () => {
	const p = await paid();
	const of = () => s.sql(`SELECT f.what, f.amount, f.currency, (SELECT sum(l.amount) FROM pledged.ledger l WHERE l.object_id = f.fee_id AND l.account = 'fee')
		FROM pledged.fee f JOIN pledged.payment y USING (payment_id) WHERE y.pledge_id = '${p.id}' ORDER BY f.created_at`);

	for (let i = 0; i < 2; i++) {
		assert.equal((await s.ctl("pledge", "resolve", p.pledge, "--look")).code, 0);
		await settled();
	}
	const charge = await s.provider.object((await s.provider.object(p.intent)).latest_charge);
	const { fee, currency } = await s.provider.object(charge.balance_transaction);

	assert.ok(fee > 0);
	assert.deepEqual(await of(), [["payment", String(fee), currency.toUpperCase(), String(fee)]]);
	assert.match((await s.ctl("pledge", "show", p.pledge)).stdout, /^ {2}fee {5}for the payment: \d+\.\d\d [A-Z]{3}, txn_/m);
	const [[net, fees, rest]] = await s.sql("SELECT sum(net), sum(fees), sum(net_of_fees) FROM report.income WHERE currency = 'EUR'");

	assert.equal((Number(net) - Number(fees)).toFixed(2), rest);
	assert.equal(await s.one("SELECT (sum(amount) / 100.0)::numeric(12, 2) FROM pledged.ledger WHERE account = 'provider' AND currency = 'EUR'"), rest);
});

// --- events that lead nowhere --------------------------------------------------------------------

const inbox = (id) => s.sql(`SELECT state, tries, coalesce(error, '') FROM pledged.inbox WHERE dedup_key = '${id}'`);
// rush: the pauses between tries are not waited for.
const rush = (id) => s.sql(`UPDATE pledged.inbox SET not_before = now() WHERE dedup_key = '${id}' AND state = 'new' AND not_before > now()`);

test("an event of an object that nobody knows: kept, tried, left to a person, told; tried again on demand (cases 42, 50)", async () => {
	const e = event("checkout.session.completed", { id: "cs_test_nobodys", object: "checkout.session" });

	assert.equal((await deliver(s, e)).status, 200);
	await until("it is parked", async () => {
		await rush(e.id);
		return (await inbox(e.id))[0][0] === "parked";
	}, 60);
	const [[, tries, error]] = await inbox(e.id);

	assert.equal(tries, "12");
	assert.match(error, /does not know it/);
	const id = await s.one(`SELECT inbox_id FROM pledged.inbox WHERE dedup_key = '${e.id}'`);

	assert.ok((await attention()).includes(`webhook parked ${id}`));
	const told = await s.ctl("inbox", "parked");

	assert.match(told.stdout, new RegExp(`^${id}  .*checkout.session.completed of cs_test_nobodys, tried 12 times: `, "m"));
	assert.equal(JSON.parse((await s.ctl("inbox", "parked", "--json")).stdout).find((row) => row.inbox === Number(id)).object_id, "cs_test_nobodys");
	assert.equal((await s.ctl("inbox", "retry", "999999999")).code, 1);
	const retry = await s.ctl("inbox", "retry", id, "--author", "anna");

	assert.equal(retry.code, 0, retry.stderr);
	await until("it is tried again", async () => Number((await inbox(e.id))[0][1]) >= 1 && (await inbox(e.id))[0][0] === "new");
	await s.sql(`UPDATE pledged.inbox SET state = 'ignored', ended_at = now(), lease_until = NULL WHERE dedup_key = '${e.id}'`);
});

const SPOILT = [["a 500", "status:500"], ["nothing in time", "delay:4000"], ["404", { do: "status", status: 404, type: "invalid_request_error", code: "resource_missing" }],
	["HTML", "html"]];

for (const [name, how] of SPOILT) {
	test(`the fetch gives ${name}: tried again, never done without its effect, and nobody behind it waits (cases 50, 51)`, async () => {
		const [bad, good] = [await made(s), await made(s)];

		await s.provider.fault({ match: { method: "GET", path: session_of(bad.url) }, times: 3, do: how });
		await s.provider.pay(bad.url);
		await until("its event came", async () => await s.count(`SELECT count(*) FROM pledged.inbox WHERE object_id = '${session_of(bad.url)}'`) > 0);
		await s.provider.pay(good.url);
		await reaches(s, good.pledge, "paid", 20);
		assert.equal(await s.count(`SELECT count(*) FROM pledged.inbox i WHERE i.object_id = '${session_of(bad.url)}' AND i.state = 'done'
			AND NOT EXISTS (SELECT FROM pledged.pledge p WHERE p.public_token = '${bad.pledge}' AND p.status = 'paid')`), 0);
		await reaches(s, bad.pledge, "paid", 60);
	});
}

test("an event that our own books refuse is parked at once, and those behind it are worked off (case 51)", async () => {
	const p = await paid();
	const intent = await s.provider.object(p.intent);

	await s.provider.patch(p.intent, { amount: 9900, amount_received: 9900 });
	await s.provider.patch(session_of(p.url), { amount_total: 9900 });
	const e = event("checkout.session.completed", await s.provider.object(session_of(p.url)));

	await deliver(s, e);
	const next = await paid();

	await until("it is parked", async () => (await inbox(e.id))[0][0] === "parked");
	assert.equal((await inbox(e.id))[0][1], "1");
	assert.ok(next.receipt);
	assert.deepEqual(await s.sql(`SELECT amount FROM pledged.payment WHERE pledge_id = '${p.id}'`), [["2500"]]);
	await s.provider.patch(p.intent, { amount: intent.amount, amount_received: intent.amount_received });
	await s.provider.patch(session_of(p.url), { amount_total: 2500 });
	const shown = await s.ctl("pledge", "show", p.pledge);

	assert.match(shown.stdout, /^! webhook \d+ was given up: pledgectl inbox retry \d+$/m);
	const all = await s.ctl("inbox", "retry", "--all", "--author", "anna");

	assert.match(all.stdout, /^1 webhooks are tried again/);
	await until("it is done", async () => (await inbox(e.id))[0][0] === "done");
	assert.match(await s.one(`SELECT string_agg(cause, '; ') FROM pledged.ledger WHERE pledge_id = '${p.id}'`), /operator anna: webhook \d+ again/);
});

// --- not as pledged ------------------------------------------------------------------------------

test("another amount than was pledged: booked, flagged, nobody thanked, a person told; then accepted (case 47)", async () => {
	const pledge = await made(s, { email: "odd@mail.example" });
	const session = session_of(pledge.url);

	await s.role("clerk", "stop");
	await s.provider.pay(pledge.url);
	const intent = (await s.provider.object(session)).payment_intent;
	const charge = (await s.provider.object(intent)).latest_charge;

	await s.provider.patch(intent, { amount: 2499, amount_received: 2499 });
	await s.provider.patch(charge, { amount: 2499, amount_captured: 2499 });
	await s.provider.patch(session, { amount_total: 2499, presentment_details: { presentment_amount: 2699, presentment_currency: "usd" } });
	await s.role("clerk", "start");
	await reaches(s, pledge.pledge, "processing");
	const [[id, payment]] = await s.sql(`SELECT p.pledge_id, y.payment_id FROM pledged.pledge p JOIN pledged.payment y USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}' AND p.mismatch AND y.mismatch = 'amount' AND y.amount = 2499`);
	const mails = () => s.count(`SELECT count(*) FROM pledged.mail_out WHERE subject = '${payment}'`);

	assert.equal(await mails(), 0);
	assert.ok((await attention()).includes(`payment not as pledged ${payment}`));
	const shown = await s.ctl("pledge", "show", pledge.pledge);

	assert.match(shown.stdout, /NOT AS PLEDGED: amount/);
	assert.match(shown.stdout, new RegExp(`^! payment R-[0-9A-F]{12} is of another amount: pledgectl pledge resolve ${id} --accept-mismatch R-`, "m"));
	const accepted = await s.ctl("pledge", "resolve", id, "--accept-mismatch", intent, "--reason", "a cent", "--author", "anna");

	assert.equal(accepted.code, 0, accepted.stderr);
	assert.equal(accepted.stdout, "24.99 EUR accepted, the pledge is paid\n");
	await reaches(s, pledge.pledge, "paid");
	assert.equal(await mails(), 1);
	assert.ok(!(await attention()).includes(`payment not as pledged ${payment}`));
	assert.match((await s.ctl("pledge", "events", id)).stdout, /pledge: processing -> paid {2}\(operator anna: accept: a cent\)/);
	assert.equal((await s.ctl("pledge", "resolve", id, "--accept-mismatch", intent)).stdout, "it was accepted before\n");
});

test("the books agree", async () => {
	await settled();
	await books_agree(s);
});
