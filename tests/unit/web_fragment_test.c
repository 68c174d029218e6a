/* tests/unit/web_fragment_test.c: a campaign's texts never become markup, and the form says what
 * was set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "web/fragment.h"

#define EVIL "</p><script>alert(1)</script>\" onload='x' & <!-- ]]>"

static char mem[65536];

static struct campaign_variant variant;
static struct campaign_amounts set;

/* Its variant and amounts are the two above, made anew. */
static struct campaign campaign(void)
{
	struct campaign c = {.id = 1,
		.version = 1,
		.site = 1,
		.slug = STR("support"),
		.kind = CAMPAIGN_APPEAL,
		.close_days = 7,
		.later_days = 3,
		.set_n = 1,
		.set = &set,
		.variant_n = 1,
		.variant = &variant};

	set = (struct campaign_amounts){.currency = STR("EUR"),
		.amount_n = {2, 0, 1},
		.preselect = INTERVAL_ONCE,
		.preselect_amount = STR("10.00")};
	set.amount[INTERVAL_ONCE][0] = STR("5.00");
	set.amount[INTERVAL_ONCE][1] = STR("10.00");
	set.amount[INTERVAL_YEAR][0] = STR("60.00");
	variant = (struct campaign_variant){.name = STR("a"), .share = 100, .text_n = 2};
	variant.text[0] = (struct campaign_text){.locale = STR("en"),
		.topline = STR("Top"),
		.title = STR("Title"),
		.body = STR("Body"),
		.button = STR("Give"),
		.later = STR("Later")};
	variant.text[1] = variant.text[0];
	variant.text[1].locale = STR("ru");
	variant.text[1].title = STR("\xd0\x94\xd0\xb0");
	return c;
}

static const char *html(const struct fragment *f)
{
	struct buf b;

	buf_init(&b, mem, sizeof mem - 1);
	fragment_html(&b, f);
	assert_int_equal(buf_done(&b), OK);
	mem[buf_str(&b).n] = '\0';
	return mem;
}

static const char *prompt(const struct campaign *c, const char *locale)
{
	return html(&(struct fragment){.campaign = c,
		.locale = str_c(locale),
		.token = STR("v1.k1.x.y"),
		.key = STR("key-key-key-key-")});
}

static size_t times(const char *text, const char *what)
{
	size_t n = 0;

	for (const char *p = text; (p = strstr(p, what)); p += strlen(what))
		n++;
	return n;
}

static void has(const char *text, const char *what)
{
	if (!strstr(text, what))
		fail_msg("no %s in %s", what, text);
}

/* Every < of the fragment opens or ends an element of ours, and each is closed. */
static void only_our_elements(const char *text)
{
	static const char *const OURS[] = {"pledged-prompt", "section", "p", "a", "b", "h2", "form",
		"fieldset", "legend", "label", "input", "span", "button", "div", "progress", "bdi"};
	int open = 0;

	for (const char *p = text; (p = strchr(p, '<')); p++) {
		bool end = p[1] == '/', known = false;
		const char *name = p + 1 + end;
		size_t n = strcspn(name, " >");
		for (size_t i = 0; i < ARRAY_N(OURS); i++)
			known |= n == strlen(OURS[i]) && memcmp(name, OURS[i], n) == 0;
		if (!known)
			fail_msg("<%.*s is none of ours", (int)n, name);
		if (strncmp(name, "input", n) != 0)
			open += end ? -1 : 1;
		assert_true(open >= 0);
	}
	assert_int_equal(open, 0);
}

