/* Mollie's lists. */
#include "mollie_made.h"
#include "pay/mollie_list.h"

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

/* Consumes items. */
static enum err list_of(enum pay_list what, const char *name, json_t *items, const char *next,
	json_t **ret, struct str *ret_next, struct fault *f)
{
	json_auto_t *doc = json_pack("{s:i,s:{s:o},s:{s:o}}", "count", 1, "_embedded", name, items,
		"_links", "next", next ? json_pack("{s:s}", "href", next) : json_null());
	char *text = json_dumps(doc, JSON_COMPACT);
	struct pay_answer ans = {.status = 200, .body = str_c(text)};
	enum err e = mollie_list_parse(&set, what, &ans, ret, ret_next, &arena, f);

	free(text);
	return e;
}

static void pages_and_money_are_one_list(void **state)
{
	json_t *items = json_pack("[o,o,o]", payment("open"), payment("paid"), payment("failed"));
	struct fault f = {0};
	struct str next;

	(void)state;
	json_object_set_new(json_array_get(items, 1), "amountRefunded",
		json_pack("{s:s,s:s}", "value", "5.00", "currency", "EUR"));
	json_object_set_new(json_array_get(items, 1), "amountChargedBack",
		json_pack("{s:s,s:s}", "value", "20.00", "currency", "EUR"));
	json_auto_t *pages = NULL, *money = NULL;
	assert_int_equal(list_of(PAY_LIST_CHECKOUTS, "payments", json_incref(items),
				 "https://api.mollie.com/v2/payments?limit=250&from=tr_9", &pages,
				 &next, &f),
		OK);
	assert_true(str_is(next, "tr_9"));
	assert_int_equal(json_array_size(pages), 3);
	text_at(pages, "0.state", "open");
	text_at(pages, "0.url", PAGE);
	text_at(pages, "0.pledge", PLEDGE);
	text_at(pages, "0.created", "2026-11-26T12:00:00Z");
	text_at(pages, "1.state", "complete");
	text_at(pages, "2.state", "expired");
	assert_int_equal(list_of(PAY_LIST_CHARGES, "payments", items, NULL, &money, &next, &f), OK);
	assert_int_equal(next.n, 0);
	assert_int_equal(json_array_size(money), 1);
	text_at(money, "0.state", "paid");
	assert_int_equal(json_integer_value(json_at(money, "0.refunded")), 500);
	assert_true(json_is_true(json_at(money, "0.disputed")));
}

static void claims_are_lists(void **state)
{
	json_t *r = taken("refund", "re_1", "5.00");
	struct fault f = {0};
	struct str next;

	(void)state;
	json_object_set_new(r, "status", json_string("refunded"));
	json_object_set_new(r, "metadata", json_pack("{s:s}", "refund", REFUND));
	json_auto_t *backs = NULL, *banks = NULL;
	assert_int_equal(
		list_of(PAY_LIST_REFUNDS, "refunds", json_pack("[o]", r), NULL, &backs, &next, &f),
		OK);
	text_at(backs, "0.state", "done");
	text_at(backs, "0.payment", "tr_1");
	text_at(backs, "0.ours", REFUND);
	assert_int_equal(list_of(PAY_LIST_DISPUTES, "chargebacks",
				 json_pack("[o]", taken("chargeback", "chb_1", "25.00")), NULL,
				 &banks, &next, &f),
		OK);
	text_at(banks, "0.state", "lost");
	assert_true(json_is_false(json_at(banks, "0.livemode")));
}

/* An account may be older than we are: what it once took in money that we never ask for is not
 * ours. */
static void strange_money_is_somebody_elses(void **state)
{
	struct fault f = {0};
	struct str next = {0};
	json_auto_t *ret = NULL, *refunds = NULL;
	json_t *theirs = with_amount("25.00", "BGN"), *ours = with_amount("25.00", "BGN");
	json_t *back = taken("refund", "re_9", "5.00");

	(void)state;
	json_object_del(theirs, "metadata");
	assert_int_equal(
		list_of(PAY_LIST_CHARGES, "payments", json_pack("[o,o]", theirs, payment("paid")),
			NULL, &ret, &next, &f),
		OK);
	assert_int_equal(json_array_size(ret), 1);
	json_t *none = NULL;
	assert_int_equal(list_of(PAY_LIST_CHARGES, "payments", json_pack("[o]", ours), NULL, &none,
				 &next, &f),
		ERR_PROVIDER);
	json_object_set_new(json_object_get(back, "amount"), "currency", json_string("BGN"));
	json_object_del(back, "metadata");
	assert_int_equal(list_of(PAY_LIST_REFUNDS, "refunds", json_pack("[o]", back), NULL,
				 &refunds, &next, &f),
		OK);
	assert_int_equal(json_array_size(refunds), 0);
}

