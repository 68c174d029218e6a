/* app/tally.c: a small sorted table; a few dozen keys in normal life. */
#include <stdlib.h>
#include <string.h>

#include "app/tally.h"
#include "base/seal.h"

enum err tally_init(struct tally *t, int64_t sample_every)
{
	memset(t, 0, sizeof *t);
	t->sample_every = sample_every > 0 ? (uint64_t)sample_every : 0;
	t->row = calloc(TALLY_KEYS_MAX, sizeof *t->row);
	t->page = calloc(TALLY_PAGES_MAX, sizeof *t->page);
	t->sample_mem = malloc(TALLY_SAMPLE_BYTES);
	if (!t->row || !t->page || !t->sample_mem)
		return ERR_NO_MEMORY;
	buf_init(&t->samples, t->sample_mem, TALLY_SAMPLE_BYTES);
	return seal_random(&t->draw, sizeof t->draw);
}

void tally_fini(struct tally *t)
{
	free(t->row);
	free(t->page);
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
		decide_variant(d),
		str_c(decide_act_name(d->act)), str_c(decide_reason_name(d->reason))};
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

/* Place of key; *ret_found when it is there. */
static size_t place(const struct tally_row *row, size_t n, const char *key, bool *ret_found)
{
	size_t lo = 0, hi = n;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(row[mid].key, key);
		if (c == 0) {
			*ret_found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*ret_found = false;
	return lo;
}

static bool add(struct tally_row *row, size_t *n, const char *key, size_t most)
{
	bool found;
	size_t at = place(row, *n, key, &found);
	if (!found) {
		if (*n >= most)
			return false;
		memmove(&row[at + 1], &row[at], (*n - at) * sizeof *row);
		strcpy(row[at].key, key);
		row[at].n = 0;
		(*n)++;
	}
	row[at].n++;
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
	char key[sizeof t->page[0].key];
	if (url.n <= TALLY_PAGE_BYTES &&
		make_page_key(key, sizeof key, hour, site, url, act) == OK &&
		add(t->page, &t->page_n, key, TALLY_PAGES_MAX - TALLY_PAGES_PLAIN))
		return;
	if (make_page_key(key, sizeof key, hour, site, STR(""), act) == OK)
		add(t->page, &t->page_n, key, TALLY_PAGES_MAX);
}

void tally_add(struct tally *t, utc_t now, utc_t day_starts, int16_t site, const struct page *page,
	const struct decision *d)
{
	char key[sizeof t->row[0].key];
	const struct str no = STR("");
	int64_t hour = hour_of(now, day_starts);
	struct str section = tally_section(t, now, page->section);
	add_page(t, hour, site, page->url, d->act);
	if (make_key(key, sizeof key, hour, site, section, page->country, page->device, d) == OK &&
		add(t->row, &t->n, key, TALLY_KEYS_MAX - TALLY_KEYS_PLAIN))
		return;
	if (make_key(key, sizeof key, hour, site, no, no, no, d) == OK &&
		add(t->row, &t->n, key, TALLY_KEYS_MAX))
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

static void format_rows(const struct tally_row *row, size_t n, struct buf *b)
{
	for (size_t i = 0; i < n; i++)
		buf_addf(b, "%s[%s%llu]", i ? "," : "", row[i].key, (unsigned long long)row[i].n);
}

enum err tally_format(const struct tally *t, struct buf *b)
{
	buf_addc(b, "{\"counts\":[");
	format_rows(t->row, t->n, b);
	buf_addc(b, "],\"pages\":[");
	format_rows(t->page, t->page_n, b);
	buf_addc(b, "],\"samples\":[");
	buf_add(b, buf_str(&t->samples));
	buf_byte(b, ']');
	return buf_done(b);
}

void tally_clear(struct tally *t)
{
	t->n = t->page_n = t->sample_n = 0;
	buf_init(&t->samples, t->sample_mem, TALLY_SAMPLE_BYTES);
}
