// postgres.mjs: what can happen to the database under a service that people use: sessions and servers that die, standbys, wires
// that go silent, disks that run full. Nobody who was told of a pledge loses it, pages open meanwhile, and nothing is restarted
// by hand but what the line says.

import { readFile, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";

import { as_server, beside, can_mount, own_server, set, small } from "../walk/lib/pg.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { conninfo, wire } from "../walk/lib/wire.mjs";
import { fault_stack, quick, under } from "./lib/fault.mjs";

const most = (list) => Math.max(0, ...list);
const seconds = (x) => `${x.toFixed(2)} s`;
const backends = async (s, role = "pledged_money") => (await s.sql(`SELECT pid FROM pg_stat_activity WHERE usename = '${role}'`)).flat().map(Number);

// startup: a session that does nothing, as somebody else's program holds them: {socket, taken}.
function session(s, user = "pledged_report") {
	const words = Buffer.from(`\0\x03\0\0user\0${user}\0database\0${s.env.PGDATABASE}\0\0`, "latin1");
	const length = Buffer.alloc(4);

	length.writeInt32BE(words.length + 4);
	return new Promise((done) => {
		const socket = connect(join(s.env.PGHOST, `.s.PGSQL.${s.env.PGPORT}`));

		socket.on("error", () => done({ socket, taken: false }));
		socket.on("close", () => done({ socket, taken: false }));
		socket.once("data", (piece) => done({ socket, taken: piece[0] === 82 }));
		socket.write(Buffer.concat([length, words]));
	});
}

// taking: when the server takes sessions again, after all of them were ended by a crash of one.
async function taking(s) {
	await sleep(30);
	await until("the server takes sessions", async () => {
		const { socket, taken } = await session(s);

		socket.destroy();
		return taken;
	});
	return Date.now();
}

// --- B01, B02 ------------------------------------------------------------------------------------

const KILL_GAP_S = 1;

async function killed(t) {
	const s = await fault_stack(t);
	const runs = t.n(10, 2);

	return under(t, s, async (donors) => {
		const gaps = [], more = [];

		for (let i = 0; i < runs; i++) {
			const pid = t.pick(await until("a session", async () => {
				const all = await backends(s, t.pick(["pledged_money", "pledged_view", "pledged_clerk"]));

				return all.length > 0 && all;
			}));
			const from = Date.now();

			process.kill(pid, "SIGKILL");
			t.count({ faults: 1 });
			const up = await taking(s);

			await donors.back(up, 8);
			gaps.push(donors.gap(from));
			more.push(gaps[i] - (up - from) / 1000);
			await s.ready();
		}
		return { value: `${runs} kills, longest gap ${seconds(most(gaps))}, of it ours ${seconds(most(more))}`, good: most(more) <= KILL_GAP_S };
	});
}

const BACK_S = 2;
const PAGE_MS = 100;

async function restarted(t) {
	const s = await fault_stack(t);
	const runs = t.n(3);

	return under(t, s, async (donors, readers) => {
		const gaps = [];
		const began = Date.now();

		for (let i = 0; i < runs; i++) {
			await s.pg("stop");
			t.count({ faults: 1 });
			await sleep(1500);
			await s.pg("start");
			const up = Date.now();

			await donors.back(up, 1);
			gaps.push((donors.acknowledged(up)[0].at - up) / 1000);
			await sleep(1000);
		}
		const p99 = readers.p99(began);

		return { value: `${runs} restarts, back after ${seconds(most(gaps))}, decide p99 ${p99} ms`, good: most(gaps) <= BACK_S && p99 <= PAGE_MS };
	});
}

// --- B03, B04 ------------------------------------------------------------------------------------

const FAILOVER_S = 3;
const OTHER = 5433;

// pair: a service over two servers, the second a synchronous standby of the first.
const pair = (t) => t.stack("pair", { views: 2, moneys: 4, clerks: 2, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 5, "money.wait_ms": 2500,
	"clerk.call_ms": 2500 } }, async (s) => {
	await quick(s);
	s.standby = await beside(s, "pg2", { port: OTHER, words: ["-R", "-X", "stream", "-C", "-S", "second"], settings: ["primary_conninfo = "
		+ `'host=${s.env.PGHOST} port=${s.env.PGPORT} user=postgres application_name=second'`, "wal_retrieve_retry_interval = '500ms'"] });
	await s.standby.start();
	// Whatever happens to the line, no server stays behind.
	const down = s.down.bind(s);

	s.down = async () => {
		await s.standby.stop();
		await down();
	};
	await s.sql("ALTER SYSTEM SET synchronous_standby_names = 'second'");
	await s.sql("SELECT pg_reload_conf()");
	await until("a synchronous standby", async () => await s.one("SELECT sync_state FROM pg_stat_replication") === "sync");
	await conninfo(s, `host=${s.env.PGHOST},${s.env.PGHOST} port=${s.env.PGPORT},${OTHER} dbname=${s.env.PGDATABASE} target_session_attrs=read-write`);
});

