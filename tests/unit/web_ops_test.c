/* tests/unit/web_ops_test.c: the charts of the page of reports: what is read of a report's rows,
 * and what of that is drawn. Rows are results as libpq has them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "made_rows.h"
#include "web/ops_own.h"

static char page[1 << 20];
static struct buf out;

static const char *drawn(void)
{
	assert_int_equal(buf_done(&out), OK);
	page[out.n] = '\0';
	return page;
}

static void begin(void)
{
	buf_init(&out, page, sizeof page - 1);
}

static size_t count(const char *what)
{
	size_t n = 0;
	for (const char *p = drawn(); (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static struct ops_data *data;

static int setup(void **state)
{
	(void)state;
	data = calloc(1, sizeof *data);
	return data ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	free(data);
	return 0;
}

static const struct ops_chart *chart(const char *report, enum ops_kind kind)
{
	for (size_t i = 0; i < OPS_CHARTS_N; i++)
		if (strcmp(OPS_CHARTS[i].report, report) == 0 && OPS_CHARTS[i].kind == kind)
			return &OPS_CHARTS[i];
	fail_msg("no chart of %s", report);
	return NULL;
}

/* Draws the first group of r; today: the day that the page is made. */
static void draw(const struct ops_chart *c, const struct rows *r, const char *today)
{
	begin();
	assert_true(ops_day(str_c(today), &data->today));
	assert_true(ops_columns(data, c, r));
	assert_true(ops_group(data, c, r, 0));
	ops_draw(&out, c, data);
}

/* --- numbers and days ------------------------------------------------------------------------ */

static void numbers(void **state)
{
	static const struct {
		const char *text;
		bool is;
		int64_t v;
	} ROW[] = {{"1", true, 10000}, {"-1.5", true, -15000}, {".5", true, 5000},
		{"5.", true, 50000}, {"0.12345", true, 1234},
		{"100000000000000", true, INT64_C(1000000000000000000)}, {"", false, 0},
		{"-", false, 0}, {".", false, 0}, {"+1", false, 0}, {"1.2.3", false, 0},
		{"1e3", false, 0}, {"1 000", false, 0}, {"10000000000000000", false, 0}};
	static const struct {
		int64_t v;
		int decimals;
		const char *text;
	} BACK[] = {{10000, 0, "1"}, {-15000, 1, "-1.5"}, {123456, 2, "12.34"}, {5000, 2, "0.50"},
		{10000, 9, "1.0000"}, {-1, 4, "-0.0001"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		int64_t v = 0;
		if (ops_num(str_c(ROW[i].text), &v) != ROW[i].is || (ROW[i].is && v != ROW[i].v))
			fail_msg("%s: %lld", ROW[i].text, (long long)v);
	}
	for (size_t i = 0; i < ARRAY_N(BACK); i++) {
		begin();
		ops_num_text(&out, BACK[i].v, BACK[i].decimals);
		assert_string_equal(drawn(), BACK[i].text);
	}
}

static void short_numbers(void **state)
{
	static const struct {
		int64_t tenths; /* of one */
		const char *text;
	} ROW[] = {{0, "0"}, {15, "1.5"}, {-15, "-1.5"}, {99990, "9999"}, {100000, "10k"},
		{123450, "12.3k"}, {1234560, "123k"}, {-100000, "-10k"}, {12345670, "1.2M"},
		{10000000, "1M"}, {INT64_C(25000000000), "2.5G"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		begin();
		ops_short(&out, ROW[i].tenths * (OPS_ONE / 10));
		assert_string_equal(drawn(), ROW[i].text);
	}
}

static void parts(void **state)
{
	static const struct {
		int64_t v, all;
		const char *text;
	} ROW[] = {{1, 8, "12.5\u00a0%"}, {0, 5, "0.0\u00a0%"}, {2, 3, "66.7\u00a0%"},
		{3, 2, "150.0\u00a0%"}, {1, 0, "\u2013"}, {1, -4, "\u2013"},
		{INT64_MAX, INT64_MAX, "100.0\u00a0%"}};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		begin();
		ops_percent(&out, ROW[i].v, ROW[i].all);
		assert_string_equal(drawn(), ROW[i].text);
	}
}

static void days(void **state)
{
	static const char *const BAD[] = {"", "2026-11", "2026-02-30", "yesterday!", "2026/11/30"};
	int32_t day, later;
	(void)state;
	assert_true(ops_day(STR("2026-11-30"), &day));
	assert_true(ops_day(STR("2026-12-01 00:00:00+00"), &later));
	assert_int_equal(later - day, 1);
	begin();
	ops_day_text(&out, day);
	buf_addc(&out, ", ");
	ops_month_text(&out, later);
	assert_string_equal(drawn(), "30 Nov, Dec 2026");
	assert_int_equal(ops_year(day), 2026);
	for (size_t i = 0; i < ARRAY_N(BAD); i++)
		if (ops_day(str_c(BAD[i]), &day))
			fail_msg("%s", BAD[i]);
}

static void scales(void **state)
{
	static const struct {
		int64_t span;
		int n;
		int64_t step;
	} NICE[] = {{0, 4, 1}, {3, 4, 1}, {4, 4, 2}, {10, 4, 5}, {30, 4, 10}, {100, 4, 50},
		{200, 5, 50}};
	const struct ops_scale s = {.lo = -10, .hi = 10, .from = 100, .to = 0},
			       flat = {.lo = 5, .hi = 5, .from = 7, .to = 90};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(NICE); i++)
		if (ops_nice(NICE[i].span, NICE[i].n) != NICE[i].step)
			fail_msg("%lld", (long long)NICE[i].span);
	assert_true(ops_nice(INT64_MAX, 1) > INT64_MAX / 1000); /* it ends */
	assert_int_equal(ops_at(&s, -10), 100);
	assert_int_equal(ops_at(&s, 0), 50);
	assert_int_equal(ops_at(&s, 10), 0);
	assert_int_equal(ops_at(&flat, 5), 7);
}

