// The editor's page in a real browser: what a screenshot would show wrong is measured, in three widths and in the dark;
// and what the page shows of a variant is, to the pixel, what /prompt of a running service gives. The pictures are kept
// in build/browser.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { build, root, stack } from "../walk/lib/stack.mjs";
import { axe, open_browser } from "./stage.mjs";

const PICTURES = join(root, "build/browser");
const css = join(root, "build/widget/pledged.css");
const dir = await mkdtemp(join(tmpdir(), "pledged-preview-"));
const browser = await open_browser();

await mkdir(PICTURES, { recursive: true });
after(async () => {
	await browser.close();
	await rm(dir, { recursive: true, force: true });
});

const EVIL = "</style><script>document.title='caught'</script>\"><img src=x onerror=\"document.title='caught'\">";
const EN = { topline: "{raised} of {goal}: help us over the line.", title: "You have read {articles|article|articles} this month",
	body: "Readers pay for them.\n\n{days_left|day is|days are} left.", button: "Give today", later: "Remind me later" };
const RU = { topline: "Собрано {raised} из {goal}: помогите дойти до цели.", title: "В этом месяце вы прочли {articles|статью|статьи|статей}",
	body: "За них платят читатели.\n\nДо конца {days_left|день|дня|дней}.", button: "Поддержать сегодня", later: "Напомнить позже" };
const AR = { topline: "جمعنا {raised} من {goal}: ساعدنا على بلوغ الهدف.", title: "قرأت هذا الشهر مقالات كثيرة", body: "القراء هم من يدفع ثمنها.\n\nنشكرك على كل مساهمة.",
	button: "ساهم اليوم", later: "ذكرني لاحقا" };
const LONG = { ...EN, topline: "Donaudampfschifffahrtsgesellschaftskapitän ".repeat(4).trim(), title: "W".repeat(80), button: "Contribute to the paper today." };
const ENDLESS = { topline: "W".repeat(200), title: "W".repeat(200), body: "W".repeat(2000), button: "W".repeat(60), later: "W".repeat(60) };
const winter = { campaign: "winter", site: "demo", kind: "appeal", format: "line", priority: 1, start: "2026-01-01T00:00:00Z", end: "2096-01-01T00:00:00Z",
	goal: { amount: "20000", currency: "EUR" }, cover: { percent: "1.5", fixed: "0.25" },
	amounts: { currency: "EUR", once: ["5", "10", "25"], month: ["3", "5"], preselect: { interval: "once", amount: "10" } },
	variants: [{ variant: "count", share: 80, text: { en: EN, ru: RU, ar: AR } }, { variant: "nothing", share: 20, control: true }] };
const gate = { ...winter, campaign: "gate", kind: "wall", format: undefined, meter: { window: "month", allowance: 3, then: "wall" },
	variants: [{ variant: "a", share: 100, text: { en: EN } }] };
const one = (campaign, texts) => ({ ...winter, campaign, variants: [{ variant: "a", share: 100, text: { en: texts } }] });

// page_of: the address of the page of these campaigns.
async function page_of(name, ...docs) {
	const to = join(dir, name);

	await mkdir(to);
	for (const doc of docs)
		await writeFile(join(to, `${doc.campaign}.json`), JSON.stringify(doc));
	execFileSync(resolve(root, build, "pledgectl"), ["preview", "--html", `${to}.html`, "--css", css, to], { stdio: "pipe" });
	return pathToFileURL(`${to}.html`).href;
}

// shown: a page of the browser, with all that it said and asked for.
async function shown(url, { width = 1280, ...more } = {}) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, ...more });
	const page = await context.newPage();
	const noise = [], asked = [];

	page.on("console", (m) => noise.push(m.text()));
	page.on("pageerror", (e) => noise.push(String(e)));
	page.on("dialog", (d) => { noise.push(d.message()); d.dismiss(); });
	page.on("request", (r) => asked.push(r.url()));
	if (url)
		await page.goto(url);
	return { page, noise, asked, close: () => context.close() };
}

