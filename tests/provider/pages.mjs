// pages.mjs: the hosted page where a donor pays, and the few pages around it. Works without scripts.
import { decline, pay, Stuck } from './checkout.mjs';
import { format } from './currency.mjs';
import { decodeForm } from './form.mjs';
import { endSubscription } from './recurring.mjs';
import { send } from './answers.mjs';
import { sweep } from './sessions.mjs';
import { STYLE } from './style.mjs';

const esc = (text) => String(text ?? '').replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

const EVERY = { day: 'every day', week: 'every week', month: 'every month', year: 'every year' };

function layout(title, main)
{
	return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${esc(title)} · test provider</title>
<link rel="stylesheet" href="/c/pay.css">
</head>
<body>
<p class="label" role="note"><b>Test provider.</b> No real money moves here, and no card is asked for.</p>
<main>
${main}
</main>
</body>
</html>
`;
}

function html(res, status, title, main, headers)
{
	send(res, { status, type: 'text/html; charset=utf-8', body: layout(title, main), headers: {
		'Content-Security-Policy': "default-src 'none'; style-src 'self'; frame-ancestors 'none'",
		'Referrer-Policy': 'no-referrer', 'X-Content-Type-Options': 'nosniff', ...headers,
	} });
}

const redirect = (res, to) => send(res, { status: 303, body: '', headers: { Location: to } });

const plain = (res, status, title, words) =>
	html(res, status, title, `<h1>${esc(title)}</h1>\n<p>${esc(words)}</p>`);

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
		world.step(() => decline(world, id));
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

// portal: a donor's own management, as far as ending a subscription.
function portal(world, req, res, id, verb)
{
	const record = world.ledger.get(id, 'billing_portal.session');
	if (!record)
		return plain(res, 404, 'Not found', 'There is no such page.');
	const subs = world.ledger.all('subscription').filter((s) =>
		s.obj.customer === record.obj.customer && s.obj.status !== 'canceled');
	if (req.method === 'POST' && verb === 'cancel') {
		world.step(() => subs.forEach((s) => endSubscription(world, s)));
		world.commit();
		if (record.obj.return_url)
			return redirect(res, record.obj.return_url);
		return plain(res, 200, 'Ended', 'Your recurring contribution has ended.');
	}
	const rows = subs.map(({ obj: s }) => {
		const { price } = s.items.data[0];
		return `<p class="amount">${esc(format(price.unit_amount, s.currency))}
<span>${EVERY[price.recurring.interval]}</span></p>`;
	});
	const form = `<form method="post" action="/p/session/${id}/cancel">
<button class="main" type="submit">End it now</button></form>`;
	return html(res, 200, 'Your contribution', `<h1>Your recurring contribution</h1>
${rows.length ? rows.join('\n') + form : '<p>There is none at present.</p>'}`);
}

const PAGE = /^\/c\/pay\/(cs_[A-Za-z0-9_]+)(?:\/([a-z]+))?$/;
const PORTAL = /^\/p\/session\/(bps_[A-Za-z0-9]+)(?:\/([a-z]+))?$/;

export async function pages(world, req, res, body)
{
	const path = req.url.split('?')[0];
	world.step(() => sweep(world));
	world.commit();
	if (path === '/c/pay.css')
		return send(res, { status: 200, type: 'text/css; charset=utf-8', body: STYLE });
	const page = PAGE.exec(path);
	if (page)
		return checkout(world, req, res, page[1], page[2], body);
	const own = PORTAL.exec(path);
	if (own)
		return portal(world, req, res, own[1], own[2]);
	return plain(res, 404, 'Not found', 'There is no such page.');
}

