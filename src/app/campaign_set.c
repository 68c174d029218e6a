/* app/campaign_set.c: documents looked at together. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "app/campaign_set.h"

struct set {
	const struct campaign_doc *const *doc;
	size_t n;
	struct campaign_faults *faults;
};

static void PRINTFLIKE(4, 5)
	wrong(struct set *s, const struct campaign_doc *doc, const char *path, const char *fmt, ...)
{
	va_list ap;
	if (s->faults->n++ >= ARRAY_N(s->faults->fault))
		return;
	struct campaign_fault *f = &s->faults->fault[s->faults->n - 1];
	snprintf(f->path, sizeof f->path, "%.*s.%s", STR_FMT(doc->slug), path);
	va_start(ap, fmt);
	vsnprintf(f->what, sizeof f->what, fmt, ap);
	va_end(ap);
}

static const struct policy *policy_of(const struct set *s, struct str site)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->doc[i]->is_policy && str_eq(s->doc[i]->site, site))
			return &s->doc[i]->policy;
	return NULL;
}

static void check_topic(
	struct set *s, const struct campaign_doc *doc, const char *path, struct str topic)
{
	const struct policy *p = policy_of(s, doc->site);
	if (topic.n == 0)
		return;
	for (size_t i = 0; p && i < p->topic_n; i++)
		if (str_eq(p->topic[i].name, topic))
			return;
	wrong(s, doc, path, "the site's policy has no topic %.*s", STR_FMT(topic));
}

static void check_campaign(struct set *s, size_t at)
{
	const struct campaign_doc *doc = s->doc[at];
	const struct campaign *c = &doc->campaign;
	check_topic(s, doc, "meter.topic", c->meter.topic);
	for (size_t i = 0; i < c->target.read_n; i++) {
		char path[40];
		snprintf(path, sizeof path, "target.read[%zu].topic", i);
		check_topic(s, doc, path, c->target.read[i].topic);
	}
	for (size_t i = 0; i < at; i++) {
		const struct campaign_cap *other = &s->doc[i]->campaign.cap;
		if (!s->doc[i]->is_policy && str_eq(s->doc[i]->site, doc->site) &&
			other->key == c->cap.key && !str_eq(other->id, c->cap.id))
			wrong(s, doc, "cap.id",
				"cannot be told from %.*s of %.*s; take another cap.id",
				STR_FMT(other->id), STR_FMT(s->doc[i]->slug));
	}
}

static bool is_there(const struct set *s, struct str site, struct str slug)
{
	for (size_t i = 0; i < s->n; i++)
		if (str_eq(s->doc[i]->site, site) && str_eq(s->doc[i]->slug, slug))
			return true;
	return false;
}

static void check_policy(struct set *s, const struct campaign_doc *doc)
{
	for (size_t i = 0; i < doc->policy.blackout_n; i++) {
		struct page_words names = doc->policy.blackout[i].campaigns;
		for (size_t k = 0; k < names.n; k++) {
			char path[80];
			snprintf(path, sizeof path, "blackouts[%zu].campaigns[%zu]", i, k);
			if (!is_there(s, doc->site, names.v[k]))
				wrong(s, doc, path, "there is no campaign %.*s",
					STR_FMT(names.v[k]));
		}
	}
}

void campaign_set_check(
	const struct campaign_doc *const *docs, size_t n, struct campaign_faults *faults)
{
	struct set s = {docs, n, faults};
	for (size_t i = 0; i < n; i++)
		if (docs[i]->is_policy)
			check_policy(&s, docs[i]);
		else
			check_campaign(&s, i);
}
