// fcgi.mjs: asks a role as nginx would, but says whatever the test wants: parameters of any length, twice, records of any size.

import { connect } from "node:net";

const BEGIN = 1, PARAMS = 4, STDIN = 5, STDOUT = 6, END = 3;

function record(type, content = Buffer.alloc(0)) {
	const head = Buffer.from([1, type, 0, 1, content.length >> 8, content.length & 255, 0, 0]);

	return Buffer.concat([head, content]);
}

// stream: content in records of at most size bytes, and the empty one that ends it.
function stream(type, content, size) {
	const parts = [];

	for (let at = 0; at < content.length; at += size)
		parts.push(record(type, content.subarray(at, at + size)));
	return [...parts, record(type)];
}

function pair([name, value]) {
	const bytes = [name, value].map((text) => Buffer.from(text, "latin1"));
	const lengths = bytes.map((b) => {
		if (b.length < 128)
			return Buffer.from([b.length]);
		const long = Buffer.alloc(4);

		long.writeUInt32BE((b.length | 0x80000000) >>> 0);
		return long;
	});

	return Buffer.concat([...lengths, ...bytes]);
}

// fcgi: params is a list of [name, value]; gives {status, text, json()}; status is undefined when no answer came.
export function fcgi(path, params, body = "", { size = 60000, timeout_ms = 20000 } = {}) {
	const content = Buffer.from(body);

	return new Promise((done, fail) => {
		const socket = connect(path);
		let got = Buffer.alloc(0), out = "";

		socket.setTimeout(timeout_ms, () => socket.destroy(new Error(`no answer within ${timeout_ms} ms`)));
		socket.on("error", fail);
		socket.on("data", (part) => {
			got = Buffer.concat([got, part]);
			while (got.length >= 8 && got.length >= 8 + got.readUInt16BE(4) + got[6]) {
				const n = got.readUInt16BE(4), type = got[1];

				if (type === STDOUT)
					out += got.subarray(8, 8 + n).toString();
				got = got.subarray(8 + n + got[6]);
				if (type === END)
					socket.end();
			}
		});
		socket.on("close", () => {
			const at = out.indexOf("\r\n\r\n"), text = out.slice(at + 4);

			done({ status: Number(/^Status: (\d+)/.exec(out)?.[1]) || undefined, text, json: () => JSON.parse(text) });
		});
		socket.write(Buffer.concat([record(BEGIN, Buffer.from([0, 1, 0, 0, 0, 0, 0, 0])),
			...stream(PARAMS, Buffer.concat(params.map(pair)), size), ...stream(STDIN, content, size)]));
	});
}
