// lib_widget.mjs: what the widget's tests share: decisions in three languages, a rendered prompt of any format, and one
// scene: a site, a page, and both gone afterwards.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { appeal, fragment, json, open_page, open_site, page_with } from "./stage.mjs";

export const FORMATS = ["appeal", "line", "bar", "inline", "modal", "wall"];
export const LANGS = { en: "ltr", ru: "ltr", ar: "rtl" };
export const made = { pledge: "p_1", status: "offered", amount: "10.00", currency: "EUR", interval: "once" };

const TEXTS = {
	en: { topline: "Now is the time.", title: "We need your help", body: "First paragraph.\n\nSecond <b>not bold</b>.",
		button: "Contribute today", later: "Remind me later" },
	ru: { topline: "Сейчас самое время.", title: "Нам нужна ваша помощь", body: "Первый абзац.\n\nВторой абзац.",
		button: "Поддержать сегодня", later: "Напомнить позже" },
	ar: { topline: "حان الوقت.", title: "نحتاج إلى دعمك", body: "الفقرة الأولى.\n\nالفقرة الثانية.",
		button: "ادعمنا اليوم", later: "ذكّرني لاحقًا" },
};

// decision: an answer of /decide with everything that a campaign can offer.
export function decision(format, lang = "en", more = {}) {
	const wall = format === "wall";

	return { ...appeal, act: wall ? "wall" : "prompt", prompt: { ...appeal.prompt, ...TEXTS[lang], locale: lang, kind: wall ? "wall" : "appeal",
		format, amounts: { once: ["5.00", "10.00", "25.00"], month: ["3.00", "5.00", "12.50"], year: ["30.00", "60.00"] },
		cover: { percent: "1.5", fixed: "0.25" }, monthly_step: false, remind: true,
		goal: { raised: "12345.00", goal: "20000.00", currency: "EUR", percent: 61, supporters: 311, days_left: 12 }, ...more } };
}

// rendered: the same as the server puts it into a page (src/web/fragment.c).
export async function rendered(format) {
	const wall = format === "wall";
	const text = await fragment(wall ? "wall" : "appeal");

	return text.replace("<pledged-prompt ", `<pledged-prompt data-format="${format}" data-cover-percent="1.5" data-cover-fixed="0.25" data-remind="true" `)
	    .replace('<form class="pledged-form"', `<div class="pledged-goal" role="group" aria-label="Raised so far">
<progress max="100" value="61" aria-label="61 %">61 %</progress>
<p class="pledged-goal-text">€12,345 of €20,000 · 311 gifts · 12 days left</p>
</div>
<form class="pledged-form"`)
	    .replace('<p class="pledged-field"><label for="pledged-email">', `<label class="pledged-cover"><input type="checkbox" name="cover" value="1"><span>Add the payment fee (1.5 % + €0.25), so that the whole gift arrives</span></label>
<p class="pledged-field"><label for="pledged-email">`);
}

// scene: options are the browser's; dir is another build of the widget.
export async function scene(browser, routes, play, { dir, ...options } = {}) {
	const site = await open_site(routes, { dir });
	const { page, noise, close } = await open_page(browser, options);

	try {
		await play(page, site, noise);
	} finally {
		await close();
		await site.close();
	}
}

export const place = (attrs = "") => `<pledged-prompt article="/live/x" section="live" ${attrs}></pledged-prompt>`;

// asked: a page whose script asks, and the answer it gets.
export const asked = (answer, { attrs = "", ...options } = {}) =>
	({ "/": page_with(place(attrs), options), "/decide": () => json(answer) });

export const ready = (page) => page.waitForSelector("pledged-prompt[data-on]", { state: "attached" });
export const heard = (page, name) => page.evaluate((n) => window.heard.filter((h) => h[0] === n), name);

export async function until(what, ms = 20000) {
	const end = Date.now() + ms;

	while (!await what()) {
		assert.ok(Date.now() < end, "waited too long");
		await new Promise((done) => setTimeout(done, 25));
	}
}

// active: what has the focus, through all shadow roots: tag, class, text.
export const active = (page) => page.evaluate(() => {
	let n = document.activeElement;

	while (n?.shadowRoot?.activeElement)
		n = n.shadowRoot.activeElement;
	return `${n.localName} ${n.className} ${n.textContent.trim()}`;
});

// picture: kept under build/ for somebody to look at.
const shots = new URL("../../build/widget-shots/", import.meta.url).pathname;

export async function picture(page, name) {
	mkdirSync(shots, { recursive: true });
	await page.screenshot({ path: `${shots}${name}.png` });
}
