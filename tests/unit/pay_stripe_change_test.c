/* Refunds, changes, ends and the portal: our bytes, and the answer of the portal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pay/stripe_change.h"

#define REFUND "01890a5d-ac96-774b-bcce-b302099a8057"
#define KEY    STR("v1:refund:1")

static struct arena arena;
static char long_text[4096];

static int set_up(void **state)
{
	(void)state;
	memset(long_text, 'a', sizeof long_text);
	return arena_init(&arena, 1 << 20) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

static void is(const struct pay_request *q, const char *method, const char *path, const char *body, const char *key)
{
	char text[4096];

	assert_string_equal(q->method, method);
	assert_int_equal(str_copy(q->path, text, sizeof text), OK);
	assert_string_equal(text, path);
	assert_int_equal(str_copy(q->body, text, sizeof text), OK);
	assert_string_equal(text, body);
	assert_true(str_is(q->idem_key, key));
}

/* --- refunds ------------------------------------------------------------------------------------ */

static struct pay_refund part(void)
{
	struct pay_refund in = {.payment = STR("pi_1"), .money = {500, "EUR"}, .reason = "requested_by_customer"};

	assert_int_equal(uuid_parse(STR(REFUND), &in.refund), OK);
	return in;
}

static void a_part_goes_back(void **state)
{
	struct pay_refund in = part();
	struct pay_request q;

	(void)state;
	assert_int_equal(stripe_change_build_refund(&in, KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/refunds", "payment_intent=pi_1&amount=500&reason=requested_by_customer&metadata[refund]=" REFUND,
	    "v1:refund:1");
	in.payment = STR("ch_1");
	in.reason = NULL;
	in.money = (struct money){1, "CHF"};
	assert_int_equal(stripe_change_build_refund(&in, KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/refunds", "charge=ch_1&amount=1&metadata[refund]=" REFUND, "v1:refund:1");
	in.payment = STR("py_1");
	assert_int_equal(stripe_change_build_refund(&in, KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/refunds", "charge=py_1&amount=1&metadata[refund]=" REFUND, "v1:refund:1");
}

/* What was paid by mistake in money that we never ask for goes back as well. */
static void strange_money_goes_back(void **state)
{
	struct pay_refund in = part();
	struct pay_request q;

	(void)state;
	assert_null(money_currency(STR("ZAR")));
	in.money = (struct money){505, "ZAR"};
	assert_int_equal(stripe_change_build_refund(&in, KEY, &arena, &q), OK);
	assert_non_null(strstr(q.body.p, "amount=505"));
}

static void unsound_refunds_are_not_built(void **state)
{
	static const struct { const char *name; struct str payment, key; struct money money; const char *reason; } rows[] = {
	    {.name = "no payment", .payment = {"", 0}},
	    {.name = "an invoice", .payment = {"in_1", 4}},
	    {.name = "a path", .payment = {"pi_1/x", 6}},
	    {.name = "another pair", .payment = {"pi_1&a=b", 8}},
	    {.name = "long id", .payment = {long_text, 256}},
	    {.name = "nothing", .money = {0, "EUR"}},
	    {.name = "less than nothing", .money = {-1, "EUR"}},
	    {.name = "too much", .money = {INT64_C(1000000000001), "EUR"}},
	    {.name = "more than there is", .money = {INT64_MAX, "EUR"}},
	    {.name = "between two steps", .money = {150, "ISK"}},
	    {.name = "no currency", .money = {1, ""}},
	    {.name = "half a currency", .money = {1, "EU"}},
	    {.name = "another reason", .reason = "because"},
	    {.name = "no reason", .reason = ""},
	    {.name = "no key", .key = {"", 0}},
	    {.name = "header in key", .key = {"a\r\nX: y", 7}},
	};
	struct pay_request q = {.method = "none"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_refund in = part();
		struct str key = rows[i].key.p ? rows[i].key : KEY;
		in.payment = rows[i].payment.p ? rows[i].payment : in.payment;
		in.money = rows[i].money.cur[0] || rows[i].money.minor ? rows[i].money : in.money;
		in.reason = rows[i].reason ? rows[i].reason : in.reason;
		if (stripe_change_build_refund(&in, key, &arena, &q) != ERR_RANGE)
			fail_msg("built: %s", rows[i].name);
	}
	struct pay_refund nil = part();
	nil.refund = (struct uuid){0};
	assert_int_equal(stripe_change_build_refund(&nil, KEY, &arena, &q), ERR_RANGE);
	assert_string_equal(q.method, "none");
}

/* --- changes ------------------------------------------------------------------------------------ */

static struct pay_changed change(enum pay_change what)
{
	return (struct pay_changed){.what = what, .id = STR("sub_1"), .item = STR("si_1"), .product = STR("prod_1"),
	    .money = {1500, "EUR"}, .interval = INTERVAL_MONTH, .until = utc_of_s(1900000000)};
}

static const struct { enum pay_change what; const char *method, *body, *key; } changes[] = {
    {PAY_CANCEL, "DELETE", "", ""},
    {PAY_CANCEL_AT_END, "POST", "cancel_at_period_end=true", "v1:refund:1"},
    {PAY_KEEP, "POST", "cancel_at_period_end=false", "v1:refund:1"},
    {PAY_PAUSE, "POST", "pause_collection[behavior]=void&pause_collection[resumes_at]=1900000000", "v1:refund:1"},
    {PAY_RESUME, "POST", "pause_collection=", "v1:refund:1"},
    {PAY_AMOUNT, "POST", "items[0][id]=si_1&items[0][price_data][currency]=eur&items[0][price_data][product]=prod_1"
     "&items[0][price_data][unit_amount]=1500&items[0][price_data][recurring][interval]=month&proration_behavior=none",
     "v1:refund:1"},
};

static void each_change_has_its_bytes(void **state)
{
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(changes); i++) {
		struct pay_changed in = change(changes[i].what);
		assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), OK);
		is(&q, changes[i].method, "/v1/subscriptions/sub_1", changes[i].body, changes[i].key);
	}
	struct pay_changed in = change(PAY_PAUSE);
	in.until = (utc_t){0};
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/subscriptions/sub_1", "pause_collection[behavior]=void", "v1:refund:1");
	in = change(PAY_AMOUNT);
	in.interval = INTERVAL_YEAR;
	in.money = (struct money){1000, "JPY"};
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), OK);
	assert_non_null(strstr(q.body.p, "[currency]=jpy"));
	assert_non_null(strstr(q.body.p, "[interval]=year"));
}

