/* store/array.h: PostgreSQL's binary form of one-dimensional arrays, built again and again in the
 * same memory. Floor 2. */
#ifndef STORE_ARRAY_H
#define STORE_ARRAY_H

#include "base/str.h"

#define ARRAY_BYTES_MAX (16u << 20)

/* Element types that view_batch takes, with their OIDs. */
enum array_type {
	ARRAY_INT2 = 21,
	ARRAY_INT4 = 23,
	ARRAY_INT8 = 20,
	ARRAY_TEXT = 25,
	ARRAY_BYTEA = 17,
	ARRAY_UUID = 2950,
	ARRAY_TIMESTAMPTZ = 1184
};

struct array {
	uint8_t *p;
	size_t n, cap;
	uint32_t count;
	bool failed;
};

/* array_start: empty, keeping the memory. array_fini: give it back. */
void array_start(struct array *a, enum array_type t);
void array_fini(struct array *a);
/* Elements. Integers are written in size bytes (2, 4, 8). Out of memory or over the maximum:
 * remembered in a->failed. */
void array_int(struct array *a, int64_t v, size_t size);
void array_raw(struct array *a, const void *p, size_t n);
/* array_end: write the count; the bytes are then a->p, a->n. fails ERR_NO_MEMORY */
MUST enum err array_end(struct array *a);

/* timestamptz counts microseconds from 2000-01-01 */
#define ARRAY_PG_EPOCH_US INT64_C(946684800000000)

#endif
