// hard.mjs: what is hostile, and what is closed: cookies by the thousand, the time of a comparison, builds that are equal; and the lines
// that tests of tests/run show: each runs its files and counts.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { root } from "../walk/lib/stack.mjs";
import { verdict } from "./lib/audit.mjs";

function run(cmd, args, options = {}) {
	const { MAKEFLAGS, MAKELEVEL, ...env } = process.env;

	return new Promise((done) => execFile(cmd, args, { cwd: root, maxBuffer: 1 << 26, ...options, env: { ...env, ...options.env } },
		(error, stdout, stderr) => done({ code: error ? error.code ?? 1 : 0, stdout, stderr })));
}

// --- lines that tests show -----------------------------------------------------------------------

// tap: good (and not skipped) and all of a TAP text; only: a pattern of the names that count.
function tap(text, only) {
	const rows = text.split("\n").filter((row) => /^(not )?ok \d/.test(row) && (!only || only.test(row)));

	return { all: rows.length, good: rows.filter((row) => row.startsWith("ok") && !/# SKIP/.test(row)).length, skipped: rows.filter((row) => /# SKIP/.test(row)).length,
		bad: rows.filter((row) => row.startsWith("not ok")) };
}

// least: so many must have been shown, and each of `must` by one at least; what was skipped shows nothing, and where that is the
// reason the line is skipped too. rows: of the table that the tests go through, at least 500.
const shown = (files, { only, least = 1, must = [], rows = 500 } = {}) => async () => {
	const sum = { all: 0, good: 0, skipped: 0, bad: [] };
	let shows = "";

	for (const file of [files].flat()) {
		const said = /\.mjs$/.test(file) ? await run("node", [`--test-reporter=${join(root, "tests/lib/tap.mjs")}`, "--test-reporter-destination=stdout", file])
			: /\.sql$/.test(file) ? await run("tests/run", ["-v", file]) : await run(join(root, file), [], { env: { CMOCKA_MESSAGE_OUTPUT: "TAP" } });
		const got = tap(said.stdout, only);

		shows += said.stdout.split("\n").filter((row) => /^ok \d/.test(row) && !/# SKIP/.test(row)).join("\n");

		if (said.code !== 0 && !/^not ok/m.test(said.stdout))
			got.bad.push(`${file} ended with ${said.code}: ${said.stderr.trim().slice(-300)}`);

		for (const key of ["all", "good", "skipped", "bad"])
			sum[key] = Array.isArray(sum[key]) ? sum[key].concat(got[key]) : sum[key] + got[key];
	}
	const value = `${sum.good}/${sum.all}${sum.skipped ? `, ${sum.skipped} skipped` : ""}`;
	const enough = sum.good >= least && rows >= 500 && must.every((word) => word.test(shows));

	return sum.bad.length === 0 && !enough && sum.skipped > 0 ? { value, skip: true, pass: true } : verdict(value, enough, sum.bad);
};
const line = (id, name, title, target, files, options = {}) => ({ id, name, title, target, build: ["plain", "widget"], run: shown(files, options) });

// --- cookies -------------------------------------------------------------------------------------

const SIGNS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

function forged(t, good, token) {
	const parts = good.split(".");
	const at = t.int(0, good.length - 1);
	const other = () => t.pick([...SIGNS]);
	const ways = [
		() => good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1),
		() => good.slice(0, at), () => good + other(), () => good.slice(at),
		() => parts.map((p, i) => (i === t.int(0, parts.length - 1) ? [...p].reverse().join("") : p)).join(".").replace(good, "x"),
		() => [parts[0], parts[1], token.split(".")[2], parts[3]].join("."), () => token,
		() => [parts[0], "k2", parts[2], parts[3]].join("."), () => [parts[0], parts[1], parts[2], ""].join("."),
		() => [parts[0], parts[1], "", parts[3]].join("."), () => good.replace("v1", "v0"), () => `${good}.${parts[3]}`,
		() => Array.from({ length: t.int(1, 400) }, other).join(""), () => `v1.k1.${Array.from({ length: 40 }, other).join("")}.${parts[3]}`,
	];

	// The last sign of a part may hold bits that mean nothing: another one is still no other cookie.
	for (;;) {
		const cookie = t.pick(ways)();

		if (cookie !== good)
			return cookie;
	}
}

async function cookies(t) {
	const s = await t.stack("cookies", { views: 1, moneys: 1, clerks: 1, set: { "view.deadline_ms": 5000 } });
	const reader = s.client();
	const why = [];
	let taken = 0;

	for (let i = 0; i < 3; i++)
		await reader.decide(`/cookie/${i}`, { section: "sport" });
	const { token } = await reader.decide("/cookie/4", { section: "sport" });
	const good = reader.jar.get("pledged");
	const before = await s.count("SELECT count(*) FROM pledged.reader");
	const n = t.n(10000, 300);

	for (let i = 0; i < n; i += 20) {
		await Promise.all(Array.from({ length: Math.min(20, n - i) }, async () => {
			const cookie = forged(t, good, token);
			const answer = (await s.request("/decide?a=/cookie/9&s=sport&l=en", { headers: { cookie: `pledged=${cookie}` } })).json();

			if (answer.articles > 1) {
				taken += 1;
				why.push(`taken: ${cookie}`);
			}
		}));
	}
	const rows = await s.count("SELECT count(*) FROM pledged.reader") - before;

	return verdict(`${taken} of ${n} taken, ${rows} rows`, taken === 0 && rows === 0, why.slice(0, 5));
}

// --- time, and bytes -----------------------------------------------------------------------------

async function time() {
	const { stdout, code } = await run("build/plain/bench/compare", []);
	const t = Object.fromEntries(stdout.trim().split("\n").map((row) => row.split(" ")).map(([name, square]) => [name, Math.round(Math.sqrt(Number(square)) * 10) / 10]));

	return { value: `t ${t.seal_equal}, of a whole cookie ${t.seal_open}, memcmp ${t.memcmp}`,
		pass: code === 0 && t.seal_equal < 10 && t.seal_open < 10 && t.memcmp > 10 }; // memcmp: the method sees a difference
}

// Two folders of different names, two zones, one and two jobs.
async function equal_builds() {
	const dir = await mkdtemp(join(tmpdir(), "pledged-repro-"));
	const sums = [];

	try {
		for (const [name, jobs, zone] of [["a", 1, "UTC"], ["another/folder", 2, "Asia/Tokyo"]]) {
			const at = join(dir, name);

			await mkdir(at, { recursive: true });
			await run("sh", ["-c", 'cp -r Makefile src sql conf deploy "$0"', at]);
			const made = await run("make", ["-C", at, `-j${jobs}`, "plain"], { env: { TZ: zone, B: "build" } });

			if (made.code !== 0)
				throw new Error(made.stderr.slice(-300));
			for (const program of ["pledged", "pledgectl"])
				sums.push([program, createHash("sha256").update(await readFile(join(at, "build/plain", program))).digest("hex")]);
		}
	} finally {
		await rm(dir, { recursive: true, force: true });
	}
	const same = sums[0][1] === sums[2][1] && sums[1][1] === sums[3][1];

	return verdict(same ? `equal, ${sums[0][1].slice(0, 16)}` : "different", same, same ? [] : sums.map((pair) => pair.join(" ")));
}

const BAD = readFileSync(join(root, "tests/table/bad_input.tsv"), "utf8").split("\n").filter((row) => row && !row.startsWith("#")).length;

export const lines = [
	line("C07", "badinput", `${BAD} bad inputs, byte for byte through nginx`, "500 and more, all as the table has it", "tests/walk/bad_input.test.mjs", { least: 5, rows: BAD }),
	line("C10", "redirects", "a hundred ways to send somebody elsewhere", "none", "tests/walk/edge_origin.test.mjs", { only: /elsewhere/ }),
	line("C11", "csrf", "Sec-Fetch-Site x Origin x type x method over every address that changes something", "all", "tests/walk/edge_origin.test.mjs",
		{ only: /refused to other|goes for our own|all cells/, least: 20 }),
	line("C12", "cors", "no word of CORS for anybody", "all", "tests/walk/edge_origin.test.mjs", { only: /another site read/ }),
	{ id: "C13", name: "cookies", title: "forged, cut, swapped and foreign cookies", target: "0 taken, 0 rows", short: true, run: cookies },
	{ id: "C14", name: "ct", title: "the time of seal_equal, by which all secrets are compared (lint/constant), and of a forged cookie tells nothing", target: "t below 10, memcmp's above", build: ["bench"], run: time },
	line("C16", "smuggle", "requests that two would read differently; headers that claim an address", "all", "tests/walk/edge_smuggle.test.mjs", { least: 30 }),
	line("C19", "xss", "words with markup on every page, in Chromium", "all", "tests/browser/hostile_copy.test.mjs", { least: 6 }),
	line("C20", "injection", "mail headers, log lines, formulas, terminals", "all", ["build/plain/unit/pay_mail_test", "build/plain/unit/base_log_test", "tests/walk/ctl_report.test.mjs"], { least: 10 }),
	line("C21", "logleak", "planted secrets and whole addresses in logs, tables, answers, reports", "0", ["tests/walk/secrets.test.mjs", "tests/walk/privacy_address.test.mjs"], { least: 15 }),
	line("D08", "checksec", "PIE, RELRO, BIND_NOW, canaries, FORTIFY, NX", "all", "tests/lint/binary", { least: 10 }),
	line("D09", "unit", "exposure of the systemd units", "at most 1.5", "tests/lint/units", { least: 5, must: [/exposure/i] }),
	line("D10", "sandbox", "what each role is refused, and what goes", "all", "tests/walk/sandbox.test.mjs", { least: 8, must: [/self-test/] }),
	line("D11", "roles", "60 forbidden statements as each login", "all refused", "tests/sql/40_forbidden.sql", { only: /pledged_/, least: 120 }),
	{ id: "D12", name: "repro", title: "two builds in two folders", target: "equal", run: equal_builds },
	line("D13", "sbom", "every library and every npm package", "all", "tests/lint/sbom", { least: 6 }),
	line("E06", "gdpr", "one person exported and erased, then looked for in every column of every table", "export complete, nothing left", "tests/walk/ctl_keep.test.mjs", { least: 5 }),
];
const injection = lines.find(({ id }) => id === "C20");

injection.build = ["plain", "widget", "unit"];
