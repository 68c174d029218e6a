// The stand-in against the published description of the API (2023-08-16, cut to what is used):
// requests and answers of a whole walk have to fit it. What moved since then is listed here.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeForm } from '../provider/form.mjs';
import { donation, encode, monthly, Provider } from '../provider/kit.mjs';

const DATA = new URL('../../../shared/data/stripe-openapi/', import.meta.url);
const SPEC = new URL('spec3-donation-slice-2023-08-16.json', DATA);
const SAMPLES = new URL('fixtures3-2026-08.json', DATA);
const Ajv = await import('ajv').then((m) => m.default.default ?? m.default, () => null);

const skip = !existsSync(SPEC) ? 'no ../shared/data: request schemas not checked'
	: !Ajv ? 'no npm package ajv: run npm ci in tests' : false;

// Fields of the description that the newer version moved or dropped.
const MOVED = {
	subscription: ['current_period_end', 'current_period_start'],
	invoice: ['default_tax_rates', 'paid', 'paid_out_of_band', 'total_tax_amounts'],
	line_item: ['proration', 'type'],
	subscription_item: [],
};

// Request parameters newer than the description.
const NEWER = ['adaptive_pricing'];

// ajv refuses nullable without a type, so it becomes a choice.
function choices(node)
{
	if (node === null || typeof node !== 'object')
		return node;
	if (Array.isArray(node))
		return node.map(choices);
	const { nullable, ...rest } = node;
	const out = Object.fromEntries(Object.entries(rest).map(([k, v]) => [k, choices(v)]));
	return nullable === true ? { anyOf: [out, { type: 'null' }] } : out;
}

function load(moved = MOVED)
{
	const spec = choices(JSON.parse(readFileSync(SPEC, 'utf8')));
	for (const [kind, fields] of Object.entries(moved)) {
		const schema = spec.components.schemas[kind];
		schema.required = schema.required.filter((name) => !fields.includes(name));
	}
	const options = { strict: false, allErrors: true, validateFormats: false };
	const make = (more) => new Ajv({ ...options, ...more }).addSchema(spec, 'stripe');
	return { answers: make({}), requests: make({ coerceTypes: true }) };
}

const say = (validate) => JSON.stringify(validate.errors?.slice(0, 5), null, 1);

function fitsAnswer(ajv, object)
{
	const validate = ajv.compile({ $ref: `stripe#/components/schemas/${object.object}` });
	assert.ok(validate(object), `${object.object}: ${say(validate)}`);
}

function fitsRequest(ajv, path, form)
{
	const validate = ajv.compile({ $ref: `stripe#/paths/${path.replaceAll('/', '~1')}/post/`
		+ 'requestBody/content/application~1x-www-form-urlencoded/schema' });
	const body = JSON.parse(JSON.stringify(decodeForm(form)));
	for (const name of NEWER)
		delete body[name];
	return validate(body) ? null : say(validate);
}

async function open(t)
{
	const provider = await Provider.start();
	t.after(() => provider.stop());
	return provider;
}

const KINDS = ['checkout/sessions', 'payment_intents', 'charges', 'customers', 'subscriptions', 'invoices',
	'refunds', 'disputes', 'events', 'balance_transactions'];

// life: a little of everything.
async function life(provider)
{
	const make = async (form, ...verbs) => {
		const { json } = await provider.call('POST', '/v1/checkout/sessions', { form });
		for (const verb of verbs)
			await provider.press(json.id, verb);
		return json;
	};
	const once = await make(donation(), 'decline', 'pay');
	await make(donation(), 'delayed');
	await make(monthly(), 'pay');
	const { payments, subscriptions: [sub] } = await provider.control('ledger');
	await provider.control('renew', { subscription: sub.id, outcome: 'failed' });
	await provider.call('POST', `/v1/subscriptions/${sub.id}`, { form: 'pause_collection[behavior]=void' });
	await provider.control('renew', { subscription: sub.id });
	await provider.call('POST', '/v1/refunds',
		{ form: `payment_intent=${payments[0].id}&amount=100` });
	const { id } = await provider.control('dispute', { charge: payments[0].charge });
	await provider.control('dispute', { dispute: id, status: 'won' });
	await provider.control('warning', { charge: payments[1].charge });
	const { json: portal } = await provider.call('POST', '/v1/billing_portal/sessions',
		{ form: `customer=${sub.customer}&return_url=http%3A%2F%2F127.0.0.1%2F` });
	return { once, portal };
}

test('answers fit the description', { skip }, async (t) => {
	const provider = await open(t);
	const { answers } = load();
	const { once, portal } = await life(provider);
	fitsAnswer(answers, once);
	fitsAnswer(answers, portal);
	for (const kind of KINDS) {
		const { json } = await provider.call('GET', `/v1/${kind}?limit=100`);
		assert.ok(json.data.length, kind);
		for (const object of json.data)
			fitsAnswer(answers, object);
	}
	const lines = await provider.call('GET', `/v1/checkout/sessions/${once.id}/line_items`);
	for (const object of lines.json.data)
		fitsAnswer(answers, object);
});

