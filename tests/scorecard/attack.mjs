// attack.mjs: a recorded kind of attack, replayed: machines try cards through the form from thousands of addresses, most of them without
// ever having looked at it, some as whole browsers, while people give, half of them from the same networks. Both walls stand as they are
// installed: nginx's and ours; but a puzzle is easier than shipped, so that the attacker's solvers cost this host nothing, as if they had many.

import { writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";

import { fields_of, solve } from "../walk/lib/form.mjs";
import { agent, client, key } from "../walk/lib/http.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { each } from "./lib/money.mjs";

const ROUND = 500;	// attempts, then it is looked at the time
const FEW = 20000;	// attempts
const BROWSER = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)", "accept-language": "en-GB" };
const BITS = 8;
const WAIT_S = 30;	// as shipped
const CARDS = 3;	// that are tried on one page
const PATIENCE_S = 240;	// of a person, who waits as long as the page says

// KINDS: parts of a thousand, and how old a form is before it is sent.
//   blind    no page before                                harvest  one page for many
//   refused  takes the ticket of the refusal, and solves its puzzle
//   reads    a page each, no scripts                       waits    the same, by the plain form, long enough to need no puzzle
//   browser  whole browsers: cookies, a page read, puzzles solved
const KINDS = [["blind", 700, 0], ["harvest", 100, 0], ["refused", 50, 0], ["reads", 110, 2100], ["waits", 20, WAIT_S * 1000 + 2000], ["browser", 20, 6000]];

function kind(t) {
	let n = t.int(0, 999);

	return KINDS.find(([, parts]) => (n -= parts) < 0);
}

export const ticket_of = async (who) => fields_of((await who.get("/prompt?form=1&l=en")).text).ticket;

// plan: one attempt: from where, how, and what the attacker types; one in ten knows that small gifts are looked at, three in ten dress as a browser.
function plan(t, address) {
	const [how, , age_ms] = kind(t);
	const whole = how === "browser" || how === "waits";
	const amount = t.chance(10) ? t.int(6, 90) : t.int(1, 4);

	return { address, how, age_ms, dressed: whole || t.int(1, 10) <= 3,
		fields: { amount: `${amount}.00`, email: `${t.int(10000, 99999)}@${t.int(1, 10) <= 3 ? "throw" : "mail"}.example`, key: key() } };
}

const robot = (s, pool, one) => client(s.url, { agent: pool, headers: { "x-walk-address": one.address, ...(one.dressed ? BROWSER : { "user-agent": "python-requests/2.31" }) } });

// prepare: what must be there before the attempt: a page, read at that time.
async function prepare(s, pool, one) {
	one.who = robot(s, pool, one);
	if (one.how === "browser") {
		await one.who.get("/en/news/ferry");
		await one.who.decide("/en/news/ferry");
	}
	one.fields.ticket = await ticket_of(one.who);
	one.at = Date.now() + one.age_ms;
}

// attempt: one try; gives the answer's status. Where the provider's page came, cards are tried on it.
async function attempt(s, pool, one) {
	const who = one.who ?? robot(s, pool, one);

	if (one.how === "waits")
		return (await who.form({ ...one.fields, amount: "other", other_amount: one.fields.amount, interval: "once" })).headers.location;
	let answer = await who.pledge(one.fields);

	if ((one.how === "browser" || one.how === "refused") && (answer.status === 428 || answer.status === 409)) {
		const { ticket, puzzle, wait_ms } = answer.json();

		await sleep(wait_ms);
		answer = await who.pledge({ ...one.fields, ticket, ...(puzzle ? { proof: solve(ticket, puzzle) } : {}) });
	}
	return answer.status === 201 ? answer.json().url : answer.status === 202 ? "later" : undefined;
}

async function try_cards(s, url) {
	for (let i = 0; i < CARDS; i++)
		await s.provider.decline(url).catch(() => undefined);
}

// by_script: a person whose browser runs scripts: as src/widget/pay.js sends it. jar: a reader's of long, or a new one.
export async function by_script(s, t, address, jar = new Map()) {
	const who = client(s.url, { jar, headers: { "x-walk-address": address, ...BROWSER } });
	const body = { amount: `${t.int(5, 90)}.00`, email: `eve.${letters(`${key()}`)}@mail.example`, key: key() };

	await who.get("/en/news/ferry");
	let more = { ticket: await ticket_of(who) };

	await sleep(t.int(5000, 9000));
	for (let round = 0; round < 6; round++) {
		const answer = await who.pledge({ ...body, ...more });

		if (answer.status === 201)
			return answer.json().url;
		if (answer.status === 429 || answer.status === 503) {
			await sleep(1000 * Math.min(Number(answer.headers["retry-after"] ?? 5), 40));
			continue;
		}
		const { ticket, puzzle, wait_ms } = answer.json();

		if (!ticket)
			return undefined;
		more = { ticket, ...(puzzle ? { proof: solve(ticket, puzzle) } : {}) };
		await sleep(wait_ms);
	}
	return undefined;
}

