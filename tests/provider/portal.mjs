// portal.mjs: the donor's own pages: the portal where a gift is looked after, and the page of an invoice
// that could not be collected.
import { endSubscription, payInvoice, subscriptionOf } from './billing.mjs';
import { outcomeOf, replaceCard } from './cards.mjs';
import { format } from './currency.mjs';
import { ApiError } from './errors.mjs';
import { esc, EVERY, html, plain, redirect } from './html.mjs';
import { update } from './recurring.mjs';

const UNOPENED_S = 5 * 60;
const OPENED_S = 3600;

const subsOf = (world, { obj: session }) => world.ledger.all('subscription')
	.filter(({ obj }) => obj.customer === session.customer && obj.status !== 'canceled');

const change = (world, subs, params) =>
	subs.forEach(({ obj }) => update(world, { ids: [obj.id], params }));

// ACTIONS: what the buttons do; each is told to the endpoints like any other change.
const ACTIONS = {
	cancel: (world, subs) => subs.forEach((s) => endSubscription(world, s)),
	cancel_at_end: (world, subs) => change(world, subs, { cancel_at_period_end: 'true' }),
	keep: (world, subs) => change(world, subs, { cancel_at_period_end: 'false' }),
	card: (world, subs, owner) => replaceCard(world, owner, {}),
	bad_card: (world, subs, owner) => replaceCard(world, owner,
		{ last4: '0341', decline: 'insufficient_funds' }),
};

const FLOWS = {
	payment_method_update: ['card', 'bad_card'],
	subscription_cancel: ['cancel', 'cancel_at_end'],
};

const LABELS = {
	card: 'Use a new card', bad_card: 'Use a card without money', keep: 'Go on giving',
	cancel_at_end: 'End it when the period is over', cancel: 'End it now',
};

function offered(record, subs)
{
	const flow = FLOWS[record.obj.flow?.type];
	const ends = subs.some(({ obj }) => obj.cancel_at);
	return Object.keys(LABELS).filter((verb) => (flow ? flow.includes(verb) : true)
		&& (verb !== 'keep' || ends) && (verb !== 'cancel_at_end' || !ends));
}

function show(world, res, record, subs)
{
	const rows = subs.map(({ obj: s }) => {
		const { price, current_period_end: end } = s.items.data[0];
		const card = world.ledger.get(s.default_payment_method)?.obj.card.last4 ?? 'none';
		return `<p class="amount">${esc(format(price.unit_amount, s.currency))}
<span>${EVERY[price.recurring.interval]}</span></p>
<p>${s.cancel_at ? 'Ends' : 'Next'} ${new Date(end * 1000).toISOString().slice(0, 10)}, card ${esc(card)}</p>`;
	});
	const buttons = offered(record, subs).map((verb) => `<button type="submit" class="main"
 formaction="/p/session/${record.obj.id}/${verb}">${LABELS[verb]}</button>`);
	return html(res, 200, 'Your contribution', `<h1>Your recurring contribution</h1>
${rows.length ? `${rows.join('\n')}<form method="post">${buttons.join('\n')}</form>`
		: '<p>There is none at present.</p>'}`);
}

function isOver(world, record)
{
	const { opened } = record.priv;
	return opened ? world.now() > opened + OPENED_S : world.now() > record.obj.created + UNOPENED_S;
}

// portalPage: an address that lives for a few minutes, and for an hour once it was opened.
export function portalPage(world, req, res, id, verb)
{
	const record = world.ledger.get(id, 'billing_portal.session');
	if (!record)
		return plain(res, 404, 'Not found', 'There is no such page.');
	if (isOver(world, record))
		return plain(res, 410, 'Expired', 'This link has expired. Please ask for a new one.');
	record.priv.opened ??= world.now();
	world.ledger.touch(record);
	const all = subsOf(world, record);
	const only = record.obj.flow?.subscription_cancel?.subscription;
	const subs = only ? all.filter(({ obj }) => obj.id === only) : all;
	if (!verb && req.method === 'GET')
		return show(world, res, record, subs);
	if (req.method !== 'POST' || !offered(record, subs).includes(verb))
		return plain(res, 404, 'Not found', 'There is no such page.');
	world.step(() => ACTIONS[verb](world, subs, record.obj.customer));
	world.commit();
	if (record.obj.return_url)
		return redirect(res, record.obj.return_url);
	return plain(res, 200, 'Done', 'Your recurring contribution was changed.');
}

// invoicePage: what a donor is asked to open when a charge failed or the bank wants a confirmation;
// paying here confirms it.
export function invoicePage(world, req, res, id, verb)
{
	const record = world.ledger.get(id, 'invoice');
	if (!record || !record.obj.hosted_invoice_url)
		return plain(res, 404, 'Not found', 'There is no such invoice.');
	const { obj: inv } = record;
	const amount = esc(format(inv.amount_due, inv.currency));
	if (inv.status !== 'open')
		return plain(res, 200, 'Invoice', `Nothing is to be paid: the invoice is ${inv.status}.`);
	if (verb === 'pay' && req.method === 'POST') {
		const { outcome, decline } = outcomeOf(world, subscriptionOf(world, inv).obj);
		const confirmed = outcome === 'action' ? 'succeeded' : outcome;
		try {
			world.step(() => payInvoice(world, record, { outcome: confirmed, decline }));
		} catch (err) {
			if (!(err instanceof ApiError))
				throw err;
			return plain(res, 409, 'Nothing to pay', err.message);
		}
		world.commit();
		return confirmed === 'succeeded' ? plain(res, 200, 'Paid', 'Thank you.')
			: plain(res, 402, 'Declined', 'Your card was declined. You were not charged.');
	}
	return html(res, 200, 'Invoice', `<h1>A payment is open</h1>
<p class="amount">${amount}</p>
<form method="post" action="/c/invoice/${id}/pay"><button class="main" type="submit">Pay ${amount}</button></form>`);
}
