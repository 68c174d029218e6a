/* pay/stripe_wire.c: what goes to Stripe, and how its answers end. */
#include <string.h>

#include "base/json.h"
#include "pay/form.h"
#include "pay/snap.h"
#include "pay/stripe_wire.h"
#include "pay/wire.h"

#define BODY_MAX    20480
#define CREATE_PATH "/v1/checkout/sessions"
#define LABEL_MAX   250

/* --- build ------------------------------------------------------------------------------------ */

static bool is_sound(const struct pay_checkout *in, struct str idem_key)
{
	return money_check(&in->money) == OK && (size_t)in->interval < INTERVAL_N &&
	       !uuid_is_nil(&in->pledge) && in->label.n > 0 && in->label.n <= LABEL_MAX &&
	       str_is_clean(in->label, false) && str_trim(in->label).n > 0 && in->email.n <= 254 &&
	       str_is_clean(in->email, false) && wire_is_url(in->success_url) &&
	       (in->cancel_url.n == 0 || wire_is_url(in->cancel_url)) && in->methods.n <= 200 &&
	       str_is_word(in->methods, "_,") && in->without.n <= 500 &&
	       str_is_word(in->without, "_,") && in->expires_at.us >= 0 &&
	       utc_s(in->expires_at) <= SNAP_TIME_MAX_S && wire_is_key(idem_key);
}

static void add_item(struct buf *b, const struct pay_checkout *in)
{
	form_currency(b, "line_items[0][price_data][currency]", in->money.cur);
	/* the stored minor units are Stripe's for every currency we take: see the steps in
	 * currency.def */
	form_int(b, "line_items[0][price_data][unit_amount]", in->money.minor);
	if (in->interval != INTERVAL_ONCE)
		form_addc(b, "line_items[0][price_data][recurring][interval]",
			campaign_interval_name(in->interval));
	form_add(b, "line_items[0][price_data][product_data][name]", in->label);
	form_addc(b, "line_items[0][quantity]", "1");
}

static void add_list(struct buf *b, const char *name, struct str words)
{
	struct str one;
	for (int i = 0; str_cut(&words, ',', &one); i++) {
		BUF_ON(key, 48);
		buf_addf(&key, "%s[%d]%c", name, i, 0);
		form_add(b, key.p, one);
	}
}

static void add_body(struct buf *b, const struct pay_checkout *in)
{
	bool once = in->interval == INTERVAL_ONCE;
	char pledge[37];

	uuid_format(&in->pledge, pledge);
	form_addc(b, "mode", once ? "payment" : "subscription");
	if (once)
		form_addc(b, "submit_type", "donate");
	form_addc(b, "client_reference_id", pledge);
	if (in->email.n)
		form_add(b, "customer_email", in->email);
	add_item(b, in);
	add_list(b, "payment_method_types", in->methods);
	if (in->methods.n == 0) /* only there it may be told what to leave out */
		add_list(b, "excluded_payment_method_types", in->without);
	/* the session's metadata are not copied to what it makes */
	form_addc(b, "metadata[pledge]", pledge);
	form_addc(b,
		once ? "payment_intent_data[metadata][pledge]"
		     : "subscription_data[metadata][pledge]",
		pledge);
	form_add(b, "success_url", in->success_url);
	if (in->cancel_url.n)
		form_add(b, "cancel_url", in->cancel_url);
	if (in->expires_at.us > 0)
		form_int(b, "expires_at", utc_s(in->expires_at));
	/* or the donor may pay in another currency than was pledged */
	form_addc(b, "adaptive_pricing[enabled]", "false");
}

bool stripe_wire_takes(enum campaign_interval interval, struct str currency)
{
	return (size_t)interval < INTERVAL_N && money_currency(currency) != NULL;
}

enum err stripe_wire_build_checkout(const struct pay_checkout *in, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	if (!is_sound(in, idem_key))
		return ERR_RANGE;
	BUF_ON(path, 32);
	BUF_ON(b, BODY_MAX);
	buf_addc(&path, CREATE_PATH);
	add_body(&b, in);
	return wire_post(&path, &b, idem_key, a, ret);
}

