/* pay/stripe_recurring.h: readers of subscriptions and of their invoices. Floor 2, pure. Each adds
 * to the picture what the object tells. o: an object whose id was looked at (stripe_wire_read,
 * snap_ref). */
#ifndef PAY_STRIPE_RECURRING_H
#define PAY_STRIPE_RECURRING_H

#include "pay/snap.h"

MUST enum err stripe_recurring_subscription(struct snap *s, const json_t *o);
MUST enum err stripe_recurring_invoice(struct snap *s, const json_t *o);

/* Parts, for a checkout that holds them. state: as in the picture, "" not begun. invoice: its
 * money, state NULL when there is nothing to tell yet. */
MUST enum err stripe_recurring_life(struct snap *s, const json_t *o, const char **ret_state);
MUST enum err stripe_recurring_money(struct snap *s, const json_t *o, struct snap_paid *ret);

#endif
