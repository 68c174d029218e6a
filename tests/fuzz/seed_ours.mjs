// seed_ours.mjs: seeds of what needs no provider: requests, cookies, files.

import { createHmac } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";

import { seeds } from "./seeds.mjs";

const root = new URL("../../", import.meta.url);
const file = (path) => readFileSync(new URL(path, root), "utf8");
const bytes = (...parts) => Buffer.concat(parts.map((p) => (typeof p === "number" ? Buffer.from([p]) : Buffer.from(p))));
// be: a number of n bytes, the large end first.
const be = (n, v) => Buffer.from(BigInt.asUintN(8 * n, BigInt(v)).toString(16).padStart(2 * n, "0"), "hex");
const READER = Buffer.from("01890a5dac96774bbcceb302099a8057", "hex");

// --- FastCGI -------------------------------------------------------------------------------------

const record = (type, content = "", { id = 1, pad = 0, version = 1 } = {}) =>
	bytes(version, type, be(2, id), be(2, Buffer.byteLength(content)), pad, 0, content, Buffer.alloc(pad));
const begin = (role = 1, flags = 0) => record(1, bytes(be(2, role), flags, Buffer.alloc(5)));
const size = (n, long) => (n > 127 || long ? be(4, n + 0x80000000) : Buffer.from([n]));
const pairs = (all, long) => bytes(...Object.entries(all).flatMap(([k, v]) =>
	[size(k.length, long), size(Buffer.byteLength(v), long), k, v]));
const GET = { REQUEST_METHOD: "GET", DOCUMENT_URI: "/decide", QUERY_STRING: "a=/x", PLEDGED_HOST: "demo.example", PLEDGED_SCHEME: "https" };
const post = (body, more) => ({ ...GET, REQUEST_METHOD: "POST", CONTENT_LENGTH: String(body.length), CONTENT_TYPE: "application/json", ...more });
const ask = (params, body = "", { role = 1, long = false, cut = 60000 } = {}) => {
	const all = pairs(params, long), parts = [];

	for (let at = 0; at < all.length; at += cut)
		parts.push(record(4, all.subarray(at, at + cut)));
	return bytes(begin(role), ...parts, record(4), ...(body ? [record(5, body)] : []), record(5));
};

seeds("fuzz_fcgi", Object.fromEntries(Object.entries({
	get: ask(GET), post: ask(post("{}"), "{}"), head: ask({ ...GET, REQUEST_METHOD: "HEAD" }), long: ask(GET, "", { long: true }),
	pieces: ask(post("{}"), "{}", { cut: 7 }), none: ask({}), short: ask(post("12345"), "12"), more: ask(post("12345"), "1234567890"),
	large: ask(post("x".repeat(300)), "x".repeat(300)), lies: ask({ ...GET, CONTENT_LENGTH: "-1" }), word: ask({ ...GET, CONTENT_LENGTH: "x" }),
	authorizer: ask(GET, "", { role: 2 }), filter: ask(GET, "", { role: 3 }), twice: bytes(ask(GET), ask(GET)), begin: begin(), half: ask(GET).subarray(0, 60),
	kept: bytes(begin(1, 1), record(4, pairs(GET)), record(4), record(5), begin(1, 1), record(4, pairs(GET)), record(4), record(5)),
	many: ask(Object.fromEntries(Array.from({ length: 257 }, (_, i) => [`A${i}`, ""]))), edge: ask(Object.fromEntries(Array.from({ length: 255 }, (_, i) => [`A${i}`, ""]))),
	doubled: bytes(begin(), record(4, bytes(pairs(GET), pairs(GET))), record(4), record(5)), other_id: bytes(begin(), record(4, pairs(GET), { id: 2 }), record(4), record(5)),
	version: bytes(record(1, "\0\x01\0\0\0\0\0\0", { version: 2 })), abort: bytes(begin(), record(2)), values: bytes(record(9, pairs({ FCGI_MPXS_CONNS: "" }), { id: 0 })),
	padded: bytes(begin(), record(4, pairs(GET), { pad: 5 }), record(4, "", { pad: 255 }), record(5, "", { pad: 1 })), unknown: bytes(begin(), record(11, "x"), record(4), record(5)),
	nul: ask({ ...GET, QUERY_STRING: "a=\0b" }), cut_pair: bytes(begin(), record(4, bytes(4, 200, "NAME")), record(4), record(5)), empty: "",
	overflow: bytes(begin(), record(4, bytes(be(4, 0xffffffff), be(4, 0xffffffff), "A".repeat(200))), record(4), record(5)),
	overflow_less: bytes(begin(), record(4, bytes(pairs(GET), be(4, 0xffffff00), be(4, 0x80000100), "NAME".repeat(90))), record(4), record(5)),
	megabyte: bytes(begin(), record(4, bytes(be(4, 0x80000001), be(4, 0x80100000), "A".repeat(500))), record(4), record(5)),
	long_half: bytes(begin(), record(4, bytes(4, 0x80, 0, 0)), record(4), record(5)),
	values_long: bytes(record(9, bytes(be(4, 0xffffffff), be(4, 0xffffffff), "FCGI_MPXS_CONNS"), { id: 0 })),
	tail: bytes(ask(GET), "GET / HTTP/1.1\r\n\r\n"), no_end: bytes(begin(), record(4, pairs(GET)), record(4)), wide: ask({ ...GET, HTTP_COOKIE: "c".repeat(9000) }),
}).map(([name, input]) => [name, bytes(4, input)])));

