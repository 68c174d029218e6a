// The goal: without scripts, by keyboard alone and with a screen reader, a reader of the demo's paper finds and uses every way
// out of a prompt, asks for a reminder, and gives; axe finds nothing in any of the plain forms. And the widget's files may be
// kept for as long as their names say.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { axe, open_browser } from "./stage.mjs";

const STORIES = { en: ["/en/news/night-ferry", "/en/news/silent-gauge", "/en/news/one-bus-four-villages", "/en/news/cold-pool"],
	ru: ["/ru/news/kolokol-vernulsya", "/ru/news/myagkaya-voda", "/ru/news/pochta-na-myse", "/ru/news/most-na-chetyre-nochi"] };
const s = await stack({ name: "plain", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });
const browser = await open_browser();

after(() => browser.close());

async function reader(options = {}) {
	const context = await browser.newContext({ javaScriptEnabled: false, ...options });
	const page = await context.newPage();

	return { context, page, go: (path) => page.goto(s.url + path) };
}

// asked: on the second article, with its appeal; a page that had to open for the load is followed by another.
async function asked(options, lang = "en") {
	const r = await reader(options);

	await r.page.route(/\.js$/, (route) => route.abort());
	for (const story of STORIES[lang]) {
		await r.go(story);
		if (await r.page.locator("pledged-prompt section").count() === 1)
			return r;
	}
	return assert.fail("nobody asks");
}

// tab_to: by the Tab key to what has this role and name; gives what was met on the way inside the prompt.
async function tab_to(page, name) {
	const met = [];

	for (let i = 0; i < 150; i++) {
		await page.keyboard.press("Tab");
		const at = await page.evaluate(() => {
			const n = document.activeElement;
			const label = (n.labels?.[0] ?? n).textContent.trim().replace(/\s+/g, " ");
			const mark = n.type === "radio" || n.type === "checkbox" ? n.parentElement : n;
			const box = mark.getBoundingClientRect();

			return { inline: n.localName === "a" && getComputedStyle(n).display === "inline", own: !!n.closest(".pledged, .pledged-page"), label, high: box.height, wide: box.width,
				seen: box.bottom > 0 && box.top < innerHeight, outline: getComputedStyle(n.type === "radio" ? n.nextElementSibling : n).outlineStyle };
		});

		if (at.own)
			met.push(at);
		if (at.own && at.label.startsWith(name))
			return met;
	}
	return assert.fail(`the Tab key does not lead to "${name}"`);
}

