// Each format of a prompt in each language and theme, asked for by script and put into the page by the server: fit for
// everybody, within the window, without a shift, a report of the policy or a word in the console. Pictures of all lie in
// build/widget-shots.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { axe, open_browser, page_with } from "./stage.mjs";
import { FORMATS, LANGS, active, asked, decision, heard, picture, ready, rendered, scene, until } from "./lib_widget.mjs";

let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

const part = { appeal: "section.pledged-appeal", inline: "section.pledged-appeal", wall: "section.pledged-wall", line: ".pledged-line",
	bar: ".pledged-bar", modal: "dialog section" };

// sound: nothing moved, nothing was reported, nobody is left out.
async function sound(page, site, noise, why) {
	assert.deepEqual(await axe(page), [], why);
	assert.equal(await page.evaluate(() => window.shift), 0, `${why}: a shift`);
	assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${why}: sideways scroll`);
	assert.deepEqual(await heard(page, "csp"), [], why);
	assert.deepEqual(site.to("/csp"), [], why);
	assert.deepEqual(noise, [], why);
}

for (const format of FORMATS)
	for (const [lang, dir] of Object.entries(LANGS))
		test(`${format} in ${lang}: light and wide, dark and narrow, nothing shifts`, async () => {
			await scene(browser, asked(decision(format, lang), { lang, dir }), async (page, site, noise) => {
				const node = page.locator(part[format]);

				await page.goto(site.url);
				await ready(page);
				await node.scrollIntoViewIfNeeded();
				assert.ok(await node.isVisible());
				await picture(page, `${format}-${lang}-light-1280`);
				await sound(page, site, noise, `${format} ${lang} light`);
				assert.equal(await node.evaluate((n) => getComputedStyle(n).direction), dir);
				await page.emulateMedia({ colorScheme: "dark" });
				await page.setViewportSize({ width: 390, height: 800 });
				await node.scrollIntoViewIfNeeded();
				await picture(page, `${format}-${lang}-dark-390`);
				await sound(page, site, noise, `${format} ${lang} dark`);
			}, { viewport: { width: 1280, height: 900 }, reducedMotion: "reduce" });
		});

for (const format of FORMATS)
	test(`${format} put into the page by the server is taken over without a shift`, async () => {
		for (const [width, height] of [[1280, 3000], [320, 3500]])
			await scene(browser, { "/": page_with(await rendered(format), { long: false }) }, async (page, site, noise) => {
				await page.goto(site.url);
				await ready(page);
				await picture(page, `${format}-rendered-${width}`);
				await sound(page, site, noise, `${format} ${width}`);
				assert.equal(site.to("/decide").length, 0);
				assert.equal((await heard(page, "decision"))[0][1].format, format);
			}, { viewport: { width, height } });
	});

test("without scripts each format stands in the page and can be sent", async () => {
	for (const format of FORMATS)
		await scene(browser, { "/": page_with(await rendered(format), { long: false }), "/pledge": { body: "ok" } }, async (page, site) => {
			await page.goto(site.url);
			assert.ok(await page.locator(".pledged-give").isVisible(), format);
			await page.locator("[name=cover]").check();
			await page.locator(".pledged-give").click();
			await until(() => site.to("/pledge").length === 1);
			const sent = new URLSearchParams(site.to("/pledge")[0].body);

			assert.deepEqual([sent.get("amount"), sent.get("cover"), sent.get("token")], ["10.00", "1", "v1.TOKEN"]);
		}, { javaScriptEnabled: false });
});

test("400 % zoom, contrast and reduced motion: all of it is there, and nothing moves", async () => {
	for (const format of FORMATS)
		await scene(browser, asked(decision(format)), async (page, site, noise) => {
			await page.goto(site.url);
			await ready(page);
			const node = page.locator(part[format]);

			await node.scrollIntoViewIfNeeded();
			assert.equal(await node.evaluate((n) => getComputedStyle(n).animationName), "none");
			if (format === "bar" || format === "line")
				await page.locator(format === "bar" ? ".pledged-bar .pledged-give" : ".pledged-line a").click();
			await page.locator(".pledged-form .pledged-give").scrollIntoViewIfNeeded();
			await picture(page, `${format}-zoom`);
			assert.ok(await page.locator(".pledged-form .pledged-give").isVisible(), format);
			await sound(page, site, noise, format);
		}, { viewport: { width: 320, height: 256 }, reducedMotion: "reduce", forcedColors: "active" });
});

test("by keyboard: the bar's button opens a dialog that keeps the focus and gives it back", async () => {
	for (const format of ["bar", "line"])
		await scene(browser, asked(decision(format), { long: false }), async (page, site, noise) => {
			await page.goto(site.url);
			await ready(page);
			await page.keyboard.press("Tab");
			const opener = await active(page);

			assert.match(opener, /Contribute today/);
			await page.keyboard.press("Enter");
			await page.locator("dialog[open]").waitFor();
			assert.match(await active(page), /pledged-title We need your help/);
			await picture(page, `${format}-opened`);
			assert.deepEqual(await axe(page), []);
			for (let n = 0; n < 25; n++) {
				await page.keyboard.press("Tab");
				assert.ok(await page.evaluate(() => document.activeElement === document.body ||
				    document.activeElement.localName === "pledged-prompt"), "the focus left the dialog");
			}
			await page.keyboard.press("Escape");
			assert.equal(await page.locator("dialog[open]").count(), 0);
			assert.equal(await active(page), opener);
			assert.deepEqual(site.events().filter((e) => e !== "viewed"), ["clicked"]);
			await page.keyboard.press("Tab");
			assert.match(await active(page), /pledged-x/);
			await page.keyboard.press("Enter");
			await until(() => site.events().includes("closed"));
			assert.equal(await page.locator(`${part[format]}, dialog, form`).count(), 0);
			assert.equal(await page.evaluate(() => document.documentElement.style.scrollPaddingBlockEnd), "");
		});
});

test("a modal takes the focus, and Escape closes it for good and gives the focus back", async () => {
	await scene(browser, asked(decision("modal")), async (page, site) => {
		await page.goto(site.url);
		await page.locator("dialog[open]").waitFor();
		assert.match(await active(page), /pledged-title/);
		await page.keyboard.press("Escape");
		await until(() => site.events().includes("closed"));
		assert.equal(await page.locator("dialog, form").count(), 0);
		assert.equal((await heard(page, "closed"))[0][1].how, "closed");
		assert.match(await active(page), /^body/);
	});
});

test("a modal does not interrupt somebody who types", async () => {
	const routes = asked(decision("modal"), { long: false });

	routes["/"] = routes["/"].replace("<h1>", '<label>Search <input id="search" autofocus></label><h1>');
	routes["/decide"] = async () => {
		await new Promise((done) => setTimeout(done, 500));
		return { type: "application/json", body: JSON.stringify(decision("modal")) };
	};
	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await page.keyboard.type("ferr");
		await until(() => site.files.includes("prompt.js"));
		await page.waitForTimeout(500);
		assert.equal(await page.locator("dialog[open]").count(), 0);
		await page.keyboard.press("Tab");
		await page.locator("dialog[open]").waitFor();
	});
});

test("a wall stands under its teaser, which fades", async () => {
	const routes = asked(decision("wall"), { top: false });

	routes["/"] = routes["/"].replace("></pledged-prompt>", '><div slot="teaser"><p>The first words of the article.</p></div></pledged-prompt>');
	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		const teaser = await page.locator("[slot=teaser]").boundingBox();
		const wall = await page.locator(".pledged-wall").boundingBox();

		assert.ok(teaser.height > 0 && teaser.y < wall.y);
		assert.equal(await page.locator(".pledged-way").count(), 0);
	});
});

test("the page's styles stay out, a theme's properties and parts come in", async () => {
	const routes = asked(decision("appeal"), { top: false });

	routes["/site.css"] = { type: "text/css", body: `* { letter-spacing: 9px !important } button, h2, p, label { color: red !important; display: none !important }
		pledged-prompt { --pledged-accent: rgb(0, 82, 155) } pledged-prompt::part(title) { text-transform: uppercase }` };
	routes["/"] = routes["/"].replace("</head>", '<link rel="stylesheet" href="/site.css"></head>');
	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		const give = page.locator(".pledged-give");

		assert.ok(await give.isVisible());
		assert.equal(await give.evaluate((n) => getComputedStyle(n).backgroundColor), "rgb(0, 82, 155)");
		assert.equal(await page.locator(".pledged-title").evaluate((n) => getComputedStyle(n).textTransform), "uppercase");
		assert.notEqual(await give.evaluate((n) => getComputedStyle(n).color), "rgb(255, 0, 0)");
	});
});
