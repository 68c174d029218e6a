// The goal: a link sent by mail joins the devices of a reader: one meter, one answer to appeals, one supporter, nothing
// counted twice and nothing forgotten; and nobody else gets anything by it.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { made, reaches } from "./lib/money.mjs";
import { sleep, until } from "./lib/until.mjs";
import { hasher, reader_of, row, unpack, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "view-link", views: 2, moneys: 4, set: { "view.deadline_ms": 3000, "clerk.interval_ms": 100 } });
const hash = await hasher(s);
const HTML = { accept: "text/html,application/xhtml+xml" };
const FROM = "x-test-address";

// What must never stand in a log: addresses and tokens.
s.planted = ["reader-a@mail.example"];
// The networks that requests come from, for the limits.
await writeFile(join(s.dir, "nginx/extra-http-link.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();

let addresses = 0;
const fresh = () => `walk-${++addresses}@mail.example`;
let networks = 0;
const elsewhere = () => ({ [FROM]: `10.${++networks}.1.1` });

// send: a device asks for a link.
const send = (who, email, { headers = {}, ...more } = {}) => who.post("/link", { body: { email, locale: "en" }, ...more,
	headers: { origin: s.url, ...elsewhere(), ...headers } });
// mailed: the path of the newest link that was mailed to an address.
async function mailed(email) {
	const body = await s.one(`SELECT body FROM pledged.mail_out WHERE kind = 'link' AND recipient = '${email}' ORDER BY mail_id DESC LIMIT 1`);
	const [, path, token] = new RegExp(`${s.url}(/link/([\\w-]{43}))\n`).exec(body);

	s.planted.push(token);
	return path;
}
const press = (who, path, { headers = {} } = {}) => who.post(path, { body: "", headers: { origin: s.url, ...HTML,
	"content-type": "application/x-www-form-urlencoded", ...headers } });
async function link(from, to, email) {
	assert.equal((await send(from, email)).status, 202);
	const answer = await press(to, await mailed(email));

	assert.equal(answer.status, 200, answer.text);
	return answer;
}
async function reads(who, section, ...articles) {
	let last;

	for (const article of articles)
		last = await who.decide(`/${section}/${article}`, { section });
	return last;
}
const same_as = (reader) => s.one(`SELECT coalesce(same_as::text, '') FROM pledged.reader WHERE reader_id = '${reader}'`);
const seen = async (reader) => new Set((await s.sql(`SELECT article FROM pledged.reader_seen WHERE reader_id = '${reader}'`)).map(([a]) => a));
// everything: what a request could have changed, but for its own lines in a log.
const everything = () => s.one(`SELECT md5(string_agg(x, '' ORDER BY x)) FROM (SELECT r::text FROM pledged.reader r UNION ALL SELECT k::text FROM pledged.reader_link_token k
	UNION ALL SELECT m::text FROM pledged.reader_email m UNION ALL SELECT e::text FROM pledged.prompt_event e UNION ALL SELECT o::text FROM pledged.mail_out o) AS t(x)`);

// --- the plain way, as a reader goes it ----------------------------------------------------------

test("two browsers without scripts: A is walled, B opens the link, and B's meter is A's", async () => {
	const a = s.client({ headers: HTML });
	const b = s.client({ headers: HTML });
	const news = ["night-ferry", "silent-gauge", "one-bus-four-villages"].map((x) => `/en/news/${x}`)
		.concat(["lighthouse-library", "map-of-a-moving-coast", "ropewalk-choir"].map((x) => `/en/culture/${x}`));

	for (const page of news.slice(0, 5))
		assert.equal((await a.get(page)).status, 200);
	assert.equal((await a.get(news[5])).status, 403, "A has used up the free articles");

	const form = (await a.get("/contribute/")).text;
	const [, action] = /<form class="pledged pledged-form devices" method="post" action="(\/link)">/.exec(form);
	const [, locale] = /name="locale" value="(\w+)"/.exec(form.slice(form.indexOf('action="/link"')));
	const told = await a.post(action, { form: { email: " Reader-A@mail.example ".trim(), locale }, headers: { origin: s.url } });

	assert.equal(told.status, 202);
	assert.match(told.headers["content-type"], /^text\/html/);
	assert.match(told.text, /<h1>Look into your mail<\/h1>/);
	s.planted.push("Reader-A@mail.example");

	const path = await mailed("Reader-A@mail.example");
	const page = await b.get(path);

	assert.equal(page.status, 200);
	assert.equal(page.headers["referrer-policy"], "strict-origin", "the address of the page leaks nowhere, and the form has an origin");
	assert.match(page.headers["cache-control"], /no-store/);
	const [, post] = /<form [^>]*method="post" action="(\/link\/[\w-]{43})"/.exec(page.text);
	const done = await press(b, post);

	assert.equal(done.status, 200);
	assert.match(done.text, /<h1>This device is joined<\/h1>/);
	assert.match(done.headers["set-cookie"][0], /; Path=\/; Max-Age=34128000; HttpOnly; SameSite=Lax$/);
	assert.equal(reader_of(b), reader_of(a), "the one who asked is the one reader");
	assert.equal((await b.get(news[5])).status, 403, "B is walled too");
	assert.equal((await b.get(news[0])).status, 200, "what A read stays open to B");
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE kind = 'link'"), 0, "the mail went with its link");
	assert.match(await s.one(`SELECT m::text FROM pledged.reader_email m WHERE reader_id = '${reader_of(a)}'`), /\\x[0-9a-f]{64}/);
});

test("in Russian", async () => {
	const a = s.client({ headers: HTML });
	const told = await a.post("/link", { form: { email: "ru@mail.example", locale: "ru" }, headers: { origin: s.url, ...elsewhere() } });

	assert.match(told.text, /<html [^>]*lang="ru">[^]*Проверьте почту/);
	const path = await mailed("ru@mail.example");

	assert.match((await s.client().get(path)).text, /<html [^>]*lang="ru">[^]*Присоединить это устройство/);
	assert.match((await press(s.client(), path)).text, /<html [^>]*lang="ru">[^]*Устройство присоединено/);
	assert.match((await s.client().get("/ru/contribute/")).text, /action="\/link"/);
});

// --- what is joined ------------------------------------------------------------------------------

test("articles of both devices count once, and a back-off on one holds on the other", async () => {
	const a = s.client();
	const b = s.client();

	const prompt = await reads(a, "sport", 1, 2);
	await reads(b, "sport", 2, 3, 4);
	const old = reader_of(b);

	assert.equal(prompt.act, "prompt");
	await a.event(prompt.token, "never");
	await link(a, b, fresh());
	assert.equal(reader_of(b), reader_of(a));
	assert.deepEqual(await row(s, reader_of(a)), { views: 4, articles: 4 });
	assert.equal(await same_as(old), reader_of(a));
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${old}'`), 0);
	assert.equal((await reads(b, "sport", 5)).reason, "never");
});

test("a first view that rides in the cookie is not lost", async () => {
	const a = s.client();
	const b = s.client();

	await reads(a, "sport", 1, 2);
	await reads(b, "sport", 9);
	assert.ok(unpack(b.jar.get("pledged")).first);
	await link(a, b, fresh());
	const held = unpack(b.jar.get("pledged"));

	assert.equal(held.reader, reader_of(a));
	assert.equal(held.first.article, hash("/sport/9"));
	await reads(b, "sport", 10);
	assert.deepEqual(await row(s, reader_of(a)), { views: 4, articles: 4 });
});

test("of a known address the one who asks follows with the next page, and with it what was under way", async () => {
	const email = fresh();
	const a = s.client();
	const b = s.client();
	const c = s.client();
	const d = s.client();

	await reads(a, "sport", 1, 2);
	await link(a, b, email);
	const one = reader_of(a);
	const prompt = await reads(c, "sport", 11, 12);
	const old = reader_of(c);

	await reads(d, "sport", 12, 13);
	await link(c, d, email);
	assert.equal(reader_of(d), one);
	assert.equal(reader_of(c), old, "C has not come back yet");
	assert.equal(await same_as(old), one);

	// C answers the prompt that it still shows: under the old id.
	assert.equal((await c.event(prompt.token, "already_gave")).status, 204);
	assert.equal((await reads(a, "sport", 3)).reason, "already_gave", "and A hears of it");
	const next = await reads(c, "sport", 14);

	assert.equal(next.reason, "already_gave");
	assert.equal(reader_of(c), one, "C's cookie names the one reader now");
	assert.deepEqual(await row(s, one), { views: 7, articles: 7 });
	assert.deepEqual(await s.sql(`SELECT views, octet_length(seen), octet_length(marks) FROM pledged.reader WHERE reader_id = '${old}'`), [["0", "0", "0"]]);
});

test("a device without a cookie is joined whichever end of the link it is", async () => {
	const a = s.client();
	const b = s.client();

	await link(a, b, fresh());
	assert.equal(reader_of(a), reader_of(b));
	await reads(a, "sport", 1);
	await reads(b, "sport", 2);
	assert.deepEqual(await row(s, reader_of(a)), { views: 2, articles: 2 });
});

test("a device that is joined a second time, to another address, takes its first address along", async () => {
	const [one, two] = [fresh(), fresh()];
	const [a, b, c, d] = [s.client(), s.client(), s.client(), s.client()];

	await reads(a, "sport", 1, 2);
	await link(a, b, one);
	await reads(c, "sport", 3, 4);
	await link(c, a, two);
	await link(d, b, one);
	await reads(b, "sport", 5);
	await reads(d, "sport", 6);
	for (const who of [a, b, d])
		assert.equal(reader_of(who), reader_of(c));
	assert.deepEqual(await row(s, reader_of(c)), { views: 6, articles: 6 });
});

// --- money ---------------------------------------------------------------------------------------

const asked = async (who, article) => (await reads(who, "sport", article)).reason;

test("a gift on A stops prompts on B within 2 s", async () => {
	const [a, b] = [s.client(), s.client()];

	await reads(a, "sport", 1, 2);
	await link(a, b, fresh());
	assert.equal(await asked(b, 3), "campaign");
	const pledge = await made(s, {}, a);
	const began = Date.now();

	await s.provider.pay(pledge.url);
	await until("B is not asked", async () => (await asked(b, `x${Date.now()}`)) === "supporter", 2);
	assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms`);
	await reaches(s, pledge.pledge, "paid");
});

test("a gift that is pledged before the devices are joined, and paid after, reaches them all", async () => {
	const email = fresh();
	const [a, b, c] = [s.client(), s.client(), s.client()];

	await reads(a, "sport", 1, 2);
	await link(a, b, email);
	await reads(c, "sport", 1, 2);
	const pledge = await made(s, {}, c);

	await link(c, s.client(), email);
	await s.provider.pay(pledge.url);
	await until("A is not asked", async () => (await asked(a, `x${Date.now()}`)) === "supporter", 2);
	assert.equal(await asked(c, 4), "supporter");
});

test("who proves the address of a gift is a supporter at once; a later gift under it counts too", async () => {
	const email = fresh();
	const pledge = await made(s, { email: email.toUpperCase() }, s.client());

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	const [a, b] = [s.client(), s.client()];

	await reads(a, "sport", 1);
	assert.equal(await asked(a, 2), "campaign");
	await link(a, b, email);
	assert.equal(await asked(a, 3), "supporter");
	assert.equal(await asked(b, 4), "supporter");

	const other = fresh();
	const [c, d] = [s.client(), s.client()];

	await reads(c, "sport", 1, 2);
	await link(c, d, other);
	assert.equal(await asked(d, 3), "campaign");
	await s.provider.pay((await made(s, { email: other }, s.client())).url);
	await until("C is not asked", async () => (await asked(c, `x${Date.now()}`)) === "supporter", 2);
});

test("consent taken back on one device, though it does not know yet that it was joined, takes all of the reader away", async () => {
	const email = fresh();
	const [a, b, c, d] = [s.client(), s.client(), s.client(), s.client()];
	const left = (ids) => s.count(`SELECT (SELECT count(*) FROM pledged.reader WHERE reader_id IN (${ids})) + (SELECT count(*) FROM pledged.prompt_event
		WHERE reader_id IN (${ids})) + (SELECT count(*) FROM pledged.reader_email WHERE reader_id IN (${ids}))`);

	await reads(a, "sport", 1, 2);
	await link(a, b, email);
	await reads(c, "sport", 3, 4);
	await link(c, d, email);
	const ids = [a, c].map((who) => `'${reader_of(who)}'`).join();

	assert.ok(await left(ids) > 3);
	const consent = (who, word) => who.post("/consent", { body: { c: word }, headers: { origin: s.url } });

	assert.equal((await consent(c, "counting")).status, 204);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id IN (${ids})`), 0, "the history went, of both");
	assert.equal((await consent(c, "none")).status, 204);
	assert.equal(c.jar.size, 0);
	assert.equal(await left(ids), 0);
});

