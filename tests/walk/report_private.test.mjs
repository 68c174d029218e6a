// The goal: whoever may read the reports learns of no person. Addresses, names, ids, keys and networks are put into every column that somebody
// outside can write to, and none comes out of any view, function, script or page of reports; and the role that reads them can do nothing else.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { feed, inserts, literal, script } from "./lib/report.mjs";
import { root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "report-private", only: "pg", campaigns: "none" });
const EMAIL = "anna.planted@mail.example", NAME = "Annika Plantedsson", TOKEN = "Zx9Qw7-PlantedToken_0123456789abcdefghijkL8", V4 = "192.0.2.77", V6 = "2001:db8:77::1";
const READER = "f00dfeed-1234-4abc-8def-0123456789ab", BARE = READER.replaceAll("-", "");
const ALL = `${NAME} <${EMAIL}> ${READER} ${V4} ${V6} ${TOKEN}`;
const WORDS = ["anna.planted", "@mail.example", "Plantedsson", "PlantedToken", V4, "2001:db8:77", READER, BARE];

// Columns that our own code and operators alone write to: closed words, and what stands in campaigns and settings. All others are planted.
const OURS = /^(site|site_host|campaign|campaign_version|campaign_log|campaign_conflict|retention|migration|limit_rule|epoch|currency_step)\.|\.(campaign|variant|act|country|device|currency|slug|locale|author|scope|what|why|provider)$|^(prompt_event|roll_\w+|outbox|mail_out)\.kind$|^(rollup|roll_reason)\.reason$|^guard_event\.|^pay_switch\.|^robot_list/;

// --- what there is ---------------------------------------------------------------------------------------------------------------------

