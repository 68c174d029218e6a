// shape.js: where a prompt stands: the line in the place that the page keeps for it, the bar at the bottom of the
// window, the dialog.

import { button, el, next_id, parts, root } from "./dom.js";

// room: the page's place for a line at its top, while nobody stands there.
function room() {
	const slot = document.querySelector(".pledged-top-slot");

	return slot && !slot.firstElementChild ? slot : null;
}

// put: the line into the slot. A line that would stretch the place, and so move the page, is set smaller, or else
// does not come in.
function put(prompt, text, slot, attrs = {}) {
	const high = slot.offsetHeight;
	const place = el("div", { class: "pledged-lifted", ...attrs });

	root(place, prompt.style).append(text);
	slot.append(place);
	if (slot.offsetHeight > high)
		text.classList.add("pledged-tight");
	if (slot.offsetHeight > high) {
		text.classList.remove("pledged-tight");
		place.remove();
		return false;
	}
	prompt.over(() => place.remove());
	return true;
}

// lift: an appeal's top line goes up; if it cannot, it heads the appeal.
export function lift(prompt) {
	const text = prompt.section.querySelector(".pledged-topline");
	const slot = room();
	const after = text?.nextSibling;

	if (!text)
		return;
	text.querySelector("a").addEventListener("click", (e) => {
		const title = prompt.section.querySelector(".pledged-title");

		e.preventDefault();
		prompt.clicked("topline");
		title.scrollIntoView();
		title.focus({ preventScroll: true });
	});
	text.dir = prompt.section.dir;
	if (slot && !put(prompt, text, slot, { role: "region", "aria-label": prompt.say.t("line_label") }))
		prompt.section.insertBefore(text, after);
}

const close = (prompt) => button("×", "x", () => prompt.leave("closed"), { "aria-label": prompt.say.t("close") });

function give(prompt) {
	const label = prompt.section.querySelector(".pledged-give").textContent;

	return button(label, "give", () => {
		prompt.clicked("topline");
		prompt.ask();
	}, { "aria-haspopup": "dialog" });
}

const title_of = (prompt) => prompt.section.querySelector(".pledged-title").textContent;

// line: the top line alone; its button opens the appeal in a dialog. Without a place it is a bar.
export function line(prompt) {
	const old = prompt.section.querySelector(".pledged-topline");
	const link = old?.querySelector("a") ?? el("a", { href: "#" }, `${title_of(prompt)} `,
	    el("b", {}, prompt.section.querySelector(".pledged-give").textContent));
	const slot = room();
	const made = parts(el("div", { class: "pledged-line pledged-topline", role: "region",
		"aria-label": prompt.say.t("line_label"), dir: prompt.section.dir }, link, close(prompt)));

	link.setAttribute("role", "button");
	link.setAttribute("aria-haspopup", "dialog");
	link.addEventListener("click", (e) => {
		e.preventDefault();
		prompt.clicked("topline");
		prompt.ask();
	});
	link.addEventListener("keydown", (e) => {
		if (e.key === " ") {
			e.preventDefault();
			link.click();
		}
	});
	if (slot && put(prompt, made, slot)) {
		old?.remove();
		return made;
	}
	old?.prepend(link);
	return bar(prompt);
}

// bar: over the page, at the bottom of the window, in nobody's way: the page under it can be read and used.
export function bar(prompt) {
	const { section } = prompt;
	const id = next_id("bar");
	const top = section.querySelector(".pledged-topline");
	const words = top?.firstElementChild?.firstChild?.textContent.trim() ||
	    section.querySelector(".pledged-body")?.textContent || "";
	const made = parts(el("div", { class: "pledged-bar", role: "region", "aria-labelledby": id, dir: section.dir,
		lang: section.lang || prompt.host.lang },
	    el("p", { class: "pledged-bar-text" }, el("b", { id }, title_of(prompt)), words), give(prompt), close(prompt)));
	const html = document.documentElement.style;
	const before = html.scrollPaddingBlockEnd;

	top?.remove();
	made.addEventListener("keydown", (e) => e.key === "Escape" && prompt.leave("closed"));
	prompt.root.append(made);
	// What has the focus does not lie under the bar.
	html.scrollPaddingBlockEnd = `${made.offsetHeight}px`;
	prompt.over(() => {
		made.remove();
		html.scrollPaddingBlockEnd = before;
	});
	return made;
}

// dialog: keeps the focus and gives it back by itself; Escape, the cross and a click beside it close it.
export function dialog(prompt, closed) {
	const { section } = prompt;
	const title = section.querySelector(".pledged-title");
	const made = parts(el("dialog", { class: "pledged-dialog", "aria-labelledby": title.id, dir: section.dir }));

	made.append(parts(button("×", "x", () => made.close(), { "aria-label": prompt.say.t("close") })), section);
	section.querySelector(".pledged-topline")?.remove();
	section.removeAttribute("aria-labelledby");	// the dialog has its name
	title.setAttribute("autofocus", "");
	made.addEventListener("click", (e) => e.target === made && made.close());
	made.addEventListener("close", closed);
	prompt.root.append(made);
	return made;
}