// --- signed texts --------------------------------------------------------------------------------

const KEY = Buffer.from(Array.from({ length: 32 }, (_, i) => i));
const b64 = (b) => Buffer.from(b).toString("base64url");
const sealed = (purpose, payload, key = KEY) => {
	const body = `v1.b.${b64(payload)}`;

	return `${body}.${createHmac("sha256", key).update(`${purpose}\0${body}`).digest("base64url")}`;
};
const cookie = bytes(2, 0, READER, be(2, 1));
const first = bytes(2, 1, READER, be(2, 1), be(2, 9800), be(6, (3n << 36n) + 77n), be(8, 1800000000));
const token = bytes(2, 1, be(8, 4711), READER, be(2, 1), be(8, 1800000000), be(4, 3), be(4, 2), 1, 0, 1, 0, be(6, 99), be(2, 4), "EE");
const before = bytes(1, 1, be(8, 4711), READER, be(2, 1), be(8, 1800000000), be(4, 3), be(4, 2), 1, 1, 0, be(6, 99));
const ticket = (flags, reader = READER, site = 7, at = 1799999990000) => bytes(1, flags, Buffer.alloc(12, 5), reader, be(2, site), be(8, at));
const NOBODY = Buffer.alloc(16);
const lines = (...v) => v.join("\n");
const CLAIMS = { aud: "demo", exp: 1800000001 };
const claims = (c, head = { alg: "HS256" }) => `${JSON.stringify(head)}\n${JSON.stringify(c)}`;

