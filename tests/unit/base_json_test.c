/* JSON from outside: the refusals of jansson that we rely on, our own depth, and what the getters
 * tell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

/* --- reading ------------------------------------------------------------------------------- */

#define D15 "[[[[[[[[[[[[[[["
#define E15 "]]]]]]]]]]]]]]]"

static const struct {
	struct str text;
	enum err err;
	const char *told;
} texts[] = {
	{STR("{}"), OK, ""},
	{STR(" [1, \"a\", {\"b\": null}] \n"), OK, ""},
	{STR("{\"a\":9223372036854775807}"), OK, ""},
	{STR(D15 "[]" E15), OK, ""},
	{STR("[\"" D15 "[[[\\\"" D15 "[[[\\\\\", 1]"), OK,
		""}, /* brackets in a string are no depth */
	{STR("[[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[],[]]"), OK, ""},
	{STR(D15 "[[]]" E15), ERR_BAD_JSON, "line 1, column 17: nested too deeply"},
	{STR("[\n\"\xc3\xa9\",\n" D15 "{\"a\":[]}" E15 "]"), ERR_BAD_JSON,
		"line 3, column 16: nested too deeply"},
	{STR("[\"\xc3\xa9\xe2\x82\xac\"," D15 "[" E15 "]]"), ERR_BAD_JSON,
		"line 1, column 22: nested too deeply"},
	{STR(D15 D15 D15), ERR_BAD_JSON, "line 1, column 17: nested too deeply"},
	{STR(D15 "{\"a\":{"), ERR_BAD_JSON, "line 1, column 21: nested too deeply"},
	{STR("[\"\\\\\"," D15 "[" E15 "]]"), ERR_BAD_JSON, "line 1, column 22: nested too deeply"},
	{STR("]]]]]" D15 D15), ERR_BAD_JSON, "line 1"},
	{STR(""), ERR_BAD_JSON, "there is no text"},
	{STR(" "), ERR_BAD_JSON, "line 1"},
	{STR("1"), ERR_BAD_JSON, "line 1"},
	{STR("\"a\""), ERR_BAD_JSON, "line 1"},
	{STR("null"), ERR_BAD_JSON, "line 1"},
	{STR("{"), ERR_BAD_JSON, "line 1, column 1: the text ends too early"},
	{STR("[\"a"), ERR_BAD_JSON, "line 1, column 3: the text ends too early"},
	{STR("[\"a\\"), ERR_BAD_JSON, "line 1"},
	{STR("[1]x"), ERR_BAD_JSON, "line 1, column 4: something follows the value"},
	{STR("[1][2]"), ERR_BAD_JSON, "line 1, column 4: something follows the value"},
	{STR("[1,]"), ERR_BAD_JSON, "line 1, column 4: this is not JSON"},
	{STR("{'a':1}"), ERR_BAD_JSON, "line 1"},
	{STR("{a:1}"), ERR_BAD_JSON, "line 1"},
	{STR("[NaN]"), ERR_BAD_JSON, "line 1"},
	{STR("[01]"), ERR_BAD_JSON, "line 1"},
	{STR("[+1]"), ERR_BAD_JSON, "line 1"},
	{STR("[1] // x"), ERR_BAD_JSON, "line 1"},
	{STR("[9223372036854775808]"), ERR_BAD_JSON, "line 1, column 20: a number is too large"},
	{STR("[1e999]"), ERR_BAD_JSON, "line 1, column 6: a number is too large"},
	{STR("[\"a\nb\"]"), ERR_BAD_JSON, "line 1"},
	{STR("[\"a\\u0000b\"]"), ERR_BAD_JSON, "line 1, column 11: NUL in a string"},
	{STR("{\"a\\u0000b\":1}"), ERR_BAD_JSON, "line 1"},
	{STR("[\"a\0b\"]"), ERR_BAD_JSON, "line 1"},
	{STR("[1]\0"), ERR_BAD_JSON, "line 1"},
	{STR("[\"\\ud800\"]"), ERR_BAD_JSON, "line 1"},
	{STR("[\"\\ud800\\u0041\"]"), ERR_BAD_JSON, "line 1"},
	{STR("\xef\xbb\xbf[1]"), ERR_BAD_JSON, "line 1"},
	{STR("[\"\xff\"]"), ERR_BAD_UTF8, "line 1, column 2: not UTF-8"},
	{STR("[\"\xc0\xaf\"]"), ERR_BAD_UTF8, "line 1"},
	{STR("[\n\"\xed\xa0\x80\"]"), ERR_BAD_UTF8, "line 2"},
	{STR("{\"amount\":5,\"amount\":500}"), ERR_DUPLICATE_FIELD,
		"line 1, column 20: a field stands"},
	{STR("{\"amount\":5,\"\\u0061mount\":500}"), ERR_DUPLICATE_FIELD, "line 1"},
	{STR("[{\"x\":{\"a\":1,\"a\":1}}]"), ERR_DUPLICATE_FIELD, "line 1"},
};

