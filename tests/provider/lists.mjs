// lists.mjs: paging, time filters and expansion, the same for every kind of object.
import { bad, missing } from './errors.mjs';
import { check, int, obj, str } from './params.mjs';
import { listOf } from './shapes.mjs';

const range = obj({ gt: int(0), gte: int(0), lt: int(0), lte: int(0) });
const created = (value, path) =>
	(typeof value === 'object' ? range(value, path) : { eq: int(0)(value, path) });

const PAGE = { limit: int(1, 100), starting_after: str(), ending_before: str() };

function inRange(at, r)
{
	return (r.eq === undefined || at === r.eq) && (r.gt === undefined || at > r.gt)
		&& (r.gte === undefined || at >= r.gte) && (r.lt === undefined || at < r.lt)
		&& (r.lte === undefined || at <= r.lte);
}

// page: newest first; a cursor is the id of an object in the list.
export function page(rows, p, url)
{
	const limit = p.limit ?? 10;
	if (p.starting_after && p.ending_before)
		throw bad('You may only specify one of these parameters: starting_after, ending_before.');
	const find = (name) => {
		const at = rows.findIndex((r) => r.obj.id === p[name]);
		if (at < 0)
			throw missing('object', p[name], name);
		return at;
	};
	let from = 0;
	let to = rows.length;
	if (p.starting_after)
		from = find('starting_after') + 1;
	if (p.ending_before)
		to = find('ending_before');
	const backwards = Boolean(p.ending_before);
	const cut = backwards ? rows.slice(Math.max(from, to - limit), to)
		: rows.slice(from, Math.min(to, from + limit));
	return listOf(cut.map((r) => r.obj), url, to - from > limit);
}

// lister: a handler for GET /v1/things. filters: name -> [description, test(object, value, record)].
export function lister(kind, path, filters, required = [])
{
	const fields = Object.fromEntries(Object.entries(filters).map(([k, [parse]]) => [k, parse]));
	const parse = check({ ...PAGE, created, ...fields }, required);
	return (world, { params }) => {
		const p = parse(params);
		const wanted = Object.entries(filters).filter(([name]) => p[name] !== undefined);
		const rows = world.ledger.all(kind).reverse().filter((r) =>
			(!p.created || inRange(r.obj.created, p.created))
			&& wanted.every(([name, [, test]]) => test(r.obj, p[name], r)));
		return page(rows, p, path);
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
	charge: ['payment_intent', 'customer', 'balance_transaction', 'refunds'],
	subscription: ['latest_invoice', 'customer', 'default_payment_method'],
	invoice: ['customer', 'payments', 'default_payment_method'],
	invoice_payment: ['invoice', 'payment.payment_intent'],
	refund: ['charge', 'payment_intent', 'balance_transaction'],
	dispute: ['charge', 'payment_intent'],
};

// Lists that are left out unless they are asked for.
const INCLUDED = {
	line_items: (world, o) => listOf(world.ledger.get(o.id).priv.lines,
		`/v1/checkout/sessions/${o.id}/line_items`),
	payments: (world, o) => listOf(world.ledger.all('invoice_payment').map((r) => r.obj)
		.filter((x) => x.invoice === o.id).reverse(), `/v1/invoice_payments?invoice=${o.id}`),
	refunds: (world, o) => listOf(world.ledger.all('refund').map((r) => r.obj)
		.filter((x) => x.charge === o.id).reverse(), `/v1/charges/${o.id}/refunds`),
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

// expand: a copy of the answer with the named ids replaced by their objects.
export function expand(world, answer, paths)
{
	const out = copy(answer);
	for (const path of Array.isArray(paths) ? paths : []) {
		const parts = String(path).split('.');
		if (parts.length > 5)
			throw bad('You cannot expand more than 4 levels of a property.', 'expand');
		grow(world, out, parts, path);
	}
	return out;
}
