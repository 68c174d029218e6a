// ids.mjs: object ids in the provider's fashion.
import { randomFillSync } from 'node:crypto';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

// One draw serves many ids.
const pool = Buffer.alloc(8192);
let used = pool.length;

export function makeId(prefix, length = 24)
{
	if (used + length > pool.length) {
		randomFillSync(pool);
		used = 0;
	}
	let tail = '';
	for (const end = used + length; used < end; used++)
		tail += LETTERS[pool[used] % LETTERS.length];
	return prefix + tail;
}
