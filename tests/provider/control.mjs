// control.mjs: /_/: what only a test may do: look at the books, script faults, move the clock,
// steer webhooks, and let happen what the provider's own people or banks would do.
import { account } from './account.mjs';
import { ACTS } from './acts.mjs';
import { send } from './answers.mjs';
import { Stuck } from './checkout.mjs';
import { ApiError } from './errors.mjs';
import { expireSession } from './sessions.mjs';

class Refused extends Error {}

function need(world, id, kind)
{
	const record = world.ledger.get(id, kind);
	if (!record)
		throw new Refused(`no such object: ${id}`);
	return record;
}

function requests(world, query)
{
	const path = query.get('path') && new RegExp(query.get('path'));
	const since = Number(query.get('since') ?? 0);
	const method = query.get('method');
	return { requests: world.requests.filter((r) => r.n > since && (!path || path.test(r.path))
		&& (!method || r.method === method)) };
}

function events(world, query)
{
	const type = query.get('type');
	const object = query.get('object');
	return { events: world.ledger.all('event').filter(({ obj }) => (!type || obj.type === type)
		&& (!object || obj.data.object.id === object))
		.map(({ obj, priv }) => ({ ...obj, deliveries: priv.state })) };
}

async function webhooks(world, query, body)
{
	const hooks = world.webhooks;
	if (body.resend) {
		const sent = await hooks.resend(body.resend, body.times ?? 1);
		if (!sent)
			throw new Refused(`no such event: ${body.resend}`);
		return { sent };
	}
	if (body.secrets)
		for (const endpoint of hooks.endpoints)
			if (!body.url || endpoint.url === body.url)
				endpoint.secrets = body.secrets;
	if ('events' in body)
		for (const endpoint of hooks.endpoints)
			if (!body.url || endpoint.url === body.url)
				endpoint.events = body.events || undefined;
	if (body.retries)
		hooks.retries = body.retries;
	for (const name of ['paused', 'drop', 'duplicate', 'shuffle', 'delay_ms'])
		if (name in body)
			hooks.mode[name] = body[name] || undefined;
	if (body.discard || !hooks.mode.paused)
		hooks.unpause(Boolean(body.discard));
	return { mode: hooks.mode, held: hooks.held.length };
}

function clock(world, query, body)
{
	if ('offset_s' in body)
		world.offset = Number(body.offset_s);
	if ('now' in body)
		world.offset = Number(body.now) - Math.floor(Date.now() / 1000);
	if ('signature_offset_s' in body)
		world.signatureOffset = Number(body.signature_offset_s);
	world.sweep();
	return { now: world.now(), offset_s: world.offset, signature_offset_s: world.signatureOffset };
}

// shape: {shape: "2023"} shows events and answers as an older API version would, all of them or those
// whose type or path a regular expression matches; any other shape ends that.
function shape(world, query, body)
{
	const every = !('events' in body) && !('fetches' in body);
	const pattern = (text) => (every ? /^/ : text === undefined ? undefined : new RegExp(text));
	world.shape = body.shape === '2023'
		? { events: pattern(body.events), fetches: pattern(body.fetches) } : {};
	return { shape: body.shape ?? null, events: String(world.shape.events ?? ''),
		fetches: String(world.shape.fetches ?? '') };
}

// stats: what a long run costs.
function stats(world)
{
	const { rss, heapUsed } = process.memoryUsage();
	return { rss, heap: heapUsed, objects: world.ledger.byId.size, keys: world.ledger.keys.size,
		ledger_bytes: world.ledger.size, requests: world.requests.length,
		deliveries: world.webhooks.log.length, waiting: world.webhooks.waits(),
		tls_refusals: world.tlsRefusals, tls_reason: world.tlsReason };
}

// patch: any field of any object becomes something else; with event, that is told as well.
function patch(world, query, body)
{
	const record = need(world, body.id);
	Object.assign(record.obj, body.set);
	world.ledger.touch(record);
	if (body.event)
		world.emit(body.event, record.obj);
	return record.obj;
}

function emit(world, query, body)
{
	return world.emit(body.type, body.id ? need(world, body.id).obj : body.object ?? {});
}

function barrier(world, query, body)
{
	return body.release ? { released: world.faults.open(body.name) }
		: { waiting: world.faults.waiting() };
}

const ROUTES = {
	...ACTS,
	'GET /_/stats': stats,
	'GET /_/ledger': (world) => account(world.ledger),
	'GET /_/object': (world, query) => need(world, query.get('id')).obj,
	'GET /_/requests': requests,
	'DELETE /_/requests': (world) => {
		world.requests.length = 0;
		return {};
	},
	'GET /_/events': events,
	'GET /_/deliveries': (world) => ({ deliveries: world.webhooks.log }),
	'POST /_/reset': (world) => {
		world.reset();
		return {};
	},
	'GET /_/fault': (world) => ({ rules: world.faults.list() }),
	'DELETE /_/fault': (world) => {
		world.faults.clear();
		return {};
	},
	'POST /_/fault': (world, query, body) => {
		world.faults.add(body.rules ?? body);
		return { rules: world.faults.list() };
	},
	'GET /_/barrier': barrier,
	'POST /_/barrier': barrier,
	'POST /_/webhooks': webhooks,
	'POST /_/clock': clock,
	'POST /_/expire': (world, query, body) =>
		expireSession(world, need(world, body.session, 'checkout.session')),
	'POST /_/patch': patch,
	'POST /_/event': emit,
	'POST /_/shape': shape,
};

function readJson(body)
{
	try {
		return body ? JSON.parse(Buffer.from(body, 'latin1').toString('utf8')) : {};
	} catch {
		throw new Refused('the body is not JSON');
	}
}

const known = (err) => err instanceof Refused || err instanceof ApiError || err instanceof Stuck
	|| /^(unknown fault|not a number|Invalid regular)/.test(err.message);

export async function control(world, req, res, body)
{
	const url = new URL(req.url, 'http://provider');
	const handler = ROUTES[`${req.method} ${url.pathname}`];
	const reply = (status, value) =>
		send(res, { status, body: `${JSON.stringify(value, null, 2)}\n` });
	if (!handler)
		return reply(404, { error: `no such control: ${req.method} ${url.pathname}` });
	try {
		const input = readJson(body);
		const value = await world.step(() => handler(world, url.searchParams, input));
		world.commit();
		return reply(200, value);
	} catch (err) {
		if (!known(err))
			throw err;
		return reply(err.status ?? 400, { error: err.message });
	}
}
