/* web/h_remind.h: the addresses of reminders: POST /remind, GET and POST /remind/<key>.
 * Floor 4. */
#ifndef WEB_H_REMIND_H
#define WEB_H_REMIND_H

#include "app/remind.h"
#include "web/route.h"

/* h_remind: answer one request whose body is read. rest: the key, or "noted", where plain forms are
 * led to. */
void h_remind(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r);

#endif
