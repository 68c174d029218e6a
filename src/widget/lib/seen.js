// seen.js: seen is 40 % of it, or half a screen of it, for a second in a visible tab: rule 1 (pledged.prompt_event.rule).
// Another rule is another number.

const SEEN_MS = 1000;

// seen: calls done once; what it gives ends the watch.
export function seen(node, done) {
	let timer = 0;
	let inside = false;
	const look = () => {
		clearTimeout(timer);
		if (inside && document.visibilityState === "visible")
			timer = setTimeout(() => {
				end();
				done();
			}, SEEN_MS);
	};
	const eye = new IntersectionObserver((list) => {
		const at = list.at(-1);
		const was = inside;

		inside = at.isIntersecting && (at.intersectionRatio >= 0.4 ||
		    at.intersectionRect.height >= (at.rootBounds?.height ?? innerHeight) / 2);
		if (inside !== was)
			look();
	}, { threshold: [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1] });
	const end = () => {
		clearTimeout(timer);
		eye.disconnect();
		document.removeEventListener("visibilitychange", look);
	};

	eye.observe(node);
	document.addEventListener("visibilitychange", look);
	return end;
}

// pushes_text: would new content here move what the reader is looking at?
export function pushes_text(node) {
	const box = node.getBoundingClientRect();

	if (box.bottom < 0 || box.top > innerHeight)
		return false;
	for (let at = node; at && at !== document.body; at = at.parentElement)
		for (let next = at.nextElementSibling; next; next = next.nextElementSibling)
			if (next.getBoundingClientRect().height > 0)
				return true;
	return false;
}

export function out_of_sight(node) {
	return new Promise((resolve) => {
		const eye = new IntersectionObserver((seen) => {
			if (seen.at(-1).isIntersecting)
				return;
			eye.disconnect();
			resolve();
		});

		eye.observe(node);
	});
}

// not_typing: nobody is spoken to in the middle of a word.
export function not_typing() {
	const at = document.activeElement;

	return at?.matches?.("input, textarea, select, [contenteditable]") ?
	    new Promise((done) => at.addEventListener("blur", done, { once: true })) : Promise.resolve();
}
