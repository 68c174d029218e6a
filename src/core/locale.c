/* core/locale.c: languages and regions. */
#include "core/locale.h"

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool locale_same(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

struct str locale_language(struct str locale)
{
	struct str s = {locale.p, 0};

	while (s.n < locale.n && locale.p[s.n] != '-' && locale.p[s.n] != '_')
		s.n++;
	return s;
}
