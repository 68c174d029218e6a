// The goal: campaigns and the site's policy do what they say, in all three forms of the gate, from the facts
// that nginx or the page tells; and what an operator publishes holds at once, whole or not at all.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { FORMS, NO_PAUSE, appeal, ask, control, decide_stack, folder, jwt, on, policy as bare_policy, publish, text, variant, wall }
	from "./lib/decide.mjs";
import { agent, client } from "./lib/http.mjs";
import { campaign_ids, drawer, entry, known, mark, put, today } from "./lib/reader.mjs";
import { sleep, until } from "./lib/until.mjs";
import { metric } from "./lib/view.mjs";

// One worker at first: its counters are all of them.
const s = await decide_stack({ name: "decide-campaigns", views: 1, moneys: 1, set: { "view.deadline_ms": 3000 } });
const forms = Object.keys(FORMS);
// A topic that a campaign names may not be missing in a later policy.
const TOPICS = [{ topic: "unused", section: ["none"] }, { topic: "sport", section: ["football", "hockey"], tag: ["olympics"] }];
const policy = (words) => bare_policy({ topics: TOPICS, ...words });
let number = 0;

// more: the next article of a section; act and reason, and the whole answer.
async function more(who, section, { form = "decide", name = `n${number++}`, ...facts } = {}) {
	const d = await ask(who, form, section, name, facts);

	return { ...d, both: [d.act, d.reason] };
}

// warm: a reader whom any campaign may ask.
async function warm(options) {
	const { who, id } = await known(s, undefined, options);

	await more(who, "nowhere");
	return { who, id };
}

async function reasons(who, section, n, facts) {
	const list = [];

	for (let i = 0; i < n; i++)
		list.push((await more(who, section, facts)).reason);
	return list;
}

// rolled: decisions of a section as the clerk has folded them: {"reason campaign variant": n}.
async function rolled(section) {
	return Object.fromEntries((await s.sql(`SELECT trim(concat_ws(' ', reason, campaign, variant)), sum(n) FROM pledged.rollup
		WHERE section = '${section}' GROUP BY 1 ORDER BY 1`)).map(([key, n]) => [key, Number(n)]));
}

// --- whom a campaign speaks to -------------------------------------------------------------------

const TAGS = { tags: "harbour, ice,night ferry" };
const agents = { mobile: { "user-agent": "Mozilla/5.0 (iPhone) Mobile" }, desktop: { "user-agent": "Mozilla/5.0 (X11)" } };
const hours_ago = (h) => new Date(Date.now() - h * 3600e3).toISOString().replace(/\.\d+Z/, "Z");

// name, target, facts that fit (several), facts that do not.
const TARGETS = [
	["tag-in", { tag: { in: ["ice", "night ferry"] } }, [TAGS, { tags: "night ferry" }], [{ tags: "icebreaker" }, { tags: "Ice" }, {}]],
	["tag-out", { tag: { not_in: ["ice"] } }, [{ tags: "harbour" }, {}], [TAGS]],
	["flag", { flag: { in: ["long-read"] } }, [{ flags: "long-read" }], [{ flags: "longread" }, {}]],
	["url", { url: { in: forms.map((form) => `/${form}/url/in-`) } }, [{ name: "in-1" }, { name: "in-2" }], [{ name: "out-1" }, { name: "i" }]],
	["class", { referrer: { in: ["search"] } }, [{ referrer: "https://www.google.co.uk/search?q=x" }, { referrer: "https://duckduckgo.com/" }],
		[{ referrer: "https://www.facebook.com/" }, { referrer: "https://google.evil.example.org/" }, {}, { referrer: "nonsense" }]],
	["host", { referrer: { in: ["paper.example"] } }, [{ referrer: "https://www.paper.example:8443/a" }, { referrer: "http://PAPER.example" }],
		[{ referrer: "https://newspaper.example/" }, { referrer: "https://paper.example@evil.example/" }]],
	["own", { referrer: { in: ["internal"] } }, [{ referrer: `${s.url}/en/` }, { referrer: "http://mirror.localhost/" }],
		[{ referrer: "https://x.com/" }, {}]],
	["direct", { referrer: { in: ["direct"] } }, [{}], [{ referrer: "https://x.com/" }]],
	["source", { source: { in: ["newsletter"] } }, [{ source: "newsletter" }], [{ source: "news" }, {}]],
	["words", { words: { min: 500, max: 2000 } }, [{ words: "500" }, { words: "2000" }], [{ words: "499" }, { words: "2001" }, {}]],
	["young", { age_hours: { max: 47 } }, [{ published: hours_ago(1) }, { published: String(Math.floor(Date.now() / 1000) - 47 * 3600) },
		{ published: hours_ago(-5) }], [{ published: hours_ago(49) }, {}]],
	["old", { age_hours: { min: 48 } }, [{ published: hours_ago(49) }], [{ published: hours_ago(2) }, {}]],
	["country", { country: { in: ["EE", "LV"] } }, [{ country: "EE" }, { country: "LV" }], [{ country: "LT" }, {}]],
	["device", { device: { in: ["mobile"] } }, [{ headers: agents.mobile }], [{ headers: agents.desktop }]],
	["language", { language: { in: ["ru"] } }, [{ locale: "ru" }, { locale: "ru-RU" }], [{ locale: "en" }]],
];

