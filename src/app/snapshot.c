/* app/snapshot.c: what is the same for all readers. */
#include <stdlib.h>
#include <string.h>

#include "app/campaign.h"
#include "app/snapshot.h"
#include "base/log.h"

#define ARENA_BYTES   (64u << 20) /* pages are taken as they are used */
#define CAMPAIGNS_MAX 2100
#define DAY_S         INT64_C(86400)

/* A stretch of time in which neither the day nor the offset from UTC changes. */
struct stretch {
	int16_t site;
	uint16_t day, week_from, month_from;
	int32_t offset_s;
	utc_t starts, day_starts;
};

struct snapshot {
	int refs;
	struct arena arena;
	struct campaign_set set;
	size_t site_n, stretch_n, left_out;
	struct site *site;       /* by host */
	struct stretch *stretch; /* by site and time */
};

static const struct policy no_policy = {.supporter_once_days = 90, .supporter_recurring_days = 395};

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

/* Room for n documents. */
static enum err make_room(struct snapshot *s, size_t n)
{
	s->set.campaign = arena_alloc(&s->arena, (n + 1) * sizeof *s->set.campaign);
	s->set.site = arena_alloc(&s->arena, (n + 1) * sizeof *s->set.site);
	return s->set.campaign && s->set.site ? OK : ERR_NO_MEMORY;
}

/* Documents come by site, the policy first, then by priority. */
static enum err take_doc(struct snapshot *s, const struct campaign_doc *doc)
{
	int16_t id = doc->campaign.site;
	if (s->set.site_n == 0 || s->set.site[s->set.site_n - 1].site != id)
		s->set.site[s->set.site_n++] = (struct campaign_site){id, s->set.n, 0, &no_policy};
	struct campaign_site *site = &s->set.site[s->set.site_n - 1];
	if (doc->is_policy && !doc->campaign.live)
		return OK; /* a policy that is paused holds nothing */
	if (doc->is_policy) {
		struct policy *p = arena_alloc(&s->arena, sizeof *p);
		if (!p)
			return ERR_NO_MEMORY;
		*p = doc->policy;
		site->policy = p;
		return OK;
	}
	struct campaign *c = &s->set.campaign[s->set.n++];
	*c = doc->campaign;
	site->n++;
	struct str unknown = campaign_bind(c, site->policy);
	if (unknown.n > 0) {
		struct log_line l;
		log_open(&l, LOG_WARN, "a campaign names a topic that the policy does not know");
		log_str(&l, "campaign", c->slug);
		log_str(&l, "topic", unknown);
		log_emit(&l);
	}
	return OK;
}

enum err snapshot_read(const struct rows *rows, int row, struct arena *a, struct campaign_doc *ret,
	struct fault *f)
{
	struct campaign_faults faults = {0};
	enum err e = campaign_read(row_str(rows, row, "body"), a, ret, &faults);
	if (e != OK) {
		struct str slug = row_str(rows, row, "slug");
		return fault_set(f, e, "campaign", "%.*s: %s: %s", STR_FMT(slug),
			faults.n ? faults.fault[0].path : "",
			faults.n ? faults.fault[0].what : err_slug(e));
	}
	ret->policy.id = ret->campaign.id = (int32_t)row_int(rows, row, "campaign_id");
	ret->policy.version = ret->campaign.version = (int32_t)row_int(rows, row, "version");
	ret->policy.site = ret->campaign.site = (int16_t)row_int(rows, row, "site_id");
	ret->campaign.live = row_bool(rows, row, "live");
	return OK;
}

static void leave_out(struct snapshot *s, const struct fault *f)
{
	struct log_line l;
	log_open(&l, LOG_ERROR, "a campaign cannot be read and is left out");
	log_err(&l, ERR_FIELD_BAD, f);
	log_emit(&l);
	s->left_out++;
}

enum err snapshot_campaigns(
	struct snapshot *s, const struct rows *rows, bool lenient, struct fault *f)
{
	int n = rows_n(rows);
	if (n < 1 || n > CAMPAIGNS_MAX)
		return ERR_STORE;
	s->set.epoch = row_int(rows, 0, "epoch");
	struct campaign_doc *doc = arena_alloc(&s->arena, sizeof *doc);
	if (!doc || make_room(s, (size_t)n) != OK)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n; i++) {
		if (row_null(rows, i, "campaign_id"))
			continue;
		enum err e = snapshot_read(rows, i, &s->arena, doc, f);
		if (e == OK)
			e = take_doc(s, doc);
		if (e != OK && (!lenient || e == ERR_NO_MEMORY))
			return e;
		if (e != OK)
			leave_out(s, f);
	}
	return OK;
}

