// The goal: the nginx lines of README.md work as they stand there, on a site that has nothing but them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { client } from "./lib/http.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const dir = await mkdtemp(join(tmpdir(), "pledged-readme-"));	// where nginx's own user may look
const hex = randomBytes(32).toString("hex");

await chmod(dir, 0o755);
await writeFile(join(dir, "account.key"), `k1:${hex}\n`, { mode: 0o600 });
if (process.getuid() === 0)
	await chown(join(dir, "account.key"), 65534, 65534);

const s = await stack({ name: "readme", views: 1, moneys: 1, set: { "view.deadline_ms": 5000, "account.key_file": join(dir, "account.key") } });
const readme = await readFile(join(root, "README.md"), "utf8");
const [, block] = /```nginx\n([\s\S]*?)```/.exec(readme);
const [, include] = /```html\n([\s\S]*?)```/.exec(readme);

function free_port() {
	return new Promise((done) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();

			server.close(() => done(port));
		});
	});
}

const port = await free_port();
const url = `http://127.0.0.1:${port}`;

await mkdir(join(dir, "site/news"), { recursive: true });
await mkdir(join(dir, "site/wall"), { recursive: true });
for (const name of ["thanks", "contribute"]) {
	await mkdir(join(dir, `site/${name}`));
	await writeFile(join(dir, `site/${name}/index.html`), `<h1>${name}</h1>`);
}
await mkdir(join(dir, "tmp"), { recursive: true });
await chmod(join(dir, "tmp"), 0o777);
for (let n = 1; n <= 6; n += 1)
	await writeFile(join(dir, `site/news/a${n}.html`), `<h1>Article ${n}</h1><p>The body of article ${n}.</p>${include}`);
await writeFile(join(dir, "site/wall/en.html"), `<h1>A teaser</h1>${include}`);

// The application that gives out the stories; it keeps what it was asked for.
const asked = [];
const application = createHttp((req, res) => {
	asked.push(`${req.method} ${req.url}`);
	res.writeHead(200, { "content-type": "text/html", "set-cookie": "app=1" }).end(`<p>The body of ${req.url}.</p>${include}`);
}).listen(0, "127.0.0.1");

await once(application, "listening");
after(() => application.close());

const conf = join(s.dir, "nginx", "readme.conf");	// beside the files that it includes
const temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((t) => `${t}_temp_path ${dir}/tmp;`).join(" ");