seeds("fuzz_token", Object.fromEntries(Object.entries({
	cookie: ["c", cookie], cookie_first: ["c", first], cookie_before: ["c", bytes(1, first.subarray(1))], cookie_nobody: ["c", bytes(2, 0, Buffer.alloc(16), be(2, 1))],
	decision: ["d", token], decision_before: ["d", before], decision_nobody: ["d", bytes(2, 2, be(8, 1), Buffer.alloc(16), token.subarray(26))],
	pass: ["p", bytes(2, 1, be(8, 1800000000), be(2, 1), Buffer.alloc(10))], preview: ["p", bytes(2, 2, be(8, 1800000000), be(2, 1), be(4, 5), 1, 0, be(2, 7), "EE")],
	form: ["f", ticket(1)], form_nobody: ["f", ticket(0, NOBODY)], form_puzzle: ["f", ticket(6, NOBODY)], form_flags: ["f", ticket(15)], form_other: ["f", ticket(0)],
	seen: ["F", lines(sealed("form", ticket(4, NOBODY)), "12", "", "Mozilla/5.0", "en", "EE", "EE", "a@mail.example")], seen_none: ["F", lines("", "", "googlebot", "", "", "EE", "FI", "bcdfgh12345@x.throwaway.example")],
	seen_forged: ["F", lines(sealed("cookie", ticket(0, NOBODY)), "0", "", "x", "y")], seen_odd: ["F", lines("v1.k1.\"\\", "9999999999999999", "\u0001", "\"", "\u2028", "\u202e", "<", "@")],
	sealed: ["s", `b.${b64(cookie)}`], sealed_old: ["s", `a.${b64(cookie)}`], sealed_empty: ["s", "b."], sealed_bits: ["s", "b.AB"], sealed_parts: ["s", "b.AA.AA"],
	good: ["t", sealed("cookie", cookie)], other_purpose: ["t", sealed("pass", cookie)], other_key: ["t", sealed("cookie", cookie, Buffer.alloc(32, 7))],
	cut: ["t", sealed("cookie", cookie).slice(0, -1)], more: ["t", `${sealed("decision", token)}A`], dots: ["t", "v1..."], plus: ["t", "v1.b.++.=="],
	account: ["j", claims(CLAIMS)], account_list: ["j", claims({ ...CLAIMS, aud: ["x", "demo"], nbf: 1800000000, sub: "7" })], account_none: ["j", claims(CLAIMS, { alg: "none" })],
	account_crit: ["j", claims(CLAIMS, { alg: "HS256", crit: ["exp"] })], account_past: ["j", claims({ ...CLAIMS, exp: 1800000000 })], account_real: ["j", '{"alg":"HS256"}\n{"aud":"demo","exp":1e12}'],
	account_future: ["j", claims({ ...CLAIMS, nbf: 1800000001 })], account_other: ["j", claims({ ...CLAIMS, aud: "demo2" })], account_twice: ["j", '{"alg":"HS256","alg":"HS256"}\n{}'],
	stranger: ["J", `${b64('{"alg":"none"}')}.${b64(JSON.stringify(CLAIMS))}.`],
	link: ["l", b64(KEY)], link_bits: ["l", `${b64(KEY).slice(0, -1)}B`], link_short: ["l", b64(KEY).slice(1)],
	header: ["k", "a=b; pledged=v1.b.c.d; __Host-pledged=x"], header_twice: ["k", "pledged=a; pledged=b"], header_odd: ["k", "pledged ; =pledged=; ;pledged==;\tpledged= x "],
	keys: ["r", `a:${KEY.toString("hex")}\n# old\n  b1:${"0f".repeat(32).replace("0f", "f0")}\n`], keys_weak: ["r", `a:${"00".repeat(32)}`], keys_twice: ["r", `a:${KEY.toString("hex")}\na:${KEY.toString("hex")}`],
	keys_five: ["r", ["a", "b", "c", "d", "e"].map((id) => `${id}:${KEY.toString("hex")}`).join("\n")],
}).map(([name, [kind, input]]) => [name, bytes(kind, input)])));

// --- files of an operator ------------------------------------------------------------------------

const ini = file("conf/pledged.ini");
const set = ini.replace(/^;(\w+ = )/gm, "$1");

