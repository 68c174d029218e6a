// The goal: who asks for it gets all that is stored of them, and who wants to be gone is gone: no column of any table holds their address,
// their ids or their keys any more, whoever wrote them there; the books stay right to the cent, and nobody else loses anything.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { books_agree, made, reaches } from "./lib/money.mjs";
import { until } from "./lib/until.mjs";
import { reader_of, view_stack } from "./lib/view.mjs";

const s = await view_stack({ name: "ctl-keep", views: 1, moneys: 2, set: { "view.deadline_ms": 3000, "clerk.interval_ms": 100 } });
const next = await s.one("SELECT to_char(now() AT TIME ZONE time_zone + interval '1 month', 'YYYY-MM') FROM pledged.site");
const HTML = { accept: "text/html,application/xhtml+xml" };

// found: where any of these words stands, in whatever column of whatever table; the columns are those of the catalog, bytes are looked
// through as bytes and as hexadecimal digits. Written without a word of what the tables are for.
async function found(words) {
	const columns = await s.sql(`SELECT c.relname, a.attname, format_type(a.atttypid, NULL) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace = 'pledged'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY 1, a.attnum`);
	const looks = columns.flatMap(([table, column, type]) => words.map((word) => {
		const text = type === "bytea" ? `lower(encode("${column}", 'escape') || encode("${column}", 'hex'))` : `lower("${column}"::text)`;

		return `SELECT '${table}.${column} ${word.slice(0, 8)}' FROM pledged."${table}" WHERE position(lower('${word}') IN ${text}) > 0`;
	}));
	const hits = [];

	assert.ok(columns.length > 300, `${columns.length} columns`);
	for (let i = 0; i < looks.length; i += 400)
		hits.push(...await s.sql(looks.slice(i, i + 400).join(" UNION ")));
	return hits.map(([where]) => where).sort();
}

const bare = (uuid) => uuid.replaceAll("-", "");
const hash_of = async (email) => (await s.one(`SELECT encode(pledged.email_hash(1::int2, '${email}'), 'hex')`));
const quiet = () => until("nothing waits", async () => await s.count(`SELECT (SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased'))
	+ (SELECT count(*) FROM pledged.outbox WHERE state = 'open' AND provider <> '') + (SELECT count(*) FROM pledged.wish WHERE state IN ('asked', 'sent'))`) === 0, 60);
// Fees are learnt a while after their payment, whatever else goes on.
const sums = () => s.sql("SELECT account, currency, sum(amount), count(*) FROM pledged.ledger WHERE object <> 'fee' GROUP BY 1, 2 ORDER BY 1, 2");
const earned = () => s.sql('SELECT day, site, currency, "interval", mode, gifts, gross, refunds, disputes, net FROM report.income ORDER BY 1, 2, 3, 4');
const asked = async () => {
	const who = s.client({ headers: HTML });

	await who.decide(`/sport/${Math.random()}`, { section: "sport" });
	const prompt = await who.decide(`/sport/${Math.random()}`, { section: "sport" });

	assert.equal(prompt.act, "prompt");
	return { who, prompt };
};
async function linked(from, to, email) {
	const headers = { origin: s.url };

	assert.equal((await from.post("/link", { body: { email, locale: "en" }, headers })).status, 202);
	const body = await s.one(`SELECT body FROM pledged.mail_out WHERE kind = 'link' AND recipient = '${email}' ORDER BY mail_id DESC LIMIT 1`);
	const [, path] = /(\/link\/[\w-]{43})\n/.exec(body);
	const answer = await to.post(path, { body: "", headers: { ...headers, ...HTML, "content-type": "application/x-www-form-urlencoded" } });

	assert.equal(answer.status, 200, answer.text);
}

