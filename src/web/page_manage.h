/* web/page_manage.h: the pages of a donor's visit. Floor 4. */
#ifndef WEB_PAGE_MANAGE_H
#define WEB_PAGE_MANAGE_H

#include "app/manage.h"
#include "web/response.h"

/* page_manage: all gifts of a visit. e, f: what went wrong with what was just asked for; OK:
 * nothing. form_to: where the answer to a form may lead beside this site. looks: how
 * often it was looked at by itself for a change that is being made, this time too; 0: not at all.
 * Each look names the next one, later and later, and after PAGE_MANAGE_LOOKS the page stays. */
#define PAGE_MANAGE_LOOKS 40 /* about a quarter of an hour */
void page_manage(struct response *r, struct str locale, const struct manage_page *page, enum err e,
	const struct fault *f, struct str form_to, uint64_t looks);
/* The form that asks for a link; e tells why it is shown: OK, ERR_VISIT_OVER, ERR_LINK_GONE,
 * ERR_EMAIL_BAD. */
void page_manage_ask(struct response *r, struct str locale, enum err e);
void page_manage_sent(struct response *r, struct str locale); /* 202 */
/* The button that begins a visit; token as it stands in the address. */
void page_manage_look(struct response *r, struct str locale, struct str token);
void page_manage_left(struct response *r, struct str locale);
/* The way back from the provider: its link leads on by itself, from a page of ours, so that the
 * strict cookie comes along. */
void page_manage_back(struct response *r, struct str locale);

#endif
