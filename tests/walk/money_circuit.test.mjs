// The goal: a provider that does not answer is left in peace by all processes together, donors are not held meanwhile, and when it is
// back what waited is worked off quickly and without a storm.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { CREATE, events } from "./lib/guard.mjs";
import { agent, client, key } from "./lib/http.mjs";
import { books_agree } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "money-circuit", views: 1, moneys: 16, set: { "clerk.interval_ms": 200, "clerk.call_ms": 2000,
	"money.wait_ms": 5000 } });
const pool = agent(32);
let n = 0;
const give = () => client(s.url, { agent: pool }).pledge({ amount: "25.00", currency: "EUR", interval: "once", email: `c${n += 1}@mail.example`,
	key: key() });
const circuit = () => s.one("SELECT state FROM pledged.circuit WHERE provider = 'stripe'");
// calls: when calls that would open a page came, in seconds.
const calls = async (since = 0) => (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).map((r) => r.at / 1000).filter((at) => at >= since);

after(() => pool.destroy());

test("the provider fails: after ten failures at most nobody calls it but for a probe", async () => {
	await s.provider.fault({ match: CREATE, times: 100000, do: "status:503" });
	for (let i = 0; i < 8; i++)
		assert.equal((await give()).status, 202);
	await until("the circuit is open", async () => await circuit() === "open");
	// Probes may have come since.
	const opened = Number(await s.one("SELECT extract(epoch FROM since) FROM pledged.circuit"));
	const failed = (await calls()).filter((at) => at <= opened).length;

	assert.ok(failed <= 10, `${failed} failures`);
	const begun = Date.now();
	const answers = await Promise.all(Array.from({ length: 120 }, () => give()));

	assert.deepEqual([...new Set(answers.map((a) => a.status))], [202]);
	assert.ok(Date.now() - begun < 30000, "nobody waits for the provider");
	const since = Date.now() / 1000;

	await sleep(10000);
	const probes = await calls(since);

	assert.ok(probes.length >= 1 && probes.length <= 5, `${probes.length} probes in 10 s`);
});

test("it is back: what waited is worked off, with at most ten calls a second", async (t) => {
	const waiting = await s.count("SELECT count(*) FROM pledged.outbox WHERE kind = 'create' AND state = 'open'");
	const since = Date.now() / 1000;

	assert.ok(waiting >= 120);
	await s.provider.no_faults();
	const donors = Promise.all(Array.from({ length: 10 }, async (_, i) => {
		await sleep(i * 300);
		return give();
	}));

	await until("nothing waits", async () => await s.count("SELECT count(*) FROM pledged.outbox WHERE kind = 'create' AND state = 'open'") === 0, 120);
	const took = Date.now() / 1000 - since;

	assert.deepEqual((await donors).map((a) => a.status).filter((code) => ![201, 202].includes(code)), []);
	const at = (await calls(since)).sort((a, b) => a - b);
	const most = Math.max(...at.map((first) => at.filter((other) => other >= first && other < first + 1).length));

	t.diagnostic(`${at.length} calls in ${took.toFixed(1)} s, at most ${most} in a second`);
	assert.ok(most <= 10, `${most} calls in a second`);
	assert.ok(at.length / took * 120 > 600, "at that pace the gifts of ten minutes go in two");
	await until("all is as before", async () => await circuit() === "closed");
	assert.deepEqual((await events(s, "circuit")).map(([, was, became]) => `${was}>${became}`), ["closed>open", "open>back", "back>closed"]);
	assert.equal((await give()).status, 201);
	await until("an alarm in the log", async () => /"level":"error"[^\n]*"kind":"circuit"[^\n]*"became":"open"/.test(await s.log("clerk")));
});

test("refusals of single gifts open nothing", async () => {
	await s.provider.fault({ match: CREATE, times: 15, do: "status:400" });
	for (let i = 0; i < 15; i++)
		assert.equal((await give()).status, 502);
	assert.equal((await give()).status, 201);
	assert.equal(await circuit(), "closed");
});

test("the books agree", () => books_agree(s));