async function failover(t) {
	const s = await pair(t);

	return under(t, s, async (donors, readers) => {
		const from = Date.now();

		await s.pg("kill");
		t.count({ faults: 1 });
		await sleep(1000);
		await s.standby.promote();
		s.env.PGPORT = String(OTHER);
		await donors.back(Date.now(), 10);
		const gap = donors.gap(from);
		const told = donors.acknowledged().filter((a) => a.at <= from).map((a) => `'${a.fields.key}'`);
		const there = await s.count(`SELECT count(*) FROM pledged.pledge WHERE key IN (${told})`);

		await s.ready();
		return { value: `gap ${seconds(gap)}, ${there} of ${told.length} that were told before are there, decide p99 ${readers.p99(from)} ms`,
			good: gap <= FAILOVER_S && there === told.length };
	});
}

const READ_ONLY_S = 3;

// returns: the server that was first comes back, with everything it had, and takes reads alone; later the other one does too.
async function returns(t) {
	const s = await pair(t);

	if (s.env.PGPORT !== String(OTHER))
		await failover(t);
	const old = own_server(s);

	await set(old.dir, ["synchronous_standby_names = ''", "default_transaction_read_only = on"]);
	await old.start();
	return under(t, s, async (donors) => {
		const gaps = [];

		for (let i = 0; i < t.n(3); i++) {
			// Everybody has to connect anew, and the old one stands first in the list.
			let from = Date.now();

			await s.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename LIKE 'pledged%'");
			await donors.back(Date.now(), 8);
			gaps.push(donors.gap(from));
			// Sessions that live on and are told 25006.
			await s.standby.sql("ALTER SYSTEM SET default_transaction_read_only = on");
			await s.standby.sql("SELECT pg_reload_conf()");
			await until("donors are told to come later", () => donors.answers.filter((a) => a.status === 503 && a.at > from).length > 3);
			await s.standby.sql("ALTER SYSTEM RESET default_transaction_read_only");
			from = Date.now();
			await s.standby.sql("SELECT pg_reload_conf()");
			await donors.back(Date.now(), 8);
			gaps.push(donors.gap(from));
			t.count({ faults: 2 });
		}
		const strays = Number(await old.sql(`SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'pledged\\_%' AND pid <> pg_backend_pid()`));

		await old.stop("immediate");
		return { value: `${gaps.length} turns, longest gap ${seconds(most(gaps))}, ${strays} sessions at the old one`, good: most(gaps) <= READ_ONLY_S && strays === 0 };
	});
}

// --- B05, B06 ------------------------------------------------------------------------------------

const SILENT_S = 4;
const ALONE_S = 10;

async function silent(t) {
	const s = await fault_stack(t);
	const w = await wire(s);

	try {
		return await under(t, s, async (donors, readers) => {
			let slowest = 0, back = 0, p99 = 0;

			for (let i = 0; i < t.n(3); i++) {
				const from = Date.now();

				w.mode = "silent";
				t.count({ faults: 1 });
				await sleep(ALONE_S * 1000);
				p99 = Math.max(p99, readers.p99(from));
				const up = Date.now();

				w.mode = "pass";
				await donors.back(up, 8);
				slowest = Math.max(slowest, donors.slowest(from));
				back = Math.max(back, (donors.acknowledged(up)[0].at - up) / 1000);
			}
			return { value: `error after ${seconds(slowest)}, back after ${seconds(back)}, decide p99 ${p99} ms`,
				good: slowest <= SILENT_S && back <= SILENT_S && p99 <= 2 * PAGE_MS };
		});
	} finally {
		await w.end();
	}
}

