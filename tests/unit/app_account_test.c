/* tests/unit/app_account_test.c: a site's word for who is signed in, and all that is not such a
 * word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "app/account.h"

#define KEY1  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2  "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
#define EXP_S INT64_C(1795435200)
#define HEAD  "{\"typ\":\"JWT\",\"alg\":\"HS256\"}"
#define BODY  "{\"aud\":\"demo\",\"exp\":1795435200,\"sub\":\"reader 7\"}"
/* HEAD and BODY under KEY1, made with Python's hmac and base64 */
#define GOLDEN                                                                                     \
	"eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9."                                                    \
	"eyJhdWQiOiJkZW1vIiwiZXhwIjoxNzk1NDM1MjAwLCJzdWIiOiJyZWFkZXIgNyJ9."                        \
	"agV81zYkoh8l43SFI4jcrhotVRUqfjqiLtvqcepN4TI"

static struct seal_ring ring_of(const char *text)
{
	struct seal_ring r;
	struct fault f;

	assert_int_equal(seal_ring_parse(str_c(text), &r, &f), OK);
	return r;
}

/* head.body, both encoded here, signed by a key of the ring. */
static struct str sign(const struct seal_key *key, const char *head, const char *body)
{
	static char text[4096];
	uint8_t mac[SEAL_MAC_BYTES];
	size_t n = str_b64((const uint8_t *)head, strlen(head), text);

	text[n++] = '.';
	n += str_b64((const uint8_t *)body, strlen(body), text + n);
	seal_hmac((struct str){(const char *)key->key, sizeof key->key}, (struct str){text, n},
		STR(""), mac);
	text[n++] = '.';
	n += str_b64(mac, sizeof mac, text + n);
	return (struct str){text, n};
}

static enum err check(struct str token, int64_t now_s)
{
	struct seal_ring r = ring_of("k1:" KEY1);

	return account_check(&r, token, STR("demo"), utc_of_s(now_s));
}

/* The good token with another head or body, rightly signed. */
static enum err check_with(const char *head, const char *body)
{
	struct seal_ring r = ring_of("k1:" KEY1);

	return account_check(&r, sign(&r.key[0], head, body), STR("demo"), utc_of_s(EXP_S - 1));
}

static void golden(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1);

	(void)state;
	assert_true(str_is(sign(&r.key[0], HEAD, BODY), GOLDEN));
	assert_int_equal(check(STR(GOLDEN), EXP_S - 1), OK);
}

static void two_keys(void **state)
{
	struct seal_ring both = ring_of("k2:" KEY2 "\nk1:" KEY1), new = ring_of("k2:" KEY2),
			 none = {0};
	utc_t now = utc_of_s(EXP_S - 1);

	(void)state;
	assert_int_equal(account_check(&both, STR(GOLDEN), STR("demo"), now), OK);
	assert_int_equal(account_check(&new, STR(GOLDEN), STR("demo"), now), ERR_BAD_TOKEN);
	assert_int_equal(account_check(&none, STR(GOLDEN), STR("demo"), now), ERR_BAD_TOKEN);
	struct str t = sign(&new.key[0], HEAD, BODY);
	assert_int_equal(account_check(&both, t, STR("demo"), now), OK);
	/* a key that is not there, all zeros above all */
	struct seal_key zero = {.id = "k3"};
	t = sign(&zero, HEAD, BODY);
	assert_int_equal(account_check(&both, t, STR("demo"), now), ERR_BAD_TOKEN);
}

static void time_runs_out(void **state)
{
	(void)state;
	assert_int_equal(check(STR(GOLDEN), 0), OK);
	assert_int_equal(check(STR(GOLDEN), EXP_S - 1), OK);
	assert_int_equal(check(STR(GOLDEN), EXP_S), ERR_BAD_TOKEN); /* at the second */
	assert_int_equal(check(STR(GOLDEN), EXP_S + 1), ERR_BAD_TOKEN);
}

