/* tests/unit/web_view_facts_test.c: what a request tells of its page, from nginx and from the
 * query. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/view_facts.h"

#define X8 "xxxxxxxx"

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

/* --- the query ---------------------------------------------------------------------------------
 */

static enum err ask(const char *query, struct request *q, struct fault *f)
{
	arena_reset(&arena);
	q->query = str_c(query);
	q->arena = &arena;
	return view_facts_query(q, f);
}

static void all_of_a_query(void **state)
{
	struct request q = {0};
	struct fault f = {0};

	(void)state;
	assert_int_equal(ask("a=/news/ferry&s=news&l=pt-BR&c=counting&t=ice,sea%20ice&f=paid"
			     "&p=2026-11-01T08:00:00Z&w=812&u=letter&i=a.b.c&pass=v1.x"
			     "&r=https://www.google.com/search",
				 &q, &f),
		OK);
	assert_true(str_is(q.article, "/news/ferry") && str_is(q.section, "news"));
	assert_true(str_is(q.locale, "pt-BR") && str_is(q.consent, "counting"));
	assert_true(str_is(q.tags, "ice,sea ice") && str_is(q.flags, "paid"));
	assert_true(str_is(q.published, "2026-11-01T08:00:00Z") && str_is(q.words, "812"));
	assert_true(str_is(q.source, "letter") && str_is(q.account, "a.b.c"));
	assert_true(str_is(q.pass, "v1.x"));
	assert_true(str_is(q.referrer, "https://www.google.com/search"));
}

/* What nginx says stands; what it leaves open the query may tell. */
static void nginx_comes_first(void **state)
{
	struct request q = {.article = STR("/news/ferry"),
		.section = STR("news"),
		.tags = STR("ice"),
		.flags = STR("paid"),
		.published = STR("2026-11-01T08:00:00Z"),
		.words = STR("812"),
		.source = STR("letter"),
		.consent = STR("none"),
		.account = STR("a.b.c"),
		.pass = STR("v1.x")};
	struct fault f = {0};

	(void)state;
	assert_int_equal(
		ask("a=/other&s=other&l=ru&c=full&t=x&f=y&p=1&w=2&u=z&i=j&pass=k", &q, &f), OK);
	assert_true(str_is(q.article, "/news/ferry") && str_is(q.section, "news"));
	assert_true(str_is(q.tags, "ice") && str_is(q.flags, "paid"));
	assert_true(str_is(q.published, "2026-11-01T08:00:00Z") && str_is(q.words, "812"));
	assert_true(str_is(q.source, "letter") && str_is(q.consent, "none"));
	assert_true(str_is(q.account, "a.b.c") && str_is(q.pass, "v1.x"));
	assert_true(str_is(q.locale, "ru"));
}

/* The header of /decide names the page that asks; where the reader came from stands in r. */
static void the_header_is_not_the_referrer(void **state)
{
	struct request q = {.referrer = STR("https://our.example/news/ferry")};
	struct fault f = {0};
	struct page p;

	(void)state;
	assert_int_equal(ask("a=/x", &q, &f), OK);
	assert_int_equal(q.referrer.n, 0);
	q.referrer = STR("https://our.example/news/ferry");
	assert_int_equal(ask("a=/x&r=https://t.co/abc", &q, &f), OK);
	view_facts_page(&q, &p);
	assert_true(str_is(p.referrer_host, "t.co"));
	/* at the gate the request is the reader's own, and the header tells */
	q = (struct request){
		.article = STR("/x"), .arena = &arena, .referrer = STR("https://t.me/halvik")};
	view_facts_page(&q, &p);
	assert_true(str_is(p.referrer_host, "t.me"));
	assert_int_equal(p.referrer.n, 0); /* the class needs the site; it is found later */
}

