// same_key.mjs: the provider did it and we did not hear; libcurl says it twice; fifty clients say it at once; a donor clicks
// twice: one pledge, one page.

import { counts, insist, patience } from "../walk/lib/money.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { audit, verdict } from "./lib/audit.mjs";
import { CREATE, each, gift, in_time, money_stack, one_stack, paid, who } from "./lib/money.mjs";

const RESOLVE_S = 60;

// pay_all: and all of them arrive.
async function pay_all(s, pledges) {
	await each(pledges, 4, (p) => s.provider.pay(p.url));
	const { done } = await in_time(120, async () => await paid(s, pledges.map((p) => p.pledge)) === pledges.length);

	return done ? [] : [`${await paid(s, pledges.map((p) => p.pledge))} of ${pledges.length} were booked`];
}

// creating: pledges whose page nobody knows.
const creating = (s) => s.count("SELECT count(*) FROM pledged.attempt WHERE state = 'creating'");

// --- A04 -----------------------------------------------------------------------------------------

// Each donor asks once; seven answers in ten are lost, also those of what libcurl and the clerk send again. The circuit stays
// closed: it would hold most calls back, lose fewer answers, and be let through at its own pace afterwards (B11).
async function lost_answers(t) {
	const s = await one_stack(t);
	const all = Array.from({ length: t.n(1000, 12, 150) }, () => gift(t, { interval: t.pick(["once", "once", "month"]) }));

	await patience(s, 1000);
	await s.provider.fault({ match: { ...CREATE, rate: 0.7, seed: t.int(1, 1e6) }, do: "drop-after-request" });
	const answers = await each(all, 8, (fields) => who(s).pledge(fields));
	const refused = answers.filter((a) => ![201, 202].includes(a.status));
	const lost = (await s.provider.faults()).reduce((sum, rule) => sum + rule.applied, 0);

	await s.provider.no_faults();
	const { done, s: seconds } = await in_time(RESOLVE_S, async () => await creating(s) === 0);
	const why = refused.slice(0, 3).map((a) => `${a.status} ${a.text}`);

	if (!done)
		why.push(`${await creating(s)} pages are still unknown after ${RESOLVE_S} s`);
	await patience(s);
	const pledges = await each(all, 8, (fields) => insist(who(s), fields));

	why.push(...await pay_all(s, pledges), ...await audit(t, s));
	t.count({ faults: lost, pledges: all.length });
	return verdict(`${all.length} pledges, ${lost} answers lost, resolved in ${seconds.toFixed(1)} s`, done, why);
}

// --- A05 -----------------------------------------------------------------------------------------

// A kept connection dies after the work was done: libcurl sends it again by itself, and we never know. Told by the provider's
// record: two requests under a key that we sent once.
async function dead_connections(t) {
	const s = await one_stack(t);
	const wanted = t.n(200, 10, 40);
	const pledges = [];
	let repeats = 0, faults = 0, kept = false, last = (await s.provider.requests()).at(-1)?.n ?? 0;

	for (; repeats < wanted && faults < wanted + 20; faults++) {
		const fields = gift(t);

		if (!kept) // there is none that could die: a gift without trouble leaves one
			pledges.push(await insist(who(s), gift(t)));
		await s.provider.fault({ match: { ...CREATE, body: encodeURIComponent(fields.email) }, times: 1, do: "drop-after-request" });
		const pledge = await insist(who(s), fields);
		const [[idem, sent]] = await s.sql(`SELECT o.idem_key, o.tries FROM pledged.outbox o JOIN pledged.attempt a ON a.attempt_id = o.subject
			JOIN pledged.pledge p USING (pledge_id) WHERE o.kind = 'create' AND p.key = '${fields.key}'`);
		const requests = await s.provider.requests({ since: last });

		last = requests.at(-1).n;
		kept = requests.filter((r) => r.key === idem).length > Number(sent);
		repeats += kept ? 1 : 0;
		pledges.push(pledge);
		await s.provider.no_faults();
	}
	const why = [...await pay_all(s, pledges), ...await audit(t, s)];

	t.count({ faults, pledges: pledges.length });
	return verdict(`${repeats} repeated by libcurl, of ${faults}`, repeats >= wanted, why);
}

// --- A06, A07 ------------------------------------------------------------------------------------

