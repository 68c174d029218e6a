// pay.js: what it takes to pay, fetched when a reader touches the form: the other amount by the currency's rules, the
// cover of the fee, "monthly?", what is wrong in words beside the field, one pledge however often the button is
// pressed, and on to the provider's page.

import { cover, parse, rule, to_major, to_minor, total } from "./lib/amount.js";
import { button, el, next_id, parts, wrong } from "./lib/dom.js";
import { fresh_key, of_form } from "./lib/key.js";
import { load } from "./lib/load.js";
import { post, web_url } from "./lib/net.js";

const OWN = { fee_changed: "err_fee", amount_too_small: "err_too_small", amount_too_large: "err_too_large", rate_limited: "err_many",
	too_many: "err_many", form_shut: "err_shut", pay_off: "err_shut", form_stale: "err_net", puzzle_wanted: "err_many", risk_refused: "err_risk" };
const ROUNDS = 4;	// a form that is too young or too old, then a puzzle

export class Pay {
	gave = null;	// the pledge that was made here
	#form;
	#say;
	#offer;
	#hooks;
	#amounts;
	#busy = false;
	#unsure = null;	// what an earlier try sent, when it may have arrived
	#asked = false;	// whether "monthly?" was asked

	constructor(form, say, offer, hooks, amounts) {
		this.#form = form;
		this.#say = say;
		this.#offer = offer;
		this.#hooks = hooks;
		this.#amounts = amounts;
		for (const name of ["input", "change"])
			form.addEventListener(name, () => this.#changed());
		this.#hint();
		this.#show_cover();
	}

	#value(name) {
		return this.#form.elements[name]?.value ?? "";
	}

