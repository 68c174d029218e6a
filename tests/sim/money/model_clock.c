/* tests/sim/money/model_clock.c: our clock was set back: what waits for a time comes as much
 * sooner. */
#include "model.h"

static void sooner(int64_t *at, int64_t by, int64_t now)
{
	if (*at > now && *at < INT64_MAX)
		*at = *at - by > now ? *at - by : now;
}

static void looks(int64_t by, int64_t now)
{
	for (int i = 0; i < db.attempt_n; i++) {
		struct m_attempt *a = &db.attempt[i];
		int64_t at = a->next_look              ? a->next_look
			     : a->opened > a->state_at ? a->opened
						       : a->state_at;
		bool looked =
			a->state == A_open || a->state == A_processing || a->state == A_complete;
		if (!a->object || !looked || at < now || at > now + 400 * DAY)
			continue;
		a->next_look = a->next_look && a->next_look - by > now ? a->next_look - by : now;
	}
	for (int i = 0; i < db.payment_n; i++)
		if (is_eq(db.payment[i].state, "paid"))
			sooner(&db.payment[i].next_look, by, now);
}

static void queues(int64_t by, int64_t now)
{
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].state, "asked"))
			sooner(&db.wish[i].not_before, by, now);
	for (int i = 0; i < db.inbox_n; i++)
		if (is_eq(db.inbox[i].state, "new") || is_eq(db.inbox[i].state, "leased")) {
			sooner(&db.inbox[i].not_before, by, now);
			sooner(&db.inbox[i].lease, by, now);
		}
	for (int i = 0; i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].state, "open")) {
			sooner(&db.outbox[i].not_before, by, now);
			sooner(&db.outbox[i].lease, by, now);
			sooner(&db.outbox[i].find, by, now);
		}
	for (int i = 0; i < db.mail_n; i++)
		if (is_eq(db.mail[i].state, "queued")) {
			sooner(&db.mail[i].not_before, by, now);
			sooner(&db.mail[i].lease, by, now);
		}
	for (size_t i = 0; i < ARRAY_N(db.reconcile); i++) {
		sooner(&db.reconcile[i].not_before, by, now);
		sooner(&db.reconcile[i].lease, by, now);
	}
	sooner(&db.lockout.probe, by, now);
}

/* Null: a clerk that has begun goes by what others noted. A second clerk sees the same step. */
void m_clock_back(struct m_call *c)
{
	int64_t now = v_time(c, 1), since = now - db.back_at,
		by = c->v[0] ? v_int(c, 0) * S : db.seen_at - now;

	m_columns(c, "n");
	m_row(c);
	m_put(c, 0, "0");
	db.seen_at = by > MIN || now > db.seen_at ? now : db.seen_at;
	if (by <= MIN || (db.back_at && since <= 2 * MIN && since >= -2 * MIN))
		return;
	db.back_at = now;
	looks(by, now);
	queues(by, now);
}
