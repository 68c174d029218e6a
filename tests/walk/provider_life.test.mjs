// What happens to a gift after it was made, as the provider tells it: renewals that fail and recover, a
// card that is replaced, pauses, the end; refunds, disputes, warnings; what each did to the balance.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { donation, encode, monthly, Provider, Sink } from '../provider/kit.mjs';

const CREATE = '/v1/checkout/sessions';
const DAY = 24 * 3600;

async function open(t, args = [])
{
	const sink = await Sink.open();
	const provider = await Provider.start({ sinks: [sink], args });
	t.after(async () => {
		await provider.stop();
		await sink.close();
	});
	return { provider, sink };
}

async function paid(provider, form = donation(), how = {})
{
	const { json } = await provider.call('POST', CREATE, { form });
	await provider.control('pay', { session: json.id, ...how });
	return provider.get(`${CREATE}/${json.id}?expand[0]=invoice&expand[1]=payment_intent.latest_charge`);
}

const subscribed = async (provider) => (await paid(provider, monthly())).subscription;
const sub = (provider, id) => provider.get(`/v1/subscriptions/${id}`);
const change = (provider, id, fields) =>
	provider.call('POST', `/v1/subscriptions/${id}`, { form: encode(fields) });

// types: of the events about an object, oldest first.
const types = async (provider, object) =>
	(await provider.control(`events?object=${object}`)).events.map((e) => e.type);

test('a renewal fails by its decline code, is tried again, and recovers', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const before = (await sub(provider, id)).items.data[0].current_period_end;
	const failed = await provider.control('renew',
		{ subscription: id, outcome: 'failed', decline_code: 'insufficient_funds' });
	assert.deepEqual([failed.status, failed.attempt_count, failed.attempted], ['open', 1, true]);
	assert.ok(Math.abs(failed.next_payment_attempt - Date.now() / 1000 - 3 * DAY) < 60);
	const now = await sub(provider, id);
	assert.deepEqual([now.status, now.latest_invoice], ['past_due', failed.id]);
	assert.equal(now.items.data[0].current_period_start, before);
	const [part] = (await provider.get(`/v1/invoices/${failed.id}?expand[0]=payments`)).payments.data;
	const intent = await provider.get(`/v1/payment_intents/${part.payment.payment_intent}`
		+ '?expand[0]=latest_charge');
	assert.equal(intent.status, 'requires_payment_method');
	assert.equal(intent.last_payment_error.code, 'card_declined');
	assert.equal(intent.last_payment_error.decline_code, 'insufficient_funds');
	assert.equal(intent.latest_charge.failure_code, 'card_declined');
	assert.equal(intent.latest_charge.outcome.reason, 'insufficient_funds');

	const again = await provider.control('renew', { invoice: failed.id, outcome: 'failed' });
	assert.equal(again.attempt_count, 2);
	const done = await provider.control('renew', { invoice: failed.id });
	assert.deepEqual([done.status, done.attempt_count, done.next_payment_attempt], ['paid', 3, null]);
	assert.equal((await sub(provider, id)).status, 'active');
	assert.equal((await provider.get(`/v1/payment_intents/${intent.id}`)).last_payment_error, null);
	assert.deepEqual(await types(provider, failed.id), ['invoice.created', 'invoice.finalized',
		'invoice.payment_failed', 'invoice.payment_failed', 'invoice.paid',
		'invoice.payment_succeeded']);
});

test('after the last try the subscription ends, or stays as the account says', async (t) => {
	const { provider } = await open(t);
	for (const [then, status] of [['cancel', 'canceled'], ['unpaid', 'unpaid'], ['past_due', 'past_due']]) {
		const id = await subscribed(provider);
		await provider.control('dunning', { days: [1, 2], then });
		const inv = await provider.control('renew', { subscription: id, outcome: 'failed' });
		await provider.control('renew', { invoice: inv.id, outcome: 'failed' });
		assert.equal((await sub(provider, id)).status, 'past_due');
		const last = await provider.control('renew', { invoice: inv.id, outcome: 'failed' });
		assert.deepEqual([last.next_payment_attempt, last.status, last.auto_advance], [null, 'open', false]);
		const now = await sub(provider, id);
		assert.equal(now.status, status);
		if (then === 'cancel')
			assert.equal(now.cancellation_details.reason, 'payment_failed');
		if (then === 'unpaid')
			assert.equal((await provider.control('renew', { subscription: id })).status, 'draft');
	}
	await assert.rejects(provider.control('dunning', { day: [1] }), /no such setting/);
});

