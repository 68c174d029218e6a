/* Webhooks: the shared vectors with our stricter verdicts, then headers and envelopes of our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/seal.h"
#include "pay/stripe_sign.h"

#define NOW INT64_C(1800000000)

static struct arena arena;
static struct pay_set set = {.version = "2026-10-28.endive", .tolerance_s = 300, .secret_n = 2,
    .secret = {STR("whsec_new"), STR("whsec_old")}};

static int set_up(void **state)
{
	(void)state;
	return arena_init(&arena, 1 << 16) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* --- the vectors ------------------------------------------------------------------------------- */

/* Our verdict in the words of the file. */
static const char *verdict_of(const json_t *v)
{
	struct pay_set s = {.tolerance_s = 300};
	struct str header = json_text(v, "header"), body = json_text(v, "body");
	utc_t now = utc_of_s(json_integer_value(json_at(v, "now")));
	const json_t *secrets = json_at(v, "secrets");
	struct pay_event ev;
	struct fault f;
	int64_t skew;

	for (size_t i = 0; i < json_array_size(secrets); i++)
		s.secret[s.secret_n++] = str_c(json_string_value(json_array_get(secrets, i)));
	enum stripe_sign got = stripe_sign_check(header, body, s.secret, s.secret_n, now, 300, &skew);
	enum err e = stripe_sign_webhook(&s, header, body, now, &arena, &ev, &f);
	if (got != STRIPE_SIGN_OK) {
		assert_int_equal(e, ERR_BAD_SIGNATURE);
		return stripe_sign_name(got);
	}
	if (e == OK)
		return "ok";
	assert_int_equal(e, ERR_BAD_EVENT);
	return strstr(f.detail, "not JSON") ? "bad_json" : "bad_event";
}

/* (case 26) */
static void all_28_vectors(void **state)
{
	const char *root = getenv("PLEDGED_TESTS");
	char path[512];
	json_error_t je;
	int capped = 0;

	(void)state;
	snprintf(path, sizeof path, "%s/data/stripe/webhook-vectors.json", root ? root : "tests");
	json_auto_t *all = json_load_file(path, 0, &je);
	if (!all)
		fail_msg("%s: %s", path, je.text);
	assert_int_equal(json_array_size(all), 28);
	for (size_t i = 0; i < json_array_size(all); i++) {
		const json_t *v = json_array_get(all, i);
		struct str want = json_text(v, "expect");
		const char *got = verdict_of(v);
		bool fine = str_is(want, got);
		if (str_is(want, "malformed or stale"))
			fine = strcmp(got, "malformed") == 0 || strcmp(got, "stale") == 0;
		if (str_is(want, "ok or capped")) {
			fine = strcmp(got, "malformed") == 0;
			capped++;
		}
		if (!fine)
			fail_msg("%s: %s, not %.*s", json_text(v, "name").p, got, STR_FMT(want));
	}
	assert_int_equal(capped, 1);
}

/* --- headers ----------------------------------------------------------------------------------- */

#define BODY "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":1,\"livemode\":false}"

static void sign(const char *secret, const char *t, struct str body, char hex[65])
{
	uint8_t mac[SEAL_MAC_BYTES];
	char lead[64];

	snprintf(lead, sizeof lead, "%s.", t);
	seal_hmac(str_c(secret), str_c(lead), body, mac);
	str_hex(mac, sizeof mac, hex);
}

/* %G stands for the good signature of `t`, %O for the old secret's, %B for a bad one. */
static void fill(const char *form, const char *t, struct str body, char *out, size_t cap)
{
	char good[65], old[65], bad[65];
	struct buf b;

	sign("whsec_new", t, body, good);
	sign("whsec_old", t, body, old);
	memset(bad, '0', 64);
	bad[64] = 0;
	buf_init(&b, out, cap - 1);
	for (; *form; form++)
		if (*form == '%') {
			form++;
			buf_addc(&b, *form == 'G' ? good : *form == 'O' ? old : bad);
		} else {
			buf_byte(&b, *form);
		}
	assert_int_equal(buf_done(&b), OK);
	out[b.n] = 0;
}

