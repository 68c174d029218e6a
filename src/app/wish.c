/* app/wish.c: from a wish to its stored call. */
#include "app/call.h"
#include "app/settle.h"
#include "app/wish_own.h"
#include "base/crash.h"
#include "base/log.h"

#define ASKED_N 4
/* An object whose name does not become known by looking is for a person. */
#define LOOK_TRIES 10

static const struct wish_kind kinds[] = {
	{"refund", PAY_KIND_REFUND, 0},
	{"expire", PAY_KIND_CHECKOUT, 0},
	{"cancel", PAY_KIND_SUBSCRIPTION, PAY_CANCEL},
	{"cancel_at_end", PAY_KIND_SUBSCRIPTION, PAY_CANCEL_AT_END},
	{"keep", PAY_KIND_SUBSCRIPTION, PAY_KEEP},
	{"pause", PAY_KIND_SUBSCRIPTION, PAY_PAUSE},
	{"resume", PAY_KIND_SUBSCRIPTION, PAY_RESUME},
	{"amount", PAY_KIND_SUBSCRIPTION, PAY_AMOUNT},
};

const struct wish_kind *wish_kind_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_N(kinds); i++)
		if (str_is(name, kinds[i].name))
			return &kinds[i];
	return NULL;
}

void wish_tell(enum log_level level, const char *what, const struct rows *rows, int i,
	const char *state, const char *error)
{
	struct log_line l;
	log_open(&l, level, what);
	log_str(&l, "wish", row_str(rows, i, "wish"));
	log_str(&l, "kind", row_str(rows, i, "kind"));
	if (state)
		log_c(&l, "state", state);
	if (error)
		log_c(&l, "error", error);
	log_emit(&l);
}

struct rows *wish_ask_rows(struct wish_work *w, enum stmt stmt, const struct store_args *a)
{
	struct rows *rows = NULL;
	struct fault f = {0};
	enum err e = store_call(w->store, stmt, a, &rows, &f);
	if (e == OK)
		return rows;
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR,
		"a wish could not be stored");
	log_err(&l, e, &f);
	log_emit(&l);
	return NULL;
}

int64_t wish_call_ms(const struct wish_work *w)
{
	return conf_int(w->conf, CONF_clerk_call_ms);
}

struct rows *wish_lease_rows(struct wish_work *w, enum stmt stmt, int64_t n)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, n);
	arg_int(&a, (wish_call_ms(w) / 1000 + 10) * 2 * n); /* a call and a look each */
	arg_utc(&a, clock_utc());
	return wish_ask_rows(w, stmt, &a);
}

/* --- from a wish to its call --------------------------------------------------------------------
 */

static void put_off(
	struct wish_work *w, const struct rows *rows, int i, const char *error, bool final)
{
	struct store_args a;
	struct uuid id = row_uuid(rows, i, "wish");
	store_args_init(&a);
	arg_uuid(&a, &id);
	arg_c(&a, error);
	arg_bool(&a, final);
	arg_utc(&a, clock_utc());
	rows_free(wish_ask_rows(w, STMT_wish_put_off, &a));
	wish_tell(final ? LOG_ERROR : LOG_WARN, "no call could be made of a wish", rows, i,
		final ? "failed" : "asked", error);
}

/* The provider's own words for why; others are for us. */
static const char *reason_of(struct str reason)
{
	static const char *const words[] = {"duplicate", "fraudulent", "requested_by_customer"};
	for (size_t i = 0; i < ARRAY_N(words); i++)
		if (str_is(reason, words[i]))
			return words[i];
	return NULL;
}

