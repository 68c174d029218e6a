// articles.mjs: the demo's articles as a walk over the gate needs them: where they are, and whether a text
// holds anything of a body.

import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "./stack.mjs";

const SITE = join(root, "deploy/site");
const RUN = 6;	// so many words of a body in a row are a leak, wherever a sentence begins

export const OUTPUTS = ["", ".json", ".amp"];

// words: what is said, without markup, quotes of JSON and marks.
function words(text) {
	return text.replace(/\\u([0-9a-f]{4})/gi, (_, hex) => String.fromCharCode(parseInt(hex, 16))).replace(/\\[nt"]/g, " ")
		.replace(/<[^>]*>/g, " ").replace(/&#?\w+;/g, " ").toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}

function runs(text) {
	const all = words(text);

	return all.slice(0, Math.max(0, all.length - RUN + 1)).map((_, i) => all.slice(i, i + RUN).join(" "));
}

function read() {
	const found = [];

	for (const locale of ["en", "ru"]) {
		for (const section of ["news", "culture", "obituaries"]) {
			for (const file of readdirSync(join(SITE, locale)).includes(section) ? readdirSync(join(SITE, locale, section)) : []) {
				const url = `/${locale}/${section}/${file.replace(/\.html$/, "")}`;
				const html = readFileSync(join(SITE, `${url}.html`), "utf8");
				const [, head, body] = /<header class="story-head">([\s\S]*?)<\/header>[\s\S]*<div class="story-text">([\s\S]*?)<\/div>/
					.exec(html);

				found.push({ url, locale, section, metered: section !== "obituaries", head, runs: new Set(runs(body)) });
			}
		}
	}
	// What a head says, its own or another's, is for everybody.
	for (const run of runs(found.map((a) => a.head).join(" | ")))
		found.forEach((a) => a.runs.delete(run));
	return found;
}

export const articles = read();
export const metered = articles.filter((a) => a.metered);

const owners = new Map();

for (const a of articles)
	a.runs.forEach((run) => owners.set(run, a.url));

// leaks: the articles of whose bodies the text holds anything.
export const leaks = (text) => [...new Set(runs(text).map((run) => owners.get(run)).filter(Boolean))];

// holds: does the text hold the whole body of this article?
export function holds(text, article) {
	const there = new Set(runs(text));

	return [...article.runs].every((run) => there.has(run));
}
