/* Amounts: the rows of money.tsv, and every row of currency.def at both of its ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "../table/table.h"
#include "core/money.h"

static const struct money_currency rows[] = {
#define X(code, exponent, step, floor, ceiling) {#code, exponent, step, floor, ceiling},
#include "core/currency.def"
#undef X
};

static struct str text_of(struct buf *b, const struct money *m)
{
	b->n = 0;
	money_format(b, m);
	assert_int_equal(buf_done(b), OK);
	return buf_str(b);
}

static void one_row(const struct table *t)
{
	char amount_mem[128], cur_mem[64];
	struct str amount = table_quoted(t->col[0], amount_mem, sizeof amount_mem);
	struct str cur = table_quoted(t->col[1], cur_mem, sizeof cur_mem);
	struct money m = {-77, "---"};
	struct fault f = {0};
	uint64_t minor;
	BUF_ON(b, 64);

	enum err e = money_parse(amount, cur, &m, &f);
	if (str_u64(t->col[2], UINT64_MAX, &minor) != OK) {
		if (!str_is(t->col[2], err_slug(e)))
			fail_msg("line %d: %s", t->line, err_slug(e));
		assert_int_equal(f.err, e);
		assert_string_equal(f.field, e == ERR_CURRENCY_UNKNOWN ? "currency" : "amount");
		assert_true(f.detail[0]);
		assert_int_equal(m.minor, -77);
		assert_string_equal(m.cur, "---");
		assert_int_equal(money_parse(amount, cur, &m, NULL), e);
		return;
	}
	if (e != OK || (uint64_t)m.minor != minor || !str_eq(text_of(&b, &m), t->col[3]))
		fail_msg("line %d: %s, %lld", t->line, err_slug(e), (long long)m.minor);
	assert_int_equal(m.cur[3], 0);
	assert_non_null(money_currency(str_c(m.cur)));
	assert_int_equal(money_check(&m), OK);
	/* what was written is read back as the same */
	struct money again;
	assert_int_equal(money_parse(t->col[3], str_c(m.cur), &again, NULL), OK);
	assert_true(money_eq(&m, &again));
}

/* (cases 3-6) */
static void as_the_table_says(void **state)
{
	static struct table t;
	size_t n = 0;

	(void)state;
	for (table_open(&t, "money.tsv"); table_next(&t); n++)
		one_row(&t);
	assert_true(n >= 100);
}

static void check_is(const struct money_currency *c, int64_t minor, enum err want)
{
	struct money m = {minor, ""};
	struct money back;
	BUF_ON(b, 64);

	memcpy(m.cur, c->code, sizeof m.cur);
	assert_int_equal(money_check(&m), want);
	if (minor < 0)
		return;
	assert_int_equal(money_parse(text_of(&b, &m), str_c(c->code), &back, NULL), want);
	if (want == OK)
		assert_true(money_eq(&m, &back));
}

static void every_currency_at_its_ends(void **state)
{
	(void)state;
	for (const struct money_currency *c = rows; c < rows + ARRAY_N(rows); c++) {
		assert_memory_equal(money_currency(str_c(c->code))->code, c->code, 4);
		check_is(c, c->floor_minor, OK);
		check_is(c, c->floor_minor - c->step, ERR_AMOUNT_TOO_SMALL);
		check_is(c, c->ceiling_minor, OK);
		check_is(c, c->ceiling_minor + c->step, ERR_AMOUNT_TOO_LARGE);
		check_is(c, 0, ERR_AMOUNT_TOO_SMALL);
		check_is(c, -c->step, ERR_AMOUNT_TOO_SMALL);
		check_is(c, INT64_MIN, c->step == 1 ? ERR_AMOUNT_TOO_SMALL : ERR_AMOUNT_FRACTION);
		check_is(c, INT64_MAX, ERR_AMOUNT_TOO_LARGE);
		if (c->step > 1)
			check_is(c, c->floor_minor + 1, ERR_AMOUNT_FRACTION);
	}
}

/* A table that contradicts itself would sell nothing, or more than a provider takes. */
static void every_currency_makes_sense(void **state)
{
	(void)state;
	for (const struct money_currency *c = rows; c < rows + ARRAY_N(rows); c++) {
		assert_true(c->exponent >= 0 && c->exponent <= 3 && c->step > 0);
		assert_true(c->exponent != 3 || c->step == 10);
		assert_true(c->floor_minor > 0 && c->floor_minor % c->step == 0);
		assert_true(c->ceiling_minor > c->floor_minor && c->ceiling_minor % c->step == 0);
		assert_true(c->ceiling_minor <= 99999999);
		for (const struct money_currency *d = rows; d < c; d++)
			assert_int_not_equal(memcmp(d->code, c->code, 4), 0);
	}
	assert_null(money_currency(STR("eur")));
	assert_null(money_currency(STR("EURO")));
	assert_null(money_currency(STR("EU")));
	assert_null(money_currency((struct str){NULL, 0}));
}

/* The numbers are labels of metrics: in the order of the table, and the last for what is not in it.
 */
