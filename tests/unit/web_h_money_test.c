/* tests/unit/web_h_money_test.c: what the money role refuses before it asks anybody: which answer
 * it gives, as a page and as a problem; and that it still gives one where memory ends on the way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/log.h"
#include "web/h_money.h"

#define JSON "application/json"
#define FORM "application/x-www-form-urlencoded"
#define HTML "text/html"

static char head[4096], body[1 << 16];
static struct arena arena;
static const struct conf conf;
static struct app_money m = {.conf = &conf}; /* takes by no provider, and has no database */

static const struct row {
	enum route route;
	const char *rest, *type, *accept, *site, *sent;
	enum err err;
	const char *word; /* that stands in the answer */
} ROWS[] = {
	/* a pledge */
	{ROUTE_pledge, "", "text/plain", "", "same-origin", "x", ERR_BAD_TYPE, "bad_content_type"},
	{ROUTE_pledge, "", JSON "; charset=latin1", "", "same-origin", "{}", ERR_BAD_TYPE,
		"bad_content_type"},
	{ROUTE_pledge, "", JSON, "", "cross-site", "{}", ERR_ORIGIN_REFUSED, "origin_refused"},
	{ROUTE_pledge, "", JSON, "", "", "{}", ERR_ORIGIN_REFUSED, "origin_refused"},
	{ROUTE_pledge, "", JSON, "", "same-origin", "{", ERR_BAD_JSON, "bad_json"},
	{ROUTE_pledge, "", JSON, "", "same-origin", "[]", ERR_BAD_JSON, "must be an object"},
	{ROUTE_pledge, "", JSON, "", "same-origin", "{\"amount\":5}", ERR_AMOUNT_TYPE,
		"amount_type"},
	{ROUTE_pledge, "", JSON, "", "same-origin", "{\"other_amount\":\"5\"}", ERR_UNKNOWN_FIELD,
		"unknown_field"},
	{ROUTE_pledge, "", JSON, "", "same-origin", "{\"email\":5}", ERR_FIELD_BAD, "\"email\""},
	{ROUTE_pledge, "", JSON, "", "same-origin", "{\"cover\":\"yes please\"}",
		ERR_FIELD_TOO_LONG, "\"cover\""},
	{ROUTE_pledge, "", FORM, HTML, "same-origin", "amount=5&amount=6", ERR_DUPLICATE_FIELD,
		"<!doctype html>"},
	{ROUTE_pledge, "", FORM, JSON, "same-origin", "amount=%zz", ERR_BAD_FORM, "bad_form"},
	{ROUTE_pledge, "", FORM, HTML, "same-origin", "colour=red", ERR_UNKNOWN_FIELD,
		"<!doctype html>"},
	/* known to be right, but there is nobody who takes it */
	{ROUTE_pledge, "", JSON, "", "same-origin",
		"{\"amount\":\"5.00\",\"currency\":\"EUR\",\"interval\":\"once\",\"cover\":true,"
		"\"key\":\"0123456789abcdef\"}",
		ERR_PAY_CANNOT, "pay_cannot"},
	{ROUTE_pledge, "", FORM, HTML, "same-origin",
		"other_amount=+7,50&currency=EUR&interval=month&key=0123456789abcdef",
		ERR_PAY_CANNOT, "<!doctype html>"},
	/* the same again */
	{ROUTE_again, "x/again", FORM, HTML, "cross-site", "", ERR_ORIGIN_REFUSED,
		"<!doctype html>"},
	{ROUTE_again, "x/never", FORM, "", "same-origin", "", ERR_NOT_FOUND, "not_found"},
	{ROUTE_again, "x/again", FORM, "", "same-origin", "", ERR_NOT_FOUND, "not_found"},
	{ROUTE_status, "x", "", HTML, "", "", ERR_NOT_FOUND, "<!doctype html>"},
	{ROUTE_status, "x", "", JSON, "", "", ERR_NOT_FOUND, "not_found"},
	/* links */
	{ROUTE_link, "", "text/plain", "", "same-origin", "x", ERR_BAD_TYPE, "bad_content_type"},
	{ROUTE_link, "", JSON, "", "same-origin", "[]", ERR_BAD_JSON, "must be an object"},
	{ROUTE_link, "", JSON, "", "same-origin", "{\"who\":\"a@b\"}", ERR_UNKNOWN_FIELD,
		"unknown_field"},
	{ROUTE_link, "", JSON, "", "same-origin", "{}", ERR_FIELD_MISSING, "\"email\""},
	{ROUTE_link, "", JSON, "", "same-origin", "{\"email\":\"a@b.example\",\"locale\":7}",
		ERR_FIELD_BAD, "\"locale\""},
	{ROUTE_link, "", JSON, "", "same-origin", "{\"email\":\"nobody\"}", ERR_EMAIL_BAD,
		"email_bad"},
	{ROUTE_link, "", FORM, "", "same-origin", "email=nobody&locale=ru", ERR_EMAIL_BAD,
		"<!doctype html>"},
	{ROUTE_link, "", FORM, "", "same-origin", "email=a&email=b", ERR_DUPLICATE_FIELD,
		"<!doctype html>"},
	{ROUTE_link, "", FORM, JSON, "cross-site", "email=a", ERR_ORIGIN_REFUSED, "origin_refused"},
	{ROUTE_link_join, "x", FORM, "", "cross-site", "", ERR_ORIGIN_REFUSED, "<!doctype html>"},
	{ROUTE_link_join, "x", FORM, JSON, "cross-site", "", ERR_ORIGIN_REFUSED, "origin_refused"},
	/* a visit */
	{ROUTE_manage_ask, "", "text/plain", "", "same-origin", "x", ERR_BAD_TYPE,
		"bad_content_type"},
	{ROUTE_manage_ask, "", JSON, "", "same-origin", "[]", ERR_BAD_JSON, "must be an object"},
	{ROUTE_manage_ask, "", JSON, "", "same-origin", "{\"email\":\"nobody\"}", ERR_EMAIL_BAD,
		"email_bad"},
	{ROUTE_manage_ask, "", JSON, "", "same-origin",
		"{\"email\":\"a@b.example\",\"locale\":\"??\"}", ERR_FIELD_BAD, "\"locale\""},
	{ROUTE_manage_ask, "", FORM, "", "same-origin", "email=nobody", ERR_EMAIL_BAD,
		"role=\"alert\""},
	{ROUTE_manage_ask, "", FORM, HTML, "same-origin", "mail=nobody", ERR_UNKNOWN_FIELD,
		"<!doctype html>"},
	{ROUTE_manage_open, "x", FORM, "", "cross-site", "", ERR_ORIGIN_REFUSED, "<!doctype html>"},
	{ROUTE_manage_wish, "", JSON, "", "same-origin", "{}", ERR_BAD_TYPE, "<!doctype html>"},
	{ROUTE_manage_wish, "", FORM, "", "cross-site", "do=end", ERR_ORIGIN_REFUSED,
		"<!doctype html>"},
	{ROUTE_manage_mail, "", FORM, "", "same-origin", "what=a&what=b", ERR_DUPLICATE_FIELD,
		"<!doctype html>"},
	/* reminders */
	{ROUTE_remind, "", "text/plain", "", "same-origin", "x", ERR_BAD_TYPE, "bad_content_type"},
	{ROUTE_remind, "", JSON, "", "same-origin", "[]", ERR_BAD_JSON, "must be an object"},
	{ROUTE_remind, "", JSON, "", "same-origin", "{\"email\":\"a@b.example\",\"articles\":0}",
		ERR_FIELD_BAD, "\"articles\""},
	{ROUTE_remind, "", JSON, "", "same-origin", "{\"email\":\"a@b.example\",\"articles\":5.5}",
		ERR_FIELD_BAD, "\"articles\""},
	{ROUTE_remind, "", JSON, "", "same-origin", "{\"email\":\"nobody\",\"articles\":5}",
		ERR_EMAIL_BAD, "email_bad"},
	{ROUTE_remind, "", FORM, HTML, "same-origin", "email=nobody&when=2027-01&locale=ru",
		ERR_EMAIL_BAD, "<!doctype html>"},
	{ROUTE_remind, "", FORM, HTML, "same-origin", "email=a@b.example", ERR_FIELD_MISSING,
		"<!doctype html>"},
	{ROUTE_remind_stop, "x", FORM, "", "cross-site", "", ERR_ORIGIN_REFUSED, "<!doctype html>"},
	{ROUTE_remind_stop, "x", FORM, JSON, "cross-site", "", ERR_ORIGIN_REFUSED,
		"origin_refused"},
	/* webhooks of whom we do not know, and what is no address of this role */
	{ROUTE_stripe, "", JSON, "", "", "{}", ERR_NOT_FOUND, "not_found"},
	{ROUTE_mollie, "", FORM, "", "", "id=tr_1", ERR_NOT_FOUND, "not_found"},
	{ROUTE_decide, "", "", "", "", "", ERR_NOT_FOUND, "not_found"},
};

