/* app/settle.c: fetch, parse, pledged.settle. */
#include <stdlib.h>

#include "app/circuit.h"
#include "app/settle.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/log.h"
#include "base/metric.h"

static enum err fetch(struct store *s, struct pay *p, enum pay_kind kind, struct str id,
	int64_t timeout_ms, struct arena *a, json_t **ret, bool *ret_held, struct fault *f)
{
	struct pay_request q;
	struct pay_answer ans;
	char text[120];
	utc_t began = clock_utc();
	enum err e = pay_build_fetch(p, kind, id, a, &q);
	if (e != OK)
		return fault_set(f, ERR_PROVIDER, "object", "an id that cannot be one");
	*ret_held = !circuit_call(s, p, &q, timeout_ms, a, &ans);
	switch (pay_outcome(&ans)) {
	case PAY_OK: return pay_parse_snapshot(p, kind, &ans, began, ret, f);
	case PAY_GONE:
		return fault_set(f, ERR_NOT_FOUND, "object", "the provider does not know it");
	case PAY_RETRY:
	case PAY_UNKNOWN:
		pay_error_text(&ans, text);
		return fault_set(f, ERR_PROVIDER_DOWN, NULL, "%s", text);
	default: pay_error_text(&ans, text); return fault_set(f, ERR_PROVIDER, NULL, "%s", text);
	}
}

enum err app_fetch(struct store *s, struct pay *p, enum pay_kind kind, struct str id,
	int64_t timeout_ms, struct arena *a, json_t **ret, struct fault *f)
{
	bool held = false;
	return fetch(s, p, kind, id, timeout_ms, a, ret, &held, f);
}

void settle_count(enum pledge_status to, struct str currency)
{
	/* behind the currencies that we take stands "none" */
	metric_add(METRIC_PLEDGES,
		metric_series(METRIC_PLEDGES, to, money_currency_no(currency), 0), 1);
}

/* What the picture is about, in whichever currency it says. */
static struct str currency_of(const json_t *snapshot)
{
	static const char *const LISTS[] = {"payments", "refunds", "disputes", "fees"};
	for (size_t i = 0; i < ARRAY_N(LISTS); i++) {
		struct str c = json_text(
			json_array_get(json_object_get(snapshot, LISTS[i]), 0), "currency");
		if (c.n)
			return c;
	}
	return json_text(json_object_get(snapshot, "recurring"), "currency");
}

/* The database moves; a move that pledge.def does not have is told loudly. */
static void log_settled(const struct rows *rows, const char *cause, struct str currency)
{
	struct log_line l;
	struct str before = row_str(rows, 0, "status_before"),
		   after = row_str(rows, 0, "status_after");
	enum pledge_status from, to;
	if (str_eq(before, after))
		return;
	bool known = pledge_status_parse(before, &from) == OK &&
		     pledge_status_parse(after, &to) == OK && pledge_moves(from, to);
	if (pledge_status_parse(after, &to) == OK)
		settle_count(to, currency);
	log_open(&l, known ? LOG_INFO : LOG_ERROR,
		known ? "pledge moved" : "pledge moved as it cannot");
	log_str(&l, "pledge", row_str(rows, 0, "pledge"));
	log_str(&l, "from", before);
	log_str(&l, "to", after);
	log_c(&l, "cause", cause);
	log_emit(&l);
}

enum err app_settle(struct store *s, struct pay *p, int64_t inbox, const char *cause,
	enum pay_kind kind, struct str id, int64_t timeout_ms, struct arena *a, struct settled *ret,
	struct fault *f)
{
	json_auto_t *snapshot = NULL;
	*ret = (struct settled){0};
	enum err e = fetch(s, p, kind, id, timeout_ms, a, &snapshot, &ret->held, f);
	if (e != OK)
		return e;
	CRASH_POINT("r.fetched");
	char *text = json_write(snapshot, JSON_COMPACT);
	if (!text)
		return fault_set(f, ERR_NO_MEMORY, NULL, "snapshot");
	struct store_args args;
	ROWS_AUTO rows = NULL;
	store_args_init(&args);
	if (inbox)
		arg_int(&args, inbox);
	else
		arg_null(&args);
	arg_c(&args, cause);
	arg_big(&args, text);
	arg_utc(&args, clock_utc());
	e = store_call(s, STMT_settle, &args, &rows, f);
	CRASH_POINT("r.applied");
	free(text);
	if (e == OK && rows_n(rows) == 1) {
		*ret = (struct settled){.known = true, .paid_new = row_bool(rows, 0, "paid_new")};
		log_settled(rows, cause, currency_of(snapshot));
	}
	return e;
}
