// currency.mjs: the rows of src/core/currency.def, so that there is one list: code, and digits, step, least and most.

import { readFileSync } from "node:fs";

export function currencies() {
	const text = readFileSync(new URL("../core/currency.def", import.meta.url), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
	const rows = [...text.matchAll(/^X\((\w+),\s*(\d+),\s*(\d+),\s*(\d+),\s*(\d+)\)/gm)];

	return Object.fromEntries(rows.map(([, code, ...n]) => [code, n.map(Number)]));
}
