/* pay/stripe_event.h: what an event of Stripe names: read from a webhook and from the list of
 * events alike. Floor 2, pure. */
#ifndef PAY_STRIPE_EVENT_H
#define PAY_STRIPE_EVENT_H

#include "pay/pay_ops.h"

/* stripe_event_read: the envelope. Slices live as long as o.
 *   gives  *ret; a known type whose object cannot be told is ERR_BAD_EVENT with all the rest in
 * *ret, kind none and ignored true fails  ERR_BAD_EVENT */
MUST enum err stripe_event_read(
	const struct pay_set *set, const json_t *o, struct pay_event *ret, struct fault *f);

/* The types that are listed, at most 20 (the provider's limit): types[0]=…&types[1]=… */
void stripe_event_types(struct buf *b);

#endif
