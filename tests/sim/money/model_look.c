/* tests/sim/money/model_look.c: the statements of what is looked up or begun anew, and of a
 * provider that does not let us in. */
#include <string.h>

#include "model.h"

int m_attempt_of(const char *id)
{
	for (int i = 0; i < db.attempt_n; i++)
		if (is_eq(db.attempt[i].id, id))
			return i;
	return -1;
}

bool m_has_final_payment(int pledge)
{
	for (int i = 0; i < db.payment_n; i++)
		if (db.payment[i].pledge == pledge && !is_eq(db.payment[i].state, "processing"))
			return true;
	return false;
}

/* --- the lockout ------------------------------------------------------------------------------ */

void m_lockout_may(struct m_call *c)
{
	int64_t now = v_time(c, 2);
	const char *verdict = !db.lockout.on ? "closed" : db.lockout.probe > now ? "open" : "probe";

	if (is_eq(verdict, "probe"))
		db.lockout.probe = now + v_int(c, 1) * S;
	m_columns(c, "verdict");
	m_row(c);
	m_put(c, 0, verdict);
}

void m_lockout_look(struct m_call *c)
{
	m_columns(c, "worth");
	m_row(c);
	m_put(c, 0, db.lockout.on && db.lockout.probe > v_time(c, 1) ? "f" : "t");
}

void m_lockout_note(struct m_call *c)
{
	int64_t now = v_time(c, 2);
	int n = db.lockout.on ? ++db.lockout.probes : (db.lockout.probes = 0);
	int64_t s = INT64_C(5) << (n < 10 ? n : 10);

	db.lockout.on = c->v[1] != NULL;
	db.lockout.probe = now + (s < 600 ? s : 600) * S;
	m_columns(c, "lockout_note");
	m_row(c);
}

/* --- looks ------------------------------------------------------------------------------------ */

void m_look_ask(struct m_call *c)
{
	const char *token = v_text(c, 0);
	int64_t now = v_time(c, 1);
	bool asked = false;

	for (int i = 0; i < db.attempt_n; i++) {
		struct m_attempt *a = &db.attempt[i];
		const struct m_pledge *p = &db.pledge[a->pledge];
		bool waits = p->status == PLEDGE_new || p->status == PLEDGE_offered ||
			     p->status == PLEDGE_processing;
		int64_t pause = (now - a->created) / 10,
			last = a->look_asked > a->looked ? a->look_asked : a->looked;
		pause = pause > H ? H : pause;
		pause = pause < 3 * S ? 3 * S : pause;
		if (!is_eq(p->token, token) || !waits || !a->object ||
			(a->state != A_open && a->state != A_processing &&
				a->state != A_complete) ||
			(last && last > now - pause))
			continue;
		a->look_asked = now;
		asked = true;
	}
	m_columns(c, "asked");
	m_row(c);
	m_put(c, 0, asked ? "t" : "f");
}

static bool is_asked(const struct m_attempt *a)
{
	return a->look_asked && a->looked < a->look_asked && a->object;
}

void m_look_lease(struct m_call *c)
{
	int64_t n = v_int(c, 0), now = v_time(c, 1);

	m_columns(c, "attempt provider object_id");
	for (int i = 0; i < db.attempt_n && n > 0; i++) {
		struct m_attempt *a = &db.attempt[i];
		if (!is_asked(a))
			continue;
		n--;
		a->looked = now > a->look_asked ? now : a->look_asked;
		m_row(c);
		m_put(c, 0, a->id);
		m_put(c, 1, "stripe");
		m_put(c, 2, a->object);
	}
}

bool m_attempt_is_waited_for(const struct m_attempt *a)
{
	return a->object && (a->state == A_open || a->state == A_processing ||
				    (a->state == A_complete && !m_has_final_payment(a->pledge)));
}

static int64_t attempt_due(const struct m_attempt *a, int64_t older_s)
{
	int64_t at = a->next_look         ? a->next_look
		     : a->state == A_open ? a->opened + older_s * S
					  : a->state_at + older_s * S / 5;

	if (a->state == A_open && a->expires && (!a->looked || a->looked < a->expires) &&
		a->expires < at)
		at = a->expires;
	return at;
}

static int64_t next_look(const struct m_attempt *a, int64_t older_s, int64_t now)
{
	static const int64_t steps[] = {1, 11, 60, 216, 288};
	int64_t wait = older_s << 2 * (a->looks < 10 ? a->looks : 10);

	if (a->state == A_open)
		return now + (wait < 86400 ? wait : 86400) * S;
	if (a->looks >= 17)
		return INT64_MAX;
	return (a->next_look ? a->next_look : a->state_at) +
	       older_s * S * steps[a->looks < 4 ? a->looks : 4];
}

