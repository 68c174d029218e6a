/* tests/sim/money/check.c: what must be so when all has settled: the donors' answers, our books and
 * the provider's say the same. */
#include <string.h>
#include <strings.h>

#include "model.h"
#include "peer.h"

/* --- the provider's truth --------------------------------------------------------------------- */

static bool is_cur(const char *lower, const char *upper)
{
	return strcasecmp(lower, upper) == 0;
}

static int64_t back(int intent)
{
	int64_t sum = 0;

	for (int i = 0; i < peer.refund_n; i++)
		if (peer.refund[i].intent == intent && is_eq(peer.refund[i].status, "succeeded"))
			sum += peer.refund[i].amount;
	return sum;
}

static int contest(int intent, int64_t *ret_away)
{
	int worst = 0;

	for (int i = 0; i < peer.dispute_n; i++)
		if (peer.dispute[i].intent == intent) {
			int c = is_eq(peer.dispute[i].status, "won")    ? 0
				: is_eq(peer.dispute[i].status, "lost") ? 1
									: 2;
			worst = c > worst ? c : worst;
			*ret_away += c > 0 ? peer.dispute[i].amount : 0;
		}
	return worst;
}

/* Whatever the page asked for, and later what a change of amount said. */
static bool is_agreed(const struct m_pledge *p, const struct peer_intent *y)
{
	return y->received == p->amount || m_agreed((int)(p - db.pledge), y->received, p->cur);
}

/* What the pledge should be, from the provider's objects alone. */
static enum pledge_status expected(const struct m_pledge *p, bool *ret_session)
{
	static const enum pledge_status order[] = {PLEDGE_paid, PLEDGE_disputed,
		PLEDGE_partly_refunded, PLEDGE_processing, PLEDGE_lost, PLEDGE_refunded};
	bool has[PLEDGE_N] = {false}, failed = false;

	*ret_session = false;
	for (int s = 0; s < peer.session_n; s++) {
		if (!is_eq(peer.session[s].pledge, p->id))
			continue;
		*ret_session = true;
		for (int i = 0; i < peer.intent_n; i++) {
			const struct peer_intent *y = &peer.intent[i];
			int64_t away = 0;
			if (y->session != s)
				continue;
			failed = failed || (is_eq(peer.session[s].status, "complete") &&
						   !is_eq(y->status, "succeeded"));
			if (!is_eq(y->status, "succeeded"))
				continue;
			int c = contest(i, &away);
			/* the bank takes what a refund left; when that refund fails, a part stays
			 */
			int64_t gone = back(i) + away;
			has[c == 2                              ? PLEDGE_disputed
				: c == 1 && gone >= y->received ? PLEDGE_lost
				: back(i) >= y->received        ? PLEDGE_refunded
				: !is_agreed(p, y)              ? PLEDGE_processing
				: gone > 0                      ? PLEDGE_partly_refunded
								: PLEDGE_paid] = true;
		}
	}
	for (size_t i = 0; i < ARRAY_N(order); i++)
		if (has[order[i]])
			return order[i];
	return failed ? PLEDGE_failed : PLEDGE_lapsed;
}

/* --- the checks ------------------------------------------------------------------------------ */

static const struct m_outbox *create_of(int pledge)
{
	const struct m_outbox *last = NULL;
	int no = 0;

	for (int a = 0; a < db.attempt_n; a++)
		for (int o = 0; o < db.outbox_n; o++)
			if (db.attempt[a].pledge == pledge && db.attempt[a].no > no &&
				is_eq(db.outbox[o].kind, "create") &&
				is_eq(db.outbox[o].subject, db.attempt[a].id)) {
				last = &db.outbox[o];
				no = db.attempt[a].no;
			}
	return last;
}

/* Only the provider's own no ends a call. */
static void check_refusal(const struct m_pledge *p, const struct m_outbox *call)
{
	bool said_no = false, made = false;

	for (int i = 0; i < peer.key_n; i++)
		said_no = said_no || (is_eq(peer.key[i].key, call->idem) &&
					     peer.key[i].status >= 400 && peer.key[i].status < 500);
	for (int i = 0; i < peer.session_n && !said_no; i++)
		made = made || is_eq(peer.session[i].key, call->idem);
	if (is_eq(call->state, "failed") && !said_no && (made || !strstr(call->error, "no page")))
		broken("refused", "pledge %s was given up, the provider never refused it", p->id);
}

/* A call that was left to a person may leave its pledge new: that is told, not lost. */
static void check_pledge(int i)
{
	const struct m_pledge *p = &db.pledge[i];
	const struct m_outbox *call = create_of(i);
	bool session;
	enum pledge_status want = expected(p, &session);

	if (!call) {
		broken("call", "pledge %s has no call", p->id);
		return;
	}
	check_refusal(p, call);
	if (!session)
		want = is_eq(call->state, "parked") ? PLEDGE_new : PLEDGE_failed;
	/* the last of several attempts may be the one that waits for a person */
	if (is_eq(call->state, "parked") && p->status == PLEDGE_new)
		want = PLEDGE_new;
	bool nothing = (want == PLEDGE_lapsed || want == PLEDGE_failed) &&
		       (p->status == PLEDGE_lapsed || p->status == PLEDGE_failed);
	if (p->status != want && !nothing)
		broken("status", "pledge %s is %s, the provider's books say %s (its call is %s)",
			p->id, pledge_status_name(p->status), pledge_status_name(want),
			call->state);
	if (p->over_paid)
		broken("over_paid", "pledge %s has more money than it asks for", p->id);
}

