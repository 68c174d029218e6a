// The goal (case 83): secrets come from files and stay there: planted ones of every kind are in no log, no argument, no environment, no
// answer, no report and no table; the memory of a process is closed, and a file that others may read is refused.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmod, readFile, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { key } from "./lib/http.mjs";
import { books_agree, made, reaches } from "./lib/money.mjs";
import { build, root, sanitized, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "secrets", views: 1, moneys: 1, ops: "on", set: { "view.deadline_ms": 5000, "log.level": "debug", "pay.providers": "stripe,mollie" } });
const ROLES = ["view", "money", "clerk"];
const run = promisify(execFile);

// Each secret as it stands in its file, and as a key would look when it is written otherwise.
const files = (await readdir(join(s.dir, "secrets"), { withFileTypes: true })).filter((entry) => !entry.isDirectory() && entry.name !== "ops.users")
	.map(({ name }) => name);
const secrets = [];

for (const file of files) {
	for (const line of (await readFile(join(s.dir, "secrets", file), "utf8")).split("\n").filter(Boolean)) {
		const word = line.split(":").pop();

		secrets.push([file, word], [`${file} in base 64`, Buffer.from(word, /^[0-9a-f]{64}$/.test(word) ? "hex" : "utf8").toString("base64").replace(/=+$/, "")],
			[`${file} in capitals`, word.toUpperCase()], [`${file} backwards`, [...word].reverse().join("")]);
	}
}
const told = (where, text) => {
	for (const [name, word] of secrets)
		assert.ok(!text.includes(word), `${where} holds ${name}`);
};

test("five files of secrets were planted, closed to everybody else", async () => {
	assert.ok(files.length >= 5 && secrets.length >= 20, files.join());
	for (const name of [...files, "cookie", "pay", "hook", "."])
		assert.equal((await stat(join(s.dir, "secrets", name))).mode & 0o077, 0, name);
});

test("a gift goes all its way, and much goes wrong beside it", async () => {
	const who = s.client();

	await who.decide("/secret/1", { section: "sport" });
	const { token } = await who.decide("/secret/2", { section: "sport" });

	for (const provider of ["stripe", "mollie"]) {
		const gift = await made(s, { key: key(), token, provider }, who);

		if (provider === "stripe") {
			await s.provider.pay(gift.url);
			await reaches(s, gift.pledge, "paid", 60);
		}
	}
	await until("the page of reports", async () => (await readFile(join(s.dir, "ops/index.html"), "utf8").catch(() => "")).includes("</html>"), 120);
});

// What our side says when something is wrong: each answer is looked through, whole.
test("no answer tells one, good or bad", async () => {
	const who = s.client();
	const asks = [["/decide"], ["/decide?a=/x"], ["/prompt?d=x"], ["/goal?campaign=none"], ["/healthz"], ["/readyz"], ["/metrics"], ["/metrics/money"], ["/none"], ["/manage"],
		["/remind"], ["/link/x"], ["/pledge/x"], ["/pledge", { method: "POST", body: "{", headers: { "content-type": "application/json", origin: s.url } }],
		["/pledge", { body: { amount: "1e9", currency: "EUR", interval: "once", key: "x" }, headers: { origin: s.url } }],
		["/webhook/stripe", { method: "POST", body: "{}", headers: { "stripe-signature": "t=1,v1=00" } }], ["/webhook/stripe", { method: "POST", body: "{}" }],
		["/webhook/mollie", { form: { id: "tr_none" } }], ["/consent", { method: "POST", body: "x", headers: { origin: s.url } }],
		["/event", { body: { d: "v1.k1.x", e: "viewed" }, headers: { origin: s.url } }], ["/pledged.ini"], ["/secrets/cookie.key"], ["/../secrets/cookie.key"],
		["/assets/../../secrets/cookie.key"], ["/.git/config"], ["/env"]];

	for (const [path, options] of asks) {
		const answer = await who.get(path, options);

		told(path, JSON.stringify(answer.headers) + answer.text);
		assert.doesNotMatch(answer.text, /\/(etc|usr|build|src|var)\/[a-z]|\.c:\d+|pledged_(view|money|clerk|owner)\b(?!_)|SQLSTATE|PGRES|host=/, `${path} tells of our inside: ${answer.text.slice(0, 300)}`);
	}
	assert.ok(asks.length > 20);
});

