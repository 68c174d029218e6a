// The page of reports in a real browser: on a desk, a phone, in the dark and on paper; it fetches nothing, axe-core finds
// nothing, no text becomes a tag, and what each chart shows to the eye is measured against the table beneath it and the rows
// of the report. The reports are made up (fixtures/sql), so that odd ones are among them. The pictures are kept in build/browser.

import assert from "node:assert/strict";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";

import { root, stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { axe, open_browser } from "./stage.mjs";

const PICTURES = join(root, "build/browser");
const FIXTURES = join(root, "tests/browser/fixtures/sql");
const dir = await mkdtemp(join(tmpdir(), "pledged-ops-"));
const s = await stack({ name: "ops", views: 1, moneys: 1, ops: "on" });
const browser = await open_browser();
const made = await s.ctl("report", "--html", join(s.dir, "ops/made-up.html"), "--dir", FIXTURES);
const html = await readFile(join(s.dir, "ops/made-up.html"), "utf8");
const path = join(dir, "made-up.html");

await writeFile(path, html);
await mkdir(PICTURES, { recursive: true });
after(async () => {
	await browser.close();
	await rm(dir, { recursive: true, force: true });
});

// shown: the page, with all that it said and asked for.
async function shown({ url = pathToFileURL(path).href, width = 1280, ...more } = {}) {
	const context = await browser.newContext({ viewport: { width, height: 900 }, ...more });
	const page = await context.newPage();
	const noise = [], asked = [];

	page.on("console", (m) => noise.push(m.text()));
	page.on("pageerror", (e) => noise.push(String(e)));
	page.on("dialog", (d) => { noise.push(d.message()); d.dismiss(); });
	page.on("request", (r) => asked.push(r.url()));
	await page.goto(url);
	return { page, noise, asked, close: () => context.close() };
}

// misplaced: what sticks out of the page or of its drawing, or words that lie over each other.
const misplaced = (page) => page.evaluate(() => {
	const wrong = [];
	const name = (e) => `${e.closest("section")?.id} ${e.textContent.trim().slice(0, 30)}`;

	if (document.documentElement.scrollWidth > innerWidth)
		wrong.push(`the page is ${document.documentElement.scrollWidth} wide`);
	for (const svg of document.querySelectorAll("svg")) {
		const frame = svg.getBoundingClientRect();
		const texts = [...svg.querySelectorAll("text")].map((e) => [e, e.getBoundingClientRect()]);

		if (frame.width < 200 || frame.height < 40)
			wrong.push(`${name(svg)}: a drawing of ${frame.width} x ${frame.height}`);
		for (const e of svg.querySelectorAll("text, rect, circle, path, line")) {
			const r = e.getBoundingClientRect();

			if (r.left < frame.left - 2 || r.right > frame.right + 2 || r.top < frame.top - 2 || r.bottom > frame.bottom + 2)
				wrong.push(`${name(e)} (${e.tagName}) sticks out`);
		}
		for (const [i, [e, a]] of texts.entries())
			for (const [f, b] of texts.slice(i + 1))
				if (Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1 && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 3)
					wrong.push(`${name(e)} lies over ${name(f)}`);
		const small = Math.min(...texts.map(([e]) => parseFloat(getComputedStyle(e).fontSize) * frame.width / svg.viewBox.baseVal.width));

		if (small < 9)
			wrong.push(`${name(svg)}: letters of ${small.toFixed(1)} pixels`);
	}
	for (const e of document.querySelectorAll("h1, h2, p, figcaption, summary, .legend, nav"))
		if (e.getClientRects().length > 0 && e.scrollWidth > e.clientWidth + 1)
			wrong.push(`${name(e)} is cut`);
	return wrong;
});

// figures_of: each figure of a report: its table, and the marks of its drawing as they are on the screen.
const figures_of = (page, report) => page.locator(`figure[data-report="${report}"]`).evaluateAll((figures) => figures.map((f) => {
	const cells = (tr) => [...tr.cells].map((c) => c.textContent);
	const box = (e) => {
		const { x, y, width, height } = e.getBoundingClientRect();

		return { x, y, width, height };
	};

	return { title: f.querySelector("figcaption b")?.textContent ?? "", label: f.querySelector("svg").getAttribute("aria-label"),
		head: cells(f.querySelector("thead tr")), rows: [...f.querySelectorAll("tbody tr")].map(cells),
		marks: [...f.querySelectorAll("[data-v]")].map((e) => ({ v: Number(e.dataset.v), kind: e.getAttribute("class"), title: e.querySelector("title").textContent, ...box(e) })),
		texts: [...f.querySelectorAll("text")].map((e) => e.textContent),
		rules: [...f.querySelectorAll("line.axis, line.grid")].map(box), ticks: [...f.querySelectorAll("text.end")].map((e) => e.textContent),
		zero: [...f.querySelectorAll("line.axis")].map(box)[0] };
}));

// scale_of: pixels a unit, as the rules of the drawing and the numbers beside them say.
function scale_of({ rules, ticks, zero }) {
	const far = rules.map((r, i) => [zero.y - r.y, Number(ticks[i])]).filter(([, v]) => v !== 0);

	for (const [y, v] of far)
		near(y / v, far[0][0] / far[0][1], `the rule of ${v}`, Math.abs(0.7 / v));
	return far.at(-1)[0] / far.at(-1)[1];
}

// rows_of: the rows of a report's own table, by its columns.
const rows_of = (page, report) => page.locator(`#${report} .rows table`).evaluate((table) => {
	const head = [...table.tHead.rows[0].cells].map((c) => c.textContent);

	return [...table.tBodies[0].rows].map((tr) => Object.fromEntries(head.map((h, i) => [h, tr.cells[i].textContent])));
});

const sum = (rows, column) => rows.reduce((n, r) => n + Math.round(Number(r[column]) * 100), 0) / 100;
const near = (a, b, what, by = 1.2) => assert.ok(Math.abs(a - b) <= by, `${what}: ${a} is not ${b}`);

// --- the whole page ------------------------------------------------------------------------------

test("a report that fails is told, the others are there", async () => {
	assert.equal(made.code, 1);
	assert.match(made.stderr, /report broken: 42P01/);
	assert.match(html, /This report could not be made: report broken: 42P01/);
	assert.match(html, /<section id="health">[\s\S]{0,200}There is nothing\.<\/p>/);
	assert.match(html, /Only the first 400 are here; <code>pledgectl report attention<\/code> gives all/);
});

for (const [name, options] of [["wide", {}], ["phone", { width: 360 }], ["dark", { width: 820, colorScheme: "dark" }]])
	test(`${name}: nothing sticks out or is too small, axe-core finds nothing, nothing is fetched`, async () => {
		const { page, noise, asked, close } = await shown(options);

		assert.deepEqual(await misplaced(page), []);
		await page.screenshot({ path: join(PICTURES, `report-${name}.png`), fullPage: true });
		// Tables of some length; axe-core takes minutes over thousands of cells.
		await page.locator("details").evaluateAll((all) => all.forEach((d) => { d.open = d.querySelectorAll("tr").length < 20; }));
		assert.deepEqual(await axe(page), [], "with tables open");
		await page.locator("details").evaluateAll((all) => all.forEach((d) => { d.open = true; }));
		assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "with all tables open");
		assert.deepEqual([noise, asked], [[], [page.url()]]);
		await close();
	});

