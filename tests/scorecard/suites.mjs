// suites.mjs: the suites themselves, looked at as a whole: do sanitizers say anything, how much of the code do they run, and does each
// program say the same every time?

import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";
import { each } from "./lib/money.mjs";
import { run } from "./lib/run.mjs";

const there = (folder, pattern) => readdirSync(join(root, folder)).filter((name) => pattern.test(name)).sort().map((name) => `${folder}/${name}`);
const walks = () => there("tests/walk", /\.test\.mjs$/);

// program: one program of the suites; gives its code, what it printed, and the folder of its logs, which the caller removes.
async function program(file, env = {}) {
	if (!file.endsWith(".mjs")) {
		const { code, stdout, stderr } = await run(join(root, file), [], { env: { CMOCKA_MESSAGE_OUTPUT: "TAP", ...env }, timeout: 900000, killSignal: "SIGKILL" });

		return { code, stdout, stderr };
	}
	mkdirSync(join(root, "build/walk"), { recursive: true });
	const dir = mkdtempSync(join(root, "build/walk", `score-${basename(file, ".test.mjs")}.`));
	const { code, stdout, stderr } = await run("node", [`--test-reporter=${join(root, "tests/lib/tap.mjs")}`, "--test-reporter-destination=stdout", file],
		{ env: { WALK_DIR: dir, ...env }, timeout: 900000, killSignal: "SIGTERM" });

	return { code, stdout, stderr, dir };
}

// --- D01 -----------------------------------------------------------------------------------------

// A test that asks for more memory than there is gets a WARNING, as it should.
const REPORT = /(?:ERROR|SUMMARY): \w*Sanitizer|runtime error:/;

