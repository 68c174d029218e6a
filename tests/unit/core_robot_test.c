/* Robots: names, addresses and ranges, by the rows of tests/table/robot.tsv; lists of every shape. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../table/table.h"
#include "core/robot.h"

static struct robot_range list[20000];
static size_t list_n;

static void put(const char *text, enum robot r)
{
	assert_int_equal(robot_range_parse(str_c(text), r, &list[list_n]), OK);
	list_n++;
}

static void ready(void)
{
	qsort(list, list_n, sizeof list[0], robot_range_order);
	list_n = robot_ranges_pack(list, list_n);
}

static void small_list(void)
{
	list_n = 0;
	put("66.249.80.0/20", ROBOT_bingbot);
	put("66.249.66.1", ROBOT_googlebot);
	put("2001:db8::/32", ROBOT_googlebot);
	put("192.0.2.7", ROBOT_bingbot);
	put("66.249.64.0/19", ROBOT_googlebot);
	put("66.249.64.0/19", ROBOT_googlebot);
	ready();
	assert_int_equal(list_n, 4);
}

/* A range as text is the range again. */
static void get_range(const struct robot_range *r, struct buf *b)
{
	struct robot_range again;
	BUF_ON(text, ROBOT_TEXT_MAX + 1);
	robot_range_format(r, &text);
	assert_int_equal(buf_done(&text), OK);
	assert_int_equal(robot_range_parse(buf_str(&text), r->robot, &again), OK);
	assert_int_equal(robot_range_order(r, &again), 0);
	robot_address_format(&r->first, b);
	buf_byte(b, ' ');
	robot_address_format(&r->last, b);
}

static void what_is(struct str what, enum robot r, struct str given, struct buf *b)
{
	struct robot_address a;
	struct robot_range range;

	if (str_is(what, "host")) {
		buf_addc(b, robot_owns_host(r, given) ? "yes" : "no");
	} else if (str_is(what, "range")) {
		enum err e = robot_range_parse(given, r, &range);
		if (e == OK)
			get_range(&range, b);
		else
			buf_addc(b, err_slug(e));
	} else if (robot_address_parse(given, &a) != OK) {
		buf_addc(b, "no");
	} else if (str_is(what, "address")) {
		robot_address_format(&a, b);
		buf_addc(b, robot_address_is_public(&a) ? " public" : " own");
	} else if (str_is(what, "reverse")) {
		robot_address_reverse(&a, b);
	} else {
		assert_true(str_is(what, "holds"));
		buf_addc(b, robot_ranges_hold(list, list_n, r, &a) ? "yes" : "no");
	}
}

static void the_table(void **state)
{
	struct table t;

	(void)state;
	small_list();
	table_open(&t, "robot.tsv");
	while (table_next(&t)) {
		BUF_ON(got, 400);
		enum robot r = robot_of(t.col[1]);
		assert_true(t.col[1].n == 0 || r != ROBOT_NONE);
		what_is(t.col[0], r, t.col[2], &got);
		if (!str_eq(buf_str(&got), t.col[3]))
			fail_msg("robot.tsv:%d: %.*s, not %.*s", t.line, STR_FMT(buf_str(&got)), STR_FMT(t.col[3]));
	}
}

static void every_robot_has_its_name(void **state)
{
	(void)state;
	for (enum robot r = ROBOT_NONE + 1; r < ROBOT_N; r++) {
		struct str rest = str_c(robot_suffixes(r)), suffix;
		assert_int_equal(robot_of(str_c(robot_name(r))), r);
		assert_true(strlen(robot_name(r)) <= 16);
		assert_true(str_is_word(str_c(robot_name(r)), ""));
		while (str_cut(&rest, ' ', &suffix)) {
			BUF_ON(host, 100);
			buf_addc(&host, "a");
			buf_add(&host, suffix);
			assert_true(suffix.p[0] == '.' && memchr(suffix.p + 1, '.', suffix.n - 1));
			assert_true(robot_owns_host(r, buf_str(&host)));
		}
	}
	assert_int_equal(robot_of(STR("none")), ROBOT_NONE);
	assert_int_equal(robot_of(STR("")), ROBOT_NONE);
	assert_int_equal(robot_of(STR("1")), ROBOT_NONE);
	assert_int_equal(robot_of(STR("Googlebot")), ROBOT_NONE);
}

