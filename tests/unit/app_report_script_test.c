/* Scripts of reports: what psql does with them, and what is refused instead of skipped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "app/report_script.h"

static char said[4000];

/* All queries of a script, each with its kind in front; a failure ends it. A \gset answers 7. */
static void run(const char *text, const char *var, const char *value)
{
	struct script *s = malloc(sizeof *s);
	struct fault f = {0};
	enum script_step step;
	BUF_ON(sql, 2000);
	struct buf all;
	buf_init(&all, said, sizeof said - 1);
	script_init(s, str_c(text));
	if (var)
		assert_int_equal(script_set(s, str_c(var), str_c(value)), OK);
	for (;;) {
		enum err e = script_next(s, &sql, &step, &f);
		if (e != OK)
			buf_addf(&all, "!%s", f.detail);
		if (e != OK || step == SCRIPT_END)
			break;
		buf_addc(&all, step == SCRIPT_GSET ? "<" : "[");
		struct str query = buf_str(&sql);
		while (query.n > 0 && query.p[0] == '\n')
			query = (struct str){query.p + 1, query.n - 1};
		buf_add(&all, str_trim(query));
		buf_addc(&all, step == SCRIPT_GSET ? ">" : "]");
		if (step == SCRIPT_GSET)
			assert_int_equal(script_set(s, STR("got"), STR("7")), OK);
	}
	said[all.n] = '\0';
	free(s);
}

static const struct {
	const char *text, *want;
} CASES[] = {
	{"", ""},
	{"-- only words; 'and a quote\n", ""},
	{"SELECT 1;", "[SELECT 1]"},
	{"SELECT 1;SELECT 2;\n", "[SELECT 1][SELECT 2]"},
	{";;SELECT 1;", "[SELECT 1]"},
	{"SELECT 'a;b', \"c;d\", $$e;f$$, $x$g;$$;h$x$;",
		"[SELECT 'a;b', \"c;d\", $$e;f$$, $x$g;$$;h$x$]"},
	{"SELECT 'it''s', ':''v''' ;", "[SELECT 'it''s', ':''v''']"},
	{"/* pledged:report_x; */ SELECT 1 -- no; more\n;",
		"[/* pledged:report_x; */ SELECT 1 \n]"},
	{"SELECT '1'::int, a[1:2], $1;", "[SELECT '1'::int, a[1:2], $1]"},
	{"SELECT :'v', ':v', x::v;", "!line 1: a variable is not set: v"},
	{"\\set v one\nSELECT :'v', ':''v''', 'x'::text;", "[SELECT 'one', ':''v''', 'x'::text]"},
	{"\\set v 'one two'\nSELECT :'v';", "[SELECT 'one two']"},
	{"\\set v ''\nSELECT :'v';", "[SELECT '']"},
	{"\\set v\nSELECT :'v';", "[SELECT '']"},
	{"SELECT 1 AS got \\gset\nSELECT :'got';", "<SELECT 1 AS got>[SELECT '7']"},
	{"\\if :{?v}\nSELECT 1;\n\\else\nSELECT 2;\n\\endif\n", "[SELECT 2]"},
	{"\\set v x\n\\if :{?v}\nSELECT 1;\n\\else\nSELECT 2;\n\\endif\n", "[SELECT 1]"},
	{"\\if false\nSELECT 1;\n\\elif on\nSELECT 2;\n\\elif on\nSELECT 3;\n\\else\nSELECT "
	 "4;\n\\endif\n",
		"[SELECT 2]"},
	{"\\if no\n\\if nonsense\nSELECT 1;\n\\endif\n\\set v :x\n\\! sh\nSELECT "
	 ":'nothing';\n\\endif\nSELECT 5;",
		"[SELECT 5]"},
	{"\\set v off\n\\if :v\nSELECT 1;\n\\endif\nSELECT 2;", "[SELECT 2]"},
	{"SELECT 1", "!line 1: a query has no end"},
	{"\n\nSELECT 'x;\n", "!line 3: a text or a comment has no end"},
	{"/* x", "!line 1: a text or a comment has no end"},
	{"SELECT $a$x$b$;", "!line 1: a text or a comment has no end"},
	{"\\if :{?v}\nSELECT 1;", "!line 2: an \\if has no \\endif"},
	{"\\endif\n", "!line 1: there is no \\if for \\endif"},
	{"\\if on\n\\else\n\\else\n\\endif\n", "!line 3: there is no \\if for \\else"},
	{"\\if maybe\n\\endif\n", "!line 1: neither true nor false: maybe"},
	{"SELECT 1;\n\\! rm -rf x\n", "[SELECT 1]!line 2: a report cannot use \\"},
	{"\\i other.sql\n", "!line 1: a report cannot use \\i"},
	{"\\copy x TO y\n", "!line 1: a report cannot use \\copy"},
	{"SELECT 1 \\g\n", "!line 1: a command within a query"},
	{"\\set v `date`:x\n", "!line 1: a value that is not plain: `date`:x"},
	{"\\set v one\nSELECT :v;", "!line 2: a variable that is no text; write :'name'"},
	{"\\set v one\nSELECT :'v;", "!line 2: a variable has no end: v"},
};

