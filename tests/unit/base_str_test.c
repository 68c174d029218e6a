/* Slices: comparing, cutting, characters, numbers, alphabets; with everything hostile that fits in
 * a string. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/str.h"

static const struct str none = {NULL, 0};

/* A copy on the heap without NUL behind it, so that ASan sees one byte too far. */
static struct str exact(struct str s)
{
	char *p = malloc(s.n ? s.n : 1);

	assert_non_null(p);
	if (s.n)
		memcpy(p, s.p, s.n);
	return (struct str){p, s.n};
}

static void drop(struct str s)
{
	free((char *)s.p);
}

static void comparing(void **state)
{
	(void)state;
	assert_true(str_eq(none, STR("")));
	assert_true(str_eq(str_c(NULL), none));
	assert_null(str_c(NULL).p);
	assert_true(str_eq(STR("a\0b"), STR("a\0b")));
	assert_false(str_eq(STR("a\0b"), STR("a\0c")));
	assert_false(str_is(STR("a\0b"), "a"));
	assert_true(str_is(STR("ab"), "ab"));
	assert_false(str_is(STR("ab"), "abc"));
	assert_true(str_is(none, ""));
	assert_true(str_is_nocase(STR("AbZ[`@"), "aBz[`@"));
	assert_false(str_is_nocase(STR("["), "{"));
	assert_false(str_is_nocase(STR("@"), "`"));
	assert_false(str_is_nocase(STR("\xc3\x84"), "\xc3\xa4"));
	assert_false(str_is_nocase(STR("ab"), "a"));
	assert_true(str_starts(STR("abc"), "ab"));
	assert_true(str_starts(STR("abc"), ""));
	assert_true(str_starts(none, ""));
	assert_false(str_starts(STR("a"), "ab"));
	assert_false(str_starts(STR("xbc"), "ab"));
}

static void trimming(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"", ""},
		{" ", ""},
		{" \t \t", ""},
		{"a", "a"},
		{"  a b\t", "a b"},
		{"\na\n", "\na\n"},
		{"\xc2\xa0x", "\xc2\xa0x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		assert_true(str_is(str_trim(str_c(rows[i].in)), rows[i].out));
	assert_int_equal(str_trim(none).n, 0);
}

static void cutting(void **state)
{
	static const struct {
		const char *in, *parts[4];
	} rows[] = {
		{"", {NULL}},
		{"a", {"a"}},
		{"a,b", {"a", "b"}},
		{",", {""}},
		{",a", {"", "a"}},
		{"a,", {"a"}},
		{"a,,b", {"a", "", "b"}},
		{"a;b", {"a;b"}},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct str whole = exact(str_c(rows[i].in)), rest = whole, part = STR("unset");
		size_t n = 0;
		while (str_cut(&rest, ',', &part)) {
			assert_non_null(rows[i].parts[n]);
			assert_true(str_is(part, rows[i].parts[n]));
			n++;
		}
		assert_null(rows[i].parts[n]);
		drop(whole);
	}
	struct str rest = none, part = STR("unset");
	assert_false(str_cut(&rest, ',', &part));
	assert_true(str_is(part, "unset"));
}

