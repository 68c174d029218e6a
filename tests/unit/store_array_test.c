/* tests/unit/store_array_test.c: PostgreSQL's binary form of arrays, byte for byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "store/array.h"

static void is_bytes(const struct array *a, const uint8_t *want, size_t n)
{
	assert_int_equal(a->n, n);
	assert_memory_equal(a->p, want, n);
}

static void empty_has_no_dimensions(void **state)
{
	static const uint8_t want[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x0b, 0x86};
	struct array a = {0};

	(void)state;
	array_start(&a, ARRAY_UUID);
	assert_int_equal(array_end(&a), OK);
	is_bytes(&a, want, sizeof want);
	array_fini(&a);
	assert_null(a.p);
}

static void integers(void **state)
{
	static const uint8_t want2[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 3, 0, 0, 0, 1,
		0, 0, 0, 2, 0x7f, 0xff, 0, 0, 0, 2, 0x80, 0, 0, 0, 0, 2, 0xff, 0xff};
	static const uint8_t want4[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 23, 0, 0, 0, 1, 0, 0, 0, 1,
		0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff};
	static const uint8_t want8[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 0xa0, 0, 0, 0, 2, 0, 0, 0,
		1, 0, 0, 0, 8, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
	struct array a = {0};

	(void)state;
	array_start(&a, ARRAY_INT2);
	array_int(&a, INT16_MAX, 2);
	array_int(&a, INT16_MIN, 2);
	array_int(&a, -1, 2);
	assert_int_equal(array_end(&a), OK);
	is_bytes(&a, want2, sizeof want2);
	array_start(&a, ARRAY_INT4);
	array_int(&a, -1, 4);
	assert_int_equal(array_end(&a), OK);
	is_bytes(&a, want4, sizeof want4);
	array_start(&a, ARRAY_TIMESTAMPTZ);
	array_int(&a, INT64_MIN, 8);
	array_int(&a, INT64_C(0x0102030405060708), 8);
	assert_int_equal(array_end(&a), OK);
	is_bytes(&a, want8, sizeof want8);
	array_fini(&a);
}

static void texts(void **state)
{
	static const uint8_t want[] = {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 3, 0, 0, 0, 1,
		0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 3, 'c', 0, 'd'};
	struct array a = {0};

	(void)state;
	array_start(&a, ARRAY_TEXT);
	array_raw(&a, "ab", 2);
	array_raw(&a, NULL, 0);
	array_raw(&a, "c\0d", 3);
	assert_int_equal(array_end(&a), OK);
	is_bytes(&a, want, sizeof want);
	array_fini(&a);
}

/* The same memory holds one batch after the other; nothing of a longer one stays. */
static void again_and_again(void **state)
{
	struct array a = {0};
	uint8_t uuid[16];

	(void)state;
	memset(uuid, 7, sizeof uuid);
	for (size_t n = 3000; n > 0; n /= 3) {
		array_start(&a, ARRAY_UUID);
		for (size_t i = 0; i < n; i++)
			array_raw(&a, uuid, sizeof uuid);
		assert_int_equal(array_end(&a), OK);
		assert_int_equal(a.n, 20 + n * 20);
		assert_int_equal(a.count, n);
		assert_int_equal(a.p[14] * 256 + a.p[15], n);
		for (size_t i = 0; i < n; i++)
			assert_memory_equal(a.p + 20 + i * 20 + 4, uuid, sizeof uuid);
	}
	array_fini(&a);
}

static void too_much_is_remembered(void **state)
{
	static uint8_t half[ARRAY_BYTES_MAX / 2];
	struct array a = {0};

	(void)state;
	array_start(&a, ARRAY_BYTEA);
	array_raw(&a, half, sizeof half);
	assert_false(a.failed);
	array_raw(&a, half, sizeof half);
	assert_true(a.failed);
	array_raw(&a, "x", 1);
	assert_int_equal(a.count, 1);
	assert_int_equal(array_end(&a), ERR_NO_MEMORY);
	/* and forgotten with the next start */
	array_start(&a, ARRAY_BYTEA);
	array_raw(&a, "x", 1);
	assert_int_equal(array_end(&a), OK);
	assert_int_equal(a.n, 25);
	array_fini(&a);
}

/* Up to the last byte. */
static void the_limit(void **state)
{
	static uint8_t bytes[ARRAY_BYTES_MAX];
	struct array a = {0};

	(void)state;
	array_start(&a, ARRAY_BYTEA);
	array_raw(&a, bytes, sizeof bytes - 24);
	assert_int_equal(array_end(&a), OK);
	assert_int_equal(a.n, ARRAY_BYTES_MAX);
	array_start(&a, ARRAY_BYTEA);
	array_raw(&a, bytes, sizeof bytes - 23);
	assert_int_equal(array_end(&a), ERR_NO_MEMORY);
	array_fini(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_has_no_dimensions),
		cmocka_unit_test(integers),
		cmocka_unit_test(texts),
		cmocka_unit_test(again_and_again),
		cmocka_unit_test(too_much_is_remembered),
		cmocka_unit_test(the_limit),
	};

	return cmocka_run_group_tests_name("store_array", tests, NULL, NULL);
}
