/* web/page_remind.h: the pages about reminders. Floor 4. */
#ifndef WEB_PAGE_REMIND_H
#define WEB_PAGE_REMIND_H

#include "app/remind.h"
#include "web/response.h"

/* page_remind_noted: what a plain form is led to; month as 2027-01, or articles: what is neither is
 * left out. */
void page_remind_noted(
	struct response *r, struct str locale, struct str month, struct str articles);
/* page_remind_look: the button that stops reminders, or that there is nothing more to stop; key as
 * it stands in the address. */
void page_remind_look(
	struct response *r, struct str locale, enum remind_state state, struct str key);
void page_remind_problem(struct response *r, struct str locale, enum err e, const struct fault *f);
/* page_remind_form: first: the first month to choose, as 2027-01; token: of a decision, may be
 * empty. */
void page_remind_form(struct response *r, struct str locale, struct str first, struct str token);

#endif
