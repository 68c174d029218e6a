/* tests/unit/core_copy_test.c: texts cut at their braces, and the forms of words by numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "core/copy.h"

static const char *const NAMES[COPY_N] = {
#define X(name, number, needs, sentence) #name,
#include "core/copy.def"
#undef X
};

/* The parts of a text: 'as it stands', <value:word:word>, !what cannot be read! */
static void parts(struct buf *b, struct str text)
{
	struct copy_part part;
	enum err e;

	for (int i = 0; copy_next(&text, &part, &e); i++) {
		assert_true(i < 100);
		if (e != OK) {
			assert_int_equal(e, ERR_FIELD_BAD);
			buf_addf(b, "!%.*s!", STR_FMT(part.text));
			continue;
		}
		if (!part.is_value) {
			buf_addf(b, "'%.*s'", STR_FMT(part.text));
			continue;
		}
		buf_addf(b, "<%s", NAMES[part.value]);
		for (size_t k = 0; k < part.form_n; k++)
			buf_addf(b, ":%.*s", STR_FMT(part.form[k]));
		buf_addc(b, ">");
	}
	assert_int_equal(text.n, 0);
	assert_int_equal(e, OK);
}

static void texts(void **state)
{
	static const struct {
		const char *text, *parts;
	} ROW[] = {
		{"", ""},
		{"plain", "'plain'"},
		{"{articles}", "<articles>"},
		{"You have read {articles|article|articles}.",
			"'You have read '<articles:article:articles>'.'"},
		{"{raised} of {goal}", "<raised>' of '<goal>"},
		{"{percent|percent|percent}{supporters}{days_left|day|days}{country}",
			"<percent:percent:percent><supporters><days_left:day:days><country>"},
		{"{articles|a|b|c|d|e|f}", "<articles:a:b:c:d:e:f>"},
		{"{articles|one piece|two: pieces}", "<articles:one piece:two: pieces>"},
		{"a|b", "'a|b'"},
		/* braces */
		{"{{", "'{'"},
		{"}}", "'}'"},
		{"a {{b}} c", "'a {''b}'' c'"},
		{"{{{articles}}}", "'{'<articles>'}'"},
		{"{{articles}}", "'{''articles}'"},
		{"{{{{", "'{''{'"},
		{"x{articles}}}y", "'x'<articles>'}''y'"},
		/* what cannot be read */
		{"{", "!{!"},
		{"}", "!}!"},
		{"a { b", "'a '!{ b!"},
		{"a } b", "'a '!}!' b'"},
		{"} {articles}", "!}!' '<articles>"},
		{"{articles", "!{articles!"},
		{"{articles}}", "<articles>!}!"},
		{"{{articles}", "'{''articles'!}!"},
		{"{}", "!{}!"},
		{"{ articles}", "!{ articles}!"},
		{"{ARTICLES}", "!{ARTICLES}!"},
		{"{article}", "!{article}!"},
		{"{articlesx}", "!{articlesx}!"},
		{"{reader} and {goal}", "!{reader}!' and '<goal>"},
		{"{one}{two}", "!{one}!!{two}!"},
		{"{|a|b}", "!{|a|b}!"},
		{"{articles|}", "!{articles|}!"},
		{"{articles|a|}", "!{articles|a|}!"},
		{"{articles||b}", "!{articles||b}!"},
		{"{articles|{a|b}", "!{articles|{a|b}!"},
		{"{articles|a|b|c|d|e|f|g}", "!{articles|a|b|c|d|e|f|g}!"},
		/* words follow numbers alone */
		{"{country|a|b}", "!{country|a|b}!"},
		{"{raised|euro|euros}", "!{raised|euro|euros}!"},
		{"{goal|euro|euros}", "!{goal|euro|euros}!"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		BUF_ON(b, 400);
		parts(&b, str_c(ROW[i].text));
		if (!str_is(buf_str(&b), ROW[i].parts))
			fail_msg("%s: %.*s", ROW[i].text, STR_FMT(buf_str(&b)));
	}
}

/* Whatever the bytes, the parts come to an end and lie inside the text. */
static void any_bytes(void **state)
{
	static const char LETTERS[] = "{}|{}|aarticles\n\xd1\x8f";
	uint64_t seed = 7;
	char mem[40];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct str text = {mem, 0};
		struct copy_part part;
		enum err e;
		size_t all = 0, n = (size_t)(round % (int)sizeof mem);
		for (size_t i = 0; i < n; i++) {
			seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			mem[i] = LETTERS[(seed >> 33) % (sizeof LETTERS - 1)];
		}
		text.n = n;
		while (copy_next(&text, &part, &e)) {
			assert_true(text.p + text.n == mem + n);
			assert_true(++all <= n);
			if (part.is_value && e == OK)
				continue;
			assert_true(part.text.n > 0 && part.text.p >= mem &&
				    part.text.p + part.text.n <= mem + n);
		}
	}
}

