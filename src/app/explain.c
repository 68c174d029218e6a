/* app/explain.c: the rules, asked without a reader. */
#include <stdlib.h>

#include "app/explain.h"
#include "app/view_own.h"

bool app_explain_is_on(const struct app_view *v)
{
	return conf_on(v->conf, CONF_view_explain);
}

enum err app_explain(struct app_view *v, struct str host, const struct suppose_words *w,
	struct explain **ret, struct fault *f)
{
	if (w->article.n == 0)
		return fault_set(f, ERR_FIELD_MISSING, "article", "which article?");
	if (!v->snap)
		return fault_set(f, ERR_STORE_DOWN, NULL, "no campaigns are loaded yet");
	const struct site *site = snapshot_site(v->snap, host);
	if (!site)
		return fault_set(f, ERR_UNKNOWN_SITE, NULL, "no site has this host");
	struct explain *x = malloc(sizeof *x);
	if (!x)
		return fault_set(f, ERR_NO_MEMORY, NULL, "explain");
	enum err e = suppose_make(v->snap, site, w, &x->made, f);
	if (e != OK) {
		free(x);
		return e;
	}
	x->hold = snapshot_ref(v->snap);
	x->policy = snapshot_policy(x->hold, site->id);
	x->trace = (struct decide_trace){0, EXPLAIN_STEPS, x->step};
	x->decision = decide(&x->made.facts, snapshot_campaign_set(x->hold), &x->trace);
	*ret = x;
	return OK;
}

void app_explain_free(struct explain *x)
{
	snapshot_unref(x->hold);
	free(x);
}
