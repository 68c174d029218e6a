// The goal: what is offered fits the country and the last gift; and what a campaign says of the moment is so:
// what it raised is what the ledger holds, to the cent.

import assert from "node:assert/strict";
import { test } from "node:test";

import { appeal, ask, decide_stack, on, policy, publish, text } from "./lib/decide.mjs";
import { reaches } from "./lib/money.mjs";
import { known, put } from "./lib/reader.mjs";
import { until } from "./lib/until.mjs";

const s = await decide_stack({ name: "decide-offer", views: 2, moneys: 2, set: { "view.deadline_ms": 3000 } });
const NO_PEACE = { gave_once_days: 0, gave_recurring_days: 0 };
const OFFER = { currency: "EUR", once: ["5.00", "10.00"], month: ["3.00"], preselect: { interval: "once", amount: "5.00" } };
const offer = (when, currency, once, more = {}) => ({ when, currency, once, preselect: { interval: "once", amount: once[0] }, ...more });
const END = new Date((Math.floor(Date.now() / 1000) + 2.5 * 86400) * 1000).toISOString().replace(".000Z", "Z");
const WORDS = "{articles|article|articles} in {country}. {raised} of {goal}, {percent}%, {supporters|gift|gifts}, {days_left|day|days}.";
const RUSSIAN = "{articles|статья|статьи|статей}: {raised} из {goal}, {supporters|взнос|взноса|взносов}";
const SPEECH = { ...text("Drive", { body: WORDS, button: "Give to {raised}" }), ru: text("Сбор", { body: RUSSIAN }).en };
const drive = (goal) => appeal("drive", { pause: NO_PEACE, end: END, goal, variants: [{ variant: "a", share: 100, text: SPEECH }] });

await publish(s, policy({ countries: { EE: { en: "Estonia", ru: "Эстонии" }, "*": { en: "your country" } } }),
	appeal("sets", { pause: NO_PEACE, amounts: OFFER, amount_sets: [
		offer({ gift: ["once"], gift_min: "20.00", gift_max: "100.00" }, "EUR", ["30.00", "60.00"]),
		offer({ country: ["US", "CA"], gift: ["none"] }, "USD", ["7.00", "14.00"]),
		offer({ country: ["JP"] }, "JPY", ["1000"])] }),
	appeal("upgrade", { target: on("upgrade", { gave: ["supporter"] }), amounts: OFFER, amount_sets: [
		offer({ gift: ["month", "year"] }, "EUR", ["40.00"], { month: ["20.00"], preselect: { interval: "month", amount: "20.00" } })] }),
	appeal("drive-free", { target: on("drive-free") }), drive({ amount: "1000", currency: "EUR" }));

let number = 0;
const read = async (who, section, facts = {}, form = "decide") => ask(who, form, section, `n${number++}`, facts);
const once = (d) => [d.prompt.currency, ...d.prompt.amounts.once];

// reader: one whom any campaign may ask.
async function reader(options) {
	const { who, id } = await known(s, undefined, options);

	await read(who, "nowhere");
	return { who, id };
}

// give: what the prompt of this page leads to; back when the gift is paid and the reader is marked.
async function give(who, id, section, fields) {
	const { token, prompt } = await read(who, section);
	const answer = await who.pledge({ token, currency: prompt.currency, ...fields });

	assert.equal(answer.status, 201, answer.text);
	const { pledge, url } = answer.json();

	await s.provider.pay(url);
	await reaches(s, pledge, "paid");
	await until("the reader is marked", () => s.count(`SELECT count(*) FROM pledged.reader WHERE reader_id = '${id}' AND gift > 0`));
	return pledge;
}

// --- amounts -------------------------------------------------------------------------------------

test("amounts by country, in all three forms", async () => {
	const { who } = await reader();
	const rows = [["US", ["USD", "7.00", "14.00"]], ["CA", ["USD", "7.00", "14.00"]], ["JP", ["JPY", "1000"]], ["EE", ["EUR", "5.00", "10.00"]],
		[undefined, ["EUR", "5.00", "10.00"]]];

	for (const [country, expected] of rows) {
		assert.deepEqual(once(await read(who, "sets", { country })), expected);
		for (const form of ["page", "story"]) {
			const { token } = await read(who, "sets", country ? { country } : {}, form);
			const html = (await who.get(`/prompt?l=en&d=${token}`)).text;

			const all = (name, value) => [...html.matchAll(new RegExp(`name="${name}" value="(${value})"`, "g"))].map((m) => m[1]);

			assert.deepEqual([...all("currency", "[A-Z]*"), ...all("amount", "[0-9.]*")], expected);
		}
	}
	assert.equal((await who.pledge({ token: (await read(who, "sets", { country: "JP" })).token, amount: "1000", currency: "JPY" })).status, 201);
});

