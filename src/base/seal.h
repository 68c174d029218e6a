/* base/seal.h: random bytes, keyed hashes and signed texts, all from libcrypto.
 * Floor 0. Secrets are compared in constant time and wiped after use. */
#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include "base/buf.h"

#define SEAL_MAC_BYTES 32
#define SEAL_KEYS_MAX  4

struct seal_key {
	char id[9];
	uint8_t key[32];
}; /* id: 1 to 8 of [a-z0-9] */
struct seal_ring {
	size_t n;
	struct seal_key key[SEAL_KEYS_MAX];
}; /* key[0] signs, all verify */

/* Ring from the text of a key file: a line `id:64 hex digits`, # comments, blank lines.
 * fails ERR_SECRET (none, too many, doubled id, bad line, weak: all bytes equal); *f names the
 * line, never the secret. */
MUST enum err seal_ring_parse(struct str text, struct seal_ring *ret, struct fault *f);
void seal_ring_fini(struct seal_ring *r); /* wipes */

MUST enum err seal_random(void *out, size_t n); /* fails ERR_IO */
void seal_hmac(struct str key, struct str a, struct str b,
	uint8_t out[SEAL_MAC_BYTES]); /* HMAC-SHA256 over a then b */
void seal_sha256(struct str a, uint8_t out[32]);
bool seal_equal(const void *a, const void *b, size_t n); /* constant time */
void seal_wipe(void *p, size_t n);

/* seal_hash: HMAC of text under ring key 0 derived by purpose.
 * seal_hash48: its first 48 bits: names an article inside a reader's row. Never 0. */
void seal_hash(const struct seal_ring *r, const char *purpose, struct str text,
	uint8_t out[SEAL_MAC_BYTES]);
uint64_t seal_hash48(const struct seal_ring *r, const char *purpose, struct str text);

/* seal_sign: writes `v1.<key id>.<payload base64url>.<mac base64url>`; the MAC covers purpose and
 * all that stands before it. fails ERR_TOO_LONG (out is full, payload over 256 bytes) */
MUST enum err seal_sign(const struct seal_ring *r, const char *purpose, const void *payload,
	size_t n, struct buf *out);
/* seal_open: verify, then decode.
 *   gives *ret_n payload bytes in out, *ret_old true when an older key signed it
 *   fails ERR_BAD_TOKEN for anything that we did not make for this purpose; out untouched */
MUST enum err seal_open(const struct seal_ring *r, const char *purpose, struct str text,
	uint8_t *out, size_t cap, size_t *ret_n, bool *ret_old);

#endif
