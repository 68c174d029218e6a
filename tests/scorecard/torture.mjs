// torture.mjs: the n-th allocation fails, the n-th system call fails: in requests of every kind, a webhook, a round of the clerk, a
// configuration that is read again, a start, a command of the operator. Nobody dies of it, nothing leaks, whoever asks again is served, and
// what a command prints is right or it says that it failed.

import { fcgi } from "../walk/lib/fcgi.mjs";
import { client } from "../walk/lib/http.mjs";
import { deliver, event, patience } from "../walk/lib/money.mjs";
import { HOW, shim_of, shimmed } from "../walk/lib/shim.mjs";
import { root } from "../walk/lib/stack.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { quick } from "./lib/fault.mjs";
import { gift } from "./lib/money.mjs";

const NEVER = 1e12;
const GROWN = 64;	// allocations that may be there more: a list that grew, a connection made anew
const AGAIN = 6;	// so often a place that left something fails again: what leaks there grows with each

const torture_stack = (t) => t.stack("torture", { views: 1, moneys: 1, clerks: 1, set: { "clerk.interval_ms": 50, "clerk.lookup_after_s": 5, "money.wait_ms": 500,
	"clerk.call_ms": 1500, "view.deadline_ms": 500, "pay.providers": "stripe,mollie" } }, async (s) => {
	await quick(s);
	for (const name of ["stripe", "mollie"])
		await patience(s, 1000, name);
});

// still: how many allocations there are between two rounds of work.
async function still(m) {
	let least = Infinity;

	for (let i = 0; i < 30; i++) {
		least = Math.min(least, m.get("live"));
		await sleep(30);
	}
	return least;
}

// least: the same at once, good enough to see whether one more is there.
async function least(m, samples = 4) {
	let n = Infinity;

	for (let i = 0; i < samples; i++) {
		n = Math.min(n, m.get("live"));
		await sleep(6);
	}
	return n;
}

const given = [];
const HTML = { accept: "text/html" };

// pledges: how a gift is asked for; what was not taken is asked for again at the end.
const pledges = (send) => async (s, t) => {
	const { fields, status } = await send(client(s.url), gift(t));

	given.push(fields);
	return status;
};

// reload: the process reads its files again; by the time a request is answered it has.
const reload = (role) => ({ role, async act(s, t, m) {
	process.kill(m.get("pid"), "SIGHUP");
	await sleep(40);
	return (await s.request(role === "view" ? "/readyz" : "/metrics/money")).status;
} });

const page = (path) => ({ role: "view", act: async (s) => (await client(s.url).get(path, { headers: HTML })).status });

// WAYS: what is done while something fails; each gives the status that was answered. Whoever was refused asks again.
const WAYS = {
	pledge: { role: "money", act: pledges(async (who, fields) => ({ fields, ...await who.pledge(fields, { timeout_ms: 20000 }) })) },
	mollie: { role: "money", act: pledges(async (who, fields) => {
		const all = { ...fields, currency: "EUR", provider: "mollie" };

		return { fields: all, status: (await who.pledge(all, { timeout_ms: 20000 })).status };
	}) },
	plain: { role: "money", act: pledges(async (who, fields) => ({ fields, status: (await who.form(fields, { timeout_ms: 20000 })).status })) },
	manage: { role: "money", act: async (s) => (await client(s.url).post("/manage/ask", { form: { email: "nobody@mail.example", locale: "en" },
		headers: { origin: s.url, ...HTML } })).status },
	status: { role: "money", async act(s, t) {
		s.token ??= (await client(s.url).pledge(gift(t))).json().pledge;
		return (await client(s.url).get(`/pledge/${s.token}`)).status;
	} },
	hint: { role: "money", act: async (s) => (await s.request("/webhook/mollie", { method: "POST", body: "id=tr_nobody1",
		headers: { "content-type": "application/x-www-form-urlencoded" } })).status },
	webhook: { role: "money", act: async (s) => (await deliver(s, event("product.created", { id: "prod_x", object: "product" }))).status },
	"money again": reload("money"),
	gate: page("/en/news/night-ferry"),
	form: page("/prompt?form=1&l=ru"),
	goal: page("/goal?campaign=support"),
	event: { role: "view", async act(s) {
		const who = client(s.url);
		const { token } = await who.decide("/torture", { section: "torture" });

		return (await who.event(token ?? "v1.k1.AAAA.AAAA", "closed")).status;
	} },
	"view again": reload("view"),
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
	"clerk again": { role: "clerk", async act(s, t, m) {
		process.kill(m.get("pid"), "SIGHUP");
		await sleep(120);
		return 200;
	} },
};

// 400: a webhook that could not be read for want of memory; the provider sends it again. 403: the wall.
const FINE = [200, 201, 202, 204, 303, 400, 403, 404, 500, 502, 503, 504];

