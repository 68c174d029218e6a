/* pay/form.h: a form body or query written as Stripe's official clients write it: raw brackets in
 * keys, %20, no +. Floor 2, pure. Overflow is remembered by the buffer. */
#ifndef PAY_FORM_H
#define PAY_FORM_H

#include "base/buf.h"

/* One pair; & before it unless the buffer is empty or ends with ?. key goes as it is. */
void form_add(struct buf *b, const char *key, struct str value);
void form_addc(struct buf *b, const char *key, const char *value);
void form_int(struct buf *b, const char *key, int64_t v);
void form_currency(struct buf *b, const char *key, const char cur[4]); /* lower case */

#endif
