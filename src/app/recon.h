/* app/recon.h: what the clerk asks the provider for now and then, one clerk at a time: the events
 * that we missed, and its books, to be compared with ours. Floor 3. */
#ifndef APP_RECON_H
#define APP_RECON_H

#include "app/list.h"
#include "pay/pays.h"
#include "store/pg.h"

/* Work under way: a page a round, so that a webhook has its turn between two. What is kept here may
 * be lost at any time: the lease runs out, and the next one begins again. */
struct recon {
	struct uuid holder; /* who we are to the others; made at the first round */
	mono_t ask_at;      /* when a lease is asked for next */
	struct recon_events {
		bool on;
		utc_t since, newest;
		char after[LIST_AFTER_MAX];
		int64_t listed, stored;
		int pages;
	} events;
	struct recon_compare {
		bool on;
		struct uuid id;
		utc_t from, recurring;
		size_t list; /* the one that is read; behind the last: what none of them had */
		char after[LIST_AFTER_MAX];
		int pages;
	} compare;
};

struct recon_with {
	const struct conf *conf;
	struct store *store;
	struct pay *pay;
	struct arena *arena; /* reset after each step */
	const volatile int *stop;
};

/* recon_round: one step of each work that is due. gives the number of steps done; 0 = nothing is
 * due, or somebody else is at it. Trouble is logged and tried again later. */
size_t recon_round(struct recon *r, const struct recon_with *w);

#endif
