// Manners: nothing more than the loader while nobody is asked, one prompt however many copies, the ways out, the reminder,
// supporters thanked and not asked, and silence when anything fails.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { axe, json, open_browser, page_with } from "./stage.mjs";
import { active, asked, decision, heard, made, picture, place, ready, rendered, scene, until } from "./lib_widget.mjs";

let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

const told = (page, name, n = 1) => page.waitForFunction(([w, k]) => window.heard.filter((h) => h[0] === w).length >= k, [name, n]);
const open = { act: "open", reason: "first_view", articles: 1 };

test("nobody is asked: the loader is all that is fetched", async () => {
	await scene(browser, asked(open), async (page, site, noise) => {
		await page.goto(site.url);
		await told(page, "decision");
		await page.waitForTimeout(300);
		assert.deepEqual(site.files.sort(), ["pledged.css", "pledged.js"]);
		assert.equal((await heard(page, "decision"))[0][1].articles, 1);
		assert.deepEqual(noise, []);
	});
});

test("three copies ask once, and one shows: the one that names the format, else the first that names none", async () => {
	const three = `${place('id="a" formats="line"')}<p>Text.</p>${place('id="b" formats="inline bar"')}<p>Text.</p>${place('id="c"')}`;

	for (const [format, id] of [["inline", "b"], ["appeal", "c"], ["bar", "b"]])
		await scene(browser, { "/": page_with(three), "/decide": () => json(decision(format)) }, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.waitForTimeout(300);
			assert.equal(site.to("/decide").length, 1);
			assert.deepEqual(await page.locator("pledged-prompt[data-on]").evaluateAll((l) => l.map((n) => n.id)), [id]);
			assert.equal((await heard(page, "decision")).length, 1);
			assert.equal(await page.locator(".pledged-give").count(), 1);
		});
});

test("where the server has decided, a copy does not ask again; two of the same prompt are seen, and left, once", async () => {
	const both = await rendered("appeal");

	await scene(browser, { "/": page_with(`${both}<p>Text.</p>${place()}${both}`, { long: false }) }, async (page, site) => {
		await page.goto(site.url);
		await page.waitForFunction(() => document.querySelectorAll("pledged-prompt[data-on]").length === 2);
		assert.equal(site.to("/decide").length, 0);
		await until(() => site.events().length > 0);
		await page.getByRole("button", { name: "Not now" }).first().click();
		await until(() => site.events().includes("closed"));
		assert.equal(await page.locator("form").count(), 0);
		assert.deepEqual(site.events(), ["viewed", "closed"]);
		assert.equal(await page.locator(".pledged-topline").count(), 0);
	}, { viewport: { width: 1280, height: 2400 } });
});

test("a node that is moved, removed and made again is harmless", async () => {
	await scene(browser, asked(decision("bar")), async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		await page.evaluate(() => document.querySelector("main").prepend(document.querySelector("pledged-prompt")));
		assert.ok(await page.locator(".pledged-bar").isVisible());
		await page.evaluate(() => document.querySelector("pledged-prompt").remove());
		assert.equal(await page.evaluate(() => document.documentElement.style.scrollPaddingBlockEnd), "");
		await page.evaluate(() => {
			const node = document.createElement("pledged-prompt");

			node.setAttribute("article", "/live/x");
			document.querySelector("main").append(node);
		});
		await ready(page);
		assert.equal(site.to("/decide").length, 2);
		assert.deepEqual(noise, []);
	});
});

test("page(): the whole site moves on by one call, and a late answer of the last page is not shown", async () => {
	const routes = { "/": page_with(place()), "/decide": async (req) => {
		const slow = /slow/.test(req.url);

		if (slow)
			await new Promise((done) => setTimeout(done, 1200));
		return json(slow ? decision("bar") : open);
	} };

	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await told(page, "decision");
		await page.evaluate(() => void window.pledged.page("/slow", "news"));
		await until(() => site.to("/decide").length === 2);
		await page.evaluate(() => window.pledged.page("/live/y"));
		await page.waitForTimeout(1500);
		assert.equal(await page.locator(".pledged-bar").count(), 0);
		assert.equal(site.to("/decide").length, 3);
	});
});

