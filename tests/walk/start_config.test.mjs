// The goal: a role with a wrong configuration or an unsafe secret does not start, says where, and ends with
// 78; a database that is away at start is waited for.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { Shim, shim } from "./lib/shim.mjs";
import { build, root, sanitized, stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const dir = await mkdtemp(join(tmpdir(), "pledged-config-"));
const KEY = `k1:${"0123456789abcdef".repeat(4)}\n`;
const GOOD = {
	ini: `[cookie]\nkey_file = cookie.key\n[stripe]\nbase_url = http://127.0.0.1:1\ncheckout_host = 127.0.0.1:1\nkey_file = stripe.key\nwebhook_secret_file = stripe.webhook\n`,
	cookie: KEY, stripe: "sk_test_planted\n", webhook: "whsec_planted\n", mode: 0o600,
};

after(() => rm(dir, { recursive: true, force: true }));

async function lay(changes = {}) {
	const all = { ...GOOD, ...changes };

	for (const [name, text] of [["p.ini", all.ini], ["cookie.key", all.cookie], ["stripe.key", all.stripe], ["stripe.webhook", all.webhook]]) {
		await rm(join(dir, name), { force: true });
		if (text === null)
			continue;
		await writeFile(join(dir, name), text);
		await chmod(join(dir, name), all[`${name}_mode`] ?? all.mode);
	}
}

const pledged = (...words) => pledged_with({}, ...words);

function pledged_with(more, ...words) {
	return new Promise((done) => execFile(resolve(root, build, "pledged"), [...words, "-c", join(dir, "p.ini")],
		{ timeout: 20000, cwd: dir, env: { PATH: process.env.PATH, ...more } }, (error, stdout, stderr) => done({ code: error ? error.code ?? error.signal : 0, stdout, stderr })));
}

for (const role of ["view", "money", "hook", "clerk"]) {
	test(`${role} -t is content with what is right`, async () => {
		await lay();
		const said = await pledged(role, "-t");

		assert.equal(said.code, 0, said.stderr);
		assert.match(said.stderr, /is fine/);
	});
}

test("who takes webhooks alone is given no key, and opens none", async () => {
	await lay({ stripe: null, cookie: null });
	assert.equal((await pledged("hook", "-t")).code, 0);
	assert.equal((await pledged("money", "-t")).code, 78);
	await lay({ stripe: "sk_live_planted\n", "stripe.key_mode": 0o644, cookie: "k1:short\n" });
	assert.equal((await pledged("hook", "-t")).code, 0);
	assert.doesNotMatch((await pledged("hook", "-T")).stdout, /planted|short/);
});

const BAD = [
	["an unknown setting", "view", { ini: `${GOOD.ini}[view]\nspeed = 9\n` }, /p\.ini:9: .*view\.speed/],
	["an unknown section", "view", { ini: `${GOOD.ini}[turbo]\non = 1\n` }, /p\.ini:9: .*turbo/],
	["a setting twice", "view", { ini: `${GOOD.ini}[view]\ndeadline_ms = 100\ndeadline_ms = 200\n` }, /p\.ini:10: .*deadline_ms/],
	["a number that is none", "view", { ini: `${GOOD.ini}[view]\ndeadline_ms = fast\n` }, /p\.ini:9: .*deadline_ms/],
	["a number out of range", "view", { ini: `${GOOD.ini}[view]\ndeadline_ms = 1\n` }, /p\.ini:9: .*deadline_ms/],
	["a name server that has a name", "clerk", { ini: `${GOOD.ini}[robots]\ndns_servers = localhost\n` }, /p\.ini:9: robots\.dns_servers: .*addresses/],
	["a line that is no setting", "view", { ini: `${GOOD.ini}nonsense\n` }, /p\.ini:8: /],
	["no file at all", "view", { ini: null }, /p\.ini/],
	["a secret that is missing", "view", { cookie: null }, /p\.ini:2: cookie\.key_file: .*cookie\.key/],
	["a secret that is empty", "money", { stripe: "\n" }, /p\.ini:6: stripe\.key_file: .*empty/],
	["a placeholder", "money", { stripe: "sk_test_CHANGE-ME\n" }, /p\.ini:6: stripe\.key_file: .*CHANGE-ME/],
	["a secret that others may read", "money", { "stripe.key_mode": 0o644 }, /p\.ini:6: stripe\.key_file: .*others may read/],
	["a cookie key that is no key", "view", { cookie: "k1:short\n" }, /p\.ini:2: cookie\.key_file/],
	["a live key in test mode", "money", { stripe: "sk_live_planted\n" }, /p\.ini:6: stripe\.key_file: .*livemode is off/],
	["a test key in live mode", "money", { ini: `${GOOD.ini}livemode = on\n` }, /p\.ini:6: stripe\.key_file: .*livemode is on/],
	["a webhook secret of another kind", "money", { webhook: "planted\n" }, /p\.ini:7: stripe\.webhook_secret_file: .*whsec_/],
	["plain http to another host", "clerk", { ini: GOOD.ini.replace("http://127.0.0.1:1", "http://pay.example") }, /p\.ini:4: stripe\.base_url: .*loopback/],
	["secrets of Stripe that are missing", "clerk", { stripe: null }, /p\.ini:6: stripe\.key_file/],
	["a placeholder among the webhook secrets", "money", { webhook: "whsec_a\nwhsec_CHANGE-ME\n" }, /p\.ini:7: .*CHANGE-ME/],
	["a webhook secret that others may read", "money", { "stripe.webhook_mode": 0o604 }, /p\.ini:7: .*others may read/],
	["no webhook secret", "hook", { webhook: null }, /p\.ini:7: stripe\.webhook_secret_file/],
	["a webhook secret of another kind, for webhooks alone", "hook", { webhook: "planted\n" }, /p\.ini:7: stripe\.webhook_secret_file: .*whsec_/],
	["a secret that is not named", "money", { ini: GOOD.ini.replace("webhook_secret_file = stripe.webhook\n", "") }, /webhook_secret_file: .*not named/],
	["mail without a sender", "clerk", { ini: `${GOOD.ini}[mail]\nsmtp_url = smtp://127.0.0.1:25\n` }, /mail\.from/],
	["an address in place of words", "money", { ini: `[database]\nconninfo = postgresql://127.0.0.1/pledged\n${GOOD.ini}` }, /p\.ini:2: database\.conninfo: .*not an address/],
	["words that libpq cannot read", "clerk", { ini: `[database]\nconninfo = host\n${GOOD.ini}` }, /p\.ini:2: database\.conninfo/],
	["a level that does not exist", "view", { ini: `${GOOD.ini}[log]\nlevel = chatty\n` }, /p\.ini:9: log\.level/],
	["a word that would switch tickets off", "money", { ini: `${GOOD.ini}[form]\nticket = true\n` }, /form\.ticket: .*on, watch or off/],
	["a word of consent that is none", "view", { ini: `${GOOD.ini}[view]\nconsent_default = some\n` }, /p\.ini:9: view\.consent_default: .*none, counting or full/],
	["a key of accounts that is no key", "view", { ini: `${GOOD.ini}[account]\nkey_file = stripe.webhook\n` }, /p\.ini:9: account\.key_file: /],
	["a provider named twice", "money", { ini: `${GOOD.ini}[pay]\nproviders = stripe,stripe\n` }, /p\.ini:9: pay\.providers: .*named twice/],
	["a provider that there is not", "clerk", { ini: `${GOOD.ini}[pay]\nproviders = stripe,coins\n` }, /p\.ini:9: pay\.providers: /],
	["a tolerance of nothing", "money", { ini: `${GOOD.ini}tolerance_s = 0\n` }, /p\.ini:8: .*tolerance_s/],
];

for (const [name, role, changes, where] of BAD) {
	for (const how of [["-t"], []]) {
		test(`${name}: ${role} ${how.join(" ") || "does not start"} (case 81)`, async () => {
			await lay(changes);
			const said = await pledged(role, ...how);

			assert.equal(said.code, 78, `${said.code} ${said.stderr}`);
			assert.match(said.stderr, where);
			assert.doesNotMatch(said.stderr + said.stdout, /planted/, "no secret is told");
		});
	}
}

test("a list that is not there: money -t tells of it", async () => {
	await lay({ ini: `${GOOD.ini}[risk]\ndomains_file = ${join(dir, "no.list")}\n` });
	const said = await pledged("money", "-t");

	assert.equal(said.code, 78, said.stderr);
	assert.match(said.stderr, /p\.ini:9: risk\.domains_file: .*no\.list/);
});

test("every fault is told at once", async () => {
	await lay({ ini: `${GOOD.ini}[view]\nspeed = 9\ndeadline_ms = x\n`, cookie: null });
	const said = await pledged("view", "-t");

	assert.equal(said.stderr.trim().split("\n").length, 3, said.stderr);
});

test("-T shows what is in force and masks secrets", async () => {
	await lay();
	const said = await pledged("money", "-T");

	assert.equal(said.code, 0);
	assert.match(said.stdout, /^view\.deadline_ms = 100$/m);
	assert.match(said.stdout, /^stripe\.key_file = \*\*\*/m);
	assert.doesNotMatch(said.stdout, /planted|0123456789abcdef/);
});

test("what stands behind the program's name: help, the version, and what is neither", async () => {
	await lay();
	for (const [words, code, out, err] of [[["-h"], 0, /^usage: pledged ROLE .*\n[^]* clerk +does what can wait/, /^$/], [["--help", "view"], 0, /^usage: /, /^$/],
		[["-v"], 0, /^pledged \S+\n$/, /^$/], [[], 2, /^$/, /^usage: /], [["waiter"], 2, /^$/, /^usage: /], [["view", "money"], 2, /^$/, /^usage: /],
		[["view", "--louder"], 2, /^$/, /unrecognized option '--louder'\nusage: /]]) {
		const said = await pledged(...words);

		assert.equal(said.code, code, words.join(" "));
		assert.match(said.stdout, out, words.join(" "));
		assert.match(said.stderr, err, words.join(" "));
	}
});

// handed: a role that is started as systemd does it: the socket is descriptor 3, the environment tells for which process.
async function handed(role, pid, env = {}, where = { path: join(dir, "door.sock") }) {
	await lay({ ini: `${GOOD.ini}[database]\nconninfo = host=${dir} dbname=none\n` });
	const door = createServer();

	await new Promise((done, failed) => door.on("error", failed).listen(where, done));
	const p = spawn("sh", ["-c", `LISTEN_FDS=1 LISTEN_PID=${pid} exec "$0" "$@"`, resolve(root, build, "pledged"), role, "-c", join(dir, "p.ini")],
		{ cwd: dir, env: { PATH: process.env.PATH, ...env }, stdio: ["ignore", "pipe", "pipe", door._handle.fd] });
	const said = { text: "" };

	p.stdout.resume();
	p.stderr.on("data", (d) => { said.text += d; });
	said.ended = new Promise((done) => p.on("close", (code, signal) => done(signal ?? code)));
	said.end = () => p.kill("SIGTERM");
	said.ended.then(() => door.close());
	return said;
}

test("a socket that systemd hands over is taken, one for another process is not", async () => {
	for (const role of ["view", "money", "hook"]) {
		const role_said = await handed(role, "$$");

		await until(`${role} runs`, () => /"msg":"sandbox"/.test(role_said.text), 60);
		await sleep(300);
		role_said.end();
		assert.equal(await role_said.ended, 0, role_said.text);
		const other = await handed(role, 1);

		assert.equal(await other.ended, 78, other.text);
		assert.match(other.text, /descriptor 0 is not a listening socket/);
	}
});

// listener: who stands for systemd: lines of what is told by datagrams. Node has none of these.
async function listener(path) {
	const perl = spawn("perl", ["-MIO::Socket::UNIX", "-e", `$| = 1; my $s = IO::Socket::UNIX->new(Type => SOCK_DGRAM, Local => $ARGV[0] =~ s/^@/\\0/r) or die; print "open\n";
		while (defined $s->recv(my $m, 999)) { print "$m\n" }`, path], { stdio: ["ignore", "pipe", "inherit"] });
	const heard = { text: "", end: () => perl.kill("SIGKILL") };

	perl.stdout.on("data", (d) => { heard.text += d; });
	await until("somebody listens", () => heard.text === "open\n", 60);
	return heard;
}

test("a port of this host is as good as a socket in a folder", async () => {
	for (const host of ["127.0.0.1", "::1"]) {
		const said = await handed("view", "$$", {}, { host, port: 0 }).catch((error) => assert.equal(error.code, "EADDRNOTAVAIL"));

		if (!said)
			continue; // a host without IPv6
		await until("it runs", () => /"msg":"sandbox"/.test(said.text), 60);
		await sleep(300);
		said.end();
		assert.equal(await said.ended, 0, said.text);
	}
});

test("systemd is told when a role is ready, and when it ends", async () => {
	for (const [role, path, words] of [["view", join(dir, "notify"), "open\nREADY=1\nSTOPPING=1\n"], ["money", `@pledged-walk-${process.pid}`, "open\nREADY=1\n"]]) {
		const heard = await listener(path), said = await handed(role, "$$", { NOTIFY_SOCKET: path });

		await until(`${role} is ready`, () => /READY=1/.test(heard.text), 60);
		said.end();
		assert.equal(await said.ended, 0, said.text);
		await until("all is heard", () => heard.text === words, 60);
		heard.end();
	}
	const nowhere = await handed("money", "$$", { NOTIFY_SOCKET: join(dir, "x".repeat(120)) });

	await until("it runs all the same", () => /"msg":"sandbox"/.test(nowhere.text), 60);
	await sleep(300);
	nowhere.end();
	assert.equal(await nowhere.ended, 0, nowhere.text);
});

test("an odd home keeps no role from building its walls", { skip: sanitized && "sanitizers need what it forbids" }, async () => {
	await lay();
	const plain = await pledged("view");

	assert.equal(plain.code, 78);
	for (const home of ["", "x".repeat(2000), dir])
		assert.match((await pledged_with({ HOME: home, CREDENTIALS_DIRECTORY: dir }, "view")).stderr, /"msg":"sandbox"/, home.slice(0, 20));
});

test("without a socket a role says how it wants to be started", async () => {
	await lay();
	const said = await pledged("view");

	assert.equal(said.code, 78);
	assert.match(said.stderr, /socket/);
});

test("each allocation of a check fails once: it says so, or all is fine", { skip: sanitized ? "two libraries that want to be the first" : !existsSync(shim) && "make torture was not run" }, async () => {
	await lay({ ini: `${GOOD.ini}[risk]\ndomains_file = p.ini\n[account]\nkey_file = cookie.key\n` });
	const m = new Shim(join(dir, "shim"));

	for (const role of ["view", "money", "clerk"]) {
		m.arm("ours", 1e12);
		assert.equal((await pledged_with(m.env, role, "-t")).code, 0);
		const places = m.get("seen"), step = Math.ceil(places / 60);
		let failed = 0;

		assert.ok(places > 100, `${places} places`);
		for (let n = 1; n <= places; n += step) {
			m.arm("ours", n);
			const said = await pledged_with(m.env, role, "-t");

			assert.ok([0, 75, 78].includes(said.code), `${role}, ${n} of ${places}: ${said.code} ${said.stderr}`);
			assert.notEqual(said.stderr, "", `${role}, ${n} of ${places}`);
			assert.equal(/ is fine$/m.test(said.stderr), said.code === 0, `${role}, ${n} of ${places}: ${said.stderr}`);
			failed += said.code !== 0;
		}
		assert.ok(failed > 10, `${failed} of ${places}`);
	}
	m.close();
});

test("the database is away at start: the roles live, are not ready, and heal by themselves", async () => {
	const s = await stack({ name: "start_config", views: 1, moneys: 2 });

	await s.deploy("pg", "stop");
	for (const role of ["view", "money", "clerk"])
		await s.deploy("role", role, "restart");
	await until("the process lives", async () => (await s.request("/healthz")).status === 200);
	assert.equal((await s.request("/readyz")).status, 503);
	assert.equal((await s.request("/decide?a=/x")).json().reason, "store_down");
	const refused = await s.client().pledge();

	assert.equal(refused.status, 503);
	assert.ok(refused.headers["retry-after"]);
	await s.deploy("pg", "start");
	await s.ready();
	assert.equal((await s.client().pledge()).status, 201);
	await s.invariants();
});