static const struct { const char *t, *form; enum stripe_sign verdict; } headers[] = {
    {"1800000000", "t=1800000000,v1=%G", STRIPE_SIGN_OK},
    {"1800000000", "v1=%G,t=1800000000", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v1=%O", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v1=%B,v1=%O", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v1=%G,v1=%B", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v0=%B,v1=%G,v7=x", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v1=%B", STRIPE_SIGN_BAD},
    {"1800000000", "t=0000000000000000000000001800000000,v1=%G", STRIPE_SIGN_BAD},
    {"1800000000", "t=1800000000, v1=%G", STRIPE_SIGN_NO_V1},
    {"1800000000", "t=1800000000,V1=%G", STRIPE_SIGN_NO_V1},
    {"1800000000", "t=1800000000,v1=", STRIPE_SIGN_BAD},
    {"1800000000", "t=1800000000,v1", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=1800000000,,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=+1800000000,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=1800000000 ,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=0x6b49d200,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=1,t=1800000000,v1=%G", STRIPE_SIGN_MALFORMED},
    {"1800000000", "t=1800000000,t=1800000000,v1=%G", STRIPE_SIGN_MALFORMED},
    {"01800000000", "t=01800000000,v1=%G", STRIPE_SIGN_OK},
    {"1799999700", "t=1799999700,v1=%G", STRIPE_SIGN_OK},
    {"1799999699", "t=1799999699,v1=%G", STRIPE_SIGN_STALE},
    {"1800000300", "t=1800000300,v1=%G", STRIPE_SIGN_OK},
    {"1800000301", "t=1800000301,v1=%G", STRIPE_SIGN_STALE},
    {"0", "t=0,v1=%G", STRIPE_SIGN_STALE},
    {"1800000000", "t=1800000000,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%G", STRIPE_SIGN_OK},
    {"1800000000", "t=1800000000,v1=%G,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B,v1=%B", STRIPE_SIGN_MALFORMED},
};

static void headers_one_by_one(void **state)
{
	char header[2048];
	int64_t skew;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(headers); i++) {
		fill(headers[i].form, headers[i].t, STR(BODY), header, sizeof header);
		enum stripe_sign v = stripe_sign_check(str_c(header), STR(BODY), set.secret, 2, utc_of_s(NOW), 300, &skew);
		if (v != headers[i].verdict)
			fail_msg("%s: %s", headers[i].form, stripe_sign_name(v));
	}
}

/* (case 30) */
static void a_header_of_64_kilobytes(void **state)
{
	static char header[65536];
	int64_t skew;

	(void)state;
	fill("t=1800000000,v1=%G,v2=", "1800000000", STR(BODY), header, 2048);
	size_t n = strlen(header);
	memset(header + n, 'x', sizeof header - n);
	assert_int_equal(stripe_sign_check((struct str){header, STRIPE_SIGN_HEADER_MAX}, STR(BODY), set.secret, 2,
	    utc_of_s(NOW), 300, &skew), STRIPE_SIGN_OK);
	assert_int_equal(stripe_sign_check((struct str){header, STRIPE_SIGN_HEADER_MAX + 1}, STR(BODY), set.secret, 2,
	    utc_of_s(NOW), 300, &skew), STRIPE_SIGN_MALFORMED);
	assert_int_equal(stripe_sign_check((struct str){header, sizeof header}, STR(BODY), set.secret, 2,
	    utc_of_s(NOW), 300, &skew), STRIPE_SIGN_MALFORMED);
}

static void every_flipped_bit_is_seen(void **state)
{
	char header[256], body[] = BODY;
	int64_t skew;

	(void)state;
	fill("t=1800000000,v1=%G", "1800000000", STR(BODY), header, sizeof header);
	for (size_t i = 0; i < (sizeof body - 1) * 8; i++) {
		body[i / 8] = (char)(body[i / 8] ^ (1 << i % 8));
		assert_int_equal(stripe_sign_check(str_c(header), (struct str){body, sizeof body - 1}, set.secret, 2,
		    utc_of_s(NOW), 300, &skew), STRIPE_SIGN_BAD);
		body[i / 8] = (char)(body[i / 8] ^ (1 << i % 8));
	}
	assert_int_equal(stripe_sign_check(str_c(header), str_c(body), set.secret, 0, utc_of_s(NOW), 300, &skew),
	    STRIPE_SIGN_BAD);
}

/* (case 29) */
static void a_stale_header_tells_by_how_much(void **state)
{
	char header[256];
	struct pay_event ev;
	struct fault f;

	(void)state;
	fill("t=1799990000,v1=%G", "1799990000", STR(BODY), header, sizeof header);
	assert_int_equal(stripe_sign_webhook(&set, str_c(header), STR(BODY), utc_of_s(NOW), &arena, &ev, &f),
	    ERR_BAD_SIGNATURE);
	assert_string_equal(f.detail, "stale: 10000 s off");
}

static void verdicts_have_names(void **state)
{
	(void)state;
	assert_string_equal(stripe_sign_name(STRIPE_SIGN_OK), "ok");
	assert_string_equal(stripe_sign_name(STRIPE_SIGN_STALE), "stale");
	assert_string_equal(stripe_sign_name((enum stripe_sign)99), "malformed");
}

/* Without a secret nothing is verified, so nothing is believed: not even what is signed with none. */
static void no_secret_no_event(void **state)
{
	struct pay_set none = {.version = "2026-10-28.endive", .tolerance_s = 300};
	struct pay_event ev = {.kind = PAY_KIND_REFUND};
	struct fault f = {0};
	char hex[65], header[128];

	(void)state;
	sign("", "1800000000", STR(BODY), hex);
	snprintf(header, sizeof header, "t=1800000000,v1=%s", hex);
	assert_int_equal(stripe_sign_webhook(&none, str_c(header), STR(BODY), utc_of_s(NOW), &arena, &ev, &f), ERR_SECRET);
	assert_int_equal(f.err, ERR_SECRET);
	assert_int_equal(ev.kind, PAY_KIND_REFUND);
}

/* --- envelopes --------------------------------------------------------------------------------- */

static enum err read_event(const char *body, struct pay_event *ret, struct fault *f)
{
	char header[256];

	arena_reset(&arena);
	fill("t=1800000000,v1=%G", "1800000000", str_c(body), header, sizeof header);
	return stripe_sign_webhook(&set, str_c(header), str_c(body), utc_of_s(NOW), &arena, ret, f);
}

#define EVENT(type, object) "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"" type "\",\"created\":1799999990," \
	"\"livemode\":true,\"data\":{\"object\":" object "}}"

#define PLEDGE "01890a5d-ac96-774b-bcce-b302099a8057"

static const struct { const char *body; enum pay_kind kind; const char *id; } events[] = {
    {EVENT("checkout.session.completed", "{\"id\":\"cs_1\"}"), PAY_KIND_CHECKOUT, "cs_1"},
    {EVENT("checkout.session.async_payment_succeeded", "{\"id\":\"cs_1\"}"), PAY_KIND_CHECKOUT, "cs_1"},
    {EVENT("checkout.session.async_payment_failed", "{\"id\":\"cs_1\"}"), PAY_KIND_CHECKOUT, "cs_1"},
    {EVENT("checkout.session.expired", "{\"id\":\"cs_1\"}"), PAY_KIND_CHECKOUT, "cs_1"},
    {EVENT("invoice.paid", "{\"id\":\"in_1\"}"), PAY_KIND_INVOICE, "in_1"},
    {EVENT("invoice.payment_failed", "{\"id\":\"in_1\"}"), PAY_KIND_INVOICE, "in_1"},
    {EVENT("invoice.payment_action_required", "{\"id\":\"in_1\"}"), PAY_KIND_INVOICE, "in_1"},
    {EVENT("customer.subscription.updated", "{\"id\":\"sub_1\"}"), PAY_KIND_SUBSCRIPTION, "sub_1"},
    {EVENT("customer.subscription.deleted", "{\"id\":\"sub_1\"}"), PAY_KIND_SUBSCRIPTION, "sub_1"},
    {EVENT("refund.created", "{\"id\":\"re_1\"}"), PAY_KIND_REFUND, "re_1"},
    {EVENT("refund.updated", "{\"id\":\"re_1\"}"), PAY_KIND_REFUND, "re_1"},
    {EVENT("refund.failed", "{\"id\":\"re_1\"}"), PAY_KIND_REFUND, "re_1"},
    {EVENT("charge.refunded", "{\"id\":\"ch_1\",\"payment_intent\":\"pi_1\"}"), PAY_KIND_PAYMENT, "pi_1"},
    {EVENT("charge.refunded", "{\"id\":\"ch_1\",\"payment_intent\":null}"), PAY_KIND_NONE, ""},
    {EVENT("charge.dispute.created", "{\"id\":\"du_1\"}"), PAY_KIND_DISPUTE, "du_1"},
    {EVENT("charge.dispute.updated", "{\"id\":\"du_1\"}"), PAY_KIND_DISPUTE, "du_1"},
    {EVENT("charge.dispute.closed", "{\"id\":\"du_1\"}"), PAY_KIND_DISPUTE, "du_1"},
    {EVENT("charge.dispute.funds_withdrawn", "{\"id\":\"du_1\"}"), PAY_KIND_DISPUTE, "du_1"},
    {EVENT("charge.dispute.funds_reinstated", "{\"id\":\"du_1\"}"), PAY_KIND_DISPUTE, "du_1"},
    {EVENT("invoice.voided", "{\"id\":\"in_1\"}"), PAY_KIND_INVOICE, "in_1"},
    {EVENT("invoice.marked_uncollectible", "{\"id\":\"in_1\"}"), PAY_KIND_INVOICE, "in_1"},
    {EVENT("customer.subscription.created", "{\"id\":\"sub_1\"}"), PAY_KIND_SUBSCRIPTION, "sub_1"},
    {EVENT("customer.subscription.paused", "{\"id\":\"sub_1\"}"), PAY_KIND_SUBSCRIPTION, "sub_1"},
    {EVENT("customer.subscription.resumed", "{\"id\":\"sub_1\"}"), PAY_KIND_SUBSCRIPTION, "sub_1"},
    {EVENT("charge.refund.updated", "{\"id\":\"re_1\"}"), PAY_KIND_REFUND, "re_1"},
    {EVENT("radar.early_fraud_warning.created", "{\"id\":\"issfr_1\"}"), PAY_KIND_WARNING, "issfr_1"},
    {EVENT("radar.early_fraud_warning.updated", "{\"id\":\"issfr_1\"}"), PAY_KIND_WARNING, "issfr_1"},
    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"metadata\":{\"pledge\":\"" PLEDGE "\"}}"), PAY_KIND_PAYMENT,
     "pi_1"},
    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"metadata\":{}}"), PAY_KIND_NONE, ""},
    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"metadata\":{\"pledge\":\"shop 7\"}}"), PAY_KIND_NONE, ""},
    {EVENT("something.new", "{\"id\":7}"), PAY_KIND_NONE, ""},
    {EVENT("checkout.session.completed2", "{\"id\":\"cs_1\"}"), PAY_KIND_NONE, ""},
    {"{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"invoice.paid\",\"created\":1799999990,\"livemode\":true,"
     "\"account\":\"acct_1\",\"data\":{\"object\":{\"id\":\"in_1\"}}}", PAY_KIND_NONE, ""},
    {"{\"id\":\"evt_1\",\"object\":\"v2.core.event\",\"type\":\"invoice.paid\",\"created\":\"2027-01-15T07:59:50.000Z\","
     "\"livemode\":true,\"related_object\":{\"id\":\"in_1\"},\"data\":{\"object\":{\"id\":\"in_1\"}}}", PAY_KIND_NONE, ""},
};