await writeFile(conf, `daemon off; ${process.getuid() === 0 ? "user nobody nogroup;" : ""} pid ${dir}/tmp/pid;
error_log ${s.dir}/log/readme.log;
${block.replace("http {", `http { ${temps} access_log ${dir}/tmp/access.log; default_type text/html;`)
	.replaceAll("127.0.0.1:8000", `127.0.0.1:${application.address().port}`)
	.replace("server {", `server { listen 127.0.0.1:${port}; root ${dir}/site; absolute_redirect off;`)}`);

const nginx = spawn("/usr/sbin/nginx", ["-p", dir, "-c", conf], { stdio: "ignore" });

after(async () => {
	nginx.kill();
	await rm(dir, { recursive: true, force: true });
});
await until("nginx answers", async () => {
	try {
		return (await client(url).get("/decide?a=/x")).status === 200;
	} catch {
		return false;
	}
});

test("articles open, the second asks, the sixth is walled with a form, and its body stays", async () => {
	const reader = client(url);
	const pages = [];

	for (let n = 1; n <= 6; n += 1)
		pages.push(await reader.get(`/news/a${n}`));
	assert.deepEqual(pages.map((p) => p.status), [200, 200, 200, 200, 200, 403]);
	assert.doesNotMatch(pages[0].text, /pledged-prompt/);
	assert.match(pages[1].text, /<pledged-prompt[\s\S]*action="\/pledge"/);
	assert.match(pages[5].text, /A teaser[\s\S]*pledged-wall[\s\S]*action="\/pledge"/);
	assert.doesNotMatch(pages[5].text, /The body of article|include virtual/);
});

test("there is no way around the gate, and a page that is not there counts for nobody", async () => {
	const reader = client(url);

	assert.equal((await reader.get("/news/a1.html")).status, 301);
	assert.equal((await reader.get("/wall/en.html")).status, 404);
	assert.equal((await reader.get("/news/nothing")).status, 404);
	assert.equal(reader.jar.size, 0);
});

test("an application's stories go through the same gate and share its count", async () => {
	const reader = client(url);
	const pages = [];

	for (let n = 1; n <= 3; n += 1)
		pages.push(await reader.get(`/news/a${n}`));
	for (let n = 1; n <= 3; n += 1)
		pages.push(await reader.get(`/story/${n}?page=2&x=%20`));
	assert.deepEqual(pages.map((p) => p.status), [200, 200, 200, 200, 200, 403]);
	assert.match(pages[4].text, /The body of \/story\/2[\s\S]*<pledged-prompt[\s\S]*action="\/pledge"/);
	assert.match(pages[5].text, /A teaser[\s\S]*pledged-wall[\s\S]*action="\/pledge"/);
	assert.deepEqual(asked, ["GET /story/1?page=2&x=%20", "GET /story/2?page=2&x=%20"], "not asked for a walled page");
	for (const page of pages)
		assert.match(page.headers["cache-control"], /^private, no-cache$/);
	const fresh = await client(url).get("/story/7");

	assert.deepEqual(fresh.headers["set-cookie"].map((line) => line.split("=")[0]).sort(), ["app", "pledged"]);
	await s.role("view", "stop");
	assert.match((await reader.get("/story/8?page=3")).text, /The body of \/story\/8\?page=3/, "nobody there: open");
	await s.role("view", "start");
	await s.ready();
});

test("a debug link tells what ended each campaign, in every form of the gate; nobody else is told", async () => {
	const pass = (await s.ctl("debug")).stdout.trim();
	const reader = client(url);
	const traces = [];

	for (const path of ["/news/a1", "/story/1", "/news/a2", "/news/a3", "/news/a4", "/news/a5"])
		traces.push((await reader.get(`${path}?pledged_pass=${pass}`)).headers["pledged-trace"]);
	for (const [i, line] of traces.entries())
		assert.match(line, i === 5 ? /^meter=meter_wall 6\/5$/ : RegExp(`^meter=meter_left ${i + 1}/5; .*=${i === 0 ? "first_view" : "campaign"}$`));
	for (const path of ["/news/a1", "/story/1", "/news/a5", `/news/a1?pledged_pass=${pass.slice(0, -1)}`])
		assert.equal((await reader.get(path)).headers["pledged-trace"], undefined);
	const link = (await s.ctl("debug", "--page", `${url}/news/a1?x=1`)).stdout.trim();

	assert.match(link, /\/news\/a1\?x=1&pledged_pass=v1\./);
	assert.match((await reader.get(link.slice(url.length))).headers["pledged-trace"], /^meter=/);
});

test("the consent tool's cookie is heard at the gate, and who takes it back is forgotten", async () => {
	const reader = client(url);
	const [, body] = /fetch\("\/consent", \{ method: "POST", body: '([^']*)'/.exec(readme);

	reader.jar.set("consent", "no");
	await reader.get("/news/a1");
	assert.equal(reader.jar.has("pledged"), false);
	reader.jar.set("consent", "yes");
	for (const n of [1, 2])
		await reader.get(`/news/a${n}`);
	assert.equal(reader.jar.has("pledged"), true);
	const { pledged } = Object.fromEntries(reader.jar);

	assert.equal((await reader.post("/consent", { body, headers: { origin: url, "content-type": "text/plain;charset=UTF-8" } })).status, 204);
	reader.jar.set("pledged", pledged);
	assert.equal((await reader.get("/decide?a=/x")).json().articles, 1, "the row is gone");
});

test("a token that is signed as the README does holds, and no other", async () => {
	const [, code] = /```js\n([\s\S]*?)```/.exec(readme);
	const { account } = await import(`data:text/javascript,${encodeURIComponent(`import { createRequire } from "node:module";
		const require = createRequire("/"); ${code} export { account };`)}`);
	const rejected = async () => Number(/pledged_account_rejected_total (\d+)/.exec((await s.client().get("/metrics")).text)[1]);
	const reader = client(url);

	for (const [site, by, n] of [["demo", hex, 0], ["demo", randomBytes(32).toString("hex"), 1], ["other", hex, 2]]) {
		reader.jar.set("pledged_account", account(site, by));
		await reader.get("/news/a1");
		assert.equal(await rejected(), n);
	}
});

test("the pages that donors come back to keep the token in the address to themselves", async () => {
	const token = randomBytes(24).toString("base64url");

	for (const name of ["thanks", "contribute"]) {
		const page = await client(url).get(`/${name}/?p=${token}`);

		assert.deepEqual([page.status, page.text], [200, `<h1>${name}</h1>`]);
		assert.match(page.headers["cache-control"], /no-store/);
		assert.equal(page.headers["referrer-policy"], "strict-origin");
		assert.equal((await client(url).get(`/${name}/x?p=`)).status, 404);
	}
	const log = await until("the log is written", async () => {
		const text = await readFile(join(dir, "tmp/access.log"), "utf8");

		return text.includes("/contribute/x?p=") && text;
	});

	assert.ok(!log.includes(token));
	assert.ok(!(await readFile(join(s.dir, "log/readme.log"), "utf8")).includes(token));
});

test("a pledge goes through", async () => {
	assert.equal((await client(url).pledge()).status, 201);
});

test("invariants", () => s.invariants());
