// mollie.mjs: Mollie's API under /v2: payments, their refunds and chargebacks, with books of their own.
// They are kept in memory: a restart forgets them. Webhooks name a payment and nothing else.
import { faultAnswer, send, spoil } from './answers.mjs';
import { makeId } from './ids.mjs';

const KEY_LIFE_S = 3600;
const PAGE_LIFE_S = 15 * 60;
const LIST_MAX = 250;
const DECIMALS = { AED: 2, AUD: 2, BRL: 2, CAD: 2, CHF: 2, CZK: 2, DKK: 2, EUR: 2, GBP: 2, HKD: 2, HUF: 2, ILS: 2, ISK: 0,
	JPY: 0, MXN: 2, MYR: 2, NOK: 2, NZD: 2, PHP: 2, PLN: 2, RON: 2, SEK: 2, SGD: 2, THB: 2, TWD: 2, USD: 2, ZAR: 2 };
const LOCALES = /^(en_US|en_GB|nl_NL|nl_BE|de_DE|de_AT|de_CH|fr_FR|fr_BE|es_ES|ca_ES|pt_PT|it_IT|nb_NO|sv_SE|fi_FI|da_DK|is_IS|hu_HU|pl_PL|lv_LV|lt_LT)$/;
const TITLES = { 400: 'Bad Request', 401: 'Unauthorized Request', 404: 'Not Found', 405: 'Method Not Allowed', 409: 'Conflict',
	413: 'Request Entity Too Large', 422: 'Unprocessable Entity' };
const sleep = (ms) => new Promise((done) => { setTimeout(done, ms); });

export class Refusal extends Error {
	constructor(status, detail, field) {
		super(detail);
		Object.assign(this, { status, field });
	}

	get body()
	{
		return JSON.stringify({ status: this.status, title: TITLES[this.status], detail: this.message,
			...(this.field ? { field: this.field } : {}),
			_links: { documentation: { href: 'https://docs.mollie.com/overview/handling-errors', type: 'text/html' } } });
	}
}

const unfit = (detail, field) => new Refusal(422, detail, field);

// minor: an amount in the currency's smallest unit; the value must have exactly its decimals.
export function minor(amount, field = 'amount')
{
	const decimals = DECIMALS[amount?.currency];
	if (decimals === undefined)
		throw unfit('The currency is not supported.', `${field}.currency`);
	if (typeof amount.value !== 'string' || !new RegExp(`^(0|[1-9]\\d{0,11})${decimals ? `\\.\\d{${decimals}}` : ''}$`).test(amount.value))
		throw unfit('The amount contains an invalid value.', `${field}.value`);
	return Number(amount.value.replace('.', ''));
}

const valued = (n, currency) => ({ value: DECIMALS[currency] ? (n / 100).toFixed(2) : String(n), currency });

export class Mollie {
	constructor(world, { key, retries })
	{
		Object.assign(this, { world, key, retries });
		this.forget();
	}

	forget()
	{
		this.payments = new Map();
		this.refunds = new Map();
		this.chargebacks = new Map();
		this.keys = new Map();
		this.running = new Set();
		this.mode = {};
		this.heard = [];
	}

	iso(offset = 0)
	{
		return new Date((this.world.now() + offset) * 1000).toISOString().replace('.000Z', '+00:00');
	}

	// --- what is shown ----------------------------------------------------------------------------

	taken(id)
	{
		const sum = (rows) => [...rows.values()].filter((r) => r.paymentId === id && !['failed', 'canceled'].includes(r.status) && !r.reversedAt)
			.reduce((n, r) => n + minor(r.amount), 0);
		return { back: sum(this.refunds), bank: sum(this.chargebacks) };
	}

