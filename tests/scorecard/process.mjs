// process.mjs: what befalls the processes themselves: killed, asked to end, told to read their files again, short of
// descriptors, with a clock that leaps.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { chmod, readFile, rename, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import { agent, client, key } from "../walk/lib/http.mjs";
import { deliver, event, now_s } from "../walk/lib/money.mjs";
import { as_server } from "../walk/lib/pg.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { metric } from "../walk/lib/view.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { fault_stack, LATER, quick, under } from "./lib/fault.mjs";
import { CREATE, gift } from "./lib/money.mjs";

const most = (list) => Math.max(0, ...list);
const alive = (pid) => existsSync(`/proc/${pid}`) && !/^State:\s+Z/m.test(readable(`/proc/${pid}/status`));

function readable(file) {
	try {
		return execFileSync("cat", [file], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	} catch {
		return "State:\tZ";
	}
}

// ends: how long a process takes to end, in seconds.
async function ends(pid, seconds) {
	const from = Date.now();

	await until(`${pid} ends`, () => !alive(pid), seconds);
	return (Date.now() - from) / 1000;
}

// others: a role has as many processes as before, none of them this one.
const others = (s, role, pid, n) => until(`another process of ${role}`, async () => {
	const now = await s.pids(role);

	return now.length === n && !now.includes(pid);
});

// --- B13 -----------------------------------------------------------------------------------------

const FEW = 32;
const FEW_S = 8;

async function descriptors(t) {
	const s = await fault_stack(t);

	return under(t, s, async (donors) => {
		const roles = ["view", "money", "clerk"];
		const pids = (await Promise.all(roles.map((role) => s.pids(role)))).flat();
		const before = pids.map((pid) => /Max open files\s+(\d+)/.exec(readable(`/proc/${pid}/limits`))[1]);
		// The soft limit alone: it can be put back by whoever the processes belong to.
		const limit = (n) => Promise.all(pids.map((pid, i) => as_server("/usr/bin/prlimit", "--pid", String(pid), `--nofile=${n ?? before[i]}:`)));
		const pool = agent(t.n(200, 100));
		const answers = [];
		let going = true;

		await limit(FEW);
		t.count({ faults: pids.length });
		const crowd = Array.from({ length: t.n(200, 100) }, async (_, i) => {
			const who = client(s.url, { agent: pool });

			for (let k = 0; going; k++) {
				const { status } = await who.get(`/decide?a=/fd/${i}-${k}&s=fd`).catch(() => ({ status: 0 }));

				answers.push(status);
				await sleep(20);
			}
		});

		const worked = () => pids.reduce((sum, pid) => sum + readable(`/proc/${pid}/stat`).split(") ").pop().split(" ").slice(11, 13).reduce((a, b) => a + Number(b), 0), 0) / 100;
		const from = worked();

		await sleep(FEW_S * 1000);
		const busy = (worked() - from) / FEW_S;
		const open = most(pids.map((pid) => readdirSync(`/proc/${pid}/fd`).length));

		await limit();
		going = false;
		await Promise.all(crowd);
		pool.destroy();
		await donors.back(Date.now(), 8);
		const now = (await Promise.all(roles.map((role) => s.pids(role)))).flat();
		const odd = answers.filter((status) => status !== 200 && !LATER.includes(status));

		return { value: `${answers.length} pages, ${open} descriptors at most, ${busy.toFixed(2)} processors busy, ${odd.length} odd answers${odd.length > 0 ? ` (${odd[0]})` : ""}, ${
			now.every((pid) => pids.includes(pid)) ? "none ended" : "some ended"}`,
			good: odd.length === 0 && now.every((pid) => pids.includes(pid)) && open >= FEW - 4 };
	});
}

// --- B17 -----------------------------------------------------------------------------------------

const fake = readdirSync("/usr/lib").map((d) => `/usr/lib/${d}/faketime/libfaketime.so.1`).find(existsSync);
const LEAPS = [["an hour ahead", 3600], ["an hour back", -3600], ["a day ahead", 86400], ["a day back", -86400]];
const STEPS = 12, STEP_S = 9;	// together less than a webhook may be old
const WAIT_MS = 2500;
const CALL_MS = 2500;
const DEADLINE_MS = 300;	// nginx waits for 500
const SLACK_MS = 1500;
const EARLY_MS = 100;	// the request is under way before its time begins

const STALE = "pledged_webhook_signature_failures_total";
const hello = () => event("product.created", { id: "prod_x", object: "product" });

// moved: words when what has a time-out ended before it or long after it.
const moved = (what, ms, limit) => (ms < limit - EARLY_MS || ms > limit + SLACK_MS ? [`${what} after ${ms} ms of ${limit}`] : []);

// held: the sessions of view stop, so that a page waits for its deadline, while act() is done.
async function held(s, act) {
	const sessions = (await s.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'pledged_view'")).flat().map(Number);

	sessions.forEach((pid) => process.kill(pid, "SIGSTOP"));
	try {
		return await act();
	} finally {
		sessions.forEach((pid) => process.kill(pid, "SIGCONT"));
	}
}

// timed: an answer, and how long it took.
async function timed(asked) {
	const from = Date.now();
	const answer = await asked;

	return { answer, ms: Date.now() - from };
}

// leap: a pledge waits for the provider and a page for the database while the clock leaps: neither ends before its time or after it.
async function leap(s, t, reader, step, offset) {
	await s.provider.fault({ match: CREATE, times: 5, do: "delay:8000" });
	const pledge = timed(client(s.url).pledge(gift(t), { timeout_ms: 20000 }));

	await sleep(700);
	const page = await held(s, async () => {
		const asked = timed(reader.decide(`/clock/${Math.random()}`, { section: "clock" }));

		await sleep(80);
		await step(offset);
		return asked;
	});
	const gave = await pledge;

	await s.provider.no_faults();
	t.count({ faults: 1, pledges: 1 });
	const why = [...moved(`a pledge is answered ${gave.answer.status}`, gave.ms, WAIT_MS), ...moved(`a page is ${page.answer.act}`, page.ms, DEADLINE_MS)];

	if (![202, 503].includes(gave.answer.status))
		why.push(`a pledge gets ${gave.answer.status}`);
	if (page.answer.status !== 200 || page.answer.act !== "open")
		why.push(`a page gets ${page.answer.status} ${page.answer.act}`);
	return { why, wait: gave.ms, open: page.ms };
}

// hooks_of: a webhook of the right time is refused and counted, one of the clock's own is kept.
async function hooks_of(s, offset) {
	const before = await metric(s, STALE);
	const now = await deliver(s, hello());
	const then = await deliver(s, hello(), { t: now_s() + offset });
	const counted = await metric(s, STALE) - before;

	return [now.status, then.status, counted > 0].join() === "400,200,true" ? []
		: [`a webhook of now gets ${now.status}, one of then ${then.status}, ${counted} counted`];
}

// creep: the clock goes back again and again while donors and readers are served; no step is large enough to matter.
async function creep(s, donors, readers, step) {
	const from = Date.now();
	const why = [];

	for (let i = 1; i <= STEPS; i++) {
		await step(-i * STEP_S);
		const { status } = await deliver(s, hello());

		if (status !== 200)
			why.push(`${i * STEP_S} s back: a webhook of now gets ${status}`);
		await sleep(150);
	}
	await donors.back(Date.now(), 4);
	const refused = donors.answers.filter((a) => a.from >= from && !a.told);
	const opened = readers.since(from).filter((a) => a.reason === "store_down");

	if (refused.length > 0)
		why.push(`${refused.length} donors are refused: ${refused[0].status}`);
	if (opened.length > readers.since(from).length / 100)
		why.push(`${opened.length} of ${readers.since(from).length} pages are opened uncounted`);
	await step(0);
	await donors.back(Date.now(), 4);
	return why;
}

async function clocks(t) {
	if (!fake)
		return { value: "there is no libfaketime", skip: true, pass: true };
	const s = await t.stack("clock", { views: 1, moneys: 8, clerks: 1, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 5, "money.wait_ms": WAIT_MS,
		"clerk.call_ms": CALL_MS, "view.deadline_ms": DEADLINE_MS } }, quick);
	const file = join(s.dir, "conf", "clock"); // a folder that roles may read
	// Whole at once: it is read at every look at the clock.
	const step = async (offset) => {
		await writeFile(`${file}.new`, `${offset < 0 ? offset : `+${offset}`}\n`);
		await chmod(`${file}.new`, 0o644);
		await rename(`${file}.new`, file);
	};

	await step(0);
	for (const role of ["view", "money", "clerk"])
		await s.role(role, "restart", { LD_PRELOAD: fake, FAKETIME_TIMESTAMP_FILE: file, FAKETIME_NO_CACHE: "1", FAKETIME_DONT_FAKE_MONOTONIC: "1" });
	await s.ready();
	const leaps = t.shuffle(LEAPS).slice(0, t.n(LEAPS.length, 2));

	return under(t, s, async (donors, readers) => {
		const why = [], waits = [], opens = [];
		const reader = client(s.url);

		for (const [name, offset] of leaps) {
			await reader.decide("/clock/first", { section: "clock" });
			const { why: wrong, wait, open } = await leap(s, t, reader, step, offset);

			waits.push(wait);
			opens.push(open);
			wrong.push(...await hooks_of(s, offset));
			await donors.back(Date.now(), 4);
			await sleep(CALL_MS + 500);	// the clerk looks at the clock between two calls
			await step(0);
			await donors.back(Date.now(), 4);
			why.push(...wrong.map((text) => `${name}: ${text}`));
		}
		const since = Date.now();

		why.push(...await creep(s, donors, readers, step));
		t.count({ faults: STEPS });
		return { value: `${leaps.length} leaps and ${STEPS} steps back, pledges answered after ${Math.min(...waits)} to ${most(waits)} ms of ${WAIT_MS}, pages after ${
			Math.min(...opens)} to ${most(opens)} ms of ${DEADLINE_MS}, webhooks refused and counted, decide p99 ${readers.p99(since)} ms in steps`, why };
	}, { also: [400] });
}

// --- B18, B19 ------------------------------------------------------------------------------------

// drain: requests that wait, for the database or the provider, while their process is asked to end.
async function drain(t) {
	const s = await fault_stack(t);
	const n = t.n(200, 60);
	const drain_s = 3 + 2.5 + 1;	// view.drain_ms, money.wait_ms, and a second: src/main/money.c
	const pool = agent(n);
	const why = [];
	let cut = 0, answered = 0, slowest = 0;

	for (let i = 0; i < 4; i++) {
		const role = i % 2 ? "money" : "view";
		const pids = await s.pids(role);
		const asked = [];
		const held = role === "view" ? (await s.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'pledged_view'")).flat().map(Number) : [];

		if (role === "money")
			await s.provider.fault({ match: CREATE, times: pids.length, do: "delay:1500" });
		held.forEach((pid) => process.kill(pid, "SIGSTOP"));
		// Each process of money has one request; the others of its listening socket wait for whoever comes after it.
		for (let k = 0; k < n; k++) {
			const who = client(s.url, { agent: pool });

			asked.push(role === "view" ? who.get(`/decide?a=/drain/${i}-${k}&s=drain`, { timeout_ms: 30000 }) : who.pledge(gift(t), { timeout_ms: 60000 }));
		}
		const all = Promise.allSettled(asked);

		await sleep(role === "view" ? 60 : 600);
		pids.forEach((pid) => process.kill(pid, "SIGTERM"));
		t.count({ faults: pids.length, pledges: role === "money" ? n : 0 });
		const times = Promise.all(pids.map((pid) => ends(pid, 30)));

		await sleep(200);
		held.forEach((pid) => process.kill(pid, "SIGCONT"));
		slowest = Math.max(slowest, ...await times);
		for (const { value, reason } of await all) {
			answered += 1;
			if (reason || ![200, 201, 202, 503].includes(value.status)) {
				cut += 1;
				why.push(`${role}: ${reason?.message ?? `${value.status} ${value.text.slice(0, 80)}`}`);
			}
		}
		await s.provider.no_faults();
		await s.ready();
	}
	pool.destroy();
	await settled(s, { hurry: true });
	return verdict(`${answered - cut}/${answered} answered, the last process ended after ${slowest.toFixed(2)} s`, cut === 0 && slowest <= drain_s,
		[...new Set(why)].slice(0, 5).concat(await audit(t, s)));
}

// drain_silent: a peer that begins a request and says no more.
async function drain_silent(t) {
	const s = await fault_stack(t);
	const BEGIN = Buffer.from([1, 1, 0, 1, 0, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);
	const LIMIT = { view: 3, money: 3 + 2.5 + 1 };
	const why = [];
	const times = [];

	for (let i = 0; i < t.n(6, 2); i++) {
		const role = i % 2 ? "money" : "view";
		const pids = await s.pids(role);
		const peers = pids.flatMap(() => Array.from({ length: 3 }, () => {
			const peer = connect(s.env[role === "view" ? "VIEW_SOCK" : "MONEY_SOCK"]);

			peer.on("error", () => {});
			peer.write(i % 3 ? BEGIN : BEGIN.subarray(0, 5));
			return peer;
		}));

		await sleep(300);
		pids.forEach((pid) => process.kill(pid, "SIGTERM"));
		t.count({ faults: peers.length });
		const took = await Promise.all(pids.map((pid) => ends(pid, 30)));

		times.push(...took);
		if (most(took) > LIMIT[role] + 1)
			why.push(`${role}: ${most(took).toFixed(1)} s`);
		peers.forEach((peer) => peer.destroy());
		await s.ready();
	}
	return verdict(`${times.length} processes, the last after ${most(times).toFixed(2)} s`, true, [...why, ...await audit(t, s)]);
}

// --- B20 -----------------------------------------------------------------------------------------

const REFUSED = "the configuration was not read again; the old one stays";
const READ = "the configuration was read again";

async function reload(t) {
	const s = await fault_stack(t);
	const good = await readFile(s.env.CONF, "utf8");
	const bad = [`${good}\n[nonsense]\nx = 1\n`, good.replace(/^wait_ms = .*$/m, "wait_ms = much"), "", good.slice(0, 700).replace(/\n[^\n]*$/, "\n[view\n")];
	const times = t.n(100, 20);
	const said = async (words) => (await Promise.all(["view", "money", "clerk"].map((role) => s.log(role)))).join("\n").split(`"${words}"`).length - 1;

	return under(t, s, async (donors) => {
		const pids = (await Promise.all(["view", "money", "clerk"].map((role) => s.pids(role)))).flat().sort();
		const before = [await said(READ), await said(REFUSED)];

		for (let i = 0; i < times; i++) {
			await writeFile(s.env.CONF, i % 5 === 3 ? bad[Math.floor(i / 5) % bad.length] : good);
			pids.forEach((pid) => process.kill(pid, "SIGHUP"));
			t.count({ faults: pids.length });
			await sleep(80);
		}
		await writeFile(s.env.CONF, good);
		await donors.back(Date.now(), 4);
		const now = (await Promise.all(["view", "money", "clerk"].map((role) => s.pids(role)))).flat().sort();
		const [read, refused] = [await said(READ) - before[0], await said(REFUSED) - before[1]];
		const errors = donors.answers.filter((a) => !a.told).length;

		return { value: `${times} signals to ${pids.length} processes, ${read} read, ${refused} refused, ${errors} errors`,
			good: errors === 0 && refused > 0 && read > 0 && String(now) === String(pids) };
	});
}

// --- B21 -----------------------------------------------------------------------------------------

const WINDOW_S = 1;

async function workers(t) {
	const s = await fault_stack(t);
	const kills = t.n(50, 6, 20);

	return under(t, s, async (donors, readers) => {
		const windows = [];

		for (let i = 0; i < kills; i++) {
			const role = ["money", "view", "money", "clerk"][i % 4];
			const pids = await s.pids(role);
			const pid = t.pick(pids);
			const from = Date.now();

			process.kill(pid, "SIGKILL");
			t.count({ faults: 1 });
			await others(s, role, pid, pids.length);
			await donors.back(Date.now(), 2);
			// From the first answer that was cut to the last one.
			const cut = [...donors.answers, ...readers.answers].filter((a) => a.at >= from && !a.told && a.status !== 200 && !LATER.includes(a.status)).map((a) => a.at);

			windows.push(cut.length > 0 ? (most(cut) - Math.min(...cut)) / 1000 : 0);
		}
		const lost = donors.answers.filter((a) => !a.told && !LATER.includes(a.status)).length;

		return { value: `${kills} kills, ${lost} donors and ${readers.answers.filter((a) => a.status !== 200).length} readers cut, longest window ${most(windows).toFixed(2)} s`,
			good: most(windows) <= WINDOW_S };
	}, { also: [0, 502, 504] });
}

export const lines = [
	{ id: "B13", name: "fd-limit", title: `no more than ${FEW} descriptors a process, under a crowd`, target: "pages and 503s, no exit, recovers", run: descriptors },
	{ id: "B17", name: "clock", title: "the wall clock leaps by an hour and by a day, both ways, and steps back, during requests (cases 29, 85)",
		target: "time-outs unmoved; webhooks refused and counted", run: clocks },
	{ id: "B18", name: "drain", title: "SIGTERM to all processes of a role while 200 requests run", target: "0 cut, all end in time", run: drain },
	{ id: "B19", name: "drain-silent", title: "SIGTERM with peers that begin a request and say no more", target: "all end within a second of their time", run: drain_silent },
	{ id: "B20", name: "reload", title: "SIGHUP under load, with bad files among them (case 82)", target: "0 errors, bad files refused, the old one kept", run: reload },
	{ id: "B21", name: "worker-kill", title: "SIGKILL to one process after the other under load (cases 21, 49)", target: `0 lost, error windows at most ${WINDOW_S} s`, run: workers },
];
