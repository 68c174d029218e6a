/* Mollie's payments as the neutral picture. */
#include "mollie_made.h"
#include "pay/mollie_snap.h"

/* Consumes o. */
static enum err snap_of(enum pay_kind kind, json_t *o, json_t **ret, struct fault *f)
{
	char *text = json_dumps(o, JSON_COMPACT);
	struct pay_answer ans = {.status = 200, .body = str_c(text)};
	enum err e = mollie_snap_parse(&set, kind, &ans, utc_of_s(1800000000), ret, f);

	free(text);
	json_decref(o);
	return e;
}

static json_t *good(enum pay_kind kind, json_t *o)
{
	struct fault f = {0};
	json_t *s = NULL;

	if (snap_of(kind, o, &s, &f) != OK)
		fail_msg("%s: %s", f.field, f.detail);
	return s;
}

static void bad(json_t *o, const char *field)
{
	struct fault f = {0};
	json_t *s = NULL;

	assert_int_equal(snap_of(PAY_KIND_CHECKOUT, o, &s, &f), ERR_PROVIDER);
	assert_string_equal(f.field, field);
	assert_null(s);
}

/* --- states ------------------------------------------------------------------------------------
 */

static void every_state(void **state)
{
	static const struct {
		const char *word, *page, *money;
	} rows[] = {{"open", "open", NULL}, {"pending", "processing", NULL},
		{"authorized", "processing", NULL}, {"paid", "complete", "paid"},
		{"expired", "expired", NULL}, {"canceled", "expired", NULL},
		{"failed", "failed", "failed"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_auto_t *s =
			good(i % 2 ? PAY_KIND_CHECKOUT : PAY_KIND_PAYMENT, payment(rows[i].word));
		text_at(s, "checkout.state", rows[i].page);
		text_at(s, "checkout.id", "tr_1");
		text_at(s, "pledge", PLEDGE);
		text_at(s, "checkout.url", i == 0 ? PAGE : "");
		assert_int_equal(json_array_size(json_at(s, "payments")), rows[i].money ? 1 : 0);
		if (rows[i].money)
			text_at(s, "payments.0.state", rows[i].money);
	}
	bad(payment("shipped"), "status");
	bad(payment(""), "status");
}

static void a_paid_one_has_its_money(void **state)
{
	json_auto_t *s = good(PAY_KIND_CHECKOUT, payment("paid"));

	(void)state;
	text_at(s, "provider", "mollie");
	text_at(s, "payments.0.id", "tr_1");
	text_at(s, "payments.0.currency", "EUR");
	text_at(s, "payments.0.paid_at", "2026-11-26T12:05:00Z");
	assert_int_equal(json_integer_value(json_at(s, "payments.0.amount")), 2500);
	assert_true(json_is_false(json_object_get(s, "livemode")));
	assert_null(json_at(s, "recurring"));
	assert_null(json_at(s, "payments.0.method"));
}

static void how_it_was_paid(void **state)
{
	json_t *o = payment("paid");
	json_object_set_new(o, "method", json_string("creditcard"));
	json_object_set_new(o, "details", json_pack("{s:s}", "cardCountryCode", "NL"));
	json_auto_t *s = good(PAY_KIND_PAYMENT, o);

	(void)state;
	text_at(s, "payments.0.method", "creditcard");
	text_at(s, "payments.0.country", "NL");
}

static void a_refusal_has_its_reason(void **state)
{
	json_t *o = payment("failed");

	(void)state;
	json_object_set_new(
		o, "details", json_pack("{s:s}", "failureReason", "insufficient_funds"));
	json_auto_t *s = good(PAY_KIND_CHECKOUT, o);
	text_at(s, "declines.0.code", "insufficient_funds");
	text_at(s, "declines.0.payment", "tr_1");
	assert_true(json_is_false(json_at(s, "declines.0.told")));
	json_auto_t *bare = good(PAY_KIND_CHECKOUT, payment("failed"));
	text_at(bare, "declines.0.code", "not_told");
}

static void what_was_taken_back(void **state)
{
	static const struct {
		const char *word, *state;
	} rows[] = {{"queued", "pending"}, {"pending", "pending"}, {"processing", "pending"},
		{"refunded", "done"}, {"failed", "failed"}, {"canceled", "failed"}};
	json_t *o = payment("paid"), *backs = json_array(), *banks = json_array();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		char id[] = "re_1";
		id[3] = (char)('1' + i);
		json_t *r = taken("refund", id, "1.00");
		json_object_set_new(r, "status", json_string(rows[i].word));
		json_object_set_new(
			r, "metadata", i ? json_null() : json_pack("{s:s}", "refund", REFUND));
		json_array_append_new(backs, r);
	}
	json_array_append_new(banks, taken("chargeback", "chb_1", "25.00"));
	json_array_append_new(banks, taken("chargeback", "chb_2", "25.00"));
	json_object_set_new(
		json_array_get(banks, 1), "reversedAt", json_string("2026-11-27T00:00:00Z"));
	json_object_set_new(
		o, "_embedded", json_pack("{s:o,s:o}", "refunds", backs, "chargebacks", banks));
	json_auto_t *s = good(PAY_KIND_PAYMENT, o);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		const json_t *r = json_array_get(json_at(s, "refunds"), i);
		text_at(r, "state", rows[i].state);
		text_at(r, "payment", "tr_1");
		text_at(r, "ours", i ? "" : REFUND);
		assert_int_equal(json_integer_value(json_at(r, "amount")), 100);
	}
	text_at(s, "disputes.0.state", "lost");
	text_at(s, "disputes.1.state", "won");
	text_at(s, "disputes.1.id", "chb_2");
}

