/* Mollie's wire: our bytes against the official client's, and what becomes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pay/mollie_hook.h"
#include "pay/mollie_read.h"
#include "pay/mollie_wire.h"

#define PLEDGE  "01890a5d-ac96-774b-bcce-b302099a8057"
#define ATTEMPT "01890a5d-ac96-774b-bcce-b302099a8058"
#define LATER   "01890a5d-ac96-774b-bcce-b302099a8059"
#define KEY     "v1:create:" ATTEMPT

static struct arena arena;
static const struct pay_set set = {.checkout_host = "www.mollie.com"};

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

static struct uuid uuid_of(const char *text)
{
	struct uuid u;

	assert_int_equal(uuid_parse(str_c(text), &u), OK);
	return u;
}

static struct pay_checkout gift(void)
{
	return (struct pay_checkout){.pledge = uuid_of(PLEDGE),
		.money = {2500, "EUR"},
		.interval = INTERVAL_ONCE,
		.label = STR("Donation pl_01"),
		.success_url = STR("https://d.example/return?p=pl_01"),
		.cancel_url = STR("https://d.example/cancel?p=pl_01"),
		.webhook_url = STR("https://d.example/hook/mollie")};
}

static void same(struct str a, const char *b)
{
	char text[8192];

	assert_int_equal(str_copy(a, text, sizeof text), OK);
	assert_string_equal(text, b);
}

static bool has(struct str text, const char *part)
{
	return memmem(text.p, text.n, part, strlen(part)) != NULL;
}

/* --- golden requests ---------------------------------------------------------------------------
 */

static void load(char *out, size_t cap)
{
	const char *root = getenv("PLEDGED_TESTS");
	char path[512];

	snprintf(path, sizeof path, "%s/data/mollie/requests-client-4.6.0.txt",
		root ? root : "tests");
	FILE *f = fopen(path, "rb");
	if (!f)
		fail_msg("there is no %s", path);
	size_t n = fread(out, 1, cap - 1, f);
	fclose(f);
	out[n] = 0;
	assert_true(n < cap - 1);
}

/* One request of the capture: its first line, and its body. */
static void golden(const char *name, char line[512], char body[4096])
{
	static char text[65536];
	char head[64], *at, *end;

	load(text, sizeof text);
	snprintf(head, sizeof head, "## %s\n", name);
	at = strstr(text, head);
	assert_non_null(at);
	at += strlen(head);
	end = strchr(at, '\n');
	snprintf(line, 512, "%.*s", (int)(end - at), at);
	body[0] = 0;
	char *stop = strstr(at, "\n## "), *start = strstr(at, "  BODY ");
	if (!start || (stop && start > stop))
		return;
	start += 7;
	end = strchr(start, '\n');
	snprintf(body, 4096, "%.*s", (int)(end - start), start);
}

static void first_line(const struct pay_request *q, const char *line)
{
	char first[600];

	snprintf(first, sizeof first, "%s %.*s", q->method, STR_FMT(q->path));
	assert_string_equal(first, line);
}

/* a, with one part of it in place of another */
static void swap(char *a, size_t cap, const char *from, const char *to)
{
	char copy[4096], *at = strstr(a, from);

	assert_non_null(at);
	snprintf(copy, sizeof copy, "%.*s%s%s", (int)(at - a), a, to, at + strlen(from));
	snprintf(a, cap, "%s", copy);
}

/* Ours names its attempt as well. (case 1) */
static void a_gift_is_the_official_clients(void **state)
{
	char line[512], body[4096];
	struct pay_checkout in = gift();
	struct pay_request q;

	(void)state;
	golden("create", line, body);
	swap(body, sizeof body, "\"metadata\":{\"pledge\":\"pl_01\"}",
		"\"metadata\":{\"pledge\":\"" PLEDGE "\",\"attempt\":\"" ATTEMPT "\"}");
	assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &q), OK);
	first_line(&q, line);
	same(q.body, body);
	same(q.idem_key, KEY);
}