static enum err build(struct wish_work *w, struct pay *p, const struct rows *rows, int i,
	const struct wish_kind *k, struct pay_request *q)
{
	struct str key = row_str(rows, i, "idem_key"), object = row_str(rows, i, "object");
	struct money money = {row_int(rows, i, "amount"), ""};
	struct str cur = row_str(rows, i, "currency");
	enum campaign_interval every = INTERVAL_ONCE;
	if (cur.n && str_copy(cur, money.cur, sizeof money.cur) != OK)
		return ERR_RANGE;
	if (k->answer == PAY_KIND_CHECKOUT)
		return pay_build_expire(p, object, key, w->arena, q);
	if (k->answer == PAY_KIND_REFUND) {
		struct pay_refund r = {.payment = object,
			.money = money,
			.reason = reason_of(row_str(rows, i, "reason")),
			.refund = row_uuid(rows, i, "wish")};
		return pay_build_refund(p, &r, key, w->arena, q);
	}
	enum err e = campaign_interval_parse(row_str(rows, i, "interval"), &every);
	struct pay_changed c = {.what = k->change,
		.id = object,
		.item = row_str(rows, i, "item"),
		.product = row_str(rows, i, "product"),
		.money = money,
		.interval = every,
		.until = row_utc(rows, i, "until")};
	return e == OK ? pay_build_change(p, &c, key, w->arena, q) : e;
}

/* What the call must name is not known: the object tells. */
static void look_first(struct wish_work *w, struct pay *p, const struct rows *rows, int i)
{
	struct fault f = {0};
	struct settled s = {0};
	enum pay_kind kind;
	enum err e = pay_kind_parse(row_str(rows, i, "look_kind"), &kind);
	if (e == OK)
		e = app_settle(w->store, p, 0, "wish", kind, row_str(rows, i, "look_id"),
			wish_call_ms(w), w->arena, &s, &f);
	/* while the provider is away or refuses our key nothing was asked */
	bool final = e == ERR_NOT_FOUND || (!s.held && err_class(e) != ERR_CLASS_SOFT &&
						   row_int(rows, i, "tries") >= LOOK_TRIES);
	put_off(w, rows, i, e != OK ? f.detail : "the provider's name for it is not known yet",
		final);
}

static void make_call(struct wish_work *w, const struct rows *rows, int i)
{
	struct pay_request q;
	struct store_args a;
	const struct wish_kind *k = wish_kind_of(row_str(rows, i, "kind"));
	struct uuid id = row_uuid(rows, i, "wish");
	struct pay *p;
	struct fault f = {0};
	if (call_pay(w->pays, rows, i, &p, &f) != OK) {
		put_off(w, rows, i, f.detail, false);
		return;
	}
	if (!k || row_bool(rows, i, "livemode") != pay_livemode(p)) {
		put_off(w, rows, i, "not of the mode that this service runs in", true);
		return;
	}
	if (row_str(rows, i, "object").n == 0) {
		look_first(w, p, rows, i);
		return;
	}
	enum err e = build(w, p, rows, i, k, &q);
	if (e != OK) {
		put_off(w, rows, i, "no request can be made of it", e != ERR_NO_MEMORY);
		return;
	}
	store_args_init(&a);
	arg_uuid(&a, &id);
	arg_c(&a, q.method);
	arg_str(&a, q.path);
	arg_str(&a, row_str(rows, i, "idem_key"));
	arg_bytes(&a, q.body);
	arg_utc(&a, clock_utc());
	rows_free(wish_ask_rows(w, STMT_wish_send, &a));
	CRASH_POINT("r.wish_kept");
}

static size_t do_asked(struct wish_work *w, const volatile int *stop)
{
	ROWS_AUTO rows = wish_lease_rows(w, STMT_wish_lease, ASKED_N);
	for (int i = 0; i < rows_n(rows) && !*stop; i++) {
		CRASH_POINT("r.wish_leased");
		make_call(w, rows, i);
		arena_reset(w->arena);
	}
	return (size_t)rows_n(rows);
}

/* --- refunds by rule ----------------------------------------------------------------------------
 */

static void do_policy(struct wish_work *w)
{
	bool twice = conf_on(w->conf, CONF_clerk_refund_duplicates),
	     fraud = conf_on(w->conf, CONF_clerk_refund_fraud);
	struct store_args a;
	if (!twice && !fraud)
		return;
	store_args_init(&a);
	arg_bool(&a, twice);
	arg_bool(&a, fraud);
	arg_utc(&a, clock_utc());
	rows_free(wish_ask_rows(w, STMT_wish_policy, &a));
}

size_t wish_round(struct wish_work *w, const volatile int *stop)
{
	do_policy(w);
	size_t n = *stop ? 0 : do_asked(w, stop);
	return n + (*stop ? 0 : wish_do_calls(w, stop));
}
