// The goal: whatever fails under a command of pledgectl (a function that the database refuses, a login without the owner's rights, a
// full disk behind its output, memory at any moment) ends it with the right code and a word about what it was, and never with half of an
// answer that looks like a whole one.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { session } from "./lib/session.mjs";
import { Shim, shim } from "./lib/shim.mjs";
import { build, root, sanitized, stack } from "./lib/stack.mjs";

const run = promisify(execFile);
const s = await stack({ name: "ctl-refused", only: "pg", campaigns: "none" });
const DIR = ["--dir", join(root, "sql")];

// ctl: pledgectl as an operator; to: a file in the place of its output.
function ctl(words, { env = {}, to, cwd = root } = {}) {
	const out = to ? openSync(to, "w") : "pipe";
	const p = spawn(join(resolve(root, build), "pledgectl"), ["-c", s.env.CONF, ...words.map(String)],
		{ cwd, env: { ...process.env, PGUSER: "pledged_admin", ...env }, stdio: ["ignore", out, "pipe"] });
	const r = { out: "", err: "" };

	p.stdout?.on("data", (d) => { r.out += d; });
	p.stderr.on("data", (d) => { r.err += d; });
	return new Promise((done, failed) => {
		p.on("error", failed);
		p.on("close", (code, signal) => {
			if (to)
				closeSync(out);
			done({ code: signal ?? code, ...r });
		});
	});
}

async function fine(...words) {
	const r = await ctl(words);

	assert.equal(r.code, 0, `${words.join(" ")}: ${r.err}`);
	return r.out;
}

// --- what the commands work on -------------------------------------------------------------------

const here = join(s.dir, "operator");
const file = (name, text) => {
	writeFileSync(join(here, name), text);
	return join(here, name);
};

