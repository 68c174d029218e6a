// The goal: a year of a monthly gift is twelve instalments, whatever the webhooks do; and a renewal that fails is waited
// for, told, and counted once when it comes after all.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, made, reaches } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

// Missed events are listed every second here, so that what was dropped is found.
const s = await stack({ name: "money-renewals", views: 1, moneys: 2, set: { "clerk.interval_ms": 100, "clerk.events_s": 1 } });

async function monthly(email) {
	const pledge = await made(s, { interval: "month", email });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	return { ...pledge, ...await until("the subscription is known", async () => {
		const [row] = await s.sql(`SELECT p.pledge_id, r.provider_recurring_id FROM pledged.pledge p JOIN pledged.recurring r USING (pledge_id)
			WHERE p.public_token = '${pledge.pledge}'`);

		return row && { id: row[0], sub: row[1] };
	}) };
}

const paid = (p) => s.count(`SELECT count(*) FROM pledged.payment WHERE pledge_id = '${p.id}' AND state = 'paid' AND mismatch IS NULL`);
const mails = (p, kind) => s.count(`SELECT count(*) FROM pledged.mail_out m WHERE m.kind = '${kind}' AND m.recipient = '${p.email}'`);
const life = async (p) => (await s.sql(`SELECT state, failures, coalesce(failure, ''), next_try_at > now() FROM pledged.recurring
	WHERE provider_recurring_id = '${p.sub}'`))[0];

test("twelve months with doubled, shuffled and dropped webhooks: twelve instalments, twelve receipts (case 74)", async () => {
	const p = { ...await monthly("year@mail.example"), email: "year@mail.example" };

	for (let month = 2; month <= 12; month++) {
		await s.provider.webhooks({ duplicate: month % 3, shuffle: 300, drop: month % 4 === 0 });
		await s.provider.renew(p.sub);
	}
	await s.provider.webhooks({ duplicate: false, shuffle: false, drop: false });
	await until("twelve instalments", async () => await paid(p) >= 12, 60);
	for (const e of (await s.provider.events("invoice.paid")).slice(-12))
		await s.provider.resend(e.id, 2);
	await until("the inbox is empty", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 60);
	assert.equal(await paid(p), 12);
	assert.equal(await mails(p, "receipt"), 12);
	assert.equal(await s.count(`SELECT count(DISTINCT intent) FROM pledged.payment WHERE pledge_id = '${p.id}'`), 12);
	assert.deepEqual((await life(p)).slice(0, 3), ["active", "0", ""]);
});

test("a renewal fails twice and comes at the third try: past due, then active, one instalment (case 75)", async () => {
	const p = { ...await monthly("late@mail.example"), email: "late@mail.example" };

	await s.provider.renew({ subscription: p.sub, outcome: "failed", decline_code: "insufficient_funds" });
	await until("it is past due", async () => (await life(p))[0] === "past_due");
	assert.deepEqual((await life(p)).slice(1), ["1", "insufficient_funds", "t"]);
	assert.equal(await paid(p), 1);

	const invoice = (await s.provider.object(p.sub)).latest_invoice;

	await s.provider.renew({ invoice, outcome: "failed" });
	await until("the second try failed", async () => (await life(p))[1] === "2");
	await s.provider.renew({ invoice, outcome: "paid" });
	await until("it is active again", async () => (await life(p))[0] === "active");
	await until("the instalment is booked", async () => await paid(p) === 2);
	assert.deepEqual((await life(p)).slice(1, 3), ["0", ""]);
	assert.equal(await mails(p, "receipt"), 2);
	assert.equal(await s.one(`SELECT string_agg(became, ' ' ORDER BY ledger_id) FROM pledged.ledger l JOIN pledged.recurring r ON r.recurring_id = l.object_id
		WHERE r.provider_recurring_id = '${p.sub}'`), "active past_due active");
	assert.deepEqual((await s.sql(`SELECT code, attempt, ended_at IS NULL FROM pledged.refused WHERE pledge_id = '${p.id}'`)),
		[["insufficient_funds", "3", "t"]], "what report.recovery tells of it");
	assert.equal(await s.one(`SELECT string_agg(m.what, ' ' ORDER BY m.at) FROM pledged.recurring_move m JOIN pledged.recurring r USING (recurring_id)
		WHERE r.provider_recurring_id = '${p.sub}'`), "new failed failed recovered");
});

test("each payment learns how it was paid, and the book meets", async () => {
	await until("all are looked at", async () => await s.count("SELECT count(*) FROM pledged.payment WHERE state = 'paid' AND method IS NULL") === 0, 60);
	assert.deepEqual(await s.sql("SELECT DISTINCT method, country FROM pledged.payment WHERE state = 'paid'"), [["card", "US"]]);
	const lines = await s.sql(`SELECT line, "check" FROM report.book('2000-01-01', '2100-01-01', '') WHERE line = 'closing'`);

	assert.ok(lines.length > 0 && lines.every(([, check]) => check === "ok"), JSON.stringify(lines));
});

test("the books agree", () => books_agree(s));
