// The goal: two made-up years of gifts at two sites, in three currencies, live and test, and of all that the money desk looks at besides: differences,
// refusals, webhooks, reminders, goals. Each report of it is counted a second time, from what was made up. Walls and prompts are in
// report_traffic; the book, recoveries and stages of a long single history in report_money.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DAY, draws, exponent, feed, groups, inserts, iso, literal, major, pick, plus, quotient, script, utc, zone } from "./lib/report.mjs";
import { stack } from "./lib/stack.mjs";

const s = await stack({ name: "report-desk", only: "pg", campaigns: "none" });
const { below, chance, one_of, uuid } = draws(11);

// --- what is made up ---------------------------------------------------------------------------------------------------------------

const SITES = [{ id: 84, slug: "riga", zone: "Europe/Riga", currencies: ["EUR", "EUR", "KWD"] }, { id: 85, slug: "tokyo", zone: "Asia/Tokyo", currencies: ["JPY"] }]
	.map((site) => ({ ...site, clock: zone(site.zone) }));
const FROM = utc("2023-07-01"), TO = utc("2025-07-01");
const pledges = [], gifts = [], claims = [], backs = [], fees = [], tells = [];
let ids = 0;
const tell = (pledge, at, part) => tells.push({ pledge, at, part });
const sum = (list, of = (x) => x) => list.reduce((all, x) => all + of(x), 0);
const mode = (live) => (live ? "live" : "test");

function pay(pledge, at) {
	const gift = { id: `pi_${++ids}`, pledge, at, amount: pledge.amount, method: one_of(["card", "card", "ideal"]), country: one_of(["LV", "DE", "JP", ""]), back: 0 };
	const luck = below(100);

	gifts.push(gift);
	tell(pledge, at, { payments: [{ id: gift.id, state: "paid", amount: gift.amount, currency: pledge.currency, paid_at: iso(at), intent: null, method: gift.method, country: gift.country || null }] });
	if (luck < 80) {
		const fee = { gift, at: at + 3600, amount: Math.floor(gift.amount * 0.02) + 1 };

		fees.push(fee);
		tell(pledge, fee.at, { fees: [{ id: `txn_${++ids}`, payment: gift.id, what: "payment", amount: fee.amount, currency: pledge.currency }] });
	}
	if (luck < 8) {
		const back = { gift, at: at + DAY * (1 + below(80)), amount: luck < 4 ? gift.amount : Math.ceil(gift.amount / 3) };

		gift.back = back.amount;
		backs.push(back);
		tell(pledge, back.at, { refunds: [{ id: `re_${++ids}`, payment: gift.id, amount: back.amount, currency: pledge.currency, state: "done" }] });
	} else if (luck < 16) {
		const claim = { gift, at: at + DAY * (1 + below(40)), amount: gift.amount, state: one_of(["open", "won", "lost"]) }, id = `du_${++ids}`;

		claim.end = claim.at + 9 * DAY;
		claims.push(claim);
		for (const [when, state] of [[claim.at, "open"], [claim.end, claim.state]].slice(0, claim.state === "open" ? 1 : 2))
			tell(pledge, when, { disputes: [{ id, payment: gift.id, amount: claim.amount, currency: pledge.currency, state }] });
	}
}

for (const site of SITES) {
	for (let i = 0; i < 100; i++) {
		const kind = one_of(["once", "once", "month", "year"]), at = FROM + below(TO - FROM - 100 * DAY), who = below(3);
		const pledge = { id: uuid(), no: pledges.length, site, kind, at, live: chance(0.85), currency: one_of(site.currencies), amount: one_of([700, 1000, 2500, 12000]),
			campaign: one_of(["support", "support", "drive", null]), email: who < 2 ? `d${below(40)}@mail.example` : null, reader: null };

		if (who === 2 && chance(0.7))
			pledge.reader = `eeeeeeee-0000-4000-8000-0000000000${10 + below(8)}`;
		pledge.donor = pledge.email ?? pledge.reader ?? pledge.id;
		pledges.push(pledge);
		if (chance(0.15))
			continue;		// left at the page
		pay(pledge, at + 120);
		if (kind === "once")
			continue;
		const step = (kind === "month" ? 30 : 365) * DAY, says = (when, part) => tell(pledge, when, { recurring: { id: `sub_${pledge.no}`, state: "active", ...part } });
		let t = at + 120 + step;

		says(at + 120, { amount: pledge.amount, currency: pledge.currency, failures: 0 });
		for (let n = 2 + below(14); n > 0 && t < TO - 60 * DAY; n--, t += step)
			pay(pledge, t);
		if (t < TO - 60 * DAY && chance(0.6)) {
			pledge.ended = t - 5 * DAY;
			says(t - 9 * DAY, { ends_at: iso(pledge.ended), amount: pledge.amount, currency: pledge.currency });
			says(pledge.ended, { state: "ended" });
		} else if (chance(0.5)) {		// refused, once to four times, and nothing since
			pledge.owed = 1 + below(4);
			for (let k = 0; k < pledge.owed; k++) {
				tell(pledge, t + k * 600, { payments: [{ id: `pi_${++ids}`, state: "failed", amount: pledge.amount, currency: pledge.currency, paid_at: null, intent: null }] });
				says(t + k * 600, { state: "past_due", failures: k + 1, failure: "insufficient_funds" });
			}
			pledge.owed_at = t;
		}
	}
}
const differences = Array.from({ length: 30 }, (_, i) => ({ provider: "stripe", provider_id: `pi_${5000 + i}`, what: one_of(["missing_here", "missing_there", "amount", "fee"]), object: "payment",
	ours: "1.00 EUR", theirs: "1.10 EUR", livemode: chance(0.8), object_at: TO - 50 * DAY + below(40 * DAY), first_seen: TO - 5 * DAY, last_seen: TO, resolved_at: chance(0.4) ? TO - 2 * DAY : null }));
