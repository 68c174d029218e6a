// The goal: two and a half made-up years of gifts, and every report of the money desk says what was made up. The answers are summed here,
// from what was made, and know nothing of the reports' queries.

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { stack } from "./lib/stack.mjs";

const ZONE = "America/New_York";
const DAY = 86400;
const s = await stack({ only: "pg", campaigns: "none" });

// --- what is made up -----------------------------------------------------------------------------------------------------------

let state = 20261126;
const random = () => {		// mulberry32: the same on every machine
	state = (state + 0x6D2B79F5) | 0;
	let t = Math.imul(state ^ (state >>> 15), 1 | state);

	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(random() * n);
const one_of = (list) => list[below(list.length)];
const day_of = (() => {
	const format = new Intl.DateTimeFormat("en-CA", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });

	return (at) => format.format(new Date(at * 1000));
})();
const month_of = (at) => day_of(at).slice(0, 7);
const FROM = Date.UTC(2023, 0, 1) / 1000, TO = Date.UTC(2025, 6, 1) / 1000;

const gifts = [];	// {donor, kind, amount, at, taken, pledge} of each paid payment
const moves = [];	// {kind, at, what, gifts, monthly} of each change of the book
const refusals = [];	// {at, code, amount, paid_at, attempt}
const disputes = [];	// {at, amount, state, method}
const tells = [];	// {at, pledge, json}
const pledges = [];	// {n, kind, amount, at, donor}
let ids = 0;

const iso = (at) => new Date(at * 1000).toISOString();
const monthly = (kind, amount) => (kind === "year" ? Math.floor((amount + 6) / 12) : amount);
const tell = (pledge, at, part) => tells.push({ pledge: pledge.n, at, part });

function pay(pledge, at, amount, id = `pi_${++ids}`) {
	const method = one_of(["card", "card", "ideal", "sepa_debit"]);

	tell(pledge, at, { payments: [{ id, state: "paid", amount, currency: "EUR", paid_at: iso(at), intent: null, method }] });
	const gift = { donor: pledge.donor, kind: pledge.kind, amount, at, method, back: 0, pledge: pledge.n };

	gifts.push(gift);
	if (below(25) === 0) {
		gift.back = one_of([amount, Math.ceil(amount / 2)]);
		tell(pledge, at + DAY * (1 + below(60)), { refunds: [{ id: `re_${++ids}`, payment: id, amount: gift.back, currency: "EUR", state: "done" }] });
	} else if (below(25) === 0) {
		const open_at = at + DAY * (1 + below(40)), end = one_of(["open", "won", "lost"]), claim = { id: `du_${++ids}`, payment: id, amount, currency: "EUR" };

		disputes.push({ at: open_at, amount, state: end, method });
		tell(pledge, open_at, { disputes: [{ ...claim, state: "open" }] });
		if (end !== "open")
			tell(pledge, open_at + 5 * DAY, { disputes: [{ ...claim, state: end }] });
	}
}

function begin(donor, kind, amount, at) {
	const pledge = { n: pledges.length + 1, donor, kind, amount, at };

	pledges.push(pledge);
	return pledge;
}

