// account.mjs: the provider's own books, summed up for tests to compare with.

function paymentOf(ch, owner)
{
	const { session, invoice } = owner.get(ch.payment_intent) ?? {};
	const details = invoice?.parent.subscription_details;
	return {
		id: ch.payment_intent, charge: ch.id, amount: ch.amount, currency: ch.currency,
		created: ch.created, refunded: ch.amount_refunded, disputed: ch.disputed,
		balance_transaction: ch.balance_transaction, livemode: ch.livemode, metadata: details?.metadata ?? ch.metadata,
		session: session?.id ?? null, reference: session?.client_reference_id ?? null,
		invoice: invoice?.id ?? null, subscription: details?.subscription ?? null,
	};
}

// balance: what the account's balance shows, by currency and kind of movement.
function balance(moves)
{
	const out = {};
	for (const { currency, reporting_category: kind, amount, fee, net } of moves) {
		const sum = out[currency] ??= { amount: 0, fee: 0, net: 0, by: {} };
		const part = sum.by[kind] ??= { count: 0, amount: 0, fee: 0 };
		for (const [to, what] of [[sum, { amount, fee, net }], [part, { count: 1, amount, fee }]])
			for (const [name, value] of Object.entries(what))
				to[name] += value;
	}
	return out;
}

// account: every successful charge is a payment; totals are per currency, in minor units.
export function account(ledger)
{
	const objects = (kind) => ledger.all(kind).map((r) => r.obj);
	const owner = new Map();
	for (const { obj, priv } of ledger.all('invoice').filter((r) => r.priv.payment_intent))
		owner.set(priv.payment_intent, { invoice: obj });
	const sessions = objects('checkout.session');
	for (const session of sessions) {
		const intent = session.payment_intent
			?? (session.invoice && ledger.get(session.invoice).priv.payment_intent);
		if (intent)
			owner.set(intent, { ...owner.get(intent), session });
	}
	const payments = objects('charge').filter((c) => c.status === 'succeeded')
		.map((c) => paymentOf(c, owner));
	const totals = {};
	for (const p of payments) {
		const sum = totals[p.currency] ??= { payments: 0, paid: 0, refunds: 0, refunded: 0 };
		sum.payments++;
		sum.paid += p.amount;
	}
	const refunds = objects('refund');
	for (const r of refunds.filter((x) => x.status === 'succeeded')) {
		totals[r.currency].refunds++;
		totals[r.currency].refunded += r.amount;
	}
	const counts = {};
	for (const [kind, records] of ledger.byKind)
		counts[kind] = records.length;
	const references = {};
	for (const s of sessions.filter((x) => x.client_reference_id))
		(references[s.client_reference_id] ??= []).push(s.id);
	return {
		counts, totals, payments, references,
		sessions: sessions.map((s) => ({ id: s.id, status: s.status, mode: s.mode, amount:
			s.amount_total, currency: s.currency, payment_status: s.payment_status, reference:
			s.client_reference_id, metadata: s.metadata, payment_intent: s.payment_intent,
		subscription: s.subscription, invoice: s.invoice, expires_at: s.expires_at })),
		refunds, disputes: objects('dispute'), warnings: objects('radar.early_fraud_warning'),
		balance: balance(objects('balance_transaction')), subscriptions: objects('subscription'),
	};
}
