/* tests/unit/app_tally_test.c: every decision is counted, however many kinds of pages there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/tally.h"
#include "base/json.h"

#define HOUR_US INT64_C(3600000000)

static struct tally *t;

static int set_up(void **state)
{
	(void)state;
	t = calloc(1, sizeof *t);
	return t && tally_init(t, 0) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	tally_fini(t);
	free(t);
	return 0;
}

static void count(int hour, int page, enum decide_reason r)
{
	char section[8], country[3] = {(char)('A' + page % 26), (char)('A' + page / 26 % 26), '\0'};
	struct decision d = decide_open(r);
	struct page p = {.country = str_c(country), .device = STR("desktop")};

	snprintf(section, sizeof section, "s%d", page % 100);
	p.section = str_c(section);
	tally_add(t, (utc_t){hour * HOUR_US}, (utc_t){0}, 1, &p, &d);
}

/* The sum of what is handed in, of one reason. */
static json_int_t sum(enum decide_reason r)
{
	size_t cap = 1u << 20;
	char *mem = malloc(cap);
	struct buf b;
	json_int_t n = 0;
	size_t i;
	json_t *one;

	assert_non_null(mem);
	buf_init(&b, mem, cap);
	assert_int_equal(tally_format(t, &b), OK);
	buf_byte(&b, '}');
	json_t *o = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(o);
	json_array_foreach(json_object_get(o, "counts"), i, one)
	{
		if (str_is(str_c(json_string_value(json_array_get(one, 8))), decide_reason_name(r)))
			n += json_integer_value(json_array_get(one, 9));
	}
	json_decref(o);
	free(mem);
	return n;
}

static void pages_by_the_hundred(void **state)
{
	(void)state;
	for (int i = 0; i < 2000; i++)
		count(1, i, REASON_first_view);
	assert_int_equal(sum(REASON_first_view), 2000);
}

/* The database is away for a day and a half. */
static void a_reason_that_comes_late(void **state)
{
	(void)state;
	for (int hour = 1; hour <= 36; hour++)
		for (int i = 0; i < 600; i++)
			for (int r = 0; r < 4; r++)
				count(hour, i,
					r == 0   ? REASON_first_view
					: r == 1 ? REASON_store_down
					: r == 2 ? REASON_bot
						 : REASON_consent_none);
	assert_int_equal(sum(REASON_store_down), 36 * 600);
	assert_int_equal(sum(REASON_bot), 36 * 600);
	assert_int_equal(t->dropped, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(pages_by_the_hundred, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reason_that_comes_late, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
