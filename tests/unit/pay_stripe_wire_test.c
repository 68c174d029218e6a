/* Stripe's wire: our bytes against the official client's, and what becomes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pay/stripe_wire.h"

#define PLEDGE "01890a5d-ac96-774b-bcce-b302099a8057"

static struct arena arena;

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena, 1 << 20) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static struct uuid pledge_id(void)
{
	struct uuid u;

	assert_int_equal(uuid_parse(STR(PLEDGE), &u), OK);
	return u;
}

static struct pay_checkout one_off(void)
{
	return (struct pay_checkout){.pledge = pledge_id(), .money = {2500, "EUR"}, .interval = INTERVAL_ONCE,
	    .label = STR("Donation: Café & \"Läden\""), .email = STR("a@b.example"),
	    .success_url = STR("https://d.example/return?sid={CHECKOUT_SESSION_ID}"),
	    .cancel_url = STR("https://d.example/cancel?p=" PLEDGE), .expires_at = utc_of_s(1900000000)};
}

static struct pay_checkout monthly(void)
{
	return (struct pay_checkout){.pledge = pledge_id(), .money = {1000, "JPY"}, .interval = INTERVAL_MONTH,
	    .label = STR("Monthly"), .success_url = STR("https://d.example/r")};
}

/* --- golden requests --------------------------------------------------------------------------- */

static void load(const char *name, char *out, size_t cap)
{
	const char *root = getenv("PLEDGED_TESTS");
	char path[512];

	snprintf(path, sizeof path, "%s/data/stripe/%s", root ? root : "tests", name);
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("there is no %s", path);
	size_t n = fread(out, 1, cap - 1, f);
	fclose(f);
	out[n] = 0;
	assert_true(n < cap - 1);
}

/* One request of the capture: its first line, and its body with our own pledge in place of theirs. */
static void golden(const char *name, char line[512], char body[4096])
{
	static char text[65536];
	char head[64], *at, *end;

	load("requests-node-23.1.0.txt", text, sizeof text);
	snprintf(head, sizeof head, "## %s\n", name);
	at = strstr(text, head);
	assert_non_null(at);
	at += strlen(head);
	end = strchr(at, '\n');
	snprintf(line, 512, "%.*s", (int)(end - at), at);
	body[0] = 0;
	char *stop = strstr(at, "\n## "), *start = strstr(at, "  BODY ");
	if (!start || (stop && start > stop))
		return;
	start += 7;
	end = strchr(start, '\n');
	size_t n = 0;
	while (start < end) {
		bool theirs = strncmp(start, "pl_01", 5) == 0 || strncmp(start, "pl_02", 5) == 0;
		n += (size_t)snprintf(body + n, 4096 - n, "%.*s", theirs ? 36 : 1, theirs ? PLEDGE : start);
		start += theirs ? 5 : 1;
	}
}

static void same(struct str a, const char *b)
{
	char text[8192];

	assert_int_equal(str_copy(a, text, sizeof text), OK);
	assert_string_equal(text, b);
}

/* build_checkout against one golden request; ours switches adaptive pricing off as well. */
static void is_golden(const struct pay_checkout *in, const char *name)
{
	char line[512], body[4096], first[600];
	struct pay_request q;

	golden(name, line, body);
	assert_true(body[0] != 0);
	strcat(body, "&adaptive_pricing[enabled]=false");
	assert_int_equal(stripe_wire_build_checkout(in, STR("v1:create:1"), &arena, &q), OK);
	same(q.body, body);
	snprintf(first, sizeof first, "%s %.*s", q.method, STR_FMT(q.path));
	assert_string_equal(first, line);
	same(q.idem_key, "v1:create:1");
}

/* (case 1) */
static void one_off_is_the_official_clients(void **state)
{
	struct pay_checkout in = one_off();

	(void)state;
	is_golden(&in, "one-off");
}

/* (case 2) */
static void monthly_is_the_official_clients(void **state)
{
	struct pay_checkout in = monthly();

	(void)state;
	is_golden(&in, "monthly");
}

