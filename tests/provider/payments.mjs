// payments.mjs: payment intents and charges, and the money that a charge moved.
import { makeId } from './ids.mjs';
import { equal, getter, lister } from './lists.mjs';
import { charge, paymentIntent } from './shapes.mjs';

const METHOD_DELAYED = 'sepa_debit';

export function openIntent(world, what)
{
	const record = world.ledger.add(paymentIntent(world, what));
	world.emit('payment_intent.created', record.obj);
	return record;
}

function addCharge(world, record, status, how)
{
	const { obj: pi } = record;
	pi.payment_method = makeId('pm_1');
	if (how.delayed)
		pi.payment_method_types = [METHOD_DELAYED];
	const made = charge(world, pi, status, {
		email: how.email, method: how.delayed ? METHOD_DELAYED : 'card',
	});
	world.ledger.add(made);
	pi.latest_charge = made.id;
	world.ledger.touch(record);
	return made;
}

function succeed(world, record, made)
{
	const { obj: pi } = record;
	Object.assign(pi, { status: 'succeeded', amount_received: pi.amount, last_payment_error: null });
	world.emit('charge.succeeded', made);
	world.emit('payment_intent.succeeded', pi);
}

export function chargeIntent(world, record, how)
{
	if (!how.delayed) {
		succeed(world, record, addCharge(world, record, 'succeeded', how));
		return;
	}
	const made = addCharge(world, record, 'pending', how);
	record.obj.status = 'processing';
	world.emit('charge.pending', made);
	world.emit('payment_intent.processing', record.obj);
}

function fail(world, record, made)
{
	const { obj: pi } = record;
	Object.assign(pi, {
		status: 'requires_payment_method', payment_method: null,
		last_payment_error: {
			charge: made.id, code: 'card_declined', decline_code: 'generic_decline',
			message: 'Your card was declined.', type: 'card_error',
		},
	});
	world.emit('charge.failed', made);
	world.emit('payment_intent.payment_failed', pi);
}

export const declineIntent = (world, record, how) =>
	fail(world, record, addCharge(world, record, 'failed', how));

export function settleIntent(world, record, ok)
{
	const paid = world.ledger.get(record.obj.latest_charge);
	Object.assign(paid.obj, ok
		? { status: 'succeeded', paid: true, balance_transaction: makeId('txn_3') }
		: { status: 'failed', paid: false, amount_captured: 0, captured: false,
			failure_code: 'charge_failed', failure_message: 'The bank returned the payment.' });
	world.ledger.touch(paid);
	world.ledger.touch(record);
	if (ok)
		succeed(world, record, paid.obj);
	else
		fail(world, record, paid.obj);
}

export const getIntent = getter('payment_intent');
export const listIntents = lister('payment_intent', '/v1/payment_intents', {
	customer: equal('customer'),
});
export const getCharge = getter('charge');
export const listCharges = lister('charge', '/v1/charges', {
	customer: equal('customer'), payment_intent: equal('payment_intent'),
});
export const getCustomer = getter('customer');
export const listCustomers = lister('customer', '/v1/customers', { email: equal('email') });
