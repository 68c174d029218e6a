// The goal: a donor manages gifts in a real browser, with and without scripts, on addresses of either kind; the way to the provider
// and back works under the page's own policy; and the pages are fit for everybody, light and dark, on a phone.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { made, reaches } from "../walk/lib/money.mjs";
import { stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { axe, open_browser } from "./stage.mjs";

// A host name of the plain kind: there browsers send no Sec-Fetch-Site, so the Origin has to do.
const PLAIN = "paper.example";
const s = await stack({ name: "manage", views: 1, moneys: 2, set: { "view.deadline_ms": 3000, "clerk.interval_ms": 100 } });
const browser = await open_browser(`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`);

after(() => browser.close());
await s.sql(`INSERT INTO pledged.site_host (host, site_id) VALUES ('${PLAIN}', 1)`);

async function gave(email, fields = {}) {
	const pledge = await made(s, { email, interval: "month", ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	return pledge;
}
const device = async (options) => {
	const context = await browser.newContext(options);

	return { context, page: await context.newPage() };
};
const mailed = (email) => s.one(`SELECT substring(body FROM 'http[^\n]*') FROM pledged.mail_out WHERE recipient = '${email}' AND kind = 'manage' ORDER BY mail_id DESC LIMIT 1`);

// comes_in: from the form to the page of gifts, as a person would.
async function comes_in({ page }, email, { host = "127.0.0.1", locale = "en", button = "Send me the link", show = "Show my gifts", title = "Your gifts" } = {}) {
	await page.goto(`http://${host}:${s.env.PORT}/manage?l=${locale}`);
	await page.locator("input[name=email]").fill(email);
	await page.getByRole("button", { name: button }).click();
	await page.locator("form").waitFor({ state: "detached" });
	const url = await mailed(email);

	assert.equal(new URL(url).hostname, host);
	await page.goto(url);
	await page.getByRole("button", { name: show }).dblclick();
	// The second click may end the first one's way there.
	await page.waitForURL("**/manage").catch((error) => {
		if (!error.message.includes("ERR_ABORTED"))
			throw error;
	});
	await page.getByRole("heading", { name: title, level: 1 }).waitFor();
}

for (const [javaScriptEnabled, host] of [[false, "127.0.0.1"], [true, "127.0.0.1"], [false, PLAIN]]) {
	test(`another amount, a pause, the end, ${javaScriptEnabled ? "with" : "without"} scripts, on ${host}`, async () => {
		const email = `${host === PLAIN ? "plain" : "local"}-${javaScriptEnabled}@mail.example`;

		await gave(email);
		const d = await device({ javaScriptEnabled });
		const { page } = d;
		const gift = () => page.getByRole("region", { name: /Monthly/ });

		await comes_in(d, email, { host });
		const cookies = (await d.context.cookies()).filter((c) => c.name === "pledged-manage");

		assert.deepEqual(cookies.map((c) => [c.httpOnly, c.sameSite, c.path]), [[true, "Strict", "/"]]);
		await gift().getByText("Change the amount").click();
		await gift().getByLabel("New amount, EUR").fill("30");
		await gift().getByRole("button", { name: "Change it" }).dblclick();
		await page.getByRole("heading", { name: "€30 · Monthly" }).waitFor(); // the page looks again by itself
		await page.getByText("Your last change is made.").waitFor();
		await gift().getByText("Pause", { exact: true }).first().click();
		await gift().getByText("2 months").click();
		await gift().getByRole("button", { name: "Pause it" }).click();
		await page.getByText("It is paused: nothing is charged before").waitFor();
		await gift().getByRole("button", { name: "Let it go on now" }).click();
		await page.getByText("The next payment is on").waitFor();
		await gift().getByText("End this gift").first().click();
		await gift().getByLabel("Why? (optional)").selectOption("money");
		await gift().getByRole("button", { name: "End this gift" }).click();
		await page.getByText("It ends on").waitFor();
		await gift().getByRole("button", { name: "Let it go on after all" }).click();
		await page.getByText("The next payment is on").waitFor();
		await page.getByRole("button", { name: "Close this page now" }).click();
		await page.getByRole("heading", { name: "Closed" }).waitFor();
		await page.goBack();
		await page.getByLabel("Your e-mail address").waitFor();
		await d.context.close();
	});
}

test("to the provider's own page and back: the policy lets it through, the strict cookie comes along (case 77)", async () => {
	const email = "portal@mail.example";
	const d = await device({ javaScriptEnabled: false });

	await gave(email);
	await comes_in(d, email);
	await d.page.getByRole("button", { name: "Another card, invoices" }).click();
	await d.page.waitForURL(`${s.provider.url}/p/session/**`);
	await d.page.getByRole("button", { name: "End it now" }).click();
	await d.page.waitForURL("**/manage", { timeout: 15000 });
	await until("the end is seen", async () => {
		await d.page.goto(`${s.url}/manage`);
		return await d.page.getByText("It has ended").count() > 0;
	}, 20);
	await d.context.close();
});

test("the pages are fit for everybody: light and dark, wide and on a phone, in both languages", async () => {
	for (const [locale, colorScheme, width] of [["en", "light", 1200], ["ru", "dark", 360]]) {
		const email = `axe-${locale}@mail.example`;
		const words = locale === "ru" ? { locale, button: "Прислать ссылку", show: "Показать мои взносы", title: "Ваши взносы" } : {};
		const d = await device({ bypassCSP: true, colorScheme, viewport: { width, height: 800 } });
		const { page } = d;
		const fit = async (what) => {
			assert.deepEqual(await axe(page), [], `${what} ${locale}`);
			assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${what} ${locale}: no scrolling sideways`);
			assert.equal(await page.locator("html").getAttribute("lang"), locale);
		};
		const gifts = [await gave(email, { locale }), await gave(email, { locale, interval: "year", amount: "1234.50" }), await gave(email, { locale, interval: "once" }), await gave(email, { locale, amount: "9.00" })];
		const set = (pledge, what) => s.sql(`UPDATE pledged.recurring SET ${what} WHERE pledge_id = (SELECT pledge_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}')`);

		await set(gifts[1], "ends_at = until, fetched_at = now()");
		await set(gifts[3], "state = 'past_due', next_try_at = now() + interval '3 days'");
		await page.goto(`${s.url}/manage?l=${locale}`);
		await fit("the form");
		await comes_in(d, email, words);
		await fit("the gifts");
		for (const fold of await page.locator("summary").all())
			await fold.click();
		await fit("all forms");
		await page.locator("input[name=amount]").first().fill("0.01");
		await page.locator("input[name=amount]").first().press("Enter");
		await page.getByRole("alert").waitFor();
		await fit("a trouble");
		for (const pledge of gifts) {
			await page.goto(`${s.url}/pledge/${pledge.pledge}`);
			await fit("a status page");
		}
		for (const path of ["/manage/back", "/manage/x"]) {
			const context = await device({ bypassCSP: true, colorScheme, viewport: { width, height: 800 } });

			await context.page.route("**/manage", (route) => route.fulfill({ status: 204 })); // where the way back leads on by itself
			await context.page.goto(s.url + path);
			assert.deepEqual(await axe(context.page), [], path);
			await context.context.close();
		}
		await d.context.close();
	}
});

test("by the keyboard alone: every button and fold is reached and shows where one is", async () => {
	const email = "keys@mail.example";

	await gave(email);
	const d = await device();

	await comes_in(d, email);
	const seen = [];

	for (let i = 0; i < 12; i++) {
		await d.page.keyboard.press("Tab");
		const at = await d.page.evaluate(() => ({ name: document.activeElement.textContent.trim(), tag: document.activeElement.localName,
			outline: getComputedStyle(document.activeElement).outlineStyle }));

		if (at.tag === "body")
			break;
		seen.push(at);
	}
	for (const name of ["Close this page now", "Change the amount", "Pause", "End this gift", "Another card, invoices", "Send all receipts again"])
		assert.ok(seen.some((x) => x.name === name), name);
	assert.deepEqual(seen.filter((x) => x.outline === "none"), []);
	await d.context.close();
});

test("invariants", async () => {
	await s.sql("SET session_replication_role = replica; UPDATE pledged.recurring SET state = 'active' WHERE state = 'past_due'; UPDATE pledged.recurring_log SET state = 'active' WHERE state = 'past_due'");
	await s.invariants();
});
