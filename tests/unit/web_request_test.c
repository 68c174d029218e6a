/* tests/unit/web_request_test.c: what is read of a request, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/request.h"

static struct arena arena;

static int setup(void **state)
{
	(void)state;
	return arena_init(&arena, 1 << 16) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* --- parameters ------------------------------------------------------------------------------ */

static const char *given[2];

static const char *get(void *arg, const char *name)
{
	(void)arg;
	return strcmp(name, given[0]) == 0 ? given[1] : NULL;
}

static void parameters(void **state)
{
	static char longest[8194];
	struct request q;
#define X(member, name, max)                                                                       \
	memset(longest, 'x', sizeof longest);                                                      \
	longest[max] = '\0';                                                                       \
	given[0] = name;                                                                           \
	given[1] = longest;                                                                        \
	memset(&q, 0xff, sizeof q);                                                                \
	request_fill(&q, get, NULL);                                                               \
	assert_int_equal(q.member.n, max);                                                         \
	memset(longest, 'x', sizeof longest);                                                      \
	longest[(max) + 1] = '\0';                                                                 \
	request_fill(&q, get, NULL);                                                               \
	assert_int_equal(q.member.n, 0);
	(void)state;
#include "web/param.def"
#undef X
	given[0] = "";
	request_fill(&q, get, NULL);
#define X(member, name, max) assert_int_equal(q.member.n, 0);
#include "web/param.def"
#undef X
}

/* --- fields ---------------------------------------------------------------------------------- */

#define X8 "xxxxxxxx"

