// The goal: what view asks beside the pages (campaigns, goals, gauges, robots) may take as long as it likes, be refused, or get no
// answer at all: pages are decided and counted as ever, and when it is over the answers are fresh again.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { client } from "./lib/http.mjs";
import { made, reaches } from "./lib/money.mjs";
import { session } from "./lib/session.mjs";
import { until } from "./lib/until.mjs";
import { all_open, all_there, metric, patient, traffic, view_stack } from "./lib/view.mjs";

// A question ends after two seconds at the latest (sql/roles.sql), so a page that waited for one would be opened.
const s = await view_stack({ name: "view-asks", views: 1, set: { "view.deadline_ms": 1200, "robots.reload_s": 1, "clerk.interval_ms": 100 } });
const db = session(s);
const DECIDED = ["first_view", "campaign", "capped", "no_campaign"];
const SLOW = ["view_campaigns", "view_goals_shown", "view_queues", "view_guard", "view_robots"];

after(() => db.end());
await patient(s);
await s.role("nginx", "restart");
await s.ready();

// Each of these waits from now on for whoever holds the lock that is called by its name.
for (const name of SLOW)
	await s.sql(`DO $$ DECLARE f oid := 'pledged.${name}'::regproc; words text := pg_get_function_identity_arguments(f); gives text := pg_get_function_result(f);
		call text := (SELECT string_agg('$' || i, ',') FROM generate_series(1, (SELECT pronargs FROM pg_proc WHERE oid = f)) i);
	BEGIN
		ALTER FUNCTION pledged.${name} RENAME TO ${name}_ours;
		EXECUTE format($words$CREATE FUNCTION pledged.${name}(%s) RETURNS %s LANGUAGE plpgsql SET lock_timeout = 0 AS $body$
			#variable_conflict use_column
			BEGIN PERFORM pg_advisory_xact_lock_shared(hashtext('${name}')); RETURN QUERY SELECT * FROM pledged.${name}_ours(%s); END $body$ $words$, words, gives, call);
	END $$`);

const asking = async (name) => (await s.sql(`SELECT query_start FROM pg_stat_activity WHERE usename = 'pledged_view' AND wait_event_type = 'Lock'
	AND query LIKE '/* pledged:${name} */%'`)).flat()[0];
const ctl = async (...words) => assert.equal((await s.ctl(...words)).code, 0, words.join(" "));
const raised = async () => Number((await s.request("/goal?campaign=support")).json().raised);
let off = 0;
const switch_off = () => ctl("pay", "off", "--country", ["AD", "AE", "AF"][off++]);
const gauge = () => until(`${off} off`, async () => await metric(s, "pledged_switches_off") === off, 20);
const asked = async () => {
	const who = client(s.url);

	await who.decide("/asked/1", { section: "sport" });
	return (await who.decide("/asked/2", { section: "sport" })).reason;
};

// undisturbed: pages go on while work does; from when it begins to when it ends each was decided in time.
async function undisturbed(work) {
	const load = traffic(s, 6);

	await until("pages are decided", () => load.answers.length > 60, 20);
	const from = load.answers.length;
	const given = await work();
	const during = load.answers.slice(from);
	const all = await load.stop();

	all_open(all);
	assert.ok(during.length > 60, `${during.length} pages`);
	const late = during.filter((a) => !a.own || !DECIDED.includes(a.reason));

	assert.deepEqual(late.slice(0, 3), [], `${late.length} of ${during.length}`);
	await all_there(s, all);
	return given;
}

// hanging: does work when the question was asked in vain for the second time, which trigger brings about.
const hanging = (name, trigger, work) => undisturbed(async () => {
	await db(`SELECT pg_advisory_lock(hashtext('${name}'))`);
	try {
		await trigger();
		const first = await until(`${name} hangs`, () => asking(name), 40);

		await until(`${name} hangs again`, async () => {
			const next = await asking(name);

			return next && next !== first;
		}, 20);
		assert.equal((await s.request("/readyz")).status, 200);
		return await work();
	} finally {
		await db(`SELECT pg_advisory_unlock(hashtext('${name}'))`);
	}
});

