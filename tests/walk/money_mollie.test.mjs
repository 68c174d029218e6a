// The goal: a second provider beside the first. A gift at Mollie arrives once and is known, whatever is lost, repeated or made up;
// what goes back goes back once; either can be switched off; and the books of both together are ours.

import assert from "node:assert/strict";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, made, mollie_minor, patience, reaches, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "money-mollie", views: 1, moneys: 4, set: { "pay.providers": "stripe,mollie", "clerk.interval_ms": 100,
	"clerk.lookup_after_s": 5, "clerk.call_ms": 3000, "money.wait_ms": 3000, "view.deadline_ms": 3000 } });
await patience(s, 1000, "mollie");	// each fault is to be met, so no circuit opens
const CREATE = { method: "POST", path: "^/v2/payments$" };
const mollie = (fields = {}) => made(s, { provider: "mollie", ...fields });
const id_of = (url) => new URL(url).pathname.split("/").pop();
const theirs = async (id) => (await s.provider.mollie()).payments.find((p) => p.id === id);
const creates = async () => (await s.provider.requests(CREATE)).length;
const hook = (body, headers = {}) => s.request("/webhook/mollie", { method: "POST", body,
	headers: { "content-type": "application/x-www-form-urlencoded", ...headers } });
const attempt = (token) => s.sql(`SELECT a.provider, a.object_id, a.state FROM pledged.attempt a JOIN pledged.pledge USING (pledge_id)
	WHERE public_token = '${token}' ORDER BY a.no`);

// --- paid ----------------------------------------------------------------------------------------

