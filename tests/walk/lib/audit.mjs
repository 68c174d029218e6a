// audit.mjs: pledgectl audit over a service whose books agree, and over one in which differences were planted.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { request } from "./http.mjs";
import { made, reaches, session_of } from "./money.mjs";
import { root } from "./stack.mjs";
import { until } from "./until.mjs";

// No look-ups, so that only the audit finds what was planted.
export const audit_options = { views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 86400, "clerk.call_ms": 3000 } };

export async function audit(s, ...words) {
	const { code, stdout, stderr } = await s.ctl("audit", "--dir", join(root, "sql"), ...words);

	return { code, stdout, stderr, json: words.includes("--json") && stdout ? JSON.parse(stdout) : undefined };
}

// named: what was told of which object, in order.
export const named = (json) => json.differences.map((d) => `${d.what} ${d.object} ${d.id}`).sort();

export const worked_off = (s) => until("worked off", async () => await s.count(
	"SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 40);

const payment_of = async (s, g) => (await s.provider.ledger()).payments.find((p) => p.session === session_of(g.url));

// foreign: a checkout that somebody makes at the provider without us, and pays; gives its session.
export async function foreign(s, fields) {
	const key = (await readFile(join(s.dir, "secrets/stripe.key"), "utf8")).trim();
	const form = { mode: "payment", "line_items[0][price_data][currency]": "eur", "line_items[0][price_data][unit_amount]": "900",
		"line_items[0][price_data][product_data][name]": "A mug", "line_items[0][quantity]": "1", success_url: `${s.url}/thanks`, ...fields };
	const answer = await request(s.provider.url, "/v1/checkout/sessions", { method: "POST", form, headers: { authorization: `Bearer ${key}` } });

	assert.equal(answer.status, 200, answer.text);
	await s.provider.pay(answer.json().url);
	return s.provider.object(answer.json().id);
}

const session = async (s, fields) => (await foreign(s, fields)).payment_intent;

// agreed: twelve paid gifts, one of them monthly, one given back in part; both books have them.
export async function agreed(s) {
	const gifts = [];

	// A minute ago for the provider: what is only seconds old is left to its webhook.
	await s.provider.clock({ offset_s: -60 });
	for (let i = 0; i < 12; i++)
		gifts.push(await made(s, { interval: i === 7 ? "month" : "once", email: `audit${i}@mail.example` }));
	await Promise.all(gifts.map((g) => s.provider.pay(g.url)));
	for (const g of gifts)
		await reaches(s, g.pledge, "paid");
	await s.provider.refund({ payment_intent: (await payment_of(s, gifts[8])).id, amount: 300 });
	await reaches(s, gifts[8].pledge, "partly_refunded");
	await worked_off(s);
	return gifts;
}

// plant: twelve differences between the books of these gifts; gives what each must be called, with whether a look heals it.
export async function plant(s, gifts) {
	const planted = new Map();
	const add = (line, heals = false) => planted.set(line, heals);

	await s.provider.webhooks({ drop: true });
	const all = await Promise.all(gifts.map((g) => payment_of(s, g)));
	const [pi, ch] = [all.map((p) => p.id), all.map((p) => p.charge)];
	const missing = await made(s);

	await s.provider.pay(missing.url);
	add(`missing_here payment ${(await payment_of(s, missing)).id}`, true);
	await s.provider.patch(ch[0], { amount: 2400, amount_captured: 2400 });
	add(`amount payment ${pi[0]}`);
	await s.provider.patch(ch[1], { currency: "usd" });
	add(`currency payment ${pi[1]}`);
	await s.provider.patch(ch[2], { status: "failed", paid: false });
	add(`state payment ${pi[2]}`);
	await s.provider.patch(ch[3], { amount_refunded: 700 });
	add(`refunded payment ${pi[3]}`);
	add(`missing_here refund ${(await s.provider.refund({ payment_intent: pi[4], amount: 500 })).id}`, true);
	add(`missing_here dispute ${(await s.provider.dispute({ payment_intent: pi[5] })).id}`, true);
	await s.provider.patch(ch[6], { livemode: true });
	add(`livemode payment ${pi[6]}`);
	const { subscription } = await s.provider.object(session_of(gifts[7].url));

	await s.provider.patch(subscription, { status: "past_due" });
	add(`state recurring ${subscription}`, true);
	const other = await s.one(`SELECT pledge_id FROM pledged.pledge WHERE public_token = '${gifts[10].pledge}'`);

	await s.provider.patch(ch[9], { metadata: { pledge: other } });
	add(`pledge payment ${pi[9]}`);
	// Here, and never there: a payment made up in our books, by the front door, so that our own rules hold.
	const fake = await made(s);

	await s.sql(`SELECT * FROM pledged.settle(NULL, 'planted', jsonb_build_object('provider', 'stripe', 'livemode', false,
		'pledge', (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${fake.pledge}'), 'checkout',
		jsonb_build_object('id', '${session_of(fake.url)}', 'state', 'complete'), 'payments', jsonb_build_array(jsonb_build_object('id', 'pi_madeup',
		'intent', 'pi_madeup', 'state', 'paid', 'amount', 2500, 'currency', 'EUR', 'paid_at', now() - interval '1 minute'))), now() - interval '1 minute')`);
	add("missing_there payment pi_madeup");
	const lost = "0190a000-0000-7000-8000-000000000000";

	add(`orphan payment ${await session(s, { client_reference_id: lost, "metadata[pledge]": lost, "payment_intent_data[metadata][pledge]": lost })}`);
	await session(s, {});	// the shop's
	return planted;
}