/* What we gave back of it ourselves is ours, whatever money it is in. */
static void strange_money_of_ours_stops_the_list(void **state)
{
	json_t *back = taken("refund", "re_9", "5.00"), *ret = NULL;
	struct fault f = {0};
	struct str next = {0};

	(void)state;
	json_object_set_new(json_object_get(back, "amount"), "currency", json_string("BGN"));
	json_object_set_new(back, "status", json_string("refunded"));
	json_object_set_new(back, "metadata", json_pack("{s:s}", "refund", REFUND));
	assert_int_equal(
		list_of(PAY_LIST_REFUNDS, "refunds", json_pack("[o]", back), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	assert_string_equal(f.field, "amount");
	assert_null(ret);
}

/* A word that is new there: the page is listed, its state is not made up. Nor is a page of another
 * host one. */
static void what_is_not_known_is_told_as_none(void **state)
{
	json_auto_t *pages = NULL, *backs = NULL;
	json_t *back = taken("refund", "re_1", "5.00");
	struct fault f = {0};
	struct str next;

	(void)state;
	assert_int_equal(list_of(PAY_LIST_CHECKOUTS, "payments",
				 json_pack("[o]", payment("shipped")), NULL, &pages, &next, &f),
		OK);
	assert_true(json_is_null(json_object_get(json_array_get(pages, 0), "state")));
	assert_true(json_is_null(json_object_get(json_array_get(pages, 0), "url")));
	json_decref(pages);
	pages = NULL;
	json_t *evil = with("open", "_links",
		json_pack("{s:{s:s}}", "checkout", "href", "https://evil.example/"));
	assert_int_equal(list_of(PAY_LIST_CHECKOUTS, "payments", json_pack("[o]", evil), NULL,
				 &pages, &next, &f),
		OK);
	text_at(pages, "0.state", "open");
	assert_true(json_is_null(json_object_get(json_array_get(pages, 0), "url")));
	json_object_set_new(back, "status", json_string("shipped"));
	assert_int_equal(list_of(PAY_LIST_REFUNDS, "refunds", json_pack("[o]", back), NULL, &backs,
				 &next, &f),
		OK);
	assert_true(json_is_null(json_object_get(json_array_get(backs, 0), "state")));
}

/* Each of these would be a hole in what our book is held against. */
static void one_odd_member_stops_the_list(void **state)
{
	static const struct {
		enum pay_list what;
		const char *key, *value, *field;
	} rows[] = {{PAY_LIST_CHECKOUTS, "expiresAt", "\"soon\"", "expiresAt"},
		{PAY_LIST_CHECKOUTS, "createdAt", "7", "createdAt"},
		{PAY_LIST_CHECKOUTS, "mode", "\"both\"", "mode"},
		{PAY_LIST_CHECKOUTS, "id", "\"re_1\"", "id"},
		{PAY_LIST_CHARGES, "mode", "null", "mode"},
		{PAY_LIST_CHARGES, "amountRefunded", "\"5.00\"", "amountRefunded"},
		{PAY_LIST_CHARGES, "amountChargedBack", "{}", "amountChargedBack"},
		{PAY_LIST_CHARGES, "customerId", "\"../x\"", "customerId"}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		json_t *o =
			with("paid", rows[i].key, json_loads(rows[i].value, JSON_DECODE_ANY, NULL));
		json_t *ret = NULL;
		struct fault f = {0};
		struct str next = {0};
		assert_int_equal(list_of(rows[i].what, "payments", json_pack("[o]", o), NULL, &ret,
					 &next, &f),
			ERR_PROVIDER);
		assert_string_equal(f.field, rows[i].field);
		assert_null(ret);
	}
}

/* A page whose next one cannot be named is no page. */
static void no_memory_for_the_cursor(void **state)
{
	struct fault f = {0};
	struct str next = STR("untouched");
	struct pay_request q = {.method = "none"};
	json_t *ret = NULL;

	(void)state;
	arena_fail_at(&arena, 1);
	assert_int_equal(list_of(PAY_LIST_CHECKOUTS, "payments", json_pack("[o]", payment("open")),
				 "/v2/payments?from=tr_2", &ret, &next, &f),
		ERR_NO_MEMORY);
	assert_int_equal(f.err, ERR_NO_MEMORY);
	arena_fail_at(&arena, 1);
	assert_int_equal(
		mollie_list_build(PAY_LIST_CHARGES, (utc_t){0}, (utc_t){0}, STR(""), &arena, &q),
		ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
	assert_null(ret);
	assert_true(str_is(next, "untouched"));
	assert_string_equal(q.method, "none");
}

/* What was taken back of nothing, or of an amount that is none, stops the list: it is our book that
 * it is held against. */
static void odd_claims(void **state)
{
	json_t *nowhere = taken("chargeback", "chb_1", "5.00"),
	       *strange = taken("chargeback", "chb_1", "5,00"),
	       *unnamed = taken("chargeback", "chb_1", "5.00"),
	       *when = taken("chargeback", "chb_1", "5.00"), *ret = NULL;
	struct fault f = {0};
	struct str next = {0};

	(void)state;
	json_object_set_new(nowhere, "paymentId", json_string("re_1"));
	assert_int_equal(list_of(PAY_LIST_DISPUTES, "chargebacks", json_pack("[o]", nowhere), NULL,
				 &ret, &next, &f),
		ERR_PROVIDER);
	assert_non_null(strstr(f.detail, "payment"));
	assert_int_equal(list_of(PAY_LIST_DISPUTES, "chargebacks", json_pack("[o]", strange), NULL,
				 &ret, &next, &f),
		ERR_PROVIDER);
	json_object_set_new(unnamed, "id", json_string("re_1"));
	assert_int_equal(list_of(PAY_LIST_DISPUTES, "chargebacks", json_pack("[o]", unnamed), NULL,
				 &ret, &next, &f),
		ERR_PROVIDER);
	assert_string_equal(f.field, "id");
	json_object_set_new(when, "reversedAt", json_string("soon"));
	assert_int_equal(list_of(PAY_LIST_DISPUTES, "chargebacks", json_pack("[o]", when), NULL,
				 &ret, &next, &f),
		ERR_PROVIDER);
	assert_string_equal(f.field, "reversedAt");
	assert_null(ret);
}

static void odd_lists(void **state)
{
	static const char *const nexts[] = {"https://api.mollie.com/v2/payments",
		"https://evil.example/?from=..", "/v2/payments?from=re_1", "?from=", "x"};
	struct fault f = {0};
	struct str next = {0};
	json_t *ret = NULL, *many = json_array();

	(void)state;
	for (size_t i = 0; i < ARRAY_N(nexts); i++)
		assert_int_equal(list_of(PAY_LIST_CHECKOUTS, "payments", json_array(), nexts[i],
					 &ret, &next, &f),
			ERR_PROVIDER);
	for (int i = 0; i <= 250; i++)
		json_array_append_new(many, payment("open"));
	assert_int_equal(
		list_of(PAY_LIST_CHECKOUTS, "payments", many, NULL, &ret, &next, &f), ERR_PROVIDER);
	assert_int_equal(
		list_of(PAY_LIST_CHECKOUTS, "refunds", json_array(), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	assert_int_equal(
		list_of(PAY_LIST_CHECKOUTS, "payments", json_pack("[n]"), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	assert_int_equal(
		list_of(PAY_LIST_CHARGES, "payments", json_pack("[i]", 7), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	json_t *o = with_amount("25", "EUR");
	assert_int_equal(
		list_of(PAY_LIST_CHARGES, "payments", json_pack("[o]", o), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	o = with("open", "createdAt", json_null());
	assert_int_equal(
		list_of(PAY_LIST_CHECKOUTS, "payments", json_pack("[o]", o), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	assert_int_equal(list_of(PAY_LIST_EVENTS, "events", json_array(), NULL, &ret, &next, &f),
		ERR_PROVIDER);
	assert_null(ret);
	assert_int_equal(next.n, 0);
}

static void lists_are_asked_for(void **state)
{
	static const struct {
		enum pay_list what;
		const char *after, *path;
	} rows[] = {{PAY_LIST_CHECKOUTS, "", "/v2/payments?limit=250"},
		{PAY_LIST_CHARGES, "tr_3", "/v2/payments?limit=250&from=tr_3"},
		{PAY_LIST_REFUNDS, "", "/v2/refunds?limit=250"},
		{PAY_LIST_DISPUTES, "chb_1", "/v2/chargebacks?limit=250&from=chb_1"}};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		assert_int_equal(mollie_list_build(rows[i].what, utc_of_s(5), (utc_t){0},
					 str_c(rows[i].after), &arena, &q),
			OK);
		assert_true(str_is(q.path, rows[i].path));
		assert_string_equal(q.method, "GET");
	}
	assert_int_equal(mollie_list_build(
				 PAY_LIST_CHARGES, (utc_t){0}, (utc_t){0}, STR("re_1"), &arena, &q),
		ERR_RANGE);
	assert_int_equal(mollie_list_build(PAY_LIST_CHARGES, (utc_t){0}, (utc_t){0}, STR("tr_1&x"),
				 &arena, &q),
		ERR_RANGE);
	assert_int_equal(
		mollie_list_build(PAY_LIST_EVENTS, (utc_t){0}, (utc_t){0}, STR(""), &arena, &q),
		ERR_RANGE);
	assert_int_equal(mollie_list_build(PAY_LIST_SUBSCRIPTIONS, (utc_t){0}, (utc_t){0}, STR(""),
				 &arena, &q),
		ERR_RANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_and_money_are_one_list),
		cmocka_unit_test(claims_are_lists),
		cmocka_unit_test(strange_money_is_somebody_elses),
		cmocka_unit_test(strange_money_of_ours_stops_the_list),
		cmocka_unit_test(what_is_not_known_is_told_as_none),
		cmocka_unit_test(one_odd_member_stops_the_list),
		cmocka_unit_test(no_memory_for_the_cursor),
		cmocka_unit_test(odd_claims),
		cmocka_unit_test(odd_lists),
		cmocka_unit_test(lists_are_asked_for),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
