/* base/str.c: slices of text: comparing, cutting, checking, and the three alphabets. */
#include <string.h>

#include "base/str.h"

/* --- comparing and cutting ----------------------------------------------------------------- */

struct str str_c(const char *c)
{
	return c ? (struct str){c, strlen(c)} : (struct str){NULL, 0};
}

bool str_eq(struct str a, struct str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

bool str_is(struct str a, const char *c)
{
	return str_eq(a, str_c(c));
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool str_eq_nocase(struct str a, struct str b)
{
	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++)
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	return true;
}

bool str_is_nocase(struct str a, const char *c)
{
	return str_eq_nocase(a, str_c(c));
}

bool str_starts(struct str a, const char *prefix)
{
	struct str p = str_c(prefix);

	return a.n >= p.n && str_eq((struct str){a.p, p.n}, p);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct str str_trim(struct str a)
{
	while (a.n > 0 && is_blank(a.p[0]))
		a.p++, a.n--;
	while (a.n > 0 && is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

bool str_cut(struct str *rest, char c, struct str *ret_part)
{
	if (rest->n == 0)
		return false;
	const char *at = memchr(rest->p, c, rest->n);
	size_t n = at ? (size_t)(at - rest->p) : rest->n;
	size_t step = at ? n + 1 : n;

	*ret_part = (struct str){rest->p, n};
	rest->p += step;
	rest->n -= step;
	return true;
}

/* --- characters ---------------------------------------------------------------------------- */

size_t str_rune(struct str a, uint32_t *ret)
{
	static const uint32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *p = (const unsigned char *)a.p;

	if (a.n == 0)
		return 0;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xc0 ? 0 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n == 0 || p[0] >= 0xf8 || n > a.n)
		return 0;
	uint32_t r = n == 1 ? p[0] : p[0] & (0x7fu >> n);
	for (size_t i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		r = r << 6 | (p[i] & 0x3fu);
	}
	if (r < least[n] || r > 0x10ffff || (r >= 0xd800 && r <= 0xdfff))
		return 0;
	*ret = r;
	return n;
}

bool str_is_utf8(struct str a)
{
	uint32_t r;

	while (a.n > 0) {
		size_t n = str_rune(a, &r);
		if (n == 0 || r == 0)
			return false;
		a.p += n;
		a.n -= n;
	}
	return true;
}

/* Controls, Unicode's format characters (category Cf), line separators and non-characters below
 * the last plane; sorted. */
static const uint32_t unclean[][2] = {
	{0x0000, 0x001f},
	{0x007f, 0x009f},
	{0x00ad, 0x00ad},
	{0x0600, 0x0605},
	{0x061c, 0x061c},
	{0x06dd, 0x06dd},
	{0x070f, 0x070f},
	{0x0890, 0x0891},
	{0x08e2, 0x08e2},
	{0x180e, 0x180e},
	{0x200b, 0x200f},
	{0x2028, 0x202e},
	{0x2060, 0x206f},
	{0xfdd0, 0xfdef},
	{0xfeff, 0xfeff},
	{0xfff9, 0xfffb},
	{0x110bd, 0x110bd},
	{0x110cd, 0x110cd},
	{0x13430, 0x1343f},
	{0x1bca0, 0x1bca3},
	{0x1d173, 0x1d17a},
	{0xe0000, 0xe007f},
};

static bool is_clean_rune(uint32_t r)
{
	if ((r & 0xfffe) == 0xfffe)
		return false;
	for (size_t i = 0; i < ARRAY_N(unclean) && r >= unclean[i][0]; i++)
		if (r <= unclean[i][1])
			return false;
	return true;
}

bool str_is_clean(struct str a, bool nl)
{
	uint32_t r;

	while (a.n > 0) {
		size_t n = str_rune(a, &r);
		if (n == 0 || !((nl && r == '\n') || is_clean_rune(r)))
			return false;
		a.p += n;
		a.n -= n;
	}
	return true;
}

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool str_is_word(struct str a, const char *extra)
{
	for (size_t i = 0; i < a.n; i++)
		if (a.p[i] == 0 || !(is_alnum(a.p[i]) || strchr(extra, a.p[i])))
			return false;
	return true;
}

/* --- numbers, hex, base64url --------------------------------------------------------------- */

enum err str_u64(struct str a, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;
	bool over = false;

	if (a.n == 0)
		return ERR_FIELD_BAD;
	for (size_t i = 0; i < a.n; i++) {
		if (a.p[i] < '0' || a.p[i] > '9')
			return ERR_FIELD_BAD;
		over |= __builtin_mul_overflow(v, 10u, &v);
		over |= __builtin_add_overflow(v, (uint64_t)(a.p[i] - '0'), &v);
	}
	if (over || v > max)
		return ERR_RANGE;
	*ret = v;
	return OK;
}

static int digit16(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void str_hex(const uint8_t *in, size_t n, char *out)
{
	for (size_t i = 0; i < n; i++) {
		*out++ = "0123456789abcdef"[in[i] >> 4];
		*out++ = "0123456789abcdef"[in[i] & 15];
	}
	*out = 0;
}

enum err str_unhex(struct str a, uint8_t *out, size_t cap, size_t *ret_n)
{
	if (a.n % 2 != 0)
		return ERR_FIELD_BAD;
	for (size_t i = 0; i < a.n; i++)
		if (digit16(a.p[i]) < 0)
			return ERR_FIELD_BAD;
	if (a.n / 2 > cap)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < a.n / 2; i++)
		out[i] = (uint8_t)(digit16(a.p[2 * i]) * 16 + digit16(a.p[2 * i + 1]));
	*ret_n = a.n / 2;
	return OK;
}

static const char alphabet64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* What each character from the space on is worth; NO, and all others, are no digits. */
#define NO 255
/* clang-format off */
static const uint8_t digits64[96] = {
	NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, NO, 62, NO, NO,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, NO, NO, NO, NO, NO, NO,
	NO,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, NO, NO, NO, NO, 63,
	NO, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, NO, NO, NO, NO, NO,
};
/* clang-format on */

static uint8_t digit64(char c)
{
	unsigned at = (unsigned)(unsigned char)c - ' ';
	return at < sizeof digits64 ? digits64[at] : NO;
}
#undef NO

size_t str_b64(const uint8_t *in, size_t n, char *out)
{
	char *at = out;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | in[i]) & 0xffff;
		for (have += 8; have >= 6; have -= 6)
			*at++ = alphabet64[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*at++ = alphabet64[bits << (6 - have) & 63];
	*at = 0;
	return (size_t)(at - out);
}

enum err str_unb64(struct str a, uint8_t *out, size_t cap, size_t *ret_n)
{
	size_t left = a.n % 4, bytes = a.n / 4 * 3 + (left ? left - 1 : 0), n = 0;
	uint32_t bits = 0;
	unsigned have = 0;

	uint8_t any = 0;

	for (size_t i = 0; i < a.n; i++)
		any |= digit64(a.p[i]);
	/* 6 spare bits mean a lone character; 2 or 4 must be zero */
	if (any > 63 || left == 1 || (left && digit64(a.p[a.n - 1]) & (left == 2 ? 15 : 3)))
		return ERR_FIELD_BAD;
	if (bytes > cap)
		return ERR_TOO_LONG;
	for (size_t i = 0; i < a.n; i++) {
		bits = (bits << 6 | digit64(a.p[i])) & 0xffff;
		have += 6;
		if (have >= 8)
			out[n++] = (uint8_t)(bits >> (have -= 8));
	}
	*ret_n = bytes;
	return OK;
}

enum err str_copy(struct str a, char *out, size_t cap)
{
	enum err e = a.n >= cap ? ERR_TOO_LONG : OK;

	if (a.n > 0 && memchr(a.p, 0, a.n))
		e = ERR_BAD_UTF8;
	if (cap == 0)
		return e;
	if (e == OK && a.n > 0)
		memcpy(out, a.p, a.n);
	out[e == OK ? a.n : 0] = 0;
	return e;
}
