/* pay/stripe_list.c: one row a list: its address, its page size, how one entry is read. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "pay/form.h"
#include "pay/snap.h"
#include "pay/stripe_event.h"
#include "pay/stripe_list.h"
#include "pay/stripe_wire.h"
#include "pay/stripe_word.h"
#include "pay/wire.h"

/* --- what every entry has --------------------------------------------------------------------- */

static json_t *word(const char *state)
{
	return state && state[0] ? json_string(state) : json_null();
}

/* Without its mode an object could be taken for one that counts. */
static enum err mode(struct snap *s, const json_t *o)
{
	if (!json_is_boolean(json_at(o, "livemode")))
		return snap_bad(s, "livemode", "the mode is not told");
	snap_put(s, "livemode", json_boolean(json_is_true(json_at(o, "livemode"))));
	return OK;
}

static enum err head(struct snap *s, const json_t *o)
{
	utc_t made;
	struct str id = json_text(o, "id");

	if (!snap_is_id(id))
		return snap_bad(s, "id", "this is not an id");
	enum err e = snap_time(s, o, "created", &made);
	if (e == OK && made.us == 0)
		e = snap_bad(s, "created", "the time is not told");
	snap_put(s, "id", snap_text(id));
	snap_put(s, "created", snap_at(made));
	return e;
}

static void put_money(struct snap *s, const struct money *m)
{
	snap_put(s, "amount", json_integer(m->minor));
	snap_put(s, "currency", json_string(m->cur));
}

/* --- the entries ------------------------------------------------------------------------------ */

static enum err event(struct snap *s, const json_t *o)
{
	struct pay_event ev;
	struct fault why = {0};
	enum err e = stripe_event_read(s->set, o, &ev, &why);

	if (e != OK && ev.created.us == 0)
		return snap_bad(s, why.field, why.detail);
	char *raw = json_write(o, JSON_COMPACT);
	snap_put(s, "id", snap_text(ev.id));
	snap_put(s, "type", snap_text(ev.type));
	snap_put(s, "kind", json_string(pay_kind_name(ev.kind)));
	snap_put(s, "object_id", snap_text(ev.object_id));
	snap_put(s, "livemode", json_boolean(ev.livemode));
	snap_put(s, "created", snap_at(ev.created));
	snap_put(s, "raw", raw ? json_string(raw) : NULL);
	if (e != OK)
		snap_put(s, "fault", json_string(why.detail));
	free(raw);
	return OK;
}

static const char *checkout_state(const json_t *o)
{
	struct str status = json_text(o, "status"), pays = json_text(o, "payment_status");

	if (str_is(status, "open"))
		return "open";
	if (str_is(status, "expired"))
		return "expired";
	if (!str_is(status, "complete"))
		return NULL;
	return str_is(pays, "unpaid") ? "processing" : "complete";
}

static enum err checkout(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", "client_reference_id", NULL};
	struct str url = json_text(o, "url");
	const char *state = checkout_state(o);
	utc_t expires;
	enum err e = head(s, o);

	if (e == OK)
		e = mode(s, o);
	if (e == OK)
		e = snap_time(s, o, "expires_at", &expires);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	bool page = state && strcmp(state, "open") == 0 &&
		    wire_is_page(s->set, s->set->checkout_host, url);
	snap_put(s, "state", word(state));
	snap_put(s, "url", snap_text(page ? url : (struct str){0}));
	snap_put(s, "expires_at", snap_at(expires));
	return OK;
}

/* Reserved but not taken is not paid. */
static const char *charge_state(const json_t *o)
{
	const char *state = stripe_word_charge(json_text(o, "status"));
	bool reserved =
		state && strcmp(state, "paid") == 0 && json_is_false(json_at(o, "captured"));

	return reserved ? "processing" : state;
}

