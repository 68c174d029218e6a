/* core/bytes.h: numbers as big-endian bytes, for what is stored and what is signed.
 * Floor 1: pure. n is 1 to 8; the caller has that many bytes. */
#ifndef CORE_BYTES_H
#define CORE_BYTES_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Write the low n bytes of v at p and return the place behind them. */
static inline uint8_t *bytes_put(uint8_t *p, size_t n, uint64_t v)
{
	for (size_t i = n; i > 0; i--, v >>= 8)
		p[i - 1] = (uint8_t)v;
	return p + n;
}

/* Read n bytes at *p and step over them. */
static inline uint64_t bytes_get(const uint8_t **p, size_t n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v << 8 | *(*p)++;
	return v;
}

/* Eight bytes at p as one number, p anywhere. */
static inline uint64_t bytes_u64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? __builtin_bswap64(v) : v;
}

#endif