test("a history, with all that can go wrong, and words of strangers in every column", async () => {
	const { code, stderr } = await s.ctl("seed", "--site", "demo", "--days", "5", "--views-per-day", "30000", "--raw-days", "3", "--seed", "3");

	assert.equal(code, 0, stderr);
	// what chance gives of few views differs from day to day
	assert.ok(await s.count("SELECT count(*) FROM pledged.recurring") >= 5, "there are recurring gifts");
	const [[payment, pledge]] = await s.sql("SELECT payment_id, pledge_id FROM pledged.payment LIMIT 1"), now = "2026-01-01T00:00:00Z", uuid = (n) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, "0")}`;
	const hash = `\\x${"ab".repeat(32)}`;

	await feed(s, "SET session_replication_role = replica;",
		inserts("difference", [{ provider: "seed", provider_id: "pi_1", what: "state", object: "payment", ours: "paid", theirs: "x", livemode: false, object_at: now, comparison_id: uuid(1), first_seen: now, last_seen: now }]),
		inserts("orphan", [{ provider: "seed", provider_id: "pi_2", object: "payment", pledge_id: uuid(2), livemode: false, object_at: now, comparison_id: uuid(1), first_seen: now, last_seen: now }]),
		inserts("lockout", [{ provider: "seed", since: now, probe_at: now, error: "x" }]),
		"INSERT INTO pledged.reconcile (provider, work, tries, not_before, created_at, error) VALUES ('seed', 'events', 7, now(), now(), 'x') ON CONFLICT (provider, work) DO UPDATE SET tries = 7, not_before = now();",
		inserts("fraud_warning", [{ fraud_warning_id: uuid(3), payment_id: payment, provider: "seed", provider_warning_id: "w1", kind: "x", actionable: true, created_at: now }]),
		inserts("refund", ["failed", "pending"].map((state, i) => ({ refund_id: uuid(10 + i), payment_id: payment, provider: "seed", provider_refund_id: `r${i}`, amount: 1, currency: "EUR", state, created_at: now, state_at: now }))),
		inserts("dispute", ["open", "inquiry"].map((state, i) => ({ dispute_id: uuid(20 + i), payment_id: payment, provider: "seed", provider_dispute_id: `d${i}`, amount: 1, currency: "EUR", state, created_at: now, state_at: now, fetched_at: now }))),
		inserts("wish", ["refused", "failed"].map((state, i) => ({ wish_id: uuid(30 + i), pledge_id: pledge, kind: "refund", payment_id: payment, amount: 1 + i, currency: "EUR", reason: "x", author: "op", state, error: "x", created_at: now, state_at: now }))),
		inserts("inbox", ["parked", "done", "new"].map((state, i) => ({ provider: "seed", dedup_key: `p${i}`, event_type: "x", object_kind: "payment", object_id: `o${i}`, livemode: false, occurred_at: now, headers: "x", body: "\\x00",
			received_at: now, state, not_before: now, tries: 3, error: "x", ended_at: state === "new" ? null : now }))),
		"UPDATE pledged.outbox SET state = 'parked', error = 'x' WHERE outbox_id IN (SELECT outbox_id FROM pledged.outbox LIMIT 2);",
		"UPDATE pledged.mail_out SET state = 'failed', error = 'x' WHERE mail_id IN (SELECT mail_id FROM pledged.mail_out LIMIT 2);",
		"UPDATE pledged.payment SET mismatch = 'amount' WHERE payment_id IN (SELECT payment_id FROM pledged.payment WHERE state = 'paid' LIMIT 1);",
		inserts("remind", ["waiting", "sent"].map((state, i) => ({ remind_id: uuid(40 + i), site_id: 1, email: EMAIL, email_hash: hash, network: V4, reader_id: READER, locale: "en", articles: 5, views_from: 1, state, created_at: now,
			ended_at: i ? now : null, token_hash: i ? hash : null }))),
		inserts("refusal_log", [{ at: now, site_id: 1, livemode: false, why: ["email"], reader_hash: hash, email_hash: hash }]),
		inserts("tally", [{ worker: 1, seq: 1, at: now, counts: JSON.stringify([EMAIL, READER, BARE, V4, TOKEN].map((w) => [1767225600, 1, w, "LV", "mobile", "", "", "open", "first_view", 3])),
			pages: JSON.stringify([EMAIL, READER, `u/${BARE}`, V6, TOKEN, encodeURIComponent(EMAIL)].map((w) => [1767225600, 1, `/${w}`, "prompt", 500])) }]),
		inserts("manage_session", []), "");
	const columns = (await s.sql(`SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND a.attidentity = '' ORDER BY 1, a.attnum`))
		.filter(([table, column]) => !OURS.test(`${table}.${column}`));
	// A visitor names pages and sections: what is no address, id or key there cannot be told from a section's name.
	const visitors = /\.(section|page|article)$/, plants = columns.flatMap(([table, column, type]) => {
		const words = type === "uuid" ? (/reader/.test(column) ? [READER] : []) : type === "bytea" ? [`\\x${Buffer.from(ALL).toString("hex")}`] : ["cidr", "inet"].includes(type) ? [V4] : type === "jsonb" ? [JSON.stringify([ALL])]
			: type === "text[]" ? [`{"${ALL}"}`] : !["text", "character varying", "character"].includes(type) ? [] : visitors.test(`${table}.${column}`) ? [EMAIL, `/u/${READER}`, V6] : [ALL, `${NAME} ${EMAIL}`, EMAIL, TOKEN, READER, BARE, NAME];

		return words.map((word) => ({ table, column, word, type }));
	});

	assert.ok(columns.length > 150, `${columns.length} columns`);
	await feed(s, "SET session_replication_role = replica;", ...plants.map(({ table, column, word }, i) => `DO $x$ BEGIN
		IF NOT EXISTS (SELECT FROM pg_temp.planted WHERE place = ${literal(`${table}.${column}`)}) OR ${visitors.test(`${table}.${column}`)} THEN
			UPDATE pledged."${table}" SET "${column}" = ${literal(word)} WHERE ctid IN (SELECT ctid FROM pledged."${table}" ORDER BY ctid OFFSET ${visitors.test(`${table}.${column}`) ? i % 7 : 0} LIMIT 6);
			IF FOUND THEN INSERT INTO pg_temp.planted VALUES (${literal(`${table}.${column}`)}); END IF;
		END IF;
	EXCEPTION WHEN unique_violation THEN
		BEGIN
			UPDATE pledged."${table}" SET "${column}" = ${literal(word)} WHERE ctid IN (SELECT ctid FROM pledged."${table}" ORDER BY ctid LIMIT 1);
			INSERT INTO pg_temp.planted VALUES (${literal(`${table}.${column}`)});
		EXCEPTION WHEN OTHERS THEN INSERT INTO pg_temp.failed VALUES (${literal(`${table}.${column}`)}); END;
	WHEN OTHERS THEN INSERT INTO pg_temp.failed VALUES (${literal(`${table}.${column}`)}); END $x$;`).map((text, i) => (i === 0 ? `CREATE TEMPORARY TABLE planted (place text);\nCREATE TEMPORARY TABLE failed (place text);\n${text}` : text)), "CREATE TABLE public.planted AS SELECT DISTINCT place FROM pg_temp.planted; CREATE TABLE public.failed AS SELECT place FROM pg_temp.failed EXCEPT SELECT place FROM pg_temp.planted;");
	const planted = (await s.sql("SELECT place FROM public.planted")).map(([place]) => place);

	for (const place of ["pledge.email", "pledge.reader_id", "pledge.request_id", "pledge.public_token", "inbox.error", "inbox.event_type", "inbox.object_id", "inbox.body", "inbox.headers", "wish.error", "wish.reason", "lockout.error",
		"reconcile.error", "fraud_warning.kind", "difference.ours", "difference.theirs", "difference.provider_id", "orphan.provider_id", "outbox.error", "mail_out.error", "recurring.customer", "recurring_log.failure", "prompt_event.article",
		"prompt_event.section", "roll_page.page", "roll_day.section", "roll_pledge.page", "roll_pledge.section", "rollup.section", "reader.reader_id"])
		assert.ok(planted.includes(place), `${place} holds a planted word`);
	assert.ok(planted.length > 60, planted.join(" "));
	// What takes no word: closed lists that a check guards, hashes and lists of one length, our own addresses.
	const closed = /\.(state|status|object|object_kind|account|mode|method|interval|accepted|mismatch|gift_currency|paid_in|last_outcome|fingerprint|marks|seen|url|stop_url|body_sha256|\w+_hash)$|^(reconcile\.work|risk_rule\.filter|wish\.kind)$/;

	assert.deepEqual((await s.sql("SELECT place FROM public.failed ORDER BY 1")).map(([place]) => place).filter((place) => !closed.test(place)), [], "a word could be put everywhere else");
});

// --- and what is told ------------------------------------------------------------------------------------------------------------------

// clean: none of the words is there, nor an id of any reader, nor a donor's key.
let readers;
async function clean(what, text) {
	readers ??= new Set((await s.sql(`SELECT reader_id FROM pledged.reader UNION SELECT reader_id FROM pledged.prompt_event UNION SELECT reader_id FROM pledged.pledge WHERE reader_id IS NOT NULL
		UNION SELECT donor FROM pledged.pledge WHERE donor IS NOT NULL UNION SELECT who FROM pledged.experiment_gift UNION SELECT who FROM pledged.experiment_reader UNION SELECT '${READER}'`)).flatMap(([id]) => [id, id.replaceAll("-", "")]));
	const low = text.toLowerCase();

	assert.deepEqual(WORDS.filter((word) => low.includes(word.toLowerCase())), [], what);
	assert.deepEqual([...new Set(low.match(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32}/g) ?? [])].filter((id) => readers.has(id)), [], `${what}: an id of a reader or a key of a donor`);
}

test("no view tells of anybody", async () => {
	const views = (await s.sql("SELECT relname FROM pg_class WHERE relnamespace = 'report'::regnamespace AND relkind IN ('v', 'm', 'r') ORDER BY 1")).map(([name]) => name);

	assert.ok(views.length >= 20, views.join(" "));
	const empty = [];

	for (const view of views) {
		const rows = await s.sql(`SELECT * FROM report."${view}"`, { user: "pledged_report" });

		await clean(`report.${view}`, rows.map((row) => row.join("\t")).join("\n"));
		// of these the history has nothing
		if (rows.length === 0 && !["campaign_conflicts", "goal", "meter", "pending", "risk", "robots", "settlement_sums", "stops"].includes(view))
			empty.push(view);
	}
	assert.deepEqual(empty, [], "every view has rows");
});

const DAYS = "'2020-01-01', '2030-01-01'";
const CALLS = { articles: [DAYS], book: [`${DAYS}, ''`], choice: ["'by', 'a', '{a,b}'"], size: ["'cap', '5', 1"], claims: ["all", "month", "method", "campaign", "country", "interval"].map((by) => `${DAYS}, '', '${by}'`), cohorts: [`${DAYS}, ''`], experiments: [DAYS],
	income_by: ["day", "hour", "country", "method", "source", "band"].map((by) => `${DAYS}, '', '${by}', '{5,10}'`), income_year: ["'2025-12-01', '2026-12-31', ''"], public: [DAYS], recovery: [`${DAYS}, ''`],
	silence: ["'', 3, now()"], sites: [""], today: [""], stages: ["'2030-01-01', 1, ''"], value: [DAYS] };

test("no function does", async () => {
	const names = (await s.sql("SELECT DISTINCT proname FROM pg_proc WHERE pronamespace = 'report'::regnamespace")).map(([name]) => name);

	for (const name of names) {
		assert.ok(CALLS[name], `report.${name}: say here how it is called`);
		for (const words of CALLS[name])
			await clean(`report.${name}(${words})`, (await s.sql(`SELECT * FROM report.${name}(${words})`, { user: "pledged_report" })).map((row) => row.join("\t")).join("\n"));
	}
});

test("no script does, nor the page", async () => {
	const every = { from: "2025-06-01", to: "2030-01-01" };

	for (const file of readdirSync(join(root, "sql/reports")).filter((f) => f.endsWith(".sql"))) {
		const text = readFileSync(join(root, "sql/reports", file), "utf8"), set = Object.fromEntries(Object.entries({ ...every, open: 0, transit: 0, most: 100000 }).filter(([name]) => text.includes(`:{?${name}}`)));

		for (const by of text.includes(":{?by}") ? (file.includes("funnel") ? ["day", "section", "country", "device", "campaign"] : ["method", "country", ...(file.includes("claims") ? ["all"] : ["source"])]) : [null])
			await clean(file, JSON.stringify(await script(s, file, by ? { ...set, by } : set)));
	}
	const page = join(s.dir, "page.html"), made = await s.ctl("report", "--dir", join(root, "sql"), "--html", page, "--from", "2025-06-01");

	assert.equal(made.code, 0, made.stderr);
	await clean("the page", readFileSync(page, "utf8"));
	assert.match(readFileSync(page, "utf8"), /\(hidden\)/);
});

test("words of visitors that name nobody are told as they are", async () => {
	for (const word of ["", "news", "opinion & more", "/2026/11/26/a-long-and-winding-story-about-the-ferry-to-the-islands", "/@author/story.html", "/news/v1.2", "/a/b:c", "/культура/фильм", "/story/1234567890123",
		"/news/this_is_a_long_title_with_underscores_x", "/news/top_10_things_to_do_in_riga_this_weekend.html", "/Sport/Covid-19-Cases-In-Riga-Rise-Again-After-The-Holidays"])
		assert.equal(await s.one(`SELECT pledged.seen_word(${literal(word)})`), word);
	for (const [word, shown] of [[EMAIL, "(hidden)"], [`/x/${encodeURIComponent(EMAIL)}`, "/x/(hidden)"], [READER, "f00d(hidden)"], [BARE, "f00d(hidden)"], [`/u/${READER}`, "/u/f00d(hidden)"], [V4, "(hidden)"], [V6, "(hidden)"],
		["::ffff:192.0.2.1", "::ffff:(hidden)"], [TOKEN, "(hidden)"], [`/pledge/${TOKEN}`, "/pledge/(hidden)"], [`/news/article_${READER}.html`, "/news/article_f00d(hidden).html"], [`/a/${EMAIL}/b/${BARE}?x`, "/a/(hidden)/b/f00d(hidden)?x"]])
		assert.equal(await s.one(`SELECT pledged.seen_word(${literal(word)})`), shown, word);
	for (const [words, kind] of [["HTTP 503 api_error", "HTTP 503"], ["HTTP 9999", "other"], ["23505: duplicate key", "database 23505"], ["resource_missing", "resource_missing"], [NAME, "other"], [EMAIL, "other"], ["", ""],
		[`again by op; before: ${ALL}`, "asked for again"], ["no pledge is known for it", "not known here"], [`not JSON: ${ALL}`, "no sound answer"]])
		assert.equal(await s.one(`SELECT pledged.trouble_kind(${literal(words)})`), kind, words);
	for (const [word, code] of [["card_declined", "card_declined"], ["charge.dispute.created", "charge.dispute.created"], [BARE, "other"], [EMAIL, "other"], ["f00dfeed12344abc8def", "other"]])
		assert.equal(await s.one(`SELECT pledged.code_word(${literal(word)})`), code);
});

// --- the role --------------------------------------------------------------------------------------------------------------------------

const refused = (query) => s.sql(query, { user: "pledged_report" }).then(() => "done", (error) => /permission denied|must be superuser|must be owner|must be a member|cannot (delete from|update|insert into) view/.exec(error.stderr)?.[0] ?? error.stderr);

test("the role of reports reads the reports and nothing else", async () => {
	const all = await s.sql("SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind IN ('r', 'p', 'v', 'S') AND NOT c.relispartition ORDER BY 1");

	assert.deepEqual(await s.sql(`SELECT c.oid::regclass, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace IN ('pledged'::regnamespace, 'report'::regnamespace)
		AND a.grantee IN (0, 'pledged_report'::regrole) AND (c.relnamespace <> 'report'::regnamespace OR a.privilege_type <> 'SELECT')`), [], "it holds nothing but SELECT on reports");
	assert.deepEqual(await s.sql("SELECT roleid::regrole FROM pg_auth_members WHERE member = 'pledged_report'::regrole"), [], "and is nobody else");
	for (const [name] of all.filter((_, i) => i % 9 === 0))
		assert.equal(await refused(`SELECT * FROM pledged."${name}"`), "permission denied", name);
	const open = await s.sql(`SELECT p.oid::regprocedure FROM pg_proc p, aclexplode(p.proacl) a WHERE p.pronamespace = 'pledged'::regnamespace AND a.grantee = 'pledged_report'::regrole ORDER BY 1`);

	assert.deepEqual(open.map(([name]) => name.replace(/^pledged\.|\(.*/g, "")).filter((name) => !["money_major", "code_word", "seen_word", "trouble_kind", "campaign_diff", "retention_oldest", "report_sites", "roll_gift_due"].includes(name)), [],
		"of our functions it can run those that its views need");
	for (const query of ["DELETE FROM report.income", "UPDATE report.funnel SET served = 0", "INSERT INTO report.income DEFAULT VALUES", "TRUNCATE pledged.pledge", "CREATE TABLE public.x (a int)", "CREATE TABLE report.x (a int)", "CREATE VIEW report.x AS SELECT 1",
		"CREATE SCHEMA x", "CREATE FUNCTION report.x() RETURNS int LANGUAGE sql AS 'SELECT 1'", "SET ROLE pledged_owner", "SET ROLE pledged_money", "SET SESSION AUTHORIZATION postgres", "ALTER ROLE pledged_report SUPERUSER", "COPY (SELECT 1) TO '/tmp/pledged-x'",
		"COPY (SELECT 1) TO PROGRAM 'cat'", "SELECT pg_read_file('/etc/passwd')", "SELECT lo_import('/etc/passwd')", "SELECT * FROM pg_authid", "SELECT pledged.person_export('somebody', now())", "SELECT pledged.reader_forget(gen_random_uuid(), true)",
		"SELECT pledged.roll_rebuild('2026-01-01', '2026-01-02')", "SELECT * FROM pledged.paid", "SELECT * FROM pledged.roll_gift_due()", "SELECT * FROM pledged.attention", "ALTER VIEW report.income SET SCHEMA public", "DROP VIEW report.income",
		"SET default_transaction_read_only = off; DELETE FROM pledged.pledge", "BEGIN READ WRITE; UPDATE pledged.pay_switch SET \"on\" = false; COMMIT", "NOTIFY pledged; SELECT nextval('pledged.ledger_entry')"])
		// for what it is, and not because its transactions only read
		assert.match(await refused(query.startsWith("BEGIN") ? query : `SET TRANSACTION READ WRITE; ${query}`), /^(permission denied|must be|cannot)[a-z ]*$/, query);
	assert.match(await refused("GRANT SELECT ON report.income TO PUBLIC"), /read-only/);
	assert.equal(await refused("SELECT count(*) FROM report.income"), "done");
});
