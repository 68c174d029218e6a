#!/usr/bin/env node
// tests/bench/vitals.mjs: how long a reader's touch waits for its answer, INP by the web-vitals library. ROUNDS=n (7).
// Exit code 1: a median is not under 50 ms, or something shifted.

import { pages, vitals } from "../browser/lib_vitals.mjs";
import { open_browser } from "../browser/stage.mjs";

const INP_MS = 50;
const rounds = Number(process.env.ROUNDS ?? 7);
const names = Object.keys(pages);
const took = Object.fromEntries(names.map((name) => [name, []]));
const browser = await open_browser();
let shifted = 0;

for (let n = 0; n < rounds; n++)
	for (const name of names) {
		const { CLS, INP } = await vitals(browser, name);

		took[name].push(INP);
		shifted += CLS;
	}
await browser.close();
console.log("page\tINP median\tleast\tmost\tms");
for (const name of names) {
	const t = took[name].sort((a, b) => a - b);

	console.log(`${name}\t${t[t.length >> 1]}\t${t[0]}\t${t.at(-1)}`);
	if (!(t[t.length >> 1] < INP_MS))
		process.exitCode = 1;
}
console.log(`CLS\t${shifted}`);
if (shifted > 0)
	process.exitCode = 1;
