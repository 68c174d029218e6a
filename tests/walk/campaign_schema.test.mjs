// The goal: an editor who writes a campaign with the schema at hand is told the same as by `pledgectl campaign check`, for all
// that a schema can say.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import Ajv from "ajv/dist/2020.js";

import { build, root } from "./lib/stack.mjs";

const schema = JSON.parse(await readFile(join(root, "conf/campaigns.schema.json"), "utf8"));
const valid = new Ajv({ strict: true, strictTypes: false, strictRequired: false, allErrors: true }).compile(schema);
const dir = await mkdtemp(join(tmpdir(), "pledged-schema-"));
const shipped = Object.fromEntries(await Promise.all((await readdir(join(root, "conf/campaigns")))
	.filter((name) => name.endsWith(".json"))
	.map(async (name) => [name.replace(".json", ""), JSON.parse(await readFile(join(root, "conf/campaigns", name), "utf8"))])));
let made = 0;

after(() => rm(dir, { recursive: true, force: true }));

async function checked(body) {
	const file = join(dir, `${++made}.json`);

	await writeFile(file, JSON.stringify(body));
	return new Promise((done) => execFile(join(resolve(root, build), "pledgectl"), ["campaign", "check", file],
		(error, out, err) => done(error ? err.trim() : "ok")));
}

// changed: the shipped file with one change: at "a.0.b" stands the value, undefined takes it out.
function changed(name, member, value) {
	const body = structuredClone(shipped[name]);
	const path = member.split(".");
	let at = body;

	for (const step of path.slice(0, -1))
		at = at[step] ??= {};
	if (value === undefined)
		delete at[path.at(-1)];
	else
		at[path.at(-1)] = value;
	return body;
}

const many = (n, one = (i) => `w${i}`) => Array.from({ length: n }, (_, i) => one(i));
const time = "2026-12-24T00:00:00Z";
const set = (when, more = {}) => [{ when, currency: "GBP", month: ["4"], preselect: { interval: "month", amount: "4" }, ...more }];

const FINE = [
	["support", "end", undefined], ["support", "end", "2027-01-01T00:00:00+02:00"], ["support", "experiment", "autumn"],
	["support", "fallback", "ru"], ["support", "sensitive", true], ["support", "holdout", false], ["support", "target", null],
	["support", "target.section.in", many(64)], ["support", "target.country", { in: ["EE"], not_in: null }],
	["support", "target.tag.in", ["sea ice", "лёд"]], ["support", "target.url.not_in", ["/live/"]],
	["support", "target.referrer.in", ["search", "news.example.org"]], ["support", "target.language.in", ["en"]],
	["support", "target.age_hours", { max: 48 }], ["support", "target.words", { min: 300, max: null }],
	["support", "target.hour", { from: 22, to: 6 }], ["support", "target.weekdays", ["sat", "sun"]],
	["support", "target.visitor", ["new"]], ["support", "target.gave", ["former", "supporter"]], ["support", "target.account", ["signed_in"]],
	["support", "target.read", [{ topic: "coast", days: 30, articles: { min: 3 } }]], ["support", "min_views", 1000],
	["support", "cap", null], ["support", "cap", {}], ["support", "cap", { id: "all", gap_hours: 12, daily: 1 }],
	["support", "cap.cycle", { views: 3, skip: 1, restart_days: 60 }], ["support", "pause", null], ["support", "pause.later_days", 0],
	["support", "meter", { window: "week", allowance: 3, then: "prompt" }],
	["support", "meter", { id: "m", window: "rolling", days: 30, topic: "coast", allowance: 3, registered: 9, then: "prompt" }],
	["support", "goal", { amount: "50000", currency: "EUR" }], ["support", "goal", { amount: "50000", currency: "EUR", from: time }],
	["support", "amount_sets", set({ country: ["GB"] })], ["support", "amount_sets", set({ gift: ["once"], gift_min: "5", gift_max: "10.50" })],
	["support", "variants.1", { variant: "none", share: 50, control: true }],
	...["appeal", "line", "bar", "inline", "modal", null].map((format) => ["support", "format", format]), ["meter", "format", null],
	["support", "cover", { percent: "1.5", fixed: "0.25" }], ["support", "cover", { percent: "20.00" }], ["support", "cover", { fixed: "1" }],
	["support", "cover", null], ["meter", "cover", { percent: "0.05", fixed: null }], ["support", "monthly_step", true],
	["support", "remind", false], ["support", "amount_sets", set({ country: ["GB"] }, { cover: { percent: "2", fixed: "0.20" } })],
	["support", "variants.0.text.en.title", "{articles|article|articles} of {{x}}"],
	["meter", "variants.0.text.en.later", undefined], ["meter", "meter.window", "day"],
	["policy", "topics", []], ["policy", "topics", many(10, (i) => ({ topic: `t${i}`, tag: ["x"] }))], ["policy", "free", null],
	["policy", "sensitive", undefined], ["policy", "cap", { views: 3, days: 7, gap_hours: 1, daily: 1 }],
	["policy", "blackouts", [{ start: time, end: "2026-12-25T00:00:00Z", campaigns: ["support"] }]],
	["policy", "holdout", { share: 2, walls: true }], ["policy", "supporter", { once_days: 10 }], ["policy", "countries.FI", { en: "Finland" }],
];

