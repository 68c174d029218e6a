// webhooks.mjs: events and their signed delivery.
//
// Events are sent in the order they were made, each on its own: a slow or failing one holds up no
// other. Every try is signed afresh over the same bytes.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import { bad } from './errors.mjs';
import { getter, lister } from './lists.mjs';
import { bool, list, str } from './params.mjs';

const PARALLEL = 32;
const TIMEOUT_MS = 20000;
const LOG_MAX = 50000;

export function sign(secrets, t, body)
{
	const parts = secrets.map((secret) =>
		`v1=${createHmac('sha256', secret).update(`${t}.`).update(body).digest('hex')}`);
	return [`t=${t}`, ...parts].join(',');
}

// post: one try; resolves to {status} or {error}, never rejects.
function post(target, body, signature)
{
	return new Promise((resolve) => {
		const req = http.request(target, {
			method: 'POST', agent: false, timeout: TIMEOUT_MS,
			headers: {
				'Content-Type': 'application/json; charset=utf-8',
				'Content-Length': Buffer.byteLength(body),
				'Cache-Control': 'no-cache', Accept: '*/*; q=0.5, application/xml',
				'User-Agent': 'Stripe/1.0 (test provider)', 'Stripe-Signature': signature,
			},
		}, (res) => {
			res.resume();
			res.on('close', () => resolve({ status: res.statusCode }));
		});
		req.on('timeout', () => req.destroy(new Error('timeout')));
		req.on('error', (err) => resolve({ error: err.code ?? err.message }));
		req.end(body);
	});
}

export class Webhooks {
	constructor(world, { endpoints, retries })
	{
		this.world = world;
		this.endpoints = endpoints;
		this.retries = retries;
		this.fresh = [];
		this.busy = 0;
		this.line = [];
		this.waiting = new Map();
		this.reset();
	}

	reset()
	{
		this.mode = {};
		this.held = [];
		this.log = [];
		this.fresh.length = 0;
		this.line = [];
		this.front = 0;
		this.generation = (this.generation ?? 0) + 1;
	}

	// queue: an event of the running step; it leaves with kick(), after the step is on record.
	queue(event)
	{
		const told = this.endpoints.filter((e) => this.hears(e, event.type));
		event.pending_webhooks = told.length;
		const record = this.world.ledger.add(event, {
			state: Object.fromEntries(told.map((e) => [e.url, 'pending'])),
		});
		this.fresh.push(record);
		return record.obj;
	}

	// hears: an endpoint is told of the types it was made for; of all, unless it says.
	hears({ events }, type)
	{
		return !events || events.includes(type);
	}

	kick()
	{
		for (const record of this.fresh.splice(0))
			if (this.mode.paused)
				this.held.push(record);
			else
				this.release(record);
	}

	// resume: what was still under way when the provider was stopped.
	resume()
	{
		for (const record of this.world.ledger.all('event'))
			if (Object.values(record.priv.state).includes('pending'))
				this.release(record);
	}

	unpause(discard)
	{
		for (const record of this.held.splice(0))
			if (discard)
				this.settle(record, 'dropped');
			else
				this.release(record);
	}

	matches(pattern, record)
	{
		return pattern === true || new RegExp(pattern).test(record.obj.type);
	}

	release(record)
	{
		const { drop, duplicate = 1, shuffle, delay_ms: delay = 0 } = this.mode;
		if (drop && this.matches(drop, record)) {
			this.settle(record, 'dropped');
			return;
		}
		const wait = delay + (shuffle ? Math.random() * (shuffle === true ? 300 : shuffle) : 0);
		for (const endpoint of this.endpoints.filter((e) => e.url in record.priv.state))
			for (let i = 0; i < duplicate; i++)
				this.later(wait, () => this.enqueue(record, endpoint, 0));
	}

	later(ms, work)
	{
		const { generation } = this;
		const run = () => generation === this.generation && work();
		if (ms > 0)
			setTimeout(run, ms);
		else
			run();
	}

	enqueue(record, endpoint, tries)
	{
		this.line.push(() => this.attempt(record, endpoint, tries));
		this.pump();
	}

