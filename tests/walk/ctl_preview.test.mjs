// The goal: an editor sees everything that a campaign can show on one page, before and after it is published, and
// nothing that stands in a campaign becomes anything but text there.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { appeal, ask, control, decide_stack, policy, publish, text, variant, wall } from "./lib/decide.mjs";
import { books_agree, reaches } from "./lib/money.mjs";
import { known } from "./lib/reader.mjs";
import { build, root } from "./lib/stack.mjs";

const FORMATS = ["appeal", "line", "bar", "inline", "modal"];
const EVIL = "</style></p><script>document.title='caught'</script>\"><img src=x onerror=alert(1)>' & <!-- ]]>";
const dir = await mkdtemp(join(tmpdir(), "pledged-preview-"));
const css = join(dir, "small.css");
let made = 0;

after(() => rm(dir, { recursive: true, force: true }));
await chmod(dir, 0o755);
await writeFile(css, ".pledged { color: inherit }\n");

function ctl(...words) {
	const p = spawn(resolve(root, build, "pledgectl"), words, { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
	const got = { stdout: "", stderr: "" };

	p.stdout.on("data", (d) => { got.stdout += d; });
	p.stderr.on("data", (d) => { got.stderr += d; });
	return new Promise((done) => {
		p.on("close", (code) => done({ code, ...got }));
	});
}

// files: campaigns as files of a folder, named by their campaign.
async function files(...docs) {
	const to = await mkdtemp(join(dir, "c"));

	for (const doc of docs)
		await writeFile(join(to, `${doc.campaign ?? `bad-${made++}`}.json`), typeof doc === "string" ? doc : JSON.stringify(doc));
	return to;
}

// page_of: the page of these campaigns, taken apart.
async function page_of(docs, ...words) {
	const got = await ctl("preview", "--html", "-", "--css", css, ...words, await files(...docs));

	assert.equal(got.code, 0, got.stderr);
	return read(got.stdout);
}

const all = (html, pattern) => [...html.matchAll(pattern)].map((m) => m[1]);

function read(html) {
	const ids = all(html, / id="([^"]*)"/g);

	assert.equal(new Set(ids).size, ids.length, "no id is there twice");
	for (const to of [...all(html, / href="#([^"]*)"/g), ...all(html, / for="([^"]*)"/g), ...all(html, / aria-labelledby="([^"]*)"/g)])
		assert.ok(ids.includes(to), `${to} leads somewhere`);
	return { html, figures: all(html, /<figure id="([^"]*)"/g), own: all(html, /<figure id="([^"]*)" class="own"/g),
		tags: new Set(all(html.replace(/<style>[\s\S]*?<\/style>/g, ""), /<\/?([^\s>]+)/g)) };
}

const both = (name) => ({ ...text(name), ru: text(`${name} по-русски`).en });
const speech = (name, share, more) => ({ variant: name, share, text: { ...both(name), ...more } });

// --- what is there -------------------------------------------------------------------------------

test("every variant in every language and format is there exactly once, its own format first", async () => {
	const page = await page_of([
		appeal("bars", { format: "bar", variants: [speech("a", 40), speech("b", 40), control("none", 20)] }),
		wall("gate", 3, { variants: [speech("a", 100)] }), policy()]);
	const want = ["bar", ...FORMATS.filter((f) => f !== "bar")];

	assert.deepEqual(page.figures, [...["a", "b"].flatMap((v) => ["en", "ru"].flatMap((l) => want.map((f) => `demo.bars.${v}.${l}.${f}`))),
		"demo.gate.a.en.wall", "demo.gate.a.ru.wall"]);
	assert.deepEqual(page.own, page.figures.filter((f) => /bars.*\.bar$|wall$/.test(f)));
	// Each picture shows the prompt twice, wide and on a phone, and it is in the format of the picture.
	for (const [id, inside] of [...page.html.matchAll(/<figure id="([^"]*)"([\s\S]*?)<\/figure>/g)].map((m) => [m[1], m[2]])) {
		const [, , v, locale, format] = id.split(".");

		assert.deepEqual(all(inside, / data-format="(\w+)"/g), [format, format], id);
		assert.deepEqual(all(inside, / data-variant="(\w+)"/g), [v, v], id);
		assert.deepEqual(all(inside, /<h2 [^>]*>([^<]*)/g), Array(2).fill(locale === "ru" ? `${v} по-русски` : v), id);
	}
	assert.match(page.html, /<h3 id="demo\.bars\.none">[\s\S]{0,90}<p class="nothing">Nothing is shown/);
	assert.match(page.html, /<a href="#demo\.bars\.none">nothing is shown</);
	assert.doesNotMatch(page.html, /demo\.policy/);
});

test("values are filled in, the policy names the country, and what was made up is told", async () => {
	const doc = appeal("goal", { goal: { amount: "1000", currency: "EUR" }, start: "2026-03-01T00:00:00Z", end: "2026-03-31T00:00:00Z",
		target: { country: { in: ["EE"] } }, variants: [{ variant: "a", share: 100, text: { ...text("{articles|article|articles} from {country}",
			{ body: "{raised} of {goal}, {percent} %, {supporters|gift|gifts}, {days_left|day|days}" }) } }] });
	const page = await page_of([doc, policy({ countries: { EE: { en: "Estonia" } } })]);

	assert.match(page.html, />4\u00a0articles from Estonia<\/h2>/);
	assert.match(page.html, />€620 of €1000, 62 %, 1234\u00a0gifts, 9\u00a0days<\/p>/);
	assert.match(page.html, /made up: articles 4, country Estonia, days left 9, raised €620 of €1000, supporters 1234</);
	assert.equal(page.html.match(/class="pledged-goal"/g).length, 10);
	const other = await page_of([doc], "--country", "LV", "--articles", "1");

	assert.match(other.html, />1\u00a0article from LV<\/h2>/);
});

test("a text that is too long for its place, and a language that is missing, are told", async () => {
	const page = await page_of([
		appeal("long", { variants: [speech("a", 100, { en: text("x".repeat(71), { button: "y".repeat(30) }).en })] }),
		appeal("short", { fallback: "en", variants: [{ variant: "a", share: 100, text: { en: text("e").en, ar: text("a").en } }] })]);

	assert.match(page.html, /<td>71 <strong class="warn">too long: its place is meant for 70, three lines of a phone</);
	assert.equal(page.html.match(/too long: /g).length, 1);
	assert.match(page.html, /<a href="#demo\.long">long<\/a>[^\n]*<span class="warn">1 text is too long<\/span>/);
	assert.match(page.html, /ar is missing, its readers get en<[\s\S]*everybody else gets en</);
	assert.match(page.html, /ru is missing, its readers get en</);
	assert.match(page.html, /Our own words in the form are in en: we have none in ar/);
	assert.match(page.html, /<pledged-prompt class="pledged" lang="ar" dir="rtl"/);
});

test("whatever stands in a campaign is text", async () => {
	const plain = await page_of([appeal("evil", { variants: [speech("a", 100, { en: text("x".repeat(71)).en })] })]);
	const page = await page_of([appeal("evil", { target: { tag: { in: ["<b>"] } }, variants: [{ variant: "a", share: 100,
		text: { ...both("a"), en: { topline: EVIL, title: EVIL, body: `${EVIL}\n\n${EVIL}`, button: EVIL.slice(0, 60), later: EVIL.slice(0, 60) } } }] }),
	policy({ countries: { "*": { en: "<script>" } } })]);

	assert.deepEqual([...page.tags].sort(), [...plain.tags].sort());
	for (const word of ["<script", "<img", "onerror=alert(1)>", "</style></p>", "title='caught'"])
		assert.ok(!page.html.includes(word), word);
	assert.equal(page.html.split("</style>").length, plain.html.split("</style>").length);
	assert.match(page.html, /&lt;script&gt;document\.title=&#39;caught&#39;/);
	assert.match(page.html, /content="default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'"/);
});

test("the demo's campaigns fit their places", async () => {
	const got = await ctl("preview", "--html", join(dir, "demo.html"), "--css", css, join(root, "conf/campaigns"));

	assert.equal(got.code, 0, got.stderr);
	assert.equal(got.stdout, `${join(dir, "demo.html")}: 3 campaigns, 0 texts too long for their places\n`);
	assert.ok(readFileSync(join(dir, "demo.html"), "utf8").endsWith("</html>\n"));
});

// --- what goes wrong -----------------------------------------------------------------------------

test("files with faults are told as `campaign check` tells them, and the old page stays", async () => {
	const out = join(dir, "old.html");
	const bad = await files(appeal("fine"), appeal("bad", { priority: 5000, variants: [{ ...variant("a", 90), text: text("{nothing}") }] }), "{");

	await writeFile(out, "old");
	const want = await ctl("campaign", "check", bad);
	const got = await ctl("preview", "--html", out, "--css", css, bad);

	assert.equal(got.code, 1);
	assert.equal(got.stderr, want.stderr);
	assert.match(got.stderr, /bad\.json: variants\[0\]\.text\.en\.title: \{nothing\} is not a value/);
	assert.equal(readFileSync(out, "utf8"), "old");
	assert.ok(!existsSync(`${out}.new`));
	const gone = await ctl("preview", "--html", out, "--css", css, join(bad, "none.json"));

	assert.equal(gone.code, 1);
	assert.match(gone.stderr, /none\.json: No such file/);
});

test("words that cannot be meant are refused, a campaign's file is not written over", async () => {
	const here = await files(appeal("fine"));
	const file = join(here, "fine.json");

	for (const words of [[], [file], ["x.html", "--articles", "0"], ["x.html", "--country", "EST"], ["x.html", "--country", "<>"], ["x.html", "--nothing"],
		["x.html", "--css", css, "--link", "/x.css"]]) {
		const got = await ctl("preview", "--html", ...words);

		assert.equal(got.code, 2, words.join(" "));
		assert.match(got.stderr, /usage: pledgectl .*preview --html OUT \[FILE\|DIR \.\.\.\]/);
	}
	assert.equal(JSON.parse(readFileSync(file, "utf8")).campaign, "fine");
	assert.deepEqual(readdirSync(here), ["fine.json"]);
});

test("a place that cannot be written, a stylesheet that is none, no database", async () => {
	const here = await files(appeal("fine"));
	const spoiled = join(dir, "spoiled.css");

	await writeFile(spoiled, "a{}</style><script>alert(1)</script>");
	for (const [words, code, complaint] of [
		[[join(dir, "nowhere/x.html"), "--css", css, here], 1, /nowhere\/x\.html: No such file/],
		[["x.html", "--css", join(dir, "none.css"), here], 1, /none\.css: No such file/],
		[["x.html", "--css", spoiled, here], 1, /spoiled\.css: is no stylesheet/],
		[["x.html", "--css", dir, here], 1, /Is a directory/]]) {
		const got = await ctl("preview", "--html", ...words);

		assert.equal(got.code, code, got.stderr);
		assert.match(got.stderr, complaint);
	}
	await writeFile(join(dir, "away.ini"), `[database]\nconninfo=host=${dir} dbname=none\n`);
	assert.equal((await ctl("-c", join(dir, "away.ini"), "preview", "--html", "-", "--css", css)).code, 75);
	assert.equal((await ctl("-c", join(dir, "none.ini"), "preview", "--html", "-", "--css", css)).code, 78);
});

test("the stylesheet stands in the page, or the page names where it lies", async () => {
	const page = await page_of([appeal("fine")]);

	assert.ok(page.html.includes(readFileSync(css, "utf8")));
	const got = await ctl("preview", "--html", "-", "--link", "/a\"b.css", await files(appeal("fine")));

	assert.match(got.stdout, /<link rel="stylesheet" href="\/a&quot;b\.css">/);
	assert.ok(!got.stdout.includes(readFileSync(css, "utf8")));
	assert.match(got.stdout, /style-src 'unsafe-inline' \* file:;/);
});

// --- what is published ---------------------------------------------------------------------------

test("published campaigns are shown by what the ledger holds; paused, over and coming ones too", async () => {
	const s = await decide_stack({ name: "ctl-preview", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });
	const words = { variants: [{ variant: "a", share: 100, text: text("{raised} of {goal}, {supporters|gift|gifts}") }] };
	const goal = { amount: "1000", currency: "EUR" };

	await publish(s, appeal("drive", { goal, ...words }), appeal("rests", { goal, ...words }), appeal("over", { end: "2026-02-01T00:00:00Z" }),
		appeal("later", { start: "2096-01-01T00:00:00Z" }), policy({ countries: { DE: { en: "Germany" } } }));
	const { who } = await known(s);

	await ask(who, "decide", "nowhere", "n1");
	const { token, prompt } = await ask(who, "decide", "drive", "n2");
	const answer = await who.pledge({ token, amount: "5.00", currency: prompt.currency, interval: "once" });

	assert.equal(answer.status, 201, answer.text);
	await s.provider.pay(answer.json().url);
	await reaches(s, answer.json().pledge, "paid");
	assert.equal((await s.ctl("campaign", "pause", "rests")).code, 0);
	const net = await s.one("SELECT net FROM pledged.view_goals() JOIN pledged.campaign USING (campaign_id) WHERE slug = 'drive'");
	const got = await s.ctl("preview", "--html", "-", "--css", css);

	assert.equal(got.code, 0, got.stderr);
	const { html, figures } = read(got.stdout);
	const cents = `${Math.floor(net / 100)}${net % 100 ? `.${String(net % 100).padStart(2, "0")}` : ""}`;

	assert.ok(Number(net) > 0);
	assert.ok(html.includes(`>€${cents} of €1000, 1\u00a0gift</h2>`), cents);
	assert.ok(html.includes(`from the ledger: raised €${cents} of €1000, supporters 1<`));
	for (const [name, state] of [["drive", "runs"], ["rests", "paused"], ["over", "over"], ["later", "not begun"]]) {
		assert.match(html, new RegExp(`<a href="#demo\\.${name}">${name}</a> <span class="quiet">${state}<`));
		assert.equal(figures.filter((f) => f.startsWith(`demo.${name}.`)).length, FORMATS.length, name);
	}
	assert.match(html, /made up: articles 4, country Germany, raised €620/);
	await s.invariants();
	await books_agree(s);
});
