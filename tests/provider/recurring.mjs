// recurring.mjs: subscriptions, their invoices and the donor's portal.
import { bad, missing } from './errors.mjs';
import { equal, getter, lister } from './lists.mjs';
import { any, bool, check, metadata, obj, oneOf, str, url } from './params.mjs';
import { chargeIntent, declineIntent, openIntent, settleIntent } from './payments.mjs';
import * as shapes from './shapes_recurring.mjs';

function openInvoice(world, record, reason, email)
{
	const { obj: sub } = record;
	const inv = shapes.invoice(world, sub, { reason, email });
	const pi = openIntent(world, { amount: inv.amount_due, currency: inv.currency,
		customer: sub.customer, description: 'Subscription payment' });
	const part = shapes.invoicePayment(world, inv, pi.obj);
	world.ledger.add(part);
	const made = world.ledger.add(inv, { payment_intent: pi.obj.id, part: part.id, email });
	sub.latest_invoice = inv.id;
	world.ledger.touch(record);
	world.emit('invoice.created', inv);
	world.emit('invoice.finalized', inv);
	return made;
}

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

function setStatus(world, record, status)
{
	const before = record.obj.status;
	if (before === status)
		return;
	record.obj.status = status;
	world.ledger.touch(record);
	world.emit('customer.subscription.updated', record.obj, { previous: { status: before } });
}

// payInvoice: one try to collect an open invoice; outcome is succeeded, failed or pending.
export function payInvoice(world, record, { outcome, delayed = false })
{
	const { obj: inv, priv } = record;
	const pi = world.ledger.get(priv.payment_intent);
	const sub = world.ledger.get(inv.parent.subscription_details.subscription);
	if (inv.status !== 'open')
		throw bad(`Invoice ${inv.id} is ${inv.status}.`);
	Object.assign(inv, { attempted: true, attempt_count: inv.attempt_count + 1 });
	world.ledger.touch(record);
	if (outcome === 'pending')
		chargeIntent(world, pi, { email: priv.email, delayed: true });
	else if (delayed)
		settleIntent(world, pi, outcome === 'succeeded');
	else if (outcome === 'succeeded')
		chargeIntent(world, pi, { email: priv.email });
	else
		declineIntent(world, pi, { email: priv.email });
	if (outcome === 'succeeded') {
		markPaid(world, record);
		setStatus(world, sub, 'active');
	} else if (outcome === 'failed') {
		inv.next_payment_attempt = world.now() + 3 * 24 * 3600;
		world.emit('invoice.payment_failed', inv);
		setStatus(world, sub, sub.obj.status === 'incomplete' ? 'incomplete' : 'past_due');
	}
}

export function startSubscription(world, { session, item, data, how })
{
	const sub = shapes.subscription(world, { customer: session.customer, item,
		metadata: data.metadata, description: data.description });
	const record = world.ledger.add(sub, { email: how.email });
	world.emit('customer.subscription.created', sub);
	const inv = openInvoice(world, record, 'subscription_create', how.email);
	payInvoice(world, inv, { outcome: how.delayed ? 'pending' : 'succeeded' });
	return { subscription: sub.id, invoice: inv.obj.id };
}

export function endSubscription(world, record, reason = 'cancellation_requested')
{
	const now = world.now();
	Object.assign(record.obj, { status: 'canceled', canceled_at: record.obj.canceled_at ?? now,
		ended_at: now });
	record.obj.cancellation_details.reason = reason;
	world.ledger.touch(record);
	world.emit('customer.subscription.deleted', record.obj);
	return record.obj;
}

