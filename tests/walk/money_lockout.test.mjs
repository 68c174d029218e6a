// The goal: when the provider refuses our key, the first call is left to a person and the others wait without being
// spent; when it is put right, all goes on by itself but for the one that was left.

import assert from "node:assert/strict";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, made, reaches, session_of } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "money-lockout", views: 1, moneys: 3, set: { "clerk.interval_ms": 100, "clerk.call_ms": 2000,
	"money.wait_ms": 10000 } });
const BAD_KEY = { do: "status", status: 401, type: "invalid_request_error" };
const gift = () => ({ amount: "25.00", currency: "EUR", interval: "once", key: key() });
const call = (token) => s.sql(`SELECT o.state, o.tries, coalesce(o.last_outcome, '') FROM pledged.outbox o JOIN pledged.attempt a ON a.attempt_id = o.subject
	JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${token}' AND o.kind = 'create'`).then((rows) => rows[0]);
const attention = async () => (await s.sql("SELECT what, id, detail FROM report.attention")).map((row) => row.join(" "));
const red = async () => /^pledged_provider_refuses 1$/m.test((await s.request("/metrics")).text);
const calls = async () => (await s.provider.requests()).length;

test("our key is refused: one call is parked, the others wait, and a person is told (case 20)", async () => {
	const paid = await made(s, { email: "a@mail.example" });

	await s.provider.fault({ match: { path: "^/v1/" }, times: 0, do: BAD_KEY });
	const first = gift();
	const answer = await s.client().pledge(first);

	assert.equal(answer.status, 202, answer.text);
	const parked = answer.json().pledge;

	await s.sql("UPDATE pledged.lockout SET probe_at = now() + interval '10 minutes'");	// no probe amid what follows
	assert.deepEqual(await call(parked), ["parked", "1", "config"]);
	assert.ok((await attention()).some((line) => /^provider refuses us stripe HTTP 401/.test(line)));
	assert.ok((await attention()).some((line) => /^call parked/.test(line)));
	await until("health is red", red, 20);
	const before = await calls();
	const waiting = [];

	for (let i = 0; i < 6; i++) {
		const began = Date.now();
		const held = await s.client().pledge(gift());

		assert.equal(held.status, 202);
		assert.ok(Date.now() - began < 6000, "nobody waits for what will not come");
		waiting.push(held.json().pledge);
	}
	await s.provider.pay(paid.url);
	await sleep(3000);
	assert.equal(await calls(), before, "nothing went out");
	for (const token of waiting)
		assert.equal((await call(token))[0], "open", "none of them is spent");
	assert.equal(await s.count("SELECT count(*) FROM pledged.inbox WHERE state = 'parked'"), 0);
	assert.match(await s.log("money"), /"the provider refuses our key or account: calls wait"/);

	// Probes come ever more rarely, and show that it is not over.
	await s.sql("UPDATE pledged.lockout SET probe_at = now()");
	await until("it was probed", async () => await s.count("SELECT probes FROM pledged.lockout") >= 1, 30);
	assert.ok(await calls() - before <= 6);

	await s.provider.no_faults();
	await s.sql("UPDATE pledged.lockout SET probe_at = now()");
	await until("it is over", async () => await s.count("SELECT count(*) FROM pledged.lockout") === 0, 30);
	await reaches(s, paid.pledge, "paid", 30);
	for (const token of waiting)
		await until("its page is open", async () => (await call(token))[0] === "done", 60);
	assert.ok((await attention()).every((line) => !/^provider refuses us/.test(line)));
	await until("health is well", async () => !(await red()), 20);

	// What was parked stays with a person: its key answers 202 until then.
	assert.equal((await call(parked))[0], "parked");
	assert.equal((await s.client().pledge(first)).status, 202);
	const shown = await s.ctl("pledge", "show", parked);

	assert.match(shown.stdout, /its call is parked, tried 1 times: HTTP 401/);
	assert.match(shown.stdout, /^! a call is parked; when its cause is gone: pledgectl pledge resolve \S+ --unpark$/m);
	const done = await s.ctl("pledge", "resolve", parked, "--unpark", "--reason", "new key", "--author", "anna");

	assert.deepEqual([done.code, done.stdout], [0, "1 calls go on\n"]);
	const page = await until("its page is open", async () => {
		const again = await s.client().pledge(first);

		return again.status === 201 && again.json();
	}, 30);

	assert.equal(page.pledge, parked);
	assert.equal((await s.provider.ledger()).references[await s.one(`SELECT pledge_id FROM pledged.pledge WHERE public_token = '${parked}'`)].length, 1);
	assert.match((await s.ctl("pledge", "events", parked)).stdout, /operator anna: unpark: new key/);
	await s.provider.pay(page.url);
	await reaches(s, parked, "paid", 30);
});

test("one kind of call is refused: it is parked, and the rest goes on after a probe (case 20)", async () => {
	const pledge = await made(s, { email: "b@mail.example" });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid");
	await s.provider.fault({ match: { method: "POST", path: "^/v1/refunds$" }, times: 0, do: { do: "status", status: 403, type: "invalid_request_error" } });
	assert.equal((await s.ctl("pledge", "refund", pledge.pledge)).code, 0);
	await until("it is parked", async () => await s.count("SELECT count(*) FROM pledged.outbox WHERE kind = 'refund' AND state = 'parked'") === 1);
	const next = await s.client().pledge(gift());

	await until("calls go again", async () => (await call(next.json().pledge))[0] === "done", 60);
	assert.equal(await s.one(`SELECT w.state FROM pledged.wish w JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${pledge.pledge}'`), "sent");
	await s.provider.no_faults();
	assert.equal((await s.ctl("pledge", "resolve", pledge.pledge, "--unpark")).code, 0);
	await reaches(s, pledge.pledge, "refunded", 30);
});

test("an attempt that a person knows to be dead is given up (case 20)", async () => {
	await s.provider.fault({ match: { method: "POST", path: "^/v1/checkout/sessions$" }, do: BAD_KEY });
	const dead = (await s.client().pledge(gift())).json().pledge;
	const open = await until("calls go again", async () => {
		const answer = await s.client().pledge(gift());

		return answer.status === 201 && answer.json();
	}, 60);
	const refused = await s.ctl("pledge", "resolve", open.pledge, "--close");

	assert.equal(refused.code, 1);
	assert.match(refused.stderr, /its page can still be paid until 20/);
	const closed = await s.ctl("pledge", "resolve", dead, "--close", "--reason", "the donor gave elsewhere");

	assert.deepEqual([closed.code, closed.stdout], [0, "attempt 1 is abandoned\n"]);
	assert.equal(await s.one(`SELECT status FROM pledged.pledge WHERE public_token = '${dead}'`), "canceled");
	assert.equal(session_of(open.url).startsWith("cs_"), true);
});

test("the books agree", () => books_agree(s));
