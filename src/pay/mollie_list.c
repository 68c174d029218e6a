/* pay/mollie_list.c: one row a list: its address, the name of its entries, how one is read. */
#include <string.h>

#include "base/json.h"
#include "pay/form.h"
#include "pay/mollie_list.h"
#include "pay/mollie_read.h"
#include "pay/mollie_snap.h"
#include "pay/wire.h"

#define LIMIT_MAX 250

/* --- the entries ------------------------------------------------------------------------------ */

static json_t *word(const char *state)
{
	return state ? json_string(state) : json_null();
}

static enum err head(struct snap *s, const json_t *o, const char *prefix)
{
	struct str id = json_text(o, "id");
	utc_t made;

	if (!mollie_read_is_id(id, prefix))
		return snap_bad(s, "id", "this is not an id");
	enum err e = mollie_read_time(s, o, "createdAt", &made);
	if (e == OK && made.us == 0)
		e = snap_bad(s, "createdAt", "the time is not told");
	snap_put(s, "id", snap_text(id));
	snap_put(s, "created", snap_at(made));
	return e;
}

static enum err payment(struct snap *s, const json_t *o)
{
	static const char *const pledge[] = {"metadata.pledge", NULL};
	bool live = false;
	enum err e = head(s, o, "tr_");

	if (e == OK)
		e = mollie_read_mode(o, &live, s->f);
	snap_put(s, "livemode", json_boolean(live));
	snap_put(s, "pledge", json_null());
	return e == OK ? snap_pledge(s, o, pledge) : e;
}

static enum err checkout(struct snap *s, const json_t *o)
{
	const char *state = mollie_snap_page(json_text(o, "status"));
	struct str url = json_text(o, "_links.checkout.href");
	utc_t expires;
	enum err e = payment(s, o);

	if (e == OK)
		e = mollie_read_time(s, o, "expiresAt", &expires);
	if (e != OK)
		return e;
	bool page = state && strcmp(state, "open") == 0 &&
		    wire_is_page(s->set, s->set->checkout_host, url);
	snap_put(s, "state", word(state && strcmp(state, "failed") == 0 ? "expired" : state));
	snap_put(s, "url", snap_text(page ? url : (struct str){0}));
	snap_put(s, "expires_at", snap_at(expires));
	return OK;
}

static void put_money(struct snap *s, const struct money *m)
{
	snap_put(s, "amount", json_integer(m->minor));
	snap_put(s, "currency", json_string(m->cur));
}

/* Most payments tell what was taken back only when something was. */
static enum err taken(struct snap *s, const json_t *o, const char *path, struct money *ret)
{
	*ret = (struct money){0};
	return json_at(o, path) ? mollie_read_money(s, o, path, ret) : OK;
}

static enum err charge(struct snap *s, const json_t *o)
{
	struct money m, back, bank;
	struct str customer;
	enum err e = payment(s, o);

	if (e == OK)
		e = mollie_read_money(s, o, "amount", &m);
	if (e == OK)
		e = taken(s, o, "amountRefunded", &back);
	if (e == OK)
		e = taken(s, o, "amountChargedBack", &bank);
	if (e == OK)
		e = snap_ref(s, o, "customerId", &customer);
	if (e != OK)
		return e;
	put_money(s, &m);
	snap_put(s, "intent", json_null());
	snap_put(s, "invoice", json_null());
	snap_put(s, "customer", snap_text(customer));
	snap_put(s, "refunded", json_integer(back.minor));
	snap_put(s, "disputed", json_boolean(bank.minor > 0));
	snap_put(s, "fees", json_false());
	snap_put(s, "state", json_string("paid"));
	return OK;
}

static enum err claim(struct snap *s, const json_t *o, const char *prefix, const char *state)
{
	struct str of = json_text(o, "paymentId");
	struct money m;
	enum err e = head(s, o, prefix);

	if (e == OK && !mollie_read_is_id(of, "tr_"))
		e = snap_bad(s, "paymentId", "it names no payment");
	if (e == OK)
		e = mollie_read_money(s, o, "amount", &m);
	if (e != OK)
		return e;
	put_money(s, &m);
	snap_put(s, "payment", snap_text(of));
	snap_put(s, "by_payment", json_true());
	snap_put(s, "state", word(state));
	return OK;
}

static enum err refund(struct snap *s, const json_t *o)
{
	snap_put(s, "ours", snap_uuid(json_text(o, "metadata.refund")));
	return claim(s, o, "re_", mollie_snap_refund(json_text(o, "status")));
}

/* The list is of the key's own mode; an entry does not tell it. */
static enum err chargeback(struct snap *s, const json_t *o)
{
	utc_t back;
	enum err e = mollie_read_time(s, o, "reversedAt", &back);

