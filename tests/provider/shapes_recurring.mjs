// shapes_recurring.mjs: customers, subscriptions, invoices; the newer shapes: the billing period is
// on the item, the invoice names its subscription under parent, payments are their own objects.
import { makeId } from './ids.mjs';
import { listOf } from './shapes.mjs';

const ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

export const customer = (world, email, name = null) => ({
	id: makeId('cus_', 14), object: 'customer', created: world.now(), livemode: world.livemode,
	metadata: {},
	address: ADDRESS, balance: 0, currency: null, customer_account: null, default_source: null,
	delinquent: false, description: null, discount: null, email,
	invoice_prefix: makeId('', 8).toUpperCase(),
	invoice_settings: { custom_fields: null, default_payment_method: null, footer: null,
		rendering_options: null },
	name, next_invoice_sequence: 1, phone: null, preferred_locales: [], shipping: null,
	tax_exempt: 'none', test_clock: null,
});

// addPeriod: the anchor's day some months on, or the month's last day when it has no such day.
export function addPeriod(at, interval, count, anchor = at)
{
	const day = 24 * 3600;
	if (interval === 'day' || interval === 'week')
		return at + count * (interval === 'day' ? day : 7 * day);
	const date = new Date(at * 1000);
	const months = date.getUTCMonth() + count * (interval === 'year' ? 12 : 1);
	const last = new Date(Date.UTC(date.getUTCFullYear(), months + 1, 0)).getUTCDate();
	const to = Math.min(new Date(anchor * 1000).getUTCDate(), last);
	return Date.UTC(date.getUTCFullYear(), months, to) / 1000 + at % day;
}

export const price = (world, line) => ({
	id: line.price ?? makeId('price_1'), object: 'price', created: world.now(), livemode: world.livemode,
	metadata: {},
	active: false, billing_scheme: 'per_unit', currency: line.currency, custom_unit_amount: null,
	lookup_key: null, nickname: null, product: line.product ?? makeId('prod_', 14),
	recurring: line.recurring ? {
		interval: line.recurring.interval, interval_count: line.recurring.interval_count ?? 1,
		meter: null, trial_period_days: null, usage_type: 'licensed',
	} : null,
	tax_behavior: 'unspecified', tiers_mode: null, transform_quantity: null,
	type: line.recurring ? 'recurring' : 'one_time', unit_amount: line.unit_amount,
	unit_amount_decimal: String(line.unit_amount),
});

export const lineItem = (world, line) => ({
	id: makeId('li_1'), object: 'item', adjustable_quantity: null, amount_discount: 0,
	amount_subtotal: line.unit_amount * line.quantity, amount_tax: 0,
	amount_total: line.unit_amount * line.quantity, currency: line.currency,
	description: line.name, metadata: {}, price: price(world, line), quantity: line.quantity,
});

// paymentMethod: a card that is kept for later; which one is all that differs.
export const paymentMethod = (world, { customer: owner, email, last4 = '4242' }) => ({
	id: makeId('pm_1'), object: 'payment_method', created: world.now(), livemode: world.livemode,
	metadata: {},
	allow_redisplay: 'limited',
	billing_details: { address: ADDRESS, email: email ?? null, name: null, phone: null, tax_id: null },
	card: {
		brand: 'visa', checks: { address_line1_check: null, address_postal_code_check: null,
			cvc_check: 'pass' },
		country: 'US', display_brand: 'visa', exp_month: 12, exp_year: 2034, fingerprint: null,
		funding: 'credit', generated_from: null, last4,
		networks: { available: ['visa'], preferred: null }, regulated_status: 'unregulated',
		three_d_secure_usage: { supported: true }, wallet: null,
	},
	customer: owner, customer_account: null, type: 'card',
});

export function subscription(world, { customer: owner, item, metadata, description, card })
{
	const id = makeId('sub_1');
	const now = world.now();
	const { interval, interval_count: count } = item.price.recurring;
	return {
		id, object: 'subscription', created: world.now(), livemode: world.livemode,
		application: null, application_fee_percent: null,
		automatic_tax: { disabled_reason: null, enabled: false, liability: null },
		billing_cycle_anchor: now, billing_cycle_anchor_config: null,
		billing_mode: { flexible: null, type: 'classic' }, billing_thresholds: null,
		cancel_at: null, cancel_at_period_end: false, canceled_at: null,
		cancellation_details: { comment: null, feedback: null, reason: null },
		collection_method: 'charge_automatically', currency: item.currency, customer: owner,
		customer_account: null, days_until_due: null, default_payment_method: card,
		default_source: null, default_tax_rates: [], description: description ?? null, discounts: [],
		ended_at: null, invoice_settings: { account_tax_ids: null, issuer: { type: 'self' } },
		items: listOf([{
			id: makeId('si_', 14), object: 'subscription_item', billing_thresholds: null, created: now,
			current_period_end: addPeriod(now, interval, count), current_period_start: now,
			discounts: [], metadata: {}, price: item.price, quantity: item.quantity,
			subscription: id, tax_rates: [],
		}], `/v1/subscription_items?subscription=${id}`),
		latest_invoice: null, metadata: { ...metadata }, next_pending_invoice_item_invoice: null,
		on_behalf_of: null, pause_collection: null,
		payment_settings: { payment_method_options: null, payment_method_types: null,
			save_default_payment_method: 'off' },
		pending_invoice_item_interval: null, pending_setup_intent: null, pending_update: null,
		schedule: null, start_date: now, status: 'incomplete', test_clock: null, transfer_data: null,
		trial_end: null, trial_settings: { end_behavior: { missing_payment_method: 'create_invoice' } },
		trial_start: null,
	};
}

