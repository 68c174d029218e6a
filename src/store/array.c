/* store/array.c: header (dimensions, flags, type, length, lower bound), then length and bytes of
 * each element. */
#include <stdlib.h>
#include <string.h>

#include "store/array.h"

static bool room(struct array *a, size_t n)
{
	if (a->failed || n > ARRAY_BYTES_MAX - a->n) {
		a->failed = true;
		return false;
	}
	if (a->n + n <= a->cap)
		return true;
	size_t cap = a->cap ? a->cap : 1024;
	while (cap < a->n + n)
		cap *= 2;
	uint8_t *p = realloc(a->p, cap);
	if (!p) {
		a->failed = true;
		return false;
	}
	a->p = p;
	a->cap = cap;
	return true;
}

static void put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)(v >> 24);
	p[1] = (uint8_t)(v >> 16);
	p[2] = (uint8_t)(v >> 8);
	p[3] = (uint8_t)v;
}

void array_start(struct array *a, enum array_type t)
{
	a->n = 0;
	a->count = 0;
	a->failed = false;
	if (!room(a, 20))
		return;
	put32(a->p, 1);
	put32(a->p + 4, 0);
	put32(a->p + 8, (uint32_t)t);
	put32(a->p + 12, 0);
	put32(a->p + 16, 1);
	a->n = 20;
}

void array_fini(struct array *a)
{
	free(a->p);
	memset(a, 0, sizeof *a);
}

void array_raw(struct array *a, const void *p, size_t n)
{
	if (!room(a, n + 4))
		return;
	put32(a->p + a->n, (uint32_t)n);
	if (n > 0)
		memcpy(a->p + a->n + 4, p, n);
	a->n += n + 4;
	a->count++;
}

void array_int(struct array *a, int64_t v, size_t size)
{
	uint8_t b[8];
	for (size_t i = 0; i < size; i++)
		b[i] = (uint8_t)((uint64_t)v >> (8 * (size - 1 - i)));
	array_raw(a, b, size);
}

enum err array_end(struct array *a)
{
	if (a->failed)
		return ERR_NO_MEMORY;
	if (a->count == 0) { /* an empty array has no dimensions */
		put32(a->p, 0);
		a->n = 12;
		return OK;
	}
	put32(a->p + 12, a->count);
	return OK;
}
