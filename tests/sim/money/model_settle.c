/* tests/sim/money/model_settle.c: what pledged.settle means. */
#include <string.h>

#include "base/json.h"
#include "model.h"

/* One snapshot being applied. */
struct told {
	struct m_call *c;
	const json_t *snap;
	int64_t now;
	int pledge, attempt;
	bool live, paid_new;
};

const char *m_text(const json_t *o, const char *path)
{
	struct str s = json_text(o, path);

	return s.n ? sim_text("%.*s", STR_FMT(s)) : NULL;
}

int64_t m_number(const json_t *o, const char *key)
{
	return json_integer_value(json_object_get(o, key));
}

static int64_t time_at(const json_t *o, const char *path)
{
	struct str s = json_text(o, path);
	utc_t t = {0};

	if (s.n) {
		enum err e = clock_parse(s, &t);
		ASSERT(e == OK);
	}
	return t.us;
}

static const json_t *list(const struct told *t, const char *name)
{
	const json_t *l = json_object_get(t->snap, name);

	return json_is_array(l) ? l : NULL;
}

int m_payment_find(const char *id, const char *intent)
{
	int best = -1;

	for (int i = 0; i < db.payment_n; i++) {
		const struct m_payment *y = &db.payment[i];
		bool fits = is_eq(y->pid, id) || is_eq(y->pid, intent) || is_eq(y->intent, id) ||
			    is_eq(y->intent, intent);
		if (fits && (best < 0 || (is_eq(y->pid, id) && !is_eq(db.payment[best].pid, id))))
			best = i;
	}
	return best;
}

/* --- which pledge, which attempt ------------------------------------------------------------- */

static int find_by_money(const struct told *t)
{
	static const char *const lists[] = {"payments", "refunds", "disputes", "fees", "warnings"};

	for (size_t l = 0; l < ARRAY_N(lists); l++) {
		const json_t *all = list(t, lists[l]);
		for (size_t i = 0; i < json_array_size(all); i++) {
			const json_t *x = json_array_get(all, i);
			int y = m_payment_find(
				m_text(x, l ? "payment" : "id"), l ? NULL : m_text(x, "intent"));
			if (y >= 0)
				return db.payment[y].pledge;
		}
	}
	return -1;
}

static int find(const struct told *t)
{
	const char *named = m_text(t->snap, "pledge"), *object = m_text(t->snap, "checkout.id"),
		   *gift = m_text(t->snap, "recurring.id");
	int by_name = -1, by_page = -1;

	for (int i = 0; i < db.pledge_n; i++)
		if (is_eq(db.pledge[i].id, named))
			by_name = i;
	for (int i = 0; i < db.attempt_n; i++)
		if (is_eq(db.attempt[i].object, object))
			by_page = db.attempt[i].pledge;
	if (by_name >= 0 && by_page >= 0 && by_name != by_page)
		m_raise(t->c, "23000", "checkout belongs to another pledge than it names");
	if (by_name >= 0 || by_page >= 0)
		return by_name >= 0 ? by_name : by_page;
	for (int i = 0; i < db.recurring_n; i++)
		if (is_eq(db.recurring[i].pid, gift))
			return db.recurring[i].pledge;
	return find_by_money(t);
}

/* An expired page is rather an abandoned attempt's, another one is not. */
static bool fits(const struct m_attempt *a, bool gone)
{
	return (a->state == A_abandoned) == gone;
}

static int find_attempt(const struct told *t)
{
	const char *object = m_text(t->snap, "checkout.id");
	bool gone = is_eq(m_text(t->snap, "checkout.state"), "expired");
	int n = 0, only = -1, adopt = -1;

	for (int i = 0; i < db.attempt_n; i++) {
		const struct m_attempt *a = &db.attempt[i];
		if (a->pledge != t->pledge)
			continue;
		n++;
		only = i;
		if (object && is_eq(a->object, object)) {
			adopt = i;
			break;
		}
		if (object && !a->object &&
			(adopt < 0 || fits(a, gone) > fits(&db.attempt[adopt], gone) ||
				(fits(a, gone) == fits(&db.attempt[adopt], gone) &&
					a->no > db.attempt[adopt].no)))
			adopt = i;
	}
	if (!object)
		return n == 1 ? only : -1;
	if (adopt >= 0) {
		struct m_attempt *a = &db.attempt[adopt];
		const char *url = m_text(t->snap, "checkout.url");
		int64_t expires = time_at(t->snap, "checkout.expires_at");
		a->object = object;
		a->opened = a->opened ? a->opened : t->now;
		a->url = a->url ? a->url : url;
		a->expires = expires ? expires : a->expires;
	}
	return adopt;
}

