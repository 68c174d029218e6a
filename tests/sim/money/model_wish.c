/* tests/sim/money/model_wish.c: the statements of what is asked beside a pledge. */
#include <string.h>

#include "model.h"

static const char KINDS[] = "{refund,cancel,cancel_at_end,keep,pause,resume,amount,expire}";

static bool runs(const struct m_wish *w)
{
	return is_eq(w->state, "asked") || is_eq(w->state, "sent");
}

/* -1: none */
static int wish_of(const char *id)
{
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].id, id))
			return i;
	return -1;
}

static int wish_of_call(int64_t outbox)
{
	if (outbox < 1 || outbox > db.outbox_n)
		return -1;
	int w = wish_of(db.outbox[outbox - 1].subject);
	return w >= 0 && is_eq(db.outbox[outbox - 1].kind, db.wish[w].kind) ? w : -1;
}

bool m_agreed(int pledge, int64_t amount, const char *currency)
{
	const struct m_pledge *p = &db.pledge[pledge];
	bool so = amount == p->amount && is_eq(currency, p->cur);

	for (int i = 0; i < db.wish_n; i++) {
		const struct m_wish *w = &db.wish[i];
		so = so || (w->pledge == pledge && is_eq(w->kind, "amount") &&
				   (is_eq(w->state, "sent") || is_eq(w->state, "done")) &&
				   w->amount == amount && is_eq(w->cur, currency));
	}
	return so;
}

static void book(const struct m_wish *w, const char *was, const char *became)
{
	m_book(w->pledge, "wish", w->id, was, became, NULL, NULL, 0, db.pledge[w->pledge].cur);
}

static struct m_claim *refund_of(const struct m_wish *w)
{
	for (int i = 0; i < db.refund_n; i++)
		if (is_eq(db.refund[i].id, w->id))
			return &db.refund[i];
	return NULL;
}

/* --- what may be asked ------------------------------------------------------------------------ */

/* The words of wish_why_not; amount and currency are told by it. */
static const char *refund_why_not(struct m_wish *w)
{
	int64_t left, lost = 0;
	bool open = false;

	if (w->payment < 0 || db.payment[w->payment].pledge != w->pledge)
		return "unknown";
	const struct m_payment *y = &db.payment[w->payment];
	left = y->amount;
	for (int i = 0; i < db.dispute_n; i++)
		if (db.dispute[i].payment == w->payment) {
			lost += is_eq(db.dispute[i].state, "lost") ? db.dispute[i].amount : 0;
			open = open || is_eq(db.dispute[i].state, "open");
		}
	left -= lost;
	for (int i = 0; i < db.refund_n; i++)
		if (db.refund[i].payment == w->payment && !is_eq(db.refund[i].state, "failed"))
			left -= db.refund[i].amount;
	w->cur = w->cur ? w->cur : y->cur;
	w->amount = w->amount ? w->amount : left;
	return !is_eq(y->state, "paid")               ? "not_paid"
	       : y->live != db.pledge[w->pledge].live ? "wrong_mode"
	       : !is_eq(w->cur, y->cur)               ? "currency"
	       : open || (lost > 0 && left <= 0)      ? "disputed"
	       : w->amount < 1 || w->amount > left    ? "too_much"
						      : NULL;
}

static const char *expire_why_not(const struct m_wish *w)
{
	if (w->attempt < 0 || db.attempt[w->attempt].pledge != w->pledge)
		return "unknown";
	if (db.attempt[w->attempt].state != A_open)
		return "not_open";
	for (int i = 0; i < db.wish_n; i++)
		if (db.wish[i].attempt == w->attempt && runs(&db.wish[i]))
			return "busy";
	return NULL;
}

static const char *change_why_not(const struct m_wish *w, int64_t now)
{
	if (w->recurring < 0 || db.recurring[w->recurring].pledge != w->pledge)
		return "not_recurring";
	const struct m_recurring *r = &db.recurring[w->recurring];
	if (is_eq(r->state, "ended"))
		return "ended";
	for (int i = 0; i < db.wish_n; i++)
		if (db.wish[i].recurring == w->recurring && runs(&db.wish[i]))
			return "busy";
	if (is_eq(w->kind, "pause") && w->until <= now)
		return "past";
	if (is_eq(w->kind, "amount") && !is_eq(w->cur, r->cur ? r->cur : db.pledge[w->pledge].cur))
		return "currency";
	return is_eq(w->kind, "amount") && w->amount < 1 ? "too_little" : NULL;
}