static enum err charge(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {
		"metadata.pledge", "payment_intent.metadata.pledge", NULL};
	const char *state = charge_state(o);
	bool disputed = false, has, paid = state && strcmp(state, "paid") == 0;
	int64_t back = 0;
	struct str intent, invoice, customer;
	struct money m, fee;
	const json_t *move = json_at(o, "balance_transaction"); /* asked for whole */
	enum err e = head(s, o);

	if (e == OK)
		e = mode(s, o);
	if (e == OK)
		e = snap_money(s, o,
			paid && json_at(o, "amount_captured") ? "amount_captured" : "amount", &m);
	if (e == OK)
		e = snap_int(s, o, "amount_refunded", 0, SNAP_AMOUNT_MAX, &back, &has);
	if (e == OK && json_bool(o, "disputed", false, &disputed, NULL, NULL) != OK)
		e = snap_bad(s, "disputed", "must be true or false");
	if (e == OK)
		e = snap_ref(s, o, "payment_intent", &intent);
	if (e == OK)
		e = snap_ref(s, o, "invoice", &invoice); /* until 2025 */
	if (e == OK)
		e = snap_ref(s, o, "customer", &customer);
	if (e == OK && json_is_object(move))
		e = snap_signed(s, move, "fee", &fee);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	put_money(s, &m);
	if (json_is_object(move)) {
		snap_put(s, "fee", json_integer(fee.minor));
		snap_put(s, "fee_currency", json_string(fee.cur));
	}
	snap_put(s, "intent", snap_text(intent));
	snap_put(s, "refunded", json_integer(back));
	snap_put(s, "disputed", json_boolean(disputed));
	snap_put(s, "state", word(state));
	snap_put(s, "invoice", snap_text(invoice));
	snap_put(s, "customer", snap_text(customer));
	return OK;
}

static enum err claim(struct snap *s, const json_t *o, const char *state)
{
	static const char *const payments[] = {"payment_intent", "charge", NULL};
	struct str payment;
	struct money m;
	enum err e = head(s, o);

	if (e == OK)
		e = snap_money(s, o, "amount", &m);
	if (e == OK)
		e = snap_ref_in(s, o, payments, &payment);
	if (e != OK)
		return e;
	put_money(s, &m);
	snap_put(s, "payment", snap_text(payment));
	snap_put(s, "state", word(state));
	return OK;
}

static enum err refund(struct snap *s, const json_t *o)
{
	snap_put(s, "ours", snap_uuid(json_text(o, "metadata.refund")));
	return claim(s, o, stripe_word_refund(json_text(o, "status")));
}

static enum err dispute(struct snap *s, const json_t *o)
{
	enum err e = mode(s, o);

	return e == OK ? claim(s, o, stripe_word_dispute(json_text(o, "status"))) : e;
}

static enum err subscription(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	struct str customer;
	enum err e = head(s, o);

	if (e == OK)
		e = mode(s, o);
	if (e == OK)
		e = snap_ref(s, o, "customer", &customer);
	if (e == OK)
		e = snap_pledge(s, o, pledge);
	if (e != OK)
		return e;
	snap_put(s, "state", word(stripe_word_recurring(json_text(o, "status"))));
	snap_put(s, "customer", snap_text(customer));
	return OK;
}

/* --- the lists -------------------------------------------------------------------------------- */

#define LIMIT_MAX 100

/* The pages are as long as they may be; events carry whole objects, so fewer of them fit. */
static const struct list {
	const char *path, *object;
	int limit;
	bool pledge; /* an item has a member of that name */
	enum err (*read)(struct snap *s, const json_t *o);
} lists[] = {
	[PAY_LIST_EVENTS] = {"/v1/events?", "event", 50, false, event},
	[PAY_LIST_CHECKOUTS] = {"/v1/checkout/sessions?", "checkout.session", LIMIT_MAX, true,
		checkout},
	[PAY_LIST_CHARGES] = {"/v1/charges?", "charge", LIMIT_MAX, true, charge},
	[PAY_LIST_REFUNDS] = {"/v1/refunds?", "refund", LIMIT_MAX, false, refund},
	[PAY_LIST_DISPUTES] = {"/v1/disputes?", "dispute", LIMIT_MAX, false, dispute},
	[PAY_LIST_SUBSCRIPTIONS] = {"/v1/subscriptions?", "subscription", LIMIT_MAX, true,
		subscription},
};

bool stripe_list_has(enum pay_list what)
{
	return (size_t)what < ARRAY_N(lists);
}

static bool is_time(utc_t t)
{
	return t.us >= 0 && utc_s(t) <= SNAP_TIME_MAX_S;
}