seeds("fuzz_conf", Object.fromEntries(Object.entries({ shipped: ini, all: set.replace(/^\w+_file = .*$/gm, ""), one: "[view]\ndeadline_ms = 80\n", bad: "[view]\ndeadline_ms = 0\n",
	twice: "[view]\ndeadline_ms=80\ndeadline_ms=80\n", unknown: "[view]\ncolour = red\n[nothing]\nx=1\n", bom: "\ufeff[view]\ndeadline_ms = 80\r\n", comment: "[view]\ndeadline_ms = 80 ; soon\n",
	indented: "[view]\n deadline_ms = 80\n", open: "[view\ndeadline_ms = 80", long: `[database]\nconninfo = ${"x".repeat(190)}\n`, bare: "[view]\ndeadline_ms\n", colon: "[view]\ndeadline_ms: 80\n",
	utf8: "[view]\ndeadline_ms = \xff\n", nul: "[view]\ndeadline_ms = 8\0 0\n", secret: "[cookie]\nkey_file = /dev/null\n", none: "", huge: "[view]\nmax_requests = 99999999999999999999\n" })
	.flatMap(([name, text]) => ["v", "m", "h"].map((role) => [`${name}_${role}`, Buffer.from(role + text, name === "utf8" ? "latin1" : "utf8")]))));

const campaign = JSON.parse(file("conf/campaigns/support.json"));
const short = { campaign: "a", site: "d", kind: "appeal", priority: 1, start: "2026-01-01T00:00:00Z", amounts: { currency: "EUR", once: ["5.00"], preselect: { interval: "once", amount: "5.00" } },
	variants: [{ variant: "a", share: 100, text: { en: { topline: "t", title: "t", body: "b", button: "g", later: "l" } } }] };
const changed = (change) => JSON.stringify({ ...short, ...change });

seeds("fuzz_campaign", { ...Object.fromEntries(readdirSync(new URL("conf/campaigns/", root)).filter((f) => f.endsWith(".json"))
	.map((f) => [f.replace(".json", ""), JSON.stringify(JSON.parse(file(`conf/campaigns/${f}`)))])),
short: JSON.stringify(short), wall: changed({ kind: "wall", meter: { window: "rolling", days: 7, allowance: 3, then: "wall" } }), goal: changed({ goal: { amount: "1000.00", currency: "EUR", from: "2026-01-01T00:00:00Z" } }),
capped: changed({ cap: { id: "x", views: 4, days: 30, daily: 1, gap_hours: 2, cycle: { views: 2, skip: 1, restart_days: 9 } }, pause: { close_days: 7, never_days: 3650 } }),
targeted: changed({ target: { section: { in: ["sport"] }, country: { not_in: ["EE"] }, hour: { from: 6, to: 22 }, referrer: { in: ["search", "news.example"] } } }),
yen: changed({ amounts: { currency: "JPY", once: ["500"], preselect: { interval: "once", amount: "500" } } }), unknown: changed({ colour: 1 }), doubled: '{"campaign":"a","campaign":"b"}',
many: JSON.stringify({ ...campaign, variants: Array(9).fill(campaign.variants[0]) }), values: changed({ variants: [{ variant: "a", share: 100, text: { en: { topline: "t", title: "You read {articles}", body: "{goal} {", button: "g", later: "l" } } }] }),
list: "[]", empty: "", policy_short: JSON.stringify({ campaign: "policy", site: "d", kind: "policy" }) });

seeds("fuzz_robots", Object.fromEntries(Object.entries({ google: ["f", '{"creationTime":"x","prefixes":[{"ipv4Prefix":"192.0.2.0/27"},{"ipv6Prefix":"2001:db8::/64"}]}'],
	lines: ["f", "# a list\n192.0.2.0/24\r\n192.0.2.1\n2001:db8::/32\n"], within: ["f", "198.51.100.0/24\n198.51.0.0/16\n198.51.100.7\n"], wide: ["f", "0.0.0.0/0\n"], bits: ["f", "192.0.2.1/24\n"],
	edge: ["f", "255.255.255.255\n0.0.0.0\nffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n::\n"], mapped: ["f", "::ffff:192.0.2.0/120\n"], word: ["f", "localhost\n"], none: ["f", "#\n"], json: ["f", '{"prefixes":[{}]}'],
	v4: ["a", "192.0.2.77"], v6: ["a", "2001:db8:1:2:3:4:5:6"], map: ["a", "::ffff:192.0.2.77"], own: ["a", "127.0.0.1"], own6: ["a", "::1"], zone: ["a", "fe80::1%eth0"], octal: ["a", "010.0.0.1"],
	short: ["a", "127.1"], space: ["a", " 192.0.2.1"], port: ["a", "192.0.2.1:80"], host: ["h", "crawl-66-249-66-1.googlebot.com"], host_dot: ["h", "a.googlebot.com."], host_like: ["h", "evilgooglebot.com"],
	host_upper: ["h", "A.SEARCH.MSN.COM"], host_empty: ["h", "..googlebot.com"], host_long: ["h", `${"a".repeat(63)}.`.repeat(4) + "crawl.yahoo.net"] })
	.map(([name, [kind, text]]) => [name, kind + text])));

