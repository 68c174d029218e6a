/* core/reader.c: the two lists of a reader, read and written as bytes. */
#include <string.h>

#include "core/bytes.h"
#include "core/page.h"
#include "core/reader.h"

#define ART_MASK ((UINT64_C(1) << READER_ART_BITS) - 1)
#define SLOTS    512 /* more than twice READER_SEEN_MAX, a power of two */

static const char *const kinds[MARK_KIND_N] = {
	[MARK_SHOWN] = "shown",
	[MARK_VIEWED] = "viewed",
	[MARK_CLOSED] = "closed",
	[MARK_LATER] = "later",
	[MARK_ALREADY_GAVE] = "already_gave",
	[MARK_NEVER] = "never",
	[MARK_CLICKED] = "clicked",
	[MARK_WALLED] = "walled",
	[MARK_HELD] = "held",
	[MARK_SKIPPED] = "skipped",
};

const char *reader_mark_name(enum reader_mark_kind k)
{
	return (unsigned)k < MARK_KIND_N ? kinds[k] : NULL;
}

enum err reader_mark_kind(struct str name, enum reader_mark_kind *ret)
{
	for (unsigned i = MARK_SHOWN; i < MARK_KIND_N; i++)
		if (str_is(name, kinds[i])) {
			*ret = (enum reader_mark_kind)i;
			return OK;
		}
	return ERR_FIELD_BAD;
}

void reader_seen_pack(uint16_t day, uint16_t topics, uint64_t art, uint8_t out[READER_SEEN_BYTES])
{
	bytes_put(
		bytes_put(out, 2, day), 6, (uint64_t)topics << READER_ART_BITS | (art & ART_MASK));
}

bool reader_seen_is_walled(const uint8_t entry[READER_SEEN_BYTES])
{
	return (bytes_u64(entry) >> READER_ART_BITS & PAGE_WALLED) != 0;
}

void reader_mark_pack(const struct reader_mark *m, uint8_t out[READER_MARK_BYTES])
{
	int64_t s = m->at.us < 0 ? 0 : utc_s(m->at);
	uint8_t *p = bytes_put(out, 4, m->decision);

	p = bytes_put(p, 4, (uint32_t)m->campaign);
	p = bytes_put(p, 1, m->kind);
	p = bytes_put(p, 1, m->variant);
	p = bytes_put(p, 2, m->cap);
	bytes_put(p, 4, s > UINT32_MAX ? UINT32_MAX : (uint64_t)s);
}

enum err reader_mark_unpack(struct str bytes, size_t i, struct reader_mark *ret)
{
	if (i >= bytes.n / READER_MARK_BYTES)
		return ERR_RANGE;
	const uint8_t *p = (const uint8_t *)bytes.p + i * READER_MARK_BYTES;
	uint64_t who = bytes_u64(p), what = bytes_u64(p + 8);
	ret->decision = (uint32_t)(who >> 32);
	ret->campaign = (int32_t)(uint32_t)who;
	ret->kind = (uint8_t)(what >> 56);
	ret->variant = (uint8_t)(what >> 48);
	ret->cap = (uint16_t)(what >> 32);
	ret->at = utc_of_s((int64_t)(uint32_t)what);
	return OK;
}

bool reader_has_mark(struct str marks, const uint8_t key[READER_MARK_KEY_BYTES])
{
	for (size_t i = 0; i + READER_MARK_BYTES <= marks.n; i += READER_MARK_BYTES)
		if (memcmp(marks.p + i, key, READER_MARK_KEY_BYTES) == 0)
			return true;
	return false;
}

/* The number of an article; a new one gets the next. */
static uint8_t number_of(struct reader_seen *s, uint16_t slots[SLOTS], uint64_t art)
{
	_Static_assert((SLOTS & (SLOTS - 1)) == 0 && SLOTS > 2 * READER_SEEN_MAX, "a slot is free");
	_Static_assert(READER_SEEN_MAX <= UINT8_MAX, "an article's number is one byte");
	size_t at = (size_t)(art ^ art >> 18) % SLOTS;

	while (slots[at] != 0 && s->art[slots[at] - 1] != art)
		at = (at + 1) % SLOTS;
	ASSERT(slots[at] != 0 || s->article_n < READER_SEEN_MAX);
	if (slots[at] == 0) {
		s->art[s->article_n++] = art;
		slots[at] = s->article_n;
	}
	return (uint8_t)(slots[at] - 1);
}

void reader_unpack(struct str seen, struct reader_seen *ret)
{
	uint16_t slots[SLOTS] = {0};
	size_t all = seen.n / READER_SEEN_BYTES,
	       kept = all < READER_SEEN_MAX ? all : READER_SEEN_MAX;

	ret->n = (uint16_t)kept;
	ret->article_n = 0;
	for (size_t i = 0; i < kept; i++) { /* stored newest first, counted oldest first */
		uint64_t v =
			bytes_u64((const uint8_t *)seen.p + (kept - 1 - i) * READER_SEEN_BYTES);
		ret->day[i] = (uint16_t)(v >> 48);
		ret->topics[i] = (uint16_t)(v >> READER_ART_BITS & 0xfff);
		ret->article[i] = number_of(ret, slots, v & ART_MASK);
	}
	ASSERT(ret->article_n <= ret->n);
}

struct reader_count reader_count(const struct reader_seen *s, struct reader_window w, uint64_t art)
{
	uint64_t counted[(READER_SEEN_MAX + 63) / 64] = {0};
	struct reader_count c = {0};

	ASSERT(s->n <= READER_SEEN_MAX);
	for (size_t i = 0; i < s->n; i++) {
		uint8_t a = s->article[i];
		if (s->day[i] < w.from_day || s->topics[i] & PAGE_WALLED ||
			(w.topics != 0 && !(s->topics[i] & w.topics)) ||
			counted[a / 64] >> a % 64 & 1)
			continue;
		bool free = w.metered && s->topics[i] & PAGE_FREE;
		counted[a / 64] |= UINT64_C(1) << a % 64;
		c.n += !free;
		if (s->art[a] == (art & ART_MASK)) {
			c.known = true;
			c.nth = free ? 0 : c.n;
		}
	}
	ASSERT(c.n <= s->article_n);
	if (!c.known)
		c.nth = c.n + 1;
	return c;
}