// person: somebody of two devices with all there can be: prompts and what was said to them, a gift that was paid and given back in part, a
// monthly one, a page that was left, a link, a reminder, a way in by mail.
async function person(email) {
	const { who, prompt } = await asked();
	const second = s.client({ headers: HTML });

	await second.decide("/sport/second", { section: "sport" });
	await second.decide("/sport/second-2", { section: "sport" });
	assert.equal((await who.event(prompt.token, "viewed")).status, 204);
	assert.equal((await who.event(prompt.token, "clicked")).status, 204);
	const once = await made(s, { email, token: prompt.token, amount: "40.00" }, who);
	const monthly = await made(s, { email: email.toUpperCase().replace("MAIL.EXAMPLE", "mail.example"), interval: "month", amount: "7.00" }, who);
	const left = await made(s, { email, amount: "11.00" }, second);

	await s.provider.pay(once.url);
	await s.provider.pay(monthly.url);
	await reaches(s, once.pledge, "paid");
	await reaches(s, monthly.pledge, "paid");
	await until("the marks reached the reader", async () => await s.count(`SELECT count(*) FROM pledged.outbox o JOIN pledged.payment y ON y.payment_id = o.subject
		JOIN pledged.pledge p USING (pledge_id) WHERE o.kind = 'reader' AND o.state = 'done' AND p.public_token IN ('${once.pledge}', '${monthly.pledge}')`) === 2);
	const readers = [reader_of(who), reader_of(second)];

	await linked(who, second, email);
	assert.equal((await who.post("/remind", { body: { email, month: next, locale: "en" }, headers: { origin: s.url } })).status, 202);
	assert.equal((await who.post("/manage/ask", { body: { email }, headers: { origin: s.url } })).status, 202);
	const refund = await s.ctl("pledge", "refund", once.pledge, "--amount", "5.00", "--reason", `${email} wrote that it was too much`, "--wait");

	assert.equal(refund.code, 0, refund.stderr);
	await until("the subscription is known", async () => await s.count(`SELECT count(*) FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id)
		WHERE p.public_token = '${monthly.pledge}' AND r.customer IS NOT NULL`) === 1);
	await quiet();
	const customer = await s.one(`SELECT customer FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${monthly.pledge}'`);
	const words = [email, ...readers, ...readers.map(bare), await hash_of(email), once.pledge, monthly.pledge, left.pledge, customer];

	return { email, who, second, once, monthly, left, readers, words };
}

const anna = await person("anna.of-the.coast@mail.example");
const berta = await person("berta@mail.example");

// Some seconds after they were served; from then on nothing of theirs moves by itself.
await until("the clerk has counted them for the tests", async () => await s.count("SELECT count(*) FROM pledged.experiment_due") === 0);
const pledges = `(SELECT pledge_id FROM pledged.pledge WHERE public_token IN ('${anna.once.pledge}', '${anna.monthly.pledge}', '${anna.left.pledge}'))`;

test("export: all of it as JSON with its meaning, by the address or by a device, and nothing of anybody else", async () => {
	const seen = await found(anna.words);
	const { code, stdout, stderr } = await s.ctl("export", anna.email);

	assert.equal(code, 0, stderr);
	const doc = JSON.parse(stdout);
	const by_device = JSON.parse((await s.ctl("export", anna.readers[1])).stdout);

	assert.ok(seen.length >= 20, seen.join("\n"));
	for (const table of new Set(seen.map((line) => line.split(".")[0]).filter((t) => !t.startsWith("prompt_event_"))))
		assert.ok(doc.rows[table]?.length > 0, `${table} holds something of her, so it stands in the export`);
	assert.equal(doc.rows.pledge.length, 3);
	assert.equal(doc.rows.refund.length, 1);
	assert.equal(doc.rows.risk_note?.length, 3, "and what the filters said of each");
	assert.ok(doc.rows.prompt_event.some((e) => e.kind === "clicked"));
	assert.ok(doc.rows.reader_seen.length >= 3);
	assert.deepEqual(doc.rows.reader.map((r) => r.reader_id).sort(), [...anna.readers].sort());
	assert.match(doc.meaning.pledge.amount, /minor units/);
	for (const secret of ["fingerprint", "token_hash", "secret_hash", "stop_url"])
		assert.ok(!stdout.includes(`"${secret}"`), secret);
	assert.ok(!/\/(link|manage|remind)\/[\w-]{43}/.test(stdout), "no key that opens anything");
	for (const word of berta.words)
		assert.ok(!stdout.includes(word), word);
	assert.deepEqual(Object.keys(by_device.rows).sort(), Object.keys(doc.rows).sort(), "a device leads to the same");
	assert.deepEqual(by_device.rows.pledge, doc.rows.pledge);
});

test("what is under way is told first, with what to do, and nothing changes", async () => {
	const before = await found(anna.words);
	const plan = await s.ctl("erase", anna.email);
	const no = await s.ctl("erase", anna.email, "--yes");

	assert.equal(plan.code, 0, plan.stderr);
	assert.match(plan.stdout, /^reader +2$/m);
	assert.match(plan.stdout, /^pledge +3$/m);
	assert.match(plan.stdout, /nothing was changed/);
	assert.equal(no.code, 1);
	assert.match(no.stderr, /^a gift by the month runs: pledgectl pledge cancel sub_\w+$/m);
	assert.match(no.stderr, /^a page of pledge [0-9a-f-]{36} can still be paid until 20\S+Z$/m);
	assert.deepEqual(await found(anna.words), before);
	assert.equal((await s.ctl("erase", "nonsense", "--yes")).code, 2);
	assert.match((await s.ctl("erase", "nobody@mail.example", "--yes")).stdout, /nothing is known/);
	for (const line of no.stderr.split("\n").filter((text) => / pledgectl /.test(text) && !/show/.test(text)).map((text) => text.split(": pledgectl ")[1]))
		{
		const done = await s.ctl(...line.split(" "));

		assert.equal(done.code, 0, `${line}: ${done.stderr}`);
	}
	await s.provider.expire(anna.left.url.split("/").pop());
	await until("both are over", async () => await s.count(`SELECT (SELECT count(*) FROM pledged.recurring WHERE state <> 'ended' AND pledge_id IN ${pledges})
		+ (SELECT count(*) FROM pledged.attempt WHERE state IN ('creating', 'open') AND pledge_id IN ${pledges})`) === 0, 60);
	await quiet();
});