test("on paper every chart has its figures, dark ink on white, and no table is cut off", async () => {
	const { page, close } = await shown({ width: 720, colorScheme: "dark" });

	await page.emulateMedia({ media: "print", colorScheme: "dark" });
	assert.deepEqual(await page.evaluate(() => [getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color]),
		["rgb(255, 255, 255)", "rgb(0, 0, 0)"]);
	assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
	const tables = await page.locator(".figures").evaluateAll((all) => all.map((d) => [d.classList.contains("many"), d.querySelector("table").checkVisibility(),
		d.querySelector(".scroll").scrollHeight <= d.querySelector(".scroll").clientHeight + 1]));

	assert.ok(tables.length >= 12);
	const wide = await page.locator("#experiments .wide thead th").evaluateAll((all) => all.map((th) => [getComputedStyle(th).writingMode, th.scrollHeight <= th.clientHeight + 1]));

	assert.ok(wide.length > 14 && wide.every(([mode, whole]) => mode === "vertical-rl" && whole), "many columns have room for their figures");
	assert.deepEqual(tables.filter(([many, visible, whole]) => (many ? visible : !visible || !whole)), []);
	await page.screenshot({ path: join(PICTURES, "report-print.png"), fullPage: true });
	const pdf = (await page.pdf({ path: join(PICTURES, "report-print.pdf"), format: "A4" })).toString("latin1");

	assert.ok(new Set(pdf.match(/\/MediaBox \[[^\]]*\]/g)).size > 1, "and a broad page");
	await close();
});

