// goal.js: how far a goal is.

import { el } from "./dom.js";

// goal: the bar and its sentence; the figures come from the ledger.
export function goal(g, say) {
	const percent = Math.max(0, Number(g.percent) || 0);	// more than the goal fills the bar
	const rest = [g.supporters > 0 && say.n("gifts", Number(g.supporters)),
		g.days_left > 0 && say.n("days_left", Number(g.days_left))].filter(Boolean);
	const text = say.t("goal", { a: say.money(g.currency, g.raised), b: say.money(g.currency, g.goal) });

	return el("div", { class: "pledged-goal", role: "group", "aria-label": say.t("goal_label") },
	    el("progress", { max: 100, value: Math.min(100, percent), "aria-label": say.percent(percent) }, say.percent(percent)),
	    el("p", { class: "pledged-goal-text" }, [text, ...rest].join(" · ")));
}