static void unsound_changes_are_not_built(void **state)
{
	struct pay_changed in;
	struct pay_request q = {.method = "none"};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(changes); i++) {
		in = change(changes[i].what);
		in.id = STR("sub_1/../x");
		assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
		in.id = STR("");
		assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
		in = change(changes[i].what);
		if (changes[i].what != PAY_CANCEL)
			assert_int_equal(stripe_change_build(&in, STR("a b"), &arena, &q), ERR_RANGE);
	}
	in = change((enum pay_change)99);
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in = change(PAY_PAUSE);
	in.until = utc_of_s(INT64_C(253402300800));
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in.until = utc_of_s(-1);
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in = change(PAY_AMOUNT);
	in.interval = INTERVAL_ONCE;
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in.interval = (enum campaign_interval)9;
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in = change(PAY_AMOUNT);
	in.money = (struct money){1, "EUR"}; /* below the floor */
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in.money = (struct money){1500, "XXX"};
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in = change(PAY_AMOUNT);
	in.item = STR("");
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	in = change(PAY_AMOUNT);
	in.product = STR("prod 1");
	assert_int_equal(stripe_change_build(&in, KEY, &arena, &q), ERR_RANGE);
	assert_string_equal(q.method, "none");
}

/* --- the end of a page, and the portal ---------------------------------------------------------- */

