/* web/page_left.h: what a reader without scripts is told after a way out of a prompt, where the
 * page they came from is not known. Floor 4. */
#ifndef WEB_PAGE_LEFT_H
#define WEB_PAGE_LEFT_H

#include "core/reader.h"
#include "web/response.h"

void page_left(struct response *r, struct str locale, enum reader_mark_kind how);
void page_left_problem(struct response *r, struct str locale, enum err e);

#endif
