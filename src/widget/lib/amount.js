// amount.js: amounts as /pledge takes them: decimal text outside, BigInt of minor units inside, no floats. The
// currencies are those of src/core/currency.def.

import RULES from "pledged:currency";

const DIGITS = ["٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹"];

// rule: digits after the point, step, least and most, in minor units; of a currency that we do not know the digits.
export function rule(currency) {
	const own = RULES[currency];

	if (own)
		return { digits: own[0], step: BigInt(own[1]), least: BigInt(own[2]), most: BigInt(own[3]) };
	const digits = new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits;

	return { digits, step: 1n, least: 1n, most: null };
}

// scaled: "1.5" as 15n and 1, so that both can be counted exactly.
function scaled(text) {
	const [whole, part = ""] = text.split(".");

	return [BigInt(whole + part), part.length];
}

const ten = (n) => 10n ** BigInt(n);

export function to_minor(text, digits) {
	const [value, n] = scaled(text);

	return value * ten(digits - n);
}

export function to_major(minor, digits) {
	const text = String(minor).padStart(digits + 1, "0");

	return digits ? `${text.slice(0, -digits)}.${text.slice(-digits)}` : text;
}

// plain: what a person typed with the marks of their language, as digits and at most one point.
function plain(text, tag) {
	const of = (type) => new Intl.NumberFormat(tag).formatToParts(12345.6).find((p) => p.type === type)?.value ?? "";
	const group = of("group");
	let bare = text.replace(/[\s\u00a0\u202f\u200e\u200f\u061c’']/g, "");

	for (const row of DIGITS)
		bare = bare.replace(/./gu, (c) => (row.includes(c) ? row.indexOf(c) : c));
	bare = bare.replaceAll("٫", ".").replaceAll("٬", "");
	if (group && /[.,]/.test(group) && new RegExp(`^\\d{1,3}(\\${group}\\d{3})+(?!\\d)`).test(bare))
		return { grouped: true, bare: bare.replaceAll(group, "").replace(",", ".") };
	return { grouped: false, bare: bare.replace(",", ".") };
}

// parse: what a person typed, as { amount }, or { wrong, values } with the key of the sentence that tells why not.
export function parse(text, currency, tag) {
	const { digits, step, least, most } = rule(currency);
	const { grouped, bare } = plain(text, tag);
	const shown = (minor) => ({ a: [currency, to_major(minor, digits)] });

	// "1,250" may be 1250 or 1.250 where three digits follow the point: that is asked again.
	if (!/^\d{1,12}(\.\d{1,4})?$/.test(bare) || (grouped && digits === 3 && !bare.includes(".")))
		return { wrong: "err_amount" };
	if ((bare.split(".")[1] ?? "").length > digits || to_minor(bare, digits) % step !== 0n)
		return digits && step === 1n ? { wrong: "err_fraction", values: { n: digits } } :
		    { wrong: step >= ten(digits) ? "err_whole" : "err_amount" };
	const minor = to_minor(bare, digits);

	if (minor === 0n)
		return { wrong: "err_amount" };
	if (minor < least)
		return { wrong: "err_small", values: shown(least) };
	if (most !== null && minor > most)
		return { wrong: "err_large", values: shown(most) };
	return { amount: bare };
}

// cover: what covers the fee of an amount: ceil((a + fixed) / (1 - percent / 100)) - a, up to the currency's step.
export function cover(amount, { percent = "0", fixed = "0" }, currency) {
	const { digits, step } = rule(currency);
	const a = to_minor(amount, digits);
	const [p, k] = scaled(percent);
	const [f, m] = scaled(fixed);
	const hundred = 100n * ten(k);
	const above = (a * ten(m) + f * ten(digits)) * hundred;
	const below = ten(m) * (hundred - p);
	const extra = (above + below - 1n) / below - a;

	return to_major((extra + step - 1n) / step * step, digits);
}

// total: the amount with its cover.
export function total(amount, extra, currency) {
	const { digits } = rule(currency);

	return to_major(to_minor(amount, digits) + to_minor(extra, digits), digits);
}
