// The goal: the formats that the paper's own campaigns do not use are met on pages of the demo, as the demo's own campaigns say.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { after, test } from "node:test";

import { root, stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { axe, open_browser } from "./stage.mjs";

const s = await stack({ name: "formats", views: 1, moneys: 1, set: { "view.deadline_ms": 3000 } });
const browser = await open_browser();
const pictures = join(root, "build/site");
const applied = await s.ctl("campaign", "apply", join(root, "deploy/campaigns"));

mkdirSync(pictures, { recursive: true });
after(() => browser.close());
assert.equal(applied.code, 0, applied.stderr);
await until("the campaigns are in force", async () => (await s.client().get("/goal?campaign=support")).status < 500);

const PLACES = { bar: ["/en/news/swing-bridge", ".pledged-bar"], "bar-ru": ["/ru/news/most-na-chetyre-nochi", ".pledged-bar"],
	line: ["/en/culture/map-of-a-moving-coast", ".pledged-top-slot .pledged-line"], inline: ["/live/ice-watch", ".entry-ask section.pledged-appeal"] };

for (const [name, [path, part]] of Object.entries(PLACES))
	test(`${name}: ${path}`, async () => {
		const context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
		const page = await context.newPage();

		await page.goto(`${s.url}/en/news/night-ferry`);
		await until("the prompt is there", async () => {
			await page.goto(s.url + path);
			return page.locator(part).waitFor({ state: "attached", timeout: 5000 }).then(() => true, () => false);
		}, 60);
		await page.locator(part).scrollIntoViewIfNeeded();
		if (name === "inline")
			assert.ok(await page.evaluate(() => {
				const at = document.querySelector(".entry-ask");

				return at.previousElementSibling.matches(".entry") && at.nextElementSibling.matches(".entry");
			}), "between two entries");
		assert.equal(await page.locator("pledged-prompt[data-on]").count(), 1);
		assert.deepEqual(await axe(page), []);
		await page.screenshot({ path: join(pictures, `format-${name}.png`) });
		await context.close();
	});

test("invariants", () => s.invariants());
