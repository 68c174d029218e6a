// balance.mjs: what each movement of money did to the account's balance, and what the provider took
// for it. Nothing here is ever changed: what is undone is undone by another transaction.
import { exponent } from './currency.mjs';
import { makeId } from './ids.mjs';
import { equal, getter, lister } from './lists.mjs';
import { str } from './params.mjs';

// FEES: rate of the amount, fixed parts in hundredths of the unit. settle: the one currency the account
// is kept in (nothing: each currency for itself), rates: what a unit of another one is worth in it.
// late_s: how long after a charge its transaction shows. dispute_back: a won dispute returns its fee.
export const FEES = {
	rate: 0.015, fixed: 25, sepa: 35, dispute: 2000, dispute_back: false, refund: 0,
	late_s: 0, settle: null, rates: {},
};

const fixed = (hundredths, currency) => Math.round(hundredths * 10 ** (exponent(currency) - 2));

function converted({ settle, rates }, amount, currency)
{
	if (!settle || settle === currency)
		return { amount, currency, exchange_rate: null };
	const rate = rates[currency] ?? 1;
	return { currency: settle, exchange_rate: rate,
		amount: Math.round(amount * rate * 10 ** (exponent(settle) - exponent(currency))) };
}

// book: amount is in the currency of the source; fee is a function of the settled amount and currency.
function book(world, { type, category = type, amount, source, description, fee })
{
	const settled = converted(world.fees, amount, source.currency);
	const cost = fee(settled.amount, settled.currency);
	const made = {
		id: makeId('txn_3'), object: 'balance_transaction', amount: settled.amount,
		available_on: world.now() + 3 * 24 * 3600, balance_type: 'payments', created: world.now(),
		currency: settled.currency, description, exchange_rate: settled.exchange_rate, fee: cost,
		fee_details: cost ? [{ amount: cost, application: null, currency: settled.currency,
			description: type === 'adjustment' ? 'Dispute fee' : 'Stripe processing fees',
			type: 'stripe_fee' }] : [],
		net: settled.amount - cost, reporting_category: category, source: source.id,
		status: 'pending', type,
	};
	world.ledger.add(made);
	return made;
}

function bookCharge(world, { obj: ch })
{
	const card = ch.payment_method_details.type === 'card';
	const { rate, fixed: base, sepa } = world.fees;
	ch.balance_transaction = book(world, {
		type: card ? 'charge' : 'payment', category: 'charge', amount: ch.amount, source: ch,
		description: ch.description,
		fee: (amount, cur) => (card ? Math.round(amount * rate) + fixed(base, cur) : fixed(sepa, cur)),
	}).id;
}

// chargeMoved: now, or a while later, as it is where captures are asynchronous.
export function chargeMoved(world, record)
{
	if (!world.fees.late_s) {
		bookCharge(world, record);
		return;
	}
	record.priv.settles_at = world.now() + world.fees.late_s;
}

export function settleCharge(world, record)
{
	record.priv.settles_at = undefined;
	bookCharge(world, record);
	world.ledger.touch(record);
	world.emit('charge.updated', record.obj, { previous: { balance_transaction: null } });
}

const isCard = (world, re) => world.ledger.get(re.charge).obj.payment_method_details.type === 'card';

export function refundMoved(world, re)
{
	re.balance_transaction = book(world, {
		type: isCard(world, re) ? 'refund' : 'payment_refund', category: 'refund',
		amount: -re.amount, source: re, description: 'REFUND FOR CHARGE',
		fee: (amount, cur) => fixed(world.fees.refund, cur),
	}).id;
}

export function refundCameBack(world, re)
{
	re.failure_balance_transaction = book(world, {
		type: isCard(world, re) ? 'refund_failure' : 'payment_failure_refund',
		category: 'refund_failure', amount: re.amount, source: re,
		description: 'REFUND FAILURE', fee: () => 0,
	}).id;
}

// disputeMoved: the disputed money leaves with a fee, or comes back.
export function disputeMoved(world, du, back)
{
	const { dispute, dispute_back: returns } = world.fees;
	du.balance_transactions.push(book(world, {
		type: 'adjustment', category: back ? 'dispute_reversal' : 'dispute',
		amount: back ? du.amount : -du.amount, source: du,
		description: `Chargeback ${back ? 'reversal' : 'withdrawal'} for ${du.charge}`,
		fee: (amount, cur) => (back ? (returns ? -fixed(dispute, cur) : 0) : fixed(dispute, cur)),
	}));
}

export const get = getter('balance_transaction', 'balance transaction');
export const index = lister('balance_transaction', '/v1/balance_transactions', {
	currency: equal('currency'), source: equal('source'), type: equal('type'),
	payout: [str(), () => false],
});
