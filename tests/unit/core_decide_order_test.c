/* The order of rule.def: a trace tells what was asked, in order, and changes nothing; and of any
 * two rules that both fire the earlier row decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../table/decide_row.h"
#include "core/rule.h"

#define STEPS_MAX 256

static struct decide_step steps[STEPS_MAX];

static struct decision ask(const struct world *w, struct decide_trace *t)
{
	return decide(&w->f, w->no_set ? NULL : &w->set, t);
}

static bool is_same(const struct decision *a, const struct decision *b)
{
	return a->act == b->act && a->reason == b->reason && a->campaign == b->campaign &&
	       a->variant == b->variant && a->set == b->set && a->mark == b->mark &&
	       a->articles == b->articles && a->left == b->left;
}

/* --- the trace of each row -------------------------------------------------------------------- */

static uint64_t page_rules(void)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < RULE_N; i++)
		bits |= (uint64_t)(rule_table[i].scope == SCOPE_PAGE) << i;
	return bits;
}

/* The steps from i on are the rules of these bits in order, up to the one that fires. The place
 * behind them; *ret_fired is that rule or RULE_N. */
static size_t walk(const struct world *w, size_t i, size_t n, const struct campaign *c,
	uint64_t asks, size_t *ret_fired)
{
	*ret_fired = RULE_N;
	for (size_t rule = 0; rule < RULE_N; rule++) {
		if (!(asks >> rule & 1))
			continue;
		if (i == n || steps[i].campaign != c || steps[i].rule != rule)
			row_wrong(w, "a trace without", str_c(rule_table[rule].name));
		if (steps[i++].fired) {
			*ret_fired = rule;
			break;
		}
	}
	return i;
}

/* The whole trace against the order as it is written: the reason that must come of it. */
static enum decide_reason follow(const struct world *w, size_t n, const struct campaign **ret_end)
{
	size_t fired, i = walk(w, 0, n, NULL, page_rules(), &fired);
	enum decide_reason told = REASON_no_campaign;

	*ret_end = NULL;
	if (fired == RULE_N && (!w->f.reader || w->f.art == 0))
		told = REASON_bad_request;
	else if (fired < RULE_N)
		told = (enum decide_reason)fired;
	for (size_t k = 0; told == REASON_no_campaign && !w->no_set && k < w->site[1].n; k++) {
		const struct campaign *c = &w->campaign[w->site[1].from + k];
		i = walk(w, i, n, c, c->asks, &fired);
		if (fired < RULE_N && rule_table[fired].act != RULE_SKIP) {
			*ret_end = c;
			assert_int_equal(i, n);
			return (enum decide_reason)fired;
		}
	}
	assert_int_equal(i, n);
	return told;
}

/* Of campaigns that were passed over the first that may be told of tells the reason. */
static enum decide_reason first_told(size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (steps[i].fired && rule_table[steps[i].rule].tell == RULE_TELL)
			return steps[i].rule;
	return REASON_no_campaign;
}

static void a_trace_tells_the_order(void **state)
{
	static struct rows r;
	static struct world w;
	const struct campaign *end;

	(void)state;
	while (rows_next(&r, &w)) {
		struct decide_trace t = {0, STEPS_MAX, steps}, none = {0, 0, NULL};
		struct decision plain = ask(&w, NULL), traced = ask(&w, &t);
		assert_true(t.n <= STEPS_MAX);
		if (!is_same(&plain, &traced))
			row_wrong(&w, "a trace changes", w.col[CASE]);
		enum decide_reason why = follow(&w, t.n, &end);
		if (why == REASON_no_campaign)
			why = first_told(t.n);
		if (why != plain.reason || end != plain.campaign)
			row_wrong(&w, "another reason than the trace's:", w.col[CASE]);
		/* no room: counted and not kept */
		traced = ask(&w, &none);
		assert_int_equal(none.n, t.n);
		assert_true(is_same(&plain, &traced));
	}
}

/* --- any two rules ---------------------------------------------------------------------------- */

