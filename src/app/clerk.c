/* app/clerk.c: one function a kind of work; each leases a few rows, does them one by one and notes
 * how it went. */
#include "app/clerk.h"
#include "app/call.h"
#include "app/lockout.h"
#include "app/look.h"
#include "app/settle.h"
#include "app/wish.h"
#include "base/crash.h"
#include "base/json.h"
#include "base/label.h"
#include "base/log.h"
#include "base/metric.h"
#include "pay/mail.h"

/* A few at a time: between two slow calls a new webhook has its turn, so that whoever paid is not
 * asked again. */
#define INBOX_N  4
#define CREATE_N 1
#define MAIL_N   1
/* Pauses double up to an hour. An event of an object that nobody knows is left to a person after an
 * hour and a half; a provider that does not answer is waited for as long as it would repeat itself,
 * three days and a half. */
#define UNKNOWN_TRIES      12
#define AWAY_TRIES         96
#define TRIM_N             5000
#define TRIM_MS            (60 * 1000)
#define PARTITION_MS       (60 * 60 * 1000)
#define PARTITION_AGAIN_MS (60 * 1000)
#define LINK_MS            (60 * 1000)
#define TURNS              8
#define GUARD_MS           1000
#define VISITS_N           500
#define VISITS_MS          1000
#define RETAIN_N           500
#define RETAIN_MS          (5 * 1000)
#define WATCH_N            1
#define WATCH_MS           (5 * 1000)

static void complain(const char *what, enum err e, const struct fault *f, int64_t id)
{
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR, what);
	log_int(&l, "id", id);
	log_err(&l, e, f);
	log_emit(&l);
}

/* A call that gives rows; what fails for the whole round is told once. */
static struct rows *ask(struct app_clerk *c, enum stmt stmt, const struct store_args *a)
{
	struct rows *rows = NULL;
	struct fault f = {0};
	enum err e = store_call(c->store, stmt, a, &rows, &f);
	if (e != OK && !c->down)
		complain("a statement failed", e, &f, 0);
	c->down = e == ERR_STORE_DOWN;
	return e == OK ? rows : NULL;
}

static int64_t lease_s(const struct app_clerk *c)
{
	return conf_int(c->conf, CONF_clerk_call_ms) / 1000 + 10;
}

static void lease_args(struct app_clerk *c, struct store_args *a, const char *kinds, int64_t n)
{
	store_args_init(a);
	if (kinds)
		arg_c(a, kinds);
	arg_int(a, n);
	arg_int(a, lease_s(c));
	arg_utc(a, clock_utc());
}

/* outbox_result and inbox_end: the row's own pauses are SQL's business, so not_before stays null.
 */
static void end_call(struct app_clerk *c, int64_t outbox, const char *outcome, const char *error)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, outbox);
	arg_c(&a, outcome);
	arg_null(&a);
	arg_c(&a, error);
	arg_null(&a);
	arg_utc(&a, clock_utc());
	rows_free(ask(c, STMT_outbox_result, &a));
}

static void end_inbox(struct app_clerk *c, int64_t inbox, const char *state, const char *error)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, inbox);
	arg_c(&a, state);
	arg_c(&a, error);
	arg_null(&a);
	arg_utc(&a, clock_utc());
	rows_free(ask(c, STMT_inbox_end, &a));
	CRASH_POINT("r.released");
}

static enum err mark_supporter(struct app_clerk *c, struct str body, struct fault *f)
{
	json_auto_t *o = NULL;
	struct uuid reader;
	utc_t gave, until = {0};
	struct str kind, text;
	int64_t site, minor = 0;
	bool has, has_minor = false;
	enum err e = json_read(body, &o, f);
	if (e == OK)
		e = json_int(o, "site", true, 1, INT16_MAX, &site, &has, f);
	if (e == OK)
		e = json_int(o, "minor", false, 1, INT64_MAX, &minor, &has_minor, f);
	if (e == OK)
		e = uuid_parse(json_text(o, "reader"), &reader);
	if (e == OK)
		e = clock_parse(json_text(o, "gave_at"), &gave);
	text = json_text(o, "until");
	if (e == OK && text.n)
		e = clock_parse(text, &until);
	if (e != OK)
		return e;
	kind = json_text(o, "kind");
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_uuid(&a, &reader);
	arg_int(&a, site);
	arg_utc(&a, gave);
	arg_str(&a, kind);
	if (until.us)
		arg_utc(&a, until);
	else
		arg_null(&a);
	if (has_minor)
		arg_int(&a, minor);
	else
		arg_null(&a);
	arg_opt(&a, json_text(o, "currency"));
	arg_utc(&a, clock_utc());
	return store_call(c->store, STMT_reader_supporter, &a, &rows, f);
}

