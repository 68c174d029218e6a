// billing.mjs: what the provider does with a subscription by itself: invoices, collection, the tries
// after a failed one, pauses, the end. The hour in which an invoice is still a draft is left out.
import { outcomeOf } from './cards.mjs';
import { bad, missing } from './errors.mjs';
import {
	challengeIntent, chargeIntent, declineIntent, openIntent, settleIntent,
} from './payments.mjs';
import * as shapes from './shapes_recurring.mjs';

const DAY_S = 24 * 3600;

// DUNNING: days between the tries of an invoice, and what becomes of the subscription when the last
// one failed: cancel, unpaid, past_due.
export const DUNNING = { days: [3, 5, 7], then: 'cancel' };

export const subscriptionOf = (world, inv) =>
	world.ledger.get(inv.parent.subscription_details.subscription);

function setStatus(world, record, status)
{
	const before = record.obj.status;
	if (before === status || before === 'canceled')
		return;
	record.obj.status = status;
	world.ledger.touch(record);
	world.emit('customer.subscription.updated', record.obj, { previous: { status: before } });
}

// --- invoices ------------------------------------------------------------------------------------

function addInvoice(world, record, reason)
{
	const { obj: sub, priv } = record;
	const inv = shapes.invoice(world, sub, { reason, email: priv.email });
	const made = world.ledger.add(inv, { email: priv.email });
	sub.latest_invoice = inv.id;
	world.ledger.touch(record);
	world.emit('invoice.created', inv);
	return made;
}

// openInstalment: its intent knows nothing of the subscription, not even the metadata.
export const openInstalment = (world, { amount, currency }) =>
	openIntent(world, { amount, currency, description: 'Subscription payment' });

// tried: the intent of a first instalment that was refused before there was an invoice.
export function openInvoice(world, record, reason, tried)
{
	const made = addInvoice(world, record, reason);
	const { obj: inv } = made;
	const pi = tried ?? openInstalment(world, { amount: inv.amount_due, currency: inv.currency });
	pi.obj.customer = inv.customer;
	const part = shapes.invoicePayment(world, inv, pi.obj);
	world.ledger.add(part);
	Object.assign(made.priv, { payment_intent: pi.obj.id, part: part.id });
	pi.priv.invoice = inv.id;
	world.ledger.touch(pi);
	world.emit('invoice.finalized', inv);
	return made;
}

// PAUSED: what becomes of an invoice while nothing is collected. No payment belongs to it.
const PAUSED = {
	void: ['void', 'voided_at', 'invoice.voided'],
	mark_uncollectible: ['uncollectible', 'marked_uncollectible_at', 'invoice.marked_uncollectible'],
	keep_as_draft: ['draft'],
};

function idleInvoice(world, record, behavior)
{
	const made = addInvoice(world, record, 'subscription_cycle');
	const { obj: inv } = made;
	const [status, time, event] = PAUSED[behavior];
	Object.assign(inv, { status, auto_advance: false });
	if (time)
		inv.status_transitions[time] = world.now();
	else
		Object.assign(inv, { number: null, effective_at: null, hosted_invoice_url: null,
			status_transitions: { ...inv.status_transitions, finalized_at: null } });
	world.ledger.touch(made);
	if (event)
		world.emit(event, inv);
	return made;
}

// --- collection ----------------------------------------------------------------------------------

function markPaid(world, record)
{
	const { obj: inv } = record;
	Object.assign(inv, { status: 'paid', amount_paid: inv.amount_due, amount_remaining: 0,
		next_payment_attempt: null });
	inv.status_transitions.paid_at = world.now();
	world.ledger.touch(record);
	const part = world.ledger.get(record.priv.part);
	Object.assign(part.obj, { status: 'paid', amount_paid: inv.amount_due });
	part.obj.status_transitions.paid_at = world.now();
	world.ledger.touch(part);
	world.emit('invoice_payment.paid', part.obj);
	world.emit('invoice.paid', inv);
	world.emit('invoice.payment_succeeded', inv);
}

function giveUp(world, record, sub)
{
	record.obj.auto_advance = false;
	world.ledger.touch(record);
	if (world.dunning.then === 'cancel')
		endSubscription(world, sub, 'payment_failed');
	else
		setStatus(world, sub, world.dunning.then);
}

