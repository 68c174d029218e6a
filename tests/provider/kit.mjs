// kit.mjs: for tests: starts a provider as its own process, talks to its control, hears webhooks.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('./main.mjs', import.meta.url));

export const scratch = (t) => {
	const dir = mkdtempSync(join(tmpdir(), 'provider-'));
	t.after(() => rmSync(dir, { recursive: true, force: true }));
	return dir;
};

function ready(child)
{
	return new Promise((resolve, reject) => {
		let text = '';
		child.stdout.on('data', (part) => {
			text += part;
			const found = /^provider ready (\S+)\n/.exec(text);
			if (found)
				resolve(found[1]);
		});
		child.on('exit', (code) => reject(new Error(`the provider ended with ${code}`)));
	});
}

export class Provider {
	// start: sinks are the webhook listeners, each with its secret.
	static async start({ key = 'sk_test_kit', sinks = [], args = [] } = {})
	{
		const self = new Provider();
		self.key = key;
		self.child = spawn(process.execPath, [MAIN, '--key', key, ...args,
			...sinks.flatMap((s) => ['--webhook-url', s.url, '--webhook-secret', s.secret])],
		{ stdio: ['ignore', 'pipe', 'inherit'] });
		self.url = await ready(self.child);
		return self;
	}

	stop(signal = 'SIGTERM')
	{
		return new Promise((resolve) => {
			this.child.removeAllListeners('exit');
			this.child.on('exit', resolve);
			if (this.child.exitCode === null && this.child.signalCode === null)
				this.child.kill(signal);
			else
				resolve(this.child.exitCode);
		});
	}

	// send: one request, whatever the certificate; {status, headers, text, json}.
	send(method, path, { body, headers = {}, agent = false } = {})
	{
		const { request } = this.url.startsWith('https:') ? https : http;
		const length = body === undefined ? {} : { 'Content-Length': Buffer.byteLength(body) };
		return new Promise((resolve, reject) => {
			const req = request(this.url + path, { method, agent, rejectUnauthorized: false,
				headers: { ...length, ...headers } }, (res) => {
				let text = '';
				res.setEncoding('utf8').on('data', (part) => { text += part; });
				res.on('error', reject);
				res.on('end', () => resolve({ status: res.statusCode, headers: res.headers, text,
					get json() { return JSON.parse(text); } }));
			});
			req.on('error', reject);
			req.end(body);
		});
	}

	// control: GET when there is no body.
	async control(path, body, method = body === undefined ? 'GET' : 'POST')
	{
		const res = await this.send(method, `/_/${path}`,
			{ body: body === undefined ? undefined : JSON.stringify(body) });
		if (res.status !== 200)
			throw new Error(`${method} ${path}: ${res.json.error}`);
		return res.json;
	}

	fault(...rules)
	{
		return this.control('fault', rules);
	}

	// call: one raw API request; form is the text of the body. Lower-case headers come back.
	call(method, path, { form, headers = {}, agent } = {})
	{
		return this.send(method, path, { body: form, agent, headers: {
			Authorization: `Bearer ${this.key}`,
			'Content-Type': 'application/x-www-form-urlencoded', ...headers,
		} });
	}

	// get: what a fetch shows.
	async get(path)
	{
		const { status, json } = await this.call('GET', path);
		if (status !== 200)
			throw new Error(`GET ${path}: ${status} ${json.error.message}`);
		return json;
	}

	// press: a button of the hosted page.
	press(session, verb, form = '')
	{
		return this.call('POST', `/c/pay/${session}/${verb}`, { form });
	}
}

// Sink: hears webhooks. answer(event, n) gives the status for the n-th request, 200 unless set.
export class Sink {
	static async open({ secret = 'whsec_kit', answer = () => 200 } = {})
	{
		const self = new Sink();
		Object.assign(self, { secret, answer, heard: [], wakes: [] });
		self.server = http.createServer((req, res) => {
			let body = '';
			req.setEncoding('utf8').on('data', (part) => { body += part; });
			req.on('end', () => self.take(req, res, body));
		});
		await new Promise((done) => { self.server.listen(0, '127.0.0.1', done); });
		self.url = `http://127.0.0.1:${self.server.address().port}/webhook`;
		return self;
	}

	take(req, res, body)
	{
		const event = JSON.parse(body);
		const status = this.answer(event, this.heard.length + 1);
		this.heard.push({ event, body, signature: req.headers['stripe-signature'], status });
		res.writeHead(status);
		res.end();
		for (const wake of this.wakes)
			wake();
	}

	types()
	{
		return this.heard.map((h) => h.event.type);
	}

	// until: waits until enough() holds; a test's own time limit ends a wait in vain.
	async until(enough)
	{
		while (!enough())
			await new Promise((wake) => { this.wakes.push(wake); });
	}

	close()
	{
		this.server.closeAllConnections();
		return new Promise((done) => { this.server.close(done); });
	}
}

// donation: the form of a one-off checkout, as pledged sends it; changes replace or add fields.
export function donation(changes = {})
{
	const fields = {
		mode: 'payment', submit_type: 'donate', client_reference_id: 'pl_01',
		'line_items[0][price_data][currency]': 'eur', 'line_items[0][price_data][unit_amount]': '2500',
		'line_items[0][price_data][product_data][name]': 'Support us',
		'line_items[0][quantity]': '1', 'metadata[pledge]': 'pl_01',
		'payment_intent_data[metadata][pledge]': 'pl_01',
		success_url: 'http://127.0.0.1:8080/pledge/tok?sid={CHECKOUT_SESSION_ID}',
		cancel_url: 'http://127.0.0.1:8080/cancelled', ...changes,
	};
	return encode(fields);
}

export function monthly(changes = {})
{
	return donation({ mode: 'subscription', submit_type: undefined,
		'payment_intent_data[metadata][pledge]': undefined,
		'line_items[0][price_data][recurring][interval]': 'month',
		'subscription_data[metadata][pledge]': 'pl_01', ...changes });
}

export const encode = (fields) => Object.entries(fields).filter(([, v]) => v !== undefined)
	.map(([k, v]) => `${k}=${encodeURIComponent(v)}`).join('&');
