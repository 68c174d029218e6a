// goal.js: <pledged-goal campaign="support">: how far a campaign's goal is, from the ledger, anywhere on a site.

import CSS from "pledged:prompt.css";
import { parts, root } from "./lib/dom.js";
import { goal } from "./lib/goal.js";
import { words } from "./lib/words.js";

const AGAIN_MS = 60000;
const LATE_MS = 5000;

async function show(host) {
	const name = host.getAttribute("campaign");
	const reply = await fetch(`/goal?campaign=${encodeURIComponent(name)}`, { headers: { Accept: "application/json" },
		signal: AbortSignal.timeout(LATE_MS) });

	if (!reply.ok)
		throw reply.status;
	const figures = await reply.json();
	const say = await words(host);
	const made = parts(goal(figures, say));

	made.dir = say.dir;
	made.lang = say.tag;
	root(host, CSS).append(made);
}

export function mount(host) {
	const look = () => document.visibilityState === "visible" && show(host).catch(() => {});
	const timer = setInterval(look, AGAIN_MS);

	look();
	return () => clearInterval(timer);
}
