/* The decision: the rows of the decide*.tsv tables, and every rule on both sides of its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../table/decide_row.h"
#include "core/rule.h"

#define ROWS_MIN 300

static struct decision ask(const struct world *w, struct decide_trace *t)
{
	return decide(&w->f, w->no_set ? NULL : &w->set, t);
}

/* --- the rows --------------------------------------------------------------------------------- */

static bool act_is(const struct rows *r, const struct world *w, const struct decision *d)
{
	struct str which = d->campaign ? d->campaign->slug : (struct str){NULL, 0};
	const char *mark = reader_mark_name(d->mark);

	return str_is(w->col[ACT], decide_act_name(d->act)) && str_eq(w->col[WHICH], which) &&
	       str_is(w->col[REASON], decide_reason_name(d->reason)) &&
	       (!rows_has(r, MARK) || str_is(w->col[MARK], mark ? mark : ""));
}

static bool counts_are(const struct rows *r, const struct world *w, const struct decision *d)
{
	if (rows_has(r, ARTICLES) && d->articles != row_number(w, w->col[ARTICLES]))
		return false;
	if (!rows_has(r, LEFT))
		return true;
	return d->left == (w->col[LEFT].n > 0 ? row_number(w, w->col[LEFT]) : UINT32_MAX);
}

/* A prompt that was just decided may stay; where a reader's own word, gift or account keeps it away,
 * it may not stay either. */
static void what_may_stay(void **state)
{
	static struct rows r;
	static struct world w;
	size_t stays = 0, goes = 0;

	(void)state;
	while (rows_next(&r, &w)) {
		struct decision d = ask(&w, NULL);
		if (w.no_set || !w.f.reader)
			continue;
		if (d.act != ACT_OPEN) {
			stays++;
			assert_int_equal(decide_still(&w.f, &w.set, d.campaign), REASON_campaign);
		}
		bool word = d.reason == REASON_supporter || d.reason == REASON_never ||
			    d.reason == REASON_already_gave || d.reason == REASON_closed ||
			    d.reason == REASON_later;
		if (!word || w.set.n != 1)
			continue;
		goes++;
		assert_int_equal(decide_still(&w.f, &w.set, &w.set.campaign[0]), d.reason);
	}
	assert_true(stays > 30 && goes > 10);
}

static void as_the_tables_say(void **state)
{
	static struct rows r;
	static struct world w;
	size_t n = 0, wrong = 0;

	(void)state;
	for (; rows_next(&r, &w); n++) {
		struct decision d = ask(&w, NULL);
		size_t variant =
			d.campaign ? campaign_variant_pick(d.campaign, w.f.variant_hash) : 0;
		if (act_is(&r, &w, &d) && counts_are(&r, &w, &d) && d.variant == variant)
			continue;
		const char *mark = reader_mark_name(d.mark);
		wrong++;
		print_error("%s:%d %.*s: %s %s %.*s %s articles %u left %u variant %zu\n", w.file,
			w.line, STR_FMT(w.col[CASE]), decide_act_name(d.act),
			decide_reason_name(d.reason),
			STR_FMT(d.campaign ? d.campaign->slug : STR("-")), mark ? mark : "-",
			d.articles, d.left, d.variant);
	}
	assert_int_equal(wrong, 0);
	assert_true(n >= ROWS_MIN);
}

/* --- both sides of each rule ------------------------------------------------------------------ */

/* These always fire when they are asked. */
static bool has_one_side(size_t rule)
{
	return rule == RULE_meter_wall || rule == RULE_campaign;
}

/* What rule number the row is about; RULE_N: a reason that is no rule. */
static size_t about(const struct world *w)
{
	for (size_t i = 0; i < REASON_N; i++)
		if (str_is(w->col[RULE], decide_reason_name((enum decide_reason)i)))
			return i < RULE_N ? i : RULE_N;
	row_wrong(w, "unknown rule", w->col[RULE]);
}

/* Some campaign of the row can be stopped by it. */
static bool can_fire(const struct world *w, size_t rule)
{
	for (size_t i = 0; i < w->set.n; i++)
		if (rule_table[rule].can(&w->campaign[i]))
			return true;
	return rule_table[rule].scope == SCOPE_PAGE;
}

/* A rule needs a row in which it fires and one in which it is asked and does not, and a row about a
 * rule asks it if it can fire at all. Except for rules that no reader is told of, it is also some
 * row's reason. */