/* utf8: RFC 3629 without NUL. clean: also printable. nl: clean when newlines are allowed. */
static const struct {
	struct str text;
	bool utf8, clean, nl;
} characters[] = {
	{STR(""), true, true, true},
	{STR("plain ~"), true, true, true},
	{STR("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\xd0\xb6"), true, true, true},
	{STR("\xc2\xa0"), true, true, true},         /* no-break space */
	{STR("\xf4\x8f\xbf\xbd"), true, true, true}, /* U+10FFFD */
	{STR("\xed\x9f\xbf"), true, true, true},     /* U+D7FF, before the surrogates */
	{STR("\xee\x80\x80"), true, true, true},     /* U+E000, behind them */
	{STR("a\nb"), true, false, true},
	{STR("a\rb"), true, false, false},
	{STR("a\tb"), true, false, false},
	{STR("\x01"), true, false, false},
	{STR("\x1b[31m"), true, false, false},
	{STR("\x7f"), true, false, false},
	{STR("\xc2\x80"), true, false, false},            /* C1 */
	{STR("\xc2\x9b"), true, false, false},            /* CSI */
	{STR("\xc2\xad"), true, false, false},            /* soft hyphen */
	{STR("\xd8\x9c"), true, false, false},            /* U+061C Arabic letter mark */
	{STR("\xe1\xa0\x8e"), true, false, false},        /* U+180E */
	{STR("\xe2\x80\x8b"), true, false, false},        /* U+200B zero width space */
	{STR("\xe2\x80\x8e"), true, false, false},        /* U+200E left-to-right mark */
	{STR("\xe2\x80\xa8"), true, false, false},        /* U+2028 */
	{STR("\xe2\x80\xaa"), true, false, false},        /* U+202A */
	{STR("gnp\xe2\x80\xae.exe"), true, false, false}, /* U+202E right-to-left override */
	{STR("\xe2\x81\xa6"), true, false, false},        /* U+2066 isolate */
	{STR("\xe2\x81\xa9"), true, false, false},        /* U+2069 */
	{STR("\xef\xbb\xbf"), true, false, false},        /* U+FEFF byte order mark */
	{STR("\xef\xbf\xb9"), true, false, false},        /* U+FFF9 */
	{STR("\xef\xbf\xbe"), true, false, false},        /* U+FFFE */
	{STR("\xef\xb7\x90"), true, false, false},        /* U+FDD0 */
	{STR("\xf0\x9f\xbf\xbf"), true, false, false},    /* U+1FFFF */
	{STR("\xf3\xa0\x81\x81"), true, false, false},    /* U+E0041 tag */
	{STR("a\0b"), false, false, false},
	{STR("\0"), false, false, false},
	{STR("\x80"), false, false, false}, /* lone continuation */
	{STR("\xc3"), false, false, false}, /* cut */
	{STR("\xe2\x82"), false, false, false},
	{STR("\xf0\x9f\x98"), false, false, false},
	{STR("\xc3(a"), false, false, false},
	{STR("\xe2(\xa1"), false, false, false},
	{STR("\xe2\x82("), false, false, false},
	{STR("\xc0\x80"), false, false, false}, /* overlong NUL */
	{STR("\xc0\xaf"), false, false, false}, /* overlong slash */
	{STR("\xc1\xbf"), false, false, false},
	{STR("\xe0\x80\xaf"), false, false, false},
	{STR("\xe0\x9f\xbf"), false, false, false},
	{STR("\xf0\x80\x80\xaf"), false, false, false},
	{STR("\xf0\x8f\xbf\xbf"), false, false, false},
	{STR("\xed\xa0\x80"), false, false, false}, /* surrogates */
	{STR("\xed\xbf\xbf"), false, false, false},
	{STR("\xf4\x90\x80\x80"), false, false, false}, /* above U+10FFFF */
	{STR("\xf5\x80\x80\x80"), false, false, false},
	{STR("\xf8\x88\x80\x80\x80"), false, false, false},
	{STR("\xfc\x84\x80\x80\x80\x80"), false, false, false},
	{STR("\xfe"), false, false, false},
	{STR("\xff"), false, false, false},
};

static void every_kind_of_character(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(characters); i++) {
		struct str s = exact(characters[i].text);
		if (str_is_utf8(s) != characters[i].utf8 ||
			str_is_clean(s, false) != characters[i].clean ||
			str_is_clean(s, true) != characters[i].nl)
			fail_msg("row %zu of characters", i);
		drop(s);
	}
	assert_true(str_is_utf8(none) && str_is_clean(none, true));
}

