// form.mjs: reads application/x-www-form-urlencoded with bracket keys into nested values.
//
// a[b]=1        {a: {b: '1'}}
// a[0][b]=1     {a: [{b: '1'}]}     numbered keys become a list in the order of their numbers
// a[][b]=1      the same; a new element starts when a key would repeat
// a=1&a=2       the last one wins
import { bad } from './errors.mjs';

const DEPTH_MAX = 12;
const PAIRS_MAX = 2000;
const utf8 = new TextDecoder('utf-8', { fatal: true });

function unescape(text)
{
	const bytes = [];
	for (let i = 0; i < text.length; i++) {
		const hex = text[i] === '%' ? text.slice(i + 1, i + 3) : '';
		if (/^[0-9a-fA-F]{2}$/.test(hex)) {
			bytes.push(parseInt(hex, 16));
			i += 2;
		} else
			bytes.push(text[i] === '+' ? 0x20 : text.charCodeAt(i));
	}
	try {
		return utf8.decode(Uint8Array.from(bytes));
	} catch {
		throw bad('Invalid request: the form holds bytes that are not UTF-8.');
	}
}

function splitKey(key)
{
	const open = key.indexOf('[');
	if (open <= 0)
		return [key];
	const parts = [key.slice(0, open)];
	const rest = key.slice(open);
	if (!/^(\[[^[\]]*\])+$/.test(rest))
		return [key];
	for (const part of rest.slice(1, -1).split(']['))
		parts.push(part);
	if (parts.length > DEPTH_MAX)
		throw bad(`Invalid request: '${parts[0]}' is nested too deep.`);
	return parts;
}

// An empty bracket names the last element, or a new one when the rest of the key is taken in it.
function nextIndex(node, rest)
{
	const size = Object.keys(node).length;
	if (!size || !rest.length)
		return String(size);
	let at = node[size - 1];
	for (const part of rest) {
		if (at === null || typeof at !== 'object' || !(part in at))
			return String(size - 1);
		at = at[part];
	}
	return String(size);
}

function put(root, parts, value)
{
	let node = root;
	for (let i = 0; i < parts.length; i++) {
		const key = parts[i] === '' && i ? nextIndex(node, parts.slice(i + 1)) : parts[i];
		const leaf = i === parts.length - 1;
		const old = node[key];
		if (old !== undefined && (typeof old === 'object') === leaf)
			throw bad(`Invalid request: '${parts[0]}' is given as a value and as a group.`, parts[0]);
		if (leaf)
			node[key] = value;
		else
			node = node[key] ??= Object.create(null);
	}
}

function tidy(node)
{
	if (typeof node !== 'object')
		return node;
	const keys = Object.keys(node);
	if (keys.length && keys.every((k) => /^\d{1,6}$/.test(k)))
		return keys.sort((a, b) => a - b).map((k) => tidy(node[k]));
	for (const key of keys)
		node[key] = tidy(node[key]);
	return node;
}

// decodeForm: text is one character per byte (latin1), as it came from the wire.
export function decodeForm(text)
{
	const root = Object.create(null);
	if (text === '')
		return root;
	const pairs = text.split('&');
	if (pairs.length > PAIRS_MAX)
		throw bad('Invalid request: too many parameters.');
	for (const pair of pairs) {
		if (pair === '')
			continue;
		const cut = pair.indexOf('=');
		const key = unescape(cut < 0 ? pair : pair.slice(0, cut));
		put(root, splitKey(key), cut < 0 ? '' : unescape(pair.slice(cut + 1)));
	}
	for (const key of Object.keys(root))
		root[key] = tidy(root[key]);
	return root;
}

// canonical: equal text for equal parameters, whatever their order.
export function canonical(value)
{
	if (Array.isArray(value))
		return `[${value.map(canonical).join(',')}]`;
	if (typeof value === 'object')
		return `{${Object.keys(value).sort()
			.map((k) => `${JSON.stringify(k)}:${canonical(value[k])}`).join(',')}}`;
	return JSON.stringify(value);
}
