/* The arena: aligned, zeroed, capped, reset in one step, and able to fail at any allocation. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

/* so that a malloc that is too large returns NULL as it does elsewhere */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}
#endif

static void memory_is_aligned_and_zeroed(void **state)
{
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a, 4096), OK);
	for (int round = 0; round < 2; round++) {
		for (size_t n = 1; n < 40; n++) {
			unsigned char *p = arena_alloc(&a, n);
			assert_non_null(p);
			assert_int_equal((uintptr_t)p % _Alignof(max_align_t), 0);
			for (size_t i = 0; i < n; i++)
				assert_int_equal(p[i], 0);
			memset(p, 0xee, n);
		}
		arena_reset(&a);
		assert_int_equal(a.used, 0);
	}
	assert_true(a.peak > 0 && a.peak <= a.cap);
	arena_fini(&a);
}

static void the_cap_is_hard(void **state)
{
	static const size_t huge[] = {
		65, 1000, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 15, SIZE_MAX / 2};
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a, 64), OK);
	for (size_t i = 0; i < ARRAY_N(huge); i++)
		assert_null(arena_alloc(&a, huge[i]));
	assert_int_equal(a.used, 0);
	assert_non_null(arena_alloc(&a, 64));
	assert_null(arena_alloc(&a, 1));
	assert_null(arena_alloc(&a, 0));
	arena_reset(&a);
	void *p = arena_alloc(&a, 0), *q = arena_alloc(&a, 0);
	assert_non_null(p);
	assert_ptr_not_equal(p, q);
	arena_fini(&a);
}

static void text_is_copied(void **state)
{
	struct arena a;
	struct str got = STR("unset");

	(void)state;
	assert_int_equal(arena_init(&a, 64), OK);
	assert_string_equal(arena_cstr(&a, STR("abc")), "abc");
	assert_string_equal(arena_cstr(&a, (struct str){NULL, 0}), "");
	assert_int_equal(arena_dup(&a, STR("a\0b"), &got), OK);
	assert_true(str_eq(got, STR("a\0b")));
	struct str same = got;
	assert_int_equal(arena_dup(&a, STR("seventeen bytes !"), &got), ERR_NO_MEMORY);
	assert_true(str_eq(got, same));
	assert_null(arena_cstr(&a, (struct str){"", SIZE_MAX}));
	arena_fini(&a);
}

/* A caller of three allocations, as a handler is. */
static enum err three(struct arena *a)
{
	struct str s;

	if (!arena_alloc(a, 10) || !arena_cstr(a, STR("x")))
		return ERR_NO_MEMORY;
	return arena_dup(a, STR("y"), &s);
}

static void it_fails_at_each_allocation(void **state)
{
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a, 4096), OK);
	for (long n = 1; n <= 4; n++) {
		arena_reset(&a);
		arena_fail_at(&a, n);
		assert_int_equal(three(&a), n <= 3 ? ERR_NO_MEMORY : OK);
	}
	arena_reset(&a);
	arena_fail_at(&a, 1);
	assert_null(arena_alloc(&a, 1));
	assert_non_null(arena_alloc(&a, 1));
	arena_fail_at(&a, 1);
	arena_fail_at(&a, 0);
	assert_int_equal(three(&a), OK);
	arena_fini(&a);
}

static void no_memory_at_the_start(void **state)
{
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a, SIZE_MAX / 2), ERR_NO_MEMORY);
	assert_null(arena_alloc(&a, 1));
	arena_reset(&a);
	arena_fini(&a);
	assert_int_equal(arena_init(&a, 0), ERR_NO_MEMORY);
	arena_fini(&a);
	arena_fini(&a);
}

#ifdef __SANITIZE_ADDRESS__
static void what_is_free_is_poisoned(void **state)
{
	struct arena a;

	(void)state;
	assert_int_equal(arena_init(&a, 256), OK);
	assert_true(__asan_address_is_poisoned(a.mem));
	char *p = arena_alloc(&a, 10);
	assert_false(__asan_address_is_poisoned(p + 9));
	assert_true(__asan_address_is_poisoned(p + 10));
	arena_reset(&a);
	assert_true(__asan_address_is_poisoned(p));
	arena_fini(&a);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_aligned_and_zeroed),
		cmocka_unit_test(the_cap_is_hard),
		cmocka_unit_test(text_is_copied),
		cmocka_unit_test(it_fails_at_each_allocation),
		cmocka_unit_test(no_memory_at_the_start),
#ifdef __SANITIZE_ADDRESS__
		cmocka_unit_test(what_is_free_is_poisoned),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
