// The page moves: to its next article by script, back by the browser's button, or an element is made anew. What was
// asked does not stay behind, what was told is not told again, and a wall waits for nobody.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { json, open_browser, page_with } from "./stage.mjs";
import { asked, decision, heard, made, place, ready, rendered, scene, until } from "./lib_widget.mjs";

let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

// Back from the browser's cache: the page as it was left.
const back = (page) => page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));

test("a wall that is asked for by script comes where it is looked at, an appeal waits", async () => {
	for (const [format, comes] of [["wall", true], ["appeal", false]])
		await scene(browser, { "/": page_with(`${place()}<p>Text under it.</p>`, { long: false }), "/decide": () => json(decision(format)) }, async (page, site) => {
			await page.goto(site.url);
			await until(() => site.files.includes("prompt.js") && site.files.includes("strings.en.js"));
			if (comes)
				await ready(page);
			else
				await page.waitForTimeout(500);
			assert.equal(await page.locator(`.pledged-${format}`).count(), comes ? 1 : 0);
		});
});

test("pledged:thanks is told once a gift, also when the element is made anew or the page comes back", async () => {
	await scene(browser, { "/": page_with("<pledged-thanks></pledged-thanks>", { long: false, top: false }),
		"/pledge/tok": () => json({ ...made, status: "paid" }) }, async (page, site) => {
		await page.goto(`${site.url}/?p=tok`);
		await page.getByText("Your contribution of €10 has arrived.").waitFor();
		const looks = site.to("/pledge/tok").length;

		await page.evaluate(() => {
			const node = document.querySelector("pledged-thanks");

			node.replaceWith(document.createElement("pledged-thanks"));
		});
		await until(() => site.to("/pledge/tok").length > looks);
		await page.getByText("Your contribution of €10 has arrived.").waitFor();
		await back(page);
		assert.equal((await heard(page, "thanks")).length, 1);
	});
});

test("page(): an empty copy before one that the server filled: the next page's prompt comes, and once", async () => {
	const routes = { "/": page_with(`${place()}${await rendered("appeal")}`), "/decide": () => json(decision("appeal")) };

	await scene(browser, routes, async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		assert.equal(site.to("/decide").length, 0);
		await page.evaluate(() => window.pledged.page("/live/y", "news"));
		await ready(page);
		assert.match(site.to("/decide")[0].url, /a=%2Flive%2Fy&s=news/);
		assert.deepEqual(await page.locator("pledged-prompt").evaluateAll((l) => l.map((n) => n.hasAttribute("data-on"))), [true, false]);
		assert.equal(await page.locator("form.pledged-form").count(), 1);
		assert.equal(site.to("/decide").length, 1);
		assert.deepEqual(noise, []);
	});
});

test("page() before the script has taken over: what the server put there for the last page goes", async () => {
	const open = { act: "open", reason: "first_view", articles: 1 };
	let late;
	const held = new Promise((done) => {
		late = done;
	});

	await scene(browser, { "/": page_with(await rendered("appeal")), "/decide": () => json(open),
		"/strings.en.js": () => held.then(() => ({ type: "text/javascript", body: "throw 1" })) }, async (page, site) => {
		await page.goto(site.url);
		await until(() => site.to("/strings.en.js").length > 0);
		await page.evaluate(() => void window.pledged.page("/live/y"));
		late();
		await until(() => site.to("/decide").length === 1);
		assert.equal(await page.locator("form").count(), 0);
	});
});