static void bad_queries(void **state)
{
	static const struct {
		const char *query;
		enum err want;
		const char *field;
	} ROW[] = {
		{"", ERR_FIELD_MISSING, "a"},
		{"a=", ERR_FIELD_MISSING, "a"},
		{"s=news", ERR_FIELD_MISSING, "a"},
		{"a=/x&a=/y", ERR_DUPLICATE_FIELD, "a"},
		{"a=/x&x=1", ERR_UNKNOWN_FIELD, ""},
		{"a=/x%", ERR_BAD_FORM, "a"},
		{"a=/x%ff", ERR_BAD_UTF8, "a"},
		{"a=/x%00", ERR_BAD_UTF8, "a"},
		{"a=/x%07", ERR_FIELD_BAD, "a"},
		{"a=/x%0a", ERR_FIELD_BAD, "a"},
		{"a=/x&t=a%e2%80%aeb", ERR_FIELD_BAD, "t"},
		{"a=/x&f=%1b%5b2J", ERR_FIELD_BAD, "f"},
		{"a=/x&u=%7f", ERR_FIELD_BAD, "u"},
		{"a=/x&r=%01", ERR_FIELD_BAD, "r"},
		{"a=/x&s=%c2%85", ERR_FIELD_BAD, "s"},
		{"a=/x&c=maybe", ERR_FIELD_BAD, "c"},
		{"a=/x&c=", ERR_FIELD_BAD, "c"},
		{"a=/x&c=FULL", ERR_FIELD_BAD, "c"},
		{"a=/x&p=yesterday", ERR_FIELD_BAD, "p"},
		{"a=/x&p=0", ERR_FIELD_BAD, "p"},
		{"a=/x&p=-1", ERR_FIELD_BAD, "p"},
		{"a=/x&p=1.5", ERR_FIELD_BAD, "p"},
		{"a=/x&p=2026-02-30T00:00:00Z", ERR_FIELD_BAD, "p"},
		{"a=/x&p=253402300800", ERR_FIELD_BAD, "p"},
		{"a=/x&p=1970-01-01T00:00:00Z", ERR_FIELD_BAD, "p"},
		{"a=/x&w=many", ERR_FIELD_BAD, "w"},
		{"a=/x&w=-1", ERR_FIELD_BAD, "w"},
		{"a=/x&w=1e3", ERR_FIELD_BAD, "w"},
		{"a=/x&w=10000001", ERR_FIELD_BAD, "w"},
		{"a=/x&w=12345678901", ERR_FIELD_TOO_LONG, "w"},
		{"a=/x&l=" X8 X8 "x", ERR_FIELD_TOO_LONG, "l"},
		{"a=/x&s=" X8 X8 X8 X8 X8 X8 X8 X8 "x", ERR_FIELD_TOO_LONG, "s"},
		{"a=/x&u=" X8 X8 X8 X8 X8 X8 X8 X8 "x", ERR_FIELD_TOO_LONG, "u"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct request q = {0};
		struct fault f = {0};
		enum err e = ask(ROW[i].query, &q, &f);
		if (e != ROW[i].want || strcmp(f.field, ROW[i].field) != 0)
			fail_msg("%s: %s of %s", ROW[i].query, err_slug(e), f.field);
		assert_int_equal(q.article.n + q.tags.n + q.referrer.n, 0); /* nothing is taken */
	}
}

/* --- the page ----------------------------------------------------------------------------------
 */

static struct page page_of(struct request q)
{
	struct page p;

	arena_reset(&arena);
	q.arena = &arena;
	memset(&p, 0xff, sizeof p);
	view_facts_page(&q, &p);
	return p;
}

static void nothing_told(void **state)
{
	struct page p = page_of((struct request){0});

	(void)state;
	assert_int_equal(p.url.n + p.section.n + p.country.n + p.language.n + p.device.n, 0);
	assert_int_equal(p.referrer.n + p.referrer_host.n + p.source.n, 0);
	assert_int_equal(p.tags.n + p.flags.n, 0);
	assert_int_equal(p.published.us, 0);
	assert_int_equal(p.word_count, 0);
}

static void all_told(void **state)
{
	struct page p = page_of((struct request){.article = STR("/news/ferry"),
		.section = STR("news"),
		.country = STR("EE"),
		.locale = STR("pt-BR"),
		.device = STR("mobile"),
		.source = STR("letter"),
		.referrer = STR("https://www.google.com:443/x?y"),
		.tags = STR("ice,sea ice"),
		.flags = STR("paid"),
		.published = STR("2026-11-01T08:00:00Z"),
		.words = STR("812")});

	(void)state;
	assert_true(str_is(p.url, "/news/ferry") && str_is(p.section, "news"));
	assert_true(str_is(p.country, "EE") && str_is(p.language, "pt"));
	assert_true(str_is(p.device, "mobile") && str_is(p.source, "letter"));
	assert_true(str_is(p.referrer_host, "www.google.com"));
	assert_int_equal(p.tags.n, 2);
	assert_true(str_is(p.tags.v[0], "ice") && str_is(p.tags.v[1], "sea ice"));
	assert_int_equal(p.flags.n, 1);
	assert_int_equal(utc_s(p.published), 1793520000);
	assert_int_equal(p.word_count, 812);
}

static void lists(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *first, *last;
	} ROW[] = {
		{"", 0, NULL, NULL},
		{",", 0, NULL, NULL},
		{" , ,  ,", 0, NULL, NULL},
		{"a", 1, "a", "a"},
		{"a,b,c", 3, "a", "c"},
		{" a , b  , c ", 3, "a", "c"},
		{",a,,b,", 2, "a", "b"},
		{"sea ice, лёд", 2, "sea ice", "лёд"},
		{"a,a", 2, "a", "a"},
		/* the first sixteen */
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16", 16, "1", "16"},
		{"1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18", 16, "1", "16"},
		{"1,,2,,3,,4,,5,,6,,7,,8,,9,,10,,11,,12,,13,,14,,15,,16,,17", 16, "1", "16"},
		/* a list that cannot be shown is none */
		{"a,b\x07", 0, NULL, NULL},
		{"a,\xff", 0, NULL, NULL},
		{"a,b\u202e", 0, NULL, NULL},
		{"a\nb", 0, NULL, NULL},
		{"a,\tb", 0, NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		for (int k = 0; k < 2; k++) {
			struct request q = {0};
			*(k ? &q.tags : &q.flags) = str_c(ROW[i].text);
			struct page p = page_of(q);
			struct page_words w = k ? p.tags : p.flags;
			assert_int_equal((k ? p.flags : p.tags).n, 0);
			if (w.n != ROW[i].n)
				fail_msg("%s: %zu", ROW[i].text, w.n);
			if (w.n == 0)
				continue;
			assert_true(str_is(w.v[0], ROW[i].first));
			assert_true(str_is(w.v[w.n - 1], ROW[i].last));
		}
}

/* No memory for a list: it is not told, the page is. */
static void memory_ends(void **state)
{
	struct request q = {.article = STR("/x"), .tags = STR("a"), .arena = &arena};
	struct page p;

	(void)state;
	arena_reset(&arena);
	arena_fail_at(&arena, 1);
	view_facts_page(&q, &p);
	arena_fail_at(&arena, 0);
	assert_int_equal(p.tags.n, 0);
	assert_true(str_is(p.url, "/x"));
}

static void times(void **state)
{
	static const struct {
		const char *text;
		int64_t s;
	} ROW[] = {
		{"", 0},
		{"2026-11-01T08:00:00Z", 1793520000},
		{"2026-11-01T10:00:00+02:00", 1793520000},
		{"2026-11-01T08:00:00.9Z", 1793520000},
		{"1793520000", 1793520000},
		{"1", 1},
		{"253402300799", 253402300799},
		/* not told */
		{"0", 0},
		{"-1", 0},
		{"253402300800", 0},
		{"1793520000000", 0},
		{"2026-11-01", 0},
		{"2026-11-01 08:00:00", 0},
		{"1970-01-01T00:00:00Z", 0},
		{"1970-01-01T01:00:00+02:00", 0},
		{"yesterday", 0},
		{" 1793520000", 0},
		{"0x6ae", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct page p = page_of((struct request){.published = str_c(ROW[i].text)});
		if (utc_s(p.published) != ROW[i].s)
			fail_msg("%s: %lld", ROW[i].text, (long long)utc_s(p.published));
	}
}

static void word_counts(void **state)
{
	static const struct {
		const char *text;
		uint32_t n;
	} ROW[] = {
		{"", 0},
		{"0", 0},
		{"1", 1},
		{"812", 812},
		{"10000000", 10000000},
		{"10000001", 0},
		{"4294967297", 0},
		{"-5", 0},
		{"8.5", 0},
		{"812 words", 0},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct page p = page_of((struct request){.words = str_c(ROW[i].text)});
		if (p.word_count != ROW[i].n)
			fail_msg("%s: %u", ROW[i].text, p.word_count);
	}
}

static void referrers(void **state)
{
	static char longest[300];
	static const struct {
		const char *url, *host;
	} ROW[] = {
		{"", ""},
		{"https://a.example/x", "a.example"},
		{"a.example", ""},
		{"https://user@a.example/", ""},
		{"https://a\x07.example/", ""},
		{"https://a.example/\x07", "a.example"},
		{"https://\xff.example/", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct page p = page_of((struct request){.referrer = str_c(ROW[i].url)});
		if (!str_is(p.referrer_host, ROW[i].host))
			fail_msg("%s: %.*s", ROW[i].url, STR_FMT(p.referrer_host));
	}
	snprintf(longest, sizeof longest, "https://%0255d", 0);
	assert_int_equal(
		page_of((struct request){.referrer = str_c(longest)}).referrer_host.n, 255);
	snprintf(longest, sizeof longest, "https://%0256d", 0);
	assert_int_equal(page_of((struct request){.referrer = str_c(longest)}).referrer_host.n, 0);
}

static void languages(void **state)
{
	static const struct {
		const char *locale, *language;
	} ROW[] = {
		{"en", "en"},
		{"pt-BR", "pt"},
		{"ru_RU", "ru"},
		{"zh-Hant-TW", "zh"},
		{"", ""},
		{"-x", ""},
		{"e\x07", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		assert_true(
			str_is(page_of((struct request){.locale = str_c(ROW[i].locale)}).language,
				ROW[i].language));
}

/* What nginx passes on may have been written by anybody: none of it reaches a row or a log. */
static void control_characters(void **state)
{
	static const char *const BAD[] = {
		"a\x01", "\x1b[2J", "a\nb", "\x7f", "a\u202eb", "\xc3", "\xc2\x85"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(BAD); i++) {
		struct str s = str_c(BAD[i]);
		struct page p = page_of((struct request){.article = s,
			.section = s,
			.country = s,
			.locale = s,
			.device = s,
			.source = s,
			.tags = s,
			.flags = s,
			.published = s,
			.words = s,
			.referrer = s});
		assert_int_equal(
			p.url.n + p.section.n + p.country.n + p.language.n + p.device.n, 0);
		assert_int_equal(p.source.n + p.tags.n + p.flags.n + p.referrer_host.n, 0);
		assert_int_equal(p.published.us + p.word_count, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_of_a_query),
		cmocka_unit_test(nginx_comes_first),
		cmocka_unit_test(the_header_is_not_the_referrer),
		cmocka_unit_test(bad_queries),
		cmocka_unit_test(nothing_told),
		cmocka_unit_test(all_told),
		cmocka_unit_test(lists),
		cmocka_unit_test(memory_ends),
		cmocka_unit_test(times),
		cmocka_unit_test(word_counts),
		cmocka_unit_test(referrers),
		cmocka_unit_test(languages),
		cmocka_unit_test(control_characters),
	};

	return cmocka_run_group_tests_name("web_view_facts", tests, setup, teardown);
}
