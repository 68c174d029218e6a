/* web/h_money.h: what the money role answers.
 * Floor 4. */
#ifndef WEB_H_MONEY_H
#define WEB_H_MONEY_H

#include "app/money.h"
#include "web/response.h"
#include "web/route.h"

/* h_money: answer one request whose body is read. rest: what follows a prefix path. */
void h_money(struct app_money *m, enum route route, struct str rest, const struct request *q,
	struct response *r);

#endif
