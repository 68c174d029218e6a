/* app/tally.h: counts of decisions between two batches: hour, site, section, country, device,
 * campaign, variant, act, reason; the same by page; and one decision in n with its facts. Floor 3.
 */
#ifndef APP_TALLY_H
#define APP_TALLY_H

#include "app/facts.h"
#include "app/snapshot.h"

#define TALLY_KEYS_MAX     512
#define TALLY_KEYS_PLAIN   160 /* of them kept free of sections, countries and devices */
#define TALLY_PAGES_MAX    1024
#define TALLY_PAGE_BYTES   200
#define TALLY_PAGES_PLAIN  160 /* of them kept free of pages */
#define TALLY_ROWS_BYTES   ((TALLY_KEYS_MAX + TALLY_PAGES_MAX) * 430) /* as JSON */
#define TALLY_SAMPLE_BYTES 65536 /* of samples between two batches; more are left out */

/* A page may name any section; beyond so many an hour a worker counts them as "other", so that
 * nobody can grow the roll-up at will. */
#define TALLY_SECTIONS_MAX 200

struct tally_row {
	char key[400]; /* the JSON of everything but the count */
	uint64_t n;
};
struct tally_rows {
	size_t n, slots; /* slots: a power of two, twice as many as there may be rows or more */
	struct tally_row *row;
	uint16_t *slot; /* by the key's hash, in the next free one: 1 + its row; 0: free */
	uint64_t seed;  /* of the hash: who sends pages does not know it */
};
struct tally {
	size_t section_n;
	struct tally_rows count, page;
	int64_t hour; /* of the sections, counted from 1970 */
	char section[TALLY_SECTIONS_MAX][65];
	uint64_t dropped;
	uint64_t sample_every, draw; /* draw: state of a small generator */
	size_t sample_n;
	char *sample_mem;
	struct buf samples;
};

/* sample_every: one decision in so many is kept; 0: none. fails ERR_NO_MEMORY, ERR_IO */
MUST enum err tally_init(struct tally *t, int64_t sample_every);
void tally_fini(struct tally *t);

/* tally_add: count one decision. When there are too many keys or the words are too long, section,
 * country and device are left out of the key, for which room is kept: no reason is lost to pages of
 * many sections, also while the database is away. So it is with the page where pages are counted.
 *   day_starts  of the site's day: hours are those of its clock; zero: of UTC */
void tally_add(struct tally *t, utc_t now, utc_t day_starts, int16_t site, const struct page *page,
	const struct decision *d);
/* The section under which a view is counted: itself or "other"; borrowed from `section`. */
struct str tally_section(struct tally *t, utc_t now, struct str section);
/* tally_sample: keep it, when its turn has come and the reader lets us keep a history. */
void tally_sample(struct tally *t, const struct decide_facts *f, const struct decision *d);
/* tally_format: {"counts":[…],"pages":[…],"samples":[…] without the closing brace: the caller has
 * more members. fails ERR_TOO_LONG */
MUST enum err tally_format(const struct tally *t, struct buf *b);
void tally_clear(struct tally *t);

#endif