static size_t do_supporters(struct app_clerk *c)
{
	struct store_args a;
	lease_args(c, &a, "{reader}", 50);
	ROWS_AUTO rows = ask(c, STMT_outbox_lease, &a);
	for (int i = 0; i < rows_n(rows); i++) {
		struct fault f = {0};
		struct call call;
		enum err e = call_of(rows, i, &c->arena, &call);
		CRASH_POINT("r.mark_leased");
		if (e == OK)
			e = mark_supporter(c, call.body, &f);
		CRASH_POINT("r.marked");
		if (e == OK)
			end_call(c, call.outbox, "done", NULL);
		else
			complain("a supporter could not be marked", e, &f,
				row_int(rows, i, "outbox"));
		arena_reset(&c->arena);
	}
	return (size_t)rows_n(rows);
}

static void do_webhook(struct app_clerk *c, const struct rows *rows, int i)
{
	int64_t id = row_int(rows, i, "inbox"), tries = row_int(rows, i, "tries");
	CRASH_POINT("r.leased");
	struct fault f = {0};
	struct settled s = {0};
	struct pay *p;
	enum pay_kind kind;
	enum err e = pay_kind_parse(row_str(rows, i, "object_kind"), &kind);
	if (e == OK)
		e = call_pay(&c->pays, rows, i, &p, &f);
	if (e == OK)
		e = app_settle(c->store, p, id, "webhook", kind, row_str(rows, i, "object_id"),
			conf_int(c->conf, CONF_clerk_call_ms), &c->arena, &s, &f);
	arena_reset(&c->arena);
	if (e == OK && s.known) {
		if (s.paid_new)
			do_supporters(c); /* so that the next page does not ask */
		return;
	}
	if (s.held) {
		end_inbox(c, id, "held", f.detail);
		return;
	}
	/* an id that anybody may have made up, and that the provider does not know */
	if (e == ERR_NOT_FOUND && str_is(row_str(rows, i, "event_type"), "unknown")) {
		end_inbox(c, id, "ignored", f.detail);
		return;
	}
	/* an answer that is none may be a proxy's, and a refused key may be put right: only what
	 * our own books refuse is parked at once */
	bool away = e == ERR_PROVIDER || err_class(e) == ERR_CLASS_SOFT;
	/* claims come in any order: before their payment, a second refund before the end of the
	 * first. What is missing is repeated by the provider too */
	bool claim = kind == PAY_KIND_REFUND || kind == PAY_KIND_DISPUTE ||
		     kind == PAY_KIND_PAYMENT || kind == PAY_KIND_WARNING;
	bool early = claim && (e == OK || e == ERR_STORE);
	bool again = away || early ? tries < AWAY_TRIES
				   : (e == OK || e == ERR_NOT_FOUND) && tries < UNKNOWN_TRIES;
	const char *why = e == OK ? "no pledge is known for it" : f.detail;
	end_inbox(c, id, again ? "new" : "parked", why);
	if (!again || tries > 3)
		complain(again ? "a webhook waits" : "a webhook was parked",
			e == OK ? ERR_NOT_FOUND : e, &f, id);
}

static size_t do_inbox(struct app_clerk *c, const volatile int *stop)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, INBOX_N);
	arg_int(&a, lease_s(c) * INBOX_N);
	arg_utc(&a, clock_utc());
	ROWS_AUTO rows = ask(c, STMT_inbox_lease, &a);
	for (int i = 0; i < rows_n(rows) && !*stop; i++)
		do_webhook(c, rows, i);
	return (size_t)rows_n(rows);
}

/* Calls whose answer is not known: the same bytes under the same key, as long as the key lives. */
static size_t some_creates(struct app_clerk *c, const volatile int *stop)
{
	struct store_args a;
	lease_args(c, &a, "{create}", CREATE_N);
	ROWS_AUTO rows = ask(c, STMT_outbox_lease, &a);
	for (int i = 0; i < rows_n(rows) && !*stop; i++) {
		struct fault f = {0};
		struct call call;
		struct str url;
		struct pay *p;
		int64_t id = row_int(rows, i, "outbox");
		enum err e = call_pay(&c->pays, rows, i, &p, &f);
		if (e != OK) {
			end_call(c, id, "retry", f.detail);
			continue;
		}
		if (utc_s(clock_utc()) - utc_s(row_utc(rows, i, "first_sent_at")) >
			pay_key_life_s(p)) {
			end_call(c, id, "lost", "older than the life of its key");
			continue;
		}
		CRASH_POINT("r.create_leased");
		e = call_of(rows, i, &c->arena, &call);
		if (e == OK)
			e = call_create(c->store, p, &call, conf_int(c->conf, CONF_clerk_call_ms),
				&c->arena, &url, &f);
		if (e != OK && e != ERR_UNKNOWN)
			complain("a call did not succeed", e, &f, id);
		arena_reset(&c->arena);
	}
	return (size_t)rows_n(rows);
}

