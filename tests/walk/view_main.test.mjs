// The goal: a reader opens articles and is counted, asked, left in peace, and walled, exactly as the
// campaigns say, and whoever shall not be counted is not.

import assert from "node:assert/strict";
import { test } from "node:test";

import { agent, client } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { decisions, reader_of, row, unpack, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "view-main", views: 2, set: { "view.deadline_ms": 3000, "robots.reload_s": 1 } });
const NEWS = ["/en/news/night-ferry", "/en/news/silent-gauge", "/en/news/one-bus-four-villages",
	"/en/culture/lighthouse-library", "/en/culture/map-of-a-moving-coast", "/en/culture/ropewalk-choir"];
const FOREIGN = { host: "paper.example" };

const readers = () => s.count("SELECT count(*) FROM pledged.reader");
const events = (reader, kind) => s.count(`SELECT count(*) FROM pledged.prompt_event
	WHERE reader_id = '${reader}' AND kind = '${kind}'`);
const token_of = (html) => /data-token="([^"]+)"/.exec(html)?.[1];

// warm: a reader who has a row: two articles of a section without a meter, the second with the prompt.
async function warm(section = "sport") {
	const who = s.client();

	await who.decide("/warm/1", { section });
	return { who, second: await who.decide("/warm/2", { section }), id: reader_of(who) };
}

test("the first view makes a cookie and no row", async () => {
	const before = await readers();
	const who = s.client();
	const answer = await who.get("/decide?a=/first/1&s=sport&l=en");
	const line = answer.headers["set-cookie"];
	const held = unpack(who.jar.get("pledged"));

	assert.deepEqual(answer.json(), { act: "open", reason: "first_view", articles: 1 });
	assert.match(answer.headers["content-type"], /^application\/json/);
	assert.equal(answer.headers["cache-control"], "private, no-store");
	assert.equal(line.length, 1);
	assert.match(line[0], /; Path=\/; Max-Age=34128000; HttpOnly; SameSite=Lax$/);
	assert.doesNotMatch(line[0], /Domain|Secure/);
	assert.equal(held.site, 1);
	assert.ok(held.first, "the view rides in the cookie");
	assert.equal(await readers(), before);
	const metered = await s.client().decide("/first/1", { section: "news" });

	assert.deepEqual([metered.act, metered.reason, metered.left], ["open", "meter_left", 4]);
	assert.equal(await readers(), before);
});

test("the second view makes one row with both, and the cookie becomes light", async () => {
	const who = s.client();

	await who.decide("/two/1", { section: "sport" });
	const first = unpack(who.jar.get("pledged"));
	const answer = await who.decide("/two/2", { section: "sport" });
	const held = unpack(who.jar.get("pledged"));

	assert.equal(answer.act, "prompt");
	assert.deepEqual(await row(s, first.reader), { views: 2, articles: 2 });
	assert.deepEqual(held, { id: "k1", reader: first.reader, site: 1, first: undefined });
	assert.equal(await s.count(`SELECT extract(epoch FROM first_at)::bigint FROM pledged.reader
		WHERE reader_id = '${first.reader}'`), first.first.at);
	await who.decide("/two/2", { section: "sport" });
	assert.deepEqual(await row(s, first.reader), { views: 2, articles: 2 }, "read again: counted once");
});

test("/decide says all that the widget needs", async () => {
	const { second } = await warm();
	const { status, act, reason, campaign, variant, token, articles, prompt } = second;

	assert.deepEqual({ status, act, reason, campaign, articles }, { status: 200, act: "prompt", reason: "campaign",
		campaign: "support", articles: 2 });
	assert.ok(["a", "b"].includes(variant));
	assert.match(token, /^v1\.k1\.[\w-]+\.[\w-]{43}$/);
	assert.match(prompt.key, /^[\w-]{16,64}$/);
	// The figures of the goal are there as soon as they are known.
	assert.deepEqual(Object.keys(prompt).filter((name) => name !== "goal").sort(), ["amounts", "body", "button", "close_days", "cover", "currency",
		"format", "key", "kind", "later", "later_days", "locale", "monthly_step", "preselect", "remind", "remind_from", "ticket", "title", "topline"]);
	assert.deepEqual(prompt.amounts, { once: ["5.00", "10.00", "25.00", "50.00"], month: ["3.00", "5.00", "10.00", "20.00"],
		year: ["30.00", "60.00", "120.00"] });
	assert.deepEqual([prompt.kind, prompt.currency, prompt.later_days, prompt.close_days], ["appeal", "EUR", 3, 7]);
	assert.deepEqual([prompt.format, prompt.monthly_step, prompt.remind], ["appeal", true, true]);
	assert.deepEqual(prompt.preselect, { interval: "once", amount: "10.00" });
	assert.match((await (await warm()).who.decide("/ru/3", { section: "sport", locale: "ru" })).prompt.title, /[а-я]/);
});

