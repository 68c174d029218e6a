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
	.set = 5,
	.act = ACT_WALL,
	.reason = REASON_meter_wall,
	.art = UINT64_C(0xedcba9876),
	.articles = 300,
	.country = "LV"};
static const struct ticket_pass pass = {.kind = PASS_PREVIEW,
	.until = {INT64_C(1795435200000000)},
	.site = 3,
	.campaign = 70000,
	.variant = 7,
	.set = 5,
	.articles = 300,
	.country = "LV"};

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
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->art, b->art);
	assert_int_equal(a->articles, b->articles);
	assert_int_equal(a->counting, b->counting);
	assert_string_equal(a->country, b->country);
}

static void pass_is_same(const struct ticket_pass *a, const struct ticket_pass *b)
{
	assert_int_equal(a->kind, b->kind);
	assert_int_equal(a->until.us, b->until.us);
	assert_int_equal(a->site, b->site);
	assert_int_equal(a->campaign, b->campaign);
	assert_int_equal(a->variant, b->variant);
	assert_int_equal(a->set, b->set);
	assert_int_equal(a->articles, b->articles);
	assert_string_equal(a->country, b->country);
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
	assert_int_equal(ticket_token_pack(&t, out), 58);
	assert_int_equal(ticket_token_unpack(out, 58, &back), OK);
	token_is_same(&t, &back);
	t = (struct ticket_token){.decision = INT64_MAX,
		.site = 1,
		.at = {INT64_C(253402300799000000)},
		.campaign = INT32_MAX,
		.version = INT32_MAX,
		.act = ACT_PROMPT,
		.reason = REASON_campaign,
		.art = (UINT64_C(1) << READER_ART_BITS) - 1,
		.articles = UINT16_MAX};
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

static void passes_come_back(void **state)
{
	struct ticket_pass p = {.kind = PASS_DEBUG, .site = 1}, back;

	(void)state;
	assert_int_equal(ticket_pass_pack(&pass, out), 22);
	assert_int_equal(ticket_pass_unpack(out, 22, &back), OK);
	pass_is_same(&pass, &back);
	/* who only looks why needs no campaign */
	assert_int_equal(ticket_pass_unpack(out, ticket_pass_pack(&p, out), &back), OK);
	pass_is_same(&p, &back);
}

/* Cookies live for a year: those of the last release, without topics, still name their reader. */
static void cookies_of_the_first_version(void **state)
{
	struct ticket_cookie back, want = first;

	(void)state;
	assert_int_equal(ticket_cookie_pack(&first, out), 36);
	out[0] = 1;
	assert_int_equal(ticket_cookie_unpack(out, 36, &back), OK);
	/* what stands where topics are now was part of a longer hash */
	want.first[2] = 0;
	want.first[3] &= 0x0f;
	cookie_is_same(&want, &back);
	assert_int_equal(ticket_cookie_pack(&plain, out), 20);
	out[0] = 1;
	assert_int_equal(ticket_cookie_unpack(out, 20, &back), OK);
	cookie_is_same(&plain, &back);
}

/* A page that was rendered by the release before must be able to give. */
static void tokens_of_the_first_version(void **state)
{
	uint8_t in[TICKET_BYTES_MAX];
	struct ticket_token t = {0};

	(void)state;
	size_t n = ticket_token_pack(&token, in);
	uint8_t old[53];
	memcpy(old, in, 45);          /* up to the variant */
	memcpy(old + 45, in + 46, 8); /* act, reason, article; no set before, nothing behind */
	old[0] = 1;
	old[46] = 200; /* a reason that nobody knows any more */
	assert_int_equal(n, 58);
	assert_int_equal(ticket_token_unpack(old, sizeof old, &t), OK);
	assert_int_equal(t.decision, token.decision);
	assert_int_equal(t.campaign, token.campaign);
	assert_int_equal(t.variant, token.variant);
	assert_int_equal(t.act, token.act);
	assert_int_equal(t.set, 0);
	assert_int_equal(t.articles, 0);
	assert_string_equal(t.country, "");
	assert_true(t.art == token.art);
	old[0] = 2;
	assert_int_equal(ticket_token_unpack(old, sizeof old, &t), ERR_BAD_TOKEN);
	in[0] = 1;
	assert_int_equal(ticket_token_unpack(in, n, &t), ERR_BAD_TOKEN);
}

/* Cookies live for a year: the bytes may not change without a new version. */
static void the_bytes(void **state)
{
	static const uint8_t cookie[] = {2, 1, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
		0x7f, 0xff, 0x26, 0x5f, 1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 0x6b, 0x04, 0x2a, 0xc0};
	static const uint8_t tok[] = {2, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
		0, 0, 0, 0, 7, 0, 3, 0, 0, 0, 0, 0x6b, 0x04, 0x2a, 0xc0, 0, 1, 0x11, 0x70, 0, 0, 0,
		2, 7, 5, 2, REASON_meter_wall, 0, 0x0e, 0xdc, 0xba, 0x98, 0x76, 0x01, 0x2c, 'L',
		'V'};
	static const uint8_t look[] = {2, 2, 0, 0, 0, 0, 0x6b, 0x04, 0x2a, 0xc0, 0, 3, 0, 1, 0x11,
		0x70, 7, 5, 0x01, 0x2c, 'L', 'V'};

	(void)state;
	assert_int_equal(ticket_cookie_pack(&first, out), sizeof cookie);
	assert_memory_equal(out, cookie, sizeof cookie);
	assert_int_equal(ticket_token_pack(&token, out), sizeof tok);
	assert_memory_equal(out, tok, sizeof tok);
	assert_int_equal(ticket_pass_pack(&pass, out), sizeof look);
	assert_memory_equal(out, look, sizeof look);
}

static void other_lengths(void **state)
{
	uint8_t bytes[TICKET_BYTES_MAX + 1] = {0};
	struct ticket_cookie c = {.site = 77};
	struct ticket_token t = {.site = 77};
	struct ticket_pass p = {.site = 77};

	(void)state;
	for (size_t n = 0; n <= sizeof bytes; n++) {
		(void)ticket_cookie_pack(&first, bytes);
		if (n != 36)
			assert_int_equal(ticket_cookie_unpack(bytes, n, &c), ERR_BAD_TOKEN);
		(void)ticket_cookie_pack(&plain, bytes);
		if (n != 20)
			assert_int_equal(ticket_cookie_unpack(bytes, n, &c), ERR_BAD_TOKEN);
		(void)ticket_token_pack(&token, bytes);
		if (n != 58)
			assert_int_equal(ticket_token_unpack(bytes, n, &t), ERR_BAD_TOKEN);
		(void)ticket_pass_pack(&pass, bytes);
		if (n != 22)
			assert_int_equal(ticket_pass_unpack(bytes, n, &p), ERR_BAD_TOKEN);
	}
	assert_int_equal(c.site, 77);
	assert_int_equal(t.site, 77);
	assert_int_equal(p.site, 77);
}

/* Version and flags: of all values of a byte only ours are taken. */
static void other_heads(void **state)
{
	struct ticket_cookie c;
	struct ticket_token t;
	struct ticket_pass p;

	(void)state;
	for (unsigned v = 0; v < 256; v++)
		for (size_t at = 0; at < 2; at++) {
			/* of cookies the version before this one too */
			bool ours = at == 0 ? v == 1 || v == 2 : v == 1;
			(void)ticket_cookie_pack(&first, out);
			out[at] = (uint8_t)v;
			assert_int_equal(
				ticket_cookie_unpack(out, 36, &c), ours ? OK : ERR_BAD_TOKEN);
			(void)ticket_cookie_pack(&plain, out);
			out[at] = (uint8_t)v;
			ours = at == 0 ? ours : v == 0;
			assert_int_equal(
				ticket_cookie_unpack(out, 20, &c), ours ? OK : ERR_BAD_TOKEN);
			(void)ticket_token_pack(&token, out);
			out[at] = (uint8_t)v;
			/* flag 2: counted without a history of prompts */
			ours = at == 0 ? v == 2 : v == 1 || v == 3;
			assert_int_equal(
				ticket_token_unpack(out, 58, &t), ours ? OK : ERR_BAD_TOKEN);
			if (ours)
				assert_int_equal(t.counting, v == 3);
			(void)ticket_pass_pack(&pass, out);
			out[at] = (uint8_t)v;
			ours = v == 2 || (at == 1 && v == PASS_DEBUG);
			assert_int_equal(
				ticket_pass_unpack(out, 22, &p), ours ? OK : ERR_BAD_TOKEN);
		}
	/* a token that says no reader but names one */
	(void)ticket_token_pack(&token, out);
	out[1] = 0;
	assert_int_equal(ticket_token_unpack(out, 58, &t), ERR_BAD_TOKEN);
}

static void bad_cookies(void **state)
{
	struct ticket_cookie back = {.site = 77};
	struct ticket_cookie bad[] = {first, first, first, first, first, first, first};

	(void)state;
	memset(&bad[0].reader, 0, sizeof bad[0].reader);
	bad[1].site = 0;
	bad[2].site = -1;
	memset(bad[3].first + 2, 0, 6);
	bad[4].first_at.us = -1;
	bad[5].first_at.us = INT64_C(253402300800000000);
	memset(bad[6].first + 4, 0, 4); /* topics alone are no article */
	bad[6].first[3] = 0xf0;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		assert_int_equal(ticket_cookie_unpack(out, ticket_cookie_pack(&bad[i], out), &back),
			ERR_BAD_TOKEN);
	assert_int_equal(back.site, 77);
}

static void bad_tokens(void **state)
{
	struct ticket_token back = {.site = 77}, bad[22];
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
	bad[n++].set = CAMPAIGN_SETS_MAX;
	bad[n++].act = ACT_N;
	bad[n++].reason = REASON_N;
	bad[n++].art = 0;
	bad[n++].art = UINT64_C(1) << READER_ART_BITS;
	memcpy(bad[n++].country, "lv", 3);
	memcpy(bad[n++].country, "L", 2);
	memcpy(bad[n++].country, "L0", 3);
	for (size_t i = 0; i < n; i++)
		if (ticket_token_unpack(out, ticket_token_pack(&bad[i], out), &back) !=
			ERR_BAD_TOKEN)
			fail_msg("bad token %zu was taken", i);
	assert_int_equal(back.site, 77);
	/* the ends that are still ours */
	bad[n].variant = CAMPAIGN_VARIANTS_MAX - 1;
	bad[n].set = CAMPAIGN_SETS_MAX - 1;
	bad[n].act = ACT_N - 1;
	bad[n].reason = REASON_N - 1;
	assert_int_equal(ticket_token_unpack(out, ticket_token_pack(&bad[n], out), &back), OK);
}

static void bad_passes(void **state)
{
	struct ticket_pass back = {.site = 77}, bad[12];
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		bad[i] = pass;
	bad[n++].kind = (enum ticket_pass_kind)0;
	bad[n++].kind = (enum ticket_pass_kind)(PASS_PREVIEW + 1);
	bad[n++].until.us = -1;
	bad[n++].until.us = INT64_C(253402300800000000);
	bad[n++].site = 0;
	bad[n++].site = -1;
	bad[n++].campaign = 0;
	bad[n++].campaign = -1;
	bad[n++].variant = CAMPAIGN_VARIANTS_MAX;
	bad[n++].set = CAMPAIGN_SETS_MAX;
	memcpy(bad[n++].country, "lv", 3);
	memcpy(bad[n++].country, "\0V", 3);
	for (size_t i = 0; i < n; i++)
		if (ticket_pass_unpack(out, ticket_pass_pack(&bad[i], out), &back) != ERR_BAD_TOKEN)
			fail_msg("bad pass %zu was taken", i);
	assert_int_equal(back.site, 77);
}

struct any {
	struct ticket_cookie c;
	struct ticket_token t;
	struct ticket_pass p;
};

static size_t pack_any(unsigned kind, const struct any *a, uint8_t *to)
{
	return kind == 0   ? ticket_token_pack(&a->t, to)
	       : kind == 1 ? ticket_pass_pack(&a->p, to)
			   : ticket_cookie_pack(&a->c, to);
}

static enum err unpack_any(unsigned kind, const uint8_t *in, size_t n, struct any *ret)
{
	return kind == 0   ? ticket_token_unpack(in, n, &ret->t)
	       : kind == 1 ? ticket_pass_unpack(in, n, &ret->p)
			   : ticket_cookie_unpack(in, n, &ret->c);
}

/* Whatever unpacks, packs to the same bytes: one value, one text. */
static void any_bytes(void **state)
{
	uint64_t x = UINT64_C(0x9e3779b97f4a7c15);
	uint8_t in[TICKET_BYTES_MAX];
	struct any ours = {.t = token, .p = pass}, got;
	size_t taken = 0;

	(void)state;
	for (unsigned round = 0; round < 200000; round++) {
		unsigned kind = round % 3;
		ours.c = round % 2 ? first : plain;
		size_t n = pack_any(kind, &ours, in);
		for (int k = 0; k < 2; k++) {
			x ^= x << 13;
			x ^= x >> 7;
			x ^= x << 17;
			in[x % n] = (uint8_t)(x >> 32);
		}
		if (unpack_any(kind, in, n, &got) != OK || in[0] == 1)
			continue; /* a cookie of the version before is written as one of this */
		taken++;
		assert_int_equal(pack_any(kind, &got, out), n);
		assert_memory_equal(in, out, n);
	}
	assert_true(taken > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cookies_come_back),
		cmocka_unit_test(tokens_come_back),
		cmocka_unit_test(passes_come_back),
		cmocka_unit_test(cookies_of_the_first_version),
		cmocka_unit_test(tokens_of_the_first_version),
		cmocka_unit_test(the_bytes),
		cmocka_unit_test(other_lengths),
		cmocka_unit_test(other_heads),
		cmocka_unit_test(bad_cookies),
		cmocka_unit_test(bad_tokens),
		cmocka_unit_test(bad_passes),
		cmocka_unit_test(any_bytes),
	};

	return cmocka_run_group_tests_name("core_ticket", tests, NULL, NULL);
}
