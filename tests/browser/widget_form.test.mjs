// The form as a reader uses it: the cover, "monthly?", what is wrong, twenty clicks, a form without its script, and back
// from the provider.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { axe, json, open_browser, page_with } from "./stage.mjs";
import { active, asked, decision, heard, made, picture, ready, rendered, scene, until } from "./lib_widget.mjs";

let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

const give = (page) => page.locator(".pledged-form .pledged-give");
const pledges = (site) => site.to("/pledge").map((r) => JSON.parse(r.body));
const provider = { "/pledge": () => json({ ...made, url: "/provider" }, 201), "/provider": "<title>Provider</title>" };

test("the cover: told for each amount, sent as a wish, never above the most that can be taken", async () => {
	const pages = { asked: asked(decision("appeal")), rendered: { "/": page_with(await rendered("appeal")) } };

	for (const [name, routes] of Object.entries(pages))
		await scene(browser, { ...routes, ...provider }, async (page, site) => {
			const sum = page.locator(".pledged-cover-sum");

			await page.goto(site.url);
			await ready(page);
			await page.getByText("€25", { exact: true }).click();
			await until(async () => (await sum.textContent()) === "+ €0.64 = €25.64");
			await page.getByText("Other amount", { exact: true }).click();
			await page.getByLabel("Other amount, EUR").fill("9,999.99");
			await page.locator("[name=cover]").check();
			assert.equal(await sum.textContent(), "+ €152.54 = €10,152.53");
			await give(page).click();
			assert.match(await page.locator(".pledged-error").textContent(), /largest amount.*€10,000/);
			await page.getByLabel("Other amount, EUR").fill("98.51");
			assert.equal(await sum.textContent(), "+ €1.76 = €100.27");
			await give(page).click();
			await page.waitForURL("**/provider");
			const { amount, cover } = pledges(site)[0];

			assert.deepEqual([amount, cover], ["98.51", true], name);
		});
});

test("what is not offered is not there: no cover, no step, no reminder, no goal", async () => {
	const bare = { cover: undefined, remind: undefined, monthly_step: undefined, goal: undefined, format: undefined };

	await scene(browser, { ...asked(decision("appeal", "en", bare)), ...provider }, async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		assert.equal(await page.locator(".pledged-cover, .pledged-goal").count(), 0);
		assert.equal(await page.getByText("Remind me by e-mail").count(), 0);
		await give(page).click();
		await page.waitForURL("**/provider");
		assert.equal(pledges(site)[0].cover, undefined);
		assert.deepEqual(noise, []);
	});
});

test("monthly? is asked once, after a single gift was chosen, and either answer goes on", async () => {
	for (const [answer, interval, amount] of [["Yes, €12.50 a month", "month", "12.50"], ["No, €25 once", "once", "25.00"]])
		await scene(browser, { ...asked(decision("appeal", "en", { monthly_step: true })), ...provider }, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.getByText("€25", { exact: true }).click();
			await give(page).click();
			await page.locator(".pledged-step").waitFor();
			assert.match(await active(page), /Would you rather/, "the question, so that a held Enter answers nothing");
			assert.equal(await page.getByRole("button", { name: "Yes, €12.50 a month" }).count(), 1);
			await picture(page, "step");
			assert.deepEqual(await axe(page), []);
			assert.equal(site.to("/pledge").length, 0);
			await page.getByText("€10", { exact: true }).click();
			assert.equal(await page.locator(".pledged-step").count(), 0, "another choice asks anew");
			await page.getByText("€25", { exact: true }).click();
			await give(page).click();
			await page.getByRole("button", { name: answer }).dblclick();
			await page.waitForURL("**/provider");
			assert.deepEqual(pledges(site).map((p) => [p.interval, p.amount]), [[interval, amount]]);
		});
	await scene(browser, { ...asked(decision("appeal", "en", { monthly_step: true })), ...provider }, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByText("Yearly").click();
		await give(page).click();
		await page.waitForURL("**/provider");
		assert.equal(pledges(site)[0].interval, "year");
	});
});

test("twenty clicks are one pledge", async () => {
	const routes = { ...asked(decision("appeal")), ...provider, "/pledge": async () => {
		await new Promise((done) => setTimeout(done, 1500));
		return json({ ...made, url: "/provider" }, 201);
	} };

	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await give(page).evaluate((n) => {
			for (let i = 0; i < 20; i++)
				n.click();
		});
		await page.waitForURL("**/provider");
		assert.equal(site.to("/pledge").length, 1);
	});
});

test("what it takes to pay does not come: the form goes as a plain form", async () => {
	const routes = { ...asked(decision("appeal")), "/pay.js": () => ({ status: 500, body: "" }), "/pledge": { body: "<title>Sent</title>" } };

	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByText("€25", { exact: true }).click();
		await give(page).click();
		await until(async () => (await page.title()) === "Sent");
		const sent = new URLSearchParams(site.to("/pledge")[0].body);

		assert.deepEqual([sent.get("amount"), sent.get("interval"), sent.get("token"), sent.get("key")],
		    ["25.00", "once", "v1.made", "abcdefghijklmnop"]);
	});
});

test("refusals are told in the reader's language, with what to do", async () => {
	const said = { amount_too_small: /слишком мала/, too_many: /много попыток/, pay_off: /не принимаются/, key_reused: /Деньги не списаны/ };
	const slugs = Object.keys(said);
	const routes = { ...asked(decision("appeal", "ru"), { lang: "ru" }), "/pledge": () => json({ type: `urn:pledged:problem:${slugs[0]}`,
		title: "No", status: 422, detail: "English words", ...(slugs[0].startsWith("amount") && { field: "amount" }) }, 422) };

	await scene(browser, routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		while (slugs.length) {
			await give(page).click();
			await page.locator(".pledged-error").filter({ hasText: said[slugs[0]] }).waitFor();
			slugs.shift();
		}
		assert.equal((await heard(page, "error"))[0][1].problem, "amount_too_small");
	});
});

// The provider's page is an answer without content: the browser stays where it is, as if it had kept our page.
test("back from the provider: whoever gave is thanked, whoever did not can go on", async () => {
	for (const status of ["paid", "offered"])
		await scene(browser, { ...asked(decision("appeal")), ...provider, "/provider": { status: 204 },
			"/pledge/p_1": () => json({ ...made, status }) }, async (page, site) => {
			const back = () => page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));

			await page.goto(site.url);
			await ready(page);
			await give(page).click();
			await until(() => site.to("/provider").length === 1);
			assert.match(await give(page).textContent(), /One moment/);
			await back();
			if (status === "paid") {
				await page.getByRole("status").filter({ hasText: "Thank you" }).waitFor();
				assert.equal((await heard(page, "thanks"))[0][1].amount, "10.00");
				assert.equal(await page.locator("form").count(), 0);
			} else {
				await give(page).filter({ hasText: "Contribute today" }).click();
				await until(() => site.to("/provider").length === 2);
				assert.equal(pledges(site)[1].key, pledges(site)[0].key);
			}
		});
});