const refusals = Array.from({ length: 400 }, () => ({ site: one_of(SITES), live: chance(0.7), at: TO - 16 * DAY + below(6 * DAY), who: below(60), why: one_of([["network"], ["network", "wide"], ["email", "site"], ["shut"], ["off"]]) }));
const hooks = Array.from({ length: 200 }, (_, i) => ({ no: i, at: TO - 9 * DAY + below(9 * DAY), sent: chance(0.85) ? 1 + below(2000) / 100 : null, lag: below(90000) / 1000,
	state: one_of(["done", "done", "done", "done", "ignored", "parked", "new"]), tries: 1 + Number(chance(0.2)), error: chance(0.3) ? one_of(["HTTP 503 api_error", "no pledge is known for it", "curl 28: Timeout was reached"]) : null }))
	.map((h) => ({ ...h, error: ["ignored", "new"].includes(h.state) ? null : h.error }));
const reminders = Array.from({ length: 120 }, (_, i) => ({ site: one_of(SITES), no: i, campaign: one_of(["support", null]), kind: one_of(["month", "articles"]), at: FROM + below(TO - FROM - 90 * DAY),
	state: one_of(["sent", "sent", "sent", "waiting", "gave", "stopped", "replaced", "expired"]) })).map((m) => {
	const ended = m.state === "waiting" ? null : m.at + (1 + below(50)) * DAY, sent = m.state === "sent";

	return { ...m, ended, followed: sent && chance(0.6) ? ended + 3600 : null, gave: sent && chance(0.4) ? ended + 7200 + below(20 * DAY) : null, stopped: m.state === "stopped" || (sent && chance(0.1)) ? ended + 60 : null };
});

test("all of it is told", async () => {
	const times = (row, ...names) => Object.fromEntries(Object.entries(row).map(([k, v]) => [k, names.includes(k) && v !== null ? iso(v) : v]));
	const hash = (n) => `\\x${String(n).padStart(64, "0")}`;

	await feed(s, inserts("site", SITES.map((site) => ({ site_id: site.id, slug: site.slug, name: site.slug, time_zone: site.zone, currency: site.currencies[0], locale: "en", gift_label: "Gift",
		thanks_path: "/t", cancel_path: "/c" }))),
	...SITES.map((site) => `SELECT FROM pledged.campaign_publish('${site.slug}', 'drive', ${literal({ site: site.slug, campaign: "drive", kind: "appeal", start: iso(FROM), goal: { amount: "5000", currency: site.currencies[0],
		from: "2024-07-01T00:00:00Z" }, variants: [{ variant: "a", share: 100 }] })}, 'editor', '${iso(FROM)}');`),
	...pledges.map((p) => `INSERT INTO pledged.pledge (pledge_id, public_token, key, fingerprint, site_id, campaign, amount, currency, "interval", email, reader_id, locale, livemode, status, created_at, status_at)
		VALUES ('${p.id}', 'made-up-token-${p.no}-00000', 'made-up-key-${p.no}-000000', '\\x01', ${p.site.id}, ${literal(p.campaign)}, ${p.amount}, '${p.currency}', '${p.kind}', ${literal(p.email)},
			${literal(p.reader)}, 'en', ${p.live}, 'new', '${iso(p.at)}', '${iso(p.at)}');
		SELECT pledged.ledger_put('${p.id}', 'pledge', '${p.id}', NULL, 'new', NULL, NULL, 0, '${p.currency}', ${p.live}, 'made up', NULL, NULL, '${iso(p.at)}');`),
	...tells.map((t, i) => ({ ...t, i })).sort((a, b) => a.at - b.at || a.i - b.i).map((t) => `SELECT FROM pledged.settle(NULL, 'made up', ${literal({ provider: "stripe", pledge: t.pledge.id,
		livemode: t.pledge.live, fetched_at: iso(t.at), checkout: null, payments: [], refunds: [], disputes: [], recurring: null, email: null, ...t.part })}, '${iso(t.at)}');`),
	inserts("comparison", [{ comparison_id: uuid(), provider: "stripe", livemode: true, from_at: iso(TO - 60 * DAY), state: "done", author: "clerk", days: 60, asked_at: iso(TO), ended_at: iso(TO),
		totals: JSON.stringify([{ currency: "EUR", what: "paid", ours: 123456, theirs: 123400 }, { currency: "JPY", what: "refunded", ours: 77, theirs: 77 }]) }]),
	inserts("difference", differences.map((d) => ({ ...times(d, "object_at", "first_seen", "last_seen", "resolved_at"), comparison_id: uuid() }))),
	inserts("refusal_log", refusals.map((r) => ({ at: iso(r.at), site_id: r.site.id, livemode: r.live, why: r.why, email_hash: hash(r.who) }))),
	inserts("decline_count", SITES.flatMap((site) => [0, 10, 310].map((k) => ({ site_id: site.id, at: iso(TO - 30 * DAY + k), n: 3 + k })))),
	inserts("inbox", hooks.map((h) => ({ provider: "stripe", dedup_key: `evt_${h.no}`, event_type: "invoice.paid", object_kind: "invoice", object_id: `in_${h.no}`, livemode: true,
		occurred_at: h.sent === null ? null : iso(h.at - h.sent), headers: h.sent === null ? null : "x", body: null, received_at: iso(h.at), state: h.state, not_before: iso(h.at), tries: h.tries, error: h.error,
		ended_at: h.state === "new" ? null : iso(h.at + h.lag) }))),
	inserts("remind", reminders.map((m) => ({ remind_id: uuid(), site_id: m.site.id, email: m.state === "waiting" ? `r${m.no}@mail.example` : null, email_hash: m.state === "waiting" ? hash(m.no) : null, locale: "en",
		campaign: m.campaign, month: m.kind === "month" ? "2026-01-01" : null, articles: m.kind === "articles" ? 5 : null, views_from: m.kind === "articles" ? 1 : null, state: m.state,
		created_at: iso(m.at), due_at: iso(m.at + DAY), ended_at: m.ended === null ? null : iso(m.ended), token_hash: m.state === "sent" ? hash(m.no) : null, followed_at: m.followed && iso(m.followed),
		gave_at: m.gave && iso(m.gave), stopped_at: m.stopped && iso(m.stopped) }))),
	"SELECT FROM pledged.view_goals_shown();");
	assert.ok(gifts.length > 300 && claims.length > 20 && backs.length > 20 && pledges.some((p) => p.owed > 3), [gifts, claims, backs].map((l) => l.length).join(" "));
	assert.equal(await s.count("SELECT count(*) FROM pledged.payment WHERE state = 'paid'"), gifts.length);
});

