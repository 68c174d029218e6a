/* web/page_gift.h: one gift on the page of a donor's visit. Floor 4, private to page_*.c. */
#ifndef WEB_PAGE_GIFT_H
#define WEB_PAGE_GIFT_H

#include "app/manage.h"
#include "web/page_own.h"

/* What the parts of the page need of it. */
struct page_visit {
	struct buf *b;
	struct str locale;
	const struct manage_page *page;
};

/* page_gift: a section with what was given and the forms to change it; n makes its ids. */
void page_gift(const struct page_visit *v, const struct manage_gift *g, size_t n);
bool page_gift_busy(const struct manage_gift *g); /* a change is being made */
/* page_visit_form: the head of a form of this visit, with its word; it is closed by its own button.
 */
void page_visit_form(const struct page_visit *v, const char *action);
void page_visit_hidden(const struct page_visit *v, const char *name, struct str value);
void page_visit_put(const struct page_visit *v, enum word w);

#endif
