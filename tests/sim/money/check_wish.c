/* tests/sim/money/check_wish.c: what was asked beside a pledge has ended, and the provider did what
 * we say that it did, once. */
#include <string.h>

#include "model.h"
#include "peer.h"

static bool ended(const struct m_wish *w)
{
	return is_eq(w->state, "done") || is_eq(w->state, "refused") || is_eq(w->state, "failed");
}

static const struct m_wish *wish_of(const char *id)
{
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].id, id))
			return &db.wish[i];
	return NULL;
}

/* A call that the provider's key does not open waits for a person. */
static bool is_parked(const struct m_wish *w)
{
	for (int i = 0; i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].subject, w->id) && is_eq(db.outbox[i].state, "parked"))
			return true;
	return false;
}

static void check_asked(void)
{
	for (int i = 0; i < wisher_n; i++)
		if (wishers[i].stored && !wish_of(wishers[i].id))
			broken("wish", "%s was acknowledged and is not there", wishers[i].id);
	for (int i = 0; i < db.wish_n; i++)
		if (!ended(&db.wish[i]) && !is_parked(&db.wish[i]))
			broken("wish", "%s %s is %s", db.wish[i].kind, db.wish[i].id,
				db.wish[i].state);
}

/* --- money back ------------------------------------------------------------------------------- */

static void check_once(const struct m_wish *w)
{
	int n = 0, kept = 0;
	bool done = is_eq(w->state, "done");

	for (int i = 0; i < peer.refund_n; i++) {
		const struct peer_claim *r = &peer.refund[i];
		if (!is_eq(r->ours, w->id))
			continue;
		n++;
		kept += !is_eq(r->status, "failed"); /* a bank may not take it */
		if (r->amount != w->amount)
			broken("refund", "%s: %lld was asked, %lld went back", w->id,
				(long long)w->amount, (long long)r->amount);
	}
	if (n > 1 || (done && n == 0) || (ended(w) && !done && kept > 0))
		broken("refund", "%s is %s, and was made %d times", w->id, w->state, n);
}

static const struct m_claim *row_of(const struct peer_claim *r)
{
	for (int i = 0; i < db.refund_n; i++)
		if (is_eq(db.refund[i].pid, r->id))
			return &db.refund[i];
	return NULL;
}

static void check_refunds(void)
{
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].kind, "refund"))
			check_once(&db.wish[i]);
	for (int i = 0; i < peer.refund_n; i++) {
		const struct peer_claim *r = &peer.refund[i];
		const struct m_claim *ours = row_of(r);
		const char *state = is_eq(r->status, "succeeded") ? "done" : r->status;
		if (r->ours && !wish_of(r->ours))
			broken("refund", "%s was never asked for", r->ours);
		if (!ours || !is_eq(ours->state, state) || ours->amount != r->amount ||
			(r->ours && !is_eq(ours->id, r->ours)))
			broken("refund", "the provider's %s (%s) is %s here", r->id, r->status,
				ours ? ours->state : "unknown");
	}
	for (int i = 0; i < db.refund_n; i++) {
		const struct m_wish *w = wish_of(db.refund[i].id);
		if (!db.refund[i].pid && !is_eq(db.refund[i].state, "failed") &&
			!(w && is_parked(w)))
			broken("refund", "%s is %s, and the provider has none", db.refund[i].id,
				db.refund[i].state);
	}
	for (int y = 0; y < db.payment_n; y++) {
		int64_t sum = 0;
		for (int i = 0; i < db.refund_n; i++)
			if (db.refund[i].payment == y && !is_eq(db.refund[i].state, "failed"))
				sum += db.refund[i].amount;
		if (sum > db.payment[y].amount)
			broken("refund", "more of %s went back than came", db.payment[y].pid);
	}
}

/* --- what became of subscriptions and pages --------------------------------------------------- */

static const struct peer_gift *gift_of(const struct m_recurring *r)
{
	for (int i = 0; i < peer.gift_n; i++)
		if (is_eq(peer.gift[i].id, r->pid))
			return &peer.gift[i];
	return NULL;
}

static void check_gift(const struct m_recurring *r)
{
	const struct peer_gift *s = gift_of(r);

	if (!s) {
		broken("gift", "the provider has no %s", r->pid);
		return;
	}
	if (is_eq(r->state, "ended") != (s->ended_s != 0) ||
		is_eq(r->state, "past_due") != is_eq(s->status, "past_due"))
		broken("gift", "%s is %s, here %s", s->id, s->status, r->state);
	for (int i = 0; i < peer.intent_n && s->ended_s; i++)
		if (peer.intent[i].session == s->session && peer.intent[i].created_s > s->ended_s)
			broken("gift", "%s was charged after its end", s->id);
	if (s->ended_s || !r->item)
		return;
	if ((r->ends != 0) != s->at_end || r->paused / S != s->paused_s || r->amount != s->amount)
		broken("gift", "%s: %s, paused until %lld, %lld; here %s, %lld, %lld", s->id,
			s->at_end ? "ends" : "goes on", (long long)s->paused_s,
			(long long)s->amount, r->ends ? "ends" : "goes on",
			(long long)(r->paused / S), (long long)r->amount);
}

static void check_done(const struct m_wish *w)
{
	if (is_eq(w->kind, "cancel") && !gift_of(&db.recurring[w->recurring])->ended_s)
		broken("gift", "%s was to end at once and goes on", db.recurring[w->recurring].pid);
	for (int i = 0; i < peer.session_n && w->attempt >= 0; i++)
		if (is_eq(peer.session[i].id, db.attempt[w->attempt].object) &&
			(is_eq(peer.session[i].status, "open") ||
				is_eq(peer.session[i].pays, "paid")))
			broken("page", "%s was to end and is %s", peer.session[i].id,
				peer.session[i].status);
}

void check_wishes(void)
{
	check_asked();
	check_refunds();
	for (int i = 0; i < db.recurring_n; i++)
		check_gift(&db.recurring[i]);
	for (int i = 0; i < db.wish_n; i++)
		if (is_eq(db.wish[i].state, "done"))
			check_done(&db.wish[i]);
}