test("what does not agree with its second count, and an alarm, are seen at once", async () => {
	const { page, close } = await shown();
	const warnings = (id) => page.locator(`#${id} .warn`).allTextContents();

	assert.deepEqual(await warnings("silence"), ["Counted a second time from other records: 2 rows differ. See the column check.", "yes", "3 gifts more", "1 gift less"]);
	assert.deepEqual(await warnings("book"), []);
	assert.match(await page.locator("#book").textContent(), /Counted a second time from other records: all agrees\./);
	assert.doesNotMatch(await page.locator("#funnel").textContent(), /Counted a second time/);
	await close();
});

test("what strangers wrote is text", async () => {
	const { page, noise, close } = await shown();

	assert.equal(await page.title(), "Reports");
	assert.equal(await page.locator("script, img, iframe, object, link").count(), 0);
	assert.match(await page.locator("#attention td").nth(3).textContent(), /<\/td><script>document\.title='caught'<\/script>$/);
	assert.match(await page.locator("#attention > p").first().textContent(), /^long <script>alert\(1\)<\/script> rows\.$/i);
	assert.match(await page.locator("#funnel").textContent(), /<b>bold<\/b> & "quoted"/);
	assert.deepEqual(noise, []);
	await close();
});

// --- charts say what the tables say --------------------------------------------------------------

test("funnel: bars as long as the sums of the rows, a chart for each site", async () => {
	const { page, close } = await shown();
	const rows = await rows_of(page, "funnel");
	const [demo, coast] = await figures_of(page, "funnel");

	assert.deepEqual([demo.title, coast.title], ["demo", "coast"]);
	for (const [i, [step, column]] of [["served", "followed"], ["viewed", "viewed"], ["clicked", "clicked"], ["pledged", "seen_pledged"], ["paid", "seen_paid"]].entries()) {
		const want = sum(rows.filter((r) => r.site === "demo"), column);

		assert.deepEqual([demo.rows[i][0], Number(demo.rows[i][1]), demo.marks[i].v], [step, want, want]);
		near(demo.marks[i].width / demo.marks[0].width, want / demo.marks[0].v, step, 0.005);
		if (i > 0)
			assert.deepEqual(demo.rows[i].slice(2).map((t) => parseFloat(t)), [demo.marks[i - 1].v, demo.marks[0].v].map((of) => Math.round(want / of * 1000) / 10));
	}
	assert.deepEqual(coast.rows.map((r) => r[1]), ["0", "0", "0", "0", "0"]);
	assert.ok(coast.marks.every((m) => m.width === 0));
	assert.ok(demo.texts.includes("69.9\u00a0%"));
	await close();
});

