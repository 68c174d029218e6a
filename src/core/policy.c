/* core/policy.c: a site's pages, readers and words. */
#include "core/policy.h"
#include "core/locale.h"

bool policy_holds_out(const struct policy *p, uint64_t hash)
{
	ASSERT(p->holdout_share <= 100);
	/* no slug holds a blank, so that no experiment draws by this name */
	return p->holdout_share > 0 && campaign_draw(STR("hold out"), hash, 100) < p->holdout_share;
}

uint16_t policy_topics(const struct policy *p, const struct page *page)
{
	uint16_t bits = 0;

	ASSERT(p->topic_n <= ARRAY_N(p->topic));
	for (size_t i = 0; i < p->topic_n; i++)
		if (page_is_kind(page, &p->topic[i].pages))
			bits |= (uint16_t)(1u << i);
	return page_is_kind(page, &p->free) ? bits | PAGE_FREE : bits;
}

/* The name in this language, or NULL. */
static const struct policy_country *country_in(
	const struct policy *p, struct str country, struct str locale)
{
	for (size_t i = 0; i < p->country_n; i++)
		if (str_eq(p->country[i].country, country) &&
			(str_eq_nocase(p->country[i].locale, locale) ||
				str_eq_nocase(p->country[i].locale, locale_language(locale))))
			return &p->country[i];
	return NULL;
}

struct str policy_country_name(const struct policy *p, struct str country, struct str locale)
{
	const struct policy_country *c = p ? country_in(p, country, locale) : NULL;

	if (!c && p)
		c = country_in(p, STR("*"), locale);
	return c ? c->text : country;
}
