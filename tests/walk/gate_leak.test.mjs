// The goal: nothing of a walled article's body leaves, in no output and by no trick; and what a visitor
// without a cookie sees is the article asked for, and nothing more. That much is open by design: a first
// view is free, so a client that drops its cookie, or calls itself a robot or another host, reads on. No
// gate that lives by a cookie can change that.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import http from "node:http";
import net from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { OUTPUTS, articles, holds, leaks, metered } from "./lib/articles.mjs";
import { agent } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { reader_of, row, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "gate-leak", views: 2, set: { "view.deadline_ms": 3000 } });
const pool = agent(12);
const COMMON = ["/", "/ru/", "/news/", "/culture/", "/ru/news/", "/ru/culture/", "/play/", "/feed.xml", "/ru/feed.xml", "/contribute/", "/ru/contribute/", "/thanks/", "/live/ice-watch", "/nothing",
	"/prompt?form=1&l=en"];

// raw: a request whose address goes out as it is written; {status, headers, text}, redirects not followed.
function raw(path, { method = "GET", headers = {}, jar } = {}) {
	const cookie = jar && [...jar].map(([name, value]) => `${name}=${value}`).join("; ");

	return new Promise((done, fail) => {
		const req = http.request({ host: "127.0.0.1", port: s.env.PORT, path, method, agent: pool, insecureHTTPParser: true,
			headers: { ...(cookie ? { cookie } : {}), ...headers } }, (res) => {
			const parts = [];

			res.on("data", (part) => parts.push(part));
			res.on("end", () => done({ status: res.statusCode, headers: res.headers, text: Buffer.concat(parts).toString() }));
		});

		req.on("error", fail);
		req.end();
	});
}

// wire: bytes as they are, and all that comes back until nginx closes.
function wire(bytes) {
	return new Promise((done, fail) => {
		const socket = net.connect(Number(s.env.PORT), "127.0.0.1", () => socket.write(bytes));
		const parts = [];

		socket.setTimeout(10000, () => socket.destroy(new Error("no end")));
		socket.on("data", (part) => parts.push(part));
		socket.on("error", fail);
		socket.on("close", () => done(Buffer.concat(parts).toString()));
	});
}

// each: f of all items, a dozen at once.
async function each(items, f) {
	const left = items.entries();

	await Promise.all(Array.from({ length: 12 }, async () => {
		for (const [i, item] of left)
			await f(item, i);
	}));
}

// walled: a reader who has used up the month elsewhere.
async function walled() {
	const who = s.client();

	for (let i = 0; i < 5; i++)
		assert.notEqual((await who.decide(`/elsewhere/${i}`)).act, "wall");
	assert.equal((await who.decide("/elsewhere/6")).reason, "meter_wall");
	return who;
}

function shut(answer, what) {
	assert.deepEqual(leaks(`${JSON.stringify(answer.headers)} ${answer.text}`), [], what);
	assert.equal(answer.headers["content-encoding"], undefined, what);
}

const cookies = (answer) => (answer.headers["set-cookie"] ?? []).filter((line) => line.startsWith("pledged="));

function is_private(answer, what) {
	assert.equal(answer.headers["cache-control"], "private, no-cache", what);
	assert.equal(answer.headers.vary, "Cookie", what);
}

// --- open ----------------------------------------------------------------------------------------

