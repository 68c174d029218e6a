/* app/tally.c: small tables by key; a few dozen rows in normal life. */
#include <stdlib.h>
#include <string.h>

#include "app/tally.h"
#include "base/seal.h"

static enum err rows_init(struct tally_rows *r, size_t most)
{
	for (r->slots = 1; r->slots < 2 * most; r->slots *= 2)
		;
	r->row = calloc(most, sizeof *r->row);
	r->slot = calloc(r->slots, sizeof *r->slot);
	return r->row && r->slot ? seal_random(&r->seed, sizeof r->seed) : ERR_NO_MEMORY;
}

static void rows_fini(struct tally_rows *r)
{
	free(r->row);
	free(r->slot);
}

static void rows_clear(struct tally_rows *r)
{
	if (r->n > 0)
		memset(r->slot, 0, r->slots * sizeof *r->slot);
	r->n = 0;
}

enum err tally_init(struct tally *t, int64_t sample_every)
{
	memset(t, 0, sizeof *t);
	t->sample_every = sample_every > 0 ? (uint64_t)sample_every : 0;
	enum err e = rows_init(&t->count, TALLY_KEYS_MAX);
	if (e == OK)
		e = rows_init(&t->page, TALLY_PAGES_MAX);
	t->sample_mem = malloc(TALLY_SAMPLE_BYTES);
	if (e != OK || !t->sample_mem)
		return e != OK ? e : ERR_NO_MEMORY;
	buf_init(&t->samples, t->sample_mem, TALLY_SAMPLE_BYTES);
	return seal_random(&t->draw, sizeof t->draw);
}

void tally_fini(struct tally *t)
{
	rows_fini(&t->count);
	rows_fini(&t->page);
	free(t->sample_mem);
}

/* An hour of the site's clock, whose zone may be half an hour off. */
static int64_t hour_of(utc_t now, utc_t day_starts)
{
	int64_t s = utc_s(now), into = (s - utc_s(day_starts)) % 3600;
	return s - (into < 0 ? into + 3600 : into);
}

static enum err make_key(char *key, size_t cap, int64_t hour, int16_t site, struct str section,
	struct str country, struct str device, const struct decision *d)
{
	struct buf b;
	buf_init(&b, key, cap - 1);
	buf_addf(&b, "%lld,%d,", (long long)hour, site);
	struct str words[] = {section, country, device, d->campaign ? d->campaign->slug : STR(""),
		decide_variant(d), str_c(decide_act_name(d->act)),
		str_c(decide_reason_name(d->reason))};
	for (size_t i = 0; i < ARRAY_N(words); i++) {
		buf_json(&b, words[i]);
		buf_byte(&b, ',');
	}
	key[buf_str(&b).n] = '\0';
	return buf_done(&b);
}

static enum err make_page_key(
	char *key, size_t cap, int64_t hour, int16_t site, struct str url, enum decide_act act)
{
	struct buf b;
	buf_init(&b, key, cap - 1);
	buf_addf(&b, "%lld,%d,", (long long)hour, site);
	buf_json(&b, url);
	buf_addf(&b, ",\"%s\",", decide_act_name(act));
	key[buf_str(&b).n] = '\0';
	return buf_done(&b);
}

/* FNV-1a. */
static size_t slot_of(const struct tally_rows *r, const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ r->seed;
	for (const char *p = key; *p; p++)
		h = (h ^ (uint8_t)*p) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) & (r->slots - 1);
}

/* False when it would be one more than there may be. */
static bool add(struct tally_rows *r, const char *key, size_t most)
{
	size_t at = slot_of(r, key);
	while (r->slot[at] && strcmp(r->row[r->slot[at] - 1].key, key) != 0)
		at = (at + 1) & (r->slots - 1);
	if (!r->slot[at]) {
		if (r->n >= most)
			return false;
		memcpy(r->row[r->n].key, key, strlen(key) + 1);
		r->row[r->n].n = 0;
		r->slot[at] = (uint16_t)++r->n;
	}
	r->row[r->slot[at] - 1].n++;
	return true;
}

