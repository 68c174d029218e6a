/* core/campaign.h: campaigns as the decision needs them: plain numbers and borrowed texts,
 * immutable once loaded. Floor 1: pure. They are read from JSON by app/campaign.c; the format is
 * described in conf/campaigns/README.md. */
#ifndef CORE_CAMPAIGN_H
#define CORE_CAMPAIGN_H

#include "core/cover.h"
#include "core/format.h"
#include "core/reader.h"
#include "core/target.h"

#define CAMPAIGN_VARIANTS_MAX 8
#define CAMPAIGN_LIST_MAX     64
#define CAMPAIGN_LOCALES_MAX  8
#define CAMPAIGN_AMOUNTS_MAX  6
#define CAMPAIGN_SETS_MAX     8

enum campaign_kind { CAMPAIGN_APPEAL, CAMPAIGN_WALL };
enum campaign_window { WINDOW_NONE, WINDOW_DAY, WINDOW_WEEK, WINDOW_MONTH, WINDOW_ROLLING };
enum campaign_interval { INTERVAL_ONCE, INTERVAL_MONTH, INTERVAL_YEAR, INTERVAL_N };

/* How often. 0 = no such limit. All campaigns with one id share their counts. */
struct campaign_cap {
	struct str id;
	uint16_t key;                /* campaign_cap_key(id); 0 in a policy: counts every prompt */
	uint32_t views, days;        /* at most so many in the last days × 24 hours */
	uint32_t gap_hours;          /* between two */
	uint32_t daily;              /* in one day of the site's zone */
	uint32_t cycle_views;        /* after so many the reader is left alone … */
	uint32_t cycle_skip;         /* (the first ones of a cycle are not shown) … */
	uint32_t cycle_restart_days; /* … for so long after the last one; 0 = for good */
};

struct campaign_meter {
	enum campaign_window window; /* NONE = no meter */
	uint16_t days;               /* of WINDOW_ROLLING, today included */
	uint16_t topics;             /* 0 = every page counts */
	uint32_t allowance,
		registered; /* free articles; registered: of readers who are signed in */
	bool wall;          /* what the meter leads to */
	struct str id, topic;
};

/* What is offered. The first set whose conditions hold is taken; set 0 has none and is asked last.
 */
struct campaign_amounts {
	struct str currency;
	size_t amount_n[INTERVAL_N];
	struct str amount[INTERVAL_N][CAMPAIGN_AMOUNTS_MAX];
	enum campaign_interval preselect;
	struct str preselect_amount;
	struct cover cover;          /* all sets of one currency have the same */
	struct page_words countries; /* empty = all */
	uint8_t gifts;               /* bits 1 << enum reader_gift; 0 = does not matter */
	bool has_gift_range;         /* last gift, in the set's currency and minor units */
	int64_t gift_min, gift_max;
};

struct campaign_text {
	struct str locale, topline, title, body, button, later;
};

struct campaign_variant {
	struct str name;
	uint32_t share; /* of 100 */
	bool control;   /* shows nothing and is counted */
	size_t text_n;
	struct campaign_text text[CAMPAIGN_LOCALES_MAX];
};

struct campaign_goal {
	struct str currency; /* empty = no goal */
	int64_t minor;
	utc_t from;
};

/* What most decisions look at comes first: with hundreds of campaigns it is the memory that costs.
 */
struct campaign {
	uint64_t asks;    /* decide_prepare: the rules that can fire at all */
	utc_t start, end; /* end 0 = open; [start, end) */
	int32_t id, version;
	int16_t site;
	bool live;      /* false: paused, kept for previews */
	bool sensitive; /* speaks on sensitive pages too */
	bool holdout;   /* false: readers of the hold-out are asked too */
	struct target target;
	struct str slug,
		experiment; /* experiment: what the variants are drawn by; the slug by default */
	enum campaign_kind kind;
	enum format format;
	bool monthly_step, remind; /* offers to make a gift monthly; to be reminded by mail */
	int32_t priority;          /* larger first, then slug */
	uint32_t min_views;        /* articles counted in all, this one included; >= 2 */
	struct campaign_cap cap;
	uint32_t close_days, later_days, already_gave_days, never_days, gave_once_days,
		gave_recurring_days;
	struct campaign_meter meter;
	struct campaign_goal goal;
	struct str fallback; /* locale of last resort; may be empty: the first */
	size_t set_n, variant_n;
	const struct campaign_amounts *set; /* set_n >= 1 once read */
	const struct campaign_variant *variant;
};

struct policy;

/* The campaigns of one site: campaign[from, from + n). */
struct campaign_site {
	int16_t site;
	size_t from, n;
	const struct policy *policy; /* never NULL; core/policy.h */
};

/* All campaigns of all sites at one epoch, sorted by site, priority (descending), slug. */
struct campaign_set {
	int64_t epoch;
	size_t n, site_n;
	struct campaign *campaign;
	struct campaign_site *site;
};

const char *campaign_interval_name(enum campaign_interval i); /* once month year */
MUST enum err campaign_interval_parse(
	struct str s, enum campaign_interval *ret); /* fails ERR_INTERVAL_BAD */

/* campaign_draw: a number below n, the same for the same reader hash and name; draws by different
 * names are independent. n > 0. */
uint32_t campaign_draw(struct str name, uint64_t hash, uint32_t n);
/* campaign_variant_pick: sticky and exact: slot = draw by the experiment below the sum of shares.
 */
size_t campaign_variant_pick(const struct campaign *c, uint64_t hash);
/* campaign_runs: live, and now within [start, end). */
bool campaign_runs(const struct campaign *c, utc_t now);
/* campaign_cap_key: 16 bits of an identifier, never 0: what marks carry. Two identifiers of one
 * site with one key are refused before they are published (app/campaign_set.h). */
uint16_t campaign_cap_key(struct str id);
/* campaign_set_pick: the amounts for this country and this reader's last gift. */
size_t campaign_set_pick(const struct campaign *c, struct str country, const struct reader *r);
/* campaign_text_pick: exact locale (either case), then its language ("pt" for "pt-BR"), then
 * another of that language, then the fallback, then the first. NULL without texts. */
const struct campaign_text *campaign_text_pick(
	const struct campaign *c, size_t variant, struct str locale);
const struct campaign_site *campaign_set_site(
	const struct campaign_set *s, int16_t site); /* NULL: it has none */
#endif