// --- R10 -----------------------------------------------------------------------------------------------------------------------------

const day = (g, at = g.at) => g.pledge.site.clock.day(at);
// movements: of each gift: when, and what it moved. Disputes hold money back from the day on; the bank's word in our favour gives it back.
const movements = [...gifts.map((gift) => ({ gift, at: gift.at, gross: gift.amount })), ...backs.map((b) => ({ gift: b.gift, at: b.at, refunds: b.amount })),
	...claims.flatMap((c) => [{ gift: c.gift, at: c.at, disputes: c.amount }, ...(c.state === "won" ? [{ gift: c.gift, at: c.end, disputes: -c.amount }] : [])]),
	...fees.map((f) => ({ gift: f.gift, at: f.at, fees: f.amount }))];

function income(list, key_of) {
	return [...groups(list, (m) => [...key_of(m), m.gift.pledge.currency], (row, m) => {
		for (const column of ["gross", "refunds", "disputes", "fees"])
			plus(row, column, m[column] ?? 0);
		if (m.gross)
			(row.list ??= []).push(m.gross);
	}).values()].map((r) => {
		const currency = r.key.at(-1), list = (r.list ?? []).sort((a, b) => a - b), half = list.length >> 1, money = (n) => major(n, currency), net = r.gross - r.refunds - r.disputes;
		const part = (n, by) => quotient(n, by * 10 ** exponent(currency), exponent(currency));

		return [...r.key.slice(0, -1), currency, list.length, money(r.gross), money(r.refunds), money(r.disputes), money(net), money(r.fees), money(net - r.fees), part(r.gross, list.length),
			list.length ? part(list.length % 2 ? 2 * list[half] : list[half - 1] + list[half], 2) : "", "ok"].join(" | ");
	}).sort();
}
const MONEY = ["gifts", "gross", "refunds", "disputes", "net", "fees", "net_of_fees", "mean", "median", "check"];

test("R10: income by day", async () => {
	const window = { from: "2024-01-15", to: "2025-03-11" }, here = movements.filter((m) => day(m.gift, m.at) >= window.from && day(m.gift, m.at) < window.to);

	assert.deepEqual(pick(await script(s, "02_income.sql", window), "day", "site", "interval", "mode", "currency", ...MONEY),
		income(here, (m) => [day(m.gift, m.at), m.gift.pledge.site.slug, m.gift.pledge.kind, mode(m.gift.pledge.live)]));
});

const EDGES = [5, 10, 25, 100];
const PARTS = { hour: (g, at) => String(g.pledge.site.clock.hour(at)).padStart(2, "0"), month: (g, at) => g.pledge.site.clock.month(at), day: (g, at) => day(g, at), country: (g) => g.country,
	method: (g) => `stripe ${g.method}`, source: (g) => g.pledge.campaign ?? "no prompt", interval: (g) => g.pledge.kind,
	weekday: (g, at) => ((n) => `${n || 7} ${["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][n]}`)(new Date(`${day(g, at)}T12:00:00Z`).getUTCDay()),
	band: (g) => ((n) => (n === 0 ? "1: under 5" : n === 4 ? "5: 100 and more" : `${n + 1}: ${EDGES[n - 1]} to under ${EDGES[n]}`))(EDGES.filter((e) => g.amount >= e * 10 ** exponent(g.pledge.currency)).length) };