static int in_order(const void *x, const void *y)
{
	const struct campaign_doc *a = *(struct campaign_doc *const *)x;
	const struct campaign_doc *b = *(struct campaign_doc *const *)y;
	int site = a->campaign.site - b->campaign.site;
	if (site != 0 || a->is_policy != b->is_policy)
		return site != 0 ? site : a->is_policy ? -1 : 1;
	if (a->campaign.priority != b->campaign.priority)
		return a->campaign.priority > b->campaign.priority ? -1 : 1;
	size_t n = a->slug.n < b->slug.n ? a->slug.n : b->slug.n;
	int c = memcmp(a->slug.p, b->slug.p, n);
	return c != 0 ? c : a->slug.n < b->slug.n ? -1 : a->slug.n > b->slug.n;
}

enum err snapshot_files(struct snapshot *s, struct campaign_doc *const *docs, size_t n)
{
	struct campaign_doc **sorted = arena_alloc(&s->arena, (n + 1) * sizeof(void *));
	if (!sorted || make_room(s, n) != OK)
		return ERR_NO_MEMORY;
	memcpy(sorted, docs, n * sizeof(void *));
	qsort(sorted, n, sizeof(void *), in_order);
	for (size_t i = 0; i < n; i++)
		if (take_doc(s, sorted[i]) != OK)
			return ERR_NO_MEMORY;
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
	s->stretch = arena_alloc(&s->arena, ((size_t)n + 1) * sizeof *s->stretch);
	if (!s->stretch)
		return ERR_NO_MEMORY;
	for (int i = 0; i < n; i++)
		s->stretch[i] = (struct stretch){
			.site = (int16_t)row_int(rows, i, "site_id"),
			.day = (uint16_t)row_int(rows, i, "day"),
			.week_from = (uint16_t)row_int(rows, i, "week_from"),
			.month_from = (uint16_t)row_int(rows, i, "month_from"),
			.offset_s = (int32_t)row_int(rows, i, "offset_s"),
			.starts = row_utc(rows, i, "starts"),
			.day_starts = row_utc(rows, i, "day_starts"),
		};
	s->stretch_n = (size_t)n;
	return OK;
}

const struct site *snapshot_site(const struct snapshot *s, struct str host)
{
	for (size_t i = 0; i < s->site_n; i++)
		if (str_eq_nocase(s->site[i].host, host))
			return &s->site[i];
	return NULL;
}

bool snapshot_is_host(const struct snapshot *s, struct str host, int16_t site)
{
	const struct site *at = snapshot_site(s, host);
	return at && at->id == site;
}

const struct site *snapshot_site_named(const struct snapshot *s, struct str slug)
{
	for (size_t i = 0; i < s->site_n; i++)
		if (str_eq(s->site[i].slug, slug))
			return &s->site[i];
	return NULL;
}

const struct site *snapshot_site_id(const struct snapshot *s, int16_t id)
{
	for (size_t i = 0; i < s->site_n; i++)
		if (s->site[i].id == id)
			return &s->site[i];
	return NULL;
}

const struct site *snapshot_site_only(const struct snapshot *s)
{
	for (size_t i = 1; i < s->site_n; i++)
		if (s->site[i].id != s->site[0].id)
			return NULL;
	return s->site_n > 0 ? &s->site[0] : NULL;
}

const struct policy *snapshot_policy(const struct snapshot *s, int16_t site)
{
	const struct campaign_site *at = campaign_set_site(&s->set, site);
	return at ? at->policy : &no_policy;
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

size_t snapshot_left_out(const struct snapshot *s)
{
	return s->left_out;
}

int64_t snapshot_epoch(const struct snapshot *s)
{
	return s->set.epoch;
}

bool snapshot_reaches(const struct snapshot *s, int16_t site, utc_t at)
{
	const struct stretch *first = NULL, *last = NULL;
	for (size_t i = 0; i < s->stretch_n; i++)
		if (s->stretch[i].site == site) {
			first = first ? first : &s->stretch[i];
			last = &s->stretch[i];
		}
	/* how long the last one lasts is not known */
	return first && first->starts.us <= at.us && at.us < last->starts.us;
}

bool snapshot_day(const struct snapshot *s, int16_t site, utc_t now, struct decide_calendar *ret)
{
	const struct stretch *at = NULL;
	for (size_t i = 0; i < s->stretch_n; i++)
		if (s->stretch[i].site == site && s->stretch[i].starts.us <= now.us)
			at = &s->stretch[i];
	if (!at)
		return false;
	int64_t wall = utc_s(now) + at->offset_s;
	*ret = (struct decide_calendar){
		.day = at->day,
		.week_from = at->week_from,
		.month_from = at->month_from,
		.weekday = (uint8_t)(at->day - at->week_from),
		.hour = (uint8_t)((wall % DAY_S + DAY_S) % DAY_S / 3600),
		.day_starts = at->day_starts,
	};
	return true;
}

bool snapshot_is_stale(const struct snapshot *s, utc_t now)
{
	return s->stretch_n > 0 &&
	       (s->stretch[0].starts.us > now.us ||
		       s->stretch[s->stretch_n - 1].starts.us < now.us + 2 * DAY_S * 1000000);
}