const FAULTY = [
	["support", "colour", "red"], ["support", "campaign", undefined], ["support", "campaign", "Support"], ["support", "campaign", "policy"],
	["support", "site", ""], ["support", "kind", "bar"], ["support", "kind", undefined], ["support", "kind", "wall"],
	["support", "priority", 1001], ["support", "priority", "1"], ["support", "start", undefined], ["support", "start", "2026-01-01"],
	["support", "end", 7], ["support", "experiment", "Autumn"], ["support", "fallback", "e"], ["support", "sensitive", "yes"],
	["support", "holdout", 1], ["support", "target", []], ["support", "target.city", {}], ["support", "target.country.in", ["ee"]],
	["support", "target.country.out", ["EE"]], ["support", "target.language.in", ["en-GB"]], ["support", "target.device.in", ["Mobile"]],
	["support", "target.section.in", "news"], ["support", "target.section.in", many(65)], ["support", "target.section.in", ["a", "a"]],
	["support", "target.tag.in", ["a,b"]], ["support", "target.tag.in", [" a"]], ["support", "target.url.in", ["live"]],
	["support", "target.flag.in", [""]], ["support", "target.referrer.in", ["serach"]], ["support", "target.referrer.in", ["https://a.example"]],
	["support", "target.source.in", [7]], ["support", "target.age_hours", {}], ["support", "target.age_hours", { max: 1000001 }],
	["support", "target.words", { min: null, max: null }], ["support", "target.words", { min: 1.5 }], ["support", "target.hour", { from: 8 }],
	["support", "target.hour", { from: 8, to: 24 }], ["support", "target.weekdays", ["monday"]], ["support", "target.weekdays", []],
	["support", "target.visitor", ["old"]], ["support", "target.gave", []], ["support", "target.account", "anonymous"],
	["support", "target.read", many(5, () => ({ days: 1, articles: { min: 1 } }))], ["support", "target.read", [{ days: 1 }]],
	["support", "target.read", [{ days: 0, articles: { min: 1 } }]], ["support", "target.read", [{ days: 1, articles: {} }]],
	["support", "min_views", 1], ["support", "cap.views", 0], ["support", "cap.days", undefined], ["support", "cap.gap_hours", 8761],
	["support", "cap.daily", 0], ["support", "cap.id", "All"], ["support", "cap.cycle", {}], ["support", "cap.cycle", { views: 51 }],
	["support", "pause.never_days", 3651], ["support", "pause.days", 1], ["support", "meter", { window: "hour", allowance: 3, then: "prompt" }],
	["support", "meter", { window: "rolling", allowance: 3, then: "prompt" }],
	["support", "meter", { window: "week", days: 7, allowance: 3, then: "prompt" }],
	["support", "meter", { window: "week", allowance: 201, then: "prompt" }], ["support", "meter", { window: "week", allowance: 3, then: "wall" }],
	["support", "goal", { amount: 50000, currency: "EUR" }], ["support", "goal", { amount: "500.00", currency: "EUR" }],
	["support", "goal", { amount: "5" }], ["support", "amounts", undefined], ["support", "amounts.currency", "XXX"],
	["support", "amounts.once", [5]], ["support", "amounts.once", ["5,00"]], ["support", "amounts.once", ["1", "2", "3", "4", "5", "6", "7"]],
	["support", "amounts.week", []], ["support", "amounts.preselect", undefined], ["support", "amounts.preselect.interval", "week"],
	["support", "amount_sets", set({})], ["support", "amount_sets", set({ country: [] })], ["support", "amount_sets", set({ gift: ["week"] })],
	["support", "amount_sets", set({ gift_min: 5 })], ["support", "amount_sets", set({ country: ["GB"] }, { name: "x" })],
	["support", "amount_sets", many(8, () => set({ country: ["GB"] })[0])], ["support", "variants", []],
	["support", "format", "popup"], ["support", "format", 1], ["support", "format", "wall"], ["meter", "format", "appeal"],
	["support", "cover", {}], ["support", "cover", { percent: "0", fixed: "0.00" }], ["support", "cover", { percent: 1.5 }],
	["support", "cover", { percent: "20.01" }], ["support", "cover", { percent: "1.505" }], ["support", "cover", { percent: "1,5" }],
	["support", "cover", { fixed: "-1" }], ["support", "cover", { percent: "1", vat: "2" }], ["support", "cover", "1.5"],
	["support", "monthly_step", "yes"], ["support", "remind", 0],
	["support", "amount_sets", set({ country: ["GB"] }, { cover: { percent: "21" } })],
	["support", "variants.0.variant", "A b"], ["support", "variants.0.share", 101], ["support", "variants.0.control", "no"],
	["support", "variants.0.control", true], ["support", "variants.0.text", undefined], ["support", "variants.0.text", {}],
	["support", "variants.0.text.e", shipped.support.variants[0].text.en], ["support", "variants.0.text.en.title", undefined],
	["support", "variants.0.text.en.title", ""], ["support", "variants.0.text.en.title", "x".repeat(201)],
	["support", "variants.0.text.en.title", "a\u202eb"], ["support", "variants.0.text.en.later", ""],
	["support", "variants.0.text.en.topline", undefined], ["support", "variants.0.text.en.button", "a\nb"],
	["meter", "meter", undefined], ["meter", "kind", "appeal"], ["meter", "meter.then", "prompt"], ["meter", "variants.0.control", true],
	["policy", "campaign", "rules"], ["policy", "kind", "appeal"], ["policy", "priority", 1], ["policy", "topics", {}],
	["policy", "topics", many(11, (i) => ({ topic: `t${i}` }))], ["policy", "topics", [{ tag: ["x"] }]], ["policy", "topics", [{ topic: "X" }]],
	["policy", "topics", [{ topic: "x", country: ["EE"] }]], ["policy", "free.topic", "coast"], ["policy", "sensitive.section", ["News"]],
	["policy", "cap.views", 0], ["policy", "cap.id", "x"], ["policy", "cap.cycle", { views: 1 }], ["policy", "blackouts", [{ start: time }]],
	["policy", "blackouts", [{ start: time, end: "Sunday" }]], ["policy", "blackouts", many(17, () => ({ start: time, end: "2026-12-25T00:00:00Z" }))],
	["policy", "holdout", {}], ["policy", "holdout", { share: 0 }], ["policy", "holdout", { share: 51 }], ["policy", "holdout", { share: 2, walls: 1 }],
	["policy", "supporter.once_days", -1], ["policy", "countries.ee", { en: "Estonia" }], ["policy", "countries.FI", "Finland"],
	["policy", "countries.FI", { e: "Finland" }], ["policy", "countries.FI", { en: "" }],
];

