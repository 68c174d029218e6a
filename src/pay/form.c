/* pay/form.c: keys stay as they are written, brackets raw; values are percent-encoded. */
#include "pay/form.h"

void form_add(struct buf *b, const char *key, struct str value)
{
	if (b->n > 0 && b->p[b->n - 1] != '?')
		buf_byte(b, '&');
	buf_addc(b, key);
	buf_byte(b, '=');
	buf_url(b, value);
}

void form_addc(struct buf *b, const char *key, const char *value)
{
	form_add(b, key, str_c(value));
}

void form_int(struct buf *b, const char *key, int64_t v)
{
	BUF_ON(digits, 24);
	buf_addf(&digits, "%lld", (long long)v);
	form_add(b, key, buf_str(&digits));
}

void form_currency(struct buf *b, const char *key, const char cur[4])
{
	BUF_ON(lower, 4);
	for (const char *c = cur; *c; c++)
		buf_byte(&lower, (char)(*c | 0x20));
	form_add(b, key, buf_str(&lower));
}
