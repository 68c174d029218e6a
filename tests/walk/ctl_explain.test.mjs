// The goal: what pledgectl says of a decision is what the service does: explain before and after publishing,
// the trace of a debug pass, previews that leave no trace at all, and replays of what really happened.

import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { test } from "node:test";

import { FORMS, NO_PAUSE, appeal, ask, control, decide_stack, folder, jwt, loaded, on, policy, publish, text, variant, wall } from "./lib/decide.mjs";
import { campaign_ids, entry, known, mark, put, today } from "./lib/reader.mjs";
import { until } from "./lib/until.mjs";
import { keys_of, metric, seal } from "./lib/view.mjs";

// One worker: its counters are all of them. Every decision is kept, so that it can be asked again.
const s = await decide_stack({ name: "ctl-explain", views: 1, moneys: 1, set: { "view.deadline_ms": 3000, "view.sample_every": 1 } });
const MADE_UP = "01000000-0000-0000-0000-000000000000";
const TOPICS = [{ topic: "sport", section: ["sport"] }, { topic: "politics", tag: ["election"] }];
const SETS = [{ when: { country: ["US"] }, currency: "USD", once: ["7.00"], preselect: { interval: "once", amount: "7.00" } },
	{ when: { gift: ["once"], gift_min: "20.00" }, currency: "EUR", once: ["30.00"], preselect: { interval: "once", amount: "30.00" } }];
const DOCS = [
	policy({ topics: TOPICS, sensitive: { tag: ["obituary"] }, free: { referrer: ["search"] }, cap: { views: 6, days: 30 }, holdout: { share: 20 },
		countries: { US: { en: "the United States" } } }),
	appeal("first", { priority: 500, target: { country: { in: ["EE", "LV"] }, words: { min: 300 } }, cap: { views: 2, days: 30, gap_hours: 5 } }),
	appeal("second", { priority: 400, target: on("news", { tag: { not_in: ["local"] }, read: [{ topic: "politics", days: 30, articles: { min: 1 } }] }),
		cap: { id: "shared", views: 3, days: 10 }, variants: [variant("a", 40), variant("b", 40), control("none", 20)] }),
	appeal("third", { priority: 300, target: on("news", { visitor: ["returning"], device: { in: ["mobile"] } }), min_views: 4,
		cap: { id: "shared", daily: 1 } }),
	wall("sport", 3, { priority: 600, target: on("sport"), meter: { topic: "sport", registered: 5 } }),
	appeal("round", { priority: 200, target: on("culture"), cap: { cycle: { views: 2, skip: 1, restart_days: 20 } }, holdout: false }),
	appeal("thanks", { priority: 250, target: on("culture", { gave: ["former", "supporter"] }), amount_sets: SETS }),
	appeal("over", { priority: 900, target: on("news"), end: "2026-02-01T00:00:00Z" }),
	appeal("members", { priority: 150, target: on("club", { account: ["signed_in"], age_hours: { max: 48 } }) }),
];

let number = 0, pass;

async function ctl(...words) {
	const answer = await s.ctl(...words);

	assert.equal(answer.code, 0, `${words.join(" ")}: ${answer.stderr}`);
	return answer.stdout;
}

// --- the same reader, made up for pledgectl and put into the database -----------------------------

const HOUR_AGO = String(Math.floor(Date.now() / 1000) - 3600);

