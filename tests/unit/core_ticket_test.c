/* Cookies and tokens: what was packed comes back, and nothing else does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/ticket.h"

static const struct ticket_cookie plain = {
	.reader = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}}, .site = 258};
static const struct ticket_cookie first = {.reader = {{0xff, [15] = 0xfe}},
	.site = INT16_MAX,
	.has_first = true,
	.first = {0x26, 0x5f, 1, 2, 3, 4, 5, 6},
	.first_at = {INT64_C(1795435200000000)}};
static const struct ticket_token token = {.decision = INT64_C(0x0102030405060708),
	.reader = {{9, [15] = 7}},
	.has_reader = true,
	.site = 3,
	.at = {INT64_C(1795435200000000)},
	.campaign = 70000,
	.version = 2,
	.variant = 7,
	.act = ACT_WALL,
	.reason = REASON_meter_wall,
	.art48 = UINT64_C(0xfedcba987654)};

static uint8_t out[TICKET_BYTES_MAX];

static void cookie_is_same(const struct ticket_cookie *a, const struct ticket_cookie *b)
{
	assert_memory_equal(a->reader.b, b->reader.b, 16);
	assert_int_equal(a->site, b->site);
	assert_int_equal(a->has_first, b->has_first);
	assert_memory_equal(a->first, b->first, READER_SEEN_BYTES);
	assert_int_equal(a->first_at.us, b->first_at.us);
}

static void token_is_same(const struct ticket_token *a, const struct ticket_token *b)
{
	assert_int_equal(a->decision, b->decision);
	assert_memory_equal(a->reader.b, b->reader.b, 16);
	assert_int_equal(a->has_reader, b->has_reader);
	assert_int_equal(a->site, b->site);
	assert_int_equal(a->at.us, b->at.us);
	assert_int_equal(a->campaign, b->campaign);
	assert_int_equal(a->version, b->version);
	assert_int_equal(a->variant, b->variant);
	assert_int_equal(a->act, b->act);
	assert_int_equal(a->reason, b->reason);
	assert_int_equal(a->art48, b->art48);
}

static void cookies_come_back(void **state)
{
	struct ticket_cookie back;

	(void)state;
	assert_int_equal(ticket_cookie_pack(&plain, out), 20);
	assert_int_equal(ticket_cookie_unpack(out, 20, &back), OK);
	cookie_is_same(&plain, &back);
	assert_int_equal(ticket_cookie_pack(&first, out), 36);
	assert_int_equal(ticket_cookie_unpack(out, 36, &back), OK);
	cookie_is_same(&first, &back);
	/* what is not carried leaves no trace */
	struct ticket_cookie stale = first;
	stale.has_first = false;
	assert_int_equal(ticket_cookie_unpack(out, ticket_cookie_pack(&stale, out), &back), OK);
	assert_int_equal(back.first_at.us, 0);
	assert_int_equal(back.first[2], 0);
}

static void tokens_come_back(void **state)
{
	struct ticket_token t = token, back;

	(void)state;
	assert_int_equal(ticket_token_pack(&t, out), 53);
	assert_int_equal(ticket_token_unpack(out, 53, &back), OK);
	token_is_same(&t, &back);
	t = (struct ticket_token){.decision = INT64_MAX,
		.site = 1,
		.at = {INT64_C(253402300799000000)},
		.campaign = INT32_MAX,
		.version = INT32_MAX,
		.act = ACT_PROMPT,
		.reason = REASON_campaign,
		.art48 = 1};
	assert_int_equal(ticket_token_unpack(out, ticket_token_pack(&t, out), &back), OK);
	token_is_same(&t, &back);
	t.at.us = 1999999;
	assert_int_equal(ticket_token_unpack(out, ticket_token_pack(&t, out), &back), OK);
	assert_int_equal(back.at.us, 1000000);
	/* a reader's id that is not meant to be there is not written */
	t.reader = token.reader;
	assert_int_equal(ticket_token_unpack(out, ticket_token_pack(&t, out), &back), OK);
	assert_true(uuid_is_nil(&back.reader));
}

/* Cookies live for a year: the bytes may not change without a new version. */
static void the_bytes(void **state)
{
	static const uint8_t cookie[] = {1, 1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
		0x7f, 0xff, 0x26, 0x5f, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0x6b, 0x04, 0x2a, 0xc0};
	static const uint8_t tok[] = {1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 7, 0, 3, 0, 0, 0, 0, 0x6b, 0x04, 0x2a, 0xc0, 0, 1, 0x11, 0x70, 0, 0, 0,
		2, 7, 2, REASON_meter_wall, 0xfe, 0xdc, 0xba, 0x98, 0x76, 0x54};

	(void)state;
	assert_int_equal(ticket_cookie_pack(&first, out), sizeof cookie);
	assert_memory_equal(out, cookie, sizeof cookie);
	assert_int_equal(ticket_token_pack(&token, out), sizeof tok);
	assert_memory_equal(out, tok, sizeof tok);
}

