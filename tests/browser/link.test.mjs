// The goal: a reader joins two devices in a real browser without scripts, on https-like and on plain addresses,
// and what the pages look like is fit for everybody.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { axe, open_browser } from "./stage.mjs";

// A host name of the plain kind: there browsers send no Sec-Fetch-Site, so the Origin has to do.
const PLAIN = "paper.example";
const s = await stack({ name: "link", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });
const browser = await open_browser(`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`);

after(() => browser.close());
await s.sql(`INSERT INTO pledged.site_host (host, site_id) VALUES ('${PLAIN}', 1)`);

const device = async (options) => {
	const context = await browser.newContext({ javaScriptEnabled: false, ...options });

	return { context, page: await context.newPage() };
};
const cookie = async ({ context }) => (await context.cookies()).find((c) => c.name === "pledged").value;
const mailed = (email) => s.one(`SELECT substring(body FROM 'http[^\n]*') FROM pledged.mail_out WHERE recipient = '${email}'`);
const reader = (value) => Buffer.from(value.split(".")[2], "base64url").toString("hex", 2, 18);

for (const host of ["127.0.0.1", PLAIN]) {
	test(`two devices without scripts, on ${host}`, async () => {
		const email = `a@${host === PLAIN ? "plain" : "local"}.example`;
		const [a, b] = [await device(), await device()];

		await a.page.goto(`http://${host}:${s.env.PORT}/contribute/`);
		await a.page.locator('form[action="/link"] input[name=email]').fill(email);
		await a.page.getByRole("button", { name: "Send me the link" }).click();
		await a.page.getByRole("heading", { name: "Look into your mail" }).waitFor();
		const url = await mailed(email);

		assert.equal(new URL(url).hostname, host);
		await b.page.goto(url);
		await b.page.getByRole("button", { name: "Join this device" }).dblclick();
		await b.page.getByRole("heading", { name: "This device is joined" }).waitFor();
		assert.equal(reader(await cookie(b)), reader(await cookie(a)));

		const c = await device();

		await c.page.goto(url);
		await c.page.getByRole("heading", { name: "This link no longer works" }).waitFor();
		await c.page.locator("input[name=email]").fill(`again-${email}`);
		await c.page.getByRole("button", { name: "Send me the link" }).click();
		await c.page.getByRole("heading", { name: "Look into your mail" }).waitFor();
		assert.ok(await mailed(`again-${email}`));
		for (const { context } of [a, b, c])
			await context.close();
	});
}

test("the pages are fit for everybody, light and dark", async () => {
	for (const colorScheme of ["light", "dark"]) {
		const { context, page } = await device({ javaScriptEnabled: true, bypassCSP: true, colorScheme });
		const email = `${colorScheme}@axe.example`;

		await page.goto(`${s.url}/ru/contribute/`);
		await page.locator('form[action="/link"] input[name=email]').fill(email);
		assert.deepEqual(await axe(page), []);
		await page.getByRole("button", { name: "Прислать ссылку" }).click();
		await page.getByRole("heading", { name: "Проверьте почту" }).waitFor();
		assert.deepEqual(await axe(page), []);
		await page.goto(await mailed(email));
		assert.deepEqual(await axe(page), []);
		await page.getByRole("button").click();
		await page.getByRole("heading", { name: "Устройство присоединено" }).waitFor();
		assert.deepEqual(await axe(page), []);
		await page.goto(`${s.url}/link/x`);
		assert.deepEqual(await axe(page), []);
		await context.close();
	}
});

test("invariants", () => s.invariants());
