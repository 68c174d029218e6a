// acts.mjs: the part of the control that moves money: what donors, banks and the passing of time do,
// without a page and as many times as a test wants.
import { FEES } from './balance.mjs';
import { DUNNING, renew, renewDue } from './billing.mjs';
import { replaceCard, setCard } from './cards.mjs';
import { decline, pay, settle, Stuck } from './checkout.mjs';
import { isDecline } from './declines.mjs';
import { moveDispute, openDispute, setActionable, warn } from './disputes.mjs';
import { bad, missing } from './errors.mjs';
import { dice } from './faults.mjs';
import { endRefund, makeRefund } from './refunds.mjs';

function taken(body)
{
	if (body.decline_code !== undefined && !isDecline(body.decline_code))
		throw bad(`That is no decline code: ${body.decline_code}`);
	return body;
}

// one: what becomes of one open session, as on its page.
function one(world, id, { outcome = 'paid', email, decline_code: code })
{
	if (outcome === 'declined')
		decline(world, id, code);
	else if (outcome === 'paid' || outcome === 'delayed')
		pay(world, id, { email, delayed: outcome === 'delayed' });
	else
		throw bad(`There is no outcome ${outcome}.`);
	return outcome;
}

// whichever: an outcome drawn from shares: {paid: 0.8, delayed: 0.1, declined: 0.05}; the rest is left.
function whichever(shares, draw)
{
	let at = draw();
	return Object.entries(shares).find(([, share]) => (at -= share) < 0)?.[0];
}

const openSessions = (world, limit) => {
	const out = [];
	for (const { obj } of world.ledger.all('checkout.session')) {
		if (out.length === limit)
			break;
		if (obj.status === 'open')
			out.push(obj.id);
	}
	return out;
};

// Now and then a long loop lets the others have their turn.
const BREATH = 50;
const breathe = (n) => (n % BREATH ? undefined : new Promise((go) => { setImmediate(go); }));

// payMany: {session}, {sessions: […]} or {open: how many of those that are}. Each is a step of its own.
export async function payMany(world, query, body)
{
	taken(body);
	if (body.session)
		return { [body.session]: one(world, body.session, body) };
	const draw = dice(body.seed ?? 1);
	const counts = { paid: 0, delayed: 0, declined: 0, left: 0, stuck: 0 };
	let n = 0;
	for (const id of body.sessions ?? openSessions(world, body.open)) {
		await breathe(++n);
		const outcome = body.shares ? whichever(body.shares, draw) : body.outcome ?? 'paid';
		try {
			counts[outcome ? one(world, id, { ...body, outcome }) : 'left']++;
		} catch (err) {
			if (!(err instanceof Stuck))
				throw err;
			counts.stuck++;
		}
		world.commit();
	}
	return counts;
}

// settleMany: {session}, or {all: true} for every one that waits, each with outcome.
async function settleMany(world, query, body)
{
	const outcome = body.outcome ?? 'succeeded';
	if (!body.all)
		return settle(world, body.session, outcome);
	const waiting = world.ledger.all('checkout.session').map((r) => r.obj)
		.filter((s) => s.status === 'complete' && s.payment_status === 'unpaid' && !failed(world, s));
	for (const [n, s] of waiting.entries()) {
		await breathe(n);
		settle(world, s.id, outcome);
		world.commit();
	}
	return { settled: waiting.length };
}

const failed = (world, s) => {
	const intent = s.payment_intent ?? world.ledger.get(s.invoice).priv.payment_intent;
	return world.ledger.get(intent).obj.status !== 'processing';
};

function refund(world, query, body)
{
	if (body.next) {
		world.nextRefund = body.next;
		return { next: body.next };
	}
	if (body.refund)
		return endRefund(world, body.refund, body.status, body.failure_reason);
	return makeRefund(world, body);
}

function card(world, query, body)
{
	taken({ decline_code: body.decline ?? undefined });
	if (!body.new)
		return setCard(world, body);
	const sub = body.subscription && world.ledger.get(body.subscription, 'subscription');
	const owner = sub ? sub.obj.customer : body.customer;
	if (!world.ledger.get(owner, 'customer'))
		throw missing('customer', owner);
	return replaceCard(world, owner, { decline: body.decline, action: body.action });
}

// merged: known settings only; an empty body shows them.
function merged(name, defaults)
{
	return (world, query, body) => {
		for (const key of Object.keys(body))
			if (!Object.hasOwn(defaults, key))
				throw bad(`There is no such setting: ${key}`);
		return Object.assign(world[name], body);
	};
}

export const ACTS = {
	'POST /_/pay': payMany,
	'POST /_/settle': settleMany,
	'POST /_/renew': (world, query, body) =>
		(body.due ? renewDue(world, taken(body)) : renew(world, taken(body))),
	'POST /_/dispute': (world, query, body) =>
		(body.dispute ? moveDispute(world, body) : openDispute(world, body)),
	'POST /_/warning': (world, query, body) =>
		(body.warning ? setActionable(world, body) : warn(world, body)),
	'POST /_/refund': refund,
	'POST /_/card': card,
	'POST /_/fees': merged('fees', FEES),
	'POST /_/dunning': merged('dunning', DUNNING),
};
