/* core/locale.c: languages and regions. */
#include "core/locale.h"

struct str locale_language(struct str locale)
{
	struct str s = {locale.p, 0};

	while (s.n < locale.n && locale.p[s.n] != '-' && locale.p[s.n] != '_')
		s.n++;
	return s;
}