test('the bank asks the donor, who confirms on the page of the invoice', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	await provider.control('card', { subscription: id, action: true });
	const inv = await provider.control('renew', { subscription: id });
	assert.deepEqual(await types(provider, inv.id), ['invoice.created', 'invoice.finalized',
		'invoice.payment_action_required', 'invoice.payment_failed']);
	const [part] = (await provider.get(`/v1/invoice_payments?invoice=${inv.id}`)).data;
	const intent = await provider.get(`/v1/payment_intents/${part.payment.payment_intent}`);
	assert.deepEqual([intent.status, intent.next_action.type, intent.latest_charge],
		['requires_action', 'use_stripe_sdk', null]);
	const page = new URL(inv.hosted_invoice_url).pathname;
	assert.match((await provider.call('GET', page)).text, /A payment is open/);
	assert.equal((await provider.call('POST', `${page}/pay`)).status, 200);
	assert.equal((await provider.get(`/v1/invoices/${inv.id}`)).status, 'paid');
	assert.equal((await sub(provider, id)).status, 'active');
	assert.match((await provider.call('GET', page)).text, /invoice is paid/);
});

test('a new card in the portal makes the next try succeed', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const { customer, default_payment_method: old } = await sub(provider, id);
	await provider.control('card', { subscription: id, decline: 'expired_card' });
	const inv = await provider.control('renew', { subscription: id });
	assert.equal(inv.status, 'open');
	const { json: portal } = await provider.call('POST', '/v1/billing_portal/sessions', { form: encode({
		customer, return_url: 'http://127.0.0.1:8080/manage',
		'flow_data[type]': 'payment_method_update' }) });
	const page = new URL(portal.url).pathname;
	const shown = await provider.call('GET', page);
	assert.match(shown.text, /25\.00 EUR/);
	assert.doesNotMatch(shown.text, /End it now/, 'the flow is for the card alone');
	assert.equal((await provider.call('POST', `${page}/cancel`)).status, 404);
	const back = await provider.call('POST', `${page}/card`);
	assert.deepEqual([back.status, back.headers.location], [303, 'http://127.0.0.1:8080/manage']);
	const { default_payment_method: card } = await sub(provider, id);
	assert.notEqual(card, old);
	assert.equal((await provider.get(`/v1/payment_methods/${card}`)).card.last4, '4444');
	assert.equal((await provider.control('renew', { invoice: inv.id })).status, 'paid');
	assert.deepEqual(await types(provider, card), ['payment_method.attached']);
	assert.deepEqual(await types(provider, customer), ['customer.created', 'customer.updated']);
});

test('in the portal a gift is ended now, at the end of its period, or kept', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const { customer } = await sub(provider, id);
	const link = async () => new URL((await provider.call('POST', '/v1/billing_portal/sessions',
		{ form: encode({ customer }) })).json.url).pathname;
	const press = async (verb) => (await provider.call('POST', `${await link()}/${verb}`)).status;
	assert.equal(await press('cancel_at_end'), 200);
	const ends = await sub(provider, id);
	assert.equal(ends.cancel_at, ends.items.data[0].current_period_end);
	assert.equal(await press('cancel_at_end'), 404, 'it is not offered twice');
	assert.equal(await press('keep'), 200);
	assert.deepEqual([(await sub(provider, id)).cancel_at, (await sub(provider, id)).canceled_at],
		[null, null]);
	const late = await link();
	await provider.control('clock', { offset_s: 6 * 60 });
	assert.equal((await provider.call('GET', late)).status, 410);
	assert.equal(await press('cancel'), 200);
	assert.equal((await sub(provider, id)).status, 'canceled');
	assert.deepEqual((await types(provider, id)).slice(-3), ['customer.subscription.updated',
		'customer.subscription.updated', 'customer.subscription.deleted']);
});

