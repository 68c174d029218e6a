/* base/seal.c: HMAC-SHA256 and what stands on it. */
#define OPENSSL_SUPPRESS_DEPRECATED 1                 /* the hash that allocates nothing */
#define ERR_STATE                   openssl_err_state /* libcrypto's own type of that name; err.def has it too */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#undef ERR_STATE
#include <string.h>

#include "base/seal.h"

#define PAYLOAD_MAX 256
#define TOKEN_MAX   512

/* --- libcrypto ----------------------------------------------------------------------------- */

enum err seal_random(void *out, size_t n)
{
	return n <= INT32_MAX && RAND_bytes(out, (int)n) == 1 ? OK : ERR_IO;
}

static void mix(uint8_t block[SHA256_CBLOCK], uint8_t with)
{
	for (size_t i = 0; i < SHA256_CBLOCK; i++)
		block[i] ^= with;
}

/* RFC 2104 over the plain SHA-256 of libcrypto: EVP_MAC takes a dozen allocations a time, and where
 * memory is short a signature must neither be wrong nor end the process. */
void seal_hmac(struct str key, struct str a, struct str b, uint8_t out[SEAL_MAC_BYTES])
{
	uint8_t block[SHA256_CBLOCK] = {0};
	SHA256_CTX ctx;

	if (key.n > sizeof block)
		seal_sha256(key, block);
	else if (key.n > 0)
		memcpy(block, key.p, key.n);
	mix(block, 0x36);
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, block, sizeof block);
	SHA256_Update(&ctx, a.n ? a.p : "", a.n);
	SHA256_Update(&ctx, b.n ? b.p : "", b.n);
	SHA256_Final(out, &ctx);
	mix(block, 0x36 ^ 0x5c);
	SHA256_Init(&ctx);
	SHA256_Update(&ctx, block, sizeof block);
	SHA256_Update(&ctx, out, SEAL_MAC_BYTES);
	SHA256_Final(out, &ctx);
	seal_wipe(block, sizeof block);
	seal_wipe(&ctx, sizeof ctx);
}

void seal_sha256(struct str a, uint8_t out[32])
{
	SHA256_CTX ctx;

	SHA256_Init(&ctx);
	SHA256_Update(&ctx, a.n ? a.p : "", a.n);
	SHA256_Final(out, &ctx);
}

bool seal_equal(const void *a, const void *b, size_t n)
{
	return n == 0 || CRYPTO_memcmp(a, b, n) == 0;
}

void seal_wipe(void *p, size_t n)
{
	if (n > 0)
		OPENSSL_cleanse(p, n);
}

/* --- the ring ------------------------------------------------------------------------------ */

static bool is_id(struct str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] >= 'A' && s.p[i] <= 'Z')
			return false;
	return s.n > 0 && s.n < sizeof((struct seal_key *)NULL)->id && str_is_word(s, "");
}

static const struct seal_key *find(const struct seal_ring *r, struct str id)
{
	for (size_t i = 0; i < r->n; i++)
		if (str_is(id, r->key[i].id))
			return &r->key[i];
	return NULL;
}

/* Bytes that are all the same were typed, not drawn. */
static bool is_weak(const uint8_t key[32])
{
	return memcmp(key, key + 1, 31) == 0;
}

/* One line, already without comment and blanks; NULL or what is wrong with it. */
static const char *add_key(struct seal_ring *r, struct str line)
{
	struct seal_key k = {0};
	struct str id;
	size_t n;

	if (!str_cut(&line, ':', &id) || !is_id(id))
		return "the key's id must be 1 to 8 of a-z and 0-9, followed by a colon";
	if (line.n != 64 || str_unhex(line, k.key, sizeof k.key, &n) != OK)
		return "the key must be 64 lower-case hex digits";
	if (is_weak(k.key)) {
		seal_wipe(&k, sizeof k);
		return "the key is no random one";
	}
	const char *bad = find(r, id)             ? "the key's id stands there twice"
			  : r->n == SEAL_KEYS_MAX ? "there are too many keys"
						  : NULL;
	if (!bad) {
		memcpy(k.id, id.p, id.n);
		r->key[r->n++] = k;
	}
	seal_wipe(&k, sizeof k);
	return bad;
}

enum err seal_ring_parse(struct str text, struct seal_ring *ret, struct fault *f)
{
	struct seal_ring r = {0};
	enum err e = OK;
	struct str line;

