// The goal: a reader who was asked gives, pays, is thanked once and not asked again; the amount that was
// meant arrives at the provider, in every interval and currency, with scripts and without.

import assert from "node:assert/strict";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, counts, made, reaches, session_of, state } from "./lib/money.mjs";
import { sanitized, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-paid", views: 1, moneys: 4, set: { "view.deadline_ms": 3000 } });
const SOON_S = sanitized ? 6 : 2;
const JSON_ONLY = { headers: { accept: "application/json" } };
const HTML = { headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8" } };

// asked: a reader who has just been asked: {who, token}.
async function asked() {
	const who = s.client();

	await who.decide("/paid/1", { section: "sport" });
	const second = await who.decide("/paid/2", { section: "sport" });

	assert.equal(second.act, "prompt");
	return { who, token: second.token, prompt: second.prompt };
}

const mails = (pledge) => s.sql(`SELECT m.recipient, m.locale, m.subject_line, m.body FROM pledged.mail_out m
	JOIN pledged.payment y ON y.payment_id = m.subject JOIN pledged.pledge p USING (pledge_id)
	WHERE p.public_token = '${pledge}'`);
const provider_session = (url) => s.provider.object(session_of(url));

for (const interval of ["once", "month", "year"]) {
	test(`asked, given (${interval}), paid, thanked once, left in peace (cases 1, 2)`, async () => {
		const { who, token, prompt } = await asked();
		const pledge = await made(s, { token, interval, key: prompt.key, email: `${interval}@mail.example` }, who);

		assert.equal(pledge.status, "offered");
		assert.deepEqual([pledge.amount, pledge.currency, pledge.interval], ["25.00", "EUR", interval]);
		assert.equal((await provider_session(pledge.url)).mode, interval === "once" ? "payment" : "subscription");
		assert.equal((await who.decide("/paid/3", { section: "sport" })).reason === "supporter", false, "not before the money");

		const back = await s.provider.pay(pledge.url);

		assert.equal(back.status, 303);
		assert.equal(back.headers.location, `${s.url}/thanks/?p=${pledge.pledge}`);
		await until("prompts stop", async () => (await who.decide("/paid/4", { section: "sport" })).reason === "supporter", SOON_S);

		const done = await state(s, pledge.pledge);

		assert.equal(done.status, "paid");
		assert.match(done.receipt, /^R-[0-9A-F]{12}$/);
		assert.equal(done.url, undefined, "a paid page is no longer shown");
		const [row] = await s.sql(`SELECT campaign, variant, reader_id IS NOT NULL, decision IS NOT NULL, email
			FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`);

		assert.equal(row[0], "support");
		assert.match(row[1], /^[ab]$/);
		assert.deepEqual(row.slice(2), ["t", "t", `${interval}@mail.example`]);
		const sent = await mails(pledge.pledge);

		assert.equal(sent.length, 1, "one receipt");
		assert.equal(sent[0][0], `${interval}@mail.example`);
		assert.match(sent[0][2], /25\.00 EUR/);
		assert.ok(sent[0][3].includes(done.receipt));
	});
}

test("the mark tells how somebody gave", async () => {
	assert.deepEqual(await s.sql("SELECT gift, count(*) FROM pledged.reader WHERE gift > 0 GROUP BY 1 ORDER BY 1"),
		[["1", "1"], ["2", "1"], ["3", "1"]]);
	assert.equal(await s.count("SELECT count(*) FROM pledged.reader WHERE gift > 1 AND gift_until < now() + interval '20 days'"), 0);
});

const AMOUNTS = [
	["25.00", "EUR", 2500, "25.00"], ["7.5", "EUR", 750, "7.50"], ["19.99", "USD", 1999, "19.99"], ["1000", "JPY", 1000, "1000"],
	["1.230", "KWD", 1230, "1.230"], ["1.23", "KWD", 1230, "1.230"], ["175", "HUF", 17500, "175.00"], ["200", "ISK", 20000, "200.00"],
	["1.00", "EUR", 100, "1.00"], ["10000", "EUR", 1000000, "10000.00"], ["12", "eur", 1200, "12.00"],
];

for (const [amount, currency, minor, told] of AMOUNTS) {
	test(`${amount} ${currency} reach the provider as ${minor} (case 3)`, async () => {
		const pledge = await made(s, { amount, currency });
		const theirs = await provider_session(pledge.url);
		const [row] = await s.sql(`SELECT amount, currency FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`);

		assert.deepEqual([pledge.amount, pledge.currency], [told, currency.toUpperCase()]);
		assert.deepEqual([theirs.amount_total, theirs.currency], [minor, currency.toLowerCase()]);
		assert.deepEqual(row, [String(minor), currency.toUpperCase()]);
		if (!["HUF", "ISK"].includes(currency)) {
			await s.provider.pay(pledge.url, { email: "donor@mail.example" });
			await reaches(s, pledge.pledge, "paid");
			assert.match((await mails(pledge.pledge))[0][2], new RegExp(`${told.replace(".", "\\.")} ${currency.toUpperCase()}`));
		}
	});
}

test("a gift out of an editor's preview counts for the campaign, but for no variant", async () => {
	const { stdout } = await s.ctl("preview", "support", "--variant", "b");
	const { text } = await s.request(`/decide?a=/paid/preview&pass=${stdout.trim().split("pledged_pass=")[1]}`);
	const { reason, variant, token } = JSON.parse(text);
	const pledge = await made(s, { token });

	assert.deepEqual([reason, variant], ["preview", "b"]);
	assert.deepEqual(await s.sql(`SELECT campaign, variant, decision FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`), [["support", "", ""]]);
});

test("the address that is given at the provider gets the receipt", async () => {
	const pledge = await made(s);

	await s.provider.pay(pledge.url, { email: "later@mail.example" });
	await reaches(s, pledge.pledge, "paid");
	assert.deepEqual((await mails(pledge.pledge)).map((m) => m[0]), ["later@mail.example"]);
});

test("the state is told in JSON and in words, English and Russian", async () => {
	for (const [locale, offered, paid, sum] of [["en", /The payment page is open/, /The payment has arrived/, /€25/],
		["ru", /Страница оплаты открыта/, /Платёж получен/, /25\s€/]]) {
		const pledge = await made(s, { locale, email: `${locale}@mail.example` });
		const path = `/pledge/${pledge.pledge}`;
		const json = await s.request(path, JSON_ONLY);
		const open = await s.request(path, HTML);

		assert.deepEqual(json.json(), { pledge: pledge.pledge, status: "offered", amount: "25.00", currency: "EUR",
			interval: "once", url: pledge.url });
		assert.match(json.headers["content-type"], /^application\/json/);
		assert.equal(json.headers.vary, "Accept");
		assert.equal(json.headers["cache-control"], "private, no-store");
		assert.match(open.headers["content-type"], /^text\/html; charset=utf-8/);
		assert.ok(Number(open.headers.refresh) > 0, "the page looks again by itself");
		assert.match(open.text, offered);
		assert.match(open.text, sum);
		assert.match(open.text, new RegExp(`<html [^>]*lang="${locale}">`));
		assert.ok(open.text.includes(`href="${pledge.url}"`));
		await s.provider.pay(pledge.url);
		await reaches(s, pledge.pledge, "paid");
		const closed = await s.request(path, HTML);

		assert.match(closed.text, paid);
		assert.equal(closed.headers.refresh, undefined);
		assert.ok(!closed.text.includes(pledge.url));
		assert.equal((await mails(pledge.pledge))[0][1], locale);
		assert.match((await mails(pledge.pledge))[0][2], locale === "ru" ? /^Квитанция: 25[.,]00/ : /^Receipt: 25\.00/);
	}
});

test("without an Accept header the state is JSON; a HEAD has no body", async () => {
	const pledge = await made(s);
	const head = await s.request(`/pledge/${pledge.pledge}`, { method: "HEAD" });

	assert.equal((await s.request(`/pledge/${pledge.pledge}`)).json().status, "offered");
	assert.equal(head.status, 200);
	assert.equal(head.text, "");
});

test("declined, then paid: one payment", async () => {
	const pledge = await made(s, { email: "again@mail.example" });

	assert.equal((await s.provider.decline(pledge.url)).status, 402);
	assert.equal((await state(s, pledge.pledge)).status, "offered");
	assert.equal((await s.provider.pay(pledge.url)).status, 303);
	await reaches(s, pledge.pledge, "paid");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
		WHERE p.public_token = '${pledge.pledge}'`), 1);
});

test("canceled at the provider: back to the site, the page stays open, nothing is paid", async () => {
	const pledge = await made(s);
	const back = await s.provider.cancel(pledge.url);

	assert.equal(back.status, 303);
	assert.equal(back.headers.location, `${s.url}/contribute/?p=${pledge.pledge}`);
	assert.equal((await state(s, pledge.pledge)).status, "offered");
	assert.deepEqual(await mails(pledge.pledge), []);
});

test("an expired page is told, and the same key does not open it again", async () => {
	const fields = { key: key() };
	const pledge = await made(s, fields);

	await s.provider.expire(session_of(pledge.url));
	await reaches(s, pledge.pledge, "lapsed");
	const again = await s.client().pledge(fields);

	assert.equal(again.json().status, "lapsed");
	assert.equal(again.json().url, undefined);
	assert.match((await s.request(`/pledge/${pledge.pledge}`, HTML)).text, /expired/);
});

test("a delayed payment is on its way, then arrives, or does not (case 43)", async () => {
	const [good, bad] = [await made(s, { email: "slow@mail.example" }), await made(s, { email: "never@mail.example" })];

	for (const pledge of [good, bad]) {
		await s.provider.delayed(pledge.url);
		await reaches(s, pledge.pledge, "processing");
		assert.deepEqual(await mails(pledge.pledge), []);
	}
	await s.provider.settle(session_of(good.url));
	await s.provider.settle(session_of(bad.url), "failed");
	await reaches(s, good.pledge, "paid");
	await reaches(s, bad.pledge, "failed");
	assert.equal((await mails(good.pledge)).length, 1);
	assert.deepEqual(await mails(bad.pledge), []);
});

// --- without scripts -----------------------------------------------------------------------------

test("the plain form leads straight to the provider; pressed twice it is one pledge", async () => {
	const { who, token, prompt } = await asked();
	const fields = { token, key: prompt.key, amount: "10.00", campaign: "support", locale: "en", email: "" };
	const before = await counts(s);
	const [first, second] = await Promise.all([who.form(fields), who.form(fields)]);

	assert.deepEqual([first.status, second.status], [303, 303]);
	assert.match(first.headers.location, new RegExp(`^${s.provider.url}/c/pay/`));
	assert.equal(first.headers.location, second.headers.location);
	assert.equal((await counts(s)).pledge, before.pledge + 1);

	await s.provider.pay(first.headers.location);
	await until("prompts stop", async () => (await who.decide("/paid/9", { section: "sport" })).reason === "supporter", SOON_S);
});

test("another amount, typed with a comma", async () => {
	const fields = { amount: "other", other_amount: " 7,50 ", currency: "EUR" };
	const typed = await s.client().form(fields);

	assert.equal(typed.status, 303);
	assert.equal((await provider_session(typed.headers.location)).amount_total, 750);

	const chosen = await s.client().form({ amount: "25.00", other_amount: "8", currency: "EUR" });

	assert.equal((await provider_session(chosen.headers.location)).amount_total, 2500, "another choice was made after typing");
	const alone = await s.client().form({ amount: "", other_amount: "8", currency: "EUR" });

	assert.equal((await provider_session(alone.headers.location)).amount_total, 800, "a form without choices");
});

test("back, another amount, the same hidden key: a second pledge of its own", async () => {
	const who = s.client();
	const fields = { key: key() };
	const before = await counts(s);
	const first = await who.form({ ...fields, amount: "10.00" });
	const second = await who.form({ ...fields, amount: "25.00" });
	const third = await who.form({ ...fields, amount: "10.00" });

	assert.deepEqual([first.status, second.status, third.status], [303, 303, 303]);
	assert.notEqual(first.headers.location, second.headers.location);
	assert.equal(first.headers.location, third.headers.location);
	assert.equal((await counts(s)).pledge, before.pledge + 2);
	assert.equal((await provider_session(second.headers.location)).amount_total, 2500);
});

test("what is wrong with a form is said on a page, in its language", async () => {
	const before = await counts(s);
	const en = await s.client().form({ amount: "other", other_amount: "0,10", locale: "en" });
	const ru = await s.client().form({ amount: "other", other_amount: "<b>", locale: "ru" });

	assert.deepEqual([en.status, ru.status], [422, 422]);
	assert.match(en.headers["content-type"], /^text\/html/);
	assert.match(en.text, /below the smallest gift/);
	assert.match(en.text, /Nothing has been charged/);
	assert.match(ru.text, /<html [^>]*lang="ru">/);
	assert.match(ru.text, /Деньги не списаны/);
	assert.ok(!/<b>/.test(ru.text));
	assert.deepEqual(await counts(s), before);
});

test("a form that asks for JSON gets JSON", async () => {
	const answer = await s.client().form({}, { headers: { accept: "application/json" } });

	assert.equal(answer.status, 201);
	assert.match(answer.json().url, /^http/);
});

test("the thank-you page opens", async () => {
	const pledge = await made(s);
	const back = await s.provider.pay(pledge.url);

	assert.equal((await s.request(new URL(back.headers.location).pathname)).status, 200);
	await reaches(s, pledge.pledge, "paid");
});

test("the books agree", () => books_agree(s));
