/* tests/sim/money/peer_life.c: webhooks, and what happens to money after it was paid. */
#include <string.h>

#include "peer.h"

static char *new_id(const char *kind)
{
	uint8_t b[8];
	char hex[17];

	sim_random(b, sizeof b);
	str_hex(b, sizeof b, hex);
	return sim_text("%s_%s", kind, hex);
}

/* --- webhooks -------------------------------------------------------------------------------- */

static void deliver(void *arg, int64_t n);

static void answered(void *arg, int64_t ok)
{
	static const int64_t pause[] = {MIN, 5 * MIN, 30 * MIN, H, 3 * H, 6 * H, 10 * H};
	struct peer_event *e = arg;

	if (ok && !fault(FAULT_hook_answer_dropped)) {
		e->delivered = true;
		return;
	}
	int i = e->tries < (int)ARRAY_N(pause) ? e->tries : (int)ARRAY_N(pause) - 1;
	e->tries++;
	if (!e->delivered)
		sim_after(pause[i] + span(0, MIN), deliver, e, 0);
}

static void deliver(void *arg, int64_t n)
{
	struct peer_event *e = arg;

	(void)n;
	if (fault(FAULT_hook_dropped)) {
		answered(e, 0);
		return;
	}
	const char *body = peer_json_event(e);
	say("webhook %s %s", e->type, e->object_id);
	actor_hook(peer_sign(body), body, answered, e, 0);
}

void peer_event(const char *type, const char *object, const char *object_id, const char *intent)
{
	ASSERT(peer.event_n < (int)ARRAY_N(peer.event));
	struct peer_event *e = &peer.event[peer.event_n++];
	*e = (struct peer_event){.id = new_id("evt"),
		.type = type,
		.object = object,
		.object_id = object_id,
		.intent = intent,
		.created_s = now_us() / S};
	int64_t in = span(10000, 5 * S);
	e->lost = fault(FAULT_hook_lost);
	if (e->lost)
		return;
	if (fault(FAULT_hook_late))
		in = span(MIN, 6 * H);
	sim_after(in, deliver, e, 0);
	if (fault(FAULT_hook_twice))
		sim_after(in + span(0, MIN), deliver, e, 0);
}

/* --- money gone and back --------------------------------------------------------------------- */

int64_t peer_taken(int intent)
{
	int64_t sum = 0;

	for (int i = 0; i < peer.refund_n; i++)
		if (peer.refund[i].intent == intent && strcmp(peer.refund[i].status, "failed") != 0)
			sum += peer.refund[i].amount;
	return sum;
}

bool peer_disputed(int intent)
{
	for (int i = 0; i < peer.dispute_n; i++)
		if (peer.dispute[i].intent == intent)
			return true;
	return false;
}

static void refund_ends(void *arg, int64_t i)
{
	struct peer_claim *r = &peer.refund[i];
	bool fails = rnd(5) == 0;

	(void)arg;
	r->status = fails ? "failed" : "succeeded";
	say("refund %s %s", r->id, r->status);
	peer_event(fails ? "refund.failed" : "refund.updated", "refund", r->id,
		peer.intent[r->intent].id);
}

int peer_refund(int intent, int64_t amount, const char *ours)
{
	const struct peer_intent *p = &peer.intent[intent];
	int i = peer.refund_n++;

	ASSERT(i < PEER_MAX);
	peer.refund[i] = (struct peer_claim){.id = new_id("re"),
		.status = rnd(3) ? "succeeded" : "pending",
		.ours = ours,
		.intent = intent,
		.amount = amount,
		.created_s = now_us() / S};
	say("refund %s of %s: %lld %s", peer.refund[i].id, p->id, (long long)amount,
		peer.refund[i].status);
	peer_event("refund.created", "refund", peer.refund[i].id, p->id);
	if (strcmp(peer.refund[i].status, "pending") == 0)
		sim_after(span(S, rnd(3) ? 8 * H : MIN), refund_ends, NULL, i);
	else if (rnd(6) == 0)
		sim_after(span(S, rnd(3) ? 8 * H : MIN), refund_ends, NULL, i);
	peer_event("charge.refunded", "charge", p->charge, p->id);
	return i;
}

static void refund(void *arg, int64_t intent)
{
	int64_t left = peer.intent[intent].received - peer_taken((int)intent);

	(void)arg;
	if (left <= 0 || peer_disputed((int)intent) || peer.refund_n == PEER_MAX)
		return;
	(void)peer_refund((int)intent, rnd(2) ? left : span(1, left), NULL);
	if (rnd(3) == 0)
		sim_after(span(S, H), refund, NULL, intent);
}

static void dispute_ends(void *arg, int64_t i)
{
	struct peer_claim *d = &peer.dispute[i];

	(void)arg;
	d->status = rnd(2) ? "won" : "lost";
	say("dispute %s %s", d->id, d->status);
	peer_event("charge.dispute.closed", "dispute", d->id, peer.intent[d->intent].id);
}

