// refunds.mjs: refunds and disputes.
import { bad, missing } from './errors.mjs';
import { format } from './currency.mjs';
import { equal, getter, lister } from './lists.mjs';
import { bool, check, int, metadata, oneOf, str } from './params.mjs';
import { dispute, refund } from './shapes.mjs';

const parseCreate = check({
	amount: int(1), charge: str(), payment_intent: str(), metadata,
	reason: oneOf('duplicate', 'fraudulent', 'requested_by_customer'),
	reverse_transfer: bool, refund_application_fee: bool,
	instructions_email: str(),
});

function chargeOf(world, p)
{
	if (!p.payment_intent && !p.charge)
		throw bad('One of the following params should be provided for this request: payment_intent '
			+ 'or charge.');
	if (p.payment_intent && p.charge)
		throw bad('You may only specify one of these parameters: charge, payment_intent.');
	let id = p.charge;
	if (p.payment_intent) {
		const pi = world.ledger.get(p.payment_intent, 'payment_intent');
		if (!pi)
			throw missing('payment_intent', p.payment_intent, 'payment_intent');
		id = pi.obj.status === 'succeeded' ? pi.obj.latest_charge : null;
		if (!id)
			throw bad(`This PaymentIntent (${pi.obj.id}) does not have a successful charge to refund.`,
				'payment_intent', undefined, true);
	}
	const record = world.ledger.get(id, 'charge');
	if (!record)
		throw missing('charge', id, 'charge');
	if (record.obj.status !== 'succeeded')
		throw bad('You cannot refund a charge that has not succeeded.', 'charge', undefined, true);
	return record;
}

// makeRefund: also used by the control for refunds made at the provider's dashboard.
export function makeRefund(world, p)
{
	const record = chargeOf(world, p);
	const { obj: ch } = record;
	const rest = ch.amount - ch.amount_refunded;
	if (rest === 0)
		throw bad(`Charge ${ch.id} has already been refunded.`, undefined,
			'charge_already_refunded', true);
	if (ch.disputed && !record.priv.dispute_won)
		throw bad(`Charge ${ch.id} has been charged back; cannot issue a refund.`, undefined,
			'charge_disputed', true);
	const amount = p.amount ?? rest;
	if (amount > rest)
		throw bad(`Refund amount (${format(amount, ch.currency)}) is greater than unrefunded amount on `
			+ `charge (${format(rest, ch.currency)})`, 'amount', undefined, true);
	const made = refund(world, ch, amount, p);
	made.status = world.nextRefund ?? 'succeeded';
	world.nextRefund = undefined;
	world.ledger.add(made);
	ch.amount_refunded += amount;
	ch.refunded = ch.amount_refunded === ch.amount;
	world.ledger.touch(record);
	world.emit('refund.created', made);
	world.emit('charge.refunded', ch);
	world.emit('charge.refund.updated', made);
	return made;
}

export const create = (world, { params }) => makeRefund(world, parseCreate(params));

// endRefund: a refund reaches a later state; a failed one gives the money back to the charge.
export function endRefund(world, id, status)
{
	const record = world.ledger.get(id, 'refund');
	if (!record)
		throw missing('refund', id);
	const { obj: re } = record;
	const lost = ['failed', 'canceled'];
	if (lost.includes(status) && !lost.includes(re.status)) {
		const paid = world.ledger.get(re.charge);
		paid.obj.amount_refunded -= re.amount;
		paid.obj.refunded = false;
		world.ledger.touch(paid);
		re.failure_reason = 'expired_or_canceled_card';
		re.failure_balance_transaction = re.balance_transaction;
	}
	const before = re.status;
	re.status = status;
	world.ledger.touch(record);
	world.emit('refund.updated', re, { previous: { status: before } });
	if (status === 'failed')
		world.emit('refund.failed', re);
	return re;
}

export const get = getter('refund');
export const index = lister('refund', '/v1/refunds', {
	charge: equal('charge'), payment_intent: equal('payment_intent'),
});

export function openDispute(world, { charge, payment_intent: intent, reason, status, amount })
{
	const id = charge ?? world.ledger.get(intent)?.obj.latest_charge;
	const record = world.ledger.get(id, 'charge');
	if (!record || record.obj.status !== 'succeeded')
		throw missing('charge', id ?? intent);
	const made = dispute(world, record.obj, {
		reason: reason ?? 'fraudulent', status: status ?? 'needs_response', amount,
	});
	world.ledger.add(made);
	record.obj.disputed = true;
	world.ledger.touch(record);
	world.emit('charge.dispute.created', made);
	if (!made.status.startsWith('warning'))
		world.emit('charge.dispute.funds_withdrawn', made);
	return made;
}

const CLOSED = ['won', 'lost', 'warning_closed', 'prevented'];

export function moveDispute(world, { dispute: id, status })
{
	const record = world.ledger.get(id, 'dispute');
	if (!record)
		throw missing('dispute', id);
	const before = record.obj.status;
	record.obj.status = status;
	world.ledger.touch(record);
	if (status === 'won') {
		const paid = world.ledger.get(record.obj.charge);
		paid.priv.dispute_won = true;
		world.ledger.touch(paid);
		world.emit('charge.dispute.funds_reinstated', record.obj);
	}
	if (CLOSED.includes(status))
		world.emit('charge.dispute.closed', record.obj);
	else
		world.emit('charge.dispute.updated', record.obj, { previous: { status: before } });
	return record.obj;
}

export const getDispute = getter('dispute');
export const listDisputes = lister('dispute', '/v1/disputes', {
	charge: equal('charge'), payment_intent: equal('payment_intent'),
});
