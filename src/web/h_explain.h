/* web/h_explain.h: GET /explain. Floor 4. */
#ifndef WEB_H_EXPLAIN_H
#define WEB_H_EXPLAIN_H

#include "app/view.h"
#include "web/response.h"

/* h_explain: the fields are the words of app/suppose.def; empty ones say nothing, several marks
 * stand with commas between. JSON, as of pledgectl explain --json, or for who asks for HTML a
 * fragment for SSI, in English. 404 without view.explain. */
void h_explain(struct app_view *v, struct request *q, struct response *r);

#endif
