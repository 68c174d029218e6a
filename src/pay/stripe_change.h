/* pay/stripe_change.h: the calls beside a checkout: refund, change of a subscription, end of a
 * page, portal. Floor 2, pure. Bodies have the official client's bytes. */
#ifndef PAY_STRIPE_CHANGE_H
#define PAY_STRIPE_CHANGE_H

#include "pay/pay_ops.h"

/* The functions of Stripe's row; see the pay_… function of the same name in pay_wish.h. */
MUST enum err stripe_change_build_refund(
	const struct pay_refund *in, struct str idem_key, struct arena *a, struct pay_request *ret);
MUST enum err stripe_change_build(const struct pay_changed *in, struct str idem_key,
	struct arena *a, struct pay_request *ret);
MUST enum err stripe_change_build_expire(
	struct str id, struct str idem_key, struct arena *a, struct pay_request *ret);
MUST enum err stripe_change_build_portal(struct str customer, struct str return_url,
	struct str idem_key, struct arena *a, struct pay_request *ret);
MUST enum err stripe_change_parse_portal(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct str *ret_url, struct fault *f);

#endif
