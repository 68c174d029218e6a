/* pay/stripe_snap.c: one reader for each kind of object. */
#include <string.h>

#include "base/json.h"
#include "pay/snap.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"

#define LINES_MAX 50

/* --- subscription ----------------------------------------------------------------------------- */

/* unpaid and paused can come back to life, so they are not the end; incomplete has not begun. */
static const struct snap_word recurring_states[] = {
	{"active", "active"},
	{"trialing", "active"},
	{"past_due", "past_due"},
	{"unpaid", "past_due"},
	{"paused", "past_due"},
	{"canceled", "ended"},
	{"incomplete_expired", "ended"},
	{"incomplete", ""},
	{0},
};

static enum err add_subscription(struct snap *s, const json_t *o, const char **ret_state)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	struct str id, customer;
	utc_t until, older;
	const char *state = snap_word(recurring_states, json_text(o, "status"));

	*ret_state = state;
	if (!state)
		return snap_bad(s, "status", "a subscription in an unknown state");
	enum err e = snap_ref(s, o, "customer", &customer);
	if (e == OK)
		e = snap_time(s, o, "items.data.0.current_period_end", &until);
	if (e == OK)
		e = snap_time(s, o, "current_period_end", &older);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	until = until.us > 0 ? until : older;
	id = json_text(o, "id");
	if (!snap_is_id(id))
		return snap_bad(s, "subscription.id", "this is not an id");
	if (until.us == 0 && strcmp(state, "ended") != 0)
		return snap_bad(
			s, "current_period_end", "the end of the period is in neither place");
	if (state[0])
		snap_recurring(s, id, state, until, customer);
	return OK;
}

static enum err subscription(struct snap *s, const json_t *o)
{
	const char *state;

	return add_subscription(s, o, &state);
}

/* --- invoice ---------------------------------------------------------------------------------- */

/* The payment intent, of the payment that went through if there are several. */
static enum err invoice_intent(struct snap *s, const json_t *o, struct str *ret)
{
	const json_t *list = json_at(o, "payments.data");
	struct str id;
	enum err e = snap_ref(s, o, "payment_intent", ret);

	for (size_t i = 0; i < json_array_size(list) && e == OK; i++) {
		const json_t *p = json_array_get(list, i);
		e = snap_ref(s, p, "payment.payment_intent", &id);
		if (id.n && (ret->n == 0 || str_is(json_text(p, "status"), "paid")))
			*ret = id;
	}
	return e;
}

static bool is_state(const char *state, const char *word)
{
	return state && strcmp(state, word) == 0;
}

static bool is_first(const json_t *invoice)
{
	return str_is(json_text(invoice, "billing_reason"), "subscription_create");
}

/* What the invoice says of its money. Open and tried: on its way, or failed when another try is
 * planned. An open first one says nothing: on the checkout page the donor may still try again. */
static enum err read_invoice(struct snap *s, const json_t *o, struct snap_paid *ret)
{
	struct str status = json_text(o, "status");
	struct snap_paid p = {.id = json_text(o, "id")};
	bool tried = false, again = json_at(o, "next_payment_attempt") != NULL;
	bool paid = str_is(status, "paid");

	if (!snap_is_id(p.id))
		return snap_bad(s, "invoice.id", "this is not an id");
	if (json_bool(o, "attempted", false, &tried, NULL, NULL) != OK)
		return snap_bad(s, "attempted", "must be true or false");
	if (paid)
		p.state = "paid";
	else if (str_is(status, "open") && tried && !is_first(o))
		p.state = again ? "failed" : "processing";
	else if (str_is(status, "void") || str_is(status, "uncollectible"))
		p.state = "failed";
	else if (!str_is(status, "draft") && !str_is(status, "open"))
		return snap_bad(s, "status", "an invoice in an unknown state");
	enum err e = snap_money(s, o, paid ? "amount_paid" : "amount_due", &p.money);
	if (e == OK)
		e = invoice_intent(s, o, &p.intent);
	if (e == OK)
		e = snap_time(s, o, "status_transitions.paid_at", &p.at);
	if (e == OK)
		*ret = p;
	return e;
}

/* Lines: where the subscription stands when it stands nowhere else, and until when the donor has
 * paid. */
static enum err read_lines(struct snap *s, const json_t *o, struct str *sub, utc_t *until)
{
	static const char *const subs[] = {
		"parent.subscription_item_details.subscription", "subscription", NULL};
	static const char *const pledge[] = {"metadata.pledge", NULL};
	const json_t *list = json_at(o, "lines.data");
	size_t n = json_array_size(list);
	struct str id;
	utc_t end;
	enum err e = OK;

	*until = (utc_t){0};
	for (size_t i = 0; i < n && i < LINES_MAX && e == OK; i++) {
		const json_t *line = json_array_get(list, i);
		e = snap_ref_in(s, line, subs, &id);
		if (e == OK)
			e = snap_time(s, line, "period.end", &end);
		if (e == OK)
			e = snap_pledge(s, line, pledge);
		if (e == OK && sub->n == 0)
			*sub = id;
		if (e == OK && end.us > until->us)
			*until = end;
	}
	return e;
}

