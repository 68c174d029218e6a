// recurring.mjs: subscriptions, invoices and the portal over the API.
import { endSubscription } from './billing.mjs';
import { checkAmount, currency } from './currency.mjs';
import { bad, missing, missingParam } from './errors.mjs';
import { equal, getter, inRange, lister, when } from './lists.mjs';
import {
	any, bool, check, int, list, mergeMetadata, metadata, obj, oneOf, str, unset, url,
} from './params.mjs';
import * as shapes from './shapes_recurring.mjs';

const INTERVALS = ['day', 'week', 'month', 'year'];
const details = obj({ comment: unset(str()), feedback: unset(oneOf('customer_service', 'low_quality',
	'missing_features', 'other', 'switched_service', 'too_complex', 'too_expensive', 'unused')) });

function find(world, id)
{
	const record = world.ledger.get(id, 'subscription');
	if (!record)
		throw missing('subscription', id);
	return record;
}

const parseCancel = check({ cancellation_details: details, invoice_now: bool, prorate: bool });

// cancel: one that has ended is not found here, though a fetch still shows it.
export function cancel(world, { ids, params })
{
	const p = parseCancel(params);
	const record = find(world, ids[0]);
	if (record.obj.status === 'canceled')
		throw missing('subscription', ids[0]);
	return endSubscription(world, record, 'cancellation_requested', p.cancellation_details);
}

// --- change --------------------------------------------------------------------------------------

const parseUpdate = check({
	cancel_at_period_end: bool, cancel_at: unset(int(0)), metadata, cancellation_details: details,
	description: unset(str(500)), default_payment_method: str(),
	pause_collection: unset(obj({ behavior: oneOf('keep_as_draft', 'mark_uncollectible', 'void'),
		resumes_at: int(0) }, ['behavior'])),
	proration_behavior: oneOf('always_invoice', 'create_prorations', 'none'),
	payment_behavior: any, off_session: any, billing_cycle_anchor: oneOf('unchanged'),
	items: list(obj({ id: str(), deleted: bool, quantity: int(0), price: str(), metadata,
		price_data: obj({ currency, product: str(), tax_behavior: any, unit_amount_decimal: any,
			unit_amount: int(0), recurring: obj({ interval: oneOf(...INTERVALS),
				interval_count: int(1) }, ['interval']) }, ['currency', 'product', 'recurring']),
	}), 20),
});

function checkTimes(world, p)
{
	const { cancel_at: at, pause_collection: pause } = p;
	if (at !== undefined && p.cancel_at_period_end !== undefined)
		throw bad('You may only specify one of these parameters: cancel_at, cancel_at_period_end.');
	if (at && at <= world.now())
		throw bad('The cancel_at timestamp must be in the future.', 'cancel_at');
	if (pause?.resumes_at !== undefined && pause.resumes_at <= world.now())
		throw bad('The resumes_at timestamp must be in the future.', 'pause_collection[resumes_at]');
}

function setEnd(world, sub, p, previous)
{
	const { cancel_at_period_end: on = false, cancel_at: given } = p;
	if (p.cancel_at_period_end === undefined && given === undefined)
		return;
	const at = given ?? (on ? sub.items.data[0].current_period_end : null);
	if (on === sub.cancel_at_period_end && at === sub.cancel_at)
		return;
	Object.assign(previous, { cancel_at_period_end: sub.cancel_at_period_end,
		cancel_at: sub.cancel_at, canceled_at: sub.canceled_at });
	Object.assign(sub, { cancel_at_period_end: on, cancel_at: at,
		canceled_at: at ? world.now() : null });
	sub.cancellation_details.reason = at ? 'cancellation_requested' : null;
}

function setPause(sub, pause, previous)
{
	if (pause === undefined || (pause === null && !sub.pause_collection))
		return;
	previous.pause_collection = sub.pause_collection;
	sub.pause_collection = pause && { behavior: pause.behavior, resumes_at: pause.resumes_at ?? null };
}

// readPrice: another amount for the one item there is, from the next period on.
function readPrice(sub, p)
{
	const [item] = sub.items.data;
	const [{ id, price_data: data, ...rest }, more] = p.items;
	if (!id || more || Object.keys(rest).some((name) => name !== 'metadata'))
		throw bad('The test provider changes the price of the one item, named by its id.', 'items');
	if (id !== item.id)
		throw missing('subscription_item', id, 'items[0][id]');
	if (!data)
		return undefined;
	if (data.unit_amount === undefined)
		throw missingParam('items[0][price_data][unit_amount]');
	if (data.product !== item.price.product)
		throw missing('product', data.product, 'items[0][price_data][product]');
	if (data.currency !== sub.currency)
		throw bad(`The currency of a subscription cannot be changed: it is ${sub.currency}.`,
			'items[0][price_data][currency]');
	const { interval, interval_count: count = 1 } = data.recurring;
	if (interval !== item.price.recurring.interval || count !== item.price.recurring.interval_count)
		throw bad('The test provider does not change the interval.',
			'items[0][price_data][recurring][interval]');
	if (p.proration_behavior !== 'none')
		throw bad('The test provider offers no proration: proration_behavior must be none.',
			'proration_behavior');
	checkAmount(data.unit_amount, data.currency, 'items[0][price_data][unit_amount]');
	return data;
}