mkdirSync(here);
await fine("seed", "--site", "demo", "--days", 9, "--views-per-day", 20000, "--raw-days", 9);
await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
	VALUES (2, 'second', 'Second', 'UTC', 'EUR', 'en', 'Gift', '/t/', '/c/');
	INSERT INTO pledged.site_host (host, site_id) VALUES ('second.example', 2)`);
const [pledge, receipt] = (await s.sql(`SELECT y.pledge_id, y.receipt FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
	WHERE y.state = 'paid' AND p.status = 'paid' ORDER BY 2 LIMIT 1`))[0];
const monthly = await s.one(`SELECT pledge_id FROM pledged.recurring WHERE state = 'active' ORDER BY 1 LIMIT 1`);
const reader = await s.one("SELECT reader_id FROM pledged.reader ORDER BY 1 LIMIT 1");
const draft = { ...JSON.parse(readFileSync(join(root, "conf/campaigns/support.json"), "utf8")), priority: 77 };
const campaign = file("support.json", JSON.stringify(draft));
const robots = file("robots.json", JSON.stringify({ prefixes: [{ ipv4Prefix: "192.0.2.0/24" }] }));
const css = file("page.css", ".pledged { color: black }");
const seed = ["seed", "--site", "second", "--days", "2", "--views-per-day", "40"];

// Every command with the functions that it cannot do without. after: what is there when one of these fails is there to stay.
const COMMANDS = [
	{ words: ["campaign", "apply", campaign], needs: ["view_sites", "view_calendar", "view_campaigns", "campaign_publish", "campaign_list", "campaign_conflicts"] },
	{ words: ["campaign", "list"], needs: ["campaign_list"], tells: true },
	{ words: ["campaign", "list", "--json"], needs: [], tells: true },
	{ words: ["campaign", "pause", "support"], needs: ["campaign_state"], after: ["campaign_conflicts"] },
	{ words: ["campaign", "resume", "support"], needs: ["campaign_state"] },
	{ words: ["campaign", "diff", "support", campaign], needs: ["campaign_body", "campaign_compare"], tells: true },
	{ words: ["campaign", "diff", "support"], needs: ["campaign_body", "campaign_compare"], tells: true },
	{ words: ["campaign", "history", "support"], needs: ["campaign_history"], tells: true },
	{ words: ["campaign", "rollback", "support", "1"], needs: ["campaign_body", "campaign_compare", "campaign_publish", "campaign_list", "campaign_conflicts"] },
	{ words: ["campaign", "export", "support"], needs: ["campaign_export"], tells: true },
	{ words: ["explain", "--article", "/x", "--section", "news", "--site", "demo"], needs: ["view_sites", "view_calendar", "view_campaigns"], tells: true },
	{ words: ["explain", "--article", "/x", "--site", "demo", "--reader", reader, "--json"], needs: ["reader_look"], tells: true },
	{ words: ["replay", campaign, "--site", "demo"], needs: ["sample_list", "view_campaigns"], tells: true },
	{ words: ["replay", campaign, "--site", "demo", "--json"], needs: ["sample_list"], tells: true },
	{ words: ["preview", "--html", "-", "--css", css], needs: ["view_campaigns", "view_goals"], tells: true },
	{ words: ["preview", "support"], needs: ["view_sites"] },
	{ words: ["debug", "--site", "demo"], needs: ["view_sites"] },
	{ words: ["pay", "list"], needs: ["pay_switch_list"], tells: true },
	{ words: ["pay", "off", "stripe"], needs: ["pay_switch_set"] },
	{ words: ["pay", "on", "stripe"], needs: ["pay_switch_set"] },
	{ words: ["pay", "off", "--country", "NO"], needs: ["gift_switch_set"] },
	{ words: ["risk", "list"], needs: ["risk_rule_list"], tells: true },
	{ words: ["risk", "set", "disposable", "off"], needs: ["risk_rule_set"] },
	{ words: ["robots", "list"], needs: ["robot_list"], tells: true },
	{ words: ["robots", "load", "googlebot", robots], needs: ["robot_ranges_set"] },
	{ words: ["robots", "drop", "googlebot"], needs: ["robot_ranges_set"] },
	{ words: ["pledge", "show", pledge], needs: ["pledge_find", "pledge_show"], tells: true },
	{ words: ["pledge", "show", monthly, "--json"], needs: ["pledge_find"], tells: true },
	{ words: ["pledge", "events", pledge], needs: ["pledge_find", "pledge_events"], tells: true },
	{ words: ["pledge", "events", monthly, "--json"], needs: [], tells: true },
	{ words: ["pledge", "refund", receipt, "--amount", "1.00", "--wait"], needs: ["pledge_find", "pledge_show", "wish_ask"], after: ["wish_state"] },
	{ words: ["pledge", "cancel", monthly], needs: ["wish_ask"] },
	{ words: ["pledge", "resolve", pledge, "--look"], needs: ["pledge_show", "pledge_resolve"] },
	{ words: ["inbox", "parked"], needs: ["inbox_parked"], tells: true },
	{ words: ["inbox", "parked", "--json"], needs: [], tells: true },
	{ words: ["inbox", "retry", "--all"], needs: ["inbox_retry"] },
	{ words: ["audit", ...DIR], needs: ["comparison_ask"] },
	{ words: ["export", reader], needs: ["person_export"], tells: true },
	{ words: ["erase", reader], needs: ["person_count"], tells: true },
	{ words: ["erase", reader, "--yes"], needs: ["person_count", "person_erase"] },
	{ words: seed, needs: ["seed_days", "seed_begin", "seed_day", "seed_money", "seed_readers", "seed_end"] },
	{ words: ["report", "income", ...DIR], needs: [], tells: true },
	{ words: ["report", "income", "--format", "csv", ...DIR], needs: [], tells: true },
	{ words: ["report", "income", "--format", "json", ...DIR], needs: [], tells: true },
	{ words: ["check", ...DIR], needs: [], tells: true },
];

// All that a command could have changed.
const TABLES = ["campaign_version", "campaign_log", "guard_event", "robot_range", "wish", "outbox", "ledger", "pledge", "reader", "rollup", "comparison"];
const db = session(s);
const held = () => db(`SELECT concat_ws(',', ${TABLES.map((t) => `(SELECT count(*) FROM pledged.${t})`).join(",")},
	(SELECT md5(string_agg(c::text, '' ORDER BY campaign_id)) FROM pledged.campaign c), (SELECT md5(coalesce(string_agg(x::text, ''), '')) FROM pledged.pay_switch x))`);
const take = (name) => db(`REVOKE EXECUTE ON FUNCTION pledged.${name} FROM pledged_owner`);
const give = (name) => db(`GRANT EXECUTE ON FUNCTION pledged.${name} TO pledged_owner`);

after(() => db.end());

// --- the database ----------------------------------------------------------------------------------

test("a function that is refused is named, the code is 1, and nothing was done", async () => {
	for (const { words, needs, after = [] } of COMMANDS)
		for (const name of [...needs, ...after]) {
			const before = await held();

			await take(name);
			const r = await ctl(words);

			await give(name);
			assert.deepEqual([r.code, r.err.includes(`${name}: SQLSTATE 42501`)], [1, true], `${words.join(" ")} without ${name}: ${r.code} ${r.err}`);
			if (!after.includes(name))
				assert.equal(await held(), before, `${words.join(" ")} without ${name}`);
		}
});

test("what only adds to an answer may be refused: the answer stands", async () => {
	const words = ["explain", "--article", "/x", "--section", "news", "--site", "demo"];

	await take("view_goals");
	const r = await ctl(words);

	await give("view_goals");
	assert.deepEqual([r.code, r.err], [0, ""]);
	assert.match(r.out, /^page /m);
});

test("a login without the owner's rights is told so by each command, and none prints half an answer", async () => {
	const before = await held();

	await s.sql("REVOKE pledged_owner FROM pledged_admin");
	for (const { words } of COMMANDS) {
		const r = await ctl(words);

		assert.equal(r.code, 1, `${words.join(" ")}: ${r.err}`);
		assert.match(r.err + r.out, /42501|permission denied/, words.join(" "));
	}
	await s.sql("GRANT pledged_owner TO pledged_admin");
	assert.equal(await held(), before);
});

// --- its own output ----------------------------------------------------------------------------------

test("a word that is longer than anything of ours is refused by what it was meant for", async () => {
	const long = "x".repeat(5000), before = await held();

	for (const [words, code, complaint] of [
		[["pledge", "show", long], 1, "pledge_find: an argument does not fit"], [["pledge", "events", long], 1, "pledge_find: an argument does not fit"],
		[["campaign", "pause", long], 1, "campaign_state: an argument does not fit"], [["campaign", "history", long], 1, "campaign_history: an argument does not fit"],
		[["campaign", "diff", long], 1, "campaign_body: an argument does not fit"], [["campaign", "export", long], 1, "campaign_export: an argument does not fit"],
		[["export", long], 1, "person_export: an argument does not fit"], [["erase", long], 1, "person_count: an argument does not fit"],
		[["pay", "off", "stripe", "--reason", long], 1, "pay_switch_set: an argument does not fit"], [["risk", "set", "disposable", "on", "--reason", long], 1, "risk_rule_set: an argument does not fit"],
		[["seed", "--site", long, "--days", 2, "--views-per-day", 10], 1, "seed_days: an argument does not fit"],
		[["inbox", "retry", "--all", "--author", long], 2, "the author must be a name of 1 to 100 characters, not donor or clerk"],
		[["pledge", "resolve", pledge, "--look", "--reason", long], 1, "pledge_resolve: an argument does not fit"],
		[["pledge", "resolve", pledge, "--accept-mismatch", "nothing"], 1, "the pledge has no payment nothing"],
		[["explain", "--article", "/x", "--site", "demo", "--reader", long], 1, `${long.slice(0, 40)} is not a reader's id`],
		[["preview", long], 1, `there is no campaign ${long.slice(0, 64)}`], [["preview", "demo/nobody"], 1, "there is no campaign demo/nobody"],
		[["preview", "nowhere/support"], 1, "there is no campaign nowhere/support"],
		[["pledge", "refund", monthly, "--amount", "much"], 1, ""], [["pledge", "refund", "nobody"], 1, "no pledge is known by nobody"]]) {
		const r = await ctl(words);

		assert.deepEqual([r.code, r.out], [code, ""], `${words.join(" ").slice(0, 80)}: ${r.err}`);
		assert.ok(complaint === "" ? r.err.startsWith("pledgectl: ") : r.err === `pledgectl: ${complaint}\n`, `${words.join(" ").slice(0, 80)}: ${r.err.slice(0, 300)}`);
	}
	const robot = await ctl(["robots", "drop", long]);

	assert.equal(robot.code, 2);
	assert.match(robot.err, /^pledgectl: there is no such robot; these there are: googlebot /);
	assert.equal(await held(), before);
});