function recurring(donor, at) {
	const kind = below(5) === 0 ? "year" : "month";
	let amount = 100 * (1 + below(30)), t = at;
	const pledge = begin(donor, kind, amount, at);
	const says = (when, part) => tell(pledge, when, { recurring: { id: `sub_${pledge.n}`, state: "active", ...part } });
	const move = (when, what, number, value) => moves.push({ kind, at: when, what, gifts: number, monthly: value });

	pay(pledge, t, amount);
	says(t, { amount, currency: "EUR", failures: 0 });
	move(t, "new", 1, monthly(kind, amount));
	for (;;) {
		t += (kind === "year" ? 365 : 30) * DAY + below(3600);
		if (t > TO - 100 * DAY)
			return;
		const luck = below(100);

		if (luck < 6) {			// refused, and paid at a later try
			const id = `pi_${++ids}`, code = one_of(["card_declined", "insufficient_funds"]), tries = 1 + below(3);

			tell(pledge, t, { payments: [{ id, state: "failed", amount, currency: "EUR", paid_at: null, intent: null }] });
			for (let i = 1; i <= tries; i++)
				says(t + (i - 1) * 3 * DAY, { state: "past_due", failures: i, failure: code });
			const paid_at = t + tries * 3 * DAY + one_of([0, 0, 40 * DAY]);

			refusals.push({ at: t, code, amount, paid_at, attempt: tries + 1 });
			for (let i = 0; i < tries; i++)
				move(t + i * 3 * DAY, "failed", 0, 0);
			pay(pledge, paid_at, amount, id);
			says(paid_at, { failures: 0, failure: null });
			move(paid_at, "recovered", 0, 0);
			t = Math.max(t, paid_at - 25 * DAY);
			continue;
		}
		if (luck < 9) {			// refused, and ended for it
			tell(pledge, t, { payments: [{ id: `pi_${++ids}`, state: "failed", amount, currency: "EUR", paid_at: null, intent: null }] });
			says(t, { state: "past_due", failures: 1, failure: "expired_card" });
			refusals.push({ at: t, code: "expired_card", amount });
			move(t, "failed", 0, 0);
			says(t + 14 * DAY, { state: "ended" });
			move(t + 14 * DAY, "ended_failure", -1, -monthly(kind, amount));
			return;
		}
		pay(pledge, t, amount);
		if (luck < 14) {		// ended as was asked
			says(t + DAY, { ends_at: iso(t + 9 * DAY), amount, currency: "EUR" });
			says(t + 9 * DAY, { state: "ended" });
			move(t + 9 * DAY, "ended_asked", -1, -monthly(kind, amount));
			return;
		}
		if (luck < 24) {		// another amount
			const next = 100 * (1 + below(30)), change = monthly(kind, next) - monthly(kind, amount);

			says(t + 2 * DAY, { amount: next, currency: "EUR" });
			if (change !== 0)
				move(t + 2 * DAY, change > 0 ? "raised" : "lowered", 0, change);
			amount = next;
		} else if (luck < 30) {		// paused: half of them come back by the clock, half are told
			const until_at = t + 50 * DAY, told = below(2) === 0 ? t + 45 * DAY : 0;

			says(t + 2 * DAY, { paused_until: iso(until_at) });
			move(t + 2 * DAY, "paused", -1, -monthly(kind, amount));
			if (told)
				says(told, { paused_until: null });
			move(told || until_at, "reactivated", 1, monthly(kind, amount));
			t += 30 * DAY;
		}
	}
}

for (let d = 1; d <= 150; d++) {
	for (let k = below(4); k > 0; k--) {
		const at = FROM + below(TO - FROM - 120 * DAY), amount = one_of([500, 1000, 1000, 2500, 10000, 733]);

		pay(begin(d, "once", amount, at), at, amount);
	}
	if (below(3) === 0)
		recurring(d, FROM + below(500 * DAY));
}

