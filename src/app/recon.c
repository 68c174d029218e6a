/* app/recon.c: missed events and the daily comparison, a step at a time. */
#include <stdlib.h>

#include "app/recon.h"
#include "app/settle.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/log.h"

#define ASK_MS       1000
#define OVERLAP_S    INT64_C(3600)         /* events do not come in the order of their times */
#define KEPT_S       (INT64_C(30) * 86400) /* as long as the provider keeps events */
#define PAGES_MAX    20000
#define COMPARE_DAYS 3
#define DOUBT_N      5
#define DOUBT_MOST   100
#define LEASE_TIMES  4

static void complain(const char *what, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR, what);
	log_err(&l, e, f);
	log_emit(&l);
}

static int64_t call_ms(const struct recon_with *w)
{
	return conf_int(w->conf, CONF_clerk_call_ms);
}

static int64_t lease_s(const struct recon_with *w)
{
	return (call_ms(w) / 1000 + 10) * LEASE_TIMES;
}

/* A statement that gives one row of one truth: false when the lease is somebody else's by now. */
static enum err ask_kept(const struct recon_with *w, enum stmt stmt, const struct store_args *a,
	const char *col, bool *ret, struct fault *f)
{
	ROWS_AUTO rows = NULL;
	enum err e = store_call(w->store, stmt, a, &rows, f);
	*ret = e == OK && rows_n(rows) == 1 && row_bool(rows, 0, col);
	return e;
}

/* --- events ----------------------------------------------------------------------------------- */

static void lease_args(const struct recon *r, const struct recon_with *w, struct store_args *a)
{
	store_args_init(a);
	arg_c(a, pay_name(w->pay));
	arg_c(a, "events");
	arg_uuid(a, &r->holder);
}

static void tell_gap(utc_t ended)
{
	struct log_line l;
	log_open(&l, LOG_ERROR,
		"events were not listed for longer than the provider keeps them: run pledgectl "
		"audit");
	log_int(&l, "days", (utc_s(clock_utc()) - utc_s(ended)) / 86400);
	log_emit(&l);
}

static void events_lease(struct recon *r, const struct recon_with *w)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	int64_t oldest_s = utc_s(clock_utc()) - KEPT_S;
	lease_args(r, w, &a);
	arg_int(&a, conf_int(w->conf, CONF_clerk_events_s));
	arg_int(&a, lease_s(w));
	arg_utc(&a, clock_utc());
	enum err e = store_call(w->store, STMT_reconcile_lease, &a, &rows, &f);
	if (e != OK && e != ERR_STORE_DOWN)
		complain("a statement failed", e, &f);
	if (rows_n(rows) != 1)
		return;
	CRASH_POINT("r.list_leased");
	utc_t cursor = row_utc(rows, 0, "cursor_at"), ended = row_utc(rows, 0, "ended_at");
	if (ended.us > 0 && utc_s(ended) < oldest_s)
		tell_gap(ended);
	int64_t since_s = cursor.us > 0 ? utc_s(cursor) - OVERLAP_S : oldest_s;
	r->events = (struct recon_events){
		.on = true, .since = utc_of_s(since_s > oldest_s ? since_s : oldest_s)};
}

static enum err events_store(
	struct recon *r, const struct recon_with *w, const json_t *items, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	char *text = json_write(items, JSON_COMPACT);
	if (!text)
		return fault_set(f, ERR_NO_MEMORY, NULL, "events");
	store_args_init(&a);
	arg_c(&a, pay_name(w->pay));
	arg_bool(&a, pay_livemode(w->pay));
	arg_big(&a, text);
	arg_utc(&a, clock_utc());
	enum err e = store_call(w->store, STMT_events_put, &a, &rows, f);
	free(text);
	if (e != OK)
		return e;
	r->events.stored += row_int(rows, 0, "n");
	r->events.listed += (int64_t)json_array_size(items);
	for (size_t i = 0; i < json_array_size(items); i++) {
		utc_t at;
		if (clock_parse(json_text(json_array_get(items, i), "created"), &at) == OK &&
			at.us > r->events.newest.us)
			r->events.newest = at;
	}
	return OK;
}

static void events_end(struct recon *r, const struct recon_with *w, const char *error)
{
	struct store_args a;
	struct fault f = {0};
	bool ended;
	lease_args(r, w, &a);
	if (r->events.newest.us > 0)
		arg_utc(&a, r->events.newest);
	else
		arg_null(&a);
	arg_c(&a, error);
	arg_utc(&a, clock_utc());
	enum err e = ask_kept(w, STMT_reconcile_end, &a, "ended", &ended, &f);
	CRASH_POINT("r.list_ended");
	r->events.on = false;
	if (e != OK)
		complain("the end of a list of events could not be noted", e, &f);
	if (e != OK || error || r->events.stored == 0)
		return;
	struct log_line l;
	log_open(&l, LOG_NOTICE, "events were missed");
	log_int(&l, "listed", r->events.listed);
	log_int(&l, "new", r->events.stored);
	log_emit(&l);
}

