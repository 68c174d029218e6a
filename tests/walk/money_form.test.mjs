// The goal: a pledge needs the ticket of a form that was seen, of the same browser, once, neither too soon nor too late; and no donor
// loses a gift by that: with or without scripts and cookies, going back, pressing twice, or from an old page. While payments are refused
// in numbers a puzzle is asked for first. An address is believed from configured proxies alone.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { fields_of, form_of, minter, reader_of, solve } from "./lib/form.mjs";
import { creates, events, from, guard_stack } from "./lib/guard.mjs";
import { key } from "./lib/http.mjs";
import { books_agree, counts } from "./lib/money.mjs";
import { sleep, until } from "./lib/until.mjs";

const s = await guard_stack({ name: "money-form", moneys: 3, set: { "form.ticket": "on", "risk.challenge": 50, "risk.refuse": 140, "puzzle.bits": 10,
	"puzzle.wait_s": 60, "clerk.interval_ms": 100 }, limits: { plain: [2, 0.0001], plain_site: [20, 0.2] } });
const mint = await minter(s);
const BROWSER = { "user-agent": "Mozilla/5.0 (walk)", "accept-language": "en" };
let n = 0;

// donor: somebody elsewhere each time, with a browser's headers.
function donor(more = {}) {
	const who = from(s, `10.${n >> 8}.${(n += 1) & 255}.1`, more);
	const dress = (send) => (fields, options = {}) => send(fields, { ...options, headers: { ...BROWSER, ...options.headers } });

	return { ...who, pledge: dress(who.pledge), form: dress(who.form) };
}

const gift = (more = {}) => ({ amount: `${20 + (n += 1)}.00`, email: `ann.${"abcdefghij"[n % 10]}@mail.example`, key: key(), ...more });
// too_soon: the answer to a ticket that was younger than two seconds when it came; a busy machine may take longer, then once more, ten times at most.
async function too_soon(send, puzzle = false) {
	for (let tries = 0; ; tries += 1) {
		const ticket = mint({ age_ms: 0, puzzle });
		const answer = await send(ticket);

		if (answer.status === (puzzle ? 428 : 409) || tries === 9)
			return { ticket, answer };
	}
}

const slug = (answer) => answer.json().type.split(":").pop();

test("the ticket comes with every form: of a page, of a decision, of a contribution page", async () => {
	const who = donor();

	assert.match((await form_of(who)).ticket, /^v1\.\w+\.[\w-]+\.[\w-]{43}$/);
	for (let i = 1; i < 4; i++) {
		const { act, prompt } = await who.decide(`/form/${i}`);

		assert.equal(act === "open" ? undefined : prompt.ticket.split(".").length, act === "open" ? undefined : 4);
	}
});

test("a script without a page is refused before anything is stored or anybody called", async () => {
	const before = [await counts(s), await creates(s)];
	const whole = mint();
	const none = [{}, { ticket: "" }, { ticket: "v1.k1.x.y" }, { ticket: whole.slice(0, -3) + "AAA" }, { ticket: mint({ key: "ab".repeat(32) }) },
		{ ticket: mint({ purpose: "decision" }) }];
	const bad = [...none, { ticket: mint({ age_ms: 12 * 3600 * 1000 + 5000 }) }, { ticket: mint({ age_ms: -3600 * 1000 }) },
		{ ticket: mint({ age_ms: 0 }) }, { ticket: mint({ reader: Buffer.alloc(16, 7) }) }];

	for (const fields of bad) {
		const answer = await donor().pledge(gift(fields));

		assert.equal(answer.status, 409, `${JSON.stringify(fields)} ${answer.text}`);
		assert.equal(slug(answer), "form_stale");
		assert.ok(Number(answer.headers["retry-after"]) > 0);
		assert.match(answer.json().ticket, /^v1\./);
		assert.equal(answer.json().puzzle, none.includes(fields) ? 10 : undefined, "a ticket for who had none costs a puzzle");
	}
	assert.deepEqual([await counts(s), await creates(s)], before);
	assert.equal((await donor().pledge(gift({ ticket: "x".repeat(300) }))).status, 422);
	assert.deepEqual(await s.sql("SELECT DISTINCT why::text FROM pledged.refusal_log"), [["{form}"]]);
	assert.match((await s.request("/metrics")).text, /^pledged_limited_total\{limit="form"\} 10$/m);
});