test("the shipped files are what the schema says", async () => {
	assert.deepEqual(Object.keys(shipped).sort(), ["meter", "policy", "support", "year-end"]);
	for (const [name, body] of Object.entries(shipped))
		assert.ok(valid(body), `${name}: ${JSON.stringify(valid.errors)}`);
});

test("the demo opens nothing to words that a reader can type", () => {
	for (const word of ["source", "referrer"])
		assert.equal(shipped.policy.free[word], undefined, word);
});

test("what just fits is fine for both", async () => {
	for (const row of FINE) {
		const body = changed(...row);

		assert.equal(await checked(body), "ok", JSON.stringify(row));
		assert.ok(valid(body), `${JSON.stringify(row)}: ${JSON.stringify(valid.errors)}`);
	}
});

test("a simple fault is refused by both", async () => {
	for (const row of FAULTY) {
		const body = changed(...row);

		assert.notEqual(await checked(body), "ok", JSON.stringify(row));
		assert.ok(!valid(body), JSON.stringify(row));
	}
});

test("what conf/campaigns/README.md shows is fine", async () => {
	const guide = await readFile(join(root, "conf/campaigns/README.md"), "utf8");
	const [policy, appeal, wall, ...more] = [...guide.matchAll(/```json\n([\s\S]*?)```/g)].map(([, text]) => JSON.parse(text));

	for (const body of [policy, appeal, wall]) {
		assert.equal(await checked(body), "ok");
		assert.ok(valid(body), JSON.stringify(valid.errors));
	}
	assert.deepEqual([policy.holdout.share, policy.blackouts.length, appeal.cap.cycle.skip, wall.meter.registered, more.length], [2, 1, 1, 4, 0]);
});