// --- a page view ---------------------------------------------------------------------------------

const view = (o) => Object.entries({ REQUEST_METHOD: "GET", PLEDGED_HOST: "demo.example", PLEDGED_SCHEME: "https", ...o }).map(([k, v]) => `${k}=${v}\n`).join("");

seeds("fuzz_view", { decide: view({ QUERY_STRING: "a=/news/1&s=news&l=en&c=full&t=sport,weather&f=free&p=2026-11-01T00:00:00Z&w=1200&u=newsletter&r=https%3A%2F%2Fwww.google.com%2Fsearch" }),
	gate: view({ PLEDGED_ARTICLE: "/news/1", PLEDGED_SECTION: "news", PLEDGED_TAGS: "a, b,,c", PLEDGED_FLAGS: "free", PLEDGED_PUBLISHED: "1790000000", PLEDGED_WORDS: "10", PLEDGED_OPEN: "/story/en/a b", PLEDGED_WALL: "@wall", PLEDGED_METHOD: "GET" }),
	dots: view({ PLEDGED_OPEN: "/story/../secret", PLEDGED_WALL: "/a/./b" }), dots_end: view({ PLEDGED_OPEN: "/story/..", PLEDGED_WALL: "//a//" }), strange: view({ PLEDGED_OPEN: "/\xc3\xa9\x7f%0d%0aX: y", PLEDGED_WALL: "@x y" }),
	user: view({ HTTP_REFERER: "https://google.com@evil.example/" }), port: view({ HTTP_REFERER: "http://news.example:8080/a?b#c" }), odd: view({ HTTP_REFERER: "javascript://google.com/%0aalert(1)" }),
	referrer: view({ QUERY_STRING: "a=/x&r=https://t.co/abc" }), utf8: view({ QUERY_STRING: "a=%C3%28" }), overlong: view({ QUERY_STRING: "a=%C0%AF" }), bidi: view({ QUERY_STRING: "a=/x&s=%E2%80%AE" }),
	twice: view({ QUERY_STRING: "a=/x&a=/y" }), unknown: view({ QUERY_STRING: "a=/x&zz=1" }), many: view({ QUERY_STRING: "a&".repeat(70) }), no_article: view({ QUERY_STRING: "s=news" }),
	language: view({ HTTP_ACCEPT_LANGUAGE: "ru-RU, ru;q=0.9, en;q=0.1" }), language_odd: view({ HTTP_ACCEPT_LANGUAGE: " ;q=x,,*", QUERY_STRING: "l=de" }),
	accept: view({ HTTP_ACCEPT: "application/json, text/html;q=1", CONTENT_TYPE: "application/json; charset=utf-8" }), charset: view({ CONTENT_TYPE: "application/x-www-form-urlencoded;charset=latin1" }),
	origin: view({ HTTP_ORIGIN: "https://demo.example", PLEDGED_PORT: "443" }), origin_port: view({ HTTP_ORIGIN: "https://demo.example:8443", PLEDGED_PORT: "8443" }), origin_null: view({ HTTP_ORIGIN: "null" }),
	fetch: view({ HTTP_SEC_FETCH_SITE: "cross-site", HTTP_ORIGIN: "https://demo.example" }), none: view({ HTTP_SEC_FETCH_SITE: "none" }), prefetch: view({ HTTP_SEC_PURPOSE: "prefetch" }), range: view({ HTTP_RANGE: "bytes=0-1" }),
	time: view({ QUERY_STRING: "a=/x&p=9999-12-31T23:59:59Z" }), time_late: view({ QUERY_STRING: "a=/x&p=253402300800" }), time_zero: view({ QUERY_STRING: "a=/x&p=0" }), words: view({ QUERY_STRING: "a=/x&w=10000001" }), long: view({ QUERY_STRING: `a=/${"x".repeat(200)}` }), empty: "" });