test("the fresh ticket of the answer is good, after its wait and not before", async () => {
	const who = donor();
	const fields = gift();
	const { ticket, wait_ms } = (await who.pledge({ ...fields, ticket: mint({ age_ms: 13 * 3600 * 1000 }) })).json();

	assert.equal(wait_ms, 2000);
	const young = await too_soon((mine) => donor().pledge(gift({ ticket: mine })));

	assert.equal(young.answer.json().ticket, young.ticket, "the same ticket, when it is only too young");
	await sleep(wait_ms + 50);
	assert.equal((await who.pledge({ ...fields, ticket })).status, 201);
});

test("a refusal is no way to a ticket: what comes with it needs a puzzle, or half a minute, however long it waits and whatever is tried", async () => {
	const before = [(await counts(s)).pledge, await creates(s)];
	const bot = donor();
	const fields = gift();
	const first = (await bot.pledge(fields)).json();

	assert.deepEqual([first.puzzle, first.wait_ms], [10, 0]);
	await sleep(2100);
	const waited = await bot.pledge({ ...fields, ticket: first.ticket });

	assert.equal(waited.status, 428, waited.text);
	const third = await bot.pledge({ ...fields, ticket: waited.json().ticket });

	assert.equal(third.status, 428, "nor does one in its place");
	const form = await bot.form(gift());
	const mine = fields_of(form.text);

	assert.equal(form.status, 409);
	assert.match(form.text, /Please press the button in 60 seconds, not sooner/);
	await sleep(2100);
	const pressed = await bot.form(mine);

	assert.equal(pressed.status, 428);
	assert.equal(fields_of(pressed.text).ticket, mine.ticket, "it goes on to grow old");
	assert.deepEqual([(await counts(s)).pledge, await creates(s)], before, "nothing stored, nobody called");
	const { ticket, puzzle } = third.json();
	const solved = await bot.pledge({ ...fields, ticket, proof: solve(ticket, puzzle) });

	assert.equal(solved.status, 201, solved.text);
	assert.deepEqual(await s.sql(`SELECT verdict, filters FROM pledged.risk_note t JOIN pledged.pledge USING (pledge_id)
		WHERE public_token = '${solved.json().pledge}'`), [["solved", '{"no_page": 40}']]);
	const old = mint({ age_ms: 61000, pageless: true });

	assert.equal((await donor().form(gift({ ticket: old }))).status, 303, "who has no scripts waits");
	assert.equal((await donor().pledge(gift({ ticket: old }))).status, 409, "once");
});

test("a ticket without a cookie from another network: a sign, no refusal", async () => {
	const { ticket } = await form_of(from(s, "10.250.1.1"));
	const here = await form_of(from(s, "10.250.1.2"));

	await sleep(5100);
	assert.equal((await from(s, "10.250.2.1").pledge(gift({ ticket }), { headers: BROWSER })).status, 201);
	assert.equal(await s.one("SELECT filters FROM pledged.risk_note ORDER BY risk_id DESC LIMIT 1"), '{"moved": 20}');
	assert.equal((await from(s, "10.250.1.9").pledge(gift({ ticket: here.ticket }), { headers: BROWSER })).status, 201);
	assert.equal(await s.one("SELECT filters FROM pledged.risk_note ORDER BY risk_id DESC LIMIT 1"), "{}", "another address of the same one is none");
});

test("a page of a host whose clock is ahead: another ticket, of the time here", async () => {
	const who = donor();
	const ahead = mint({ age_ms: -40000 });
	const fields = gift();
	const { ticket, wait_ms } = (await who.pledge({ ...fields, ticket: ahead })).json();

	assert.notEqual(ticket, ahead);
	await sleep(wait_ms + 50);
	assert.equal((await who.pledge({ ...fields, ticket })).status, 201);
	assert.equal(await s.one("SELECT filters FROM pledged.risk_note ORDER BY risk_id DESC LIMIT 1"), "{}", "and nobody calls that hasty");
});

test("one ticket, one pledge: the same again is the same, another is sent back, from many at once", async () => {
	const ticket = mint();
	const who = donor();
	const fields = gift({ ticket });
	const [first, second] = await Promise.all([who.pledge(fields), who.pledge(fields)]);

	assert.deepEqual([first.status, second.status], [201, 201]);
	assert.equal(first.json().pledge, second.json().pledge, "a double click");
	assert.equal((await who.pledge(gift({ ticket }))).status, 409);
	const one = mint();
	const all = await Promise.all(Array.from({ length: 12 }, () => donor().pledge(gift({ ticket: one }))));

	assert.deepEqual(all.map((a) => a.status).sort(), [201, ...Array(11).fill(409)]);
	const late = { ...fields, ticket: mint({ age_ms: 13 * 3600 * 1000 }) };

	assert.equal((await who.pledge(late)).json().pledge, first.json().pledge, "what is stored needs no good ticket");
});

