// The goal: a script that makes pledges is held back exactly, over all workers, before anything is stored or anybody is called, and an
// honest donor from elsewhere passes meanwhile. When the provider refuses too much the form shuts, and opens by itself.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { fields_of, solve } from "./lib/form.mjs";
import { country_of_header, creates, events, from, guard_stack, rules } from "./lib/guard.mjs";
import { agent, client, key } from "./lib/http.mjs";
import { books_agree, counts, deliver, event, made, reaches, state } from "./lib/money.mjs";
import { sleep, until } from "./lib/until.mjs";

// No bucket leaks within the test, so the figures are exact.
const SLOW = 0.0001;
const s = await guard_stack({ name: "money-limit", moneys: 6, set: { "stripe.methods": "card", "clerk.interval_ms": 100, "puzzle.bits": 8, "puzzle.wait_s": 2 }, limits: { network: [4, SLOW],
	wide: [10, SLOW], reader: [4, SLOW], email: [4, SLOW], site: [1000, 10] } });
const pool = agent(24);
let n = 0;
const gift = (more = {}) => ({ amount: `${10 + (n += 1)}.00`, currency: "EUR", interval: "once", email: `d${n}@mail.example`, key: key(), ...more });
const status = (answers, code) => answers.filter((a) => a.status === code).length;
const many = async (count, one) => {
	const answers = [];
	let next = 0;

	await Promise.all(Array.from({ length: 24 }, async () => {
		for (let i; (i = next++) < count;)
			answers.push(await one(i));
	}));
	return answers;
};
const empty = () => s.sql("DELETE FROM pledged.limit_bucket");

after(() => pool.destroy());

test("1000 posts from one network while an honest donor gives: its burst passes, all else is 429 (case 79)", async () => {
	const before = [await counts(s), await creates(s)];
	const attack = many(1000, (i) => from(s, `192.0.2.${i % 250 + 1}`, { agent: pool }).pledge(gift()));
	const honest = await from(s, "198.51.100.7").pledge(gift());
	const answers = await attack;

	assert.equal(honest.status, 201, honest.text);
	assert.deepEqual([status(answers, 201), status(answers, 429)], [4, 996]);
	assert.deepEqual([(await counts(s)).pledge - before[0].pledge, await creates(s) - before[1]], [5, 5], "no call beyond the limit");
	const { headers, json } = answers.find((a) => a.status === 429);

	assert.ok(Number(headers["retry-after"]) > 0);
	assert.match(headers["content-type"], /^application\/problem\+json/);
	assert.equal(json().type, "urn:pledged:problem:too_many");
	assert.match(json().detail, /^Please try again in [\d,]+ minutes\.$/);
	assert.deepEqual(await s.sql("SELECT DISTINCT octet_length(who) FROM pledged.limit_bucket"), [["32"]], "hashes, no addresses");
});

test("a page says it in the donor's words, too (case 79)", async () => {
	const page = await from(s, "192.0.2.9").form(gift({ locale: "ru" }));

	assert.equal(page.status, 429);
	assert.ok(Number(page.headers["retry-after"]) > 0);
	assert.match(page.text, /lang="ru"[^]*Попробуйте ещё раз через [\d\s\u00a0]+ мин\./);
	assert.match((await from(s, "192.0.2.9").form(gift())).text, /Please try again in [\d,]+ minutes\.[^]*Nothing has been charged/);
});

test("one address of e-mail from everywhere, in any case (case 79)", async () => {
	await empty();
	const answers = await many(40, (i) => from(s, `10.1.${i}.1`, { agent: pool }).pledge(gift({ email: i % 2 ? "One@mail.example" : "one@MAIL.example" })));

	assert.deepEqual([status(answers, 201), status(answers, 429)], [4, 36]);
});

test("IPv6: four of a /64, ten of a /56 (case 79)", async () => {
	await empty();
	const one = await many(12, (i) => from(s, `2001:db8:0:1::${i + 1}`, { agent: pool }).pledge(gift()));
	const wide = await many(24, (i) => from(s, `2001:db8:0:${(i + 2).toString(16)}::1`, { agent: pool }).pledge(gift()));
	const other = await from(s, "2001:db8:0:100::1").pledge(gift());

	assert.deepEqual([status(one, 201), status(wide, 201), other.status], [4, 6, 201]);
});