// notPaid: the next try is planned by how many there were; a first invoice gets no further one.
function notPaid(world, record, sub)
{
	const { obj: inv } = record;
	const first = inv.billing_reason === 'subscription_create';
	const days = first ? undefined : world.dunning.days[inv.attempt_count - 1];
	const ended = sub.obj.status === 'canceled';
	inv.next_payment_attempt = days === undefined || ended ? null : world.now() + days * DAY_S;
	world.ledger.touch(record);
	world.emit('invoice.payment_failed', inv);
	if (sub.obj.status === 'incomplete' || ended)
		return;
	if (inv.id === sub.obj.latest_invoice)
		setStatus(world, sub, 'past_due');
	if (inv.next_payment_attempt === null)
		giveUp(world, record, sub);
}

// payInvoice: one try to collect an open invoice; outcome is succeeded, failed, pending or action (the
// bank asks the donor). delayed: the verdict on one that was pending.
export function payInvoice(world, record, { outcome, delayed = false, decline })
{
	const { obj: inv, priv } = record;
	const pi = world.ledger.get(priv.payment_intent);
	const sub = subscriptionOf(world, inv);
	const how = { email: priv.email, card: sub.obj.default_payment_method };
	if (inv.status !== 'open')
		throw bad(`Invoice ${inv.id} is ${inv.status}.`);
	Object.assign(inv, { attempted: true, attempt_count: inv.attempt_count + (delayed ? 0 : 1) });
	world.ledger.touch(record);
	if (outcome === 'pending')
		chargeIntent(world, pi, { ...how, delayed: true });
	else if (delayed)
		settleIntent(world, pi, outcome === 'succeeded');
	else if (outcome === 'succeeded')
		chargeIntent(world, pi, how);
	else if (outcome === 'action')
		challengeIntent(world, pi, how);
	else
		declineIntent(world, pi, how, decline);
	if (outcome === 'succeeded') {
		markPaid(world, record);
		if (inv.id === sub.obj.latest_invoice)
			setStatus(world, sub, 'active');
	} else if (outcome !== 'pending') {
		if (outcome === 'action')
			world.emit('invoice.payment_action_required', inv);
		notPaid(world, record, sub);
	}
}

// --- a subscription's life -----------------------------------------------------------------------

export function startSubscription(world, { session, item, data, how, card, tried })
{
	const sub = shapes.subscription(world, { customer: session.customer, item, card,
		metadata: data.metadata, description: data.description });
	const record = world.ledger.add(sub, { email: how.email });
	world.emit('customer.subscription.created', sub);
	const inv = openInvoice(world, record, 'subscription_create', tried);
	payInvoice(world, inv, { outcome: how.delayed ? 'pending' : 'succeeded' });
	return { subscription: sub.id, invoice: inv.obj.id };
}

// endSubscription: what is still open is not tried again.
export function endSubscription(world, record, reason = 'cancellation_requested', details = {})
{
	const now = world.now();
	const { obj: sub } = record;
	Object.assign(sub, { status: 'canceled', canceled_at: sub.canceled_at ?? now, ended_at: now,
		pause_collection: null });
	Object.assign(sub.cancellation_details, { reason, ...details });
	world.ledger.touch(record);
	const last = world.ledger.get(sub.latest_invoice);
	if (last?.obj.status === 'open') {
		Object.assign(last.obj, { auto_advance: false, next_payment_attempt: null });
		world.ledger.touch(last);
	}
	world.emit('customer.subscription.deleted', sub);
	return sub;
}

export function resume(world, record)
{
	const { obj: sub } = record;
	const { pause_collection } = sub;
	sub.pause_collection = null;
	world.ledger.touch(record);
	world.emit('customer.subscription.updated', sub, { previous: { pause_collection } });
}

function nextPeriod(world, record)
{
	const [item] = record.obj.items.data;
	const { interval, interval_count: count } = item.price.recurring;
	const { current_period_start, current_period_end } = item;
	item.current_period_start = item.current_period_end;
	item.current_period_end = shapes.addPeriod(item.current_period_end, interval, count,
		record.obj.billing_cycle_anchor);
	world.ledger.touch(record);
	world.emit('customer.subscription.updated', record.obj, { previous: { items: {
		data: [{ current_period_end, current_period_start }] } } });
}