/* Refunds and disputes whose payment nobody knows to be paid: later. */
static bool is_early(const struct told *t)
{
	static const char *const lists[] = {"refunds", "disputes", "fees", "warnings"};
	const json_t *payments = list(t, "payments");

	for (size_t l = 0; l < ARRAY_N(lists); l++) {
		const json_t *all = list(t, lists[l]);
		for (size_t i = 0; i < json_array_size(all); i++) {
			const char *id = m_text(json_array_get(all, i), "payment");
			int own = m_payment_find(id, NULL);
			bool known = own >= 0 && is_eq(db.payment[own].state, "paid");
			for (size_t k = 0; k < json_array_size(payments); k++) {
				const json_t *y = json_array_get(payments, k);
				known = known || (is_eq(m_text(y, "state"), "paid") &&
							 (is_eq(id, m_text(y, "id")) ||
								 is_eq(id, m_text(y, "intent"))));
			}
			if (!known)
				return true;
		}
	}
	return false;
}

/* --- money ----------------------------------------------------------------------------------- */

int m_rank(const char *state, const char *const *ladder)
{
	for (int i = 0; ladder[i]; i++)
		if (is_eq(state, ladder[i]))
			return i;
	return -1;
}

static void payment(struct told *t, const json_t *x)
{
	static const char *const ladder[] = {"processing", "failed", "paid", NULL};
	const struct m_pledge *p = &db.pledge[t->pledge];
	const char *id = m_text(x, "id"), *intent = m_text(x, "intent"),
		   *state = m_text(x, "state"), *currency = m_text(x, "currency"), *was = NULL;
	int64_t amount = m_number(x, "amount"), paid_at = 0;
	int i = m_payment_find(id, intent);
	const char *odd = t->live != p->live                       ? "livemode"
			  : !is_eq(currency, p->cur)               ? "currency"
			  : !m_agreed(t->pledge, amount, currency) ? "amount"
								   : NULL;
	if (m_rank(state, ladder) < 0) {
		m_raise(t->c, "22023", "snapshot has no sound payment");
		return;
	}
	if (is_eq(state, "paid"))
		paid_at = time_at(x, "paid_at") ? time_at(x, "paid_at") : t->now;
	if (i < 0) {
		if (amount == 0)
			return;
		ASSERT(db.payment_n < PAYMENTS_MAX);
		i = db.payment_n++;
		db.payment[i] = (struct m_payment){.id = m_uuid(),
			.pid = id,
			.intent = intent,
			.pledge = t->pledge,
			.attempt = -1};
		db.payment[i].receipt = sim_text("R-%.8s", db.payment[i].id);
	} else {
		was = db.payment[i].state;
		if (db.payment[i].pledge != t->pledge ||
			(is_eq(was, "paid") && is_eq(state, "paid") &&
				(db.payment[i].amount != amount ||
					!is_eq(db.payment[i].cur, currency)))) {
			m_raise(t->c, "23000", "payment is not what it was");
			return;
		}
	}
	struct m_payment *y = &db.payment[i];
	y->attempt = y->attempt >= 0 ? y->attempt : t->attempt;
	y->intent = y->intent ? y->intent : intent;
	if (was && m_rank(state, ladder) <= m_rank(was, ladder))
		return;
	y->state = state;
	y->amount = amount;
	y->cur = currency;
	y->live = t->live;
	y->mismatch = odd;
	y->paid_at = paid_at;
	y->state_at = t->now;
	if (is_eq(state, "paid"))
		y->next_look = t->now;
	m_book(t->pledge, "payment", y->id, was, state, "donor", "provider",
		is_eq(state, "paid") ? amount : 0, currency);
	t->paid_new = t->paid_new || (is_eq(state, "paid") && !odd);
}

