// upgrade.test.mjs: what readers' rows hold from a release before means the same after its migrations.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root, stack } from "./lib/stack.mjs";

const folder = join(root, "sql/migrations");
const files = readdirSync(folder).sort();
const s = await stack({ only: "pg", campaigns: "none" });

let database = "earlier";
const psql = (...words) => execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.env.PGHOST, "-p", s.env.PGPORT,
	"-U", "postgres", "-d", database, ...words], { encoding: "utf8" }).trim();

// migrate: each file in a transaction of its owner, as pledgectl migrate runs it; functions are not needed.
function migrate(list) {
	for (const file of list)
		psql("-1", "-c", "SET ROLE pledged_owner", "-f", join(folder, file));
}

const mark = (kind, campaign, cap) => `00000007${campaign.toString(16).padStart(8, "0")}0${kind}02${cap}65000000`;

await s.sql("CREATE DATABASE earlier");
psql("-f", join(root, "sql/roles.sql"));

test("a reader's articles and marks from before topics and named caps", () => {
	const at = files.indexOf("0004_decide.sql");

	migrate(files.slice(0, at));
	psql("-f", join(root, "sql/seed/demo.sql"), "-c", `SET CONSTRAINTS ALL DEFERRED;
		INSERT INTO pledged.campaign (campaign_id, site_id, slug, version) OVERRIDING SYSTEM VALUE VALUES (5, 1, 'support', 1), (6, 1, 'meter', 1)`,
		"-c", `INSERT INTO pledged.campaign_version (campaign_id, version, body, published_at, author) VALUES (5, 1, '{}', now(), 'x'), (6, 1, '{}', now(), 'x')`,
		"-c", `INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, seen, marks)
			SELECT gen_random_uuid(), 1, now(), now(), decode(s, 'hex'), decode(m, 'hex') FROM (VALUES
			('2345abcdef012345' || '2346ffffffffffff', '${mark(3, 5, "0000")}${mark(1, 6, "0000")}${mark(4, 99, "0000")}'), ('', '')) AS v(s, m)`, "-1");
	migrate(files.slice(at));
	assert.equal(psql("-c", "SELECT encode(seen, 'hex'), encode(marks, 'hex') FROM pledged.reader ORDER BY seen DESC"),
		// campaign_cap_key of "support" and "meter": tests/unit/core_campaign_test.c
		`2346000fffffffff2345000def012345|${mark(3, 5, "ceac")}${mark(1, 6, "260c")}${mark(4, 99, "0000")}\n|`);
});

test("recurring gifts from before their history was kept", async () => {
	const at = files.indexOf("0017_book.sql");
	const gift = (n, now) => `INSERT INTO pledged.pledge (pledge_id, public_token, key, fingerprint, site_id, amount, currency, "interval", locale, livemode,
			status, created_at, status_at) VALUES ('${id(n)}', 'upgrade-token-0${n}', 'upgrade-test-key-0${n}', '\\x01', 1, 1000, 'EUR', 'month', 'en', true, 'paid', '2026-01-01Z', '2026-01-01Z');
		INSERT INTO pledged.recurring (recurring_id, pledge_id, provider, provider_recurring_id, state, amount, currency, paused_until, failures, failure,
			fetched_at, created_at, state_at) VALUES ('${id(n)}', '${id(n)}', 'stripe', 'sub_${n}', ${now})`;
	const id = (n) => `a0000000-0000-4000-8000-00000000000${n}`;
	const was = (n, day, before, state) => `INSERT INTO pledged.ledger (entry, at, pledge_id, object, object_id, was, became, account, amount, currency,
		livemode, cause) VALUES (nextval('pledged.ledger_entry'), '${day}Z', '${id(n)}', 'recurring', '${id(n)}', ${before}, '${state}', 'none', 0, 'EUR', true, 'x')`;
	const wish = (n, kind, day, amount, until) => `INSERT INTO pledged.wish (wish_id, pledge_id, kind, recurring_id, amount, currency, until, author, state,
		created_at, state_at) VALUES (gen_random_uuid(), '${id(n)}', '${kind}', '${id(n)}', ${amount}, 'EUR', ${until}, 'x', 'done', '${day}Z', '${day}Z')`;

	database = "earlier_money";
	await s.sql("CREATE DATABASE earlier_money");
	psql("-f", join(root, "sql/roles.sql"));
	migrate(files.slice(0, at));
	psql("-1", "-f", join(root, "sql/seed/demo.sql"),
		// 1 began at 10.00, was raised to 12.00 in February, owes since March; 2 was paused from February to April; 3 ended in March
		...[gift(1, "'past_due', 1200, 'EUR', NULL, 2, 'card_declined', '2026-03-05Z', '2026-01-01Z', '2026-03-01Z'"), was(1, "2026-01-01", "NULL", "active"),
			wish(1, "amount", "2026-02-10", 1200, "NULL"), was(1, "2026-03-01", "'active'", "past_due"),
			gift(2, "'active', NULL, NULL, NULL, 0, NULL, '2026-04-02Z', '2026-01-01Z', '2026-01-01Z'"), was(2, "2026-01-01", "NULL", "active"),
			wish(2, "pause", "2026-02-01", "NULL", "'2026-06-01Z'"), wish(2, "resume", "2026-04-01", "NULL", "NULL"),
			gift(3, "'ended', 1000, 'EUR', NULL, 0, NULL, '2026-03-03Z', '2026-01-01Z', '2026-03-03Z'"), was(3, "2026-01-01", "NULL", "active"),
			was(3, "2026-03-03", "'active'", "ended")].flatMap((sql) => ["-c", sql]));
	migrate(files.slice(at));
	assert.equal(psql("-c", `SELECT right(recurring_id::text, 1), at::date, what, gifts, monthly FROM pledged.recurring_move ORDER BY 1, 2, 3`),
		["1|2026-01-01|new|1|1000", "1|2026-02-10|raised|0|200", "1|2026-03-05|failed|0|0", "2|2026-01-01|new|1|1000", "2|2026-02-01|paused|-1|-1000",
			"2|2026-04-01|reactivated|1|1000", "3|2026-01-01|new|1|1000", "3|2026-03-03|ended_asked|-1|-1000"].join("\n"));
});

