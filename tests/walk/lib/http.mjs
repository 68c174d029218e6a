// http.mjs: a client as plain as a walk needs it: raw status, headers and body, no redirects followed,
// a cookie jar if wanted, kept connections for loads.

import http from "node:http";

const shared = new http.Agent({ keepAlive: true, maxSockets: 256 });

// agent: connections of one's own, for a load of n at once.
export function agent(n = 64) {
	return new http.Agent({ keepAlive: true, maxSockets: n });
}

// request: gives {status, headers, text, json()}; body may be text, bytes, or an object (sent as JSON),
// form an object (sent as a plain form).
export function request(base, path, { method, headers = {}, body, form, jar, agent: own = shared,
	timeout_ms = 60000 } = {}) {
	const url = new URL(path, base);
	const all = { ...headers };
	let bytes = body;

	if (form !== undefined) {
		bytes = new URLSearchParams(form).toString();
		all["content-type"] ??= "application/x-www-form-urlencoded";
	} else if (body !== undefined && typeof body === "object" && !Buffer.isBuffer(body)) {
		bytes = JSON.stringify(body);
		all["content-type"] ??= "application/json";
	}
	if (bytes !== undefined)
		all["content-length"] ??= Buffer.byteLength(bytes);
	if (jar && jar.size > 0)
		all.cookie ??= [...jar].map(([name, value]) => `${name}=${value}`).join("; ");
	return new Promise((done, fail) => {
		const req = http.request(url, { method: method ?? (bytes === undefined ? "GET" : "POST"), headers: all,
			agent: own }, (res) => {
			const parts = [];

			res.on("data", (part) => parts.push(part));
			res.on("error", fail);
			res.on("end", () => {
				const text = Buffer.concat(parts).toString();

				if (jar)
					keep(jar, res.headers["set-cookie"] ?? []);
				done({ status: res.statusCode, headers: res.headers, text, json: () => JSON.parse(text) });
			});
		});

		req.setTimeout(timeout_ms, () => req.destroy(new Error(`no answer within ${timeout_ms} ms: ${path}`)));
		req.on("error", fail);
		req.end(bytes);
	});
}

function keep(jar, lines) {
	for (const line of lines) {
		const [pair, ...attributes] = line.split(";").map((word) => word.trim());
		const at = pair.indexOf("=");
		const name = pair.slice(0, at);

		if (attributes.some((word) => /^max-age=0$/i.test(word)))
			jar.delete(name);
		else
			jar.set(name, pair.slice(at + 1));
	}
}

let keys = 0;

// key: what makes one pledge one pledge, as a browser would make it.
export function key() {
	return `walk-${process.pid}-${Date.now().toString(36)}-${(keys++).toString(36).padStart(4, "0")}`;
}

// client: one reader. get() and post() keep the cookie; decide(), event() and pledge() speak the interface.
export function client(base, { headers = {}, jar = new Map(), agent: own } = {}) {
	const send = (path, options = {}) => request(base, path, { jar, agent: own, ...options,
		headers: { ...headers, ...options.headers } });

	return {
		jar,
		get: send,
		post: (path, options) => send(path, { method: "POST", ...options }),
		async decide(article, { section = "news", locale = "en", consent } = {}) {
			const query = new URLSearchParams({ a: article, s: section, l: locale, ...(consent ? { c: consent } : {}) });
			const answer = await send(`/decide?${query}`, { headers: { accept: "*/*" } }); // as a script's fetch sends it

			return { ...answer.json(), status: answer.status };
		},
		event: (token, kind) => send("/event", { body: { d: token, e: kind },
			headers: { origin: base } }),
		pledge: (fields = {}, options = {}) => send("/pledge", {
			body: { amount: "25.00", currency: "EUR", interval: "once", key: key(), ...fields },
			...options,
			headers: { origin: base, ...options.headers },
		}),
		form: (fields = {}, options = {}) => send("/pledge", {
			form: { amount: "25.00", currency: "EUR", interval: "once", key: key(), ...fields },
			...options,
			headers: { origin: base, accept: "text/html", ...options.headers },
		}),
	};
}
