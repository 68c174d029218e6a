// build.mjs OUT [--strings DIR]: bundles the widget into OUT and tells what each file weighs; more than a file may
// weigh is an error. esbuild is the one of package-lock.json, or $ESBUILD.

import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { currencies } from "./currency.mjs";

const here = fileURLToPath(new URL(".", import.meta.url));
const esbuild = process.env.ESBUILD || join(here, "node_modules/.bin/esbuild");
const [word, ...more] = process.argv.slice(2);
const out = resolve(word);
const work = join(out, ".work");

// What a reader has to fetch, gzipped, in bytes. Styles travel inside the scripts; pledged.css is for pages.
const LIMITS = { "pledged.js": 2048, "prompt.js": 10240, "goal.js": 6144, "thanks.js": 6144, "remind.js": 3072, "pay.js": 6144, "puzzle.js": 1536, "dataLayer.js": 512,
	"pledged.css": 4096 };
const STRINGS_LIMIT = 3072;

const folders = [join(here, "strings"), ...more.filter((w) => w !== "--strings").map((w) => resolve(w))];
const strings = new Map(folders.flatMap((d) => readdirSync(d).filter((f) => f.endsWith(".js"))
    .map((f) => [f.slice(0, -3), join(d, f)])));
const say = async (lang) => (await import(strings.get(lang))).default;
const english = Object.keys(await say("en"));

// langs: which languages there are, and whether each says all that English says.
async function langs() {
	const list = {};

	for (const lang of [...strings.keys()].sort()) {
		const text = await say(lang);

		list[lang] = english.every((key) => key in text) ? 1 : 0;
	}
	return list;
}

function sources(dir) {
	return readdirSync(dir, { withFileTypes: true }).filter((f) => !["node_modules"].includes(f.name))
	    .flatMap((f) => (f.isDirectory() ? sources(join(dir, f.name)) : [join(dir, f.name)])).sort();
}

// version: of all of it together; a page never mixes two. It stands in the names of what the loader fetches. What a
// page itself names keeps its name.
function version() {
	const sum = createHash("sha256");

	for (const file of [...sources(here), ...strings.values(), join(here, "../core/currency.def")])
		sum.update(readFileSync(file));
	return sum.digest("hex").slice(0, 10);
}

function run(...args) {
	execFileSync(esbuild, [...args, "--minify", "--log-level=warning", "--charset=utf8", "--target=es2022"],
	    { stdio: ["ignore", "inherit", "inherit"] });
}

rmSync(out, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
writeFileSync(join(work, "currency.js"), `export default ${JSON.stringify(currencies())};\n`);
writeFileSync(join(work, "pledged.css"), `@import ${JSON.stringify(join(here, "style/prompt.css"))};
@import ${JSON.stringify(join(here, "style/page.css"))};\n`);
for (const name of ["prompt", "over"])
	run(join(here, `style/${name}.css`), `--outfile=${join(work, `${name}.css`)}`);
run(join(work, "pledged.css"), "--bundle", `--outfile=${join(out, "pledged.css")}`);

const PAGES = ["pledged", "dataLayer"];
const OURS = ["prompt", "pay", "puzzle", "remind", "goal", "thanks"];
const mark = version();
const define = { VERSION: JSON.stringify(mark), LANGS: JSON.stringify(await langs()) };

run(...[...PAGES, ...OURS].map((n) => join(here, `${n}.js`)), "--bundle", "--format=esm",
    `--outdir=${out}`, "--loader:.css=text", `--alias:pledged:currency=${join(work, "currency.js")}`,
    ...["prompt", "over"].map((n) => `--alias:pledged:${n}.css=${join(work, `${n}.css`)}`),
    ...Object.entries(define).map(([k, v]) => `--define:${k}=${v}`));
for (const [lang, file] of strings)
	run(file, `--outfile=${join(out, `strings.${lang}.${mark}.js`)}`);
for (const name of OURS)
	renameSync(join(out, `${name}.js`), join(out, `${name}.${mark}.js`));
rmSync(work, { recursive: true });

let over = false;

for (const name of readdirSync(out).sort()) {
	const bytes = gzipSync(readFileSync(join(out, name)), { level: 9 }).length;
	const limit = LIMITS[name.replace(`.${mark}.`, ".")] ?? STRINGS_LIMIT;

	over ||= bytes > limit;
	console.log(`${name.padEnd(24)} ${String(bytes).padStart(6)} bytes gzipped, at most ${limit}${bytes > limit ? "  TOO LARGE" : ""}`);
}
process.exitCode = over ? 1 : 0;
