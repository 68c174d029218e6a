/* web/ops_chart.c: drawings that are no line of time: steps, a bridge, ranges, a grid. */
#include <string.h>

#include "web/ops_own.h"

#define ROW      260 /* the height of a bar's row, and of the bar */
#define BAR      180
#define LEFT     920 /* labels end here */
#define RIGHT    2960
#define RANGE    330 /* a range's row, its words above it */
#define EDGE     (OPS_WIDE * 10)
#define CELL_MAX 13
#define GRID_ROW 230

const struct ops_chart OPS_CHARTS[] = {
#define X(report, kind, groups, x, values, from, sentence)                                         \
	{#report, OPS_##kind, OPS_FROM_##from, groups, x, values, sentence},
#include "web/ops.def"
#undef X
};
const size_t OPS_CHARTS_N = ARRAY_N(OPS_CHARTS);

static int64_t larger(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

void ops_percent(struct buf *b, int64_t v, int64_t all)
{
	if (all <= 0) {
		buf_addc(b, "\xe2\x80\x93"); /* a dash: of nothing there is no part */
		return;
	}
	int64_t tenths = (int64_t)(((__int128)v * 2000 + all) / ((__int128)all * 2));
	buf_addf(b, "%lld.%lld\xc2\xa0%%", (long long)(tenths / 10), (long long)(tenths % 10));
}

/* --- steps ----------------------------------------------------------------------------------- */

static void steps(struct buf *b, const struct ops_data *d)
{
	const struct ops_point *p = &d->p[0];
	struct ops_scale s = {.from = LEFT, .to = RIGHT};
	for (size_t i = 0; i < d->series_n; i++)
		s.hi = larger(s.hi, p->v[i]);
	for (size_t i = 0; i < d->series_n; i++) {
		int y = (int)i * ROW + 20;
		BUF_ON(t, 96);
		ops_text(b, OPS_END, LEFT - 60, y + 135, str_c(d->s[i].label));
		ops_rect(b, "s0", LEFT, y, ops_at(&s, p->v[i]) - LEFT, BAR);
		ops_mark(b, "rect", str_c(d->s[i].label), p->v[i], d->s[i].decimals);
		ops_short(&t, p->v[i]);
		ops_text(b, OPS_END, EDGE - 520, y + 135, buf_str(&t));
		t.n = 0;
		if (i > 0)
			ops_percent(&t, p->v[i], p->v[0]);
		ops_text(b, OPS_END, EDGE - 10, y + 135, buf_str(&t));
	}
}

/* --- bridge ---------------------------------------------------------------------------------- */

/* The first and the last are levels, what is between them changes it. */
static bool is_level(const struct ops_data *d, size_t i)
{
	return i == 0 || i + 1 == d->series_n;
}

static struct ops_scale bridge_scale(const struct ops_data *d)
{
	struct ops_scale s = {.from = LEFT, .to = RIGHT};
	int64_t level = 0;
	for (size_t i = 0; i < d->series_n; i++) {
		level = is_level(d, i) ? d->p[0].v[i] : level + d->p[0].v[i];
		s.hi = larger(s.hi, level);
		s.lo = level < s.lo ? level : s.lo;
	}
	return s;
}

static void bridge(struct buf *b, const struct ops_data *d)
{
	struct ops_scale s = bridge_scale(d);
	int64_t level = 0;
	for (size_t i = 0; i < d->series_n; i++) {
		int y = (int)i * ROW + 20;
		int64_t v = d->p[0].v[i], from = is_level(d, i) ? 0 : level, to = from + v;
		BUF_ON(t, 96);
		ops_text(b, OPS_END, LEFT - 60, y + 135, str_c(d->s[i].label));
		ops_rect(b,
			is_level(d, i) ? "s0"
			: v < 0        ? "down"
				       : "up",
			ops_at(&s, from), y, ops_at(&s, to) - ops_at(&s, from), BAR);
		ops_mark(b, "rect", str_c(d->s[i].label), v, d->s[i].decimals);
		if (!is_level(d, i) && v != 0)
			buf_addc(&t, v > 0 ? "+" : "\xe2\x88\x92");
		ops_short(&t, is_level(d, i) || v > 0 ? v : -v);
		ops_text(b, OPS_END, EDGE - 10, y + 135, buf_str(&t));
		if (i + 1 < d->series_n)
			ops_line(b, "thin", ops_at(&s, to), y + BAR, ops_at(&s, to), y + ROW);
		level = to;
	}
}

/* --- ranges ---------------------------------------------------------------------------------- */

static struct ops_scale range_scale(const struct ops_data *d, int64_t *ret_step)
{
	struct ops_scale s = {.from = 150, .to = EDGE - 150};
	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < 3; k++) {
			if (!d->p[i].has[k])
				continue;
			s.hi = larger(s.hi, d->p[i].v[k]);
			s.lo = d->p[i].v[k] < s.lo ? d->p[i].v[k] : s.lo;
		}
	int64_t step = ops_nice(s.hi - s.lo, 5);
	s.hi = (s.hi / step + (s.hi % step > 0)) * step;
	s.lo = (s.lo / step - (s.lo % step < 0)) * step;
	*ret_step = step;
	return s;
}

static void range(struct buf *b, const struct ops_data *d, const struct ops_scale *s, size_t i)
{
	const struct ops_point *p = &d->p[i];
	int top = (int)i * RANGE, y = top + 230;
	BUF_ON(words, 200);
	buf_addf(&words, "%.*s: %.*s", (int)(p->x.n < 80 ? p->x.n : 80), p->x.n ? p->x.p : "",
		(int)(p->note.n < 80 ? p->note.n : 80), p->note.n ? p->note.p : "");
	ops_text(b, OPS_START, 0, top + 130, buf_str(&words));
	if (p->has[1] && p->has[2]) {
		int x1 = ops_at(s, p->v[1]), x2 = ops_at(s, p->v[2]);
		ops_line(b, "range", x1, y, x2, y);
		ops_line(b, "range", x1, y - 40, x1, y + 40);
		ops_line(b, "range", x2, y - 40, x2, y + 40);
	}
	if (p->has[0]) {
		ops_circle(b, "f0", ops_at(s, p->v[0]), y, 45);
		ops_mark(b, "circle", p->x, p->v[0], d->s[0].decimals);
	}
}

static void ranges(struct buf *b, const struct ops_data *d)
{
	int64_t step;
	struct ops_scale s = range_scale(d, &step);
	int high = (int)d->n * RANGE + 20;
	for (int64_t v = s.lo; v <= s.hi; v += step) {
		BUF_ON(t, 40);
		ops_short(&t, v);
		ops_line(b, v == 0 ? "axis" : "grid", ops_at(&s, v), 0, ops_at(&s, v), high);
		ops_text(b, OPS_MIDDLE, ops_at(&s, v), high + 150, buf_str(&t));
	}
	for (size_t i = 0; i < d->n; i++)
		range(b, d, &s, i);
}

/* --- grid ------------------------------------------------------------------------------------ */

static size_t grid_row(const struct ops_data *d, size_t i)
{
	size_t row = 0;
	for (size_t k = 1; k <= i; k++)
		row += !str_eq(d->p[k].x, d->p[k - 1].x);
	return row;
}

static bool grid_column(const struct ops_point *p, int *ret)
{
	*ret = (int)(p->v[0] / OPS_ONE);
	return p->has[0] && p->v[0] >= 0 && p->v[0] / OPS_ONE < CELL_MAX;
}

static void grid_cell(
	struct buf *b, const struct ops_data *d, const struct ops_point *p, int x, int y)
{
	static const char *const SHADE[] = {"q0", "q1", "q2", "q3", "q4"};
	BUF_ON(what, 80);
	BUF_ON(t, 24);
	int wide = (EDGE - 600) / CELL_MAX;
	int64_t whole = (p->v[1] + OPS_ONE / 2) / OPS_ONE, fifth = p->v[1] / (20 * OPS_ONE);
	buf_add(&what, p->x);
	buf_addf(&what, ", %s %lld", d->s[0].label, (long long)(p->v[0] / OPS_ONE));
	ops_rect(b, SHADE[fifth < 0 ? 0 : fifth > 4 ? 4 : fifth], x, y, wide - 10, GRID_ROW - 10);
	ops_mark(b, "rect", buf_str(&what), p->v[1], d->s[1].decimals);
	buf_addf(&t, "%lld", (long long)whole);
	buf_addf(b, "<g class=\"%s\">", fifth >= 3 ? "on" : "off");
	ops_text(b, OPS_MIDDLE, x + wide / 2 - 5, y + 150, buf_str(&t));
	buf_addc(b, "</g>");
}

static void grid(struct buf *b, const struct ops_data *d)
{
	int wide = (EDGE - 600) / CELL_MAX, last = -1;
	for (int i = 0; i < CELL_MAX; i++) {
		BUF_ON(t, 8);
		buf_addf(&t, "%d", i);
		ops_text(b, OPS_MIDDLE, 600 + i * wide + wide / 2 - 5, 130, buf_str(&t));
	}
	for (size_t i = 0; i < d->n; i++) {
		int row = (int)grid_row(d, i), col, y = 180 + row * GRID_ROW;
		if (row != last)
			ops_text(b, OPS_START, 0, y + 150,
				(struct str){d->p[i].x.p, d->p[i].x.n < 7 ? d->p[i].x.n : 7});
		last = row;
		if (d->p[i].has[1] && grid_column(&d->p[i], &col))
			grid_cell(b, d, &d->p[i], 600 + col * wide, y);
	}
}

/* --- all ------------------------------------------------------------------------------------- */

static int height(const struct ops_chart *c, const struct ops_data *d)
{
	switch (c->kind) {
	case OPS_STEPS:
	case OPS_BRIDGE: return (int)d->series_n * ROW + 20;
	case OPS_RANGES: return (int)d->n * RANGE + 220;
	case OPS_GRID: return d->n ? (int)(grid_row(d, d->n - 1) + 1) * GRID_ROW + 200 : 200;
	default: return 2000;
	}
}

void ops_draw(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	BUF_ON(label, 400);
	buf_addf(&label, "%s%s%s", d->title, d->title[0] ? ": " : "", c->sentence);
	ops_svg_open(b, height(c, d), "chart", buf_str(&label));
	switch (c->kind) {
	case OPS_STEPS: steps(b, d); break;
	case OPS_BRIDGE: bridge(b, d); break;
	case OPS_RANGES: ranges(b, d); break;
	case OPS_GRID: grid(b, d); break;
	default: ops_draw_time(b, c, d);
	}
	ops_svg_close(b);
}
