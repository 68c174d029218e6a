/* Time: three types, RFC 3339 both ways, every date that does not exist. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/clock.h"

#define S INT64_C(1000000)

/* back: format gives this text again */
static const struct {
	const char *text;
	int64_t us;
	bool back;
} good[] = {
	{"1970-01-01T00:00:00Z", 0, true},
	{"1970-01-01T00:00:00.000001Z", 1, true},
	{"2026-11-23T20:30:00.123456Z", 1795465800 * S + 123456, true},
	{"2000-02-29T23:59:59Z", 951868799 * S, true},
	{"2024-02-29T00:00:00Z", 1709164800 * S, true},
	{"2038-01-19T03:14:08Z", 2147483648 * S, true},
	{"9999-12-31T23:59:59.999999Z", 253402300799 * S + 999999, true},
	{"2026-11-23t20:30:00z", 1795465800 * S, false},
	{"2026-11-23T20:30:00.1Z", 1795465800 * S + 100000, false},
	{"2026-11-23T20:30:00.1234569999999999Z", 1795465800 * S + 123456, false},
	{"2026-11-23T21:30:00+01:00", 1795465800 * S, false},
	{"2026-11-24T02:00:00.5+05:30", 1795465800 * S + 500000, false},
	{"2026-11-23T12:30:00-08:00", 1795465800 * S, false},
	{"2026-11-23T20:30:00-00:00", 1795465800 * S, false},
	{"1969-12-31T23:00:00-01:00", 0, false},
	{"1970-01-01T23:59:00+23:59", 0, false},
	{"1971-01-01T00:00:00+00:00", 31536000 * S, false},
};

static const char *const bad[] = {
	"",
	"Z",
	"2026-11-23",
	"2026-11-23T20:30:00",
	"2026-11-23 20:30:00Z",
	"2026-11-23T20:30Z",
	"2026-11-23T20:30:00.Z",
	"2026-11-23T20:30:00,5Z",
	"2026-11-23T20:30:00ZZ",
	"2026-11-23T20:30:00Z ",
	" 2026-11-23T20:30:00Z",
	"2026-11-23T20:30:00+0100",
	"2026-11-23T20:30:00+01",
	"2026-11-23T20:30:00+24:00",
	"2026-11-23T20:30:00+01:60",
	"2026-11-23T20:30:00+01:00x",
	"2026-11-23T20:30:00+",
	"2026-13-01T00:00:00Z",
	"2026-00-01T00:00:00Z",
	"2026-01-00T00:00:00Z",
	"2026-01-32T00:00:00Z",
	"2026-04-31T00:00:00Z",
	"2023-02-29T00:00:00Z",
	"2100-02-29T00:00:00Z",
	"2024-02-30T00:00:00Z",
	"2026-11-23T24:00:00Z",
	"2026-11-23T20:60:00Z",
	"2016-12-31T23:59:60Z",
	"1969-12-31T23:59:59Z",
	"1970-01-01T00:00:00+00:01",
	"9999-12-31T23:59:59-00:01",
	"10000-01-01T00:00:00Z",
	"+026-11-23T20:30:00Z",
	"2026-1-23T20:30:00Z",
	"2026-11-23T20:30:0Z",
	"0000-01-01T00:00:00Z",
	"-999-01-01T00:00:00Z",
	"2026-11-2 T20:30:00Z",
	"20261123T203000Z",
};

static void dates_that_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_N(good); i++) {
		utc_t t = {-1};
		if (clock_parse(str_c(good[i].text), &t) != OK || t.us != good[i].us)
			fail_msg("%s is read as %lld", good[i].text, (long long)t.us);
		BUF_ON(b, 64);
		clock_format(&b, t);
		assert_int_equal(buf_done(&b), OK);
		assert_int_equal(str_is(buf_str(&b), good[i].text), good[i].back);
	}
}

