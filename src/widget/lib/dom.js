// dom.js: making elements, and the root that keeps the page's styles out.

// el: one element, its attributes and its children; text is only ever text.
export function el(name, attrs = {}, ...children) {
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

export function button(label, part, done, attrs = {}) {
	const node = el("button", { type: "button", class: `pledged-${part}`, ...attrs }, label);

	node.addEventListener("click", done);
	return node;
}

const sheets = new Map();

function sheet(css) {
	if (!sheets.has(css)) {
		const made = new CSSStyleSheet();

		made.replaceSync(css);
		sheets.set(css, made);
	}
	return sheets.get(css);
}

// root: the shadow root of a node, with our styles and nothing of what it held before.
export function root(node, css) {
	const made = node.shadowRoot ?? node.attachShadow({ mode: "open" });

	made.adoptedStyleSheets = [sheet(css)];
	made.replaceChildren();
	return made;
}

// parts: each class pledged-x can be styled from outside as ::part(x).
export function parts(node) {
	for (const n of [node, ...node.querySelectorAll("[class]")])
		for (const name of n.classList)
			if (name.startsWith("pledged-"))
				n.part.add(name.slice(8));
	return node;
}

export const next_id = ((n) => (word) => `pledged-${word}-${++n}`)(0);

// wrong: the sentence beside the field, tied to it; without a field behind `after`, or before `before`.
export function wrong(node, sentence, after, before) {
	const id = next_id("error");
	const text = parts(el("p", { class: "pledged-error", id, role: node ? false : "alert" }, sentence));

	if (node) {
		node.setAttribute("aria-invalid", "true");
		node.setAttribute("aria-describedby", id);
		node.after(text);
		node.focus();
	} else if (after) {
		after.after(text);
	} else {
		before.before(text);
	}
}
