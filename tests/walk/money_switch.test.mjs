// The goal: one command takes a provider, a way to pay, a country or a campaign out of all running processes within two seconds; what runs
// goes on.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { country_of_header, creates, events } from "./lib/guard.mjs";
import { agent, client, key } from "./lib/http.mjs";
import { books_agree, counts, made, reaches, session_of } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep } from "./lib/until.mjs";

const s = await stack({ name: "money-switch", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "stripe.methods": "card,sepa_debit" } });
const pool = agent(16);
let n = 0;
const gift = (more = {}) => ({ amount: "25.00", currency: "EUR", interval: "once", email: `s${n += 1}@mail.example`, key: key(), ...more });
const give = (more) => client(s.url, { agent: pool }).pledge(gift(more));
const methods = async () => (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).map((r) =>
	[...decodeURIComponent(r.body).matchAll(/payment_method_types\[\d\]=([^&]*)/g)].map((m) => m[1]).join()).pop();

after(() => pool.destroy());

// effect: seconds from the end of a command to the last answer of the old kind, over all workers, under load.
async function effect(words, is_new) {
	const seen = [];
	let going = true;
	const load = Array.from({ length: 8 }, async () => {
		while (going) {
			const begun = Date.now();

			seen.push({ begun, fresh: is_new(await give()) });
		}
	});

	await sleep(500);
	const { code, stdout, stderr } = await s.ctl("pay", ...words);
	const done = Date.now();

	assert.equal(code, 0, stdout + stderr);
	await sleep(2500);
	going = false;
	await Promise.all(load);
	const old = Math.max(0, ...seen.filter((a) => !a.fresh).map((a) => (a.begun - done) / 1000));

	assert.ok(seen.some((a) => !a.fresh) && seen.some((a) => a.fresh), "both kinds were seen");
	return old;
}

test("pay off: 503 in words from all four workers within two seconds, no restart", async (t) => {
	const pids = await s.pids("money");
	const seconds = await effect(["off", "stripe", "--reason", "maintenance"], (a) => a.status === 503);

	t.diagnostic(`the last pledge that was taken began ${seconds.toFixed(3)} s after the command ended`);
	assert.ok(seconds < 2, `${seconds} s`);
	const before = [await counts(s), await creates(s)];
	const answers = await Promise.all(Array.from({ length: 12 }, () => give()));
	const page = await client(s.url).form(gift());

	assert.deepEqual([...new Set(answers.map((a) => a.status))], [503]);
	assert.equal(answers[0].json().type, "urn:pledged:problem:pay_off");
	assert.ok(Number(answers[0].headers["retry-after"]) > 0);
	assert.equal(page.status, 503);
	assert.match(page.text, /We take no contributions at the moment/);
	assert.deepEqual([(await counts(s)).pledge, await creates(s)], [before[0].pledge, before[1]]);
	assert.deepEqual(await s.pids("money"), pids);
	assert.match((await s.ctl("pay", "list")).stdout, /^stripe +off .*\w+ +maintenance$/m);
	assert.equal((await s.request("/prompt?l=en")).status, 200, "readers' pages are as before");
});

test("while it is off, nobody is offered a page that has run out once more", async () => {
	await s.ctl("pay", "on", "stripe");
	const pledge = await made(s, gift());
	const again = () => s.request(`/pledge/${pledge.pledge}/again`, { method: "POST", form: {}, headers: { origin: s.url, accept: "text/html" } });

	await s.provider.expire(session_of(pledge.url));
	await reaches(s, pledge.pledge, "lapsed");
	await s.ctl("pay", "off", "stripe");
	const before = await creates(s);
	const refused = await again();

	assert.equal(refused.status, 503);
	assert.match(refused.text, /We take no contributions at the moment/);
	assert.equal(await creates(s), before);
	await s.ctl("pay", "on", "stripe");
	assert.equal((await again()).status, 303);
	assert.equal(await creates(s), before + 1);
});

test("while it is off, open pages are paid, webhooks and refunds go on", async () => {
	await s.ctl("pay", "on", "stripe");
	const fields = gift();
	const pledge = await made(s, fields);

	await s.ctl("pay", "off", "stripe");
	assert.equal((await s.client().pledge(fields)).status, 201, "a stored pledge is answered");
	assert.equal((await s.provider.pay(pledge.url)).status, 303);
	await reaches(s, pledge.pledge, "paid");
	const intent = await s.one(`SELECT y.intent FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${pledge.pledge}'`);

	await s.provider.refund({ payment_intent: intent });
	await reaches(s, pledge.pledge, "refunded");
	const seconds = await effect(["on", "stripe"], (a) => a.status === 201);

	assert.ok(seconds < 2, `${seconds} s`);
});