test("all of it is told, in the order in which it happened", async () => {
	const file = join(s.dir, "history.sql"), text = (value) => `'${JSON.stringify(value).replaceAll("'", "''")}'`;
	const lines = [`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
		VALUES (77, 'made', 'Made up', '${ZONE}', 'EUR', 'en', 'Gift', '/t', '/c');`];
	const uuid = (n) => `a0000000-0000-4000-8000-${String(n).padStart(12, "0")}`;

	for (const p of pledges)
		lines.push(`INSERT INTO pledged.pledge (pledge_id, public_token, key, fingerprint, site_id, campaign, amount, currency, "interval", email, locale, livemode,
			status, created_at, status_at) VALUES ('${uuid(p.n)}', 'made-up-token-${p.n}-00000', 'made-up-key-${p.n}-000000', '\\x01', 77, 'support', ${p.amount}, 'EUR',
			'${p.kind}', 'd${p.donor}@mail.example', 'en', true, 'new', '${iso(p.at)}', '${iso(p.at)}');
			SELECT pledged.ledger_put('${uuid(p.n)}', 'pledge', '${uuid(p.n)}', NULL, 'new', NULL, NULL, 0, 'EUR', true, 'made up', NULL, NULL, '${iso(p.at)}');`);
	tells.map((t, i) => ({ ...t, i })).sort((a, b) => a.at - b.at || a.i - b.i).forEach((t) => {
		const snapshot = { provider: "stripe", pledge: uuid(t.pledge), livemode: true, fetched_at: iso(t.at), checkout: null, payments: [], refunds: [], disputes: [],
			recurring: null, email: null, ...t.part };

		lines.push(`SELECT FROM pledged.settle(NULL, 'made up', ${text(snapshot)}, '${iso(t.at)}');`);
	});
	await writeFile(file, lines.join("\n"));
	await s.deploy("psql", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-o", "/dev/null", "-f", file);
	assert.equal(await s.count("SELECT count(*) FROM pledged.payment WHERE state = 'paid'"), gifts.length);
	assert.ok(gifts.length > 500 && moves.length > 100 && refusals.length > 20 && disputes.length > 15, [gifts.length, moves.length, refusals.length, disputes.length].join(" "));
});

// --- and what the reports say of it ----------------------------------------------------------------------------------------------

const as_report = (query) => s.sql(query, { user: "pledged_report" });
const euros = (minor) => (minor / 100).toFixed(2);
const sum = (list, of = (x) => x) => list.reduce((all, x) => all + of(x), 0);
const percent = (a, b, digits = 1) => (b === 0 ? "" : (Math.round(100 * 10 ** digits * a / b) / 10 ** digits).toFixed(digits));
const within = (at, from, to) => day_of(at) >= from && day_of(at) < to;

test("R6: the book of every month, line by line", async () => {
	const LINES = ["new", "raised", "reactivated", "lowered", "paused", "ended_asked", "ended_failure"];
	let held = 0;

	for (let m = 0; m < 30; m++) {
		const [from, to] = [m, m + 1].map((k) => `${2023 + Math.floor(k / 12)}-${String(k % 12 + 1).padStart(2, "0")}-01`);

		for (const kind of ["month", "year"]) {
			const here = moves.filter((x) => x.kind === kind), before = here.filter((x) => day_of(x.at) < from), after = here.filter((x) => day_of(x.at) < to);
			const in_it = (what) => here.filter((x) => x.what === what && within(x.at, from, to));
			const want = [["opening", sum(before, (x) => x.gifts), euros(sum(before, (x) => x.monthly)), ""],
				...LINES.map((what) => [what, sum(in_it(what), (x) => x.gifts), euros(sum(in_it(what), (x) => x.monthly)), ""]),
				["closing", sum(after, (x) => x.gifts), euros(sum(after, (x) => x.monthly)), "ok"],
				["failed", in_it("failed").length, "0.00", ""], ["recovered", in_it("recovered").length, "0.00", ""]].map((row) => row.map(String));
			const got = await as_report(`SELECT line, CASE WHEN no > 9 THEN n ELSE gifts END, monthly, "check" FROM report.book('${from}', '${to}', 'made')
				WHERE "interval" = '${kind}' AND (no <= 9 OR line IN ('failed', 'recovered')) ORDER BY no`);

			if (got.length > 0 || sum(after, (x) => Math.abs(x.gifts)) > 0)
				assert.deepEqual(got, want, `${kind} ${from}`);
			held += sum(after, (x) => x.gifts);
		}
	}
	assert.ok(held > 100);
});

test("R7: what became of refused instalments", async () => {
	const here = refusals.filter((r) => within(r.at, "2023-06-01", "2025-01-01")), recovered = here.filter((r) => r.paid_at && r.paid_at < r.at + 30 * DAY);
	const count = (list, of) => [...new Set(list.map(of))].sort().map((name) => [name, list.filter((r) => of(r) === name)]);
	const late = (list) => list.filter((r) => r.paid_at && r.paid_at >= r.at + 30 * DAY).length, lost = (list) => list.filter((r) => !r.paid_at).length;
	const good = (list) => list.filter((r) => recovered.includes(r));
	const row = (by, part, list, of) => [by, part, list.length, good(list).length, percent(good(list).length, of), late(list), 0, lost(list),
		euros(sum(list, (r) => r.amount)), euros(sum(good(list), (r) => r.amount)), "ok"].map(String);

	assert.deepEqual(await as_report(`SELECT by, part, refused, recovered, recovered_pct, later, waiting, lost, refused_amount, recovered_amount, "check"
		FROM report.recovery('2023-06-01', '2025-01-01', 'made') WHERE by IN ('all', 'code', 'attempt') ORDER BY array_position(ARRAY['all', 'code', 'attempt'], by), part`),
	[row("all", "", here, here.length), ...count(here, (r) => r.code).map(([code, list]) => row("code", code, list, list.length)),
		...count(recovered, (r) => r.attempt).map(([n, list]) => row("attempt", n, list, here.length))]);
});

const donors = [...new Set(gifts.map((g) => g.donor))].map((donor) => {
	const list = gifts.filter((g) => g.donor === donor).sort((a, b) => a.at - b.at);

	return { donor, list, first: list[0] };
});

test("R8: cohorts", async () => {
	const want = [], months = [...new Set(donors.map((d) => month_of(d.first.at)))].filter((m) => m < "2024-07").sort();

	for (const kind of ["month", "once", "year"])
		for (const cohort of months) {
			const here = donors.filter((d) => d.first.kind === kind && month_of(d.first.at) === cohort);

			for (let m = 0, month = cohort; here.length > 0 && month < "2025-07"; m++) {
				const gave = here.filter((d) => d.list.some((g) => month_of(g.at) === month && g.back < g.amount)).length;

				want.push([kind, `${cohort}-01`, here.length, m, gave, percent(gave, here.length), "ok"].map(String));
				month = new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 1)).toISOString().slice(0, 7);
			}
		}
	assert.deepEqual(await as_report(`SELECT "interval", cohort, size, m, gave, gave_pct, "check" FROM report.cohorts('2023-01-01', '2024-07-01', 'made')
		WHERE month < '2025-07-01' ORDER BY "interval", cohort, m`), want);
});

