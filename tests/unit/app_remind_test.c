/* tests/unit/app_remind_test.c: what is a month, before the database is asked whether it is near. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/remind.h"

static void months(void **state)
{
	static const char *const GOOD[] = {"2027-01", "2000-12", "9999-10"};
	static const char *const BAD[] = {"", "2027", "2027-", "2027-1", "2027-13", "2027-00", "2027-01-01", "227-001", "1999-12", "0000-01",
		"2027/01", "2027-1x", "-027-01", "+027-01", " 027-01", "2027- 1", "2027-01 ", "2027--1", "20270-1"};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(GOOD); i++)
		assert_true(app_remind_is_month(str_c(GOOD[i])));
	for (size_t i = 0; i < ARRAY_N(BAD); i++)
		assert_false(app_remind_is_month(str_c(BAD[i])));
	assert_false(app_remind_is_month((struct str){"2027-0\0", 7}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(months)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
