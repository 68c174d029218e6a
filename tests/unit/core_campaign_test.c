/* Variants: sticky, as often as their shares say, independent between campaigns. Texts by locale,
 * amounts by country and gift, pages by topic. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/policy.h"

#define READERS 100000

/* The variants of the campaign live in v. */
static struct campaign with_shares(
	const char *slug, struct campaign_variant *v, const uint32_t *share, size_t n)
{
	for (size_t i = 0; i < n; i++)
		v[i] = (struct campaign_variant){.share = share[i]};
	return (struct campaign){.slug = str_c(slug), .variant_n = n, .variant = v};
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
	struct campaign_variant v[ARRAY_N(share)];
	struct campaign c = with_shares("support", v, share, ARRAY_N(share));
	uint32_t got[ARRAY_N(share)] = {0};

	(void)state;
	for (uint64_t r = 0; r < READERS; r++) {
		size_t pick = campaign_variant_pick(&c, hash_of(r));
		assert_true(pick < c.variant_n);
		assert_int_equal(campaign_variant_pick(&c, hash_of(r)), pick);
		got[pick]++;
	}
	assert_int_equal(got[2], 0);
	for (size_t i = 0; i < ARRAY_N(share); i++) { /* within half a percent of all */
		assert_true(got[i] + READERS / 200 >= READERS / 100 * share[i]);
		assert_true(got[i] <= READERS / 100 * share[i] + READERS / 200);
	}
}

/* Each quarter of the four holds a quarter of the readers, within a percent of all. */
static void quarters(const uint32_t both[2][2])
{
	for (size_t i = 0; i < 4; i++) {
		assert_true(both[i / 2][i % 2] > READERS / 4 - READERS / 100);
		assert_true(both[i / 2][i % 2] < READERS / 4 + READERS / 100);
	}
}

/* Who sees variant a of one campaign sees either of another as often as anybody. */
static void campaigns_draw_apart(void **state)
{
	static const uint32_t half[] = {50, 50};
	struct campaign_variant va[2], vb[2];
	struct campaign a = with_shares("support", va, half, 2);
	struct campaign b = with_shares("meter", vb, half, 2);
	struct policy out = {.holdout_share = 50};
	uint32_t both[2][2] = {{0}}, held[2][2] = {{0}};

	(void)state;
	for (uint64_t r = 0; r < READERS; r++) {
		size_t first = campaign_variant_pick(&a, hash_of(r));
		both[first][campaign_variant_pick(&b, hash_of(r))]++;
		held[first][policy_holds_out(&out, hash_of(r))]++;
	}
	quarters(both);
	quarters(held); /* nor does the hold-out lean to a variant */
	/* campaigns of one experiment draw together */
	a.experiment = b.experiment = STR("spring");
	for (uint64_t r = 0; r < 1000; r++)
		assert_int_equal(campaign_variant_pick(&a, hash_of(r)),
			campaign_variant_pick(&b, hash_of(r)));
}

static void the_hold_out(void **state)
{
	struct policy p = {.holdout_share = 0};
	uint32_t n = 0;

	(void)state;
	for (uint64_t r = 0; r < READERS; r++) {
		p.holdout_share = 0;
		assert_false(policy_holds_out(&p, hash_of(r)));
		p.holdout_share = 100;
		assert_true(policy_holds_out(&p, hash_of(r)));
		p.holdout_share = 5;
		bool is = policy_holds_out(&p, hash_of(r));
		n += is;
		p.holdout_share = 6; /* who is in stays in when it grows */
		assert_true(!is || policy_holds_out(&p, hash_of(r)));
	}
	assert_true(n > READERS / 100 * 5 - READERS / 200);
	assert_true(n < READERS / 100 * 5 + READERS / 200);
}

/* Readers keep their variants over releases: these values are for ever. */
static void draws_do_not_change(void **state)
{
	static const uint32_t cent[] = {10, 10, 10, 10, 20, 20, 10, 10};
	struct campaign_variant v[ARRAY_N(cent)];
	struct campaign c = with_shares("support", v, cent, ARRAY_N(cent));
	const size_t want[] = {5, 4, 4, 1, 5, 5, 5, 5, 0, 6, 3, 6, 0, 1, 4, 4, 4, 5, 4, 5};

	(void)state;
	for (size_t r = 0; r < ARRAY_N(want); r++)
		assert_int_equal(campaign_variant_pick(&c, r), want[r]);
}

