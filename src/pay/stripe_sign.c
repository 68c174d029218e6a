/* pay/stripe_sign.c: verify first, read after. */
#include <string.h>

#include "base/json.h"
#include "base/seal.h"
#include "pay/snap.h"
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
	struct str part, name;

	if (s.n > STRIPE_SIGN_HEADER_MAX)
		return STRIPE_SIGN_MALFORMED;
	*ret = (struct header){0};
	while (str_cut(&s, ',', &part)) {
		if (part.n == 0 || !memchr(part.p, '=', part.n) || !str_cut(&part, '=', &name))
			return STRIPE_SIGN_MALFORMED;
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

/* --- the envelope ----------------------------------------------------------------------------- */

/* What we act on, and where in the event the id of the object stands that has to be fetched. */
static const struct row {
	const char *type;
	enum pay_kind kind;
	const char *id;
} rows[] = {
	{"checkout.session.completed", PAY_KIND_CHECKOUT, "data.object.id"},
	{"checkout.session.async_payment_succeeded", PAY_KIND_CHECKOUT, "data.object.id"},
	{"checkout.session.async_payment_failed", PAY_KIND_CHECKOUT, "data.object.id"},
	{"checkout.session.expired", PAY_KIND_CHECKOUT, "data.object.id"},
	{"invoice.paid", PAY_KIND_INVOICE, "data.object.id"},
	{"invoice.payment_failed", PAY_KIND_INVOICE, "data.object.id"},
	{"invoice.payment_action_required", PAY_KIND_INVOICE, "data.object.id"},
	{"customer.subscription.updated", PAY_KIND_SUBSCRIPTION, "data.object.id"},
	{"customer.subscription.deleted", PAY_KIND_SUBSCRIPTION, "data.object.id"},
	{"refund.created", PAY_KIND_REFUND, "data.object.id"},
	{"refund.updated", PAY_KIND_REFUND, "data.object.id"},
	{"refund.failed", PAY_KIND_REFUND, "data.object.id"},
	{"charge.refunded", PAY_KIND_PAYMENT, "data.object.payment_intent"},
	{"charge.dispute.created", PAY_KIND_DISPUTE, "data.object.id"},
	{"charge.dispute.updated", PAY_KIND_DISPUTE, "data.object.id"},
	{"charge.dispute.closed", PAY_KIND_DISPUTE, "data.object.id"},
	{"charge.dispute.funds_withdrawn", PAY_KIND_DISPUTE, "data.object.id"},
	{"charge.dispute.funds_reinstated", PAY_KIND_DISPUTE, "data.object.id"},
};

static const struct row *find_row(struct str type)
{
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (str_is(type, rows[i].type))
			return &rows[i];
	return NULL;
}

static enum err bad_event(struct fault *f, const char *field, const char *what)
{
	return fault_set(f, ERR_BAD_EVENT, field, "%s", what);
}

/* Thin events write their time as text; it is only a note there. */
static enum err read_created(const json_t *o, bool thin, utc_t *ret)
{
	int64_t s = 0;

	*ret = (utc_t){0};
	if (thin) {
		if (clock_parse(json_text(o, "created"), ret) != OK)
			*ret = (utc_t){0};
		return OK;
	}
	if (json_int(o, "created", true, 0, SNAP_TIME_MAX_S, &s, NULL, NULL) != OK)
		return ERR_BAD_EVENT;
	*ret = utc_of_s(s);
	return OK;
}

/* The object to fetch. A charge without a payment intent is not of our making. */
static enum err read_object(
	const json_t *o, const struct row *row, struct pay_event *e, struct fault *f)
{
	struct str id = json_text(o, row->id);

	if (row->kind == PAY_KIND_PAYMENT && id.n == 0)
		return OK;
	if (!snap_is_id(id))
		return bad_event(f, "data.object.id", "the event names no object");
	e->kind = row->kind;
	e->object_id = id;
	e->ignored = false;
	return OK;
}

static enum err read_envelope(const json_t *o, struct pay_event *e, struct fault *f)
{
	struct str object = json_text(o, "object");
	bool thin = str_is(object, "v2.core.event"), has = false;

	*e = (struct pay_event){
		.id = json_text(o, "id"), .type = json_text(o, "type"), .ignored = true};
	if (!snap_is_id(e->id))
		return bad_event(f, "id", "the event has no sound id");
	if (e->type.n == 0 || e->type.n > 120 || !str_is_word(e->type, "._-[]"))
		return bad_event(f, "type", "the event has no sound type");
	if (!thin && !str_is(object, "event"))
		return bad_event(f, "object", "this is not an event");
	if (json_bool(o, "livemode", !thin, &e->livemode, &has, NULL) != OK)
		return bad_event(f, "livemode", "the event does not tell its mode");
	if (read_created(o, thin, &e->created) != OK)
		return bad_event(f, "created", "the event does not tell its time");
	const struct row *row = find_row(e->type);
	if (thin || !row || json_at(o, "account"))
		return OK;
	return read_object(o, row, e, f);
}

static enum err keep(struct arena *a, struct pay_event *e)
{
	enum err r = arena_dup(a, e->id, &e->id);

	if (r == OK)
		r = arena_dup(a, e->type, &e->type);
	if (r == OK)
		r = arena_dup(a, e->object_id, &e->object_id);
	return r;
}

enum err stripe_sign_webhook(const struct pay_set *set, struct str signature, struct str body,
	utc_t now, struct arena *a, struct pay_event *ret, struct fault *f)
{
	struct pay_event e;
	int64_t skew = 0;
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
		return bad_event(f, NULL, "the body is not JSON");
	r = read_envelope(o, &e, f);
	if (r == OK)
		r = keep(a, &e);
	if (r == OK)
		*ret = e;
	return r;
}