// The same walk shown as the description's own version shows it: here nothing is excused.
test('in the old shape answers and events fit the description as it is', { skip }, async (t) => {
	const provider = await open(t);
	const { answers } = load({});
	await life(provider);
	const old = { headers: { 'Stripe-Version': '2023-08-16' } };
	for (const kind of KINDS) {
		const { json } = await provider.call('GET', `/v1/${kind}?limit=100`, old);
		assert.ok(json.data.length, kind);
		for (const object of json.data)
			fitsAnswer(answers, object);
	}
	const { data: [inv] } = (await provider.call('GET', '/v1/invoices?status=paid', old)).json;
	assert.match(inv.subscription, /^sub_/);
	assert.match(inv.charge, /^ch_/);
	assert.equal(inv.parent, undefined);
	const charge = (await provider.call('GET', `/v1/charges/${inv.charge}`, old)).json;
	assert.equal(charge.invoice, inv.id);
	const now = await provider.get(`/v1/invoices/${inv.id}`);
	assert.deepEqual([now.subscription, now.charge], [undefined, undefined]);
});

test('chosen events and fetches take the old shape', { skip }, async (t) => {
	const provider = await open(t);
	const { answers } = load({});
	await provider.control('shape', { shape: '2023', events: '^invoice\\.paid$', fetches: '/v1/invoices/' });
	await life(provider);
	const { data: events } = await provider.get('/v1/events?limit=100&type=invoice.*');
	for (const { type, api_version: version, data: { object } } of events) {
		const old = type === 'invoice.paid';
		assert.equal(version, old ? '2023-08-16' : '2026-10-28.endive', type);
		assert.equal('subscription' in object, old, type);
		if (old)
			fitsAnswer(answers, object);
	}
	const { id } = events[0].data.object;
	assert.ok((await provider.get(`/v1/invoices/${id}`)).subscription);
	await provider.control('shape', {});
	assert.equal((await provider.get(`/v1/invoices/${id}`)).subscription, undefined);
});

test('requests that fit are taken, requests that do not are refused', { skip }, async (t) => {
	const provider = await open(t);
	const { requests } = load();
	const path = '/v1/checkout/sessions';
	const rows = [
		[true, donation()], [true, monthly()], [true, donation({ customer_email: 'a@b.example' })],
		[true, donation({ 'adaptive_pricing[enabled]': 'false' })],
		[false, donation({ mode: 'gift' })], [false, donation({ colour: 'red' })],
		[false, donation({ submit_type: 'give' })],
		[false, donation({ 'line_items[0][price_data][unit_amount]': '25.50' })],
		[false, donation({ 'line_items[0][price_data][currency]': undefined })],
		[false, donation({ client_reference_id: 'x'.repeat(201) })],
	];
	for (const [good, form] of rows) {
		const wrong = fitsRequest(requests, path, form);
		assert.equal(wrong === null, good, `${form} ${wrong}`);
		const { status } = await provider.call('POST', path, { form });
		assert.equal(status === 200, good, form);
	}
});

test('changes of a subscription are taken and refused as the description says', { skip }, async (t) => {
	const provider = await open(t);
	const { requests } = load();
	await life(provider);
	const { data: [sub] } = await provider.get('/v1/subscriptions');
	const [item] = sub.items.data;
	const price = { 'items[0][id]': item.id, 'items[0][price_data][currency]': 'eur',
		'items[0][price_data][product]': item.price.product,
		'items[0][price_data][recurring][interval]': 'month',
		'items[0][price_data][unit_amount]': '900', proration_behavior: 'none' };
	const later = Math.floor(Date.now() / 1000) + 1000;
	const rows = [
		[true, price], [true, { cancel_at_period_end: 'true' }], [true, { cancel_at_period_end: 'false' }],
		[true, { 'pause_collection[behavior]': 'void', 'pause_collection[resumes_at]': later }],
		[true, { pause_collection: '' }], [true, { 'metadata[pledge]': 'pl_03' }],
		[true, { 'cancellation_details[comment]': 'x', 'cancellation_details[feedback]': 'other' }],
		[false, { 'pause_collection[behavior]': 'stop' }], [false, { 'pause_collection[resumes_at]': later }],
		[false, { ...price, 'items[0][price_data][recurring][interval]': 'moon' }],
		[false, { 'cancellation_details[feedback]': 'bored' }], [false, { cancel_at_period_end: 'maybe' }],
		[false, { proration_behavior: 'half' }], [false, { colour: 'red' }],
	];
	for (const [good, fields] of rows) {
		const form = encode(fields);
		const wrong = fitsRequest(requests, '/v1/subscriptions/{subscription_exposed_id}', form);
		assert.equal(wrong === null, good, `${form} ${wrong}`);
		const { status } = await provider.call('POST', `/v1/subscriptions/${sub.id}`, { form });
		assert.equal(status === 200, good, form);
	}
});

// Every field of the published sample that ours lacks, kind by kind, must be a known gap.
const GAPS = {
	'checkout.session': ['integration_identifier', 'managed_payments'],
	payment_intent: ['managed_payments'],
	charge: ['refunds'], // there when it is asked for
	subscription: ['billing_schedules', 'managed_payments'],
	invoice: ['subscription'],
};

test('fields are those of the newer sample objects', { skip }, async (t) => {
	const provider = await open(t);
	const samples = JSON.parse(readFileSync(SAMPLES, 'utf8')).resources;
	await life(provider);
	const { data: [{ default_payment_method: card }] } = await provider.get('/v1/subscriptions');
	const seen = [await provider.get(`/v1/payment_methods/${card}`)];
	for (const kind of [...KINDS, 'invoice_payments', 'radar/early_fraud_warnings'])
		seen.push((await provider.get(`/v1/${kind}`)).data[0]);
	for (const object of seen) {
		const lacking = Object.keys(samples[object.object])
			.filter((name) => !(name in object) && !GAPS[object.object]?.includes(name));
		assert.deepEqual(lacking, [], object.object);
	}
});