static void other_lengths(void **state)
{
	uint8_t bytes[TICKET_BYTES_MAX + 1] = {0};
	struct ticket_cookie c = {.site = 77};
	struct ticket_token t = {.site = 77};

	(void)state;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		(void)ticket_cookie_pack(&first, bytes);
		if (n != 36)
			assert_int_equal(ticket_cookie_unpack(bytes, n, &c), ERR_BAD_TOKEN);
		(void)ticket_cookie_pack(&plain, bytes);
		if (n != 20)
			assert_int_equal(ticket_cookie_unpack(bytes, n, &c), ERR_BAD_TOKEN);
		(void)ticket_token_pack(&token, bytes);
		if (n != 53)
			assert_int_equal(ticket_token_unpack(bytes, n, &t), ERR_BAD_TOKEN);
	}
	assert_int_equal(c.site, 77);
	assert_int_equal(t.site, 77);
}

/* Version and flags: of all values of a byte only ours are taken. */
static void other_heads(void **state)
{
	struct ticket_cookie c;
	struct ticket_token t;

	(void)state;
	for (unsigned v = 0; v < 256; v++)
		for (size_t at = 0; at < 2; at++) {
			enum err want = v == 1 ? OK : ERR_BAD_TOKEN;
			(void)ticket_cookie_pack(&first, out);
			out[at] = (uint8_t)v;
			assert_int_equal(ticket_cookie_unpack(out, 36, &c), want);
			(void)ticket_token_pack(&token, out);
			out[at] = (uint8_t)v;
			/* flag 2: counted without a history of prompts */
			want = v == 1 || (at == 1 && v == 3) ? OK : ERR_BAD_TOKEN;
			assert_int_equal(ticket_token_unpack(out, 53, &t), want);
			if (want == OK)
				assert_int_equal(t.counting, v == 3);
			(void)ticket_cookie_pack(&plain, out);
			out[at] = (uint8_t)v;
			want = v == (at == 0 ? 1 : 0) ? OK : ERR_BAD_TOKEN;
			assert_int_equal(ticket_cookie_unpack(out, 20, &c), want);
		}
	/* a token that says no reader but names one */
	(void)ticket_token_pack(&token, out);
	out[1] = 0;
	assert_int_equal(ticket_token_unpack(out, 53, &t), ERR_BAD_TOKEN);
}

static void bad_cookies(void **state)
{
	struct ticket_cookie back = {.site = 77};
	struct ticket_cookie bad[] = {first, first, first, first, first, first};

	(void)state;
	memset(&bad[0].reader, 0, sizeof bad[0].reader);
	bad[1].site = 0;
	bad[2].site = -1;
	memset(bad[3].first + 2, 0, 6);
	bad[4].first_at.us = -1;
	bad[5].first_at.us = INT64_C(253402300800000000);
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		assert_int_equal(ticket_cookie_unpack(out, ticket_cookie_pack(&bad[i], out), &back),
			ERR_BAD_TOKEN);
	assert_int_equal(back.site, 77);
}

static void bad_tokens(void **state)
{
	struct ticket_token back = {.site = 77}, bad[16];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		bad[i] = token;
	bad[n++].decision = 0;
	bad[n++].decision = -1;
	memset(&bad[n++].reader, 0, sizeof bad[0].reader);
	bad[n++].site = 0;
	bad[n++].site = -1;
	bad[n++].at.us = -1;
	bad[n++].at.us = INT64_C(253402300800000000);
	bad[n++].campaign = 0;
	bad[n++].campaign = -1;
	bad[n++].version = 0;
	bad[n++].version = -1;
	bad[n++].variant = CAMPAIGN_VARIANTS_MAX;
	bad[n++].act = ACT_N;
	bad[n++].reason = REASON_N;
	bad[n++].art48 = 0;
	for (size_t i = 0; i < n; i++)
		if (ticket_token_unpack(out, ticket_token_pack(&bad[i], out), &back) !=
			ERR_BAD_TOKEN)
			fail_msg("bad token %zu was taken", i);
	assert_int_equal(back.site, 77);
	/* the ends that are still ours */
	bad[n].variant = CAMPAIGN_VARIANTS_MAX - 1;
	bad[n].act = ACT_N - 1;
	bad[n].reason = REASON_N - 1;
	assert_int_equal(ticket_token_unpack(out, ticket_token_pack(&bad[n], out), &back), OK);
}

/* Whatever unpacks, packs to the same bytes: one value, one text. */
static void any_bytes(void **state)
{
	uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
	uint8_t in[TICKET_BYTES_MAX];
	struct ticket_cookie c;
	struct ticket_token t;

	(void)state;
	for (size_t round = 0; round < 200000; round++) {
		bool is_token = round % 2;
		size_t n = is_token ? ticket_token_pack(&token, in)
				    : ticket_cookie_pack(round % 4 ? &first : &plain, in);
		for (int k = 0; k < 2; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			in[x % n] = (uint8_t)(x >> 32);
		}
		enum err e =
			is_token ? ticket_token_unpack(in, n, &t) : ticket_cookie_unpack(in, n, &c);
		if (e != OK)
			continue;
		assert_int_equal(
			is_token ? ticket_token_pack(&t, out) : ticket_cookie_pack(&c, out), n);
		assert_memory_equal(in, out, n);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_come_back),
		cmocka_unit_test(tokens_come_back),
		cmocka_unit_test(the_bytes),
		cmocka_unit_test(other_lengths),
		cmocka_unit_test(other_heads),
		cmocka_unit_test(bad_cookies),
		cmocka_unit_test(bad_tokens),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests_name("core_ticket", tests, NULL, NULL);
}