/* A provider that is just back gets its calls one by one, each in its turn: a round takes some. */
static size_t do_creates(struct app_clerk *c, const volatile int *stop)
{
	size_t n = 0, got = 1;
	for (int turn = 0; turn < TURNS && got == 1 && !*stop; turn++)
		n += got = some_creates(c, stop);
	return n;
}

/* What no webhook told us, and pages whose answer was lost. */
static size_t do_looks(struct app_clerk *c, const volatile int *stop)
{
	struct look l = {c->conf, c->store, &c->pays, &c->arena, stop, false};
	size_t n = look_attempts(&l);
	n += *stop ? 0 : look_payments(&l);
	n += *stop ? 0 : look_lost(&l);
	if (l.paid)
		do_supporters(c);
	return n;
}

static size_t do_recon(struct app_clerk *c, const volatile int *stop)
{
	size_t n = 0;
	for (size_t i = 0; i < c->pays.n && !*stop; i++) {
		struct recon_with w = {c->conf, c->store, c->pays.of[i], &c->arena, stop};
		if (!lockout_waits(c->store, w.pay))
			n += recon_round(&c->recon[i], &w);
	}
	return n;
}

/* Payments that a donor's page waits for. */
static size_t do_donor_looks(struct app_clerk *c, const volatile int *stop)
{
	bool paid;
	size_t n = clerk_donor_looks(c->store, &c->pays, c->conf, &c->arena, stop, &paid);
	if (paid)
		do_supporters(c);
	return n;
}

static size_t do_mail(struct app_clerk *c, const volatile int *stop)
{
	if (conf_str(c->conf, CONF_mail_smtp_url)[0] == '\0')
		return 0; /* mail is kept in mail_out */
	struct store_args a;
	size_t words_n;
	store_args_init(&a);
	arg_int(&a, MAIL_N);
	arg_int(&a, lease_s(c) + 30 * MAIL_N);
	arg_utc(&a, clock_utc());
	ROWS_AUTO rows = ask(c, STMT_mail_lease, &a);
	for (int i = 0; i < rows_n(rows) && !*stop; i++) {
		struct fault f = {0};
		BUF_ON(id, 40);
		buf_addf(&id, "mail-%lld", (long long)row_int(rows, i, "mail"));
		struct mail m = {.from = str_c(conf_str(c->conf, CONF_mail_from)),
			.to = row_str(rows, i, "recipient"),
			.subject = row_str(rows, i, "subject_line"),
			.body = row_str(rows, i, "body"),
			.stop = row_str(rows, i, "stop_url"),
			.id = buf_str(&id)};
		enum err e = mail_send(c->conf, &m, clock_utc(), &f);
		store_args_init(&a);
		arg_int(&a, row_int(rows, i, "mail"));
		enum label_mail how = e == OK                          ? MAIL_sent
				      : err_class(e) == ERR_CLASS_SOFT ? MAIL_retry
								       : MAIL_failed;
		arg_c(&a, label_words(LABEL_MAIL, &words_n)[how]);
		arg_c(&a, e == OK ? NULL : err_slug(e));
		arg_utc(&a, clock_utc());
		rows_free(ask(c, STMT_mail_result, &a));
		metric_add(METRIC_MAILS, metric_series(METRIC_MAILS, how, 0, 0), 1);
		if (e != OK)
			complain("a mail was not sent", e, &f, row_int(rows, i, "mail"));
	}
	return (size_t)rows_n(rows);
}

static void do_partitions(struct app_clerk *c, mono_t now)
{
	struct store_args a;
	if (now.us < c->partition_at.us)
		return;
	store_args_init(&a);
	arg_utc(&a, clock_utc());
	ROWS_AUTO made = ask(c, STMT_partition_ensure, &a);
	c->partition_at = mono_add(now, dur_ms(made ? PARTITION_MS : PARTITION_AGAIN_MS));
}

/* A statement of (how many, now) that tells how many rows it took: at once again while there are
 * more, else after the pause. */
