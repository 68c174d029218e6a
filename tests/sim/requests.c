/* tests/sim/requests.c: every request that we can make of a provider, sent once, in a fixed order,
 * for a walk to compare with what the official client sends.
 *
 *   build/plain/sim/requests http://127.0.0.1:PORT
 *
 * Prints the names of the requests in their order, one a line. */
#include <stdio.h>
#include <string.h>

#include "pay/pays.h"

#define OURS "01890a5d-ac96-774b-bcce-b302099a8057"
#define KEY  STR("v1:kind:1")

static struct pay *pay;
static struct arena arena;

static enum err provider(const char *url)
{
	struct conf c = {.role = CONF_ROLE_CLERK};
	struct fault f = {0};

	c.text[CONF_stripe_base_url] = (char *)(uintptr_t)url;
	c.text[CONF_stripe_checkout_host] = (char *)"checkout.stripe.com";
	c.text[CONF_stripe_portal_host] = (char *)"billing.stripe.com";
	c.text[CONF_stripe_api_version] = (char *)"2026-10-28.endive";
	c.text[CONF_stripe_key_file] = (char *)"sk_test_abc";
	c.num[CONF_stripe_tolerance_s] = 300;
	for (enum conf_key k = 0; k < CONF_N; k++)
		c.text_n[k] = c.text[k] ? strlen(c.text[k]) : 0;
	enum err e = pay_open(&c, STR("stripe"), &pay, &f);
	if (e != OK)
		fprintf(stderr, "requests: %s %s\n", f.field, f.detail);
	return e;
}

/* One that was built goes out; anything else ends the program. */
static bool send(const char *name, enum err built, const struct pay_request *q)
{
	struct pay_answer ans;

	if (built != OK) {
		fprintf(stderr, "requests: %s is not built: %s\n", name, err_slug(built));
		return false;
	}
	pay_call(pay, q, 5000, &arena, &ans);
	if (ans.curl != 0 || ans.status != 200) {
		fprintf(stderr, "requests: %s: %ld %s\n", name, ans.status, ans.error);
		return false;
	}
	puts(name);
	arena_reset(&arena);
	return true;
}

static struct uuid ours(void)
{
	struct uuid u = {0};

	if (uuid_parse(STR(OURS), &u) != OK)
		return (struct uuid){0};
	return u;
}

/* --- checkouts -------------------------------------------------------------------------------- */

/* The first two are those of the capture in tests/data/stripe; the others go through what money and
 * names can be. */
static const struct gift {
	const char *name;
	struct money money;
	enum campaign_interval interval;
	const char *label, *email, *success, *cancel;
	int64_t expires_s;
} gifts[] = {
	{"one-off", {2500, "EUR"}, INTERVAL_ONCE, "Donation: Café & \"Läden\"", "a@b.example",
		"https://d.example/return?sid={CHECKOUT_SESSION_ID}",
		"https://d.example/cancel?p=" OURS, 1900000000},
	{"monthly", {1000, "JPY"}, INTERVAL_MONTH, "Monthly", "", "https://d.example/r", "", 0},
	{"yearly", {5000, "EUR"}, INTERVAL_YEAR, "Yearly", "a@b.example", "https://d.example/r",
		"https://d.example/c", 1900000000},
	{"yen", {1000, "JPY"}, INTERVAL_ONCE, "x", "", "https://d.example/r", "", 0},
	{"krona", {50000, "ISK"}, INTERVAL_ONCE, "x", "", "https://d.example/r", "", 0},
	{"dinar", {1230, "KWD"}, INTERVAL_ONCE, "x", "", "https://d.example/r", "", 0},
	{"forint", {17500, "HUF"}, INTERVAL_ONCE, "x", "", "https://d.example/r", "", 0},
	{"marks", {2500, "EUR"}, INTERVAL_ONCE,
		"'quotes' \"double\" & = % + ; / ? # {b} ~ ! * ( ) \\ | ^ ` < > , : @ $ . - _",
		"a+b'c@d.example", "https://d.example/r?a=1&b=2", "https://d.example/c#d", 0},
	{"brackets", {2500, "EUR"}, INTERVAL_ONCE, "[a][0]=b", "", "https://d.example/r?a[]=1", "",
		0},
	{"scripts", {2500, "EUR"}, INTERVAL_ONCE,
		"Поддержка מתנה تبرع 寄付 \xf0\x9f\x8e\x81\xf0\x9f\x8f\xb4 \xc3\xa9", "",
		"https://d.example/r", "", 0},
};

