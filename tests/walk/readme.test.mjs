// The goal: the nginx lines of README.md work as they stand there, on a site that has nothing but them.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer as createHttp } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

import { client } from "./lib/http.mjs";
import { root, stack } from "./lib/stack.mjs";
import { until } from "./lib/until.mjs";

const s = await stack({ name: "readme", views: 1, moneys: 1 });
const readme = await readFile(join(root, "README.md"), "utf8");
const [, block] = /```nginx\n(http \{[\s\S]*?)```/.exec(readme);
const [, include] = /```html\n([\s\S]*?)```/.exec(readme);

function free_port() {
	return new Promise((done) => {
		const server = createServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address();

			server.close(() => done(port));
		});
	});
}

const dir = await mkdtemp(join(tmpdir(), "pledged-readme-"));	// where nginx's own user may look
const port = await free_port();
const url = `http://127.0.0.1:${port}`;

await chmod(dir, 0o755);
await mkdir(join(dir, "site/news"), { recursive: true });
await mkdir(join(dir, "site/wall"), { recursive: true });
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
error_log ${s.dir}/log/readme.log; events {}
${block.replace("http {", `http { ${temps} access_log off; default_type text/html;`)
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

test("a pledge goes through", async () => {
	assert.equal((await client(url).pledge()).status, 201);
});

test("invariants", () => s.invariants());
