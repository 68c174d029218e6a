// deaf.mjs: a port that takes no connection and refuses none, as a host behind a wall that swallows packets: somebody listens there,
// never accepts, and has no room for more to wait.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";

const LISTEN = "const s = require('net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => console.log(s.address().port))";
const LONG_MS = 500;

// taken: whether a connection is made; the kernel does that as long as there is room.
const taken = (port, held) => new Promise((done) => {
	const socket = connect(port, "127.0.0.1");
	const timer = setTimeout(() => done(false), LONG_MS);

	held.push(socket);
	socket.on("error", () => {});
	socket.once("connect", () => {
		clearTimeout(timer);
		done(true);
	});
});

// deaf: {port, end()}
export async function deaf() {
	const child = spawn(process.execPath, ["-e", LISTEN], { stdio: ["ignore", "pipe", "inherit"] });
	const port = Number(String((await once(child.stdout, "data"))[0]));
	const held = [];

	child.kill("SIGSTOP");
	while (await taken(port, held))
		;
	return { port, end() {
		held.forEach((socket) => socket.destroy());
		child.kill("SIGKILL");
	} };
}
