/* pay/mollie_snap.c: a payment tells everything; what is sent back stands in it. */
#include <string.h>

#include "base/json.h"
#include "pay/mollie_read.h"
#include "pay/mollie_snap.h"
#include "pay/wire.h"

#define CLAIMS_MAX 250

/* What is reserved but not taken is on its way. A page that the donor or we gave up is over like
 * one that ran out. */
static const struct wire_word pages[] = {
	{"open", "open"},
	{"pending", "processing"},
	{"authorized", "processing"},
	{"paid", "complete"},
	{"expired", "expired"},
	{"canceled", "expired"},
	{"failed", "failed"},
	{0},
};

static const struct wire_word refunds[] = {
	{"queued", "pending"},
	{"pending", "pending"},
	{"processing", "pending"},
	{"refunded", "done"},
	{"failed", "failed"},
	{"canceled", "failed"},
	{0},
};

const char *mollie_snap_page(struct str status)
{
	return wire_word(pages, status);
}

const char *mollie_snap_refund(struct str status)
{
	return wire_word(refunds, status);
}

/* --- what is taken from a payment ------------------------------------------------------------- */

static enum err claim(struct snap *s, const json_t *o, const char *prefix, struct str payment,
	const char *state, json_t **ret)
{
	struct str id = json_text(o, "id");
	struct money m;

	if (!mollie_read_is_id(id, prefix))
		return snap_bad(s, "id", "this is not an id");
	if (!state)
		return snap_bad(s, "status", "it is in an unknown state");
	if (!str_eq(json_text(o, "paymentId"), payment) || !mollie_read_is_id(payment, "tr_"))
		return snap_bad(s, "paymentId", "it names another payment, or none");
	enum err e = mollie_read_money(s, o, "amount", &m);
	if (e != OK)
		return e;
	if (m.minor == 0)
		return snap_bad(s, "amount", "nothing is taken");
	*ret = json_pack("{s:o,s:o,s:I,s:s,s:s}", "id", snap_text(id), "payment",
		snap_text(payment), "amount", (json_int_t)m.minor, "currency", m.cur, "state",
		state);
	return *ret ? OK : ERR_NO_MEMORY;
}

static enum err refund(struct snap *s, const json_t *o, struct str payment)
{
	const char *state = mollie_snap_refund(json_text(o, "status"));
	json_t *item = NULL;
	enum err e = claim(s, o, "re_", payment, state, &item);

	if (e != OK)
		return e;
	s->no_memory |=
		json_object_set_new(item, "ours", snap_uuid(json_text(o, "metadata.refund"))) != 0;
	snap_push(s, "refunds", item);
	return OK;
}

/* The bank has taken the money; sometimes it is given back. */
static enum err chargeback(struct snap *s, const json_t *o, struct str payment)
{
	json_t *item = NULL;
	utc_t back;
	enum err e = mollie_read_time(s, o, "reversedAt", &back);

	if (e == OK)
		e = claim(s, o, "chb_", payment, back.us > 0 ? "won" : "lost", &item);
	if (e == OK)
		snap_push(s, "disputes", item);
	return e;
}

static enum err claims(struct snap *s, const json_t *o, const char *path, struct str payment,
	enum err (*read)(struct snap *, const json_t *, struct str))
{
	const json_t *list = json_at(o, path);
	enum err e = OK;

	if (list && (!json_is_array(list) || json_array_size(list) > CLAIMS_MAX))
		return snap_bad(s, path, "must be a short list");
	for (size_t i = 0; i < json_array_size(list) && e == OK; i++)
		e = read(s, json_array_get(list, i), payment);
	return e;
}

/* --- the payment ------------------------------------------------------------------------------ */

static enum err money(struct snap *s, const json_t *o, struct str id, const char *page)
{
	bool paid = strcmp(page, "complete") == 0, failed = strcmp(page, "failed") == 0;
	struct snap_paid p = {.id = id, .state = paid ? "paid" : failed ? "failed" : NULL};
	enum err e = mollie_read_money(s, o, "amount", &p.money);

	if (e == OK)
		e = mollie_read_time(s, o, "paidAt", &p.at);
	if (e == OK && paid && p.at.us == 0)
		e = snap_bad(s, "paidAt", "paid, but it is not told when");
	if (e != OK)
		return e;
	p.method = json_text(o, "method");
	p.country = json_text(o, "details.cardCountryCode");
	snap_payment(s, &p);
	struct str why = json_text(o, "details.failureReason");
	if (failed)
		snap_decline(s, id, why.n ? why : STR("not_told"), false);
	return OK;
}

static enum err payment(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	struct str id = json_text(o, "id"), url = json_text(o, "_links.checkout.href");
	const char *page = mollie_snap_page(json_text(o, "status"));
	utc_t expires;

	if (!page)
		return snap_bad(s, "status", "a payment in an unknown state");
	enum err e = mollie_read_time(s, o, "expiresAt", &expires);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e == OK)
		e = money(s, o, id, page);
	if (e == OK)
		e = claims(s, o, "_embedded.refunds", id, refund);
	if (e == OK)
		e = claims(s, o, "_embedded.chargebacks", id, chargeback);
	if (e != OK)
		return e;
	bool open = strcmp(page, "open") == 0 && wire_is_page(s->set, s->set->checkout_host, url);
	snap_put(s, "checkout",
		json_pack("{s:o,s:s,s:o,s:o}", "id", snap_text(id), "state", page, "expires_at",
			snap_at(expires), "url", snap_text(open ? url : (struct str){0})));
	return OK;
}

/* --- all kinds -------------------------------------------------------------------------------- */

/* The answer of a call for a refund tells its mode only since lately; the key decides it. */
static enum err read(struct snap *s, const json_t *o, bool is_refund, utc_t fetched_at)
{
	bool live = s->set->livemode;
	enum err e = is_refund && !json_at(o, "mode") ? OK : mollie_read_mode(o, &live, s->f);

	if (e == OK)
		e = snap_open(s, "mollie", live, fetched_at);
	if (e != OK)
		return e;
	return is_refund ? refund(s, o, json_text(o, "paymentId")) : payment(s, o);
}

enum err mollie_snap_parse(const struct pay_set *set, enum pay_kind kind,
	const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f)
{
	struct snap s = {.set = set, .f = f};
	bool is_refund = kind == PAY_KIND_REFUND;
	json_auto_t *o = NULL;

	if (!is_refund && kind != PAY_KIND_CHECKOUT && kind != PAY_KIND_PAYMENT)
		return fault_set(f, ERR_PROVIDER, NULL, "there is no such kind of object");
	enum err e = mollie_read_object(
		ans, is_refund ? "refund" : "payment", is_refund ? "re_" : "tr_", &o, f);
	if (e == OK)
		e = read(&s, o, is_refund, fetched_at);
	if (e == ERR_NO_MEMORY || (e == OK && s.no_memory))
		e = fault_set(f, ERR_NO_MEMORY, NULL, "writing the snapshot");
	if (e == OK)
		*ret = s.out;
	else
		json_decref(s.out);
	return e;
}