enum err stripe_list_build(enum pay_list what, utc_t since, utc_t until, struct str after,
	struct arena *a, struct pay_request *ret)
{
	if (!stripe_list_has(what) || !is_time(since) || !is_time(until) ||
		(after.n && !snap_is_id(after)))
		return ERR_RANGE;
	BUF_ON(b, 2048);
	buf_addc(&b, lists[what].path);
	form_int(&b, "limit", lists[what].limit);
	if (what == PAY_LIST_EVENTS)
		stripe_event_types(&b);
	if (since.us > 0)
		form_int(&b, "created[gte]", utc_s(since));
	if (until.us > 0)
		form_int(&b, "created[lt]", utc_s(until));
	if (what == PAY_LIST_SUBSCRIPTIONS)
		form_addc(&b, "status", "all"); /* or the ended ones are left out */
	if (what == PAY_LIST_CHARGES)
		form_addc(&b, "expand[0]", "data.balance_transaction"); /* with the fee */
	if (after.n)
		form_add(&b, "starting_after", after);
	return wire_bare("GET", &b, a, ret);
}

static enum err add_item(const struct pay_set *set, const struct list *list, const json_t *o,
	json_t *items, struct fault *f)
{
	struct snap s = {.set = set, .out = json_object(), .f = f};
	enum err e = OK;

	if (!s.out)
		return ERR_NO_MEMORY;
	if (list->pledge)
		snap_put(&s, "pledge", json_null());
	if (!str_is(json_text(o, "object"), list->object) && list->read != event)
		e = snap_bad(&s, "object", "an entry of another kind");
	if (e == OK)
		e = list->read(&s, o);
	if (e == OK && s.no_memory)
		e = ERR_NO_MEMORY;
	if (e != OK) {
		json_decref(s.out);
		return e;
	}
	return json_array_append_new(items, s.out) == 0 ? OK : ERR_NO_MEMORY;
}

/* The page itself: its entries, and whether more follow. */
static enum err read_page(const struct pay_answer *ans, const struct list *list, json_t **ret_doc,
	const json_t **ret_data, bool *ret_more, struct fault *f)
{
	json_auto_t *o = NULL;
	enum err e = wire_read_json(ans, &o, f);

	if (e != OK)
		return e;
	const json_t *data = json_at(o, "data");
	if (!str_is(json_text(o, "object"), "list") || !json_is_array(data))
		return fault_set(f, ERR_PROVIDER, "object", "this is not a list");
	if (json_bool(o, "has_more", true, ret_more, NULL, NULL) != OK)
		return fault_set(f, ERR_PROVIDER, "has_more", "it is not told if more follows");
	if (json_array_size(data) > (size_t)list->limit)
		return fault_set(f, ERR_PROVIDER, "data", "more entries than were asked for");
	if (*ret_more && json_array_size(data) == 0)
		return fault_set(f, ERR_PROVIDER, "has_more", "more follows, but nothing is here");
	*ret_data = data;
	*ret_doc = json_incref(o);
	return OK;
}

enum err stripe_list_parse(const struct pay_set *set, enum pay_list what,
	const struct pay_answer *ans, json_t **ret_items, struct str *ret_next, struct arena *a,
	struct fault *f)
{
	json_auto_t *doc = NULL, *items = json_array();
	const json_t *data = NULL;
	struct str next = {0};
	bool more = false;

	if (!stripe_list_has(what))
		return fault_set(f, ERR_PROVIDER, NULL, "there is no such list");
	enum err e = items ? read_page(ans, &lists[what], &doc, &data, &more, f) : ERR_NO_MEMORY;
	for (size_t i = 0; i < json_array_size(data) && e == OK; i++)
		e = add_item(set, &lists[what], json_array_get(data, i), items, f);
	if (e == OK && more)
		e = arena_dup(
			a, json_text(json_array_get(data, json_array_size(data) - 1), "id"), &next);
	if (e == ERR_NO_MEMORY)
		return fault_set(f, e, NULL, "reading a list");
	if (e != OK)
		return e;
	*ret_items = json_incref(items);
	*ret_next = next;
	return OK;
}
