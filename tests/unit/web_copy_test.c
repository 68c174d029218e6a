/* tests/unit/web_copy_test.c: a campaign's texts with their values of the moment. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/copy.h"
#include "web/copy.h"

#define NBSP "\u00a0"
#define DAY  INT64_C(86400000000)

static const struct policy_country COUNTRIES[] = {
	{STR("EE"), STR("en"), STR("Estonia")},
	{STR("EE"), STR("ru"), STR("Эстонии")},
	{STR("*"), STR("en"), STR("your country")},
};
static const struct policy POLICY = {.country_n = 3, .country = COUNTRIES};

static struct campaign campaign;
static char mem[WEB_COPY_BYTES];

static struct web_copy now(const char *locale)
{
	campaign = (struct campaign){.end = {INT64_C(1798761600000000)},
		.goal = {.currency = STR("EUR"), .minor = 5000000}};
	return (struct web_copy){.campaign = &campaign,
		.policy = &POLICY,
		.locale = str_c(locale),
		.country = STR("EE"),
		.articles = 3,
		.raised_minor = 1234567,
		.supporters = 21,
		.now = {campaign.end.us - 5 * DAY}};
}

static struct str filled(const char *text, const struct web_copy *c)
{
	struct buf b;

	buf_init(&b, mem, sizeof mem);
	web_copy_text(&b, str_c(text), c);
	assert_int_equal(buf_done(&b), OK);
	return buf_str(&b);
}

static void is(const char *text, const struct web_copy *c, const char *want)
{
	struct str got = filled(text, c);

	if (!str_is(got, want))
		fail_msg("%s: %.*s, not %s", text, STR_FMT(got), want);
}

static void each_value(void **state)
{
	static const struct {
		const char *text, *en, *ru;
	} ROW[] = {
		{"", "", ""},
		{"plain", "plain", "plain"},
		{"{{as it stands}}", "{as it stands}", "{as it stands}"},
		{"{articles}", "3", "3"},
		{"{articles|a|b|c}", "3" NBSP "b", "3" NBSP "b"},
		{"{country}", "Estonia", "Эстонии"},
		{"{raised}", "€12,345.67", "12" NBSP "345,67" NBSP "€"},
		{"{goal}", "€50,000", "50" NBSP "000" NBSP "€"},
		{"{percent}%", "24%", "24%"},
		{"{percent|per cent|per cent|per cent}", "24" NBSP "per cent",
			"24" NBSP "per cent"},
		{"{supporters}", "21", "21"},
		{"{supporters|a|b|c}", "21" NBSP "b", "21" NBSP "a"},
		{"{days_left}", "5", "5"},
		{"{days_left|a|b|c}", "5" NBSP "b", "5" NBSP "c"},
		{"{raised} of {goal}: {percent}%", "€12,345.67 of €50,000: 24%",
			"12" NBSP "345,67" NBSP "€ of 50" NBSP "000" NBSP "€: 24%"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now("en");
		is(ROW[i].text, &c, ROW[i].en);
		c = now("ru");
		is(ROW[i].text, &c, ROW[i].ru);
	}
}

static void forms(void **state)
{
	static const struct {
		const char *locale, *text;
		uint32_t n;
		const char *want;
	} ROW[] = {
		{"en", "{articles|article|articles}", 0, "0" NBSP "articles"},
		{"en", "{articles|article|articles}", 1, "1" NBSP "article"},
		{"en", "{articles|article|articles}", 21, "21" NBSP "articles"},
		{"ru", "{articles|статья|статьи|статей}", 1, "1" NBSP "статья"},
		{"ru-LV", "{articles|статья|статьи|статей}", 22, "22" NBSP "статьи"},
		{"ru", "{articles|статья|статьи|статей}", 11, "11" NBSP "статей"},
		{"ar", "{articles|a|b|c|d|e|f}", 2, "2" NBSP "c"},
		{"ja", "{articles|本}", 7, "7" NBSP "本"},
		/* fewer words than the language has forms: the last of them */
		{"ru", "{articles|one|more}", 5, "5" NBSP "more"},
		{"en", "{articles|x}", 5, "5" NBSP "x"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now(ROW[i].locale);
		c.articles = ROW[i].n;
		is(ROW[i].text, &c, ROW[i].want);
	}
}

