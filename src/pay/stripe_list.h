/* pay/stripe_list.h: Stripe's lists: the query, and a page as neutral items. Floor 2, pure. */
#ifndef PAY_STRIPE_LIST_H
#define PAY_STRIPE_LIST_H

#include "pay/pay_ops.h"

/* The functions of Stripe's row; see pay_build_list and pay_parse_list. */
bool stripe_list_has(enum pay_list what);
MUST enum err stripe_list_build(enum pay_list what, utc_t since, utc_t until, struct str after,
	struct arena *a, struct pay_request *ret);
MUST enum err stripe_list_parse(const struct pay_set *set, enum pay_list what,
	const struct pay_answer *ans, json_t **ret_items, struct str *ret_next, struct arena *a,
	struct fault *f);

#endif