const SECOND_S = 8;	// a statement's patience, a connection's, and what a busy machine adds

// second: the silent server is the first of two that would do, so the other one has everybody while it is silent.
async function second(t) {
	const s = await fault_stack(t);
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const w = await wire(s, { words: ({ port }) => `host=127.0.0.1,${PGHOST} port=${port},${PGPORT} dbname=${PGDATABASE} target_session_attrs=read-write` });

	try {
		return await under(t, s, async (donors, readers) => {
			const from = Date.now();

			w.mode = "silent";
			t.count({ faults: 1 });
			await donors.back(from, 8, 120);
			await until("nobody is at the first", () => w.pairs.size === 0, 120);
			const there = Date.now();

			await until("pages are counted", () => readers.since(there).length >= 50, 120);
			const given = (donors.acknowledged(from).find((a) => a.from >= from).at - from) / 1000;
			const moved = (there - from) / 1000;
			const late = readers.since(there);
			const uncounted = late.filter((a) => a.reason === "store_down").length;

			w.mode = "pass";
			return { value: `with a second server pledges are back after ${seconds(given)}, all sessions after ${
				seconds(moved)}, ${uncounted}/${late.length} pages uncounted from then on`, good: given <= SECOND_S && moved <= SECOND_S && uncounted <= late.length / 10 };
		});
	} finally {
		await w.end();
	}
}

async function hole(t) {
	const both = [await silent(t), await second(t)];

	return { value: both.map((one) => one.value).join("; "), pass: both.every((one) => one.pass), why: both.flatMap((one) => one.why) };
}

const SLOW_S = 2.5;

// slow: each statement that stores a pledge or a view takes five seconds.
async function slow(t) {
	const s = await fault_stack(t);
	const on = ["pledge", "reader"];

	await s.sql("CREATE FUNCTION public.doze() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(5); RETURN NULL; END$$");
	try {
		return await under(t, s, async (donors, readers) => {
			const from = Date.now();

			for (const table of on)
				await s.sql(`SET lock_timeout = '20s'; CREATE TRIGGER doze BEFORE INSERT OR UPDATE ON pledged.${table} FOR EACH STATEMENT EXECUTE FUNCTION public.doze()`);
			t.count({ faults: 1 });
			await sleep(ALONE_S * 1000);
			const to = Date.now();
			const running = await s.count("SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'pledged\\_%' AND state <> 'idle'");

			for (const table of on)
				await s.sql(`DROP TRIGGER doze ON pledged.${table}`);
			const up = Date.now();

			await donors.back(up, 8);
			const slowest = donors.slowest(from);
			const p99 = readers.p99(from);
			const late = readers.since(from).filter((a) => a.at < to);
			const opened = late.filter((a) => a.act === "open").length;

			return { value: `503 after ${seconds(slowest)}, ${running} statements at once, decide p99 ${p99} ms, ${opened}/${late.length} opened`,
				good: slowest <= SLOW_S && running <= 12 && p99 <= 2 * PAGE_MS && opened === late.length };
		});
	} finally {
		await s.sql("DROP FUNCTION public.doze() CASCADE");
	}
}

// --- B07, B08 ------------------------------------------------------------------------------------

const NO_ROOT = { value: "needs root for a file system of its own", skip: true, pass: true };
const FULL = ["pledge", "attempt", "outbox", "inbox", "reader"];

