/* app/snapshot.c: what is the same for all readers. */
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/snapshot.h"

#define ARENA_BYTES   (16u << 20)
#define CAMPAIGNS_MAX 2000

struct day {
	int16_t site;
	uint16_t day, month_from;
	utc_t starts;
};

struct snapshot {
	int refs;
	struct arena arena;
	struct campaign_set set;
	size_t site_n, day_n;
	struct site *site; /* by host */
	struct day *day;   /* by site and time */
};

enum err snapshot_new(struct snapshot **ret)
{
	struct snapshot *s = calloc(1, sizeof *s);
	if (!s)
		return ERR_NO_MEMORY;
	if (arena_init(&s->arena, ARENA_BYTES) != OK) {
		free(s);
		return ERR_NO_MEMORY;
	}
	s->refs = 1;
	*ret = s;
	return OK;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
	s->refs++;
	return s;
}

void snapshot_unref(struct snapshot *s)
{
	if (!s || --s->refs > 0)
		return;
	arena_fini(&s->arena);
	free(s);
}

static enum err one_campaign(struct snapshot *s, const struct rows *rows, int row, struct fault *f)
{
	struct campaign *c = &s->set.campaign[s->set.n];
	struct campaign_faults faults = {0};
	struct str site;
	enum err e = campaign_read(row_str(rows, row, "body"), &s->arena, c, &site, &faults);
	if (e != OK) {
		struct str slug = row_str(rows, row, "slug");
		return fault_set(f, e, "campaign", "%.*s: %s: %s", STR_FMT(slug),
			faults.n ? faults.fault[0].path : "",
			faults.n ? faults.fault[0].what : err_slug(e));
	}
	c->id = (int32_t)row_int(rows, row, "campaign_id");
	c->version = (int32_t)row_int(rows, row, "version");
	c->site = (int16_t)row_int(rows, row, "site_id");
	s->set.n++;
	return OK;
}

enum err snapshot_campaigns(struct snapshot *s, const struct rows *rows, struct fault *f)
{
	int n = rows_n(rows);
	if (n < 1 || n > CAMPAIGNS_MAX)
		return ERR_STORE;
	s->set.epoch = row_int(rows, 0, "epoch");
	s->set.campaign = arena_alloc(&s->arena, (size_t)n * sizeof *s->set.campaign);
	if (!s->set.campaign)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n; i++) {
		if (row_null(rows, i, "campaign_id"))
			continue;
		enum err e = one_campaign(s, rows, i, f);
		if (e != OK)
			return e;
	}
	return OK;
}

enum err snapshot_sites(struct snapshot *s, const struct rows *rows)
{
	int n = rows_n(rows);
	s->site = arena_alloc(&s->arena, ((size_t)n + 1) * sizeof *s->site);
	if (!s->site)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n; i++) {
		struct site *t = &s->site[i];
		const struct {
			const char *col;
			struct str *at;
		} TEXTS[] = {
			{"host", &t->host},
			{"slug", &t->slug},
			{"currency", &t->currency},
			{"locale", &t->locale},
			{"gift_label", &t->gift_label},
			{"thanks_path", &t->thanks_path},
			{"cancel_path", &t->cancel_path},
			{"origin", &t->origin},
		};
		for (size_t k = 0; k < ARRAY_N(TEXTS); k++)
			if (arena_dup(&s->arena, row_str(rows, i, TEXTS[k].col), TEXTS[k].at) != OK)
				return ERR_NO_MEMORY;
		t->id = (int16_t)row_int(rows, i, "site_id");
		size_t key_n;
		if (row_bytes(rows, i, "article_key", t->article_key, sizeof t->article_key,
			    &key_n) != OK ||
			key_n != sizeof t->article_key)
			return ERR_STORE;
	}
	s->site_n = (size_t)n;
	return OK;
}

enum err snapshot_calendar(struct snapshot *s, const struct rows *rows)
{
	int n = rows_n(rows);
	s->day = arena_alloc(&s->arena, ((size_t)n + 1) * sizeof *s->day);
	if (!s->day)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n; i++)
		s->day[i] = (struct day){(int16_t)row_int(rows, i, "site_id"),
			(uint16_t)row_int(rows, i, "day"), (uint16_t)row_int(rows, i, "month_from"),
			row_utc(rows, i, "starts")};
	s->day_n = (size_t)n;
	return OK;
}

const struct site *snapshot_site(const struct snapshot *s, struct str host)
{
	for (size_t i = 0; i < s->site_n; i++)
		if (s->site[i].host.n == host.n &&
			strncasecmp(s->site[i].host.p, host.p, host.n) == 0)
			return &s->site[i];
	return NULL;
}

const struct campaign_set *snapshot_campaign_set(const struct snapshot *s)
{
	return &s->set;
}

const struct campaign *snapshot_campaign(const struct snapshot *s, int32_t id)
{
	for (size_t i = 0; i < s->set.n; i++)
		if (s->set.campaign[i].id == id)
			return &s->set.campaign[i];
	return NULL;
}

int64_t snapshot_epoch(const struct snapshot *s)
{
	return s->set.epoch;
}

bool snapshot_day(const struct snapshot *s, int16_t site, utc_t now, struct decide_calendar *ret)
{
	bool found = false;
	for (size_t i = 0; i < s->day_n; i++)
		if (s->day[i].site == site && s->day[i].starts.us <= now.us) {
			*ret = (struct decide_calendar){s->day[i].day, s->day[i].month_from};
			found = true;
		}
	return found;
}

bool snapshot_is_stale(const struct snapshot *s, utc_t now)
{
	return s->day_n > 0 &&
	       s->day[s->day_n - 1].starts.us < now.us + INT64_C(2) * 86400 * 1000000;
}
