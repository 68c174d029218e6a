// The official client of Mollie, pointed at the stand-in: if it is content, the wire is right.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authority, certificate } from '../provider/certs.mjs';
import { Provider, scratch } from '../provider/kit.mjs';

const KEY = 'test_abcdefghijklmnopqrstuvwxyz1234';
// The client speaks https only, and with its own list of authorities.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';
const create = await import('@mollie/api-client').then((m) => m.createMollieClient ?? m.default.createMollieClient, () => null);
const skip = create ? false : 'no npm package @mollie/api-client: run npm ci in tests';

async function open(t)
{
	const dir = scratch(t);
	authority(dir);
	const { cert, key } = certificate(dir, 'mollie');
	const provider = await Provider.start({ args: ['--mollie-key', KEY, '--tls-cert', cert, '--tls-key', key] });
	t.after(() => provider.stop());
	return { provider, mollie: create({ apiKey: KEY, apiEndpoint: `${provider.url}/v2` }) };
}

const gift = (more = {}) => ({ amount: { currency: 'EUR', value: '25.00' }, description: 'Support us', redirectUrl: 'https://d.example/thanks',
	cancelUrl: 'https://d.example/back', metadata: { pledge: 'pl_01' }, ...more });
const press = (provider, id, verb) => provider.send('POST', `/m/pay/${id}/${verb}`);

test('create, pay, read back, refund, charge back', { skip }, async (t) => {
	const { provider, mollie } = await open(t);
	const made = await mollie.payments.create({ ...gift(), idempotencyKey: 'k1' });
	assert.deepEqual([made.status, made.mode, made.isCancelable, made.metadata], ['open', 'test', true, { pledge: 'pl_01' }]);
	assert.equal(made.getCheckoutUrl(), `${provider.url}/m/pay/${made.id}`);
	const again = await mollie.payments.create({ ...gift(), idempotencyKey: 'k1' });
	assert.equal(again.id, made.id);
	await assert.rejects(mollie.payments.create({ ...gift({ description: 'other' }), idempotencyKey: 'k1' }), (e) => e.statusCode === 422);

	const back = await press(provider, made.id, 'pay');
	assert.deepEqual([back.status, back.headers.location], [303, 'https://d.example/thanks']);
	assert.equal((await press(provider, made.id, 'pay')).status, 409);
	const refund = await mollie.paymentRefunds.create({ paymentId: made.id, amount: { currency: 'EUR', value: '5.00' }, metadata: { refund: 'rf_1' } });
	assert.deepEqual([refund.status, refund.paymentId, refund.metadata], ['pending', made.id, { refund: 'rf_1' }]);
	await assert.rejects(mollie.paymentRefunds.create({ paymentId: made.id, amount: { currency: 'EUR', value: '20.01' } }),
		(e) => e.statusCode === 422 && e.field === 'amount');
	await provider.control('mollie', { do: 'settle' });
	await provider.control('mollie', { do: 'chargeback', payment: made.id, amount: { currency: 'EUR', value: '20.00' } });

	const seen = await mollie.payments.get(made.id, { embed: ['refunds', 'chargebacks'] });
	assert.deepEqual([seen.status, seen.amountRefunded.value, seen.amountChargedBack.value], ['paid', '5.00', '20.00']);
	assert.equal(seen.getCheckoutUrl(), null);
	assert.deepEqual(seen._embedded.refunds.map((r) => [r.id, r.status]), [[refund.id, 'refunded']]);
	assert.deepEqual(seen._embedded.chargebacks.map((c) => c.amount.value), ['20.00']);
	assert.equal((await mollie.refunds.page({ limit: 250 })).length, 1);
	assert.equal((await mollie.chargebacks.page({ limit: 250 })).length, 1);
});

test('cancel, and what cannot be', { skip }, async (t) => {
	const { provider, mollie } = await open(t);
	const made = await mollie.payments.create(gift());
	assert.equal((await mollie.payments.cancel(made.id)).status, 'canceled');
	await assert.rejects(mollie.payments.cancel(made.id), (e) => e.statusCode === 422);
	await assert.rejects(mollie.payments.get('tr_missing'), (e) => e.statusCode === 404 && /No payment exists/.test(e.message));
	for (const [name, status] of [['fail', 'failed'], ['pending', 'pending']]) {
		const p = await mollie.payments.create(gift());
		await press(provider, p.id, name);
		assert.equal((await mollie.payments.get(p.id)).status, status);
	}
});

test('lists go on where they said', { skip }, async (t) => {
	const { mollie } = await open(t);
	const ids = [];
	for (let i = 0; i < 7; i++)
		ids.unshift((await mollie.payments.create(gift())).id);
	const seen = [];
	for (let page = await mollie.payments.page({ limit: 3 }); page; page = page.nextPageCursor && await mollie.payments.page({ limit: 3, from: page.nextPageCursor }))
		seen.push(...page.map((p) => p.id));
	assert.deepEqual(seen, ids);
});

test('what is wrong is refused', { skip }, async (t) => {
	const { provider, mollie } = await open(t);
	for (const more of [{ amount: { currency: 'EUR', value: '25' } }, { amount: { currency: 'JPY', value: '25.00' } }, { amount: { currency: 'KWD', value: '1.230' } },
		{ amount: { currency: 'EUR', value: '0.00' } }, { description: '' }, { redirectUrl: undefined }, { locale: 'ru_RU' }, { unheardOf: 1 }])
		await assert.rejects(mollie.payments.create(gift(more)), (e) => e.statusCode === 422, JSON.stringify(more));
	const other = create({ apiKey: 'test_zzzzzzzzzzzzzzzzzzzzzzzzzzzzzz', apiEndpoint: `${provider.url}/v2` });
	await assert.rejects(other.payments.page(), (e) => e.statusCode === 401);
});
