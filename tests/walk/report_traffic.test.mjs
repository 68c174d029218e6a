// The goal: a made-up year of two sites, told to the database as workers tell it, part of it folded and part of it not, and every report of
// decisions, prompts, walls, tests and changes says what was made up. The answers are counted here, by the definitions, and know nothing of
// the reports' queries. The money desk's reports are in report_desk and report_money.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DAY, draws, exponent, feed, groups, inserts, iso, literal, major, pick, plus, quotient, script, utc, zone } from "./lib/report.mjs";
import { stack } from "./lib/stack.mjs";

const s = await stack({ name: "report-traffic", only: "pg", campaigns: "none" });
const { random, below, chance, one_of, uuid } = draws(5);

// --- what is made up ---------------------------------------------------------------------------------------------------------------

const SITES = [{ id: 81, slug: "riga", zone: "Europe/Riga", currency: "EUR" }, { id: 82, slug: "kolkata", zone: "Asia/Kolkata", currency: "JPY" }]
	.map((site) => ({ ...site, clock: zone(site.zone) }));
const FROM = utc("2025-01-01"), TO = utc("2026-01-01"), FOLDED = utc("2025-12-10");
const SECTIONS = ["news", "culture", "obituaries"], COUNTRIES = ["LV", "DE", "IN", ""], DEVICES = ["mobile", "desktop"];
// campaign, version: from when on, and its variants with their shares
const TESTS = [
	{ campaign: "support", version: 1, at: FROM - DAY, variants: { a: 100 } },
	{ campaign: "support", version: 2, at: utc("2025-03-10T09:20:00"), variants: { a: 45, b: 45, control: 10 } },
	{ campaign: "support", version: 3, at: utc("2025-08-20T14:05:00"), variants: { a: 50, b: 50 } },
	{ campaign: "meter", version: 1, at: FROM - DAY, variants: { a: 100 } },
	{ campaign: "drive", version: 1, at: utc("2025-09-01T00:00:00"), variants: { x: 30, y: 70 } },
];
const version_at = (campaign, at) => TESTS.filter((v) => v.campaign === campaign && v.at <= at).at(-1);
const decisions = [], pledges = [], readers = [], visits = [];

function variant_of(reader, { campaign, variants }) {
	let n = reader.draw[campaign] * Object.values(variants).reduce((a, b) => a + b);

	return Object.entries(variants).find(([, share]) => (n -= share) < 0)[0];
}

function money(site, d, reader) {
	const currency = chance(0.9) ? site.currency : "USD", kind = one_of(["once", "once", "month", "year"]);
	const created = d ? d.at + 60 + below(3600) : FROM + below(TO - FROM - 7200);
	const pledge = { id: uuid(), site, d, reader, campaign: d?.campaign ?? null, variant: d?.variant ?? null, kind, currency, created,
		amount: one_of([500, 1000, 2500, 4000, 30000, 733]), live: chance(0.8), payments: [] };

	if (chance(0.7)) {
		const times = kind === "month" ? 1 + below(4) : 1, odd = chance(0.06);

		for (let k = 0; k < times; k++)
			pledge.payments.push({ id: uuid(), at: created + 180 + k * 30 * DAY, amount: odd ? pledge.amount + 5 : pledge.amount, mismatch: odd ? "amount" : null });
	}
	pledges.push(pledge);
}

function decide(site, reader, at) {
	const section = one_of(SECTIONS), page = `/${section}/${1 + Math.floor(6 * random() ** 2)}`, of = version_at(chance(0.3) ? "drive" : "support", at) ?? version_at("support", at);
	const d = { id: decisions.length + 1, site, reader, at, section, page, country: reader.country, device: reader.device, consent: reader.consent,
		campaign: "", variant: "", act: "open", reason: one_of(["first_view", "capped", "closed"]), events: [] };
	const luck = random();

	if (section === "obituaries") {
		d.reason = "sensitive";
	} else if (luck < 0.3) {
		const variant = variant_of(reader, of);

		Object.assign(d, { campaign: of.campaign, variant }, variant === "control" ? { reason: "control" } : { act: "prompt", reason: "campaign" });
	} else if (luck < 0.4 && reader.id) {
		Object.assign(d, { campaign: "meter", variant: "a", act: "wall", reason: "meter_wall" });
	}
	decisions.push(d);
	if (reader.id && reader.consent === "full" && d.campaign) {
		d.events.push([d.reason === "control" ? "held" : d.act === "wall" ? "walled" : "shown", at]);
		if (d.reason !== "control" && chance(0.7)) {
			d.events.push(["viewed", at + (chance(0.05) ? 7200 : 5)]);
			const what = one_of(["clicked", "clicked", "closed", "later", "already_gave", "never", null]);

			if (what)
				d.events.push([what, at + 20 + (chance(0.1) ? 3 * DAY : 0)]);
		}
	}
	if (d.act !== "open" && chance(0.12) || d.reason === "control" && chance(0.05))
		money(site, d.act === "open" ? null : d, reader.id ? reader : null);
	return d;
}

