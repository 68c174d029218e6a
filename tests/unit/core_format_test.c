/* tests/unit/core_format_test.c: the names of the places where an appeal stands. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/format.h"

static void names(void **state)
{
	(void)state;
	for (enum format f = 0; f < FORMAT_N; f++) {
		assert_true(strlen(format_name(f)) > 2);
		for (enum format g = 0; g < f; g++)
			assert_string_not_equal(format_name(f), format_name(g));
	}
	assert_false(format_has_topline(FORMAT_wall));
}

/* A number from a row that another release wrote. */
static void a_number_that_is_none(void **state)
{
	(void)state;
	assert_string_equal(format_name(FORMAT_N), "unknown");
	assert_false(format_has_topline(FORMAT_N));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names),
		cmocka_unit_test(a_number_that_is_none),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
