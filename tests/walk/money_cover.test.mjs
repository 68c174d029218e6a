// The goal: a donor who covers the fee pays exactly the sum that was shown, whatever way the form took, once; the provider's
// books and ours agree on it; and where nothing is offered nothing is added.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { appeal, folder } from "./lib/decide.mjs";
import { key } from "./lib/http.mjs";
import { books_agree, reaches, state } from "./lib/money.mjs";
import { smtp } from "./lib/smtp.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const sink = await smtp();

after(() => sink.close());
const s = await stack({ name: "money-cover", views: 1, moneys: 4,
	set: { "clerk.interval_ms": 100, "mail.smtp_url": sink.url, "mail.from": "gifts@courier.example" } });
const rows = JSON.parse(await readFile(join(root, "tests/table/cover.json"), "utf8"));
const theirs = async () => (await s.provider.ledger()).totals;
const body = (fields) => ({ amount: "10.00", currency: "EUR", interval: "once", key: key(), locale: "en", ...fields });
const send = (fields, who = s.client()) => who.post("/pledge", { body: body(fields), headers: { origin: s.url } });
const slug = (answer) => answer.json().type.split(":").pop();

// prompted: a reader on the article that asks, and what it offers.
async function prompted() {
	const who = s.client();

	for (const article of ["/en/live/first", "/en/live/second"]) {
		const d = await who.decide(article, { section: "live" });

		if (d.act === "prompt")
			return { who, ...d };
	}
	return assert.fail("nobody asks");
}

test("from the prompt: the sum is charged, told and booked", async () => {
	const { who, token, prompt, campaign } = await prompted();

	assert.deepEqual([prompt.cover, prompt.format, prompt.remind], [{ percent: "1.5", fixed: "0.25" }, "appeal", true]);
	const answer = await send({ token, cover: true, email: "cover@mail.example" }, who);
	const pledge = answer.json();

	assert.deepEqual([answer.status, pledge.amount, pledge.cover, pledge.status], [201, "10.41", "0.41", "offered"]);
	const page = await s.request(new URL(pledge.url).pathname, { headers: { accept: "text/html" } }).catch(() => null);

	assert.ok(page);
	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	const paid = await state(s, pledge.pledge);

	assert.deepEqual([paid.amount, paid.cover], ["10.41", "0.41"]);
	assert.equal((await theirs()).eur.paid, 1041, "the provider took the sum");
	assert.deepEqual(await s.sql(`SELECT amount, cover, campaign FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`), [["1041", "41", campaign]]);
	const html = (await s.request(`/pledge/${pledge.pledge}`, { headers: { accept: "text/html" } })).text;

	assert.match(html, /<p class="pledged-sum">€10\.41<\/p>\n<p class="pledged-note">Of it €0\.41 covers the payment fee\.<\/p>/);
	await until("the receipt comes", () => sink.to("cover@mail.example").length === 1);
	assert.match(sink.to("cover@mail.example")[0].text, /Amount: 10\.41 EUR, of which 0\.41 EUR covers the fee/);
	const shown = await s.ctl("pledge", "show", paid.receipt);

	assert.match(shown.stdout, /10\.41 EUR once, of which 0\.41 EUR covers the fee/);
	await books_agree(s);
});

test("the same key gives the same gift, and with another word about the fee it is refused", async () => {
	const { who, token } = await prompted();
	const first = body({ token, cover: true });
	const answers = await Promise.all(Array.from({ length: 8 }, () => who.post("/pledge", { body: first, headers: { origin: s.url } })));

	assert.equal(new Set(answers.map((a) => a.json().pledge)).size, 1);
	assert.ok(answers.every((a) => [201, 202].includes(a.status) && a.json().amount === "10.41" && a.json().cover === "0.41"));
	const other = await who.post("/pledge", { body: { ...first, cover: false }, headers: { origin: s.url } });

	assert.deepEqual([other.status, slug(other)], [422, "key_reused"]);
	assert.equal((await send({ token })).json().cover, undefined);
});

