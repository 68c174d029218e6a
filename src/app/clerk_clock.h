/* app/clerk_clock.h: a clock that was set back would leave leases and pauses standing for so much
 * longer. Floor 3. */
#ifndef APP_CLERK_CLOCK_H
#define APP_CLERK_CLOCK_H

#include "base/clock.h"
#include "store/pg.h"

struct clerk_clock {
	utc_t utc_seen; /* both clocks when the database was last told */
	mono_t mono_seen;
};

/* clerk_clock_round: at the beginning of a round: what waits comes sooner by what the clock was set
 * back. The other clock, which never steps, tells while this clerk runs; what clerks have noted in
 * the database, when it begins. Repeating is harmless; what fails is tried again in the next round. */
void clerk_clock_round(struct clerk_clock *k, struct store *s);

#endif
