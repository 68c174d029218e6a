// The goal: what every other walk stands on holds: a service comes up whole, can be looked into, and
// goes away without a trace.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { root, stack, build } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const run = promisify(execFile);
const s = await stack({ name: "stack", views: 2, moneys: 2 });

const pids_of = (dir) => readdirSync(join(dir, "run")).filter((file) => file.endsWith(".pid"))
	.map((file) => Number(readFileSync(join(dir, "run", file), "utf8").split(" ")[0]));

function lives(pid) {
	try {
		return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
	} catch {
		return false;
	}
}

test("it is ready, and tells so only when asked on this machine", async () => {
	const ready = await s.request("/readyz");

	assert.equal(ready.status, 200);
	assert.equal((await s.request("/healthz")).status, 200);
	assert.match((await s.request("/metrics")).text, /^# HELP pledged_/m);
});

test("the site is served, its articles decided, and the gate itself is no address", async () => {
	const reader = s.client();
	const article = await reader.get("/en/news/night-ferry");

	assert.equal((await reader.get("/")).status, 200);
	assert.equal(article.status, 200);
	assert.match(article.text, /story-text/);
	assert.ok(reader.jar.has("pledged"), "the first view sets the cookie");
	assert.equal((await reader.get("/gate")).status, 404);
	assert.equal((await reader.get("/wall/en.html")).status, 404);
	assert.equal((await reader.get("/en/news/night-ferry.html")).status, 301);
});

test("the database is durable, private, and migrated", async () => {
	assert.equal(await s.one("SHOW fsync"), "on");
	assert.equal(await s.one("SHOW synchronous_commit"), "on");
	assert.equal(await s.one("SHOW listen_addresses"), "");
	assert.ok(await s.count("SELECT count(*) FROM pledged.campaign") > 0);
	assert.deepEqual(await s.sql("SELECT 1, 'a b', NULL UNION ALL SELECT 2, 'c', 'd' ORDER BY 1"),
		[["1", "a b", ""], ["2", "c", "d"]]);
});

test("nothing of it runs as root", { skip: process.getuid() !== 0 && "not root" }, async () => {
	for (const name of ["view", "money", "clerk", "provider", "nginx"]) {
		for (const pid of await s.pids(name))
			assert.doesNotMatch(readFileSync(`/proc/${pid}/status`, "utf8"), /^Uid:\s+0\s/m, name);
	}
});

test("the provider keeps empty books", async () => {
	assert.deepEqual((await s.provider.ledger()).payments, []);
});

test("a killed worker comes back", async () => {
	const [pid] = await s.pids("view");

	process.kill(pid, "SIGKILL");
	await until("another worker", async () => {
		const now = await s.pids("view");

		return now.length === 2 && !now.includes(pid);
	});
	await s.ready();
});

test("a killed database comes back", async () => {
	await s.pg("kill");
	await s.pg("start");
	await s.ready();
	assert.equal(await s.one("SELECT 1"), "1");
});

test("a busy port is named, and nothing is left running", async () => {
	const server = createServer().listen(0, "127.0.0.1");

	await new Promise((done) => server.once("listening", done));
	const { port } = server.address();
	const dir = `${s.dir}-busy`;
	const failed = await run(join(root, "deploy/stack"), ["up", "--dir", dir, "--port", port, "--provider-port",
		port === 65535 ? 65534 : port + 1, "--build", resolve(root, build)].map(String)).catch((error) => error);

	server.close();
	assert.equal(failed.code, 1);
	assert.match(failed.stderr, new RegExp(`port ${port} on 127\\.0\\.0\\.1 is taken`));
	assert.ok(!existsSync(join(dir, "run")));
});

test("a folder that is not ours is left alone", async () => {
	const failed = await run(join(root, "deploy/stack"), ["up", "--dir", join(root, "sql"), "--build",
		resolve(root, build)]).catch((error) => error);

	assert.match(failed.stderr, /not made by deploy\/stack/);
});

test("the invariants hold", () => s.invariants());

test("down ends all of it", async () => {
	const pids = pids_of(s.dir);
	const workers = (await Promise.all(["view", "money", "clerk", "nginx"].map((name) => s.pids(name)))).flat();

	assert.equal(pids.length, 6);
	assert.ok([...pids, ...workers].every(lives));
	await s.down();
	assert.deepEqual([...pids, ...workers].filter(lives), []);
	assert.ok(!existsSync(s.env.SOCKETS));
	await assert.rejects(s.request("/"));
});
