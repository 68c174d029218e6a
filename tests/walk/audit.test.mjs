// The goal: pledgectl audit names every difference between the provider's books and ours, and nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";

import { agreed, audit as audit_of, audit_options, foreign, named, plant, worked_off } from "./lib/audit.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "audit", ...audit_options });
const audit = (...words) => audit_of(s, ...words);
let gifts;

test("books that agree: nothing is told, and no row is written", async () => {
	gifts = await agreed(s);
	const { code, json, stderr } = await audit("--json");

	assert.equal(code, 0, stderr);
	assert.deepEqual([json.agree, json.differences, json.rules_broken, json.others], [true, [], [], 0]);
	assert.deepEqual(json.totals, [{ currency: "EUR", what: "paid", ours: "300.00", theirs: "300.00" },
		{ currency: "EUR", what: "refunded", ours: "3.00", theirs: "3.00" }]);
	assert.equal(await s.count("SELECT count(*) FROM pledged.difference"), 0);
	const text = await audit();

	assert.equal(text.code, 0);
	assert.match(text.stdout, /the books agree\n$/);
	assert.match(text.stdout, /EUR paid +here: 300\.00 +there: 300\.00\n/);
});

let planted;

test("twelve differences are planted: all are named, and nothing else (A15)", async () => {
	planted = await plant(s, gifts);
	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.deepEqual(named(json), [...planted.keys()].sort());
	assert.deepEqual([json.rules_broken, json.others, json.agree], [[], 1, false]);
	assert.deepEqual(json.totals.map((t) => [t.currency, t.what, t.ours, t.theirs]), [
		["EUR", "paid", "325.00", "283.00"],
		["EUR", "refunded", "3.00", "15.00"],
		["USD", "paid", "0.00", "25.00"]]);
	const one = json.differences.find((d) => d.what === "amount");

	assert.deepEqual([one.ours, one.theirs], ["25.00 EUR", "24.00 EUR"]);
	assert.ok((await s.log("clerk")).includes("there is money without its pledge"), "an alarm (case 57)");
	assert.equal(await s.count("SELECT count(*) FROM report.attention WHERE what = 'money without its pledge'"), 1);
});

test("what a look can heal has healed, the rest is told again, in words too (case 57)", async () => {
	await worked_off(s);
	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.deepEqual(named(json), [...planted].filter(([, heals]) => !heals).map(([line]) => line).sort());
	const text = await audit("--days", "30");

	for (const d of json.differences)
		assert.ok(text.stdout.split("\n").some((line) => line.startsWith(d.what) && line.includes(d.id) && line.includes(d.ours)), d.id);
	assert.match(text.stdout, /EUR paid .* DIFFER\n/);
	assert.match(text.stdout, /8 differences, 0 rules broken\n$/);
	assert.equal(await s.count("SELECT count(*) FROM pledged.difference WHERE resolved_at IS NOT NULL"), 4);
	const health = Object.fromEntries(await s.sql("SELECT name, value FROM report.health", { user: "pledged_report" }));

	assert.deepEqual([health.differences_open, health.orphans_open], ["7", "1"]);
});

