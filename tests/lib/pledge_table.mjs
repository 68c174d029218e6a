// pledge_table.mjs: src/core/pledge.def as scripts read it, and the page that is drawn from it.
//
//   node tests/lib/pledge_table.mjs            event, state and answer, a line a pair
//   node tests/lib/pledge_table.mjs --write    writes src/core/PLEDGE.md anew

import { readFileSync, writeFileSync } from "node:fs";

const DEF = new URL("../../src/core/pledge.def", import.meta.url);
const PAGE = new URL("../../src/core/PLEDGE.md", import.meta.url);
const MONEY = ["paid", "partly_refunded", "refunded", "disputed", "lost"];

// calls: the arguments of each MACRO(...), strings without their quotes.
function calls(text, macro) {
	return [...text.matchAll(new RegExp(`^${macro}\\(((?:"[^"]*"|[^")])*)\\)`, "gm"))].map(([, inside]) =>
		[...inside.matchAll(/\s*(?:"([^"]*)"|([^",]*?))\s*(?:,|$)/g)].map(([, string, word]) => string ?? word.trim())
			.filter((cell, i, all) => i < all.length - 1 || cell !== ""));
}

export function table() {
	const text = readFileSync(DEF, "utf8").replace(/\/\*[\s\S]*?\*\//g, "").replace(/^#.*$/gm, "");
	const states = calls(text, "X").map(([name, final, sentence]) => ({ name, final: final === "1", sentence }));
	const refusals = new Map(calls(text, "REFUSAL"));
	const events = calls(text, "EVENT").map(([name, sentence, ...cells]) => ({ name, sentence, cells }));

	return { states, refusals, events };
}

// pairs: every event in every state, with what becomes of it.
export function pairs({ states, refusals, events }) {
	return events.flatMap((event) => states.map((state, i) => {
		const cell = event.cells[i] ?? "";
		const answer = refusals.has(cell) ? "refuse" : states.some((s) => s.name === cell) ? "move" : cell === "stay" ? "stay" : "";

		return { event: event.name, state: state.name, cell, answer };
	}));
}

function arrows(t, inside) {
	const drawn = new Map();
	const add = (from, to, event) => {
		const key = `${from} --> ${to}`;

		drawn.set(key, [...(drawn.get(key) ?? []), event]);
	};
	const unpaid = t.states.map((s) => s.name).filter((name) => !MONEY.includes(name));

	for (const event of t.events) {
		const moves = pairs({ ...t, events: [event] }).filter((p) => p.answer === "move");

		for (const to of new Set(moves.map((p) => p.cell))) {
			let from = moves.filter((p) => p.cell === to).map((p) => p.state);

			// What all states without money have in common is one arrow.
			if (MONEY.includes(to) && unpaid.every((name) => from.includes(name))) {
				from = from.filter((name) => !unpaid.includes(name));
				add("unpaid", to, event.name);
			}
			for (const name of from)
				add(name, to, event.name);
		}
	}
	return [...drawn].filter(([key]) => key.split(" --> ").every((name) => unpaid.includes(name)) === inside)
		.map(([key, names]) => `${key} : ${names.join(", ")}`);
}

export function page() {
	const t = table();
	const cells = new Map(pairs(t).map((p) => [`${p.event} ${p.state}`, p]));
	const shown = ({ cell, answer }) => ({ move: `**${cell}**`, stay: "·", refuse: `_${cell}_` })[answer] ?? "?";

	return `# A pledge's life

<!-- Drawn from pledge.def by tests/lib/pledge_table.mjs --write; a lint tells when it is stale. -->

A pledge's state is derived in SQL from its attempts and payments (\`sql/functions/pledge_state.sql\`). \`pledge.def\` is the same
truth as a table: every state, every event, an answer for each pair. \`tests/sql/14_pledge_table.sql\` brings a pledge into each
state by the real functions, lets each event happen, and compares.

\`\`\`mermaid
stateDiagram-v2
	[*] --> unpaid
	state "no money yet" as unpaid {
		[*] --> new
${arrows(t, true).map((line) => `\t\t${line}`).join("\n")}
	}
${arrows(t, false).map((line) => `\t${line}`).join("\n")}
\`\`\`

An arrow from "no money yet" holds for each state inside. What moves nothing is not drawn.

## States

| state | the donor reads | over |
|---|---|---|
${t.states.map((s) => `| ${s.name} | ${s.sentence} | ${s.final ? "yes" : "no"} |`).join("\n")}

"Over" means that nothing more is expected soon, so the page stops asking. Money that comes all the same is always taken in.

## Events

| event | what happened |
|---|---|
${t.events.map((e) => `| ${e.name} | ${e.sentence} |`).join("\n")}

What a provider tells is a fact with all that goes before it: who is told of a refund is told of the payment too, unless the
event says otherwise. \`second\` is another payment than the first one of the pledge.

## Every pair

**state**: it moves there; ·: it stays; _word_: refused, nothing changes.

| | ${t.states.map((s) => s.name).join(" | ")} |
|---|${t.states.map(() => "---|").join("")}
${t.events.map((e) => `| ${e.name} | ${t.states.map((s) => shown(cells.get(`${e.name} ${s.name}`))).join(" | ")} |`).join("\n")}

| refused | because |
|---|---|
${[...t.refusals].map(([word, why]) => `| _${word}_ | ${why} |`).join("\n")}
`;
}

export const stale = () => readFileSync(PAGE, "utf8") !== page();

if (process.argv[1] === new URL(import.meta.url).pathname) {
	if (process.argv[2] === "--write")
		writeFileSync(PAGE, page());
	else
		console.log(pairs(table()).map((p) => `${p.event}\t${p.state}\t${p.answer === "move" ? p.cell : p.answer}`).join("\n"));
}
