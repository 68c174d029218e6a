/* app/facts.c: one order of members for both directions. */
#include "app/facts.h"

#include <string.h>

#include "base/seal.h"

uint64_t facts_article(const uint8_t key[32], struct str article)
{
	uint8_t mac[SEAL_MAC_BYTES];
	uint64_t h = 0;
	seal_hmac((struct str){(const char *)key, 32}, STR("article:"), article, mac);
	for (int i = 0; i < 6; i++)
		h = h << 8 | mac[i];
	h &= (UINT64_C(1) << READER_ART_BITS) - 1;
	return h ? h : 1;
}

uint64_t facts_draw(const uint8_t key[32], const struct uuid *reader)
{
	uint8_t mac[SEAL_MAC_BYTES];
	uint64_t h;
	seal_hmac((struct str){(const char *)key, 32}, STR("variant:"),
		(struct str){(const char *)reader->b, 16}, mac);
	memcpy(&h, mac, sizeof h);
	return h;
}

static void text(struct buf *b, const char *name, struct str s)
{
	buf_addf(b, "\"%s\":", name);
	buf_json(b, s);
	buf_byte(b, ',');
}

static void words(struct buf *b, const char *name, struct page_words w)
{
	buf_addf(b, "\"%s\":[", name);
	for (size_t i = 0; i < w.n; i++) {
		if (i > 0)
			buf_byte(b, ',');
		buf_json(b, w.v[i]);
	}
	buf_addc(b, "],");
}

/* Entries as hex; of each the first blank bytes are written as zeros. */
static void bytes(struct buf *b, const char *name, struct str s, size_t entry, size_t blank)
{
	buf_addf(b, "\"%s\":\"", name);
	for (size_t i = 0; i < s.n; i++)
		buf_addf(b, "%02x", i % entry < blank ? 0u : (unsigned char)s.p[i]);
	buf_addc(b, "\"");
}

static long long seconds(utc_t t)
{
	return (long long)utc_s(t);
}

static void format_page(struct buf *b, const struct page *p)
{
	buf_addc(b, "\"page\":{");
	text(b, "url", p->url);
	text(b, "section", p->section);
	text(b, "country", p->country);
	text(b, "language", p->language);
	text(b, "device", p->device);
	text(b, "referrer", p->referrer);
	text(b, "referrer_host", p->referrer_host);
	text(b, "source", p->source);
	words(b, "tags", p->tags);
	words(b, "flags", p->flags);
	buf_addf(b, "\"published\":%lld,\"words\":%u},", seconds(p->published), p->word_count);
}

static void format_reader(struct buf *b, const struct reader *r)
{
	static const struct reader nobody;
	r = r ? r : &nobody;
	buf_addf(b,
		"\"reader\":{\"stored\":%s,\"first\":%lld,\"views\":%lld,\"gift\":%d,\"gave\":%lld,"
		"\"until\":%lld,\"minor\":%lld,\"currency\":\"%s\",",
		r->stored ? "true" : "false", seconds(r->first_at), (long long)r->views,
		(int)r->gift, seconds(r->gave_at), seconds(r->gift_until), (long long)r->gift_minor,
		r->gift_currency);
	bytes(b, "seen", r->seen, READER_SEEN_BYTES, 0);
	buf_byte(b, ',');
	/* no decision asks which decision a mark is of, and by it prompt_event would name the
	 * reader */
	bytes(b, "marks", r->marks, READER_MARK_BYTES, 4);
	buf_byte(b, '}');
}

void facts_format(struct buf *b, const struct decide_facts *f, uint64_t draw)
{
	const struct decide_calendar *c = &f->cal;
	buf_addf(b, "{\"now\":%lld,\"cal\":[%u,%u,%u,%u,%u,%lld],", seconds(f->now), c->day,
		c->week_from, c->month_from, c->weekday, c->hour, seconds(c->day_starts));
	format_page(b, &f->page);
	buf_addf(b,
		"\"art\":%llu,\"topics\":%u,\"counted\":%s,\"signed_in\":%s,\"consent\":%d,"
		"\"draw\":%llu,",
		(unsigned long long)f->art, f->topics, f->counted ? "true" : "false",
		f->signed_in ? "true" : "false", (int)f->consent,
		(unsigned long long)(draw & INT64_MAX));
	format_reader(b, f->reader);
	buf_byte(b, '}');
}

/* --- and back ----------------------------------------------------------------------------------
 */

struct in {
	struct arena *a;
	bool bad, no_memory;
};

static int64_t get_int(struct in *in, const json_t *o, const char *path, int64_t min, int64_t max)
{
	const json_t *v = json_at(o, path);
	if (!json_is_integer(v) || json_integer_value(v) < min || json_integer_value(v) > max) {
		in->bad = true;
		return min;
	}
	return json_integer_value(v);
}

static bool get_bool(struct in *in, const json_t *o, const char *path)
{
	const json_t *v = json_at(o, path);
	if (!json_is_boolean(v))
		in->bad = true;
	return json_is_true(v);
}