/* What makes a rule fire for a campaign "support" that would speak; nothing else, and no rule
 * before it. */
struct cause {
	const char *campaign, *policy, *page, *reader, *marks;
};

static const struct cause causes[] = {
	[RULE_bot] = {.page = "bot"},
	[RULE_consent_none] = {.page = "none"},
	[RULE_paused] = {.campaign = "paused"},
	[RULE_country] = {.campaign = "country=ZZ"},
	[RULE_language] = {.campaign = "not_language=en", .page = "language=en"},
	[RULE_device] = {.campaign = "device=tv"},
	[RULE_section] = {.campaign = "section=none"},
	[RULE_tag] = {.campaign = "not_tag=war", .page = "tag=war"},
	[RULE_url] = {.campaign = "url=/none/"},
	[RULE_flag] = {.campaign = "flag=none"},
	[RULE_referrer] = {.campaign = "not_referrer=direct"},
	[RULE_source] = {.campaign = "source=none"},
	[RULE_age] = {.campaign = "age=9.."},
	[RULE_words] = {.campaign = "words=9.."},
	[RULE_weekday] = {.campaign = "on=sun"},
	[RULE_hour] = {.campaign = "hours=13..11"},
	[RULE_account] = {.campaign = "account=signed_in"},
	[RULE_visitor] = {.campaign = "visitor=new"},
	[RULE_gave] = {.campaign = "gave=former"},
	[RULE_reads] = {.campaign = "reads=9../30"},
	[RULE_blackout] = {.policy = "blackout=-1h/+1h"},
	[RULE_sensitive] = {.policy = "sensitive=url:/x"},
	[RULE_supporter] = {.reader = "gift=once@-1d"},
	[RULE_unmetered] = {.campaign = "of=chess"},
	[RULE_free_view] = {.campaign = "per=month", .policy = "free=url:/x"},
	[RULE_meter_left] = {.campaign = "wall=9"},
	[RULE_holdout_wall] = {.campaign = "wall=0", .policy = "holdout=100 walls"},
	[RULE_meter_wall] = {.campaign = "wall=0"},
	[RULE_first_view] = {.reader = "views=1"},
	[RULE_too_few_views] = {.campaign = "min=9"},
	[RULE_never] = {.marks = "never:other@-2h"},
	[RULE_already_gave] = {.marks = "already_gave:other@-2h"},
	[RULE_closed] = {.marks = "closed:support@-2h"},
	[RULE_later] = {.marks = "later:support@-2h"},
	[RULE_not_counted] = {.page = "uncounted"},
	[RULE_site_cap] = {.policy = "cap=1/30", .marks = "shown:other@-2h"},
	[RULE_gap] = {.campaign = "gap=9", .marks = "shown:support@-2h"},
	[RULE_daily] = {.campaign = "daily=1", .marks = "shown:support@-2h"},
	[RULE_capped] = {.campaign = "cap=1/30", .marks = "shown:support@-2h"},
	[RULE_cycle_full] = {.campaign = "cycle=1", .marks = "shown:support@-2h"},
	[RULE_cycle_skip] = {.campaign = "cycle=9/skip9"},
	[RULE_holdout] = {.policy = "holdout=100"},
	[RULE_control] = {.campaign = "control=100"},
	[RULE_campaign] = {.campaign = "min=2"},
};

/* Words with c between them; the earlier rule's come last, so that they stand. */
static struct str join(char *to, size_t cap, const char *first, const char *second, const char *c)
{
	bool both = first && second;

	snprintf(to, cap, "%s%s%s", first ? first : "", both ? c : "", second ? second : "");
	return str_c(to);
}

