// The goal: whichever process answers, /metrics tells of all of them, exactly what was sent; also after one was killed, when
// the clerk is away, and when the file that they share is broken or cannot be made.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

import { agent } from "./lib/http.mjs";
import { books_agree, deliver, event, made, reaches } from "./lib/money.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "metrics", views: 3, moneys: 3, set: { "clerk.interval_ms": 100 } });
const PATIENCE = 60;

// scrape: {"name{labels}": number}; each by a connection of its own, so that another process may answer.
async function scrape(path = "/metrics") {
	const one = agent(1);
	const answer = await s.request(path, { agent: one });

	one.destroy();
	assert.equal(answer.status, 200);
	return Object.fromEntries(answer.text.split("\n").filter((line) => /^p/.test(line)).map((line) => {
		const at = line.lastIndexOf(" ");

		return [line.slice(0, at), Number(line.slice(at + 1))];
	}));
}
const value = async (name, path) => (await scrape(path))[name];
const becomes = (what, name, fits) => until(what, async () => fits(await value(name)), PATIENCE);

let article = 0;
const decide = async (n) => {
	const pool = agent(16);

	await Promise.all(Array.from({ length: n }, async () => {
		const answer = await s.request(`/decide?a=/metrics/${article++}&s=metrics`, { agent: pool });

		assert.equal(answer.status, 200);
	}));
	pool.destroy();
};
const DECIDED = 'pledged_requests_total{role="view",route="decide",code="200"}';
const FORGED = "pledged_webhook_signature_failures_total";
const counts = join(s.env.SOCKETS, "count");
const file = () => readdirSync(counts).filter((name) => name.startsWith("metrics"));
const promtool = [process.env.PROMTOOL, "promtool", join(root, "build/tools/promtool")].find((path) => path && spawnSync(path, ["--version"]).status === 0);

test("the sum is what was sent, whoever answers", async () => {
	await decide(120);
	for (let i = 0; i < 9; i++)
		assert.equal((await deliver(s, event("invoice.paid", { id: "in_1" }), { secret: "whsec_wrong" })).status, 400);
	for (let i = 0; i < 8; i++) {
		const m = await scrape(i % 2 ? "/metrics/money" : "/metrics");

		assert.equal(m[DECIDED], 120);
		assert.equal(m['pledged_decisions_total{act="open",reason="first_view"}'], 120);
		assert.equal(m[FORGED], 9);
		assert.equal(m['pledged_webhooks_total{provider="stripe",type="none",result="forged"}'], 9);
		assert.equal(m['pledged_requests_total{role="money",route="stripe",code="400"}'], 9);
		assert.deepEqual(["view", "money", "clerk"].map((role) => m[`pledged_processes{role="${role}"}`]), [3, 3, 1]);
	}
	assert.equal(file().length, 1, "one file for all roles");
});

test("what alarms look at the growth of is 0 before it grows, and what the clerk counts is told", async () => {
	const m = await scrape();

	for (const name of ['pledged_pledges_total{state="failed",currency="EUR"}', 'pledged_pledges_total{state="paid",currency="EUR"}', 'pledged_declines_total{provider="stripe"}',
		'pledged_webhooks_total{provider="stripe",type="checkout",result="unkept"}'])
		assert.equal(m[name], 0, name);
	for (const name of ["pledged_unsettled", "pledged_unsettled_oldest_seconds", "pledged_differences_open", "pledged_silent", "pledged_tests_skewed", "pledged_retention_late"])
		await becomes(`${name} was counted`, name, (n) => n === 0);
	await becomes("and not long ago", "pledged_watch_oldest_seconds", (n) => n >= 0);
});

test("a refused payment counts once, of a pledge of ours", async () => {
	const p = await made(s, { amount: "3.00", currency: "EUR", interval: "once" });
	const DECLINES = 'pledged_declines_total{provider="stripe"}';

	await s.provider.decline(p.url);
	await s.provider.decline(p.url);
	await becomes("two tries on one page", DECLINES, (n) => n === 2);
	assert.equal((await deliver(s, event("payment_intent.payment_failed", { id: "pi_others", object: "payment_intent", metadata: {} }))).status, 200);
	assert.equal(await value(DECLINES), 2, "of nobody's pledge");
	await s.provider.expire(p.url.split("/").pop());
	await reaches(s, p.pledge, "lapsed", PATIENCE);
});

test("gifts are counted by money and clerk", async () => {
	for (let i = 0; i < 3; i++)
		await reaches(s, await made(s, { amount: "12.50", currency: "EUR", interval: "once", email: `m${i}@mail.example` })
			.then(async (p) => { await s.provider.pay(p.url); return p.pledge; }), "paid", PATIENCE);
	await made(s, { amount: "700", currency: "JPY", interval: "once" });
	const m = await scrape();

	assert.equal(m['pledged_pledges_total{state="new",currency="EUR"}'], 4);
	assert.equal(m['pledged_pledges_total{state="paid",currency="EUR"}'], 3);
	assert.equal(m['pledged_pledged_minor_total{currency="EUR"}'], 4050);
	assert.equal(m['pledged_pledged_minor_total{currency="JPY"}'], 700);
	assert.equal(m['pledged_provider_requests_total{provider="stripe",op="create",outcome="ok"}'], 5);
	assert.ok(m['pledged_provider_requests_total{provider="stripe",op="fetch",outcome="ok"}'] >= 3);
	assert.ok(m['pledged_webhooks_total{provider="stripe",type="checkout",result="kept"}'] >= 3);
	assert.ok(m.pledged_webhook_lag_seconds_count >= 3);
	assert.ok(Math.abs(m.pledged_clock_offset_seconds) < 60);
	await becomes("one page is open", 'pledged_pending{state="offered"}', (n) => n === 1);
});

