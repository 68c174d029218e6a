// The goal: an empty site gets a history that could have been: the same words give the same rows, every rule of the books holds, each report runs on
// it and sums to what was made up, and a site that has anything of its own is left alone.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root, stack } from "./lib/stack.mjs";

const database = (name) => stack({ name, only: "pg", campaigns: "none" });
const s = await database("ctl-seed");
const until = "2026-06-30";
const WORDS = ["seed", "--site", "demo", "--days", "45", "--views-per-day", "8000", "--raw-days", "12", "--until", until];

// sums: what pledgectl seed told.
const sums_of = (text) => Object.fromEntries(text.trim().split("\n").map((line) => line.split(/ {2,}/)));
let sums;

// image: a digest of each table, without what counts rows, what is random and what is a database's own.
async function image(of) {
	const tables = await of.sql(`SELECT c.relname, string_agg(quote_ident(a.attname), ',' ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped AND a.attidentity = '' AND a.attname NOT IN ('entry', 'donor')
			AND c.relname NOT IN ('site', 'migration', 'retention', 'guard_event', 'risk_rule') GROUP BY 1 ORDER BY 1`);
	const rows = await of.sql(tables.map(([table, columns]) => `SELECT '${table}', count(*), md5(coalesce(string_agg(t, '' ORDER BY t), ''))
		FROM (SELECT md5(row(${columns})::text) AS t FROM pledged.${table}) x`).join(" UNION ALL "));

	return Object.fromEntries(rows.map(([table, n, digest]) => [table, `${n} ${digest}`]));
}

test("a history is made in one go, and all that must hold does", async () => {
	const { code, stdout, stderr } = await s.ctl(...WORDS, "--seed", "5");

	assert.equal(code, 0, stderr);
	sums = sums_of(stdout);
	assert.ok(Math.abs(Number(sums.views) / 360000 - 1) < 0.15, `${sums.views} views in 45 days of 8000`);
	for (const what of ["pledge", "payment", "recurring", "refund", "fee", "reader", "prompt_event", "roll_day", "roll_page", "campaign_version"])
		assert.ok(await s.count(`SELECT count(*) FROM pledged.${what}`) > 0, what);
	await s.invariants();
	assert.equal(await s.count("SELECT coalesce(sum(amount), 0) FROM pledged.ledger"), 0);
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE state = 'queued'"), 0, "nobody is mailed");
	const check = await s.ctl("check", "--dir", join(root, "sql"));

	assert.equal(check.code, 0, check.stdout);
	assert.match(check.stdout, /^ok campaign support: version 2/m, "its campaigns are sound");
});

