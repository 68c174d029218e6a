/* pay/stripe_snap.c: one reader for each kind of object; the payment itself and the checkout are
 * here. */
#include <string.h>

#include "base/json.h"
#include "pay/snap.h"
#include "pay/stripe_claim.h"
#include "pay/stripe_recurring.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"
#include "pay/stripe_word.h"
#include "pay/wire.h"

static bool is_state(const char *state, const char *word)
{
	return state && strcmp(state, word) == 0;
}

/* --- payment intent --------------------------------------------------------------------------- */

/* What it came to cost, and what went back. */
static enum err read_charge(struct snap *s, const json_t *o, struct str intent)
{
	const json_t *refunds = json_at(o, "latest_charge.refunds.data");
	enum err e = stripe_claim_fee(s, o, "latest_charge.balance_transaction", intent, "payment");

	for (size_t i = 0; i < json_array_size(refunds) && e == OK; i++)
		e = stripe_claim_refund(s, json_array_get(refunds, i));
	return e;
}

/* The method is a word, and the key of what is told of it. */
static void read_method(const json_t *intent, struct snap_paid *p)
{
	const json_t *how = json_at(intent, "latest_charge.payment_method_details");
	char key[50];

	p->method = json_text(how, "type");
	if (p->method.n > 0 && str_is_word(p->method, "_") &&
		str_copy(p->method, key, sizeof key) == OK)
		p->country = json_text(json_object_get(how, key), "country");
}

static enum err payment(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	const char *state = stripe_word_intent(json_text(o, "status"));
	struct snap_paid p = {.intent = json_text(o, "id")};
	struct str invoice = {0};
	utc_t made = {0};

	if (!state)
		return snap_bad(s, "status", "a payment in an unknown state");
	p.state = state[0] ? state : NULL;
	enum err e = snap_money(
		s, o, strcmp(state, "paid") == 0 ? "amount_received" : "amount", &p.money);
	if (e == OK)
		e = snap_ref(s, o, "invoice", &invoice); /* until 2025 */
	if (e == OK)
		e = snap_time(s, o, "created", &made);
	if (e == OK)
		e = snap_time(s, o, "latest_charge.created", &p.at);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	p.at = p.at.us > 0 ? p.at : made;
	p.id = invoice.n ? invoice : p.intent;
	if (e == OK && !p.state && json_is_null(json_object_get(s->out, "pledge")))
		return snap_stray(s, NULL, "neither money nor a pledge");
	if (e != OK)
		return e;
	read_method(o, &p);
	snap_payment(s, &p);
	if (!is_state(p.state, "paid"))
		snap_decline(s, p.intent, stripe_claim_refusal(o), true);
	return read_charge(s, o, p.intent);
}

/* --- checkout session ------------------------------------------------------------------------- */

/* One payment. A delayed one that failed leaves the session complete; only its payment intent
 * tells. */
static enum err complete_once(struct snap *s, const json_t *o, bool paid, const char **ret_state)
{
	struct str pi = json_text(o, "payment_intent.status");
	bool failed = !paid && (str_is(pi, "requires_payment_method") || str_is(pi, "canceled"));
	struct snap_paid p = {.state = paid ? "paid" : failed ? "failed" : "processing"};
	enum err e = snap_money(s, o, "amount_total", &p.money);

	if (e == OK)
		e = snap_ref(s, o, "payment_intent", &p.id);
	if (e == OK)
		e = snap_time(s, o, "payment_intent.created", &p.at);
	if (e != OK)
		return e;
	if (p.id.n == 0)
		return snap_stray(s, "payment_intent", "complete, but without its payment");
	p.intent = p.id;
	snap_payment(s, &p);
	if (failed)
		snap_decline(s, p.id, stripe_claim_refusal(json_at(o, "payment_intent")), true);
	*ret_state = paid ? "complete" : p.state;
	return OK;
}

/* The first instalment. Its invoice is the truth; what is not expanded is taken from the session.
 */
static enum err complete_recurring(
	struct snap *s, const json_t *o, bool paid, const char **ret_state)
{
	const json_t *invoice = json_at(o, "invoice"), *sub = json_at(o, "subscription");
	const char *life = NULL;
	struct str sub_id, customer;
	struct snap_paid p = {.state = paid ? "paid" : "processing"};
	enum err e = snap_ref(s, o, "subscription", &sub_id);

