// shapes_2023.mjs: the same objects as an API version before 2025-03-31 shows them: an invoice names its
// subscription, payment intent and charge itself, a charge and a payment intent name their invoice, the
// billing period is the subscription's own.
export const OLD = '2023-08-16';

const FIRST_NEW = '2025-03-31';

export const isOld = (version) => version < FIRST_NEW;

const planOf = (price) => ({
	id: price.id, object: 'plan', active: price.active, aggregate_usage: null,
	amount: price.unit_amount, amount_decimal: price.unit_amount_decimal,
	billing_scheme: price.billing_scheme, created: price.created, currency: price.currency,
	interval: price.recurring.interval, interval_count: price.recurring.interval_count,
	livemode: price.livemode, metadata: {}, nickname: null, product: price.product,
	tiers_mode: null, transform_usage: null, trial_period_days: null, usage_type: 'licensed',
});

const invoiceOf = (world, intent) => world.ledger.get(intent)?.priv.invoice ?? null;

function subscription(world, { customer_account, billing_mode, ...o })
{
	const [item] = o.items.data;
	const { current_period_end, current_period_start } = item;
	return { ...o, current_period_end, current_period_start, discount: null, plan: planOf(item.price),
		quantity: item.quantity, items: { ...o.items, data: o.items.data.map((each) => {
			const { current_period_end: end, current_period_start: start, ...rest } = each;
			return { ...rest, plan: planOf(each.price) };
		}) } };
}

function line(world, { parent, pricing, taxes, subtotal, pretax_credit_amounts, ...o })
{
	const { subscription: sub, subscription_item: id } = parent.subscription_item_details;
	const item = world.ledger.get(sub).obj.items.data.find((each) => each.id === id);
	return { ...o, amount_excluding_tax: o.amount, plan: planOf(item.price), price: item.price,
		proration: false, proration_details: { credited_items: null }, subscription: sub,
		subscription_item: id, tax_amounts: [], tax_rates: [], type: 'subscription',
		unit_amount_excluding_tax: pricing.unit_amount_decimal };
}

function invoice(world, o)
{
	const {
		parent, payments, customer_account, total_taxes, total_pretax_credit_amounts, ...rest
	} = o;
	const { subscription: sub, metadata } = parent.subscription_details;
	const intent = world.ledger.get(o.id)?.priv.payment_intent ?? null;
	return { ...rest, charge: world.ledger.get(intent)?.obj.latest_charge ?? null, discount: null,
		lines: { ...o.lines, data: o.lines.data.map((each) => line(world, each)) },
		paid: o.status === 'paid', paid_out_of_band: false, payment_intent: intent, quote: null,
		rendering_options: null, subscription: sub, subscription_details: { metadata }, tax: null,
		total_tax_amounts: [], transfer_data: null };
}

const KINDS = {
	subscription, invoice,
	charge: (world, o) => ({ ...o, invoice: invoiceOf(world, o.payment_intent?.id ?? o.payment_intent) }),
	payment_intent: (world, { customer_account, ...o }) => ({ ...o, invoice: invoiceOf(world, o.id) }),
	'checkout.session': (world, { adaptive_pricing, customer_account, ...o }) =>
		({ ...o, ui_mode: 'hosted' }),
	balance_transaction: (world, { balance_type, ...o }) => o,
};

// An event keeps the shape it was made in.
function down(world, node)
{
	if (node === null || typeof node !== 'object' || node.object === 'event')
		return node;
	if (Array.isArray(node))
		return node.map((each) => down(world, each));
	const turned = KINDS[node.object]?.(world, node) ?? { ...node };
	for (const key of Object.keys(turned))
		if (key !== 'lines' && key !== 'items')
			turned[key] = down(world, turned[key]);
	return turned;
}

// older: an object, or a list of them, as that version shows it; itself when the version is new enough.
export const older = (world, value, version) => (isOld(version) ? down(world, value) : value);
