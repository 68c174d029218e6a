/* tests/unit/web_page_test.c: the whole pages for donors without scripts: what each says of how a
 * gift stands, which buttons it has, when it looks again by itself; and that nothing in them is a
 * tag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "web/page.h"
#include "web/page_left.h"
#include "web/page_manage.h"
#include "web/page_remind.h"

#define EVIL "<b>\"'&"

static char head[4096], body[1 << 17];
static struct response r;

static void begin(void)
{
	r = (struct response){.status = 200};
	buf_init(&r.head, head, sizeof head - 1);
	buf_init(&r.body, body, sizeof body - 1);
}

static void end(void)
{
	assert_int_equal(buf_done(&r.head), OK);
	assert_int_equal(buf_done(&r.body), OK);
	head[r.head.n] = '\0';
	body[r.body.n] = '\0';
	assert_non_null(strstr(body, "<!doctype html>"));
	assert_non_null(strstr(body, "</main>"));
	assert_non_null(strstr(head, "Cache-Control: "));
}

/* Words with | between: each of has stands there, none of lacks does. */
static void check(size_t row, const char *has, const char *lacks)
{
	struct str rest = str_c(has), word;
	end();
	while (str_cut(&rest, '|', &word))
		if (!memmem(body, r.body.n, word.p, word.n) &&
			!memmem(head, r.head.n, word.p, word.n))
			fail_msg("row %zu lacks %.*s:\n%s%s", row, STR_FMT(word), head, body);
	rest = str_c(lacks);
	while (str_cut(&rest, '|', &word))
		if (memmem(body, r.body.n, word.p, word.n) ||
			memmem(head, r.head.n, word.p, word.n))
			fail_msg("row %zu has %.*s:\n%s%s", row, STR_FMT(word), head, body);
}

#define LIFE(state, next, ends, paused, try)                                                       \
	{                                                                                          \
		STR(state), STR(next), STR(ends), STR(paused), STR(try)                            \
	}

/* --- a pledge -------------------------------------------------------------------------------- */

