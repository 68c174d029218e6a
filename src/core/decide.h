/* core/decide.h: facts in, decision out. The rules stand in rule.def, in order.
 * Floor 1: pure: no clock, no random, no allocation, no I/O. */
#ifndef CORE_DECIDE_H
#define CORE_DECIDE_H

#include "core/policy.h"

enum decide_act { ACT_OPEN, ACT_PROMPT, ACT_WALL, ACT_N };

enum decide_reason {
#define X(name, scope, act, tell, can, have, need, sentence) REASON_##name,
#include "core/rule.def"
#undef X
#define X(name, act, sentence) REASON_##name,
#include "core/reason.def"
#undef X
	REASON_N
};

enum decide_consent { CONSENT_NONE, CONSENT_COUNTING, CONSENT_FULL };

/* The site's calendar at `now`, made by PostgreSQL's zone data. Days count from 2000-01-01. */
struct decide_calendar {
	uint16_t day, week_from, month_from; /* weeks begin on Monday */
	uint8_t weekday, hour;               /* 0 = Monday; hour of the clock on the wall */
	utc_t day_starts;
};

struct decide_facts {
	int16_t site;
	utc_t now;
	struct decide_calendar cal;
	struct page page;
	uint64_t art;    /* keyed hash of the article, READER_ART_BITS, never 0 */
	uint16_t topics; /* policy_topics of the page */
	bool bot;        /* verified */
	bool counted;    /* this view is in reader->seen (false for HEAD, prefetch, range) */
	bool signed_in;
	enum decide_consent consent;
	const struct reader *reader;
	uint64_t variant_hash; /* keyed hash of the reader */
};

struct decision {
	enum decide_act act;
	enum decide_reason reason;
	const struct campaign *campaign; /* NULL unless prompt, wall, or held back (act open) */
	size_t variant, set;             /* set: of the campaign's amounts */
	enum reader_mark_kind mark; /* to be written against this very state before the answer; 0 =
				       none */
	bool walled;    /* this view is to be noted as walled in the reader's list: no meter counts
			   what nobody could read */
	bool supporter; /* gave not long ago, and is spared: the site thanks */
	uint32_t articles; /* distinct articles this month, this one included */
	uint32_t left; /* free articles left on the first meter that applies; UINT32_MAX when none
			  applies */
};

const char *decide_act_name(enum decide_act a); /* open prompt wall */
const char *decide_reason_name(enum decide_reason r);
/* The variant's name, in counts, events and samples alike; empty without a campaign, and of a reader
 * in the hold-out, who is of no variant: else a control would be larger than its share. */
struct str decide_variant(const struct decision *d);
/* none, counting or full; false for other words, *ret untouched. */
bool decide_consent_read(struct str s, enum decide_consent *ret);
const char *decide_reason_sentence(enum decide_reason r);

/* What was tried and what it saw, in order. */
struct decide_step {
	const struct campaign *campaign; /* NULL: a rule of the page */
	enum decide_reason rule;
	bool fired;
	int64_t have, need; /* named by decide_step_names; INT64_MIN = nothing to tell */
	struct str saw;     /* a word of the page that was looked at; may be empty */
};
struct decide_trace {
	size_t n, cap; /* beyond cap steps are counted, and those that fired are kept first */
	struct decide_step *step;
};
/* "" when the rule compares no numbers. */
void decide_step_names(enum decide_reason r, const char **ret_have, const char **ret_need);

/* decide_prepare: to be called once for each campaign after it is read; sets c->asks. */
void decide_prepare(struct campaign *c);

/* decide_still: whether a prompt of campaign c that stands on a page already may stay there, after
 * what the reader did elsewhere: gave, signed in, or said never, later or close. What counts how
 * often something is shown is not asked, since this one was. f->reader is set.
 *   gives  REASON_campaign, or the rule that takes it away */
enum decide_reason decide_still(
	const struct decide_facts *f, const struct campaign_set *set, const struct campaign *c);

/* decide: never fails; without a reader or an article it opens (bad_request), without a set too
 * (no_campaign).
 *   now    may step back: gifts and marks of the future count as of now
 *   days   a pause of n days covers [at, at + n days); 0 days = no pause
 *   left   set by the first campaign with a meter that runs, speaks here and whose reader is no
 *          supporter
 *   trace  may be NULL
 *   cost   O(entries seen + marks + campaigns of the site × their rules), no allocation; about 12
 *          KiB of stack */
struct decision decide(
	const struct decide_facts *f, const struct campaign_set *set, struct decide_trace *trace);

/* A decision without campaigns being asked, e.g. store_down. */
struct decision decide_open(enum decide_reason r);

#endif