// A case: facts of the page as lib/decide.mjs has them, n articles read, marks as [kind, campaign, days ago], a gift.
const CASES = [
	{ section: "news" }, { section: "nowhere", n: 9 }, { section: "sport" }, { section: "sport", n: 2 }, { section: "sport", n: 3 },
	{ section: "sport", n: 4, account: true }, { section: "sport", n: 7, account: true }, { section: "sport", n: 9, referrer: "https://www.google.lv/" },
	{ section: "news", n: 1, country: "EE", words: "300" }, { section: "news", n: 1, country: "LT", words: "300" },
	{ section: "news", n: 1, country: "EE", words: "299" },
	{ section: "news", n: 3, country: "LV", words: "900", marks: [["shown", "first", 0.1]] },
	{ section: "news", n: 3, country: "LV", words: "900", marks: [["shown", "first", 1], ["shown", "first", 2]] },
	{ section: "news", n: 3, country: "LV", words: "900", marks: [["shown", "first", 1], ["closed", "first", 1]] },
	{ section: "news", n: 3, country: "LV", words: "900", marks: [["never", "second", 100]] },
	{ section: "news", n: 3, country: "LV", words: "900", tags: "obituary" },
	{ section: "news", n: 3, tags: "election" }, { section: "news", n: 3, tags: "election,local" },
	{ section: "news", n: 3, tags: "election", marks: [["shown", "third", 1], ["held", "second", 2], ["shown", "second", 3]] },
	{ section: "news", n: 5, device: "mobile", locale: "ru" }, { section: "news", n: 2, device: "mobile" },
	{ section: "news", n: 5, device: "mobile", marks: [["shown", "second", 0]] },
	{ section: "culture", n: 5 }, { section: "culture", n: 5, marks: [["skipped", "round", 1]] },
	{ section: "culture", n: 5, marks: [["skipped", "round", 3], ["shown", "round", 2], ["shown", "round", 1]] },
	{ section: "culture", n: 5, marks: [["skipped", "round", 30], ["shown", "round", 25], ["shown", "round", 21]] },
	{ section: "culture", n: 5, gift: { kind: "once", ago: 40, amount: 2500, currency: "EUR" } },
	{ section: "culture", n: 5, country: "US", gift: { kind: "once", ago: 400, amount: 2500, currency: "EUR" } },
	{ section: "culture", n: 5, gift: { kind: "month", ago: 10, amount: 300, currency: "EUR" } },
	{ section: "culture", n: 5, marks: Array.from({ length: 6 }, (_, i) => ["shown", "second", i + 1]) },
	{ section: "club", n: 5, account: true, published: "2026-01-31T08:00:00Z" }, { section: "club", n: 5, account: true, published: HOUR_AGO },
	{ section: "club", n: 5, source: "newsletter", flags: "a, b" }, { section: "culture" },
	{ section: "club", n: 5, account: true, published: HOUR_AGO, gift: { kind: "once", ago: 89, amount: 500, currency: "EUR" } },
];

const page_words = ({ section, name, device = "desktop", locale = "en", account, ...facts }) => ["--article", `/decide/${section}/${name}`,
	"--section", section, "--device", device, "--locale", locale, ...(account ? ["--signed-in"] : []),
	...["country", "words", "tags", "flags", "published", "source", "referrer"].flatMap((fact) => (facts[fact] ? [`--${fact}`, facts[fact]] : []))];
const reader_words = ({ n, marks = [], gift }) => [...(n ? ["--articles", String(n)] : ["--new"]),
	...marks.flatMap(([kind, campaign, ago]) => ["--mark", `${kind}:${campaign}@${Math.round(ago * 24)}h`]),
	...(gift ? ["--gift", `${gift.kind}@${gift.ago}d`, "--amount", (gift.amount / 100).toFixed(2), "--currency", gift.currency] : [])];

// row: the reader of a case in the database, as a made-up one is made.
async function row(id, { section, tags = "", referrer, n = 0, marks = [], gift }) {
	const ids = await campaign_ids(s), day = await today(s);
	const topics = (section === "sport" ? 1 : 0) + (tags.includes("election") ? 2 : 0) + (referrer ? 1024 : 0);
	const cap = { second: "shared", third: "shared" };

	await put(s, { id, gift, seen: Array.from({ length: n }, (_, i) => entry(day, (i + 2).toString(16).padStart(9, "0"), topics)),
		marks: marks.map(([kind, campaign, ago]) => mark({ kind, campaign: ids[campaign], cap: cap[campaign] ?? campaign, ago })) });
	if (n === 0)
		await s.sql(`DELETE FROM pledged.reader WHERE reader_id = '${id}'`);
	return id;
}

// served: what /decide answers to an operator's eyes.
async function served(id, { section, name, n, marks, gift, device, account, ...facts }, form = "decide") {
	const { who } = await known(s, id);

	if (account)
		who.jar.set("pledged_account", jwt(s.account));
	const { answer, ...d } = await ask(who, form, section, name, { locale: "en", ...facts, ...(form === "decide" ? { pass } : {}),
		headers: { "user-agent": device === "mobile" ? "iPhone Mobile" : "Mozilla/5.0 (X11)" } });

	assert.equal(answer.status === 403, form !== "decide" && d.act === "wall");
	return d;
}

