/* app/wish.h: what donors and operators ask beside a pledge, taken to the provider by the clerk.
 * Floor 3. A wish becomes a call with fixed bytes; the answer, or a look at the object when there
 * is none, ends wish, call and money in one transaction. Everything is leased. */
#ifndef APP_WISH_H
#define APP_WISH_H

#include "base/arena.h"
#include "pay/pays.h"
#include "store/pg.h"

struct wish_work {
	const struct conf *conf;
	struct store *store;
	const struct pays *pays;
	struct arena *arena; /* reset between two things */
};

/* wish_round: refunds that are due by rule, a call for each wish that waits, and the calls that are
 * due. gives  the number of things done. stop: as in app_clerk_round */
size_t wish_round(struct wish_work *w, const volatile int *stop);

#endif
