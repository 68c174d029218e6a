// The stand-in's own rules: what it refuses, what it repeats, what it remembers, what its page does.
import assert from 'node:assert/strict';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { canonical, decodeForm } from '../provider/form.mjs';
import { donation, monthly, Provider, scratch, Sink } from '../provider/kit.mjs';
import { sign } from '../provider/webhooks.mjs';

const CREATE = '/v1/checkout/sessions';
const data = (name) => readFileSync(new URL(`../data/stripe/${name}`, import.meta.url), 'utf8');
const withKey = (key, form) => ({ form, headers: { 'Idempotency-Key': key } });

async function open(t, options)
{
	const provider = await Provider.start(options);
	t.after(() => provider.stop());
	return provider;
}

async function withSink(t, options = {})
{
	const sink = await Sink.open(options);
	t.after(() => sink.close());
	const provider = await open(t, { sinks: [sink], args: ['--retries', '20,20,20'] });
	return { provider, sink };
}

test('a form with brackets decodes to nested values', () => {
	const same = (text, value) =>
		assert.equal(canonical(decodeForm(text)), canonical(value), text);
	same('a=1&b[c]=2', { a: '1', b: { c: '2' } });
	same('a[0][b]=1&a[1][b]=2', { a: [{ b: '1' }, { b: '2' }] });
	same('a%5B0%5D%5Bb%5D=1', { a: [{ b: '1' }] });
	same('a[][b]=1&a[][c]=2&a[][b]=3', { a: [{ b: '1', c: '2' }, { b: '3' }] });
	same('n=Caf%C3%A9+%26%20x', { n: 'Café & x' });
	same('__proto__[x]=1', Object.fromEntries([['__proto__', { x: '1' }]]));
	assert.equal({}.x, undefined);
	assert.throws(() => decodeForm('a=%ff'), /UTF-8/);
	assert.throws(() => decodeForm('a=1&a[b]=2'), /group/);
	assert.throws(() => decodeForm(`a${'[b]'.repeat(20)}=1`), /deep/);
});

