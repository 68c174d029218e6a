/* Seals: published vectors, golden tokens, and every single bit turned. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/seal.h"

#define KEY1        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define KEY2        "f0f1f2f3f4f5f6f7f8f9fafbfcfdfeffe0e1e2e3e4e5e6e7e8e9eaebecedeeef"
#define TOKEN       "v1.k1.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"
#define TOKEN_EMPTY "v1.k1..bZeZmjgFi9pr9Mu44grh50QeCos9ixfFb07JT3ZANE4"

static struct seal_ring ring_of(const char *text)
{
	struct seal_ring r;
	struct fault f;

	assert_int_equal(seal_ring_parse(str_c(text), &r, &f), OK);
	return r;
}

/* --- hashes -------------------------------------------------------------------------------- */

static void is_hex(const uint8_t *mac, const char *want)
{
	char text[65];

	str_hex(mac, 32, text);
	assert_string_equal(text, want);
}

static void hmac_as_in_rfc_4231(void **state)
{
	static const struct {
		struct str key, text;
		const char *mac;
	} rows[] = {
		{STR("\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
		     "\x0b"),
			STR("Hi There"),
			"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{STR("Jefe"), STR("what do ya want for nothing?"),
			"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
		{STR(""), STR(""),
			"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
	};
	uint8_t mac[SEAL_MAC_BYTES];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++)
		for (size_t cut = 0; cut <= rows[i].text.n; cut++) {
			struct str t = rows[i].text;
			seal_hmac(rows[i].key, (struct str){t.p, cut},
				(struct str){t.p + cut, t.n - cut}, mac);
			is_hex(mac, rows[i].mac);
		}
	seal_hmac((struct str){NULL, 0}, (struct str){NULL, 0}, (struct str){NULL, 0}, mac);
	is_hex(mac, rows[2].mac);
	char key[131];
	memset(key, 0xaa, sizeof key);
	seal_hmac((struct str){key, sizeof key},
		STR("Test Using Larger Than Block-Size Key - Hash Key First"), STR(""), mac);
	is_hex(mac, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void sha256_as_published(void **state)
{
	uint8_t h[32];

	(void)state;
	seal_sha256(STR("abc"), h);
	is_hex(h, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	seal_sha256((struct str){NULL, 0}, h);
	is_hex(h, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void random_bytes(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};

	(void)state;
	assert_int_equal(seal_random(a, sizeof a), OK);
	assert_int_equal(seal_random(b, sizeof b), OK);
	assert_memory_not_equal(a, b, sizeof a);
	assert_int_equal(seal_random(a, 0), OK);
	assert_int_equal(seal_random(a, (size_t)INT32_MAX + 1), ERR_IO);
}

static void equal_and_wipe(void **state)
{
	char a[] = "secret", b[] = "secret";

	(void)state;
	assert_true(seal_equal(a, b, 6));
	b[5] = 'T';
	assert_false(seal_equal(a, b, 6));
	assert_true(seal_equal(a, b, 5));
	assert_true(seal_equal(NULL, NULL, 0));
	seal_wipe(a, sizeof a);
	assert_memory_equal(a, "\0\0\0\0\0\0", 7);
	seal_wipe(NULL, 0);
}

static void names_of_articles(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1), other = ring_of("k1:" KEY2);

	(void)state;
	uint64_t v = seal_hash48(&r, "article", STR("/a/b"));
	assert_int_equal(v, 0xcc1607f2a47d);
	assert_int_equal(seal_hash48(&r, "article", STR("/a/b")), v);
	assert_int_not_equal(seal_hash48(&r, "articl", STR("/a/b")), v);
	assert_int_not_equal(seal_hash48(&r, "article", STR("/a/c")), v);
	assert_int_not_equal(seal_hash48(&other, "article", STR("/a/b")), v);
	assert_true(seal_hash48(&r, "article", (struct str){NULL, 0}) < UINT64_C(1) << 48);
}

/* --- the ring ------------------------------------------------------------------------------ */

static void a_key_file(void **state)
{
	struct seal_ring r =
		ring_of("# keys\n\n  k2:" KEY2 " \t\nk1:" KEY1 "\nabcdefgh:" KEY1 "\n");

	(void)state;
	assert_int_equal(r.n, 3);
	assert_string_equal(r.key[0].id, "k2");
	assert_string_equal(r.key[1].id, "k1");
	assert_string_equal(r.key[2].id, "abcdefgh");
	assert_int_equal(r.key[0].key[0], 0xf0);
	assert_int_equal(r.key[1].key[31], 0x1f);
	seal_ring_fini(&r);
	for (size_t i = 0; i < sizeof r; i++)
		assert_int_equal(((char *)&r)[i], 0);
}

static void key_files_that_are_refused(void **state)
{
	static const struct {
		struct str text;
		const char *told;
	} rows[] = {
		{STR(""), "there is no key"},
		{STR("# nothing\n\n \n"), "there is no key"},
		{STR("\n\n" KEY1), "line 3: "},
		{STR(":" KEY1), "line 1: the key's id"},
		{STR("K1:" KEY1), "line 1: the key's id"},
		{STR("k_1:" KEY1), "line 1: the key's id"},
		{STR("k\0"
		     "1:" KEY1),
			"line 1: the key's id"},
		{STR("abcdefghi:" KEY1), "line 1: the key's id"},
		{STR("k1 :" KEY1), "line 1: the key's id"},
		{STR("k1:"), "line 1: the key must be"},
		{STR("k1: " KEY1), "line 1: the key must be"},
		{STR("k1:" KEY1 "00"), "line 1: the key must be"},
		{STR("k1:" KEY1 "\r\n"), "line 1: the key must be"},
		{STR("k1:0g0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
			"line 1: the key must be"},
		{STR("k1:" KEY1
		     "\nk2:1111111111111111111111111111111111111111111111111111111111111111"),
			"line 2: the key is no random one"},
		{STR("k1:" KEY1 "\nk1:" KEY2), "line 2: the key's id stands there twice"},
		{STR("a:" KEY1 "\nb:" KEY1 "\nc:" KEY1 "\nd:" KEY1 "\ne:" KEY1),
			"line 5: there are too many keys"},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		struct seal_ring r = {.n = 77};
		struct fault f = {0};
		assert_int_equal(seal_ring_parse(rows[i].text, &r, &f), ERR_SECRET);
		if (!str_starts(str_c(f.detail), rows[i].told))
			fail_msg("row %zu says: %s", i, f.detail);
		assert_null(strstr(f.detail, "0102030405"));
		assert_int_equal(r.n, 77);
		assert_int_equal(seal_ring_parse(rows[i].text, &r, NULL), ERR_SECRET);
	}
}

/* --- tokens -------------------------------------------------------------------------------- */

struct opened {
	enum err err;
	uint8_t out[300];
	size_t n;
	bool old;
};

static struct opened open_it(
	const struct seal_ring *r, const char *purpose, struct str t, size_t cap)
{
	struct opened o = {.n = 999};

	memset(o.out, 0x55, sizeof o.out);
	o.err = seal_open(r, purpose, t, o.out, cap, &o.n, &o.old);
	return o;
}

static void refused(const struct seal_ring *r, const char *purpose, struct str t, size_t cap)
{
	struct opened o = open_it(r, purpose, t, cap);

	if (o.err != ERR_BAD_TOKEN)
		fail_msg("taken: %.*s", STR_FMT(t));
	assert_int_equal(o.n, 999);
	for (size_t i = 0; i < sizeof o.out; i++)
		assert_int_equal(o.out[i], 0x55);
}

static void tokens_are_as_they_were(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1);

	(void)state;
	BUF_ON(b, 600);
	assert_int_equal(seal_sign(&r, "cookie", "hello", 5, &b), OK);
	assert_true(str_is(buf_str(&b), TOKEN));
	struct opened o = open_it(&r, "cookie", STR(TOKEN), 5);
	assert_int_equal(o.err, OK);
	assert_int_equal(o.n, 5);
	assert_memory_equal(o.out, "hello", 5);
	assert_false(o.old);
	BUF_ON(e, 600);
	assert_int_equal(seal_sign(&r, "cookie", NULL, 0, &e), OK);
	assert_true(str_is(buf_str(&e), TOKEN_EMPTY));
	o = open_it(&r, "cookie", STR(TOKEN_EMPTY), 0);
	assert_int_equal(o.err, OK);
	assert_int_equal(o.n, 0);
}

static void every_length_comes_back(void **state)
{
	struct seal_ring r = ring_of("abcdefgh:" KEY1);
	uint8_t in[257];

	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i * 7);
	for (size_t n = 0; n <= 256; n++) {
		BUF_ON(b, 512);
		buf_addc(&b, "before ");
		assert_int_equal(seal_sign(&r, "p", in, n, &b), OK);
		struct opened o = open_it(&r, "p", (struct str){b.p + 7, b.n - 7}, n);
		assert_int_equal(o.err, OK);
		assert_int_equal(o.n, n);
		assert_memory_equal(o.out, in, n);
		if (n > 0)
			refused(&r, "p", (struct str){b.p + 7, b.n - 7}, n - 1);
	}
	BUF_ON(b, 600);
	assert_int_equal(seal_sign(&r, "p", in, 257, &b), ERR_TOO_LONG);
	BUF_ON(small, 56);
	assert_int_equal(seal_sign(&r, "p", "hello", 5, &small), ERR_TOO_LONG);
}

static void any_turned_bit_is_seen(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1);
	char t[] = TOKEN;

	(void)state;
	for (size_t i = 0; i < sizeof t - 1; i++)
		for (int bit = 0; bit < 8; bit++) {
			t[i] = (char)(t[i] ^ (1 << bit));
			refused(&r, "cookie", (struct str){t, sizeof t - 1}, 300);
			t[i] = (char)(t[i] ^ (1 << bit));
		}
	for (size_t n = 0; n < sizeof t - 1; n++)
		refused(&r, "cookie", (struct str){t, n}, 300);
	assert_int_equal(open_it(&r, "cookie", str_c(t), 300).err, OK);
}

static void what_we_did_not_make(void **state)
{
	static const struct str bad[] = {
		STR(""),
		STR("."),
		STR("..."),
		STR("v1"),
		STR("v1."),
		STR("v1.."),
		STR("v1..."),
		STR("v1.k1"),
		STR("v1.k1.aGVsbG8"),
		STR("v1.k1.aGVsbG8."),
		STR(" " TOKEN),
		STR(TOKEN " "),
		STR(TOKEN "."),
		STR(TOKEN "A"),
		STR(TOKEN "="),
		STR(TOKEN "\0"),
		STR("v1." TOKEN),
		STR("v2.k1.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"),
		STR("v1.k2.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"),
		STR("v1..aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"),
		STR("v1.k1.aGVsbG8..9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92s"),
		STR("v1.k1.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs"),
		/* the same mac bytes with other left-over bits */
		STR("v1.k1.aGVsbG8.9XNzgAV-5TGulQL9dd8W_TAvT2MvCzjswRaMBGMs92t"),
	};
	struct seal_ring r = ring_of("k1:" KEY1), same_id = ring_of("k1:" KEY2);
	char huge[4000];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		refused(&r, "cookie", bad[i], 300);
	refused(&r, "cookie", (struct str){NULL, 0}, 300);
	refused(&r, "token", STR(TOKEN), 300);
	refused(&r, "cooki", STR(TOKEN), 300);
	refused(&r, "", STR(TOKEN), 300);
	refused(&same_id, "cookie", STR(TOKEN), 300);
	memset(huge, 'A', sizeof huge);
	memcpy(huge, "v1.k1.", 6);
	huge[3956] = '.';
	refused(&r, "cookie", (struct str){huge, sizeof huge}, 300);
}

/* A signature of ours over what does not decode: only a leaked key or a bug makes it. */
static void signed_but_not_decodable(void **state)
{
	struct seal_ring r = ring_of("k1:" KEY1);
	static const char *const bad[] = {
		"v1.k1.A", "v1.k1.Zh", "v1.k1.a+b", "v1.k1.a=b", "v2.k1.Zg"};
	uint8_t mac[32];
	char text[44];

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++) {
		BUF_ON(b, 200);
		buf_addc(&b, bad[i]);
		seal_hmac(
			(struct str){(char *)r.key[0].key, 32}, STR("cookie\0"), buf_str(&b), mac);
		str_b64(mac, sizeof mac, text);
		buf_addf(&b, ".%s", text);
		refused(&r, "cookie", buf_str(&b), 300);
	}
}

static void the_older_key_still_opens(void **state)
{
	struct seal_ring r = ring_of("k2:" KEY2 "\nk1:" KEY1);

	(void)state;
	struct opened o = open_it(&r, "cookie", STR(TOKEN), 300);
	assert_int_equal(o.err, OK);
	assert_true(o.old);
	BUF_ON(b, 600);
	assert_int_equal(seal_sign(&r, "cookie", "hello", 5, &b), OK);
	assert_true(str_starts(buf_str(&b), "v1.k2."));
	o = open_it(&r, "cookie", buf_str(&b), 300);
	assert_int_equal(o.err, OK);
	assert_false(o.old);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hmac_as_in_rfc_4231),
		cmocka_unit_test(sha256_as_published),
		cmocka_unit_test(random_bytes),
		cmocka_unit_test(equal_and_wipe),
		cmocka_unit_test(names_of_articles),
		cmocka_unit_test(a_key_file),
		cmocka_unit_test(key_files_that_are_refused),
		cmocka_unit_test(tokens_are_as_they_were),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(any_turned_bit_is_seen),
		cmocka_unit_test(what_we_did_not_make),
		cmocka_unit_test(signed_but_not_decodable),
		cmocka_unit_test(the_older_key_still_opens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
