/* web/page_own.h: the parts that our whole pages are made of. Floor 4, private to page*.c. */
#ifndef WEB_PAGE_OWN_H
#define WEB_PAGE_OWN_H

#include "web/page.h"

/* A page with a form tells its origin, or the browser would send `Origin: null` and we would refuse
 * the form; never the address, in which a token may stand. Others tell nothing. */
enum page_form { PAGE_PLAIN, PAGE_FORM };

struct page_look {
	struct str locale, title;
	enum page_form form;
	struct str form_to; /* where the answer to a form may lead beside this site; may be empty */
	int64_t refresh_s;  /* 0: not */
	struct str refresh_to; /* empty: the same address */
};

/* page_head: everything up to and with the heading; drops what the body held. */
void page_head(struct response *r, const struct page_look *look);
void page_foot(struct buf *b, struct str locale);
void page_line(struct buf *b, struct str s);
void page_note(struct buf *b, enum word w, struct str locale);

/* page_say: our words as a paragraph of a class (NULL: none); {a} becomes arg, {d} becomes day. */
struct page_args {
	struct str arg, day;
};
void page_say(struct buf *b, const char *class_name, enum word w, struct str locale,
	struct page_args args);
/* The same without the paragraph. */
void page_put(struct buf *b, enum word w, struct str locale, struct page_args args);
/* "€25 · Monthly" */
void page_sum(struct buf *b, struct str amount, struct str currency, struct str interval,
	struct str locale);
/* page_life: sentences on how a recurring gift stands; nothing for one that was made once. */
void page_life(struct buf *b, const struct gift_life *life, struct str locale);
/* page_email_form: the form that asks for a link. */
void page_email_form(struct buf *b, const char *action, struct str locale);
/* page_soft: what a client should do about an error that passes. */
void page_soft(struct response *r, enum err e);

#endif