/* Our fetch expands more, in the same way of writing. */
static void fetch_begins_like_the_official_clients(void **state)
{
	char line[512], body[4096], first[600];
	struct pay_request q;

	(void)state;
	golden("get", line, body);
	assert_int_equal(stripe_wire_build_fetch(PAY_KIND_CHECKOUT, STR("cs_1"), &arena, &q), OK);
	snprintf(first, sizeof first, "%s %.*s", q.method, STR_FMT(q.path));
	assert_memory_equal(first, line, strlen(line));
	assert_string_equal(first + strlen(line), "&expand[2]=invoice&expand[3]=invoice.payments");
	assert_int_equal(q.body.n, 0);
	assert_int_equal(q.idem_key.n, 0);
}

/* --- our own requests -------------------------------------------------------------------------- */

static void fetches(void **state)
{
	static const struct { enum pay_kind kind; const char *path; } rows[] = {
	    {PAY_KIND_INVOICE, "/v1/invoices/x_1?expand[0]=payments&expand[1]=payments.data.payment.payment_intent"},
	    {PAY_KIND_SUBSCRIPTION, "/v1/subscriptions/x_1"},
	    {PAY_KIND_PAYMENT, "/v1/payment_intents/x_1?expand[0]=latest_charge"
	        "&expand[1]=latest_charge.balance_transaction&expand[2]=latest_charge.refunds"
	        "&expand[3]=latest_charge.refunds.data.balance_transaction"},
	    {PAY_KIND_REFUND, "/v1/refunds/x_1?expand[0]=balance_transaction"},
	    {PAY_KIND_DISPUTE, "/v1/disputes/x_1"},
	    {PAY_KIND_WARNING, "/v1/radar/early_fraud_warnings/x_1?expand[0]=charge"},
	};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		assert_int_equal(stripe_wire_build_fetch(rows[i].kind, STR("x_1"), &arena, &q), OK);
		same(q.path, rows[i].path);
		assert_string_equal(q.method, "GET");
	}
	assert_int_equal(stripe_wire_build_fetch(PAY_KIND_NONE, STR("x_1"), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_fetch((enum pay_kind)99, STR("x_1"), &arena, &q), ERR_RANGE);
}

/* An id comes from a webhook: nothing in it may lead the call elsewhere. */
static void odd_ids_are_not_fetched(void **state)
{
	static const char *const rows[] = {"", "cs", "../balance", "cs_1/expire", "cs_1?x=1", "cs_1#", "cs 1",
	    "cs_1\r\nX: y", "cs_é", "cs-1", "%63s_1"};
	struct pay_request q;
	char word[257];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		assert_int_equal(stripe_wire_build_fetch(PAY_KIND_CHECKOUT, str_c(rows[i]), &arena, &q), ERR_RANGE);
	memset(word, 'a', sizeof word);
	assert_int_equal(stripe_wire_build_fetch(PAY_KIND_CHECKOUT, (struct str){word, 255}, &arena, &q), OK);
	assert_int_equal(stripe_wire_build_fetch(PAY_KIND_CHECKOUT, (struct str){word, 256}, &arena, &q), ERR_RANGE);
}

static bool has(struct str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* Money against fixed numbers, never round trips. (case 3) */
static void minor_units_go_as_they_are(void **state)
{
	static const struct { struct money money; const char *part; } rows[] = {
	    {{1000, "JPY"}, "[currency]=jpy&line_items[0][price_data][unit_amount]=1000&"},
	    {{50000, "ISK"}, "[currency]=isk&line_items[0][price_data][unit_amount]=50000&"},
	    {{1230, "KWD"}, "[currency]=kwd&line_items[0][price_data][unit_amount]=1230&"},
	    {{17500, "HUF"}, "[currency]=huf&line_items[0][price_data][unit_amount]=17500&"},
	    {{100, "EUR"}, "[currency]=eur&line_items[0][price_data][unit_amount]=100&"},
	};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_checkout in = one_off();
		in.money = rows[i].money;
		assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
		assert_true(has(q.body, rows[i].part));
	}
}

/* (case 2) */
static void yearly_is_a_subscription(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request q;

	(void)state;
	in.interval = INTERVAL_YEAR;
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_true(str_starts(q.body, "mode=subscription&client_reference_id=" PLEDGE "&"));
	assert_true(has(q.body, "&line_items[0][price_data][recurring][interval]=year&"));
	assert_true(has(q.body, "&subscription_data[metadata][pledge]=" PLEDGE "&"));
	assert_false(has(q.body, "submit_type"));
	assert_false(has(q.body, "payment_intent_data"));
}

