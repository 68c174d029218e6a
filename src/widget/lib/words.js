// words.js: what the widget says, and how amounts, counts and months are written. One file a language; what a
// language does not say is said by the next of the chain: pt-BR, pt, the page's, English.

import { load } from "./load.js";

export const is_rtl = (tag) => /^(ar|fa|he|ur)\b/.test(tag);

// chain: the languages that may speak, the best first, as names of files.
export function chain(wishes) {
	const list = [];

	for (const wish of [...wishes, "en"]) {
		const tags = (wish ?? "").toLowerCase().split(/[-_]/);

		for (let n = tags.length; n > 0; n--)
			list.push(tags.slice(0, n).join("-"));
	}
	return [...new Set(list)].filter((l) => l in LANGS);
}

async function speak(lang) {
	const { default: text } = await load(`strings.${lang}`);

	return { lang, text };
}

// words: for a node. The files up to the first complete one are fetched, a missing one is passed over.
export async function words(node) {
	const own = node.getAttribute("locale") || node.lang;
	const site = node.parentElement?.closest("[lang]")?.lang || document.documentElement.lang;
	const wishes = own || site ? [own, site] : [navigator.language];
	const langs = chain(wishes);
	const all = await Promise.allSettled(langs.slice(0, langs.findIndex((l) => LANGS[l]) + 1).map(speak));
	const told = all.filter((r) => r.status === "fulfilled").map((r) => r.value);

	if (!told.length)
		throw new Error("no words");
	const tag = wishes.find((w) => w?.toLowerCase().split(/[-_]/)[0] === told[0].lang.split("-")[0]);

	return new Words(told, known(tag) ?? told[0].lang);
}

function known(tag) {
	try {
		return Intl.getCanonicalLocales(tag)[0];
	} catch (e) {
		return undefined;
	}
}

class Words {
	#told;

	constructor(told, tag) {
		this.#told = told;
		this.tag = tag;
		this.lang = told[0].lang;
		this.dir = is_rtl(this.lang) ? "rtl" : "ltr";
	}

	#find(key) {
		return this.#told.find(({ text }) => key in text);
	}

	// t: "{a}" in a sentence becomes values.a
	t(key, values = {}) {
		const text = this.#find(key)?.text[key] ?? "";

		return fill(text, values);
	}

	// n: the form of the sentence that goes with the count, by the rules of the language that has it.
	n(key, count) {
		const { lang, text } = this.#find(key);
		const rule = new Intl.PluralRules(lang).select(count);

		return fill(text[key][rule] ?? text[key].other, { n: new Intl.NumberFormat(this.tag).format(count) });
	}

	// money: "10.00" as a reader writes it; Intl takes the decimal string, so nothing is rounded.
	money(currency, amount) {
		const whole = !/\.\d*[1-9]/.test(amount);

		return new Intl.NumberFormat(this.tag, { style: "currency", currency,
			...(whole && { minimumFractionDigits: 0, maximumFractionDigits: 0 }) }).format(amount);
	}

	percent(n) {
		return new Intl.NumberFormat(this.tag, { style: "percent" }).format(n / 100);
	}

	// month: "2027-01" as "January 2027".
	month(text) {
		return new Intl.DateTimeFormat(this.tag, { month: "long", year: "numeric", timeZone: "UTC" })
		    .format(new Date(`${text}-15T00:00:00Z`));
	}
}

function fill(text, values) {
	return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}
