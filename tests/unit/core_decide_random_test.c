/* Ten thousand random readers: no prompt beyond a cap, no free article beyond an allowance, and
 * what is walled stays walled till its window ends, also by a clock that steps back or a day ahead.
 * Another seed: PLEDGED_SEED=n. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/decide.h"

#define START_S    INT64_C(1795435200) /* 2026-11-23T12:00:00Z */
#define ONE_SITE   ((int16_t)1)
#define HISTORIES  10000
#define ARTICLES_N 9u
#define SHOWN_MAX  256

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % n);
}

static const struct campaign_variant variants[] = {{.share = 30}, {.share = 70}};

struct history {
	struct campaign campaign[3];
	struct policy policy;
	struct campaign_site site;
	struct campaign_set set;
	struct reader reader;
	struct decide_facts f;
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
	int64_t now_s, ahead_s; /* ahead: of the clock */
	bool clock_steps;
	uint32_t decision, talk;
	size_t shown_n;
	struct {
		int32_t campaign;
		int64_t at_s;
	} shown[SHOWN_MAX];
};

static void history_meter(struct campaign *c)
{
	c->meter.window = (enum campaign_window)(WINDOW_DAY + random_below(4));
	c->meter.days = (uint16_t)(1 + random_below(9));
	c->meter.allowance = random_below(6);
	c->meter.registered = c->meter.allowance + random_below(2);
	c->meter.wall = random_below(3) > 0;
	c->kind = c->meter.wall ? CAMPAIGN_WALL : CAMPAIGN_APPEAL;
}

static void history_begin(struct history *h)
{
	memset(h, 0, sizeof *h);
	h->now_s = START_S;
	h->clock_steps = random_below(3) == 0;
	/* some lists are full before long */
	h->talk = h->clock_steps || random_below(4) ? 4 : 100;
	h->set = (struct campaign_set){1, 1 + random_below(3), 1, h->campaign, &h->site};
	h->site = (struct campaign_site){ONE_SITE, 0, h->set.n, &h->policy};
	for (size_t i = 0; i < h->set.n; i++) {
		struct campaign *c = &h->campaign[i];
		*c = (struct campaign){.id = 10 + (int32_t)i,
			.version = 1,
			.site = ONE_SITE,
			.live = true,
			.slug = str_c("abc" + i),
			.min_views = 2 + random_below(3),
			.cap = {.key = (uint16_t)(10 + i),
				.views = random_below(5),
				.days = 1 + random_below(9)},
			.close_days = random_below(4),
			.later_days = random_below(3),
			.already_gave_days = random_below(3),
			.never_days = random_below(5),
			.variant_n = 2,
			.variant = variants};
		if (random_below(2))
			history_meter(c);
		decide_prepare(c);
	}
	h->reader.stored = true;
	h->reader.seen.p = (char *)h->seen;
	h->reader.marks.p = (char *)h->marks;
	h->f = (struct decide_facts){.site = ONE_SITE,
		.counted = true,
		.consent = CONSENT_FULL,
		.reader = &h->reader,
		.variant_hash = seed};
}

/* Months of 10 days and weeks of 4 make many beginnings. */
static int64_t clock_s(const struct history *h)
{
	return h->now_s + h->ahead_s;
}

static void history_clock(struct history *h, uint64_t art)
{
	uint16_t day = (uint16_t)(clock_s(h) / 86400 - 10957);

	h->f.now = utc_of_s(clock_s(h));
	h->f.cal = (struct decide_calendar){.day = day,
		.week_from = (uint16_t)(day - day % 4),
		.month_from = (uint16_t)(day - day % 10),
		.day_starts = utc_of_s(clock_s(h) / 86400 * 86400)};
	h->f.art = art;
}

/* What the store does with a view: once per article and day, the newest entries stay. */
static void history_count(struct history *h, uint64_t art)
{
	struct reader *r = &h->reader;
	uint8_t e[READER_SEEN_BYTES];

	reader_seen_pack(h->f.cal.day, 0, art, e);
	for (size_t i = 0; i < r->seen.n; i += sizeof e)
		if (memcmp(h->seen + i, e, sizeof e) == 0)
			return;
	assert_true(r->seen.n < sizeof h->seen);
	memmove(h->seen + sizeof e, h->seen, r->seen.n);
	memcpy(h->seen, e, sizeof e);
	r->seen.n += sizeof e;
	r->views++;
}

static void history_mark(struct history *h, enum reader_mark_kind kind, int32_t campaign)
{
	struct reader_mark m = {h->decision++, campaign, (uint8_t)kind, 0, (uint16_t)campaign,
		utc_of_s(clock_s(h))};
	struct reader *r = &h->reader;

	if (r->marks.n == sizeof h->marks) {
		r->marks.n -= READER_MARK_BYTES;
		memmove(h->marks, h->marks + READER_MARK_BYTES, r->marks.n);
	}
	reader_mark_pack(&m, h->marks + r->marks.n);
	r->marks.n += READER_MARK_BYTES;
}

/* The bits of the articles that a wall would stand before. */
static unsigned walled(struct history *h)
{
	unsigned set = 0;

	for (unsigned a = 1; a <= ARTICLES_N; a++) {
		history_clock(h, a);
		set |= (unsigned)(decide(&h->f, &h->set, NULL).reason == REASON_meter_wall) << a;
	}
	return set;
}