static void events_name_what_to_fetch(void **state)
{
	struct pay_event ev;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(events); i++) {
		if (read_event(events[i].body, &ev, &f) != OK)
			fail_msg("row %zu: %s", i, f.detail);
		assert_int_equal(ev.kind, events[i].kind);
		assert_true(str_is(ev.object_id, events[i].id));
		assert_int_equal(ev.ignored, events[i].kind == PAY_KIND_NONE);
		assert_true(str_is(ev.id, "evt_1"));
		assert_true(ev.livemode);
		assert_int_equal(utc_s(ev.created), 1799999990);
	}
}

#define FIRST(reason, pledge) "{\"id\":\"in_1\",\"billing_reason\":\"" reason "\",\"metadata\":{\"pledge\":\"" OTHER "\"}," \
	"\"parent\":{\"subscription_details\":{\"metadata\":{\"pledge\":\"" pledge "\"}}}}"
#define OTHER "01890a5d-ac96-774b-bcce-b302099a8058"

/* A declined card is counted against the form, once, and for its pledge if it tells one: that of the first instalment stands
 * with the subscription. An instalment that fails later is nobody's try. */
static void a_declined_card_is_told(void **state)
{
	static const struct { const char *body; bool declined; const char *pledge; } rows[] = {
	    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"metadata\":{\"pledge\":\"" PLEDGE "\"}}"), true, PLEDGE},
	    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"metadata\":{\"pledge\":\"shop 7\"}}"), true, NULL},
	    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\"}"), true, NULL},
	    {EVENT("invoice.payment_failed", FIRST("subscription_create", PLEDGE)), true, PLEDGE},
	    {EVENT("invoice.payment_failed", FIRST("subscription_create", "shop 7")), true, NULL},
	    {EVENT("invoice.payment_failed", FIRST("subscription_cycle", PLEDGE)), false, NULL},
	    {EVENT("invoice.paid", FIRST("subscription_create", PLEDGE)), false, NULL},
	    {EVENT("checkout.session.completed", "{\"id\":\"cs_1\",\"metadata\":{\"pledge\":\"" PLEDGE "\"}}"), false, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct uuid want = {0};
		struct pay_event ev;
		struct fault f;
		assert_int_equal(read_event(rows[i].body, &ev, &f), OK);
		if (rows[i].pledge)
			assert_int_equal(uuid_parse(str_c(rows[i].pledge), &want), OK);
		if (ev.declined != rows[i].declined || memcmp(&ev.pledge, &want, sizeof want) != 0)
			fail_msg("row %zu", i);
	}
}

