// The goal: whatever is wrong with a request, its sender is told so in a stable word, and nothing is stored.
// The cases stand in tests/table/bad_input.tsv, for people to read.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "bad_input", views: 1, moneys: 2 });
const rows = readFileSync(join(root, "tests/table/bad_input.tsv"), "utf8").split("\n")
	.filter((line) => line && !line.startsWith("#")).slice(1)
	.map((line) => line.split("\t"))
	.map(([method, path, headers, body, status, slug, note]) => ({ method, path, headers, body, status: Number(status), slug, note }));

function bytes_of(text) {
	const many = /^repeat:(.*):(\d+)$/.exec(text);

	if (text.startsWith("hex:"))
		return Buffer.from(text.slice(4), "hex");
	return Buffer.from(many ? many[1].replaceAll("\\:", ":").repeat(Number(many[2])) : text);
}

function headers_of(row) {
	const all = row.method === "POST" ? { origin: s.url, "content-type": "application/json" } : {};

	for (const part of row.headers.split(" | ").filter(Boolean)) {
		const [, without, name, value] = /^(-?)([a-z-]+)(?:: ?(.*))?$/.exec(part);

		if (name === "sec-fetch-site" && !row.headers.includes("origin"))
			delete all.origin;
		if (without)
			delete all[name];
		else
			all[name] = value.replace("OWN", s.url).replace("NOW", String(Math.floor(Date.now() / 1000)));
	}
	return all;
}

const stored = () => s.sql(`SELECT (SELECT count(*) FROM pledged.pledge), (SELECT count(*) FROM pledged.attempt),
	(SELECT count(*) FROM pledged.inbox), (SELECT count(*) FROM pledged.outbox), (SELECT count(*) FROM pledged.reader),
	(SELECT count(*) FROM pledged.prompt_event)`);

test("the table is large", () => assert.ok(rows.length >= 120, `${rows.length} rows`));

for (const row of rows) {
	test(`${row.note}: ${row.method} ${row.path.slice(0, 60)} → ${row.status} ${row.slug}`, async () => {
		const body = row.body || row.method !== "GET" ? bytes_of(row.body) : undefined;
		const answer = await s.request(row.path, { method: row.method, headers: headers_of(row), body });

		assert.equal(answer.status, row.status, answer.text.slice(0, 300));
		if (!row.slug)
			return;
		const problem = answer.json();

		assert.equal(problem.type, `urn:pledged:problem:${row.slug}`, answer.text);
		assert.match(answer.headers["content-type"], /^application\/problem\+json/);
		assert.equal(problem.status, row.status);
		assert.ok(problem.title);
		if (row.status === 405)
			assert.match(answer.headers.allow ?? "", /GET|POST/);
	});
}

test("nothing was stored", async () => {
	assert.deepEqual(await stored(), [["0", "0", "0", "0", "0", "0"]]);
	assert.equal((await s.provider.requests()).length, 0, "and the provider heard nothing");
});

test("invariants", () => s.invariants());
