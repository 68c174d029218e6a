// The goal: SIGHUP takes new secrets and settings into every running process, between two requests: no valid webhook is refused while a
// secret is rolled, nobody's cookie is lost, and a file that is wrong changes nothing.

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, test } from "node:test";

import { agent, client, key } from "./lib/http.mjs";
import { books_agree, deliver, event, secret_of } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await stack({ name: "reload", views: 2, moneys: 4, set: { "clerk.interval_ms": 100 } });
const pool = agent(16);
const WEBHOOK = join(s.dir, "secrets/stripe.webhook");
const COOKIE = join(s.dir, "secrets/cookie.key");
const first = await secret_of(s);
const fresh = () => {
	const secret = `whsec_${randomBytes(24).toString("hex")}`;

	s.planted = [...(s.planted ?? []), secret];
	return secret;
};
const said = async (name, words) => (await s.log(name)).split("\n").filter((line) => line.includes(`"${words}"`)).length;
const READ = "the configuration was read again";
const REFUSED = "the configuration was not read again; the old one stays";

after(() => pool.destroy());

async function hup(...names) {
	for (const name of names) {
		for (const pid of await s.pids(name))
			process.kill(pid, "SIGHUP");
	}
}

// again: HUP to all processes of a role, and back when each has said that it read its files, or that it did not.
async function again(name, words = READ) {
	const before = await said(name, words);
	const n = (await s.pids(name)).length;

	await hup(name);
	await until(`${n} processes of ${name}: ${words}`, async () => await said(name, words) >= before + n, 20);
}

const set = async (section, name, value) => {
	const ini = (await readFile(s.env.CONF, "utf8")).split("\n");
	const head = ini.indexOf(`[${section}]`);
	const at = ini.findIndex((line, i) => i > head && new RegExp(`^;?${name} =`).test(line));

	ini[at] = `${name} = ${value}`;
	await writeFile(s.env.CONF, ini.join("\n"));
};

test("a secret is rolled six times under a stream of webhooks: none is refused (case 82)", async (t) => {
	let signers = [first];
	let going = true;
	const answers = [];
	const stream = Array.from({ length: 8 }, async () => {
		while (going)
			answers.push((await deliver(s, event("product.created", { id: "prod_x", object: "product" }), { secret: signers })).status);
	});
	const pids = await s.pids("money");

	for (let i = 0; i < 6; i++) {
		const [old] = signers;
		const next = fresh();

		await writeFile(WEBHOOK, `${next}\n${old}\n`);
		await again("money");
		signers = [next, old]; // the provider signs with both for a day
		await sleep(300);
		signers = [next];
		await sleep(300);
		await writeFile(WEBHOOK, `${next}\n`);
		await again("money");
		await sleep(200);
		assert.equal((await deliver(s, event("product.created", { id: "prod_x", object: "product" }), { secret: old })).status, 400, "the old one is gone");
	}
	going = false;
	await Promise.all(stream);
	t.diagnostic(`${answers.length} webhooks`);
	assert.ok(answers.length > 100);
	assert.deepEqual([...new Set(answers)], [200]);
	assert.deepEqual(await s.pids("money"), pids, "no process ended for it");
	await writeFile(WEBHOOK, `${first}\n`);
	await again("money");
});

test("100 signals under load, with files that are wrong among them: the old holds, loudly (case 82)", async () => {
	const good = await readFile(s.env.CONF, "utf8");
	let going = true;
	const statuses = { hook: [], pledge: [], page: [] };
	const load = [
		...Array.from({ length: 3 }, async () => {
			while (going)
				statuses.hook.push((await deliver(s, event("product.created", { id: "prod_y", object: "product" }), { secret: first })).status);
		}),
		(async () => {
			for (let i = 0; going; i++)
				statuses.pledge.push((await client(s.url, { agent: pool }).pledge({ email: `r${i}@mail.example`, key: key() })).status);
		})(),
		...Array.from({ length: 3 }, async () => {
			while (going)
				statuses.page.push((await client(s.url, { agent: pool }).decide("/en/news/ferry")).status);
		}),
	];

	const pids = (await Promise.all(["money", "view", "clerk"].map((name) => s.pids(name)))).flat();

	for (let i = 0; i < 100; i++) {
		if (i % 10 === 3)
			await writeFile(s.env.CONF, `${good}\n[nonsense]\nx = 1\n`);
		if (i % 10 === 6) {
			await writeFile(s.env.CONF, good);
			await writeFile(WEBHOOK, "CHANGE-ME\n");
		}
		if (i % 10 === 9)
			await writeFile(WEBHOOK, `${first}\n`);
		pids.forEach((pid) => process.kill(pid, "SIGHUP"));
		await sleep(30);
	}
	await writeFile(s.env.CONF, good);
	await again("money");
	going = false;
	await Promise.all(load);
	assert.deepEqual([[...new Set(statuses.hook)], [...new Set(statuses.pledge)], [...new Set(statuses.page)]], [[200], [201], [200]]);
	for (const name of ["money", "view", "clerk"])
		assert.ok(await said(name, REFUSED) > 0, name);
	assert.match(await s.log("money"), /"level":"error"[^\n]*not read again[^\n]*"why":"[^"]*no setting nonsense\.x/);
	assert.match(await s.log("money"), /not read again[^\n]*the secret is still CHANGE-ME/);
});