function setPrice(world, sub, data, previous)
{
	if (!data)
		return;
	const [item] = sub.items.data;
	previous.items = { ...sub.items, data: [{ ...item }] };
	item.price = shapes.price(world, data);
}

function setRest(sub, p, previous)
{
	for (const name of ['default_payment_method', 'description'])
		if (p[name] !== undefined && p[name] !== sub[name]) {
			previous[name] = sub[name];
			sub[name] = p[name];
		}
	if (p.metadata !== undefined)
		previous.metadata = { ...sub.metadata };
	mergeMetadata(sub, p.metadata);
	Object.assign(sub.cancellation_details, p.cancellation_details);
}

const AFTER_THE_END = ['metadata', 'cancellation_details', 'expand'];

// What cannot be is found before anything changes, so that a refusal leaves all as it was.
export function update(world, { ids, params })
{
	const p = parseUpdate(params);
	const record = find(world, ids[0]);
	const { obj: sub } = record;
	if (sub.status === 'canceled' && Object.keys(p).some((name) => !AFTER_THE_END.includes(name)))
		throw bad('A canceled subscription can only update its cancellation_details and metadata.');
	if (p.default_payment_method && !world.ledger.get(p.default_payment_method, 'payment_method'))
		throw missing('PaymentMethod', p.default_payment_method, 'default_payment_method');
	checkTimes(world, p);
	const price = p.items && readPrice(sub, p);
	const previous = {};
	setPause(sub, p.pause_collection, previous);
	setEnd(world, sub, p, previous);
	setPrice(world, sub, price, previous);
	setRest(sub, p, previous);
	world.ledger.touch(record);
	if (Object.keys(previous).length)
		world.emit('customer.subscription.updated', sub, { previous });
	return sub;
}

// --- the portal ----------------------------------------------------------------------------------

const ofSubscription = obj({ subscription: str(), retention: any }, ['subscription']);

const parsePortal = check({ customer: str(), return_url: url, configuration: str(), locale: str(),
	flow_data: obj({ type: oneOf('payment_method_update', 'subscription_cancel',
		'subscription_update', 'subscription_update_confirm'), after_completion: any,
	subscription_cancel: ofSubscription }, ['type']),
}, ['customer']);

export function portal(world, { params })
{
	const p = parsePortal(params);
	if (!world.ledger.get(p.customer, 'customer'))
		throw missing('customer', p.customer, 'customer');
	if (p.flow_data?.type === 'subscription_cancel') {
		const id = p.flow_data.subscription_cancel?.subscription;
		if (!id)
			throw missingParam('flow_data[subscription_cancel]');
		const sub = world.ledger.get(id, 'subscription')?.obj;
		if (!sub || sub.customer !== p.customer)
			throw missing('subscription', id, 'flow_data[subscription_cancel][subscription]');
		if (sub.status === 'canceled' || sub.cancel_at)
			throw bad('The subscription is already set to be canceled.',
				'flow_data[subscription_cancel][subscription]');
	}
	const made = shapes.portalSession(world, p);
	world.ledger.add(made);
	world.emit('billing_portal.session.created', made);
	return made;
}

// --- lists ---------------------------------------------------------------------------------------

const paymentOf = obj({ type: oneOf('charge', 'payment_intent', 'payment_record'),
	payment_intent: str() }, ['type']);

const ENDED = ['canceled', 'incomplete_expired'];
const STATES = ['active', 'past_due', 'unpaid', 'canceled', 'incomplete', 'incomplete_expired',
	'trialing', 'paused'];

export const get = getter('subscription');
// Without a status those that have ended are left out.
export const index = lister('subscription', '/v1/subscriptions', {
	customer: equal('customer'), collection_method: equal('collection_method'),
	price: [str(), (o, v) => o.items.data[0].price.id === v],
	current_period_end: [when, (o, v) => inRange(o.items.data[0].current_period_end, v)],
	current_period_start: [when, (o, v) => inRange(o.items.data[0].current_period_start, v)],
	status: [oneOf('all', 'ended', ...STATES), (o, v) => v === 'all' || o.status === v
		|| (v === 'ended' && ENDED.includes(o.status))],
}, { always: ({ obj: o }, p) => p.status !== undefined || o.status !== 'canceled' });
export const getInvoice = getter('invoice');
export const listInvoices = lister('invoice', '/v1/invoices', {
	customer: equal('customer'), status: equal('status'),
	collection_method: equal('collection_method'),
	subscription: [str(), (o, v) => o.parent.subscription_details.subscription === v],
});
export const getInvoicePayment = getter('invoice_payment');
export const listInvoicePayments = lister('invoice_payment', '/v1/invoice_payments', {
	invoice: equal('invoice'), status: equal('status'),
	payment: [paymentOf, (o, v) => o.payment.payment_intent === v.payment_intent],
});
