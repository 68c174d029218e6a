/* web/page.h: the few whole pages that we render: the state of a pledge, what was wrong with a
 * form, and what joins devices. Floor 4. Plain HTML without script; style from /pledged.css of the
 * widget. */
#ifndef WEB_PAGE_H
#define WEB_PAGE_H

#include "app/money.h"
#include "web/response.h"
#include "web/words.h"

/* page_state: form_to: where trying again may lead beside this site. */
void page_state(struct response *r, const struct money_state *s, struct str form_to);
/* page_form_again: a form that is to be sent once more, with all that was typed. form_to as above.
 */
void page_form_again(struct response *r, const struct money_ask *ask,
	const struct money_fresh *fresh, enum err e, struct str form_to);
/* page_problem: the answer to the form of a pledge; page_link_problem: to those that join devices.
 */
void page_problem(struct response *r, struct str locale, enum err e, const struct fault *f);
void page_link_problem(struct response *r, struct str locale, enum err e);
void page_link_sent(struct response *r, struct str locale); /* 202 */
/* page_link_look: the button that joins this device; token as it stands in the address. */
void page_link_look(struct response *r, struct str locale, struct str token);
void page_link_done(struct response *r, struct str locale);

#endif