test("one reader, whatever the address (case 79)", async () => {
	await empty();
	const jar = new Map();

	await from(s, "10.2.0.1", { jar }).get("/en/news/ferry");
	await from(s, "10.2.0.1", { jar }).decide("/en/news/ferry");
	const answers = await many(12, (i) => from(s, `10.3.${i}.1`, { agent: pool, jar }).pledge(gift()));

	assert.equal(status(answers, 201), 4, `${[...jar.keys()]}`);
});

test("spread over 300 networks: the site's own limit; a rule changed holds at once in all workers (case 79)", async () => {
	await empty();
	await rules(s, { site: [50, SLOW] });
	const before = await creates(s);
	const answers = await many(300, (i) => from(s, `10.${4 + (i >> 8)}.${i & 255}.1`, { agent: pool }).pledge(gift()));

	assert.deepEqual([status(answers, 201), status(answers, 429)], [50, 250]);
	assert.equal(await creates(s) - before, 50);
	await rules(s, { site: [1000, 10] });
	const after_it = await many(24, (i) => from(s, `10.9.${i}.1`, { agent: pool }).pledge(gift()));

	assert.equal(status(after_it, 201), 24);
	assert.deepEqual((await events(s, "limit")).slice(-1)[0][2], "1000, 10/s, on");
});

test("one decision's token, sent from everywhere; pledges without it pass (case 79)", async () => {
	await empty();
	await rules(s, { token: [3, SLOW] });
	const reader = from(s, "10.40.0.1");

	await reader.decide("/en/news/ferry");
	const { token } = await reader.decide("/en/news/tide");
	const answers = await many(40, (i) => from(s, `10.41.${i}.1`, { agent: pool }).pledge(gift({ token })));
	const { headers, json } = answers.find((a) => a.status === 429);

	assert.deepEqual([status(answers, 201), status(answers, 429), json().type], [3, 37, "urn:pledged:problem:too_many"]);
	assert.ok(Number(headers["retry-after"]) > 0);
	assert.equal((await from(s, "10.42.0.1").pledge(gift())).status, 201);
	await rules(s, { token: [1000, 10] });
});

test("one country, from 60 networks; another one passes meanwhile (case 79)", async () => {
	await empty();
	await country_of_header(s);
	await rules(s, { country: [5, SLOW] });
	const of = (country, address) => client(s.url, { agent: pool, headers: { "x-walk-address": address, "walk-country": country } });
	const answers = await many(60, (i) => of(i % 6 === 5 ? "SE" : "NO", `10.43.${i}.1`).pledge(gift()).then((answer) => ({ ...answer, i })));
	const [no, se] = [answers.filter(({ i }) => i % 6 < 5), answers.filter(({ i }) => i % 6 === 5)];

	assert.deepEqual([no.length, status(no, 201), status(no, 429), status(se, 201), status(se, 429)], [50, 5, 45, 5, 5]);
	assert.ok(Number(no.find((a) => a.status === 429).headers["retry-after"]) > 0);
	assert.equal((await from(s, "10.44.0.1").pledge(gift())).status, 201, "nor is it of a country that nobody knows");
	await rules(s, { country: [1000, 10] });
});

test("the same key 40 times at once is one pledge and counts once; a full bucket does not hold back its repetition (case 79)", async () => {
	await empty();
	const fields = gift();
	const answers = await many(40, () => from(s, "203.0.113.5", { agent: pool }).pledge(fields));

	assert.equal(status(answers, 201), 40);
	assert.equal(await s.one("SELECT max(level) FROM pledged.limit_bucket WHERE scope = 'network'"), "1");
	const rest = await many(12, () => from(s, "203.0.113.5", { agent: pool }).pledge(gift()));

	assert.equal(status(rest, 201), 3);
	assert.equal((await from(s, "203.0.113.5").pledge(fields)).status, 201);
});

test("a forged header moves nobody: the address is what nginx believes", async () => {
	const answer = await from(s, "203.0.113.5").pledge(gift(), { headers: { "x-forwarded-for": "9.9.9.9", "pledged-client-ip": "9.9.9.9",
		"x-real-ip": "9.9.9.9" } });

	assert.equal(answer.status, 429);
});

