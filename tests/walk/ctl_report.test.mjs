// The goal: whoever looks after the money gets every report by a word, in three forms and as a page, the same figures as psql
// prints; what is asked wrongly is told, and no text of a stranger becomes a formula, a command to a terminal or a tag.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";

import { appeal, ask, decide_stack, publish } from "./lib/decide.mjs";
import { books_agree, reaches } from "./lib/money.mjs";
import { known } from "./lib/reader.mjs";
import { root } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const run = promisify(execFile);
const dir = await mkdtemp(join(tmpdir(), "pledged-report-"));
const s = await decide_stack({ name: "ctl-report", views: 1, moneys: 2, clerks: 2, ops: "on", set: { "view.deadline_ms": 3000, "report.every_s": "1" } });
const scripts = readdirSync(join(root, "sql/reports")).filter((f) => f.endsWith(".sql")).sort();
const name_of = (file) => file.replace(/^\d\d_|\.sql$/g, "");
const report = (...words) => s.ctl("report", "--dir", join(root, "sql"), ...words);

after(() => rm(dir, { recursive: true, force: true }));
await chmod(dir, 0o777);

// own: a folder of scripts of this test.
async function own(files) {
	const to = await mkdtemp(join(dir, "s"));

	await mkdir(join(to, "reports"));
	for (const [file, text] of Object.entries(files))
		await writeFile(join(to, "reports", file), text);
	await chmod(to, 0o755);
	return to;
}

// psql: the same script as an operator without pledgectl runs it.
async function psql(file, ...words) {
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const { stdout } = await run("psql", ["-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-h", PGHOST, "-p", PGPORT, "-U", "pledged_report", "-d", PGDATABASE,
		...words, "-f", join(root, "sql/reports", file)], { env: { ...process.env, PGTZ: "UTC" } });

	return stdout;
}

// cells: CSV taken apart.
function cells(csv) {
	const rows = [[]];

	for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
		rows.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
		if (end === "\n")
			rows.push([]);
	}
	return rows.slice(0, -1);
}

// --- something to report -------------------------------------------------------------------------

await publish(s, appeal("drive"));

const { who } = await known(s);

await ask(who, "decide", "nowhere", "n1");
const { token, prompt } = await ask(who, "decide", "drive", "n2");
const pledge = await who.pledge({ token, amount: "5.00", currency: prompt.currency, interval: "once" });

assert.equal(pledge.status, 201, pledge.text);
await s.provider.pay(pledge.json().url);
await reaches(s, pledge.json().pledge, "paid");

// --- the reports that are shipped ----------------------------------------------------------------

