// The goal: the clock of money and clerk is set back by an hour while they run. Webhooks of the right time are refused and counted, pledges
// are taken and limited as before, what waited goes on after its own time and not an hour later, and nothing is done twice.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chmod, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { from, guard_stack } from "./lib/guard.mjs";
import { key } from "./lib/http.mjs";
import { books_agree, deliver, event, made, now_s, reaches } from "./lib/money.mjs";
import { sanitized } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const lib = await readdir("/usr/lib").then((dirs) => dirs.map((d) => `/usr/lib/${d}/faketime/libfaketime.so.1`).find(existsSync), () => undefined);
const skip = !lib ? "there is no libfaketime" : sanitized ? "two libraries that want to be the first" : false;

test("an hour back (case 85)", { skip }, async (t) => {
	const s = await guard_stack({ name: "money-clock", moneys: 2, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 2, "money.wait_ms": 5000 },
		limits: { network: [3, 0.05] } });
	const CLOCK = join(s.dir, "conf", "clock"); // a folder that roles may read
	const step = (offset) => writeFile(CLOCK, `${offset}\n`);
	const gift = (more = {}) => ({ amount: "25.00", currency: "EUR", interval: "once", key: key(), ...more });
	let n = 0;
	const donor = () => from(s, `10.0.${n += 1}.1`);
	const env = { LD_PRELOAD: lib, FAKETIME_TIMESTAMP_FILE: CLOCK, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" };

	await step("+0");
	await chmod(CLOCK, 0o644);
	for (const name of ["money", "clerk"]) {
		await s.role(name, "stop");
		Object.assign(process.env, env);
		await s.role(name, "start").finally(() => Object.keys(env).forEach((word) => delete process.env[word]));
	}
	const early = await made(s, gift(), donor());
	const mine = () => from(s, "10.99.0.1").pledge(gift());

	for (let i = 0; i < 3; i++)
		assert.equal((await mine()).status, 201);
	const full = await mine();

	assert.equal(full.status, 429);
	// A call that is not answered waits, and so does a webhook of an object that nobody knows.
	await s.provider.fault({ match: { method: "POST", path: "^/v1/checkout/sessions$" }, times: 100, do: "status:503" });
	const waiting = await donor().pledge(gift());

	assert.equal(waiting.status, 202);
	assert.equal((await deliver(s, event("checkout.session.expired", { id: "cs_test_nobody", object: "checkout.session" }))).status, 200);
	await until("both were tried", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE tries > 0 AND dedup_key LIKE 'evt_walk%'") === 1);
	await s.sql(`UPDATE pledged.outbox SET not_before = now() + interval '10 s', lease_until = NULL WHERE state = 'open' AND kind = 'create'`);
	await s.provider.no_faults();

	await step("-3600");
	await until("the clerk saw it", async () => await s.count("SELECT count(*) FROM pledged.guard_event WHERE kind = 'clock'") === 1);
	const late = await s.one("SELECT ceil(extract(epoch FROM max(greatest(not_before, lease_until)) - now()))::integer FROM pledged.outbox WHERE state = 'open' AND kind = 'create'");

	assert.ok(late === undefined || late === "" || Number(late) < 0, `nothing waits for the old clock: ${late}`);
	await reaches(s, waiting.json().pledge, "offered", 60);
	t.diagnostic("the call that waited was made");

	const refused = await deliver(s, event("product.created", { id: "prod_x", object: "product" }));

	assert.equal(refused.status, 400, "a webhook of an hour ahead");
	assert.match(await s.log("money"), /bad_signature[^\n]*stale: -3[56]\d\d s off/);
	assert.equal((await deliver(s, event("product.created", { id: "prod_x", object: "product" }), { t: now_s() - 3600 })).status, 200);
	const again = await mine();

	assert.equal(again.status, 429, "a full bucket is full");
	assert.ok(Number(again.headers["retry-after"]) <= 20, `for its own time: ${again.headers["retry-after"]} s`);
	const after = await made(s, gift(), donor());

	await s.provider.pay(early.url);
	await s.provider.pay(after.url);
	await reaches(s, after.pledge, "paid", 60);
	await reaches(s, early.pledge, "paid", 60);
	await until("the bucket leaks", async () => (await mine()).status === 201, 40);
	await step("+0");
	await until("webhooks are taken again", async () => (await deliver(s, event("product.created", { id: "prod_y", object: "product" }))).status === 200);
	await sleep(1000);
	assert.equal(await s.count("SELECT count(*) FROM pledged.guard_event WHERE kind = 'clock'"), 1);
	await s.sql("DELETE FROM pledged.inbox WHERE object_id = 'cs_test_nobody'");
	await books_agree(s);
});