test("the same words give the same rows in another database, another seed others", async () => {
	const other = await database("ctl-seed-2");
	const again = await other.ctl(...WORDS, "--seed", "5");

	assert.equal(again.code, 0, again.stderr);
	assert.deepEqual(sums_of(again.stdout), sums);
	assert.deepEqual(await image(other), await image(s));
	await other.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (2, 'second', 'Second', 'Asia/Tokyo', 'JPY', 'en', 'Gift', '/t/', '/c/')`);
	const second = await other.ctl("seed", "--site", "second", "--days", "4", "--views-per-day", "9000", "--seed", "5");

	assert.equal(second.code, 0, second.stderr);
	assert.match(second.stdout, /^gross +[0-9]+ JPY$/m, "a currency without decimals has none");
	await other.invariants();
});

test("what is not empty, not there or not a day is left alone", async () => {
	const size = () => s.sql("SELECT (SELECT count(*) FROM pledged.pledge), (SELECT count(*) FROM pledged.rollup), (SELECT count(*) FROM pledged.campaign_version), (SELECT sum(n) FROM pledged.rollup)");
	const before = await size();

	for (const [words, why] of [[WORDS, /refused: the site is not empty: it has pledges, readers, views, prompts, campaigns$/m], [["seed", "--site", "nobody", "--days", "3", "--views-per-day", "10"], /refused: there is no site "nobody"/],
		[["seed", "--site", "demo", "--days", "3", "--views-per-day", "10", "--until", "2999-01-01"], /refused: that day is not over/]]) {
		const r = await s.ctl(...words);

		assert.equal(r.code, 1, r.stdout);
		assert.match(r.stderr, why);
	}
	for (const words of [["seed", "--site", "demo"], ["seed", "--site", "demo", "--days", "0", "--views-per-day", "10"], ["seed", "--site", "demo", "--days", "x", "--views-per-day", "10"]])
		assert.equal((await s.ctl(...words)).code, 2, words.join(" "));
	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path) VALUES (3, 'live', 'L', 'UTC', 'EUR', 'en', 'G', '/t', '/c');
		INSERT INTO pledged.pledge (pledge_id, public_token, key, fingerprint, site_id, amount, currency, "interval", locale, livemode, created_at, status_at)
		VALUES (gen_random_uuid(), 'live-token-1234567', 'live-key-123456789', 'x', 3, 500, 'EUR', 'once', 'en', true, now(), now())`);
	assert.match((await s.ctl("seed", "--site", "live", "--days", "3", "--views-per-day", "10")).stderr, /refused: the site has live money/);
	// a site that somebody set up, from the first campaign or view on; what its workers counted a moment ago is a view too
	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path) VALUES (4, 'own', 'O', 'UTC', 'EUR', 'en', 'G', '/t', '/c')`);
	for (const [made, what, gone] of [["INSERT INTO pledged.campaign (site_id, slug, version) VALUES (4, 'x', 1); INSERT INTO pledged.campaign_version SELECT campaign_id, 1, '{}', now(), 'x' FROM pledged.campaign WHERE site_id = 4", "campaigns",
		"DELETE FROM pledged.campaign_version WHERE author = 'x'; DELETE FROM pledged.campaign WHERE site_id = 4"],
	["INSERT INTO pledged.tally (worker, seq, at, counts) VALUES (7, 7, now(), '[[0, 4, \"\", \"\", \"\", \"\", \"\", \"open\", \"bot\", 1]]')", "views", "DELETE FROM pledged.tally"],
	["INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at) VALUES (gen_random_uuid(), 4, now(), now())", "readers", "DELETE FROM pledged.reader WHERE site_id = 4"]]) {
		await s.sql(`BEGIN; SET CONSTRAINTS ALL DEFERRED; ${made}; COMMIT`);
		const r = await s.ctl("seed", "--site", "own", "--days", "3", "--views-per-day", "10");

		assert.equal(r.code, 1, what);
		assert.match(r.stderr, new RegExp(`refused: the site is not empty: it has ${what}$`, "m"));
		await s.sql(`BEGIN; SET CONSTRAINTS ALL DEFERRED; ${gone}; COMMIT`);
	}
	await s.sql("DELETE FROM pledged.site WHERE site_id = 4; ALTER TABLE pledged.pledge DISABLE TRIGGER USER; DELETE FROM pledged.roll_due; DELETE FROM pledged.pledge WHERE site_id = 3; DELETE FROM pledged.site WHERE site_id = 3; ALTER TABLE pledged.pledge ENABLE TRIGGER USER");
	assert.deepEqual(await size(), before);
});

test("every report runs on it", async () => {
	const from = await s.one(`SELECT '${until}'::date - 45`);

	for (const file of readdirSync(join(root, "sql/reports")).filter((name) => name.endsWith(".sql")))
		await s.deploy("psql", "-q", "-v", "ON_ERROR_STOP=1", "-U", "pledged_report", "-v", `from=${from}`, "-v", `to=${until}`, "-f", join(root, "sql/reports", file));
});

// Counted here, row by row, and not by the SQL of the reports.
const add = (map, key, n) => map.set(key, (map.get(key) ?? 0) + Number(n));
const same = (a, b, what) => assert.deepEqual([...a].filter(([, n]) => n !== 0).sort(), [...b].filter(([, n]) => n !== 0).sort(), what);

test("the funnel and the prompts sum to the decisions and events that were made", async () => {
	const zone = await s.one("SELECT time_zone FROM pledged.site WHERE site_id = 1");
	const day = new Intl.DateTimeFormat("sv-SE", { timeZone: zone });
	const decisions = new Map(), served = new Map(), reasons = new Map(), viewed = new Map(), raw = new Map();

	for (const [at, campaign, variant, act, reason, n] of await s.sql("SELECT extract(epoch FROM hour), campaign, variant, act, reason, n FROM pledged.rollup")) {
		const key = `${day.format(new Date(at * 1000))} ${campaign} ${variant}`;

		add(decisions, key, n);
		add(served, key, act === "open" ? 0 : n);
		add(reasons, `${key} ${act} ${reason}`, n);
	}
	for (const [at, campaign, variant, kind, n] of await s.sql("SELECT extract(epoch FROM hour), campaign, variant, kind, n FROM pledged.roll_event"))
		add(viewed, `${day.format(new Date(at * 1000))} ${campaign} ${variant}`, kind === "viewed" ? n : 0);
	const told = await s.sql("SELECT day, campaign, variant, sum(decisions), sum(served), sum(viewed) FROM report.funnel WHERE site = 'demo' GROUP BY 1, 2, 3");
	const column = (i) => new Map(told.map((row) => [row.slice(0, 3).join(" "), Number(row[i])]));

	same(column(3), decisions, "decisions");
	same(column(4), served, "served");
	same(column(5), viewed, "viewed");
	same(new Map((await s.sql("SELECT day, campaign, variant, act, reason, n FROM report.prompts WHERE site = 'demo'")).map((row) => [row.slice(0, 5).join(" "), Number(row[5])])), reasons, "reasons");
	assert.equal([...decisions.values()].reduce((a, b) => a + b, 0), Number(sums.views));
	// of the days whose raw events are there each is one of the counts
	for (const [at, kind, n] of await s.sql("SELECT extract(epoch FROM date_trunc('hour', decided_at)), kind, 1 FROM pledged.prompt_event"))
		add(raw, `${at} ${kind}`, n);
	same(new Map((await s.sql(`SELECT extract(epoch FROM hour), kind, sum(n) FROM pledged.roll_event WHERE hour >= ('${until}'::date - 12)::timestamp AT TIME ZONE '${zone}' GROUP BY 1, 2`))
		.map(([at, kind, n]) => [`${at} ${kind}`, Number(n)])), raw, "raw events");
	assert.equal(Number(sums.events), [...raw.values()].reduce((a, b) => a + b, 0));
});

test("a rebuild of the roll-ups from raw events changes nothing", async () => {
	const digest = () => s.sql("SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT md5(d::text) AS x FROM pledged.roll_day d UNION ALL SELECT md5(e::text) FROM pledged.roll_event e UNION ALL SELECT md5(x::text) FROM pledged.experiment_day x) t");
	const before = await digest();

	assert.equal(await s.count(`SELECT pledged.roll_rebuild('${until}'::date - 45, '${until}'::date)`), 0, "nor of those whose raw events never were, and of tests");
	assert.deepEqual(await digest(), before);
	assert.equal(await s.one("SELECT raw_from FROM pledged.roll_state"), "-infinity", "other sites can be made anew from their own");
});

test("income sums to the payments, refunds, disputes and fees that were made, and the book closes", async () => {
	const income = (await s.sql("SELECT sum(gross), sum(refunds), sum(fees) FROM report.income WHERE site = 'demo'"))[0].map((x) => Math.round(Number(x) * 100));
	const total = async (table, where) => (await s.sql(`SELECT amount FROM pledged.${table} ${where}`)).reduce((sum, [n]) => sum + Number(n), 0);

	assert.deepEqual(income, [await total("payment", "WHERE state = 'paid'"), await total("refund", "WHERE state = 'done'"), await total("fee", "")]);
	assert.equal(`${(income[0] / 100).toFixed(2)} EUR`, sums.gross);
	assert.equal(await s.count("SELECT count(*) FROM pledged.payment WHERE state = 'paid'"), Number(sums.payments));
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge"), Number(sums.pledges));
	const out = await s.deploy("psql", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-v", "from=2020-01-01", "-v", "to=2999-01-01", "-f", join(root, "sql/reports/16_book.sql"));

	assert.match(out, /closing.*\|ok$/m);
	assert.doesNotMatch(out, /closing.*\|(?!ok$)[^|]*$/m);
});

test("what was put in comes out: of those who clicked, a fifth more than a fifth pledged, and of b's a quarter more", async () => {
	const clicks = Object.fromEntries(await s.sql("SELECT variant, sum(n) FROM pledged.roll_event WHERE campaign = 'support' AND kind = 'clicked' GROUP BY 1"));
	const pledged = Object.fromEntries(await s.sql("SELECT variant, count(*) FROM pledged.pledge WHERE campaign = 'support' GROUP BY 1"));

	for (const [variant, p] of [["a", 0.22], ["b", 0.275]]) {
		const [n, k] = [Number(clicks[variant]), Number(pledged[variant] ?? 0)];

		// Four standard errors; the seed is fixed, so this is no matter of luck.
		assert.ok(n > 20 && Math.abs(k - n * p) < 4 * Math.sqrt(n * p * (1 - p)) + 1, `${k} of ${n} clicks on ${variant}`);
	}
});

// The test by its definition, from the raw events and pledges, row by row.
test("the report of tests counts the readers and givers that were made", async () => {
	const first = new Map(), givers = { a: new Set(), b: new Set(), control: new Set() }, n = { a: 0, b: 0, control: 0 };

	for (const [reader, at, variant] of await s.sql("SELECT reader_id, extract(epoch FROM decided_at), variant FROM pledged.prompt_event WHERE campaign = 'support' AND kind IN ('shown', 'held') ORDER BY decided_at")) {
		if (!first.has(reader)) {
			first.set(reader, { at: Number(at), variant });
			n[variant]++;
		}
	}
	for (const [reader, at] of await s.sql("SELECT reader_id, extract(epoch FROM created_at) FROM pledged.pledge p WHERE reader_id IS NOT NULL AND EXISTS (SELECT FROM pledged.payment y WHERE y.pledge_id = p.pledge_id AND y.state = 'paid')"))
		if (first.get(reader)?.at <= Number(at))
			givers[first.get(reader).variant].add(reader);
	assert.deepEqual(await s.sql(`SELECT variant, n, gave FROM report.experiments('${until}'::date - 12, '${until}', 'demo') WHERE mode = 'test' ORDER BY variant`),
		["a", "b", "control"].map((v) => [v, String(n[v]), String(givers[v].size)]));
	assert.ok(n.a > 100 && givers.a.size > 3);
});

test("nothing of it is kept for longer than the retention table says", async () => {
	await s.sql("SELECT count(pledged.retain(500, now())) FROM generate_series(1, 60)");
	assert.deepEqual(await s.sql("SELECT what, oldest FROM report.retention WHERE late"), []);
	await s.invariants();
});
