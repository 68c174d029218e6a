/* main/ctl_report.c: pledgectl report: which one, for which days, in which form. */
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "main/ctl.h"
#include "main/ctl_report.h"
#include "web/ops.h"

#define BAD_PARAMETER "22023: "

enum form { FORM_TABLE, FORM_CSV, FORM_JSON };

struct job {
	struct report_list list;
	struct report_ask ask;
	const char *dir, *html;
	enum form form;
	struct str name;
};

/* --- words ----------------------------------------------------------------------------------- */

PRINTFLIKE(1, 2)
static int refuse(const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	fprintf(stderr, "pledgectl: ");
	vfprintf(stderr, fmt, ap);
	fprintf(stderr, "\n");
	va_end(ap);
	return CTL_USAGE;
}

static bool is_day(const char *word)
{
	BUF_ON(b, 32);
	utc_t t;
	buf_addf(&b, "%sT00:00:00Z", word);
	return strlen(word) == 10 && clock_parse(buf_str(&b), &t) == OK;
}

static struct report_param *param_of(struct job *j, struct str name)
{
	for (size_t i = 0; i < j->ask.param_n; i++)
		if (str_eq(j->ask.param[i].name, name))
			return &j->ask.param[i];
	if (j->ask.param_n == REPORT_PARAMS_MAX)
		return NULL;
	return &j->ask.param[j->ask.param_n++];
}

static int keep(struct job *j, struct str name, struct str value)
{
	struct report_param *p = param_of(j, name);
	if (!p)
		return refuse("too many parameters");
	*p = (struct report_param){name, value};
	return CTL_OK;
}

static int keep_day(struct job *j, struct str name, const char *day)
{
	if (!is_day(day))
		return refuse("--%.*s %s: is no day, written as 2026-11-30", STR_FMT(name), day);
	return keep(j, name, str_c(day));
}

static int keep_set(struct job *j, const char *word)
{
	struct str value = str_c(word), name;
	if (!strchr(word, '=') || !str_cut(&value, '=', &name) || name.n == 0)
		return refuse("--set %s: is not NAME=VALUE", word);
	if (str_is(name, "from") || str_is(name, "to"))
		return keep_day(j, name, value.p ? value.p : "");
	return keep(j, name, value);
}

static int keep_form(struct job *j, const char *word)
{
	static const char *const FORMS[] = {"table", "csv", "json"};
	for (size_t i = 0; i < ARRAY_N(FORMS); i++)
		if (strcmp(word, FORMS[i]) == 0) {
			j->form = (enum form)i;
			return CTL_OK;
		}
	return refuse("--format %s: is none of table, csv, json", word);
}

static int read_words(struct ctl *c, struct job *j, int argc, char **argv)
{
	static const struct option OPTIONS[] = {{"from", required_argument, NULL, 'f'},
		{"to", required_argument, NULL, 't'}, {"site", required_argument, NULL, 's'},
		{"set", required_argument, NULL, 'v'}, {"format", required_argument, NULL, 'o'},
		{"html", required_argument, NULL, 'h'}, {"dir", required_argument, NULL, 'd'},
		{NULL, 0, NULL, 0}};
	int code = CTL_OK;
	for (int o; code == CTL_OK && (o = getopt_long(argc, argv, "", OPTIONS, NULL)) != -1;)
		switch (o) {
		case 'f': code = keep_day(j, STR("from"), optarg); break;
		case 't': code = keep_day(j, STR("to"), optarg); break;
		case 's': code = keep(j, STR("site"), str_c(optarg)); break;
		case 'v': code = keep_set(j, optarg); break;
		case 'o': code = keep_form(j, optarg); break;
		case 'h': j->html = optarg; break;
		case 'd': j->dir = optarg; break;
		default: return ctl_usage(c);
		}
	if (code != CTL_OK)
		return code;
	if (optind < argc)
		j->name = str_c(argv[optind++]);
	return optind == argc && !(j->html && j->name.n) ? CTL_OK : ctl_usage(c);
}

/* --- what they mean -------------------------------------------------------------------------- */

static void print_params(const struct report_file *r)
{
	for (size_t i = 0; i < r->param_n; i++)
		printf("%s%s", i ? ", " : "", r->param[i]);
}

static int tell_list(const struct report_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct report_file *r = &l->v[i];
		printf("%-12s %s%s%s%s", r->name, r->title, r->purpose[0] ? ": " : "", r->purpose,
			r->param_n ? " [" : "");
		print_params(r);
		printf("%s\n", r->param_n ? "]" : "");
	}
	return CTL_OK;
}

static int check_params(const struct job *j)
{
	const struct report_file *r = j->ask.report;
	for (size_t i = 0; i < j->ask.param_n; i++)
		if (!report_takes(r, j->ask.param[i].name))
			return refuse("report %s takes no %.*s%s", r->name,
				STR_FMT(j->ask.param[i].name),
				r->param_n ? "" : ": it shows this moment");
	return CTL_OK;
}

