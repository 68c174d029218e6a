/* app/clerk_donor.h: what the clerk does for donors beside their money: looks that their pages wait
 * for, mails whose day has come, and the end of links, visits and reminders. Floor 3. */
#ifndef APP_CLERK_DONOR_H
#define APP_CLERK_DONOR_H

#include "base/arena.h"
#include "pay/pays.h"
#include "store/pg.h"

struct clerk_donor {
	mono_t clean_at, renewals_at, summaries_at, articles_at, reminders_at, over_at;
};

/* clerk_donor_looks: fetch what donors' pages asked for. *ret_paid: a payment became paid. gives
 * how many were fetched. Repeating is harmless. */
size_t clerk_donor_looks(struct store *s, const struct pays *pays, const struct conf *c,
	struct arena *a, const volatile int *stop, bool *ret_paid);
/* clerk_donor_mails: notices before yearly renewals; in January the summaries of the past year;
 * reminders that are due; links and reminders that are over go. gives how many mails were written.
 */
size_t clerk_donor_mails(struct clerk_donor *d, struct store *s);

#endif
