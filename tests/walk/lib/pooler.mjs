// pooler.mjs: PgBouncer in transaction mode between the roles and PostgreSQL, with few connections behind it.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";

import { as_server, own } from "./pg.mjs";
import { until } from "./until.mjs";
import { conninfo } from "./wire.mjs";

const run = promisify(execFile);
// Installed, or fetched by deploy/packages.
const PROGRAM = ["/usr/sbin/pgbouncer", new URL("../../../build/tools/pgbouncer", import.meta.url).pathname].find(existsSync);
const ROLES = ["pledged_view", "pledged_money", "pledged_clerk", "pledged_report", "postgres"];

export const has_pooler = () => PROGRAM !== undefined;

async function free_port() {
	const server = createServer();

	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	const { port } = server.address();

	await new Promise((done) => server.close(done));
	return port;
}

const ini = (s, dir, port, size) => `[databases]
${s.env.PGDATABASE} = host=${s.env.PGHOST} port=${s.env.PGPORT} dbname=${s.env.PGDATABASE}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = trust
auth_file = ${dir}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = ${size}
max_client_conn = 300
logfile = ${dir}/log
pidfile = ${dir}/pid
`;

// pooler: put between the roles of a running service and its database; size connections a role. show(what) asks the pooler itself.
export async function pooler(s, { size = 3 } = {}) {
	const dir = await own(join(s.dir, "pooler"));
	const port = await free_port();

	await writeFile(join(dir, "ini"), ini(s, dir, port, size), { mode: 0o644 });
	await writeFile(join(dir, "users"), ROLES.map((role) => `"${role}" ""\n`).join(""), { mode: 0o644 });
	await as_server(PROGRAM, "-q", "-d", join(dir, "ini"));
	const pid = await until("the pooler runs", async () => Number(await readFile(join(dir, "pid"), "utf8").catch(() => 0)) || false);
	const down = s.down.bind(s);

	s.down = async () => {
		await down();
		if (existsSync(`/proc/${pid}`) && (await readFile(`/proc/${pid}/comm`, "utf8")).trim() === "pgbouncer")
			process.kill(pid, "SIGTERM");
	};
	await conninfo(s, `host=127.0.0.1 port=${port} dbname=${s.env.PGDATABASE}`);
	return {
		port, size,
		log: () => readFile(join(dir, "log"), "utf8"),
		async show(what) {
			const { stdout } = await run("psql", ["-X", "-q", "-A", "-h", "127.0.0.1", "-p", String(port), "-U", "postgres", "-d", "pgbouncer", "-c", `SHOW ${what}`]);
			const [head, ...rows] = stdout.trim().split("\n").filter((row) => !/^\(\d+ rows?\)$/.test(row)).map((row) => row.split("|"));

			return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell])));
		},
	};
}
