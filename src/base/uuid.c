/* base/uuid.c: making and reading 128-bit names. */
#include "base/uuid.h"
#include "base/seal.h"

static void mark(struct uuid *u, unsigned version)
{
	u->b[6] = (uint8_t)(version << 4 | (u->b[6] & 0x0f));
	u->b[8] = (uint8_t)(0x80 | (u->b[8] & 0x3f));
}

enum err uuid_new4(struct uuid *ret)
{
	struct uuid u;
	enum err e = seal_random(u.b, sizeof u.b);

	if (e != OK)
		return e;
	mark(&u, 4);
	*ret = u;
	return OK;
}

enum err uuid_new7(utc_t now, struct uuid *ret)
{
	uint64_t ms = now.us > 0 ? (uint64_t)now.us / 1000 : 0;
	struct uuid u;
	enum err e = seal_random(u.b, sizeof u.b);

	if (e != OK)
		return e;
	for (unsigned i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(ms >> (40 - 8 * i));
	mark(&u, 7);
	*ret = u;
	return OK;
}

void uuid_format(const struct uuid *u, char out[37])
{
	size_t at = 0;

	for (size_t i = 0; i < sizeof u->b; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			out[at++] = '-';
		str_hex(&u->b[i], 1, out + at);
		at += 2;
	}
}

enum err uuid_parse(struct str s, struct uuid *ret)
{
	struct uuid u;
	char hex[32];
	size_t at = 0, n;

	if (s.n != 36)
		return ERR_FIELD_BAD;
	for (size_t i = 0; i < 36; i++) {
		char c = s.p[i];
		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (c != '-')
				return ERR_FIELD_BAD;
			continue;
		}
		hex[at++] = c >= 'A' && c <= 'F' ? (char)(c | 0x20) : c;
	}
	if (str_unhex((struct str){hex, sizeof hex}, u.b, sizeof u.b, &n) != OK)
		return ERR_FIELD_BAD;
	*ret = u;
	return OK;
}

bool uuid_is_nil(const struct uuid *u)
{
	for (size_t i = 0; i < sizeof u->b; i++)
		if (u->b[i])
			return false;
	return true;
}
