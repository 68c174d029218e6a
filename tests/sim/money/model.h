/* tests/sim/money/model.h: PostgreSQL's part of the money path as plain arrays: the same unique
 * keys, and what the functions of sql/functions mean.
 *
 * A new statement: a function in one of the model_*.c and its row in the table of model.c. A
 * statement without a row ends the program with its name. */
#ifndef MODEL_H
#define MODEL_H

#include "base/json.h"
#include "core/pledge.h"
#include "sim.h"

#define PLEDGES_MAX  16
#define ATTEMPTS_MAX 32
#define OUTBOX_MAX   128
#define INBOX_MAX    512
#define PAYMENTS_MAX 64
#define CLAIMS_MAX   64
#define MAILS_MAX    128
#define LEDGER_MAX   1024
#define WISHES_MAX   16

/* Texts live as long as the history; times are microseconds, 0 is null. */
struct m_pledge {
	const char *id, *token, *key, *interval, *email, *locale, *reader;
	char print[32];
	int64_t amount, cover;
	const char *cur;
	bool live, over_paid, mismatch;
	enum pledge_status status;
};
enum m_attempt_state {
	A_creating,
	A_open,
	A_processing,
	A_abandoned,
	A_expired,
	A_failed,
	A_complete
};
struct m_attempt {
	const char *id, *idem, *object, *url;
	int pledge, no, looks;
	enum m_attempt_state state;
	int64_t expires, opened, looked, next_look, state_at, created, look_asked;
};
struct m_outbox {
	const char *kind, *subject, *method, *path, *idem, *body, *state, *error;
	int no, tries;
	size_t body_n;
	int64_t not_before, lease, first_sent, find; /* find: lost, looked for then; else 0 */
};
struct m_inbox {
	const char *key, *type, *kind, *object, *state, *error;
	bool live;
	int tries, lead; /* lead: the row whose fetch settles this one too; 0: its own */
	int64_t not_before, lease;
};
struct m_payment {
	const char *id, *pid, *intent, *cur, *state, *mismatch, *receipt;
	int pledge, attempt;
	int64_t amount, paid_at, state_at, next_look;
	int looks;
	bool live;
};
struct m_claim { /* a refund or a dispute */
	const char *id, *pid, *state, *idem;
	int payment;
	int64_t amount, created;
};
struct m_aside { /* a fee or a fraud warning */
	const char *pid;
	int payment;
	bool actionable;
};
struct m_recurring {
	const char *id, *pid, *state, *customer, *item, *product, *cur;
	int pledge;
	bool duplicate;
	int64_t until, fetched, amount, ends, paused;
};
struct m_wish {
	const char *id, *kind, *cur, *reason, *author, *state, *error;
	int pledge, payment, recurring, attempt, tries; /* -1: none */
	int64_t amount, until, not_before, created;
};
struct m_reconcile { /* created 0: there is no row */
	const char *holder;
	int tries;
	int64_t created, every, lease, not_before, cursor, ended;
};
struct m_mail {
	int64_t id;
	const char *subject, *to, *locale, *line, *body, *state;
	int tries;
	int64_t not_before, lease;
};
struct m_ledger {
	int64_t entry, amount;
	const char *object, *id, *was, *became, *account, *cur;
	int pledge;
};
struct m_db {
	int pledge_n, attempt_n, outbox_n, inbox_n, payment_n, refund_n, dispute_n, recurring_n,
		mail_n, ledger_n, entry_n, mark_n, wish_n, fee_n, warning_n;
	struct m_pledge pledge[PLEDGES_MAX];
	struct m_attempt attempt[ATTEMPTS_MAX];
	struct m_outbox outbox[OUTBOX_MAX];
	struct m_inbox inbox[INBOX_MAX];
	struct m_payment payment[PAYMENTS_MAX];
	struct m_claim refund[CLAIMS_MAX], dispute[CLAIMS_MAX];
	struct m_aside fee[2 * PAYMENTS_MAX], warning[PAYMENTS_MAX];
	struct m_recurring recurring[PLEDGES_MAX];
	struct m_wish wish[WISHES_MAX];
	struct m_mail mail[MAILS_MAX];
	struct m_ledger ledger[LEDGER_MAX];
	const char *mark[PAYMENTS_MAX]; /* readers that gave */
	struct {
		bool on;
		int probes;
		int64_t probe;
	} lockout;
	struct m_reconcile reconcile[2]; /* events, compare */
	int64_t back_at, seen_at; /* our clock was set back then; clerks have noted it up to then */
};
extern struct m_db db;

