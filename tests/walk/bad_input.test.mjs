// The goal (cases 4, 6, 10): bad input gets a clear answer and leaves no trace: every row of tests/table/bad_input.tsv, byte for
// byte through nginx, and after each of them the tables hold what they held before.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, counts, made, reaches } from "./lib/money.mjs";
import { root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "bad-input", views: 1, moneys: 2, set: { "view.deadline_ms": 3000 } });
const rows = readFileSync(join(root, "tests/table/bad_input.tsv"), "utf8").split("\n").map((line, i) => [line, i + 1])
	.filter(([line]) => line && !line.startsWith("#")).map(([line, at]) => {
		const [method, path, headers, body, status, answer, why] = line.split("\t").map((cell) => (cell === '""' ? "" : cell));

		return { at, method, path, headers, body, status: Number(status), answer: answer.split(" "), why };
	});

// A reader with a prompt, for a token and a cookie that are good.
const reader = s.client();

await reader.decide("/bad/1", { section: "sport" });
const { token } = await reader.decide("/bad/2", { section: "sport" });

// --- a row's request -----------------------------------------------------------------------------

const words = () => ({ KEY: key(), TOKEN: token, "TOKEN-1": token.slice(0, -1), "TOKEN+1": `${token}A`,
	"TOKEN~": token.replace(/.$/, (c) => (c === "A" ? "Q" : "A")), COOKIE: reader.jar.get("pledged"), ORIGIN: s.url, PORT: s.env.PORT });
const GOOD = () => ({ amount: "25.00", currency: "EUR", interval: "once", key: key() });

