/* tests/unit/web_tell_test.c: what an editor is told of a decision: the page, the reader, and of
 * each rule what it held against what. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "web/tell.h"

#define NONE INT64_MIN

static const struct policy_topic TOPIC[] = {{.name = STR("sea")}, {.name = STR("sky")}};
static struct policy policy = {.topic_n = 2};
static const struct str WORDS[] = {STR("ferry"), STR("ice")};
static struct reader reader;
static struct campaign campaign;
static struct decide_facts facts;

static char mem[TELL_BYTES];
static struct buf out;

static int setup(void **state)
{
	(void)state;
	memcpy(policy.topic, TOPIC, sizeof TOPIC);
	reader = (struct reader){.views = 4};
	facts = (struct decide_facts){.now = utc_of_s(1785000000),
		.reader = &reader,
		.cal = {.day = 9701, .weekday = 5, .hour = 19, .day_starts = utc_of_s(1784930400)},
		.page = {.url = STR("/news/ferry"), .tags = {2, WORDS}, .flags = {1, WORDS}},
		.topics = 1,
		.counted = true};
	campaign = (struct campaign){.slug = STR("support"),
		.live = true,
		.start = utc_of_s(1767225600),
		.meter = {.topics = 2}};
	campaign.target.list[TARGET_tag].in = (struct page_words){2, WORDS};
	campaign.target.list[TARGET_section].in = (struct page_words){1, WORDS};
	campaign.target.list[TARGET_section].not_in = (struct page_words){1, WORDS + 1};
	campaign.target.age_hours = (struct target_range){2, 48};
	campaign.target.words = (struct target_range){0, TARGET_NO_MAX};
	campaign.target.hours = (struct target_range){8, 20};
	campaign.target.weekdays = 0x21;
	return 0;
}

static const char *told(void)
{
	assert_int_equal(buf_done(&out), OK);
	mem[out.n] = '\0';
	return mem;
}

static void begin(void)
{
	buf_init(&out, mem, sizeof mem - 1);
}

static void what_a_rule_saw(void **state)
{
	static const struct {
		enum decide_reason rule;
		int64_t have, need;
		const char *saw, *text;
	} ROW[] = {
		{REASON_section, NONE, NONE, "news", "news; in ferry; not in ice"},
		{REASON_section, NONE, NONE, "", "nothing told; in ferry; not in ice"},
		{REASON_tag, NONE, NONE, "ferry", "ferry, ice; in ferry, ice"},
		{REASON_flag, NONE, NONE, "ferry", "ferry"},
		{REASON_age, NONE, NONE, "", "nothing told"},
		{REASON_age, 50, 48, "", "50 hours old, at least 2, at most 48"},
		{REASON_words, NONE, NONE, "", "nothing told"},
		{REASON_words, 900, NONE, "", "900 words"},
		{REASON_weekday, NONE, NONE, "", "sat; on mon, sat"},
		{REASON_hour, NONE, NONE, "", "19; from 8 to 20"},
		{REASON_unmetered, NONE, NONE, "", "page: sea; meter: sky"},
		{REASON_gap, NONE, NONE, "", ""},
		{REASON_gap, 3720, 7200, "", "last seen 1 h 2 min ago, at least 2 h between"},
		{REASON_capped, 3, 4, "", "seen 3 of 4"},
		{REASON_first_view, 1, NONE, "", "articles in all 1"},
		{REASON_too_few_views, 2, 3, "", "articles in all 2, asked from 3"},
		{REASON_site_cap, 5, 5, "", "5 of 5 (all prompts of the site)"},
		{REASON_capped, NONE, NONE, "", ""},
		{REASON_holdout, NONE, NONE, "", ""},
		{REASON_paused, NONE, NONE, "",
			"now 2026-07-25T17:20:00Z, start 2026-01-01T00:00:00Z"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct decide_step step = {
			&campaign, ROW[i].rule, true, ROW[i].have, ROW[i].need, str_c(ROW[i].saw)};
		begin();
		tell_saw(&out, &step, &facts, &policy);
		if (strcmp(told(), ROW[i].text) != 0)
			fail_msg("row %zu: %s", i, told());
	}
}

static void a_run_that_ends_and_one_that_was_paused(void **state)
{
	struct decide_step step = {&campaign, REASON_paused, true, NONE, NONE, STR("")};
	(void)state;
	campaign.end = utc_of_s(1785000000);
	campaign.live = false;
	begin();
	tell_saw(&out, &step, &facts, &policy);
	assert_non_null(strstr(told(), ", end 2026-07-25T17:20:00Z, paused by hand"));
}

static void a_rule_of_the_page_has_no_campaign(void **state)
{
	struct decide_step step = {NULL, REASON_bot, false, NONE, NONE, STR("")};
	(void)state;
	begin();
	tell_saw(&out, &step, &facts, &policy);
	assert_string_equal(told(), "");
}

static void what_was_read(void **state)
{
	struct decide_step step = {&campaign, REASON_reads, true, 3, 5, STR("")};
	(void)state;
	campaign.target.read_n = 2;
	campaign.target.read[0] = (struct target_reads){
		.topic = STR("sea"), .topics = 1, .days = 30, .n = {5, TARGET_NO_MAX}};
	campaign.target.read[1] = (struct target_reads){.days = 7, .n = {0, 9}};
	begin();
	tell_saw(&out, &step, &facts, &policy);
	assert_string_equal(
		told(), "read 3; wanted: in 30 days of sea at least 5; in 7 days  at most 9");
}

static void page_reader_and_moment(void **state)
{
	(void)state;
	begin();
	tell_page(&out, &facts, &policy);
	assert_string_equal(told(), "/news/ferry, tags ferry, ice, flags ferry; topics: sea");
	facts.topics = PAGE_FREE;
	facts.page.section = STR("news");
	begin();
	tell_page(&out, &facts, &policy);
	assert_string_equal(told(),
		"/news/ferry, section news, tags ferry, ice, flags ferry; topics: none; free");
	begin();
	tell_reader(&out, &facts);
	assert_string_equal(told(), "new, 4 articles with this one, no gift");
	reader = (struct reader){.stored = true,
		.first_at = utc_of_s(1780000000),
		.views = 9,
		.gift = GIFT_MONTH,
		.gave_at = utc_of_s(1784000000)};
	facts.signed_in = true;
	facts.counted = false;
	facts.page.country = STR("EE");
	facts.page.referrer = STR("search");
	facts.page.referrer_host = STR("search.example");
	begin();
	tell_reader(&out, &facts);
	assert_string_equal(told(),
		"returning, 9 articles with this one, gives by the month, last "
		"2026-07-14T03:33:20Z, signed in; country EE; comes from search search.example; "
		"not counted");
	begin();
	tell_moment(&out, &facts);
	assert_string_equal(told(), "2026-07-25T17:20:00Z, on the site's clock sat, hour 19");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_a_rule_saw, setup),
		cmocka_unit_test_setup(a_run_that_ends_and_one_that_was_paused, setup),
		cmocka_unit_test_setup(a_rule_of_the_page_has_no_campaign, setup),
		cmocka_unit_test_setup(what_was_read, setup),
		cmocka_unit_test_setup(page_reader_and_moment, setup),
	};
	return cmocka_run_group_tests_name("web_tell", tests, NULL, NULL);
}
