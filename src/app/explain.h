/* app/explain.h: which rules are tried for a made-up reader, and what they see: asked of the
 * campaigns that are in force here. Floor 3. Nothing is counted, sampled or stored; the database is
 * not asked. */
#ifndef APP_EXPLAIN_H
#define APP_EXPLAIN_H

#include "app/suppose.h"
#include "app/view.h"

#define EXPLAIN_STEPS 1024

struct explain {
	struct suppose made;
	const struct policy *policy;
	struct decision decision;
	struct decide_trace trace;
	struct snapshot *hold;
	struct decide_step step[EXPLAIN_STEPS];
};

bool app_explain_is_on(const struct app_view *v); /* view.explain */
/* app_explain: on the site of that host.
 *   gives  *ret, to be given to app_explain_free; it borrows from the words
 *   fails  ERR_FIELD_MISSING (no article), ERR_STORE_DOWN (nothing loaded yet),
 *          ERR_UNKNOWN_SITE, ERR_NO_MEMORY, as suppose_make */
MUST enum err app_explain(struct app_view *v, struct str host, const struct suppose_words *w,
	struct explain **ret, struct fault *f);
void app_explain_free(struct explain *x);

#endif
