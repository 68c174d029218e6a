// What readers feel, by the web-vitals library: nothing shifts, and every touch is answered within 50 ms. A machine that is
// busy with other things is slow by itself: the best of some tries counts.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { open_browser, page_with } from "./stage.mjs";
import { asked, decision, rendered, ready, scene } from "./lib_widget.mjs";

const TRIES = 6;
const INP_MS = 50;
const library = await readFile(createRequire(import.meta.url).resolve("web-vitals").replace(/[^/]*$/, "web-vitals.js"), "utf8");
let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

const files = { "/vitals.js": () => ({ type: "text/javascript", body: library }), "/watch.js": () => ({ type: "text/javascript", body: `
	import { onCLS, onINP } from "/vitals.js";
	window.vitals = { CLS: null, INP: null };
	const keep = (m) => { window.vitals[m.name] = m.value };
	onCLS(keep, { reportAllChanges: true });
	onINP(keep, { reportAllChanges: true, durationThreshold: 16 });` }) };
const watched = (routes) => ({ ...routes, ...files, "/": routes["/"].replace("<head>", '<head><script type="module" src="/watch.js"></script>') });

async function touch(page, format) {
	if (format === "bar")
		await page.locator(".pledged-bar .pledged-give").click();
	await page.getByText("Monthly").click();
	await page.getByText("Once").click();
	await page.getByText("€25", { exact: true }).click();
	await page.getByText("Other amount", { exact: true }).click();
	await page.locator("[name=other_amount]").pressSequentially("12.5");
	await page.locator("[name=cover]").click();
	await page.locator("[name=email]").pressSequentially("no");
	await page.locator(".pledged-form .pledged-give").click();
	await page.locator(".pledged-error").waitFor();
	await page.getByRole("button", { name: "Remind me by e-mail" }).click();
	await page.locator(".pledged-remind").waitFor();
	await page.getByRole("button", { name: "Back" }).click();
	await page.waitForTimeout(400);
}

const pages = { appeal: asked(decision("appeal")), bar: asked(decision("bar")),
	rendered: { "/": page_with(await rendered("appeal"), { long: false }) } };

for (const [format, routes] of Object.entries(pages))
	test(`${format}: CLS 0, INP under ${INP_MS} ms`, async () => {
		let best = Infinity;

		for (let n = 0; n < TRIES && !(best < INP_MS); n++)
			await scene(browser, watched(routes), async (page, site) => {
				await page.goto(site.url);
				await ready(page);
				await touch(page, format);
				const { CLS, INP } = await page.evaluate(() => window.vitals);

				assert.equal(CLS ?? 0, 0);
				assert.ok(INP !== null, "touches were measured");
				best = Math.min(best, INP);
			});
		console.log(`# ${format}: INP ${best} ms`);
		assert.ok(best < INP_MS, `${best} ms`);
	});