for (const [by, of] of Object.entries(PARTS))
	test(`R10: income by ${by}`, async () => {
		const window = { from: "2024-02-20", to: "2025-03-11" }, here = movements.filter((m) => day(m.gift, m.at) >= window.from && day(m.gift, m.at) < window.to);

		assert.deepEqual(pick(await script(s, "31_income_by.sql", { ...window, by, edges: EDGES.join(",") }), "part", "site", "mode", "currency", ...MONEY),
			income(here, (m) => [of(m.gift, m.at), m.gift.pledge.site.slug, mode(m.gift.pledge.live)]));
	});

test("R10: against last year, of one site", async () => {
	const list = gifts.filter((g) => g.pledge.site.slug === "riga" && g.pledge.currency === "KWD" && g.pledge.live), at_day = (d) => sum(list.filter((g) => day(g) === d), (g) => g.amount);
	const so_far = (d) => sum(list.filter((g) => day(g).slice(0, 4) === d.slice(0, 4) && day(g) <= d), (g) => g.amount);
	const want = [];

	for (let at = utc("2025-02-25"); at < utc("2025-03-05"); at += DAY) {
		const d = iso(at).slice(0, 10), last = `2024${d.slice(4)}`, [a, b, all, before] = [at_day(d), at_day(last), so_far(d), so_far(last)];

		want.push([d, last, major(a, "KWD"), major(b, "KWD"), quotient(100 * (a - b), b, 1), major(all, "KWD"), major(before, "KWD"), quotient(100 * (all - before), before, 1)].join(" | "));
	}
	assert.deepEqual(pick((await script(s, "20_income_year.sql", { from: "2025-02-25", to: "2025-03-05", site: "riga" })).filter((r) => r.currency === "KWD" && r.mode === "live"),
		"day", "last_day", "gross", "last_gross", "change %", "to_date", "last_to_date", "to_date %"), want);
});

// --- R12 -----------------------------------------------------------------------------------------------------------------------------

for (const by of ["all", "month", "method", "campaign", "country", "interval"])
	test(`R12: refunds and disputes by ${by}`, async () => {
		const window = { from: "2024-03-01", to: "2024-12-01" }, inside = (g, at) => day(g, at) >= window.from && day(g, at) < window.to;
		const part = (g, at) => ({ all: () => "", month: () => (inside(g, at) ? g.pledge.site.clock.month(at) : day(g, at) < window.from ? "before" : "after"), campaign: () => g.pledge.campaign ?? "no prompt" }[by]
			?? PARTS[by])(g, at);
		const events = [...gifts.filter((g) => inside(g, g.at)).map((gift) => ({ gift, at: gift.at, paid: 1, paid_amount: gift.amount, refunded: Number(gift.back > 0), refunded_amount: gift.back })),
			...claims.map((c) => ({ gift: c.gift, at: c.at, state: c.state, here: Number(inside(c.gift, c.at)), amount: c.amount })).filter((c) => c.here || c.state === "open")];
		const want = [...groups(events, (e) => [part(e.gift, e.at), e.gift.pledge.site.slug, mode(e.gift.pledge.live), e.gift.pledge.currency], (row, e) => {
			for (const column of ["paid", "paid_amount", "refunded", "refunded_amount"])
				plus(row, column, e[column] ?? 0);
			for (const state of ["won", "lost", "open"])
				plus(row, state, e.state === state ? e.here : 0);
			plus(row, "disputes", e.here ?? 0);
			plus(row, "lost_amount", e.state === "lost" ? e.amount : 0);
			plus(row, "at_risk", Number(e.state === "open"));
			plus(row, "at_risk_amount", e.state === "open" ? e.amount : 0);
		}).values()].map((r) => {
			const money = (n) => major(n, r.key[3]);

			return [...r.key, r.paid, money(r.paid_amount), r.refunded, quotient(100 * r.refunded, r.paid, 2), money(r.refunded_amount), quotient(100 * r.refunded_amount, r.paid_amount, 2), r.disputes,
				quotient(100 * r.disputes, r.paid, 2), r.won, r.lost, money(r.lost_amount), r.open, r.at_risk, money(r.at_risk_amount), "ok"].join(" | ");
		});

		assert.deepEqual(pick(await script(s, "22_claims.sql", { ...window, by }), "part", "site", "mode", "currency", "paid", "paid_amount", "refunded", "refunded %", "refunded_amount", "refunded_amount %",
			"disputes", "disputes %", "won", "lost", "lost_amount", "open", "at_risk", "at_risk_amount", "check"), want.sort());
	});

// --- R6, R8, R9 ------------------------------------------------------------------------------------------------------------------------

const running = (p, at) => p.kind !== "once" && gifts.some((g) => g.pledge === p && g.at < at) && !(p.ended < at);
const monthly = (p) => (p.kind === "year" ? Math.floor((p.amount + 6) / 12) : p.amount);

test("R6: the book of each site, currency and mode opens and closes with the gifts that run", async () => {
	const got = (await script(s, "16_book.sql", { from: "2024-05-01", to: "2025-02-01" })).filter((r) => ["opening", "closing", "new", "ended_asked"].includes(r.line));
	const want = [...groups(pledges.filter((p) => p.kind !== "once" && gifts.some((g) => g.pledge === p)), (p) => [p.site.slug, p.currency, mode(p.live), p.kind], (row, p) => (row.list ??= []).push(p)).values()]
		.flatMap((r) => {
			const [from, to] = ["2024-05-01", "2025-02-01"].map((d) => r.list[0].site.clock.begins(d)), open = r.list.filter((p) => running(p, from)), close = r.list.filter((p) => running(p, to));
			const begun = r.list.filter((p) => p.at + 120 >= from && p.at + 120 < to), ended = r.list.filter((p) => p.ended >= from && p.ended < to);
			const line = (name, list, sign, check) => [...r.key, name, sign * list.length || 0, major(sign * sum(list, monthly) || 0, r.key[1]), check].join(" | ");

			// A book out of which all went before is not shown.
			return r.list.every((p) => p.ended < from) ? [] : [line("opening", open, 1, ""), line("closing", close, 1, "ok"), line("new", begun, 1, ""), line("ended_asked", ended, -1, "")];
		});

	assert.deepEqual(pick(got, "site", "currency", "mode", "interval", "line", "gifts", "monthly", "check"), want.sort());
});

