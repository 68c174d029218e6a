// The stand-in against the published description of the API (2023-08-16, cut to what is used):
// requests and answers of a whole walk have to fit it. What moved since then is listed here.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { decodeForm } from '../provider/form.mjs';
import { donation, monthly, Provider } from '../provider/kit.mjs';

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

function load()
{
	const spec = choices(JSON.parse(readFileSync(SPEC, 'utf8')));
	for (const [kind, fields] of Object.entries(MOVED)) {
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

test('answers fit the description', { skip }, async (t) => {
	const provider = await open(t);
	const { answers } = load();
	const once = await provider.call('POST', '/v1/checkout/sessions', { form: donation() });
	fitsAnswer(answers, once.json);
	await provider.press(once.json.id, 'decline');
	await provider.press(once.json.id, 'pay');
	const slow = await provider.call('POST', '/v1/checkout/sessions', { form: donation() });
	await provider.press(slow.json.id, 'delayed');
	const month = await provider.call('POST', '/v1/checkout/sessions', { form: monthly() });
	await provider.press(month.json.id, 'pay');
	const { payments, subscriptions } = await provider.control('ledger');
	await provider.control('renew', { subscription: subscriptions[0].id, outcome: 'failed' });
	await provider.call('POST', '/v1/refunds',
		{ form: `payment_intent=${payments[0].id}&amount=100` });
	await provider.control('dispute', { charge: payments[0].charge });
	const portal = await provider.call('POST', '/v1/billing_portal/sessions',
		{ form: `customer=${subscriptions[0].customer}&return_url=http%3A%2F%2F127.0.0.1%2F` });
	fitsAnswer(answers, portal.json);
	for (const kind of ['checkout/sessions', 'payment_intents', 'charges', 'customers',
		'subscriptions', 'invoices', 'refunds', 'disputes', 'events']) {
		const { json } = await provider.call('GET', `/v1/${kind}?limit=100`);
		assert.ok(json.data.length, kind);
		for (const object of json.data)
			fitsAnswer(answers, object);
	}
	const lines = await provider.call('GET', `/v1/checkout/sessions/${once.json.id}/line_items`);
	for (const object of lines.json.data)
		fitsAnswer(answers, object);
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

// Every field of the published sample that ours lacks, kind by kind, must be a known gap.
const GAPS = {
	'checkout.session': ['integration_identifier', 'managed_payments'],
	payment_intent: ['managed_payments'],
	subscription: ['billing_schedules', 'managed_payments'],
	invoice: ['subscription'],
};

test('fields are those of the newer sample objects', { skip }, async (t) => {
	const provider = await open(t);
	const samples = JSON.parse(readFileSync(SAMPLES, 'utf8')).resources;
	const month = await provider.call('POST', '/v1/checkout/sessions', { form: monthly() });
	await provider.press(month.json.id, 'pay');
	await provider.call('POST', '/v1/checkout/sessions', { form: donation() });
	const { payments } = await provider.control('ledger');
	await provider.call('POST', '/v1/refunds', { form: `payment_intent=${payments[0].id}` });
	for (const kind of ['checkout/sessions', 'payment_intents', 'subscriptions', 'invoices',
		'refunds', 'invoice_payments', 'events', 'customers']) {
		const { json } = await provider.call('GET', `/v1/${kind}`);
		const [object] = json.data;
		const lacking = Object.keys(samples[object.object])
			.filter((name) => !(name in object) && !GAPS[object.object]?.includes(name));
		assert.deepEqual(lacking, [], object.object);
	}
});
