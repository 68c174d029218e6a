// soak.mjs: ten thousand pledges while one call in twenty suffers each fault there is, webhooks come twice, late, shuffled or
// not at all, and donors change their minds: in the end both books are the same to the cent.

import { readFile } from "node:fs/promises";

import { insist, patience, session_of } from "../walk/lib/money.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { each, gift, in_time, who } from "./lib/money.mjs";

const RATE = 0.05;
const GROWTH_KIB = 8 * 1024;

// FAULTS: each befalls one call in twenty, fetches too.
const FAULTS = ["drop-before", "drop-after-request", "reset", "half:40", "wrong-length:50", "bad-chunk", "delay:400", "delay-after:400", "html", "empty-json",
	"bad-json", "status:503", { do: "status", status: 429, retry_after: 1 }, { do: "status", status: 500, effect: true, store: false }, "dup"];

// FATES: what becomes of a page, in parts of a hundred; the rest is paid at once.
const FATES = [
	[5, "never", async () => undefined],
	[5, "expires", (s, p) => s.provider.expire(session_of(p.url))],
	[5, "declined, then paid", async (s, p) => {
		await s.provider.decline(p.url);
		return s.provider.pay(p.url);
	}],
	[5, "delayed, then paid", async (s, p) => {
		await s.provider.delayed(p.url);
		return s.provider.settle(session_of(p.url), "succeeded");
	}],
	[3, "delayed, then failed", async (s, p) => {
		await s.provider.delayed(p.url);
		return s.provider.settle(session_of(p.url), "failed");
	}],
	[5, "paid twice over", (s, p) => Promise.all([s.provider.pay(p.url), s.provider.pay(p.url)])],
];

function fate(t) {
	let n = t.int(0, 99);

	return FATES.find(([parts]) => (n -= parts) < 0)?.[2] ?? ((s, p) => s.provider.pay(p.url));
}

async function memory(s) {
	const of = async (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8").catch(() => ""))?.[1] ?? 0);
	const pids = (await Promise.all(["money", "clerk"].map((role) => s.pids(role)))).flat();

	return new Map(await Promise.all(pids.map(async (pid) => [pid, await of(pid)])));
}

// silence: now and then nobody is told for a moment.
function silence(s) {
	let going = true;
	const done = (async () => {
		for (let i = 0; going; i++) {
			await s.provider.webhooks({ drop: i % 20 === 19, duplicate: 1 + (i % 2), shuffle: i % 3 ? 300 : false });
			await sleep(200);
		}
		await s.provider.webhooks({ drop: false, duplicate: false, shuffle: false });
	})();

	return async () => {
		going = false;
		await done;
	};
}

// flaws: how often each fault happened.
const flaws = async (s) => (await s.provider.faults()).map((rule) => rule.applied);

async function soak(t) {
	const s = await t.stack("soak", { views: 1, moneys: 16, hooks: 4, clerks: 8, set: { "money.wait_ms": 1500, "clerk.interval_ms": 50, "clerk.call_ms": 1500,
		"clerk.lookup_after_s": 5 } }, (one) => one.provider.webhooks({ retries: [100, 300, 1000, ...Array(40).fill(1000)] }));
	const all = Array.from({ length: t.n(10000, 100, 300) }, () => ({ fields: gift(t, { interval: t.pick(["once", "once", "once", "month", "year"]) }), act: fate(t),
		twice: t.chance(20) }));
	const why = [];
	const began = Date.now();
	let before, n = 0;

	await s.provider.fault(...FAULTS.map((how, i) => ({ match: { path: "^/v1/", rate: RATE, seed: t.seed + i }, do: how })));
	await patience(s, 1000);	// half of all calls fail, so no circuit may open
	const stop = silence(s);

	await each(all, 48, async ({ fields, act, twice }) => {
		try {
			const [page] = await Promise.all([insist(who(s), fields, 300), twice ? who(s).pledge(fields) : undefined]);

			await act(s, page);
		} catch (error) {
			why.push(error.message);
		}
		n += 1;
		if (n === Math.ceil(all.length / 5))
			before = await memory(s);
		if (n % 500 === 0)
			t.say(`${n} pledges after ${((Date.now() - began) / 1000).toFixed(0)} s`);
	});
	const after = await memory(s);
	const applied = await flaws(s);
	const grown = Math.max(...[...after].map(([pid, kib]) => kib - (before?.get(pid) ?? kib)));

	await stop();
	await s.provider.no_faults();
	t.say(`given after ${((Date.now() - began) / 1000).toFixed(0)} s`);
	// Whoever was not told looks: every page that is open is due for it.
	const now = `to_timestamp(${Date.now() / 1000})`;

	await s.sql("UPDATE pledged.attempt SET next_look_at = now() WHERE state IN ('open', 'processing')");
	await in_time(300, async () => await s.count(`SELECT count(*) FROM pledged.attempt WHERE state IN ('open', 'processing')
		AND (looked_at IS NULL OR looked_at < ${now})`) === 0);
	await settled(s, { seconds: 300, hurry: true });
	applied.forEach((times, i) => (times === 0 && !t.short && !t.wanted) && why.push(`${JSON.stringify(FAULTS[i])} never happened`));
	if (grown > GROWTH_KIB)
		why.push(`a process grew by ${grown} KiB`);
	t.count({ faults: applied.reduce((sum, times) => sum + times, 0), pledges: all.length });
	const sums = await s.one(`SELECT string_agg(currency || ' ' || n, ', ' ORDER BY currency) FROM (SELECT currency, sum(amount) AS n FROM pledged.payment
		WHERE state = 'paid' GROUP BY 1) x`);

	return verdict(`${all.length} pledges, ${applied.reduce((sum, times) => sum + times, 0)} faults, ${sums}, grown ${grown} KiB, ${
		((Date.now() - began) / 1000).toFixed(0)} s`, true, [...why.slice(0, 5), ...await audit(t, s)]);
}

export const lines = [
	{ id: "A16", name: "soak-money", title: "10,000 pledges with 5 % of each fault (case 87)", target: "10000, 0 lost, 0 double, the same sums, memory bounded", run: soak },
];