static void events_step(struct recon *r, const struct recon_with *w)
{
	json_auto_t *items = NULL;
	struct store_args a;
	struct fault f = {0};
	bool kept = false;
	enum err e = list_page(w->store, w->pay, PAY_LIST_EVENTS, r->events.since, r->events.after,
		call_ms(w), w->arena, &items, &f);
	CRASH_POINT("r.list_read");
	if (e == OK)
		e = events_store(r, w, items, &f);
	CRASH_POINT("r.list_kept");
	if (e == OK && ++r->events.pages == PAGES_MAX)
		e = fault_set(&f, ERR_PROVIDER, NULL, "the list has no end");
	if (e != OK) {
		complain("missed events could not be listed", e, &f);
		events_end(r, w, f.detail[0] ? f.detail : err_slug(e));
		return;
	}
	if (r->events.after[0] == '\0') {
		events_end(r, w, NULL);
		return;
	}
	lease_args(r, w, &a);
	arg_int(&a, lease_s(w));
	arg_utc(&a, clock_utc());
	e = ask_kept(w, STMT_reconcile_keep, &a, "kept", &kept, &f);
	r->events.on = e == OK && kept;
}

/* --- comparison ------------------------------------------------------------------------------- */

static const struct {
	enum pay_list list;
	const char *what;
} LISTS[] = {
	{PAY_LIST_CHARGES, "charge"},
	{PAY_LIST_REFUNDS, "refund"},
	{PAY_LIST_DISPUTES, "dispute"},
	{PAY_LIST_SUBSCRIPTIONS, "subscription"},
};

static void compare_lease(struct recon *r, const struct recon_with *w)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, pay_name(w->pay));
	arg_bool(&a, pay_livemode(w->pay));
	arg_uuid(&a, &r->holder);
	arg_int(&a, conf_int(w->conf, CONF_clerk_compare_s));
	arg_int(&a, COMPARE_DAYS);
	arg_int(&a, lease_s(w));
	arg_utc(&a, clock_utc());
	enum err e = store_call(w->store, STMT_comparison_lease, &a, &rows, &f);
	if (e != OK && e != ERR_STORE_DOWN)
		complain("a statement failed", e, &f);
	if (rows_n(rows) == 1)
		r->compare = (struct recon_compare){.on = true,
			.id = row_uuid(rows, 0, "comparison"),
			.from = row_utc(rows, 0, "from_at"),
			.recurring = row_utc(rows, 0, "recurring_at")};
}

static void compare_args(const struct recon *r, const struct recon_with *w, struct store_args *a)
{
	store_args_init(a);
	arg_uuid(a, &r->compare.id);
	arg_c(a, pay_name(w->pay));
	arg_uuid(a, &r->holder);
}

static enum err compare_put(struct recon *r, const struct recon_with *w, const char *what,
	const json_t *items, struct fault *f)
{
	struct store_args a;
	bool kept = false;
	char *text = json_write(items, JSON_COMPACT);
	if (!text)
		return fault_set(f, ERR_NO_MEMORY, NULL, "comparison");
	compare_args(r, w, &a);
	arg_c(&a, what);
	arg_big(&a, text);
	arg_int(&a, lease_s(w));
	arg_utc(&a, clock_utc());
	enum err e = ask_kept(w, STMT_comparison_put, &a, "kept", &kept, f);
	free(text);
	r->compare.on = e != OK || kept;
	return e;
}

static enum err compare_list(struct recon *r, const struct recon_with *w, struct fault *f)
{
	json_auto_t *items = NULL;
	struct recon_compare *c = &r->compare;
	enum pay_list list = LISTS[c->list].list;
	if (!pay_lists(w->pay, list)) {
		c->list++;
		return OK;
	}
	enum err e = list_page(w->store, w->pay, list,
		list == PAY_LIST_SUBSCRIPTIONS ? c->recurring : c->from, c->after, call_ms(w),
		w->arena, &items, f);
	if (e == OK)
		e = compare_put(r, w, LISTS[c->list].what, items, f);
	if (e == OK && ++c->pages == PAGES_MAX)
		e = fault_set(f, ERR_PROVIDER, NULL, "the list has no end");
	if (e == OK && c->after[0] == '\0')
		c->list++;
	return e;
}

