// The goal: the demo looks and works like a newspaper: front pages, sections, long and short articles, feeds,
// no link that leads nowhere; the meter and its wall can be met; and on the page of rules a visitor plays with
// the real engine, with and without scripts. Screenshots lie in build/site.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { client } from "../walk/lib/http.mjs";
import { root, stack } from "../walk/lib/stack.mjs";
import { axe, open_browser } from "./stage.mjs";

const s = await stack({ name: "site", views: 2, moneys: 1, set: { "view.deadline_ms": 3000, "view.explain": "on" } });
const browser = await open_browser();
const pictures = join(root, "build/site");
const articles = ["en", "ru"].flatMap((locale) => readdirSync(join(root, "deploy/site", locale), { withFileTypes: true })
	.filter((e) => e.isDirectory() && !["contribute", "thanks"].includes(e.name)).flatMap((e) => readdirSync(join(root, "deploy/site", locale, e.name))
		.map((file) => `/${locale}/${e.name}/${file.slice(0, -5)}`)));
const LONG = "/en/news/book-of-ice";
const SHORT = "/ru/news/kolokol-vernulsya";

mkdirSync(pictures, { recursive: true });
after(() => browser.close());

// visit: a page of a reader of its own, and what its console complained of.
async function visit(path, { width = 1280, ...options } = {}) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, ...options });
	const page = await context.newPage();
	const said = [];

	page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
	page.on("pageerror", (error) => said.push(String(error)));
	await page.goto(s.url + path);
	return { context, page, said, go: (next) => page.goto(s.url + next) };
}

const PAGES = { front: "/", "front-ru": "/ru/", news: "/news/", culture: "/culture/", "news-ru": "/ru/news/", "culture-ru": "/ru/culture/",
	long: LONG, short: SHORT, live: "/live/ice-watch", contribute: "/contribute/", play: "/play/", nothing: "/nothing" };

