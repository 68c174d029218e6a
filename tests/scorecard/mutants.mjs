// mutants.mjs: the money code broken in one small place at a time, in a copy: how many of the changes do the tests notice?

import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { each } from "./lib/money.mjs";
import { change, places } from "./lib/mutate.mjs";
import { run } from "./lib/run.mjs";

const LEAST = 90;	// of a hundred
const HISTORIES = 40;
const COPY = join(root, "build/mutants/score");
const PARTS = ["Makefile", "src", "tests/unit", "tests/sim", "tests/fuzz", "tests/table", "tests/data"];
// Sanitized, since a step too far is noticed by nothing else; not optimized, so that a change costs little time.
const BUILD = "build/asan";
const MAKE = ["--no-print-directory", "-s", "-j2", "WERROR=", "VERSION=mutant", "CFLAGS=-O0"];

// --- the copy ------------------------------------------------------------------------------------

const tree = (part) => (statSync(join(root, part)).isDirectory()
	? readdirSync(join(root, part)).filter((name) => name !== "node_modules").flatMap((name) => tree(`${part}/${name}`)) : [part]);
const look = (file) => { try { return readFileSync(file); } catch { return undefined; } };

function put(name, text) {
	if (look(join(COPY, name))?.equals(text))
		return;
	mkdirSync(dirname(join(COPY, name)), { recursive: true });
	writeFileSync(join(COPY, name), text);
}

// fresh: the copy has what this tree has; only what differs is written, and so compiled again.
function fresh() {
	const files = PARTS.flatMap(tree);

	for (const name of files)
		put(name, readFileSync(join(root, name)));
	for (const part of PARTS.slice(1)) {
		for (const name of readdirSync(join(COPY, part), { recursive: true }).map((found) => `${part}/${found}`)) {
			if (statSync(join(COPY, name)).isFile() && !files.includes(name))
				rmSync(join(COPY, name));
		}
	}
}

// --- who notices ---------------------------------------------------------------------------------

// The files that count as money: the row of the table of coverage.
const money = () => readFileSync(join(root, "tests/table/coverage.tsv"), "utf8").split("\n").map((row) => row.split("\t")).find(([name]) => name === "money")[3].split(" ");

const units = readdirSync(join(root, "tests/unit")).map((name) => /^((?:core_(?:money|cover|pledge)|pay_(?:form|memory|snap|wire|stripe_\w+|mollie_\w+))_test)\.c$/.exec(name)?.[1]).filter(Boolean);

// watchers: programs that look at a file, those nearest to it first.
function watchers(file) {
	const stem = file.slice(0, -2).replace("/", "_");
	const near = units.filter((name) => name.startsWith(`${stem}_`) || name.startsWith(stem.split("_").slice(0, 2).join("_")));

	return [near.map((name) => `unit/${name}`), units.filter((name) => !near.includes(name)).map((name) => `unit/${name}`),
		["fuzz/fuzz_answer", "fuzz/fuzz_mollie", "fuzz/fuzz_webhook", "fuzz/fuzz_signature", "fuzz/fuzz_form"], ["sim/money"]].filter((list) => list.length > 0);
}

const words = { "sim/money": ["--seed", "1", "--seeds", String(HISTORIES)] };

// noticed: the first program that fails; "" when all are content. A change that is no C is told as such.
async function noticed(file) {
	for (const list of watchers(file)) {
		const made = await run("make", [...MAKE, ...list.map((name) => `${BUILD}/${name}`)], { cwd: COPY });

		if (made.code !== 0)
			return "make";
		const bad = (await each(list, 2, async (name) => {
			const { code } = await run(join(COPY, BUILD, name), words[name] ?? [], { cwd: COPY, timeout: 300000, killSignal: "SIGKILL", env: { CMOCKA_MESSAGE_OUTPUT: "TAP" } });

			return code !== 0 && name;
		})).find(Boolean);

		if (bad)
			return bad;
	}
	return "";
}

async function mutants(t) {
	fresh();
	const files = money();
	const all = files.flatMap((file) => places(readFileSync(join(root, "src", file), "utf8")).map((place) => ({ file, ...place })));
	const some = t.shuffle(t.only ? all.filter(({ file }) => file.includes(t.only)) : all);
	const n = Math.min(some.length, t.n(200, 3, 12));

	for (const file of [files.find((name) => name.startsWith("core/")), files.find((name) => name.startsWith("pay/"))]) {
		const sound = await noticed(file);

		if (sound)
			throw new Error(`unchanged it fails already: ${sound}`);
	}
	const lived = [];
	let tried = 0, killed = 0;

	for (const one of some) {
		if (tried === n)
			break;
		const text = readFileSync(join(root, "src", one.file), "utf8");

		writeFileSync(join(COPY, "src", one.file), change(text, one));
		const by = await noticed(one.file);

		writeFileSync(join(COPY, "src", one.file), text);
		if (by === "make")
			continue;	// no C
		tried += 1;
		killed += by ? 1 : 0;
		if (!by)
			lived.push(`src/${one.file}:${one.line}: nobody notices ${one.words}`);
		t.say(`${tried} of ${n}: src/${one.file}:${one.line}: ${one.words}: ${by || "LIVES"}`);
	}
	const share = Math.floor((100 * killed) / Math.max(1, tried));

	return { value: `${killed} of ${tried} noticed (${share} %), drawn of ${all.length} places in ${files.length} files`, pass: tried > 0 && share >= LEAST, why: lived };
}

export const lines = [
	{ id: "D05", name: "mutants", title: "one small change in the money code at a time, by script; unit tests, corpora and the simulator look for it", target: `at least ${LEAST} % noticed`,
		build: [], run: mutants },
];
