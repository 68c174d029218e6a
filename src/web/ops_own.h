/* web/ops_own.h: what the files of the page of reports share. Not for others.
 * Floor 4. */
#ifndef WEB_OPS_OWN_H
#define WEB_OPS_OWN_H

#include "app/report.h"

#define OPS_SERIES_MAX 10
#define OPS_POINTS_MAX 1200
#define OPS_GROUPS_MAX 6
#define OPS_RECENT_N   62
/* Numbers are whole ten-thousandths: exact for money of every currency and for per cents. */
#define OPS_ONE      INT64_C(10000)
#define OPS_DECIMALS 4

enum ops_kind {
	OPS_STEPS,
	OPS_COLUMNS,
	OPS_LINES,
	OPS_RECENT,
	OPS_RANGES,
	OPS_BRIDGE,
	OPS_GRID,
	OPS_KIND_N
};

/* percent: how much v is of all, "12.3 %"; a dash when there is nothing to be a part of. */
void ops_percent(struct buf *b, int64_t v, int64_t all);

enum ops_from { OPS_FROM_OWN, OPS_FROM_YEAR };

struct ops_chart {
	const char *report;
	enum ops_kind kind;
	enum ops_from from;
	const char *groups, *x, *values, *sentence;
};
extern const struct ops_chart OPS_CHARTS[];
extern const size_t OPS_CHARTS_N;

struct ops_series {
	char name[40], label[40];
	int col, decimals; /* col: of a bridge the one of all its figures */
};
struct ops_point {
	struct str x, note; /* borrowed from the rows */
	int32_t day;        /* of x, since 1970; when the chart has days */
	bool has[OPS_SERIES_MAX];
	int64_t v[OPS_SERIES_MAX];
};
/* One chart's figures: large, on the heap. */
struct ops_data {
	char title[200]; /* of the group; may be empty */
	size_t series_n, n;
	int x_col, note_col; /* -1: none */
	bool days;           /* every x is a day */
	int32_t today;       /* as days since 1970 */
	bool cut;            /* there was more than OPS_POINTS_MAX */
	struct ops_series s[OPS_SERIES_MAX];
	struct ops_point p[OPS_POINTS_MAX];
};

/* web/ops_data.c: ops_num reads a decimal number; false: it is none, or too large to draw. */
bool ops_num(struct str s, int64_t *ret);
bool ops_day(struct str s, int32_t *ret);        /* of "2026-11-30" or what begins so */
void ops_day_text(struct buf *b, int32_t day);   /* "30 Nov" */
void ops_month_text(struct buf *b, int32_t day); /* "Nov 2026" */
int ops_year(int32_t day);
void ops_num_text(struct buf *b, int64_t v, int decimals);
/* ops_columns: finds the chart's columns; false: one is not there. */
bool ops_columns(struct ops_data *d, const struct ops_chart *c, const struct rows *r);
/* ops_group: the figures of the nth group; false: there is none. ops_more: there are
 * more than are drawn. */
bool ops_group(struct ops_data *d, const struct ops_chart *c, const struct rows *r, size_t nth);
bool ops_more(const struct ops_chart *c, const struct rows *r);

/* web/ops_svg.c: marks of a drawing. Lengths are tenths of a unit; the drawing is OPS_WIDE units
 * wide, which a phone shows at nearly that many pixels. */
#define OPS_WIDE 400
struct ops_scale {
	int64_t lo, hi; /* values */
	int from, to;   /* places */
};
int ops_at(const struct ops_scale *s, int64_t v);
/* ops_nice: a round step, of which at most n make up span */
int64_t ops_nice(int64_t span, int n);
void ops_svg_open(struct buf *b, int high, const char *kind, struct str label);
void ops_svg_close(struct buf *b);
/* A rect and a circle are left open: ops_plain ends one that stands for nothing, ops_mark one that
 * stands for a value, which is told where it is pointed at. */
void ops_rect(struct buf *b, const char *class, int x, int y, int w, int h);
void ops_line(struct buf *b, const char *class, int x1, int y1, int x2, int y2);
void ops_circle(struct buf *b, const char *class, int x, int y, int r);
void ops_plain(struct buf *b);
void ops_mark(struct buf *b, const char *tag, struct str what, int64_t v, int decimals);
enum ops_anchor { OPS_START, OPS_MIDDLE, OPS_END };
void ops_text(struct buf *b, enum ops_anchor a, int x, int y, struct str text);
void ops_short(struct buf *b, int64_t v); /* 1234567 as 1.2M */

/* web/ops_chart.c, ops_time.c: one drawing. Its marks carry data-v, the values that they stand for.
 */
void ops_draw(struct buf *b, const struct ops_chart *c, const struct ops_data *d);
void ops_draw_time(struct buf *b, const struct ops_chart *c, const struct ops_data *d);

/* web/ops_table.c: what each line is; the same figures as a table; rows of a report, from one up to
 * and without another, and the head above them. */
void ops_legend(struct buf *b, const struct ops_chart *c, const struct ops_data *d);
void ops_figures(struct buf *b, const struct ops_chart *c, const struct ops_data *d);
/* How many rows have something other than `ok` in a column `check`; -1: there is no such column. */
int ops_check(const struct rows *r);
void ops_rows_head(struct buf *b, const struct rows *r);
void ops_rows(struct buf *b, const struct rows *r, int from, int to);

/* web/ops_style.c */
extern const char ops_css[];

#endif
