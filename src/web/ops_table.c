/* web/ops_table.c: the tables of the page of reports. */
#include "web/ops_own.h"

#define LONG    40           /* so many bytes may have their lines broken */
#define PRINTED OPS_RECENT_N /* on paper a longer table stays closed */
#define WIDE    14           /* on paper a table of more columns takes a broad page */

static void head(struct buf *b, struct str name, bool number)
{
	buf_addf(b, "<th scope=\"col\"%s>", number ? " class=\"n\"" : "");
	buf_html(b, name);
	buf_addc(b, "</th>");
}

static void figure(struct buf *b, const struct ops_data *d, const struct ops_point *p, size_t k)
{
	buf_addc(b, "<td class=\"n\">");
	if (p->has[k])
		ops_num_text(b, p->v[k], d->s[k].decimals);
	else
		buf_addc(b, "\xe2\x80\x93");
	buf_addc(b, "</td>");
}

void ops_legend(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	if (c->kind != OPS_LINES && c->kind != OPS_RECENT)
		return;
	buf_addc(b, "<ul class=\"legend\">");
	for (size_t k = 0; k < d->series_n; k++)
		buf_addf(b, "<li class=\"k%zu\">%s</li>", k % 4, d->s[k].label);
	buf_addc(b, "</ul>\n");
}

/* Steps and a bridge: a row for each value. */
static void down(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	bool parts = c->kind == OPS_STEPS;
	head(b, STR("what"), false);
	head(b, STR("figure"), true);
	if (parts) {
		head(b, STR("of the step before"), true);
		head(b, STR("of the first"), true);
	}
	buf_addc(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < d->series_n; i++) {
		const int64_t *v = d->p[0].v;
		buf_addf(b, "<tr><th scope=\"row\">%s</th>", d->s[i].label);
		figure(b, d, &d->p[0], i);
		if (parts) {
			buf_addc(b, "<td class=\"n\">");
			if (i > 0)
				ops_percent(b, v[i], v[i - 1]);
			buf_addc(b, "</td><td class=\"n\">");
			if (i > 0)
				ops_percent(b, v[i], v[0]);
			buf_addc(b, "</td>");
		}
		buf_addc(b, "</tr>\n");
	}
}

static void along(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	struct str x = str_c(c->x), name;
	while (str_cut(&x, ',', &name))
		head(b, name, false);
	for (size_t k = 0; k < d->series_n; k++)
		head(b, str_c(d->s[k].label), true);
	buf_addc(b, "</tr></thead>\n<tbody>\n");
	for (size_t i = 0; i < d->n; i++) {
		buf_addc(b, "<tr><th scope=\"row\">");
		buf_html(b, d->p[i].x);
		buf_addc(b, "</th>");
		if (d->note_col >= 0) {
			buf_addc(b, "<td>");
			buf_html(b, d->p[i].note);
			buf_addc(b, "</td>");
		}
		for (size_t k = 0; k < d->series_n; k++)
			figure(b, d, &d->p[i], k);
		buf_addc(b, "</tr>\n");
	}
}

void ops_figures(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	buf_addf(b, "<details class=\"%s\">", d->n > PRINTED ? "figures many" : "figures");
	buf_addc(b, "<summary>These figures as a table</summary>\n"
		    "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Figures: ");
	buf_html(b, str_c(d->title));
	buf_addf(b, ". %s", c->sentence);
	buf_addc(b, "\"><table>\n<thead><tr>");
	if (c->kind == OPS_STEPS || c->kind == OPS_BRIDGE)
		down(b, c, d);
	else
		along(b, c, d);
	buf_addc(b, "</tbody></table></div></details>\n");
}

/* --- a report's own rows --------------------------------------------------------------------- */

static bool is_number(const struct rows *r, int col)
{
	enum rows_kind k = rows_kind(r, col);
	return k == ROWS_WHOLE || k == ROWS_NUMBER;
}

void ops_rows_head(struct buf *b, const struct rows *r)
{
	buf_addf(b, "<table%s>\n<thead><tr>", rows_cols(r) > WIDE ? " class=\"wide\"" : "");
	for (int col = 0; col < rows_cols(r); col++)
		head(b, rows_name(r, col), is_number(r, col));
	buf_addc(b, "</tr></thead>\n<tbody>\n");
}

int ops_check(const struct rows *r)
{
	int wrong = 0, col = 0;
	while (col < rows_cols(r) && !str_is(rows_name(r, col), "check"))
		col++;
	if (col == rows_cols(r))
		return -1;
	for (int row = 0; row < rows_n(r); row++)
		wrong += !rows_null(r, row, col) && !str_is(rows_cell(r, row, col), "ok");
	return wrong;
}

/* What somebody should look at. */
static bool is_bad(const struct rows *r, int row, int col)
{
	struct str name = rows_name(r, col), s = rows_cell(r, row, col);
	return (str_is(name, "check") && s.n > 0 && !str_is(s, "ok")) ||
	       (str_is(name, "alarm") && str_is(s, "t"));
}

static void cell(struct buf *b, const struct rows *r, int row, int col)
{
	struct str s = rows_cell(r, row, col);
	buf_addf(b, "<td%s>",
		is_bad(r, row, col) ? " class=\"warn\""
		: is_number(r, col) ? " class=\"n\""
		: s.n > LONG        ? " class=\"w\""
				    : "");
	if (rows_null(r, row, col))
		buf_addc(b, "\xe2\x80\x93");
	else if (rows_kind(r, col) == ROWS_BOOL)
		buf_addc(b, str_is(s, "t") ? "yes" : "no");
	else if (rows_kind(r, col) == ROWS_MOMENT && s.n > 19)
		buf_addf(b, "%.16s\xc2\xa0UTC", s.p);
	else
		buf_html(b, s);
	buf_addc(b, "</td>");
}

void ops_rows(struct buf *b, const struct rows *r, int from, int to)
{
	for (int row = from; row < to; row++) {
		buf_addc(b, "<tr>");
		for (int col = 0; col < rows_cols(r); col++)
			cell(b, r, row, col);
		buf_addc(b, "</tr>\n");
	}
}