static void every_rule_on_both_sides(void **state)
{
	static struct rows r;
	static struct world w;
	static struct decide_step steps[256];
	size_t fires[RULE_N] = {0}, passes[RULE_N] = {0}, told[REASON_N] = {0};

	(void)state;
	while (rows_next(&r, &w)) {
		struct decide_trace t = {0, ARRAY_N(steps), steps};
		struct decision d = ask(&w, &t);
		size_t rule = about(&w), asked = 0;
		assert_true(t.n <= t.cap);
		told[d.reason]++;
		for (size_t i = 0; i < t.n; i++)
			if (steps[i].rule == rule) {
				asked++;
				fires[rule] += steps[i].fired;
				passes[rule] += !steps[i].fired;
			}
		if (rule < RULE_N && asked == 0 && can_fire(&w, rule))
			row_wrong(&w, "its rule is not asked:", w.col[CASE]);
	}
	for (size_t i = 0; i < RULE_N; i++) {
		const struct rule *rule = &rule_table[i];
		bool is_told = rule->scope == SCOPE_PAGE || rule->tell == RULE_TELL;
		if (fires[i] == 0 || (passes[i] == 0 && !has_one_side(i)) ||
			(told[i] > 0) != is_told)
			fail_msg("%s: fires %zu times, passes %zu times, told %zu times",
				rule->name, fires[i], passes[i], told[i]);
	}
	assert_true(told[REASON_no_campaign] > 0);
	assert_true(told[REASON_bad_request] > 0);
}