static void what_values_need(void **state)
{
	(void)state;
	assert_int_equal(copy_needs(COPY_articles), COPY_NEEDS_NOTHING);
	assert_int_equal(copy_needs(COPY_country), COPY_NEEDS_NOTHING);
	assert_int_equal(copy_needs(COPY_raised), COPY_NEEDS_GOAL);
	assert_int_equal(copy_needs(COPY_goal), COPY_NEEDS_GOAL);
	assert_int_equal(copy_needs(COPY_percent), COPY_NEEDS_GOAL);
	assert_int_equal(copy_needs(COPY_supporters), COPY_NEEDS_GOAL);
	assert_int_equal(copy_needs(COPY_days_left), COPY_NEEDS_END);
}

/* --- plurals -----------------------------------------------------------------------------------
 */

/* By the samples of Unicode CLDR's plural rules, written down by hand. `of` are numbers of each
 * form in turn. */
struct language {
	const char *locale;
	size_t forms;
	const char *of[COPY_FORMS_MAX];
};

static const struct language LANGUAGES[] = {
	{"en", 2, {"1", "0 2 3 10 11 21 101 1000"}},
	{"de", 2, {"1", "0 2 11 21 101 1000000"}},
	{"et", 2, {"1", "0 2 11 21 101"}},
	{"sv", 2, {"1", "0 2 21"}},
	{"tr", 2, {"1", "0 2 21"}},
	{"hu", 2, {"1", "0 2 21"}},
	{"es", 2, {"1", "0 2 21"}},
	{"ru", 3,
		{"1 21 31 101 1001", "2 3 4 22 34 102 1002",
			"0 5 10 11 12 14 15 19 20 25 100 111 112 114 1000 1011"}},
	{"uk", 3, {"1 21 101", "2 4 24 102", "0 5 11 12 14 20 100 111"}},
	{"be", 3, {"1 21 101", "2 4 24 102", "0 5 11 14 20 100 112"}},
	{"sr", 3, {"1 21 101", "2 4 24 102", "0 5 11 12 14 20 100 111"}},
	{"hr", 3, {"1 21 101", "2 4 24", "0 5 11 14 100"}},
	{"bs", 3, {"1 21 101", "2 4 24", "0 5 11 14 100"}},
	{"pl", 3,
		{"1", "2 3 4 22 34 102 1002", "0 5 11 12 14 15 19 20 21 25 101 111 112 1000 1001"}},
	{"cs", 3, {"1", "2 3 4", "0 5 10 11 21 22 100 102"}},
	{"sk", 3, {"1", "2 3 4", "0 5 12 22 101"}},
	{"lt", 3, {"1 21 31 101 1001", "2 3 9 22 29 102", "0 10 11 12 15 19 20 30 111 119 1000"}},
	{"lv", 3, {"0 10 11 12 19 20 30 100 111 112 1000", "1 21 31 101 1001", "2 3 9 22 29 102"}},
	{"ro", 3, {"1", "0 2 10 19 101 102 119 1001 1019", "20 21 30 100 120 1000"}},
	{"sl", 4, {"1 101 201 1001", "2 102 202", "3 4 103 104 1004", "0 5 11 12 13 21 100 105"}},
	{"fr", 2, {"0 1", "2 3 10 11 21 101"}},
	{"pt", 2, {"0 1", "2 11 21"}},
	{"pt-BR", 2, {"0 1", "2 11 21"}},
	{"pt-PT", 2, {"1", "0 2 11 21"}},
	{"hy", 2, {"0 1", "2 11 21"}},
	{"fa", 2, {"0 1", "2 11 21"}},
	{"hi", 2, {"0 1", "2 11 21"}},
	{"bn", 2, {"0 1", "2 11 21"}},
	{"mk", 2, {"1 21 101", "0 2 11 12 20 111"}},
	{"is", 2, {"1 21 101", "0 2 11 12 20 111"}},
	{"he", 3, {"1", "2", "0 3 10 11 20 21 102 1000"}},
	{"ar", 6,
		{"0", "1", "2", "3 4 10 103 110 1003", "11 12 26 99 111 199 1011",
			"100 101 102 200 202 1000 1002"}},
	{"ja", 1, {"0 1 2 5 11 100"}},
	{"zh", 1, {"0 1 2 100"}},
	{"ko", 1, {"0 1 2 100"}},
	{"vi", 1, {"0 1 2 100"}},
	{"th", 1, {"0 1 2 100"}},
	{"id", 1, {"0 1 2 100"}},
	{"ms", 1, {"0 1 2 100"}},
	/* the same language, however it is written */
	{"ru-LV", 3, {"21", "22", "25"}},
	{"RU", 3, {"21", "22", "25"}},
	{"ru_RU", 3, {"21", "22", "25"}},
	{"zh-Hant-TW", 1, {"1 2"}},
	/* and those that only begin like it */
	{"rue", 2, {"1", "2 21 22"}},
	{"jam", 2, {"1", "2"}},
	{"r", 2, {"1", "21"}},
	{"", 2, {"1", "0 2 21"}},
};