static void a_made_refund(void **state)
{
	json_t *o = taken("refund", "re_1", "5.00");

	(void)state;
	json_object_set_new(o, "status", json_string("pending"));
	json_object_set_new(o, "metadata", json_pack("{s:s}", "refund", REFUND));
	json_auto_t *s = good(PAY_KIND_REFUND, o);
	text_at(s, "refunds.0.ours", REFUND);
	text_at(s, "refunds.0.payment", "tr_1");
	assert_null(json_at(s, "checkout"));
}

/* Since lately it tells its mode, which is then believed. */
static void a_refund_may_tell_its_mode(void **state)
{
	static const struct {
		const char *mode;
		bool live;
	} rows[] = {{"live", true}, {"test", false}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_t *o = taken("refund", "re_1", "5.00");
		json_object_set_new(o, "status", json_string("pending"));
		json_object_set_new(o, "mode", json_string(rows[i].mode));
		json_auto_t *s = good(PAY_KIND_REFUND, o);
		assert_int_equal(json_is_true(json_at(s, "livemode")), rows[i].live);
	}
	json_t *odd = taken("refund", "re_1", "5.00"), *s = NULL;
	struct fault f = {0};
	json_object_set_new(odd, "status", json_string("pending"));
	json_object_set_new(odd, "mode", json_string("both"));
	assert_int_equal(snap_of(PAY_KIND_REFUND, odd, &s, &f), ERR_PROVIDER);
	assert_string_equal(f.field, "mode");
	assert_null(s);
}

/* A payment may be taken back in many parts, but not in any number of them. */
static void few_claims(void **state)
{
	json_t *full = json_array(), *over = json_array();

	(void)state;
	for (int i = 0; i < 251; i++) {
		if (i < 250)
			json_array_append_new(full, taken("chargeback", "chb_1", "0.10"));
		json_array_append_new(over, taken("chargeback", "chb_1", "0.10"));
	}
	json_auto_t *s = good(PAY_KIND_PAYMENT,
		with("paid", "_embedded", json_pack("{s:o}", "chargebacks", full)));
	assert_int_equal(json_array_size(json_at(s, "disputes")), 250);
	bad(with("paid", "_embedded", json_pack("{s:o}", "chargebacks", over)),
		"_embedded.chargebacks");
}

/* --- hostile answers ---------------------------------------------------------------------------
 */