test("a gift is paid and its webhook tells (case 1)", async () => {
	const gift = await mollie({ email: "once@mail.example", locale: "de" });
	const p = await theirs(id_of(gift.url));

	assert.match(gift.url, new RegExp(`^${s.provider.url}/m/pay/tr_`));
	assert.deepEqual(p.amount, { value: "25.00", currency: "EUR" });
	assert.equal(p.locale, "de_DE");
	assert.equal(p.webhookUrl, `${s.url}/webhook/mollie`);
	assert.deepEqual(await attempt(gift.pledge), [["mollie", p.id, "open"]]);
	const back = await s.provider.pay(gift.url);

	assert.equal(back.status, 303);
	assert.match(back.headers.location, /\/thanks\/\?p=/);
	await reaches(s, gift.pledge, "paid");
	assert.match((await state(s, gift.pledge)).receipt, /^R-/);
	await until("one receipt", async () => await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient = 'once@mail.example'") === 1);
	await books_agree(s);
});

for (const [amount, currency, value] of [["1000", "JPY", "1000"], ["500.00", "ISK", "500"], ["175", "HUF", "175.00"], ["7.5", "USD", "7.50"]]) {
	test(`${amount} ${currency} are ${value} there (case 3)`, async () => {
		const gift = await mollie({ amount, currency });

		assert.deepEqual((await theirs(id_of(gift.url))).amount, { value, currency });
		await s.provider.pay(gift.url);
		await reaches(s, gift.pledge, "paid");
	});
}

test("a lost webhook is made up for by a look", async () => {
	await s.provider.mollie({ do: "webhooks", drop: true });
	const gifts = [await mollie(), await mollie(), await mollie(), await mollie()];

	for (const gift of gifts)
		await s.provider.pay(gift.url);
	for (const gift of gifts)
		await until("paid by a look that nobody asked for", async () => await s.one(`SELECT status FROM pledged.pledge
			WHERE public_token = '${gift.pledge}'`) === "paid", 60);
	await s.provider.mollie({ do: "webhooks" });
	await books_agree(s);
});

test("a donor's page asks, too", async () => {
	await s.provider.mollie({ do: "webhooks", drop: true });
	const gift = await mollie();

	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid", 30);
	await s.provider.mollie({ do: "webhooks" });
});

// --- keys and faults -----------------------------------------------------------------------------

test("the same key from 20 clients at once is one payment (case 8)", async () => {
	const fields = { provider: "mollie", key: key(), amount: "11.00" };
	const before = (await s.provider.mollie()).payments.length;
	const answers = await Promise.all(Array.from({ length: 20 }, () => s.client().pledge(fields, { timeout_ms: 30000 })));
	const urls = new Set(answers.filter((a) => a.status === 201).map((a) => a.json().url));

	assert.ok(answers.every((a) => [201, 202].includes(a.status)), answers.map((a) => a.status).join());
	assert.equal(urls.size, 1);
	assert.equal((await s.provider.mollie()).payments.length, before + 1);
	const other = await s.client().pledge({ ...fields, provider: "stripe" });

	assert.equal(other.status, 422, "another provider is another content");
	assert.match(other.text, /key_reused/);
});

for (const fault of ["drop-after-request", "half", "html", "bad-json", "wrong-length", "empty-json", "status:503"]) {
	test(`after ${fault} the same key finds the one payment (cases 12, 13, 14)`, async () => {
		const before = (await s.provider.mollie()).payments.length;
		const fields = { provider: "mollie", key: key(), amount: "12.00" };

		await s.provider.fault({ match: CREATE, do: fault });
		let gift;

		await until("a page", async () => {
			const answer = await s.client().pledge(fields, { timeout_ms: 30000 });

			assert.ok([201, 202].includes(answer.status), answer.text);
			gift = answer.json();
			return gift.url;
		}, 40);
		assert.equal((await s.provider.mollie()).payments.length, before + 1);
		const keys = new Set((await s.provider.requests(CREATE)).slice(-2).map((r) => r.key));

		assert.equal(keys.size, 1);
		await s.provider.pay(gift.url);
		await reaches(s, gift.pledge, "paid");
	});
}

test("a page whose answer outlived its key is found in the list (case 23)", async () => {
	const before = (await s.provider.mollie()).payments.length;
	const fields = { provider: "mollie", key: key(), amount: "13.00" };

	await s.provider.fault({ match: CREATE, do: "drop-after-request" }, { match: CREATE, do: "status:503", times: 20 });
	const answer = await s.client().pledge(fields, { timeout_ms: 30000 });

	assert.equal(answer.status, 202, answer.text);
	// fifty minutes later, for the key
	await s.sql(`SET session_replication_role = replica; UPDATE pledged.outbox SET first_sent_at = first_sent_at - interval '51 minutes',
		not_before = now(), lease_until = NULL WHERE kind = 'create' AND state = 'open' AND provider = 'mollie'`);
	const sent = await creates();

	await until("found", async () => (await attempt(answer.json().pledge))[0][2] === "open", 40);
	assert.ok(await creates() <= sent + 1, "nothing is sent under a key that is too old");
	await s.provider.no_faults();
	assert.equal((await s.provider.mollie()).payments.length, before + 1);
	const gift = await until("its page", async () => (await state(s, answer.json().pledge)).url && state(s, answer.json().pledge));

	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid");
	await books_agree(s);
});

test("a page of another host is not offered (case 14)", async () => {
	await s.provider.fault({ match: CREATE, do: { do: "bad-url", url: "https://evil.example/pay" } });
	const answer = await s.client().pledge({ provider: "mollie" }, { timeout_ms: 30000 });

	assert.ok(!answer.text.includes("evil.example"));
	assert.notEqual(answer.status, 201);
	assert.equal(await s.one("SELECT state FROM pledged.outbox WHERE kind = 'create' ORDER BY outbox_id DESC LIMIT 1"), "parked");
});

test("a redirect leads nowhere (case 24)", async () => {
	await s.provider.fault({ match: CREATE, do: { do: "redirect", to: `${s.url}/elsewhere` } });
	const answer = await s.client().pledge({ provider: "mollie" }, { timeout_ms: 30000 });

	assert.notEqual(answer.status, 201);
	assert.equal(await s.one("SELECT state FROM pledged.outbox WHERE kind = 'create' ORDER BY outbox_id DESC LIMIT 1"), "parked");
	assert.ok(!(await s.log("access")).includes("/elsewhere"));
});

test("a refusal for good ends the attempt and keeps the pledge (case 5)", async () => {
	await s.provider.fault({ match: CREATE, do: "status:422" });
	const answer = await s.client().pledge({ provider: "mollie" });

	assert.match(answer.text, /provider_refused/);
});

// --- not paid ------------------------------------------------------------------------------------

test("canceled, refused, on its way, run out (cases 43, 45)", async () => {
	const [canceled, refused, slow, old] = [await mollie(), await mollie(), await mollie(), await mollie()];
	const declines = () => s.count("SELECT coalesce(sum(n), 0) FROM pledged.decline_count");
	const before = await declines();
	const back = await s.provider.cancel(canceled.url);

	assert.equal(back.status, 303);
	assert.match(back.headers.location, /\/contribute\//);
	await reaches(s, canceled.pledge, "lapsed");
	await s.provider.press(refused.url, "fail");
	await reaches(s, refused.pledge, "failed");
	assert.equal(await declines(), before + 1, "the form's breaker hears of it");
	await s.provider.press(slow.url, "pending");
	await reaches(s, slow.pledge, "processing", 40);
	await s.provider.mollie({ do: "move", payment: id_of(slow.url), status: "paid" });
	await reaches(s, slow.pledge, "paid");
	await s.provider.mollie({ do: "move", payment: id_of(old.url), status: "expired" });
	await reaches(s, old.pledge, "lapsed");

	const again = await s.request(`/pledge/${old.pledge}/again`, { method: "POST", headers: { origin: s.url, accept: "application/json",
		"sec-fetch-site": "same-origin" } });

	assert.equal(again.status, 201, again.text);
	assert.match(again.json().url, /\/m\/pay\/tr_/);
	const tries = await attempt(old.pledge);

	assert.deepEqual(tries.map((a) => [a[0], a[2]]), [["mollie", "expired"], ["mollie", "open"]]);
	await s.provider.pay(again.json().url);
	await reaches(s, old.pledge, "paid");
	await books_agree(s);
});

// close: what ends a page from here; the wish's id.
const close = async (token) => s.one(`WITH w AS (SELECT gen_random_uuid() AS id) SELECT w.id FROM w, LATERAL (
	SELECT * FROM pledged.pledge p JOIN pledged.attempt a USING (pledge_id) WHERE p.public_token = '${token}') p,
	pledged.wish_ask(w.id, p.pledge_id, 'expire', NULL, NULL, p.attempt_id, NULL, NULL, NULL, NULL, 'walk', now()) x WHERE x.outcome = 'asked'`);
const wish = (id) => s.one(`SELECT state FROM pledged.wish WHERE wish_id = '${id}'`);

test("a page is ended from here, unless it was paid meanwhile (case 65)", async () => {
	const [gift, paid] = [await mollie(), await mollie()];
	const ended = await close(gift.pledge);

	await until("canceled there", async () => (await theirs(id_of(gift.url))).status === "canceled", 30);
	await until("done", async () => await wish(ended) === "done", 30);
	assert.equal((await attempt(gift.pledge))[0][2], "expired");
	await s.provider.mollie({ do: "webhooks", drop: true });
	await s.provider.pay(paid.url);
	const late = await close(paid.pledge);

	await until("refused", async () => await wish(late) === "refused", 30);
	await s.provider.mollie({ do: "webhooks" });
	assert.equal((await state(s, paid.pledge)).status, "paid");
});

// --- back ----------------------------------------------------------------------------------------

test("refunds from here and from there, once each; a chargeback is lost money (cases 67, 68, 69, 72)", async () => {
	const [ours, dash, bank] = [await mollie({ amount: "30.00" }), await mollie({ amount: "31.00" }), await mollie({ amount: "32.00" })];

	for (const gift of [ours, dash, bank]) {
		await s.provider.pay(gift.url);
		await reaches(s, gift.pledge, "paid");
	}
	const { receipt } = await state(s, ours.pledge);

	await s.provider.fault({ match: { method: "POST", path: "/refunds$" }, do: "drop-after-request" });
	const { code, stderr } = await s.ctl("pledge", "refund", receipt, "--amount", "10.00", "--wait");

	assert.equal(code, 0, stderr);
	const back = (await s.provider.mollie()).refunds.filter((r) => r.paymentId === id_of(ours.url));

	assert.deepEqual(back.map((r) => r.amount.value), ["10.00"], "one, though its answer was lost");
	await s.provider.mollie({ do: "settle" });
	await reaches(s, ours.pledge, "partly_refunded");
	await s.provider.mollie({ do: "refund", payment: id_of(dash.url) });
	await reaches(s, dash.pledge, "refunded");
	await s.provider.mollie({ do: "chargeback", payment: id_of(bank.url) });
	await reaches(s, bank.pledge, "lost");
	const rows = await s.sql(`SELECT l.object, sum(l.amount) FROM pledged.ledger l WHERE l.account = 'provider' AND l.object IN ('refund', 'dispute')
		GROUP BY 1 ORDER BY 1`);

	assert.deepEqual(rows, [["dispute", "-3200"], ["refund", "-4100"]]);
	const too_much = await s.ctl("pledge", "refund", receipt, "--amount", "25.00");

	assert.notEqual(too_much.code, 0);
	await books_agree(s);
});

// --- hints ---------------------------------------------------------------------------------------

test("what is no id is refused, what is made up is bounded (case 36)", async () => {
	for (const body of ["", "id=", "id=tr_1%2F..", "id=tr_1&id=tr_2", "nothing=1", '{"id":"tr_1"}', "id=tr 1"])
		assert.equal((await hook(body)).status, 400, body);
	assert.equal((await s.request("/webhook/mollie")).status, 405);
	const inbox = await s.count("SELECT count(*) FROM pledged.inbox");

	assert.equal((await hook("id=ord_1234")).status, 200, "not a payment, and nothing to keep");
	assert.equal(await s.count("SELECT count(*) FROM pledged.inbox"), inbox);

	const before = (await s.provider.requests({ method: "GET", path: "^/v2/payments/tr_" })).length;
	const N = 10000;
	let next = 0;

	await Promise.all(Array.from({ length: 8 }, async () => {
		while (next < N) {
			const answer = await hook(`id=tr_madeup${next++}`);

			assert.equal(answer.status, 200);
		}
	}));
	assert.ok(await s.count("SELECT count(*) FROM pledged.inbox WHERE event_type = 'unknown'") <= 60);
	await until("worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 60);
	const fetched = (await s.provider.requests({ method: "GET", path: "^/v2/payments/tr_" })).length - before;

	assert.ok(fetched <= 100, `${fetched} fetches for ${N} ids`);
	assert.equal(await s.count("SELECT count(*) FROM pledged.inbox WHERE state = 'parked'"), 0);
	await s.sql("UPDATE pledged.inbox SET received_at = received_at - interval '2 days' WHERE event_type = 'unknown'");
	await hook("id=tr_onemore");
	assert.equal(await s.count("SELECT count(*) FROM pledged.inbox WHERE event_type = 'unknown'"), 1, "no row stays for ever");
});

test("a forged hint of a real payment changes nothing", async () => {
	const gift = await mollie();

	for (let i = 0; i < 20; i++)
		assert.equal((await hook(`id=${id_of(gift.url)}`)).status, 200);
	await until("looked at", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased') AND not_before <= now()") === 0, 30);
	assert.equal((await state(s, gift.pledge)).status, "offered");
	assert.ok(await s.count(`SELECT count(*) FROM pledged.inbox WHERE object_id = '${id_of(gift.url)}'`) <= 7);
	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid", 90);
});

// --- which provider ------------------------------------------------------------------------------

test("a recurring gift, an odd currency, an odd name", async () => {
	for (const [fields, slug] of [[{ interval: "month" }, "pay_cannot"], [{ interval: "year" }, "pay_cannot"], [{ amount: "1.230", currency: "KWD" }, "pay_cannot"],
		[{ provider: "paypal" }, "field_bad"], [{ provider: "../x" }, "field_bad"]]) {
		const answer = await s.client().pledge({ provider: "mollie", ...fields });

		assert.equal(answer.status, 422, answer.text);
		assert.ok(answer.text.includes(slug), answer.text);
	}
	assert.match((await made(s)).url, /\/c\/pay\/cs_/, "the first of pay.providers takes what names none");
});

test("each is switched off within two seconds, alone", async () => {
	for (const [off, on] of [["mollie", "stripe"], ["stripe", "mollie"]]) {
		const open = await made(s, { provider: off });

		assert.equal((await s.ctl("pay", "off", off, "--reason", "test")).code, 0);
		await until("off", async () => {
			const answer = await s.client().pledge({ provider: off });

			return answer.status === 503 && answer.text.includes("pay_off");
		}, 2);
		assert.equal((await s.client().pledge({ provider: on })).status, 201);
		await s.provider.pay(open.url);
		await reaches(s, open.pledge, "paid");
		assert.equal((await s.ctl("pay", "on", off)).code, 0);
		await until("on", async () => (await s.client().pledge({ provider: off })).status === 201, 2);
	}
	assert.notEqual((await s.ctl("pay", "off", "paypal")).code, 0);
});

test("while cards are paused its other ways go on, and cards come back with the form", async () => {
	const site = await s.one("SELECT site_id FROM pledged.site");
	const offered = async () => (await theirs(id_of((await mollie()).url))).offered;
	const form = (state) => s.sql(`INSERT INTO pledged.breaker (site_id, state, since, next_at, pause_s, puzzle_percent)
		VALUES (${site}, '${state}', now(), now() + interval '30 minutes', 3600, NULL)
		ON CONFLICT (site_id) DO UPDATE SET state = excluded.state, since = excluded.since, next_at = excluded.next_at, pause_s = excluded.pause_s, puzzle_percent = NULL`);

	assert.equal(await offered(), null, "its dashboard decides");
	await form("shut");
	assert.deepEqual(await offered(), ["ideal", "bancontact", "paypal", "banktransfer"]);
	const gift = await mollie();

	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid");
	assert.equal((await s.client().pledge({ provider: "stripe" })).status, 201);
	await form("open");
	assert.equal(await offered(), null);
	await s.sql(`DELETE FROM pledged.breaker WHERE site_id = ${site}`);
	await books_agree(s);
});

test("one that refuses our key does not hold back the other (case 20)", async () => {
	await s.provider.fault({ match: { path: "^/v2/" }, do: "status:401", times: 0 });
	const stuck = await s.client().pledge({ provider: "mollie" });

	assert.notEqual(stuck.status, 201);
	const gift = await made(s, { provider: "stripe" });

	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid");
	await s.provider.no_faults();
	await s.sql("UPDATE pledged.lockout SET probe_at = now()");
	await until("it is called again", async () => (await s.client().pledge({ provider: "mollie" })).status === 201, 60);
});

test("the books of both are ours, and an audit says so of each", async () => {
	const gifts = [];

	for (let i = 0; i < 10; i++)
		gifts.push(await made(s, { provider: i % 2 ? "mollie" : "stripe", amount: `${20 + i}.00` }));
	await Promise.all(gifts.map((gift) => s.provider.pay(gift.url)));
	for (const gift of gifts)
		await reaches(s, gift.pledge, "paid");
	await books_agree(s);
	const { payments } = await s.provider.mollie();
	const sums = {};

	for (const p of payments.filter((x) => x.status === "paid"))
		sums[p.amount.currency] = (sums[p.amount.currency] ?? 0) + mollie_minor(p.amount);
	assert.deepEqual(Object.fromEntries((await s.sql(`SELECT y.currency, sum(y.amount) FROM pledged.payment y
		WHERE y.provider = 'mollie' AND y.state = 'paid' GROUP BY 1 ORDER BY 1`)).map(([c, n]) => [c, Number(n)])),
	Object.fromEntries(Object.entries(sums).sort()));
	await sleep(16000); // what is only seconds old is left to its webhook
	const { stdout } = await s.ctl("audit", "--provider", "mollie", "--dir", `${new URL("../../sql", import.meta.url).pathname}`);

	assert.match(stdout, /EUR/);
	assert.ok(!/missing|amount |DIFFER/.test(stdout), stdout);
});