enum err stripe_wire_build_again(const struct pay_request *old, struct str idem_key,
	utc_t expires_at, struct arena *a, struct pay_request *ret)
{
	struct str rest = old->body, pair;
	bool named = expires_at.us == 0;

	if (!str_is(str_c(old->method), "POST") || !str_is(old->path, CREATE_PATH) ||
		old->body.n == 0 || !wire_is_key(idem_key) || expires_at.us < 0 ||
		utc_s(expires_at) > SNAP_TIME_MAX_S)
		return ERR_RANGE;
	BUF_ON(path, 32);
	BUF_ON(b, BODY_MAX);
	buf_addc(&path, CREATE_PATH);
	while (str_cut(&rest, '&', &pair)) {
		if (str_starts(pair, "expires_at=")) {
			if (expires_at.us > 0)
				form_int(&b, "expires_at", utc_s(expires_at));
			named = true;
			continue;
		}
		if (b.n > 0)
			buf_byte(&b, '&');
		buf_add(&b, pair);
	}
	if (!named)
		form_int(&b, "expires_at", utc_s(expires_at));
	return wire_post(&path, &b, idem_key, a, ret);
}

/* What a fetch asks for beside the object itself. An expanded parent stands before its child. */
static const struct place {
	const char *path, *query;
} places[] = {
	[PAY_KIND_CHECKOUT] = {"/v1/checkout/sessions/",
		"?expand[0]=payment_intent&expand[1]=subscription"
		"&expand[2]=invoice&expand[3]=invoice.payments"},
	[PAY_KIND_INVOICE] = {"/v1/invoices/",
		"?expand[0]=payments&expand[1]=payments.data.payment.payment_intent"},
	[PAY_KIND_SUBSCRIPTION] = {"/v1/subscriptions/", ""},
	[PAY_KIND_PAYMENT] = {"/v1/payment_intents/",
		"?expand[0]=latest_charge&expand[1]=latest_charge.balance_transaction"
		"&expand[2]=latest_charge.refunds"
		"&expand[3]=latest_charge.refunds.data.balance_transaction"},
	[PAY_KIND_REFUND] = {"/v1/refunds/", "?expand[0]=balance_transaction"},
	[PAY_KIND_DISPUTE] = {"/v1/disputes/", ""},
	[PAY_KIND_WARNING] = {"/v1/radar/early_fraud_warnings/", "?expand[0]=charge"},
};

bool stripe_wire_fetches(enum pay_kind kind)
{
	return (size_t)kind < ARRAY_N(places) && places[kind].path != NULL;
}

enum err stripe_wire_build_fetch(
	enum pay_kind kind, struct str id, struct arena *a, struct pay_request *ret)
{
	if (!stripe_wire_fetches(kind) || !snap_is_id(id))
		return ERR_RANGE;
	BUF_ON(b, 512);
	buf_addc(&b, places[kind].path);
	buf_add(&b, id);
	buf_addc(&b, places[kind].query);
	return wire_bare("GET", &b, a, ret);
}

/* --- how an answer ends ----------------------------------------------------------------------- */

/* The error object of a refusal that came: NULL when the answer is not Stripe's own words. New
 * reference to the whole in *doc. */
static const json_t *error_of(const struct pay_answer *ans, json_t **doc)
{
	const json_t *o = NULL;

	if (json_read(ans->body, doc, NULL) == OK)
		o = json_at(*doc, "error");
	return json_is_object(o) ? o : NULL;
}

/* Stripe-Should-Retry: false. A repeat would get the same answer; that says nothing of an effect
 * unless Stripe refused. */
static enum pay_outcome no_retry(long status, enum pay_outcome o)
{
	if (o != PAY_RETRY)
		return o;
	return status == 429 ? PAY_PERMANENT : PAY_UNKNOWN;
}

