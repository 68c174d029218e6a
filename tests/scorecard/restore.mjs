// restore.mjs: the database is lost and set back to a moment before the end; what the provider did since then is found again or
// named. And an hour of everyday work: nothing grows.

import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

import { audit as audit_tool } from "../walk/lib/audit.mjs";
import { check_invariants } from "../walk/lib/invariants.mjs";
import { books, session_of } from "../walk/lib/money.mjs";
import { as_server, beside, own, set } from "../walk/lib/pg.mjs";
import { client } from "../walk/lib/http.mjs";
import { sleep, until } from "../walk/lib/until.mjs";
import { conninfo } from "../walk/lib/wire.mjs";
import { audit, settled, verdict } from "./lib/audit.mjs";
import { fault_stack, quick, under } from "./lib/fault.mjs";
import { each, gift, paid } from "./lib/money.mjs";

const OTHER = 5433;
const LEFT_S = 15;	// sql/functions/comparison_charges.sql

// --- B23 -----------------------------------------------------------------------------------------

async function give(s, t, n) {
	return each(Array.from({ length: n }, () => gift(t, { interval: t.pick(["once", "once", "month"]) })), 4, async (fields) => {
		const answer = await client(s.url).pledge(fields, { timeout_ms: 20000 });

		if (answer.status !== 201)
			throw new Error(`${answer.status} ${answer.text}`);
		return answer.json();
	});
}

const pay = (s, pledges) => each(pledges, 4, (p) => s.provider.pay(p.url));
const are_paid = (s, pledges) => until("they are paid", async () => await paid(s, pledges.map((p) => p.pledge)) === pledges.length, 90);

async function back_in_time(t) {
	const s = await t.stack("pitr", { views: 1, moneys: 2, clerks: 1, set: { "clerk.interval_ms": 100, "clerk.lookup_after_s": 3600, "clerk.events_s": 2 } }, quick);
	const archive = await own(join(s.dir, "archive"));
	const n = t.n(20, 4);
	const why = [];

	for (const setting of ["archive_mode = on", `archive_command = 'cp %p ${archive}/%f'`])
		await s.sql(`ALTER SYSTEM SET ${setting}`);
	await s.pg("restart");
	await s.ready();
	const copy = await beside(s, "pg2", { port: OTHER, settings: ["archive_mode = off", `restore_command = 'cp ${archive}/%f %p'`] });
	const down = s.down.bind(s);

	s.down = async () => {
		await copy.stop();
		await down();
	};
	// Before the moment: paid and known; paid later; never paid. After it: pledges that the copy will not know.
	const [early, open, never] = [await give(s, t, n), await give(s, t, n), await give(s, t, Math.ceil(n / 2))];

	await pay(s, early);
	await are_paid(s, early);
	await settled(s);
	const moment = await s.one("SELECT clock_timestamp()");

	await sleep(1200);
	const late = await give(s, t, n);

	await pay(s, open);
	await pay(s, late);
	await are_paid(s, [...open, ...late]);
	await s.sql("SELECT pg_switch_wal()");
	await until("the log is in the archive", async () => await s.count("SELECT count(*) FROM pg_stat_archiver WHERE last_archived_time > now() - interval '1 minute'") === 1
		&& (await readdir(join(s.dir, "pg/pg_wal/archive_status"))).every((file) => !file.endsWith(".ready")), 60);
	await s.pg("kill");
	t.count({ faults: 1, pledges: 3 * n + never.length });

	await set(copy.dir, [`recovery_target_time = '${moment}'`, "recovery_target_action = promote"]);
	await as_server("/usr/bin/touch", join(copy.dir, "recovery.signal"));
	await copy.start();
	await until("it is back", async () => await copy.sql("SELECT pg_is_in_recovery()") === "f", 120);
	s.env.PGPORT = String(OTHER);
	const known = await s.count(`SELECT count(*) FROM pledged.pledge WHERE public_token IN (${late.map((p) => `'${p.pledge}'`).join(",")})`);

	if (known > 0)
		why.push(`${known} pledges are there that were made after the moment`);
	await conninfo(s, `host=${s.env.PGHOST} port=${OTHER} dbname=${s.env.PGDATABASE}`);
	// Nobody does anything: the clerk lists the events since its cursor.
	await are_paid(s, [...early, ...open]).catch((error) => why.push(error.message));
	await settled(s, { hurry: true });
	await sleep(2500);
	const ledger = await s.provider.ledger();
	const after = ledger.payments.filter((y) => late.some((p) => session_of(p.url) === y.session));
	const orphans = after.map((y) => y.id);
	const newest_s = Math.max(...after.map((y) => y.created));

	await until("no payment is so young that it is left to its webhook", () => Date.now() / 1000 > newest_s + LEFT_S + 1, LEFT_S + 5);
	const { json, stderr } = await audit_tool(s, "--json");
	const named = (json?.differences ?? []).filter((d) => d.what === "orphan").map((d) => d.id);
	const other = (json?.differences ?? []).filter((d) => d.what !== "orphan");
	const b = await books(s);
	const lost = b.lost.filter((id) => !orphans.includes(id));
	// A monthly gift is named by its subscription.
	const silent = orphans.filter((id) => !named.includes(id) && !named.includes(ledger.payments.find((y) => y.id === id).subscription));

	// The money desk takes over what was named (conf/RUNBOOK.md): then nothing is missing, and both books are the same.
	const adopted = await s.ctl("pledge", "adopt", "--all", "--site", "demo", "--author", "score", "--reason", "restore");

	if (adopted.code !== 0)
		why.push(`pledgectl pledge adopt: ${adopted.stderr}`);
	for (let i = 0; i < 3; i++) {
		await settled(s, { hurry: true });
		await s.ctl("inbox", "retry", "--all", "--author", "score");
		await audit_tool(s, "--json");
	}
	await settled(s, { hurry: true });
	const end = await audit_tool(s, "--json");
	const found = orphans.length - (await books(s)).lost.length;

	why.push(...(end.json?.differences ?? [{ what: end.stderr }]).map((d) => `at the end: ${d.what} ${d.object} ${d.id}`).slice(0, 3), ...await audit(t, s));
	t.count({ lost: lost.length + silent.length, twice: b.twice.length });
	if (!json)
		why.push(`pledgectl audit: ${stderr}`);
	if (lost.length > 0 || b.twice.length > 0 || b.made_up > 0)
		why.push(`${lost.length} lost, ${b.twice.length} twice, ${b.made_up} made up`);
	if (silent.length > 0)
		why.push(`not named: ${silent}`);
	if (other.length > 0)
		why.push(`also told: ${other.slice(0, 3).map((d) => `${d.what} ${d.object} ${d.id}`)}`);
	await check_invariants(s).catch((error) => why.push(error.message));
	return verdict(`${early.length} kept, ${open.length} found again by the provider's events, ${named.length} of ${orphans.length} after the moment named by the audit, ${found} taken over`,
		orphans.length === late.length && found === late.length, why);
}