for (const site of SITES) {
	for (let i = 0; i < 170; i++) {
		const reader = { id: chance(0.9) ? uuid() : null, site, country: one_of(COUNTRIES), device: one_of(DEVICES), consent: one_of(["full", "full", "full", "counting"]),
			draw: { support: random(), drive: random(), meter: 0 }, decisions: [] };
		const begin = FROM + below(TO - FROM - 90 * DAY), end = Math.min(TO, begin + below(200 * DAY) + DAY);

		for (let k = 0, n = 4 + below(36); k < n; k++)
			reader.decisions.push(decide(site, reader, begin + below(end - begin)));
		reader.decisions.sort((a, b) => a.at - b.at);
		readers.push(reader);
	}
	for (let i = 0; i < 25; i++)
		money(site, null, null);
}
decisions.sort((a, b) => a.at - b.at);
for (const d of decisions)
	visits.push({ at: d.at, site: d.site, fresh: Number(!d.reader.id), returned: Number(d.reader.id && chance(0.1)), robot: 0, claimed: Number(chance(0.02)), consent: d.consent });
for (let i = 0; i < 900; i++)
	visits.push({ at: FROM + below(TO - FROM), site: one_of(SITES), fresh: Number(chance(0.5)), returned: 0, robot: Number(chance(0.4)), claimed: Number(chance(0.2)), consent: one_of(["none", "full"]) });

// --- told as workers tell it ---------------------------------------------------------------------------------------------------------

const EPOCH = utc("2000-01-01");
const bytes = (n, size) => BigInt(n).toString(16).padStart(2 * size, "0");
const KINDS = ["shown", "viewed", "closed", "later", "already_gave", "never", "clicked", "walled", "held"];

// lists: of what a reader opened and met, as src/core/reader.h packs them; only the first wall of a month leaves a mark.
function lists(reader) {
	const { clock } = reader.site, marks = [];
	const seen = reader.decisions.map((d) => bytes((utc(clock.day(d.at)) - EPOCH) / DAY, 2)
		+ bytes(BigInt(d.act === "wall" ? 128 : 0) + BigInt(d.section === "obituaries" ? 64 : 0), 1) + "00"
		+ bytes(SECTIONS.indexOf(d.section) * 1000 + Number(d.page.split("/")[2]), 4));
	const months = new Set();

	for (const d of reader.decisions) {
		const kind = d.act === "prompt" ? "shown" : d.act === "wall" && !months.has(clock.month(d.at)) ? "walled" : null;

		if (kind === "walled")
			months.add(clock.month(d.at));
		if (kind)
			marks.push(bytes(d.id, 4) + bytes(1, 4) + bytes(KINDS.indexOf(kind) + 1, 1) + "000000" + bytes(d.at, 4));
	}
	return { seen: `\\x${seen.join("")}`, marks: `\\x${marks.join("")}` };
}