/* The page asks for what the donor asked for. */
static void check_asked(const struct donor *d, const struct m_pledge *p)
{
	for (int s = 0; s < peer.session_n; s++)
		if (is_eq(peer.session[s].pledge, p->id) &&
			(peer.session[s].amount != d->minor ||
				!is_cur(peer.session[s].cur, d->cur)))
			broken("asked", "%s meant %lld %s, the page asks for %lld %s", d->key,
				(long long)d->minor, d->cur, (long long)peer.session[s].amount,
				peer.session[s].cur);
}

/* Every page was asked for under the key that was stored before. */
static void check_keys(void)
{
	for (int s = 0; s < peer.session_n; s++) {
		bool ours = false;
		for (int o = 0; o < db.outbox_n; o++)
			ours = ours || is_eq(db.outbox[o].idem, peer.session[s].key);
		if (!ours)
			broken("key", "%s was asked for under %s, which is not stored",
				peer.session[s].id, peer.session[s].key);
	}
}

static void check_donors(void)
{
	for (int d = 0; d < donor_n; d++) {
		int n = 0;
		for (int i = 0; i < db.pledge_n; i++)
			if (is_eq(db.pledge[i].key, donors[d].key)) {
				n++;
				check_asked(&donors[d], &db.pledge[i]);
				if (db.pledge[i].amount != donors[d].minor ||
					!is_eq(db.pledge[i].cur, donors[d].cur))
					broken("amount", "%s is stored as %lld %s", donors[d].key,
						(long long)db.pledge[i].amount, db.pledge[i].cur);
				if (donors[d].acknowledged &&
					!is_eq(db.pledge[i].token, donors[d].token))
					broken("token", "%s was told another token", donors[d].key);
			}
		if (donors[d].acknowledged && n != 1)
			broken("lost", "%s was acknowledged; there are %d pledges of it",
				donors[d].key, n);
	}
	for (int a = 0; a < peer.session_n; a++)
		for (int b = 0; b < a; b++) {
			const struct peer_session *x = &peer.session[a], *y = &peer.session[b];
			bool together = (!y->closed_s || x->created_s < y->closed_s) &&
					(!x->closed_s || y->created_s < x->closed_s);
			if (is_eq(x->pledge, y->pledge) && x->told && y->told && together)
				broken("pages", "pledge %s has two pages, %s and %s", x->pledge,
					x->id, y->id);
		}
}

static void check_money(void)
{
	for (int i = 0; i < peer.intent_n; i++) {
		const struct peer_intent *y = &peer.intent[i];
		int n = 0;
		for (int k = 0; k < db.payment_n; k++)
			if (is_eq(db.payment[k].pid, y->id) || is_eq(db.payment[k].intent, y->id)) {
				n++;
				if (is_eq(y->status, "succeeded") &&
					(!is_eq(db.payment[k].state, "paid") ||
						db.payment[k].amount != y->received ||
						!is_cur(y->cur, db.payment[k].cur)))
					broken("payment", "%s is %s %lld here", y->id,
						db.payment[k].state,
						(long long)db.payment[k].amount);
			}
		if (n > 1 || (n == 0 && is_eq(y->status, "succeeded")))
			broken("payment", "the provider's %s (%s) has %d rows", y->id, y->status,
				n);
	}
	for (int k = 0; k < db.payment_n; k++) {
		int n = 0;
		for (int i = 0; i < peer.intent_n; i++)
			n += (is_eq(db.payment[k].pid, peer.intent[i].id) ||
				     is_eq(db.payment[k].intent, peer.intent[i].id)) &&
			     is_eq(peer.intent[i].status, "succeeded");
		if (is_eq(db.payment[k].state, "paid") && n != 1)
			broken("payment", "our paid %s has %d at the provider", db.payment[k].pid,
				n);
	}
}

