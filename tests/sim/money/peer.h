/* tests/sim/money/peer.h: the payment provider inside the process: its own objects, its own ledger,
 * keys, webhooks with real signatures. It speaks HTTP bytes to pay's code. */
#ifndef PEER_H
#define PEER_H

#include "sim.h"

#define PEER_MAX 64

struct peer_session {
	const char *id, *pledge, *key, *email, *interval, *cur, *status, *pays;
	int64_t amount, expires_s, created_s, closed_s; /* closed: used or expired; 0 = not yet */
	int intent, gift, invoice;                      /* -1: none */
	bool told;                                      /* a donor was sent there */
};
struct peer_intent {
	const char *id, *charge, *status, *cur, *pledge;
	int64_t amount, received, created_s;
	int session;
};
struct peer_gift { /* a subscription */
	const char *id, *customer, *status, *pledge;
	int64_t until_s, amount, created_s, paused_s, ended_s; /* paused: until then; 0: not */
	int session;
	bool at_end; /* it ends with the paid period */
};
struct peer_invoice {
	const char *id, *status;
	int gift, intent;
	bool is_first, again;
	int64_t amount, paid_s;
};
struct peer_claim {                     /* a refund or a dispute */
	const char *id, *status, *ours; /* ours: metadata[refund] */
	int intent;
	int64_t amount, created_s;
};
struct peer_warning {
	const char *id;
	int intent;
	bool actionable;
};
struct peer_key {
	const char *key, *body, *answer;
	long status;
	int64_t at, busy_until;
};
struct peer_event {
	const char *id, *type, *object, *object_id, *intent;
	int64_t created_s;
	int tries;
	bool delivered, lost; /* lost: nobody will send it */
};

extern struct peer {
	int session_n, intent_n, gift_n, invoice_n, refund_n, dispute_n, key_n, event_n, warning_n;
	struct peer_session session[PEER_MAX];
	struct peer_intent intent[PEER_MAX];
	struct peer_gift gift[PEER_MAX];
	struct peer_invoice invoice[PEER_MAX];
	struct peer_claim refund[PEER_MAX], dispute[PEER_MAX];
	struct peer_warning warning[PEER_MAX];
	struct peer_key key[PEER_MAX];
	struct peer_event event[PEER_MAX * 8];
} peer;

/* What the donor does on the page, and what the world makes of the money. */
enum peer_plan { PLAN_pay, PLAN_leave, PLAN_late_paid, PLAN_late_failed, PLAN_odd, PLAN_N };

void peer_told(const char *url);

struct peer_reply {
	long status;
	const char *body, *should_retry;
};

/* a form's fields; NULL, or -1, when it is not there */
const char *peer_field(struct str body, const char *name);
int64_t peer_field_int(struct str body, const char *name);

void peer_begin(void);
bool peer_pay(const char *url, enum peer_plan plan); /* false: there is no such open page */
struct peer_reply peer_do(const char *method, const char *path, struct str body, const char *key);

/* peer_wish.c: what is asked of objects that are there; false: it is none of these addresses */
bool peer_wish(const char *method, const char *path, struct str body, struct peer_reply *ret);

/* peer_list.c: a page of a list, newest first; false: there is no such list */
bool peer_list(const char *path, struct peer_reply *ret);

/* peer_json.c: objects as they are fetched; expand: what stands in them as objects */
const char *peer_json_session(int i, bool expand);
const char *peer_json_intent(int i, bool expand);
const char *peer_json_gift(int i);
const char *peer_json_invoice(int i);
const char *peer_json_refund(int i);
const char *peer_json_dispute(int i);
const char *peer_json_warning(int i);
const char *peer_json_charge(int i);           /* of an intent */
int64_t peer_fee(const struct peer_intent *p); /* what the provider keeps */
const char *peer_json_error(const char *type, const char *code, const char *param);
const char *peer_json_event(const struct peer_event *e);
const char *peer_sign(const char *body);

/* peer_life.c: events, and what happens to money later */
void peer_event(const char *type, const char *object, const char *object_id, const char *intent);
void peer_after_pay(int intent, int gift);
void peer_expire(void *arg, int64_t session);
int64_t peer_taken(int intent); /* by refunds that have not failed */
bool peer_disputed(int intent);
int peer_refund(int intent, int64_t amount, const char *ours);
void peer_end_gift(int gift);

#define PEER_DISPUTE_FEE 1500
#define PEER_SECRET      "whsec_simulated0000000000000000000000"

#endif
