// money.mjs: one service for the lines about money that kill nobody, and what they all do with it.

import { agent, client, key } from "../../walk/lib/http.mjs";
import { sleep } from "../../walk/lib/until.mjs";

export const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };

const pool = agent(128);

const SET = { "clerk.interval_ms": 50, "clerk.lookup_after_s": 60, "view.deadline_ms": 2000 };
const retry = (s) => s.provider.webhooks({ retries: [100, 300, 1000, ...Array(40).fill(1000)] });

export const money_stack = (t) => t.stack("money", { views: 1, moneys: 6, clerks: 2, set: { ...SET, "money.wait_ms": 4000,
	"clerk.call_ms": 2000 } }, retry);

// one_stack: one process that talks to the provider for donors, and does not wait long for it.
export const one_stack = (t) => t.stack("one", { views: 1, moneys: 1, clerks: 1, set: { ...SET, "money.wait_ms": 700,
	"clerk.call_ms": 700 } }, retry);

export const who = (s) => client(s.url, { agent: pool });
export const gift = (t, more = {}) => ({ amount: `${t.int(5, 90)}.${t.pick(["00", "50", "25", "99"])}`, currency: t.pick(["EUR", "USD"]),
	interval: "once", email: "score@mail.example", key: key(), ...more });

// each: work(item, i) for all, so many at once.
export async function each(list, width, work) {
	const results = [];
	let next = 0;

	await Promise.all(Array.from({ length: Math.min(width, list.length) }, async () => {
		for (let i = next++; i < list.length; i = next++)
			results[i] = await work(list[i], i);
	}));
	return results;
}

// in_time: true when test() becomes true within so many seconds; gives how long it took.
export async function in_time(seconds, test) {
	const began = Date.now();

	while (!await test()) {
		if (Date.now() - began > seconds * 1000)
			return { done: false, s: seconds };
		await sleep(100);
	}
	return { done: true, s: (Date.now() - began) / 1000 };
}

const AT_ONCE = 1000;	// a statement is one word of a command line

// paid: how many of them are.
export async function paid(s, tokens) {
	let n = 0;

	for (let i = 0; i < tokens.length; i += AT_ONCE)
		n += await s.count(`SELECT count(*) FROM pledged.pledge WHERE status = 'paid' AND public_token IN (${tokens.slice(i, i + AT_ONCE).map((token) => `'${token}'`).join(",")})`);
	return n;
}
