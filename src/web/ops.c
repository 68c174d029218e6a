/* web/ops.c: the page of reports, section by section, into a file. */
#include "web/ops.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "web/ops_own.h"

#define PIECE_BYTES (1u << 20)
/* What stands on the page itself; pledgectl report gives all. */
#define ROWS_MAX   400
#define ROWS_OPEN  14 /* a table of so many rows needs not be opened first */
#define ROWS_PIECE 20

struct page {
	const struct ops *o;
	FILE *out;
	struct buf b;
	struct ops_data *d;
	size_t failed;
	enum err err;
};

static void flush(struct page *p)
{
	if (p->b.over && p->err == OK)
		p->err = ERR_TOO_LONG;
	if (fwrite(p->b.p, 1, p->b.n, p->out) != p->b.n && p->err == OK)
		p->err = ERR_IO;
	p->b.n = 0;
}

/* --- head and foot --------------------------------------------------------------------------- */

static void put_head(struct page *p)
{
	struct buf *b = &p->b;
	buf_addc(b,
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
		"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
		"style-src 'unsafe-inline'; form-action 'none'; base-uri 'none'\">\n"
		"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
		"<meta name=\"color-scheme\" content=\"light dark\">\n"
		"<meta name=\"robots\" content=\"noindex\">\n<title>Reports</title>\n<style>\n");
	buf_addc(b, ops_css);
	buf_addc(b, "</style>\n</head>\n<body>\n<header>\n<h1>Reports</h1>\n<p>Made ");
	buf_addc(b, "<time datetime=\"");
	clock_format(b, utc_of_s(utc_s(p->o->now)));
	buf_addc(b, "\">");
	ops_day_text(b, (int32_t)(utc_s(p->o->now) / 86400));
	BUF_ON(t, 48);
	clock_format(&t, p->o->now);
	buf_addf(b, " %.4s, %.5s UTC", t.p, t.p + 11);
	buf_addc(b, "</time>. Amounts are in their own currency and never converted. The newest "
		    "three days are provisional: they are shaded.</p>\n</header>\n");
}

static void put_link(struct buf *b, const struct report_file *r)
{
	buf_addf(b, "<li><a href=\"#%s\">", r->name);
	buf_html(b, str_c(r->title[0] ? r->title : r->name));
	buf_addc(b, "</a></li>\n");
}

/* --- one report ------------------------------------------------------------------------------ */

static bool has_figures(const struct ops_data *d)
{
	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < d->series_n; k++)
			if (d->p[i].has[k])
				return true;
	return false;
}

static void put_figure(struct page *p, const struct ops_chart *c)
{
	struct buf *b = &p->b;
	const char *title = p->d->title;
	buf_addf(b, "<figure data-report=\"%s\">\n<figcaption>", c->report);
	if (title[0]) {
		buf_addc(b, "<b>");
		buf_html(b, str_c(title));
		buf_addc(b, "</b> ");
	}
	buf_addc(b, c->sentence);
	buf_addc(b, "</figcaption>\n");
	ops_legend(b, c, p->d);
	ops_draw(b, c, p->d);
	ops_figures(b, c, p->d);
	buf_addc(b, "</figure>\n");
	flush(p);
}

static void put_charts(struct page *p, const struct report_file *f, const struct rows *r)
{
	bool more = false;
	buf_addc(&p->b, "<div class=\"charts\">\n");
	for (size_t i = 0; i < OPS_CHARTS_N; i++) {
		const struct ops_chart *c = &OPS_CHARTS[i];
		if (strcmp(c->report, f->name) != 0 || !ops_columns(p->d, c, r))
			continue;
		for (size_t nth = 0; ops_group(p->d, c, r, nth); nth++)
			if (has_figures(p->d))
				put_figure(p, c);
		more = more || ops_more(c, r);
	}
	buf_addc(&p->b, "</div>\n");
	if (more)
		buf_addf(&p->b,
			"<p class=\"quiet\">Only the first %d are drawn; the table has all.</p>\n",
			OPS_GROUPS_MAX);
}

