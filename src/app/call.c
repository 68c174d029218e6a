/* app/call.c: one exchange with the provider, and its outcome in the outbox. */
#include <string.h>

#include "app/call.h"
#include "app/lockout.h"
#include "base/crash.h"
#include "base/log.h"

enum err call_of(const struct rows *rows, int row, struct arena *a, struct call *ret)
{
	struct str method = row_str(rows, row, "method"), hex = row_str(rows, row, "body");
	uint8_t *body = arena_alloc(a, hex.n / 2 + 1);
	size_t n;
	if (!body)
		return ERR_NO_MEMORY;
	if (row_bytes(rows, row, "body", body, hex.n / 2 + 1, &n) != OK)
		return ERR_STORE;
	ret->outbox = row_int(rows, row, "outbox");
	ret->method = str_is(method, "POST") ? "POST" : str_is(method, "DELETE") ? "DELETE" : "GET";
	ret->body = (struct str){(const char *)body, n};
	if (arena_dup(a, row_str(rows, row, "path"), &ret->path) != OK ||
		arena_dup(a, row_str(rows, row, "idem_key"), &ret->idem_key) != OK)
		return ERR_NO_MEMORY;
	return OK;
}

enum err call_pay(const struct pays *pays, const struct rows *rows, int row, struct pay **ret,
	struct fault *f)
{
	struct str name = row_str(rows, row, "provider");
	*ret = pays_find(pays, name);
	return *ret ? OK
		    : fault_set(f, ERR_PROVIDER_DOWN, "pay.providers", "%.*s is not configured",
			      STR_FMT(name));
}

enum err call_note(struct store *s, const struct call *c, const char *outcome, long status,
	const char *error, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_int(&a, c->outbox);
	arg_c(&a, outcome);
	if (status)
		arg_int(&a, status);
	else
		arg_null(&a);
	arg_c(&a, error);
	arg_null(&a);
	arg_utc(&a, clock_utc());
	return store_call(s, STMT_outbox_result, &a, &rows, f);
}

static enum err opened(struct store *s, const struct call *c, const struct pay_opened *o,
	struct arena *arena, struct str *ret_url, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_int(&a, c->outbox);
	arg_str(&a, o->object_id);
	arg_str(&a, o->url);
	if (o->expires_at.us)
		arg_utc(&a, o->expires_at);
	else
		arg_null(&a);
	arg_bool(&a, o->livemode);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, STMT_attempt_opened, &a, &rows, f);
	CRASH_POINT("p.stored");
	*ret_url = STR("");
	if (e == OK && rows_n(rows) == 1)
		e = arena_dup(arena, row_str(rows, 0, "url"), ret_url);
	return e;
}

static void log_trouble(
	const struct call *c, enum pay_outcome o, const char *text, struct str request_id)
{
	struct log_line l;
	log_open(&l, o == PAY_CONFIG || o == PAY_PERMANENT ? LOG_ERROR : LOG_WARN,
		"provider call did not open a page");
	log_int(&l, "outbox", c->outbox);
	log_c(&l, "outcome", pay_outcome_name(o));
	log_c(&l, "error", text);
	log_str(&l, "provider_request", request_id);
	log_emit(&l);
}

enum err call_create(struct store *s, struct pay *p, const struct call *c, int64_t timeout_ms,
	struct arena *a, struct str *ret_url, struct fault *f)
{
	struct pay_request q = {.op = OP_create,
		.method = c->method,
		.path = c->path,
		.body = c->body,
		.idem_key = c->idem_key};
	struct pay_answer ans;
	struct pay_opened o;
	struct fault why = {0};
	char text[120] = "";
	*ret_url = STR("");
	CRASH_POINT("p.before_call");
	bool held = !lockout_call(s, p, &q, timeout_ms, a, &ans);
	CRASH_POINT("p.answer_read");
	enum pay_outcome outcome = pay_outcome(&ans);
	if (outcome == PAY_OK && pay_parse_checkout(p, &ans, a, &o, &why) == OK)
		return opened(s, c, &o, a, ret_url, f);
	if (outcome == PAY_OK) {
		/* an answer that is no answer: the work may be done; a page of another host is
		 * somebody's doing */
		outcome = strstr(why.field, "url") ? PAY_CONFIG : PAY_UNKNOWN;
		BUF_ON(b, sizeof text);
		buf_addf(&b, "%.40s: %.60s", why.field, why.detail);
		if (str_copy(buf_str(&b), text, sizeof text) != OK)
			text[0] = '\0';
	} else {
		pay_error_text(&ans, text);
	}
	log_trouble(c, outcome, text, ans.request_id);
	const char *name =
		outcome == PAY_NEEDS_DONOR || outcome == PAY_GONE ? "permanent"
		: outcome == PAY_UNKNOWN && str_is(ans.should_retry, "false")
			? "lost" /* a repeat is answered the same; its page may be there */
			: pay_outcome_name(outcome);
	enum err e = call_note(s, c, name, ans.status, text, f);
	if (e != OK)
		return e;
	return fault_set(f,
		held || outcome == PAY_CONFIG                    ? ERR_PROVIDER_DOWN
		: outcome == PAY_RETRY || outcome == PAY_UNKNOWN ? ERR_UNKNOWN
								 : ERR_PROVIDER_REFUSED,
		NULL, "%s", pay_outcome_name(outcome));
}
