// invariants.mjs: what must hold after every walk: the books are right, and no log tells of a crash or
// gives a secret away.

import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";

const BAD = [/\[alert\]/, /\[emerg\]/, /Sanitizer/, /runtime error:/, /assertion .*failed/i, /PANIC:/];

// Whose domain is one of those kept for tests is a reader or a donor that a test made up, also as it stands in an address of a page.
// The one exception is what we say of an address that is none (email_bad).
const PERSON = /[\w.+-](?:@|%40)(?!example\.org, or too long)(?:[\w-]+\.)*(?:example(?:\.(?:com|net|org))?|test|invalid)\b/i;

// secrets (case 83): the very bytes that this stack was given; also what a test planted (s.planted).
async function secrets(s) {
	const dir = join(s.dir, "secrets");
	const found = [...(s.planted ?? [])];

	// those in folders of their own have a link beside them
	for (const file of (await readdir(dir, { withFileTypes: true }).catch(() => [])).filter((entry) => !entry.isDirectory()).map(({ name }) => name)) {
		for (const line of (await readFile(join(dir, file), "utf8")).split("\n")) {
			const word = line.split(":").pop().trim();

			if (word)
				found.push(word);
		}
	}
	return found;
}

export async function check_logs(s) {
	const dir = join(s.dir, "log");
	const hidden = await secrets(s);

	for (const file of await readdir(dir)) {
		const text = await readFile(join(dir, file), "utf8");

		for (const line of text.split("\n")) {
			for (const bad of [...BAD, PERSON])
				assert.ok(!bad.test(line), `${file}: ${line.slice(0, 300)}`);
		}
		for (const word of hidden)
			assert.ok(!text.includes(word), `${file} holds a secret (${word.slice(0, 8)}…)`);
	}
}

export async function check_invariants(s) {
	const out = await s.deploy("psql", "-p", s.env.PGPORT, "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-f",
		new URL("../../../sql/invariants.sql", import.meta.url).pathname);

	assert.equal(out.trim(), "", "sql/invariants.sql prints nothing");
	await check_logs(s);
}