// by_hand: a person without scripts and without cookies. said: what they were told.
async function by_hand(s, t, address, said) {
	const ask = () => client(s.url, { headers: { "x-walk-address": address, ...BROWSER } });
	let fields = { ...fields_of((await ask().get("/prompt?form=1&l=en")).text), amount: "other", other_amount: `${t.int(5, 90)}`, interval: "once" };

	await sleep(t.int(5000, 9000));
	for (const until = Date.now() + 1000 * PATIENCE_S; Date.now() < until;) {
		const answer = await ask().form(fields);

		said.push(`${answer.status}:${answer.headers["retry-after"] ?? ""}`);
		if (answer.status === 303)
			return answer.headers.location;
		if (answer.status === 409 || answer.status === 428)
			fields = fields_of(answer.text);
		await sleep(1000 * (Number(answer.headers["retry-after"] ?? 5) + 1));
	}
	return undefined;
}

const letters = (text) => text.slice(-12).replaceAll(/[^a-z]/g, (c) => "aeioubdlmn"[c.charCodeAt(0) % 10]).replaceAll(/([^aeiou]{3})/g, "$1a");

// WHERE: of ten people: five sit in networks of the attacker's, four have one of their own, one is of a university that a mail reached.
const WHERE = [(i, home) => home(i).replace(/\d+$/, "77"), (i) => `172.${16 + (i >> 8 & 7)}.${i & 255}.7`];
const where = (i, home) => (i % 10 === 9 ? "172.31.9.9" : WHERE[((i >> 1) ^ (i >> 3)) & 1](i, home));

// readers: jars of people who have read here for an hour.
async function readers(s, count) {
	const jars = Array.from({ length: count }, () => new Map());

	await each(jars, 16, async (jar) => {
		const who = client(s.url, { jar, headers: { ...BROWSER, "x-walk-address": "172.30.1.1" } });

		for (let i = 0; i < 3; i++)
			await who.decide(`/en/news/read-${i}`);
	});
	await s.sql("UPDATE pledged.reader SET first_at = first_at - interval '1 hour'");
	return jars;
}

// people: so many of them, evenly over the time that the attack takes; of eight one by hand, and of the others half are readers of long. Gives how
// each fared: how they came, and whether they were let to the provider's page.
async function people(s, t, count, home, jars, over) {
	const came = [];

	for (let i = 0; i < count && (i === 0 || !over.done); i++) {
		const how = i % 8 === 7 ? "by hand" : jars.length > 0 && i % 2 === 0 ? "known" : "new";
		const address = where(i, home), said = [];
		const went = how === "by hand" ? by_hand(s, t, address, said) : by_script(s, t, address, how === "known" ? jars.pop() : undefined);

		came.push(went.then(async (url) => {
			if (url)
				await s.provider.pay(url);
			else
				t.say(`${how} from ${address} did not give: ${said.join(" ")}`);
			return { how, gave: Boolean(url) };
		}, (error) => {
			t.say(`an honest donor: ${error.message}`);
			return { how, gave: false };
		}));
		await sleep(over.every_ms);
	}
	return Promise.all(came);
}

// walls: what stands before the form as it is installed, but for a puzzle that a test solves at once; addresses are told by a header.
export const walls = { limits: "on", set: { "form.ticket": "on", "risk.challenge": 50, "risk.refuse": 140, "puzzle.bits": BITS, "puzzle.wait_s": WAIT_S } };

export async function by_header(s) {
	await writeFile(join(s.dir, "nginx", "extra-http.conf"), "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Walk-Address;\n");
	await chmod(join(s.dir, "nginx", "extra-http.conf"), 0o644);
	await s.role("nginx", "restart");
	await s.ready();
}

