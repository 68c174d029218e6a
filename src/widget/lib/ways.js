// ways.js: the ways out of an appeal.

import { button, el } from "./dom.js";
import { load } from "./load.js";

// ways: the row of buttons. leave(word, sentence) is the prompt's.
export function ways(offer, say, leave) {
	const row = el("div", { class: "pledged-ways" });
	const add = (word, label, done) => row.append(button(label, "way", () => leave(word, done)));
	const later = offer.later_days > 0 && say.n("days", offer.later_days);
	const close = offer.close_days > 0 && say.n("days", offer.close_days);

	if (later)
		add("later", say.t("later_for", { t: offer.later || say.t("later"), d: later }), say.t("later_done", { d: later }));
	if (close)
		add("closed", say.t("close_for", { d: close }), say.t("close_done", { d: close }));
	// Fetched when somebody comes near, so that it stands there with the click.
	if (offer.remind)
		for (const near of ["pointerover", "focusin"])
			row.addEventListener(near, () => load("remind").catch(() => {}), { once: true });
	if (offer.remind)
		row.append(button(say.t("remind"), "way", () => load("remind").then(({ remind }) => remind(row, offer, say, leave), () => {})));
	add("already_gave", say.t("already"), say.t("already_done"));
	if (offer.never)
		add("never", say.t("never"), say.t("never_done"));
	return row;
}