/* --- which columns, which groups ------------------------------------------------------------- */

static void columns_that_lack(void **state)
{
	static const struct {
		const char *report;
		enum ops_kind kind;
		const char *columns;
		bool fits;
	} ROW[] = {
		{"income", OPS_COLUMNS, "site:t currency:t mode:t day:t net:n", true},
		{"income", OPS_COLUMNS, "site:t currency:t mode:t day:t gross:n", false},
		{"income", OPS_COLUMNS, "site:t currency:t mode:t net:n", false},
		{"income", OPS_COLUMNS, "site:t mode:t day:t net:n", false},
		{"funnel", OPS_STEPS,
			"site:t followed:w viewed:w clicked:w seen_pledged:w seen_paid:w", true},
		{"funnel", OPS_STEPS,
			"mode:t followed:w viewed:w clicked:w seen_pledged:w seen_paid:w", false},
		{"experiments", OPS_RANGES,
			"site:t campaign:t version:t mode:t variant:t difference:n "
			"difference~low:n difference~high:n",
			false},
		{"book", OPS_BRIDGE, "site:t currency:t mode:t line:t", false},
		{"book", OPS_BRIDGE, "site:t currency:t mode:t line:t monthly:n", true},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct rows *r = made_rows(ROW[i].columns);
		if (ops_columns(data, chart(ROW[i].report, ROW[i].kind), r) != ROW[i].fits)
			fail_msg("row %zu", i);
		rows_free(r);
	}
}

static void groups(void **state)
{
	const struct ops_chart *c = chart("webhooks", OPS_LINES);
	struct rows *r = made_rows("provider:t day:t lag_p50_s:n lag_p95_s:n lag_max_s:n");
	(void)state;
	for (int i = 0; i < 14; i++) {
		char cells[80];
		snprintf(cells, sizeof cells, "p%d|2026-11-%02d|%d|2|3", i % 7, 1 + i / 7, i);
		made_row(r, cells);
	}
	assert_true(ops_columns(data, c, r));
	for (size_t nth = 0; nth < OPS_GROUPS_MAX; nth++) {
		char name[8];
		snprintf(name, sizeof name, "p%zu", nth);
		assert_true(ops_group(data, c, r, nth));
		assert_string_equal(data->title, name);
		assert_int_equal(data->n, 2);
		assert_int_equal(data->p[1].v[0], (int64_t)(nth + 7) * OPS_ONE);
	}
	assert_false(ops_group(data, c, r, OPS_GROUPS_MAX)); /* the seventh is not drawn */
	assert_true(ops_more(c, r));
	rows_free(r);
	r = made_rows("provider:t day:t lag_p50_s:n lag_p95_s:n lag_max_s:n");
	assert_false(ops_group(data, c, r, 0));
	assert_false(ops_more(c, r));
	rows_free(r);
}

