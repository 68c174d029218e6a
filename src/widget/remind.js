// remind.js: the form for a reminder by e-mail, fetched when somebody asks for it.

import { button, el, next_id, parts, wrong } from "./lib/dom.js";
import { email_field } from "./lib/field.js";
import { post } from "./lib/net.js";

const ARTICLES = [3, 5, 10, 20];

// months: twelve, as /remind takes them, from the first that the server named: it knows the site's calendar, and a
// reader's clock may be wrong.
function months(from) {
	const now = new Date();
	const [, year, month] = /^(\d{4})-(\d\d)$/.exec(from) ?? [0, now.getFullYear(), now.getMonth() + 2];

	return [...Array(12).keys()].map((n) => new Date(Date.UTC(year, month - 1 + n, 1)).toISOString().slice(0, 7));
}

// remind: takes the place of the row.
export function remind(row, offer, say, leave) {
	const id = next_id("when");
	const option = (value, label) => el("option", { value }, label);
	const form = el("form", { class: "pledged-form pledged-remind" },
	    el("p", { class: "pledged-field" }, el("label", { for: id }, say.t("remind_when")),
	        el("select", { id, name: "when" },
	            ...months(offer.remind_from).map((m) => option(m, say.month(m))),
	            ...ARTICLES.map((n) => option(String(n), say.n("after_articles", n))))),
	    email_field(say, say.t("remind_email")),
	    el("p", { class: "pledged-note" }, say.t("remind_note")),
	    el("div", { class: "pledged-buttons pledged-actions" },
	        el("button", { class: "pledged-do", type: "submit" }, say.t("remind_send")),
	        button(say.t("back"), "way", () => {
			form.replaceWith(row);
			row.querySelector("button").focus();
		})));

	let busy = false;

	const forget = () => {
		form.querySelector(".pledged-error")?.remove();
		for (const node of form.querySelectorAll("[aria-invalid]"))
			for (const name of ["aria-invalid", "aria-describedby"])
				node.removeAttribute(name);
	};

	form.noValidate = true;
	form.addEventListener("input", forget);
	form.addEventListener("submit", async (e) => {
		e.preventDefault();
		if (busy)
			return;
		busy = true;
		forget();
		await send(form, offer, say, leave);
		busy = false;
	});
	row.replaceWith(parts(form));
	form.elements.when.focus();
}

async function send(form, offer, say, leave) {
	const email = form.elements.email;
	const when = form.elements.when.value;
	const month = when.includes("-");
	const fail = (node, key) => wrong(node, say.t(key), null, form.querySelector(".pledged-actions"));

	if (!email.value.trim() || !email.validity.valid)
		return fail(email, "err_email_needed");
	const body = { email: email.value.trim(), token: offer.token, locale: say.tag };

	body[month ? "month" : "articles"] = when;
	try {
		const { ok, answer } = await post("/remind", body);

		if (!ok)
			return fail(...({ email: [email, "err_email_needed"], month: [form.elements.when, "err_remind_month"],
				articles: [form.elements.when, "err_remind_articles"] }[answer.field] ?? [null, "err_remind"]));
	} catch (e) {
		return fail(null, "err_remind");
	}
	leave("later", month ? say.t("remind_done_month", { m: say.month(when) }) :
	    say.n("remind_done_articles", Number(when)), { remind: when });
}
