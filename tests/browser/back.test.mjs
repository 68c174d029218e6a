// Back from the provider's page to a page that the browser has not kept: the same gift is the same pledge, anything else is
// one of its own, and what was paid can be given once more; with and without scripts, whichever way the form has come.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { open_browser } from "./stage.mjs";

const [FIRST, SECOND] = ["/en/news/night-ferry", "/en/news/silent-gauge"];
// The tickets of forms as shipped: a form that is sent once more has used its own.
const s = await stack({ name: "back", views: 1, moneys: 4, set: { "view.deadline_ms": 3000, "form.ticket": "on", "form.min_ms": 0, "risk.challenge": 0, "risk.refuse": 0 } });
const browser = await open_browser();

after(() => browser.close());

// Where a form stands, and the pages on the way there. The cookie changes with the second article.
const WAYS = { "the contribution page": ["/contribute/"], "the contribution page, after articles": [FIRST, SECOND, "/contribute/"],
	"an article": [FIRST, SECOND], "an article that asks by script": [FIRST, "/live/ice-watch"], "the form alone": ["/prompt?form=1"] };
const ONLY = { "an article that asks by script": true, "the form alone": false };
const ALL = Object.keys(WAYS).flatMap((way) => [true, false].filter((scripts) => (ONLY[way] ?? scripts) === scripts).map((scripts) => ({ way, scripts })));
const name = ({ way, scripts }) => `${way}, ${scripts ? "with" : "without"} scripts`;

// donor: in a browser of their own. What /pledge answers is noted: nobody is to hear that a key was used before.
async function donor({ way, scripts }, context) {
	context ??= await browser.newContext({ javaScriptEnabled: scripts });
	const page = await context.newPage();
	const answers = [];

	page.on("response", (r) => new URL(r.url()).pathname === "/pledge" && answers.push(r.status()));
	for (const path of WAYS[way])
		await page.goto(s.url + path);
	return { context, page, scripts, form: page.url(), length: await page.evaluate(() => history.length), end: async () => {
		assert.ok(!answers.includes(422), `${answers}`);
		await context.close();
	} };
}

// gives: to the provider's page, whose address it gives. What was typed before may stand there still.
async function gives({ page, scripts }, { amount = "€10", often = "Once", email = "" } = {}) {
	if (scripts)
		await page.locator("pledged-prompt[data-on]").first().waitFor({ state: "attached" });
	const form = page.locator('form[action="/pledge"]');

	await form.locator(".pledged-intervals").getByText(often, { exact: true }).click();
	await form.locator(".pledged-amounts").getByText(amount, { exact: true }).click();
	await form.locator("[name=email]").fill(email);
	await form.locator(".pledged-give").click();
	if (scripts && often === "Once")
		await page.getByRole("button", { name: /^No, .* once$/ }).click();
	await page.waitForURL((url) => url.origin === s.provider.url || url.pathname === "/pledge");
	if (new URL(page.url()).pathname === "/pledge")	// its ticket was used: a page with all that was typed
		await form.locator(".pledged-give").click();
	await page.waitForURL(`${s.provider.url}/**`);
	return page.url();
}

// back: to the form, in a document that is not the one that was left.
async function back({ page, form, length }) {
	await page.reload();
	await page.evaluate((n) => history.go(n - history.length), length);
	await page.waitForURL(form);
	assert.equal(await page.evaluate(() => globalThis.seen_before), undefined, "the browser has kept nothing");
}

const leave = (d) => d.page.evaluate(() => (globalThis.seen_before = true));
const pledges = () => s.count("SELECT count(*) FROM pledged.pledge");

async function gives_and_comes_back(d, gift) {
	await leave(d);
	const url = await gives(d, gift);

	await back(d);
	return url;
}

