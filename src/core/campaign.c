/* core/campaign.c: which variant a reader sees, and in which language. */
#include "core/campaign.h"

static const char *const intervals[INTERVAL_N] = {"once", "month", "year"};

const char *campaign_interval_name(enum campaign_interval i)
{
	return (unsigned)i < INTERVAL_N ? intervals[i] : "unknown";
}

enum err campaign_interval_parse(struct str s, enum campaign_interval *ret)
{
	for (unsigned i = 0; i < INTERVAL_N; i++)
		if (str_is(s, intervals[i])) {
			*ret = (enum campaign_interval)i;
			return OK;
		}
	return ERR_INTERVAL_BAD;
}

const char *campaign_target_name(enum campaign_target_list t)
{
	static const char *const names[TARGET_N] = {
#define X(name, how, fact, charset, longest, sentence) #name,
#include "core/target.def"
#undef X
	};

	return (unsigned)t < TARGET_N ? names[t] : "unknown";
}

/* FNV-1a over the name, started from the reader's hash, then the finalizer of SplitMix64: draws by
 * different names are independent of each other. These numbers may not change, or readers change
 * variants. */
static uint64_t mix(struct str name, uint64_t h)
{
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)name.p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

uint32_t campaign_draw(struct str name, uint64_t hash, uint32_t n)
{
	return (uint32_t)(mix(name, hash) % n);
}

size_t campaign_variant_pick(const struct campaign *c, uint64_t hash)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < c->variant_n; i++)
		sum += c->variant[i].share;
	if (sum == 0)
		return 0;
	uint32_t slot = campaign_draw(c->experiment.n > 0 ? c->experiment : c->slug, hash, sum);
	size_t i = 0;
	while (slot >= c->variant[i].share)
		slot -= c->variant[i++].share;
	return i;
}

bool campaign_is_held_out(const struct campaign_policy *p, uint64_t hash)
{
	/* no slug holds a blank, so that no experiment draws by this name */
	return p->holdout_share > 0 && campaign_draw(STR("hold out"), hash, 100) < p->holdout_share;
}

uint16_t campaign_cap_key(struct str id)
{
	uint16_t key = (uint16_t)mix(id, UINT64_C(0xcbf29ce484222325));

	return key ? key : 1;
}

static bool fits(const struct campaign_amounts *a, struct str country, const struct reader *r)
{
	if (a->countries.n > 0 && !page_has(a->countries, country))
		return false;
	if (a->gifts != 0 && !(a->gifts & 1u << (r ? r->gift : GIFT_NONE)))
		return false;
	return !a->has_gift_range ||
	       (r && r->gift != GIFT_NONE && str_is(a->currency, r->gift_currency) &&
		       r->gift_minor >= a->gift_min && r->gift_minor <= a->gift_max);
}

size_t campaign_set_pick(const struct campaign *c, struct str country, const struct reader *r)
{
	for (size_t i = 1; i < c->set_n; i++)
		if (fits(&c->set[i], country, r))
			return i;
	return 0;
}

const struct campaign_site *campaign_set_site(const struct campaign_set *s, int16_t site)
{
	for (size_t i = 0; i < s->site_n; i++)
		if (s->site[i].site == site)
			return &s->site[i];
	return NULL;
}

uint16_t campaign_topics(const struct campaign_policy *p, const struct page *page)
{
	uint16_t bits = 0;

	for (size_t i = 0; i < p->topic_n; i++)
		if (page_is_kind(page, &p->topic[i].pages))
			bits |= (uint16_t)(1u << i);
	return page_is_kind(page, &p->free) ? bits | PAGE_FREE : bits;
}

/* --- languages ------------------------------------------------------------------------------- */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same_locale(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

/* "pt" of "pt-BR" */
static struct str language(struct str locale)
{
	struct str s = {locale.p, 0};

	while (s.n < locale.n && locale.p[s.n] != '-' && locale.p[s.n] != '_')
		s.n++;
	return s;
}

static const struct campaign_text *find(const struct campaign_variant *v, struct str locale)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (same_locale(v->text[i].locale, locale))
			return &v->text[i];
	return NULL;
}

static const struct campaign_text *find_sister(const struct campaign_variant *v, struct str lang)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (same_locale(language(v->text[i].locale), lang))
			return &v->text[i];
	return NULL;
}

const struct campaign_text *campaign_text_pick(
	const struct campaign *c, size_t variant, struct str locale)
{
	const struct campaign_variant *v = &c->variant[variant];
	const struct campaign_text *t = find(v, locale);

	if (!t)
		t = find(v, language(locale));
	if (!t)
		t = find_sister(v, language(locale));
	if (!t)
		t = find(v, c->fallback);
	return t ? t : v->text_n > 0 ? &v->text[0] : NULL;
}

/* The name in this language, or NULL. */
static const struct campaign_country *country_in(
	const struct campaign_policy *p, struct str country, struct str locale)
{
	for (size_t i = 0; i < p->country_n; i++)
		if (str_eq(p->country[i].country, country) &&
			(same_locale(p->country[i].locale, locale) ||
				same_locale(p->country[i].locale, language(locale))))
			return &p->country[i];
	return NULL;
}

struct str campaign_country_name(
	const struct campaign_policy *p, struct str country, struct str locale)
{
	const struct campaign_country *c = p ? country_in(p, country, locale) : NULL;

	if (!c && p)
		c = country_in(p, STR("*"), locale);
	return c ? c->text : country;
}