test("check finds a role that is missing, and a database without sites", async () => {
	await s.sql("ALTER ROLE pledged_clerk RENAME TO pledged_somebody");
	const role = await ctl(["check", ...DIR]);

	await s.sql("ALTER ROLE pledged_somebody RENAME TO pledged_clerk");
	assert.equal(role.code, 1);
	assert.match(role.out, /^FAILED role pledged_clerk: is missing, run roles\.sql$/m);
	assert.match(role.out, /^ok role pledged_view$/m);
});

test("parameters of reports that cannot be meant are refused before anything is asked", async () => {
	const many = Array.from({ length: 12 }, (_, i) => ["--set", `p${i}=1`]).flat();

	for (const [words, complaint] of [[["income", ...many], "too many parameters"], [["income", "--set", "=x"], "--set =x: is not NAME=VALUE"],
		[["income", "--set", "from=2026-02-30"], "--from 2026-02-30: is no day, written as 2026-11-30"], [["income", "--set", "to="], "--to : is no day, written as 2026-11-30"]]) {
		const r = await ctl(["report", ...words, ...DIR]);

		assert.deepEqual([r.code, r.out, r.err], [2, "", `pledgectl: ${complaint}\n`]);
	}
});

test("an output that cannot be written is told, by the code too", async () => {
	for (const { words } of COMMANDS.filter((c) => c.tells)) {
		const r = await ctl(words, { to: "/dev/full" });

		assert.equal(r.code, 1, `${words.join(" ")}: ${r.err}`);
		assert.match(r.err, /^pledgectl: stdout: (No space left on device|Input\/output error)$/m, words.join(" "));
	}
	const cookies = await ctl(["mint-cookies", "--new", 3, "/dev/full"]);

	assert.deepEqual([cookies.code, cookies.err], [1, "pledgectl: /dev/full: No space left on device\n"]);
});