static void dispute(void *arg, int64_t intent)
{
	const struct peer_intent *p = &peer.intent[intent];

	(void)arg;
	if (peer_taken((int)intent) >= p->received || peer_disputed((int)intent) ||
		peer.dispute_n == PEER_MAX)
		return;
	int i = peer.dispute_n++;
	peer.dispute[i] = (struct peer_claim){.id = new_id("dp"),
		.status = "needs_response",
		.created_s = now_us() / S,
		.intent = (int)intent,
		.amount = p->received - peer_taken((int)intent)};
	say("dispute %s of %s", peer.dispute[i].id, p->id);
	peer_event("charge.dispute.created", "dispute", peer.dispute[i].id, p->id);
	if (rnd(3))
		sim_after(span(S, rnd(3) ? 10 * H : MIN), dispute_ends, NULL, i);
}

static void warning_over(void *arg, int64_t i)
{
	struct peer_warning *w = &peer.warning[i];

	(void)arg;
	w->actionable = false;
	peer_event("radar.early_fraud_warning.updated", "radar.early_fraud_warning", w->id,
		peer.intent[w->intent].id);
}

static void warning(void *arg, int64_t intent)
{
	(void)arg;
	if (peer.warning_n == PEER_MAX)
		return;
	int i = peer.warning_n++;
	peer.warning[i] = (struct peer_warning){
		.id = new_id("issfr"), .intent = (int)intent, .actionable = true};
	say("warning %s of %s", peer.warning[i].id, peer.intent[intent].id);
	peer_event("radar.early_fraud_warning.created", "radar.early_fraud_warning",
		peer.warning[i].id, peer.intent[intent].id);
	if (rnd(2))
		sim_after(span(S, H), warning_over, NULL, i);
}

/* --- the next instalment --------------------------------------------------------------------- */

static void renew(void *arg, int64_t gift);

static void invoice_again(void *arg, int64_t i)
{
	struct peer_invoice *v = &peer.invoice[i];
	struct peer_intent *p = &peer.intent[v->intent];
	struct peer_gift *s = &peer.gift[v->gift];

	(void)arg;
	if (s->ended_s)
		return;
	if (rnd(2)) {
		v->status = "paid";
		v->again = false;
		v->paid_s = now_us() / S;
		p->status = "succeeded";
		p->received = p->amount;
		s->status = "active";
		say("invoice %s paid after all", v->id);
		peer_event("invoice.paid", "invoice", v->id, NULL);
		peer_event("customer.subscription.updated", "subscription", s->id, NULL);
	} else {
		v->status = "uncollectible";
		v->again = false;
		p->status = "canceled";
		s->status = "canceled";
		s->ended_s = now_us() / S;
		say("invoice %s given up, %s ends", v->id, s->id);
		peer_event("invoice.payment_failed", "invoice", v->id, NULL);
		peer_event("customer.subscription.deleted", "subscription", s->id, NULL);
	}
}

void peer_end_gift(int gift)
{
	struct peer_gift *s = &peer.gift[gift];

	s->status = "canceled";
	s->ended_s = now_us() / S;
	say("subscription %s ends", s->id);
	peer_event("customer.subscription.deleted", "subscription", s->id, NULL);
}

static void end_gift(void *arg, int64_t gift)
{
	(void)arg;
	if (strcmp(peer.gift[gift].status, "active") == 0)
		peer_end_gift((int)gift);
}

static void renew(void *arg, int64_t gift)
{
	struct peer_gift *s = &peer.gift[gift];
	const struct peer_session *o = &peer.session[s->session];
	bool fails = rnd(4) == 0;

	(void)arg;
	if (strcmp(s->status, "active") != 0 || peer.invoice_n == PEER_MAX ||
		peer.intent_n == PEER_MAX)
		return;
	if (s->at_end) {
		peer_end_gift((int)gift);
		return;
	}
	if (s->paused_s) { /* the instalment is not taken */
		sim_after(span(MIN, 8 * H), renew, NULL, gift);
		return;
	}
	int p = peer.intent_n++, v = peer.invoice_n++;
	peer.intent[p] = (struct peer_intent){.id = new_id("pi"),
		.charge = new_id("ch"),
		.status = fails ? "requires_payment_method" : "succeeded",
		.cur = o->cur,
		.amount = s->amount,
		.received = fails ? 0 : s->amount,
		.created_s = now_us() / S,
		.session = s->session};
	peer.invoice[v] = (struct peer_invoice){.id = new_id("in"),
		.status = fails ? "open" : "paid",
		.gift = (int)gift,
		.intent = p,
		.again = fails,
		.amount = s->amount,
		.paid_s = fails ? 0 : now_us() / S};
	s->until_s += 30 * 86400;
	s->status = fails ? "past_due" : "active";
	say("subscription %s renewed: %s %s", s->id, peer.invoice[v].id, peer.invoice[v].status);
	peer_event(fails ? "invoice.payment_failed" : "invoice.paid", "invoice", peer.invoice[v].id,
		NULL);
	peer_event("customer.subscription.updated", "subscription", s->id, NULL);
	if (fails)
		sim_after(span(MIN, 6 * H), invoice_again, NULL, v);
	else
		peer_after_pay(p, (int)gift);
}