test("the year is told, and most of it folded", async () => {
	const tallies = [], visit_tallies = [], hour = (d) => d.site.clock.hour_at(d.at);
	const folded = decisions.filter((d) => d.at < FOLDED).length;

	for (let i = 0; i < decisions.length; i += i < folded && i + 400 > folded ? folded - i : 400) {
		const part = decisions.slice(i, i < folded ? Math.min(i + 400, folded) : i + 400);
		const counts = groups(part, (d) => [hour(d), d.site.id, d.section, d.country, d.device, d.campaign, d.variant, d.act, d.reason], (row) => plus(row, "n"));
		const by_page = groups(part, (d) => [hour(d), d.site.id, d.page, d.act], (row) => plus(row, "n"));

		tallies.push({ worker: 7, seq: i, at: iso(part[0].at), counts: [...counts.values()].map((c) => [...c.key, c.n]), pages: [...by_page.values()].map((c) => [...c.key, c.n]) });
	}
	for (let i = 0; i < visits.length; i += 700) {
		const counts = groups(visits.slice(i, i + 700), (v) => [Math.floor(v.at / 900) * 900, v.site.id], (row, v) => {
			for (const [column, n] of Object.entries({ n: 1, fresh: v.fresh, returned: v.returned, robot: v.robot, claimed: v.claimed }))
				plus(row, column, n);
			plus(row, v.robot ? "none_of_them" : v.consent);
		});

		visit_tallies.push({ worker: 7, seq: i, visits: [...counts.values()].map((c) => [...c.key, ...["n", "fresh", "returned", "robot", "claimed", "none", "counting", "full"].map((k) => c[k] ?? 0)]) });
	}
	const events = decisions.flatMap((d) => d.events.map(([kind, at]) => ({ reader_id: d.reader.id, decided_at: iso(d.at), decision: d.id, kind, at: iso(at), site_id: d.site.id,
		campaign: d.campaign, variant: d.variant, section: d.section, article: d.page, country: d.country, device: d.device })));
	const json = (list, ...names) => list.map((row) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, names.includes(k) ? JSON.stringify(v) : v])));
	const campaigns = SITES.flatMap((site) => TESTS.map((v) => ({ site, v }))).sort((a, b) => a.v.at - b.v.at).map(({ site, v }) =>
		`SELECT FROM pledged.campaign_publish('${site.slug}', '${v.campaign}', ${literal({ site: site.slug, campaign: v.campaign, kind: v.campaign === "meter" ? "wall" : "appeal", start: iso(FROM - DAY),
			text: v.version, amounts: { currency: site.currency }, variants: Object.entries(v.variants).map(([variant, share]) => ({ variant, share, ...(variant === "control" ? { control: true } : {}) })) })},
			'editor', '${iso(v.at)}');`);

	await feed(s, inserts("site", SITES.map((site) => ({ site_id: site.id, slug: site.slug, name: site.slug, time_zone: site.zone, currency: site.currency, locale: "en",
		gift_label: "Gift", thanks_path: "/t", cancel_path: "/c" }))), campaigns.join("\n"),
	inserts("reader", readers.filter((r) => r.id).map((r) => ({ reader_id: r.id, first_at: iso(r.decisions[0].at), last_at: iso(r.decisions.at(-1).at), site_id: r.site.id,
		views: r.decisions.length, ...lists(r) }))),
	inserts("prompt_event", events), `INSERT INTO pledged.roll_delta (hour, site_id, campaign, variant, section, country, device, kind, n)
		SELECT date_trunc('hour', e.decided_at, s.time_zone), e.site_id, e.campaign, e.variant, e.section, e.country, e.device, e.kind, count(*)
		FROM pledged.prompt_event e JOIN pledged.site s USING (site_id) GROUP BY 1, 2, 3, 4, 5, 6, 7, 8 ORDER BY 1;
		INSERT INTO pledged.experiment_due (reader_id, at) SELECT DISTINCT e.reader_id, timestamptz '2026-01-01' FROM pledged.prompt_event e WHERE e.kind IN ('shown', 'walled', 'held');`,
	inserts("tally", json(tallies, "counts", "pages")), inserts("visit_tally", json(visit_tallies, "visits")),
	inserts("pledge", pledges.map((p, i) => ({ pledge_id: p.id, public_token: `made-up-token-${i}-00000`, key: `made-up-key-${i}-00000000`, fingerprint: "\\x01", site_id: p.site.id,
		reader_id: p.reader?.id ?? null, decision: p.d?.id ?? null, campaign: p.campaign, variant: p.variant, amount: p.amount, currency: p.currency, interval: p.kind, email: null,
		locale: "en", livemode: p.live, status: p.payments.length ? "paid" : "lapsed", created_at: iso(p.created), status_at: iso(p.created) }))),
	inserts("payment", pledges.flatMap((p) => p.payments.map((y) => ({ payment_id: y.id, pledge_id: p.id, provider: "made", provider_payment_id: `pay_${y.id}`, amount: y.amount,
		currency: p.currency, state: "paid", livemode: p.live, mismatch: y.mismatch, receipt: `R-${y.id.slice(0, 12)}`, paid_at: iso(y.at), created_at: iso(y.at), state_at: iso(y.at) })))));
	// A fold takes tallies in order; what is of the last weeks stays, as do some events and gifts.
	await s.sql(`SELECT pledged.tally_fold(${tallies.filter((t) => t.at < iso(FOLDED)).length}, now()), pledged.roll_events((SELECT count(*) * 3 / 4 FROM pledged.roll_delta)::integer, now()),
		pledged.roll_pledges((SELECT count(*) / 2 FROM pledged.roll_due)::integer, now()), pledged.visit_fold(3, now())`);
	while (await s.count("SELECT pledged.roll_experiments(100, now())") > 0)
		;
	assert.equal(await s.count("SELECT count(*) FROM pledged.experiment_due"), 0);
	for (let m = 1; m <= 14; m++)
		await s.sql(`SELECT pledged.roll_months(512, '${new Date(Date.UTC(2025, m, 2, 13)).toISOString()}')`);
	const left = await s.sql("SELECT (SELECT count(*) FROM pledged.tally), (SELECT count(*) FROM pledged.roll_delta), (SELECT count(*) FROM pledged.roll_due), (SELECT count(*) FROM pledged.visit_tally)");

	assert.ok(left[0].every((n) => Number(n) > 0), `some of all waits: ${left[0]}`);
	assert.ok(decisions.length > 5000 && events.length > 2000 && pledges.length > 200, `${decisions.length} ${events.length} ${pledges.length}`);
});

// --- what was made up, counted by the definitions --------------------------------------------------------------------------------------

