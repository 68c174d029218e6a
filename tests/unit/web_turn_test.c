/* tests/unit/web_turn_test.c: where nginx is sent on, whatever bytes the address holds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/turn.h"

#define LINE "X-Accel-Redirect: "

static char head[4096], body[1024];

/* The redirect of an answer that the gate would have given; NULL when there is none. */
static const char *turned(
	const char *open_at, const char *wall_at, enum decide_act act, int *status)
{
	static char line[4096];
	struct request q = {.open_at = str_c(open_at), .wall_at = str_c(wall_at)};
	struct response r = {.status = act == ACT_WALL ? 403 : 204};

	buf_init(&r.head, head, sizeof head - 1);
	buf_init(&r.body, body, sizeof body);
	response_header(&r, "Set-Cookie", STR("pledged=x"));
	turn(&q, act, &r);
	assert_int_equal(buf_done(&r.head), OK);
	head[buf_str(&r.head).n] = '\0';
	assert_non_null(strstr(head, "Set-Cookie: pledged=x\r\n"));
	*status = r.status;
	char *at = strstr(head, LINE);
	if (!at) {
		assert_non_null(strstr(head, "Cache-Control: private, no-store\r\n"));
		return NULL;
	}
	assert_null(strstr(head, "Cache-Control"));
	assert_null(r.type);
	at += strlen(LINE);
	size_t n = strcspn(at, "\r\n");
	assert_memory_equal(at + n, "\r\n", 3);
	memcpy(line, at, n);
	line[n] = '\0';
	return line;
}

static void by_act(void **state)
{
	int status;
	(void)state;
	assert_string_equal(turned("@story", "@wall", ACT_OPEN, &status), "@story");
	assert_int_equal(status, 200);
	assert_string_equal(turned("@story", "@wall", ACT_PROMPT, &status), "@story");
	assert_int_equal(status, 200);
	assert_string_equal(turned("@story", "@wall", ACT_WALL, &status), "@wall");
	assert_int_equal(status, 200);
}

static const struct row {
	const char *at, *want; /* NULL: refused */
} ROWS[] = {
	{"@a-b_C9", "@a-b_C9"},
	{"/", "/"},
	{"/closed/en/news/a", "/closed/en/news/a"},
	{"/a//b/", "/a//b/"},
	{"/a.b/..c/d../...", "/a.b/..c/d../..."},
	{"/a b+c", "/a%20b%2Bc"},
	{"/a?b=c&d#e;f", "/a%3Fb%3Dc%26d%23e%3Bf"},
	{"/100%", "/100%25"},
	{"/%2e%2e/x", "/%252e%252e/x"},
	{"/a\r\nSet-Cookie: x=y\t\x7f\x01", "/a%0D%0ASet-Cookie%3A%20x%3Dy%09%7F%01"},
	{"/\xd0\x94\xff", "/%D0%94%FF"},
	{"/a\\..\\b\"'<>", "/a%5C..%5Cb%22%27%3C%3E"},
	{"/@wall", "/%40wall"},
	{"", NULL},
	{"@", NULL},
	{"@a b", NULL},
	{"@a\r\nX: y", NULL},
	{"@a/../b", NULL},
	{"story", NULL},
	{"http://other.example/", NULL},
	{"/..", NULL},
	{"/.", NULL},
	{"/a/../b", NULL},
	{"/a/./b", NULL},
	{"/../a", NULL},
	{"/a/..", NULL},
};

static void places(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		const struct row *w = &ROWS[i];
		int status;
		const char *got = turned(w->at, "@wall", ACT_OPEN, &status);
		if (w->want)
			assert_string_equal(got, w->want);
		else
			assert_null(got);
		/* what nginx opens the page for */
		assert_int_equal(status, w->want ? 200 : 404);
		got = turned("@story", w->at, ACT_WALL, &status);
		if (w->want)
			assert_string_equal(got, w->want);
		else
			assert_null(got);
		assert_int_equal(status, w->want ? 200 : 403);
	}
}

static void longest(void **state)
{
	static char at[513];
	int status;
	(void)state;
	memset(at, '\xff', sizeof at - 1);
	at[0] = '/';
	const char *got = turned(at, "@wall", ACT_OPEN, &status);
	assert_non_null(got);
	assert_int_equal(strlen(got), 1 + 3 * 511);
	assert_int_equal(status, 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(by_act),
		cmocka_unit_test(places),
		cmocka_unit_test(longest),
	};
	return cmocka_run_group_tests_name("web_turn", tests, NULL, NULL);
}
