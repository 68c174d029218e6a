// The goal: an operator at three in the morning finds the pledge by whatever name is at hand, reads in words how it
// stands and what to do, and no person is shown who was not asked for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, made, reaches, session_of } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "ctl-pledge", views: 1, moneys: 2, set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000 } });
const pledge = await made(s, { interval: "month", email: "anna.bertha@mail.example", currency: "EUR", amount: "12.50" });
const show = (...words) => s.ctl("pledge", "show", ...words);

async function told(...words) {
	const r = await show(...words);

	assert.equal(r.code, 0, r.stderr);
	return r.stdout;
}

test("an open one: what is waited for, and how to ask", async () => {
	const text = await told(pledge.pledge);

	assert.match(text, /^pledge [0-9a-f-]{36} {2}offered since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n {2}12.50 EUR by the month, made 20\S+Z on site demo, test mode\n/);
	assert.match(text, /^ {2}donor a…@mail\.example, language en/m);
	assert.match(text, new RegExp(`^attempt 1 {2}open, stripe ${session_of(pledge.url)}, can be paid until 20\\S+Z; its call is done$`, "m"));
	assert.match(text, /^! to ask the provider now how it stands: pledgectl pledge resolve \S+ --look$/m);
	assert.doesNotMatch(text, /bertha/);
});

let id, receipt, invoice, intent, sub;

test("found by any name it has, and by no address", async () => {
	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	[id, receipt, invoice, intent, sub] = await until("all of it is known", async () => (await s.sql(`SELECT p.pledge_id, y.receipt, y.provider_payment_id,
		y.intent, r.provider_recurring_id FROM pledged.pledge p JOIN pledged.payment y USING (pledge_id) JOIN pledged.recurring r USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}' AND y.intent IS NOT NULL`))[0]);
	await until("nothing waits", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0);
	const text = await told(id);

	for (const name of [pledge.pledge, receipt, receipt.toLowerCase(), invoice, intent, sub, session_of(pledge.url), id.toUpperCase()])
		assert.equal(await told(name), text, name);
	for (const name of ["anna.bertha@mail.example", "nonsense", "R-0", "%", "'; SELECT 1; --"]) {
		const r = await show(name);

		assert.equal(r.code, 1, name);
		assert.match(r.stderr, /no pledge is known by /);
		assert.equal(r.stdout, "");
	}
});

// Once such a token was taken for an option.
test("a token that begins with a hyphen is a token", async () => {
	const own = `-${"a".repeat(31)}`;

	await s.sql(`ALTER TABLE pledged.pledge DISABLE TRIGGER pledge_fixed; UPDATE pledged.pledge SET public_token = '${own}' WHERE pledge_id = '${id}'`);
	assert.match(await told(own), new RegExp(`^ {2}token ${own}$`, "m"));
	assert.equal((await told("--json", own)).startsWith("{"), true);
	assert.equal((await s.ctl("pledge", "events", own)).code, 0);
	assert.equal((await s.ctl("pledge", "resolve", own, "--look")).code, 0);
	assert.match((await s.ctl("pledge", "refund", own, "--amount", "99.00")).stderr, /too_much/);
	assert.match((await show(`--${"b".repeat(30)}`)).stderr, /no pledge is known by --b/);
	await s.sql(`UPDATE pledged.pledge SET public_token = '${pledge.pledge}' WHERE pledge_id = '${id}'; ALTER TABLE pledged.pledge ENABLE TRIGGER pledge_fixed`);
});

test("a paid one with what hangs on it; the person only when asked for", async () => {
	assert.equal((await s.ctl("pledge", "refund", receipt, "--amount", "2.50", "--reason", "for Anna Bertha", "--wait", "--author", "Karl")).code, 0);
	await reaches(s, pledge.pledge, "partly_refunded");
	const text = await told(id);

	assert.match(text, new RegExp(`^payment ${receipt} {2}12.50 EUR paid 20\\S+Z, ${invoice} ${intent}; left 10.00 EUR$`, "m"));
	assert.match(text, /^ {2}refund {2}2\.50 EUR done since 20\S+Z, re_\w+$/m);
	assert.match(text, new RegExp(`^recurring ${sub} {2}active since 20\\S+Z, paid until 20\\S+Z`, "m"));
	assert.match(text, /^asked [0-9a-f-]{36} {2}refund 2\.50 EUR by Karl on 20\S+Z \(for Anna Bertha\): done$/m);
	assert.match(text, /^mail receipt {2}\w+.*, to a…@mail\.example/m);
	assert.doesNotMatch(text, /bertha@|cus_/);
	const whole = await told(id, "--personal");

	assert.match(whole, /donor anna\.bertha@mail\.example/);
	assert.match(whole, /, customer cus_/);
});