test("a crowd behind one address: when its burst is over a puzzle opens more room, or time where there are no scripts; for readers we know nothing is asked", async () => {
	await empty();
	await rules(s, { network: [2, SLOW], crowd: [4, SLOW], plain: [1, SLOW], plain_site: [10, SLOW] });
	const inside = (i, options) => client(s.url, { ...options, headers: { "x-walk-address": `192.0.2.${i}`, "user-agent": "Mozilla/5.0 (walk)", "accept-language": "en" } });
	const before = await creates(s);

	assert.deepEqual([(await inside(1).pledge(gift())).status, (await inside(2).pledge(gift())).status], [201, 201]);
	const asked = await inside(3).pledge(gift());

	assert.equal(asked.status, 428, asked.text);
	assert.equal(asked.json().type, "urn:pledged:problem:puzzle_wanted");
	const { ticket, puzzle } = asked.json();

	assert.equal((await inside(3).pledge(gift({ ticket, proof: "1" }))).status, 428, "no guess");
	assert.equal((await inside(3).pledge(gift({ ticket, proof: solve(ticket, puzzle) }))).status, 201);
	const form = await inside(4).form(gift());

	assert.equal(form.status, 428);
	assert.match(form.text, /Please press the button in \d+ seconds/);
	await sleep(2100);
	assert.equal((await inside(4).form(fields_of(form.text))).status, 303);
	const jar = new Map();
	const known = inside(5, { jar });

	await known.get("/en/news/ferry");
	await known.decide("/en/news/ferry");
	await known.decide("/en/news/ferry");
	await until("a row", async () => await s.count("SELECT count(*) FROM pledged.reader") > 0, 60);
	assert.equal((await known.pledge(gift())).status, 428, "a reader of a moment");
	await s.sql("UPDATE pledged.reader SET first_at = first_at - interval '11 min'");
	assert.equal((await known.pledge(gift())).status, 201, "a reader of a while");
	assert.equal(await creates(s) - before, 5);
	const last = (await inside(6).pledge(gift())).json();

	assert.equal((await inside(6).pledge(gift({ ticket: last.ticket, proof: solve(last.ticket, last.puzzle) }))).status, 201);
	assert.equal((await inside(7).pledge(gift())).status, 429, "the crowd's room has an end, and then no puzzle is asked for");
	assert.equal((await from(s, "192.0.3.1").pledge(gift())).status, 201, "elsewhere nothing is asked");
	await s.sql(`UPDATE pledged.limit_rule SET "on" = false WHERE scope IN ('crowd', 'plain', 'plain_site')`);
	await rules(s, { network: [4, SLOW] });
	await empty();
});

test("card after card on one page: it is ended, and shuts nobody's form", async () => {
	const before = await s.count("SELECT count(*) FROM pledged.guard_event WHERE kind = 'form'");
	const one = await made(s, gift(), from(s, "10.40.0.1"));

	for (let i = 0; i < 8; i++)
		await s.provider.decline(one.url);
	await until("its page is ended", async () => (await state(s, one.pledge)).status === "lapsed", 60);
	assert.equal(await s.one("SELECT kind || ' ' || author FROM pledged.wish"), "expire guard");
	assert.equal(await s.count("SELECT n FROM pledged.decline_page"), 8);
	assert.equal(await s.count("SELECT count(*) FROM pledged.guard_event WHERE kind = 'form'"), before);
	assert.equal((await from(s, "10.40.1.1").pledge(gift())).status, 201);
});