struct str tally_section(struct tally *t, utc_t now, struct str section)
{
	int64_t hour = utc_s(now) / 3600;
	if (t->hour != hour) {
		t->hour = hour;
		t->section_n = 0;
	}
	if (section.n == 0)
		return section;
	for (size_t i = 0; i < t->section_n; i++)
		if (str_is(section, t->section[i]))
			return section;
	if (t->section_n == TALLY_SECTIONS_MAX ||
		str_copy(section, t->section[t->section_n], sizeof t->section[0]) != OK)
		return STR("other");
	t->section_n++;
	return section;
}

/* Events name no page that is longer, so that counts name none either. */
static void add_page(
	struct tally *t, int64_t hour, int16_t site, struct str url, enum decide_act act)
{
	char key[sizeof t->page.row[0].key];
	if (url.n <= TALLY_PAGE_BYTES &&
		make_page_key(key, sizeof key, hour, site, url, act) == OK &&
		add(&t->page, key, TALLY_PAGES_MAX - TALLY_PAGES_PLAIN))
		return;
	if (make_page_key(key, sizeof key, hour, site, STR(""), act) == OK)
		add(&t->page, key, TALLY_PAGES_MAX);
}

void tally_add(struct tally *t, utc_t now, utc_t day_starts, int16_t site, const struct page *page,
	const struct decision *d)
{
	char key[sizeof t->count.row[0].key];
	const struct str no = STR("");
	int64_t hour = hour_of(now, day_starts);
	struct str section = tally_section(t, now, page->section);
	add_page(t, hour, site, page->url, d->act);
	if (make_key(key, sizeof key, hour, site, section, page->country, page->device, d) == OK &&
		add(&t->count, key, TALLY_KEYS_MAX - TALLY_KEYS_PLAIN))
		return;
	if (make_key(key, sizeof key, hour, site, no, no, no, d) == OK &&
		add(&t->count, key, TALLY_KEYS_MAX))
		return;
	t->dropped++;
}

/* SplitMix64: good enough to choose samples by. */
static uint64_t draw(struct tally *t)
{
	uint64_t z = t->draw += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

void tally_sample(struct tally *t, const struct decide_facts *f, const struct decision *d)
{
	if (t->sample_every == 0 || f->consent != CONSENT_FULL || f->bot ||
		draw(t) % t->sample_every != 0)
		return;
	struct buf before = t->samples, *b = &t->samples;
	const struct campaign *c = d->campaign;
	buf_addf(b, "%s[%lld,%d,\"%s\",\"%s\",", t->sample_n ? "," : "", (long long)utc_s(f->now),
		f->site, decide_act_name(d->act), decide_reason_name(d->reason));
	buf_json(b, c ? c->slug : STR(""));
	buf_byte(b, ',');
	buf_json(b, decide_variant(d));
	buf_byte(b, ',');
	facts_format(b, f, draw(t));
	buf_byte(b, ']');
	if (buf_done(b) == OK)
		t->sample_n++;
	else
		t->samples = before;
}

static void format_rows(const struct tally_rows *r, struct buf *b)
{
	for (size_t i = 0; i < r->n; i++)
		buf_addf(b, "%s[%s%llu]", i ? "," : "", r->row[i].key,
			(unsigned long long)r->row[i].n);
}

enum err tally_format(const struct tally *t, struct buf *b)
{
	buf_addc(b, "{\"counts\":[");
	format_rows(&t->count, b);
	buf_addc(b, "],\"pages\":[");
	format_rows(&t->page, b);
	buf_addc(b, "],\"samples\":[");
	buf_add(b, buf_str(&t->samples));
	buf_byte(b, ']');
	return buf_done(b);
}

void tally_clear(struct tally *t)
{
	rows_clear(&t->count);
	rows_clear(&t->page);
	t->sample_n = 0;
	buf_init(&t->samples, t->sample_mem, TALLY_SAMPLE_BYTES);
}
