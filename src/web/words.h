/* web/words.h: our own words by language.
 * Floor 4. The list is words.def. */
#ifndef WEB_WORDS_H
#define WEB_WORDS_H

#include "core/pledge.h"

enum word {
#define X(key, en, ru) WORD_##key,
#define P(error, en, ru)
#include "web/words.def"
#undef X
#undef P
	WORD_N
};

/* words_pick: the text in the language of locale ("ru", "ru-LV"), else English. */
struct str words_pick(enum word w, struct str locale);
/* words_form: the form for n things of a text that has them all: "day|days", "день|дня|дней". */
struct str words_form(enum word w, uint32_t n, struct str locale);
/* words_problem: what a donor is told about an error: words of words.def, else the error's own
 * sentence. */
struct str words_problem(enum err e, struct str locale);
/* words_lang: "en" or "ru": the language words_pick uses. */
struct str words_lang(struct str locale);

/* words_amount: an amount for people: "€10", "7.50 USD", "10 €" in Russian. amount: decimal text in
 * major units; zeros after the dot are left out. */
void words_amount(struct buf *b, struct str amount, struct str currency, struct str locale);

/* words_day: "2026-04-05" for people: "5 April 2026", "5 апреля 2026". What is no day stays as it
 * is. */
void words_day(struct buf *b, struct str day, struct str locale);

/* words_retry: when a donor may try again, in seconds or, from two minutes on, minutes. */
void words_retry(struct buf *b, int64_t seconds, struct str locale);

/* words_number: "12,345", "12 345" in Russian; grouped as amounts are. */
void words_number(struct buf *b, uint64_t n, struct str locale);

#endif
