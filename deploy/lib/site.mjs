// deploy/lib/site.mjs SITE OUT: the pages of the demo's newspaper, made of its texts: each text stands once in
// SITE, and all that pages share is put around it here.
//
//   SITE/LOCALE/SECTION/NAME.html   an article: its <article>, with a story-head and a story-text
//   SITE/**.html                    any other page: a comment with its title and so on, then what stands in <main>
//
//   OUT/**.html                               the pages; sections' front pages too
//   OUT/LOCALE/SECTION/NAME.json  .amp        an article as a document, and as a plain page
//   OUT/wall/LOCALE/SECTION/NAME.json  .amp   the same for a walled reader: head and teaser
//   OUT/teaser/LOCALE/SECTION/NAME.html       the head alone, for the wall of pages
//   OUT/feed.xml  OUT/LOCALE/feed.xml         heads and teasers, newest first; English has no folder
//
// nginx puts the decision in by SSI. A page may ask for parts in comments: <!-- card ADDRESS -->,
// <!-- lead ADDRESS -->, <!-- briefs LOCALE N -->, <!-- articles LOCALE N -->.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { WORDS } from "./words.mjs";

const [site, out] = process.argv.slice(2);

function write(path, text) {
	const file = join(out, path);

	mkdirSync(dirname(file), { recursive: true });
	writeFileSync(file, text);
}

// --- reading -------------------------------------------------------------------------------------

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: "\u00a0" };
const text_of = (html) => html.replace(/<[^>]*>/g, "").replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (_, name) => ENTITIES[name]).trim();
const html_of = (text) => text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

// article: its parts; undefined when the file is no article.
function article(path) {
	const [, locale, section, name] = /^\/(\w\w)\/([^/]+)\/([^/]+)\.html$/.exec(path) ?? [];
	const html = locale && WORDS[locale] ? readFileSync(join(site, path), "utf8") : "";
	const part = (pattern) => pattern.exec(html)?.[1].trim();

	if (!/^<article class="story/.test(html))
		return undefined;
	const head = part(/<header class="story-head">([\s\S]*?)<\/header>/);
	const a = { url: `/${locale}/${section}/${name}`, locale, section, head, html: html.trim(),
		body: part(/<div class="story-text[^"]*">\n([\s\S]*?)\n<\/div>\n<\/article>/), figure: part(/(<figure class="art">[\s\S]*?<\/figure>)/) ?? "",
		kicker: part(/<p class="kicker">([\s\S]*?)<\/p>/), title: part(/<h1>([\s\S]*?)<\/h1>/), teaser: part(/<p class="dek">([\s\S]*?)<\/p>/),
		author: part(/<span class="author">([\s\S]*?)<\/span>/), date: part(/<time datetime="([\d-]+)"/), day: part(/<time datetime="[\d-]+">([^<]*)/),
		brief: /^<article class="story story-brief"/.test(html) };

	for (const [member, found] of Object.entries(a)) {
		if (found === undefined)
			throw new Error(`${path} has no ${member}`);
	}
	return { ...a, art: /<img src="([^"]*)"/.exec(a.figure)?.[1], words: text_of(a.body).split(/\s+/).length };
}

// page: the lines of its first comment, and the rest.
function page(path) {
	const found = /^<!--\n([\s\S]*?)\n-->\n([\s\S]*)$/.exec(readFileSync(join(site, path), "utf8"));

	if (!found)
		throw new Error(`${path} is neither an article nor a page`);
	return { path, ...Object.fromEntries(found[1].split("\n").map((line) => /^(\w+): (.*)$/.exec(line).slice(1))), main: found[2].trim() };
}

const files = (dir) => readdirSync(join(site, dir), { withFileTypes: true }).flatMap((e) => (e.isDirectory()
	? files(`${dir}${e.name}/`) : e.name.endsWith(".html") ? [`${dir}${e.name}`] : []));
const found = files("/").map((path) => article(path) ?? page(path));
const all = found.filter((a) => a.url).sort((a, b) => b.date.localeCompare(a.date) || a.url.localeCompare(b.url));

// --- what pages share ----------------------------------------------------------------------------

// Of a page behind the gate nginx knows what was decided: supporters are thanked in its head.
function masthead(p) {
	const w = WORDS[p.lang];
	const front = p.class === "page-front";
	const name = front ? "h1" : "p";
	const link = (state, href, word) => `<pledged-link${state} thanks="${w.thanks}" manage="${w.manage}"><a class="give" href="${href}">${word}</a></pledged-link>`;
	const asks = link("", w.give_at, w.give);
	const give = p.gated ? `<!--# if expr="$pledged_reason = supporter" -->${link(" supporter", w.manage, w.thanks)}<!--# else -->${asks}<!--# endif -->` : asks;

	return `<a class="skip" href="#text">${w.skip}</a>
<header class="masthead${front ? " masthead-front" : ""}">
<div class="masthead-row">
<p class="masthead-lang"><a href="${p.other}" lang="${w.other_lang}" hreflang="${w.other_lang}">${w.other}</a></p>
<${name} class="masthead-name"><a href="${w.home}">${w.paper}</a></${name}>
<p class="masthead-give">${give}</p>
</div>
<p class="masthead-tag">${w.tag}</p>
<nav class="sections" aria-label="${w.nav}"><ul>${w.links.map(([href, word, section]) =>
	`<li><a href="${href}"${section === p.section ? ` aria-current="${p.url === href ? "page" : "true"}"` : ""}>${word}</a></li>`).join("")}</ul></nav>
</header>`;
}