const donors = [...groups(gifts, (g) => [g.pledge.site.slug, mode(g.pledge.live), g.pledge.donor], (row, g) => (row.list ??= []).push(g)).values()]
	.map((r) => ({ site: r.key[0], mode: r.key[1], list: r.list.sort((a, b) => a.at - b.at) }));

test("R8: cohorts: who gave in each month since, and whose gift still runs at its end", async () => {
	const next = (month) => iso(utc(`${month}-15`) + 30 * DAY).slice(0, 7), want = [];
	const cohorts = groups(donors, (d) => [d.site, d.mode, d.list[0].pledge.kind, d.list[0].pledge.site.clock.month(d.list[0].at)], (row, d) => (row.list ??= []).push(d));

	for (const { key: [site, live, kind, cohort], list } of cohorts.values()) {
		const { clock } = SITES.find((x) => x.slug === site);

		for (let m = 0, month = cohort; month < "2025-07"; m++, month = next(month)) {
			const gave = list.filter((d) => d.list.some((g) => clock.month(g.at) === month && g.back < g.amount)).length, over = clock.begins(`${next(month)}-01`);
			const active = kind === "once" ? "" : list.filter((d) => d.list.some((g) => running(g.pledge, over))).length;

			want.push([site, live, kind, `${cohort}-01`, list.length, m, gave, quotient(100 * gave, list.length, 1), active, active === "" ? "" : quotient(100 * active, list.length, 1), "ok"].join(" | "));
		}
	}
	const got = await script(s, "18_cohorts.sql", { from: "2023-07-01", to: "2025-07-01" });
	const before = got.filter((r) => iso(utc(r.cohort) + (Number(r.m) * 30.44 + 10) * DAY).slice(0, 7) < "2025-07");

	assert.deepEqual(pick(before, "site", "mode", "interval", "cohort", "size", "m", "gave", "gave %", "active", "active %", "check"), want.sort());
});

test("R9: stages, and who of them owes one to three instalments", async () => {
	for (const to of ["2025-06-01", "2025-01-10"]) {
		const want = [];

		for (const site of SITES)
			for (const live of ["live", "test"]) {
				const counts = Object.fromEntries(["new", "consecutive", "reactivated", "lybunt", "sybunt", "deep lapsed", "all"].map((name) => [name, { n: 0, missed: 0 }]));
				const till = site.clock.begins(to), year = Number(iso(utc(to) - 1).slice(0, 4));

				for (const d of donors.filter((x) => x.site === site.slug && x.mode === live && x.list[0].at < till)) {
					const years = new Set(d.list.filter((g) => g.at < till).map((g) => year - Number(day(g).slice(0, 4)))), old = [...years].some((y) => y > 1);
					const stage = years.has(0) ? (years.has(1) ? "consecutive" : old ? "reactivated" : "new") : years.has(1) ? "lybunt" : "sybunt";
					const missed = d.list.some((g) => g.pledge.owed && g.pledge.owed_at < till && g.at < till && Math.min(g.pledge.owed, Math.ceil((till - g.pledge.owed_at) / 600)) <= 3);

					for (const name of [stage, "all"]) {
						counts[name].n++;
						counts[name].missed += Number(missed);
					}
				}
				for (const [name, c] of Object.entries(counts))
					want.push([site.slug, live, name, c.n, quotient(100 * c.n, counts.all.n, 1), c.missed, name === "all" ? "ok" : ""].join(" | "));
			}
		assert.deepEqual(pick(await script(s, "19_stages.sql", { to }), "site", "mode", "stage", "donors", "%", "missed", "check"), want.sort(), to);
	}
});

// --- R11, R13 --------------------------------------------------------------------------------------------------------------------------

test("R11: what the books do not agree on", async () => {
	const words = { missing_there: "not in their list", missing_here: "unknown here" };

	for (const [open, transit] of [[1, 2], [0, 0], [0, 45]]) {
		const want = differences.filter((d) => (!open || d.resolved_at === null)).map((d) => ({ ...d, days: d.resolved_at === null ? null : (d.resolved_at - d.object_at) / DAY }))
			// what is open is older than any transit by now
			.filter((d) => d.what !== "missing_there" || d.days === null || Math.round(10 * d.days) / 10 >= transit);

		assert.deepEqual(pick(await script(s, "21_settlement.sql", { from: "2025-01-01", to: "2025-07-01", open, transit }), "day", "site", "mode", "object", "what", "ours", "theirs", "id"),
			want.map((d) => [iso(d.object_at).slice(0, 10), "", mode(d.livemode), "payment", words[d.what] ?? d.what, d.ours, d.theirs, d.provider_id].join(" | ")).sort());
	}
	assert.deepEqual(pick(await script(s, "32_settlement_sums.sql"), "currency", "what", "ours", "theirs", "difference", "check"),
		["EUR | paid | 1234.56 | 1234.00 | 0.56 | the sums differ", "JPY | refunded | 77 | 77 | 0 | ok"]);
});