/* Independent of the table: each code point is written by hand and must come back. */
static void every_code_point_once(void **state)
{
	(void)state;
	for (uint32_t r = 0; r <= 0x10ffff + 100; r++) {
		char p[4];
		size_t n = 0;
		uint32_t got = 0xdead;
		if (r < 0x80) {
			p[n++] = (char)r;
		} else if (r < 0x800) {
			p[n++] = (char)(0xc0 | r >> 6);
		} else if (r < 0x10000) {
			p[n++] = (char)(0xe0 | r >> 12);
			p[n++] = (char)(0x80 | (r >> 6 & 63));
		} else {
			p[n++] = (char)(0xf0 | r >> 18);
			p[n++] = (char)(0x80 | (r >> 12 & 63));
			p[n++] = (char)(0x80 | (r >> 6 & 63));
		}
		if (r >= 0x80)
			p[n++] = (char)(0x80 | (r & 63));
		bool good = r <= 0x10ffff && !(r >= 0xd800 && r <= 0xdfff);
		assert_int_equal(str_rune((struct str){p, n}, &got), good ? n : 0);
		assert_int_equal(got, good ? r : 0xdead);
		assert_int_equal(str_rune((struct str){p, n - 1}, &got), 0);
	}
}

static void words(void **state)
{
	(void)state;
	assert_true(str_is_word(STR("azAZ09"), ""));
	assert_true(str_is_word(STR("a-b_c"), "-_"));
	assert_true(str_is_word(none, ""));
	assert_false(str_is_word(STR("a-b"), "_"));
	assert_false(str_is_word(STR("a\0b"), "_"));
	assert_false(str_is_word(STR("\0"), ""));
	static const char *const near[] = {"/", ":", "@", "[", "`", "{", " ", "\xc3\xa9"};
	for (size_t i = 0; i < ARRAY_N(near); i++)
		assert_false(str_is_word(str_c(near[i]), ""));
}

static void numbers(void **state)
{
	static const struct {
		struct str in;
		uint64_t max;
		enum err err;
		uint64_t out;
	} rows[] = {
		{STR("0"), 0, OK, 0},
		{STR("007"), 7, OK, 7},
		{STR("8"), 7, ERR_RANGE, 0},
		{STR("18446744073709551615"), UINT64_MAX, OK, UINT64_MAX},
		{STR("18446744073709551616"), UINT64_MAX, ERR_RANGE, 0},
		{STR("99999999999999999999999999"), UINT64_MAX, ERR_RANGE, 0},
		{STR("36893488147419103232"), UINT64_MAX, ERR_RANGE, 0},
		{STR("000000000000000000000000000001"), 1, OK, 1},
		{STR(""), 9, ERR_FIELD_BAD, 0},
		{STR("+1"), 9, ERR_FIELD_BAD, 0},
		{STR("-1"), 9, ERR_FIELD_BAD, 0},
		{STR(" 1"), 9, ERR_FIELD_BAD, 0},
		{STR("1 "), 9, ERR_FIELD_BAD, 0},
		{STR("1.0"), 9, ERR_FIELD_BAD, 0},
		{STR("1e1"), 9, ERR_FIELD_BAD, 0},
		{STR("0x1"), 9, ERR_FIELD_BAD, 0},
		{STR("1\0"), 9, ERR_FIELD_BAD, 0},
		{STR("\xd9\xa1"), 9, ERR_FIELD_BAD, 0}, /* Arabic digit one */
		{STR("99999999999999999999999999x"), 9, ERR_FIELD_BAD, 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct str s = exact(rows[i].in);
		uint64_t v = 77;
		assert_int_equal(str_u64(s, rows[i].max, &v), rows[i].err);
		assert_int_equal(v, rows[i].err == OK ? rows[i].out : 77);
		drop(s);
	}
	uint64_t v;
	assert_int_equal(str_u64(none, 1, &v), ERR_FIELD_BAD);
}

static void hex(void **state)
{
	static const struct {
		struct str in;
		size_t cap;
		enum err err;
	} rows[] = {
		{STR(""), 0, OK},
		{STR("00ff7a"), 3, OK},
		{STR("00ff7a"), 2, ERR_TOO_LONG},
		{STR("0"), 8, ERR_FIELD_BAD},
		{STR("0g"), 8, ERR_FIELD_BAD},
		{STR("FF"), 8, ERR_FIELD_BAD},
		{STR("0\0"), 8, ERR_FIELD_BAD},
		{STR(" 0"), 8, ERR_FIELD_BAD},
		{STR("zz"), 0, ERR_FIELD_BAD},
	};
	char text[17];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		uint8_t out[9] = "unchanged";
		size_t n = 99;
		assert_int_equal(str_unhex(rows[i].in, out, rows[i].cap, &n), rows[i].err);
		if (rows[i].err != OK) {
			assert_int_equal(n, 99);
			assert_memory_equal(out, "unchanged", 9);
			continue;
		}
		assert_int_equal(n, rows[i].in.n / 2);
		str_hex(out, n, text);
		assert_true(str_is(rows[i].in, text));
	}
}