test("income: a column a day, down when more was given back, a gap where nothing was, currencies apart", async () => {
	const { page, close } = await shown();
	const rows = await rows_of(page, "income");
	const figures = await figures_of(page, "income");

	assert.deepEqual(figures.map((f) => f.title), ["demo, EUR, live", "demo, JPY, live", "demo, USD, live"]);
	for (const f of figures) {
		const mine = rows.filter((r) => `${r.site}, ${r.currency}, ${r.mode}` === f.title);
		const days = [...new Set(mine.map((r) => r.day))];
		const scale = scale_of(f);

		assert.deepEqual(f.rows, days.map((day) => [day, sum(mine.filter((r) => r.day === day), "net").toFixed(f.title.includes("JPY") ? 0 : 2)]));
		assert.deepEqual(f.marks.map((m) => [m.title.slice(0, 10), m.v]), f.rows.map(([day, v]) => [day, Number(v)]));
		for (const m of f.marks) {
			near(m.height, Math.abs(m.v) * scale, m.title);
			near(m.v < 0 ? m.y : m.y + m.height, f.zero.y, `${m.title} stands on nothing`);
			assert.equal(m.kind, m.v < 0 ? "down" : "s0");
		}
		const step = (b, a) => (b.x - a.x) / ((Date.parse(b.title.slice(0, 10)) - Date.parse(a.title.slice(0, 10))) / 864e5);

		f.marks.slice(2).forEach((m, i) => near(step(m, f.marks[0]), step(f.marks[1], f.marks[0]), `${m.title} at its day (${i})`, 0.5));
	}
	assert.equal(figures[0].marks.length, 29);
	assert.deepEqual((await figures_of(page, "pressure")).map((f) => f.title), ["demo"], "of a site without figures nothing is drawn");
	await close();
});

test("lines: each point at its height, a hole where there is no figure", async () => {
	const { page, close } = await shown();
	const rows = await rows_of(page, "webhooks");
	const [stripe, mollie] = await figures_of(page, "webhooks");
	const columns = { median: "lag_p50_s", "95 of 100": "lag_p95_s", longest: "lag_max_s" };
	const mine = rows.filter((r) => r.provider === "stripe");

	assert.deepEqual(stripe.head, ["day", ...Object.keys(columns)]);
	assert.deepEqual(stripe.rows, mine.map((r) => [r.day, ...Object.values(columns).map((c) => r[c])]));
	assert.equal(stripe.marks.length, 30 * 3 - 1);
	const scale = scale_of(stripe);

	for (const m of stripe.marks) {
		const [, day, label] = /^(\S+), (.*): [\d.]+$/.exec(m.title);

		assert.equal(Number(mine.find((r) => r.day === day)[columns[label]]), m.v);
		near(stripe.zero.y - m.y - m.height / 2, m.v * scale, m.title);
	}
	assert.equal((await page.locator('figure[data-report="webhooks"] path').nth(1).getAttribute("d")).match(/M/g).length, 2);
	assert.equal(mollie.marks.length, 3);
	const year = await figures_of(page, "income_year");

	assert.deepEqual(year.map((f) => [f.head[1], f.rows.length, f.rows.at(-1).slice(1).join()]), [["this year so far", 330, "166627.25,142066.75"], ["this year", 62, "413.00,447.00"]]);
	assert.equal(year[1].rows[0][0], "2026-09-26");
	await close();
});

test("experiments: the interval lies where its figures do, and the verdict is written beside it", async () => {
	const { page, close } = await shown();
	const [support, year_end] = await figures_of(page, "experiments");
	const lines = await page.locator('figure[data-report="experiments"]').first().locator("line.range").evaluateAll((all) => all.map((e) => {
		const { x, width } = e.getBoundingClientRect();

		return [x, x + width];
	}));
	const at = (v) => {
		const [a, b] = support.marks;

		return a.x + a.width / 2 + (v - a.v) * ((b.x - a.x) / (b.v - a.v));
	};

	assert.deepEqual(support.rows, [["a", "base", "–", "–", "–"], ["b", "better", "3.541", "1.502", "5.640"], ["none", "no difference shown", "-0.291", "-2.016", "1.424"]]);
	assert.deepEqual(support.marks.map((m) => m.v), [3.541, -0.291]);
	near(at(0), support.zero.x, "nothing");
	for (const [i, [low, high]] of [[1.502, 5.64], [-2.016, 1.424]].entries()) {
		near(lines[i * 3][0], at(low), "low");
		near(lines[i * 3][1], at(high), "high");
	}
	assert.ok(support.texts.includes("b: better"));
	assert.ok(year_end.texts.includes("a long name of a variant: withheld"));
	await close();
});

