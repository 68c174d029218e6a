// dns.mjs: a small name server for walks, UDP on loopback. It knows what it is told, also lies, and can be
// slow or mute. Names are told in any case and answered in any case.
//
//   const dns = await name_server();
//   dns.robot("66.249.66.1", "crawl-66-249-66-1.googlebot.com");   // both directions
//   dns.ptr("192.0.2.1", "crawl.googlebot.com");                   // one
//   dns.mute = true;  dns.slow_ms = 300;  dns.failing = true;      // SERVFAIL
//   dns.asked                                                      // ["PTR 1.66.249.66.in-addr.arpa", …]

import { createSocket } from "node:dgram";
import { isIPv6 } from "node:net";
import { after } from "node:test";

const TYPES = { A: 1, CNAME: 5, PTR: 12, AAAA: 28 };
const NAMES = Object.fromEntries(Object.entries(TYPES).map(([name, type]) => [type, name]));

// bytes16: an IPv6 address in network order.
function bytes16(address) {
	const [head, tail] = address.split("::").map((part) => (part ? part.split(":") : []));
	const words = tail === undefined ? head : [...head, ...Array(8 - head.length - tail.length).fill("0"), ...tail];

	return Buffer.from(words.map((word) => word.padStart(4, "0")).join(""), "hex");
}

export function reverse(address) {
	return isIPv6(address) ? `${[...bytes16(address).toString("hex")].reverse().join(".")}.ip6.arpa`
		: `${address.split(".").reverse().join(".")}.in-addr.arpa`;
}

function pack_name(name) {
	const parts = name.split(".").filter(Boolean).map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label, "latin1")]));

	return Buffer.concat([...parts, Buffer.from([0])]);
}

function pack_data(type, value) {
	if (type === "A")
		return Buffer.from(value.split(".").map(Number));
	return type === "AAAA" ? bytes16(value) : pack_name(value);
}

function pack_record({ name, type, value }) {
	const data = pack_data(type, value);
	const head = Buffer.alloc(10);

	head.writeUInt16BE(TYPES[type], 0);
	head.writeUInt16BE(1, 2);
	head.writeUInt32BE(60, 4);
	head.writeUInt16BE(data.length, 8);
	return Buffer.concat([pack_name(name), head, data]);
}

// unpack: the one question of a packet: {name, type, end}.
function unpack(packet) {
	const labels = [];
	let at = 12;

	for (; packet[at] > 0; at += packet[at] + 1)
		labels.push(packet.toString("latin1", at + 1, at + 1 + packet[at]));
	return { name: labels.join(".").toLowerCase(), type: NAMES[packet.readUInt16BE(at + 1)], end: at + 5 };
}

class NameServer {
	constructor(socket) {
		Object.assign(this, { socket, port: socket.address().port, records: [], asked: [], mute: false, slow_ms: 0, failing: false });
		socket.on("message", (packet, from) => this.#take(packet, from));
	}

	get address() {
		return `127.0.0.1:${this.port}`;
	}

	put(name, type, value) {
		this.records.push({ name: name.toLowerCase(), type, value });
	}

	ptr(address, name) {
		this.put(reverse(address), "PTR", name);
	}

	leads(name, address) {
		this.put(name, isIPv6(address) ? "AAAA" : "A", address);
	}

	robot(address, name) {
		this.ptr(address, name);
		this.leads(name, address);
	}

	// forget: as if the name had never been.
	forget(name) {
		this.records = this.records.filter((r) => r.name !== name.toLowerCase());
	}

	#find(name, type, depth = 0) {
		return this.records.filter((r) => r.name === name && (r.type === type || r.type === "CNAME")).flatMap((r) =>
			[r, ...(r.type === "CNAME" && depth < 8 ? this.#find(r.value.toLowerCase(), type, depth + 1) : [])]);
	}

	#take(packet, from) {
		const { name, type, end } = unpack(packet);

		this.asked.push(`${type} ${name}`);
		if (this.mute)
			return;
		const found = this.failing ? [] : this.#find(name, type);
		const known = this.records.some((r) => r.name === name);
		const head = Buffer.from(packet.subarray(0, end));

		head[2] = 0x85;
		head[3] = this.failing ? 2 : known ? 0 : 3;
		head.writeUInt16BE(found.length, 6);
		head.writeUInt32BE(0, 8);
		const answer = Buffer.concat([head, ...found.map(pack_record)]);
		const send = () => this.socket.send(answer, from.port, from.address);

		if (this.slow_ms > 0)
			setTimeout(send, this.slow_ms).unref();
		else
			send();
	}
}

export async function name_server() {
	const socket = createSocket("udp4");

	await new Promise((done, fail) => socket.once("error", fail).bind(0, "127.0.0.1", done));
	after(() => socket.close());
	return new NameServer(socket);
}
