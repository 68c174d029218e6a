// offer.js: what is asked for, in one shape, whether /decide answered or the server put it into the page. A field
// that is not there leaves out what it is for.

const yes = (text) => text !== undefined && !["", "0", "false"].includes(text);

export function of_answer(answer) {
	const p = answer.prompt;

	return { kind: p.kind, format: p.kind === "wall" ? "wall" : p.format ?? "appeal", token: answer.token,
		campaign: answer.campaign, variant: answer.variant, later: p.later, later_days: p.later_days,
		close_days: p.close_days, never: p.never !== false, cover: p.cover, monthly: p.monthly_step === true,
		remind: p.remind === true, remind_from: p.remind_from };
}

// of_markup: the attributes that src/web/fragment.c writes.
export function of_markup(host) {
	const d = host.dataset;
	const cover = d.coverPercent !== undefined || d.coverFixed !== undefined;

	return { kind: d.kind, format: d.kind === "appeal" ? d.format || "appeal" : d.kind, token: d.token || null,
		campaign: d.campaign, variant: d.variant, later: d.later, later_days: Number(d.laterDays) || 0,
		close_days: Number(d.closeDays) || 0, never: true,
		cover: cover ? { percent: d.coverPercent || "0", fixed: d.coverFixed || "0" } : null,
		monthly: yes(d.monthlyStep), remind: yes(d.remind), remind_from: d.remindFrom };
}