await publish(s, policy(),
	...TARGETS.map(([name, target]) => appeal(name, { target: on(name, target) })),
	appeal("ranked-low", { priority: 10, target: on("ranked") }),
	appeal("ranked-high", { priority: 900, target: on("ranked", { tag: { in: ["ice"] } }) }));

for (const form of forms) {
	test(`${form}: each campaign speaks where it should, and there alone`, async () => {
		const { who } = await warm();

		for (const [name, , fits, others] of TARGETS) {
			for (const facts of fits)
				assert.deepEqual((await more(who, name, { form, ...facts })).both, ["prompt", "campaign"], `${name} ${JSON.stringify(facts)}`);
			for (const facts of others)
				assert.deepEqual((await more(who, name, { form, ...facts })).both, ["open", "no_campaign"], `${name} ${JSON.stringify(facts)}`);
		}
		const named = async (facts) => {
			const { token } = await more(who, "ranked", { form, ...facts });

			return /data-campaign="([^"]*)"/.exec((await who.get(`/prompt?l=en&d=${token}`)).text)?.[1];
		};

		assert.equal(await named(TAGS), "ranked-high");
		assert.equal(await named({}), "ranked-low", "the next one is asked");
	});
}

test("what the browser says of itself is not what the page says", async () => {
	const { who } = await warm();
	const search = { referer: "https://www.google.de/" };

	// /decide is asked by the page: its Referer is the page, its query may not claim what nginx knows.
	assert.equal((await more(who, "class", { headers: search })).reason, "no_campaign");
	assert.equal((await who.get("/decide?a=/x&s=country&country=EE")).status, 422);
	const forged = { "pledged-country": "EE", pledged_country: "EE" };

	assert.equal((await who.get("/decide?a=/x&s=country", { headers: forged })).json().reason, "no_campaign");
	// At the gates the query is the reader's: facts do not come from there.
	for (const form of ["page", "story"])
		assert.equal((await who.get(`/${form}/tag-in/x${number++}?t=ice&tags=ice&pledged_tags=ice`)).headers["told-reason"], "no_campaign");
	for (const [query, field] of [["p=soon", "p"], ["p=0", "p"], ["w=many", "w"], ["w=-1", "w"], ["t=a%0ab", "t"], ["u=%e2%80%ae", "u"]]) {
		const answer = await who.get(`/decide?a=/x&s=young&${query}`);

		assert.deepEqual([answer.status, answer.json().field], [422, field], `${query} ${answer.text}`);
	}
});

// --- the policy ----------------------------------------------------------------------------------

