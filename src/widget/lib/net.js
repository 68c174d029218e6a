// net.js: what leaves the page.

const PLEDGE_MS = 20000;	// above the server's own deadline, which answers 202

// word: one word for /event; the decision's token says whose. Once a word, however many copies are on the page.
const sent = new Set();

export function word(token, e) {
	if (!token || sent.has(token + e))
		return;
	sent.add(token + e);
	const body = JSON.stringify({ d: token, e });

	try {
		if (!navigator.sendBeacon?.("/event", body))
			fetch("/event", { method: "POST", body, keepalive: true }).catch(() => {});
	} catch (e) {
		/* an event that cannot leave is not the reader's trouble */
	}
}

// post: the answer of one of our own addresses, and whether it is good.
export async function post(path, body) {
	const reply = await fetch(path, { method: "POST", body: JSON.stringify(body),
		headers: { "Content-Type": "application/json", Accept: "application/json" },
		signal: AbortSignal.timeout(PLEDGE_MS) });

	return { ok: reply.ok, answer: await reply.json() };
}

// look: how a pledge stands, by its token; null when nobody can tell now, undefined when there is none.
export async function look(pledge) {
	const reply = await fetch(`/pledge/${encodeURIComponent(pledge)}`, { headers: { Accept: "application/json" },
		cache: "no-store", signal: AbortSignal.timeout(PLEDGE_MS) });

	if (reply.status === 404)
		return undefined;
	return reply.ok ? reply.json() : null;
}

// gone: why the prompt of this token may not stay; null when it may, or nobody can tell.
export async function gone(token) {
	const reply = await fetch(`/still?${new URLSearchParams({ d: token })}`, { headers: { Accept: "application/json" },
		cache: "no-store", signal: AbortSignal.timeout(PLEDGE_MS) });
	const { still, reason } = reply.ok ? await reply.json() : { still: true };

	return still ? null : reason;
}

// web_url: only an http(s) address is followed.
export function web_url(text) {
	const url = new URL(text, location.href);

	if (url.protocol !== "https:" && url.protocol !== "http:")
		throw new TypeError("not a web address");
	return url.href;
}
