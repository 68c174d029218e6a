// What readers feel of the widget, by the web-vitals library: does anything shift, and how long does a touch wait for its answer.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { page_with } from "./stage.mjs";
import { asked, decision, rendered, ready, scene } from "./lib_widget.mjs";

const library = await readFile(createRequire(import.meta.url).resolve("web-vitals").replace(/[^/]*$/, "web-vitals.js"), "utf8");
const files = { "/vitals.js": () => ({ type: "text/javascript", body: library }), "/watch.js": () => ({ type: "text/javascript", body: `
	import { onCLS, onINP } from "/vitals.js";
	window.vitals = { CLS: null, INP: null };
	const keep = (m) => { window.vitals[m.name] = m.value };
	onCLS(keep, { reportAllChanges: true });
	onINP(keep, { reportAllChanges: true, durationThreshold: 16 });` }) };
const watched = (routes) => ({ ...routes, ...files, "/": routes["/"].replace("<head>", '<head><script type="module" src="/watch.js"></script>') });

// What any page does: how quiet is the machine?
const PLAIN = page_with("<p><label><input type=checkbox> Choice</label> <input name=word></p>", { long: false });

async function touch_plain(page) {
	for (let n = 0; n < 6; n++)
		await page.locator("[type=checkbox]").click();
	await page.locator("[name=word]").pressSequentially("some words");
	await page.waitForTimeout(400);
}

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

// pages: name → what a site with that prompt serves.
export const pages = { appeal: asked(decision("appeal")), bar: asked(decision("bar")),
	rendered: { "/": page_with(await rendered("appeal"), { long: false }) } };

// calm: how long a touch takes on a page without us, in ms; 0: too short to be measured.
export async function calm(browser) {
	let seen;

	await scene(browser, watched({ "/": PLAIN }), async (page, site) => {
		await page.goto(site.url);
		await page.waitForFunction(() => window.vitals);
		await touch_plain(page);
		seen = await page.evaluate(() => window.vitals.INP);
	});
	return seen ?? 0;
}

// vitals: one reader uses the whole form. Gives {CLS, INP in ms}; INP null: no touch was measured.
export async function vitals(browser, name) {
	let seen;

	await scene(browser, watched(pages[name]), async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await touch(page, name);
		seen = await page.evaluate(() => window.vitals);
	});
	return { CLS: seen.CLS ?? 0, INP: seen.INP };
}