static void a_page_is_ended(void **state)
{
	struct pay_request q;

	(void)state;
	assert_int_equal(stripe_change_build_expire(STR("cs_test_1"), KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/checkout/sessions/cs_test_1/expire", "", "v1:refund:1");
	assert_int_equal(stripe_change_build_expire(STR("cs_1?x"), KEY, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_change_build_expire(STR("cs_1"), STR(""), &arena, &q), ERR_RANGE);
}

static void the_portal_is_asked_for(void **state)
{
	struct pay_request q;
	struct str back = STR("https://d.example/manage?a=b&c");

	(void)state;
	assert_int_equal(stripe_change_build_portal(STR("cus_1"), back, KEY, &arena, &q), OK);
	is(&q, "POST", "/v1/billing_portal/sessions",
	    "customer=cus_1&return_url=https%3A%2F%2Fd.example%2Fmanage%3Fa%3Db%26c", "v1:refund:1");
	assert_int_equal(stripe_change_build_portal(STR(""), back, KEY, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_change_build_portal(STR("cus_1"), STR("javascript:alert(1)"), KEY, &arena, &q), ERR_RANGE);
	assert_int_equal(stripe_change_build_portal(STR("cus_1"), back, STR(""), &arena, &q), ERR_RANGE);
}

static void no_memory_at_any_place(void **state)
{
	struct pay_refund in = part();
	struct pay_changed end = change(PAY_CANCEL);
	struct pay_request q = {.method = "none"};
	long n = 1;

	(void)state;
	for (;; n++) {
		arena_fail_at(&arena, n);
		enum err e = stripe_change_build_refund(&in, KEY, &arena, &q);
		if (e == OK)
			break;
		assert_int_equal(e, ERR_NO_MEMORY);
		assert_string_equal(q.method, "none");
	}
	assert_int_equal(n, 4);
	arena_fail_at(&arena, 1);
	assert_int_equal(stripe_change_build(&end, KEY, &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
}

static const struct pay_set live = {.portal_host = "billing.stripe.com", .checkout_host = "checkout.stripe.com", .livemode = true};

#define PORTAL(more) "{\"id\":\"bps_1\",\"object\":\"billing_portal.session\",\"customer\":\"cus_1\"" more "}"
#define LIVE ",\"livemode\":true"
#define AT(url) ",\"url\":\"" url "\""
#define PAGE "https://billing.stripe.com/p/session/x"

static enum err open_with(struct str body, long status, struct str *ret)
{
	struct pay_answer ans = {.status = status, .body = body};
	struct fault f = {0};

	return stripe_change_parse_portal(&live, &ans, &arena, ret, &f);
}

static const char *const no_portals[] = {
	"", "<html>", "[]", "{}", "null", "{\"id\":",
	PORTAL(LIVE), PORTAL(LIVE ",\"url\":null"), PORTAL(LIVE ",\"url\":[\"" PAGE "\"]"),
	PORTAL(LIVE AT("http://billing.stripe.com/p")),
	PORTAL(LIVE AT("https://checkout.stripe.com/p")),
	PORTAL(LIVE AT("https://billing.stripe.com.evil.example/")),
	PORTAL(LIVE AT("https://billing.stripe.com@evil.example/")),
	PORTAL(LIVE AT("https://evil.example/billing.stripe.com/")),
	PORTAL(LIVE AT("javascript:alert(1)")),
	PORTAL(LIVE AT("https://billing.stripe.com/\\r\\nX: y")),
	PORTAL(LIVE AT("https://billing.stripe.com/'")),
	PORTAL(AT(PAGE)), PORTAL(AT(PAGE) ",\"livemode\":false"), PORTAL(AT(PAGE) ",\"livemode\":\"true\""),
	"{\"id\":\"bps_1\",\"object\":\"checkout.session\"" LIVE AT(PAGE) "}",
	"{\"id\":\"../\",\"object\":\"billing_portal.session\"" LIVE AT(PAGE) "}",
	"{\"id\":7,\"object\":\"billing_portal.session\"" LIVE AT(PAGE) "}",
};

static void only_the_portal_is_shown(void **state)
{
	static char deep[20100];
	struct str url = STR("untouched"), whole = STR(PORTAL(LIVE AT(PAGE)));

	(void)state;
	for (size_t i = 0; i < ARRAY_N(no_portals); i++)
		if (open_with(str_c(no_portals[i]), 200, &url) != ERR_PROVIDER)
			fail_msg("opened: %s", no_portals[i]);
	assert_int_equal(open_with(whole, 302, &url), ERR_PROVIDER);
	assert_int_equal(open_with(whole, 400, &url), ERR_PROVIDER);
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	assert_int_equal(open_with(str_c(deep), 200, &url), ERR_PROVIDER);
	for (size_t n = 0; n < whole.n; n++) {
		char *cut = malloc(n + 1); /* so that a read past the end is seen */
		memcpy(cut, whole.p, n);
		assert_int_equal(open_with((struct str){cut, n}, 200, &url), ERR_PROVIDER);
		free(cut);
	}
	/* a mode that is not told is no test mode */
	struct pay_set test = live;
	struct pay_answer ans = {.status = 200, .body = STR(PORTAL(AT(PAGE)))};
	struct fault f = {0};
	test.livemode = false;
	assert_int_equal(stripe_change_parse_portal(&test, &ans, &arena, &url, &f), ERR_PROVIDER);
	assert_true(str_is(url, "untouched"));
	assert_int_equal(open_with(whole, 200, &url), OK);
	assert_true(str_is(url, PAGE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_part_goes_back),
		cmocka_unit_test(strange_money_goes_back),
		cmocka_unit_test(unsound_refunds_are_not_built),
		cmocka_unit_test(each_change_has_its_bytes),
		cmocka_unit_test(unsound_changes_are_not_built),
		cmocka_unit_test(a_page_is_ended),
		cmocka_unit_test(the_portal_is_asked_for),
		cmocka_unit_test(no_memory_at_any_place),
		cmocka_unit_test(only_the_portal_is_shown),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
