// The widget's weight is a promise: a page on which nobody is asked loads two kilobytes, a prompt with its styles ten.

import { test } from "node:test";
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const dir = new URL("../../build/widget/", import.meta.url);
const MARK = /\.([0-9a-f]{10})\.js$/;
const plain = (name) => name.replace(MARK, ".js");
const file = (name) => readFileSync(new URL(readdirSync(dir).find((n) => plain(n) === plain(name)), dir));
const packed = (name) => gzipSync(file(name), { level: 9 }).length;

test("the loader is at most 2 KB gzipped", () => assert.ok(packed("pledged.js") <= 2048));

test("the prompt with its styles is at most 10 KB gzipped", () => assert.ok(packed("prompt.js") <= 10240));

test("what a reader asks for is fetched apart, and is small", () => {
	for (const [name, most] of [["pay.js", 6144], ["remind.js", 3072], ["goal.js", 6144], ["thanks.js", 6144], ["dataLayer.js", 512]])
		assert.ok(packed(name) <= most, name);
});

test("styles for pages are at most 4 KB gzipped", () => assert.ok(packed("pledged.css") <= 4096));

test("each language is a file of its own, at most 3 KB gzipped", () => {
	const list = readdirSync(dir).filter((name) => name.startsWith("strings."));

	assert.deepEqual(list.map(plain).sort(), ["strings.ar.js", "strings.en.js", "strings.ru.js"]);
	for (const name of list)
		assert.ok(packed(plain(name)) <= 3072, name);
});

test("what the loader fetches holds the version of all of it in its name: another content is another address", () => {
	const marks = (list) => [...new Set(list.map((n) => MARK.exec(n)?.[1]).filter(Boolean))];
	const own = readdirSync(dir);
	const out = mkdtempSync("/tmp/pledged-widget-");
	const strings = mkdtempSync("/tmp/pledged-strings-");

	try {
		assert.deepEqual(own.filter((n) => !MARK.test(n)).sort(), ["dataLayer.js", "pledged.css", "pledged.js"]);
		assert.equal(marks(own).length, 1);
		assert.ok(file("pledged.js").includes(marks(own)[0]));
		writeFileSync(`${strings}/fr.js`, 'export default { once: "Une fois" };\n');
		execFileSync("node", [fileURLToPath(new URL("../../src/widget/build.mjs", import.meta.url)), out, "--strings", strings]);
		assert.equal(marks(readdirSync(out)).length, 1);
		assert.notEqual(marks(readdirSync(out))[0], marks(own)[0]);
	} finally {
		for (const d of [out, strings])
			rmSync(d, { recursive: true });
	}
});

test("no script names a way of turning text into markup or code, or a storage", () => {
	for (const name of readdirSync(dir).filter((f) => f.endsWith(".js")))
		assert.doesNotMatch(file(name).toString(),
		    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage|document\.cookie/, name);
});
