/* The list of failures is complete and unambiguous; a fault never holds half a character. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static void every_error_has_its_facts(void **state)
{
	(void)state;
	for (enum err e = 0; e < ERR_N; e++) {
		assert_true(err_slug(e)[0] != 0);
		assert_true(str_is_word(str_c(err_slug(e)), "_"));
		struct str s = str_c(err_sentence(e));
		assert_true(s.n > 1 && s.p[s.n - 1] == '.');
		assert_true(str_is_clean(s, false));
		for (enum err other = 0; other < e; other++)
			assert_string_not_equal(err_slug(other), err_slug(e));
	}
}

/* The class decides retry and status; so the status must agree with it. */
static void status_agrees_with_class(void **state)
{
	(void)state;
	for (enum err e = 0; e < ERR_N; e++) {
		int s = err_status(e);
		switch (err_class(e)) {
		case ERR_CLASS_OK: assert_int_equal(s, 200); break;
		case ERR_CLASS_INPUT: assert_true((s >= 400 && s < 500) || e == ERR_CONF); break;
		case ERR_CLASS_STATE:
			assert_true(s == 409 || s == 410 || s == 403 || s == 428 || s == 429 ||
				    s == 502);
			break;
		case ERR_CLASS_SOFT: assert_true(s == 503 || s == 429 || e == ERR_UNKNOWN); break;
		case ERR_CLASS_HARD: assert_true(s == 500 || s == 502); break;
		case ERR_CLASS_BUG: assert_int_equal(s, 500); break;
		}
	}
	assert_int_equal(err_status(ERR_UNKNOWN), 202);
	assert_int_equal(OK, 0);
}

static void a_number_out_of_range_is_a_bug(void **state)
{
	static const int bad[] = {ERR_N, ERR_N + 1, -1, 100000, INT32_MIN};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++) {
		enum err e = (enum err)bad[i];
		assert_int_equal(err_class(e), ERR_CLASS_BUG);
		assert_int_equal(err_status(e), 500);
		assert_string_equal(err_slug(e), "bug");
		assert_string_equal(err_sentence(e), err_sentence(ERR_BUG));
	}
}

static void a_fault_takes_what_it_is_told(void **state)
{
	struct fault f = {0};

	(void)state;
	assert_int_equal(fault_set(&f, ERR_RANGE, "amount", "%d of %s", 7, "x"), ERR_RANGE);
	assert_int_equal(f.err, ERR_RANGE);
	assert_string_equal(f.field, "amount");
	assert_string_equal(f.detail, "7 of x");
	assert_int_equal(fault_set(&f, ERR_IO, NULL, "%s", ""), ERR_IO);
	assert_string_equal(f.field, "");
	assert_string_equal(f.detail, "");
	assert_int_equal(fault_set(NULL, ERR_IO, "a", "%s", "b"), ERR_IO);
}

/* Characters of 1 to 4 bytes, shifted so that each cut falls on every byte of one. */
static void overlong_text_is_cut_at_a_character(void **state)
{
	static const char *const chars[] = {"a", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80"};
	char text[400];
	struct fault f;

	(void)state;
	for (size_t c = 0; c < ARRAY_N(chars); c++)
		for (size_t shift = 0; shift < 4; shift++) {
			size_t n = strlen(chars[c]), at = shift;
			memset(text, 'x', shift);
			for (; at + n < sizeof text; at += n)
				memcpy(text + at, chars[c], n);
			text[at] = 0;
			assert_int_equal(fault_set(&f, ERR_BUG, text, "%s", text), ERR_BUG);
			assert_true(str_is_utf8(str_c(f.field)));
			assert_true(str_is_utf8(str_c(f.detail)));
			assert_true(strlen(f.field) > sizeof f.field - 1 - n);
			assert_true(strlen(f.detail) > sizeof f.detail - 1 - n);
		}
}

static void one_byte_too_many_takes_the_character_with_it(void **state)
{
	char text[201] = {0};
	struct fault f;

	(void)state;
	memset(text, 'x', 197);
	memcpy(text + 197, "\xe2\x82\xac", 3);
	assert_int_equal(fault_set(&f, ERR_BUG, NULL, "%s", text), ERR_BUG);
	assert_int_equal(strlen(f.detail), 197);
}

static void text_that_just_fits_is_whole(void **state)
{
	char text[200];
	struct fault f;

	(void)state;
	memset(text, 'x', sizeof text);
	memcpy(text + 196, "\xe2\x82\xac", 4);
	assert_int_equal(fault_set(&f, ERR_BUG, NULL, "%s", text), ERR_BUG);
	assert_string_equal(f.detail, text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_error_has_its_facts),
		cmocka_unit_test(status_agrees_with_class),
		cmocka_unit_test(a_number_out_of_range_is_a_bug),
		cmocka_unit_test(a_fault_takes_what_it_is_told),
		cmocka_unit_test(overlong_text_is_cut_at_a_character),
		cmocka_unit_test(one_byte_too_many_takes_the_character_with_it),
		cmocka_unit_test(text_that_just_fits_is_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