test("R9: stages, with years from January and from September", async () => {
	for (const [to, start] of [["2025-03-01", 1], ["2025-03-01", 9], ["2024-09-01", 9], ["2025-01-01", 1]]) {
		const last = new Date(Date.parse(`${to}T00:00:00Z`) - 1).toISOString().slice(0, 10);
		const year = (day) => Number(day.slice(0, 4)) - (Number(day.slice(5, 7)) < start ? 1 : 0);
		const counts = new Map(["new", "consecutive", "reactivated", "lybunt", "sybunt", "deep lapsed", "all"].map((name) => [name, 0]));

		for (const d of donors) {
			const years = new Set(d.list.map((g) => day_of(g.at)).filter((day) => day < to).map((day) => year(last) - year(day)));

			if (years.size === 0)
				continue;
			const earlier = [...years].some((y) => y > 1);
			const stage = years.has(0) ? (years.has(1) ? "consecutive" : earlier ? "reactivated" : "new") : years.has(1) ? "lybunt" : "sybunt";

			counts.set(stage, counts.get(stage) + 1);
			counts.set("all", counts.get("all") + 1);
		}
		assert.deepEqual(await as_report(`SELECT stage, donors, "check" FROM report.stages('${to}', ${start}, 'made') ORDER BY no`),
			[...counts].map(([name, n]) => [name, String(n), name === "all" ? "ok" : ""]), `${to} from month ${start}`);
	}
});

test("R10: each day against last year, and the year so far", async () => {
	const by_day = new Map();

	for (const g of gifts)
		by_day.set(day_of(g.at), (by_day.get(day_of(g.at)) ?? 0) + g.amount);
	const so_far = (day) => sum([...by_day], ([d, amount]) => (d.slice(0, 4) === day.slice(0, 4) && d <= day ? amount : 0));
	const want = [];

	for (let at = Date.UTC(2024, 1, 1); at < Date.UTC(2024, 3, 1); at += DAY * 1000) {
		const day = new Date(at).toISOString().slice(0, 10), last = day === "2024-02-29" ? "2023-02-28" : `2023${day.slice(4)}`;

		want.push([day, last, euros(by_day.get(day) ?? 0), euros(by_day.get(last) ?? 0), euros(so_far(day)), euros(so_far(last)), "ok"]);
	}
	assert.equal(want.length, 60);
	assert.deepEqual(await as_report(`SELECT day, last_day, gross, last_gross, to_date, last_to_date, "check" FROM report.income_year('2024-02-01', '2024-04-01', 'made') ORDER BY day`), want);
});

test("R10: by method, with mean and median", async () => {
	const want = ["card", "ideal", "sepa_debit"].map((method) => {
		const list = gifts.filter((g) => g.method === method && within(g.at, "2024-01-01", "2025-01-01")).map((g) => g.amount).sort((a, b) => a - b);
		const half = list.length >> 1, median = list.length % 2 ? list[half] : (list[half - 1] + list[half]) / 2;

		return [`stripe ${method}`, String(list.length), euros(sum(list)), euros(Math.round(sum(list) / list.length)), euros(Math.round(median)), "ok"];
	});

	assert.deepEqual(await as_report(`SELECT part, gifts, gross, mean, median, "check" FROM report.income_by('2024-01-01', '2025-01-01', 'made', 'method', '{}') ORDER BY part`), want);
});

test("R12: refunds of the payments of a window, disputes opened in it", async () => {
	const paid = gifts.filter((g) => within(g.at, "2024-01-01", "2024-07-01")), back = paid.filter((g) => g.back > 0);
	const claims = disputes.filter((d) => within(d.at, "2024-01-01", "2024-07-01")), are = (word) => claims.filter((d) => d.state === word);
	const open = disputes.filter((d) => d.state === "open"); // whenever they were opened

	assert.deepEqual(await as_report(`SELECT paid, paid_amount, refunded, refunded_amount, disputes, disputes_pct, won, lost, lost_amount, at_risk, at_risk_amount, "check"
		FROM report.claims('2024-01-01', '2024-07-01', 'made', 'all')`), [[paid.length, euros(sum(paid, (g) => g.amount)), back.length, euros(sum(back, (g) => g.back)),
		claims.length, percent(claims.length, paid.length, 2), are("won").length, are("lost").length, euros(sum(are("lost"), (d) => d.amount)),
		open.length, euros(sum(open, (d) => d.amount)), "ok"].map(String)]);
});

test("no check fails, and the history is that of the gifts", async () => {
	assert.equal(await s.count(`SELECT count(*) FROM report.income WHERE "check" <> 'ok'`), 0);
	assert.equal(await s.count(`SELECT count(*) FROM report.book('2000-01-01', '2100-01-01', '') WHERE "check" <> 'ok'`), 0);
	assert.equal((await s.sql(`SELECT sum(net_of_fees)::text = (SELECT (sum(amount) / 100.0)::numeric(20, 2)::text FROM pledged.ledger WHERE account = 'provider') FROM report.income`))[0][0], "t");
});
