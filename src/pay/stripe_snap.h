/* pay/stripe_snap.h: from an object of Stripe to the neutral picture that pledged.settle takes.
 * Floor 2, pure. Reads the places of 2023 and of 2026; what is in neither is an error, never
 * "nothing". */
#ifndef PAY_STRIPE_SNAP_H
#define PAY_STRIPE_SNAP_H

#include "pay/pay_ops.h"

MUST enum err stripe_snap_parse(const struct pay_set *set, enum pay_kind kind,
	const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f);

#endif
