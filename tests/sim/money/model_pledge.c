/* tests/sim/money/model_pledge.c: pledges and attempts: begin, poll, opened, and the derived state.
 */
#include <string.h>

#include "model.h"

const char *const M_ATTEMPT[] = {
	"creating", "open", "processing", "abandoned", "expired", "failed", "complete"};

void m_book(int pledge, const char *object, const char *id, const char *was, const char *became,
	const char *from, const char *to, int64_t amount, const char *currency)
{
	int64_t entry = ++db.entry_n;

	for (int side = 0; side < (amount ? 2 : 1); side++) {
		ASSERT(db.ledger_n < LEDGER_MAX);
		db.ledger[db.ledger_n++] = (struct m_ledger){.entry = entry,
			.amount = side ? amount : -amount,
			.object = object,
			.id = id,
			.was = was,
			.became = became,
			.account = !amount ? "none"
				   : side  ? to
					   : from,
			.cur = currency,
			.pledge = pledge};
	}
}

void m_attempt_move(int attempt, enum m_attempt_state to, int64_t now)
{
	struct m_attempt *a = &db.attempt[attempt];

	if (to <= a->state)
		return;
	m_book(a->pledge, "attempt", a->id, M_ATTEMPT[a->state], M_ATTEMPT[to], NULL, NULL, 0,
		db.pledge[a->pledge].cur);
	a->state = to;
	a->state_at = now;
}

/* --- the derived state ------------------------------------------------------------------------ */

enum what { W_none, W_refunded, W_lost, W_odd, W_part, W_disputed, W_paid, W_N };

static enum what what_of(int payment)
{
	const struct m_payment *y = &db.payment[payment];
	int64_t back = 0, lost = 0;
	bool contested = false;

	for (int i = 0; i < db.refund_n; i++)
		if (db.refund[i].payment == payment && is_eq(db.refund[i].state, "done"))
			back += db.refund[i].amount;
	for (int i = 0; i < db.dispute_n; i++)
		if (db.dispute[i].payment == payment) {
			contested = contested || is_eq(db.dispute[i].state, "open");
			lost += is_eq(db.dispute[i].state, "lost") ? db.dispute[i].amount : 0;
		}
	return contested                              ? W_disputed
	       : lost > 0 && back + lost >= y->amount ? W_lost
	       : back >= y->amount                    ? W_refunded
	       : y->mismatch != NULL                  ? W_odd
	       : back + lost > 0                      ? W_part
						      : W_paid;
}

static enum pledge_status without_money(int pledge, bool processing, bool failed)
{
	bool has[A_complete + 1] = {false};
	enum m_attempt_state last = A_creating;
	int no = 0;

	for (int i = 0; i < db.attempt_n; i++)
		if (db.attempt[i].pledge == pledge) {
			has[db.attempt[i].state] = true;
			if (db.attempt[i].no > no) {
				no = db.attempt[i].no;
				last = db.attempt[i].state;
			}
		}
	if (has[A_processing] || processing || (has[A_complete] && !failed))
		return PLEDGE_processing;
	if (has[A_open])
		return PLEDGE_offered;
	if (has[A_creating])
		return PLEDGE_new;
	return last == A_abandoned                      ? PLEDGE_canceled
	       : last == A_failed || last == A_complete ? PLEDGE_failed
							: PLEDGE_lapsed;
}

void m_derive(int pledge)
{
	static const enum pledge_status best_first[W_N] = {[W_paid] = PLEDGE_paid,
		[W_disputed] = PLEDGE_disputed,
		[W_part] = PLEDGE_partly_refunded,
		[W_odd] = PLEDGE_processing,
		[W_lost] = PLEDGE_lost,
		[W_refunded] = PLEDGE_refunded};
	struct m_pledge *p = &db.pledge[pledge];
	enum what best = W_none;
	bool processing = false, failed = false;
	int good = 0, running = 0;

	p->mismatch = false;
	for (int i = 0; i < db.payment_n; i++) {
		const struct m_payment *y = &db.payment[i];
		if (y->pledge != pledge)
			continue;
		p->mismatch = p->mismatch || (y->mismatch && !is_eq(y->state, "failed"));
		if (y->live != p->live)
			continue;
		processing = processing || is_eq(y->state, "processing");
		failed = failed || is_eq(y->state, "failed");
		if (is_eq(y->state, "paid")) {
			enum what w = what_of(i);
			best = w > best ? w : best;
			good += w != W_refunded && w != W_lost;
		}
	}
	for (int i = 0; i < db.recurring_n; i++)
		running +=
			db.recurring[i].pledge == pledge && !is_eq(db.recurring[i].state, "ended");
	p->over_paid = (is_eq(p->interval, "once") && good > 1) || running > 1;
	enum pledge_status now =
		best == W_none ? without_money(pledge, processing, failed) : best_first[best];
	if (now == p->status)
		return;
	if (!pledge_moves(p->status, now))
		broken("moves", "%s: %s to %s, which no event does", p->id,
			pledge_status_name(p->status), pledge_status_name(now));
	m_book(pledge, "pledge", p->id, pledge_status_name(p->status), pledge_status_name(now),
		NULL, NULL, 0, p->cur);
	p->status = now;
}

