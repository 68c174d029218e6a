/* core/decide.c: the rules of rule.def, a predicate each, and the loop that asks them.
 *
 * Times may step back: what lies in the future counts as now. A reader's row belongs to one site,
 * so every mark in it is a mark of this site; "never" and "already gave" hold for all of its
 * campaigns, "closed" and "later" for the campaign that was answered. */
#include "core/decide.h"

#define DAY_US  UINT64_C(86400000000)
#define NO_LEFT UINT32_MAX

enum scope { PAGE, CAMPAIGN };
enum step { STEP_OPEN, STEP_SKIP, STEP_PROMPT, STEP_WALL };

struct ctx {
	const struct decide_facts *f;
	const struct campaign *c; /* NULL in PAGE rules */
	struct decision *d;
	uint32_t nth; /* place of the article among the distinct ones of the month */
};

/* --- time and marks -------------------------------------------------------------------------- */

/* Is at less than days ago? */
static bool is_within(utc_t at, utc_t now, uint32_t days)
{
	if (at.us > now.us)
		return days > 0;
	return ((uint64_t)now.us - (uint64_t)at.us) / DAY_US < days;
}

/* Marks of a kind within days; campaign 0 = of any. */
static uint32_t marks(
	const struct ctx *x, enum reader_mark_kind kind, int32_t campaign, uint32_t days)
{
	struct reader_mark m;
	uint32_t n = 0;

	for (size_t i = 0; reader_mark_unpack(x->f->reader->marks, i, &m) == OK; i++)
		n += m.kind == kind && (campaign == 0 || m.campaign == campaign) &&
		     is_within(m.at, x->f->now, days);
	return n;
}

static bool is_listed(const struct str *list, size_t n, struct str section)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(list[i], section))
			return true;
	return false;
}

/* --- the predicates, in the order of rule.def ------------------------------------------------ */

static bool rule_bot(const struct ctx *x)
{
	return x->f->bot;
}

static bool rule_consent_none(const struct ctx *x)
{
	return x->f->consent == CONSENT_NONE;
}

static bool rule_paused(const struct ctx *x)
{
	int64_t now = x->f->now.us;

	return now < x->c->start.us || (x->c->end.us != 0 && now >= x->c->end.us);
}

static bool rule_section(const struct ctx *x)
{
	const struct campaign *c = x->c;

	return (c->in_n > 0 && !is_listed(c->in, c->in_n, x->f->section)) ||
	       is_listed(c->not_in, c->not_in_n, x->f->section);
}

static bool rule_supporter(const struct ctx *x)
{
	const struct reader *r = x->f->reader;
	uint32_t days = r->gift == GIFT_ONCE ? x->c->gave_once_days : x->c->gave_recurring_days;

	return r->gift != GIFT_NONE &&
	       (r->gift_until.us > x->f->now.us || is_within(r->gave_at, x->f->now, days));
}

static bool rule_meter_left(const struct ctx *x)
{
	uint32_t read = x->d->articles, allowance = x->c->allowance;

	if (x->c->window == WINDOW_NONE)
		return false;
	if (x->d->left == NO_LEFT)
		x->d->left = allowance > read ? allowance - read : 0;
	return x->nth <= allowance;
}

static bool rule_meter_wall(const struct ctx *x)
{
	return x->c->window != WINDOW_NONE && x->c->meter_wall;
}

static bool rule_first_view(const struct ctx *x)
{
	return x->f->reader->views <= 1 || !x->f->reader->stored;
}

static bool rule_too_few_views(const struct ctx *x)
{
	return x->f->reader->views < x->c->min_views;
}

static bool rule_closed(const struct ctx *x)
{
	return marks(x, MARK_CLOSED, x->c->id, x->c->close_days) > 0;
}

static bool rule_later(const struct ctx *x)
{
	return marks(x, MARK_LATER, x->c->id, x->c->later_days) > 0;
}

static bool rule_already_gave(const struct ctx *x)
{
	return marks(x, MARK_ALREADY_GAVE, 0, x->c->already_gave_days) > 0;
}

static bool rule_never(const struct ctx *x)
{
	return marks(x, MARK_NEVER, 0, x->c->never_days) > 0;
}

