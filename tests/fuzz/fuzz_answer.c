/* tests/fuzz/fuzz_answer.c: what a provider may answer. The first byte picks who reads it, the
 * second how it came, the rest is the body. What is read must be what pay.h, snap.h and pay_list.h
 * promise, member for member. */
#define PROMISE_PAGE "https://checkout.stripe.com"
#include "pay/stripe_change.h"
#include "pay/stripe_list.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"
#include "promise.h"

#define FETCHED INT64_C(1800000000)

static const struct pay_set set = {.checkout_host = "checkout.stripe.com",
	.portal_host = "billing.stripe.com",
	.version = "2026-10-28.endive"};

/* --- readers ---------------------------------------------------------------------------------- */

static void checkout(const struct pay_answer *ans, struct arena *a)
{
	struct pay_opened p = {.expires_at = {-7}};
	struct fault f = {0};
	enum err e = stripe_wire_parse_checkout(&set, ans, a, &p, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(p.expires_at.us == -7);
		return;
	}
	CHECK(snap_is_id(p.object_id) && p.expires_at.us > 0);
	is_page(NULL, p.url);
}

static void portal(const struct pay_answer *ans, struct arena *a)
{
	struct str url = {0};
	struct fault f = {0};
	enum err e = stripe_change_parse_portal(&set, ans, a, &url, &f);

	if (e != OK)
		failed(e, &f);
	CHECK(e == OK ? begins(url, "https://billing.stripe.com") && str_is_clean(url, false)
		      : url.n == 0);
}

static void snapshot(enum pay_kind kind, const struct pay_answer *ans)
{
	static const char *const always[] = {"provider", "livemode", "fetched_at", "pledge",
		"checkout", "payments", "refunds", "disputes", "fees", "warnings", "declines",
		"recurring", "email"};
	json_auto_t *o = NULL;
	struct fault f = {0};
	enum err e = stripe_snap_parse(&set, kind, ans, utc_of_s(FETCHED), &o, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(!o);
		return;
	}
	for (size_t i = 0; i < ARRAY_N(always); i++)
		CHECK(json_object_get(o, always[i]));
	keeps_its_promise(o, 0);
}

static void list(enum pay_list what, const struct pay_answer *ans, struct arena *a)
{
	json_auto_t *items = NULL;
	struct str next = {0};
	struct fault f = {0};
	enum err e = stripe_list_parse(&set, what, ans, &items, &next, a, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(!items && next.n == 0);
		return;
	}
	CHECK(json_is_array(items) && json_array_size(items) <= 100);
	CHECK(next.n == 0 || snap_is_id(next));
	for (size_t i = 0; i < json_array_size(items); i++)
		CHECK(what == PAY_LIST_EVENTS ||
			snap_is_id(json_text(json_array_get(items, i), "id")));
	keeps_its_promise(items, 0);
}

/* An answer is not taken for done, or for refused, without the provider's own word. */
static void outcome(const struct pay_answer *ans)
{
	enum pay_outcome o = stripe_wire_outcome(ans);
	char text[120];

	CHECK((o == PAY_OK) == (ans->curl == 0 && ans->status >= 200 && ans->status <= 299));
	CHECK(o != PAY_GONE || (ans->read && ans->status == 404));
	if (ans->curl != 0)
		CHECK(o == (ans->sent ? PAY_UNKNOWN : PAY_RETRY));
	memset(text, 'x', sizeof text);
	stripe_wire_error_text(ans, text);
	CHECK(memchr(text, 0, sizeof text) && str_is_clean(str_c(text), false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {
		200, 201, 302, 400, 401, 402, 404, 409, 424, 429, 500, 503, 0};
	struct pay_answer ans = {.retry_after_s = -1};

	if (size < 2)
		return 0;
	struct arena *a = fuzz_arena();
	unsigned who = (data[0] - 'a') & 15u, how = data[1] - 'a';
	ans.status = statuses[how % ARRAY_N(statuses)];
	ans.curl = ans.status ? 0 : 56;
	ans.read = how & 16;
	ans.sent = how & 32;
	ans.should_retry = how & 64 ? STR("false") : how & 128 ? STR("true") : (struct str){0};
	ans.body = (struct str){(const char *)data + 2, size - 2};
	if (who == 0)
		checkout(&ans, a);
	else if (who == 1)
		portal(&ans, a);
	else if (who < 2 + PAY_KIND_WARNING)
		snapshot((enum pay_kind)(who - 1), &ans);
	else
		list((enum pay_list)(who - 2 - PAY_KIND_WARNING), &ans, a);
	outcome(&ans);
	return 0;
}
