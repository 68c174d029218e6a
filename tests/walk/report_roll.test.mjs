// The goal: whatever happens to the clerk, the reports hold what was sent: every decision, event and gift once, at every moment,
// and a rebuild from raw rows finds nothing wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, made, reaches } from "./lib/money.mjs";
import { sleep, until } from "./lib/until.mjs";
import { reader_of, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "report-roll", views: 2, moneys: 2, clerks: 2, set: { "view.deadline_ms": 10000, "clerk.interval_ms": 50 } });
// What was sent, as the report groups it: "section campaign" to figures; page to figures.
const sent = new Map(), pages = new Map();
// Readers whom a variant of the appeal was served, whatever became of them.
const met = { a: new Set(), b: new Set() };
const at = (map, name) => map.get(name) ?? map.set(name, { decisions: 0, served: 0, viewed: 0, clicked: 0, closed: 0, pledged: 0, paid: 0 }).get(name);

async function decide(who, page, section, options = {}) {
	const answer = await who.decide(page, { section, ...options });

	for (const one of [at(sent, `${section} ${answer.campaign ?? ""}`), at(pages, page)]) {
		one.decisions++;
		one.served += answer.act === "open" ? 0 : 1;
	}
	if (answer.campaign === "support")
		met[answer.variant].add(who);
	return answer;
}

// Each event twice: it is one.
async function event(who, section, { token, campaign }, kind) {
	for (let i = 0; i < 2; i++)
		assert.equal((await who.event(token, kind)).status, 204);
	at(sent, `${section} ${campaign}`)[kind]++;
}

const FIGURES = ["decisions", "served", "viewed", "clicked", "closed", "pledged", "paid"];
const shape = (map) => Object.fromEntries([...map].filter(([, v]) => FIGURES.some((f) => v[f] > 0)).sort(([a], [b]) => (a < b ? -1 : 1))
	.map(([name, v]) => [name, FIGURES.map((f) => v[f]).join(" ")]));

// Closed stands in report.pressure by month alone: it is taken from the roll-up itself.
const reported = async () => Object.fromEntries((await s.sql(`SELECT section || ' ' || campaign, concat_ws(' ', sum(decisions), sum(served), sum(viewed),
	sum(clicked), (SELECT sum(closed) FROM pledged.roll_day_all d WHERE d.section = f.section AND d.campaign = f.campaign), sum(pledged), sum(paid))
	FROM report.funnel f GROUP BY section, campaign HAVING sum(decisions + served + pledged) > 0 ORDER BY (section || ' ' || campaign) COLLATE "C"`)));
const agrees = (why) => until(`the report holds what was sent: ${why}`, async () => {
	assert.deepEqual(await reported(), shape(sent));
	return true;
}, 60);
const waiting = () => s.one("SELECT concat_ws(' ', (SELECT count(*) FROM pledged.tally), (SELECT count(*) FROM pledged.roll_delta), (SELECT count(*) FROM pledged.roll_due), (SELECT count(*) FROM pledged.experiment_due))");
const folded = () => until("all is folded", async () => (await waiting()) === "0 0 0 0", 60);
const tests_agree = async (why) => assert.deepEqual(await s.sql(`SELECT DISTINCT variant, n FROM report.experiments((now() - interval '3 days')::date, (now() + interval '3 days')::date)
	WHERE campaign = 'support' ORDER BY 1`), ["a", "b"].map((v) => [v, String(met[v].size)]), why);
const rebuild = () => s.count("SELECT pledged.roll_rebuild((now() - interval '3 days')::date, (now() + interval '3 days')::date)");

// reader: somebody who reads `n` articles of a section, sees each prompt, and clicks or closes some.
async function reader(i, section, n) {
	const who = s.client();
	const got = [];

	for (let k = 0; k < n; k++) {
		const page = `/${section}/${i % 3}-${k}`;
		const answer = await decide(who, page, section);

		if (answer.act === "open")
			continue;
		got.push({ ...answer, page });
		await event(who, section, answer, "viewed");
		if (i % 3 === 0)
			await event(who, section, answer, "clicked");
		if (i % 5 === 0)
			await event(who, section, answer, "closed");
	}
	return { who, got };
}

const crowd = (from, n) => Promise.all(Array.from({ length: n }, (_, i) => reader(from + i, ["sport", "news", "culture"][i % 3], i % 3 === 0 ? 4 : 8)));

test("no clerk is there: the reports are not behind", async () => {
	await s.role("clerk", "kill");
	await crowd(0, 9);
	await agrees("not folded");
	assert.notEqual(await waiting(), "0 0 0 0");
	assert.equal(await s.count("SELECT count(*) FROM pledged.roll_day"), 0);
});

