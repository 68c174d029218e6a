/* app/look.c: look-ups that no webhook asked for. */
#include "app/look.h"
#include "app/again.h"
#include "app/list.h"
#include "app/settle.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/log.h"

#define LISTED_N    50
#define SINGLE_N    1
#define LOST_N      50
#define SEVERAL     3    /* from so many on a list is less than a fetch each */
#define PAGES_MAX   100  /* of a list that is searched whole */
#define EARLIER_S   3600 /* the provider's clock may be behind ours */
#define LEASE_TIMES 10   /* a list has pages */

static void complain(const char *what, enum err e, const struct fault *f, struct str id)
{
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR, what);
	log_str(&l, "id", id);
	log_err(&l, e, f);
	log_emit(&l);
}

static int64_t call_ms(const struct look *l)
{
	return conf_int(l->conf, CONF_clerk_call_ms);
}

static int64_t lease_s(const struct look *l)
{
	return call_ms(l) / 1000 + 10;
}

static struct rows *due(struct look *l, enum stmt stmt, struct store_args *a)
{
	struct fault f = {0};
	struct rows *rows = NULL;
	arg_utc(a, clock_utc());
	enum err e = store_call(l->store, stmt, a, &rows, &f);
	if (e != OK && e != ERR_STORE_DOWN)
		complain("a statement failed", e, &f, STR(""));
	return rows;
}

static struct rows *due_attempts(struct look *l, bool listed, int64_t n, int64_t lease)
{
	struct store_args a;
	store_args_init(&a);
	arg_bool(&a, listed);
	arg_int(&a, n);
	arg_int(&a, conf_int(l->conf, CONF_clerk_lookup_after_s));
	arg_int(&a, lease);
	struct rows *rows = due(l, STMT_lookup_lease, &a);
	if (rows_n(rows) > 0)
		CRASH_POINT("r.lookup_leased");
	return rows;
}

/* False: the provider is away, and so it will be for the next one. */
static bool fetch(struct look *l, struct pay *p, enum pay_kind kind, struct str id)
{
	struct fault f = {0};
	struct settled s = {0};
	enum err e = app_settle(l->store, p, 0, "lookup", kind, id, call_ms(l), l->arena, &s, &f);
	arena_reset(l->arena);
	if (e != OK)
		complain("a payment could not be looked up", e, &f, id);
	l->paid = l->paid || s.paid_new;
	return e != ERR_PROVIDER_DOWN;
}

/* A row alone. */
static void fetch_row(struct look *l, const struct rows *rows, int i, enum pay_kind kind)
{
	struct fault f = {0};
	struct pay *p;
	struct str id = row_str(rows, i, "object_id");
	if (call_pay(l->pays, rows, i, &p, &f) == OK)
		(void)fetch(l, p, kind, id);
	else
		complain("a payment could not be looked up", ERR_PROVIDER_DOWN, &f, id);
}

static enum err page_of_checkouts(struct look *l, struct pay *p, utc_t since,
	char after[LIST_AFTER_MAX], json_t **ret, struct fault *f)
{
	enum err e = list_page(
		l->store, p, PAY_LIST_CHECKOUTS, since, after, call_ms(l), l->arena, ret, f);
	arena_reset(l->arena);
	return e;
}

/* --- attempts --------------------------------------------------------------------------------- */

static int row_of(const struct rows *rows, const bool *told, const char *col, struct str id)
{
	for (int i = 0; i < rows_n(rows); i++)
		if (!told[i] && str_eq(row_str(rows, i, col), id))
			return i;
	return -1;
}

/* The rows of one provider: the others count as told. *ret_since: when the first of them was made.
 * Gives how many there are. */
static int rows_of(const struct rows *rows, const struct pay *p, const char *made, bool *told,
	utc_t *ret_since)
{
	int n = 0;
	*ret_since = (utc_t){0};
	for (int i = 0; i < rows_n(rows); i++) {
		utc_t at = row_utc(rows, i, made);
		told[i] = !str_is(row_str(rows, i, "provider"), pay_name(p));
		if (told[i])
			continue;
		n++;
		*ret_since = ret_since->us == 0 || at.us < ret_since->us ? at : *ret_since;
	}
	return n;
}

/* Those that the list calls open are done with; what is no longer open is fetched. What it does not
 * tell within as many pages as fetches it would spare stays to be fetched. False: it is away. */
