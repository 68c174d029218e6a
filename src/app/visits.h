/* app/visits.h: who comes, counted between two tallies by quarter of an hour and site: robots,
 * fresh cookies, consent. Floor 3. No reader is told by it. */
#ifndef APP_VISITS_H
#define APP_VISITS_H

#include "base/buf.h"
#include "base/clock.h"

#define VISITS_MAX       256 /* quarters and sites between two tallies: days without a database */
#define VISITS_SLOT_S    900 /* every zone's days begin at one of these */
#define VISITS_ROW_BYTES 220 /* as JSON */

/* Each decision is DECISION and one of ROBOT, NONE, COUNTING and FULL; the others may come on top.
 */
enum visit {
	VISIT_DECISION,
	VISIT_FRESH,    /* its cookie was minted with it */
	VISIT_RETURNED, /* a cookie that was minted before came back for the first time */
	VISIT_ROBOT,    /* verified */
	VISIT_CLAIMED,  /* says it is a robot and is not known to be one */
	VISIT_NONE,     /* consent */
	VISIT_COUNTING,
	VISIT_FULL,
	VISIT_N
};

struct visits_row {
	int64_t slot; /* seconds since 1970 */
	int16_t site;
	uint64_t n[VISIT_N];
};
struct visits {
	size_t n;
	struct visits_row row[VISITS_MAX];
};

/* visits_add: count one decision.
 *   what  bits 1 << enum visit
 * When there is no room for another row it goes to the newest of the site, else to none. */
void visits_add(struct visits *v, utc_t now, int16_t site, uint32_t what);
/* visits_format: [[slot, site, n of each in the order of enum visit], …]; fails ERR_TOO_LONG */
MUST enum err visits_format(const struct visits *v, struct buf *b);
void visits_clear(struct visits *v);

#endif
