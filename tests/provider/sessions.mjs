// sessions.mjs: checkout sessions over the API.
import { checkAmount, currency } from './currency.mjs';
import { bad, missing, missingParam } from './errors.mjs';
import { getter, lister, page } from './lists.mjs';
import { any, bool, check, email, int, list, metadata, obj, oneOf, str, url } from './params.mjs';
import { checkoutSession } from './shapes.mjs';
import { lineItem } from './shapes_recurring.mjs';

const anyOf = (names) => Object.fromEntries(names.split(' ').map((name) => [name, any]));

const line = obj({
	adjustable_quantity: any, dynamic_tax_rates: any, tax_rates: any, price: str(),
	quantity: int(0, 999999),
	price_data: obj({
		currency,
		unit_amount: (v, path) => int()(v, path),
		unit_amount_decimal: any, tax_behavior: any, product: str(),
		product_data: obj({ name: str(), description: str(), images: any, metadata, tax_code: any,
			unit_label: any }, ['name']),
		recurring: obj({ interval: oneOf('day', 'week', 'month', 'year'),
			interval_count: int(1, 1096) }, ['interval']),
	}, ['currency']),
}, []);

const parseCreate = check({
	mode: oneOf('payment', 'setup', 'subscription'),
	submit_type: oneOf('auto', 'book', 'donate', 'pay', 'subscribe'),
	line_items: list(line),
	client_reference_id: str(200),
	customer: str(), customer_email: email,
	customer_creation: oneOf('always', 'if_required'),
	metadata,
	payment_intent_data: obj({ ...anyOf('application_fee_amount capture_method on_behalf_of '
		+ 'receipt_email setup_future_usage shipping statement_descriptor statement_descriptor_suffix '
		+ 'transfer_data transfer_group'), description: str(1000), metadata }),
	subscription_data: obj({ ...anyOf('application_fee_percent billing_cycle_anchor billing_mode '
		+ 'default_tax_rates invoice_settings on_behalf_of proration_behavior transfer_data trial_end '
		+ 'trial_period_days trial_settings'), description: str(500), metadata }),
	payment_method_types: list(str()),
	excluded_payment_method_types: list(str()),
	adaptive_pricing: obj({ enabled: bool }),
	success_url: url, cancel_url: url,
	expires_at: int(0),
	locale: str(),
	...anyOf('after_expiration allow_promotion_codes automatic_tax billing_address_collection '
		+ 'branding_settings consent_collection custom_fields custom_text customer_account '
		+ 'customer_update discounts integration_identifier '
		+ 'invoice_creation managed_payments name_collection optional_items origin_context '
		+ 'payment_method_collection payment_method_configuration payment_method_data '
		+ 'payment_method_options permissions phone_number_collection '
		+ 'redirect_on_completion return_url saved_payment_method_options setup_intent_data '
		+ 'shipping_address_collection shipping_options tax_id_collection ui_mode wallet_options'),
}, []);

function checkMode(p)
{
	if (!p.mode)
		throw missingParam('mode');
	if (p.mode === 'setup')
		throw bad('The test provider does not offer the setup mode.', 'mode');
	if (!p.line_items?.length)
		throw missingParam('line_items');
	if (!p.success_url)
		throw missingParam('success_url');
	const wrong = p.mode === 'payment' ? ['subscription_data']
		: ['submit_type', 'payment_intent_data', 'customer_creation', 'invoice_creation'];
	for (const name of wrong)
		if (p[name] !== undefined)
			throw bad(`You can not pass \`${name}\` in \`${p.mode}\` mode.`, name);
	if (p.customer && p.customer_email)
		throw bad('You may only specify one of these parameters: customer, customer_email.',
			'customer');
}

function checkWindow(world, p)
{
	if (p.expires_at === undefined)
		return;
	const ahead = p.expires_at - world.now();
	if (ahead < 30 * 60)
		throw bad('The `expires_at` timestamp must be at least 30 minutes from Checkout Session '
			+ 'creation.', 'expires_at');
	if (ahead > 24 * 3600)
		throw bad('The `expires_at` timestamp must be less than 24 hours from Checkout Session '
			+ 'creation.', 'expires_at');
}

