// field.js: a field with its label.

import { el, next_id } from "./dom.js";

export function field(label, attrs, extra = "") {
	const id = next_id("field");

	return el("p", { class: `pledged-field${extra}` }, el("label", { for: id }, label), el("input", { id, ...attrs }));
}

export function email_field(say, label) {
	return field(label, { type: "email", name: "email", autocomplete: "email", maxlength: 254 });
}