static const struct row {
	const char *text;
	enum err want, strict; /* both ways of asking */
	const char *a, *b;     /* values; NULL: absent */
} ROWS[] = {
	{"", OK, OK, NULL, NULL},
	{"a=", OK, OK, "", NULL},
	{"a", OK, OK, "", NULL},
	{"a=1", OK, OK, "1", NULL},
	{"a=1&b=2", OK, OK, "1", "2"},
	{"b=2&a=1", OK, OK, "1", "2"},
	{"&&a=1&&b=2&&", OK, OK, "1", "2"},
	{"a=1=2", OK, OK, "1=2", NULL},
	{"a==", OK, OK, "=", NULL},
	{"a=%41%6a%6A", OK, OK, "Ajj", NULL},
	{"a=x+y%20z%2B", OK, OK, "x y z+", NULL},
	{"%61=1", OK, OK, "1", NULL},
	{"a=%D1%8F", OK, OK, "\xd1\x8f", NULL},
	{"a=\xd1\x8f", OK, OK, "\xd1\x8f", NULL},
	{"a=1;b=2", OK, OK, "1;b=2", NULL},
	{"a=%26b%3d2", OK, OK, "&b=2", NULL},
	{"a=%0d%0a", OK, OK, "\r\n", NULL},
	{"A=1", OK, ERR_UNKNOWN_FIELD, NULL, NULL},
	{"=1", OK, ERR_UNKNOWN_FIELD, NULL, NULL},
	{"c=1&a=2", OK, ERR_UNKNOWN_FIELD, "2", NULL},
	{"ab=1", OK, ERR_UNKNOWN_FIELD, NULL, NULL},
	{"a%00=1", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	/* broken escapes */
	{"a=%", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%4", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=1%4", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%4&b=1", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%4g", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%+1", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%u0041", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"a=%%41", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	{"%=1", ERR_BAD_FORM, ERR_BAD_FORM, NULL, NULL},
	/* twice */
	{"a=1&a=1", ERR_DUPLICATE_FIELD, ERR_DUPLICATE_FIELD, NULL, NULL},
	{"a=1&b=2&a=", ERR_DUPLICATE_FIELD, ERR_DUPLICATE_FIELD, NULL, NULL},
	{"a&a", ERR_DUPLICATE_FIELD, ERR_DUPLICATE_FIELD, NULL, NULL},
	{"a=1&%61=2", ERR_DUPLICATE_FIELD, ERR_DUPLICATE_FIELD, NULL, NULL},
	{"c=1&c=2", OK, ERR_UNKNOWN_FIELD, NULL, NULL},
	/* no UTF-8: alone, overlong, surrogate, beyond the last, NUL, cut */
	{"a=%ff", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=%c0%80", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=%ed%a0%80", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=%f4%90%80%80", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=x%00y", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=%d1", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"a=%d1&b=%8f", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	{"\xff=1", ERR_BAD_UTF8, ERR_BAD_UTF8, NULL, NULL},
	/* length counts what was meant, not how it was written */
	{"a=" X8, OK, OK, X8, NULL},
	{"a=%78%78%78%78%78%78%78%78", OK, OK, X8, NULL},
	{"a=" X8 "x", ERR_FIELD_TOO_LONG, ERR_FIELD_TOO_LONG, NULL, NULL},
	{"b=" X8 X8 X8 X8, ERR_FIELD_TOO_LONG, ERR_FIELD_TOO_LONG, NULL, NULL},
	{"c=" X8 X8 X8 X8, OK, ERR_UNKNOWN_FIELD, NULL, NULL},
};

static void is_field(const struct field *f, const char *want, const char *text)
{
	if (f->has != (want != NULL) || !str_is(f->value, want ? want : ""))
		fail_msg("%s: %s is \"%.*s\"", text, f->name, STR_FMT(f->value));
}

static enum err read_fields(const char *text, struct field f[2], bool strict, struct fault *fault)
{
	f[0] = (struct field){.name = "a", .max = 8, .has = true, .value = STR("before")};
	f[1] = (struct field){.name = "b", .max = 20};
	arena_reset(&arena);
	return request_fields(str_c(text), f, 2, strict, &arena, fault);
}

static void fields(void **state)
{
	struct field f[2];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		const struct row *r = &ROWS[i];
		struct fault fault = {0};
		enum err e = read_fields(r->text, f, false, &fault);
		if (e != r->want)
			fail_msg("%s: %s", r->text, err_slug(e));
		assert_int_equal(fault.err, e);
		if (e == OK) {
			is_field(&f[0], r->a, r->text);
			is_field(&f[1], r->b, r->text);
		}
		e = read_fields(r->text, f, true, NULL);
		if (e != r->strict)
			fail_msg("%s, strictly: %s", r->text, err_slug(e));
	}
}

static void the_fault_names_the_field(void **state)
{
	struct field f[2];
	struct fault fault = {0};

	(void)state;
	assert_int_equal(read_fields("a=1&b=" X8 X8 X8, f, false, &fault), ERR_FIELD_TOO_LONG);
	assert_string_equal(fault.field, "b");
	assert_int_equal(read_fields("b=%", f, false, &fault), ERR_BAD_FORM);
	assert_string_equal(fault.field, "b");
	assert_int_equal(read_fields("b=1&b=2", f, false, &fault), ERR_DUPLICATE_FIELD);
	assert_string_equal(fault.field, "b");
	/* what the sender made up is not repeated */
	assert_int_equal(read_fields("secret=1", f, true, &fault), ERR_UNKNOWN_FIELD);
	assert_null(strstr(fault.field, "secret"));
	assert_null(strstr(fault.detail, "secret"));
}

static void sixty_four_fields(void **state)
{
	char text[65 * 6 + 1] = "";
	struct field f[2];

	(void)state;
	for (int i = 0; i < 63; i++)
		sprintf(text + strlen(text), "x%d=1&", i);
	strcat(text, "a=1");
	assert_int_equal(read_fields(text, f, false, NULL), OK);
	is_field(&f[0], "1", text);
	strcat(text, "&b=1");
	assert_int_equal(read_fields(text, f, false, NULL), ERR_BAD_FORM);
}

static void no_memory(void **state)
{
	struct field f = {.name = "a", .max = 8};

	(void)state;
	for (long n = 1; n <= 2; n++) {
		arena_reset(&arena);
		arena_fail_at(&arena, n);
		assert_int_equal(
			request_fields(STR("a=1"), &f, 1, true, &arena, NULL), ERR_NO_MEMORY);
	}
	arena_fail_at(&arena, 0);
}

/* --- cookies --------------------------------------------------------------------------------- */

static void cookies(void **state)
{
	static const char *const ROW[][2] = {
		{"", ""},
		{"pledged=v", "v"},
		{" pledged=v ", "v"},
		{"a=1; pledged=v; b=2", "v"},
		{"a=1;pledged=v;b=2", "v"},
		{"a=1;\tpledged=v", "v"},
		{"pledged=v1.k1.x.y=", "v1.k1.x.y="},
		{"pledged=", ""},
		{"pledged", ""},
		{"pledged ; x=1", ""},
		{"Pledged=v", ""},
		{"xpledged=v", ""},
		{"pledgedx=v", ""},
		{"__Host-pledged=v", ""},
		{"a=pledged=v", ""},
		{"a=\"; pledged=v\"", "v\""},
		{"pledged=v; pledged=w", ""},
		{"pledged=v; pledged=v", ""},
		{"pledged=; pledged=v", ""},
		{"pledged=v; Pledged=w", "v"},
		{";;; pledged=v;;;", "v"},
		{"=; pledged=v", "v"},
		{"pledged=v, pledged=w", "v, pledged=w"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {.cookie = str_c(ROW[i][0])};
		struct str v = request_cookie(&q, "pledged");
		if (!str_is(v, ROW[i][1]))
			fail_msg("%s: \"%.*s\"", ROW[i][0], STR_FMT(v));
	}
}

/* --- where it comes from --------------------------------------------------------------------- */

static void origins(void **state)
{
	static const char *const ROW[][4] = {
		{"http", "paper.example", "80", "http://paper.example"},
		{"http", "paper.example", "8080", "http://paper.example:8080"},
		{"http", "paper.example", "443", "http://paper.example:443"},
		{"https", "paper.example", "443", "https://paper.example"},
		{"https", "paper.example", "80", "https://paper.example:80"},
		{"https", "paper.example", "8443", "https://paper.example:8443"},
		{"https", "paper.example", "", "https://paper.example"},
		{"", "127.0.0.1", "8080", "http://127.0.0.1:8080"},
	};
	struct buf b;
	char mem[64];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {.scheme = str_c(ROW[i][0]),
			.host = str_c(ROW[i][1]),
			.port = str_c(ROW[i][2])};
		buf_init(&b, mem, sizeof mem);
		assert_int_equal(request_origin(&q, &b), OK);
		if (!str_is(buf_str(&b), ROW[i][3]))
			fail_msg("%.*s, not %s", STR_FMT(buf_str(&b)), ROW[i][3]);
	}
	struct request q = {.scheme = STR("https"), .host = STR("paper.example")};
	buf_init(&b, mem, 20);
	assert_int_equal(request_origin(&q, &b), ERR_TOO_LONG);
}

static void same_site(void **state)
{
	static const struct {
		const char *site, *origin, *own;
		bool fine;
	} ROW[] = {
		{"same-origin", "", "", true},
		{"none", "", "", true},
		{"same-origin", "https://evil.example", "", true}, /* the browser's word on it */
		{"same-site", "https://paper.example", "", false},
		{"cross-site", "https://paper.example", "", false},
		{"cross-site", "", "https://paper.example", false},
		{"Same-Origin", "https://paper.example", "", false},
		{"same-origin, none", "https://paper.example", "", false},
		{"", "https://paper.example", "", true},
		{"", "https://paper.example:443", "", false},
		{"", "https://paper.example/", "", false},
		{"", "https://paper.example.evil.example", "", false},
		{"", "https://aper.example", "", false},
		{"", "http://paper.example", "", false},
		{"", "HTTPS://paper.example", "", false},
		{"", "https://evil.example", "", false},
		{"", "null", "", false},
		{"", "", "", false},
		{"", "", "https://www.example", false},
		{"", "https://www.example", "https://www.example", true},
		{"", "https://www.example:1", "https://www.example", false},
		{"", "https://paper.example", "https://www.example", true},
		{"", "https://evil.example", "https://www.example", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {.scheme = STR("https"),
			.host = STR("paper.example"),
			.port = STR("443"),
			.fetch_site = str_c(ROW[i].site),
			.origin = str_c(ROW[i].origin)};
		struct fault f = {0};
		enum err e = request_same_site(&q, str_c(ROW[i].own), &f);
		if (e != (ROW[i].fine ? OK : ERR_ORIGIN_REFUSED))
			fail_msg("row %zu: %s %s %s", i, ROW[i].site, ROW[i].origin, err_slug(e));
		assert_int_equal(f.err, e);
		assert_null(strstr(f.detail, "evil"));
	}
}

/* --- what counts, and what the reader wants -------------------------------------------------- */

static void counts(void **state)
{
	struct request get = {.method = STR("GET")}, q;

	(void)state;
	assert_true(request_counts(&get));
	q = get;
	q.reader_method = STR("GET");
	assert_true(request_counts(&q));
	q.reader_method = STR("HEAD");
	assert_false(request_counts(&q));
	assert_false(request_is_head(&q));
	q.reader_method = STR("POST");
	assert_false(request_counts(&q));
	q = get;
	q.method = STR("HEAD");
	assert_false(request_counts(&q));
	assert_true(request_is_head(&q));
	q = get;
	q.range = STR("bytes=0-");
	assert_false(request_counts(&q));
	q = get;
	q.purpose = STR("prefetch");
	assert_false(request_counts(&q));
}

static void led_by_another_site(void **state)
{
	static const struct {
		const char *site, *accept;
		bool foreign, led;
	} SITES[] = {
		{"same-origin", "*/*", false, false},
		{"same-origin", "text/html", false, false},
		{"none", "text/html", false, false},
		{"cross-site", "*/*", true, true},
		{"same-site", "*/*", true, true},
		{"unheard-of", "*/*", true, true},
		{"", "*/*", false, false},
		{"", "application/json", false, false},
		{"", "", false, false},
		{"", "text/html,application/xhtml+xml", false, true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(SITES); i++) {
		struct request q = {
			.fetch_site = str_c(SITES[i].site), .accept = str_c(SITES[i].accept)};
		assert_int_equal(request_is_foreign(&q), SITES[i].foreign);
		assert_int_equal(request_is_led(&q), SITES[i].led);
	}
}

static void wants_html(void **state)
{
	static const struct {
		const char *accept;
		bool html;
	} ROW[] = {
		{"", false},
		{"*/*", false},
		{"text/html", true},
		{"TEXT/HTML", true},
		{"text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true},
		{"application/json", false},
		{"application/json, text/html", false},
		{"text/html, application/json", true},
		{" text/html ; q=0.5", true},
		{"text/htmlx", false},
		{"image/png,text/html", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {.accept = str_c(ROW[i].accept)};
		if (request_wants_html(&q) != ROW[i].html)
			fail_msg("%s", ROW[i].accept);
	}
}

static void kinds(void **state)
{
	static const struct {
		const char *type;
		enum request_kind kind;
	} ROW[] = {
		{"", REQUEST_OTHER},
		{"application/json", REQUEST_JSON},
		{"Application/JSON; charset=UTF-8", REQUEST_JSON},
		{"application/json;charset=latin1", REQUEST_OTHER},
		{"application/x-www-form-urlencoded", REQUEST_FORM},
		{" application/x-www-form-urlencoded ; x=y", REQUEST_FORM},
		{"multipart/form-data; boundary=x", REQUEST_OTHER},
		{"application/jsonx", REQUEST_OTHER},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {.content_type = str_c(ROW[i].type)};
		if (request_kind(&q) != ROW[i].kind)
			fail_msg("%s", ROW[i].type);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parameters),
		cmocka_unit_test(fields),
		cmocka_unit_test(the_fault_names_the_field),
		cmocka_unit_test(sixty_four_fields),
		cmocka_unit_test(no_memory),
		cmocka_unit_test(cookies),
		cmocka_unit_test(origins),
		cmocka_unit_test(same_site),
		cmocka_unit_test(counts),
		cmocka_unit_test(led_by_another_site),
		cmocka_unit_test(wants_html),
		cmocka_unit_test(kinds),
	};

	return cmocka_run_group_tests_name("web_request", tests, setup, teardown);
}
