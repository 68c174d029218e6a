/* web/view_facts.h: what a request tells of the page that is opened. Floor 4. */
#ifndef WEB_VIEW_FACTS_H
#define WEB_VIEW_FACTS_H

#include "core/page.h"
#include "web/request.h"

/* view_facts_query: facts of the page from the query of /decide into *q, where nginx did not set
 * them.
 *   fails  as request_fields; ERR_FIELD_BAD (control characters, a time, number or consent that is
 *          none), ERR_FIELD_MISSING (no article) */
MUST enum err view_facts_query(struct request *q, struct fault *f);

/* view_facts_page: the page of a request. A fact that cannot be read counts as not told. Lists lie
 * in the request's arena. */
void view_facts_page(const struct request *q, struct page *ret);

#endif
