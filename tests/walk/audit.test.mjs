// The goal: pledgectl audit names every difference between the provider's books and ours, and nothing else.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { made, reaches, session_of } from "./lib/money.mjs";
import { request } from "./lib/http.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "audit", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 86400,
	"clerk.call_ms": 3000 } });
const key = (await readFile(join(s.dir, "secrets/stripe.key"), "utf8")).trim();
const audit = async (...words) => {
	const { code, stdout, stderr } = await s.ctl("audit", "--dir", join(root, "sql"), ...words);

	return { code, stdout, stderr, json: words.includes("--json") && stdout ? JSON.parse(stdout) : undefined };
};
// named: what was told of which object, in order.
const named = (json) => json.differences.map((d) => `${d.what} ${d.object} ${d.id}`).sort();
const settled = () => until("worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 40);
const gifts = [];
const intent_of = async (g) => (await s.provider.ledger()).payments.find((p) => p.session === session_of(g.url)).id;
const charge_of = async (g) => (await s.provider.ledger()).payments.find((p) => p.session === session_of(g.url)).charge;

// session: a checkout that somebody makes at the provider without us, and pays.
async function session(fields) {
	const form = { mode: "payment", "line_items[0][price_data][currency]": "eur", "line_items[0][price_data][unit_amount]": "900",
		"line_items[0][price_data][product_data][name]": "A mug", "line_items[0][quantity]": "1", success_url: `${s.url}/thanks`, ...fields };
	const answer = await request(s.provider.url, "/v1/checkout/sessions", { method: "POST", form, headers: { authorization: `Bearer ${key}` } });

	assert.equal(answer.status, 200, answer.text);
	await s.provider.pay(answer.json().url);
	return (await s.provider.object(answer.json().id)).payment_intent;
}

test("books that agree: nothing is told, and no row is written", async () => {
	// A minute ago for the provider: what is only seconds old is left to its webhook.
	await s.provider.clock({ offset_s: -60 });
	for (let i = 0; i < 12; i++)
		gifts.push(await made(s, { interval: i === 7 ? "month" : "once", email: `audit${i}@mail.example` }));
	await Promise.all(gifts.map((g) => s.provider.pay(g.url)));
	for (const g of gifts)
		await reaches(s, g.pledge, "paid");
	await s.provider.refund({ payment_intent: await intent_of(gifts[8]), amount: 300 });
	await reaches(s, gifts[8].pledge, "partly_refunded");
	await settled();
	const { code, json, stderr } = await audit("--json");

	assert.equal(code, 0, stderr);
	assert.deepEqual([json.agree, json.differences, json.rules_broken, json.others], [true, [], [], 0]);
	assert.deepEqual(json.totals, [{ currency: "EUR", what: "paid", ours: "300.00", theirs: "300.00" },
		{ currency: "EUR", what: "refunded", ours: "3.00", theirs: "3.00" }]);
	assert.equal(await s.count("SELECT count(*) FROM pledged.difference"), 0);
	const text = await audit();

	assert.equal(text.code, 0);
	assert.match(text.stdout, /the books agree\n$/);
	assert.match(text.stdout, /EUR paid +here: 300\.00 +there: 300\.00\n/);
});

const planted = new Map();
const plant = (line, heals = false) => planted.set(line, heals);

test("twelve differences are planted: all are named, and nothing else (A15)", async () => {
	await s.provider.webhooks({ drop: true });
	const pi = await Promise.all(gifts.map(intent_of));
	const ch = await Promise.all(gifts.map(charge_of));
	const missing = await made(s);

	await s.provider.pay(missing.url);
	plant(`missing_here payment ${await intent_of(missing)}`, true);
	await s.provider.patch(ch[0], { amount: 2400, amount_captured: 2400 });
	plant(`amount payment ${pi[0]}`);
	await s.provider.patch(ch[1], { currency: "usd" });
	plant(`currency payment ${pi[1]}`);
	await s.provider.patch(ch[2], { status: "failed", paid: false });
	plant(`state payment ${pi[2]}`);
	await s.provider.patch(ch[3], { amount_refunded: 700 });
	plant(`refunded payment ${pi[3]}`);
	plant(`missing_here refund ${(await s.provider.refund({ payment_intent: pi[4], amount: 500 })).id}`, true);
	plant(`missing_here dispute ${(await s.provider.dispute({ payment_intent: pi[5] })).id}`, true);
	await s.provider.patch(ch[6], { livemode: true });
	plant(`livemode payment ${pi[6]}`);
	const { subscription } = await s.provider.object(session_of(gifts[7].url));

	await s.provider.patch(subscription, { status: "past_due" });
	plant(`state recurring ${subscription}`, true);
	const other = await s.one(`SELECT pledge_id FROM pledged.pledge WHERE public_token = '${gifts[10].pledge}'`);

	await s.provider.patch(ch[9], { metadata: { pledge: other } });
	plant(`pledge payment ${pi[9]}`);
	// Here, and never there: a payment made up in our books, by the front door, so that our own rules hold.
	const fake = await made(s);

	await s.sql(`SELECT * FROM pledged.settle(NULL, 'planted', jsonb_build_object('provider', 'stripe', 'livemode', false,
		'pledge', (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${fake.pledge}'), 'checkout',
		jsonb_build_object('id', '${session_of(fake.url)}', 'state', 'complete'), 'payments', jsonb_build_array(jsonb_build_object('id', 'pi_madeup',
		'intent', 'pi_madeup', 'state', 'paid', 'amount', 2500, 'currency', 'EUR', 'paid_at', now() - interval '1 minute'))), now() - interval '1 minute')`);
	plant("missing_there payment pi_madeup");
	const lost = "0190a000-0000-7000-8000-000000000000";

	plant(`orphan payment ${await session({ client_reference_id: lost, "metadata[pledge]": lost, "payment_intent_data[metadata][pledge]": lost })}`);
	await session({});	// the shop's

	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.deepEqual(named(json), [...planted.keys()].sort());
	assert.deepEqual([json.rules_broken, json.others, json.agree], [[], 1, false]);
	assert.deepEqual(json.totals.map((t) => [t.currency, t.what, t.ours, t.theirs]), [
		["EUR", "paid", "325.00", "283.00"],
		["EUR", "refunded", "3.00", "15.00"],
		["USD", "paid", "0.00", "25.00"]]);
	const one = json.differences.find((d) => d.what === "amount");

	assert.deepEqual([one.ours, one.theirs], ["25.00 EUR", "24.00 EUR"]);
	assert.ok((await s.log("clerk")).includes("there is money without its pledge"), "an alarm (case 57)");
	assert.equal(await s.count("SELECT count(*) FROM report.attention WHERE what = 'money without its pledge'"), 1);
});

test("what a look can heal has healed, the rest is told again, in words too (case 57)", async () => {
	await settled();
	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.deepEqual(named(json), [...planted].filter(([, heals]) => !heals).map(([line]) => line).sort());
	const text = await audit("--days", "30");

	for (const d of json.differences)
		assert.ok(text.stdout.split("\n").some((line) => line.startsWith(d.what) && line.includes(d.id) && line.includes(d.ours)), d.id);
	assert.match(text.stdout, /EUR paid .* DIFFER\n/);
	assert.match(text.stdout, /8 differences, 0 rules broken\n$/);
	assert.equal(await s.count("SELECT count(*) FROM pledged.difference WHERE resolved_at IS NOT NULL"), 4);
	const health = Object.fromEntries(await s.sql("SELECT name, value FROM report.health", { user: "pledged_report" }));

	assert.deepEqual([health.differences_open, health.orphans_open], ["7", "1"]);
});

test("a broken rule of our own is told beside them", async () => {
	await s.sql("SET session_replication_role = replica; UPDATE pledged.payment SET mismatch = 'amount' WHERE provider_payment_id = 'pi_madeup'");
	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.ok(json.rules_broken.length > 0 && json.rules_broken.every((r) => /^[A-Z]\d+ /.test(r.name)), JSON.stringify(json.rules_broken));
	await s.sql("SET session_replication_role = replica; UPDATE pledged.payment SET mismatch = NULL WHERE provider_payment_id = 'pi_madeup'");
});

test("the provider away, the clerk away, words that make no sense: 75, 75, 2", async () => {
	await s.role("provider", "stop");
	const away = await audit();

	assert.equal(away.code, 75, away.stdout);
	assert.match(away.stderr, /the provider could not be asked/);
	assert.equal(away.stdout, "");
	await s.role("clerk", "stop");
	const alone = await audit();

	assert.equal(alone.code, 75);
	assert.match(alone.stderr, /no clerk takes it up/);
	for (const words of [["--days", "0"], ["--days", "401"], ["--days", "x"], ["more"], ["--nonsense"]])
		assert.equal((await audit(...words)).code, 2, words.join(" "));
	await s.role("provider", "start");
	await s.role("clerk", "start");
	await until("it can be asked again", async () => (await audit()).code === 1, 60);
});
