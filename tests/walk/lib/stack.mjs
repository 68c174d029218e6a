// stack.mjs: a whole service for a walk: started in a folder and on ports of its own, ended with it.
//
//   const s = await stack({ views: 2, moneys: 4, set: { "clerk.lookup_after_s": 1 } });
//   const reader = s.client();
//   ...
//   await s.invariants();

import { execFile, execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { after } from "node:test";
import { promisify } from "node:util";

import { client, request } from "./http.mjs";
import { check_invariants, check_logs } from "./invariants.mjs";
import { POOLED, pooler } from "./pooler.mjs";
import { provider } from "./provider.mjs";
import { until } from "./until.mjs";

export const root = new URL("../../../", import.meta.url).pathname.replace(/\/$/, "");
export const build = process.env.BUILD ?? "build/plain";
export const sanitized = /asan/.test(build);

const run = promisify(execFile);
const deploy_of = (tree) => join(tree, "deploy/stack");
const running = new Set();

// A walk that is interrupted must not leave a service behind.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) {
	process.once(signal, () => {
		for (const s of running)
			execFileSync(deploy_of(s.tree), ["down", "--dir", s.dir], { stdio: "ignore" });
		process.exit(1);
	});
}

async function free_port() {
	const server = createServer();

	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address();

	await new Promise((done) => server.close(done));
	return port;
}

async function read_env(dir) {
	const lines = (await readFile(join(dir, "env"), "utf8")).trim().split("\n");

	return Object.fromEntries(lines.map((line) => {
		const at = line.indexOf("=");

		return [line.slice(0, at), line.slice(at + 1)];
	}));
}

const OPTIONS = ["views", "moneys", "hooks", "clerks", "site", "campaigns", "seed", "limits", "ops", "only"];

async function up(dir, options) {
	const tree = options.tree ?? root;
	const args = ["up", "--dir", dir, "--build", resolve(tree, options.build ?? build)];

	for (const name of OPTIONS) {
		if (options[name] !== undefined)
			args.push(`--${name}`, String(options[name]));
	}
	for (const [key, value] of Object.entries(options.set ?? {}))
		args.push("--set", `${key}=${value}`);
	// Between finding a free port and using it somebody else may take it: then it is tried again.
	for (let tries = 1; ; tries++) {
		const ports = ["--port", await free_port(), "--provider-port", await free_port()];

		try {
			await run(deploy_of(tree), [...args, ...ports.map(String)], { maxBuffer: 1 << 24 });
			return;
		} catch (error) {
			if (tries === 5 || !/ is taken by another program/.test(error.stderr))
				throw new Error(`deploy/stack up failed\n${error.stdout}${error.stderr}`);
		}
	}
}

class Stack {
	// tree: whose deploy/stack is asked; another checkout's for a service of an earlier release.
	constructor(dir, env, tree) {
		Object.assign(this, { dir, env, tree, url: env.URL, origin: env.URL, ended: false });
		this.provider = provider(env.PROVIDER_URL);
	}

	// deploy: one command of deploy/stack on this service; gives what it printed.
	async deploy(verb, ...words) {
		const { stdout } = await run(deploy_of(this.tree), [verb, "--dir", this.dir, ...words], { maxBuffer: 1 << 26 });

		return stdout;
	}

	pg(verb) {
		return this.deploy("pg", verb);
	}

	// role: env is what a role that is started here finds beside our own environment.
	async role(name, verb, env = {}) {
		const { stdout } = await run(deploy_of(this.tree), ["role", "--dir", this.dir, name, verb], { env: { ...process.env, ...env } });

		return stdout;
	}

	async pids(name) {
		return (await this.role(name, "pids")).split("\n").filter(Boolean).map(Number);
	}

	// sql: rows as arrays of text, as the superuser or another role; null is an empty text.
	async sql(query, { user = "postgres" } = {}) {
		const { PGHOST, PGPORT, PGDATABASE } = this.env;
		const { stdout } = await run("psql", ["-X", "-q", "-A", "-t", "-R", "\x1e", "-F", "\x1f",
			"-v", "ON_ERROR_STOP=1", "-h", PGHOST, "-p", PGPORT, "-U", user, "-d", PGDATABASE, "-c", query],
			{ maxBuffer: 1 << 28 });

		// No row prints nothing at all; one empty value still prints its line end.
		return stdout === "" ? [] : stdout.replace(/\n$/, "").split("\x1e").map((row) => row.split("\x1f"));
	}