// told: what must be the same. The two are asked a moment apart.
const told = ({ act, reason, articles, left, campaign, variant: name, trace }) => ({ act, reason, articles, left,
	...(act === "open" ? {} : { campaign, variant: name }), trace: trace.map(({ now, seconds, ...step }) => step) });

test("before anything is published, explain takes the files", async () => {
	const dir = await folder(s, DOCS);
	const words = ["explain", "--json", ...page_words({ section: "sport", name: "x" }), "--articles", "7"];
	const none = JSON.parse(await ctl(...words)), draft = JSON.parse(await ctl(...words, "--campaigns", dir));

	assert.deepEqual([none.act, none.reason, none.trace.map((step) => step.rule)], ["open", "no_campaign", ["bot", "consent_none"]]);
	assert.deepEqual([draft.act, draft.reason, draft.campaign, draft.variant], ["wall", "meter_wall", "sport", "a"]);
	assert.equal(await s.count("SELECT count(*) FROM pledged.campaign"), 0, "nothing was published by that");
	await publish(s, ...DOCS);
	assert.deepEqual(told(JSON.parse(await ctl(...words))), told(draft), "and so it is when they are published");
	const lower = await folder(s, [wall("sport", 2, { priority: 0, target: on("sport") })]);

	assert.equal(JSON.parse(await ctl(...words, "--campaigns", lower)).trace.at(-1).free, 2, "a file stands for the one that is published");
	pass = (await ctl("debug", "--hours", "2")).trim();
});

test(`what is explained is what is served: ${CASES.length} made-up readers, and as many stored ones`, async () => {
	const met = new Set();

	for (const [i, made] of CASES.entries()) {
		const one = { name: `c${i}`, ...made };
		const words = ["explain", "--json", ...page_words(one)];

		await row(MADE_UP, one);
		const explained = JSON.parse(await ctl(...words, ...reader_words(one)));

		assert.deepEqual(told(await served(MADE_UP, one)), told(explained), JSON.stringify(one));
		met.add(explained.reason);
		if (!one.n)
			continue;
		const id = await row(randomUUID(), one);
		const looked_up = JSON.parse(await ctl(...words, "--reader", id));

		assert.deepEqual(told(await served(id, one)), told(looked_up), `${id} ${JSON.stringify(one)}`);
		// The next page is another one, through a gate; what was shown meanwhile is there to explain it.
		const next = { ...one, name: `d${i}` };
		const then = JSON.parse(await ctl("explain", "--json", ...page_words(next).map((word) => word.replace("/decide/", "/page/")), "--reader", id));
		const gate = await served(id, next, "page");

		const four = (d) => [d.act, d.reason, d.articles, d.left];

		assert.deepEqual(four(gate), four(then), `${id} ${JSON.stringify(next)}`);
	}
	const wanted = ["no_campaign", "meter_left", "meter_wall", "free_view", "first_view", "campaign", "gap", "capped", "closed", "never", "sensitive",
		"daily", "cycle_skip", "cycle_full", "supporter", "site_cap"];

	assert.deepEqual(wanted.filter((reason) => !met.has(reason)), [], `these were met: ${[...met]}`);
});

test("explain says it in words too", async () => {
	const said = await ctl("explain", ...page_words({ section: "sport", name: "x" }), "--articles", "7");

	assert.match(said, /^ +\* meter_wall +article 8 of its window; free: 3$/m);
	assert.match(said, /^wall: meter_wall\. The free articles are used up\.\ncampaign sport, variant a, amounts in EUR$/m);
	assert.match(said, /^articles this month 8, free ones left 0, kept for the caps as walled$/m);
});