test('a paused subscription makes void invoices and no payment, and goes on by itself', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const end = (await sub(provider, id)).items.data[0].current_period_end;
	const past = await change(provider, id,
		{ 'pause_collection[behavior]': 'void', 'pause_collection[resumes_at]': 1000 });
	assert.equal(past.json.error.param, 'pause_collection[resumes_at]');
	await change(provider, id,
		{ 'pause_collection[behavior]': 'void', 'pause_collection[resumes_at]': end + 2 * DAY });
	const idle = await provider.control('renew', { subscription: id });
	assert.deepEqual([idle.status, idle.attempted, idle.amount_paid], ['void', false, 0]);
	assert.equal((await provider.get(`/v1/invoice_payments?invoice=${idle.id}`)).data.length, 0);
	assert.deepEqual(await types(provider, idle.id), ['invoice.created', 'invoice.voided']);
	const paused = await sub(provider, id);
	assert.deepEqual([paused.status, paused.latest_invoice], ['active', idle.id]);
	assert.equal((await provider.control('renew', { subscription: id })).status, 'paid');
	assert.equal((await sub(provider, id)).pause_collection, null);
	const { totals } = await provider.control('ledger');
	assert.equal(totals.eur.payments, 2);

	await change(provider, id, { 'pause_collection[behavior]': 'void' });
	const { json } = await change(provider, id, { pause_collection: '' });
	assert.equal(json.pause_collection, null);
	await change(provider, id, { 'pause_collection[behavior]': 'void',
		'pause_collection[resumes_at]': Math.floor(Date.now() / 1000) + 2 * DAY });
	await provider.control('clock', { offset_s: 3 * DAY });
	assert.equal((await sub(provider, id)).pause_collection, null, 'its time came');
});

test('the amount changes from the next period on, and nothing else does', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const { items: { data: [item] } } = await sub(provider, id);
	const price = (more = {}) => ({ 'items[0][id]': item.id,
		'items[0][price_data][currency]': 'eur', 'items[0][price_data][unit_amount]': 900,
		'items[0][price_data][product]': item.price.product,
		'items[0][price_data][recurring][interval]': 'month', proration_behavior: 'none', ...more });
	for (const [param, more] of [
		['items[0][price_data][product]', { 'items[0][price_data][product]': undefined }],
		['items[0][price_data][product]', { 'items[0][price_data][product]': 'prod_other' }],
		['items[0][price_data][currency]', { 'items[0][price_data][currency]': 'usd' }],
		['items[0][price_data][product_data]', { 'items[0][price_data][product_data][name]': 'x' }],
		['items[0][id]', { 'items[0][id]': 'si_other' }], ['proration_behavior',
			{ proration_behavior: undefined }]])
		assert.equal((await change(provider, id, price(more))).json.error.param
			.replace('[name]', ''), param);
	assert.equal((await sub(provider, id)).items.data[0].price.unit_amount, 2500);
	const { json } = await change(provider, id, price());
	assert.equal(json.items.data[0].id, item.id);
	assert.notEqual(json.items.data[0].price.id, item.price.id);
	assert.equal((await provider.control('renew', { subscription: id })).amount_paid, 900);
	const { events } = await provider.control('events?type=customer.subscription.updated');
	const told = events.find((e) => e.data.previous_attributes.items?.data[0].price);
	assert.equal(told.data.previous_attributes.items.data[0].price.unit_amount, 2500);
});