	show(p, embed = '')
	{
		const { currency } = p.amount;
		const { back, bank } = this.taken(p.id);
		const of = (rows) => [...rows.values()].filter((r) => r.paymentId === p.id);
		const parts = embed.split(',').filter(Boolean);
		return { ...p, ...(p.status === 'paid' ? { amountRefunded: valued(back, currency), amountRemaining: valued(minor(p.amount) - back, currency) } : {}),
			...(bank ? { amountChargedBack: valued(bank, currency) } : {}),
			...(p.status === 'open' ? {} : { isCancelable: undefined, expiresAt: undefined }),
			_links: { self: { href: `https://api.mollie.com/v2/payments/${p.id}`, type: 'application/hal+json' },
				...(p.status === 'open' ? { checkout: { href: `${this.world.publicUrl}/m/pay/${p.id}`, type: 'text/html' } } : {}) },
			...(parts.length ? { _embedded: { ...(parts.includes('refunds') ? { refunds: of(this.refunds) } : {}),
				...(parts.includes('chargebacks') ? { chargebacks: of(this.chargebacks) } : {}) } } : {}) };
	}

	list(name, rows, query, show = (x) => x)
	{
		const all = [...rows.values()].reverse();
		const limit = Number(query.get('limit') ?? 50);
		const from = query.get('from');
		const at = from ? all.findIndex((x) => x.id === from) : 0;
		if (!(limit >= 1 && limit <= LIST_MAX))
			throw new Refusal(400, 'Invalid limit');
		if (at < 0)
			throw new Refusal(400, 'Invalid cursor value');
		const page = all.slice(at, at + limit);
		const next = all[at + limit];
		return { count: page.length, _embedded: { [name]: page.map((x) => show(x)) }, _links: { previous: null,
			next: next ? { href: `https://api.mollie.com/v2/${name}?from=${next.id}&limit=${limit}`, type: 'application/hal+json' } : null } };
	}

	// --- what is done -----------------------------------------------------------------------------

	find(id)
	{
		const p = this.payments.get(id);
		if (!p)
			throw new Refusal(404, `No payment exists with token ${id}.`);
		return p;
	}

	create(body)
	{
		const { amount, description, redirectUrl, cancelUrl, webhookUrl, metadata = null, locale, method = null, ...more } = body;
		const urls = { redirectUrl, cancelUrl, webhookUrl };
		if (Object.keys(more).length)
			throw unfit(`Non-existent body parameter "${Object.keys(more)[0]}" for this API call.`, Object.keys(more)[0]);
		if (minor(amount) < 1)
			throw unfit('The amount is lower than the minimum', 'amount');
		if (typeof description !== 'string' || !description || description.length > 255)
			throw unfit('The description is invalid', 'description');
		if (!redirectUrl)
			throw unfit('The redirect URL is invalid', 'redirectUrl');
		for (const [name, url] of Object.entries(urls))
			if (url !== undefined && !/^https?:\/\/\S+$/.test(url))
				throw unfit(`The ${name} is invalid`, name);
		if (locale !== undefined && !LOCALES.test(locale))
			throw unfit('The locale is invalid', 'locale');
		if (JSON.stringify(metadata).length > 1024)
			throw unfit('The metadata is too large', 'metadata');
		const p = { resource: 'payment', id: makeId('tr_', 10), mode: this.key.slice(0, 4), createdAt: this.iso(), amount, description, method: null,
			metadata, status: 'open', isCancelable: true, expiresAt: this.iso(PAGE_LIFE_S), profileId: 'pfl_standin', sequenceType: 'oneoff',
			...urls, ...(locale ? { locale } : {}), offered: method };
		this.payments.set(p.id, p);
		return p;
	}

	// move: a payment to its end, or on its way; tells our webhook. Only what is open or pending moves.
	move(p, status, more = {})
	{
		if (!['open', 'pending'].includes(p.status))
			return false;
		const at = { paid: 'paidAt', failed: 'failedAt', canceled: 'canceledAt', expired: 'expiredAt' }[status];
		Object.assign(p, { status, ...(at ? { [at]: this.iso() } : {}), ...more });
		if (status !== 'pending')
			this.tell(p);
		return true;
	}

	cancel(id)
	{
		const p = this.find(id);
		if (p.status !== 'open')
			throw unfit('The payment cannot be canceled');
		this.move(p, 'canceled');
		return p;
	}

