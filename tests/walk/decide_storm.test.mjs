// The goal: readers read on through all three forms of the gate, a dozen requests at once, while one worker
// after the other is killed; in the end everything that was acknowledged is counted exactly, nothing else is,
// no cap was ever overshot, and no prompt was shown without its mark.

import assert from "node:assert/strict";
import { test } from "node:test";

import { NO_PAUSE, appeal, ask, control, decide_stack, on, policy, publish, variant, wall } from "./lib/decide.mjs";
import { agent, client } from "./lib/http.mjs";
import { until } from "./lib/until.mjs";
import { hasher, reader_of, spooled } from "./lib/view.mjs";

const READERS = 200, CALM = 4000, REQUESTS = 20000, LANES = 12, KILL_EVERY = 400;
const FREE = 3;
const DUE = ["campaign", "control", "cycle_skip", "store_down"];
const SECTIONS = ["twin-a", "twin-b", "daily", "gap", "cycle", "shut", "quiet"];

// The role gives up before nginx does, so that it is the role's own word; 12 connections of nginx to 4 workers.
const s = await decide_stack({ name: "decide-storm", views: 4, set: { "view.deadline_ms": 450 } });
const pool = agent(LANES);

await publish(s,
	policy({ cap: { views: 8, days: 30 } }),
	appeal("twin-a", { cap: { id: "twin", views: 4, days: 30 }, pause: NO_PAUSE }),
	appeal("twin-b", { cap: { id: "twin", views: 4, days: 7 }, pause: NO_PAUSE, variants: [variant("shown", 60), control("nothing", 40)] }),
	appeal("daily", { cap: { daily: 2 }, pause: NO_PAUSE }),
	appeal("gap", { cap: { gap_hours: 1 }, pause: NO_PAUSE }),
	appeal("cycle", { cap: { cycle: { views: 2, skip: 1 } }, pause: NO_PAUSE }),
	wall("shut", FREE, { target: on("shut") }));

// --- who reads what ------------------------------------------------------------------------------

// A small generator, so that a storm can be had again.
let seed = Number(process.env.STORM_SEED ?? Date.now() % 2 ** 31);
console.log(`# STORM_SEED=${seed}`);

function draw(n) {
	seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
	return (seed >>> 8) % n;
}

const pick = (list) => list[draw(list.length)];

const readers = Array.from({ length: READERS }, () => ({
	who: client(s.url, { agent: pool }),
	opened: new Set(),	// every article that was asked for in a way that counts
	told: new Set(),	// those of which a role said more than that the store is down
	prompts: [],		// {decision, campaign?, token} answered
	walls: 0, free: new Set(), shut: new Set(),
	unsure: 0,		// answers that may have been cut: by nginx, at the deadline, or asked twice
	events: new Set(),	// "decision kind", acknowledged
	tried: new Set(),	// and all that were sent
}));

const decision_of = (token) => Buffer.from(token.split(".")[2], "base64url").readBigInt64BE(2).toString();

// read: one view that counts; what comes back is noted.
async function read(r, form, section, name) {
	const d = await ask(r.who, form, section, name);

	r.opened.add(d.article);
	assert.ok(d.answer.status === 200 || (d.answer.status === 403 && d.act === "wall"), `${d.article}: ${d.answer.status}`);
	if (!d.own || d.retried || d.reason === "store_down")
		r.unsure++;
	if (!d.own || d.reason === "store_down")
		return d;
	r.told.add(d.article);
	if (d.act === "prompt")
		r.prompts.push({ decision: decision_of(d.token), token: d.token, section });
	if (d.act === "wall") {
		r.walls++;
		r.shut.add(d.article);
	} else if (section === "shut")
		r.free.add(d.article);
	return d;
}

let number = 0;
const FORMS = ["decide", "decide", "page", "story"];

const KINDS = {
	open: (r) => read(r, pick(FORMS), pick(SECTIONS), `n${number++}`),
	again: (r) => {
		const [, form, section, name] = pick([...r.opened]).split("/");

		return read(r, form, section, name);
	},
	head: (r) => ask(r.who, pick(FORMS), pick(SECTIONS), `head${number++}`, { method: "HEAD" }),
	prefetch: (r) => ask(r.who, pick(FORMS), pick(SECTIONS), `pre${number++}`, { headers: { "sec-purpose": "prefetch" } }),
	event: async (r) => {
		if (r.prompts.length === 0)
			return;
		const { token, decision } = pick(r.prompts), kind = pick(["viewed", "closed", "later", "clicked", "already_gave", "never"]);

		r.tried.add(`${decision} ${kind}`);
		const answer = await r.who.event(token, kind);

		// nginx says 204 as well when nobody is there; a role that cannot store it says so.
		assert.ok(answer.status === 204 || answer.status >= 500, `${answer.status} ${answer.text}`);
		if (answer.headers["told-upstream"] === "204")
			r.events.add(`${decision} ${kind}`);
	},
};
const MIX = [...Array(60).fill("open"), ...Array(13).fill("again"), ...Array(9).fill("head"), ...Array(8).fill("prefetch"),
	...Array(10).fill("event")];

