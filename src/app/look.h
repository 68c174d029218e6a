/* app/look.h: what the clerk looks up without having been told: payments on their way, fees, and
 * pages whose answer was lost. Floor 3. */
#ifndef APP_LOOK_H
#define APP_LOOK_H

#include "base/arena.h"
#include "pay/pays.h"
#include "store/pg.h"

struct look {
	const struct conf *conf;
	struct store *store;
	const struct pays *pays;
	struct arena *arena; /* reset between two objects */
	const volatile int *stop;
	bool paid; /* set when one of them turned out to be paid */
};

/* Each leases what is due, does it, and gives the number of things done; 0 = nothing was due.
 * Trouble is logged; what failed is due again later.
 * look_attempts: pages and payments without a final state. Several open pages are told by one list
 *                instead of a fetch each, for reads are budgeted.
 * look_payments: paid ones, for their fee and for refunds that no event told.
 * look_lost:     create calls that nobody may repeat: the provider's list is searched for their
 *                page; found, it is kept; not found, another attempt is begun. */
size_t look_attempts(struct look *l);
size_t look_payments(struct look *l);
size_t look_lost(struct look *l);

#endif
