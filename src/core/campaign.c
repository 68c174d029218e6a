/* core/campaign.c: which variant a reader sees, and in which language. */
#include "core/campaign.h"
#include "core/locale.h"

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
	ASSERT(n > 0);
	return (uint32_t)(mix(name, hash) % n);
}

size_t campaign_variant_pick(const struct campaign *c, uint64_t hash)
{
	uint32_t sum = 0;

	ASSERT(c->variant_n <= CAMPAIGN_VARIANTS_MAX);
	for (size_t i = 0; i < c->variant_n; i++)
		sum += c->variant[i].share;
	if (sum == 0)
		return 0;
	uint32_t slot = campaign_draw(c->experiment.n > 0 ? c->experiment : c->slug, hash, sum);
	size_t i = 0;
	while (slot >= c->variant[i].share)
		slot -= c->variant[i++].share;
	ASSERT(i < c->variant_n);
	return i;
}

bool campaign_runs(const struct campaign *c, utc_t now)
{
	return c->live && now.us >= c->start.us && (c->end.us == 0 || now.us < c->end.us);
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
	ASSERT(c->set_n <= CAMPAIGN_SETS_MAX);
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

/* --- languages ------------------------------------------------------------------------------- */

static const struct campaign_text *find(const struct campaign_variant *v, struct str locale)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (str_eq_nocase(v->text[i].locale, locale))
			return &v->text[i];
	return NULL;
}

static const struct campaign_text *find_sister(const struct campaign_variant *v, struct str lang)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (str_eq_nocase(locale_language(v->text[i].locale), lang))
			return &v->text[i];
	return NULL;
}

const struct campaign_text *campaign_text_pick(
	const struct campaign *c, size_t variant, struct str locale)
{
	ASSERT(variant == 0 || variant < c->variant_n);
	const struct campaign_variant *v = &c->variant[variant];
	const struct campaign_text *t = find(v, locale);

	if (!t)
		t = find(v, locale_language(locale));
	if (!t)
		t = find_sister(v, locale_language(locale));
	if (!t)
		t = find(v, c->fallback);
	return t ? t : v->text_n > 0 ? &v->text[0] : NULL;
}