const WINDOW = { from: "2025-02-11", to: "2025-12-27" };
const within = (site, at, { from, to } = WINDOW) => site.clock.day(at) >= from && site.clock.day(at) < to;
const has = (d, ...kinds) => d.events.some(([kind]) => kinds.includes(kind));
const followed = (d) => d.act !== "open" && has(d, "shown", "walled");
const live_site = (site) => pledges.some((p) => p.site === site && p.live);
const first_paid = (p) => p.payments.find((y) => !y.mismatch);
// A pledge belongs to its decision; the decision's time is known when its events are.
const pledge_at = (p) => (p.d && p.d.events.length ? p.d.at : p.created);
// Only of a prompt whose reader may be followed is it known whether it was seen: what is divided by views is of prompts that were. A pledge by one that
// told of no view before it is of a page without scripts.
const is_seen = (p) => Boolean(p.d && followed(p.d) && p.d.events.some(([kind, at]) => kind === "viewed" && at <= p.created));
const is_plain = (p) => Boolean(p.d && followed(p.d) && !is_seen(p));
const worth = (p) => p.amount * (p.kind === "month" ? 12 : 1);
const capped = (p, cap = 250) => Math.min(worth(p), cap * 10 ** exponent(p.currency));
const here = () => decisions.filter((d) => within(d.site, d.at));
const given = () => pledges.filter((p) => within(p.site, pledge_at(p)));
const mode = (live) => (live ? "live" : "test");

// --- R1 ---------------------------------------------------------------------------------------------------------------------------

for (const by of ["day", "section", "country", "device", "campaign"])
	test(`R1: the funnel by ${by}`, async () => {
		const part = (site, x, at) => ({ day: () => site.clock.day(at), campaign: () => "" })[by]?.() ?? x?.[by] ?? "";
		const key = (site, x, at, campaign, variant, live, currency) => [part(site, x, at), site.slug, campaign, variant, mode(live), currency];
		const want = groups(here(), (d) => key(d.site, d, d.at, d.campaign, d.variant, live_site(d.site), d.site.currency), (row, d) => {
			plus(row, "decisions");
			plus(row, "served", Number(d.act !== "open"));
			plus(row, "followed", Number(followed(d)));
			plus(row, "viewed", Number(has(d, "viewed")));
			plus(row, "clicked", Number(has(d, "clicked")));
		});

		for (const p of given()) {
			const k = key(p.site, p.d?.events.length ? p.d : null, pledge_at(p), p.campaign ?? "", p.variant ?? "", p.live, p.currency), name = k.join("|");
			const row = want.get(name) ?? want.set(name, { key: k }).get(name), paid = first_paid(p);

			plus(row, "pledged");
			plus(row, "paid", Number(Boolean(paid)));
			plus(row, "gross", paid?.amount ?? 0);
			plus(row, "seen_pledged", Number(is_seen(p)));
			plus(row, "seen_paid", Number(is_seen(p) && Boolean(paid)));
			plus(row, "plain_pledged", Number(is_plain(p)));
			plus(row, "plain_paid", Number(is_plain(p) && Boolean(paid)));
			plus(row, "followed_paid", Number((is_seen(p) || is_plain(p)) && Boolean(paid)));
		}
		const got = await script(s, "01_funnel.sql", { ...WINDOW, by });
		const of = (row, column) => row[column] ?? 0, rate = (row, a, b, digits) => quotient(100 * of(row, a), of(row, b), digits);

		assert.ok(got.length > 20);
		assert.ok(given().some((p) => p.d && !is_seen(p) && !is_plain(p) && first_paid(p)) && given().some((p) => is_plain(p) && first_paid(p)) && given().some((p) => is_seen(p) && first_paid(p)));
		assert.deepEqual(pick(got, "by", "site", "campaign", "variant", "mode", "currency", "decisions", "served", "served %", "followed", "viewed", "viewed %", "clicked", "clicked %",
			"seen_pledged", "pledged/clicked %", "seen_paid", "seen paid %", "plain_pledged", "plain_paid", "clicked/followed %", "paid/followed %",
			"pledged", "paid", "paid %", "pledged/served %", "paid/served %", "gross", "provisional"),
		[...want.values()].map((r) => [...r.key, of(r, "decisions"), of(r, "served"), rate(r, "served", "decisions", 2), of(r, "followed"), of(r, "viewed"), rate(r, "viewed", "followed", 1),
			of(r, "clicked"), rate(r, "clicked", "viewed", 1), of(r, "seen_pledged"), rate(r, "seen_pledged", "clicked", 1), of(r, "seen_paid"),
			rate(r, "seen_paid", "seen_pledged", 1), of(r, "plain_pledged"), of(r, "plain_paid"), rate(r, "clicked", "followed", 2), rate(r, "followed_paid", "followed", 3), of(r, "pledged"), of(r, "paid"),
			rate(r, "paid", "pledged", 1), rate(r, "pledged", "served", 3), rate(r, "paid", "served", 3), major(of(r, "gross"), r.key[5]), "f"].join(" | ")).sort());
	});

