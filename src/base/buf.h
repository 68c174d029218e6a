/* base/buf.h: a text builder with a fixed capacity. Overflow is remembered, never a cut that looks
 * whole. Floor 0. The memory belongs to the caller (stack, arena). */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include "base/str.h"

struct buf {
	char *p;
	size_t n, cap;
	bool over;
};

void buf_init(struct buf *b, char *mem, size_t cap);
#define BUF_ON(name, size)                                                                         \
	char name##_mem[size];                                                                     \
	struct buf name;                                                                           \
	buf_init(&name, name##_mem, sizeof name##_mem)

void buf_add(struct buf *b, struct str s);
void buf_addc(struct buf *b, const char *c);
void buf_byte(struct buf *b, char c);
/* needs one byte of room more than the text, for printf's NUL */
void buf_addf(struct buf *b, const char *fmt, ...) PRINTFLIKE(2, 3);
/* "…" with quotes; also escapes < > &, breaks of lines and marks of direction, so it may stand in
 * HTML and in a log; what is not UTF-8 becomes U+FFFD */
void buf_json(struct buf *b, struct str s);
void buf_html(struct buf *b, struct str s); /* & < > " ' escaped: text and quoted attributes */
void buf_url(struct buf *b, struct str s);  /* percent-encoded but for A-Za-z0-9-._~ : %20, not + */

struct str buf_str(const struct buf *b);
MUST enum err buf_done(const struct buf *b); /* OK, or ERR_TOO_LONG if anything did not fit */

#endif
