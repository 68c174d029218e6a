// Each fault does what it says, to the client and to the books.
import assert from 'node:assert/strict';
import net from 'node:net';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { donation, Provider } from '../provider/kit.mjs';

const CREATE = '/v1/checkout/sessions';

async function open(t)
{
	const provider = await Provider.start();
	t.after(() => provider.stop());
	return provider;
}

// wire: what really comes back, byte for byte, and how it ends.
function wire(provider, key = 'k')
{
	const form = donation();
	return new Promise((resolve) => {
		const parts = [];
		let failed = null;
		const socket = net.connect(Number(new URL(provider.url).port), '127.0.0.1', () => {
			socket.write(`POST ${CREATE} HTTP/1.1\r\nHost: 127.0.0.1\r\nIdempotency-Key: ${key}\r\n`
				+ `Authorization: Bearer ${provider.key}\r\nContent-Length: ${form.length}\r\n`
				+ 'Content-Type: application/x-www-form-urlencoded\r\nConnection: close\r\n\r\n'
				+ form);
		});
		socket.on('data', (part) => parts.push(part));
		socket.on('error', (err) => { failed = err.code; });
		socket.on('close', () => {
			const bytes = Buffer.concat(parts);
			const cut = bytes.indexOf('\r\n\r\n');
			const head = bytes.subarray(0, cut < 0 ? bytes.length : cut).toString('latin1');
			const field = (name) => new RegExp(`^${name}: (.*)$`, 'mi').exec(head)?.[1];
			resolve({ failed, head, field, body: cut < 0 ? Buffer.alloc(0) : bytes.subarray(cut + 4),
				status: Number(/^HTTP\/1\.1 (\d+)/.exec(head)?.[1] ?? 0) });
		});
	});
}

const made = async (provider) => (await provider.control('ledger')).sessions.length;

// Every fault on a create: what the bytes show, and whether a session was made.
const ROWS = [
	['pass', 1, (r) => r.status === 200 && r.body.length === Number(r.field('content-length'))],
	['delay:30', 1, (r) => r.status === 200],
	['delay-after:30', 1, (r) => r.status === 200],
	['drop-before', 0, (r) => r.failed === 'ECONNRESET' && !r.status],
	['drop-after-request', 1, (r) => r.failed === 'ECONNRESET' && !r.status],
	['reset', 1, (r) => r.failed === 'ECONNRESET' || (r.status === 200 && !r.body.length)],
	['half:17', 1, (r) => r.body.length === 17 && Number(r.field('content-length')) > 17],
	['wrong-length:-40', 1, (r) => Number(r.field('content-length')) === r.body.length - 40],
	['wrong-length', 1, (r) => Number(r.field('content-length')) === r.body.length + 100],
	['bad-chunk', 1, (r) => r.field('transfer-encoding') === 'chunked'
		&& r.body.toString().startsWith('zz')],
	['gzip-bomb:1000000', 1, (r) => gunzipSync(r.body).length === 1000000 && r.body.length < 9999],
	['trickle:20000', 1, (r) => JSON.parse(r.body).object === 'checkout.session'],
	['status:500', 0, (r) => r.status === 500 && JSON.parse(r.body).error.type === 'api_error'],
	['status:502', 0, (r) => r.status === 502],
	['status:409', 0, (r) => JSON.parse(r.body).error.code === 'idempotency_key_in_use'],
	['status:401', 0, (r) => r.status === 401],
	['status:403', 0, (r) => r.status === 403],
	[{ do: 'status', status: 429, retry_after: 7, should_retry: true }, 0, (r) =>
		r.field('retry-after') === '7' && r.field('stripe-should-retry') === 'true'
		&& JSON.parse(r.body).error.code === 'rate_limit'],
	[{ do: 'status', status: 429, code: 'lock_timeout' }, 0, (r) =>
		JSON.parse(r.body).error.code === 'lock_timeout' && !r.field('stripe-rate-limited-reason')],
	[{ do: 'status', status: 500, effect: true, should_retry: false }, 1, (r) =>
		r.status === 500 && r.field('stripe-should-retry') === 'false'],
	['html', 1, (r) => r.status === 200 && /text\/html/.test(r.field('content-type'))],
	['empty-json', 1, (r) => r.body.toString() === '{}'],
	['bad-json', 1, (r) => {
		try {
			return JSON.parse(r.body) && false;
		} catch {
			return r.status === 200;
		}
	}],
	['huge-body:3000000', 1, (r) => r.body.length === 3000000 && Boolean(JSON.parse(r.body))],
	['endless-headers:500', 1, (r) => r.head.split('X-Endless-').length === 501],
	['redirect', 0, (r) => r.status === 302 && r.field('location').startsWith('http')],
	['bad-url', 1, (r) => JSON.parse(r.body).url.startsWith('javascript:')],
	['bad-url:https://evil.example/', 1, (r) => JSON.parse(r.body).url === 'https://evil.example/'],
	['no-url', 1, (r) => !('url' in JSON.parse(r.body))],
	['dup', 1, (r) => r.status === 200 && r.field('idempotent-replayed') === 'true'],
	[['delay:10', 'half:5'], 1, (r) => r.body.length === 5],
];

