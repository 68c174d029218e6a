// reader.mjs: readers made by hand: their row, their cookie, and what is drawn for them (src/core/campaign.c).

import { createHmac, randomUUID } from "node:crypto";

import { client } from "./http.mjs";
import { keys_of, pack, seal } from "./view.mjs";

// --- draws ---------------------------------------------------------------------------------------

const M64 = (1n << 64n) - 1n;

function mix(name, hash) {
	let h = hash;

	for (const byte of Buffer.from(name))
		h = ((h ^ BigInt(byte)) * 0x100000001b3n) & M64;
	h = ((h ^ (h >> 30n)) * 0xbf58476d1ce4e5b9n) & M64;
	h = ((h ^ (h >> 27n)) * 0x94d049bb133111ebn) & M64;
	return h ^ (h >> 31n);
}

// drawer: (reader, name, n) to the number below n that this site draws.
export async function drawer(s) {
	const key = Buffer.from(await s.one("SELECT encode(article_key, 'hex') FROM pledged.site WHERE site_id = 1"), "hex");

	return (reader, name, n) => {
		const mac = createHmac("sha256", key).update("variant:").update(Buffer.from(reader.replaceAll("-", ""), "hex")).digest();

		return Number(mix(name, mac.readBigUInt64LE(0)) % BigInt(n));
	};
}

export const cap_key = (id) => Number(mix(id, 0xcbf29ce484222325n) & 0xffffn) || 1;

// --- rows ----------------------------------------------------------------------------------------

const KINDS = ["shown", "viewed", "closed", "later", "already_gave", "never", "clicked", "walled", "held", "skipped"];
const hex = (n, digits) => n.toString(16).padStart(digits, "0");
const DAY_S = 86400;

export const now_s = () => Math.floor(Date.now() / 1000);
let decisions = 1;

// mark: what happened with a prompt `ago` days ago; a negative number lies ahead.
export function mark({ kind, campaign, cap, ago = 0, variant = 0 }) {
	return hex(decisions++, 8) + hex(campaign, 8) + hex(KINDS.indexOf(kind) + 1, 2) + hex(variant, 2) + hex(cap_key(cap), 4) +
		hex(now_s() - Math.round(ago * DAY_S), 8);
}

// campaign_ids: {slug: number}.
export async function campaign_ids(s) {
	return Object.fromEntries((await s.sql("SELECT slug, campaign_id FROM pledged.campaign")).map(([slug, id]) => [slug, Number(id)]));
}

// today: the site's day as entries count it.
export const today = (s) => s.count("SELECT (now() AT TIME ZONE time_zone)::date - date '2000-01-01' FROM pledged.site WHERE site_id = 1");

// entry: an article opened on a day; article is its hash, nine hex digits.
export const entry = (day, article, topics = 0) => hex(day, 4) + hex(topics, 3) + article;

// put: the row of a reader, made anew. gift: {kind, ago, amount, currency}.
export async function put(s, { id = randomUUID(), seen = [], marks = [], first_ago = 30, gift }) {
	const given = gift && `to_timestamp(${now_s() - Math.round(gift.ago * DAY_S)})`;

	await s.sql(`DELETE FROM pledged.reader WHERE reader_id = '${id}';
		INSERT INTO pledged.reader (reader_id, site_id, first_at, last_at, views, seen, marks, version, gift, gave_at, gift_minor, gift_currency)
		VALUES ('${id}', 1, now() - interval '${first_ago} days', now(), ${seen.length}, '\\x${[...seen].reverse().join("")}', '\\x${marks.join("")}', 1,
			${gift ? ["none", "once", "month", "year"].indexOf(gift.kind) : 0}, ${given ?? "null"}, ${gift?.amount ?? "null"},
			${gift?.currency ? `'${gift.currency}'` : "null"})`);
	return id;
}

// known: a reader who comes back with our cookie, whether there is a row or not.
export async function known(s, id = randomUUID(), options = {}) {
	const [key] = await keys_of(s);

	return { id, who: client(s.url, { ...options, jar: new Map([["pledged", seal(key, pack({ reader: id }))]]) }) };
}