test("the same for programs", async () => {
	const doc = JSON.parse(await told(id, "--json"));

	assert.deepEqual([doc.pledge, doc.status, doc.amount, doc.currency, doc.interval, doc.email], [id, "partly_refunded", "12.50", "EUR", "month", "a…@mail.example"]);
	assert.deepEqual(doc.payments.map((y) => [y.receipt, y.left, y.refunds.length]), [[receipt, "10.00", 1]]);
	assert.equal(doc.recurring[0].provider_id, sub);
	assert.equal(JSON.parse(await told(id, "--json", "--personal")).email, "anna.bertha@mail.example");
});

test("the ledger as a time line, with who caused what", async () => {
	const text = (await s.ctl("pledge", "events", receipt)).stdout;
	const lines = text.trimEnd().split("\n");

	assert.match(lines[0], /^20\S+Z {2}pledge: new {2}\(request, call \d+ create\)$/);
	assert.ok(lines.some((line) => new RegExp(`^20\\S+Z {2}payment ${receipt} ${invoice}: .*paid, 12\\.50 EUR from donor to provider {2}\\((webhook, webhook \\d+ [a-z._]+|donor's page)\\)$`).test(line)), text);
	assert.ok(lines.some((line) => /^20\S+Z {2}wish refund: asked {2}\(refund asked by Karl\)$/.test(line)), text);
	assert.ok(lines.some((line) => /^20\S+Z {2}refund re_\w+: pending -> done, 2\.50 EUR from provider to refund {2}\(refund asked by Karl\)$/.test(line)), text);
	assert.doesNotMatch(text, /Bertha/i, "the ledger is kept for ever, reasons of wishes are not in it");
	const rows = JSON.parse((await s.ctl("pledge", "events", id, "--json")).stdout);

	assert.equal(rows.length, lines.length);
	assert.deepEqual([rows[0].object, rows[0].was, rows[0].became], ["pledge", null, "new"]);
	assert.equal((await s.ctl("pledge", "events", "nonsense")).code, 1);
});

test("who acts is in the books: the login, or who is named", async () => {
	assert.equal((await s.ctl("pledge", "resolve", id, "--look")).code, 0);
	const login = await s.one(`SELECT cause FROM pledged.ledger WHERE pledge_id = '${id}' AND cause LIKE 'operator%' ORDER BY ledger_id DESC LIMIT 1`);

	assert.match(login, /^operator [a-z_]+: look$/);
	for (const name of ["donor", "clerk", "", "a\nb", "x".repeat(101)])
		assert.equal((await s.ctl("pledge", "cancel", id, "--author", name)).code, 2, name);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.wish WHERE pledge_id = '${id}' AND kind = 'cancel'`), 0);
});

test("words of the world outside do not reach the terminal as they are", async () => {
	await s.sql(`UPDATE pledged.pledge SET campaign = E'a\\x1b[2J\\nb' WHERE pledge_id = '${id}'`);
	assert.match(await told(id), /from campaign a\?\[2J\?b/);
});

test("wrong usage is told with the right one; the first word alone tells its commands", async () => {
	for (const words of [["show"], ["show", id, "x"], ["show", id, "--nonsense"], ["events"], ["refund"], ["refund", id, "--until", "2030-01-01"], ["refund", id, "--amount"],
		["cancel", id, "--amount", "1"], ["pause", id], ["pause", id, "--until", "tomorrow"], ["resume"], ["amount", id], ["resolve", id], ["resolve", id, "--look", "--close"],
		["resolve", "--look"]]) {
		const r = await s.ctl("pledge", ...words);

		assert.equal(r.code, 2, words.join(" "));
		assert.match(r.stderr, /usage: pledgectl \[-c FILE\] pledge /, words.join(" "));
	}
	for (const words of [["parked", "x"], ["retry"], ["retry", "x"], ["retry", "1", "--all"]])
		assert.equal((await s.ctl("inbox", ...words)).code, 2, words.join(" "));
	const group = await s.ctl("pledge");

	assert.equal(group.code, 2);
	assert.match(group.stderr, /^ {2}pledge refund WORD \[--amount A\]/m);
});

test("the books agree", () => books_agree(s));
