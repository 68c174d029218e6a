// shim.mjs: the n-th allocation or system call of a process of ours fails (tests/torture/shim.c, make torture).
//
//   const m = await shimmed(s, "money");          started again with the shim before libc; one process of it
//   m.arm("memory", 17); ... m.get("seen"), m.get("hit"), m.get("live"); m.rest();
//   await m.once("pledgectl", ["check"])          a program of ours that is run through with it: {code, signal, stdout, stderr}
//
//   const m = new Shim(file);                     for a program that is started with the environment m.env, after arm
//   m.arm("ours", 17);                            what the program itself allocates

import { execFile, spawn } from "node:child_process";
import { chmodSync, chownSync, closeSync, openSync, readSync, writeFileSync, writeSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";

import { root } from "./stack.mjs";

export const shim = join(root, "build/torture/shim.so");
const WHAT = { nothing: 0, memory: 1, calls: 2, ours: 3 };
const AT = Object.fromEntries(["what", "n", "how", "more", "seen", "hit", "live", "pid"].map((name, i) => [name, i * 8]));

// errors: what a system call can end with.
export const HOW = { EIO: constants.errno.EIO, EINTR: constants.errno.EINTR, EAGAIN: constants.errno.EAGAIN, short: -1 };

export class Shim {
	constructor(file) {
		Object.assign(this, { file, env: { LD_PRELOAD: shim, SHIM_FILE: file } });
		writeFileSync(this.file, Buffer.alloc(4096));
		if (process.getuid() === 0)
			chownSync(this.file, 65534, 65534);
		chmodSync(this.file, 0o600);
		this.fd = openSync(this.file, "r+");
	}

	get(name) {
		const b = Buffer.alloc(8);

		readSync(this.fd, b, 0, 8, AT[name]);
		return Number(b.readBigInt64LE());
	}

	set(name, value) {
		const b = Buffer.alloc(8);

		b.writeBigInt64LE(BigInt(value));
		writeSync(this.fd, b, 0, 8, AT[name]);
	}

	// arm: the n-th of its kind from now on fails, and so many after it.
	arm(what, n, { how = 0, more = 0 } = {}) {
		this.set("what", 0);
		for (const [name, value] of Object.entries({ n, how, more, seen: 0, hit: 0 }))
			this.set(name, value);
		this.set("what", WHAT[what]);
	}

	rest() {
		this.set("what", 0);
	}

	close() {
		this.rest();
		closeSync(this.fd);
	}
}

class Shimmed extends Shim {
	constructor(s, role) {
		super(join(s.dir, `shim.${role}`));
		Object.assign(this, { s, role });
	}

	async start() {
		await this.s.role(this.role, "restart", this.env);
	}

	// run: a program as the user that roles run as. What is armed before holds from its first line on.
	run(file, words, how) {
		const all = [file, ...words];
		const [first, ...rest] = process.getuid() === 0 ? ["setpriv", "--reuid", "nobody", "--regid", "nogroup", "--clear-groups", ...all] : all;

		return how(first, rest, { cwd: root, env: { ...process.env, PGUSER: this.s.env.PGUSER, ...this.env } });
	}

	// once: run through.
	once(program, words) {
		return new Promise((done) => this.run(join(this.s.env.BUILD, program), words, (file, all, options) => execFile(file, all, { ...options,
			timeout: 60000, killSignal: "SIGKILL", maxBuffer: 1 << 26 }, (error, stdout, stderr) => done({ code: error ? error.code : 0,
			signal: error?.signal ?? undefined, stdout, stderr }))));
	}

	// role_once: one process of a role at a socket of its own; when then(socket, gone) is done it is asked to end. seen: false when it had
	// ended before.
	async role_once(role, then) {
		const socket = join(this.s.env.PGHOST, `shim.${role}.sock`);
		const program = [join(this.s.env.BUILD, "pledged"), role, "-c", this.s.env.CONF];
		const [file, ...words] = role === "clerk" ? program : ["spawn-fcgi", "-s", socket, "-M", "0666", "-n", "--", ...program];
		const child = this.run(file, words, (first, rest, options) => spawn(first, rest, { ...options, stdio: ["ignore", "ignore", "pipe"] }));
		let stderr = "";

		child.stderr.on("data", (part) => { stderr += part; });
		const ended = new Promise((done) => child.once("exit", (code, signal) => done({ code, signal: signal ?? undefined, stderr })));
		let gone = false;

		ended.then(() => { gone = true; });
		// One that serves nobody is no reason to leave it behind.
		await then(socket, () => gone).catch((error) => { child.kill("SIGKILL"); throw error; });
		const seen = !gone && this.get("seen");

		child.kill("SIGTERM");
		const timer = setTimeout(() => child.kill("SIGKILL"), 30000);
		const end = await ended;

		clearTimeout(timer);
		return { ...end, seen };
	}

	async end() {
		this.close();
		await this.s.role(this.role, "restart");
	}
}

export async function shimmed(s, role) {
	const m = new Shimmed(s, role);

	await m.start();
	return m;
}

// shim_of: the same without a role, for once().
export const shim_of = (s, name) => new Shimmed(s, name);
