// raw.mjs: a request as bytes: nothing of it is corrected on the way to nginx.

import { connect } from "node:net";

// raw: sends the bytes, reads until nginx closes or nothing comes for a while; gives {status, head, text, all, answers}.
export function raw(port, bytes, { quiet_ms = 0, timeout_ms = 60000 } = {}) {
	return new Promise((done, fail) => {
		const parts = [];
		let quiet;
		const socket = connect(Number(port), "127.0.0.1", () => socket.write(bytes));
		const end = () => {
			const all = Buffer.concat(parts).toString("latin1");
			const cut = all.indexOf("\r\n\r\n");

			clearTimeout(quiet);
			socket.destroy();
			done({ status: Number(/^HTTP\/1\.\d (\d{3})/.exec(all)?.[1]), head: cut < 0 ? all : all.slice(0, cut), text: cut < 0 ? "" : all.slice(cut + 4),
				all, answers: (all.match(/^HTTP\/1\.\d \d{3}/gm) ?? []).length });
		};

		socket.setTimeout(timeout_ms, () => socket.destroy(new Error(`no answer to ${String(bytes).slice(0, 100)}`)));
		socket.on("data", (part) => {
			parts.push(part);
			if (quiet_ms) {
				clearTimeout(quiet);
				quiet = setTimeout(end, quiet_ms);
			}
		});
		socket.on("error", (error) => (parts.length ? end() : fail(error)));
		socket.on("close", end);
	});
}

export const header = (answer, name) => new RegExp(`^${name}: *(.*)$`, "im").exec(answer.head)?.[1]?.trim();