static void dates_that_are_not(void **state)
{
	utc_t t = {-1};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		if (clock_parse(str_c(bad[i]), &t) != ERR_FIELD_BAD)
			fail_msg("%s is taken", bad[i]);
	assert_int_equal(clock_parse((struct str){NULL, 0}, &t), ERR_FIELD_BAD);
	assert_int_equal(clock_parse(STR("2026-11-23T20:30:00\0Z"), &t), ERR_FIELD_BAD);
	assert_int_equal(t.us, -1);
}

/* Every cut of a good date is a bad one. */
static void half_a_date(void **state)
{
	struct str whole = STR("2026-11-23T21:30:00.25+01:00");
	utc_t t;

	(void)state;
	assert_int_equal(clock_parse(whole, &t), OK);
	for (size_t n = 0; n < whole.n; n++)
		assert_int_equal(clock_parse((struct str){whole.p, n}, &t), ERR_FIELD_BAD);
}

static void every_day_of_four_centuries(void **state)
{
	(void)state;
	for (int64_t day = 0; day < 146097; day++) {
		utc_t t = utc_of_s(day * 86400 + day % 86400), back;
		BUF_ON(b, 64);
		clock_format(&b, t);
		assert_int_equal(clock_parse(buf_str(&b), &back), OK);
		assert_int_equal(back.us, t.us);
	}
}

static void times_beyond_the_text(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} rows[] = {
		{-1, "1969-12-31T23:59:59.999999Z"},
		{-1 * S, "1969-12-31T23:59:59Z"},
		{-62167219200 * S, "0000-01-01T00:00:00Z"},
		{-62167219200 * S - 1, NULL},
		{253402300800 * S, NULL},
		{INT64_MAX, NULL},
		{INT64_MIN + S, NULL},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		BUF_ON(b, 64);
		clock_format(&b, (utc_t){rows[i].us});
		assert_int_equal(buf_done(&b), rows[i].text ? OK : ERR_TOO_LONG);
		if (rows[i].text)
			assert_true(str_is(buf_str(&b), rows[i].text));
	}
	BUF_ON(small, 12);
	clock_format(&small, utc_of_s(0));
	assert_int_equal(buf_done(&small), ERR_TOO_LONG);
}

static void small_arithmetic(void **state)
{
	(void)state;
	assert_int_equal(utc_s((utc_t){1999999}), 1);
	assert_int_equal(utc_s((utc_t){0}), 0);
	assert_int_equal(utc_s((utc_t){-1}), -1);
	assert_int_equal(utc_s((utc_t){-1000000}), -1);
	assert_int_equal(utc_s((utc_t){-1000001}), -2);
	assert_int_equal(utc_s((utc_t){INT64_MIN}), INT64_C(-9223372036855));
	assert_int_equal(utc_s((utc_t){INT64_MAX}), INT64_C(9223372036854));
	assert_int_equal(dur_ms(3).us, 3000);
	mono_t now = {5000000}, end = mono_add(now, dur_ms(2));
	assert_int_equal(mono_left_ms(end, now), 2);
	assert_int_equal(mono_left_ms(end, (mono_t){now.us + 1}), 2);
	assert_int_equal(mono_left_ms(end, (mono_t){end.us - 1}), 1);
	assert_int_equal(mono_left_ms(end, end), 0);
	assert_int_equal(mono_left_ms(end, (mono_t){end.us + 1}), 0);
}

static void the_clocks_run(void **state)
{
	utc_t lowest;

	(void)state;
	assert_int_equal(clock_parse(STR("2024-01-01T00:00:00Z"), &lowest), OK);
	assert_true(clock_utc().us > lowest.us);
	mono_t a = clock_mono(), b = clock_mono();
	assert_true(b.us >= a.us);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_that_are_read),
		cmocka_unit_test(dates_that_are_not),
		cmocka_unit_test(half_a_date),
		cmocka_unit_test(every_day_of_four_centuries),
		cmocka_unit_test(times_beyond_the_text),
		cmocka_unit_test(small_arithmetic),
		cmocka_unit_test(the_clocks_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