/* What a snapshot has no word of stays as it is. */
static void terms(struct m_recurring *r, const json_t *x)
{
	const char *item = m_text(x, "item"), *product = m_text(x, "product");

	r->item = item ? item : r->item;
	r->product = product ? product : r->product;
	if (json_object_get(x, "amount")) {
		r->amount = m_number(x, "amount");
		r->cur = m_text(x, "currency");
	}
	if (json_object_get(x, "ends_at"))
		r->ends = time_at(x, "ends_at");
	if (json_object_get(x, "paused_until"))
		r->paused = time_at(x, "paused_until");
}

static void recurring(struct told *t, const json_t *x)
{
	const char *id = m_text(x, "id"), *state = m_text(x, "state"), *was = NULL;
	int64_t fetched = time_at(t->snap, "fetched_at"), until = time_at(x, "until");
	int i = 0;
	bool live_one = false;

	fetched = fetched && fetched < t->now ? fetched : t->now;
	for (int k = 0; k < db.recurring_n; k++)
		live_one = live_one || (db.recurring[k].pledge == t->pledge &&
					       !is_eq(db.recurring[k].state, "ended") &&
					       !db.recurring[k].duplicate);
	while (i < db.recurring_n && !is_eq(db.recurring[i].pid, id))
		i++;
	if (i == db.recurring_n) {
		ASSERT(i < PLEDGES_MAX);
		db.recurring[db.recurring_n++] = (struct m_recurring){.id = m_uuid(),
			.pid = id,
			.state = state,
			.pledge = t->pledge,
			.until = until,
			.duplicate = !is_eq(state, "ended") && live_one,
			.fetched = fetched};
	} else {
		struct m_recurring *r = &db.recurring[i];
		was = r->state;
		if (r->pledge != t->pledge) {
			m_raise(t->c, "23000", "subscription belongs to another pledge");
			return;
		}
		int64_t last = r->fetched > t->now + MIN ? 0 : r->fetched;
		if (fetched >= last || is_eq(state, "ended")) {
			r->state = is_eq(was, "ended") ? was : state;
			r->until = until ? until : r->until;
			r->fetched = fetched > last ? fetched : last;
		}
	}
	if (db.recurring[i].fetched == fetched)
		terms(&db.recurring[i], x);
	if (!is_eq(db.recurring[i].state, was))
		m_book(t->pledge, "recurring", db.recurring[i].id, was, db.recurring[i].state, NULL,
			NULL, 0, db.pledge[t->pledge].cur);
}

/* --- what follows ---------------------------------------------------------------------------- */

static void thank_reader(const struct m_pledge *p, const struct m_payment *y, int64_t now)
{
	for (int k = 0; k < db.outbox_n; k++)
		if (is_eq(db.outbox[k].kind, "reader") && is_eq(db.outbox[k].subject, y->id))
			return;
	ASSERT(db.outbox_n < OUTBOX_MAX);
	BUF_ON(at, 40);
	clock_format(&at, utc_of_s(utc_s((utc_t){y->paid_at})));
	char *body = sim_text("{\"reader\":\"%s\",\"site\":1,\"gave_at\":\"%.*s\",\"kind\":\"%s\","
			      "\"minor\":%lld,\"currency\":\"%s\",\"until\":null}",
		p->reader, (int)at.n, at.p, p->interval, (long long)y->amount, y->cur);
	db.outbox[db.outbox_n++] = (struct m_outbox){.kind = "reader",
		.subject = y->id,
		.method = "",
		.path = "",
		.idem = sim_text("v1:reader:%s", y->id),
		.body = body,
		.body_n = strlen(body),
		.state = "open",
		.no = 1,
		.not_before = now};
}

static void thank_mail(const struct m_pledge *p, const struct m_payment *y, int64_t now)
{
	for (int k = 0; k < db.mail_n; k++)
		if (is_eq(db.mail[k].subject, y->id))
			return;
	ASSERT(db.mail_n < MAILS_MAX);
	int i = db.mail_n++;
	db.mail[i] = (struct m_mail){.id = i + 1,
		.subject = y->id,
		.to = p->email,
		.locale = "en",
		.line = "Receipt",
		.body = y->receipt,
		.state = "queued",
		.not_before = now};
}

