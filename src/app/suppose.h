/* app/suppose.h: a made-up reader on a made-up page, out of words: what pledgectl and GET /explain
 * ask the rules with. Floor 3. Nothing is read from the store, counted or kept. The words stand in
 * suppose.def. */
#ifndef APP_SUPPOSE_H
#define APP_SUPPOSE_H

#include "app/snapshot.h"

#define SUPPOSE_MARKS_MAX 32

/* The words, checked one by one. Texts are borrowed. */
struct suppose_words {
	struct str article, section, tags, flags, country, device, locale, referrer, source;
	struct str gift, amount, currency;
	utc_t published, at;
	uint64_t words, articles, since_days;
	enum decide_consent consent;
	bool is_new, signed_in, uncounted;
	size_t mark_n;
	struct str mark[SUPPOSE_MARKS_MAX];
};

/* What they make. */
struct suppose {
	struct decide_facts facts; /* borrows from this struct: it is not to be copied */
	struct reader reader;
	struct str tag[PAGE_WORDS_MAX], flag[PAGE_WORDS_MAX];
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES + READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};

/* suppose_init: nothing is said yet: a reader of thirty days who consents to all, now. */
void suppose_init(struct suppose_words *w, utc_t now);
/* suppose_word: one of suppose.def. The value of a FLAG is empty or "1".
 *   fails  ERR_UNKNOWN_FIELD, ERR_FIELD_BAD; *f names the word, and begins its detail with the
 *          value where that can be shown */
MUST enum err suppose_word(
	struct suppose_words *w, struct str name, struct str value, struct fault *f);

/* suppose_page: the page and the moment, and a reader of whom nothing is known.
 *   fails  ERR_FIELD_BAD (at: the calendar does not reach that day) */
MUST enum err suppose_page(const struct snapshot *snap, const struct site *site,
	const struct suppose_words *w, struct suppose *ret, struct fault *f);
/* suppose_reader: who opens it, as they were before this page.
 *   fails  ERR_FIELD_BAD (gift, amount, mark, new) */
MUST enum err suppose_reader(const struct snapshot *snap, const struct suppose_words *w,
	struct suppose *s, struct fault *f);
/* suppose_open: the page is opened now, by this reader: counted, unless the words say no. Who
 * consents to nothing is nobody we know. */
void suppose_open(const struct site *site, const struct uuid *reader, const struct suppose_words *w,
	struct suppose *s);
/* suppose_make: the three in order, for a reader who draws the same variants each time. */
MUST enum err suppose_make(const struct snapshot *snap, const struct site *site,
	const struct suppose_words *w, struct suppose *ret, struct fault *f);

#endif