static void as_psql_or_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(CASES); i++) {
		run(CASES[i].text, NULL, NULL);
		assert_string_equal(said, CASES[i].want);
	}
}

static void a_value_stays_a_text(void **state)
{
	(void)state;
	run("SELECT :'site';", "site", "'; DROP TABLE pledged.pledge; --");
	assert_string_equal(said, "[SELECT '''; DROP TABLE pledged.pledge; --']");
	run("SELECT :'site';", "site", "a\\'b");
	assert_string_equal(said, "[SELECT 'a\\''b']");
	run("\\if :{?site}\n\\else\n\\set site ''\n\\endif\nSELECT :'site';", "site", ":'site'");
	assert_string_equal(said, "[SELECT ':''site''']");
}

static void parameters_are_those_it_asks_about(void **state)
{
	(void)state;
	struct str text = STR(
			   "\\if :{?from}\n\\endif\n\\if :{?to}\n\\endif\nSELECT :'from', :'x';"),
		   one;
	assert_true(script_param(text, 0, &one) && str_is(one, "from"));
	assert_true(script_param(text, 1, &one) && str_is(one, "to"));
	assert_false(script_param(text, 2, &one));
	assert_false(script_param(STR(":{?"), 0, &one) && one.n > 0);
}

static void limits_hold(void **state)
{
	(void)state;
	struct script *s = malloc(sizeof *s);
	char name[16], big[SCRIPT_VAR_BYTES + 2];
	script_init(s, STR(""));
	memset(big, 'x', sizeof big);
	assert_int_equal(script_set(s, STR("v"), (struct str){big, SCRIPT_VAR_BYTES}), OK);
	assert_int_equal(
		script_set(s, STR("w"), (struct str){big, SCRIPT_VAR_BYTES + 1}), ERR_TOO_LONG);
	assert_int_equal(script_set(s, STR(""), STR("x")), ERR_TOO_LONG);
	assert_null(script_get(s, STR("w")));
	for (int i = 1; i < SCRIPT_VARS_MAX; i++) {
		snprintf(name, sizeof name, "n%d", i);
		assert_int_equal(script_set(s, str_c(name), STR("x")), OK);
	}
	assert_int_equal(script_set(s, STR("more"), STR("x")), ERR_TOO_MANY);
	assert_int_equal(script_set(s, STR("v"), STR("again")), OK);
	assert_int_equal(script_get(s, STR("v"))->n, 5);
	free(s);
	run("\\if on\n\\if on\n\\if on\n\\if on\n\\if on\n\\if on\n\\if on\n\\if on\n\\if on\n",
		NULL, NULL);
	assert_string_equal(said, "!line 9: too many \\if within each other");
	char *long_query = malloc(3000);
	memset(long_query, ' ', 2999);
	memcpy(long_query, "SELECT", 6);
	long_query[2998] = ';';
	long_query[2999] = '\0';
	run(long_query, NULL, NULL);
	assert_string_equal(said, "!line 1: a query is too long");
	free(long_query);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_psql_or_refused),
		cmocka_unit_test(a_value_stays_a_text),
		cmocka_unit_test(parameters_are_those_it_asks_about),
		cmocka_unit_test(limits_hold),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