test("a reminder: in a month or after some articles, with one's address, once", async () => {
	for (const [when, done] of [[/^\d{4}-\d\d$/, /We will write to you in/], ["10", /after 10 more articles/]])
		await scene(browser, { ...asked(decision("appeal")), "/remind": (req, body) => json({ remind: "month" }, 202) }, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.getByRole("button", { name: "Remind me by e-mail" }).click();
			await page.locator(".pledged-remind").waitFor();
			assert.match(await active(page), /^select/);
			assert.equal(await page.locator("option").count(), 16);
			await picture(page, "remind");
			assert.deepEqual(await axe(page), []);
			await page.getByRole("button", { name: "Back" }).click();
			await page.getByRole("button", { name: "Remind me by e-mail" }).click();
			if (when === "10")
				await page.locator("select").selectOption("10");
			const send = page.locator(".pledged-remind").getByRole("button", { name: "Remind me", exact: true });

			await send.click();
			assert.match(await page.locator(".pledged-error").textContent(), /enter your e-mail/);
			assert.equal(site.to("/remind").length, 0);
			await page.locator(".pledged-remind [name=email]").fill("reader@mail.example");
			await send.dblclick();
			await page.getByRole("status").filter({ hasText: done }).waitFor();
			const [first, ...rest] = site.to("/remind").map((r) => JSON.parse(r.body));

			assert.deepEqual(rest, []);
			assert.equal(first.token, "v1.made");
			assert.equal(first.email, "reader@mail.example");
			assert.match(first.month ?? first.articles, new RegExp(when));
			assert.equal((await heard(page, "closed"))[0][1].how, "later");
			assert.deepEqual(site.events().filter((e) => e !== "viewed"), [], "the server knows by itself");
		});
});

test("supporters are thanked, not asked: in the header, without a shift, and told to the site", async () => {
	const routes = asked({ act: "open", reason: "supporter", supporter: true });

	routes["/"] = routes["/"].replace("<main>", '<header><a href="/">Home</a> <pledged-link thanks="Thank you, friend"><a href="/contribute/">Support us</a></pledged-link> <a href="/x">More</a></header><main>');
	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await told(page, "decision");
		const link = page.locator("pledged-link a");

		assert.equal(await link.textContent(), "Thank you, friend");
		assert.equal(await link.getAttribute("href"), "/manage");
		assert.equal(await page.evaluate(() => window.shift), 0);
		assert.equal((await heard(page, "decision"))[0][1].supporter, true);
		await picture(page, "header-link");
		assert.deepEqual(await axe(page), []);
	});
});

test("consent() tells the server and the next decision", async () => {
	await scene(browser, { ...asked(open), "/consent": { status: 204 } }, async (page, site) => {
		await page.goto(site.url);
		await told(page, "decision");
		assert.equal(await page.evaluate(() => window.pledged.consent("none")), true);
		assert.deepEqual(JSON.parse(site.to("/consent")[0].body), { c: "none" });
		await page.evaluate(() => window.pledged.page("/live/y"));
		assert.match(site.to("/decide")[1].url, /c=none/);
	});
});

test("<pledged-goal> shows the ledger's figures in its own room; when there are none, nothing", async () => {
	const goal = { campaign: "support", raised: "1234.50", goal: "1000.00", currency: "EUR", percent: 123, supporters: 1, days_left: 2, at: "2026-11-26T06:00:00Z" };

	for (const [lang, text] of [["en", "€1,234.50 of €1,000 · 1 gift · 2 days left"], ["ru", "1\u00a0234,50\u00a0€ из 1\u00a0000\u00a0€ · 1 взнос · до конца 2 дня"]])
		await scene(browser, { "/": page_with('<pledged-goal campaign="support"></pledged-goal><p>Under it.</p>', { lang, long: false }),
			"/goal": () => json(goal) }, async (page, site, noise) => {
			await page.goto(site.url);
			await page.locator(".pledged-goal-text").waitFor();
			assert.equal(await page.locator(".pledged-goal-text").textContent(), text);
			assert.equal(await page.locator("progress").evaluate((n) => n.value), 100);
			assert.equal(await page.evaluate(() => window.shift), 0);
			assert.deepEqual(await axe(page), []);
			assert.deepEqual(noise, []);
		});
	await scene(browser, { "/": page_with('<pledged-goal campaign="support"></pledged-goal>'), "/goal": () => json({}, 503) }, async (page, site) => {
		await page.goto(site.url);
		await until(() => site.to("/goal").length === 1);
		assert.equal(await page.locator("progress").count(), 0);
	});
});