static void states(void **state)
{
	static const struct {
		struct money_state s;
		const char *has, *lacks;
	} ROW[] = {
		{{.status = STR("new"), .age_s = 5}, "Refresh: 3|looks again by itself",
			"/again|/manage"},
		{{.status = STR("offered"), .age_s = 119, .url = STR("https://pay.example/a?b&c")},
			"Refresh: 3|href=\"https://pay.example/a?b&amp;c\"|rel=\"noreferrer\"",
			"/again"},
		{{.status = STR("offered"), .age_s = 120, .again = true}, "Refresh: 15",
			"/again\""},
		{{.status = STR("processing"), .age_s = 3600}, "Refresh: 60", "/manage"},
		{{.status = STR("lapsed")},
			"/pledge/T0KEN/again\"|form-action 'self' https://pay.example|"
			"strict-origin",
			"Refresh"},
		{{.status = STR("failed")}, "/again\"", "/manage"},
		{{.status = STR("canceled"), .locale = STR("ru")}, "/again\"|lang=\"ru\"",
			"/manage"},
		{{.status = STR("paid"), .receipt = STR("R-1"), .paid_on = STR("2026-11-30")},
			"R-1|datetime=\"2026-11-30\"|/manage?l=en|no-referrer", "/again|Refresh"},
		{{.status = STR("paid"), .locale = STR("ru")}, "/manage?l=ru", "/again"},
		{{.status = STR("paid"), .cover = STR("0.64")}, "\u20ac0.64", "/again"},
		{{.status = STR("paid"), .over_paid = true}, "paid twice", "/again"},
		{{.status = STR("partly_refunded"), .refunded = STR("5.00")}, "\u20ac5", "/again"},
		{{.status = STR("refunded"), .refunded = STR("25.00")}, "/manage", "\u20ac25.00"},
		{{.status = STR("disputed")}, "/manage", "/again"},
		{{.status = STR("lost")}, "/manage", "/again"},
		{{.status = STR("of a later release")}, "pledged-sum", "/again|/manage|Refresh"},
		/* what runs on */
		{{.status = STR("paid"),
			 .interval = STR("month"),
			 .life = LIFE("active", "2026-12-30", "", "", "")},
			"Monthly|The next payment is on|2026-12-30", "ended"},
		{{.status = STR("paid"),
			 .interval = STR("year"),
			 .life = LIFE("active", "", "", "", "")},
			"Yearly|goes on by itself", "The next payment"},
		{{.status = STR("paid"), .life = LIFE("past_due", "", "", "", "2026-12-03")},
			"We try again on|2026-12-03", "Apart from"},
		{{.status = STR("paid"), .life = LIFE("past_due", "", "2026-12-31", "", "")},
			"did not go through.|Apart from that payment|2026-12-31", "We try again"},
		{{.status = STR("paid"), .life = LIFE("paused", "", "", "2027-01-01", "")},
			"nothing is charged before|2027-01-01", "until it goes on"},
		{{.status = STR("paid"), .life = LIFE("paused", "", "", "", "")},
			"until it goes on", "before"},
		{{.status = STR("paid"), .life = LIFE("ending", "", "2026-12-31", "", "")},
			"It ends on|2026-12-31", "It has ended"},
		{{.status = STR("paid"), .life = LIFE("ended", "", "", "", "")}, "It has ended",
			"It ends on"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct money_state s = ROW[i].s;
		s.token = STR("T0KEN");
		s.amount = STR("25.00");
		s.currency = STR("EUR");
		begin();
		page_state(&r, &s, STR("https://pay.example"));
		check(i, ROW[i].has, ROW[i].lacks);
	}
}

static void problems(void **state)
{
	struct fault f = {0};
	(void)state;
	begin();
	assert_int_equal(fault_set(&f, ERR_FIELD_BAD, "email", "a <b>detail</b>"), ERR_FIELD_BAD);
	page_problem(&r, STR("en"), ERR_FIELD_BAD, &f);
	check(0, "a &lt;b&gt;detail|Nothing has been charged", "<b>|Retry-After");
	assert_int_equal(r.status, err_status(ERR_FIELD_BAD));
	begin(); /* details are English */
	page_problem(&r, STR("ru"), ERR_FIELD_BAD, &f);
	check(1, "lang=\"ru\"", "detail");
	begin(); /* of another fault */
	page_problem(&r, STR("en"), ERR_STORE_DOWN, &f);
	check(2, "Retry-After: ", "detail");
	f = (struct fault){.err = ERR_LIMITED, .retry_s = 300};
	begin();
	page_problem(&r, STR("en"), ERR_LIMITED, &f);
	check(3, "Retry-After: 300|5 minutes", "");
	begin();
	page_problem(&r, STR("en"), ERR_STORE, NULL);
	check(4, "Something went wrong on our side", "");
}

static void a_form_comes_again(void **state)
{
	struct money_ask ask = {.form = {.amount = STR("25.00"),
					.currency = STR("EUR"),
					.interval = STR("month"),
					.email = STR(EVIL),
					.key = STR("k"),
					.locale = STR("en")}};
	struct money_fresh fresh = {
		.ticket = "v1.t", .wait_ms = 1500, .sum = {.minor = 2500, .cur = "EUR"}};
	static const struct {
		enum err err;
		const char *had;
		int64_t wait_ms;
		const char *has;
	} ROW[] = {{ERR_PUZZLE, "", 30000, "30"}, {ERR_FORM_STALE, "v1.t", 1500, "2"},
		{ERR_FORM_STALE, "v1.old", 1500, "name=\"ticket\""},
		{ERR_FORM_STALE, "v1.t", 0, "name=\"ticket\""}};
	char said[ARRAY_N(ROW)][200];
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		ask.seen.ticket = str_c(ROW[i].had);
		fresh.wait_ms = ROW[i].wait_ms;
		fresh.hard = ROW[i].err == ERR_PUZZLE;
		begin();
		page_form_again(&r, &ask, &fresh, ROW[i].err, STR(""));
		check(i, ROW[i].has, "<b>|name=\"fee\"");
		assert_non_null(strstr(body, "name=\"key\" value=\"k\""));
		assert_int_equal(r.status, err_status(ROW[i].err));
		const char *why = strstr(body, "</p>\n<p>");
		assert_non_null(why);
		snprintf(said[i], sizeof said[i], "%.60s", why);
	}
	assert_string_not_equal(said[0], said[1]);
	assert_string_not_equal(said[1], said[2]);
	assert_string_equal(said[2], said[3]); /* what was sent before is told as too old */
}