async function replay(t) {
	const total = t.n(120000, 6000, 30000);
	const addresses = Math.max(5, Math.ceil(total / 24));
	const s = await t.stack("attack", { views: 2, moneys: 6, ...walls }, by_header);
	const pool = agent(32);
	const home = (i) => `${20 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2 & 254}.${9 + i % 2}`;
	const found = {};
	const over = { done: false, every_ms: 800 };
	const many = Math.ceil(total / 60);
	const honest = people(s, t, many, (i) => home(i % addresses), await readers(s, Math.ceil(many / 2)), over);
	const ends = [];
	let harvest = [], waiting = [], reached = 0, sent = 0;
	const go = async (one) => {
		const url = await attempt(s, pool, one);

		found[`${one.how} ${url ? "through" : "not"}`] = (found[`${one.how} ${url ? "through" : "not"}`] ?? 0) + 1;
		sent++;
		ends.push(Date.now());
		if (!url)
			return;
		reached++;
		await try_cards(s, url);
	};

	await sleep(15000);	// people give before it begins, too
	const began = Date.now();

	for (let done = 0; done < total; done += ROUND) {
		const round = Array.from({ length: Math.min(ROUND, total - done) }, () => plan(t, home(t.int(0, addresses - 1))));
		const from = Date.now();
		const fresh = round.filter(({ age_ms }) => age_ms > 0);

		await each(fresh, 16, (one) => prepare(s, pool, one));
		if (done % (ROUND * 20) === 0)
			harvest = fresh.slice(0, Math.ceil(total / 15000)).map(({ fields }) => fields.ticket);
		const now = [...round.filter(({ age_ms }) => age_ms === 0), ...waiting.filter(({ at }) => at <= from)];

		waiting = [...waiting.filter(({ at }) => at > from), ...fresh];
		for (const one of now)
			if (one.how === "harvest")
				one.fields.ticket = t.pick(harvest);
		await each(now, 32, go);
		await sleep(Math.max(0, 2100 - (Date.now() - from)));
		if ((done / ROUND) % 20 === 0)
			t.say(`${sent} attempts, ${reached} came through; ${JSON.stringify(found)}`);
	}
	while (waiting.length > 0) {
		const now = waiting.filter(({ at }) => at <= Date.now());

		waiting = waiting.filter((one) => !now.includes(one));
		await each(now, 32, go);
		await sleep(200);
	}
	const took = Math.round((Date.now() - began) / 1000);

	over.done = true;
	const gave = await honest;

	pool.destroy();
	const good = gave.filter((one) => one.gave).length;
	const called = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).length - good;
	const forms = (await s.sql("SELECT was || '>' || became FROM pledged.guard_event WHERE kind = 'form' ORDER BY event_id")).flat();
	const through = Math.max(reached, called);
	const share = (100 * through) / sent;
	// Some ten come through before the form asks for a puzzle, however many there are: a short replay is held to those after that.
	const puzzle_s = await s.one("SELECT coalesce(extract(epoch FROM min(at)), 0) FROM pledged.guard_event WHERE kind = 'form' AND became = 'puzzle'");
	const later = await s.count(`SELECT count(*) FROM pledged.pledge WHERE email ~ '^[0-9]{5}@' AND created_at > to_timestamp(${puzzle_s})`);
	const held = total < FEW ? (100 * later) / ends.filter((at) => at > 1000 * puzzle_s).length : share;
	const kept = (100 * good) / gave.length;
	const pass = sent === total && held <= 1 && kept >= 99;
	const mix = KINDS.map(([how, parts]) => `${parts / 10} % ${how}: ${found[`${how} through`] ?? 0}`).join(", ");
	const lost = ["known", "new", "by hand"].map((how) => `${gave.filter((one) => one.how === how && !one.gave).length} of ${gave.filter((one) => one.how === how).length} ${how}`);
	const why = `${JSON.stringify(found)}; in ${took} s; the form: ${forms.join(" ") || "open"}; did not give: ${lost.join(", ")}`;

	t.count({ pledges: good + reached });
	t.say(why);
	return { value: `${sent} attempts (of ${mix}) from ${addresses} addresses, ${through} (${share.toFixed(2)} %) reached the provider${held === share ? "" : `, ${later} (${held.toFixed(2)} %) after the puzzle began`}; ${good} of ${gave.length} donors (${
		kept.toFixed(1)} %) gave`, pass, why: pass ? [] : [why] };
}

export const lines = [
	{ id: "F18", name: "attack", title: "an attack on the form from thousands of addresses, and honest donors in the same minutes", target: `<= 1 %, of fewer than ${FEW} attempts those after the puzzle began; >= 99 %`, short: true, run: replay },
];
