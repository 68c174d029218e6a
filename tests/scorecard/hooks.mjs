// hooks.mjs: webhooks that come often, in any order, and two at the very same moment.

import { deliver, made, secret_of, session_of } from "../walk/lib/money.mjs";
import { until } from "../walk/lib/until.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { each, gift, in_time, money_stack, paid, who } from "./lib/money.mjs";

// bare: an event as it is sent.
const bare = ({ deliveries, ...event }) => event;

// unheard: what work() brings about at the provider, as events that have not left; in the order they were made.
async function unheard(s, work) {
	const before = (await s.provider.events()).length;

	await s.provider.webhooks({ paused: true });
	await work();
	const all = (await s.provider.events()).slice(before).map(bare);

	await s.provider.webhooks({ paused: false, discard: true });
	return all;
}

// worked_off: the event has been tried: it is done, or waits for what is not known yet.
const worked_off = (s, id) => until(`${id} is worked off`, async () => {
	const [[state, tries]] = await s.sql(`SELECT state, tries FROM pledged.inbox WHERE dedup_key = '${id}'`);

	return state !== "leased" && (state !== "new" || Number(tries) > 0);
}, 30);

// --- A09 -----------------------------------------------------------------------------------------

async function shuffled(t) {
	const s = await money_stack(t);
	const secret = await secret_of(s);
	const wanted = t.n(1000, 60, 300);
	const pledges = [];
	const events = [];
	const lost = [];

	while (events.length < wanted) {
		const p = await made(s, gift(t, { interval: t.pick(["once", "month", "year"]) }), who(s));

		events.push(...await unheard(s, () => s.provider.pay(p.url)));
		pledges.push(p);
	}
	await each(t.shuffle([...events, ...events, ...events]), 16, async (e) => {
		const answer = await deliver(s, e, { secret });

		if (answer.status !== 200)
			lost.push(`${e.id}: ${answer.status}`);
	});
	const tokens = pledges.map((p) => p.pledge);
	const { done, s: seconds } = await in_time(120, async () => await paid(s, tokens) === tokens.length);

	await settled(s, { seconds: 120 });
	t.count({ pledges: pledges.length, faults: events.length * 2 });
	return verdict(`${events.length} webhooks x 3 of ${tokens.length} pledges, booked in ${seconds.toFixed(1)} s`, done, [...lost.slice(0, 3), ...await audit(t, s)]);
}

// --- A10 -----------------------------------------------------------------------------------------

const MONTHLY = ["checkout.session.completed", "invoice.paid", "customer.subscription.created", "customer.subscription.updated"];

function orders(list) {
	return list.length < 2 ? [list] : list.flatMap((one, i) => orders([...list.slice(0, i), ...list.slice(i + 1)]).map((rest) => [one, ...rest]));
}

// picture: all that is held of a pledge, without what is different for each: ids, times, causes.
async function picture(s, token) {
	const of = (from) => `${from} JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${token}'`;
	const parts = await Promise.all([
		`SELECT status, over_paid, mismatch FROM pledged.pledge WHERE public_token = '${token}'`,
		`SELECT a.state, a.no ${of("FROM pledged.attempt a")} ORDER BY 2`,
		`SELECT y.state, y.amount, y.currency, coalesce(y.mismatch, '') ${of("FROM pledged.payment y")} ORDER BY 2`,
		`SELECT r.state, r.amount ${of("FROM pledged.refund r JOIN pledged.payment y USING (payment_id)")} ORDER BY 2`,
		`SELECT r.state ${of("FROM pledged.recurring r")}`,
		`SELECT m.kind, count(*) ${of("FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject")} GROUP BY 1 ORDER BY 1`,
		`SELECT l.object, l.account, l.became, sum(l.amount) ${of("FROM pledged.ledger l")} AND l.account IN ('provider', 'donor') GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`,
	].map((query) => s.sql(query)));

	return JSON.stringify(parts);
}

// in_order: the events, each worked off before the next one comes; and the queue is empty in the end.
async function in_order(s, secret, events) {
	for (const e of events) {
		const answer = await deliver(s, e, { secret });

		if (answer.status !== 200)
			throw new Error(`${e.type}: ${answer.status}`);
		await worked_off(s, e.id);
	}
	await settled(s, { hurry: true });
}

