/* tests/unit/web_words_test.c: days for people. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/words.h"

static void days(void **state)
{
	static const struct {
		const char *day, *locale, *text;
	} ROWS[] = {
		{"2026-04-05", "en", "5\u00a0April 2026"},
		{"2026-12-31", "en-GB", "31\u00a0December 2026"},
		{"2026-01-01", "ru", "1\u00a0января 2026"},
		{"2026-08-10", "ru-LV", "10\u00a0августа 2026"},
		/* what is no day stays as it is */
		{"12:34", "en", "12:34"},
		{"", "en", ""},
		{"2026", "en", "2026"},
		{"2026-13-01", "en", "2026-13-01"},
		{"2026-00-01", "en", "2026-00-01"},
		{"2026-04-32", "en", "2026-04-32"},
		{"2026-04-x", "en", "2026-04-x"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		BUF_ON(b, 80);
		words_day(&b, str_c(ROWS[i].day), str_c(ROWS[i].locale));
		assert_true(str_is(buf_str(&b), ROWS[i].text));
	}
}

static void every_word(void **state)
{
	(void)state;
	for (int w = 0; w < WORD_N; w++) {
		struct str en = words_pick((enum word)w, STR("en")),
			   ru = words_pick((enum word)w, STR("ru"));
		assert_true(en.n > 0 && ru.n > 0);
		/* the same gaps in both languages */
		for (const char *const *gap = (const char *const[]){"{a}", "{d}", "{c}", NULL};
			*gap; gap++)
			assert_int_equal(strstr(en.p, *gap) != NULL, strstr(ru.p, *gap) != NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(days), cmocka_unit_test(every_word)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
