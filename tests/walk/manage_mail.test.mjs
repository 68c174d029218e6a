// The goal: what happens to a gift is told by mail, each thing once, to a real mail server; and a mail server that is away, busy or
// forgetful holds up no money.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { HTML, ask, page, press, send } from "./lib/manage.mjs";
import { books_agree, made, reaches, session_of, state } from "./lib/money.mjs";
import { smtp } from "./lib/smtp.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const sink = await smtp();

after(() => sink.close());
const s = await stack({ name: "manage-mail", views: 1, moneys: 4, clerks: 2,
	set: { "clerk.interval_ms": 100, "mail.smtp_url": sink.url, "mail.from": "gifts@courier.example" } });

await s.sql(`UPDATE pledged.site SET origin = '${s.url}'`);
s.planted = [];

async function gave(email, fields = {}) {
	const pledge = await made(s, { email, ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	return pledge;
}
// due: the pauses between two tries are minutes; here they are over at once.
const due = () => s.sql("UPDATE pledged.mail_out SET not_before = now() WHERE state = 'queued'");
const life = (pledge, what) => s.sql(`UPDATE pledged.recurring SET ${what} WHERE pledge_id = (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}')`);
const arrives = (to, n, seconds = 20) => until(`${n} mails for ${to}`, async () => sink.to(to).length >= n, seconds);

test("the mail server is busy, then away, then takes: payments are not held up, each mail comes once (case 84)", async () => {
	sink.mode = "busy";
	const first = await gave("busy@mail.example");

	await until("it was tried", async () => sink.tries > 0);
	await sink.close();
	const second = await gave("away@mail.example", { interval: "month" });

	await life(second, "state = 'past_due', failures = 1, next_try_at = now() + interval '3 days', fetched_at = now()");
	await due();
	await until("it was tried again", async () => await s.count("SELECT count(*) FROM pledged.mail_out WHERE tries >= 2") > 0);
	assert.deepEqual([sink.mails.length, await s.count("SELECT count(*) FROM pledged.mail_out WHERE state = 'queued'")], [0, 3], "nothing is lost");
	for (const pledge of [first, second])
		assert.equal((await state(s, pledge.pledge)).status, "paid");
	const third = await gave("away@mail.example");

	assert.equal((await state(s, third.pledge)).status, "paid");
	sink.mode = "take";
	await sink.open();
	await until("all are sent", async () => {
		await due();
		return await s.count("SELECT count(*) FROM pledged.mail_out WHERE state <> 'sent'") === 0;
	}, 30);
	await sleep(500);
	assert.equal(sink.to("busy@mail.example").length, 1);
	assert.equal(sink.to("away@mail.example").length, 3);
	assert.equal(new Set(sink.mails.map((m) => m.headers["message-id"])).size, sink.mails.length);
	const failed = sink.to("away@mail.example").find((m) => /did not go through/.test(m.text));

	assert.match(failed.text, new RegExp(`we try again on \\d+ \\w+ \\d{4}[^]*\n${s.url}/manage\n`));
	assert.equal(failed.from, "gifts@courier.example");
	assert.equal(failed.headers["auto-submitted"], "auto-generated");
});

test("an answer of the mail server that is lost: the mail comes again under its one Message-ID, the payment is one (case 84)", async () => {
	sink.mode = "lost";
	await gave("lost@mail.example");
	await arrives("lost@mail.example", 1);
	sink.mode = "take";
	await until("it is sent", async () => {
		await due();
		return await s.one("SELECT state FROM pledged.mail_out WHERE recipient = 'lost@mail.example'") === "sent";
	});
	assert.equal(new Set(sink.to("lost@mail.example").map((m) => m.headers["message-id"])).size, 1, "its reader's program can tell");
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'lost@mail.example'"), 1);
});

test("a clerk that is killed while it hands a mail over sends it again, not two others (case 84)", async () => {
	await sink.close();
	await gave("killed@mail.example");
	await s.role("clerk", "kill");
	await sink.open();
	await s.role("clerk", "start");
	await until("it is sent", async () => {
		await s.sql("UPDATE pledged.mail_out SET not_before = now(), lease_until = NULL WHERE state = 'queued'");
		return await s.one("SELECT state FROM pledged.mail_out WHERE recipient = 'killed@mail.example'") === "sent";
	});
	assert.equal(new Set(sink.to("killed@mail.example").map((m) => m.headers["message-id"])).size, 1);
});

test("refund, pause, end: a mail each, written with the change, once", async () => {
	const email = "life@mail.example";
	const [once, month] = [await gave(email), await gave(email, { interval: "month" })];

	await arrives(email, 2);
	const { payment_intent } = await s.provider.object(session_of(once.url));

	await s.provider.refund({ payment_intent, amount: 700 });
	await reaches(s, once.pledge, "partly_refunded");
	for (const event of await s.provider.events("refund.created"))
		await s.provider.resend(event.id, 3);
	await life(month, "paused_until = now() + interval '1 month', fetched_at = now()");
	await life(month, "paused_until = NULL, ends_at = now() + interval '10 days', fetched_at = now()");
	await s.provider.renew((await s.provider.object(session_of(month.url))).subscription, "ended");
	await until("it has ended", async () => (await state(s, month.pledge)).recurring.state === "ended", 20);
	await arrives(email, 6);
	await sleep(500);
	assert.deepEqual(sink.to(email).map((m) => m.headers.subject.replace(/\d+ \w+ \d{4}/, "DAY")).sort(), [
		"Receipt: 25.00 EUR for The Halvik Courier", "Receipt: 25.00 EUR for The Halvik Courier", "Refund: 7.00 EUR from The Halvik Courier",
		"Your monthly gift to The Halvik Courier ends on DAY", "Your monthly gift to The Halvik Courier has ended",
		"Your monthly gift to The Halvik Courier is paused until DAY"].sort());
});

test("the link to manage gifts goes by mail alone, and its key leaves the database with it", async () => {
	const who = s.client();

	await ask(s, who, "life@mail.example");
	await until("the link has come", async () => sink.to("life@mail.example").some((m) => m.text.includes("/manage/")));
	const { text, headers } = sink.to("life@mail.example").find((m) => m.text.includes("/manage/"));
	const [, path, token] = new RegExp(`\n${s.url}(/manage/([\\w-]{43}))\n`).exec(text);

	s.planted.push(token);
	assert.match(headers.subject, /^Your gifts to The Halvik Courier$/);
	await until("it is noted as sent", async () => await s.one("SELECT body = '' FROM pledged.mail_out WHERE kind = 'manage'") === "t");
	assert.equal((await who.get(path, { headers: HTML })).status, 200);
	assert.equal((await press(s, who, path)).status, 303);
	const shown = await page(who);

	assert.match(shown.text, /life@mail\.example/);
	const form = shown.forms.find((f) => f.action === "/manage/mail");
	const before = sink.to("life@mail.example").length;
	const year = new Date().getFullYear();

	for (const what of ["receipts", "receipts"])
		assert.equal((await send(s, who, form, { what })).status, 303);
	const again = (await page(who)).forms.find((f) => f.action === "/manage/mail");

	assert.equal((await send(s, who, again, { what: String(year) })).status, 303);
	assert.match((await page(who)).text, /A mail with them is on its way/);
	await arrives("life@mail.example", before + 2);
	await sleep(500);
	const [all, sum] = sink.to("life@mail.example").slice(before);

	assert.equal(sink.to("life@mail.example").length, before + 2, "a form sent twice is one mail");
	assert.match(all.text, /25\.00 EUR, R-[0-9A-F]{12} \(7\.00 EUR given back\)[^]*\n43\.00 EUR\n/);
	assert.match(sum.text, new RegExp(`In ${year} these payments reached us[^]*\n43\\.00 EUR\n`));
	for (const [what, status] of [["2019", 409], ["x", 422], ["", 422]])
		assert.equal((await send(s, who, (await page(who)).forms.find((f) => f.action === "/manage/mail"), { what })).status, status, what);
	assert.equal((await send(s, who, form, { what: "receipts", form: "A".repeat(32) })).status, 422, "a form of no page of ours");
	for (let i = 0; i < 3; i++)
		await send(s, who, (await page(who)).forms.find((f) => f.action === "/manage/mail"), { what: "receipts" });
	assert.equal((await send(s, who, (await page(who)).forms.find((f) => f.action === "/manage/mail"), { what: "receipts" })).status, 429);
});

test("what is due by the calendar: a week before a yearly renewal, and the summary of the past year, once, with two clerks", async () => {
	const email = "calendar@mail.example";
	const gift = await gave(email, { interval: "year", amount: "120.00" });

	await life(gift, "until = now() + interval '6 days'");
	await s.role("clerk", "restart"); // which looks at once
	await arrives(email, 2);
	assert.match(sink.to(email)[1].text, /your yearly gift of 120\.00 EUR renews/);
	await s.sql(`BEGIN; SET LOCAL session_replication_role = replica;
		UPDATE pledged.payment SET paid_at = paid_at - interval '1 year' WHERE pledge_id = (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${gift.pledge}'); COMMIT`);
	const january = `(date_trunc('year', now()) + interval '5 days')`;
	const made_n = await Promise.all([1, 2, 3].map(() => s.one(`SELECT pledged.mail_summaries(100, ${january})`)));

	assert.equal(made_n.map(Number).reduce((a, b) => a + b), 1);
	await arrives(email, 3);
	assert.match(sink.to(email)[2].text, /120\.00 EUR, R-/);
	assert.equal(await s.one(`SELECT pledged.mail_summaries(100, ${january} + interval '10 days')`), "0");
});

test("in Russian a subject and a text arrive whole", async () => {
	const gift = await gave("ru@mail.example", { interval: "month", locale: "ru" });

	await life(gift, "paused_until = now() + interval '3 months', fetched_at = now()");
	await arrives("ru@mail.example", 2);
	const paused = sink.to("ru@mail.example")[1];

	assert.match(paused.text, /Ваш ежемесячный взнос \(25\.00 EUR, The Halvik Courier\) приостановлен\. До \d+ [а-я]+ \d{4} мы ничего не спишем/);
	assert.ok(paused.text.includes(`\n${s.url}/manage?l=ru\n`));
	assert.match(paused.headers.subject, /^Пауза до \d+ [а-я]+ \d{4}: ежемесячный взнос, The Halvik Courier$/);
});

test("the books agree", async () => {
	await s.sql("SET session_replication_role = replica; UPDATE pledged.recurring SET state = 'active' WHERE state = 'past_due'; UPDATE pledged.recurring_log SET state = 'active' WHERE state = 'past_due'");
	await books_agree(s);
});
