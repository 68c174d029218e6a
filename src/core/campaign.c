/* core/campaign.c: picking a variant and a text. */
#include "core/campaign.h"

static const char *const INTERVALS[INTERVAL_N] = { "once", "month", "year" };

const char *campaign_interval_name(enum campaign_interval i)
{
	return i < INTERVAL_N ? INTERVALS[i] : "?";
}

enum err campaign_interval_parse(struct str s, enum campaign_interval *ret)
{
	for (int i = 0; i < INTERVAL_N; i++)
		if (str_is(s, INTERVALS[i])) {
			*ret = (enum campaign_interval)i;
			return OK;
		}
	return ERR_INTERVAL_BAD;
}

/* FNV-1a over the name, then a finaliser (splitmix64): so that experiments of one reader are independent of each other. */
static uint64_t mix(uint64_t h, struct str name)
{
	for (size_t i = 0; i < name.n; i++)
		h = (h ^ (uint8_t)name.p[i]) * UINT64_C(1099511628211);
	h = (h ^ h >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	h = (h ^ h >> 27) * UINT64_C(0x94d049bb133111eb);
	return h ^ h >> 31;
}

size_t campaign_variant_pick(const struct campaign *c, uint64_t hash)
{
	uint64_t sum = 0;
	for (size_t i = 0; i < c->variant_n; i++)
		sum += c->variant[i].share;
	uint64_t slot = sum ? mix(hash, c->slug) % sum : 0;
	for (size_t i = 0; i < c->variant_n; i++) {
		if (slot < c->variant[i].share)
			return i;
		slot -= c->variant[i].share;
	}
	return 0;
}

static struct str language(struct str locale)
{
	struct str rest = locale, lang = locale;
	str_cut(&rest, '-', &lang);
	return lang;
}

const struct campaign_text *campaign_text_pick(const struct campaign_variant *v, struct str locale)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (str_eq(v->text[i].locale, locale))
			return &v->text[i];
	for (size_t i = 0; i < v->text_n; i++)
		if (str_eq(language(v->text[i].locale), language(locale)))
			return &v->text[i];
	return &v->text[0];
}
