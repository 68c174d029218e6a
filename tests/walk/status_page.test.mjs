// The goal: a donor who comes back from the provider, or looks at the status page later, is told the truth in every state; what is not
// known yet is asked for, a bounded number of times, and nothing in the address changes anything.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HTML } from "./lib/manage.mjs";
import { books_agree, counts, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

// Only a page's own request makes the clerk look within the time of this walk.
const s = await stack({ name: "status-page", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 3000, "clerk.call_ms": 4000 } });

const html = async (pledge, query = "") => s.request(`/pledge/${pledge.pledge}${query}`, { headers: HTML });
const looks = async (pledge) => (await s.provider.requests({ method: "GET", path: session_of(pledge.url) })).length;
const life = (pledge, what) => s.sql(`UPDATE pledged.recurring SET ${what} WHERE pledge_id = (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}')`);

async function gave(fields = {}) {
	const pledge = await made(s, { email: "status@mail.example", ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	return pledge;
}

// --- what is asked for ---------------------------------------------------------------------------

test("back before the webhook: the page has the provider asked; the webhook then changes nothing (case 54)", async () => {
	const pledge = await made(s, { email: "before@mail.example" });

	await s.provider.webhooks({ paused: true, hold_ms: 0 });
	await s.provider.pay(pledge.url);
	const first = await html(pledge);

	assert.match(first.text, /The payment page is open|is on its way/);
	assert.ok(Number(first.headers.refresh) > 0);
	await until("the page says paid", async () => /The payment has arrived/.test((await html(pledge)).text), 15);
	const before = await counts(s);

	await s.provider.webhooks({ paused: false });
	await until("the webhooks have come", async () => (await counts(s)).inbox > before.inbox && await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 20);
	const after = await counts(s);

	assert.deepEqual([after.payment, after.mail_out], [before.payment, before.mail_out]);
});

test("back after the webhook: nobody is asked (case 54)", async () => {
	const pledge = await made(s);

	await s.provider.pay(pledge.url);
	await until("the webhook did it", async () => (await s.one(`SELECT status FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`)) === "paid", 20);
	const before = await looks(pledge);
	const done = await html(pledge);

	assert.match(done.text, /The payment has arrived/);
	assert.equal(done.headers.refresh, undefined);
	assert.equal((await state(s, pledge.pledge)).status, "paid");
	assert.equal(await s.one(`SELECT count(*) FROM pledged.attempt a JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${pledge.pledge}' AND look_asked_at IS NOT NULL`), "0");
	assert.equal(await looks(pledge), before);
});

test("no webhook ever: the page alone finds the payment; reloaded a hundred times it costs a few looks (case 54)", async () => {
	await s.provider.webhooks({ drop: true });
	const [paid, open] = [await made(s, { email: "never@mail.example" }), await made(s)];

	await s.provider.pay(paid.url);
	const began = Date.now();

	for (let i = 0; i < 25; i++) {
		await Promise.all([html(open), html(open), s.request(`/pledge/${open.pledge}`), html(open), html(paid)]);
		await sleep(100);
	}
	await until("the page says paid", async () => /The payment has arrived/.test((await html(paid)).text), 15);
	await html(open);
	const most = Math.floor((Date.now() - began) / 3000) + 1;

	assert.ok(await looks(open) <= most, `${await looks(open)} looks, at most ${most}`);
	assert.ok(await looks(open) >= 1);
	assert.equal((await state(s, open.pledge)).status, "offered");
	await s.provider.webhooks({ drop: false });
});

test("a session of somebody else, or a state, in the address: nothing comes from there (case 54)", async () => {
	const [open, other] = [await made(s), await gave()];
	const before = await counts(s);

	for (const query of [`?session_id=${session_of(other.url)}`, "?session_id=cs_test_made_up", "?status=paid&redirect_status=succeeded", `?p=${other.pledge}`, "?session_id=%27%3B--&session_id=x"]) {
		assert.match((await html(open, query)).text, /The payment page is open/, query);
		const { status, url } = (await s.request(`/pledge/${open.pledge}${query}`)).json();

		assert.deepEqual([status, url], ["offered", open.url]);
	}
	assert.equal((await s.request(`/thanks/?p=${open.pledge}&session_id=${session_of(other.url)}`)).status, 200);
	assert.deepEqual(await counts(s), before);
	for (const path of ["/pledge/", "/pledge/x", `/pledge/${"A".repeat(32)}`, `/pledge/${open.pledge}x`, `/pledge/${open.pledge}/x`])
		assert.equal((await s.request(path)).status, 404, path);
	assert.equal((await s.provider.requests({ path: "cs_test_made_up" })).length, 0, "no made-up id reaches the provider");
});

test("a provider that does not answer: the page waits and tells what it knows", async () => {
	const pledge = await made(s);

	await s.provider.fault({ match: { method: "GET" }, times: 0, do: "status:503" });
	assert.match((await html(pledge)).text, /The payment page is open/);
	await until("it was asked", async () => await looks(pledge) > 0);
	await s.provider.webhooks({ drop: true });
	await s.provider.pay(pledge.url);
	assert.equal((await html(pledge)).status, 200);
	await s.provider.no_faults();
	await until("it is told when the provider is back", async () => /The payment has arrived/.test((await html(pledge)).text), 20);
	await s.provider.webhooks({ drop: false });
});

// --- what is told --------------------------------------------------------------------------------

test("what happens to a payment afterwards: refunds and disputes", async () => {
	const [pledge, contested] = [await gave(), await gave()];
	const intent = async (p) => (await s.provider.object(session_of(p.url))).payment_intent;

	assert.match((await html(pledge)).text, /Paid on [^]*Reference: R-[0-9A-F]{12}[^]*href="\/manage\?l=en"/);
	await s.provider.refund({ payment_intent: await intent(pledge), amount: 1000 });
	await reaches(s, pledge.pledge, "partly_refunded");
	assert.equal((await state(s, pledge.pledge)).refunded, "10.00");
	assert.match((await html(pledge)).text, /A part of the payment was given back\.[^]*€10 of it were given back/);
	await s.provider.refund({ payment_intent: await intent(pledge) });
	await reaches(s, pledge.pledge, "refunded");
	assert.match((await html(pledge)).text, /The payment was given back\./);

	const { id } = await s.provider.dispute({ payment_intent: await intent(contested) });

	await reaches(s, contested.pledge, "disputed");
	assert.match((await html(contested)).text, /The payment is disputed/);
	await s.provider.dispute({ dispute: id, status: "lost" });
	await reaches(s, contested.pledge, "lost");
	assert.match((await html(contested)).text, /The payment was reversed/);
});

test("pages that lead nowhere any more say so, and offer another try, but no gift to manage", async () => {
	const [expired, failed] = [await made(s), await made(s)];

	await s.provider.expire(session_of(expired.url));
	await s.provider.delayed(failed.url);
	await reaches(s, failed.pledge, "processing");
	assert.match((await html(failed)).text, /is on its way/);
	await s.provider.settle(session_of(failed.url), "failed");
	await reaches(s, expired.pledge, "lapsed");
	await reaches(s, failed.pledge, "failed");
	for (const [pledge, words] of [[expired, /expired\. Nothing was charged/], [failed, /did not go through\. Nothing was charged/]]) {
		const page = await html(pledge);

		assert.match(page.text, words);
		assert.equal(page.headers.refresh, undefined);
		assert.ok(!page.text.includes("/manage"));
		assert.match(page.text, /\/again"[^]*Try again/);
	}
});

const again = (pledge, headers = {}) => s.request(`/pledge/${pledge.pledge}/again`, { method: "POST", form: {}, headers: { origin: s.url, ...HTML, ...headers } });

test("try again: a new page for the same pledge, once however often it is pressed, and the gift is made after all", async () => {
	const pledge = await made(s, { email: "again@mail.example" });

	assert.equal((await again(pledge)).headers.location, pledge.url, "while its page is open there is no other");
	assert.ok(!(await html(pledge)).text.includes("/again"));
	await s.provider.expire(session_of(pledge.url));
	await reaches(s, pledge.pledge, "lapsed");
	const page = await html(pledge);
	const [, path] = /<form [^>]*method="post" action="([^"]+)"/.exec(page.text);

	assert.equal(path, `/pledge/${pledge.pledge}/again`);
	assert.match(page.headers["content-security-policy"], new RegExp(`form-action 'self' ${s.provider.url};`));
	assert.equal((await again(pledge, { origin: "http://evil.example" })).status, 403);
	const told = await Promise.all([1, 2, 3].map(() => again(pledge)));

	assert.deepEqual([...new Set(told.map((x) => x.status))], [303]);
	const { url } = await state(s, pledge.pledge);

	assert.deepEqual([...new Set(told.map((x) => x.headers.location))], [url]);
	assert.notEqual(url, pledge.url);
	await s.provider.pay(url);
	await reaches(s, pledge.pledge, "paid");
	assert.equal((await again(pledge)).headers.location, `/pledge/${pledge.pledge}`, "what is paid is shown, not paid again");
	const json = await again(pledge, { accept: "application/json" });

	assert.deepEqual([json.status, json.json().status], [200, "paid"]);
	for (const other of ["x", `${pledge.pledge}/`, `${pledge.pledge}/agai`, `${pledge.pledge}/again/x`, "again"])
		assert.equal((await s.request(`/pledge/${other}`, { method: "POST", form: {}, headers: { origin: s.url } })).status, 404, other);
});

test("try again while the provider is known to be away: nobody is held, it is not called, and the page comes when it is back", async () => {
	const pledge = await made(s);

	await s.provider.expire(session_of(pledge.url));
	await reaches(s, pledge.pledge, "lapsed");
	await s.sql(`INSERT INTO pledged.circuit (provider, probe_s, state, fails, next_at) VALUES ('stripe', 3600, 'open', 8, now() + interval '1800 s')
		ON CONFLICT (provider) DO UPDATE SET (probe_s, state, fails, next_at) = (excluded.probe_s, excluded.state, excluded.fails, excluded.next_at)`);
	const called = async () => (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).length;
	const before = await called();
	const began = Date.now();

	for (const headers of [{}, { accept: "application/json" }, {}]) {
		const told = await again(pledge, headers);

		assert.deepEqual([told.status, told.headers.location ?? told.json().status], headers.accept ? [202, "new"] : [303, `/pledge/${pledge.pledge}`]);
	}
	assert.ok(Date.now() - began < 6000, `${Date.now() - began} ms`);
	assert.equal(await called(), before);
	await s.sql("UPDATE pledged.circuit SET probe_s = 3, next_at = now() WHERE provider = 'stripe'");
	await reaches(s, pledge.pledge, "offered");
	assert.equal(await called(), before + 1);
	await until("the circuit is closed", async () => await s.one("SELECT state FROM pledged.circuit WHERE provider = 'stripe'") === "closed", 30);
});

const STATES = [
	["active", "until = now() + interval '20 days'", "next_on", /The next payment is on <time datetime="(\d{4}-\d\d-\d\d)">\d/, /Следующий платёж — <time datetime="(\d{4}-\d\d-\d\d)">\d/],
	["past_due", "state = 'past_due', failures = 1, next_try_at = now() + interval '3 days'", "next_try_on", /did not go through\. We try again on <time datetime="([\d-]+)">/, /не прошёл\. Мы попробуем ещё раз <time datetime="([\d-]+)">/],
	["paused", "state = 'active', failures = 0, paused_until = now() + interval '2 months'", "paused_until", /nothing is charged before <time datetime="([\d-]+)">/, /до <time datetime="([\d-]+)">[^<]+<\/time> мы ничего не спишем/],
	["ending", "paused_until = NULL, ends_at = now() + interval '20 days'", "ends_on", /It ends on <time datetime="([\d-]+)">/, /Он завершится <time datetime="([\d-]+)">/],
	["ended", "state = 'ended'", null, /It has ended\. Nothing more is charged/, /Он завершён\. Больше мы ничего не спишем/],
];

for (const [locale, at] of [["en", 3], ["ru", 4]]) {
	test(`a recurring gift in each of its states, ${locale}`, async () => {
		const pledge = await gave({ interval: "month", locale });

		for (const [name, what, member, ...words] of STATES) {
			await life(pledge, what);
			const { status, recurring } = await state(s, pledge.pledge);
			const page = await html(pledge);
			const found = words[at - 3].exec(page.text);

			assert.equal(status, "paid");
			assert.equal(recurring.state, name);
			assert.ok(found, `${name}: ${page.text}`);
			assert.equal(page.headers.refresh, undefined);
			assert.equal(/The payment has arrived|Платёж получен/.test(page.text), name === "active", "no thanks for what did not come");
			assert.deepEqual(Object.keys(recurring), member ? ["state", member] : ["state"]);
			if (member)
				assert.equal(found[1], recurring[member]);
		}
	});
}

test("the books agree", async () => {
	// What this walk wrote by hand has no line in the ledger.
	await s.sql("SET session_replication_role = replica; UPDATE pledged.recurring SET state = 'active'; UPDATE pledged.recurring_log SET state = 'active'");
	await books_agree(s);
});

test("a page that is not there says so in the browser's language, or in that of the address", async () => {
	const at = (query, language) => s.request(`/pledge/${"x".repeat(32)}${query}`, { headers: { ...HTML, ...(language ? { "accept-language": language } : {}) } });
	const russian = /lang="ru"[^]*По этому адресу ничего нет/;

	for (const [query, language, words] of [["", "ru-RU,ru;q=0.9,en;q=0.8", russian], ["?l=ru", "en", russian], ["", "de,ru;q=0.5", /lang="en"[^]*nothing at this address/],
		["", undefined, /lang="en"/], ["?l=%00", "ru", russian]]) {
		const told = await at(query, language);

		assert.equal(told.status, 404);
		assert.match(told.text, words, `${query} ${language}`);
	}
	const again = await s.request(`/pledge/${"x".repeat(32)}/again`, { method: "POST", form: {}, headers: { origin: s.url, ...HTML, "accept-language": "ru" } });

	assert.match(again.text, russian);
});
