/* tests/unit/app_snapshot_test.c: what workers hold of the database: sites by host and by name,
 * days of a calendar, campaigns under their policy; and what is not taken of an answer that is
 * none. */
#include "campaign_file.h"

#include "app/snapshot.h"
#include "base/log.h"
#include "made_rows.h"

#define CAMPAIGNS "epoch:w campaign_id:w site_id:w slug:t version:w body:t live:b"
#define SITES                                                                                      \
	"host:t slug:t currency:t locale:t gift_label:t thanks_path:t cancel_path:t origin:t "     \
	"site_id:w article_key:t"
#define CALENDAR "site_id:w day:w week_from:w month_from:w offset_s:w starts:m day_starts:m"
#define KEY32    "\\x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

static struct snapshot *s;

static int begin(void **state)
{
	(void)state;
	log_level_set(LOG_ERROR);
	return snapshot_new(&s) == OK ? 0 : -1;
}

static int end(void **state)
{
	(void)state;
	snapshot_unref(s);
	return 0;
}

/* A row of view_campaigns. */
static void campaign(struct rows *r, int id, const char *slug, const char *quoted, bool live)
{
	char row[4000];
	json_t *v = file_json(quoted);
	char *body = json_dumps(v, JSON_COMPACT);
	json_decref(v);
	snprintf(row, sizeof row, "7|%d|1|%s|3|%s|%s", id, slug, body, live ? "t" : "f");
	free(body);
	made_row(r, row);
}

#define POLICY                                                                                     \
	"{'campaign':'policy','site':'demo','kind':'policy',"                                      \
	"'topics':[{'topic':'sea','section':['news']}]}"

/* --- campaigns ------------------------------------------------------------------------------- */

static void campaigns_under_their_policy(void **state)
{
	struct rows *r = made_rows(CAMPAIGNS);
	struct fault f = {0};
	(void)state;
	campaign(r, 5, "policy", POLICY, true);
	campaign(r, 6, "support", file_good, true);
	made_row(r, "7|-|-|-|-|-|-"); /* the epoch alone */
	assert_int_equal(snapshot_campaigns(s, r, false, &f), OK);
	assert_int_equal(snapshot_epoch(s), 7);
	assert_int_equal(snapshot_campaign_set(s)->n, 1);
	assert_int_equal(snapshot_policy(s, 1)->topic_n, 1);
	assert_non_null(snapshot_campaign(s, 6));
	assert_null(snapshot_campaign(s, 5)); /* a policy is no campaign */
	assert_int_equal(snapshot_campaign(s, 6)->version, 3);
	assert_int_equal(
		snapshot_policy(s, 2)->topic_n, 0); /* a site without one has an empty one */
	assert_int_equal(snapshot_left_out(s), 0);
	rows_free(r);
}

static void a_policy_that_is_paused_holds_nothing(void **state)
{
	struct rows *r = made_rows(CAMPAIGNS);
	struct fault f = {0};
	(void)state;
	campaign(r, 5, "policy", POLICY, false);
	campaign(r, 6, "support", file_good, false);
	assert_int_equal(snapshot_campaigns(s, r, false, &f), OK);
	assert_int_equal(snapshot_policy(s, 1)->topic_n, 0);
	assert_false(snapshot_campaign(s, 6)->live); /* paused ones are there too */
	rows_free(r);
}

static void one_that_cannot_be_read(void **state)
{
	struct rows *r = made_rows(CAMPAIGNS);
	struct fault f = {0};
	(void)state;
	campaign(r, 6, "support", file_good, true);
	campaign(r, 7, "broken", "{'campaign':'broken','site':'demo','kind':'appeal'}", true);
	assert_int_equal(snapshot_campaigns(s, r, false, &f), ERR_FIELD_BAD);
	assert_non_null(strstr(f.detail, "broken: "));
	snapshot_unref(s);
	assert_int_equal(snapshot_new(&s), OK);
	assert_int_equal(snapshot_campaigns(s, r, true, &f), OK);
	assert_int_equal(snapshot_left_out(s), 1);
	assert_int_equal(snapshot_campaign_set(s)->n, 1);
	rows_free(r);
}

static void no_answer_at_all(void **state)
{
	struct rows *none = made_rows(CAMPAIGNS), *many = made_rows(CAMPAIGNS);
	struct fault f = {0};
	(void)state;
	for (int i = 0; i < 2101; i++)
		made_row(many, "7|-|-|-|-|-|-");
	assert_int_equal(snapshot_campaigns(s, none, true, &f), ERR_STORE);
	assert_int_equal(snapshot_campaigns(s, many, true, &f), ERR_STORE);
	rows_free(many);
	rows_free(none);
}

/* --- sites ----------------------------------------------------------------------------------- */

