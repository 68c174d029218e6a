/* tests/unit/core_page_test.c: where a reader comes from, and pages held against lists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/page.h"

#define LIST(...)                                                                                  \
	((struct page_words){sizeof((const struct str[]){__VA_ARGS__}) / sizeof(struct str),       \
		(const struct str[]){__VA_ARGS__}})

static void classes(void **state)
{
	static const struct {
		const char *host, *class;
	} ROW[] = {
		{"", "direct"},
		/* search engines, by any ending that they have */
		{"google.com", "search"},
		{"www.google.com", "search"},
		{"google.de", "search"},
		{"www.google.co.uk", "search"},
		{"google.com.au", "search"},
		{"WWW.Google.COM", "search"},
		{"images.google.fr", "search"},
		{"yandex.ru", "search"},
		{"yandex.com.tr", "search"},
		{"ya.ru", "search"},
		{"www.bing.com", "search"},
		{"duckduckgo.com", "search"},
		{"search.yahoo.com", "search"},
		{"r.search.yahoo.com", "search"},
		/* the same houses' mail and news come first */
		{"mail.google.com", "mail"},
		{"news.google.com", "news"},
		{"mail.yandex.ru", "mail"},
		{"e.mail.ru", "mail"},
		{"news.yahoo.com", "news"},
		{"dzen.ru", "news"},
		/* social */
		{"t.co", "social"},
		{"l.facebook.com", "social"},
		{"out.reddit.com", "social"},
		{"old.reddit.com", "social"},
		{"m.vk.com", "social"},
		{"x.com", "social"},
		/* tricks */
		{"evilgoogle.com", "other"},
		{"google.evil.com", "other"},
		{"google.com.evil.example", "other"},
		{"google.evil", "search"}, /* an ending like another */
		{"google.co.evil", "other"},
		{"google.net.uk", "other"},
		{"google.com.", "other"},
		{"google.", "other"},
		{"google", "other"},
		{".google.", "other"},
		{"google..com", "other"},
		{"google.com..", "other"},
		{"google.co.u.", "other"},
		{"google.co.u", "other"},
		{"google.com.tr2", "other"},
		{"mygoogle.de", "other"},
		{"google.de.mygoogle.de", "other"},
		{"xgoogle.google.de", "search"},
		{"notya.ru", "other"},
		{"facebook.com.evil.example", "other"},
		{"notfacebook.com", "other"},
		{"co", "other"},
		{"at.co", "other"},
		{"xt.co", "other"},
		{"mail.yahoo.com.evil.example", "other"},
		{"halvik-courier.example", "other"},
		{"[", "other"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct str c = page_referrer(str_c(ROW[i].host), false);
		if (!str_is(c, ROW[i].class))
			fail_msg("%s is %.*s, not %s", ROW[i].host, STR_FMT(c), ROW[i].class);
		assert_true(page_is_class(c));
	}
	/* one's own hosts, whatever they are called */
	assert_true(str_is(page_referrer(STR("google.com"), true), "internal"));
	assert_true(str_is(page_referrer(STR(""), true), "direct"));
}

static void class_names(void **state)
{
	static const char *const GOOD[] = {
		"direct", "internal", "search", "social", "news", "mail", "other"};
	static const char *const BAD[] = {
		"", "Search", "searc", "searchx", "google", "example.org"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(GOOD); i++)
		assert_true(page_is_class(str_c(GOOD[i])));
	for (size_t i = 0; i < ARRAY_N(BAD); i++)
		assert_false(page_is_class(str_c(BAD[i])));
}

