/* web/ops_time.c: columns and lines along days, or along whatever follows one another. */
#include <string.h>

#include "web/ops_own.h"

#define TOP    60
#define BOTTOM 1750
#define LEFT   520
#define RIGHT  (OPS_WIDE * 10 - 30)
#define DOTS   45  /* with so many points or fewer each one is marked */
#define LONG   150 /* days, of which months are told */
#define LABELS 5
#define HALF   260 /* of a label's width */

struct frame {
	struct ops_scale x, y;
	int64_t step;
};

/* A place along the chart: days at their distance, others one after another. */
static int64_t along(const struct ops_data *d, size_t i)
{
	return d->days ? d->p[i].day : (int64_t)i;
}

static struct frame frame_of(const struct ops_data *d, int pad)
{
	struct frame f = {
		.x = {.from = LEFT + pad, .to = RIGHT - pad}, .y = {.from = BOTTOM, .to = TOP}};
	for (size_t i = 0; i < d->n; i++)
		for (size_t k = 0; k < d->series_n; k++) {
			int64_t v = d->p[i].has[k] ? d->p[i].v[k] : 0;
			f.y.hi = v > f.y.hi ? v : f.y.hi;
			f.y.lo = v < f.y.lo ? v : f.y.lo;
		}
	f.step = ops_nice(f.y.hi - f.y.lo, 4);
	f.y.hi = (f.y.hi / f.step + (f.y.hi % f.step > 0)) * f.step;
	f.y.lo = (f.y.lo / f.step - (f.y.lo % f.step < 0)) * f.step;
	if (f.y.hi == f.y.lo)
		f.y.hi = f.y.lo + f.step;
	f.x.lo = along(d, 0);
	f.x.hi = along(d, d->n - 1);
	if (f.x.hi <= f.x.lo) { /* one point stands in the middle */
		f.x.lo--;
		f.x.hi = f.x.lo + 2;
	}
	return f;
}

static void rules(struct buf *b, const struct frame *f)
{
	for (int64_t v = f->y.lo; v <= f->y.hi; v += f->step) {
		int y = ops_at(&f->y, v);
		BUF_ON(t, 40);
		ops_short(&t, v);
		ops_line(b, v == 0 ? "axis" : "grid", LEFT, y, RIGHT, y);
		ops_text(b, OPS_END, LEFT - 50, y + 40, buf_str(&t));
	}
}

static void under(struct buf *b, const struct ops_data *d, const struct frame *f)
{
	size_t n = d->n < LABELS ? d->n : LABELS;
	for (size_t k = 0; k < n; k++) {
		size_t i = n > 1 ? k * (d->n - 1) / (n - 1) : 0;
		int x = ops_at(&f->x, along(d, i));
		enum ops_anchor a = x + HALF > OPS_WIDE * 10 ? OPS_END : OPS_MIDDLE;
		BUF_ON(t, 40);
		if (d->days && d->p[d->n - 1].day - d->p[0].day > LONG)
			ops_month_text(&t, d->p[i].day);
		else if (d->days)
			ops_day_text(&t, d->p[i].day);
		else
			buf_add(&t, (struct str){d->p[i].x.p, d->p[i].x.n < 10 ? d->p[i].x.n : 10});
		ops_text(b, a, a == OPS_END ? OPS_WIDE * 10 : x, BOTTOM + 190, buf_str(&t));
	}
}

/* The newest three days: webhooks and settlements may still change them. */
static void provisional(struct buf *b, const struct ops_data *d, const struct frame *f)
{
	int64_t first = d->today - 2;
	if (!d->days || f->x.hi < first)
		return;
	int half = (int)((f->x.to - f->x.from) / (2 * (f->x.hi - f->x.lo)));
	int from = ops_at(&f->x, first > f->x.lo ? first : f->x.lo) - half;
	from = from < LEFT ? LEFT : from;
	ops_rect(b, "soon", from, TOP, RIGHT - from, BOTTOM - TOP);
	ops_plain(b);
}

/* A column's room: its day, and half of it lies before the first one's middle. */
static int room(const struct ops_data *d)
{
	int64_t n = d->n ? along(d, d->n - 1) - along(d, 0) + 1 : 1;
	int each = (RIGHT - LEFT) / (int)(n < 1 ? 1 : n > 1000 ? 1000 : n);
	return each > 500 ? 500 : each;
}

static void columns(struct buf *b, const struct ops_data *d, const struct frame *f)
{
	int wide = room(d) * 7 / 10;
	wide = wide < 8 ? 8 : wide;
	for (size_t i = 0; i < d->n; i++) {
		int x = ops_at(&f->x, along(d, i)), zero = ops_at(&f->y, 0);
		if (!d->p[i].has[0])
			continue;
		ops_rect(b, d->p[i].v[0] < 0 ? "down" : "s0", x - wide / 2, zero, wide,
			ops_at(&f->y, d->p[i].v[0]) - zero);
		ops_mark(b, "rect", d->p[i].x, d->p[i].v[0], d->s[0].decimals);
	}
}

static void one_line(struct buf *b, const struct ops_chart *c, const struct ops_data *d,
	const struct frame *f, size_t k)
{
	bool open = false;
	buf_addf(b, "<path class=\"l%zu\" d=\"", k % 4);
	for (size_t i = 0; i < d->n; i++) {
		/* sums so far begin anew with the year */
		if (!d->p[i].has[k] || (c->from == OPS_FROM_YEAR && d->days && i > 0 &&
					       ops_year(d->p[i].day) != ops_year(d->p[i - 1].day)))
			open = false;
		if (!d->p[i].has[k])
			continue;
		int x = ops_at(&f->x, along(d, i)), y = ops_at(&f->y, d->p[i].v[k]);
		buf_addf(b, "%s%d.%d %d.%d", open ? "L" : "M", x / 10, x % 10, y / 10, y % 10);
		open = true;
	}
	buf_addc(b, "\"/>\n");
	for (size_t i = 0; i < d->n && d->n <= DOTS; i++) {
		BUF_ON(what, 120);
		BUF_ON(class, 8);
		if (!d->p[i].has[k])
			continue;
		buf_addf(&what, "%.*s, %s", STR_FMT(d->p[i].x), d->s[k].label);
		buf_addf(&class, "f%zu", k % 4);
		buf_byte(&class, '\0');
		ops_circle(
			b, class_mem, ops_at(&f->x, along(d, i)), ops_at(&f->y, d->p[i].v[k]), 22);
		ops_mark(b, "circle", buf_str(&what), d->p[i].v[k], d->s[k].decimals);
	}
}

void ops_draw_time(struct buf *b, const struct ops_chart *c, const struct ops_data *d)
{
	if (d->n == 0)
		return;
	struct frame f = frame_of(d, c->kind == OPS_COLUMNS ? room(d) / 2 : 30);
	provisional(b, d, &f);
	rules(b, &f);
	if (c->kind == OPS_COLUMNS)
		columns(b, d, &f);
	else
		for (size_t k = 0; k < d->series_n; k++)
			one_line(b, c, d, &f, k);
	under(b, d, &f);
}
