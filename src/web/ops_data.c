/* web/ops_data.c: from the rows of a report to the figures of its charts. */
#include <stdio.h>
#include <string.h>

#include "web/ops_own.h"

/* --- numbers and days ------------------------------------------------------------------------ */

bool ops_num(struct str s, int64_t *ret)
{
	bool minus = s.n > 0 && s.p[0] == '-';
	size_t i = minus, digits = 0, after = 0;
	int64_t v = 0;
	bool dot = false;
	for (; i < s.n; i++) {
		if (s.p[i] == '.' && !dot) {
			dot = true;
			continue;
		}
		if (s.p[i] < '0' || s.p[i] > '9' || v > INT64_C(100000000000000))
			return false;
		digits++;
		after += dot;
		if (after <= OPS_DECIMALS)
			v = v * 10 + (s.p[i] - '0');
	}
	for (size_t k = after < OPS_DECIMALS ? after : OPS_DECIMALS; k < OPS_DECIMALS; k++)
		v *= 10;
	*ret = minus ? -v : v;
	return digits > 0;
}

void ops_num_text(struct buf *b, int64_t v, int decimals)
{
	uint64_t u = v < 0 ? (uint64_t)-v : (uint64_t)v, one = (uint64_t)OPS_ONE;
	char part[8];
	snprintf(part, sizeof part, "%04u", (unsigned)(u % one));
	buf_addf(b, "%s%llu", v < 0 ? "-" : "", (unsigned long long)(u / one));
	if (decimals > 0)
		buf_addf(b, ".%.*s", decimals < OPS_DECIMALS ? decimals : OPS_DECIMALS, part);
}

static int decimals_of(struct str s)
{
	const char *dot = s.n ? memchr(s.p, '.', s.n) : NULL;
	return dot ? (int)(s.n - (size_t)(dot - s.p) - 1) : 0;
}

bool ops_day(struct str s, int32_t *ret)
{
	BUF_ON(b, 32);
	utc_t t;
	if (s.n < 10)
		return false;
	buf_addf(&b, "%.10sT00:00:00Z", s.p);
	if (clock_parse(buf_str(&b), &t) != OK)
		return false;
	*ret = (int32_t)(utc_s(t) / 86400);
	return true;
}

struct date {
	int year, month, day;
};

static struct date date_of(int32_t day)
{
	uint64_t v[3] = {0};
	static const size_t AT[] = {0, 5, 8}, N[] = {4, 2, 2};
	BUF_ON(t, 48);
	clock_format(&t, utc_of_s((int64_t)day * 86400));
	for (size_t i = 0; i < 3; i++)
		if (str_u64((struct str){t.p + AT[i], N[i]}, 9999, &v[i]) != OK)
			v[i] = 1;
	return (struct date){(int)v[0], (int)v[1], (int)v[2]};
}

static const char *month_name(struct date d)
{
	static const char *const MONTHS[] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	return MONTHS[(d.month + 11) % 12];
}

void ops_day_text(struct buf *b, int32_t day)
{
	struct date d = date_of(day);
	buf_addf(b, "%d %s", d.day, month_name(d));
}

void ops_month_text(struct buf *b, int32_t day)
{
	struct date d = date_of(day);
	buf_addf(b, "%s %d", month_name(d), d.year);
}

int ops_year(int32_t day)
{
	return date_of(day).year;
}

/* --- columns --------------------------------------------------------------------------------- */

static int column(const struct rows *r, struct str name)
{
	for (int i = 0; i < rows_cols(r); i++)
		if (str_eq(rows_name(r, i), name))
			return i;
	return -1;
}

/* The next of a list, "name:label"; without a label it is the name. */
static bool next_word(struct str *rest, struct str *ret_name, struct str *ret_label)
{
	if (!str_cut(rest, ',', ret_label))
		return false;
	if (!str_cut(ret_label, ':', ret_name))
		*ret_name = STR("");
	if (ret_label->n == 0)
		*ret_label = *ret_name;
	return true;
}

static bool groups_there(const struct rows *r, const char *groups)
{
	struct str rest = str_c(groups), one;
	while (str_cut(&rest, ',', &one))
		if (one.n > 0 && one.p[one.n - 1] != '?' && column(r, one) < 0)
			return false;
	return true;
}

static bool x_there(struct ops_data *d, const struct rows *r, const char *x)
{
	struct str rest = str_c(x), name, note = STR("");
	d->x_col = d->note_col = -1;
	if (!str_cut(&rest, ',', &name) || name.n == 0)
		return true;
	d->x_col = column(r, name);
	if (str_cut(&rest, ',', &note))
		d->note_col = column(r, note);
	return d->x_col >= 0 && (note.n == 0 || d->note_col >= 0);
}

