// What a person types as an amount, and what covers the fee: exactly, by the rules of src/core/currency.def. No browser.

import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { currencies } from "../../src/widget/currency.mjs";

const source = readFileSync(new URL("../../src/widget/lib/amount.js", import.meta.url), "utf8")
    .replace('import RULES from "pledged:currency";', `const RULES = ${JSON.stringify(currencies())};`);
const { cover, parse, rule, to_major, to_minor, total } = await import(`data:text/javascript,${encodeURIComponent(source)}`);

test("every currency of the table is known, and others by their digits", () => {
	assert.equal(Object.keys(currencies()).length, readFileSync(new URL("../../src/core/currency.def", import.meta.url), "utf8").match(/^X\(/gm).length);
	assert.deepEqual(rule("KWD"), { digits: 3, step: 10n, least: 200n, most: 5000000n });
	assert.deepEqual(rule("CUP"), { digits: 2, step: 1n, least: 1n, most: null });
});

for (const [text, currency, tag, wanted] of [
	["15", "EUR", "en", "15"], ["7.50", "EUR", "en", "7.50"], ["7,50", "EUR", "en", "7.50"], ["1,000", "EUR", "en", "1000"],
	["1,000.50", "EUR", "en", "1000.50"], ["1.000", "EUR", "de", "1000"], ["1.000,50", "EUR", "de", "1000.50"], ["1.50", "EUR", "de", "1.50"],
	["1 000,50", "EUR", "ru", "1000.50"], ["1\u00a0000,5", "EUR", "ru", "1000.5"], ["١٢٫٥", "EUR", "ar", "12.5"], ["۲۵", "EUR", "fa", "25"],
	["1000", "JPY", "en", "1000"], ["1.230", "KWD", "en", "1.230"], ["80", "ISK", "en", "80"], ["1'000", "CHF", "de-CH", "1000"], ["5", "CUP", "en", "5"]])
	test(`${text} ${currency} in ${tag} is ${wanted}`, () => assert.deepEqual(parse(text, currency, tag), { amount: wanted }));

for (const [text, currency, tag, wrong] of [
	["", "EUR", "en", "err_amount"], ["abc", "EUR", "en", "err_amount"], ["-5", "EUR", "en", "err_amount"], ["1e3", "EUR", "en", "err_amount"], ["0", "EUR", "en", "err_amount"],
	["1.234", "EUR", "en", "err_fraction"], ["0.99", "EUR", "en", "err_small"], ["10000.01", "EUR", "en", "err_large"], ["1.5", "JPY", "en", "err_whole"],
	["80.50", "ISK", "en", "err_whole"], ["1.235", "KWD", "en", "err_amount"], ["1,250", "KWD", "en", "err_amount"], ["99", "JPY", "en", "err_small"],
	["1.2.3", "EUR", "en", "err_amount"], ["9".repeat(40), "EUR", "en", "err_amount"], ["Infinity", "EUR", "en", "err_amount"]])
	test(`${text.slice(0, 12) || "nothing"} ${currency} is ${wrong}`, () => assert.equal(parse(text, currency, tag).wrong, wrong));

test("minor units and back, without a float", () => {
	for (const [text, digits, minor] of [["7.5", 2, 750n], ["1000", 0, 1000n], ["0.05", 2, 5n], ["1.230", 3, 1230n], ["90071992547409.93", 2, 9007199254740993n]])
		assert.equal(to_minor(text, digits), minor);
	assert.deepEqual([to_major(5n, 2), to_major(1000n, 0), to_major(1230n, 3)], ["0.05", "1000", "1.230"]);
});

test("the cover is exact: a cent less would not do, and nothing is covered twice", () => {
	for (const [amount, percent, fixed, wanted] of [["10.00", "1.5", "0.25", "0.41"], ["98.50", "1.5", "0", "1.50"], ["98.51", "1.5", "0", "1.51"], ["10.00", "0", "0.25", "0.25"]])
		assert.equal(cover(amount, { percent, fixed }, "EUR"), wanted);
	assert.equal(cover("1.230", { percent: "2.5", fixed: "0.100" }, "KWD"), "0.140");
	assert.equal(cover("80.00", { percent: "1.5", fixed: "25.00" }, "ISK"), "27.00");
	assert.equal(cover("10", { percent: "1.5", fixed: "0.25" }, "EUR"), "0.41");
	assert.equal(total("10", "0.41", "EUR"), "10.41");
});

const vectors = new URL("../table/cover.json", import.meta.url);

test("the server's own examples of the cover", { skip: !existsSync(vectors) }, () => {
	const rows = JSON.parse(readFileSync(vectors, "utf8"));

	assert.ok(rows.length > 40);
	for (const r of rows) {
		const extra = cover(r.amount, r, r.currency);
		const { digits, most } = rule(r.currency);

		if (r.fails)
			assert.ok(to_minor(total(r.amount, extra, r.currency), digits) > most, JSON.stringify(r));
		else
			assert.deepEqual([extra, total(r.amount, extra, r.currency)], [r.cover, r.sum], JSON.stringify(r));
	}
});