/* A fetch has what was taken back with it, as the client writes that. */
static void fetches_begin_like_the_official_clients(void **state)
{
	static const enum pay_kind kinds[] = {PAY_KIND_CHECKOUT, PAY_KIND_PAYMENT};
	char line[512], body[4096];
	struct pay_request q;

	(void)state;
	golden("get", line, body);
	strcat(line, "?embed=refunds%2Cchargebacks");
	for (size_t i = 0; i < ARRAY_N(kinds); i++) {
		assert_int_equal(mollie_wire_build_fetch(kinds[i], STR("tr_1"), &arena, &q), OK);
		first_line(&q, line);
		assert_int_equal(q.body.n + q.idem_key.n, 0);
	}
}

static void a_refund_is_the_official_clients(void **state)
{
	struct pay_refund in = {
		.payment = STR("tr_1"), .money = {500, "EUR"}, .refund = uuid_of(LATER)};
	char line[512], body[4096];
	struct pay_request q;

	(void)state;
	golden("refund", line, body);
	swap(body, sizeof body, "rf_1", LATER);
	swap(body, sizeof body, "rf_1", LATER);
	assert_int_equal(mollie_wire_build_refund(&in, STR("v1:refund:1"), &arena, &q), OK);
	first_line(&q, line);
	same(q.body, body);
	same(q.idem_key, "v1:refund:1");
}

/* Without the empty object: nothing in it is asked for. */
static void the_end_is_the_official_clients(void **state)
{
	char line[512], body[4096];
	struct pay_request q;

	(void)state;
	golden("cancel", line, body);
	assert_int_equal(mollie_wire_build_expire(STR("tr_1"), STR("v1:expire:1"), &arena, &q), OK);
	first_line(&q, line);
	assert_int_equal(q.body.n + q.idem_key.n, 0);
}

/* --- our own requests --------------------------------------------------------------------------
 */

/* Money against fixed text, never round trips. (case 3) */
static void amounts_have_the_currencys_decimals(void **state)
{
	static const struct {
		struct money money;
		const char *part;
	} rows[] = {
		{{2505, "EUR"}, "{\"currency\":\"EUR\",\"value\":\"25.05\"}"},
		{{100, "USD"}, "{\"currency\":\"USD\",\"value\":\"1.00\"}"},
		{{1000, "JPY"}, "{\"currency\":\"JPY\",\"value\":\"1000\"}"},
		{{50000, "ISK"}, "{\"currency\":\"ISK\",\"value\":\"500\"}"},
		{{17500, "HUF"}, "{\"currency\":\"HUF\",\"value\":\"175.00\"}"},
	};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_checkout in = gift();
		in.money = rows[i].money;
		assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &q), OK);
		assert_true(has(q.body, rows[i].part));
	}
}

static void what_it_does_not_take_is_told(void **state)
{
	static const char *const no[] = {"KWD", "UGX", "KZT", "BGN", "XXX", "eur", ""};

	(void)state;
	assert_true(mollie_wire_takes(INTERVAL_ONCE, STR("EUR")));
	assert_false(mollie_wire_takes(INTERVAL_MONTH, STR("EUR")));
	assert_false(mollie_wire_takes(INTERVAL_YEAR, STR("EUR")));
	for (size_t i = 0; i < ARRAY_N(no); i++)
		assert_false(mollie_wire_takes(INTERVAL_ONCE, str_c(no[i])));
}

static void locale_and_ways_to_pay(void **state)
{
	static const struct {
		const char *locale, *part;
	} rows[] = {{"de", "\"locale\":\"de_DE\""}, {"en-GB", "\"locale\":\"en_US\""},
		{"NL", "\"locale\":\"nl_NL\""}, {"ru", NULL}, {"ar", NULL}, {"", NULL}, {"e", NULL},
		{"eng", NULL}, {"pt_BR", "\"locale\":\"pt_PT\""}};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_checkout in = gift();
		in.locale = str_c(rows[i].locale);
		assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &q), OK);
		assert_int_equal(
			has(q.body, rows[i].part ? rows[i].part : "locale"), rows[i].part != NULL);
		assert_false(has(q.body, "method"));
	}
	struct pay_checkout in = gift();
	in.methods = STR("ideal,creditcard");
	in.cancel_url = STR("");
	assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &q), OK);
	assert_true(has(q.body, ",\"method\":[\"ideal\",\"creditcard\"]}"));
	assert_false(has(q.body, "cancelUrl"));
}

