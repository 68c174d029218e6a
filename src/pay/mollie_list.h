/* pay/mollie_list.h: Mollie's lists: payments (as pages to pay on, and as money), refunds,
 * chargebacks. Floor 2, pure. They cannot be asked for a time: whoever reads one stops where it
 * becomes too old. There is no list of events. */
#ifndef PAY_MOLLIE_LIST_H
#define PAY_MOLLIE_LIST_H

#include "pay/pay_ops.h"

bool mollie_list_has(enum pay_list what);
MUST enum err mollie_list_build(enum pay_list what, utc_t since, utc_t until, struct str after,
	struct arena *a, struct pay_request *ret);
MUST enum err mollie_list_parse(const struct pay_set *set, enum pay_list what,
	const struct pay_answer *ans, json_t **ret_items, struct str *ret_next, struct arena *a,
	struct fault *f);

#endif
