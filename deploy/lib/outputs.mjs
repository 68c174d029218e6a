// deploy/lib/outputs.mjs SITE OUT: the other outputs of a site's articles, made of their pages, so that
// there is one text. An article is SITE/LOCALE/SECTION/NAME.html with a story-head and a story-text.
//
//   OUT/LOCALE/SECTION/NAME.json  .amp        the article as a document, and as a plain page
//   OUT/wall/LOCALE/SECTION/NAME.json  .amp   the same for a walled reader: head and teaser
//   OUT/feed.xml  OUT/LOCALE/feed.xml         heads and teasers, newest first; English has no folder
//
// nginx puts the decision in by SSI, as it does in the pages.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const [site, out] = process.argv.slice(2);
const WORDS = {
	en: { full: "The full page", home: "/", feed: "/feed.xml", shut: "This article cannot be opened right now. Please try again in a moment." },
	ru: { full: "Полная версия", home: "/ru/", feed: "/ru/feed.xml", shut: "Сейчас эту статью открыть не получается. Попробуйте ещё раз чуть позже." },
};

function write(path, text) {
	const file = join(out, path);

	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}

// --- reading -------------------------------------------------------------------------------------

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };
const text_of = (html) => html.replace(/<[^>]*>/g, "").replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => ENTITIES[name]).trim();
const html_of = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

function article(locale, section, name) {
	const file = join(site, locale, section, `${name}.html`);
	const html = readFileSync(file, "utf8");
	const part = (pattern) => pattern.exec(html)?.[1].trim();
	const body = part(/<div class="story-text[^"]*">\n([\s\S]*?)\n<\/div>\n<\/article>/);

	if (body === undefined)
		return undefined;
	const head = part(/<header class="story-head">([\s\S]*?)<\/header>/);
	const a = { url: `/${locale}/${section}/${name}`, locale, section, head, body,
		figure: part(/(<figure class="art">[\s\S]*?<\/figure>)/) ?? "",
		title: part(/<h1>([\s\S]*?)<\/h1>/), teaser: part(/<p class="dek">([\s\S]*?)<\/p>/),
		author: part(/<span class="author">([\s\S]*?)<\/span>/), date: part(/<time datetime="([\d-]+)"/),
		paper: part(/<title>[\s\S]* · ([^<]*)<\/title>/) };

	for (const [member, found] of Object.entries(a)) {
		if (found === undefined)
			throw new Error(`${file} has no ${member}`);
	}
	return a;
}

function articles() {
	const folders = (dir) => readdirSync(join(site, dir), { withFileTypes: true }).filter((e) => e.isDirectory()).map((e) => e.name);

	return folders(".").filter((locale) => WORDS[locale]).flatMap((locale) => folders(locale).flatMap((section) =>
		readdirSync(join(site, locale, section)).filter((f) => f.endsWith(".html"))
			.map((f) => article(locale, section, f.slice(0, -5))).filter(Boolean)));
}

// --- the document --------------------------------------------------------------------------------

const prompt_of = (a) => `/prompt?d=$pledged_token&l=${a.locale}`;
// A value that nginx writes: null without a decision to show.
const PROMPT = (a) => `<!--# if expr="$pledged_token" -->"/prompt?d=<!--# echo var="pledged_token" encoding="none" -->&l=${a.locale}"<!--# else -->null<!--# endif -->`;

function json(a, walled) {
	const doc = { url: a.url, language: a.locale, section: a.section, title: text_of(a.title), teaser: text_of(a.teaser),
		author: text_of(a.author), date: a.date, wall: walled, prompt: "@prompt@", ...(walled ? {} : { body: a.body }) };

	return `${JSON.stringify(doc, null, "\t").replace('"@prompt@"', () => PROMPT(a))}\n`;
}

// --- the plain page ------------------------------------------------------------------------------

function amp(a, walled) {
	const { full, home, shut } = WORDS[a.locale];

	return `<!doctype html>
<html lang="${a.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${a.title} · ${a.paper}</title>
<meta name="description" content="${html_of(text_of(a.teaser))}">${walled ? '\n<meta name="robots" content="noindex">' : ""}
<link rel="canonical" href="${a.url}">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/site.css">
<link rel="stylesheet" href="/pledged.css">
</head>
<body class="page-article${walled ? " page-wall" : ""}">
<header class="masthead"><p class="masthead-name"><a href="${home}">${a.paper}</a></p></header>
<main>
<article class="story${walled ? " story-walled" : ""}">
<header class="story-head">
${a.head}
</header>
${walled ? "" : `${a.figure}
<div class="story-text">
${a.body}
</div>
`}</article>
<!--# block name="shut" -->${walled ? `<p class="wall-shut">${shut}</p>` : ""}<!--# endblock -->
<div class="story-ask">
<!--# include virtual="${prompt_of(a)}" stub="shut" -->
</div>
</main>
<footer class="foot"><p class="foot-name">${a.paper}</p><p><a href="${a.url}">${full}</a></p></footer>
</body>
</html>
`;
}

// --- the feed ------------------------------------------------------------------------------------

// Addresses are relative to the feed's own, so a mirror's feed leads to the mirror.
function feed(locale, list) {
	const { home, feed: self } = WORDS[locale];
	const stamp = (a) => `${a.date}T06:00:00Z`;
	const id = (day, path) => `tag:halvik-courier.example,${day}:${path}`;
	const entry = (a) => `<entry>
	<id>${id(a.date, a.url)}</id>
	<title>${html_of(text_of(a.title))}</title>
	<link rel="alternate" type="text/html" href="${a.url}"/>
	<link rel="alternate" type="application/json" href="${a.url}.json"/>
	<author><name>${html_of(text_of(a.author))}</name></author>
	<category term="${a.section}"/>
	<updated>${stamp(a)}</updated>
	<summary>${html_of(text_of(a.teaser))}</summary>
</entry>
`;

	return `<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${locale}">
<id>${id("2026-01-01", home)}</id>
<title>${html_of(list[0].paper)}</title>
<link rel="alternate" type="text/html" href="${home}"/>
<link rel="self" type="application/atom+xml" href="${self}"/>
<updated>${stamp(list[0])}</updated>
${list.map(entry).join("")}</feed>
`;
}

const all = articles().sort((a, b) => b.date.localeCompare(a.date) || a.url.localeCompare(b.url));

for (const a of all) {
	write(`${a.url}.json`, json(a, false));
	write(`${a.url}.amp`, amp(a, false));
	write(`wall${a.url}.json`, json(a, true));
	write(`wall${a.url}.amp`, amp(a, true));
}
for (const locale of Object.keys(WORDS)) {
	const list = all.filter((a) => a.locale === locale);

	if (list.length > 0)
		write(WORDS[locale].feed, feed(locale, list));
}