test("a method off: new pages offer the others, within two seconds over all workers", async () => {
	// each of the workers that refused before asks anew
	assert.deepEqual((await Promise.all(Array.from({ length: 16 }, () => give()))).map((answer) => answer.status), Array(16).fill(201));
	assert.equal(await methods(), "card,sepa_debit");
	assert.equal((await s.ctl("pay", "off", "stripe", "--method", "sepa_debit", "--reason", "fraud")).code, 0);
	await sleep(2000);
	const before = await creates(s);

	await Promise.all(Array.from({ length: 16 }, () => give()));
	const sent = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).slice(before);

	assert.equal(sent.length, 16);
	assert.deepEqual(sent.filter((r) => /sepa_debit/.test(r.body)), []);
	assert.equal((await s.ctl("pay", "off", "stripe", "--method", "card")).code, 0);
	const [none, ...others] = await Promise.all(Array.from({ length: 16 }, () => give()));

	assert.deepEqual(others.map((answer) => answer.status), Array(15).fill(503));
	assert.equal(none.status, 503);
	assert.equal(none.json().type, "urn:pledged:problem:pay_off");
	await s.ctl("pay", "on", "stripe", "--method", "card");
	await s.ctl("pay", "on", "stripe", "--method", "sepa_debit");
	assert.equal((await give()).status, 201);
	assert.equal(await methods(), "card,sepa_debit");
	assert.deepEqual((await events(s, "switch")).slice(-4).map((e) => e.join()), ["stripe/sepa_debit,on,off", "stripe/card,on,off",
		"stripe/card,off,on", "stripe/sepa_debit,off,on"]);
});

test("a country off: nobody from there is taken, by form or script, and everybody else is", async () => {
	const from = (country, more) => client(s.url, { headers: { "walk-country": country } }).pledge(gift(more));
	const fields = gift();

	await country_of_header(s);
	const old = await made(s, gift());
	const again = (country) => s.request(`/pledge/${old.pledge}/again`, { method: "POST", form: {}, headers: { "walk-country": country, origin: s.url, accept: "text/html" } });

	await s.provider.expire(session_of(old.url));
	await reaches(s, old.pledge, "lapsed");
	assert.equal((await from("NO", fields)).status, 201);
	assert.equal((await s.ctl("pay", "off", "--country", "NO", "--reason", "cards are tried")).stdout, "country/NO is off\n");
	const before = [(await counts(s)).pledge, await creates(s)];
	const refused = await Promise.all(Array.from({ length: 12 }, () => from("NO")));
	const page = await client(s.url, { headers: { "walk-country": "NO" } }).form(gift());

	assert.deepEqual([...new Set(refused.map((answer) => answer.status))], [503], "all four workers know");
	assert.equal(refused[0].json().type, "urn:pledged:problem:pay_off");
	assert.ok(Number(refused[0].headers["retry-after"]) > 0);
	assert.equal(page.status, 503);
	assert.match(page.text, /We take no contributions at the moment/);
	assert.equal((await again("NO")).status, 503, "nor is anybody who comes back from there offered a page");
	assert.deepEqual([(await counts(s)).pledge, await creates(s)], before, "nothing is stored, nobody is called");
	assert.equal((await from("NO", fields)).status, 201, "a stored pledge is answered");
	assert.equal((await again("SE")).status, 303);
	assert.deepEqual((await Promise.all(["SE", "", "no"].map((country) => from(country)))).map((answer) => answer.status), [201, 201, 201]);
	assert.match((await s.ctl("pay", "list")).stdout, /^country\/NO +off .*\w+ +cards are tried$/m);
	assert.equal((await s.ctl("pay", "on", "--country", "NO")).stdout, "country/NO is on\n");
	assert.equal((await from("NO")).status, 201);
});

test("a campaign off: no pledge of it is taken, nor offered a page again; others are", async () => {
	const old = await made(s, gift({ campaign: "support" }));
	const again = () => s.request(`/pledge/${old.pledge}/again`, { method: "POST", form: {}, headers: { origin: s.url, accept: "text/html" } });

	await s.provider.expire(session_of(old.url));
	await reaches(s, old.pledge, "lapsed");
	assert.equal((await s.ctl("pay", "off", "--campaign", "demo/support")).stdout, "campaign/demo/support is off\n");
	assert.equal((await s.ctl("pay", "off", "--campaign", "support")).stdout, "campaign/support is off as before\n");
	assert.deepEqual((await Promise.all([give({ campaign: "support" }), give({ campaign: "meter" }), give()])).map((answer) => answer.status), [503, 201, 201]);
	assert.equal((await again()).status, 503);
	await s.ctl("pay", "on", "--campaign", "support");
	assert.equal((await give({ campaign: "support" })).status, 201);
	assert.equal((await again()).status, 303);
	assert.deepEqual((await events(s, "switch")).slice(-4).map((e) => e.join()), ["country/NO,on,off", "country/NO,off,on",
		"campaign/demo/support,on,off", "campaign/demo/support,off,on"]);
});

test("what cannot be switched is said in words", async () => {
	for (const [words, said] of [[["off", "stripe", "--method", "klarna"], /klarna does not stand in stripe\.methods \(card,sepa_debit\)/],
		[["off", "paypal"], /there is no provider paypal; these are configured: stripe/], [["off"], /^usage:/], [["on", "stripe", "more"], /^usage:/],
		[["off", "stripe", "--country", "NO"], /^usage:/], [["off", "--country", "NO", "--campaign", "support"], /^usage:/], [["off", "--country", "NO", "--method", "card"], /^usage:/],
		[["off", "--country", "no"], /two capital letters/], [["off", "--country", "NOR"], /two capital letters/], [["off", "--campaign", "nobody"], /there is no campaign nobody/]]) {
		const { code, stderr } = await s.ctl("pay", ...words);

		assert.notEqual(code, 0);
		assert.match(stderr, said);
	}
});

test("the books agree", () => books_agree(s));