test("a new cookie key signs at once in both roles, and old cookies hold", async () => {
	const reader = s.client();

	await reader.decide("/en/news/ferry");
	await reader.decide("/en/news/bridge");
	const [[name, cookie]] = [...reader.jar];
	const old = await readFile(COOKIE, "utf8");
	const id = old.slice(0, old.indexOf(":"));
	const hex = randomBytes(32).toString("hex");

	s.planted = [...s.planted, hex];
	assert.equal(cookie.split(".")[1], id);
	await writeFile(COOKIE, `k9:${hex}\n${old}`);
	await again("money");
	await again("view");
	const page = await reader.decide("/en/news/harbour");
	const other = s.client();

	await other.decide("/en/news/ferry");
	assert.equal(page.articles, 3, "the reader is known");
	assert.equal([...other.jar][0][1].split(".")[1], "k9");
	assert.equal(reader.jar.get(name).split(".")[1], "k9", "and gets a cookie of the new key");
	assert.equal((await reader.pledge({ token: page.token })).status, 201);
});

test("settings that reload do, those that do not are named", async () => {
	await set("money", "webhook_bytes", "5000");
	await set("view", "connections", "3");
	await again("money");
	await again("view");
	await again("clerk");
	const body = JSON.stringify(event("product.created", { id: "prod_z", object: "product", description: "x".repeat(6000) }));

	assert.equal((await deliver(s, body, { secret: first })).status, 413);
	assert.match(await s.log("view"), /read again[^\n]*"restart_for":"view\.connections"/);
	await set("stripe", "tolerance_s", "1");
	await again("money", REFUSED);
	assert.match(await s.log("money"), /not read again[^\n]*stripe\.tolerance_s: must be a whole number from 30/);
	await set("stripe", "tolerance_s", "300");
	await set("stripe", "methods", "card");
	await again("money");
	assert.equal((await s.client().pledge({ email: "card@mail.example" })).status, 201);
	assert.match((await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).at(-1).body, /payment_method_types(\[|%5B)0(\]|%5D)=card/);
});

test("settings that fit each other only with one that needs a restart: none of them is taken", async () => {
	const ini = await readFile(s.env.CONF, "utf8");
	const KEY = join(s.dir, "secrets/stripe.key");
	const old = await readFile(KEY, "utf8");
	const live = `sk_live_${randomBytes(24).toString("hex")}`;
	const works = async (email) => {
		const answers = await Promise.all(Array.from({ length: 8 }, (_, i) => client(s.url, { agent: pool }).pledge({ email: `${i}${email}`, key: key() })));

		assert.deepEqual(answers.map((a) => a.status), Array(8).fill(201));
	};

	s.planted = [...(s.planted ?? []), live];
	await writeFile(KEY, live);
	await set("stripe", "livemode", "on");
	await set("stripe", "checkout_host", "pay.example.com");
	await set("money", "webhook_bytes", "4097");
	for (const name of ["money", "clerk"]) {
		await again(name, REFUSED);
		assert.match(await s.log(name), /not read again[^\n]*"setting":"stripe\.key_file"[^\n]*"restart_for":"[^"]*stripe\.livemode"/);
	}
	await works("half@mail.example");
	const body = JSON.stringify(event("product.created", { id: "prod_v", object: "product", description: "x".repeat(4300) }));

	assert.equal((await deliver(s, body, { secret: first })).status, 200, "nor the limit of a body");
	await writeFile(KEY, old);
	await writeFile(s.env.CONF, ini);
	await again("money");
	await again("clerk");
	await works("whole@mail.example");
});

test("a signal that comes while a process starts is not lost", async () => {
	const next = fresh();
	const [pid] = await s.pids("money");

	process.kill(pid, "SIGKILL");
	const born = await until("another worker", async () => (await s.pids("money")).find((p) => p > pid));

	await writeFile(WEBHOOK, `${next}\n`);
	await hup("money");
	await until("all four take the new secret", async () => {
		const answers = await Promise.all(Array.from({ length: 24 }, () => deliver(s, event("product.created", { id: "prod_w", object: "product" }),
			{ secret: next })));

		return answers.every((a) => a.status === 200);
	}, 20);
	assert.ok((await s.pids("money")).includes(born), "it did not end for it");
	await writeFile(WEBHOOK, `${first}\n`);
	await again("money");
});

test("the books agree", () => books_agree(s));