// leaks: whether a place that left something leaves more each time.
async function leaks(m, fail, act) {
	const before = await least(m, 10);

	for (let i = 0; i < AGAIN; i++) {
		await fail();
		await act();
	}
	return await least(m, 10) - before >= AGAIN;
}

async function fail_each(t, s, what, { runs, hows = [undefined], ways = Object.keys(WAYS), tools = [], starts = [] }) {
	const most = runs && Math.ceil(runs / ((ways.length + tools.length + starts.length) * hows.length));
	const why = [];
	const roles = [...new Set(ways.map((name) => WAYS[name].role))];
	const shims = new Map();
	const sums = { places: 0, hit: 0, died: 0, grown: 0, leaks: 0 };

	given.length = 0;
	for (const role of roles)
		shims.set(role, await shimmed(s, role));
	await s.ready();
	for (const name of ways) {
		const { role } = WAYS[name];
		const m = shims.get(role);
		const act = () => WAYS[name].act(s, t, m);
		const seen = async (how) => {
			let n = 0;

			for (let i = 0; i < 3; i++) {
				m.arm(what, NEVER, { how: how ?? 0 });
				await act();
				n = Math.max(n, m.get("seen"));
			}
			m.rest();
			return n;
		};

		// warm: what is allocated once is there.
		for (let i = 0; i < 20; i++)
			await act();
		const before = await still(m);
		const pid = m.get("pid");

		for (const how of hows) {
			const places = await seen(HOW[how]);
			const all = Array.from({ length: places }, (_, i) => i + 1);
			const some = most ? t.shuffle(all).slice(0, most) : all;
			let level = await least(m, 10);

			sums.places += places;
			for (const n of some) {
				const was = m.get("pid");

				const fail = async () => {
					m.arm(what, n, { how: HOW[how] ?? 0 });
					const answer = await act().catch((error) => error.message);

					m.rest();
					sums.hit += m.get("hit");
					return answer;
				};
				const status = await fail();

				if (!FINE.includes(status))
					why.push(`${name}, ${how ?? what} ${n}: ${status}`);
				await until("it answers", async () => (await s.request(role === "view" ? "/readyz" : "/healthz")).status === 200, 30)
					.catch((error) => why.push(`${name}, ${how ?? what} ${n}: ${error.message}`));
				if (m.get("pid") !== was) {
					sums.died += 1;
					why.push(`${name}, ${how ?? what} ${n}: the process died`);
				} else if (what === "memory" && await least(m) > level) {
					await act();
					if (await least(m, 10) > level && await leaks(m, fail, act)) {
						sums.leaks += 1;
						why.push(`${name}, ${what} ${n}: leaks`);
					}
					level = await least(m, 10);
				}
			}
		}
		for (let i = 0; i < 10; i++)
			await act();
		const grown = await still(m) - before;

		if (m.get("pid") === pid) {
			sums.grown = Math.max(sums.grown, grown);
			if (grown > GROWN)
				why.push(`${name}: ${grown} allocations more than before`);
		}
		t.say(`${name}: ${sums.hit} failures so far, ${sums.died} ends, ${grown} allocations more`);
	}
	for (const name of tools)
		why.push(...await fail_tool(t, s, name, sums, most));
	for (const role of starts)
		why.push(...await fail_start(t, s, role, sums, most));
	for (const fields of given) {
		await until("a page", async () => (await client(s.url).pledge(fields, { timeout_ms: 20000 })).status === 201, 60)
			.catch((error) => why.push(`${fields.key}: ${error.message}`));
	}
	for (const m of shims.values())
		await m.end();
	await s.ready();
	await settled(s, { hurry: true, seconds: 120 });
	t.count({ faults: sums.hit, pledges: given.length });
	return verdict(`${sums.hit} failures at ${sums.places} places, ${sums.died} ends, ${sums.leaks} leaks, ${sums.grown} allocations more`, sums.died === 0,
		[...why.slice(0, 8), ...await audit(t, s)]);
}

// TOOLS: programs that are run through. same: what they print is the same each time.
const TOOLS = {
	"view -t": { words: (s) => ["pledged", "view", "-t", "-c", s.env.CONF] },
	"money -t": { words: (s) => ["pledged", "money", "-t", "-c", s.env.CONF] },
	"clerk -t": { words: (s) => ["pledged", "clerk", "-t", "-c", s.env.CONF] },
	check: { words: (s) => ["pledgectl", "-c", s.env.CONF, "check"] },
	"campaign check": { words: (s) => ["pledgectl", "-c", s.env.CONF, "campaign", "check", `${root}/conf/campaigns/support.json`], same: true },
	"campaign list": { words: (s) => ["pledgectl", "-c", s.env.CONF, "campaign", "list"], same: true },
	explain: { words: (s) => ["pledgectl", "-c", s.env.CONF, "explain", "--article", "/news/ferry", "--section", "news", "--articles", "6"] },
	"pledge show": { words: (s) => ["pledgectl", "-c", s.env.CONF, "pledge", "show", s.token] },
	report: { words: (s) => ["pledgectl", "-c", s.env.CONF, "report", "income", "--from", "2026-01-01", "--to", "2026-02-01"], same: true },
};
const ENDS = [0, 1, 2, 75, 78];	// deploy/man/pledgectl.1