#define ROW_OF(n, row, text)                                                                       \
	for (int i = 0; i < db.n; i++)                                                             \
		if (is_eq(db.row[i].id, text))                                                     \
			return i;                                                                  \
	return -1

static int pledge_of(const char *id)
{
	ROW_OF(pledge_n, pledge, id);
}

static int payment_of(const char *id)
{
	ROW_OF(payment_n, payment, id);
}

static int recurring_of(const char *id)
{
	ROW_OF(recurring_n, recurring, id);
}

static void wish_insert(struct m_wish *w, int64_t now)
{
	bool refund = is_eq(w->kind, "refund"), money = refund || is_eq(w->kind, "amount");

	ASSERT(db.wish_n < WISHES_MAX && db.refund_n < CLAIMS_MAX);
	w->amount = money ? w->amount : 0;
	w->cur = money ? w->cur : NULL;
	w->until = is_eq(w->kind, "pause") ? w->until / S * S : 0;
	w->state = "asked";
	w->created = now;
	db.wish[db.wish_n++] = *w;
	book(w, NULL, "asked");
	if (!refund)
		return;
	db.refund[db.refund_n++] = (struct m_claim){.id = w->id,
		.state = "pending",
		.idem = sim_text("v1:refund:%s", w->id),
		.payment = w->payment,
		.amount = w->amount,
		.created = now};
	m_book(w->pledge, "refund", w->id, NULL, "pending", NULL, NULL, 0, w->cur);
}

static bool is_same(const struct m_wish *a, const struct m_wish *b)
{
	return a->pledge == b->pledge && is_eq(a->kind, b->kind) && a->payment == b->payment &&
	       a->recurring == b->recurring && a->attempt == b->attempt &&
	       (!b->amount || a->amount == b->amount);
}

void m_wish_ask(struct m_call *c)
{
	int64_t now = v_time(c, 11);
	struct m_wish w = {.id = v_text(c, 0),
		.pledge = pledge_of(v_text(c, 1)),
		.kind = v_text(c, 2),
		.payment = payment_of(v_text(c, 3)),
		.recurring = recurring_of(v_text(c, 4)),
		.attempt = m_attempt_of(v_text(c, 5)),
		.amount = c->v[6] ? v_int(c, 6) : 0,
		.cur = v_text(c, 7),
		.until = v_time(c, 8),
		.reason = v_text(c, 9),
		.author = v_text(c, 10)};
	int old = wish_of(w.id);

	m_columns(c, "outcome detail");
	m_row(c);
	if (old >= 0) {
		bool same = is_same(&db.wish[old], &w);
		m_put(c, 0, same ? "same" : "refused");
		m_put(c, 1, same ? db.wish[old].state : "other");
		return;
	}
	const char *why = w.pledge < 0              ? "unknown"
			  : is_eq(w.kind, "refund") ? refund_why_not(&w)
			  : is_eq(w.kind, "expire") ? expire_why_not(&w)
						    : change_why_not(&w, now);
	if (!why)
		wish_insert(&w, now);
	m_put(c, 0, why ? "refused" : "asked");
	m_put(c, 1, why ? why : w.kind);
}

/* --- from a wish to its call ------------------------------------------------------------------ */

struct object {
	const char *id, *item, *product, *key, *kind, *look;
};

static struct object object_of(const struct m_wish *w)
{
	const struct m_recurring *r = w->recurring >= 0 ? &db.recurring[w->recurring] : NULL;
	struct object o = {.key = sim_text("v1:%s:%s", w->kind, w->id)};