#define TRIED(card) "{\"id\":\"pi_1\",\"last_payment_error\":{\"payment_method\":{\"type\":\"card\",\"card\":{\"fingerprint\":" card "}}}}"

/* The card of a refusal, by the provider's word for it; what is no such word is not told. */
static void the_card_is_told(void **state)
{
	static const struct { const char *body, *card; } rows[] = {
	    {EVENT("payment_intent.payment_failed", TRIED("\"Xt5EWLLDS7FJjR1c\"")), "Xt5EWLLDS7FJjR1c"},
	    {EVENT("payment_intent.payment_failed", TRIED("null")), ""},
	    {EVENT("payment_intent.payment_failed", TRIED("7")), ""},
	    {EVENT("payment_intent.payment_failed", TRIED("\"\"")), ""},
	    {EVENT("payment_intent.payment_failed", TRIED("\"a b\"")), ""},
	    {EVENT("payment_intent.payment_failed", TRIED("\"0123456789012345678901234567890123456789012345678901234567890123\"")),
	        "0123456789012345678901234567890123456789012345678901234567890123"},
	    {EVENT("payment_intent.payment_failed", TRIED("\"01234567890123456789012345678901234567890123456789012345678901234\"")), ""},
	    {EVENT("payment_intent.payment_failed", "{\"id\":\"pi_1\",\"last_payment_error\":{\"payment_method\":{\"type\":\"sepa_debit\"}}}"), ""},
	    {EVENT("payment_intent.succeeded", TRIED("\"Xt5EWLLDS7FJjR1c\"")), ""},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_event ev;
		struct fault f;
		assert_int_equal(read_event(rows[i].body, &ev, &f), OK);
		if (!str_is(ev.card, rows[i].card))
			fail_msg("row %zu", i);
	}
}

