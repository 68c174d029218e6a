// crash_wish.mjs: what is asked beside a paid pledge while the clerk dies: a refund, the end of a recurring gift, another
// amount of one; and that it happened once.

import assert from "node:assert/strict";

import { until } from "../../walk/lib/until.mjs";

const live = (list, intent) => list.filter((r) => r.payment_intent === intent && !["failed", "canceled"].includes(r.status));
const recurring = async (s, pledge) => (await s.sql(`SELECT provider_recurring_id, state, amount FROM pledged.recurring WHERE pledge_id = '${pledge}'`))[0];

// A kind: the options and words for pledgectl, and what must be so when the wish is done.
const KINDS = {
	refund: {
		interval: "once",
		options: (currency) => ["--amount", currency === "JPY" ? "200" : "2.00"],
		done: async (s, { pledge, status }) => {
			const [intent, ours, booked] = (await s.sql(`SELECT y.intent, (SELECT string_agg(r.amount || ' ' || r.state, ', ') FROM pledged.refund r
				WHERE r.payment_id = y.payment_id), (SELECT sum(l.amount) FROM pledged.ledger l WHERE l.pledge_id = y.pledge_id AND l.account = 'refund')
				FROM pledged.payment y WHERE y.pledge_id = '${pledge}'`))[0];

			assert.deepEqual(live((await s.provider.ledger()).refunds, intent).map((r) => r.amount), [200], "given back once");
			assert.deepEqual([ours, booked, status], ["200 done", "200", "partly_refunded"]);
		},
	},
	cancel: {
		interval: "month",
		done: async (s, { pledge }) => {
			const [sub, state] = await recurring(s, pledge);

			assert.deepEqual([state, (await s.provider.object(sub)).status], ["ended", "canceled"]);
			assert.equal(await s.count(`SELECT count(*) FROM pledged.ledger WHERE pledge_id = '${pledge}' AND object = 'recurring' AND became = 'ended'`), 1);
		},
	},
	amount: {
		interval: "month",
		words: (currency) => [currency === "JPY" ? "4100" : "41.00"],
		done: async (s, { pledge }) => {
			const [sub, state, amount] = await recurring(s, pledge);
			const { data } = (await s.provider.object(sub)).items;

			assert.deepEqual([state, amount, data.map((item) => item.price.unit_amount)], ["active", "4100", [4100]]);
		},
	},
};

export const wish_kinds = Object.keys(KINDS);
export const interval_of = (kind) => KINDS[kind].interval;

// ask: beside the paid pledge of this row; gives nothing: the clerk is to do it.
export async function ask(s, kind, row, currency) {
	const { options = () => [], words = () => [] } = KINDS[kind];
	const { code, stderr } = await s.ctl("pledge", kind, "--author", "score", ...options(currency), "--", row.token, ...words(currency));

	assert.equal(code, 0, stderr);
}

// granted: all wishes of the pledge are done, and the books of both sides have each once; again() tells how the pledge stands.
export async function granted(s, kind, again, time, seconds) {
	let row = await again();
	const states = async () => (await s.sql(`SELECT state FROM pledged.wish WHERE pledge_id = '${row.pledge}'`)).map(([state]) => state);

	await until("the wish has ended", async () => {
		if ((await states()).every((state) => !["asked", "sent"].includes(state)))
			return true;
		await time();
		return false;
	}, seconds);
	assert.deepEqual(await states(), ["done"]);
	row = await again();
	await KINDS[kind].done(s, row);
}