/* (case 7) */
static void labels_are_json(void **state)
{
	struct pay_checkout in = gift();
	struct pay_request q;

	(void)state;
	in.label = STR("a\"b\\c & <d> \xf0\x9f\x8e\x81 /");
	assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &q), OK);
	assert_true(has(q.body, "\"description\":\"a\\\"b\\\\c & <d> \xf0\x9f\x8e\x81 /\","));
}

/* Another attempt is the same call but for its key and its own name in it. (case 23) */
static void again_is_the_same_but_for_key_and_attempt(void **state)
{
	struct pay_checkout in = gift();
	struct pay_request old, q, r;

	(void)state;
	in.locale = STR("fr");
	in.methods = STR("ideal");
	assert_int_equal(mollie_wire_build_checkout(&in, STR(KEY), &arena, &old), OK);
	assert_int_equal(mollie_wire_build_checkout(&in, STR("v1:create:" LATER), &arena, &r), OK);
	assert_int_equal(mollie_wire_build_again(
				 &old, STR("v1:create:" LATER), utc_of_s(1900000000), &arena, &q),
		OK);
	assert_true(
		str_eq(q.body, r.body) && str_eq(q.path, r.path) && str_eq(q.idem_key, r.idem_key));
	assert_string_equal(q.method, "POST");
}

/* What our key does not tell is not made up. */
static void a_key_of_another_form_names_no_attempt(void **state)
{
	static const struct {
		const char *key, *part;
	} rows[] = {{ATTEMPT, "\"attempt\":\"" ATTEMPT "\"}"}, {"k", "\"attempt\":null}"},
		{"v1:create:", "\"attempt\":null}"}, {"v1:create:7", "\"attempt\":null}"}};
	struct pay_checkout in = gift();
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		assert_int_equal(
			mollie_wire_build_checkout(&in, str_c(rows[i].key), &arena, &q), OK);
		assert_true(has(q.body, rows[i].part));
		same(q.idem_key, rows[i].key);
	}
}

static void nothing_else_is_made_again(void **state)
{
	static const struct {
		const char *method, *path, *body, *key;
	} rows[] = {{"GET", "/v2/payments", "{\"metadata\":{}}", "k"},
		{"POST", "/v2/payments/tr_1/refunds", "{\"metadata\":{}}", "k"},
		{"POST", "/v2/payments", "", "k"}, {"POST", "/v2/payments", "mode=payment", "k"},
		{"POST", "/v2/payments", "{}", "k"}, {"POST", "/v2/payments", "[]", "k"},
		{"POST", "/v2/payments", "{\"metadata\":\"x\"}", "k"},
		{"POST", "/v2/payments", "{\"metadata\":{}}", ""}};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_request old = {.method = rows[i].method,
			.path = str_c(rows[i].path),
			.body = str_c(rows[i].body)};
		assert_int_equal(
			mollie_wire_build_again(&old, str_c(rows[i].key), (utc_t){0}, &arena, &q),
			ERR_RANGE);
	}
}

static char long_text[4096];

static const struct wrong {
	const char *name;
	struct str label, success, cancel, webhook, locale, methods, key;
	struct money money;
	int interval;
} wrongs[] = {
	{.name = "no label", .label = {"", 0}},
	{.name = "blank label", .label = {"  ", 2}},
	{.name = "long label", .label = {long_text, 251}},
	{.name = "line break", .label = {"a\nb", 3}},
	{.name = "NUL", .label = {"a\0b", 3}},
	{.name = "not UTF-8", .label = {"a\xff", 2}},
	{.name = "no way back", .success = {"", 0}},
	{.name = "javascript", .success = {"javascript:alert(1)", 19}},
	{.name = "bad cancel", .cancel = {"ftp://x", 7}},
	{.name = "no webhook", .webhook = {"", 0}},
	{.name = "bad webhook", .webhook = {"file:///etc", 11}},
	{.name = "long locale", .locale = {long_text, 17}},
	{.name = "many methods", .methods = {long_text, 201}},
	{.name = "locale", .locale = {"de\"", 3}},
	{.name = "methods", .methods = {"ideal\"]", 7}},
	{.name = "no key", .key = {"", 0}},
	{.name = "header in key", .key = {"a\r\nX: y", 7}},
	{.name = "nothing", .money = {0, "EUR"}},
	{.name = "negative", .money = {-1, "EUR"}},
	{.name = "not taken there", .money = {1230, "KWD"}},
	{.name = "unknown currency", .money = {2500, "XXX"}},
	{.name = "between two steps", .money = {50050, "ISK"}},
	{.name = "monthly", .interval = INTERVAL_MONTH},
	{.name = "interval", .interval = 7},
};

