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

const psql = (...words) => execFileSync("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.env.PGHOST, "-p", s.env.PGPORT,
	"-U", "postgres", "-d", "earlier", ...words], { encoding: "utf8" }).trim();

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
		`2345000def0123452346000fffffffff|${mark(3, 5, "ceac")}${mark(1, 6, "260c")}${mark(4, 99, "0000")}\n|`);
});