static void texts_from_outside(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(texts); i++) {
		/* on the heap without a NUL behind it */
		char *p = malloc(texts[i].text.n ? texts[i].text.n : 1);
		struct str s = {p, texts[i].text.n};
		struct fault f = {0};
		json_t *v = NULL;
		memcpy(p, texts[i].text.p, s.n);
		enum err e = json_read(s, &v, &f);
		if (e != texts[i].err || !str_starts(str_c(f.detail), texts[i].told))
			fail_msg("row %zu: %s, %s", i, err_slug(e), f.detail);
		assert_int_equal(v != NULL, e == OK);
		if (e != OK)
			assert_int_equal(json_read(s, &v, NULL), e);
		json_decref(v);
		free(p);
	}
}

static void the_fault_does_not_quote_the_text(void **state)
{
	struct fault f;
	json_t *v = NULL;

	(void)state;
	assert_int_equal(json_read(STR("{\"email\":\"a@b.example\" 77"), &v, &f), ERR_BAD_JSON);
	assert_null(strstr(f.detail, "77"));
	assert_null(strstr(f.detail, "example"));
	assert_string_equal(f.field, "");
}

/* A million brackets cost one pass and no stack. */
static void deep_and_long(void **state)
{
	size_t n = 1000000;
	char *p = malloc(n);
	json_t *v = NULL;

	(void)state;
	memset(p, '[', n);
	assert_int_equal(json_read((struct str){p, n}, &v, NULL), ERR_BAD_JSON);
	memset(p, '\\', n);
	p[0] = '"';
	assert_int_equal(json_read((struct str){p, n}, &v, NULL), ERR_BAD_JSON);
	memset(p, '[', n);
	p[0] = '"';
	assert_int_equal(json_read((struct str){p, n}, &v, NULL), ERR_BAD_JSON);
	free(p);
}

static long fail_in;

static void *failing_malloc(size_t n)
{
	return fail_in > 0 && --fail_in == 0 ? NULL : malloc(n);
}

/* No allocation of jansson may fail unseen. A string that could not be stored looks to it like a
 * bad one. */
static void no_memory_at_each_allocation(void **state)
{
	struct str text = STR("{\"a\":[\"b\",{\"c\":1.5}],\"d\":\"\xc3\xa9\"}");
	enum err e = ERR_BUG;
	long n = 0;

	(void)state;
	json_set_alloc_funcs(failing_malloc, free);
	while (e != OK) {
		json_t *v = NULL;
		fail_in = ++n;
		e = json_read(text, &v, NULL);
		fail_in = 0;
		assert_true(e == OK || e == ERR_NO_MEMORY || (n > 1 && e == ERR_BAD_JSON));
		assert_int_equal(v != NULL, e == OK);
		json_decref(v);
		assert_true(n < 1000);
	}
	assert_true(n > 5);
	json_set_alloc_funcs(malloc, free);
}

/* --- getters ------------------------------------------------------------------------------- */

static json_t *sample(void)
{
	json_t *v = NULL;

	assert_int_equal(
		json_read(STR("{\"s\":\"text\",\"empty\":\"\",\"i\":5,\"neg\":-5,\"r\":5.0,"
			      "\"t\":true,\"f\":false,\"n\":null,\"o\":{\"p\":[{\"q\":\"deep\"},7]}"
			      ",\"a\":[]}"),
			&v, NULL),
		OK);
	return v;
}

