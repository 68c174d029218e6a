// stand.mjs: what is measured: a service of deploy/stack with the full set of rules and many stored readers, and beside it on the
// same nginx and the same PostgreSQL the peers.
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pg from "pg";

import { background, end_group, family, run, sleep } from "./process.mjs";
import { campaigns } from "./campaigns.mjs";

export const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../..");
const peer = join(root, "tests/bench/peer");
const as = (process.env.AS ?? "").split(" ").filter(Boolean); // who runs the peers; deploy/lib/common.sh chose

const NGINX_PEERS = `
location = /return { default_type application/json; return 200 '{"act":"open","reason":"return","pad":"${"0".repeat(250)}"}'; }
location = /fastify { include peer.conf; proxy_pass http://peer_fastify; }
location = /express { include peer.conf; proxy_pass http://peer_express; }
`;
const upstream = (name, socket, keep = 64) => `upstream ${name} {\n\tserver unix:${socket};\n${keep ? `\tkeepalive ${keep};\n` : ""}}\n`;

export class Stand {
	constructor(dir, options = {}) {
		Object.assign(this, { dir, port: 8380, views: 1, readers: 1000000, campaigns: 20, peers: true, jobs: [], ...options });
	}

	stack = (verb, ...words) => run(join(root, "deploy/stack"), [verb, "--dir", this.dir, ...words]);
	ctl = (...words) => this.stack("ctl", ...words);

	async up() {
		mkdirSync(this.dir, { recursive: true });
		if (existsSync(join(this.dir, ".stack")))
			await this.stack("down");
		const set = join(this.dir, "../bench-campaigns");

		rmSync(set, { recursive: true, force: true });
		campaigns(set, this.campaigns);
		await run(join(root, "deploy/stack"), ["up", "--dir", this.dir, "--port", String(this.port), "--provider-port", String(this.port + 1),
			"--views", String(this.views), "--moneys", "1", "--limits", "off", "--campaigns", set]);
		this.env = Object.fromEntries(readFileSync(join(this.dir, "env"), "utf8").trim().split("\n").map((line) => line.split(/=(.*)/s)));
		this.login = { host: this.env.PGHOST, port: Number(this.env.PGPORT), database: this.env.PGDATABASE, user: "postgres" };
		this.pool = new pg.Pool({ ...this.login, max: 2 });
		this.pool.on("error", () => { }); // PostgreSQL is killed now and then
		await this.nginx();
		this.first = 0;
	}

	async down() {
		for (const job of this.jobs)
			await end_group(job);
		this.jobs = [];
		await this.pool?.end();
		await this.stack("down");
	}

	query = async (text, values) => (await this.pool.query(text, values)).rows;
	one = async (text, values) => Object.values((await this.query(text, values))[0])[0];

	// No side pays for an access log; 1,024 connections and more find room.
	async nginx() {
		const { SOCKETS: sockets } = this.env, file = join(this.dir, "nginx/nginx.conf"), view = readFileSync(join(this.dir, "nginx/pledged-view.conf"), "utf8");
		const question = "fastcgi_param REQUEST_METHOD $request_method;\nfastcgi_param QUERY_STRING $query_string;\n";
		const wire = (name) => `location = /${name} {\n${view.replaceAll("pledged_view", `peer_${name}`)}${readFileSync(join(this.dir, "nginx/pledged-bare.conf"), "utf8")}${question}`;

		writeFileSync(file, readFileSync(file, "utf8").replace(/^\taccess_log .*$/m, "\taccess_log off;").replace("worker_connections 2048", "worker_connections 8192")
			.replace("worker_rlimit_nofile 8192", "worker_rlimit_nofile 20000"));
		writeFileSync(join(this.dir, "nginx/peer.conf"), "proxy_http_version 1.1;\nproxy_set_header Connection \"\";\n");
		writeFileSync(join(this.dir, "nginx/extra-http.conf"), ["hello", "naive", "php", "fastify", "express"].map((name) => upstream(`peer_${name}`, `${sockets}/${name}.sock`)).join(""));
		writeFileSync(join(this.dir, "nginx/extra-server.conf"), `${NGINX_PEERS}${wire("hello")}}\n${wire("naive")}}\n${wire("php")
			.replaceAll(/_timeout \d+ms/g, "_timeout 5s")}fastcgi_param SCRIPT_FILENAME "${peer}/decide.php";\nfastcgi_param DSN "pgsql:host=${sockets};dbname=${this.env.PGDATABASE}";\n}\n`);
		await this.stack("role", "nginx", "restart");
	}

	// How many processes of view, and what they find in their environment.
	async view(processes, more = "") {
		const file = join(this.dir, "env");

		this.views = processes;
		writeFileSync(file, readFileSync(file, "utf8").replace(/^VIEWS=.*$/m, `VIEWS=${processes}`));
		await run("env", [...more.split(" ").filter(Boolean), join(root, "deploy/stack"), "role", "view", "restart", "--dir", this.dir]);
		await this.ready();
	}

	async ready(seconds = 30) {
		for (let left = seconds * 20; left > 0; left--, await sleep(50))
			if ((await fetch(`http://127.0.0.1:${this.port}/readyz`).catch(() => ({}))).status === 200)
				return;
		throw new Error("the service is not ready");
	}

