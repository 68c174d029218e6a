/* The decision: the rows of decide.tsv, and every rule in at least one of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../table/table.h"
#include "core/decide.h"

#define NOW_S     INT64_C(1795435200) /* 2026-11-23T12:00:00Z */
#define TODAY     ((uint16_t)(NOW_S / 86400 - 10957))
#define THE_FIRST ((uint16_t)(TODAY - 22))
#define ONE_SITE  ((int16_t)1)

enum column {
	RULE,
	CASE,
	CAMPAIGNS,
	PAGE,
	READER,
	SEEN,
	MARKS,
	ACT,
	REASON,
	WHICH,
	ARTICLES,
	LEFT
};

/* One row as facts. */
struct world {
	const struct table *t;
	struct campaign campaign[4];
	struct campaign_variant variant[2];
	struct campaign_policy policy;
	struct campaign_site site[2]; /* this one and another */
	struct campaign_set set;
	struct str sections[4][2][8];
	struct reader reader;
	struct decide_facts f;
	bool no_set;
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};

/* --- reading a row ---------------------------------------------------------------------------- */

static _Noreturn void wrong(const struct table *t, const char *what, struct str s)
{
	fprintf(stderr, "decide.tsv:%d: %s %.*s\n", t->line, what, STR_FMT(s));
	abort();
}

static uint32_t number(const struct table *t, struct str s)
{
	uint64_t v;

	if (str_u64(s, UINT32_MAX, &v) != OK)
		wrong(t, "not a number:", s);
	return (uint32_t)v;
}

/* "-3d", "+1s": seconds from now. */
static utc_t when(const struct table *t, struct str s)
{
	if (s.n < 3 || (s.p[0] != '-' && s.p[0] != '+'))
		wrong(t, "not a time:", s);
	int64_t v = number(t, (struct str){s.p + 1, s.n - 2});
	v *= s.p[s.n - 1] == 'd' ? 86400 : 1;
	return utc_of_s(s.p[0] == '-' ? NOW_S - v : NOW_S + v);
}

static struct page_words sections(struct str list, struct str *out)
{
	size_t n = 0;

	while (str_cut(&list, '|', &out[n]))
		n++;
	return (struct page_words){n, out};
}

static void meter(struct campaign *c, uint32_t allowance, bool wall)
{
	c->kind = wall ? CAMPAIGN_WALL : CAMPAIGN_APPEAL;
	c->meter = (struct campaign_meter){.window = WINDOW_MONTH,
		.allowance = allowance,
		.registered = allowance,
		.wall = wall};
}

static void cap(const struct table *t, struct campaign *c, struct str v)
{
	struct str views = {NULL, 0};

	(void)str_cut(&v, '/', &views);
	c->cap.views = number(t, views);
	c->cap.days = number(t, v);
}

static void option(struct world *w, struct campaign *c, struct str word)
{
	const struct table *t = w->t;
	struct str(*lists)[8] = w->sections[c - w->campaign];
	struct str v = word, key = {NULL, 0};
	struct {
		const char *key;
		uint32_t *to;
	} numbers[] = {{"min", &c->min_views}, {"close", &c->close_days}, {"later", &c->later_days},
		{"gave", &c->already_gave_days}, {"never", &c->never_days},
		{"once", &c->gave_once_days}, {"rec", &c->gave_recurring_days}};

	(void)str_cut(&v, '=', &key);
	for (size_t i = 0; i < ARRAY_N(numbers); i++)
		if (str_is(key, numbers[i].key)) {
			*numbers[i].to = number(t, v);
			return;
		}
	if (str_is(key, "wall") || str_is(key, "meter"))
		meter(c, number(t, v), str_is(key, "wall"));
	else if (str_is(key, "cap"))
		cap(t, c, v);
	else if (str_is(key, "start"))
		c->start = when(t, v);
	else if (str_is(key, "end"))
		c->end = when(t, v);
	else if (str_is(key, "in"))
		c->target.list[TARGET_section].in = sections(v, lists[0]);
	else if (str_is(key, "not"))
		c->target.list[TARGET_section].not_in = sections(v, lists[1]);
	else if (str_is(key, "site"))
		c->site = (int16_t)number(t, v);
	else if (str_is(key, "mute"))
		c->variant_n = 0;
	else
		wrong(t, "unknown option", word);
}

