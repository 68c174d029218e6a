// ids.mjs: object ids in the provider's fashion.
import { randomBytes } from 'node:crypto';

const LETTERS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

export function makeId(prefix, length = 24)
{
	let tail = '';
	for (const byte of randomBytes(length))
		tail += LETTERS[byte % LETTERS.length];
	return prefix + tail;
}
