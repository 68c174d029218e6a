/* core/locale.h: "pt-BR" taken apart. Floor 1: pure; - or _. */
#ifndef CORE_LOCALE_H
#define CORE_LOCALE_H

#include "base/str.h"

struct str locale_language(struct str locale); /* "pt" of "pt-BR"; borrowed */

/* locale_is_rtl: written from right to left, by its script ("az-Arab") or else its language. */
bool locale_is_rtl(struct str locale);

#endif