let done = 0;

// whose: every other request is one of three readers who have many windows open for a while.
const whose = () => (draw(2) ? pick(readers) : readers[(Math.floor(done / 100) * 3 + draw(3)) % READERS]);

async function lanes(until_done) {
	await Promise.all(Array.from({ length: LANES }, async () => {
		while (done < until_done) {
			done++;
			await KINDS[pick(MIX)](whose());
		}
	}));
}

// --- what the database says ----------------------------------------------------------------------

// grouped: rows by their first column.
async function grouped(query) {
	const by = new Map();

	for (const [key, ...rest] of await s.sql(query))
		by.set(key, [...(by.get(key) ?? []), rest]);
	return (reader) => by.get(reader) ?? [];
}

const low = (decision) => (BigInt(decision) & 0xffffffffn).toString();

// marks_agree: prompts answered against marks, both ways; gives the marks that nobody was answered.
async function marks_agree() {
	const marks = await grouped(`SELECT m.reader_id, m.decision_low, m.kind, c.slug FROM pledged.reader_mark m
		JOIN pledged.campaign c USING (campaign_id)`);
	const rows = await grouped("SELECT reader_id, decision, kind, campaign FROM pledged.prompt_event");
	let lonely = 0;

	for (const r of readers) {
		const id = reader_of(r.who);
		const shown = new Set(marks(id).filter(([, kind]) => kind === "shown").map(([decision, , slug]) => `${decision} ${slug}`));
		const kept = new Set(rows(id).filter(([, kind]) => kind === "shown").map(([decision, , slug]) => `${decision} ${slug}`));

		for (const p of r.prompts) {
			assert.ok(shown.has(`${low(p.decision)} ${p.section}`), `a prompt without its mark: ${p.decision} of ${id}`);
			assert.ok(kept.has(`${p.decision} ${p.section}`), `a prompt without its row: ${p.decision} of ${id}`);
		}
		assert.equal(new Set(r.prompts.map((p) => p.decision)).size, r.prompts.length, "each prompt is a decision of its own");
		assert.equal(kept.size, shown.size, "a row for each mark");
		const cut = shown.size - r.prompts.length;

		assert.ok(cut <= r.unsure, `${cut} marks nobody was answered, ${r.unsure} answers that may have been cut: ${id}`);
		lonely += cut;
		assert.ok(marks(id).filter(([, kind]) => kind === "walled").length === (r.walls > 0 ? 1 : 0) || r.unsure > 0, "walled once a month");
		assert.ok(r.free.size <= FREE, `${r.free.size} articles behind the meter were open: ${id}`);
		const events = rows(id).filter(([, kind]) => kind !== "shown" && kind !== "walled" && kind !== "held")
			.map(([decision, kind]) => `${decision} ${kind}`);

		assert.deepEqual([...r.events].filter((e) => !events.includes(e)), [], "events that were taken are kept");
		assert.deepEqual(events.filter((e) => !r.tried.has(e)), [], "and no others");
	}
	return lonely;
}

// caps_hold: by the marks and, for what lets us keep a history, by the rows.
async function caps_hold() {
	const MOST = { twin: 4, daily: 2, gap: 1, cycle: 2 };
	const marks = await grouped(`SELECT m.reader_id, replace(replace(c.slug, 'twin-a', 'twin'), 'twin-b', 'twin'), m.kind, count(*)
		FROM pledged.reader_mark m JOIN pledged.campaign c USING (campaign_id) GROUP BY 1, 2, 3`);
	const rows = await grouped(`SELECT reader_id, replace(replace(campaign, 'twin-a', 'twin'), 'twin-b', 'twin'), kind, count(*)
		FROM pledged.prompt_event GROUP BY 1, 2, 3`);
	const totals = [];

	for (const r of readers) {
		const id = reader_of(r.who);

		for (const counts of [marks(id), rows(id)]) {
			const of = (cap, ...kinds) => counts.filter(([name, kind]) => (!cap || name === cap) && kinds.includes(kind))
				.reduce((sum, [, , n]) => sum + Number(n), 0);

			for (const [cap, most] of Object.entries(MOST))
				assert.ok(of(cap, "shown", "held") <= most, `${of(cap, "shown", "held")} of ${cap}, ${most} allowed: ${id}`);
			assert.ok(of(null, "shown", "held") <= 8, "the site's cap");
			if (counts.length > 0)
				totals.push(of(null, "shown", "held"));
		}
		const skipped = marks(id).filter(([name, kind]) => name === "cycle" && kind === "skipped").reduce((sum, [, , n]) => sum + Number(n), 0);

		assert.ok(skipped <= 1, "one view of the round passes without the prompt");
		assert.ok(skipped === 1 || !marks(id).some(([name, kind]) => name === "cycle" && kind === "shown"), "and that is the first");
	}
	return totals;
}

// --- the storm -----------------------------------------------------------------------------------

test("everybody opens a first article", async () => {
	await Promise.all(readers.map(async (r) => {
		await until("a cookie", async () => (await read(r, "decide", "quiet", `first${number++}`)).own);
	}));
	assert.equal(new Set(readers.map((r) => reader_of(r.who))).size, READERS);
});

