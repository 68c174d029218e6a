/* base/str.h: borrowed slices of text and what one asks of them.
 * Floor 0: pure. A struct str owns nothing; it lives as long as what it points into. */
#ifndef BASE_STR_H
#define BASE_STR_H

#include "base/err.h"

struct str {
	const char *p;
	size_t n;
}; /* p may be NULL when n is 0 */

#define STR(lit)   ((struct str){(lit), sizeof(lit) - 1}) /* literals only */
#define STR_FMT(s) (int)(s).n, (s).p ? (s).p : ""         /* for "%.*s" */

struct str str_c(const char *c); /* NULL gives the empty slice */
bool str_eq(struct str a, struct str b);
bool str_is(struct str a, const char *c);        /* a equals the C string */
bool str_eq_nocase(struct str a, struct str b);  /* ASCII only */
bool str_is_nocase(struct str a, const char *c); /* ASCII only */
bool str_starts(struct str a, const char *prefix);
struct str str_trim(struct str a); /* without spaces and tabs at both ends */

/* str_cut: take the part of *rest before the next c and step over c; whole rest when there is none.
 * False at the end, also after a last c: "a," is one part. */
bool str_cut(struct str *rest, char c, struct str *ret_part);

/* str_rune: the first character of a and its length in bytes; 0 when a is empty or does not begin
 * with UTF-8. */
size_t str_rune(struct str a, uint32_t *ret);
bool str_is_utf8(struct str a); /* RFC 3629: no overlong, no surrogates, no NUL */
/* True when every character is printable: no C0, C1, bidi or other format controls, valid UTF-8.
 * Newlines only if nl. */
bool str_is_clean(struct str a, bool nl);
/* True when all of a is in [A-Za-z0-9] or in extra. */
bool str_is_word(struct str a, const char *extra);

/* Decimal digits only, no sign, no space, no leading +. fails ERR_FIELD_BAD, ERR_RANGE (result
 * above max). */
MUST enum err str_u64(struct str a, uint64_t max, uint64_t *ret);

/* Hex (lower case) and base64url (RFC 4648, no padding). unpack: exact length known by the caller
 * through ret_n; strict alphabet; non-zero left-over bits are refused, so that each value has one
 * text. fails ERR_FIELD_BAD, ERR_TOO_LONG (cap). */
void str_hex(const uint8_t *in, size_t n, char *out); /* writes 2n + NUL, lower case */
MUST enum err str_unhex(struct str a, uint8_t *out, size_t cap, size_t *ret_n);
size_t str_b64(
	const uint8_t *in, size_t n, char *out); /* writes ceil(4n/3) + NUL; returns the length */
MUST enum err str_unb64(struct str a, uint8_t *out, size_t cap, size_t *ret_n);

/* str_copy: into a C string of cap bytes. fails ERR_TOO_LONG, ERR_BAD_UTF8 when a holds NUL; out is
 * then "". */
MUST enum err str_copy(struct str a, char *out, size_t cap);

#endif