static int setup(void **state)
{
	(void)state;
	log_level_set(LOG_ERROR);
	return arena_init(&arena, 1 << 20) == OK ? 0 : -1;
}

static int teardown(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* The status; fail: the so-manieth allocation does, 0 for none. */
static int ask(const struct row *r, long fail)
{
	struct request q = {.arena = &arena,
		.host = STR("courier.example"),
		.scheme = STR("https"),
		.content_type = str_c(r->type),
		.accept = str_c(r->accept),
		.fetch_site = str_c(r->site),
		.body = str_c(r->sent),
		.now = utc_of_s(1785000000)};
	struct response a = {.status = 200};
	arena_reset(&arena);
	buf_init(&a.head, head, sizeof head);
	buf_init(&a.body, body, sizeof body - 1);
	arena_fail_at(&arena, fail);
	h_money(&m, r->route, str_c(r->rest), &q, &a);
	arena_fail_at(&arena, 0);
	assert_int_equal(buf_done(&a.head), OK);
	assert_int_equal(buf_done(&a.body), OK);
	body[a.body.n] = '\0';
	assert_non_null(a.type);
	assert_true(a.body.n > 0);
	return a.status;
}

static void refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		int status = ask(&ROWS[i], 0);
		if (status != err_status(ROWS[i].err) || !strstr(body, ROWS[i].word))
			fail_msg("row %zu: %d %s", i, status, body);
	}
}

/* Either nothing of it was needed, or it is told as our own fault: never as something else of the
 * sender's, and never as if all were well. */
static void memory_ends(void **state)
{
	size_t ends = 0;
	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		for (long n = 1; n < 40; n++) {
			int status = ask(&ROWS[i], n);
			ends += status == err_status(ERR_NO_MEMORY);
			if (status != err_status(ROWS[i].err) &&
				status != err_status(ERR_NO_MEMORY))
				fail_msg("row %zu, allocation %ld: %d %s", i, n, status, body);
		}
	assert_true(ends > 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(refused), cmocka_unit_test(memory_ends)};
	return cmocka_run_group_tests_name("web_h_money", tests, setup, teardown);
}
