/* 128-bit names, with the examples of RFC 9562. Random bytes are planned here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/seal.h"
#include "base/uuid.h"

static uint8_t planned[16];
static enum err planned_err;

/* in place of seal.c, which is then not linked */
enum err seal_random(void *out, size_t n)
{
	assert_int_equal(n, sizeof planned);
	if (planned_err == OK)
		memcpy(out, planned, n);
	return planned_err;
}

static void is(const struct uuid *u, const char *want)
{
	char text[37];

	uuid_format(u, text);
	assert_string_equal(text, want);
}

static void version_4(void **state)
{
	struct uuid u;

	(void)state;
	planned_err = OK;
	memset(planned, 0xff, 16);
	assert_int_equal(uuid_new4(&u), OK);
	is(&u, "ffffffff-ffff-4fff-bfff-ffffffffffff");
	memset(planned, 0, 16);
	assert_int_equal(uuid_new4(&u), OK);
	is(&u, "00000000-0000-4000-8000-000000000000");
	assert_false(uuid_is_nil(&u));
}

static void version_7(void **state)
{
	static const struct {
		int64_t us;
		uint8_t random;
		const char *want;
	} rows[] = {
		{1645557742000000, 0xff, "017f22e2-79b0-7fff-bfff-ffffffffffff"},
		{1645557742000999, 0x00, "017f22e2-79b0-7000-8000-000000000000"},
		{0, 0x00, "00000000-0000-7000-8000-000000000000"},
		{-5, 0x00, "00000000-0000-7000-8000-000000000000"},
	};
	struct uuid u;

	(void)state;
	planned_err = OK;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		memset(planned, rows[i].random, 16);
		assert_int_equal(uuid_new7((utc_t){rows[i].us}, &u), OK);
		is(&u, rows[i].want);
	}
}

static void no_random_bytes(void **state)
{
	struct uuid u = {{7}};

	(void)state;
	planned_err = ERR_IO;
	assert_int_equal(uuid_new4(&u), ERR_IO);
	assert_int_equal(uuid_new7(utc_of_s(1), &u), ERR_IO);
	assert_int_equal(u.b[0], 7);
}

static void reading(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"919108f7-52d1-4320-9bac-f847db4148a8", "919108f7-52d1-4320-9bac-f847db4148a8"},
		{"017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"},
		{"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000000"},
	};
	struct uuid u;

	(void)state;
	for (size_t i = 0; i < ARRAY_N(rows); i++) {
		assert_int_equal(uuid_parse(str_c(rows[i].in), &u), OK);
		is(&u, rows[i].out);
		assert_int_equal(uuid_is_nil(&u), i == 2);
	}
	u = (struct uuid){.b[15] = 1};
	assert_false(uuid_is_nil(&u));
}

static void what_is_no_uuid(void **state)
{
	static const struct str bad[] = {
		STR(""),
		STR("919108f752d143209bacf847db4148a8"),
		STR("919108f7-52d1-4320-9bac-f847db4148a"),
		STR("919108f7-52d1-4320-9bac-f847db4148a88"),
		STR("{919108f7-52d1-4320-9bac-f847db4148a8}"),
		STR("919108f7-52d1-4320-9bac-f847db4148ag"),
		STR("919108f7-52d1-4320-9bac_f847db4148a8"),
		STR("919108f75-2d1-4320-9bac-f847db4148a8"),
		STR("919108f7-52d1-4320-9bac-f847db4148a\0"),
		STR("919108f7-52d1-4320-9bac-f847db4148 8"),
		STR("-19108f7-52d1-4320-9bac-f847db4148a8"),
	};
	struct uuid u = {{7}};

	(void)state;
	for (size_t i = 0; i < ARRAY_N(bad); i++)
		assert_int_equal(uuid_parse(bad[i], &u), ERR_FIELD_BAD);
	assert_int_equal(u.b[0], 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(version_4),
		cmocka_unit_test(version_7),
		cmocka_unit_test(no_random_bytes),
		cmocka_unit_test(reading),
		cmocka_unit_test(what_is_no_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
