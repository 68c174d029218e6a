/* pay/stripe_event.c: which events we act on, and the envelope. */
#include <string.h>

#include "base/json.h"
#include "pay/form.h"
#include "pay/snap.h"
#include "pay/stripe_event.h"

/* What we act on, and where in the event the id of the object stands that has to be fetched.
 * ask: asked for when missed events are listed, which takes 20 types; the others tell nothing that
 * one of these does not tell as well. */
static const struct row {
	const char *type;
	enum pay_kind kind;
	bool ask;
	const char *id;
} rows[] = {
	{"checkout.session.completed", PAY_KIND_CHECKOUT, true, "data.object.id"},
	{"checkout.session.async_payment_succeeded", PAY_KIND_CHECKOUT, true, "data.object.id"},
	{"checkout.session.async_payment_failed", PAY_KIND_CHECKOUT, true, "data.object.id"},
	{"checkout.session.expired", PAY_KIND_CHECKOUT, true, "data.object.id"},
	{"invoice.paid", PAY_KIND_INVOICE, true, "data.object.id"},
	{"invoice.payment_failed", PAY_KIND_INVOICE, true, "data.object.id"},
	{"invoice.payment_action_required", PAY_KIND_INVOICE, true, "data.object.id"},
	{"invoice.voided", PAY_KIND_INVOICE, false, "data.object.id"},
	{"invoice.marked_uncollectible", PAY_KIND_INVOICE, false, "data.object.id"},
	{"customer.subscription.created", PAY_KIND_SUBSCRIPTION, true, "data.object.id"},
	{"customer.subscription.updated", PAY_KIND_SUBSCRIPTION, true, "data.object.id"},
	{"customer.subscription.deleted", PAY_KIND_SUBSCRIPTION, true, "data.object.id"},
	{"customer.subscription.paused", PAY_KIND_SUBSCRIPTION, false, "data.object.id"},
	{"customer.subscription.resumed", PAY_KIND_SUBSCRIPTION, false, "data.object.id"},
	{"refund.created", PAY_KIND_REFUND, true, "data.object.id"},
	{"refund.updated", PAY_KIND_REFUND, true, "data.object.id"},
	{"refund.failed", PAY_KIND_REFUND, true, "data.object.id"},
	{"charge.refund.updated", PAY_KIND_REFUND, false, "data.object.id"}, /* until 2024 */
	{"charge.refunded", PAY_KIND_PAYMENT, false, "data.object.payment_intent"},
	{"charge.dispute.created", PAY_KIND_DISPUTE, true, "data.object.id"},
	{"charge.dispute.updated", PAY_KIND_DISPUTE, true, "data.object.id"},
	{"charge.dispute.closed", PAY_KIND_DISPUTE, true, "data.object.id"},
	{"charge.dispute.funds_withdrawn", PAY_KIND_DISPUTE, true, "data.object.id"},
	{"charge.dispute.funds_reinstated", PAY_KIND_DISPUTE, true, "data.object.id"},
	{"radar.early_fraud_warning.created", PAY_KIND_WARNING, true, "data.object.id"},
	{"radar.early_fraud_warning.updated", PAY_KIND_WARNING, true, "data.object.id"},
	{"payment_intent.payment_failed", PAY_KIND_PAYMENT, false, "data.object.id"},
};

static const struct row *find_row(struct str type)
{
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (str_is(type, rows[i].type))
			return &rows[i];
	return NULL;
}

void stripe_event_types(struct buf *b)
{
	char key[16];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct buf k;
		if (!rows[i].ask)
			continue;
		buf_init(&k, key, sizeof key);
		buf_addf(&k, "types[%zu]%c", n++, 0);
		form_addc(b, key, rows[i].type);
	}
	ASSERT(n <= 20);
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

/* A payment that is not of our making has nothing to look up: a charge without an intent; a
 * declined intent without a pledge, which is an invoice's (that one tells itself) or somebody
 * else's. */
static bool is_foreign(const json_t *o, const struct row *row, struct str id)
{
	struct uuid u;

	if (row->kind != PAY_KIND_PAYMENT)
		return false;
	return id.n == 0 ||
	       (strcmp(row->id, "data.object.id") == 0 &&
		       uuid_parse(json_text(o, "data.object.metadata.pledge"), &u) != OK);
}

static enum err read_object(
	const json_t *o, const struct row *row, struct pay_event *e, struct fault *f)
{
	struct str id = json_text(o, row->id);

	if (is_foreign(o, row, id))
		return OK;
	if (!snap_is_id(id))
		return bad_event(f, "data.object.id", "the event names no object");
	e->kind = row->kind;
	e->object_id = id;
	e->ignored = false;
	return OK;
}

/* What a card tester leaves behind. An instalment that fails later is nobody's try. The first one
 * has an invoice only once its page is complete, so that is a delayed method; a card that the page
 * refused leaves an intent without a pledge. */
static void read_decline(const json_t *o, struct pay_event *e)
{
	bool first = str_is(e->type, "invoice.payment_failed") &&
		     str_is(json_text(o, "data.object.billing_reason"), "subscription_create");
	struct str id =
		json_text(o, first ? "data.object.parent.subscription_details.metadata.pledge"
				   : "data.object.metadata.pledge");
	struct str card =
		json_text(o, "data.object.last_payment_error.payment_method.card.fingerprint");

	e->declined = first || str_is(e->type, "payment_intent.payment_failed");
	if (!e->declined || uuid_parse(id, &e->pledge) != OK)
		e->pledge = (struct uuid){0};
	if (e->declined && card.n <= 64 && str_is_word(card, "-_"))
		e->card = card;
}

/* An event is written in the version of its endpoint. What it names is fetched in ours, so another
 * one is a warning: the endpoint should be set to the same. */
static void read_version(const struct pay_set *set, const json_t *o, struct pay_event *e)
{
	struct str version = json_text(o, "api_version");

	if (version.n <= 40 && str_is_word(version, ".-_"))
		e->version = version;
	e->other_version = version.n > 0 && !str_is(version, set->version);
}

enum err stripe_event_read(
	const struct pay_set *set, const json_t *o, struct pay_event *e, struct fault *f)
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
	read_version(set, o, e);
	const struct row *row = find_row(e->type);
	if (thin || !row || json_at(o, "account"))
		return OK;
	read_decline(o, e);
	return read_object(o, row, e, f);
}
