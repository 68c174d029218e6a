/* tests/unit/app_tally_test.c: every decision is counted, however many kinds of pages there are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What is handed in. */
static json_t *handed_in(void)
{
	size_t cap = 1u << 20;
	char *mem = malloc(cap);
	struct buf b;

	assert_non_null(mem);
	buf_init(&b, mem, cap);
	assert_int_equal(tally_format(t, &b), OK);
	buf_byte(&b, '}');
	json_t *o = json_loadb(b.p, b.n, 0, NULL);
	assert_non_null(o);
	free(mem);
	return o;
}

/* The sum of one column of the rows of a list whose other column holds this word; NULL: of all. */
static json_int_t sum_of(const char *list, size_t column, const char *word, size_t number)
{
	json_t *o = handed_in(), *one;
	json_int_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(o, list), i, one)
	{
		const char *text = json_string_value(json_array_get(one, column));
		if (!word || (text && strcmp(text, word) == 0))
			n += json_integer_value(json_array_get(one, number));
	}
	json_decref(o);
	return n;
}

static json_int_t sum(enum decide_reason r)
{
	return sum_of("counts", 8, decide_reason_name(r), 9);
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

static void look(const char *url, utc_t now, utc_t day_starts)
{
	struct decision d = decide_open(REASON_no_campaign);
	struct page p = {.url = str_c(url)};

	tally_add(t, now, day_starts, 1, &p, &d);
}

/* Each page by its address; beyond the room for names, and without a name that fits, it counts all
 * the same. */
static void every_page(void **state)
{
	(void)state;
	char url[300];

	for (int i = 0; i < 2000; i++) {
		snprintf(url, sizeof url, "/page/%d", i % 1000);
		look(url, (utc_t){0}, (utc_t){0});
	}
	assert_int_equal(sum_of("pages", 2, "/page/7", 4), 2);
	assert_int_equal(
		sum_of("pages", 2, "", 4), 2 * (1000 - (TALLY_PAGES_MAX - TALLY_PAGES_PLAIN)));
	memset(url, 'x', sizeof url);
	url[TALLY_PAGE_BYTES + 1] = '\0';
	look(url, (utc_t){0}, (utc_t){0});
	assert_int_equal(sum_of("pages", 3, "open", 4), 2001);
	tally_clear(t);
	assert_int_equal(sum_of("pages", 0, NULL, 4), 0);
}

/* Where clocks are half an hour off, an hour begins at half past by UTC. */
static void hours_of_the_sites_clock(void **state)
{
	static const struct {
		int64_t now_s, day_starts_s, hour_s;
	} ROW[] = {{7199, 0, 3600}, {7200, 0, 7200}, {1799, -1800, -1800}, {1800, -1800, 1800},
		{-1, -1800, -1800}, {-1801, -1800, -5400}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		look("/a", utc_of_s(ROW[i].now_s), utc_of_s(ROW[i].day_starts_s));
		assert_int_equal(sum_of("counts", 0, NULL, 0), ROW[i].hour_s);
		tally_clear(t);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_page, set_up, tear_down),
		cmocka_unit_test_setup_teardown(hours_of_the_sites_clock, set_up, tear_down),
		cmocka_unit_test_setup_teardown(pages_by_the_hundred, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_reason_that_comes_late, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