/* Each type stands for itself; what it names is fetched in our own version. */
static void another_version_is_told(void **state)
{
	static const struct { const char *version; bool other; const char *kept; } rows[] = {
	    {"\"2026-10-28.endive\"", false, "2026-10-28.endive"},
	    {"\"2023-08-16\"", true, "2023-08-16"},
	    {"\"<script>\"", true, ""},
	    {"\"0123456789012345678901234567890123456789x\"", true, ""},
	    {"null", false, ""},
	    {"7", false, ""},
	};
	char body[400];
	struct pay_event ev;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		snprintf(body, sizeof body, "{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"invoice.paid\",\"created\":1,"
		    "\"livemode\":true,\"api_version\":%s,\"data\":{\"object\":{\"id\":\"in_1\"}}}", rows[i].version);
		assert_int_equal(read_event(body, &ev, &f), OK);
		assert_int_equal(ev.kind, PAY_KIND_INVOICE);
		assert_int_equal(ev.other_version, rows[i].other);
		assert_true(str_is(ev.version, rows[i].kept));
	}
}

static void a_thin_event_may_say_little(void **state)
{
	struct pay_event ev;
	struct fault f;

	(void)state;
	assert_int_equal(read_event("{\"id\":\"evt_1\",\"object\":\"v2.core.event\",\"type\":\"v1.x.y\",\"created\":\"soon\"}",
	    &ev, &f), OK);
	assert_true(ev.ignored);
	assert_int_equal(ev.created.us, 0);
}

