/* tests/unit/app_token_test.c: the key of a mailed link: what was made comes back, and nothing else
 * passes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "app/token.h"

static void made_and_read(void **state)
{
	char text[TOKEN_TEXT + 1], other[TOKEN_TEXT + 1];
	struct token_hash made, read, another;
	(void)state;
	assert_int_equal(token_new(text, &made), OK);
	assert_int_equal(strlen(text), TOKEN_TEXT);
	assert_true(str_is_word(str_c(text), "-_"));
	assert_int_equal(token_read(str_c(text), &read), OK);
	assert_memory_equal(read.b, made.b, sizeof made.b);
	assert_int_equal(token_new(other, &another), OK);
	assert_string_not_equal(text, other);
	assert_memory_not_equal(another.b, made.b, sizeof made.b);
	assert_int_equal(token_hash_str(&made).n, 32);
}

static void never_made(void **state)
{
	static const char *const TEXTS[] = {"", "x", "ask", "back",
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",   /* 42 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", /* 44 */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB",  /* bits left over */
		"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"AAAAAAAAAAAAAAAAAAAAA+AAAAAAAAAAAAAAAAAAAAA",
		"AAAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAAAAAAAA"};
	struct token_hash h;
	(void)state;
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++)
		assert_int_equal(token_read(str_c(TEXTS[i]), &h), ERR_FIELD_BAD);
	assert_int_equal(token_read(STR("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"), &h), OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_read), cmocka_unit_test(never_made)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
