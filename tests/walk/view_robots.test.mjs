// The goal: a robot reads freely when its address proves what it says, and only then; whoever lies meets the
// gate like everybody; and finding out is nobody's wait.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";

import { agent, client } from "./lib/http.mjs";
import { name_server } from "./lib/dns.mjs";
import { made, reaches } from "./lib/money.mjs";
import { sleep, until } from "./lib/until.mjs";
import { decisions, metric, view_stack } from "./lib/view.mjs";

const dns = await name_server();
// A wall before the first article: whoever is no robot sees nothing of it, cookie or not.
const s = await view_stack({ name: "view-robots", views: 1, campaign: { meter: { meter: { window: "month", allowance: 0, then: "wall" } } },
	set: { "robots.dns_servers": dns.address, "robots.reload_s": 1, "clerk.interval_ms": 50, "view.deadline_ms": 3000 } });
const UA = { google: "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
	bing: "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
	duck: "DuckDuckBot/1.1; (+http://duckduckgo.com/duckduckbot.html)", mine: "OurMonitor-bot/1.0",
	browser: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" };
const ARTICLES = ["/en/news/night-ferry", "/en/news/silent-gauge", "/en/news/one-bus-four-villages",
	"/en/culture/lighthouse-library", "/en/culture/map-of-a-moving-coast", "/en/culture/ropewalk-choir"];

// The client's address is what nginx says: here a test tells nginx.
await writeFile(join(s.dir, "nginx/extra-http.conf"), "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Test-Ip;\n");
await s.role("nginx", "restart");
await s.ready();

const pool = agent(64);
const from = (address, ua = UA.google) => client(s.url, { agent: pool, headers: { "x-test-ip": address, "user-agent": ua } });
const walled = (answer) => answer.status === 403 && !/story-text/.test(answer.text);
const open = (answer) => answer.status === 200 && /story-text/.test(answer.text);
const readers = () => s.count("SELECT count(*) FROM pledged.reader");
const state = (address) => s.one(`SELECT state || ' ' || coalesce(error, '') FROM pledged.robot_claim WHERE address = '${address}'`);
const answered = (address, what) => until(`${address} is ${what}`, async () => (await state(address))?.startsWith(what));
const reads = (who) => until("a robot reads freely", async () => open(await who.get(ARTICLES[0])));

s.planted = ["66.249.66.1", "192.0.2.66", "192.0.2.77"]; // no log names an address

// refused: for as long as a worker needs to read the list anew, and again.
async function refused(address, ua) {
	for (let i = 0; i < 5; i++) {
		assert.ok(walled(await from(address, ua).get(ARTICLES[i])), `${address} meets the gate`);
		await sleep(500);
	}
}

async function load(robot, text) {
	const file = join(s.dir, "list");

	await writeFile(file, text);
	return s.ctl("robots", "load", robot, file);
}

test("a robot whose address is in a list reads on past the wall, and is nobody", async () => {
	const robot = from("66.249.66.1");

	assert.ok(walled(await robot.get(ARTICLES[0])), "not before the list is there");
	const said = await load("googlebot", JSON.stringify({ creationTime: "2026-11-01T00:00:00",
		prefixes: [{ ipv6Prefix: "2001:4860:4801:10::/64" }, { ipv4Prefix: "66.249.66.0/27" }] }));

	assert.deepEqual([said.code, said.stdout, said.stderr], [0, "googlebot: 2 networks\n", ""]);
	robot.jar.clear();
	await reads(robot);
	robot.jar.clear();
	const [before, seen] = [await readers(), await decisions(s, "r.reason = 'bot'")];

	for (const article of ARTICLES) {
		const page = await robot.get(article);

		assert.ok(open(page), article);
		assert.doesNotMatch(page.text, /<pledged-prompt/);
		assert.equal(page.headers["set-cookie"], undefined);
	}
	assert.ok(open(await from("2001:4860:4801:10::7").get(ARTICLES[0])), "by IPv6 too");
	assert.equal((await robot.decide("/x")).reason, "bot");
	assert.deepEqual([robot.jar.size, await readers()], [0, before]);
	await until("its views are decisions", async () => (await decisions(s, "r.reason = 'bot'")).bot >= (seen.bot ?? 0) + 8);
});

test("an address proves one robot, and no reader", async () => {
	for (const [address, ua] of [["66.249.66.1", UA.bing], ["66.249.66.1", UA.browser], ["66.249.66.32", UA.google], ["2001:4860:4801:11::1", UA.google]])
		assert.ok(walled(await from(address, ua).get(ARTICLES[0])), `${address} ${ua}`);
});

test("a header is no address, and a query no claim", async () => {
	const liar = client(s.url, { headers: { "x-test-ip": "192.0.2.5", "user-agent": UA.google, "x-forwarded-for": "66.249.66.1",
		"x-real-ip": "66.249.66.1", "pledged-client-ip": "66.249.66.1", "pledged-bot": "googlebot", forwarded: "for=66.249.66.1" } });

	assert.ok(walled(await liar.get(ARTICLES[0])));
	assert.equal((await from("66.249.66.1", UA.browser).get("/decide?a=/x&s=news&bot=googlebot")).status, 422);
});

test("who proves himself by a list alone is asked of nobody", async () => {
	const n = dns.asked.length;

	assert.ok(walled(await from("20.191.45.212", UA.duck).get(ARTICLES[0])));
	assert.ok(walled(await from("192.0.2.9", UA.mine).get(ARTICLES[0])));
	assert.deepEqual((await load("duckduckbot", "# theirs\n20.191.45.212\n")).code, 0);
	assert.deepEqual((await load("other", "192.0.2.8/29\n")).stdout, "other: 1 networks\n");
	await reads(from("20.191.45.212", UA.duck));
	await reads(from("192.0.2.9", UA.mine));
	assert.equal(await s.count("SELECT count(*) FROM pledged.robot_claim WHERE robot IN ('duckduckbot', 'other')"), 0);
	assert.ok(dns.asked.slice(n).every((q) => !/^PTR (212\.45|9\.2\.0)/.test(q)));
});

test("by DNS: the first request meets the gate, soon after it reads freely", async () => {
	dns.robot("66.249.79.7", "crawl-66-249-79-7.googlebot.com");
	dns.robot("2001:4860:4801:99::1", "crawl-6.googlebot.com");
	dns.robot("157.55.39.9", "msnbot-157-55-39-9.search.msn.com");
	for (const [address, ua] of [["66.249.79.7", UA.google], ["2001:4860:4801:99::1", UA.google], ["157.55.39.9", UA.bing]]) {
		const robot = from(address, ua);

		assert.ok(walled(await robot.get(ARTICLES[0])), "the normal gate");
		robot.jar.clear();
		await answered(address, "verified");
		await reads(robot);
		assert.equal((await robot.decide("/x")).reason, "bot");
	}
	const [[source, week]] = await s.sql(`SELECT source, round(extract(epoch FROM expires_at - verified_at) / 86400) FROM pledged.robot_range
		WHERE range = '66.249.79.7/32'`);

	assert.deepEqual([source, week], ["dns", "7"]);
	const n = dns.asked.length;

	for (const article of ARTICLES)
		assert.ok(open(await from("66.249.79.7").get(article)));
	await sleep(1500);
	assert.equal(dns.asked.length, n, "what is known is not asked again");
	assert.ok(walled(await from("66.249.79.7", UA.bing).get(ARTICLES[0])), "and proves one robot only");
	assert.ok(walled(await from("66.249.79.8").get(ARTICLES[0])), "and one address");
});

test("a false claim meets the gate for ever", async () => {
	dns.robot("192.0.2.66", "crawl.evilgooglebot.com");
	dns.robot("192.0.2.67", "crawl.googlebot.com.evil.example");
	dns.robot("192.0.2.68", "googlebot.com");
	dns.ptr("192.0.2.69", "crawl-66-249-79-7.googlebot.com"); // leads to somebody else
	dns.ptr("192.0.2.70", "nowhere.googlebot.com"); // leads nowhere
	dns.robot("192.0.2.72", "vm.bc.googleusercontent.com"); // a customer of Google's cloud
	dns.ptr("2001:db8::bad", "crawl-66-249-79-7.googlebot.com"); // no such address of that name
	const liars = ["192.0.2.66", "192.0.2.67", "192.0.2.68", "192.0.2.69", "192.0.2.70", "192.0.2.71", "192.0.2.72", "2001:db8::bad"];

	for (const address of liars)
		assert.ok(walled(await from(address).get(ARTICLES[0])), address);
	for (const address of liars)
		await answered(address, "false");
	const n = dns.asked.length;

	await Promise.all(liars.map((address) => refused(address, UA.google)));
	assert.equal(dns.asked.length, n, "and is not asked about again");
	assert.equal(await s.count(`SELECT count(*) FROM pledged.robot_claim WHERE state = 'false' AND expires_at > now() + interval '1 day'`), 0);
	assert.equal(await s.count("SELECT count(*) FROM pledged.robot_range WHERE range <<= '192.0.2.64/26' OR range <<= '2001:db8::/32'"), 0);
});

test("an address of an inner network is never asked about", async () => {
	for (const address of ["127.0.0.1", "10.1.2.3", "192.168.7.7", "169.254.1.1", "fd00::1"])
		assert.ok(walled(await from(address).get(ARTICLES[0])), address);
	await until("a later claim is asked about", async () => {
		await from("192.0.2.90").get(ARTICLES[0]);
		return (await state("192.0.2.90"))?.startsWith("false");
	});
	assert.equal(await s.count("SELECT count(*) FROM pledged.robot_claim WHERE address <<= '10.0.0.0/8' OR address <<= '127.0.0.0/8' OR address <<= 'fd00::/8'"), 0);
});

test("DNS keeps silent: no answer is slower, and money is booked", async (t) => {
	const timed = async (who) => {
		const began = process.hrtime.bigint();
		const answer = await who.decide("/slow", { section: "news" });

		assert.deepEqual([answer.status, answer.act], [200, "wall"]);
		return Number(process.hrtime.bigint() - began) / 1e6;
	};
	const middle = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
	const browser = [], robot = [];

	dns.mute = true;
	await from("203.0.113.1").get(ARTICLES[0]);
	await until("it is claimed", () => state("203.0.113.1"));
	await timed(from("198.18.99.1", UA.browser)); // warms the connection
	for (let i = 0; i < 60; i++) {
		browser.push(await timed(from(`198.18.${i}.1`, UA.browser)));
		robot.push(await timed(from(`198.18.${i}.2`, UA.google)));
	}
	t.diagnostic(`a claim ${middle(robot).toFixed(2)} ms, a browser ${middle(browser).toFixed(2)} ms`);
	assert.ok(middle(robot) < middle(browser) * 3 + 5, `${middle(robot)} ms, a browser ${middle(browser)} ms`);
	await until("DNS is asked", () => dns.asked.includes("PTR 1.113.0.203.in-addr.arpa"));
	const began = Date.now();
	const pledge = await made(s, { email: "silent@mail.example" });

	await s.provider.pay(pledge.url);
	await reaches(s, pledge.pledge, "paid", 10);
	assert.ok(Date.now() - began < 8000, "money does not wait for names");
	assert.ok(walled(await from("203.0.113.1").get(ARTICLES[0])), "silence proves nothing");
	await until("its silence is noted", async () => /^new no answer/.test(await state("203.0.113.1")));
	dns.mute = false;
});

test("who was not answered for is asked about again, and then reads freely", async () => {
	dns.robot("203.0.113.1", "crawl-203-0-113-1.googlebot.com");
	// The half minute is not waited for.
	await s.sql("UPDATE pledged.robot_claim SET not_before = now() WHERE address = '203.0.113.1'");
	await s.sql("DELETE FROM pledged.robot_claim WHERE address <<= '198.18.0.0/16'");
	await until("it is verified", async () => (await state("203.0.113.1")) === "verified ", 20);
	await reads(from("203.0.113.1"));
});

test("a robot that changed hands meets the gate again", async () => {
	dns.forget("7.79.249.66.in-addr.arpa");
	await s.sql("UPDATE pledged.robot_range SET expires_at = now() + interval '1 hour' WHERE range = '66.249.79.7/32'");
	await s.sql("DELETE FROM pledged.robot_claim WHERE address = '66.249.79.7'");
	await until("it is claimed anew on the last day", async () => {
		await from("66.249.79.7").get(ARTICLES[0]);
		return (await state("66.249.79.7"))?.startsWith("false");
	});
	await until("and refused", async () => walled(await from("66.249.79.7").get(ARTICLES[0])));
});

test("a flood of claims goes by: the page is as it was, the table is bounded", async () => {
	const answers = await Promise.all(Array.from({ length: 600 }, (_, i) => from(`198.51.100.${i % 250}`).get("/decide?a=/flood&s=news&l=en")));

	assert.ok(answers.every((a) => a.status === 200 && a.json().act === "wall"));
	await sleep(1000);
	const [[all, fresh]] = await s.sql(`SELECT count(*), count(*) FILTER (WHERE state = 'new') FROM pledged.robot_claim WHERE address <<= '198.51.100.0/24'`);

	assert.ok(Number(fresh) <= 16 && Number(all) > 0, `${fresh} of ${all} wait`);
});

test("nobody waits for who puts claims in, nor for who asks", async () => {
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const holder = promisify(execFile)("psql", ["-X", "-q", "-h", PGHOST, "-p", PGPORT, "-U", "postgres", "-d", PGDATABASE, "-c",
		`BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('pledged.robot_claim', 0)); SELECT * FROM pledged.robot_claim FOR UPDATE;
		INSERT INTO pledged.robot_claim (address, robot, first_at, not_before, expires_at) VALUES ('192.0.2.91', 'googlebot', now(), now(), now() + interval '1 day');
		SELECT pg_sleep(3); COMMIT;`]);
	const reader = from("192.0.2.200", UA.browser);

	await until("the table is held", () => s.count("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"));
	for (let i = 0; i < 20; i++) {
		const began = Date.now();

		assert.ok(walled(await from("192.0.2.91").get(ARTICLES[0])));
		assert.notEqual((await reader.decide(`/held/${i}`, { section: "sport" })).reason, "store_down");
		assert.ok(Date.now() - began < 1000);
		await sleep(50);
	}
	assert.equal((await reader.decide("/held/last", { section: "sport" })).status, 200);
	await holder;
});

test("claims are counted by what is known of them", async () => {
	const before = [await metric(s, 'pledged_robot_claims_total{result="verified"}'), await metric(s, 'pledged_robot_claims_total{result="unverified"}')];

	for (let i = 0; i < 3; i++)
		await from("66.249.66.1").get(ARTICLES[0]);
	await from("192.0.2.71").get(ARTICLES[0]);
	await from("192.0.2.71", UA.browser).get(ARTICLES[0]);
	assert.deepEqual([await metric(s, 'pledged_robot_claims_total{result="verified"}') - before[0],
		await metric(s, 'pledged_robot_claims_total{result="unverified"}') - before[1]], [3, 1]);
});

test("the report tells robots from readers, and readers who come back from who does not", async () => {
	const told = async () => (await s.sql("SELECT sum(decisions), sum(minted), sum(returned), sum(robots), sum(claimed), sum(consent_none), sum(consent_full) FROM report.robots"))[0].map(Number);
	let before;

	await until("all that came is counted", async () => {
		before = await told();
		await sleep(1000);
		return String(await told()) === String(before);
	});
	for (let i = 0; i < 3; i++)
		await from("66.249.66.1").get(ARTICLES[i]);     // verified
	await from("192.0.2.71").get(ARTICLES[0]);              // says so
	for (const address of ["192.0.2.81", "192.0.2.82"]) {   // two readers, one of whom reads three times
		const who = from(address, UA.browser);

		for (const article of ARTICLES.slice(0, address.endsWith("1") ? 3 : 1))
			await who.get(article);
	}
	await from("192.0.2.83", UA.browser).decide("/x", { section: "sport", consent: "none" });
	await from("192.0.2.84", UA.browser).get(ARTICLES[0], { method: "HEAD" });
	// nine decisions; cookies for the false robot and two readers; one came back; four others consent to all, one to nothing
	await until("the report tells so", async () => String((await told()).map((n, i) => n - before[i])) === "9,3,1,3,1,1,5");
	await until("the clerk adds them up", async () => await s.count("SELECT count(*) FROM pledged.visit_tally") === 0);
	assert.deepEqual((await told()).map((n, i) => n - before[i]), [9, 3, 1, 3, 1, 1, 5]);
});

test("a list is replaced as a whole, or not at all", async () => {
	const list = async () => (await s.ctl("robots", "list")).stdout;
	const bad = await load("googlebot", "66.249.64.0/19\n66.249.64.1/19\n0.0.0.0/0\n<html>\n");

	assert.deepEqual([bad.code, bad.stdout], [1, ""]);
	assert.match(bad.stderr, /list: line_2: .*\n.*list: line_3: .*\n.*list: line_4: [^<]*\n$/);
	assert.match(await list(), /^googlebot +2 +2\d{3}-\S+Z +\d+ +\d+ +\d+ +\.googlebot\.com$/m);
	assert.ok(open(await from("66.249.66.1").get(ARTICLES[0])), "what was there stays");
	for (const [words, code] of [[["robots", "load", "nobody", "/dev/null"], 2], [["robots", "load", "googlebot"], 2], [["robots", "list", "x"], 2],
		[["robots", "drop", "nobody"], 2], [["robots", "load", "googlebot", "/dev/null"], 1], [["robots", "load", "googlebot", "/nowhere"], 1]])
		assert.equal((await s.ctl(...words)).code, code, words.join(" "));
	assert.equal((await load("googlebot", "192.178.4.0/27\n")).stdout, "googlebot: 1 networks\n");
	await until("the old list counts no more", async () => walled(await from("66.249.66.1").get(ARTICLES[0])));
	await reads(from("192.178.4.9"));
	assert.equal((await s.ctl("robots", "drop", "googlebot")).stdout, "googlebot: 0 networks\n");
	assert.match(await list(), /^googlebot +0 +- /m);
	await until("nor does the new one", async () => walled(await from("192.178.4.9").get(ARTICLES[0])));
});

test("the books are right", async () => {
	pool.destroy();
	await s.invariants();
});
