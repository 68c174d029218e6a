/* tests/unit/pay_memory_test.c: memory ends at every place where a provider's answer is read or a
 * call is written: it is refused, nothing is given, and nothing is lost (the sanitized build
 * looks); and what was read whole is the same as ever. The answers are the seeds of tests/fuzz.
 * Run from the top of the tree. */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/seal.h"
#include "pay/mollie_list.h"
#include "pay/mollie_snap.h"
#include "pay/mollie_wire.h"
#include "pay/stripe_list.h"
#include "pay/stripe_sign.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"

#define KEY "v1:create:01890a5d-ac96-774b-bcce-b302099a8057"

/* --- jansson's memory, which ends --------------------------------------------------------------
 */

static long left = -1; /* allocations until one fails; -1: never */
static bool ended;     /* one has failed */
static bool alone;     /* and the ones after it do not */

static void *take(size_t n)
{
	if (left == 0) {
		ended = true;
		left = alone ? -1 : 0;
		return NULL;
	}
	left -= left > 0;
	return malloc(n);
}

/* The n-th allocation from now fails, and all after it or it alone. */
static void end_after(long n)
{
	assert_true(n < 100000);
	ended = false;
	left = n;
}

static int setup(void **state)
{
	(void)state;
	json_set_alloc_funcs(take, free);
	return 0;
}

static struct arena arena;

/* --- reading -----------------------------------------------------------------------------------
 */

struct ask {
	bool mollie, is_list;
	unsigned what; /* pay_kind or pay_list */
	struct str body;
};

static const struct pay_set stripe = {.checkout_host = "checkout.stripe.com",
	.portal_host = "billing.stripe.com",
	.version = "2026-10-28.endive"};
static const struct pay_set mollie = {.checkout_host = "www.mollie.com"};

static enum err read_it(const struct ask *ask, json_t **ret, struct fault *f)
{
	struct pay_answer ans = {.status = 200, .retry_after_s = -1, .body = ask->body};
	struct str next;

	arena_reset(&arena);
	if (ask->is_list)
		return ask->mollie ? mollie_list_parse(&mollie, (enum pay_list)ask->what, &ans, ret,
					     &next, &arena, f)
				   : stripe_list_parse(&stripe, (enum pay_list)ask->what, &ans, ret,
					     &next, &arena, f);
	utc_t now = utc_of_s(1800000000);
	return ask->mollie
		       ? mollie_snap_parse(&mollie, (enum pay_kind)ask->what, &ans, now, ret, f)
		       : stripe_snap_parse(&stripe, (enum pay_kind)ask->what, &ans, now, ret, f);
}

/* jansson does not always tell a lack of memory from bad JSON, so any refusal will do. */
static void ends_everywhere(const struct ask *ask, const char *name)
{
	json_t *whole = NULL;
	struct fault f = {0};
	enum err fine = read_it(ask, &whole, &f);

	ended = true;
	for (long n = 0; ended; n++) {
		json_t *part = NULL;
		f = (struct fault){0};
		end_after(n);
		enum err e = read_it(ask, &part, &f);
		left = -1;
		if (e != OK && (part || f.err != e))
			fail_msg("%s: gave something, or told nothing, after %ld", name, n);
		if (e == OK && (fine != OK || !json_equal(part, whole)))
			fail_msg("%s: read otherwise after %ld", name, n);
		json_decref(part);
	}
	json_decref(whole);
}

static void ends_anywhere(const struct ask *ask, const char *name)
{
	for (int i = 0; i < 2; i++) {
		alone = i > 0;
		ends_everywhere(ask, name);
	}
	alone = false;
}

/* The first byte of a seed says who reads it (tests/fuzz/README.md). */
static bool ask_of(const char *text, size_t n, bool is_mollie, struct ask *ret)
{
	unsigned who = n < 2 ? 0 : ((unsigned char)text[0] - 'a') & 15u;

	*ret = (struct ask){.mollie = is_mollie, .body = {text + 2, n - 2}};
	if (is_mollie) {
		ret->is_list = who > 4;
		ret->what = who == 1 ? PAY_KIND_CHECKOUT : who == 2 ? PAY_KIND_REFUND : who - 4;
		return who == 1 || who == 2 || who > 4;
	}
	ret->is_list = who >= 2 + PAY_KIND_WARNING;
	ret->what = ret->is_list ? who - 2 - PAY_KIND_WARNING : who - 1;
	return who >= 2;
}

static void every_seed(const char *dir, bool is_mollie)
{
	static char text[1 << 16], path[512];
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	for (struct dirent *e; (e = readdir(d));) {
		struct ask ask;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		FILE *in = e->d_name[0] == '.' ? NULL : fopen(path, "rb");
		if (!in)
			continue;
		size_t got = fread(text, 1, sizeof text, in);
		fclose(in);
		if (ask_of(text, got, is_mollie, &ask)) {
			ends_anywhere(&ask, e->d_name);
			n++;
		}
	}
	closedir(d);
	assert_true(n >= 5);
}

static void stripes_answers(void **state)
{
	(void)state;
	every_seed("tests/fuzz/corpus/fuzz_answer", false);
}

static void mollies_answers(void **state)
{
	(void)state;
	every_seed("tests/fuzz/corpus/fuzz_mollie", true);
}

