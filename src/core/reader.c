/* core/reader.c: the two lists of a reader's row. */
#include <string.h>

#include "core/reader.h"

static const char *const KINDS[MARK_KIND_N] = { NULL, "shown", "viewed", "closed", "later", "already_gave", "never", "clicked", "walled" };

const char *reader_mark_name(enum reader_mark_kind k)
{
	return k > 0 && k < MARK_KIND_N ? KINDS[k] : NULL;
}

enum err reader_mark_kind(struct str name, enum reader_mark_kind *ret)
{
	for (int k = 1; k < MARK_KIND_N; k++)
		if (str_is(name, KINDS[k])) {
			*ret = (enum reader_mark_kind)k;
			return OK;
		}
	return ERR_FIELD_BAD;
}

static void put(uint8_t *p, uint64_t v, int n)
{
	for (int i = 0; i < n; i++)
		p[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
}

static uint64_t get(const char *p, int n)
{
	uint64_t v = 0;
	for (int i = 0; i < n; i++)
		v = v << 8 | (uint8_t)p[i];
	return v;
}

void reader_seen_pack(uint16_t day, uint64_t art48, uint8_t out[READER_SEEN_BYTES])
{
	put(out, day, 2);
	put(out + 2, art48, 6);
}

void reader_mark_pack(const struct reader_mark *m, uint8_t out[READER_MARK_BYTES])
{
	put(out, m->decision, 4);
	put(out + 4, (uint32_t)m->campaign, 4);
	out[8] = m->kind;
	out[9] = m->variant;
	put(out + 10, 0, 2);
	put(out + 12, (uint64_t)utc_s(m->at), 4);
}

enum err reader_mark_unpack(struct str bytes, size_t i, struct reader_mark *ret)
{
	if (i >= bytes.n / READER_MARK_BYTES)
		return ERR_RANGE;
	const char *p = bytes.p + i * READER_MARK_BYTES;
	*ret = (struct reader_mark){ .decision = (uint32_t)get(p, 4), .campaign = (int32_t)get(p + 4, 4), .kind = (uint8_t)p[8], .variant = (uint8_t)p[9],
		.at = utc_of_s((int64_t)get(p + 12, 4)) };
	return OK;
}

bool reader_has_mark(struct str marks, const uint8_t key[READER_MARK_KEY_BYTES])
{
	for (size_t i = 0; i + READER_MARK_BYTES <= marks.n; i += READER_MARK_BYTES)
		if (memcmp(marks.p + i, key, READER_MARK_KEY_BYTES) == 0)
			return true;
	return false;
}

uint32_t reader_count(struct str seen, uint16_t from_day, uint64_t art48, uint32_t *ret_nth, bool *ret_known)
{
	uint64_t met[READER_SEEN_MAX];
	uint32_t n = 0;
	*ret_known = false;
	for (size_t i = 0; i + READER_SEEN_BYTES <= seen.n && n < READER_SEEN_MAX; i += READER_SEEN_BYTES) {
		uint64_t art = get(seen.p + i + 2, 6);
		bool again = get(seen.p + i, 2) < from_day;
		for (uint32_t k = 0; k < n && !again; k++)
			again = met[k] == art;
		if (again)
			continue;
		met[n++] = art;
		if (art == art48) {
			*ret_known = true;
			*ret_nth = n;
		}
	}
	if (!*ret_known)
		*ret_nth = n + 1;
	return n;
}