// --- what is refused -----------------------------------------------------------------------------

test("a scanner that opens the link changes nothing, however it asks", async () => {
	const email = fresh();
	const a = s.client();

	await reads(a, "sport", 1, 2);
	await send(a, email);
	const path = await mailed(email);
	const before = await everything();

	for (const options of [{}, { headers: HTML }, { method: "HEAD" }, { headers: { "user-agent": "LinkScanner/1.0 bot" } }, { headers: { accept: "application/json" } }])
		assert.equal((await s.request(path, options)).status, 200);
	assert.equal((await s.request(path, { method: "PUT", headers: { origin: s.url } })).headers.allow, "GET, POST");
	assert.deepEqual((await s.request(path, { headers: { accept: "application/json" } })).json(), { status: "open" });
	for (const headers of [{ origin: "http://evil.example" }, { origin: "null" }, { origin: "" }, { "sec-fetch-site": "cross-site" }, { "sec-fetch-site": "same-site" }]) {
		const answer = await press(s.client(), path, { headers });

		assert.equal(answer.status, 403, JSON.stringify(headers));
	}
	assert.equal(await everything(), before);
	assert.equal((await press(s.client(), path)).status, 200, "it still works for its reader");
});

test("a link works once, for 15 minutes, and not when it is made up", async () => {
	const email = fresh();
	const [a, b, c] = [s.client(), s.client(), s.client()];
	const gone = async (who, path) => {
		const before = await everything();
		const page = await who.get(path, { headers: HTML });
		const answer = await press(who, path);
		const json = await press(who, path, { headers: { accept: "application/json" } });

		for (const told of [page, answer]) {
			assert.equal(told.status, 410);
			assert.match(told.text, /<h1>This link no longer works<\/h1>[^]*action="\/link"/);
			assert.doesNotMatch(told.text, /charged/);
		}
		assert.equal(json.json().type, "urn:pledged:problem:link_gone");
		assert.equal(await everything(), before);
	};

	await reads(a, "sport", 1, 2);
	await send(a, email);
	const used = await mailed(email);

	await b.get(used);
	const twice = await Promise.all([press(b, used), press(b, used)]);

	assert.deepEqual(twice.map((x) => x.status), [200, 200], "a button pressed twice");
	assert.equal((await press(b, used)).status, 200, "or again by the same device");
	await gone(c, used);
	await send(a, email);
	const old = await mailed(email);

	await s.sql(`UPDATE pledged.reader_link_token SET created_at = now() - interval '15 min 1 s', expires_at = now() - interval '1 s' WHERE used_at IS NULL`);
	await gone(c, old);
	const token = used.slice("/link/".length);

	for (const made_up of [token.replace(/^./, (x) => (x === "A" ? "B" : "A")), "A".repeat(43), token.slice(1), `${token}A`, `${token}/x`, "x", ""])
		await gone(c, `/link/${made_up}`);
	// the last character of 43 holds two bits more than 32 bytes need: one token has one text
	await gone(c, `/link/${token.slice(0, 42)}${String.fromCharCode(token.charCodeAt(42) + 1)}`);
});