	// fill: stored readers and their cookies, and cookies of new ones. Of more than mint makes in bearable time the rest is made
	// by SQL, spread between them.
	async fill(readers = this.readers, { most = 1000000, fresh = 400000, say = () => { } } = {}) {
		const minted = Math.min(readers, most), parts = readers > minted ? 20 : 1;

		this.cookies = join(this.dir, "run/cookies");
		this.fresh = join(this.dir, "run/fresh");
		writeFileSync(this.cookies, "");
		for (let part = 0; part < parts; part++) {
			const file = `${this.cookies}.part`;

			await this.ctl("mint-cookies", String(minted / parts), file);
			writeFileSync(this.cookies, readFileSync(file), { flag: "a" });
			rmSync(file);
			if (readers > minted)
				await this.query(`INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, seen, views)
					SELECT gen_random_uuid(), r.site_id, r.first_at, r.last_at, r.seen, r.views
					FROM (SELECT * FROM pledged.reader LIMIT 1) r, generate_series(1, $1)`, [(readers - minted) / parts]);
			say(Math.round((part + 1) * 100 / parts));
		}
		await this.ctl("mint-cookies", "--new", String(fresh), this.fresh);
		await this.query("VACUUM (ANALYZE) pledged.reader");
		await this.query("CHECKPOINT");
	}

	// The id that a cookie carries.
	static id_of(cookie) {
		const hex = Buffer.from(cookie.split(".")[2], "base64url").toString("hex", 2, 18);

		return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
	}

	// The peers' table is a plain one with the same readers; their cookies are the bare ids.
	async start_peers() {
		await this.query(`CREATE ROLE peer LOGIN; CREATE SCHEMA peer AUTHORIZATION peer; CREATE TABLE peer.reader (reader_id uuid PRIMARY KEY,
			first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, views integer NOT NULL, site_id smallint NOT NULL,
			seen bytea NOT NULL) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
			INSERT INTO peer.reader SELECT reader_id, first_at, last_at, views, site_id, seen FROM pledged.reader;
			ALTER TABLE peer.reader OWNER TO peer`);
		await this.query("VACUUM (ANALYZE) peer.reader");
		for (const name of ["cookies", "fresh"])
			writeFileSync(join(this.dir, `run/${name}.ids`), readFileSync(this[name], "utf8").trimEnd().split("\n").map((line) => `${Stand.id_of(line)}\n`).join(""));

		const { SOCKETS: sockets, PGDATABASE: name, CONF: conf } = this.env, build = join(root, "build/plain"), ini = join(this.dir, "run/php.conf");
		const env = { ...process.env, PGHOST: sockets, PGDATABASE: name, PGUSER: "peer", NODE_ENV: "production", POOL: "8" };

		writeFileSync(ini, `[global]\nerror_log = ${this.dir}/log/php.log\ndaemonize = no\n[www]\nlisten = ${sockets}/php.sock\npm = static\npm.max_children = 64\nclear_env = yes\n`);
		writeFileSync(join(this.dir, "log/php.log"), "", { mode: 0o666 });
		await run("chmod", ["666", join(this.dir, "log/php.log")]);
		this.peer = {};
		for (const [who, command, args] of [
			["hello", "spawn-fcgi", ["-s", `${sockets}/hello.sock`, "-M", "0660", "-n", "--", await this.which("multiwatch"), "-f", String(this.views), "--", `${build}/pledged`, "hello", "-c", conf]],
			["naive", "spawn-fcgi", ["-s", `${sockets}/naive.sock`, "-M", "0660", "-n", "--", `${build}/bench/naive`, `host=${sockets} dbname=${name} user=peer`, "128", "16"]],
			["fastify", "node", [`${peer}/fastify.mjs`, `${sockets}/fastify.sock`]],
			["express", "node", [`${peer}/express.mjs`, `${sockets}/express.sock`]],
			["php", await this.which("php-fpm8.2"), ["-n", "-d", "extension=pdo", "-d", "extension=pdo_pgsql", "-d", "zend_extension=opcache", "-d", "opcache.enable=1", "-y", ini, "-F"]],
		]) {
			const log = openSync(join(this.dir, `log/${who}-out.log`), "a");

			this.peer[who] = background(as, command, args, { env, stdio: ["ignore", log, log], cwd: "/" });
			this.jobs.push(this.peer[who]);
			closeSync(log);
			for (let left = 1200; !existsSync(`${sockets}/${who}.sock`); left--, await sleep(50))
				if (left === 0)
					throw new Error(`${who} does not start: ${readFileSync(join(this.dir, `log/${who}-out.log`), "utf8").slice(-1000)}`);
		}
	}

	which = async (name) => (await run("sh", ["-c", `command -v ${name} || command -v /usr/sbin/${name}`])).trim();

	// The processes that have a part in an answer of this target.
	async groups(target) {
		const pids = async (role) => (await this.stack("role", role, "pids")).trim().split("\n").map(Number);
		const all = { nginx: await pids("nginx"), postgres: family(Number(readFileSync(join(this.dir, "pg/postmaster.pid"), "utf8").split("\n")[0])) };

		if (target === "decide")
			all.view = await pids("view");
		else if (this.peer?.[target])
			all[target] = family(this.peer[target].pid);
		return all;
	}
}
