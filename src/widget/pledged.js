// pledged.js: <pledged-prompt>, the browser's side of pledged. No framework, no storage of its own.
//
// A prompt that the server rendered (it holds a .pledged-form) is enhanced; an empty element with
// an `article` attribute asks /decide and builds the same markup. Whatever fails here stays quiet:
// the page is not ours, and the plain form works without us.
//
// Bubbling DOM events: pledged:decision, :seen, :closed, :clicked, :submitted, :error.

const DECIDE_MS = 3000;		// later than this nobody wants a prompt any more
const PLEDGE_MS = 20000;	// above the server's own deadline, which answers 202
const SEEN_MS = 1000;
const LANGS = ["en", "ru"];
const INTERVALS = ["once", "month", "year"];

let serial = 0;

/* ---- small words ---- */

// el: one element, its properties and its children; text is only ever text.
function el(name, attrs = {}, ...children) {
	const node = document.createElement(name);

	for (const [k, v] of Object.entries(attrs)) {
		if (v === true)
			node.setAttribute(k, "");
		else if (v !== false && v !== undefined && v !== null)
			node.setAttribute(k, v);
	}
	node.append(...children);
	return node;
}

function language(node) {
	const wish = node.getAttribute("locale") || node.lang ||
	    node.closest("[lang]")?.lang || navigator.language || "";
	const lang = wish.toLowerCase().split("-")[0];

	return LANGS.includes(lang) ? lang : "en";
}

// fill: "{d}" in a sentence becomes values.d
function fill(text, values) {
	return text.replace(/\{(\w)\}/g, (all, name) => values[name] ?? all);
}

function days(strings, lang, n) {
	const rule = new Intl.PluralRules(lang).select(n);

	return fill(strings.days[rule] ?? strings.days.other, { n });
}

// money: "10.00" as a reader writes it; Intl takes the decimal string, so nothing is rounded.
function money(lang, currency, amount) {
	const whole = !/\.\d*[1-9]/.test(amount);

	return new Intl.NumberFormat(lang, { style: "currency", currency,
		...(whole ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {}) }).format(amount);
}

function fraction_digits(currency) {
	return new Intl.NumberFormat("en", { style: "currency", currency })
	    .resolvedOptions().maximumFractionDigits;
}

// parse_amount: what a person typed, as the decimal string that /pledge takes; null if it is none.
function parse_amount(text, currency) {
	const plain = text.replace(/[\s\u00a0\u202f]/g, "").replace(",", ".");
	const digits = fraction_digits(currency);
	const shape = digits ? new RegExp(`^\\d{1,9}(\\.\\d{1,${digits}})?$`) : /^\d{1,9}$/;

	return shape.test(plain) && /[1-9]/.test(plain) ? plain : null;
}

function fresh_key() {
	const bytes = crypto.getRandomValues(new Uint8Array(18));

	return btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_");
}

// web_url: only an http(s) address is followed.
function web_url(text) {
	const url = new URL(text, location.href);

	if (url.protocol !== "https:" && url.protocol !== "http:")
		throw new TypeError("not a web address");
	return url.href;
}

// of_address: what the page's own address brings along. Anybody may have made it: what /decide would
// refuse is left out, or a link could switch the prompt off.
function of_address(name, bytes) {
	const text = new URLSearchParams(location.search).get(name) ?? "";
	const fits = new TextEncoder().encode(text).length <= bytes;

	return fits && !/[\p{C}\p{Zl}\p{Zp}]/u.test(text) ? text : "";
}

// page_facts: what /decide is told of the page beside article, section and language. Of the referrer
// the origin is enough.
function page_facts(node) {
	const said = Object.entries({ c: "consent", t: "tags", f: "flags", p: "published", w: "words", i: "account" })
	    .map(([name, attribute]) => [name, node.getAttribute(attribute)]);

	return [...said, ["u", of_address("utm_source", 64)], ["pass", of_address("pledged_pass", 200)],
		["r", document.referrer && new URL(document.referrer).origin]];
}

/* ---- building a prompt out of a /decide answer ---- */

function choice(name, value, label, checked) {
	return el("label", { class: "pledged-choice" },
	    el("input", { type: "radio", name, value, checked }), el("span", {}, label));
}