static void hostile_texts(void **state)
{
	struct campaign c = campaign();
	struct campaign_text *t = &variant.text[0];
	struct str *const at[] = {&t->topline, &t->title, &t->body, &t->button, &t->later,
		&t->locale, &c.slug, &variant.name, &set.currency, &set.amount[INTERVAL_ONCE][0],
		&set.preselect_amount};
	size_t plain;

	(void)state;
	variant.text_n = 1;
	only_our_elements(prompt(&c, "en"));
	plain = times(mem, "<");
	for (size_t i = 0; i < ARRAY_N(at); i++) {
		struct str before = *at[i];
		*at[i] = STR(EVIL);
		only_our_elements(prompt(&c, "en"));
		assert_null(strstr(mem, "<script"));
		assert_null(strstr(mem, "\" onload"));
		assert_null(strstr(mem, "onload='"));
		assert_null(strstr(mem, " & "));
		assert_int_equal(times(mem, "<"), plain);
		*at[i] = before;
	}
	only_our_elements(html(&(struct fragment){
		.campaign = &c, .locale = STR(EVIL), .token = STR(EVIL), .key = STR(EVIL)}));
	assert_null(strstr(mem, "<script"));
	has(mem, "name=\"token\" value=\"&lt;/p&gt;&lt;script&gt;");
}

static void hostile_texts_as_json(void **state)
{
	struct campaign c = campaign();
	struct buf b;

	(void)state;
	variant.text[0].title = STR(EVIL "\n\xe2\x80\xa8");
	buf_init(&b, mem, sizeof mem - 1);
	fragment_json(&b, &(struct fragment){.campaign = &c, .locale = STR("en"), .key = STR("k")});
	assert_int_equal(buf_done(&b), OK);
	mem[buf_str(&b).n] = '\0';
	assert_null(strchr(mem, '<'));
	assert_null(strchr(mem, '\n'));
	json_auto_t *o = json_loads(mem, 0, NULL);
	assert_non_null(o);
	assert_string_equal(json_string_value(json_object_get(o, "title")), EVIL "\n\xe2\x80\xa8");
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(o, "amounts"), "once")), 2);
	assert_int_equal(
		json_array_size(json_object_get(json_object_get(o, "amounts"), "month")), 0);
	assert_string_equal(
		json_string_value(json_object_get(json_object_get(o, "preselect"), "amount")),
		"10.00");
}

static void paragraphs(void **state)
{
	static const struct {
		const char *body;
		size_t n;
		const char *one;
	} ROW[] = {
		{"", 0, NULL},
		{"x", 1, ">x</p>"},
		{"one\n\ntwo", 2, ">two</p>"},
		{"one\ntwo", 1, ">one\ntwo</p>"},
		{"one\n\n\n\ntwo", 2, ">two</p>"},
		{"one\n\ntwo\n\n", 2, ">two</p>"},
		{"one\n\ntwo\n\nx", 3, ">x</p>"},
		{"one\n", 1, NULL},
		{"a & b\n\n<c>", 2, ">&lt;c&gt;</p>"},
	};
	struct campaign c = campaign();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		variant.text[0].body = str_c(ROW[i].body);
		prompt(&c, "en");
		if (times(mem, "<p class=\"pledged-body\">") != ROW[i].n)
			fail_msg("row %zu: %zu", i, times(mem, "<p class=\"pledged-body\">"));
		if (ROW[i].one)
			has(mem, ROW[i].one);
	}
}

static void amounts_and_intervals(void **state)
{
	struct campaign c = campaign();

	(void)state;
	prompt(&c, "en");
	has(mem, " data-once=\"5.00 10.00\"");
	has(mem, " data-year=\"60.00\"");
	assert_null(strstr(mem, "data-month"));
	assert_int_equal(times(mem, "type=\"radio\" name=\"interval\""), 2);
	assert_null(strstr(mem, "value=\"month\""));
	has(mem, "name=\"interval\" value=\"once\" checked");
	assert_int_equal(times(mem, "type=\"radio\" name=\"amount\""), 3);
	has(mem, "name=\"amount\" value=\"10.00\" checked");
	has(mem, "name=\"amount\" value=\"5.00\"><span>");
	has(mem, "name=\"amount\" value=\"other\"");
	has(mem, "name=\"other_amount\"");
	assert_int_equal(times(mem, " checked"), 2);
	has(mem, "name=\"currency\" value=\"EUR\"");
	set.preselect = INTERVAL_YEAR;
	set.preselect_amount = STR("60.00");
	prompt(&c, "en");
	has(mem, "name=\"interval\" value=\"year\" checked");
	assert_int_equal(times(mem, "type=\"radio\" name=\"amount\""), 2);
}