// --- reports, spool, counts ----------------------------------------------------------------------

seeds("fuzz_report", { ...Object.fromEntries(readdirSync(new URL("sql/reports/", root)).filter((f) => /^0[1-4].*sql$/.test(f)).map((f) => [f, `sfrom=2026-01-01\nto=2026-02-01\n\n${file(`sql/reports/${f}`)}`])),
	value: "v2026-01-01", value_quote: "v' OR 1=1 --", value_back: "v\\'", value_doubled: "v''''", value_long: `v${"'".repeat(1000)}`, gset: "s\n\nSELECT 1 AS x \\gset\nSELECT :'x';", deep: `s\n\n${"\\if true\n".repeat(9)}`,
	branch: "sx=on\n\n\\if :x\nSELECT 1;\n\\elif true\nSELECT 2;\n\\else\nSELECT 3;\n\\endif\n", open: "s\n\n\\if :{?x}\nSELECT 'a", other: "s\n\n\\! rm -rf /\n", dollar: "s\n\nSELECT $a$ ; $a$;", comment: "s\n\nSELECT 1 /* ; */ -- ;\n;",
	cast: "sx=1\n\nSELECT 1::text, :'x', :x;", set: "s\n\n\\set day '2026-01-01'\nSELECT :'day';", bad_set: "s\n\n\\set x a:b\n", no_end: "s\n\nSELECT :'x", lone: "s\n\n\\else\n",
	cell: "cplain", cell_formula: "c=1+1", cell_minus: "c-5.00", cell_at: "c@SUM(A1)", cell_tab: "c\t=1", cell_quote: 'ca "b", c', cell_lines: "ca\r\nb", cell_dot: "c\\.", cell_utf8: "c\xff\u202e\x1b[2J" });

const spool = (n, sum = 0) => bytes(READER.subarray(0, 15), n, be(2, 1), 1 + (n % 2), be(8, 1000 + n), be(8, 1800000000000000n + BigInt(n)), be(8, 77 + n), be(8, n % 2 ? 78 : 0), sum);

seeds("fuzz_spool", { none: "", one: spool(1), three: bytes(spool(1), spool(2), spool(3)), bad_sum: bytes(spool(1), spool(2, 128), spool(3)), torn: bytes(spool(1), spool(2).subarray(0, 30)), many: bytes(...Array.from({ length: 70 }, (_, i) => spool(i))),
	entries: bytes(spool(1).subarray(0, 18), 3, spool(1).subarray(19)), zeros: Buffer.alloc(104), slice: bytes(...Array.from({ length: 64 }, (_, i) => spool(i))) });

const le = (n, v) => be(n, v).reverse();

seeds("fuzz_metric", { head: "hpledgedM", head_zero: bytes("h", Buffer.alloc(40)), head_layout: bytes("h", "pledgedM", Buffer.alloc(8, 255)), head_used: bytes("s", le(4, 0), Buffer.alloc(8, 255)), used_300: bytes("s", le(4, 0), le(8, 300)),
	slot_ones: bytes("s", le(4, 8), Buffer.alloc(64, 255), le(4, 1000), Buffer.alloc(64, 127)), slot_used: bytes("s", le(4, 0), le(8, 3), Buffer.alloc(56), le(4, 8 * 8192), Buffer.alloc(64, 128)), cut: bytes("l", le(4, 100)), longer: bytes("l", le(4, 9000000)), nothing: bytes("l", le(4, 0)) });
