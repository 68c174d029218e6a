/* app/manage_own.h: what manage.c and manage_gift.c share. Floor 3, private to them. */
#ifndef APP_MANAGE_OWN_H
#define APP_MANAGE_OWN_H

#include "app/manage.h"
#include "app/token.h"

struct manage_site {
	int16_t id;
	struct str origin; /* where its links lead: its own, else that of the request */
};

/* A request of a visit: by its cookie alone; whether it is still open is the database's word. */
struct manage_at {
	struct manage_site site;
	struct token_hash secret;
	char form[MANAGE_FORM_BYTES + 1];
};

MUST enum err manage_site(struct app_money *m, const struct manage_ask *ask,
	struct manage_site *ret, struct manage_answer *answer, struct fault *f);
/* manage_begin: site and cookie. fails ERR_VISIT_OVER, ERR_UNKNOWN_SITE, ERR_STORE_* */
MUST enum err manage_begin(struct app_money *m, const struct manage_ask *ask, struct manage_at *ret,
	struct manage_answer *answer, struct fault *f);
/* manage_form: did a page of this visit send the form? fails ERR_FIELD_BAD */
MUST enum err manage_form(
	const struct manage_ask *ask, const struct manage_at *at, struct fault *f);
/* manage_begin_form: what a form of a visit needs before anything else. A visit that ended
 * meanwhile is told as such, not as a gift that is not there. fails as the two above */
MUST enum err manage_begin_form(struct app_money *m, const struct manage_ask *ask,
	struct manage_at *at, struct manage_answer *ret, struct fault *f);
/* manage_find: the row of manage_gift for the gift that a form names. *ret is to be given to
 * rows_free in any case. fails ERR_NOT_FOUND: not a gift of this visit */
MUST enum err manage_find(struct app_money *m, const struct manage_ask *ask,
	const struct manage_at *at, const struct uuid *gift, struct rows **ret, struct fault *f);
/* The first two arguments of all statements about a visit. */
void manage_args(struct store_args *a, const struct manage_at *at);
void manage_log(const struct manage_ask *ask, const char *what, const char *how, enum err e,
	const struct fault *f);

#endif