test("a variant stays with its reader", async () => {
	const { who, second } = await warm();

	for (let i = 3; i <= 4; i++)
		assert.equal((await who.decide(`/warm/${i}`, { section: "sport" })).variant, second.variant);
});

test("the gated page holds the prompt of its own decision, counted once", async () => {
	const who = s.client();

	assert.doesNotMatch((await who.get(NEWS[0])).text, /<pledged-prompt/);
	const page = await who.get(NEWS[1]);
	const id = reader_of(who);
	const token = token_of(page.text);

	assert.equal(page.status, 200);
	assert.match(page.headers["cache-control"], /private/);
	assert.match(page.text, /<pledged-prompt class="pledged"[^>]* data-kind="appeal"/);
	assert.match(page.text, /<form class="pledged-form" method="post" action="\/pledge"/);
	assert.ok(page.text.indexOf("story-text") < page.text.indexOf("<pledged-prompt"), "below the article");
	assert.deepEqual(await row(s, id), { views: 2, articles: 2 });
	assert.deepEqual(await s.sql(`SELECT kind, campaign, section, article FROM pledged.prompt_event WHERE reader_id = '${id}'`),
		[["shown", "support", "news", NEWS[1]]]);
	assert.equal(Buffer.from(token.split(".")[2], "base64url").readBigInt64BE(2).toString(),
		await s.one(`SELECT decision FROM pledged.prompt_event WHERE reader_id = '${id}'`));

	const again = await who.get(`/prompt?d=${token}&l=en`);
	const no_key = (html) => html.replace(/name="(key|ticket)" value="[^"]*"/g, "");

	assert.equal(again.status, 200);
	assert.ok(no_key(page.text).includes(no_key(again.text).trim()), "the same fragment");
	assert.match((await who.get(`/prompt?d=${token}&l=ru`)).text, /lang="ru"/);
	assert.equal(await events(id, "shown"), 1, "rendering counts nothing");
	assert.deepEqual(await row(s, id), { views: 2, articles: 2 });
});

test("/prompt renders nothing it was not told to", async () => {
	const { second } = await warm();
	const forged = second.token.slice(0, -4) + (second.token.endsWith("AAAA") ? "BBBB" : "AAAA");

	for (const query of ["", "?d=", "?d=v1.k1.AAAA.AAAA&l=en", `?d=${forged}`, `?d=${second.token}&d=${second.token}`, "?d=%zz"]) {
		const answer = await s.request(`/prompt${query}`);

		assert.equal(answer.status, 200, query);
		assert.equal(answer.text, "", query);
	}
	const form = await s.request("/prompt?form=1&l=en");

	assert.match(form.text, /data-kind="form"/);
	assert.doesNotMatch(form.text, /name="token"/);
});

test("events are stored once, however often they are sent", async () => {
	const { who, second, id } = await warm();

	for (const kind of ["viewed", "clicked", "closed"]) {
		const answers = await Promise.all(Array.from({ length: 5 }, () => who.event(second.token, kind)));

		assert.deepEqual(answers.map((a) => a.status), [204, 204, 204, 204, 204]);
		assert.equal(await events(id, kind), 1);
		assert.ok(await s.count(`SELECT count(*) FROM pledged.reader_mark WHERE reader_id = '${id}' AND kind = '${kind}'`) <= 1);
	}
	assert.equal(await s.count(`SELECT count(*) FROM pledged.reader_mark WHERE reader_id = '${id}' AND kind = 'closed'`), 1);
});