function readLine(p, item, i)
{
	const path = `line_items[${i}]`;
	const data = item.price_data;
	if (!data)
		throw item.price ? missing('price', item.price, `${path}[price]`)
			: missingParam(`${path}[price_data]`);
	if (item.quantity === undefined)
		throw missingParam(`${path}[quantity]`);
	if (item.quantity < 1)
		throw bad('This value must be greater than or equal to 1.', `${path}[quantity]`);
	if (data.unit_amount === undefined)
		throw missingParam(`${path}[price_data][unit_amount]`);
	if (!data.product && !data.product_data)
		throw missingParam(`${path}[price_data][product_data]`);
	if (p.mode === 'payment' && data.recurring)
		throw bad('You must use `subscription` mode with a recurring price.', 'mode');
	if (data.currency !== p.line_items[0].price_data?.currency)
		throw bad('All line items must have the same currency.', `${path}[price_data][currency]`);
	return { ...data, name: data.product_data?.name ?? data.product, quantity: item.quantity };
}

export function create(world, { params })
{
	const p = parseCreate(params);
	checkMode(p);
	const lines = p.line_items.map((item, i) => readLine(p, item, i));
	if (p.mode === 'subscription' && !lines.some((l) => l.recurring))
		throw bad('You must provide at least one recurring price in `subscription` mode.',
			'line_items');
	const cur = lines[0].currency;
	const total = lines.reduce((sum, l) => sum + l.unit_amount * l.quantity, 0);
	checkAmount(total, cur, 'line_items[0][price_data][unit_amount]');
	checkWindow(world, p);
	if (world.livemode)
		for (const name of ['success_url', 'cancel_url'])
			if (p[name] && !p[name].startsWith('https:'))
				throw bad('Livemode requests must always be redirected via HTTPS.', name, 'url_invalid');
	if (p.customer && !world.ledger.get(p.customer, 'customer'))
		throw missing('customer', p.customer, 'customer');
	const session = checkoutSession(world, p, total, cur);
	world.ledger.add(session, {
		lines: lines.map((l) => lineItem(world, l)),
		payment_intent_data: p.payment_intent_data ?? {},
		subscription_data: p.subscription_data ?? {},
	});
	return session;
}

export const get = getter('checkout.session', 'checkout.session');

export const index = lister('checkout.session', '/v1/checkout/sessions', {
	status: [oneOf('open', 'complete', 'expired'), (o, v) => o.status === v],
	payment_intent: [str(), (o, v) => o.payment_intent === v],
	subscription: [str(), (o, v) => o.subscription === v],
	customer: [str(), (o, v) => o.customer === v],
	customer_account: [str(), () => false],
	payment_link: [str(), () => false],
	customer_details: [obj({ email }, ['email']), (o, v) => o.customer_details?.email === v.email],
});

export function expireSession(world, record)
{
	if (record.obj.status !== 'open')
		throw bad('Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
			+ `Session has a status of ${record.obj.status}.`, undefined, undefined, true);
	Object.assign(record.obj, { status: 'expired', url: null });
	world.ledger.touch(record);
	world.emit('checkout.session.expired', record.obj);
	return record.obj;
}

const parseNothing = check({});

export function expire(world, { ids, params })
{
	parseNothing(params);
	const record = world.ledger.get(ids[0], 'checkout.session');
	if (!record)
		throw missing('checkout.session', ids[0], 'session');
	return expireSession(world, record);
}

const parseLines = check({ limit: int(1, 100), starting_after: str(), ending_before: str() });

export function lineItems(world, { ids, params })
{
	const record = world.ledger.get(ids[0], 'checkout.session');
	if (!record)
		throw missing('checkout.session', ids[0], 'session');
	return page(record.priv.lines.map((obj_) => ({ obj: obj_ })).reverse(), parseLines(params),
		`/v1/checkout/sessions/${ids[0]}/line_items`);
}
