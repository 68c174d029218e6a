// Webhooks have processes of their own: they are taken while all that take money wait for the provider, and without them by
// the others. Several about one object cost one look.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { books_agree, deliver, event, made, reaches, secret_of, session_of } from "./lib/money.mjs";
import { fcgi } from "./lib/fcgi.mjs";
import { key } from "./lib/http.mjs";
import { build, root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-hook", views: 1, moneys: 1, hooks: 1,
	set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 86400, "money.wait_ms": 15000 } });
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
const secret = await secret_of(s);
const run = promisify(execFile);

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

test("they do nothing else, and no file with a key is theirs to open", async () => {
	const ask = (method, path) => fcgi(join(s.env.SOCKETS, "hook.sock"), [["REQUEST_METHOD", method], ["DOCUMENT_URI", path], ["CONTENT_TYPE", "application/json"],
		["CONTENT_LENGTH", method === "POST" ? "2" : "0"], ["PLEDGED_HOST", new URL(s.url).host], ["PLEDGED_SCHEME", "http"]], method === "POST" ? "{}" : "");

	for (const [method, path] of [["POST", "/pledge"], ["GET", "/pledge/abc"], ["POST", "/pledge/abc/again"], ["GET", "/manage"], ["POST", "/manage/ask"], ["POST", "/link"],
		["POST", "/remind"], ["GET", "/metrics/money"]])
		assert.equal((await ask(method, path)).status, 404, `${method} ${path}`);
	assert.equal((await ask("POST", "/webhook/stripe")).status, 400, "not signed");
	const dump = (await run(resolve(root, build, "pledged"), ["hook", "-T", "-c", s.env.CONF])).stdout;

	assert.match(dump, /^stripe\.webhook_secret_file = \*\*\*$/m);
	assert.doesNotMatch(dump, /^(stripe|mollie|cookie)\.key_file = \*/m);
});

test("without them the others take the webhooks", async () => {
	const gift = await made(s);

	await s.role("hook", "stop");
	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid");
	await s.role("hook", "start");
	await books_agree(s);
});
