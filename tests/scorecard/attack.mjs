// attack.mjs: a recorded kind of attack, replayed: machines try cards through the form from thousands of addresses, most of them without
// ever having looked at it, while people give. Both walls stand as they are installed: nginx's and ours.

import { writeFile, chmod } from "node:fs/promises";
import { join } from "node:path";

import { fields_of, solve } from "../walk/lib/form.mjs";
import { agent, client, key } from "../walk/lib/http.mjs";
import { root } from "../walk/lib/stack.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { each } from "./lib/money.mjs";

const ROUND = 500;	// attempts, then it is looked at the time
const AGE_MS = 2100;	// a ticket is not used sooner by those that know
const BROWSER = { "user-agent": "Mozilla/5.0 (X11; Linux x86_64)", "accept-language": "en-GB" };

// KINDS: parts of a thousand. blind: no page before; harvest: one page for many; reads: a page each, no scripts; browser: whole browsers, which solve what they are asked.
const KINDS = [["blind", 800], ["harvest", 100], ["reads", 98], ["browser", 2]];

function kind(t) {
	let n = t.int(0, 999);

	return KINDS.find(([, parts]) => (n -= parts) < 0)[0];
}

export const ticket_of = async (who) => fields_of((await who.get("/prompt?form=1&l=en")).text).ticket;

// robot: one of the attacker's addresses; whole ones dress as a browser.
function robot(s, pool, address, dressed) {
	return client(s.url, { agent: pool, headers: { "x-walk-address": address, ...(dressed ? BROWSER : { "user-agent": "python-requests/2.31" }) } });
}

// attempt: one try of a card; gives the answer's status, and the provider's page when it came so far.
async function attempt(t, s, pool, { address, how, ticket, listed }) {
	const who = robot(s, pool, address, how === "browser" || t.chance(30));
	const fields = { amount: `${t.int(1, 4)}.00`, email: `${t.int(10000, 99999)}@${t.chance(listed) ? "throw" : "mail"}.example`, key: key(), ...(ticket ? { ticket } : {}) };
	let answer = await who.pledge(fields);

	if (how === "browser" && answer.status === 428) {
		const { ticket: fresh, puzzle, wait_ms } = answer.json();

		await sleep(wait_ms);
		answer = await who.pledge({ ...fields, ticket: fresh, proof: solve(fresh, puzzle) });
	}
	if (answer.status === 201)
		await s.provider.decline(answer.json().url).catch(() => undefined);
	return answer.status;
}