// SCENES: what happens to a pledge, and the events of it that are to come in every order.
const SCENES = {
	monthly: { types: MONTHLY, interval: "month", status: "paid", act: (s, url) => s.provider.pay(url) },
	"expired and delayed": { types: [MONTHLY[0], "checkout.session.async_payment_succeeded", "checkout.session.expired"], status: "paid",
		act: async (s, url) => {
			await s.provider.delayed(url);
			await s.provider.settle(session_of(url));
			await s.provider.event({ type: "checkout.session.expired", id: session_of(url) });
		} },
	refunded: { types: [MONTHLY[0], "refund.created", "charge.refunded"], status: "partly_refunded",
		act: async (s, url) => {
			await s.provider.pay(url);
			await s.provider.refund({ payment_intent: (await s.provider.object(session_of(url))).payment_intent, amount: 1000 });
		} },
};

async function every_order(t) {
	const s = await money_stack(t);
	const secret = await secret_of(s);
	const why = [];
	let good = 0, all = 0;

	for (const [name, scene] of Object.entries(SCENES)) {
		let first;

		for (const order of t.short ? t.shuffle(orders(scene.types)).slice(0, 1) : orders(scene.types)) {
			const pledge = await made(s, { interval: scene.interval ?? "once", email: "order@mail.example" }, who(s));
			const events = await unheard(s, () => scene.act(s, pledge.url));

			await in_order(s, secret, order.map((type) => events.find((e) => e.type === type)));
			const seen = await picture(s, pledge.pledge);
			const now = await s.one(`SELECT status FROM pledged.pledge WHERE public_token = '${pledge.pledge}'`);

			first ??= seen;
			all += 1;
			if (seen === first && now === scene.status)
				good += 1;
			else
				why.push(`${name}, ${order.join(" ")}: ${now}, ${seen} is not ${first}`);
		}
	}
	t.count({ pledges: all, faults: all });
	return verdict(`${good}/${all} orders`, good === all, [...why, ...await audit(t, s)]);
}

// --- A11 -----------------------------------------------------------------------------------------

// Two clerks hold what the provider says of one pledge, and go on at the same moment.
async function raced(t) {
	const s = await money_stack(t);
	const secret = await secret_of(s);
	const rounds = t.n(30, 2);
	const why = [];
	const deadlocks = () => s.count("SELECT sum(deadlocks) FROM pg_stat_database");
	const before = await deadlocks();

	for (let i = 0; i < rounds; i++) {
		const pledge = await made(s, gift(t, { interval: i % 2 ? "month" : "once" }), who(s));
		const name = `race-${t.seed}-${i}`;
		const [one] = (await unheard(s, () => s.provider.pay(pledge.url))).filter((e) => e.type === MONTHLY[0]);
		const more = { ...one, id: `${one.id}b` };

		await s.provider.fault({ match: { method: "GET", path: session_of(pledge.url) }, times: 2, do: `barrier:${name}` });
		await deliver(s, one, { secret });
		await s.provider.waiting(name);
		await deliver(s, more, { secret });
		await until("both are there", async () => (await s.provider.barriers())[name] === 2);
		await s.provider.release(name);
		await until("it is paid", async () => await paid(s, [pledge.pledge]) === 1, 30);
		await settled(s);
		const [[moves, mails, payments]] = await s.sql(`SELECT (SELECT count(*) FROM pledged.ledger l WHERE l.pledge_id = p.pledge_id AND l.object = 'pledge'
				AND l.became = 'paid'), (SELECT count(*) FROM pledged.mail_out m JOIN pledged.payment y ON y.payment_id = m.subject WHERE y.pledge_id = p.pledge_id),
			(SELECT count(*) FROM pledged.payment y WHERE y.pledge_id = p.pledge_id) FROM pledged.pledge p WHERE p.public_token = '${pledge.pledge}'`);

		if (`${moves} ${mails} ${payments}` !== "1 1 1")
			why.push(`round ${i}: ${moves} moves, ${mails} mails, ${payments} payments`);
	}
	const met = await deadlocks() - before;

	if (met > 0)
		why.push(`${met} deadlocks`);
	t.count({ pledges: rounds, faults: rounds });
	return verdict(`${rounds} races, ${met} deadlocks`, true, [...why, ...await audit(t, s)]);
}

export const lines = [
	{ id: "A09", name: "hook-shuffle", title: "webhooks sent three times each, shuffled (cases 39, 40)", target: "1000, ledger = database", short: true, run: shuffled },
	{ id: "A10", name: "hook-order", title: "the events of a pledge in every order; expired after paid, refund before paid (cases 43, 44, 45, 46)",
		target: "36/36 orders, same rows", short: true, run: every_order },
	{ id: "A11", name: "hook-race", title: "two webhooks of one pledge at a barrier (cases 39, 40)", target: "one transition, no deadlock", short: true, run: raced },
];
