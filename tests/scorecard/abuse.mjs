// abuse.mjs: scripts that try cards from few networks, while people give; other sites that want a reader's count moved.

import { agent, client, key, request } from "../walk/lib/http.mjs";
import { sleep } from "../walk/lib/until.mjs";
import { reader_of, row } from "../walk/lib/view.mjs";
import { by_header, by_script, ticket_of, walls } from "./attack.mjs";
import { verdict } from "./lib/audit.mjs";

// --- C17 -----------------------------------------------------------------------------------------

const MOST = 6;	// sessions of a network and minute
const AGE_MS = 2100;	// a ticket is not used sooner by those that know
const SCRIPTS = 100;

// WAYS: the address of the i-th script.
const WAYS = [["one address", () => "198.51.100.7"], ["100 addresses of one network", (i) => `198.51.101.${i + 1}`], ["100 networks", (i) => `203.${i}.113.7`]];

// script: reads the form, waits as one must, tries a card, again and again; counts what it came through by its network.
async function script(t, s, pool, address, over, came) {
	const who = client(s.url, { agent: pool, headers: { "x-walk-address": address, "user-agent": "python-requests/2.31" } });
	const network = address.replace(/\.\d+$/, "");

	while (!over.done) {
		const ticket = await ticket_of(who).catch(() => undefined);

		await sleep(AGE_MS);
		if (over.done)
			return;
		const answer = await who.pledge({ amount: "1.00", email: `${t.int(10000, 99999)}@mail.example`, key: key(), ...(ticket ? { ticket } : {}) });

		over.tries += 1;
		if (answer.status === 201 || answer.status === 202)
			came.set(network, (came.get(network) ?? 0) + 1);
		if (answer.status === 201)
			await s.provider.decline(answer.json().url).catch(() => undefined);
	}
}

async function cardtest(t) {
	const s = await t.stack("cardtest", { views: 1, moneys: 4, ...walls }, by_header);
	const seconds = t.n(60, 15, 30);
	const told = [];
	const why = [];
	let honest = 0, gave = 0;

	for (const [w, [name, address]] of WAYS.entries()) {
		const pool = agent(SCRIPTS);
		const over = { done: false, tries: 0 };
		const came = new Map();
		const scripts = Promise.all(Array.from({ length: SCRIPTS }, (_, i) => script(t, s, pool, address(i), over, came)));
		const donors = Array.from({ length: 3 }, async (_, i) => {
			await sleep(i * seconds * 250);
			const url = await by_script(s, t, `172.${20 + w}.${i}.9`).catch((error) => t.say(error.message));

			honest += 1;
			if (url) {
				gave += 1;
				await s.provider.pay(url);
			} else
				why.push(`${name}: an honest donor was not served`);
		});

		await sleep(seconds * 1000);
		over.done = true;
		await Promise.all([scripts, ...donors]);
		pool.destroy();
		const most = Math.max(0, ...came.values());

		if (most > MOST)
			why.push(`${name}: ${most} of one network`);
		told.push(`${name}: ${most} of a network in ${over.tries} tries`);
		t.count({ pledges: [...came.values()].reduce((a, b) => a + b, 0) });
	}
	return verdict(`${told.join(", ")} and ${seconds} s; ${gave} of ${honest} donors gave`, true, why);
}

// --- C18 -----------------------------------------------------------------------------------------

const EVIL = "https://evil.example";

// LURES: what a page of somebody else can have a reader's browser do. cookie: whether it comes along (SameSite=Lax: with what the reader is led to).
const LURES = [
	["an image", false, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", referer: EVIL }, (a) => `/decide?a=${a}&s=news&l=en`],
	["a frame", false, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" }, (a) => `/decide?a=${a}&s=news&l=en`],
	["a window that it opens", true, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" }, (a) => `/decide?a=${a}&s=news&l=en`],
	["a window of a neighbour", true, { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate" }, (a) => `/decide?a=${a}&s=news&l=en`],
	["an article that is not there", true, { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" }, (a) => `/news${a}`],
	["a prefetch of an article", true, { "sec-fetch-site": "cross-site", "sec-purpose": "prefetch" }, () => "/en/news/ferry"],
	["a prompt", true, { "sec-fetch-site": "cross-site" }, () => "/prompt?d=v1.k1.AAAA.BBBB&l=en"],
	["another's cookie in the query", false, { "sec-fetch-site": "cross-site" }, (a, id) => `/decide?a=${a}&s=news&l=en&reader=${id}`],
];

async function poison(t) {
	const s = await t.stack("poison", { views: 1, moneys: 1, clerks: 1, set: { "view.deadline_ms": 5000 } });
	const who = client(s.url);
	const why = [];

	for (let i = 0; i < 3; i++)
		await who.decide(`/poison/${i}`, { section: "sport" });
	const { token } = await who.decide("/poison/2", { section: "sport" });
	const id = reader_of(who);
	const shown = (await who.decide("/poison/0", { section: "sport" })).articles;
	const n = t.n(200, 20, 60);
	const before = JSON.stringify(await row(s, id));

	for (let i = 0; i < n; i++) {
		for (const [k, [name, cookie, headers, path]] of LURES.entries()) {
			const jar = cookie ? new Map(who.jar) : new Map();
			const { status } = await request(s.url, path(`/poison/made-up-${i}`, id), { jar, headers });

			t.count({ faults: 1 });
			// One by one in the first round, so that it can be named.
			if ((i === 0 || k === LURES.length - 1) && JSON.stringify(await row(s, id)) !== before && why.length < 5)
				why.push(`${i === 0 ? name : "one of them"} (${status}) moved it: ${JSON.stringify(await row(s, id))}, before ${before}`);
		}
		for (const headers of [{ origin: EVIL }, { origin: "null" }, { origin: s.url, "sec-fetch-site": "cross-site" }]) {
			const { status } = await request(s.url, "/event", { jar: new Map(who.jar), body: { d: token, e: "never" }, headers });

			if (status !== 403)
				why.push(`an event from ${headers.origin} gets ${status}`);
		}
	}
	const after = (await who.decide("/poison/0", { section: "sport" })).articles;

	return verdict(`${n * LURES.length} requests of ${LURES.length} kinds, ${shown} articles before and ${after} after`, shown === after && shown > 0, [...new Set(why)].slice(0, 5));
}

export const lines = [
	{ id: "C17", name: "cardtest", title: "scripts that try cards from one address, from 100 of one network, from 100 networks; people give in the same minute",
		target: `at most ${MOST} sessions of a network and minute, every honest donor served`, run: cardtest },
	{ id: "C18", name: "poison", title: "what another site can have a reader's browser ask", target: "the count unchanged", short: true, run: poison },
];