static void kinds_and_languages(void **state)
{
	struct campaign c = campaign();

	(void)state;
	prompt(&c, "ru-LV");
	has(mem, " lang=\"ru\"");
	has(mem, "\xd0\x94\xd0\xb0</h2>");
	has(mem, "name=\"locale\" value=\"ru\"");
	prompt(&c, "de");
	has(mem, " lang=\"en\"");
	has(mem, " data-kind=\"appeal\"");
	has(mem, "data-later-days=\"3\" data-close-days=\"7\"");
	has(mem, "class=\"pledged-topline\"");
	has(mem, "name=\"campaign\" value=\"support\"");
	has(mem, "name=\"token\" value=\"v1.k1.x.y\"");
	has(mem, "name=\"key\" value=\"key-key-key-key-\"");
	/* what may be left out leaves no empty element */
	variant.text[0].topline = STR("");
	prompt(&c, "en");
	assert_null(strstr(mem, "pledged-topline"));
	/* a wall cannot be put off */
	c = campaign();
	c.kind = CAMPAIGN_WALL;
	prompt(&c, "en");
	has(mem, " data-kind=\"wall\"");
	assert_null(strstr(mem, "data-later"));
	assert_null(strstr(mem, "pledged-topline"));
	/* the plain form belongs to no campaign */
	html(&(struct fragment){
		.campaign = &c, .locale = STR("en"), .key = STR("key-key-key-key-")});
	has(mem, " data-kind=\"form\"");
	only_our_elements(mem);
	assert_null(strstr(mem, "name=\"token\""));
	assert_null(strstr(mem, "name=\"campaign\""));
	assert_null(strstr(mem, "Title"));
	has(mem, "name=\"key\"");
}

/* Many on one page: no id is there twice, and what points to one still finds it. */
static void marked(void **state)
{
	struct campaign c = campaign();
	struct fragment f = {.campaign = &c, .locale = STR("en"), .token = STR("v1.x")};

	(void)state;
	html(&f);
	has(mem, " id=\"pledged-h\"");
	has(mem, " dir=\"ltr\" ");
	assert_null(strstr(mem, " data-on "));
	f.mark = STR("-7\"<");
	html(&f);
	only_our_elements(mem);
	has(mem, " data-on ");
	has(mem, " aria-labelledby=\"pledged-h-7&quot;&lt;\"");
	has(mem, " href=\"#pledged-h-7&quot;&lt;\"");
	assert_int_equal(times(mem, "\"pledged-other-7&quot;&lt;\""), 2);
	assert_int_equal(times(mem, "\"pledged-email-7&quot;&lt;\""), 2);
	assert_int_equal(times(mem, " id=\""), times(mem, "-7&quot;&lt;\"") - 4);
	variant.text[0].locale = STR("ar");
	html(&f);
	has(mem, " lang=\"ar\" dir=\"rtl\" ");
	has(mem, "<bdi lang=\"en\">You pay on our");
	html(&(struct fragment){.campaign = &c, .locale = STR("ar"), .key = STR("k")});
	has(mem, " lang=\"en\" dir=\"ltr\" ");
	assert_null(strstr(mem, "<bdi"));
}

static void other_amounts(void **state)
{
	struct campaign c = campaign();
	struct campaign_amounts sets[2] = {set, set};
	struct fragment f = {.campaign = &c, .set = 1, .locale = STR("en"), .token = STR("v1.x")};
	struct buf b;

	(void)state;
	sets[1] = (struct campaign_amounts){.currency = STR("GBP"),
		.amount_n = {0, 1, 0},
		.preselect = INTERVAL_MONTH,
		.preselect_amount = STR("4.00")};
	sets[1].amount[INTERVAL_MONTH][0] = STR("4.00");
	c.set = sets;
	c.set_n = 2;
	html(&f);
	has(mem, "name=\"currency\" value=\"GBP\"");
	has(mem, " data-month=\"4.00\"");
	has(mem, "name=\"amount\" value=\"4.00\" checked><span>\u00a34<");
	assert_null(strstr(mem, "data-once"));
	assert_null(strstr(mem, "EUR"));
	buf_init(&b, mem, sizeof mem - 1);
	fragment_json(&b, &f);
	assert_int_equal(buf_done(&b), OK);
	mem[buf_str(&b).n] = '\0';
	has(mem, "\"currency\":\"GBP\",\"amounts\":{\"once\":[],\"month\":[\"4.00\"],\"year\":[]}");
}

