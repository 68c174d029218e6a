/* base/uuid.h: 128-bit names (RFC 9562).
 * Floor 0. */
#ifndef BASE_UUID_H
#define BASE_UUID_H

#include "base/clock.h"

struct uuid {
	uint8_t b[16];
};

MUST enum err uuid_new4(
	struct uuid *ret); /* random; for readers and whatever a URL shows. fails ERR_IO */
MUST enum err uuid_new7(
	utc_t now, struct uuid *ret); /* time first, 74 random bits; for rows. fails ERR_IO */
void uuid_format(const struct uuid *u, char out[37]);
MUST enum err uuid_parse(
	struct str s, struct uuid *ret); /* 36 characters, either case; fails ERR_FIELD_BAD */
bool uuid_is_nil(const struct uuid *u);

#endif