for (const [kind, reason] of [["closed", "closed"], ["later", "later"], ["already_gave", "already_gave"], ["never", "never"]]) {
	test(`after "${kind}" the reader is left in peace`, async () => {
		const { who, second, id } = await warm();

		assert.equal((await who.event(second.token, kind)).status, 204);
		for (let i = 0; i < 3; i++) {
			const next = await who.decide(`/peace/${i}`, { section: "sport" });

			assert.deepEqual([next.act, next.reason], ["open", reason]);
		}
		assert.equal(await events(id, "shown"), 1);
	});
}

test("an event that is not one of ours leaves no trace", async () => {
	const { second, id } = await warm();
	const origin = { origin: s.url };
	const send = (body, headers = origin) => s.request("/event", { method: "POST", headers: { "content-type": "application/json", ...headers }, body });
	const d = second.token;
	const rows = [
		[400, "bad_token", JSON.stringify({ d: `${d.slice(0, -2)}xx`, e: "closed" })],
		[422, "field_bad", JSON.stringify({ d, e: "shown" })],
		[422, "field_bad", JSON.stringify({ d, e: "bought" })],
		[422, "field_missing", JSON.stringify({ d })],
		[422, "field_type", JSON.stringify({ d, e: 5 })],
		[422, "unknown_field", JSON.stringify({ d, e: "closed", f: 1 })],
		[400, "duplicate_field", `{"d":"${d}","e":"closed","e":"closed"}`],
		[400, "bad_json", `{"d":"${d}","e":"closed"`],
		[400, "bad_utf8", Buffer.from(`{"d":"${d}","e":"clos\xff"}`, "latin1")],
		[413, "body_too_large", JSON.stringify({ d, e: "closed", pad: "x".repeat(5000) })],
		[403, "origin_refused", JSON.stringify({ d, e: "closed" }), {}],
		[403, "origin_refused", JSON.stringify({ d, e: "closed" }), { origin: "http://other.example" }],
		[403, "origin_refused", JSON.stringify({ d, e: "closed" }), { ...origin, "sec-fetch-site": "cross-site" }],
	];

	for (const [status, slug, body, headers] of rows) {
		const answer = await send(body, headers);

		assert.equal(answer.status, status, `${body}`.slice(0, 80) + answer.text);
		assert.match(answer.headers["content-type"], /^application\/problem\+json/);
		assert.equal(answer.json().type, `urn:pledged:problem:${slug}`);
	}
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}' AND kind <> 'shown'`), 0);
	// sendBeacon says text/plain
	assert.equal((await send(JSON.stringify({ d, e: "viewed" }), { ...origin, "content-type": "text/plain;charset=UTF-8" })).status, 204);
	assert.equal(await events(id, "viewed"), 1);
});

test("the cap of four in thirty days holds against forty requests at once", async () => {
	const pool = agent(40);

	for (let round = 0; round < 3; round++) {
		const { who, id } = await warm();
		const answers = await Promise.all(Array.from({ length: 40 }, (_, i) => client(s.url, { jar: new Map(who.jar), agent: pool })
			.decide(`/many/${i}`, { section: "sport" })));
		const prompts = answers.filter((a) => a.act === "prompt");

		// One was shown while the reader grew warm.
		assert.equal(prompts.length, 3, JSON.stringify(answers.map((a) => a.reason)));
		assert.equal(new Set(prompts.map((a) => a.token)).size, 3);
		assert.equal(await events(id, "shown"), 4);
		assert.deepEqual(answers.filter((a) => a.act !== "prompt").map((a) => a.reason), Array(37).fill("capped"));
		assert.deepEqual(await row(s, id), { views: 42, articles: 42 });
		assert.equal((await who.decide("/many/41", { section: "sport" })).reason, "capped");
	}
	pool.destroy();
});