/* In every span of cap.days that ends with this prompt there are at most cap.views of them. */
static void history_shown(struct history *h, const struct campaign *c)
{
	uint32_t n = 1;

	for (size_t i = 0; i < h->shown_n; i++)
		n += h->shown[i].campaign == c->id &&
		     h->shown[i].at_s > clock_s(h) - (int64_t)c->cap.days * 86400;
	assert_true(c->cap.views == 0 || n <= c->cap.views);
	assert_true(h->shown_n < SHOWN_MAX);
	h->shown[h->shown_n].campaign = c->id;
	h->shown[h->shown_n++].at_s = clock_s(h);
	history_mark(h, MARK_SHOWN, c->id);
	for (uint32_t i = random_below(h->talk); i > 0; i--)
		history_mark(h, MARK_VIEWED, c->id);
	if (random_below(6) == 0)
		history_mark(h, MARK_VIEWED + random_below(MARK_CLICKED - MARK_VIEWED), c->id);
}

/* The first day of the first campaign's meter. */
static int32_t window(const struct history *h)
{
	const struct campaign_meter *m = &h->campaign[0].meter;

	switch (m->window) {
	case WINDOW_DAY: return h->f.cal.day;
	case WINDOW_WEEK: return h->f.cal.week_from;
	case WINDOW_MONTH: return h->f.cal.month_from;
	default: return h->f.cal.day + 1 - m->days;
	}
}

/* The latest window in which an article met the wall, and the latest days on which it was opened,
 * and opened without one. */
struct history_meter {
	int32_t walled[ARTICLES_N + 1], opened[ARTICLES_N + 1], free[ARTICLES_N + 1];
};

/* Was it opened on one of the days [from, to)? */
static bool opened(const struct history *h, unsigned art, int32_t from, int32_t to)
{
	for (size_t i = 0; i < h->reader.seen.n; i += READER_SEEN_BYTES) {
		int32_t day = h->seen[i] << 8 | h->seen[i + 1];
		if (h->seen[i + 7] == art && day >= from && day < to)
			return true;
	}
	return false;
}

/* What met the wall in this window meets it again, and so does what met it in a later one, unless
 * it was opened in this one before: no clock resets a meter. */
static void walls_stay(struct history *h, struct history_meter *m)
{
	unsigned now = walled(h);

	for (unsigned a = 1; a <= ARTICLES_N; a++) {
		assert_true(now >> a & 1 || m->walled[a] < window(h) ||
			    opened(h, a, window(h), m->walled[a]));
		if (now >> a & 1 && m->walled[a] < window(h))
			m->walled[a] = window(h);
	}
}

/* A new article is free only while fewer were than are allowed. */
static void allowance_holds(struct history *h, struct history_meter *m, uint64_t art, bool is_free)
{
	uint32_t n = 0;

	for (unsigned a = 1; a <= ARTICLES_N; a++)
		n += m->free[a] >= window(h);
	if (is_free && m->opened[art] < window(h))
		assert_true(n < h->campaign[0].meter.allowance);
	if (m->opened[art] < h->f.cal.day)
		m->opened[art] = h->f.cal.day;
	if (is_free && m->free[art] < h->f.cal.day)
		m->free[art] = h->f.cal.day;
}

static void history_step(struct history *h)
{
	static const int64_t steps[] = {0, 0, 86400, -7200, -86400, -59};

	h->now_s += random_below(5) ? random_below(7200) : random_below(3 * 86400);
	if (h->clock_steps && random_below(8) == 0)
		h->ahead_s = steps[random_below(ARRAY_N(steps))];
}

static void history_run(struct history *h, unsigned views)
{
	struct history_meter m;

	memset(&m, 0xff, sizeof m);
	for (; views > 0; views--) {
		uint64_t art = 1 + random_below(ARTICLES_N);
		/* an appeal before the wall may speak instead of it */
		bool is_alone = h->set.n == 1 && h->campaign[0].meter.wall;
		history_step(h);
		history_clock(h, art);
		if (is_alone)
			walls_stay(h, &m);
		history_clock(h, art);
		history_count(h, art);
		struct decision d = decide(&h->f, &h->set, NULL);
		assert_true((d.act == ACT_OPEN) == (d.campaign == NULL));
		if (d.act == ACT_PROMPT)
			history_shown(h, d.campaign);
		if (is_alone) {
			allowance_holds(h, &m, art, d.act != ACT_WALL);
			walls_stay(h, &m);
		}
	}
}

static void random_readers(void **state)
{
	static struct history h;
	const char *given = getenv("PLEDGED_SEED");
	uint64_t first;

	(void)state;
	if (!given || str_u64(str_c(given), UINT64_MAX, &first) != OK || first == 0)
		first = UINT64_C(0x5eed1e55c0ffee01);
	seed = first;
	print_message("# seed %llu\n", (unsigned long long)first);
	for (size_t i = 0; i < HISTORIES; i++) {
		history_begin(&h);
		history_run(&h, 10 + random_below(i % 10 == 0 ? 200 : 40));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_readers),
	};

	return cmocka_run_group_tests_name("core_decide_random", tests, NULL, NULL);
}
