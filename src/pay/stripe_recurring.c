/* pay/stripe_recurring.c: a subscription, and one instalment of it. */
#include <string.h>

#include "base/json.h"
#include "pay/stripe_claim.h"
#include "pay/stripe_recurring.h"
#include "pay/stripe_word.h"

#define LINES_MAX 50
#define TRIES_MAX 1000

/* --- subscription ----------------------------------------------------------------------------- */

/* What the next instalments are. Only one line of a plain price is something that we can change. */
static enum err read_price(struct snap *s, const json_t *o, struct snap_recur *r)
{
	const json_t *list = json_at(o, "items.data"), *item = json_array_get(list, 0);
	const json_t *price = json_at(item, "price");
	struct str every = json_text(price, "recurring.interval");
	int64_t quantity = 1, times = 1;
	struct money each;
	bool has;

	if (json_array_size(list) != 1 || json_is_true(json_at(o, "items.has_more")))
		return OK;
	enum err e = snap_ref(s, item, "id", &r->item);
	if (e == OK)
		e = snap_ref(s, item, "price.product", &r->product);
	if (e == OK)
		e = snap_int(s, item, "quantity", 1, 1000000, &quantity, &has);
	if (e != OK || !json_at(price, "unit_amount"))
		return e;
	e = snap_money(s, price, "unit_amount", &each);
	if (e == OK && each.minor > SNAP_AMOUNT_MAX / quantity)
		e = snap_bad(s, "quantity", "the amount is out of range");
	if (e == OK) {
		each.minor *= quantity;
		r->money = each;
		e = snap_int(s, price, "recurring.interval_count", 1, 1000000, &times, &has);
	}
	if (e == OK && times == 1 && (str_is(every, "month") || str_is(every, "year")))
		r->interval = every;
	return e;
}

static enum err read_end(struct snap *s, const json_t *o, struct snap_recur *r)
{
	const json_t *pause = json_at(o, "pause_collection");
	bool at_end = false;

	if (json_bool(o, "cancel_at_period_end", false, &at_end, NULL, NULL) != OK)
		return snap_bad(s, "cancel_at_period_end", "must be true or false");
	if (pause && !json_is_object(pause))
		return snap_bad(s, "pause_collection", "must be an object");
	enum err e = snap_time(s, o, "cancel_at", &r->ends_at);
	if (e == OK)
		e = snap_time(s, o, "pause_collection.resumes_at", &r->paused_until);
	if (at_end && r->ends_at.us == 0)
		r->ends_at = r->until;
	if (pause && r->paused_until.us == 0)
		r->paused_until = utc_of_s(SNAP_TIME_MAX_S); /* until somebody ends it */
	return e;
}

static enum err read_period(struct snap *s, const json_t *o, utc_t *ret)
{
	utc_t older = {0};
	enum err e = snap_time(s, o, "items.data.0.current_period_end", ret);

	if (e == OK)
		e = snap_time(s, o, "current_period_end", &older);
	if (ret->us == 0)
		*ret = older;
	return e;
}

enum err stripe_recurring_life(struct snap *s, const json_t *o, const char **ret_state)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	struct snap_recur r = {.id = json_text(o, "id"),
		.state = stripe_word_recurring(json_text(o, "status")),
		.has_terms = true};

	*ret_state = r.state;
	ASSERT(snap_is_id(r.id));
	if (!r.state)
		return snap_bad(s, "status", "a subscription in an unknown state");
	enum err e = snap_ref(s, o, "customer", &r.customer);
	if (e == OK)
		e = read_period(s, o, &r.until);
	if (e == OK)
		e = read_price(s, o, &r);
	if (e == OK)
		e = read_end(s, o, &r);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e == OK && r.until.us == 0 && strcmp(r.state, "ended") != 0)
		e = snap_bad(s, "current_period_end", "the end of the period is in neither place");
	if (e == OK && r.state[0])
		snap_recurring(s, &r);
	return e;
}

enum err stripe_recurring_subscription(struct snap *s, const json_t *o)
{
	const char *state;

	return stripe_recurring_life(s, o, &state);
}

/* --- invoice ---------------------------------------------------------------------------------- */

/* The payment intent: its id, and itself when it was expanded; of the payment that went through if
 * there are several. */
static enum err invoice_intent(
	struct snap *s, const json_t *o, struct str *ret, const json_t **ret_whole)
{
	const json_t *list = json_at(o, "payments.data"), *whole = json_at(o, "payment_intent");
	struct str id;
	enum err e = snap_ref(s, o, "payment_intent", ret);

