/* app/campaign.c: what a campaign file may say. */
#include "app/campaign.h"

#include <string.h>

#include "app/campaign_own.h"
#include "core/decide.h"

#define DAYS_MAX 3650

const struct walk_word CAMPAIGN_NAME = {SMALL_AND_DIGITS, "a-z, 0-9 and -, 1 to 64 of them", 64};

/* A name that may lack. */
static struct str name_or(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, struct str def)
{
	return walk_has(o, key) ? walk_word(w, up, o, key, &CAMPAIGN_NAME) : def;
}

/* --- caps ------------------------------------------------------------------------------------- */

static void read_cycle(
	struct walk *w, const struct walk_place *up, const json_t *o, struct campaign_cap *cap)
{
	static const char *const FIELDS[] = {"views", "skip", "restart_days", NULL};
	struct walk_place at = {up, "cycle", 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, false);
	if (!v)
		return;
	walk_only(w, &at, v, FIELDS);
	cap->cycle_views = walk_u32(w, &at, v, "views", (struct walk_range){1, 50, WALK_NEED});
	cap->cycle_skip = walk_u32(w, &at, v, "skip", (struct walk_range){0, 50, 0});
	cap->cycle_restart_days =
		walk_u32(w, &at, v, "restart_days", (struct walk_range){0, DAYS_MAX, 0});
}

void campaign_cap_read(struct walk *w, const json_t *root, struct campaign_cap *cap, bool policy)
{
	static const char *const FIELDS[] = {
		"views", "days", "gap_hours", "daily", "id", "cycle", NULL};
	static const char *const POLICY[] = {"views", "days", "gap_hours", "daily", NULL};
	struct walk_place at = {NULL, "cap", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, policy ? POLICY : FIELDS);
	if (walk_has(o, "views") || walk_has(o, "days")) {
		cap->views = walk_u32(w, &at, o, "views", (struct walk_range){1, 100, WALK_NEED});
		cap->days = walk_u32(w, &at, o, "days", (struct walk_range){1, 365, WALK_NEED});
	}
	cap->gap_hours = walk_u32(w, &at, o, "gap_hours", (struct walk_range){1, 8760, 0});
	cap->daily = walk_u32(w, &at, o, "daily", (struct walk_range){1, 100, 0});
	if (policy)
		return;
	cap->id = name_or(w, &at, o, "id", cap->id);
	read_cycle(w, &at, o, cap);
}

/* --- pauses and meter ---------------------------------------------------------------------------
 */