test("the sixth article of the month is walled, and read ones stay open", async () => {
	const who = s.client();
	const body = /<div class="story-text">\s*<p class="lead">([^<]{60})/;
	const secrets = [];

	for (const article of NEWS.slice(0, 5)) {
		const page = await who.get(article);

		assert.equal(page.status, 200, article);
		assert.match(page.text, body);
	}
	secrets.push(body.exec((await s.client().get(NEWS[5])).text)[1]);
	for (let i = 0; i < 2; i++) {
		const wall = await who.get(NEWS[5]);

		assert.equal(wall.status, 403);
		assert.match(wall.headers["content-type"], /^text\/html/);
		assert.match(wall.headers["cache-control"], /private/);
		assert.match(wall.text, /<h1>[^<]+<\/h1>/, "the head of the article");
		assert.match(wall.text, /<pledged-prompt class="pledged"[^>]* data-kind="wall"/);
		assert.match(wall.text, /five free articles/);
		assert.doesNotMatch(wall.text, /story-text/);
		assert.ok(!wall.text.includes(secrets[0]), "no byte of the text");
	}
	assert.equal((await who.get(NEWS[5], { headers: { range: "bytes=0-4000" } })).status, 403);
	assert.equal((await who.get(`${NEWS[5]}.html`)).status, 301);
	for (const article of NEWS.slice(0, 5))
		assert.equal((await who.get(article)).status, 200, `${article} again`);
	assert.equal((await who.get("/en/obituaries/tomas-erle")).status, 200, "another section has no meter");
	const answer = await who.decide(NEWS[5]);

	assert.deepEqual([answer.act, answer.reason, answer.left, answer.prompt.kind], ["wall", "meter_wall", 0, "wall"]);
	assert.equal((await s.client().get(NEWS[5])).status, 200, "somebody else reads it");
});

test("five articles at once and five more: five are open", async () => {
	const { who } = await warm("culture");
	const answers = await Promise.all(Array.from({ length: 10 }, (_, i) => who.decide(`/meter/${i}`, { section: "culture" })));

	// Two were read before.
	assert.equal(answers.filter((a) => a.act !== "wall").length, 3);
	assert.equal(answers.filter((a) => a.act === "wall").length, 7);
});

// A foreign page can lead a reader's browser to /decide with any article, and a Lax cookie goes along.
test("another site cannot poison a reader's count, whatever it leads the browser to", async () => {
	const { who, id } = await warm();
	const left = async () => (await who.decide(NEWS[0])).left;
	const had = await left();
	const before = [await row(s, id), await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}'`),
		await s.count(`SELECT count(*) FROM pledged.reader_mark WHERE reader_id = '${id}'`), who.jar.get("pledged")];
	const ways = [["cross-site", "navigate", "document"], ["same-site", "navigate", "document"], ["cross-site", "navigate", "iframe"],
		["cross-site", "no-cors", "image"], ["same-site", "cors", "empty"]].map(([site, mode, dest]) => ({ "sec-fetch-site": site,
		"sec-fetch-mode": mode, "sec-fetch-dest": dest }));

	ways.push({ accept: "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", referer: "https://evil.example/" }); // an old browser
	for (const [i, headers] of ways.entries()) {
		for (const section of ["news", "sport"]) {
			for (let n = 0; n < 4; n++) {
				const answer = await who.get(`/decide?a=/lured/${i}/${section}/${n}&s=${section}&l=en`, { headers });

				assert.deepEqual([answer.status, answer.json().act, answer.headers["set-cookie"]], [200, "open", undefined], JSON.stringify(headers));
			}
		}
		assert.equal((await s.client().get("/decide?a=/lured/1&s=sport", { headers })).headers["set-cookie"], undefined, "nor is a reader begun");
	}
	assert.deepEqual([await row(s, id), await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}'`),
		await s.count(`SELECT count(*) FROM pledged.reader_mark WHERE reader_id = '${id}'`), who.jar.get("pledged")], before);
	assert.equal(await left(), had, "no article of the meter is used up");
	await who.get("/decide?a=/own/1&s=sport&l=en", { headers: { "sec-fetch-site": "same-origin", accept: "*/*" } });
	assert.equal((await row(s, id)).articles, before[0].articles + 1, "the page's own script counts");
});

