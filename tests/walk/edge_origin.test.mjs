// The goal: nobody else's page can act for a reader, read what is theirs, or send them anywhere: tests/table/csrf.tsv as a whole
// matrix, no word of CORS in any answer, and tests/table/redirect.tsv, all through nginx.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, counts, made } from "./lib/money.mjs";
import { header, raw } from "./lib/raw.mjs";
import { root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "edge-origin", views: 1, moneys: 2, set: { "view.deadline_ms": 5000 } });
const table = (name) => readFileSync(join(root, "tests/table", name), "utf8").split("\n").filter((line) => line && !line.startsWith("#"))
	.map((line) => line.split("\t"));

const reader = s.client();

await reader.decide("/edge/1", { section: "sport" });
const { token } = await reader.decide("/edge/2", { section: "sport" });
const gift = await made(s, { key: key() });
const NOBODY = "A".repeat(22);
const expand = (text) => text.replace("{KEY}", key()).replace("{TOKEN}", token).replace("{GIFT}", gift.pledge).replace("{NOBODY}", NOBODY)
	.replaceAll("{PORT}", s.env.PORT);

// --- CSRF ----------------------------------------------------------------------------------------

const rows = table("csrf.tsv");
const from = rows.filter(([kind]) => kind === "from");
const to = rows.filter(([kind]) => kind === "to");
const ORIGIN = { own: s.url, foreign: "https://evil.example", null: "null", "-": undefined };
const TYPE = { json: "application/json", form: "application/x-www-form-urlencoded", text: "text/plain", multipart: "multipart/form-data; boundary=x", "-": undefined };
const CHANGES = ["POST", "PUT", "PATCH", "DELETE"];
let cells = 0;

function ask([, path, , json, form], [, site, origin], type, method = "POST") {
	const headers = { ...(site === "-" ? {} : { "sec-fetch-site": site }), ...(ORIGIN[origin] ? { origin: ORIGIN[origin] } : {}),
		...(TYPE[type] ? { "content-type": TYPE[type] } : {}), accept: "application/json" };
	const body = expand((type === "form" ? form : json).replace(/^-$/, ""));

	cells += 1;
	return reader.get(expand(path), { method, headers, body });
}

for (const row of to) {
	const [, path, types, , , exception] = row;

	test(`${path}: refused to other sites, in every type and with every method`, async () => {
		const before = await counts(s);

		for (const line of from) {
			const [, site, origin, verdict] = line;
			const goes = verdict === "go" || (exception === "silent" && site === "-" && origin === "-");

			for (const type of Object.keys(TYPE)) {
				if (goes)
					continue;
				const answer = await ask(row, line, type);
				const what = `${type}, Sec-Fetch-Site ${site}, Origin ${origin}: ${answer.status} ${answer.text.slice(0, 200)}`;

				if (types !== "any" && !types.split(" ").includes(type))
					assert.ok([403, 415].includes(answer.status), what);
				else
					assert.equal(answer.status, 403, what);
				if (answer.status === 403)
					assert.match(answer.text, /origin_refused|does not come from this site/, what);
			}
			if (!goes)
				continue;
			for (const method of CHANGES.slice(1)) {
				const answer = await ask(row, line, "json", method);

				assert.equal(answer.status, 405, `${method}: ${answer.status}`);
			}
		}
		assert.deepEqual(await counts(s), before, "and nothing was stored");
	});
	test(`${path}: goes for our own pages`, async () => {
		for (const line of from) {
			const [, site, origin, verdict] = line;

			if (verdict !== "go" && !(exception === "silent" && site === "-" && origin === "-"))
				continue;
			for (const type of Object.keys(TYPE)) {
				const answer = await ask(row, line, type);
				const what = `${type}, Sec-Fetch-Site ${site}, Origin ${origin}: ${answer.status} ${answer.text.slice(0, 200)}`;

				if (types === "any" || types.split(" ").includes(type))
					assert.ok(!/origin_refused|does not come from this site/.test(answer.text) && answer.status !== 415 && answer.status < 500, what);
				else
					assert.equal(answer.status, 415, what);
			}
		}
	});
}

