// outside.mjs: peers that are slow on purpose, bodies that are bombs, guesses at other people's pledges; how long a role takes to
// start, with the database and without.

import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { connect } from "node:net";

import { fcgi } from "../walk/lib/fcgi.mjs";
import { agent, client } from "../walk/lib/http.mjs";
import { made } from "../walk/lib/money.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { wire } from "../walk/lib/wire.mjs";
import { audit, verdict } from "./lib/audit.mjs";
import { fault_stack, under } from "./lib/fault.mjs";

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? 0;

const quarter = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 4)] ?? 0;

// --- B12 -----------------------------------------------------------------------------------------

const ERRORS = 0.01;

// loss: the kernel drops one packet in ten to and from these ports, by a table of our own; undefined where that cannot be asked for.
// It gives { dropped(), end() }.
async function loss(ports) {
	const table = `pledged_score_${process.pid}`;
	const nft = (text) => new Promise((done) => {
		const asked = execFile("/usr/sbin/nft", ["-f", "-"], (error, stdout) => done(error ? undefined : stdout));

		asked.stdin.on("error", () => {});
		asked.stdin.end(text);
	});
	const rule = (side) => `tcp ${side} { ${ports.join(", ")} } numgen random mod 100 < 10 counter drop`;
	const made = process.getuid() !== 0 ? undefined
		: await nft(`table inet ${table} {\nchain in {\ntype filter hook input priority 0;\n${rule("dport")}\n${rule("sport")}\n}\n}\n`);

	return made === undefined ? undefined : {
		dropped: async () => [...(await nft(`list table inet ${table}\n`) ?? "").matchAll(/counter packets (\d+)/g)].reduce((n, m) => n + Number(m[1]), 0),
		end: () => nft(`delete table inet ${table}\n`),
	};
}

// lossy: loss that the kernel makes; without it nothing is shown.
async function lossy(t) {
	const asked = await loss([9]);

	if (!asked)
		return { value: "needs root and nftables", skip: true, pass: true };
	await asked.end();
	const s = await fault_stack(t);
	const w = await wire(s);
	const seconds = t.n(300, 15, 40);
	let drops;

	try {
		return await under(t, s, async (donors, readers) => {
			drops = await loss([w.port, s.env.PROVIDER_PORT]);
			if (!drops)
				throw new Error("nft refused the table");
			await sleep(seconds * 1000);
			const n = await drops.dropped();

			await drops.end();
			t.count({ faults: n });
			const errors = donors.answers.filter((a) => !a.told).length;

			return { value: `${seconds} s, ${n} packets dropped, ${errors} of ${donors.answers.length} donors refused, decide p99 ${readers.p99()} ms`,
				good: errors <= donors.answers.length * ERRORS && n > 0 };
		});
	} finally {
		await drops?.end();
		await w.end();
	}
}

// --- C08 -----------------------------------------------------------------------------------------

const SLOW_MS = 200;

// loris: a connection that says a byte in a while, as a request line and headers, as a body, or reads nothing.
function loris(s, kind) {
	const { hostname, port } = new URL(s.url);
	const socket = connect(Number(port), hostname);
	const head = {
		header: "GET /decide?a=/x&s=news HTTP/1.1\r\nHost: x\r\n",
		body: `POST /pledge HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nOrigin: ${s.url}\r\nContent-Length: 4000\r\n\r\n{`,
		read: "GET /en/news/night-ferry HTTP/1.1\r\nHost: x\r\n\r\n".repeat(40),
	}[kind];

	socket.on("error", () => {});
	socket.write(head);
	if (kind === "read")
		socket.pause();
	else
		socket.on("data", () => {});
	const timer = setInterval(() => socket.writable && kind !== "read" && socket.write(kind === "header" ? "X" : " "), 500);

	return () => {
		clearInterval(timer);
		socket.destroy();
	};
}

async function slowloris(t) {
	const s = await fault_stack(t);
	const n = t.n(300, 60);
	const ends = Array.from({ length: n }, (_, i) => loris(s, ["header", "body", "read"][i % 3]));

	await sleep(1000);
	return under(t, s, async (donors, readers) => {
		const from = Date.now();

		await sleep(8000);
		const p99 = readers.p99(from);
		const worst = donors.slowest(from);

		ends.forEach((end) => end());
		t.count({ faults: n });
		return { value: `${n} slow peers, decide p99 ${p99} ms, slowest pledge ${worst.toFixed(2)} s`, good: p99 <= SLOW_MS };
	});
}

