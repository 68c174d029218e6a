// provider.mjs: every way in which the provider's end of the wire goes wrong, and how our call ends: within its deadline and in
// the right class (unknown: it may have been done; retry: it was not; config: for a person). Then: away for long, and back.

import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as plain_server } from "node:http";
import { createServer as tls_server } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

import { authority, certificate } from "../provider/certs.mjs";
import { insist, patience } from "../walk/lib/money.mjs";
import { can_mount } from "../walk/lib/pg.mjs";
import { root } from "../walk/lib/stack.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { CREATE, each, gift, in_time, one_stack, paid, who } from "./lib/money.mjs";

const run = promisify(execFile);
const WAIT_MS = 700;	// money.wait_ms of one_stack
const SLACK_MS = 1500;	// a machine with other work

// FAULTS: what befalls the call, and its class.
const FAULTS = [
	["time-out", "delay:6000", "unknown"],
	["reset", "reset", "unknown"],
	["half an answer", "half:40", "unknown"],
	["trickle", "trickle:20", "unknown"],
	["500", { do: "status", status: 500, store: false }, "unknown"],
	["502", "status:502", "retry"],
	["429 with Retry-After", { do: "status", status: 429, retry_after: 1 }, "retry"],
	["bad JSON", "bad-json", "unknown"],
	["100 MB", "huge-body:104857600", "unknown"],
	["endless headers", "endless-headers:100000", "unknown"],
];

const outcome = async (s, key) => (await s.sql(`SELECT coalesce(o.last_outcome, 'none'), o.state, coalesce(o.error, '') FROM pledged.outbox o
	JOIN pledged.attempt a ON a.attempt_id = o.subject JOIN pledged.pledge p USING (pledge_id) WHERE o.kind = 'create' AND p.key = '${key}'`))[0] ?? [];

