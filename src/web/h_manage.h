/* web/h_manage.h: the addresses of a donor's visit: /manage and what is below it. Floor 4. */
#ifndef WEB_H_MANAGE_H
#define WEB_H_MANAGE_H

#include "app/manage.h"
#include "web/route.h"

/* h_manage: answer one request whose body is read. rest: the token, for manage_look and
 * manage_open. */
void h_manage(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r);

#endif
