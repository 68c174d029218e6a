// dataLayer.js: for sites that count by a tag manager: what happens with a prompt, as entries of window.dataLayer
// with the five words that newsrooms use. No token and no pledge leaves this way.

const ACTIONS = { decision: "loaded", seen: "seen", clicked: "clicked", closed: "dismissed", submitted: "submitted",
	error: "error", thanks: "thanks" };

for (const [name, action] of Object.entries(ACTIONS))
	document.addEventListener(`pledged:${name}`, ({ detail: d }) => {
		if (name === "decision" && d.act === "open")
			return;
		const entry = { event: "pledged", pledged_action: action };

		for (const key of ["campaign", "variant", "format", "act", "how", "what", "amount", "currency", "interval", "problem"])
			if (d[key])
				entry[`pledged_${key}`] = d[key];
		(window.dataLayer ??= []).push(entry);
	});
