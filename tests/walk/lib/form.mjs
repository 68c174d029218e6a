// form.mjs: the form as a reader has it before a pledge: its hidden fields, and tickets of any age, made with the service's own key.

import { createHash, createHmac, randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

// fields_of: the fields of the form in a page of ours.
export function fields_of(html) {
	const inputs = [...html.matchAll(/<input type="hidden" name="([a-z_]+)" value="([^"]*)">/g)];

	return Object.fromEntries(inputs.map(([, name, value]) => [name, value.replace(/&quot;/g, "\"").replace(/&amp;/g, "&")]));
}

// form_of: the plain form, fetched by a client.
export async function form_of(who) {
	return fields_of((await who.get("/prompt?form=1&l=en")).text);
}

// reader_of: the id in a jar's cookie, as bytes; undefined without one.
export function reader_of(jar) {
	const text = [...jar].find(([name]) => /pledged$/.test(name))?.[1];

	return text && Buffer.from(text.split(".")[2], "base64url").subarray(2, 18);
}

// minter: gives mint({reader, age_ms, key, puzzle, pageless}): a ticket as the service makes them.
export async function minter(s) {
	const [id, hex] = (await readFile(join(s.dir, "secrets/cookie.key"), "utf8")).trim().split("\n")[0].split(":");
	const site = Number(await s.one("SELECT site_id FROM pledged.site WHERE slug = 'demo'"));

	return ({ reader, age_ms = 10000, key = hex, purpose = "form", puzzle = false, pageless = false } = {}) => {
		const bytes = Buffer.alloc(40);

		bytes[0] = 1;
		bytes[1] = (reader ? 1 : 0) | (puzzle ? 6 : 0) | (pageless ? 10 : 0);
		randomBytes(12).copy(bytes, 2);
		reader?.copy(bytes, 14);
		bytes.writeInt16BE(site, 30);
		bytes.writeBigInt64BE(BigInt(Date.now() - age_ms), 32);
		const text = `v1.${id}.${bytes.toString("base64url")}`;

		return `${text}.${createHmac("sha256", Buffer.from(key, "hex")).update(`${purpose}\0`).update(text).digest("base64url")}`;
	};
}

// solve: the puzzle of a ticket, as src/widget/puzzle.js does it.
export function solve(ticket, bits) {
	for (let n = 0; ; n++) {
		if (createHash("sha256").update(`${ticket}:${n}`).digest().readUInt32BE(0) >>> (32 - bits) === 0)
			return String(n);
	}
}
