// checkout.mjs: what happens when the donor acts on the hosted page, or a delayed method settles.
import { openInstalment, payInvoice, startSubscription } from './billing.mjs';
import { addCard } from './cards.mjs';
import { chargeIntent, declineIntent, openIntent, settleIntent } from './payments.mjs';
import { details } from './shapes.mjs';
import { customer } from './shapes_recurring.mjs';

const DEFAULT_EMAIL = 'donor@example.org';

// Stuck: the page shows these words instead of paying.
export class Stuck extends Error {}

function open(world, id)
{
	const record = world.ledger.get(id, 'checkout.session');
	if (!record)
		throw new Stuck('There is no such checkout page.');
	if (record.obj.status === 'complete')
		throw new Stuck('This contribution was already made. You were not charged again.');
	if (record.obj.status !== 'open')
		throw new Stuck('This checkout page has expired. You were not charged.');
	return record;
}

function ensureCustomer(world, session, email)
{
	if (!session.customer) {
		const who = customer(world, email);
		world.ledger.add(who);
		world.emit('customer.created', who);
		session.customer = who.id;
	}
	return session.customer;
}

function sessionIntent(world, record)
{
	const { obj: session, priv } = record;
	if (!session.payment_intent)
		session.payment_intent = openIntent(world, {
			amount: session.amount_total, currency: session.currency, customer: session.customer,
			metadata: priv.payment_intent_data.metadata,
			description: priv.payment_intent_data.description,
		}).obj.id;
	return world.ledger.get(session.payment_intent);
}

// pay: delayed leaves the payment processing until settle(). Returns the completed session's event.
export function pay(world, id, { email, delayed = false } = {})
{
	const record = open(world, id);
	const { obj: session, priv } = record;
	const mail = email || session.customer_email || DEFAULT_EMAIL;
	const how = { email: mail, delayed };
	if (session.mode === 'subscription' || session.customer_creation === 'always')
		ensureCustomer(world, session, mail);
	if (session.mode === 'subscription') {
		const made = startSubscription(world, { session, item: priv.lines[0], how,
			card: addCard(world, session.customer, { email: mail }), data: priv.subscription_data,
			tried: world.ledger.get(priv.tried) });
		Object.assign(session, { subscription: made.subscription, invoice: made.invoice });
	} else
		chargeIntent(world, sessionIntent(world, record), how);
	Object.assign(session, {
		status: 'complete', url: null, payment_status: delayed ? 'unpaid' : 'paid',
		customer_details: details(mail),
	});
	world.ledger.touch(record);
	return world.emit('checkout.session.completed', session);
}

// firstIntent: of a recurring gift that is not paid yet. Since 2025-03-31 there is neither subscription nor
// invoice before, and the session does not name the intent.
function firstIntent(world, { obj: session, priv })
{
	priv.tried ??= openInstalment(world, { amount: session.amount_total, currency: session.currency }).obj.id;
	return world.ledger.get(priv.tried);
}

// card: its fingerprint, the same on all pages.
export function decline(world, id, code, card)
{
	const record = open(world, id);
	const intent = record.obj.mode === 'payment' ? sessionIntent : firstIntent;
	declineIntent(world, intent(world, record), {}, code, card);
	world.ledger.touch(record);
}

// settle: the verdict on a delayed payment; outcome is succeeded or failed.
export function settle(world, id, outcome)
{
	const record = world.ledger.get(id, 'checkout.session');
	if (!record || record.obj.status !== 'complete' || record.obj.payment_status !== 'unpaid')
		throw new Stuck('This session waits for no delayed payment.');
	const { obj: session } = record;
	const ok = outcome === 'succeeded';
	if (session.mode === 'subscription')
		payInvoice(world, world.ledger.get(session.invoice), { outcome, delayed: true });
	else
		settleIntent(world, world.ledger.get(session.payment_intent), ok);
	if (ok)
		session.payment_status = 'paid';
	world.ledger.touch(record);
	world.emit(`checkout.session.async_payment_${ok ? 'succeeded' : 'failed'}`, session);
	return session;
}
