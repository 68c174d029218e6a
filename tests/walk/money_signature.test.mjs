// The goal: what the provider's own libraries sign is taken, and what they refuse is refused: live headers of the official
// clients for Node and Python over random bodies, through nginx; and our own test's signer is believed by both.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { randomBytes, randomInt } from "node:crypto";
import { test } from "node:test";

import Stripe from "stripe";

import { counts, deliver, event, now_s, secret_of, signature } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";

const N = 200;
const s = await stack({ name: "money-signature", views: 1, moneys: 2 });
const secret = await secret_of(s);
const stripe = new Stripe("sk_test_none");

// Debian's own Python has the client; another one on the path may not.
const PYTHON = "/usr/bin/python3";
const has_python = spawnSync(PYTHON, ["-c", "import stripe"]).status === 0;

// python: lines of JSON in, lines of JSON out, by the Python client.
function python(body, lines) {
	const program = `import sys, json, stripe\nfor line in sys.stdin:\n    x = json.loads(line)\n${body.split("\n").map((l) => `    ${l}`).join("\n")}\n`;

	return execFileSync(PYTHON, ["-c", program], { input: lines.map((line) => `${JSON.stringify(line)}\n`).join(""), encoding: "utf8", maxBuffer: 1 << 26 })
		.trim().split("\n").map((line) => JSON.parse(line));
}

// bodies: events that nobody acts on, each with text of all kinds in it.
const ODD = ["é", "Ж", "😀", "\u2028", "\u202e", "\\", "\"", "\n", "%", "&", "\u0001"];
const body = () => JSON.stringify(event("customer.created", { id: `cus_${randomInt(1e9)}`, object: "customer",
	name: Array.from({ length: randomInt(60) }, () => ODD[randomInt(ODD.length)]).join(""), pad: randomBytes(randomInt(400)).toString("base64") }),
	null, randomInt(3));
const bodies = Array.from({ length: N }, body);

async function taken(headers) {
	const before = await counts(s);

	for (let i = 0; i < N; i++) {
		const answer = await deliver(s, bodies[i], { header: headers[i] });

		assert.equal(answer.status, 200, `${headers[i]} ${answer.text}`);
	}
	return (await counts(s)).inbox - before.inbox;
}

test(`${N} headers of the Node client (case 27)`, async () => {
	assert.equal(await taken(bodies.map((payload) => stripe.webhooks.generateTestHeaderString({ payload, secret }))), N);
});

test(`${N} headers of the Python client (case 27)`, { skip: !has_python && "python3-stripe is not installed" }, async () => {
	const headers = python(`t = x["t"]\nprint(json.dumps("t=%d,v1=%s" % (t, stripe.WebhookSignature._compute_signature("%d.%s" % (t, x["body"]), x["secret"]))))`,
		bodies.map((text) => ({ t: now_s(), body: text, secret })));

	assert.equal(await taken(headers), 0, "the same events a second time: taken, and stored once");
});

test("what our tests sign, both believe (case 27)", async () => {
	for (const text of bodies)
		assert.ok(stripe.webhooks.constructEvent(text, signature(secret, text), secret).id);
	if (has_python) {
		const verdicts = python(`print(json.dumps(stripe.WebhookSignature.verify_header(x["body"], x["header"], x["secret"], 300)))`,
			bodies.map((text) => ({ body: text, header: signature(secret, text), secret })));

		assert.deepEqual(verdicts, Array(N).fill(true));
	}
});

test("one byte of the body changed: refused by all (case 27)", async () => {
	const before = await counts(s);

	for (const text of bodies.slice(0, 40)) {
		const bytes = Buffer.from(text), header = signature(secret, bytes);

		bytes[randomInt(bytes.length)] ^= 1 << randomInt(7);
		assert.throws(() => stripe.webhooks.constructEvent(bytes, header, secret));
		assert.equal((await deliver(s, bytes, { header })).status, 400);
	}
	assert.deepEqual(await counts(s), before);
});

test("the invariants hold", () => s.invariants());
