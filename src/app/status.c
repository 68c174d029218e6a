/* app/status.c: how a pledge stands, for its donor. */
#include <string.h>

#include "app/money.h"
#include "base/log.h"

enum err money_text_of(const struct rows *rows, int row, const char *amount, const char *currency,
	struct arena *a, struct str *ret)
{
	BUF_ON(text, 40);
	struct money m = {row_int(rows, row, amount), ""};
	if (str_copy(row_str(rows, row, currency), m.cur, sizeof m.cur) != OK)
		return ERR_STORE;
	money_format(&text, &m);
	return arena_dup(a, buf_str(&text), ret);
}

enum err money_state_fill(
	const struct rows *rows, int row, struct arena *a, struct money_state *ret)
{
	enum err e = money_text_of(rows, row, "amount", "currency", a, &ret->amount);
	if (e == OK && (arena_dup(a, row_str(rows, row, "status"), &ret->status) != OK ||
			       arena_dup(a, row_str(rows, row, "currency"), &ret->currency) != OK ||
			       arena_dup(a, row_str(rows, row, "interval"), &ret->interval) != OK ||
			       arena_dup(a, row_str(rows, row, "url"), &ret->url) != OK))
		e = ERR_NO_MEMORY;
	return e;
}

enum err money_cover_fill(
	const struct rows *rows, int row, struct arena *a, struct money_state *ret)
{
	ret->cover = STR("");
	if (row_null(rows, row, "cover") || row_int(rows, row, "cover") == 0)
		return OK;
	return money_text_of(rows, row, "cover", "currency", a, &ret->cover);
}

enum err gift_life_fill(const struct rows *rows, int row, struct arena *a, struct gift_life *ret)
{
	if (arena_dup(a, row_str(rows, row, "life"), &ret->state) != OK ||
		arena_dup(a, row_str(rows, row, "next_on"), &ret->next_on) != OK ||
		arena_dup(a, row_str(rows, row, "ends_on"), &ret->ends_on) != OK ||
		arena_dup(a, row_str(rows, row, "paused_until"), &ret->paused_until) != OK ||
		arena_dup(a, row_str(rows, row, "next_try_on"), &ret->next_try_on) != OK)
		return ERR_NO_MEMORY;
	return OK;
}

void money_origins(const struct app_money *m, bool portal, struct buf *out)
{
	for (size_t i = 0; i < m->pays.n; i++)
		pay_origin(m->pays.of[i], portal, out);
}

static bool is_token(struct str token)
{
	return token.n == 32 && str_is_word(token, "-_");
}

/* A donor who waits may have pressed the button twice. */
static enum err look_twin(
	struct app_money *m, const struct store_args *a, struct money_state *ret, struct fault *f)
{
	enum pledge_status status;
	ROWS_AUTO rows = NULL;
	if (pledge_status_parse(ret->status, &status) != OK || pledge_status_is_final(status))
		return OK;
	enum err e = store_call(m->store, STMT_pledge_hint, a, &rows, f);
	if (e == OK)
		ret->again = row_bool(rows, 0, "again");
	return e;
}

enum err app_pledge_state(struct app_money *m, struct str token, struct arena *a,
	struct money_state *ret, struct fault *f)
{
	struct store_args args;
	ROWS_AUTO rows = NULL;
	if (!is_token(token))
		return ERR_NOT_FOUND;
	store_args_init(&args);
	arg_str(&args, token);
	enum err e = store_call(m->store, STMT_pledge_by_token, &args, &rows, f);
	if (e != OK) {
		money_failed("a pledge could not be looked up", STR(""), e, f);
		return e;
	}
	if (rows_n(rows) != 1)
		return ERR_NOT_FOUND;
	memset(ret, 0, sizeof *ret);
	e = money_state_fill(rows, 0, a, ret);
	if (e == OK)
		e = money_cover_fill(rows, 0, a, ret);
	if (e == OK)
		e = gift_life_fill(rows, 0, a, &ret->life);
	if (e == OK && row_int(rows, 0, "refunded") > 0)
		e = money_text_of(rows, 0, "refunded", "currency", a, &ret->refunded);
	if (e == OK && (arena_dup(a, row_str(rows, 0, "locale"), &ret->locale) != OK ||
			       arena_dup(a, row_str(rows, 0, "receipt"), &ret->receipt) != OK ||
			       arena_dup(a, row_str(rows, 0, "paid_on"), &ret->paid_on) != OK))
		e = ERR_NO_MEMORY;
	ret->over_paid = row_bool(rows, 0, "over_paid");
	ret->age_s = row_int(rows, 0, "age_s");
	ret->token = token;
	return e == OK ? look_twin(m, &args, ret, f) : e;
}

void app_pledge_look(struct app_money *m, struct str token, utc_t now)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_str(&a, token);
	arg_utc(&a, now);
	enum err e = store_call(m->store, STMT_look_ask, &a, &rows, &f);
	if (e == OK)
		return;
	struct log_line l;
	log_open(&l, LOG_WARN, "a look was not asked for");
	log_err(&l, e, &f);
	log_emit(&l);
}