test("campaigns: the last ones hold, what else is asked has its turn; then the new ones", async () => {
	await hanging("view_campaigns", () => ctl("campaign", "pause", "support"), async () => {
		assert.equal(await asked(), "campaign");
		assert.equal(await metric(s, "pledged_campaigns_stale"), 1);
		await switch_off();
		await gauge();
	});
	await until("nobody is asked", async () => await asked() === "no_campaign", 20);
	assert.equal(await metric(s, "pledged_campaigns_stale"), 0);
	assert.equal((await s.log("view")).split("campaigns could not be loaded; the last good ones stay").length, 2, "told once");
});

test("goals: the last figures stand, then the new ones", async () => {
	await ctl("campaign", "resume", "support");
	await until("nothing is given yet", async () => await raised() === 0, 20);
	await hanging("view_goals_shown", () => ctl("campaign", "pause", "meter"), async () => { // goals are asked for with campaigns
		const who = client(s.url);

		await who.decide("/gift/1", { section: "sport" });
		const { token } = await who.decide("/gift/2", { section: "sport" });
		const gift = await made(s, { token }, who);

		await s.provider.pay(gift.url);
		await reaches(s, gift.pledge, "paid");
		assert.equal(await raised(), 0);
	});
	await until("the gift is in the figure", async () => await raised() === 25, 20);
});

test("gauges", async () => {
	await hanging("view_guard", switch_off, async () => assert.equal(await metric(s, "pledged_switches_off"), off - 1));
	await gauge();
});

test("queues: the other gauges have their turn", async () => {
	await hanging("view_queues", () => {}, async () => {
		await switch_off();
		await gauge();
	});
});

test("robots: campaigns and goals have their turn", async () => {
	await hanging("view_robots", () => {}, async () => {
		await ctl("campaign", "pause", "support");
		await until("nobody is asked", async () => await asked() === "no_campaign", 20);
		await ctl("campaign", "resume", "support");
		await until("the next is asked", async () => await asked() === "campaign", 20);
	});
});

test("a table that somebody has locked: refused again and again, and then not", async () => {
	await undisturbed(async () => {
		await db("BEGIN; LOCK TABLE pledged.campaign_version, pledged.ledger IN ACCESS EXCLUSIVE MODE");
		try {
			await s.sql("UPDATE pledged.epoch SET epoch = epoch + 1");
			await until("campaigns are old", async () => await metric(s, "pledged_campaigns_stale") === 1, 20);
			assert.equal(await asked(), "campaign");
		} finally {
			await db("ROLLBACK");
		}
		await until("and are not", async () => await metric(s, "pledged_campaigns_stale") === 0, 20);
	});
});

test("a backend that says nothing is left, and another one asked", async () => {
	const pid = Number(await until("who is asked", () => s.one(`SELECT pid FROM pg_stat_activity WHERE usename = 'pledged_view'
		AND state = 'idle' AND query ~ '^/. pledged:view_(?!batch)'`)));
	const before = await s.pids("view");

	try {
		await undisturbed(async () => {
			process.kill(pid, "SIGSTOP");
			await ctl("campaign", "pause", "support");
			await until("nobody is asked", async () => await asked() === "no_campaign", 20);
			await ctl("campaign", "resume", "support");
			await until("the next is asked", async () => await asked() === "campaign", 20);
		});
	} finally {
		process.kill(pid, "SIGCONT");
	}
	assert.deepEqual(await s.pids("view"), before);
});

test("the invariants hold", async () => {
	for (const name of SLOW)
		await s.sql(`DROP FUNCTION pledged.${name}; ALTER FUNCTION pledged.${name}_ours RENAME TO ${name}`);
	await s.invariants();
});
