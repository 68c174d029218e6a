/* A reader's two lists: bytes as they are stored, and what is counted in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "core/page.h"
#include "core/reader.h"

static uint8_t mem[8 * 400];

/* A list from pairs of day and article, the oldest first. */
static struct str list(const uint16_t (*pairs)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		reader_seen_pack(
			pairs[i][0], 0, pairs[i][1], mem + (n - 1 - i) * READER_SEEN_BYTES);
	return (struct str){(const char *)mem, n * READER_SEEN_BYTES};
}

static struct reader_count count(struct str bytes, struct reader_window w, uint64_t art)
{
	struct reader_seen seen;

	reader_unpack(bytes, &seen);
	return reader_count(&seen, w, art);
}

static void count_is(struct str seen, uint16_t from, uint64_t art, uint32_t n, uint32_t nth)
{
	struct reader_count c = count(seen, (struct reader_window){from, 0, false}, art);

	assert_int_equal(c.n, n);
	assert_int_equal(c.nth, nth);
	assert_int_equal(c.known, nth <= n);
}

static void an_article_as_bytes(void **state)
{
	static const uint8_t want[] = {0x26, 0x5f, 0xab, 0xc2, 3, 4, 5, 6};
	uint8_t out[READER_SEEN_BYTES];

	(void)state;
	reader_seen_pack(0x265f, 0xabc, UINT64_C(0x0203040506), out);
	assert_memory_equal(out, want, sizeof want);
	/* of an article's hash 36 bits */
	reader_seen_pack(0x265f, 0xabc, UINT64_C(0xfffffff203040506), out);
	assert_memory_equal(out, want, sizeof want);
	reader_seen_pack(UINT16_MAX, 0xfff, UINT64_C(0xfffffffff), out);
	for (size_t i = 0; i < sizeof out; i++)
		assert_int_equal(out[i], 0xff);
	assert_true(reader_seen_is_walled(out));
	reader_seen_pack(UINT16_MAX, 0x7ff, UINT64_C(0xfffffffff), out);
	assert_false(reader_seen_is_walled(out));
}

static void a_mark_as_bytes(void **state)
{
	static const uint8_t want[] = {
		0xde, 0xad, 0xbe, 0xef, 0, 0, 1, 2, 3, 7, 0x12, 0x34, 0x69, 0x55, 0xb9, 0x80};
	struct reader_mark m = {
		0xdeadbeef, 258, MARK_CLOSED, 7, 0x1234, {INT64_C(1767225728000000)}};
	struct reader_mark back;
	uint8_t out[READER_MARK_BYTES];
	struct str bytes = {(const char *)out, sizeof out};

	(void)state;
	reader_mark_pack(&m, out);
	assert_memory_equal(out, want, sizeof want);
	assert_int_equal(reader_mark_unpack(bytes, 0, &back), OK);
	assert_int_equal(back.decision, m.decision);
	assert_int_equal(back.campaign, m.campaign);
	assert_int_equal(back.kind, m.kind);
	assert_int_equal(back.variant, m.variant);
	assert_int_equal(back.cap, m.cap);
	assert_int_equal(back.at.us, m.at.us);
}

static void marks_at_the_ends(void **state)
{
	static const int64_t us[][2] = {{0, 0}, {-1, 0}, {INT64_MIN, 0}, {1999999, 1000000},
		{INT64_C(4294967295) * 1000000, INT64_C(4294967295) * 1000000},
		{INT64_MAX, INT64_C(4294967295) * 1000000}};
	uint8_t out[READER_MARK_BYTES];
	struct reader_mark back;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(us); i++) {
		struct reader_mark m = {UINT32_MAX, INT32_MIN, 255, 255, UINT16_MAX, {us[i][0]}};
		reader_mark_pack(&m, out);
		assert_int_equal(
			reader_mark_unpack((struct str){(char *)out, sizeof out}, 0, &back), OK);
		assert_int_equal(back.at.us, us[i][1]);
		assert_int_equal(back.campaign, INT32_MIN);
		assert_int_equal(back.decision, UINT32_MAX);
	}
}