static void no_shares(void **state)
{
	static const uint32_t none[] = {0, 0}, last[] = {0, 0, 7},
			      huge[] = {UINT32_MAX, UINT32_MAX};
	struct campaign_variant v[4][3];
	struct campaign empty = with_shares("x", v[0], none, 0);
	struct campaign zero = with_shares("x", v[1], none, 2);
	struct campaign one = with_shares("", v[2], last, 3);
	struct campaign big = with_shares("x", v[3], huge, 2);

	(void)state;
	for (uint64_t r = 0; r < 1000; r++) {
		assert_int_equal(campaign_variant_pick(&empty, hash_of(r)), 0);
		assert_int_equal(campaign_variant_pick(&zero, hash_of(r)), 0);
		assert_int_equal(campaign_variant_pick(&one, hash_of(r)), 2);
		assert_true(campaign_variant_pick(&big, hash_of(r)) < 2);
	}
}

/* Marks in rows of readers carry these keys: they are for ever too. */
static void cap_keys(void **state)
{
	(void)state;
	assert_int_equal(campaign_cap_key(STR("support")), 0xceac);
	assert_int_equal(campaign_cap_key(STR("meter")), 0x260c);
	for (uint64_t i = 0; i < 200000; i++)
		assert_int_not_equal(campaign_cap_key((struct str){(char *)&i, sizeof i}), 0);
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
	struct campaign c = {.variant_n = 1, .variant = &v};

	(void)state;
	v.text[0].locale = STR("de");
	v.text[1].locale = STR("en");
	v.text[2].locale = STR("pt-BR"); /* before its language: order decides nothing here */
	v.text[3].locale = STR("pt");
	v.text[4].locale = STR("fr-CA");
	for (size_t i = 0; i < ARRAY_N(cases); i++)
		assert_true(str_is(
			campaign_text_pick(&c, 0, str_c(cases[i].asked))->locale, cases[i].got));
	assert_true(str_is(campaign_text_pick(&c, 0, (struct str){NULL, 0})->locale, "de"));
	c.fallback = STR("en"); /* what is asked for still comes first */
	assert_true(str_is(campaign_text_pick(&c, 0, STR("ru"))->locale, "en"));
	assert_true(str_is(campaign_text_pick(&c, 0, STR("fr"))->locale, "fr-CA"));
	c.fallback = STR("lv");
	assert_true(str_is(campaign_text_pick(&c, 0, STR("ru"))->locale, "de"));
	v.text_n = 0;
	assert_null(campaign_text_pick(&c, 0, STR("en")));
}

/* The first set whose conditions hold; set 0 for all others. */
static void amounts(void **state)
{
	static const struct str baltic[] = {{"LV", 2}, {"EE", 2}};
	struct campaign_amounts set[] = {{.currency = STR("EUR")},
		{.currency = STR("EUR"), .countries = {2, baltic}, .gifts = 1 << GIFT_MONTH},
		{.currency = STR("EUR"),
			.has_gift_range = true,
			.gift_min = 1000,
			.gift_max = 5000},
		{.currency = STR("EUR"), .countries = {2, baltic}}};
	struct campaign c = {.set_n = ARRAY_N(set), .set = set};
	static const struct {
		const char *country, *currency;
		enum reader_gift gift;
		int64_t minor;
		size_t set;
	} cases[] = {
		{"FR", "", GIFT_NONE, 0, 0}, {"", "", GIFT_NONE, 0, 0}, {"LV", "", GIFT_NONE, 0, 3},
		{"lv", "", GIFT_NONE, 0, 0}, {"EE", "EUR", GIFT_MONTH, 2000, 1},
		{"FR", "EUR", GIFT_MONTH, 2000, 2}, {"EE", "EUR", GIFT_ONCE, 999, 3},
		{"EE", "EUR", GIFT_ONCE, 1000, 2}, {"EE", "EUR", GIFT_ONCE, 5000, 2},
		{"EE", "EUR", GIFT_ONCE, 5001, 3},
		{"EE", "USD", GIFT_ONCE, 2000, 3}, /* another money is not comparable */
		{"EE", "EUR", GIFT_NONE, 2000, 3}, /* no gift, whatever its amount */
		{"FR", "", GIFT_YEAR, 0, 0},       /* of an unknown amount */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		struct reader r = {.gift = cases[i].gift, .gift_minor = cases[i].minor};
		memcpy(r.gift_currency, cases[i].currency, strlen(cases[i].currency));
		size_t got = campaign_set_pick(&c, str_c(cases[i].country), &r);
		if (got != cases[i].set)
			fail_msg("case %zu: set %zu", i, got);
	}
	assert_int_equal(campaign_set_pick(&c, STR("LV"), NULL), 3);
	c.set_n = 1;
	assert_int_equal(campaign_set_pick(&c, STR("LV"), NULL), 0);
}

