// The goal: what we send is what the official client would send, byte for byte: each request that we can make goes to a
// server that only writes down, then the same call by npm `stripe`; and both against the capture in tests/data/stripe.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import http from "node:http";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import Stripe from "stripe";

import { canonical, decodeForm } from "../provider/form.mjs";
import { build, root } from "./lib/stack.mjs";

const SHARED = new URL("../../../shared/data/", import.meta.url);
const OURS = "01890a5d-ac96-774b-bcce-b302099a8057";
const KEY = "v1:kind:1";
const COMPARED = ["authorization", "content-type", "stripe-version", "idempotency-key"];

// --- both sides ----------------------------------------------------------------------------------

let heard = [];
const server = http.createServer((req, res) => {
	const parts = [];

	req.on("data", (part) => parts.push(part));
	req.on("end", () => {
		heard.push({ line: `${req.method} ${req.url}`, body: Buffer.concat(parts).toString("latin1"),
			...Object.fromEntries(COMPARED.map((name) => [name, req.headers[name]])) });
		res.writeHead(200, { "content-type": "application/json" });
		res.end("{}");
	});
});

await new Promise((done) => { server.listen(0, "127.0.0.1", done); });
after(() => server.close());
const port = server.address().port;
const stripe = new Stripe("sk_test_abc", { host: "127.0.0.1", port, protocol: "http", maxNetworkRetries: 0, telemetry: false,
	apiVersion: "2026-10-28.endive" });

// ours: by name, what the program sent.
const { stdout } = await promisify(execFile)(join(root, build, "sim/requests"), [`http://127.0.0.1:${port}`]);
const names = stdout.trim().split("\n");
const ours = Object.fromEntries(names.map((name, i) => [name, heard[i]]));

assert.equal(heard.length, names.length);

// theirs: what the official client sends when call() is made.
async function theirs(call) {
	heard = [];
	await call();
	assert.equal(heard.length, 1);
	return heard[0];
}

// --- the calls -----------------------------------------------------------------------------------

const key = { idempotencyKey: KEY };
const gift = ({ currency = "eur", amount = 2500, interval, name = "x", email, success = "https://d.example/r", cancel, expires }) => stripe.checkout.sessions.create({
	mode: interval ? "subscription" : "payment", ...(interval ? {} : { submit_type: "donate" }), client_reference_id: OURS,
	...(email ? { customer_email: email } : {}),
	line_items: [{ price_data: { currency, unit_amount: amount, ...(interval ? { recurring: { interval } } : {}), product_data: { name } }, quantity: 1 }],
	metadata: { pledge: OURS }, [interval ? "subscription_data" : "payment_intent_data"]: { metadata: { pledge: OURS } },
	success_url: success, ...(cancel ? { cancel_url: cancel } : {}), ...(expires ? { expires_at: expires } : {}), adaptive_pricing: { enabled: false },
}, key);
const change = (what) => stripe.subscriptions.update("sub_1", what, key);
const TYPES = ["checkout.session.completed", "checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed",
	"checkout.session.expired", "invoice.paid", "invoice.payment_failed", "invoice.payment_action_required", "customer.subscription.created",
	"customer.subscription.updated", "customer.subscription.deleted", "refund.created", "refund.updated", "refund.failed",
	"charge.dispute.created", "charge.dispute.updated", "charge.dispute.closed", "charge.dispute.funds_withdrawn",
	"charge.dispute.funds_reinstated", "radar.early_fraud_warning.created", "radar.early_fraud_warning.updated"];
const LISTS = [["events", (q) => stripe.events.list(q), 50, { types: TYPES }, {}], ["checkouts", (q) => stripe.checkout.sessions.list(q), 100, {}, {}],
	["charges", (q) => stripe.charges.list(q), 100, {}, { expand: ["data.balance_transaction"] }], ["refunds", (q) => stripe.refunds.list(q), 100, {}, {}],
	["disputes", (q) => stripe.disputes.list(q), 100, {}, {}], ["subscriptions", (q) => stripe.subscriptions.list(q), 100, {}, { status: "all" }]];
