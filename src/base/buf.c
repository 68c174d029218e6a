/* base/buf.c: building text, and the three escapings that pledged writes. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

void buf_init(struct buf *b, char *mem, size_t cap)
{
	*b = (struct buf){.p = mem, .cap = cap};
}

void buf_add(struct buf *b, struct str s)
{
	if (b->over || s.n > b->cap - b->n) {
		b->over = true;
		return;
	}
	if (s.n > 0)
		memcpy(b->p + b->n, s.p, s.n);
	b->n += s.n;
}

void buf_addc(struct buf *b, const char *c)
{
	buf_add(b, str_c(c));
}

void buf_byte(struct buf *b, char c)
{
	buf_add(b, (struct str){&c, 1});
}

void buf_addf(struct buf *b, const char *fmt, ...)
{
	size_t room = b->cap - b->n;
	va_list ap;

	if (b->over)
		return;
	va_start(ap, fmt);
	int n = vsnprintf(room ? b->p + b->n : NULL, room, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= room)
		b->over = n != 0;
	else
		b->n += (size_t)n;
}

/* --- escaping ------------------------------------------------------------------------------ */

static void json_rune(struct buf *b, uint32_t r, struct str raw)
{
	switch (r) {
	case '"': buf_addc(b, "\\\""); return;
	case '\\': buf_addc(b, "\\\\"); return;
	case '\n': buf_addc(b, "\\n"); return;
	case '\r': buf_addc(b, "\\r"); return;
	case '\t': buf_addc(b, "\\t"); return;
	default: break;
	}
	/* C1 too: a terminal that shows the log would obey them; it would turn lines around by
	 * marks of direction */
	bool turns = r == 0x061c || r == 0x200e || r == 0x200f || (r >= 0x2028 && r <= 0x202e) ||
		     (r >= 0x2066 && r <= 0x2069);
	if (r < 0x20 || (r >= 0x7f && r < 0xa0) || r == '<' || r == '>' || r == '&' || turns)
		buf_addf(b, "\\u%04x", (unsigned)r);
	else
		buf_add(b, raw);
}

/* How many characters at the beginning stand for themselves. */
static size_t json_plain(struct str s)
{
	size_t n = 0;

	while (n < s.n && s.p[n] >= ' ' && s.p[n] < 0x7f && s.p[n] != '"' && s.p[n] != '\\' &&
		s.p[n] != '<' && s.p[n] != '>' && s.p[n] != '&')
		n++;
	return n;
}

void buf_json(struct buf *b, struct str s)
{
	uint32_t r;

	buf_byte(b, '"');
	while (s.n > 0 && !b->over) {
		size_t plain = json_plain(s);
		if (plain > 0) {
			buf_add(b, (struct str){s.p, plain});
			s.p += plain;
			s.n -= plain;
			continue;
		}
		size_t n = str_rune(s, &r);
		if (n == 0) {
			buf_addc(b, "\\ufffd");
			n = 1;
		} else {
			json_rune(b, r, (struct str){s.p, n});
		}
		s.p += n;
		s.n -= n;
	}
	buf_byte(b, '"');
}

void buf_html(struct buf *b, struct str s)
{
	for (size_t i = 0; i < s.n && !b->over; i++)
		switch (s.p[i]) {
		case '&': buf_addc(b, "&amp;"); break;
		case '<': buf_addc(b, "&lt;"); break;
		case '>': buf_addc(b, "&gt;"); break;
		case '"': buf_addc(b, "&quot;"); break;
		case '\'': buf_addc(b, "&#39;"); break;
		default: buf_byte(b, s.p[i]);
		}
}

void buf_url(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.n && !b->over; i++) {
		unsigned char c = (unsigned char)s.p[i];
		if (str_is_word((struct str){s.p + i, 1}, "-._~"))
			buf_byte(b, s.p[i]);
		else
			buf_add(b, (struct str){(char[]){'%', digits[c >> 4], digits[c & 15]}, 3});
	}
}

struct str buf_str(const struct buf *b)
{
	return (struct str){b->p, b->n};
}

enum err buf_done(const struct buf *b)
{
	return b->over ? ERR_TOO_LONG : OK;
}