enum pay_outcome stripe_wire_outcome(const struct pay_answer *ans)
{
	json_auto_t *doc = NULL;

	if (ans->curl != 0)
		return ans->sent ? PAY_UNKNOWN : PAY_RETRY;
	enum pay_outcome o = wire_status(ans->status);
	if (o == PAY_OK)
		return o;
	const json_t *error = error_of(ans, &doc);
	struct str type = json_text(error, "type"), code = json_text(error, "code");
	if (str_is(code, "lock_timeout") || str_is(code, "idempotency_key_in_use"))
		return PAY_RETRY;
	if (str_is(type, "idempotency_error"))
		return PAY_PERMANENT; /* our bug; a repeat, or a new key, would only hide it */
	if (str_is(ans->should_retry, "true") && ans->status >= 400)
		return PAY_RETRY;
	if (str_is(code, "livemode_mismatch") || str_is(code, "api_key_expired"))
		return PAY_CONFIG;
	if (ans->status == 404 && ans->read)
		return error ? PAY_GONE : PAY_UNKNOWN; /* somebody else's 404 proves nothing */
	return str_is(ans->should_retry, "false") ? no_retry(ans->status, o) : o;
}

static void word(struct buf *b, const char *lead, struct str s)
{
	if (s.n == 0)
		return;
	buf_addc(b, lead);
	if (s.n <= 40 && str_is_word(s, "_.[]-"))
		buf_add(b, s);
	else
		buf_byte(b, '?');
}

void stripe_wire_error_text(const struct pay_answer *ans, char out[120])
{
	json_auto_t *doc = NULL;
	struct buf b;

	memset(out, 0, 120);
	buf_init(&b, out, 119);
	if (ans->curl != 0) {
		buf_addf(&b, "%.110s", ans->error);
		return;
	}
	const json_t *error = error_of(ans, &doc);
	buf_addf(&b, "HTTP %ld", ans->status);
	if (!error && ans->status >= 300)
		buf_addc(&b, " without an error object");
	word(&b, " ", json_text(error, "type"));
	word(&b, "/", json_text(error, "code"));
	word(&b, "/", json_text(error, "decline_code"));
	word(&b, " ", json_text(error, "param"));
}

/* --- answers ---------------------------------------------------------------------------------- */

enum err stripe_wire_read(
	const struct pay_answer *ans, const char *object, json_t **ret, struct fault *f)
{
	json_auto_t *o = NULL;
	enum err e = wire_read_json(ans, &o, f);

	if (e != OK)
		return e;
	if (!str_is(json_text(o, "object"), object))
		return fault_set(f, ERR_PROVIDER, "object", "this is not a %s", object);
	if (!snap_is_id(json_text(o, "id")))
		return fault_set(f, ERR_PROVIDER, "id", "there is no sound id");
	*ret = json_incref(o);
	return OK;
}

enum err stripe_wire_parse_checkout(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct pay_opened *ret, struct fault *f)
{
	json_auto_t *o = NULL;
	struct pay_opened p = {0};
	int64_t expires_s = 0;
	enum err e = stripe_wire_read(ans, "checkout.session", &o, f);

	if (e != OK)
		return e;
	struct str url = json_text(o, "url");
	if (!wire_is_page(set, set->checkout_host, url))
		return fault_set(
			f, ERR_PROVIDER, "url", "there is no url, or not one of the checkout host");
	if (json_int(o, "expires_at", true, 1, SNAP_TIME_MAX_S, &expires_s, NULL, NULL) != OK)
		return fault_set(f, ERR_PROVIDER, "expires_at", "there is no sound time");
	if (json_bool(o, "livemode", true, &p.livemode, NULL, NULL) != OK)
		return fault_set(f, ERR_PROVIDER, "livemode", "the mode is not told");
	p.expires_at = utc_of_s(expires_s);
	e = arena_dup(a, json_text(o, "id"), &p.object_id);
	if (e == OK)
		e = arena_dup(a, url, &p.url);
	if (e == OK)
		*ret = p;
	return e;
}
