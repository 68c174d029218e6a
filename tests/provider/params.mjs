// params.mjs: checks decoded parameters against a description, the way the provider complains.
//
// A description is a function (value, path) that returns the value or throws an ApiError.
import { bad, missingParam, unknownParam } from './errors.mjs';

const join = (path, key) => (path ? `${path}[${key}]` : key);

function scalar(value, path)
{
	if (typeof value === 'object')
		throw bad(`Invalid string: ${JSON.stringify(value)}`, path);
	if (value === '')
		throw bad(`You passed an empty string for '${path}'. We assume empty values are an attempt `
			+ 'to unset a parameter; however it cannot be unset here.', path, 'parameter_invalid_empty');
	return value;
}

export const str = (max = 5000) => (value, path) => {
	if ([...scalar(value, path)].length > max)
		throw bad(`Invalid string: must be at most ${max} characters`, path,
			'parameter_invalid_string_too_long');
	return value;
};

// Long numbers are kept apart from money: no amount beyond 2^53 gets past this.
export const int = (min, max) => (value, path) => {
	if (!/^-?\d{1,15}$/.test(scalar(value, path)))
		throw bad(`Invalid integer: ${value}`, path, 'parameter_invalid_integer');
	const n = Number(value);
	if ((min !== undefined && n < min) || (max !== undefined && n > max))
		throw bad(`This value must be between ${min ?? 'the least'} and ${max ?? 'the most'}.`, path,
			'parameter_invalid_integer');
	return n;
};

export const bool = (value, path) => {
	if (value !== 'true' && value !== 'false')
		throw bad(`Invalid boolean: ${value}`, path);
	return value === 'true';
};

export const oneOf = (...words) => (value, path) => {
	if (!words.includes(scalar(value, path)))
		throw bad(`Invalid ${path}: must be one of ${words.join(', ')}`, path);
	return value;
};

export const email = (value, path) => {
	if (!/^[^\s@<>]+@[^\s@<>.]+(\.[^\s@<>.]+)*$/.test(str(800)(value, path)))
		throw bad(`Invalid email address: ${value}`, path, 'email_invalid');
	return value;
};

export const url = (value, path) => {
	let seen;
	try {
		seen = new URL(str(5000)(value, path).replaceAll('{CHECKOUT_SESSION_ID}', 'cs'));
	} catch {
		seen = undefined;
	}
	if (!seen || !/^https?:$/.test(seen.protocol) || !/^https?:\/\//i.test(value))
		throw bad('Not a valid URL', path, 'url_invalid');
	return value;
};

export const list = (each, max = 100) => (value, path) => {
	if (!Array.isArray(value))
		throw bad(`Invalid array`, path);
	if (value.length > max)
		throw bad(`Array ${path} exceeded maximum ${max} allowed elements.`, path);
	return value.map((v, i) => each(v, join(path, i)));
};

export const metadata = (value, path) => {
	if (value === '')
		return '';
	if (typeof value !== 'object')
		throw bad('Invalid object', path);
	const keys = Object.keys(value);
	if (keys.length > 50)
		throw bad('You can only specify up to 50 metadata keys.', path);
	const out = {};
	for (const key of keys) {
		if (key.length > 40)
			throw bad('Metadata keys can be at most 40 characters.', path);
		if (typeof value[key] !== 'string' || [...value[key]].length > 500)
			throw bad('Metadata values can be at most 500 characters.', join(path, key));
		out[key] = value[key];
	}
	return out;
};

// mergeMetadata: an empty value takes its key away, an empty text takes all.
export function mergeMetadata(object, given)
{
	if (given === undefined)
		return;
	if (given === '')
		object.metadata = {};
	for (const [key, value] of Object.entries(given))
		if (value === '')
			delete object.metadata[key];
		else
			object.metadata[key] = value;
}

// unset: an empty text takes the value away (null), anything else is as described.
export const unset = (each) => (value, path) => (value === '' ? null : each(value, path));

// Taken as it is: the provider knows this parameter, the stand-in gives it no meaning.
export const any = (value) => value;

export const obj = (fields, required = []) => (value, path) => {
	if (typeof value !== 'object' || Array.isArray(value))
		throw bad('Invalid object', path);
	const out = {};
	for (const key of Object.keys(value)) {
		if (!Object.hasOwn(fields, key))
			throw unknownParam(join(path, key));
		out[key] = fields[key](value[key], join(path, key));
	}
	for (const key of required)
		if (!(key in out))
			throw missingParam(join(path, key));
	return out;
};

// check: expand is allowed everywhere.
export const check = (fields, required) => {
	const top = obj({ ...fields, expand: list(str(), 20) }, required);
	return (params) => top(params, '');
};
