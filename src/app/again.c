/* app/again.c: POST /pledge/<token>/again, and the attempt that follows one that was lost. */
#include <string.h>

#include "app/admit.h"
#include "app/again.h"
#include "base/log.h"

#define LEASE_MARGIN_S 5
#define ATTEMPTS_MAX   20

static enum err next(struct store *s, struct pay *p, const struct again *g,
	const struct uuid *attempt, const struct pay_request *q, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_uuid(&a, &g->pledge);
	arg_uuid(&a, attempt);
	if (g->lost)
		arg_int(&a, g->lost);
	else
		arg_null(&a);
	arg_c(&a, pay_name(p));
	arg_bool(&a, pay_livemode(p));
	arg_str(&a, q->idem_key);
	arg_c(&a, q->method);
	arg_str(&a, q->path);
	arg_bytes(&a, q->body);
	arg_int(&a, ATTEMPTS_MAX);
	arg_int(&a, g->lease_s);
	arg_c(&a, g->cause);
	arg_utc(&a, clock_utc());
	arg_opt(&a, g->country);
	return store_call(s, STMT_attempt_next, &a, ret, f);
}

enum err again_begin(struct store *s, struct pay *p, const struct again *g, struct arena *a,
	struct call *ret, struct str *ret_outcome, struct fault *f)
{
	struct uuid attempt;
	struct pay_request q;
	ROWS_AUTO rows = NULL;
	char name[37];
	utc_t now = clock_utc();
	enum err e = uuid_new7(now, &attempt);
	if (e != OK)
		return e;
	uuid_format(&attempt, name);
	BUF_ON(key, 64);
	buf_addf(&key, "v1:create:%s", name);
	e = pay_build_again(p, &g->old, buf_str(&key), (utc_t){0}, a, &q);
	if (e != OK)
		return fault_set(f, e, NULL, "the stored call cannot be made again");
	e = next(s, p, g, &attempt, &q, &rows, f);
	if (e == OK && rows_n(rows) != 1)
		e = fault_set(f, ERR_STORE, NULL, "attempt_next gave no row");
	if (e == OK)
		e = admit_check(rows, f);
	if (e == OK)
		e = arena_dup(a, row_str(rows, 0, "outcome"), ret_outcome);
	if (e == OK && str_is(*ret_outcome, "made"))
		e = call_of(rows, 0, a, ret);
	return e;
}

/* The row of pledge_again as an attempt to follow. */
static enum err load(struct app_money *m, struct str token, struct arena *arena, struct again *ret,
	struct pay **ret_pay, struct str *ret_state, struct fault *f)
{
	struct store_args a;
	struct call old;
	ROWS_AUTO rows = NULL;
	if (token.n != 32 || !str_is_word(token, "-_"))
		return ERR_NOT_FOUND;
	store_args_init(&a);
	arg_str(&a, token);
	enum err e = store_call(m->store, STMT_pledge_again, &a, &rows, f);
	if (e != OK)
		return e;
	if (rows_n(rows) != 1)
		return ERR_NOT_FOUND;
	e = call_of(rows, 0, arena, &old);
	if (e == OK)
		e = arena_dup(arena, row_str(rows, 0, "attempt_state"), ret_state);
	if (e == OK)
		e = call_pay(&m->pays, rows, 0, ret_pay, f);
	*ret = (struct again){.pledge = row_uuid(rows, 0, "pledge"),
		.old = {.method = old.method, .path = old.path, .body = old.body},
		.lease_s = conf_int(m->conf, CONF_money_wait_ms) / 1000 + LEASE_MARGIN_S,
		.cause = "donor came back"};
	return e;
}

static void log_again(const struct money_ask *ask, const struct uuid *pledge, struct str outcome,
	enum err e, const struct fault *f)
{
	struct log_line l;
	char id[37];
	uuid_format(pledge, id);
	log_open(&l, e == OK || e == ERR_UNKNOWN ? LOG_INFO : LOG_WARN, "pledge again");
	log_str(&l, "request_id", ask->request_id);
	log_c(&l, "pledge", id);
	log_str(&l, "outcome", outcome);
	log_err(&l, e, f);
	log_emit(&l);
}

/* The next attempt's page; ERR_UNKNOWN: somebody else makes one, or it is not known yet. */
static enum err begin(struct app_money *m, struct pay *p, const struct money_ask *ask,
	const struct again *g, mono_t deadline, struct str *ret_outcome, struct str *ret_url,
	struct fault *f)
{
	struct call c;
	enum err e = again_begin(m->store, p, g, ask->arena, &c, ret_outcome, f);
	if (e != OK)
		return e;
	if (str_is(*ret_outcome, "made"))
		return call_create(m->store, p, &c, mono_left_ms(deadline, clock_mono()),
			ask->arena, ret_url, f);
	/* same: this very attempt was stored, only the answer was lost */
	if (str_is(*ret_outcome, "payable") || str_is(*ret_outcome, "paused") ||
		str_is(*ret_outcome, "same"))
		return ERR_UNKNOWN;
	if (str_is(*ret_outcome, "paid") || str_is(*ret_outcome, "under_way"))
		return OK;
	return fault_set(f, ERR_STATE, NULL, "no further attempt: %.*s", STR_FMT(*ret_outcome));
}

enum err app_again(struct app_money *m, struct str token, const struct money_ask *ask,
	struct money_state *ret, struct fault *f)
{
	struct again g;
	struct pay *p;
	struct str state, outcome = STR("open"), url = STR("");
	mono_t deadline = mono_add(ask->start, dur_ms(conf_int(m->conf, CONF_money_wait_ms)));
	enum err e = load(m, token, ask->arena, &g, &p, &state, f);
	if (e != OK) {
		money_failed("a pledge could not be looked up", ask->request_id, e, f);
		return e;
	}
	g.country = ask->seen.country;
	if (!str_is(state, "open"))
		e = begin(m, p, ask, &g, deadline, &outcome, &url, f);
	/* nobody is held while the provider is known to be away */
	if (e == ERR_UNKNOWN && !str_is(outcome, "paused"))
		e = pledge_wait(m, &g.pledge, deadline, ask->arena, &url, f);
	log_again(ask, &g.pledge, outcome, e, f);
	if (e == OK || e == ERR_UNKNOWN || e == ERR_PROVIDER_DOWN)
		e = app_pledge_state(m, token, ask->arena, ret, f);
	return e;
}
