// stand.mjs: what is measured: a service of deploy/stack with the full set of rules and many stored readers, and beside it on the
// same nginx and the same PostgreSQL the peers.
import { randomUUID } from "node:crypto";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, readSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import pg from "pg";

import { background, end_group, family, run, sleep } from "./process.mjs";
import { campaigns } from "./campaigns.mjs";

export const root = join(import.meta.dirname ?? new URL(".", import.meta.url).pathname, "../../..");
const peer = join(root, "tests/bench/peer");
const as = (process.env.AS ?? "").split(" ").filter(Boolean); // who runs the peers; deploy/lib/common.sh chose

const NGINX_PEERS = `
location = /return { default_type application/json; return 200 '{"act":"open","reason":"return","pad":"${"0".repeat(250)}"}'; }
`;
const FRESH = 500000, SIGNED = 4000000;

// Node's peers in one process and in two.
const NODE = ["fastify", "fastify2", "express", "express2"];
const behind = (name) => `location = /${name} { include peer.conf; proxy_pass http://peer_${name}; }\n`;
const upstream = (name, socket, keep = 64) => `upstream ${name} {\n\tserver unix:${socket};\n${keep ? `\tkeepalive ${keep};\n\tkeepalive_requests 10000;\n` : ""}}\n`;

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
		// As an operator would set it: a million readers do not fit into PostgreSQL's 128 MB.
		await run("sh", ["-c", `echo "shared_buffers = ${process.env.SHARED_BUFFERS ?? "1GB"}" >>"${this.dir}/pg/postgresql.auto.conf"`]);
		await this.stack("pg", "restart");
		await this.ready();
		this.pool = new pg.Pool({ ...this.login, max: 2 });
		this.pool.on("error", () => { }); // PostgreSQL is killed now and then
		await this.nginx();
		this.has_history = false;
		this.first = { ours: 0, peers: 0 };
		this.fresh = { ours: join(this.dir, "run/fresh"), peers: join(this.dir, "run/fresh.ids") };
		this.fresh_n = { ours: 0, peers: 0 };
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

		writeFileSync(file, readFileSync(file, "utf8").replace(/^\taccess_log .*$/m, "\taccess_log off;").replace("worker_connections 4096", "worker_connections 8192")
			.replace("worker_rlimit_nofile 8192", "worker_rlimit_nofile 20000"));
		writeFileSync(join(this.dir, "nginx/peer.conf"), "proxy_http_version 1.1;\nproxy_set_header Connection \"\";\n");
		writeFileSync(join(this.dir, "nginx/extra-http.conf"), ["hello", "naive", "php", ...NODE].map((name) => upstream(`peer_${name}`, `${sockets}/${name}.sock`, name === "hello" ? 256 : 64)).join(""));
		writeFileSync(join(this.dir, "nginx/extra-server.conf"), `${NGINX_PEERS}${NODE.map(behind).join("")}${wire("hello")}}\n${wire("naive")}}\n${wire("php")
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

	// Each connection of view is asked for something, so that its backend tells its figures.
	async nudge(n = 40) {
		const some = Buffer.alloc(n * 300), fd = openSync(this.cookies, "r"), got = readSync(fd, some, 0, some.length, 0);

		closeSync(fd);
		for (const cookie of some.toString("latin1", 0, got).split("\n", n))
			await (await fetch(`http://127.0.0.1:${this.port}/decide?a=/en/news/nudge&s=news&l=en`, { headers: { cookie: `pledged=${cookie}` } })).text();
	}

	// fill: stored readers of twelve articles and their cookies, and cookies of new ones. Of more than mint makes in bearable time the
	// rest is made by SQL.
	async fill(readers = this.readers, { most = Number(process.env.MINTED ?? 1000000), settle = true, say = () => { } } = {}) {
		const minted = Math.min(readers, most);

		this.cookies = join(this.dir, "run/cookies");
		await this.ctl("mint-cookies", String(minted), this.cookies);
		if (readers > minted)
			await this.copies(readers, minted, say);
		await this.want_new("ours", FRESH);
		if (settle) {
			await this.query("VACUUM (ANALYZE) pledged.reader");
			await this.count_months();
			await this.query("CHECKPOINT");
		}
	}

	// count_months: as on a site that has been there for long: earlier months are closed, and this one was counted once. Otherwise the clerk
	// counts all readers three times while we measure. Of very many it is left to go on: it takes a tenth of a processor.
	async count_months() {
		await this.query(`INSERT INTO pledged.roll_slice (month, slice, at) SELECT (date_trunc('month', now()) - make_interval(months => k))::date, -1, now()
			FROM generate_series(1, 2) k ON CONFLICT DO NOTHING`);
		for (const until = Date.now() + 150000; Date.now() < until;) {
			const [{ n }] = await this.query("SELECT pledged.roll_months(100000, now()) AS n");

			if (n === 0 && (await this.query("SELECT count(*) = 256 AS all FROM pledged.roll_slice WHERE month = date_trunc('month', now())::date"))[0].all)
				return;
		}
	}

	// copies: more readers of the same lists under ids of their own, and cookies of readers from all over the table, picked at random.
	async copies(readers, minted, say) {
		const client = new pg.Client(this.login);

		await this.stack("role", "clerk", "stop");
		await client.connect();
		await client.query("SET maintenance_work_mem = '512MB'");
		await client.query("ALTER TABLE pledged.reader DROP CONSTRAINT reader_pkey");
		for (let done = minted; done < readers;) {
			const n = Math.min(minted, readers - done);

			await client.query(`INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, seen, views)
				SELECT gen_random_uuid(), r.site_id, r.first_at, r.last_at, r.seen, r.views FROM (SELECT * FROM pledged.reader LIMIT $1) r`, [n]);
			done += n;
			say(Math.round(done * 100 / readers));
		}
		await client.query("ALTER TABLE pledged.reader ADD CONSTRAINT reader_pkey PRIMARY KEY (reader_id)");
		await client.end();
		await this.stack("role", "clerk", "start");
		const share = Math.min(100, SIGNED / readers * 100), copy = `COPY (SELECT reader_id FROM pledged.reader TABLESAMPLE BERNOULLI (${share})) TO STDOUT`;

		await run("bash", ["-c", 'set -o pipefail; deploy/stack psql --dir "$1" -c "$2" | build/plain/bench/sign "$1/secrets/cookie.key" 1 >"$3"', "sign", this.dir, copy, this.cookies], { cwd: root });
	}

	// away_from_checkpoint: every page of the table and its index was written since the last checkpoint, and the next one is far, so
	// that no view pays for a whole page. That is how a page is met most of the time; just after a checkpoint is a row of its own. The
	// index is as full as one of random ids is in the long run.
	async away_from_checkpoint() {
		for (const setting of ["checkpoint_timeout = '1h'", "max_wal_size = '6GB'"])
			await this.query(`ALTER SYSTEM SET ${setting}`);
		await this.query("SELECT pg_reload_conf()");
		await this.query("CHECKPOINT");
		const client = new pg.Client(this.login);

		await client.connect();
		for (const text of ["SET wal_compression = 'lz4'", "SET maintenance_work_mem = '512MB'", "ALTER INDEX pledged.reader_pkey SET (fillfactor = 69)",
			"REINDEX INDEX pledged.reader_pkey", "ALTER INDEX pledged.reader_pkey RESET (fillfactor)"])
			await client.query(text);
		await client.query("VACUUM (FREEZE, ANALYZE) pledged.reader");
		await client.end();
	}

	// want_new: cookies for so many readers who come for the first time; none is taken twice.
	async want_new(list, n) {
		if (!list || this.first[list] + n <= this.fresh_n[list])
			return;
		this.fresh_n[list] = Math.max(FRESH, Math.ceil(n));
		this.first[list] = 0;
		if (list === "ours")
			await this.ctl("mint-cookies", "--new", String(this.fresh_n[list]), this.fresh[list]);
		else
			writeFileSync(this.fresh[list], Array.from({ length: this.fresh_n[list] }, () => `${randomUUID()}\n`).join(""));
	}

	// history: a made-up year of another site on the same database: its sessions and events, its gifts, its sums.
	async history(days = Number(process.env.DAYS ?? 365), views = Number(process.env.VIEWS_A_DAY ?? 5000)) {
		if (this.has_history)
			return;
		await this.query(`INSERT INTO pledged.site (site_id, slug, name, time_zone, currency, locale, gift_label, thanks_path, cancel_path)
			VALUES (2, 'history', 'History', 'Europe/Riga', 'EUR', 'en', 'Support', '/thanks/', '/contribute/')`);
		await this.ctl("seed", "--site", "history", "--days", String(days), "--views-per-day", String(views), "--seed", "1");
		await this.query("ANALYZE");
		this.has_history = true;
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
		writeFileSync(`${this.cookies}.ids`, readFileSync(this.cookies, "utf8").trimEnd().split("\n").map((line) => `${Stand.id_of(line)}\n`).join(""));

		const { SOCKETS: sockets, PGDATABASE: name, CONF: conf } = this.env, build = join(root, "build/plain"), ini = join(this.dir, "run/php.conf");
		const env = { ...process.env, PGHOST: sockets, PGDATABASE: name, PGUSER: "peer", NODE_ENV: "production" };

		writeFileSync(ini, `[global]\nerror_log = ${this.dir}/log/php.log\ndaemonize = no\n[www]\nlisten = ${sockets}/php.sock\npm = static\npm.max_children = 64\nclear_env = yes\n`);
		writeFileSync(join(this.dir, "log/php.log"), "", { mode: 0o666 });
		await run("chmod", ["666", join(this.dir, "log/php.log")]);
		this.peer = {};
		for (const [who, command, args] of [
			["hello", "spawn-fcgi", ["-s", `${sockets}/hello.sock`, "-M", "0660", "-n", "--", await this.which("multiwatch"), "-f", String(this.views), "--", `${build}/pledged`, "hello", "-c", conf]],
			["naive", "spawn-fcgi", ["-s", `${sockets}/naive.sock`, "-M", "0660", "-n", "--", `${build}/bench/naive`, `host=${sockets} dbname=${name} user=peer`, "128", "16"]],
			...NODE.map((who) => [who, "node", [`${peer}/${who.replace("2", "")}.mjs`, `${sockets}/${who}.sock`, `/${who}`, who.endsWith("2") ? "2" : "1"]]),
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
