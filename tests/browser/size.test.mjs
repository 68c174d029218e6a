// The widget's weight is a promise: script, styles and one language stay under ten kilobytes.

import { test } from "node:test";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const file = (name) => readFileSync(new URL(`../../src/widget/${name}`, import.meta.url));
const packed = (name) => gzipSync(file(name), { level: 9 }).length;

test("script and the longer strings are at most 10 KB gzipped", () => {
	const strings = Math.max(packed("strings.en.js"), packed("strings.ru.js"));

	assert.ok(packed("pledged.js") + strings <= 10240);
});

test("styles are at most 4 KB gzipped", () => {
	assert.ok(packed("pledged.css") <= 4096);
});

test("every language says everything that English says", async () => {
	const strings = async (lang) => (await import("data:text/javascript," +
	    encodeURIComponent(file(`strings.${lang}.js`)))).default;
	const en = await strings("en");
	const ru = await strings("ru");

	assert.deepEqual(Object.keys(ru), Object.keys(en));
	for (const rule of new Intl.PluralRules("ru").resolvedOptions().pluralCategories)
		assert.ok(ru.days[rule], rule);
});

test("the script names no way of turning text into markup or code", () => {
	assert.doesNotMatch(file("pledged.js").toString(),
	    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|localStorage|document\.cookie/);
});
