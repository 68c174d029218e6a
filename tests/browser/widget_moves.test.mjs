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

test("back on a page that stands as it was: what was said elsewhere takes the prompt away, else it stays", async () => {
	for (const [format, how, goes] of [["bar", { still: false, reason: "never" }, true], ["appeal", { still: false, reason: "supporter" }, true],
		["appeal", { still: true, reason: "campaign" }, false], ["modal", null, false]])
		await scene(browser, { ...asked(decision(format)), "/still": () => (how ? json(how) : json({}, 503)) }, async (page, site, noise) => {
			await page.goto(site.url);
			await ready(page);
			await back(page);
			await until(() => site.to("/still").length === 1);
			assert.equal(site.to("/still")[0].url, "/still?d=v1.made");
			if (goes)
				await page.waitForFunction(() => !document.querySelector("pledged-prompt[data-on]"));
			else
				await page.waitForTimeout(300);
			assert.equal(await page.locator("form").count(), goes ? 0 : 1);
			assert.equal(await page.locator(".pledged-topline").count(), format === "appeal" && !goes ? 1 : 0);
			const told = (await heard(page, "decision")).at(-1)[1];

			assert.deepEqual([told.act, told.reason, told.supporter ?? false], goes ? ["open", how.reason, how.reason === "supporter"] : ["prompt", "campaign", false]);
			assert.equal(site.to("/decide").length, 1, "and nothing is counted for it");
			assert.deepEqual(site.events().filter((e) => e !== "viewed"), []);
			assert.deepEqual(noise.filter((n) => !/503/.test(n)), []);
		});
});

test("back on a wall after a gift: the page is asked for anew", async () => {
	let visits = 0;
	const wall = page_with(await rendered("wall"));

	await scene(browser, { "/": () => ({ body: visits++ ? page_with("<p>The whole article.</p>") : wall }),
		"/still": () => json({ still: false, reason: "supporter" }) }, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await back(page);
		await page.getByText("The whole article.").waitFor();
		assert.equal(visits, 2);
	});
});

test("the row of ways that the server made gives way to ours, in its place and size", async () => {
	await scene(browser, { "/": page_with(await rendered("appeal"), { long: false }) }, async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		assert.equal(await page.locator(".pledged-ways").count(), 1);
		assert.equal(await page.locator("form.pledged-ways").count(), 0);
		assert.equal(await page.getByRole("button", { name: "Not now (for 7 days)" }).getAttribute("type"), "button");
		await page.waitForTimeout(300);
		assert.equal(await page.evaluate(() => window.shift), 0);
		assert.deepEqual(noise, []);
	}, { viewport: { width: 1280, height: 2400 } });
});

test("a reminder's months are those of the server, whatever the reader's clock says", async () => {
	for (const from_markup of [false, true]) {
		const routes = from_markup ? { "/": page_with((await rendered("appeal")).replace("data-remind=", 'data-remind-from="2031-12" data-remind=')) } :
			asked(decision("appeal", "en", { remind_from: "2031-12" }));

		await scene(browser, routes, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.getByRole("button", { name: "Remind me by e-mail" }).click();
			await page.locator(".pledged-remind").waitFor();
			const months = await page.locator(".pledged-remind option").evaluateAll((l) => l.map((n) => n.value).filter((v) => v.includes("-")));

			assert.deepEqual([months[0], months[1], months.at(-1), months.length], ["2031-12", "2032-01", "2032-11", 12]);
		});
	}
});

test("a reminder that is refused: the month and the articles have sentences of their own, beside the choice", async () => {
	const words = { en: [/cannot write in that month/, /do not count the articles/], ru: [/В этом месяце/, /Мы не считаем статьи/], ar: [/ذلك الشهر/, /لا نعدّ المقالات/] };

	for (const [lang, [month, articles]] of Object.entries(words))
		await scene(browser, { ...asked(decision("appeal", lang), { lang }), "/remind": (req, body) =>
			json({ type: "urn:pledged:problem:field_bad", field: JSON.parse(body).month ? "month" : "articles" }, 422) }, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.locator(".pledged-ways button").nth(2).click();
			await page.locator(".pledged-remind [name=email]").fill("reader@mail.example");
			for (const [value, sentence] of [[null, month], ["10", articles]]) {
				if (value)
					await page.locator(".pledged-remind select").selectOption(value);
				assert.equal(await page.locator(".pledged-remind [aria-invalid]").count(), 0);
				await page.locator(".pledged-remind .pledged-do").click();
				await page.locator(".pledged-error").filter({ hasText: sentence }).waitFor();
				const select = page.locator(".pledged-remind select");

				assert.equal(await select.getAttribute("aria-invalid"), "true");
				assert.equal(await select.getAttribute("aria-describedby"), await page.locator(".pledged-error").getAttribute("id"));
			}
		});
});
