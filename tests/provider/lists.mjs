// lists.mjs: paging, time filters and expansion, the same for every kind of object.
import { bad, missing } from './errors.mjs';
import { check, int, obj, str } from './params.mjs';
import { listOf } from './shapes.mjs';

export const range = obj({ gt: int(0), gte: int(0), lt: int(0), lte: int(0) });
export const when = (value, path) =>
	(typeof value === 'object' ? range(value, path) : { eq: int(0)(value, path) });

const PAGE = { limit: int(1, 100), starting_after: str(), ending_before: str() };

export function inRange(at, r)
{
	return (r.eq === undefined || at === r.eq) && (r.gt === undefined || at > r.gt)
		&& (r.gte === undefined || at >= r.gte) && (r.lt === undefined || at < r.lt)
		&& (r.lte === undefined || at <= r.lte);
}

function cursors(p)
{
	if (p.starting_after && p.ending_before)
		throw bad('You may only specify one of these parameters: starting_after, ending_before.');
	return p.starting_after ? 'starting_after' : p.ending_before ? 'ending_before' : undefined;
}

// page: rows are oldest first, the answer newest first. A cursor is the id of any object of the kind,
// whether the filters let it through or not; ending_before gives those just newer than it.
export function page(rows, p, url, fits = () => true)
{
	const limit = p.limit ?? 10;
	const cursor = cursors(p);
	const at = cursor && rows.findIndex((r) => r.obj.id === p[cursor]);
	return walk(rows, { limit, cursor, at, wanted: p[cursor] }, url, fits);
}

function walk(rows, { limit, cursor, at, wanted }, url, fits)
{
	if (cursor && at < 0)
		throw missing('object', wanted, cursor);
	const step = cursor === 'ending_before' ? 1 : -1;
	const found = [];
	for (let i = cursor ? at + step : rows.length - 1; i >= 0 && i < rows.length; i += step)
		if (fits(rows[i]) && found.push(rows[i].obj) > limit)
			break;
	const more = found.length > limit;
	const cut = found.slice(0, limit);
	return listOf(step > 0 ? cut.reverse() : cut, url, more);
}

// lister: a handler for GET /v1/things. filters: name -> [description, test(object, value, record)].
// always: a test that holds whatever was asked for, of (record, parameters, world).
export function lister(kind, path, filters, { required = [], always = () => true } = {})
{
	const fields = Object.fromEntries(Object.entries(filters).map(([k, [parse]]) => [k, parse]));
	const parse = check({ ...PAGE, created: when, ...fields }, required);
	return (world, { params }) => {
		const p = parse(params);
		const cursor = cursors(p);
		const wanted = Object.entries(filters).filter(([name]) => p[name] !== undefined);
		const fits = (r) => (!p.created || inRange(r.obj.created, p.created))
			&& wanted.every(([name, [, test]]) => test(r.obj, p[name], r)) && always(r, p, world);
		return walk(world.ledger.all(kind), { limit: p.limit ?? 10, cursor, wanted: p[cursor],
			at: cursor && (world.ledger.get(p[cursor], kind)?.row ?? -1) }, path, fits);
	};
}

export const equal = (field) => [str(), (obj_, value) => obj_[field] === value];

export function getter(kind, name = kind)
{
	const parse = check({});
	return (world, { ids, params }) => {
		parse(params);
		const record = world.ledger.get(ids[0], kind);
		if (!record)
			throw missing(name, ids[0]);
		return record.obj;
	};
}

const EXPANDABLE = {
	'checkout.session': ['payment_intent', 'subscription', 'invoice', 'customer', 'line_items',
		'setup_intent', 'payment_link'],
	payment_intent: ['latest_charge', 'customer', 'payment_method'],
	charge: ['payment_intent', 'customer', 'balance_transaction', 'refunds',
		'failure_balance_transaction'],
	subscription: ['latest_invoice', 'customer', 'default_payment_method'],
	invoice: ['customer', 'payments', 'default_payment_method'],
	invoice_payment: ['invoice', 'payment.payment_intent'],
	refund: ['charge', 'payment_intent', 'balance_transaction', 'failure_balance_transaction'],
	dispute: ['charge', 'payment_intent'],
	'radar.early_fraud_warning': ['charge', 'payment_intent'],
	balance_transaction: ['source'],
	customer: ['invoice_settings.default_payment_method', 'subscriptions'],
	payment_method: ['customer'],
};

const objects = (world, ids) => ids.map((id) => world.ledger.get(id).obj);

// Lists that are left out unless they are asked for.
const INCLUDED = {
	line_items: (world, o) => listOf(world.ledger.get(o.id).priv.lines,
		`/v1/checkout/sessions/${o.id}/line_items`),
	payments: (world, o) => listOf(objects(world, [world.ledger.get(o.id).priv.part ?? []].flat()),
		`/v1/invoice_payments?invoice=${o.id}`),
	refunds: (world, o) => {
		const ids = [...world.ledger.get(o.id).priv.refunds ?? []].reverse();
		return listOf(objects(world, ids.slice(0, 10)), `/v1/charges/${o.id}/refunds`, ids.length > 10);
	},
	subscriptions: (world, o) => listOf(world.ledger.all('subscription').map((r) => r.obj)
		.filter((x) => x.customer === o.id && x.status !== 'canceled').reverse(),
	`/v1/customers/${o.id}/subscriptions`),
};

const copy = (value) => JSON.parse(JSON.stringify(value));

function grow(world, node, parts, full)
{
	if (!parts.length || node === null || node === undefined)
		return;
	if (node.object === 'list') {
		if (parts[0] !== 'data')
			throw bad(`This property cannot be expanded (${full}).`, 'expand');
		for (const each of node.data)
			grow(world, each, parts.slice(1), full);
		return;
	}
	const key = parts[0];
	const known = EXPANDABLE[node.object]?.some((k) => k === key || k.startsWith(`${key}.`));
	if (node.object && !known)
		throw bad(`This property cannot be expanded (${full}).`, 'expand');
	if (INCLUDED[key] && !node[key])
		node[key] = copy(INCLUDED[key](world, node));
	else if (typeof node[key] === 'string' && world.ledger.get(node[key]))
		node[key] = copy(world.ledger.get(node[key]).obj);
	grow(world, typeof node[key] === 'string' ? null : node[key], parts.slice(1), full);
}

// expand: a copy of the answer with the named ids replaced by their objects; the answer itself when
// nothing is named.
export function expand(world, answer, paths)
{
	if (!Array.isArray(paths) || !paths.length)
		return answer;
	const out = copy(answer);
	for (const path of paths) {
		const parts = String(path).split('.');
		if (parts.length > 5)
			throw bad('You cannot expand more than 4 levels of a property.', 'expand');
		grow(world, out, parts, path);
	}
	return out;
}