test("a link counts for its own site alone", async () => {
	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (2, 'paper', 'Paper', 'Etc/UTC', 'EUR', 'en', 'Paper', '/t/', '/c/'); INSERT INTO pledged.site_host (host, site_id) VALUES ('paper.example', 2)`);
	const email = fresh();
	const a = s.client();

	await reads(a, "sport", 1, 2);
	await send(a, email);
	const path = await mailed(email);
	const there = { host: `paper.example:${s.env.PORT}`, origin: `http://paper.example:${s.env.PORT}` };

	assert.equal((await press(s.client(), path, { headers: there })).status, 410);
	assert.equal((await press(s.client(), path, { headers: { host: `evil.example:${s.env.PORT}`, origin: `http://evil.example:${s.env.PORT}` } })).status, 404);
	assert.equal((await press(s.client(), path)).status, 200);
});

test("limits are kept and not told", async () => {
	const links = (where) => s.count(`SELECT count(*) FROM pledged.reader_link_token WHERE ${where}`);
	const email = fresh();
	const before = await links("true");
	const told = [];

	for (let i = 0; i < 5; i++)
		told.push(await send(s.client(), email));
	assert.equal(await links("true") - before, 3, "three links of one address");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.mail_out WHERE recipient = '${email}'`), 3);
	const known = fresh();

	await link(s.client(), s.client(), known);
	told.push(await send(s.client(), known));
	const shape = ({ status, headers, text }) => JSON.stringify([status, Object.keys(headers).sort(), text]);

	assert.equal(new Set(told.map(shape)).size, 1, "known, unknown and too many: one answer");
	assert.deepEqual(told[0].json(), { status: "sent" });

	const wave = await Promise.all(Array.from({ length: 30 }, (_, i) => send(s.client(), fresh(), { headers: { [FROM]: `192.0.2.${i + 1}` } })));

	assert.deepEqual([...new Set(wave.map((x) => x.status))], [202]);
	assert.equal(await links("network = pledged.network_hash(1::smallint, '192.0.2.0/24')"), 20, "twenty of one network, also at once");
	const six = await Promise.all(Array.from({ length: 12 }, (_, i) => send(s.client(), "same@mail.example", { headers: { [FROM]: `2001:db8:1:${i + 1}:6::5` } })));

	assert.deepEqual([...new Set(six.map((x) => x.status))], [202]);
	assert.equal(await links("network IN (SELECT pledged.network_hash(1::smallint, '2001:db8:1:' || i || '::/64') FROM generate_series(1, 12) i)"), 3, "three of one address, also at once from everywhere");
	assert.equal(await links("NOT network << 'fd00::/8'"), 0, "no address and no network is stored, but a hash of it");
});

test("pledgectl explains a joined device by the variant of the one reader", async () => {
	const a = s.client();

	await reads(a, "sport", "explain-1", "explain-2");
	const { variant } = await reads(a, "sport", "explain-3");
	const ids = Array.from({ length: 10 }, (_, i) => `e0000000-0000-4000-8000-00000000000${i}`);

	await s.sql(`INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, same_as)
		SELECT i, 1, now(), now(), '${reader_of(a)}' FROM unnest('{${ids}}'::uuid[]) i`);
	for (const id of [reader_of(a), ...ids]) {
		const { stdout, stderr } = await s.ctl("explain", "--site", "demo", "--article", "/sport/explain-4", "--section", "sport", "--reader", id, "--json");

		assert.equal(JSON.parse(stdout).variant, variant, stderr);
	}
});

// --- races ---------------------------------------------------------------------------------------

test("reading goes on while devices are joined: each article counts once, none is lost", async () => {
	const email = fresh();
	const home = s.client();

	await reads(home, "race", "h1", "h2");
	await link(home, s.client(), email);
	const all = new Set(["h1", "h2"]);
	const devices = Array.from({ length: 6 }, () => s.client());
	let going = true;

	for (const [i, who] of devices.entries())
		await reads(who, "race", `${i}-a`, `${i}-b`).then(() => all.add(`${i}-a`).add(`${i}-b`));
	const readers = devices.map(async (who, i) => {
		for (let k = 0; going && k < 35; k++) {
			const article = k % 7 === 0 ? `shared-${k}` : `${i}-${k}`;

			assert.equal((await reads(who, "race", article)).status, 200);
			all.add(article);
			await sleep(10);
		}
	});

	for (const who of devices) {
		await s.sql("UPDATE pledged.reader_link_token SET used_at = created_at WHERE used_at IS NULL");
		await link(who, s.client(), email);
	}
	going = false;
	await Promise.all(readers);
	for (const [i, who] of devices.entries())
		await reads(who, "race", `${i}-z`).then(() => all.add(`${i}-z`));
	for (const who of devices)
		assert.equal(reader_of(who), reader_of(home));
	const held = await seen(reader_of(home));

	assert.deepEqual([...all].filter((article) => !held.has(hash(`/race/${article}`))), []);
	assert.deepEqual(await row(s, reader_of(home)), { views: all.size, articles: all.size });
});

test("a view and a gift that wait for the join's lock go to the one reader", async () => {
	const [a, b] = [s.client(), s.client()];

	await reads(a, "sport", 1, 2);
	await reads(b, "sport", 3, 4);
	const [one, old] = [reader_of(a), reader_of(b)];
	const joining = s.sql(`SELECT pledged.reader_merge('${old}', '${one}', 1::smallint, now()); SELECT pg_sleep(0.7)`);

	await sleep(250);
	const gift = s.sql(`SELECT pledged.reader_supporter('${old}', 1::smallint, now(), 'once', NULL, 2500, 'EUR', now())`);
	const view = reads(b, "sport", 5);

	await Promise.all([joining, gift, view]);
	assert.equal((await view).status, 200, "the page does not wait for long: what it cannot count goes to the spool");
	await until("the view is counted", async () => (await row(s, one)).views === 5);
	assert.deepEqual(await s.sql(`SELECT views, gift, seen = '' FROM pledged.reader WHERE reader_id IN ('${one}', '${old}') ORDER BY views`), [["0", "0", "t"], ["5", "1", "f"]]);
	assert.equal((await reads(b, "sport", 6)).reason, "supporter");
	assert.equal(reader_of(b), one);
});

test("views in the spool of a reader who is joined meanwhile are counted for the one reader", async () => {
	const [a, b] = [s.client(), s.client()];

	await reads(a, "sport", 1, 2);
	await reads(b, "sport", 3, 4);
	const [one, old] = [reader_of(a), reader_of(b)];

	await s.pg("stop");
	assert.equal((await reads(b, "sport", 5)).reason, "store_down");
	// behind a pooler it is known later that there will be no answer
	await until("it is in the spool", async () => (await readFile(join(s.dir, "spool/views")).catch(() => "")).length > 0, 20);
	await s.role("view", "stop");
	await s.pg("start");
	await until("the database is back", () => s.one("SELECT 1"));
	await s.sql(`SELECT pledged.reader_merge('${old}', '${one}', 1::smallint, now())`);
	await s.role("view", "start");
	await s.ready();
	await until("the spool is loaded", async () => (await row(s, one)).views === 5, 20);
	assert.ok((await seen(one)).has(hash("/sport/5")));
});

test("the clerk forgets addresses when links run out, and links a day later", async () => {
	const email = fresh();

	await send(s.client(), email);
	await s.sql(`UPDATE pledged.mail_out SET created_at = now() - interval '21 min' WHERE recipient = '${email}';
		UPDATE pledged.reader_link_token SET created_at = now() - interval '2 days', expires_at = now() - interval '25 hours' WHERE used_at IS NOT NULL`);
	await s.role("clerk", "restart");
	await until("they are gone", async () => (await s.count(`SELECT (SELECT count(*) FROM pledged.mail_out WHERE recipient = '${email}')
		+ (SELECT count(*) FROM pledged.reader_link_token WHERE used_at IS NOT NULL)`)) === 0);
	assert.ok(await s.count("SELECT count(*) FROM pledged.reader_link_token") > 0, "others stay");
});

test("invariants; and no log holds an address or a token", () => s.invariants());
