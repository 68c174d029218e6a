// The goal: whatever part is killed and whenever, what was acknowledged is there afterwards, what was paid
// is booked once, and nobody has to do anything for it but ask again with the same key.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { agent, client, key } from "./lib/http.mjs";
import { books_agree, counts, deliver, event, insist, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "money-faults", views: 1, moneys: 4, set: { "money.wait_ms": 3000, "clerk.interval_ms": 100,
	"clerk.call_ms": 1000, "clerk.lookup_after_s": 2, "view.drain_ms": 1000 } });
const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
const pool = agent(64);
const who = () => client(s.url, { agent: pool });

after(() => pool.destroy());

const gift = (i) => ({ amount: `${10 + i}.00`, currency: "EUR", interval: i % 3 ? "once" : "month", email: `g${i}@mail.example`, key: key() });
const await_paid = (pledges, seconds) => until(`${pledges.length} pledges are paid`, async () => await s.count(`SELECT count(*)
	FROM pledged.pledge WHERE status = 'paid' AND public_token IN (${pledges.map((p) => `'${p.pledge}'`).join(",")})`) === pledges.length,
	seconds);

await s.provider.webhooks({ retries: Array(40).fill(500) });

test("PostgreSQL killed and started again amid 40 pledges with payments: none lost, none twice (case 48)", async () => {
	const acknowledged = [];
	const give = async (i) => {
		await sleep(i * 60);
		const pledge = await insist(who(), gift(i), 60);

		acknowledged.push(pledge);
		await s.provider.pay(pledge.url);
		return pledge;
	};
	const gifts = Promise.all(Array.from({ length: 40 }, (_, i) => give(i)));

	await sleep(1000);
	await s.pg("kill");
	await sleep(500);
	await s.pg("start");
	const pledges = await gifts;

	assert.equal(new Set(pledges.map((p) => p.pledge)).size, 40);
	const there = await s.sql(`SELECT public_token FROM pledged.pledge`);

	assert.deepEqual(acknowledged.map((p) => p.pledge).filter((token) => !there.flat().includes(token)), []);
	await await_paid(pledges, 60);
	assert.equal((await counts(s)).mail_out, 40);
	await books_agree(s);
});

test("a worker killed while the provider thinks: the clerk finishes, the same key gives the same page (case 21)", async () => {
	const fields = gift(50);

	await s.provider.fault({ match: CREATE, do: "delay:6000" });
	const cut = who().pledge(fields);
	const [[idem]] = await until("the call is on its way", async () => {
		const rows = await s.sql(`SELECT o.idem_key FROM pledged.outbox o JOIN pledged.attempt a ON a.attempt_id = o.subject
			JOIN pledged.pledge p USING (pledge_id) WHERE p.key = '${fields.key}' AND o.state = 'open'`);

		return rows.length === 1 && rows;
	});

	await sleep(300);
	for (const pid of await s.pids("money"))
		process.kill(pid, "SIGKILL");
	const answer = await cut;

	assert.equal(answer.status, 503);
	assert.match(answer.headers["content-type"], /^application\/problem\+json/);
	assert.ok(Number(answer.headers["retry-after"]) > 0);
	await until("the clerk has opened the page", async () => await s.count(`SELECT count(*) FROM pledged.attempt
		WHERE idem_key = '${idem}' AND state = 'open'`) === 1, 30);
	const pledge = await insist(who(), fields);
	const [[id, url]] = await s.sql(`SELECT p.pledge_id, a.url FROM pledged.pledge p JOIN pledged.attempt a USING (pledge_id)
		WHERE p.key = '${fields.key}'`);

	assert.equal(pledge.url, url);
	assert.equal((await s.provider.ledger()).references[id].length, 1);
	const sent = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).filter((r) => r.key === idem);

	assert.ok(sent.length >= 2);
	assert.equal(new Set(sent.map((r) => r.body)).size, 1);
});

test("the clerk killed again and again while 30 payments settle: each once (case 49)", async () => {
	const pledges = [];

	await s.provider.webhooks({ paused: true });
	for (let i = 0; i < 30; i++)
		pledges.push(await made(s, gift(i), who()));
	await Promise.all(pledges.map((p) => s.provider.pay(p.url)));
	await s.provider.webhooks({ paused: false });
	for (let n = 0; n < 12; n++) {
		await sleep(80 + (n * 37) % 120);
		for (const pid of await s.pids("clerk"))
			process.kill(pid, "SIGKILL");
	}
	await await_paid(pledges, 60);
	assert.equal((await counts(s)).mail_out, 70);
	await books_agree(s);
});