test("the reasons of decisions, and each in per cent of the site's", async () => {
	const want = groups(here(), (d) => [d.site.slug, d.campaign, d.variant, d.act, d.reason], (row) => plus(row, "n"));
	const all = Object.fromEntries(SITES.map((site) => [site.slug, here().filter((d) => d.site === site).length]));

	assert.deepEqual(pick(await script(s, "03_prompts.sql", WINDOW), "site", "campaign", "variant", "act", "reason", "n", "%"),
		[...want.values()].map((r) => [...r.key, r.n, quotient(100 * r.n, all[r.key[0]], 1)].join(" | ")).sort());
});

// --- R2, R14 ----------------------------------------------------------------------------------------------------------------------

// worths: of pledges by some key, and for what was served without any a row in the site's own currency.
function worths(served, key_of, pledge_key) {
	const steps = groups(served, key_of, (row, d) => {
		plus(row, "decisions");
		plus(row, "served", Number(d.act !== "open"));
		plus(row, "followed", Number(followed(d)));
		plus(row, "viewed", Number(has(d, "viewed")));
	});
	const gifts = groups(given().filter((p) => pledge_key(p)), (p) => [...pledge_key(p), mode(p.live), p.currency], (row, p) => {
		plus(row, "pledged");
		plus(row, "paid", Number(Boolean(first_paid(p))));
		plus(row, "worth", first_paid(p) ? worth(p) : 0);
		plus(row, "capped", first_paid(p) ? capped(p) : 0);
		plus(row, "seen_pledged", Number(is_seen(p)));
		plus(row, "seen_paid", Number(is_seen(p) && Boolean(first_paid(p))));
		plus(row, "seen_worth", is_seen(p) && first_paid(p) ? worth(p) : 0);
		plus(row, "seen_capped", is_seen(p) && first_paid(p) ? capped(p) : 0);
	});

	for (const step of steps.values())
		if (step.served > 0 && ![...gifts.values()].some((g) => g.key.slice(0, -2).join("|") === step.key.join("|"))) {
			const site = SITES.find((x) => x.slug === step.key[0]), key = [...step.key, mode(live_site(site)), site.currency];

			gifts.set(key.join("|"), { key, ...Object.fromEntries(["pledged", "paid", "worth", "capped"].flatMap((c) => [[c, 0], [`seen_${c}`, 0]])) });
		}
	return [...gifts.values()].map((g) => ({ decisions: 0, served: 0, followed: 0, viewed: 0, ...steps.get(g.key.slice(0, -2).join("|")), ...g, currency: g.key.at(-1) }));
}
// per: minor units per 1,000, in major units
const per = (minor, n, currency) => quotient(1000 * minor, n * 10 ** exponent(currency), 2);

test("R2: conversion and value per 1,000, raw and capped", async () => {
	const want = worths(here().filter((d) => d.campaign), (d) => [d.site.slug, d.campaign, d.variant], (p) => [p.site.slug, p.campaign ?? "", p.variant ?? ""]);

	assert.deepEqual(pick(await script(s, "12_value.sql", WINDOW), "site", "campaign", "variant", "mode", "currency", "served", "followed", "viewed", "pledged", "paid",
		"seen_pledged", "seen_paid", "paid_per_1000_viewed", "paid_per_1000_served", "value", "value_capped", "value_per_1000_viewed", "capped_per_1000_viewed",
		"value_per_1000_served", "capped_per_1000_served"),
	want.map((r) => [...r.key, r.served, r.followed, r.viewed, r.pledged, r.paid, r.seen_pledged, r.seen_paid, quotient(1000 * r.seen_paid, r.viewed, 3),
		quotient(1000 * r.paid, r.served, 3), major(r.worth, r.currency), major(r.capped, r.currency), per(r.seen_worth, r.viewed, r.currency),
		per(r.seen_capped, r.viewed, r.currency), per(r.worth, r.served, r.currency), per(r.capped, r.served, r.currency)].join(" | ")).sort());
});

test("R14: pages, and the gifts that their prompts led to", async () => {
	const want = worths(here(), (d) => [d.site.slug, d.page], (p) => (p.d ? [p.site.slug, p.d.events.length ? p.d.page : ""] : null));
	const got = await script(s, "24_articles.sql", { ...WINDOW, most: 10000 });
	const rate = (r) => (r.served ? r.capped / r.served : -1), ranked = want.filter((r) => r.served >= 100);

	for (const r of ranked)
		r.rank = 1 + ranked.filter((o) => o.key[0] === r.key[0] && o.key.at(-2) === r.key.at(-2) && o.currency === r.currency && Number(per(o.capped, o.served, o.currency)) > Number(per(r.capped, r.served, r.currency))).length;
	assert.ok(ranked.length > 5 && want.some((r) => r.served < 100 && r.served > 0) && rate(ranked[0]) >= 0);
	assert.deepEqual(pick(got, "rank", "site", "page", "mode", "currency", "decisions", "served", "pledged", "paid", "value_capped", "capped_per_1000_served"),
		want.map((r) => [r.rank ?? "", ...r.key, r.decisions, r.served, r.pledged, r.paid, major(r.capped, r.currency), per(r.capped, r.served, r.currency)].join(" | ")).sort());
	assert.equal(got.reduce((n, r) => n + Number(r.paid), 0), given().filter((p) => p.d && first_paid(p)).length, "every gift by a prompt is in it once");
});

