/* tests/unit/app_live_test.c: figures are told of the goal that they were asked for, and while they
 * are fresh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/live.h"

#define AT INT64_C(1785000000)

static void of_this_goal_and_fresh(void **state)
{
	static const struct {
		const char *currency;
		int64_t since_s, from_us, at_s, now_s;
		bool is;
	} ROW[] = {
		{"EUR", 1000, 1000000000, AT, AT, true},
		{"EUR", 1000, 1000000000, AT, AT + LIVE_OLD_S - 1, true},
		{"EUR", 1000, 1000000000, AT, AT + LIVE_OLD_S, false},
		{"EUR", 1000, 1000000000, AT, AT - 5, true}, /* a clock was set back */
		{"EUR", 1000, 1000000000, 0, 1, false},      /* never asked */
		{"USD", 1000, 1000000000, AT, AT, false},
		{"", 1000, 1000000000, AT, AT, false},
		{"EUR", 1000, 1000999999, AT, AT, true},
		{"EUR", 1001, 1000999999, AT, AT, true}, /* rounded up there */
		{"EUR", 1000, 1002000000, AT, AT, false},
		{"EUR", 1000, 998000000, AT, AT, false},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct live_goal g = {
			.since = utc_of_s(ROW[i].since_s), .at = utc_of_s(ROW[i].at_s)};
		struct campaign c = {.goal = {STR("EUR"), 100, {ROW[i].from_us}}};
		assert_int_equal(str_copy(str_c(ROW[i].currency), g.currency, 4), OK);
		if (live_is_of(&g, &c, utc_of_s(ROW[i].now_s)) != ROW[i].is)
			fail_msg("row %zu", i);
	}
	struct live_goal g = {.at = utc_of_s(AT)};
	assert_false(live_is_of(&g, &(struct campaign){0}, utc_of_s(AT))); /* has no goal */
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(of_this_goal_and_fresh)};
	return cmocka_run_group_tests_name("app_live", tests, NULL, NULL);
}
