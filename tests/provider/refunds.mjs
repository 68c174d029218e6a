// refunds.mjs: refunds, from our side and from the provider's dashboard.
import { refundCameBack, refundMoved } from './balance.mjs';
import { format } from './currency.mjs';
import { isTaken, lostOf, refundedFully } from './disputes.mjs';
import { bad, missing } from './errors.mjs';
import { equal, getter, lister } from './lists.mjs';
import { bool, check, int, mergeMetadata, metadata, oneOf, str } from './params.mjs';
import { refund } from './shapes.mjs';

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

// makeRefund: also used by the control for refunds made at the provider's dashboard. What is pending
// counts as refunded already; its money moves when it succeeds.
export function makeRefund(world, p)
{
	const record = chargeOf(world, p);
	const { obj: ch } = record;
	const rest = ch.amount - ch.amount_refunded;
	if (rest === 0)
		throw bad(`Charge ${ch.id} has already been refunded.`, undefined,
			'charge_already_refunded', true);
	if (isTaken(world, record))
		throw bad(`Charge ${ch.id} has been charged back; cannot issue a refund.`, undefined,
			'charge_disputed', true);
	const free = rest - lostOf(world, record);
	const amount = p.amount ?? free;
	if (amount > free || free <= 0)
		throw bad(`Refund amount (${format(amount, ch.currency)}) is greater than unrefunded amount on `
			+ `charge (${format(free, ch.currency)})`, 'amount', undefined, true);
	const made = refund(world, ch, amount, p);
	made.status = world.nextRefund ?? 'succeeded';
	world.nextRefund = undefined;
	world.ledger.add(made);
	if (made.status === 'succeeded')
		refundMoved(world, made);
	(record.priv.refunds ??= []).push(made.id);
	ch.amount_refunded += amount;
	ch.refunded = ch.amount_refunded === ch.amount;
	world.ledger.touch(record);
	world.emit('refund.created', made);
	world.emit('charge.refunded', ch);
	world.emit('charge.refund.updated', made);
	if (ch.refunded)
		refundedFully(world, record);
	return made;
}

export const create = (world, { params }) => makeRefund(world, parseCreate(params));

const parseUpdate = check({ metadata });

export function update(world, { ids, params })
{
	const p = parseUpdate(params);
	const record = world.ledger.get(ids[0], 'refund');
	if (!record)
		throw missing('refund', ids[0]);
	mergeMetadata(record.obj, p.metadata);
	world.ledger.touch(record);
	world.emit('refund.updated', record.obj);
	return record.obj;
}

// What may follow what: a refund that succeeded can still come back.
const NEXT = {
	pending: ['succeeded', 'failed', 'canceled', 'requires_action'],
	requires_action: ['pending', 'succeeded', 'failed', 'canceled'],
	succeeded: ['failed'],
};

function giveBack(world, re)
{
	const paid = world.ledger.get(re.charge);
	paid.obj.amount_refunded -= re.amount;
	paid.obj.refunded = false;
	world.ledger.touch(paid);
	if (re.balance_transaction)
		refundCameBack(world, re);
}

// endRefund: a refund reaches a later state; a failed one gives the money back to the charge.
export function endRefund(world, id, status, reason)
{
	const record = world.ledger.get(id, 'refund');
	if (!record)
		throw missing('refund', id);
	const { obj: re } = record;
	const before = re.status;
	if (!NEXT[before]?.includes(status))
		throw bad(`A refund that is ${before} cannot become ${status}.`, 'status');
	re.status = status;
	if (status === 'succeeded')
		refundMoved(world, re);
	if (status === 'failed' || status === 'canceled')
		giveBack(world, re);
	if (status === 'failed')
		re.failure_reason = reason ?? 'expired_or_canceled_card';
	world.ledger.touch(record);
	world.emit('refund.updated', re, { previous: { status: before } });
	world.emit('charge.refund.updated', re, { previous: { status: before } });
	if (status === 'failed')
		world.emit('refund.failed', re);
	return re;
}

export const get = getter('refund');
export const index = lister('refund', '/v1/refunds', {
	charge: equal('charge'), payment_intent: equal('payment_intent'),
});