static void sites_by_host_and_name(void **state)
{
	struct rows *r = made_rows(SITES);
	(void)state;
	assert_null(snapshot_site_only(s)); /* none */
	made_row(r, "courier.example|demo|EUR|en|Gift|/t|/c|https://courier.example|1|" KEY32);
	made_row(r, "www.courier.example|demo|EUR|en|Gift|/t|/c||1|" KEY32);
	assert_int_equal(snapshot_sites(s, r), OK);
	assert_int_equal(snapshot_site_only(s)->id, 1); /* two hosts of one */
	made_row(r, "other.example|other|JPY|ja|Gift|/t|/c||2|" KEY32);
	assert_int_equal(snapshot_sites(s, r), OK);
	assert_null(snapshot_site_only(s));
	assert_int_equal(snapshot_site(s, STR("WWW.Courier.Example"))->id, 1);
	assert_null(snapshot_site(s, STR("courier.example.org")));
	assert_true(snapshot_is_host(s, STR("other.example"), 2));
	assert_false(snapshot_is_host(s, STR("other.example"), 1));
	assert_false(snapshot_is_host(s, STR("nobody.example"), 1));
	assert_true(str_is(snapshot_site_named(s, STR("other"))->currency, "JPY"));
	assert_null(snapshot_site_named(s, STR("courier")));
	assert_true(str_is(snapshot_site_id(s, 1)->host, "courier.example"));
	assert_null(snapshot_site_id(s, 3));
	assert_int_equal(snapshot_site_id(s, 2)->article_key[31], 0x1f);
	rows_free(r);
}

static void a_key_of_another_length(void **state)
{
	static const char *const KEYS[] = {"-", "\\x00", KEY32 "20"};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(KEYS); i++) {
		struct rows *r = made_rows(SITES);
		char row[300];
		snprintf(row, sizeof row, "a.example|a|EUR|en|G|/t|/c||1|%s", KEYS[i]);
		made_row(r, row);
		assert_int_equal(snapshot_sites(s, r), ERR_STORE);
		rows_free(r);
	}
}

/* --- days ------------------------------------------------------------------------------------ */

static utc_t at(const char *text)
{
	utc_t t;
	assert_int_equal(clock_parse(str_c(text), &t), OK);
	return t;
}

static void days(void **state)
{
	struct rows *r = made_rows(CALENDAR);
	struct decide_calendar cal;
	(void)state;
	assert_false(snapshot_is_stale(s, at("2026-11-01T00:00:00Z"))); /* nothing is loaded yet */
	/* New York leaves summer time on the first of November at 06:00 UTC */
	made_row(r, "1|9800|9798|9770|-14400|2026-10-31 04:00:00+00|2026-10-31 04:00:00+00");
	made_row(r, "1|9801|9798|9801|-14400|2026-11-01 04:00:00+00|2026-11-01 04:00:00+00");
	made_row(r, "1|9801|9798|9801|-18000|2026-11-01 06:00:00+00|2026-11-01 04:00:00+00");
	made_row(r, "1|9802|9798|9801|-18000|2026-11-02 05:00:00+00|2026-11-02 05:00:00+00");
	made_row(r, "2|9801|9798|9801|0|2026-11-01 00:00:00+00|2026-11-01 00:00:00+00");
	assert_int_equal(snapshot_calendar(s, r), OK);
	assert_false(snapshot_day(s, 1, at("2026-10-31T03:59:59Z"), &cal));
	assert_false(snapshot_day(s, 3, at("2026-11-01T12:00:00Z"), &cal));
	assert_true(snapshot_day(s, 1, at("2026-11-01T05:30:00Z"), &cal));
	assert_int_equal(cal.day, 9801);
	assert_int_equal(cal.hour, 1);
	assert_true(snapshot_day(s, 1, at("2026-11-01T06:30:00Z"), &cal));
	assert_int_equal(cal.day, 9801);
	assert_int_equal(cal.hour, 1); /* the same hour once more */
	assert_int_equal(cal.weekday, 3);
	assert_true(
		snapshot_day(s, 1, at("2027-03-01T00:00:00Z"), &cal)); /* behind the end the last */
	assert_int_equal(cal.day, 9802);
	assert_true(snapshot_reaches(s, 1, at("2026-11-01T12:00:00Z")));
	assert_false(snapshot_reaches(s, 1, at("2026-11-02T05:00:00Z")));
	assert_false(snapshot_reaches(s, 1, at("2026-10-31T03:00:00Z")));
	assert_false(
		snapshot_reaches(s, 2, at("2026-11-01T00:00:00Z"))); /* its only one has no end */
	assert_false(snapshot_reaches(s, 3, at("2026-11-01T12:00:00Z")));
	assert_true(
		snapshot_is_stale(s, at("2026-10-30T00:00:00Z"))); /* a clock that was set back */
	assert_true(snapshot_is_stale(
		s, at("2026-11-01T00:00:00Z"))); /* fewer than two days are left */
	rows_free(r);
}

static void who_holds_it_keeps_it(void **state)
{
	(void)state;
	assert_ptr_equal(snapshot_ref(s), s);
	snapshot_unref(s);
	assert_int_equal(snapshot_left_out(s), 0);
	snapshot_unref(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(campaigns_under_their_policy, begin, end),
		cmocka_unit_test_setup_teardown(a_policy_that_is_paused_holds_nothing, begin, end),
		cmocka_unit_test_setup_teardown(one_that_cannot_be_read, begin, end),
		cmocka_unit_test_setup_teardown(no_answer_at_all, begin, end),
		cmocka_unit_test_setup_teardown(sites_by_host_and_name, begin, end),
		cmocka_unit_test_setup_teardown(a_key_of_another_length, begin, end),
		cmocka_unit_test_setup_teardown(days, begin, end),
		cmocka_unit_test_setup_teardown(who_holds_it_keeps_it, begin, end),
	};
	return cmocka_run_group_tests_name("app_snapshot", tests, NULL, NULL);
}
