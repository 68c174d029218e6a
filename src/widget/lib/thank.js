// thank.js: the word to the site that a gift has come.

const TOLD = Symbol.for("pledged.thanked");

// thank: once a page and gift, whichever of our files tells it, and however often the browser brings the page back or
// the site makes the element anew.
export function thank(host, gift, { status, amount, currency, interval }, more = {}) {
	const told = document[TOLD] ??= new Set();

	if (told.has(gift))
		return;
	told.add(gift);
	host.dispatchEvent(new CustomEvent("pledged:thanks", { bubbles: true, composed: true,
		detail: { ...more, status, amount, currency, interval } }));
}
