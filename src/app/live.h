/* app/live.h: what campaign copy tells of the moment: money raised and gifts, from the ledger.
 * Asked for on its own every 25 seconds: what is handed on for 30 more is at most a minute old.
 * Floor 3. */
#ifndef APP_LIVE_H
#define APP_LIVE_H

#include "core/campaign.h"
#include "store/pg.h"

#define LIVE_MAX   256
#define LIVE_OLD_S 60 /* a figure of this age is told no more where it stands alone */

struct live_goal {
	int32_t campaign;
	int64_t net_minor; /* never below 0 */
	uint64_t supporters;
	char currency[4];
	utc_t since, at; /* of the goal; when the ledger was asked, 0 = never */
};
struct live {
	size_t n;
	struct live_goal goal[LIVE_MAX];
};

/* of view_goals, asked for at this moment or later; replaces everything */
void live_load(struct live *l, const struct rows *rows, utc_t at);
struct live_goal live_find(const struct live *l, int32_t campaign); /* zeros when unknown */
/* live_is_of: the figures are of this campaign's goal as it is now, and not too old. */
bool live_is_of(const struct live_goal *g, const struct campaign *c, utc_t now);

#endif
