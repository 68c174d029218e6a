/* core/decide.h: facts in, decision out. The rules stand in rule.def, in order.
 * Floor 1: pure: no clock, no random, no allocation, no I/O. */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/campaign.h"
#include "core/reader.h"

enum decide_act { ACT_OPEN, ACT_PROMPT, ACT_WALL, ACT_N };

enum decide_reason {
#define X(name, scope, act, sentence) REASON_##name,
#include "core/rule.def"
#undef X
#define X(name, act, sentence) REASON_##name,
#include "core/reason.def"
#undef X
	REASON_N
};

enum decide_consent { CONSENT_NONE, CONSENT_COUNTING, CONSENT_FULL };

/* Boundaries of the site's calendar at `now`, made by PostgreSQL's zone data. Days count from
 * 2000-01-01. */
struct decide_calendar {
	uint16_t day, month_from;
};

struct decide_facts {
	int16_t site;
	utc_t now;
	struct decide_calendar cal;
	struct str section; /* may be empty */
	uint64_t art48;     /* keyed hash of the article, never 0 */
	bool bot, counted;  /* counted: this view is in reader->seen (false for HEAD, prefetch,
			       range) */
	enum decide_consent consent;
	const struct reader *reader;
	uint64_t variant_hash; /* keyed hash of the reader; campaign_variant_pick mixes it with the
				  slug */
};

struct decision {
	enum decide_act act;
	enum decide_reason reason;
	const struct campaign *campaign; /* NULL unless prompt or wall */
	size_t variant;
	uint32_t articles; /* distinct articles this month, this one included */
	uint32_t left; /* free articles left on the first meter that applies; UINT32_MAX when none
			  applies */
};

const char *decide_act_name(enum decide_act a); /* open prompt wall */
const char *decide_reason_name(enum decide_reason r);
const char *decide_reason_sentence(enum decide_reason r);

/* decide: never fails; without a reader or an article it opens (bad_request), without a set too
 * (no_campaign). now   may step back: gifts and marks of the future count as of now days  a pause
 * of n days covers [at, at + n days); 0 days = no pause left  set by the first campaign with a
 * meter that runs, speaks here and whose reader is no supporter cost  O(campaigns of the site ×
 * marks kept + articles of the month squared), no allocation */
struct decision decide(const struct decide_facts *f, const struct campaign_set *set);

/* A decision without campaigns being asked, e.g. store_down. */
struct decision decide_open(enum decide_reason r);

#endif