static void what_it_takes_is_told(void **state)
{
	(void)state;
	for (int i = 0; i < INTERVAL_N; i++)
		assert_true(stripe_wire_takes((enum campaign_interval)i, STR("EUR")));
	assert_false(stripe_wire_takes(INTERVAL_N, STR("EUR")));
	assert_false(stripe_wire_takes(INTERVAL_ONCE, STR("XXX")));
	assert_false(stripe_wire_takes(INTERVAL_MONTH, STR("eur")));
}

/* In their order, each under its number; none named: Stripe offers what the account has. */
static void ways_to_pay_are_listed(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request q;

	(void)state;
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_false(has(q.body, "payment_method_types"));
	in.methods = STR("card,sepa_debit");
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_true(has(q.body, "&payment_method_types[0]=card&payment_method_types[1]=sepa_debit&metadata[pledge]="));
}

/* (case 7) */
static void labels_are_encoded(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request q;

	(void)state;
	in.label = STR("a=b&c%d+e \xf0\x9f\x8e\x81 [x]/~");
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_true(has(q.body, "[name]=a%3Db%26c%25d%2Be%20%F0%9F%8E%81%20%5Bx%5D%2F~&"));
}

/* Another attempt is the same call but for its key and the time it may take. (case 23) */
static void again_is_the_same_but_for_key_and_time(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request old, q, r;

	(void)state;
	in.expires_at = utc_of_s(1900000000);
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &old), OK);
	assert_int_equal(stripe_wire_build_again(&old, STR("v1:create:2"), utc_of_s(1900086400), &arena, &q), OK);
	in.expires_at = utc_of_s(1900086400);
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:2"), &arena, &r), OK);
	assert_true(str_eq(q.body, r.body) && str_eq(q.path, r.path) && str_eq(q.idem_key, r.idem_key));
	assert_string_equal(q.method, "POST");
	in.expires_at = (utc_t){0};
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &old), OK);
	assert_int_equal(stripe_wire_build_again(&old, STR("v1:create:2"), utc_of_s(1900086400), &arena, &q), OK);
	assert_true(has(q.body, "=false&expires_at=1900086400"));
	assert_int_equal(stripe_wire_build_again(&q, STR("v1:create:1"), (utc_t){0}, &arena, &r), OK);
	assert_true(str_eq(r.body, old.body));
}

