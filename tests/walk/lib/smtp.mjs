// smtp.mjs: a mail server on the loopback that a walk can shut, make busy and read. It keeps what it took.

import { createServer } from "node:net";

// unquoted: quoted-printable text, of a body or of a header's words.
const unquoted = (text) => Buffer.from(text.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16))), "latin1").toString("utf8");
const words = (text) => text.replace(/\?= =\?UTF-8\?Q\?/g, "").replace(/=\?UTF-8\?Q\?(.*?)\?=/g, (_, inside) => unquoted(inside));

// read: headers and text of a mail as it came over the wire.
function read(raw) {
	const at = raw.indexOf("\r\n\r\n");
	const head = raw.slice(0, at).replace(/\r\n[ \t]+/g, " ");
	const headers = Object.fromEntries(head.split("\r\n").map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), words(line.slice(line.indexOf(":") + 2))]));

	return { headers, text: unquoted(raw.slice(at + 4).replace(/=\r\n/g, "")).replace(/\r\n/g, "\n") };
}

class Smtp {
	constructor() {
		this.mails = [];
		this.tries = 0;
		this.mode = "take"; // or "busy": 451 to every mail, "lost": takes the mail and is gone before it says so
		this.sockets = new Set();
	}

	get url() {
		return `smtp://127.0.0.1:${this.port}`;
	}

	// to: what came for one address.
	to(address) {
		return this.mails.filter((mail) => mail.to === address);
	}

	async open() {
		this.server = createServer((socket) => this.#serve(socket));
		await new Promise((done, fail) => this.server.once("error", fail).listen(this.port ?? 0, "127.0.0.1", done));
		this.port = this.server.address().port;
	}

	async close() {
		for (const socket of this.sockets)
			socket.destroy();
		await new Promise((done) => this.server.close(done));
	}

	#serve(socket) {
		let rest = "";
		let mail = null;
		let data = false;
		const say = (line) => socket.write(`${line}\r\n`);

		this.sockets.add(socket);
		socket.on("close", () => this.sockets.delete(socket)).on("error", () => {}).setEncoding("latin1");
		say("220 sink");
		socket.on("data", (part) => {
			rest += part;
			for (let at; (at = rest.indexOf("\r\n")) >= 0;) {
				const line = rest.slice(0, at);

				rest = rest.slice(at + 2);
				if (data && line === ".") {
					data = false;
					this.mails.push({ ...mail, ...read(mail.raw) });
					if (this.mode === "lost")
						return void socket.destroy();
					say("250 kept");
				} else if (data) {
					mail.raw += `${line.replace(/^\./, "")}\r\n`;
				} else if (/^MAIL FROM:/i.test(line)) {
					this.tries++;
					mail = { from: /<(.*?)>/.exec(line)[1], to: "", raw: "" };
					say(this.mode === "busy" ? "451 not now" : "250 yes");
				} else if (/^RCPT TO:/i.test(line)) {
					mail.to = /<(.*?)>/.exec(line)[1];
					say("250 yes");
				} else if (/^DATA/i.test(line)) {
					data = true;
					say("354 go on");
				} else if (/^QUIT/i.test(line)) {
					say("221 bye");
					socket.end();
				} else {
					say("250 yes");
				}
			}
		});
	}
}

// smtp: a server that listens; end it with close(). Opened again it has the same port.
export async function smtp() {
	const s = new Smtp();

	await s.open();
	return s;
}