test("what was counted before the roll-ups is in them after some steps of the clerk, whatever is counted meanwhile", () => {
	const functions = join(root, "sql/functions");
	const event = (n, day, kind, variant = "a") => `INSERT INTO pledged.prompt_event (reader_id, decided_at, decision, kind, at, site_id, campaign, variant, section, article)
		VALUES ('b0000000-0000-4000-8000-00000000000${n}', '${day}Z', ${n}, '${kind}', '${day}Z', 1, 'support', '${variant}', 'news', '/a')`;
	const hour = (at, variant, act, reason, n) => `INSERT INTO pledged.rollup VALUES ('${at}Z', 1, 'news', 'LV', 'mobile', '${reason === "first_view" ? "" : "support"}', '${variant}', '${act}', '${reason}', ${n})`;
	const body = JSON.stringify({ campaign: "support", variants: [{ variant: "a", share: 50 }, { variant: "b", share: 50 }], amounts: { currency: "EUR" } });

	database = "earlier_roll";
	psql("-d", "postgres", "-c", "CREATE DATABASE earlier_roll");
	psql("-f", join(root, "sql/roles.sql"));
	migrate(files.slice(0, files.indexOf("0018_roll.sql")));
	psql("-1", "-f", join(root, "sql/seed/demo.sql"), ...[event(1, "2026-01-10 08:00:00", "shown"), event(1, "2026-01-10 08:00:00", "viewed"), event(2, "2026-03-02 09:30:00", "shown", "b"),
		hour("2026-01-10 08:00", "a", "prompt", "campaign", 3), hour("2026-01-10 08:00", "", "open", "first_view", 5), hour("2026-03-02 09:00", "a", "open", "holdout", 2),
		hour("2026-03-02 09:00", "b", "open", "holdout", 4), `SET CONSTRAINTS ALL DEFERRED`, `INSERT INTO pledged.campaign (campaign_id, site_id, slug, version) OVERRIDING SYSTEM VALUE VALUES (5, 1, 'support', 1)`,
		`INSERT INTO pledged.campaign_version (campaign_id, version, body, published_at, author) VALUES (5, 1, '${body}', '2026-01-01Z', 'x')`,
		`INSERT INTO pledged.pledge (pledge_id, public_token, key, fingerprint, site_id, amount, currency, "interval", locale, livemode, status, created_at, status_at)
			VALUES ('a0000000-0000-4000-8000-000000000009', 'upgrade-token-09', 'upgrade-test-key-09', '\\x01', 1, 1000, 'EUR', 'once', 'en', true, 'new', '2025-06-01Z', '2025-06-01Z')`].flatMap((sql) => ["-c", sql]));
	migrate(files.slice(files.indexOf("0018_roll.sql")));
	assert.equal(psql("-c", "SELECT count(*) FROM pledged.roll_event"), "0", "the migration itself counts nothing");
	psql("-1", "-c", "SET ROLE pledged_owner; SET check_function_bodies = off", ...readdirSync(functions).sort().flatMap((file) => ["-f", join(functions, file)]));
	// one who was shown a prompt before clicks on it now; two steps, and the clerk is gone; another event; then the rest
	psql("-c", "INSERT INTO pledged.roll_delta (hour, site_id, campaign, variant, section, country, device, kind, n) VALUES ('2026-01-10 08:00Z', 1, 'support', 'a', 'news', '', '', 'clicked', 1)",
		"-c", event(1, "2026-01-10 08:00:00", "clicked"), "-c", "SELECT pledged.roll_events(10, now()), pledged.roll_fill(1, now()), pledged.roll_fill(1, now())");
	assert.equal(psql("-c", "SELECT count(*) FROM pledged.roll_fill"), "1");
	for (let i = 0; psql("-c", "SELECT count(*) FROM pledged.roll_fill") !== "0"; i++) {
		assert.ok(i < 200);
		psql("-c", "SELECT pledged.roll_fill(1, now()), pledged.roll_pledges(10, now())");
	}
	assert.equal(psql("-c", "SELECT day, campaign, variant, country, decisions, prompts, followed, viewed, clicked FROM pledged.roll_day ORDER BY 1, 2, 3, 4"),
		["2026-01-10|||LV|5|0|0|0|0", "2026-01-10|support|a||0|0|1|1|1", "2026-01-10|support|a|LV|3|3|0|0|0", "2026-03-02|support||LV|6|0|0|0|0", "2026-03-02|support|b||0|0|1|0|0"].join("\n"),
		"each once, the hold-out of no variant");
	assert.equal(psql("-c", "SELECT day, variant, n FROM pledged.roll_reason WHERE reason = 'holdout'"), "2026-03-02||6");
	assert.equal(psql("-c", "SELECT no, day, n FROM pledged.experiment_day ORDER BY 1"), "0|2026-01-10|1\n1|2026-03-02|1", "tests too");
	assert.equal(psql("-c", "SELECT day, amount FROM pledged.roll_pledge"), "2025-06-01|1000");
	assert.equal(psql("-c", "SELECT pledged.roll_rebuild('2026-01-01', '2026-04-01')"), "0");
});