async function data_full(t) {
	if (!can_mount())
		return NO_ROOT;
	const s = await fault_stack(t);
	const there = await s.count(`SELECT ceil(sum(pg_table_size(('pledged.' || t)::regclass)) / 1048576) FROM unnest('{${FULL}}'::text[]) t`);
	const disk = await small(s, "small", 24 + there);	// what earlier lines left, and some more
	// Tables take locks that the load holds: moved while nobody is there.
	const move = async (to) => {
		for (const role of ["view", "money", "clerk"])
			await s.role(role, "stop");
		for (const table of FULL)
			await s.sql(`ALTER TABLE pledged.${table} SET TABLESPACE ${to}`);
		for (const role of ["view", "money", "clerk"])
			await s.role(role, "start");
		await s.ready();
	};

	await s.sql(`CREATE TABLESPACE small LOCATION '${disk.dir}'`);
	try {
		await move("small");
		return await under(t, s, async (donors, readers) => {
			const pids = await pids_of(s);
			const from = Date.now();

			await disk.fill();
			t.count({ faults: 1 });
			await until("pledges are put off", () => donors.answers.filter((a) => a.at > from && a.status === 503).length >= 10, 120);
			const refused = donors.answers.filter((a) => a.at > from && a.status === 503).length;
			const full = Date.now();

			await sleep(3000);
			const pages = readers.since(full).length;

			await disk.free();
			const up = Date.now();

			await donors.back(up, 8);
			const same = JSON.stringify(await pids_of(s)) === JSON.stringify(pids);

			return { value: `${refused} × 503, ${pages} pages meanwhile, back after ${seconds((donors.acknowledged(up)[0].at - up) / 1000)} ${same ? "with no restart" : "with a restart"}`,
				good: refused > 0 && pages > 0 && same };
		});
	} finally {
		await disk.free();
		await move("pg_default");
		await s.sql("DROP TABLESPACE small");
		await disk.end();
	}
}

const pids_of = async (s) => (await Promise.all(["view", "money", "clerk"].map((role) => s.pids(role)))).flat().sort();

async function wal_full(t) {
	if (!can_mount())
		return NO_ROOT;
	const s = await fault_stack(t);
	const pg = own_server(s);
	const wal = join(pg.dir, "pg_wal");
	const big = await s.one("SHOW max_wal_size");

	await s.sql("ALTER SYSTEM SET max_wal_size = '48MB'");
	await s.sql("ALTER SYSTEM SET min_wal_size = '32MB'");
	await s.sql("SELECT pg_reload_conf()");
	await s.sql("CHECKPOINT");
	await s.pg("stop");
	const disk = await small(s, "wal", 64 + Number((await as_server("/usr/bin/du", "-sm", wal)).stdout.split("\t")[0]));

	await as_server("/bin/sh", "-c", `mv "${wal}"/* "${disk.dir}"/ && rmdir "${wal}" && ln -s "${disk.dir}" "${wal}"`);
	await s.pg("start");
	await s.ready();
	try {
		return await under(t, s, async (donors, readers) => {
			const from = Date.now();

			// What is full is full: others fill the log until it needs a segment more. A standby that never comes keeps what there is, or a
			// checkpoint would make room from it.
			await s.sql("SELECT pg_create_physical_replication_slot('waste', true)");
			await disk.fill();
			await s.sql("CREATE TABLE public.waste AS SELECT repeat('x', 1000) AS x, i FROM generate_series(1, 60000) i").catch(() => {});
			await until("the server gives up", async () => await s.one("SELECT 1").then(() => false, () => true), 60);
			t.count({ faults: 1 });
			await until("donors are told to come later", () => donors.answers.filter((a) => a.at > from && a.status === 503).length >= 5);
			const full = Date.now();

			await sleep(2000);
			const pages = readers.since(full).length;

			await disk.free();
			await s.pg("stop").catch(() => {});
			await s.pg("start");
			const up = Date.now();

			await donors.back(up, 8);
			await s.ready();
			return { value: `${donors.answers.filter((a) => a.status === 503).length} × 503, ${pages} pages meanwhile, back ${
				seconds((donors.acknowledged(up)[0].at - up) / 1000)} after the server`, good: pages > 0 };
		}, { also: [] });
	} finally {
		await disk.free();
		await s.sql("DROP TABLE IF EXISTS public.waste").catch(() => {});
		await s.sql("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE slot_name = 'waste'");
		await s.sql(`ALTER SYSTEM SET max_wal_size = '${big}'`);
		await s.pg("stop");
		await as_server("/bin/sh", "-c", `rm "${wal}" && mkdir -m 700 "${wal}" && mv "${disk.dir}"/* "${wal}"/`);
		await s.pg("start");
		await s.ready();
		await disk.end();
	}
}

