/* app/live.c: a small list, read anew as a whole. */
#include "app/live.h"

void live_load(struct live *l, const struct rows *rows, utc_t at)
{
	l->n = 0;
	for (int i = 0; i < rows_n(rows) && l->n < LIVE_MAX; i++) {
		int64_t net = row_int(rows, i, "net"), n = row_int(rows, i, "supporters");
		struct live_goal *g = &l->goal[l->n++];
		*g = (struct live_goal){
			.campaign = (int32_t)row_int(rows, i, "campaign_id"),
			.net_minor = net > 0 ? net : 0,
			.supporters = n > 0 ? (uint64_t)n : 0,
			.since = row_utc(rows, i, "since"),
			.at = at,
		};
		if (str_copy(row_str(rows, i, "currency"), g->currency, sizeof g->currency) != OK)
			g->at = (utc_t){0};
	}
}

struct live_goal live_find(const struct live *l, int32_t campaign)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->goal[i].campaign == campaign)
			return l->goal[i];
	return (struct live_goal){.campaign = campaign};
}

/* A file may name a moment more exactly than a clock: a second is near enough. */
bool live_is_of(const struct live_goal *g, const struct campaign *c, utc_t now)
{
	int64_t apart = utc_s(g->since) - utc_s(c->goal.from);
	return g->at.us > 0 && c->goal.currency.n > 0 && str_is(c->goal.currency, g->currency) &&
	       apart >= -1 && apart <= 1 && utc_s(now) - utc_s(g->at) < LIVE_OLD_S;
}