/* --- statements ------------------------------------------------------------------------------- */

int m_newest_attempt(int pledge)
{
	int best = -1;

	for (int i = 0; i < db.attempt_n; i++)
		if (db.attempt[i].pledge == pledge &&
			(best < 0 || db.attempt[i].no > db.attempt[best].no))
			best = i;
	return best;
}

int m_call_of(int attempt)
{
	for (int i = 0; attempt >= 0 && i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].kind, "create") &&
			is_eq(db.outbox[i].subject, db.attempt[attempt].id))
			return i;
	return -1;
}

static const char *open_url(int attempt)
{
	return attempt >= 0 && db.attempt[attempt].state == A_open ? db.attempt[attempt].url : NULL;
}

static void begin_insert(struct m_call *c)
{
	int64_t now = v_time(c, 23);
	ASSERT(db.pledge_n < PLEDGES_MAX && db.attempt_n < ATTEMPTS_MAX &&
		db.outbox_n < OUTBOX_MAX);
	int p = db.pledge_n++;
	db.pledge[p] = (struct m_pledge){.id = v_text(c, 2),
		.token = v_text(c, 3),
		.key = v_text(c, 0),
		.interval = v_text(c, 11),
		.email = v_text(c, 12),
		.locale = v_text(c, 13),
		.reader = v_text(c, 5),
		.amount = v_int(c, 9),
		.cover = v_int(c, 26),
		.cur = v_text(c, 10),
		.live = v_bool(c, 17),
		.status = PLEDGE_new};
	ASSERT(c->len[1] == 32);
	memcpy(db.pledge[p].print, c->v[1], 32);
	struct m_attempt *a = &db.attempt[db.attempt_n++];
	*a = (struct m_attempt){.id = v_text(c, 15),
		.idem = v_text(c, 18),
		.pledge = p,
		.no = 1,
		.state = A_creating,
		.state_at = now,
		.created = now};
	char *body = sim_text("%.*s", c->len[21], c->v[21]);
	db.outbox[db.outbox_n++] = (struct m_outbox){.kind = "create",
		.subject = a->id,
		.method = v_text(c, 19),
		.path = v_text(c, 20),
		.idem = a->idem,
		.body = body,
		.body_n = (size_t)c->len[21],
		.state = "open",
		.no = 1,
		.tries = 1,
		.not_before = now,
		.lease = now + v_int(c, 22) * S,
		.first_sent = now};
	m_book(p, "pledge", db.pledge[p].id, NULL, "new", NULL, NULL, 0, db.pledge[p].cur);
	m_book(p, "attempt", a->id, NULL, "creating", NULL, NULL, 0, db.pledge[p].cur);
}

static int pledge_by(const char *key)
{
	for (int i = 0; i < db.pledge_n; i++)
		if (is_eq(db.pledge[i].key, key))
			return i;
	return -1;
}

/* No guard is in the way here. */
void m_pledge_try(struct m_call *c)
{
	const char *key = v_text(c, 0);
	int64_t now = v_time(c, 23);

	m_columns(c,
		"outcome pledge public_token amount currency interval status url outbox leased "
		"method path idem_key body wait_s why methods_off paused again cover");
	if (pledge_by(key) < 0)
		begin_insert(c);
	int p = pledge_by(key), a = m_newest_attempt(p), o = m_call_of(a);
	const struct m_pledge *x = &db.pledge[p];
	m_row(c);
	m_put(c, 17, "f");
	m_put(c, 18, "f");
	if (memcmp(x->print, c->v[1], 32) != 0) {
		m_put(c, 0, "other");
		m_put(c, 9, "f");
		return;
	}
	bool made = is_eq(x->id, v_text(c, 2));
	m_put(c, 0, made ? "made" : "same");
	m_put(c, 1, x->id);
	m_put(c, 2, x->token);
	m_put_int(c, 3, x->amount);
	m_put_int(c, 19, x->cover);
	m_put(c, 4, x->cur);
	m_put(c, 5, x->interval);
	m_put(c, 6, pledge_status_name(x->status));
	m_put(c, 7, open_url(a));
	m_put(c, 9, "f");
	if (o < 0)
		return;
	const struct m_outbox *b = &db.outbox[o];
	m_put_int(c, 8, o + 1);
	m_put(c, 9, made && b->tries == 1 && b->lease > now ? "t" : "f");
	m_put(c, 10, b->method);
	m_put(c, 11, b->path);
	m_put(c, 12, b->idem);
	m_put_bytes(c, 13, b->body, b->body_n);
}