test("sensitive pages are silent, but for a campaign that may speak there", async () => {
	await publish(s, policy({ sensitive: { tag: ["obituary"], section: ["grief"], flag: ["minors"] } }),
		appeal("talks", { target: {}, priority: 0 }), appeal("careful", { target: { source: { in: ["careful"] } }, sensitive: true, priority: 1 }));
	const { who } = await warm();

	for (const form of forms) {
		assert.deepEqual((await more(who, "grief", { form })).both, ["open", "sensitive"]);
		assert.deepEqual((await more(who, "any", { form, tags: "x,obituary" })).both, ["open", "sensitive"]);
		assert.deepEqual((await more(who, "any", { form, flags: "minors" })).both, ["open", "sensitive"]);
		assert.deepEqual((await more(who, "any", { form })).both, ["prompt", "campaign"]);
		assert.deepEqual((await more(who, "grief", { form, source: "careful" })).both, ["prompt", "campaign"]);
	}
	await s.ctl("campaign", "pause", "talks");
	await s.ctl("campaign", "pause", "careful");
});

test("a meter counts its topic alone, and no view that is free", async () => {
	await publish(s, policy({ free: { referrer: ["search", "paper.example"], flag: ["free"], source: ["gift"] } }),
		wall("sport-wall", 2, { target: {}, meter: { topic: "sport" } }));
	for (const form of forms) {
		const { who, id } = await warm();

		assert.deepEqual(await reasons(who, "elsewhere", 4, { form }), Array(4).fill("no_campaign"), "other pages do not count");
		assert.equal((await more(who, "football", { form })).left, 1);
		for (const free of [{ referrer: "https://www.bing.com/" }, { referrer: "https://paper.example/x" }, { flags: "free" }, { source: "gift" }])
			assert.deepEqual((await more(who, "hockey", { form, ...free })).both, ["open", "free_view"], JSON.stringify(free));
		const last = await more(who, "elsewhere", { form, tags: "olympics" });

		assert.deepEqual([...last.both, last.left], ["open", "meter_left", 0], "a tag makes the topic too");
		assert.deepEqual((await more(who, "hockey", { form })).both, ["wall", "meter_wall"]);
		assert.deepEqual((await more(who, "hockey", { form, flags: "free" })).both, ["open", "free_view"], "free ones stay open");
		assert.deepEqual((await more(who, "elsewhere", { form })).both, ["open", "no_campaign"]);
		assert.equal(await s.count(`SELECT count(*) FROM pledged.reader_seen WHERE reader_id = '${id}' AND topics = 2 AND free`), 5);
		assert.equal(await s.count(`SELECT count(*) FROM pledged.reader_seen WHERE reader_id = '${id}' AND topics = 2 AND NOT free`), 3);
	}
	await s.ctl("campaign", "pause", "sport-wall");
});

test("the site's cap goes over all campaigns together", async () => {
	await publish(s, policy({ cap: { daily: 3 } }), appeal("sum-a"), appeal("sum-b"));
	const { who } = await warm();
	const found = [];

	for (const section of ["sum-a", "sum-b", "sum-b", "sum-a", "sum-b"])
		found.push((await more(who, section)).reason);
	assert.deepEqual(found, ["campaign", "campaign", "campaign", "site_cap", "site_cap"]);
	await publish(s, policy({ cap: { gap_hours: 1 } }));
	const other = (await warm()).who;

	assert.deepEqual([(await more(other, "sum-a")).reason, (await more(other, "sum-b")).reason], ["campaign", "site_cap"]);
});

// --- hold-out, control, cycle --------------------------------------------------------------------