static void marks_in_a_list(void **state)
{
	uint8_t out[3 * READER_MARK_BYTES];
	struct reader_mark m = {.campaign = 5}, back = {.campaign = 77};

	(void)state;
	for (uint8_t i = 0; i < 3; i++) {
		m.kind = i;
		reader_mark_pack(&m, out + i * READER_MARK_BYTES);
	}
	struct str all = {(char *)out, sizeof out}, cut = {(char *)out, sizeof out - 1};
	assert_int_equal(reader_mark_unpack(all, 2, &back), OK);
	assert_int_equal(back.kind, 2);
	back.campaign = 77;
	assert_int_equal(reader_mark_unpack(all, 3, &back), ERR_RANGE);
	assert_int_equal(reader_mark_unpack(all, SIZE_MAX, &back), ERR_RANGE);
	assert_int_equal(reader_mark_unpack(cut, 2, &back), ERR_RANGE);
	assert_int_equal(reader_mark_unpack((struct str){NULL, 0}, 0, &back), ERR_RANGE);
	assert_int_equal(back.campaign, 77);
}

/* Ten bytes name a mark: cap and time do not. */
static void the_name_of_a_mark(void **state)
{
	uint8_t out[2 * READER_MARK_BYTES], key[READER_MARK_BYTES];
	struct reader_mark m = {1, 2, MARK_SHOWN, 0, 0, {0}};

	(void)state;
	reader_mark_pack(&m, out);
	m.kind = MARK_LATER;
	reader_mark_pack(&m, out + READER_MARK_BYTES);
	struct str all = {(char *)out, sizeof out};
	m.at = utc_of_s(1000);
	m.cap = 77;
	reader_mark_pack(&m, key);
	assert_true(reader_has_mark(all, key));
	assert_false(reader_has_mark((struct str){all.p, READER_MARK_BYTES}, key));
	assert_false(reader_has_mark((struct str){all.p, all.n - 1}, key));
	assert_false(reader_has_mark((struct str){NULL, 0}, key));
	for (size_t i = 0; i < READER_MARK_KEY_BYTES; i++) {
		key[i] ^= 1;
		assert_false(reader_has_mark(all, key));
		key[i] ^= 1;
	}
}

/* The words that the database checks. */
static void names(void **state)
{
	static const char *const stored[] = {"shown", "viewed", "closed", "later", "already_gave",
		"never", "clicked", "walled", "held", "skipped"};
	enum reader_mark_kind k;

	(void)state;
	for (enum reader_mark_kind i = MARK_SHOWN; i < MARK_KIND_N; i++) {
		assert_non_null(reader_mark_name(i));
		assert_int_equal(reader_mark_kind(str_c(reader_mark_name(i)), &k), OK);
		assert_int_equal(k, i);
	}
	for (unsigned i = 0; i < ARRAY_N(stored); i++)
		assert_string_equal(reader_mark_name((enum reader_mark_kind)(i + 1)), stored[i]);
	assert_null(reader_mark_name((enum reader_mark_kind)0));
	assert_null(reader_mark_name(MARK_KIND_N));
	assert_null(reader_mark_name((enum reader_mark_kind) - 1));
	assert_int_equal(reader_mark_kind(STR(""), &k), ERR_FIELD_BAD);
	assert_int_equal(reader_mark_kind(STR("Shown"), &k), ERR_FIELD_BAD);
	assert_int_equal(reader_mark_kind(STR("shown\0"), &k), ERR_FIELD_BAD);
	assert_int_equal(k, MARK_SKIPPED);
}

static void counting(void **state)
{
	static const uint16_t two_months[][2] = {
		{100, 1}, {101, 2}, {110, 2}, {110, 3}, {111, 2}, {112, 1}, {112, 4}};
	struct str seen = list(two_months, ARRAY_N(two_months));

	(void)state;
	count_is((struct str){NULL, 0}, 0, 7, 0, 1);
	count_is(seen, 0, 1, 4, 1);
	count_is(seen, 0, 4, 4, 4);
	count_is(seen, 0, 9, 4, 5);
	/* article 1 was opened in the first month, and again in the second: its place is that of
	 * the second */
	count_is(seen, 110, 1, 4, 3);
	count_is(seen, 110, 2, 4, 1);
	count_is(seen, 111, 3, 3, 4);
	count_is(seen, 112, 4, 2, 2);
	count_is(seen, 113, 4, 0, 1);
	/* a cut last entry, the oldest, is none */
	count_is((struct str){seen.p, seen.n - 1}, 0, 1, 4, 3);
}