static enum err invoice(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"parent.subscription_details.metadata.pledge",
		"subscription_details.metadata.pledge", "metadata.pledge", NULL};
	static const char *const subs[] = {
		"parent.subscription_details.subscription", "subscription", NULL};
	struct str sub, customer;
	struct snap_paid p;
	utc_t until;
	enum err e = read_invoice(s, o, &p);

	if (e == OK)
		e = snap_ref_in(s, o, subs, &sub);
	if (e == OK)
		e = snap_ref(s, o, "customer", &customer);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e == OK)
		e = read_lines(s, o, &sub, &until);
	if (e != OK)
		return e;
	if (sub.n == 0 && json_is_null(json_object_get(s->out, "pledge")))
		return snap_bad(s, NULL, "no reference: neither a subscription nor a pledge");
	snap_payment(s, &p);
	snap_email(s, o, "customer_email");
	/* the subscription itself was not fetched: as far as this invoice goes, and a first one
	 * that is not paid has begun nothing */
	bool paid = is_state(p.state, "paid");
	if (sub.n && (paid || !is_first(o)))
		snap_recurring(s, sub, is_state(p.state, "failed") ? "past_due" : "active",
			paid ? until : (utc_t){0}, customer);
	return OK;
}

/* --- payment intent, refund, dispute ---------------------------------------------------------- */

static const struct snap_word refund_states[] = {
	{"pending", "pending"},
	{"requires_action", "pending"},
	{"succeeded", "done"},
	{"failed", "failed"},
	{"canceled", "failed"},
	{0},
};

static const struct snap_word dispute_states[] = {
	{"warning_needs_response", "open"},
	{"warning_under_review", "open"},
	{"needs_response", "open"},
	{"under_review", "open"},
	{"appeal_needs_response", "open"},
	{"appeal_under_review", "open"},
	{"warning_closed", "won"},
	{"won", "won"},
	{"prevented", "won"},
	{"lost", "lost"},
	{0},
};

/* Refunds and disputes look alike: an amount taken from a payment, and a state. */
static enum err add_claim(
	struct snap *s, const json_t *o, const char *list, const struct snap_word *states)
{
	static const char *const payments[] = {"payment_intent", "charge", NULL};
	static const char *const pledge[] = {
		"metadata.pledge", "payment_intent.metadata.pledge", NULL};
	const char *state = snap_word(states, json_text(o, "status"));
	struct str id = json_text(o, "id"), payment;
	struct money m;

	if (!snap_is_id(id))
		return snap_bad(s, "id", "this is not an id");
	if (!state)
		return snap_bad(s, "status", "it is in an unknown state");
	enum err e = snap_money(s, o, "amount", &m);
	if (e == OK)
		e = snap_ref_in(s, o, payments, &payment);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	if (payment.n == 0)
		return snap_bad(s, NULL, "no reference: it names no payment");
	if (m.minor == 0)
		return snap_bad(s, "amount", "nothing is taken");
	snap_push(s, list,
		json_pack("{s:o,s:o,s:I,s:s,s:s}", "id", snap_text(id), "payment",
			snap_text(payment), "amount", (json_int_t)m.minor, "currency", m.cur,
			"state", state));
	return OK;
}

static enum err refund(struct snap *s, const json_t *o)
{
	return add_claim(s, o, "refunds", refund_states);
}

static enum err dispute(struct snap *s, const json_t *o)
{
	return add_claim(s, o, "disputes", dispute_states);
}

/* Waiting for the donor is nothing to tell: the checkout page says more. */
static const struct snap_word intent_states[] = {
	{"succeeded", "paid"},
	{"processing", "processing"},
	{"canceled", "failed"},
	{"requires_payment_method", ""},
	{"requires_confirmation", ""},
	{"requires_action", ""},
	{"requires_capture", ""},
	{0},
};

static enum err payment(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	const json_t *refunds = json_at(o, "latest_charge.refunds.data");
	const char *state = snap_word(intent_states, json_text(o, "status"));
	struct snap_paid p = {0};
	struct str invoice;
	utc_t made;

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
	p.intent = json_text(o, "id");
	p.id = invoice.n ? invoice : p.intent;
	if (e == OK && !p.state && json_is_null(json_object_get(s->out, "pledge")))
		return snap_bad(s, NULL, "no reference: neither money nor a pledge");
	if (e == OK)
		snap_payment(s, &p);
	for (size_t i = 0; i < json_array_size(refunds) && e == OK; i++)
		e = add_claim(s, json_array_get(refunds, i), "refunds", refund_states);
	return e;
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
		return snap_bad(s, "payment_intent", "complete, but no reference to the payment");
	p.intent = p.id;
	snap_payment(s, &p);
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
		e = snap_bad(
			s, "subscription", "complete, but no reference to subscription or invoice");
	if (e == OK)
		e = json_is_object(invoice) ? read_invoice(s, invoice, &p)
					    : snap_money(s, o, "amount_total", &p.money);
	if (e == OK && json_is_object(sub))
		e = add_subscription(s, sub, &life);
	else if (e == OK && is_state(p.state, "paid"))
		snap_recurring(s, sub_id, "active", (utc_t){0}, customer);
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
	bool page = is_state(state, "open") && stripe_wire_is_page(s->set, url);
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
	[PAY_KIND_INVOICE] = {"invoice", true, invoice},
	[PAY_KIND_SUBSCRIPTION] = {"subscription", true, subscription},
	[PAY_KIND_PAYMENT] = {"payment_intent", true, payment},
	[PAY_KIND_REFUND] = {"refund", false, refund},
	[PAY_KIND_DISPUTE] = {"dispute", true, dispute},
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
	if (e == OK && s.no_memory)
		e = fault_set(f, ERR_NO_MEMORY, NULL, "writing the snapshot");
	if (e == OK)
		*ret = s.out;
	else
		json_decref(s.out);
	return e;
}
