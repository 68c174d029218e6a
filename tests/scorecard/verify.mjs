// verify.mjs: our verifier of webhooks against the provider's own library, over headers that went through all kinds of hands.
// Where ours is stricter a rule says why, and with which word ours refuses; what no rule explains fails the line.

import { execFile } from "node:child_process";
import { createHmac } from "node:crypto";
import { join } from "node:path";

import Stripe from "stripe";

import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";

const TOLERANCE_S = 300;
const SECRETS = ["whsec_first0123456789", "whsec_second987654321"];
const STRANGER = "whsec_of_somebody_else";
const NOW_S = 1795000000;

const { signature } = new Stripe("sk_test_none").webhooks;
const hmac = (secret, t, body) => createHmac("sha256", secret).update(`${t}.`).update(body).digest("hex");

// --- headers -------------------------------------------------------------------------------------

function body_of(t) {
	const text = JSON.stringify({ id: `evt_${t.int(0, 1e9)}`, object: "event", pad: "ä€😀x".repeat(t.int(0, 12)), n: t.int(0, 1e6) });

	return t.pick([() => Buffer.from(text), () => Buffer.from(text), () => Buffer.from(text), () => Buffer.from(""), () => Buffer.from("x\0y"),
		() => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), Buffer.from(text)]), () => Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xc0])])])();
}

const AGES = [0, 0, 0, 5, 100, 298, 299, 301, 302, 5000, -5, -298, -299, -301, -302, -100000];
const odd = (t) => t.pick([" ", "\t", "=", ",", "v", "t", "0", "f", "F", "g", "\u00e9", "\u00a0", "\"", ";", "1"]);
const at = (t, text) => t.int(0, Math.max(0, text.length - 1));

// HANDS: what somebody on the way may do to the parts (name and value) of a header, or to its text.
const HANDS = {
	parts: [
		(t, p) => t.shuffle(p),
		(t, p) => [...p, p[at(t, p)]],
		(t, p) => p.filter((_, i) => i !== t.int(0, p.length)),
		(t, p) => [["v0", p.at(-1)[1]], ...p],
		(t, p) => p.map(([name, value]) => [name === "v1" && t.chance(2) ? t.pick(["v0", "v2", "V1", " v1", "v1 "]) : name, value]),
		(t, p) => [...p, ...Array.from({ length: t.int(1, 12) }, () => ["v1", hmac(STRANGER, t.int(0, 9), "")])],
		(t, p) => [...Array.from({ length: t.int(1, 12) }, () => ["v1", "0".repeat(64)]), ...p],
		(t, p) => p.map(([name, value]) => [name, name === "v1" ? t.pick([value.toUpperCase(), value.slice(1), `${value}0`, `${value}=`, `${value}=x`, ` ${value}`]) : value]),
		(t, p) => p.map(([name, value]) => [name, name === "t" ? t.pick([`0${value}`, `+${value}`, ` ${value}`, `${value}x`, `${value}.5`, `-${value}`, "", `${value}=1`,
			`${"0".repeat(30)}${value}`, "9".repeat(25), `${Number(value) + 1}`, "1e9"]) : value]),
		(t, p) => [["t", `${NOW_S - t.int(0, 9)}`], ...p],
		(t, p) => [...p, ["x", "y".repeat(t.int(1, 1200))]],
	],
	text: [
		(t, h) => h.slice(0, at(t, h)) + odd(t) + h.slice(at(t, h)),
		(t, h) => { const i = at(t, h); return h.slice(0, i) + odd(t) + h.slice(i + 1); },
		(t, h) => { const i = at(t, h); return h.slice(0, i) + h.slice(i + 1); },
		(t, h) => h.slice(0, at(t, h)),
		(t, h) => h.replace(",", t.pick([", ", ",,", ";", " ", ""])),
		(t, h) => t.pick([`${h},`, `,${h}`, ` ${h}`, `${h} `, `${h},v1`, ""]),
	],
};

function case_of(t) {
	const body = body_of(t);
	const stamp = NOW_S - t.pick(AGES);
	const signers = t.pick([[SECRETS[0]], [SECRETS[0]], [SECRETS[1]], SECRETS, [STRANGER], [STRANGER, SECRETS[1]]]);
	let parts = [["t", `${stamp}`], ...signers.map((secret) => ["v1", hmac(secret, stamp, body)])];

	for (let n = t.int(0, 2); n > 0 && parts.length > 0; n--)
		parts = t.pick(HANDS.parts)(t, parts);
	let header = parts.map(([name, value]) => `${name}=${value}`).join(",");

	for (let n = t.pick([0, 0, 1, 2]); n > 0; n--)
		header = t.pick(HANDS.text)(t, header);
	return { header, body: t.chance(20) ? Buffer.concat([body, Buffer.from(" ")]) : body };
}