static void told(const struct fault *f, enum err e, const char *field)
{
	assert_int_equal(f->err, e);
	assert_string_equal(f->field, field);
	assert_true(f->detail[0] != 0);
}

static void texts_of_members(void **state)
{
	static const struct {
		const char *key;
		bool need;
		size_t max;
		enum err err;
		const char *out;
	} rows[] = {
		{"s", true, 4, OK, "text"},
		{"s", false, 4, OK, "text"},
		{"s", true, 3, ERR_FIELD_TOO_LONG, NULL},
		{"s", false, 0, ERR_FIELD_TOO_LONG, NULL},
		{"empty", true, 0, OK, ""},
		{"n", false, 9, OK, ""},
		{"no", false, 9, OK, ""},
		{"n", true, 9, ERR_FIELD_MISSING, NULL},
		{"no", true, 9, ERR_FIELD_MISSING, NULL},
		{"i", true, 9, ERR_FIELD_TYPE, NULL},
		{"i", false, 9, ERR_FIELD_TYPE, NULL},
		{"o", false, 9, ERR_FIELD_TYPE, NULL},
		{"t", false, 9, ERR_FIELD_TYPE, NULL},
	};
	json_auto_t *o = sample();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f = {0};
		struct str s = STR("unset");
		assert_int_equal(
			json_str(o, rows[i].key, rows[i].need, rows[i].max, &s, &f), rows[i].err);
		assert_true(str_is(s, rows[i].out ? rows[i].out : "unset"));
		if (rows[i].err != OK)
			told(&f, rows[i].err, rows[i].key);
	}
}

static void numbers_of_members(void **state)
{
	static const struct {
		const char *key;
		bool need;
		int64_t min, max;
		enum err err;
		bool has;
		int64_t out;
	} rows[] = {
		{"i", true, 5, 5, OK, true, 5},
		{"i", false, INT64_MIN, INT64_MAX, OK, true, 5},
		{"neg", true, -5, 0, OK, true, -5},
		{"i", true, 6, 9, ERR_RANGE, false, 0},
		{"i", true, 0, 4, ERR_RANGE, false, 0},
		{"neg", true, 0, 9, ERR_RANGE, false, 0},
		{"n", false, 6, 9, OK, false, 77},
		{"no", false, 0, 9, OK, false, 77},
		{"n", true, 0, 9, ERR_FIELD_MISSING, false, 0},
		{"no", true, 0, 9, ERR_FIELD_MISSING, false, 0},
		{"r", true, 0, 9, ERR_FIELD_TYPE, false, 0},
		{"s", true, 0, 9, ERR_FIELD_TYPE, false, 0},
		{"t", true, 0, 9, ERR_FIELD_TYPE, false, 0},
	};
	json_auto_t *o = sample();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f = {0};
		int64_t v = 77;
		bool has = !rows[i].has;
		enum err e = json_int(
			o, rows[i].key, rows[i].need, rows[i].min, rows[i].max, &v, &has, &f);
		assert_int_equal(e, rows[i].err);
		assert_int_equal(v, e == OK ? rows[i].out : 77);
		if (e == OK)
			assert_int_equal(has, rows[i].has);
		else
			told(&f, e, rows[i].key);
	}
	int64_t v = 0;
	assert_int_equal(json_int(o, "i", true, 0, 9, &v, NULL, NULL), OK);
}

static void yes_and_no_of_members(void **state)
{
	static const struct {
		const char *key;
		bool need;
		enum err err;
		bool has, out;
	} rows[] = {
		{"t", true, OK, true, true},
		{"f", true, OK, true, false},
		{"n", false, OK, false, false},
		{"no", false, OK, false, false},
		{"n", true, ERR_FIELD_MISSING, false, false},
		{"i", true, ERR_FIELD_TYPE, false, false},
		{"s", false, ERR_FIELD_TYPE, false, false},
	};
	json_auto_t *o = sample();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f = {0};
		bool v = !rows[i].out, has = !rows[i].has;
		enum err e = json_bool(o, rows[i].key, rows[i].need, &v, &has, &f);
		assert_int_equal(e, rows[i].err);
		assert_int_equal(v, e == OK && rows[i].has ? rows[i].out : !rows[i].out);
		if (e == OK)
			assert_int_equal(has, rows[i].has);
		else
			told(&f, e, rows[i].key);
	}
	bool v = false;
	assert_int_equal(json_bool(o, "t", true, &v, NULL, NULL), OK);
}