test("that were all cells", () => assert.ok(cells >= 96 * to.length, `${cells} cells`));

// --- CORS ----------------------------------------------------------------------------------------

const PATHS = ["/decide?a=/edge/3&s=news&l=en", "/prompt", "/goal?campaign=support", "/still?d=x", "/event", "/consent", "/pledge", `/pledge/${gift.pledge}`, "/link",
	`/link/${NOBODY}`, "/remind", "/manage", "/manage/ask", "/webhook/stripe", "/webhook/mollie", "/healthz", "/metrics"];

test("no answer lets another site read it, whatever its origin and method, and a preflight gets nothing", async () => {
	for (const path of PATHS) {
		for (const origin of ["https://evil.example", "null", s.url, `${s.url}.evil.example`, "http://localhost", "*"]) {
			for (const method of ["GET", "POST", "OPTIONS", "HEAD"]) {
				const answer = await s.request(path, { method, headers: { origin, "access-control-request-method": "POST",
					"access-control-request-headers": "content-type", "access-control-request-private-network": "true" } });

				for (const name of Object.keys(answer.headers))
					assert.ok(!/^access-control-|^timing-allow-origin$/.test(name), `${method} ${path} for ${origin}: ${name}`);
				if (method === "OPTIONS")
					assert.ok([404, 405].includes(answer.status) || path === "/prompt", `${path}: ${answer.status}`); // a fragment, always asked by GET
			}
		}
	}
});

// --- redirects -----------------------------------------------------------------------------------

const redirects = table("redirect.tsv");

function request_of([how, where, value]) {
	const word = expand(value);
	const line = (method, path, headers, body = "") => Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: ${headers.host ?? `127.0.0.1:${s.env.PORT}`}\r\nConnection: close\r\n${
		Object.entries(headers).filter(([name]) => name !== "host").map(([name, v]) => `${name}: ${v}\r\n`).join("")}${
		body ? `Content-Length: ${Buffer.byteLength(body)}\r\n` : ""}\r\n${body}`, "latin1");
	const form = { "Content-Type": TYPE.form, Accept: "text/html", Origin: s.url };
	const json = { "Content-Type": TYPE.json, Origin: s.url };
	const good = { amount: "25.00", currency: "EUR", interval: "once", key: key() };

	switch (how) {
	case "referer": return line("POST", where, { ...form, Referer: word }, `d=${token}&e=viewed`);
	case "path": return line("GET", word, {});
	case "field": return line("POST", "/pledge", json, JSON.stringify({ ...good, [where]: word }));
	case "query": return line("GET", `${where}${encodeURIComponent(word)}`, { Accept: "text/html" });
	case "host": return line("POST", where, { ...json, Origin: `http://${word}`, host: word }, JSON.stringify(good));
	default: return line("POST", "/pledge", { ...json, [where]: word }, JSON.stringify(good));
	}
}

test(`${redirects.length} ways to send somebody elsewhere, and none does`, async () => {
	assert.ok(redirects.length >= 60);
	const ours = new Set([`127.0.0.1:${s.env.PORT}`, new URL(s.env.PROVIDER_URL).host]);

	for (const row of redirects) {
		const answer = await raw(s.env.PORT, request_of(row));
		const to_where = header(answer, "Location");
		const what = `${row.join(" ")}: ${answer.head}`;

		assert.ok(answer.status < 500, what);
		if (to_where !== undefined)
			assert.ok(ours.has(new URL(to_where, s.url).host), what);
		assert.doesNotMatch(answer.head, /^(set-cookie: *(a|x)=|refresh:.*evil)/im, what);
		assert.doesNotMatch(answer.text, /(href|action|src|content)="?[^">]*evil/i, what);
		if (row[0] === "field" && answer.status === 201)
			assert.equal(new URL(JSON.parse(answer.text.replace(/^[^{]*/, "").replace(/[^}]*$/, "")).url).host, new URL(s.env.PROVIDER_URL).host, what);
	}
	for (const sent of await s.provider.requests({ method: "POST" }))
		assert.doesNotMatch(String(sent.body), /evil/, "the provider is told of no such page");
});

test("the books are right after all that", () => books_agree(s));
