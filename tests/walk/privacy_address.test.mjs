// The goal: whatever a reader or a donor does, their network address is shortened before it is stored or logged: no column of any table and
// no log holds it whole, and the access log that is shipped tells a network of many.

import assert from "node:assert/strict";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { key } from "./lib/http.mjs";
import { books_agree, made, reaches } from "./lib/money.mjs";
import { stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "privacy-address", views: 1, moneys: 2, set: { "view.deadline_ms": 5000, "log.level": "debug" } });
const FROM = "X-Walk-From";

await writeFile(join(s.dir, "nginx/extra-http-from.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();
await s.sql('UPDATE pledged.limit_rule SET "on" = true');

// Each with the network that may be told of it in a log.
const CLIENTS = [["203.0.113.77", "203.0.113.0/24"], ["198.51.100.201", "198.51.100.0/24"], ["2001:db8:1:2:aaaa:bbbb:cccc:dddd", "2001:db8:1::/48"],
	["2001:db8:5::77", "2001:db8:5::/48"], ["2001:db8::99", "2001:db8::/48"], ["::ffff:192.0.2.55", "192.0.2.0/24"]];
// What would tell the one from the others of their network.
const WHOLE = ["203.0.113.77", "198.51.100.201", "aaaa:bbbb:cccc:dddd", "aaaabbbbccccdddd", "2001:db8:5::77", "2001:db8::99", "192.0.2.55", "cb00714d", "c63364c9", "c0000237"];

// Networks, as limits tell them apart: the tables hold them as keyed hashes alone.
const CUT = ["203.0.113.0", "198.51.100.0", "192.0.2.0", "2001:db8:1:2::", "2001:db8:5::", "2001:db8::/", "2001:db8:1::"];

async function everything(address) {
	const who = s.client({ headers: { [FROM]: address, accept: "text/html,application/json" } });
	const post = (path, body) => who.post(path, { body, headers: { origin: s.url } });
	const email = `${key()}@mail.example`;

	await who.decide("/net/1", { section: "sport" });
	const { token } = await who.decide("/net/2", { section: "sport" });

	await who.event(token, "viewed");
	await who.event(token, "later");
	const gift = await made(s, { key: key(), token, email }, who);

	assert.equal((await who.pledge({ amount: "0.01" })).status, 422);
	assert.equal((await who.get(`/pledge/${gift.pledge}`)).status, 200);
	assert.equal((await post("/link", { email })).status, 202);
	assert.equal((await post("/manage/ask", { email })).status, 202);
	assert.ok([202, 409, 422].includes((await post("/remind", { email, articles: 5 })).status));
	assert.equal((await s.request("/webhook/stripe", { method: "POST", body: "{}", headers: { [FROM]: address, "stripe-signature": "t=1,v1=00" } })).status, 400);
	assert.equal((await who.get("/link/none")).status >= 400, true);
	assert.equal((await who.get("/nothing/here")).status, 404);
	assert.equal((await who.get("/%E2%80%AE/%1B[2J%0A?p=%E2%80%AE")).status, 404); // would turn a line of the log around, or clear a terminal
	return gift;
}

test("readers and donors from six addresses do all there is to do", async () => {
	for (const [address] of CLIENTS) {
		const gift = await everything(address);

		await s.provider.pay(gift.url);
		await reaches(s, gift.pledge, "paid", 60);
	}
	assert.ok(await s.count("SELECT count(*) FROM pledged.limit_bucket WHERE scope = 'network'") >= 4, "their networks were told");
});

// Whoever calls itself a robot is asked of DNS by its whole address, which is kept for a day at most (deploy/SECURITY.md).
test("a claim to be a robot is the one exception: its table, and no other, holds that address", async () => {
	const address = "203.0.113.99";
	const robot = s.client({ headers: { [FROM]: address, "user-agent": "Mozilla/5.0 (compatible; Googlebot/2.1)" } });

	await robot.decide("/net/robot", { section: "sport" });
	await until("the claim is there", async () => await s.count(`SELECT count(*) FROM pledged.robot_claim WHERE address = '${address}'`) === 1, 60);
	assert.equal(await s.count("SELECT count(*) FROM pledged.robot_claim WHERE expires_at > now() + interval '25 hours'"), 0);
	WHOLE.push(address, "cb007163");
});

test("no table holds a whole address, nor a network in the clear", async () => {
	const columns = await s.sql(`SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`);
	const looks = columns.map(([table, column, type]) => {
		const text = type === "bytea" ? `lower(encode("${column}", 'escape') || encode("${column}", 'hex'))` : `lower("${column}"::text)`;

		return `SELECT '${table}.${column}' FROM pledged."${table}" WHERE ${text} ~ '${[...WHOLE, ...CUT].map((w) => w.replaceAll(".", "\\.")).join("|")}'`;
	});
	const hits = [];

	assert.ok(columns.length > 300);
	for (let i = 0; i < looks.length; i += 200)
		hits.push(...await s.sql(looks.slice(i, i + 200).join(" UNION ")));
	assert.deepEqual([...new Set(hits.flat())], ["robot_claim.address"]);
});

test("no log holds one; the access log tells the network", async () => {
	const access = await until("the access log is written", async () => {
		const text = await s.log("access");

		return CLIENTS.every(([, net]) => text.includes(net)) ? text : undefined;
	}, 60);

	for (const [, net] of CLIENTS)
		assert.ok(access.includes(`"net":"${net}"`), net);
	for (const file of await readdir(join(s.dir, "log"))) {
		// nginx writes the client into each line of its error log and cannot be told not to: it must not have a reason to.
		const text = (await readFile(join(s.dir, "log", file), "utf8")).toLowerCase();

		for (const word of WHOLE)
			assert.ok(!text.includes(word), `${file} holds ${word}: ${text.split("\n").find((line) => line.includes(word))?.slice(0, 300)}`);
	}
	for (const line of access.trim().split("\n"))
		assert.doesNotThrow(() => JSON.parse(line));
	assert.ok(access.includes('"uri":"/%E2%80%AE/%1B[2J%0A"'), "an address stands there as it was sent");
	assert.doesNotMatch(access, /[^\n\x20-\x7e]/, "so that nothing in it turns a line around");
	assert.doesNotMatch(access, /@mail\.example|\?|[?&]p=/, "and no address or token that stood behind a question mark");
});

test("the provider is told no address of the client's", async () => {
	for (const sent of await s.provider.requests({}))
		assert.ok(!WHOLE.some((word) => JSON.stringify(sent).includes(word)), JSON.stringify(sent).slice(0, 300));
});

test("the books agree", () => books_agree(s));
