/* app/robots_ask.c: claims from the database, answers from DNS, both told nowhere else: addresses
 * are never logged. */
#include "app/robots_ask.h"
#include "base/log.h"
#include "pay/dns.h"

#define ASK_MS     2000 /* all questions of a round together */
#define EACH_MS    1000 /* between two rounds */
#define SILENCE_MS 10000
#define SWEEP_MS   60000
#define SWEEP_ROWS 1000 /* a sweep that took as many is not done yet */
#define LEASE_S    30

static const char *const ANSWERS[] = {
	[DNS_SILENT] = "silent", [DNS_VERIFIED] = "verified", [DNS_FALSE] = "false"};

static void complain(struct robots_ask *r, enum err e, const struct fault *f)
{
	if (e == ERR_STORE_DOWN || r->failed_before)
		return;
	r->failed_before = true;
	struct log_line l;
	log_open(&l, err_class(e) == ERR_CLASS_SOFT ? LOG_WARN : LOG_ERROR,
		"claims to be a robot wait");
	log_err(&l, e, f);
	log_emit(&l);
}

static void sweep(struct robots_ask *r, struct store *s, mono_t now)
{
	struct store_args a;
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_utc(&a, clock_utc());
	enum err e = store_call(s, STMT_robot_sweep, &a, &rows, &f);
	bool more = e == OK && row_int(rows, 0, "n") >= SWEEP_ROWS;
	r->sweep_at = mono_add(now, dur_ms(more ? EACH_MS : SWEEP_MS));
	if (e != OK)
		complain(r, e, &f);
}

static enum err lease(struct store *s, struct rows **ret, struct fault *f)
{
	struct store_args a;
	store_args_init(&a);
	arg_int(&a, DNS_ASKS_MAX);
	arg_int(&a, LEASE_S);
	arg_utc(&a, clock_utc());
	return store_call(s, STMT_robot_claim_lease, &a, ret, f);
}

/* A robot that this release does not know has no name that could be its own: false. */
static void take(const struct rows *rows, struct dns_ask *asks, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		asks[i] = (struct dns_ask){.robot = robot_of(row_str(rows, (int)i, "robot"))};
		enum err e =
			robot_address_parse(row_str(rows, (int)i, "address"), &asks[i].address);
		ASSERT(e == OK); /* the database's own text of an inet */
	}
}

static enum err note(
	struct store *s, const struct rows *rows, int i, const struct dns_ask *ask, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO none = NULL;
	store_args_init(&a);
	arg_str(&a, row_str(rows, i, "address"));
	arg_str(&a, row_str(rows, i, "robot"));
	arg_c(&a, ANSWERS[ask->answer]);
	arg_c(&a, ask->why);
	arg_utc(&a, clock_utc());
	return store_call(s, STMT_robot_claim_result, &a, &none, f);
}

static void tell(const size_t count[])
{
	struct log_line l;
	log_open(&l, count[DNS_VERIFIED] ? LOG_INFO : LOG_DEBUG, "robots asked about");
	for (size_t i = 0; i < ARRAY_N(ANSWERS); i++)
		log_int(&l, ANSWERS[i], (int64_t)count[i]);
	log_emit(&l);
}

static enum err ask(struct robots_ask *r, struct store *s, const struct conf *c,
	const volatile int *stop, struct fault *f)
{
	struct dns_ask asks[DNS_ASKS_MAX];
	size_t count[ARRAY_N(ANSWERS)] = {0};
	ROWS_AUTO rows = NULL;
	enum err e = lease(s, &rows, f);
	size_t n = (size_t)rows_n(rows);
	if (e != OK || n == 0)
		return e;
	take(rows, asks, n);
	e = dns_verify(c, asks, n, mono_add(clock_mono(), dur_ms(ASK_MS)), stop, f);
	/* told to end: what is not answered is nobody's silence, its lease runs out */
	for (size_t i = 0; i < n && e == OK; i++) {
		if (*stop && asks[i].answer == DNS_SILENT)
			continue;
		count[asks[i].answer]++;
		e = note(s, rows, (int)i, &asks[i], f);
	}
	tell(count);
	if (e == OK && count[DNS_SILENT] > 0)
		r->ask_at = mono_add(clock_mono(), dur_ms(SILENCE_MS));
	return e;
}

void robots_ask_round(
	struct robots_ask *r, struct store *s, const struct conf *c, const volatile int *stop)
{
	mono_t now = clock_mono();
	struct fault f = {0};
	if (now.us >= r->sweep_at.us)
		sweep(r, s, now);
	if (now.us < r->ask_at.us)
		return;
	r->ask_at = mono_add(now, dur_ms(EACH_MS));
	enum err e = ask(r, s, c, stop, &f);
	if (e == OK)
		r->failed_before = false;
	else
		complain(r, e, &f);
}