test("a ticket is bound to the cookie that its page was asked with; without a cookie it is nobody's", async () => {
	const who = donor();

	await who.get("/en/news/ferry");
	await who.decide("/form/bound");
	const reader = reader_of(who.jar);

	assert.ok(reader, "a cookie");
	const ticket = (await form_of(who)).ticket;

	assert.deepEqual(Buffer.from(ticket.split(".")[2], "base64url").subarray(14, 30), reader, "the page's ticket names its reader");
	assert.equal((await donor().pledge(gift({ ticket: mint({ reader }) }))).status, 409, "stolen");
	assert.equal((await who.pledge(gift({ ticket: mint({ reader }) }))).status, 201);
	const nobody = (await form_of(donor())).ticket;

	assert.equal(Buffer.from(nobody.split(".")[2], "base64url")[1], 16, "it tells from which network, as a hash");
	assert.equal((await donor().pledge(gift({ ticket: mint() }))).status, 201, "donors without cookies can give");
	assert.equal((await who.pledge(gift({ ticket: mint() }))).status, 201, "and whose cookie came after the page");
});

test("the plain form: too quick, too old, gone back and changed: a page with all that was typed, and its button works", async () => {
	const who = donor();
	const html = { amount: "other", other_amount: "27,50", interval: "month", email: "eva@mail.example", locale: "en" };
	const old = await who.form({ ...html, key: key(), ticket: mint({ age_ms: 20 * 3600 * 1000 }) });

	assert.equal(old.status, 409);
	assert.match(old.text, /<h1>One more step<\/h1>[^]*€27\.50 · Monthly[^]*Nothing you typed is lost[^]*eva@mail\.example[^]*<button class="pledged-give">/);
	assert.match(old.headers["content-security-policy"], /form-action 'self' http/);
	const again = fields_of(old.text);

	assert.deepEqual([again.other_amount, again.interval, again.email], ["27.50", "month", "eva@mail.example"]);
	const quick = await too_soon((ticket) => donor().form({ ...again, key: key(), ticket }));

	assert.match(quick.answer.text, /That was very quick/);
	assert.equal(fields_of(quick.answer.text).ticket, quick.ticket);
	await sleep(2100);
	const done = await who.form(again);

	assert.equal(done.status, 303, done.text);
	assert.equal((await who.form(again)).headers.location, done.headers.location, "pressed once more");
	const changed = await who.form({ ...again, other_amount: "30" });

	assert.equal(changed.status, 409, "back, and another amount: a fresh form");
	await sleep(2100);
	const second = await who.form(fields_of(changed.text));

	assert.equal(second.status, 303);
	assert.notEqual(second.headers.location, done.headers.location);
	assert.match((await who.form({ ...html, key: key(), locale: "ru" })).text, /lang="ru"[^]*Ещё один шаг/);
});

test("a ticket that came with a puzzle is good sooner than others only when that is solved", async () => {
	const { answer: soon } = await too_soon((ticket) => donor().pledge(gift({ ticket })), true);

	assert.deepEqual([soon.status, slug(soon), soon.json().puzzle], [428, "puzzle_wanted", 10]);
	assert.equal((await donor().pledge(gift({ ticket: mint({ puzzle: true, age_ms: 2100 }) }))).status, 201, "two seconds are enough, as for anybody");
	const { ticket, puzzle } = soon.json();

	assert.equal((await donor().pledge(gift({ ticket, proof: solve(ticket, puzzle) }))).status, 201, "and solving it is");
});