// renew: the next period begins; outcome is paid, failed or ended. With an invoice, that open
// invoice is tried again instead.
export function renew(world, { subscription: id, invoice: invoiceId, outcome = 'paid' })
{
	const old = invoiceId && world.ledger.get(invoiceId, 'invoice');
	const record = world.ledger.get(
		old ? old.obj.parent.subscription_details.subscription : id, 'subscription');
	if (!record)
		throw missing('subscription', id ?? invoiceId);
	if (record.obj.status === 'canceled')
		throw bad('The subscription has ended.');
	if (outcome === 'ended' || (!old && record.obj.cancel_at_period_end))
		return endSubscription(world, record, outcome === 'ended' ? 'payment_failed' : undefined);
	let inv = old;
	if (!inv) {
		const [item] = record.obj.items.data;
		const { interval, interval_count: count } = item.price.recurring;
		item.current_period_start = item.current_period_end;
		item.current_period_end = shapes.addPeriod(item.current_period_end, interval, count);
		world.ledger.touch(record);
		world.emit('customer.subscription.updated', record.obj, { previous: {} });
		inv = openInvoice(world, record, 'subscription_cycle', record.priv.email);
	}
	payInvoice(world, inv, { outcome: outcome === 'paid' ? 'succeeded' : 'failed' });
	return inv.obj;
}

const live = (world, id) => {
	const record = world.ledger.get(id, 'subscription');
	if (!record || record.obj.status === 'canceled')
		throw missing('subscription', id);
	return record;
};

const parseCancel = check({ cancellation_details: obj({ comment: str(), feedback: str() }),
	invoice_now: bool, prorate: bool });

export function cancel(world, { ids, params })
{
	parseCancel(params);
	return endSubscription(world, live(world, ids[0]));
}

const parseUpdate = check({ cancel_at_period_end: bool, metadata,
	cancellation_details: obj({ comment: str(), feedback: str() }),
	description: str(), default_payment_method: str(), proration_behavior: any });

export function update(world, { ids, params })
{
	const p = parseUpdate(params);
	const record = live(world, ids[0]);
	const { obj: sub } = record;
	const previous = {};
	if (p.cancel_at_period_end !== undefined && p.cancel_at_period_end !== sub.cancel_at_period_end) {
		const on = p.cancel_at_period_end;
		Object.assign(previous, { cancel_at_period_end: !on, cancel_at: sub.cancel_at,
			canceled_at: sub.canceled_at });
		Object.assign(sub, { cancel_at_period_end: on, canceled_at: on ? world.now() : null,
			cancel_at: on ? sub.items.data[0].current_period_end : null });
		sub.cancellation_details.reason = on ? 'cancellation_requested' : null;
	}
	if (p.metadata) {
		previous.metadata = { ...sub.metadata };
		for (const [key, value] of Object.entries(p.metadata))
			if (value === '')
				delete sub.metadata[key];
			else
				sub.metadata[key] = value;
	}
	if (Object.keys(previous).length)
		world.emit('customer.subscription.updated', sub, { previous });
	world.ledger.touch(record);
	return sub;
}

const parsePortal = check({ customer: str(), return_url: url, configuration: str(), locale: str(),
	flow_data: obj({ type: oneOf('payment_method_update', 'subscription_cancel',
		'subscription_update', 'subscription_update_confirm'), after_completion: any,
	subscription_cancel: obj({ subscription: str(), retention: any }, ['subscription']) }, ['type']),
}, ['customer']);

export function portal(world, { params })
{
	const p = parsePortal(params);
	if (!world.ledger.get(p.customer, 'customer'))
		throw missing('customer', p.customer, 'customer');
	const made = shapes.portalSession(world, p);
	world.ledger.add(made);
	return made;
}

const paymentOf = obj({ type: oneOf('charge', 'payment_intent', 'payment_record'),
	payment_intent: str() }, ['type']);

export const get = getter('subscription');
export const index = lister('subscription', '/v1/subscriptions', {
	customer: equal('customer'),
	status: [str(), (o, v) => v === 'all' || o.status === v],
});
export const getInvoice = getter('invoice');
export const listInvoices = lister('invoice', '/v1/invoices', {
	customer: equal('customer'), status: equal('status'),
	subscription: [str(), (o, v) => o.parent.subscription_details.subscription === v],
});
export const getInvoicePayment = getter('invoice_payment');
export const listInvoicePayments = lister('invoice_payment', '/v1/invoice_payments', {
	invoice: equal('invoice'), status: equal('status'),
	payment: [paymentOf, (o, v) => o.payment.payment_intent === v.payment_intent],
});