test("the hold-out is exactly who was drawn, is never asked, and is counted with its campaign and no variant", async () => {
	await publish(s, policy({ holdout: { share: 25, walls: true } }),
		appeal("held", { cap: { views: 1, days: 30 }, variants: [variant("a", 50), variant("b", 50)] }),
		appeal("told", { holdout: false }), wall("held-wall", 0));
	const draw = await drawer(s), pool = agent(16);
	const expected = {}, readers = [];

	await Promise.all(Array.from({ length: 16 }, async () => {
		for (let i = 0; i < 15; i++) {
			const { who, id } = await warm({ agent: pool });
			const out = draw(id, "hold out", 100) < 25, name = draw(id, "held", 100) < 50 ? "a" : "b";

			readers.push({ id, out });
			const first = await more(who, "held");

			assert.deepEqual(first.both, out ? ["open", "holdout"] : ["prompt", "campaign"]);
			assert.equal(first.variant, out ? undefined : name, "nobody is told what would have been shown");
			assert.equal((await more(who, "held")).reason, "capped", "a prompt that was held back counts as shown");
			assert.deepEqual((await more(who, "told")).both, ["prompt", "campaign"], "but for a campaign that all shall see");
			assert.deepEqual((await more(who, "held-wall")).both, out ? ["open", "holdout_wall"] : ["wall", "meter_wall"]);
			const key = out ? "holdout held" : `campaign held ${name}`;

			expected[key] = (expected[key] ?? 0) + 1;
		}
	}));
	pool.destroy();
	const out = readers.filter((r) => r.out);

	assert.ok(out.length > 30 && out.length < 90, `${out.length} of 240 are held out`);
	await until("the roll-up holds them", async () => {
		assert.deepEqual(await rolled("held"), { "capped": 240, ...expected });
		return true;
	});
	assert.deepEqual(await s.sql(`SELECT campaign, kind, count(*) FROM pledged.prompt_event WHERE campaign LIKE 'held%'
		GROUP BY 1, 2 ORDER BY 1, 2`), [["held", "held", String(out.length)], ["held", "shown", String(240 - out.length)],
		["held-wall", "held", String(out.length)], ["held-wall", "walled", String(240 - out.length)]]);
	assert.deepEqual(await s.sql("SELECT DISTINCT kind, variant = '' FROM pledged.prompt_event WHERE campaign LIKE 'held%' ORDER BY 1"),
		[["held", "t"], ["shown", "f"], ["walled", "f"]], "in the events the hold-out is of no variant, so that no control seems larger than it is");
	const ids = await s.sql("SELECT reader_id FROM pledged.prompt_event WHERE campaign = 'held' AND kind = 'held' ORDER BY 1");

	assert.deepEqual(ids.flat(), out.map((r) => r.id).sort());
});

test("a control shows nothing, and is counted and marked as held", async () => {
	await publish(s, policy(), appeal("trial", { cap: { views: 2, days: 30 }, variants: [variant("a", 40), control("nothing", 60)] }));
	const draw = await drawer(s);
	const expected = {}, rows = [];

	for (let i = 0; i < 40; i++) {
		const { who, id } = await warm();
		const held = draw(id, "trial", 100) >= 40;
		const key = held ? "control trial nothing" : "campaign trial a";

		assert.deepEqual(await reasons(who, "trial", 3, { form: forms[i % 3] }), [...Array(2).fill(held ? "control" : "campaign"), "capped"]);
		rows.push(held ? [id, "held", "nothing", "2"] : [id, "shown", "a", "2"]);
		expected[key] = (expected[key] ?? 0) + 2;
	}
	rows.sort((a, b) => (a[0] < b[0] ? -1 : 1));
	assert.deepEqual(await s.sql(`SELECT reader_id, kind, variant, count(*) FROM pledged.prompt_event WHERE campaign = 'trial'
		GROUP BY 1, 2, 3 ORDER BY 1`), rows);
	assert.deepEqual(await s.sql(`SELECT m.reader_id, m.kind, m.variant, count(*) FROM pledged.reader_mark m JOIN pledged.campaign c USING (campaign_id)
		WHERE c.slug = 'trial' GROUP BY 1, 2, 3 ORDER BY 1`), rows.map(([id, kind, name, n]) => [id, kind, name === "a" ? "0" : "1", n]));
	await until("the roll-up holds them", async () => {
		assert.deepEqual(await rolled("trial"), { capped: 40, ...expected });
		return true;
	});
});