test("no answer tells one while the database is away", async () => {
	await s.pg("stop");
	for (const [path, options] of [["/decide?a=/x"], ["/readyz"], ["/metrics"], ["/pledge", { body: { amount: "5.00", currency: "EUR", interval: "once", key: key() }, headers: { origin: s.url } }],
		["/manage"], ["/webhook/stripe", { method: "POST", body: "{}", headers: { "stripe-signature": "t=1,v1=00" } }]]) {
		const answer = await s.request(path, options);

		told(path, JSON.stringify(answer.headers) + answer.text);
		assert.doesNotMatch(answer.text, /connection to server|socket|password|PGHOST|\/pledged\.\w{6}/, path);
	}
	await s.pg("start");
	await s.ready();
});

for (const role of ROLES) {
	test(`${role}: not in its arguments, its environment or its core, and its memory is closed`, async () => {
		const pids = await s.pids(role);

		assert.ok(pids.length > 0);
		for (const pid of pids) {
			told(`the arguments of ${role}`, await readFile(`/proc/${pid}/cmdline`, "latin1"));
			const environment = await readFile(`/proc/${pid}/environ`, "latin1").catch((error) => error.code);

			told(`the environment of ${role}`, environment);
			assert.match(await readFile(`/proc/${pid}/limits`, "utf8"), /^Max core file size\s+0\s+0\s/m);
			if (sanitized)
				continue;
			// Nobody of the same user may look: what belongs to a closed process belongs to root.
			assert.equal((await stat(`/proc/${pid}/environ`)).uid, 0, "closed (PR_SET_DUMPABLE)");
			assert.equal((await stat(`/proc/${pid}/mem`)).uid, 0);
		}
	});
}

test("pledged -T, pledgectl check and the help tell none", async () => {
	for (const role of ROLES) {
		const { stdout, stderr } = await run(join(root, build, "pledged"), [role, "-T", "-c", s.env.CONF]);

		told(`pledged ${role} -T`, stdout + stderr);
		assert.match(stdout, /key_file = \*\*\*/);
	}
	for (const words of [["check"], ["report", "health"], ["campaign", "list"], ["pay", "list"], ["audit", "--days", "1"]]) {
		const said = await s.ctl(...words);

		told(words.join(" "), said.stdout + said.stderr);
	}
});

test("a role refuses a secret that others may read, says which, and tells nothing of it", async () => {
	for (const [file, role] of [["cookie.key", "view"], ["stripe.key", "money"], ["stripe.webhook", "money"], ["mollie.key", "clerk"]]) {
		const path = join(s.dir, "secrets", file);

		for (const mode of [0o604, 0o602, 0o644, 0o666, 0o601]) {
			await chmod(path, mode);
			const said = await run(join(root, build, "pledged"), [role, "-t", "-c", s.env.CONF]).catch((error) => error);

			assert.equal(said.code, 78, `${file} ${mode.toString(8)}`);
			assert.match(said.stderr, /others may read it/);
			told(`the refusal of ${file}`, said.stderr);
		}
		await chmod(path, 0o600);
	}
});

test("no secret by argument or environment: there is no such setting", async () => {
	const rows = (await readFile(join(root, "src/base/conf.def"), "utf8")).match(/^X\(.*\)$/gm);
	const odd = rows.filter((row) => /key|secret|password/.test(row.split(",")[1]) && !/FILE/.test(row));

	assert.deepEqual(odd, []);
});

test("the page of reports, the pages of editors, all tables and all logs hold none", async () => {
	for (const folder of ["ops", "preview", "log", "outputs", "spool"]) {
		for (const file of await readdir(join(s.dir, folder), { recursive: true }).catch(() => [])) {
			const path = join(s.dir, folder, file);

			if ((await stat(path)).isFile())
				told(`${folder}/${file}`, await readFile(path, "latin1"));
		}
	}
	const dump = await run("pg_dump", ["-h", s.env.PGHOST, "-p", s.env.PGPORT, "-U", "postgres", "-n", "pledged", "--inserts", s.env.PGDATABASE], { maxBuffer: 1 << 29 });

	told("the database", dump.stdout);
	for (const [name, word] of secrets)
		assert.ok(!dump.stdout.includes(Buffer.from(word).toString("hex")), `the database holds ${name}, as bytes`);
	await books_agree(s);
});
