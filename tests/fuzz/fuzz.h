/* tests/fuzz/fuzz.h: what the targets share (case 86). A target is one function over bytes; it must
 * not crash, leak, read too far, nor break a promise: CHECK ends the program like a crash. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                                                \
	((cond) ? (void)0                                                                          \
		: (fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #cond), abort()))

/* One arena for all inputs, emptied (and poisoned) for each. */
static inline struct arena *fuzz_arena(void)
{
	static struct arena a;

	if (!a.mem)
		CHECK(arena_init(&a, 1 << 20) == OK);
	arena_reset(&a);
	arena_fail_at(&a, 0);
	return &a;
}

#endif
