/* Settings of a provider: what it starts with, and what it refuses to start with. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/seal.h"
#include "pay/pays.h"

static struct conf settings(enum conf_role role)
{
	struct conf c = {.role = role};

	c.text[CONF_stripe_base_url] = (char *)"https://api.stripe.com";
	c.text[CONF_stripe_checkout_host] = (char *)"checkout.stripe.com";
	c.text[CONF_stripe_portal_host] = (char *)"billing.stripe.com";
	c.text[CONF_stripe_api_version] = (char *)"2026-10-28.endive";
	c.text[CONF_stripe_key_file] = (char *)"sk_test_abc";
	c.num[CONF_stripe_tolerance_s] = 300;
	if (role == CONF_ROLE_HOOK)
		c.text[CONF_stripe_key_file] = NULL;
	if (role == CONF_ROLE_MONEY || role == CONF_ROLE_HOOK)
		c.text[CONF_stripe_webhook_secret_file] = (char *)"whsec_new\nwhsec_old\n";
	return c;
}

static enum err open_with(struct conf *c, struct fault *f)
{
	struct pay *p = NULL;

	for (enum conf_key k = 0; k < CONF_N; k++)
		c->text_n[k] = c->text[k] ? strlen(c->text[k]) : 0;
	*f = (struct fault){0};
	enum err e = pay_open(c, STR("stripe"), &p, f);
	assert_int_equal(p != NULL, e == OK);
	pay_close(p);
	return e;
}

/* --- one setting at a time ---------------------------------------------------------------------
 */

static const struct row {
	enum conf_key key;
	const char *text;
	bool live;
	enum err err;
} rows[] = {
	{CONF_stripe_key_file, "sk_test_abc", false, OK},
	{CONF_stripe_key_file, "rk_test_abc", false, OK},
	{CONF_stripe_key_file, "sk_live_abc", true, OK},
	{CONF_stripe_key_file, "rk_live_abc", true, OK},
	{CONF_stripe_key_file, " sk_test_abc\t", false, OK},
	{CONF_stripe_key_file, "sk_live_abc", false, ERR_SECRET},
	{CONF_stripe_key_file, "rk_live_abc", false, ERR_SECRET},
	{CONF_stripe_key_file, "sk_test_abc", true, ERR_SECRET},
	{CONF_stripe_key_file, "pk_test_abc", false, ERR_SECRET},
	{CONF_stripe_key_file, "sk_test_", false, ERR_SECRET},
	{CONF_stripe_key_file, "sk_test_a\r\nX: y", false, ERR_SECRET},
	{CONF_stripe_key_file, "sk_test_a b", false, ERR_SECRET},
	{CONF_stripe_key_file, "", false, ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "whsec_a", false, OK},
	{CONF_stripe_webhook_secret_file, "\nwhsec_a\r\n\n whsec_b \n", false, OK},
	{CONF_stripe_webhook_secret_file, "whsec_a\nwhsec_b\nwhsec_c\nwhsec_d", false, OK},
	{CONF_stripe_webhook_secret_file, "whsec_a\nwhsec_b\nwhsec_c\nwhsec_d\nwhsec_e", false,
		ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "whsec_", false, ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "whsec_a\nsecret", false, ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "whsec_a b", false, ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "\n\n", false, ERR_SECRET},
	{CONF_stripe_webhook_secret_file, "", false, ERR_SECRET},
	{CONF_stripe_base_url, "https://api.stripe.com/", false, OK},
	{CONF_stripe_base_url, "https://api.stripe.com:8443", false, OK},
	{CONF_stripe_base_url, "https://[2001:db8::1]:8443", false, OK},
	{CONF_stripe_base_url, "http://127.0.0.1:8081", false, OK},
	{CONF_stripe_base_url, "http://127.1.2.3", false, OK},
	{CONF_stripe_base_url, "http://localhost:8081", false, OK},
	{CONF_stripe_base_url, "http://[::1]:8081", false, OK},
	{CONF_stripe_base_url, "http://api.stripe.com", false, ERR_CONF},
	{CONF_stripe_base_url, "http://127.0.0.1.evil.example", false, ERR_CONF},
	{CONF_stripe_base_url, "http://127.0.0.1.:80", false, ERR_CONF},
	{CONF_stripe_base_url, "http://127.0.0", false, ERR_CONF},
	{CONF_stripe_base_url, "http://127.0.0.256", false, ERR_CONF},
	{CONF_stripe_base_url, "http://10.0.0.1", false, ERR_CONF},
	{CONF_stripe_base_url, "http://localhost.evil.example", false, ERR_CONF},
	{CONF_stripe_base_url, "https://user@api.stripe.com", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com/v1", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com?x", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com#x", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com:", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com:0", false, ERR_CONF},
	{CONF_stripe_base_url, "https://api.stripe.com:65536", false, ERR_CONF},
	{CONF_stripe_base_url, "https://[::1", false, ERR_CONF},
	{CONF_stripe_base_url, "https://[::1]x", false, ERR_CONF},
	{CONF_stripe_base_url, "https://", false, ERR_CONF},
	{CONF_stripe_base_url, "ftp://api.stripe.com", false, ERR_CONF},
	{CONF_stripe_base_url, "api.stripe.com", false, ERR_CONF},
	{CONF_stripe_base_url, "", false, ERR_CONF},
	{CONF_stripe_checkout_host, "127.0.0.1:8081", false, OK},
	{CONF_stripe_checkout_host, "https://checkout.stripe.com", false, ERR_CONF},
	{CONF_stripe_checkout_host, "checkout.stripe.com/", false, ERR_CONF},
	{CONF_stripe_checkout_host, "", false, ERR_CONF},
	{CONF_stripe_portal_host, "127.0.0.1:8081", false, OK},
	{CONF_stripe_portal_host, "https://billing.stripe.com", false, ERR_CONF},
	{CONF_stripe_portal_host, "billing.stripe.com/p", false, ERR_CONF},
	{CONF_stripe_portal_host, "", false, ERR_CONF},
	{CONF_stripe_api_version, "2023-08-16", false, OK},
	{CONF_stripe_api_version, "2023-08-16\r\nX: y", false, ERR_CONF},
	{CONF_stripe_api_version, "", false, ERR_CONF},
};

static void every_setting_is_checked(void **state)
{
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct conf c = settings(CONF_ROLE_MONEY);
		c.num[CONF_stripe_livemode] = rows[i].live;
		if (rows[i].live)
			c.text[CONF_stripe_key_file] = (char *)"sk_live_abc";
		c.text[rows[i].key] = (char *)(uintptr_t)rows[i].text;
		enum err e = open_with(&c, &f);
		if (e != rows[i].err)
			fail_msg("%s: %s %s", rows[i].text, err_slug(e), f.detail);
		if (e != OK)
			assert_true(str_starts(str_c(f.field), "stripe."));
		/* the complaint never repeats a secret */
		assert_null(strstr(f.detail, "abc"));
	}
}

