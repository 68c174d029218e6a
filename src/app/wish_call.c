/* app/wish_call.c: from a wish's stored call to the end of both. */
#include <stdlib.h>
#include <string.h>

#include "app/call.h"
#include "app/list.h"
#include "app/lockout.h"
#include "app/settle.h"
#include "app/wish_own.h"
#include "base/crash.h"
#include "base/json.h"

#define CALL_N    1
#define PAGES_MAX 1000

/* One call that is being made. */
struct sent {
	struct wish_work *w;
	struct pay *pay;
	const struct rows *rows;
	int row;
	const struct wish_kind *kind;
	struct call call;
	long status;
	char error[120];
};

/* The call stays open, is parked, or whatever outbox_result makes of the outcome. */
static void note(struct sent *s, const char *outcome)
{
	struct fault f = {0};
	enum err e = call_note(s->w->store, &s->call, outcome, s->status, s->error, &f);
	bool parked = strcmp(outcome, "config") == 0;
	wish_tell(parked ? LOG_ERROR : LOG_WARN, "a wish is not answered yet", s->rows, s->row,
		outcome, e == OK ? s->error : f.detail);
}

static void refused(struct sent *s, bool again)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, s->call.outbox);
	arg_bool(&a, again);
	if (s->status)
		arg_int(&a, s->status);
	else
		arg_null(&a);
	arg_c(&a, s->error);
	arg_utc(&a, clock_utc());
	rows_free(wish_ask_rows(s->w, STMT_wish_refused, &a));
	wish_tell(again ? LOG_WARN : LOG_ERROR, again ? "a wish is sent anew" : "a wish is refused",
		s->rows, s->row, NULL, s->error);
}

/* Applies what the provider says. Gives whether the wish has ended, or its call was made anew. */
static bool answered(struct sent *s, json_t *snapshot, const char *other)
{
	struct store_args a;
	char *text = json_write(snapshot, JSON_COMPACT);
	if (!text)
		return false;
	store_args_init(&a);
	arg_int(&a, s->call.outbox);
	arg_big(&a, text);
	arg_c(&a, other);
	if (s->status)
		arg_int(&a, s->status);
	else
		arg_null(&a);
	arg_opt(&a, str_c(s->error));
	arg_utc(&a, clock_utc());
	ROWS_AUTO rows = wish_ask_rows(s->w, STMT_wish_answered, &a);
	free(text);
	CRASH_POINT("r.wish_ended");
	if (rows_n(rows) != 1)
		return false;
	struct str state = row_str(rows, 0, "state");
	bool done = str_is(state, "done"), open = str_is(state, "sent");
	if (!open)
		wish_tell(done ? LOG_INFO : LOG_ERROR, "a wish has ended", s->rows, s->row,
			done ? "done" : "refused", done ? NULL : s->error);
	return !open || strcmp(other, "again") == 0;
}

/* Asks how the object stands. other: what becomes of the wish when it is not as was asked. */
static bool look(struct sent *s, const char *other)
{
	json_auto_t *snapshot = NULL;
	struct fault f = {0};
	enum pay_kind kind;
	enum err e = pay_kind_parse(row_str(s->rows, s->row, "look_kind"), &kind);
	if (e == OK)
		e = app_fetch(s->w->store, s->pay, kind, row_str(s->rows, s->row, "look_id"),
			wish_call_ms(s->w), s->w->arena, &snapshot, &f);
	if (e == OK)
		return answered(s, snapshot, other);
	if (e != ERR_NOT_FOUND || strcmp(other, "open") == 0)
		return false;
	refused(s, false);
	return true;
}

/* --- a key whose life is over --------------------------------------------------------------------
 */

/* The refund among one page that is ours, or empty. */
static struct str ours_in(const json_t *items, struct str refund)
{
	const json_t *o;
	size_t k;
	json_array_foreach(items, k, o)
	{
		if (str_eq(json_text(o, "ours"), refund))
			return json_text(o, "id");
	}
	return (struct str){0};
}

/* Searches all refunds that were made since the call was first sent. gives  *ret_found with the id
 * copied to id when there is one. fails as list_page */
static enum err find_refund(
	struct sent *s, char id[LIST_AFTER_MAX], bool *ret_found, struct fault *f)
{
	char after[LIST_AFTER_MAX] = "";
	utc_t since = utc_of_s(utc_s(row_utc(s->rows, s->row, "first_sent_at")) - 3600);
	*ret_found = false;
	for (int page = 0; page < PAGES_MAX; page++) {
		json_auto_t *items = NULL;
		enum err e = list_page(s->w->store, s->pay, PAY_LIST_REFUNDS, since, after,
			wish_call_ms(s->w), s->w->arena, &items, f);
		arena_reset(s->w->arena);
		if (e != OK)
			return e;
		struct str found = ours_in(items, row_str(s->rows, s->row, "wish"));
		*ret_found = found.n > 0;
		if (found.n)
			return str_copy(found, id, LIST_AFTER_MAX);
		if (!after[0])
			return OK;
	}
	return fault_set(f, ERR_PROVIDER, NULL, "the list has no end");
}