// by_script: a person whose browser runs scripts: as src/widget/pay.js sends it.
export async function by_script(s, t, address) {
	const who = client(s.url, { headers: { "x-walk-address": address, ...BROWSER } });
	const body = { amount: `${t.int(5, 90)}.00`, email: `eve.${address.replaceAll(/\d/g, (d) => "aeioubdlmn"[d])}@mail.example`, key: key() };

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

// by_hand: a person without scripts and without cookies; every fourth is one.
async function by_hand(s, t, address) {
	const ask = () => client(s.url, { headers: { "x-walk-address": address, ...BROWSER } });
	let fields = { ...fields_of((await ask().get("/prompt?form=1&l=en")).text), amount: "other", other_amount: `${t.int(5, 90)}`, interval: "once" };

	await sleep(t.int(5000, 9000));
	for (let round = 0; round < 6; round++) {
		const answer = await ask().form(fields);

		if (answer.status === 303)
			return answer.headers.location;
		if (answer.status === 409 || answer.status === 428)
			fields = fields_of(answer.text);
		await sleep(1000 * Math.min(Number(answer.headers["retry-after"] ?? 5) + 1, 40));
	}
	return undefined;
}

// people: so many of them, evenly over the time that the attack takes; gives how many were let to the provider's page.
async function people(s, t, count, over) {
	const came = [];

	for (let i = 0; i < count && (i === 0 || !over.done); i++) {
		const address = `172.${16 + (i >> 8)}.${i & 255}.7`;

		came.push((i % 4 === 3 ? by_hand : by_script)(s, t, address).then(async (url) => {
			if (url)
				await s.provider.pay(url);
			return Boolean(url);
		}, (error) => {
			t.say(`an honest donor: ${error.message}`);
			return false;
		}));
		await sleep(over.every_ms);
	}
	return Promise.all(came);
}

// walls: what stands before the form as it is installed, but for a puzzle that a test solves at once; addresses are told by a header.
export const walls = { limits: "on", set: { "form.ticket": "on", "risk.challenge": 50, "risk.refuse": 140, "puzzle.bits": 8, "puzzle.wait_s": 30 } };

export async function by_header(s) {
	await writeFile(join(s.dir, "nginx", "extra-http.conf"), "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Walk-Address;\n");
	await chmod(join(s.dir, "nginx", "extra-http.conf"), 0o644);
	await s.role("nginx", "restart");
	await s.ready();
}

async function replay(t) {
	const total = t.n(120000, 3000); // some ten come through before the puzzle begins, of however many
	const listed = total < 20000 ? 100 : 50;	// of a hundred mail domains, those that an operator knows; few attempts stop no form
	const addresses = Math.max(5, Math.ceil(total / 24));
	const s = await t.stack("attack", { views: 2, moneys: 6, ...walls, set: { ...walls.set, "risk.domains_file": join(root, "tests/data/throwaway.txt") } }, by_header);
	const pool = agent(32);
	const home = (i) => `${20 + (i >> 15)}.${(i >> 7) & 255}.${(i & 127) * 2 & 254}.${9 + i % 2}`;
	const found = {};
	const over = { done: false, every_ms: 800 };
	const honest = people(s, t, Math.ceil(total / 60), over);
	let harvest = [], ready = [], reached = 0;

	await sleep(15000);	// people give before it begins, too

	for (let done = 0; done < total; done += ROUND) {
		const round = Array.from({ length: Math.min(ROUND, total - done) }, () => ({ address: home(t.int(0, addresses - 1)), how: kind(t), listed }));
		const began = Date.now();
		const readers = round.filter(({ how }) => how === "reads" || how === "browser");
		// What was read in the last round is old enough now; what is read now is for the next.
		const fresh = readers.map((one) => ({ ...one }));

		await each(fresh, 16, async (one) => {
			one.ticket = await ticket_of(robot(s, pool, one.address, one.how === "browser"));
		});
		if (done % (ROUND * 20) === 0)
			harvest = fresh.slice(0, Math.ceil(total / 15000)).map(({ ticket }) => ticket);
		const tries = round.filter(({ how }) => how === "blind" || how === "harvest").map((one) => (one.how === "harvest" ? { ...one, ticket: t.pick(harvest) } : one));

		await each([...tries, ...ready], 32, async (one) => {
			const status = await attempt(t, s, pool, one);

			found[`${one.how} ${status}`] = (found[`${one.how} ${status}`] ?? 0) + 1;
			reached += status === 201 || status === 202 ? 1 : 0;
		});
		ready = fresh;
		await sleep(Math.max(0, AGE_MS - (Date.now() - began)));
		if ((done / ROUND) % 20 === 0)
			t.say(`${done} attempts, ${reached} came through; ${JSON.stringify(found)}`);
	}
	await each(ready, 32, async (one) => {
		const status = await attempt(t, s, pool, one);

		found[`${one.how} ${status}`] = (found[`${one.how} ${status}`] ?? 0) + 1;
		reached += status === 201 || status === 202 ? 1 : 0;
	});
	over.done = true;
	const gave = await honest;

	pool.destroy();
	const good = gave.filter(Boolean).length;
	const called = (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).length - good;
	const sum = Object.values(found).reduce((a, b) => a + b, 0);
	const forms = (await s.sql("SELECT was || '>' || became FROM pledged.guard_event WHERE kind = 'form' ORDER BY event_id")).flat();

	t.count({ pledges: good + reached });
	t.say(`${JSON.stringify(found)}; the form: ${forms.join(" ") || "open"}`);
	const share = (100 * Math.max(reached, called)) / sum;
	const kept = (100 * good) / gave.length;

	const pass = sum === total && share <= 1 && kept >= 99;
	const mix = KINDS.map(([how, parts]) => `${parts / 10} % ${how}`).join(", ");

	return { value: `${sum} attempts (${mix}) from ${addresses} addresses, ${Math.max(reached, called)} (${share.toFixed(2)} %) reached the provider; ${good} of ${gave.length} donors (${
		kept.toFixed(1)} %) gave`, pass, why: pass ? [] : [`${JSON.stringify(found)}; the form: ${forms.join(" ") || "open"}`] };
}

export const lines = [
	{ id: "F18", name: "attack", title: "an attack on the form from thousands of addresses, and honest donors in the same minutes", target: "<= 1 %, >= 99 %", short: true, run: replay },
];
