// The goal: a donor changes an own gift without anybody's help, and the page tells what became of it: another amount, a pause, its end
// at once or later, that taken back, another card. Nobody changes a gift of somebody else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { HTML, page, send, visit, wish } from "./lib/manage.mjs";
import { books_agree, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "manage-gift", views: 1, moneys: 4, set: { "clerk.interval_ms": 100, "clerk.call_ms": 3000 } });

await s.sql(`UPDATE pledged.site SET origin = '${s.url}'`);
s.planted = [];

let addresses = 0;

// giver: somebody with a running gift and an open visit.
async function giver(fields = {}) {
	const email = `giver-${++addresses}@mail.example`;
	const pledge = await made(s, { email, interval: "month", ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	await until("it runs", async () => (await state(s, pledge.pledge)).recurring?.state === "active");
	const { subscription } = await s.provider.object(session_of(pledge.url));
	const who = s.client();

	s.planted.push(email);
	await visit(s, who, email);
	return { email, pledge, subscription, who };
}
const life = async (g) => (await state(s, g.pledge.pledge)).recurring;
const theirs = (g) => s.provider.object(g.subscription);
const recurring = (g) => s.one(`SELECT recurring_id FROM pledged.recurring WHERE provider_recurring_id = '${g.subscription}'`);
const wishes = (g) => s.sql(`SELECT kind, state, author FROM pledged.wish WHERE recurring_id = '${await_id(g)}' ORDER BY created_at`);
const await_id = (g) => g.id;
const mails = (g, kind) => s.count(`SELECT count(*) FROM pledged.mail_out WHERE recipient = '${g.email}' AND kind = '${kind}'`);

// asks: presses the button of a kind on the page as it is now.
async function asks(g, kind, more = {}) {
	const shown = await page(g.who);
	const form = wish(shown, kind);

	assert.ok(form, `no button for ${kind}: ${shown.text}`);
	return send(s, g.who, form, { do: kind, ...more });
}
// comes: the page says so, and no change is being made any more.
const comes = (g, name) => until(`it is ${name}`, async () => (await life(g)).state === name && !/is being made/.test((await page(g.who)).text), 20);

test("another amount: asked, being changed, and then the truth; by the currency's own rules", async () => {
	const g = await giver();

	for (const [amount, status, words] of [["", 422, /plain number|amount/i], ["0.10", 422, /below the smallest/], ["1e3", 422, /amount/], ["7.505", 422, /decimals/], ["-5", 422, /amount/], ["99999999", 422, /above the largest/], ["<b>", 422, /amount/]]) {
		const told = await asks(g, "amount", { amount });

		assert.equal(told.status, status, amount);
		assert.match(told.text, new RegExp(`role="alert"[^>]*>[^<]*${words.source}`, words.flags), amount);
		assert.ok(!told.text.includes("<b>"));
	}
	const first = await asks(g, "amount", { amount: "30,50" });

	assert.deepEqual([first.status, first.headers.location], [303, "/manage?w=1"]);
	await until("the page says so", async () => /€30\.50 · Monthly<\/h2>/.test((await page(g.who)).text), 20);
	assert.equal((await theirs(g)).items.data[0].price.unit_amount, 3050);
	assert.match((await page(g.who)).text, /Your last change is made/);
	assert.equal((await state(s, g.pledge.pledge)).amount, "30.50");
	assert.equal(await s.one(`SELECT amount FROM pledged.pledge WHERE public_token = '${g.pledge.pledge}'`), "2500", "what was agreed at first stays as it was");
	await s.provider.renew(g.subscription);
	await until("the new amount is paid", async () => (await page(g.who)).text.includes("€30.50</td>"), 20);
});

test("pause, and let it go on; a yearly gift has no pause", async () => {
	const g = await giver();
	const shown = await page(g.who);

	assert.match(wish(shown, "pause").inside, /value="1" checked/);
	for (const months of ["0", "4", "", "x", "-1"])
		assert.equal((await asks(g, "pause", { months })).status, 422, months);
	assert.equal((await asks(g, "pause", { months: "2" })).status, 303);
	await comes(g, "paused");
	assert.equal((await theirs(g)).pause_collection.behavior, "void");
	assert.match((await page(g.who)).text, /nothing is charged before <time/);
	assert.equal(await mails(g, "paused"), 1);
	assert.ok(!wish(await page(g.who), "pause"));
	assert.equal((await asks(g, "resume")).status, 303);
	await comes(g, "active");
	assert.equal((await theirs(g)).pause_collection, null);

	const y = await giver({ interval: "year" });
	const form = wish(await page(y.who), "cancel");

	assert.ok(!wish(await page(y.who), "pause"));
	const told = await send(s, y.who, { ...form, fields: { ...form.fields, do: "pause" } }, { months: "1" });

	assert.equal(told.status, 409);
	assert.match(told.text, /Only a monthly gift can be paused/);
});

test("end it at the end of what is paid, take that back, then end it at once, with a reason (case 76)", async () => {
	const g = await giver();

	g.id = await recurring(g);
	assert.equal((await asks(g, "cancel_at_end", { why: "money", reason: " Times are hard.\nSorry! " })).status, 303);
	await comes(g, "ending");
	assert.equal((await theirs(g)).cancel_at_period_end, true);
	assert.equal(await s.one(`SELECT reason FROM pledged.wish WHERE recurring_id = '${g.id}'`), "money: Times are hard.\nSorry!");
	assert.equal(await mails(g, "ending"), 1);
	assert.equal((await asks(g, "keep")).status, 303);
	await comes(g, "active");
	assert.equal((await theirs(g)).cancel_at_period_end, false);
	for (const bad of [{ why: "<b>" }, { why: "x".repeat(30) }, { reason: "x".repeat(500) }, { reason: "\u202e" }])
		assert.ok([400, 422].includes((await asks(g, "cancel", bad)).status), JSON.stringify(bad));
	assert.equal((await asks(g, "cancel")).status, 303, "no reason is fine");
	await comes(g, "ended");
	assert.equal((await theirs(g)).status, "canceled");
	assert.equal(await mails(g, "ended"), 1);
	const done = await page(g.who);

	assert.match(done.text, /It has ended\. Nothing more is charged[^]*href="\/contribute\/">Give again/);
	assert.deepEqual(done.forms.filter((f) => f.action === "/manage/wish"), []);
	assert.deepEqual(await wishes(g), [["cancel_at_end", "done", "donor"], ["keep", "done", "donor"], ["cancel", "done", "donor"]]);
});

test("cancel twice at once, of an ended one, and with the answer lost: it ends once (case 76)", async () => {
	const g = await giver();
	const form = wish(await page(g.who), "cancel");

	g.id = await recurring(g);
	await s.provider.fault({ match: { method: "DELETE" }, times: 1, do: "drop-after-request" });
	const told = await Promise.all([1, 2, 3].map(() => send(s, g.who, form, { do: "cancel" })));

	assert.deepEqual(told.map((x) => x.status), [303, 303, 303], "the same button pressed often is one wish");
	await comes(g, "ended");
	assert.deepEqual(await wishes(g), [["cancel", "done", "donor"]]);
	const late = await send(s, g.who, form, { do: "cancel_at_end" });

	assert.equal(late.status, 409);
	assert.match(late.text, /has ended already/);
	assert.equal(await mails(g, "ended"), 1);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.ledger WHERE object = 'recurring' AND object_id = '${g.id}' AND became = 'ended'`), 1);
});

test("two changes at once: the second is told to wait", async () => {
	const g = await giver();
	const shown = await page(g.who);

	await s.provider.fault({ match: { method: "POST", path: "subscriptions" }, times: 1, do: "delay:3500" });
	assert.equal((await send(s, g.who, wish(shown, "amount"), { amount: "26" })).status, 303);
	const busy = await send(s, g.who, wish(shown, "pause"), { months: "1" });

	assert.equal(busy.status, 409);
	assert.match(busy.text, /Another change is being made/);
	const waits = await page(g.who, "?w=1");

	assert.match(waits.text, /Your change is being made/);
	assert.equal(waits.headers.refresh, "3; url=/manage?w=2");
	assert.match(waits.text, /looks again by itself/);
	for (const [looks, after] of [[15, 3], [16, 15], [25, 15], [26, 60], [39, 60]])
		assert.equal((await page(g.who, `?w=${looks}`)).headers.refresh, `${after}; url=/manage?w=${looks + 1}`);
	for (const looks of [40, 41, 999]) {
		const stays = await page(g.who, `?w=${looks}`);

		assert.equal(stays.headers.refresh, undefined);
		assert.match(stays.text, /no longer looks by itself/);
	}
	for (const looks of ["-1", "x", "0", "9999", "1e2"])
		assert.equal((await page(g.who, `?w=${looks}`)).headers.refresh, undefined, looks);
	assert.equal((await page(g.who)).headers.refresh, undefined, "a page that one reads or types on stays as it is");
	assert.deepEqual(waits.forms.filter((f) => f.action === "/manage/wish"), []);
	await comes(g, "active");
	assert.match((await page(g.who)).text, /€26 · Monthly/);
});

test("in the provider's portal: another card, and the end, which we see by its event (case 77)", async () => {
	const g = await giver();
	const shown = await page(g.who);
	const portal = shown.forms.find((f) => f.action === "/manage/portal");
	const led = await send(s, g.who, portal);

	assert.equal(led.status, 303);
	assert.match(led.headers.location, new RegExp(`^${s.provider.url}/p/session/bps_`));
	assert.match(shown.headers["content-security-policy"], new RegExp(`form-action 'self' ${s.provider.url};`), "browsers look at where the answer leads");
	const again = await send(s, g.who, portal);

	assert.notEqual(again.headers.location, led.headers.location, "made on each click");
	s.planted.push(new URL(led.headers.location).pathname.split("/").pop());
	assert.equal(await s.count(`SELECT count(*) FROM pledged.mail_out WHERE body LIKE '%bps\\_%'`), 0);
	const back = await s.provider.press(led.headers.location, "cancel");

	assert.deepEqual([back.status, back.headers.location], [303, `${s.url}/manage/back`]);
	assert.equal((await g.who.get("/manage/back", { headers: HTML })).headers.refresh, "0; url=/manage");
	await comes(g, "ended");
	assert.equal(await mails(g, "ended"), 1);
});

test("a gift of somebody else, made up, or a pledge's token in its place: 404, and no call (case 77)", async () => {
	const [mine, foreign] = [await giver(), await giver()];
	const shown = await page(mine.who);
	const before = (await s.provider.requests({ method: "POST" })).length;
	const rows = await s.count("SELECT count(*) FROM pledged.wish");

	for (const gift of [await recurring(foreign), "00000000-0000-4000-8000-000000000000", foreign.pledge.pledge, "", "x"]) {
		for (const form of [shown.forms.find((f) => f.action === "/manage/portal"), wish(shown, "amount"), wish(shown, "cancel")]) {
			const told = await send(s, mine.who, form, { gift, amount: "26", do: form.action === "/manage/wish" ? form.fields.do ?? "cancel" : "" });

			assert.equal(told.status, 404, `${form.action} ${gift}`);
		}
	}
	// The form of one visit with the cookie of another, and from another site.
	for (const [who, headers, status] of [[foreign.who, {}, 422], [mine.who, { origin: "http://evil.example" }, 403], [mine.who, { "sec-fetch-site": "same-site" }, 403], [s.client(), {}, 403]])
		assert.equal((await send(s, who, wish(shown, "cancel"), { do: "cancel" }, headers)).status, status);
	assert.equal((await send(s, mine.who, wish(shown, "cancel"), { do: "refund" })).status, 422);
	assert.equal((await send(s, mine.who, wish(shown, "cancel"), { do: "cancel", key: "x" })).status, 422);
	assert.deepEqual([(await s.provider.requests({ method: "POST" })).length, await s.count("SELECT count(*) FROM pledged.wish")], [before, rows]);
	assert.equal((await life(foreign)).state, "active");
});

test("a provider that is away or answers nonsense: the portal says so, and no foreign address is followed", async () => {
	const g = await giver();
	const portal = async () => send(s, g.who, (await page(g.who)).forms.find((f) => f.action === "/manage/portal"));

	for (const [fault, status] of [["status:503", 503], ["bad-json", 502], ["html", 502]]) {
		await s.provider.fault({ match: { path: "billing_portal" }, times: 1, do: fault });
		const told = await portal();

		assert.equal(told.status, status, fault);
		assert.match(told.text, /role="alert"/);
		await s.provider.no_faults();
	}
	assert.equal((await portal()).status, 303);
});

test("what the provider refuses is told, and the gift is as it was", async () => {
	const g = await giver();

	await s.provider.fault({ match: { method: "POST", path: "subscriptions" }, times: 0, do: { do: "status", status: 400, code: "parameter_invalid", type: "invalid_request_error" } });
	assert.equal((await asks(g, "amount", { amount: "40" })).status, 303);
	await until("the page says so", async () => /Your last change could not be made/.test((await page(g.who)).text), 20);
	await s.provider.no_faults();
	assert.match((await page(g.who)).text, /€25 · Monthly/);
	assert.equal((await theirs(g)).items.data[0].price.unit_amount, 2500);
});

test("in Russian, buttons and troubles too", async () => {
	const g = await giver({ locale: "ru" });
	const who = s.client();
	const shown = await visit(s, who, g.email, { locale: "ru" });

	for (const words of [/<h1>Ваши взносы<\/h1>/, /Каждый месяц<\/h2>/, /Изменить сумму/, /Сделать паузу/, /Прекратить взнос/, /Другая карта/, /Прислать все квитанции/])
		assert.match(shown.text, words);
	const told = await send(s, who, wish(shown, "amount"), { amount: "0,01" });

	assert.equal(told.status, 422);
	assert.match(told.text, /Сумма меньше наименьшей/);
	assert.equal((await send(s, who, wish(shown, "cancel"), { do: "cancel" })).status, 303);
	await until("ended", async () => /Он завершён/.test((await page(who)).text), 20);
	assert.match(await s.one(`SELECT subject_line FROM pledged.mail_out WHERE kind = 'ended' AND recipient = '${g.email}'`), /^Завершён: ежемесячный взнос/);
});

test("the books agree", () => books_agree(s));