// reports: the lines in which a sanitizer speaks, of a text and of every file below a folder but those of PostgreSQL's data.
function reports(text, dir) {
	const found = text.split("\n").filter((line) => REPORT.test(line));

	for (const name of dir ? readdirSync(dir, { recursive: true }) : []) {
		if (/\.(?:log|out|err|txt)$|(?:^|\/)log\//.test(name) && statSync(join(dir, name)).isFile())
			found.push(...readFileSync(join(dir, name), "utf8").split("\n").filter((line) => REPORT.test(line)).map((line) => `${basename(name)}: ${line}`));
	}
	return found;
}

async function sanitized(t) {
	const all = walks();
	const some = t.shuffle(all).slice(0, t.n(all.length, 1, 3)).sort();
	const programs = [...there("build/asan/unit", /_test$/), ...there("build/asan/fuzz", /^fuzz_[a-z]+$/), ...some];
	const said = [], bad = [];

	await each(programs, 2, async (file) => {
		const { code, stdout, stderr, dir } = await program(file, file.endsWith(".mjs") ? { BUILD: "build/asan" } : {});
		const found = reports(`${stdout}\n${stderr}`, dir);

		said.push(...found.slice(0, 3).map((line) => `${file}: ${line.slice(0, 200)}`));
		if (code !== 0)
			bad.push(`${file}: ${[...stdout.split("\n").filter((line) => line.startsWith("not ok")), `ended with ${code}`][0]}`);
		if (dir)
			rmSync(dir, { recursive: true, force: true });
	});
	return verdict(`${said.length} reports of ${programs.length} programs, ${some.length} of ${all.length} walks among them; ${bad.length} failed`, true, [...said, ...bad].slice(0, 12));
}

// --- D04 -----------------------------------------------------------------------------------------

const TOLD = join(root, "build/cover/told");
// What the figures are of: nothing of it may be another than at that commit.
const OF = ["src", "sql", "Makefile", "tests/unit", "tests/sql", "tests/walk", "tests/table", "tests/provider", "tests/sim"];

// told: what tests/run cover wrote of the code that stands here: {commit, groups}, or {why}.
async function told() {
	if (!existsSync(TOLD))
		return { why: "no figures: tests/run cover writes them" };
	const [head, ...rest] = readFileSync(TOLD, "utf8").trim().split("\n");
	const [, commit, suites] = /^commit ([0-9a-f]{40}|none) suites (.*)$/.exec(head) ?? [];

	if (!commit || commit === "none" || suites !== "unit sql walk")
		return { why: `the figures are of ${suites ?? "nothing"} at no commit` };
	if ((await run("git", ["diff", "--quiet", commit, "--", ...OF])).code !== 0 || (await run("git", ["ls-files", "-o", "--exclude-standard", "--", ...OF])).stdout !== "")
		return { why: `the figures are of ${commit.slice(0, 7)}, and since then something else stands here` };
	const groups = rest.map((line) => /^(\S.*?) +([\d.]+) % of +\d+ lines +([\d.]+) % of +\d+ branches +\((\d+) and (\d+)\)/.exec(line)).filter(Boolean)
		.map(([, name, ...n]) => [name, ...n.map(Number)]);

	return groups.length > 0 ? { commit, groups } : { why: "build/cover/told has no groups" };
}

async function cover(t) {
	let now = await told();

	// The suites unit, sql and walk on a build of their own: alone, not where all lines run.
	if (now.why && !t.all && !t.short) {
		const { code, stdout, stderr } = await run("tests/run", ["cover"]);

		now = await told();
		if (now.why)
			throw new Error(`tests/run cover ended with ${code}: ${`${stdout}${stderr}`.trim().split("\n").at(-1)}`);
		t.say("measured now");
	}
	if (now.why)
		return { value: `not measured here: ${now.why}`, pass: false };
	const few = now.groups.filter(([, lines, branches, least, least_branches]) => lines < least || branches < least_branches);
	const show = ([name, lines, branches]) => `${name} ${lines}/${branches}`;

	return { value: `of ${now.commit.slice(0, 7)}: ${now.groups.filter(([name]) => ["decide", "money", "all"].includes(name)).map(show).join(", ")}`,
		pass: few.length === 0, why: few.map((one) => `${show(one)} of ${one[3]}/${one[4]}`) };
}

// --- D14 -----------------------------------------------------------------------------------------

const TIMES = 10;
// What a program says: its results by name, in whatever order, without figures in them that are the hour's.
const results = (text) => text.split("\n").filter((line) => /^(?:not )?ok\b/.test(line)).map((line) => line.replace(/^((?:not )?ok) \d+/, "$1").replace(/\d+/g, "N")).sort().join("\n");

async function flaky(t) {
	const units = there("build/plain/unit", /_test$/), sql = there("tests/sql", /\.sql$/), walk = walks();
	const draw = (list, n) => t.shuffle(list).slice(0, n);
	const n = t.n(Infinity, 2, 6);
	const some = [...draw(units, n), ...draw(sql, n), ...draw(walk, n === Infinity ? n : Math.ceil(n / 6))];
	const s = await t.stack("sql", { only: "pg" });
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const once = async (file) => {
		if (file.endsWith(".sql")) {
			const { code, stdout, stderr } = await run("psql", ["-X", "-q", "-A", "-t", "-h", PGHOST, "-p", PGPORT, "-U", "postgres", "-d", PGDATABASE, "-f", file]);

			return `${code}\n${results(`${stdout}\n${stderr}`)}`;
		}
		const { code, stdout, dir } = await program(file);

		if (dir)
			rmSync(dir, { recursive: true, force: true });
		return `${code}\n${results(stdout)}`;
	};
	const why = [];
	let ran = 0;

	await each(some, 2, async (file) => {
		const first = await once(file);

		for (let i = 1; i < TIMES; i++) {
			const now = await once(file);
			const other = now.split("\n").find((row) => !first.split("\n").includes(row)) ?? first.split("\n").find((row) => !now.split("\n").includes(row));

			if (now !== first) {
				why.push(`${file}: time ${i + 1} was another: ${other ?? "a line more or fewer"}`);
				break;
			}
		}
		ran += 1;
		t.say(`${ran} of ${some.length}: ${file}`);
	});
	return verdict(`${why.length} of ${some.length} programs differ in ${TIMES} times each, of ${units.length + sql.length + walk.length}`, some.length > 0, why);
}

export const lines = [
	{ id: "D01", name: "asan", title: "unit tests, corpora and walks under ASan, UBSan and LSan", target: "0 reports", build: ["asan", "unit-asan", "replay", "widget"], run: sanitized },
	{ id: "D04", name: "cov", title: "lines and branches that the suites unit, sql and walk run", target: "lines/branches: all 90/80, money and decide 100/95", build: [], run: cover },
	{ id: "D14", name: "flaky", title: "programs of the suites, ten times each", target: "0 differ", build: ["plain", "unit", "crash", "torture", "sim", "widget"], run: flaky },
];
