// pages.mjs: the hosted page where a donor pays, and the few pages around it. Works without scripts.
import { send } from './answers.mjs';
import { decline, pay, Stuck } from './checkout.mjs';
import { format } from './currency.mjs';
import { isDecline } from './declines.mjs';
import { decodeForm } from './form.mjs';
import { esc, EVERY, html, plain, redirect } from './html.mjs';
import { invoicePage, portalPage } from './portal.mjs';
import { STYLE } from './style.mjs';

function payPage(res, record, { status = 200, problem } = {})
{
	const { obj: session, priv } = record;
	const [line] = priv.lines;
	const { recurring } = line.price;
	const action = `/c/pay/${session.id}`;
	const often = recurring ? ` <span>${EVERY[recurring.interval]}</span>` : '';
	html(res, status, 'Complete your contribution', `<h1>${esc(line.description)}</h1>
<p class="amount">${esc(format(session.amount_total, session.currency))}${often}</p>
${problem ? `<p class="problem" role="alert">${esc(problem)}</p>` : ''}
<form method="post" action="${action}/pay">
<label for="email">Email for the receipt</label>
<input id="email" name="email" type="email" autocomplete="email" value="${esc(session.customer_email)}"
 ${session.customer_email ? 'readonly' : ''} placeholder="donor@example.org">
<button class="main" type="submit">Pay ${esc(format(session.amount_total, session.currency))}</button>
<p class="other">Other outcomes to try</p>
<button type="submit" formaction="${action}/delayed">Pay by a slow method</button>
<button type="submit" formaction="${action}/decline">Let the card be declined</button>
</form>
${session.cancel_url ? `<form method="post" action="${action}/cancel">
<button class="link" type="submit">Go back without paying</button>
</form>` : ''}`);
}

async function paid(world, res, id, how)
{
	const event = world.step(() => pay(world, id, how));
	world.commit();
	await world.webhooks.heard(event, world.holdMs);
	const { success_url: to } = world.ledger.get(id).obj;
	redirect(res, to.replaceAll('{CHECKOUT_SESSION_ID}', id)
		.replaceAll(/%7BCHECKOUT_SESSION_ID%7D/gi, id));
}

async function act(world, res, record, verb, form)
{
	const { id, cancel_url: back } = record.obj;
	const email = /^[^\s@]+@[^\s@]+$/.test(form.email ?? '') ? form.email : undefined;
	if (verb === 'pay' || verb === 'delayed')
		await paid(world, res, id, { email, delayed: verb === 'delayed' });
	else if (verb === 'decline') {
		world.step(() => decline(world, id, isDecline(form.code) ? form.code : undefined, form.card));
		world.commit();
		payPage(res, record, { status: 402,
			problem: 'Your card was declined. You were not charged; you may try again.' });
	} else if (verb === 'cancel' && back)
		redirect(res, back.replaceAll('{CHECKOUT_SESSION_ID}', id));
	else
		plain(res, 404, 'Not found', 'There is no such page.');
}

async function checkout(world, req, res, id, verb, body)
{
	const record = world.ledger.get(id, 'checkout.session');
	if (!record)
		return plain(res, 404, 'Not found', 'There is no such checkout page.');
	try {
		if (verb && req.method === 'POST')
			return await act(world, res, record, verb, decodeForm(body));
		if (verb || req.method !== 'GET')
			return plain(res, 405, 'Not possible', 'This address takes no such request.');
		if (record.obj.status === 'open')
			return payPage(res, record);
		throw new Stuck(record.obj.status === 'expired'
			? 'This checkout page has expired. You were not charged.'
			: 'This contribution was already made. You were not charged again.');
	} catch (err) {
		if (!(err instanceof Stuck))
			throw err;
		return plain(res, 409, 'Nothing to pay', err.message);
	}
}

const PAGE = /^\/c\/pay\/(cs_[A-Za-z0-9_]+)(?:\/([a-z]+))?$/;
const PORTAL = /^\/p\/session\/(bps_[A-Za-z0-9]+)(?:\/([a-z_]+))?$/;
const INVOICE = /^\/c\/invoice\/(in_[A-Za-z0-9]+)(?:\/([a-z]+))?$/;

export async function pages(world, req, res, body)
{
	const path = req.url.split('?')[0];
	world.step(() => world.sweep());
	world.commit();
	if (path === '/c/pay.css')
		return send(res, { status: 200, type: 'text/css; charset=utf-8', body: STYLE });
	const page = PAGE.exec(path);
	if (page)
		return checkout(world, req, res, page[1], page[2], body);
	const own = PORTAL.exec(path);
	if (own)
		return portalPage(world, req, res, own[1], own[2]);
	const bill = INVOICE.exec(path);
	if (bill)
		return invoicePage(world, req, res, bill[1], bill[2]);
	return plain(res, 404, 'Not found', 'There is no such page.');
}

