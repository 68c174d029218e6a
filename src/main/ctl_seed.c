/* main/ctl_seed.c: pledgectl seed: a made-up history of an empty site, to train on and to measure
 * with. One transaction: all of it is there, or nothing. */
#include <getopt.h>
#include <stdio.h>

#include "main/ctl_pledge.h"

#define DAYS_MAX   1500
#define VIEWS_MAX  100000000
#define RAW_MAX    390 /* nothing that the retention table would take away at once */
#define RAW_DAYS   90
#define TELL_EVERY 50

struct seed {
	struct ctl *c;
	const char *site, *until;
	uint64_t days, views, raw, seed;
};

static enum err call(struct seed *s, enum stmt stmt, const struct store_args *a, struct rows **ret,
	struct fault *f)
{
	static const struct store_args none = {0};
	return store_call(s->c->store, stmt, a ? a : &none, ret, f);
}

/* The arguments of seed_days and seed_begin. */
static void args(struct store_args *a, const struct seed *s, bool begin)
{
	store_args_init(a);
	arg_c(a, s->site);
	arg_int(a, (int64_t)s->days);
	if (begin) {
		arg_int(a, (int64_t)s->views);
		arg_int(a, (int64_t)s->seed);
	}
	arg_int(a, (int64_t)s->raw);
	arg_c(a, s->until);
}

/* OK with the first row, or what refused it. */
static enum err ask_days(struct seed *s, bool begin, struct rows **ret, struct fault *f)
{
	struct store_args a;
	args(&a, s, begin);
	enum err e = call(s, begin ? STMT_seed_begin : STMT_seed_days, &a, ret, f);
	if (e != OK || row_null(*ret, 0, "refused"))
		return e;
	return fault_set(f, ERR_STATE, NULL, "refused: %.*s", STR_FMT(row_str(*ret, 0, "refused")));
}

static enum err all_days(struct seed *s, const struct rows *plan, struct fault *f)
{
	int64_t days = row_int(plan, 0, "days"), rows_all = 0;
	enum err e = OK;
	for (int64_t day = 0; day < days && e == OK; day++) {
		ROWS_AUTO rows = NULL;
		struct store_args a;
		store_args_init(&a);
		arg_str(&a, row_str(plan, 0, "from_day"));
		arg_int(&a, day);
		e = call(s, STMT_seed_day, &a, &rows, f);
		rows_all += e == OK ? row_int(rows, 0, "n") : 0;
		if (e == OK && ((day + 1) % TELL_EVERY == 0 || day + 1 == days))
			fprintf(stderr, "day %lld of %lld, %lld rows\n", (long long)day + 1,
				(long long)days, (long long)rows_all);
	}
	return e;
}

static enum err rest(struct seed *s, struct fault *f)
{
	ROWS_AUTO money = NULL;
	ROWS_AUTO readers = NULL;
	ROWS_AUTO sums = NULL;
	enum err e = call(s, STMT_seed_money, NULL, &money, f);
	if (e == OK)
		e = call(s, STMT_seed_readers, NULL, &readers, f);
	if (e == OK)
		e = call(s, STMT_seed_end, NULL, &sums, f);
	if (e == OK)
		e = store_script(s->c->store, "COMMIT", NULL, f);
	if (e != OK)
		return e;
	printf("views     %lld\nserved    %lld\nevents    %lld\nreaders   %lld\npledges   %lld\n"
	       "payments  %lld\ngross     %.*s\n",
		(long long)row_int(sums, 0, "views"), (long long)row_int(sums, 0, "served"),
		(long long)row_int(sums, 0, "events"), (long long)row_int(sums, 0, "readers"),
		(long long)row_int(money, 0, "pledges"), (long long)row_int(money, 0, "payments"),
		STR_FMT(row_str(sums, 0, "gross")));
	return store_script(s->c->store,
		"ANALYZE pledged.rollup, pledged.roll_event, pledged.roll_day, "
		"pledged.roll_reason, "
		"pledged.roll_page, pledged.prompt_event, pledged.reader, pledged.pledge, "
		"pledged.attempt, pledged.payment, pledged.recurring, pledged.ledger, "
		"pledged.outbox, pledged.inbox, pledged.mail_out",
		NULL, f);
}

static int run(struct seed *s)
{
	struct fault f = {0}, ignored = {0};
	ROWS_AUTO days = NULL;
	ROWS_AUTO plan = NULL;
	int code = ctl_owner(s->c);
	if (code != CTL_OK)
		return code;
	/* a statement a day: to compile each takes longer than to run it */
	enum err e =
		store_script(s->c->store, "SET statement_timeout = 0; SET jit = off", NULL, &f);
	if (e == OK)
		e = ask_days(s, false, &days, &f);
	if (e == OK)
		e = store_script(s->c->store, "BEGIN", NULL, &f);
	if (e == OK)
		e = ask_days(s, true, &plan, &f);
	if (e == OK)
		e = all_days(s, plan, &f);
	if (e == OK)
		e = rest(s, &f);
	if (e == OK)
		return CTL_OK;
	(void)!store_script(s->c->store, "ROLLBACK", NULL, &ignored);
	return ctl_fail(e, &f);
}

static bool number(const char *text, uint64_t least, uint64_t most, uint64_t *ret)
{
	return str_u64(str_c(text), most, ret) == OK && *ret >= least;
}

int ctl_seed(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"site", required_argument, NULL, 's'},
		{"days", required_argument, NULL, 'd'},
		{"views-per-day", required_argument, NULL, 'v'},
		{"seed", required_argument, NULL, 'x'}, {"raw-days", required_argument, NULL, 'r'},
		{"until", required_argument, NULL, 'u'}, {0}};
	struct seed s = {.c = c, .raw = RAW_DAYS, .seed = 1};
	bool sound = true;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		switch (o) {
		case 's': s.site = optarg; break;
		case 'u': s.until = optarg; break;
		case 'd': sound = sound && number(optarg, 1, DAYS_MAX, &s.days); break;
		case 'v': sound = sound && number(optarg, 1, VIEWS_MAX, &s.views); break;
		case 'x': sound = sound && number(optarg, 0, INT64_MAX, &s.seed); break;
		case 'r': sound = sound && number(optarg, 0, RAW_MAX, &s.raw); break;
		default: return ctl_usage(c);
		}
	}
	if (!sound || !s.site || s.days == 0 || s.views == 0 || optind != argc)
		return ctl_usage(c);
	return run(&s);
}
