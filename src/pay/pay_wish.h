/* pay/pay_wish.h: the calls for what is asked beside a pledge: money back, a change or the end of a
 * recurring gift, the end of a page, the donor's own page at the provider. Floor 2. Each build_*
 * gives the bytes of one call and does no I/O. The answers, but for the portal's, are objects:
 * pay_parse_snapshot reads them (refund; subscription; checkout). */
#ifndef PAY_PAY_WISH_H
#define PAY_PAY_WISH_H

#include "pay/pay.h"

/* All fail with ERR_RANGE (something in it is unsound; the key too), ERR_TOO_LONG, ERR_NO_MEMORY;
 * *ret is then untouched. */

struct pay_refund {
	struct str payment; /* the provider's id of the payment intent or charge */
	struct money money;
	const char *reason; /* NULL duplicate fraudulent requested_by_customer */
	struct uuid refund; /* ours; comes back as `ours` in the snapshot */
};
MUST enum err pay_build_refund(const struct pay *p, const struct pay_refund *in,
	struct str idem_key, struct arena *a, struct pay_request *ret);

enum pay_change {
	PAY_CANCEL,        /* at once */
	PAY_CANCEL_AT_END, /* of the paid period */
	PAY_KEEP,          /* takes that back */
	PAY_PAUSE,         /* nothing is charged; until: 0 = until resumed */
	PAY_RESUME,
	PAY_AMOUNT /* item, product, money, interval: from the next instalment on */
};
struct pay_changed {
	enum pay_change what;
	struct str id; /* the provider's id of the recurring gift */
	struct str item, product;
	struct money money;
	enum campaign_interval interval;
	utc_t until;
};
/* PAY_CANCEL is a DELETE and carries no key: a second one is refused and changes nothing. */
MUST enum err pay_build_change(const struct pay *p, const struct pay_changed *in,
	struct str idem_key, struct arena *a, struct pay_request *ret);

/* The end of a page to pay on. Refused when it is over already: fetch it then. */
MUST enum err pay_build_expire(const struct pay *p, struct str object_id, struct str idem_key,
	struct arena *a, struct pay_request *ret);

MUST enum err pay_build_portal(const struct pay *p, struct str customer, struct str return_url,
	struct str idem_key, struct arena *a, struct pay_request *ret);
/* The page is short-lived: made on a click, never mailed. fails ERR_PROVIDER (no page on
 * stripe.portal_host, of the other mode), ERR_NO_MEMORY; *ret_url in a */
MUST enum err pay_parse_portal(const struct pay *p, const struct pay_answer *ans, struct arena *a,
	struct str *ret_url, struct fault *f);

#endif