test("R13: attempts, what each guard refused first and at all, and approvals", async () => {
	const window = { from: "2025-05-01", to: "2025-07-02" };
	const tries = [...refusals.map((r) => ({ site: r.site, live: r.live, at: r.at, why: r.why })), ...pledges.map((p) => ({ site: p.site, live: p.live, at: p.at, why: [] }))].filter((t) => t.site.clock.day(t.at) >= window.from);
	const attempts = groups(tries, (t) => [t.site.clock.day(t.at), t.site.slug, mode(t.live)], (row) => plus(row, "n"));
	const want = groups(tries.flatMap((t) => (t.why.length ? t.why.map((guard, i) => ({ ...t, guard, first: Number(i === 0) })) : [{ ...t, guard: "passed", first: 1 }])),
		(t) => [t.site.clock.day(t.at), t.site.slug, mode(t.live), t.guard], (row, t) => {
			plus(row, "first", t.first);
			plus(row, "any");
		});
	const check = async () => assert.deepEqual(pick(await script(s, "23_fraud.sql", window), "day", "site", "mode", "guard", "attempts", "refused", "refused %", "refused any"),
		[...want.values()].map((r) => {
			const all = attempts.get(r.key.slice(0, 3).join("|")).n;

			return [...r.key, all, r.first, quotient(100 * r.first, all, 2), r.any].join(" | ");
		}).sort());

	await check();
	// Half of them counted, the address of number 7 pays within the week of its refusal, and all are judged.
	await s.sql(`SELECT pledged.refusal_fold(200, '${iso(TO - 9 * DAY)}')`);
	await check();
	await s.sql(`SELECT pledged.refusal_fold(500, '${iso(TO - 9 * DAY)}'); UPDATE pledged.refusal_log SET good = true WHERE email_hash = '\\x${"7".padStart(64, "0")}';
		SELECT pledged.refusal_fold(500, '${iso(TO)}')`);
	await check();
	const first = [...groups(refusals, (r) => [r.site.slug, r.live, r.who], (row, r) => (row.list ??= []).push(r)).values()];
	const got = await script(s, "23_fraud.sql", window);

	assert.equal(sum(got, (r) => Number(r.judged)), first.length, "each address once");
	assert.equal(sum(got, (r) => Number(r["later good"])), first.filter((r) => r.key[2] === 7).length);
	const slot = (at) => at - at % 300, approvals = groups([...gifts.map((g) => ({ site: g.pledge.site, at: g.at, paid: 1 })), ...pledges.map((p) => ({ site: p.site, at: p.at, pledges: 1 })),
		...SITES.flatMap((site) => [0, 10, 310].map((k) => ({ site, at: TO - 30 * DAY + k, declined: 3 + k }))), ...refusals.map((r) => ({ site: r.site, at: r.at, refused: 1 }))].filter((x) => x.site.clock.day(x.at) >= window.from
			&& x.site.clock.day(x.at) < window.to), (x) => [slot(x.at), x.site.slug], (row, x) => ["paid", "declined", "pledges", "refused"].forEach((c) => plus(row, c, x[c] ?? 0)));

	assert.deepEqual(pick((await script(s, "34_approvals.sql", window)).map((r) => ({ ...r, at: Date.parse(r.at.replace(" ", "T").replace(/\+00$/, "Z")) / 1000 })), "at", "site", "pledges", "refused", "tries", "paid", "declined", "approved"),
		[...approvals.values()].map((r) => [...r.key, r.pledges, r.refused, r.paid + r.declined, r.paid, r.declined, quotient(100 * r.paid, r.paid + r.declined, 1)].join(" | ")).sort());
});

// --- R15, R16 --------------------------------------------------------------------------------------------------------------------------

// rank: the value at a part of a list, between its neighbours
function rank(list, p) {
	const sorted = [...list].sort((a, b) => a - b), at = p * (sorted.length - 1), low = Math.floor(at);

	return sorted.length === 0 ? "" : (sorted[low] + (at - low) * ((sorted[low + 1] ?? sorted[low]) - sorted[low]));
}