/* The values of a text are as hostile as the text. */
static void values(void **state)
{
	static const char *const SHOWN[] = {
		"<p class=\"pledged-topline\"><a href=\"#pledged-h\">3 of",
		"\"pledged-h\" tabindex=\"-1\">Title 3\u00a0articles</h2>", ">\u20ac12</p>",
		"type=\"submit\">Give 1%", "data-later=\"Later &lt;b&gt;\""};
	static const struct policy_country COUNTRY = {STR("EE"), STR("en"), STR(EVIL)};
	const struct policy policy = {.country_n = 1, .country = &COUNTRY};
	struct campaign c = campaign();
	struct campaign_text *t = &variant.text[0];
	struct fragment f = {.campaign = &c,
		.locale = STR("en"),
		.token = STR("v1.x"),
		.copy = {.policy = &policy,
			.country = STR("<b>"),
			.articles = 3,
			.raised_minor = 1200}};
	struct buf b;

	(void)state;
	c.goal = (struct campaign_goal){.currency = STR("EUR"), .minor = 100000};
	t->topline = STR("{articles} of");
	t->title = STR("Title {articles|article|articles}");
	t->body = STR("{raised}\n\n{{raised}}");
	t->button = STR("Give {percent}%");
	t->later = STR("Later {country}");
	html(&f);
	for (size_t i = 0; i < ARRAY_N(SHOWN); i++)
		has(mem, SHOWN[i]);
	has(mem, ">{raised}</p>");
	only_our_elements(mem);
	f.copy.country = STR("EE");
	html(&f);
	only_our_elements(mem);
	assert_null(strstr(mem, "<script"));
	buf_init(&b, mem, sizeof mem - 1);
	fragment_json(&b, &f);
	assert_int_equal(buf_done(&b), OK);
	mem[buf_str(&b).n] = '\0';
	assert_null(strchr(mem, '<'));
	has(mem, "\"title\":\"Title 3\u00a0articles\"");
	has(mem, "\"button\":\"Give 1%\"");
}

static const char *json(const struct fragment *f)
{
	struct buf b;

	buf_init(&b, mem, sizeof mem - 1);
	fragment_json(&b, f);
	assert_int_equal(buf_done(&b), OK);
	mem[buf_str(&b).n] = '\0';
	json_auto_t *o = json_loads(mem, 0, NULL);
	assert_non_null(o);
	return mem;
}

