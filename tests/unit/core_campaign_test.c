/* Variants: sticky, as often as their shares say, independent between campaigns. Texts by locale.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/campaign.h"

#define READERS 100000

static struct campaign with_shares(const char *slug, const uint32_t *share, size_t n)
{
	struct campaign c = {.slug = str_c(slug), .variant_n = n};

	for (size_t i = 0; i < n; i++)
		c.variant[i].share = share[i];
	return c;
}

/* A reader's hash as good as a keyed one. */
static uint64_t hash_of(uint64_t reader)
{
	uint64_t h = (reader + 1) * UINT64_C(0x9e3779b97f4a7c15);

	return h ^ h >> 29;
}

static void intervals(void **state)
{
	static const char *const names[] = {"once", "month", "year"};
	enum campaign_interval i = INTERVAL_N;

	(void)state;
	for (unsigned k = 0; k < INTERVAL_N; k++) {
		assert_string_equal(campaign_interval_name((enum campaign_interval)k), names[k]);
		assert_int_equal(campaign_interval_parse(str_c(names[k]), &i), OK);
		assert_int_equal(i, k);
	}
	assert_string_equal(campaign_interval_name(INTERVAL_N), "unknown");
	assert_int_equal(campaign_interval_parse(STR(""), &i), ERR_INTERVAL_BAD);
	assert_int_equal(campaign_interval_parse(STR("Once"), &i), ERR_INTERVAL_BAD);
	assert_int_equal(campaign_interval_parse(STR("monthly"), &i), ERR_INTERVAL_BAD);
	assert_int_equal(campaign_interval_parse(STR("once\0"), &i), ERR_INTERVAL_BAD);
	assert_int_equal(i, INTERVAL_YEAR);
}

static void shares_are_kept(void **state)
{
	static const uint32_t share[] = {50, 30, 0, 19, 1};
	struct campaign c = with_shares("support", share, ARRAY_N(share));
	uint32_t got[ARRAY_N(share)] = {0};

	(void)state;
	for (uint64_t r = 0; r < READERS; r++) {
		size_t v = campaign_variant_pick(&c, hash_of(r));
		assert_true(v < c.variant_n);
		assert_int_equal(campaign_variant_pick(&c, hash_of(r)), v);
		got[v]++;
	}
	assert_int_equal(got[2], 0);
	for (size_t i = 0; i < ARRAY_N(share); i++) { /* within half a percent of all */
		assert_true(got[i] + READERS / 200 >= READERS / 100 * share[i]);
		assert_true(got[i] <= READERS / 100 * share[i] + READERS / 200);
	}
}

/* Who sees variant a of one campaign sees either of another as often as anybody. */
static void campaigns_draw_apart(void **state)
{
	static const uint32_t half[] = {50, 50};
	struct campaign a = with_shares("support", half, 2), b = with_shares("meter", half, 2);
	uint32_t both[2][2] = {{0}};

	(void)state;
	for (uint64_t r = 0; r < READERS; r++)
		both[campaign_variant_pick(&a, hash_of(r))]
		    [campaign_variant_pick(&b, hash_of(r))]++;
	for (size_t i = 0; i < 4; i++) {
		assert_true(both[i / 2][i % 2] > READERS / 4 - READERS / 100);
		assert_true(both[i / 2][i % 2] < READERS / 4 + READERS / 100);
	}
}

/* Readers keep their variants over releases: these values are for ever. */
static void draws_do_not_change(void **state)
{
	static const uint32_t cent[] = {10, 10, 10, 10, 20, 20, 10, 10};
	struct campaign c = with_shares("support", cent, ARRAY_N(cent));
	const size_t want[] = {5, 4, 4, 1, 5, 5, 5, 5, 0, 6, 3, 6, 0, 1, 4, 4, 4, 5, 4, 5};

	(void)state;
	for (size_t r = 0; r < ARRAY_N(want); r++)
		assert_int_equal(campaign_variant_pick(&c, r), want[r]);
}

static void no_shares(void **state)
{
	static const uint32_t none[] = {0, 0}, last[] = {0, 0, 7},
			      huge[] = {UINT32_MAX, UINT32_MAX};
	struct campaign empty = with_shares("x", none, 0), zero = with_shares("x", none, 2);
	struct campaign one = with_shares("", last, 3), big = with_shares("x", huge, 2);

	(void)state;
	for (uint64_t r = 0; r < 1000; r++) {
		assert_int_equal(campaign_variant_pick(&empty, hash_of(r)), 0);
		assert_int_equal(campaign_variant_pick(&zero, hash_of(r)), 0);
		assert_int_equal(campaign_variant_pick(&one, hash_of(r)), 2);
		assert_true(campaign_variant_pick(&big, hash_of(r)) < 2);
	}
}

static void texts(void **state)
{
	static const struct {
		const char *asked, *got;
	} cases[] = {
		{"en", "en"},
		{"pt", "pt"},
		{"pt-BR", "pt-BR"},
		{"pt-br", "pt-BR"},
		{"PT-PT", "pt"},
		{"pt_PT", "pt"},
		{"en-GB", "en"},
		{"ru-RU", "de"},
		{"", "de"},
		{"-", "de"},
		{"e", "de"},
		{"eng", "de"},
		{"-en", "de"},
		{"fr", "fr-CA"},
		{"fr-BE", "fr-CA"},
	};
	struct campaign_variant v = {.text_n = 5};

	(void)state;
	v.text[0].locale = STR("de");
	v.text[1].locale = STR("en");
	v.text[2].locale = STR("pt-BR"); /* before its language: order decides nothing here */
	v.text[3].locale = STR("pt");
	v.text[4].locale = STR("fr-CA");
	for (size_t i = 0; i < ARRAY_N(cases); i++)
		assert_true(str_is(
			campaign_text_pick(&v, str_c(cases[i].asked))->locale, cases[i].got));
	assert_true(str_is(campaign_text_pick(&v, (struct str){NULL, 0})->locale, "de"));
	v.text_n = 0;
	assert_null(campaign_text_pick(&v, STR("en")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals),
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(campaigns_draw_apart),
		cmocka_unit_test(draws_do_not_change),
		cmocka_unit_test(no_shares),
		cmocka_unit_test(texts),
	};

	return cmocka_run_group_tests_name("core_campaign", tests, NULL, NULL);
}
