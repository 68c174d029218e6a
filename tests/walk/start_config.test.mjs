// The goal: a role with a wrong configuration or an unsafe secret does not start, says where, and ends with
// 78; a database that is away at start is waited for.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, test } from "node:test";

import { build, root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

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

function pledged(...words) {
	return new Promise((done) => execFile(resolve(root, build, "pledged"), [...words, "-c", join(dir, "p.ini")],
		{ timeout: 20000, cwd: dir, env: { PATH: process.env.PATH } }, (error, stdout, stderr) => done({ code: error ? error.code ?? error.signal : 0, stdout, stderr })));
}

for (const role of ["view", "money", "clerk"]) {
	test(`${role} -t is content with what is right`, async () => {
		await lay();
		const said = await pledged(role, "-t");

		assert.equal(said.code, 0, said.stderr);
		assert.match(said.stderr, /is fine/);
	});
}

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
	["a secret that is not named", "money", { ini: GOOD.ini.replace("webhook_secret_file = stripe.webhook\n", "") }, /webhook_secret_file: .*not named/],
	["mail without a sender", "clerk", { ini: `${GOOD.ini}[mail]\nsmtp_url = smtp://127.0.0.1:25\n` }, /mail\.from/],
	["words that libpq cannot read", "clerk", { ini: `[database]\nconninfo = host\n${GOOD.ini}` }, /p\.ini:2: database\.conninfo/],
	["a level that does not exist", "view", { ini: `${GOOD.ini}[log]\nlevel = chatty\n` }, /p\.ini:9: log\.level/],
	["a word that would switch tickets off", "money", { ini: `${GOOD.ini}[form]\nticket = true\n` }, /form\.ticket: .*on, watch or off/],
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

test("without a socket a role says how it wants to be started", async () => {
	await lay();
	const said = await pledged("view");

	assert.equal(said.code, 78);
	assert.match(said.stderr, /socket/);
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
