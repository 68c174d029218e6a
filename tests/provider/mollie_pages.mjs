// mollie_pages.mjs: the page where a donor pays at Mollie, and what only a test may do.
import { send } from './answers.mjs';
import { esc, html, plain, redirect } from './html.mjs';
import { Refusal } from './mollie.mjs';

function show(res, p)
{
	const action = `/m/pay/${p.id}`;
	html(res, 200, 'Complete your contribution', `<h1>${esc(p.description)}</h1>
<p class="amount">${esc(`${p.amount.value} ${p.amount.currency}`)}</p>
<form method="post" action="${action}/pay">
<button class="main" type="submit">Pay</button>
<p class="other">Other outcomes to try</p>
<button type="submit" formaction="${action}/pending">Pay by a slow method</button>
<button type="submit" formaction="${action}/fail">Let the bank refuse</button>
</form>
<form method="post" action="${action}/cancel">
<button class="link" type="submit">Go back without paying</button>
</form>`);
}

const VERBS = { pay: ['paid'], pending: ['pending'], fail: ['failed', { details: { failureReason: 'insufficient_funds' } }], cancel: ['canceled'] };

// page: /m/pay/<id>, and its buttons.
export function page(world, req, res)
{
	const [, id, verb] = /^\/m\/pay\/(tr_\w+)(?:\/(\w+))?$/.exec(req.url.split('?')[0]) ?? [];
	const p = world.mollie.payments.get(id);
	world.mollie.sweep();
	if (!p || (verb && !VERBS[verb]))
		return plain(res, 404, 'Not found', 'There is no such page.');
	if (req.method === 'GET' && !verb)
		return p.status === 'open' ? show(res, p) : plain(res, 409, 'Over', 'This page is over. You were not charged again.');
	if (!world.mollie.move(p, ...VERBS[verb]))
		return plain(res, 409, 'Over', 'This page is over. You were not charged again.');
	return redirect(res, verb === 'cancel' ? p.cancelUrl ?? p.redirectUrl : p.redirectUrl);
}

const ACTS = {
	refund: (m, { payment, amount, status }) => {
		const r = m.refund(payment, { amount: amount ?? m.find(payment).amount }, status ?? 'refunded');
		m.tell(m.find(payment));
		return r;
	},
	chargeback: (m, { payment, amount }) => m.chargeback(payment, { amount }),
	reverse: (m, { chargeback }) => {
		const c = m.chargebacks.get(chargeback);
		c.reversedAt = m.iso();
		m.tell(m.find(c.paymentId));
		return c;
	},
	settle: (m, { status }) => m.settle(status),
	move: (m, { payment, status }) => m.move(m.find(payment), status),
	webhooks: (m, { drop, duplicate }) => Object.assign(m.mode, { drop, duplicate }),
	tell: (m, { payment }) => m.tell(m.find(payment)) ?? {},
	reset: (m) => m.forget() ?? {},
};

// control: GET /_/mollie is the books; POST {do: …} lets something happen there.
export function control(world, req, res, body)
{
	const reply = (status, value) => send(res, { status, body: `${JSON.stringify(value, null, 2)}\n` });
	if (req.method === 'GET')
		return reply(200, world.mollie.account());
	try {
		const input = JSON.parse(body);
		return ACTS[input.do] ? reply(200, ACTS[input.do](world.mollie, input)) : reply(400, { error: `no such act: ${input.do}` });
	} catch (err) {
		if (!(err instanceof Refusal))
			throw err;
		return reply(err.status, { error: err.message });
	}
}
