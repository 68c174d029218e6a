// provider.mjs: the walk's hand on the stand-in provider: its hosted page, its books, its faults.

import { request } from "./http.mjs";
import { until } from "./until.mjs";

export function provider(base) {
	const call = async (method, path, body) => {
		const answer = await request(base, `/_/${path}`, { method, body });

		if (answer.status !== 200)
			throw new Error(`provider ${method} ${path}: ${answer.status} ${answer.text}`);
		return answer.json();
	};
	const press = (url, verb, form = {}) => request(base, `${new URL(url).pathname}/${verb}`,
		{ method: "POST", form });

	return {
		url: base,
		// What a donor does on the page that a pledge's url leads to; pay gives the 303.
		page: (url) => request(base, new URL(url).pathname),
		pay: (url, form) => press(url, "pay", form),
		delayed: (url, form) => press(url, "delayed", form),
		decline: (url, card) => press(url, "decline", card ? { card } : {}),
		cancel: (url) => press(url, "cancel"),
		press,

		ledger: () => call("GET", "ledger"),
		object: (id) => call("GET", `object?id=${encodeURIComponent(id)}`),
		requests: async (query = {}) => (await call("GET", `requests?${new URLSearchParams(query)}`)).requests,
		events: async (type) => (await call("GET", `events${type ? `?type=${type}` : ""}`)).events,
		deliveries: async () => (await call("GET", "deliveries")).deliveries,
		reset: () => call("POST", "reset"),

		fault: (...rules) => call("POST", "fault", { rules }),
		faults: async () => (await call("GET", "fault")).rules,
		no_faults: () => call("DELETE", "fault"),
		release: (name) => call("POST", "barrier", { name, release: true }),
		barriers: async () => (await call("GET", "barrier")).waiting ?? {},
		waiting: (name) => until(`somebody at barrier ${name}`,
			async () => JSON.stringify((await call("GET", "barrier")).waiting ?? null).includes(name)),

		webhooks: (mode) => call("POST", "webhooks", mode),
		resend: async (event, times = 1) => (await call("POST", "webhooks", { resend: event, times })).sent,
		clock: (to) => call("POST", "clock", to),
		settle: (session, outcome = "succeeded") => call("POST", "settle", { session, outcome }),
		// The next period of a subscription; an object says more: {invoice}, {due: true}, decline_code.
		renew: (what, outcome = "paid") => call("POST", "renew", typeof what === "object" ? what : { subscription: what, outcome }),
		// Sessions without their page: {session}, {sessions}, {open: n}; outcome or shares.
		pay_many: (what) => call("POST", "pay", what),
		card: (what) => call("POST", "card", what),
		warning: (what) => call("POST", "warning", what),
		fees: (set) => call("POST", "fees", set),
		dunning: (set) => call("POST", "dunning", set),
		shape: (set) => call("POST", "shape", set),
		stats: () => call("GET", "stats"),
		refund: (what) => call("POST", "refund", what),
		dispute: (what) => call("POST", "dispute", what),
		expire: (session) => call("POST", "expire", { session }),
		patch: (id, set, event) => call("POST", "patch", { id, set, event }),
		event: (what) => call("POST", "event", what),
		// The other one: its books, and what happens there ({do: "refund" | "chargeback" | "settle" | …}).
		mollie: (what) => call(what ? "POST" : "GET", "mollie", what),
	};
}
