/* core/reader.h: what the row of a reader holds, unpacked: which articles were opened on which day,
 * and what happened to prompts. Floor 1: pure. The two lists are stored as bytes that SQL can read
 * too (views pledged.reader_seen, pledged.reader_mark). */
#ifndef CORE_READER_H
#define CORE_READER_H

#include "base/clock.h"
#include "base/uuid.h"

/* One article opened on one day (site's zone), 8 bytes big-endian: day (16 bits, since 2000-01-01),
 * topics and what else marks the view (12 bits, see core/page.h), keyed hash of the article (36
 * bits). Stored once per article and day, the newest first; so every window (day, week, month,
 * rolling) can be counted exactly, and a view's part of PostgreSQL's log is as short for a long
 * list as for a short one: what changes stands together, and the rest of the row is as it was. 36
 * bits: among 250 articles of one reader a new one is taken for a seen one in 4 of 10^9 cases. */
#define READER_SEEN_BYTES 8
#define READER_ART_BITS   36
#define READER_SEEN_MAX                                                                            \
	250 /* entries kept, the newest; an article that fell out counts as a new one when it is   \
	       opened again */

/* One thing that happened to a prompt, 16 bytes big-endian:
 * decision 4 (low bits), campaign 4, kind 1, variant 1, cap 2 (campaign_cap_key), at 4 (seconds
 * since 1970, unsigned). The first 10 bytes name it: a repeated event is the same entry.
 * A full list loses its oldest entry, but no reader's last word (closed, later, already_gave,
 * never) for a cap: sql/functions/mark_add.sql. */
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
	MARK_HELD, /* would have been shown: control variant or hold-out; caps count it as shown */
	MARK_SKIPPED, /* one of the first views of a cycle, not shown */
	MARK_KIND_N
};
const char *reader_mark_name(enum reader_mark_kind k); /* "shown", … ; NULL when out of range */
MUST enum err reader_mark_kind(
	struct str name, enum reader_mark_kind *ret); /* fails ERR_FIELD_BAD */

struct reader_mark {
	uint32_t decision;
	int32_t campaign;
	uint8_t kind, variant;
	uint16_t cap;
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
	int64_t gift_minor;        /* amount of the latest gift; 0 unknown */
	char gift_currency[4];     /* "" unknown */
};

void reader_seen_pack(uint16_t day, uint16_t topics, uint64_t art, uint8_t out[READER_SEEN_BYTES]);
bool reader_seen_is_walled(const uint8_t entry[READER_SEEN_BYTES]);
void reader_mark_pack(const struct reader_mark *m, uint8_t out[READER_MARK_BYTES]);
/* i-th entry, oldest first; a cut last entry is past the end. fails ERR_RANGE past the end; *ret
 * untouched */
MUST enum err reader_mark_unpack(struct str bytes, size_t i, struct reader_mark *ret);
bool reader_has_mark(struct str marks, const uint8_t key[READER_MARK_KEY_BYTES]);

/* The list of articles, unpacked once for all the counts of a decision. */
struct reader_seen {
	uint16_t n, article_n;
	uint16_t day[READER_SEEN_MAX], topics[READER_SEEN_MAX];
	uint8_t article[READER_SEEN_MAX]; /* entries of one article have one number */
	uint64_t art[READER_SEEN_MAX];    /* by number */
};
/* reader_unpack: the newest READER_SEEN_MAX entries. cost O(entries), no allocation */
void reader_unpack(struct str seen, struct reader_seen *ret);

/* Which entries a count takes: opened on this day or later, with one of the topics (0 = any); what
 * was walled was not read. metered: an article whose first view in the window was free is not
 * counted, however often it is read again. */
struct reader_window {
	uint16_t from_day, topics;
	bool metered;
};
struct reader_count {
	uint32_t n;   /* distinct articles */
	uint32_t nth; /* place of the article among them (1 = first), n + 1 when it was not opened,
			 0 when it is not counted because it was free */
	bool known;   /* it was opened */
};
struct reader_count reader_count(
	const struct reader_seen *s, struct reader_window w, uint64_t art); /* cost O(entries) */

#endif