// --- B24 -----------------------------------------------------------------------------------------

const GROWTH_KIB = 1024;

async function sizes(s) {
	const all = (await Promise.all(["view", "money", "clerk"].map(async (role) => (await s.pids(role)).map((pid) => [role, pid])))).flat();

	return new Map(await Promise.all(all.map(async ([role, pid]) => [pid, { role, fds: (await readdir(`/proc/${pid}/fd`)).length,
		kib: Number(/^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, "utf8"))[1]) }])));
}

// steady: the least of some looks, so that a request in the middle of its work does not count.
async function steady(s) {
	const looks = [];

	for (let i = 0; i < 6; i++) {
		looks.push(await sizes(s));
		await sleep(200);
	}
	return new Map([...looks[0]].map(([pid, one]) => [pid, { ...one, fds: Math.min(...looks.map((look) => look.get(pid)?.fds ?? 0)),
		kib: Math.min(...looks.map((look) => look.get(pid)?.kib ?? 0)) }]));
}

async function everyday(t) {
	const s = await fault_stack(t);
	const seconds = t.n(1800, 15, 180);

	return under(t, s, async (donors, readers) => {
		const reload = async () => [...(await sizes(s)).keys()].forEach((pid) => process.kill(pid, "SIGHUP"));

		await sleep(seconds * 1000 / 6);
		await reload();
		await sleep(seconds * 1000 / 6);
		const before = await steady(s);

		await sleep(seconds * 1000 / 3);
		await reload();
		await sleep(seconds * 1000 / 3);
		const after = await steady(s);
		const grown = [...after].map(([pid, now]) => ({ role: now.role, kib: now.kib - (before.get(pid)?.kib ?? 0), fds: now.fds - (before.get(pid)?.fds ?? 0) }));
		const kib = Math.max(...grown.map((g) => g.kib));
		const fds = Math.max(...grown.map((g) => g.fds));

		return { value: `${seconds} s, ${readers.answers.length} pages, grown ${kib} KiB and ${fds} descriptors at most`, good: kib <= GROWTH_KIB && fds <= 1
			&& after.size === before.size && [...after.keys()].every((pid) => before.has(pid)) };
	}, { donors: { n: 3, pause: 100 } });
}

export const lines = [
	{ id: "B23", name: "pitr", title: "the database is set back to a moment, from a base backup and its log (cases 55, 57)",
		target: "all before it there, what was paid since then booked, both books the same, invariants empty", run: back_in_time },
	{ id: "B24", name: "soak", title: "everyday work for half an hour", target: `RSS grown by at most ${GROWTH_KIB} KiB, descriptors flat`, run: everyday },
];
