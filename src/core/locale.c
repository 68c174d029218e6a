/* core/locale.c: languages and regions. */
#include "core/locale.h"

struct str locale_language(struct str locale)
{
	struct str s = {locale.p, 0};

	while (s.n < locale.n && locale.p[s.n] != '-' && locale.p[s.n] != '_')
		s.n++;
	return s;
}

static bool is_one_of(struct str s, const char *const *words)
{
	for (; *words; words++)
		if (str_is_nocase(s, *words))
			return true;
	return false;
}

bool locale_is_rtl(struct str locale)
{
	static const char *const LANGUAGES[] = {"ar", "ckb", "dv", "fa", "he", "iw", "nqo", "ps",
		"sd", "syr", "ug", "ur", "yi", NULL};
	static const char *const SCRIPTS[] = {"Arab", "Hebr", "Nkoo", "Syrc", "Thaa", NULL};
	struct str language = locale_language(locale), script = {0};

	if (language.n < locale.n)
		script = locale_language(
			(struct str){locale.p + language.n + 1, locale.n - language.n - 1});
	return script.n == 4 ? is_one_of(script, SCRIPTS) : is_one_of(language, LANGUAGES);
}
