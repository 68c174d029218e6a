/* tests/fuzz/fuzz_webhook.c: the body of a webhook that is signed as it should be: what the
 * envelope may say. */
#include "base/seal.h"
#include "fuzz.h"
#include "pay/snap.h"
#include "pay/stripe_sign.h"

#define NOW INT64_C(1800000000)

static const struct pay_set set = {.version = "2026-10-28.endive",
	.tolerance_s = 300,
	.secret_n = 1,
	.secret = {STR("whsec_fuzz")}};

static struct str sign(struct str body)
{
	static char header[128];
	uint8_t mac[SEAL_MAC_BYTES];
	char hex[65];

	seal_hmac(set.secret[0], STR("1800000000."), body, mac);
	str_hex(mac, sizeof mac, hex);
	snprintf(header, sizeof header, "t=1800000000,v1=%s", hex);
	return str_c(header);
}

static bool is_member(const json_t *o, const char *path, struct str s)
{
	return str_eq(json_text(o, path), s);
}

/* Read once more, by jansson alone: what we say is what stands there. */
static void look_again(struct str body, const struct pay_event *ev)
{
	json_auto_t *o = json_loadb(body.p, body.n, 0, NULL);

	CHECK(json_is_object(o) && is_member(o, "id", ev->id) && is_member(o, "type", ev->type));
	CHECK(snap_is_id(ev->id) && ev->type.n > 0 && ev->type.n <= 120);
	CHECK(ev->ignored == (ev->kind == PAY_KIND_NONE));
	CHECK((size_t)ev->kind <= PAY_KIND_WARNING);
	if (ev->kind != PAY_KIND_NONE) {
		CHECK(snap_is_id(ev->object_id));
		CHECK(is_member(o, "data.object.id", ev->object_id) ||
			is_member(o, "data.object.payment_intent", ev->object_id));
		CHECK(is_member(o, "object", STR("event")) && !json_at(o, "account"));
		CHECK(json_is_boolean(json_object_get(o, "livemode")));
	} else {
		CHECK(ev->object_id.n == 0);
	}
	CHECK(ev->livemode == json_is_true(json_object_get(o, "livemode")));
	CHECK(ev->created.us >= 0 && str_is_word(ev->version, ".-_") && ev->version.n <= 40);
	CHECK(!str_is(ev->version, set.version) || !ev->other_version);
	CHECK(ev->version.n == 0 || ev->other_version || str_is(ev->version, set.version));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str body = {(const char *)data, size}, header = sign(body);
	struct arena *a = fuzz_arena();
	struct pay_event ev = {.type = STR("untouched")};
	struct fault f = {0};
	enum err e = stripe_sign_webhook(&set, header, body, utc_of_s(NOW), a, &ev, &f);

	CHECK(e == OK || (e == ERR_BAD_EVENT && f.err == e && str_is(ev.type, "untouched")));
	if (e == OK) {
		look_again(body, &ev);
		a = fuzz_arena();
		ev.type = STR("untouched");
		arena_fail_at(a, 1 + (long)(size % 4));
		CHECK(stripe_sign_webhook(&set, header, body, utc_of_s(NOW), a, &ev, &f) ==
			ERR_NO_MEMORY);
		CHECK(str_is(ev.type, "untouched"));
	}
	return 0;
}
