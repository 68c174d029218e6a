// cards.mjs: the cards of those who give regularly, and how each takes a charge.
//
// A card is good until its private part says otherwise: decline, a code that every charge gets;
// action, the bank asks for confirmation at every charge.
import { missing } from './errors.mjs';
import { getter } from './lists.mjs';
import { paymentMethod } from './shapes_recurring.mjs';

// addCard: kept with the customer, and used from now on.
export function addCard(world, owner, { email, last4, decline, action } = {})
{
	const record = world.ledger.add(paymentMethod(world, { customer: owner, email, last4 }),
		{ decline, action });
	const who = world.ledger.get(owner);
	who.obj.invoice_settings.default_payment_method = record.obj.id;
	world.ledger.touch(who);
	world.emit('payment_method.attached', record.obj);
	return record.obj.id;
}

const live = (world, owner) => world.ledger.all('subscription')
	.filter(({ obj }) => obj.customer === owner && obj.status !== 'canceled');

// replaceCard: the donor gave another one; everything that runs uses it.
export function replaceCard(world, owner, how)
{
	const card = addCard(world, owner, { last4: '4444', ...how });
	for (const record of live(world, owner)) {
		const before = record.obj.default_payment_method;
		record.obj.default_payment_method = card;
		world.ledger.touch(record);
		world.emit('customer.subscription.updated', record.obj,
			{ previous: { default_payment_method: before } });
	}
	world.emit('customer.updated', world.ledger.get(owner).obj, { previous: { invoice_settings:
		{ default_payment_method: null } } });
	return world.ledger.get(card).obj;
}

// setCard: the bank thinks otherwise of the card in use; nobody is told of that.
export function setCard(world, { subscription, customer, decline, action })
{
	const sub = subscription && world.ledger.get(subscription, 'subscription');
	const who = world.ledger.get(sub ? sub.obj.customer : customer, 'customer');
	if (!who)
		throw missing('customer', subscription ?? customer);
	const record = world.ledger.get(sub ? sub.obj.default_payment_method
		: who.obj.invoice_settings.default_payment_method);
	if (!record)
		throw missing('payment_method', who.obj.id);
	record.priv = { decline: decline || undefined, action: action || undefined };
	world.ledger.touch(record);
	return { ...record.obj, ...record.priv };
}

// outcomeOf: how a charge of this subscription would end.
export function outcomeOf(world, sub)
{
	const { decline, action } = world.ledger.get(sub.default_payment_method)?.priv ?? {};
	return decline ? { outcome: 'failed', decline } : { outcome: action ? 'action' : 'succeeded' };
}

export const getMethod = getter('payment_method');
