// fault.mjs: a service under load while something is done to it: donors who give and pay, readers who read, what each was told
// and when; and afterwards: everybody who was told of a pledge has it, all of it is paid, both books are the same.

import { agent, client } from "../../walk/lib/http.mjs";
import { patience } from "../../walk/lib/money.mjs";
import { sleep, until } from "../../walk/lib/until.mjs";
import { audit, settled } from "./audit.mjs";
import { hurry } from "./crash.mjs";
import { each, gift, in_time, paid } from "./money.mjs";

const TOLD = [201, 202];	// a pledge is stored
export const LATER = [503, 429];	// said in good order: come again

const quick = (s) => s.provider.webhooks({ retries: [100, 300, 1000, ...Array(60).fill(1000)] });

// fault_stack: the service that most faults share.
export const fault_stack = (t) => t.stack("fault", { views: 2, moneys: 4, clerks: 2, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 5,
	"money.wait_ms": 2500, "clerk.call_ms": 2500, "view.drain_ms": 3000 } }, async (s) => {
	await quick(s);
	await patience(s, 1000);
});

export { quick };

const p = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * share))] ?? 0;

// --- donors --------------------------------------------------------------------------------------

export class Donors {
	constructor(s, t, { n = 4, pause = 60, timeout_ms = 15000 } = {}) {
		Object.assign(this, { s, t, answers: [], going: true, pause, timeout_ms, pool: agent(n * 2), paying: [] });
		this.all = Promise.all(Array.from({ length: n }, () => this.give()));
	}

	who() {
		return client(this.s.url, { agent: this.pool });
	}

	async give() {
		while (this.going) {
			const fields = gift(this.t);
			const from = Date.now();
			const { status, text, headers } = await this.who().pledge(fields, { timeout_ms: this.timeout_ms }).catch((error) => ({ status: 0, text: error.message, headers: {} }));

			const told = TOLD.includes(status) ? JSON.parse(text) : undefined;

			this.answers.push({ from, at: Date.now(), status, fields, told, retry: headers["retry-after"], text });
			// Every other one pays at once, so that webhooks come in the middle of it.
			if (told?.url && this.answers.length % 2)
				this.paying.push(this.s.provider.pay(told.url).catch(() => undefined));
			await sleep(this.pause);
		}
	}

	acknowledged(from = 0) {
		return this.answers.filter((a) => a.told && a.at >= from);
	}

	// back: waits until so many pledges were acknowledged since then.
	back(since, n = 8, seconds = 60) {
		return until(`${n} pledges are taken again`, () => this.answers.filter((a) => a.told && a.from >= since).length >= n, seconds);
	}

	// gap: the longest time from then on in which no pledge was acknowledged, in seconds.
	gap(from, to = Date.now()) {
		const times = [from, ...this.acknowledged(from).map((a) => a.at).filter((at) => at <= to), to].sort((a, b) => a - b);

		return Math.max(...times.slice(1).map((at, i) => at - times[i])) / 1000;
	}

	// slowest: the longest that anybody waited for an answer since then, whatever it was.
	slowest(from = 0) {
		return Math.max(0, ...this.answers.filter((a) => a.at >= from).map((a) => a.at - a.from)) / 1000;
	}

	// strange: answers that are neither a pledge nor "later" nor in the list, by status.
	strange(also = []) {
		const odd = this.answers.filter((a) => !a.told && ![...LATER, ...also].includes(a.status));

		return odd.length === 0 ? [] : [`${odd.length} answers like ${odd[0].status} ${odd[0].text.slice(0, 120)}`];
	}

	tally() {
		const n = {};

		for (const a of this.answers)
			n[a.status] = (n[a.status] ?? 0) + 1;
		return Object.entries(n).map(([status, k]) => `${k}×${status}`).join(" ");
	}

	async stop() {
		this.going = false;
		await this.all;
		await Promise.all(this.paying);
		return this.answers;
	}

	// page: what the same key gives in the end: a page to pay at, or a gift that is paid already.
	page(fields) {
		return until(`a page for ${fields.key}`, async () => {
			const answer = await this.who().pledge(fields, { timeout_ms: 30000 });

			return answer.status === 201 && answer.json();
		}, 90);
	}

	// finish: everybody asks again with the same key until there is a page, and pays; gives words for what is not as it was told.
	async finish() {
		await this.stop();
		const why = [];
		const pledges = await each(this.answers, 8, async (a) => {
			const page = await this.page(a.fields).catch((error) => why.push(error.message) && undefined);

			if (page && a.told && a.told.pledge !== page.pledge)
				why.push(`${a.fields.key}: told ${a.told.pledge}, now it is ${page.pledge}`);
			if (page?.url)
				await this.s.provider.pay(page.url).catch((error) => why.push(error.message));
			return page;
		});
		const there = pledges.filter(Boolean);
		const { done } = await in_time(90, async () => await paid(this.s, there.map((page) => page.pledge)) === there.length);

		if (!done)
			why.push(`not all of ${there.length} are paid`);
		// What the living hold is done by now; what the dead held would be due in a minute.
		await settled(this.s, { seconds: 4 }).catch(async () => {
			await hurry(this.s, { inbox: 0, outbox: 0 });
			await settled(this.s, { seconds: 120, hurry: true });
		});
		this.pool.destroy();
		this.t.count({ pledges: this.answers.length });
		return [...new Set(why)].slice(0, 5);
	}
}

// --- readers -------------------------------------------------------------------------------------

// Readers: decide all the time; late is how long each answer took.
export class Readers {
	constructor(s, { n = 3, pause = 15 } = {}) {
		Object.assign(this, { s, answers: [], going: true, pause, pool: agent(n) });
		this.all = Promise.all(Array.from({ length: n }, (_, i) => this.read(i)));
	}

	async read(i) {
		let who;

		for (let k = 0; this.going; k++) {
			if (k % 200 === 0)
				who = client(this.s.url, { agent: this.pool });
			const at = Date.now();
			const from = performance.now();
			const { status, act, reason } = await who.decide(`/fault/${i}-${k}`, { section: "fault" }).catch(() => ({ status: 0 }));

			this.answers.push({ at, ms: performance.now() - from, status, act, reason });
			await sleep(this.pause);
		}
	}

	since(from) {
		return this.answers.filter((a) => a.at >= from);
	}

	p99(from = 0) {
		return Math.round(p(this.since(from).map((a) => a.ms), 0.99));
	}

	// bad: answers that are no 200, in words.
	bad(from = 0) {
		const odd = this.since(from).filter((a) => a.status !== 200);

		return odd.length === 0 ? [] : [`${odd.length} of ${this.answers.length} readers got ${odd[0].status}`];
	}

	async stop() {
		this.going = false;
		await this.all;
		this.pool.destroy();
	}
}

// --- one fault -----------------------------------------------------------------------------------

// under: the load, the fault in the middle of it, and the end of it; act(donors, readers) gives {value, good, why}.
export async function under(t, s, act, { donors: how, readers: more, also = [] } = {}) {
	const donors = new Donors(s, t, how);
	const readers = new Readers(s, more);
	let said;

	try {
		await donors.back(Date.now(), 6);
		said = await act(donors, readers);
	} catch (error) {
		said = { value: `ended by: ${error.message.slice(0, 160)}`, good: false, why: [error.stack] };
	}
	await readers.stop();
	const why = [...said.why ?? [], ...await donors.finish(), ...donors.strange(also), ...readers.bad()];

	why.push(...await audit(t, s));
	return { value: `${said.value}; ${donors.answers.length} pledges (${donors.tally()})`, good: said.good !== false, pass: said.good !== false && why.length === 0, why };
}
