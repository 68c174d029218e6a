/* tests/bench/decide.c: what one decision costs in the core: nanoseconds a call by number of
 * campaigns and kind of reader, and how many heap allocations it makes (none).
 *
 *   build/plain/bench/decide [SECONDS a line]        exit 1 when anything was allocated
 *
 * Campaigns are like a busy site's: each has targets, a cap with an identifier, a gap, a daily
 * limit, every third a cycle, every fifth a meter. `early`: most are for other sections, as on a
 * real page. `late`: each campaign passes all its targets and fails at a cap that all share (for
 * who saw nothing yet: at the articles read), the most that can be asked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/decide.h"

#define NOW_S    INT64_C(1795435200) /* 2026-11-23T12:00:00Z */
#define TODAY    ((uint16_t)(NOW_S / 86400 - 10957))
#define MOST     2000
#define READERS  64
#define ROUNDS_N 5

static uint64_t allocations;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);

void *malloc(size_t n)
{
	allocations++;
	return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
	allocations++;
	return __libc_calloc(n, size);
}

static struct campaign campaign[MOST];
static char name[MOST][32];
static struct str section[MOST], countries[3], device[1];
static struct campaign_variant variant[2] = {{.share = 50}, {.share = 50}};
static struct campaign_amounts amounts;
static struct policy policy;
static struct campaign_site site;
static struct campaign_set set = {.campaign = campaign, .site = &site, .site_n = 1};

struct one {
	struct reader reader;
	struct decide_facts facts;
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};
static struct one one[READERS];

static uint64_t seed = 42;
static uint32_t below(uint32_t n)
{
	seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)(seed >> 33) % n;
}

static void make_campaigns(size_t n, bool late)
{
	countries[0] = STR("EE");
	countries[1] = STR("LV");
	countries[2] = STR("LT");
	device[0] = STR("tablet");
	set.n = n;
	site = (struct campaign_site){1, 0, n, &policy};
	for (size_t i = 0; i < n; i++) {
		struct campaign *c = &campaign[i];
		snprintf(name[i], sizeof name[i], "campaign-%zu", i);
		section[i] = late || i + 1 == n ? STR("news") : str_c(name[i]);
		*c = (struct campaign){.id = (int32_t)i + 1,
			.version = 1,
			.site = 1,
			.live = true,
			.holdout = true,
			.slug = str_c(name[i]),
			.priority = 1000 - (int32_t)i,
			.min_views = late ? 4 : 2 + below(3),
			.close_days = 7,
			.later_days = 3,
			.already_gave_days = 30,
			.never_days = 365,
			.gave_once_days = 90,
			.gave_recurring_days = 395,
			.cap = {.id = late ? STR("all") : str_c(name[i - i % 4]),
				.views = 1,
				.days = 365,
				.daily = 1},
			.variant_n = 2,
			.variant = variant,
			.set_n = 1,
			.set = &amounts};
		c->target.list[TARGET_section].in = (struct page_words){1, &section[i]};
		c->target.list[TARGET_country].in = (struct page_words){3, countries};
		c->target.list[TARGET_device].not_in = (struct page_words){1, device};
		c->cap.key = campaign_cap_key(c->cap.id);
		if (i % 3 == 0)
			c->cap.cycle_views = 3;
		if (i % 5 == 0)
			c->meter.window = WINDOW_MONTH;
		decide_prepare(c);
	}
	policy.holdout_share = 2;
}

static void make_reader(struct one *o, uint32_t articles, uint32_t marks, size_t campaigns)
{
	for (uint32_t i = 0; i < articles; i++)
		reader_seen_pack((uint16_t)(TODAY - (articles - i) / 8), (uint16_t)below(8),
			1 + below(articles * 4), o->seen + i * READER_SEEN_BYTES);
	for (uint32_t i = 0; i < marks; i++) {
		const struct campaign *c = &campaign[below((uint32_t)campaigns)];
		struct reader_mark m = {.decision = i,
			.campaign = c->id,
			.kind = MARK_SHOWN,
			.cap = c->cap.key,
			.at = utc_of_s(NOW_S - 86400 * (int64_t)(marks - i))};
		reader_mark_pack(&m, o->marks + i * READER_MARK_BYTES);
	}
	o->reader = (struct reader){.stored = true,
		.seen = {(const char *)o->seen, articles * READER_SEEN_BYTES},
		.marks = {(const char *)o->marks, marks * READER_MARK_BYTES},
		.first_at = utc_of_s(NOW_S - 40 * 86400),
		.views = articles};
	o->facts = (struct decide_facts){.site = 1,
		.now = utc_of_s(NOW_S),
		.cal = {TODAY, (uint16_t)(TODAY - 0), (uint16_t)(TODAY - 22), 0, 14,
			utc_of_s(NOW_S - 12 * 3600)},
		.page = {.url = STR("/en/news/night-ferry"),
			.section = STR("news"),
			.country = STR("LT"),
			.language = STR("en"),
			.device = STR("mobile"),
			.referrer = STR("search")},
		.art = 1 + below(1000),
		.counted = true,
		.consent = CONSENT_FULL,
		.reader = &o->reader,
		.variant_hash = seed};
}

static double now_s(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double ns_a_call(double seconds, uint64_t *ret_kinds)
{
	double start = now_s(), end = start;
	uint64_t calls = 0;
	while (end - start < seconds) {
		for (int k = 0; k < 16; k++)
			for (size_t i = 0; i < READERS; i++)
				*ret_kinds += decide(&one[i].facts, &set, NULL).reason;
		calls += 16 * READERS;
		end = now_s();
	}
	return (end - start) * 1e9 / (double)calls;
}

/* Rules that one decision asks. */
static size_t rules_asked(void)
{
	struct decide_trace t = {0};
	decide(&one[0].facts, &set, &t);
	return t.n;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

int main(int argc, char **argv)
{
	static const size_t CAMPAIGNS[] = {3, 20, 200, 2000};
	static const struct {
		const char *what;
		uint32_t articles, marks;
	} KINDS[] = {{"new reader", 2, 0}, {"usual reader", 20, 6}, {"full lists", 250, 120}};
	double seconds = argc > 1 ? atof(argv[1]) : 0.2;
	uint64_t kinds = 0, all_made = 0;
	printf("%9s  %-6s %-13s %12s %12s\n", "campaigns", "", "reader", "ns a call",
		"allocations");
	for (size_t n = 0; n < ARRAY_N(CAMPAIGNS); n++)
		for (int late = 0; late < 2; late++)
			for (size_t k = 0; k < ARRAY_N(KINDS); k++) {
				double ns[ROUNDS_N];
				make_campaigns(CAMPAIGNS[n], late);
				for (size_t i = 0; i < READERS; i++)
					make_reader(&one[i], KINDS[k].articles, KINDS[k].marks,
						CAMPAIGNS[n]);
				uint64_t before = allocations;
				for (size_t r = 0; r < ROUNDS_N; r++)
					ns[r] = ns_a_call(seconds / ROUNDS_N, &kinds);
				uint64_t made = allocations - before;
				all_made += made;
				qsort(ns, ROUNDS_N, sizeof ns[0], by_size);
				printf("%9zu  %-6s %-13s %7zu %12.0f %12llu\n", CAMPAIGNS[n],
					late ? "late" : "early", KINDS[k].what, rules_asked(),
					ns[ROUNDS_N / 2], (unsigned long long)made);
			}
	return all_made > 0 || kinds == 1; /* so that the result is used */
}