/* The campaigns of a site stand together: those of another go to the end. */
static void sites(struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->set.n; i++)
		if (w->campaign[i].site == ONE_SITE) {
			struct campaign c = w->campaign[i];
			for (size_t k = i; k > n; k--)
				w->campaign[k] = w->campaign[k - 1];
			w->campaign[n++] = c;
		}
	w->site[0] = (struct campaign_site){2, n, w->set.n - n, &w->policy};
	w->site[1] = (struct campaign_site){ONE_SITE, 0, n, &w->policy};
	w->set.site_n = 2;
	w->set.site = w->site;
}

static void read_campaigns(struct world *w, struct str list)
{
	struct str one, word;

	while (str_cut(&list, ' ', &one)) {
		struct campaign *c = &w->campaign[w->set.n];
		*c = (struct campaign){.id = 10 + (int32_t)w->set.n,
			.version = 1,
			.site = ONE_SITE,
			.live = true,
			.start = utc_of_s(NOW_S - 365 * 86400),
			.min_views = 2,
			.cap = {.views = 4, .days = 30},
			.close_days = 7,
			.later_days = 3,
			.already_gave_days = 30,
			.never_days = 365,
			.gave_once_days = 90,
			.gave_recurring_days = 395,
			.variant_n = 2,
			.variant = w->variant};
		(void)str_cut(&one, ':', &c->slug);
		c->cap.key = campaign_cap_key(c->slug);
		while (str_cut(&one, ',', &word))
			option(w, c, word);
		decide_prepare(c);
		w->set.n++;
	}
	w->set.campaign = w->campaign;
	sites(w);
}

static void read_page(struct world *w, struct str list)
{
	struct str word;

	w->f = (struct decide_facts){.site = ONE_SITE,
		.now = utc_of_s(NOW_S),
		.cal = {.day = TODAY,
			.week_from = TODAY,
			.month_from = THE_FIRST,
			.hour = 12,
			.day_starts = utc_of_s(NOW_S - 12 * 3600)},
		.art = 'X',
		.counted = true,
		.consent = CONSENT_FULL,
		.reader = &w->reader,
		.variant_hash = 7};
	while (str_cut(&list, ' ', &word)) {
		if (str_starts(word, "s="))
			w->f.page.section = (struct str){word.p + 2, word.n - 2};
		else if (str_is(word, "bot"))
			w->f.bot = true;
		else if (str_is(word, "uncounted"))
			w->f.counted = false;
		else if (str_is(word, "none"))
			w->f.consent = CONSENT_NONE;
		else if (str_is(word, "counting"))
			w->f.consent = CONSENT_COUNTING;
		else if (str_is(word, "noarticle"))
			w->f.art = 0;
		else if (str_is(word, "noreader"))
			w->f.reader = NULL;
		else if (str_is(word, "noset"))
			w->no_set = true;
		else
			wrong(w->t, "unknown word of a page:", word);
	}
}

static void read_seen(struct world *w, struct str list)
{
	struct str one;
	size_t n = 0;

	while (str_cut(&list, ' ', &one)) {
		struct str days = {one.p + 2, one.n - 2};
		uint16_t back = 0;
		if (one.n > 3 && one.p[1] == '@' && one.p[2] == '-')
			back = (uint16_t)number(w->t, (struct str){days.p + 1, days.n - 1});
		else if (one.n != 1 && !str_is(days, "0"))
			wrong(w->t, "not an article:", one);
		reader_seen_pack((uint16_t)(TODAY - back), 0, (uint8_t)one.p[0],
			w->seen + n++ * READER_SEEN_BYTES);
	}
	w->reader.seen = (struct str){(char *)w->seen, n * READER_SEEN_BYTES};
	w->reader.views = (int64_t)n;
}