// --- verdicts ------------------------------------------------------------------------------------

// An empty signature, or one of 64 letters with one beyond ASCII, makes the library's comparison itself fail: no verdict, so
// refused.
function theirs({ header, body }) {
	return SECRETS.some((secret) => {
		try {
			return signature.verifyHeader(body, header, secret, TOLERANCE_S, undefined, NOW_S * 1000);
		} catch (error) {
			if (error.type !== "StripeSignatureVerificationError" && !/same byte length|must receive two arguments/.test(error.message))
				throw error;
			return false;
		}
	});
}

const hex = (bytes) => (bytes.length > 0 ? bytes.toString("hex") : "-");

function ours(cases) {
	const lines = cases.map(({ header, body }) => `${NOW_S} ${hex(Buffer.from(header, "latin1"))} ${hex(body)}\n`);

	return new Promise((done, fail) => {
		const child = execFile(join(root, "build/plain/sim/signature"), [String(TOLERANCE_S), ...SECRETS], { maxBuffer: 1 << 28 },
			(error, stdout) => (error ? fail(error) : done(stdout.trim().split("\n"))));

		child.stdin.end(lines.join(""));
	});
}

const values = (header, name) => header.split(",").filter((part) => part.split("=")[0] === name).map((part) => part.slice(name.length + 1));

// RULES: where ours refuses what the library takes: the words that it may refuse with, and when.
const RULES = {
	"a time that lies ahead": { said: ["stale"], when: ({ header }) => parseInt(values(header, "t").at(-1), 10) > NOW_S + TOLERANCE_S },
	"a header of more than 1024 bytes": { said: ["malformed"], when: ({ header }) => header.length > 1024 },
	"more than eight signatures": { said: ["malformed"], when: ({ header }) => values(header, "v1").length > 8 },
	"two times": { said: ["malformed"], when: ({ header }) => values(header, "t").length > 1 },
	"a time that is not plain digits": { said: ["malformed", "bad_signature"],
		when: ({ header }) => values(header, "t").some((value) => value !== String(parseInt(value, 10))) },
	"a part that is not name=value": { said: ["malformed"], when: ({ header }) => header.split(",").some((part) => !part.includes("=")) },
	"something behind a signature": { said: ["bad_signature"], when: ({ header }) => values(header, "v1").some((value) => value.includes("=")) },
};

// The other way round: the library signs text, we sign bytes. What is no text is refused afterwards as no JSON (case 33).
const is_text = (body) => Buffer.compare(Buffer.from(new TextDecoder().decode(body)), body) === 0;

function explain(one, said, they) {
	if (they)
		return Object.keys(RULES).find((name) => RULES[name].said.includes(said) && RULES[name].when(one));
	if (!is_text(one.body))
		return "a body that is no UTF-8 text";
	if (values(one.header, "v1").some((value) => value.split("=")[0] === ""))
		return "an empty signature beside a good one";
	return values(one.header, "v1").some((value) => /[^\0-\x7f]/.test(value)) ? "a letter beyond ASCII beside a good signature" : undefined;
}

async function compare(t) {
	const n = t.n(100000, 5000);
	const why = [];
	const reasons = {};
	let taken = 0, explained = 0;

	for (let done = 0; done < n; done += 10000) {
		const cases = Array.from({ length: Math.min(10000, n - done) }, () => case_of(t));
		const said = await ours(cases);

		cases.forEach((one, i) => {
			const they = theirs(one);

			taken += they && said[i] === "ok" ? 1 : 0;
			if (they === (said[i] === "ok"))
				return;
			const reason = explain(one, said[i], they);

			if (reason) {
				explained += 1;
				reasons[reason] = (reasons[reason] ?? 0) + 1;
			} else {
				why.push(`${JSON.stringify(one.header)} over ${hex(one.body)}: ours ${said[i]}, theirs ${they ? "ok" : "refused"}`);
			}
		});
	}
	for (const [reason, times] of Object.entries(reasons))
		t.say(`${reason}: ${times}`);
	const all = Object.keys(RULES).filter((name) => !t.short && !reasons[name]).map((name) => `no header met the rule "${name}"`);

	return verdict(`${n} headers, ${taken} taken by both, ${explained} different by rule, ${why.length} unexplained`, taken > n / 20, [...why.slice(0, 5), ...all]);
}

export const lines = [
	{ id: "C06", name: "diff-sig", title: "our verifier against the provider's library on mutated headers (cases 26, 27, 28, 29, 30)",
		target: "100000, 0 unexplained", short: true, build: ["sim"], run: compare },
];