/* Topics, and views that were free: what a meter of some topics counts. */
static void counting_by_topic(void **state)
{
	enum { NEWS = 1, SPORT = 2, FREE = PAGE_FREE };
	static const struct {
		uint16_t day, topics, art;
	} views[] = {{10, NEWS, 1}, {10, SPORT, 2}, {11, NEWS | SPORT, 3}, {11, 0, 4},
		{12, NEWS | FREE, 5}, {12, FREE, 1}, {13, SPORT, 1}};
	static const struct {
		struct reader_window w;
		uint16_t art;
		struct reader_count c;
	} cases[] = {
		{{0, 0, false}, 5, {5, 5, true}},
		{{0, 0, true}, 5, {4, 0, true}}, /* free: read, and not counted */
		{{0, 0, true}, 1, {4, 1, true}}, /* free the second time, counted the first */
		{{0, NEWS, false}, 5, {3, 3, true}}, {{0, NEWS, true}, 5, {2, 0, true}},
		{{0, SPORT, false}, 1, {3, 3, true}}, {{0, NEWS | SPORT, true}, 4, {3, 4, false}},
		{{11, NEWS, true}, 1, {1, 2, false}}, /* free on the 12th, sport on the 13th */
		{{12, 0, true}, 1, {0, 0, true}},     /* free on the 12th, so on the 13th too */
		{{0, 4, false}, 1, {0, 1, false}},    /* a topic of nothing */
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_N(views); i++)
		reader_seen_pack(views[i].day, views[i].topics, views[i].art,
			mem + (ARRAY_N(views) - 1 - i) * READER_SEEN_BYTES);
	struct str all = {(const char *)mem, ARRAY_N(views) * READER_SEEN_BYTES};
	for (size_t i = 0; i < ARRAY_N(cases); i++) {
		struct reader_count c = count(all, cases[i].w, cases[i].art);
		if (c.n != cases[i].c.n || c.nth != cases[i].c.nth || c.known != cases[i].c.known)
			fail_msg("case %zu: %u %u %d", i, c.n, c.nth, c.known);
	}
}

/* Hashes that fall on one slot of the unpacker's table stay apart. */
static void articles_that_collide(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < READER_SEEN_MAX; i++)
		reader_seen_pack(7, 0, 512u * (READER_SEEN_MAX - i), mem + i * READER_SEEN_BYTES);
	struct str all = {(const char *)mem, READER_SEEN_MAX * READER_SEEN_BYTES};
	for (uint16_t i = 0; i < READER_SEEN_MAX; i++)
		count_is(all, 0, 512u * (i + 1u), READER_SEEN_MAX, i + 1u);
	count_is(all, 0, 512u * 9999u, READER_SEEN_MAX, READER_SEEN_MAX + 1);
}

static void a_full_list(void **state)
{
	(void)state;
	for (uint16_t i = 0; i < 400; i++)
		reader_seen_pack(500, 0, 400u - i, mem + i * READER_SEEN_BYTES);
	struct str full = {(const char *)mem + (400 - READER_SEEN_MAX) * READER_SEEN_BYTES,
		READER_SEEN_MAX * READER_SEEN_BYTES};
	count_is(full, 500, 1, READER_SEEN_MAX, 1);
	count_is(full, 500, READER_SEEN_MAX, READER_SEEN_MAX, READER_SEEN_MAX);
	count_is(full, 500, 9999, READER_SEEN_MAX, READER_SEEN_MAX + 1);
	/* longer than the store makes: the newest count */
	struct str more = {(const char *)mem, sizeof mem};
	count_is(more, 500, 1, READER_SEEN_MAX, READER_SEEN_MAX + 1);
	count_is(more, 500, 400, READER_SEEN_MAX, READER_SEEN_MAX);
	count_is(more, 500, 400 - READER_SEEN_MAX + 1, READER_SEEN_MAX, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_article_as_bytes),
		cmocka_unit_test(a_mark_as_bytes),
		cmocka_unit_test(marks_at_the_ends),
		cmocka_unit_test(marks_in_a_list),
		cmocka_unit_test(the_name_of_a_mark),
		cmocka_unit_test(names),
		cmocka_unit_test(counting),
		cmocka_unit_test(counting_by_topic),
		cmocka_unit_test(articles_that_collide),
		cmocka_unit_test(a_full_list),
	};

	return cmocka_run_group_tests_name("core_reader", tests, NULL, NULL);
}
