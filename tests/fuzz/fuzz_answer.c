/* tests/fuzz/fuzz_answer.c: what a provider may answer. The first byte picks who reads it, the
 * second how it came, the rest is the body. What is read must be what pay.h, snap.h and pay_list.h
 * promise, member for member. */
#include "fuzz.h"
#include "pay/snap.h"
#include "pay/stripe_change.h"
#include "pay/stripe_list.h"
#include "pay/stripe_snap.h"
#include "pay/stripe_wire.h"

#define FETCHED INT64_C(1800000000)

static const struct pay_set set = {.checkout_host = "checkout.stripe.com",
	.portal_host = "billing.stripe.com",
	.version = "2026-10-28.endive"};

/* --- promises --------------------------------------------------------------------------------- */

static bool is_any(struct str s, const char *words)
{
	struct str rest = str_c(words), word;

	while (str_cut(&rest, ' ', &word))
		if (str_eq(word, s))
			return true;
	return false;
}

static void is_id(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || snap_is_id(s));
}

static void is_time(const json_t *v, struct str s)
{
	utc_t t;

	CHECK(json_is_null(v) || (clock_parse(s, &t) == OK && t.us > 0));
}

static void is_uuid(const json_t *v, struct str s)
{
	struct uuid u;

	CHECK(json_is_null(v) || uuid_parse(s, &u) == OK);
}

static void is_currency(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || s.n == 3);
	for (size_t i = 0; i < s.n; i++)
		CHECK(s.p[i] >= 'A' && s.p[i] <= 'Z');
}

static void is_state(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || is_any(s, "open processing complete expired failed paid pending "
					   "done won lost active past_due ended"));
}

static void is_amount(const json_t *v, struct str s)
{
	json_int_t n = json_integer_value(v);

	(void)s;
	CHECK(json_is_null(v) ||
		(json_is_integer(v) && n <= SNAP_AMOUNT_MAX && n >= -SNAP_AMOUNT_MAX));
}

/* The host in any case of letters: it is the same host. */
static bool begins(struct str s, const char *c)
{
	size_t n = strlen(c);

	return s.n >= n && str_is_nocase((struct str){s.p, n}, c);
}

static void is_page(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (begins(s, "https://checkout.stripe.com") &&
					 (s.n == 27 || s.p[27] == '/') && str_is_clean(s, false)));
}

static void is_mode(const json_t *v, struct str s)
{
	(void)s;
	CHECK(json_is_boolean(v));
}

static void is_number(const json_t *v, struct str s)
{
	(void)s;
	CHECK(json_is_integer(v) && json_integer_value(v) >= 0);
}

static void is_word(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (s.n > 0 && s.n <= 120 && str_is_word(s, "._-[]")));
}

static void is_text(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (json_is_string(v) && s.n > 0));
}

static void is_email(const json_t *v, struct str s)
{
	CHECK(json_is_null(v) || (s.n <= 254 && str_is_clean(s, false) && memchr(s.p, '@', s.n)));
}

/* Every member there is; one that is not here is a broken promise too. */
static const struct member {
	const char *name;
	void (*is)(const json_t *v, struct str s); /* NULL: looked into */
} members[] = {
	{"provider", is_word},
	{"livemode", is_mode},
	{"fetched_at", is_time},
	{"pledge", is_uuid},
	{"checkout", NULL},
	{"payments", NULL},
	{"refunds", NULL},
	{"disputes", NULL},
	{"fees", NULL},
	{"warnings", NULL},
	{"declines", NULL},
	{"recurring", NULL},
	{"email", is_email},
	{"id", is_id},
	{"intent", is_id},
	{"payment", is_id},
	{"customer", is_id},
	{"item", is_id},
	{"product", is_id},
	{"invoice", is_id},
	{"object_id", is_id},
	{"state", is_state},
	{"amount", is_amount},
	{"refunded", is_amount},
	{"currency", is_currency},
	{"expires_at", is_time},
	{"paid_at", is_time},
	{"ends_at", is_time},
	{"paused_until", is_time},
	{"until", is_time},
	{"next_try_at", is_time},
	{"created", is_time},
	{"url", is_page},
	{"ours", is_uuid},
	{"what", is_word},
	{"kind", is_word},
	{"code", is_word},
	{"type", is_word},
	{"failure", is_word},
	{"failures", is_number},
	{"actionable", is_mode},
	{"disputed", is_mode},
	{"raw", is_text},
	{"fault", is_text},
};

static const struct member *member_of(const char *name)
{
	for (size_t i = 0; i < ARRAY_N(members); i++)
		if (strcmp(members[i].name, name) == 0)
			return &members[i];
	return NULL;
}

static void keeps_its_promise(json_t *o, int depth)
{
	size_t i;
	const char *key;
	json_t *v;

	CHECK(depth <= 3);
	json_array_foreach(o, i, v) keeps_its_promise(v, depth + 1);
	json_object_foreach(o, key, v)
	{
		const struct member *m = member_of(key);
		CHECK(m);
		if (m->is)
			m->is(v, (struct str){json_string_value(v), json_string_length(v)});
		else
			keeps_its_promise(v, depth + 1);
	}
}

/* --- readers ---------------------------------------------------------------------------------- */

static void failed(enum err e, const struct fault *f)
{
	CHECK((e == ERR_PROVIDER || e == ERR_BAD_EVENT || e == ERR_NO_MEMORY) && (f->err == e || f->err == OK));
	CHECK(str_is_utf8(str_c(f->detail)) && str_is_utf8(str_c(f->field)));
}

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