	get #currency() {
		return this.#value("currency") || "EUR";
	}

	// hint: between which amounts the other one lies, as far as that is known.
	#hint() {
		const other = this.#form.elements.other_amount;
		const { digits, least, most } = rule(this.#currency);
		const money = (minor) => this.#say.money(this.#currency, to_major(minor, digits));

		if (!other || most === null)
			return;
		const id = next_id("hint");

		other.setAttribute("aria-describedby", id);
		other.dataset.hint = id;
		other.after(parts(el("span", { class: "pledged-hint", id },
		    this.#say.t("between", { a: money(least), b: money(most) }))));
	}

	#changed() {
		this.#forget();
		this.#unstep();
		this.#show_cover();
	}

	#list(interval) {
		return (this.#form.getAttribute(`data-${interval}`) ?? "").split(" ").filter(Boolean);
	}

	// amount: as /pledge takes it, or what is wrong with it.
	#amount() {
		const chosen = this.#value("amount");

		return chosen === "other" ? parse(this.#value("other_amount"), this.#currency, this.#say.tag) :
		    chosen ? { amount: chosen } : { wrong: "err_amount" };
	}

	/* -- the cover of the fee -- */

	#sum(amount) {
		return total(amount, cover(amount, this.#offer.cover, this.#currency), this.#currency);
	}

	#show_cover() {
		const label = this.#form.querySelector(".pledged-cover");

		if (!label || !this.#offer.cover)
			return;
		const { amount } = this.#amount();
		const sum = label.querySelector(".pledged-cover-sum") ??
		    label.appendChild(el("span", { class: "pledged-cover-sum", part: "cover-sum" }));
		const extra = amount && cover(amount, this.#offer.cover, this.#currency);
		const money = (a) => this.#say.money(this.#currency, a);

		sum.textContent = !extra ? "" : `+ ${money(extra)} = ${money(this.#sum(amount))}`;
	}

	/* -- sending -- */

	// read: the form as /pledge's JSON, or null after saying what is missing.
	#read() {
		const { amount, wrong, values } = this.#amount();
		const email = this.#value("email").trim();

		if (wrong)
			return this.#wrong("amount", this.#explain(wrong, values));
		if (email && !this.#form.elements.email.validity.valid)
			return this.#wrong("email", this.#say.t("err_email"));
		const body = { amount, currency: this.#currency, interval: this.#value("interval") };
		const covered = this.#offer.cover && this.#form.elements.cover?.checked;
		const { digits, most } = rule(this.#currency);

		if (covered && most !== null && to_minor(this.#sum(amount), digits) > most)
			return this.#wrong("amount", this.#explain("err_large", { a: [this.#currency, to_major(most, digits)] }));
		for (const [k, v] of Object.entries({ email, campaign: this.#value("campaign"), token: this.#value("token"),
			locale: this.#value("locale") }))
			if (v)
				body[k] = v;
		if (covered) {
			body.cover = true;
			body.fee = `${this.#offer.cover.percent} ${this.#offer.cover.fixed}`;
		}
		return body;
	}

	// explain: why an amount is none; a count has its plural, an amount its currency.
	#explain(key, values = {}) {
		if (values.n)
			return this.#say.n(key, values.n);
		return this.#say.t(key, values.a && { a: this.#say.money(...values.a) });
	}

	// key: the form's. One that is no form's is for one content: when an earlier try may have arrived and the reader
	// has changed the content since, another one is taken.
	#key(body) {
		const input = this.#form.elements.key;

		if (!input.value || (!of_form(input.value) && this.#unsure && this.#unsure !== JSON.stringify(body)))
			input.value = fresh_key();
		return input.value;
	}

	async submit() {
		if (this.#busy)
			return;
		this.#forget();
		const body = this.#read();

		if (!body || this.#step(body))
			return;
		const key = this.#key(body);

		this.#work();
		this.#hooks.clicked();
		this.#unsure = JSON.stringify(body);
		try {
			const { ok, answer } = await this.#post({ ...body, key });

			if (ok)
				this.#go(answer);
			else
				this.#refused(answer);
		} catch (e) {
			this.rest();
			this.#wrong(null, this.#say.t("err_net"));
			this.#hooks.error({ where: "submit" });
		}
	}

	// post: with the form's ticket. Where that is no longer good, or a puzzle is asked for, the answer brings a fresh one:
	// the same gift goes once more, and the reader notices nothing but the wait.
	async #post(body) {
		let more = { ticket: this.#value("ticket") };

		for (let round = 1; ; round++) {
			const sent = Object.fromEntries(Object.entries(more).filter(([, v]) => v));
			const reply = await post("/pledge", { ...body, ...sent });
			const { ticket, wait_ms, puzzle } = reply.answer;

			if (reply.ok || !ticket || round === ROUNDS)
				return reply;
			const waited = new Promise((done) => setTimeout(done, wait_ms));

			if (this.#form.elements.ticket)
				this.#form.elements.ticket.value = ticket;
			const solver = puzzle && await load("puzzle").catch(() => null);

			if (puzzle && !solver)
				return this.#plainly();
			more = { ticket, proof: solver && await solver.solve(ticket, puzzle) };
			await waited;
		}
	}

	// plainly: the solver cannot be had: the plain form is asked to wait instead. The page goes, so nothing comes after.
	#plainly() {
		HTMLFormElement.prototype.submit.call(this.#form);
		return new Promise(() => {});
	}

	#go(answer) {
		const url = web_url(answer.url ?? `/pledge/${encodeURIComponent(answer.pledge)}`);

		this.gave = answer.pledge;
		this.#hooks.submitted({ pledge: answer.pledge, status: answer.status, amount: answer.amount,
			currency: answer.currency, interval: answer.interval });
		location.assign(url);
	}

	#refused(problem) {
		const say = this.#say;
		const slug = String(problem.type ?? "").split(":").pop();
		const name = ["amount", "other_amount"].includes(problem.field) ? "amount" :
		    problem.field === "email" ? "email" : null;
		const words = (say.lang === "en" && problem.detail) || (OWN[slug] && say.t(OWN[slug]));

		if (problem.status < 500)
			this.#unsure = null;
		this.rest();
		this.#wrong(name, words || say.t({ amount: "err_amount", email: "err_email" }[name] ?? "err_net"));
		this.#hooks.error({ where: "submit", problem: slug });
	}

	/* -- "make it monthly?" -- */

	// step: whether the question stands there now. Half of the gift or less, every month; else the smallest.
	#step(body) {
		const list = this.#list("month");

		if (!this.#offer.monthly || this.#asked || body.interval !== "once" || !list.length)
			return false;
		const { digits } = rule(this.#currency);
		const minor = (a) => to_minor(a, digits);
		const small = [...list].sort((a, b) => (minor(a) < minor(b) ? -1 : 1));
		const monthly = small.filter((a) => minor(a) * 2n <= minor(body.amount)).pop() ?? small[0];
		const id = next_id("step");
		const money = (a) => this.#say.money(this.#currency, body.cover ? this.#sum(a) : a);
		const actions = this.#form.querySelector(".pledged-actions");

		this.#asked = true;
		actions.hidden = true;
		actions.before(parts(el("div", { class: "pledged-step", role: "group", "aria-labelledby": id },
		    el("p", { id, tabindex: -1 }, this.#say.t("step")),
		    el("div", { class: "pledged-buttons" },
		        button(this.#say.t("step_yes", { a: money(monthly) }), "do", () => this.#monthly(monthly)),
		        button(this.#say.t("step_no", { a: money(body.amount) }), "do", () => this.submit())))));
		this.#form.querySelector(".pledged-step p").focus();	// not a button: Enter that is held down must not press one
		return true;
	}

	#monthly(amount) {
		const radio = this.#form.querySelector("[name=interval][value=month]");

		if (radio) {
			radio.checked = true;
			this.#amounts("month");
			this.#form.querySelector(`[name=amount][value="${CSS.escape(amount)}"]`).checked = true;
			this.#show_cover();
		}
		this.submit();
	}

	#unstep() {
		const step = this.#form.querySelector(".pledged-step");

		if (!step)
			return;
		step.remove();
		this.#asked = false;
		this.#form.querySelector(".pledged-actions").hidden = false;
	}

	/* -- working, and resting -- */

	#work() {
		const give = this.#form.querySelector(".pledged-give");

		this.#busy = true;
		this.#form.setAttribute("aria-busy", "true");
		for (const node of [give, ...this.#form.querySelectorAll(".pledged-step button")])
			node.setAttribute("aria-disabled", "true");
		give.dataset.label = give.textContent;
		give.textContent = this.#say.t("wait");
	}

	rest() {
		const give = this.#form.querySelector(".pledged-give");

		this.#busy = false;
		this.#form.removeAttribute("aria-busy");
		this.#unstep();
		this.#asked = false;
		give.removeAttribute("aria-disabled");
		if (give.dataset.label)
			give.textContent = give.dataset.label;
		delete give.dataset.label;
	}

	/* -- what is wrong -- */

	#forget() {
		this.#form.querySelector(".pledged-error")?.remove();
		for (const node of this.#form.querySelectorAll("[aria-invalid]")) {
			node.removeAttribute("aria-invalid");
			node.removeAttribute("aria-describedby");
			if (node.dataset.hint)
				node.setAttribute("aria-describedby", node.dataset.hint);
		}
	}

	#wrong(name, sentence) {
		const own = name === "email" ? "email" : name && this.#value("amount") === "other" ? "other_amount" : null;
		const node = own && this.#form.elements[own];

		wrong(node, sentence, name === "amount" ? this.#form.querySelector(".pledged-amounts") : null,
		    this.#form.querySelector(".pledged-actions"));
		return null;
	}
}
