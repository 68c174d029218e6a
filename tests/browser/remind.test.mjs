// The goal: a reader stops reminders in a real browser without scripts, on https-like and on plain addresses, and what
// the pages look like is fit for everybody.

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { axe, open_browser } from "./stage.mjs";

// A host name of the plain kind: there browsers send no Sec-Fetch-Site, so the Origin has to do.
const PLAIN = "paper.example";
const s = await stack({ name: "remind", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });
const browser = await open_browser(`--host-resolver-rules=MAP ${PLAIN} 127.0.0.1`);

after(() => browser.close());
await s.role("clerk", "stop"); // whose work the test does itself, so that it knows the key
await s.sql(`INSERT INTO pledged.site_host (host, site_id) VALUES ('${PLAIN}', 1)`);

const device = async (options) => {
	const context = await browser.newContext({ javaScriptEnabled: false, ...options });

	return { context, page: await context.newPage() };
};
const next = await s.one("SELECT to_char(now() AT TIME ZONE time_zone + interval '1 month', 'YYYY-MM') FROM pledged.site");

// mailed: a reminder as the clerk writes it; gives the path in its mail.
async function mailed(email, locale = "en") {
	const answer = await s.request("/remind", { body: { email, month: next, locale }, headers: { origin: s.url } });

	assert.equal(answer.status, 202, answer.text);
	const bytes = randomBytes(32);
	const key = bytes.toString("base64url");

	await s.sql(`UPDATE pledged.remind SET due_at = now() WHERE email = '${email}';
		SELECT pledged.mail_reminder('\\x${createHash("sha256").update(bytes).digest("hex")}', '${key}', now())`);
	return `/remind/${key}`;
}

for (const host of ["127.0.0.1", PLAIN]) {
	test(`stopped by a double click without scripts, on ${host}`, async () => {
		const email = `a@${host === PLAIN ? "plain" : "local"}.example`;
		const path = await mailed(email);
		const { context, page } = await device();

		await page.goto(`http://${host}:${s.env.PORT}${path}`);
		await page.getByRole("heading", { name: "No more reminders?" }).waitFor();
		assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE stopped_at IS NOT NULL AND email = " + `'${email}'`), 0);
		await page.getByRole("button", { name: "Stop reminders" }).dblclick();
		await page.getByRole("heading", { name: "Reminders are stopped" }).waitFor();
		assert.equal(await s.count("SELECT count(*) FROM pledged.remind WHERE stopped_at IS NOT NULL AND email = " + `'${email}'`), 1);
		await page.getByRole("link", { name: "To the front page" }).waitFor();
		await context.close();
	});
}

test("the pages are fit for everybody, light and dark, narrow", async () => {
	for (const colorScheme of ["light", "dark"]) {
		const { context, page } = await device({ javaScriptEnabled: true, bypassCSP: true, colorScheme, viewport: { width: 320, height: 640 } });
		const path = await mailed(`${colorScheme}@axe.example`, "ru");
		const fits = () => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);

		for (const at of ["/remind/noted?l=en&n=5", `/remind/noted?l=ru&m=${next}`, path, "/remind/x"]) {
			await page.goto(s.url + at);
			assert.deepEqual(await axe(page), [], at);
			assert.ok(await fits(), at);
			if (process.env.SHOTS)
				await page.screenshot({ path: `${process.env.SHOTS}/${colorScheme}${at.replace(/\W+/g, "-").slice(0, 20)}.png` });
		}
		await page.goto(s.url + path);
		await page.getByRole("button", { name: "Отключить напоминания" }).press("Enter");
		await page.getByRole("heading", { name: "Напоминания отключены" }).waitFor();
		assert.deepEqual(await axe(page), []);
		await context.close();
	}
});

test("invariants", () => s.invariants());
