// pooler.mjs: the roles behind PgBouncer in transaction mode: everyday work, and walks.

import { execFile } from "node:child_process";
import { join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { POOLED, has_pooler, pooler } from "../walk/lib/pooler.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { quick, under } from "./lib/fault.mjs";

// WALKS: what readers, donors and operators do, the first ones where all lines run. Those about PostgreSQL's own faults, which the pooler would
// hide or answer itself, and those that put a wire of their own before it are not among them.
const WALKS = ["money_paid", "view_main", "view_link", "manage_gift", "money_webhook", "money_recurring", "money_refund", "money_recon", "money_form", "money_lost", "money_twice",
	"money_same_key", "money_cover", "money_mollie", "money_limit", "money_lockout", "money_renewals", "money_switch", "manage_link", "manage_mail", "remind", "audit",
	"view_exact", "view_consent", "view_cookieless", "view_explain", "view_misfit", "view_robots", "decide_campaigns", "decide_offer", "decide_storm", "gate_leak", "reload",
	"plain_ways", "openapi", "ctl_pledge", "ctl_keep", "ctl_report", "status_page"];
const IN_ALL = 4, SERVERS = 3;

function walk(name) {
	return new Promise((done) => execFile("node", [`--test-reporter=${join(root, "tests/lib/tap.mjs")}`, "--test-reporter-destination=stdout", `tests/walk/${name}.test.mjs`],
		{ cwd: root, maxBuffer: 1 << 26, env: { ...process.env, WALK_POOLER: "1" } }, (error, stdout, stderr) => {
			const rows = stdout.split("\n").filter((row) => /^(not )?ok \d/.test(row));
			const bad = rows.filter((row) => row.startsWith("not ok"));

			done({ name, all: rows.length, good: rows.length - bad.length, bad: error && bad.length === 0 ? [`${name}: ${stderr.trim().slice(-300)}`] : bad.map((row) => `${name}: ${row}`) });
		}));
}

async function through(t) {
	if (!has_pooler())
		return { value: "there is no pgbouncer", skip: true, pass: true };
	const s = await t.stack("pooler", { views: 2, moneys: 6, clerks: 2, set: { ...POOLED, "clerk.interval_ms": 100, "clerk.lookup_after_s": 5 } }, async (one) => {
		await quick(one);
		one.pooler = await pooler(one, { size: SERVERS });
	});
	const seconds = t.short ? 6 : t.all ? 15 : 30;
	const said = await under(t, s, async (donors, readers) => {
		const from = Date.now();

		await sleep(seconds * 1000);
		const pools = (await s.pooler.show("POOLS")).filter((row) => row.user.startsWith("pledged_"));
		const clients = pools.reduce((sum, row) => sum + Number(row.cl_active) + Number(row.cl_waiting), 0);
		const servers = pools.reduce((sum, row) => sum + ["sv_active", "sv_idle", "sv_used", "sv_tested", "sv_login"].reduce((n, key) => n + Number(row[key]), 0), 0);
		const xacts = (await s.pooler.show("STATS")).find((row) => row.database === s.env.PGDATABASE).total_xact_count;
		const odd = donors.answers.filter((a) => !a.told).length;
		const open = readers.since(from).filter((a) => a.reason === "store_down").length;
		const straight = await s.count("SELECT count(*) FROM pg_stat_activity WHERE usename LIKE 'pledged\\_%' AND usename <> 'pledged_report'") - servers;

		return { value: `${xacts} transactions of ${clients} clients over ${servers} connections in ${seconds} s, ${odd} donors refused, ${open} pages opened without a database`,
			good: odd === 0 && open === 0 && clients > servers && straight <= 0 && pools.every((row) => row.pool_mode === "transaction") };
	});
	const walks = [];

	for (const name of WALKS.slice(0, t.n(WALKS.length, 0, IN_ALL))) {
		walks.push(await walk(name));
		t.say(`${name}: ${walks.at(-1).good} of ${walks.at(-1).all}`);
	}
	const bad = walks.flatMap((one) => one.bad);

	return { value: `${said.value}; ${walks.reduce((n, one) => n + one.good, 0)} of ${walks.reduce((n, one) => n + one.all, 0)} tests of ${walks.length} walks`,
		pass: said.pass && bad.length === 0, why: [...said.why ?? [], ...bad.slice(0, 8)] };
}

export const lines = [
	{ id: "E08", name: "pooler", title: "PgBouncer in transaction mode before the database: everyday work, and walks", target: "0 errors, the walks green", build: ["plain", "widget", "crash", "torture"],
		run: through },
];