	if (e == OK)
		e = snap_ref(s, o, "customer", &customer);
	if (e == OK)
		e = snap_ref(s, o, "invoice", &p.id);
	if (e == OK && (sub_id.n == 0 || p.id.n == 0))
		e = snap_stray(s, "subscription", "complete, but neither subscription nor invoice");
	if (e == OK)
		e = json_is_object(invoice) ? stripe_recurring_money(s, invoice, &p)
					    : snap_money(s, o, "amount_total", &p.money);
	if (e == OK && json_is_object(sub))
		e = stripe_recurring_life(s, sub, &life);
	else if (e == OK && is_state(p.state, "paid"))
		snap_recurring(s, &(struct snap_recur){
					  .id = sub_id, .state = "active", .customer = customer});
	if (e != OK)
		return e;
	bool dead = is_state(life, "ended") || str_is(json_text(invoice, "status"), "void");
	p.state = p.state ? p.state : "processing";
	snap_payment(s, &p);
	*ret_state = is_state(p.state, "paid") ? "complete" : dead ? "failed" : "processing";
	return OK;
}

static enum err complete(struct snap *s, const json_t *o, struct str pays, const char **ret_state)
{
	struct str mode = json_text(o, "mode");
	bool paid = str_is(pays, "paid");
	enum err e;

	if (!paid && !str_is(pays, "unpaid"))
		return snap_bad(
			s, "payment_status", "complete without anything to pay, or unknown");
	if (str_is(mode, "payment"))
		e = complete_once(s, o, paid, ret_state);
	else if (str_is(mode, "subscription"))
		e = complete_recurring(s, o, paid, ret_state);
	else
		e = snap_bad(s, "mode", "a checkout of an unknown kind");
	if (e == OK && is_state(*ret_state, "complete") &&
		json_array_size(json_object_get(s->out, "payments")) == 0)
		return snap_bad(s, "amount_total", "paid, but nothing");
	return e;
}

static enum err checkout(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", "client_reference_id", NULL};
	struct str status = json_text(o, "status"), pays = json_text(o, "payment_status");
	struct str url = json_text(o, "url");
	const char *state = NULL;
	utc_t expires;
	enum err e = snap_time(s, o, "expires_at", &expires);

	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	if (str_is(status, "complete"))
		e = complete(s, o, pays, &state);
	else if (str_is(pays, "paid"))
		e = snap_bad(s, "status", "paid, but not complete");
	else if (str_is(status, "open") || str_is(status, "expired"))
		state = str_is(status, "open") ? "open" : "expired";
	else
		e = snap_bad(s, "status", "a checkout in an unknown state");
	if (e != OK)
		return e;
	bool page = is_state(state, "open") && wire_is_page(s->set, s->set->checkout_host, url);
	snap_put(s, "checkout",
		json_pack("{s:o,s:s,s:o,s:o}", "id", snap_text(json_text(o, "id")), "state", state,
			"expires_at", snap_at(expires), "url",
			snap_text(page ? url : (struct str){0})));
	snap_email(s, o, "customer_email");
	snap_email(s, o, "customer_details.email");
	return OK;
}

/* --- all kinds -------------------------------------------------------------------------------- */

static enum err start(struct snap *s, const json_t *o, bool has_mode, utc_t fetched_at)
{
	bool live = s->set->livemode;

	if (has_mode && json_bool(o, "livemode", true, &live, NULL, NULL) != OK)
		return snap_bad(s, "livemode", "the mode is not told");
	return snap_open(s, "stripe", live, fetched_at);
}

static const struct snap_reader {
	const char *object;
	bool has_mode; /* a refund does not tell its livemode */
	enum err (*read)(struct snap *s, const json_t *o);
} readers[] = {
	[PAY_KIND_CHECKOUT] = {"checkout.session", true, checkout},
	[PAY_KIND_INVOICE] = {"invoice", true, stripe_recurring_invoice},
	[PAY_KIND_SUBSCRIPTION] = {"subscription", true, stripe_recurring_subscription},
	[PAY_KIND_PAYMENT] = {"payment_intent", true, payment},
	[PAY_KIND_REFUND] = {"refund", false, stripe_claim_refund},
	[PAY_KIND_DISPUTE] = {"dispute", true, stripe_claim_dispute},
	[PAY_KIND_WARNING] = {"radar.early_fraud_warning", true, stripe_claim_warning},
};

enum err stripe_snap_parse(const struct pay_set *set, enum pay_kind kind,
	const struct pay_answer *ans, utc_t fetched_at, json_t **ret, struct fault *f)
{
	struct snap s = {.set = set, .f = f};
	json_auto_t *o = NULL;

	if ((size_t)kind >= ARRAY_N(readers) || !readers[kind].read)
		return fault_set(f, ERR_PROVIDER, NULL, "there is no such kind of object");
	enum err e = stripe_wire_read(ans, readers[kind].object, &o, f);
	if (e == OK)
		e = start(&s, o, readers[kind].has_mode, fetched_at);
	if (e == OK)
		e = readers[kind].read(&s, o);
	if (e == ERR_NO_MEMORY || (e == OK && s.no_memory))
		e = fault_set(f, ERR_NO_MEMORY, NULL, "writing the snapshot");
	if (e == OK)
		*ret = s.out;
	else
		json_decref(s.out);
	return e;
}