/* --- a visit --------------------------------------------------------------------------------- */

static void buttons(void **state)
{
	static struct manage_payment payment[] = {
		{STR("2026-11-30"), STR("25.00"), STR("EUR"), STR("R-1"), STR(""), false},
		{STR("2026-10-30"), STR("25.00"), STR("EUR"), STR("R-2"), STR("5.00"), true},
	};
	static const struct {
		struct manage_gift g;
		const char *has, *lacks;
	} ROW[] = {
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .life = LIFE("active", "2026-12-30", "", "", "")},
			"value=\"amount\"|value=\"pause\"|value=\"cancel_at_end\"|value=\"cancel\"",
			"value=\"keep\"|value=\"resume\"|/manage/portal"},
		{{.id = STR("g"),
			 .interval = STR("year"),
			 .portal = true,
			 .life = LIFE("active", "", "", "", "")},
			"value=\"amount\"|/manage/portal", "value=\"pause\"|pledged-give"},
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .portal = true,
			 .life = LIFE("past_due", "", "", "", "2026-12-03")},
			"pledged-give|/manage/portal|name=\"do\" value=\"cancel\"",
			"cancel_at_end|value=\"pause\""},
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .life = LIFE("paused", "", "", "2027-01-01", "")},
			"value=\"resume\"", "value=\"pause\""},
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .life = LIFE("ending", "", "2026-12-31", "", "")},
			"value=\"keep\"|name=\"do\" value=\"cancel\"",
			"value=\"amount\"|cancel_at_end"},
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .duplicate = true,
			 .life = LIFE("ended", "", "", "", "")},
			"href=\"/give\"", "/manage/wish|a second time"},
		{{.id = STR("g"),
			 .interval = STR("month"),
			 .duplicate = true,
			 .status = STR("paid"),
			 .life = LIFE("active", "", "", "", "")},
			"a second time|/manage/wish", ""},
		{{.id = STR("g"),
			 .asked = STR("amount"),
			 .asked_state = STR("sent"),
			 .life = LIFE("active", "", "", "", "")},
			"href=\"/manage?w=1\"", "/manage/wish"},
		{{.id = STR("g"),
			 .asked = STR("amount"),
			 .asked_state = STR("done"),
			 .life = LIFE("active", "", "", "", "")},
			"Your last change is made|/manage/wish", "w=1"},
		{{.id = STR("g"),
			 .asked = STR("amount"),
			 .asked_state = STR("refused"),
			 .life = LIFE("active", "", "", "", "")},
			"pledged-news|/manage/wish", "is made"},
		{{.interval = STR("once"), .payment = payment, .payment_n = 2},
			"<code>R-1</code>|<code>R-2</code>|\u20ac5", "/manage/wish"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct manage_gift g = ROW[i].g;
		struct manage_page page = {.email = STR("a@b.example"),
			.until = STR("12:00"),
			.form_path = STR("/give"),
			.gift = &g,
			.gift_n = 1};
		if (g.status.n == 0)
			g.status = STR("refunded");
		g.amount = STR("25.00");
		g.currency = STR("EUR");
		g.began = STR("2026-01-31");
		begin();
		page_manage(&r, STR("en"), &page, OK, NULL, STR(""), 0);
		check(i, ROW[i].has, ROW[i].lacks);
	}
}

