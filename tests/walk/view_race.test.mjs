// The goal: two batches that bring the same new reader at once store one row, and it has the views of both.
// Each has looked for the row and found none before the first of them commits.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { after, test } from "node:test";

import { session } from "./lib/session.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "view-race", only: "pg" });
const first = session(s, { user: "pledged_view" }), second = session(s, { user: "pledged_view" });

after(async () => {
	await first.end();
	await second.end();
});

// As an article of today stands in a list.
const day = Math.floor(Date.now() / 86400000) - 10957;
const entry = (article) => day.toString(16).padStart(4, "0") + article.toString(16).padStart(12, "0");
const walled = (e) => e.slice(0, 4) + (Number.parseInt(e.slice(4, 6), 16) + 128).toString(16) + e.slice(6);
const bytes = (list) => `'\\x${list.join("")}'::bytea`;

// What a worker sends for readers, and what it is told of them: id, views, list.
function batch(readers) {
	const all = [...readers].sort((a, b) => (a.id < b.id ? -1 : 1)), of = (each, type) => `ARRAY[${all.map(each).join(",")}]::${type}[]`;

	return `SELECT reader_id || ' ' || coalesce(views, version) || ' ' || encode(seen, 'hex') FROM pledged.view_batch(${of((r) => `'${r.id}'`, "uuid")}, ${of(() => 1, "smallint")},
		${of(() => "now()", "timestamptz")}, ${of(() => "now()", "timestamptz")}, ${of((r) => bytes(r.list), "bytea")}, ${of(() => "''", "bytea")}, ${of(() => -1, "integer")},
		'{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', 1, 1, NULL, now(), false) WHERE reader_id IS NOT NULL`;
}

const waits = () => until("the second waits for the first", () => s.count("SELECT count(*) FROM pg_stat_activity WHERE usename = 'pledged_view' AND wait_event_type = 'Lock'"));
const told = (text) => Object.fromEntries(text.split("\n").filter(Boolean).map((line) => line.split(" ")).map(([id, views, list]) => [id, { views: Number(views), list }]));

// The first batch is held open behind what it stored; how it ends is told.
async function race(one, other, end = "COMMIT") {
	await first("BEGIN");
	await first(batch(one));
	const late = second(batch(other));

	await waits();
	await first(end);
	return told(await late);
}

const rows = async (id) => (await s.sql(`SELECT views, encode(seen, 'hex') FROM pledged.reader WHERE reader_id = '${id}'`)).map(([views, list]) => ({ views: Number(views), list }));
const [a, b, c, d] = [1, 2, 3, 4].map((n) => entry(n));

test("locks are waited for as long as this takes", async () => {
	await first("SET lock_timeout = '20s'; SET statement_timeout = '30s'; SET idle_in_transaction_session_timeout = 0");
	await second("SET lock_timeout = '20s'; SET statement_timeout = '30s'");
});

for (const { what, one, other, gives } of [
	{ what: "the cookie's article and another one each", one: [a, b], other: [a, c], gives: { views: 3, list: [c, b, a] } },
	{ what: "the same two", one: [a, b], other: [a, b], gives: { views: 2, list: [b, a] } },
	{ what: "one article each", one: [a], other: [b], gives: { views: 2, list: [b, a] } },
	{ what: "an article, and another one that met the wall", one: [a], other: [b, walled(b)], gives: { views: 2, list: [walled(b), a] } },
	{ what: "the same article, which met the wall in one", one: [a, b], other: [b, walled(b)], gives: { views: 2, list: [walled(b), a] } },
	{ what: "the same article, which met the wall in both", one: [b, walled(b)], other: [a, b, walled(b)], gives: { views: 2, list: [a, walled(b)] } },
	{ what: "many", one: [a, b, c], other: [a, c, d], gives: { views: 4, list: [d, c, b, a] } },
])
	test(`two first batches: ${what}`, async () => {
		const id = randomUUID(), old = randomUUID(), fresh = randomUUID(), answer = { views: gives.views, list: gives.list.join("") };

		await first(batch([{ id: old, list: [a, b] }]));
		const late = await race([{ id, list: one }], [{ id, list: other }, { id: old, list: [c] }, { id: fresh, list: [c, d] }]);

		assert.deepEqual(late, { [id]: answer, [old]: { views: 3, list: [c, b, a].join("") }, [fresh]: { views: 2, list: [d, c].join("") } },
			"the second is told of both, and its other readers are stored beside");
		assert.deepEqual(await rows(id), [answer]);
		assert.deepEqual(told(await second(batch([{ id, list: other }])))[id], answer, "sent again, nothing counts twice");
	});

test("the first one fails: the second makes the row", async () => {
	const id = randomUUID();

	assert.deepEqual(await race([{ id, list: [a, b] }], [{ id, list: [a, c] }], "ROLLBACK"), { [id]: { views: 2, list: [c, a].join("") } });
	assert.deepEqual(await rows(id), [{ views: 2, list: [c, a].join("") }]);
});

test("the invariants hold", async () => s.invariants());