const FETCHES = [["checkout", (q) => stripe.checkout.sessions.retrieve("cs_1", q), ["payment_intent", "subscription", "invoice", "invoice.payments"]],
	["invoice", (q) => stripe.invoices.retrieve("cs_1", q), ["payments", "payments.data.payment.payment_intent"]],
	["subscription", () => stripe.subscriptions.retrieve("cs_1")],
	["payment", (q) => stripe.paymentIntents.retrieve("cs_1", q), ["latest_charge", "latest_charge.balance_transaction", "latest_charge.refunds",
		"latest_charge.refunds.data.balance_transaction"]],
	["refund", (q) => stripe.refunds.retrieve("cs_1", q), ["balance_transaction"]],
	["dispute", () => stripe.disputes.retrieve("cs_1")],
	["warning", (q) => stripe.radar.earlyFraudWarnings.retrieve("cs_1", q), ["charge"]]];

const CALLS = {
	"one-off": [1, () => gift({ name: 'Donation: Café & "Läden"', email: "a@b.example", success: "https://d.example/return?sid={CHECKOUT_SESSION_ID}",
		cancel: `https://d.example/cancel?p=${OURS}`, expires: 1900000000 })],
	monthly: [2, () => gift({ currency: "jpy", amount: 1000, interval: "month", name: "Monthly" })],
	yearly: [2, () => gift({ amount: 5000, interval: "year", name: "Yearly", email: "a@b.example", cancel: "https://d.example/c", expires: 1900000000 })],
	yen: [3, () => gift({ currency: "jpy", amount: 1000 })], krona: [3, () => gift({ currency: "isk", amount: 50000 })],
	dinar: [3, () => gift({ currency: "kwd", amount: 1230 })], forint: [3, () => gift({ currency: "huf", amount: 17500 })],
	marks: [7, () => gift({ name: "'quotes' \"double\" & = % + ; / ? # {b} ~ ! * ( ) \\ | ^ ` < > , : @ $ . - _", email: "a+b'c@d.example",
		success: "https://d.example/r?a=1&b=2", cancel: "https://d.example/c#d" })],
	scripts: [7, () => gift({ name: "Поддержка מתנה تبرع 寄付 🎁🏴 é" })],
	brackets: [7, () => gift({ name: "[a][0]=b", success: "https://d.example/r?a[]=1" })],
	expire: [0, () => stripe.checkout.sessions.expire("cs_1", {}, key)],
	refund: [0, () => stripe.refunds.create({ payment_intent: "pi_1", amount: 500, reason: "requested_by_customer", metadata: { refund: OURS } }, key)],
	"refund charge": [0, () => stripe.refunds.create({ charge: "ch_1", amount: 500, metadata: { refund: OURS } }, key)],
	cancel: [0, () => stripe.subscriptions.cancel("sub_1")],
	"cancel at end": [0, () => change({ cancel_at_period_end: true })],
	keep: [0, () => change({ cancel_at_period_end: false })],
	pause: [0, () => change({ pause_collection: { behavior: "void", resumes_at: 1900000000 } })],
	"pause for good": [0, () => change({ pause_collection: { behavior: "void" } })],
	resume: [0, () => change({ pause_collection: "" })],
	amount: [0, () => change({ items: [{ id: "si_1", price_data: { currency: "eur", product: "prod_1", unit_amount: 1500, recurring: { interval: "month" } } }],
		proration_behavior: "none" })],
	portal: [0, () => stripe.billingPortal.sessions.create({ customer: "cus_1", return_url: "https://d.example/" }, key)],
	...Object.fromEntries(FETCHES.map(([kind, call, expand]) => [`fetch ${kind}`, [0, () => call(expand && { expand })]])),
	...Object.fromEntries(LISTS.flatMap(([what, call, limit, first, last]) => [
		[`list ${what}`, [0, () => call({ limit, ...first, created: { gte: 1, lt: 2 }, ...last, starting_after: "cs_0" })]],
		[`list all ${what}`, [0, () => call({ limit, ...first, ...last })]]])),
};

test("there is no request of ours that is not compared", () => {
	assert.deepEqual([...names].sort(), Object.keys(CALLS).sort());
});

for (const [name, [number, call]] of Object.entries(CALLS))
	test(`${name}: the official client's bytes${number ? ` (case ${number})` : ""}`, async () => {
		const want = await theirs(call);

		// The official client leaves brackets raw in values as well, where we write what the standard says; it reads the same.
		if (name === "brackets") {
			assert.equal(canonical(decodeForm(ours[name].body)), canonical(decodeForm(want.body)));
			want.body = want.body.replace(/(?<==[^&]*)[[\]]/g, encodeURIComponent);
		}
		assert.deepEqual(ours[name], want);
	});

