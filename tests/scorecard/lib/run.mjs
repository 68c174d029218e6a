// run.mjs: a program of this tree or of the machine, and what it said.

import { execFile } from "node:child_process";

import { root } from "../../walk/lib/stack.mjs";

// run: never throws: {code, killed, stdout, stderr}; what make or prove told about themselves is not handed on.
export function run(cmd, args, options = {}) {
	const { MAKEFLAGS, MAKELEVEL, ...env } = process.env;

	return new Promise((done) => execFile(cmd, args, { cwd: root, maxBuffer: 1 << 27, ...options, env: { ...env, ...options.env } },
		(error, stdout, stderr) => done({ code: error ? error.code ?? 1 : 0, killed: error?.killed ?? false, stdout, stderr })));
}

export const has = async (cmd) => (await run("sh", ["-c", 'command -v "$0"', cmd])).code === 0;
