/* app/robots_ask.h: the clerk finds out which claims to be a robot are true. Floor 3. Claims are
 * leased, so any number of clerks may ask. */
#ifndef APP_ROBOTS_ASK_H
#define APP_ROBOTS_ASK_H

#include "base/conf.h"
#include "store/pg.h"

struct robots_ask {
	mono_t ask_at, sweep_at; /* zero at start */
	bool failed_before;
};

/* robots_ask_round: lease a few claims, ask DNS about all of them side by side, note the answers;
 * now and then remove what is over.
 *   cost   two seconds at most, and then nothing for ten when name servers were silent: money waits
 *          behind this. Nothing at all when no claim is due
 *   stop   ends the asking early
 *   fails  logged, once until it works again; the claims come back when their lease is over */
void robots_ask_round(
	struct robots_ask *r, struct store *s, const struct conf *c, const volatile int *stop);

#endif