test("a word that makes no sense gets a clear answer", async () => {
	const page = ["--article", "/x"];
	const rows = [
		[[], 2, /usage: .*explain --article PATH/], [[...page, "more"], 2, /usage/], [[...page, "--colour", "red"], 2, /unrecognized option|usage/],
		[[...page, "--articles", "many"], 2, /--articles many: is not a number that fits/], [[...page, "--articles", "251"], 2, /--articles 251/],
		[[...page, "--words", "-1"], 2, /--words -1/], [[...page, "--at", "noon"], 2, /--at noon: is not a time such as/],
		[[...page, "--published", "yesterday"], 2, /--published yesterday: is not a time such as .*, a day, or seconds/],
		[[...page, "--country", "ee"], 2, /--country ee: is not two capitals/],
		[[...page, "--referrer", "ftp://x/y"], 2, /--referrer .*neither a host nor an address/],
		[["--article", `/${"x".repeat(200)}`], 2, /longer than 200 bytes/],
		[[...page, "--gift", "twice"], 2, /--gift twice: must be KIND or KIND@AGE/], [[...page, "--gift", "once@5y"], 2, /--gift once@5y/],
		[[...page, "--amount", "5.00"], 2, /--amount 5.00: needs a gift and a currency/],
		[[...page, "--gift", "once", "--amount", "5.001", "--currency", "EUR"], 2, /--amount 5.001: is not an amount of that currency/],
		[[...page, "--mark", "shown"], 2, /--mark shown: the site has no such campaign/],
		[[...page, "--mark", "seen:first@1d"], 2, /--mark seen:first@1d: must be KIND:CAMPAIGN@AGE/],
		[[...page, "--mark", "shown:nobody@1d"], 2, /--mark shown:nobody@1d: the site has no such campaign/], [[...page, "--section", "a\nb"], 2, /--section .*cannot be shown/],
		[[...page, "--new", "--articles", "3"], 2, /--new a new reader has opened no articles/],
		[[...page, "--reader", MADE_UP, "--gift", "once"], 2, /is looked up: no --articles/],
		[[...page, "--consent", "maybe"], 2, /--consent maybe: is not none, counting or full/],
		[[...page, "--reader", "me"], 1, /me is not a reader's id/], [[...page, "--reader", randomUUID()], 1, /there is no such reader/],
		[[...page, "--site", "other"], 1, /there is no site other/], [[...page, "--campaigns", "/nowhere"], 1, /\/nowhere: No such file/],
		[[...page, "--campaigns", await folder(s, [appeal("bad", { priority: -1 })])], 1, /priority/],
	];

	for (const [words, code, complaint] of rows) {
		const answer = await s.ctl("explain", ...words);

		assert.equal(answer.code, code, `${words}: ${answer.stderr}`);
		assert.match(answer.stderr, complaint, `${words}`);
		assert.equal(answer.stdout, "", `${words}`);
	}
});

// --- passes --------------------------------------------------------------------------------------

const BAD = "pledged_pass_rejected_total";

// sealed: a pass as pledgectl signs it (src/core/ticket.c), but as one likes.
async function sealed({ kind = 1, until: at = Date.now() / 1000 + 60, site = 1, campaign = 0, key, purpose = "pass",
	version = 2 } = {}) {
	const b = Buffer.alloc(22);

	b.writeUInt8(version, 0);
	b.writeUInt8(kind, 1);
	b.writeBigUInt64BE(BigInt(Math.floor(at)), 2);
	b.writeInt16BE(site, 10);
	b.writeInt32BE(campaign, 12);
	return seal(key ?? (await keys_of(s))[0], b, purpose);
}

test("passes that are forged, too old or another site's change nothing and are counted", async () => {
	const { id } = await known(s, await row(randomUUID(), { section: "sport", n: 7 }));
	const page = { section: "sport", name: "pass" };
	const asked = async (word) => {
		const { who } = await known(s, id);

		return [(await ask(who, "decide", page.section, page.name, { pass: word })), (await ask(who, "page", page.section, page.name, { pass: word })),
			(await ask(who, "story", page.section, page.name, { pass: word }))];
	};
	const { sport } = await campaign_ids(s);
	const { token } = (await asked())[0];
	const flip = (word, at) => word.slice(0, at) + (word[at] === "A" ? "B" : "A") + word.slice(at + 1);
	const forged = { "forged": flip(pass, pass.length - 9), "another payload": flip(pass, 12), "too old": await sealed({ until: Date.now() / 1000 - 1 }),
		"another site's": await sealed({ site: 2 }), "of no kind": await sealed({ kind: 3 }), "a version of before": await sealed({ version: 1 }),
		"signed by somebody else": await sealed({ key: { id: "k1", key: Buffer.alloc(32, 7) } }), "signed as a cookie": await sealed({ purpose: "cookie" }),
		"a prompt's token": token, "a preview, too old": await sealed({ kind: 2, campaign: sport, until: 1 }),
		"a preview of another site": await sealed({ kind: 2, campaign: sport, site: 2 }),
		"nonsense": "hello" };
	let rejected = await metric(s, BAD);

	assert.ok((await asked(await sealed()))[0].trace.length > 5, "this one holds");
	assert.ok((await asked(pass))[0].trace.length > 5, "and pledgectl's own");
	assert.equal(await metric(s, BAD), rejected);
	for (const [what, word] of Object.entries(forged)) {
		for (const d of await asked(word))
			assert.deepEqual([d.act, d.reason, d.trace], ["wall", "meter_wall", undefined], what);
		assert.equal(await metric(s, BAD), rejected += 3, what);
	}
});

// counted: everything that a view could leave.
const counted = async () => (await s.sql(`SELECT (SELECT count(*) FROM pledged.reader),
	(SELECT coalesce(sum(views + version), 0) FROM pledged.reader), (SELECT count(*) FROM pledged.prompt_event),
	(SELECT coalesce(sum(n), 0) FROM pledged.rollup), (SELECT count(*) FROM pledged.tally),
	(SELECT count(*) FROM pledged.decision_sample)`))[0];

async function settled() {
	let last;

	return until("nothing is under way", async () => {
		const before = last;

		last = (await counted()).join();
		return before === last && last.split(",")[4] === "0" && last;
	});
}

test("a preview shows any variant in all three forms, also of a paused campaign, and leaves no trace", async () => {
	const shows = (name) => text(`Title ${name}`, { body: "{articles|article|articles} in {country}" });

	await publish(s, appeal("looked-at", { target: on("elsewhere"), start: "2030-01-01T00:00:00Z", amount_sets: SETS,
		variants: [{ variant: "x", share: 100, text: shows("x") }, { variant: "y", share: 0, text: shows("y") }] }),
	wall("looked-at-wall", 50, { target: on("elsewhere"), variants: [{ variant: "x", share: 100, text: shows("wall") }] }),
	appeal("hidden", { target: on("elsewhere"), variants: [control("nothing", 50), variant("seen", 50)] }));
	await ctl("campaign", "pause", "looked-at-wall");
	await loaded(s);
	const { who: old } = await known(s, await row(randomUUID(), { section: "sport", n: 7 }));
	const before = await settled();
	const rows = [
		[["looked-at", "--variant", "y", "--country", "US", "--articles", "7"], "prompt", "Title y", "7\u00a0articles in the United States", "7.00"],
		[["looked-at", "--gift", "once@40d", "--amount", "25.00", "--currency", "EUR"], "prompt", "Title x", "1\u00a0article in ", "30.00"],
		[["demo/looked-at-wall", "--articles", "51"], "wall", "Title wall", "51\u00a0articles in ", "5.00"],
		[["hidden", "--hours", "1"], "prompt", "seen", "Please give.", "5.00"]];

	for (const [words, act, title, body, amount] of rows) {
		const link = (await ctl("preview", ...words, "--page", "/page/sport/any")).trim();
		const { pathname, searchParams } = new URL(link, s.url);
		const word = searchParams.get("pledged_pass");

		assert.equal(pathname, "/page/sport/any");
		for (const who of [s.client(), old]) {
			const jar = [...who.jar].join();

			for (const form of Object.keys(FORMS)) {
				const d = await ask(who, form, "sport", "any", { pass: word });
				const html = (await who.get(`/prompt?l=en&d=${d.token}`)).text;

				assert.deepEqual([d.act, d.reason], [act, "preview"], form);
				assert.equal(d.answer.status, act === "wall" && form !== "decide" ? 403 : 200);
				assert.equal(d.answer.headers["set-cookie"], undefined);
				assert.ok(html.includes(`tabindex="-1">${title}</h2>`) && html.includes(body) && html.includes(`value="${amount}"`), `${words} ${html}`);
				assert.equal((await who.event(d.token, "closed")).status, 400, "and nothing can be said to it");
			}
			assert.equal([...who.jar].join(), jar);
		}
		const demo = await s.request(`/en/news/night-ferry?pledged_pass=${word}`);
		const read = await s.request(`/en/culture/ropewalk-choir?pledged_pass=${word}`);

		assert.deepEqual([demo.status, read.status], act === "wall" ? [403, 403] : [200, 200]);
		assert.ok(demo.text.includes(title) && read.text.includes(title), "in the demo's own pages as well");
		assert.equal(/story-text/.test(demo.text), act !== "wall");
	}
	const gone = await ask(s.client(), "page", "sport", "any", { pass: await sealed({ kind: 2, campaign: 9999 }) });

	assert.deepEqual([gone.act, gone.reason], ["open", "preview"], "what is gone shows nothing");
	assert.equal(await settled(), before, "nothing is left of all that");
	for (const [words, complaint] of [[["hidden", "--variant", "nothing"], /no variant nothing that shows/],
		[["looked-at", "--variant", "z"], /no variant z/],
		[["nobody"], /there is no campaign nobody/], [["policy"], /there is no campaign policy/]])
		assert.match((await s.ctl("preview", ...words)).stderr, complaint);
	assert.equal((await s.ctl("preview", "hidden", "--hours", "169")).code, 2);
});

// --- replays -------------------------------------------------------------------------------------

const READERS = 6, ARTICLES = 8;
const samples = (section) => s.count(`SELECT count(*) FROM pledged.decision_sample WHERE facts #>> '{page,section}' = '${section}'`);

// read: everybody opens all articles of a section; gives the readers' ids.
async function read(section, n, facts = {}) {
	const ids = [];

	for (let i = 0; i < n; i++) {
		const { who, id } = await known(s);

		ids.push(id);
		for (let k = 0; k < ARTICLES; k++)
			await ask(who, Object.keys(FORMS)[k % 3], section, `r${k}`, facts);
	}
	return ids;
}

async function replay(docs, ...words) {
	return JSON.parse(await ctl("replay", await folder(s, docs), "--json", ...words));
}

let sampled;
const metered = (allowance, more) => wall("replay", allowance, { priority: 200, ...more });

test("every decision is kept as it was made, without the reader; who lets us only count is not kept", async () => {
	await publish(s, policy({ topics: TOPICS }), metered(5), appeal("appealed", { target: on("replay"), cap: { views: 2, days: 30 }, pause: NO_PAUSE }));
	await s.sql("DELETE FROM pledged.decision_sample");
	const before = await settled();
	const ids = await read("replay", READERS), counting = await read("counted", 2, { headers: { "sec-gpc": "1" } });

	await settled();
	sampled = READERS * ARTICLES;
	assert.notEqual(before, await settled());
	assert.equal(await samples("replay"), sampled);
	assert.equal(await s.count("SELECT count(*) FROM pledged.decision_sample"), sampled, "the others are not there");
	assert.equal(await s.count("SELECT count(*) FROM pledged.reader WHERE reader_id = ANY ('{" + counting + "}')"), 2, "though they were counted");
	const rows = (await s.sql("SELECT row_to_json(d) FROM pledged.decision_sample d")).flat().join("\n");

	for (const id of [...ids, ...counting])
		for (const spelled of [id, id.replaceAll("-", ""), Buffer.from(id.replaceAll("-", ""), "hex").toString("base64url")])
			assert.ok(!rows.includes(spelled), "a reader's id is in a sample");
	assert.deepEqual(await s.sql("SELECT act, reason, campaign, variant, count(*) FROM pledged.decision_sample GROUP BY 1, 2, 3, 4 ORDER BY 1, 2"), [
		["open", "meter_left", "", "", String(READERS * 3)],
		["prompt", "campaign", "appealed", "a", String(READERS * 2)], ["wall", "meter_wall", "replay", "a", String(READERS * 3)]]);
});

test("replayed with the campaigns as they are nothing changes", async () => {
	const same = await replay([metered(5)]);

	assert.deepEqual(same, { samples: sampled, unreadable: 0, same: sampled, acts: { open: [18, 18], prompt: [12, 12], wall: [18, 18] }, changes: [] });
	assert.ok((await ctl("replay", await folder(s, [metered(5)]))).startsWith(
		`${sampled} samples of demo from 14 days; ${sampled} would be decided as now (100.0 %)\n`));
});

test("with a smaller allowance exactly the articles between become walls", async () => {
	const smaller = await replay([metered(2)]);

	assert.deepEqual(smaller.acts, { open: [18, 6], prompt: [12, 6], wall: [18, 36] });
	assert.deepEqual(smaller.changes, [{ before: "open meter_left", after: "wall meter_wall replay/a", n: READERS * 2 },
		{ before: "prompt campaign appealed/a", after: "wall meter_wall replay/a", n: READERS }]);
	assert.deepEqual([smaller.samples, smaller.same], [sampled, sampled - READERS * 3]);
	assert.deepEqual((await replay([metered(0)])).acts.wall, [18, sampled]);
	assert.deepEqual((await replay([metered(8)])).acts.wall, [18, 0]);
	const draft = metered(2, { start: "2030-01-01T00:00:00Z" });

	assert.deepEqual((await replay([draft])).acts.wall, [18, 36], "a draft that begins later is asked as if it ran");
	assert.deepEqual((await replay([draft], "--dates")).acts.wall, [18, 0]);
	const silence = policy({ topics: TOPICS, blackouts: [{ start: "2026-01-01T00:00:00Z", end: "2030-01-01T00:00:00Z" }] });

	assert.equal((await replay([silence])).acts.open[1], sampled);
	assert.equal(await s.count("SELECT version FROM pledged.campaign WHERE slug = 'replay'"), 1, "and nothing was published by that");
});

test("replay says what it cannot do", async () => {
	const good = await folder(s, [metered(2)]);

	for (const [words, code, complaint] of [[[], 2, /usage/], [[good, "--days", "15"], 2, /usage/], [[good, "--days", "0"], 2, /usage/],
		[[good, "--site", "other"], 1, /there is no site other/],
		[["/nowhere"], 1, /No such file/], [[await folder(s, [metered(2, { site: "other" })])], 1, /there is no site other/]]) {
		const answer = await s.ctl("replay", ...words);

		assert.equal(answer.code, code, answer.stderr);
		assert.match(answer.stderr, complaint);
	}
	await s.sql("UPDATE pledged.decision_sample SET facts = '{}' WHERE sample_id = (SELECT min(sample_id) FROM pledged.decision_sample)");
	const one = await replay([metered(5)]);

	assert.deepEqual([one.samples, one.unreadable], [sampled - 1, 1], "a sample that cannot be read is told");
});

test("samples go after two weeks, and no day earlier", async () => {
	await s.sql(`WITH n AS (SELECT sample_id, row_number() OVER (ORDER BY sample_id) AS i FROM pledged.decision_sample)
		UPDATE pledged.decision_sample d SET at = now() - CASE WHEN i <= 20 THEN interval '14 days 1 minute' ELSE interval '13 days 23 hours' END
		FROM n WHERE n.sample_id = d.sample_id AND i <= 30`);
	await s.sql(`INSERT INTO pledged.decision_sample (at, site_id, act, reason, campaign, variant, facts)
		SELECT now() - interval '20 days', 1, 'open', 'first_view', '', '', '{}' FROM generate_series(1, 12000)`);
	await s.role("clerk", "restart");
	await until("the old ones are gone", async () => await s.count("SELECT count(*) FROM pledged.decision_sample") === sampled - 20, 20);
	assert.equal((await replay([metered(5)], "--days", "1")).samples, sampled - 30);
});

test("steps that do not fit are no shorter answer, but a failure", async () => {
	const target = { section: { in: ["crowd"] }, url: { in: ["/crowd/"] }, tag: { in: ["ice"] }, flag: { in: ["live"] }, country: { in: ["EE"] },
		language: { in: ["en"] }, device: { in: ["desktop"] }, referrer: { in: ["direct"] }, source: { in: ["nobody"] } };
	const body = JSON.stringify(appeal("crowd", { target })).replaceAll("'", "''");
	const words = ["explain", "--article", `/crowd/${"x".repeat(180)}`, "--section", "crowd", "--tags", "ice", "--flags", "live", "--country", "EE",
		"--locale", "en", "--device", "desktop", "--articles", "3", "--json"];

	assert.ok(JSON.parse(await ctl(...words)).trace.length > 0);
	await s.sql(`WITH c AS (INSERT INTO pledged.campaign (site_id, slug, version)
			SELECT 1, 'a-campaign-with-quite-a-long-name-of-a-crowd-' || i, 1 FROM generate_series(1, 2000) i RETURNING campaign_id, slug)
		INSERT INTO pledged.campaign_version (campaign_id, version, body, published_at, author)
		SELECT campaign_id, 1, '${body}'::jsonb || jsonb_build_object('campaign', slug), now(), 'nobody' FROM c`);
	const { code, stdout, stderr } = await s.ctl(...words);

	assert.deepEqual([code, stdout], [1, ""]);
	assert.match(stderr, /[0-9]+ steps do not fit into one answer/);
	await s.sql(`DELETE FROM pledged.campaign_version WHERE author = 'nobody'; DELETE FROM pledged.campaign WHERE slug LIKE 'a-campaign-with-%'`);
});

test("the invariants hold", () => s.invariants());
