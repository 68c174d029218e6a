/* pay/stripe_sign.c: verify first, read after. */
#include <string.h>

#include "base/json.h"
#include "base/seal.h"
#include "pay/snap.h"
#include "pay/stripe_event.h"
#include "pay/stripe_sign.h"

#define HEX_N ((size_t)2 * SEAL_MAC_BYTES)

/* --- the signature ---------------------------------------------------------------------------- */

struct header {
	struct str t;
	uint64_t at_s;
	size_t v1_n;
	struct str v1[STRIPE_SIGN_V1_MAX];
};

const char *stripe_sign_name(enum stripe_sign v)
{
	static const char *const name[] = {"ok", "malformed", "no_v1", "bad_signature", "stale"};

	return (size_t)v < ARRAY_N(name) ? name[v] : "malformed";
}

static enum stripe_sign read_header(struct str s, struct header *ret)
{
	struct str part, name = {0};

	if (s.n > STRIPE_SIGN_HEADER_MAX)
		return STRIPE_SIGN_MALFORMED;
	*ret = (struct header){0};
	while (str_cut(&s, ',', &part)) {
		if (!memchr(part.p, '=', part.n))
			return STRIPE_SIGN_MALFORMED;
		str_cut(&part, '=', &name);
		if (str_is(name, "t")) {
			if (ret->t.p || str_u64(part, SNAP_TIME_MAX_S, &ret->at_s) != OK)
				return STRIPE_SIGN_MALFORMED;
			ret->t = part;
		} else if (str_is(name, "v1")) {
			if (ret->v1_n == STRIPE_SIGN_V1_MAX)
				return STRIPE_SIGN_MALFORMED;
			ret->v1[ret->v1_n++] = part;
		}
	}
	if (!ret->t.p)
		return STRIPE_SIGN_MALFORMED;
	return ret->v1_n ? STRIPE_SIGN_OK : STRIPE_SIGN_NO_V1;
}

/* All pairs are compared, also behind a match: the time tells nothing. */
static bool fits(const struct header *h, struct str body, const struct str *secret, size_t secret_n)
{
	uint8_t mac[SEAL_MAC_BYTES];
	char hex[HEX_N + 1];
	bool any = false;

	BUF_ON(lead, 32);
	buf_add(&lead, h->t);
	buf_byte(&lead, '.');
	if (buf_done(&lead) != OK) /* a t of many leading zeros */
		return false;
	for (size_t s = 0; s < secret_n; s++) {
		seal_hmac(secret[s], buf_str(&lead), body, mac);
		str_hex(mac, sizeof mac, hex);
		for (size_t i = 0; i < h->v1_n; i++)
			any |= h->v1[i].n == HEX_N && seal_equal(h->v1[i].p, hex, HEX_N);
	}
	seal_wipe(hex, sizeof hex);
	return any;
}

enum stripe_sign stripe_sign_check(struct str header, struct str body, const struct str *secret,
	size_t secret_n, utc_t now, int64_t tolerance_s, int64_t *ret_skew_s)
{
	struct header h;
	enum stripe_sign v = read_header(header, &h);

	if (v != STRIPE_SIGN_OK)
		return v;
	if (!fits(&h, body, secret, secret_n))
		return STRIPE_SIGN_BAD;
	*ret_skew_s = utc_s(now) - (int64_t)h.at_s;
	if (*ret_skew_s > tolerance_s || *ret_skew_s < -tolerance_s)
		return STRIPE_SIGN_STALE;
	return STRIPE_SIGN_OK;
}

/* --- the whole ------------------------------------------------------------------------------- */

static enum err keep(struct arena *a, struct pay_event *e)
{
	enum err r = arena_dup(a, e->id, &e->id);

	if (r == OK)
		r = arena_dup(a, e->type, &e->type);
	if (r == OK)
		r = arena_dup(a, e->object_id, &e->object_id);
	if (r == OK)
		r = arena_dup(a, e->version, &e->version);
	if (r == OK)
		r = arena_dup(a, e->card, &e->card);
	return r;
}

enum err stripe_sign_webhook(const struct pay_set *set, struct str signature, struct str body,
	utc_t now, struct arena *a, struct pay_event *ret, struct fault *f)
{
	struct pay_event e;
	int64_t skew = 0;

	if (set->secret_n == 0)
		return fault_set(f, ERR_SECRET, NULL, "this role holds no webhook secret");
	enum stripe_sign v = stripe_sign_check(
		signature, body, set->secret, set->secret_n, now, set->tolerance_s, &skew);

	if (v == STRIPE_SIGN_STALE)
		return fault_set(f, ERR_BAD_SIGNATURE, NULL, "stale: %lld s off", (long long)skew);
	if (v != STRIPE_SIGN_OK)
		return fault_set(f, ERR_BAD_SIGNATURE, NULL, "%s", stripe_sign_name(v));
	json_auto_t *o = NULL;
	enum err r = json_read(body, &o, f);
	if (r == ERR_NO_MEMORY)
		return r;
	if (r != OK)
		return fault_set(f, ERR_BAD_EVENT, NULL, "the body is not JSON");
	r = stripe_event_read(set, o, &e, f);
	if (r == OK)
		r = keep(a, &e);
	e.signed_at = utc_of_s(utc_s(now) - skew);
	if (r == OK)
		*ret = e;
	return r;
}