async function fail_tool(t, s, name, sums, most) {
	const why = [];
	const m = shim_of(s, "tool");
	const [program, ...words] = TOOLS[name].words(s);

	m.arm("memory", NEVER);
	const good = await m.once(program, words);
	const places = m.get("seen");
	const all = Array.from({ length: places }, (_, i) => i + 1);

	if (good.code !== 0 || places === 0)
		why.push(`${name}: ${places} allocations, ${good.code} ${good.stderr.slice(0, 200)}`);
	sums.places += places;
	for (const n of most ? t.shuffle(all).slice(0, most) : all) {
		m.arm("memory", n);
		const { code, signal, stdout, stderr } = await m.once(program, words);

		sums.hit += m.get("hit");
		if (signal || !ENDS.includes(code)) {
			sums.died += 1;
			why.push(`${name}, memory ${n}: ${signal ?? code} ${stderr.slice(0, 120)}`);
		} else if (code === 0 && TOOLS[name].same && stdout !== good.stdout) {
			why.push(`${name}, memory ${n}: ends with 0 and prints something else`);
		}
	}
	m.close();
	t.say(`${name}: ${places} places, ${why.length} wrong`);
	return why;
}

// STARTS: what tells that a role serves.
const STARTS = { view: "/healthz", money: "/metrics/money", clerk: undefined };

const served = (path) => (socket, gone) => (path ? until("it answers", async () => gone() ||
	(await fcgi(socket, [["REQUEST_METHOD", "GET"], ["DOCUMENT_URI", path]])).status === 200, 30) : sleep(250));

// fail_start: a process starts, or says why it does not, and another one is started; one that serves ends well.
async function fail_start(t, s, role, sums, most) {
	const why = [];
	const m = shim_of(s, "start");

	m.arm("memory", NEVER);
	const good = await m.role_once(role, served(STARTS[role]));
	const all = Array.from({ length: good.seen || 0 }, (_, i) => i + 1);

	if (good.signal || good.code !== 0 || !good.seen)
		why.push(`start of ${role}: ${good.code} ${good.stderr.slice(0, 200)}`);
	sums.places += all.length;
	for (const n of most ? t.shuffle(all).slice(0, most) : all) {
		m.arm("memory", n);
		const { code, signal, seen, stderr } = await m.role_once(role, served(STARTS[role])).catch((error) => ({ signal: error.message, stderr: "" }));

		sums.hit += m.get("hit");
		// The clerk tells nobody when it is ready: it may be asked to end before it listens to that.
		const fine = role === "clerk" && signal === "SIGTERM";

		if (!fine && (signal || !(seen ? [0] : ENDS).includes(code))) {
			sums.died += 1;
			why.push(`start of ${role}, memory ${n}: ${signal ?? code} ${stderr.slice(0, 160)}`);
		}
	}
	m.close();
	t.say(`start of ${role}: ${all.length} places, ${why.length} wrong`);
	return why;
}

const CALLS = ["pledge", "webhook", "page", "views", "clerk"];

const memory = async (t) => fail_each(t, await torture_stack(t), "memory", { runs: t.n(40), tools: Object.keys(TOOLS), starts: Object.keys(STARTS) });
const memory_all = async (t) => fail_each(t, await torture_stack(t), "memory", { runs: t.n(0, 10, 150), tools: Object.keys(TOOLS), starts: Object.keys(STARTS) });
const calls = async (t) => fail_each(t, await torture_stack(t), "calls", { runs: t.n(800, 40, 160), hows: Object.keys(HOW), ways: CALLS });

export const lines = [
	{ id: "B14", name: "torture", title: "the n-th allocation fails, forty of them drawn", target: "0 ends, no leak", build: ["plain", "torture"], run: memory },
	{ id: "B15", name: "torture-full", title: "the n-th allocation fails, each of them", target: "0 ends, no leak", build: ["plain", "torture"], run: memory_all },
	{ id: "B16", name: "sys-inject", title: "the n-th system call fails by EIO, EINTR, EAGAIN or is short", target: "0 ends, no leak", build: ["plain", "torture"], run: calls },
];
