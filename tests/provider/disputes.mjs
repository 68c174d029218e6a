// disputes.mjs: what a donor's bank does: early fraud warnings, inquiries, chargebacks.
import { disputeMoved } from './balance.mjs';
import { bad, missing } from './errors.mjs';
import { equal, getter, lister } from './lists.mjs';
import { dispute, earlyFraudWarning } from './shapes.mjs';

const isInquiry = (status) => status.startsWith('warning');

// What may follow what. The last word is lost or won, but for an appeal, which may have ended when anybody looks.
const NEXT = {
	warning_needs_response: ['warning_under_review', 'warning_closed', 'needs_response'],
	warning_under_review: ['warning_closed', 'needs_response'],
	needs_response: ['under_review', 'won', 'lost', 'prevented'],
	under_review: ['won', 'lost', 'prevented'],
	lost: ['won', 'appeal_needs_response', 'appeal_under_review'],
	appeal_needs_response: ['appeal_under_review', 'lost'],
	appeal_under_review: ['won', 'lost'],
};

const CLOSED = ['won', 'lost', 'warning_closed', 'prevented'];
const WON = ['won', 'prevented'];

const disputesOf = (world, record) => (record.priv.disputes ?? []).map((id) => world.ledger.get(id));

// lostOf: what chargebacks have taken of this charge.
export const lostOf = (world, record) => disputesOf(world, record)
	.reduce((sum, { obj: du }) => sum + (du.status === 'lost' ? du.amount : 0), 0);

// isTaken: a chargeback holds the money of this charge, or has taken all of it.
export const isTaken = (world, record) => lostOf(world, record) >= record.obj.amount || disputesOf(world, record)
	.some(({ obj: du }) => !isInquiry(du.status) && !WON.includes(du.status) && du.status !== 'lost');

function chargeOf(world, { charge, payment_intent: intent })
{
	const id = charge ?? world.ledger.get(intent)?.obj.latest_charge;
	const record = world.ledger.get(id, 'charge');
	if (!record || record.obj.status !== 'succeeded')
		throw missing('charge', id ?? intent);
	return record;
}

function withdraw(world, record)
{
	disputeMoved(world, record.obj, false);
	record.obj.is_charge_refundable = false;
	world.ledger.touch(record);
	world.emit('charge.dispute.funds_withdrawn', record.obj);
}

export function openDispute(world, what)
{
	const paid = chargeOf(world, what);
	const status = what.status ?? 'needs_response';
	if (!NEXT[status] || status === 'lost')
		throw bad(`A dispute cannot begin as ${status}.`, 'status');
	if (disputesOf(world, paid).some(({ obj: du }) => !CLOSED.includes(du.status)))
		throw bad(`Charge ${paid.obj.id} is disputed already.`);
	const record = world.ledger.add(dispute(world, paid.obj, {
		reason: what.reason ?? 'fraudulent', status, amount: what.amount,
	}));
	(paid.priv.disputes ??= []).push(record.obj.id);
	paid.obj.disputed = true;
	world.ledger.touch(paid);
	world.emit('charge.dispute.created', record.obj);
	if (!isInquiry(status))
		withdraw(world, record);
	settleWarnings(world, paid);
	return record.obj;
}

export function moveDispute(world, { dispute: id, status })
{
	const record = world.ledger.get(id, 'dispute');
	if (!record)
		throw missing('dispute', id);
	const { obj: du } = record;
	const before = du.status;
	if (!NEXT[before]?.includes(status))
		throw bad(`A dispute that is ${before} cannot become ${status}.`, 'status');
	du.status = status;
	world.ledger.touch(record);
	if (isInquiry(before) && !isInquiry(status))
		withdraw(world, record);
	if (WON.includes(status)) {
		disputeMoved(world, du, true);
		du.is_charge_refundable = true;
		world.emit('charge.dispute.funds_reinstated', du);
	}
	if (CLOSED.includes(status))
		world.emit('charge.dispute.closed', du);
	else
		world.emit('charge.dispute.updated', du, { previous: { status: before } });
	return du;
}

// refundedFully: nothing is left to inquire about, or to warn of.
export function refundedFully(world, paid)
{
	for (const { obj: du } of disputesOf(world, paid))
		if (isInquiry(du.status) && du.status !== 'warning_closed')
			moveDispute(world, { dispute: du.id, status: 'warning_closed' });
	settleWarnings(world, paid);
}

// settleWarnings: a warning calls for nothing any more once the charge is refunded or disputed.
function settleWarnings(world, paid)
{
	for (const id of paid.priv.warnings ?? [])
		setActionable(world, { warning: id, actionable: false });
}

export function setActionable(world, { warning, actionable })
{
	const record = world.ledger.get(warning, 'radar.early_fraud_warning');
	if (!record)
		throw missing('early fraud warning', warning);
	if (record.obj.actionable === actionable)
		return record.obj;
	record.obj.actionable = actionable;
	world.ledger.touch(record);
	world.emit('radar.early_fraud_warning.updated', record.obj, { previous: { actionable: !actionable } });
	return record.obj;
}

export function warn(world, what)
{
	const paid = chargeOf(world, what);
	const { obj: made } = world.ledger.add(earlyFraudWarning(world, paid.obj, {
		type: what.fraud_type ?? 'unauthorized_use_of_card',
		actionable: what.actionable ?? !(paid.obj.disputed || paid.obj.refunded),
	}));
	(paid.priv.warnings ??= []).push(made.id);
	world.ledger.touch(paid);
	world.emit('radar.early_fraud_warning.created', made);
	return made;
}

export const getDispute = getter('dispute');
export const listDisputes = lister('dispute', '/v1/disputes', {
	charge: equal('charge'), payment_intent: equal('payment_intent'),
});
export const getWarning = getter('radar.early_fraud_warning', 'early fraud warning');
export const listWarnings = lister('radar.early_fraud_warning', '/v1/radar/early_fraud_warnings', {
	charge: equal('charge'), payment_intent: equal('payment_intent'),
});
