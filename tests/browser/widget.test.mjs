// The widget in a real browser: what a reader sees and what leaves the page. The service's answers
// are made up here; the walk against the real one is in tests/walk.

import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { appeal, axe, fragment, json, open_browser, open_page, open_site, page_with } from "./stage.mjs";

let browser;

before(async () => {
	browser = await open_browser();
});

after(() => browser?.close());

// scene: one site, one page, and both gone afterwards.
async function scene(routes, play, options) {
	const site = await open_site(routes);
	const { page, noise, close } = await open_page(browser, options);

	try {
		await play(page, site, noise);
	} finally {
		await close();
		await site.close();
	}
}

const made = { pledge: "p_1", status: "offered", amount: "10.00", currency: "EUR", interval: "once" };
const rendered = async (options) => ({ "/": page_with(await fragment("appeal"), options) });
const ready = (page) => page.waitForSelector("pledged-prompt[data-on]");
const heard = (page, name) => page.evaluate((n) => window.heard.filter((h) => h[0] === n), name);

async function until(what, ms = 5000) {
	const end = Date.now() + ms;

	while (!await what()) {
		assert.ok(Date.now() < end, "waited too long");
		await new Promise((done) => setTimeout(done, 25));
	}
}

test("a rendered prompt is enhanced, its top line moves up, and nothing shifts", async () => {
	await scene(await rendered(), async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		assert.equal(await page.locator(".pledged-top-slot .pledged-topline").count(), 1);
		assert.equal(await page.locator("pledged-prompt .pledged-topline").count(), 0);
		assert.deepEqual(await page.locator(".pledged-way").allTextContents(),
		    ["Remind me later (in 3 days)", "Not now (for 7 days)", "I already support you", "Do not ask me again"]);
		assert.equal(await page.evaluate(() => window.shift), 0);
		assert.equal((await heard(page, "decision"))[0][1].campaign, "support");
		assert.equal(site.to("/decide").length, 0);
		assert.deepEqual(noise, []);
		assert.deepEqual(await heard(page, "csp"), []);
	});
});

test("a top line too long for its place is set smaller, or stays with the appeal", async () => {
	const line = async (n) => (await fragment("appeal")).replace("from this coast", "and so ".repeat(n));

	for (const [n, place] of [[2, ".pledged-top-slot"], [8, "body"], [11, "body"],
		[90, "pledged-prompt"]])
		await scene({ "/": page_with(await line(n)) }, async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			assert.ok(await page.locator(`${place} .pledged-topline`).isVisible(), `${n} words`);
			assert.equal(await page.evaluate(() => window.shift), 0);
		}, { viewport: { width: 390, height: 800 } });
});

test("room is kept for the ways out, so that the text under the prompt stays where it is", async () => {
	for (const width of [1280, 390])
		await scene(await rendered({ long: false, top: false }), async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.waitForTimeout(200);
			assert.ok(await page.evaluate(() => window.shift) < 0.02, `at ${width}`);
		}, { viewport: { width, height: 1400 } });
});

test("without scripts the top line heads the appeal and the form posts by itself", async () => {
	let got = "";
	const routes = { ...await rendered(), "/pledge": (req, body) => {
		got = body;
		return { body: "ok" };
	} };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		assert.ok(await page.locator("pledged-prompt .pledged-topline").isVisible());
		assert.ok(!await page.locator("[name=other_amount]").isVisible());
		await page.getByText("€25").click();
		await page.getByRole("button", { name: "Contribute today" }).click();
		const sent = new URLSearchParams(got);

		assert.equal(sent.get("amount"), "25.00");
		assert.equal(sent.get("interval"), "once");
		assert.equal(sent.get("key"), "K".repeat(24));
	}, { javaScriptEnabled: false });
});

test("viewed goes out once, after two fifths of the prompt were visible for a second", async () => {
	await scene(await rendered(), async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.waitForTimeout(1300);
		assert.deepEqual(site.events(), []);
		await page.locator("pledged-prompt").scrollIntoViewIfNeeded();
		await until(() => site.events().length > 0);
		await page.mouse.wheel(0, -4000);
		await page.waitForTimeout(200);
		await page.mouse.wheel(0, 9000);
		await page.waitForTimeout(1400);
		assert.deepEqual(site.events(), ["viewed"]);
		assert.equal(JSON.parse(site.to("/event")[0].body).d, "v1.TOKEN");
		assert.equal((await heard(page, "seen")).length, 1);
	});
});

test("a prompt taller than the screen is seen too", async () => {
	await scene(await rendered(), async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.evaluate(() => document.querySelector("pledged-prompt").scrollIntoView());
		await until(() => site.events().includes("viewed"));
	}, { viewport: { width: 320, height: 360 } });
});