static bool list_open(
	struct look *l, struct pay *p, const struct rows *rows, bool *told, int n, utc_t since)
{
	char after[LIST_AFTER_MAX] = "";
	int pages = 0;
	do {
		json_auto_t *items = NULL;
		struct fault f = {0};
		enum err e = page_of_checkouts(l, p, since, after, &items, &f);
		if (e != OK) {
			complain("open pages could not be listed", e, &f, STR(""));
			return e != ERR_PROVIDER_DOWN;
		}
		for (size_t k = 0; k < json_array_size(items); k++) {
			const json_t *o = json_array_get(items, k);
			int i = row_of(rows, told, "object_id", json_text(o, "id"));
			if (i < 0)
				continue;
			told[i] = str_is(json_text(o, "state"), "open");
		}
	} while (after[0] && ++pages < n && !*l->stop);
	return true;
}

static void look_open_at(struct look *l, struct pay *p, const struct rows *rows)
{
	bool told[LISTED_N], there = true;
	utc_t since;
	int n = rows_of(rows, p, "opened_at", told, &since);
	if (n >= SEVERAL)
		there = list_open(l, p, rows, told, n, utc_of_s(utc_s(since) - EARLIER_S));
	for (int i = 0; i < rows_n(rows) && there && !*l->stop; i++)
		if (!told[i])
			there = fetch(l, p, PAY_KIND_CHECKOUT, row_str(rows, i, "object_id"));
}

static size_t look_open(struct look *l)
{
	ROWS_AUTO rows = due_attempts(l, true, LISTED_N, lease_s(l));
	for (size_t k = 0; k < l->pays->n && rows_n(rows) > 0; k++)
		look_open_at(l, l->pays->of[k], rows);
	return (size_t)rows_n(rows);
}

size_t look_attempts(struct look *l)
{
	size_t n = look_open(l);
	ROWS_AUTO rows = due_attempts(l, false, SINGLE_N, lease_s(l));
	for (int i = 0; i < rows_n(rows) && !*l->stop; i++)
		fetch_row(l, rows, i, PAY_KIND_CHECKOUT);
	return n + (size_t)rows_n(rows);
}

size_t look_payments(struct look *l)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, SINGLE_N);
	arg_int(&a, conf_int(l->conf, CONF_clerk_lookup_after_s));
	arg_int(&a, lease_s(l));
	ROWS_AUTO rows = due(l, STMT_payment_look_lease, &a);
	for (int i = 0; i < rows_n(rows) && !*l->stop; i++) {
		enum pay_kind kind;
		if (pay_kind_parse(row_str(rows, i, "object_kind"), &kind) == OK)
			fetch_row(l, rows, i, kind);
	}
	return (size_t)rows_n(rows);
}

/* --- lost calls ------------------------------------------------------------------------------- */

/* Keep the page that was found. *ret_done: it needs no further search. */
static enum err found(struct look *l, const struct rows *rows, int i, const json_t *o,
	bool *ret_done, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO got = NULL;
	utc_t expires;
	bool live = json_is_true(json_object_get(o, "livemode"));
	store_args_init(&a);
	arg_int(&a, row_int(rows, i, "outbox"));
	arg_str(&a, json_text(o, "id"));
	arg_opt(&a, json_text(o, "state"));
	arg_opt(&a, json_text(o, "url"));
	if (clock_parse(json_text(o, "expires_at"), &expires) == OK)
		arg_utc(&a, expires);
	else
		arg_null(&a);
	arg_bool(&a, live);
	arg_utc(&a, clock_utc());
	enum err e = store_call(l->store, STMT_attempt_found, &a, &got, f);
	if (e != OK)
		return e;
	CRASH_POINT("r.found");
	struct str outcome = row_str(got, 0, "outcome");
	*ret_done = !str_is(outcome, "taken");
	if (str_is(outcome, "adopted")) {
		struct log_line line;
		log_open(&line, LOG_NOTICE, "a lost page was found");
		log_str(&line, "pledge", row_str(rows, i, "pledge"));
		log_str(&line, "object", json_text(o, "id"));
		log_emit(&line);
	}
	return OK;
}

/* The whole list since the first of the calls; fails when its end was not seen. Newest first: of
 * two pages of one pledge the later one is kept. */
