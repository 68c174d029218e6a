// The goal: what PostgreSQL refuses for good, or answers in a form that is not ours, ends no worker and holds
// nobody up: pages open, readers are counted where that can be, and the log tells it once.

import assert from "node:assert/strict";
import { test } from "node:test";

import { client } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { decisions, metric, reader_of, row, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "view-misfit", views: 1, set: { "view.deadline_ms": 3000 } });
const told = async (words) => (await s.log("view")).split("\n").filter((line) => line.includes(words)).map((line) => JSON.parse(line));
let number = 0;

// reads: a new reader with three articles of a section; [client, reasons].
async function reads(section) {
	const who = client(s.url), reasons = [];

	for (let i = 0; i < 3; i++)
		reasons.push((await who.decide(`/${section}/${number++}`, { section })).reason);
	return [who, reasons];
}

test("counts that are refused for good are dropped, and no reader has to answer for them", async () => {
	await s.sql("ALTER TABLE pledged.tally ADD CONSTRAINT poison CHECK (counts::text NOT LIKE '%poison%')");
	const pids = await s.pids("view");
	const all = await Promise.all(Array.from({ length: 8 }, () => reads("poison")));

	for (const [who, reasons] of all) {
		assert.deepEqual(reasons, ["first_view", "campaign", "campaign"]);
		assert.deepEqual(await row(s, reader_of(who)), { views: 3, articles: 3 });
	}
	await until("they are dropped", async () => (await metric(s, "pledged_tally_dropped_total")) > 0);
	await reads("sound");
	await until("later counts are stored", async () => (await decisions(s, "r.section = 'sound'")).campaign === 2);
	const dropped = await metric(s, "pledged_tally_dropped_total"), retries = await metric(s, "pledged_batch_retries_total");

	await new Promise((done) => setTimeout(done, 1500));
	assert.equal(await metric(s, "pledged_tally_dropped_total"), dropped, "and not sent again");
	assert.equal(await metric(s, "pledged_batch_retries_total"), retries);
	const lines = await told("counts were refused for good");

	assert.equal(lines.length, 1);
	assert.match(lines[0].detail, /view_batch: SQLSTATE 23514/);
	assert.deepEqual(await s.pids("view"), pids);
	await s.sql("ALTER TABLE pledged.tally DROP CONSTRAINT poison");
});

// The answer's last column is narrower than the program expects.
const MISFIT = `DO $$ DECLARE f oid := 'pledged.view_batch'::regproc; args text := pg_get_function_identity_arguments(f);
	call text := (SELECT string_agg('$' || i, ',' ORDER BY i) FROM generate_series(1, (SELECT pronargs FROM pg_proc WHERE oid = f)) i);
BEGIN
	ALTER FUNCTION pledged.view_batch RENAME TO view_batch_ours;
	EXECUTE format('CREATE FUNCTION pledged.view_batch(%s) RETURNS TABLE (reader_id uuid, version integer, views integer, gift smallint,
		first_at timestamptz, gave_at timestamptz, gift_until timestamptz, gift_minor bigint, gift_currency text, seen bytea, marks bytea,
		epoch integer) LANGUAGE sql AS ''SELECT b.reader_id, b.version, b.views, b.gift, b.first_at, b.gave_at, b.gift_until, b.gift_minor,
		b.gift_currency, b.seen, b.marks, b.epoch::integer FROM pledged.view_batch_ours(%s) b''', args, call);
END $$`;

test("an answer of another form opens the page", async () => {
	const [who] = await reads("sport");

	await s.sql(MISFIT);
	await s.role("view", "restart");
	await until("a worker is there", async () => (await s.request("/healthz")).status === 200);
	await until("it tells", async () => (await told("the database answers in another form")).length > 0);
	const pids = await s.pids("view");

	for (let i = 0; i < 5; i++) {
		const { status, act, reason } = await who.decide(`/sport/${number++}`, { section: "sport" });

		assert.deepEqual([status, act, reason], [200, "open", "store_down"]);
	}
	await until("it is not ready", async () => (await s.request("/readyz")).status === 503);
	assert.equal((await s.request("/en/news/night-ferry")).status, 200);
	assert.deepEqual(await s.pids("view"), pids, "the same worker");
	assert.equal((await told("the database answers in another form")).length, 1);
});

test("with the function that fits all is well again", async () => {
	await s.sql("DROP FUNCTION pledged.view_batch; ALTER FUNCTION pledged.view_batch_ours RENAME TO view_batch");
	await s.role("view", "restart");
	await s.ready();
	const [who, reasons] = await reads("sport");

	assert.deepEqual(reasons, ["first_view", "campaign", "campaign"]);
	assert.deepEqual(await row(s, reader_of(who)), { views: 3, articles: 3 });
});

test("the invariants hold", () => s.invariants());