function amount_choices(list, wanted, say) {
	return [...list.map((a) => choice("amount", a, say.money(a), a === wanted)),
	    choice("amount", "other", say.s.other, wanted === "other")];
}

function field(id, label, attrs, extra = "") {
	return el("p", { class: `pledged-field${extra}` },
	    el("label", { for: id }, label), el("input", { id, ...attrs }));
}

function build_form(answer, say, n) {
	const p = answer.prompt;
	const given = INTERVALS.filter((i) => p.amounts[i]?.length);
	const pre = given.includes(p.preselect?.interval) ? p.preselect.interval : given[0];
	const list = p.amounts[pre];
	const amount = list.includes(p.preselect?.amount) ? p.preselect.amount : list[0];
	const form = el("form", { class: "pledged-form", method: "post", action: "/pledge" });

	for (const i of given)
		form.setAttribute(`data-${i}`, p.amounts[i].join(" "));
	form.append(
	    el("fieldset", { class: "pledged-set pledged-intervals" },
	        el("legend", {}, say.s.interval),
	        ...given.map((i) => choice("interval", i, say.s[i], i === pre))),
	    el("fieldset", { class: "pledged-set pledged-amounts" },
	        el("legend", {}, say.s.amount), ...amount_choices(list, amount, say)),
	    field(`pledged-other-${n}`, fill(say.s.other_label, { c: p.currency }),
	        { type: "text", name: "other_amount", inputmode: "decimal", autocomplete: "off",
	            maxlength: 12 }, " pledged-other"),
	    field(`pledged-email-${n}`, say.s.email,
	        { type: "email", name: "email", autocomplete: "email", maxlength: 254 }));
	const hidden = { currency: p.currency, campaign: answer.campaign, token: answer.token,
		locale: say.lang, key: p.key ?? fresh_key() };
	for (const [name, value] of Object.entries(hidden))
		if (value)
			form.append(el("input", { type: "hidden", name, value }));
	form.append(
	    el("p", { class: "pledged-actions" },
	        el("button", { class: "pledged-give", type: "submit" }, p.button || say.s.give)),
	    el("p", { class: "pledged-note" }, say.s.note));
	return form;
}

function build(answer, say) {
	const p = answer.prompt;
	const n = ++serial;
	const id = `pledged-h-${n}`;
	const wall = p.kind === "wall";
	const section = el("section",
	    { class: wall ? "pledged-wall" : "pledged-appeal", "aria-labelledby": id });

	if (p.topline && !wall)
		section.append(el("p", { class: "pledged-topline" },
		    el("a", { href: `#${id}` }, `${p.topline} `, el("b", {}, p.button || say.s.give))));
	section.append(el("h2", { class: "pledged-title", id, tabindex: -1 }, p.title));
	for (const text of (p.body || "").split(/\n\s*\n/))
		section.append(el("p", { class: "pledged-body" }, text));
	section.append(build_form(answer, say, n));
	return section;
}

// pushes_text: would new content here move what the reader is looking at?
function pushes_text(node) {
	const box = node.getBoundingClientRect();

	if (box.bottom < 0 || box.top > innerHeight)
		return false;
	for (let at = node; at && at !== document.body; at = at.parentElement)
		for (let next = at.nextElementSibling; next; next = next.nextElementSibling)
			if (next.getBoundingClientRect().height > 0)
				return true;
	return false;
}

function out_of_sight(node) {
	return new Promise((resolve) => {
		const eye = new IntersectionObserver((seen) => {
			if (seen.at(-1).isIntersecting)
				return;
			eye.disconnect();
			resolve();
		});
		eye.observe(node);
	});
}

/* ---- the element ---- */

class PledgedPrompt extends HTMLElement {
	#facts = {};		// what every DOM event tells: act, reason, campaign, variant
	#say = null;		// language, strings, money
	#token = null;
	#sent = new Set();	// events go out once each
	#busy = false;
	#unsure = null;		// body whose outcome is not known: other content needs another key
	#run = 0;		// a later page() makes an earlier answer void
	#eye = null;
	#top = null;

