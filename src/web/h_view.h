/* web/h_view.h: what the view role answers. A request becomes an answer at once, or a question to
 * app/view whose answer is written later. Floor 4. */
#ifndef WEB_H_VIEW_H
#define WEB_H_VIEW_H

#include "app/view.h"
#include "web/response.h"
#include "web/route.h"

struct h_view {
	struct app_view *app;
	int64_t deadline_ms, cookie_max_age_s;
	enum decide_consent consent;
	bool honour_dnt;
};

/* h_view_take: true: *r is the answer. False: *ask is filled and goes to app_view_ask; *q must live
 * until it is answered. */
bool h_view_take(const struct h_view *h, enum route route, struct request *q, struct view_ask *ask,
	struct response *r);
/* h_view_answer: the answer to a question of this route. */
void h_view_answer(const struct h_view *h, enum route route, const struct request *q,
	const struct view_ask *ask, struct response *r);

#endif