function expand(text) {
	const w = words();

	return text.replace(/\{([^{}]|\{"a":|\{\}|\[|\{\[)\*(\d+)\}/g, (_, what, n) => what.repeat(n))
		.replace(/\{([A-Z]+[-+~]?1?)\}/g, (all, name) => w[name] ?? all);
}

// bytes: \xHH, \r and \n of the table; everything else is UTF-8.
function bytes(text) {
	const parts = text.split(/(\\\\|\\x[0-9a-f]{2}|\\r|\\n)/).map((part, i) => {
		if (i % 2 === 0)
			return Buffer.from(part);
		return Buffer.from({ "\\r": "\r", "\\n": "\n", "\\\\": "\\" }[part] ?? [parseInt(part.slice(2), 16)]);
	});

	return Buffer.concat(parts);
}

function body_of({ body, headers }) {
	if (body.startsWith("+{") && headers.startsWith("json"))
		return Buffer.from(expand(`${JSON.stringify({ ...GOOD(), ...changes(body) }).slice(0, -1)}${raw(body)}}`));
	if (body.startsWith("+"))
		return Buffer.from(new URLSearchParams({ ...GOOD(), ...Object.fromEntries(new URLSearchParams(expand(body.slice(1)))) }).toString());
	if (/^-[a-z]+$/.test(body))
		return Buffer.from(JSON.stringify({ ...GOOD(), [body.slice(1)]: undefined }));
	return bytes(expand(body));
}

// A change is put in as it is written: 25.00 must not become 25. So the members that it names are left out of the good ones.
const names = (body) => [...body.matchAll(/[{,]"([a-z_]+)":/g)].map(([, name]) => name).filter((name) => name !== "v");
const changes = (body) => Object.fromEntries(names(body).map((name) => [name, undefined]));
const raw = (body) => (body === "+{}" ? "" : `,${body.slice(2, -1)}`);

function headers_of(row, length) {
	const list = [["Host", `127.0.0.1:${s.env.PORT}`], ["Connection", "close"]];
	const [kind, ...more] = row.headers.split(" | ");
	const set = (name, value, add) => {
		const at = list.findIndex(([n]) => n.toLowerCase() === name.toLowerCase());

		if (at >= 0 && !add)
			list.splice(at, 1);
		if (value)
			list.push([name, value]);
	};

	if (length > 0 || row.method === "POST")
		set("Content-Length", String(length));
	if (kind === "json" || kind === "form") {
		set("Content-Type", kind === "json" ? "application/json" : "application/x-www-form-urlencoded");
		set("Origin", s.url);
		set("Accept", kind === "json" ? "application/json" : "text/html");
	} else if (kind !== "-")
		more.unshift(kind);
	for (const line of more) {
		const [, add, name, value] = /^(\+?)([^:]*):\s*(.*)$/.exec(expand(line));

		set(name, value, add === "+");
	}
	return list.map(([name, value]) => `${name}: ${value}\r\n`).join("");
}

// send: the very bytes; gives {status, head, text}.
function send(row) {
	const body = body_of(row);
	const head = `${row.method} ${expand(row.path)} HTTP/1.1\r\n${headers_of(row, body.length)}\r\n`;

	return new Promise((done, fail) => {
		const parts = [];
		const socket = connect(Number(s.env.PORT), "127.0.0.1", () => socket.write(Buffer.concat([Buffer.from(head), body])));

		socket.setTimeout(30000, () => socket.destroy(new Error(`no answer to ${head}`)));
		socket.on("data", (part) => parts.push(part));
		// nginx may close while we still send; what it said counts.
		socket.on("error", (error) => (parts.length ? undefined : fail(error)));
		socket.on("close", () => {
			const all = Buffer.concat(parts).toString();
			const cut = all.indexOf("\r\n\r\n");

			done({ status: Number(/^HTTP\/1\.\d (\d{3})/.exec(all)?.[1]), head: all.slice(0, cut), text: all.slice(cut + 4) });
		});
	});
}

// --- what is expected ----------------------------------------------------------------------------

const header = (answer, name) => new RegExp(`^${name}: (.*)$`, "im").exec(answer.head)?.[1];

function problem(answer, slug) {
	assert.match(header(answer, "content-type"), /^application\/problem\+json/);
	const p = JSON.parse(answer.text);

	assert.equal(p.type, `urn:pledged:problem:${slug}`, answer.text);
	assert.equal(p.status, answer.status);
	assert.ok(p.title.length > 5);
	assert.match(p.request_id, /^[0-9a-f]{32}$/);
}

const ANSWERS = {
	nginx: (answer) => assert.match(answer.text, /<center>/),
	site: (answer) => assert.match(header(answer, "content-type"), /^text\/html/),
	nobody: (answer) => assert.equal(answer.text, ""),
	decision(answer) {
		assert.match(header(answer, "content-type"), /^application\/json/);
		assert.match(header(answer, "cache-control"), /no-store/);
		const { act, reason } = JSON.parse(answer.text);

		// Whatever the row asks, our own part has not failed.
		assert.ok(["open", "prompt", "wall"].includes(act) && !["store_down", "bad_request"].includes(reason), answer.text);
	},
	html(answer) {
		assert.match(header(answer, "content-type"), /^text\/html; charset=utf-8/);
		assert.match(header(answer, "cache-control"), /no-store/);
		assert.match(answer.text, /^<!doctype html>/);
		assert.doesNotMatch(answer.text, /<b>|<script/);
	},
	page(answer, row) {
		assert.match(header(answer, "content-type"), /^text\/html; charset=utf-8/);
		assert.match(header(answer, "cache-control"), /no-store/);
		assert.match(answer.text, /locale=ru/.test(row.body) ? /Деньги не списаны/ : /Nothing has been charged/);
		assert.doesNotMatch(answer.text, /<b>|<script/);
	},
	link(answer, row) {
		assert.match(header(answer, "content-type"), /^text\/html; charset=utf-8/);
		assert.match(header(answer, "cache-control"), /no-store/);
		assert.match(answer.text, /locale=ru/.test(row.body) ? /Проверьте адрес почты/ : /<html [^>]*lang="en">/);
		assert.doesNotMatch(answer.text, /charged|<b>|<script/);
	},
	remind(answer, row) {
		assert.match(header(answer, "content-type"), /^text\/html; charset=utf-8/);
		assert.match(header(answer, "cache-control"), /no-store/);
		assert.match(answer.text, /locale=ru/.test(row.body) ? /проверьте адрес почты/ : /<html [^>]*lang="en">/);
		assert.doesNotMatch(answer.text, /charged|amount|<b>|<script/);
	},
};

function check(row, answer) {
	assert.equal(answer.status, row.status, `${answer.head}\n\n${answer.text.slice(0, 400)}`);
	const [what, ...more] = row.answer;

	(ANSWERS[what] ?? (() => problem(answer, what)))(answer, row);
	for (const word of more)
		assert.equal(header(answer, "allow"), word.replace("allow:", "").replace(",", ", "));
}

test("the table is long enough, and its good pledge is good", async () => {
	const row = (headers, body) => ({ method: "POST", path: "/pledge", headers, body });

	assert.ok(rows.length >= 750, `${rows.length} rows`);
	assert.equal((await send(row("json", "+{}"))).status, 201);
	assert.equal((await send(row("json", '+{"amount":"5.00"}'))).status, 201);
	assert.equal((await send(row("json", '+{"token":"{TOKEN}"}'))).status, 201);
	assert.equal((await send(row("json | Content-Type: application/json; charset=UTF-8", "+{}"))).status, 201);
	assert.equal((await send(row("json | Origin: | Sec-Fetch-Site: same-origin", "+{}"))).status, 201);
	assert.equal((await send(row("json | Origin: | Sec-Fetch-Site: none", "+{}"))).status, 201);
	assert.equal((await send(row("form", "+amount=other&other_amount=7,50"))).status, 303);
	before = had = await counts(s);
});

let before, had;

for (const row of rows) {
	test(`row ${row.at}: ${row.method} ${row.path.slice(0, 40)}: ${row.why}: ${row.status} ${row.answer[0]}`, async () => {
		const answer = await send(row), was = had;

		had = await counts(s);
		check(row, answer);
		assert.deepEqual(had, was);
	});
}

// --- every address by every method ---------------------------------------------------------------

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "MOVE"];
// What nginx asks in its own words, or keeps for itself.
const CLOSED = ["/gate", "/read", "/prompt", "/explain", "/healthz", "/readyz", "/metrics", "/metrics/money"];

// addresses: path -> the methods that route.def gives it; also those of an address that has all below it.
function addresses() {
	const all = new Map();

	for (const [, method, path, prefix] of readFileSync(join(root, "src/web/route.def"), "utf8").matchAll(/^X\(\w+,\s*'\w',\s*"(\w+)",\s*"([^"]+)",\s*(\d)/gm)) {
		const at = prefix === "1" ? `${path}${"x".repeat(32)}` : path;

		all.set(at, [...(all.get(at) ?? []), method]);
	}
	for (const [path, methods] of all)
		for (const [other, theirs] of all)
			if (other !== path && other.endsWith("/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx") && path.startsWith(other.replace(/x+$/, "")))
				all.set(path, [...new Set([...methods, ...theirs])]);
	return all;
}

for (const [path, methods] of addresses()) {
	test(`${path}: no method but ${methods.join(", ")}`, async () => {
		for (const method of METHODS.filter((m) => !methods.includes(m))) {
			const answer = await send({ method, path, headers: "-", body: "" });

			if (CLOSED.includes(path)) {
				assert.ok(answer.status < 500, `${method}: ${answer.head}`);
				continue;
			}
			assert.equal(answer.status, 405, `${method}: ${answer.head}`);
			assert.ok(header(answer, "allow").split(", ").every((m) => methods.includes(m)), answer.head);
		}
		const was = had;

		had = await counts(s);
		assert.deepEqual(had, was);
	});
}

test("a forged or truncated cookie counts for nothing", async () => {
	const good = reader.jar.get("pledged");

	for (const cookie of ["x", good.slice(0, -1), `${good}A`, good.replace(/\.(.)/, ".x"), token, "v1.k1.AAAA.BBBB"]) {
		const pledge = await made(s, { key: key() }, s.client({ jar: new Map([["pledged", cookie]]) }));

		assert.equal(await s.one(`SELECT reader_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`), "");
	}
	const pledge = await made(s, { key: key() }, s.client({ jar: new Map([["pledged", good]]) }));

	assert.notEqual(await s.one(`SELECT reader_id FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`), "");
});

test("after all that a good pledge is taken, paid, and alone in the books", async () => {
	assert.ok((await counts(s)).pledge > before.pledge);
	const pledge = await made(s);

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	assert.equal((await counts(s)).payment, 1);
	await books_agree(s);
});
