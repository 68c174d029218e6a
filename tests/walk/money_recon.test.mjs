// The goal: whatever the provider told in vain is found by asking: once, by one clerk, without a hole.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, counts, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

// No look-ups here: what is found was listed. Two clerks.
const s = await stack({ name: "money-recon", views: 1, moneys: 4, clerks: 2,
	set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 86400, "clerk.events_s": 1, "clerk.call_ms": 20000 } });
const lists = async (query = {}) => (await s.provider.requests({ method: "GET", path: "^/v1/events" })).filter((r) =>
	!query.first || !/starting_after/.test(r.path + (r.query ?? "")));
const listed = async () => {
	const before = (await lists()).length;

	await until("two more lists", async () => (await lists()).length >= before + 2, 60);
	await until("worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 60);
};
const free = () => s.sql("UPDATE pledged.reconcile SET lease_until = now() WHERE lease_until IS NOT NULL");
const cursor = () => s.one("SELECT cursor_at FROM pledged.reconcile WHERE work = 'events'");
const paid_of = (g) => s.count(`SELECT count(*) FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	WHERE p.public_token = '${g.pledge}' AND y.state = 'paid'`);
const DAY = 86400;

test("the same events as webhooks, before, after and at the same moment: one effect (case 59)", async () => {
	const first = await made(s, { interval: "month", email: "first@mail.example" });

	await s.provider.webhooks({ drop: true });
	await s.provider.pay(first.url);
	await reaches(s, first.pledge, "paid", 60);
	const before = await counts(s);

	await s.provider.webhooks({ drop: false });
	for (const e of await s.provider.events())
		await s.provider.resend(e.id, 2);
	await listed();
	assert.deepEqual({ ...await counts(s), inbox: 0 }, { ...before, inbox: 0 });
	const gifts = [];

	for (let i = 0; i < 8; i++)
		gifts.push(await made(s, { email: `race${i}@mail.example` }));
	await s.provider.webhooks({ duplicate: 2 });
	await Promise.all(gifts.map((g) => s.provider.pay(g.url)));
	for (const g of gifts)
		await reaches(s, g.pledge, "paid", 60);
	await listed();
	assert.deepEqual(await Promise.all(gifts.map(paid_of)), gifts.map(() => 1));
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient LIKE 'race%'"), 8);
	await s.provider.webhooks({ duplicate: false });
});

test("three pages with events added in between: none is lost, and the cursor waits for the last page (case 56)", async () => {
	await s.role("clerk", "stop");
	await s.provider.webhooks({ drop: true });
	const gifts = [];

	for (let i = 0; i < 50; i++)
		gifts.push(await made(s, { email: `page${i}@mail.example` }));
	for (const g of gifts)
		await s.provider.pay(g.url);
	await free();
	await s.sql("UPDATE pledged.reconcile SET cursor_at = now() - interval '1 day' WHERE work = 'events'");
	const at = await cursor();
	const late = await made(s, { email: "late@mail.example" });

	await s.provider.fault({ match: { method: "GET", path: "^/v1/events.*starting_after" }, times: 1, do: "barrier:second" });
	await s.role("clerk", "start");
	await s.provider.waiting("second");
	await s.provider.pay(late.url);
	assert.equal(await cursor(), at, "pages are missing still");

	// A clerk that is killed here has moved nothing: somebody begins again.
	await s.role("clerk", "kill");
	await s.provider.release("second");
	await s.provider.no_faults();
	await free();
	await s.role("clerk", "start").catch(() => {});
	for (const g of [...gifts, late])
		await reaches(s, g.pledge, "paid", 90);
	await listed();
	assert.ok(await cursor() > at);
	await s.provider.webhooks({ drop: false });
	await books_agree(s);
});

test("two clerks: one lists (case 58)", async () => {
	await s.provider.fault({ match: { method: "GET", path: "^/v1/events" }, times: 0, do: "barrier:one" });
	await s.provider.waiting("one");
	const before = (await lists()).length;

	await sleep(5000);
	assert.equal((await lists()).length, before, "the other one asks nothing");
	await s.provider.no_faults();
	await s.provider.release("one");
	await until("it goes on", async () => (await lists()).length > before, 30);
});

test("a provider that answers rubbish moves no cursor and harms nothing", async () => {
	const before = await counts(s);

	for (const fault of ["html", "bad-json", "status:500", "half:100", "huge-body:9000000"]) {
		const at = await cursor();

		await s.provider.fault({ match: { method: "GET", path: "^/v1/events" }, times: 1, do: fault });
		await until("it was met", async () => (await s.provider.faults()).every((f) => f.applied > 0), 60);
		assert.equal(await cursor(), at);
		await s.provider.no_faults();
		await until("it goes on", async () => await s.one("SELECT error IS NULL FROM pledged.reconcile WHERE work = 'events'") === "t", 60);
	}
	assert.deepEqual(await counts(s), before);
});

test("health tells when we last heard and listed", async () => {
	const health = Object.fromEntries(await s.sql("SELECT name, value FROM report.health", { user: "pledged_report" }));

	assert.ok(Number(health.last_event_list_age_s) < 60, JSON.stringify(health));
	assert.deepEqual([health.inbox_parked, health.outbox_parked, health.differences_open, health.orphans_open, health.oldest_outbox_age_s],
		["0", "0", "0", "0", ""]);
});

test("no webhook for four days: everything is right after one list, each mail was written once (case 55)", async () => {
	const mails_before = await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'receipt'");

	await s.role("clerk", "stop");
	await s.provider.webhooks({ drop: true });
	const [once, month, lapsed, failed, given] = [await made(s, { email: "once@mail.example" }), await made(s, { interval: "month",
		email: "month@mail.example" }), await made(s), await made(s), await made(s, { email: "given@mail.example" })];

	await Promise.all([once, month, given].map((g) => s.provider.pay(g.url)));
	await s.provider.delayed(failed.url);
	await s.provider.clock({ offset_s: 2 * DAY });
	await s.provider.settle(session_of(failed.url), "failed");
	const { payments, sessions } = await s.provider.ledger();
	const subscription = sessions.find((x) => x.id === session_of(month.url)).subscription;

	await s.provider.refund({ payment_intent: payments.find((p) => p.session === session_of(given.url)).id, amount: 500 });
	await s.provider.dispute({ payment_intent: payments.find((p) => p.session === session_of(once.url)).id });
	for (const offset_s of [3 * DAY, 4 * DAY]) {
		await s.provider.clock({ offset_s });
		await s.provider.renew(subscription);
	}
	assert.equal((await state(s, once.pledge)).status, "offered", "nobody told us");
	await free();
	await s.role("clerk", "start");
	for (const [g, status] of [[once, "disputed"], [month, "paid"], [lapsed, "lapsed"], [failed, "failed"], [given, "partly_refunded"]])
		await reaches(s, g.pledge, status, 60);
	await until("three instalments", async () => await paid_of(month) === 3, 30);
	await listed();
	const [[mails, twice]] = await s.sql("SELECT count(*) FILTER (WHERE kind = 'receipt'), count(*) - count(DISTINCT (kind, subject)) FROM pledged.mail_out");

	assert.deepEqual([Number(mails) - mails_before, twice], [5, "0"]);
	await books_agree(s);
});

test("the books agree", () => books_agree(s));
