/* base/arena.c: one block, handed out from its start. */
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define UNPOISON(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define POISON(p, n)   ((void)(p), (void)(n))
#define UNPOISON(p, n) ((void)(p), (void)(n))
#endif

#define ALIGN _Alignof(max_align_t)

enum err arena_init(struct arena *a, size_t cap_bytes)
{
	*a = (struct arena){0};
	if (cap_bytes == 0)
		return ERR_NO_MEMORY;
	a->mem = malloc(cap_bytes);
	if (!a->mem)
		return ERR_NO_MEMORY;
	a->cap = cap_bytes;
	POISON(a->mem, a->cap);
	return OK;
}

void arena_fini(struct arena *a)
{
	if (a->mem)
		UNPOISON(a->mem, a->cap);
	free(a->mem);
	*a = (struct arena){0};
}

void arena_reset(struct arena *a)
{
	if (a->mem)
		POISON(a->mem, a->cap);
	a->used = 0;
}

void *arena_alloc(struct arena *a, size_t n)
{
	size_t whole = n ? (n + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;

	if (a->fail_in > 0 && --a->fail_in == 0)
		return NULL;
	if (whole < n || whole > a->cap - a->used)
		return NULL;
	void *p = a->mem + a->used;
	a->used += whole;
	if (a->used > a->peak)
		a->peak = a->used;
	UNPOISON(p, n);
	memset(p, 0, n);
	return p;
}

char *arena_cstr(struct arena *a, struct str s)
{
	char *p = s.n < SIZE_MAX ? arena_alloc(a, s.n + 1) : NULL;

	if (p && s.n > 0)
		memcpy(p, s.p, s.n);
	return p;
}

enum err arena_dup(struct arena *a, struct str s, struct str *ret)
{
	char *p = arena_cstr(a, s);

	if (!p)
		return ERR_NO_MEMORY;
	*ret = (struct str){p, s.n};
	return OK;
}

void arena_fail_at(struct arena *a, long n)
{
	a->fail_in = n;
}