// --- R4, R5 -----------------------------------------------------------------------------------------------------------------------

const MONTHS = Array.from({ length: 12 }, (_, i) => `2025-${String(i + 1).padStart(2, "0")}`);
// months: of readers whose cookie came back: what each calendar month of each was
const months = readers.filter((r) => r.id).flatMap((reader) => MONTHS.map((month) => {
	const { clock } = reader.site, list = reader.decisions.filter((d) => clock.month(d.at) === month), walls = list.filter((d) => d.act === "wall");

	return list.length === 0 ? null : { site: reader.site.slug, month, articles: new Set(list.filter((d) => d.section !== "obituaries").map((d) => d.page)).size,
		prompts: list.filter((d) => d.act === "prompt").length, walls: new Set(walls.map((d) => `${clock.day(d.at)} ${d.page}`)).size, walled: walls.length > 0,
		gave: walls.length > 0 && pledges.some((p) => p.reader === reader && p.payments.some((y) => !y.mismatch && y.at >= walls[0].at && y.at < walls[0].at + 30 * DAY)) };
})).filter(Boolean);

test("R4: who is stopped by a wall, and who of them gives within 30 days", async () => {
	const minted = groups(visits, (v) => [v.site.clock.month(v.at), v.site.slug], (row, v) => plus(row, "one_view", v.fresh - v.returned));
	const want = groups(months, (m) => [`${m.month}-01`, m.site], (row, m) => {
		plus(row, "people");
		plus(row, "metered", Number(m.articles > 0 || m.walled));
		plus(row, "walled", Number(m.walled));
		plus(row, "gave", Number(m.gave));
	});

	assert.ok(months.filter((m) => m.gave).length > 10);
	assert.deepEqual(pick(await script(s, "14_stops.sql", { from: "2025-01-01", to: "2026-01-01" }), "month", "site", "people", "metered", "walled", "stop_rate", "one_view",
		"stop_rate_all", "gave", "conversion", "closed"),
	[...want.values()].map((r) => {
		const one_view = Math.max(0, minted.get(`${r.key[0].slice(0, 7)}|${r.key[1]}`).one_view);

		return [...r.key, r.people, r.metered, r.walled, quotient(100 * r.walled, r.metered, 2), one_view, quotient(100 * r.walled, r.metered + one_view, 2), r.gave,
			quotient(100 * r.gave, r.walled, 2), "t"].join(" | ");
	}).sort());
});

test("R4: how many articles readers want in a month", async () => {
	const want = groups(months, (m) => [`${m.month}-01`, m.site, m.articles], (row) => plus(row, "people"));
	const more = (r) => months.filter((m) => `${m.month}-01` === r.key[0] && m.site === r.key[1] && m.articles >= r.key[2]).length;
	const all = (r) => months.filter((m) => `${m.month}-01` === r.key[0] && m.site === r.key[1]).length;

	assert.deepEqual(pick(await script(s, "35_meter.sql", { from: "2025-01-01", to: "2026-01-01" }), "month", "site", "opened", "people", "at_least", "at_least %"),
		[...want.values()].map((r) => [...r.key, r.people, more(r), quotient(100 * more(r), all(r), 1)].join(" | ")).sort());
});

test("R5: how often readers are asked, and what they do", async () => {
	const want = MONTHS.flatMap((month) => SITES.map((site) => {
		const list = months.filter((m) => m.month === month && m.site === site.slug).map((m) => m.prompts + m.walls).sort((a, b) => a - b);
		const rank = (p) => list[Math.ceil(p * list.length / 100) - 1], all = decisions.filter((d) => d.site === site && site.clock.month(d.at) === month);
		const n = (of) => all.filter(of).length, viewed = n((d) => has(d, "viewed")), served = n((d) => d.act !== "open");

		return [`${month}-01`, site.slug, list.length, rank(50), rank(95), rank(99), list.at(-1), all.length, n((d) => d.act === "prompt"), n((d) => d.act === "wall"),
			quotient(100 * served, all.length, 2), n(followed), viewed, ...["closed", "later", "already_gave", "never"].flatMap((kind) => [n((d) => has(d, kind)),
				quotient(100 * n((d) => has(d, kind)), viewed, 2)])].join(" | ");
	}));

	assert.deepEqual(pick(await script(s, "15_pressure.sql", { from: "2025-01-01", to: "2026-01-01" }), "month", "site", "people", "p50", "p95", "p99", "most", "decisions", "prompts",
		"walls", "served %", "followed", "viewed", "closed", "closed %", "later", "later %", "already_gave", "already_gave %", "never", "never %"), want.sort());
});