void m_lookup_lease(struct m_call *c)
{
	bool listed = v_bool(c, 0);
	int64_t n = v_int(c, 1), older_s = v_int(c, 2), lease = v_int(c, 3) * S, now = v_time(c, 4);

	m_columns(c, "attempt provider object_id opened_at");
	for (int i = 0; i < db.attempt_n && n > 0; i++) {
		struct m_attempt *a = &db.attempt[i];
		bool page = a->state == A_open && (!a->expires || a->expires > now);
		if (!m_attempt_is_waited_for(a) || page != listed || attempt_due(a, older_s) > now)
			continue;
		n--;
		int64_t next = next_look(a, older_s, now);
		a->looks++;
		a->looked = now;
		a->next_look = next > now + lease ? next : now + lease;
		m_row(c);
		m_put(c, 0, a->id);
		m_put(c, 1, "stripe");
		m_put(c, 2, a->object);
		m_put_time(c, 3, a->opened);
	}
}

static int64_t payment_due(const struct m_payment *y, int64_t older_s)
{
	return !y->next_look ? INT64_MAX : y->next_look + (y->looks ? 0 : older_s * S / 5);
}

void m_payment_look_lease(struct m_call *c)
{
	static const int64_t steps[] = {12, 276, 1728, 6624};
	int64_t n = v_int(c, 0), older_s = v_int(c, 1), lease = v_int(c, 2) * S, now = v_time(c, 3);

	m_columns(c, "payment provider object_kind object_id");
	for (int i = 0; i < db.payment_n && n > 0; i++) {
		struct m_payment *y = &db.payment[i];
		if (!is_eq(y->state, "paid") || payment_due(y, older_s) > now)
			continue;
		n--;
		int64_t at = y->looks < 4 ? y->next_look + older_s * S * steps[y->looks] : 0;
		y->next_look = !at ? 0 : at > now + lease ? at : now + lease;
		y->looks++;
		bool once = is_eq(db.pledge[y->pledge].interval, "once");
		m_row(c);
		m_put(c, 0, y->id);
		m_put(c, 1, "stripe");
		m_put(c, 2, !y->intent && !once ? "invoice" : "payment");
		m_put(c, 3, y->intent ? y->intent : y->pid);
	}
}

int64_t m_look_due(void)
{
	int64_t due = INT64_MAX;

	for (int i = 0; i < db.attempt_n; i++) {
		const struct m_attempt *a = &db.attempt[i];
		int64_t at = m_attempt_is_waited_for(a) ? attempt_due(a, 300) : INT64_MAX;
		if (is_asked(a))
			at = a->look_asked;
		due = at < due ? at : due;
	}
	for (int i = 0; i < db.payment_n; i++)
		if (is_eq(db.payment[i].state, "paid")) {
			int64_t at = payment_due(&db.payment[i], 300);
			due = at < due ? at : due;
		}
	return due;
}

/* --- lost calls, and another attempt -----------------------------------------------------------
 */

void m_find_lease(struct m_call *c)
{
	int64_t n = v_int(c, 0), lease = v_int(c, 1) * S, now = v_time(c, 2);

	m_columns(c,
		"outbox attempt pledge provider livemode method path idem_key body first_sent_at");
	for (int i = 0; i < db.outbox_n && n > 0; i++) {
		struct m_outbox *o = &db.outbox[i];
		int a = m_attempt_of(o->subject);
		if (!is_eq(o->state, "open") || !o->find || o->find > now || a < 0)
			continue;
		n--;
		o->find = now + lease;
		o->tries++;
		m_row(c);
		m_put_int(c, 0, i + 1);
		m_put(c, 1, o->subject);
		m_put(c, 2, db.pledge[db.attempt[a].pledge].id);
		m_put(c, 3, "stripe");
		m_put(c, 4, "f");
		m_put(c, 5, o->method);
		m_put(c, 6, o->path);
		m_put(c, 7, o->idem);
		m_put_bytes(c, 8, o->body, o->body_n);
		m_put_time(c, 9, o->first_sent);
	}
}

void m_attempt_found(struct m_call *c)
{
	const struct m_outbox *o = &db.outbox[v_int(c, 0) - 1];
	const char *object = v_text(c, 1), *word = "adopted";
	bool open = is_eq(v_text(c, 2), "open");

	for (int i = 0; i < db.attempt_n; i++)
		if (is_eq(db.attempt[i].object, object) && !is_eq(db.attempt[i].id, o->subject))
			word = "taken";
	if (!is_eq(o->state, "open") || !o->find)
		word = "moved";
	if (is_eq(word, "adopted")) {
		const char *v[] = {
			c->v[0], c->v[1], open ? c->v[3] : NULL, c->v[4], c->v[5], c->v[6]};
		struct m_call opened = {.n = 6,
			.v = v,
			.len = c->len,
			.res = PQmakeEmptyPGresult(NULL, PGRES_TUPLES_OK)};
		m_attempt_opened(&opened);
		PQclear(opened.res);
		if (!open)
			m_hint(sim_text("found:%s", object), "checkout", object, v_time(c, 6));
	}
	m_columns(c, "outcome");
	m_row(c);
	m_put(c, 0, word);
}