test('every fault, to the bytes and to the books', async (t) => {
	const provider = await open(t);
	for (const [fault, effect, holds] of ROWS)
		await t.test(`fault ${JSON.stringify(fault)}`, async () => {
			await provider.control('reset', {});
			await provider.fault({ match: { method: 'POST', path: '^/v1/checkout' }, do: fault });
			const seen = await wire(provider);
			assert.ok(holds(seen), `${seen.failed} ${seen.head}`);
			assert.equal(await made(provider), effect);
			const [noted] = (await provider.control('requests')).requests;
			assert.equal(noted.body, donation());
			assert.ok(noted.fault);
		});
});

test('the same key after a fault: one session, and its genuine answer', async (t) => {
	const provider = await open(t);
	for (const fault of ['drop-before', 'drop-after-request', 'half:10', 'status:503', 'html',
		{ do: 'status', status: 502, effect: true }]) {
		await provider.control('reset', {});
		await provider.fault({ do: fault });
		await wire(provider);
		const again = await wire(provider);
		assert.equal(again.status, 200, JSON.stringify(fault));
		assert.equal(JSON.parse(again.body).object, 'checkout.session');
		assert.equal(await made(provider), 1);
	}
});

test('a 500 stays under its key, unless told otherwise', async (t) => {
	const provider = await open(t);
	for (const [store, effect, second, sessions] of [[undefined, true, 500, 1],
		[undefined, false, 500, 0], [false, true, 200, 1], [false, false, 200, 1]]) {
		await provider.control('reset', {});
		await provider.fault({ do: { do: 'status', status: 500, store, effect } });
		assert.equal((await wire(provider)).status, 500);
		assert.equal((await wire(provider)).status, second);
		assert.equal(await made(provider), sessions);
	}
});

test('rules count, choose and repeat', async (t) => {
	const provider = await open(t);
	await provider.fault({ match: { nth: 2 }, do: 'status:503' },
		{ match: { key: '^three$' }, times: 2, do: 'status:502' });
	const seen = [];
	for (const key of ['one', 'two', 'three', 'three', 'three'])
		seen.push((await wire(provider, key)).status);
	assert.deepEqual(seen, [200, 503, 502, 502, 200]);
	await provider.control('fault', {}, 'DELETE');
	const draw = async () => {
		await provider.control('fault', {}, 'DELETE');
		await provider.fault({ match: { rate: 0.5, seed: 7 }, do: 'status:503' });
		const out = [];
		for (let i = 0; i < 12; i++)
			out.push((await wire(provider, `r${i}`)).status);
		return out;
	};
	const first = await draw();
	assert.deepEqual(await draw(), first);
	assert.equal(new Set(first).size, 2);
});

test('a rule that cannot be read is refused whole', async (t) => {
	const provider = await open(t);
	await assert.rejects(provider.fault({ do: 'pass' }, { do: 'explode' }), /unknown fault/);
	await assert.rejects(provider.fault({ do: 'delay:soon' }), /not a number/);
	assert.deepEqual((await provider.control('fault')).rules, []);
});
