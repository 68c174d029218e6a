/* app/circuit.c: ask, call, note. */
#include <string.h>

#include "app/circuit.h"
#include "app/lockout.h"

#define TURN_MS 200 /* while it comes back, a turn is waited for so long */

/* A database that is away holds back no call: what matters is kept elsewhere. */
static bool may_call(struct store *s, const char *provider, bool *ret_watched)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, provider);
	arg_int(&a, 1);
	arg_int(&a, TURN_MS);
	*ret_watched = true;
	if (store_call(s, STMT_circuit_take, &a, &rows, NULL) != OK || rows_n(rows) != 1)
		return true;
	*ret_watched = row_bool(rows, 0, "watched");
	return row_int(rows, 0, "n") > 0;
}

static void note(struct store *s, const char *provider, bool ok)
{
	struct store_args a;
	struct rows *rows = NULL;
	store_args_init(&a);
	arg_c(&a, provider);
	arg_bool(&a, ok);
	if (store_call(s, STMT_circuit_note, &a, &rows, NULL) == OK)
		rows_free(rows);
}

bool circuit_call(struct store *s, struct pay *p, const struct pay_request *q, int64_t timeout_ms,
	struct arena *a, struct pay_answer *ret)
{
	static const char WHY[] = "not sent: the provider did not answer a moment ago";
	bool watched;
	if (!may_call(s, pay_name(p), &watched)) {
		*ret = (struct pay_answer){.curl = 7 /* CURLE_COULDNT_CONNECT */,
			.read = strcmp(q->method, "GET") == 0,
			.retry_after_s = -1};
		memcpy(ret->error, WHY, sizeof WHY);
		return false;
	}
	if (!lockout_call(s, p, q, timeout_ms, a, ret))
		return false;
	enum pay_outcome o = pay_outcome(ret);
	bool failed = o == PAY_RETRY || o == PAY_UNKNOWN;
	if (failed || (watched && o != PAY_CONFIG))
		note(s, pay_name(p), !failed);
	return true;
}
