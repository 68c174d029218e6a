/* pay/mollie_hook.h: Mollie's webhook: a form with the id of a payment, and nothing that could be
 * verified. Floor 2, pure. */
#ifndef PAY_MOLLIE_HOOK_H
#define PAY_MOLLIE_HOOK_H

#include "pay/pay_ops.h"

/* mollie_hook_webhook: as pay_webhook; what it gives is a hint always. An id of something else than
 * a payment is ignored. fails ERR_BAD_EVENT (no id, two, one with odd characters), ERR_NO_MEMORY */
MUST enum err mollie_hook_webhook(const struct pay_set *set, struct str signature, struct str body,
	utc_t now, struct arena *a, struct pay_event *ret, struct fault *f);

#endif
