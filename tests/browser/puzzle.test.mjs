// The goal: while machines try cards a reader with scripts gives as ever, and does not see the puzzle that the browser solves; one without
// scripts is asked to wait, loses nothing that was typed, and gives. Nobody fetches the solver who is not asked.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { axe, open_browser } from "./stage.mjs";

const s = await stack({ name: "puzzle", views: 1, moneys: 3, set: { "view.deadline_ms": 3000, "form.ticket": "on", "risk.challenge": 50, "risk.refuse": 140,
	"puzzle.bits": 14, "puzzle.wait_s": 6 } });
const browser = await open_browser();

after(() => browser.close());

async function contribute(options) {
	const context = await browser.newContext({ locale: "en-GB", ...options });
	const page = await context.newPage();
	const fetched = [];

	page.on("request", (q) => fetched.push(`${q.method()} ${new URL(q.url()).pathname}`));
	await page.goto(`${s.url}/contribute/`, { waitUntil: "networkidle" });
	return { context, page, fetched, posts: () => fetched.filter((line) => line === "POST /pledge").length,
		solver: () => fetched.some((line) => line.includes("/puzzle.")) };
}

// give: the other amount and the button; ends on the provider's page.
async function give(page, amount) {
	await page.locator("[name=amount][value=other]").press("Space");
	await page.locator("[name=other_amount]").fill(amount);
	await page.locator("#pledged-email").fill("ann.reader@mail.example");
	await page.locator(".pledged-give").click();
	if (await page.locator(".pledged-step").count())
		await page.locator(".pledged-step button").last().click();	// no, not every month
}

const at_provider = (page) => page.waitForURL((url) => url.origin !== s.url, { timeout: 90000 });
const amounts = () => s.sql("SELECT amount FROM pledged.pledge ORDER BY created_at").then((rows) => rows.flat());

test("no attack: one request from a form that was read, and no solver", async () => {
	const { context, page, posts, solver } = await contribute();

	await page.waitForTimeout(2500);
	await give(page, "31");
	await at_provider(page);
	assert.deepEqual([posts(), solver()], [1, false]);
	await context.close();
});

test("sent at once: the form waits by itself and goes again; one pledge", async () => {
	const { context, page, solver } = await contribute();

	await give(page, "32");
	await at_provider(page);
	assert.equal(solver(), false);
	assert.deepEqual((await amounts()).filter((a) => a === "3200"), ["3200"]);
	await context.close();
});

test("under attack, with scripts: the browser solves the puzzle, the reader sees the wait alone", async () => {
	await s.sql(`INSERT INTO pledged.breaker (site_id, state, since) SELECT site_id, 'puzzle', now() FROM pledged.site WHERE slug = 'demo'
		ON CONFLICT (site_id) DO UPDATE SET state = 'puzzle', since = now()`);
	const { context, page, solver } = await contribute();

	await give(page, "33");
	await at_provider(page);
	assert.equal(solver(), true);
	assert.deepEqual((await amounts()).filter((a) => a === "3300"), ["3300"]);
	assert.equal(await s.one("SELECT verdict FROM pledged.risk_note ORDER BY risk_id DESC LIMIT 1"), "solved");
	await context.close();
});

test("under attack, and the solver cannot be had: the plain form goes, and is asked to wait", async () => {
	const { context, page } = await contribute();

	await page.route("**/puzzle.*", (route) => route.abort());
	await give(page, "35");
	await page.locator("h1", { hasText: "One more step" }).waitFor({ timeout: 60000 });
	assert.match(await page.locator("main").innerText(), /€35[^]*in \d+ seconds[^]*ann\.reader@mail\.example/);
	assert.deepEqual(await axe(page), []);	// here, since nothing answers in a page without scripts
	await context.close();
});

test("under attack, without scripts: a page says how long, keeps what was typed, and its button gives", async () => {
	const { context, page } = await contribute({ javaScriptEnabled: false });

	await give(page, "34");
	await page.locator("h1", { hasText: "One more step" }).waitFor();
	for (let i = 0; i < 9 && page.url().startsWith(s.url); i++) {
		assert.match(await page.locator("main").innerText(), /€34[^]*(in \d+ seconds|press the button)[^]*ann\.reader@mail\.example/);
		await page.waitForTimeout(3000);
		await page.locator(".pledged-give").click();
	}
	assert.ok(!page.url().startsWith(s.url), "at the provider");
	assert.deepEqual((await amounts()).filter((a) => a === "3400"), ["3400"]);
	assert.equal(await s.one("SELECT verdict FROM pledged.risk_note ORDER BY risk_id DESC LIMIT 1"), "waited");
	await context.close();
});

test("invariants", () => s.invariants());