static void nothing_else_is_made_again(void **state)
{
	struct pay_request q, ok = {.method = "POST", .path = STR("/v1/checkout/sessions"), .body = STR("a=b")};
	struct pay_request get = ok, refund = ok, empty = ok;
	utc_t at = utc_of_s(1900086400);

	(void)state;
	get.method = "GET";
	refund.path = STR("/v1/refunds");
	empty.body = STR("");
	assert_int_equal(stripe_wire_build_again(&ok, STR("k"), at, &arena, &q), OK);
	assert_int_equal(stripe_wire_build_again(&get, STR("k"), at, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_again(&refund, STR("k"), at, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_again(&empty, STR("k"), at, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_again(&ok, STR(""), at, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_again(&ok, STR("k"), utc_of_s(-1), &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_wire_build_again(&ok, STR("k"), utc_of_s(INT64_C(253402300800)), &arena, &q), ERR_RANGE);
}

static char long_text[4096], long_word[4096];

static const struct wrong {
	const char *name;
	struct str label, email, success, cancel, methods, key;
	struct money money;
	int interval;
	int64_t expires_s;
} wrongs[] = {
    {.name = "no label", .label = {"", 0}},
    {.name = "blank label", .label = {"  ", 2}},
    {.name = "long label", .label = {long_text, 251}},
    {.name = "line break", .label = {"a\nb", 3}},
    {.name = "NUL", .label = {"a\0b", 3}},
    {.name = "right-to-left mark", .label = {"a\xe2\x80\xae" "b", 5}},
    {.name = "not UTF-8", .label = {"a\xff", 2}},
    {.name = "e-mail of two lines", .email = {"a@b\nc", 5}},
    {.name = "long e-mail", .email = {long_text, 255}},
    {.name = "no way back", .success = {"", 0}},
    {.name = "javascript", .success = {"javascript:alert(1)", 19}},
    {.name = "space", .success = {"https://a b", 11}},
    {.name = "long way", .success = {long_text, 2049}},
    {.name = "bad cancel", .cancel = {"ftp://x", 7}},
    {.name = "many ways to pay", .methods = {long_word, 201}},
    {.name = "another pair", .methods = {"card&mode=setup", 15}},
    {.name = "no key", .key = {"", 0}},
    {.name = "header in key", .key = {"a\r\nX: y", 7}},
    {.name = "long key", .key = {long_text, 256}},
    {.name = "nothing", .money = {0, "EUR"}},
    {.name = "negative", .money = {-1, "EUR"}},
    {.name = "unknown currency", .money = {2500, "XXX"}},
    {.name = "lower case", .money = {2500, "eur"}},
    {.name = "between two steps", .money = {50050, "ISK"}},
    {.name = "interval", .interval = 3},
    {.name = "interval below", .interval = -1},
    {.name = "before time", .expires_s = -5},
    {.name = "after time", .expires_s = INT64_C(253402300800)},
};

/* (cases 6, 7) */
static void unsound_requests_are_not_built(void **state)
{
	struct pay_request q;

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	memset(long_word, 'a', sizeof long_word);
	memcpy(long_text, "https://", 8);
	for (size_t i = 0; i < ARRAY_N(wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		struct pay_checkout in = one_off();
		struct str key = w->key.p ? w->key : STR("v1:create:1");
		in.label = w->label.p ? w->label : in.label;
		in.email = w->email.p ? w->email : in.email;
		in.success_url = w->success.p ? w->success : in.success_url;
		in.cancel_url = w->cancel.p ? w->cancel : in.cancel_url;
		in.methods = w->methods.p ? w->methods : in.methods;
		in.money = w->money.cur[0] ? w->money : in.money;
		in.interval = w->interval ? (enum campaign_interval)w->interval : in.interval;
		in.expires_at = w->expires_s ? utc_of_s(w->expires_s) : in.expires_at;
		if (stripe_wire_build_checkout(&in, key, &arena, &q) != ERR_RANGE)
			fail_msg("built: %s", w->name);
	}
	struct pay_checkout nil = one_off();
	nil.pledge = (struct uuid){0};
	assert_int_equal(stripe_wire_build_checkout(&nil, STR("v1:create:1"), &arena, &q), ERR_RANGE);
}

static void no_memory_at_any_place(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request q = {.method = "none"};
	long n = 1;

	(void)state;
	for (;; n++) {
		arena_fail_at(&arena, n);
		enum err e = stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q);
		if (e == OK)
			break;
		assert_int_equal(e, ERR_NO_MEMORY);
		assert_string_equal(q.method, "none");
	}
	assert_int_equal(n, 4);
	arena_fail_at(&arena, 1);
	assert_int_equal(stripe_wire_build_fetch(PAY_KIND_REFUND, STR("re_1"), &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
}

/* --- how a call ends --------------------------------------------------------------------------- */

#define ERROR(type, code) "{\"error\":{\"type\":\"" type "\",\"code\":\"" code "\",\"message\":\"a@b.example\"}}"
#define INVALID "{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"No\"}}"

static const struct ending {
	bool read, sent;
	int curl;
	long status;
	const char *body, *retry;
	enum pay_outcome outcome;
} endings[] = {
    {.curl = 7, .outcome = PAY_RETRY},
    {.curl = 28, .outcome = PAY_RETRY},
    {.curl = 28, .sent = true, .outcome = PAY_UNKNOWN},
    {.curl = 56, .sent = true, .outcome = PAY_UNKNOWN},
    {.status = 200, .body = "<html>", .outcome = PAY_OK},
    {.status = 201, .outcome = PAY_OK},
    {.status = 302, .outcome = PAY_CONFIG},
    {.status = 304, .outcome = PAY_CONFIG},
    {.status = 302, .retry = "true", .outcome = PAY_CONFIG},
    {.status = 400, .body = INVALID, .outcome = PAY_PERMANENT},
    {.status = 400, .body = "<html>", .outcome = PAY_PERMANENT},
    {.status = 400, .body = ERROR("idempotency_error", ""), .outcome = PAY_PERMANENT},
    {.status = 409, .body = ERROR("idempotency_error", ""), .outcome = PAY_PERMANENT},
    {.status = 400, .body = ERROR("idempotency_error", ""), .retry = "true", .outcome = PAY_PERMANENT},
    {.status = 400, .body = INVALID, .retry = "true", .outcome = PAY_RETRY},
    {.status = 400, .body = INVALID, .retry = "false", .outcome = PAY_PERMANENT},
    {.status = 400, .body = ERROR("invalid_request_error", "amount_too_small"), .outcome = PAY_PERMANENT},
    {.status = 400, .body = ERROR("invalid_request_error", "livemode_mismatch"), .outcome = PAY_CONFIG},
    {.status = 401, .outcome = PAY_CONFIG},
    {.status = 401, .body = ERROR("invalid_request_error", "api_key_expired"), .outcome = PAY_CONFIG},
    {.status = 402, .body = ERROR("card_error", "card_declined"), .outcome = PAY_NEEDS_DONOR},
    {.status = 402, .body = ERROR("card_error", "card_declined"), .retry = "false", .outcome = PAY_NEEDS_DONOR},
    {.status = 403, .outcome = PAY_CONFIG},
    {.status = 404, .body = INVALID, .outcome = PAY_PERMANENT},
    {.status = 404, .body = INVALID, .read = true, .outcome = PAY_GONE},
    {.status = 404, .body = INVALID, .read = true, .retry = "false", .outcome = PAY_GONE},
    {.status = 404, .body = "<html>", .read = true, .outcome = PAY_UNKNOWN},
    {.status = 404, .body = "", .read = true, .outcome = PAY_UNKNOWN},
    {.status = 404, .body = "{\"error\":\"nothing\"}", .read = true, .outcome = PAY_UNKNOWN},
    {.status = 409, .body = ERROR("invalid_request_error", "idempotency_key_in_use"), .outcome = PAY_RETRY},
    {.status = 409, .body = "", .outcome = PAY_RETRY},
    {.status = 409, .body = "", .retry = "false", .outcome = PAY_UNKNOWN},
    {.status = 409, .body = ERROR("idempotency_error", "idempotency_key_in_use"), .outcome = PAY_RETRY},
    {.status = 422, .outcome = PAY_PERMANENT},
    {.status = 424, .outcome = PAY_RETRY},
    {.status = 424, .retry = "false", .outcome = PAY_UNKNOWN},
    {.status = 429, .body = ERROR("rate_limit_error", "rate_limit"), .outcome = PAY_RETRY},
    {.status = 429, .body = ERROR("invalid_request_error", "lock_timeout"), .outcome = PAY_RETRY},
    {.status = 429, .body = ERROR("invalid_request_error", "lock_timeout"), .retry = "false", .outcome = PAY_RETRY},
    {.status = 429, .body = ERROR("rate_limit_error", "rate_limit"), .retry = "false", .outcome = PAY_PERMANENT},
    {.status = 500, .body = ERROR("api_error", ""), .outcome = PAY_UNKNOWN},
    {.status = 500, .body = ERROR("api_error", ""), .retry = "false", .outcome = PAY_UNKNOWN},
    {.status = 500, .body = ERROR("api_error", ""), .retry = "true", .outcome = PAY_RETRY},
    {.status = 501, .outcome = PAY_UNKNOWN},
    {.status = 502, .outcome = PAY_RETRY},
    {.status = 503, .outcome = PAY_RETRY},
    {.status = 503, .retry = "false", .outcome = PAY_UNKNOWN},
    {.status = 504, .body = "<html>", .outcome = PAY_RETRY},
    {.status = 505, .outcome = PAY_UNKNOWN},
    {.status = 200, .retry = "true", .outcome = PAY_OK},
    {.status = 0, .outcome = PAY_UNKNOWN},
    {.status = 199, .outcome = PAY_UNKNOWN},
    {.status = 999, .outcome = PAY_UNKNOWN},
};

/* (cases 17-20) */
static void every_ending_has_its_class(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(endings); i++) {
		const struct ending *w = &endings[i];
		struct pay_answer ans = {.read = w->read, .sent = w->sent, .curl = w->curl, .status = w->status,
		    .body = str_c(w->body), .should_retry = str_c(w->retry)};
		enum pay_outcome o = stripe_wire_outcome(&ans);
		if (o != w->outcome)
			fail_msg("row %zu: status %ld curl %d gives %d, not %d", i, w->status, w->curl, (int)o,
			    (int)w->outcome);
	}
}

static void error_texts_hold_no_message(void **state)
{
	static const struct { long status; const char *body, *text; } rows[] = {
	    {400, "{\"error\":{\"type\":\"invalid_request_error\",\"code\":\"amount_too_small\",\"param\":"
	          "\"line_items[0][amount]\",\"message\":\"a@b.example\"}}",
	        "HTTP 400 invalid_request_error/amount_too_small line_items[0][amount]"},
	    {402, ERROR("card_error", "card_declined"), "HTTP 402 card_error/card_declined"},
	    {402, "{\"error\":{\"type\":\"card_error\",\"code\":\"card_declined\",\"decline_code\":\"stolen_card\"}}",
	        "HTTP 402 card_error/card_declined/stolen_card"},
	    {400, "{\"error\":{\"type\":\"a@b.example\",\"param\":\"x y\"}}", "HTTP 400 ? ?"},
	    {400, "{\"error\":{\"type\":7}}", "HTTP 400"},
	    {400, "{\"error\":{\"type\":\"a_word_that_is_longer_than_any_that_has_been\"}}", "HTTP 400 ?"},
	    {400, "{\"error\":{\"type\":\"a_word_of_forty_letters_and_not_any_more\"}}", "HTTP 400 a_word_of_forty_letters_and_not_any_more"},
	    {400, "{\"error\":{\"type\":\"a_word_of_forty_letters_and_not_any_more_\"}}", "HTTP 400 ?"},
	    {502, "<html>", "HTTP 502 without an error object"},
	    {200, "{}", "HTTP 200"},
	};
	char out[120];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = {.status = rows[i].status, .body = str_c(rows[i].body)};
		stripe_wire_error_text(&ans, out);
		assert_string_equal(out, rows[i].text);
	}
	struct pay_answer ans = {.curl = 28, .error = "curl 28: Timeout was reached"};
	stripe_wire_error_text(&ans, out);
	assert_string_equal(out, "curl 28: Timeout was reached");
}

/* --- the answer to create ---------------------------------------------------------------------- */

static const struct pay_set live = {.checkout_host = "checkout.stripe.com"};
static const struct pay_set local = {.checkout_host = "127.0.0.1:8081", .plain = true};

#define SESSION(url) "{\"id\":\"cs_test_1\",\"object\":\"checkout.session\",\"livemode\":false," \
	"\"expires_at\":1900000000,\"url\":\"" url "\"}"
#define PAGE "https://checkout.stripe.com/c/pay/cs_test_1#fid"

static enum err open_with(const struct pay_set *set, struct str body, long status, struct pay_opened *ret)
{
	struct pay_answer ans = {.status = status, .body = body};
	struct fault f;

	return stripe_wire_parse_checkout(set, &ans, &arena, ret, &f);
}

static void a_session_is_opened(void **state)
{
	struct pay_opened p;

	(void)state;
	assert_int_equal(open_with(&live, STR(SESSION(PAGE)), 200, &p), OK);
	same(p.object_id, "cs_test_1");
	same(p.url, PAGE);
	assert_int_equal(utc_s(p.expires_at), 1900000000);
	assert_false(p.livemode);
	assert_int_equal(open_with(&local, STR(SESSION("http://127.0.0.1:8081/c/pay/1")), 200, &p), OK);
	assert_int_equal(open_with(&local, STR(SESSION("https://127.0.0.1:8081/c/pay/1")), 200, &p), OK);
	assert_int_equal(open_with(&live, STR(SESSION("https://CHECKOUT.stripe.com/c")), 200, &p), OK);
}

/* Half an opened page is none. */
static void no_memory_for_the_page(void **state)
{
	struct pay_opened p = {.livemode = true};
	enum err e = ERR_NO_MEMORY;
	long n = 0;

	(void)state;
	while (e == ERR_NO_MEMORY) {
		assert_true(p.livemode && n < 100);
		arena_fail_at(&arena, ++n);
		e = open_with(&live, STR(SESSION(PAGE)), 200, &p);
	}
	arena_fail_at(&arena, 0);
	assert_int_equal(e, OK);
	assert_int_equal(n, 3);
}

static const char *const no_sessions[] = {
	"", "<html>", "[]", "{}", "null", "{\"id\":",
	SESSION("http://checkout.stripe.com/c/pay/1"),
	SESSION("javascript:alert(1)"),
	SESSION("https://checkout.stripe.com.evil.example/"),
	SESSION("https://checkout.stripe.com@evil.example/"),
	SESSION("https://checkout.stripe.com:444/"),
	SESSION("https://evil.example/checkout.stripe.com/"),
	SESSION("https://checkout.stripe.com?x"),
	SESSION("https://checkout.stripe.com/a b"),
	SESSION("https://checkout.stripe.com/\\\""),
	SESSION("https://checkout.stripe.com/\\r\\nX: y"),
	SESSION("https://checkout.stripe.com/\\\\"),
	SESSION("https://checkout.stripe.com/é"),
	SESSION("https:/checkout.stripe.com/"),
	SESSION("https://"),
	SESSION(""),
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":null}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":7}",
	"{\"id\":7,\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"../x\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"invoice\",\"livemode\":false,\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":0,\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"expires_at\":1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1.5,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":-1,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1e3,\"url\":\"" PAGE "\"}",
	"{\"id\":\"cs_1\",\"id\":\"cs_2\",\"object\":\"checkout.session\",\"livemode\":false,\"expires_at\":1,\"url\":\"" PAGE "\"}",
};

/* Nobody is sent to any of these. */
static void other_answers_open_nothing(void **state)
{
	static char url[4200], body[4400];
	struct pay_opened p;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(no_sessions); i++)
		if (open_with(&live, str_c(no_sessions[i]), 200, &p) != ERR_PROVIDER)
			fail_msg("opened: %s", no_sessions[i]);
	assert_int_equal(open_with(&live, STR(SESSION(PAGE)), 500, &p), ERR_PROVIDER);
	assert_int_equal(open_with(&local, STR(SESSION("http://127.0.0.1:80810/")), 200, &p), ERR_PROVIDER);
	memset(url, 'a', 4001);
	memcpy(url, PAGE, sizeof PAGE - 1);
	snprintf(body, sizeof body, SESSION("%s"), url);
	assert_int_equal(open_with(&live, str_c(body), 200, &p), ERR_PROVIDER);
	url[4000] = 0;
	snprintf(body, sizeof body, SESSION("%s"), url);
	assert_int_equal(open_with(&live, str_c(body), 200, &p), OK);
}

static void a_cut_answer_opens_nothing(void **state)
{
	struct str whole = STR(SESSION(PAGE));
	struct pay_opened p;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		char *cut = malloc(n + 1); /* so that a read past the end is seen */
		memcpy(cut, whole.p, n);
		assert_int_equal(open_with(&live, (struct str){cut, n}, 200, &p), ERR_PROVIDER);
		free(cut);
	}
}

/* Where Stripe decides which ways are offered it can be told what to leave out; a list of ours leaves out by itself. */
static void without_cards(void **state)
{
	struct pay_checkout in = one_off();
	struct pay_request q;
	char body[8192];

	(void)state;
	in.without = STR("card,sepa_debit");
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_int_equal(str_copy(q.body, body, sizeof body), OK);
	assert_non_null(strstr(body, "&excluded_payment_method_types[0]=card&excluded_payment_method_types[1]=sepa_debit&"));
	assert_null(strstr(body, "&payment_method_types"));
	in.methods = STR("ideal");
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), OK);
	assert_int_equal(str_copy(q.body, body, sizeof body), OK);
	assert_non_null(strstr(body, "&payment_method_types[0]=ideal&"));
	assert_null(strstr(body, "excluded"));
	in.without = STR("card&a=b");
	assert_int_equal(stripe_wire_build_checkout(&in, STR("v1:create:1"), &arena, &q), ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_off_is_the_official_clients),
		cmocka_unit_test(monthly_is_the_official_clients),
		cmocka_unit_test(fetch_begins_like_the_official_clients),
		cmocka_unit_test(fetches),
		cmocka_unit_test(odd_ids_are_not_fetched),
		cmocka_unit_test(minor_units_go_as_they_are),
		cmocka_unit_test(yearly_is_a_subscription),
		cmocka_unit_test(what_it_takes_is_told),
		cmocka_unit_test(ways_to_pay_are_listed),
		cmocka_unit_test(without_cards),
		cmocka_unit_test(labels_are_encoded),
		cmocka_unit_test(again_is_the_same_but_for_key_and_time),
		cmocka_unit_test(nothing_else_is_made_again),
		cmocka_unit_test(unsound_requests_are_not_built),
		cmocka_unit_test(no_memory_at_any_place),
		cmocka_unit_test(every_ending_has_its_class),
		cmocka_unit_test(error_texts_hold_no_message),
		cmocka_unit_test(a_session_is_opened),
		cmocka_unit_test(no_memory_for_the_page),
		cmocka_unit_test(other_answers_open_nothing),
		cmocka_unit_test(a_cut_answer_opens_nothing),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