test("the book: opening and its changes lead to closing, month and year together", async () => {
	const { page, close } = await shown();
	const rows = await rows_of(page, "book");
	const [f] = await figures_of(page, "book");
	const lines = ["opening", "new", "raised", "reactivated", "lowered", "paused", "ended_asked", "ended_failure", "closing"];

	assert.deepEqual(f.marks.map((m) => m.v), lines.map((line) => sum(rows.filter((r) => r.line === line), "monthly")));
	assert.equal(Math.round(f.marks.slice(0, -1).reduce((n, m) => n + m.v * 100, 0)), Math.round(f.marks.at(-1).v * 100), "the bridge closes");
	const scale = f.marks[0].width / f.marks[0].v;
	let level = 0;

	for (const [i, m] of f.marks.entries()) {
		const from = i === 0 || i === f.marks.length - 1 ? 0 : level;

		level = from + m.v;
		near(m.x, f.marks[0].x + Math.min(from, level) * scale, m.title);
		near(m.width, Math.abs(m.v) * scale, m.title);
		assert.equal(m.kind, i === 0 || i === f.marks.length - 1 ? "s0" : m.v < 0 ? "down" : "up");
	}
	assert.ok(f.texts.includes("\u2212131"));
	await close();
});

test("cohorts: a cell for each month, shaded by its figure", async () => {
	const { page, close } = await shown();
	const rows = await rows_of(page, "cohorts");
	const figures = await figures_of(page, "cohorts");

	assert.deepEqual(figures.map((f) => f.title), ["demo, live, month", "demo, live, once"]);
	for (const f of figures) {
		const mine = rows.filter((r) => `${r.site}, ${r.mode}, ${r.interval}` === f.title);

		assert.deepEqual(f.rows, mine.map((r) => [r.cohort, r.m, r["gave %"]]));
		assert.deepEqual(f.marks.map((m) => m.v), mine.map((r) => Number(r["gave %"])));
		for (const [i, m] of f.marks.entries()) {
			assert.equal(m.kind, `q${Math.min(4, Math.floor(m.v / 20))}`);
			const same = f.marks.filter((_, k) => mine[k].m === mine[i].m);

			assert.ok(same.every((o) => Math.abs(o.x - m.x) < 0.5), "months stand beneath each other");
		}
	}
	await close();
});

// --- as the clerk makes it -----------------------------------------------------------------------

test("an empty site: the clerk's page, through nginx and its password", async () => {
	const [username, password] = (await readFile(join(s.dir, "secrets/ops.password"), "utf8")).trim().split(":");

	await until("the clerk has made it", async () => /<\/html>\s*$/.test(await readFile(join(s.dir, "ops/index.html"), "utf8").catch(() => "")), 60);
	const { page, noise, asked, close } = await shown({ url: `${s.url}/ops/`, width: 390, httpCredentials: { username, password } });

	assert.equal(await page.title(), "Reports");
	assert.deepEqual(await misplaced(page), []);
	assert.deepEqual(await axe(page), []);
	await page.screenshot({ path: join(PICTURES, "report-empty.png"), fullPage: true });
	await page.goto(`${s.url}/preview/`);
	assert.equal(await page.title(), "Preview of campaigns");
	assert.ok(await page.locator("figure").count() > 0);
	assert.equal(await page.locator("figure").first().evaluate((e) => getComputedStyle(e).marginLeft), "0px", "its styles are let in");
	assert.deepEqual(noise, []);
	assert.deepEqual([...new Set(asked.map((url) => new URL(url).pathname))].filter((p) => p !== "/favicon.ico"), ["/ops/", "/preview/"]);
	await close();
	await s.invariants();
});
