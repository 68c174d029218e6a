/* app/visits: counted by quarter and site; a database that is away for days loses no count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "app/visits.h"

static struct visits v;
static char text[VISITS_MAX * VISITS_ROW_BYTES];

static void add(int64_t s, int16_t site, uint32_t what)
{
	visits_add(&v, utc_of_s(s), site, what);
}

static struct str format(void)
{
	struct buf b;
	buf_init(&b, text, sizeof text);
	assert_int_equal(visits_format(&v, &b), OK);
	return buf_str(&b);
}

static void by_quarter_and_site(void **state)
{
	(void)state;
	visits_clear(&v);
	add(1800, 1, 1u << VISIT_DECISION | 1u << VISIT_FULL | 1u << VISIT_FRESH);
	add(2699, 1, 1u << VISIT_DECISION | 1u << VISIT_NONE | 1u << VISIT_CLAIMED);
	add(2700, 1, 1u << VISIT_DECISION | 1u << VISIT_COUNTING | 1u << VISIT_RETURNED);
	add(1900, 2, 1u << VISIT_DECISION | 1u << VISIT_ROBOT);
	assert_true(str_is(format(),
		"[[1800,1,2,1,0,0,1,1,0,1],[2700,1,1,0,1,0,0,0,1,0],[1800,2,1,0,0,1,0,0,0,0]]"));
	visits_clear(&v);
	assert_true(str_is(format(), "[]"));
}

static void full(void **state)
{
	uint64_t n = 0;
	(void)state;
	visits_clear(&v);
	for (int i = 0; i < VISITS_MAX + 50; i++)
		add((int64_t)4102444800 + i * VISITS_SLOT_S, 1, 1u << VISIT_DECISION);
	add(4102444800, 1, 1u << VISIT_DECISION);
	add(4102444800, 2, 1u << VISIT_DECISION); /* no room and no row */
	assert_int_equal(v.n, VISITS_MAX);
	for (size_t i = 0; i < v.n; i++)
		n += v.row[i].n[VISIT_DECISION];
	assert_int_equal(n, VISITS_MAX + 51);
	assert_int_equal(v.row[VISITS_MAX - 1].n[VISIT_DECISION], 51);
	assert_int_equal(v.row[0].n[VISIT_DECISION], 2);
}

/* The largest of everything has its room. */
static void longest(void **state)
{
	(void)state;
	v.n = VISITS_MAX;
	for (size_t i = 0; i < v.n; i++) {
		v.row[i] = (struct visits_row){.slot = INT64_MIN, .site = INT16_MIN};
		for (size_t k = 0; k < VISIT_N; k++)
			v.row[i].n[k] = UINT64_MAX;
	}
	assert_true(format().n > 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_quarter_and_site),
		cmocka_unit_test(full),
		cmocka_unit_test(longest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
