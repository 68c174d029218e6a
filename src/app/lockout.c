/* app/lockout.c: one refusal of our key, and everybody waits. */
#include <string.h>

#include "app/lockout.h"
#include "base/log.h"

enum verdict { CLOSED, PROBE, HELD };

static enum verdict may(struct store *s, const struct pay *p, int64_t timeout_ms)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, pay_name(p));
	arg_int(&a, timeout_ms / 1000 + 10);
	arg_utc(&a, clock_utc());
	if (store_call(s, STMT_lockout_may, &a, &rows, NULL) != OK)
		return CLOSED;
	struct str word = row_str(rows, 0, "verdict");
	return str_is(word, "open") ? HELD : str_is(word, "probe") ? PROBE : CLOSED;
}

/* error NULL: it takes our calls again. */
static void note(struct store *s, const struct pay *p, const char *error)
{
	struct store_args a;
	struct log_line l;
	ROWS_AUTO rows = NULL;
	struct fault f = {0};
	store_args_init(&a);
	arg_c(&a, pay_name(p));
	arg_c(&a, error);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, STMT_lockout_note, &a, &rows, &f);
	log_open(&l, error ? LOG_ERROR : LOG_NOTICE,
		error ? "the provider refuses our key or account: calls wait"
		      : "the provider takes our calls again");
	log_c(&l, "provider", pay_name(p));
	if (error)
		log_c(&l, "error", error);
	log_err(&l, e, &f);
	log_emit(&l);
}

static bool is_refusal(const struct pay_answer *ans)
{
	return (ans->status == 401 || ans->status == 403) && pay_outcome(ans) == PAY_CONFIG;
}

bool lockout_call(struct store *s, struct pay *p, const struct pay_request *q, int64_t timeout_ms,
	struct arena *a, struct pay_answer *ret)
{
	static const char why[] = "held back: the provider refuses our key or account";
	char text[120];
	enum verdict v = may(s, p, timeout_ms);
	if (v == HELD) {
		*ret = (struct pay_answer){.retry_after_s = -1, .curl = -1};
		memcpy(ret->error, why, sizeof why);
		return false;
	}
	pay_call(p, q, timeout_ms, a, ret);
	if (is_refusal(ret)) {
		pay_error_text(ret, text);
		note(s, p, text);
	} else if (v == PROBE && ret->curl == 0 && ret->status < 500) {
		note(s, p, NULL);
	}
	return true;
}

bool lockout_waits(struct store *s, const struct pay *p)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, pay_name(p));
	arg_utc(&a, clock_utc());
	return store_call(s, STMT_lockout_look, &a, &rows, NULL) == OK &&
	       !row_bool(rows, 0, "worth");
}
