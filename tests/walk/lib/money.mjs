// money.mjs: what the walks over the money path share: webhooks signed by the test itself, how many rows
// there are, and the comparison that every one of them ends with: the provider's books against ours.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { until } from "./until.mjs";

// --- webhooks ------------------------------------------------------------------------------------

export async function secret_of(s) {
	return (await readFile(join(s.dir, "secrets/stripe.webhook"), "utf8")).trim().split("\n")[0];
}

const hmac = (secret, t, body) => createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex");
export const now_s = () => Math.floor(Date.now() / 1000);

// signature: a Stripe-Signature header of one or several secrets.
export function signature(secrets, body, t = now_s()) {
	return [`t=${t}`, ...[secrets].flat().map((secret) => `v1=${hmac(secret, t, body)}`)].join(",");
}

let events = 0;

// event: an envelope as the provider writes it. what overrides any member.
export function event(type, object, what = {}) {
	return { id: `evt_walk${process.pid}x${Date.now()}x${events++}`, object: "event", api_version: "2026-10-28.endive",
		created: now_s(), livemode: false, pending_webhooks: 1, request: null, type, data: { object }, ...what };
}

// deliver: one webhook, signed unless a header is given (null: none at all); body is an object, text or bytes.
export async function deliver(s, body, { secret, header, t, headers = {} } = {}) {
	const bytes = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
	const sign = header === undefined ? signature(secret ?? await secret_of(s), bytes, t) : header;

	return s.request("/webhook/stripe", { method: "POST", body: bytes, headers: { "content-type": "application/json",
		...(sign === null ? {} : { "stripe-signature": sign }), ...headers } });
}

// --- rows ----------------------------------------------------------------------------------------

const TABLES = ["pledge", "attempt", "outbox", "inbox", "payment", "recurring", "mail_out", "ledger", "reader", "prompt_event",
	"reader_link_token", "reader_email", "remind", "remind_stop"];

// counts: rows of every table that a request for money could write to.
export async function counts(s) {
	// Fees are learnt a while after their payment, whatever else goes on.
	const from = (t) => (t === "ledger" ? "pledged.ledger WHERE object <> 'fee'" : `pledged.${t}`);
	const [row] = await s.sql(`SELECT ${TABLES.map((t) => `(SELECT count(*) FROM ${from(t)})`).join(",")}`);

	return Object.fromEntries(TABLES.map((t, i) => [t, Number(row[i])]));
}

// state: a pledge as its donor's page tells it.
export async function state(s, token) {
	const answer = await s.request(`/pledge/${token}`, { headers: { accept: "application/json" } });

	assert.equal(answer.status, 200, answer.text);
	return answer.json();
}

export const reaches = (s, token, status, seconds = 20) => until(`pledge is ${status}`,
	async () => (await state(s, token)).status === status, seconds);

// made: a pledge whose page is open; gives {pledge, url, …}.
export async function made(s, fields = {}, who = s.client()) {
	const answer = await who.pledge(fields);

	assert.equal(answer.status, 201, answer.text);
	return answer.json();
}

export const session_of = (url) => new URL(url).pathname.split("/").pop();

// insist: what a careful client does: the same request under the same key until it has a page.
export function insist(who, fields, seconds = 40) {
	return until(`a page for ${fields.key}`, async () => {
		const answer = await who.pledge(fields, { timeout_ms: 30000 });

		assert.ok([201, 202, 503].includes(answer.status), `${answer.status} ${answer.text}`);
		return answer.status === 201 && answer.json().url ? answer.json() : undefined;
	}, seconds);
}

// --- the books -----------------------------------------------------------------------------------

const DECIMALS = { ISK: 0, JPY: 0 };

// mollie_minor: an amount of Mollie's in our minor units; the krona has two decimals in our books.
export const mollie_minor = ({ value, currency }) => Math.round(Number(value) * (currency === "ISK" ? 100 : 10 ** (DECIMALS[currency] ?? 2)));

// mollie_books: the other provider's side, as books tells the first one's.
async function mollie_books(s) {
	const { payments } = await s.provider.mollie();
	const paid = payments.filter((p) => p.status === "paid").map((p) => ({ id: p.id, amount: mollie_minor(p.amount), currency: p.amount.currency.toLowerCase(),
		reference: p.metadata?.pledge, metadata: p.metadata ?? {} }));
	const references = {};
	const totals = {};

	for (const p of payments.filter((x) => ["open", "pending", "paid"].includes(x.status) && x.metadata?.pledge))
		(references[p.metadata.pledge] ??= []).push(p.id);
	for (const p of paid)
		totals[p.currency] = (totals[p.currency] ?? 0) + p.amount;
	return { paid, references, totals };
}

// books: what the providers took and what we hold of it; lost and twice are lists of the provider's ids.
export async function books(s) {
	const theirs = await s.provider.ledger();
	const mollie = await mollie_books(s);
	const ours = await s.sql(`SELECT coalesce(y.intent, ''), y.provider_payment_id, y.amount, lower(y.currency), y.pledge_id
		FROM pledged.payment y WHERE y.state = 'paid'`);
	const fits = (p) => ours.filter(([intent, id, amount, currency, pledge]) => (intent === p.id || id === p.id || id === p.invoice) &&
		Number(amount) === p.amount && currency === p.currency && pledge === (p.reference ?? p.metadata.pledge));
	const booked = Object.fromEntries((await s.sql(`SELECT lower(currency), sum(amount) FROM pledged.ledger
		WHERE account = 'provider' AND object = 'payment' GROUP BY 1`)).map(([currency, sum]) => [currency, Number(sum)]));

	const all = [...theirs.payments, ...mollie.paid];
	const taken = Object.fromEntries(Object.entries(theirs.totals).map(([currency, sum]) => [currency, sum.paid]));

	for (const [currency, sum] of Object.entries(mollie.totals))
		taken[currency] = (taken[currency] ?? 0) + sum;
	const expired = new Set(theirs.sessions.filter((x) => x.status === "expired").map((x) => x.id));

	return {
		lost: all.filter((p) => fits(p).length === 0).map((p) => p.id),
		twice: all.filter((p) => fits(p).length > 1).map((p) => p.id),
		made_up: ours.length - all.length,
		// One pledge, one page at the provider, whatever was sent how often; another only after it expired.
		pages: [...Object.entries(theirs.references), ...Object.entries(mollie.references)].filter(([, ids]) => ids.filter((id) => !expired.has(id)).length > 1).map(([pledge]) => pledge),
		paid: taken,
		booked,
		marks: await s.count(`SELECT count(*) FROM (SELECT subject FROM pledged.mail_out GROUP BY kind, subject HAVING count(*) > 1) x`),
	};
}

// books_agree: lost 0, double 0; waits for what is still under way.
export async function books_agree(s, seconds = 30) {
	let b;

	await until("the books agree", async () => {
		b = await books(s);
		return b.lost.length === 0;
	}, seconds).catch(() => {});
	assert.deepEqual({ lost: b.lost, twice: b.twice, made_up: b.made_up, pages: b.pages, mails_twice: b.marks },
		{ lost: [], twice: [], made_up: 0, pages: [], mails_twice: 0 });
	assert.deepEqual(b.booked, b.paid, "our ledger holds what the provider took");
	await s.invariants();
}

// patience: after how many failures in a row the circuit opens; it is closed now. Without a number as it is set up.
export const patience = (s, most = 8, name = "stripe") => s.sql(`INSERT INTO pledged.circuit (provider, most) VALUES ('${name}', ${most})
	ON CONFLICT (provider) DO UPDATE SET most = ${most}, state = 'closed', fails = 0`);
