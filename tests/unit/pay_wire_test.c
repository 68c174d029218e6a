/* tests/unit/pay_wire_test.c: what the providers' wires have in common: texts that may stand in a
 * request, where a donor may be sent, and the first look at an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "pay/wire.h"

static struct arena arena;
static char long_text[4200];

static int set_up(void **state)
{
	(void)state;
	memset(long_text, 'a', sizeof long_text);
	memcpy(long_text, "https://", 8);
	return arena_init(&arena, 1 << 16) == OK ? 0 : -1;
}

static int tear_down(void **state)
{
	(void)state;
	arena_fini(&arena);
	return 0;
}

/* --- what may stand in a request ---------------------------------------------------------------
 */

static void addresses_to_come_back_to(void **state)
{
	static const struct {
		struct str url;
		bool is;
	} rows[] = {
		{STR("https://d.example/thanks?a=b&c"), true},
		{STR("http://127.0.0.1:8080/"), true},
		{{long_text, 2048}, true},
		{{long_text, 2049}, false},
		{STR(""), false},
		{STR("d.example"), false},
		{STR("ftp://d.example/"), false},
		{STR("javascript:alert(1)"), false},
		{STR("HTTPS://d.example/"), false},
		{STR("https://d.example/a b"), false},
		{STR("https://d.example/a\nb"), false},
		{STR("https://d.example/\xff"), false},
		{STR("https://d.example/\0"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (wire_is_url(rows[i].url) != rows[i].is)
			fail_msg("row %zu: %.60s", i, rows[i].url.p);
}

static void keys(void **state)
{
	static const struct {
		struct str key;
		bool is;
	} rows[] = {
		{STR("v1:create:01890a5d-ac96-774b-bcce-b302099a8057"), true},
		{STR("a.b_c"), true},
		{{long_text + 8, 255}, true},
		{{long_text + 8, 256}, false},
		{STR(""), false},
		{STR("a b"), false},
		{STR("a\r\nX: y"), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (wire_is_key(rows[i].key) != rows[i].is)
			fail_msg("row %zu: %.60s", i, rows[i].key.p);
}

/* Nothing is sent of a request that did not fit, and none is given half. */
static void requests_are_whole(void **state)
{
	struct pay_request q = {.method = "none"};
	BUF_ON(path, 8);
	BUF_ON(body, 8);
	BUF_ON(over, 2);

	(void)state;
	buf_addc(&path, "/v1/x");
	buf_addc(&body, "a=b");
	buf_addc(&over, "/v1/x");
	assert_int_equal(wire_post(&path, &body, STR("a b"), &arena, &q), ERR_RANGE);
	assert_int_equal(wire_post(&over, &body, STR("k"), &arena, &q), ERR_TOO_LONG);
	assert_int_equal(wire_post(&path, &over, STR("k"), &arena, &q), ERR_TOO_LONG);
	assert_int_equal(wire_bare("GET", &over, &arena, &q), ERR_TOO_LONG);
	for (long n = 1; n <= 3; n++) {
		arena_fail_at(&arena, n);
		assert_int_equal(wire_post(&path, &body, STR("k"), &arena, &q), ERR_NO_MEMORY);
	}
	arena_fail_at(&arena, 1);
	assert_int_equal(wire_bare("GET", &path, &arena, &q), ERR_NO_MEMORY);
	arena_fail_at(&arena, 0);
	assert_string_equal(q.method, "none");
	assert_int_equal(wire_post(&path, &body, STR("k"), &arena, &q), OK);
	assert_string_equal(q.method, "POST");
	assert_true(str_is(q.path, "/v1/x") && str_is(q.body, "a=b") && str_is(q.idem_key, "k"));
	assert_int_equal(wire_bare("DELETE", &path, &arena, &q), OK);
	assert_string_equal(q.method, "DELETE");
	assert_true(str_is(q.path, "/v1/x") && q.body.n == 0 && q.idem_key.n == 0);
}

/* --- where a donor may be sent -----------------------------------------------------------------
 */

static void only_to_the_host_that_we_know(void **state)
{
	static const struct pay_set live = {0}, local = {.plain = true};
	static const struct {
		const struct pay_set *set;
		const char *host;
		struct str url;
		bool is;
	} rows[] = {
		{&live, "pay.example", STR("https://pay.example"), true},
		{&live, "pay.example", STR("https://PAY.example/a?b#c"), true},
		{&live, "pay.example", STR("http://pay.example/"), false},
		{&local, "127.0.0.1:81", STR("http://127.0.0.1:81/"), true},
		{&local, "127.0.0.1:81", STR("https://127.0.0.1:81/"), true},
		{&local, "127.0.0.1:81", STR("ftp://127.0.0.1:81/"), false},
		{&local, "127.0.0.1:81", STR("http://127.0.0.1:81"), true},
		{&local, "127.0.0.1:81", STR("http://127.0.0.1:8"), false},
		/* a provider without pages: nobody is sent anywhere */
		{&live, "", STR("https://pay.example/"), false},
		{&live, "", STR("https:///"), false},
		{&live, "pay.example", STR("https://pay.exampl"), false},
		{&live, "pay.example", STR("https://pay.example:81/"), false},
		{&live, "pay.example", STR("https://pay.example?x"), false},
		{&live, "pay.example", STR("https://pay.example@evil.example/"), false},
		{&live, "pay.example", STR("https://evil.example/pay.example/"), false},
		{&live, "pay.example", STR("https://pay.example/ "), false},
		{&live, "pay.example", STR("https://pay.example/\x7f"), false},
		{&live, "pay.example", STR("https://pay.example/\xc3\xa9"), false},
		{&live, "pay.example", STR("https://pay.example/'"), false},
		{&live, "pay.example", STR("https://pay.example/`"), false},
		{&live, "pay.example", STR("pay.example/"), false},
		{&live, "pay.example", STR(""), false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (wire_is_page(rows[i].set, rows[i].host, rows[i].url) != rows[i].is)
			fail_msg("row %zu: %s", i, rows[i].url.p);
	memcpy(long_text + 8, "pay.example/", 12);
	assert_true(wire_is_page(&live, "pay.example", (struct str){long_text, 4000}));
	assert_false(wire_is_page(&live, "pay.example", (struct str){long_text, 4001}));
}

/* --- answers -----------------------------------------------------------------------------------
 */

static void a_status_has_its_class(void **state)
{
	static const struct {
		long status;
		enum pay_outcome is;
	} rows[] = {{-1, PAY_UNKNOWN}, {0, PAY_UNKNOWN}, {199, PAY_UNKNOWN}, {200, PAY_OK},
		{299, PAY_OK}, {300, PAY_CONFIG}, {399, PAY_CONFIG}, {400, PAY_PERMANENT},
		{401, PAY_CONFIG}, {402, PAY_NEEDS_DONOR}, {403, PAY_CONFIG}, {404, PAY_PERMANENT},
		{409, PAY_RETRY}, {424, PAY_RETRY}, {429, PAY_RETRY}, {499, PAY_PERMANENT},
		{500, PAY_UNKNOWN}, {501, PAY_UNKNOWN}, {502, PAY_RETRY}, {504, PAY_RETRY},
		{505, PAY_UNKNOWN}, {600, PAY_UNKNOWN}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		if (wire_status(rows[i].status) != rows[i].is)
			fail_msg("%ld: %s", rows[i].status,
				pay_outcome_name(wire_status(rows[i].status)));
}

static void only_a_whole_answer_is_read(void **state)
{
	static const struct {
		int curl;
		long status;
		struct str body;
		enum err e;
	} rows[] = {{0, 200, STR("{\"a\":1}"), OK}, {0, 299, STR("[]"), OK},
		{28, 200, STR("{\"a\":1}"), ERR_PROVIDER}, {0, 199, STR("{}"), ERR_PROVIDER},
		{0, 300, STR("{}"), ERR_PROVIDER}, {0, 200, STR(""), ERR_PROVIDER},
		{0, 200, STR("{\"a\":"), ERR_PROVIDER}, {0, 200, STR("<html>"), ERR_PROVIDER},
		{0, 200, STR("{\"a\":1,\"a\":2}"), ERR_PROVIDER},
		{0, 200, STR("{\"a\":\"\\u0000\"}"), ERR_PROVIDER}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct pay_answer ans = {
			.curl = rows[i].curl, .status = rows[i].status, .body = rows[i].body};
		struct fault f = {0};
		json_t *o = NULL;
		enum err e = wire_read_json(&ans, &o, &f);
		if (e != rows[i].e || (o != NULL) != (e == OK) || f.err != e)
			fail_msg("row %zu: %s", i, err_slug(e));
		json_decref(o);
	}
}

static void a_word_is_in_the_list_or_nothing(void **state)
{
	static const struct wire_word list[] = {{"succeeded", "paid"}, {"open", ""}, {0}};

	(void)state;
	assert_string_equal(wire_word(list, STR("succeeded")), "paid");
	assert_string_equal(wire_word(list, STR("open")), "");
	assert_null(wire_word(list, STR("Open")));
	assert_null(wire_word(list, STR("")));
	assert_null(wire_word(list + 2, STR("open")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_to_come_back_to),
		cmocka_unit_test(keys),
		cmocka_unit_test(requests_are_whole),
		cmocka_unit_test(only_to_the_host_that_we_know),
		cmocka_unit_test(a_status_has_its_class),
		cmocka_unit_test(only_a_whole_answer_is_read),
		cmocka_unit_test(a_word_is_in_the_list_or_nothing),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
