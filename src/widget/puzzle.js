// puzzle.js: fetched only when the server asks for it: finds a number with which SHA-256 of "ticket:number" begins with
// so many zero bits. It works in slices, so that the page stays alive; crypto.subtle would take longer to be asked.

const SLICE_MS = 12;

// The round constants and the first state are the first bits of the roots of primes.
const primes = [];

for (let n = 2; primes.length < 64; n++)
	if (primes.every((p) => n % p))
		primes.push(n);
const frac = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
const K = Int32Array.from(primes, (p) => frac(Math.cbrt(p)));
const START = Int32Array.from(primes.slice(0, 8), (p) => frac(Math.sqrt(p)));
const W = new Int32Array(64);

const turn = (x, n) => (x >>> n) | (x << (32 - n));

// block: one round of 64 bytes at `at`; gives the state after.
function block(state, bytes, at) {
	for (let i = 0; i < 16; i++, at += 4)
		W[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
	for (let i = 16; i < 64; i++) {
		const a = W[i - 15], b = W[i - 2];

		W[i] = W[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ (a >>> 3)) + W[i - 7] + (turn(b, 17) ^ turn(b, 19) ^ (b >>> 10));
	}
	let [a, b, c, d, e, f, g, h] = state;

	for (let i = 0; i < 64; i++) {
		const x = (h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + ((e & f) ^ (~e & g)) + K[i] + W[i]) | 0;
		const y = ((turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + ((a & b) ^ (a & c) ^ (b & c))) | 0;

		h = g, g = f, f = e, e = (d + x) | 0, d = c, c = b, b = a, a = (x + y) | 0;
	}
	return Int32Array.of(a + state[0], b + state[1], c + state[2], d + state[3], e + state[4], f + state[5], g + state[6], h + state[7]);
}

// solve: the number as text.
export async function solve(ticket, bits) {
	const head = new TextEncoder().encode(`${ticket}:`);
	const whole = head.length & ~63;	// blocks that are the same for every number
	let mid = START;

	for (let at = 0; at < whole; at += 64)
		mid = block(mid, head, at);
	const rest = head.subarray(whole);
	const bytes = new Uint8Array(128);

	for (let n = 0, until = performance.now() + SLICE_MS; ; n++) {
		const digits = String(n);
		let at = rest.length;

		bytes.fill(0);
		bytes.set(rest);
		for (let i = 0; i < digits.length; i++)
			bytes[at++] = digits.charCodeAt(i);
		bytes[at] = 0x80;
		const size = at < 56 ? 64 : 128;
		const length = (whole + at) * 8;

		bytes[size - 2] = length >> 8;
		bytes[size - 1] = length;
		let state = block(mid, bytes, 0);

		if (size === 128)
			state = block(state, bytes, 64);
		if (Math.clz32(state[0]) >= bits)
			return digits;
		if (!(n & 255) && performance.now() > until) {
			await new Promise((done) => setTimeout(done));
			until = performance.now() + SLICE_MS;
		}
	}
}
