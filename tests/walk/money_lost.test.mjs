// The goal: no webhook ever arrives, and all the same every payment is found, booked once and thanked for.

import assert from "node:assert/strict";
import { test } from "node:test";

import { books_agree, counts, made, reaches, session_of, state } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "money-lost", views: 1, moneys: 4,
	set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 1, "clerk.call_ms": 2000, "view.deadline_ms": 3000 } });

await s.provider.webhooks({ drop: true });

test("paid, and nobody told us: looked up, once, and the reader is left in peace (case 55)", async () => {
	const who = s.client();

	await who.decide("/lost/1", { section: "sport" });
	const { token } = await who.decide("/lost/2", { section: "sport" });
	const gifts = [];

	for (const interval of ["once", "month", "year"])
		gifts.push(await made(s, { token, interval, email: "lost@mail.example" }, who));
	await Promise.all(gifts.map((g) => s.provider.pay(g.url)));
	for (const g of gifts)
		await reaches(s, g.pledge, "paid", 40);
	await until("prompts stop", async () => (await who.decide("/lost/3", { section: "sport" })).reason === "supporter", 10);
	const after = await counts(s);

	assert.deepEqual([after.inbox, after.payment, after.mail_out, after.recurring], [0, 3, 3, 2]);
});

test("an expired page, and a delayed payment that fails, are found too", async () => {
	const [expired, delayed] = [await made(s), await made(s)];

	await s.provider.expire(session_of(expired.url));
	await s.provider.delayed(delayed.url);
	await s.provider.settle(session_of(delayed.url), "failed");
	await reaches(s, expired.pledge, "lapsed", 40);
	await reaches(s, delayed.pledge, "failed", 40);
});

test("an open page is asked about ever more rarely", async () => {
	const open = await made(s);
	const looks = async () => (await s.provider.requests({ method: "GET", path: session_of(open.url) })).length;

	await until("it was looked up", async () => await looks() >= 1, 20);
	const [[next]] = await s.sql(`SELECT a.next_look_at > a.looked_at + interval '9 seconds' FROM pledged.attempt a
		JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${open.pledge}'`);

	assert.equal(next, "t");
	assert.equal((await state(s, open.pledge)).status, "offered");
});

test("webhooks that come after all change nothing", async () => {
	const before = await counts(s);

	await s.provider.webhooks({ drop: false });
	for (const e of await s.provider.events())
		await s.provider.resend(e.id);
	await until("all are worked off", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 30);
	const after = await counts(s);

	assert.ok(after.inbox > 0);
	assert.deepEqual({ ...after, inbox: 0 }, before);
});

test("the books agree", () => books_agree(s));