// listening: a server on loopback that counts the requests that reach it.
async function listening(server) {
	const seen = { requests: 0, authorization: 0 };

	server.on("request", (req, res) => {
		seen.requests += 1;
		seen.authorization += req.headers.authorization ? 1 : 0;
		res.end("{}");
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return { seen, port: server.address().port, close: () => new Promise((done) => {
		server.close(done);
		server.closeAllConnections();
	}) };
}

// UNPROVEN: what is wrong with the certificate of who answers in the provider's name. Of an issuer that is trusted it can be the name or
// the date alone: one with nothing wrong is heard.
const DAY_MS = 86400000;
const UNPROVEN = [["wrong certificate", { name: "DNS:api.stripe.com" }], ["expired certificate", { from: Date.now() - 3 * DAY_MS, to: Date.now() - DAY_MS }]];
const SYSTEM = "/etc/ssl/certs/ca-certificates.crt";

// trusting: the money role is started anew; where we may mount, behind a list of issuers that has ours alone.
async function trusting(s, ca, base, mounts) {
	const env = { ...process.env, PLEDGED_STRIPE_BASE_URL: base };
	const start = [join(root, "deploy/stack"), "role", "money", "start", "--dir", s.dir];

	await s.role("money", "stop");
	await run(...mounts ? ["unshare", ["-m", "sh", "-c", 'mount --bind "$0" "$1" && shift && exec "$@"', ca, SYSTEM, ...start]] : [start[0], start.slice(1)], { env });
}

async function faults(t) {
	const s = await one_stack(t);
	const why = [];
	const given = [];
	let good = 0, all = 0;

	// asked: one donor; the call's class right after the answer.
	const asked = async (name, want, { state = "open" } = {}) => {
		const fields = gift(t);
		const began = Date.now();
		const answer = await who(s).pledge(fields);
		const ms = Date.now() - began;
		const [how, now, error] = await outcome(s, fields.key);
		const fine = answer.status === 202 && how === want && now === state && ms <= WAIT_MS + SLACK_MS;

		all += 1;
		good += fine ? 1 : 0;
		if (!fine)
			why.push(`${name}: ${answer.status} after ${ms} ms, ${how} and not ${want}, ${now} (${error})`);
		t.say(`${name}: ${how} after ${ms} ms (${error})`);
		if (now === "open")
			given.push(fields);
	};
	const elsewhere = await listening(plain_server());

	await s.role("clerk", "stop");	// it would put right what is looked at
	await patience(s, 1000);	// each fault is to be met, so no circuit opens
	for (const [name, how, want] of FAULTS) {
		await s.provider.fault({ match: CREATE, times: 1, do: how });
		await asked(name, want);
		await s.provider.no_faults();
	}
	await s.provider.fault({ match: CREATE, times: 1, do: { do: "redirect", to: `http://127.0.0.1:${elsewhere.port}/v1/checkout/sessions` } });
	await asked("redirect", "config", { state: "parked" });
	await s.provider.no_faults();
	const dir = mkdtempSync(join(tmpdir(), "pledged-tls-")), mounts = can_mount();

	authority(dir);
	execFileSync("chmod", ["-R", "a+rX", dir]);
	// heard: how many requests reached whoever has this certificate.
	const heard = async (options, act) => {
		const { key, cert } = certificate(dir, "peer", options);
		const tls = await listening(tls_server({ key: readFileSync(key), cert: readFileSync(cert) }));

		await trusting(s, join(dir, "ca.pem"), `https://127.0.0.1:${tls.port}`, mounts);
		await act();
		await tls.close();
		return tls.seen.requests;
	};

	for (const [name, options] of UNPROVEN) {
		if (await heard(options, () => asked(name, "retry")) > 0)
			why.push(`${name}: something was sent`);
	}
	if (mounts && await heard({}, async () => {
		const fields = gift(t);

		await who(s).pledge(fields);
		given.push(fields);
	}) === 0)
		why.push("a certificate with nothing wrong is refused, too");
	rmSync(dir, { recursive: true });
	await s.role("money", "restart");
	if (elsewhere.seen.requests > 0)
		why.push("the redirect was followed");
	await elsewhere.close();
	await patience(s);
	await s.role("clerk", "start");
	await each(given, 4, (fields) => insist(who(s), fields, 60));
	t.count({ faults: all, pledges: all + (mounts ? 1 : 0) });
	return verdict(`${good}/${all}${mounts ? "" : ", of certificates the issuer alone: no list of issuers of its own without root"}`, good === all, [...why, ...await audit(t, s)]);
}

// --- B11 -----------------------------------------------------------------------------------------

const OPENS = 10;
const DRAIN_S = 120;
const CALLS_S = 10;

// busiest: the most calls within one second.
function busiest(calls) {
	let most = 0;

	for (let i = 0, from = 0; i < calls.length; i++) {
		while (calls[i].at - calls[from].at >= 1000)
			from += 1;
		most = Math.max(most, i - from + 1);
	}
	return most;
}

async function outage(t) {
	const s = await one_stack(t);
	const seconds = t.n(600, 20, 60);
	const given = [];
	const answers = {};
	const last = (await s.provider.requests()).at(-1)?.n ?? 0;
	const [[since]] = await s.sql("SELECT clock_timestamp()"); // what B10 parked is left to a person
	const calls = async () => s.provider.requests({ since: last });
	const end = Date.now() + seconds * 1000;

	await s.provider.fault({ match: {}, times: 0, do: "drop-before" });
	while (Date.now() < end) {
		const fields = gift(t);
		const { status } = await who(s).pledge(fields);

		answers[status] = (answers[status] ?? 0) + 1;
		if (status === 202 || status === 201)
			given.push(fields);
		await sleep(1000);
	}
	const during = await calls();
	const why = Object.keys(answers).filter((status) => !["202", "503"].includes(status)).map((status) => `${answers[status]} answers ${status}`);

	await s.provider.no_faults();
	const { done, s: drained } = await in_time(DRAIN_S, async () => await s.count(`SELECT count(*) FROM pledged.attempt WHERE state = 'creating' AND created_at > '${since}'`) === 0);
	const most = busiest(await calls());
	const opened = await s.sql(`SELECT detail FROM pledged.guard_event WHERE kind = 'circuit' AND became = 'open' AND at > '${since}' ORDER BY event_id`);
	const failures = Number.parseInt(opened[0]?.[0] ?? "", 10);

	if (!(failures <= OPENS))
		why.push(`the circuit opened after ${failures} failures: ${during.length} calls in ${seconds} s`);
	if (during.length - OPENS > seconds / 2)
		why.push(`once open it let ${during.length - OPENS} calls through in ${seconds} s`);
	if (most > CALLS_S)
		why.push(`${most} calls within a second`);
	if (!done)
		why.push(`not all sent after ${DRAIN_S} s`);
	const pledges = await each(given, 2, (fields) => insist(who(s), fields, 60));

	await each(pledges, 2, (p) => s.provider.pay(p.url));
	await in_time(60, async () => await paid(s, pledges.map((p) => p.pledge)) === pledges.length);
	await settled(s);
	t.count({ faults: during.length, pledges: given.length });
	return verdict(`${seconds} s away, circuit open after ${failures} failures, ${during.length} calls, drained in ${drained.toFixed(1)} s, ${most} calls/s`, done, [...why, ...await audit(t, s)]);
}

export const lines = [
	{ id: "B10", name: "prov-faults", title: "thirteen ways in which a call goes wrong (cases 11, 13, 15, 17, 18, 24, 25)",
		target: `13/13 within ${(WAIT_MS + SLACK_MS) / 1000} s, in the right class`, short: true, run: faults },
	{ id: "B11", name: "prov-outage", title: "the provider is away for ten minutes, then back (cases 18, 25)",
		target: `circuit opens after ${OPENS} failures or fewer, drained within ${DRAIN_S} s, at most ${CALLS_S} calls/s`, run: outage },
];
