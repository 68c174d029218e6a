// The goal: GET /explain, where it is on, answers of a made-up reader what pledgectl explain does, and leaves
// nothing behind; where it is off it is no address.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { parse } from "yaml";

import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const N = 200;
const s = await stack({ name: "explain", views: 2, moneys: 1, set: { "view.explain": "on" } });
const api = parse(readFileSync(join(root, "conf/openapi.yaml"), "utf8"));

const path_of = (question) => `/explain?${new URLSearchParams(question)}`;
const ask = async (question, headers) => s.request(path_of(question), { headers });

// The words of suppose.def, as the program has them.
const WORDS = [...readFileSync(join(root, "src/app/suppose.def"), "utf8").matchAll(/^X\("([^"]+)",\s*\w+,\s*(\w+),/gm)]
	.map(([, name, kind]) => ({ name, kind }));

// Everything that the service may have stored: the size of each of its tables. The clerk has work of its own and is stopped.
async function stored() {
	const tables = await s.sql(`SELECT relname FROM pg_class WHERE relnamespace = 'pledged'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition ORDER BY 1`);

	return s.sql(tables.map(([name]) => `SELECT '${name}', count(*) FROM pledged.${name}`).join(" UNION ALL "));
}

// --- random questions that are the same each time ------------------------------------------------

let seed = 20261126;

function random(n) {
	seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
	return Math.floor(seed / 65536) % n;
}

const one = (...list) => list[random(list.length)];
const DAY = 86400000;
const day = (offset) => new Date(Date.now() + offset * DAY).toISOString();

function question() {
	const q = { article: `/en/news/a${random(9)}`, section: one("news", "culture", "obituaries", "live", "") };
	const may = (name, ...values) => random(2) === 0 && (q[name] = one(...values));

	may("tags", "ferry", "emergency", "sea,ice", "a b, ,c");
	may("flags", "sensitive", "free", "live");
	may("published", "2026-11-20T08:00:00Z", "2026-11-20", "1795000000");
	may("words", "0", "300", "1000000");
	may("country", "EE", "US", "RU", "ZZ");
	may("device", "mobile", "desktop");
	may("locale", "en", "ru", "pt-BR");
	may("referrer", "www.google.com", "https://t.co/x", "127.0.0.1");
	may("source", "newsletter");
	may("consent", "none", "counting", "full");
	may("articles", "1", "2", "3", "4", "5", "6", "9", "250");
	may("since", "0", "1", "400");
	may("gift", "once@40d", "once@89d", "once@90d", "month@10d", "year@396d", "none");
	if (q.gift && random(2) === 0)
		Object.assign(q, { amount: "25.00", currency: "EUR" });
	may("mark", "closed:support@1d", "later:support@2h", "never:year-end@100d", "shown:support@1d,shown:support@2d,shown:year-end@3d", "already_gave:support@5d");
	may("signed-in", "1");
	if (random(5) === 0)
		q.uncounted = "1";
	q.at = one(day(0), day(-20), day(40).slice(0, 10), day(6), day(300), day(random(390)));
	return q;
}

const flags = new Set(WORDS.filter((w) => w.kind === "FLAG").map((w) => w.name));
const options = (q) => Object.entries(q).filter(([, value]) => value !== "").flatMap(([name, value]) => (flags.has(name) ? [`--${name}`]
	: name === "mark" ? value.split(",").flatMap((mark) => ["--mark", mark]) : [`--${name}`, value]));

test(`${N} random questions get the answers of pledgectl explain --json, and nothing is stored`, async () => {
	await s.role("clerk", "stop");
	const before = await stored();
	const met = new Map();

	for (let i = 0; i < N; i += 1) {
		const q = question();
		const [answer, told] = await Promise.all([ask(q), s.ctl("explain", "--json", ...options(q))]);

		assert.equal(told.code, 0, `${JSON.stringify(q)}: ${told.stderr}`);
		assert.equal(answer.status, 200, `${JSON.stringify(q)}: ${answer.text}`);
		assert.equal(answer.headers["set-cookie"], undefined);
		assert.match(answer.headers["cache-control"], /no-store/);
		assert.deepEqual(JSON.parse(answer.text), JSON.parse(told.stdout), JSON.stringify(q));
		met.set(JSON.parse(answer.text).reason, true);
	}
	for (const reason of ["campaign", "meter_wall", "meter_left", "supporter", "consent_none", "sensitive", "free_view", "not_counted"])
		assert.ok(met.has(reason), `these were met: ${[...met.keys()]}`);
	assert.deepEqual(await stored(), before);
});

test("its fields are the words of suppose.def, in conf/openapi.yaml too", () => {
	assert.deepEqual(api.paths["/explain"].get.parameters.map((p) => p.name), WORDS.map((w) => w.name));
});

test("what makes no sense is refused and named", async () => {
	const page = { article: "/x" };
	const rows = [
		[{}, "field_missing", "article"], [{ ...page, colour: "red" }, "unknown_field"], [{ ...page, site: "demo" }, "unknown_field"],
		[{ ...page, reader: "01000000-0000-0000-0000-000000000000" }, "unknown_field"],
		[{ article: `/${"x".repeat(200)}` }, "field_too_long", "article"], [{ ...page, articles: "many" }, "field_bad", "articles"],
		[{ ...page, articles: "251" }, "field_bad", "articles"], [{ ...page, articles: "-1" }, "field_bad", "articles"],
		[{ ...page, country: "ee" }, "field_bad", "country"], [{ ...page, country: "E\u00c9" }, "field_bad", "country"],
		[{ ...page, consent: "maybe" }, "field_bad", "consent"], [{ ...page, at: "noon" }, "field_bad", "at"], [{ ...page, at: "2026-13-01" }, "field_bad", "at"],
		[{ ...page, at: day(-40) }, "field_bad", "at"], [{ ...page, at: day(401) }, "field_bad", "at"], [{ ...page, at: "9999-12-31" }, "field_bad", "at"],
		[{ ...page, gift: "twice" }, "field_bad", "gift"], [{ ...page, gift: "once@5y" }, "field_bad", "gift"],
		[{ ...page, amount: "5.00" }, "field_bad", "amount"], [{ ...page, gift: "once", amount: "5.001", currency: "EUR" }, "field_bad", "amount"],
		[{ ...page, new: "yes" }, "field_bad", "new"], [{ ...page, new: "1", articles: "3" }, "field_bad", "new"],
		[{ ...page, "signed-in": "0" }, "field_bad", "signed-in"], [{ ...page, referrer: "ftp://x/y" }, "field_bad", "referrer"],
		[{ ...page, mark: "shown" }, "field_bad", "mark"], [{ ...page, mark: "shown:nobody@1d" }, "field_bad", "mark"],
		[{ ...page, mark: "seen:support@1d" }, "field_bad", "mark"], [{ ...page, mark: Array(33).fill("shown:support@1d").join() }, "field_bad", "mark"],
		[{ ...page, section: "a\nb" }, "field_bad", "section"], [{ ...page, section: "a\u202eb" }, "field_bad", "section"],
	];

	for (const [q, slug, field] of rows) {
		const answer = await ask(q);
		const problem = JSON.parse(answer.text);

		assert.equal(answer.status, 422, `${JSON.stringify(q)}: ${answer.text}`);
		assert.deepEqual([problem.type, problem.field], [`urn:pledged:problem:${slug}`, field], JSON.stringify(q));
	}
	for (const raw of ["article=%ff", "article=%zz", "article=/x&article=/y"])
		assert.ok([400, 422].includes((await s.request(`/explain?${raw}`)).status), raw);
	assert.equal((await s.request(path_of(page), { method: "POST", headers: { origin: s.url }, form: {} })).status, 405);
});

test("the fragment says it in words, and nothing of a question becomes markup", async () => {
	const evil = "<b onclick='x'>&amp;";
	const html = (q) => ask(q, { accept: "text/html,*/*;q=0.8" });
	const wall = await html({ article: "/x", section: "news", articles: "5" });

	assert.match(wall.headers["content-type"], /^text\/html/);
	assert.match(wall.text, /explain-wall[\s\S]*<code>meter_wall<\/code>[\s\S]*article 6 of its window; free: 5/);
	for (const name of ["article", "section", "tags", "source"]) {
		const { status, text } = await html({ article: "/x", [name]: evil });

		assert.equal(status, 200);
		assert.doesNotMatch(text, /<b|&amp;amp;amp/, name);
	}
	for (const q of [{ article: "/x", gift: evil }, { article: "/x", [evil]: "1" }, { article: "/x", mark: evil }]) {
		const { status, text } = await html(q);

		assert.equal(status, 422);
		assert.match(text, /^<p class="explain-problem">/);
		assert.doesNotMatch(text, /<b/);
	}
});

test("of a very long way as much is told as there is room for, and always its end", async () => {
	const support = JSON.parse(readFileSync(join(root, "conf/campaigns/support.json"), "utf8"));
	const dir = join(s.dir, "many");
	const q = { article: "/x", section: "news", articles: "3" };

	await mkdir(dir);
	for (let i = 0; i < 120; i += 1) // all spoke too often already
		await writeFile(join(dir, `many-${i}.json`), JSON.stringify({ ...support, campaign: `many-${i}`, priority: 880 - i, cap: { id: "many", views: 1, days: 30 } }));
	const { code, stderr } = await s.ctl("campaign", "apply", dir);

	assert.equal(code, 0, stderr);
	const mark = { mark: "shown:many-0@1d" };
	const long = await until("the workers have them", async () => {
		const answers = await Promise.all(Array.from({ length: 8 }, () => ask({ ...q, ...mark })));

		return answers.every((a) => a.status === 200) && JSON.parse(answers[0].text);
	});

	assert.deepEqual([long.act, long.reason, long.trace.at(-1).rule], ["prompt", "campaign", "campaign"]);
	assert.ok(long.steps > 1500 && long.trace.filter((step) => step.rule === "capped").length === 120, `${long.steps} steps`);
	const { status, text } = await ask({ ...q, ...mark }, { accept: "text/html" });

	assert.equal(status, 200);
	assert.match(text, /explain-prompt[\s\S]*<\/table>\n<p>Of \d+ steps this page has room for \d+\.<\/p>\n$/);
});

test("invariants", () => s.invariants());

test("off, as it is by default, there is nothing there, whatever is asked", async () => {
	const off = await stack({ name: "explain-off", views: 1, moneys: 1 });

	for (const path of [path_of({ article: "/x" }), "/explain", "/explain?zz=1"]) {
		const answer = await off.request(path);

		assert.deepEqual([answer.status, JSON.parse(answer.text).type], [404, "urn:pledged:problem:not_found"]);
		assert.equal((await off.request(path, { headers: { accept: "text/html" } })).status, 404);
	}
	assert.doesNotMatch(readFileSync(join(root, "conf/nginx/pledged-server.conf"), "utf8"), /explain/);
	await off.invariants();
});
