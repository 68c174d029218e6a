// The official client, pointed at the stand-in: if it is content, the wire is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Provider, Sink } from '../provider/kit.mjs';

const Stripe = await import('stripe').then((m) => m.default, () => null);
const skip = Stripe ? false : 'no npm package stripe: run npm ci in tests';

async function open(t)
{
	const sink = await Sink.open();
	const provider = await Provider.start({ sinks: [sink] });
	t.after(async () => {
		await provider.stop();
		await sink.close();
	});
	const { hostname: host, port } = new URL(provider.url);
	const stripe = new Stripe(provider.key, { host, port, protocol: 'http', maxNetworkRetries: 0 });
	return { provider, sink, stripe };
}

const line = (currency, amount, recurring) => ({ quantity: 1, price_data: { currency,
	unit_amount: amount, product_data: { name: 'Support us' }, ...(recurring ? { recurring } : {}) } });

const oneOff = (reference = 'pl_01') => ({
	mode: 'payment', submit_type: 'donate', client_reference_id: reference,
	line_items: [line('eur', 2500)], metadata: { pledge: reference },
	payment_intent_data: { metadata: { pledge: reference } },
	success_url: 'http://127.0.0.1/ok?s={CHECKOUT_SESSION_ID}', cancel_url: 'http://127.0.0.1/no',
});

const recurring = (interval) => ({
	mode: 'subscription', line_items: [line('eur', 500, { interval })],
	metadata: { pledge: 'pl_02' }, subscription_data: { metadata: { pledge: 'pl_02' } },
	success_url: 'http://127.0.0.1/ok',
});

