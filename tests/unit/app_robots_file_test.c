/* Lists of robots' addresses: both forms, and every fault told with its place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/robots_file.h"

static struct arena arena;
static struct campaign_faults faults;
static struct robot_range *range;
static size_t range_n;

static enum err read_text(struct str text)
{
	arena_reset(&arena);
	memset(&faults, 0, sizeof faults);
	return robots_file_read(text, ROBOT_googlebot, &arena, &range, &range_n, &faults);
}

#define TWO "192.0.2.0/24 2001:db8::/32"

static const struct { const char *text, *want; } GOOD[] = {
	{ "192.0.2.0/24\n2001:db8::/32\n", TWO },
	{ "2001:db8::/32\r\n192.0.2.0/24", TWO },
	{ "# of our own\n\n  192.0.2.0/24\t\n#\n2001:db8::/32\n\n", TWO },
	{ "192.0.2.0/24\n192.0.2.7\n2001:db8::/32\n192.0.2.0/24\n192.0.2.128/25\n", TWO },
	{ "192.0.2.1", "192.0.2.1" },
	{ "{\"creationTime\":\"2026-11-01T00:00:00\",\"prefixes\":[{\"ipv6Prefix\":\"2001:db8::/32\"},{\"ipv4Prefix\":\"192.0.2.0/24\"}]}", TWO },
	{ "\n {\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/24\",\"ipv6Prefix\":\"2001:db8::/32\",\"service\":\"x\"}],\"syncToken\":7}", TWO },
};

static void good_lists(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(GOOD); i++) {
		BUF_ON(got, 200);
		enum err e = read_text(str_c(GOOD[i].text));
		if (e != OK)
			fail_msg("%s: %s: %s", GOOD[i].text, faults.fault[0].path, faults.fault[0].what);
		for (size_t k = 0; k < range_n; k++) {
			buf_addc(&got, k ? " " : "");
			robot_range_format(&range[k], &got);
			assert_int_equal(range[k].robot, ROBOT_googlebot);
		}
		if (!str_is(buf_str(&got), GOOD[i].want))
			fail_msg("%s: %.*s", GOOD[i].text, STR_FMT(buf_str(&got)));
	}
}

#define NONE "is no network such as"
#define WIDE "is wider than a /8"

/* path and the beginning of what; several with a bar between */
static const struct { const char *text, *want; } BAD[] = {
	{ "", ": holds no network" },
	{ "# nothing\n\n", ": holds no network" },
	{ "{\"prefixes\":[]}", ": holds no network" },
	{ "192.0.2.0/24\nall\n", "line_2: " NONE },
	{ "192.0.2.1/24\n\n0.0.0.0/0\n<html>\n", "line_1: " NONE "|line_3: " WIDE "|line_4: " NONE },
	{ "192.0.2.0/24,192.0.2.0/25\n", "line_1: " NONE },
	{ "<!doctype html>", "line_1: " NONE },
	{ "{}", "prefixes: is missing" },
	{ "{\"prefixes\":null}", "prefixes: is missing" },
	{ "{\"prefixes\":{}}", "prefixes: must be a list" },
	{ "{\"prefixes\":[7,{},{\"ipv4Prefix\":7},{\"ipv4Prefix\":\"x\"},{\"ipv6Prefix\":\"::/0\"},{\"ipv4Prefix\":\"192.0.2.0/24\"}]}",
		"prefixes[0]: must be an object|prefixes[1]: has neither|prefixes[2].ipv4Prefix: must be a text|prefixes[3].ipv4Prefix: " NONE
		"|prefixes[4].ipv6Prefix: " WIDE },
	{ "{\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/24\\u0000\"}]}", ": " },
};

static void every_fault_is_told(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(BAD); i++) {
		struct str rest = str_c(BAD[i].want), want;
		size_t n = 0;
		assert_int_not_equal(read_text(str_c(BAD[i].text)), OK);
		for (; str_cut(&rest, '|', &want); n++) {
			char got[300];
			if (n < faults.n)
				snprintf(got, sizeof got, "%s: %s", faults.fault[n].path, faults.fault[n].what);
			if (n >= faults.n || strncmp(got, want.p, want.n) != 0)
				fail_msg("%s: %s, not %.*s", BAD[i].text, n < faults.n ? got : "nothing", STR_FMT(want));
		}
		assert_int_equal(faults.n, n);
	}
}

static void broken_json_is_told(void **state)
{
	static const char *const TEXTS[] = {"{", "{\"prefixes\":[{\"ipv4Prefix\":\"192.0.2.0/24\"}]", "[1", "{\"prefixes\":[],\"prefixes\":[]}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++) {
		assert_int_not_equal(read_text(str_c(TEXTS[i])), OK);
		assert_int_equal(faults.n, 1);
		assert_true(faults.fault[0].what[0]);
	}
	assert_int_not_equal(read_text(STR("[{\"ipv4Prefix\":\"192.0.2.0/24\"}]")), OK);
	assert_int_not_equal(read_text((struct str){"192.0.2.0/24\n\0", 14}), OK);
}

static void there_is_a_most(void **state)
{
	static char text[(ROBOTS_FILE_MAX + 5) * 20];

	(void)state;
	for (size_t n = ROBOTS_FILE_MAX; n <= ROBOTS_FILE_MAX + 2; n++) {
		size_t at = 0;
		for (size_t i = 0; i < n; i++)
			at += (size_t)snprintf(text + at, sizeof text - at, "20.%zu.%zu.0/24\n", i / 256, i % 256);
		enum err e = read_text((struct str){text, at});
		assert_int_equal(e, n == ROBOTS_FILE_MAX ? OK : ERR_FIELD_BAD);
		assert_int_equal(faults.n, n - ROBOTS_FILE_MAX);
		if (e == OK)
			assert_int_equal(range_n, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(good_lists),
	    cmocka_unit_test(every_fault_is_told),
	    cmocka_unit_test(broken_json_is_told),
	    cmocka_unit_test(there_is_a_most),
	};
	if (arena_init(&arena, 4u << 20) != OK)
		return 1;
	int failed = cmocka_run_group_tests_name("robots_file", tests, NULL, NULL);
	arena_fini(&arena);
	return failed;
}
