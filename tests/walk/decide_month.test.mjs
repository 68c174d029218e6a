// The goal: a month of made-up readers under the demo's campaigns, driven through the view role's own code
// with made-up time (tests/sim/month.c), leaves exactly the figures in SQL that its answers add up to: views,
// prompts, walls, each reason, to the unit; and no answer contradicts the simulation's own book.
// Another month: PLEDGED_SEED=n.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { build, root, sanitized, stack } from "./lib/stack.mjs";

const READERS = sanitized ? 150 : 800;
const seed = process.env.PLEDGED_SEED ?? "20261125";
const s = await stack({ name: "decide-month", only: "pg" });
const { stdout } = await promisify(execFile)(join(root, build, "sim/month"), [join(s.dir, "pledged.ini"), seed, String(READERS), "36"],
	{ maxBuffer: 1 << 28, env: { ...process.env, PLEDGED_LOG_LEVEL: "error" } });
const lines = stdout.trim().split("\n").map((line) => line.split("\t"));
const of = (kind) => lines.filter(([word]) => word === kind).map(([, ...rest]) => rest);
const [[views], [gifts]] = ["views", "gifts"].map((word) => of(word)[0].map(Number));

console.log(`# seed ${seed}: ${views} views, ${gifts} gifts`);
while (await s.count("SELECT pledged.tally_fold(1000, now())"))
	;

const sums = (rows, pick) => {
	const by = new Map();

	for (const row of rows) {
		const key = pick(row).join(" ");

		by.set(key, (by.get(key) ?? 0) + Number(row.at(-1)));
	}
	return Object.fromEntries([...by].sort(([a], [b]) => (a < b ? -1 : 1)));
};
const told = of("rollup"); // hour section country device campaign variant act reason n
const kept = await s.sql("SELECT extract(epoch FROM hour)::bigint, section, country, device, campaign, variant, act, reason, n FROM pledged.rollup");

test("it was a month with everything in it", () => {
	const by = sums(told, ([, , , , , , act, reason]) => [act, reason]);

	assert.ok(views > 5000 && gifts > 20, `${views} views, ${gifts} gifts`);
	for (const one of ["open first_view", "open meter_left", "open supporter", "open closed", "open later", "open already_gave",
		"open never", "open capped", "open no_campaign", "prompt campaign", "wall meter_wall"])
		assert.ok(by[one] > 0, `${one}: ${by[one]}`);
	assert.ok(told.some(([, , , , campaign]) => campaign === "year-end"), "the campaign of December");
});

test("every view is in the roll-up, once", () =>
	assert.equal(kept.reduce((sum, row) => sum + Number(row.at(-1)), 0), views));

for (const [name, pick] of Object.entries({
	"act and reason": ([, , , , , , act, reason]) => [act, reason],
	"campaign, variant and reason": ([, , , , campaign, variant, , reason]) => [campaign, variant, reason],
	"hour, section, country, device, campaign, variant, act and reason": (row) => row.slice(0, 8),
}))
	test(`by ${name} the roll-up is what the readers met`, () => assert.deepEqual(sums(kept, pick), sums(told, pick)));

test("readers' rows hold what they read, and no others", async () => {
	const id = (cookie) => Buffer.from(cookie.split(".")[2], "base64url").toString("hex", 2, 18)
		.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
	const expected = of("reader").map(([cookie, n, entries]) => [id(cookie), Number(n), Number(entries)]).filter(([, n]) => n > 1);
	const rows = new Map((await s.sql("SELECT reader_id, views, (SELECT count(*) FROM pledged.reader_seen e WHERE e.reader_id = r.reader_id) FROM pledged.reader r"))
		.map(([reader, counted, listed]) => [reader, [Number(counted), Number(listed)]]));

	assert.ok(expected.length > READERS / 2);
	for (const [reader, n, entries] of expected)
		assert.deepEqual(rows.get(reader), [n, entries], reader);
	const walled = told.filter(([, , , , , , act]) => act === "wall").reduce((sum, row) => sum + Number(row.at(-1)), 0);

	assert.ok(walled > 100 && (await s.count("SELECT count(*) FROM pledged.reader_seen WHERE walled")) <= walled);
	assert.ok(rows.size <= of("reader").length, "who never brings a cookie back has no row");
});

test("prompts that were served are marked and kept, one by one", async () => {
	const shown = told.filter(([, , , , , , act]) => act === "prompt").reduce((sum, row) => sum + Number(row.at(-1)), 0);

	assert.equal(await s.count("SELECT count(*) FROM pledged.prompt_event WHERE kind = 'shown'"), shown);
	assert.equal(await s.count("SELECT count(*) FROM pledged.reader_mark WHERE kind = 'shown'"), shown);
	assert.equal(await s.count("SELECT count(*) FROM pledged.reader WHERE gift > 0"), gifts);
});

test("invariants", () => s.invariants());
