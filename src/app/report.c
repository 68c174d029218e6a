/* app/report.c: finds the scripts, reads what their heads tell, and runs them. */
#include "app/report.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/report_script.h"

#ifndef PLEDGED_SHARE
#define PLEDGED_SHARE "/usr/local/share/pledged"
#endif

const char *report_sql(void)
{
	return access(PLEDGED_SHARE "/sql", R_OK) == 0 ? PLEDGED_SHARE "/sql" : "sql";
}

/* --- files ----------------------------------------------------------------------------------- */

/* *ret points into mem, which holds REPORT_SCRIPT_BYTES. */
static enum err read_text(
	const char *dir, const char *file, char *mem, struct str *ret, struct fault *f)
{
	BUF_ON(path, 1200);
	buf_addf(&path, "%s/%s", dir, file);
	buf_byte(&path, '\0');
	errno = ENAMETOOLONG;
	FILE *in = buf_done(&path) == OK ? fopen(path_mem, "re") : NULL;
	size_t n = in ? fread(mem, 1, REPORT_SCRIPT_BYTES, in) : 0;
	const char *why = !in || ferror(in)                    ? strerror(errno)
			  : n == REPORT_SCRIPT_BYTES           ? "is too large"
			  : !str_is_utf8((struct str){mem, n}) ? "is not UTF-8"
							       : NULL;
	if (in)
		fclose(in);
	if (why)
		return fault_set(f, ERR_IO, NULL, "%s/%s: %s", dir, file, why);
	*ret = (struct str){mem, n};
	return OK;
}

/* As much as fits, without half a character. */
static void keep(struct str s, char *out, size_t cap)
{
	while (s.n >= cap || !str_is_utf8(s))
		s.n--;
	if (str_copy(s, out, cap) != OK)
		out[0] = '\0';
}

static void append(char *out, size_t cap, struct str more)
{
	size_t n = strlen(out);
	if (n > 0 && n + 1 < cap)
		out[n++] = ' ';
	keep(more, out + n, cap - n);
}

static void read_head(struct report_file *r, struct str text)
{
	struct str line, title;
	bool columns = false;
	for (size_t no = 0; str_cut(&text, '\n', &line) && str_starts(line, "--"); no++) {
		struct str rest = {line.p + 2, line.n - 2};
		struct str words = str_trim(rest);
		if (no == 0) {
			str_cut(&words, ':', &title);
			keep(str_trim(title), r->title, sizeof r->title);
			keep(str_trim(words), r->purpose, sizeof r->purpose);
			continue;
		}
		if (!str_starts(rest, "   "))
			columns = str_starts(words, "Columns");
		if (columns)
			append(r->columns, sizeof r->columns,
				str_starts(words, "Columns")
					? str_trim((struct str){words.p + 7, words.n - 7})
					: words);
	}
}

static void read_params(struct report_file *r, struct str text)
{
	struct str name;
	for (size_t i = 0; script_param(text, i, &name); i++)
		if (r->param_n < REPORT_PARAMS_MAX && !report_takes(r, name) && name.n > 0 &&
			str_copy(name, r->param[r->param_n], sizeof r->param[0]) == OK)
			r->param_n++;
}

/* "12_value.sql" is the report value. */
static bool is_script(const char *file, struct str *ret_name)
{
	struct str name = str_c(file), number;
	if (!str_cut(&name, '_', &number) || name.n < 5 || number.n != 2 ||
		strspn(number.p, "0123456789") != 2 || memcmp(name.p + name.n - 4, ".sql", 4) != 0)
		return false;
	name.n -= 4;
	*ret_name = name;
	return str_is_word(name, "_");
}

static enum err add(struct report_list *l, const char *file, char *mem, struct fault *f)
{
	struct str name, text = {0};
	if (!is_script(file, &name))
		return OK;
	if (l->n == REPORTS_MAX)
		return fault_set(f, ERR_TOO_MANY, NULL, "%s: too many scripts", l->dir);
	struct report_file *r = &l->v[l->n];
	memset(r, 0, sizeof *r);
	enum err e = read_text(l->dir, file, mem, &text, f);
	if (e == OK)
		e = str_copy(name, r->name, sizeof r->name);
	if (e == OK)
		e = str_copy(str_c(file), r->file, sizeof r->file);
	if (e != OK)
		return e;
	read_head(r, text);
	read_params(r, text);
	l->n++;
	return OK;
}

static int by_file(const void *a, const void *b)
{
	return strcmp(((const struct report_file *)a)->file, ((const struct report_file *)b)->file);
}

enum err report_list(const char *sql, struct report_list *ret, struct fault *f)
{
	int n = snprintf(ret->dir, sizeof ret->dir, "%s/reports", sql);
	ret->n = 0;
	DIR *dir = n > 0 && (size_t)n < sizeof ret->dir ? opendir(ret->dir) : NULL;
	if (!dir)
		return fault_set(f, ERR_IO, NULL, "%s/reports: %s", sql, strerror(errno));
	char *mem = malloc(REPORT_SCRIPT_BYTES);
	enum err e = mem ? OK : fault_set(f, ERR_NO_MEMORY, NULL, "reports");
	for (const struct dirent *d; e == OK && (d = readdir(dir));)
		e = add(ret, d->d_name, mem, f);
	free(mem);
	closedir(dir);
	qsort(ret->v, ret->n, sizeof ret->v[0], by_file);
	return e;
}