	for (int no = 1; e == OK && str_cut(&text, '\n', &line); no++) {
		line = str_trim(line);
		if (line.n == 0 || line.p[0] == '#')
			continue;
		const char *bad = add_key(&r, line);
		if (bad)
			e = fault_set(f, ERR_SECRET, NULL, "line %d: %s", no, bad);
	}
	if (e == OK && r.n == 0)
		e = fault_set(f, ERR_SECRET, NULL, "there is no key");
	if (e == OK)
		*ret = r;
	seal_ring_fini(&r);
	return e;
}

void seal_ring_fini(struct seal_ring *r)
{
	seal_wipe(r, sizeof *r);
}

/* --- names and tokens ---------------------------------------------------------------------- */

static struct str bytes(const void *p, size_t n)
{
	return (struct str){p, n};
}

/* With its NUL, so that no purpose is the beginning of another. */
static struct str purpose_str(const char *purpose)
{
	return (struct str){purpose, strlen(purpose) + 1};
}

void seal_hash(const struct seal_ring *r, const char *purpose, struct str text,
	uint8_t out[SEAL_MAC_BYTES])
{
	uint8_t key[SEAL_MAC_BYTES];

	ASSERT(r->n > 0);
	seal_hmac(bytes(r->key[0].key, 32), STR("hash48\0"), purpose_str(purpose), key);
	seal_hmac(bytes(key, sizeof key), text, (struct str){0}, out);
	seal_wipe(key, sizeof key);
}

uint64_t seal_hash48(const struct seal_ring *r, const char *purpose, struct str text)
{
	uint8_t mac[SEAL_MAC_BYTES];
	uint64_t v = 0;

	seal_hash(r, purpose, text, mac);
	for (int i = 0; i < 6; i++)
		v = v << 8 | mac[i];
	return v ? v : 1;
}

enum err seal_sign(const struct seal_ring *r, const char *purpose, const void *payload, size_t n,
	struct buf *out)
{
	char part[PAYLOAD_MAX / 3 * 4 + 5];
	uint8_t mac[SEAL_MAC_BYTES];

	ASSERT(r->n > 0);
	if (n > PAYLOAD_MAX)
		return ERR_TOO_LONG;
	BUF_ON(b, TOKEN_MAX);
	str_b64(payload, n, part);
	buf_addf(&b, "v1.%s.%s", r->key[0].id, part);
	seal_hmac(bytes(r->key[0].key, 32), purpose_str(purpose), buf_str(&b), mac);
	str_b64(mac, sizeof mac, part);
	buf_addf(&b, ".%s", part);
	ASSERT(buf_done(&b) == OK);
	buf_add(out, buf_str(&b));
	return buf_done(out);
}

/* id, payload and mac of a token; no part may be missing or more than one. */
static bool split(struct str text, struct str *signed_part, struct str *id, struct str *payload,
	struct str *mac)
{
	struct str v, rest = text;

	if (text.n > TOKEN_MAX || !str_cut(&rest, '.', &v) || !str_is(v, "v1"))
		return false;
	if (!str_cut(&rest, '.', id) || !str_cut(&rest, '.', payload))
		return false;
	*mac = rest;
	if (rest.n == 0)
		return false;
	*signed_part = (struct str){text.p, (size_t)(rest.p - text.p) - 1};
	return true;
}

enum err seal_open(const struct seal_ring *r, const char *purpose, struct str text, uint8_t *out,
	size_t cap, size_t *ret_n, bool *ret_old)
{
	struct str body, id, payload, mac_text;
	uint8_t mac[SEAL_MAC_BYTES], want[SEAL_MAC_BYTES], plain[PAYLOAD_MAX];
	size_t n;

	if (!split(text, &body, &id, &payload, &mac_text))
		return ERR_BAD_TOKEN;
	const struct seal_key *k = find(r, id);
	if (!k || str_unb64(mac_text, mac, sizeof mac, &n) != OK || n != sizeof mac)
		return ERR_BAD_TOKEN;
	seal_hmac(bytes(k->key, 32), purpose_str(purpose), body, want);
	bool same = seal_equal(mac, want, sizeof mac);
	seal_wipe(want, sizeof want);
	if (!same || str_unb64(payload, plain, sizeof plain, &n) != OK || n > cap)
		return ERR_BAD_TOKEN;
	if (n > 0)
		memcpy(out, plain, n);
	*ret_n = n;
	*ret_old = k != &r->key[0];
	return OK;
}
