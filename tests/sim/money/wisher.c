/* tests/sim/money/wisher.c: donors and operators who ask for something beside a pledge: they look
 * into the books, ask, and ask the same again while no answer comes. */
#include <string.h>

#include "actor.h"
#include "model.h"

#define WISHERS_MAX 6
#define LOOKS_MAX   10

struct wisher wishers[WISHERS_MAX];
int wisher_n;

static void ask(void *arg, int64_t n);

/* --- what is asked for ------------------------------------------------------------------------ */

static bool pick_refund(struct wisher *w)
{
	int n = 0;

	for (int i = 0; i < db.payment_n; i++) {
		const struct m_payment *y = &db.payment[i];
		if (!is_eq(y->state, "paid") || y->pledge < 0 || rnd((uint32_t)++n) != 0)
			continue;
		const struct money_currency *c = money_currency(str_c(y->cur));
		w->pledge = db.pledge[y->pledge].id;
		w->object = y->id;
		w->cur = y->cur;
		w->amount = rnd(2) ? 0 : span(1, y->amount / c->step) * c->step;
		if (rnd(12) == 0)
			w->amount = y->amount + c->step;
	}
	w->kind = "refund";
	w->reason = rnd(2) ? "requested_by_customer" : "a wrong amount";
	return n > 0;
}

static bool pick_expire(struct wisher *w)
{
	int n = 0;

	for (int i = 0; i < db.attempt_n; i++) {
		const struct m_attempt *a = &db.attempt[i];
		if (a->state != A_open || a->pledge < 0 || rnd((uint32_t)++n) != 0)
			continue;
		w->pledge = db.pledge[a->pledge].id;
		w->object = a->id;
	}
	w->kind = "expire";
	return n > 0;
}

static bool pick_change(struct wisher *w)
{
	static const char *const kinds[] = {"cancel", "cancel_at_end", "cancel_at_end", "keep",
		"pause", "pause", "resume", "amount"};
	int n = 0;

	for (int i = 0; i < db.recurring_n; i++) {
		const struct m_recurring *r = &db.recurring[i];
		if (r->pledge < 0 || rnd((uint32_t)++n) != 0)
			continue;
		const struct m_pledge *p = &db.pledge[r->pledge];
		w->pledge = p->id;
		w->object = r->id;
		w->cur = p->cur;
		w->amount = p->amount * (1 + (int64_t)rnd(3));
	}
	w->kind = kinds[rnd(ARRAY_N(kinds))];
	w->until = clock_utc().us + span(H, 6 * DAY);
	return n > 0;
}

static bool pick(struct wisher *w)
{
	switch (rnd(5)) {
	case 0: return pick_expire(w);
	case 1:
	case 2: return pick_change(w);
	default: return pick_refund(w);
	}
}

/* --- asking ----------------------------------------------------------------------------------- */

static void send(struct wisher *w)
{
	actor_job((struct job){.what = JOB_WISH, .wisher = w});
}

static void ask(void *arg, int64_t n)
{
	struct wisher *w = arg;

	(void)n;
	if (w->told || ++w->tries > 8)
		return;
	say("%s of %s is asked for", w->kind, w->pledge);
	send(w);
	if (fault(FAULT_ask_twice))
		send(w);
}

static void look(void *arg, int64_t n)
{
	struct wisher *w = arg;

	books_look();
	if (!pick(w)) {
		if (n < LOOKS_MAX)
			sim_after(span(MIN, 2 * H), look, w, n + 1);
		return;
	}
	w->id = m_uuid();
	ask(w, 0);
}

static void arg_id(struct store_args *a, struct uuid *mem, const char *id)
{
	if (id) {
		enum err e = uuid_parse(str_c(id), mem);
		ASSERT(e == OK);
	}
	arg_uuid(a, id ? mem : NULL);
}

void wisher_serve(struct proc *p, struct job *j)
{
	struct wisher *w = j->wisher;
	struct store_args a;
	struct fault f = {0};
	struct uuid id[5];
	ROWS_AUTO rows = NULL;
	bool refund = strcmp(w->kind, "refund") == 0, expire = strcmp(w->kind, "expire") == 0,
	     money = (refund && w->amount) || strcmp(w->kind, "amount") == 0;

	store_args_init(&a);
	arg_id(&a, &id[0], w->id);
	arg_id(&a, &id[1], w->pledge);
	arg_c(&a, w->kind);
	arg_id(&a, &id[2], refund ? w->object : NULL);
	arg_id(&a, &id[3], refund || expire ? NULL : w->object);
	arg_id(&a, &id[4], expire ? w->object : NULL);
	if (money)
		arg_int(&a, w->amount);
	else
		arg_null(&a);
	arg_c(&a, money ? w->cur : NULL);
	if (strcmp(w->kind, "pause") == 0)
		arg_utc(&a, (utc_t){w->until});
	else
		arg_null(&a);
	arg_c(&a, w->reason);
	arg_c(&a, "donor");
	arg_utc(&a, clock_utc());
	j->err = store_call(p->store, STMT_wish_ask, &a, &rows, &f);
	if (j->err != OK)
		return;
	struct str outcome = row_str(rows, 0, "outcome"), detail = row_str(rows, 0, "detail");
	j->state.status = str_c(sim_text("%.*s", STR_FMT(outcome)));
	say("%s: %s %.*s", w->kind, j->state.status.p, STR_FMT(detail));
	if (str_is(detail, "other"))
		broken("wish", "%s is taken for another wish", w->id);
}

void wisher_answer(struct job *j)
{
	struct wisher *w = j->wisher;

	actor_poke();
	if (!j->done || err_class(j->err) == ERR_CLASS_SOFT || j->err == ERR_STORE ||
		fault(FAULT_answer_dropped)) {
		sim_after(span(S, 20 * S), ask, w, 0);
		return;
	}
	if (j->err != OK) {
		broken("answer", "who asks for %s gets %s", w->kind, err_slug(j->err));
		return;
	}
	w->told = true;
	w->stored = w->stored || !str_is(j->state.status, "refused");
}

void wisher_begin(void)
{
	wisher_n = (int)rnd(WISHERS_MAX + 1);
	for (int i = 0; i < wisher_n; i++) {
		wishers[i] = (struct wisher){0};
		sim_after(span(MIN, rnd(2) ? 2 * H : 26 * H), look, &wishers[i], 0);
	}
}