void peer_after_pay(int intent, int gift)
{
	if (rnd(4) == 0)
		sim_after(span(S, 10 * H), refund, NULL, intent);
	if (rnd(8) == 0)
		sim_after(span(S, 10 * H), dispute, NULL, intent);
	if (rnd(8) == 0)
		sim_after(span(S, 10 * H), warning, NULL, intent);
	if (gift >= 0 && rnd(2))
		sim_after(span(MIN, 8 * H), renew, NULL, gift);
	if (gift >= 0 && rnd(4) == 0)
		sim_after(span(MIN, 12 * H), end_gift, NULL, gift);
}

void peer_expire(void *arg, int64_t i)
{
	struct peer_session *s = &peer.session[i];

	(void)arg;
	if (strcmp(s->status, "open") != 0)
		return;
	s->status = "expired";
	s->closed_s = now_us() / S;
	say("page %s expired", s->id);
	peer_event("checkout.session.expired", "checkout.session", s->id, NULL);
}

/* --- the page -------------------------------------------------------------------------------- */

static void late_ends(void *arg, int64_t i)
{
	struct peer_session *s = &peer.session[i];
	struct peer_intent *p = &peer.intent[s->intent];
	bool paid = arg != NULL;

	p->status = paid ? "succeeded" : "requires_payment_method";
	p->received = paid ? p->amount : 0;
	s->pays = paid ? "paid" : "unpaid";
	say("late payment %s %s", p->id, p->status);
	peer_event(paid ? "checkout.session.async_payment_succeeded"
			: "checkout.session.async_payment_failed",
		"checkout.session", s->id, NULL);
	if (paid)
		peer_after_pay(s->intent, -1);
}

static void subscribe(int i, int intent)
{
	struct peer_session *s = &peer.session[i];

	s->gift = peer.gift_n++;
	s->invoice = peer.invoice_n++;
	peer.gift[s->gift] = (struct peer_gift){.id = new_id("sub"),
		.customer = new_id("cus"),
		.status = "active",
		.pledge = s->pledge,
		.until_s = now_us() / S + 30 * 86400,
		.amount = s->amount,
		.created_s = now_us() / S,
		.session = i};
	peer.invoice[s->invoice] = (struct peer_invoice){.id = new_id("in"),
		.status = "paid",
		.gift = s->gift,
		.intent = intent,
		.is_first = true,
		.amount = s->amount,
		.paid_s = now_us() / S};
	peer.intent[intent].pledge = NULL;
	peer_event("invoice.paid", "invoice", peer.invoice[s->invoice].id, NULL);
	peer_event("customer.subscription.updated", "subscription", peer.gift[s->gift].id, NULL);
}

void peer_told(const char *url)
{
	for (int i = 0; i < peer.session_n; i++)
		peer.session[i].told = peer.session[i].told || strstr(url, peer.session[i].id);
}

bool peer_pay(const char *url, enum peer_plan plan)
{
	struct peer_session *s = NULL;

	for (int i = 0; i < peer.session_n; i++)
		if (strstr(url, peer.session[i].id))
			s = &peer.session[i];
	if (!s) {
		broken("page", "the donor was sent to %s, which is no page", url);
		return false;
	}
	if (strcmp(s->status, "open") != 0 || plan == PLAN_leave || peer.intent_n == PEER_MAX)
		return false;
	bool late = !s->interval && (plan == PLAN_late_paid || plan == PLAN_late_failed);
	int64_t amount = s->amount + (plan == PLAN_odd && !s->interval ? 100 : 0);
	int n = peer.intent_n++;
	s->intent = n;
	s->status = "complete";
	s->closed_s = now_us() / S;
	s->pays = late ? "unpaid" : "paid";
	s->email = s->email ? s->email : rnd(2) ? "late@mail.example" : NULL;
	peer.intent[n] = (struct peer_intent){.id = new_id("pi"),
		.charge = new_id("ch"),
		.status = late ? "processing" : "succeeded",
		.cur = s->cur,
		.pledge = s->pledge,
		.amount = amount,
		.received = late ? 0 : amount,
		.created_s = now_us() / S,
		.session = (int)(s - peer.session)};
	say("paid on %s: %s %s", s->id, peer.intent[n].id, peer.intent[n].status);
	if (s->interval)
		subscribe((int)(s - peer.session), n);
	peer_event("checkout.session.completed", "checkout.session", s->id, NULL);
	if (late)
		sim_after(rnd(2) ? span(S, MIN) : span(MIN, 20 * H), late_ends,
			plan == PLAN_late_paid ? s : NULL, s - peer.session);
	else
		peer_after_pay(n, s->gift);
	return true;
}