test("without a name it tells which there are", async () => {
	const got = await report();

	assert.equal(got.code, 0, got.stderr);
	assert.deepEqual(got.stdout.trim().split("\n").map((line) => line.split(/\s+/)[0]), scripts.map(name_of));
	assert.match(got.stdout, /^income +Income: money by day, .*\[from, to, site.*\]$/m);
	assert.match(got.stdout, /^health +Health: [^[]*$/m);
});

for (const file of scripts)
	test(`${name_of(file)}: a table, CSV as psql writes it, and JSON of the same figures`, async () => {
		const name = name_of(file);
		const table = await report(name);

		assert.equal(table.code, 0, table.stderr);
		let text, own;
		// What shows this moment tells ages, which go on while one looks.
		const still = (csv) => (/:\{\?from\}/.test(readFileSync(join(root, "sql/reports", file), "utf8")) ? csv : csv.replace(/\d+(\.\d+)?/g, "n"));

		// And the clerk may go a step between two looks; it does not every time.
		for (let look = 0; look < 5 && (look === 0 || still(text) !== still(own)); look++) {
			text = (await report(name, "--format", "csv")).stdout;
			own = await psql(file);
		}
		assert.equal(still(text), still(own));
		const csv = cells(text);
		const json = JSON.parse((await report(name, "--format", "json")).stdout);

		assert.equal(json.length, csv.length - 1);
		for (const row of json)
			assert.deepEqual(Object.keys(row), [...new Set(csv[0])]);
		assert.equal(new Set(csv[0]).size, csv[0].length, "no column is there twice");
		assert.match(table.stdout, new RegExp(`\\n\\n${json.length} rows?(, from \\d{4}-\\d\\d-\\d\\d up to and without \\d{4}-\\d\\d-\\d\\d)?\\n$`));
		assert.deepEqual(table.stdout.split("\n")[0].trim().split(/\s{2,}/).join("|"), csv[0].join("|"));
	});

test("every chart of the page finds its columns in its report", async () => {
	const text = readFileSync(join(root, "src/web/ops.def"), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
	const charts = [...text.matchAll(/^X\((\w+),\s+(\w+),\s+"([^"]*)",\s*"([^"]*)",\s*"([^"]*)",/gm)].map(([, ...cells]) => cells);
	const names = (list) => list.split(",").map((word) => word.split(":")[0]).filter((word) => word && !word.endsWith("?"));

	assert.equal(charts.length, text.match(/^X\(/gm).length);
	for (const [name, kind, groups, x, values] of charts.filter(([chart]) => scripts.map(name_of).includes(chart))) {
		const [head] = cells((await report(name, "--format", "csv")).stdout);
		const wanted = [...names(groups), ...names(x), ...(kind === "BRIDGE" ? [] : names(values))];

		assert.deepEqual(wanted.filter((column) => !head.includes(column)), [], name);
	}
});

test("the gift is in the reports, whole numbers as numbers and amounts as text", async () => {
	const [row] = JSON.parse((await report("income", "--format", "json")).stdout);

	assert.deepEqual([row.site, row.currency, row.interval, row.mode, row.gifts, row.gross], ["demo", "EUR", "once", "test", 1, "5.00"]);
	const drive = JSON.parse((await report("funnel", "--format", "json")).stdout).filter((r) => r.campaign === "drive");

	assert.deepEqual(["served", "pledged", "paid"].map((step) => drive.reduce((n, r) => n + Number(r[step]), 0)), [1, 1, 1]);
	const held = JSON.parse((await report("health", "--format", "json")).stdout).find((r) => r.name === "last_webhook_age_s");

	assert.match(held.since, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
});

test("days and sites are those that were asked for", async () => {
	const day = await s.one("SELECT (paid_at AT TIME ZONE time_zone)::date FROM pledged.payment, pledged.site WHERE site_id = 1");
	const next = await s.one(`SELECT '${day}'::date + 1`), before = await s.one(`SELECT '${day}'::date - 1`);
	const n = async (...words) => {
		const got = await report("income", "--format", "json", ...words);

		assert.equal(got.code, 0, got.stderr);
		return JSON.parse(got.stdout).length;
	};

	assert.equal(await n("--from", day, "--to", next), 1);
	assert.equal(await n("--from", before, "--to", day), 0);
	assert.equal(await n("--site", "demo"), 1);
	assert.equal(await n("--set", "site=demo", "--set", `from=${day}`), 1);
	const none = await report("income", "--from", before, "--to", day);

	assert.deepEqual([none.code, none.stdout.split("\n").at(-2)], [0, `0 rows, from ${before} up to and without ${day}`]);
});

test("what is asked wrongly is told, by its exit code too, and nothing else is printed", async () => {
	for (const [words, code, complaint] of [
		[["incom"], 2, /there is no report incom; `pledgectl report` tells/], [["../reports/income"], 2, /there is no report/],
		[["income", "--from", "2026-02-30"], 2, /--from 2026-02-30: is no day, written as/], [["income", "--to", "yesterday"], 2, /--to yesterday: is no day/],
		[["income", "--from", "2026-11-1"], 2, /is no day/], [["income", "--from", "2026-11-01'"], 2, /is no day/],
		[["income", "--from", "2026-11-02", "--to", "2026-11-01"], 2, /from 2026-11-02 is not before to 2026-11-01/],
		[["income", "--from", "2026-11-01", "--to", "2026-11-01"], 2, /is not before/], [["income", "--from", "2099-01-01"], 2, /from 2099-01-01 is not before/],
		[["income", "--site", "nowhere"], 2, /there is no site nowhere; there is demo\n/], [["income", "--site", "' OR true"], 2, /there is no site/],
		[["health", "--from", "2026-11-01"], 2, /health takes no from: it shows this moment/], [["pending", "--from", "2026-11-01"], 2, /pending takes no from$/m], [["income", "--set", "cap=1"], 2, /income takes no cap/],
		[["income", "--set", "cap"], 2, /is not NAME=VALUE/], [["income", "--format", "xml"], 2, /none of table, csv, json/],
		[["funnel", "--set", "by=hour"], 2, /^pledgectl: by is one of day, section, country, device, campaign, not "hour"\n$/], [["stages", "--set", "start=13"], 2, /start is one of 1, 2/],
		[["claims", "--set", "by=donor"], 2, /claims are divided by all, month/], [["income_by", "--set", "by=band", "--set", "edges=50,10"], 2, /each larger than the one before/],
		[["income_by", "--set", "edges=5,x"], 2, /edges is a number from 0 on, not "x"/], [["value", "--set", "cap=-5"], 2, /cap is a number from 0 on, not "-5"/], [["articles", "--set", "most=0"], 2, /most is a number from 1 on/],
		[["silence", "--set", "hours=soon"], 2, /hours is a number from 0 on/], [["settlement", "--set", "open=2"], 2, /open is one of 0, 1/], [["approvals", "--set", "tries=x"], 2, /tries is a number/],
		[["income", "funnel"], 2, /usage: /], [["income", "--html", "x.html"], 2, /usage: /], [["--frob"], 2, /usage: /],
		[["--html", "x.json"], 2, /does not end in \.html/], [["income", "--dir", "/nowhere"], 1, /\/nowhere\/reports: No such file/]]) {
		const got = await report(...words);

		assert.deepEqual([got.code, got.stdout], [code, ""], `${words}: ${got.stderr}`);
		assert.match(got.stderr, complaint);
	}
	await writeFile(join(dir, "away.ini"), `[database]\nconninfo=host=${dir} dbname=none\n`);
	const ctl = (...words) => run(join(s.env.BUILD, "pledgectl"), words).catch((e) => e);

	assert.equal((await ctl("-c", join(dir, "away.ini"), "report", "income", "--dir", join(root, "sql"))).code, 75);
	assert.equal((await ctl("-c", join(dir, "none.ini"), "report", "income", "--dir", join(root, "sql"))).code, 78);
});

// --- scripts of others ---------------------------------------------------------------------------

test("what strangers wrote is no formula, no command to a terminal, and breaks no line", async () => {
	const texts = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-5.00", "+5", "a,b", 'say "x"', "two\nlines", "\\.", "\u001b[31mred", "\u202eabc", "'=1+1", "Ж,я"];
	const to = await own({ "50_evil.sql": `-- Evil: texts.\nSELECT n, t AS text FROM unnest(ARRAY[${texts.map((t) => `E'${t.replaceAll("\\", "\\\\").replaceAll("'", "''")
		.replaceAll("\n", "\\n").replaceAll("\t", "\\t").replaceAll("\r", "\\r")}'`).join(", ")}]) WITH ORDINALITY x (t, n) ORDER BY n;\n` });
	const csv = cells((await report("evil", "--dir", to, "--format", "csv")).stdout);

	assert.deepEqual(csv.slice(1).map(([, t]) => t), texts.map((t) => (/^[=+@\p{Cc}-]/u.test(t) && !/^[+-][\d.]+$/.test(t) ? `'${t}` : t)));
	assert.deepEqual(JSON.parse((await report("evil", "--dir", to, "--format", "json")).stdout).map((r) => r.text), texts);
	const table = (await report("evil", "--dir", to)).stdout;

	assert.equal(table.trimEnd().split("\n").length, texts.length + 3);
	assert.doesNotMatch(table, /[\u0000-\u0009\u000b-\u001f\u202e]/);
	assert.match(table, /\.\[31mred/);
});

test("a script reads and never writes, and one that is wrong is told by its line", async () => {
	const to = await own({ "50_writes.sql": "-- Writes: tries.\nDELETE FROM pledged.pay_switch RETURNING 1 AS n;\n", "51_shell.sql": "-- Shell: tries.\n\\! touch /tmp/x\nSELECT 1;\n",
		"52_open.sql": "-- Open: has no end.\n\nSELECT 'x;\n", "53_unset.sql": "-- Unset: asks.\nSELECT :'nothing';\n", "54_nothing.sql": "-- Nothing.\n",
		"55_columns.sql": "-- Columns: none.\nSELECT no_such_column;\n", "notes.txt": "no script", "56_BAD-name.sql": "no script" });

	assert.deepEqual((await report("--dir", to)).stdout.split("\n").map((l) => l.split(" ")[0]), ["writes", "shell", "open", "unset", "nothing", "columns", ""]);
	for (const [name, complaint] of [["writes", /read-only transaction/], ["shell", /report shell: line 2: a report cannot use \\/], ["open", /line 3: a text or a comment has no end/],
		["unset", /line 2: a variable is not set: nothing/], ["nothing", /asks for nothing/], ["columns", /no_such_column/]]) {
		const got = await report(name, "--dir", to);

		assert.equal(got.stdout, "", name);
		assert.notEqual(got.code, 0, name);
		assert.match(got.stderr, complaint, name);
	}
});

// --- the page ------------------------------------------------------------------------------------

const sections = (html) => [...html.matchAll(/<section id="(\w+)">/g)].map((m) => m[1]);

test("the page has every report, also when one fails, and the old one stays when it cannot be made", async () => {
	const out = join(dir, "all.html");
	const got = await report("--html", out);

	assert.deepEqual([got.code, got.stdout], [0, `${out}: ${scripts.length} reports\n`], got.stderr);
	assert.equal(statSync(out).mode & 0o777, 0o640);
	const html = readFileSync(out, "utf8");

	assert.deepEqual(sections(html).sort(), scripts.map(name_of).sort());
	assert.match(html, /<figure data-report="income">[\s\S]*data-v="5\.00"/);
	assert.doesNotMatch(html, /<script|<link|<img|url\(|@import/);
	assert.ok(html.endsWith("</html>\n"));
	const mixed = await own({ "50_fine.sql": "-- Fine: one.\nSELECT '<b>' AS a;\n", "51_bad.sql": "-- Bad: none.\nSELECT nothing;\n" });
	const half = await report("--html", out, "--dir", mixed);

	assert.deepEqual([half.code, half.stdout], [1, `${out}: 1 reports\n`]);
	assert.match(half.stderr, /report bad: 42703/);
	const mixed_html = readFileSync(out, "utf8");

	assert.deepEqual(sections(mixed_html), ["fine", "bad"]);
	assert.match(mixed_html, /<td>&lt;b&gt;<\/td>/);
	assert.match(mixed_html, /This report could not be made: report bad: 42703/);
	assert.equal((await report("--html", out, "--from", "2099-01-01")).code, 2);
	const nowhere = await report("--html", join(dir, "nowhere/x.html"));

	assert.deepEqual([nowhere.code, nowhere.stderr], [1, `pledgectl: ${join(dir, "nowhere/x.html")}: No such file or directory\n`]);
	assert.equal(readFileSync(out, "utf8"), mixed_html);
	assert.deepEqual(readdirSync(dir).filter((f) => f.endsWith(".new")), []);
});

// login: the words of a request by who may see editors' pages.
const login = (password) => ({ headers: { authorization: `Basic ${Buffer.from(password).toString("base64")}` } });
const ops_password = () => readFileSync(join(s.dir, "secrets/ops.password"), "utf8").trim();

test("the clerks keep the page fresh, and nginx shows it to who has the password", async () => {
	const password = ops_password();
	const page = async () => (await s.request("/ops/", login(password))).text;

	await until("the gift is on the page", async () => /data-report="income"[\s\S]*data-v="5\.00"/.test(await page()), 60);
	assert.deepEqual(sections(await page()).sort(), scripts.map(name_of).sort());
	for (const path of ["/ops/", "/ops/index.html", "/preview/"]) {
		assert.equal((await s.request(path)).status, 401, path);
		assert.equal((await s.request(path, login("editor:wrong"))).status, 401, path);
		assert.equal((await s.request(path, login(`${password}x`))).status, 401, path);
		const answer = await s.request(path, login(password));

		assert.equal(answer.status, 200, path);
		assert.match(answer.headers["content-security-policy"], /^default-src 'none'; style-src 'unsafe-inline';/);
		assert.equal(answer.headers["cache-control"], "private, no-store");
	}
	assert.match((await s.request("/preview/", login(password))).text, /<title>Preview of campaigns<\/title>/);
	const made = () => statSync(join(s.dir, "ops/index.html")).mtimeMs;
	const first = made();

	await until("the page is made anew", () => made() > first, 60);
});

test("a clerk that is killed while it makes the page leaves the old one, and the next one goes on", async () => {
	await writeFile(join(s.dir, "ops", "index.html.1.new"), "half");
	await s.role("clerk", "kill");
	const before = readFileSync(join(s.dir, "ops/index.html"), "utf8");

	assert.ok(before.endsWith("</html>\n"));
	await s.role("clerk", "start");
	await until("the half is gone and the page is new", () => !existsSync(join(s.dir, "ops/index.html.1.new")) &&
		readFileSync(join(s.dir, "ops/index.html"), "utf8") !== before, 60);
	assert.ok(readFileSync(join(s.dir, "ops/index.html"), "utf8").endsWith("</html>\n"));
	await s.invariants();
	await books_agree(s);
});
