// The goal: a published campaign that cannot be read costs no reader a page and no other campaign its turn: who
// knows the last good one goes by it, who starts leaves out this one alone, and both say so.

import assert from "node:assert/strict";
import { test } from "node:test";

import { appeal, ask, decide_stack, loaded, policy, publish } from "./lib/decide.mjs";
import { known } from "./lib/reader.mjs";
import { until } from "./lib/until.mjs";
import { metric } from "./lib/view.mjs";

const s = await decide_stack({ name: "decide-broken", views: 2, set: { "view.deadline_ms": 3000 } });
const docs = ["broken", "whole"].map((name) => appeal(name));
let number = 0;

await publish(s, policy(), ...docs);

// says: what each worker says of a page of this section; enough new readers that all workers are asked.
async function says(section) {
	const said = new Set();

	for (let i = 0; i < 16; i++) {
		const { who } = await known(s);

		await ask(who, "decide", "nowhere", `n${number++}`);
		const { act, reason, campaign } = await ask(who, "decide", section, `n${number++}`);

		said.add([act, reason, campaign].join(" "));
	}
	return [...said];
}

const lines = async (words, since = 0) => (await s.log("view")).split("\n").slice(since).filter((line) => line.includes(words)).map((line) => JSON.parse(line));
const length = async () => (await s.log("view")).split("\n").length - 1;

// stale: what all workers say of themselves.
async function stale(expected) {
	for (let i = 0; i < 12; i++)
		assert.equal(await metric(s, "pledged_campaigns_stale"), expected);
	return true;
}

// spoil: as a version does that a later program wrote.
const spoil = (slug) => s.sql(`UPDATE pledged.campaign_version v SET body = body || '{"colour": 1}' FROM pledged.campaign c
	WHERE c.slug = '${slug}' AND c.campaign_id = v.campaign_id AND c.version = v.version;
	UPDATE pledged.epoch SET epoch = epoch + 1`);

test("workers that run keep the last good ones and say so", async () => {
	const since = await length();

	assert.deepEqual(await says("broken"), ["prompt campaign broken"]);
	await stale(0);
	await spoil("broken");
	const told = await until("each worker has told", async () => {
		const found = await lines("the last good ones stay", since);

		return found.length >= 2 && found;
	});

	assert.match(JSON.stringify(told[0]), /broken: colour: /);
	await until("the metric tells", () => stale(1));
	assert.deepEqual(await says("broken"), ["prompt campaign broken"]);
	assert.deepEqual(await says("whole"), ["prompt campaign whole"]);
	assert.equal((await s.request("/readyz")).status, 200);
	assert.equal((await lines("the last good ones stay", since)).length, 2, "once a worker, however often it tries");
});

test("a worker that starts leaves out that one alone, and is ready", async () => {
	const since = await length();

	await s.role("view", "restart");
	await s.ready();
	const told = await until("each worker has told", async () => {
		const found = await lines("is left out", since);

		return found.length >= 2 && found;
	});

	assert.match(JSON.stringify(told[0]), /broken: colour: /);
	await until("each worker has loaded", async () => (await lines('"campaigns loaded"', since)).length === 2);
	await until("the metric tells", () => stale(1));
	assert.deepEqual(await says("broken"), ["open no_campaign "]);
	assert.deepEqual(await says("whole"), ["prompt campaign whole"]);
	assert.equal((await lines("is left out", since)).length, 2);
});

test("published again, all is well", async () => {
	await publish(s, ...docs);
	await loaded(s);
	await until("the metric tells", () => stale(0));
	assert.deepEqual(await says("broken"), ["prompt campaign broken"]);
	assert.deepEqual(await says("whole"), ["prompt campaign whole"]);
});

test("the invariants hold", () => s.invariants());
