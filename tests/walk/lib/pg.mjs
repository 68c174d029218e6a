// pg.mjs: more of PostgreSQL than deploy/stack has: a second server beside a stack's own, made of a base backup of it, as a standby
// or from an archive; a small file system that can run full.

import { execFile, execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { appendFile, chown, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { until } from "./until.mjs";

const run = promisify(execFile);
const ROOT = process.getuid() === 0;
const NOBODY = ["--reuid", "nobody", "--regid", "nogroup", "--clear-groups"];

export const bin = [15, ...readdirSync("/usr/lib/postgresql").map(Number).sort((a, b) => b - a)].map((v) => `/usr/lib/postgresql/${v}/bin`).find(existsSync);

// lent: what nobody is started with. As deploy/lib/common.sh does it: below a folder that is closed to them a process keeps the one capability
// to read past it.
const lent = [[], ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"]].find((caps) => {
	try {
		if (ROOT)
			execFileSync("setpriv", [...NOBODY, ...caps, "ls", process.env.WALK_DIR ?? import.meta.url.slice(7, import.meta.url.lastIndexOf("/"))],
				{ stdio: "ignore", cwd: "/" });
		return true;
	} catch {
		return false;
	}
}) ?? [];

// as_server: a command as the one who owns the cluster. PostgreSQL refuses to run as root.
// No pipe to the server: it would hold it open, and we would wait for its end.
export const as_server = (...words) => run(...server_command(...words), { cwd: "/" });

export function server_command(program, ...words) {
	const file = program.includes("/") ? program : join(bin, program);

	return ROOT ? ["setpriv", [...NOBODY, ...lent, file, ...words]] : [file, words];
}

export async function own(dir) {
	await mkdir(dir, { recursive: true, mode: 0o700 });
	if (ROOT)
		await chown(dir, 65534, 65534);
	return dir;
}

// beside: a copy of the stack's cluster in a folder of its own; more is written into its configuration. Not started yet.
export async function beside(s, name, { port, settings = [], words = [] }) {
	const dir = await own(join(s.dir, name));
	const { PGHOST, PGPORT } = s.env;

	await as_server("pg_basebackup", "-h", PGHOST, "-p", PGPORT, "-U", "postgres", "-D", dir, "-c", "fast", "--no-sync", ...words);
	await set(dir, [`port = ${port}`, ...settings]);
	return server(s, dir, port);
}

export const set = (dir, settings) => appendFile(join(dir, "postgresql.auto.conf"), `${settings.join("\n")}\n`);

export function server(s, dir, port) {
	const ctl = (...words) => as_server("pg_ctl", "-D", dir, "-w", "-t", "60", ...words);
	const log = join(s.dir, "log", `${dir.split("/").pop()}.log`);

	return {
		dir, port, log,
		start: () => ctl("start", "-s", "-l", log),
		stop: (mode = "fast") => ctl("stop", "-s", "-m", mode).catch(() => {}),
		promote: () => ctl("promote", "-s"),
		restart: () => ctl("restart", "-s", "-l", log),
		sql: async (query) => (await run("psql", ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", s.env.PGHOST, "-p", String(port), "-U", "postgres",
			"-d", s.env.PGDATABASE, "-c", query])).stdout.trim(),
	};
}

// own_server: the stack's own cluster by the same handle.
export const own_server = (s) => server(s, join(s.dir, "pg"), 5432);

// --- a file system that can run full -------------------------------------------------------------

export const can_mount = () => {
	if (!ROOT)
		return false;
	try {
		execFileSync("unshare", ["-m", "mount", "-t", "tmpfs", "-o", "size=64k", "none", "/mnt"], { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
};

// small: {dir, fill(), free(), end()}: so many megabytes and no more.
export async function small(s, name, megabytes) {
	const dir = await own(join(s.dir, name));
	const mounted = () => execFileSync("mount", { encoding: "utf8" }).includes(` ${dir} `);
	const waste = join(dir, "waste");

	execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m,mode=0700,uid=65534,gid=65534`, "pledged-small", dir]);
	return {
		dir,
		// fill: to the last byte.
		fill: () => run("dd", ["if=/dev/zero", `of=${waste}`, "bs=4096"]).catch(() => {}),
		free: () => rm(waste, { force: true }),
		end: async () => {
			if (mounted())
				await until("it is let go", async () => run("umount", [dir]).then(() => true), 20).catch(() => run("umount", ["-l", dir]));
		},
	};
}
