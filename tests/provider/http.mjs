// http.mjs: the server: reads a request, finds who answers it, keeps the record of API requests.
import http from 'node:http';
import https from 'node:https';
import { errorAnswer, authorize, perform, readParams } from './api.mjs';
import { faultAnswer, send, spoil } from './answers.mjs';
import { control } from './control.mjs';
import { ApiError } from './errors.mjs';
import { makeId } from './ids.mjs';
import { control as mollieControl, page as molliePage } from './mollie_pages.mjs';
import { pages } from './pages.mjs';

const BODY_MAX = 1024 * 1024;
const KEPT_HEADERS = ['authorization', 'content-type', 'stripe-version', 'idempotency-key', 'accept',
	'user-agent', 'host', 'content-length', 'transfer-encoding', 'expect'];

const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

// Bodies are kept one character a byte, so that the record shows what came over the wire.
async function readBody(req)
{
	const parts = [];
	let size = 0;
	for await (const part of req) {
		size += part.length;
		if (size > BODY_MAX)
			throw new ApiError(413, 'invalid_request_error', 'The request body is too large.');
		parts.push(part);
	}
	return Buffer.concat(parts).toString('latin1');
}

function note(world, call)
{
	const headers = Object.fromEntries(KEPT_HEADERS.filter((h) => call.headers[h] !== undefined)
		.map((h) => [h, call.headers[h]]));
	if (headers.authorization)
		headers.authorization = headers.authorization.replace(/ .*/, ' ***');
	return world.note({ n: (world.requests.at(-1)?.n ?? 0) + 1, at: Date.now(), id: call.id,
		method: call.method, path: call.target, headers, key: call.key ?? null, body: call.raw,
		fault: null, status: null, replayed: false });
}

const headersOf = (call, replay) => ({
	'Request-Id': call.id,
	...(call.headers['stripe-version'] ? { 'Stripe-Version': call.headers['stripe-version'] } : {}),
	...(call.key ? { 'Idempotency-Key': call.key, 'Original-Request': replay?.request ?? call.id } : {}),
	...(replay ? { 'Idempotent-Replayed': 'true' } : {}),
});

// once: the call through its idempotency key, with the waits of a fault while the key is in use.
async function once(world, call, steps)
{
	const { replay, slot } = world.idempotency.begin(call);
	for (const step of steps.filter((s) => s.wait))
		await (step.do === 'delay' ? sleep(step.ms) : world.faults.hold(step.name));
	if (replay)
		return { status: replay.status, body: replay.body, replay };
	const forced = steps.find((s) => s.do === 'status');
	const store = forced && (forced.store ?? forced.status === 500);
	try {
		let answer;
		if (steps.every((s) => s.effect))
			answer = perform(world, call);
		const kept = store ? faultAnswer(forced) : answer;
		if (kept && (store || answer.kept))
			world.idempotency.keep(slot, kept.status, kept.body);
		world.commit();
		return answer ?? { status: 0, body: '{}' };
	} finally {
		world.idempotency.drop(slot);
	}
}

async function answerCall(world, call, steps)
{
	authorize(world, call.headers);
	call.params = readParams(call);
	if (steps.some((s) => s.do === 'drop-before'))
		return { status: 0, body: '' };
	if (steps.some((s) => s.do === 'dup'))
		await once(world, call, []);
	return once(world, call, steps);
}

// alter: the endpoint's answer with another url for the donor.
function alter(answer, steps)
{
	const step = steps.find((s) => s.do === 'bad-url' || s.do === 'no-url');
	if (!step || answer.status !== 200)
		return answer;
	const body = JSON.parse(answer.body);
	if (step.do === 'no-url')
		delete body.url;
	else
		body.url = step.url ?? 'javascript:alert(1)';
	return { ...answer, body: JSON.stringify(body, null, 2) };
}

async function api(world, req, res, target)
{
	const call = { id: makeId('req_', 14), method: req.method, target, headers: req.headers,
		path: target.split('?')[0], query: target.split('?').slice(1).join('?'), raw: '' };
	call.key = req.headers['idempotency-key'];
	let steps = [];
	let entry;
	let answer;
	try {
		call.raw = await readBody(req);
		entry = note(world, call);
		steps = world.faults.pick(call);
		entry.fault = steps.length ? steps.map((s) => s.do).join('+') : null;
		answer = await answerCall(world, call, steps);
	} catch (err) {
		if (!(err instanceof ApiError))
			throw err;
		answer = errorAnswer(err);
	}
	answer = alter({ ...answer, headers: headersOf(call, answer.replay) }, steps);
	for (const step of steps.filter((s) => s.do === 'delay-after'))
		await sleep(step.ms);
	const spoiling = steps.find((s) => s.spoils);
	if (entry)
		Object.assign(entry, { status: spoiling?.do === 'status' ? spoiling.status : answer.status,
			replayed: Boolean(answer.replay), answered: Date.now() });
	if (spoiling)
		await spoil(res, answer, spoiling);
	else
		send(res, answer);
}

// The other provider: the same record and the same faults, words of its own.
async function apiOfMollie(world, req, res, target)
{
	const call = { id: makeId('req_', 14), method: req.method, target, headers: req.headers, key: req.headers['idempotency-key'],
		path: target.split('?')[0], query: target.split('?').slice(1).join('?'), raw: await readBody(req) };
	await world.mollie.serve(res, call, note(world, call));
}

// A page of another site must not reach the control through a name it points at this machine.
const local = (host) => /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? '');

async function serve(world, req, res)
{
	const target = req.url;
	if (target.startsWith('/v1/'))
		await api(world, req, res, target);
	else if (world.mollie && target.startsWith('/v2/'))
		await apiOfMollie(world, req, res, target);
	else if (world.mollie && target.startsWith('/m/pay/'))
		molliePage(world, req, res, await readBody(req));
	else if (world.mollie && target.split('?')[0] === '/_/mollie' && local(req.headers.host))
		mollieControl(world, req, res, await readBody(req));
	else if (target.startsWith('/_/') && local(req.headers.host))
		await control(world, req, res, await readBody(req));
	else
		await pages(world, req, res, await readBody(req));
}

// tls: {key, cert} as PEM; nothing: plain http.
export function createServer(world, tls)
{
	const create = tls ? https.createServer : http.createServer;
	const server = create({ keepAliveTimeout: 75000, ...tls }, (req, res) => {
		serve(world, req, res).catch((err) => {
			process.stderr.write(`provider: ${req.method} ${req.url}: ${err.stack}\n`);
			send(res, { status: 500, body: '{"error":{"type":"api_error","message":"bug"}}' });
		});
	});
	server.on('clientError', (err, socket) => socket.destroy());
	server.on('tlsClientError', (err) => {
		world.tlsRefusals++;
		world.tlsReason = err.code ?? err.message;
	});
	return server;
}
