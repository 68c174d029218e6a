/* pay/stripe_claim.c: an amount, a payment it is taken from, and a state. */
#include "pay/stripe_claim.h"
#include "base/json.h"
#include "pay/stripe_word.h"

#define MOVES_MAX 50

/* --- fees and refusals ------------------------------------------------------------------------ */

/* What is odd there is not told: the fee is what counts. */
static utc_t settles(const json_t *move)
{
	const json_t *at = json_object_get(move, "available_on");
	json_int_t s = json_is_integer(at) ? json_integer_value(at) : 0;
	return s > 0 && s <= SNAP_TIME_MAX_S ? utc_of_s(s) : (utc_t){0};
}

static enum err fee(struct snap *s, const json_t *move, struct str payment, const char *what)
{
	struct str id = json_text(move, "id");
	struct money m;

	if (!snap_is_id(id))
		return snap_bad(s, "balance_transaction.id", "this is not an id");
	enum err e = snap_signed(s, move, "fee", &m);
	if (e == OK)
		snap_fee(s, id, payment, what, &m, settles(move));
	return e;
}

enum err stripe_claim_fee(
	struct snap *s, const json_t *o, const char *path, struct str payment, const char *what)
{
	const json_t *move = json_at(o, path);

	if (!move || (json_is_string(move) && snap_is_id(json_text(o, path))))
		return OK;
	if (!json_is_object(move))
		return snap_bad(s, path, "this is neither an id nor a movement");
	return fee(s, move, payment, what);
}

struct str stripe_claim_refusal(const json_t *intent)
{
	struct str bank = json_text(intent, "last_payment_error.decline_code");

	return bank.n ? bank : json_text(intent, "last_payment_error.code");
}

/* --- refunds and disputes --------------------------------------------------------------------- */

/* gives the payment that it is taken from; the picture's item without more */
static enum err claim(
	struct snap *s, const json_t *o, const char *state, struct str *ret_payment, json_t **ret)
{
	static const char *const payments[] = {"payment_intent", "charge", NULL};
	static const char *const pledge[] = {
		"metadata.pledge", "payment_intent.metadata.pledge", NULL};
	struct str id = json_text(o, "id");
	struct money m;

	if (!snap_is_id(id))
		return snap_bad(s, "id", "this is not an id");
	if (!state)
		return snap_bad(s, "status", "it is in an unknown state");
	enum err e = snap_money(s, o, "amount", &m);
	if (e == OK)
		e = snap_ref_in(s, o, payments, ret_payment);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	if (ret_payment->n == 0)
		return snap_stray(s, NULL, "it names no payment");
	if (m.minor == 0)
		return snap_bad(s, "amount", "nothing is taken");
	*ret = json_pack("{s:o,s:o,s:I,s:s,s:s}", "id", snap_text(id), "payment",
		snap_text(*ret_payment), "amount", (json_int_t)m.minor, "currency", m.cur, "state",
		state);
	s->no_memory |= !*ret;
	return OK;
}

enum err stripe_claim_refund(struct snap *s, const json_t *o)
{
	struct str payment = {0};
	json_t *item = NULL;
	enum err e = claim(s, o, stripe_word_refund(json_text(o, "status")), &payment, &item);

	if (e != OK)
		return e;
	s->no_memory |=
		json_object_set_new(item, "ours", snap_uuid(json_text(o, "metadata.refund"))) != 0;
	snap_push(s, "refunds", item);
	return stripe_claim_fee(s, o, "balance_transaction", payment, "refund");
}

/* Its movements: the money is taken, with a fee, and may come back, with or without it. */
enum err stripe_claim_dispute(struct snap *s, const json_t *o)
{
	const json_t *moves = json_at(o, "balance_transactions");
	struct str payment = {0};
	json_t *item = NULL;
	enum err e = claim(s, o, stripe_word_dispute(json_text(o, "status")), &payment, &item);

	if (e != OK)
		return e;
	snap_push(s, "disputes", item);
	if (moves && (!json_is_array(moves) || json_array_size(moves) > MOVES_MAX))
		return snap_bad(s, "balance_transactions", "must be a short list");
	for (size_t i = 0; i < json_array_size(moves) && e == OK; i++)
		e = fee(s, json_array_get(moves, i), payment, "dispute");
	return e;
}

/* --- warnings --------------------------------------------------------------------------------- */

enum err stripe_claim_warning(struct snap *s, const json_t *o)
{
	static const char *const payments[] = {
		"payment_intent", "charge.payment_intent", "charge", NULL};
	static const char *const pledge[] = {
		"payment_intent.metadata.pledge", "charge.metadata.pledge", NULL};
	struct str payment, kind = json_text(o, "fraud_type");
	bool actionable = false;

	if (json_bool(o, "actionable", true, &actionable, NULL, NULL) != OK)
		return snap_bad(s, "actionable", "must be true or false");
	if (kind.n == 0)
		return snap_bad(s, "fraud_type", "the kind is not told");
	enum err e = snap_ref_in(s, o, payments, &payment);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e == OK && payment.n == 0)
		e = snap_stray(s, NULL, "it names no payment");
	if (e == OK)
		snap_push(s, "warnings",
			json_pack("{s:o,s:o,s:o,s:b}", "id", snap_text(json_text(o, "id")),
				"payment", snap_text(payment), "kind", snap_code(kind),
				"actionable", (int)actionable));
	return e;
}