// --- B09 -----------------------------------------------------------------------------------------

async function crowded(t) {
	const s = await fault_stack(t);

	return under(t, s, async (donors, readers) => {
		const held = [];
		const from = Date.now();
		const fill = async () => {
			for (let i = 0; i < 200; i++) {
				const one = await session(s);

				if (!one.taken)
					break;
				held.push(one.socket);
			}
		};

		await fill();
		// Whoever has a session keeps it; so the roles lose theirs, and somebody else is faster.
		for (let i = 0; i < t.n(5, 2); i++) {
			await s.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename IN ('pledged_view', 'pledged_money', 'pledged_clerk')");
			await fill();
			t.count({ faults: 1 });
		}
		await until("donors are told to come later", () => donors.answers.filter((a) => a.at > from && a.status === 503).length >= 5);
		const refused = (await readFile(join(s.dir, "log/postgresql.log"), "utf8")).split("\n").filter((line) => /sorry, too many clients|remaining connection slots/.test(line)).length;
		const pids = await pids_of(s);

		await sleep(2000);
		const same = JSON.stringify(await pids_of(s)) === JSON.stringify(pids);

		held.forEach((socket) => socket.destroy());
		const up = Date.now();

		await donors.back(up, 8);
		await s.ready();
		return { value: `${held.length} sessions held, ${refused} refused, back after ${seconds((donors.acknowledged(up)[0].at - up) / 1000)}, decide p99 ${readers.p99(from)} ms`,
			good: refused > 0 && same };
	});
}

// what_was_meant: the server's own cry over a full disk is what the line was about; everything else in its log stays to be looked at.
async function what_was_meant(s) {
	const file = join(s.dir, "log/postgresql.log");
	const text = await readFile(file, "utf8");

	await writeFile(file, text.replace(/PANIC:(.*No space left on device)/g, "panic, as was meant:$1"));
}

const wal_line = async (t) => {
	const result = await wal_full(t);
	const s = !result.skip && await fault_stack(t);

	if (!s)
		return result;
	const meant = (result.why ?? []).filter((text) => /PANIC:.*No space left/.test(text));

	await what_was_meant(s);
	const why = result.why.filter((text) => !meant.includes(text));

	return { ...result, why, pass: result.good && why.length === 0 };
};

export const lines = [
	{ id: "B01", name: "pg-backend-kill", title: "a session of PostgreSQL is killed under load", target: `gap at most ${KILL_GAP_S} s longer than the server's own recovery, 0 lost`, run: killed },
	{ id: "B02", name: "pg-restart", title: "PostgreSQL is restarted under load", target: `back within ${BACK_S} s, decide p99 ${PAGE_MS} ms`, run: restarted },
	{ id: "B03", name: "pg-failover", title: "the primary is killed, its synchronous standby is promoted", target: `gap at most ${FAILOVER_S} s, 0 lost`, run: failover },
	{ id: "B04", name: "pg-readonly", title: "the old primary comes back read-only, live sessions become read-only", target: `gap at most ${READ_ONLY_S} s`, run: returns },
	{ id: "B05", name: "pg-blackhole", title: "the wire to PostgreSQL takes bytes and says nothing", target: `error and recovery within ${SILENT_S} s, with a second server ${SECOND_S} s; decide p99 ${2 * PAGE_MS} ms`, run: hole },
	{ id: "B06", name: "pg-slow", title: "every statement that stores takes 5 s", target: `503 within ${SLOW_S} s, no pile, pages open at their deadline: p99 ${2 * PAGE_MS} ms`, run: slow },
	{ id: "B07", name: "pg-enospc", title: "the disk of the tables is full", target: "503, pages go on, back with no restart", run: data_full },
	{ id: "B08", name: "pg-walfull", title: "the disk of the write-ahead log is full", target: "503, pages go on, back when the server is", run: wal_line },
	{ id: "B09", name: "pg-53300", title: "somebody holds all connections", target: "503, no crash, back by itself", run: crowded },
];