/* One call: arguments as libpq gets them, and the answer's rows. */
struct m_call {
	int n;
	const char *const *v;
	const int *len;
	PGresult *res;
	const char *names;
	int row;
	const char *state; /* SQLSTATE of an error: everything is rolled back */
};
const char *v_text(const struct m_call *c, int i); /* $1 is 0; NULL when null; a copy */
int64_t v_int(const struct m_call *c, int i);
int64_t v_time(const struct m_call *c, int i);
bool v_bool(const struct m_call *c, int i);
void m_columns(struct m_call *c, const char *names); /* blanks between */
void m_row(struct m_call *c);
void m_put(struct m_call *c, int col, const char *text); /* NULL: null */
void m_put_int(struct m_call *c, int col, int64_t n);
void m_put_time(struct m_call *c, int col, int64_t us);
void m_put_bytes(struct m_call *c, int col, const char *p, size_t n);
void m_raise(struct m_call *c, const char *state, const char *why);
bool is_eq(const char *a, const char *b); /* null equals nothing */
char *m_uuid(void);
int64_t m_pause(int tries, int64_t most_s); /* 2^tries seconds */

void m_book(int pledge, const char *object, const char *id, const char *was, const char *became,
	const char *from, const char *to, int64_t amount, const char *currency);
void m_attempt_move(int attempt, enum m_attempt_state to, int64_t now);
void m_derive(int pledge);

int m_newest_attempt(int pledge); /* -1: none */
int m_call_of(int attempt);       /* its create call, -1: none */
int m_attempt_of(const char *id);
bool m_has_final_payment(int pledge);
void m_hint(const char *key, const char *kind, const char *object, int64_t now);
bool m_inbox_keep(struct m_inbox b); /* false: its key is there */
void m_inbox_done(int64_t id);       /* and those that it leads */
bool m_attempt_is_waited_for(const struct m_attempt *a);
int64_t m_look_due(void); /* of model_look.c's work */

/* outbox, for statements that lease calls: the longest due of some kinds, -1: none; its row */
int m_outbox_next(const char *kinds, int64_t now);
#define OUTBOX_ROW "outbox kind subject provider method path idem_key body tries first_sent_at"
void m_outbox_give(struct m_call *c, int i, int64_t lease_s, int64_t now);

/* settle inside of another statement; the transaction is rolled back when c has a state behind it
 */
struct m_settled {
	bool known, paid_new;
	int pledge;
	enum pledge_status before;
};
struct m_settled m_settle_with(struct m_call *c, const char *snapshot, int64_t now);
const char *m_text(const json_t *o, const char *path); /* NULL: none */
int64_t m_number(const json_t *o, const char *key);
int m_rank(const char *state, const char *const *ladder);
int m_payment_find(const char *id, const char *intent);

/* one claim of a snapshot (model_claim.c) */
int64_t m_refunded(int payment);
void m_refund(struct m_call *c, const json_t *x, int64_t now);
void m_dispute(const json_t *x);
void m_fee(const json_t *x);
void m_warning(const json_t *x);
/* work that one clerk at a time does (model_recon.c) */
struct m_reconcile *m_reconcile_row(const char *work, int64_t now);
int64_t m_reconcile_at(const struct m_reconcile *r);
bool m_reconcile_keep(const char *work, const char *holder, int64_t lease, int64_t now);
bool m_reconcile_over(
	const char *work, const char *holder, int64_t cursor, const char *error, int64_t now);
int64_t m_reconcile_due(void);
bool m_agreed(int pledge, int64_t amount, const char *currency);

extern const char *const M_ATTEMPT[];

/* rows of the table */
void m_outbox_claim(struct m_call *c);
void m_outbox_lease(struct m_call *c);
void m_outbox_result(struct m_call *c);
void m_inbox_put(struct m_call *c);
void m_inbox_lease(struct m_call *c);
void m_inbox_end(struct m_call *c);
void m_mail_lease(struct m_call *c);
void m_mail_result(struct m_call *c);
void m_pledge_try(struct m_call *c);
void m_pledge_poll(struct m_call *c);
void m_pledge_by_token(struct m_call *c);
void m_attempt_opened(struct m_call *c);
void m_settle(struct m_call *c);
void m_wish_ask(struct m_call *c);
void m_wish_lease(struct m_call *c);
void m_wish_calls(struct m_call *c);
void m_wish_send(struct m_call *c);
void m_wish_put_off(struct m_call *c);
void m_wish_answered(struct m_call *c);
void m_wish_refused(struct m_call *c);
void m_lockout_may(struct m_call *c);
void m_lockout_look(struct m_call *c);
void m_lockout_note(struct m_call *c);
void m_look_ask(struct m_call *c);
void m_look_lease(struct m_call *c);
void m_lookup_lease(struct m_call *c);
void m_payment_look_lease(struct m_call *c);
void m_find_lease(struct m_call *c);
void m_attempt_found(struct m_call *c);
void m_attempt_next(struct m_call *c);
void m_pledge_again(struct m_call *c);
void m_clock_back(struct m_call *c);
void m_reconcile_lease(struct m_call *c);
void m_reconcile_keep_row(struct m_call *c);
void m_reconcile_end(struct m_call *c);
void m_events_put(struct m_call *c);

void model_begin(void);
/* model_run: NULL and *ret_state for an error */
PGresult *model_run(
	const char *name, int n, const char *const *v, const int *len, const char **ret_state);
const char *model_error(void);
int64_t model_due(void);
/* Work of the clerk that is none of money's: it is always answered here, and meets no trouble. */
bool model_is_aside(const char *name);

#endif
