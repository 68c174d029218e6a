/* base/arena.h: the memory of one request: one block with a hard cap, given back in one step.
 * Floor 0. Poisoned for AddressSanitizer when free. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/str.h"

struct arena {
	uint8_t *mem;
	size_t cap, used, peak;
	long fail_in;
};

MUST enum err arena_init(struct arena *a, size_t cap_bytes); /* one malloc; fails ERR_NO_MEMORY */
void arena_fini(struct arena *a);
void arena_reset(struct arena *a);

/* n bytes aligned for any type, zeroed. NULL when the cap is reached or the planned failure
 * strikes. */
MUST void *arena_alloc(struct arena *a, size_t n);
MUST char *arena_cstr(struct arena *a, struct str s); /* copy with NUL; NULL as above */
MUST enum err arena_dup(struct arena *a, struct str s, struct str *ret); /* fails ERR_NO_MEMORY */

/* Tests: make the n-th allocation from now fail (1 = the next), 0 switches off. */
void arena_fail_at(struct arena *a, long n);

#endif