static void the_first_second_is_a_time(void **state)
{
	struct pay_event ev;
	struct fault f;

	(void)state;
	assert_int_equal(read_event("{\"id\":\"evt_1\",\"object\":\"event\",\"type\":\"x\",\"created\":0,\"livemode\":true,"
	    "\"data\":{\"object\":{\"id\":\"in_1\"}}}", &ev, &f), OK);
	assert_int_equal(ev.created.us, 0);
}

#define HEAD "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"created\":1,"

static const char *const no_events[] = {
    "", "7", "[]", "\"x\"", "{", "{}", "null", "\xff", "{\"id\":\"a\\u0000b\"}",
    HEAD "\"type\":7}",
    HEAD "\"type\":\"\"}",
    HEAD "\"type\":\"a b\"}",
    HEAD "\"type\":\"a\\nb\"}",
    HEAD "\"type\":\"x\",\"type\":\"y\"}",
    HEAD "\"type\":\"invoice.paid\"}",
    HEAD "\"type\":\"invoice.paid\",\"data\":[]}",
    HEAD "\"type\":\"invoice.paid\",\"data\":{\"object\":{\"id\":7}}}",
    HEAD "\"type\":\"invoice.paid\",\"data\":{\"object\":{\"id\":\"../x\"}}}",
    HEAD "\"type\":\"invoice.paid\",\"data\":{\"object\":\"in_1\"}}",
    "{\"id\":\"evt_1\",\"object\":\"invoice\",\"livemode\":true,\"created\":1,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"livemode\":true,\"created\":1,\"type\":\"x\"}",
    "{\"id\":\"evt 1\",\"object\":\"event\",\"livemode\":true,\"created\":1,\"type\":\"x\"}",
    "{\"id\":7,\"object\":\"event\",\"livemode\":true,\"created\":1,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":1,\"created\":1,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"created\":1,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"created\":\"1\",\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"created\":-1,\"type\":\"x\"}",
    "{\"id\":\"evt_1\",\"object\":\"event\",\"livemode\":true,\"created\":99999999999999999999,\"type\":\"x\"}",
};

static void unsound_events_are_refused(void **state)
{
	static char deep[20100];
	struct pay_event ev;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(no_events); i++)
		if (read_event(no_events[i], &ev, &f) != ERR_BAD_EVENT)
			fail_msg("taken: %s", no_events[i]);
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	assert_int_equal(read_event(deep, &ev, &f), ERR_BAD_EVENT);
	for (int n = 120; n <= 121; n++) { /* a type as long as may be, and a longer one */
		char type[122] = "", body[400];
		memset(type, 'x', (size_t)n);
		snprintf(body, sizeof body, HEAD "\"type\":\"%s\"}", type);
		assert_int_equal(read_event(body, &ev, &f), n == 120 ? OK : ERR_BAD_EVENT);
	}
}

static void no_memory_at_any_place(void **state)
{
	struct pay_event ev;
	struct fault f;
	enum err e = ERR_NO_MEMORY;
	long n = 1;

	(void)state;
	for (; e != OK; n++) {
		arena_fail_at(&arena, n);
		e = read_event(events[0].body, &ev, &f);
		assert_true(e == OK || e == ERR_NO_MEMORY);
	}
	assert_int_equal(n, 7);
	arena_fail_at(&arena, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_28_vectors),
		cmocka_unit_test(headers_one_by_one),
		cmocka_unit_test(a_header_of_64_kilobytes),
		cmocka_unit_test(every_flipped_bit_is_seen),
		cmocka_unit_test(a_stale_header_tells_by_how_much),
		cmocka_unit_test(verdicts_have_names),
		cmocka_unit_test(no_secret_no_event),
		cmocka_unit_test(events_name_what_to_fetch),
		cmocka_unit_test(a_declined_card_is_told),
		cmocka_unit_test(the_card_is_told),
		cmocka_unit_test(another_version_is_told),
		cmocka_unit_test(a_thin_event_may_say_little),
		cmocka_unit_test(the_first_second_is_a_time),
		cmocka_unit_test(unsound_events_are_refused),
		cmocka_unit_test(no_memory_at_any_place),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
