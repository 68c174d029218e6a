// report.mjs: what a walk needs to count by itself what a report must say: made-up numbers that are the same on every machine, days of a
// zone, exact quotients, and the reports' own scripts as psql runs them.

import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

import { root } from "./stack.mjs";

const run = promisify(execFile);

export const DAY = 86400;

// draws: mulberry32.
export function draws(seed) {
	let state = seed;
	const random = () => {
		state = (state + 0x6D2B79F5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);

		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	const below = (n) => Math.floor(random() * n);

	return { random, below, chance: (p) => random() < p, one_of: (list) => list[below(list.length)],
		uuid: () => `${[8, 4].map((n) => hex(n, below)).join("-")}-4${hex(3, below)}-8${hex(3, below)}-${hex(12, below)}` };
}

const hex = (n, below) => Array.from({ length: n }, () => below(16).toString(16)).join("");

export const iso = (at) => new Date(at * 1000).toISOString();
export const utc = (text) => Date.parse(`${text}${text.length === 10 ? "T00:00:00" : ""}Z`) / 1000;

// zone: the days and hours of a time zone; what Intl takes long for is kept.
export function zone(name) {
	const format = new Intl.DateTimeFormat("en-CA", { timeZone: name, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
	const known = new Map();
	const local = (at) => {
		const slot = Math.floor(at / 900);

		if (!known.has(slot))
			known.set(slot, format.format(new Date(slot * 900000)));
		return known.get(slot);
	};

	return { day: (at) => local(at).slice(0, 10), month: (at) => local(at).slice(0, 7), hour: (at) => Number(local(at).slice(12, 14)),
		// the begin of the zone's hour: zones differ from UTC by quarters of an hour
		hour_at: (at) => Math.floor(at / 900) * 900 - Number(local(at).slice(15, 17)) * 60,
		// the begin of a day of the zone
		begins: (day) => {
			let at = utc(day) - 16 * 3600;

			while (local(at).slice(0, 10) < day)
				at += 900;
			return at;
		} };
}

// quotient: a / b with so many digits as text, halves away from zero; empty when b is 0. Numbers are whole.
export function quotient(a, b, digits) {
	if (Number(b) === 0)
		return "";
	const scale = 10n ** BigInt(digits);
	let n = BigInt(a) * scale * 2n, d = BigInt(b) * 2n;
	const minus = n < 0n !== d < 0n;

	n = n < 0n ? -n : n;
	d = d < 0n ? -d : d;
	const q = (n + d / 2n) / d, text = String(q).padStart(digits + 1, "0");

	return `${minus && q !== 0n ? "-" : ""}${digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`}`;
}

const EXPONENT = { JPY: 0, KWD: 3 };

export const exponent = (currency) => EXPONENT[currency] ?? 2;
// major: minor units as text.
export const major = (minor, currency) => quotient(minor, 10n ** BigInt(exponent(currency)), exponent(currency));

// groups: sums of some columns by others, as a map from the joined key to the row.
export function groups(list, key, add) {
	const map = new Map();

	for (const x of list) {
		const parts = key(x), name = parts.join("|");

		if (!map.has(name))
			map.set(name, { key: parts });
		add(map.get(name), x);
	}
	return map;
}

export const plus = (row, column, n = 1) => {
	row[column] = (row[column] ?? 0) + n;
};

// rows: CSV taken apart into objects.
export function rows(csv) {
	const lines = [[]];

	for (const [, quoted, plain, end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n)/g)) {
		lines.at(-1).push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
		if (end === "\n")
			lines.push([]);
	}
	const [head, ...rest] = lines.slice(0, -1);

	return rest.map((line) => Object.fromEntries(head.map((column, i) => [column, line[i]])));
}

// script: what a script of sql/reports prints for these variables, as who may read reports and nothing else.
export async function script(s, file, set = {}) {
	const { PGHOST, PGPORT, PGDATABASE } = s.env;
	const { stdout } = await run("psql", ["-X", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-h", PGHOST, "-p", PGPORT, "-U", "pledged_report", "-d", PGDATABASE,
		...Object.entries(set).flatMap(([name, value]) => ["-v", `${name}=${value}`]), "-f", join(root, "sql/reports", file)],
		{ env: { ...process.env, PGTZ: "UTC" }, maxBuffer: 1 << 28 });

	return rows(stdout);
}

// pick: some columns of rows, each row a line, in order.
export const pick = (list, ...columns) => list.map((row) => columns.map((column) => String(row[column] ?? "")).join(" | ")).sort();

// literal: a value in SQL.
export const literal = (value) => (value === null || value === undefined ? "NULL" : typeof value === "number" || typeof value === "boolean" ? String(value)
	: Array.isArray(value) ? `ARRAY[${value.map(literal).join(", ")}]` : `'${(typeof value === "object" ? JSON.stringify(value) : String(value)).replaceAll("'", "''")}'`);

// inserts: SQL that writes rows of a table; feed has the superuser run it in one go.
export function inserts(table, list) {
	const columns = Object.keys(list[0] ?? {});
	const lines = [];

	for (let i = 0; i < list.length; i += 1000)
		lines.push(`INSERT INTO pledged.${table} (${columns.map((c) => `"${c}"`).join(", ")}) VALUES ${list.slice(i, i + 1000)
			.map((row) => `(${columns.map((c) => literal(row[c])).join(", ")})`).join(",\n")};`);
	return lines.join("\n");
}

export async function feed(s, ...lines) {
	const file = join(s.dir, `feed-${feed.n = (feed.n ?? 0) + 1}.sql`);

	await writeFile(file, lines.join("\n"));
	await s.deploy("psql", "-q", "-v", "ON_ERROR_STOP=1", "-1", "-o", "/dev/null", "-f", file);
}