	if (w->payment >= 0) {
		const struct m_payment *y = &db.payment[w->payment];
		bool once = is_eq(db.pledge[w->pledge].interval, "once");
		o.id = y->intent ? y->intent : once ? y->pid : NULL;
		o.kind = !y->intent && !once ? "invoice" : "payment";
		o.look = y->intent ? y->intent : y->pid;
		o.key = refund_of(w)->idem;
	} else if (w->attempt >= 0) {
		o.id = o.look = db.attempt[w->attempt].object;
		o.kind = "checkout";
	} else {
		bool named = !is_eq(w->kind, "amount") || (r->item && r->product);
		o = (struct object){
			named ? r->pid : NULL, r->item, r->product, o.key, "subscription", r->pid};
	}
	return o;
}

static void wish_give(struct m_call *c, struct m_wish *w)
{
	struct object o = object_of(w);

	m_row(c);
	m_put(c, 0, w->id);
	m_put(c, 1, w->kind);
	m_put_int(c, 2, w->tries);
	m_put(c, 3, "stripe");
	m_put(c, 4, "f");
	m_put(c, 5, o.id);
	m_put(c, 6, o.item);
	m_put(c, 7, o.product);
	if (w->amount)
		m_put_int(c, 8, w->amount);
	m_put(c, 9, w->cur);
	m_put(c, 10, db.pledge[w->pledge].interval);
	m_put_time(c, 11, w->until);
	m_put(c, 12, w->reason);
	m_put(c, 13, o.key);
	m_put(c, 14, o.kind);
	m_put(c, 15, o.look);
}

void m_wish_lease(struct m_call *c)
{
	int64_t n = v_int(c, 0), lease = v_int(c, 1) * S, now = v_time(c, 2);

	m_columns(c, "wish kind tries provider livemode object item product amount currency "
		     "interval until reason idem_key look_kind look_id");
	for (int i = 0; i < db.wish_n && n > 0; i++) {
		struct m_wish *w = &db.wish[i];
		if (!is_eq(w->state, "asked") || w->not_before > now)
			continue;
		n--;
		w->not_before = now + lease;
		w->tries++;
		wish_give(c, w);
	}
}

void m_wish_calls(struct m_call *c)
{
	int64_t now = v_time(c, 2);

	m_columns(c, "outbox kind wish provider method path idem_key body tries first_sent_at "
		     "look_kind look_id");
	for (int64_t n = v_int(c, 0); n > 0; n--) {
		int i = m_outbox_next(KINDS, now);
		if (i < 0)
			return;
		struct object o = object_of(&db.wish[wish_of(db.outbox[i].subject)]);
		m_outbox_give(c, i, v_int(c, 1), now);
		m_put(c, 10, o.kind);
		m_put(c, 11, o.look);
	}
}

/* --- its states ------------------------------------------------------------------------------- */

static void wish_move(struct m_wish *w, const char *state, const char *error)
{
	struct m_claim *r = refund_of(w);

	if (is_eq(w->state, state))
		return;
	if ((is_eq(state, "refused") || is_eq(state, "failed")) && r && !r->pid &&
		is_eq(r->state, "pending")) {
		r->state = "failed";
		m_book(w->pledge, "refund", w->id, "pending", "failed", NULL, NULL, 0, w->cur);
	}
	book(w, w->state, state);
	w->state = state;
	w->error = error;
}

static void call_insert(const struct m_wish *w, int no, struct m_outbox o, int64_t now)
{
	ASSERT(db.outbox_n < OUTBOX_MAX);
	o.kind = w->kind;
	o.subject = w->id;
	o.no = no;
	o.state = "open";
	o.not_before = now;
	db.outbox[db.outbox_n++] = o;
}

void m_wish_send(struct m_call *c)
{
	struct m_wish *w = &db.wish[wish_of(v_text(c, 0))];
	int last = 0;

	m_columns(c, "outbox");
	if (is_eq(w->state, "asked")) {
		call_insert(w, 1,
			(struct m_outbox){.method = v_text(c, 1),
				.path = v_text(c, 2),
				.idem = v_text(c, 3),
				.body = c->v[4] ? sim_text("%.*s", c->len[4], c->v[4]) : "",
				.body_n = c->v[4] ? (size_t)c->len[4] : 0},
			v_time(c, 5));
		wish_move(w, "sent", NULL);
	}
	for (int i = 0; i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].subject, w->id))
			last = i + 1;
	m_row(c);
	if (last)
		m_put_int(c, 0, last);
}