static void no_tolerance_is_refused(void **state)
{
	struct conf c = settings(CONF_ROLE_MONEY);
	struct fault f;

	(void)state;
	c.num[CONF_stripe_tolerance_s] = 0;
	assert_int_equal(open_with(&c, &f), ERR_CONF);
	c.num[CONF_stripe_tolerance_s] = -300;
	assert_int_equal(open_with(&c, &f), ERR_CONF);
}

/* --- the other provider ------------------------------------------------------------------------
 */

static struct conf both(const char *providers)
{
	struct conf c = settings(CONF_ROLE_MONEY);

	c.text[CONF_pay_providers] = (char *)(uintptr_t)providers;
	c.text[CONF_mollie_base_url] = (char *)"https://api.mollie.com";
	c.text[CONF_mollie_checkout_host] = (char *)"www.mollie.com";
	c.text[CONF_mollie_key_file] = (char *)"test_abc";
	c.text[CONF_mollie_methods] = (char *)"ideal";
	return c;
}

static enum err open_all(struct conf *c, struct pays *ret, struct fault *f)
{
	for (enum conf_key k = 0; k < CONF_N; k++)
		c->text_n[k] = c->text[k] ? strlen(c->text[k]) : 0;
	*f = (struct fault){0};
	*ret = (struct pays){0};
	return pays_open(c, ret, f);
}