static bool checkouts(void)
{
	struct pay_request q;
	bool fine = true;

	for (size_t i = 0; i < ARRAY_N(gifts) && fine; i++) {
		const struct gift *g = &gifts[i];
		struct pay_checkout in = {.pledge = ours(),
			.money = g->money,
			.interval = g->interval,
			.label = str_c(g->label),
			.email = str_c(g->email),
			.success_url = str_c(g->success),
			.cancel_url = str_c(g->cancel),
			.expires_at = utc_of_s(g->expires_s)};
		fine = send(g->name, pay_build_checkout(pay, &in, KEY, &arena, &q), &q);
	}
	return fine && send("expire", pay_build_expire(pay, STR("cs_1"), KEY, &arena, &q), &q);
}

/* --- beside them ------------------------------------------------------------------------------ */

static bool refunds(void)
{
	struct pay_refund in = {.payment = STR("pi_1"),
		.money = {500, "EUR"},
		.reason = "requested_by_customer",
		.refund = ours()};
	struct pay_request q;

	if (!send("refund", pay_build_refund(pay, &in, KEY, &arena, &q), &q))
		return false;
	in.payment = STR("ch_1");
	in.reason = NULL;
	return send("refund charge", pay_build_refund(pay, &in, KEY, &arena, &q), &q);
}

static bool changes(void)
{
	static const char *const names[] = {[PAY_CANCEL] = "cancel",
		[PAY_CANCEL_AT_END] = "cancel at end",
		[PAY_KEEP] = "keep",
		[PAY_PAUSE] = "pause",
		[PAY_RESUME] = "resume",
		[PAY_AMOUNT] = "amount"};
	struct pay_changed in = {.id = STR("sub_1"),
		.item = STR("si_1"),
		.product = STR("prod_1"),
		.money = {1500, "EUR"},
		.interval = INTERVAL_MONTH,
		.until = utc_of_s(1900000000)};
	struct pay_request q;

	for (size_t i = 0; i < ARRAY_N(names); i++) {
		in.what = (enum pay_change)i;
		if (!send(names[i], pay_build_change(pay, &in, KEY, &arena, &q), &q))
			return false;
	}
	in.what = PAY_PAUSE;
	in.until = (utc_t){0};
	return send("pause for good", pay_build_change(pay, &in, KEY, &arena, &q), &q) &&
	       send("portal",
		       pay_build_portal(
			       pay, STR("cus_1"), STR("https://d.example/"), KEY, &arena, &q),
		       &q);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool fetches(void)
{
	struct pay_request q;
	char name[40];

	for (enum pay_kind k = PAY_KIND_CHECKOUT; k <= PAY_KIND_WARNING; k++) {
		snprintf(name, sizeof name, "fetch %s", pay_kind_name(k));
		if (!send(name, pay_build_fetch(pay, k, STR("cs_1"), &arena, &q), &q))
			return false;
	}
	return true;
}

static bool lists(void)
{
	static const char *const names[] = {
		"events", "checkouts", "charges", "refunds", "disputes", "subscriptions"};
	struct pay_request q;
	char name[40];

	for (size_t i = 0; i < ARRAY_N(names); i++) {
		enum pay_list what = (enum pay_list)i;
		snprintf(name, sizeof name, "list %s", names[i]);
		enum err e = pay_build_list(
			pay, what, utc_of_s(1), utc_of_s(2), STR("cs_0"), &arena, &q);
		if (!send(name, e, &q))
			return false;
		snprintf(name, sizeof name, "list all %s", names[i]);
		e = pay_build_list(pay, what, (utc_t){0}, (utc_t){0}, STR(""), &arena, &q);
		if (!send(name, e, &q))
			return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: requests http://127.0.0.1:PORT\n");
		return 2;
	}
	bool fine = arena_init(&arena, 4u << 20) == OK && provider(argv[1]) == OK && checkouts() &&
		    refunds() && changes() && fetches() && lists();
	pay_close(pay);
	arena_fini(&arena);
	return fine ? 0 : 1;
}
