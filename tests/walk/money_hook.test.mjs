// Webhooks have processes of their own: they are taken while all that take money wait for the provider, and without them by
// the others. Several about one object cost one look.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, deliver, event, made, reaches, secret_of, session_of } from "./lib/money.mjs";
import { key } from "./lib/http.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-hook", views: 1, moneys: 1, hooks: 1,
	set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 86400, "money.wait_ms": 15000 } });
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
const secret = await secret_of(s);

async function hint(session) {
	const answer = await deliver(s, JSON.stringify(event("checkout.session.completed", { id: session, object: "checkout.session" })), { secret });

	assert.equal(answer.status, 200, answer.text);
}

test("a webhook is taken while the only process that takes money waits", async () => {
	const { url } = await made(s);

	await s.provider.fault({ match: CREATE, do: "delay:8000" });
	let waits = true;
	const slow = s.client().pledge({ amount: "7.00", currency: "EUR", interval: "once", key: key() }, { timeout_ms: 30000 }).finally(() => { waits = false; });

	await until("the call is on its way", async () => (await s.provider.requests({ method: "POST", path: "checkout/sessions" })).length === 2, 20);
	await hint(session_of(url));
	assert.ok(waits, "and nobody waited for the call");
	assert.equal((await slow).status, 201);
});

test("several about one object cost one look", async () => {
	const { url } = await made(s);
	const looks = async () => (await s.provider.requests({ method: "GET", path: session_of(url) })).length;

	await s.role("clerk", "stop");
	const before = await looks();

	for (let i = 0; i < 20; i++)
		await hint(session_of(url));
	await s.role("clerk", "start");
	await until("all are done", async () => await s.count(`SELECT count(*) FROM pledged.inbox WHERE object_id = '${session_of(url)}' AND state = 'done'`) >= 20, 20);
	assert.equal(await looks(), before + 1);
});

test("without them the others take the webhooks", async () => {
	const gift = await made(s);

	await s.role("hook", "stop");
	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid");
	await s.role("hook", "start");
	await books_agree(s);
});
