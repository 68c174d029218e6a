/* app/live.c: a small list, read anew as a whole. */
#include "app/live.h"

void live_load(struct live *l, const struct rows *rows)
{
	l->n = 0;
	for (int i = 0; i < rows_n(rows) && l->n < LIVE_MAX; i++) {
		int64_t net = row_int(rows, i, "net"), n = row_int(rows, i, "supporters");
		l->goal[l->n++] = (struct live_goal){
			.campaign = (int32_t)row_int(rows, i, "campaign_id"),
			.net_minor = net > 0 ? net : 0,
			.supporters = n > 0 ? (uint64_t)n : 0,
		};
	}
}

struct live_goal live_find(const struct live *l, int32_t campaign)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->goal[i].campaign == campaign)
			return l->goal[i];
	return (struct live_goal){.campaign = campaign};
}