test('one that has ended is not found for ending, still fetched, and changes little', async (t) => {
	const { provider } = await open(t);
	const id = await subscribed(provider);
	const end = () => provider.call('DELETE', `/v1/subscriptions/${id}`
		+ '?cancellation_details[comment]=thanks&cancellation_details[feedback]=too_expensive');
	const first = await end();
	assert.deepEqual([first.status, first.json.cancellation_details.feedback], [200, 'too_expensive']);
	const second = await end();
	assert.deepEqual([second.status, second.json.error.code, second.json.error.param],
		[404, 'resource_missing', 'id']);
	assert.equal((await sub(provider, id)).status, 'canceled');
	const late = await change(provider, id, { cancel_at_period_end: 'true' });
	assert.equal(late.status, 400);
	assert.match(late.json.error.message, /can only update its cancellation_details and metadata/);
	assert.equal((await change(provider, id, { 'metadata[note]': 'x' })).json.metadata.note, 'x');
	const list = async (query) => (await provider.get(`/v1/subscriptions${query}`)).data.length;
	assert.deepEqual([await list(''), await list('?status=all'), await list('?status=canceled'),
		await list('?status=ended'), await list('?status=active')], [0, 1, 1, 1, 0]);
});

test('time passes: all that is due happens in its order', async (t) => {
	const { provider } = await open(t);
	const [good, bad, ending] = [await subscribed(provider), await subscribed(provider),
		await subscribed(provider)];
	await provider.control('card', { subscription: bad, decline: 'insufficient_funds' });
	await change(provider, ending, { cancel_at_period_end: 'true' });
	assert.deepEqual(await provider.control('renew', { due: true }), {});
	await provider.control('clock', { offset_s: 63 * DAY });
	const counts = await provider.control('renew', { due: true });
	assert.deepEqual(counts, { paid: 2, ended: 2, open: 3 });
	const invoices = (await provider.get(`/v1/invoices?subscription=${good}`)).data;
	assert.equal(invoices.length, 3);
	for (const [i, inv] of invoices.slice(0, 2).entries())
		assert.equal(inv.created, invoices[i].lines.data[0].period.start, 'made when its time came');
	assert.deepEqual((await sub(provider, bad)).status, 'canceled');
	const ended = await sub(provider, ending);
	assert.equal(ended.ended_at, ended.cancel_at);
});

test('a charge, a refund and a dispute each show in the balance with their fee', async (t) => {
	const { provider } = await open(t);
	await provider.control('fees', { refund: 10 });
	const { payment_intent: pi } = await paid(provider);
	const move = await provider.get(`/v1/balance_transactions/${pi.latest_charge.balance_transaction}`);
	assert.deepEqual([move.amount, move.fee, move.net, move.type, move.source],
		[2500, 63, 2437, 'charge', pi.latest_charge.id]);
	assert.deepEqual(move.fee_details.map((f) => [f.amount, f.type]), [[63, 'stripe_fee']]);
	const { json: back } = await provider.call('POST', '/v1/refunds', { form:
		`payment_intent=${pi.id}&amount=500&expand[0]=balance_transaction` });
	assert.deepEqual([back.balance_transaction.amount, back.balance_transaction.fee,
		back.balance_transaction.net], [-500, 10, -510]);
	const du = await provider.control('dispute', { payment_intent: pi.id });
	assert.deepEqual(du.balance_transactions.map((b) => [b.amount, b.fee, b.net, b.type]),
		[[-2500, 2000, -4500, 'adjustment']]);
	const won = await provider.control('dispute', { dispute: du.id, status: 'won' });
	assert.deepEqual(won.balance_transactions.map((b) => b.amount), [-2500, 2500]);
	const { balance } = await provider.control('ledger');
	assert.deepEqual([balance.eur.amount, balance.eur.fee], [2000, 2073]);
	const list = await provider.get(`/v1/balance_transactions?source=${du.id}`);
	assert.deepEqual(list.data.map((b) => b.reporting_category), ['dispute_reversal', 'dispute']);
});

