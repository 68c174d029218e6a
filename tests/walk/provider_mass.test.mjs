// 10,000 gifts at the stand-in: it must not be what a long run waits for, and its file and its memory
// must grow with what it holds and no faster.
import assert from 'node:assert/strict';
import http from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { donation, monthly, Provider, scratch } from '../provider/kit.mjs';

const HALF = 5000;
const MB = 1024 * 1024;

// create: n sessions over the wire, one in ten monthly, from some connections at once.
async function create(provider, from, n)
{
	const agent = new http.Agent({ keepAlive: true, maxSockets: 16 });
	let next = from;
	const one = async () => {
		while (next < from + n) {
			const i = next++;
			const form = (i % 10 ? donation : monthly)({ client_reference_id: `pl_${i}` });
			const { status } = await provider.call('POST', '/v1/checkout/sessions',
				{ form, agent, headers: { 'Idempotency-Key': `v1:create:${i}` } });
			assert.equal(status, 200);
		}
	};
	await Promise.all(Array.from({ length: 16 }, one));
	agent.destroy();
}

test('10,000 sessions are made and paid, and known again after a kill', async (t) => {
	const ledger = join(scratch(t), 'ledger');
	let provider = await Provider.start({ args: ['--ledger', ledger] });
	t.after(() => provider.stop());
	const sizes = [];
	let took = 0;
	for (const from of [0, HALF]) {
		const began = Date.now();
		await create(provider, from, HALF);
		const counts = await provider.control('pay', { open: HALF, seed: 1 + from,
			shares: { paid: 0.9, delayed: 0.1 } });
		took += Date.now() - began;
		assert.deepEqual([counts.paid + counts.delayed, counts.stuck], [HALF, 0]);
		sizes.push(await provider.control('stats'));
	}
	t.diagnostic(`${took} ms, ledger ${Math.round(sizes[1].ledger_bytes / MB)} MB, `
		+ `resident ${Math.round(sizes[1].rss / MB)} MB`);
	const growth = (sizes[1].ledger_bytes - sizes[0].ledger_bytes) / sizes[0].ledger_bytes;
	assert.ok(growth > 0.9 && growth < 1.1, `the second half is as large as the first: ${growth}`);
	assert.ok(sizes[1].rss < 1536 * MB, `${sizes[1].rss}`);

	await provider.control('settle', { all: true });
	await provider.control('clock', { offset_s: 32 * 24 * 3600 });
	const { paid } = await provider.control('renew', { due: true });
	const books = await provider.control('ledger');
	assert.equal(books.totals.eur.payments, 2 * HALF + paid);
	assert.equal(books.payments.length, 2 * HALF + paid);
	assert.equal(Object.values(books.references).every((ids) => ids.length === 1), true);
	assert.equal(books.balance.eur.amount, books.totals.eur.paid);

	await provider.stop('SIGKILL');
	const began = Date.now();
	provider = await Provider.start({ args: ['--ledger', ledger] });
	t.diagnostic(`read again in ${Date.now() - began} ms`);
	const again = await provider.control('ledger');
	assert.deepEqual([again.totals, again.counts], [books.totals, books.counts]);
	assert.deepEqual(again.balance, books.balance);
});
