#!/usr/bin/env node
// seed.mjs: writes the seeds of tests/fuzz/corpus anew: from the signature vectors, from what the stand-in provider answers
// and tells, and from a few bodies of our own; seed_ours.mjs has those of what no provider says.

import { readFileSync } from "node:fs";

import { donation, encode, monthly, Provider } from "../provider/kit.mjs";
import { seeds } from "./seeds.mjs";

import "./seed_ours.mjs";

const PLEDGE = "01890a5d-ac96-774b-bcce-b302099a8057";

// --- headers -------------------------------------------------------------------------------------

const vectors = JSON.parse(readFileSync(new URL("../data/stripe/webhook-vectors.json", import.meta.url), "utf8"));
const BODY = '{"id":"evt_1","object":"event","type":"x","created":1,"livemode":false}';
const T = "1800000000";

seeds("fuzz_signature", {
	...Object.fromEntries(vectors.map((v) => [`vector ${v.name}`.slice(0, 60), `${v.header.slice(0, 2000)}\n${v.body}`])),
	...Object.fromEntries(Object.entries({ good: "t=T,v1=%G", old: "t=T,v1=%O", both: "t=T,v1=%B,v1=%O,v0=%B", behind: "v1=%G,t=T",
		eight: `t=T${",v1=%B".repeat(7)},v1=%G`, nine: `t=T${",v1=%B".repeat(8)},v1=%G`, stale: "t=1799999699,v1=%G", edge: "t=1799999700,v1=%G",
		ahead: "t=1800000301,v1=%G", zero: "t=01800000000,v1=%G", twice: "t=T,t=T,v1=%G", comma: "t=T,v1=%G,", zeros: `t=${"0".repeat(24)}${T},v1=%G` })
		.map(([name, form]) => [name, `${form.replaceAll("T", T)}\n${BODY}`])),
});

// --- answers and events --------------------------------------------------------------------------

const provider = await Provider.start();
const ask = async (method, path, form, headers = {}) => (await provider.call(method, path, { form: form && (typeof form === "string" ? form : encode(form)), headers })).text;
const own = { client_reference_id: PLEDGE, "metadata[pledge]": PLEDGE };

const FETCH = {
	checkout: (id) => `/v1/checkout/sessions/${id}?expand[0]=payment_intent&expand[1]=subscription&expand[2]=invoice&expand[3]=invoice.payments`,
	invoice: (id) => `/v1/invoices/${id}?expand[0]=payments&expand[1]=payments.data.payment.payment_intent`,
	subscription: (id) => `/v1/subscriptions/${id}`,
	payment: (id) => `/v1/payment_intents/${id}?expand[0]=latest_charge&expand[1]=latest_charge.balance_transaction&expand[2]=latest_charge.refunds`,
	refund: (id) => `/v1/refunds/${id}`,
	dispute: (id) => `/v1/disputes/${id}`,
};
const READER = ["open", "portal", "checkout", "invoice", "subscription", "payment", "refund", "dispute", "warning",
	"events", "checkouts", "charges", "refunds", "disputes", "subscriptions"];
const answers = {};
// said: an answer with the byte of who reads it and the byte of how it came; numbers are the index of its status.
const said = (name, reader, text, how = 0) => { answers[name] = `${String.fromCharCode(97 + READER.indexOf(reader), 97 + how)}${compact(text)}`; };
const compact = (text) => { try { return JSON.stringify(JSON.parse(text)); } catch { return text; } };
const public_ = (text) => text.replaceAll(provider.url, "https://checkout.stripe.com");

try {
	const made = await ask("POST", "/v1/checkout/sessions", donation({ ...own, "payment_intent_data[metadata][pledge]": PLEDGE }));
	const once = JSON.parse(made).id;

	said("open", "open", public_(made));
	said("checkout open", "checkout", public_(await ask("GET", FETCH.checkout(once))));
	await provider.press(once, "pay");
	const paid = await ask("GET", FETCH.checkout(once));
	const intent = JSON.parse(paid).payment_intent.id;

	said("checkout paid", "checkout", paid);
	said("payment", "payment", await ask("GET", FETCH.payment(intent)));
	const refund = JSON.parse(await ask("POST", "/v1/refunds", { payment_intent: intent, amount: 500, "metadata[refund]": PLEDGE }));

	said("refund", "refund", await ask("GET", FETCH.refund(refund.id)));
	said("payment refunded", "payment", await ask("GET", FETCH.payment(intent)));

	const every = JSON.parse(await ask("POST", "/v1/checkout/sessions", monthly({ ...own, "subscription_data[metadata][pledge]": PLEDGE }))).id;

	await provider.press(every, "pay");
	const text = await ask("GET", FETCH.checkout(every));
	const { subscription, invoice, customer } = JSON.parse(text);

	said("checkout monthly", "checkout", text);
	said("invoice", "invoice", await ask("GET", FETCH.invoice(invoice.id)));
	said("subscription", "subscription", await ask("GET", FETCH.subscription(subscription.id)));
	said("portal", "portal", public_(await ask("POST", "/v1/billing_portal/sessions", { customer: customer.id ?? customer, return_url: "http://127.0.0.1/" }))
		.replaceAll("checkout.stripe.com", "billing.stripe.com"));
	const failed = await provider.control("renew", { subscription: subscription.id, outcome: "failed" });

	said("invoice failed", "invoice", await ask("GET", FETCH.invoice(failed.id)));
	said("canceled", "subscription", await ask("DELETE", `/v1/subscriptions/${subscription.id}`));
	await provider.control("dispute", { payment_intent: intent, payment: intent }).catch(() => {});
	for (const [what, path] of Object.entries({ events: "events", checkouts: "checkout/sessions", charges: "charges", refunds: "refunds",
		disputes: "disputes", subscriptions: "subscriptions" }))
		said(`list ${what}`, what, public_(await ask("GET", `/v1/${path}?limit=2${what === "subscriptions" ? "&status=all" : ""}`)));
	const dispute = JSON.parse(await ask("GET", "/v1/disputes?limit=1")).data?.[0];

	if (dispute)
		said("dispute", "dispute", JSON.stringify(dispute));
	const { data } = JSON.parse(await ask("GET", "/v1/events?limit=100"));
	const told = Object.fromEntries(data.map((e) => [e.type, JSON.stringify(e)]));

	seeds("fuzz_webhook", { ...told,
		thin: JSON.stringify({ id: "evt_thin", object: "v2.core.event", type: "v1.billing.meter.error_report_triggered", created: "2026-11-01T00:00:00Z" }),
		account: JSON.stringify({ ...data[0], account: "acct_1" }), version: JSON.stringify({ ...data[0], api_version: "2020-08-27" }),
		live: JSON.stringify({ ...data[0], livemode: true }), small: BODY, none: "", list: "[]", id: BODY.replace('"evt_1"', "5"),
		doubled: BODY.replace("{", '{"id":"evt_2",'), deep: "[".repeat(40) });
} finally {
	await provider.stop();
}