// --- R3 ---------------------------------------------------------------------------------------------------------------------------

// erfc by its continued fraction and series (Abramowitz and Stegun 7.1.5, 7.1.14), the chi-square tail of k degrees by it
function erfc(x) {
	if (x < 2.5) {
		let term = x, sum = x;

		for (let i = 1; i < 80; i++) {
			term *= -x * x / i;
			sum += term / (2 * i + 1);
		}
		return 1 - 2 / Math.sqrt(Math.PI) * sum;
	}
	let f = 0;

	for (let k = 60; k > 0; k--)
		f = k / 2 / (x + f);
	return Math.exp(-x * x) / Math.sqrt(Math.PI) / (x + f);
}
const chi2 = (x, k) => (k === 1 ? erfc(Math.sqrt(x / 2)) : k === 2 ? Math.exp(-x / 2) : NaN);
const Z = 1.959963984540054;

function wilson(x, n) {
	const p = x / n, mid = (p + Z * Z / 2 / n) / (1 + Z * Z / n), reach = Z / (1 + Z * Z / n) * Math.sqrt(p * (1 - p) / n + Z * Z / 4 / n / n);

	return [p, x === 0 ? 0 : mid - reach, x === n ? 1 : mid + reach];
}

test("R3: tests of variants: who was served, who gave, intervals, both p, the split and the overlap", async () => {
	const got = await script(s, "13_experiments.sql", { from: "2025-02-01", to: "2026-01-01" });
	const served = (test) => {		// reader → first variant, and when it was served first and last
		const list = new Map();

		for (const d of decisions.filter((x) => x.site === test.site && x.campaign === test.campaign && x.at >= test.at && x.at < test.ends && has(x, "shown", "walled", "held"))) {
			const one = list.get(d.reader) ?? list.set(d.reader, { variant: d.variant, first: d.at, times: [] }).get(d.reader);

			one.times.push(d.at);
		}
		return list;
	};
	const tests = SITES.flatMap((site) => TESTS.filter((v) => Object.keys(v.variants).length > 1).map((v) => ({ ...v, site,
		ends: Math.min(TESTS.find((o) => o.campaign === v.campaign && o.version === v.version + 1)?.at ?? Infinity, site.clock.begins("2026-01-01")),
		over: TESTS.find((o) => o.campaign === v.campaign && o.version === v.version + 1)?.at ?? Infinity }))).map((t) => ({ ...t, served: served(t) }));
	let rows = 0;

	for (const t of tests)
		for (const live of [true, false]) {
			const blank = "control" in t.variants, base = blank ? "control" : Object.keys(t.variants)[0], total = t.served.size;
			const shares = Object.values(t.variants).reduce((a, b) => a + b);
			const arms = Object.fromEntries(Object.entries(t.variants).map(([variant, share]) => {
				const people = [...t.served].filter(([, one]) => one.variant === variant);
				const gifts = people.map(([reader, one]) => pledges.filter((p) => p.reader === reader && p.site === t.site && p.live === live && first_paid(p) && p.created >= one.first
					&& p.created < t.over + DAY / 2 && p.created < t.site.clock.begins("2026-01-01") && (blank || p.campaign === t.campaign)));
				const values = gifts.map((list) => list.filter((p) => p.currency === t.site.currency).reduce((n, p) => n + capped(p), 0) / 10 ** exponent(t.site.currency));
				const n = people.length, mean = values.reduce((a, b) => a + b, 0) / n;
				const overlap = people.filter(([reader]) => tests.some((o) => o.site === t.site && o.campaign !== t.campaign && o.served.get(reader)?.times.some((at) => at >= t.at && at < t.over))).length;

				return [variant, { n, gave: gifts.filter((list) => list.length).length, share: share / shares, mean, overlap,
					elsewhere: gifts.filter((list) => list.some((p) => p.currency !== t.site.currency)).length,
					error2: values.reduce((a, v) => a + (v - mean) ** 2, 0) / (n - 1) / n }];
			}));
			const split = chi2(Object.values(arms).reduce((x, a) => x + (a.n - total * a.share) ** 2 / (total * a.share), 0), Object.keys(arms).length - 1);

			for (const [variant, a] of Object.entries(arms)) {
				const b = arms[base], row = got.find((r) => r.site === t.site.slug && r.campaign === t.campaign && Number(r.version) === t.version && r.variant === variant && r.mode === mode(live));
				const near = (column, value, digits, scale = 1) => assert.ok(Math.abs(Number(row[column]) - scale * value) <= 0.51 * 10 ** -digits + 1e-9,
					`${t.site.slug} ${t.campaign} ${t.version} ${variant} ${mode(live)}: ${column} is ${row[column]}, not ${scale * value}`);
				const [p, low, high] = wilson(a.gave, a.n);

				assert.deepEqual([row.readers, row.gave, row.elsewhere, row.crossed, row["share %"]], [a.n, a.gave, a.elsewhere, 0, quotient(Math.round(1000 * a.share), 10, 1)].map(String));
				near("gave/1000", p, 3, 1000);
				near("low", low, 3, 1000);
				near("high", high, 3, 1000);
				near("value", a.mean, 4);
				near("value low", a.mean - Z * Math.sqrt(a.error2), 4);
				near("value high", a.mean + Z * Math.sqrt(a.error2), 4);
				near("p shares", split, 5);
				near("overlap %", a.overlap / a.n, 1, 100);
				rows++;
				if (variant === base)
					continue;
				const [q, q_low, q_high] = wilson(b.gave, b.n), all = (a.gave + b.gave) / (a.n + b.n), v = all * (1 - all) * (1 / a.n + 1 / b.n), tau = (0.2 * all) ** 2;

				near("difference", p - q, 3, 1000);
				near("difference low", p - q - Math.sqrt((p - low) ** 2 + (q_high - q) ** 2), 3, 1000);
				near("difference high", p - q + Math.sqrt((high - p) ** 2 + (q - q_low) ** 2), 3, 1000);
				near("value difference", a.mean - b.mean, 4);
				near("value difference high", a.mean - b.mean + Z * Math.sqrt(a.error2 + b.error2), 4);
				near("p", v > 0 ? erfc(Math.abs(p - q) / Math.sqrt(2 * v)) : 1, 5);
				// likelihood of the mixture over none: ∫ N(d; t, v) N(t; 0, tau) dt / N(d; 0, v)
				near("p always", v > 0 ? Math.min(1, Math.sqrt((v + tau) / v) * Math.exp(-0.5 * (p - q) ** 2 * (1 / v - 1 / (v + tau)))) : 1, 5);
			}
		}
	assert.equal(got.length, rows);
	assert.ok(tests.every((t) => t.served.size > 20));
});