test("SIGTERM of money while requests wait for a slow provider: none is cut", async () => {
	await s.provider.fault({ match: CREATE, times: 4, do: "delay:1500" });
	const running = Array.from({ length: 4 }, (_, i) => who().pledge(gift(i)));

	await until("all four are at the provider", async () => (await s.provider.faults()).at(-1).applied === 4);
	await s.role("money", "stop");
	const answers = await Promise.all(running);

	assert.deepEqual(answers.map((a) => a.status), [201, 201, 201, 201], answers[0].text);
	assert.ok(answers.every((a) => a.json().url));
	const away = await who().pledge(gift(5));
	const page = await who().form(gift(6));

	assert.equal(away.status, 503);
	assert.match(away.json().type, /store_down$/);
	assert.ok(Number(away.headers["retry-after"]) > 0);
	assert.equal(page.status, 503);
	assert.match(page.text, /Nothing was charged/);
	await s.role("money", "start");
	assert.equal((await who().pledge(gift(7))).status, 201);
});

test("workers ended one by one during a load: every request is answered", async () => {
	let going = true;
	const answers = [];
	const load = Array.from({ length: 6 }, async (_, i) => {
		for (; going;)
			answers.push((await who().pledge(gift(i))).status);
	});

	try {
		for (let n = 0; n < 6;) {
			await sleep(200);
			const [pid] = await s.pids("money");

			// One that was asked before may just be gone: then the next look finds another.
			try {
				process.kill(pid, "SIGTERM");
				n += 1;
			} catch (error) {
				assert.equal(error.code, "ESRCH");
			}
		}
	} finally {
		going = false;
		await Promise.all(load);
	}
	assert.deepEqual([...new Set(answers)], [201]);
});

test("PostgreSQL away: said so, and everything heals without a restart", async () => {
	const open = await made(s, gift(8), who());
	const fields = gift(9);
	const pids = (await Promise.all(["money", "clerk"].map((name) => s.pids(name)))).flat();

	await s.pg("stop");
	const away = await who().pledge(fields);

	assert.equal(away.status, 503);
	assert.deepEqual([away.json().type, away.json().status], ["urn:pledged:problem:store_down", 503]);
	assert.ok(Number(away.headers["retry-after"]) > 0);
	const form = await who().form(gift(10));

	assert.equal(form.status, 503);
	assert.match(form.headers["content-type"], /^text\/html/);
	assert.ok(Number(form.headers["retry-after"]) > 0);
	assert.equal((await s.request(`/pledge/${open.pledge}`)).status, 503);
	const hook = await deliver(s, event("checkout.session.expired", { id: "cs_test_away", object: "checkout.session" }));

	assert.equal(hook.status, 503, "to be delivered again");
	assert.equal((await s.provider.pay(open.url)).status, 303);
	await s.pg("start");
	assert.equal((await insist(who(), fields)).status, "offered");
	assert.equal((await state(s, open.pledge)).pledge, open.pledge);
	await reaches(s, open.pledge, "paid", 30);
	assert.deepEqual((await Promise.all(["money", "clerk"].map((name) => s.pids(name)))).flat(), pids, "no process ended for it");
});

test("the answer of the provider comes while PostgreSQL is away: the clerk repeats it, one object (case 22)", async () => {
	const fields = gift(11);

	await s.provider.fault({ match: CREATE, do: "barrier:away" });
	const waiting = who().pledge(fields);

	await s.provider.waiting("away");
	await s.pg("kill");
	await s.provider.release("away");
	const answer = await waiting;

	assert.ok([202, 503].includes(answer.status), answer.text);
	await s.pg("start");
	const pledge = await insist(who(), fields);
	const id = await s.one(`SELECT pledge_id FROM pledged.pledge WHERE key = '${fields.key}'`);

	assert.equal((await s.provider.ledger()).references[id].length, 1);
	assert.equal((await s.provider.object(session_of(pledge.url))).status, "open");
});

test("the provider away: 202, and a page when it is back", async () => {
	const fields = gift(12);

	await s.role("provider", "stop");
	const answer = await who().pledge(fields);

	assert.equal(answer.status, 202, answer.text);
	assert.equal(answer.json().url, undefined);
	await s.role("provider", "start");
	assert.ok((await insist(who(), fields)).url);
});

test("the books agree", () => books_agree(s));
