// The goal: what the widget offers is what the service takes: the fee's cover to the cent, "monthly?", a reminder that is mailed
// later, a goal bar equal to the ledger, and thanks for who gave; in a real browser, against the whole service.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { root, stack } from "../walk/lib/stack.mjs";
import { books_agree } from "../walk/lib/money.mjs";
import { until } from "../walk/lib/until.mjs";
import { open_browser } from "./stage.mjs";

const [FIRST, SECOND, THIRD] = ["/en/news/night-ferry", "/en/news/silent-gauge", "/en/culture/ropewalk-choir"];
const support = JSON.parse(readFileSync(join(root, "conf/campaigns/support.json"), "utf8"));

const s = await stack({ name: "whole", views: 1, moneys: 4, set: { "view.deadline_ms": 3000 } });
const browser = await open_browser();

after(() => browser.close());

async function asked() {
	const context = await browser.newContext();
	const page = await context.newPage();
	const said = [];

	page.on("console", (message) => ["error", "warning"].includes(message.type()) && said.push(message.text()));
	page.on("pageerror", (error) => said.push(String(error)));
	for (const path of [FIRST, SECOND])
		await page.goto(s.url + path);
	await page.locator("pledged-prompt section").first().waitFor();
	return { context, page, said };
}

// paid: through the provider's page, and back.
async function paid(page) {
	await page.waitForURL(/\/c\/pay\//);
	await page.getByRole("button", { name: /^Pay/ }).first().click();
	await page.waitForURL(/\/thanks\/$/);
}

const last = (columns) => s.one(`SELECT ${columns} FROM pledged.pledge ORDER BY created_at DESC LIMIT 1`);

test("the cover that is shown is the cover that is charged", async () => {
	const { context, page, said } = await asked();

	await page.getByText("€25", { exact: true }).click();
	await page.locator(".pledged-cover input").check();
	const sum = page.locator(".pledged-cover-sum");

	await until("it is worked out", async () => (await sum.textContent()).includes("€25."));
	assert.equal(await sum.textContent(), "+ €0.64 = €25.64", "(25.00 + 0.25) / 0.985 - 25.00, up to the cent");
	await page.locator("input[name=email]").fill("cover@mail.example");
	await page.locator(".pledged-give").click();
	await page.getByRole("button", { name: "No, €25.64 once" }).click();
	await paid(page);
	await page.getByText("€25.64").first().waitFor();
	await until("it is booked", async () => await last("status || ' ' || amount || ' ' || cover") === "paid 2564 64");
	await page.goto(s.url + THIRD);
	assert.equal(await page.locator("pledged-prompt section").count(), 0, "who gave is not asked");
	await page.getByText(/thank you/i).first().waitFor();
	assert.deepEqual(said, []);
	await context.close();
});

test("the goal's bar says what the ledger says", async () => {
	const context = await browser.newContext();
	const page = await context.newPage();
	let goal;

	await until("it is told", async () => {
		goal = (await s.client().get("/goal?campaign=support")).json();
		return goal.raised === "25.64";
	}, 70);
	assert.deepEqual([goal.currency, Number(goal.goal), goal.supporters], ["EUR", Number(support.goal.amount), 1]);
	await page.goto(`${s.url}/contribute/`);
	await page.locator("pledged-goal").getByText("€25.64").first().waitFor();
	await context.close();
});

test("monthly is offered once, and taken", async () => {
	const { context, page } = await asked();

	await page.getByText("€10", { exact: true }).click();
	await page.locator(".pledged-give").click();
	await page.getByRole("button", { name: "Yes, €5 a month" }).click();
	await paid(page);
	await until("it is booked", async () => await last(`status || ' ' || amount || ' ' || "interval"`) === "paid 500 month");
	await context.close();
});

test("a reminder is kept for the month that was chosen, and the reader is left in peace", async () => {
	const { context, page } = await asked();

	await page.getByRole("button", { name: "Remind me by e-mail" }).click();
	const month = await page.locator("select[name=when] option").nth(1).getAttribute("value");

	await page.locator("select[name=when]").selectOption(month);
	await page.locator(".pledged-remind input[name=email]").fill("later@mail.example");
	await page.getByRole("button", { name: "Remind me", exact: true }).click();
	await page.getByText(/We will write to you in/).waitFor();
	assert.equal(await s.one(`SELECT to_char(due_at AT TIME ZONE (SELECT time_zone FROM pledged.site LIMIT 1), 'YYYY-MM-DD HH24:MI') || ' ' || email
		FROM pledged.remind`), `${month}-01 09:00 later@mail.example`);
	await page.goto(s.url + THIRD);
	assert.equal(await page.locator("pledged-prompt section").count(), 0);
	await context.close();
});

test("the books agree", () => books_agree(s));