static void both_make(struct world *w, const struct cause *i, const struct cause *k)
{
	static char text[5][256];
	char campaign[200];

	world_clear(w, "causes", (int)(i - causes));
	join(campaign, sizeof campaign, k->campaign, i->campaign, ",");
	w->col[CAMPAIGNS] = join(text[0], sizeof text[0], "support", campaign, ":");
	w->col[POLICY] = join(text[1], sizeof text[1], k->policy, i->policy, " ");
	w->col[PAGE] = join(text[2], sizeof text[2], k->page, i->page, " ");
	w->col[READER] = join(text[3], sizeof text[3], k->reader, i->reader, " ");
	w->col[MARKS] = join(text[4], sizeof text[4], k->marks, i->marks, " ");
	w->col[SEEN] = STR("A X");
	world_make(w);
}

/* Which rules fire, each asked whatever the others say. */
static uint64_t all_that_fire(const struct world *w)
{
	struct decision d = decide_open(REASON_no_campaign);
	static struct rule_ctx x;
	uint64_t bits = 0;

	rule_init(&x, &w->f, &d);
	for (size_t i = 0; i < RULE_N; i++) {
		x.policy = &w->policy;
		x.c = rule_table[i].scope == SCOPE_PAGE ? NULL : &w->campaign[0];
		if ((!x.c || x.c->asks >> i & 1) && rule_table[i].fires(&x))
			bits |= UINT64_C(1) << i;
	}
	return bits;
}

static size_t decides(const struct world *w)
{
	struct decide_trace t = {0, STEPS_MAX, steps};

	(void)ask(w, &t);
	return t.n > 0 && steps[t.n - 1].fired ? steps[t.n - 1].rule : RULE_N;
}

static void of_two_the_earlier(void **state)
{
	static const struct cause none;
	static struct world w;
	size_t pairs = 0;

	(void)state;
	for (size_t i = 0; i < RULE_N; i++) {
		if (memcmp(&causes[i], &none, sizeof none) == 0)
			fail_msg("no cause of %s", rule_table[i].name);
		both_make(&w, &causes[i], &none);
		if (decides(&w) != i)
			fail_msg("the cause of %s alone makes another rule decide",
				rule_table[i].name);
		for (size_t k = i + 1; k < RULE_N; k++) {
			both_make(&w, &causes[i], &causes[k]);
			uint64_t fire = all_that_fire(&w);
			if (!(fire >> i & fire >> k & 1))
				fail_msg("%s and %s do not both fire", rule_table[i].name,
					rule_table[k].name);
			if (decides(&w) != i)
				fail_msg("%s and %s both fire, but rule %zu decides",
					rule_table[i].name, rule_table[k].name, decides(&w));
			pairs++;
		}
	}
	assert_int_equal(ARRAY_N(causes), RULE_N);
	assert_int_equal(pairs, RULE_N * (RULE_N - 1) / 2);
}

/* The first rule that decided a row is the first of all that would have fired. */
static void none_before_it_fires(void **state)
{
	static struct rows r;
	static struct world w;

	(void)state;
	while (rows_next(&r, &w)) {
		if (!w.f.reader || w.f.art == 0 || w.no_set || w.site[1].n != 1)
			continue;
		uint64_t fire = all_that_fire(&w);
		size_t first = fire ? (size_t)__builtin_ctzll(fire) : RULE_N;
		if (first != decides(&w))
			row_wrong(&w, "another rule decides:", w.col[CASE]);
	}
}

/* --- a trace that is full --------------------------------------------------------------------- */

static bool is_step(const struct decide_step *a, const struct decide_step *b)
{
	return a->campaign == b->campaign && a->rule == b->rule && a->fired == b->fired;
}

/* What fired is kept, in order, and of more than fit the last, which decided. */
static void a_full_trace_keeps_what_fired(void **state)
{
	static struct rows r;
	static struct world w;
	struct decide_step few[3];
	size_t full = 0;

	(void)state;
	while (rows_next(&r, &w))
		for (size_t cap = 1; cap <= ARRAY_N(few); cap++) {
			struct decide_trace all = {0, STEPS_MAX, steps}, t = {0, cap, few};
			(void)ask(&w, &all);
			(void)ask(&w, &t);
			assert_int_equal(t.n, all.n);
			size_t kept = t.n < cap ? t.n : cap, k = kept;
			bool missed = false;
			for (size_t i = all.n; i > 0; i--)
				if (k > 0 && is_step(&steps[i - 1], &few[k - 1]))
					k--;
				else if (steps[i - 1].fired && k > 0)
					missed = true;
			if (k > 0 || missed)
				row_wrong(&w, "the full trace lacks what fired", w.col[CASE]);
			full += all.n > cap && steps[all.n - 1].fired;
		}
	assert_true(full > 100);
}