// Its first wall leaves a mark; the later ones are notes alone, and may travel with a prompt's mark that comes too late.
test("every wall is noted, also beside a prompt that loses its race", async () => {
	const hash = await hasher(s);
	const open = (r, section) => read(r, "decide", section, `n${number++}`);

	await Promise.all(Array.from({ length: LANES / 6 }, async (_, lane) => {
		for (let i = lane; i < READERS; i += LANES / 6) {
			for (let n = 0; n <= FREE; n++)
				await open(readers[i], "shut");
			await Promise.all(["twin-a", "shut", "twin-b", "daily", "shut", "gap"].map((section) => open(readers[i], section)));
		}
	}));
	const seen = await grouped("SELECT reader_id, article FROM pledged.reader_seen WHERE NOT walled");

	for (const r of readers) {
		const opened = new Set(seen(reader_of(r.who)).map(([article]) => article));

		assert.deepEqual([...r.shut].map(hash).filter((article) => opened.has(article)), [], "a wall stood there, and it counts as read");
	}
	assert.ok(readers.reduce((sum, r) => sum + r.shut.size, 0) >= 2 * READERS, "walls were met");
});

test(`${CALM} requests while all workers live: as many marks as prompts`, async () => {
	await lanes(CALM);
	const lonely = await marks_agree();
	const late = readers.reduce((sum, r) => sum + r.unsure, 0);

	assert.ok(lonely <= late, `${lonely} marks without an answer, ${late} answers at the deadline`);
	assert.ok(late < CALM / 50, `${late} of ${CALM} answers came too late`);
});

test(`the rest of ${REQUESTS} while a worker is killed every ${KILL_EVERY}`, async () => {
	let kills = 0;
	const reaper = (async () => {
		for (let next = done + KILL_EVERY / 2; done < REQUESTS - KILL_EVERY; next += KILL_EVERY) {
			await until("the next few hundred", () => done >= next, 60);
			const pids = await until("four workers", async () => {
				const now = await s.pids("view");

				return now.length === 4 && now;
			});

			process.kill(pids[kills % 4], "SIGKILL");
			kills++;
		}
	})();

	await lanes(REQUESTS);
	await reaper;
	await s.ready();
	assert.ok(kills >= (REQUESTS - CALM) / KILL_EVERY - 3, `${kills} killed`);
	const unsure = readers.reduce((sum, r) => sum + r.unsure, 0);

	console.log(`# ${kills} workers killed, ${unsure} answers that may have been cut, ${readers.reduce((sum, r) => sum + r.prompts.length, 0)} prompts`);
	assert.ok(unsure < REQUESTS / 20, `nearly all were answered: ${unsure} were not for sure`);
});

// --- what is left --------------------------------------------------------------------------------

test("every acknowledged article is counted once, and nothing that was not opened", async () => {
	const hash = await hasher(s);

	await until("the spool is empty", () => spooled(s).length === 0, 20);
	const seen = await grouped("SELECT reader_id, article, walled FROM pledged.reader_seen");
	const views = await grouped("SELECT reader_id, views FROM pledged.reader");
	let counted = 0, opened = 0;

	for (const r of readers) {
		const id = reader_of(r.who);
		// A worker that was killed between a wall and its note leaves the article standing as opened, too.
		const entries = seen(id).map((entry) => entry.join()), there = new Set(seen(id).map(([article]) => article)), list = [...there];
		const allowed = new Set([...r.opened].map(hash));

		assert.equal(new Set(entries).size, entries.length, "each article once, and once as walled");
		assert.ok(entries.length === list.length || r.unsure > 0, "only after a kill both");
		assert.deepEqual([...r.told].filter((article) => !there.has(hash(article))), [], `acknowledged and not counted: ${id}`);
		assert.deepEqual(list.filter((article) => !allowed.has(article)), [], `counted and not opened: ${id}`);
		assert.deepEqual(views(id), [[String(list.length)]], "the counter says the same");
		counted += list.length;
		opened += r.opened.size;
	}
	console.log(`# ${counted} articles counted of ${opened} opened`);
	assert.equal(await s.count("SELECT count(*) FROM pledged.reader"), READERS, "and nobody else");
});

test("no prompt without its mark, no mark without its answer but where a worker was killed", marks_agree);

test("no cap was overshot", caps_hold);

test("nor undershot: whoever reads on is asked until the caps are reached", async () => {
	await Promise.all(Array.from({ length: LANES }, async (_, lane) => {
		for (let i = lane; i < READERS; i += LANES)
			for (const section of ["twin-a", "twin-b", "daily", "gap", "cycle"])
				await until("nothing more is due", async () => !DUE.includes((await read(readers[i], "decide", section, `late${number++}`)).reason));
	}));
	await marks_agree();
	const totals = await caps_hold();

	assert.deepEqual(totals, Array(2 * READERS).fill(8), "the site's cap is the one that all of them meet");
});

test("the invariants hold", () => s.invariants());