test("<pledged-thanks> believes the pledge's own state, not the address, and forgets the token", async () => {
	const states = ["processing", "paid"];

	await scene(browser, { "/": page_with("<pledged-thanks></pledged-thanks>", { long: false, top: false }),
		"/pledge/tok": () => json({ ...made, status: states.length > 1 ? states.shift() : states[0], interval: "month", receipt: "R-1" }) }, async (page, site) => {
		await page.goto(`${site.url}/?p=tok&amount=9999&redirect_status=failed&x=1`);
		await page.getByText("Your contribution of €10 a month has begun.").waitFor();
		assert.equal(new URL(page.url()).search, "?amount=9999&redirect_status=failed&x=1");
		assert.match(await page.locator("pledged-thanks section").innerText(), /R-1/);
		assert.deepEqual((await heard(page, "thanks")).map((h) => h[1].status), ["paid"]);
		await picture(page, "thanks");
		assert.deepEqual(await axe(page), []);
	});
	await scene(browser, { "/": page_with("<pledged-thanks again=\"/give\"></pledged-thanks>", { long: false, top: false, lang: "ru" }),
		"/pledge/tok": () => json({ ...made, status: "failed" }) }, async (page, site) => {
		await page.goto(`${site.url}/?p=tok&redirect_status=succeeded`);
		await page.getByText("Платёж не прошёл. Деньги не списаны.").waitFor();
		assert.equal(await page.getByRole("link", { name: "Попробовать ещё раз" }).getAttribute("href"), "/give");
		assert.deepEqual(await heard(page, "thanks"), []);
	});
	await scene(browser, { "/": page_with("<pledged-thanks></pledged-thanks>", { long: false, top: false }) }, async (page, site, noise) => {
		await page.goto(`${site.url}/?amount=10&status=paid`);
		await until(() => site.files.includes("thanks.js"));
		await page.waitForTimeout(300);
		assert.equal(await page.locator("pledged-thanks section").count(), 0);
		assert.deepEqual(site.seen.filter((r) => r.path.startsWith("/pledge")), []);
		assert.deepEqual(noise, []);
	});
});

test("dataLayer.js: five words for a tag manager, and no token", async () => {
	const routes = { ...asked(decision("bar")), "/pledge": () => json({ ...made, url: "/provider" }, 201), "/provider": { status: 204 } };

	routes["/"] = routes["/"].replace("</head>", '<script type="module" src="/dataLayer.js"></script></head>');
	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await told(page, "seen");
		await page.locator(".pledged-bar .pledged-give").click();
		await page.locator(".pledged-form .pledged-give").click();
		await told(page, "submitted");
		await page.keyboard.press("Escape");
		await page.locator(".pledged-bar .pledged-x").click();
		const layer = await page.evaluate(() => window.dataLayer);

		assert.deepEqual(layer.map((e) => e.pledged_action), ["loaded", "seen", "clicked", "clicked", "submitted", "dismissed"]);
		assert.equal(layer[4].pledged_amount, "10.00");
		assert.doesNotMatch(JSON.stringify(layer), /v1\.made|p_1/);
	});
});

test("a slow, broken or half server: each file and answer may fail, the page and the console stay quiet", async () => {
	const wait = { "/decide": async () => {
		await new Promise((done) => setTimeout(done, 4000));
		return json(decision("bar"));
	} };
	const faults = { "/decide is late": wait, "/decide cuts": { "/decide": () => ({ type: "application/json", body: '{"act":"prom' }) },
		"no amounts": { "/decide": () => json(decision("bar", "en", { amounts: {} })) },
		"prompt.js is broken": { "/prompt.js": () => ({ type: "text/javascript", body: "export const mount = 1;" }) },
		"no words at all": { "/strings.en.js": () => ({ type: "text/javascript", body: "throw 1" }) } };

	for (const [name, more] of Object.entries(faults))
		await scene(browser, { ...asked(decision("bar")), ...more }, async (page, site, noise) => {
			await page.goto(site.url);
			await told(page, "error");
			assert.equal((await heard(page, "error")).length, 1, name);
			assert.equal(await page.locator("form, .pledged-bar").count(), 0, name);
			assert.deepEqual(noise, [], name);
		});
});

test("the chain of languages: pt-BR is spoken to by pt, what pt does not say by the page's language", async () => {
	const strings = mkdtempSync("/tmp/pledged-strings-");
	const dir = mkdtempSync(fileURLToPath(new URL("../../build/widget-pt-", import.meta.url)));

	try {
		writeFileSync(`${strings}/pt.js`, 'export default { once: "Uma vez", days: { one: "{n} dia", other: "{n} dias" } };\n');
		execFileSync("node", [fileURLToPath(new URL("../../src/widget/build.mjs", import.meta.url)), dir, "--strings", strings]);
		await scene(browser, asked(decision("appeal"), { attrs: 'locale="pt-BR"', lang: "ru" }), async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			assert.deepEqual(await page.locator(".pledged-intervals span").allTextContents(), ["Uma vez", "Каждый месяц", "Каждый год"]);
			assert.match(await page.locator(".pledged-ways").textContent(), /\(через 3 dias\)/);
			assert.match(await page.locator(".pledged-amounts span").first().textContent(), /^€\s5$/);
			assert.deepEqual(site.files.filter((f) => f.startsWith("strings")).sort(), ["strings.pt.js", "strings.ru.js"]);
			assert.match(site.to("/decide")[0].url, /l=pt-BR/);
		}, { dir: new URL(`file://${dir}/`) });
	} finally {
		rmSync(strings, { recursive: true });
		rmSync(dir, { recursive: true });
	}
});