/* (cases 6, 7) */
static void unsound_requests_are_not_built(void **state)
{
	struct pay_request q;

	(void)state;
	memset(long_text, 'a', sizeof long_text);
	for (size_t i = 0; i < ARRAY_N(wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		struct pay_checkout in = gift();
		in.label = w->label.p ? w->label : in.label;
		in.success_url = w->success.p ? w->success : in.success_url;
		in.cancel_url = w->cancel.p ? w->cancel : in.cancel_url;
		in.webhook_url = w->webhook.p ? w->webhook : in.webhook_url;
		in.locale = w->locale.p ? w->locale : in.locale;
		in.methods = w->methods.p ? w->methods : in.methods;
		in.money = w->money.cur[0] ? w->money : in.money;
		in.interval = w->interval ? (enum campaign_interval)w->interval : in.interval;
		if (mollie_wire_build_checkout(&in, w->key.p ? w->key : STR(KEY), &arena, &q) !=
			ERR_RANGE)
			fail_msg("%s was built", w->name);
	}
	struct pay_checkout nil = gift();
	nil.pledge = (struct uuid){0};
	assert_int_equal(mollie_wire_build_checkout(&nil, STR(KEY), &arena, &q), ERR_RANGE);
}

/* An id comes from a webhook: nothing in it may lead the call elsewhere. (case 36) */
static void odd_ids_are_not_fetched(void **state)
{
	static const char *const rows[] = {"", "tr_", "tr", "pi_1", "../payments", "tr_1/refunds",
		"tr_1?x=1", "tr_1#", "tr 1", "tr_1\r\nX: y", "tr_é", "tr-1", "%74r_1", "re_1"};
	struct pay_refund back = {.money = {500, "EUR"}, .refund = uuid_of(LATER)};
	struct pay_request q;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		back.payment = str_c(rows[i]);
		assert_int_equal(
			mollie_wire_build_fetch(PAY_KIND_CHECKOUT, str_c(rows[i]), &arena, &q),
			ERR_RANGE);
		assert_int_equal(
			mollie_wire_build_expire(str_c(rows[i]), STR("k"), &arena, &q), ERR_RANGE);
		assert_int_equal(mollie_wire_build_refund(&back, STR("k"), &arena, &q), ERR_RANGE);
	}
	assert_int_equal(
		mollie_wire_build_fetch(PAY_KIND_REFUND, STR("re_1"), &arena, &q), ERR_RANGE);
	assert_int_equal(
		mollie_wire_build_fetch(PAY_KIND_SUBSCRIPTION, STR("tr_1"), &arena, &q), ERR_RANGE);
}

static void unsound_refunds_are_not_built(void **state)
{
	static const struct money rows[] = {{0, "EUR"}, {-1, "EUR"}, {1230, "KWD"}, {50050, "ISK"},
		{1, "XXX"}, {1, "EU"}, {INT64_C(1000000000001), "EUR"}, {INT64_MAX, "EUR"}};
	struct pay_refund ok = {.payment = STR("tr_1"),
				  .money = {1, "EUR"},
				  .refund = uuid_of(LATER)},
			  in;
	struct pay_request q;

	(void)state;
	assert_int_equal(mollie_wire_build_refund(&ok, STR("k"), &arena, &q), OK);
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		in = ok;
		in.money = rows[i];
		assert_int_equal(mollie_wire_build_refund(&in, STR("k"), &arena, &q), ERR_RANGE);
	}
	in = ok;
	in.refund = (struct uuid){0};
	assert_int_equal(mollie_wire_build_refund(&in, STR("k"), &arena, &q), ERR_RANGE);
	assert_int_equal(mollie_wire_build_refund(&ok, STR(""), &arena, &q), ERR_RANGE);
	assert_int_equal(mollie_wire_build_expire(STR("tr_1"), STR(""), &arena, &q), ERR_RANGE);
}

