/* tests/fuzz/fuzz_mollie.c: what Mollie may answer, and what may come as its webhook. The first
 * byte picks who reads it, the second how it came, the rest is the body. */
#define PROMISE_PAGE "https://www.mollie.com"
#include "pay/mollie_hook.h"
#include "pay/mollie_list.h"
#include "pay/mollie_snap.h"
#include "pay/mollie_wire.h"
#include "promise.h"

static const struct pay_set set = {.checkout_host = "www.mollie.com"};

static void checkout(const struct pay_answer *ans, struct arena *a)
{
	struct pay_opened p = {.expires_at = {-7}};
	struct fault f = {0};
	enum err e = mollie_wire_parse_checkout(&set, ans, a, &p, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(p.expires_at.us == -7);
		return;
	}
	CHECK(snap_is_id(p.object_id) && str_starts(p.object_id, "tr_") && p.expires_at.us >= 0);
	is_page(NULL, p.url);
}

static void snapshot(enum pay_kind kind, const struct pay_answer *ans)
{
	json_auto_t *o = NULL;
	struct fault f = {0};
	enum err e = mollie_snap_parse(&set, kind, ans, utc_of_s(1800000000), &o, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(!o);
		return;
	}
	keeps_its_promise(o, 0);
}

static void list(enum pay_list what, const struct pay_answer *ans, struct arena *a)
{
	json_auto_t *items = NULL;
	struct str next = {0};
	struct fault f = {0};
	enum err e = mollie_list_parse(&set, what, ans, &items, &next, a, &f);

	if (e != OK) {
		failed(e, &f);
		CHECK(!items && next.n == 0);
		return;
	}
	CHECK(json_array_size(items) <= 250 && (next.n == 0 || snap_is_id(next)));
	keeps_its_promise(items, 0);
}

static void hook(const struct pay_answer *ans, struct arena *a)
{
	struct pay_event ev = {0};
	struct fault f = {0};
	enum err e = mollie_hook_webhook(&set, STR(""), ans->body, utc_of_s(1), a, &ev, &f);

	CHECK(e == OK ? ev.hint && snap_is_id(ev.object_id) : e == ERR_BAD_EVENT);
}

/* One that is built anew is sound, or refused. */
static void again(const struct pay_answer *ans, struct arena *a)
{
	struct pay_request q,
		old = {.method = "POST", .path = STR("/v2/payments"), .body = ans->body};
	json_auto_t *o = NULL;

	if (mollie_wire_build_again(&old, STR("v1:create:x"), (utc_t){0}, a, &q) == OK)
		CHECK(json_read(q.body, &o, NULL) == OK && str_is(q.path, "/v2/payments"));
}

static void outcome(const struct pay_answer *ans)
{
	enum pay_outcome o = mollie_wire_outcome(ans);
	char text[120];

	CHECK((o == PAY_OK) == (ans->curl == 0 && ans->status >= 200 && ans->status <= 299));
	CHECK(o != PAY_GONE || (ans->read && ans->status == 404));
	memset(text, 'x', sizeof text);
	mollie_wire_error_text(ans, text);
	CHECK(memchr(text, 0, sizeof text) && str_is_clean(str_c(text), false));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const long statuses[] = {200, 201, 302, 401, 404, 409, 422, 429, 500, 503, 0};
	struct pay_answer ans = {.retry_after_s = -1};

	if (size < 2)
		return 0;
	struct arena *a = fuzz_arena();
	unsigned who = (data[0] - 'a') & 15u, how = data[1] - 'a';
	ans.status = statuses[how % ARRAY_N(statuses)];
	ans.curl = ans.status ? 0 : 56;
	ans.read = how & 16;
	ans.sent = how & 32;
	ans.body = (struct str){(const char *)data + 2, size - 2};
	switch (who) {
	case 0: checkout(&ans, a); break;
	case 1: snapshot(PAY_KIND_CHECKOUT, &ans); break;
	case 2: snapshot(PAY_KIND_REFUND, &ans); break;
	case 3: hook(&ans, a); break;
	case 4: again(&ans, a); break;
	default: list((enum pay_list)(who - 4), &ans, a);
	}
	outcome(&ans);
	return 0;
}