static void claims(void **state)
{
	static const struct {
		const char *body;
		bool good;
	} ROW[] = {
		/* exp, one second ahead */
		{"{\"aud\":\"demo\",\"exp\":1795435200}", true},
		{"{\"aud\":\"demo\",\"exp\":9223372036854775807}", true},
		{"{\"aud\":\"demo\"}", false},
		{"{\"aud\":\"demo\",\"exp\":null}", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200.0}", false},
		{"{\"aud\":\"demo\",\"exp\":1.8e9}", false},
		{"{\"aud\":\"demo\",\"exp\":\"1795435200\"}", false},
		{"{\"aud\":\"demo\",\"exp\":true}", false},
		{"{\"aud\":\"demo\",\"exp\":[1795435200]}", false},
		{"{\"aud\":\"demo\",\"exp\":-1}", false},
		{"{\"aud\":\"demo\",\"exp\":0}", false},
		{"{\"aud\":\"demo\",\"exp\":99999999999999999999}", false},
		{"{\"aud\":\"demo\",\"EXP\":1795435200}", false},
		{"{\"aud\":\"demo\",\"exp\":1,\"exp\":1795435200}", false},
		/* nbf: from this second on */
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"nbf\":1795435199}", true},
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"nbf\":1795435200}", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"nbf\":1795435199.0}", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"nbf\":\"0\"}", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"nbf\":null}", false},
		/* aud: a text, or a list of texts */
		{"{\"aud\":[\"demo\"],\"exp\":1795435200}", true},
		{"{\"aud\":[\"other\",\"demo\"],\"exp\":1795435200}", true},
		{"{\"exp\":1795435200}", false},
		{"{\"aud\":\"other\",\"exp\":1795435200}", false},
		{"{\"aud\":\"Demo\",\"exp\":1795435200}", false},
		{"{\"aud\":\"demo2\",\"exp\":1795435200}", false},
		{"{\"aud\":\"dem\",\"exp\":1795435200}", false},
		{"{\"aud\":\"\",\"exp\":1795435200}", false},
		{"{\"aud\":[],\"exp\":1795435200}", false},
		{"{\"aud\":[\"other\",7],\"exp\":1795435200}", false},
		{"{\"aud\":[[\"demo\"]],\"exp\":1795435200}", false},
		{"{\"aud\":{\"demo\":\"demo\"},\"exp\":1795435200}", false},
		{"{\"aud\":7,\"exp\":1795435200}", false},
		{"{\"aud\":null,\"exp\":1795435200}", false},
		{"{\"aud\":true,\"exp\":1795435200}", false},
		/* no claims at all */
		{"", false},
		{"[]", false},
		{"7", false},
		{"null", false},
		{"\"demo\"", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200} x", false},
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"x\":\"\xff\"}", false},
		/* more than we read is fine */
		{"{\"aud\":\"demo\",\"exp\":1795435200,\"iss\":\"x\",\"roles\":[1,{}]}", true},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		if (check_with(HEAD, ROW[i].body) != (ROW[i].good ? OK : ERR_BAD_TOKEN))
			fail_msg("%s", ROW[i].body);
}

static void headers(void **state)
{
	static const struct {
		const char *head;
		bool good;
	} ROW[] = {
		{"{\"alg\":\"HS256\"}", true},
		{"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"k9\"}", true},
		{"{}", false},
		{"{\"alg\":\"none\"}", false},
		{"{\"alg\":\"None\"}", false},
		{"{\"alg\":\"\"}", false},
		{"{\"alg\":\"hs256\"}", false},
		{"{\"alg\":\"HS512\"}", false},
		{"{\"alg\":\"RS256\"}", false},
		{"{\"alg\":\"HS256 \"}", false},
		{"{\"alg\":[\"HS256\"]}", false},
		{"{\"alg\":256}", false},
		{"{\"alg\":null}", false},
		{"{\"ALG\":\"HS256\"}", false},
		{"{\"alg\":\"none\",\"alg\":\"HS256\"}", false},
		{"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":0}", false},
		{"{\"alg\":\"HS256\",\"crit\":[]}", false},
		{"{\"alg\":\"HS256\",\"crit\":null}", false},
		{"{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", false},
		{"", false},
		{"[\"HS256\"]", false},
		{"\"HS256\"", false},
		{"{\"alg\":\"HS256\"", false},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(ROW); i++)
		if (check_with(ROW[i].head, BODY) != (ROW[i].good ? OK : ERR_BAD_TOKEN))
			fail_msg("%s", ROW[i].head);
}

