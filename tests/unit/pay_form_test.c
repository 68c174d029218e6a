/* Forms as the official clients write them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "pay/form.h"

static void pairs(void **state)
{
	(void)state;
	BUF_ON(b, 200);
	form_addc(&b, "a[0][b]", "x y+z");
	form_add(&b, "c", (struct str){NULL, 0});
	form_int(&b, "d", INT64_MIN);
	form_currency(&b, "e", "EUR");
	form_add(&b, "f", STR("&=%[]\n\xc3\xa9~"));
	assert_int_equal(buf_done(&b), OK);
	assert_true(str_is(buf_str(&b), "a[0][b]=x%20y%2Bz&c=&d=-9223372036854775808&e=eur&f=%26%3D%25%5B%5D%0A%C3%A9~"));
}

static void a_query_begins_after_its_mark(void **state)
{
	(void)state;
	BUF_ON(b, 40);
	buf_addc(&b, "/v1/x?");
	form_int(&b, "limit", 100);
	form_addc(&b, "a", "b");
	assert_true(str_is(buf_str(&b), "/v1/x?limit=100&a=b"));
	BUF_ON(one, 40);
	buf_addc(&one, "x");
	form_addc(&one, "a", "b");
	assert_true(str_is(buf_str(&one), "x&a=b"));
}

static void overflow_is_remembered(void **state)
{
	(void)state;
	BUF_ON(b, 6);
	form_addc(&b, "key", "value");
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pairs),
		cmocka_unit_test(a_query_begins_after_its_mark),
		cmocka_unit_test(overflow_is_remembered),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
