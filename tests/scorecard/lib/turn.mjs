// turn.mjs: what a line of the scorecard is run with: how much, chance from a seed, services that lines share, and the sums
// of the headline.

import { launch } from "../../walk/lib/stack.mjs";

// dice: numbers in [0, 1) from a seed (mulberry32).
export function dice(seed) {
	let a = seed >>> 0;

	return () => {
		a = (a + 0x6d2b79f5) >>> 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);

		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
}

const hash = (text) => [...text].reduce((h, c) => Math.imul(h ^ c.charCodeAt(0), 0x01000193) >>> 0, 0x811c9dc5);

export class Turn {
	constructor({ short = false, all = false, n, seed = 1, quiet = false, only = "" }) {
		Object.assign(this, { short, all, wanted: n, seed, quiet, only, sum: { faults: 0, pledges: 0, lost: 0, twice: 0 }, stacks: new Map() });
	}

	// of: the turn of one line: chance of its own, so that a line alone draws what it draws among others.
	of(line) {
		return Object.assign(Object.create(this), { random: dice(this.seed ^ hash(line.id)) });
	}

	// n: how many runs: alone, in short, and where all lines run, which is to end within the hour.
	n(full, short = 1, all = full) {
		return this.wanted ?? (this.short ? short : this.all ? all : full);
	}

	int(from, to) {
		return from + Math.floor(this.random() * (to - from + 1));
	}

	pick(list) {
		return list[this.int(0, list.length - 1)];
	}

	// chance: true once in n.
	chance(n) {
		return this.int(1, n) === 1;
	}

	shuffle(list) {
		const all = [...list];

		for (let i = all.length - 1; i > 0; i--) {
			const k = this.int(0, i);

			[all[i], all[k]] = [all[k], all[i]];
		}
		return all;
	}

	// say: how far it is, for whoever waits.
	say(words) {
		if (!this.quiet)
			console.error(`# ${words}`);
	}

	count(what) {
		for (const [name, n] of Object.entries(what))
			this.sum[name] += n;
	}

	// stack: the service of this name, started by the first line that wants it; prepare(s) makes it ready once.
	async stack(name, options, prepare = () => {}) {
		if (!this.stacks.has(name)) {
			const s = await launch({ name: `score-${name}`, ...options });

			this.stacks.set(name, s);
			await prepare(s);
		}
		return this.stacks.get(name);
	}

	// end: all services; gives what their logs hold that must not be there.
	async end() {
		const late = [];

		for (const [name, s] of this.stacks)
			await s.end().catch((error) => late.push(`${name}: ${error.message}`));
		return late;
	}
}