	connectedCallback() {
		if (document.readyState === "loading")
			document.addEventListener("DOMContentLoaded", () => this.#start(), { once: true });
		else
			this.#start();
	}

	disconnectedCallback() {
		this.#eye?.disconnect();
		this.#top?.remove();
	}

	// page: for sites that change pages without loading them.
	page(article, section) {
		this.#clear();
		this.setAttribute("article", article);
		if (section)
			this.setAttribute("section", section);
		return this.#start();
	}

	async #start() {
		const run = ++this.#run;

		if (!this.isConnected || this.hasAttribute("data-on"))
			return;
		try {
			if (!this.querySelector(".pledged-form") && !await this.#decide(run))
				return;
			await this.#speak(this.querySelector("[name=currency]")?.value ?? "EUR");
			if (run === this.#run && this.isConnected)
				this.#enhance();
		} catch (e) {
			this.#tell("error", { where: "start" });
		}
	}

	async #speak(currency) {
		const lang = language(this);
		const { default: s } = await import(`./strings.${lang}.js`);

		this.#say = { lang, s, money: (a) => money(lang, currency, a) };
	}

	#tell(name, detail = {}) {
		this.dispatchEvent(new CustomEvent(`pledged:${name}`,
		    { bubbles: true, composed: true, detail: { ...this.#facts, ...detail } }));
	}

	#clear() {
		this.disconnectedCallback();
		this.removeAttribute("data-on");
		this.removeAttribute("data-token");
		this.replaceChildren();
		this.#facts = {};
		this.#sent.clear();
		this.#busy = false;
		this.#unsure = null;
	}

	// send: one word for /event; the decision's token says whose.
	send(word) {
		if (!this.#token || this.#sent.has(word))
			return;
		this.#sent.add(word);
		const body = JSON.stringify({ d: this.#token, e: word });

		try {
			if (!navigator.sendBeacon?.("/event", body))
				fetch("/event", { method: "POST", body, keepalive: true }).catch(() => {});
		} catch (e) {
			/* an event that cannot leave is not the reader's trouble */
		}
	}

	/* -- asking -- */

	async #decide(run) {
		const article = this.getAttribute("article");

		if (!article)
			return false;
		const ask = new URLSearchParams({ a: article, s: this.getAttribute("section") ?? "",
			l: language(this) });

		for (const [name, value] of page_facts(this))
			if (value)
				ask.set(name, value);
		const reply = await fetch(`/decide?${ask}`, { headers: { Accept: "application/json" },
			cache: "no-store", signal: AbortSignal.timeout(DECIDE_MS) });

		if (!reply.ok)
			throw new Error("no decision");
		const answer = await reply.json();

		if (run !== this.#run || !this.isConnected)
			return false;
		this.#facts = { act: answer.act, reason: answer.reason, campaign: answer.campaign,
			variant: answer.variant, ...(answer.trace && { trace: answer.trace }) };
		if (answer.act === "open" || !answer.prompt) {
			this.#tell("decision", { articles: answer.articles });
			return false;
		}
		await this.#speak(answer.prompt.currency);
		const section = build(answer, this.#say);

		if (pushes_text(this))
			await out_of_sight(this);
		if (run !== this.#run || !this.isConnected)
			return false;
		this.#adopt(answer, section);
		return true;
	}

	#adopt(answer, section) {
		const p = answer.prompt;

		this.classList.add("pledged");
		this.lang = this.#say.lang;
		Object.assign(this.dataset, { token: answer.token, kind: p.kind,
			campaign: answer.campaign ?? "", variant: answer.variant ?? "" });
		if (p.kind !== "wall")
			Object.assign(this.dataset, { later: p.later ?? "", laterDays: p.later_days ?? "",
				closeDays: p.close_days ?? "" });
		this.replaceChildren(section);
	}

	/* -- enhancing -- */

	#enhance() {
		const form = this.querySelector(".pledged-form");
		const d = this.dataset;

		this.#token = d.token || null;
		if (!this.#facts.act)
			this.#facts = { act: d.kind === "wall" ? "wall" : "prompt", reason: d.reason ?? "campaign",
				campaign: d.campaign, variant: d.variant };
		this.#form(form);
		if (d.kind === "appeal")
			this.#way_out();
		this.setAttribute("data-on", "");
		this.#lift();
		if (d.kind !== "form")
			this.#tell("decision");
		if (this.#token)
			this.#watch(this.querySelector("section"));
	}

	// lift: the top line goes to the place that the page kept free for it; a line that would
	// stretch the place, and so move the page, is set smaller or else stays where it is.
	#lift() {
		const line = this.querySelector(".pledged-topline");
		const slot = document.querySelector(".pledged-top-slot");

		if (!line)
			return;
		line.querySelector("a").addEventListener("click", () => this.#clicked("topline"));
		if (!slot || slot.firstElementChild)
			return;
		const room = slot.offsetHeight;
		const home = line.nextSibling;
		const section = line.parentNode;

		slot.append(line);
		line.classList.toggle("pledged-tight", slot.offsetHeight > room);
		if (slot.offsetHeight > room) {
			line.classList.remove("pledged-tight");
			section.insertBefore(line, home);
			return;
		}
		this.#top = line;
	}

	#clicked(what) {
		this.send("clicked");
		this.#tell("clicked", { what });
	}

	// watch: seen is half of it, or half a screen of it, for a second in a visible tab.
	#watch(section) {
		let timer = 0;
		let inside = false;
		const look = () => {
			clearTimeout(timer);
			if (inside && document.visibilityState === "visible")
				timer = setTimeout(seen, SEEN_MS);
		};
		const seen = () => {
			this.#eye.disconnect();
			document.removeEventListener("visibilitychange", look);
			this.send("viewed");
			this.#tell("seen");
		};

		this.#eye = new IntersectionObserver((list) => {
			const at = list.at(-1);
			const was = inside;

			inside = at.isIntersecting && (at.intersectionRatio >= 0.5 ||
			    at.intersectionRect.height >= (at.rootBounds?.height ?? innerHeight) / 2);
			if (inside !== was)
				look();
		}, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] });
		this.#eye.observe(section);
		document.addEventListener("visibilitychange", look);
	}