for (const [label, word, note] of [
	["Not now", "closed", "We will not ask for 7 days."],
	["Remind me later", "later", "We will remind you in 3 days."],
	["I already support you", "already_gave", "Thank you"],
	["Do not ask me again", "never", "We will not ask you again"]])
	test(`${word}: the prompt goes, says for how long, and keeps the focus`, async () => {
		await scene(await rendered(), async (page, site) => {
			await page.goto(site.url);
			await ready(page);
			await page.getByRole("button", { name: label }).click();
			await until(() => site.events().includes(word));
			const left = page.getByRole("status");

			assert.match(await left.textContent(), new RegExp(note));
			assert.ok(await left.evaluate((n) => n === n.getRootNode().activeElement));
			assert.equal(await page.locator("form, .pledged-topline").count(), 0);
			assert.equal((await heard(page, "closed"))[0][1].how, word);
			assert.deepEqual(await axe(page), []);
		});
	});

test("a double click is one pledge, and the browser goes to the provider", async () => {
	const routes = await rendered();

	routes["/pledge"] = async () => {
		await new Promise((done) => setTimeout(done, 300));
		return json({ ...made, url: "/provider" }, 201);
	};
	routes["/provider"] = "<title>Provider</title>";
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByRole("button", { name: "Contribute today" }).dblclick();
		await page.waitForURL("**/provider");
		const posts = site.to("/pledge");

		assert.equal(posts.length, 1);
		assert.deepEqual(JSON.parse(posts[0].body), { amount: "10.00", currency: "EUR", interval: "once",
			campaign: "support", token: "v1.TOKEN", locale: "en", key: "K".repeat(24) });
		assert.deepEqual(site.events().filter((e) => e !== "viewed"), ["clicked"]);
	});
});

test("unknown is not failed: 202 leads to the pledge's own page", async () => {
	const routes = await rendered();

	routes["/pledge"] = () => json({ ...made, status: "new" }, 202);
	routes["/pledge/p_1"] = "<title>Your pledge</title>";
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByRole("button", { name: "Contribute today" }).click();
		await page.waitForURL("**/pledge/p_1");
	});
});

test("an address that is none of the web's is not followed", async () => {
	const routes = await rendered();

	routes["/pledge"] = () => json({ ...made, url: "javascript:document.title='caught'" }, 201);
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByRole("button", { name: "Contribute today" }).click();
		await page.waitForSelector(".pledged-error");
		assert.equal(await page.title(), "A page");
	});
});

test("what is wrong stands beside the field, tied to it, and goes when it is mended", async () => {
	const routes = await rendered();
	const answers = [json({ type: "urn:pledged:problem:amount_too_small", title: "Too small", status: 422,
		detail: "The least we can take is €1.", field: "amount" }, 422), json({ ...made, url: "/x" }, 201)];

	routes["/pledge"] = () => answers.shift();
	routes["/x"] = "<title>Provider</title>";
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		const give = page.getByRole("button", { name: "Contribute today" });
		const other = page.getByLabel("Other amount, EUR");

		await page.getByText("Other amount", { exact: true }).click();
		for (const bad of ["", "abc", "0", "-5", "1e3"]) {
			await other.fill(bad);
			await give.click();
			assert.match(await page.locator(".pledged-error").textContent(), /enter an amount/);
		}
		for (const [bad, why] of [["1.234", /at most 2 digits/], ["0,10", /smallest amount that we can take is €1/],
			["10,000.01", /largest amount.*€10,000/]]) {
			await other.fill(bad);
			await give.click();
			assert.match(await page.locator(".pledged-error").textContent(), why);
		}
		const id = await page.locator(".pledged-error").getAttribute("id");

		assert.equal(await other.getAttribute("aria-describedby"), id);
		assert.equal(await other.getAttribute("aria-invalid"), "true");
		assert.ok(await other.evaluate((n) => n === n.getRootNode().activeElement));
		assert.deepEqual(await axe(page), []);
		assert.equal(site.to("/pledge").length, 0);

		await other.fill("1,10");
		assert.equal(await page.locator(".pledged-error").count(), 0);
		await give.click();
		await page.waitForSelector(".pledged-error");
		assert.match(await page.locator(".pledged-error").textContent(), /least we can take/);
		assert.equal(JSON.parse(site.to("/pledge")[0].body).amount, "1.10");

		await other.fill("15");
		await page.getByLabel("E-mail for the receipt").fill("no address");
		await give.click();
		assert.match(await page.locator(".pledged-error").textContent(), /e-mail address/);
		await page.getByLabel("E-mail for the receipt").fill("reader@mail.example");
		await give.click();
		await page.waitForURL("**/x");
		const last = JSON.parse(site.to("/pledge")[1].body);

		assert.equal(last.amount, "15");
		assert.equal(last.email, "reader@mail.example");
		assert.equal(last.key, "K".repeat(24));
	});
});

