// record.mjs: what tests/fuzz/RECORD.md has: how often each target was run, in sum.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../walk/lib/stack.mjs";

// on_record: {target: executions} of the dated rows; "the same …" is the target of the row before.
export function on_record(text = readFileSync(join(root, "tests/fuzz/RECORD.md"), "utf8")) {
	const sum = {};
	let target;

	for (const [, name, n] of text.matchAll(/^\| \d{4}-\d\d-\d\d \| ([^|]*) \| ([\d,]+) \|/gm)) {
		target = /^`(fuzz_[a-z]+)`/.exec(name)?.[1] ?? (name.startsWith("the same") ? target : undefined);
		if (!target)
			throw new Error(`RECORD.md: no target in "${name}"`);
		sum[target] = (sum[target] ?? 0) + Number(n.replaceAll(",", ""));
	}
	return sum;
}
