// crash.mjs: a build with crash points (make crash; src/base/crash.def): one process of a role dies at a named place, when
// the test wants it.

import { chmod, chown, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { until } from "./until.mjs";

export const crash_build = "build/crash";

const word_file = (s, role) => join(s.dir, "crash", role);

// trapped: the roles are started again so that arm() reaches them.
export async function trapped(s, ...roles) {
	const dir = join(s.dir, "crash");

	await mkdir(dir);
	if (process.getuid() === 0)
		await chown(dir, 65534, 65534); // whoever dies takes the file away
	for (const role of roles)
		await s.role(role, "restart", { PLEDGED_CRASH_FILE: word_file(s, role) });
	await s.ready();
}

// arm: for one process of the role its n-th pass of the label is its last.
export async function arm(s, role, label, n = 1) {
	const file = word_file(s, role);

	await writeFile(`${file}.new`, `${label}:${n}\n`);
	await chmod(`${file}.new`, 0o644);
	await rename(`${file}.new`, file);
}

export const disarm = (s, role) => rm(word_file(s, role), { force: true });
export const sprung = (s, role) => stat(word_file(s, role)).then(() => false, () => true);
export const dies = (s, role, seconds = 20) => until(`somebody of ${role} dies`, () => sprung(s, role), seconds);
