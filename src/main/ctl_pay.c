/* main/ctl_pay.c: pledgectl pay: switch a provider or one of its ways to pay. Workers read the
 * switches with each pledge. */
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl.h"
#include "pay/pays.h"

/* --- list ------------------------------------------------------------------------------------ */

static void print_row(const struct rows *rows, int i)
{
	BUF_ON(at, 40);
	BUF_ON(what, 64);
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

static int throw_switch(
	struct ctl *c, const char *provider, const char *method, bool on, const char *reason)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, provider);
	arg_c(&a, method);
	arg_bool(&a, on);
	arg_c(&a, reason);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_pay_switch_set, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%s%s%s is %s%s\n", provider, method[0] ? "/" : "", method, on ? "on" : "off",
		row_bool(rows, 0, "changed") ? "" : " as before");
	return CTL_OK;
}

static int change(struct ctl *c, int argc, char **argv, bool on)
{
	static const struct option OPTIONS[] = {{"method", required_argument, NULL, 'm'},
		{"reason", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *method = "", *reason = NULL;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o == 'm')
			method = optarg;
		else if (o == 'r')
			reason = optarg;
		else
			return ctl_usage(c);
	}
	if (argc - optind != 1)
		return ctl_usage(c);
	const char *provider = argv[optind];
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
	return code == CTL_OK ? throw_switch(c, provider, method, on, reason) : code;
}

int ctl_pay_off(struct ctl *c, int argc, char **argv)
{
	return change(c, argc, argv, false);
}

int ctl_pay_on(struct ctl *c, int argc, char **argv)
{
	return change(c, argc, argv, true);
}
