// thanks.js: asks how the pledge of ?p=<token> stands and uncovers the sentence for it.
// All sentences are in the page; without this script the page says that the receipt comes by mail.

const STEP_MS = 1500;
const GIVE_UP_MS = 90000;
const SHOWN = {
	new: "wait", processing: "wait", offered: "open", paid: "paid", lapsed: "lapsed", failed: "failed",
	canceled: "canceled", refunded: "refunded", partly_refunded: "refunded", disputed: "disputed",
	lost: "refunded",
};
const AGAIN = ["lapsed", "failed", "canceled"];
const WAITS = ["wait", "open"];

const token = new URLSearchParams(location.search).get("p");

// The token shows the gift to whoever has it: no link, script or history of this page is to keep it.
if (token)
	history.replaceState(history.state, "", location.pathname);
const began = Date.now();

function money(pledge) {
	const whole = !/\.\d*[1-9]/.test(pledge.amount);

	return new Intl.NumberFormat(document.documentElement.lang, { style: "currency",
		currency: pledge.currency,
		...(whole ? { minimumFractionDigits: 0, maximumFractionDigits: 0 } : {}) }).format(pledge.amount);
}

function show(state, pledge) {
	for (const node of document.querySelectorAll("[data-state]"))
		node.hidden = node.dataset.state !== state;
	for (const node of document.querySelectorAll("[data-amount]"))
		node.textContent = pledge ? money(pledge) : "";
	const open = document.querySelector("[data-link=open]");

	open.hidden = !(state === "open" && pledge.url);
	if (!open.hidden)
		open.querySelector("a").href = pledge.url;
	const again = AGAIN.includes(state);

	document.querySelector("[data-link=again]").hidden = !again;
	document.querySelector("[data-receipt]").hidden = again;
	for (const node of document.querySelectorAll("[data-title]"))
		node.hidden = (node.dataset.title === "again") !== again;
}

// Back from the provider the state is "offered" until its word has arrived: that is waiting, too.
async function look() {
	const late = Date.now() - began > GIVE_UP_MS;

	try {
		const reply = await fetch(`/pledge/${encodeURIComponent(token)}`,
		    { headers: { Accept: "application/json" }, cache: "no-store" });

		if (reply.status === 404)
			return show(null);
		const pledge = reply.ok ? await reply.json() : null;
		const state = SHOWN[pledge?.status] ?? "wait";

		if (!WAITS.includes(state))
			return show(state, pledge);
		if (state === "open" && Date.now() - began > 8 * STEP_MS)
			show("open", pledge);
		else
			show(late ? "slow" : "wait", pledge);
	} catch (e) {
		show(late ? "slow" : "wait");
	}
	if (!late)
		setTimeout(look, STEP_MS);
}

if (token)
	look();