function foot(p) {
	const w = WORDS[p.lang];
	const play = p.lang === "en" ? "" : ' hreflang="en"';

	return `<footer class="foot">
<p class="foot-name">${w.paper}</p>
<p>${w.address}</p>
<p><a href="${w.give_at}">${w.give}</a> · <a href="${p.other}" lang="${w.other_lang}" hreflang="${w.other_lang}">${w.other}</a> · <a href="${w.feed}">${w.feed_word}</a> · <a href="/play/"${play}>${w.play}</a></p>
<p class="foot-small">${w.small}</p>
</footer>`;
}

function whole(p) {
	const w = WORDS[p.lang];
	const head = [`<title>${p.title}</title>`, `<meta name="description" content="${p.description}">`,
		p.robots && `<meta name="robots" content="${p.robots}">`, '<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">',
		p.article && `<link rel="alternate" type="application/json" href="${p.article}.json">\n<link rel="amphtml" href="${p.article}.amp">`,
		!p.robots && `<link rel="alternate" type="application/atom+xml" title="${w.paper}" href="${w.feed}">`,
		'<link rel="stylesheet" href="/assets/site.css">', p.widget && '<link rel="stylesheet" href="/pledged.css">\n<script type="module" src="/pledged.js"></script>',
		p.script && `<script type="module" src="${p.script}"></script>`];

	return `<!doctype html>
<html lang="${p.lang}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
${head.filter(Boolean).join("\n")}
</head>
<body class="${p.class}">
${p.gated ? '<!--# if expr="$pledged_act = prompt" --><div class="pledged-top-slot"></div>\n<!--# endif -->' : ""}${masthead(p)}
<main id="text" tabindex="-1">
${p.main}
</main>
${p.after ?? ""}${foot(p)}
</body>
</html>
`;
}

// --- parts ---------------------------------------------------------------------------------------

const by = (a) => `<p class="card-by">${a.author}, <time datetime="${a.date}">${a.day}</time></p>`;
const foreign = (a, lang) => (a.locale === lang ? "" : ` lang="${a.locale}"`);
const card = (a, lang, level = "h3") => `<article class="card"${foreign(a, lang)}>${a.art ? `<img class="card-art" src="${a.art}" alt="" width="960" height="600" loading="lazy">` : ""}<p class="kicker">${a.kicker}</p><${level}><a href="${a.url}">${a.title}</a></${level}><p class="card-dek">${a.teaser}</p>${by(a)}</article>`;
const lead = (a) => `<article class="lead-story">${a.art ? `<img class="lead-art" src="${a.art}" alt="" width="960" height="600">` : ""}<div class="lead-words"><p class="kicker">${a.kicker}</p><h2><a href="${a.url}">${a.title}</a></h2><p class="dek">${a.teaser}</p>${by(a)}</div></article>`;
const briefs = (list) => `<ul class="briefs">${list.map((a) => `<li><a href="${a.url}">${a.title}</a> <time datetime="${a.date}">${a.day}</time></li>`).join("")}</ul>`;

function at(url, path) {
	const a = all.find((one) => one.url === url);

	if (!a)
		throw new Error(`${path} names ${url}, which is no article`);
	return a;
}

const PARTS = {
	card: (p, [url]) => card(at(url, p.path), p.lang),
	lead: (p, [url]) => lead(at(url, p.path)),
	briefs: (p, [locale, n]) => briefs(all.filter((a) => a.locale === locale && a.brief).slice(0, n)),
	articles: (p, [locale, n]) => `<ol>${all.filter((a) => a.locale === locale && a.section in WORDS[locale].sections && !a.brief).slice(0, n)
		.map((a) => `<li><a href="${a.url}">${a.title}</a></li>`).join("")}</ol>`,
};
const filled = (p) => p.main.replace(/<!-- (\w+) ([^>]*?) -->/g, (_, part, words) => PARTS[part](p, words.split(" ")));

// related: three others with a picture, of the same section first.
function related(a) {
	const w = WORDS[a.locale];
	const others = all.filter((b) => b !== a && b.locale === a.locale && b.art && b.section !== "obituaries");
	const three = [...others.filter((b) => b.section === a.section), ...others.filter((b) => b.section !== a.section)].slice(0, 3);

	return `<aside class="related" aria-labelledby="more"><h2 id="more">${w.more}</h2><div class="related-row">
${three.map((b) => card(b, a.locale)).join("\n")}
</div></aside>
`;
}