test("risk: points by filter are kept with each attempt; too many ask for a puzzle, more refuse; an operator switches filters", async () => {
	const bot = from(s, "10.200.0.1");	// names no browser
	const small = { amount: "2.00", email: "x@mail.example" };
	const asked = await bot.pledge(gift({ ...small, ticket: mint() }));

	assert.equal(asked.status, 428, asked.text);
	assert.equal(slug(asked), "puzzle_wanted");
	const { ticket, puzzle, wait_ms } = asked.json();

	assert.deepEqual([puzzle, wait_ms], [10, 0]);
	assert.equal((await bot.pledge(gift({ ...small, ticket, proof: "12345678901" }))).status, 428);
	assert.equal((await bot.pledge(gift({ ...small, ticket, proof: "abc" }))).status, 428);
	const solved = await bot.pledge(gift({ ...small, ticket, proof: solve(ticket, puzzle) }));

	assert.equal(solved.status, 201, solved.text);
	assert.deepEqual(await s.sql(`SELECT verdict, points, filters FROM pledged.risk_note t JOIN pledged.pledge USING (pledge_id)
		WHERE public_token = '${solved.json().pledge}'`), [["solved", "60", '{"robot": 40, "new_small": 20}']]);
	assert.equal((await s.ctl("risk", "set", "robot", "on", "--points", "200", "--reason", "a test")).stdout, "robot is on\n");
	const refused = await bot.pledge(gift({ ticket: mint() }));

	assert.equal(refused.status, 403);
	assert.equal(slug(refused), "risk_refused");
	assert.equal((await donor().pledge(gift({ ticket: mint() }))).status, 201, "a browser is none");
	assert.equal((await s.ctl("risk", "set", "robot", "shadow")).stdout, "robot is shadow\n");
	assert.equal((await bot.pledge(gift({ ticket: mint() }))).status, 201);
	assert.match((await s.ctl("risk", "list")).stdout, /^robot +200 +shadow +\d+/m);
	assert.deepEqual([(await s.ctl("risk", "set", "nobody", "on")).code, (await s.ctl("risk", "set", "robot", "loud")).code], [1, 2]);
	assert.deepEqual(await events(s, "risk"), [["robot", "on, 40", "on, 200"], ["robot", "on, 200", "shadow, 200"]]);
	assert.equal(await s.one("SELECT count(*) FROM pledged.guard_event WHERE kind = 'risk' AND author <> '' AND detail = 'a test'"), "1");
	await until("the log tells", async () => /"msg":"a guard changed"[^\n]*"kind":"risk"[^\n]*"became":"shadow, 200"/.test(await s.log("clerk")));
	const text = await s.one("SELECT string_agg(t::text, ' ') FROM pledged.risk_note t");

	assert.doesNotMatch(text, /@|10\.\d+\.\d/, "no address");
});

test("payments are refused in numbers: a puzzle, for scripts at once and for plain forms by waiting; then cards; then it heals", async () => {
	const site = await s.one("SELECT site_id FROM pledged.site WHERE slug = 'demo'");

	await s.sql(`INSERT INTO pledged.breaker (site_id, at_least, window_s, pause_s, trial_n, trial_gap_s) VALUES (${site}, 10, 600, 600, 3, 1)
		ON CONFLICT (site_id) DO UPDATE SET at_least = 10, window_s = 600, pause_s = 600`);
	const state = () => s.one(`SELECT state FROM pledged.breaker WHERE site_id = ${site}`);
	const opened = async (how) => {
		const urls = [];

		for (let i = 0; i < 12; i++)
			urls.push((await how()).json().url);
		return urls;
	};
	const pages = await opened(() => donor().pledge(gift({ ticket: mint() })));
	const refuse = async (urls, times) => {
		for (const url of urls)
			for (let i = 0; i < times; i++)
				await s.provider.decline(url);
	};

	await refuse(pages.slice(0, 3), 7);
	await until("all are told", async () => await s.count("SELECT coalesce(sum(n), 0) FROM pledged.decline_page") === 21, 60);
	assert.equal(await state(), "open", "two of each count, so three people shut nobody's form");
	await refuse(pages.slice(3, 9), 2);
	await until("a puzzle is asked for", async () => await state() === "puzzle", 60);
	const before = [(await counts(s)).pledge, await creates(s)];
	const asked = await donor().pledge(gift({ ticket: mint() }));

	assert.equal(asked.status, 428);
	const plain = donor();
	const early = mint({ age_ms: 2500 });
	const form = await plain.form(gift({ ticket: early }));

	assert.equal(form.status, 428);
	assert.match(form.text, /Please press the button in \d+ seconds, not sooner/);
	assert.ok(Number(form.headers["retry-after"]) > 0);
	assert.deepEqual([(await counts(s)).pledge, await creates(s)], before, "nothing stored, nobody called");
	const { ticket, puzzle } = asked.json();
	const ahead = mint();

	assert.equal((await donor().pledge(gift({ ticket: ahead, proof: solve(ahead, puzzle) }))).status, 428, "nobody solves one before it is asked for");
	const late = mint({ puzzle: true, age_ms: 601000 });

	assert.equal((await donor().pledge(gift({ ticket: late, proof: solve(late, puzzle) }))).status, 428, "nor keeps it for later");
	assert.equal((await donor().pledge(gift({ ticket, proof: solve(ticket, puzzle) }))).status, 201, "a browser solves it");
	assert.equal(fields_of(form.text).ticket, early, "its ticket goes on to grow old");
	const waited = await plain.form({ ...fields_of(form.text), ticket: mint({ age_ms: 61000 }) });

	assert.equal(waited.status, 303, "who has no scripts waits");
	const crowd = from(s, "10.201.0.1");
	const more = [];

	for (let i = 0; i < 4; i++)
		more.push((await crowd.form(gift({ ticket: mint({ age_ms: 61000 }) }), { headers: BROWSER })).status);
	assert.deepEqual(more, [303, 303, 429, 429], "of one network but a few");
	await until("a metric", async () => /^pledged_forms_puzzle 1$/m.test((await s.request("/metrics")).text), 60);
	await refuse(pages, 2);
	assert.equal(await state(), "puzzle", "pages from before say nothing of it");
	const later = await opened(async () => {
		const who = donor();
		const { ticket: mine } = (await who.pledge(gift({ ticket: mint() }))).json();

		return who.pledge(gift({ ticket: mine, proof: solve(mine, puzzle) }));
	});

	await refuse(later, 2);
	await until("cards are paused", async () => await state() === "shut", 60);
	const without = donor();
	const { ticket: last } = (await without.pledge(gift({ ticket: mint() }))).json();

	assert.equal((await without.pledge(gift({ ticket: last, proof: solve(last, puzzle) }))).status, 201, "the provider's other ways go on");
	const sent = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).map((r) => JSON.stringify(r.body ?? r));

	assert.match(sent.at(-1), /excluded_payment_method_types/, "it is told to leave cards out");
	assert.ok(!sent.slice(0, -1).some((text) => /excluded_payment_method_types/.test(text)));
	await s.sql(`UPDATE pledged.breaker SET window_s = 2, pause_s = 1 WHERE site_id = ${site}`);
	await until("it heals by itself", async () => await state() === "open", 90);
	await until("and so do the metrics", async () => /^pledged_forms_puzzle 0$[^]*^pledged_forms_shut 0$|^pledged_forms_shut 0$[^]*^pledged_forms_puzzle 0$/m.test((await s.request("/metrics")).text), 60);
	assert.equal((await donor().pledge(gift({ ticket: mint() }))).status, 201);
	const steps = (await events(s, "form")).map(([, was, became]) => `${was}>${became}`).join(" ");

	assert.match(steps, /^open>puzzle puzzle>shut shut>trial trial>puzzle puzzle>open/);
});

