// The goal: a reader in a real browser, against the whole service: opens articles, is asked, gives, pays
// at the provider's page, and is not asked again; with and without scripts.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { axe, open_browser } from "./stage.mjs";

const FIRST = "/en/news/night-ferry";
const SECOND = "/en/news/silent-gauge";
const THIRD = "/en/culture/ropewalk-choir";
const MORE = ["/en/news/one-bus-four-villages", "/en/culture/lighthouse-library",
	"/en/culture/map-of-a-moving-coast"];

// With tickets and filters as shipped, but for those who press sooner than readers do: what a walk usually leaves out.
const s = await stack({ name: "main_job", views: 2, moneys: 4, set: { "view.deadline_ms": 3000, "form.ticket": "on", "form.min_ms": 0, "risk.challenge": 50, "risk.refuse": 140 } });
const browser = await open_browser();

after(() => browser.close());

// reader: a browser profile of its own, and what its console complained of.
async function reader(options = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	const said = [];

	page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
	page.on("pageerror", (error) => said.push(String(error)));
	return { context, page, said, go: (path) => page.goto(s.url + path) };
}

const asked = (page) => page.locator("pledged-prompt section").count();
const events = (kind) => s.count(`SELECT count(*) FROM pledged.prompt_event WHERE kind = '${kind}'`);

test("a reader is asked on the second article, gives, and is not asked again", async () => {
	const { context, page, said, go } = await reader();

	await go(FIRST);
	assert.equal(await asked(page), 0);
	await go(SECOND);
	assert.equal(await asked(page), 1);
	await page.locator(".pledged-top-slot .pledged-topline").waitFor();
	await page.locator("pledged-prompt section").scrollIntoViewIfNeeded();
	await until("the appeal was seen", async () => (await events("viewed")) === 1);
	assert.deepEqual(await axe(page), []);

	await page.getByText("€25", { exact: true }).click();
	await page.locator("input[name=email]").fill("reader@mail.example");
	await page.locator(".pledged-give").click();
	await page.getByRole("button", { name: "No, €25 once" }).dblclick();
	await page.waitForURL(/\/c\/pay\//);
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge"), 1, "two clicks, one pledge");
	await page.getByRole("button", { name: /^Pay/ }).first().click();
	await page.waitForURL(/\/thanks\/$/);
	await page.getByText("€25").waitFor();
	assert.equal(await s.one("SELECT status || ' ' || amount FROM pledged.pledge"), "paid 2500");

	await go(THIRD);
	assert.equal(await asked(page), 0);
	assert.deepEqual(said, []);
	await context.close();
});

test("close keeps the appeal away", async () => {
	const { context, page, go } = await reader();

	await go(FIRST);
	await go(SECOND);
	await page.getByRole("button", { name: /Not now/ }).click();
	await until("the close is stored", async () => (await events("closed")) === 1);
	await go(THIRD);
	assert.equal(await asked(page), 0);
	await context.close();
});

test("without scripts: the appeal, the form and the wall are there all the same", async () => {
	const { context, page, go } = await reader({ javaScriptEnabled: false });

	await go(FIRST);
	await go(SECOND);
	assert.equal(await asked(page), 1);
	await page.getByText("Monthly", { exact: true }).click();
	await page.getByText("Other amount", { exact: true }).first().click();
	await page.locator("input[name=other_amount]").fill("7,50");
	await page.locator(".pledged-give").click();
	await page.waitForURL(/\/c\/pay\//);
	assert.equal(await s.one("SELECT amount || ' ' || \"interval\" FROM pledged.pledge ORDER BY created_at DESC LIMIT 1"),
		"750 month");
	for (const path of [THIRD, ...MORE])
		await go(path);
	assert.match(await page.content(), /pledged-wall/);
	assert.equal(await page.locator(".story-text").count(), 0, "no text of a walled article leaves");
	await context.close();
});

test("a page that a CDN keeps asks by script, in Russian too", async () => {
	const { context, page, said, go } = await reader({ locale: "ru" });

	await go(FIRST);
	await go("/live/ice-watch");
	await page.locator("pledged-prompt section").waitFor();
	assert.equal(await asked(page), 1);
	await go("/ru/contribute/");
	await page.locator(".pledged-give").click();
	await page.getByRole("button", { name: /^Нет/ }).click();
	await page.waitForURL(/\/c\/pay\//);
	await page.getByRole("button", { name: /^Pay/ }).first().click();
	await page.waitForURL(/\/ru\/thanks\/$/);
	assert.deepEqual(said, []);
	await context.close();
});

test("invariants", () => s.invariants());