static void check_thanks(void)
{
	static const enum sim_fault excuses[] = {FAULT_mail_lost, FAULT_crash_before_store,
		FAULT_crash_after_store, FAULT_store_busy, FAULT_store_refused,
		FAULT_store_lost_before, FAULT_store_lost_after, FAULT_store_slow, FAULT_store_away,
		FAULT_clock_forward, FAULT_clock_back};
	int may_repeat = 0;

	for (size_t i = 0; i < ARRAY_N(excuses); i++)
		may_repeat += g.now[excuses[i]];
	for (int k = 0; k < db.payment_n; k++) {
		const struct m_payment *y = &db.payment[k];
		int mails = 0, marks = 0;
		if (y->pledge < 0)
			continue;
		const struct m_pledge *p = &db.pledge[y->pledge];
		for (int i = 0; i < db.mail_n; i++)
			mails += is_eq(db.mail[i].subject, y->id);
		for (int i = 0; i < db.mark_n; i++)
			marks += is_eq(db.mark[i], p->reader);
		bool good = is_eq(y->state, "paid") && !y->mismatch;
		if (mails != (good && p->email))
			broken("receipt", "payment %s has %d receipts", y->pid, mails);
		if (good && p->reader && marks == 0)
			broken("mark", "reader of %s is not marked", y->pid);
	}
	for (int i = 0; i < db.mail_n; i++) {
		const char *id = sim_text("mail-%lld", (long long)db.mail[i].id);
		int times = 0;
		for (int k = 0; k < post_n; k++)
			times += is_eq(posts[k].id, id) ? posts[k].times : 0;
		if (!is_eq(db.mail[i].state, "sent") || times == 0)
			broken("mail", "%s is %s, sent %d times", id, db.mail[i].state, times);
		if (times > 1 && may_repeat == 0)
			broken("mail", "%s was sent %d times and nothing went wrong", id, times);
	}
}

static void check_queues(void)
{
	for (int i = 0; i < db.inbox_n; i++)
		if (!is_eq(db.inbox[i].state, "done") && !is_eq(db.inbox[i].state, "ignored"))
			broken("inbox", "%s %s is %s: %s", db.inbox[i].type, db.inbox[i].object,
				db.inbox[i].state, db.inbox[i].error ? db.inbox[i].error : "");
	for (int i = 0; i < db.outbox_n; i++)
		if (is_eq(db.outbox[i].state, "open"))
			broken("outbox", "%s %s is open", db.outbox[i].kind, db.outbox[i].idem);
	for (int i = 0; i < peer.event_n; i++)
		if (!peer.event[i].delivered && !peer.event[i].lost)
			broken("webhook", "%s was never taken", peer.event[i].type);
	check_events();
}

/* -1 for none */
static int attempt_rank(const char *state)
{
	for (int i = A_creating; i <= A_complete; i++)
		if (is_eq(state, M_ATTEMPT[i]))
			return i;
	return -1;
}

static int64_t fees(int intent)
{
	const struct peer_intent *p = &peer.intent[intent];
	int64_t sum = p->received > 0 ? peer_fee(p) : 0;

	for (int i = 0; i < peer.dispute_n; i++)
		sum += peer.dispute[i].intent == intent ? PEER_DISPUTE_FEE : 0;
	return sum;
}

static void check_warnings(void)
{
	for (int i = 0; i < peer.warning_n; i++) {
		int n = 0;
		for (int k = 0; k < db.warning_n; k++)
			n += is_eq(db.warning[k].pid, peer.warning[i].id) &&
			     db.warning[k].actionable == peer.warning[i].actionable;
		if (n != 1)
			broken("warning", "%s is not as the provider has it", peer.warning[i].id);
	}
}

static void check_ledger(void)
{
	static const char *const curs[] = {"EUR", "JPY", "USD", "KWD"};

	for (size_t c = 0; c < ARRAY_N(curs); c++) {
		int64_t ours = 0, theirs = 0, sum = 0;
		for (int i = 0; i < db.ledger_n; i++) {
			if (!is_eq(db.ledger[i].cur, curs[c]))
				continue;
			sum += db.ledger[i].amount;
			ours += is_eq(db.ledger[i].account, "provider") ? db.ledger[i].amount : 0;
		}
		for (int i = 0; i < peer.intent_n; i++)
			if (is_cur(peer.intent[i].cur, curs[c])) {
				int64_t away = 0;
				(void)contest(i, &away);
				theirs += peer.intent[i].received - back(i) - away - fees(i);
			}
		if (sum != 0 || ours != theirs)
			broken("ledger",
				"%s: the sum is %lld, we hold %lld, the provider says %lld",
				curs[c], (long long)sum, (long long)ours, (long long)theirs);
	}
	for (int i = 0; i < db.ledger_n; i++) {
		const struct m_ledger *l = &db.ledger[i];
		enum pledge_status from, to;
		if (is_eq(l->object, "attempt") && attempt_rank(l->became) <= attempt_rank(l->was))
			broken("attempt", "%s: %s to %s", l->id, l->was, l->became);
		if (is_eq(l->object, "pledge") && l->was &&
			(pledge_status_parse(str_c(l->was), &from) != OK ||
				pledge_status_parse(str_c(l->became), &to) != OK ||
				!pledge_moves(from, to)))
			broken("moves", "%s: %s to %s, which no event does", l->id, l->was,
				l->became);
	}
}

void check_history(void)
{
	if (g.pg)
		books_read();
	check_donors();
	check_keys();
	check_money();
	check_ledger();
	for (int i = 0; i < db.pledge_n; i++)
		check_pledge(i);
	check_wishes();
	check_warnings();
	check_thanks();
	check_queues();
}
