/* main/ctl_pay.c: pledgectl pay: switch a provider or one of its ways to pay, a country or a
 * campaign. Workers read the switches with each pledge. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl.h"
#include "pay/pays.h"

/* --- list ------------------------------------------------------------------------------------ */

static void print_row(const struct rows *rows, int i)
{
	BUF_ON(at, 40);
	BUF_ON(what, 160);
	if (row_null(rows, i, "at"))
		buf_byte(&at, '-');
	else
		clock_format(&at, utc_of_s(utc_s(row_utc(rows, i, "at"))));
	buf_add(&what, row_str(rows, i, "provider"));
	if (row_str(rows, i, "method").n)
		buf_byte(&what, '/');
	buf_add(&what, row_str(rows, i, "method"));
	printf("%-24.*s  %-3s  %-7.*s  %-20.*s  %-14.*s  %.*s\n", STR_FMT(buf_str(&what)),
		row_bool(rows, i, "on") ? "on" : "off",
		STR_FMT(row_null(rows, i, "circuit") ? STR("-") : row_str(rows, i, "circuit")),
		STR_FMT(buf_str(&at)),
		STR_FMT(row_null(rows, i, "author") ? STR("-") : row_str(rows, i, "author")),
		STR_FMT(row_str(rows, i, "reason")));
}

int ctl_pay_list(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	(void)argv;
	if (argc != 1)
		return ctl_usage(c);
	int code = ctl_owner(c);
	if (code != CTL_OK)
		return code;
	store_args_init(&a);
	enum err e = store_call(c->store, STMT_pay_switch_list, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%-24s  %-3s  %-7s  %-20s  %-14s  %s\n", "PROVIDER/METHOD", "", "CIRCUIT", "SINCE",
		"BY", "REASON");
	for (int i = 0; i < rows_n(rows); i++)
		print_row(rows, i);
	return CTL_OK;
}

/* --- on and off ------------------------------------------------------------------------------ */

/* A method can be left out only where we name those that are offered. */
static bool is_offered(struct ctl *c, const char *provider, const char *method)
{
	const char *all = pay_methods_of(&c->conf, str_c(provider));
	struct str rest = str_c(all), one;
	if (rest.n == 0) {
		fprintf(stderr,
			"pledgectl: %s.methods is empty, so the provider's dashboard decides what "
			"is offered; switch the method there, or name the methods in %s.methods\n",
			provider, provider);
		return false;
	}
	while (str_cut(&rest, ',', &one))
		if (str_is(one, method))
			return true;
	fprintf(stderr, "pledgectl: %s does not stand in %s.methods (%s)\n", method, provider, all);
	return false;
}

/* throw_switch: by STMT_pay_switch_set of a provider and its method or "", by STMT_gift_switch_set
 * of a kind and its name. */
static int throw_switch(
	struct ctl *c, enum stmt stmt, const char *const what[2], bool on, const char *reason)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, what[0]);
	arg_c(&a, what[1]);
	arg_bool(&a, on);
	arg_c(&a, reason);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, stmt, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	if (row_null(rows, 0, "changed")) {
		fprintf(stderr, "pledgectl: there is no %s %s\n", what[0], what[1]);
		return CTL_FAILED;
	}
	printf("%s%s%s is %s%s\n", what[0], what[1][0] ? "/" : "", what[1], on ? "on" : "off",
		row_bool(rows, 0, "changed") ? "" : " as before");
	return CTL_OK;
}

static bool is_country(const char *s)
{
	return strlen(s) == 2 && strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 2;
}

static int change_gifts(
	struct ctl *c, const char *kind, const char *name, bool on, const char *reason)
{
	if (strcmp(kind, "country") == 0 && !is_country(name)) {
		fprintf(stderr, "pledgectl: a country is two capital letters, as nginx tells it\n");
		return CTL_USAGE;
	}
	int code = ctl_owner(c);
	return code == CTL_OK ? throw_switch(c, STMT_gift_switch_set,
					(const char *const[]){kind, name}, on, reason)
			      : code;
}

static int change_pay(
	struct ctl *c, const char *provider, const char *method, bool on, const char *reason)
{
	int code = ctl_conf(c);
	if (code == CTL_OK && !pay_methods_of(&c->conf, str_c(provider))) {
		fprintf(stderr, "pledgectl: there is no provider %s; these are configured: %s\n",
			provider, conf_str(&c->conf, CONF_pay_providers));
		return CTL_USAGE;
	}
	if (code == CTL_OK && method[0] && !is_offered(c, provider, method))
		return CTL_FAILED;
	if (code == CTL_OK)
		code = ctl_owner(c);
	return code == CTL_OK ? throw_switch(c, STMT_pay_switch_set,
					(const char *const[]){provider, method}, on, reason)
			      : code;
}

static int change(struct ctl *c, int argc, char **argv, bool on)
{
	static const struct option OPTIONS[] = {{"method", required_argument, NULL, 'm'},
		{"country", required_argument, NULL, 'c'},
		{"campaign", required_argument, NULL, 'n'},
		{"reason", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *method = "", *reason = NULL, *kind = NULL, *name = NULL;
	int n = 0;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o == 'm') {
			method = optarg;
		} else if (o == 'r') {
			reason = optarg;
		} else if (o == 'c' || o == 'n') {
			kind = o == 'c' ? "country" : "campaign";
			name = optarg;
			n++;
		} else {
			return ctl_usage(c);
		}
	}
	if (n + argc - optind != 1 || (kind && method[0]))
		return ctl_usage(c);
	return kind ? change_gifts(c, kind, name, on, reason)
		    : change_pay(c, argv[optind], method, on, reason);
}

int ctl_pay_off(struct ctl *c, int argc, char **argv)
{
	return change(c, argc, argv, false);
}

int ctl_pay_on(struct ctl *c, int argc, char **argv)
{
	return change(c, argc, argv, true);
}