test("money without its pledge is taken over by an operator: once, as the provider has it, told in the ledger (case 57)", async () => {
	const lost = "0190a000-0000-7000-8000-000000000001";
	const { subscription } = await foreign(s, { mode: "subscription", client_reference_id: lost, "metadata[pledge]": lost, "subscription_data[metadata][pledge]": lost,
		"line_items[0][price_data][recurring][interval]": "year", "line_items[0][price_data][unit_amount]": "4200" });
	const orphans = async () => named((await audit("--json")).json).filter((line) => /^orphan|missing_here/.test(line));
	const [recurring, payment] = await orphans().then((list) => [list.find((line) => / recurring /.test(line)), list.find((line) => / payment /.test(line))]);
	const id = payment.split(" ").at(-1);
	const before = await s.count("SELECT count(*) FROM pledged.pledge");

	assert.equal(recurring, `orphan recurring ${subscription}`);
	assert.equal((await s.ctl("pledge", "adopt", "pi_nobody")).code, 1);
	assert.equal((await s.ctl("pledge", "adopt", id, "--site", "elsewhere")).code, 2);
	for (const words of [[], ["--all", id], ["--nonsense"]])
		assert.equal((await s.ctl("pledge", "adopt", ...words)).code, 2, words.join(" "));
	assert.equal(await s.count("SELECT count(*) FROM pledged.inbox WHERE event_type = 'adopt'"), 0, "a refusal leaves nothing");
	const one = await s.ctl("pledge", "adopt", id, "--site", "demo", "--author", "anna", "--reason", "the backup of Monday");

	assert.deepEqual([one.code, one.stderr], [0, ""]);
	assert.match(one.stdout, new RegExp(`^${id}  payment  asked\\n1 taken over`));
	await worked_off(s);
	assert.deepEqual((await s.sql(`SELECT p.status, p.amount, p.currency, p."interval", y.amount, y.state FROM pledged.pledge p JOIN pledged.payment y USING (pledge_id)
		WHERE p.pledge_id = '0190a000-0000-7000-8000-000000000000'`)), [["paid", "900", "EUR", "once", "900", "paid"]]);
	assert.equal(await s.count("SELECT count(*) FROM pledged.ledger WHERE cause = 'operator anna: adopt: the backup of Monday' AND became = 'new'"), 1);
	assert.deepEqual((await s.ctl("pledge", "adopt", "--all")).stdout.split("\n")[0], `${subscription}  recurring  asked`, "the other one is still there, the first is not");
	await worked_off(s);
	assert.deepEqual(await s.sql(`SELECT p.amount, p.currency, p."interval", r.state FROM pledged.pledge p JOIN pledged.recurring r USING (pledge_id) WHERE p.pledge_id = '${lost}'`),
		[["4200", "EUR", "year", "active"]]);
	// Its instalment has a gift now, and comes with its event (scorecard/restore.mjs).
	assert.deepEqual((await orphans()).filter((line) => line.startsWith("orphan")), []);
	assert.equal((await s.ctl("pledge", "adopt", "--all")).stdout, "0 taken over\n");
	assert.equal(await s.count("SELECT count(*) FROM pledged.pledge"), before + 2, "two pledges, each once");
});

test("the provider kept another amount than we booked", async () => {
	const was = named((await audit("--json")).json);
	const [[fee, amount, currency]] = await s.sql(`SELECT f.fee_id, f.amount, f.currency FROM pledged.fee f JOIN pledged.payment y USING (payment_id) JOIN pledged.pledge p USING (pledge_id)
		WHERE f.what = 'payment' AND p.interval = 'once' AND NOT EXISTS (SELECT FROM pledged.difference d WHERE d.provider_id IN (y.intent, y.provider_payment_id)) LIMIT 1`);
	const booked = (minor) => s.sql(`SET session_replication_role = replica; UPDATE pledged.fee SET amount = ${minor} WHERE fee_id = '${fee}'`);
	const major = (minor) => `${(minor / 100).toFixed(2)} ${currency}`;

	await booked(Number(amount) + 7);
	const { json } = await audit("--json");
	const told = json.differences.find((d) => d.what === "fee");

	assert.deepEqual([told?.ours, told?.theirs], [major(Number(amount) + 7), major(Number(amount))]);
	assert.equal(named(json).length, was.length + 1);
	await booked(amount);
	assert.deepEqual(named((await audit("--json")).json), was);
});

test("a broken rule of our own is told beside them", async () => {
	await s.sql("SET session_replication_role = replica; UPDATE pledged.payment SET mismatch = 'amount' WHERE provider_payment_id = 'pi_madeup'");
	const { code, json } = await audit("--json");

	assert.equal(code, 1);
	assert.ok(json.rules_broken.length > 0 && json.rules_broken.every((r) => /^[A-Z]\d+ /.test(r.name)), JSON.stringify(json.rules_broken));
	await s.sql("SET session_replication_role = replica; UPDATE pledged.payment SET mismatch = NULL WHERE provider_payment_id = 'pi_madeup'");
});

test("the provider away, the clerk away, words that make no sense: 75, 75, 2", async () => {
	await s.role("provider", "stop");
	const away = await audit();

	assert.equal(away.code, 75, away.stdout);
	assert.match(away.stderr, /the provider could not be asked/);
	assert.equal(away.stdout, "");
	await s.role("clerk", "stop");
	const alone = await audit();

	assert.equal(alone.code, 75);
	assert.match(alone.stderr, /no clerk takes it up/);
	for (const words of [["--days", "0"], ["--days", "401"], ["--days", "x"], ["more"], ["--nonsense"]])
		assert.equal((await audit(...words)).code, 2, words.join(" "));
	await s.role("provider", "start");
	await s.role("clerk", "start");
	await until("it can be asked again", async () => (await audit()).code === 1, 60);
});