test("a cycle begins with views that pass, and begins anew after its pause", async () => {
	await publish(s, appeal("round", { cap: { cycle: { views: 2, skip: 2, restart_days: 10 } }, pause: NO_PAUSE }));
	const { round } = await campaign_ids(s);
	const once = ["cycle_skip", "cycle_skip", "campaign", "campaign", "cycle_full", "cycle_full"];
	const { who, id } = await warm();

	assert.deepEqual(await reasons(who, "round", 6), once);
	const made = (ago) => ["skipped", "skipped", "shown", "shown"].map((kind) => mark({ kind, campaign: round, cap: "round", ago }));

	await put(s, { id, seen: [entry(await today(s), "000000001")], marks: made(9.9) });
	assert.deepEqual(await reasons(who, "round", 2), ["cycle_full", "cycle_full"]);
	await put(s, { id, seen: [entry(await today(s), "000000001")], marks: [...made(40), ...made(10.1)] });
	assert.deepEqual(await reasons(who, "round", 6), once);
});

// --- who is signed in ----------------------------------------------------------------------------

const REFUSED = "pledged_account_rejected_total";

test("who is signed in has another allowance, by the site's word alone", async () => {
	await publish(s, wall("club", 2, { meter: { registered: 4 } }), appeal("members", { target: on("members", { account: ["signed_in"] }) }));
	const good = jwt(s.account), before = await metric(s, REFUSED);

	for (const form of forms) {
		const { who } = await warm();
		const facts = { form, headers: {} };

		assert.deepEqual(await reasons(who, "club", 2, facts), ["meter_left", "meter_wall"], "anonymous");
		who.jar.set("pledged_account", good);
		assert.deepEqual(await reasons(who, "club", 3, facts), ["meter_left", "meter_left", "meter_wall"],
			"signed in: two more, and what was walled before counts for nothing");
		assert.equal((await more(who, "members", facts)).reason, "campaign");
		who.jar.delete("pledged_account");
		assert.equal((await more(who, "club", facts)).reason, "meter_wall", "and signed out again");
		assert.equal((await more(who, "members", facts)).reason, "no_campaign");
	}
	const { who } = await warm();

	assert.deepEqual(await reasons(who, "club", 4, { account: jwt(s.account, { aud: ["other", "demo"] }) }),
		[...Array(3).fill("meter_left"), "meter_wall"], "a page without nginx's cookie says it in the query");
	assert.equal(await metric(s, REFUSED), before);
});

test("a word that is not the site's, or is too old, leaves the reader anonymous and is counted", async () => {
	const now = Math.floor(Date.now() / 1000), good = jwt(s.account);
	const [head, body, mac] = good.split(".");
	const none = Buffer.from('{"alg":"none"}').toString("base64url");
	const forged = {
		"expired": jwt(s.account, { exp: now - 1 }),
		"never expires": jwt(s.account, { exp: undefined }),
		"not yet": jwt(s.account, { nbf: now + 60 }),
		"for another site": jwt(s.account, { aud: "other" }),
		"for nobody": jwt(s.account, { aud: undefined }),
		"signed by somebody else": jwt(randomBytes(32).toString("hex")),
		"alg none": `${none}.${body}.`,
		"alg none, signed": jwt(s.account, {}, { alg: "none" }),
		"alg HS512": jwt(s.account, {}, { alg: "HS512" }),
		"critical words": jwt(s.account, {}, { alg: "HS256", crit: ["exp"] }),
		"another body": `${head}.${jwt(s.account, { exp: now + 9999 }).split(".")[1]}.${mac}`,
		"no signature": `${head}.${body}`,
		"cut": good.slice(0, -2),
		"four parts": `${good}.x`,
		"no JSON": `${head}.AAAA.${mac}`,
		"nonsense": "hello",
	};
	let refused = await metric(s, REFUSED);

	for (const [what, token] of Object.entries(forged)) {
		const form = forms[Object.keys(forged).indexOf(what) % 3], { who } = await warm();

		who.jar.set("pledged_account", token);
		assert.deepEqual(await reasons(who, "club", 2, { form, headers: {} }), ["meter_left", "meter_wall"], what);
		assert.equal(await metric(s, REFUSED), refused += 2, what);
	}
});

// --- clocks --------------------------------------------------------------------------------------

