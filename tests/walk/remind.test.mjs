// The goal: a reader who asks to be reminded gets one mail, when it is due and not sooner, unless they gave; is left in peace until then;
// stops such mails at one press, theirs or their mail program's; and nobody learns or changes anything by asking for somebody else.

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

import { FROM, HTML, elsewhere, forms_of } from "./lib/manage.mjs";
import { books_agree, made, reaches } from "./lib/money.mjs";
import { smtp } from "./lib/smtp.mjs";
import { sleep, until } from "./lib/until.mjs";
import { reader_of, view_stack } from "./lib/view.mjs";

const sink = await smtp();

after(() => sink.close());
const s = await view_stack({ name: "remind", views: 1, moneys: 2, clerks: 2,
	set: { "view.deadline_ms": 3000, "clerk.interval_ms": 100, "mail.smtp_url": sink.url, "mail.from": "paper@courier.example" } });

s.planted = ["first@mail.example"];
await s.sql(`UPDATE pledged.site SET origin = '${s.url}'`);
await writeFile(join(s.dir, "nginx/extra-http-remind.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();

const next = await s.one("SELECT to_char(now() AT TIME ZONE time_zone + interval '1 month', 'YYYY-MM') FROM pledged.site");
const JSON_TOO = { accept: "application/json" };
const remind = (who, fields, headers = {}) => who.post("/remind", { body: fields, headers: { origin: s.url, ...elsewhere(), ...headers } });
const row = async (email) => (await s.sql(`SELECT state, coalesce(email, '-'), coalesce(articles::text, '-'), coalesce(reader_id::text, '-') FROM pledged.remind
	WHERE email_hash = pledged.email_hash(1::int2, '${email}') ORDER BY created_at DESC LIMIT 1`))[0];
const due = (email) => s.sql(`UPDATE pledged.remind SET due_at = now() WHERE state = 'waiting' AND email = '${email}'`);
// A mail that waits for its next try is tried at once.
const again = () => s.sql("UPDATE pledged.mail_out SET not_before = now() WHERE state = 'queued'");
const arrives = (to, n = 1) => until(`${n} mails for ${to}`, async () => sink.to(to).length >= n, 30);
const counted = (reader) => s.count(`SELECT coalesce(max(views), 0) FROM pledged.reader WHERE reader_id = '${reader}'`);

let readers = 0;

// asked: a reader with a prompt on their second article.
async function asked(who = s.client(), consent) {
	const n = ++readers;

	await who.decide(`/remind/${n}/1`, { section: "sport", consent });
	const prompt = await who.decide(`/remind/${n}/2`, { section: "sport", consent });

	assert.equal(prompt.act, "prompt");
	return { who, n, prompt };
}

// key_of: the path that the newest mail to an address holds, in its text and for its program.
function key_of(email) {
	const { text, headers } = sink.to(email).at(-1);
	const [, path, key] = new RegExp(`\n${s.url}(/remind/([\\w-]{43}))\n$`).exec(text);

	s.planted.push(key);
	assert.equal(headers["list-unsubscribe"], `<${s.url}${path}>`);
	assert.equal(headers["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
	return path;
}

// --- in a month ----------------------------------------------------------------------------------

test("in a month: noted, left in peace, one mail when it is due, with the way to give and the way to stop", async () => {
	const { who, n, prompt } = await asked();
	const answer = await remind(who, { email: "first@mail.example", month: next, token: prompt.token, locale: "en" });

	assert.equal(answer.status, 202, answer.text);
	assert.deepEqual(answer.json(), { remind: "month", month: next });
	assert.equal((await who.decide(`/remind/${n}/3`, { section: "sport" })).reason, "later", "no prompt after that");
	const [campaign] = await s.sql("SELECT campaign FROM pledged.remind WHERE email = 'first@mail.example'");

	assert.deepEqual(campaign, ["support"]);
	const days = await s.count(`SELECT (max(m.at AT TIME ZONE t.time_zone)::date + (v.body -> 'pause' ->> 'later_days')::integer) - '${next}-01'::date FROM pledged.reader_mark m, pledged.campaign c
		JOIN pledged.campaign_version v USING (campaign_id, version) JOIN pledged.site t USING (site_id) WHERE m.reader_id = '${reader_of(who)}' AND m.kind = 'later' AND c.slug = 'support' GROUP BY v.body`);

	assert.ok(days >= 0, "the pause lasts until then");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${reader_of(who)}' AND kind = 'later'`), 1);
	await sleep(1000);
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'remind'"), 0, "nothing before");
	await due("first@mail.example");
	await arrives("first@mail.example");
	const { headers, text, from } = sink.to("first@mail.example")[0];

	assert.equal(from, "paper@courier.example");
	assert.equal(headers.subject, "You asked us to remind you: The Halvik Courier");
	assert.equal(headers["auto-submitted"], "auto-generated");
	assert.match(text, /^On \d+ \w+ \d{4} you asked us to remind you of supporting The Halvik Courier\./);
	assert.ok(text.includes(`\n${s.url}${key_of("first@mail.example")}?give\n`), text);
	const way = await s.client().get(`${key_of("first@mail.example")}?give`, { headers: HTML });

	assert.deepEqual([way.status, way.headers.location], [303, "/contribute/"], "its link leads to the form");
	assert.equal(await s.one("SELECT followed_at IS NOT NULL FROM pledged.remind WHERE email = 'first@mail.example'"), "t", "and that is noted, to tell what such mails bring");
	assert.match((await s.client().get(`${key_of("first@mail.example").replace(/.$/, (c) => (c === "A" ? "B" : "A"))}?give`, { headers: HTML })).text, /There is no such reminder/);
	assert.equal((await s.client().get("/contribute/", { headers: HTML })).status, 200);
	await until("its key left the database", async () => await s.one("SELECT body = '' AND stop_url IS NULL FROM pledged.mail_out WHERE kind = 'remind'") === "t");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.remind m WHERE m::text LIKE '%${key_of("first@mail.example").split("/").pop()}%'`), 0);
	await sleep(1000);
	assert.equal(sink.to("first@mail.example").length, 1, "once");
});

test("thirty that are due at once, two clerks: a mail each", async () => {
	for (let i = 0; i < 30; i++)
		assert.equal((await remind(s.client(), { email: `many-${i}@mail.example`, month: next })).status, 202);
	await s.sql("UPDATE pledged.remind SET due_at = now() WHERE state = 'waiting'");
	await until("all are mailed", async () => await s.count("SELECT count(*) FROM pledged.remind WHERE state = 'waiting'") === 0
		&& await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'remind' AND state <> 'sent'") === 0, 40);
	await sleep(500);
	assert.deepEqual(Array.from({ length: 30 }, (_, i) => sink.to(`many-${i}@mail.example`).length), Array(30).fill(1));
	assert.equal(new Set(sink.mails.map((m) => m.headers["list-unsubscribe"])).size, sink.mails.length, "each with a key of its own");
});

// --- after articles ------------------------------------------------------------------------------

test("after three more articles: the third one does it, on whichever device, also when devices were joined", async () => {
	const { who, n, prompt } = await asked();
	const answer = await remind(who, { email: "reads@mail.example", articles: 3, token: prompt.token });

	assert.deepEqual([answer.status, answer.json()], [202, { remind: "articles", articles: 3 }]);
	assert.deepEqual(await row("reads@mail.example"), ["waiting", "reads@mail.example", "3", reader_of(who)]);
	await who.decide(`/remind/${n}/2`, { section: "sport" });
	await who.decide(`/remind/${n}/3`, { section: "sport" });
	const other = s.client();

	for (const i of [1, 2, 3, 4, 5])
		await other.decide(`/remind/other/${i}`, { section: "sport" });
	// the address proves nothing here: a link joins them
	assert.equal((await who.post("/link", { body: { email: "join@mail.example" }, headers: { origin: s.url, ...elsewhere() } })).status, 202);
	await until("the link has come", async () => sink.to("join@mail.example").length > 0, 20);
	const [, path] = new RegExp(`${s.url}(/link/[\\w-]{43})\n`).exec(sink.to("join@mail.example")[0].text);

	s.planted.push(path.split("/").pop());
	assert.equal((await other.post(path, { body: {}, headers: { origin: s.url, ...JSON_TOO } })).status, 200);
	assert.equal(reader_of(other), reader_of(who));
	await until("two articles of the one, and more of the other, make nothing due", async () => await counted(reader_of(who)) >= 7);
	await sleep(6000);
	assert.equal((await row("reads@mail.example"))[0], "waiting");
	await other.decide("/remind/other/6", { section: "sport" });
	await sleep(500);
	await who.decide(`/remind/${n}/4`, { section: "sport" });
	await arrives("reads@mail.example");
	assert.match(sink.to("reads@mail.example")[0].text, /you asked us to remind you/);
	await s.sql("SELECT pledged.remind_due(10, now())");
	await sleep(500);
	assert.equal(sink.to("reads@mail.example").length, 1);
});

test("nobody's articles are counted: a month only; and who takes consent back is not reminded after articles", async () => {
	const who = s.client();
	const refused = await remind(who, { email: "none@mail.example", articles: 3 });

	assert.deepEqual([refused.status, refused.json().type, refused.json().field], [422, "urn:pledged:problem:field_bad", "articles"]);
	assert.equal((await remind(who, { email: "none@mail.example", month: next })).status, 202);
	const { who: back, prompt } = await asked();

	assert.equal((await remind(back, { email: "back@mail.example", articles: 3, token: prompt.token })).status, 202);
	assert.equal((await back.post("/consent", { body: { c: "none" }, headers: { origin: s.url } })).status, 204);
	await until("the reader is forgotten", async () => (await row("back@mail.example"))[0] === "expired");
	assert.deepEqual((await row("back@mail.example")).slice(1), ["-", "3", "-"]);
	const { who: counting, prompt: second } = await asked(s.client(), "counting");

	assert.equal((await remind(counting, { email: "counting@mail.example", articles: 3, token: second.token })).status, 202);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${reader_of(counting)}'`), 0, "no history for who wants none");
	assert.equal((await counting.decide("/remind/counting", { section: "sport", consent: "counting" })).reason, "later");
});

// --- who gives -----------------------------------------------------------------------------------

test("who gave meanwhile is spared, by the address or by the reader; also while the mail waits", async () => {
	const { who, prompt } = await asked();

	assert.equal((await remind(s.client(), { email: "gives@mail.example", month: next })).status, 202);
	assert.equal((await remind(who, { email: "elsewhere@mail.example", month: next, token: prompt.token })).status, 202);
	for (const [client, email] of [[s.client(), "Gives@mail.example"], [who, "pays@mail.example"]]) {
		const pledge = await made(s, { email }, client);

		await s.provider.pay(pledge.url);
		await reaches(s, pledge.pledge, "paid");
	}
	await until("the reader is a supporter", async () => await s.count(`SELECT count(*) FROM pledged.reader WHERE reader_id = '${reader_of(who)}' AND gave_at IS NOT NULL`) === 1);
	await due("gives@mail.example");
	await due("elsewhere@mail.example");
	await until("both are over", async () => (await row("gives@mail.example"))[0] === "gave" && (await row("elsewhere@mail.example"))[0] === "gave", 20);
	assert.deepEqual([(await row("gives@mail.example"))[1], (await row("elsewhere@mail.example"))[1]], ["-", "-"], "their addresses are no longer here");
	assert.equal(sink.to("gives@mail.example").filter((m) => /remind/.test(m.headers.subject)).length, 0);
	assert.equal(sink.to("elsewhere@mail.example").length, 0);

	sink.mode = "busy";
	assert.equal((await remind(s.client(), { email: "waits@mail.example", month: next })).status, 202);
	await due("waits@mail.example");
	await until("its mail was tried", async () => await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'waits@mail.example' AND tries > 0 AND lease_until IS NULL") === 1, 30);
	const pledge = await made(s, { email: "waits@mail.example" });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	await s.sql("SELECT pledged.remind_clean(now())");
	sink.mode = "take";
	await until("the receipt comes", async () => (await again(), sink.to("waits@mail.example").length > 0), 30);
	assert.deepEqual(sink.to("waits@mail.example").map((m) => m.headers.subject), ["Receipt: 25.00 EUR for The Halvik Courier"]);
	assert.equal((await row("waits@mail.example"))[0], "gave");
});

// --- the mail server -----------------------------------------------------------------------------

test("the mail server is busy, away, and forgets to answer: one mail, under one Message-ID (case 84)", async () => {
	sink.mode = "busy";
	assert.equal((await remind(s.client(), { email: "away@mail.example", month: next })).status, 202);
	await due("away@mail.example");
	await until("it was tried", async () => await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'away@mail.example' AND tries > 0") === 1, 30);
	await sink.close();
	await again();
	await until("it was tried again", async () => await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'away@mail.example' AND tries > 1") === 1, 30);
	sink.mode = "lost";
	await sink.open();
	await until("it comes", async () => (await again(), sink.to("away@mail.example").length > 0), 30);
	sink.mode = "take";
	await until("it is sent", async () => (await again(), await s.one("SELECT state FROM pledged.mail_out WHERE recipient = 'away@mail.example'") === "sent"), 30);
	assert.equal(new Set(sink.to("away@mail.example").map((m) => m.headers["message-id"])).size, 1);
	assert.equal(new Set(sink.to("away@mail.example").map((m) => m.headers["list-unsubscribe"])).size, 1);
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'remind' AND recipient = 'away@mail.example'"), 1);
});

// --- stopping ------------------------------------------------------------------------------------

const everything = () => s.one("SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT m::text FROM pledged.remind m UNION ALL SELECT t::text FROM pledged.remind_stop t) AS t(x)");

async function mailed(email, fields = {}) {
	assert.equal((await remind(s.client(), { email, month: next, ...fields })).status, 202);
	await due(email);
	await arrives(email);
	return key_of(email);
}

test("a look changes nothing, the button stops, and no other reminder is taken for that address", async () => {
	const path = await mailed("stop@mail.example");
	const before = await everything();
	const page = await s.client().get(path, { headers: HTML });

	assert.equal(page.status, 200);
	assert.match(page.text, /<h1>No more reminders\?<\/h1>/);
	assert.match(page.headers["cache-control"], /no-store/);
	assert.equal(page.headers["referrer-policy"], "strict-origin");
	assert.equal(page.headers["x-robots-tag"], "noindex");
	assert.equal(page.headers["set-cookie"], undefined);
	assert.deepEqual((await s.client().get(path, { headers: JSON_TOO })).json(), { status: "open" });
	assert.equal((await s.client().get(path, { method: "HEAD" })).status, 200);
	for (const headers of [{ origin: "http://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }])
		assert.equal((await s.client().post(path, { form: {}, headers: { ...HTML, ...headers } })).status, 403);
	for (const forged of [`${path}A`, path.slice(0, -1), path.replace(/.$/, (c) => (c === "A" ? "Q" : "A")), "/remind/x"])
		assert.equal((await s.client().post(forged, { form: {}, headers: { origin: s.url, ...HTML } })).status, 404, "a forged key");
	assert.equal((await s.client().post(path, { form: {}, headers: { host: "other.example", ...HTML } })).status, 404, "a host of nobody");
	assert.equal(await everything(), before, "nothing of that changed anything");

	const [form] = forms_of(page.text);
	const done = await s.client().post(form.action, { form: {}, headers: { origin: s.url, ...HTML } });

	assert.deepEqual([done.status, /<h1>Reminders are stopped<\/h1>/.test(done.text), /<form/.test(done.text)], [200, true, false]);
	assert.equal((await s.client().post(form.action, { form: {}, headers: { origin: s.url, ...HTML } })).status, 200, "twice is fine");
	assert.deepEqual((await s.client().get(path, { headers: JSON_TOO })).json(), { status: "stopped" });
	const quiet = await remind(s.client(), { email: "Stop@mail.example", month: next });

	assert.deepEqual([quiet.status, quiet.json()], [202, { remind: "month", month: next }], "who asks is told the same");
	assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE state = 'waiting' AND email = 'stop@mail.example'"), 0);
});

test("the mail program's own button: a POST without cookie and origin, in both ways to write its one field", async () => {
	const [form, parts] = [await mailed("click@mail.example"), await mailed("parts@mail.example")];

	assert.equal((await remind(s.client(), { email: "click@mail.example", articles: "3" }, { origin: "http://evil.example" })).status, 403);
	const one = await s.client().post(form, { body: "List-Unsubscribe=One-Click", headers: { "content-type": "application/x-www-form-urlencoded" } });
	const two = await s.client().post(parts, { body: '--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
		headers: { "content-type": "multipart/form-data; boundary=x" } });

	assert.deepEqual([one.status, two.status], [200, 200], one.text + two.text);
	assert.equal(await s.count("SELECT count(*) FROM pledged.remind_stop WHERE email_hash IN (pledged.email_hash(1::int2, 'click@mail.example'), pledged.email_hash(1::int2, 'parts@mail.example'))"), 2);
});

test("thirty days later nothing names anybody, and the link still answers", async () => {
	const path = await mailed("old@mail.example", { locale: "ru" });

	assert.match(sink.to("old@mail.example")[0].text, /вы попросили напомнить вам о поддержке: The Halvik Courier/);
	assert.equal((await s.client().get(`${key_of("old@mail.example")}?give`)).headers.location, "/ru/contribute/");
	await s.sql("SELECT pledged.remind_clean(now() + interval '31 days')");
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'remind' AND recipient IS NOT NULL"), 0);
	assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE state <> 'waiting' AND (email IS NOT NULL OR email_hash IS NOT NULL OR reader_id IS NOT NULL)"), 0);
	const page = await s.client().post(path, { body: "List-Unsubscribe=One-Click", headers: { "content-type": "application/x-www-form-urlencoded" } });

	assert.equal(page.status, 200);
	assert.match(page.text, /<html [^>]*lang="ru">[^]*Мы стёрли адрес/);
	const [report] = await s.sql("SELECT sum(asked) = (SELECT count(*) FROM pledged.remind), sum(sent) >= 30, sum(gave_before) = 3, sum(stopped) = 3 OR sum(stopped) = 4 FROM report.remind");

	assert.deepEqual(report, ["t", "t", "t", "t"]);
});

// --- who asks ------------------------------------------------------------------------------------

test("a plain form is led to a page; another replaces what waits; limits look like success", async () => {
	const who = s.client();
	const send = (form, headers = {}) => who.post("/remind", { form, headers: { origin: s.url, ...HTML, ...elsewhere(), ...headers } });
	const told = await send({ email: " plain@mail.example ", month: next, articles: "", token: "", locale: "ru" });

	assert.deepEqual([told.status, told.headers.location], [303, `/remind/noted?l=ru&m=${next}`]);
	const page = await who.get(told.headers.location, { headers: HTML });

	assert.match(page.text, /<h1>Мы напомним<\/h1>[^]*Мы пришлём одно письмо: <time datetime="\d{4}-\d\d-01">1\u00a0[а-я]+ \d{4}<\/time>\./);
	const { who: reader, prompt } = await asked();
	const form = { email: "plain@mail.example", month: "", articles: "5", token: prompt.token, locale: "en" };
	const more = await reader.post("/remind", { form, headers: { origin: s.url, ...HTML, ...elsewhere() } });

	assert.equal(more.headers.location, "/remind/noted?l=en&n=5");
	assert.match((await who.get(more.headers.location, { headers: HTML })).text, /Articles until then: 5\./);
	assert.deepEqual(await row("plain@mail.example"), ["waiting", "plain@mail.example", "5", reader_of(reader)]);
	assert.equal((await send({ email: "plain@mail.example", month: next })).status, 303);
	assert.equal((await row("plain@mail.example"))[2], "5", "nobody else takes it away");
	assert.equal((await remind(reader, { email: "plain@mail.example", articles: 9, token: prompt.token })).status, 202);
	const fourth = await remind(reader, { email: "plain@mail.example", articles: 10, token: prompt.token });

	assert.deepEqual(fourth.json(), { remind: "articles", articles: 10 });
	assert.equal((await row("plain@mail.example"))[2], "9", "the fourth in a day is not taken");
	const here = elsewhere();

	for (let i = 0; i < 22; i++)
		assert.equal((await remind(s.client(), { email: `net-${i}@mail.example`, month: next }, here)).status, 202);
	assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE email LIKE 'net-%'"), 20, "twenty an hour of one network");
});

test("a token of another site, and one of a preview", async () => {
	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (2, 'other', 'Other', 'UTC', 'EUR', 'en', 'Gift', '/t', '/c'); INSERT INTO pledged.site_host (host, site_id) VALUES ('other.example', 2)`);
	const { who, prompt } = await asked();
	const there = { host: `other.example:${s.env.PORT}`, origin: `http://other.example:${s.env.PORT}` };
	const foreign = await remind(who, { email: "foreign@mail.example", articles: 3, token: prompt.token }, there);

	assert.deepEqual([foreign.status, foreign.json().type], [400, "urn:pledged:problem:bad_token"], foreign.text);
	const mine = await remind(who, { email: "foreign@mail.example", month: next }, there);

	assert.equal(mine.status, 202);
	assert.equal(await s.one("SELECT site_id::text || coalesce(reader_id::text, '-') FROM pledged.remind WHERE email = 'foreign@mail.example'"), "2-", "nor does a cookie count there");
	const link = (await s.ctl("preview", "support", "--variant", "a", "--page", `${s.url}/en/news/x`)).stdout.trim();
	const pass = new URL(link).searchParams.get("pledged_pass");
	const preview = (await s.client().get(`/decide?a=/en/news/x&s=news&l=en&pass=${encodeURIComponent(pass)}`)).json();

	assert.equal(preview.reason, "preview");
	assert.equal((await remind(s.client(), { email: "editor@mail.example", month: next, token: preview.token })).status, 202);
	assert.equal((await remind(s.client(), { email: "editor@mail.example", articles: 3, token: preview.token })).status, 422, "nobody reads there");
	assert.equal(await s.one("SELECT coalesce(campaign, '-') FROM pledged.remind WHERE email = 'editor@mail.example'"), "-");
});

test("the books agree", () => books_agree(s));
test("invariants", () => s.invariants());
