// view.mjs: what the walks over the page path share: a calendar that stands still, the two campaigns, the
// cookie taken apart and forged, what the database knows of a reader, and steady traffic.

import assert from "node:assert/strict";
import { createHmac } from "node:crypto";
import { readdirSync } from "node:fs";
import { chmod, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { root, stack } from "./stack.mjs";
import { agent, client } from "./http.mjs";
import { until } from "./until.mjs";

// A zone in which it is about noon: no walk sees midnight, or a month, go by.
function calm_zone() {
	const ahead = 12 - new Date().getUTCHours();

	return ahead === 0 ? "Etc/GMT" : `Etc/GMT${ahead > 0 ? "-" : "+"}${Math.abs(ahead)}`;
}

// view_stack: a service with the demo's appeal and its meter, whatever the month (the campaign of December
// stays out), and with the site's calendar at noon. Needs no clerk and hardly any money role.
export async function view_stack(options = {}) {
	const dir = await mkdtemp(join(tmpdir(), "pledged-view-"));
	const seed = await readFile(join(root, "sql/seed/demo.sql"), "utf8");

	after(() => rm(dir, { recursive: true, force: true }));
	await writeFile(join(dir, "seed.sql"), `${seed}\nUPDATE pledged.site SET time_zone = '${calm_zone()}';\n`);
	for (const name of ["support", "meter"]) {
		const body = JSON.parse(await readFile(join(root, `conf/campaigns/${name}.json`), "utf8"));

		await writeFile(join(dir, `${name}.json`), JSON.stringify({ ...body, ...options.campaign?.[name] }));
	}
	await chmod(dir, 0o755);
	return stack({ moneys: 1, seed: join(dir, "seed.sql"), campaigns: dir, ...options });
}

// nginx_says: other words in one of the service's files of nginx; each of the old ones stands there once.
export async function nginx_says(s, name, ...pairs) {
	const file = join(s.dir, "nginx", name);
	let text = await readFile(file, "utf8");

	for (const [from, to] of pairs) {
		assert.equal(text.split(from).length, 2, `${name}: ${from}`);
		text = text.replace(from, to);
	}
	await writeFile(file, text);
}

// patient: nginx waits for view for as long as a walk looks; in force with its next start.
export const patient = (s) => nginx_says(s, "pledged-view.conf", ["fastcgi_read_timeout 500ms;", "fastcgi_read_timeout 20s;"]);

// --- the cookie (src/base/seal.c, src/core/ticket.c) ---------------------------------------------

const purpose = (name) => Buffer.from(`${name}\0`);

// keys: [{id, key}] as they stand in the file; the first signs.
export async function keys_of(s) {
	const text = await readFile(join(s.dir, "secrets/cookie.key"), "utf8");

	return text.trim().split("\n").map((line) => line.split(":")).map(([id, hex]) => ({ id, hex, key: Buffer.from(hex, "hex") }));
}

export function seal({ id, key }, payload, name = "cookie") {
	const head = `v1.${id}.${payload.toString("base64url")}`;

	return `${head}.${createHmac("sha256", key).update(purpose(name)).update(head).digest("base64url")}`;
}

export function pack({ reader, site = 1, version = 2, first }) {
	const b = Buffer.alloc(first ? 36 : 20);

	b[0] = version;
	b[1] = first ? 1 : 0;
	Buffer.from(reader.replaceAll("-", ""), "hex").copy(b, 2);
	b.writeInt16BE(site, 18);
	if (first) {
		b.writeUInt16BE(first.day, 20);
		b.write(`${first.topics ?? "000"}${first.article}`, 22, "hex");
		b.writeBigUInt64BE(BigInt(first.at), 28);
	}
	return b;
}

// unpack: {id, reader, site, first?} of a cookie's text, signature unseen.
export function unpack(text) {
	const [, id, payload] = text.split(".");
	const b = Buffer.from(payload, "base64url");
	const hex = b.toString("hex", 2, 18);

	return { id, reader: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"), site: b.readInt16BE(18),
		first: b[1] === 1 ? { day: b.readUInt16BE(20), topics: b.toString("hex", 22, 24).slice(0, 3), article: b.toString("hex", 22, 28).slice(3),
			at: Number(b.readBigUInt64BE(28)) } : undefined };
}

export const reader_of = (who) => unpack(who.jar.get("pledged")).reader;

// --- what the database knows ---------------------------------------------------------------------

// row: {views, articles} of a reader, undefined without a row. views is the counter, articles what is listed.
export async function row(s, reader) {
	const [found] = await s.sql(`SELECT r.views, count(DISTINCT e.article) FROM pledged.reader r
		LEFT JOIN pledged.reader_seen e USING (reader_id) WHERE r.reader_id = '${reader}' GROUP BY r.reader_id`);

	return found && { views: Number(found[0]), articles: Number(found[1]) };
}

// hasher: article to the 36-bit hash that stands for it in a reader's row.
export async function hasher(s) {
	const key = Buffer.from(await s.one("SELECT encode(article_key, 'hex') FROM pledged.site WHERE site_id = 1"), "hex");

	return (article) => createHmac("sha256", key).update(`article:${article}`).digest("hex").slice(3, 12);
}

// decisions: how many the roll-up and what is not folded yet hold, by reason; where tells of rows (r.section …).
export async function decisions(s, where = "true") {
	const rows = await s.sql(`SELECT r.reason, sum(r.n) FROM (
			SELECT section, device, act, reason, n FROM pledged.rollup
			UNION ALL
			SELECT e ->> 2, e ->> 4, e ->> 7, e ->> 8, (e ->> 9)::bigint FROM pledged.tally, jsonb_array_elements(counts) e
		) r WHERE ${where} GROUP BY 1`);

	return Object.fromEntries(rows.map(([reason, n]) => [reason, Number(n)]));
}

// metric: the sum of a counter's samples, of all processes of the service.
export async function metric(s, name) {
	const { text } = await s.request("/metrics");

	return text.split("\n").filter((line) => line.startsWith(name) && /^[ {]/.test(line.slice(name.length)))
		.reduce((sum, line) => sum + Number(line.split(" ").pop()), 0);
}

// by_role: nginx's own answer, given when no worker is there, has no such header.
export const by_role = (answer) => answer.headers["x-content-type-options"] !== undefined;

// --- traffic -------------------------------------------------------------------------------------

// How an article is asked about: where, and whether a role answered, and what.
const DECIDE = { path: (article, section) => `/decide?a=${article}&s=${section}`, own: by_role,
	reason: (answer) => answer.json().reason };

// traffic: n readers who open one new article after the other over kept connections, until stop().
// Gives {answers: [{reader, article, status, reason, own, ms}], stop}. own: a role answered, not nginx.
// After 200 articles somebody else reads on: a row lists the newest 250.
// Whoever forgets to stop it, as a test that fails in between does, has it stopped by the next one or by the end.
let running;

export function traffic(s, n = 12, { section = "traffic", by = DECIDE } = {}) {
	const pool = agent(n);
	const answers = [];
	let going = true;

	async function read(i) {
		let who;

		for (let k = 0; going; k++) {
			if (k % 200 === 0)
				who = client(s.url, { agent: pool });
			const article = `/${section}/${i}-${k}`;
			const began = Date.now();
			const answer = await who.get(by.path(article, section)).catch((error) => ({ status: 0, error }));
			const jar = who.jar.get("pledged");

			answers.push({ reader: jar && unpack(jar).reader, article, status: answer.status, error: answer.error,
				reason: answer.status === 200 ? by.reason(answer) : undefined,
				own: answer.status !== 0 && by.own(answer), ms: Date.now() - began });
			// A reader is no hammer; and there must be room for the other processes.
			await new Promise((done) => setTimeout(done, 5));
		}
	}

	const all = Promise.all(Array.from({ length: n }, (_, i) => read(i)));

	const load = { answers, async stop() {
		going = false;
		await all;
		pool.destroy();
		return answers;
	} };

	if (running)
		running.stop();
	else
		after(() => running.stop());
	running = load;
	return load;
}

// missing: what a role acknowledged and the database does not hold; to be asked again until it is empty.
// The first view of a reader rides in the cookie: it is there as soon as the second is.
export async function missing(s, answers, section = "traffic") {
	const hash = await hasher(s);
	const rows = await s.sql("SELECT reader_id, article FROM pledged.reader_seen");
	const there = new Set(rows.map(([reader, article]) => `${reader} ${article}`));
	const told = answers.filter((a) => a.own && a.reader);
	const returned = new Set(told.filter((a) => a.reason !== "first_view").map((a) => a.reader));

	return told.filter((a) => returned.has(a.reader) && a.article.startsWith(`/${section}/`) &&
		!there.has(`${a.reader} ${hash(a.article)}`));
}

// --- what must hold after a fault ----------------------------------------------------------------

export const spooled = (s) => readdirSync(join(s.dir, "spool"));

// all_there: every view that a role acknowledged is in the database, the spool has been loaded and is gone.
export async function all_there(s, answers, section) {
	await until("every view is stored", async () => {
		const lost = await missing(s, answers, section);

		assert.equal(lost.length, 0, `${lost.length} of ${answers.length} missing, of ${new Set(lost.map((a) => a.reader)).size} readers: `
			+ lost.slice(0, 20).map((a) => `${a.article} ${a.reason}`));
		return true;
	}, 20);
	await until("the spool is empty", () => spooled(s).length === 0, 20);
}

export function all_open(answers) {
	const bad = answers.filter((a) => a.status !== 200);

	assert.deepEqual(bad.slice(0, 3), [], `${bad.length} of ${answers.length} answers`);
}