static size_t do_some(
	struct app_clerk *c, enum stmt stmt, int64_t most, int64_t pause_ms, mono_t now, mono_t *at)
{
	struct store_args a;
	if (now.us < at->us)
		return 0;
	store_args_init(&a);
	arg_int(&a, most);
	arg_utc(&a, clock_utc());
	ROWS_AUTO rows = ask(c, stmt, &a);
	int64_t n = rows ? row_int(rows, 0, "n") : 0;
	if (n >= most)
		return (size_t)n;
	*at = mono_add(now, dur_ms(pause_ms));
	return 0;
}

static size_t do_counts(struct app_clerk *c, const volatile int *stop)
{
	mono_t now = clock_mono();
	do_partitions(c, now);
	return clerk_roll_round(&c->roll, c->store, stop) +
	       do_some(c, STMT_sample_trim, TRIM_N, TRIM_MS, now, &c->trim_at) +
	       do_some(c, STMT_visit_fold, VISITS_N, VISITS_MS, now, &c->visit_at);
}

/* Addresses stand in the mails of links, so these go as soon as the links run out. */
static void do_links(struct app_clerk *c)
{
	mono_t now = clock_mono();
	struct store_args a;
	if (now.us < c->link_at.us)
		return;
	store_args_init(&a);
	arg_utc(&a, clock_utc());
	rows_free(ask(c, STMT_link_clean, &a));
	c->link_at = mono_add(now, dur_ms(LINK_MS));
}

/* What the retention table no longer allows, a step at a time. */
static size_t do_retention(struct app_clerk *c)
{
	return do_some(c, STMT_retain, RETAIN_N, RETAIN_MS, clock_mono(), &c->retain_at);
}

/* A figure a round, so that webhooks do not wait for all of them. */
static void do_watch(struct app_clerk *c)
{
	mono_t now = clock_mono();
	(void)do_some(c, STMT_watch_look, WATCH_N, WATCH_MS, now, &c->watch_at);
}

/* What the guards changed, in whichever process: each is told once. */
static void do_guards(struct app_clerk *c)
{
	mono_t now = clock_mono();
	struct store_args a;
	if (now.us < c->guard_at.us)
		return;
	c->guard_at = mono_add(now, dur_ms(GUARD_MS));
	store_args_init(&a);
	arg_utc(&a, clock_utc());
	ROWS_AUTO rows = ask(c, STMT_guard_tick, &a);
	for (int i = 0; i < rows_n(rows); i++) {
		static const char *const COLUMNS[] = {
			"kind", "name", "was", "became", "detail", "author"};
		struct str kind = row_str(rows, i, "kind"), became = row_str(rows, i, "became");
		bool alarm = (str_is(kind, "form") && str_is(became, "shut")) ||
			     (str_is(kind, "circuit") && str_is(became, "open"));
		struct log_line l;
		log_open(&l, alarm ? LOG_ERROR : LOG_NOTICE, "a guard changed");
		for (size_t k = 0; k < ARRAY_N(COLUMNS); k++)
			log_str(&l, COLUMNS[k], row_str(rows, i, COLUMNS[k]));
		log_emit(&l);
	}
}

/* While a provider refuses us, nothing of it is taken up but for a probe: what is leased leaves it
 * out, and when that is all there is, nothing is leased. */
static bool all_refuse(struct app_clerk *c)
{
	for (size_t i = 0; i < c->pays.n; i++)
		if (!lockout_waits(c->store, c->pays.of[i]))
			return false;
	return true;
}

static size_t do_provider(struct app_clerk *c, const volatile int *stop)
{
	struct wish_work w = {c->conf, c->store, &c->pays, &c->arena};
	size_t n = do_inbox(c, stop);
	if (c->down)
		return 0;
	n += *stop ? 0 : do_creates(c, stop);
	n += *stop ? 0 : wish_round(&w, stop);
	n += *stop ? 0 : do_donor_looks(c, stop);
	n += *stop ? 0 : do_looks(c, stop);
	n += *stop ? 0 : do_recon(c, stop);
	return n;
}

size_t app_clerk_round(struct app_clerk *c, const volatile int *stop)
{
	clerk_clock_round(&c->clock, c->store);
	size_t n = all_refuse(c) ? 0 : do_provider(c, stop);
	if (c->down)
		return 0;
	n += do_supporters(c);
	n += *stop ? 0 : do_mail(c, stop);
	n += do_counts(c, stop);
	n += clerk_donor_mails(&c->donor, c->store);
	do_links(c);
	n += do_retention(c);
	do_watch(c);
	do_guards(c);
	if (!*stop)
		robots_ask_round(&c->robots, c->store, c->conf, stop);
	return n;
}
