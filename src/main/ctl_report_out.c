/* main/ctl_report_out.c: a report as a table for people, as CSV and as JSON. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "main/ctl_report.h"

#define BETWEEN "  "

/* --- table ----------------------------------------------------------------------------------- */

static size_t characters(struct str s)
{
	size_t n = 0, step;
	uint32_t rune;
	for (; s.n > 0; s = (struct str){s.p + step, s.n - step}, n++)
		if ((step = str_rune(s, &rune)) == 0)
			step = 1;
	return n;
}

/* A terminal obeys what it is shown, so each character that is none to be seen is a dot. */
static void print_clean(struct str s)
{
	for (size_t step; s.n > 0; s = (struct str){s.p + step, s.n - step}) {
		uint32_t rune;
		step = str_rune(s, &rune);
		struct str one = {s.p, step ? step : 1};
		step = one.n;
		printf("%.*s", str_is_clean(one, false) ? (int)one.n : 1,
			str_is_clean(one, false) ? one.p : ".");
	}
}

static bool is_right(const struct rows *r, int col)
{
	enum rows_kind k = rows_kind(r, col);
	return k == ROWS_WHOLE || k == ROWS_NUMBER;
}

static void print_cell(const struct rows *r, int col, struct str s, size_t width)
{
	int pad = (int)(width - characters(s));
	bool last = col + 1 == rows_cols(r), right = is_right(r, col);
	printf("%s%*s", col ? BETWEEN : "", right ? pad : 0, "");
	print_clean(s);
	printf("%*s", right || last ? 0 : pad, "");
}

static size_t width_of(const struct rows *r, int col)
{
	size_t width = characters(rows_name(r, col));
	for (int row = 0; row < rows_n(r); row++) {
		size_t n = characters(rows_cell(r, row, col));
		width = n > width ? n : width;
	}
	return width;
}

void ctl_report_table(const struct report *rep)
{
	const struct rows *r = rep->rows;
	size_t width[CTL_REPORT_COLS];
	int cols = rows_cols(r) < CTL_REPORT_COLS ? rows_cols(r) : CTL_REPORT_COLS;
	for (int col = 0; col < cols; col++)
		width[col] = width_of(r, col);
	for (int row = -1; row < rows_n(r); row++) {
		for (int col = 0; col < cols; col++)
			print_cell(r, col, row < 0 ? rows_name(r, col) : rows_cell(r, row, col),
				width[col]);
		printf("\n");
	}
	printf("\n%d row%s", rows_n(r), rows_n(r) == 1 ? "" : "s");
	if (rep->from[0] && rep->to[0])
		printf(", from %s up to and without %s", rep->from, rep->to);
	printf("\n");
}

/* --- CSV ------------------------------------------------------------------------------------- */

static bool is_number(struct str s)
{
	size_t digits = 0, dots = 0;
	for (size_t i = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+'); i < s.n; i++) {
		digits += s.p[i] >= '0' && s.p[i] <= '9';
		dots += s.p[i] == '.';
		if ((s.p[i] < '0' || s.p[i] > '9') && s.p[i] != '.')
			return false;
	}
	return digits > 0 && dots <= 1;
}

/* As psql --csv writes it; and a text that a spreadsheet would run as a formula gets a quote in
 * front, also where the script forgot to. */
static void print_csv(struct str s)
{
	bool run =
		s.n > 0 && (strchr("=+-@", s.p[0]) || (unsigned char)s.p[0] < ' ') && !is_number(s);
	bool quote = str_is(s, "\\.");
	for (size_t i = 0; i < s.n; i++)
		quote = quote || strchr(",\"\r\n", s.p[i]);
	printf("%s%s", quote ? "\"" : "", run ? "'" : "");
	for (size_t i = 0; i < s.n; i++)
		printf("%s%c", s.p[i] == '"' ? "\"" : "", s.p[i]);
	printf("%s", quote ? "\"" : "");
}

void ctl_report_csv(const struct report *rep)
{
	const struct rows *r = rep->rows;
	for (int row = -1; row < rows_n(r); row++) {
		for (int col = 0; col < rows_cols(r); col++) {
			printf("%s", col ? "," : "");
			print_csv(row < 0 ? rows_name(r, col) : rows_cell(r, row, col));
		}
		printf("\n");
	}
}

/* --- JSON ------------------------------------------------------------------------------------ */

/* "2026-11-23 20:30:00.12+00" */
static json_t *moment(struct str s)
{
	BUF_ON(b, 64);
	if (s.n < 20 || s.n > 40 || !str_is((struct str){s.p + s.n - 3, 3}, "+00"))
		return json_stringn(s.p, s.n);
	buf_addf(&b, "%.10sT%.*sZ", s.p, (int)(s.n - 14), s.p + 11);
	return json_stringn(buf_str(&b).p, buf_str(&b).n);
}

/* Whole numbers are numbers; others are texts with their decimals, like amounts everywhere. */
static json_t *value(const struct rows *r, int row, int col)
{
	struct str s = rows_cell(r, row, col);
	uint64_t n;
	if (rows_null(r, row, col))
		return json_null();
	switch (rows_kind(r, col)) {
	case ROWS_BOOL: return json_boolean(str_is(s, "t"));
	case ROWS_MOMENT: return moment(s);
	case ROWS_WHOLE:
		if (str_starts(s, "-") &&
			str_u64((struct str){s.p + 1, s.n - 1}, INT64_MAX, &n) == OK)
			return json_integer(-(json_int_t)n);
		if (str_u64(s, INT64_MAX, &n) == OK)
			return json_integer((json_int_t)n);
		return json_stringn(s.p, s.n);
	default: return json_stringn(s.p, s.n);
	}
}

static bool put(json_t *o, struct str name, json_t *v)
{
	char key[64];
	if (str_copy(name, key, sizeof key) == OK)
		return json_object_set_new(o, key, v) == 0;
	json_decref(v);
	return false;
}

enum err ctl_report_json(const struct report *rep)
{
	const struct rows *r = rep->rows;
	json_auto_t *all = json_array();
	for (int row = 0; row < rows_n(r); row++) {
		json_t *one = json_object();
		if (json_array_append_new(all, one) != 0)
			return ERR_NO_MEMORY;
		for (int col = 0; col < rows_cols(r); col++)
			if (!put(one, rows_name(r, col), value(r, row, col)))
				return ERR_NO_MEMORY;
	}
	return json_dumpf(all, stdout, JSON_INDENT(2)) == 0 && printf("\n") == 1 ? OK : ERR_IO;
}