static void sums(void **state)
{
	static const struct {
		const char *currency;
		int64_t minor;
		const char *en, *ru;
	} ROW[] = {
		{"EUR", 0, "€0", "0" NBSP "€"},
		{"EUR", 5, "€0.05", "0,05" NBSP "€"},
		{"EUR", 50, "€0.50", "0,50" NBSP "€"},
		{"EUR", 100, "€1", "1" NBSP "€"},
		/* groups of three from five digits on */
		{"EUR", 999900, "€9999", "9999" NBSP "€"},
		{"EUR", 1000000, "€10,000", "10" NBSP "000" NBSP "€"},
		{"EUR", 12345600, "€123,456", "123" NBSP "456" NBSP "€"},
		{"EUR", 123456789, "€1,234,567.89", "1" NBSP "234" NBSP "567,89" NBSP "€"},
		{"USD", 1250, "$12.50", "12,50" NBSP "$"},
		{"GBP", 10000, "£100", "100" NBSP "£"},
		/* yen have no decimals, dinars three */
		{"JPY", 100000, "¥100,000", "100" NBSP "000" NBSP "¥"},
		{"KWD", 12345, "12.345" NBSP "KWD", "12,345" NBSP "KWD"},
		{"KWD", 12000, "12" NBSP "KWD", "12" NBSP "KWD"},
		/* a currency without a sign of its own stands behind the number everywhere */
		{"SEK", 1000000, "10,000" NBSP "SEK", "10" NBSP "000" NBSP "SEK"},
		{"EUR", 1000000000000, "€10,000,000,000",
			"10" NBSP "000" NBSP "000" NBSP "000" NBSP "€"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now("en");
		campaign.goal.currency = str_c(ROW[i].currency);
		campaign.goal.minor = c.raised_minor = ROW[i].minor;
		is("{raised}", &c, ROW[i].en);
		is("{goal}", &c, ROW[i].en);
		c.locale = STR("ru");
		is("{raised}", &c, ROW[i].ru);
	}
}

/* Never rounded up: 99.99 % is not there yet. */
static void percents(void **state)
{
	static const struct {
		int64_t raised, goal;
		const char *want;
	} ROW[] = {
		{0, 5000000, "0"},
		{-100, 5000000, "0"},
		{1, 5000000, "0"},
		{49999, 5000000, "0"},
		{50000, 5000000, "1"},
		{4999999, 5000000, "99"},
		{5000000, 5000000, "100"},
		{5049999, 5000000, "100"},
		{12500000, 5000000, "250"},
		{1, 3, "33"},
		{2, 3, "66"},
		{INT64_MAX, 1000000000000, "9,223,372"},
		{100, 0, "0"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now("en");
		campaign.goal.minor = ROW[i].goal;
		c.raised_minor = ROW[i].raised;
		is("{percent}", &c, ROW[i].want);
	}
}

/* A day that has begun counts. */
static void days_left(void **state)
{
	static const struct {
		int64_t before_end;
		const char *want;
	} ROW[] = {
		{-DAY, "0"},
		{-1, "0"},
		{0, "0"},
		{1, "1"},
		{DAY - 1, "1"},
		{DAY, "1"},
		{DAY + 1, "2"},
		{31 * DAY, "31"},
		{31 * DAY + 1, "32"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now("en");
		c.now.us = campaign.end.us - ROW[i].before_end;
		is("{days_left}", &c, ROW[i].want);
	}
	struct web_copy c = now("en");
	campaign.end.us = 0;
	is("{days_left}", &c, "0");
}

static void countries(void **state)
{
	struct web_copy c = now("en");

	(void)state;
	c.country = STR("LV");
	is("{country}", &c, "your country");
	c.country = STR("");
	is("{country}", &c, "your country");
	c = now("lv");
	is("{country}", &c, "EE");
	c = now("en-GB");
	is("{country}", &c, "Estonia");
	c.policy = NULL;
	is("{country}", &c, "EE");
}

/* Counts are grouped as sums are. */
static void counts(void **state)
{
	static const struct {
		uint64_t n;
		const char *en, *ru;
	} ROW[] = {
		{0, "0", "0"},
		{9999, "9999", "9999"},
		{10000, "10,000", "10" NBSP "000"},
		{1234567, "1,234,567", "1" NBSP "234" NBSP "567"},
		{UINT64_MAX, "18,446,744,073,709,551,615",
			"18" NBSP "446" NBSP "744" NBSP "073" NBSP "709" NBSP "551" NBSP "615"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct web_copy c = now("en");
		c.supporters = ROW[i].n;
		is("{supporters}", &c, ROW[i].en);
		c.locale = STR("ru");
		is("{supporters}", &c, ROW[i].ru);
	}
}

/* A text that was published before a value had its name: shown as it stands, all of it. */
static void what_cannot_be_read(void **state)
{
	static const char *const TEXTS[] = {"Hello {reader}, how are you?",
		"a { b and much more of it", "a } b {articlesx} c", "{", "}", "{country|a|b}",
		"{articles||b} x"};
	struct web_copy c = now("en");

	(void)state;
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++)
		is(TEXTS[i], &c, TEXTS[i]);
	is("{reader} {articles}", &c, "{reader} 3");
	/* and a goal that is not there */
	campaign.goal = (struct campaign_goal){0};
	is("{raised}/{goal}/{percent}/{supporters}", &c, "//0/21");
}

/* The longest text that a file may hold, with the longest values, fits. */
static void the_longest_text(void **state)
{
	static char text[8200], name[241];
	struct policy_country long_name = {STR("EE"), STR("en"), {name, 240}};
	struct policy policy = {.country_n = 1, .country = &long_name};
	struct web_copy c = now("en");
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < 240; i += 4) /* 60 characters of 4 bytes */
		memcpy(name + i, "\xf0\x9f\xa7\x8a", 4);
	for (int i = 0; i < COPY_VALUES_MAX; i++)
		n += (size_t)snprintf(text + n, sizeof text - n, "{country}");
	for (size_t k = n; k < 2000; k++, n += 4)
		memcpy(text + n, "\xf0\x9f\xa7\x8a", 4);
	text[n] = '\0';
	c.policy = &policy;
	assert_int_equal(filled(text, &c).n, n + COPY_VALUES_MAX * (240 - strlen("{country}")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_value),
		cmocka_unit_test(forms),
		cmocka_unit_test(sums),
		cmocka_unit_test(percents),
		cmocka_unit_test(days_left),
		cmocka_unit_test(countries),
		cmocka_unit_test(counts),
		cmocka_unit_test(what_cannot_be_read),
		cmocka_unit_test(the_longest_text),
	};

	return cmocka_run_group_tests_name("web_copy", tests, NULL, NULL);
}
