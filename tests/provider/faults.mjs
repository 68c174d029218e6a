// faults.mjs: which request suffers what.
//
// A rule: {match: {method, path, body, key, nth, rate, seed}, times, do}. path, body and key are
// regular expressions over the path with its query, the raw body and the Idempotency-Key.
// nth: only the n-th matching request. rate: this share of them, drawn from seed. times: how often
// the rule applies, 1 unless told, 0 for ever (rules with a rate: for ever).
// do: 'name', 'name:argument', {do: 'name', ...} or a list of these. The first rule that fits wins.

// effect: whether the request takes effect. spoils: the answer is not what the endpoint gave.
const KINDS = {
	pass: {},
	delay: { arg: 'ms', wait: true },
	'delay-after': { arg: 'ms' },
	barrier: { arg: 'name', wait: true },
	'drop-before': { effect: false, spoils: true },
	'drop-after-request': { spoils: true },
	reset: { spoils: true },
	half: { arg: 'bytes', spoils: true },
	'wrong-length': { arg: 'by', spoils: true },
	trickle: { arg: 'rate', spoils: true },
	status: { arg: 'status', effect: false, spoils: true },
	html: { spoils: true },
	'empty-json': { spoils: true },
	'bad-json': { spoils: true },
	'bad-chunk': { spoils: true },
	'gzip-bomb': { arg: 'bytes', spoils: true },
	'huge-body': { arg: 'bytes', spoils: true },
	'endless-headers': { arg: 'count', spoils: true },
	redirect: { arg: 'to', effect: false, spoils: true },
	'bad-url': { arg: 'url' },
	'no-url': {},
	dup: {},
};

const NUMBERS = ['ms', 'bytes', 'by', 'rate', 'status', 'count'];

function readStep(step)
{
	const raw = typeof step === 'string' ? { do: step } : { ...step };
	const cut = String(raw.do).indexOf(':');
	const name = cut < 0 ? raw.do : raw.do.slice(0, cut);
	const kind = KINDS[name];
	if (!kind)
		throw new Error(`unknown fault: ${raw.do}`);
	const out = { effect: kind.effect ?? true, ...raw, do: name };
	if (cut >= 0 && kind.arg)
		out[kind.arg] = raw.do.slice(cut + 1);
	for (const field of NUMBERS)
		if (field in out && !Number.isFinite(out[field] = Number(out[field])))
			throw new Error(`not a number in fault: ${JSON.stringify(step)}`);
	return { ...out, wait: Boolean(kind.wait), spoils: Boolean(kind.spoils) };
}

// A small generator with a seed, so that a run with random faults can be repeated.
export function dice(seed)
{
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let t = Math.imul(state ^ (state >>> 15), state | 1);
		t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
		return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
	};
}

function readRule(raw)
{
	const match = raw.match ?? {};
	const pattern = (text) => (text === undefined ? undefined : new RegExp(text));
	return {
		raw, seen: 0, applied: 0,
		method: match.method, nth: match.nth, rate: match.rate, draw: dice(match.seed ?? 1),
		path: pattern(match.path), body: pattern(match.body), key: pattern(match.key),
		times: raw.times ?? (match.rate === undefined ? 1 : 0),
		steps: (Array.isArray(raw.do) ? raw.do : [raw.do]).map(readStep),
	};
}

function fits(rule, call)
{
	if ((rule.method && rule.method !== call.method) || (rule.path && !rule.path.test(call.target))
		|| (rule.body && !rule.body.test(call.raw)) || (rule.key && !rule.key.test(call.key ?? '')))
		return false;
	rule.seen++;
	if (rule.nth !== undefined && rule.seen !== rule.nth)
		return false;
	if (rule.rate !== undefined && rule.draw() >= rule.rate)
		return false;
	return !rule.times || rule.applied < rule.times;
}

export class Faults {
	constructor()
	{
		this.reset();
	}

	reset()
	{
		this.rules = [];
		for (const name of this.barriers?.keys() ?? [])
			this.open(name);
		this.barriers = new Map();
	}

	// add: throws on a rule that cannot be read; then none of the rules is taken.
	add(rules)
	{
		this.rules.push(...(Array.isArray(rules) ? rules : [rules]).map(readRule));
	}

	clear()
	{
		this.rules = [];
	}

	list()
	{
		return this.rules.map(({ raw, seen, applied }) => ({ ...raw, seen, applied }));
	}

	// pick: the steps for this request, perhaps none.
	pick(call)
	{
		for (const rule of this.rules)
			if (fits(rule, call)) {
				rule.applied++;
				return rule.steps;
			}
		return [];
	}

	// hold: waits until the barrier is opened.
	hold(name)
	{
		return new Promise((resolve) => {
			const queue = this.barriers.get(name) ?? [];
			queue.push(resolve);
			this.barriers.set(name, queue);
		});
	}

	open(name)
	{
		const queue = this.barriers?.get(name) ?? [];
		this.barriers?.delete(name);
		for (const go of queue)
			go();
		return queue.length;
	}

	waiting()
	{
		return Object.fromEntries([...this.barriers].map(([name, queue]) => [name, queue.length]));
	}
}