static void mollies_settings_are_checked(void **state)
{
	static const struct row mollie[] = {
		{CONF_mollie_key_file, "test_abc", false, OK},
		{CONF_mollie_key_file, "live_abc", true, OK},
		{CONF_mollie_key_file, "live_abc", false, ERR_SECRET},
		{CONF_mollie_key_file, "test_abc", true, ERR_SECRET},
		{CONF_mollie_key_file, "test_", false, ERR_SECRET},
		{CONF_mollie_key_file, "sk_test_abc", false, ERR_SECRET},
		{CONF_mollie_key_file, "test_a b", false, ERR_SECRET},
		{CONF_mollie_key_file, "", false, ERR_SECRET},
		{CONF_mollie_base_url, "http://api.mollie.com", false, ERR_CONF},
		{CONF_mollie_base_url, "https://api.mollie.com/v2", false, ERR_CONF},
		{CONF_mollie_checkout_host, "https://www.mollie.com", false, ERR_CONF},
		{CONF_mollie_checkout_host, "", false, ERR_CONF},
		{CONF_mollie_methods, "", false, OK},
		{CONF_mollie_methods, "ideal,creditcard", false, OK},
		{CONF_mollie_methods, "i deal", false, ERR_CONF},
		{CONF_mollie_instead, "", false, OK},
		{CONF_mollie_instead, "ideal,paypal", false, OK},
		{CONF_mollie_instead, "i deal", false, ERR_CONF},
		{CONF_mollie_instead, "ideal,,paypal", false, ERR_CONF},
		{CONF_mollie_instead, "ideal,creditcard", false, ERR_CONF},
	};
	struct pays p;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(mollie); i++) {
		struct conf c = both("mollie");
		c.num[CONF_mollie_livemode] = mollie[i].live;
		c.text[mollie[i].key] = (char *)(uintptr_t)mollie[i].text;
		enum err e = open_all(&c, &p, &f);
		if (e != mollie[i].err || (e != OK && !str_starts(str_c(f.field), "mollie.")))
			fail_msg("%s: %s %s", mollie[i].text, f.field, f.detail);
		assert_null(strstr(f.detail, "abc"));
		pays_close(&p);
	}
}

/* Whoever is not named needs no key. */
static void one_process_holds_both(void **state)
{
	static const struct {
		const char *providers;
		size_t n;
	} sets[] = {{"stripe", 1}, {"mollie", 1}, {"stripe,mollie", 2}, {"mollie,stripe", 2},
		{"", 0}, {",", 0}, {"stripe,stripe", 0}, {"stripe,paypal", 0},
		{"Stripe", 0}, {"stripe mollie", 0}};
	struct pays p;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(sets); i++) {
		struct conf c = both(sets[i].providers);
		if (strcmp(sets[i].providers, "mollie") == 0)
			c.text[CONF_stripe_key_file] = (char *)"";
		if (strcmp(sets[i].providers, "stripe") == 0)
			c.text[CONF_mollie_key_file] = (char *)"";
		enum err e = open_all(&c, &p, &f);
		if (p.n != sets[i].n || (e == OK) != (sets[i].n > 0))
			fail_msg("%s: %zu %s", sets[i].providers, p.n, f.detail);
		if (e != OK)
			assert_string_equal(f.field, "pay.providers");
		pays_close(&p);
	}
	struct conf c = both("mollie,stripe");
	assert_int_equal(open_all(&c, &p, &f), OK);
	assert_string_equal(pay_name(p.of[0]), "mollie");
	assert_ptr_equal(pays_find(&p, STR("stripe")), p.of[1]);
	assert_null(pays_find(&p, STR("paypal")));
	assert_true(str_is(pay_methods(p.of[0]), "ideal"));
	assert_true(pay_takes(p.of[1], INTERVAL_MONTH, STR("KWD")) &&
		    !pay_takes(p.of[0], INTERVAL_MONTH, STR("EUR")));
	assert_true(pay_lists(p.of[1], PAY_LIST_EVENTS) && !pay_lists(p.of[0], PAY_LIST_EVENTS));
	assert_true(
		pay_fetches(p.of[1], PAY_KIND_REFUND) && !pay_fetches(p.of[0], PAY_KIND_REFUND));
	assert_true(pay_key_life_s(p.of[0]) < 3600 && pay_key_life_s(p.of[1]) > 3600);
	BUF_ON(origins, 200);
	pay_origin(p.of[0], false, &origins);
	pay_origin(p.of[1], false, &origins);
	pay_origin(p.of[0], true, &origins);
	assert_true(
		str_is(buf_str(&origins), "https://www.mollie.com https://checkout.stripe.com"));
	pays_close(&p);
	c.num[CONF_mollie_livemode] = true;
	c.text[CONF_mollie_key_file] = (char *)"live_abc";
	assert_int_equal(open_all(&c, &p, &f), ERR_CONF);
}

/* What a provider has no call for cannot be asked of it. */
static void some_things_it_cannot(void **state)
{
	struct conf c = both("mollie");
	struct pay_request q;
	struct arena a;
	struct pays p;
	struct fault f;

	(void)state;
	assert_int_equal(open_all(&c, &p, &f), OK);
	assert_int_equal(arena_init(&a, 4096), OK);
	struct pay_changed change = {.what = PAY_CANCEL, .id = STR("sub_1")};
	assert_int_equal(pay_build_change(p.of[0], &change, STR("k"), &a, &q), ERR_RANGE);
	assert_int_equal(pay_build_portal(p.of[0], STR("cst_1"), STR("https://d.example/"),
				 STR("k"), &a, &q),
		ERR_RANGE);
	arena_fini(&a);
	pays_close(&p);
}

/* --- roles -------------------------------------------------------------------------------------
 */

