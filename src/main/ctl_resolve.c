/* main/ctl_resolve.c: pledgectl pledge resolve, inbox parked, inbox retry: what waits for a person.
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "main/ctl_pledge.h"

#define PARKED_MAX 1000

/* --- resolve ------------------------------------------------------------------------------------
 */

struct decision {
	const char *what, *payment, *reason, *author;
};

static bool read_words(struct decision *d, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"look", no_argument, NULL, 'l'},
		{"accept-mismatch", required_argument, NULL, 'a'},
		{"close", no_argument, NULL, 'c'}, {"unpark", no_argument, NULL, 'u'},
		{"keep", no_argument, NULL, 'k'}, {"reason", required_argument, NULL, 'r'},
		{"author", required_argument, NULL, 'o'}, {0}};
	static const struct {
		int option;
		const char *what;
	} WHAT[] = {{'l', "look"}, {'a', "accept"}, {'c', "close"}, {'u', "unpark"}, {'k', "keep"}};
	int decisions = 0;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o == '?')
			return false;
		for (size_t i = 0; i < ARRAY_N(WHAT); i++)
			if (WHAT[i].option == o) {
				d->what = WHAT[i].what;
				decisions++;
			}
		if (o == 'a')
			d->payment = optarg;
		else if (o == 'r')
			d->reason = optarg;
		else if (o == 'o')
			d->author = optarg;
	}
	return decisions == 1 && optind + 1 == argc;
}

/* The payment of this pledge that a word means: its receipt or any of its ids. */
static int pick_payment(const struct ctl_pledge *p, const char *word, struct uuid *ret)
{
	static const char *const names[] = {"payment", "receipt", "provider_id", "intent"};
	const json_t *y;
	size_t i;
	json_array_foreach(json_object_get(p->doc, "payments"), i, y)
	{
		for (size_t k = 0; k < ARRAY_N(names); k++)
			if (str_is(json_text(y, names[k]), word))
				return uuid_parse(json_text(y, "payment"), ret) == OK ? CTL_OK
										      : CTL_FAILED;
	}
	fprintf(stderr, "pledgectl: the pledge has no payment %.80s\n", word);
	return CTL_FAILED;
}

static int decide(struct ctl *c, const struct decision *d, const struct ctl_pledge *p)
{
	char author[CTL_AUTHOR_MAX];
	struct fault f = {0};
	struct store_args a;
	struct uuid payment;
	ROWS_AUTO r = NULL;
	int code = ctl_author(c, d->author, author);
	if (code == CTL_OK && d->payment)
		code = pick_payment(p, d->payment, &payment);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_uuid(&a, &p->pledge);
	arg_c(&a, d->what);
	arg_uuid(&a, d->payment ? &payment : NULL);
	arg_c(&a, author);
	arg_c(&a, d->reason);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_pledge_resolve, &a, &r, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	bool done = str_is(row_str(r, 0, "outcome"), "done");
	fprintf(done ? stdout : stderr, "%s%.*s\n",
		done ? "" : "pledgectl: refused: ", STR_FMT(row_str(r, 0, "detail")));
	return done ? CTL_OK : CTL_FAILED;
}

int ctl_pledge_resolve(struct ctl *c, int argc, char **argv)
{
	struct decision d = {0};
	struct ctl_pledge p;
	char mem[CTL_SHIELD_MAX];
	ctl_shield(argc, argv, mem);
	if (!read_words(&d, argc, argv))
		return ctl_usage(c);
	int code = ctl_pledge_open(c, argv[optind], false, &p);
	if (code == CTL_OK)
		code = decide(c, &d, &p);
	ctl_pledge_close(&p);
	return code;
}

/* --- inbox --------------------------------------------------------------------------------------
 */

static const char *const COLUMN[] = {"inbox", "provider", "event", "event_type", "object_kind",
	"object_id", "received_at", "parked_at", "tries", "error", "pledge"};

static enum err parked_json(const struct rows *r)
{
	json_auto_t *all = json_array();
	for (int i = 0; i < rows_n(r); i++) {
		json_t *one = json_object();
		for (size_t k = 0; k < ARRAY_N(COLUMN); k++) {
			const char *name = COLUMN[k];
			struct str s = row_str(r, i, name);
			BUF_ON(at, 40);
			if (strstr(name, "_at") && !row_null(r, i, name)) {
				clock_format(&at, row_utc(r, i, name));
				s = buf_str(&at);
			}
			bool count = strcmp(name, "inbox") == 0 || strcmp(name, "tries") == 0;
			json_t *v = row_null(r, i, name) ? json_null()
				    : count              ? json_integer(row_int(r, i, name))
							 : json_stringn(s.p, s.n);
			if (json_object_set_new(one, name, v) != 0)
				return ERR_NO_MEMORY;
		}
		if (json_array_append_new(all, one) != 0)
			return ERR_NO_MEMORY;
	}
	return json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && printf("\n") == 1 ? OK : ERR_IO;
}

static void tell_parked(const struct rows *r)
{
	for (int i = 0; i < rows_n(r); i++) {
		BUF_ON(at, 40);
		clock_format(&at, utc_of_s(utc_s(row_utc(r, i, "received_at"))));
		printf("%lld  %.*s  ", (long long)row_int(r, i, "inbox"), STR_FMT(buf_str(&at)));
		ctl_put(row_str(r, i, "event_type"));
		printf(" of ");
		ctl_put(row_str(r, i, "object_id"));
		printf(", tried %lld times: ", (long long)row_int(r, i, "tries"));
		ctl_put(row_str(r, i, "error"));
		if (!row_null(r, i, "pledge"))
			printf("; pledge %.*s", STR_FMT(row_str(r, i, "pledge")));
		printf("\n");
	}
	if (rows_n(r) == 0)
		printf("no webhook waits for a person\n");
}

int ctl_inbox_parked(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"json", no_argument, NULL, 'j'}, {0}};
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	bool json = false;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1; json = true)
		if (o != 'j')
			return ctl_usage(c);
	if (optind != argc)
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	arg_int(&a, PARKED_MAX);
	enum err e = store_call(c->store, STMT_inbox_parked, &a, &r, &f);
	if (e == OK && json)
		e = parked_json(r);
	else if (e == OK)
		tell_parked(r);
	return e == OK ? CTL_OK : ctl_fail(e, &f);
}

int ctl_inbox_retry(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {
		{"all", no_argument, NULL, 'a'}, {"author", required_argument, NULL, 'o'}, {0}};
	char author[CTL_AUTHOR_MAX];
	const char *by = NULL;
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO r = NULL;
	bool all = false;
	uint64_t id = 0;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o == '?')
			return ctl_usage(c);
		all = all || o == 'a';
		by = o == 'o' ? optarg : by;
	}
	if (optind + !all != argc || (!all && str_u64(str_c(argv[optind]), INT64_MAX, &id) != OK))
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code == CTL_OK)
		code = ctl_author(c, by, author);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	if (all)
		arg_null(&a);
	else
		arg_int(&a, (int64_t)id);
	arg_c(&a, author);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_inbox_retry, &a, &r, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	long long n = (long long)row_int(r, 0, "n");
	if (n == 0 && !all) {
		fprintf(stderr, "pledgectl: webhook %s is not parked\n", argv[optind]);
		return CTL_FAILED;
	}
	printf("%lld webhooks are tried again within seconds\n", n);
	return CTL_OK;
}
