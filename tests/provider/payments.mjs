// payments.mjs: payment intents and charges, and the money that a charge moved.
import { chargeMoved } from './balance.mjs';
import { onCharge, onIntent, onReturn } from './declines.mjs';
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

// how: {email, delayed, card: a payment method's id}.
function addCharge(world, record, status, how)
{
	const { obj: pi } = record;
	pi.payment_method = how.card ?? makeId('pm_1');
	pi.next_action = null;
	if (how.delayed)
		pi.payment_method_types = [METHOD_DELAYED];
	const made = charge(world, pi, status, {
		email: how.email, method: how.delayed ? METHOD_DELAYED : 'card',
	});
	const kept = world.ledger.add(made);
	pi.latest_charge = made.id;
	world.ledger.touch(record);
	return kept;
}

function succeed(world, record, paid)
{
	const { obj: pi } = record;
	Object.assign(pi, { status: 'succeeded', amount_received: pi.amount, last_payment_error: null });
	chargeMoved(world, paid);
	world.ledger.touch(paid);
	world.ledger.touch(record);
	world.emit('charge.succeeded', paid.obj);
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
	world.emit('charge.pending', made.obj);
	world.emit('payment_intent.processing', record.obj);
}

function fail(world, record, made, error)
{
	const { obj: pi } = record;
	Object.assign(pi, { status: 'requires_payment_method', payment_method: null, next_action: null,
		last_payment_error: error });
	world.ledger.touch(record);
	world.emit('charge.failed', made.obj);
	world.emit('payment_intent.payment_failed', pi);
}

export function declineIntent(world, record, how, decline = 'generic_decline', card)
{
	const made = addCharge(world, record, 'failed', how);
	Object.assign(made.obj, onCharge(decline));
	fail(world, record, made, onIntent(decline, made.obj.id, card));
}

// challengeIntent: the bank wants the donor to confirm; until then nothing is charged.
export function challengeIntent(world, record, how)
{
	const { obj: pi } = record;
	Object.assign(pi, { status: 'requires_action', payment_method: how.card ?? makeId('pm_1'),
		last_payment_error: null,
		next_action: { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect' } } });
	world.ledger.touch(record);
	world.emit('payment_intent.requires_action', pi);
}

// settleIntent: the verdict on a delayed payment.
export function settleIntent(world, record, ok)
{
	const paid = world.ledger.get(record.obj.latest_charge);
	Object.assign(paid.obj, ok ? { status: 'succeeded', paid: true }
		: { status: 'failed', paid: false, amount_captured: 0, captured: false,
			failure_code: 'charge_failed', failure_message: 'The bank returned the payment.' });
	world.ledger.touch(paid);
	if (ok)
		succeed(world, record, paid);
	else
		fail(world, record, paid, onReturn(paid.obj.id));
}

export const getIntent = getter('payment_intent');
export const listIntents = lister('payment_intent', '/v1/payment_intents', {
	customer: equal('customer'),
});
export const getCharge = getter('charge');
export const listCharges = lister('charge', '/v1/charges', {
	customer: equal('customer'), payment_intent: equal('payment_intent'),
	transfer_group: equal('transfer_group'),
});
export const getCustomer = getter('customer');
export const listCustomers = lister('customer', '/v1/customers', { email: equal('email') });
