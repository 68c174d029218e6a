// manage.mjs: a donor as a browser without scripts would be: asks for a link, opens it, presses the buttons of the page.

import assert from "node:assert/strict";

export const HTML = { accept: "text/html,application/xhtml+xml" };

let networks = 0;

// elsewhere: the walk's stack believes this header (real_ip), so that limits meet only whom they should.
export const FROM = "x-test-address";
export const elsewhere = () => ({ [FROM]: `10.${++networks}.7.1` });

export const ask = (s, who, email, { locale = "en", headers = {} } = {}) => who.post("/manage/ask", { form: { email, locale },
	headers: { origin: s.url, ...HTML, ...elsewhere(), ...headers } });

// mailed: the path of the newest link that waits for an address; its token is a secret from now on.
export async function mailed(s, email) {
	const body = await s.one(`SELECT body FROM pledged.mail_out WHERE kind = 'manage' AND lower(recipient) = lower('${email}') ORDER BY mail_id DESC LIMIT 1`);
	const found = /(\/manage\/([\w-]{43}))\n/.exec(body ?? "");

	assert.ok(found, `a link for ${email}`);
	(s.planted ??= []).push(found[2]);
	return found[1];
}

export const press = (s, who, path, form = {}, headers = {}) => who.post(path, { form, headers: { origin: s.url, ...HTML, ...headers } });

export const page = async (who, query = "") => {
	const answer = await who.get(`/manage${query}`, { headers: HTML });

	return Object.assign(answer, { forms: forms_of(answer.text) });
};

// visit: a browser with an open visit; gives its page.
export async function visit(s, who, email, options) {
	assert.equal((await ask(s, who, email, options)).status, 202);
	const path = await mailed(s, email);

	assert.equal((await who.get(path, { headers: HTML })).status, 200);
	const opened = await press(s, who, path);

	assert.equal(opened.status, 303, opened.text);
	assert.equal(opened.headers.location, "/manage");
	return page(who);
}

const plain = (text) => text.replace(/&amp;/g, "&").replace(/&quot;/g, '"').replace(/&#39;/g, "'");

// forms_of: each form of a page: where it leads, its hidden fields, and its choices.
export function forms_of(html) {
	return [...html.matchAll(/<form [^>]*action="([^"]+)"[^>]*>([^]*?)<\/form>/g)].map(([, action, inside]) => ({ action,
		fields: Object.fromEntries([...inside.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(([, k, v]) => [k, plain(v)])),
		inside }));
}

// wish: the form of a kind on a page; n of several gifts.
export const wish = (shown, kind, n = 0) => shown.forms.filter((f) => f.action === "/manage/wish" && (f.fields.do === kind
	|| (!f.fields.do && f.inside.includes(`value="${kind}"`))))[n];

export const send = (s, who, form, more = {}, headers = {}) => press(s, who, form.action, { ...form.fields, ...more }, headers);
