// The goal: whatever stands in a webhook's envelope costs little and lets nothing in: headers of any length, with any number of
// signatures, sent twice, through nginx and past it; and an event in another version of the interface counts and is told.

import assert from "node:assert/strict";
import http from "node:http";
import { test } from "node:test";

import { fcgi } from "./lib/fcgi.mjs";
import { books_agree, counts, deliver, event, made, reaches, secret_of, session_of, signature } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";

const s = await stack({ name: "money-envelope", views: 1, moneys: 1, set: { "clerk.interval_ms": 100 } });
const secret = await secret_of(s);
const sound = () => event("customer.created", { id: "cus_1", object: "customer" });
const BAD = `,v1=${"0".repeat(64)}`;

// past_nginx: the same webhook straight to the role.
function past_nginx(body, headers, options) {
	const text = JSON.stringify(body);

	return fcgi(s.env.MONEY_SOCK, [["REQUEST_METHOD", "POST"], ["DOCUMENT_URI", "/webhook/stripe"], ["CONTENT_TYPE", "application/json"],
		["CONTENT_LENGTH", `${Buffer.byteLength(text)}`], ["PLEDGED_HOST", "127.0.0.1"], ["PLEDGED_SCHEME", "http"], ...headers.map((h) => ["HTTP_STRIPE_SIGNATURE", h])],
	text, options);
}

// through_nginx: headers of one name, each a line of its own.
function through_nginx(body, headers) {
	const bytes = JSON.stringify(body);

	return new Promise((done, fail) => {
		const req = http.request(new URL("/webhook/stripe", s.url), { method: "POST", agent: false,
			headers: { "content-type": "application/json", "content-length": Buffer.byteLength(bytes), "stripe-signature": headers } }, (res) => {
			res.resume();
			res.on("end", () => done({ status: res.statusCode }));
		});

		req.on("error", fail);
		req.end(bytes);
	});
}

const WAYS = { "through nginx": through_nginx, "past nginx": past_nginx };
const REFUSED = {
	"200 signatures, the last one good": (good) => [good.replace(",v1=", `${BAD.repeat(199)},v1=`)],
	"200 signatures, the first one good": (good) => [`${good}${BAD.repeat(199)}`],
	"64 kB of signatures": (good) => [`${good}${BAD.repeat(960)}`],
	"64 kB of commas": (good) => [`${good}${",".repeat(65000 - good.length)}`],
	"64 kB of another scheme": (good) => [`${good},v0=${"0".repeat(65000 - good.length)}`],
	"twice, both wrong": (good) => [`${good.slice(0, -1)}x`, `${good.slice(0, -1)}y`],
};

for (const [way, send] of Object.entries(WAYS))
	for (const [name, how] of Object.entries(REFUSED))
		test(`${name}, ${way}: refused at once, no row (case 30)`, async () => {
			const before = await counts(s), [pid] = await s.pids("money");
			const e = sound(), began = Date.now();
			const { status } = await send(e, how(signature(secret, JSON.stringify(e))));

			assert.ok([400, 414, 431, 494].includes(status), `${status}`);
			assert.ok(Date.now() - began < 5000, "bounded work");
			assert.deepEqual(await counts(s), before);
			assert.deepEqual(await s.pids("money"), [pid], "nobody died of it");
			assert.equal((await send(e, [signature(secret, JSON.stringify(e))])).status, 200, "and the next one is taken");
		});

test("more than 64 kB of parameters: refused, and the process goes on (case 30)", async () => {
	const before = await counts(s), [pid] = await s.pids("money"), e = sound();
	const good = signature(secret, JSON.stringify(e));

	for (const headers of [[`${good}${BAD.repeat(3000)}`], Array(300).fill(good), Array(2000).fill(good)])
		assert.notEqual((await past_nginx(e, headers)).status, 200);
	assert.deepEqual(await counts(s), before);
	assert.deepEqual(await s.pids("money"), [pid]);
});

test("the header twice: what is taken has a good signature, and makes one row (case 30)", async () => {
	for (const [way, send] of Object.entries(WAYS)) {
		const e = sound(), before = await counts(s);
		const good = signature(secret, JSON.stringify(e)), bad = `${good.slice(0, -64)}${"0".repeat(64)}`;

		assert.equal((await send(e, [good, good])).status, 200, way);
		assert.equal((await send(e, [good, bad])).status, 200, `${way}: the first one counts`);
		// Older servers hand over the first of the two, newer ones both in one line.
		assert.ok([200, 400].includes((await send(e, [bad, good])).status), way);
		assert.equal((await counts(s)).inbox, before.inbox + 1, way);
	}
});

test("split over many records, down to one byte each: read whole (case 31)", async () => {
	for (const size of [1, 7, 65535]) {
		const e = sound();

		assert.equal((await past_nginx(e, [signature(secret, JSON.stringify(e))], { size })).status, 200, `${size}`);
		assert.equal(await s.one(`SELECT convert_from(body, 'UTF8') FROM pledged.inbox WHERE dedup_key = '${e.id}'`), JSON.stringify(e));
	}
});

// --- the version ---------------------------------------------------------------------------------

const counted = async () => Number(/^pledged_event_version_total (\d+)$/m.exec((await s.request("/metrics/money")).text)[1]);

test("an event in another version: processed, told in the log, and counted (case 53)", async () => {
	await s.provider.webhooks({ drop: true });
	const before = await counted();
	const pledge = await made(s, { email: "version@mail.example" });
	const session = session_of(pledge.url);

	await s.provider.pay(pledge.url);
	await s.provider.webhooks({ drop: false });
	const e = event("checkout.session.completed", { id: session, object: "checkout.session" }, { api_version: "2020-08-27" });

	assert.equal((await deliver(s, e, { secret })).status, 200);
	await reaches(s, pledge.pledge, "paid");
	assert.equal(await counted(), before + 1);
	assert.match(await s.log("money"), new RegExp(`"an event of another version".*"${e.id}".*"2020-08-27"`));
});

test("the pinned version, or none: nothing to tell (case 53)", async () => {
	const before = await counted();

	for (const api_version of ["2026-10-28.endive", null, undefined])
		assert.equal((await deliver(s, { ...sound(), api_version }, { secret })).status, 200);
	assert.equal(await counted(), before);
	for (const api_version of ["2026-10-28", "x'; DROP", "9".repeat(5000)])
		assert.equal((await deliver(s, { ...sound(), api_version }, { secret })).status, 200);
	assert.equal(await counted(), before + 3);
	assert.doesNotMatch(await s.log("money"), /DROP|99999/, "what is no version is not repeated");
});

test("the books agree", () => books_agree(s));