const OUTCOMES = { paid: 'succeeded', failed: 'failed', action: 'action', pending: 'pending' };

const planned = (world, sub, { outcome, decline_code: decline }) =>
	(outcome ? { outcome: OUTCOMES[outcome], decline } : outcomeOf(world, sub));

// cycle: the next period begins, as if its time had come. Gives the invoice, or the subscription when it ended instead.
function cycle(world, record, how)
{
	const { obj: sub } = record;
	const { current_period_end: end } = sub.items.data[0];
	if (sub.pause_collection?.resumes_at && sub.pause_collection.resumes_at <= end)
		resume(world, record);
	if (how.outcome === 'ended' || (sub.cancel_at && sub.cancel_at <= end))
		return endSubscription(world, record, how.outcome === 'ended' ? 'payment_failed' : undefined);
	nextPeriod(world, record);
	if (sub.pause_collection)
		return idleInvoice(world, record, sub.pause_collection.behavior).obj;
	if (sub.status === 'unpaid')
		return idleInvoice(world, record, 'keep_as_draft').obj;
	const made = openInvoice(world, record, 'subscription_cycle');
	payInvoice(world, made, planned(world, sub, how));
	return made.obj;
}

// renew: the next period of a subscription; with an invoice, that open one is tried again instead.
// outcome: paid, failed, action, pending or ended; as the card is when not told.
export function renew(world, { subscription: id, invoice: invoiceId, ...how })
{
	const old = invoiceId && world.ledger.get(invoiceId, 'invoice');
	const record = old ? subscriptionOf(world, old.obj) : world.ledger.get(id, 'subscription');
	if (!record)
		throw missing('subscription', id ?? invoiceId);
	if (how.outcome && how.outcome !== 'ended' && !OUTCOMES[how.outcome])
		throw bad(`There is no outcome ${how.outcome}.`);
	if (old && how.outcome !== 'ended') {
		payInvoice(world, old, planned(world, record.obj, how));
		return old.obj;
	}
	if (record.obj.status === 'canceled')
		throw bad('The subscription has ended.');
	return cycle(world, record, how);
}

// --- the passing of time -------------------------------------------------------------------------

// next: when something happens to this subscription by itself, and what.
function next(world, record)
{
	const { obj: sub } = record;
	const last = world.ledger.get(sub.latest_invoice);
	const times = [[sub.items.data[0].current_period_end, (how) => cycle(world, record, how)]];
	if (sub.pause_collection?.resumes_at)
		times.push([sub.pause_collection.resumes_at, () => resume(world, record)]);
	if (sub.cancel_at)
		times.push([sub.cancel_at, () => endSubscription(world, record)]);
	if (last?.obj.status === 'open' && last.obj.next_payment_attempt)
		times.push([last.obj.next_payment_attempt, (how) =>
			payInvoice(world, last, planned(world, sub, how))]);
	return times.reduce((a, b) => (b[0] < a[0] ? b : a));
}

// renewDue: everything whose time has come by the provider's clock, in the order of time, each as if it
// had happened then. Gives how often each came out.
export function renewDue(world, how)
{
	const until = world.now();
	const counts = {};
	const alive = () => world.ledger.all('subscription').filter(({ obj }) =>
		!['canceled', 'incomplete', 'incomplete_expired'].includes(obj.status));
	for (;;) {
		const due = alive().map((record) => [...next(world, record), record])
			.filter(([at]) => at <= until).sort(([a], [b]) => a - b);
		if (!due.length)
			return counts;
		// what is done once comes again a day later at the soonest
		for (const [at, act, { obj: sub }] of due.filter(([at_]) => at_ < due[0][0] + DAY_S)) {
			world.at(at, () => act(how));
			const inv = world.ledger.get(sub.latest_invoice).obj;
			const word = sub.status === 'canceled' ? 'ended' : inv.status;
			counts[word] = (counts[word] ?? 0) + 1;
		}
	}
}