for (const [name, kind] of [["Remind me later", "later"], ["Not now", "closed"], ["I already support you", "already_gave"], ["Do not ask me again", "never"]])
	test(`by keyboard: "${name}" is reached, pressed, heeded, and the article is there without the prompt`, async () => {
		const { context, page } = await asked();
		const story = page.url();
		const met = await tab_to(page, name);

		for (const m of met) {
			assert.ok(m.seen, `${m.label} is in sight when it has the focus`);
			assert.equal(m.outline, "solid", `${m.label} shows its focus`);
			assert.ok(m.inline || (m.high >= 24 && m.wide >= 24), `${m.label} is large enough`);
		}
		await page.keyboard.press("Enter");
		await page.locator("pledged-prompt section").waitFor({ state: "detached" });
		assert.equal(page.url(), story);
		assert.ok(await page.locator("main article, main h1").count() > 0);
		await until("it is noted", async () => await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE kind = '${kind}'`) === 1);
		await context.close();
	});

test("by keyboard: a reminder is asked for, its form explains itself, and what is wrong is said", async () => {
	const { context, page } = await asked();

	await tab_to(page, "Remind me by e-mail");
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: "Shall we remind you?" }).waitFor();
	await tab_to(page, "When shall we write?");
	await page.keyboard.press("ArrowDown");
	await tab_to(page, "Your e-mail address");
	await page.keyboard.type("reader@mail.example");
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/remind\/noted\?/);
	assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE email = 'reader@mail.example' AND reader_id IS NOT NULL"), 1);
	await context.close();
});

test("by keyboard: another amount, and on to the provider", async () => {
	const { context, page } = await asked();

	await tab_to(page, "€10");
	for (let i = 0; i < 3; i++)
		await page.keyboard.press("ArrowRight");
	await tab_to(page, "Other amount, EUR");
	await page.keyboard.type("7.50");
	await page.keyboard.press("Enter");
	await page.waitForURL(/\/c\/pay\//);
	assert.equal(await s.one("SELECT amount FROM pledged.pledge"), "750");
	await page.goBack();
	await page.getByText("€25", { exact: true }).click();
	assert.ok(!await page.locator("[name=other_amount]").isVisible(), "what was typed is out of sight, and does not count");
	await page.locator(".pledged-give").click();
	await page.waitForURL(/\/c\/pay\//);
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge WHERE amount = 2500"), 1);
	await context.close();
});

test("a screen reader meets groups, names and states", async () => {
	const { context, page } = await asked();
	const prompt = page.locator("pledged-prompt");

	await prompt.getByRole("group", { name: "How often" }).getByRole("radio", { name: "Once", checked: true }).waitFor({ state: "attached" });
	await prompt.getByRole("group", { name: "Amount" }).getByRole("radio", { name: "€10", checked: true }).waitFor({ state: "attached" });
	await prompt.getByRole("region", { name: /./ }).first().waitFor();
	for (const name of [/^Remind me later \(in 3 days\)$/, /^Not now \(for 7 days\)$/, "I already support you", "Do not ask me again"])
		assert.equal(await prompt.getByRole("button", { name, exact: true }).count(), 1);
	assert.equal(await prompt.getByRole("link", { name: "Remind me by e-mail" }).count(), 1);
	await context.close();
});

test("axe finds nothing in the plain forms: light and dark, narrow and at four times the size, in both languages", async () => {
	for (const [lang, options] of [["en", { colorScheme: "light", viewport: { width: 1280, height: 900 } }], ["ru", { colorScheme: "dark", viewport: { width: 320, height: 640 } }]]) {
		const { context, page, go } = await asked({ ...options, bypassCSP: true, javaScriptEnabled: true }, lang);
		const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
		const look = async (what) => {
			assert.deepEqual(await axe(page), [], `${lang}: ${what}`);
			assert.ok(await fits(), `${lang}: ${what} is not wider than its window`);
			if (process.env.SHOTS)
				await page.screenshot({ path: `${process.env.SHOTS}/plain-${lang}-${what.replace(/\W+/g, "-")}.png`, fullPage: true });
		};

		await look("article");
		await page.locator(".pledged-ways a").click();
		await look("reminder");
		await go("/remind/noted?l=" + lang + "&n=5");
		await look("noted");
		await go(lang === "ru" ? "/ru/contribute/" : "/contribute/");
		await look("contribute");
		await page.locator("[name=amount][value=other]").press("Space");
		await page.locator("[name=other_amount]").fill("0.1");
		await page.locator(".pledged-give").click();
		await page.waitForURL(`${s.url}/pledge`);
		await look("refused");
		await go(`/manage?l=${lang}`);
		await look("manage");
		await context.close();
	}
});

test("the widget's files: the loader is asked for anew, what it fetches may be kept for ever, another name is nothing", async () => {
	const head = async (path) => {
		const { status, headers } = await s.request(path);

		return [status, headers["cache-control"]];
	};
	const loader = (await s.request("/pledged.js")).text;
	const mark = /\b([0-9a-f]{10})\b/.exec(loader)[1];

	assert.deepEqual(await head("/pledged.js"), [200, "public, max-age=60"]);
	assert.deepEqual(await head("/pledged.css"), [200, "public, max-age=60"]);
	for (const name of ["prompt", "pay", "remind", "goal", "thanks", "strings.en", "strings.ru"])
		assert.deepEqual(await head(`/${name}.${mark}.js`), [200, "public, max-age=31536000, immutable"], name);
	assert.equal((await head("/prompt.0123456789.js"))[0], 404);
	assert.doesNotMatch((await head("/prompt.0123456789.js"))[1] ?? "", /immutable/);
	assert.equal((await head("/prompt.js"))[0], 404);
});

test("invariants", () => s.invariants());