// --- C09 -----------------------------------------------------------------------------------------

const GROWTH_KIB = 2048;
const REFUSE_MS = 5;

// busy: what the kernel says that a process has had of a processor, in ms; it does not depend on what else runs, nor on the sending.
const busy = async (pid) => Number((await readFile(`/proc/${pid}/schedstat`, "utf8")).split(" ")[0]) / 1e6;
const busy_all = async (pids) => (await Promise.all(pids.map(busy))).reduce((sum, ms) => sum + ms, 0);

const rss = async (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]);

async function bombs(t) {
	const s = await fault_stack(t);
	const keys = `{${Array.from({ length: 100000 }, (_, i) => `"k${i}":1`).join(",")}}`;
	const deep = `${"[".repeat(1e5)}${"]".repeat(1e5)}`;
	const wide = `{"amount":"25.00","currency":"EUR","interval":"once","key":"bomb-bomb-bomb-01","email":"${"x".repeat(1 << 20)}"}`;
	const params = (more) => [["REQUEST_METHOD", "POST"], ["DOCUMENT_URI", "/pledge"], ["CONTENT_TYPE", "application/json"], ...more];
	const direct = (body, more = []) => fcgi(s.env.MONEY_SOCK, params([["CONTENT_LENGTH", String(body.length)], ...more]), body).then(({ status }) => status ?? 0, () => 0);
	const through = (body) => s.request("/pledge", { method: "POST", body, headers: { "content-type": "application/json", origin: s.url } }).then(({ status }) => status, () => 0);
	const BOMBS = {
		"a megabyte of JSON": () => direct(wide), "100,000 keys": () => direct(keys), "100,000 deep": () => direct(deep),
		"16 kB deep": () => through(deep.slice(0, 8000)), "a megabyte through nginx": () => through(wide),
		"200,000 parameters": () => fcgi(s.env.MONEY_SOCK, params(Array.from({ length: 200000 }, (_, i) => [`P${i}`, ""]))).then(({ status }) => status ?? 0, () => 0),
		"a parameter of a megabyte": () => fcgi(s.env.MONEY_SOCK, params([["QUERY_STRING", "x".repeat(1 << 20)]])).then(({ status }) => status ?? 0, () => 0),
	};
	const UNTOLD = ["a megabyte of JSON", "100,000 keys", "100,000 deep", "200,000 parameters", "a parameter of a megabyte"];
	const why = [];
	const times = [];

	// Once each, so that buffers that stay have been there.
	for (let i = 0; i < 6; i++)
		await Promise.all(Object.values(BOMBS).map((throw_it) => throw_it()));
	const pids = await s.pids("money");
	const before = await Promise.all(pids.map(rss));
	const n = t.n(20, 3);
	const costs = {};

	for (const [name, throw_it] of Object.entries(BOMBS)) {
		const spent = [];

		for (let i = 0; i < n; i++) {
			const had = await busy_all(pids);
			const from = performance.now();
			const status = await throw_it();

			times.push(performance.now() - from);
			spent.push(await busy_all(pids) - had);
			t.count({ faults: 1 });
			// 0: the connection ended while we were sending, which only who speaks past nginx meets
			if (![400, 403, 405, 413, 414, 422, 431, ...UNTOLD.includes(name) ? [0] : []].includes(status))
				why.push(`${name}: ${status}`);
		}
		costs[name] = quarter(spent); // what a machine with other work adds, by its caches, is no part of the cost
		if (costs[name] > REFUSE_MS)
			why.push(`${name}: ${costs[name].toFixed(1)} ms of a processor`);
	}
	const now = await s.pids("money");
	const grown = Math.max(...await Promise.all(pids.map(async (pid, i) => (now.includes(pid) ? await rss(pid) - before[i] : 0))));

	if (String(now) !== String(pids))
		why.push("a process ended");
	if (grown > GROWTH_KIB)
		why.push(`grown by ${grown} KiB`);
	const most = Math.max(...Object.values(costs));

	return verdict(`${times.length} bombs, at most ${most.toFixed(1)} ms of a processor each, median ${median(times).toFixed(0)} ms with the sending, grown ${grown} KiB`,
		most <= REFUSE_MS && grown <= GROWTH_KIB, [...new Set(why), ...await audit(t, s)]);
}

// --- C15 -----------------------------------------------------------------------------------------

const NOISE_MS = 0.3;