	pump()
	{
		while (this.busy < PARALLEL && this.front < this.line.length) {
			this.busy++;
			this.line[this.front++]().finally(() => {
				this.busy--;
				this.pump();
			});
		}
		// a queue whose served part is cut off now and then costs the same however long it is
		if (this.front > 1000) {
			this.line = this.line.slice(this.front);
			this.front = 0;
		}
	}

	// waits: tries that are not yet on their way.
	waits()
	{
		return this.line.length - this.front + this.held.length;
	}

	// body: the same bytes at every try.
	body(record)
	{
		record.body ??= JSON.stringify({ ...record.obj,
			pending_webhooks: Object.keys(record.priv.state).length }, null, 2);
		return record.body;
	}

	async send(record, endpoint, tries)
	{
		const body = this.body(record);
		const t = Math.floor(Date.now() / 1000) + this.world.signatureOffset;
		const started = Date.now();
		const result = await post(endpoint.url, body, sign(endpoint.secrets, t, body));
		this.log.push({ event: record.obj.id, type: record.obj.type, object:
			record.obj.data.object.id, url: endpoint.url, try: tries, at: started,
		ms: Date.now() - started, ...result });
		if (this.log.length > 1.2 * LOG_MAX)
			this.log.splice(0, this.log.length - LOG_MAX);
		return result;
	}

	async attempt(record, endpoint, tries)
	{
		const { generation } = this;
		const { status } = await this.send(record, endpoint, tries);
		if (generation !== this.generation)
			return;
		if (status >= 200 && status < 300)
			this.settle(record, 'ok', endpoint);
		else if (tries < this.retries.length)
			this.later(this.retries[tries], () => this.enqueue(record, endpoint, tries + 1));
		else if (record.priv.state[endpoint.url] === 'pending')
			this.settle(record, 'failed', endpoint);
	}

	settle(record, verdict, endpoint)
	{
		const { state } = record.priv;
		for (const url of endpoint ? [endpoint.url] : Object.keys(state))
			state[url] = verdict;
		record.obj.pending_webhooks = Object.values(state).filter((s) => s !== 'ok').length;
		this.world.ledger.delivered(record);
		this.world.ledger.commit();
		if (!Object.values(state).includes('pending'))
			delete record.body;
		if (!record.obj.pending_webhooks) {
			for (const wake of this.waiting.get(record.obj.id) ?? [])
				wake();
			this.waiting.delete(record.obj.id);
		}
	}

	// heard: true when every endpoint took the event within ms.
	heard(event, ms)
	{
		if (!event.pending_webhooks)
			return Promise.resolve(true);
		return new Promise((resolve) => {
			const timer = setTimeout(() => resolve(false), ms);
			const wakes = this.waiting.get(event.id) ?? [];
			wakes.push(() => {
				clearTimeout(timer);
				resolve(true);
			});
			this.waiting.set(event.id, wakes);
		});
	}

	// resend: n deliveries at once, no retries; the answers.
	async resend(id, times)
	{
		const record = this.world.ledger.get(id, 'event');
		if (!record)
			return null;
		const sent = this.endpoints.flatMap((endpoint) => Array.from({ length: times }, async () => {
			const result = await this.send(record, endpoint, 0);
			if (result.status >= 200 && result.status < 300)
				this.settle(record, 'ok', endpoint);
			return result;
		}));
		return Promise.all(sent);
	}
}

const LISTED_S = 30 * 24 * 3600;
const delivered = (record) => Object.values(record.priv.state).every((s) => s === 'ok');

// A type may stand for a group: charge.dispute.*
const named = (name, type) => (name.endsWith('*') ? type.startsWith(name.slice(0, -1)) : name === type);

export const getEvent = getter('event');
// Events are kept for 30 days.
const events = lister('event', '/v1/events', {
	type: [str(), (o, v) => named(v, o.type)],
	types: [list(str(), 20), (o, v) => v.some((name) => named(name, o.type))],
	delivery_success: [bool, (o, v, record) => delivered(record) === v],
}, { always: ({ obj: o }, p, world) => o.created > world.now() - LISTED_S });

export function listEvents(world, call)
{
	if (call.params.type !== undefined && call.params.types !== undefined)
		throw bad('You may only specify one of these parameters: type, types.');
	return events(world, call);
}