static void odd_amounts(void **state)
{
	static const struct {
		const char *value, *cur;
	} rows[] = {{"25", "EUR"}, {"25.0", "EUR"}, {"25.000", "EUR"}, {"-25.00", "EUR"},
		{"+25.00", "EUR"}, {" 25.00", "EUR"}, {"25,00", "EUR"}, {"2e3.00", "EUR"},
		{"025.00", "EUR"}, {"02.50", "EUR"}, {".25", "EUR"}, {"", "EUR"}, {"25.00", "eur"}, {"25.00", ""},
		{"25.00", "KWD"}, {"25.00", "JPY"}, {"99999999999999999.00", "EUR"},
		{"99999999999999999999999999", "JPY"}, {"10000000001", "ISK"}};
	static const struct {
		const char *value, *cur;
		int64_t minor;
	} fine[] = {{"0.01", "EUR", 1}, {"1000", "JPY", 1000}, {"500", "ISK", 50000},
		{"175.00", "HUF", 17500}, {"3.50", "ZAR", 350},
		{"10000000000.00", "EUR", SNAP_AMOUNT_MAX}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		bad(with_amount(rows[i].value, rows[i].cur), "amount");
	bad(with("paid", "amount", json_string("25.00")), "amount");
	bad(with("paid", "amount", json_null()), "amount");
	bad(with("paid", "amount", json_pack("{s:f,s:s}", "value", 25.0, "currency", "EUR")),
		"amount");
	for (size_t i = 0; i < ARRAY_N(fine); i++) {
		json_auto_t *s = good(PAY_KIND_CHECKOUT, with_amount(fine[i].value, fine[i].cur));
		assert_int_equal(
			json_integer_value(json_at(s, "payments.0.amount")), fine[i].minor);
		text_at(s, "payments.0.currency", fine[i].cur);
	}
}

static void odd_members(void **state)
{
	json_t *other = taken("refund", "re_1", "1.00"), *nothing = taken("refund", "re_1", "0.00");

	(void)state;
	bad(with("paid", "paidAt", json_null()), "paidAt");
	bad(with("paid", "paidAt", json_string("yesterday")), "paidAt");
	bad(with("paid", "paidAt", json_integer(5)), "paidAt");
	bad(with("open", "mode", json_string("both")), "mode");
	bad(with("open", "mode", json_null()), "mode");
	bad(with("open", "id", json_string("tr_1/..")), "id");
	bad(with("open", "resource", json_string("order")), "resource");
	bad(with("open", "expiresAt", json_true()), "expiresAt");
	bad(with("open", "expiresAt", json_string("1969-12-31T23:59:59Z")), "expiresAt");
	bad(with("open", "expiresAt", json_string("1970-01-01T00:00:00Z")), "expiresAt");
	bad(with("paid", "_embedded", json_pack("{s:s}", "refunds", "x")), "_embedded.refunds");
	json_object_set_new(other, "status", json_string("refunded"));
	json_object_set_new(other, "paymentId", json_string("tr_2"));
	bad(with("paid", "_embedded", json_pack("{s:[o]}", "refunds", other)), "paymentId");
	json_t *strange = taken("refund", "re_1", "1,00");
	json_object_set_new(strange, "status", json_string("refunded"));
	bad(with("paid", "_embedded", json_pack("{s:[o]}", "refunds", strange)), "amount");
	json_object_set_new(nothing, "status", json_string("refunded"));
	bad(with("paid", "_embedded", json_pack("{s:[o]}", "refunds", nothing)), "amount");
	bad(with("paid", "_embedded",
		    json_pack("{s:[o]}", "refunds", taken("refund", "re_1", "1.00"))),
		"status");
	bad(with("paid", "_embedded", json_pack("{s:[n]}", "chargebacks")), "id");
	/* the first that is odd is the one that is told */
	bad(with("paid", "_embedded",
		    json_pack("{s:[o,n]}", "chargebacks", taken("chargeback", "chb_1", "1,00"))),
		"amount");
}

/* A page of another host is not kept; somebody else's reference is none. */
static void odd_references(void **state)
{
	json_t *o = with("open", "metadata", json_string("order 7"));

	(void)state;
	json_object_set_new(
		o, "_links", json_pack("{s:{s:s}}", "checkout", "href", "https://evil.example/"));
	json_auto_t *s = good(PAY_KIND_CHECKOUT, o);
	text_at(s, "pledge", "");
	text_at(s, "checkout.url", "");
	text_at(s, "checkout.state", "open");
}

static void odd_bodies(void **state)
{
	static const char *const rows[] = {"", "{", "[]", "null", "7", "\"x\"", "<html>",
		"{\"resource\":\"payment\"}",
		"{\"resource\":\"payment\",\"resource\":\"payment\",\"id\":\"tr_1\"}"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = {.status = 200, .body = str_c(rows[i])};
		struct fault f = {0};
		json_t *s = NULL;
		assert_int_equal(
			mollie_snap_parse(&set, PAY_KIND_CHECKOUT, &ans, utc_of_s(1), &s, &f),
			ERR_PROVIDER);
		assert_null(s);
	}
	struct fault f = {0};
	json_t *s = NULL;
	assert_int_equal(snap_of(PAY_KIND_INVOICE, payment("paid"), &s, &f), ERR_PROVIDER);
	assert_int_equal(snap_of(PAY_KIND_REFUND, payment("paid"), &s, &f), ERR_PROVIDER);
	/* a refund of no payment */
	json_t *of_none = taken("refund", "re_1", "5.00");
	json_object_set_new(of_none, "status", json_string("pending"));
	json_object_del(of_none, "paymentId");
	assert_int_equal(snap_of(PAY_KIND_REFUND, of_none, &s, &f), ERR_PROVIDER);
	assert_string_equal(f.field, "paymentId");
	/* taken by the bank, and given back at no time */
	json_t *when = taken("chargeback", "chb_1", "5.00");
	json_object_set_new(when, "reversedAt", json_string("soon"));
	bad(with("paid", "_embedded", json_pack("{s:[o]}", "chargebacks", when)), "reversedAt");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_state),
		cmocka_unit_test(a_paid_one_has_its_money),
		cmocka_unit_test(how_it_was_paid),
		cmocka_unit_test(a_refusal_has_its_reason),
		cmocka_unit_test(what_was_taken_back),
		cmocka_unit_test(a_made_refund),
		cmocka_unit_test(a_refund_may_tell_its_mode),
		cmocka_unit_test(few_claims),
		cmocka_unit_test(odd_amounts),
		cmocka_unit_test(odd_members),
		cmocka_unit_test(odd_references),
		cmocka_unit_test(odd_bodies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
