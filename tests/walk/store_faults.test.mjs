// The goal: a database that says nothing, or takes nothing any more, holds nobody: donors are told to come later while it lasts, and
// sessions that are of no use are left. And where memory is short, a signature is refused and no process ends.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { test } from "node:test";

import { client, key } from "./lib/http.mjs";
import { books_agree, deliver, event, made, reaches } from "./lib/money.mjs";
import { shim, shimmed } from "./lib/shim.mjs";
import { sanitized, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";
import { by_role } from "./lib/view.mjs";
import { wire } from "./lib/wire.mjs";

const s = await stack({ name: "store-faults", views: 1, moneys: 1, set: { "clerk.interval_ms": 100, "view.deadline_ms": 1000 } });
const gift = () => ({ amount: "25.00", currency: "EUR", interval: "once", email: "store@mail.example", key: key() });
const give = (fields = gift()) => client(s.url).pledge(fields);
const sessions = async () => (await s.sql("SELECT pid FROM pg_stat_activity WHERE usename = 'pledged_money' ORDER BY 1")).flat();

test("the wire to PostgreSQL goes silent: everybody in line is answered while it is, and served when it is not", async () => {
	const w = await wire(s);

	await made(s);
	w.mode = "silent";
	const all = Array.from({ length: 5 }, gift);
	const answers = await Promise.all(all.map(give));

	assert.equal(w.mode, "silent");
	assert.deepEqual(answers.map((a) => a.status), Array(5).fill(503));
	assert.ok(answers.every((a) => a.headers["retry-after"] && by_role(a)), "by the role itself, not by nginx that has lost patience");
	assert.equal((await s.request("/decide?a=/x&s=news")).status, 200);
	w.mode = "pass";
	for (const fields of all)
		await until("a page", async () => (await give(fields)).status === 201);
	await w.end();
});

test("a server that is too old is used by nobody: pages open, donors and webhooks come later, and the logs say why", async () => {
	const w = await wire(s);
	const why = "the database is PostgreSQL 14, 15 or later is needed";

	w.major = 14;
	w.hang_up();
	await until("all have met it", async () => {
		assert.equal((await s.request("/decide?a=/old&s=news")).status, 200);
		assert.deepEqual([(await give()).status, (await deliver(s, event("product.created", { id: "prod_old", object: "product" }))).status], [503, 503]);
		return (await Promise.all(["view", "money", "clerk"].map((role) => s.log(role)))).every((log) => log.includes(why));
	}, 60);
	const check = await s.ctl("check");

	assert.ok(check.code !== 0 && check.stdout.includes(`FAILED database: ${why}`), check.stdout);
	w.major = undefined;
	await until("it is upgraded", async () => (await give()).status === 201);
	await until("pages are counted again", async () => (await s.request("/readyz")).status === 200);
	await w.end();
});

test("a session stops reading in the middle of a long webhook: it is left, and the next one takes it", async () => {
	const long = event("product.created", { id: "prod_long", object: "product", description: "x".repeat(240 * 1024) });

	await made(s);
	const stopped = (await sessions()).map(Number);

	assert.ok(stopped.length > 0);
	stopped.forEach((pid) => process.kill(pid, "SIGSTOP"));
	try {
		const answer = await deliver(s, long);

		assert.equal(answer.status, 503);
		assert.ok(by_role(answer), "while the session is stopped, and not by nginx that has lost patience");
		await until("the next session", async () => (await deliver(s, long)).status === 200, 60);
	} finally {
		stopped.forEach((pid) => process.kill(pid, "SIGCONT"));
	}
	assert.equal(await s.count(`SELECT count(*) FROM pledged.inbox WHERE dedup_key = '${long.id}'`), 1);
});

test("a live session that is told to read alone (25006) is left for another one", async () => {
	await made(s);
	const [before] = await sessions();

	assert.ok(before);
	await s.sql("ALTER SYSTEM SET default_transaction_read_only = on");
	await s.sql("SELECT pg_reload_conf()");
	await until("pledges are put off", async () => (await give()).status === 503);
	await s.deploy("psql", "-q", "-c", "SET default_transaction_read_only = off", "-c", "ALTER SYSTEM RESET default_transaction_read_only", "-c", "SELECT pg_reload_conf()");
	await until("pledges are taken", async () => (await give()).status === 201);
	assert.ok(!(await sessions()).includes(before), "not by the session that was refused");
});

test("each allocation of a webhook fails once: no process ends, nothing signed wrongly is taken", { skip: sanitized ? "two libraries that want to be the first"
	: !existsSync(shim) && "make torture was not run" }, async (t) => {
	const m = await shimmed(s, "money");
	const hook = () => deliver(s, event("product.created", { id: "prod_x", object: "product" }));

	await until("it takes webhooks", async () => (await hook()).status === 200);
	m.arm("memory", 1e12);
	await hook();
	const places = m.get("seen"), pid = m.get("pid");
	const answers = {};

	assert.ok(places > 5, `${places}`);
	for (let n = 1; n <= places; n++) {
		m.arm("memory", n);
		const { status } = await hook();

		m.rest();
		assert.ok([200, 400, 500, 502, 503].includes(status), `${n}: ${status}`);
		answers[status] = (answers[status] ?? 0) + 1;
	}
	t.diagnostic(JSON.stringify(answers));
	assert.equal(m.get("pid"), pid, "the process is the same");
	assert.equal((await hook()).status, 200);
	const forged = event("product.created", { id: "prod_y", object: "product" });

	for (let n = 1; n <= places; n++) {
		m.arm("memory", n);
		const { status } = await deliver(s, forged, { secret: "whsec_of_somebody_else" });

		m.rest();
		assert.ok([400, 500, 502, 503].includes(status), `forged, ${n}: ${status}`);
	}
	assert.equal(await s.count(`SELECT count(*) FROM pledged.inbox WHERE dedup_key = '${forged.id}'`), 0);
	await m.end();
	await s.ready();
	const pledge = await made(s);

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid", 60);
});

test("the books agree", () => books_agree(s));