test('the fee may come late, be another currency, and be none of a currency without cents', async (t) => {
	const { provider } = await open(t);
	await provider.control('fees', { late_s: 60 });
	const { payment_intent: pi } = await paid(provider);
	assert.equal(pi.latest_charge.balance_transaction, null);
	await provider.control('clock', { offset_s: 61 });
	const charge = await provider.get(`/v1/charges/${pi.latest_charge.id}?expand[0]=balance_transaction`);
	assert.equal(charge.balance_transaction.fee, 63);
	assert.deepEqual(await types(provider, charge.id), ['charge.succeeded', 'charge.updated']);
	await provider.control('fees', { late_s: 0, settle: 'eur', rates: { jpy: 0.006 } });
	const yen = await paid(provider, donation({ 'line_items[0][price_data][currency]': 'jpy',
		'line_items[0][price_data][unit_amount]': '1000' }));
	const move = await provider.get('/v1/balance_transactions/'
		+ yen.payment_intent.latest_charge.balance_transaction);
	assert.deepEqual([move.currency, move.amount, move.exchange_rate, move.fee], ['eur', 600, 0.006, 34]);
});

test('a refund can wait, fail, and come back after it had succeeded', async (t) => {
	const { provider } = await open(t);
	const { payment_intent: pi } = await paid(provider);
	const refund = (form) => provider.call('POST', '/v1/refunds', { form: `payment_intent=${pi.id}${form}` });
	const charge = () => provider.get(`/v1/charges/${pi.latest_charge.id}`);
	await provider.control('refund', { next: 'pending' });
	const { json: slow } = await refund('&amount=2500');
	assert.deepEqual([slow.status, slow.balance_transaction], ['pending', null]);
	assert.equal((await charge()).refunded, true);
	assert.equal((await refund('&amount=1')).json.error.code, 'charge_already_refunded');
	const lost = await provider.control('refund', { refund: slow.id, status: 'failed',
		failure_reason: 'insufficient_funds' });
	assert.equal(lost.failure_reason, 'insufficient_funds');
	assert.deepEqual([(await charge()).amount_refunded, (await charge()).refunded], [0, false]);
	await assert.rejects(provider.control('refund', { refund: slow.id, status: 'succeeded' }), /cannot/);
	const { json: good } = await refund('&amount=700&metadata[refund]=r1');
	assert.deepEqual([good.status, good.metadata.refund], ['succeeded', 'r1']);
	const returned = await provider.control('refund', { refund: good.id, status: 'failed' });
	const move = await provider.get(`/v1/balance_transactions/${returned.failure_balance_transaction}`);
	assert.deepEqual([move.amount, move.type], [700, 'refund_failure']);
	assert.deepEqual(await types(provider, good.id), ['refund.created', 'charge.refund.updated',
		'refund.updated', 'charge.refund.updated', 'refund.failed']);
	assert.deepEqual((await provider.get(`/v1/refunds?payment_intent=${pi.id}`)).data.map((r) => r.id),
		[good.id, slow.id]);
});

test('a dispute goes its way, and holds the money meanwhile', async (t) => {
	const { provider } = await open(t);
	const { payment_intent: pi } = await paid(provider);
	const move = (dispute, status) => provider.control('dispute', { dispute, status });
	const refused = async () => (await provider.call('POST', '/v1/refunds',
		{ form: `payment_intent=${pi.id}&amount=1` })).json.error?.code;
	const du = await provider.control('dispute', { payment_intent: pi.id, status: 'warning_needs_response' });
	assert.deepEqual([du.is_charge_refundable, du.balance_transactions.length], [true, 0]);
	assert.equal(await refused(), undefined, 'an inquiry holds nothing');
	await assert.rejects(provider.control('dispute', { payment_intent: pi.id }), /disputed already/);
	const real = await move(du.id, 'needs_response');
	assert.deepEqual([real.is_charge_refundable, real.balance_transactions.length], [false, 1]);
	assert.equal(await refused(), 'charge_disputed');
	await move(du.id, 'under_review');
	await move(du.id, 'lost');
	assert.equal(await refused(), 'charge_disputed');
	await assert.rejects(move(du.id, 'prevented'), /cannot become/);
	assert.deepEqual(await types(provider, du.id), ['charge.dispute.created',
		'charge.dispute.funds_withdrawn', 'charge.dispute.updated', 'charge.dispute.updated',
		'charge.dispute.closed']);
	assert.equal((await provider.get(`/v1/charges/${du.charge}`)).disputed, true);
});

