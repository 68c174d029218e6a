/* pay/stripe_sign.h: is a webhook Stripe's, and what does its envelope say.
 * Floor 2, pure: no clock, no I/O. */
#ifndef PAY_STRIPE_SIGN_H
#define PAY_STRIPE_SIGN_H

#include "pay/pay_ops.h"

#define STRIPE_SIGN_HEADER_MAX 1024
#define STRIPE_SIGN_V1_MAX     8

enum stripe_sign {
	STRIPE_SIGN_OK,
	STRIPE_SIGN_MALFORMED,
	STRIPE_SIGN_NO_V1,
	STRIPE_SIGN_BAD,
	STRIPE_SIGN_STALE
};
const char *stripe_sign_name(enum stripe_sign v); /* ok malformed no_v1 bad_signature stale */

/* stripe_sign_check: does any of the header's v1 fit any of the secrets, over the bytes of body as
 * they came. now        may be off by tolerance_s in both directions gives      *ret_skew_s =
 * seconds that the sender's clock was behind ours; only for OK and STALE Stricter than Stripe's own
 * library: times in the future are stale, one t only, at most STRIPE_SIGN_V1_MAX signatures. cost
 * one HMAC a secret; compared in constant time */
enum stripe_sign stripe_sign_check(struct str header, struct str body, const struct str *secret,
	size_t secret_n, utc_t now, int64_t tolerance_s, int64_t *ret_skew_s);

/* The row's webhook function; see pay_webhook. */
MUST enum err stripe_sign_webhook(const struct pay_set *set, struct str signature, struct str body,
	utc_t now, struct arena *a, struct pay_event *ret, struct fault *f);

#endif