void m_wish_put_off(struct m_call *c)
{
	struct m_wish *w = &db.wish[wish_of(v_text(c, 0))];
	int64_t now = v_time(c, 3);

	if (is_eq(w->state, "asked") && v_bool(c, 2)) {
		wish_move(w, "failed", v_text(c, 1));
	} else if (is_eq(w->state, "asked")) {
		w->error = v_text(c, 1);
		w->not_before = now + m_pause(w->tries, 3600);
	}
	m_columns(c, "state");
	m_row(c);
	m_put(c, 0, w->state);
}

static bool is_so(const struct m_wish *w)
{
	const struct m_recurring *r = w->recurring >= 0 ? &db.recurring[w->recurring] : NULL;
	const struct m_claim *f = refund_of(w);

	if (is_eq(w->kind, "refund"))
		return f && f->pid && !is_eq(f->state, "failed");
	if (is_eq(w->kind, "expire")) {
		enum m_attempt_state s = db.attempt[w->attempt].state;
		return s == A_expired || s == A_failed || s == A_abandoned;
	}
	bool ended = is_eq(r->state, "ended");
	if (is_eq(w->kind, "cancel"))
		return ended;
	if (is_eq(w->kind, "cancel_at_end"))
		return ended || r->ends;
	if (ended)
		return false;
	if (is_eq(w->kind, "keep"))
		return !r->ends;
	if (is_eq(w->kind, "resume"))
		return !r->paused;
	if (is_eq(w->kind, "amount"))
		return r->amount == w->amount && is_eq(r->cur, w->cur);
	int64_t off = r->paused - w->until;
	return r->paused && off < MIN && off > -MIN;
}

/* The same bytes under the next number, only when the old call came to nothing. */
static void wish_end(
	struct m_wish *w, int64_t outbox, const char *state, const char *error, int64_t now)
{
	struct m_outbox *o = &db.outbox[outbox - 1];
	bool again = is_eq(state, "again");

	if (is_eq(o->state, "open") || is_eq(o->state, "parked")) {
		o->state = is_eq(state, "done") ? "done" : "failed";
		o->lease = 0;
		o->error = error;
		if (again && is_eq(w->state, "sent")) {
			const char *no = strstr(o->idem, ":no");
			struct m_outbox next = {.method = o->method,
				.path = o->path,
				.body = o->body,
				.body_n = o->body_n};
			next.idem = sim_text(
				"%.*s:no%d", no ? (int)(no - o->idem) : 99, o->idem, o->no + 1);
			call_insert(w, o->no + 1, next, now);
		}
	}
	if (!again && runs(w))
		wish_move(w, state, error);
}

void m_wish_answered(struct m_call *c)
{
	int64_t outbox = v_int(c, 0), now = v_time(c, 5);
	const char *other = v_text(c, 2);
	int i = wish_of_call(outbox);

	m_columns(c, "state pledge status_before status_after paid_new");
	struct m_settled s = m_settle_with(c, v_text(c, 1), now);
	if (!s.known || c->state)
		return;
	if (i < 0 || s.pledge != db.wish[i].pledge) {
		m_raise(c, "23000", "answer belongs to another pledge");
		return;
	}
	struct m_wish *w = &db.wish[i];
	const char *state = is_so(w) ? "done" : other;
	if (!is_eq(state, "open"))
		wish_end(w, outbox, state, is_eq(state, "done") ? NULL : v_text(c, 4), now);
	m_row(c);
	m_put(c, 0, w->state);
	m_put(c, 1, db.pledge[s.pledge].id);
	m_put(c, 2, pledge_status_name(s.before));
	m_put(c, 3, pledge_status_name(db.pledge[s.pledge].status));
	m_put(c, 4, s.paid_new ? "t" : "f");
}

void m_wish_refused(struct m_call *c)
{
	int64_t outbox = v_int(c, 0);
	int i = wish_of_call(outbox);

	ASSERT(i >= 0);
	wish_end(&db.wish[i], outbox, v_bool(c, 1) ? "again" : "refused", v_text(c, 3),
		v_time(c, 4));
	m_columns(c, "state");
	m_row(c);
	m_put(c, 0, db.wish[i].state);
}