export function invoice(world, sub, { reason, email })
{
	const id = makeId('in_1');
	const item = sub.items.data[0];
	const amount = item.price.unit_amount * item.quantity;
	const now = world.now();
	const details = { metadata: { ...sub.metadata }, subscription: sub.id };
	return {
		id, object: 'invoice', created: world.now(), livemode: world.livemode, metadata: {},
		account_country: 'DE', account_name: 'Test provider', account_tax_ids: null,
		amount_due: amount, amount_overpaid: 0, amount_paid: 0, amount_remaining: amount,
		amount_shipping: 0, application: null, attempt_count: 0, attempted: false, auto_advance: true,
		automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null,
			status: null },
		automatically_finalizes_at: null, billing_reason: reason,
		collection_method: 'charge_automatically', currency: sub.currency, custom_fields: null,
		customer: sub.customer, customer_account: null, customer_address: null,
		customer_email: email ?? null, customer_name: null, customer_phone: null,
		customer_shipping: null, customer_tax_exempt: 'none', customer_tax_ids: [],
		default_payment_method: null, default_source: null, default_tax_rates: [], description: null,
		discounts: [], due_date: null, effective_at: now, ending_balance: 0, footer: null,
		from_invoice: null, hosted_invoice_url: `${world.publicUrl}/c/invoice/${id}`,
		invoice_pdf: null, issuer: { type: 'self' }, last_finalization_error: null,
		latest_revision: null,
		lines: listOf([invoiceLine(world, id, sub, item, amount)], `/v1/invoices/${id}/lines`),
		next_payment_attempt: null, number: `TP-${makeId('', 8).toUpperCase()}`,
		on_behalf_of: null,
		parent: { quote_details: null, subscription_details: details, type: 'subscription_details' },
		payment_settings: { default_mandate: null, payment_method_options: null,
			payment_method_types: null },
		period_end: now, period_start: now, post_payment_credit_notes_amount: 0,
		pre_payment_credit_notes_amount: 0, receipt_number: null, rendering: null,
		shipping_cost: null, shipping_details: null, starting_balance: 0, statement_descriptor: null,
		status: 'open',
		status_transitions: { finalized_at: now, marked_uncollectible_at: null, paid_at: null,
			voided_at: null },
		subtotal: amount, subtotal_excluding_tax: amount, test_clock: null, total: amount,
		total_discount_amounts: [], total_excluding_tax: amount, total_pretax_credit_amounts: [],
		total_taxes: [], webhooks_delivered_at: null,
	};
}

const invoiceLine = (world, invoiceId, sub, item, amount) => ({
	id: makeId('il_1'), object: 'line_item', amount, currency: sub.currency,
	description: 'Recurring contribution', discount_amounts: [], discountable: true, discounts: [],
	invoice: invoiceId, livemode: world.livemode, metadata: { ...sub.metadata },
	parent: { invoice_item_details: null, subscription_item_details: {
		invoice_item: null, proration: false, proration_details: { credited_items: null },
		subscription: sub.id, subscription_item: item.id,
	}, type: 'subscription_item_details' },
	period: { end: item.current_period_end, start: item.current_period_start },
	pretax_credit_amounts: [],
	pricing: { price_details: { price: item.price.id, product: item.price.product },
		type: 'price_details', unit_amount_decimal: item.price.unit_amount_decimal },
	quantity: item.quantity, subtotal: amount, taxes: [],
});

export const invoicePayment = (world, inv, pi) => ({
	id: makeId('inpay_1'), object: 'invoice_payment', amount_paid: null,
	amount_requested: inv.amount_due, created: world.now(), currency: inv.currency,
	invoice: inv.id, is_default: true, livemode: world.livemode,
	payment: { payment_intent: pi.id, type: 'payment_intent' }, status: 'open',
	status_transitions: { canceled_at: null, paid_at: null },
});

export const portalSession = (world, p) => {
	const id = makeId('bps_1');
	return {
		id, object: 'billing_portal.session', created: world.now(), livemode: world.livemode,
		configuration: 'bpc_1TestProvider', customer: p.customer, customer_account: null,
		flow: p.flow_data ? {
			after_completion: { hosted_confirmation: null, redirect: null, type: 'portal_homepage' },
			subscription_cancel: p.flow_data.subscription_cancel ?? null,
			subscription_update: null, subscription_update_confirm: null, type: p.flow_data.type,
		} : null,
		locale: p.locale ?? null, on_behalf_of: null, return_url: p.return_url ?? null,
		url: `${world.publicUrl}/p/session/${id}`,
	};
};
