/* core/reader.h: what the row of a reader holds, unpacked: which articles were opened on which day,
 * and what happened to prompts. Floor 1: pure. The two lists are stored as bytes that SQL can read
 * too (views pledged.reader_seen, pledged.reader_mark). */
#ifndef CORE_READER_H
#define CORE_READER_H

#include "base/clock.h"
#include "base/uuid.h"

/* One article opened on one day (site's zone): big-endian day (2 bytes, days since 2000-01-01) and
 * 48 bits of its keyed hash. Stored once per article and day, in order; so every window (day, week,
 * month, rolling) can be counted exactly. */
#define READER_SEEN_BYTES 8
#define READER_SEEN_MAX                                                                            \
	250 /* entries kept, the newest; an article that fell out counts as a new one when it is   \
	       opened again */

/* One thing that happened to a prompt, 16 bytes big-endian:
 * decision 4 (low bits), campaign 4, kind 1, variant 1, zero 2, at 4 (seconds since 1970,
 * unsigned). The first 10 bytes name it: a repeated event is the same entry. */
#define READER_MARK_BYTES     16
#define READER_MARK_KEY_BYTES 10
#define READER_MARK_MAX       120

enum reader_mark_kind {
	MARK_SHOWN = 1,
	MARK_VIEWED,
	MARK_CLOSED,
	MARK_LATER,
	MARK_ALREADY_GAVE,
	MARK_NEVER,
	MARK_CLICKED,
	MARK_WALLED,
	MARK_KIND_N
};
const char *reader_mark_name(enum reader_mark_kind k); /* "shown", … ; NULL when out of range */
MUST enum err reader_mark_kind(
	struct str name, enum reader_mark_kind *ret); /* fails ERR_FIELD_BAD */

struct reader_mark {
	uint32_t decision;
	int32_t campaign;
	uint8_t kind, variant;
	utc_t at;
};

enum reader_gift { GIFT_NONE, GIFT_ONCE, GIFT_MONTH, GIFT_YEAR };

/* A reader as the decision sees it. seen and marks are borrowed bytes in the stored form. */
struct reader {
	struct uuid id;
	bool stored;     /* has a row (or has one now) */
	int32_t version; /* of marks and gift; a mark is written only against the version it was
			    decided from */
	struct str seen, marks;
	utc_t first_at, last_at;   /* first: 0 when unknown */
	int64_t views;             /* articles counted in all (article and day once) */
	enum reader_gift gift;     /* the latest one known */
	utc_t gave_at, gift_until; /* until: 0 = by the campaign's own pause */
};

void reader_seen_pack(uint16_t day, uint64_t art48, uint8_t out[READER_SEEN_BYTES]);
void reader_mark_pack(const struct reader_mark *m, uint8_t out[READER_MARK_BYTES]);
/* i-th entry, oldest first; a cut last entry is past the end. fails ERR_RANGE past the end; *ret
 * untouched */
MUST enum err reader_mark_unpack(struct str bytes, size_t i, struct reader_mark *ret);
bool reader_has_mark(struct str marks, const uint8_t key[READER_MARK_KEY_BYTES]);

/* reader_count: distinct articles with day >= from_day.
 *   gives  *ret_nth = place of art among them (1 = first), or count + 1 when it is not there;
 * *ret_known says which cost   O(n^2) in the entries of the window, n <= READER_SEEN_MAX; no
 * allocation */
uint32_t reader_count(
	struct str seen, uint16_t from_day, uint64_t art48, uint32_t *ret_nth, bool *ret_known);

#endif
