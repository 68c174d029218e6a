// seeds.mjs: writes the seeds of one target. Files of other names (regressions) stay.

import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));

export function seeds(target, all) {
	const dir = join(here, "corpus", target);

	mkdirSync(dir, { recursive: true });
	for (const name of readdirSync(dir).filter((f) => f.startsWith("seed_")))
		rmSync(join(dir, name));
	for (const [name, bytes] of Object.entries(all))
		writeFileSync(join(dir, `seed_${name.replace(/[^a-z0-9]+/gi, "_").toLowerCase()}`), bytes);
}
