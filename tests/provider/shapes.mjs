// shapes.mjs: the provider's objects around one payment, as API version 2026-10-28.endive shows them.
import { makeId } from './ids.mjs';

const ADDRESS = { city: null, country: null, line1: null, line2: null, postal_code: null, state: null };

export const listOf = (data, url, has_more = false) => ({ object: 'list', data, has_more, url });

export const details = (email, name = null) => ({
	address: ADDRESS, business_name: null, email, individual_name: null, name, phone: null,
	tax_exempt: 'none', tax_ids: [],
});

export function checkoutSession(world, p, amount, currency)
{
	const id = makeId(world.livemode ? 'cs_live_a1' : 'cs_test_a1', 56);
	return {
		id,
		object: 'checkout.session',
		created: world.now(),
		livemode: world.livemode,
		adaptive_pricing: p.adaptive_pricing ?? { enabled: p.mode === 'payment' },
		after_expiration: null,
		allow_promotion_codes: null,
		amount_subtotal: amount,
		amount_total: amount,
		automatic_tax: { enabled: false, liability: null, provider: null, status: null },
		billing_address_collection: null,
		cancel_url: p.cancel_url ?? null,
		client_reference_id: p.client_reference_id ?? null,
		client_secret: null,
		collected_information: null,
		consent: null,
		consent_collection: null,
		currency,
		currency_conversion: null,
		custom_fields: [],
		custom_text: {
			after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null,
		},
		customer: p.customer ?? null,
		customer_account: null,
		customer_creation: p.mode === 'subscription' || p.customer ? null
			: p.customer_creation ?? 'if_required',
		customer_details: p.customer_email ? details(p.customer_email) : null,
		customer_email: p.customer_email ?? null,
		discounts: p.mode === 'payment' ? [] : null,
		expires_at: p.expires_at ?? world.now() + 24 * 3600,
		invoice: null,
		invoice_creation: p.mode === 'payment' ? { enabled: false, invoice_data: {
			account_tax_ids: null, custom_fields: null, description: null, footer: null, issuer: null,
			metadata: {}, rendering_options: null,
		} } : null,
		locale: p.locale ?? null,
		metadata: p.metadata || {},
		mode: p.mode,
		origin_context: null,
		payment_intent: null,
		payment_link: null,
		payment_method_collection: p.mode === 'payment' ? 'if_required' : 'always',
		payment_method_configuration_details: null,
		payment_method_options: {},
		payment_method_types: p.payment_method_types ?? ['card'],
		payment_status: 'unpaid',
		permissions: null,
		phone_number_collection: { enabled: false },
		recovered_from: null,
		saved_payment_method_options: null,
		setup_intent: null,
		shipping_address_collection: null,
		shipping_cost: null,
		shipping_options: [],
		status: 'open',
		submit_type: p.submit_type ?? null,
		subscription: null,
		success_url: p.success_url,
		total_details: { amount_discount: 0, amount_shipping: 0, amount_tax: 0 },
		ui_mode: 'hosted_page',
		url: `${world.publicUrl}/c/pay/${id}`,
		wallet_options: null,
	};
}

export const paymentIntent = (world, { amount, currency, customer, metadata, description }) => {
	const id = makeId('pi_3');
	return {
		id, object: 'payment_intent', created: world.now(), livemode: world.livemode,
		amount, currency,
		amount_capturable: 0, amount_details: { tip: {} }, amount_received: 0,
		application: null, application_fee_amount: null, automatic_payment_methods: null,
		canceled_at: null, cancellation_reason: null, capture_method: 'automatic_async',
		client_secret: `${id}_secret_${makeId('', 24)}`, confirmation_method: 'automatic',
		customer: customer ?? null, customer_account: null, description: description ?? null,
		excluded_payment_method_types: null, last_payment_error: null, latest_charge: null,
		metadata: { ...metadata },
		next_action: null, on_behalf_of: null, payment_method: null,
		payment_method_configuration_details: null, payment_method_options: {},
		payment_method_types: ['card'], processing: null, receipt_email: null, review: null,
		setup_future_usage: null, shipping: null, source: null, statement_descriptor: null,
		statement_descriptor_suffix: null, status: 'requires_payment_method',
		transfer_data: null, transfer_group: null,
	};
};