static void thank(const struct told *t)
{
	const struct m_pledge *p = &db.pledge[t->pledge];

	for (int i = 0; i < db.payment_n; i++) {
		const struct m_payment *y = &db.payment[i];
		if (y->pledge != t->pledge || !is_eq(y->state, "paid") || y->mismatch)
			continue;
		if (p->reader)
			thank_reader(p, y, t->now);
		if (p->email)
			thank_mail(p, y, t->now);
	}
}

static void attempt(const struct told *t)
{
	const char *state = m_text(t->snap, "checkout.state");
	bool paid = false;

	if (t->attempt < 0)
		return;
	for (int i = 0; i < db.payment_n; i++)
		paid = paid ||
		       (db.payment[i].attempt == t->attempt && is_eq(db.payment[i].state, "paid"));
	if (paid)
		state = "complete";
	for (int i = 0; state && i <= A_complete; i++)
		if (is_eq(state, M_ATTEMPT[i]))
			m_attempt_move(t->attempt, (enum m_attempt_state)i, t->now);
}

static void end_call(const struct told *t)
{
	const struct m_attempt *a = t->attempt >= 0 ? &db.attempt[t->attempt] : NULL;

	for (int i = 0; a && i < db.outbox_n; i++) {
		struct m_outbox *o = &db.outbox[i];
		bool over = a->state == A_expired || a->state == A_failed ||
			    a->state == A_complete ||
			    ((a->state == A_open || a->state == A_processing) && a->url);
		if (is_eq(o->kind, "create") && is_eq(o->subject, a->id) &&
			is_eq(o->state, "open") && over) {
			o->state = "done";
			o->lease = 0;
		}
	}
}

static void apply(struct told *t)
{
	struct m_pledge *p = &db.pledge[t->pledge];
	const json_t *x;
	size_t i;
	bool same_mode = t->live == p->live;

	t->attempt = same_mode ? find_attempt(t) : -1;
	json_array_foreach(list(t, "payments"), i, x) payment(t, x);
	if (t->c->state)
		return;
	json_array_foreach(list(t, "refunds"), i, x) m_refund(t->c, x, t->now);
	for (int y = 0; y < db.payment_n; y++)
		if (m_refunded(y) > db.payment[y].amount)
			m_raise(t->c, "23514", "refunds exceed payment");
	json_array_foreach(list(t, "disputes"), i, x) m_dispute(x);
	json_array_foreach(list(t, "fees"), i, x) m_fee(x);
	json_array_foreach(list(t, "warnings"), i, x) m_warning(x);
	if (same_mode && json_is_object(json_object_get(t->snap, "recurring")))
		recurring(t, json_object_get(t->snap, "recurring"));
	if (same_mode) {
		attempt(t);
		p->email = p->email ? p->email : m_text(t->snap, "email");
	}
	m_derive(t->pledge);
	end_call(t);
	thank(t);
}

struct m_settled m_settle_with(struct m_call *c, const char *snapshot, int64_t now)
{
	json_auto_t *snap = NULL;
	struct told t = {.c = c, .now = now};
	enum err e = json_read(str_c(snapshot), &snap, NULL);

	ASSERT(e == OK);
	t.snap = snap;
	t.live = json_is_true(json_object_get(snap, "livemode"));
	t.pledge = find(&t);
	if (t.pledge < 0 || c->state || is_early(&t))
		return (struct m_settled){.pledge = -1};
	struct m_settled s = {
		.known = true, .pledge = t.pledge, .before = db.pledge[t.pledge].status};
	apply(&t);
	s.paid_new = t.paid_new;
	return s;
}

void m_settle(struct m_call *c)
{
	m_columns(c, "pledge status_before status_after reader paid_new");
	struct m_settled s = m_settle_with(c, v_text(c, 2), v_time(c, 3));
	if (!s.known)
		return;
	if (c->v[0])
		m_inbox_done(v_int(c, 0));
	m_row(c);
	m_put(c, 0, db.pledge[s.pledge].id);
	m_put(c, 1, pledge_status_name(s.before));
	m_put(c, 2, pledge_status_name(db.pledge[s.pledge].status));
	m_put(c, 3, db.pledge[s.pledge].reader);
	m_put(c, 4, s.paid_new ? "t" : "f");
}