said("warning", "warning", JSON.stringify({ id: "issfr_1", object: "radar.early_fraud_warning", actionable: true, fraud_type: "made_with_stolen_card",
	created: 1800000000, livemode: false, charge: { id: "ch_1", object: "charge", payment_intent: "pi_1", metadata: { pledge: PLEDGE } }, payment_intent: "pi_1" }));
if (!answers.dispute)
	said("dispute", "dispute", JSON.stringify({ id: "du_1", object: "dispute", amount: 2500, currency: "eur", charge: "ch_1", payment_intent: "pi_1",
		status: "lost", livemode: false, created: 1800000000, metadata: {}, reason: "general",
		balance_transactions: [{ id: "txn_1", object: "balance_transaction", fee: 1500, currency: "eur", amount: -2500 }] }));
said("refused", "open", JSON.stringify({ error: { type: "card_error", code: "card_declined", decline_code: "lost_card", param: "x" } }), 5);
said("busy", "open", JSON.stringify({ error: { type: "invalid_request_error", code: "lock_timeout" } }), 9);
said("gone", "checkout", JSON.stringify({ error: { type: "invalid_request_error", code: "resource_missing" } }), 16 + 6);
said("html", "payment", "<html>502</html>", 11);
said("nothing", "payment", "");
// Short ones, in which most bytes decide something.
said("short open", "open", JSON.stringify({ object: "checkout.session", id: "cs_1", url: "https://checkout.stripe.com/x", expires_at: 1, livemode: false }));
said("short portal", "portal", JSON.stringify({ object: "billing_portal.session", id: "bps_1", url: "https://billing.stripe.com/x", livemode: false }));
said("short payment", "payment", JSON.stringify({ object: "payment_intent", id: "pi_1", amount: 5, currency: "eur", status: "succeeded", livemode: false,
	metadata: { pledge: PLEDGE } }));
said("short list", "refunds", JSON.stringify({ object: "list", has_more: true, data: [{ object: "refund", id: "re_1", amount: 5, currency: "eur",
	charge: "ch_1", status: "pending", created: 1, metadata: { refund: PLEDGE } }] }));
seeds("fuzz_answer", answers);

// --- forms and JSON ------------------------------------------------------------------------------

const GIFT = { amount: "25.00", currency: "EUR", interval: "month", email: "a@b.example", campaign: "support", token: "v1.k1.AAAA", locale: "en",
	key: "0123456789abcdef" };

seeds("fuzz_form", { whole: encode(GIFT), other: encode({ ...GIFT, amount: "other", other_amount: "12,50" }), typed: encode({ ...GIFT, amount: "", other_amount: " 7 " }),
	yen: encode({ ...GIFT, amount: "1000", currency: "JPY" }), dinar: encode({ ...GIFT, amount: "1.230", currency: "KWD" }),
	twice: `${encode(GIFT)}&key=1`, unknown: "colour=red", escapes: "email=%61%40b.example&locale=+e%6E", broken: "key=%2", nul: "key=%00", utf8: "email=%C3%28",
	empty: "", marks: "&&=&a=b=c&key", many: "a&".repeat(70), long: `token=${"x".repeat(301)}`, negative: encode({ ...GIFT, amount: "-1" }),
	arabic: encode({ ...GIFT, amount: "٥" }), exponent: encode({ ...GIFT, amount: "1e3" }) });
seeds("fuzz_json", { whole: JSON.stringify(GIFT), number: JSON.stringify({ ...GIFT, amount: 25 }), nothing: JSON.stringify({ ...GIFT, email: null }),
	unknown: '{"colour":"red"}', list: "[1,2,{}]", deep: `${"[".repeat(16)}${"]".repeat(16)}`, deeper: "[".repeat(17), doubled: '{"a":1,"a":2}',
	numbers: '{"a":[-0,1e5,1.5,9223372036854775807,1e400]}', string: '{"a":"\\u0000\\ud83d\\ude00\\ud800"}', path: '{"a":[{"b":"x"}]}', bool: '{"a":true}',
	int: '{"a":5}', text: '{"a":"12345678"}', nul: '{"key":"a\\u0000b"}', tail: "{} x", scalar: '"x"', empty: "", utf8: Buffer.from([0x5b, 0x22, 0xff, 0x22, 0x5d]),
	vector: vectors[0].body });
