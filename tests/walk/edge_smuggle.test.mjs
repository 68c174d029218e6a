// The goal: a request that two readers would read differently is read once or not at all, and no header makes somebody another
// person: nothing that is hidden in a body is answered, and the address that limits go by is the one that nginx sees.

import assert from "node:assert/strict";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, counts } from "./lib/money.mjs";
import { raw } from "./lib/raw.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "edge-smuggle", views: 1, moneys: 2, set: { "view.deadline_ms": 5000 } });
const host = `127.0.0.1:${s.env.PORT}`;
const body = () => JSON.stringify({ amount: "25.00", currency: "EUR", interval: "once", key: key() });
let n = 0;
const hidden = () => `GET /goal?campaign=hidden-${n++} HTTP/1.1\r\nHost: ${host}\r\n\r\n`;
const post = (lines, content) => `POST /pledge HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${s.url}\r\nContent-Type: application/json\r\n${lines}\r\n\r\n${content}`;
const len = (text) => Buffer.byteLength(text);
const chunk = (text) => `${len(text).toString(16)}\r\n${text}\r\n0\r\n\r\n`;

// What each asks, whether it may be answered at all (a status of 400 and more always may), and how often.
const CASES = [
	["two lengths that differ", () => { const b = body(); return post(`Content-Length: ${len(b)}\r\nContent-Length: 0`, b + hidden()); }],
	["two lengths that agree", () => { const b = body(); return post(`Content-Length: ${len(b)}\r\nContent-Length: ${len(b)}`, b); }],
	["a length and chunks", () => post(`Content-Length: 4\r\nTransfer-Encoding: chunked`, `0\r\n\r\n${hidden()}`)],
	["chunks and a length", () => post(`Transfer-Encoding: chunked\r\nContent-Length: 6`, `0\r\n\r\nG`)],
	["chunks twice", () => post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked", chunk(body()))],
	["chunks and something else", () => post("Transfer-Encoding: chunked, identity", chunk(body()))],
	["another coding", () => post("Transfer-Encoding: xchunked", hidden())],
	["a tab before chunked", () => post("Transfer-Encoding:\tchunked\r\nContent-Length: 3", `0\r\n\r\n${hidden()}`)],
	["a blank before the colon", () => post("Transfer-Encoding : chunked\r\nContent-Length: 3", `0\r\n\r\n${hidden()}`)],
	["a folded header", () => post("X-A: b\r\n Transfer-Encoding: chunked\r\nContent-Length: 0", ""), "ignored"],
	["a length with a sign", () => post("Content-Length: +5", hidden())],
	["a length below nothing", () => post("Content-Length: -1", hidden())],
	["a length in hexadecimal", () => post("Content-Length: 0x10", hidden())],
	["two lengths in one", () => post("Content-Length: 5, 5", hidden())],
	["a length beyond all numbers", () => post("Content-Length: 99999999999999999999999", hidden())],
	["a NUL in a header", () => post("X-A: a\0b\r\nContent-Length: 0", "")],
	["a NUL in a name", () => post("X\0A: b\r\nContent-Length: 0", "")],
	["a chunk of odd size", () => post("Transfer-Encoding: chunked", `zz\r\n${body()}\r\n0\r\n\r\n`)],
	["a chunk that is too short", () => post("Transfer-Encoding: chunked", `5\r\n${body()}\r\n0\r\n\r\n`)],
	["a chunk of all sizes", () => post("Transfer-Encoding: chunked", `ffffffffffffffffff\r\n${body()}\r\n0\r\n\r\n`)],
	["two hosts", () => `GET /decide?a=/x HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n\r\n`],
	["no host", () => "GET /decide?a=/x HTTP/1.1\r\n\r\n"],
	["a host with a slash", () => `GET /decide?a=/x HTTP/1.1\r\nHost: ${host}/evil\r\n\r\n`],
	["an address with a blank", () => `GET /decide?a=/x y HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
	["a version of tomorrow", () => `GET /decide?a=/x HTTP/3.0\r\nHost: ${host}\r\n\r\n`],
	["no version", () => "GET /decide?a=/x\r\n\r\n", "ignored"],
	["a method in small letters", () => `get /decide?a=/x HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
	["TRACE", () => `TRACE /pledge HTTP/1.1\r\nHost: ${host}\r\nCookie: pledged=v1.secret\r\n\r\n`],
	["CONNECT", () => `CONNECT 127.0.0.1:${s.env.PORT} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
	["a method of nobody", () => `PLEDGE /pledge HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
	["PROPFIND", () => `PROPFIND /pledge HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
	["an upgrade to HTTP/2", () => `GET /decide?a=/x HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`, "ignored"],
	["the first bytes of HTTP/2", () => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
	["a header of 40 kB", () => `GET /decide?a=/x HTTP/1.1\r\nHost: ${host}\r\nX-A: ${"a".repeat(40000)}\r\n\r\n`],
	["an address of 40 kB", () => `GET /decide?a=/${"a".repeat(40000)} HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
];

for (const [what, bytes, ignored] of CASES) {
	test(`${what}: ${ignored ? "ignored" : "refused"}, and nothing behind it is answered`, async () => {
		const had = await counts(s);
		const answer = await raw(s.env.PORT, Buffer.from(bytes(), "latin1"), { quiet_ms: 700 });

		assert.ok(ignored ? answer.status < 500 || Number.isNaN(answer.status) : answer.status >= 400 && ![502, 503, 504].includes(answer.status), `${answer.status} ${answer.head}`);
		assert.ok(answer.answers <= 1 || ignored, answer.all);
		assert.doesNotMatch(answer.all, /101 Switching|secret/);
		assert.deepEqual(await counts(s), had);
	});
}

test("what was hidden was read by nobody", async () => {
	await s.request("/still?d=x"); // nobody else asks for these two addresses here
	await until("the log is written", async () => (await s.log("access")).includes("/still"), 60);
	assert.doesNotMatch(await s.log("access"), /"uri":"\/goal"/);
});

test("no header makes a client another address, host or person", async () => {
	await s.sql("UPDATE pledged.limit_rule SET \"on\" = scope <> 'doubt'"); // these are no whole browsers, which is another matter
	await s.sql("DELETE FROM pledged.limit_bucket");
	const names = ["X-Forwarded-For", "X-Real-IP", "X_Real_IP", "Forwarded", "Client-IP", "True-Client-IP", "CF-Connecting-IP", "X-Client-IP", "X-Cluster-Client-IP",
		"Via", "Pledged-Client-Ip", "PLEDGED_CLIENT_IP", "X-Pledged-Client-Ip", "Remote-Addr", "REMOTE_ADDR", "Pledged-Country", "PLEDGED_COUNTRY", "Pledged-Scheme",
		"X-Forwarded-Proto", "X-Forwarded-Host", "Proxy", "PROXY", "Http-Proxy", "Pledged-Account", "PLEDGED_ACCOUNT", "Pledged-Bot"];

	for (const name of names) {
		const lines = ["203.0.113.9", "198.51.100.7, 203.0.113.9", "for=203.0.113.9", "http://203.0.113.9:3128"].map((v) => `${name}: ${v}\r\n`).join("");
		const b = body();
		const answer = await raw(s.env.PORT, Buffer.from(post(`${lines}Connection: close\r\nContent-Length: ${len(b)}`, b), "latin1"));

		assert.ok([201, 400].includes(answer.status), `${name}: ${answer.head}`);
	}
	assert.equal(await s.count("SELECT count(*) FROM pledged.limit_bucket WHERE scope IN ('network', 'wide')"), 0, "only what nginx sees is a network, and this host is free");
	for (const log of ["money", "view"])
		assert.doesNotMatch(await s.log(log), /203\.0\.113|198\.51\.100/);
	await s.sql('UPDATE pledged.limit_rule SET "on" = false');
	await books_agree(s);
});