/* A full list may have lost marks of the window; then nobody can say that the cap is not reached.
 */
static bool rule_capped(const struct ctx *x)
{
	struct str list = x->f->reader->marks;
	struct reader_mark oldest;

	if (x->c->cap_views == 0)
		return false;
	if (marks(x, MARK_SHOWN, x->c->id, x->c->cap_days) >= x->c->cap_views)
		return true;
	return list.n / READER_MARK_BYTES >= READER_MARK_MAX &&
	       reader_mark_unpack(list, 0, &oldest) == OK &&
	       is_within(oldest.at, x->f->now, x->c->cap_days);
}

static bool rule_not_counted(const struct ctx *x)
{
	return !x->f->counted;
}

/* Nothing to say: nothing is asked. */
static bool rule_campaign(const struct ctx *x)
{
	return x->c->variant_n > 0;
}

/* --- the table and its loop ------------------------------------------------------------------ */

static const struct rule {
	enum decide_reason reason;
	enum scope scope;
	enum step step;
	bool (*fires)(const struct ctx *x);
} rules[] = {
#define X(name, scope, act, sentence) {REASON_##name, scope, STEP_##act, rule_##name},
#include "core/rule.def"
#undef X
};

/* The first row of a scope that fires, or NULL. */
static const struct rule *first_rule(const struct ctx *x, enum scope scope)
{
	for (size_t i = 0; i < ARRAY_N(rules); i++)
		if (rules[i].scope == scope && rules[i].fires(x))
			return &rules[i];
	return NULL;
}

static bool is_reader_reason(enum decide_reason r)
{
	return r != REASON_paused && r != REASON_section;
}

/* Ask the campaigns of the site in the order of the set. */
static void ask_campaigns(struct ctx *x, const struct campaign_set *set)
{
	enum decide_reason why = REASON_no_campaign;

	for (size_t i = 0; i < set->n; i++) {
		x->c = &set->campaign[i];
		if (x->c->site != x->f->site)
			continue;
		const struct rule *r = first_rule(x, CAMPAIGN);
		if (r && r->step != STEP_SKIP) {
			x->d->act = r->step == STEP_WALL ? ACT_WALL : ACT_PROMPT;
			x->d->reason = r->reason;
			x->d->campaign = x->c;
			x->d->variant = campaign_variant_pick(x->c, x->f->variant_hash);
			return;
		}
		if (r && why == REASON_no_campaign && is_reader_reason(r->reason))
			why = r->reason;
	}
	x->d->reason = why;
}

struct decision decide_open(enum decide_reason r)
{
	return (struct decision){.act = ACT_OPEN, .reason = r, .left = NO_LEFT};
}

struct decision decide(const struct decide_facts *f, const struct campaign_set *set)
{
	struct decision d = decide_open(REASON_no_campaign);
	struct ctx x = {.f = f, .d = &d};
	bool is_known;

	if (f->reader) {
		uint32_t read = reader_count(
			f->reader->seen, f->cal.month_from, f->art48, &x.nth, &is_known);
		d.articles = is_known ? read : read + 1;
	}
	const struct rule *r = first_rule(&x, PAGE);
	if (r)
		d.reason = r->reason;
	else if (!f->reader || f->art48 == 0)
		d.reason = REASON_bad_request;
	else if (set)
		ask_campaigns(&x, set);
	return d;
}

/* --- names ----------------------------------------------------------------------------------- */

static const char *const act_names[ACT_N] = {"open", "prompt", "wall"};

static const struct {
	const char *name, *sentence;
} reasons[REASON_N] = {
#define X(name, scope, act, sentence) [REASON_##name] = {#name, sentence},
#include "core/rule.def"
#undef X
#define X(name, act, sentence) [REASON_##name] = {#name, sentence},
#include "core/reason.def"
#undef X
};

const char *decide_act_name(enum decide_act a)
{
	return (unsigned)a < ACT_N ? act_names[a] : "unknown";
}

const char *decide_reason_name(enum decide_reason r)
{
	return (unsigned)r < REASON_N ? reasons[r].name : "unknown";
}

const char *decide_reason_sentence(enum decide_reason r)
{
	return (unsigned)r < REASON_N ? reasons[r].sentence : "This reason is not known.";
}