async function pays(d) {
	const paid = () => s.count("SELECT count(*) FROM pledged.pledge WHERE status = 'paid'");
	const before = await paid();

	await d.page.getByRole("button", { name: /^Pay/ }).first().click();
	await d.page.waitForURL(/\/thanks\//);
	await until("it is booked", async () => await paid() === before + 1);
}

for (const kind of ALL)
	test(`the same gift is one pledge: ${name(kind)}`, async () => {
		const d = await donor(kind);
		const before = await pledges();
		const first = await gives_and_comes_back(d);

		assert.equal(await gives_and_comes_back(d), first);
		assert.equal(await gives(d), first);
		assert.equal(await pledges(), before + 1);
		await d.end();
	});

for (const kind of ALL)
	test(`another amount, address or interval is a pledge of its own, and the first one is there still: ${name(kind)}`, async () => {
		const d = await donor(kind);
		const before = await pledges();
		const all = [{}, { amount: "€25" }, { email: "one@mail.example" }, { email: "two@mail.example" }, { often: "Monthly" }];
		const gifts = kind.way === "an article that asks by script" ? all.slice(0, 2) : all;	// it asks so often and no more
		const first = [], again = [];

		for (const gift of gifts)
			first.push(await gives_and_comes_back(d, gift));
		for (const gift of gifts.slice(0, -1))
			again.push(await gives_and_comes_back(d, gift));
		assert.deepEqual(again, first.slice(0, -1));
		assert.equal(new Set(first).size, gifts.length);
		assert.equal(await pledges(), before + gifts.length);
		await d.end();
	});

for (const kind of ALL.filter(({ way }) => way.startsWith("the contribution page")))
	test(`what was paid is given once more: ${name(kind)}`, async () => {
		const d = await donor(kind);
		const before = await pledges();
		const first = await gives(d);

		await pays(d);
		await back(d);
		const second = await gives_and_comes_back(d);

		assert.notEqual(second, first);
		assert.equal(await gives(d), second, "and is not paid yet");
		await pays(d);
		await d.page.goto(d.form);
		const third = await gives(d);

		assert.equal(new Set([first, second, third]).size, 3);
		assert.equal(await pledges(), before + 3);
		await pays(d);
		await d.end();
	});

for (const scripts of [true, false])
	test(`two tabs ${scripts ? "with" : "without"} scripts: each has its own gifts, and the same gift is one`, async () => {
		const one = await donor({ way: "the contribution page, after articles", scripts });
		const two = await donor({ way: "the contribution page", scripts }, one.context);
		const before = await pledges();
		const ten = await gives(one);
		const more = await gives_and_comes_back(two, { amount: "€25" });

		assert.notEqual(more, ten);
		assert.equal(await gives(two), ten);
		assert.equal(await pledges(), before + 2);
		await one.end();
	});

test("two readers who give the same, with the same address, have a pledge each", async () => {
	const gift = { email: "both@mail.example" };
	const urls = [];

	for (const way of ["the contribution page", "the contribution page, after articles", "an article"])
		for (let i = 0; i < 2; i++) {
			const d = await donor({ way, scripts: true });

			urls.push(await gives(d, gift));
			await d.end();
		}
	assert.equal(new Set(urls).size, urls.length);
});

test("the browser is asked to keep nothing, and may refuse to", async () => {
	const kind = { way: "an article that asks by script", scripts: true };
	const context = await browser.newContext();

	await context.addInitScript(() => {
		const no = () => {
			throw new DOMException("no", "SecurityError");
		};

		for (const what of ["sessionStorage", "localStorage", "indexedDB"])
			Object.defineProperty(globalThis, what, { get: no });
		history.replaceState = history.pushState = no;
	});
	const d = await donor(kind, context);
	const before = await pledges();
	const first = await gives_and_comes_back(d, { email: "kept@mail.example" });

	assert.equal(await d.page.evaluate(() => history.state), null);
	assert.equal(await gives(d, { email: "kept@mail.example" }), first);
	assert.equal(await pledges(), before + 1);
	await d.end();
});

test("an address with a pledge's token is kept nowhere, a page without one by the browser alone", async () => {
	const kept = async (path) => (await s.request(path)).headers["cache-control"];

	for (const path of ["/contribute/", "/ru/contribute/", "/thanks/", "/prompt?form=1"])
		assert.equal(await kept(path), "private, no-cache", path);
	for (const path of ["/contribute/?p=zAoL3jZC", "/ru/contribute/?l=ru&p=zAoL3jZC", "/thanks/?p=zAoL3jZC", "/prompt?d=x", "/prompt"])
		assert.equal(await kept(path), "private, no-store", path);
});

test("invariants", () => s.invariants());