test("R15: webhooks from the provider to us and on, and what they met", async () => {
	const got = await script(s, "05_webhooks.sql", { from: "2025-06-01", to: "2025-07-02" });
	const days = groups(hooks, (h) => [iso(h.at).slice(0, 10)], (row, h) => (row.list ??= []).push(h));

	assert.equal(got.length, days.size);
	for (const row of got) {
		const { list } = days.get(row.day), n = (of) => String(list.filter(of).length), done = list.filter((h) => h.state === "done"), sent = list.filter((h) => h.sent !== null);

		assert.deepEqual([row.received, row.done, row.ignored, row.waiting, row.failed, row.parked, row.undelivered, row.check], [n(() => true), n((h) => h.state === "done"), n((h) => h.state === "ignored"),
			n((h) => h.state === "new"), n((h) => h.tries > 1 || h.error !== null), n((h) => h.state === "parked"), n((h) => h.sent === null), "ok"]);
		for (const [column, values, p] of [["lag_p50_s", done.map((h) => h.lag), 0.5], ["lag_p95_s", done.map((h) => h.lag), 0.95], ["lag_max_s", done.map((h) => h.lag), 1], ["sent_p50_s", sent.map((h) => h.sent), 0.5],
			["sent_p95_s", sent.map((h) => h.sent), 0.95], ["sent_max_s", sent.map((h) => h.sent), 1]])
			assert.ok(row[column] === "" ? values.length === 0 : Math.abs(Number(row[column]) - rank(values, p)) < 0.0011, `${row.day} ${column}: ${row[column]}, not ${rank(values, p)}`);
	}
	const kinds = { "HTTP 503 api_error": "HTTP 503", "no pledge is known for it": "not known here", "curl 28: Timeout was reached": "no answer" };
	const want = groups(hooks.filter((h) => h.error || h.state === "parked"), (h) => [iso(h.at).slice(0, 10), kinds[h.error] ?? "", h.state], (row, h) => {
		plus(row, "n");
		row.tries = Math.max(row.tries ?? 0, h.tries);
	});

	assert.deepEqual(pick(await script(s, "33_webhook_errors.sql", { from: "2025-06-01", to: "2025-07-02" }), "day", "error", "state", "n", "tries"),
		[...want.values()].map((r) => [...r.key, r.n, r.tries].join(" | ")).sort());
	const waits = groups(pledges.filter((p) => !gifts.some((g) => g.pledge === p)), (p) => [p.site.slug, "new", mode(p.live), "4: older", "page", p.currency], (row, p) => {
		plus(row, "n");
		plus(row, "amount", p.amount);
	});

	assert.deepEqual(pick(await script(s, "04_pending.sql"), "site", "status", "mode", "age", "what", "currency", "pledges", "amount"),
		[...waits.values()].map((r) => [...r.key, r.n, major(r.amount, r.key[5])].join(" | ")).sort());
});

test("R16: silence by method, and how many one would expect", async () => {
	const now = utc("2025-04-01T10:00:00"), alarms = [];

	for (const hours of [null, 100]) {
		const want = [...groups(gifts.filter((g) => g.at <= now), (g) => [g.pledge.site.slug, mode(g.pledge.live), g.method], (row, g) => (row.list ??= []).push(g)).values()].map((r) => {
			const last = Math.max(...r.list.map((g) => g.at)), end = Math.min(now, last + 7 * DAY), { clock } = r.list[0].pledge.site;
			// the same hours of the clock, one to four weeks before: a summer's hour more or less is the clock's
			const back = (at, weeks) => { const shift = clock.hour(at) - clock.hour(at - 7 * weeks * DAY); return at - 7 * weeks * DAY + 3600 * (((shift + 36) % 24) - 12); };
			const n = sum([1, 2, 3, 4], (k) => r.list.filter((g) => g.at > back(last, k) && g.at <= back(end, k)).length), long = hours !== null && now - last >= 3600 * hours;
			const alarm = n >= 20 || long;

			alarms.push(alarm);
			return [...r.key, quotient(now - last, 3600, 1), quotient(n, 4, 2), alarm ? "t" : "f", n >= 20 ? "five or more were expected" : long ? `longer than ${hours} h` : ""].join(" | ");
		});

		assert.deepEqual((await s.sql(`SELECT site, mode, method, hours, expected, alarm, why FROM report.silence('', ${hours ?? "NULL"}, '${iso(now)}') WHERE site IN ('riga', 'tokyo')`, { user: "pledged_report" }))
			.map((row) => row.join(" | ")).sort(), want.sort());
	}
	assert.ok(alarms.includes(true) && alarms.includes(false));
});

// --- R17, R18, R20 ---------------------------------------------------------------------------------------------------------------------

test("R17: the public number of a goal is the ledger's", async () => {
	const got = await script(s, "26_goal.sql"), since = utc("2024-07-01");

	assert.equal(got.length, 2);
	for (const site of SITES) {
		const currency = site.currencies[0], row = got.find((r) => r.site === site.slug);
		const here = movements.filter((m) => m.gift.pledge.site === site && m.gift.pledge.campaign === "drive" && m.gift.pledge.currency === currency && m.gift.pledge.live && m.at >= since);
		const net = sum(here, (m) => (m.gross ?? 0) - (m.refunds ?? 0) - (m.disputes ?? 0)), kept = [...groups(here, (m) => [m.gift.pledge.id], (r, m) => plus(r, "net", (m.gross ?? 0) - (m.refunds ?? 0) - (m.disputes ?? 0))).values()];

		assert.ok(net > 0);
		assert.deepEqual([row.campaign, row.currency, row.goal, row.public, row.ledger, row.difference, row.fees, row.net, row.supporters],
			["drive", currency, "5000", major(net, currency), major(net, currency), major(0, currency), major(sum(here, (m) => m.fees ?? 0), currency),
				major(net - sum(here, (m) => m.fees ?? 0), currency), String(kept.filter((k) => k.net > 0).length)]);
		assert.ok(row.check === "ok" || (row.check === "old" && Number(row.age_s) >= 60), row.check);
	}
});