// left: what is left of the meter, in words, for each number that can be.
function left(a) {
	const { left: [none, last, some], left_why: why } = WORDS[a.locale];
	const says = (n) => (n === 0 ? none : n === 1 ? last : some(n));

	return [0, 1, 2, 3, 4].map((n) => `<!--# if expr="$pledged_left = ${n}" --><p class="meter-left">${says(n)} <a href="/play/"${a.locale === "en" ? "" : ' hreflang="en"'}>${why}</a></p><!--# endif -->`).join("");
}

const prompt_of = (a) => `/prompt?d=$pledged_token&l=${a.locale}`;

function story(a) {
	const w = WORDS[a.locale];
	const minutes = a.words > 1200 ? ` <span>${w.minutes(Math.round(a.words / 220))}</span>` : "";

	return whole({ lang: a.locale, title: `${a.title} · ${w.paper}`, description: html_of(text_of(a.teaser)), class: "page-article", gated: true, widget: true,
		article: a.url, section: a.section, other: a.locale === "en" ? "/ru/" : "/",
		main: `${a.html.replace(/(<time datetime="[\d-]+">[^<]*<\/time>)(<\/p>\n<\/header>)/, `$1${minutes}$2`)}
<div class="story-ask">
${left(a)}
<!--# include virtual="${prompt_of(a)}" -->
</div>`, after: related(a) });
}

function section(locale, name) {
	const w = WORDS[locale];
	const [title, description] = w.names[name];
	const mine = all.filter((a) => a.locale === locale && a.section === name);
	const [first, ...rest] = mine.filter((a) => !a.brief);
	const short = mine.filter((a) => a.brief);
	const other = locale === "en" ? WORDS.ru : WORDS.en;

	return whole({ lang: locale, title: `${title} · ${w.paper}`, description, class: "page-front page-section", section: name, url: w.sections[name], widget: true,
		other: other.sections[name], main: `<div class="section-head"><h1>${title}</h1><p class="dek">${description}</p></div>
<div class="front-top">
${lead(first)}
<aside class="rail" aria-label="${w.brief}"><section class="rail-box"><h2>${w.brief}</h2>${briefs(short)}</section></aside>
</div>
<section class="band" aria-labelledby="latest"><h2 class="band-name" id="latest">${w.latest}</h2><div class="grid grid-3">
${rest.map((a) => card(a, locale)).join("\n")}
</div></section>` });
}

// --- the document --------------------------------------------------------------------------------

// A value that nginx writes: null without a decision to show.
const PROMPT = (a) => `<!--# if expr="$pledged_token" -->"/prompt?d=<!--# echo var="pledged_token" encoding="none" -->&l=${a.locale}"<!--# else -->null<!--# endif -->`;

function json(a, walled) {
	const doc = { url: a.url, language: a.locale, section: a.section, title: text_of(a.title), teaser: text_of(a.teaser),
		author: text_of(a.author), date: a.date, wall: walled, prompt: "@prompt@", ...(walled ? {} : { body: a.body }) };

	return `${JSON.stringify(doc, null, "\t").replace('"@prompt@"', () => PROMPT(a))}\n`;
}

// --- the plain page ------------------------------------------------------------------------------

function amp(a, walled) {
	const { paper, full, home, shut } = WORDS[a.locale];

	return `<!doctype html>
<html lang="${a.locale}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${a.title} · ${paper}</title>
<meta name="description" content="${html_of(text_of(a.teaser))}">${walled ? '\n<meta name="robots" content="noindex">' : ""}
<link rel="canonical" href="${a.url}">
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/site.css">
<link rel="stylesheet" href="/pledged.css">
</head>
<body class="page-article${walled ? " page-wall" : ""}">
<header class="masthead"><p class="masthead-name"><a href="${home}">${paper}</a></p></header>
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
<footer class="foot"><p class="foot-name">${paper}</p><p><a href="${a.url}">${full}</a></p></footer>
</body>
</html>
`;
}

// --- the feed ------------------------------------------------------------------------------------

// Addresses are relative to the feed's own, so a mirror's feed leads to the mirror.
function feed(locale, list) {
	const { paper, home, feed: self } = WORDS[locale];
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
<title>${html_of(paper)}</title>
<link rel="alternate" type="text/html" href="${home}"/>
<link rel="self" type="application/atom+xml" href="${self}"/>
<updated>${stamp(list[0])}</updated>
${list.map(entry).join("")}</feed>
`;
}

// --- all of it -----------------------------------------------------------------------------------

for (const a of all) {
	write(`${a.url}.html`, story(a));
	write(`teaser${a.url}.html`, `${a.head}\n`);
	write(`${a.url}.json`, json(a, false));
	write(`${a.url}.amp`, amp(a, false));
	write(`wall${a.url}.json`, json(a, true));
	write(`wall${a.url}.amp`, amp(a, true));
}
for (const p of found.filter((one) => !one.url))
	write(p.path, whole({ ...p, main: filled(p), gated: p.path.startsWith("/wall/"), after: p.after && related(at(p.after, p.path)) }));
for (const locale of Object.keys(WORDS)) {
	for (const [name, path] of Object.entries(WORDS[locale].sections))
		write(`${path}index.html`, section(locale, name));
	write(WORDS[locale].feed, feed(locale, all.filter((a) => a.locale === locale)));
}
