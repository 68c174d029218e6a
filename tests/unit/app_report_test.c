/* tests/unit/app_report_test.c: which files of a folder are reports, and what their heads tell of
 * them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/report.h"

static char dir[64];
static struct report_list list;

static void path_of(char out[400], const char *file)
{
	snprintf(out, 400, "%s/reports/%s", dir, file);
}

static void put(const char *file, const char *text, size_t n)
{
	char path[400];
	path_of(path, file);
	FILE *out = fopen(path, "w");
	assert_non_null(out);
	assert_int_equal(fwrite(text, 1, n, out), n);
	assert_int_equal(fclose(out), 0);
}

static void put_text(const char *file, const char *text)
{
	put(file, text, strlen(text));
}

static void take_away(const char *file)
{
	char path[400];
	path_of(path, file);
	assert_int_equal(unlink(path), 0);
}

static int setup(void **state)
{
	char path[400];
	(void)state;
	strcpy(dir, "/tmp/pledged-report-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	path_of(path, "");
	return mkdir(path, 0700);
}

static int teardown(void **state)
{
	char path[400];
	(void)state;
	path_of(path, "");
	return rmdir(path) == 0 ? rmdir(dir) : -1;
}

/* One file alone, read; then gone. */
static enum err read_one(const char *file, const char *text, struct fault *f)
{
	put_text(file, text);
	enum err e = report_list(dir, &list, f);
	take_away(file);
	return e;
}

static void files_that_are_reports(void **state)
{
	static const struct {
		const char *file, *name;
	} ROW[] = {{"12_value.sql", "value"}, {"00_a_b9.sql", "a_b9"}, {"1_value.sql", NULL},
		{"123_value.sql", NULL}, {"ab_value.sql", NULL}, {"12value.sql", NULL},
		{"12_value.txt", NULL}, {"12_va lue.sql", NULL}, {"12_value.sql.new", NULL},
		{".12_value.sql", NULL}, {"12_.sql", NULL}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct fault f = {0};
		assert_int_equal(read_one(ROW[i].file, "SELECT 1;\n", &f), OK);
		if (list.n != (ROW[i].name != NULL))
			fail_msg("%s", ROW[i].file);
		if (ROW[i].name)
			assert_string_equal(list.v[0].name, ROW[i].name);
	}
}

static void what_a_head_tells(void **state)
{
	static const struct {
		const char *text, *title, *purpose, *columns;
	} ROW[] = {
		{"-- Income: what came in.\nSELECT 1;\n", "Income", "what came in.", ""},
		{"-- Income\nSELECT 1;\n", "Income", "", ""},
		{"SELECT 1;\n-- Income: too late\n", "", "", ""},
		{"-- A: b.\n-- Columns day the day;\n--    net what is left.\n-- More "
		 "words\nSELECT 1;",
			"A", "b.", "day the day; net what is left."},
		{"-- A: b.\n-- Reads much.\n--    still\n-- Columns: one\n-- Columns two\n", "A",
			"b.", ": one two"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct fault f = {0};
		assert_int_equal(read_one("10_x.sql", ROW[i].text, &f), OK);
		assert_string_equal(list.v[0].title, ROW[i].title);
		assert_string_equal(list.v[0].purpose, ROW[i].purpose);
		assert_string_equal(list.v[0].columns, ROW[i].columns);
	}
}

/* What does not fit ends with a whole character. */
static void a_long_head(void **state)
{
	char text[4000] = "-- ";
	struct fault f = {0};
	(void)state;
	for (size_t i = 0; i < 600; i++)
		strcat(text, "\u0436");
	strcat(text, ": p\nSELECT 1;");
	assert_int_equal(read_one("10_x.sql", text, &f), OK);
	size_t n = strlen(list.v[0].title);
	assert_true(n > 0 && n < sizeof list.v[0].title && n % 2 == 0);
	assert_true(str_is_utf8(str_c(list.v[0].title)));
}

static void parameters(void **state)
{
	char text[2000] = "";
	struct fault f = {0};
	(void)state;
	assert_int_equal(
		read_one("10_x.sql", "\\if :{?to} \\if :{?from} \\if :{?to} :{?}", &f), OK);
	assert_int_equal(list.v[0].param_n, 2);
	assert_true(report_takes(&list.v[0], STR("from")));
	assert_true(report_takes(&list.v[0], STR("to")));
	assert_false(report_takes(&list.v[0], STR("tom")));
	for (int i = 0; i < REPORT_PARAMS_MAX + 3; i++) {
		char one[20];
		snprintf(one, sizeof one, ":{?p%d} ", i);
		strcat(text, one);
	}
	assert_int_equal(read_one("10_x.sql", text, &f), OK);
	assert_int_equal(list.v[0].param_n, REPORT_PARAMS_MAX);
}

static void in_the_order_of_their_numbers(void **state)
{
	struct fault f = {0};
	(void)state;
	put_text("20_b.sql", "");
	put_text("10_c.sql", "");
	put_text("15_a.sql", "");
	assert_int_equal(report_list(dir, &list, &f), OK);
	assert_int_equal(list.n, 3);
	assert_string_equal(list.v[0].name, "c");
	assert_string_equal(list.v[2].name, "b");
	assert_ptr_equal(report_find(&list, STR("a")), &list.v[1]);
	assert_null(report_find(&list, STR("d")));
	take_away("20_b.sql");
	take_away("10_c.sql");
	take_away("15_a.sql");
}

static void what_is_refused(void **state)
{
	static char large[REPORT_SCRIPT_BYTES + 1], name[200], far[2000];
	struct fault f = {0};
	(void)state;
	assert_int_equal(read_one("10_x.sql", "-- \xff\n", &f), ERR_IO);
	assert_non_null(strstr(f.detail, "10_x.sql: is not UTF-8"));
	memset(large, '-', REPORT_SCRIPT_BYTES);
	assert_int_equal(read_one("10_x.sql", large, &f), ERR_IO);
	assert_non_null(strstr(f.detail, "is too large"));
	memset(name, 'n', 100);
	memcpy(name, "10_", 3);
	strcpy(name + 100, ".sql");
	assert_int_equal(read_one(name, "", &f), ERR_TOO_LONG);
	memset(far, 'd', sizeof far - 1);
	assert_int_equal(report_list(far, &list, &f), ERR_IO);
	assert_int_equal(report_list("/nowhere", &list, &f), ERR_IO);
	assert_non_null(strstr(f.detail, "/nowhere/reports: No such file"));
}

static void too_many(void **state)
{
	struct fault f = {0};
	char file[40];
	(void)state;
	for (int i = 0; i <= REPORTS_MAX; i++) {
		snprintf(file, sizeof file, "%02d_r%d.sql", i % 100, i);
		put_text(file, "");
	}
	assert_int_equal(report_list(dir, &list, &f), ERR_TOO_MANY);
	for (int i = 0; i <= REPORTS_MAX; i++) {
		snprintf(file, sizeof file, "%02d_r%d.sql", i % 100, i);
		take_away(file);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_that_are_reports),
		cmocka_unit_test(what_a_head_tells),
		cmocka_unit_test(a_long_head),
		cmocka_unit_test(parameters),
		cmocka_unit_test(in_the_order_of_their_numbers),
		cmocka_unit_test(what_is_refused),
		cmocka_unit_test(too_many),
	};
	return cmocka_run_group_tests_name("app_report", tests, setup, teardown);
}