test('the golden requests are taken', async (t) => {
	const provider = await open(t);
	await provider.control('clock', { now: 1899990000 });
	const golden = data('requests-node-23.1.0.txt').split(/^## /m).slice(1)
		.map((part) => ({ name: part.split('\n')[0], lines: part.split('\n') }));
	for (const name of ['one-off', 'monthly']) {
		const { lines } = golden.find((g) => g.name === name);
		const form = lines.find((l) => l.startsWith('  BODY ')).slice(7);
		const { status, json } = await provider.call('POST', CREATE, { form });
		assert.equal(status, 200, name);
		assert.match(json.client_reference_id, /^pl_0[12]$/);
	}
});

test('what cannot be is refused with its code', async (t) => {
	const provider = await open(t);
	const price = (field) => `line_items[0][price_data][${field}]`;
	const rows = [
		['parameter_unknown', 'colour', { colour: 'red' }],
		['parameter_unknown', 'line_items[0][colour]', { 'line_items[0][colour]': 'red' }],
		['parameter_missing', 'success_url', { success_url: undefined }],
		['parameter_missing', 'mode', { mode: undefined }],
		['parameter_missing', price('currency'), { [price('currency')]: undefined }],
		['parameter_missing', price('unit_amount'), { [price('unit_amount')]: undefined }],
		['parameter_missing', 'line_items[0][quantity]', { 'line_items[0][quantity]': undefined }],
		['amount_too_small', price('unit_amount'), { [price('unit_amount')]: '-1' }],
		['amount_too_small', price('unit_amount'), { [price('unit_amount')]: '49' }],
		['amount_too_large', price('unit_amount'), { [price('unit_amount')]: '100000000' }],
		['parameter_invalid_integer', price('unit_amount'), { [price('unit_amount')]: '1e3' }],
		['parameter_invalid_integer', price('unit_amount'), { [price('unit_amount')]: '25.00' }],
		['parameter_invalid_empty', price('product_data][name'), { [price('product_data][name')]: '' }],
		[undefined, price('currency'), { [price('currency')]: 'EUR' }],
		[undefined, price('currency'), { [price('currency')]: 'xxx' }],
		[undefined, 'expires_at', { expires_at: Math.floor(Date.now() / 1000) + 60 }],
		[undefined, 'expires_at', { expires_at: Math.floor(Date.now() / 1000) + 90000 }],
		['url_invalid', 'success_url', { success_url: 'javascript:alert(1)' }],
		['url_invalid', 'cancel_url', { cancel_url: '/relative' }],
		['email_invalid', 'customer_email', { customer_email: 'nobody' }],
		['parameter_invalid_string_too_long', 'client_reference_id',
			{ client_reference_id: 'x'.repeat(201) }],
	];
	for (const [code, param, change] of rows) {
		const { status, json } = await provider.call('POST', CREATE, { form: donation(change) });
		assert.equal(status, 400, JSON.stringify(change));
		assert.equal(json.error.type, 'invalid_request_error');
		assert.equal(json.error.code, code, JSON.stringify(change));
		assert.equal(json.error.param, param);
	}
	const donate = await provider.call('POST', CREATE, { form: monthly({ submit_type: 'donate' }) });
	assert.equal(donate.json.error.param, 'submit_type');
	assert.equal((await provider.control('ledger')).sessions.length, 0);
});

test('money in currencies without decimals and with three', async (t) => {
	const provider = await open(t);
	const ask = async (currency, amount) => (await provider.call('POST', CREATE, { form: donation({
		'line_items[0][price_data][currency]': currency,
		'line_items[0][price_data][unit_amount]': amount }) })).status;
	for (const [currency, amount, status] of [['jpy', 1000, 200], ['jpy', 49, 400],
		['isk', 500, 200], ['isk', 550, 400], ['kwd', 1230, 200], ['kwd', 1234, 400],
		['huf', 17500, 200], ['huf', 17499, 400]])
		assert.equal(await ask(currency, amount), status, `${amount} ${currency}`);
});

test('without the right key nothing is answered', async (t) => {
	const provider = await open(t);
	const ask = (value) => provider.call('GET', CREATE, { headers: { Authorization: value } });
	assert.equal((await ask('')).status, 401);
	assert.equal((await ask('Bearer sk_test_other')).status, 401);
	const basic = Buffer.from(`${provider.key}:`).toString('base64');
	const good = await ask(`Basic ${basic}`);
	assert.equal(good.status, 200);
	assert.match(good.headers['request-id'], /^req_/);
});

test('an idempotency key repeats the answer, and only for the same request', async (t) => {
	const provider = await open(t);
	const first = await provider.call('POST', CREATE, withKey('k1', donation()));
	const again = await provider.call('POST', CREATE, withKey('k1', donation()));
	assert.equal(again.text, first.text);
	assert.equal(again.headers['idempotent-replayed'], 'true');
	assert.equal(again.headers['original-request'], first.headers['request-id']);
	assert.notEqual(again.headers['request-id'], first.headers['request-id']);
	const other = await provider.call('POST', CREATE,
		withKey('k1', donation({ client_reference_id: 'pl_02' })));
	assert.equal(other.status, 400);
	assert.equal(other.json.error.type, 'idempotency_error');
	const wrong = await provider.call('POST', CREATE, withKey('k2', donation({ mode: 'no' })));
	assert.equal(wrong.status, 400);
	const mended = await provider.call('POST', CREATE, withKey('k2', donation()));
	assert.equal(mended.status, 200);
	assert.equal((await provider.control('ledger')).sessions.length, 2);
	await provider.control('clock', { offset_s: 24 * 3600 + 5 });
	const late = await provider.call('POST', CREATE, withKey('k1', donation()));
	assert.equal(late.headers['idempotent-replayed'], undefined);
	assert.notEqual(late.json.id, first.json.id);
});

test('a key in use answers 409 until the first call ends', async (t) => {
	const provider = await open(t);
	await provider.fault({ do: 'barrier:gate' });
	const slow = provider.call('POST', CREATE, withKey('k', donation()));
	while (!(await provider.control('barrier')).waiting.gate)
		;
	const busy = await provider.call('POST', CREATE, withKey('k', donation()));
	assert.equal(busy.status, 409);
	assert.equal(busy.json.error.code, 'idempotency_key_in_use');
	await provider.control('barrier', { name: 'gate', release: true });
	const { json } = await slow;
	assert.equal((await provider.call('POST', CREATE, withKey('k', donation()))).json.id, json.id);
});

test('the page pays once, tells its price, and declines in words', async (t) => {
	const { provider, sink } = await withSink(t);
	const { json } = await provider.call('POST', CREATE, { form: donation({
		'line_items[0][price_data][product_data][name]': 'Tom & "Jerry" <b>' }) });
	assert.equal(json.url, `${provider.url}/c/pay/${json.id}`);
	const page = await provider.call('GET', `/c/pay/${json.id}`);
	assert.match(page.text, /25\.00 EUR/);
	assert.match(page.text, /Test provider/);
	assert.ok(!page.text.includes('<b>"') && !page.text.includes('"Jerry"'));
	const no = await provider.press(json.id, 'decline');
	assert.equal(no.status, 402);
	assert.match(no.text, /declined/);
	const back = await provider.press(json.id, 'cancel');
	assert.equal(back.headers.location, 'http://127.0.0.1:8080/cancelled');
	const paid = await provider.press(json.id, 'pay', 'email=a%40b.example');
	assert.equal(paid.status, 303);
	assert.equal(paid.headers.location, `http://127.0.0.1:8080/pledge/tok?sid=${json.id}`);
	assert.ok(sink.types().includes('checkout.session.completed'), 'heard before the redirect');
	const twice = await provider.press(json.id, 'pay');
	assert.equal(twice.status, 409);
	assert.match(twice.text, /already/);
	const { totals, payments } = await provider.control('ledger');
	assert.deepEqual(totals, { eur: { payments: 1, paid: 2500, refunds: 0, refunded: 0 } });
	assert.equal(payments[0].reference, 'pl_01');
});

test('the redirect waits no longer than the hold', async (t) => {
	const sink = await Sink.open({ answer: () => 500 });
	t.after(() => sink.close());
	const provider = await open(t, { sinks: [sink], args: ['--hold-ms', '50', '--retries', ''] });
	const { json } = await provider.call('POST', CREATE, { form: donation() });
	assert.equal((await provider.press(json.id, 'pay')).status, 303);
});

test('a session whose time is over expires, and cannot be paid', async (t) => {
	const { provider, sink } = await withSink(t);
	const { json } = await provider.call('POST', CREATE, { form: donation() });
	await provider.control('clock', { offset_s: 24 * 3600 + 1 });
	const seen = await provider.call('GET', `${CREATE}/${json.id}`);
	assert.equal(seen.json.status, 'expired');
	assert.equal(seen.json.url, null);
	await sink.until(() => sink.types().includes('checkout.session.expired'));
	assert.equal((await provider.press(json.id, 'pay')).status, 409);
	const again = await provider.call('POST', `${CREATE}/${json.id}/expire`);
	assert.equal(again.status, 400);
});

test('a delayed method leaves unpaid and settles later', async (t) => {
	const { provider, sink } = await withSink(t);
	for (const outcome of ['succeeded', 'failed']) {
		const { json } = await provider.call('POST', CREATE, { form: donation() });
		await provider.press(json.id, 'delayed');
		const seen = (await provider.call('GET', `${CREATE}/${json.id}`)).json;
		assert.deepEqual([seen.status, seen.payment_status], ['complete', 'unpaid']);
		await provider.control('settle', { session: json.id, outcome });
		await sink.until(() => sink.types().includes(`checkout.session.async_payment_${outcome}`));
	}
	assert.equal((await provider.control('ledger')).totals.eur.payments, 1);
});

test('the golden signature comes out the same, and a roll signs twice', () => {
	const vectors = JSON.parse(data('webhook-vectors.json'));
	assert.equal(vectors.length, 28);
	const [valid] = vectors;
	assert.equal(sign([valid.secrets[0]], valid.now, valid.body), valid.header);
	assert.equal(sign(['a', 'b'], 1, '').split(',v1=').length, 3);
});

test('webhooks are retried, paused, dropped, doubled and sent again', async (t) => {
	const { provider, sink } = await withSink(t, { answer: (event, n) => (n === 1 ? 500 : 200) });
	const send = () => provider.control('event', { type: 'test.made', object: { id: 'x' } });
	await send();
	await sink.until(() => sink.heard.length === 2);
	assert.equal(sink.heard[0].body, sink.heard[1].body);
	await provider.control('webhooks', { paused: true });
	const held = await send();
	assert.equal((await provider.control('webhooks', {})).held, 1);
	const { sent } = await provider.control('webhooks', { resend: held.id, times: 5 });
	assert.deepEqual(sent.map((s) => s.status), [200, 200, 200, 200, 200]);
	await provider.control('webhooks', { paused: false, discard: true });
	await provider.control('webhooks', { duplicate: 3 });
	const doubled = await send();
	const times = (id) => sink.heard.filter((h) => h.event.id === id).length;
	await sink.until(() => times(doubled.id) === 3);
	await provider.control('webhooks', { duplicate: false, drop: true });
	const lost = await send();
	await provider.control('webhooks', { drop: false });
	const after = await send();
	await sink.until(() => times(after.id) === 1);
	assert.equal(times(lost.id), 0);
	const missed = await provider.call('GET', '/v1/events?delivery_success=false');
	assert.ok(missed.json.data.some((e) => e.id === lost.id));
});

test('a killed provider knows everything again', async (t) => {
	const ledger = join(scratch(t), 'ledger');
	const before = await open(t, { args: ['--ledger', ledger] });
	const { json, text } = await before.call('POST', CREATE, withKey('k', donation()));
	await before.press(json.id, 'pay');
	const books = await before.control('ledger');
	await before.stop('SIGKILL');
	const whole = readFileSync(ledger);
	appendFileSync(ledger, '[["o",{"id":"torn');
	const after = await open(t, { args: ['--ledger', ledger] });
	assert.deepEqual(await after.control('ledger'), books);
	const again = await after.call('POST', CREATE, withKey('k', donation()));
	assert.equal(again.text, text);
	assert.equal(again.headers['idempotent-replayed'], 'true');
	assert.equal(await after.stop(), 0);
	assert.deepEqual(readFileSync(ledger), whole);
});

test('the control is not for other hosts', async (t) => {
	const provider = await open(t);
	const { status } = await provider.call('GET', '/_/ledger', { headers: { Host: 'evil.example' } });
	assert.equal(status, 404);
});

test('reset forgets all', async (t) => {
	const provider = await open(t);
	await provider.call('POST', CREATE, withKey('k', donation()));
	await provider.control('reset', {});
	assert.deepEqual((await provider.control('ledger')).counts, {});
	const { headers } = await provider.call('POST', CREATE, withKey('k', donation()));
	assert.equal(headers['idempotent-replayed'], undefined);
});
