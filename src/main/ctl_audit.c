/* main/ctl_audit.c: pledgectl audit: the provider's books against ours, and ours against their own
 * rules. The clerk asks the provider; here is no key. */
#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "main/ctl.h"

#define DAYS_MAX   400
#define POLL_MS    200
#define TAKEN_MS   20000   /* a clerk that runs takes it up long before */
#define DONE_MS    1800000 /* a long list */
#define FILE_BYTES (256u << 10)

struct audit {
	struct ctl *ctl;
	struct uuid id;
	int64_t days;
	const char *dir;
	struct str provider; /* empty: each one that is configured */
	bool json, several, named;
	struct rows *state, *list, *sums, *broken;
};

/* --- asking ----------------------------------------------------------------------------------- */

static enum err call(struct audit *a, enum stmt stmt, struct rows **ret, struct fault *f)
{
	struct store_args args;
	store_args_init(&args);
	arg_uuid(&args, &a->id);
	return store_call(a->ctl->store, stmt, &args, ret, f);
}

static enum err ask(struct audit *a, struct fault *f)
{
	struct store_args args;
	ROWS_AUTO rows = NULL;
	const char *who = getenv("USER");
	enum err e = uuid_new4(&a->id);
	if (e != OK)
		return e;
	store_args_init(&args);
	arg_uuid(&args, &a->id);
	if (a->named)
		arg_str(&args, a->provider);
	else
		arg_null(&args); /* the one that a clerk compares */
	arg_int(&args, a->days);
	arg_c(&args, who && who[0] && strlen(who) <= 100 && strcmp(who, "clerk") != 0 ? who
										      : "operator");
	arg_utc(&args, clock_utc());
	e = store_call(a->ctl->store, STMT_comparison_ask, &args, &rows, f);
	if (e == OK && !row_bool(rows, 0, "asked"))
		e = fault_set(f, ERR_PROVIDER_DOWN, NULL,
			"no clerk has ever compared anything here: is one running?");
	return e;
}

/* Until the clerk is done with it. A clerk that is away, or a provider, is soft: exit 75. */
static enum err await(struct audit *a, struct fault *f)
{
	mono_t began = clock_mono();
	for (;;) {
		rows_free(a->state);
		a->state = NULL;
		enum err e = call(a, STMT_comparison_state, &a->state, f);
		if (e != OK)
			return e;
		if (rows_n(a->state) != 1)
			return fault_set(
				f, ERR_STORE, NULL, "the comparison that was asked for is gone");
		struct str state = row_str(a->state, 0, "state");
		if (str_is(state, "done"))
			return OK;
		if (str_is(state, "failed"))
			return fault_set(f, ERR_PROVIDER_DOWN, NULL,
				"the provider could not be asked: %.*s",
				STR_FMT(row_str(a->state, 0, "error")));
		int64_t waited = (clock_mono().us - began.us) / 1000;
		if (str_is(state, "asked") && waited > TAKEN_MS)
			return fault_set(f, ERR_PROVIDER_DOWN, NULL,
				"no clerk takes it up: is one running?");
		if (waited > DONE_MS)
			return fault_set(f, ERR_TIMEOUT, NULL, "the clerk is not done with it yet");
		nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000L}, NULL);
	}
}

/* sql/invariants.sql: one query; each row is a rule that is broken. */
static enum err invariants(struct audit *a, struct fault *f)
{
	BUF_ON(path, 4096);
	buf_addf(&path, "%s/invariants.sql", a->dir);
	buf_byte(&path, '\0');
	FILE *in = buf_done(&path) == OK ? fopen(path_mem, "re") : NULL;
	char *sql = in ? calloc(1, FILE_BYTES) : NULL;
	size_t n = sql ? fread(sql, 1, FILE_BYTES, in) : 0;
	enum err e = OK;
	if (!in || !sql || ferror(in))
		e = fault_set(
			f, ERR_IO, NULL, "%.200s/invariants.sql: %s", a->dir, strerror(errno));
	else if (n == FILE_BYTES || memchr(sql, '\0', n))
		e = fault_set(f, ERR_IO, NULL, "%.200s/invariants.sql: not a text of ours", a->dir);
	else
		e = store_script(a->ctl->store, sql, &a->broken, f);
	if (in)
		fclose(in);
	free(sql);
	return e;
}

static enum err run(struct audit *a, struct fault *f)
{
	enum err e = store_script(a->ctl->store, "SET ROLE pledged_owner", NULL, f);
	if (e == OK)
		e = ask(a, f);
	if (e == OK)
		e = await(a, f);
	if (e == OK)
		e = call(a, STMT_comparison_list, &a->list, f);
	if (e == OK)
		e = call(a, STMT_comparison_sums, &a->sums, f);
	return e == OK ? invariants(a, f) : e;
}

