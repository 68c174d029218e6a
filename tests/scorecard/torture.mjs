// torture.mjs: the n-th allocation fails, the n-th system call fails: in a request for money, a webhook, a page view, a round of the
// clerk. Nobody dies of it, nothing leaks, and whoever asks again is served.

import { client } from "../walk/lib/http.mjs";
import { deliver, event } from "../walk/lib/money.mjs";
import { HOW, shimmed } from "../walk/lib/shim.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { quick } from "./lib/fault.mjs";
import { gift } from "./lib/money.mjs";

const NEVER = 1e12;
const GROWN = 64;	// allocations that may be there more: a list that grew, a connection made anew

const torture_stack = (t) => t.stack("torture", { views: 1, moneys: 1, clerks: 1, set: { "clerk.interval_ms": 50, "clerk.lookup_after_s": 5, "money.wait_ms": 1500,
	"clerk.call_ms": 1500, "view.deadline_ms": 500 } }, quick);

// still: how many allocations there are between two rounds of work.
async function still(m) {
	let least = Infinity;

	for (let i = 0; i < 30; i++) {
		least = Math.min(least, m.get("live"));
		await sleep(30);
	}
	return least;
}

const given = [];

// WAYS: what is done while something fails; each gives the status that was answered. Whoever was refused asks again.
const WAYS = {
	pledge: { role: "money", async act(s, t) {
		const fields = gift(t);
		const { status } = await client(s.url).pledge(fields, { timeout_ms: 20000 });

		given.push(fields);
		return status;
	} },
	webhook: { role: "money", act: async (s) => (await deliver(s, event("product.created", { id: "prod_x", object: "product" }))).status },
	page: { role: "view", act: async (s) => (await client(s.url).decide("/torture", { section: "torture" })).status },
	views: { role: "view", async act(s) {
		s.reader ??= client(s.url);
		return (await s.reader.decide(`/torture/${s.views = (s.views ?? 0) + 1}`, { section: "torture" })).status;
	} },
	// The clerk has its rounds; here with a webhook of a gift that was just paid.
	clerk: { role: "clerk", async act(s, t) {
		const answer = await client(s.url).pledge(gift(t));

		if (answer.status === 201)
			await s.provider.pay(answer.json().url);
		await sleep(150);
		return answer.status;
	} },
};

// 400: a webhook that could not be read for want of memory; the provider sends it again.
const FINE = [200, 201, 202, 204, 400, 500, 502, 503, 504];

async function fail_each(t, s, what, { runs, hows = [undefined], ways = Object.keys(WAYS) }) {
	const why = [];
	const roles = [...new Set(ways.map((name) => WAYS[name].role))];
	const shims = new Map();
	const sums = { places: 0, hit: 0, died: 0, grown: 0 };

	given.length = 0;
	for (const role of roles)
		shims.set(role, await shimmed(s, role));
	await s.ready();
	for (const name of ways) {
		const { role, act } = WAYS[name];
		const m = shims.get(role);
		const seen = async (how) => {
			let n = 0;

			for (let i = 0; i < 3; i++) {
				m.arm(what, NEVER, { how: how ?? 0 });
				await act(s, t);
				n = Math.max(n, m.get("seen"));
			}
			m.rest();
			return n;
		};

		// warm: what is allocated once is there.
		for (let i = 0; i < 20; i++)
			await act(s, t);
		const before = await still(m);
		const pid = m.get("pid");

		for (const how of hows) {
			const places = await seen(HOW[how]);
			const all = Array.from({ length: places }, (_, i) => i + 1);
			const some = runs ? t.shuffle(all).slice(0, Math.ceil(runs / (ways.length * hows.length))) : all;

			sums.places += places;
			for (const n of some) {
				const was = m.get("pid");

				m.arm(what, n, { how: HOW[how] ?? 0 });
				const status = await act(s, t).catch((error) => error.message);

				m.rest();
				sums.hit += m.get("hit");
				if (!FINE.includes(status))
					why.push(`${name}, ${how ?? what} ${n}: ${status}`);
				await until("it answers", async () => (await s.request(role === "view" ? "/readyz" : "/healthz")).status === 200, 30)
					.catch((error) => why.push(`${name}, ${how ?? what} ${n}: ${error.message}`));
				if (m.get("pid") !== was) {
					sums.died += 1;
					why.push(`${name}, ${how ?? what} ${n}: the process died`);
				}
			}
		}
		for (let i = 0; i < 10; i++)
			await act(s, t);
		const grown = await still(m) - before;

		if (m.get("pid") === pid) {
			sums.grown = Math.max(sums.grown, grown);
			if (grown > GROWN)
				why.push(`${name}: ${grown} allocations more than before`);
		}
		t.say(`${name}: ${sums.hit} failures so far, ${sums.died} ends, ${grown} allocations more`);
	}
	for (const fields of given) {
		await until("a page", async () => (await client(s.url).pledge(fields, { timeout_ms: 20000 })).status === 201, 60)
			.catch((error) => why.push(`${fields.key}: ${error.message}`));
	}
	for (const m of shims.values())
		await m.end();
	await s.ready();
	await settled(s, { hurry: true, seconds: 120 });
	t.count({ faults: sums.hit, pledges: given.length });
	return verdict(`${sums.hit} failures at ${sums.places} places, ${sums.died} ends, ${sums.grown} allocations more`, sums.died === 0,
		[...why.slice(0, 8), ...await audit(t, s)]);
}

const memory = async (t) => fail_each(t, await torture_stack(t), "memory", { runs: t.n(40) });
const memory_all = async (t) => fail_each(t, await torture_stack(t), "memory", { runs: t.n(0, 10, 150) });
const calls = async (t) => fail_each(t, await torture_stack(t), "calls", { runs: t.n(800, 40, 160), hows: Object.keys(HOW) });

export const lines = [
	{ id: "B14", name: "torture", title: "the n-th allocation fails, forty of them drawn", target: "0 ends, no leak", build: ["plain", "torture"], run: memory },
	{ id: "B15", name: "torture-full", title: "the n-th allocation fails, each of them", target: "0 ends, no leak", build: ["plain", "torture"], run: memory_all },
	{ id: "B16", name: "sys-inject", title: "the n-th system call fails by EIO, EINTR, EAGAIN or is short", target: "0 ends, no leak", build: ["plain", "torture"], run: calls },
];
