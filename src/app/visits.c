/* app/visits.c: a short list; nearly always one row a site. */
#include "app/visits.h"

static struct visits_row *row_of(struct visits *v, int64_t slot, int16_t site)
{
	struct visits_row *newest = NULL;
	for (size_t i = v->n; i-- > 0;) {
		if (v->row[i].site != site)
			continue;
		if (v->row[i].slot == slot)
			return &v->row[i];
		if (!newest)
			newest = &v->row[i];
	}
	if (v->n == VISITS_MAX)
		return newest;
	v->row[v->n] = (struct visits_row){.slot = slot, .site = site};
	return &v->row[v->n++];
}

void visits_add(struct visits *v, utc_t now, int16_t site, uint32_t what)
{
	int64_t s = utc_s(now);
	struct visits_row *r = row_of(v, s - s % VISITS_SLOT_S, site);
	for (size_t i = 0; r && i < VISIT_N; i++)
		r->n[i] += what >> i & 1;
}

enum err visits_format(const struct visits *v, struct buf *b)
{
	buf_byte(b, '[');
	for (size_t i = 0; i < v->n; i++) {
		const struct visits_row *r = &v->row[i];
		buf_addf(b, "%s[%lld,%d", i ? "," : "", (long long)r->slot, r->site);
		for (size_t k = 0; k < VISIT_N; k++)
			buf_addf(b, ",%llu", (unsigned long long)r->n[k]);
		buf_byte(b, ']');
	}
	buf_byte(b, ']');
	return buf_done(b);
}

void visits_clear(struct visits *v)
{
	v->n = 0;
}
