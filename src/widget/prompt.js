// prompt.js: the prompt itself, fetched when one is due. mount() takes a place in the page and either the answer of
// /decide or the markup that the server put there, and shows it in the campaign's format.

import CSS from "pledged:prompt.css";
import OVER from "pledged:over.css";
import { el, parts, root } from "./lib/dom.js";
import { Form } from "./lib/form.js";
import { section as build } from "./lib/markup.js";
import { gone, look, word } from "./lib/net.js";
import { of_answer, of_markup } from "./lib/offer.js";
import { not_typing, out_of_sight, pushes_text, seen } from "./lib/seen.js";
import { bar, dialog, lift, line } from "./lib/shape.js";
import { thank } from "./lib/thank.js";
import { ways } from "./lib/ways.js";
import { is_rtl, words } from "./lib/words.js";

const STYLE = CSS + OVER;
const GAVE = ["paid", "processing"];
const here = new Set();	// the prompts on this page

class Prompt {
	#end = new AbortController();
	#unwatch;
	#over = [];	// what we put elsewhere in the page: functions that take it away
	#left = false;

	constructor(host, say, offer, answer) {
		const { act = offer.kind === "wall" ? "wall" : "prompt", reason = host.dataset.reason ?? "campaign" } = answer ?? {};

		Object.assign(this, { host, say, offer, style: STYLE,
			facts: { act, reason, campaign: offer.campaign, variant: offer.variant, format: offer.format } });
		this.section = answer ? build(answer, say) : host.querySelector("section");
		this.section.dir = is_rtl(this.section.lang || host.lang || say.tag) ? "rtl" : "ltr";
		here.add(this);
	}

	tell(name, detail = {}) {
		this.host.tell(name, { ...this.facts, ...detail });
	}

	word(e) {
		word(this.offer.token, e);
	}

	clicked(what) {
		this.word("clicked");
		this.tell("clicked", { what });
	}

	/* -- coming -- */

	show(rendered) {
		const { host, offer, section } = this;
		const inside = section.contains(document.activeElement) && document.activeElement;

		this.root = root(host, this.style);
		this.form = new Form(section.querySelector(".pledged-form"), this.say, offer, {
			clicked: () => this.clicked("give"), submitted: (d) => this.tell("submitted", d),
			error: (d) => this.tell("error", d) });
		if (offer.kind === "appeal")
			this.#ways(ways(offer, this.say, (...how) => this.leave(...how)));
		parts(section);
		this.#place();
		inside && inside.focus({ preventScroll: true });	// who was typing already goes on
		host.setAttribute("data-on", "");
		if (rendered && offer.kind !== "form")
			this.tell("decision");
		addEventListener("pageshow", (e) => e.persisted && this.#back(), { signal: this.#end.signal });
	}

	// The server's own row, a plain form, gives way.
	#ways(row) {
		const old = this.section.querySelector(".pledged-ways");

		if (old)
			old.replaceWith(row);
		else
			this.section.append(row);
	}

	#place() {
		const { host, offer, section } = this;
		const shape = { line, bar }[offer.format];

		if (shape && offer.kind === "appeal")
			return this.#watch(shape(this));
		if (offer.format === "modal") {
			this.ask();
			return this.#watch(section);
		}
		if (offer.kind === "wall" && host.querySelector("[slot=teaser]"))
			this.root.append(el("div", { class: "pledged-teaser", part: "teaser" }, el("slot", { name: "teaser" })));
		if (offer.format === "inline")
			section.querySelector(".pledged-topline")?.remove();
		this.root.append(section);
		if (offer.format === "appeal")
			lift(this);
		return this.#watch(section);
	}

	#watch(node) {
		if (!this.offer.token)
			return;
		this.#unwatch = seen(node, () => {
			this.word("viewed");
			this.tell("seen");
		});
	}

	// over: what stands outside of the host; it goes with the prompt.
	over(undo) {
		this.#over.push(undo);
	}

	// ask: the appeal in a dialog. Closing it is "closed" only where it came by itself.
	ask() {
		this.dialog ??= dialog(this, () => {
			if (this.offer.format === "modal" && !this.#left)
				this.leave("closed");
			if (this.#left && here.has(this))
				this.end();
		});
		if (!this.dialog.open)
			this.dialog.showModal();
	}

	/* -- going -- */

	// leave: a way out was taken; without a sentence it is closed at once.
	leave(how, sentence, detail = {}) {
		this.#left = true;
		if (!detail.remind)
			this.word(how);
		this.#unwatch?.();
		this.#take_away();
		this.tell("closed", { how, ...detail });
		for (const other of [...here])
			if (other !== this && other.offer.token && other.offer.token === this.offer.token)
				other.end();
		if (sentence)
			this.#note(sentence);
		else if (!this.dialog?.open)
			this.end();
	}

	#note(sentence) {
		const note = parts(el("p", { class: "pledged-left", role: "status", tabindex: -1, dir: this.say.dir,
			lang: this.say.tag }, sentence));

		this.section.replaceWith(note);
		this.dialog?.removeAttribute("aria-labelledby");
		this.dialog?.setAttribute("aria-label", sentence);
		note.focus({ preventScroll: true });
	}

	#take_away() {
		for (const undo of this.#over.splice(0))
			undo();
	}

	// back: from the provider's page, as the browser kept ours. Who gave is thanked, and not asked again.
	async #back() {
		this.form.pay?.rest();
		try {
			const gave = this.form.pay?.gave;
			const pledge = gave && await look(gave);

			if (!GAVE.includes(pledge?.status))
				return await this.#still();
			if (this.#left)
				return;
			this.#left = true;
			this.#take_away();
			this.#note(this.say.t("thanks_title"));
			thank(this.host, gave, pledge, this.facts);
		} catch (e) {
			/* then it is asked still */
		}
	}

	// still: what the reader did on other pages meanwhile, this one has not heard: that they gave, signed in, or do not
	// want to be asked.
	async #still() {
		const reason = this.#left || !this.offer.token ? null : await gone(this.offer.token);

		if (!reason || this.#left)
			return;
		this.end();
		this.tell("decision", { act: "open", reason, supporter: reason === "supporter" });
		if (this.offer.kind === "wall")
			location.reload();	// what it stood before is not on this page
	}

	// end: nothing of it stays on the page.
	end() {
		const { host } = this;

		this.#left = true;	// a dialog that goes with the page was not closed by the reader
		here.delete(this);
		this.#end.abort();
		this.#unwatch?.();
		this.#take_away();
		this.dialog?.close();
		this.root.replaceChildren(el("slot"));
		for (const { name } of [...host.attributes])
			if (name.startsWith("data-"))
				host.removeAttribute(name);
	}
}

export async function mount(host, answer, alive) {
	const say = await words(host);
	const offer = answer ? of_answer(answer) : of_markup(host);
	const waits = ["appeal", "inline"].includes(offer.format);	// the others lie over the page, or stand where it ends

	if (answer && waits && pushes_text(host))
		await out_of_sight(host);
	if (offer.format === "modal")
		await not_typing();
	if (!alive())
		return null;
	const prompt = new Prompt(host, say, offer, answer);

	prompt.show(!answer);
	return () => prompt.end();
}
