// form.js: the form as it stands there: amounts by interval. What it takes to pay is fetched when a reader first
// touches the form; should that fail, the form is sent as the plain form that it is.

import { parts } from "./dom.js";
import { load } from "./load.js";
import { amount_choices } from "./markup.js";

export class Form {
	#form;
	#coming;
	#args;

	// hooks: clicked(), submitted(answer), error(detail)
	constructor(form, say, offer, hooks) {
		this.#form = form;
		this.#args = [form, say, offer, hooks, (interval) => this.#amounts(interval, say)];
		form.noValidate = true;
		for (const radio of form.querySelectorAll("[name=interval]"))
			radio.addEventListener("change", () => this.#amounts(radio.value, say));
		const other = form.elements.other_amount;

		other?.addEventListener("input", () => {
			if (other.value)
				form.querySelector("[name=amount][value=other]").checked = true;
		});
		for (const touch of ["focusin", "pointerdown"])
			form.addEventListener(touch, () => this.#pay(), { once: true });
		form.addEventListener("submit", (e) => {
			e.preventDefault();
			this.#submit();
		});
		if (offer.cover)
			this.#pay();
	}

	// amounts: each interval has its own list; the place in the list is kept.
	#amounts(interval, say) {
		const form = this.#form;
		const set = form.querySelector(".pledged-amounts");
		const list = (form.getAttribute(`data-${interval}`) ?? "").split(" ").filter(Boolean);
		const old = [...set.querySelectorAll("[name=amount]")];
		const at = old.findIndex((r) => r.checked);

		if (!list.length)
			return;
		const wanted = old[at]?.value === "other" ? "other" : list[Math.min(Math.max(at, 0), list.length - 1)];

		for (const label of set.querySelectorAll(".pledged-choice"))
			label.remove();
		set.append(...amount_choices(list, wanted, form.elements.currency?.value || "EUR", say).map(parts));
	}

	#pay() {
		return this.#coming ??= load("pay").then(({ Pay }) => (this.pay = new Pay(...this.#args))).catch(() => null);
	}

	async #submit() {
		const pay = await this.#pay();

		if (pay)
			pay.submit();
		else
			this.#form.submit();
	}
}
