// session.mjs: one psql that stays open, for walks that ask hundreds of times.
//
//   const db = session(s);
//   await db("SELECT count(*) FROM pledged.pledge");      the text that psql prints
//   db.end();

import { spawn } from "node:child_process";

const DONE = "#this statement is done#";

export function session(s, { user = "postgres" } = {}) {
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const p = spawn("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", PGHOST, "-p", PGPORT, "-U", user, "-d", PGDATABASE], { stdio: ["pipe", "pipe", "pipe"] });
	let out = "", err = "", next, over = false;
	const ended = new Promise((done) => p.on("close", done));

	p.stdout.on("data", (d) => {
		out += d;
		if (out.endsWith(`${DONE}\n`)) {
			const text = out.slice(0, -DONE.length - 1).trim();

			out = "";
			next.done(text);
		}
	});
	p.stderr.on("data", (d) => { err += d; });
	const fail = (failed) => failed(new Error(`psql has ended: ${err}`));

	p.stdin.on("error", () => {});
	p.on("close", () => {
		over = true;
		if (next)
			fail(next.failed);
	});
	const ask = (sql) => new Promise((done, failed) => {
		if (over) {
			fail(failed);
			return;
		}
		next = { done, failed };
		p.stdin.write(`${sql};\n\\echo ${DONE}\n`);
	});

	return Object.assign(ask, { end: () => (p.stdin.end(), ended) });
}