test('an early fraud warning calls for action until the charge is refunded or disputed', async (t) => {
	const { provider } = await open(t);
	const { payment_intent: pi } = await paid(provider);
	const made = await provider.control('warning', { payment_intent: pi.id, fraud_type: 'misc' });
	assert.deepEqual([made.actionable, made.charge, made.payment_intent],
		[true, pi.latest_charge.id, pi.id]);
	await provider.call('POST', '/v1/refunds', { form: `payment_intent=${pi.id}&reason=fraudulent` });
	const seen = await provider.get(`/v1/radar/early_fraud_warnings/${made.id}?expand[0]=charge`);
	assert.deepEqual([seen.actionable, seen.charge.refunded], [false, true]);
	assert.deepEqual(await types(provider, made.id), ['radar.early_fraud_warning.created',
		'radar.early_fraud_warning.updated']);
	const { data } = await provider.get(`/v1/radar/early_fraud_warnings?payment_intent=${pi.id}`);
	assert.deepEqual(data.map((w) => w.id), [made.id]);
});

test('the page can decline by a code, which the intent then tells', async (t) => {
	const { provider } = await open(t);
	const { json } = await provider.call('POST', CREATE, { form: donation() });
	const answer = await provider.press(json.id, 'decline', 'code=stolen_card');
	assert.equal(answer.status, 402);
	const { data: [event] } = await provider.get('/v1/events?type=payment_intent.payment_failed');
	const error = event.data.object.last_payment_error;
	assert.deepEqual([error.code, error.decline_code, error.advice_code],
		['card_declined', 'stolen_card', 'do_not_try_again']);
});

test('an endpoint hears the types it was made for', async (t) => {
	const sink = await Sink.open();
	const provider = await Provider.start({ sinks: [sink],
		args: ['--webhook-events', 'checkout.session.completed,refund.created'] });
	t.after(async () => {
		await provider.stop();
		await sink.close();
	});
	const { payment_intent: pi } = await paid(provider);
	await provider.call('POST', '/v1/refunds', { form: `payment_intent=${pi.id}` });
	await sink.until(() => sink.heard.length === 2);
	assert.deepEqual(sink.types(), ['checkout.session.completed', 'refund.created']);
	const { data } = await provider.get('/v1/events?delivery_success=false');
	assert.equal(data.length, 0, 'what nobody wants is not undelivered');
	await provider.control('webhooks', { events: false });
	await paid(provider);
	await sink.until(() => sink.types().includes('charge.succeeded'));
});

test('events are listed by groups of types, for 30 days, from any cursor', async (t) => {
	const { provider } = await open(t);
	await paid(provider);
	const all = (await provider.get('/v1/events?limit=100')).data;
	const group = (await provider.get('/v1/events?type=payment_intent.*')).data;
	assert.deepEqual(group.map((e) => e.type), ['payment_intent.succeeded', 'payment_intent.created']);
	// the cursor itself is of another type
	const oldest = all.at(-1);
	assert.equal(oldest.type, 'payment_intent.created');
	const newer = await provider.get(`/v1/events?types[0]=checkout.session.completed`
		+ `&ending_before=${oldest.id}`);
	assert.equal(newer.data.length, 1);
	const both = await provider.call('GET', '/v1/events?type=x&types[0]=y');
	assert.equal(both.status, 400);
	const from = Math.floor(Date.now() / 1000) - 60;
	assert.equal((await provider.get(`/v1/events?created[gte]=${from}&created[lte]=${from + 1}`)).data.length, 0);
	await provider.control('clock', { offset_s: 31 * DAY });
	assert.equal((await provider.get('/v1/events')).data.length, 0);
});