	// one: the only value of a query.
	async one(query, options) {
		return (await this.sql(query, options))[0]?.[0];
	}

	async count(query, options) {
		return Number(await this.one(query, options));
	}

	async ctl(...words) {
		try {
			const { stdout, stderr } = await run(deploy_of(this.tree), ["ctl", "--dir", this.dir, ...words], { maxBuffer: 1 << 26, env: { ...process.env, ...this.straight } });

			return { code: 0, stdout, stderr };
		} catch (error) {
			return { code: error.code, stdout: error.stdout, stderr: error.stderr };
		}
	}

	// client: a reader with a cookie jar of their own.
	client(options) {
		return client(this.url, options);
	}

	// request: without a jar, one connection kept by the agent given.
	request(path, options) {
		return request(this.url, path, options);
	}

	async log(name) {
		return await readFile(join(this.dir, "log", `${name}.log`), "utf8").catch(() => "");
	}

	async ready() {
		await until("ready", async () => (await this.request("/readyz")).status === 200, 30);
	}

	// invariants: what must hold after every walk.
	async invariants() {
		await check_invariants(this);
	}

	async down() {
		if (this.ended)
			return;
		this.ended = true;
		running.delete(this);
		await run(deploy_of(this.tree), ["down", "--dir", this.dir]);
	}

	// end: down, and whatever the processes wrote while ending is looked at too.
	async end({ logs = true } = {}) {
		await this.down();
		if (logs)
			await check_logs(this);
		if (!process.env.KEEP && !process.env.WALK_DIR)
			await rm(this.dir, { recursive: true, force: true });
	}
}

// has_setting: does the pledged.ini of a checkout know it?
async function has_setting(tree, name) {
	const [section, key] = name.split(".");
	const [, text = ""] = (await readFile(join(tree, "conf/pledged.ini"), "utf8")).split(`\n[${section}]\n`);

	return new RegExp(`^;?${key} *=`, "m").test(text.split("\n[")[0]);
}

// WITHOUT_PAGE: walks that are about something else post pledges without a page before them.
export const WITHOUT_PAGE = { "form.ticket": "off", "risk.challenge": 0, "risk.refuse": 0 };

// launch: a running service; whoever asked for it ends it. tests/run (WALK_DIR) keeps the folder of a walk
// that failed; a walk started by hand keeps it with KEEP=1.
export async function launch(options = {}) {
	const base = process.env.WALK_DIR ?? join(root, "build/walk");

	await mkdir(base, { recursive: true });
	const dir = await mkdtemp(join(base, `${options.name ?? "walk"}-`));
	const tree = options.tree ?? root;
	const guard = { dir, tree };
	const pooled = process.env.WALK_POOLER && options.only !== "pg" && tree === root;
	const set = { ...pooled && POOLED };

	for (const [name, value] of Object.entries(WITHOUT_PAGE)) {
		if (tree === root || await has_setting(tree, name))
			set[name] = value;
	}
	running.add(guard);
	await up(dir, { views: 2, moneys: 4, limits: "off", ...options, set: { ...set, ...options.set } });
	running.delete(guard);
	const s = new Stack(dir, await read_env(dir), tree);

	running.add(s);
	if (pooled)
		await pooler(s);
	return s;
}

// stack: the same, ended with the test file.
export async function stack(options = {}) {
	const s = await launch(options);

	after(() => s.end({ logs: options.check_logs ?? true }));
	return s;
}

// kept: a database alone whose folder outlives us: as an earlier one left it, migrated, with our programs; or new.
export async function kept(dir) {
	const file = join(dir, "env");
	const env = await readFile(file, "utf8").catch(() => undefined);

	if (env === undefined) {
		await up(dir, { only: "pg", campaigns: "none", limits: "off" });
	} else {
		await writeFile(file, env.replace(/^BUILD=.*/m, `BUILD=${resolve(root, build)}`));
		await run(deploy_of(root), ["pg", "start", "--dir", dir]);
	}
	const s = new Stack(dir, await read_env(dir), root);

	running.add(s);
	after(() => s.down());
	if (env !== undefined) {
		const migrated = await s.ctl("migrate", "--dir", join(root, "sql"));

		if (migrated.code !== 0)
			throw new Error(migrated.stderr);
	}
	return s;
}