/* A site that is not there would be a report without rows, as if nothing had happened. */
static int check_site(struct ctl *c, const struct job *j)
{
	struct str site = STR("");
	struct fault f = {0};
	ROWS_AUTO rows = NULL;
	for (size_t i = 0; i < j->ask.param_n; i++)
		if (str_is(j->ask.param[i].name, "site"))
			site = j->ask.param[i].value;
	if (site.n == 0)
		return CTL_OK;
	enum err e = store_script(c->store,
		"/* pledged:report_sites */ SELECT site FROM report.sites() ORDER BY site", &rows,
		&f);
	if (e != OK)
		return ctl_fail(e, &f);
	for (int i = 0; i < rows_n(rows); i++)
		if (str_eq(rows_cell(rows, i, 0), site))
			return CTL_OK;
	fprintf(stderr, "pledgectl: there is no site %.*s; there %s", STR_FMT(site),
		rows_n(rows) == 0 ? "is none" : "is");
	for (int i = 0; i < rows_n(rows); i++)
		fprintf(stderr, "%s%.*s", i ? ", " : " ", STR_FMT(rows_cell(rows, i, 0)));
	fprintf(stderr, "\n");
	return CTL_USAGE;
}

static int print(const struct job *j, const struct report *rep)
{
	enum err e = OK;
	switch (j->form) {
	case FORM_TABLE: ctl_report_table(rep); break;
	case FORM_CSV: ctl_report_csv(rep); break;
	case FORM_JSON: e = ctl_report_json(rep); break;
	}
	return e == OK ? CTL_OK : ctl_fail(e, NULL);
}

/* --- the command ----------------------------------------------------------------------------- */

static int open_reports(struct ctl *c, const struct job *j)
{
	struct fault f = {0};
	int code = ctl_open(c);
	if (code != CTL_OK)
		return code;
	enum err e = report_begin(c->store, &f);
	return e == OK ? check_site(c, j) : ctl_fail(e, &f);
}

static int one(struct ctl *c, struct job *j)
{
	struct report rep;
	struct fault f = {0};
	j->ask.list = &j->list;
	j->ask.report = report_find(&j->list, j->name);
	if (!j->ask.report)
		return refuse("there is no report %.*s; `pledgectl report` tells which there are",
			STR_FMT(j->name));
	int code = check_params(j);
	if (code == CTL_OK)
		code = open_reports(c, j);
	if (code != CTL_OK)
		return code;
	enum err e = report_run(c->store, &j->ask, &rep, &f);
	/* what the script itself refuses: invalid_parameter_value, and its words */
	const char *said = strstr(f.detail, BAD_PARAMETER);
	if (e == ERR_RANGE || (e != OK && said))
		return refuse("%s", said ? said + strlen(BAD_PARAMETER) : f.detail);
	if (e != OK)
		return ctl_fail(e, &f);
	code = print(j, &rep);
	report_free(&rep);
	return code;
}

static void tell(const struct fault *f)
{
	fprintf(stderr, "pledgectl: %s\n", f->detail);
}

/* A file of another kind in the place of OUT must not be the end of it. */
static bool is_page(struct str out)
{
	return out.n > 5 && memcmp(out.p + out.n - 5, ".html", 5) == 0;
}

static int page(struct ctl *c, const struct job *j)
{
	struct ops o = {
		.list = &j->list, .param_n = j->ask.param_n, .now = clock_utc(), .failed = tell};
	struct fault f = {0};
	size_t failed = 0;
	if (!is_page(str_c(j->html)))
		return refuse("--html %s: does not end in .html", j->html);
	int code = open_reports(c, j);
	if (code != CTL_OK)
		return code;
	o.store = c->store;
	memcpy(o.param, j->ask.param, sizeof o.param);
	enum err e = ops_write(&o, j->html, &failed, &f);
	/* what the script itself refuses: invalid_parameter_value, and its words */
	const char *said = strstr(f.detail, BAD_PARAMETER);
	if (e == ERR_RANGE || (e != OK && said))
		return refuse("%s", said ? said + strlen(BAD_PARAMETER) : f.detail);
	if (e != OK)
		return ctl_fail(e, &f);
	printf("%s: %zu reports\n", j->html, j->list.n - failed);
	return failed ? CTL_FAILED : CTL_OK;
}

int ctl_report(struct ctl *c, int argc, char **argv)
{
	struct fault f = {0};
	struct job *j = calloc(1, sizeof *j);
	if (!j)
		return ctl_fail(ERR_NO_MEMORY, NULL);
	j->dir = ctl_sql();
	int code = read_words(c, j, argc, argv);
	if (code == CTL_OK) {
		enum err e = report_list(j->dir, &j->list, &f);
		code = e == OK ? CTL_OK : ctl_fail(e, &f);
	}
	if (code == CTL_OK)
		code = j->html ? page(c, j) : j->name.n == 0 ? tell_list(&j->list) : one(c, j);
	free(j);
	return code;
}
