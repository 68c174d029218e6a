/* The builder: what does not fit is told and never looks whole; three ways of escaping. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "base/buf.h"

static void text_grows_to_the_last_byte(void **state)
{
	(void)state;
	BUF_ON(b, 8);
	assert_int_equal(buf_done(&b), OK);
	assert_int_equal(buf_str(&b).n, 0);
	buf_add(&b, STR("ab"));
	buf_addc(&b, "cd");
	buf_byte(&b, 'e');
	buf_addf(&b, "%d", 12);
	buf_byte(&b, '!');
	assert_true(str_is(buf_str(&b), "abcde12!"));
	buf_add(&b, (struct str){NULL, 0});
	buf_addc(&b, NULL);
	buf_addc(&b, "");
	assert_int_equal(buf_done(&b), OK);
}

/* printf would have put its NUL in the place of the last character */
static void a_format_needs_one_byte_more(void **state)
{
	(void)state;
	BUF_ON(b, 3);
	buf_addf(&b, "%s", "abc");
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
	BUF_ON(c, 4);
	buf_addf(&c, "%s", "abc");
	assert_int_equal(buf_done(&c), OK);
	assert_true(str_is(buf_str(&c), "abc"));
}

/* After the first thing that did not fit nothing more is taken, however short. */
static void overflow_is_remembered(void **state)
{
	char *mem = malloc(4);

	(void)state;
	for (int how = 0; how < 4; how++) {
		struct buf b;
		buf_init(&b, mem, 4);
		buf_addc(&b, "abc");
		switch (how) {
		case 0: buf_add(&b, STR("de")); break;
		case 1: buf_addf(&b, "%s", "de"); break;
		case 2: buf_json(&b, STR("")); break;
		case 3: buf_url(&b, STR("/")); break;
		}
		assert_int_equal(buf_done(&b), ERR_TOO_LONG);
		buf_byte(&b, 'x');
		buf_addf(&b, "%s", "");
		assert_int_equal(buf_done(&b), ERR_TOO_LONG);
		assert_true(str_starts(buf_str(&b), "abc"));
		assert_null(memchr(b.p, 'x', b.n));
	}
	free(mem);
}

static void no_room_at_all(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, NULL, 0);
	buf_addc(&b, "");
	buf_addf(&b, "%s", "");
	assert_int_equal(buf_done(&b), OK);
	buf_addf(&b, "%d", 1);
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
	buf_init(&b, NULL, 0);
	buf_byte(&b, 'a');
	assert_int_equal(buf_done(&b), ERR_TOO_LONG);
}

typedef void escape(struct buf *, struct str);

struct row {
	struct str in;
	const char *out;
};

static void check(escape *fn, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		BUF_ON(b, 256);
		fn(&b, rows[i].in);
		assert_int_equal(buf_done(&b), OK);
		buf_byte(&b, 0);
		assert_string_equal(b.p, rows[i].out);

		/* one byte less than needed fails, just enough does not */
		for (size_t cap = 0; cap < b.n; cap++) {
			char *mem = malloc(cap ? cap : 1);
			struct buf small;
			buf_init(&small, mem, cap);
			fn(&small, rows[i].in);
			if (cap < b.n - 1)
				assert_int_equal(buf_done(&small), ERR_TOO_LONG);
			free(mem);
		}
	}
}

static void json(void **state)
{
	static const struct row rows[] = {
		{STR(""), "\"\""},
		{STR("plain \xc3\xa9 \xf0\x9f\x98\x80"), "\"plain \xc3\xa9 \xf0\x9f\x98\x80\""},
		{STR("\"\\/"), "\"\\\"\\\\/\""},
		{STR("\b\f\n\r\t"), "\"\\u0008\\u000c\\n\\r\\t\""},
		{STR("a\0b"), "\"a\\u0000b\""},
		{STR("\x1b[31m\x7f\xc2\x9b"), "\"\\u001b[31m\\u007f\\u009b\""},
		{STR("</script><!--&"), "\"\\u003c/script\\u003e\\u003c!--\\u0026\""},
		{STR("\xe2\x80\xa8\xe2\x80\xa9\xe2\x80\xaf"), "\"\\u2028\\u2029\xe2\x80\xaf\""},
		{STR("\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad\xe2\x80\xae"),
			"\"\\u202a\\u202b\\u202c\\u202d\\u202e\""},
		{STR("\xe2\x81\xa5\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9\xe2\x81\xaa"),
			"\"\xe2\x81\xa5\\u2066\\u2067\\u2068\\u2069\xe2\x81\xaa\""},
		{STR("\xe2\x80\x8d\xe2\x80\x8e\xe2\x80\x8f\xe2\x80\x90\xd8\x9c"),
			"\"\xe2\x80\x8d\\u200e\\u200f\xe2\x80\x90\\u061c\""},
		{STR("\xff\xc3"), "\"\\ufffd\\ufffd\""},
		{STR("\xed\xa0\x80x"), "\"\\ufffd\\ufffd\\ufffdx\""},
		{STR("\xc0\xaf"), "\"\\ufffd\\ufffd\""},
	};

	(void)state;
	check(buf_json, rows, ARRAY_N(rows));
}

/* Whatever the bytes, a reader gets JSON back. */
static void json_of_all_bytes_can_be_read(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned c = 0; c < 256; c += 3) {
			char in[2] = {(char)a, (char)c};
			BUF_ON(b, 32);
			buf_json(&b, (struct str){in, 2});
			json_auto_t *v =
				json_loadb(b.p, b.n, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
			assert_non_null(v);
		}
}

static void html(void **state)
{
	static const struct row rows[] = {
		{STR(""), ""},
		{STR("a \xc3\xa9/=;"), "a \xc3\xa9/=;"},
		{STR("<b a='1' c=\"2\">&amp;"), "&lt;b a=&#39;1&#39; c=&quot;2&quot;&gt;&amp;amp;"},
	};

	(void)state;
	check(buf_html, rows, ARRAY_N(rows));
}

static void url(void **state)
{
	static const struct row rows[] = {
		{STR(""), ""},
		{STR("azAZ09-._~"), "azAZ09-._~"},
		{STR(" +%/?#&=:@!$'()*,;"),
			"%20%2B%25%2F%3F%23%26%3D%3A%40%21%24%27%28%29%2A%2C%3B"},
		{STR("\xe2\x82\xac\xff"), "%E2%82%AC%FF"},
		{STR("\r\n\0"), "%0D%0A%00"},
	};

	(void)state;
	check(buf_url, rows, ARRAY_N(rows));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_grows_to_the_last_byte),
		cmocka_unit_test(a_format_needs_one_byte_more),
		cmocka_unit_test(overflow_is_remembered),
		cmocka_unit_test(no_room_at_all),
		cmocka_unit_test(json),
		cmocka_unit_test(json_of_all_bytes_can_be_read),
		cmocka_unit_test(html),
		cmocka_unit_test(url),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