	refund(id, { amount, description = '', metadata = null }, status = 'pending')
	{
		const p = this.find(id);
		const { back } = this.taken(id);
		if (p.status !== 'paid')
			throw unfit('The payment is not paid, so it cannot be refunded');
		if (amount?.currency !== p.amount.currency)
			throw unfit('The currency is not that of the payment', 'amount.currency');
		if (minor(amount) < 1 || back + minor(amount) > minor(p.amount))
			throw unfit('The specified amount cannot be refunded', 'amount');
		const r = { resource: 'refund', id: makeId('re_', 10), mode: p.mode, amount, status, createdAt: this.iso(), description, metadata, paymentId: id };
		this.refunds.set(r.id, r);
		return r;
	}

	chargeback(id, { amount } = {})
	{
		const p = this.find(id);
		const c = { resource: 'chargeback', id: makeId('chb_', 10), amount: amount ?? p.amount, createdAt: this.iso(), reason: { code: 'AC01',
			description: 'Account identifier incorrect' }, paymentId: id, reversedAt: null };
		this.chargebacks.set(c.id, c);
		this.tell(p);
		return c;
	}

	// settle: refunds that are on their way arrive, or do not.
	settle(status = 'refunded')
	{
		const moved = [...this.refunds.values()].filter((r) => r.status === 'pending');
		for (const r of moved) {
			r.status = status;
			this.tell(this.find(r.paymentId));
		}
		return moved;
	}

	// sweep: pages that nobody paid run out.
	sweep()
	{
		for (const p of this.payments.values())
			if (p.status === 'open' && Date.parse(p.expiresAt) <= this.world.now() * 1000)
				this.move(p, 'expired');
	}

	// --- webhooks ---------------------------------------------------------------------------------

	tell(p)
	{
		if (!p.webhookUrl || this.mode.drop || !/^http:\/\/(127\.\d+\.\d+\.\d+|localhost)[:/]/.test(p.webhookUrl))
			return;
		for (let i = 0; i < (this.mode.duplicate ?? 1); i++)
			this.deliver(p).catch(() => {});
	}

	async deliver(p)
	{
		for (const ms of [0, ...this.retries]) {
			await sleep(ms);
			const status = await fetch(p.webhookUrl, { method: 'POST', body: new URLSearchParams({ id: p.id }), signal: AbortSignal.timeout(15000) })
				.then((res) => res.arrayBuffer().then(() => res.status), () => 0);
			this.heard.push({ id: p.id, status });
			if (status >= 200 && status < 300)
				return;
		}
	}

	// --- one call ---------------------------------------------------------------------------------

	// act: the endpoint; {status, value}.
	act(call)
	{
		const query = new URLSearchParams(call.query);
		const [, kind, id, part] = /^\/v2\/(payments|refunds|chargebacks)(?:\/([A-Za-z0-9_]+))?(?:\/(refunds|chargebacks))?$/.exec(call.path) ?? [];
		const is = (method, ...want) => call.method === method && [kind, Boolean(id), part].every((x, i) => x === want[i]);
		this.sweep();
		if (is('POST', 'payments', false, undefined))
			return { status: 201, value: this.show(this.create(call.body)) };
		if (is('GET', 'payments', false, undefined))
			return { status: 200, value: this.list('payments', this.payments, query, (p) => this.show(p)) };
		if (is('GET', 'payments', true, undefined))
			return { status: 200, value: this.show(this.find(id), query.get('embed') ?? '') };
		if (is('DELETE', 'payments', true, undefined))
			return { status: 200, value: this.show(this.cancel(id)) };
		if (is('POST', 'payments', true, 'refunds'))
			return { status: 201, value: this.refund(id, call.body) };
		if (is('GET', 'refunds', false, undefined) || is('GET', 'chargebacks', false, undefined))
			return { status: 200, value: this.list(kind, this[kind], query) };
		throw new Refusal(404, 'The resource you requested does not exist.');
	}