test("a clock that was a day ahead loosens no cap, no pause and no meter", async () => {
	await publish(s, appeal("views", { cap: { views: 1, days: 30 } }), appeal("daily", { cap: { daily: 1 } }), appeal("gap", { cap: { gap_hours: 5 } }),
		appeal("turns", { cap: { cycle: { views: 1, restart_days: 1 } } }), appeal("said"), appeal("gave"),
		wall("day", 1, { meter: { window: "day" } }), wall("month", 1), wall("rolling", 1, { meter: { window: "rolling", days: 2 } }));
	const ids = await campaign_ids(s), day = await today(s);
	const shown = (name) => mark({ kind: "shown", campaign: ids[name], cap: name, ago: -1 });
	const rows = [
		["views", { marks: [shown("views")] }, "capped"], ["daily", { marks: [shown("daily")] }, "daily"], ["gap", { marks: [shown("gap")] }, "gap"],
		["turns", { marks: [shown("turns")] }, "cycle_full"],
		["said", { marks: [mark({ kind: "closed", campaign: ids.said, cap: "said", ago: -1 })] }, "closed"],
		["said", { marks: [mark({ kind: "never", campaign: ids.gap, cap: "gap", ago: -1 })] }, "never"],
		["gave", { gift: { kind: "once", ago: -1 } }, "supporter"],
		["day", {}, "meter_wall"], ["month", {}, "meter_wall"], ["rolling", {}, "meter_wall"],
	];

	for (const [name, made, reason] of rows) {
		for (const form of forms) {
			const { who } = await known(s, await put(s, { seen: [entry(day + 1, "00000000a")], ...made }));

			assert.deepEqual(await reasons(who, name, 2, { form }), [reason, reason], name);
		}
	}
});

test("DNT is heeded where the site says so", async () => {
	const asked = async () => {
		const { who, id } = await warm({ headers: { dnt: "1" } });

		assert.equal((await more(who, "sum-a")).reason, "campaign");
		return s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}'`);
	};

	assert.equal(await asked(), 1, "by default it is not");
	await writeFile(s.env.CONF, (await readFile(s.env.CONF, "utf8")).replace(/^;?honour_dnt =.*/m, "honour_dnt = on"));
	await s.role("view", "restart");
	await s.ready();
	assert.equal(await asked(), 0, "counted and asked, no history");
});

// --- publishing while readers read ---------------------------------------------------------------

test("from here on there are three workers", async () => {
	await writeFile(join(s.dir, "env"), (await readFile(join(s.dir, "env"), "utf8")).replace(/^VIEWS=.*/m, "VIEWS=3"));
	s.env.VIEWS = "3";
	await s.role("view", "restart");
	await s.ready();
	assert.equal((await s.pids("view")).length, 3);
});

// readers_of: n readers who open one article after the other of a section; told: [{from, to, reason, title}].
function readers_of(section, n = 9) {
	const pool = agent(n), told = [];
	let going = true;
	const all = Promise.all(Array.from({ length: n }, async () => {
		const { who } = await warm({ agent: pool });

		while (going) {
			const from = Date.now(), d = await more(who, section);

			assert.equal(d.answer.status, 200);
			told.push({ from, to: Date.now(), reason: d.reason, title: d.prompt?.title });
			await sleep(10);
		}
	}));

	return { told, since: (at) => told.filter((t) => t.from >= at), async stop() {
		going = false;
		await all;
		pool.destroy();
		return told;
	} };
}
// loads: after a moment, of which worker's campaigns were loaded when.
async function loads(at) {
	return (await s.log("view")).split("\n").filter((line) => line.includes('"campaigns loaded"')).map((line) => Date.parse(JSON.parse(line).ts))
		.filter((ts) => ts >= at).map((ts) => ts - at);
}

const house = (title) => appeal("house", { variants: [{ variant: "a", share: 100, text: text(title) }] });