static void rows_of_a_day_are_added_up(void **state)
{
	const struct ops_chart *c = chart("income", OPS_COLUMNS);
	struct rows *r = made_rows("site:t currency:t mode:t day:t net:n");
	(void)state;
	made_row(r, "demo|EUR|live|2026-11-01|1.5");
	made_row(r, "demo|EUR|live|2026-11-01|2.25");
	made_row(r, "demo|EUR|live|2026-11-01|-");
	made_row(r, "demo|EUR|live|2026-11-01|much");
	made_row(r, "demo|EUR|test|2026-11-01|100");
	made_row(r, "demo|EUR|live|2026-11-02|-");
	assert_true(ops_columns(data, c, r));
	assert_true(ops_group(data, c, r, 0));
	assert_string_equal(data->title, "demo, EUR, live");
	assert_int_equal(data->n, 2);
	assert_int_equal(data->p[0].v[0], 37500);
	assert_int_equal(data->s[0].decimals, 2);
	assert_false(data->p[1].has[0]);
	assert_true(data->days);
	rows_free(r);
}

static void too_many_points_are_cut(void **state)
{
	const struct ops_chart *c = chart("income", OPS_COLUMNS),
			       *recent = chart("income_year", OPS_RECENT);
	struct rows *r = made_rows("site:t currency:t mode:t day:t net:n gross:n last_gross:n");
	(void)state;
	for (int i = 0; i < OPS_POINTS_MAX + 5; i++) {
		char cells[80];
		snprintf(cells, sizeof cells, "demo|EUR|live|d%d|%d|%d|1", i, i, i);
		made_row(r, cells);
	}
	assert_true(ops_columns(data, c, r));
	assert_true(ops_group(data, c, r, 0));
	assert_int_equal(data->n, OPS_POINTS_MAX);
	assert_true(data->cut);
	assert_false(data->days);
	assert_true(ops_columns(data, recent, r));
	assert_true(ops_group(data, recent, r, 0));
	assert_int_equal(data->n, OPS_RECENT_N);
	assert_int_equal(data->p[OPS_RECENT_N - 1].v[0], (OPS_POINTS_MAX - 1) * OPS_ONE);
	rows_free(r);
}

/* --- drawings -------------------------------------------------------------------------------- */

static void columns_up_and_down(void **state)
{
	const struct ops_chart *c = chart("income", OPS_COLUMNS);
	struct rows *r = made_rows("site:t currency:t mode:t day:t net:n");
	(void)state;
	made_row(r, "demo|EUR|live|2026-11-01|10");
	made_row(r, "demo|EUR|live|2026-11-02|-4.5");
	made_row(r, "demo|EUR|live|2026-11-03|-");
	draw(c, r, "2026-12-31");
	assert_int_equal(count("class=\"s0\""), 1);
	assert_int_equal(count("class=\"down\""), 1);
	assert_int_equal(count("data-v="), 2); /* nothing stands for what is not known */
	assert_non_null(strstr(drawn(), "<title>2026-11-02: -4.5</title>"));
	assert_int_equal(count("class=\"soon\""), 0);
	assert_int_equal(count(">1 Nov<"), 1);
	draw(c, r, "2026-11-04");
	assert_int_equal(count("class=\"soon\""), 1); /* the newest days may still change */
	rows_free(r);
}

static void one_point_alone(void **state)
{
	const struct ops_chart *c = chart("income", OPS_COLUMNS);
	struct rows *r = made_rows("site:t currency:t mode:t day:t net:n");
	(void)state;
	made_row(r, "demo|EUR|live|2026-11-01|0");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("data-v=\"0\""), 1);
	assert_int_equal(count(">1 Nov<"), 1);
	assert_null(strstr(drawn(), "nan"));
	rows_free(r);
	r = made_rows("site:t currency:t mode:t day:t net:n");
	made_row(r, "demo|EUR|live|the whole of it, as it were|-7");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("class=\"down\""), 1);
	assert_int_equal(count(">the whole <"), 1); /* no day: as much as there is room for */
	rows_free(r);
}