#define BODY                                                                                       \
	"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false}"

static enum err webhook(enum conf_role role, const char *secret)
{
	struct conf c = settings(role);
	uint8_t mac[SEAL_MAC_BYTES];
	char hex[65], header[128];
	struct pay_event ev;
	struct arena a;
	struct fault f;
	struct pay *p;

	seal_hmac(str_c(secret), STR("1800000000."), STR(BODY), mac);
	str_hex(mac, sizeof mac, hex);
	snprintf(header, sizeof header, "t=1800000000,v1=%s", hex);
	for (enum conf_key k = 0; k < CONF_N; k++)
		c.text_n[k] = c.text[k] ? strlen(c.text[k]) : 0;
	assert_int_equal(pay_open(&c, STR("stripe"), &p, &f), OK);
	assert_int_equal(arena_init(&a, 4096), OK);
	enum err e = pay_webhook(p, str_c(header), STR(BODY), utc_of_s(1800000000), &a, &ev, &f);
	arena_fini(&a);
	pay_close(p);
	return e;
}

static void money_takes_both_secrets(void **state)
{
	(void)state;
	assert_int_equal(webhook(CONF_ROLE_MONEY, "whsec_new"), OK);
	assert_int_equal(webhook(CONF_ROLE_MONEY, "whsec_old"), OK);
	assert_int_equal(webhook(CONF_ROLE_MONEY, "whsec_other"), ERR_BAD_SIGNATURE);
	assert_int_equal(webhook(CONF_ROLE_MONEY, ""), ERR_BAD_SIGNATURE);
}

/* Without any key: it only looks who signed. */
static void hook_does_so_without_a_key(void **state)
{
	struct conf c = settings(CONF_ROLE_HOOK);
	struct fault f;

	(void)state;
	assert_int_equal(webhook(CONF_ROLE_HOOK, "whsec_new"), OK);
	assert_int_equal(webhook(CONF_ROLE_HOOK, "whsec_other"), ERR_BAD_SIGNATURE);
	c.text[CONF_stripe_webhook_secret_file] = (char *)"";
	assert_int_equal(open_with(&c, &f), ERR_SECRET);
	assert_string_equal(f.field, "stripe.webhook_secret_file");
}

/* Without a secret everything would be signed by it. */
static void the_clerk_takes_no_webhook(void **state)
{
	(void)state;
	assert_int_equal(webhook(CONF_ROLE_CLERK, ""), ERR_SECRET);
	assert_int_equal(webhook(CONF_ROLE_CLERK, "whsec_new"), ERR_SECRET);
}

/* --- names -------------------------------------------------------------------------------------
 */

static void names(void **state)
{
	static const char *const outcomes[] = {
		"ok", "retry", "unknown", "permanent", "config", "needs_donor", "gone"};
	static const char *const kinds[] = {"none", "checkout", "invoice", "subscription",
		"payment", "refund", "dispute", "warning"};
	struct conf c = settings(CONF_ROLE_CLERK);
	enum pay_kind k;
	struct fault f;
	struct pay *p;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(outcomes); i++)
		assert_string_equal(pay_outcome_name((enum pay_outcome)i), outcomes[i]);
	assert_string_equal(pay_outcome_name((enum pay_outcome)7), "unknown");
	for (size_t i = 0; i < ARRAY_N(kinds); i++) {
		assert_string_equal(pay_kind_name((enum pay_kind)i), kinds[i]);
		assert_int_equal(pay_kind_parse(str_c(kinds[i]), &k), OK);
		assert_int_equal(k, i);
	}
	assert_string_equal(pay_kind_name((enum pay_kind)8), "none");
	assert_int_equal(pay_kind_parse(STR("Checkout"), &k), ERR_FIELD_BAD);
	assert_int_equal(pay_kind_parse(STR(""), &k), ERR_FIELD_BAD);
	for (enum conf_key i = 0; i < CONF_N; i++)
		c.text_n[i] = c.text[i] ? strlen(c.text[i]) : 0;
	assert_int_equal(pay_open(&c, STR("stripe"), &p, &f), OK);
	assert_string_equal(pay_name(p), "stripe");
	assert_false(pay_livemode(p));
	pay_close(p);
	pay_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_setting_is_checked),
		cmocka_unit_test(no_tolerance_is_refused),
		cmocka_unit_test(money_takes_both_secrets),
		cmocka_unit_test(hook_does_so_without_a_key),
		cmocka_unit_test(the_clerk_takes_no_webhook),
		cmocka_unit_test(names),
		cmocka_unit_test(mollies_settings_are_checked),
		cmocka_unit_test(one_process_holds_both),
		cmocka_unit_test(some_things_it_cannot),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
