// stage.mjs: a browser, and a tiny site that stands in for nginx and the service, for widget tests.
// Everything is on the loopback; the answers of /decide and /pledge are the test's to choose.

import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const here = new URL(".", import.meta.url);
const widget = new URL("../../build/widget/", here);
const TYPES = { js: "text/javascript", css: "text/css", html: "text/html; charset=utf-8" };
const QUIET = ["/event", "/csp", "/favicon.ico"];
const CSP = "default-src 'self'; require-trusted-types-for 'script'; report-uri /csp";

export const axe_source = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"),
    "utf8");

export function fragment(name) {
	return readFile(new URL(`fixtures/${name}.html`, here), "utf8");
}

// page_with: a page like a newspaper's, long enough that its end is below the fold.
export function page_with(inside, { lang = "en", dir = "ltr", top = true, long = true } = {}) {
	return `<!doctype html><html lang="${lang}" dir="${dir}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>A page</title>
<link rel="stylesheet" href="/pledged.css"><script type="module" src="/pledged.js"></script></head>
<body>${top ? '<div class="pledged-top-slot"></div>' : ""}<main><h1>Headline</h1>
${"<p>A paragraph of the article, as long as paragraphs are.</p>\n".repeat(long ? 60 : 1)}
${inside}</main><footer><p>The end of the page.</p></footer></body></html>`;
}

export const appeal = {
	act: "prompt", reason: "campaign", campaign: "support", variant: "b", token: "v1.made", articles: 3,
	prompt: { kind: "appeal", topline: "Now is the time.", title: "We need your help",
		body: "First.\n\nSecond <b>not bold</b>.", button: "Contribute today", later: "Remind me later",
		currency: "EUR", amounts: { once: ["5.00", "10.00", "25.00"], month: ["3.00", "7.50"], year: [] },
		preselect: { interval: "once", amount: "10.00" }, later_days: 3, close_days: 1,
		key: "abcdefghijklmnop" },
};

async function body_of(req) {
	const parts = [];

	for await (const part of req)
		parts.push(part);
	return Buffer.concat(parts).toString();
}

// open_site: routes maps a path to text, or to a function (req, body) -> {status, type, body, wait}.
// dir: another build of the widget.
export async function open_site(routes, { dir } = {}) {
	const seen = [];	// every request but the static files
	const files = [];	// the files of the widget that were fetched
	const server = createServer(async (req, res) => {
		const path = new URL(req.url, "http://x").pathname;
		const file = /^\/([\w.-]+\.(?:js|css))$/.exec(path);
		const plain = path.replace(/\.[0-9a-f]{10}\.js$/, ".js");	// without the version
		const body = await body_of(req);

		if (file && !(plain in routes)) {
			const type = TYPES[path.split(".").pop()];

			files.push(plain.slice(1));
			return void readFile(new URL(file[1], dir ?? widget)).then(
			    (text) => res.writeHead(200, { "content-type": type }).end(text), () => res.writeHead(404).end());
		}
		seen.push({ method: req.method, path: plain, url: req.url, body });
		const route = routes[plain];
		const reply = typeof route === "function" ? await route(req, body) : typeof route === "object" ? route : { body: route };

		if (route === undefined)
			return void res.writeHead(QUIET.includes(path) ? 204 : 404).end();
		res.writeHead(reply.status ?? 200,
		    { "content-type": reply.type ?? TYPES.html, "content-security-policy": CSP });
		res.end(reply.body);
	});

	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return {
		url: `http://127.0.0.1:${server.address().port}`, seen, files,
		to: (path) => seen.filter((r) => r.path === path),
		events: () => seen.filter((r) => r.path === "/event").map((r) => JSON.parse(r.body).e),
		close: () => new Promise((done) => {
			server.close(done);
			server.closeAllConnections();
		}),
	};
}

export function json(body, status = 200) {
	return { status, type: status < 400 ? "application/json" : "application/problem+json",
		body: JSON.stringify(body) };
}

export function open_browser(...more) {
	return chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu",
		"--disable-quic", "--no-first-run", "--disable-background-networking",
		"--disable-component-update", "--disable-sync", ...more] });
}

// heard: keeps every pledged:* event of the page in window.heard, across nothing but this page.
export async function open_page(browser, options = {}) {
	const context = await browser.newContext(options);
	const page = await context.newPage();
	const noise = [];

	page.on("console", (m) => noise.push(m.text()));
	page.on("pageerror", (e) => noise.push(String(e)));
	await page.addInitScript(() => {
		window.heard = [];
		window.shift = 0;
		for (const name of ["decision", "seen", "closed", "clicked", "submitted", "error", "thanks"])
			addEventListener(`pledged:${name}`, (e) => window.heard.push([name, e.detail]));
		addEventListener("securitypolicyviolation", (e) => window.heard.push(["csp", e.violatedDirective]));
		new PerformanceObserver((list) => {
			for (const entry of list.getEntries())
				window.shift += entry.hadRecentInput ? 0 : entry.value;
		}).observe({ type: "layout-shift", buffered: true });
	});
	return { page, noise, close: () => context.close() };
}

// axe: the violations that axe-core finds in what is on the page now, as short lines.
export async function axe(page) {
	await page.evaluate(axe_source);
	const found = await page.evaluate(() => window.axe.run(document,
	    { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));

	return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
}