static void hosts(void **state)
{
	static const struct {
		const char *url, *host;
	} ROW[] = {
		{"https://www.example.org:8080/x?y", "www.example.org"},
		{"http://example.org", "example.org"},
		{"https://example.org/", "example.org"},
		{"https://example.org?x=/y", "example.org"},
		{"https://example.org#x", "example.org"},
		{"https://example.org:443", "example.org"},
		{"https://Example.ORG/", "Example.ORG"},
		{"https://xn--80ak6aa92e.example/", "xn--80ak6aa92e.example"},
		{"https://203.0.113.7/x", "203.0.113.7"},
		{"https://localhost:3000/", "localhost"},
		{"https://example.org/@x", "example.org"},
		{"https://example.org/a:b", "example.org"},
		/* no host, or nobody knows which */
		{"", ""},
		{"https://", ""},
		{"https:///x", ""},
		{"https://:80/", ""},
		{"https://?x", ""},
		{"example.org", ""},
		{"//example.org/", ""},
		{"/news/ferry", ""},
		{"ftp://example.org/", ""},
		{"HTTPS://example.org/", ""},
		{"android-app://com.google.android.gm/", ""},
		{"about:blank", ""},
		{"data:text/html,https://example.org/", ""},
		{"https://google.com@evil.example/", ""},
		{"https://google.com:pw@evil.example/", ""},
		{"https://@evil.example/", ""},
		{"https://[2001:db8::1]:8080/x", ""},
		{"https://evil.example\\@google.com/", ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct str h = page_host(str_c(ROW[i].url));
		if (!str_is(h, ROW[i].host))
			fail_msg("%s: %.*s", ROW[i].url, STR_FMT(h));
	}
	/* only as long as it is said to be, and never beyond a NUL */
	assert_true(str_is(page_host((struct str){"https://example.org/", 15}), "example"));
	assert_true(str_is(page_host(STR("https://a.example\0b/")), "a.example"));
}

static void words(void **state)
{
	struct page_words list = LIST(STR("news"), STR("culture"), STR("")), none = {0};

	(void)state;
	assert_true(page_has(list, STR("news")));
	assert_true(page_has(list, STR("culture")));
	assert_false(page_has(list, STR("New")));
	assert_false(page_has(list, STR("news ")));
	assert_false(page_has(list, STR("News")));
	assert_false(page_has(list, STR(""))); /* what the page does not tell is in no list */
	assert_false(page_has(none, STR("news")));
	assert_true(page_has_any(list, LIST(STR("x"), STR("culture"))));
	assert_false(page_has_any(list, LIST(STR("x"), STR(""))));
	assert_false(page_has_any(list, none));
	assert_false(page_has_any(none, list));
}

static void prefixes(void **state)
{
	static const struct {
		const char *path;
		bool has;
	} ROW[] = {
		{"/live/", true},
		{"/live/ice", true},
		{"/live", false},
		{"/liver/ice", false},
		{"/Live/ice", false},
		{"/en/live/ice", false},
		{"/news/ferry", true},
		{"/news/ferry-strike", true}, /* the beginning of a path, not a folder */
		{"/news/ferr", false},
		{"/", false},
		{"", false},
	};
	struct page_words list = LIST(STR("/live/"), STR("/news/ferry"), STR(""));

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		if (page_has_prefix(list, str_c(ROW[i].path)) != ROW[i].has)
			fail_msg("%s", ROW[i].path);
	assert_false(page_has_prefix((struct page_words){0}, STR("/live/")));
	assert_true(page_has_prefix(LIST(STR("/")), STR("/anything")));
}

/* One word in one of the lists is enough; each list looks at its own fact. */
static void kinds(void **state)
{
	const struct page page = {.url = STR("/live/ice"),
		.section = STR("news"),
		.referrer = STR("search"),
		.referrer_host = STR("www.google.com"),
		.source = STR("letter"),
		.tags = LIST(STR("ice"), STR("sea")),
		.flags = LIST(STR("paid"))};
	const struct page_kind HIT[] = {{.urls = LIST(STR("/live/"))},
		{.sections = LIST(STR("x"), STR("news"))}, {.tags = LIST(STR("sea"))},
		{.flags = LIST(STR("paid"))}, {.sources = LIST(STR("letter"))},
		{.referrers = LIST(STR("search"))}, {.referrers = LIST(STR("google.com"))},
		{.sections = LIST(STR("x")), .tags = LIST(STR("ice"))}};
	const struct page_kind MISS[] = {{0}, {.urls = LIST(STR("/news/"))},
		{.sections = LIST(STR("ice"))}, {.tags = LIST(STR("news"))},
		{.flags = LIST(STR("ice"))}, {.sources = LIST(STR("search"))},
		{.referrers = LIST(STR("letter"))}, {.referrers = LIST(STR("oogle.com"))},
		{.referrers = LIST(STR("www.google.com.evil.example"))}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(HIT); i++)
		if (!page_is_kind(&page, &HIT[i]))
			fail_msg("hit %zu", i);
	for (size_t i = 0; i < ARRAY_N(MISS); i++)
		if (page_is_kind(&page, &MISS[i]))
			fail_msg("miss %zu", i);
	for (size_t i = 0; i < ARRAY_N(HIT); i++)
		assert_false(page_is_kind(&(struct page){0}, &HIT[i]));
}

/* A class is no top-level domain: "news" does not mean every host below .news. */
static void a_class_is_no_host(void **state)
{
	const struct page_kind news = {.referrers = LIST(STR("news"))},
			       host = {.referrers = LIST(STR("breaking.news"))};
	struct page page = {.referrer = STR("other"), .referrer_host = STR("www.breaking.news")};

	(void)state;
	assert_false(page_is_kind(&page, &news));
	assert_true(page_is_kind(&page, &host));
	page.referrer_host = STR("WWW.BREAKING.NEWS");
	assert_true(page_is_kind(&page, &host));
	page = (struct page){.referrer = STR("news"), .referrer_host = STR("dzen.ru")};
	assert_true(page_is_kind(&page, &news));
	assert_false(page_is_kind(&page, &host));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(classes),
		cmocka_unit_test(class_names),
		cmocka_unit_test(hosts),
		cmocka_unit_test(words),
		cmocka_unit_test(prefixes),
		cmocka_unit_test(kinds),
		cmocka_unit_test(a_class_is_no_host),
	};

	return cmocka_run_group_tests_name("core_page", tests, NULL, NULL);
}