static void every_currency_has_a_number(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		assert_int_equal(money_currency_no(str_c(rows[i].code)), i);
	assert_int_equal(money_currency_no(STR("XXX")), ARRAY_N(rows));
	assert_int_equal(money_currency_no(STR("eur")), ARRAY_N(rows));
	assert_int_equal(money_currency_no(STR("")), ARRAY_N(rows));
}

static void writing(void **state)
{
	static const struct {
		struct money m;
		const char *want;
	} cases[] = {
		{{0, "EUR"}, "0.00"},
		{{5, "EUR"}, "0.05"},
		{{-50, "EUR"}, "-0.50"},
		{{-2505, "EUR"}, "-25.05"},
		{{7, "KWD"}, "0.007"},
		{{-1000, "JPY"}, "-1000"},
		{{INT64_MAX, "EUR"}, "92233720368547758.07"},
		{{INT64_MIN, "EUR"}, "-92233720368547758.08"},
		{{INT64_MIN, "KWD"}, "-9223372036854775.808"},
		{{2500, "XXX"}, "2500 minor units"},
		{{-1, ""}, "-1 minor units"},
		{{1, {'E', 'U', 'R', 'O'}}, "1 minor units"},
	};
	BUF_ON(b, 64);

	(void)state;
	for (size_t i = 0; i < ARRAY_N(cases); i++)
		assert_true(str_is(text_of(&b, &cases[i].m), cases[i].want));
	buf_init(&b, b_mem, 3);
	money_format(&b, &cases[0].m);
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
}

static void what_is_no_currency(void **state)
{
	const struct money none = {100, "XXX"}, lower = {100, "eur"},
			   open = {100, {'E', 'U', 'R', 'O'}};

	(void)state;
	assert_int_equal(money_check(&none), ERR_CURRENCY_UNKNOWN);
	assert_int_equal(money_check(&lower), ERR_CURRENCY_UNKNOWN);
	assert_int_equal(money_check(&open), ERR_CURRENCY_UNKNOWN);
}

static void equal(void **state)
{
	const struct money a = {100, "EUR"}, b = {100, "USD"}, c = {101, "EUR"}, d = {100, "EUR"};

	(void)state;
	assert_true(money_eq(&a, &d));
	assert_false(money_eq(&a, &b));
	assert_false(money_eq(&a, &c));
}

/* The reader is told the limit, in the currency's own decimals. */
static void the_words(void **state)
{
	static const struct {
		const char *amount, *cur, *want;
	} cases[] = {
		{"0.99", "EUR", "the smallest is 1.00 EUR"},
		{"1", "jpy", "the smallest is 100 JPY"},
		{"10001", "EUR", "the largest is 10000.00 EUR"},
		{"80.5", "ISK", "ISK takes whole amounts"},
		{"1000.5", "JPY", "JPY takes whole amounts"},
		{"1.234", "KWD", "KWD takes at most two decimals"},
		{"1.234", "EUR", "EUR takes at most two decimals"},
		{"x", "EUR", "not digits, nor digits, a dot and digits"},
		{"5", "", "no currency is given"},
		{"5", "XXX", "not in the list"},
	};
	struct money m;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		assert_int_not_equal(
			money_parse(str_c(cases[i].amount), str_c(cases[i].cur), &m, &f), OK);
		assert_string_equal(f.detail, cases[i].want);
	}
}

/* What is given back may be below the smallest gift and above the largest, and is as exact. */
static void a_part(void **state)
{
	static const struct {
		const char *amount, *cur;
		enum err err;
		int64_t minor;
	} cases[] = {
		{"0.01", "EUR", OK, 1},
		{"0", "eur", OK, 0},
		{"99999999.99", "EUR", OK, 9999999999},
		{"99999999999999999999", "EUR", OK, INT64_MAX},
		{"1", "JPY", OK, 1},
		{"0.001", "EUR", ERR_AMOUNT_FRACTION, 0},
		{"0.5", "JPY", ERR_AMOUNT_FRACTION, 0},
		{"0.001", "KWD", ERR_AMOUNT_FRACTION, 0},
		{"-1", "EUR", ERR_AMOUNT_BAD, 0},
		{"1,00", "EUR", ERR_AMOUNT_BAD, 0},
		{"1", "XXX", ERR_CURRENCY_UNKNOWN, 0},
	};
	struct money m;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		assert_int_equal(
			money_parse_part(str_c(cases[i].amount), str_c(cases[i].cur), &m, NULL),
			cases[i].err);
		if (cases[i].err == OK)
			assert_int_equal(m.minor, cases[i].minor);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(as_the_table_says),
		cmocka_unit_test(every_currency_at_its_ends),
		cmocka_unit_test(every_currency_makes_sense),
		cmocka_unit_test(every_currency_has_a_number),
		cmocka_unit_test(writing),
		cmocka_unit_test(what_is_no_currency),
		cmocka_unit_test(equal),
		cmocka_unit_test(the_words),
		cmocka_unit_test(a_part),
	};

	return cmocka_run_group_tests_name("core_money", tests, NULL, NULL);
}