// --- R19, R21 ---------------------------------------------------------------------------------------------------------------------

test("R19: robots and private readers", async () => {
	const want = groups(visits.filter((v) => within(v.site, v.at)), (v) => [v.site.clock.day(v.at), v.site.slug], (row, v) => {
		for (const [column, n] of Object.entries({ n: 1, fresh: v.fresh, returned: v.returned, robot: v.robot, claimed: v.claimed, none: 0, counting: 0, full: 0 }))
			plus(row, column, n);
		if (!v.robot)
			plus(row, v.consent);
	});
	const share = (a, b) => quotient(100 * a, b, 1);

	assert.deepEqual(pick(await script(s, "27_robots.sql", WINDOW), "day", "site", "decisions", "minted", "returned", "returned %", "fresh %", "robots", "robots %", "claimed",
		"claimed %", "none %", "counting %", "full %"),
	[...want.values()].map((r) => [...r.key, r.n, r.fresh, r.returned, share(r.returned, r.fresh), share(r.fresh, r.n), r.robot, share(r.robot, r.n), r.claimed, share(r.claimed, r.n),
		...["none", "counting", "full"].map((c) => share(r[c], r.n - r.robot))].join(" | ")).sort());
});

test("R21: changes of campaigns, and what they did in the day before and after", async () => {
	const got = await script(s, "29_audit.sql", { from: "2025-01-02", to: "2025-12-01" });
	const want = SITES.flatMap((site) => TESTS.filter((v) => v.at > FROM).flatMap((v) => [true, false].map((live) => {
		const hour = site.clock.hour_at(v.at), before = (at) => at >= hour - DAY && at < hour, after = (at) => at >= hour + 3600 && at < hour + DAY + 3600;
		const served = (when) => decisions.filter((d) => d.site === site && d.campaign === v.campaign && d.act !== "open" && when(d.at)).length;
		const paid = (when) => pledges.filter((p) => p.site === site && p.campaign === v.campaign && p.live === live && first_paid(p) && when(p.created)).length;
		const line = (when) => [served(when), paid(when), quotient(1000 * paid(when), served(when), 3)];

		return [site.slug, v.campaign, v.version, mode(live), ...line(before), ...line(after)].join(" | ");
	})));

	assert.deepEqual([...new Set(pick(got, "site", "campaign", "version", "mode", "served before", "paid before", "paid/1000 before", "served after", "paid after", "paid/1000 after"))], want.sort());
	const fields = (version) => new Set(got.filter((r) => r.campaign === "support" && r.version === version && r.site === "riga").map((r) => r.field));

	assert.ok(fields("3").has("text") && [...fields("3")].some((f) => f.includes("variants")), [...fields("3")].join(" "));
	assert.deepEqual([...new Set(got.map((r) => r.author))], ["editor"]);
});

test("a rebuild of two months from raw rows finds no wrong figure", async () => {
	await s.sql("SELECT pledged.tally_fold(10000, now()), pledged.roll_events(100000, now()), pledged.roll_pledges(100000, now())");
	assert.equal(await s.count("SELECT pledged.roll_rebuild('2025-11-01', '2026-01-01')"), 0);
});
