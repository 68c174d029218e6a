/* app/campaign_policy.c: what holds for a whole site. */
#include <string.h>

#include "app/campaign_own.h"

#define DAYS_MAX      3650
#define COUNTRIES_MAX 300

static void read_topics(struct walk *w, const json_t *root, struct policy *p)
{
	struct walk_place list = {NULL, "topics", 0};
	const json_t *v = walk_get(w, &list, root, JSON_ARRAY, false);
	if (json_array_size(v) > PAGE_TOPIC_MAX) {
		walk_wrong(w, &list, "has more than %d topics", PAGE_TOPIC_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {&list, NULL, i};
		const json_t *one = json_array_get(v, i);
		struct policy_topic *t = &p->topic[p->topic_n];
		if (!walk_is(w, &at, one, JSON_OBJECT))
			continue;
		t->name = walk_word(w, &at, one, "topic", &CAMPAIGN_NAME);
		campaign_pages_read(w, &at, one, NULL, &t->pages);
		for (size_t k = 0; k < p->topic_n; k++)
			if (t->name.n > 0 && str_eq(p->topic[k].name, t->name))
				walk_wrong(w, &(struct walk_place){&at, "topic", 0},
					"is the name of an earlier topic");
		p->topic_n++;
	}
}

static void read_blackouts(struct walk *w, const json_t *root, struct policy *p)
{
	static const char *const FIELDS[] = {"start", "end", "campaigns", NULL};
	struct walk_place list = {NULL, "blackouts", 0};
	const json_t *v = walk_get(w, &list, root, JSON_ARRAY, false);
	if (json_array_size(v) > POLICY_BLACKOUTS_MAX) {
		walk_wrong(w, &list, "has more than %d windows", POLICY_BLACKOUTS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {&list, NULL, i};
		const json_t *one = json_array_get(v, i);
		struct policy_blackout *b = &p->blackout[p->blackout_n];
		if (!walk_is(w, &at, one, JSON_OBJECT))
			continue;
		walk_only(w, &at, one, FIELDS);
		b->start = walk_time(w, &at, one, "start", true);
		b->end = walk_time(w, &at, one, "end", true);
		if (b->end.us != 0 && b->end.us <= b->start.us)
			walk_wrong(
				w, &(struct walk_place){&at, "end", 0}, "must be later than start");
		b->campaigns = walk_words(w, &at, one, "campaigns", &CAMPAIGN_NAMES);
		p->blackout_n++;
	}
}

static void read_holdout(struct walk *w, const json_t *root, struct policy *p)
{
	static const char *const FIELDS[] = {"share", "walls", NULL};
	struct walk_place at = {NULL, "holdout", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	p->holdout_share = walk_u32(w, &at, o, "share", (struct walk_range){1, 50, WALK_NEED});
	p->holdout_walls = walk_bool(w, &at, o, "walls", false);
}

static void read_supporter(struct walk *w, const json_t *root, struct policy *p)
{
	static const char *const FIELDS[] = {"once_days", "recurring_days", NULL};
	struct walk_place at = {NULL, "supporter", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (o)
		walk_only(w, &at, o, FIELDS);
	p->supporter_once_days =
		walk_u32(w, &at, o, "once_days", (struct walk_range){0, DAYS_MAX, 90});
	p->supporter_recurring_days =
		walk_u32(w, &at, o, "recurring_days", (struct walk_range){0, DAYS_MAX, 395});
}

/* One country in all its languages. */
static void read_country(struct walk *w, const struct walk_place *at, const json_t *o,
	struct policy_country *out, size_t *n)
{
	struct str country = walk_keep(w, str_c(at->key));
	const char *locale;
	json_t *v;
	if (!walk_is(w, at, o, JSON_OBJECT))
		return;
	json_object_foreach((json_t *)o, locale, v)
	{
		if (!campaign_is_locale(str_c(locale))) {
			walk_wrong(w, &(struct walk_place){at, locale, 0},
				"is not a language such as en or pt-BR");
			continue;
		}
		if (*n == COUNTRIES_MAX)
			return;
		struct str text = walk_text(w, at, o, locale, (struct walk_length){.chars = 60});
		out[(*n)++] = (struct policy_country){country, walk_keep(w, str_c(locale)), text};
	}
}

static void read_countries(struct walk *w, const json_t *root, struct policy *p)
{
	struct walk_place at = {NULL, "countries", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	const char *key;
	json_t *one;
	if (!o)
		return;
	struct policy_country *out = arena_alloc(w->arena, COUNTRIES_MAX * sizeof *out);
	if (!out) {
		w->no_memory = true;
		return;
	}
	p->country = out;
	json_object_foreach((json_t *)o, key, one)
	{
		struct walk_place place = {&at, key, 0};
		if (strcmp(key, "*") != 0 &&
			(strlen(key) != 2 || !CAMPAIGN_COUNTRIES.is(str_c(key))))
			walk_wrong(w, &place, "is neither a country of two capitals nor *");
		else
			read_country(w, &place, one, out, &p->country_n);
	}
	if (p->country_n == COUNTRIES_MAX)
		walk_wrong(w, &at, "has %d names or more", COUNTRIES_MAX);
}

void campaign_policy_read(struct walk *w, const json_t *root, struct campaign_doc *doc)
{
	static const char *const FIELDS[] = {"campaign", "site", "kind", "topics", "free",
		"sensitive", "cap", "blackouts", "holdout", "supporter", "countries", NULL};
	struct policy *p = &doc->policy;
	walk_only(w, NULL, root, FIELDS);
	p->slug = doc->slug;
	read_topics(w, root, p);
	campaign_pages_read(w, NULL, root, "free", &p->free);
	campaign_pages_read(w, NULL, root, "sensitive", &p->sensitive);
	campaign_cap_read(w, root, &p->cap, true);
	read_blackouts(w, root, p);
	read_holdout(w, root, p);
	read_supporter(w, root, p);
	read_countries(w, root, p);
}
