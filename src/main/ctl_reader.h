/* main/ctl_reader.h: a made-up reader on a made-up page, from the words of a command.
 * Floor 5. */
#ifndef MAIN_CTL_READER_H
#define MAIN_CTL_READER_H

#include "main/ctl_world.h"

#define CTL_MARKS_MAX 32

/* The words. Texts are borrowed from argv. */
struct ctl_reader_words {
	struct str site, article, section, country, device, locale, referrer, source;
	struct str tags, flags;
	utc_t published;
	const char *reader; /* of one that is stored, or NULL */
	uint64_t words, articles, since_days;
	bool is_new, signed_in, uncounted;
	struct str gift, amount, currency;
	utc_t at;
	size_t mark_n;
	struct str mark[CTL_MARKS_MAX];
};

/* What they make. */
struct ctl_reader {
	struct decide_facts facts;
	struct reader reader;
	struct str tag[PAGE_WORDS_MAX], flag[PAGE_WORDS_MAX];
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES + READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};

/* ctl_reader_option: one `--name value` of getopt_long by its name; false when it has told what is
 * wrong with the value. */
bool ctl_reader_option(struct ctl_reader_words *w, const char *name, const char *value);
/* The options for getopt_long, and how they are written for a usage line. */
extern const struct option CTL_READER_OPTIONS[];

/* ctl_reader_make: page and reader in this world; a stored reader is looked up (c->store). Returns
 * CTL_OK, or the exit code when it has told what is wrong. */
int ctl_reader_make(struct ctl *c, const struct ctl_world *world, const struct site *site,
	const struct ctl_reader_words *w, struct ctl_reader *ret);

#endif