/* Whether an object of ours that no list named is there at all. What cannot be read is there. */
static enum err look_for(const struct recon_with *w, struct str kind, struct str id,
	bool *ret_there, struct fault *f)
{
	enum pay_kind k;
	struct settled s;
	if (pay_kind_parse(kind, &k) != OK)
		return fault_set(f, ERR_STORE, NULL, "an unknown kind of object");
	enum err e =
		app_settle(w->store, w->pay, 0, "comparison", k, id, call_ms(w), w->arena, &s, f);
	*ret_there = e != ERR_NOT_FOUND;
	return err_class(e) == ERR_CLASS_SOFT ? e : OK;
}

static enum err note_look(
	struct recon *r, const struct recon_with *w, struct str id, bool there, struct fault *f)
{
	json_auto_t *items = json_pack("[{s:s%}]", "id", id.p, id.n);
	if (!items)
		return fault_set(f, ERR_NO_MEMORY, NULL, "comparison");
	return compare_put(r, w, there ? "there" : "gone", items, f);
}

static void tell_books(const struct rows *rows)
{
	static const char *const COUNTS[] = {
		"differences", "differences_new", "orphans", "orphans_new", "theirs", "others"};
	bool bad = row_int(rows, 0, "differences_new") > 0,
	     lost = row_int(rows, 0, "orphans_new") > 0;
	struct log_line l;
	log_open(&l, bad || lost ? LOG_ERROR : LOG_INFO,
		lost  ? "there is money without its pledge: run pledgectl audit"
		: bad ? "the provider's books and ours differ: run pledgectl audit"
		      : "the books were compared");
	for (size_t i = 0; i < ARRAY_N(COUNTS); i++)
		log_int(&l, COUNTS[i], row_int(rows, 0, COUNTS[i]));
	log_emit(&l);
}

static enum err compare_end(struct recon *r, const struct recon_with *w, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	compare_args(r, w, &a);
	arg_int(&a, COMPARE_DAYS);
	arg_utc(&a, clock_utc());
	enum err e = store_call(w->store, STMT_comparison_end, &a, &rows, f);
	if (e == OK)
		r->compare.on = false;
	if (e == OK && rows_n(rows) == 1)
		tell_books(rows);
	return e;
}

/* Behind the lists: fetch what none of them had, a few at a time; then compare. */
static enum err compare_rest(struct recon *r, const struct recon_with *w, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_uuid(&a, &r->compare.id);
	arg_int(&a, DOUBT_N);
	arg_int(&a, DOUBT_MOST);
	enum err e = store_call(w->store, STMT_comparison_doubt, &a, &rows, f);
	if (e == OK && rows_n(rows) == 0)
		return compare_end(r, w, f);
	for (int i = 0; i < rows_n(rows) && e == OK && r->compare.on && !*w->stop; i++) {
		struct str id = row_str(rows, i, "object_id");
		bool there = true;
		e = look_for(w, row_str(rows, i, "kind"), id, &there, f);
		if (e == OK)
			e = note_look(r, w, id, there, f);
		arena_reset(w->arena);
	}
	return e;
}

static void compare_step(struct recon *r, const struct recon_with *w)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	struct fault f = {0}, why = {0};
	enum err e =
		r->compare.list < ARRAY_N(LISTS) ? compare_list(r, w, &f) : compare_rest(r, w, &f);
	if (e == OK)
		return;
	complain("the books could not be compared", e, &f);
	compare_args(r, w, &a);
	arg_c(&a, f.detail[0] ? f.detail : err_slug(e));
	arg_utc(&a, clock_utc());
	r->compare.on = false;
	e = store_call(w->store, STMT_comparison_fail, &a, &rows, &why);
	if (e != OK)
		complain("the end of a comparison could not be noted", e, &why);
}

/* --- a round ---------------------------------------------------------------------------------- */

size_t recon_round(struct recon *r, const struct recon_with *w)
{
	mono_t now = clock_mono();
	if (uuid_is_nil(&r->holder) && uuid_new4(&r->holder) != OK)
		return 0;
	if (now.us >= r->ask_at.us) {
		if (!r->events.on && pay_lists(w->pay, PAY_LIST_EVENTS))
			events_lease(r, w);
		if (!r->compare.on)
			compare_lease(r, w);
		r->ask_at = mono_add(now, dur_ms(ASK_MS));
	}
	size_t n = (size_t)r->events.on + (size_t)r->compare.on;
	if (r->events.on && !*w->stop)
		events_step(r, w);
	arena_reset(w->arena);
	if (r->compare.on && !*w->stop)
		compare_step(r, w);
	arena_reset(w->arena);
	return n;
}