// --- the capture ---------------------------------------------------------------------------------

const capture = readFileSync(new URL("../data/stripe/requests-node-23.1.0.txt", import.meta.url), "utf8");

function golden(name) {
	const lines = capture.split(`## ${name}\n`)[1].split("\n## ")[0].split("\n");
	const header = (key) => lines.find((l) => l.startsWith(`  ${key}: `))?.slice(key.length + 4);

	return { line: lines[0], type: header("content-type"), version: header("stripe-version"), scheme: header("authorization").split(" ")[0],
		body: (lines.find((l) => l.startsWith("  BODY ")) ?? "  BODY ").slice(7).replaceAll(/pl_0[12]|rf_1/g, OURS) };
}

// What is ours and not in the capture, or there and not ours.
const GOLDEN = [["one-off", 1, (g) => ({ ...g, body: `${g.body}&adaptive_pricing[enabled]=false` })],
	["monthly", 2, (g) => ({ ...g, body: `${g.body}&adaptive_pricing[enabled]=false` })], ["expire", 0], ["cancel", 0], ["cancel at end", 0], ["portal", 0],
	["refund", 0, (g) => ({ ...g, body: g.body.replace(`&metadata[pledge]=${OURS}`, "") })],
	["get", 0, (g) => ({ ...g, line: `${g.line}&expand[2]=invoice&expand[3]=invoice.payments` }), "fetch checkout"],
	["list", 0, (g) => ({ ...g, line: g.line.replace("&status=complete", "") }), "list checkouts"],
	["events", 0, (g) => ({ ...g, line: `GET /v1/events?limit=50${TYPES.map((t, i) => `&types[${i}]=${t}`).join("")}` }), "list all events"]];

for (const [name, number, change = (g) => g, mine = name] of GOLDEN)
	test(`${name}: as captured${number ? ` (case ${number})` : ""}`, () => {
		const o = ours[mine];

		assert.deepEqual({ line: o.line, type: o["content-type"], version: o["stripe-version"], scheme: o.authorization.split(" ")[0], body: o.body },
			change(golden(name)));
	});

const absent = (what) => (existsSync(SHARED) ? false : `no ../shared/data: ${what} not checked`);

for (const [copy, original] of [["requests-node-23.1.0.txt", "stripe-node-23.1.0-requests.txt"], ["webhook-vectors.json", "stripe-webhook-vectors.json"]])
	test(`the copy of ${original} is equal`, { skip: absent("the copies are") }, () => {
		assert.deepEqual(readFileSync(new URL(`../data/stripe/${copy}`, import.meta.url)), readFileSync(new URL(`golden/${original}`, SHARED)));
	});

// --- the description -----------------------------------------------------------------------------

const Ajv = await import("ajv").then((m) => m.default.default ?? m.default, () => null);

test("our bodies fit the published description (cases 1, 2, 3, 7)", { skip: absent("request schemas are") || (!Ajv && "no npm package ajv") }, () => {
	const spec = JSON.parse(readFileSync(new URL("stripe-openapi/spec3-donation-slice-2023-08-16.json", SHARED), "utf8"));
	const ajv = new Ajv({ strict: false, coerceTypes: true, allErrors: true, validateFormats: false }).addSchema(spec, "stripe");
	const seen = new Set();

	for (const [name, { line, body }] of Object.entries(ours).filter(([, o]) => o.body)) {
		const path = line.split(" ")[1].replace(/(subscriptions)\/.*/, "$1/{subscription_exposed_id}").replaceAll("/", "~1").replace(/[{}]/g, encodeURIComponent);
		const { adaptive_pricing, ...form } = JSON.parse(JSON.stringify(decodeForm(body))); // newer than the description
		const fits = ajv.compile({ $ref: `stripe#/paths/${path}/post/requestBody/content/application~1x-www-form-urlencoded/schema` });

		assert.equal(fits(form), true, `${name}: ${JSON.stringify(fits.errors?.slice(0, 5))}`);
		seen.add(path);
	}
	assert.equal(seen.size, 4);
});