static void read_pause(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {"close_days", "later_days", "already_gave_days",
		"never_days", "gave_once_days", "gave_recurring_days", NULL};
	static const int64_t DEFAULT[] = {7, 3, 30, 365, 90, 395};
	uint32_t *to[] = {&c->close_days, &c->later_days, &c->already_gave_days, &c->never_days,
		&c->gave_once_days, &c->gave_recurring_days};
	struct walk_place at = {NULL, "pause", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	for (size_t i = 0; i < ARRAY_N(to); i++) /* without the object each member is absent */
		*to[i] = walk_u32(
			w, &at, o, FIELDS[i], (struct walk_range){0, DAYS_MAX, DEFAULT[i]});
	if (o)
		walk_only(w, &at, o, FIELDS);
}

static void read_meter(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {
		"id", "window", "days", "topic", "allowance", "registered", "then", NULL};
	static const char *const WINDOW[] = {"day", "week", "month", "rolling", NULL};
	static const char *const THEN[] = {"prompt", "wall", NULL};
	struct walk_place at = {NULL, "meter", 0};
	struct campaign_meter *m = &c->meter;
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (o) {
		walk_only(w, &at, o, FIELDS);
		m->id = name_or(w, &at, o, "id", STR(""));
		m->window = (enum campaign_window)(
			WINDOW_DAY + walk_choice(w, &at, o, "window", WINDOW));
		if (m->window == WINDOW_ROLLING)
			m->days = (uint16_t)walk_u32(
				w, &at, o, "days", (struct walk_range){1, 365, WALK_NEED});
		else if (walk_has(o, "days"))
			walk_wrong(w, &(struct walk_place){&at, "days", 0},
				"only a rolling window has days");
		m->topic = name_or(w, &at, o, "topic", STR(""));
		m->allowance =
			walk_u32(w, &at, o, "allowance", (struct walk_range){0, 200, WALK_NEED});
		m->registered = walk_u32(
			w, &at, o, "registered", (struct walk_range){0, 200, m->allowance});
		m->wall = walk_choice(w, &at, o, "then", THEN) == 1;
	}
	if ((c->kind == CAMPAIGN_WALL) != m->wall)
		walk_wrong(w, &at,
			m->wall ? "then wall needs kind wall"
				: "kind wall needs a meter with then wall");
}

/* --- manners ---------------------------------------------------------------------------------- */

static void read_format(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FORMAT[] = {
#define X(name, topline, sentence) #name,
#include "core/format.def"
#undef X
		NULL};
	bool is_wall = c->kind == CAMPAIGN_WALL, told = walk_has(root, "format");
	c->format = is_wall ? FORMAT_wall : FORMAT_appeal;
	if (is_wall && told)
		walk_wrong(w, &(struct walk_place){NULL, "format", 0}, "only an appeal has one");
	else if (told)
		c->format = (enum format)walk_choice(w, NULL, root, "format", FORMAT);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void read_campaign(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {"campaign", "site", "kind", "format", "priority",
		"start", "end", "experiment", "fallback", "sensitive", "holdout", "target",
		"min_views", "cap", "pause", "meter", "goal", "amounts", "amount_sets", "cover",
		"monthly_step", "remind", "variants", NULL};
	walk_only(w, NULL, root, FIELDS);
	read_format(w, root, c);
	c->priority = (int32_t)walk_int(
		w, NULL, root, "priority", (struct walk_range){0, 1000, WALK_NEED});
	c->start = walk_time(w, NULL, root, "start", true);
	c->end = walk_time(w, NULL, root, "end", false);
	if (c->end.us != 0 && c->end.us <= c->start.us)
		walk_wrong(w, &(struct walk_place){NULL, "end", 0}, "must be later than start");
	c->experiment = name_or(w, NULL, root, "experiment", c->slug);
	const json_t *fallback =
		walk_get(w, &(struct walk_place){NULL, "fallback", 0}, root, JSON_STRING, false);
	if (fallback && !campaign_is_locale(walk_str(fallback)))
		walk_wrong(w, &(struct walk_place){NULL, "fallback", 0},
			"is not a language such as en or pt-BR");
	else if (fallback)
		c->fallback = walk_keep(w, walk_str(fallback));
	c->sensitive = walk_bool(w, NULL, root, "sensitive", false);
	c->holdout = walk_bool(w, NULL, root, "holdout", true);
	c->monthly_step = walk_bool(w, NULL, root, "monthly_step", false);
	c->remind = walk_bool(w, NULL, root, "remind", true);
	campaign_target_read(w, root, c);
	c->min_views = walk_u32(w, NULL, root, "min_views", (struct walk_range){2, 1000, 2});
	c->cap.id = c->slug;
	campaign_cap_read(w, root, &c->cap, false);
	c->cap.key = campaign_cap_key(c->cap.id);
	read_pause(w, root, c);
	read_meter(w, root, c);
	campaign_goal_read(w, root, c);
	campaign_amounts_read(w, root, c);
	campaign_variants_read(w, root, c);
}

static void read_doc(struct walk *w, const json_t *root, struct campaign_doc *doc)
{
	static const char *const KIND[] = {"appeal", "wall", "policy", NULL};
	doc->slug = walk_word(w, NULL, root, "campaign", &CAMPAIGN_NAME);
	doc->site = walk_word(w, NULL, root, "site", &CAMPAIGN_NAME);
	int kind = walk_choice(w, NULL, root, "kind", KIND);
	doc->is_policy = kind == 2;
	if (doc->is_policy != str_is(doc->slug, CAMPAIGN_POLICY_NAME) && doc->slug.n > 0)
		walk_wrong(w, &(struct walk_place){NULL, "campaign", 0},
			doc->is_policy ? "a policy is named policy"
				       : "policy is the name of a policy");
	doc->campaign.slug = doc->slug;
	doc->campaign.kind = kind == 1 ? CAMPAIGN_WALL : CAMPAIGN_APPEAL;
	doc->campaign.live = true;
	if (doc->is_policy)
		campaign_policy_read(w, root, doc);
	else
		read_campaign(w, root, &doc->campaign);
}

enum err campaign_read(
	struct str json, struct arena *a, struct campaign_doc *ret, struct campaign_faults *faults)
{
	struct walk w = {a, faults, false};
	struct fault f = {0};
	json_auto_t *root = NULL;
	memset(ret, 0, sizeof *ret);
	faults->n = 0;
	enum err e = json_read(json, &root, &f);
	if (e == OK && !json_is_object(root))
		e = fault_set(&f, ERR_BAD_JSON, NULL, "must be an object");
	if (e != OK) {
		walk_wrong(&w, NULL, "%.150s", f.detail[0] ? f.detail : err_sentence(e));
		return e == ERR_NO_MEMORY ? e : ERR_BAD_JSON;
	}
	read_doc(&w, root, ret);
	if (w.no_memory)
		return ERR_NO_MEMORY;
	return faults->n > 0 ? ERR_FIELD_BAD : OK;
}

/* --- topics ------------------------------------------------------------------------------------
 */

/* A bit that no page has when the policy does not know the topic. */
static uint16_t topic_bits(const struct policy *p, struct str topic, struct str *unknown)
{
	if (topic.n == 0)
		return 0;
	for (size_t i = 0; i < p->topic_n; i++)
		if (str_eq(p->topic[i].name, topic))
			return (uint16_t)(1u << i);
	if (unknown->n == 0)
		*unknown = topic;
	return (uint16_t)(PAGE_WALLED << 1);
}

struct str campaign_bind(struct campaign *c, const struct policy *p)
{
	struct str unknown = {0};
	c->meter.topics = topic_bits(p, c->meter.topic, &unknown);
	for (size_t i = 0; i < c->target.read_n; i++)
		c->target.read[i].topics = topic_bits(p, c->target.read[i].topic, &unknown);
	decide_prepare(c);
	return unknown;
}