static void read_gift(struct world *w, struct str v)
{
	static const char *const kinds[] = {"none", "once", "month", "year"};
	struct str kind = {NULL, 0};

	(void)str_cut(&v, '@', &kind);
	w->reader.gave_at = when(w->t, v);
	for (unsigned i = 0; i < ARRAY_N(kinds); i++)
		if (str_is(kind, kinds[i])) {
			w->reader.gift = (enum reader_gift)i;
			return;
		}
	wrong(w->t, "unknown gift", kind);
}

static void read_reader(struct world *w, struct str list)
{
	struct str word;

	w->reader.stored = true;
	while (str_cut(&list, ' ', &word)) {
		struct str v = word, key;
		(void)str_cut(&v, '=', &key);
		if (str_is(word, "new"))
			w->reader.stored = false;
		else if (str_is(key, "views"))
			w->reader.views = number(w->t, v);
		else if (str_is(key, "gift"))
			read_gift(w, v);
		else if (str_is(key, "until"))
			w->reader.gift_until = when(w->t, v);
		else
			wrong(w->t, "unknown word of a reader:", word);
	}
}

/* KIND:CAMPAIGN@WHEN, with *N that many times. A campaign that is not in the row has another id. */
static void read_marks(struct world *w, struct str list)
{
	struct str one, times, kind, campaign;
	enum reader_mark_kind k;
	size_t n = 0;

	while (str_cut(&list, ' ', &times)) {
		(void)str_cut(&times, '*', &one);
		(void)str_cut(&one, ':', &kind);
		(void)str_cut(&one, '@', &campaign);
		if (reader_mark_kind(kind, &k) != OK)
			wrong(w->t, "unknown mark", kind);
		struct reader_mark m = {.campaign = 99,
			.kind = (uint8_t)k,
			.cap = campaign_cap_key(campaign),
			.at = when(w->t, one)};
		for (size_t i = 0; i < w->set.n; i++)
			if (str_eq(w->campaign[i].slug, campaign))
				m.campaign = w->campaign[i].id;
		for (uint32_t i = times.n > 0 ? number(w->t, times) : 1; i > 0; i--) {
			m.decision = (uint32_t)n;
			reader_mark_pack(&m, w->marks + n++ * READER_MARK_BYTES);
		}
	}
	w->reader.marks = (struct str){(char *)w->marks, n * READER_MARK_BYTES};
}

static void read_row(struct world *w, const struct table *t)
{
	memset(w, 0, sizeof *w);
	w->t = t;
	w->variant[0].share = w->variant[1].share = 50;
	read_campaigns(w, t->col[CAMPAIGNS]);
	read_page(w, t->col[PAGE]);
	read_seen(w, t->col[SEEN]);
	read_reader(w, t->col[READER]);
	read_marks(w, t->col[MARKS]);
}

/* --- the rows --------------------------------------------------------------------------------- */

static void one_row(const struct table *t)
{
	static struct world w;
	const struct str nothing = {NULL, 0}, *c = t->col;

	read_row(&w, t);
	struct decision d = decide(&w.f, w.no_set ? NULL : &w.set, NULL);
	struct str which = d.campaign ? d.campaign->slug : nothing;
	uint32_t left = c[LEFT].n > 0 ? number(t, c[LEFT]) : UINT32_MAX;
	if (!str_is(c[ACT], decide_act_name(d.act)) || !str_eq(c[WHICH], which) ||
		!str_is(c[REASON], decide_reason_name(d.reason)) || d.left != left ||
		d.articles != number(t, c[ARTICLES]))
		fail_msg("decide.tsv:%d %.*s: %s %s %.*s articles %u left %u", t->line,
			STR_FMT(c[CASE]), decide_act_name(d.act), decide_reason_name(d.reason),
			STR_FMT(which), d.articles, d.left);
	if (d.campaign)
		assert_int_equal(d.variant, campaign_variant_pick(d.campaign, w.f.variant_hash));
	else
		assert_int_equal(d.variant, 0);
}