test("one card on page after page: where it is tried once too often the page is ended, and no other", async () => {
	await empty();
	await s.sql(`UPDATE pledged.limit_rule SET "on" = true, burst = 3 WHERE scope = 'card'`);
	const pages = [];
	const told = () => s.count(`SELECT coalesce(sum(n), 0) FROM pledged.decline_page JOIN pledged.pledge USING (pledge_id)
		WHERE public_token IN ('${pages.map((page) => page.pledge).join("', '")}')`);

	for (let i = 0; i < 5; i++)
		pages.push(await made(s, gift(), from(s, `10.41.${i}.1`)));
	for (const [i, page] of pages.entries()) {
		await s.provider.decline(page.url, i < 4 ? "Xt5EWLLDS7FJjR1c" : "AnotherCard00001");
		await until("it is told", async () => await told() === i + 1, 60);
	}
	await s.provider.decline(pages[4].url);
	await until("the page of the fourth try is ended", async () => (await state(s, pages[3].pledge)).status === "lapsed", 60);
	await until("all are told", async () => await told() === 6, 60);
	assert.equal(await s.one("SELECT author || ': ' || reason FROM pledged.wish ORDER BY created_at DESC LIMIT 1"), "guard: a card that was refused too often");
	assert.deepEqual(await Promise.all([0, 1, 2, 4].map(async (i) => (await state(s, pages[i].pledge)).status)), Array(4).fill("offered"));
	assert.deepEqual(await s.sql("SELECT count(*), round(max(level)) FROM pledged.limit_bucket WHERE scope = 'card'"), [["2", "3"]]);
	await s.provider.pay(pages[4].url);
	await reaches(s, pages[4].pledge, "paid");
	await s.sql(`UPDATE pledged.limit_rule SET "on" = false WHERE scope = 'card'`);
	await empty();
});

test("a refused first instalment tells neither its page nor its pledge: it counts for nobody, and the page can be paid", async () => {
	await s.sql(`UPDATE pledged.limit_rule SET "on" = true, burst = 3 WHERE scope = 'card'`);
	const refusals = () => s.count("SELECT count(*) FROM pledged.inbox WHERE event_type = 'payment_intent.payment_failed'");
	const counted = () => s.sql("SELECT (SELECT coalesce(sum(n), 0) FROM pledged.decline_count), (SELECT count(*) FROM pledged.limit_bucket WHERE scope = 'card')");
	const before = [await refusals(), await counted(), (await s.provider.ledger()).counts];
	const page = await made(s, gift({ interval: "month" }), from(s, "10.42.0.1"));

	for (let i = 0; i < 5; i++)
		await s.provider.decline(page.url, "Xt5EWLLDS7FJjR1c");
	await until("all are told", async () => await refusals() === before[0] + 5, 60);
	assert.deepEqual(await counted(), before[1]);
	const { counts: then } = await s.provider.ledger();

	assert.deepEqual([then.payment_intent - before[2].payment_intent, then.subscription, then.invoice], [1, before[2].subscription, before[2].invoice]);
	await s.provider.pay(page.url);
	await reaches(s, page.pledge, "paid");
	assert.equal((await s.provider.ledger()).counts.payment_intent, then.payment_intent, "the same intent is paid in the end");
	await s.sql(`UPDATE pledged.limit_rule SET "on" = false WHERE scope = 'card'`);
	await empty();
});

test("the same browser and amount with another key: a second pledge, and a hint (case 9)", async () => {
	await empty();
	const fields = { amount: "77.00", email: "twice@mail.example" };
	const who = from(s, "10.20.0.1", { jar: new Map() });

	await who.decide("/limit/1");
	const first = await made(s, gift(fields), who);
	const second = await made(s, gift(fields), who);
	const third = await made(s, gift({ ...fields, amount: "78.00" }), who);
	const other = await made(s, gift(fields), from(s, "10.20.2.1"));

	assert.notEqual(first.pledge, second.pledge);
	assert.notEqual(first.url, second.url);
	assert.deepEqual([first.hint, second.hint, third.hint], [undefined, "You pledged the same amount a moment ago.", undefined]);
	assert.equal(other.hint, undefined, "who only types the address learns nothing");
	assert.equal((await state(s, second.pledge)).hint, second.hint);
	assert.equal((await state(s, first.pledge)).hint, undefined);
	assert.match((await s.request(`/pledge/${second.pledge}`, { headers: { accept: "text/html" } })).text, /You pledged the same amount a moment ago/);
	assert.equal(await s.one(`SELECT round(level::numeric, 2) FROM pledged.limit_bucket b WHERE scope = 'email'
		AND who = pledged.email_hash(b.site_id, 'twice@mail.example')`), "4.00", "the limit counts each");
	await s.provider.pay(second.url);
	await reaches(s, second.pledge, "paid");
	assert.equal((await state(s, second.pledge)).hint, undefined, "who has paid is thanked");
});

