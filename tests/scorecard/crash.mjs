// crash.mjs: SIGKILL at every named place of a pledge, a webhook and the clerk's rounds. The donor asks again with the same
// key, or comes back later, or never does; the clerk goes on; nobody else does anything.

import assert from "node:assert/strict";

import { arm, dies, disarm, sprung } from "../walk/lib/crash.mjs";
import { client, key } from "../walk/lib/http.mjs";
import { session_of } from "../walk/lib/money.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { audit } from "./lib/audit.mjs";
import { crash_stack, here, hurry, labels, quiet, rows } from "./lib/crash.mjs";
import { WAYS } from "./lib/crash_ways.mjs";
import { ask, granted, interval_of, wish_kinds } from "./lib/crash_wish.mjs";

const RUNS = 20;
const SHORT = 6;

function gift(t) {
	const currency = t.pick(["EUR", "USD", "JPY"]);

	return { amount: currency === "JPY" ? `${t.int(500, 9000)}` : `${t.int(5, 90)}.${t.pick(["00", "50", "25"])}`, currency,
		interval: t.pick(["once", "once", "month", "year"]), email: "crash@mail.example", key: key() };
}

// somebody: a donor; one who is to be marked has read two articles.
async function somebody(s, reads) {
	const who = client(s.url);

	if (reads)
		await until("a reader with a row", async () => {
			await who.decide("/crash/1", { section: "sport" });
			return (await who.decide("/crash/2", { section: "sport" })).reason !== "first_view";
		});
	return who;
}

// page: the same request until there is a page; leases of the dead run out as time goes on.
async function page(s, run, who, fields) {
	return until(`a page for ${fields.key}`, async () => {
		const answer = await who.pledge(fields, { timeout_ms: 20000 });

		assert.ok([201, 202, 503].includes(answer.status), `${answer.status} ${answer.text}`);
		if (answer.status === 201)
			return answer.json();
		await time(s, run);
		return undefined;
	}, run.patient ? 180 : 60);
}

// time: goes by. The patient run really waits.
async function time(s, run) {
	if (run.way.due && !await sprung(s, run.way.role))
		await run.way.due(s);
	await (run.patient ? sleep(500) : hurry(s, run.from));
}

async function give(s, run, who, fields) {
	const answer = await who.pledge(fields, { timeout_ms: 20000 }).catch((error) => ({ status: 0, text: error.message }));

	assert.ok([0, 201, 202, 502, 503].includes(answer.status), `${answer.status} ${answer.text}`);
	run.given.push({ who, fields, answer });
}

// --- one run -------------------------------------------------------------------------------------

// The donors give until one of the role is dead, one after the other or at once. What the clerk is to find is made ready anew
// for each: a donor who still waits may find it first.
async function until_dead(s, run, t, way) {
	if (way.role === "money" && t.chance(4))
		await Promise.all(Array.from({ length: 2 * run.n }, async () => give(s, run, await somebody(s, way.reader), gift(t))));
	for (let i = 0; i < 12 && !await sprung(s, way.role); i++) {
		await way.before?.(s);
		await give(s, run, await somebody(s, way.reader), gift(t));
		if (way.role === "clerk") {
			await until("the clerk has its turn", async () => {
				await time(s, run);
				return sprung(s, way.role);
			}, run.patient ? 40 : 10).catch(() => {});
		}
	}
	await dies(s, way.role, 5);
}

// Mostly the leases of the dead have run out when the donor asks again; else the donor waits for them.
async function pages(s, run, t) {
	if (!run.patient && !t.chance(5))
		await hurry(s, run.from);
	return Promise.all(run.given.map(async (g) => {
		g.page = await page(s, run, g.who, g.fields);
		assert.ok(g.page.url || g.page.status === "paid", JSON.stringify(g.page));
	}));
}

async function pay(s, run) {
	await Promise.all(run.given.map(async (g) => {
		const answer = await s.provider.pay(g.page.url);

		assert.ok([303, 409].includes(answer.status), `${answer.status} ${answer.text}`);
	}));
	run.paid = true;
}

// More events of it until somebody is dead: a deep pass of one process may need them.
async function told_again(s, run, way) {
	for (let i = 0; i < 10 && !await sprung(s, way.role); i++) {
		await time(s, run);
		await dies(s, way.role, run.patient ? 60 : 1).catch(() => {});
		for (const g of run.given)
			await s.provider.event({ type: "checkout.session.completed", id: session_of(g.page.url) });
	}
	await dies(s, way.role, 5);
}

// settled: every pledge of the run stands as it should, once.
async function settled(s, run) {
	const keys = run.given.map((g) => g.fields.key);

	await until("every pledge is where it should be", async () => {
		const found = await rows(s, keys);

		if (found.some((row) => row.state === "creating") || (run.paid && found.some((row) => row.status !== "paid"))) {
			await time(s, run);
			return false;
		}
		return true;
	}, run.patient ? 180 : 60);
	await until("nothing is under way", async () => {
		await time(s, run);
		await quiet(s, run.from, 0.5);
		return true;
	}, run.patient ? 180 : 40);

	const found = await rows(s, keys);
	const { references } = await s.provider.ledger();

	for (const row of found) {
		assert.ok(row.attempts <= (run.way.attempts ?? 1), `${row.attempts} attempts`);
		assert.deepEqual(references[row.pledge], [row.object], "one page at the provider");
		if (run.paid)
			assert.deepEqual([row.payments, row.mails], [1, 1], "one payment, one receipt");
	}
	for (const g of run.given.filter((one) => one.answer.status === 201 || one.page)) {
		const row = found.find((one) => one.key === g.fields.key);

		assert.ok(row, "an acknowledged pledge is there");
		assert.equal((g.page ?? g.answer.json()).pledge, row.token);
		if (g.answer.status === 201 && g.answer.json().url && g.page?.url)
			assert.equal(g.page.url, g.answer.json().url, "and leads to the same page");
	}
}