test('one-off: create, pay, read back, refund', { skip }, async (t) => {
	const { provider, sink, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(oneOff());
	assert.deepEqual([made.status, made.payment_status, made.payment_intent, made.amount_total],
		['open', 'unpaid', null, 2500]);
	await provider.press(made.id, 'pay');
	const seen = await stripe.checkout.sessions.retrieve(made.id,
		{ expand: ['payment_intent.latest_charge', 'line_items'] });
	assert.deepEqual([seen.status, seen.payment_status, seen.url], ['complete', 'paid', null]);
	assert.equal(seen.payment_intent.metadata.pledge, 'pl_01');
	assert.equal(seen.payment_intent.latest_charge.amount, 2500);
	assert.equal(seen.line_items.data[0].amount_total, 2500);
	const intent = seen.payment_intent.id;

	const part = await stripe.refunds.create({ payment_intent: intent, amount: 500,
		metadata: { refund: 'rf_1' } });
	assert.equal(part.status, 'succeeded');
	await assert.rejects(stripe.refunds.create({ payment_intent: intent, amount: 2001 }),
		(e) => e.type === 'StripeInvalidRequestError' && e.param === 'amount');
	await stripe.refunds.create({ payment_intent: intent });
	await assert.rejects(stripe.refunds.create({ payment_intent: intent }),
		(e) => e.code === 'charge_already_refunded');
	const refunds = await stripe.refunds.list({ payment_intent: intent });
	assert.deepEqual(refunds.data.map((r) => r.amount), [2000, 500]);
	assert.equal((await stripe.refunds.retrieve(part.id)).metadata.refund, 'rf_1');

	await sink.until(() => sink.types().filter((x) => x === 'charge.refunded').length === 2);
	for (const { body, signature } of sink.heard)
		assert.ok(stripe.webhooks.constructEvent(body, signature, sink.secret).id);
	assert.throws(() => stripe.webhooks.constructEvent(sink.heard[0].body, sink.heard[0].signature,
		'whsec_other'));
	const { totals } = await provider.control('ledger');
	assert.deepEqual(totals, { eur: { payments: 1, paid: 2500, refunds: 2, refunded: 2500 } });
});

test('monthly: create, pay, renew, fail, recover, cancel', { skip }, async (t) => {
	const { provider, sink, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(recurring('month'));
	await provider.press(made.id, 'pay');
	const seen = await stripe.checkout.sessions.retrieve(made.id, { expand: ['subscription',
		'invoice', 'customer'] });
	const sub = seen.subscription;
	assert.deepEqual([sub.status, sub.metadata.pledge], ['active', 'pl_02']);
	assert.ok(sub.items.data[0].current_period_end > sub.items.data[0].current_period_start);
	assert.equal(seen.invoice.billing_reason, 'subscription_create');
	assert.equal(seen.invoice.parent.subscription_details.subscription, sub.id);
	assert.equal(seen.invoice.parent.subscription_details.metadata.pledge, 'pl_02');

	await provider.control('renew', { subscription: sub.id });
	const open_ = await provider.control('renew', { subscription: sub.id, outcome: 'failed' });
	assert.equal((await stripe.subscriptions.retrieve(sub.id)).status, 'past_due');
	await provider.control('renew', { invoice: open_.id });
	assert.equal((await stripe.subscriptions.retrieve(sub.id)).status, 'active');
	const invoices = await stripe.invoices.list({ subscription: sub.id });
	assert.deepEqual(invoices.data.map((i) => i.status), ['paid', 'paid', 'paid']);
	assert.deepEqual(invoices.data.map((i) => i.billing_reason),
		['subscription_cycle', 'subscription_cycle', 'subscription_create']);
	const [payment] = (await stripe.invoicePayments.list({ invoice: open_.id })).data;
	const back = await stripe.invoicePayments.list({ payment: { type: 'payment_intent',
		payment_intent: payment.payment.payment_intent } });
	assert.equal(back.data[0].invoice, open_.id);

	const later = await stripe.subscriptions.update(sub.id, { cancel_at_period_end: true });
	assert.equal(later.cancel_at, later.items.data[0].current_period_end);
	const portal = await stripe.billingPortal.sessions.create({ customer: seen.customer.id,
		return_url: 'http://127.0.0.1/back' });
	assert.match(portal.url, /\/p\/session\/bps_/);
	assert.equal((await stripe.subscriptions.cancel(sub.id)).status, 'canceled');
	await assert.rejects(stripe.subscriptions.cancel(sub.id), (e) => e.code === 'resource_missing');
	await sink.until(() => sink.types().includes('customer.subscription.deleted'));
	assert.equal((await provider.control('ledger')).totals.eur.paid, 1500);
	assert.equal((await stripe.customers.retrieve(seen.customer.id)).object, 'customer');
});

test('lists page through everything, newest first, also backwards', { skip }, async (t) => {
	const { stripe } = await open(t);
	const ids = [];
	for (let i = 0; i < 7; i++)
		ids.unshift((await stripe.checkout.sessions.create(oneOff(`pl_${i}`))).id);
	await stripe.checkout.sessions.expire(ids[0]);
	const page = await stripe.checkout.sessions.list({ limit: 3 });
	assert.deepEqual(page.data.map((s) => s.id), ids.slice(0, 3));
	assert.equal(page.has_more, true);
	const all = await stripe.checkout.sessions.list({ limit: 2, created: { gte: 1 } })
		.autoPagingToArray({ limit: 100 });
	assert.deepEqual(all.map((s) => s.id), ids);
	const newer = await stripe.checkout.sessions.list({ limit: 2, ending_before: ids[5] });
	assert.deepEqual(newer.data.map((s) => s.id), ids.slice(3, 5));
	const expired = await stripe.checkout.sessions.list({ status: 'expired' });
	assert.deepEqual(expired.data.map((s) => s.id), ids.slice(0, 1));
	assert.equal((await stripe.checkout.sessions.list({ created: { lt: 5 } })).data.length, 0);
	const lines = await stripe.checkout.sessions.listLineItems(ids[1]);
	assert.equal(lines.data[0].description, 'Support us');
	await assert.rejects(stripe.checkout.sessions.expire(ids[0]), { statusCode: 400 });
	await assert.rejects(stripe.checkout.sessions.retrieve('cs_none'), { code: 'resource_missing' });
	await assert.rejects(stripe.checkout.sessions.list({ limit: 101 }), { statusCode: 400 });
});

test('events are listed by type, and tell which call made them', { skip }, async (t) => {
	const { provider, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(oneOff());
	await provider.press(made.id, 'pay');
	const { data: [event] } = await stripe.events.list({ types: ['checkout.session.completed'] });
	assert.equal(event.data.object.id, made.id);
	assert.equal((await stripe.events.retrieve(event.id)).type, event.type);
	const ok = await stripe.events.list({ delivery_success: true, created: { gte: 1 } });
	assert.ok(ok.data.length >= 4);
	await stripe.refunds.create({ payment_intent: event.data.object.payment_intent },
		{ idempotencyKey: 'rf-1' });
	const refund = (await stripe.events.list({ type: 'refund.created' })).data[0];
	assert.equal(refund.request.idempotency_key, 'rf-1');
	const later = await stripe.events.list({ ending_before: event.id });
	assert.ok(later.data.some((e) => e.id === refund.id));
});

test('a key replays, and refuses other parameters', { skip }, async (t) => {
	const { provider, stripe } = await open(t);
	const key = { idempotencyKey: 'co-1' };
	const first = await stripe.checkout.sessions.create(oneOff(), key);
	const again = await stripe.checkout.sessions.create(oneOff(), key);
	assert.equal(again.id, first.id);
	await assert.rejects(stripe.checkout.sessions.create(oneOff('pl_02'), key),
		(e) => e.type === 'StripeIdempotencyError' && e.statusCode === 400);
	assert.equal((await provider.control('ledger')).sessions.length, 1);
});

test('disputes open, block the refund, and close', { skip }, async (t) => {
	const { provider, sink, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(oneOff());
	await provider.press(made.id, 'pay');
	const { payment_intent: intent } = await stripe.checkout.sessions.retrieve(made.id);
	const dispute = await provider.control('dispute', { payment_intent: intent });
	assert.equal((await stripe.disputes.list({ payment_intent: intent })).data[0].id, dispute.id);
	await assert.rejects(stripe.refunds.create({ payment_intent: intent }),
		(e) => e.code === 'charge_disputed');
	await provider.control('dispute', { dispute: dispute.id, status: 'won' });
	assert.equal((await stripe.disputes.retrieve(dispute.id)).status, 'won');
	await sink.until(() => sink.types().includes('charge.dispute.closed'));
});

test('a wrong key is an authentication error, faults are what the client knows', { skip },
	async (t) => {
		const { provider, stripe } = await open(t);
		const { host, port } = { host: '127.0.0.1', port: new URL(provider.url).port };
		const stranger = new Stripe('sk_test_other', { host, port, protocol: 'http' });
		await assert.rejects(stranger.events.list(), (e) => e.type === 'StripeAuthenticationError');
		await provider.fault({ do: 'status:429' }, { do: 'status:500' }, { do: 'drop-before', times: 0 });
		for (const type of ['StripeRateLimitError', 'StripeAPIError', 'StripeConnectionError'])
			await assert.rejects(stripe.checkout.sessions.create(oneOff()), (e) => e.type === type);
		await provider.control('fault', {}, 'DELETE');
		await provider.fault({ do: 'drop-after-request' }, { do: { do: 'status', status: 503 } });
		const made = await stripe.checkout.sessions.create(oneOff('pl_9'), { maxNetworkRetries: 3 });
		const { references } = await provider.control('ledger');
		assert.deepEqual(references.pl_9, [made.id]);
	});

test('a subscription is changed, paused, kept, and ended with its reason', { skip }, async (t) => {
	const { provider, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(recurring('year'));
	await provider.press(made.id, 'pay');
	const { subscription: id, customer } = await stripe.checkout.sessions.retrieve(made.id);
	const { items: { data: [item] } } = await stripe.subscriptions.retrieve(id);
	const dearer = await stripe.subscriptions.update(id, { proration_behavior: 'none', items: [{
		id: item.id, price_data: { currency: 'eur', product: item.price.product, unit_amount: 700,
			recurring: { interval: 'year' } } }] });
	assert.equal(dearer.items.data[0].price.unit_amount, 700);
	const until = item.current_period_end + 30;
	const paused = await stripe.subscriptions.update(id,
		{ pause_collection: { behavior: 'void', resumes_at: until } });
	assert.deepEqual(paused.pause_collection, { behavior: 'void', resumes_at: until });
	assert.equal((await provider.control('renew', { subscription: id })).status, 'void');
	const running = await stripe.subscriptions.update(id, { pause_collection: '' });
	assert.equal(running.pause_collection, null);
	assert.equal((await provider.control('renew', { subscription: id })).amount_paid, 700);
	await stripe.subscriptions.update(id, { cancel_at_period_end: true });
	const kept = await stripe.subscriptions.update(id, { cancel_at_period_end: false,
		metadata: { pledge: 'pl_03' } });
	assert.deepEqual([kept.cancel_at, kept.canceled_at, kept.metadata.pledge], [null, null, 'pl_03']);
	const ended = await stripe.subscriptions.cancel(id,
		{ cancellation_details: { comment: 'moving away', feedback: 'other' } });
	assert.deepEqual(ended.cancellation_details,
		{ comment: 'moving away', feedback: 'other', reason: 'cancellation_requested' });
	await assert.rejects(stripe.subscriptions.cancel(id), { statusCode: 404, code: 'resource_missing' });
	await assert.rejects(stripe.subscriptions.update(id, { cancel_at_period_end: true }),
		{ statusCode: 400, type: 'StripeInvalidRequestError' });
	assert.deepEqual((await stripe.subscriptions.list({ customer })).data, []);
	const all = await stripe.subscriptions.list({ customer, status: 'all' });
	assert.deepEqual(all.data.map((s) => s.id), [id]);
});

test('fees, warnings, cards and the portal are read like any other object', { skip }, async (t) => {
	const { provider, sink, stripe } = await open(t);
	const made = await stripe.checkout.sessions.create(oneOff());
	await provider.press(made.id, 'pay');
	const seen = await stripe.checkout.sessions.retrieve(made.id,
		{ expand: ['payment_intent.latest_charge.balance_transaction'] });
	const { latest_charge: charge } = seen.payment_intent;
	assert.equal(charge.balance_transaction.fee, 63);
	const move = await stripe.balanceTransactions.retrieve(charge.balance_transaction.id,
		{ expand: ['source'] });
	assert.equal(move.source.id, charge.id);
	const moves = await stripe.balanceTransactions.list({ type: 'charge', created: { gte: 1 } });
	assert.deepEqual(moves.data.map((m) => m.id), [move.id]);

	const { id } = await provider.control('warning', { charge: charge.id });
	assert.equal((await stripe.radar.earlyFraudWarnings.retrieve(id)).fraud_type,
		'unauthorized_use_of_card');
	const warnings = await stripe.radar.earlyFraudWarnings.list({ charge: charge.id });
	assert.deepEqual(warnings.data.map((w) => w.id), [id]);
	await sink.until(() => sink.types().includes('radar.early_fraud_warning.created'));

	const du = await provider.control('dispute', { charge: charge.id });
	assert.deepEqual((await stripe.disputes.retrieve(du.id)).balance_transactions.map((b) => b.net),
		[-4500]);
	const month = await stripe.checkout.sessions.create(recurring('month'));
	await provider.press(month.id, 'pay');
	const { subscription, customer } = await stripe.checkout.sessions.retrieve(month.id,
		{ expand: ['subscription.default_payment_method', 'customer'] });
	assert.equal(subscription.default_payment_method.card.last4, '4242');
	assert.equal(customer.invoice_settings.default_payment_method, subscription.default_payment_method.id);
	await assert.rejects(stripe.billingPortal.sessions.create({ customer: customer.id, flow_data: {
		type: 'subscription_cancel', subscription_cancel: { subscription: 'sub_other' } } }),
	{ statusCode: 404 });
	const portal = await stripe.billingPortal.sessions.create({ customer: customer.id, flow_data: {
		type: 'subscription_cancel', subscription_cancel: { subscription: subscription.id } } });
	await provider.call('POST', `${new URL(portal.url).pathname}/cancel_at_end`);
	assert.equal((await stripe.subscriptions.retrieve(subscription.id)).cancel_at_period_end, true);
});

test('events since a cursor come whole, page by page, while others are added', { skip }, async (t) => {
	const { provider, stripe } = await open(t);
	const gift = async (i) => {
		const { id } = await stripe.checkout.sessions.create(oneOff(`pl_${i}`));
		await provider.control('pay', { session: id });
	};
	await gift(0);
	const { data: [last] } = await stripe.events.list({ limit: 1 });
	for (let i = 1; i < 6; i++)
		await gift(i);
	const seen = [];
	for await (const event of stripe.events.list({ limit: 2, ending_before: last.id,
		types: ['checkout.session.completed'] })) {
		seen.push(event.data.object.client_reference_id);
		if (seen.length === 3)
			await gift(6);
	}
	assert.deepEqual(seen, ['pl_1', 'pl_2', 'pl_3', 'pl_4', 'pl_5', 'pl_6']);
});
