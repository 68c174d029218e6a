/* app/clerk.h: the work that can wait, a round at a time. Everything is leased, so any number of
 * clerks may run and any may be killed. Floor 3. */
#ifndef APP_CLERK_H
#define APP_CLERK_H

#include "app/clerk_clock.h"
#include "app/clerk_donor.h"
#include "app/clerk_roll.h"
#include "app/recon.h"
#include "app/robots_ask.h"
#include "base/arena.h"
#include "pay/pays.h"
#include "store/pg.h"

struct app_clerk {
	const struct conf *conf;
	struct store *store;
	struct pays pays;
	struct arena arena;
	mono_t partition_at, link_at, trim_at, visit_at, guard_at;
	struct robots_ask robots;
	struct recon recon[PAYS_MAX]; /* as pays.of */
	struct clerk_donor donor;
	struct clerk_roll roll;
	struct clerk_clock clock;
	mono_t retain_at, watch_at;
	bool down;
};

/* app_clerk_round: webhooks, supporters, calls that were not answered, wishes, look-ups, mail,
 * counts, robots. gives  the number of things done; 0 = nothing was due, or the database is away
 * stop looked at between two things; when *stop, the round ends early */
size_t app_clerk_round(struct app_clerk *c, const volatile int *stop);

#endif