void m_pledge_poll(struct m_call *c)
{
	const char *id = v_text(c, 0);

	m_columns(c, "status url attempt_state outbox outbox_state");
	for (int p = 0; p < db.pledge_n; p++) {
		int a = m_newest_attempt(p), o = m_call_of(a);
		if (!is_eq(db.pledge[p].id, id))
			continue;
		m_row(c);
		m_put(c, 0, pledge_status_name(db.pledge[p].status));
		m_put(c, 1, open_url(a));
		m_put(c, 2, M_ATTEMPT[db.attempt[a].state]);
		if (o >= 0) {
			m_put_int(c, 3, o + 1);
			m_put(c, 4, db.outbox[o].state);
		}
	}
}

void m_pledge_by_token(struct m_call *c)
{
	const char *token = v_text(c, 0);

	m_columns(c,
		"pledge status amount currency interval url locale site paid_at receipt paid_on "
		"refunded over_paid age_s life next_on ends_on paused_until next_try_on cover");
	for (int p = 0; p < db.pledge_n; p++) {
		const struct m_payment *first = NULL;
		if (!is_eq(db.pledge[p].token, token))
			continue;
		for (int i = 0; i < db.payment_n; i++) {
			const struct m_payment *y = &db.payment[i];
			if (y->pledge == p && is_eq(y->state, "paid") && !y->mismatch &&
				(!first || y->paid_at < first->paid_at ||
					(y->paid_at == first->paid_at &&
						strcmp(y->pid, first->pid) < 0)))
				first = y;
		}
		m_row(c);
		m_put(c, 0, db.pledge[p].id);
		m_put(c, 1, pledge_status_name(db.pledge[p].status));
		m_put_int(c, 2, db.pledge[p].amount);
		m_put_int(c, 19, db.pledge[p].cover);
		m_put(c, 3, db.pledge[p].cur);
		m_put(c, 4, db.pledge[p].interval);
		m_put(c, 5, open_url(m_newest_attempt(p)));
		m_put(c, 6, db.pledge[p].locale);
		m_put(c, 7, "1");
		m_put_time(c, 8, first ? first->paid_at : 0);
		m_put(c, 9, first ? first->receipt : NULL);
		m_put(c, 11, "0");
		m_put(c, 12, db.pledge[p].over_paid ? "t" : "f");
		m_put(c, 13, "0");
		m_put(c, 19, "0");
	}
}

void m_attempt_opened(struct m_call *c)
{
	int64_t id = v_int(c, 0), expires = v_time(c, 3), now = v_time(c, 5);
	const char *object = v_text(c, 1), *url = v_text(c, 2), *trouble = NULL;
	struct m_attempt *a = NULL;

	m_columns(c, "pledge status url");
	if (id < 1 || id > db.outbox_n || !is_eq(db.outbox[id - 1].kind, "create"))
		return;
	struct m_outbox *o = &db.outbox[id - 1];
	for (int i = 0; i < db.attempt_n; i++)
		if (is_eq(db.attempt[i].id, o->subject))
			a = &db.attempt[i];
	if (!a)
		return;
	if (v_bool(c, 4) != db.pledge[a->pledge].live)
		trouble = "answer of the wrong mode";
	else if (a->object && !is_eq(a->object, object))
		trouble = "answer names another object";
	for (int i = 0; i < db.attempt_n && !trouble; i++)
		if (&db.attempt[i] != a && is_eq(db.attempt[i].object, object)) {
			m_raise(c, "23505", "attempt (provider, object_id)");
			return;
		}
	if (!trouble) {
		a->object = object;
		a->url = a->url ? a->url : url;
		a->expires = expires ? expires : a->expires;
		a->opened = a->opened ? a->opened : now;
		m_attempt_move((int)(a - db.attempt), A_open, now);
	}
	if (!is_eq(o->state, "done") || trouble) {
		o->state = trouble ? "parked" : "done";
		o->lease = 0;
		o->error = trouble;
	}
	m_derive(a->pledge);
	m_row(c);
	m_put(c, 0, db.pledge[a->pledge].id);
	m_put(c, 1, pledge_status_name(db.pledge[a->pledge].status));
	m_put(c, 2, a->state == A_open ? a->url : NULL);
}
