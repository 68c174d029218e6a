/* app/account.c: the signature is checked before anything inside is read. */
#include "app/account.h"
#include "base/json.h"

#define PART_MAX 1536

static bool is_signed(const struct seal_ring *ring, struct str text, struct str mac64)
{
	uint8_t mac[SEAL_MAC_BYTES], ours[SEAL_MAC_BYTES];
	size_t n;
	if (str_unb64(mac64, mac, sizeof mac, &n) != OK || n != sizeof mac)
		return false;
	bool found = false;
	for (size_t i = 0; i < ring->n; i++) {
		seal_hmac((struct str){(const char *)ring->key[i].key, sizeof ring->key[i].key},
			text, STR(""), ours);
		found |= seal_equal(mac, ours, sizeof mac);
	}
	return found;
}

static enum err read_part(struct str b64, json_t **ret)
{
	uint8_t mem[PART_MAX];
	size_t n;
	if (str_unb64(b64, mem, sizeof mem, &n) != OK)
		return ERR_BAD_TOKEN;
	return json_read((struct str){(const char *)mem, n}, ret, NULL) == OK ? OK : ERR_BAD_TOKEN;
}

/* A text, or a list of texts. */
static bool is_for(const json_t *aud, struct str site)
{
	bool found = json_is_string(aud) && str_is(site, json_string_value(aud));
	for (size_t i = 0; i < json_array_size(aud); i++) {
		const json_t *one = json_array_get(aud, i);
		found = found || (json_is_string(one) && str_is(site, json_string_value(one)));
	}
	return found;
}

static bool is_now(const json_t *claims, utc_t now)
{
	const json_t *exp = json_object_get(claims, "exp"), *nbf = json_object_get(claims, "nbf");
	if (!json_is_integer(exp) || json_integer_value(exp) <= utc_s(now))
		return false;
	return !nbf || (json_is_integer(nbf) && json_integer_value(nbf) <= utc_s(now));
}

enum err account_check(const struct seal_ring *ring, struct str token, struct str site, utc_t now)
{
	struct str rest = token, head, body;
	json_auto_t *header = NULL, *claims = NULL;
	if (token.n > ACCOUNT_TOKEN_MAX || !str_cut(&rest, '.', &head) ||
		!str_cut(&rest, '.', &body) || rest.n == 0)
		return ERR_BAD_TOKEN;
	struct str text = {token.p, head.n + 1 + body.n};
	if (!is_signed(ring, text, rest) || read_part(head, &header) != OK ||
		read_part(body, &claims) != OK)
		return ERR_BAD_TOKEN;
	if (!str_is(json_text(header, "alg"), "HS256") || json_object_get(header, "crit"))
		return ERR_BAD_TOKEN;
	return is_now(claims, now) && is_for(json_object_get(claims, "aud"), site) ? OK
										   : ERR_BAD_TOKEN;
}
