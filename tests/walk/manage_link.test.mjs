// The goal: a donor comes to the own gifts by a link in a mail and by nothing else: it works once, for a quarter of an hour, in the
// browser that opened it; nobody learns whose addresses gave, and what opens the page stands in no log.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { HTML, FROM, ask, elsewhere, mailed, page, press, send, visit } from "./lib/manage.mjs";
import { made, reaches } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "manage-link", views: 1, moneys: 4, set: { "clerk.interval_ms": 100 } });

s.planted = ["giver@mail.example", "month@mail.example"];
await writeFile(join(s.dir, "nginx/extra-http-manage.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();

async function gave(email, fields = {}) {
	const pledge = await made(s, { email, ...fields });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	return pledge;
}
const one = await gave("giver@mail.example");
const tokens = (where = "true") => s.count(`SELECT count(*) FROM pledged.manage_token WHERE ${where}`);
const mails = (email) => s.count(`SELECT count(*) FROM pledged.mail_out WHERE kind = 'manage' AND lower(recipient) = lower('${email}')`);
const cookie_of = (answer) => (answer.headers["set-cookie"] ?? []).find((c) => c.startsWith("pledged-manage="));

test("a donor asks, opens the link, presses the button and sees the gift", async () => {
	const who = s.client();
	const asked = await who.get("/manage", { headers: HTML });

	assert.equal(asked.status, 200);
	assert.match(asked.text, /<form [^>]*action="\/manage\/ask"/);
	assert.equal(asked.headers["set-cookie"], undefined);
	const told = await ask(s, who, "Giver@mail.example");

	assert.equal(told.status, 202);
	assert.match(told.text, /<h1>Look into your mail<\/h1>/);
	const path = await mailed(s, "giver@mail.example");
	const look = await who.get(path, { headers: HTML });

	assert.equal(look.status, 200);
	assert.match(look.headers["cache-control"], /no-store/);
	assert.equal(look.headers["referrer-policy"], "strict-origin", "the address leaks nowhere, and the form has an origin");
	assert.match(look.headers["x-robots-tag"], /noindex/);
	assert.match(cookie_of(look), /; Path=\/; Max-Age=900; HttpOnly; SameSite=Strict$/);
	assert.equal(await s.count("SELECT count(*) FROM pledged.manage_session"), 0, "looking changes nothing");

	const opened = await press(s, who, path);

	assert.deepEqual([opened.status, opened.headers.location], [303, "/manage"]);
	const shown = await page(who);

	assert.equal(shown.status, 200);
	assert.match(shown.text, /giver@mail\.example/);
	assert.match(shown.text, /€25<\/h2>/);
	const receipt = await s.one(`SELECT receipt FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${one.pledge}'`);

	assert.ok(shown.text.includes(receipt));
	assert.match(shown.headers["cache-control"], /private, no-store/);
	assert.ok(!shown.text.includes(path.split("/").pop()), "the key of the link is on no page");
	assert.equal(await mails("giver@mail.example"), 0, "the mail went with its link");
	assert.equal(await s.one("SELECT count(*) FROM pledged.manage_token WHERE email IS NOT NULL"), "0");
});

test("the link works once; the same browser may press twice, another one gets a form for a new link", async () => {
	const who = s.client();

	await ask(s, who, "giver@mail.example");
	const path = await mailed(s, "giver@mail.example");

	await who.get(path, { headers: HTML });
	const twice = await Promise.all([press(s, who, path), press(s, who, path)]);

	assert.deepEqual(twice.map((x) => x.status), [303, 303]);
	assert.equal((await page(who)).status, 200);
	const thief = s.client();
	const [look, use] = [await thief.get(path, { headers: HTML }), await press(s, thief, path)];

	assert.deepEqual([look.status, use.status], [410, 410]);
	assert.match(use.text, /action="\/manage\/ask"/);
	assert.equal(cookie_of(look), undefined);
	assert.match((await page(thief)).text, /action="\/manage\/ask"/);
});

test("forged, foreign and too old: the same answer, and no page", async () => {
	const who = s.client();

	for (const path of ["/manage/x", `/manage/${"A".repeat(43)}`, `/manage/${"A".repeat(44)}`, "/manage/a/b"]) {
		assert.equal((await who.get(path, { headers: HTML })).status, 410, path);
		assert.equal((await press(s, who, path)).status, 410, path);
	}
	await ask(s, who, "giver@mail.example");
	const path = await mailed(s, "giver@mail.example");

	assert.equal((await press(s, who, path, {}, { origin: "http://evil.example" })).status, 403);
	assert.equal((await press(s, who, path, {}, { "sec-fetch-site": "cross-site" })).status, 403);
	await s.sql("UPDATE pledged.manage_token SET created_at = created_at - interval '16 min', expires_at = expires_at - interval '16 min'");
	assert.equal((await press(s, who, path)).status, 410);
	assert.equal((await page(who)).text.includes("giver@"), false);
});

test("a visit ends after a quarter of an hour, by its button, and with its cookie", async () => {
	const who = s.client();
	const shown = await visit(s, who, "giver@mail.example");
	const cookie = [...who.jar].find(([name]) => name === "pledged-manage");

	for (const bad of ["", "x", "v1.k1.AAAA.AAAA", cookie[1].slice(0, -2) + "AA", [...s.client().jar].join()])
		assert.match((await page(s.client({ jar: new Map([["pledged-manage", bad]]) }))).text, /action="\/manage\/ask"/);
	await s.sql("UPDATE pledged.manage_session SET created_at = created_at - interval '16 min', expires_at = expires_at - interval '16 min'");
	const over = await page(who);

	assert.equal(over.status, 200);
	assert.match(over.text, /action="\/manage\/ask"/);
	const late = await send(s, who, shown.forms.find((f) => f.action === "/manage/mail"), { what: "receipts" });

	assert.equal(late.status, 403);
	assert.match(late.text, /Your visit is over/);

	const again = await visit(s, who, "giver@mail.example");
	const left = await send(s, who, again.forms.find((f) => f.action === "/manage/leave"));

	assert.equal(left.status, 200);
	assert.ok(!who.jar.has("pledged-manage"));
	who.jar.set(...cookie);
	assert.match((await page(who)).text, /action="\/manage\/ask"/, "the cookie alone opens nothing any more");
});

test("the answer tells nobody whether an address gave; limits hold for known and unknown ones, also at once", async () => {
	const known = await gave("limit@mail.example");
	const shape = (x) => [x.status, x.text, Object.keys(x.headers).sort().join()];
	const [yes, no] = [await ask(s, s.client(), "limit@mail.example"), await ask(s, s.client(), "nobody@mail.example")];

	assert.ok(known);
	assert.deepEqual(shape(yes), shape(no));
	assert.equal(await mails("nobody@mail.example"), 0, "no mail to somebody who never gave");
	assert.equal(await tokens("email = 'nobody@mail.example'"), 0, "nor is the address kept");
	for (const email of ["limit@mail.example", "nobody@mail.example"]) {
		const answers = await Promise.all(Array.from({ length: 8 }, () => ask(s, s.client(), email)));

		assert.deepEqual([...new Set(answers.map((x) => x.status))], [202]);
		assert.equal(await tokens(`email_hash = pledged.email_hash(1::smallint, '${email}')`), 3);
	}
	assert.equal(await mails("limit@mail.example"), 3);
	const from = { [FROM]: "192.0.2.9" };
	const wave = await Promise.all(Array.from({ length: 30 }, (_, i) => ask(s, s.client(), `wave-${i}@mail.example`, { headers: from })));

	assert.deepEqual([...new Set(wave.map((x) => x.status))], [202]);
	assert.equal(await tokens("network = pledged.network_hash(1::smallint, '192.0.2.0/24')"), 20);
});

test("asking takes JSON and forms, and refuses what is no request of this site", async () => {
	const json = (body, headers = {}) => s.request("/manage/ask", { method: "POST", body, headers: { origin: s.url, ...elsewhere(), ...headers } });

	assert.deepEqual((await json({ email: "giver@mail.example" })).json(), { status: "sent" });
	assert.equal((await json({ email: "giver" })).status, 422);
	assert.equal((await json({})).status, 422);
	assert.equal((await json({ email: "a@b.example", x: 1 })).status, 422);
	assert.equal((await json({ email: "a@b.example" }, { origin: "http://evil.example" })).status, 403);
	assert.equal((await json("<x>", { "content-type": "text/xml" })).status, 415);
	const bad = await ask(s, s.client(), "giver");

	assert.equal(bad.status, 422);
	assert.match(bad.text, /role="alert"[^]*check the e-mail address[^]*action="\/manage\/ask"/);
	assert.equal((await s.request("/manage/ask")).status, 410, "a path like any other that is no link");
	assert.equal((await s.request("/manage", { method: "POST", form: {} })).status, 405);
});

test("in Russian", async () => {
	await gave("ru@mail.example", { locale: "ru" });
	const who = s.client();

	assert.match((await who.get("/manage?l=ru", { headers: HTML })).text, /<html [^>]*lang="ru">[^]*Ваши взносы/);
	const shown = await visit(s, who, "ru@mail.example", { locale: "ru" });

	assert.match(shown.text, /<html [^>]*lang="ru">[^]*Взносы с адресом ru@mail\.example/);
	assert.match(shown.text, /25\s€<\/h2>/);
	const over = await who.get("/manage/back", { headers: HTML });

	assert.equal(over.headers.refresh, "0; url=/manage", "back from the provider: a step of our own, so that the strict cookie comes along");
	assert.equal((await s.client().get("/manage?l=%3Cb%3E", { headers: HTML })).text.includes("<b>"), false);
});

test("the clerk forgets links, their addresses and visits when their time is over", async () => {
	await visit(s, s.client(), "giver@mail.example").catch(() => {});
	await s.sql(`UPDATE pledged.manage_token SET created_at = now() - interval '2 days', expires_at = now() - interval '25 hours';
		UPDATE pledged.manage_session SET created_at = now() - interval '1 day', expires_at = now() - interval '20 hours';
		UPDATE pledged.mail_out SET created_at = now() - interval '21 min' WHERE kind = 'manage'`);
	await s.role("clerk", "restart");
	await until("they are gone", async () => (await s.count(`SELECT (SELECT count(*) FROM pledged.manage_token)
		+ (SELECT count(*) FROM pledged.manage_session) + (SELECT count(*) FROM pledged.mail_out WHERE kind = 'manage')`)) === 0);
});

test("a money role that is away, and a limit, put no token into nginx's logs", async () => {
	const token = `${"logged".repeat(7)}A`;

	s.planted.push(token, one.pledge);
	for (const path of [`/manage/${token}`, `/link/${token}`])
		assert.equal((await s.request(path, { method: "POST", body: "x".repeat(9000), headers: { "content-type": "text/plain" } })).status, 413);
	await s.role("money", "stop");
	for (const path of [`/manage/${token}`, `/link/${token}`, `/pledge/${one.pledge}`]) {
		for (const headers of [HTML, {}])
			assert.equal((await s.request(path, { headers })).status, 503, path);
	}
	await s.role("money", "start");
	await until("money is back", async () => (await s.request(`/pledge/${one.pledge}`)).status === 200);
});

test("invariants; and no log holds an address or a token", () => s.invariants());