	for (size_t i = 0; i < json_array_size(list) && e == OK; i++) {
		const json_t *p = json_array_get(list, i);
		e = snap_ref(s, p, "payment.payment_intent", &id);
		if (id.n && (ret->n == 0 || str_is(json_text(p, "status"), "paid"))) {
			*ret = id;
			whole = json_at(p, "payment.payment_intent");
		}
	}
	*ret_whole = json_is_object(whole) ? whole : NULL;
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

/* Open and tried: a debit on its way, or a card that was refused. The intent knows; without it a
 * planned next try tells. */
static const char *tried_state(const json_t *invoice, const json_t *intent)
{
	struct str status = json_text(intent, "status");

	if (str_is(status, "processing"))
		return "processing";
	if (str_is(status, "requires_payment_method") || str_is(status, "requires_action") ||
		str_is(status, "canceled"))
		return "failed";
	return json_at(invoice, "next_payment_attempt") ? "failed" : "processing";
}

/* What the invoice says of its money; NULL when nothing. An open first one says nothing: on the
 * checkout page the donor may still try again. Nor does one that was void before any try: while a
 * gift is paused, its invoices are. */
static enum err invoice_state(
	struct snap *s, const json_t *o, const json_t *intent, const char **ret)
{
	struct str status = json_text(o, "status");
	bool tried = false;

	*ret = NULL;
	if (json_bool(o, "attempted", false, &tried, NULL, NULL) != OK)
		return snap_bad(s, "attempted", "must be true or false");
	if (str_is(status, "paid"))
		*ret = "paid";
	else if (str_is(status, "open") && tried && !is_first(o))
		*ret = tried_state(o, intent);
	else if (str_is(status, "uncollectible") ||
		 (str_is(status, "void") && (tried || is_first(o))))
		*ret = "failed";
	else if (!str_is(status, "draft") && !str_is(status, "open") && !str_is(status, "void"))
		return snap_bad(s, "status", "an invoice in an unknown state");
	return OK;
}

static enum err read_money(
	struct snap *s, const json_t *o, struct snap_paid *ret, const json_t **ret_intent)
{
	struct snap_paid p = {.id = json_text(o, "id")};
	enum err e = invoice_intent(s, o, &p.intent, ret_intent);

	ASSERT(snap_is_id(p.id));
	if (e == OK)
		e = invoice_state(s, o, *ret_intent, &p.state);
	if (e == OK)
		e = snap_money(
			s, o, is_state(p.state, "paid") ? "amount_paid" : "amount_due", &p.money);
	if (e == OK)
		e = snap_time(s, o, "status_transitions.paid_at", &p.at);
	if (e == OK)
		*ret = p;
	return e;
}

enum err stripe_recurring_money(struct snap *s, const json_t *o, struct snap_paid *ret)
{
	const json_t *intent;

	return read_money(s, o, ret, &intent);
}

/* How the last try ended, and when the next one is. */
static enum err read_tries(struct snap *s, const json_t *o, const json_t *intent, const char *state,
	struct snap_recur *r)
{
	int64_t n = 0;
	bool has, failed = is_state(state, "failed");
	utc_t next;
	enum err e = snap_int(s, o, "attempt_count", 0, TRIES_MAX, &n, &has);

	if (e == OK)
		e = snap_time(s, o, "next_payment_attempt", &next);
	if (e != OK)
		return e;
	r->has_tries = state != NULL;
	if (failed) {
		r->failure = stripe_claim_refusal(intent);
		r->failures = n > 0 ? n : 1;
		r->next_try_at = next;
	}
	if (failed && r->failure.n == 0)
		r->failure = str_is(json_text(intent, "status"), "requires_action")
				     ? STR("authentication_required")
				     : STR("not_told");
	return OK;
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

enum err stripe_recurring_invoice(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"parent.subscription_details.metadata.pledge",
		"subscription_details.metadata.pledge", "metadata.pledge", NULL};
	static const char *const subs[] = {
		"parent.subscription_details.subscription", "subscription", NULL};
	const json_t *intent = NULL;
	struct snap_recur r = {0};
	struct snap_paid p = {0};
	utc_t until = {0};
	enum err e = read_money(s, o, &p, &intent);

	if (e == OK)
		e = read_tries(s, o, intent, p.state, &r);
	if (e == OK)
		e = snap_ref_in(s, o, subs, &r.id);
	if (e == OK)
		e = snap_ref(s, o, "customer", &r.customer);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e == OK)
		e = read_lines(s, o, &r.id, &until);
	if (e != OK)
		return e;
	if (r.id.n == 0 && json_is_null(json_object_get(s->out, "pledge")))
		return fault_set(s->f, ERR_BAD_EVENT, NULL,
			"no reference: neither a subscription nor a pledge");
	snap_payment(s, &p);
	if (is_state(p.state, "failed"))
		snap_decline(s, p.intent.n ? p.intent : p.id, stripe_claim_refusal(intent), true);
	snap_email(s, o, "customer_email");
	/* the subscription itself was not fetched: as far as this invoice goes; a first one that is
	 * not paid has begun nothing, and a void one that was never tried tells nothing */
	bool paid = is_state(p.state, "paid"),
	     silent = str_is(json_text(o, "status"), "void") && !p.state;
	r.state = is_state(p.state, "failed") ? "past_due" : "active";
	r.until = paid ? until : (utc_t){0};
	if (r.id.n && !silent && (paid || !is_first(o)))
		snap_recurring(s, &r);
	return OK;
}