static void members_of_what_is_no_object(void **state)
{
	json_auto_t *o = sample();
	const json_t *const bad[] = {NULL, json_at(o, "a"), json_at(o, "s")};
	static const char *const names[] = {NULL};
	struct str s;
	int64_t i;
	bool b;

	(void)state;
	for (size_t k = 0; k < ARRAY_N(bad); k++) {
		assert_int_equal(json_str(bad[k], "x", false, 9, &s, NULL), ERR_FIELD_TYPE);
		assert_int_equal(
			json_int(bad[k], "x", false, 0, 9, &i, NULL, NULL), ERR_FIELD_TYPE);
		assert_int_equal(json_bool(bad[k], "x", false, &b, NULL, NULL), ERR_FIELD_TYPE);
		assert_int_equal(json_only(bad[k], names, NULL), ERR_FIELD_TYPE);
	}
}

static void unknown_members(void **state)
{
	static const char *const names[] = {"a", "b", NULL}, *const empty[] = {NULL};
	static const struct {
		const char *text;
		enum err err;
		const char *field;
	} rows[] = {
		{"{}", OK, ""},
		{"{\"a\":1}", OK, ""},
		{"{\"b\":1,\"a\":1}", OK, ""},
		{"{\"a\":1,\"c-d_E9\":1}", ERR_UNKNOWN_FIELD, "c-d_E9"},
		{"{\"A\":1}", ERR_UNKNOWN_FIELD, "A"},
		{"{\"aa\":1}", ERR_UNKNOWN_FIELD, "aa"},
		{"{\"\":1}", ERR_UNKNOWN_FIELD, ""},
		{"{\"jane@mail.example\":1}", ERR_UNKNOWN_FIELD, ""},
		{"{\"<b>\":1}", ERR_UNKNOWN_FIELD, ""},
		{"{\"a123456789012345678901234567890123456789012345678\":1}", ERR_UNKNOWN_FIELD,
			""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f = {0};
		json_t *o = NULL;
		assert_int_equal(json_read(str_c(rows[i].text), &o, NULL), OK);
		assert_int_equal(json_only(o, names, &f), rows[i].err);
		assert_string_equal(f.field, rows[i].field);
		assert_int_equal(json_only(o, empty, NULL), i == 0 ? OK : ERR_UNKNOWN_FIELD);
		json_decref(o);
	}
}

static void paths(void **state)
{
	json_auto_t *o = sample();
	static const char *const missing[] = {
		"x",
		"n",
		"s.x",
		"o.p.2",
		"o.p.x",
		"o.p.-1",
		"o.p.99999999999",
		"o.p.0.q.z",
		"a.0",
		"o..p",
		"n.x",
		"o.p.+0",
		".o",
	};

	(void)state;
	assert_true(str_is(json_text(o, "o.p.0.q"), "deep"));
	assert_int_equal(json_integer_value(json_at(o, "o.p.1")), 7);
	assert_true(json_is_array(json_at(o, "a")));
	assert_ptr_equal(json_at(o, ""), o);
	for (size_t i = 0; i < ARRAY_N(missing); i++) {
		assert_null(json_at(o, missing[i]));
		assert_int_equal(json_text(o, missing[i]).n, 0);
	}
	assert_int_equal(json_text(o, "i").n, 0);
	assert_null(json_at(NULL, "a"));
	assert_int_equal(json_text(NULL, "a").n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_memory_at_each_allocation),
		cmocka_unit_test(texts_from_outside),
		cmocka_unit_test(the_fault_does_not_quote_the_text),
		cmocka_unit_test(deep_and_long),
		cmocka_unit_test(texts_of_members),
		cmocka_unit_test(numbers_of_members),
		cmocka_unit_test(yes_and_no_of_members),
		cmocka_unit_test(members_of_what_is_no_object),
		cmocka_unit_test(unknown_members),
		cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