static void put_rows(struct page *p, const struct report_file *f, const struct rows *r)
{
	struct buf *b = &p->b;
	int n = rows_n(r), from = 0, to = n;
	bool is_open = n <= ROWS_OPEN;
	int32_t day;
	if (n > ROWS_MAX && rows_cols(r) > 0 && ops_day(rows_cell(r, 0, 0), &day))
		from = n - ROWS_MAX; /* the newest */
	else if (n > ROWS_MAX)
		to = ROWS_MAX;
	buf_addf(b, "<details class=\"rows\"%s><summary>%s %d row%s</summary>\n",
		is_open ? " open" : "", n == 1 ? "The" : "All", n, n == 1 ? "" : "s");
	if (to - from < n)
		buf_addf(b,
			"<p class=\"quiet\">Only the %s %d are here; <code>pledgectl report "
			"%s</code> gives all.</p>\n",
			from ? "last" : "first", ROWS_MAX, f->name);
	buf_addc(b, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table: ");
	buf_html(b, str_c(f->title));
	buf_addc(b, "\">");
	ops_rows_head(b, r);
	for (; from < to; from += ROWS_PIECE) {
		ops_rows(b, r, from, from + ROWS_PIECE < to ? from + ROWS_PIECE : to);
		flush(p);
	}
	buf_addc(b, "</tbody></table></div>");
	if (f->columns[0]) {
		buf_addc(b, "<p class=\"quiet\">Columns: ");
		buf_html(b, str_c(f->columns));
		buf_addc(b, "</p>");
	}
	buf_addc(b, "</details>\n");
}

static void put_failed(struct page *p, const struct fault *f)
{
	buf_addc(&p->b, "<p class=\"warn\">This report could not be made: ");
	buf_html(&p->b, str_c(f->detail));
	buf_addc(&p->b, "</p>\n");
	p->failed++;
	if (p->o->failed)
		p->o->failed(f);
}

/* A report that the server has no room for fails alone. */
static bool is_away(const struct page *p)
{
	struct fault f;
	return store_script(p->o->store, "SELECT 1", NULL, &f) != OK;
}

static void put_check(struct buf *b, const struct rows *r)
{
	int wrong = ops_check(r);
	if (wrong == 0)
		buf_addc(b, "<p class=\"quiet\">Counted a second time from other records: all "
			    "agrees.</p>\n");
	if (wrong > 0)
		buf_addf(b,
			"<p class=\"warn\">Counted a second time from other records: %d row%s "
			"differ%s. See the column check.</p>\n",
			wrong, wrong == 1 ? "" : "s", wrong == 1 ? "s" : "");
}

/* The days that the page shows, where nobody asked for others. */
static void add_from(const struct page *p, struct report_ask *ask, char day[16])
{
	BUF_ON(t, 48);
	enum ops_from from = OPS_FROM_OWN;
	for (size_t i = 0; i < OPS_CHARTS_N; i++)
		if (strcmp(OPS_CHARTS[i].report, ask->report->name) == 0)
			from = OPS_CHARTS[i].from;
	for (size_t i = 0; i < ask->param_n; i++)
		if (str_is(ask->param[i].name, "from") || str_is(ask->param[i].name, "to"))
			return;
	if (from == OPS_FROM_OWN || ask->param_n == REPORT_PARAMS_MAX)
		return;
	clock_format(&t, p->o->now);
	snprintf(day, 16, "%.4s-01-01", t.p);
	ask->param[ask->param_n++] = (struct report_param){STR("from"), str_c(day)};
}

static enum err put_report(struct page *p, const struct report_file *file, struct fault *f)
{
	struct buf *b = &p->b;
	struct report rep;
	struct fault why = {0};
	struct report_ask ask = {p->o->list, file, {{{0}, {0}}}, p->o->param_n};
	char day[16];
	memcpy(ask.param, p->o->param, sizeof ask.param);
	add_from(p, &ask, day);
	enum err e = report_run(p->o->store, &ask, &rep, &why);
	if (e == ERR_RANGE || (e == ERR_STORE_DOWN && is_away(p))) {
		*f = why;
		return e;
	}
	buf_addf(b, "<section id=\"%s\">\n<h2>", file->name);
	buf_html(b, str_c(file->title[0] ? file->title : file->name));
	buf_addc(b, "</h2>\n<p>");
	buf_html(b, str_c(file->purpose));
	if (e == OK && rep.from[0])
		buf_addf(b, " <span class=\"quiet\">From %s up to and without %s.</span>", rep.from,
			rep.to);
	buf_addc(b, "</p>\n");
	if (e != OK) {
		put_failed(p, &why);
	} else if (rows_n(rep.rows) == 0) {
		buf_addc(b, "<p class=\"quiet\">There is nothing.</p>\n");
	} else {
		put_check(b, rep.rows);
		put_charts(p, file, rep.rows);
		put_rows(p, file, rep.rows);
	}
	buf_addc(b, "</section>\n");
	flush(p);
	report_free(&rep);
	return OK;
}

/* --- the page -------------------------------------------------------------------------------- */

/* Reports with a chart come first, in the order of ops.def. */
static bool has_chart(const struct report_file *r)
{
	for (size_t i = 0; i < OPS_CHARTS_N; i++)
		if (strcmp(OPS_CHARTS[i].report, r->name) == 0)
			return true;
	return false;
}

static size_t order(const struct report_list *l, const struct report_file *ret[REPORTS_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < OPS_CHARTS_N; i++) {
		const struct report_file *r = report_find(l, str_c(OPS_CHARTS[i].report));
		bool again = false;
		for (size_t k = 0; k < n; k++)
			again = again || ret[k] == r;
		if (r && !again)
			ret[n++] = r;
	}
	for (size_t i = 0; i < l->n; i++)
		if (!has_chart(&l->v[i]))
			ret[n++] = &l->v[i];
	return n;
}

static enum err put_all(struct page *p, struct fault *f)
{
	const struct report_file *r[REPORTS_MAX];
	size_t n = order(p->o->list, r);
	put_head(p);
	buf_addc(&p->b, "<nav aria-label=\"Contents\"><ul>\n");
	for (size_t i = 0; i < n; i++)
		put_link(&p->b, r[i]);
	buf_addc(&p->b, "</ul></nav>\n<main>\n");
	for (size_t i = 0; i < n; i++) {
		enum err e = put_report(p, r[i], f);
		if (e != OK)
			return e;
	}
	buf_addc(&p->b, "</main>\n</body>\n</html>\n");
	flush(p);
	return p->err == OK ? OK : fault_set(f, p->err, NULL, "the page could not be written");
}

/* Nobody but its owner and group may read it: it tells of money. */
static FILE *open_new(const char *path)
{
	unlink(path);
	FILE *out = fopen(path, "wxe");
	if (out && fchmod(fileno(out), 0640) != 0) {
		fclose(out);
		unlink(path);
		return NULL;
	}
	return out;
}

static enum err write_new(struct page *p, const char *path, const char *new, struct fault *f)
{
	p->out = open_new(new);
	if (!p->out)
		return fault_set(f, ERR_IO, NULL, "%s: %s", path, strerror(errno));
	enum err e = put_all(p, f);
	errno = 0;
	bool closed = fclose(p->out) == 0;
	if (e == OK && (!closed || rename(new, path) != 0))
		e = fault_set(f, ERR_IO, NULL, "%s: %s", path, strerror(errno));
	if (e != OK)
		unlink(new);
	return e;
}

enum err ops_write(const struct ops *o, const char *path, size_t *ret_failed, struct fault *f)
{
	char new[4096];
	int n = snprintf(new, sizeof new, "%s.%ld.new", path, (long)getpid());
	struct page *p = calloc(1, sizeof *p);
	char *mem = malloc(PIECE_BYTES);
	struct ops_data *d = calloc(1, sizeof *d);
	enum err e;
	if (!p || !mem || !d) {
		e = fault_set(f, ERR_NO_MEMORY, NULL, "reports");
	} else if (n < 0 || (size_t)n >= sizeof new) {
		e = fault_set(f, ERR_IO, NULL, "the path is too long");
	} else {
		*p = (struct page){.o = o, .d = d};
		buf_init(&p->b, mem, PIECE_BYTES);
		d->today = (int32_t)(utc_s(o->now) / 86400);
		e = write_new(p, path, new, f);
		*ret_failed = p->failed;
	}
	free(d);
	free(mem);
	free(p);
	return e;
}
