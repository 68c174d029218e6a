/* app/clerk_donor.c: the clerk's work for donors. */
#include "app/clerk_donor.h"
#include "app/call.h"
#include "app/settle.h"
#include "app/token.h"
#include "base/log.h"

#define LOOK_N     2
#define RENEWAL_N  50
#define SUMMARY_N  50
#define REMIND_N   50
#define CLEAN_MS   (60 * 1000)
#define RENEWAL_MS (10 * 60 * 1000)
/* The sum over a year is not asked for all the time; eleven months of twelve it is empty. */
#define SUMMARY_MS (10 * 60 * 1000)
#define REMIND_MS  (5 * 1000)
#define OVER_MS    (10 * 60 * 1000)

static void complain(const char *what, enum err e, const struct fault *f)
{
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR, what);
	log_err(&l, e, f);
	log_emit(&l);
}

size_t clerk_donor_looks(struct store *s, const struct pays *pays, const struct conf *c,
	struct arena *a, const volatile int *stop, bool *ret_paid)
{
	struct store_args args;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&args);
	arg_int(&args, LOOK_N);
	arg_utc(&args, clock_utc());
	*ret_paid = false;
	if (store_call(s, STMT_look_lease, &args, &rows, &f) != OK)
		return 0; /* the other work has told it */
	for (int i = 0; i < rows_n(rows) && !*stop; i++) {
		struct settled done = {0};
		struct pay *p;
		enum err e = call_pay(pays, rows, i, &p, &f);
		if (e == OK)
			e = app_settle(s, p, 0, "donor's page", PAY_KIND_CHECKOUT,
				row_str(rows, i, "object_id"), conf_int(c, CONF_clerk_call_ms), a,
				&done, &f);
		arena_reset(a);
		if (e != OK)
			complain("a donor's page could not be helped", e, &f);
		*ret_paid = *ret_paid || done.paid_new;
	}
	return (size_t)rows_n(rows);
}

/* A statement of (how many, now) when its time has come; at once again while there are more. */
static size_t some(struct store *s, enum stmt stmt, int64_t most, int64_t pause_ms, mono_t *at)
{
	mono_t now = clock_mono();
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	if (now.us < at->us)
		return 0;
	store_args_init(&a);
	if (most > 0)
		arg_int(&a, most);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, stmt, &a, &rows, &f);
	int64_t n = e == OK && most > 0 ? row_int(rows, 0, "n") : 0;
	if (e != OK && e != ERR_STORE_DOWN)
		complain("mails to donors could not be written", e, &f);
	if (n == 0 || n < most)
		*at = mono_add(now, dur_ms(pause_ms));
	return (size_t)n;
}

/* One reminder that is due, with a key to stop reminders that stands in its mail alone. */
static bool remind_one(struct store *s)
{
	char token[TOKEN_TEXT + 1] = "";
	struct token_hash hash;
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	enum err e = token_new(token, &hash);
	if (e == OK) {
		store_args_init(&a);
		arg_bytes(&a, token_hash_str(&hash));
		arg_c(&a, token);
		arg_utc(&a, clock_utc());
		e = store_call(s, STMT_mail_reminder, &a, &rows, &f);
		seal_wipe(&a, sizeof a);
	}
	seal_wipe(token, sizeof token);
	if (e != OK && e != ERR_STORE_DOWN)
		complain("a reminder could not be written", e, &f);
	return e == OK && rows_n(rows) == 1;
}

static size_t reminders(struct clerk_donor *d, struct store *s)
{
	mono_t now = clock_mono();
	size_t n = 0;
	some(s, STMT_remind_due, REMIND_N, REMIND_MS, &d->articles_at);
	if (now.us < d->reminders_at.us)
		return 0;
	while (n < REMIND_N && remind_one(s))
		n++;
	if (n < REMIND_N)
		d->reminders_at = mono_add(now, dur_ms(REMIND_MS));
	return n;
}

size_t clerk_donor_mails(struct clerk_donor *d, struct store *s)
{
	size_t n = some(s, STMT_mail_renewals, RENEWAL_N, RENEWAL_MS, &d->renewals_at);
	n += some(s, STMT_mail_summaries, SUMMARY_N, SUMMARY_MS, &d->summaries_at);
	n += reminders(d, s);
	some(s, STMT_manage_clean, 0, CLEAN_MS, &d->clean_at);
	some(s, STMT_remind_clean, 0, OVER_MS, &d->over_at);
	return n;
}