test("every row of the table, as it is charged", async () => {
	const dir = await folder(s, rows.map((row, i) => appeal(`fee-${i}`, { priority: 1, target: { section: { in: [`fee-${i}`] } },
		amounts: { currency: row.currency, once: [], month: [], year: [row.amount], preselect: { interval: "year", amount: row.amount } },
		cover: { percent: row.percent, fixed: row.fixed } })));
	const { code, stderr } = await s.ctl("campaign", "apply", dir);

	assert.equal(code, 0, stderr);
	for (const [i, row] of rows.entries()) {
		const answer = await send({ campaign: `fee-${i}`, amount: row.amount, currency: row.currency, cover: "1" });

		if (row.fails) {
			assert.deepEqual([answer.status, slug(answer)], [422, row.fails], JSON.stringify(row));
			continue;
		}
		const { amount, cover, url } = answer.json();

		assert.deepEqual([answer.status, amount, cover], [201, row.sum, row.cover], JSON.stringify(row));
		if (i % 10 === 0)
			await s.provider.pay(url);
	}
});

test("without scripts: form, provider, status page, all by plain HTTP", async () => {
	const { who, token } = await prompted();
	const html = (await who.get(`/prompt?d=${token}&l=en`)).text;

	assert.match(html, /data-format="appeal"/);
	assert.match(html, /data-cover-percent="1\.5" data-cover-fixed="0\.25"/);
	assert.match(html, /data-monthly-step="true" data-remind="true"/);
	assert.match(html, /<label class="pledged-cover"><input type="checkbox" name="cover" value="1"><span>[^<]*1\.5\u00a0%\u00a0\+ €0\.25/);
	const form = html.slice(html.indexOf('action="/pledge"'), html.indexOf("</form>", html.indexOf('action="/pledge"')));
	const hidden = Object.fromEntries([...form.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map((m) => [m[1], m[2]]));
	const typed = await who.post("/pledge", { form: { ...hidden, interval: "month", amount: "other", other_amount: "7,77", cover: "1", email: "" },
		headers: { origin: s.url, accept: "text/html" } });

	assert.equal(typed.status, 303, typed.text);
	await s.provider.pay(typed.headers.location);
	const token_of = await s.one("SELECT public_token FROM pledged.pledge WHERE amount = 815 AND cover = 38 AND \"interval\" = 'month'");

	await reaches(s, token_of, "paid");
	const page = (await who.get(`/pledge/${token_of}`, { headers: { accept: "text/html" } })).text;

	assert.match(page, /€8\.15 · Monthly/);
	assert.match(page, /Of it €0\.38 covers the payment fee\./);
	// The plain form of the contribution page belongs to no campaign; it offers what the first appeal offers.
	const plain = (await who.get("/prompt?form=1&l=ru")).text;

	assert.match(plain, /name="cover" value="1"><span>Добавить комиссию за платёж \(1,5\u00a0%\u00a0\+ 0,25\u00a0€\)/);
	const given = await who.post("/pledge", { form: { amount: "25.00", currency: "EUR", interval: "once", key: key(), locale: "ru", cover: "1" },
		headers: { origin: s.url, accept: "text/html" } });

	assert.equal(given.status, 303, given.text);
	assert.deepEqual(await s.sql("SELECT cover, campaign FROM pledged.pledge WHERE amount = 2564 AND campaign IS NULL"), [["64", ""]]);
	const wrong = await who.post("/pledge", { form: { amount: "25.00", currency: "USD", interval: "once", key: key(), cover: "1" },
		headers: { origin: s.url, accept: "text/html" } });

	assert.equal(wrong.status, 422);
	assert.match(wrong.headers["content-type"], /text\/html/);
});

test("where no fee is offered none is added, and nothing is stored", async () => {
	const before = await s.count("SELECT count(*) FROM pledged.pledge");
	const dir = await folder(s, [appeal("bare", { priority: 1 })]);

	assert.equal((await s.ctl("campaign", "apply", dir)).code, 0);
	for (const [fields, want] of [
		[{ campaign: "bare" }, "field_bad"], [{ campaign: "nothing" }, "field_bad"], [{ campaign: "support", currency: "USD" }, "field_bad"],
		[{ campaign: "support", cover: "0.41" }, "field_bad"], [{ campaign: "support", cover: 0.41 }, "field_type"],
		[{ campaign: "support", cover: "surely" }, "field_too_long"], [{ campaign: "support", amount: "9990.00" }, "amount_too_large"]]) {
		const answer = await send({ cover: true, ...fields });

		assert.deepEqual([answer.status, slug(answer)], [422, want], JSON.stringify(fields));
	}
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge"), before);
	assert.equal((await send({ campaign: "bare", cover: false })).json().amount, "10.00");
});

test("what was offered holds, also when the campaign changed meanwhile", async () => {
	const { who, token } = await prompted();
	const support = JSON.parse(await readFile(join(root, "conf/campaigns/support.json"), "utf8"));
	const dir = await folder(s, [{ ...support, cover: { percent: "10" } }]);

	assert.equal((await s.ctl("campaign", "apply", dir)).code, 0);
	assert.equal((await send({ token, cover: true }, who)).json().amount, "10.41", "as it was shown");
	assert.equal((await send({ campaign: "support", cover: true })).json().amount, "11.12", "as it is offered now");
	const { stdout } = await s.ctl("campaign", "diff", "support", join(root, "conf/campaigns/support.json"));

	assert.match(stdout, /cover/);
	assert.match(stdout, /1\.5/);
});

test("a page that shows an older fee is asked again, in words; without the fee, or the wish for it, it goes on", async () => {
	await until("the form tells the fee that is in force", async () =>
		(await s.client().get("/prompt?form=1&l=en")).text.includes('<input type="hidden" name="fee" value="10 0.00">'));
	const before = await s.count("SELECT count(*) FROM pledged.pledge");
	const give = (fields, lang = "en") => s.client().post("/pledge", { headers: { origin: s.url, accept: "text/html" },
		form: { amount: "10.00", currency: "EUR", interval: "once", key: key(), locale: lang, ...fields } });

	for (const [lang, words] of [["en", /fee has changed since this page was made.*look at the sum.*\n<p>Nothing has been charged/s], ["ru", /Комиссия изменилась/]]) {
		const old = await give({ cover: "1", fee: "1.5 0.25" }, lang);

		assert.equal(old.status, 422);
		assert.match(old.text, words);
	}
	const told = await send({ campaign: "support", cover: true, fee: "1.5 0.25" });

	assert.deepEqual([told.status, slug(told), told.json().field], [422, "fee_changed", "cover"]);
	const bare = await send({ campaign: "bare", cover: true, fee: "1.5 0.25" });

	assert.deepEqual([bare.status, slug(bare)], [422, "fee_changed"], "and where none is added any more");
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge"), before, "nothing is stored");
	assert.equal((await give({ fee: "1.5 0.25" })).status, 303, "without the wish it says nothing");
	assert.equal((await send({ campaign: "support", cover: true, fee: "10 0.00" })).json().amount, "11.12");
});

test("a gift with its cover goes back as a whole", async () => {
	const { pledge, url } = (await send({ campaign: "support", amount: "33.00", cover: true })).json();

	await s.provider.pay(url);
	await reaches(s, pledge, "paid");
	const { receipt, amount } = await state(s, pledge);
	const { code, stdout, stderr } = await s.ctl("pledge", "refund", receipt, "--wait", "--author", "anna");

	assert.equal(code, 0, stdout + stderr);
	await reaches(s, pledge, "refunded");
	assert.equal((await state(s, pledge)).refunded, amount);
});

test("the books agree", () => books_agree(s));
