// before.mjs: the release before this one, made of the history of this very clone: the newest commit of the main line that did not have
// the newest migration yet, in a folder below build, compiled.
//
// A migration that was edited after that commit, before anybody had it, stands there as it is now: `pledgectl migrate` takes no database
// in which an applied file differs, and there is none.

import { execFileSync } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { root } from "../../walk/lib/stack.mjs";

const FOLDER = "sql/migrations";
const git = (...words) => execFileSync("git", ["-C", root, ...words], { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], maxBuffer: 1 << 28 }).trim();
const files = (tree) => readdirSync(join(tree, FOLDER)).filter((name) => name.endsWith(".sql")).sort();

// base: the commit before the n-th migration from the end came into the main line; undefined where the history does not reach back to it.
function base(n) {
	const name = files(root).at(-n);
	const came = git("log", "-m", "--first-parent", "--no-renames", "--diff-filter=A", "--format=%H", "--", `${FOLDER}/${name}`).split("\n").filter(Boolean);

	if (came.length === 0)
		return git("rev-parse", "HEAD");	// it is not even committed
	try {
		return git("rev-parse", "--verify", `${came.at(-1)}^1`);
	} catch {
		return undefined;
	}
}

function unpack(commit, tree) {
	const part = `${tree}.part`;

	rmSync(part, { recursive: true, force: true });
	mkdirSync(part, { recursive: true });
	execFileSync("sh", ["-c", 'git -C "$0" archive "$1" | tar -x -C "$2"', root, commit, part], { stdio: ["ignore", "ignore", "pipe"] });
	renameSync(part, tree);
}

// as_now: its migrations as they stand here today; gives how many were edited since.
function as_now(commit, tree) {
	let edited = 0;

	for (const name of files(tree)) {
		const now = files(root).find((other) => other.slice(0, 5) === name.slice(0, 5));
		const text = readFileSync(join(root, FOLDER, now), "utf8");

		rmSync(join(tree, FOLDER, name));
		writeFileSync(join(tree, FOLDER, now), text);
	}
	for (const name of git("ls-tree", "--name-only", `${commit}:${FOLDER}`).split("\n"))
		edited += existsSync(join(tree, FOLDER, name)) && git("show", `${commit}:${FOLDER}/${name}`) === readFileSync(join(tree, FOLDER, name), "utf8").trim() ? 0 : 1;
	return edited;
}

function compile(tree) {
	const { MAKEFLAGS, MAKELEVEL, ...env } = process.env;
	const log = openSync(join(tree, "make.log"), "w");

	try {
		execFileSync("make", ["-j2", "--no-print-directory", "plain"], { cwd: tree, env, stdio: ["ignore", log, log] });
	} catch {
		throw new Error(`make failed: ${join(tree, "make.log")}`);
	} finally {
		closeSync(log);
	}
}

// before: {commit, tree, last (its newest migration), edited}, or {why} where it cannot be had; n migrations ago.
export function before(n = 1) {
	let commit;

	try {
		commit = base(n);
	} catch (error) {
		return { why: `no history of git here: ${(error.stderr || error.message).toString().trim().split("\n")[0]}` };
	}
	if (!commit)
		return { why: "the history of this clone does not reach back to the release before (a shallow clone?)" };
	const tree = join(root, "build/before", commit.slice(0, 12));

	try {
		if (!existsSync(tree))
			unpack(commit, tree);
	} catch (error) {
		return { why: `git archive: ${(error.stderr || error.message).toString().trim().split("\n")[0]}` };
	}
	const edited = as_now(commit, tree);

	if (!existsSync(join(tree, "tests/node_modules")))
		symlinkSync(join(root, "tests/node_modules"), join(tree, "tests/node_modules"));
	compile(tree);
	return { commit, tree, last: files(tree).at(-1), edited };
}

export const newest = () => files(root).at(-1);