const struct report_file *report_find(const struct report_list *l, struct str name)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_is(name, l->v[i].name))
			return &l->v[i];
	return NULL;
}

bool report_takes(const struct report_file *r, struct str param)
{
	for (size_t i = 0; i < r->param_n; i++)
		if (str_is(param, r->param[i]))
			return true;
	return false;
}

/* --- running --------------------------------------------------------------------------------- */

enum err report_begin(struct store *s, struct fault *f)
{
	return store_script(s,
		"SELECT set_config('default_transaction_read_only', 'on', false), "
		"CASE WHEN current_user <> 'pledged_report' AND pg_has_role('pledged_owner', "
		"'MEMBER') "
		"THEN set_config('role', 'pledged_owner', false) || "
		"set_config('statement_timeout', '2min', false) END",
		NULL, f);
}

static enum err take_vars(struct script *s, const struct rows *r, struct fault *f)
{
	if (rows_n(r) != 1)
		return fault_set(
			f, ERR_FIELD_BAD, NULL, "line %zu: \\gset of %d rows", s->line, rows_n(r));
	for (int i = 0; i < rows_cols(r); i++)
		if (script_set(s, rows_name(r, i), rows_cell(r, 0, i)) != OK)
			return fault_set(f, ERR_FIELD_BAD, NULL, "line %zu: \\gset of %.*s",
				s->line, STR_FMT(rows_name(r, i)));
	return OK;
}

static enum err begin(struct script *s, const struct report_ask *ask, struct str text)
{
	script_init(s, text);
	for (size_t i = 0; i < ask->param_n; i++) {
		const struct report_param *p = &ask->param[i];
		enum err e =
			report_takes(ask->report, p->name) ? script_set(s, p->name, p->value) : OK;
		if (e != OK)
			return e;
	}
	return OK;
}

static void keep_var(const struct script *s, const char *name, char *out, size_t cap)
{
	const struct script_var *v = script_get(s, str_c(name));
	out[0] = '\0';
	/* a default may be the first moment of its day */
	if (v)
		keep((struct str){v->value, v->n > 10 && v->value[10] == ' ' ? 10 : v->n}, out,
			cap);
}

/* Days as the scripts' defaults write them, so that text has the order of time. */
static enum err check_span(const struct report *r, struct fault *f)
{
	if (r->from[0] && r->to[0] && strcmp(r->from, r->to) >= 0)
		return fault_set(f, ERR_RANGE, "to",
			"from %s is not before to %s, a day that is not itself in the report",
			r->from, r->to);
	return OK;
}

static enum err run_all(
	struct store *store, struct script *s, struct buf *sql, struct report *r, struct fault *f)
{
	enum script_step step;
	for (;;) {
		enum err e = script_next(s, sql, &step, f);
		if (e != OK || step == SCRIPT_END)
			return e != OK    ? e
			       : !r->rows ? fault_set(f, ERR_FIELD_BAD, NULL, "asks for nothing")
					  : OK;
		keep_var(s, "from", r->from, sizeof r->from);
		keep_var(s, "to", r->to, sizeof r->to);
		if (step == SCRIPT_QUERY && (e = check_span(r, f)) != OK)
			return e;
		buf_byte(sql, '\0');
		struct rows *rows = NULL;
		e = store_script(store, sql->p, &rows, f);
		if (e != OK)
			return e;
		if (step == SCRIPT_GSET) {
			e = take_vars(s, rows, f);
			rows_free(rows);
			if (e != OK)
				return e;
			continue;
		}
		rows_free(r->rows);
		r->rows = rows;
	}
}

enum err report_run(
	struct store *store, const struct report_ask *ask, struct report *ret, struct fault *f)
{
	char *mem = malloc(REPORT_SCRIPT_BYTES), *sql_mem = malloc(REPORT_SCRIPT_BYTES);
	struct script *s = malloc(sizeof *s);
	struct fault why = {0};
	struct str text = {0};
	struct buf sql;
	enum err e = mem && sql_mem && s ? OK : fault_set(&why, ERR_NO_MEMORY, NULL, "memory");
	memset(ret, 0, sizeof *ret);
	if (e == OK)
		e = read_text(ask->list->dir, ask->report->file, mem, &text, &why);
	if (e == OK)
		e = begin(s, ask, text);
	if (e == OK) {
		buf_init(&sql, sql_mem, REPORT_SCRIPT_BYTES - 1);
		e = run_all(store, s, &sql, ret, &why);
	}
	free(s);
	free(sql_mem);
	free(mem);
	if (e == OK)
		return OK;
	report_free(ret);
	return fault_set(f, e, why.field, "report %s: %s", ask->report->name,
		why.detail[0] ? why.detail : err_sentence(e));
}

void report_free(struct report *r)
{
	rows_free(r->rows);
	r->rows = NULL;
}
