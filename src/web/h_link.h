/* web/h_link.h: the addresses that join devices: POST /link, GET and POST /link/<token>.
 * Floor 4. */
#ifndef WEB_H_LINK_H
#define WEB_H_LINK_H

#include "app/link.h"
#include "web/route.h"

/* h_link: answer one request whose body is read. rest: the token. */
void h_link(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r);

#endif
