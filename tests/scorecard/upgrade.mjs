// upgrade.mjs: from the release before to this one while people give and read: first the schema, with the old programs on it, then one
// process after the other.

import { chmod, copyFile, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { root, WITHOUT_PAGE } from "../walk/lib/stack.mjs";
import { until } from "../walk/lib/until.mjs";
import { verdict } from "./lib/audit.mjs";
import { before, newest } from "./lib/before.mjs";
import { LATER, quick, under } from "./lib/fault.mjs";
import { paid } from "./lib/money.mjs";

const PROGRAMS = ["pledged", "pledgectl"];

// put: the programs of a build in the place of those there, as an installation does it: a running process keeps its own.
async function put(build, bin) {
	for (const name of PROGRAMS) {
		await copyFile(join(build, name), join(bin, `${name}.new`));
		await chmod(join(bin, `${name}.new`), 0o755);
		await rename(join(bin, `${name}.new`), join(bin, name));
	}
}

// set: settings that the file does not have yet, as an operator adds them.
async function set(file, settings) {
	let text = await readFile(file, "utf8");

	for (const [name, value] of Object.entries(settings)) {
		const [section, key] = name.split(".");
		const parts = text.split(/^(?=\[)/m);
		const at = parts.findIndex((part) => part.startsWith(`[${section}]`));

		if (at < 0)
			parts.push(`\n[${section}]\n${key} = ${value}\n`);
		else if (!new RegExp(`^${key} *=`, "m").test(parts[at]))
			parts[at] = `${parts[at].trimEnd()}\n${key} = ${value}\n\n`;
		text = parts.join("");
	}
	await writeFile(file, text);
}

// told: how many were acknowledged since then, all of them paid by whoever runs.
async function some_paid(s, donors, since, n) {
	await donors.back(since, n);
	const pledges = donors.acknowledged(since).slice(0, n).map((a) => a.told.pledge);

	await until("those that were paid at once are booked", async () => await paid(s, pledges) >= Math.floor(n / 3), 90);
}

const replaced = (s, role, pid, n) => until(`another process of ${role}`, async () => {
	const now = await s.pids(role);

	return now.length === n && !now.includes(pid);
}, 60);

async function start(t, old) {
	const s = await t.stack("upgrade", { tree: old.tree, build: old.bin, views: 2, moneys: 4, clerks: 2, set: { "clerk.interval_ms": 100,
		"clerk.lookup_after_s": 5, "money.wait_ms": 2500, "clerk.call_ms": 2500 } }, quick);
	const down = s.down.bind(s);

	s.down = async () => {
		await down();
		await rm(old.bin, { recursive: true, force: true });
	};
	return s;
}

async function upgrade(t) {
	const old = before(t.n(1));

	if (old.why)
		return { value: old.why, skip: true, pass: true };
	await mkdir(join(root, "build/walk"), { recursive: true });
	old.bin = await mkdtemp(join(root, "build/walk/upgrade-bin-"));
	await chmod(old.bin, 0o755);
	await put(join(old.tree, "build/plain"), old.bin);
	const s = await start(t, old);
	const N = 12, DONORS = 4;

	return under(t, s, async (donors, readers) => {
		// refused: no pledge, and not told to come again; later: told so; cut: a page without an answer; open: a page that opened without the database.
		const failed = (from) => {
			const none = donors.answers.filter((a) => !a.told && a.at >= from);
			const later = none.filter((a) => LATER.includes(a.status) && a.retry).length;

			return { refused: none.length - later, later, cut: readers.bad(from).length, open: readers.since(from).filter((a) => a.reason === "store_down").length };
		};
		const phase = async (work) => {
			const from = Date.now();

			await work(from);
			return failed(from);
		};
		const first = await phase((from) => some_paid(s, donors, from, N));
		let took = 0;

		s.tree = root;
		const schema = await phase(async (from) => {
			await put(join(root, "build/plain"), old.bin);
			const { code, stdout, stderr } = await s.ctl("migrate", "--dir", join(root, "sql"));

			took = (Date.now() - from) / 1000;
			if (code !== 0)
				throw new Error(`migrate: ${stderr || stdout}`);
			await s.sql('UPDATE pledged.limit_rule SET "on" = false');
			await donors.back(Date.now(), 2);
		});
		const on_new = await phase((from) => some_paid(s, donors, from, N));

		await set(s.env.CONF, { ...WITHOUT_PAGE, "form.ticket": "watch" });
		const rolling = await phase(async () => {
			for (const role of ["view", "money", "clerk"]) {
				const pids = await s.pids(role);

				for (const pid of pids) {
					process.kill(pid, "SIGTERM");
					t.count({ faults: 1 });
					await replaced(s, role, pid, pids.length);
					await donors.back(Date.now(), 1);
				}
			}
		});
		const last = await phase((from) => some_paid(s, donors, from, N));
		const all = { before: first, "while it migrated": schema, "old programs on the new schema": on_new, "process by process": rolling, after: last };
		const sum = (key) => Object.values(all).reduce((n, one) => n + one[key], 0);
		const errors = sum("refused") + sum("cut") + sum("later");
		const why = Object.entries(all).filter(([, one]) => one.refused || one.cut || one.later).map(([name, one]) => `${name}: ${JSON.stringify(one)}`);

		// Who gives while a table is changed waits for its lock and is asked to come again: told apart, and an error all the same.
		return { value: `${old.commit.slice(0, 7)} at ${old.last.slice(0, 4)}${old.edited ? ` (${old.edited} of its migrations as they are now)` : ""} to ${
			newest().slice(0, 4)}, migrated in ${took.toFixed(1)} s, ${errors} errors, of them ${schema.later} asked to come again while a table was changed, ${sum("open")} pages opened uncounted`,
			good: errors === 0, why };
	}, { donors: { n: DONORS } });
}

export const lines = [
	{ id: "B22", name: "upgrade", title: "the release before, its schema brought up to date below it, then process by process", target: "0 errors, the old programs work on the new schema",
		run: upgrade },
];