// misplaced: what sticks out of its frame, is cut, or lies over something else.
const misplaced = (page) => page.evaluate(() => {
	const wrong = [];
	const name = (e) => `${e.closest("figure")?.id ?? ""} ${e.className || e.tagName}: ${e.textContent.trim().slice(0, 30)}`;
	const visible = (e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";

	if (document.documentElement.scrollWidth > innerWidth)
		wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
	for (const paper of document.querySelectorAll(".paper")) {
		const frame = paper.getBoundingClientRect();
		const boxes = [...paper.querySelectorAll(".lines, .pledged-topline a, .pledged-title, .pledged-body, .pledged-goal, legend, .pledged-choice, .pledged-cover, " +
			".pledged-field > *, .pledged-give, .pledged-note")].filter(visible);

		if (boxes.length === 0 && visible(paper))
			wrong.push(`${name(paper)} shows nothing`);
		for (const [i, e] of boxes.entries()) {
			const a = e.getBoundingClientRect();

			if (a.left < frame.left - 0.5 || a.right > frame.right + 0.5 || a.bottom > frame.bottom + 0.5)
				wrong.push(`${name(e)} sticks out`);
			if (e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
				wrong.push(`${name(e)} is cut`);
			for (const other of boxes.slice(i + 1)) {
				const b = other.getBoundingClientRect();

				if (!e.contains(other) && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 0.5 &&
				    Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 0.5)
					wrong.push(`${name(e)} lies over ${name(other)}`);
			}
		}
	}
	for (const e of document.querySelectorAll("h1, h2, h3, p, td, th, dt, dd, li, figcaption"))
		if (visible(e) && !e.closest(".paper") && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 0)
			wrong.push(`${name(e)} is cut`);
	return wrong;
});

// Each prompt is there in several formats, so two landmarks of one name are meant.
const findings = async (page) => (await axe(page)).filter((v) => !v.startsWith("landmark-unique"));

// picture: of the page from its top, as much as a screenshot holds.
const picture = async (page, name) => page.screenshot({ path: join(PICTURES, `preview-${name}.png`), fullPage: true,
	clip: { x: 0, y: 0, width: await page.evaluate(() => innerWidth), height: Math.min(12000, await page.evaluate(() => document.documentElement.scrollHeight)) } });

// --- the page ------------------------------------------------------------------------------------

const fine = await page_of("fine", winter, gate);

for (const [name, options] of [["wide", {}], ["middle", { width: 820 }], ["phone", { width: 390 }], ["dark", { colorScheme: "dark" }],
	["phone-dark", { width: 390, colorScheme: "dark" }]])
	test(`${name}: nothing overflows, is cut or lies over another, and axe-core finds nothing`, async () => {
		const { page, noise, asked, close } = await shown(fine, options);

		assert.deepEqual(await misplaced(page), []);
		assert.deepEqual(await findings(page), []);
		await picture(page, name);
		assert.equal(await page.locator("figure:visible").count(), 16);
		assert.equal(await page.locator(".phone:visible").count(), name.startsWith("phone") ? 0 : 16);
		assert.deepEqual(noise, []);
		assert.deepEqual(asked, [fine]);
		await close();
	});

test("texts as long as they may be stay within their frames", async () => {
	const url = await page_of("long", one("long", LONG));

	for (const width of [1280, 390]) {
		const { page, close } = await shown(url, { width });

		assert.deepEqual(await misplaced(page), []);
		assert.ok(await page.locator("td .warn").count() >= 2);
		await picture(page, `long-${width}`);
		await close();
	}
	const { page, close } = await shown(await page_of("endless", one("endless", ENDLESS)), { width: 390 });

	assert.deepEqual((await misplaced(page)).filter((line) => line.startsWith("the page")), [], "what is beyond measure is cut at its frame");
	await close();
});

test("Arabic is laid out from the right", async () => {
	const { page, close } = await shown(fine);

	for (const format of ["line", "appeal", "bar", "inline", "modal"]) {
		const found = await page.locator(`[id="demo.winter.count.ar.${format}"] .paper`).evaluateAll((papers) => papers.map((paper) => {
			const section = paper.querySelector("section");
			const line = [...section.querySelectorAll(".pledged-title, .pledged-topline")].find((e) => e.getClientRects().length > 0);
			const range = document.createRange();
			const choices = [...section.querySelectorAll(".pledged-intervals .pledged-choice")].map((e) => e.getBoundingClientRect());
			const frame = line.getBoundingClientRect();

			range.selectNodeContents(line);
			const words = range.getBoundingClientRect();

			return { direction: getComputedStyle(section).direction, lang: section.closest("[lang]").lang,
				start: getComputedStyle(line).textAlign === "center" ? 0 : Math.round(frame.right - words.right),
				from_right: choices[0].width === 0 || choices[0].right > choices[1].right };
		}));

		assert.deepEqual(found, Array(2).fill({ direction: "rtl", lang: "ar", start: 0, from_right: true }), format);
	}
	assert.equal(await page.locator('[id="demo.winter.count.en.appeal"] section').first().evaluate((e) => getComputedStyle(e).direction), "ltr");
	await page.locator('[id="demo.winter.count.ar.appeal"]').screenshot({ path: join(PICTURES, "preview-arabic.png") });
	await page.locator('[id="demo.winter.count.ar.bar"]').screenshot({ path: join(PICTURES, "preview-arabic-bar.png") });
	await close();
});

test("a line and a bar are shown before they unfold, and a click leads to the rest", async () => {
	const { page, close } = await shown(fine);

	for (const format of ["line", "bar"]) {
		const figure = page.locator(`[id="demo.winter.count.en.${format}"]`);

		assert.equal(await figure.locator(".pledged-topline:visible").count(), 2);
		assert.equal(await figure.locator("form:visible, .pledged-body:visible").count(), 0);
		await figure.locator("figcaption a").click();
		assert.ok(page.url().endsWith("#demo.winter.count.en.modal"));
		assert.ok(await page.locator('[id="demo.winter.count.en.modal"]').evaluate((e) => Math.abs(e.getBoundingClientRect().top) < innerHeight));
	}
	await close();
});

test("script in the texts does not run, and nothing can be sent", async () => {
	const evil = await page_of("evil", one("evil", { topline: EVIL, title: EVIL, body: EVIL, button: EVIL.slice(0, 60), later: EVIL.slice(0, 60) }));
	const { page, noise, asked, close } = await shown(evil);

	assert.equal(await page.title(), "Preview of campaigns");
	assert.equal(await page.locator("script, img, iframe, [onerror]").count(), 0);
	assert.equal(await page.locator(".pledged-title").first().textContent(), EVIL);
	assert.deepEqual(noise, []);
	await page.locator(".pledged-give:visible").first().click({ noWaitAfter: true });
	await page.waitForTimeout(200);
	assert.equal(page.url(), evil);
	assert.deepEqual(asked, [evil]);
	await close();
});

// --- the same as a reader gets -------------------------------------------------------------------

// differing: how many pixels of two pictures differ, but for the last row: a prompt ends within it, and what lies under
// the prompt shows; or which sizes, when they are not of one.
const differing = (page, a, b) => page.evaluate(async (urls) => {
	const [x, y] = await Promise.all(urls.map(async (url) => {
		const image = new Image();

		image.src = url;
		await image.decode();
		const { width, height } = image;
		const at = new OffscreenCanvas(width, height).getContext("2d");

		at.drawImage(image, 0, 0);
		return { width, height, data: new Uint32Array(at.getImageData(0, 0, width, height).data.buffer) };
	}));

	if (x.width !== y.width || x.height !== y.height)
		return `${x.width} x ${x.height} is not ${y.width} x ${y.height}`;
	return x.data.filter((v, i) => i < x.width * (x.height - 1) && v !== y.data[i]).length;
}, [a, b].map((png) => `data:image/png;base64,${png.toString("base64")}`));

// boxes: where everything in a prompt lies, from its corner, and what it says.
const boxes = (prompt) => prompt.evaluate((host) => {
	const corner = host.getBoundingClientRect();

	return [...host.querySelectorAll("*")].filter((e) => e.getClientRects().length > 0).map((e) => {
		const r = e.getBoundingClientRect();

		return [e.tagName, ...[r.x - corner.x, r.y - corner.y, r.width, r.height].map((n) => Math.round(n * 10) / 10),
			e.children.length === 0 ? e.textContent : ""].join(" ");
	});
});

test("a variant is what /prompt of a running service gives: the same boxes, text and pixels", async () => {
	const s = await stack({ name: "preview", views: 1, moneys: 1, set: { "view.deadline_ms": 3000 } });
	const facts = ["--country", "LV", "--articles", "3"];
	const link = (await s.ctl("preview", "support", "--variant", "b", "--page", "/en/news/night-ferry", ...facts)).stdout.trim();
	const { pathname, search } = new URL(link, s.url);
	const { text } = await s.client().get(pathname + search);
	const [token] = /data-token="([^"]+)"/.exec(text).slice(1);
	const fragment = (await s.client().get(`/prompt?d=${encodeURIComponent(token)}&l=en`)).text;
	const style = (await s.client().get("/pledged.css")).text;
	const served = join(dir, "served.css");

	await writeFile(served, style);
	await chmod(dir, 0o755);
	const made = await s.ctl("preview", "--html", "-", "--css", served, ...facts);

	assert.match(fragment, /data-variant="b"/);
	assert.equal(made.code, 0, made.stderr);
	await writeFile(join(dir, "published.html"), made.stdout);
	const preview = await shown(pathToFileURL(join(dir, "published.html")).href);
	const paper = await shown(null);

	// The stylesheet of the running service and the page's own type, without scripts, in a window of its width.
	for (const [view, width, inside] of [["wide", 1280, 720], ["phone", 390, 390]]) {
		const live = await shown(null, { width, javaScriptEnabled: false });

		await live.page.setContent(`<!doctype html><style>${style}</style><style>body { margin: 0; overflow-wrap: break-word;
			font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif } main { inline-size: ${inside}px }</style>
			<main>${fragment}</main>`, { waitUntil: "load" });
		const ours = preview.page.locator(`[id="demo.support.b.en.appeal"] .${view} .pledged`);
		const theirs = live.page.locator("main .pledged");

		assert.deepEqual(await boxes(ours), await boxes(theirs), view);
		// Letters are drawn by where they lie between pixels: both prompts go to a corner.
		await ours.evaluate((prompt) => {
			const { style, offsetWidth } = prompt.closest(".paper");

			Object.assign(style, { position: "absolute", zIndex: 1, boxShadow: "none", background: "#fff", insetBlockStart: 0, insetInlineStart: 0, inlineSize: `${offsetWidth}px` });
			prompt.previousElementSibling.remove();
		});
		const [a, b] = [await ours.screenshot({ path: join(PICTURES, `preview-same-${view}.png`) }),
			await theirs.screenshot({ path: join(PICTURES, `preview-live-${view}.png`) })];

		assert.equal(await differing(paper.page, a, b), 0, view);
		await live.close();
	}
	await preview.close();
	await paper.close();
	await s.invariants();
});