/* So many entries that the list of them grows while it is read. */
static void a_long_page(void **state)
{
	static const struct {
		bool mollie;
		unsigned what;
		const char *head, *entry, *tail;
	} rows[] = {
		{false, PAY_LIST_SUBSCRIPTIONS,
			"{\"object\":\"list\",\"has_more\":false,\"data\":[",
			"{\"id\":\"sub_1\",\"object\":\"subscription\",\"created\":1,"
			"\"livemode\":true}",
			"]}"},
		{true, PAY_LIST_DISPUTES, "{\"_embedded\":{\"chargebacks\":[",
			"{\"id\":\"chb_1\",\"paymentId\":\"tr_1\",\"createdAt\":"
			"\"2026-11-26T14:00:00Z\",\"amount\":{\"value\":\"5.00\","
			"\"currency\":\"EUR\"}}",
			"]}}"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		BUF_ON(b, 4096);
		buf_addc(&b, rows[i].head);
		for (int k = 0; k < 9; k++)
			buf_addf(&b, "%s%s", k ? "," : "", rows[i].entry);
		buf_addc(&b, rows[i].tail);
		struct ask ask = {rows[i].mollie, true, rows[i].what, buf_str(&b)};
		json_auto_t *whole = NULL;
		struct fault f = {0};
		assert_int_equal(read_it(&ask, &whole, &f), OK);
		assert_int_equal(json_array_size(whole), 9);
		ends_anywhere(&ask, rows[i].head);
	}
}

/* --- writing -----------------------------------------------------------------------------------
 */

static struct pay_checkout checkout(void)
{
	struct pay_checkout c = {.label = STR("A gift"),
		.success_url = STR("https://news.example/thanks"),
		.cancel_url = STR("https://news.example/back"),
		.webhook_url = STR("https://news.example/webhook/mollie"),
		.methods = STR("creditcard,ideal"),
		.locale = STR("de-AT")};

	assert_int_equal(money_parse(STR("25.00"), STR("EUR"), &c.money, NULL), OK);
	assert_int_equal(uuid_parse(STR("01890a5d-ac96-774b-bcce-b302099a8057"), &c.pledge), OK);
	return c;
}

/* What json_pack was given is lost when memory ends in it: jansson's own, and not looked at here.
 */
static void a_payment_is_written(void **state)
{
	struct pay_checkout c = checkout();
	struct pay_request whole, q, again;
	enum err e = OK;

	(void)state;
	arena_reset(&arena);
	assert_int_equal(mollie_wire_build_checkout(&c, STR(KEY), &arena, &whole), OK);
	for (int i = 0; i < 2; i++) {
		alone = i > 0;
		ended = true;
		for (long n = 0; ended; n++) {
			end_after(n);
			e = mollie_wire_build_checkout(&c, STR(KEY), &arena, &q);
			left = -1;
			assert_true(ended ? e == ERR_NO_MEMORY : e == OK);
		}
		assert_true(str_eq(q.body, whole.body));
		ended = true;
		for (long n = 0; ended; n++) {
			end_after(n);
			e = mollie_wire_build_again(&whole, STR(KEY), (utc_t){0}, &arena, &again);
			left = -1;
			assert_true(ended ? e != OK : e == OK);
		}
		assert_true(str_eq(again.body, whole.body));
	}
	alone = false;
}

/* And the request's own memory. */
static void the_arena_ends(void **state)
{
	struct pay_checkout c = checkout();
	struct pay_request q;
	enum err e = ERR_NO_MEMORY;

	(void)state;
	for (int which = 0; which < 2; which++, e = ERR_NO_MEMORY)
		for (long n = 1; e == ERR_NO_MEMORY; n++) {
			arena_reset(&arena);
			arena_fail_at(&arena, n);
			e = which ? stripe_wire_build_checkout(&c, STR(KEY), &arena, &q)
				  : mollie_wire_build_checkout(&c, STR(KEY), &arena, &q);
			assert_true(e == OK || e == ERR_NO_MEMORY);
			assert_true(n < 100);
		}
	arena_fail_at(&arena, 0);
}

/* What is refused so comes again: a provider repeats whatever is not answered with 200. */
static void a_webhook_comes_again(void **state)
{
	static const struct pay_set set = {.version = "2026-10-28.endive",
		.tolerance_s = 300,
		.secret_n = 1,
		.secret = {STR("whsec_x")}};
	struct str body =
		STR("{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x.y\",\"created\":1,"
		    "\"livemode\":false,\"data\":{\"object\":{}}}");
	uint8_t mac[SEAL_MAC_BYTES];
	char hex[65], header[128];
	struct pay_event ev;
	struct fault f = {0};
	enum err e = OK;
	long n;

	(void)state;
	seal_hmac(set.secret[0], STR("1800000000."), body, mac);
	str_hex(mac, sizeof mac, hex);
	snprintf(header, sizeof header, "t=1800000000,v1=%s", hex);
	for (int i = 0; i < 2; i++) {
		alone = i > 0;
		for (n = 0, ended = true; ended; n++) {
			arena_reset(&arena);
			end_after(n);
			e = stripe_sign_webhook(
				&set, str_c(header), body, utc_of_s(1800000000), &arena, &ev, &f);
			left = -1;
			assert_true(ended ? e != OK : e == OK);
		}
		assert_true(n > 5);
	}
	alone = false;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stripes_answers),
		cmocka_unit_test(mollies_answers),
		cmocka_unit_test(a_long_page),
		cmocka_unit_test(a_payment_is_written),
		cmocka_unit_test(the_arena_ends),
		cmocka_unit_test(a_webhook_comes_again),
	};
	if (arena_init(&arena, 1 << 20) != OK)
		return 1;
	int bad = cmocka_run_group_tests(tests, setup, NULL);
	arena_fini(&arena);
	return bad;
}
