/* pay/mollie_read.h: Mollie's amounts, times and objects, read strictly. Floor 2, pure. */
#ifndef PAY_MOLLIE_READ_H
#define PAY_MOLLIE_READ_H

#include "pay/snap.h"

bool mollie_read_is_id(struct str id, const char *prefix); /* tr_… */

/* mollie_read_takes: whether it can be paid in this currency. */
bool mollie_read_takes(struct str cur);

/* mollie_read_format: "25.00", with exactly the decimals that Mollie wants, which need not be ours.
 * fails ERR_RANGE (a currency that Mollie does not take, between two steps, not above 0) */
MUST enum err mollie_read_format(struct buf *b, const struct money *m);

/* The amount {value, currency} at a path; must be there. fails ERR_PROVIDER (a currency that has no
 * known decimals, other decimals than it has, a sign, above 10^12) */
MUST enum err mollie_read_money(
	struct snap *s, const json_t *o, const char *path, struct money *ret);
/* Text at a path; absent leaves 0. fails ERR_PROVIDER */
MUST enum err mollie_read_time(struct snap *s, const json_t *o, const char *path, utc_t *ret);
/* `mode`: live or test; nothing else. fails ERR_PROVIDER */
MUST enum err mollie_read_mode(const json_t *o, bool *ret_live, struct fault *f);

/* mollie_read_object: the JSON object of an answer 2xx, of this resource and with an id of this
 * prefix. gives a new reference. fails ERR_PROVIDER, ERR_NO_MEMORY */
MUST enum err mollie_read_object(const struct pay_answer *ans, const char *resource,
	const char *prefix, json_t **ret, struct fault *f);

#endif
