// Who answers in the provider's name and cannot prove that he is it gets no key and no pledge: names that
// lead nowhere, certificates of an unknown issuer, for another name, out of date, and redirects. pledged
// has no setting to trust a certificate of one's own; here the list of the system is another one, in a
// mount namespace of the test's own.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { authority, certificate } from "../provider/certs.mjs";
import { Provider } from "../provider/kit.mjs";
import { key } from "./lib/http.mjs";
import { books_agree, patience, reaches } from "./lib/money.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const SYSTEM = "/etc/ssl/certs/ca-certificates.crt";
const DAY_MS = 86400000;
const run = promisify(execFile);

const s = await stack({ name: "money-tls", views: 1, moneys: 1, set: { "money.wait_ms": 10000, "clerk.interval_ms": 200 } });
const dir = await mkdtemp(join(tmpdir(), "pledged-tls-"));
const peers = [];

after(async () => {
	for (const peer of peers)
		await peer.stop();
	await rm(dir, { recursive: true, force: true });
});

authority(dir);
await chmod(dir, 0o755);
await chmod(join(dir, "ca.pem"), 0o644);

// May a process of ours have another list of issuers?
const namespaces = (() => {
	try {
		execFileSync("unshare", ["-m", "mount", "--bind", join(dir, "ca.pem"), SYSTEM], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
})();
const alone = namespaces ? false : "no mount namespace here: only an unknown issuer can be shown";

// peer: a stand-in behind https, with the stack's own key, that writes down what reaches it.
async function peer(file, options) {
	const { key: secret, cert } = certificate(dir, file, options);
	const stripe = (await readFile(join(s.dir, "secrets/stripe.key"), "utf8")).trim();
	const made = await Provider.start({ key: stripe, args: ["--tls-key", secret, "--tls-cert", cert] });

	peers.push(made);
	return made;
}

// turn_to: the money role talks to another provider from now on; trusting: our issuer is the only one.
async function turn_to(base, { trusting = false } = {}) {
	const ini = join(s.dir, "pledged.ini");
	const text = await readFile(ini, "utf8");

	await writeFile(ini, text.replace(/^base_url = .*$/m, `base_url = ${base}`)
		.replace(/^checkout_host = .*$/m, `checkout_host = ${new URL(base).host}`));
	await s.role("money", "stop");
	if (!trusting)
		await s.role("money", "start");
	else
		await run("unshare", ["-m", "sh", "-c", 'mount --bind "$1" "$2" && exec "$3" role money start --dir "$4"', "sh",
			join(dir, "ca.pem"), SYSTEM, join(root, "deploy/stack"), s.dir]);
}

const gift = () => ({ amount: "25.00", currency: "EUR", interval: "once", email: "t@mail.example", key: key() });
const waiting = [];

// refused: a pledge is taken and kept, and nothing is known but how its call ended.
async function refused(outcome, error) {
	const fields = gift();
	const answer = await s.client().pledge(fields, { timeout_ms: 30000 });

	assert.ok([202, 503].includes(answer.status), `${answer.status} ${answer.text}`);
	assert.doesNotMatch(answer.text + JSON.stringify(answer.headers), /curl|127\.0\.0\.2/);
	const [[state, ended, tries, text]] = await s.sql(`SELECT a.state, o.last_outcome, o.tries, o.error FROM pledged.pledge p
		JOIN pledged.attempt a USING (pledge_id) JOIN pledged.outbox o ON o.subject = a.attempt_id WHERE p.key = '${fields.key}'`);

	assert.deepEqual([state, ended], ["creating", outcome], text);
	assert.ok(Number(tries) >= 1);
	assert.match(text, error);
	return fields;
}

const untouched = async (p, reason) => {
	assert.deepEqual((await p.control("requests")).requests, [], "no byte of a request, so no key");
	if (reason)
		await until("it was tried, and broken off in the handshake", async () => reason.test((await p.control("stats")).tls_reason));
};

const plain = s.env.PROVIDER_URL;

await s.role("clerk", "stop");
await patience(s, 1000);	// each is to be met, so no circuit opens

test("a name that leads nowhere: the pledge waits (case 24)", async () => {
	await turn_to("https://provider.invalid");
	waiting.push(await refused("retry", /^curl 6:/));
});

test("a certificate of an unknown issuer gets no key (case 24)", async () => {
	const p = await peer("stranger");

	await turn_to(p.url);
	waiting.push(await refused("retry", /^curl 60:/));
	await untouched(p, /UNKNOWN_CA/);
});

test("a certificate for another name gets no key (case 24)", { skip: alone }, async () => {
	const p = await peer("elsewhere", { name: "DNS:api.stripe.com" });

	await turn_to(p.url, { trusting: true });
	waiting.push(await refused("retry", /^curl 60:/));
	await untouched(p);
});

test("a certificate that is out of date, or not yet valid, gets no key (case 24)", { skip: alone }, async () => {
	const now = Date.now();

	for (const [file, from, to] of [["late", now - 3 * DAY_MS, now - DAY_MS], ["early", now + DAY_MS, now + 3 * DAY_MS]]) {
		const p = await peer(file, { from, to });

		await turn_to(p.url, { trusting: true });
		waiting.push(await refused("retry", /^curl 60:/));
		await untouched(p, /CERTIFICATE/);
	}
});

test("a redirect is not followed, so the key stays where it was (case 24)", async () => {
	const heard = [];
	const other = http.createServer((req, res) => {
		heard.push(req.headers);
		res.end("{}");
	});

	await new Promise((done) => { other.listen(0, "127.0.0.2", done); });
	other.unref();	// a failure here must not keep the file waiting
	await turn_to(plain);
	await s.provider.fault({ match: { method: "POST", path: "^/v1/checkout/sessions$" },
		do: { do: "redirect", to: `http://127.0.0.2:${other.address().port}/v1/checkout/sessions` } });
	await refused("config", /^HTTP 302/);
	assert.deepEqual(heard, []);
	assert.equal((await s.provider.requests()).length, 1);
	await new Promise((done) => { other.close(done); });
});

test("with the right certificate the same call is made", { skip: alone }, async () => {
	const p = await peer("right");

	await turn_to(p.url, { trusting: true });
	const answer = await s.client().pledge(gift(), { timeout_ms: 30000 });

	assert.equal(answer.status, 201, answer.text);
	assert.ok(answer.json().url.startsWith(`${p.url}/c/pay/`), answer.json().url);
	const [request] = (await p.control("requests")).requests;

	assert.equal(request.headers.authorization, "Bearer ***");
	await turn_to(plain);
});

test("every pledge that waited is made with its own key once the provider is there again", async () => {
	await turn_to(plain);
	await s.role("clerk", "start");
	for (const fields of waiting) {
		const opened = await until("a page", async () => {
			const answer = await s.client().pledge(fields, { timeout_ms: 30000 });

			return answer.status === 201 && answer.json();
		}, 90);

		await s.provider.pay(opened.url);
		await reaches(s, opened.pledge, "paid", 40);
	}
	await books_agree(s);
});
