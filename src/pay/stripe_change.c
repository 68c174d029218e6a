/* pay/stripe_change.c: what is asked of Stripe beside a checkout. */
#include <string.h>

#include "base/json.h"
#include "pay/form.h"
#include "pay/snap.h"
#include "pay/stripe_change.h"
#include "pay/stripe_wire.h"
#include "pay/wire.h"

#define BODY_MAX 8192
#define PATH_MAX 512

/* --- refund ----------------------------------------------------------------------------------- */

static bool is_reason(const char *reason)
{
	static const char *const known[] = {"duplicate", "fraudulent", "requested_by_customer"};

	for (size_t i = 0; reason && i < ARRAY_N(known); i++)
		if (strcmp(reason, known[i]) == 0)
			return true;
	return !reason;
}

/* A part of a gift may be below the smallest gift, and what was paid by mistake in a currency that
 * we do not take has to go back too. */
static bool is_part(const struct money *m)
{
	size_t n = strnlen(m->cur, sizeof m->cur);
	const struct money_currency *c = money_currency((struct str){m->cur, n});

	return n == 3 && m->minor > 0 && m->minor <= SNAP_AMOUNT_MAX &&
	       (!c || m->minor % c->step == 0);
}

enum err stripe_change_build_refund(
	const struct pay_refund *in, struct str idem_key, struct arena *a, struct pay_request *ret)
{
	bool intent = str_starts(in->payment, "pi_");
	bool charge = str_starts(in->payment, "ch_") || str_starts(in->payment, "py_");
	char refund[37];

	if (!snap_is_id(in->payment) || (!intent && !charge) || !is_part(&in->money) ||
		!is_reason(in->reason) || uuid_is_nil(&in->refund))
		return ERR_RANGE;
	BUF_ON(path, 32);
	BUF_ON(b, BODY_MAX);
	buf_addc(&path, "/v1/refunds");
	uuid_format(&in->refund, refund);
	form_add(&b, intent ? "payment_intent" : "charge", in->payment);
	form_int(&b, "amount", in->money.minor);
	if (in->reason)
		form_addc(&b, "reason", in->reason);
	form_addc(&b, "metadata[refund]", refund);
	return wire_post(&path, &b, idem_key, a, ret);
}

/* --- subscription ----------------------------------------------------------------------------- */

static bool is_time(utc_t t)
{
	return t.us >= 0 && utc_s(t) <= SNAP_TIME_MAX_S;
}

static bool is_amount(const struct pay_changed *in)
{
	return snap_is_id(in->item) && snap_is_id(in->product) && money_check(&in->money) == OK &&
	       (size_t)in->interval < INTERVAL_N && in->interval != INTERVAL_ONCE;
}

/* The next instalment has the new amount; nothing is charged or given back for the running period.
 */
static void add_amount(struct buf *b, const struct pay_changed *in)
{
	form_add(b, "items[0][id]", in->item);
	form_currency(b, "items[0][price_data][currency]", in->money.cur);
	form_add(b, "items[0][price_data][product]", in->product);
	form_int(b, "items[0][price_data][unit_amount]", in->money.minor);
	form_addc(b, "items[0][price_data][recurring][interval]",
		campaign_interval_name(in->interval));
	form_addc(b, "proration_behavior", "none");
}

enum err stripe_change_build(
	const struct pay_changed *in, struct str idem_key, struct arena *a, struct pay_request *ret)
{
	BUF_ON(path, PATH_MAX);
	BUF_ON(b, BODY_MAX);
	if (!snap_is_id(in->id))
		return ERR_RANGE;
	buf_addc(&path, "/v1/subscriptions/");
	buf_add(&path, in->id);
	switch (in->what) {
	case PAY_CANCEL: return wire_bare("DELETE", &path, a, ret);
	case PAY_CANCEL_AT_END: form_addc(&b, "cancel_at_period_end", "true"); break;
	case PAY_KEEP: form_addc(&b, "cancel_at_period_end", "false"); break;
	case PAY_PAUSE:
		if (!is_time(in->until))
			return ERR_RANGE;
		form_addc(&b, "pause_collection[behavior]", "void");
		if (in->until.us > 0)
			form_int(&b, "pause_collection[resumes_at]", utc_s(in->until));
		break;
	case PAY_RESUME: form_addc(&b, "pause_collection", ""); break;
	case PAY_AMOUNT:
		if (!is_amount(in))
			return ERR_RANGE;
		add_amount(&b, in);
		break;
	default: return ERR_RANGE;
	}
	return wire_post(&path, &b, idem_key, a, ret);
}

/* --- checkout, portal ------------------------------------------------------------------------- */

enum err stripe_change_build_expire(
	struct str id, struct str idem_key, struct arena *a, struct pay_request *ret)
{
	BUF_ON(path, PATH_MAX);
	BUF_ON(b, 1);
	if (!snap_is_id(id))
		return ERR_RANGE;
	buf_addc(&path, "/v1/checkout/sessions/");
	buf_add(&path, id);
	buf_addc(&path, "/expire");
	return wire_post(&path, &b, idem_key, a, ret);
}

enum err stripe_change_build_portal(struct str customer, struct str return_url, struct str idem_key,
	struct arena *a, struct pay_request *ret)
{
	BUF_ON(path, PATH_MAX);
	BUF_ON(b, BODY_MAX);
	if (!snap_is_id(customer) || !wire_is_url(return_url))
		return ERR_RANGE;
	buf_addc(&path, "/v1/billing_portal/sessions");
	form_add(&b, "customer", customer);
	form_add(&b, "return_url", return_url);
	return wire_post(&path, &b, idem_key, a, ret);
}

enum err stripe_change_parse_portal(const struct pay_set *set, const struct pay_answer *ans,
	struct arena *a, struct str *ret_url, struct fault *f)
{
	json_auto_t *o = NULL;
	bool live = false;
	enum err e = stripe_wire_read(ans, "billing_portal.session", &o, f);

	if (e != OK)
		return e;
	struct str url = json_text(o, "url");
	if (!wire_is_page(set, set->portal_host, url))
		return fault_set(
			f, ERR_PROVIDER, "url", "there is no url, or not one of the portal host");
	if (json_bool(o, "livemode", true, &live, NULL, NULL) != OK || live != set->livemode)
		return fault_set(f, ERR_PROVIDER, "livemode", "the mode is not told, or not ours");
	return arena_dup(a, url, ret_url);
}