// spoiled_sql: a folder of SQL with one file of its own.
let folders = 0;
function spoiled_sql([name, text]) {
	const to = join(here, `sql${++folders}`);

	for (const folder of ["migrations", "functions", "reports", dirname(name)])
		mkdirSync(join(to, folder), { recursive: true });
	writeFileSync(join(to, name), text);
	return to;
}

test("files that are none, too large or too far away are told by their names", async () => {
	const here_dir = join(here, "folder.json"), html = join(here, "taken.html"), far = `${here}/${"./".repeat((4040 - here.length) / 2)}`;

	mkdirSync(here_dir);
	mkdirSync(html);
	mkdirSync(join(here, "far"));
	writeFileSync(join(here, "far", `${"x".repeat(120)}.json`), "{}");
	mkdirSync(join(here, "inside", "a.json"), { recursive: true });
	const large = file("large", "x".repeat((4 << 20) + 1));
	const rows = [
		[["campaign", "check", join(here, "inside")], `${join(here, "inside/a.json")}: Is a directory\n`],
		[["campaign", "check", `${far}far`], `${far}far: the path is too long\n`],
		[["campaign", "check", large], `${large}: larger than 1 MiB\n`],
		[["campaign", "export", "support", `${far}${"x".repeat(50)}`], `: the path is too long\n`],
		[["robots", "load", "googlebot", here_dir], `${here_dir}: Is a directory\n`],
		[["robots", "load", "googlebot", large], `${large}: larger than 4 MiB\n`],
		[["preview", "--html", html, "--css", css, campaign], `${html}: Is a directory\n`],
		[["preview", "--html", `${far}${"x".repeat(60)}.html`, "--css", css, campaign], `: File name too long\n`],
		[["preview", "--html", "-", "--css", large, campaign], `${large}: larger than 256 KiB\n`],
		[["preview", "--html", "-", "--css", here_dir, campaign], `${here_dir}: Is a directory\n`],
		[["migrate", "--dir", spoiled_sql(["functions/aa_odd.sql", Buffer.from([0x2d, 0x2d, 0xff, 0x0a])])], "functions/aa_odd.sql: not UTF-8\n"],
		[["migrate", "--dir", spoiled_sql(["functions/aa_long.sql", "-".repeat((1 << 20) + 1)])], "functions/aa_long.sql: larger than 1 MiB\n"],
		[["migrate", "--dir", spoiled_sql(["functions/aa_folder.sql/x", ""])], "functions/aa_folder.sql: Is a directory\n"],
		[["migrate", "--dir", spoiled_sql(["migrations/0001_a_name_that_is_longer_than_sixty_three_characters_is_none_at_all.sql", ""])], "migrations: a file there is not named a-z, 0-9, _ and .sql\n"],
		[["migrate", "--dir", far], ": No such file or directory\n"],
		[["report", "odd", "--dir", spoiled_sql(["reports/50_odd.sql", Buffer.from([0x2d, 0x2d, 0xff, 0x0a])])], "/50_odd.sql: is not UTF-8\n"],
		[["report", "odd", "--dir", spoiled_sql(["reports/50_odd.sql", "-".repeat(1 << 20)])], "/50_odd.sql: is too large\n"],
		[["report", "odd", "--dir", spoiled_sql(["reports/50_odd.sql/x", ""])], "/50_odd.sql: Is a directory\n"],
		[["report", "two", "--dir", spoiled_sql(["reports/50_two.sql", "-- Two: rows.\nSELECT n FROM generate_series(1, 2) n\n\\gset\nSELECT 1;\n"])], "report two: line 3: \\gset of 2 rows\n"],
		[["report", "income", "--dir", `${far}${"x".repeat(60)}`], "\n"],
		[["mint-cookies", "1", html], `pledgectl: ${html}: Is a directory\n`],
	];

	for (const [words, complaint] of rows) {
		const r = await ctl(words);

		assert.deepEqual([r.code, r.out], [1, ""], `${words.map((w) => String(w).slice(-60)).join(" ")}: ${r.err.slice(-200)}`);
		assert.ok(r.err.endsWith(complaint), r.err.slice(-200));
	}
	assert.deepEqual(readdirSync(here).filter((name) => name.endsWith(".new")), []);
});

