// wire.mjs: a wire between the service and PostgreSQL that can go bad: silent (takes bytes and says nothing, new connections
// too), slow, cut (nobody listens), deaf (the server did it and the answer is lost). w.major = 14: the server calls itself that.
//
//   const w = await wire(s);  roles go through it from now on; words: (w) => how they connect
//   w.mode = "silent"; ... w.mode = "pass";
//   await w.end();                        and straight again

import { readFile, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { join } from "node:path";

const VERSION = "server_version\0";	// two digits follow, in what a server says of itself when it lets somebody in

// conninfo: what the roles connect with, and a restart so that they do.
export async function conninfo(s, words, roles = ["view", "money", "clerk"]) {
	const ini = await readFile(s.env.CONF, "utf8");

	await writeFile(s.env.CONF, ini.replace(/^conninfo = .*$/m, () => `conninfo = ${words}`));
	for (const role of roles)
		await s.role(role, "restart");
	await s.ready();
}

class Wire {
	constructor(s) {
		Object.assign(this, { s, now: "pass", pairs: new Set(), slow_ms: 0, major: undefined });
	}

	// carry: one direction of a connection; pieces keep their order.
	carry(from, to, back) {
		let last = Promise.resolve();

		from.on("data", (piece) => {
			const mode = this.now;

			if (mode === "silent")
				return;
			if (mode === "deaf" && back) {
				from.destroy();
				to.destroy();
				return;
			}
			const named = back && this.major ? piece.indexOf(VERSION) : -1;
			const ms = mode === "slow" ? this.slow_ms : 0;

			if (named >= 0)
				piece.write(String(this.major), named + VERSION.length);
			last = last.then(() => new Promise((done) => (ms > 0 ? setTimeout(done, ms) : done()))).then(() => to.writable && to.write(piece));
		});
		from.on("error", () => {});
		from.on("close", () => last.then(() => to.end()));
	}

	async open() {
		const { PGHOST, PGPORT } = this.s.env;

		this.server = createServer((client) => {
			const server = connect(join(PGHOST, `.s.PGSQL.${PGPORT}`));
			const pair = [client, server];

			this.pairs.add(pair);
			client.on("close", () => this.pairs.delete(pair));
			this.carry(client, server, false);
			this.carry(server, client, true);
		});
		await this.listen();
	}

	listen(port = 0) {
		return new Promise((done) => this.server.listen(port, "127.0.0.1", () => done(this.port = this.server.address().port)));
	}

	get mode() {
		return this.now;
	}

	// What was swallowed is lost: such a connection is of no use any more, as after a real silence.
	set mode(mode) {
		if (this.now === "silent" && mode !== "silent")
			this.hang_up();
		this.now = mode;
	}

	hang_up() {
		for (const [client, server] of this.pairs) {
			client.destroy();
			server.destroy();
		}
	}

	async cut() {
		await new Promise((done) => {
			this.server.close(done);
			this.hang_up();
		});
	}

	mend() {
		return this.listen(this.port);
	}

	async end() {
		this.now = "pass";
		await conninfo(this.s, this.straight);
		await this.cut();
	}
}

export async function wire(s, { words = (w) => `host=127.0.0.1 port=${w.port} dbname=${s.env.PGDATABASE}` } = {}) {
	const w = new Wire(s);
	const { PGHOST, PGPORT, PGDATABASE } = s.env;

	w.straight = `host=${PGHOST} port=${PGPORT} dbname=${PGDATABASE}`;
	await w.open();
	await conninfo(s, words(w));
	return w;
}