test("amounts by the last gift, when it is paid", async () => {
	const small = await reader(), large = await reader(), monthly = await reader();

	await give(small.who, small.id, "sets", { amount: "5.00" });
	assert.deepEqual(once(await read(small.who, "sets")), ["EUR", "5.00", "10.00"], "below the set's smallest");
	assert.deepEqual(once(await read(small.who, "sets", { country: "US" })), ["EUR", "5.00", "10.00"], "who gave is not asked like who never did");
	await give(large.who, large.id, "sets", { amount: "25.00" });
	assert.deepEqual(once(await read(large.who, "sets")), ["EUR", "30.00", "60.00"]);
	assert.deepEqual(once(await read(large.who, "sets", { country: "JP" })), ["EUR", "30.00", "60.00"], "the first set that fits");
	const { token } = await read(large.who, "sets", {}, "page");

	assert.match((await large.who.get(`/prompt?l=en&d=${token}`)).text, /name="amount" value="30\.00" checked/);
	await give(monthly.who, monthly.id, "sets", { amount: "3.00", interval: "month" });
	assert.equal((await read(monthly.who, "sets")).reason, "supporter", "who gives each month is asked no more");
	assert.deepEqual((await read(monthly.who, "upgrade")).prompt.amounts.month, ["20.00"], "but by a campaign for those who give");
	await give(large.who, large.id, "sets", { amount: "500.00" });
	await until("the later gift counts", async () => (await read(large.who, "sets")).prompt.amounts.once[0] === "5.00");
});

test("a gift in another currency is no gift of this size", async () => {
	const { who } = await known(s, await put(s, { seen: ["0000000000000001"], gift: { kind: "once", ago: 1, amount: 5000, currency: "USD" } }));

	assert.deepEqual(once(await read(who, "sets")), ["EUR", "5.00", "10.00"]);
});

// --- what is so at the moment --------------------------------------------------------------------

// ledger: what a campaign raised by the books: [net, gifts].
const ledger = async () => (await s.sql(`SELECT coalesce(sum(net), 0), count(*) FILTER (WHERE net > 0) FROM (SELECT sum(l.amount) AS net
	FROM pledged.ledger l JOIN pledged.pledge p USING (pledge_id) WHERE l.account = 'provider' AND l.object <> 'fee' AND p.campaign = 'drive' AND l.currency = 'EUR'
	GROUP BY pledge_id) g`))[0].map(Number);

const euros = (minor) => `€${(minor / 100).toFixed(minor % 100 ? 2 : 0)}`;
const said = (net, gifts, goal = 100000) => `${euros(net)} of ${euros(goal)}, ${Math.floor(net * 100 / goal)}%, `
	+ `${gifts}\u00a0gift${gifts === 1 ? "" : "s"}, 3\u00a0days.`;

// all_say: every worker says so, a dozen times; gives the seconds that it took since a moment.
async function all_say(words, from, seconds = 60) {
	await until(`all say "${words}"`, async () => {
		for (let i = 0; i < 12; i++) {
			const { who } = await reader();
			const { prompt } = await read(who, "drive", { country: "EE" });

			assert.equal(prompt.body, `2\u00a0articles in Estonia. ${words}`);
		}
		return true;
	}, seconds);
	return (Date.now() - from) / 1000;
}

test("nothing is raised yet", () => all_say(said(0, 0), Date.now()));

test("within a minute all prompts tell what real gifts brought, to the cent", async () => {
	// The workers have asked just now: what follows is told with their next question.
	const [one, two, three, other] = await Promise.all(Array.from({ length: 4 }, () => reader()));

	await give(one.who, one.id, "drive", { amount: "25.00" });
	await give(two.who, two.id, "drive", { amount: "310.55" });
	await give(three.who, three.id, "drive", { amount: "7.77", interval: "month" });
	await give(other.who, other.id, "drive-free", { amount: "99.00" });
	await give(other.who, other.id, "drive", { amount: "50.00", currency: "USD" });
	const from = Date.now();
	const [net, gifts] = await ledger();

	assert.deepEqual([net, gifts], [34332, 3]);
	const seconds = await all_say(said(net, gifts), from);

	console.log(`# told after ${seconds.toFixed(1)} s`);
	assert.ok(seconds < 60, `${seconds} s`);
});

// goal: what GET /goal says, and how long it may be kept.
async function goal(campaign = "drive") {
	const answer = await s.request(`/goal?campaign=${campaign}`);

	assert.equal(answer.status, 200, answer.text);
	return { ...answer.json(), keep: answer.headers["cache-control"], cookie: answer.headers["set-cookie"] };
}

