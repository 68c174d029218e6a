/* web/page.h: the few whole pages that we render: the state of a pledge, and what was wrong with a
 * form. Floor 4. Plain HTML without script; style from /pledged.css of the widget. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "app/money.h"
#include "web/response.h"
#include "web/words.h"

void page_state(struct response *r, const struct money_state *s);
void page_problem(struct response *r, struct str locale, enum err e, const struct fault *f);

#endif