test("a lost answer: the same content keeps its key, other content gets its own", async () => {
	const routes = await rendered();

	routes["/pledge"] = () => ({ status: 502, body: "<h1>Bad gateway</h1>" });
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		const give = page.getByRole("button", { name: "Contribute today" });
		const tries = async (n) => {
			await give.click();
			await until(() => site.to("/pledge").length === n);
			await page.waitForSelector(".pledged-error");
		};

		await tries(1);
		assert.match(await page.locator(".pledged-error").textContent(), /Nothing has been charged/);
		await tries(2);
		await page.getByText("€25").click();
		await tries(3);
		const keys = site.to("/pledge").map((r) => JSON.parse(r.body).key);

		assert.equal(keys[0], keys[1]);
		assert.notEqual(keys[1], keys[2]);
		assert.match(keys[2], /^[A-Za-z0-9_-]{16,64}$/);
	});
});

test("each interval has its own amounts, and the place in the list is kept", async () => {
	await scene(await rendered(), async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		await page.getByText("Monthly").click();
		assert.deepEqual(await page.locator(".pledged-amounts span").allTextContents(),
		    ["€3", "€5", "€10", "Other amount"]);
		assert.equal(await page.locator("[name=amount]:checked").inputValue(), "5.00");
	});
});

test("by keyboard alone: every stop is reached, shows it, and the arrows choose", async () => {
	const routes = await rendered({ long: false });

	routes["/pledge"] = () => json({ ...made, url: "/x" }, 201);
	routes["/x"] = "<title>Provider</title>";
	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		const at = () => page.evaluate(() => {
			let n = document.activeElement;

			while (n.shadowRoot)
				n = n.shadowRoot.activeElement;
			const shown = getComputedStyle(n.matches(".pledged-choice input") ? n.nextElementSibling : n);

			return [n.name || n.textContent, n.value ?? "", parseFloat(shown.outlineWidth) >= 2];
		});

		await page.keyboard.press("Tab");
		assert.match((await at())[0], /Now is the time/);
		await page.keyboard.press("Tab");
		assert.deepEqual(await at(), ["interval", "once", true]);
		await page.keyboard.press("ArrowRight");
		assert.deepEqual(await at(), ["interval", "month", true]);
		await page.keyboard.press("Tab");
		assert.deepEqual(await at(), ["amount", "5.00", true]);
		await page.keyboard.press("ArrowRight");
		await page.keyboard.press("Tab");
		assert.deepEqual(await at(), ["email", "", true]);
		await page.keyboard.press("Tab");
		assert.deepEqual(await at(), ["Contribute today", "", true]);
		await page.keyboard.press("Enter");
		await page.waitForURL("**/x");
		const sent = JSON.parse(site.to("/pledge")[0].body);

		assert.equal(sent.interval, "month");
		assert.equal(sent.amount, "10.00");
	});
});

test("the page's address tells a source and a pass, and nothing that /decide would refuse", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>', { top: false }),
		"/decide": () => json(appeal) };
	const tell = { "?utm_source=letter&pledged_pass=v1.x": ["letter", "v1.x"], [`?utm_source=${"ж".repeat(32)}`]: ["ж".repeat(32), null],
		[`?utm_source=${"ж".repeat(33)}&pledged_pass=${"x".repeat(201)}`]: [null, null], "?utm_source=a%0Ab": [null, null],
		"?utm_source=a%E2%80%AEb": [null, null] };

	for (const [search, [u, pass]] of Object.entries(tell))
		await scene(routes, async (page, site) => {
			await page.goto(site.url + search);
			await ready(page);
			const ask = new URL(site.to("/decide")[0].url, site.url).searchParams;

			assert.deepEqual([ask.get("u"), ask.get("pass")], [u, pass], search);
		});
});

test("the script-only prompt asks once and builds the same markup, text as text", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x" section="live" locale="en">' +
	    "</pledged-prompt>", { top: false }), "/decide": () => json(appeal) };

	await scene(routes, async (page, site, noise) => {
		await page.goto(site.url);
		await ready(page);
		const ask = new URL(site.to("/decide")[0].url, site.url).searchParams;

		assert.deepEqual([...ask], [["a", "/live/x"], ["s", "live"], ["l", "en"]]);
		assert.equal(site.to("/decide").length, 1);
		assert.deepEqual(await page.locator(".pledged-body").allTextContents(),
		    ["First.", "Second <b>not bold</b>."]);
		assert.deepEqual(await page.locator("[name=interval]").evaluateAll((l) => l.map((n) => n.value)),
		    ["once", "month"]);
		await page.getByText("Monthly").click();
		assert.deepEqual(await page.locator(".pledged-amounts span").allTextContents(),
		    ["€3", "€7.50", "Other amount"]);
		assert.match(await page.locator(".pledged-ways").textContent(), /Not now \(for 1 day\)/);
		assert.equal(await page.evaluate(() => window.shift), 0);
		assert.deepEqual(await axe(page), []);
		assert.deepEqual(noise, []);
		assert.deepEqual(site.to("/csp"), []);
	});
});

