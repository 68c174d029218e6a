/* web/tell.h: a decision in words, for pledgectl explain and GET /explain: English, a line each,
 * without markup. Floor 4. */
#ifndef WEB_TELL_H
#define WEB_TELL_H

#include "core/decide.h"

#define TELL_BYTES 4096 /* more than any line but those with very long lists */

/* The page, the reader and the moment as the rules see them. */
void tell_page(struct buf *b, const struct decide_facts *f, const struct policy *p);
void tell_reader(struct buf *b, const struct decide_facts *f);
void tell_moment(struct buf *b, const struct decide_facts *f);
/* tell_saw: what a rule compared; nothing when it compares nothing. */
void tell_saw(struct buf *b, const struct decide_step *s, const struct decide_facts *f,
	const struct policy *p);

#endif
