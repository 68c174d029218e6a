// The widget's weight is a promise: a page on which nobody is asked loads two kilobytes, a prompt with its styles ten.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dir = new URL("../../build/widget/", import.meta.url);
const file = (name) => readFileSync(new URL(name, dir));
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

	assert.deepEqual(list.sort(), ["strings.ar.js", "strings.en.js", "strings.ru.js"]);
	for (const name of list)
		assert.ok(packed(name) <= 3072, name);
});

test("no script names a way of turning text into markup or code, or a storage", () => {
	for (const name of readdirSync(dir).filter((f) => f.endsWith(".js")))
		assert.doesNotMatch(file(name).toString(),
		    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|sessionStorage|document\.cookie/, name);
});
