/* web/h_goal.h: GET /goal, for bars anywhere on the site. Floor 4. */
#ifndef WEB_H_GOAL_H
#define WEB_H_GOAL_H

#include "app/view.h"
#include "web/response.h"

/* The same for everybody: it may be kept, and with the time that it was kept it is at most
 * LIVE_OLD_S old. */
void h_goal(struct app_view *v, const struct request *q, struct response *r);

#endif