	read(call)
	{
		if (call.headers.authorization !== `Bearer ${this.key}`)
			throw new Refusal(401, 'Missing authentication, or failed to authenticate');
		if (call.method !== 'POST' || !call.raw)
			return {};
		if (!/^application\/json\b/.test(call.headers['content-type'] ?? ''))
			throw new Refusal(400, 'The Content-Type must be application/json');
		try {
			return JSON.parse(Buffer.from(call.raw, 'latin1').toString('utf8'));
		} catch {
			throw new Refusal(400, 'The request body is not JSON');
		}
	}

	// once: through the key, with the waits of a fault while it is in use.
	async once(call, steps)
	{
		const key = call.method === 'POST' && call.key;
		const kept = key && this.keys.get(key);
		if (kept && this.world.now() - kept.at <= KEY_LIFE_S) {
			if (kept.raw !== call.raw || kept.path !== call.path)
				throw unfit('The idempotency key was used with another request', 'Idempotency-Key');
			return { status: kept.status, body: kept.body, replayed: true };
		}
		if (key && this.running.has(key))
			throw new Refusal(409, 'A request with this idempotency key is running');
		if (key)
			this.running.add(key);
		try {
			for (const step of steps.filter((s) => s.wait))
				await (step.do === 'delay' ? sleep(step.ms) : this.world.faults.hold(step.name));
			if (!steps.every((s) => s.effect))
				return { status: 0, body: '{}' };
			const { status, value } = this.act(call);
			const answer = { status, body: JSON.stringify(value) };
			if (key)
				this.keys.set(key, { ...answer, at: this.world.now(), raw: call.raw, path: call.path });
			return answer;
		} finally {
			this.running.delete(key);
		}
	}

	async answer(call, steps)
	{
		try {
			call.body = this.read(call);
			if (steps.some((s) => s.do === 'drop-before'))
				return { status: 0, body: '' };
			return await this.once(call, steps);
		} catch (err) {
			if (!(err instanceof Refusal))
				throw err;
			return { status: err.status, body: err.body };
		}
	}

	// serve: an API request that was read and noted (entry) already.
	async serve(res, call, entry)
	{
		const steps = this.world.faults.pick(call);
		const answer = await this.answer(call, steps);
		const url = steps.find((s) => s.do === 'bad-url' || s.do === 'no-url');
		if (url && answer.status === 201) {
			const body = JSON.parse(answer.body);
			body._links.checkout = url.do === 'no-url' ? undefined : { href: url.url ?? 'javascript:alert(1)', type: 'text/html' };
			answer.body = JSON.stringify(body);
		}
		for (const step of steps.filter((s) => s.do === 'delay-after'))
			await sleep(step.ms);
		const spoiling = steps.find((s) => s.spoils);
		Object.assign(entry, { fault: steps.length ? steps.map((s) => s.do).join('+') : null, replayed: Boolean(answer.replayed),
			status: spoiling?.do === 'status' ? spoiling.status : answer.status, answered: Date.now() });
		if (spoiling?.do === 'status')
			send(res, { type: 'application/hal+json', ...faultAnswer(spoiling), body: spoiling.body ?? JSON.stringify({ status: spoiling.status,
				title: TITLES[spoiling.status] ?? 'Error', detail: 'A fault' }) });
		else if (spoiling)
			await spoil(res, answer, spoiling);
		else
			send(res, { ...answer, type: 'application/hal+json' });
	}

	// account: the books for a test to compare with; amounts as the API writes them, sums in minor units.
	account()
	{
		const payments = [...this.payments.values()];
		const totals = {};
		for (const p of payments.filter((x) => x.status === 'paid')) {
			const sum = totals[p.amount.currency] ??= { payments: 0, paid: 0, refunded: 0, charged_back: 0 };
			sum.payments++;
			sum.paid += minor(p.amount);
			sum.charged_back += this.taken(p.id).bank;
		}
		for (const r of this.refunds.values())
			if (r.status === 'refunded')
				totals[r.amount.currency].refunded += minor(r.amount);
		return { payments, refunds: [...this.refunds.values()], chargebacks: [...this.chargebacks.values()], totals, heard: this.heard };
	}
}
