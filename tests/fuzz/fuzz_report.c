/* tests/fuzz/fuzz_report.c: a report's script and its arguments. The first byte:
 *   s  lines name=value, an empty line, a script
 *   v  a value that stands in a query
 *   c  a cell of a CSV file, and of a table */
#include <stdio.h>

#include "app/report_script.h"
#include "fuzz.h"
#include "main/ctl_report_out.c"

/* --- scripts --------------------------------------------------------------------------------- */

static void arguments(struct script *s, struct str *text)
{
	struct str line, name;

	while (str_cut(text, '\n', &line) && line.n > 0) {
		if (!str_cut(&line, '=', &name))
			continue;
		enum err e = script_set(s, name, line);
		const struct script_var *v = script_get(s, name);
		CHECK(e == OK || e == ERR_TOO_LONG || e == ERR_TOO_MANY || e == ERR_BAD_UTF8);
		if (e == OK)
			CHECK(v && v->n == line.n && memcmp(v->value, line.p, v->n) == 0);
	}
}

static void script(struct str text)
{
	static struct script s;
	static char sql[16384];
	struct fault f = {0};
	struct buf b;
	struct str param, all = text;

	script_init(&s, STR(""));
	arguments(&s, &all);
	for (size_t i = 0; script_param(all, i, &param); i++)
		CHECK(str_is_word(param, "_"));
	s.text = all;
	for (size_t step = 0; step <= all.n; step++) {
		enum script_step got;
		size_t at = s.at;
		buf_init(&b, sql, sizeof sql);
		enum err e = script_next(&s, &b, &got, &f);
		CHECK(s.at <= all.n && s.depth <= SCRIPT_DEPTH_MAX && s.var_n <= SCRIPT_VARS_MAX);
		if (e != OK) {
			CHECK(e == ERR_FIELD_BAD && f.err == e &&
				strncmp(f.detail, "line ", 5) == 0);
			return;
		}
		if (got == SCRIPT_END)
			return;
		CHECK(s.at > at && b.n > 0 && b.n <= sizeof sql);
	}
	CHECK(!"it comes to an end");
}

/* In a query it is one text: what is between its quotes, with doubled ones made single, is the
 * value. */
static void value_in_query(struct str v)
{
	static struct script s;
	static char sql[4096];
	struct fault f = {0};
	struct buf b;
	enum script_step got;

	script_init(&s, STR("SELECT :'x' || 1;"));
	if (script_set(&s, STR("x"), v) != OK)
		return;
	buf_init(&b, sql, sizeof sql);
	CHECK(script_next(&s, &b, &got, &f) == OK && got == SCRIPT_QUERY);
	struct str q = buf_str(&b);
	CHECK(str_starts(q, "SELECT '"));
	size_t i = 8, n = 0;
	for (;; i++, n++) {
		CHECK(i < q.n);
		if (q.p[i] == '\'' && (i + 1 == q.n || q.p[i + 1] != '\''))
			break;
		CHECK(n < v.n && q.p[i] == v.p[n]);
		i += q.p[i] == '\'';
	}
	CHECK(n == v.n && str_is((struct str){q.p + i, q.n - i}, "' || 1"));
}

/* --- cells ----------------------------------------------------------------------------------- */

/* What a function prints. */
static struct str printed(void (*print)(struct str), struct str s)
{
	static char *mem;
	static size_t n;
	FILE *was = stdout;

	free(mem);
	stdout = open_memstream(&mem, &n);
	CHECK(stdout);
	print(s);
	CHECK(fclose(stdout) == 0);
	stdout = was;
	return (struct str){mem, n};
}

/* Read as RFC 4180 says it is the cell again, or the cell behind a quote that disarms it. */
static void cell(struct str s)
{
	struct str csv = printed(print_csv, s), got = csv;
	static char plain[65536];
	size_t n = 0;
	bool quoted = csv.n >= 2 && csv.p[0] == '"';

	if (memchr(s.p, 0, s.n) || s.n > 8192)
		return; /* a text of PostgreSQL holds none */
	if (quoted)
		got = (struct str){csv.p + 1, csv.n - 2};
	CHECK(!quoted || csv.p[csv.n - 1] == '"');
	for (size_t i = 0; i < got.n; i++, n++) {
		CHECK(quoted || !strchr(",\"\r\n", got.p[i]));
		if (got.p[i] == '"') {
			CHECK(i + 1 < got.n && got.p[i + 1] == '"');
			i++;
		}
		plain[n] = got.p[i];
	}
	struct str back = {plain, n};
	bool formula = s.n > 0 && strchr("=+-@\t\r\n", s.p[0]);
	if (str_eq(back, s)) {
		/* only a number may begin like a formula */
		for (size_t i = 1; formula && i < s.n; i++)
			CHECK((s.p[i] >= '0' && s.p[i] <= '9') || s.p[i] == '.');
		CHECK(!formula || s.n > 1);
	} else {
		CHECK(n == s.n + 1 && plain[0] == '\'' && memcmp(plain + 1, s.p, s.n) == 0);
	}
	struct str shown = printed(print_clean, s);
	CHECK(str_is_clean(shown, false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str text = {(const char *)data + 1, size ? size - 1 : 0};

	if (size == 0)
		return 0;
	if (data[0] == 's')
		script(text);
	else if (data[0] == 'v')
		value_in_query(text);
	else if (data[0] == 'c')
		cell(text);
	return 0;
}
