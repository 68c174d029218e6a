// The goal: words are words. What an editor, a site's settings, a link from elsewhere or a reader's address put on a page, in a form, on the
// editors' pages or in a mail is shown as it is written and never run: no script, no frame, no request to somebody else, nothing for
// the page's own policy to refuse.

import assert from "node:assert/strict";
import { chmod, cp, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { key } from "../walk/lib/http.mjs";
import { made, reaches } from "../walk/lib/money.mjs";
import { root, stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { open_browser } from "./stage.mjs";

const PAYLOADS = [
	`<script>window.caught=1</script><img src=x onerror="window.caught=2">`,
	`"><svg onload=window.caught=3>'--></style></script><iframe srcdoc="<script>parent.caught=4</script>">`,
	`</textarea></title><a href="javascript:window.caught=5" autofocus onfocus=window.caught=6>x</a>`,
	`<!--#echo var="pledged_token" --><!--#include virtual="/metrics" --><base href=//evil.example/>`,
	`&lt;script&gt;window.caught=7&lt;/script&gt;<link rel=stylesheet href=//evil.example/x.css><meta http-equiv=refresh content="0;url=//evil.example/">`,
];
const ARTICLES = ["/en/news/night-ferry", "/en/news/silent-gauge", "/en/news/swing-bridge", "/en/news/cold-pool", "/en/culture/ropewalk-choir",
	"/en/culture/lighthouse-library", "/en/culture/map-of-a-moving-coast"];

const dir = await mkdtemp(join(tmpdir(), "pledged-copy-"));

await chmod(dir, 0o755); // pledgectl runs as another user

const SLOTS = ["topline", "title", "body", "button", "later"];
const words_of = (slot, round) => `${slot} ${PAYLOADS[(SLOTS.indexOf(slot) + round) % PAYLOADS.length]}`.slice(0, slot === "button" || slot === "later" ? 60 : 200);

// with_copy: the demo's campaigns, each text another payload, and all of them in turn as rounds go on.
async function with_copy(round) {
	await cp(join(root, "conf/campaigns"), dir, { recursive: true });
	for (const file of (await readdir(dir)).filter((name) => name.endsWith(".json"))) {
		const doc = JSON.parse(await readFile(join(dir, file), "utf8"));

		for (const variant of doc.variants ?? [])
			for (const words of Object.values(variant.text ?? {}))
				for (const [slot, old] of Object.entries(words))
					words[slot] = old === "" ? "" : words_of(slot, round);
		await writeFile(join(dir, file), JSON.stringify(doc));
	}
}

await with_copy(0);
const s = await stack({ name: "hostile-copy", views: 1, moneys: 1, campaigns: dir, ops: "on", set: { "report.every_s": 1, "view.deadline_ms": 5000 } });
const browser = await open_browser();

after(async () => {
	await browser.close();
	await rm(dir, { recursive: true, force: true });
});
await s.sql(`UPDATE pledged.site SET name = $x$Name ${PAYLOADS[1]}$x$, gift_label = $x$Gift ${PAYLOADS[0].slice(0, 40)}$x$`);
for (const role of ["view", "money"])
	await s.role(role, "restart");
await s.ready();

const [user, password] = (await readFile(join(s.dir, "secrets/ops.password"), "utf8")).trim().split(":");

async function visitor(options = {}) {
	const context = await browser.newContext({ httpCredentials: { username: user, password }, ...options });
	const page = await context.newPage();
	const bad = [];

	await page.addInitScript(() => {
		window.refused = [];
		document.addEventListener("securitypolicyviolation", (e) => window.refused.push(`${e.violatedDirective} ${e.blockedURI} ${e.sample}`));
	});
	page.on("dialog", (d) => { bad.push(`dialog ${d.message()}`); d.dismiss(); });
	page.on("request", (r) => /evil\.example/.test(new URL(r.url()).host) && bad.push(`asked for ${r.url()}`));
	page.on("pageerror", (e) => bad.push(String(e)));
	page.on("console", (m) => m.type() === "error" && /Content Security Policy|TrustedHTML|Refused/.test(m.text()) && bad.push(m.text()));
	page.on("framenavigated", (f) => f !== page.mainFrame() && bad.push(`a frame: ${f.url()}`));
	return { context, page, bad };
}

// clean: nothing of the payload became anything.
async function clean({ page, bad }, where) {
	const scripts = page.context()._options?.javaScriptEnabled !== false;

	if (scripts) {
		assert.equal(await page.evaluate(() => window.caught), undefined, where);
		assert.deepEqual(await page.evaluate(() => window.refused ?? []), [], where);
	}
	assert.equal(await page.locator("iframe, base, object, embed, meta[http-equiv=refresh], [onload], [onerror], [onfocus], a[href^='javascript:'], link[href*=evil]").count(), 0, where);
	assert.equal(await page.locator("script:not([src])").count(), 0, `${where}: a script in the page`);
	assert.deepEqual(bad, [], where);
}

for (const [round, javaScriptEnabled] of [[0, true], [1, false], [3, true]]) {
	test(`copy with markup, ${javaScriptEnabled ? "with" : "without"} scripts: shown as text in the appeal, the form and the wall (${round})`, async () => {
		await with_copy(round);
		assert.equal((await s.ctl("campaign", "apply", dir)).code, 0);
		await until("the worker has it", async () => {
			const who = s.client();

			await who.decide("/a", { section: "sport" });
			return (await who.decide("/b", { section: "sport" })).prompt?.title === words_of("title", round);
		}, 60);
		const v = await visitor({ javaScriptEnabled });
		const title = words_of("title", round).trim();
		let asked = 0;
		let walls = 0;

		for (const path of ARTICLES) {
			const answer = await v.page.goto(s.url + path);

			await clean(v, path);
			walls += answer.status() === 403 ? 1 : 0;
			// In the page as it came, or in what the script made of it.
			asked += await v.page.getByText(title).count() > 0 ? 1 : 0;
		}
		assert.ok(asked >= 2 && walls >= 1, `${asked} appeals with their words, ${walls} walls`);
		await v.page.goto(`${s.url}/contribute/`);
		await clean(v, "/contribute/");
		await v.context.close();
	});
}

test("what comes in an address or from elsewhere is shown nowhere, or as text", async () => {
	const v = await visitor();
	const x = encodeURIComponent(PAYLOADS[0]);

	for (const path of [`/thanks/?p=${x}`, `/contribute/?p=${x}&amount=${x}&locale=${x}`, `/manage?l=${x}`, `/manage/${x}`, `/remind?l=${x}&d=${x}`, `/remind/${x}`, `/link/${x}`,
		`/pledge/${x}`, `/prompt?d=${x}&l=${x}`, `/goal?campaign=${x}`, `/decide?a=${x}`, `/${x}`, `/en/news/${x}.html`, `/play/?a=${x}`]) {
		await v.page.goto(s.url + path).catch(() => {});
		await clean(v, path);
	}
	await v.context.close();
});

test("the editors' pages show what strangers sent as text", async () => {
	const who = s.client({ headers: { referer: `https://evil.example/${encodeURIComponent(PAYLOADS[0])}`, "user-agent": PAYLOADS[1] } });

	for (const name of ["<script>caught</script>", "\"><img src=x onerror=caught>", "=HYPERLINK(\"//evil.example\")"]) {
		await who.get(`/decide?${new URLSearchParams({ a: `/${name}`, s: "news", l: "en", u: name })}`);
		await who.get(`/decide?${new URLSearchParams({ a: `/x/${name}`, s: name, l: "en", t: name, u: name })}`);
	}
	await s.request("/pledge", { body: { amount: "5.00", currency: "EUR", interval: "once", key: key(), email: "<b>@mail.example" }, headers: { origin: s.url } });
	const v = await visitor();

	await until("the page of reports", async () => (await readFile(join(s.dir, "ops/index.html"), "utf8").catch(() => "")).includes("</html>"), 120);
	await s.deploy("preview");
	for (const path of ["/ops/", "/preview/"]) {
		assert.equal((await v.page.goto(s.url + path)).status(), 200);
		await clean(v, path);
	}
	assert.match(await v.page.locator("body").innerText(), /<!--#echo|&lt;script|rel=stylesheet/, "the preview shows the words");
	await v.context.close();
});

test("a donor's own page, and the mail, tell the site's name as text", async () => {
	const email = "hostile@mail.example";
	const gift = await made(s, { key: key(), email, interval: "month", amount: "5.00" });

	await s.provider.pay(gift.url);
	await reaches(s, gift.pledge, "paid", 60);
	const v = await visitor();

	await v.page.goto(`${s.url}/pledge/${gift.pledge}`);
	await clean(v, "/pledge/");
	await s.request("/manage/ask", { body: { email }, headers: { origin: s.url } });
	const link = await until("the mail", async () => /(\/manage\/[\w-]{20,})/.exec(await s.one(`SELECT body FROM pledged.mail_out WHERE recipient = '${email}' AND body LIKE '%/manage/%' ORDER BY mail_id DESC LIMIT 1`) ?? "")?.[1], 60);

	await v.page.goto(s.url + link);
	await clean(v, "/manage/…");
	await v.page.locator("form button").first().click();
	await v.page.waitForURL(/\/manage/);
	await clean(v, "/manage");
	await v.context.close();
	const mails = await s.sql("SELECT subject_line, body FROM pledged.mail_out");

	for (const [subject] of mails)
		assert.doesNotMatch(subject, /[\r\n]/);
	await s.invariants();
});