test("HEAD, ranges, prefetches and what another site has a browser ask do not count", async () => {
	const { who, id } = await warm();
	const before = await row(s, id);
	const shown = await events(id, "shown");
	const ways = [{ method: "HEAD" }, { headers: { range: "bytes=0-99" } }, { headers: { "sec-purpose": "prefetch" } },
		{ headers: { "sec-purpose": "prefetch;prerender" } }];

	for (const [i, way] of ways.entries()) {
		const page = await who.get(NEWS[i], way);

		assert.ok(page.status === 200 || page.status === 206, `${page.status}`);
		assert.doesNotMatch(page.text, /<pledged-prompt/);
		const answer = await who.get(`/decide?a=/uncounted/${i}&s=sport`, way);

		assert.equal(answer.status, 200);
		if (way.method)
			assert.equal(answer.text, "");
		else
			assert.deepEqual([answer.json().act, answer.json().reason], ["open", "not_counted"]);
	}
	for (const site of ["cross-site", "same-site"]) {
		const answer = await who.get(`/decide?a=/uncounted/${site}&s=sport`, { headers: { "sec-fetch-site": site } });

		assert.deepEqual([answer.status, answer.json().act, answer.json().reason], [200, "open", "not_counted"], `a question that a page of ${site} makes the browser ask`);
	}
	assert.deepEqual(await row(s, id), before);
	assert.equal(await events(id, "shown"), shown);
	const fresh = s.client();

	for (const way of ways)
		await fresh.get(NEWS[0], way);
	assert.equal(fresh.jar.size, 0, "nor do they make a reader");
});

test("a mirror shows the same site: one row wherever the cookie is sent", async () => {
	const { who, id } = await warm();

	for (const host of ["localhost", "mirror.localhost", "MIRROR.localhost:99"]) {
		const answer = await who.get("/decide?a=/warm/1&s=sport", { headers: { host } });

		assert.equal(answer.status, 200);
		assert.equal(answer.json().articles, 2, "the same article by the same hash");
	}
	assert.deepEqual(await row(s, id), { views: 2, articles: 2 });
	const other = s.client();

	await other.get("/decide?a=/warm/1&s=sport", { headers: { host: "localhost" } });
	assert.notEqual(reader_of(other), id, "a browser keeps a cookie per host: a reader of its own there");
});

test("without consent nothing is stored, and what was stored at the reader goes", async () => {
	const before = await readers();
	const who = s.client();

	for (let i = 0; i < 4; i++) {
		const answer = await who.decide(`/none/${i}`, { section: "sport", consent: "none" });

		assert.deepEqual([answer.act, answer.reason], ["open", "consent_none"]);
		assert.equal(who.jar.size, 0);
	}
	assert.equal(await readers(), before);
	const { who: known, id } = await warm();

	await known.decide("/none/5", { section: "sport", consent: "none" });
	assert.equal(known.jar.size, 0, "the cookie is taken back");
	assert.equal(await row(s, id), undefined, "and so is the row, at once");
	assert.equal((await known.get("/decide?a=/x&c=maybe")).status, 422);
});

test("Sec-GPC narrows consent to counting: still one reader, counted", async () => {
	const who = client(s.url, { headers: { "sec-gpc": "1" } });

	await who.decide("/gpc/1", { section: "sport" });
	await who.decide("/gpc/2", { section: "sport" });
	assert.deepEqual(await row(s, reader_of(who)), { views: 2, articles: 2 });
});

test("a robot that is verified reads freely and is nobody", async () => {
	const robot = client(s.url, { headers: { "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" } });

	assert.equal((await robot.decide("/x", { section: "sport" })).reason, "first_view", "who only says so is a reader");
	await s.sql("SELECT pledged.robot_ranges_set('googlebot', '{127.0.0.1}', now())");
	// Both workers read the list anew.
	await until("it is believed", async () => (await Promise.all(Array.from({ length: 20 },
		() => robot.decide("/x", { section: "sport" })))).every((answer) => answer.reason === "bot"));
	robot.jar.clear();
	const before = await readers();

	for (const article of [...NEWS, "/en/obituaries/tomas-erle"]) {
		const page = await robot.get(article);

		assert.equal(page.status, 200);
		assert.match(page.text, /story-text/);
		assert.doesNotMatch(page.text, /<pledged-prompt/);
	}
	assert.deepEqual([robot.jar.size, (await robot.decide("/x")).reason], [0, "bot"]);
	assert.equal(await readers(), before);
});

