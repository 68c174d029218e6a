// pooler.mjs: PgBouncer in transaction mode between the roles and PostgreSQL, with few connections behind it. Any walk goes through it
// with WALK_POOLER=1. What an operator does with pledgectl goes straight, as its page says.

import { execFile, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { own, server_command } from "./pg.mjs";
import { until } from "./until.mjs";
import { conninfo } from "./wire.mjs";

const run = promisify(execFile);
// Installed, or fetched by deploy/packages.
const PROGRAM = ["/usr/sbin/pgbouncer", new URL("../../../build/tools/pgbouncer", import.meta.url).pathname].find(existsSync);
const ROLES = ["pledged_view", "pledged_money", "pledged_clerk", "pledged_report", "postgres"];
const PORT = 6432;	// the name of a Unix socket, in a folder of the stack's own

export const has_pooler = () => PROGRAM !== undefined;

// What the roles need for it, beside where it is.
export const POOLED = { "database.prepared": "off" };

const ini = (s, dir, size) => `[databases]
${s.env.PGDATABASE} = host=${s.env.PGHOST} port=${s.env.PGPORT} dbname=${s.env.PGDATABASE}
[pgbouncer]
listen_addr =
listen_port = ${PORT}
unix_socket_dir = ${dir}
auth_type = trust
auth_file = ${dir}/users
admin_users = postgres
pool_mode = transaction
default_pool_size = ${size}
max_client_conn = 300
server_login_retry = 1
logfile = ${dir}/log
`;

// pooler: put between the roles of a running service and its database, size connections for each; ends with the service. The service was
// started with the settings of POOLED. show(what) asks the pooler itself.
export async function pooler(s, { size = 3 } = {}) {
	const dir = await own(join(s.env.SOCKETS, "pooler"));

	await writeFile(join(dir, "ini"), ini(s, dir, size), { mode: 0o644 });
	await writeFile(join(dir, "users"), ROLES.map((role) => `"${role}" ""\n`).join(""), { mode: 0o644 });
	const [command, words] = server_command(PROGRAM, "-q", join(dir, "ini"));
	const child = spawn(command, words, { cwd: "/", stdio: "ignore" });
	const gone = new Promise((done) => child.once("exit", done).once("error", done));
	const kill = () => child.kill("SIGKILL");
	const down = s.down.bind(s);

	process.once("exit", kill);
	child.unref();
	s.down = async () => {
		const log = await readFile(join(dir, "log"), "utf8").catch(() => "");

		await writeFile(join(s.dir, "log/pooler.log"), log).catch(() => {});
		await down();
		child.ref();
		kill();
		await gone;
		process.off("exit", kill);
	};
	s.straight = { PLEDGED_DATABASE_CONNINFO: `host=${s.env.PGHOST} port=${s.env.PGPORT} dbname=${s.env.PGDATABASE}` };
	await until("the pooler listens", () => existsSync(join(dir, `.s.PGSQL.${PORT}`)));
	await conninfo(s, `host=${dir} port=${PORT} dbname=${s.env.PGDATABASE}`, ["view", "money", "clerk", ...Number(s.env.HOOKS) > 0 ? ["hook"] : []]);
	return {
		size,
		async show(what) {
			const { stdout } = await run("psql", ["-X", "-q", "-A", "-h", dir, "-p", String(PORT), "-U", "postgres", "-d", "pgbouncer", "-c", `SHOW ${what}`]);
			const [head, ...rows] = stdout.trim().split("\n").filter((row) => !/^\(\d+ rows?\)$/.test(row)).map((row) => row.split("|"));

			return rows.map((row) => Object.fromEntries(row.map((cell, i) => [head[i], cell])));
		},
	};
}