async function guesses(t) {
	const s = await fault_stack(t);
	const { pledge } = await made(s);
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	const random = () => Array.from(pledge, () => alphabet[t.int(0, 63)]).join("");
	// As near to a real one as can be: all but one letter.
	const near = () => {
		const at = t.int(0, pledge.length - 1);

		return pledge.slice(0, at) + alphabet[t.int(0, 63)] + pledge.slice(at + 1);
	};
	const seen = { random: [], near: [] };
	const shapes = new Set();
	const pool = agent(1);
	const n = t.n(500, 60);

	for (let i = 0; i < n; i++) {
		for (const [kind, make] of [["random", random], ["near", near]]) {
			const token = make();

			if (token === pledge)
				continue;
			const from = performance.now();
			const answer = await client(s.url, { agent: pool }).get(`/pledge/${token}`, { headers: { accept: "application/json" } });

			seen[kind].push(performance.now() - from);
			const { instance, request_id, ...rest } = answer.json();

			shapes.add(JSON.stringify([answer.status, answer.text.length, rest]));
		}
	}
	pool.destroy();
	// The quick quarter: what a machine with other work adds is no part of the answer.
	const [a, b] = [quarter(seen.random), quarter(seen.near)];
	const off = Math.abs(a - b) <= NOISE_MS ? 0 : Math.abs(a - b) / Math.max(a, b);
	const why = shapes.size === 1 ? [] : [`${shapes.size} kinds of answers: ${[...shapes].slice(0, 3).join(" ")}`];

	return verdict(`${2 * n} guesses, ${shapes.size} kind of answer, quick quarters ${a.toFixed(2)} and ${b.toFixed(2)} ms`, off <= 0.1, why);
}

// --- E04 -----------------------------------------------------------------------------------------

const START_MS = 200;
const HEAL_S = 2;

// born: when a process began, by the kernel's clock.
const born = async (pid) => Date.now() - Number((await readFile("/proc/uptime", "utf8")).split(" ")[0]) * 1000
	+ Number((await readFile(`/proc/${pid}/stat`, "utf8")).split(") ")[1].split(" ")[19]) * 10;

// starts: from a process's birth to the line in which it says that it knows its campaigns, which is when it is ready.
async function starts(t) {
	const s = await t.stack("start", { views: 1, moneys: 1, clerks: 1 });
	const times = [];
	const why = [];
	const loaded = async () => (await s.log("view")).split("\n").filter((line) => line.includes('"campaigns loaded"')).map((line) => Date.parse(JSON.parse(line).ts));

	for (let i = 0; i < t.n(10, 3); i++) {
		const [old] = await s.pids("view");
		const before = (await loaded()).length;

		process.kill(old, "SIGKILL");
		const at = await until("it is loaded", async () => (await loaded())[before], 30);
		const [pid] = await s.pids("view");

		times.push(Math.max(0, at - await born(pid)));
		await s.ready();
	}
	const start = median(times);

	await s.pg("stop");
	t.count({ faults: 1 });
	await s.role("view", "restart");
	const live = await until("it lives", async () => (await s.request("/healthz")).status === 200);
	const ready = (await s.request("/readyz")).status;

	await s.pg("start");
	const up = Date.now();

	await until("ready", async () => (await s.request("/readyz")).status === 200, 30);
	const healed = (Date.now() - up) / 1000;

	if (!live || ready !== 503)
		why.push(`without the database: ready says ${ready}`);
	return verdict(`ready after ${start.toFixed(0)} ms, without the database live and not ready, healed in ${healed.toFixed(2)} s`, start <= START_MS && healed <= HEAL_S, why);
}

export const lines = [
	{ id: "B12", name: "net-loss", title: "one packet in ten is dropped, both ways, between us and PostgreSQL and the provider", target: "0 lost, errors at most 1 %", run: lossy },
	{ id: "C08", name: "slowloris", title: "peers that are slow with headers, bodies and reading", target: `decide p99 ${SLOW_MS} ms meanwhile`, run: slowloris },
	{ id: "C09", name: "bombs", title: "bodies and parameters that are bombs", target: `refused, ${REFUSE_MS} ms of a processor, no process grows by more than ${GROWTH_KIB} KiB`, run: bombs },
	{ id: "C15", name: "enum", title: "guesses at pledges, at random and a letter beside a real one", target: "one answer, in the same time within a tenth", run: guesses },
	{ id: "E04", name: "start", title: "how long until a process is ready; the database is away when it starts", target: `${START_MS} ms; live, not ready, heals in ${HEAL_S} s`,
		run: starts },
];
