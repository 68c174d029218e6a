// declines.mjs: why a payment did not go through, in the provider's words.

const WORDS = {
	generic_decline: ['card_declined', 'Your card was declined.'],
	do_not_honor: ['card_declined', 'Your card was declined.'],
	insufficient_funds: ['card_declined', 'Your card has insufficient funds.'],
	lost_card: ['card_declined', 'Your card was declined.'],
	stolen_card: ['card_declined', 'Your card was declined.'],
	fraudulent: ['card_declined', 'Your card was declined.'],
	card_velocity_exceeded: ['card_declined',
		'Your card was declined for making repeated attempts too frequently or exceeding its amount limit.'],
	expired_card: ['expired_card', 'Your card has expired.'],
	incorrect_cvc: ['incorrect_cvc', "Your card's security code is incorrect."],
	processing_error: ['processing_error',
		'An error occurred while processing your card. Try again in a little bit.'],
	authentication_required: ['authentication_required',
		'Your card was declined. This transaction requires authentication.'],
};

const NEVER_AGAIN = ['lost_card', 'stolen_card', 'fraudulent'];

// Codes that are not in the table are taken as they are: banks have more than we know.
const wordsOf = (decline) => WORDS[decline] ?? WORDS.generic_decline;

export const isDecline = (word) => typeof word === 'string' && /^[a-z_]{3,40}$/.test(word);

// onCharge: the fields of a failed charge.
export function onCharge(decline)
{
	const [code, message] = wordsOf(decline);
	return {
		failure_code: code, failure_message: message,
		outcome: {
			advice_code: NEVER_AGAIN.includes(decline) ? 'do_not_try_again' : 'try_again_later',
			network_advice_code: null, network_decline_code: null,
			network_status: 'declined_by_network', reason: decline, risk_level: 'normal',
			seller_message: 'The bank declined the payment.', type: 'issuer_declined',
		},
	};
}

// onIntent: a payment intent's last_payment_error; card is the fingerprint of what was tried, if that is told.
export function onIntent(decline, charge, card)
{
	const [code, message] = wordsOf(decline);
	return {
		advice_code: NEVER_AGAIN.includes(decline) ? 'do_not_try_again' : 'try_again_later',
		...(charge ? { charge } : {}), code, decline_code: decline,
		doc_url: `https://stripe.com/docs/error-codes/${code.replaceAll('_', '-')}`,
		message, type: 'card_error',
		...(card ? { payment_method: { object: 'payment_method', type: 'card', card: { brand: 'visa', fingerprint: card, last4: '0002' } } } : {}),
	};
}

// onReturn: what a delayed method says when the bank gives the money back.
export const onReturn = (charge) => ({
	charge, code: 'payment_intent_payment_attempt_failed',
	doc_url: 'https://stripe.com/docs/error-codes/payment-intent-payment-attempt-failed',
	message: 'The payment failed.', type: 'invalid_request_error',
});
