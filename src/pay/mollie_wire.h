/* pay/mollie_wire.h: Mollie's requests and answers as bytes: build and parse, without I/O.
 * Floor 2, pure. Bodies are compact JSON, members in the order in which the official client was
 * given them. */
#ifndef PAY_MOLLIE_WIRE_H
#define PAY_MOLLIE_WIRE_H

#include "pay/pay_ops.h"

/* The functions of Mollie's row; see the pay_… function of the same name in pay.h and pay_wish.h.
 * A payment is the page and the money in one object, with its refunds and chargebacks in it. These
 * cannot be fetched by their own ids: build_fetch gives ERR_RANGE. */
bool mollie_wire_takes(enum campaign_interval interval, struct str cur); /* once only */
MUST enum err mollie_wire_build_checkout(const struct pay_checkout *in, struct str idem_key,
	struct arena *a, struct pay_request *ret);
/* expires_at is Mollie's own affair. */
MUST enum err mollie_wire_build_again(const struct pay_request *old, struct str idem_key,
	utc_t expires_at, struct arena *a, struct pay_request *ret);
bool mollie_wire_fetches(enum pay_kind kind);
MUST enum err mollie_wire_build_fetch(
	enum pay_kind kind, struct str id, struct arena *a, struct pay_request *ret);
MUST enum err mollie_wire_build_refund(
	const struct pay_refund *in, struct str idem_key, struct arena *a, struct pay_request *ret);
/* A DELETE, which carries no key: a second one is refused and changes nothing. */
MUST enum err mollie_wire_build_expire(
	struct str id, struct str idem_key, struct arena *a, struct pay_request *ret);
enum pay_outcome mollie_wire_outcome(const struct pay_answer *ans);
void mollie_wire_error_text(const struct pay_answer *ans, char out[120]);
MUST enum err mollie_wire_parse_checkout(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct pay_opened *ret, struct fault *f);

#endif