static utc_t get_time(struct in *in, const json_t *o, const char *path)
{
	return utc_of_s(get_int(in, o, path, 0, INT64_C(253402300799)));
}

static struct str get_text(struct in *in, const json_t *o, const char *path)
{
	struct str kept = {0};
	if (!json_is_string(json_at(o, path)))
		in->bad = true;
	else if (arena_dup(in->a, json_text(o, path), &kept) != OK)
		in->no_memory = true;
	return kept;
}

static struct page_words get_words(struct in *in, const json_t *o, const char *path)
{
	const json_t *v = json_at(o, path);
	size_t n = json_array_size(v);
	if (!json_is_array(v) || n > PAGE_WORDS_MAX) {
		in->bad = true;
		return (struct page_words){0};
	}
	struct str *out = arena_alloc(in->a, (n + 1) * sizeof *out);
	if (!out) {
		in->no_memory = true;
		return (struct page_words){0};
	}
	for (size_t i = 0; i < n; i++) {
		const json_t *one = json_array_get(v, i);
		struct str s = {json_string_value(one), json_string_length(one)};
		if (!json_is_string(one))
			in->bad = true;
		else if (arena_dup(in->a, s, &out[i]) != OK)
			in->no_memory = true;
	}
	return (struct page_words){n, out};
}

static struct str get_bytes(struct in *in, const json_t *o, const char *path, size_t unit)
{
	struct str hex = json_text(o, path);
	uint8_t *out = arena_alloc(in->a, hex.n / 2 + 1);
	size_t n = 0;
	if (!out)
		in->no_memory = true;
	else if (!json_is_string(json_at(o, path)) ||
		 str_unhex(hex, out, hex.n / 2 + 1, &n) != OK || n % unit != 0)
		in->bad = true;
	return (struct str){(const char *)out, in->bad ? 0 : n};
}

static void read_page(struct in *in, const json_t *o, struct page *p)
{
	p->url = get_text(in, o, "page.url");
	p->section = get_text(in, o, "page.section");
	p->country = get_text(in, o, "page.country");
	p->language = get_text(in, o, "page.language");
	p->device = get_text(in, o, "page.device");
	p->referrer = get_text(in, o, "page.referrer");
	p->referrer_host = get_text(in, o, "page.referrer_host");
	p->source = get_text(in, o, "page.source");
	p->tags = get_words(in, o, "page.tags");
	p->flags = get_words(in, o, "page.flags");
	p->published = get_time(in, o, "page.published");
	p->word_count = (uint32_t)get_int(in, o, "page.words", 0, UINT32_MAX);
}

static void read_reader(struct in *in, const json_t *o, struct reader *r)
{
	r->stored = get_bool(in, o, "reader.stored");
	r->first_at = get_time(in, o, "reader.first");
	r->views = get_int(in, o, "reader.views", 0, INT32_MAX);
	r->gift = (enum reader_gift)get_int(in, o, "reader.gift", GIFT_NONE, GIFT_YEAR);
	r->gave_at = get_time(in, o, "reader.gave");
	r->gift_until = get_time(in, o, "reader.until");
	r->gift_minor = get_int(in, o, "reader.minor", 0, INT64_MAX);
	if (str_copy(get_text(in, o, "reader.currency"), r->gift_currency,
		    sizeof r->gift_currency) != OK)
		in->bad = true;
	r->seen = get_bytes(in, o, "reader.seen", READER_SEEN_BYTES);
	r->marks = get_bytes(in, o, "reader.marks", READER_MARK_BYTES);
}

enum err facts_read(
	const json_t *o, struct arena *a, struct decide_facts *ret, struct reader *reader)
{
	struct in in = {.a = a};
	struct decide_facts f = {0};
	memset(reader, 0, sizeof *reader);
	f.now = get_time(&in, o, "now");
	f.cal.day = (uint16_t)get_int(&in, o, "cal.0", 0, UINT16_MAX);
	f.cal.week_from = (uint16_t)get_int(&in, o, "cal.1", 0, UINT16_MAX);
	f.cal.month_from = (uint16_t)get_int(&in, o, "cal.2", 0, UINT16_MAX);
	f.cal.weekday = (uint8_t)get_int(&in, o, "cal.3", 0, 6);
	f.cal.hour = (uint8_t)get_int(&in, o, "cal.4", 0, 23);
	f.cal.day_starts = get_time(&in, o, "cal.5");
	read_page(&in, o, &f.page);
	f.art = (uint64_t)get_int(&in, o, "art", 0, INT64_MAX);
	f.topics = (uint16_t)get_int(&in, o, "topics", 0, UINT16_MAX);
	f.counted = get_bool(&in, o, "counted");
	f.signed_in = get_bool(&in, o, "signed_in");
	f.consent = (enum decide_consent)get_int(&in, o, "consent", CONSENT_NONE, CONSENT_FULL);
	f.variant_hash = (uint64_t)get_int(&in, o, "draw", 0, INT64_MAX);
	read_reader(&in, o, reader);
	f.reader = reader;
	*ret = f;
	return in.no_memory ? ERR_NO_MEMORY : in.bad ? ERR_FIELD_BAD : OK;
}
