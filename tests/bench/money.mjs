#!/usr/bin/env node
// money.mjs: what a good day costs: 50 pledges a second at a provider that takes 200 ms, and 500 webhooks a second into the
// inbox, each alone, both beside pages that are read, and the pages alone. See README.md.
//   SECONDS_EACH=10 PLEDGES=50 WEBHOOKS=500 VIEWS=300 PROVIDER_MS=200 MONEYS=16 HOOKS=8

import { test } from "node:test";

import { agent, client, key, request } from "../walk/lib/http.mjs";
import { books_agree, event, secret_of, session_of, signature } from "../walk/lib/money.mjs";
import { stack } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { steady } from "./steady.mjs";

const number = (name, value) => Number(process.env[name] ?? value);
const SECONDS = number("SECONDS_EACH", 10), PLEDGES = number("PLEDGES", 50), WEBHOOKS = number("WEBHOOKS", 500), VIEWS = number("VIEWS", 300);
const PROVIDER_MS = number("PROVIDER_MS", 200), MONEYS = number("MONEYS", 16), HOOKS = number("HOOKS", 8), READERS = 500;

const s = await stack({ name: "bench-money", views: 2, moneys: MONEYS, hooks: HOOKS, check_logs: false });
const secret = await secret_of(s);
const pools = { view: agent(64), pledge: agent(64), webhook: agent(64) };
const by_status = (answer) => answer.status;

// --- the three loads -----------------------------------------------------------------------------

const readers = Array.from({ length: READERS }, () => client(s.url, { agent: pools.view }));
let article = 0;
const views = () => steady(VIEWS, SECONDS, (i) => readers[i % READERS].get(`/decide?a=/en/news/bench-${article++}&s=news&l=en`),
	(answer) => (answer.status === 200 ? answer.json().reason.replace(/^(?!store_down|overload).*/, "decided") : answer.status));

const donor = client(s.url, { agent: pools.pledge });
const made = [];
const pledges = () => steady(PLEDGES, SECONDS, async () => {
	const answer = await donor.pledge({ key: key() });

	if (answer.status === 201)
		made.push(answer.json());
	return answer;
}, by_status);

// Events of pages that are open and unpaid: true hints, and the clerk looks each of them up.
const webhooks = () => steady(WEBHOOKS, SECONDS, (i) => {
	const id = made.length > 0 ? session_of(made[i % made.length].url) : "cs_test_nobody";
	const body = JSON.stringify(event("checkout.session.completed", { id, object: "checkout.session" }));

	return request(s.url, "/webhook/stripe", { agent: pools.webhook, method: "POST", body,
		headers: { "content-type": "application/json", "stripe-signature": signature(secret, body) } });
}, by_status);

// --- one after the other, then together ----------------------------------------------------------

const ms = (value) => value.toFixed(1).padStart(8);

function tell(what, { sent, words, p50, p99, max }) {
	console.log(`${what.padEnd(34)} ${String(sent).padStart(6)} ${ms(p50)} ${ms(p99)} ${ms(max)}   ${Object.entries(words).map(([word, n]) => `${word}: ${n}`).join(", ")}`);
}

test("figures", { timeout: 900000 }, async () => {
	for (const reader of readers)
		await reader.get("/decide?a=/en/news/bench&s=news&l=en");
	await s.provider.fault({ match: { method: "POST", path: "^/v1/checkout/sessions$" }, times: 0, do: `delay:${PROVIDER_MS}` });

	console.log(`${"".padEnd(34)} ${"sent".padStart(6)} ${"p50 ms".padStart(8)} ${"p99 ms".padStart(8)} ${"max ms".padStart(8)}   answers`);
	tell(`pages alone, ${VIEWS}/s`, await views());
	tell(`pledges alone, ${PLEDGES}/s`, await pledges());
	tell(`webhooks alone, ${WEBHOOKS}/s`, await webhooks());
	const [page, pledge, hook] = await Promise.all([views(), pledges(), webhooks()]);

	tell("pages beside both", page);
	tell("pledges beside pages and webhooks", pledge);
	tell("webhooks beside pages and pledges", hook);

	const waiting = await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')");
	const began = Date.now();

	await until("the clerk is through", async () => await s.count("SELECT count(*) FROM pledged.inbox WHERE state IN ('new', 'leased')") === 0, 600);
	console.log(`inbox: ${waiting} left when the load ended, empty ${((Date.now() - began) / 1000).toFixed(1)} s later`);
	console.log(`on ${(await import("node:os")).cpus().length} processors with everything on one machine, ${MONEYS} money processes, the provider takes ${PROVIDER_MS} ms, fsync ${
		await s.one("SHOW fsync")}`);
	await books_agree(s);
	for (const pool of Object.values(pools))
		pool.destroy();
});