	#way_out() {
		const { s, lang } = this.#say;
		const d = this.dataset;
		const row = el("p", { class: "pledged-ways" });
		const add = (word, label, done) => {
			const button = el("button", { type: "button", class: "pledged-way" }, label);

			button.addEventListener("click", () => this.#leave(word, done));
			row.append(button);
		};
		const later = d.laterDays && days(s, lang, Number(d.laterDays));
		const close = d.closeDays && days(s, lang, Number(d.closeDays));

		if (later)
			add("later", fill(s.later_for, { t: d.later || s.later, d: later }),
			    fill(s.later_done, { d: later }));
		if (close)
			add("closed", fill(s.close_for, { d: close }), fill(s.close_done, { d: close }));
		add("already_gave", s.already, s.already_done);
		this.querySelector("section").append(row);
	}

	#leave(word, sentence) {
		const note = el("p", { class: "pledged-left", role: "status", tabindex: -1 }, sentence);

		this.send(word);
		this.#eye?.disconnect();
		this.#top?.remove();
		this.replaceChildren(note);
		note.focus({ preventScroll: true });
		this.#tell("closed", { how: word });
	}

	/* -- the form -- */

	#form(form) {
		const other = form.elements.other_amount;

		form.noValidate = true;
		for (const radio of form.querySelectorAll("[name=interval]"))
			radio.addEventListener("change", () => this.#amounts(form, radio.value));
		other.addEventListener("input", () => {
			if (other.value)
				form.querySelector("[name=amount][value=other]").checked = true;
		});
		form.addEventListener("input", () => this.#forget(form));
		form.addEventListener("submit", (e) => {
			e.preventDefault();
			this.#submit(form);
		});
		// Back from the provider's page: the button works again.
		addEventListener("pageshow", (e) => {
			if (e.persisted)
				this.#rest(form);
		});
	}

	// amounts: each interval has its own list; the place in the list is kept.
	#amounts(form, interval) {
		const set = form.querySelector(".pledged-amounts");
		const old = [...set.querySelectorAll("[name=amount]")];
		const list = (form.getAttribute(`data-${interval}`) ?? "").split(" ").filter(Boolean);
		const at = old.findIndex((r) => r.checked);

		if (!list.length)
			return;
		const wanted = old[at]?.value === "other" ? "other" :
		    list[Math.min(Math.max(at, 0), list.length - 1)];

		for (const label of set.querySelectorAll(".pledged-choice"))
			label.remove();
		set.append(...amount_choices(list, wanted, this.#say));
	}

	// read: the form as /pledge's JSON, or null after saying what is missing.
	#read(form) {
		const value = (name) => form.elements[name]?.value ?? "";
		const currency = value("currency");
		const chosen = value("amount");
		const amount = chosen === "other" ? parse_amount(value("other_amount"), currency) : chosen;
		const email = value("email").trim();

		if (!amount)
			return this.#wrong(form, "amount", this.#say.s.err_amount);
		if (email && !form.elements.email.validity.valid)
			return this.#wrong(form, "email", this.#say.s.err_email);
		const body = { amount, currency, interval: value("interval") };

		for (const [k, v] of Object.entries({ email, campaign: value("campaign"),
			token: value("token"), locale: value("locale") }))
			if (v)
				body[k] = v;
		return body;
	}

	// key: one for the prompt. Only when an earlier try may have arrived and the reader has
	// changed the content since does the new content get a key of its own.
	#key(form, body) {
		const input = form.elements.key;

		if (!input.value || (this.#unsure && this.#unsure !== JSON.stringify(body)))
			input.value = fresh_key();
		return input.value;
	}

	async #submit(form) {
		if (this.#busy)
			return;
		this.#forget(form);
		const body = this.#read(form);

		if (!body)
			return;
		const key = this.#key(form, body);

		this.#work(form);
		this.#clicked("give");
		this.#unsure = JSON.stringify(body);
		try {
			const reply = await fetch("/pledge", { method: "POST", body: JSON.stringify({ ...body, key }),
				headers: { "Content-Type": "application/json", Accept: "application/json" },
				signal: AbortSignal.timeout(PLEDGE_MS) });
			const answer = await reply.json();

			if (reply.ok)
				this.#go(answer);
			else
				this.#refused(form, answer);
		} catch (e) {
			this.#rest(form);
			this.#wrong(form, null, this.#say.s.err_net);
			this.#tell("error", { where: "submit" });
		}
	}

	#go(answer) {
		const url = web_url(answer.url ?? `/pledge/${encodeURIComponent(answer.pledge)}`);

		this.#tell("submitted", { pledge: answer.pledge, status: answer.status,
			amount: answer.amount, currency: answer.currency, interval: answer.interval });
		location.assign(url);
	}

	#refused(form, problem) {
		const { s, lang } = this.#say;
		const slug = String(problem.type ?? "").split(":").pop();
		const name = ["amount", "other_amount"].includes(problem.field) ? "amount" :
		    problem.field === "email" ? "email" : null;
		const own = { amount: s.err_amount, email: s.err_email }[name] ?? s.err_net;
		const words = s.problems[slug] ?? (lang === "en" && problem.detail) ?? own;

		if (problem.status < 500)
			this.#unsure = null;
		this.#rest(form);
		this.#wrong(form, name, words || own);
		this.#tell("error", { where: "submit", problem: slug });
	}

	#work(form) {
		const button = form.querySelector(".pledged-give");

		this.#busy = true;
		button.setAttribute("aria-disabled", "true");
		button.setAttribute("data-label", button.textContent);
		button.textContent = this.#say.s.wait;
	}

	#rest(form) {
		const button = form.querySelector(".pledged-give");

		this.#busy = false;
		button.removeAttribute("aria-disabled");
		if (button.hasAttribute("data-label"))
			button.textContent = button.getAttribute("data-label");
		button.removeAttribute("data-label");
	}

	/* -- what is wrong, in words beside the field -- */

	#forget(form) {
		form.querySelector(".pledged-error")?.remove();
		for (const node of form.querySelectorAll("[aria-invalid]")) {
			node.removeAttribute("aria-invalid");
			node.removeAttribute("aria-describedby");
		}
	}

	#wrong(form, name, sentence) {
		const other = form.elements.amount?.value === "other";
		const group = form.querySelector(".pledged-amounts");
		const node = name === "email" ? form.elements.email :
		    name === "amount" ? (other ? form.elements.other_amount : null) : null;
		const id = `pledged-error-${++serial}`;
		const text = el("p", { class: "pledged-error", id, role: node ? false : "alert" }, sentence);

		if (node) {
			node.setAttribute("aria-invalid", "true");
			node.setAttribute("aria-describedby", id);
			node.after(text);
			node.focus();
		} else if (name === "amount") {
			group.after(text);
		} else {
			form.querySelector(".pledged-actions").before(text);
		}
		return null;
	}
}

if (!customElements.get("pledged-prompt"))
	customElements.define("pledged-prompt", PledgedPrompt);