/* Gives up the lost call's attempt; false: it is not lost any more. */
static bool give_up(int64_t lost, int64_t now)
{
	struct m_outbox *o = &db.outbox[lost - 1];
	int a = m_attempt_of(o->subject);

	if (!is_eq(o->state, "open") || !o->find || a < 0 || db.attempt[a].state != A_creating ||
		db.attempt[a].object)
		return false;
	m_attempt_move(a, A_abandoned, now);
	o->state = "failed";
	o->lease = 0;
	o->error = "the provider has no page of it";
	return true;
}

static const char *why_not(int p, int64_t most)
{
	switch (db.pledge[p].status) {
	case PLEDGE_new:
	case PLEDGE_offered: return "payable";
	case PLEDGE_processing: return "under_way";
	case PLEDGE_lapsed:
	case PLEDGE_failed:
	case PLEDGE_canceled: return db.attempt[m_newest_attempt(p)].no + 1 > most ? "many" : NULL;
	default: return "paid";
	}
}

static void next_insert(struct m_call *c, int p, int64_t now)
{
	const struct m_pledge *x = &db.pledge[p];
	int no = db.attempt[m_newest_attempt(p)].no + 1;

	ASSERT(db.attempt_n < ATTEMPTS_MAX && db.outbox_n < OUTBOX_MAX);
	struct m_attempt *a = &db.attempt[db.attempt_n++];
	*a = (struct m_attempt){.id = v_text(c, 1),
		.idem = v_text(c, 5),
		.pledge = p,
		.no = no,
		.state_at = now,
		.created = now};
	db.outbox[db.outbox_n++] = (struct m_outbox){.kind = "create",
		.subject = a->id,
		.method = v_text(c, 6),
		.path = v_text(c, 7),
		.idem = a->idem,
		.body = sim_text("%.*s", c->len[8], c->v[8]),
		.body_n = (size_t)c->len[8],
		.state = "open",
		.no = 1,
		.tries = 1,
		.not_before = now,
		.lease = now + v_int(c, 10) * S,
		.first_sent = now};
	m_book(p, "attempt", a->id, NULL, "creating", NULL, NULL, 0, x->cur);
}

void m_attempt_next(struct m_call *c)
{
	const char *id = v_text(c, 0), *word = "unknown";
	int64_t now = v_time(c, 12);
	int p = 0;

	m_columns(c, "outcome outbox method path idem_key body wait_s why");
	m_row(c);
	while (p < db.pledge_n && !is_eq(db.pledge[p].id, id))
		p++;
	if (p < db.pledge_n) {
		int same = m_attempt_of(v_text(c, 1));
		word = same >= 0 ? "same" : c->v[2] && !give_up(v_int(c, 2), now) ? "moved" : NULL;
		if (!word) {
			m_derive(p);
			word = why_not(p, v_int(c, 9));
		}
	}
	if (word) {
		m_put(c, 0, word);
		return;
	}
	next_insert(c, p, now);
	m_derive(p);
	const struct m_outbox *o = &db.outbox[db.outbox_n - 1];
	m_put(c, 0, "made");
	m_put_int(c, 1, db.outbox_n);
	m_put(c, 2, o->method);
	m_put(c, 3, o->path);
	m_put(c, 4, o->idem);
	m_put_bytes(c, 5, o->body, o->body_n);
}

void m_pledge_again(struct m_call *c)
{
	const char *token = v_text(c, 0);

	m_columns(c, "pledge livemode currency status attempt attempt_state outbox method path "
		     "idem_key body provider");
	for (int p = 0; p < db.pledge_n; p++) {
		if (!is_eq(db.pledge[p].token, token))
			continue;
		const struct m_attempt *a = &db.attempt[m_newest_attempt(p)];
		int o = m_call_of(m_newest_attempt(p));
		m_row(c);
		m_put(c, 0, db.pledge[p].id);
		m_put(c, 1, "f");
		m_put(c, 2, db.pledge[p].cur);
		m_put(c, 3, pledge_status_name(db.pledge[p].status));
		m_put(c, 4, a->id);
		m_put(c, 5, M_ATTEMPT[a->state]);
		m_put_int(c, 6, o + 1);
		m_put(c, 7, db.outbox[o].method);
		m_put(c, 8, db.outbox[o].path);
		m_put(c, 9, db.outbox[o].idem);
		m_put_bytes(c, 10, db.outbox[o].body, db.outbox[o].body_n);
		m_put(c, 11, "stripe");
	}
}
