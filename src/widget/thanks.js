// thanks.js: <pledged-thanks>: on the page where donors come back to, how their gift stands. The address brings the
// pledge's token and nothing else that is believed; what is told comes from GET /pledge/<token>.

import CSS from "pledged:prompt.css";
import { el, parts, root } from "./lib/dom.js";
import { look, web_url } from "./lib/net.js";
import { thank } from "./lib/thank.js";
import { words } from "./lib/words.js";

const STEP_MS = 1500;
const GIVE_UP_MS = 90000;
const OPEN_MS = 8 * STEP_MS;	// back from the provider a pledge is "offered" until its word has come: that is waiting
const KEY = { new: "wait", processing: "wait", offered: "open", partly_refunded: "refunded", lost: "refunded" };
const AGAIN = ["lapsed", "failed", "canceled"];

let token;

// take: the token, which shows the gift to whoever has it: no link, script or history of this page is to keep it.
function take() {
	const address = new URL(location.href);

	token ??= address.searchParams.get("p");
	if (address.searchParams.has("p")) {
		address.searchParams.delete("p");
		history.replaceState(history.state, "", address.pathname + address.search + address.hash);
	}
	return token;
}

const link = (href, label) => el("p", {}, el("a", { class: "pledged-link", href }, label));

// content: the sentences of a state.
function content(state, pledge, say, host) {
	const amount = pledge && say.money(pledge.currency, pledge.amount);
	const values = { a: amount };
	const told = {
		wait: () => say.t("state_wait"), slow: () => say.t("state_slow"), open: () => say.t("state_open"),
		lapsed: () => say.t("state_lapsed"), failed: () => say.t("state_failed"),
		canceled: () => say.t("state_canceled"), refunded: () => say.t("state_refunded"),
		disputed: () => say.t("state_disputed"),
		paid: () => ({ once: () => say.t("state_paid", values), month: () => say.t("state_paid_month", values),
			year: () => say.t("state_paid_year", values) })[pledge.interval](),
	}[state]();
	const again = AGAIN.includes(state);
	const title = again ? say.t("failed_title") : say.t("thanks_title");
	const made = [el("h2", { class: "pledged-title" }, title),
		el("p", { class: "pledged-body", role: "status" }, told)];

	if (state === "open" && pledge.url)
		made.push(link(web_url(pledge.url), say.t("go_on")));
	if (again)
		made.push(link(host.getAttribute("again") ?? "/contribute/", say.t("again")));
	if (state === "paid" && pledge.receipt)
		made.push(el("p", { class: "pledged-note" }, say.t("receipt", { a: pledge.receipt })));
	return made;
}

export function mount(host) {
	const began = Date.now();
	let timer = 0;
	let ended = false;
	let shown = "";
	const pledge_token = take();

	if (!pledge_token)
		return () => {};
	const show = (say, state, pledge) => {
		if (ended || shown === state)
			return;
		shown = state;
		const made = el("section", { class: "pledged-plain pledged-thanks", lang: say.tag, dir: say.dir,
			"aria-label": say.t("thanks_title") }, ...content(state, pledge, say, host));

		root(host, CSS).append(parts(made));
		if (state === "paid")
			thank(host, pledge_token, pledge);
	};
	const step = async (say) => {
		const past = Date.now() - began;
		let pledge = null;

		try {
			pledge = await look(pledge_token);
		} catch (e) {
			/* asked again */
		}
		if (pledge === undefined || ended)
			return;
		const state = pledge ? KEY[pledge.status] ?? pledge.status : "wait";

		if (state !== "wait" && state !== "open")
			return show(say, state, pledge);
		if (state === "open" && past > OPEN_MS)
			show(say, "open", pledge);
		else
			show(say, past > GIVE_UP_MS ? "slow" : "wait", pledge);
		if (past < GIVE_UP_MS)
			timer = setTimeout(() => step(say), STEP_MS);
	};

	words(host).then(step).catch(() => {});
	return () => {
		ended = true;
		clearTimeout(timer);
	};
}