/* Sums so far begin anew with the year; a gap is no line. */
static void lines_that_break(void **state)
{
	const struct ops_chart *c = chart("income_year", OPS_LINES);
	struct rows *r = made_rows("site:t currency:t mode:t day:t to_date:n last_to_date:n");
	(void)state;
	made_row(r, "demo|EUR|live|2025-12-30|10|1");
	made_row(r, "demo|EUR|live|2025-12-31|12|-");
	made_row(r, "demo|EUR|live|2026-01-01|1|2");
	made_row(r, "demo|EUR|live|2026-01-02|2|3");
	draw(c, r, "2026-06-01");
	const char *first = strstr(drawn(), "<path class=\"l0\" d=\"");
	const char *second = strstr(drawn(), "<path class=\"l1\" d=\"");
	assert_non_null(first);
	assert_non_null(second);
	size_t moves[2] = {0, 0};
	for (const char *p = first; *p != '/'; p++)
		moves[0] += *p == 'M';
	for (const char *p = second; *p != '/'; p++)
		moves[1] += *p == 'M';
	assert_int_equal(moves[0], 2);
	assert_int_equal(moves[1], 2);
	assert_int_equal(count("<circle"), 7);
	begin();
	ops_legend(&out, c, data);
	assert_int_equal(count("<li class="), 2);
	begin();
	ops_legend(&out, chart("income", OPS_COLUMNS), data);
	assert_string_equal(drawn(), "");
	rows_free(r);
}

static void a_long_time_is_told_by_months(void **state)
{
	const struct ops_chart *c = chart("webhooks", OPS_LINES);
	struct rows *r = made_rows("provider:t day:t lag_p50_s:n lag_p95_s:n lag_max_s:n");
	(void)state;
	for (int i = 0; i < 200; i++) {
		BUF_ON(cells, 80);
		char text[90];
		clock_format(&cells, utc_of_s(INT64_C(1767225600) + i * 86400));
		snprintf(text, sizeof text, "stripe|%.10s|%d|2|3", cells_mem, i % 9);
		made_row(r, text);
	}
	draw(c, r, "2026-12-31");
	assert_int_equal(count(">Jan 2026<"), 1);
	assert_int_equal(count("<circle"), 0); /* too many for a mark each */
	begin();
	ops_figures(&out, c, data);
	assert_int_equal(count("class=\"figures many\""), 1);
	rows_free(r);
}

static void steps_and_their_parts(void **state)
{
	const struct ops_chart *c = chart("funnel", OPS_STEPS);
	struct rows *r =
		made_rows("site:t mode:t followed:w viewed:w clicked:w seen_pledged:w seen_paid:w");
	(void)state;
	made_row(r, "demo|live|200|100|0|0|-");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("class=\"s0\""), 5);
	assert_int_equal(count(">50.0\u00a0%<"), 1);
	begin();
	ops_figures(&out, c, data);
	assert_non_null(strstr(drawn(), "<th scope=\"row\">viewed</th><td class=\"n\">100</td><td "
					"class=\"n\">50.0\u00a0%</td>"));
	/* of nothing there is no part, and what is not known is a dash */
	assert_int_equal(count("\u2013"), 3);
	rows_free(r);
}

static void a_bridge(void **state)
{
	const struct ops_chart *c = chart("book", OPS_BRIDGE);
	struct rows *r = made_rows("site:t currency:t mode:t line:t monthly:n");
	(void)state;
	made_row(r, "demo|EUR|live|opening|100");
	made_row(r, "demo|EUR|live|new|50");
	made_row(r, "demo|EUR|live|lowered|-20");
	made_row(r, "demo|EUR|live|of another kind|9");
	made_row(r, "demo|EUR|live|closing|130");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("class=\"s0\""), 2);
	assert_int_equal(count("class=\"down\""), 1);
	assert_non_null(strstr(drawn(), ">+50<"));
	assert_non_null(strstr(drawn(), ">\u221220<"));
	assert_null(strstr(drawn(), "another"));
	rows_free(r);
}

