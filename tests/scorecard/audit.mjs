// audit.mjs: pledgectl audit tells of each difference between the provider's books and ours, and of nothing else.

import { agreed, audit, audit_options, named, plant } from "../walk/lib/audit.mjs";
import { verdict } from "./lib/audit.mjs";

async function audited(t) {
	const s = await t.stack("audit", audit_options);
	const why = [];
	const gifts = await agreed(s);
	const before = await audit(s, "--json");

	if (before.code !== 0 || !before.json?.agree)
		why.push(`books that agree: ${before.code} ${before.stdout}${before.stderr}`);
	const planted = await plant(s, gifts);
	const { code, json, stderr } = await audit(s, "--json");

	if (code !== 1 || !json)
		throw new Error(`planted, and audit ended with ${code}: ${stderr}`);
	const told = named(json);
	const found = [...planted.keys()].filter((line) => told.includes(line));
	const more = told.filter((line) => !planted.has(line));

	why.push(...[...planted.keys()].filter((line) => !told.includes(line)).map((line) => `not named: ${line}`), ...more.map((line) => `named: ${line}`),
		...json.rules_broken.map((rule) => `a rule of our own: ${rule.name}`));
	t.count({ pledges: gifts.length + 2, faults: planted.size });
	return verdict(`${found.length}/${planted.size} named, ${more.length} more`, told.length === planted.size, why);
}

export const lines = [
	{ id: "A15", name: "audit", title: "differences are planted between the books, and audit names them (case 57)", target: "12/12 named, 0 more", short: true,
		run: audited },
];
