// guard.mjs: what the walks over the guards share: clients that come from wherever the test says, and what reached the provider.

import assert from "node:assert/strict";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { client } from "./http.mjs";
import { stack } from "./stack.mjs";

// As if nginx stood behind a proxy that it trusts.
const HTTP = "set_real_ip_from 127.0.0.1;\nreal_ip_header X-Walk-Address;\n";

// guard_stack: a service whose clients have addresses; limits hold what `limits` says ({scope: [burst, per_second]}), and keep nothing back.
export async function guard_stack({ limits = {}, ...options }) {
	const s = await stack({ views: 1, ...options });

	await writeFile(join(s.dir, "nginx", "extra-http.conf"), HTTP);
	await chmod(join(s.dir, "nginx", "extra-http.conf"), 0o644);
	await s.role("nginx", "restart");
	await s.ready();
	await rules(s, limits);
	return s;
}

export async function rules(s, limits) {
	for (const [scope, [burst, per_second]] of Object.entries(limits))
		await s.sql(`UPDATE pledged.limit_rule SET burst = ${burst}, per_second = ${per_second}, reserve = 0, "on" = true WHERE scope = '${scope}'`);
}

// country_of_header: nginx tells the country that the test says (walk-country), as from a site's own map.
export async function country_of_header(s) {
	const file = join(s.dir, "nginx", "pledged-http.conf");
	const conf = await readFile(file, "utf8");

	assert.match(conf, /^map \$remote_addr \$pledged_country \{/m);
	await writeFile(file, conf.replace(/^map \$remote_addr \$pledged_country \{/m, "map $http_walk_country $pledged_country {\n\t~^(?<walk_country>[A-Z][A-Z])$ $walk_country;"));
	await s.role("nginx", "restart");
	await s.ready();
}

// from: a client without a cookie that comes from an address.
export const from = (s, address, options = {}) => client(s.url, { ...options, headers: { "x-walk-address": address } });

export const CREATE = { method: "POST", path: "^/v1/checkout/sessions$" };
export const creates = async (s) => (await s.provider.requests({ method: "POST", path: "checkout/sessions$" })).length;
export const events = (s, kind) => s.sql(`SELECT name, was, became FROM pledged.guard_event WHERE kind = '${kind}' ORDER BY event_id`);