test("a host that is not ours gets a problem, and its pages open", async () => {
	const answer = await s.request("/decide?a=/x&s=news", { headers: FOREIGN });

	assert.equal(answer.status, 404);
	assert.match(answer.headers["content-type"], /^application\/problem\+json/);
	assert.equal(answer.json().type, "urn:pledged:problem:unknown_site");
	assert.equal(answer.headers["set-cookie"], undefined);
	assert.equal((await s.request(NEWS[0], { headers: FOREIGN })).status, 200);
	const { who, second, id } = await warm();

	assert.equal((await who.post("/event", { headers: { ...FOREIGN, origin: `http://${FOREIGN.host}:${s.env.PORT}` },
		body: { d: second.token, e: "closed" } })).status, 404);
	assert.equal(await events(id, "closed"), 0);
});

test("a method that an address does not take is told so", async () => {
	const rows = [["POST", "/decide", "GET"], ["PUT", "/decide", "GET"], ["DELETE", "/event", "POST"], ["GET", "/event", "POST"],
		["POST", "/healthz", "GET"]];

	for (const [method, path, allow] of rows) {
		const answer = await s.request(path, { method, headers: { "content-length": 0 } });

		assert.equal(answer.status, 405, `${method} ${path}`);
		assert.match(answer.headers.allow, new RegExp(`\\b${allow}\\b`));
		assert.equal(answer.json().type, "urn:pledged:problem:bad_method");
	}
});

test("a question that cannot be read is a problem and no row", async () => {
	const before = await readers();
	const rows = [
		["", 422, "field_missing"], ["a=", 422, "field_missing"], ["a=/x&a=/y", 400, "duplicate_field"],
		["a=%zz", 400, "bad_form"], ["a=%ff", 400, "bad_utf8"], ["a=%00", 400, "bad_utf8"], ["a=%0a", 422, "field_bad"],
		["a=/x&s=%e2%80%ae", 422, "field_bad"], [`a=${"x".repeat(201)}`, 422, "field_too_long"],
		["a=/x&b=1", 422, "unknown_field"], ["a=/x&c=all", 422, "field_bad"],
	];

	for (const [query, status, slug] of rows) {
		const { who } = await warm();
		const answer = await who.get(`/decide?${query}`);

		assert.equal(answer.status, status, query + answer.text);
		assert.equal(answer.json().type, `urn:pledged:problem:${slug}`);
	}
	assert.equal(await readers(), before + rows.length, "the warm ones alone");
	assert.equal((await s.request(`/decide?a=/x&s=${"y".repeat(3000)}`)).status, 422);
});

test("a prompt is rendered on its own site alone", async () => {
	const { who } = await warm();
	const { token } = await who.decide("/prompted/1", { section: "sport" });
	const there = async (host) => (await s.request(`/prompt?l=en&d=${token}`, { headers: { host } })).text;

	await s.sql(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (2, 'paper', 'Paper', 'Etc/UTC', 'EUR', 'en', 'Paper', '/t/', '/c/'); INSERT INTO pledged.site_host (host, site_id) VALUES ('paper.example', 2)`);
	await until("every worker knows the other site", async () => {
		for (let i = 0; i < 12; i++)
			assert.equal((await s.request("/decide?a=/x", { headers: { host: "paper.example" } })).json().reason, "no_campaign");
		return true;
	});
	for (const host of ["localhost", "MIRROR.localhost:99"])
		assert.match(await there(host), /name="token"/, host);
	for (const host of ["paper.example", "paper.example:99", "elsewhere.example"])
		assert.equal(await there(host), "", host);
});

test("the roll-up holds every decision after the workers were asked to end", async () => {
	const pool = agent(16);
	const told = {};
	const read = async () => {
		const who = client(s.url, { agent: pool, headers: { "user-agent": "Mozilla/5.0 (iPhone) Mobile" } });

		for (let i = 0; i < 10; i++) {
			const { reason } = await who.decide(`/rolled/${i}`, { section: "rolled" });

			told[reason] = (told[reason] ?? 0) + 1;
		}
	};

	await Promise.all(Array.from({ length: 30 }, read));
	pool.destroy();
	await s.role("view", "restart");
	await s.ready();
	assert.equal(Object.values(told).reduce((a, b) => a + b), 300);
	assert.deepEqual(told, { first_view: 30, campaign: 120, capped: 150 });
	await until("the counts are folded or wait", async () => {
		assert.deepEqual(await decisions(s, "r.section = 'rolled' AND r.device = 'mobile'"), told);
		return true;
	});
});

test("the invariants hold", () => s.invariants());
