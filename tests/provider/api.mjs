// api.mjs: the routes of the API, and one call from authorization to answer.
import * as balance from './balance.mjs';
import { getMethod } from './cards.mjs';
import * as disputes from './disputes.mjs';
import { ApiError, bad, unauthorized, unrouted } from './errors.mjs';
import { decodeForm } from './form.mjs';
import { expand } from './lists.mjs';
import * as payments from './payments.mjs';
import * as recurring from './recurring.mjs';
import * as refunds from './refunds.mjs';
import * as sessions from './sessions.mjs';
import { OLD, older } from './shapes_2023.mjs';
import { getEvent, listEvents } from './webhooks.mjs';

const ROUTES = [
	['POST', '/v1/checkout/sessions', sessions.create],
	['GET', '/v1/checkout/sessions', sessions.index],
	['GET', '/v1/checkout/sessions/:id', sessions.get],
	['POST', '/v1/checkout/sessions/:id/expire', sessions.expire],
	['GET', '/v1/checkout/sessions/:id/line_items', sessions.lineItems],
	['GET', '/v1/payment_intents', payments.listIntents],
	['GET', '/v1/payment_intents/:id', payments.getIntent],
	['GET', '/v1/charges', payments.listCharges],
	['GET', '/v1/charges/:id', payments.getCharge],
	['GET', '/v1/customers', payments.listCustomers],
	['GET', '/v1/customers/:id', payments.getCustomer],
	['POST', '/v1/refunds', refunds.create],
	['GET', '/v1/refunds', refunds.index],
	['GET', '/v1/refunds/:id', refunds.get],
	['POST', '/v1/refunds/:id', refunds.update],
	['GET', '/v1/disputes', disputes.listDisputes],
	['GET', '/v1/disputes/:id', disputes.getDispute],
	['GET', '/v1/radar/early_fraud_warnings', disputes.listWarnings],
	['GET', '/v1/radar/early_fraud_warnings/:id', disputes.getWarning],
	['GET', '/v1/balance_transactions', balance.index],
	['GET', '/v1/balance_transactions/:id', balance.get],
	['GET', '/v1/payment_methods/:id', getMethod],
	['GET', '/v1/subscriptions', recurring.index],
	['GET', '/v1/subscriptions/:id', recurring.get],
	['POST', '/v1/subscriptions/:id', recurring.update],
	['DELETE', '/v1/subscriptions/:id', recurring.cancel],
	['GET', '/v1/invoices', recurring.listInvoices],
	['GET', '/v1/invoices/:id', recurring.getInvoice],
	['GET', '/v1/invoice_payments', recurring.listInvoicePayments],
	['GET', '/v1/invoice_payments/:id', recurring.getInvoicePayment],
	['POST', '/v1/billing_portal/sessions', recurring.portal],
	['GET', '/v1/events', listEvents],
	['GET', '/v1/events/:id', getEvent],
].map(([method, path, handler]) => ({ method, handler,
	pattern: new RegExp(`^${path.replaceAll(':id', '([A-Za-z0-9_]+)')}$`) }));

function route(method, path)
{
	for (const entry of ROUTES) {
		const found = entry.method === method && entry.pattern.exec(path);
		if (found)
			return { handler: entry.handler, ids: found.slice(1) };
	}
	throw unrouted(method, path);
}

// The key comes as Bearer, or as the user name of Basic with an empty password.
function presentedKey(header)
{
	const [scheme, value = ''] = (header ?? '').split(' ');
	if (/^bearer$/i.test(scheme))
		return value;
	if (/^basic$/i.test(scheme))
		return Buffer.from(value, 'base64').toString('latin1').replace(/:$/, '');
	return '';
}

export function authorize(world, headers)
{
	const key = presentedKey(headers.authorization);
	if (!key)
		throw unauthorized('You did not provide an API key. You need to provide your API key in the '
			+ 'Authorization header, using Bearer auth.');
	if (key !== world.key)
		throw unauthorized(`Invalid API Key provided: ${key.slice(0, 8)}****`);
}

export function readParams(call)
{
	if (call.method !== 'POST')
		return decodeForm(call.query || call.raw);
	const type = call.headers['content-type'] ?? '';
	if (call.raw && !/^application\/x-www-form-urlencoded\s*(;|$)/i.test(type))
		throw bad(`Invalid request: the Content-Type of a request with a body must be `
			+ `application/x-www-form-urlencoded, not '${type}'.`);
	return decodeForm(call.raw);
}

export const errorAnswer = (err) => ({ status: err.status, kept: err.kept, failed: true,
	body: JSON.stringify({ error: err.error }, null, 2) });

// A wrong expand shows when the effect is made already, so the key has to keep that refusal.
function grown(world, answer, paths, version)
{
	try {
		return JSON.stringify(older(world, expand(world, answer, paths), version), null, 2);
	} catch (err) {
		err.kept = true;
		throw err;
	}
}

// perform: runs the endpoint; what it did is on record when this returns.
export function perform(world, call)
{
	const cause = { id: call.id, idempotency_key: call.key ?? null };
	try {
		const { handler, ids } = route(call.method, call.path);
		const version = call.headers['stripe-version'];
		if (version && !/^\d{4}-\d{2}-\d{2}(\.[a-z]+)?$/.test(version))
			throw bad(`Invalid Stripe API version: ${version}.`);
		const answer = world.step(() => {
			world.sweep();
			return handler(world, { ids, params: call.params });
		}, cause);
		const shown = world.shape.fetches?.test(call.target) ? OLD : version ?? world.apiVersion;
		return { status: 200, kept: true, body: grown(world, answer, call.params.expand, shown) };
	} catch (err) {
		if (err instanceof ApiError)
			return errorAnswer(err);
		throw err;
	}
}
