/* core/policy.h: what holds for a whole site: topics, free and sensitive pages, the cap over all
 * prompts, blackouts, the hold-out. Floor 1: pure; read from JSON by app/campaign_policy.c. */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/campaign.h"

#define POLICY_BLACKOUTS_MAX 16

struct policy_topic {
	struct str name;
	struct page_kind pages;
};

struct policy_blackout {
	utc_t start, end;
	struct page_words campaigns; /* empty = all */
};

/* A country as copy says it ("Estonia", "из Эстонии"); country "*" is for all others. */
struct policy_country {
	struct str country, locale, text;
};

/* What holds for a whole site. */
struct policy {
	int32_t id, version;
	int16_t site;
	struct str slug;
	size_t topic_n, blackout_n, country_n;
	struct policy_topic topic[PAGE_TOPIC_MAX];
	struct page_kind free;      /* views that no meter counts */
	struct page_kind sensitive; /* pages on which campaigns are silent */
	struct campaign_cap cap;    /* over all prompts of the site */
	struct policy_blackout blackout[POLICY_BLACKOUTS_MAX];
	uint32_t holdout_share; /* of 100 */
	bool holdout_walls;     /* walls open for them too */
	uint32_t supporter_once_days,
		supporter_recurring_days; /* who is a supporter, for target.gave */
	const struct policy_country *country;
};

/* policy_holds_out: by the reader's hash; the same for ever, whatever the campaigns are called. */
bool policy_holds_out(const struct policy *p, uint64_t hash);
/* policy_country_name: for copy; the code itself when the policy does not name it. */
struct str policy_country_name(const struct policy *p, struct str country, struct str locale);
/* policy_topics: the bits of the page's topics, with PAGE_FREE when no meter counts it. */
uint16_t policy_topics(const struct policy *p, const struct page *page);

#endif
