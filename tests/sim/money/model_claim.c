/* tests/sim/money/model_claim.c: what settle means for what is taken from a payment: refunds,
 * disputes, fees; and fraud warnings. */
#include <string.h>

#include "model.h"

int64_t m_refunded(int payment)
{
	int64_t sum = 0;

	for (int k = 0; k < db.refund_n; k++)
		if (db.refund[k].payment == payment && !is_eq(db.refund[k].state, "failed"))
			sum += db.refund[k].amount;
	return sum;
}

/* One that we asked for is known by our id in it. */
static int refund_find(struct m_call *c, const json_t *x, int y)
{
	const char *ours = m_text(x, "ours");

	for (int i = 0; i < db.refund_n; i++)
		if (is_eq(db.refund[i].pid, m_text(x, "id")))
			return i;
	for (int i = 0; i < db.refund_n; i++) {
		struct m_claim *r = &db.refund[i];
		if (!is_eq(r->id, ours) || r->payment != y || r->pid)
			continue;
		if (r->amount != m_number(x, "amount"))
			m_raise(c, "23000", "refund is not what was asked");
		return i;
	}
	return -1;
}

/* Ours that the provider does not know of, and that there is no room for any more. */
static void crowd_out(int y)
{
	while (m_refunded(y) > db.payment[y].amount) {
		int last = -1;
		for (int i = 0; i < db.refund_n; i++) {
			const struct m_claim *r = &db.refund[i],
					     *l = &db.refund[last < 0 ? i : last];
			if (r->payment != y || !is_eq(r->state, "pending") || r->pid)
				continue;
			if (last < 0 || r->created > l->created ||
				(r->created == l->created && strcmp(r->id, l->id) < 0))
				last = i;
		}
		if (last < 0)
			return;
		db.refund[last].state = "failed";
		m_book(db.payment[y].pledge, "refund", db.refund[last].id, "pending", "failed",
			NULL, NULL, 0, db.payment[y].cur);
	}
}

void m_refund(struct m_call *c, const json_t *x, int64_t now)
{
	static const char *const ladder[] = {"pending", "done", "failed", NULL};
	const char *state = m_text(x, "state"), *was = NULL;
	int y = m_payment_find(m_text(x, "payment"), NULL), i = refund_find(c, x, y);
	int64_t amount = m_number(x, "amount");
	bool back = false;

	if (i < 0) {
		ASSERT(db.refund_n < CLAIMS_MAX);
		i = db.refund_n++;
		db.refund[i] = (struct m_claim){
			.id = m_uuid(), .payment = y, .amount = amount, .created = now};
	} else {
		was = db.refund[i].state;
		back = is_eq(was, "failed") && !db.refund[i].pid && !is_eq(state, "failed");
	}
	db.refund[i].pid = m_text(x, "id");
	if (was && !back && m_rank(state, ladder) <= m_rank(was, ladder))
		return;
	db.refund[i].state = state;
	int64_t moved = amount * (is_eq(state, "done") - is_eq(was, "done"));
	m_book(db.payment[y].pledge, "refund", db.refund[i].id, was, state, "provider", "refund",
		moved, db.payment[y].cur);
	crowd_out(y);
}

void m_dispute(const json_t *x)
{
	static const char *const ladder[] = {"open", "won", "lost", NULL};
	const char *id = m_text(x, "id"), *state = m_text(x, "state"), *was = NULL;
	int y = m_payment_find(m_text(x, "payment"), NULL), i = 0;

	while (i < db.dispute_n && !is_eq(db.dispute[i].pid, id))
		i++;
	if (i == db.dispute_n) {
		ASSERT(i < CLAIMS_MAX);
		db.dispute[db.dispute_n++] = (struct m_claim){
			.id = m_uuid(), .pid = id, .payment = y, .amount = m_number(x, "amount")};
	} else if (m_rank(state, ladder) > m_rank(db.dispute[i].state, ladder)) {
		was = db.dispute[i].state;
	} else {
		return;
	}
	db.dispute[i].state = state;
	int64_t moved = db.dispute[i].amount * (!is_eq(state, "won") - (was && !is_eq(was, "won")));
	m_book(db.payment[y].pledge, "dispute", db.dispute[i].id, was, state, "provider", "dispute",
		moved, db.payment[y].cur);
}

void m_fee(const json_t *x)
{
	int y = m_payment_find(m_text(x, "payment"), NULL);

	for (int i = 0; i < db.fee_n; i++)
		if (is_eq(db.fee[i].pid, m_text(x, "id")))
			return;
	ASSERT(db.fee_n < (int)ARRAY_N(db.fee));
	db.fee[db.fee_n++] = (struct m_aside){.pid = m_text(x, "id"), .payment = y};
	m_book(db.payment[y].pledge, "fee", m_uuid(), NULL, "booked", "provider", "fee",
		m_number(x, "amount"), m_text(x, "currency"));
}

void m_warning(const json_t *x)
{
	bool actionable = !json_is_false(json_object_get(x, "actionable"));
	int i = 0;

	while (i < db.warning_n && !is_eq(db.warning[i].pid, m_text(x, "id")))
		i++;
	if (i < db.warning_n) {
		db.warning[i].actionable = db.warning[i].actionable && actionable;
		return;
	}
	ASSERT(i < PAYMENTS_MAX);
	db.warning[db.warning_n++] = (struct m_aside){.pid = m_text(x, "id"),
		.payment = m_payment_find(m_text(x, "payment"), NULL),
		.actionable = actionable};
}
