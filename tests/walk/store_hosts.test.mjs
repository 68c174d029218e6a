// The goal: of the servers in the connection string the first that is right is taken, by every role. One that is silent, takes no
// connections or only reads holds nobody for long: pages are counted and gifts are taken meanwhile, and nobody restarts anything.

import assert from "node:assert/strict";
import { after, test } from "node:test";

import { deaf } from "./lib/deaf.mjs";
import { client, key } from "./lib/http.mjs";
import { books_agree, made, reaches } from "./lib/money.mjs";
import { beside } from "./lib/pg.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";
import { reader_of, row } from "./lib/view.mjs";
import { conninfo, wire } from "./lib/wire.mjs";

const s = await stack({ name: "store-hosts", views: 1, moneys: 1, set: { "clerk.interval_ms": 100, "view.deadline_ms": 1000 } });
const { PGHOST, PGPORT, PGDATABASE } = s.env;
const ROLES = "usename IN ('pledged_view', 'pledged_money', 'pledged_clerk')";
const gift = () => ({ amount: "25.00", currency: "EUR", interval: "once", email: "hosts@mail.example", key: key() });
const pids = async () => (await Promise.all(["view", "money", "clerk"].map((role) => s.pids(role)))).flat();
const several = (hosts) => `host=${hosts.map(([host]) => host)} port=${hosts.map(([, port]) => port)} dbname=${PGDATABASE}`;
const sessions = () => s.count(`SELECT count(*) FROM pg_stat_activity WHERE ${ROLES}`);	// 3 at least: one a role
const everybody_anew = () => s.sql(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${ROLES}`);

let n = 0;

// works: a reader's pages are counted, a gift is paid, the operator's tool gets an answer. Whatever was answered before does not matter.
async function works() {
	const who = client(s.url);
	const from = n += 1;
	let articles = 0;

	await until("pages are counted", async () => {
		const { reason } = await who.decide(`/hosts/${from}-${articles += 1}`, { section: "hosts" });

		return reason !== "store_down" && (await row(s, reader_of(who)))?.articles >= 3;
	}, 120);
	const fields = gift();
	const pledge = await until("a gift is taken", async () => {
		const answer = await client(s.url).pledge(fields);

		return answer.status === 201 && answer.json();
	}, 120);

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid", 120);
	const { code, stderr } = await s.ctl("campaign", "list");

	assert.equal(code, 0, stderr);
}

test("the first server goes silent: the second has everybody; and when all look again, the first is used again", async () => {
	const w = await wire(s, { words: ({ port }) => several([["127.0.0.1", port], [PGHOST, PGPORT]]) });
	const before = await pids();

	after(() => w.end());
	await works();
	await until("all are at the first", async () => w.pairs.size >= await sessions());
	w.mode = "silent";
	await Promise.all([works(), until("nobody waits for it, not even the clerk, which may wait 20 s for an answer", () => w.pairs.size === 0, 15)]);
	await until("all are at the second", async () => w.pairs.size === 0 && await sessions() >= 3, 120);
	assert.equal(w.mode, "silent");
	w.mode = "pass";
	await works();
	// the tool that works() ran was at the first for a moment
	await until("whoever has a server stays there", async () => w.pairs.size === 0, 60);
	await everybody_anew();
	await works();
	await until("all are at the first again", async () => w.pairs.size > 0 && w.pairs.size >= await sessions(), 120);
	assert.deepEqual(await pids(), before, "by the same processes");
	await w.end();
});

test("the first takes no connections: everybody starts with the second, and finds it again", async () => {
	const wall = await deaf();

	after(() => wall.end());
	await conninfo(s, several([["127.0.0.1", wall.port], [PGHOST, PGPORT]]));
	await works();
	await everybody_anew();
	await works();
	await conninfo(s, `host=${PGHOST} port=${PGPORT} dbname=${PGDATABASE}`);
	wall.end();
});

test("a standby and a deaf one stand before the right one, which is restarted: it is found again, and nobody reads from the standby", async () => {
	const wall = await deaf();
	const standby = await beside(s, "pg2", { port: 5433, words: ["-R", "-X", "stream"] });

	after(() => wall.end());
	after(() => standby.stop("immediate"));
	await standby.start();
	try {
		await conninfo(s, several([[PGHOST, standby.port], ["127.0.0.1", wall.port], [PGHOST, PGPORT]]));
		await works();
		await s.pg("kill");
		await until("pages open without it", async () => (await client(s.url).decide("/hosts/away", { section: "hosts" })).reason === "store_down"
			|| (await s.request("/readyz")).status === 503, 120);
		await s.pg("start");
		await works();
		assert.equal(await standby.sql(`SELECT count(*) FROM pg_stat_activity WHERE ${ROLES}`), "0");
	} finally {
		await conninfo(s, `host=${PGHOST} port=${PGPORT} dbname=${PGDATABASE}`).finally(() => standby.stop("immediate"));
	}
});

test("the first is too old a PostgreSQL: everybody, the operator's tool too, goes on to the second, and back when it is upgraded", async () => {
	const w = await wire(s, { words: ({ port }) => several([["127.0.0.1", port], [PGHOST, PGPORT]]) });

	after(() => w.end());
	await works();
	w.major = 14;
	await everybody_anew();
	await works();
	await until("nobody is at the first", async () => w.pairs.size === 0 && await sessions() >= 3);
	w.major = undefined;
	await everybody_anew();
	await works();
	await until("all are at the first again", async () => w.pairs.size > 0 && w.pairs.size >= await sessions(), 120);
	await w.end();
});

test("the books agree", () => books_agree(s));
