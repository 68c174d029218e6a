/* web/ops_svg.c: the few marks that the charts are made of. */
#include "web/ops_own.h"

int ops_at(const struct ops_scale *s, int64_t v)
{
	__int128 span = (__int128)s->hi - s->lo;
	if (span <= 0)
		return s->from;
	return s->from + (int)(((__int128)v - s->lo) * (s->to - s->from) / span);
}

int64_t ops_nice(int64_t span, int n)
{
	int64_t step = 1;
	for (;;) {
		static const int TIMES[] = {1, 2, 5};
		for (size_t i = 0; i < ARRAY_N(TIMES); i++)
			if (span / n < step * TIMES[i] || step > INT64_MAX / 100)
				return step * TIMES[i];
		step *= 10;
	}
}

static void place(struct buf *b, const char *name, int tenths)
{
	int n = tenths < 0 ? -tenths : tenths;
	buf_addf(b, " %s=\"%s%d", name, tenths < 0 ? "-" : "", n / 10);
	if (n % 10)
		buf_addf(b, ".%d", n % 10);
	buf_byte(b, '"');
}

void ops_svg_open(struct buf *b, int high, const char *kind, struct str label)
{
	buf_addf(b, "<svg class=\"%s\" viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", kind,
		OPS_WIDE, (high + 9) / 10);
	buf_html(b, label);
	buf_addc(b, "\">\n");
}

void ops_svg_close(struct buf *b)
{
	buf_addc(b, "</svg>\n");
}

void ops_rect(struct buf *b, const char *class, int x, int y, int w, int h)
{
	buf_addf(b, "<rect class=\"%s\"", class);
	place(b, "x", w < 0 ? x + w : x);
	place(b, "y", h < 0 ? y + h : y);
	place(b, "width", w < 0 ? -w : w);
	place(b, "height", h < 0 ? -h : h);
}

void ops_line(struct buf *b, const char *class, int x1, int y1, int x2, int y2)
{
	buf_addf(b, "<line class=\"%s\"", class);
	place(b, "x1", x1);
	place(b, "y1", y1);
	place(b, "x2", x2);
	place(b, "y2", y2);
	buf_addc(b, "/>\n");
}

void ops_circle(struct buf *b, const char *class, int x, int y, int r)
{
	buf_addf(b, "<circle class=\"%s\"", class);
	place(b, "cx", x);
	place(b, "cy", y);
	place(b, "r", r);
}

void ops_plain(struct buf *b)
{
	buf_addc(b, "/>\n");
}

void ops_mark(struct buf *b, const char *tag, struct str what, int64_t v, int decimals)
{
	buf_addc(b, " data-v=\"");
	ops_num_text(b, v, decimals);
	buf_addc(b, "\"><title>");
	buf_html(b, what);
	buf_addc(b, ": ");
	ops_num_text(b, v, decimals);
	buf_addf(b, "</title></%s>\n", tag);
}

void ops_text(struct buf *b, enum ops_anchor a, int x, int y, struct str text)
{
	static const char *const CLASS[] = {"", " class=\"mid\"", " class=\"end\""};
	buf_addf(b, "<text%s", CLASS[a]);
	place(b, "x", x);
	place(b, "y", y);
	buf_byte(b, '>');
	buf_html(b, text);
	buf_addc(b, "</text>\n");
}

void ops_short(struct buf *b, int64_t v)
{
	static const struct {
		int64_t of;
		const char *mark;
	} SIZES[] = {{INT64_C(1000000000) * OPS_ONE, "G"}, {1000000 * OPS_ONE, "M"},
		{10000 * OPS_ONE, "k"}};
	int64_t u = v < 0 ? -v : v;
	for (size_t i = 0; i < ARRAY_N(SIZES); i++) {
		/* tens of thousands in thousands */
		int64_t of = SIZES[i].mark[0] == 'k' ? 1000 * OPS_ONE : SIZES[i].of;
		if (u < SIZES[i].of)
			continue;
		int64_t tenths = u / (of / 10);
		buf_addf(b, "%s%lld", v < 0 ? "-" : "", (long long)(tenths / 10));
		if (tenths % 10 && tenths < 1000)
			buf_addf(b, ".%lld", (long long)(tenths % 10));
		buf_addc(b, SIZES[i].mark);
		return;
	}
	int decimals = OPS_DECIMALS;
	for (int64_t rest = u % OPS_ONE; decimals > 0 && rest % 10 == 0; rest /= 10)
		decimals--;
	ops_num_text(b, v, decimals);
}
