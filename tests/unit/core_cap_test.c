/* tests/unit/core_cap_test.c: what a reader's marks say under one cap, where rows of a table do not
 * reach: keys that share a chain, lists that are full of words, marks that are odd. The histories
 * are in core_cap_property_test.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/cap.h"

#define NOW_S INT64_C(1795435200)
#define HOUR  INT64_C(3600)

static uint8_t mem[READER_MARK_MAX * READER_MARK_BYTES];
static size_t n;
static struct cap_marks marks;

static void add(uint8_t kind, uint16_t key, int64_t at_s)
{
	struct reader_mark m = {(uint32_t)n + 1, 5, kind, 0, key, utc_of_s(at_s)};

	assert_true(n < READER_MARK_MAX);
	reader_mark_pack(&m, mem + n++ * READER_MARK_BYTES);
}

static struct cap_state look(uint16_t key)
{
	struct campaign_cap cap = {.key = key, .days = 30, .cycle_views = 2};
	struct cap_state s;

	cap_unpack((struct str){(const char *)mem, n * READER_MARK_BYTES}, &marks);
	cap_look(&marks, &cap, utc_of_s(NOW_S), utc_of_s(NOW_S - 12 * HOUR), &s);
	return s;
}

/* Two keys may fall on one chain: each counts its own prompts alone; key 0 counts all. */
static void keys_on_one_chain(void **state)
{
	(void)state;
	n = 0;
	add(MARK_SHOWN, 7, NOW_S - 100 * HOUR);
	add(MARK_SHOWN, 7 + CAP_CHAINS, NOW_S - 3 * HOUR);
	add(MARK_CLOSED, 7 + CAP_CHAINS, NOW_S - 2 * HOUR);
	add(MARK_HELD, 7, NOW_S - HOUR);
	struct cap_state a = look(7), b = look(7 + CAP_CHAINS), all = look(0), none = look(8);
	assert_int_equal(a.in_period, 2);
	assert_int_equal(a.today, 1);
	assert_int_equal(a.closed_s, INT64_MIN);
	assert_int_equal(a.newest_s, NOW_S - HOUR);
	assert_int_equal(b.in_period, 1);
	assert_int_equal(b.closed_s, NOW_S - 2 * HOUR);
	assert_int_equal(b.newest_s, NOW_S - 3 * HOUR);
	assert_int_equal(all.in_period, 3);
	assert_int_equal(none.in_period, 0);
	assert_int_equal(none.newest_s, INT64_MIN);
}

/* In a full list the oldest prompt that is kept tells up to when others may be lost; a list of
 * nothing but a reader's words tells so by its newest. While that is in reach, the cap holds. */
static void a_list_of_words_alone(void **state)
{
	(void)state;
	n = 0;
	for (int64_t i = 0; i < READER_MARK_MAX; i++)
		add(i % 2 ? MARK_LATER : MARK_CLOSED, 7, NOW_S - (READER_MARK_MAX - i) * HOUR);
	struct cap_state s = look(7);
	assert_true(marks.full);
	assert_int_equal(marks.lost_s, NOW_S - HOUR);
	assert_int_equal(s.in_period, 0);
	assert_true(s.lost_period && s.lost_today && s.lost_cycle);
	/* one prompt among them is the first that is surely kept */
	reader_mark_pack(&(struct reader_mark){1, 5, MARK_SHOWN, 0, 7,
				 utc_of_s(NOW_S - (READER_MARK_MAX - 2) * HOUR)},
		mem + 2 * READER_MARK_BYTES);
	s = look(7);
	assert_int_equal(marks.lost_s, NOW_S - (READER_MARK_MAX - 2) * HOUR);
	assert_int_equal(s.in_period, 1);
	n = READER_MARK_MAX - 1;
	s = look(7);
	assert_false(marks.full || s.lost_period || s.lost_today || s.lost_cycle);
}

/* A mark of a later release counts nowhere; a clock that stepped back takes nothing back. */
static void odd_marks(void **state)
{
	(void)state;
	n = 0;
	add(200, 7, NOW_S - HOUR);
	add(MARK_NEVER, 7, NOW_S - 2 * HOUR);
	add(MARK_NEVER, 7, NOW_S - 9 * HOUR);
	add(MARK_LATER, 7, NOW_S - 3 * HOUR);
	add(MARK_LATER, 7, NOW_S - 8 * HOUR);
	add(MARK_CLOSED, 7, NOW_S - 4 * HOUR);
	add(MARK_CLOSED, 7, NOW_S - 7 * HOUR);
	struct cap_state s = look(7);
	assert_int_equal(s.in_period + s.in_cycle + s.skipped + s.today, 0);
	assert_int_equal(marks.newest_s[MARK_NEVER], NOW_S - 2 * HOUR);
	assert_int_equal(marks.newest_s[MARK_SHOWN], INT64_MIN);
	assert_int_equal(s.later_s, NOW_S - 3 * HOUR);
	assert_int_equal(s.closed_s, NOW_S - 4 * HOUR);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_on_one_chain),
		cmocka_unit_test(a_list_of_words_alone),
		cmocka_unit_test(odd_marks),
	};

	return cmocka_run_group_tests_name("core_cap", tests, NULL, NULL);
}
