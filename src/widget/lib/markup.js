// markup.js: the same markup that src/web/fragment.c writes, made out of an answer of /decide.

import { el, next_id } from "./dom.js";
import { email_field, field } from "./field.js";
import { goal } from "./goal.js";
import { fresh_key } from "./key.js";

const INTERVALS = ["once", "month", "year"];

export function choice(name, value, label, checked) {
	return el("label", { class: "pledged-choice" },
	    el("input", { type: "radio", name, value, checked }), el("span", {}, label));
}

export function amount_choices(list, wanted, currency, say) {
	return [...list.map((a) => choice("amount", a, say.money(currency, a), a === wanted)),
	    choice("amount", "other", say.t("other"), wanted === "other")];
}

function sets(p, say) {
	const given = INTERVALS.filter((i) => p.amounts[i]?.length);
	const pre = given.includes(p.preselect?.interval) ? p.preselect.interval : given[0];
	const list = p.amounts[pre];
	const amount = list.includes(p.preselect?.amount) ? p.preselect.amount : list[0];
	const words = { once: say.t("once"), month: say.t("month"), year: say.t("year") };

	return { given, nodes: [
		el("fieldset", { class: "pledged-set pledged-intervals" }, el("legend", {}, say.t("interval")),
		    ...given.map((i) => choice("interval", i, words[i], i === pre))),
		el("fieldset", { class: "pledged-set pledged-amounts" }, el("legend", {}, say.t("amount")),
		    ...amount_choices(list, amount, p.currency, say))] };
}

function form(answer, say) {
	const p = answer.prompt;
	const { given, nodes } = sets(p, say);
	const made = el("form", { class: "pledged-form", method: "post", action: "/pledge" }, ...nodes);

	for (const i of given)
		made.setAttribute(`data-${i}`, p.amounts[i].join(" "));
	made.append(
	    field(say.t("other_label", { c: p.currency }), { type: "text", name: "other_amount", inputmode: "decimal",
	        autocomplete: "off", maxlength: 16 }, " pledged-other"),
	    ...p.cover ? [el("label", { class: "pledged-cover" },
	        el("input", { type: "checkbox", name: "cover", value: "1" }), el("span", {}, say.t("cover")))] : [],
	    email_field(say, say.t("email")));
	const hidden = { currency: p.currency, campaign: answer.campaign, token: answer.token, locale: say.tag,
		key: p.key ?? fresh_key(), ticket: p.ticket };

	for (const [name, value] of Object.entries(hidden))
		if (value)
			made.append(el("input", { type: "hidden", name, value }));
	made.append(
	    el("p", { class: "pledged-actions" },
	        el("button", { class: "pledged-give", type: "submit" }, p.button || say.t("give"))),
	    el("p", { class: "pledged-note" }, say.t("note")));
	return made;
}

export function section(answer, say) {
	const p = answer.prompt;
	const id = next_id("title");
	const wall = p.kind === "wall";
	const made = el("section", { class: wall ? "pledged-wall" : "pledged-appeal", lang: p.locale ?? say.tag,
		"aria-labelledby": id });

	if (p.topline && !wall)
		made.append(el("p", { class: "pledged-topline" },
		    el("a", { href: `#${id}` }, `${p.topline} `, el("b", {}, p.button || say.t("give")))));
	made.append(el("h2", { class: "pledged-title", id, tabindex: -1 }, p.title));
	for (const text of (p.body || "").split(/\n\s*\n/).filter(Boolean))
		made.append(el("p", { class: "pledged-body" }, text));
	if (p.goal)
		made.append(goal(p.goal, say));
	made.append(form(answer, say));
	return made;
}