static void plurals(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(LANGUAGES); i++) {
		const struct language *l = &LANGUAGES[i];
		struct str locale = str_c(l->locale);
		if (copy_forms(locale) != l->forms)
			fail_msg("%s: %zu forms", l->locale, copy_forms(locale));
		for (size_t form = 0; form < l->forms; form++) {
			struct str rest = str_c(l->of[form]), one;
			uint64_t n;
			while (str_cut(&rest, ' ', &one)) {
				assert_int_equal(str_u64(one, UINT64_MAX, &n), OK);
				if (copy_form(locale, n) != form)
					fail_msg("%s %llu: form %zu, not %zu", l->locale,
						(unsigned long long)n, copy_form(locale, n), form);
			}
		}
	}
}

/* Every language of the table has its samples above, and never a form that it does not have. */
static void the_whole_table(void **state)
{
	static const char *const TABLE[] = {
#define X(lang, forms, form) lang,
#include "core/plural.def"
#undef X
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(TABLE); i++) {
		bool found = false;
		for (size_t k = 0; k < ARRAY_N(LANGUAGES); k++)
			found = found || strcmp(LANGUAGES[k].locale, TABLE[i]) == 0;
		if (!found)
			fail_msg("%s has no samples", TABLE[i]);
		assert_true(copy_forms(str_c(TABLE[i])) <= COPY_FORMS_MAX);
		for (uint64_t n = 0; n < 1200; n++)
			assert_true(copy_form(str_c(TABLE[i]), n) < copy_forms(str_c(TABLE[i])));
		assert_true(copy_form(str_c(TABLE[i]), UINT64_MAX) < copy_forms(str_c(TABLE[i])));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts),
		cmocka_unit_test(any_bytes),
		cmocka_unit_test(what_values_need),
		cmocka_unit_test(plurals),
		cmocka_unit_test(the_whole_table),
	};

	return cmocka_run_group_tests_name("core_copy", tests, NULL, NULL);
}