static void ranges(void **state)
{
	const struct ops_chart *c = chart("experiments", OPS_RANGES);
	struct rows *r = made_rows("site:t campaign:t version:t mode:t variant:t verdict:t "
				   "difference:n difference~low:n difference~high:n");
	(void)state;
	made_row(r, "demo|c|1|live|a|-|-|-|-");
	made_row(r, "demo|c|1|live|b|better <so far>|1.5|-0.5|3.5");
	made_row(r, "demo|c|1|live|c|nobody knows|-2|-|-");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("class=\"range\""), 3); /* a line and its two ends */
	assert_int_equal(count("<circle"), 2);
	assert_non_null(strstr(drawn(), "b: better &lt;so far&gt;"));
	assert_non_null(strstr(drawn(), ">a: <"));
	begin();
	ops_figures(&out, c, data);
	assert_int_equal(count("<th scope=\"row\">"), 3);
	rows_free(r);
}

static void a_grid(void **state)
{
	const struct ops_chart *c = chart("cohorts", OPS_GRID);
	struct rows *r = made_rows("site:t mode:t interval:t cohort:t m:w gave~%:n");
	(void)state;
	made_row(r, "demo|live|month|2026-01|0|100");
	made_row(r, "demo|live|month|2026-01|1|42.4");
	made_row(r, "demo|live|month|2026-01|13|1"); /* behind the edge */
	made_row(r, "demo|live|month|2026-02|-1|1");
	made_row(r, "demo|live|month|2026-02|0|-");
	made_row(r, "demo|live|month|2026-02|1|-5");
	made_row(r, "demo|live|month|2026-02|-|1");
	draw(c, r, "2026-11-01");
	assert_int_equal(count("data-v="), 3);
	assert_int_equal(count("class=\"q4\""), 1);
	assert_int_equal(count("class=\"q2\""), 1);
	assert_int_equal(count("class=\"q0\""), 1);
	assert_int_equal(count("<g class=\"on\">"), 1);
	assert_int_equal(count(">2026-01<"), 1);
	assert_int_equal(count(">2026-02<"), 1);
	rows_free(r);
}

/* --- a report's own rows --------------------------------------------------------------------- */

static void the_rows_as_they_are(void **state)
{
	struct rows *r = made_rows("name:t n:w open:b at:m alarm:b check:t");
	struct rows *wide =
		made_rows("a:t b:t c:t d:t e:t f:t g:t h:t i:t j:t k:t l:t m:t n:t o:t");
	(void)state;
	made_row(r, "<b>|5|t|2026-11-23 20:30:00.12+00|t|ok");
	made_row(r,
		"a text that is so long that its lines may be broken somewhere|-|f|soon|f|12 more");
	made_row(r, "-|-1|-|-|-|-");
	begin();
	ops_rows_head(&out, r);
	ops_rows(&out, r, 0, 3);
	assert_non_null(strstr(drawn(), "<table>\n"));
	assert_non_null(strstr(drawn(), "<td>&lt;b&gt;</td><td class=\"n\">5</td><td>yes</td>"
					"<td>2026-11-23 20:30\u00a0UTC</td>"));
	assert_int_equal(count("<td class=\"w\">"), 1);
	assert_int_equal(count("<td class=\"warn\">"), 2);
	assert_int_equal(count("\u2013"), 6);
	assert_int_equal(ops_check(r), 1);
	begin();
	ops_rows_head(&out, wide);
	assert_non_null(strstr(drawn(), "<table class=\"wide\">"));
	assert_int_equal(ops_check(wide), -1);
	rows_free(wide);
	rows_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(short_numbers),
		cmocka_unit_test(parts),
		cmocka_unit_test(days),
		cmocka_unit_test(scales),
		cmocka_unit_test(columns_that_lack),
		cmocka_unit_test(groups),
		cmocka_unit_test(rows_of_a_day_are_added_up),
		cmocka_unit_test(too_many_points_are_cut),
		cmocka_unit_test(columns_up_and_down),
		cmocka_unit_test(one_point_alone),
		cmocka_unit_test(lines_that_break),
		cmocka_unit_test(a_long_time_is_told_by_months),
		cmocka_unit_test(steps_and_their_parts),
		cmocka_unit_test(a_bridge),
		cmocka_unit_test(ranges),
		cmocka_unit_test(a_grid),
		cmocka_unit_test(the_rows_as_they_are),
	};
	return cmocka_run_group_tests_name("web_ops", tests, setup, teardown);
}