test("too many payments refused: the form shuts for pledges alone, and opens by itself (case 80)", async () => {
	await empty();
	const site = await s.one("SELECT site_id FROM pledged.site WHERE slug = 'demo'");

	await s.sql(`INSERT INTO pledged.breaker (site_id, over_percent, puzzle_percent, at_least, window_s, pause_s, trial_n, trial_gap_s)
		VALUES (${site}, 60, NULL, 12, 20, 3, 3, 1) ON CONFLICT (site_id) DO UPDATE SET puzzle_percent = NULL, at_least = 12, window_s = 20, pause_s = 3, trial_n = 3, trial_gap_s = 1`);
	await s.sql("DELETE FROM pledged.decline_count");
	const pledges = await Promise.all([1, 2, 3, 4, 5, 6, 7].map((i) => made(s, gift(), from(s, `10.30.${i}.1`))));

	for (let i = 0; i < 14; i++)
		await s.provider.decline(pledges[i % 7].url);
	const form = () => s.one(`SELECT state FROM pledged.breaker WHERE site_id = ${site}`);

	await until("the form is shut", async () => await form() === "shut");
	const before = [await creates(s), await counts(s)];
	const answer = await from(s, "10.31.0.1").pledge(gift());
	const page = await from(s, "10.31.0.1").form(gift());

	assert.equal(answer.status, 503);
	assert.equal(answer.json().type, "urn:pledged:problem:form_shut");
	assert.ok(Number(answer.headers["retry-after"]) > 0);
	assert.match(answer.json().detail, /^Please try again in \d+ seconds/);
	assert.equal(page.status, 503);
	assert.match(page.text, /We take no contributions for a moment/);
	assert.deepEqual([await creates(s), (await counts(s)).pledge], [before[0], before[1].pledge], "nothing stored, nobody called");
	assert.equal((await s.request("/decide?a=/en/news/ferry&s=news&l=en")).status, 200, "readers read on");
	assert.equal((await s.provider.pay(pledges[0].url)).status, 303, "what is open can be paid");
	await reaches(s, pledges[0].pledge, "paid");
	await until("an alarm in the log", async () => /"level":"error"[^\n]*"msg":"a guard changed"[^\n]*"kind":"form"[^\n]*"became":"shut"/.test(await s.log("clerk")));
	await until("a metric", async () => /^pledged_forms_shut 1$/m.test((await s.request("/metrics")).text), 20);
	let passed = 0;

	await until("the form is open again", async () => {
		passed += (await from(s, `10.32.${passed}.1`).pledge(gift())).status === 201 ? 1 : 0;
		return await form() === "open";
	}, 90);
	assert.ok(passed > 0, "a few were let through before");
	await until("the metric says so, too", async () => /^pledged_forms_shut 0$/m.test((await s.request("/metrics")).text), 20);
	assert.equal((await from(s, "10.33.0.1").pledge(gift())).status, 201);
	const steps = (await events(s, "form")).map(([name, was, became]) => `${name}:${was}>${became}`);

	assert.deepEqual([steps[0], steps.at(-1)], ["demo:open>shut", "demo:trial>open"]);
});

test("refusals that tell of no pledge of ours, or come twice, count nothing (case 80)", async () => {
	const before = await s.one("SELECT coalesce(sum(n), 0) FROM pledged.decline_count");
	const stray = event("payment_intent.payment_failed", { id: "pi_stray", object: "payment_intent", metadata: { pledge: "not-an-id" } });

	assert.equal((await deliver(s, stray)).status, 200);
	assert.equal((await deliver(s, stray)).status, 200);
	assert.equal((await deliver(s, event("payment_intent.payment_failed", { id: "pi_stray2", object: "payment_intent",
		metadata: {} }, { livemode: true }))).status, 200);
	assert.equal(await s.one("SELECT coalesce(sum(n), 0) FROM pledged.decline_count"), before);
});

test("the books agree", async () => {
	await s.provider.no_faults();
	await books_agree(s);
});