async function race(t) {
	const s = await money_stack(t);
	const rounds = t.n(20, 2);
	const why = [];

	for (let i = 0; i < rounds; i++) {
		const fields = gift(t);
		const before = await counts(s);

		if (i % 3 !== 2)
			await s.provider.fault({ match: CREATE, times: 1, do: ["delay-after:300", "drop-after-request"][i % 2] });
		const answers = await Promise.all(Array.from({ length: 50 }, () => who(s).pledge(fields)));
		const after = await counts(s);
		const told = new Set(answers.map((a) => `${a.status} ${a.text}`));
		const id = await s.one(`SELECT pledge_id FROM pledged.pledge WHERE key = '${fields.key}'`);
		const pages = (await s.provider.ledger()).references[id] ?? [];

		if (told.size !== 1 || answers[0].status !== 201)
			why.push(`round ${i}: ${[...told].slice(0, 3)}`);
		if (after.pledge !== before.pledge + 1 || after.attempt !== before.attempt + 1 || pages.length !== 1)
			why.push(`round ${i}: ${after.pledge - before.pledge} pledges, ${after.attempt - before.attempt} attempts, ${pages.length} pages`);
	}
	await s.provider.no_faults();
	t.count({ faults: rounds - Math.floor(rounds / 3), pledges: rounds });
	return verdict(`${rounds} rounds of 50`, true, [...why, ...await audit(t, s)]);
}

const OTHERS = [{ amount: "91.00" }, { currency: "CHF" }, { interval: "year" }, { email: "other@mail.example" }, { email: undefined },
	{ campaign: "meter" }];

async function mismatch(t) {
	const s = await money_stack(t);
	const why = [];
	let cells = 0;

	for (const state of ["open", "paid", "unknown"]) {
		const fields = gift(t);

		if (state === "unknown")
			await s.provider.fault({ match: CREATE, times: 1, do: { do: "status", status: 500, store: false } });
		const first = await who(s).pledge(fields);

		if (state === "paid")
			why.push(...await pay_all(s, [first.json()]));
		await sleep(300);
		const before = await counts(s);

		for (const other of OTHERS) {
			const answer = await who(s).pledge({ ...fields, ...other });

			cells += 1;
			if (answer.status !== 422 || !/key_reused$/.test(answer.json().type))
				why.push(`${state} ${JSON.stringify(other)}: ${answer.status} ${answer.text}`);
		}
		const after = await counts(s);

		if (JSON.stringify(before) !== JSON.stringify(after))
			why.push(`${state}: written ${JSON.stringify(before)} ${JSON.stringify(after)}`);
	}
	t.count({ pledges: 3, faults: 1 });
	return verdict(`${cells} other bodies refused, nothing written`, true, why);
}

// --- A08 -----------------------------------------------------------------------------------------

const BROWSERS = ["scripts", "plain form"];
const EMAIL = "input[name=email]";

// A donor at the contribution page: gives with a double click, reloads the provider's page, goes back and gives again.
async function doubled(t) {
	const { open_browser } = await import("../browser/stage.mjs");
	const s = await money_stack(t);
	const browser = await open_browser();
	const why = [];

	try {
		for (const kind of BROWSERS) {
			const before = await counts(s);
			const context = await browser.newContext({ javaScriptEnabled: kind === "scripts" });
			const page = await context.newPage();
			const give = async () => {
				await page.locator(`form[action="/pledge"] ${EMAIL}`).fill(`double-${kind.slice(0, 5)}@mail.example`);
				if (kind === "scripts") { // the form asks whether it may be monthly
					await page.locator(".pledged-give").click();
					await page.getByRole("button", { name: /^No, .* once$/ }).dblclick({ noWaitAfter: true });
				} else {
					await page.locator(".pledged-give").dblclick({ noWaitAfter: true });
				}
			};

			await page.goto(`${s.url}/contribute/`);
			await give();
			await page.waitForURL(`${s.provider.url}/**`);
			const first = page.url();

			await page.reload();
			await page.goBack();
			await page.waitForURL(`${s.url}/**`);
			await give();
			await page.waitForURL(`${s.provider.url}/**`);
			const second = page.url();
			const after = await counts(s);

			if (after.pledge !== before.pledge + 1 || first !== second)
				why.push(`${kind}: ${after.pledge - before.pledge} pledges; ${first}, then ${second}`);
			await context.close();
		}
	} finally {
		await browser.close();
	}
	t.count({ pledges: BROWSERS.length });
	return verdict(`1 pledge, with ${BROWSERS.join(" and ")}`, true, [...why, ...await audit(t, s)]);
}

export const lines = [
	{ id: "A04", name: "prov-lostanswer", title: "the provider made the page, its answer is lost (cases 11, 12)",
		target: `0 lost, 0 double, resolved within ${RESOLVE_S} s`, short: true, run: lost_answers },
	{ id: "A05", name: "prov-deadconn", title: "a kept connection dies, libcurl repeats the POST by itself (case 12)", target: "200, 0 double", short: true,
		run: dead_connections },
	{ id: "A06", name: "idem-race", title: "one key from 50 clients at once (case 8)", target: "1 row, 1 page, 50 same answers each", short: true, run: race },
	{ id: "A07", name: "idem-mismatch", title: "one key, another body", target: "422, nothing written", short: true, run: mismatch },
	{ id: "A08", name: "ui-doubleclick", title: "double click, reload, back button in Chromium", target: "1 pledge", run: doubled },
];