/* Any byte of any part changed, or any cut: not ours. */
static void tampered(void **state)
{
	char text[sizeof GOLDEN + 4];
	size_t n = sizeof GOLDEN - 1;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (const char *p = "Aa0-_.= "; *p; p++) {
			memcpy(text, GOLDEN, n);
			if (text[i] == *p)
				continue;
			text[i] = *p;
			if (check((struct str){text, n}, EXP_S - 1) != ERR_BAD_TOKEN)
				fail_msg("%.*s", (int)n, text);
		}
	for (size_t cut = 0; cut < n; cut++) {
		assert_int_equal(check((struct str){GOLDEN, cut}, EXP_S - 1), ERR_BAD_TOKEN);
		assert_int_equal(
			check((struct str){GOLDEN + n - cut, cut}, EXP_S - 1), ERR_BAD_TOKEN);
	}
}

/* Another payload or header under the old signature. */
static void exchanged(void **state)
{
	static const char *const PART[][2] = {
		{HEAD, "{\"aud\":\"demo\",\"exp\":9999999999}"},
		{"{\"alg\":\"none\"}", BODY},
		{"{\"alg\":\"HS256\"}", BODY},
	};
	struct seal_ring r = ring_of("k1:" KEY1);
	const char *mac = strrchr(GOLDEN, '.');

	(void)state;
	for (size_t i = 0; i < ARRAY_N(PART); i++) {
		char text[1024];
		struct str t = sign(&r.key[0], PART[i][0], PART[i][1]);
		size_t n = (size_t)((const char *)memrchr(t.p, '.', t.n) - t.p);
		snprintf(text, sizeof text, "%.*s%s", (int)n, t.p, mac);
		assert_int_equal(check(str_c(text), EXP_S - 1), ERR_BAD_TOKEN);
		text[n + 1] = '\0'; /* and under none */
		assert_int_equal(check(str_c(text), EXP_S - 1), ERR_BAD_TOKEN);
		text[n] = '\0';
		assert_int_equal(check(str_c(text), EXP_S - 1), ERR_BAD_TOKEN);
	}
}

static void not_of_this_form(void **state)
{
	static const char *const BAD[] = {"", ".", "..", "...", "a.b.c", GOLDEN ".", GOLDEN ".x",
		"." GOLDEN, GOLDEN "=", GOLDEN "A", " " GOLDEN, GOLDEN " ", GOLDEN "\n",
		"v1.k1.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"};
	static char text[ACCOUNT_TOKEN_MAX + 2];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(BAD); i++)
		if (check(str_c(BAD[i]), EXP_S - 1) != ERR_BAD_TOKEN)
			fail_msg("%s", BAD[i]);
	memset(text, 'A', sizeof text);
	assert_int_equal(check((struct str){text, sizeof text}, EXP_S - 1), ERR_BAD_TOKEN);
	text[100] = text[200] = '.';
	assert_int_equal(check((struct str){text, sizeof text}, EXP_S - 1), ERR_BAD_TOKEN);
}

/* As long as it may be, and a byte more. */
static void length(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1);
	char body[2000];
	struct str t;
	size_t fill = 0;

	(void)state;
	do {
		snprintf(body, sizeof body, "{\"aud\":\"demo\",\"exp\":1795435200,\"x\":\"%0*d\"}",
			(int)++fill, 0);
		t = sign(&r.key[0], HEAD, body);
		enum err want = t.n <= ACCOUNT_TOKEN_MAX ? OK : ERR_BAD_TOKEN;
		if (t.n > ACCOUNT_TOKEN_MAX - 8)
			assert_int_equal(
				account_check(&r, t, STR("demo"), utc_of_s(EXP_S - 1)), want);
	} while (t.n <= ACCOUNT_TOKEN_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(golden),
		cmocka_unit_test(two_keys),
		cmocka_unit_test(time_runs_out),
		cmocka_unit_test(claims),
		cmocka_unit_test(headers),
		cmocka_unit_test(tampered),
		cmocka_unit_test(exchanged),
		cmocka_unit_test(not_of_this_form),
		cmocka_unit_test(length),
	};

	return cmocka_run_group_tests_name("app_account", tests, NULL, NULL);
}
