/* pay/mollie_snap.h: from an object of Mollie to the neutral picture (pay/snap.h). Floor 2, pure.
 */
#ifndef PAY_MOLLIE_SNAP_H
#define PAY_MOLLIE_SNAP_H

#include "pay/snap.h"

/* mollie_snap_parse: as pay_parse_snapshot; kinds checkout and payment (both are the payment, with
 * what was refunded and charged back) and refund (the answer of the call that makes one). */
MUST enum err mollie_snap_parse(const struct pay_set *set, enum pay_kind kind,
	const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f);

/* Mollie's words, and ours: NULL for one that is in no list. */
const char *mollie_snap_page(struct str status);   /* open processing complete expired failed */
const char *mollie_snap_refund(struct str status); /* pending done failed */

#endif
