/* app/clerk_roll.h: the clerk's roll-ups: what reports read instead of raw rows. Floor 3.
 * Each step is one statement, one transaction: what ends between two of them counts nothing twice
 * and loses nothing, with any number of clerks. */
#ifndef APP_CLERK_ROLL_H
#define APP_CLERK_ROLL_H

#include "base/clock.h"
#include "store/pg.h"

struct clerk_roll {
	mono_t at[6]; /* when each kind is due again */
};

/* clerk_roll_round: fold what is due of decisions, prompt events, pledges, readers' months and
 * tests, and take a step of what was there before the roll-ups. gives how many things were taken
 * while there are more at once, else 0. */
size_t clerk_roll_round(struct clerk_roll *r, struct store *s, const volatile int *stop);

#endif