for (const [name, path] of Object.entries(PAGES)) {
	test(`${path} is whole, narrow and dark too, and axe finds nothing`, async () => {
		for (const [look, options] of Object.entries({ wide: {}, narrow: { width: 320, colorScheme: "dark" } })) {
			const { context, page, said } = await visit(path, options);

			assert.deepEqual(await axe(page), [], look);
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${look}: nothing stands out at the side`);
			assert.equal(await page.locator("h1").count(), 1);
			assert.deepEqual(said.filter((line) => !(name === "nothing" && /404/.test(line)) && !/\/goal/.test(line)), []);
			await page.screenshot({ path: join(pictures, `${name}-${look}.png`), fullPage: true });
			await context.close();
		}
	});
}

test("no link of the newspaper leads nowhere", async () => {
	const seen = new Set(["/"]);

	for (const path of seen) {
		const answer = await client(s.url).get(path);

		assert.equal(answer.status, 200, path);
		for (const [, href] of answer.text.matchAll(/<(?:a|link|script|img)\b[^>]*? (?:href|src)="(\/[^"#?]*)/g))
			seen.add(href);
	}
	for (const url of articles)
		assert.ok(seen.has(url), `${url} can be found`);
});

test("there is a long read, and there are short news", async () => {
	const { context, page, go } = await visit(LONG);
	const words = async () => (await page.locator(".story-text").innerText()).split(/\s+/).length;

	assert.ok(await words() > 1500);
	await go(SHORT);
	assert.ok(await words() < 150);
	await context.close();
});

test("the feeds are valid Atom and list each article of their language", async () => {
	const page = await browser.newPage();

	for (const [path, locale] of [["/feed.xml", "en"], ["/ru/feed.xml", "ru"]]) {
		const { text, headers } = await client(s.url).get(path);
		const feed = await page.evaluate((xml) => {
			const doc = new DOMParser().parseFromString(xml, "application/xml");
			const of = (node, name) => [...node.children].filter((child) => child.localName === name && child.namespaceURI === "http://www.w3.org/2005/Atom");
			const one = (node, name) => (of(node, name).length === 1 ? of(node, name)[0].textContent.trim() : `${of(node, name).length} ${name}`);
			const entry = (node) => ({ id: one(node, "id"), title: one(node, "title"), updated: one(node, "updated"), summary: one(node, "summary"),
				author: of(node, "author")[0]?.firstElementChild.textContent, href: of(node, "link").find((link) => link.getAttribute("type") === "text/html")?.getAttribute("href") });

			return { root: doc.documentElement.localName, id: one(doc.documentElement, "id"), title: one(doc.documentElement, "title"),
				updated: one(doc.documentElement, "updated"), self: of(doc.documentElement, "link").find((link) => link.getAttribute("rel") === "self")?.getAttribute("href"),
				entries: of(doc.documentElement, "entry").map(entry) };
		}, text);

		assert.match(headers["content-type"], /^application\/atom\+xml/);
		assert.deepEqual([feed.root, feed.self], ["feed", path]);
		assert.deepEqual(feed.entries.map((e) => e.href).sort(), articles.filter((url) => url.startsWith(`/${locale}/`)).sort());
		assert.equal(new Set(feed.entries.map((e) => e.id)).size, feed.entries.length);
		for (const e of [feed, ...feed.entries]) {
			assert.match(e.id, /^tag:halvik-courier\.example,\d{4}-\d\d-\d\d:\/\S*$/);
			assert.match(e.updated, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
			assert.ok(e.title.length > 0);
		}
		for (const e of feed.entries)
			assert.ok(e.author && e.summary.length > 20 && e.updated <= feed.updated, e.href);
	}
	await page.close();
});

test("a reader is told what is left of the meter, and the list on the page of rules leads to the wall", async () => {
	const { context, page, go } = await visit("/play/");
	const list = await page.locator(".play-more ol a").evaluateAll((links) => links.map((a) => a.getAttribute("href")));
	const told = [];

	assert.equal(list.length, 6);
	for (const path of list) {
		await go(path);
		told.push(await page.locator(".meter-left").allInnerTexts());
	}
	assert.deepEqual(told.map((lines) => lines.map((line) => line.replace(/ Why we count$/, ""))), [["4 free articles are left this month."],
		["3 free articles are left this month."], ["2 free articles are left this month."], ["One free article is left this month."],
		["That was your last free article of this month."], []]);
	assert.equal(await page.locator(".story-text").count(), 0);
	await page.locator("pledged-prompt .pledged-wall, pledged-prompt.pledged-wall, .pledged-wall").first().waitFor();
	assert.deepEqual(await axe(page), []);
	await page.screenshot({ path: join(pictures, "wall.png"), fullPage: true });
	await context.close();
});

const verdict = (page) => page.locator("#answer .explain-act strong").innerText();

test("on the page of rules each change asks the engine again; address and form tell the same reader", async () => {
	const { context, page, said } = await visit("/play/");
	const becomes = (words) => page.locator("#answer .explain-act strong", { hasText: words }).waitFor();

	assert.match(await verdict(page), /opens with an appeal/);
	await page.getByLabel("Articles read this month before").fill("5");
	await becomes("A wall");
	assert.match(await page.locator("[role=status]").innerText(), /A wall[\s\S]*meter_wall/);
	await page.getByLabel("Has given").selectOption("once@20d");
	await becomes("nothing is asked");
	assert.equal(await page.locator("#answer .explain-why code").innerText(), "supporter");
	await page.getByLabel("Has given").selectOption("");
	await page.getByLabel("Section", { exact: true }).selectOption("live");
	await becomes("with an appeal");
	await page.getByLabel("Said to the last appeal").selectOption("never:support@30d");
	await page.getByLabel("Country").selectOption("EE");
	await page.locator("#answer dd", { hasText: "country EE" }).waitFor();
	assert.equal(await page.locator("#answer .explain-why code").innerText(), "never");
	await page.reload();
	assert.equal(await page.locator("#answer .explain-why code").innerText(), "never");
	assert.deepEqual(await page.evaluate(() => Object.fromEntries(new FormData(document.querySelector("form")))), { article: "/en/news/an-article-of-today",
		section: "live", locale: "en", tags: "", articles: "5", country: "EE", device: "desktop", gift: "", mark: "never:support@30d", consent: "full", referrer: "", at: "" });
	assert.deepEqual(await axe(page), []);
	assert.deepEqual(said, []);
	await context.close();
});

test("without scripts the button does it, and what is not a day is told", async () => {
	const { context, page, go } = await visit("/play/", { javaScriptEnabled: false });

	await page.getByLabel("Lets us remember").selectOption("none");
	await page.getByRole("button", { name: "Ask the rules" }).click();
	await page.waitForURL(/\/play\/\?.*consent=none/);
	assert.match(await verdict(page), /nothing is asked/);
	assert.equal(await page.getByLabel("Lets us remember").inputValue(), "none");
	await go("/play/?article=/x&at=someday");
	assert.match(await page.locator("#answer").innerText(), /at someday: is not a time/);
	await context.close();
	assert.equal(await s.count("SELECT count(*) FROM pledged.prompt_event WHERE article LIKE '%an-article-of-today'"), 0);
});

test("where the engine may not answer, or is away, the page stands and says so", async () => {
	await s.role("view", "stop");
	const { context, page } = await visit("/play/");

	assert.match(await page.locator("#answer").innerText(), /The rules do not answer just now/);
	await context.close();
	await s.role("view", "start");
	await s.ready();
});

test("invariants", () => s.invariants());