test("while views wait in the spool nobody is erased: loaded later they would make the reader anew", async () => {
	const file = join(s.dir, "kept-views"), before = await found(anna.words);
	const other = (await readFile(s.env.CONF, "utf8")).replace(/^spool_file = .*$/m, `spool_file = ${file}`);

	await writeFile(join(s.dir, "other.ini"), other);
	await writeFile(`${file}.loading`, "x");
	const { code, stderr } = await s.ctl("-c", join(s.dir, "other.ini"), "erase", anna.email, "--yes");

	assert.equal(code, 1, stderr);
	assert.match(stderr, /^views wait in the spool of this host and may be theirs; try again when they are loaded$/m);
	assert.deepEqual(await found(anna.words), before);
});

test("erased by her address: no column of any table holds anything of her, and the ledger is what it was", async () => {
	const others = await found(berta.words);
	const before = await sums();
	const income = await earned();
	const ids = (await s.sql(`SELECT pledge_id FROM pledged.pledge WHERE pledge_id IN ${pledges} ORDER BY 1`)).map(([id]) => id);
	const { code, stdout, stderr } = await s.ctl("erase", anna.email.toUpperCase(), "--yes");

	assert.equal(code, 0, stderr);
	assert.match(stdout, /^erased; /m);
	assert.deepEqual(await found(anna.words), []);
	assert.deepEqual(await found(berta.words), others, "nobody else lost anything");
	assert.deepEqual(await sums(), before, "the ledger has every row that it had");
	assert.deepEqual(await earned(), income);
	assert.equal(await s.count(`SELECT count(*) FROM pledged.pledge p JOIN pledged.payment USING (pledge_id) WHERE p.erased_at IS NOT NULL
		AND p.pledge_id = ANY ('{${ids}}')`), 2, "her payments stay, of nobody");
	assert.deepEqual(await s.sql("SELECT asked, readers, pledges FROM pledged.erasure"), [["address", "2", "3"]], "that it was done is noted");
	assert.equal((await s.request(`/pledge/${anna.once.pledge}`, { headers: { accept: "application/json" } })).status, 404, "her page is gone");
	assert.match((await s.ctl("erase", anna.email)).stdout, /nothing is known/);
	assert.deepEqual(JSON.parse((await s.ctl("export", anna.email)).stdout).rows, {});
	await s.invariants();
});

test("what the provider tells later brings nobody back", async () => {
	const payment = (await s.provider.ledger()).payments.find((p) => p.amount === 4000 && p.session === new URL(anna.once.url).pathname.split("/").pop());

	await s.provider.refund({ payment_intent: payment.id, amount: 300 });
	await until("the refund is booked", async () => await s.count("SELECT count(*) FROM pledged.refund WHERE amount = 300 AND state = 'done'") === 1, 60);
	await quiet();
	const hits = (await found(anna.words)).filter((where) => !/^inbox\.(headers|body) /.test(where));

	assert.deepEqual(hits, [], "but for what the provider's words hold, which go after their time");
	assert.equal(await s.count("SELECT count(*) FROM pledged.mail_out WHERE recipient ILIKE 'anna%'"), 0);
});

test("erased by a device: it goes with its joined ones, its gifts and the address that no other gift has", async () => {
	for (const word of [(await s.one(`SELECT provider_recurring_id FROM pledged.recurring r JOIN pledged.pledge p USING (pledge_id) WHERE p.public_token = '${berta.monthly.pledge}'`))])
		assert.equal((await s.ctl("pledge", "cancel", word, "--wait")).code, 0);
	await s.provider.expire(berta.left.url.split("/").pop());
	await until("both are over", async () => (await s.ctl("erase", bare(berta.readers[1]), "--yes")).code === 0, 60);
	assert.deepEqual(await found(berta.words), []);
	assert.equal((await berta.second.decide("/sport/again", { section: "sport" })).status, 200, "the device still opens pages");
	await books_agree(s);
});