/* Each case has a name of its own. */
static void rows_have_names(void **state)
{
	static struct rows r;
	static struct world w;
	static char names[1024][96];
	size_t n = 0;

	(void)state;
	for (; rows_next(&r, &w); n++) {
		assert_true(n < ARRAY_N(names));
		assert_int_equal(str_copy(w.col[CASE], names[n], sizeof names[n]), OK);
		for (size_t i = 0; i < n; i++)
			if (strcmp(names[i], names[n]) == 0)
				row_wrong(&w, "a second case", w.col[CASE]);
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
	const char *have, *need;
	decide_step_names(REASON_meter_left, &have, &need);
	assert_string_equal(have, "read");
	assert_string_equal(need, "free");
	decide_step_names(REASON_store_down, &have, &need);
	assert_string_equal(have, "");
	assert_string_equal(need, "");
}

/* Clocks at the ends of time and pauses beyond all days: nothing overflows. */
static void far_times(void **state)
{
	static const int64_t times[] = {0, 1, NOW_S * 1000000, INT64_MAX, INT64_MIN, -1};
	static struct world w;

	(void)state;
	for (size_t now = 0; now < 4; now++)
		for (size_t gave = 0; gave < ARRAY_N(times); gave++) {
			bool just_now = times[gave] >= times[now] || (now < 2 && gave != 4);
			world_clear(&w, "far_times", 0);
			w.col[CAMPAIGNS] = STR("support");
			w.col[SEEN] = STR("A X");
			world_make(&w);
			w.campaign[0].start.us = INT64_MIN;
			w.reader.gift = GIFT_ONCE;
			w.f.now.us = times[now];
			w.reader.gave_at.us = times[gave];
			w.campaign[0].gave_once_days = UINT32_MAX;
			assert_int_equal(ask(&w, NULL).reason, REASON_supporter);
			w.campaign[0].gave_once_days = 1;
			assert_int_equal(ask(&w, NULL).reason,
				just_now ? REASON_supporter : REASON_campaign);
		}
}

/* Who gave not long ago and is not asked is thanked, whatever it was that spared them. */
static void supporters_are_told(void **state)
{
	static struct world w;

	(void)state;
	for (int i = 0; i < 5; i++) {
		world_clear(&w, "supporters_are_told", 0);
		w.col[CAMPAIGNS] = STR("support");
		w.col[SEEN] = STR("A X");
		world_make(&w);
		w.reader.gift = i == 3 ? GIFT_NONE : GIFT_ONCE;
		w.reader.gave_at.us = w.f.now.us - INT64_C(10) * 86400 * 1000000;
		if (i == 1) /* another rule comes first */
			w.campaign[0].live = false;
		if (i == 2) /* asked all the same */
			w.campaign[0].gave_once_days = 0;
		if (i == 4) /* long ago by the policy, but not by the campaign */
			w.reader.gave_at.us -= INT64_C(200) * 86400 * 1000000,
				w.campaign[0].gave_once_days = 300;
		struct decision d = ask(&w, NULL);
		assert_int_equal(d.act, i == 2 || i == 3 ? ACT_PROMPT : ACT_OPEN);
		assert_int_equal(d.supporter, i == 0 || i == 1 || i == 4);
	}
}

/* More windows than are remembered: each count is right, the first time and again. */
static void many_windows(void **state)
{
	static struct world w;
	static struct rule_ctx x;
	struct decision d = decide_open(REASON_campaign);
	uint32_t want[6];

	(void)state;
	world_clear(&w, "many_windows", 0);
	w.col[CAMPAIGNS] = STR("support");
	w.col[SEEN] = STR("D@-3 C@-2 B@-1 A X");
	world_make(&w);
	for (uint16_t i = 0; i < ARRAY_N(want); i++) {
		uint16_t from = (uint16_t)(w.f.cal.day - i);
		rule_init(&x, &w.f, &d);
		want[i] = rule_count(&x, (struct reader_window){from, 0, false}).n;
	}
	assert_true(want[0] < want[1] && want[1] < want[3] && want[3] == want[5]);
	rule_init(&x, &w.f, &d);
	for (int round = 0; round < 3; round++)
		for (uint16_t i = 0; i < ARRAY_N(want); i++) {
			uint16_t from = (uint16_t)(w.f.cal.day - i);
			assert_int_equal(
				rule_count(&x, (struct reader_window){from, 0, false}).n, want[i]);
		}
}

/* A window that is longer than there have been days begins with the first of them. */
static void a_window_of_all_days(void **state)
{
	struct decide_facts f = {.cal = {.day = 100, .day_starts = utc_of_s(100 * 86400)}};
	struct campaign_meter m = {.window = WINDOW_ROLLING, .days = 101};

	(void)state;
	assert_int_equal(utc_s(rule_window_starts(&f, &m)), -3600);
	m.days = UINT16_MAX;
	assert_int_equal(utc_s(rule_window_starts(&f, &m)), -3600);
	m.days = 1;
	assert_int_equal(utc_s(rule_window_starts(&f, &m)), 100 * 86400);
}

/* Who is in the hold-out is of no variant. */
static void variants_have_names(void **state)
{
	struct campaign_variant v[2] = {{.name = STR("plain")}, {.name = STR("warm")}};
	struct campaign c = {.variant_n = 2, .variant = v};
	struct decision d = decide_open(REASON_campaign);

	(void)state;
	assert_int_equal(decide_variant(&d).n, 0);
	d.campaign = &c;
	d.variant = 1;
	assert_true(str_is(decide_variant(&d), "warm"));
	d.reason = REASON_control;
	assert_true(str_is(decide_variant(&d), "warm"));
	d.reason = REASON_holdout;
	assert_int_equal(decide_variant(&d).n, 0);
	d.reason = REASON_holdout_wall;
	assert_int_equal(decide_variant(&d).n, 0);
}

/* A site that has no campaigns takes no prompt away; a robot keeps none. */
static void still_without_a_site(void **state)
{
	static struct world w;

	(void)state;
	world_clear(&w, "still_without_a_site", 0);
	w.col[CAMPAIGNS] = STR("support");
	w.col[SEEN] = STR("A X");
	world_make(&w);
	assert_int_equal(decide_still(&w.f, &w.set, &w.campaign[0]), REASON_campaign);
	w.campaign[0].live = false;
	assert_int_equal(decide_still(&w.f, &w.set, &w.campaign[0]), REASON_paused);
	w.f.site = 77;
	assert_int_equal(decide_still(&w.f, &w.set, &w.campaign[0]), REASON_campaign);
	assert_int_equal(decide(&w.f, &w.set, NULL).reason, REASON_no_campaign);
	w.f.bot = true;
	assert_int_equal(decide_still(&w.f, &w.set, &w.campaign[0]), REASON_bot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_tables_say),
		cmocka_unit_test(what_may_stay),
		cmocka_unit_test(every_rule_on_both_sides),
		cmocka_unit_test(rows_have_names),
		cmocka_unit_test(words),
		cmocka_unit_test(far_times),
		cmocka_unit_test(supporters_are_told),
		cmocka_unit_test(many_windows),
		cmocka_unit_test(a_window_of_all_days),
		cmocka_unit_test(variants_have_names),
		cmocka_unit_test(still_without_a_site),
	};

	return cmocka_run_group_tests_name("core_decide", tests, NULL, NULL);
}
