/* tests/bench/compare.c: does a comparison tell where the first difference is, by its time?
 *
 *   build/plain/bench/compare        prints t^2 of seal_equal, of a whole cookie that is refused
 * (seal_open) and, to show that the method sees something, of memcmp
 *
 * Two classes, in random order: the first byte differs, and the last one. t is Welch's, of the
 * faster half of each class (what the machine did beside it is in the slower one); beyond 10 either
 * way the classes are told apart. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/must.h"
#include "base/seal.h"

#define BYTES  1024
#define SHOTS  20000
#define ROUNDS 16 /* comparisons of one shot: the clock is coarse */

static uint8_t secret[BYTES], guess[2][BYTES];
static double shot[2][SHOTS];
static volatile int sink;

static int by_memcmp(const void *a, const void *b)
{
	return memcmp(a, b, BYTES) == 0;
}

static int by_seal(const void *a, const void *b)
{
	return seal_equal(a, b, BYTES);
}

static struct seal_ring ring;
static char cookie[2][512], sent[512];

/* The class is told by which guess it is handed. */
static int by_open(const void *a, const void *b)
{
	uint8_t out[256];
	size_t n;
	bool old;
	(void)a;
	memcpy(sent, cookie[b == guess[1]], sizeof sent); /* both at one place of the memory */
	return seal_open(&ring, "cookie", str_c(sent), out, sizeof out, &n, &old) == OK;
}

/* A cookie of ours, whose code is wrong in its first and in its last byte. */
static bool forge(void)
{
	static const char KEY[] =
		"k1:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\n";
	for (int i = 0; i < 2; i++) {
		struct buf b;
		buf_init(&b, cookie[i], sizeof cookie[i] - 1);
		if (seal_ring_parse(STR(KEY), &ring, NULL) != OK ||
			seal_sign(&ring, "cookie", secret, 36, &b) != OK)
			return false;
		/* 43 letters of 6 bits; the last one has 4 that count. Another one of its kind: how
		 * letters are decoded is no secret, and not what is measured */
		char *at = &cookie[i][buf_str(&b).n - (i == 0 ? 43 : 2)];
		if (*at == '-' || *at == '_')
			*at ^= '-' ^ '_';
		else
			*at = (char)(*at + (strchr("Zz9", *at) ? -1 : 1));
	}
	return true;
}

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static void moments(double *v, size_t n, double *mean, double *var)
{
	qsort(v, n, sizeof *v, by_size);
	size_t half = n / 2;
	*mean = *var = 0;
	for (size_t i = 0; i < half; i++)
		*mean += v[i] / (double)half;
	for (size_t i = 0; i < half; i++)
		*var += (v[i] - *mean) * (v[i] - *mean) / (double)(half - 1);
	*var = *var / (double)half + 1e-9;
}

static double t2_of(int (*equal)(const void *, const void *))
{
	size_t n[2] = {0, 0};
	while (n[0] < SHOTS || n[1] < SHOTS) {
		uint8_t byte;
		if (seal_random(&byte, 1) != OK)
			exit(2);
		size_t k = byte & 1;
		if (n[k] == SHOTS)
			continue;
		double from = now_ns();
		for (int i = 0; i < ROUNDS; i++)
			sink = sink + equal(secret, guess[k]);
		shot[k][n[k]++] = now_ns() - from;
	}
	double m[2], v[2];
	for (size_t k = 0; k < 2; k++)
		moments(shot[k], SHOTS, &m[k], &v[k]);
	return (m[0] - m[1]) * (m[0] - m[1]) / (v[0] + v[1]);
}

int main(void)
{
	if (seal_random(secret, sizeof secret) != OK || !forge())
		return 2;
	memcpy(guess[0], secret, sizeof secret);
	memcpy(guess[1], secret, sizeof secret);
	guess[0][0] ^= 1;
	guess[1][BYTES - 1] ^= 1;
	printf("seal_equal %.1f\n", t2_of(by_seal));
	printf("seal_open %.1f\n", t2_of(by_open));
	printf("memcmp %.1f\n", t2_of(by_memcmp));
	return 0;
}
