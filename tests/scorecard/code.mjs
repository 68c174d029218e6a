// code.mjs: what tools say of the source: valgrind over the unit tests, analyzers over every file, assertions counted.

import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";
import { each } from "./lib/money.mjs";
import { has, run } from "./lib/run.mjs";

const sources = (rooms) => rooms.flatMap((room) => readdirSync(join(root, "src", room)).filter((name) => name.endsWith(".c")).map((name) => `src/${room}/${name}`));
const ROOMS = ["base", "core", "store", "pay", "app", "web", "main"];

// --- D03 -----------------------------------------------------------------------------------------

const SECONDS = 240;

async function memcheck(t) {
	if (!await has("valgrind"))
		return { value: "there is no valgrind", skip: true, pass: true };
	const dir = join(root, "build/plain/unit");
	const all = readdirSync(dir).filter((name) => name.endsWith("_test"));
	const some = t.shuffle(all).slice(0, t.n(all.length, 3, 16)).sort();
	const why = [];
	let late = 0;

	await each(some, 2, async (name) => {
		const { code, killed, stdout, stderr } = await run("valgrind", ["-q", "--error-exitcode=99", "--leak-check=full", "--errors-for-leak-kinds=definite",
			"--child-silent-after-fork=yes", join(dir, name)], { env: { CMOCKA_MESSAGE_OUTPUT: "TAP" }, timeout: SECONDS * 1000, killSignal: "SIGKILL" });

		if (killed)
			late += 1;
		else if (code !== 0)
			why.push(`${name}: ${code === 99 ? stderr.split("\n").filter((line) => line.startsWith("==")).slice(0, 8).join("\n") : stdout.split("\n").filter((line) => line.startsWith("not ok"))}`);
	});
	return verdict(`${some.length - why.length - late} of ${some.length} unit tests clean${late ? `, ${late} not done in ${SECONDS} s` : ""}`, some.length > late, why.slice(0, 5));
}

// --- D06 -----------------------------------------------------------------------------------------

// EXPLAINED: findings that were looked at: file, words of the finding, and why it is none. One row each, cells divided by tabs.
const EXPLAINED = join(root, "tests/scorecard/explained.tsv");
const explained = () => (existsSync(EXPLAINED) ? readFileSync(EXPLAINED, "utf8") : "").split("\n").filter((row) => row && !row.startsWith("#")).map((row) => row.split("\t"));

const FLAGS = ["-std=c17", "-Isrc", "-D_GNU_SOURCE"];

async function analyzers(t) {
	const { stdout: packages } = await run("pkg-config", ["--cflags", "libpq", "libcurl", "libcares", "jansson", "libevent_core", "libcrypto", "inih", "libseccomp"]);
	const flags = [...FLAGS, ...packages.trim().split(/\s+/).filter(Boolean)];
	const files = t.shuffle(sources(ROOMS));
	const some = files.slice(0, t.n(files.length, 6, 40));
	const ways = [
		["gcc -fanalyzer", "gcc", (file) => [...flags, "-O1", "-fanalyzer", "-Wno-analyzer-too-complex", "-c", "-o", "/dev/null", file], /^(src\/[^:]+):\d+:\d+: warning: (.*)$/gm],
		["clang-tidy", "clang-tidy-14", (file) => ["--quiet", "--checks=-*,clang-analyzer-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-reserved-identifier,-bugprone-narrowing-conversions,"
			+ "-bugprone-branch-clone,-bugprone-macro-parentheses,-bugprone-suspicious-include,-bugprone-assignment-in-if-condition,-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,"
			+ "-bugprone-implicit-widening-of-multiplication-result,-bugprone-not-null-terminated-result,-bugprone-signal-handler", file, "--", ...flags], /^(?:\/\S*?\/)?(src\/[^:]+):\d+:\d+: (?:warning|error): (.*)$/gm],
		["cppcheck", "cppcheck", (file) => ["--quiet", "--std=c11", "--enable=warning,portability,performance", "--inline-suppr", "--suppress=missingIncludeSystem", "--library=tests/scorecard/lib/cppcheck.cfg", "--template={file}:{line}:1: warning: {message} [{id}]",
			"-Isrc", "-D_GNU_SOURCE", file], /^(src\/[^:]+):\d+:\d+: warning: (.*)$/gm],
	];
	const known = explained();
	const found = new Set();
	const ran = [];
	let told = 0;

	for (const [name, cmd, args, pattern] of ways) {
		if (!await has(cmd))
			continue;
		ran.push(name);
		await each(some, 2, async (file) => {
			const { stdout, stderr } = await run(cmd, args(file));

			for (const [, where, what] of `${stdout}\n${stderr}`.matchAll(pattern)) {
				if (known.some(([at, words]) => at === where && what.includes(words)))
					told += 1;
				else
					found.add(`${name}: ${where}: ${what}`);
			}
		});
	}
	return verdict(`${some.length} of ${files.length} files by ${ran.join(", ") || "no tool"}: ${found.size} unexplained, ${told} explained`, ran.length > 0, [...found].slice(0, 12));
}

// --- D07 -----------------------------------------------------------------------------------------

const LEAST = 2;

// A line is one with something on it beside comments.
async function asserts() {
	const text = sources(["core"]).map((file) => readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "")).join("\n");
	const lines = text.split("\n").filter((row) => row.trim()).length;
	const n = [...text.matchAll(/\b(?:ASSERT|_Static_assert)\(/g)].length;
	const share = (100 * n) / lines;
	// On in what is installed: the words of an assertion stand in the program, whatever NDEBUG is.
	const program = readFileSync(join(root, "build/plain/pledged"), "latin1");
	const why = /\bNDEBUG\b/.test(readFileSync(join(root, "src/base/must.h"), "utf8")) ? ["NDEBUG switches them off"] : [];

	if (!program.includes("assertion failed"))
		why.push("the program that is installed has none");
	return verdict(`${n} in ${lines} lines, ${share.toFixed(1)} of a hundred`, share >= LEAST, why);
}

export const lines = [
	{ id: "D03", name: "memcheck", title: "valgrind over the unit tests", target: "0 errors, 0 definite leaks", build: ["plain", "unit"], run: memcheck },
	{ id: "D06", name: "static", title: "gcc -fanalyzer, clang-tidy and cppcheck over the source", target: "0 unexplained", run: analyzers },
	{ id: "D07", name: "asserts", title: "assertions in core, and that they are on in what is installed", target: `at least ${LEAST} of a hundred lines`, short: true, run: asserts },
];
