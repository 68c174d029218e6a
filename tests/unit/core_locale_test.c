/* tests/unit/core_locale_test.c: languages, and from which side they are written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/locale.h"

static void languages(void **state)
{
	(void)state;
	assert_true(str_is(locale_language(STR("pt-BR")), "pt"));
	assert_true(str_is(locale_language(STR("pt_BR")), "pt"));
	assert_true(str_is(locale_language(STR("en")), "en"));
	assert_int_equal(locale_language(STR("")).n, 0);
}

static void directions(void **state)
{
	static const struct {
		const char *locale;
		bool rtl;
	} ROW[] = {{"ar", true}, {"AR-eg", true}, {"he", true}, {"fa_IR", true}, {"ur", true},
		{"en", false}, {"ru", false}, {"", false}, {"arn", false}, {"a", false},
		{"az", false}, {"az-Arab", true}, {"az-Arab-IR", true}, {"ar-Latn", false},
		{"ar-EG", true}, {"-", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		if (locale_is_rtl(str_c(ROW[i].locale)) != ROW[i].rtl)
			fail_msg("%s", ROW[i].locale);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(languages), cmocka_unit_test(directions)};

	return cmocka_run_group_tests_name("core_locale", tests, NULL, NULL);
}
