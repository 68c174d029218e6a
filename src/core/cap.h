/* core/cap.h: how often a prompt was shown to a reader, by the marks in the reader's row.
 * Floor 1: pure. Times may step back: what lies in the future counts as now, so a clock that was
 * ahead loosens no cap. A list that is full may have lost prompts, of any cap, up to the oldest one
 * that is kept; while nobody can say that a cap is not reached, it counts as reached. */
#ifndef CORE_CAP_H
#define CORE_CAP_H

#include "core/campaign.h"

#define CAP_CHAINS 32

/* Marks of a reader, unpacked once for all the campaigns of a decision; chained by cap key. */
struct cap_marks {
	uint8_t n;
	bool full;
	int64_t lost_s; /* full: prompts up to this moment may be lost */
	int64_t at_s[READER_MARK_MAX];
	uint16_t key[READER_MARK_MAX];
	int32_t campaign[READER_MARK_MAX];
	uint8_t kind[READER_MARK_MAX];
	uint8_t next[READER_MARK_MAX], head[CAP_CHAINS]; /* number + 1, 0 = end; oldest first */
	int64_t newest_s[MARK_KIND_N];                   /* of any campaign; INT64_MIN = none */
};

/* Where a reader stands under one cap. */
struct cap_state {
	uint32_t in_period, today;
	uint32_t in_cycle, skipped; /* of the cycle that runs now */
	int64_t newest_s; /* the latest one, known or lost, at most now; INT64_MIN = none */
	int64_t closed_s, later_s; /* when the reader last said so; INT64_MIN = never */
	/* the list is full and may have lost what would count */
	bool lost_period, lost_today, lost_cycle;
};

void cap_unpack(struct str marks, struct cap_marks *ret);
/* cap_look: cap.key 0 counts every prompt of the site. now, day_starts: the moment and the first
 * moment of its day. cost O(marks with the key's chain), no allocation */
void cap_look(const struct cap_marks *m, const struct campaign_cap *cap, utc_t now,
	utc_t day_starts, struct cap_state *ret);
/* A mark of this kind and campaign on or after a moment (whole seconds). */
bool cap_has(const struct cap_marks *m, enum reader_mark_kind kind, int32_t campaign, utc_t from);

/* cap_is_same: do two caps count the same? Then one cap_look does for both. */
bool cap_is_same(const struct campaign_cap *a, const struct campaign_cap *b);

/* cap_is_within: is at less than days ago? A pause of n days covers [at, at + n days). */
bool cap_is_within(utc_t at, utc_t now, uint32_t days);
/* The same of a mark's seconds; INT64_MIN is never. */
bool cap_is_within_s(int64_t at_s, utc_t now, uint32_t days);

#endif