test("who is killed leaves its counts, and who comes next goes on", async () => {
	for (let turn = 1; turn <= 3; turn++) {
		for (const role of ["view", "money"]) {
			const [victim] = await s.pids(role);

			process.kill(victim, "SIGKILL");
			await until("another one is there", async () => {
				const pids = await s.pids(role);

				return pids.length === 3 && !pids.includes(victim);
			}, PATIENCE);
		}
		await s.ready();
		await becomes("three of view", 'pledged_processes{role="view"}', (n) => n === 3);
		await becomes("of money too", 'pledged_processes{role="money"}', (n) => n === 3);
		await decide(30);
		assert.equal((await deliver(s, event("invoice.paid", { id: "in_1" }), { secret: "whsec_wrong" })).status, 400);
		for (const path of ["/metrics", "/metrics", "/metrics/money"]) {
			const m = await scrape(path);

			assert.equal(m[DECIDED], 120 + 30 * turn);
			assert.equal(m[FORGED], 9 + turn);
		}
	}
});

test("prompts are counted under their campaign and variant, whoever decided", async () => {
	let served = 0;

	for (let i = 0; i < 12; i++) {
		const who = s.client();

		await who.decide(`/prompts/${i}/1`, { section: "sport" });
		served += (await who.decide(`/prompts/${i}/2`, { section: "sport" })).act === "prompt";
	}
	assert.equal(served, 12);
	for (const path of ["/metrics", "/metrics/money"]) {
		const rows = Object.entries(await scrape(path)).filter(([name]) => name.startsWith("pledged_prompts_total{"));

		assert.equal(rows.reduce((sum, [, n]) => sum + n, 0), 12);
		for (const [name] of rows)
			assert.match(name, /^pledged_prompts_total\{campaign="[a-z0-9-]+",variant="[a-z0-9-]+",kind="[a-z]+"\}$/);
	}
});

test("when the clerk is away, it is told, and so is what waits", async () => {
	await s.role("clerk", "stop");
	await becomes("no clerk", 'pledged_processes{role="clerk"}', (n) => n === 0);
	const p = await made(s, { amount: "5.00", currency: "EUR", interval: "once" });

	await s.provider.pay(p.url);
	await becomes("a webhook waits", "pledged_inbox_oldest_seconds", (n) => n > 0);
	await s.role("clerk", "start");
	await reaches(s, p.pledge, "paid", PATIENCE);
	await becomes("nothing waits", "pledged_inbox_oldest_seconds", (n) => n === 0);
	await becomes("the clerk is back", 'pledged_processes{role="clerk"}', (n) => n === 1);
	assert.equal(await value('pledged_pledges_total{state="paid",currency="EUR"}'), 4, "its counts too");
});

test("a wrong configuration is told until it is right", async () => {
	const RELOADED = "pledged_config_last_reload_success";
	const conf = s.env.CONF;
	const [pid] = await s.pids("clerk");

	assert.equal(await value(RELOADED), 1);
	execFileSync("sed", ["-i", "s/^interval_ms = 100$/interval_ms = soon/", conf]);
	process.kill(pid, "SIGHUP");
	await becomes("one process has refused", RELOADED, (n) => n === 0);
	execFileSync("sed", ["-i", "s/^interval_ms = soon$/interval_ms = 100/", conf]);
	process.kill(pid, "SIGHUP");
	await becomes("and taken it", RELOADED, (n) => n === 1);
});

test("Prometheus can read it", { skip: promtool ? false : "no promtool; deploy/packages test fetches it" }, async () => {
	const { text } = await s.request("/metrics");
	const { status, stdout, stderr } = spawnSync(promtool, ["check", "metrics"], { input: text });

	assert.equal(`${status} ${stdout}${stderr}`, "0 ");
});

test("a file that is cut while it is in use kills nobody", async () => {
	const before = [...await s.pids("view"), ...await s.pids("money"), ...await s.pids("clerk")].sort();
	const path = join(counts, file()[0]);

	assert.ok(statSync(path).size > 0);
	truncateSync(path, 0);
	await decide(60);
	const p = await made(s, { amount: "5.00", currency: "EUR", interval: "once" });

	await s.provider.pay(p.url);
	await reaches(s, p.pledge, "paid", PATIENCE);
	await until("the log tells", async () => /"the metrics tell of this process alone".*was cut/.test(await s.log("view")), PATIENCE);
	assert.deepEqual([...await s.pids("view"), ...await s.pids("money"), ...await s.pids("clerk")].sort(), before);
	assert.ok((await s.log("view")).split("\n").filter((line) => /was cut/.test(line)).length <= 3, "once a process");
});

test("a file that cannot be made, or is not ours, leaves the service as it is", async () => {
	for (const [path, why] of [["/proc/none/metrics", /cannot be made/], [join(counts, "metrics"), /not a file of ours/]]) {
		await s.role("view", "stop");
		await s.role("view", "start", { PLEDGED_METRICS_FILE: path });
		await s.ready();
		await decide(20);
		assert.ok((await value(DECIDED) ?? 0) <= 20, "each for itself");
		const told = async () => (await s.log("view")).split("\n").filter((line) => /tell of this process alone/.test(line) && why.test(line)).length;

		await until("each process tells it", async () => await told() >= 3, PATIENCE); // one of them is ready before the others
		assert.equal(await told(), 3, "one line a process");
	}
	await s.role("view", "stop");
	execFileSync("rm", [join(counts, file()[0])]);
	await s.role("view", "start");
	await s.ready();
	await decide(10);
	assert.equal(await value(DECIDED), 10, "a new file, when the old one is gone");
	await books_agree(s);
});
