/* pay/stripe_wire.h: Stripe's requests and answers as bytes: build and parse, without I/O.
 * Floor 2, pure. Bodies have the official client's bytes: raw brackets in keys, %20, the same order
 * of keys. */
#ifndef PAY_STRIPE_WIRE_H
#define PAY_STRIPE_WIRE_H

#include "pay/pay_ops.h"

/* The functions of Stripe's row; see the pay_… function of the same name in pay.h. */
bool stripe_wire_takes(enum campaign_interval interval, struct str currency); /* all that we do */
MUST enum err stripe_wire_build_checkout(const struct pay_checkout *in, struct str idem_key,
	struct arena *a, struct pay_request *ret);
MUST enum err stripe_wire_build_again(const struct pay_request *old, struct str idem_key,
	utc_t expires_at, struct arena *a, struct pay_request *ret);
bool stripe_wire_fetches(enum pay_kind kind);
MUST enum err stripe_wire_build_fetch(
	enum pay_kind kind, struct str id, struct arena *a, struct pay_request *ret);
enum pay_outcome stripe_wire_outcome(const struct pay_answer *ans);
void stripe_wire_error_text(const struct pay_answer *ans, char out[120]);
MUST enum err stripe_wire_parse_checkout(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct pay_opened *ret, struct fault *f);

/* stripe_wire_read: the JSON object of an answer, if its member `object` is the one expected.
 * gives a new reference. fails ERR_PROVIDER, ERR_NO_MEMORY */
MUST enum err stripe_wire_read(
	const struct pay_answer *ans, const char *object, json_t **ret, struct fault *f);

#endif