test("a bad campaign among good ones is refused whole, and the old ones stay", async () => {
	await publish(s, policy(), house("The old words"));
	const load = readers_of("house");
	const before = await s.sql("SELECT slug, version FROM pledged.campaign ORDER BY 1");
	const good = house("The new words");
	const bad = [[appeal("bad", { priority: 5000 }), /priority: /], [appeal("bad", { variants: [variant("a", 99)] }), /variants: shares add up to 99/],
		["{\"campaign\": \"bad\"", /json/i], [appeal("bad", { site: "nowhere" }), /there is no site nowhere/],
		[policy({ blackouts: [{ start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z", campaigns: ["nobody"] }] }), /there is no campaign nobody/],
		[appeal("bad", { meter: { window: "month", allowance: 1, topic: "golf", then: "prompt" } }), /no topic golf/],
		[house("A third one"), /house is in .*too/]];

	for (const [doc, complaint] of bad) {
		const { code, stderr } = await s.ctl("campaign", "apply", await folder(s, [good, doc]));

		assert.equal(code, 1, stderr);
		assert.match(stderr, complaint);
	}
	await sleep(1500);
	assert.deepEqual(await s.sql("SELECT slug, version FROM pledged.campaign ORDER BY 1"), before);
	const begun = Date.now();
	const { code } = await s.ctl("campaign", "apply", await folder(s, [good, appeal("house-two")]));
	const at = Date.now();

	assert.equal(code, 0);
	await sleep(3000);
	await until("many read meanwhile", () => load.told.length > 300 && load.since(at + 2000).length > 0);
	const told = await load.stop();

	assert.deepEqual([...new Set(told.map((t) => t.reason))], ["campaign"]);
	assert.deepEqual([...new Set(told.map((t) => t.title))], ["The old words", "The new words"], "the old words until all is well, then the new ones");
	assert.deepEqual([...new Set(load.since(at + 2000).map((t) => t.title))], ["The new words"]);
	assert.equal((await loads(begun)).length >= 3, true);
});

test("what is paused falls silent within two seconds, at every worker, and comes back as fast", async () => {
	const load = readers_of("house");

	for (const [verb, reason] of [["pause", "no_campaign"], ["resume", "campaign"], ["pause", "no_campaign"], ["resume", "campaign"]]) {
		await sleep(500);
		// It holds from a moment between these two: on a busy machine a worker has it before its command has ended.
		const begun = Date.now();
		const { code } = await s.ctl("campaign", verb, "house");
		const at = Date.now();

		assert.equal(code, 0);
		await until("readers came after two seconds", () => load.since(at + 2000).length > 30);
		assert.deepEqual([...new Set(load.since(at + 2000).map((t) => t.reason))], [reason], verb);
		const when = (await loads(begun)).map((ms) => begun + ms - at);

		assert.ok(when.length >= 3 && when.every((ms) => ms < 2200), `${verb}: loaded after ${when} ms`);
	}
	await load.stop();
});

test("a blackout begins and ends to the second, for the campaigns it names", async () => {
	const second = (s_from_now) => new Date((Math.floor(Date.now() / 1000) + s_from_now) * 1000);
	const rfc = (date) => date.toISOString().replace(".000Z", "Z");

	await publish(s, appeal("loud"));
	const quiet = readers_of("house", 6), loud = readers_of("loud", 3);

	await until("all read", () => quiet.told.length > 60 && loud.told.length > 30);
	const start = second(6), end = second(9);

	await publish(s, policy({ blackouts: [{ start: "2026-01-01T00:00:00Z", end: "2026-01-02T00:00:00Z" },
		{ start: rfc(start), end: rfc(end), campaigns: ["house"] }] }));
	const published = Date.now();

	assert.ok(published < start, "published before it begins");
	await sleep(end - Date.now());
	await until("readers came afterwards", () => quiet.told.filter((t) => t.from > end).length > 20);
	const [told, others] = [await quiet.stop(), await loud.stop()];
	const reasons_of = (list) => [...new Set(list.map((t) => t.reason))];

	const times = [told.filter((t) => t.to < start), told.filter((t) => t.from > start && t.to < end), told.filter((t) => t.from > end)];

	assert.deepEqual(times.map(reasons_of), [["campaign"], ["blackout"], ["campaign"]], "before, meanwhile, after");
	assert.ok(times.every((list) => list.length > 20), `${times.map((list) => list.length)} read`);
	assert.deepEqual(reasons_of(others), ["campaign"], "and others are not touched");
});

test("the invariants hold", () => s.invariants());
