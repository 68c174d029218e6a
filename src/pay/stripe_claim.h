/* pay/stripe_claim.h: readers of what is taken from a payment: refunds, disputes, fees, and the
 * card network's warnings. Floor 2, pure. Each adds to the picture what the object tells. */
#ifndef PAY_STRIPE_CLAIM_H
#define PAY_STRIPE_CLAIM_H

#include "pay/snap.h"

MUST enum err stripe_claim_refund(struct snap *s, const json_t *o);
MUST enum err stripe_claim_dispute(struct snap *s, const json_t *o);
MUST enum err stripe_claim_warning(struct snap *s, const json_t *o);

/* The fee of the movement at path, if it stands there whole: an id alone tells nothing. */
MUST enum err stripe_claim_fee(
	struct snap *s, const json_t *o, const char *path, struct str payment, const char *what);
/* Why a payment intent was refused the last time: the bank's word, else Stripe's; may be empty. */
struct str stripe_claim_refusal(const json_t *intent);

#endif
