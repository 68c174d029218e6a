/* core/campaign.h: campaigns as the decision needs them: plain numbers and borrowed texts,
 * immutable once loaded. Floor 1: pure. They are read from JSON by app/campaign.c; the format is
 * described in conf/campaigns/README.md. */
#ifndef CORE_CAMPAIGN_H
#define CORE_CAMPAIGN_H

#include "base/clock.h"
#include "base/str.h"

#define CAMPAIGN_VARIANTS_MAX 8
#define CAMPAIGN_SECTIONS_MAX 16
#define CAMPAIGN_LOCALES_MAX  8
#define CAMPAIGN_AMOUNTS_MAX  6

enum campaign_kind { CAMPAIGN_APPEAL, CAMPAIGN_WALL };
enum campaign_window { WINDOW_NONE, WINDOW_MONTH };
enum campaign_interval { INTERVAL_ONCE, INTERVAL_MONTH, INTERVAL_YEAR, INTERVAL_N };

struct campaign_text {
	struct str locale, topline, title, body, button, later;
};

struct campaign_variant {
	struct str name;
	uint32_t share; /* of 100 */
	size_t text_n;
	struct campaign_text text[CAMPAIGN_LOCALES_MAX];
};

struct campaign {
	int32_t id, version;
	int16_t site;
	struct str slug;
	enum campaign_kind kind;
	int32_t priority; /* larger first, then slug */
	utc_t start, end; /* end 0 = open; [start, end) */
	size_t in_n, not_in_n;
	struct str in[CAMPAIGN_SECTIONS_MAX], not_in[CAMPAIGN_SECTIONS_MAX];
	uint32_t min_views;           /* articles counted in all, this one included; >= 2 */
	uint32_t cap_views, cap_days; /* 0, 0 = no cap */
	uint32_t close_days, later_days, already_gave_days, never_days, gave_once_days,
		gave_recurring_days;
	enum campaign_window window; /* NONE = no meter */
	uint32_t allowance;
	bool meter_wall; /* what the meter leads to */
	struct str currency;
	size_t amount_n[INTERVAL_N];
	struct str amount[INTERVAL_N][CAMPAIGN_AMOUNTS_MAX];
	enum campaign_interval preselect;
	struct str preselect_amount;
	size_t variant_n;
	struct campaign_variant variant[CAMPAIGN_VARIANTS_MAX];
};

/* All campaigns of all sites at one epoch, sorted by site, priority (descending), slug. */
struct campaign_set {
	int64_t epoch;
	size_t n;
	struct campaign *campaign;
};

const char *campaign_interval_name(enum campaign_interval i); /* once month year */
MUST enum err campaign_interval_parse(
	struct str s, enum campaign_interval *ret); /* fails ERR_INTERVAL_BAD */

/* campaign_variant_pick: sticky and exact: slot = hash of (reader, campaign slug) modulo the sum of
 * shares. hash is any keyed 64-bit value. */
size_t campaign_variant_pick(const struct campaign *c, uint64_t hash);
/* campaign_text_pick: exact locale (either case), then its language ("pt" for "pt-BR"), then
 * another of that language, then the first. NULL without texts. */
const struct campaign_text *campaign_text_pick(const struct campaign_variant *v, struct str locale);

#endif
