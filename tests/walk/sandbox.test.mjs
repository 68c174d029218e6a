// The goal: each role runs behind its sandbox, which refuses what no role needs (a program, a trace, a file elsewhere) and nothing
// that it does need: the self-test tells, and a whole service with a gift, a name that is looked up and a page of reports shows it.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";

import { books_agree, made, reaches } from "./lib/money.mjs";
import { build, root, sanitized, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const lists = await mkdtemp(join(tmpdir(), "pledged-lists-")), list = join(lists, "throwaway.txt");

after(() => rm(lists, { recursive: true, force: true }));
await chmod(lists, 0o755);
await writeFile(list, "throwaway.example\n");
const s = await stack({ name: "sandbox", views: 1, moneys: 1, hooks: 1, ops: "on", set: { "risk.domains_file": list } });
const OFF = sanitized ? "sanitizers need what it forbids" : false;

// Run as whoever asks: what is refused must be refused to root too.
function self_test(role) {
	return new Promise((done) => execFile(resolve(root, build, "pledged"), [role, "--self-test", "-c", s.env.CONF], { timeout: 120000 },
		(error, stdout, stderr) => done({ code: error ? error.code ?? error.signal : 0, lines: stdout.trim().split("\n"), stderr })));
}

for (const [role, least] of [["view", 38], ["money", 39], ["hook", 38], ["clerk", 39]]) {
	test(`${role} --self-test: what must be refused is refused, what is needed goes`, { skip: OFF }, async () => {
		const said = await self_test(role);

		assert.equal(said.code, 0, said.stderr);
		assert.equal(said.lines.at(-1), `1..${said.lines.length - 1}`);
		assert.ok(said.lines.length > least, `${said.lines.length - 1} probes`);
		for (const word of ["run a program: ends the process", "trace another process: ends the process", "read a file of somebody else: is refused",
			"read a secret of another role: is refused", "memory that was written, to run: is refused", "make a file where the sockets lie: is refused"])
			assert.ok(said.lines.some((line) => line.includes(word) && line.startsWith("ok ")), word);
	});
}

const threads = async (pid) => (await readdir(`/proc/${pid}/task`)).length;

for (const role of ["view", "money", "hook", "clerk"]) {
	test(`a running ${role} has the filter, no new privileges, and one thread`, { skip: OFF }, async () => {
		for (const pid of await s.pids(role)) {
			const status = await readFile(`/proc/${pid}/status`, "utf8");

			assert.match(status, /^NoNewPrivs:\s+1$/m);
			assert.match(status, /^Seccomp:\s+2$/m);
			assert.equal(await threads(pid), 1);
			assert.match(await readFile(`/proc/${pid}/limits`, "utf8"), /^Max core file size\s+0\s+0\s/m);
		}
		assert.match(await s.log(role), /"msg":"sandbox","calls":"on"/);
	});
}

test("a gift is made, paid and booked behind it, and the clerk's child makes its page", async () => {
	const pledge = await made(s);

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid", 60);
	await until("the page of reports", async () => (await readFile(join(s.dir, "ops/index.html"), "utf8").catch(() => "")).includes("</html>"), 120);
	await books_agree(s);
});

test("SIGHUP reads the configuration and the secrets again", async () => {
	for (const role of ["view", "money", "hook", "clerk"]) {
		const before = (await s.log(role)).match(/was read again/g)?.length ?? 0;

		for (const pid of await s.pids(role))
			process.kill(pid, "SIGHUP");
		await until(`${role} has read it`, async () => ((await s.log(role)).match(/was read again/g)?.length ?? 0) > before, 60);
	}
	assert.equal((await s.request("/readyz")).status, 200);
});

test("a list outside of all other folders is read at start and again on SIGHUP; one that is gone stops nothing", async () => {
	const missed = async () => (await s.log("money")).match(/a list could not be read/g)?.length ?? 0;
	const hup = async () => (await s.pids("money")).forEach((pid) => process.kill(pid, "SIGHUP"));

	assert.equal(await missed(), 0, "at start and at the SIGHUP before");
	await rm(list);
	await hup();
	await until("money tells of it", async () => (await missed()) === 1, 60);
	assert.equal((await s.client().pledge()).status, 201);
	(await s.pids("money")).forEach((pid) => process.kill(pid, "SIGKILL"));
	await until("the next process tells of it", async () => (await missed()) > 1, 60);
	await until("and serves", async () => (await s.client().pledge()).status === 201, 60);
});

// The socket of systemd's manager, by hand: lines of what it was told.
test("behind it a role tells systemd that it is ready, and then again and again that it lives", async () => {
	const path = join(lists, "notify");

	await writeFile(list, "throwaway.example\n"); // a role does not start without it
	const said = [];
	const ear = spawn("perl", ["-MIO::Socket::UNIX", "-e", "$| = 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0]) or die;"
		+ 'chmod 0777, $ARGV[0]; print "there\\n"; print "$m\\n" while defined $s->recv($m, 200);', path], { stdio: ["ignore", "pipe", "inherit"] });

	try {
		createInterface({ input: ear.stdout }).on("line", (line) => said.push(line));
		await until("somebody listens", () => said.includes("there"), 60);
		for (const role of ["view", "money", "clerk"]) {
			await s.role(role, "stop");
			said.length = 0;
			await s.role(role, "start", { NOTIFY_SOCKET: path, WATCHDOG_USEC: "1500000" });
			await until(`${role} is ready and lives`, () => said.includes("READY=1") && said.filter((line) => line === "WATCHDOG=1").length >= 3, 60);
			await s.role(role, "restart");
		}
		await s.ready();
	} finally {
		ear.kill();
	}
});

test("both walls can be switched off, and the log says so", { skip: OFF }, async () => {
	const env = { PLEDGED_SANDBOX_CALLS: "off", PLEDGED_SANDBOX_FILES: "off" };

	await s.role("clerk", "stop");
	await s.role("clerk", "start", env);
	await until("the clerk tells", async () => /"msg":"sandbox","calls":"off","files":"off"/.test(await s.log("clerk")), 60);
	await s.role("clerk", "stop");
	await s.role("clerk", "start");
	await s.invariants();
});
