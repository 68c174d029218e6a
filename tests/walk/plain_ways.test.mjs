// The goal: manners without scripts: each way out of a prompt is a button of a plain form that is heeded and leads back to where
// the reader was, a reminder has a form of its own, and a page that comes back can ask whether its prompt may still stand there.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { FROM, HTML, elsewhere } from "./lib/manage.mjs";
import { books_agree } from "./lib/money.mjs";
import { reader_of, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "plain-ways", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });

await writeFile(join(s.dir, "nginx/extra-http-plain.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();
const next = await s.one("SELECT to_char(now() AT TIME ZONE time_zone + interval '1 month', 'YYYY-MM') FROM pledged.site");

let readers = 0;

// asked: a reader on the second article, its prompt's token, and the fragment in its page.
async function asked(locale = "en") {
	const who = s.client();
	const n = ++readers;

	await who.decide(`/ways/${n}/1`, { section: "sport" });
	const { act, token, prompt } = await who.decide(`/ways/${n}/2`, { section: "sport" });

	assert.equal(act, "prompt");
	return { who, n, token, prompt, html: (await who.get(`/prompt?d=${token}&l=${locale}`)).text };
}

const press = (who, fields, headers = {}, query = "") => who.post(`/event${query}`, { form: fields, headers: { origin: s.url, ...HTML, ...headers } });
const after_it = async (who, n) => (await who.decide(`/ways/${n}/3`, { section: "sport" })).reason;
const still = async (who, token) => {
	const answer = await who.get(`/still?d=${token}`);

	assert.equal(answer.status, 200, answer.text);
	return answer.json();
};

test("the fragment offers every way out in words, in both languages", async () => {
	const en = (await asked()).html;
	const ru = (await asked("ru")).html;
	const labels = (html) => [...html.matchAll(/<(?:button|a) class="pledged-way"[^>]*>([^<]*)</g)].map((m) => m[1].replaceAll("\u00a0", " "));

	assert.deepEqual(labels(en), ["Remind me later (in 3 days)", "Not now (for 7 days)", "Remind me by e-mail", "I already support you", "Do not ask me again"]);
	assert.match(labels(ru)[0], / \(через 3 дня\)$/);
	assert.deepEqual(labels(ru).slice(1), ["Не сейчас (на 7 дней)", "Напомнить письмом", "Я уже помогаю", "Больше не спрашивать"]);
	assert.match(en, new RegExp(`data-remind-from="${next}"`));
	assert.equal((await asked()).prompt.remind_from, next);
});

test("each button is heeded and leads back to the article, which asks no more", async () => {
	for (const e of ["later", "closed", "already_gave", "never"]) {
		const { who, n, token } = await asked();

		assert.deepEqual(await still(who, token), { still: true, reason: "campaign" });
		const answer = await press(who, { d: token, e }, { referer: `${s.url}/ways/${n}/2?x=1` });

		assert.deepEqual([answer.status, answer.headers.location], [303, `${s.url}/ways/${n}/2?x=1`], answer.text);
		assert.equal(await after_it(who, n), e);
		assert.deepEqual(await still(who, token), { still: false, reason: e });
		assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${reader_of(who)}' AND kind = '${e}'`), 1);
	}
});

test("where the browser does not tell the page, or tells another site's, a page of ours says what was noted", async () => {
	for (const referer of [undefined, "http://evil.example/", `${s.url}.evil.example/x`, s.url, `${s.url}/${"x".repeat(1600)}`]) {
		const { who, token } = await asked();
		const answer = await press(who, { d: token, e: "never" }, referer ? { referer } : {}, "?l=ru");

		assert.equal(answer.status, 200, referer);
		assert.match(answer.text, /<html [^>]*lang="ru">[^]*На этом устройстве мы больше не будем спрашивать/);
	}
	const { who, token } = await asked();

	for (const [fields, status, words] of [[{ d: "v1.k1.forged.forged", e: "never" }, 400, /open the page again/], [{ d: token, e: "shown" }, 422, /Please check the form/],
		[{ d: token, e: "never", x: "1" }, 422, /open it again/]]) {
		const answer = await press(who, fields, {}, "?l=en");

		assert.equal(answer.status, status);
		assert.match(answer.headers["content-type"], /^text\/html/);
		assert.match(answer.text, words);
	}
	assert.equal((await press(who, { d: token, e: "never" }, { origin: "http://evil.example" })).status, 403);
	assert.equal((await still(who, token)).still, true, "nothing of that was noted");
	assert.equal((await who.post("/event", { form: { d: token, e: "closed" }, headers: { origin: s.url, accept: "*/*" } })).status, 200, "no Accept of a script");
});

test("a reminder by plain form: months of the site's calendar, articles in words, noted; what is wrong is said", async () => {
	const { who, token, html } = await asked();
	const path = /href="(\/remind\?[^"]*)"/.exec(html)[1].replaceAll("&amp;", "&");
	const page = await who.get(path, { headers: HTML });
	const options = [...page.text.matchAll(/<option value="([^"]*)">([^<]*)</g)].map((m) => [m[1], m[2]]);

	assert.equal(page.status, 200, page.text);
	assert.equal(options.length, 16);
	assert.equal(options[0][0], next);
	assert.equal(new Set(options.map((o) => o[0])).size, 16);
	assert.deepEqual(options.slice(12).map((o) => o[1]), ["after 3 more articles", "after 5 more articles", "after 10 more articles", "after 20 more articles"]);
	assert.match((await who.get("/remind?l=ru", { headers: HTML })).text, /ещё через 3 статьи[^]*ещё через 5 статей/);
	const hidden = Object.fromEntries([...page.text.matchAll(/<input type="hidden" name="(\w+)" value="([^"]*)">/g)].map((m) => [m[1], m[2]]));

	assert.deepEqual(hidden, { locale: "en", token });
	const send = (fields) => who.post("/remind", { form: { ...hidden, email: "plain@mail.example", ...fields }, headers: { origin: s.url, ...HTML, ...elsewhere() } });

	for (const [when, to] of [[options[11][0], `/remind/noted?l=en&m=${options[11][0]}`], ["5", "/remind/noted?l=en&n=5"]]) {
		const answer = await send({ when });

		assert.deepEqual([answer.status, answer.headers.location], [303, to], answer.text);
	}
	assert.deepEqual(await still(who, token), { still: false, reason: "later" });
	for (const [fields, words] of [[{ when: "2020-01" }, /choose another month/], [{ when: "51" }, /Please go back and choose a month/], [{ when: "" }, /choose when/],
		[{ when: "5", email: "x" }, /check the e-mail/], [{ when: "2020-01", locale: "ru" }, /выберите другой месяц/], [{ when: "0", locale: "ru" }, /выберите месяц/]]) {
		const answer = await send(fields);

		assert.equal(answer.status, 422);
		assert.match(answer.text, words);
	}
});

test("who gave, and whom we were to forget, is not asked on an old page either", async () => {
	const giver = await asked();

	await s.sql(`UPDATE pledged.reader SET gave_at = now(), gift = 1 WHERE reader_id = '${reader_of(giver.who)}'`);
	assert.deepEqual(await still(giver.who, giver.token), { still: false, reason: "supporter" });
	const shy = await asked();

	assert.equal((await shy.who.post("/consent", { body: { c: "none" }, headers: { origin: s.url } })).status, 204);
	assert.deepEqual(await still(shy.who, shy.token), { still: false, reason: "consent_none" });
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader WHERE reader_id = '${reader_of(giver.who)}' AND views > 2`), 0, "asking counts no view");
});

test("invariants", async () => {
	await books_agree(s);
	await s.invariants();
});
