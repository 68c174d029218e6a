/* core/reader.c: the two lists of a reader, read and written as bytes. */
#include <string.h>

#include "core/bytes.h"
#include "core/reader.h"

static const char *const kinds[MARK_KIND_N] = {
	[MARK_SHOWN] = "shown",
	[MARK_VIEWED] = "viewed",
	[MARK_CLOSED] = "closed",
	[MARK_LATER] = "later",
	[MARK_ALREADY_GAVE] = "already_gave",
	[MARK_NEVER] = "never",
	[MARK_CLICKED] = "clicked",
	[MARK_WALLED] = "walled",
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

void reader_seen_pack(uint16_t day, uint64_t art48, uint8_t out[READER_SEEN_BYTES])
{
	bytes_put(bytes_put(out, 2, day), 6, art48);
}

void reader_mark_pack(const struct reader_mark *m, uint8_t out[READER_MARK_BYTES])
{
	int64_t s = m->at.us < 0 ? 0 : utc_s(m->at);
	uint8_t *p = bytes_put(out, 4, m->decision);

	p = bytes_put(p, 4, (uint32_t)m->campaign);
	p = bytes_put(p, 1, m->kind);
	p = bytes_put(p, 1, m->variant);
	p = bytes_put(p, 2, 0);
	bytes_put(p, 4, s > UINT32_MAX ? UINT32_MAX : (uint64_t)s);
}

enum err reader_mark_unpack(struct str bytes, size_t i, struct reader_mark *ret)
{
	if (i >= bytes.n / READER_MARK_BYTES)
		return ERR_RANGE;
	const uint8_t *p = (const uint8_t *)bytes.p + i * READER_MARK_BYTES;
	ret->decision = (uint32_t)bytes_get(&p, 4);
	ret->campaign = (int32_t)(uint32_t)bytes_get(&p, 4);
	ret->kind = (uint8_t)bytes_get(&p, 1);
	ret->variant = (uint8_t)bytes_get(&p, 1);
	(void)bytes_get(&p, 2);
	ret->at = utc_of_s((int64_t)bytes_get(&p, 4));
	return OK;
}

bool reader_has_mark(struct str marks, const uint8_t key[READER_MARK_KEY_BYTES])
{
	for (size_t i = 0; i + READER_MARK_BYTES <= marks.n; i += READER_MARK_BYTES)
		if (memcmp(marks.p + i, key, READER_MARK_KEY_BYTES) == 0)
			return true;
	return false;
}

uint32_t reader_count(
	struct str seen, uint16_t from_day, uint64_t art48, uint32_t *ret_nth, bool *ret_known)
{
	uint64_t art[READER_SEEN_MAX];
	size_t all = seen.n / READER_SEEN_BYTES,
	       kept = all < READER_SEEN_MAX ? all : READER_SEEN_MAX;
	uint32_t count = 0, nth = 0, i;

	for (size_t at = all - kept; at < all; at++) {
		const uint8_t *p = (const uint8_t *)seen.p + at * READER_SEEN_BYTES;
		if (bytes_get(&p, 2) < from_day)
			continue;
		uint64_t a = bytes_get(&p, 6);
		for (i = 0; i < count && art[i] != a;)
			i++;
		if (i < count)
			continue;
		art[count++] = a;
		if (a == art48)
			nth = count;
	}
	*ret_known = nth > 0;
	*ret_nth = nth > 0 ? nth : count + 1;
	return count;
}
