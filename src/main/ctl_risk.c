/* main/ctl_risk.c: pledgectl risk: the risk filters. Workers read them with each pledge; every
 * change is a row of guard_event. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl.h"

#define POINTS_MAX 1000

static void print_row(const struct rows *rows, int i)
{
	BUF_ON(at, 40);
	clock_format(&at, utc_of_s(utc_s(row_utc(rows, i, "at"))));
	printf("%-14.*s %6lld  %-6.*s %9lld  %-20.*s  %-14.*s  %.*s\n",
		STR_FMT(row_str(rows, i, "filter")), (long long)row_int(rows, i, "points"),
		STR_FMT(row_str(rows, i, "mode")), (long long)row_int(rows, i, "n"),
		STR_FMT(buf_str(&at)), STR_FMT(row_str(rows, i, "author")),
		STR_FMT(row_str(rows, i, "reason")));
}

int ctl_risk_list(struct ctl *c, int argc, char **argv)
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
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_risk_rule_list, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%-14s %6s  %-6s %9s  %-20s  %-14s  %s\n", "FILTER", "POINTS", "MODE", "IN 7 DAYS",
		"SINCE", "BY", "REASON");
	for (int i = 0; i < rows_n(rows); i++)
		print_row(rows, i);
	return CTL_OK;
}

static int set(
	struct ctl *c, const char *filter, const char *mode, const char *points, const char *reason)
{
	struct fault f = {0};
	struct store_args a;
	ROWS_AUTO rows = NULL;
	store_args_init(&a);
	arg_c(&a, filter);
	arg_c(&a, mode);
	arg_c(&a, points);
	arg_c(&a, reason);
	arg_utc(&a, clock_utc());
	enum err e = store_call(c->store, STMT_risk_rule_set, &a, &rows, &f);
	if (e != OK)
		return ctl_fail(e, &f);
	if (row_null(rows, 0, "changed")) {
		fprintf(stderr, "pledgectl: there is no filter %s; see pledgectl risk list\n",
			filter);
		return CTL_FAILED;
	}
	printf("%s is %s%s\n", filter, mode, row_bool(rows, 0, "changed") ? "" : " as before");
	return CTL_OK;
}

int ctl_risk_set(struct ctl *c, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"points", required_argument, NULL, 'p'},
		{"reason", required_argument, NULL, 'r'}, {NULL, 0, NULL, 0}};
	const char *points = NULL, *reason = NULL;
	for (int o; (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;) {
		if (o == 'p')
			points = optarg;
		else if (o == 'r')
			reason = optarg;
		else
			return ctl_usage(c);
	}
	if (argc - optind != 2)
		return ctl_usage(c);
	const char *filter = argv[optind], *mode = argv[optind + 1];
	char *end = NULL;
	long n = points ? strtol(points, &end, 10) : 0;
	if ((strcmp(mode, "on") != 0 && strcmp(mode, "shadow") != 0 && strcmp(mode, "off") != 0) ||
		(points && (end == points || *end || n < 0 || n > POINTS_MAX)))
		return ctl_usage(c);
	int code = ctl_owner(c);
	return code == CTL_OK ? set(c, filter, mode, points, reason) : code;
}