static void looks(void **state)
{
	static const struct {
		const char *asked;
		uint64_t looks;
		const char *has, *lacks;
	} ROW[] = {
		{"asked", 0, "/manage/leave", "Refresh"},
		{"asked", 1, "Refresh: 3; url=/manage?w=2", "longer than usual"},
		{"sent", 16, "Refresh: 15; url=/manage?w=17", "longer than usual"},
		{"sent", 26, "Refresh: 60; url=/manage?w=27", "longer than usual"},
		{"sent", PAGE_MANAGE_LOOKS, "longer than usual", "Refresh"},
		{"done", 3, "is made", "Refresh|longer than usual"},
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct manage_gift g = {.id = STR("g"),
			.status = STR("paid"),
			.amount = STR("5.00"),
			.currency = STR("PLN"),
			.interval = STR("month"),
			.began = STR("2026-01-31"),
			.asked = STR("amount"),
			.asked_state = str_c(ROW[i].asked)};
		struct manage_page page = {.gift = &g, .gift_n = 1};
		begin();
		page_manage(&r, STR("en"), &page, OK, NULL, STR(""), ROW[i].looks);
		check(i, ROW[i].has, ROW[i].lacks);
	}
}

static void troubles(void **state)
{
	static const struct {
		enum err err;
		const char *why, *has;
	} ROW[] = {
		{ERR_STATE, "ended", "This gift has ended already."},
		{ERR_STATE, "busy", "Another change is being made."},
		{ERR_STATE, "not_monthly", "Only a monthly gift can be paused."},
		{ERR_STATE, "moonlight", "This cannot be done now."},
		{ERR_PROVIDER_DOWN, "", "role=\"alert\""},
	};
	struct manage_page page = {.years = STR("2026 2025 2024 2023"), .mailed = STR("receipts")};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct fault f = {0};
		assert_int_equal(fault_set(&f, ROW[i].err, NULL, "%s", ROW[i].why), ROW[i].err);
		begin();
		page_manage(&r, STR("en"), &page, ROW[i].err, &f, STR(""), 0);
		/* no gift, and mails of the three newest years */
		check(i, ROW[i].has, "value=\"2023\"");
		assert_non_null(strstr(body, "value=\"2024\""));
		assert_non_null(strstr(body, "pledged-news"));
		assert_int_equal(r.status, err_status(ROW[i].err));
	}
}

/* --- small ones ------------------------------------------------------------------------------ */

static void ways_in_and_out(void **state)
{
	static const enum err ASKS[] = {
		OK, ERR_VISIT_OVER, ERR_LINK_GONE, ERR_EMAIL_BAD, ERR_STORE_DOWN};
	static const enum err LINKS[] = {ERR_LINK_GONE, ERR_EMAIL_BAD, ERR_STORE_DOWN, ERR_LIMITED};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ASKS); i++) {
		begin();
		page_manage_ask(&r, STR("en"), ASKS[i]);
		check(i, "action=\"/manage/ask\"", "<script");
		assert_int_equal(strstr(head, "Retry-After") != NULL, ASKS[i] == ERR_STORE_DOWN);
		assert_int_equal(strstr(body, "role=\"alert\"") != NULL, ASKS[i] == ERR_EMAIL_BAD);
	}
	for (size_t i = 0; i < ARRAY_N(LINKS); i++) {
		begin();
		page_link_problem(&r, STR("ru"), LINKS[i]);
		check(i, "lang=\"ru\"", "<script");
		assert_int_equal(r.status, err_status(LINKS[i]));
		assert_int_equal(strstr(body, "action=\"/link\"") != NULL, i < 2);
	}
	begin();
	page_manage_back(&r, STR(""));
	check(0, "Refresh: 0; url=/manage|href=\"/manage\"", "");
	begin();
	page_manage_look(&r, STR("en"), STR(EVIL));
	check(1, "action=\"/manage/&lt;b&gt;", "<b>");
	begin();
	page_link_look(&r, STR("en"), STR(EVIL));
	check(2, "action=\"/link/&lt;b&gt;", "<b>");
}