static void a_host_name_has_a_longest(void **state)
{
	char host[ROBOT_HOST_MAX + 2];

	(void)state;
	memset(host, 'a', sizeof host);
	for (size_t i = 50; i < sizeof host; i += 50)
		host[i] = '.';
	for (size_t n = ROBOT_HOST_MAX; n <= ROBOT_HOST_MAX + 1; n++) {
		memcpy(host + n - 14, ".googlebot.com", 14);
		assert_int_equal(robot_owns_host(ROBOT_googlebot, (struct str){host, n}), n <= ROBOT_HOST_MAX);
	}
	host[20] = '\0';
	assert_false(robot_owns_host(ROBOT_googlebot, (struct str){host, ROBOT_HOST_MAX}));
}

/* What a list holds is what one of its ranges holds, whatever the list. */
static void found_as_if_looked_for_one_by_one(void **state)
{
	static struct robot_range all[200];
	unsigned seed = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		list_n = (size_t)(round % 60);
		for (size_t i = 0; i < list_n; i++) {
			char text[60];
			unsigned bits = 8 + (seed = seed * 1103515245u + 12345u) / 65536u % 25;
			unsigned at = (seed = seed * 1103515245u + 12345u) & 0x0f0f0f0fu;
			at &= bits == 32 ? ~0u : ~(~0u >> bits);
			snprintf(text, sizeof text, "%u.%u.%u.%u/%u", at >> 24, at >> 16 & 255, at >> 8 & 255, at & 255, bits);
			assert_int_equal(robot_range_parse(str_c(text), ROBOT_NONE + 1 + i % 3, &list[i]), OK);
			all[i] = list[i];
		}
		size_t all_n = list_n;
		ready();
		for (int k = 0; k < 500; k++) {
			struct robot_address a;
			assert_int_equal(robot_address_parse(STR("0.0.0.0"), &a), OK);
			for (int j = 12; j < 16; j++)
				a.b[j] = (seed = seed * 1103515245u + 12345u) / 65536u & 15;
			enum robot r = ROBOT_NONE + 1 + k % 3;
			bool want = false;
			for (size_t i = 0; i < all_n; i++)
				want |= all[i].robot == r && memcmp(all[i].first.b, a.b, 16) <= 0 && memcmp(a.b, all[i].last.b, 16) <= 0;
			assert_int_equal(robot_ranges_hold(list, list_n, r, &a), want);
		}
	}
}

/* The figure is told, and is no bar: the machine may be busy. */
static void what_a_look_costs(void **state)
{
	struct timespec from, to;
	static char text[1024][20];
	size_t held = 0, looks = 1 << 20;

	(void)state;
	list_n = 0;
	for (unsigned i = 0; i < 2000; i++) {
		char range[40];
		snprintf(range, sizeof range, "%u.%u.%u.0/24", 20 + i / 256, i % 256, i % 7);
		put(range, i % 2 ? ROBOT_googlebot : ROBOT_bingbot);
	}
	ready();
	for (unsigned i = 0; i < ARRAY_N(text); i++)
		snprintf(text[i], sizeof text[i], "%u.%u.%u.9", 20 + i * 37 % 40, i * 91 % 256, i % 7);
	clock_gettime(CLOCK_MONOTONIC, &from);
	for (size_t i = 0; i < looks; i++) {
		struct robot_address a;
		enum robot r = robot_of(STR("bingbot"));
		if (robot_address_parse(str_c(text[i % ARRAY_N(text)]), &a) == OK)
			held += robot_ranges_hold(list, list_n, r, &a);
	}
	clock_gettime(CLOCK_MONOTONIC, &to);
	double ns = ((double)(to.tv_sec - from.tv_sec) * 1e9 + (double)(to.tv_nsec - from.tv_nsec)) / (double)looks;
	print_message("# a look in %zu ranges: %.0f ns\n", list_n, ns);
	assert_true(held > 0 && held < looks);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_table),
	    cmocka_unit_test(every_robot_has_its_name),
	    cmocka_unit_test(a_host_name_has_a_longest),
	    cmocka_unit_test(found_as_if_looked_for_one_by_one),
	    cmocka_unit_test(what_a_look_costs),
	};
	return cmocka_run_group_tests_name("robot", tests, NULL, NULL);
}
