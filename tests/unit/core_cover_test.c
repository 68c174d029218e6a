/* tests/unit/core_cover_test.c: the cover of the fee, row by row of tests/table/cover.json, which
 * the widget's test reads too; and what the sum must hold for every amount. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "core/cover.h"

static const char *text(const json_t *row, const char *key)
{
	const char *s = json_string_value(json_object_get(row, key));
	if (!s)
		fail_msg("%s is missing", key);
	return s;
}

static int64_t minor(const json_t *row, const char *key)
{
	struct money m;
	assert_int_equal(
		money_parse_part(str_c(text(row, key)), str_c(text(row, "currency")), &m, NULL),
		OK);
	return m.minor;
}

static void one_row(const json_t *row)
{
	struct cover c;
	struct money gift, cover = {-1, ""};
	const struct money_currency *cur = money_currency(str_c(text(row, "currency")));
	assert_non_null(cur);
	assert_int_equal(cur->exponent, json_integer_value(json_object_get(row, "exponent")));
	assert_int_equal(cur->step, json_integer_value(json_object_get(row, "step")));
	assert_int_equal(cover_percent_parse(str_c(text(row, "percent")), &c.percent_e2), OK);
	c.fixed_minor = minor(row, "fixed");
	assert_int_equal(
		money_parse(str_c(text(row, "amount")), str_c(cur->code), &gift, NULL), OK);
	enum err e = cover_of(&c, &gift, &cover);
	if (json_object_get(row, "fails")) {
		assert_string_equal(err_slug(e), text(row, "fails"));
		assert_int_equal(cover.minor, -1);
		return;
	}
	assert_int_equal(e, OK);
	if (cover.minor != minor(row, "cover") || gift.minor + cover.minor != minor(row, "sum"))
		fail_msg("%s %s: %ld, not %s", text(row, "amount"), cur->code, (long)cover.minor,
			text(row, "cover"));
	assert_string_equal(cover.cur, cur->code);
}

static void table(void **state)
{
	json_t *rows = json_load_file("tests/table/cover.json", 0, NULL);
	(void)state;
	assert_non_null(rows);
	assert_true(json_array_size(rows) >= 40);
	for (size_t i = 0; i < json_array_size(rows); i++)
		one_row(json_array_get(rows, i));
	json_decref(rows);
}

/* What is left of the sum after the fee is the gift or more, and one step less would not do. */
static void what_is_left_is_the_gift(void **state)
{
	static const struct cover FEES[] = {{150, 25}, {290, 30}, {2000, 100}, {1, 0}, {0, 25}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(FEES); i++)
		for (int64_t a = 100; a < 20000; a += 7) {
			const struct cover *f = &FEES[i];
			struct money gift = {a, "EUR"}, cover;
			assert_int_equal(cover_of(f, &gift, &cover), OK);
			int64_t sum = a + cover.minor;
			int64_t left = sum * 10000 - sum * f->percent_e2 - f->fixed_minor * 10000;
			assert_true(left >= a * 10000);
			assert_true(left - (10000 - (int64_t)f->percent_e2) < a * 10000);
		}
}

static void percents(void **state)
{
	static const struct {
		const char *text;
		enum err e;
		uint32_t e2;
		const char *again;
	} ROW[] = {
		{"0", OK, 0, "0"},
		{"1.5", OK, 150, "1.5"},
		{"1.50", OK, 150, "1.5"},
		{"3.00", OK, 300, "3"},
		{"0.05", OK, 5, "0.05"},
		{"3.49", OK, 349, "3.49"},
		{"20", OK, 2000, "20"},
		{"20.01", ERR_AMOUNT_TOO_LARGE, 0, NULL},
		{"100", ERR_AMOUNT_TOO_LARGE, 0, NULL},
		{"99999999999999999999", ERR_AMOUNT_TOO_LARGE, 0, NULL},
		{"1.505", ERR_AMOUNT_FRACTION, 0, NULL},
		{"", ERR_AMOUNT_BAD, 0, NULL},
		{".", ERR_AMOUNT_BAD, 0, NULL},
		{".5", ERR_AMOUNT_BAD, 0, NULL},
		{"1.", ERR_AMOUNT_BAD, 0, NULL},
		{"1.5.", ERR_AMOUNT_BAD, 0, NULL},
		{"01", ERR_AMOUNT_BAD, 0, NULL},
		{"-1", ERR_AMOUNT_BAD, 0, NULL},
		{"+1", ERR_AMOUNT_BAD, 0, NULL},
		{"1,5", ERR_AMOUNT_BAD, 0, NULL},
		{"1e1", ERR_AMOUNT_BAD, 0, NULL},
		{"1.5%", ERR_AMOUNT_BAD, 0, NULL},
		{" 1", ERR_AMOUNT_BAD, 0, NULL},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		uint32_t e2 = 77;
		BUF_ON(b, 16);
		enum err e = cover_percent_parse(str_c(ROW[i].text), &e2);
		if (e != ROW[i].e || e2 != (e == OK ? ROW[i].e2 : 77))
			fail_msg("\"%s\": %s, %u", ROW[i].text, err_slug(e), e2);
		if (e != OK)
			continue;
		cover_percent_format(&b, e2);
		assert_true(str_is(buf_str(&b), ROW[i].again));
	}
}

/* As a form tells which fee it showed: the fixed part in its currency's own decimals. */
static void a_fee_as_text(void **state)
{
	static const struct {
		struct cover c;
		const char *cur, *text;
	} ROW[] = {
		{{150, 25}, "EUR", "1.5 0.25"}, {{0, 25}, "EUR", "0 0.25"},
		{{349, 0}, "KWD", "3.49 0.000"}, {{5, 40}, "JPY", "0.05 40"},
		{{300, 25}, "EURO", "3 "}, /* no currency at all */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		BUF_ON(b, 40);
		cover_format(&b, &ROW[i].c, str_c(ROW[i].cur));
		if (!str_is(buf_str(&b), ROW[i].text))
			fail_msg("\"%.*s\", not \"%s\"", STR_FMT(buf_str(&b)), ROW[i].text);
	}
}

static void nothing_of_nothing(void **state)
{
	struct money ret = {5, "EUR"};
	(void)state;
	assert_int_equal(cover_of(&(struct cover){150, 25}, &(struct money){100, "XXX"}, &ret),
		ERR_CURRENCY_UNKNOWN);
	assert_int_equal(
		cover_of(&(struct cover){150, INT64_MAX}, &(struct money){100, "EUR"}, &ret),
		ERR_AMOUNT_TOO_LARGE);
	assert_int_equal(
		cover_of(&(struct cover){150, 25}, &(struct money){INT64_MAX, "EUR"}, &ret),
		ERR_AMOUNT_TOO_LARGE);
	assert_int_equal(ret.minor, 5);
	assert_false(cover_is_offered(&(struct cover){0, 0}));
	assert_true(cover_is_offered(&(struct cover){1, 0}));
	assert_true(cover_is_offered(&(struct cover){0, 1}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(table),
		cmocka_unit_test(what_is_left_is_the_gift),
		cmocka_unit_test(percents),
		cmocka_unit_test(a_fee_as_text),
		cmocka_unit_test(nothing_of_nothing),
	};
	return cmocka_run_group_tests_name("core_cover", tests, NULL, NULL);
}
