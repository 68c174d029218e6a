// units.mjs: what the donor means arrives at the provider: tests/table/money_units.tsv, through the whole service.

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { key } from "../walk/lib/http.mjs";
import { counts } from "../walk/lib/money.mjs";
import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";
import { money_stack, who } from "./lib/money.mjs";

async function table() {
	const [head, ...lines] = (await readFile(join(root, "tests/table/money_units.tsv"), "utf8")).split("\n")
		.filter((line) => line && !line.startsWith("#")).map((line) => line.split("\t"));

	return lines.map((cells) => Object.fromEntries(head.map((name, i) => [name, cells[i] ?? ""])));
}

// one: what was asked of the provider, or the slug.
async function one(s, { amount, currency }) {
	const answer = await who(s).pledge({ amount, currency, key: key() });

	if (answer.status === 422)
		return `422 ${answer.json().type.split(":").pop()}`;
	const last = (await s.provider.requests({ method: "POST" })).at(-1);
	const form = new URLSearchParams(last.body);

	return `${answer.status} ${form.get("line_items[0][price_data][unit_amount]")} ${form.get("line_items[0][price_data][currency]")}`;
}

async function units(t) {
	const s = await money_stack(t);
	const rows = await table();
	const refused = rows.filter((row) => row.slug);
	const taken = rows.filter((row) => !row.slug);
	const why = [];
	let good = 0;
	const check = async (row, want) => {
		const got = await one(s, row);

		if (got === want)
			good += 1;
		else
			why.push(`${row.amount} ${row.currency}: ${got}, not ${want} (${row.why})`);
	};
	const done = async () => JSON.stringify([await counts(s), (await s.provider.requests({ method: "POST" })).length]);
	const before = await done();

	for (const row of refused)
		await check(row, `422 ${row.slug}`);
	if (await done() !== before)
		why.push("an amount that was refused left something behind");
	for (const row of taken)
		await check(row, `201 ${row.unit_amount} ${row.currency.toLowerCase()}`);
	t.count({ pledges: taken.length });
	return verdict(`${good}/${rows.length}`, good === rows.length && rows.length >= 40, why);
}

export const lines = [
	{ id: "A14", name: "money-units", title: "amounts of every kind of currency, at the floor, at the ceiling, and what is none (cases 3, 4, 5, 6)",
		target: "40 or more, all", short: true, run: units },
];
