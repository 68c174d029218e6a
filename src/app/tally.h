/* app/tally.h: counts of decisions between two batches: hour, site, section, country, device,
 * campaign, variant, act, reason. Floor 3. */
#ifndef APP_TALLY_H
#define APP_TALLY_H

#include "app/snapshot.h"

#define TALLY_KEYS_MAX 512

/* A page may name any section; beyond so many an hour a worker counts them as "other", so that
 * nobody can grow the roll-up at will. */
#define TALLY_SECTIONS_MAX 200

struct tally_row {
	char key[400]; /* the JSON of everything but the count */
	uint64_t n;
};
struct tally {
	size_t n, section_n;
	struct tally_row *row;
	int64_t hour; /* of the sections, counted from 1970 */
	char section[TALLY_SECTIONS_MAX][65];
	uint64_t dropped;
};

MUST enum err tally_init(struct tally *t); /* fails ERR_NO_MEMORY */
void tally_fini(struct tally *t);

/* tally_add: count one decision. When the table is full or the words too long, section, country and
 * device are left out of the key. */
void tally_add(struct tally *t, utc_t now, int16_t site, struct str section, struct str country,
	struct str device, const struct decision *d);
/* tally_format: everything as the JSON that pledged.tally takes. fails ERR_TOO_LONG */
MUST enum err tally_format(const struct tally *t, struct buf *b);
void tally_clear(struct tally *t);

#endif
