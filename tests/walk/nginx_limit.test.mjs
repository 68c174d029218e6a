// The goal: nginx's first wall counts by network: whichever way an address of a network is written, it falls into the network's one bucket;
// looking costs nobody a pledge, and who meets the wall in a browser gets a page.

import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";

import { client } from "./lib/http.mjs";
import { FROM, HTML } from "./lib/manage.mjs";
import { root, stack } from "./lib/stack.mjs";

const s = await stack({ name: "nginx-limit", views: 1, moneys: 2, limits: "on" });

await writeFile(join(s.dir, "nginx/extra-http-limit.conf"), `set_real_ip_from 127.0.0.1;\nreal_ip_header ${FROM};\n`);
await s.role("nginx", "restart");
await s.ready();

// codes: how often each status came for n requests at once.
async function codes(n, ask) {
	const answers = await Promise.all(Array.from({ length: n }, (_, i) => ask(i)));
	const found = {};

	for (const { status } of answers)
		found[status] = (found[status] ?? 0) + 1;
	return [found, answers];
}

const conf = await readFile(join(root, "conf/nginx/pledged-http.conf"), "utf8");
const [, map] = /map \$remote_addr \$pledged_network \{([\s\S]*?)\n\}/.exec(conf);
const lines = map.trim().split("\n").map((line) => /^\s*"?(.*?)"? (\S+);$/.exec(line).slice(1));

// bucket: as nginx does it: plain words, then the first expression that fits, then the default.
function bucket(address) {
	const plain = lines.find(([from]) => from === address);

	if (plain)
		return plain[1].replaceAll('"', "");
	for (const [from, to] of lines.filter(([from]) => from.startsWith("~"))) {
		const found = new RegExp(from.slice(1)).exec(address);

		if (found)
			return to.replace(/\$(\w+)/g, (_, name) => found.groups[name]);
	}
	return lines.find(([from]) => from === "default")[1];
}

// forms: all ways to write eight groups: each run of zeros left out in turn, and none.
function forms(groups) {
	const found = [groups.join(":")];

	for (let i = 0; i < 8; i++) {
		for (let j = i + 1; j <= 8 && groups[j - 1] === "0"; j++)
			found.push(`${groups.slice(0, i).join(":")}::${groups.slice(j).join(":")}`);
	}
	return found;
}

test("a table of forms", () => {
	for (const [address, network] of [
		["192.0.2.77", "192.0.2"], ["::ffff:192.0.2.77", "192.0.2"], ["127.0.0.1", "127.0.0"], ["::1", "other"], ["unix:", "other"],
		["64:ff9b::c000:207", "64:c000:2"], ["64:ff9b::c000:2ff", "64:c000:2"], ["64:ff9b::c000:307", "64:c000:3"], ["64:ff9b::c000:7", "64:c000:"], ["64:ff9b::c000:0", "64:c000:"],
		["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"], ["2001:db8:1:2::", "2001:db8:1:2"], ["2001:db8:1:2::9", "2001:db8:1:2"],
		["2001:db8:1::3:4:5", "2001:db8:1:0"], ["2001:db8:1:0:1:2:3:4", "2001:db8:1:0"], ["2001:db8:1::", "2001:db8:1:0"],
		["2001:db8::3:4:5", "2001:db8:0:0"], ["2001:db8::", "2001:db8:0:0"], ["2001:db8::7:3:4:5:6", "2001:db8:0:7"],
		["2001:db8:0:7::6", "2001:db8:0:7"], ["2001::7:3:4:5:6", "2001:0:0:7"], ["2001::8:7:3:4:5:6", "2001:0:8:7"], ["2001::6", "2001:0:0:0"],
		["::2", "other"], ["nonsense", "other"],
	])
		assert.equal(bucket(address), network, address);
});

test("every form of every address of a network: one bucket", () => {
	for (let zeros = 0; zeros < 128; zeros++) {
		const groups = ["2001", ..."abcdefa"].map((g, i) => (i > 0 && zeros & (1 << (i - 1)) ? "0" : g));

		for (const form of forms(groups))
			assert.equal(bucket(form), groups.slice(0, 4).join(":"), form);
	}
});

test("who looks again and again uses up no pledge; forms below /pledge/ have a limit, and it is a page", async () => {
	const token = "looked-at".padEnd(32, "A");
	const from = (address, headers = {}) => ({ ...HTML, [FROM]: address, ...headers });
	const press = (headers) => s.request(`/pledge/${token}/again`, { method: "POST", form: {}, headers: { origin: s.url, ...headers } });

	s.planted = [token];
	const [looks] = await codes(60, () => s.request(`/pledge/${token}`, { headers: from("198.51.100.1") }));

	assert.deepEqual(looks, { 404: 60 });
	const [pages] = await codes(40, () => s.request("/manage", { headers: from("198.51.100.2") }));

	assert.deepEqual(pages, { 200: 40 });
	for (const n of [1, 2])
		assert.equal((await client(s.url, { headers: { [FROM]: `198.51.100.${n}` } }).pledge({ email: `n${n}@mail.example` })).status, 201);
	const [pressed, answers] = await codes(50, (i) => press(from(`2001:db8:7::${i + 1}:3:4`, i % 2 ? {} : { accept: "application/json" })));

	assert.ok(pressed[404] >= 21 && pressed[429] >= 15, JSON.stringify(pressed));
	for (const answer of answers.filter((a) => a.status === 429)) {
		assert.match(answer.headers["content-type"], /^(text\/html|application\/problem\+json)/);
		assert.equal(answer.headers["retry-after"], "30");
	}
	assert.equal((await press(from("2001:db8:8::1"))).status, 404, "the next network has a bucket of its own");
	assert.equal((await s.request(`/pledge/${token}`, { headers: from("2001:db8:7::1:3:4") })).status, 404, "the page may still be looked at");
	const [many, told] = await codes(90, () => s.request("/manage", { headers: from("203.0.113.1") }));

	assert.ok(many[429] > 0, JSON.stringify(many));
	for (const answer of told.filter((a) => a.status === 429)) {
		assert.match(answer.headers["content-type"], /^text\/html/);
		assert.match(answer.text, /Please try again in 30 seconds/);
	}
});

test("invariants; and no log holds a token", () => s.invariants());