// --- a pledge of which everything went wrong -----------------------------------------------------------

// A copy, to be spoiled.
const psql = (db, sql) => run("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.env.PGHOST, "-p", s.env.PGPORT, "-U", "postgres", "-d", db, "-c", sql]);
const copied = { PLEDGED_DATABASE_CONNINFO: `host=${s.env.PGHOST} port=${s.env.PGPORT} dbname=spoiled` };
const spoil = (sql) => psql("spoiled", `SET session_replication_role = replica; ${sql}`);

test("what waits for a person is told of a pledge, and what helps", async () => {
	const of = (what) => `(SELECT ${what} FROM pledged.payment WHERE receipt = '${receipt}')`;
	const show = async () => {
		const r = await ctl(["pledge", "show", pledge], { env: copied });

		assert.equal(r.code, 0, r.err);
		return r.out;
	};

	await db.end(); // nobody may be in it while it is copied
	await psql("postgres", `CREATE DATABASE spoiled TEMPLATE ${s.env.PGDATABASE}`);
	await spoil(`UPDATE pledged.payment SET mismatch = 'amount' WHERE receipt = '${receipt}';
		INSERT INTO pledged.fraud_warning VALUES (gen_random_uuid(), ${of("payment_id")}, 'seed', 'issfr_1', 'made_with_stolen_card', true, now()),
			(gen_random_uuid(), ${of("payment_id")}, 'seed', 'issfr_2', 'misc', false, now());
		INSERT INTO pledged.refund (refund_id, payment_id, provider, provider_refund_id, amount, currency, state, created_at, state_at)
			VALUES (gen_random_uuid(), ${of("payment_id")}, 'seed', 're_back', 100, 'EUR', 'failed', now(), now());
		INSERT INTO pledged.inbox (provider, dedup_key, event_type, object_kind, object_id, livemode, received_at, state, not_before, tries, error, ended_at)
			VALUES ('seed', 'evt_parked', 'charge.updated', 'payment', ${of("provider_payment_id")}, false, now(), 'parked', now(), 12, 'nobody knows it', now());
		UPDATE pledged.pledge SET over_paid = true WHERE pledge_id = '${pledge}';
		UPDATE pledged.outbox SET state = 'parked', tries = 3, first_sent_at = now(), error = 'no such price', ended_at = now()
			WHERE kind = 'create' AND subject IN (SELECT attempt_id FROM pledged.attempt WHERE pledge_id = '${pledge}')`);
	const text = await show();

	for (const line of [/; NOT AS PLEDGED: amount$/m, /^ {2}refund {2}1\.00 EUR failed since \S+Z, re_back$/m, /^ {2}warning of fraud: made_with_stolen_card, issfr_1$/m,
		/^ {2}warning of fraud: misc, nothing is to be done, issfr_2$/m, /^webhook \d+ {2}charge\.updated of \S+ parked, tried 12 times: nobody knows it$/m,
		/; its call is parked, tried 3 times: no such price$/m, new RegExp(`^! a call is parked; .* resolve ${pledge} --unpark$`, "m"), /^! paid more than once: .* --keep$/m,
		new RegExp(`^! payment ${receipt} is of another amount: .* --accept-mismatch ${receipt}, or pledgectl pledge refund ${receipt}$`, "m"),
		/^! a refund of 1\.00 failed at the provider: /m, /^! fraud is likely: .* --reason fraudulent$/m, /^! webhook (\d+) was given up: pledgectl inbox retry \1$/m])
		assert.match(text, line);
	await spoil(`UPDATE pledged.payment SET mismatch = 'livemode' WHERE receipt = '${receipt}';
		INSERT INTO pledged.dispute (dispute_id, payment_id, provider, provider_dispute_id, amount, currency, state, created_at, state_at)
			SELECT gen_random_uuid(), ${of("payment_id")}, 'seed', 'dp_' || x, 100, 'EUR', x, now(), now() FROM unnest(ARRAY['open', 'inquiry']) x;
		UPDATE pledged.outbox SET state = 'open', last_outcome = 'lost', find_at = now(), not_before = 'infinity', ended_at = NULL
			WHERE kind = 'create' AND subject IN (SELECT attempt_id FROM pledged.attempt WHERE pledge_id = '${pledge}');
		UPDATE pledged.pledge SET status = 'processing', email = NULL WHERE pledge_id = '${pledge}'`);
	const other = await show();

	for (const line of [/^! payment \S+ is of the wrong mode: it counts for nothing$/m, /^! a dispute is open: /m, /^! the donor's bank asks about R-/m,
		/; its page is looked for at the provider, next \S+Z$/m, /donor without an address/, /^! to ask the provider now how it stands: /m])
		assert.match(other, line);
	assert.doesNotMatch(other, /fraud is likely/, "a dispute is past that");
	const gone = await ctl(["pledge", "refund", receipt], { env: copied });

	assert.deepEqual([gone.code, gone.out], [1, ""]);
	assert.match(gone.err, /^pledgectl: refused: .* \(\w+.*\)$/m);
});

test("a recurring gift that fails, ends, pauses, and has a second one beside it", async () => {
	await spoil(`UPDATE pledged.recurring SET state = 'past_due', failure = 'card_declined', failures = 2, next_try_at = now() + interval '3 days', paused_until = now() + interval '9 days',
			ends_at = now() + interval '30 days' WHERE pledge_id = '${monthly}';
		INSERT INTO pledged.recurring SELECT (jsonb_populate_record(r, jsonb_build_object('recurring_id', gen_random_uuid(), 'provider_recurring_id', 'sub_second', 'duplicate', true,
			'state', 'active', 'failures', 0))).* FROM pledged.recurring r WHERE r.pledge_id = '${monthly}' LIMIT 1`);
	const r = await ctl(["pledge", "show", monthly, "--personal"], { env: copied });

	assert.equal(r.code, 0, r.err);
	for (const line of [/ {2}past_due since \S+Z.*, ends \S+Z, paused until \S+Z, last try failed: card_declined, 2 tries, next try \S+Z/m, /^recurring sub_second .*; A SECOND ONE$/m])
		assert.match(r.out, line);
	const two = await ctl(["pledge", "cancel", monthly], { env: copied });

	assert.deepEqual([two.code, two.err], [1, "pledgectl: it has 2 live subscriptions, name one of them as the provider does\n"]);
	const named = await ctl(["pledge", "cancel", "sub_second"], { env: copied });

	assert.equal(named.code, 0, named.err);
	const shown = await ctl(["pledge", "show", monthly], { env: copied });

	assert.match(shown.out, /^asked [0-9a-f-]{36} {2}cancel by pledged_admin on \S+Z: asked$/m);
	for (const [words, complaint] of [[["amount", "sub_second", "9.00"], /another change of it is still under way \(busy/], [["pause", "sub_second", "--until", "2020-01-01"], /refused: .*\((busy|past)/],
		[["resume", pledge], /this is not a recurring gift \(not_recurring\)/], [["amount", "sub_second", "1.234"], /./]]) {
		const got = await ctl(["pledge", ...words], { env: copied });

		assert.deepEqual([got.code, got.out], [1, ""], words.join(" "));
		assert.match(got.err, complaint);
	}
});

test("several pledges under one name are listed, and none is guessed", async () => {
	await spoil(`DROP INDEX pledged.payment_intent; UPDATE pledged.payment SET intent = 'pi_of_two'
		WHERE payment_id IN (SELECT DISTINCT ON (pledge_id) payment_id FROM pledged.payment ORDER BY pledge_id LIMIT 2)`);
	const r = await ctl(["pledge", "events", "pi_of_two"], { env: copied });

	assert.deepEqual([r.code, r.out], [1, ""]);
	assert.match(r.err, /^pledgectl: that is said of 2 pledges, name one of them:\n {2}[0-9a-f-]{36}\n {2}[0-9a-f-]{36}\n$/);
});

// --- memory ----------------------------------------------------------------------------------------

const SKIP = sanitized ? "two libraries that want to be the first" : !existsSync(shim) && "make torture was not run";
const SHORT = [["campaign", "check", campaign], ["campaign", "list", "--json"], ["campaign", "diff", "support", campaign], ["campaign", "export", "support"],
	["explain", "--article", "/x", "--section", "news", "--site", "demo"], ["explain", "--article", "/x", "--section", "news", "--site", "demo", "--json"],
	["pledge", "show", pledge], ["pledge", "events", monthly, "--json"], ["inbox", "parked", "--json"], ["report", "income", "--format", "json", ...DIR],
	["preview", "--html", "-", "--css", css], ["check", ...DIR]];

test("each allocation fails once: a command ends with a code, and what ends well without a word has told all", { skip: SKIP }, async (t) => {
	const m = new Shim(join(here, "shim")), plain = (text) => text.replace(/^ok clock: .*$/m, "").replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, "then");
	let tried = 0;

	for (const words of SHORT) {
		m.arm("ours", 1e12);
		const whole = await ctl(words, { env: m.env });
		const places = m.get("seen"), step = Math.ceil(places / 25);

		assert.deepEqual([whole.code, places > 2], [0, true], `${words.join(" ")}: ${places} ${whole.err}`);
		for (let n = 1; n <= places; n += n < 12 ? 1 : step) {
			m.arm("ours", n);
			const r = await ctl(words, { env: m.env });

			tried++;
			assert.ok([0, 1, 75, 78].includes(r.code), `${words.join(" ")}, ${n} of ${places}: ${r.code} ${r.err}`);
			if (r.code === 0 && r.err === "")
				assert.equal(plain(r.out), plain(whole.out), `${words.join(" ")}, ${n} of ${places}`);
			else
				assert.ok(r.err !== "" || /^FAILED /m.test(r.out), `${words.join(" ")}, ${n} of ${places} says nothing`);
		}
	}
	m.close();
	t.diagnostic(`${tried} runs`);
});

test("the books hold, and a command that is let through does its work", async () => {
	for (const { words } of COMMANDS.filter((c) => !["pledge", "audit", "erase"].includes(c.words[0])))
		await fine(...words);
	await s.invariants();
});