static void base64_both_ways(void **state)
{
	/* RFC 4648 section 10, without padding; then what differs in the URL alphabet */
	static const struct {
		struct str plain;
		const char *text;
	} rows[] = {
		{STR(""), ""},
		{STR("f"), "Zg"},
		{STR("fo"), "Zm8"},
		{STR("foo"), "Zm9v"},
		{STR("foob"), "Zm9vYg"},
		{STR("fooba"), "Zm9vYmE"},
		{STR("foobar"), "Zm9vYmFy"},
		{STR("\xfb\xff\xbf"), "-_-_"},
		{STR("\0\0"), "AAA"},
		{STR("\xff"), "_w"},
	};
	char text[16];
	uint8_t out[8];
	size_t n;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct str s = rows[i].plain;
		assert_int_equal(str_b64((const uint8_t *)s.p, s.n, text), strlen(rows[i].text));
		assert_string_equal(text, rows[i].text);
		assert_int_equal(str_unb64(str_c(text), out, s.n, &n), OK);
		assert_int_equal(n, s.n);
		assert_memory_equal(out, s.p, n);
		if (n > 0)
			assert_int_equal(str_unb64(str_c(text), out, n - 1, &n), ERR_TOO_LONG);
	}
}

static void base64_has_one_text_for_each_value(void **state)
{
	static const struct str bad[] = {
		STR("A"),
		STR("AAAAA"), /* a lone character */
		STR("Zh"),
		STR("Zi"),
		STR("Zo"),
		STR("Zv"), /* left-over bits of "Zg" */
		STR("Zm9"),
		STR("Zm-"), /* left-over bits of "Zm8" */
		STR("Zg=="),
		STR("Zg="),
		STR("Zm8="),
		STR("===="),
		STR("Zm+v"),
		STR("Zm/v"),
		STR("Z g"),
		STR(" Zg"),
		STR("Zg\n"),
		STR("Zg\0"),
		STR("\xc3\xa9"),
		STR("Zm9v\xff"),
	};
	uint8_t out[8] = "unchang";
	size_t n = 99;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++) {
		struct str s = exact(bad[i]);
		assert_int_equal(str_unb64(s, out, sizeof out, &n), ERR_FIELD_BAD);
		drop(s);
	}
	assert_int_equal(n, 99);
	assert_memory_equal(out, "unchang", 8);
}

static void copying(void **state)
{
	char out[5];

	(void)state;
	assert_int_equal(str_copy(STR("four"), out, sizeof out), OK);
	assert_string_equal(out, "four");
	assert_int_equal(str_copy(STR("five!"), out, sizeof out), ERR_TOO_LONG);
	assert_string_equal(out, "");
	assert_int_equal(str_copy(none, out, sizeof out), OK);
	assert_string_equal(out, "");
	memcpy(out, "xxxx", 5);
	assert_int_equal(str_copy(STR("a\0b"), out, sizeof out), ERR_BAD_UTF8);
	assert_string_equal(out, "");
	assert_int_equal(str_copy(none, out, 1), OK);
	assert_int_equal(str_copy(none, out, 0), ERR_TOO_LONG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparing),
		cmocka_unit_test(trimming),
		cmocka_unit_test(cutting),
		cmocka_unit_test(every_kind_of_character),
		cmocka_unit_test(every_code_point_once),
		cmocka_unit_test(words),
		cmocka_unit_test(numbers),
		cmocka_unit_test(hex),
		cmocka_unit_test(base64_both_ways),
		cmocka_unit_test(base64_has_one_text_for_each_value),
		cmocka_unit_test(copying),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