/* A part may be below the smallest gift, in money that we never ask for too, and as much as there
 * is. */
static void any_part_goes_back(void **state)
{
	static const struct {
		struct money money;
		const char *value;
	} rows[] = {{{1, "EUR"}, "0.01"}, {{100, "ISK"}, "1"}, {{505, "ZAR"}, "5.05"},
		{{INT64_C(1000000000000), "EUR"}, "10000000000.00"}};
	struct pay_refund in = {.payment = STR("tr_1"), .refund = uuid_of(LATER)};
	struct pay_request q;
	char part[80];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		in.money = rows[i].money;
		snprintf(part, sizeof part, "\"value\":\"%s\"}", rows[i].value);
		assert_int_equal(mollie_wire_build_refund(&in, STR("k"), &arena, &q), OK);
		assert_true(has(q.body, part));
	}
}

/* Whatever runs out, nothing half is given. */
static void memory_may_run_out(void **state)
{
	struct pay_checkout in = gift();
	struct pay_request q = {.method = "untouched"};
	enum err e = ERR_NO_MEMORY;

	(void)state;
	for (unsigned n = 1; e == ERR_NO_MEMORY && n < 20; n++) {
		arena_reset(&arena);
		arena_fail_at(&arena, n);
		e = mollie_wire_build_checkout(&in, STR(KEY), &arena, &q);
		assert_true(e == OK || strcmp(q.method, "untouched") == 0);
	}
	arena_fail_at(&arena, 1);
	q.method = "untouched";
	assert_int_equal(
		mollie_wire_build_fetch(PAY_KIND_PAYMENT, STR("tr_1"), &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 1);
	assert_int_equal(
		mollie_wire_build_expire(STR("tr_1"), STR("k"), &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
	assert_string_equal(q.method, "untouched");
	assert_int_equal(e, OK);
}

/* --- how an answer ends ------------------------------------------------------------------------
 */

#define GONE                                                                                       \
	"{\"status\":404,\"title\":\"Not Found\",\"detail\":\"No payment exists with token "       \
	"tr_x.\"}"

static void outcomes(void **state)
{
	static const struct {
		long status;
		bool read;
		const char *body;
		enum pay_outcome is;
	} rows[] = {{200, true, "{}", PAY_OK}, {201, false, "{}", PAY_OK},
		{302, false, "", PAY_CONFIG}, {401, false, "", PAY_CONFIG},
		{403, false, "", PAY_CONFIG}, {402, false, "", PAY_PERMANENT},
		{404, true, GONE, PAY_GONE}, {404, true, "<html>", PAY_UNKNOWN},
		{404, true, "{\"status\":200}", PAY_UNKNOWN}, {404, false, GONE, PAY_PERMANENT},
		{409, false, "", PAY_RETRY}, {422, false, "", PAY_PERMANENT},
		{429, false, "", PAY_RETRY}, {500, false, "", PAY_UNKNOWN},
		{502, false, "", PAY_RETRY}, {503, true, "", PAY_RETRY},
		{504, false, "", PAY_RETRY}, {599, false, "", PAY_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = {.status = rows[i].status,
			.read = rows[i].read,
			.body = str_c(rows[i].body)};
		if (mollie_wire_outcome(&ans) != rows[i].is)
			fail_msg("row %zu: %s", i, pay_outcome_name(mollie_wire_outcome(&ans)));
	}
	assert_int_equal(
		mollie_wire_outcome(&(struct pay_answer){.curl = 28, .sent = true}), PAY_UNKNOWN);
	assert_int_equal(mollie_wire_outcome(&(struct pay_answer){.curl = 7}), PAY_RETRY);
}

/* The detail may hold what a donor typed, so it stays out. */
static void errors_are_told_in_short(void **state)
{
	struct pay_answer ans = {.status = 422,
		.body = STR("{\"status\":422,\"title\":\"Unprocessable "
			    "Entity\",\"detail\":\"a@b.example\",\"field\":\"amount\"}")};
	char text[120];

	(void)state;
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 Unprocessable Entity amount");
	ans.body = STR("{\"status\":422,\"title\":\"<b>\",\"field\":\"a\\nb\"}");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 ? ?");
	ans.body =
		STR("{\"status\":422,\"title\":\"a title that is longer than any that has been\"}");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 ?");
	ans.body = STR("{\"status\":422,\"title\":\"a title of forty characters and not more\"}");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 a title of forty characters and not more");
	ans.body = STR("{\"status\":422,\"title\":\"a title of forty characters and not more.\"}");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 ?");
	ans.status = 200;
	ans.body = STR("{}");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 200");
	ans.status = 422;
	ans.body = STR("<html>");
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "HTTP 422 without an error object");
	ans = (struct pay_answer){.curl = 28, .error = "nobody answered"};
	mollie_wire_error_text(&ans, text);
	assert_string_equal(text, "nobody answered");
}

/* --- the page ----------------------------------------------------------------------------------
 */

#define OPEN(mode, status, url)                                                                    \
	"{\"resource\":\"payment\",\"id\":\"tr_7UhSN1\",\"mode\":" mode ",\"status\":" status      \
	",\"expiresAt\":\"2026-11-26T12:15:00+00:00\",\"_links\":{\"checkout\":{\"href\":" url     \
	"}}}"
#define PAGE "\"https://www.mollie.com/checkout/select-method/7UhSN1\""

static enum err open_with(const char *body, long status, struct pay_opened *ret, struct fault *f)
{
	struct pay_answer ans = {.status = status, .body = str_c(body)};

	return mollie_wire_parse_checkout(&set, &ans, &arena, ret, f);
}

static void a_page_is_read(void **state)
{
	struct pay_opened p;
	struct fault f = {0};

	(void)state;
	assert_int_equal(open_with(OPEN("\"test\"", "\"open\"", PAGE), 201, &p, &f), OK);
	same(p.object_id, "tr_7UhSN1");
	same(p.url, "https://www.mollie.com/checkout/select-method/7UhSN1");
	assert_false(p.livemode);
	assert_int_equal(utc_s(p.expires_at), 1795695300);
	assert_int_equal(open_with(OPEN("\"live\"", "\"open\"", PAGE), 201, &p, &f), OK);
	assert_true(p.livemode);
}

/* Half an opened page is none. */
static void no_memory_for_the_page(void **state)
{
	struct pay_opened p = {.livemode = true};
	enum err e = ERR_NO_MEMORY;
	struct fault f;
	long n = 0;

	(void)state;
	while (e == ERR_NO_MEMORY) {
		assert_true(p.livemode && n < 100);
		arena_fail_at(&arena, ++n);
		e = open_with(OPEN("\"test\"", "\"open\"", PAGE), 201, &p, &f);
	}
	arena_fail_at(&arena, 0);
	assert_int_equal(e, OK);
	assert_int_equal(n, 3);
}

/* (cases 13, 14) */
static void hostile_pages(void **state)
{
	static const struct {
		const char *body, *field;
	} rows[] = {
		{"", ""},
		{"{", ""},
		{"<html></html>", ""},
		{"[]", "resource"},
		{"{}", "resource"},
		{"null", ""},
		{"{\"resource\":\"refund\",\"id\":\"re_1\"}", "resource"},
		{"{\"resource\":\"payment\",\"id\":\"re_1\"}", "id"},
		{"{\"resource\":\"payment\",\"id\":7}", "id"},
		{"{\"resource\":\"payment\",\"id\":\"tr_1/../x\"}", "id"},
		{OPEN("\"test\"", "\"paid\"", PAGE), "status"},
		{OPEN("\"test\"", "1", PAGE), "status"},
		{OPEN("\"best\"", "\"open\"", PAGE), "mode"},
		{OPEN("null", "\"open\"", PAGE), "mode"},
		{OPEN("\"test\"", "\"open\"", "null"), "url"},
		{OPEN("\"test\"", "\"open\"", "\"javascript:alert(1)\""), "url"},
		{OPEN("\"test\"", "\"open\"", "\"http://www.mollie.com/checkout/1\""), "url"},
		{OPEN("\"test\"", "\"open\"", "\"https://www.mollie.com.evil.example/1\""), "url"},
		{OPEN("\"test\"", "\"open\"", "\"https://www.mollie.com@evil.example/1\""), "url"},
		{OPEN("\"test\"", "\"open\"", "\"https://evil.example/www.mollie.com\""), "url"},
		{OPEN("\"test\"", "\"open\"", "\"https://www.mollie.com/\\u0000\""), ""},
		{OPEN("\"test\"", "\"open\"", "\"https://www.mollie.com/ x\""), "url"},
		{"{\"resource\":\"payment\",\"id\":\"tr_1\",\"mode\":\"test\",\"status\":\"open\","
		 "\"expiresAt\":5}",
			"expiresAt"},
	};
	struct pay_opened p = {.expires_at = {-7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct fault f = {0};
		if (open_with(rows[i].body, 201, &p, &f) != ERR_PROVIDER ||
			strcmp(f.field, rows[i].field) != 0)
			fail_msg("row %zu: field \"%s\", not \"%s\"", i, f.field, rows[i].field);
		assert_int_equal(p.expires_at.us, -7);
	}
	struct fault f = {0};
	assert_int_equal(open_with(OPEN("\"test\"", "\"open\"", PAGE), 302, &p, &f), ERR_PROVIDER);
}

/* --- the webhook -------------------------------------------------------------------------------
 */

static enum err hook(const char *body, struct pay_event *ret)
{
	struct fault f = {0};

	return mollie_hook_webhook(&set, STR(""), str_c(body), utc_of_s(1), &arena, ret, &f);
}

/* (case 36) */
static void an_id_is_a_hint(void **state)
{
	static const char *const bad[] = {"", "id", "id=", "id=tr_1%2F..", "id=tr_1&id=tr_2",
		"id=tr 1", "id=tr+1", "ID=tr_1", "{\"id\":\"tr_1\"}", "id=tr_1\n", "id=..",
		"xid=tr_1",
		"id=tr_0123456789012345678901234567890123456789012345678901234567890123456789"};
	struct pay_event ev;

	(void)state;
	assert_int_equal(hook("id=tr_7UhSN1", &ev), OK);
	same(ev.object_id, "tr_7UhSN1");
	assert_true(ev.hint && !ev.ignored && ev.kind == PAY_KIND_CHECKOUT);
	assert_int_equal(hook("testByMollie=1&id=tr_1", &ev), OK);
	assert_true(ev.hint && !ev.ignored);
	assert_int_equal(hook("id=sub_1", &ev), OK);
	assert_true(ev.hint && ev.ignored && ev.kind == PAY_KIND_NONE);
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		if (hook(bad[i], &ev) != ERR_BAD_EVENT)
			fail_msg("row %zu was taken: %s", i, bad[i]);
	ev.kind = PAY_KIND_REFUND;
	arena_fail_at(&arena, 1);
	assert_int_equal(hook("id=tr_1", &ev), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
	assert_int_equal(ev.kind, PAY_KIND_REFUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_gift_is_the_official_clients),
		cmocka_unit_test(fetches_begin_like_the_official_clients),
		cmocka_unit_test(a_refund_is_the_official_clients),
		cmocka_unit_test(the_end_is_the_official_clients),
		cmocka_unit_test(amounts_have_the_currencys_decimals),
		cmocka_unit_test(what_it_does_not_take_is_told),
		cmocka_unit_test(locale_and_ways_to_pay),
		cmocka_unit_test(labels_are_json),
		cmocka_unit_test(again_is_the_same_but_for_key_and_attempt),
		cmocka_unit_test(a_key_of_another_form_names_no_attempt),
		cmocka_unit_test(nothing_else_is_made_again),
		cmocka_unit_test(unsound_requests_are_not_built),
		cmocka_unit_test(odd_ids_are_not_fetched),
		cmocka_unit_test(unsound_refunds_are_not_built),
		cmocka_unit_test(any_part_goes_back),
		cmocka_unit_test(memory_may_run_out),
		cmocka_unit_test(outcomes),
		cmocka_unit_test(errors_are_told_in_short),
		cmocka_unit_test(a_page_is_read),
		cmocka_unit_test(no_memory_for_the_page),
		cmocka_unit_test(hostile_pages),
		cmocka_unit_test(an_id_is_a_hint),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