static void as_the_table_says(void **state)
{
	static struct table t;
	size_t n = 0;

	(void)state;
	for (table_open(&t, "decide.tsv"); table_next(&t); n++)
		one_row(&t);
	assert_true(n >= 80);
}

/* Each case has a name of its own, and each rule in the table exists. */
static void rows_have_names(void **state)
{
	static struct table t;
	struct str names[512];
	size_t n = 0;

	(void)state;
	for (table_open(&t, "decide.tsv"); table_next(&t); n++) {
		bool known = false;
		assert_true(n < ARRAY_N(names));
		names[n] = t.col[CASE];
		for (size_t i = 0; i < n; i++)
			if (str_eq(names[i], names[n]))
				wrong(&t, "a second case", names[n]);
		for (unsigned i = 0; i < REASON_N; i++)
			known = known ||
				str_is(t.col[RULE], decide_reason_name((enum decide_reason)i));
		if (!known)
			wrong(&t, "unknown rule", t.col[RULE]);
	}
}

static void words(void **state)
{
	static const char *const acts[] = {"open", "prompt", "wall"};

	(void)state;
	for (unsigned i = 0; i < ACT_N; i++)
		assert_string_equal(decide_act_name((enum decide_act)i), acts[i]);
	for (unsigned i = 0; i < REASON_N; i++) {
		assert_true(str_is_word(str_c(decide_reason_name((enum decide_reason)i)), "_"));
		assert_true(strlen(decide_reason_sentence((enum decide_reason)i)) > 10);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(decide_reason_name((enum decide_reason)i),
				decide_reason_name((enum decide_reason)k));
	}
	assert_string_equal(decide_reason_name(REASON_store_down), "store_down");
	assert_string_equal(decide_reason_name(REASON_N), "unknown");
	assert_string_equal(decide_reason_sentence(REASON_N), "This reason is not known.");
	assert_string_equal(decide_act_name(ACT_N), "unknown");
	struct decision d = decide_open(REASON_overload);
	assert_int_equal(d.act, ACT_OPEN);
	assert_int_equal(d.reason, REASON_overload);
	assert_null(d.campaign);
	assert_int_equal(d.left, UINT32_MAX);
}

/* Clocks at the ends of time and pauses beyond all days: nothing overflows. */
static void far_times(void **state)
{
	static const int64_t times[] = {0, 1, NOW_S * 1000000, INT64_MAX, INT64_MIN, -1};
	static struct world w;
	static struct table t;

	(void)state;
	table_open(&t, "decide.tsv");
	assert_true(table_next(&t));
	for (size_t now = 0; now < 4; now++)
		for (size_t gave = 0; gave < ARRAY_N(times); gave++) {
			bool just_now = times[gave] >= times[now] || (now < 2 && gave != 4);
			read_row(&w, &t);
			w.f.bot = false;
			w.campaign[0].start.us = INT64_MIN;
			w.reader.gift = GIFT_ONCE;
			w.f.now.us = times[now];
			w.reader.gave_at.us = times[gave];
			w.campaign[0].gave_once_days = UINT32_MAX;
			assert_int_equal(decide(&w.f, &w.set, NULL).reason, REASON_supporter);
			w.campaign[0].gave_once_days = 1;
			assert_int_equal(decide(&w.f, &w.set, NULL).reason,
				just_now ? REASON_supporter : REASON_campaign);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_table_says),
		cmocka_unit_test(rows_have_names),
		cmocka_unit_test(words),
		cmocka_unit_test(far_times),
	};

	return cmocka_run_group_tests_name("core_decide", tests, NULL, NULL);
}