test("R18: reminders asked for, sent, and what came within 14 days", async () => {
	const want = groups([...reminders.map((m) => ({ ...m, month: m.site.clock.month(m.at), asked: 1 })), ...reminders.filter((m) => m.state === "sent").map((m) => ({ ...m, month: m.site.clock.month(m.ended), sent: 1 }))],
		(m) => [m.month, m.site.slug, m.campaign ?? "", m.kind], (row, m) => {
			const soon = m.gave !== null && m.gave <= m.ended + 14 * DAY;

			for (const [column, n] of Object.entries(m.asked ? { asked: 1, waiting: m.state === "waiting", spared: m.state === "gave", stopped: m.stopped !== null, replaced: m.state === "replaced", expired: m.state === "expired" }
				: { sent: 1, followed: m.followed !== null, paid: soon && m.followed !== null && m.gave >= m.followed, any: soon }))
				plus(row, column, Number(n));
		});

	assert.deepEqual(pick(await script(s, "11_remind.sql", { from: "2023-07-01", to: "2025-08-01" }), "month", "site", "campaign", "kind", "asked", "sent", "followed", "paid", "paid %", "paid any way", "waiting", "spared", "stopped",
		"replaced", "expired"),
	[...want.values()].map((r) => [...r.key, r.asked ?? 0, r.sent ?? 0, r.followed ?? 0, r.paid ?? 0, quotient(100 * (r.paid ?? 0), r.sent ?? 0, 1), ...["any", "waiting", "spared", "stopped", "replaced", "expired"].map((c) => r[c] ?? 0)].join(" | ")).sort());
});

test("R20: what may be published: whole, and no row of five donors or fewer by itself or by what is missing", async () => {
	const window = { from: "2024-01-01", to: "2025-01-01" }, got = await script(s, "28_public.sql", window);
	const cells = groups(gifts.filter((g) => day(g) >= window.from && day(g) < window.to), (g) => [g.pledge.site.slug, mode(g.pledge.live), g.pledge.currency, g.pledge.site.clock.month(g.at), g.country || "?"], (row, g) => {
		plus(row, "n");
		plus(row, "sum", g.amount);
		(row.who ??= new Set()).add(g.pledge.donor);
	});
	const parts = groups([...cells.values()], (c) => c.key.slice(0, 3), (row, c) => {
		plus(row, "cells");
		plus(row, "n", c.n);
		plus(row, "sum", c.sum);
	});
	const together = (list) => new Set(list.flatMap((c) => [...c.who])).size;
	const months = groups([...cells.values()], (c) => c.key.slice(0, 4), (row, c) => (row.list ??= []).push(c));
	// donors of a month, by its cells: who has cards of two countries counts twice, as the report cannot know better
	const most = (name) => Math.max(...[...months].filter(([month]) => month.startsWith(`${name}|`)).map(([, m]) => sum(m.list, (c) => c.who.size)));
	const shown = groups(got, (r) => [r.site, r.mode, r.currency], (row, r) => {
		plus(row, "cells", Number(r.cells));
		plus(row, "n", Number(r.gifts));
		plus(row, "sum", Math.round(Number(r.total) * 10 ** exponent(r.currency)));
	});

	for (const [name, p] of parts)
		if (most(name) > 5 || shown.has(name))
			assert.deepEqual(shown.get(name), p, `${name}: all of it, each cell once`);
	assert.ok(got.some((r) => r.country !== "other") && got.some((r) => r.country === "other"));
	for (const r of got) {
		assert.ok(Number(r.gifts) > 5, JSON.stringify(r));
		const cell = cells.get([r.site, r.mode, r.currency, r.month, r.country].join("|"));

		if (r.country === "other")
			assert.ok(Number(r.cells) > 1, "what is hidden is of several");
		else
			assert.deepEqual([r.cells, r.gifts, r.total, cell.who.size > 5], ["1", String(cell.n), major(cell.sum, r.currency), true], "a row of its own is one cell of six donors or more");
	}
	// a row over several months is of six donors or more too: of the cells that stand in no row of their month
	for (const r of got.filter((x) => x.month === "")) {
		const name = [r.site, r.mode, r.currency].join("|"), mine = got.filter((x) => [x.site, x.mode, x.currency].join("|") === name && x.month !== "");
		const rest = [...months].filter(([month]) => month.startsWith(`${name}|`)).flatMap(([month, m]) => {
			const rows = mine.filter((x) => `${name}|${x.month}` === month);

			return sum(rows, (x) => Number(x.cells)) === m.list.length ? [] : m.list.filter((c) => !rows.some((x) => x.country === c.key[4]));
		});

		assert.ok(together(rest) > 5, `${name}: ${together(rest)}`);
	}
	// of a month that stands by itself: the smallest are merged, and no more than must be
	for (const r of got.filter((x) => x.country === "other" && x.month !== "")) {
		const here = months.get([r.site, r.mode, r.currency, r.month].join("|")).list.sort((a, b) => a.who.size - b.who.size || a.n - b.n), k = Number(r.cells);
		const small = (list) => list.filter((c) => c.who.size <= 5).length;

		assert.ok(small(here) <= k && (k === 2 || small(here.slice(0, k - 1)) < small(here) || sum(here.slice(0, k - 1), (c) => c.who.size) <= 5), JSON.stringify(r));
		assert.ok(together(here.slice(0, k)) > 5 || sum(here.slice(0, k), (c) => c.who.size) > 5);
	}
});

test("every figure of the books holds", async () => {
	for (const table of ["report.income", "report.book('2000-01-01', '2100-01-01', '')", "report.cohorts('2023-01-01', '2026-01-01', '')"])
		assert.equal(await s.count(`SELECT count(*) FROM ${table} WHERE "check" <> 'ok'`), 0, table);
});