/* --- what a step saw -------------------------------------------------------------------------- */

static void what_a_step_saw(void **state)
{
	static const struct {
		const char *campaign, *page, *marks, *rule, *saw;
		int64_t have, need;
	} cases[] = {
		{"support:gap=4", "", "shown:support@-1h", "gap", "", 3600, 14400},
		{"support:gap=4", "", "shown:support@+1h", "gap", "", 0, 14400},
		{"support:daily=2", "", "shown:support@-1h", "daily", "", 1, 2},
		{"support:cap=1/30", "", "shown:support@-1h", "capped", "", 1, 1},
		{"support:cycle=3/skip1", "", "skipped:support@-1h", "cycle_skip", "", 1, 1},
		{"support:wall=5", "", "", "meter_left", "", 2, 5},
		{"support:wall=1,registered=1", "signed_in", "", "meter_wall", "", 2, 1},
		{"support:min=5", "", "", "too_few_views", "", 2, 5},
		{"support", "", "closed:support@-1d closed:support@-2d", "closed", "", 1, 7},
		{"support:country=LV", "country=EE", "", "country", "EE", INT64_MIN, INT64_MIN},
		{"support:tag=x", "tag=a|b", "", "tag", "a", INT64_MIN, INT64_MIN},
		{"support:tag=x", "", "", "tag", "", INT64_MIN, INT64_MIN},
		{"support:referrer=mail", "from=t.co", "", "referrer", "social", INT64_MIN,
			INT64_MIN},
		{"support:age=5..9", "published=-2h", "", "age", "", 2, 5},
		{"support:age=5..9", "published=-20h", "", "age", "", 20, 9},
		{"support:hours=22..5", "", "", "hour", "", 12, 22},
		{"support:reads=3../7", "", "", "reads", "", 2, 3},
		{"support:account=signed_in", "", "", "account", "anonymous", INT64_MIN, INT64_MIN},
		{"support:visitor=new", "", "", "visitor", "returning", INT64_MIN, INT64_MIN},
		{"support:gave=former", "", "", "gave", "never", INT64_MIN, INT64_MIN},
		{"support:end=-1h", "", "", "paused", "", NOW_S, NOW_S - 3600},
	};
	static struct world w;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		struct decide_trace t = {0, STEPS_MAX, steps};
		const struct decide_step *s = NULL;
		world_clear(&w, "what_a_step_saw", (int)i);
		w.col[CAMPAIGNS] = str_c(cases[i].campaign);
		w.col[PAGE] = str_c(cases[i].page);
		w.col[MARKS] = str_c(cases[i].marks);
		w.col[SEEN] = STR("A X");
		world_make(&w);
		(void)ask(&w, &t);
		for (size_t k = 0; k < t.n; k++)
			if (!strcmp(rule_table[steps[k].rule].name, cases[i].rule))
				s = &steps[k];
		assert_non_null(s);
		if (s->have != cases[i].have || s->need != cases[i].need ||
			!str_is(s->saw, cases[i].saw))
			fail_msg("case %zu %s: %lld %lld %.*s", i, cases[i].rule,
				(long long)s->have, (long long)s->need, STR_FMT(s->saw));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_trace_tells_the_order),
		cmocka_unit_test(of_two_the_earlier),
		cmocka_unit_test(none_before_it_fires),
		cmocka_unit_test(a_full_trace_keeps_what_fired),
		cmocka_unit_test(what_a_step_saw),
	};

	return cmocka_run_group_tests_name("core_decide_order", tests, NULL, NULL);
}
