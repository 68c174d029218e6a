#!/usr/bin/env node
// cover.mjs [-v] [GROUP or FILE …]: what the counters of build/cover saw, by the groups of tests/table/coverage.tsv. With -v, or for
// the files named, the lines and branches that nothing ran. Exit 1 when a group has less than it must.
//
// A branch is one outcome of one condition, as clang sees it in the source. Those of ASSERT are left out: the other outcome is the
// end of the process, and what it guards cannot happen.

import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { basename, join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;
const build = join(root, "build/cover");
const words = process.argv.slice(2);
const verbose = words.includes("-v");
const only = words.filter((w) => w !== "-v");
const run = (tool, ...args) => execFileSync(`${tool}-14`, args, { cwd: root, maxBuffer: 1 << 30 }).toString();

// --- what ran ------------------------------------------------------------------------------------

function newest(dir) {
	return Math.max(...readdirSync(dir).map((f) => statSync(join(dir, f)).mtimeMs));
}

function lcov() {
	const raw = join(build, "raw"), merged = join(build, "merged.profdata");
	const objects = ["pledgectl", ...readdirSync(join(build, "unit")).map((f) => `unit/${f}`)].flatMap((f) => ["-object", join(build, f)]);

	if (!existsSync(merged) || statSync(merged).mtimeMs < newest(raw))
		run("llvm-profdata", "merge", "-sparse", "-o", merged, ...readdirSync(raw).map((f) => join(raw, f)));
	return run("llvm-cov", "export", "-format=lcov", `-instr-profile=${merged}`, join(build, "pledged"), ...objects);
}

// The lines of a file on which an ASSERT stands, with those that it goes on over.
function asserted(text) {
	const lines = new Set();
	let open = 0;

	text.split("\n").forEach((line, i) => {
		const at = open > 0 ? 0 : line.search(/\bASSERT\(/);

		if (at < 0)
			return;
		lines.add(i + 1);
		for (const c of line.slice(at))
			open += c === "(" ? 1 : c === ")" ? -1 : 0;
	});
	return lines;
}

function read(text) {
	const files = new Map();
	let file = null;

	for (const line of text.split("\n")) {
		const [what, value] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];

		if (what === "SF") {
			const name = value.startsWith(root) ? value.slice(root.length) : value.replace(/^\.\//, "");

			file = /^src\/[a-z]+\/[a-z0-9_]+\.[ch]$/.test(name) ? name.slice(4) : null;
			if (file && !files.has(file))
				files.set(file, { lines: new Map(), branches: new Map(), passed: new Map(), skip: asserted(readFileSync(join(root, "src", file), "utf8")) });
		} else if (file && what === "DA") {
			const [no, n] = value.split(",").map(Number), { lines } = files.get(file);

			lines.set(no, (lines.get(no) ?? 0) + n);
		} else if (file && what === "BRDA") {
			const [no, block, branch, n] = value.split(","), { branches, skip, passed } = files.get(file), key = `${no},${block},${branch}`;

			// What ASSERT lets through goes on behind it.
			if (skip.has(Number(no)) && Number(branch) === 0)
				passed.set(Number(no), (passed.get(Number(no)) ?? 0) + (n === "-" ? 0 : Number(n)));
			if (!skip.has(Number(no)))
				branches.set(key, (branches.get(key) ?? 0) + (n === "-" ? 0 : Number(n)));
		}
	}
	for (const one of files.values())
		after_assert(one);
	return files;
}

// after_assert: clang 14 takes the other side of an ASSERT, which never returns, for the way to the statement behind it, and tells
// that nothing ran it. It ran as often as the ASSERT held.
function after_assert({ lines, skip, passed }) {
	let n = 0;

	for (const no of [...skip].sort((a, b) => a - b)) {
		// one behind another is behind the first
		n = passed.get(no) || (skip.has(no - 1) ? n : 0);
		if (!skip.has(no + 1) && lines.get(no + 1) === 0)
			lines.set(no + 1, n);
	}
}

// --- by group ------------------------------------------------------------------------------------

const groups = readFileSync(join(root, "tests/table/coverage.tsv"), "utf8").split("\n").filter((l) => l && !l.startsWith("#")).map((line) => {
	const [name, lines, branches, patterns] = line.split("\t");

	return { name, need: { lines: Number(lines), branches: Number(branches) }, is: patterns.split(" ").map((p) =>
		new RegExp(`^${p.replaceAll(".", "\\.").replaceAll("*", ".*")}$`)), lines: [0, 0], branches: [0, 0], files: [] };
});

const files = read(lcov());
// A file that no program has at all was not run either.
for (const room of readdirSync(join(root, "src")).filter((d) => existsSync(join(build, "src", d))))
	for (const f of readdirSync(join(root, "src", room)).filter((f) => f.endsWith(".c") && !files.has(`${room}/${f}`)))
		if (/^\w[^;]*\)\n\{/m.test(readFileSync(join(root, "src", room, f), "utf8")))
			console.log(`${room}/${f}: is in no program`);

for (const [name, file] of files) {
	file.name = name;
	for (const what of ["lines", "branches"]) {
		const all = [...file[what].values()];

		file[`${what}_n`] = [all.filter((n) => n > 0).length, all.length];
	}
	const of = groups.filter((g) => g.name !== "all").find((g) => g.is.some((p) => p.test(name)));

	for (const group of [of, groups.find((g) => g.name === "all")].filter(Boolean)) {
		group.files.push(file);
		for (const what of ["lines", "branches"])
			file[`${what}_n`].forEach((n, i) => { group[what][i] += n; });
	}
}

const percent = ([n, of]) => (of === 0 ? 100 : Math.floor((n / of) * 1000) / 10);
const show = (name, { lines, branches }, end = "") =>
	console.log(`${name.padEnd(28)} ${percent(lines).toFixed(1).padStart(6)} % of ${String(lines[1]).padStart(5)} lines ${percent(branches).toFixed(1).padStart(6)} % of ${String(branches[1]).padStart(5)} branches${end}`);

function missed(file) {
	const text = readFileSync(join(root, "src", file.name), "utf8").split("\n");
	const told = new Map();

	for (const [no, n] of file.lines)
		if (n === 0)
			told.set(no, "line");
	for (const [key, n] of file.branches)
		if (n === 0 && !told.has(Number(key.split(",")[0])))
			told.set(Number(key.split(",")[0]), "half");
	for (const [no, what] of [...told].sort(([a], [b]) => a - b))
		console.log(`    ${String(no).padStart(4)} ${what} ${text[no - 1].trim().slice(0, 110)}`);
}

let bad = 0;
for (const group of groups) {
	if (only.length && !only.includes(group.name) && !group.files.some((f) => only.includes(f.name)))
		continue;
	const fine = ["lines", "branches"].every((what) => percent(group[what]) >= group.need[what]);

	bad += !fine;
	show(group.name, group, `  (${group.need.lines} and ${group.need.branches})${fine ? "" : " NOT ENOUGH"}`);
	for (const f of group.name === "all" ? [] : group.files.sort((a, b) => (a.name < b.name ? -1 : 1))) {
		if (only.length && !only.includes(group.name) && !only.includes(f.name))
			continue;
		if (verbose || only.includes(f.name) || percent(f.lines_n) < group.need.lines || percent(f.branches_n) < group.need.branches)
			show(`  ${f.name}`, { lines: f.lines_n, branches: f.branches_n });
		if ((verbose && only.length) || only.includes(f.name))
			missed(f);
	}
}
console.log(`${basename(import.meta.url)}: ${groups.length - bad} of ${groups.length} groups have enough`);
process.exit(bad ? 1 : 0);