static void countries(void **state)
{
	static const struct policy_country names[] = {
		{{"EE", 2}, {"en", 2}, {"Estonia", 7}},
		{{"EE", 2}, {"pt", 2}, {"Est\xc3\xb4nia", 8}},
		{{"*", 1}, {"en", 2}, {"your country", 12}},
	};
	struct policy p = {.country_n = ARRAY_N(names), .country = names};

	(void)state;
	assert_true(str_is(policy_country_name(&p, STR("EE"), STR("en")), "Estonia"));
	assert_true(str_is(policy_country_name(&p, STR("EE"), STR("pt-BR")), "Est\xc3\xb4nia"));
	assert_true(str_is(policy_country_name(&p, STR("FR"), STR("en-GB")), "your country"));
	assert_true(str_is(policy_country_name(&p, STR("FR"), STR("pt")), "FR"));
	assert_true(str_is(policy_country_name(NULL, STR("FR"), STR("en")), "FR"));
}

static void sites_and_topics(void **state)
{
	static const struct str sport[] = {{"sport", 5}}, poll[] = {{"elections", 9}},
				free_ones[] = {{"search", 6}, {"t.co", 4}};
	struct policy p = {.topic_n = 2,
		.topic = {{{"sport", 5}, {.sections = {1, sport}}},
			{{"elections", 9}, {.tags = {1, poll}}}},
		.free = {.referrers = {2, free_ones}}};
	struct campaign_site sites[] = {{.site = 3, .policy = &p}, {.site = 7, .policy = &p}};
	struct campaign_set set = {.site_n = 2, .site = sites};
	struct page page = {.section = STR("sport")};

	(void)state;
	assert_ptr_equal(campaign_set_site(&set, 7), &sites[1]);
	assert_null(campaign_set_site(&set, 4));
	assert_int_equal(policy_topics(&p, &page), 1);
	page.tags = (struct page_words){1, poll};
	assert_int_equal(policy_topics(&p, &page), 3);
	page.referrer = STR("search");
	assert_int_equal(policy_topics(&p, &page), 3 | PAGE_FREE);
	page = (struct page){.referrer = STR("social"), .referrer_host = STR("t.co")};
	assert_int_equal(policy_topics(&p, &page), PAGE_FREE);
	page.referrer_host = STR("not.co");
	assert_int_equal(policy_topics(&p, &page), 0);
}

static void target_names(void **state)
{
	(void)state;
	assert_string_equal(target_name(TARGET_country), "country");
	assert_string_equal(target_name(TARGET_source), "source");
	assert_string_equal(target_name(TARGET_N), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(intervals),
		cmocka_unit_test(shares_are_kept),
		cmocka_unit_test(campaigns_draw_apart),
		cmocka_unit_test(the_hold_out),
		cmocka_unit_test(draws_do_not_change),
		cmocka_unit_test(no_shares),
		cmocka_unit_test(cap_keys),
		cmocka_unit_test(texts),
		cmocka_unit_test(amounts),
		cmocka_unit_test(countries),
		cmocka_unit_test(sites_and_topics),
		cmocka_unit_test(target_names),
	};

	return cmocka_run_group_tests_name("core_campaign", tests, NULL, NULL);
}
