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

/* FNV-1a over the slug, started from the reader's hash, then the finalizer of SplitMix64: campaigns
 * draw independently of each other. These numbers may not change, or readers change variants. */
static uint64_t mix(struct str slug, uint64_t h)
{
	for (size_t i = 0; i < slug.n; i++)
		h = (h ^ (uint8_t)slug.p[i]) * UINT64_C(0x100000001b3);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

size_t campaign_variant_pick(const struct campaign *c, uint64_t hash)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->variant_n; i++)
		sum += c->variant[i].share;
	if (sum == 0)
		return 0;
	uint64_t slot = mix(c->slug, hash) % sum;
	size_t i = 0;
	while (slot >= c->variant[i].share)
		slot -= c->variant[i++].share;
	return i;
}

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

const struct campaign_text *campaign_text_pick(const struct campaign_variant *v, struct str locale)
{
	const struct campaign_text *t = find(v, locale);

	if (!t)
		t = find(v, language(locale));
	if (!t)
		t = find_sister(v, language(locale));
	return t ? t : v->text_n > 0 ? &v->text[0] : NULL;
}