/* The same key would be a new request now: nothing is sent before a look. */
static void outlived(struct sent *s)
{
	json_auto_t *snapshot = NULL;
	char id[LIST_AFTER_MAX];
	struct fault f = {0};
	bool found = false;
	if (s->kind->answer != PAY_KIND_REFUND || !pay_fetches(s->pay, PAY_KIND_REFUND)) {
		if (!look(s, "again"))
			note(s, "unknown");
		return;
	}
	enum err e = find_refund(s, id, &found, &f);
	if (e == OK && found)
		e = app_fetch(s->w->store, s->pay, PAY_KIND_REFUND, str_c(id), wish_call_ms(s->w),
			s->w->arena, &snapshot, &f);
	if (e == OK && !found)
		refused(s, true);
	else if (e != OK || !answered(s, snapshot, "failed")) {
		if (e != OK && str_copy(str_c(f.detail), s->error, sizeof s->error) != OK)
			s->error[0] = '\0';
		note(s, "unknown");
	}
}

/* --- sending ------------------------------------------------------------------------------------
 */

static void on_answer(struct sent *s, const struct pay_answer *ans, utc_t began)
{
	json_auto_t *snapshot = NULL;
	struct fault f = {0};
	enum err e = pay_parse_snapshot(s->pay, s->kind->answer, ans, began, &snapshot, &f);
	if (e == OK && answered(s, snapshot, "open"))
		return;
	BUF_ON(b, sizeof s->error);
	buf_addf(&b, "%.40s %.70s", e == OK ? "answered" : f.field,
		e == OK ? "but it is not so" : f.detail);
	if (str_copy(buf_str(&b), s->error, sizeof s->error) != OK)
		s->error[0] = '\0';
	/* a snapshot of something newer may have been faster; an answer that cannot be read says
	 * nothing of the effect */
	if (!look(s, e == OK ? "failed" : "open"))
		note(s, "unknown");
}

static void send(struct sent *s)
{
	struct pay_request q = {.op = OP_wish,
		.method = s->call.method,
		.path = s->call.path,
		.body = s->call.body};
	struct pay_answer ans;
	utc_t began = clock_utc();
	if (strcmp(q.method, "POST") == 0)
		q.idem_key = s->call.idem_key;
	CRASH_POINT("r.wish_call_leased");
	lockout_call(s->w->store, s->pay, &q, wish_call_ms(s->w), s->w->arena, &ans);
	CRASH_POINT("r.wish_read");
	s->status = ans.status;
	enum pay_outcome outcome = pay_outcome(&ans);
	if (outcome != PAY_OK)
		pay_error_text(&ans, s->error);
	switch (outcome) {
	case PAY_OK: on_answer(s, &ans, began); break;
	case PAY_CONFIG:
	case PAY_RETRY: note(s, pay_outcome_name(outcome)); break;
	case PAY_UNKNOWN:
		/* the same key gives the same error: perhaps it was done all the same */
		if (ans.curl != 0 || !look(s, "open"))
			note(s, "unknown");
		break;
	default:
		if (!look(s, "refused"))
			note(s, "unknown");
	}
}

size_t wish_do_calls(struct wish_work *w, const volatile int *stop)
{
	ROWS_AUTO rows = wish_lease_rows(w, STMT_wish_calls, CALL_N);
	for (int i = 0; i < rows_n(rows) && !*stop; i++) {
		struct sent s = {.w = w,
			.rows = rows,
			.row = i,
			.kind = wish_kind_of(row_str(rows, i, "kind"))};
		utc_t first = row_utc(rows, i, "first_sent_at");
		struct fault f = {0};
		enum err e = s.kind ? call_of(rows, i, w->arena, &s.call) : ERR_STORE;
		bool there = call_pay(w->pays, rows, i, &s.pay, &f) == OK;
		if (e != OK)
			wish_tell(LOG_ERROR, "a wish cannot be sent", rows, i, NULL, err_slug(e));
		else if (!there)
			note(&s, "retry");
		else if (utc_s(clock_utc()) - utc_s(first) > pay_key_life_s(s.pay))
			outlived(&s);
		else
			send(&s);
		arena_reset(w->arena);
	}
	return (size_t)rows_n(rows);
}