	snap_put(s, "livemode", json_boolean(s->set->livemode));
	return e == OK ? claim(s, o, "chb_", back.us > 0 ? "won" : "lost") : e;
}

/* --- the lists -------------------------------------------------------------------------------- */

static const struct list {
	const char *path, *entries, *prefix;
	bool paid; /* only these */
	enum err (*read)(struct snap *s, const json_t *o);
} lists[] = {
	[PAY_LIST_CHECKOUTS] = {"/v2/payments?", "_embedded.payments", "tr_", false, checkout},
	[PAY_LIST_CHARGES] = {"/v2/payments?", "_embedded.payments", "tr_", true, charge},
	[PAY_LIST_REFUNDS] = {"/v2/refunds?", "_embedded.refunds", "re_", false, refund},
	[PAY_LIST_DISPUTES] = {"/v2/chargebacks?", "_embedded.chargebacks", "chb_", false,
		chargeback},
};

bool mollie_list_has(enum pay_list what)
{
	return (size_t)what < ARRAY_N(lists) && lists[what].path != NULL;
}

enum err mollie_list_build(enum pay_list what, utc_t since, utc_t until, struct str after,
	struct arena *a, struct pay_request *ret)
{
	(void)since;
	(void)until;
	if (!mollie_list_has(what) || (after.n && !mollie_read_is_id(after, lists[what].prefix)))
		return ERR_RANGE;
	BUF_ON(b, 512);
	buf_addc(&b, lists[what].path);
	form_int(&b, "limit", LIMIT_MAX);
	if (after.n)
		form_add(&b, "from", after);
	return wire_bare("GET", &b, a, ret);
}

/* A payment in money that we never ask for is somebody else's, as is what was taken back of it. */
static bool is_strange(const json_t *o)
{
	struct str cur = json_text(o, "amount.currency");

	return cur.n == 3 && !mollie_read_takes(cur) && !json_at(o, "metadata.pledge") &&
	       !json_at(o, "metadata.refund");
}

static enum err add_item(const struct pay_set *set, const struct list *list, const json_t *o,
	json_t *items, struct fault *f)
{
	struct snap s = {.set = set, .f = f};

	if (list->paid && json_is_object(o) && !str_is(json_text(o, "status"), "paid"))
		return OK;
	if (is_strange(o))
		return OK;
	s.out = json_object();
	if (!s.out)
		return ERR_NO_MEMORY;
	enum err e = list->read(&s, o);
	if (e == OK && s.no_memory)
		e = ERR_NO_MEMORY;
	if (e != OK) {
		json_decref(s.out);
		return e;
	}
	return json_array_append_new(items, s.out) == 0 ? OK : ERR_NO_MEMORY;
}

/* The next page begins with the entry that its address names; nothing else of that address counts.
 */
static enum err next_of(
	const json_t *doc, const struct list *list, struct str *ret, struct fault *f)
{
	struct str rest = json_text(doc, "_links.next.href"), part;

	*ret = (struct str){0};
	if (!json_at(doc, "_links.next"))
		return OK;
	str_cut(&rest, '?', &part);
	while (ret->n == 0 && str_cut(&rest, '&', &part))
		if (str_starts(part, "from="))
			*ret = (struct str){part.p + 5, part.n - 5};
	return mollie_read_is_id(*ret, list->prefix)
		       ? OK
		       : fault_set(f, ERR_PROVIDER, "_links.next", "it is not told what follows");
}

enum err mollie_list_parse(const struct pay_set *set, enum pay_list what,
	const struct pay_answer *ans, json_t **ret_items, struct str *ret_next, struct arena *a,
	struct fault *f)
{
	json_auto_t *doc = NULL, *items = json_array();
	struct str next = {0}, kept = {0};

	if (!mollie_list_has(what))
		return fault_set(f, ERR_PROVIDER, NULL, "there is no such list");
	enum err e = items ? wire_read_json(ans, &doc, f) : ERR_NO_MEMORY;
	const json_t *data = json_at(doc, lists[what].entries);
	if (e == OK && (!json_is_array(data) || json_array_size(data) > LIMIT_MAX))
		e = fault_set(f, ERR_PROVIDER, lists[what].entries,
			"there is no list, or more than was asked for");
	for (size_t i = 0; i < json_array_size(data) && e == OK; i++)
		e = add_item(set, &lists[what], json_array_get(data, i), items, f);
	if (e == OK)
		e = next_of(doc, &lists[what], &next, f);
	if (e == OK && next.n)
		e = arena_dup(a, next, &kept);
	if (e == ERR_NO_MEMORY)
		return fault_set(f, e, NULL, "reading a list");
	if (e != OK)
		return e;
	*ret_items = json_incref(items);
	*ret_next = kept;
	return OK;
}
