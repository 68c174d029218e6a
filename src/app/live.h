/* app/live.h: what campaign copy tells of the moment: money raised and gifts, from the ledger.
 * Asked for on its own every 30 seconds, so a figure is at most a minute old. Floor 3. */
#ifndef APP_LIVE_H
#define APP_LIVE_H

#include "store/pg.h"

#define LIVE_MAX 256

struct live_goal {
	int32_t campaign;
	int64_t net_minor; /* never below 0 */
	uint64_t supporters;
};
struct live {
	size_t n;
	struct live_goal goal[LIVE_MAX];
};

void live_load(struct live *l, const struct rows *rows); /* of view_goals; replaces everything */
struct live_goal live_find(const struct live *l, int32_t campaign); /* zeros when unknown */

#endif
