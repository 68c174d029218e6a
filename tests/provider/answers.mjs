// answers.mjs: sends an answer as it is, or spoiled the way a fault asks for.
import { gzipSync } from 'node:zlib';

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

export const STATUS_BODY = {
	401: { type: 'invalid_request_error', message: 'Invalid API Key provided: sk_test_****' },
	403: { type: 'invalid_request_error', code: 'secret_key_required',
		message: 'The provided key does not have the required permissions for this endpoint.' },
	409: { type: 'invalid_request_error', code: 'idempotency_key_in_use',
		message: 'There is currently another in-progress request using this idempotency key.' },
	429: { type: 'rate_limit_error', code: 'rate_limit', message: 'Request rate limit exceeded.' },
	500: { type: 'api_error', message: 'An unknown error occurred.' },
};

// faultAnswer: the answer that a status fault gives instead of the endpoint's.
export function faultAnswer(step)
{
	const error = { ...(STATUS_BODY[step.status]
		?? { type: 'api_error', message: 'Something went wrong on our side.' }) };
	if (step.code)
		error.code = step.code;
	if (step.type)
		error.type = step.type;
	const headers = { ...step.headers };
	if (step.retry_after !== undefined)
		headers['Retry-After'] = String(step.retry_after);
	if (step.should_retry !== undefined)
		headers['Stripe-Should-Retry'] = String(step.should_retry);
	if (step.status === 429 && !step.code)
		headers['Stripe-Rate-Limited-Reason'] = step.reason ?? 'global-rate';
	return { status: step.status, headers, body: step.body ?? JSON.stringify({ error }, null, 2) };
}

function head(answer, extra)
{
	const headers = { 'Content-Type': 'application/json',
		'Content-Length': Buffer.byteLength(answer.body), ...answer.headers, ...extra,
		Connection: 'close' };
	return `HTTP/1.1 ${answer.status} Answer\r\n${Object.entries(headers)
		.filter(([, value]) => value !== undefined)
		.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
}

const raw = (socket, answer, extra, body = answer.body) =>
	new Promise((done) => { socket.end(head(answer, extra) + body, done); });

async function trickle(socket, answer, rate)
{
	const bytes = Buffer.from(head(answer) + answer.body);
	const slice = Math.max(1, Math.round(rate / 10));
	for (let at = 0; at < bytes.length && !socket.destroyed; at += slice) {
		socket.write(bytes.subarray(at, at + slice));
		await sleep(1000 * Math.min(1, slice / rate));
	}
	socket.end();
}

async function flood(socket, answer, count)
{
	socket.write(head(answer).slice(0, -2));
	for (let i = 0; i < count && !socket.destroyed; i++)
		if (!socket.write(`X-Endless-${i}: ${'x'.repeat(200)}\r\n`))
			await Promise.race([sleep(1000), new Promise((go) => { socket.once('drain', go); })]);
	socket.end(`\r\n${answer.body}`);
}

async function huge(socket, answer, size)
{
	const open = '{"object":"checkout.session","padding":"';
	socket.write(head(answer, { 'Content-Length': size }) + open);
	const piece = 'x'.repeat(64 * 1024);
	for (let left = size - open.length - 2; left > 0 && !socket.destroyed; left -= piece.length)
		if (!socket.write(piece.slice(0, left)))
			await Promise.race([sleep(1000), new Promise((go) => { socket.once('drain', go); })]);
	socket.end('"}');
}

const reset = (socket) => {
	socket.resetAndDestroy();
};

const SPOIL = {
	'drop-before': reset,
	'drop-after-request': reset,
	reset: (socket, a) => new Promise((done) => {
		socket.write(head(a), () => {
			reset(socket);
			done();
		});
	}),
	half: (socket, a, step) => new Promise((done) => {
		const n = step.bytes ?? Math.floor(a.body.length / 2);
		socket.write(head(a) + Buffer.from(a.body).subarray(0, n).toString('latin1'), 'latin1', () => {
			socket.destroy();
			done();
		});
	}),
	'wrong-length': (socket, a, step) => raw(socket, a,
		{ 'Content-Length': Math.max(0, Buffer.byteLength(a.body) + (step.by ?? 100)) }),
	trickle: (socket, a, step) => trickle(socket, a, step.rate ?? 100),
	status: (socket, a, step) => raw(socket, faultAnswer(step)),
	html: (socket, a) => raw(socket, { ...a, status: 200, headers: { ...a.headers,
		'Content-Type': 'text/html' }, body: '<!doctype html><title>Welcome</title><p>Hello.\n' }),
	'empty-json': (socket, a) => raw(socket, { ...a, status: 200, body: '{}' }),
	'bad-json': (socket, a) => raw(socket, { ...a, body: `${a.body.slice(0, -2)},,` }),
	'bad-chunk': (socket, a) => raw(socket, a,
		{ 'Content-Length': undefined, 'Transfer-Encoding': 'chunked' }, `zz\r\n${a.body}\r\n`),
	'gzip-bomb': (socket, a, step) => {
		const bomb = gzipSync(Buffer.alloc(step.bytes ?? 50 * 1024 * 1024, 0x20));
		socket.write(head(a, { 'Content-Encoding': 'gzip', 'Content-Length': bomb.length }));
		socket.end(bomb);
	},
	'huge-body': (socket, a, step) => huge(socket, a, step.bytes ?? 5 * 1024 * 1024),
	'endless-headers': (socket, a, step) => flood(socket, a, Math.min(step.count ?? 20000, 100000)),
	redirect: (socket, a, step) => raw(socket, { status: 302, body: '',
		headers: { Location: step.to ?? 'http://127.0.0.2:9/elsewhere' } }),
};

export async function spoil(res, answer, step)
{
	const { socket } = res;
	if (!socket || socket.destroyed)
		return;
	socket.on('error', () => {});
	res.detachSocket(socket);
	await SPOIL[step.do](socket, answer, step);
}

export function send(res, { status, headers, body, type = 'application/json' })
{
	if (res.destroyed || res.writableEnded)
		return;
	res.writeHead(status, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body),
		'Cache-Control': 'no-cache, no-store', ...headers });
	res.end(body);
}