test("X-Forwarded-For: nothing without proxies; from a configured one its last foreign address, whatever stands before", async () => {
	await writeFile(join(s.dir, "nginx", "extra-http.conf"), "");
	await s.role("nginx", "restart");
	await s.ready();
	await s.sql(`UPDATE pledged.limit_rule SET "on" = scope IN ('network', 'wide'), burst = 3, per_second = 0.0001; DELETE FROM pledged.limit_bucket`);
	const post = (list) => s.client().pledge(gift({ ticket: mint() }), { headers: { ...BROWSER, "x-forwarded-for": list, "x-real-ip": list, forwarded: `for=${list}`,
		"true-client-ip": list } });

	for (let i = 0; i < 4; i++)
		assert.equal((await post(`9.9.9.${i}`)).status, 201, "this host has no limit, and nobody becomes somebody else");
	assert.equal(await s.one("SELECT count(*) FROM pledged.limit_bucket"), "0");
	const conf = (await readFile(join(s.dir, "nginx", "pledged-proxies.conf"), "utf8")).replace("#set_real_ip_from 192.0.2.0/24", "set_real_ip_from 127.0.0.1;\nset_real_ip_from 192.0.2.0/24")
		.replace("#real_ip_header", "real_ip_header").replace("#real_ip_recursive", "real_ip_recursive");

	await writeFile(join(s.dir, "nginx", "pledged-proxies.conf"), conf);
	await s.role("nginx", "restart");
	await s.ready();
	const forged = [];

	for (let i = 0; i < 5; i++)
		forged.push((await post(`9.9.${i}.9, 7.7.${i}.7, 198.51.100.${i}, 192.0.2.5`)).status);
	assert.deepEqual(forged, [201, 201, 201, 429, 429], "the first addresses are text");
	assert.equal((await post("203.0.113.1, 192.0.2.77")).status, 201, "an honest one elsewhere");
	assert.equal((await post("127.0.0.1, 198.51.100.9")).status, 429, "nor is anybody this host by saying so");
	assert.equal((await post("nonsense, 198.51.100.9")).status, 429);
});

test("the books agree", async () => {
	await books_agree(s);
});