test("in Russian: plurals, money and words", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>',
	    { top: false, lang: "ru" }), "/decide": () => json({ ...appeal,
		prompt: { ...appeal.prompt, later: "Напомнить позже", close_days: 7 } }) };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		assert.deepEqual(await page.locator(".pledged-way").allTextContents(),
		    ["Напомнить позже (через 3 дня)", "Не сейчас (на 7 дней)", "Я уже помогаю", "Больше не спрашивать"]);
		assert.equal(await page.locator(".pledged-amounts span").first().textContent(), "5\u00a0€");
		assert.deepEqual(await axe(page), []);
	});
});

test("open means nothing on the page", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>'),
		"/decide": () => json({ act: "open", reason: "first_view" }) };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await page.waitForFunction(() => window.heard.length > 0);
		const [[, told]] = await heard(page, "decision");

		assert.equal(told.act, "open");
		assert.equal(told.reason, "first_view");
		assert.equal(await page.locator("pledged-prompt > *").count(), 0);
	});
});

for (const [name, answer] of [["an error", { status: 500, body: "no" }],
	["no JSON", { body: "<html>" }], ["half an answer", json({ act: "prompt", prompt: {} })]])
	test(`${name} from /decide leaves the page alone`, async () => {
		const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>'),
			"/decide": () => answer };

		await scene(routes, async (page, site) => {
			const broken = [];

			page.on("pageerror", (e) => broken.push(String(e)));
			await page.goto(site.url);
			await page.waitForFunction(() => window.heard.some((h) => h[0] === "error"));
			assert.equal(await page.locator("pledged-prompt > *").count(), 0);
			assert.deepEqual(broken, []);
		});
	});

test("an answer that comes while the reader is at that place waits until it is out of sight", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>',
	    { top: false }), "/decide": async () => {
		await new Promise((done) => setTimeout(done, 400));
		return json(appeal);
	} };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await page.evaluate(() => scrollTo(0, 1e6));
		await page.waitForTimeout(900);
		assert.equal(await page.locator("pledged-prompt > *").count(), 0);
		await page.evaluate(() => scrollTo(0, 0));
		await ready(page);
		assert.equal(await page.evaluate(() => window.shift), 0);
	});
});

test("a wall has no way out but the form, and no top line", async () => {
	await scene({ "/": page_with(await fragment("wall")) }, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		assert.equal(await page.locator(".pledged-way, .pledged-topline").count(), 0);
		assert.equal((await heard(page, "decision"))[0][1].act, "wall");
	});
});

test("the plain contribution form submits by script and sends no events", async () => {
	const routes = { "/": page_with(await fragment("form"), { long: false, top: false }),
		"/pledge": () => json({ ...made, url: "/x" }, 201), "/x": "<title>Provider</title>" };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await ready(page);
		assert.deepEqual(await axe(page), []);
		await page.getByRole("button", { name: "Contribute" }).click();
		await page.waitForURL("**/x");
		assert.deepEqual(site.events(), []);
		assert.equal(JSON.parse(site.to("/pledge")[0].body).token, undefined);
	});
});

test("page(): another page of a one-page site is another decision", async () => {
	const routes = { "/": page_with('<pledged-prompt article="/live/x"></pledged-prompt>'),
		"/decide": (req) => json(/y/.test(req.url) ? appeal : { act: "open", reason: "first_view" }) };

	await scene(routes, async (page, site) => {
		await page.goto(site.url);
		await page.waitForFunction(() => window.heard.length > 0);
		await page.evaluate(() => document.querySelector("pledged-prompt").page("/live/y"));
		await ready(page);
		assert.equal(await page.locator(".pledged-top-slot .pledged-topline").count(), 1);
		await page.evaluate(() => document.querySelector("pledged-prompt").page("/live/x"));
		await until(() => site.to("/decide").length === 3);
		assert.equal(await page.locator(".pledged-topline, .pledged-form").count(), 0);
	});
});

for (const scheme of ["light", "dark"])
	test(`axe finds nothing: ${scheme}, wide and narrow, each kind`, async () => {
		for (const name of ["appeal", "wall"])
			for (const width of [1280, 320])
				await scene({ "/": page_with(await fragment(name)) }, async (page, site) => {
					await page.goto(site.url);
					await ready(page);
					await page.getByText("Other amount", { exact: true }).click();
					assert.deepEqual(await axe(page), []);
					assert.ok(await page.evaluate(() =>
					    document.documentElement.scrollWidth <= innerWidth), "no sideways scroll");
				}, { colorScheme: scheme, viewport: { width, height: 800 } });
	});