// afterwards: what was given is paid, or nobody comes back: then the clerk alone ends it and the pages expire.
async function afterwards(s, run, t) {
	if (run.gone) {
		await settled(s, run);
		for (const row of await rows(s, run.given.map((g) => g.fields.key)))
			await s.provider.expire(row.object);
		return;
	}
	if (!run.patient && t.chance(3))
		await settled(s, run);	// comes back later: the clerk was there before
	await pages(s, run, t);
	await pay(s, run);
	await settled(s, run);
}

// wish: one pledge is paid, something is asked beside it, the clerk dies over that and the next one ends it.
async function wish(s, run, t, kind, name) {
	const fields = { ...gift(t), interval: interval_of(kind) };
	const again = async () => (await rows(s, [fields.key]))[0];

	await give(s, run, await somebody(s), fields);
	await pages(s, run, t);
	await pay(s, run);
	await settled(s, run);
	await arm(s, run.way.role, name, run.n);
	await ask(s, kind, await again(), fields.currency);
	await until("the clerk has its turn", async () => {
		await time(s, run);
		return sprung(s, run.way.role);
	}, 60);
	await granted(s, kind, again, () => time(s, run), run.patient ? 180 : 60);
}

async function crash(s, t, name, i) {
	const way = WAYS[name];
	const run = { way, given: [], from: await here(s), n: way.deep && i > 1 ? t.int(1, way.deep) : 1, patient: i === 0 && !t.short && !t.all && !way.hasty,
		gone: way.by === "give" && i > 0 && t.chance(5) };

	try {
		if (way.by === "give") {
			await arm(s, way.role, name.split(" ").pop(), run.n);
			await until_dead(s, run, t, way);
			t.count({ faults: way.before ? 2 : 1 });
			await afterwards(s, run, t);
		} else if (way.by === "wish") {
			await wish(s, run, t, wish_kinds[i % wish_kinds.length], name);
			t.count({ faults: 1 });
		} else {
			for (let k = 0; k < run.n; k++)
				await give(s, run, await somebody(s, way.reader), gift(t));
			await pages(s, run, t);
			await way.before?.(s);
			await arm(s, way.role, name.split(" ").pop(), run.n);
			await pay(s, run);
			await told_again(s, run, way);
			t.count({ faults: way.before ? 2 : 1 });
			await settled(s, run);
		}
	} finally {
		await disarm(s, way.role);
		await s.provider.no_faults();
		await s.provider.webhooks({ drop: false });
		t.count({ pledges: run.given.length });
	}
}

// --- the lines -----------------------------------------------------------------------------------

// all_at: every name, so many runs, then the books: what they do not bear out counts as no run at all.
// In short no more than SHORT of them, drawn: whoever runs it often has had all.
async function all_at(t, all) {
	const wanted = all.filter((name) => name.includes(t.only));
	const names = t.short && !t.only ? t.shuffle(wanted).slice(0, SHORT) : wanted;
	const s = await crash_stack(t);
	const runs = t.n(RUNS, 1, 3);
	const why = [];
	let good = 0;

	for (const name of names) {
		const began = Date.now();
		let fine = 0;

		for (let i = 0; i < runs; i++) {
			try {
				await crash(s, t, name, i);
				fine += 1;
			} catch (error) {
				why.push(`${name}, run ${i}: ${error.message}`);
			}
		}
		const wrong = await audit(t, s);

		why.push(...wrong.map((text) => `after ${name}: ${text}`));
		good += wrong.length === 0 ? fine : 0;
		t.say(`${name} ${fine}/${runs}, ${((Date.now() - began) / runs).toFixed(0)} ms each`);
	}
	return { value: `${good}/${names.length * runs}`, pass: good === names.length * runs, why };
}

const target = "all, invariants empty, ledgers equal";

export const lines = [
	{ id: "A01", name: "crash-pledge", title: "SIGKILL at each label of a pledge (cases 8, 12, 21)", target, short: true, build: ["crash"],
		run: async (t) => all_at(t, await labels("p")) },
	{ id: "A02", name: "crash-webhook", title: "SIGKILL at each label of a webhook (cases 39, 49)", target, short: true, build: ["crash"],
		run: async (t) => all_at(t, await labels("w")) },
	{ id: "A03", name: "crash-resolver", title: "SIGKILL at each label of the clerk (cases 12, 15, 22, 41, 49, 56, 68, 76)", target, short: true, build: ["crash"],
		run: async (t) => all_at(t, [...await labels("r"), ...Object.keys(WAYS).filter((name) => name.includes(" "))]) },
];