bool ops_columns(struct ops_data *d, const struct ops_chart *c, const struct rows *r)
{
	struct str rest = str_c(c->values), name, label;
	d->series_n = 0;
	if (!x_there(d, r, c->x) || !groups_there(r, c->groups))
		return false;
	while (next_word(&rest, &name, &label)) {
		struct ops_series *s = &d->s[d->series_n++];
		ASSERT(d->series_n <= OPS_SERIES_MAX);
		memset(s, 0, sizeof *s);
		s->col = c->kind == OPS_BRIDGE ? d->note_col : column(r, name);
		if (s->col < 0 || str_copy(name, s->name, sizeof s->name) != OK ||
			str_copy(label, s->label, sizeof s->label) != OK)
			return false;
	}
	return true;
}

/* --- groups ---------------------------------------------------------------------------------- */

static void group_of(const struct ops_chart *c, const struct rows *r, int row, char out[200])
{
	struct buf b;
	struct str rest = str_c(c->groups), one;
	buf_init(&b, out, 199);
	while (str_cut(&rest, ',', &one)) {
		one.n -= one.n > 0 && one.p[one.n - 1] == '?';
		int col = column(r, one);
		struct str cell = col >= 0 ? rows_cell(r, row, col) : STR("");
		if (cell.n == 0 || cell.n > b.cap - b.n - 2)
			continue;
		if (b.n > 0)
			buf_addc(&b, ", ");
		buf_add(&b, cell);
	}
	out[b.n] = '\0';
}

/* The first row of the nth group and its name; -1 when there are not so many. */
static int group_row(const struct ops_chart *c, const struct rows *r, size_t nth, char name[200])
{
	char seen[OPS_GROUPS_MAX + 1][200];
	size_t n = 0;
	ASSERT(nth <= OPS_GROUPS_MAX);
	for (int row = 0; row < rows_n(r); row++) {
		size_t i = 0;
		group_of(c, r, row, seen[n]);
		while (strcmp(seen[i], seen[n]) != 0)
			i++;
		if (i < n)
			continue;
		if (n == nth) {
			memcpy(name, seen[n], sizeof seen[n]);
			return row;
		}
		n++;
	}
	return -1;
}

bool ops_more(const struct ops_chart *c, const struct rows *r)
{
	char name[200];
	return group_row(c, r, OPS_GROUPS_MAX, name) >= 0;
}

/* A grid's rows are cells: none is added to another. */
static struct ops_point *point_of(struct ops_data *d, struct str x, bool apart)
{
	for (size_t i = apart ? 0 : d->n; i-- > 0;)
		if (str_eq(d->p[i].x, x))
			return &d->p[i];
	if (d->n == OPS_POINTS_MAX) {
		d->cut = true;
		return NULL;
	}
	struct ops_point *p = &d->p[d->n++];
	memset(p, 0, sizeof *p);
	p->x = x;
	return p;
}

static void take_figure(struct ops_data *d, struct ops_point *p, size_t i, struct str cell)
{
	int64_t v;
	int decimals = decimals_of(cell);
	if (cell.n == 0 || !ops_num(cell, &v) || __builtin_add_overflow(p->v[i], v, &p->v[i]))
		return;
	p->has[i] = true;
	if (decimals > d->s[i].decimals)
		d->s[i].decimals = decimals;
}

static void take_row(struct ops_data *d, const struct ops_chart *c, const struct rows *r, int row)
{
	struct str x = d->x_col >= 0 ? rows_cell(r, row, d->x_col) : STR("");
	bool bridge = c->kind == OPS_BRIDGE;
	struct ops_point *p = point_of(d, bridge ? STR("") : x, c->kind == OPS_GRID);
	for (size_t i = 0; p && i < d->series_n; i++)
		if (!bridge || str_is(x, d->s[i].name))
			take_figure(d, p, i, rows_cell(r, row, d->s[i].col));
	if (p && !bridge && d->note_col >= 0)
		p->note = rows_cell(r, row, d->note_col);
}

bool ops_group(struct ops_data *d, const struct ops_chart *c, const struct rows *r, size_t nth)
{
	int row;
	d->n = 0;
	d->cut = false;
	for (size_t i = 0; i < d->series_n; i++)
		d->s[i].decimals = 0;
	if (nth >= OPS_GROUPS_MAX || (row = group_row(c, r, nth, d->title)) < 0)
		return false;
	for (; row < rows_n(r); row++) {
		char own[200];
		group_of(c, r, row, own);
		if (strcmp(own, d->title) == 0)
			take_row(d, c, r, row);
	}
	if (c->kind == OPS_RECENT && d->n > OPS_RECENT_N) {
		memmove(d->p, d->p + d->n - OPS_RECENT_N, OPS_RECENT_N * sizeof d->p[0]);
		d->n = OPS_RECENT_N;
	}
	d->days = d->x_col >= 0 && c->kind != OPS_BRIDGE;
	for (size_t i = 0; i < d->n; i++)
		d->days = d->days && ops_day(d->p[i].x, &d->p[i].day);
	return true;
}
