// decide.mjs: what the walks over decisions share: campaigns written in a line and published while the service
// runs, pages in all three forms that tell what was decided, and a service with both.

import assert from "node:assert/strict";
import { createHmac, randomBytes } from "node:crypto";
import { chmod, chown, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";

import { until } from "./until.mjs";
import { by_role, view_stack } from "./view.mjs";

// --- campaigns -----------------------------------------------------------------------------------

const AMOUNTS = { currency: "EUR", once: ["5.00", "10.00"], month: ["3.00"], preselect: { interval: "once", amount: "5.00" } };
export const text = (title, more) => ({ en: { topline: "Now", title, body: "Please give.", button: "Give", later: "Later", ...more } });
export const variant = (name, share = 100) => ({ variant: name, share, text: text(name) });
export const control = (name, share) => ({ variant: name, share, control: true });

// appeal: asks from the second article on, in the section of its own name, as often as it may.
export const appeal = (name, more = {}) => ({ campaign: name, site: "demo", kind: "appeal", priority: 100, start: "2026-01-01T00:00:00Z",
	target: { section: { in: [name] } }, amounts: AMOUNTS, variants: [variant("a")], ...more });
export const wall = (name, allowance, more = {}) => appeal(name, { kind: "wall", ...more,
	meter: { window: "month", allowance, then: "wall", ...more.meter } });
export const policy = (more = {}) => ({ campaign: "policy", site: "demo", kind: "policy", ...more });
export const NO_PAUSE = { close_days: 0, later_days: 0, already_gave_days: 0, never_days: 0 };
export const on = (section, more = {}) => ({ section: { in: [section] }, ...more });

let made = 0;

// folder: campaign files for pledgectl, which may run as somebody else.
export async function folder(s, docs) {
	const dir = await mkdtemp(join(tmpdir(), "pledged-campaigns-"));

	after(() => rm(dir, { recursive: true, force: true }));
	for (const doc of docs)
		await writeFile(join(dir, `${String(made++).padStart(4, "0")}.json`), typeof doc === "string" ? doc : JSON.stringify(doc));
	await chmod(dir, 0o755);
	return dir;
}

// loaded: every worker decides by what is published now.
export async function loaded(s) {
	const epoch = await s.one("SELECT epoch FROM pledged.epoch");

	await until(`all workers have the campaigns of epoch ${epoch}`, async () => (await s.log("view")).split("\n")
		.filter((line) => line.includes('"campaigns loaded"') && line.includes(`"epoch":${epoch},`)).length >= Number(s.env.VIEWS));
}

// publish: as an operator does it, and back when it holds everywhere.
export async function publish(s, ...docs) {
	const { code, stdout, stderr } = await s.ctl("campaign", "apply", await folder(s, docs));

	assert.equal(code, 0, stdout + stderr);
	await loaded(s);
	return stderr;
}

// --- who is signed in ----------------------------------------------------------------------------

const b64 = (value) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");

// jwt: as the site's own login makes it.
export function jwt(key, claims = {}, head = { alg: "HS256", typ: "JWT" }) {
	const body = `${b64(head)}.${b64({ aud: "demo", sub: "somebody", exp: Math.floor(Date.now() / 1000) + 3600, ...claims })}`;

	return `${body}.${createHmac("sha256", Buffer.from(key, "hex")).update(body).digest("base64url")}`;
}

// account_key: a key file that the view role alone may read; {file, hex}.
async function account_key() {
	const dir = await mkdtemp(join(tmpdir(), "pledged-account-"));
	const hex = randomBytes(32).toString("hex");
	const file = join(dir, "account.key");

	after(() => rm(dir, { recursive: true, force: true }));
	await writeFile(file, `a1:${hex}\n`, { mode: 0o600 });
	await chmod(dir, 0o755);
	if (process.getuid() === 0)
		await chown(file, 65534, 65534);
	return { file, hex };
}

// --- pages that tell -----------------------------------------------------------------------------

// Facts come from headers here, as they would from a site's own maps and locations.
const FACTS = ["tags", "flags", "published", "words", "country"];
const HTTP = `${FACTS.map((fact) => `map $http_walk_${fact} $pledged_${fact} { default $http_walk_${fact}; }`).join("\n")}
map $http_walk_locale $walk_locale { default $http_walk_locale; "" en; }
`;
const TOLD = ["act", "reason", "token", "articles", "left"].map((word) => `	add_header Told-${word} $pledged_${word} always;\n`).join("");
const SERVER = `
add_header Told-Upstream $upstream_status always;
location ~ ^/page/(?<walk_page>[a-z0-9-]+)/ {
	set $pledged_section $walk_page;
	set $pledged_locale $walk_locale;
	include pledged-gate.conf;
	auth_request_set $walk_upstream $upstream_status;
	add_header Told-Upstream $walk_upstream always;
${TOLD}	default_type text/html;
	error_page 403 = @walk_shut;
	try_files /404.html =404;
}
location @walk_shut {
	add_header Set-Cookie $pledged_cookie always;
	add_header Told-Upstream $walk_upstream always;
${TOLD}	default_type text/html;
	return 403 "shut";
}
location ~ ^/story/(?<walk_story>[a-z0-9-]+)/ {
	set $pledged_section $walk_story;
	set $pledged_locale $walk_locale;
	set $pledged_open @walk_open;
	set $pledged_wall @walk_wall;
	include pledged-read.conf;
}
location @walk_open {
	include pledged-page.conf;
	add_header Told-Upstream $upstream_status always;
${TOLD}	default_type text/html;
	return 200 "open";
}
location @walk_wall {
	include pledged-page.conf;
	add_header Told-Upstream $upstream_status always;
${TOLD}	default_type text/html;
	return 403 "shut";
}
`;

const QUERY = { tags: "t", flags: "f", published: "p", words: "w", source: "u", referrer: "r", locale: "l", account: "i", pass: "pass",
	consent: "c" };
const words = (pairs) => new URLSearchParams(Object.entries(pairs).filter(([, value]) => value !== undefined));

function told({ headers, status }) {
	const word = (name) => headers[`told-${name}`];
	const number = (name) => (word(name) ? Number(word(name)) : undefined);

	return { act: word("act"), reason: word("reason"), token: word("token"), articles: number("articles"), left: number("left"),
		shut: status === 403 };
}

// What nginx itself says when no role is there has no reason, or /decide's own.
const page = (root) => ({
	ask: (who, section, name, { source, pass, referrer, method, headers, ...facts }) => who.get(
		`/${root}/${section}/${name}?${words({ utm_source: source, pledged_pass: pass })}`, { method, headers: { ...headers,
			...(referrer ? { referer: referrer } : {}), ...Object.fromEntries(Object.entries(facts).map(([fact, value]) => [`walk-${fact}`, value])) } }),
	article: (section, name) => `/${root}/${section}/${name}`,
	own: ({ headers }) => headers["told-reason"] !== undefined,
	told,
});

// FORMS: the three ways in which a page is asked about.
export const FORMS = {
	decide: {
		ask: (who, section, name, { method, headers, country, ...facts }) => who.get(`/decide?${words({ a: `/decide/${section}/${name}`, s: section,
			...Object.fromEntries(Object.entries(facts).map(([fact, value]) => [QUERY[fact], value])) })}`,
		{ method, headers: { ...headers, ...(country ? { "walk-country": country } : {}) } }),
		article: (section, name) => `/decide/${section}/${name}`,
		own: by_role,
		told: ({ text: body, status }) => (body === "" ? {} : { ...JSON.parse(body), status }),
	},
	page: page("page"),
	story: page("story"),
};

// ask: one view of SECTION/NAME; gives what was decided, {article, own: a role answered, retried: nginx asked twice} and the answer.
export async function ask(who, form, section, name, facts = {}) {
	const answer = await FORMS[form].ask(who, section, name, facts);
	const own = FORMS[form].own(answer);

	return { article: FORMS[form].article(section, name), own, retried: /,/.test(answer.headers["told-upstream"] ?? ""), answer,
		...(own || answer.text.startsWith("{") ? FORMS[form].told(answer) : {}) };
}

// decide_stack: a service without a campaign, and with the pages above.
export async function decide_stack({ set, ...options }) {
	const account = await account_key();
	const s = await view_stack({ campaigns: "none", ...options, set: { "account.key_file": account.file, ...set } });

	for (const [file, conf] of [["extra-http.conf", HTTP], ["extra-server.conf", SERVER]]) {
		await writeFile(join(s.dir, "nginx", file), conf);
		await chmod(join(s.dir, "nginx", file), 0o644);
	}
	await s.role("nginx", "restart");
	await s.ready();
	s.account = account.hex;
	s.planted = [account.hex];
	return s;
}