test("two clerks are killed again and again while readers read", async () => {
	let going = true;
	const killer = (async () => {
		for (let i = 0; going; i++) {
			await s.role("clerk", i % 2 ? "restart" : "start");
			await sleep(200 + 150 * (i % 3));
			await s.role("clerk", "kill");
		}
	})();

	await crowd(9, 18);
	await agrees("while clerks die");
	going = false;
	await killer;
	await agrees("without a clerk");
	await s.role("clerk", "start");
	await folded();
	await agrees("folded");
	await tests_agree("each reader is once in the test");
	assert.ok(await s.count("SELECT sum(decisions) FROM pledged.roll_day") > 0);
	assert.equal(await rebuild(), 0);
	await agrees("rebuilt");
});

test("gifts stand with their prompt, by section and page", async () => {
	const { who, got } = await reader(101, "sport", 3);
	const walled = await reader(102, "news", 7);
	const walls = walled.got.filter((x) => x.act === "wall");
	const gives = async (by, section, answer) => {
		const pledge = await made(s, { token: answer.token, key: answer.prompt?.key }, by);

		for (const one of [at(sent, `${section} ${answer.campaign}`), at(pages, answer.page)])
			one.pledged++;
		return pledge;
	};
	const first = await gives(who, "sport", got[0]);

	assert.deepEqual(walls.map((x) => x.page), ["/news/0-5", "/news/0-6"]);
	// the second wall of the window, which leaves no mark: it was served all the same
	await gives(walled.who, "news", walls[1]);
	await agrees("pledged");
	await s.role("clerk", "kill");
	await s.provider.pay(first.url);
	await s.role("clerk", "start");
	await reaches(s, first.pledge, "paid", 60);
	at(sent, `sport ${got[0].campaign}`).paid++;
	at(pages, got[0].page).paid++;
	await agrees("paid");
	await folded();
	await agrees("paid and folded");
	assert.deepEqual(await s.sql(`SELECT page, decisions, served, pledged, paid FROM report.articles(now()::date - 3, now()::date + 3) WHERE pledged > 0 ORDER BY page`),
		[walls[1].page, got[0].page].map((page) => [page, ...["decisions", "served", "pledged", "paid"].map((f) => String(pages.get(page)[f]))]));
	assert.deepEqual(Object.fromEntries((await s.sql("SELECT page, sum(decisions) || ' ' || sum(served) FROM pledged.roll_page_all GROUP BY page"))),
		Object.fromEntries([...pages].map(([page, v]) => [page, `${v.decisions} ${v.served}`])));
	assert.equal(await s.count("SELECT paid FROM report.value(now()::date - 3, now()::date + 3) WHERE paid > 0"), 1);
});

test("who withdraws consent is forgotten, and was counted", async () => {
	const { who } = await reader(103, "sport", 3);
	const id = reader_of(who);

	assert.ok(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}'`) > 0);
	assert.equal((await who.post("/consent", { headers: { origin: s.url, "content-type": "application/json" }, body: JSON.stringify({ c: "none" }) })).status, 204);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.prompt_event WHERE reader_id = '${id}'`), 0);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.experiment_reader WHERE reader_id = '${id}'`), 0);
	await folded();
	assert.equal(await rebuild(), 0);
	await agrees("forgotten");
	await tests_agree("forgotten");
});

test("readers' months: who was walled, how often readers were asked", async () => {
	const [month, walled, people] = (await s.sql(`SELECT date_trunc('month', now() AT TIME ZONE time_zone)::date,
		(SELECT count(DISTINCT reader_id) FROM pledged.reader_mark WHERE kind = 'walled'), (SELECT count(*) FROM pledged.reader)
		FROM pledged.site WHERE site_id = 1`))[0];

	assert.ok(Number(walled) > 0);
	// A minute later.
	await until("all readers are counted", async () => {
		await s.sql("SELECT pledged.roll_months(1000, now() + interval '2 minutes')");
		return await s.one(`SELECT as_of > now() FROM report.stops WHERE month = '${month}'`) === "t";
	}, 60);
	assert.deepEqual(await s.sql(`SELECT people, walled FROM report.stops WHERE month = '${month}'`), [[people, walled]]);
	const [most, prompts, decisions] = (await s.sql(`SELECT most, prompts + walls, decisions FROM report.pressure WHERE month = '${month}'`))[0].map(Number);

	assert.ok(most >= 2, "two walls");
	assert.equal(decisions, [...sent.values()].reduce((sum, v) => sum + v.decisions, 0));
	assert.equal(prompts, [...sent.values()].reduce((sum, v) => sum + v.served, 0));
});

test("a rebuild finds what is wrong, and puts it right, while readers read", async () => {
	await s.sql("UPDATE pledged.roll_event SET n = n + 7; UPDATE pledged.roll_pledge SET paid_at = NULL; UPDATE pledged.experiment_day SET n = n + 9; DELETE FROM pledged.experiment_reader WHERE no = 0; DELETE FROM pledged.roll_reason");
	const [, wrong] = await Promise.all([crowd(200, 9), rebuild()]);

	assert.ok(wrong > 0);
	await agrees("put right");
	await folded();
	assert.equal(await rebuild(), 0);
	await agrees("in the end");
	await tests_agree("in the end");
});

test("the invariants hold and the books agree", async () => {
	await books_agree(s);
});