/* What the page may offer beside the amounts, and where the appeal stands. */
static void offers(void **state)
{
	struct campaign c = campaign();
	struct fragment f = {.campaign = &c, .locale = STR("en"), .token = STR("v1.x")};

	(void)state;
	html(&f);
	has(mem, " data-format=\"appeal\"");
	assert_null(strstr(mem, "data-cover"));
	assert_null(strstr(mem, "data-monthly-step"));
	assert_null(strstr(mem, "data-remind"));
	assert_null(strstr(mem, "name=\"cover\""));
	has(json(&f), ",\"format\":\"appeal\",\"monthly_step\":false,\"remind\":false,");
	assert_null(strstr(mem, "\"cover\""));
	set.cover = (struct cover){150, 25};
	c.monthly_step = c.remind = true;
	c.format = FORMAT_modal;
	html(&f);
	only_our_elements(mem);
	has(mem, " data-format=\"modal\"");
	has(mem, " data-cover-percent=\"1.5\" data-cover-fixed=\"0.25\"");
	has(mem, " data-monthly-step=\"true\" data-remind=\"true\"");
	has(mem, "<label class=\"pledged-cover\"><input type=\"checkbox\" name=\"cover\" "
		 "value=\"1\"><span>Add the payment fee (1.5\u00a0%\u00a0+ \u20ac0.25), so");
	assert_null(strstr(mem, "pledged-topline")); /* it has none */
	has(json(&f), ",\"format\":\"modal\",\"monthly_step\":true,\"remind\":true,"
		      "\"cover\":{\"percent\":\"1.5\",\"fixed\":\"0.25\"}");
	f.locale = STR("ru");
	html(&f);
	has(mem, "(1,5\u00a0%\u00a0+ 0,25\u00a0\u20ac)");
	set.cover = (struct cover){300, 0};
	html(&f);
	has(mem, "(3\u00a0%)");
	set.cover = (struct cover){0, 20};
	html(&f);
	has(mem, "(0,20\u00a0\u20ac)");
	c.format = FORMAT_bar;
	html(&f);
	has(mem, "class=\"pledged-topline\"");
	/* the plain form offers what belongs to the money alone */
	f.token = STR("");
	html(&f);
	has(mem, "name=\"cover\"");
	has(mem, " data-cover-percent=\"0\" data-cover-fixed=\"0.20\"");
	assert_null(strstr(mem, "data-remind"));
	assert_null(strstr(mem, "data-format"));
}

static void goals(void **state)
{
	struct campaign c = campaign();
	struct fragment f = {.campaign = &c,
		.locale = STR("en"),
		.token = STR("v1.x"),
		.copy = {.raised_minor = 1234567, .supporters = 1, .has_figures = true}};

	(void)state;
	html(&f); /* no goal, no bar */
	assert_null(strstr(mem, "pledged-goal"));
	assert_null(strstr(json(&f), "\"goal\""));
	c.goal = (struct campaign_goal){.currency = STR("EUR"), .minor = 6000000};
	html(&f);
	only_our_elements(mem);
	has(mem,
		"<div class=\"pledged-goal\" role=\"group\" aria-label=\"Raised so far\">\n"
		"<progress max=\"100\" value=\"20\" aria-label=\"20\u00a0%\">20\u00a0%</progress>\n"
		"<p class=\"pledged-goal-text\">\u20ac12,345.67 of \u20ac60,000 \u00b7 "
		"1\u00a0gift</p>"
		"\n</div>\n");
	has(json(&f),
		",\"goal\":{\"raised\":\"12345.67\",\"goal\":\"60000.00\",\"currency\":\"EUR\","
		"\"percent\":20,\"supporters\":1}");
	c.end = (utc_t){INT64_C(86400) * 1000000 * 2 + 1};
	f.locale = STR("ru");
	f.copy.supporters = 5;
	html(&f);
	has(mem, "12\u00a0345,67\u00a0\u20ac из 60\u00a0000\u00a0\u20ac \u00b7 5\u00a0взносов "
		 "\u00b7 до конца 3\u00a0дня</p>");
	has(json(&f), "\"supporters\":5,\"days_left\":3}");
	f.copy.now = c.end; /* over */
	html(&f);
	assert_null(strstr(mem, "до конца"));
	has(json(&f), "\"days_left\":0}");
	f.copy.raised_minor = 9000000;
	html(&f);
	has(mem, "value=\"100\" aria-label=\"150\u00a0%\"");
	has(json(&f), "\"percent\":150");
	/* figures that are not known are not made up */
	f.copy.has_figures = false;
	html(&f);
	assert_null(strstr(mem, "pledged-goal"));
	assert_null(strstr(json(&f), "\"goal\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hostile_texts),
		cmocka_unit_test(hostile_texts_as_json),
		cmocka_unit_test(paragraphs),
		cmocka_unit_test(amounts_and_intervals),
		cmocka_unit_test(kinds_and_languages),
		cmocka_unit_test(marked),
		cmocka_unit_test(other_amounts),
		cmocka_unit_test(values),
		cmocka_unit_test(offers),
		cmocka_unit_test(goals),
	};

	return cmocka_run_group_tests_name("web_fragment", tests, NULL, NULL);
}