test("a visitor without a cookie sees the article asked for, whole, and nothing of another", async () => {
	await each(articles.flatMap((a) => OUTPUTS.map((o) => [a, a.url + o])), async ([a, path]) => {
		const answer = await raw(path);

		assert.equal(answer.status, 200, path);
		assert.ok(holds(answer.text, a), `${path} is whole`);
		assert.deepEqual(leaks(answer.text), [a.url], path);
		assert.equal(cookies(answer).length, 1, `${path} passes the cookie on, once`);
		is_private(answer, path);
		assert.doesNotMatch(answer.text, /<!--#|an error occurred/, path);
	});
	await each(COMMON, async (path) => {
		const answer = await raw(path);

		shut(answer, path);
		assert.equal(cookies(answer).length, 0, path);
	});
});

test("two hundred visits without a cookie: each sees its article, none leaves a row or is sent around", async () => {
	const rows = () => s.count("SELECT count(*) FROM pledged.reader");
	const before = await rows();
	const sizes = new Map();

	await each(Array.from({ length: 200 }), async (_, i) => {
		const a = metered[i % metered.length];
		const path = a.url + OUTPUTS[i % 3];
		const answer = await raw(path);

		assert.equal(answer.status, 200, path);
		assert.equal(answer.headers.location, undefined);
		assert.deepEqual(leaks(answer.text), [a.url]);
		assert.equal(cookies(answer).length, 1);
		assert.equal(answer.text.length, sizes.get(path) ?? answer.text.length, "the same page each time");
		sizes.set(path, answer.text.length);
	});
	assert.equal(await rows(), before);
});

test("all outputs of an article are one article, by either form of the gate", async () => {
	const who = s.client();
	const five = ["news", "culture"].flatMap((section, i) => metered.filter((a) => a.section === section).slice(0, 3 - i));

	assert.ok(five.some((a) => a.section === "news") && five.some((a) => a.section === "culture"));
	for (const [n, a] of five.entries()) {
		for (const o of OUTPUTS) {
			const answer = await who.get(a.url + o);

			assert.equal(answer.status, 200, a.url + o);
			assert.deepEqual(leaks(answer.text), [a.url]);
		}
		assert.equal((await who.decide(a.url, { section: a.section })).articles, n + 1);
	}
	assert.deepEqual(await row(s, reader_of(who)), { views: 5, articles: 5 });
	await each(metered.filter((a) => !five.includes(a)).flatMap((a) => OUTPUTS.map((o) => a.url + o)), async (path) => {
		const answer = await raw(path, { jar: who.jar });

		assert.equal(answer.status, 403, path);
		shut(answer, path);
	});
	await each([...five, ...articles.filter((a) => !a.metered)].flatMap((a) => OUTPUTS.map((o) => a.url + o)), async (path) => {
		assert.equal((await raw(path, { jar: who.jar })).status, 200, `${path}: read before, or free`);
	});
});

test("a prefetch, a HEAD and a range count in neither form", async () => {
	const who = s.client();

	await who.decide("/warm/1", { section: "sport" });
	await who.decide("/warm/2", { section: "sport" });
	const before = await row(s, reader_of(who));

	await each(metered.flatMap((a) => OUTPUTS.flatMap((o) => [{ method: "HEAD" }, { headers: { range: "bytes=0-99" } },
		{ headers: { "sec-purpose": "prefetch" } }].map((way) => [a.url + o, way]))), async ([path, way]) => {
		const answer = await raw(path, { jar: who.jar, ...way });

		assert.ok([200, 206].includes(answer.status), `${path} ${answer.status}`);
		assert.equal(cookies(answer).length, 0);
		assert.doesNotMatch(answer.text, /<pledged-prompt|"prompt": "/);
	});
	assert.deepEqual(await row(s, reader_of(who)), before);
	await each(metered.slice(0, 5), (a) => raw(a.url, { jar: who.jar }));
	assert.deepEqual(await row(s, reader_of(who)), { views: 7, articles: 7 });
});

// --- walled --------------------------------------------------------------------------------------

const reader = await walled();
const jar = reader.jar;

test("a walled reader gets head and teaser in the same format, and a way to give", async () => {
	for (const a of metered) {
		const title = /<h1>([^<]+)</.exec(a.head)[1];
		const teaser = /<p class="dek">([^<]+)</.exec(a.head)[1];
		const [page, json, amp] = await Promise.all(OUTPUTS.map((o) => raw(a.url + o, { jar })));

		for (const answer of [page, json, amp]) {
			assert.equal(answer.status, 403);
			shut(answer, a.url);
			is_private(answer, a.url);
			assert.doesNotMatch(answer.text, /<!--#|an error occurred|wall-shut/);
		}
		for (const answer of [page, amp]) {
			assert.match(answer.headers["content-type"], /^text\/html/);
			assert.ok(answer.text.includes(`<h1>${title}</h1>`) && answer.text.includes(teaser));
			assert.match(answer.text, /data-kind="wall"[\s\S]*action="\/pledge"/);
		}
		assert.doesNotMatch(amp.text, /<script/);
		assert.match(json.headers["content-type"], /^application\/json/);
		const { prompt, ...rest } = JSON.parse(json.text);

		assert.deepEqual({ title: rest.title, teaser: rest.teaser, wall: rest.wall, body: rest.body }, { title, teaser, wall: true, body: undefined });
		assert.match((await raw(prompt)).text, /data-kind="wall"/);
	}
});

// What stands for an article's address, or near it.
const ADDRESSES = (u) => ["", ".json", ".amp", ".html", "/", ".html/", ".json/", ".amp/", ".amp.html", ".json.html", ".html.json", ".json.json",
	".json.amp", ".JSON", ".txt", ".xml", ".gz", ".html.gz", ".html~", ".bak", ".", "..", "/.", "/..", "/index.html", "/amp", "/json", "/feed.xml",
	"%2ejson", ".%6ason", "%2ehtml", ".htm%6c", "%2eamp", "%2f", "%2F.html", "%20", ".html%20", "%00", "%00.html", "%0a", "%3f", "%23",
	"%3f.html", "%5c", "\\", ";x", ";.html", "%3bx=1", "?x=1", "?", "??", "?amp=1", "?format=json", "?output=amp", "?pledged_act=open",
	"?pledged=v1.k1.AAAA.AAAA", "?a=/warm/1", "?story_form=.json", "?_escaped_fragment_=", "&x=1", "//", "///", "/%2e", "/%2e%2e/", "*", "~",
	"@", "%252ejson", "%c0%ae%c0%ae", "%ff"].map((end) => u + end).concat([`/${u}`, `//${u}`, `/.${u}`, `/./${u}`, `/%2e${u}`, `/x/..${u}`,
	`/x/%2e%2e${u}`, `/x/..%2f${u.slice(1)}`, u.replace(/\//g, "//"), u.replace(/\/(?=[^/]*$)/, "/./"), u.replace(/\/(?=[^/]*$)/, "%2f"),
	u.replace(/\/(?=[^/]*$)/, "/x/../"), u.replace(/\/(?=[^/]*$)/, "/x/%2e%2e/"), u.replace(/.$/, (c) => `%${c.charCodeAt().toString(16)}`),
	u.replace(/[a-z]/g, (c) => `%${c.charCodeAt().toString(16)}`), u.replace("/en/", "/ru/").replace("/news/", "/culture/"),
	u.replace("/culture/", "/news/"), u.replace("/news/", "/obituaries/"), u.replace("/news/", "/obituaries/../news/"), u.toUpperCase(), u.slice(0, -1),
	`http://127.0.0.1${u}`, `http://localhost${u}.json`, `http://mirror.localhost${u}.amp`]);
// Where bodies, walls and decisions lie inside.
const INSIDE = (u) => [`/teaser${u}.html`, `/teaser${u}`, `/teaser${u}.json`, "/wall/en.html", "/wall/en", `/wall${u}`, `/wall${u}.json`, `/wall${u}.amp`,
	`/wall${u}.html`, `/outputs${u}.json`, `/closed${u}`, `/open${u}`, `/@story${u}`, "/@story", "/@wall", "@story", "/%40story", `/read${u}`, "/read",
	`/read?a=${u}`, "/gate", `/gate?a=${u}`, `/prompt?d=${u}&l=en`, `/decide?a=${u}&s=news`, `/decide?a=${u}.json&s=news`, `/assets/..${u}.html`,
	`/assets../site${u}.html`, `/..${u}.html`, `/../outputs${u}.json`, `/..%2foutputs${u}.json`, `/%2e%2e/outputs${u}.json`, `/feed.xml${u}`,
	`/feed.xml/..${u}.json`, `/teaser/..${u}.html`, `/teaser/..${u}.amp`, `/wall/..${u}.json`, `/wall/%2e%2e${u}`, `/live${u}`, `/pledge/..${u}`];

test("no spelling of an address and no address inside opens a walled article", async () => {
	const asked = metered.flatMap((a) => [...ADDRESSES(a.url), ...INSIDE(a.url)]);
	const opened = [];

	await each(asked, async (path) => {
		let answer = await raw(path, { jar });

		shut(answer, path);
		for (let hops = 0; answer.status >= 300 && answer.status < 400; hops++) {
			assert.ok(hops < 3, `${path} is sent around`);
			answer = await raw(answer.headers.location, { jar });
			shut(answer, `${path}, sent on`);
		}
		assert.ok(answer.status < 500, `${path} ${answer.status}`);
		if (answer.status === 200 && !/^(\/prompt|\/decide|\/assets|\/feed)/.test(path))
			opened.push(path);
	});
	// …/news/.. and such are the front pages, which shut() has seen.
	assert.deepEqual(opened.filter((path) => !/\.\.$/.test(path) && !/%2e%2e\/?$/.test(path)), []);
});


// tags: what nginx would call the file of an output, had it no SSI, and what it said of it while it was open.
async function tags(a, output) {
	const { mtimeMs, size } = await stat(join(s.dir, "outputs", a.url + (output || ".html")));
	const open = await raw(a.url + output);

	return [...new Set([`"${Math.floor(mtimeMs / 1000).toString(16)}-${size.toString(16)}"`, open.headers.etag].filter(Boolean))]
		.map((etag) => ({ etag, date: open.headers["last-modified"] ?? new Date(Math.floor(mtimeMs / 1000) * 1000).toUTCString() }));
}

const HEADERS = [{ range: "bytes=0-" }, { range: "bytes=500-900" }, { range: "bytes=-600" }, { range: "bytes=0-9,2000-2900" }, { range: "bytes=0-0" },
	{ "sec-purpose": "prefetch" }, { "sec-purpose": "prefetch;prerender" }, { purpose: "prefetch" }, { "x-moz": "prefetch" },
	{ accept: "application/json" }, { accept: "text/html" }, { accept: "*/*" }, { accept: "application/atom+xml" }, { accept: "text/plain;q=1" },
	{ "accept-encoding": "gzip, br, deflate" }, { "if-none-match": "*" }, { "if-match": "*" }, { "if-modified-since": new Date().toUTCString() },
	{ "if-unmodified-since": new Date(0).toUTCString() }, { "x-requested-with": "XMLHttpRequest" }, { host: "mirror.localhost" },
	{ host: "MIRROR.localhost:1" }, { host: "localhost" }, { "x-forwarded-host": "other.example" }, { "x-forwarded-for": "192.0.2.1" },
	{ "x-accel-redirect": "@story" }, { "x-original-url": "/teaser" }, { "x-rewrite-url": "/en/obituaries/tomas-erle" }, { "x-http-method-override": "HEAD" },
	{ "pledged-act": "open" }, { "pledged-open": "@story" }, { "pledged-wall": "@story" }, { pledged_wall: "@story" }, { "pledged-token": "v1.k1.A.A" },
	{ "pledged-article": "/elsewhere/1" }, { "pledged-section": "obituaries" }, { "pledged-consent": "none" }, { "document-uri": "/healthz" },
	{ "request-method": "HEAD" }, { "sec-gpc": "1" }, { dnt: "1" }, { expect: "100-continue" }, { connection: "close" }, { "cache-control": "only-if-cached" },
	{ referer: "https://news.google.example/" }, { "content-length": "0" }, { "service-worker": "script" }, { te: "trailers" }];

test("no header opens a walled article, nor does a validator from when it was open", async () => {
	await each(metered.flatMap((a) => OUTPUTS.map((o) => [a, o])), async ([a, o]) => {
		const conditional = (await tags(a, o)).flatMap(({ etag, date }) => [{ "if-none-match": etag }, { "if-none-match": `W/${etag}` },
			{ "if-modified-since": date }, { "if-match": etag }, { "if-unmodified-since": date }, { "if-none-match": etag, "if-modified-since": date },
			{ range: "bytes=0-2000", "if-range": etag }, { range: "bytes=0-2000", "if-range": date }]);

		for (const headers of [...HEADERS, ...conditional]) {
			const answer = await raw(a.url + o, { jar, headers });
			const what = `${a.url + o} ${JSON.stringify(headers)}`;

			shut(answer, what);
			assert.equal(answer.status, 403, what);
			is_private(answer, what);
		}
	});
});

test("no method opens a walled article", async () => {
	await each(metered.flatMap((a) => OUTPUTS.flatMap((o) => ["HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND", "TRACE", "PURGE", "COPY"]
		.map((method) => [a.url + o, method]))), async ([path, method]) => {
		const answer = await raw(path, { jar, method });

		shut(answer, `${method} ${path}`);
		assert.ok([403, 405, 400].includes(answer.status), `${method} ${path} ${answer.status}`);
		assert.equal(answer.headers["content-length"] > 3000, false, "not even the length of the body");
		if (method === "HEAD")
			assert.deepEqual([answer.status, answer.text], [403, ""]);
	});
	const cookie = `Cookie: pledged=${jar.get("pledged")}\r\n`;

	for (const { url } of metered) {
		for (const bytes of [`GET ${url} HTTP/1.0\r\nHost: localhost\r\n${cookie}\r\n`, `get ${url} HTTP/1.1\r\nHost: localhost\r\n${cookie}Connection: close\r\n\r\n`,
			`GET ${url}.json HTTP/1.0\r\n${cookie}Host: 127.0.0.1\r\nRange: bytes=0-\r\n\r\n`,
			`GET / HTTP/1.1\r\nHost: localhost\r\n\r\nGET ${url}.amp HTTP/1.1\r\nHost: localhost\r\n${cookie}Connection: close\r\n\r\n`,
			`GET /../outputs${url}.json HTTP/1.1\r\nHost: localhost\r\n${cookie}Connection: close\r\n\r\n`,
			`POST ${url} HTTP/1.1\r\nHost: localhost\r\n${cookie}Content-Length: 38\r\nConnection: close\r\n\r\nGET ${url}.json HTTP/1.1\r\nHost: localhost\r\n\r\n`])
			assert.deepEqual(leaks(await wire(bytes)), [], bytes);
	}
});

test("fronts and feeds hold nothing of a body for anybody, and feeds are the same for all", async () => {
	for (const path of ["/feed.xml", "/ru/feed.xml"]) {
		const [a, b] = await Promise.all([raw(path), raw(path, { jar })]);
		const locale = path === "/feed.xml" ? "en" : "ru";

		assert.equal(a.status, 200);
		assert.equal(a.text, b.text);
		assert.match(a.headers["content-type"], /^application\/atom\+xml/);
		assert.match(a.headers["cache-control"], /^public/);
		assert.deepEqual([...a.text.matchAll(/<link rel="alternate" type="text\/html" href="(\/\w\w\/\w+\/[^"]+)"/g)].map((m) => m[1]).sort(),
			articles.filter((x) => x.locale === locale).map((x) => x.url).sort());
	}
	await each(COMMON, async (path) => shut(await raw(path, { jar }), path));
});

test("a cookie in both forms, open and walled, is passed on", async () => {
	const file = join(s.dir, "secrets/cookie.key");

	// A new key signs: whoever comes with the old one is given a new cookie, whatever is decided.
	await writeFile(file, `k2:${randomBytes(32).toString("hex")}\n${await readFile(file, "utf8")}`);
	await s.role("view", "restart");
	await s.ready();
	await until("each worker signs with it", async () => cookies(await raw(metered[0].url))[0].includes("=v1.k2."));
	await each(articles.flatMap((a) => OUTPUTS.map((o) => [a, a.url + o])), async ([a, path]) => {
		const answer = await raw(path, { jar });

		assert.equal(answer.status, a.metered ? 403 : 200, path);
		assert.equal(cookies(answer).length, 1, path);
		assert.match(cookies(answer)[0], /^pledged=v1\.k2\.[^;]+; Path=\/; Max-Age=\d+; HttpOnly; SameSite=Lax$/);
		assert.deepEqual(leaks(answer.text), a.metered ? [] : [a.url]);
	});
});

// --- the address form of the redirect ------------------------------------------------------------

test("an address with any bytes in it is passed on as it is, and splits nothing", async () => {
	const conf = join(s.dir, "nginx/extra-server.conf");

	await writeFile(conf, `location ^~ /raw/ {
		set $pledged_section news;
		set $pledged_locale en;
		set $pledged_open /closed$uri;
		set $pledged_wall /shut$uri;
		include pledged-read.conf;
		set $pledged_article /raw;
	}
	location ^~ /closed/ {
		internal;
		include pledged-page.conf;
		return 200 "open $pledged_act $uri";
	}
	location ^~ /shut/ {
		internal;
		include pledged-page.conf;
		return 403 "wall $pledged_act $uri";
	}
	`);
	await chmod(conf, 0o644);
	await s.role("nginx", "restart");
	await s.ready();
	const rows = ["a", "a%20b", "a+b", "a%2Bb", "a%3Fb=c", "a%23b", "a%25", "%252e%252e/x", "%25%32%65", "a%0d%0aSet-Cookie:%20evil=1", "a%0d%0a%0d%0aX",
		"a%0aX-Accel-Redirect:%20/closed/x", "a%09b", "a%7f", "%d0%94", "%ff%fe", "a%5c..%5cb", "@story", "%40story", "a%22b%27c%3Cd%3E", "a;b", "...", "a..b/..c",
		"%2e%2e%2e/x", "x".repeat(400), "%ff".repeat(500)];

	for (const path of rows) {
		// What nginx itself makes of the address.
		const uri = Buffer.from(path.replace(/%([0-9a-f]{2})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString();
		const fresh = await raw(`/raw/${path}`);
		const wall = await raw(`/raw/${path}`, { jar });

		assert.deepEqual([fresh.status, fresh.text], [200, `open open /closed/raw/${uri}`], path);
		assert.equal(cookies(fresh).length, 1);
		assert.deepEqual([wall.status, wall.text], [403, `wall wall /shut/raw/${uri}`], path);
		assert.ok([...cookies(fresh), ...cookies(wall)].every((line) => line.startsWith("pledged=v1.k2.")));
		for (const answer of [fresh, wall])
			assert.deepEqual(["x-accel-redirect", "pledged-token", "pledged-act"].filter((name) => answer.headers[name]), []);
	}
	for (const path of ["/raw/../closed/x", "/raw/%2e%2e/closed/x", "/raw/..%2fshut/x", "/closed/raw/a", "/shut/raw/a"])
		assert.equal((await raw(path, { jar })).status, 404, path);
	// Too long to be told to the role: open for who may read, and a wall without a page for who may not.
	const long = `/raw/${"y".repeat(600)}`;

	assert.equal((await raw(long)).text, `open open /closed${long}`);
	assert.equal((await raw(long, { jar })).status, 403);
});

test("the invariants hold", () => s.invariants());
