// pledged.js: the loader: all that a page needs while nobody is asked. It finds the elements, asks /decide where
// no server has decided yet, and fetches the rest only when there is something to show. Whatever fails here stays
// quiet: the page is not ours.

import { load } from "./lib/load.js";

const LATE_MS = 3000;	// later than this nobody wants a prompt any more
const PROMPT = "pledged-prompt";
const asked = new Map();	// article → the promised decision, one for all copies on the page
let wish;	// what the reader lets be stored, as consent() was told

const copies = () => [...document.querySelectorAll(PROMPT)];

export function language(node) {
	return node.getAttribute("locale") || node.closest("[lang]")?.lang || navigator.language || "en";
}

// of_address: what the page's own address brings along. Anybody may have made it: what /decide would
// refuse is left out, or a link could switch the prompt off.
function of_address(name, bytes) {
	const text = new URLSearchParams(location.search).get(name) ?? "";
	const fits = new TextEncoder().encode(text).length <= bytes;

	return fits && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text) ? text : "";
}

// ask: what /decide is told of the page. Of the referrer the origin is enough.
async function ask(node) {
	const of = (name) => node.getAttribute(name);
	const facts = { a: of("article"), s: of("section"), l: language(node), c: wish ?? of("consent"), t: of("tags"),
		f: of("flags"), p: of("published"), w: of("words"), i: of("account"), u: of_address("utm_source", 64),
		pass: of_address("pledged_pass", 200), r: document.referrer && new URL(document.referrer).origin };

	for (const name in facts)
		if (!facts[name])
			delete facts[name];
	// A page that is only made ready has no reader yet.
	if (document.prerendering)
		await new Promise((done) => document.addEventListener("prerenderingchange", done, { once: true }));
	const reply = await fetch(`/decide?${new URLSearchParams(facts)}`, { headers: { Accept: "application/json" },
		cache: "no-store", signal: AbortSignal.timeout(LATE_MS) });

	if (!reply.ok)
		throw reply.status;
	return reply.json();
}

// seat: of several copies the one that shows the prompt: the first that names the format, else the first that
// names none.
function seat(article, format) {
	const free = copies().filter((c) => c.getAttribute("article") === article && !c.dataset.kind);

	return free.find((c) => c.getAttribute("formats")?.split(" ").includes(format)) ??
	    free.find((c) => !c.hasAttribute("formats")) ?? (format ? undefined : free[0]);
}

class Prompt extends HTMLElement {
	#run = 0;
	#shown;

	connectedCallback() {
		if (!this.#shown)
			this.#start();
	}

	// A node that is only moved is back before this looks.
	disconnectedCallback() {
		const article = this.getAttribute("article");

		queueMicrotask(() => {
			if (this.isConnected)
				return;
			this.#clear();
			if (!copies().some((c) => c.getAttribute("article") === article))
				asked.delete(article);
		});
	}

	page(article, section) {
		return page(article, section);
	}

	// turn, go: page() for this copy, after which all of them start. What was asked on the last page goes, also what
	// the server put there and no script has taken over yet.
	turn(article, section) {
		this.#clear();
		if (this.dataset.kind)
			this.querySelector("section")?.remove();
		for (const name in this.dataset)
			delete this.dataset[name];
		this.setAttribute("article", article);
		if (section)
			this.setAttribute("section", section);
	}

	go() {
		return this.#start();
	}

	tell(name, detail) {
		this.dispatchEvent(new CustomEvent(`pledged:${name}`, { bubbles: true, composed: true, detail }));
	}

	#clear() {
		this.#run++;
		this.#shown?.();
		this.#shown = null;
	}

	async #start() {
		const run = ++this.#run;
		const alive = () => run === this.#run && this.isConnected;

		try {
			let answer = null;

			if (!this.querySelector(".pledged-form")) {
				answer = await this.#decide(alive);
				if (!answer)
					return;
			}
			const { mount } = await load("prompt");
			const shown = alive() && await mount(this, answer, alive);

			if (shown && !alive())
				shown();
			else
				this.#shown = shown;
		} catch (e) {
			const article = this.getAttribute("article");

			// Told once: the other copies find that it was taken away.
			if (asked.delete(article) || !article)
				this.tell("error", { where: "start" });
		}
	}

	// decide: the answer when there is something to show in this copy.
	async #decide(alive) {
		const article = this.getAttribute("article");

		// Where the server has put a prompt into the page, it has decided.
		if (!article || document.querySelector(`${PROMPT}[data-token]`))
			return null;
		if (!asked.has(article))
			asked.set(article, ask(this));
		const answer = await asked.get(article);

		if (!alive() || seat(article, answer.prompt?.format) !== this)
			return null;
		const { act, reason, campaign, variant, articles, left, supporter, trace, prompt } = answer;

		this.tell("decision", { act, reason, campaign, variant, articles, left, supporter, trace, format: prompt?.format });
		return act !== "open" && prompt ? answer : null;
	}
}

// page: for sites that change pages without loading them; all copies move on together.
export function page(article, section) {
	const all = copies();

	asked.clear();
	for (const c of all)
		c.turn?.(article, section);
	return Promise.all(all.map((c) => c.go?.()));
}

// consent: one call for the site's consent tool: none, counting or full. The server forgets, and what is decided
// from now on knows.
export function consent(c) {
	wish = c;
	return fetch("/consent", { method: "POST", body: JSON.stringify({ c }), keepalive: true }).then((r) => r.ok, () => false);
}

// A header link: it holds the site's own <a>. Supporters read the attribute `thanks` there, and go where `manage` says.
class Link extends HTMLElement {
	connectedCallback() {
		if (this.hasAttribute("supporter"))
			this.#thank();
		for (const name of ["decision", "thanks"])
			document.addEventListener(`pledged:${name}`, this);
	}

	disconnectedCallback() {
		for (const name of ["decision", "thanks"])
			document.removeEventListener(`pledged:${name}`, this);
	}

	handleEvent(e) {
		if (e.detail.supporter || e.type === "pledged:thanks")
			this.#thank();
	}

	#thank() {
		const a = this.querySelector("a");
		const thanks = this.getAttribute("thanks");

		if (!a || !thanks)
			return;
		a.textContent = thanks;
		a.href = this.getAttribute("manage") ?? "/manage";
	}
}

// later: an element whose code is fetched where a page has one.
const later = (name) => class extends HTMLElement {
	#shown;

	async connectedCallback() {
		try {
			const { mount } = await load(name);

			if (this.isConnected)
				this.#shown ??= mount(this);
		} catch (e) {
			/* the page goes on without it */
		}
	}

	disconnectedCallback() {
		this.#shown?.();
		this.#shown = null;
	}
};

if (!customElements.get(PROMPT)) {
	customElements.define("pledged-link", Link);
	customElements.define(PROMPT, Prompt);
	customElements.define("pledged-goal", later("goal"));
	customElements.define("pledged-thanks", later("thanks"));
	// For sites whose scripts are no modules.
	globalThis.pledged = { page, consent };
}