test("the goal bar: by itself, in the answer and in the page, and equal to the ledger", async () => {
	const [net, gifts] = await ledger();
	const figures = { raised: (net / 100).toFixed(2), goal: "1000.00", currency: "EUR", percent: Math.floor(net / 1000), supporters: gifts,
		days_left: 3 };
	const { at, keep, cookie, ...told } = await goal();

	assert.deepEqual(told, { campaign: "drive", ...figures });
	assert.ok(Date.now() - Date.parse(at) < 60000 && Date.parse(at) <= Date.now(), at);
	assert.match(keep, /^public, max-age=(30|[12]?[0-9])$/);
	assert.equal(cookie, undefined);
	const { who } = await reader();
	const { prompt } = await read(who, "drive", { country: "EE" });

	assert.deepEqual(prompt.goal, figures);
	assert.equal((await read(who, "drive-free")).prompt.goal, undefined);
	const { token } = await read(who, "drive", {}, "page");
	const html = (await who.get(`/prompt?l=en&d=${token}`)).text;

	assert.match(html, /<progress max="100" value="34" aria-label="34\u00a0%">34\u00a0%<\/progress>/);
	assert.ok(html.includes(`<p class="pledged-goal-text">€343.32 of €1000 · 3\u00a0gifts · 3\u00a0days left</p>`), html);
});

test("the report of goals has the number that is shown, and the ledger's beside it", () => until("they are one", async () => {
	const [[shown, ledger, difference, check]] = await s.sql(`SELECT public, ledger, difference, "check" FROM report.goal WHERE campaign = 'drive'`);

	return shown === (await goal()).raised && ledger === shown && difference === "0.00" && check === "ok";
}, 90));

test("there is a bar only where there is a goal", async () => {
	for (const name of ["drive-free", "nothing", "policy"])
		assert.equal((await s.request(`/goal?campaign=${name}`)).status, 404, name);
	assert.equal((await s.request("/goal?campaign=drive", { headers: { host: "elsewhere.example" } })).status, 404);
	assert.equal((await s.request("/goal?campaign=drive", { method: "HEAD" })).status, 200);
});

test("in every form and language, and the count of articles is the reader's", async () => {
	const { who } = await reader();

	await read(who, "nowhere");
	for (const form of ["page", "story"]) {
		const { token, articles } = await read(who, "drive", {}, form);
		const html = (locale) => who.get(`/prompt?l=${locale}&d=${token}`).then((answer) => answer.text);

		assert.match(await html("en"), new RegExp(`${articles}\u00a0articles in your country\\.`));
		assert.match(await html("en"), /Give to €343\.32<\/button>/);
		const russian = `${articles}\u00a0стать${articles < 5 ? "и" : "ей"}: 343,32\u00a0€ из 1000\u00a0€, 3\u00a0взноса`;

		assert.ok((await html("ru")).includes(russian), await html("ru"));
	}
});

test("a refund is told too; and a new goal at once, in its own currency", async () => {
	const payment = await s.one(`SELECT y.provider_payment_id FROM pledged.payment y JOIN pledged.pledge p USING (pledge_id)
		WHERE p.campaign = 'drive' AND y.amount = 2500`);

	await s.provider.refund({ payment_intent: payment });
	await until("the books hold it", async () => (await ledger())[0] === 31832);
	assert.ok(await all_say(said(31832, 2), Date.now()) < 60);
	assert.deepEqual([(await goal()).raised, (await goal()).supporters], ["318.32", 2]);
	await publish(s, drive({ amount: "400", currency: "EUR" }));
	const seconds = await all_say(said(31832, 2, 40000), Date.now(), 10);

	assert.ok(seconds < 5, `${seconds} s`);
	await publish(s, drive({ amount: "500", currency: "USD" }));
	await all_say(`$50 of $500, 10%, 1\u00a0gift, 3\u00a0days.`, Date.now(), 5);
	assert.deepEqual([(await goal()).raised, (await goal()).currency], ["50.00", "USD"]);
	await publish(s, drive({ amount: "500", currency: "EUR", from: END }));
	await all_say(said(0, 0, 50000), Date.now(), 5);
});

test("a paused campaign has no bar, and figures that are not known are not told", async () => {
	assert.equal((await s.ctl("campaign", "pause", "drive")).code, 0);
	await until("it is gone", async () => (await s.request("/goal?campaign=drive")).status === 404);
	assert.equal((await s.ctl("campaign", "resume", "drive")).code, 0);
	await until("it is back", async () => (await s.request("/goal?campaign=drive")).status === 200);
	await s.role("view", "stop");
	const answer = await s.request("/goal?campaign=drive");

	assert.equal(answer.status, 503);
	assert.match(answer.headers["cache-control"], /no-store/);
	await s.role("view", "start");
	await until("it is back", async () => (await s.request("/goal?campaign=drive")).status === 200);
});

test("the invariants hold", () => s.invariants());