static void reminders(void **state)
{
	static const struct {
		enum err err;
		const char *field, *has;
	} ROW[] = {{ERR_FIELD_BAD, "month", ""}, {ERR_FIELD_BAD, "articles", ""},
		{ERR_FIELD_BAD, "token", ""}, {ERR_NOT_FOUND, "", ""}, {ERR_EMAIL_BAD, "email", ""},
		{ERR_FIELD_MISSING, "", ""}, {ERR_STORE_DOWN, "", "Retry-After"}};
	char said[ARRAY_N(ROW)][2000];
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++) {
		struct fault f = {0};
		assert_int_equal(fault_set(&f, ROW[i].err, ROW[i].field, "x"), ROW[i].err);
		begin();
		page_remind_problem(&r, STR("en"), ROW[i].err, &f);
		check(i, ROW[i].has, "Nothing has been charged");
		assert_int_equal(r.status, err_status(ROW[i].err));
		snprintf(said[i], sizeof said[i], "%.1999s", body);
		for (size_t k = 0; k < i; k++) /* each has words of its own */
			assert_string_not_equal(said[i], said[k]);
	}
	static const struct {
		const char *month, *articles, *has;
	} NOTED[] = {{"2027-01", "", "January 2027|2027-01-01"}, {"", "5", "5"}, {"", "51", ""},
		{"", "many", ""}};
	for (size_t i = 0; i < ARRAY_N(NOTED); i++) {
		begin();
		page_remind_noted(&r, STR("en"), str_c(NOTED[i].month), str_c(NOTED[i].articles));
		check(i, i == 0 ? "2027-01-01" : NOTED[i].has, "51|many");
	}
	static const enum remind_state STATES[] = {REMIND_OPEN, REMIND_STOPPED, REMIND_ERASED};
	for (size_t i = 0; i < ARRAY_N(STATES); i++) {
		begin();
		page_remind_look(&r, STR("en"), STATES[i], STR(EVIL));
		check(i, i == 0 ? "action=\"/remind/&lt;b&gt;" : "<h1>", i == 0 ? "<b>" : "<form");
	}
	begin();
	page_remind_form(&r, STR("en"), STR("2026-11"), STR(EVIL));
	check(0, "value=\"2026-11\">November 2026|value=\"2027-10\">October 2027|value=\"20\"",
		"2027-11|<b>");
	begin(); /* a database that tells no month leaves the articles */
	page_remind_form(&r, STR("en"), STR("soon"), STR(""));
	check(1, "name=\"when\">\n<option value=\"3\"", "");
}

static void who_does_not_want_to_be_asked(void **state)
{
	static const enum reader_mark_kind HOW[] = {MARK_NEVER, MARK_ALREADY_GAVE, MARK_LATER};
	char said[ARRAY_N(HOW)][1500];
	(void)state;
	for (size_t i = 0; i < ARRAY_N(HOW); i++) {
		begin();
		page_left(&r, STR("en"), HOW[i]);
		check(i, "<h1>", "<form");
		snprintf(said[i], sizeof said[i], "%.1499s", body);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(said[i], said[k]);
	}
	begin();
	page_left_problem(&r, STR("en"), ERR_STORE_DOWN);
	check(0, "Retry-After", "<form");
	assert_int_equal(r.status, 503);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(states),
		cmocka_unit_test(problems),
		cmocka_unit_test(a_form_comes_again),
		cmocka_unit_test(buttons),
		cmocka_unit_test(looks),
		cmocka_unit_test(troubles),
		cmocka_unit_test(ways_in_and_out),
		cmocka_unit_test(reminders),
		cmocka_unit_test(who_does_not_want_to_be_asked),
	};
	return cmocka_run_group_tests_name("web_page", tests, NULL, NULL);
}