static bool agree(const struct audit *a)
{
	bool same = rows_n(a->list) == 0 && rows_n(a->broken) == 0;
	for (int i = 0; i < rows_n(a->sums); i++)
		same = same && row_bool(a->sums, i, "agree");
	return same;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void print_time(const struct rows *r, int row, const char *col)
{
	BUF_ON(b, 40);
	clock_format(&b, utc_of_s(utc_s(row_utc(r, row, col))));
	printf("%.*s", STR_FMT(buf_str(&b)));
}

static void as_text(const struct audit *a)
{
	const struct rows *s = a->state;
	if (a->several)
		printf("%.*s: ", STR_FMT(a->provider));
	printf("compared since ");
	print_time(s, 0, "from_at");
	printf(": %lld objects there, %lld payments of other systems\n",
		(long long)row_int(s, 0, "theirs"), (long long)row_int(s, 0, "others"));
	for (int i = 0; i < rows_n(a->list); i++) {
		printf("%-13.*s  %-9.*s  %-30.*s  here: %.*s  there: %.*s  since ",
			STR_FMT(row_str(a->list, i, "what")),
			STR_FMT(row_str(a->list, i, "object")), STR_FMT(row_str(a->list, i, "id")),
			STR_FMT(row_str(a->list, i, "ours")),
			STR_FMT(row_str(a->list, i, "theirs")));
		print_time(a->list, i, "since");
		printf("\n");
	}
	for (int i = 0; i < rows_n(a->broken); i++)
		printf("%-13s  %.*s  %.*s\n", "rule broken", STR_FMT(row_str(a->broken, i, "name")),
			STR_FMT(row_str(a->broken, i, "detail")));
	for (int i = 0; i < rows_n(a->sums); i++)
		printf("%.*s %-9.*s  here: %.*s  there: %.*s%s\n",
			STR_FMT(row_str(a->sums, i, "currency")),
			STR_FMT(row_str(a->sums, i, "what")), STR_FMT(row_str(a->sums, i, "ours")),
			STR_FMT(row_str(a->sums, i, "theirs")),
			row_bool(a->sums, i, "agree") ? "" : "  DIFFER");
	if (agree(a))
		printf("the books agree\n");
	else
		printf("%d differences, %d rules broken\n", rows_n(a->list), rows_n(a->broken));
}

/* The named text columns of all rows; NULL without memory. */
static json_t *texts(const struct rows *r, const char *const *cols)
{
	json_t *all = json_array();
	for (int i = 0; i < rows_n(r); i++) {
		json_t *one = json_object();
		for (const char *const *c = cols; *c; c++) {
			struct str v = row_str(r, i, *c);
			json_object_set_new(one, *c, json_stringn(v.p, v.n));
		}
		json_array_append_new(all, one);
	}
	return all;
}

static enum err as_json(const struct audit *a)
{
	static const char *const LIST[] = {"what", "object", "id", "ours", "theirs", NULL};
	static const char *const SUMS[] = {"currency", "what", "ours", "theirs", NULL};
	static const char *const BROKEN[] = {"name", "detail", NULL};
	BUF_ON(from, 40);
	clock_format(&from, row_utc(a->state, 0, "from_at"));
	json_auto_t *o = json_pack("{s:s%,s:b,s:s%,s:I,s:I,s:o,s:o,s:o}", "provider", a->provider.p,
		a->provider.n, "agree", agree(a), "from", buf_str(&from).p, buf_str(&from).n,
		"theirs", (json_int_t)row_int(a->state, 0, "theirs"), "others",
		(json_int_t)row_int(a->state, 0, "others"), "differences", texts(a->list, LIST),
		"rules_broken", texts(a->broken, BROKEN), "totals", texts(a->sums, SUMS));
	if (!o)
		return ERR_NO_MEMORY;
	return json_dumpf(o, stdout, JSON_INDENT(2)) == 0 && printf("\n") == 1 ? OK : ERR_IO;
}

/* --- the command ------------------------------------------------------------------------------ */

static bool options(struct audit *a, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"days", required_argument, NULL, 'n'},
		{"dir", required_argument, NULL, 'd'}, {"json", no_argument, NULL, 'j'},
		{"provider", required_argument, NULL, 'p'}, {0}};
	uint64_t days;
	int o;
	a->days = 3;
	a->dir = ctl_sql();
	while ((o = getopt_long(argc, argv, "n:d:jp:", OPTIONS, NULL)) != -1) {
		if (o == 'j')
			a->json = true;
		else if (o == 'd')
			a->dir = optarg;
		else if (o == 'p')
			a->provider = str_c(optarg);
		else if (o != 'n' || str_u64(str_c(optarg), DAYS_MAX, &days) != OK || days == 0)
			return false;
		else
			a->days = (int64_t)days;
	}
	return optind == argc;
}

static int audit_one(struct audit *a)
{
	struct fault f = {0};
	enum err e = run(a, &f);
	if (e == OK && a->json)
		e = as_json(a);
	else if (e == OK)
		as_text(a);
	int code = e != OK ? ctl_fail(e, &f) : agree(a) ? CTL_OK : CTL_FAILED;
	rows_free(a->state);
	rows_free(a->list);
	rows_free(a->sums);
	rows_free(a->broken);
	a->state = a->list = a->sums = a->broken = NULL;
	return code;
}

int ctl_audit(struct ctl *c, int argc, char **argv)
{
	struct audit a = {.ctl = c};
	if (!options(&a, argc, argv))
		return ctl_usage(c);
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	struct str rest = a.provider.n ? a.provider : str_c(conf_str(&c->conf, CONF_pay_providers));
	a.several = memchr(rest.p, ',', rest.n) != NULL;
	a.named = a.several || a.provider.n > 0;
	while (str_cut(&rest, ',', &a.provider)) {
		int one = audit_one(&a);
		code = one == CTL_OK || code > one ? code : one;
	}
	return code;
}