static enum err search(struct look *l, struct pay *p, const struct rows *rows, bool *done,
	utc_t since, struct fault *f)
{
	char after[LIST_AFTER_MAX] = "";
	int pages = 0;
	enum err e = OK;
	do {
		json_auto_t *items = NULL;
		e = page_of_checkouts(l, p, since, after, &items, f);
		for (size_t k = 0; k < json_array_size(items) && e == OK; k++) {
			const json_t *o = json_array_get(items, k);
			int i = row_of(rows, done, "pledge", json_text(o, "pledge"));
			if (i >= 0)
				e = found(l, rows, i, o, &done[i], f);
		}
		if (e == OK && after[0] && (++pages == PAGES_MAX || *l->stop))
			e = fault_set(f, ERR_PROVIDER_DOWN, NULL, "the list was not seen whole");
	} while (e == OK && after[0]);
	return e;
}

static enum err put_off(struct look *l, int64_t outbox, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_int(&a, outbox);
	arg_c(&a, "lost");
	arg_null(&a);
	arg_c(&a, "no page of it yet");
	arg_null(&a);
	arg_utc(&a, clock_utc());
	return store_call(l->store, STMT_outbox_result, &a, &rows, f);
}

/* Not in the list: given a minute after it was sent, then there is none, and another is asked for.
 */
static enum err not_found(
	struct look *l, struct pay *p, const struct rows *rows, int i, struct fault *f)
{
	struct call old, c;
	struct str outcome, url;
	int64_t patience_s = conf_int(l->conf, CONF_clerk_lookup_after_s) / 5;
	int64_t age_s = utc_s(clock_utc()) - utc_s(row_utc(rows, i, "first_sent_at"));
	struct again g = {.pledge = row_uuid(rows, i, "pledge"),
		.lost = row_int(rows, i, "outbox"),
		.lease_s = lease_s(l),
		.cause = "no page of the last attempt"};
	if (age_s < patience_s)
		return put_off(l, g.lost, f);
	enum err e = call_of(rows, i, l->arena, &old);
	if (e != OK)
		return e;
	g.old = (struct pay_request){.method = old.method, .path = old.path, .body = old.body};
	e = again_begin(l->store, p, &g, l->arena, &c, &outcome, f);
	CRASH_POINT("r.next_kept");
	if (e != OK)
		return e;
	struct log_line line;
	log_open(&line, LOG_NOTICE, "a lost page was not found");
	log_str(&line, "pledge", row_str(rows, i, "pledge"));
	log_str(&line, "next", outcome);
	log_emit(&line);
	if (str_is(outcome, "moved") || str_is(outcome, "mode"))
		return put_off(l, g.lost, f);
	if (!str_is(outcome, "made"))
		return OK;
	e = call_create(l->store, p, &c, call_ms(l), l->arena, &url, f);
	return e == ERR_UNKNOWN ? OK : e;
}

static void look_lost_at(struct look *l, struct pay *p, const struct rows *rows)
{
	bool done[LOST_N] = {false};
	struct fault f = {0};
	utc_t since;
	if (rows_of(rows, p, "first_sent_at", done, &since) == 0)
		return;
	enum err e = search(l, p, rows, done, utc_of_s(utc_s(since) - EARLIER_S), &f);
	if (e != OK)
		complain("lost pages could not be looked for", e, &f, STR(""));
	for (int i = 0; i < rows_n(rows) && !*l->stop; i++) {
		struct fault why = {0};
		enum err one = done[i]   ? OK
			       : e == OK ? not_found(l, p, rows, i, &why)
					 : put_off(l, row_int(rows, i, "outbox"), &why);
		arena_reset(l->arena);
		if (one != OK)
			complain("no other attempt could be made", one, &why,
				row_str(rows, i, "pledge"));
	}
}

size_t look_lost(struct look *l)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, LOST_N);
	arg_int(&a, lease_s(l) * LEASE_TIMES);
	ROWS_AUTO rows = due(l, STMT_find_lease, &a);
	if (rows_n(rows) == 0)
		return 0;
	CRASH_POINT("r.find_leased");
	for (size_t k = 0; k < l->pays->n && !*l->stop; k++)
		look_lost_at(l, l->pays->of[k], rows);
	return (size_t)rows_n(rows);
}