// charge: status is succeeded, pending (a delayed method) or failed.
export const charge = (world, pi, status, { email = null, method = 'card' } = {}) => ({
	id: makeId('ch_3'), object: 'charge', created: world.now(), livemode: world.livemode,
	amount: pi.amount, amount_captured: status === 'failed' ? 0 : pi.amount, amount_refunded: 0,
	application: null, application_fee: null, application_fee_amount: null,
	balance_transaction: null,
	billing_details: { address: ADDRESS, email, name: null, phone: null, tax_id: null },
	calculated_statement_descriptor: 'TEST PROVIDER', captured: status !== 'failed',
	currency: pi.currency, customer: pi.customer, description: pi.description, disputed: false,
	failure_balance_transaction: null,
	failure_code: null, failure_message: null,
	fraud_details: {}, metadata: { ...pi.metadata }, on_behalf_of: null,
	outcome: {
		advice_code: null, network_advice_code: null, network_decline_code: null,
		network_status: 'approved_by_network', reason: null, risk_level: 'normal',
		seller_message: 'Payment complete.', type: 'authorized',
	},
	paid: status === 'succeeded', payment_intent: pi.id, payment_method: pi.payment_method,
	payment_method_details: methodDetails(method),
	receipt_email: null, receipt_number: null, receipt_url: null, refunded: false, review: null,
	shipping: null, source: null, source_transfer: null, statement_descriptor: null,
	statement_descriptor_suffix: null, status, transfer_data: null, transfer_group: null,
});

function methodDetails(method)
{
	if (method === 'sepa_debit')
		return { type: method, sepa_debit: {
			bank_code: '37040044', branch_code: null, country: 'DE', fingerprint: null, last4: '3000',
			mandate: null,
		} };
	return { type: 'card', card: {
		brand: 'visa', checks: { address_line1_check: null, address_postal_code_check: null,
			cvc_check: 'pass' },
		country: 'US', exp_month: 12, exp_year: 2034, fingerprint: null, funding: 'credit',
		installments: null, last4: '4242', mandate: null, network: 'visa', three_d_secure: null,
		wallet: null,
	} };
}

export const refund = (world, ch, amount, p) => ({
	id: makeId('re_3'), object: 'refund', amount,
	balance_transaction: null, charge: ch.id, created: world.now(),
	currency: ch.currency, customer: ch.customer, customer_account: null,
	destination_details: { card: { reference_status: 'pending', reference_type:
		'acquirer_reference_number', type: 'refund' }, type: 'card' },
	metadata: p.metadata || {}, payment_intent: ch.payment_intent,
	payment_method: ch.payment_method, reason: p.reason ?? null, receipt_number: null,
	source_transfer_reversal: null, status: 'succeeded', transfer_reversal: null,
});

export const dispute = (world, ch, { reason, status, amount }) => ({
	id: makeId('du_1'), object: 'dispute', created: world.now(), livemode: world.livemode,
	metadata: {},
	amount: amount ?? ch.amount, balance_transactions: [], charge: ch.id, currency: ch.currency,
	enhanced_eligibility_types: [],
	evidence: {},
	evidence_details: {
		due_by: world.now() + 9 * 24 * 3600, enhanced_eligibility: {}, has_evidence: false,
		past_due: false, submission_count: 0,
	},
	is_charge_refundable: status.startsWith('warning'), payment_intent: ch.payment_intent,
	payment_method_details: { type: 'card', card: {
		brand: 'visa', case_type: status.startsWith('warning') ? 'inquiry' : 'chargeback',
		network: 'visa', network_reason_code: '10.4',
	} },
	reason, status,
});

export const earlyFraudWarning = (world, ch, { type, actionable }) => ({
	id: makeId('issfr_1'), object: 'radar.early_fraud_warning', actionable, charge: ch.id,
	created: world.now(), fraud_type: type, livemode: world.livemode,
	payment_intent: ch.payment_intent,
});

export const event = (world, type, object, previous, request, version) => ({
	id: makeId('evt_1'), object: 'event', api_version: version, created: world.now(),
	data: previous ? { object, previous_attributes: previous } : { object },
	livemode: world.livemode, pending_webhooks: 0,
	request: request ?? { id: null, idempotency_key: null }, type,
});
