/* core/decide.c: the decision. The rules and their order stand in rule.def; here is what each of them looks at.
 * Everything that ends in SKIP is asked per campaign: a campaign that is skipped gives way to the next one. */
#include "core/decide.h"

struct ask {
	const struct decide_facts *f;
	const struct campaign *c;	/* NULL for rules of scope PAGE */
	struct decision *d;
	bool metered, exhausted;	/* this campaign has a meter; its free articles are used up by this view */
};

enum scope { PAGE, CAMPAIGN };
enum outcome { OPEN, SKIP, WALL, PROMPT };

#define DAY_US (INT64_C(86400) * 1000000)

/* Not longer ago than days. A time in the future (a clock stepped back) counts as now. */
static bool within(utc_t at, uint32_t days, utc_t now)
{
	return days > 0 && now.us - at.us < (int64_t)days * DAY_US;
}

/* Is there such a mark within days? campaign 0 = any. */
static bool marked(const struct ask *a, enum reader_mark_kind kind, int32_t campaign, uint32_t days)
{
	struct reader_mark m;
	for (size_t i = 0; reader_mark_unpack(a->f->reader->marks, i, &m) == OK; i++)
		if (m.kind == kind && (campaign == 0 || m.campaign == campaign) && within(m.at, days, a->f->now))
			return true;
	return false;
}

static bool named(struct str section, const struct str *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (str_eq(section, list[i]))
			return true;
	return false;
}

static bool rule_bot(const struct ask *a) { return a->f->bot; }
static bool rule_consent_none(const struct ask *a) { return a->f->consent == CONSENT_NONE; }

static bool rule_paused(const struct ask *a)
{
	return a->f->now.us < a->c->start.us || (a->c->end.us != 0 && a->f->now.us >= a->c->end.us);
}

static bool rule_section(const struct ask *a)
{
	return (a->c->in_n > 0 && !named(a->f->section, a->c->in, a->c->in_n)) || named(a->f->section, a->c->not_in, a->c->not_in_n);
}

static bool rule_supporter(const struct ask *a)
{
	const struct reader *r = a->f->reader;
	if (r->gift == GIFT_NONE)
		return false;
	if (r->gift_until.us > a->f->now.us)
		return true;
	return within(r->gave_at, r->gift == GIFT_ONCE ? a->c->gave_once_days : a->c->gave_recurring_days, a->f->now);
}

static bool rule_meter_left(const struct ask *a) { return a->metered && !a->exhausted; }
static bool rule_meter_wall(const struct ask *a) { return a->exhausted && a->c->meter_wall; }
static bool rule_first_view(const struct ask *a) { return !a->f->reader->stored || a->f->reader->views <= 1; }

static bool rule_too_few_views(const struct ask *a)
{
	return a->f->reader->views < (int64_t)a->c->min_views;
}

static bool rule_closed(const struct ask *a) { return marked(a, MARK_CLOSED, a->c->id, a->c->close_days); }
static bool rule_later(const struct ask *a) { return marked(a, MARK_LATER, a->c->id, a->c->later_days); }
/* what a reader says of himself holds for every campaign */
static bool rule_already_gave(const struct ask *a) { return marked(a, MARK_ALREADY_GAVE, 0, a->c->already_gave_days); }
static bool rule_never(const struct ask *a) { return marked(a, MARK_NEVER, 0, a->c->never_days); }

static bool rule_capped(const struct ask *a)
{
	struct reader_mark m;
	uint32_t n = 0;
	for (size_t i = 0; reader_mark_unpack(a->f->reader->marks, i, &m) == OK; i++)
		n += m.kind == MARK_SHOWN && m.campaign == a->c->id && within(m.at, a->c->cap_days, a->f->now);
	return a->c->cap_views > 0 && n >= a->c->cap_views;
}

static bool rule_not_counted(const struct ask *a) { return !a->f->counted; }

static bool rule_campaign(const struct ask *a)
{
	(void)a;
	return true;
}

static const struct { bool (*fires)(const struct ask *); enum scope scope; enum outcome act; enum decide_reason reason; } RULES[] = {
#define X(name, scope, act, sentence) { rule_##name, scope, act, REASON_##name },
#include "core/rule.def"
#undef X
};

static const struct { const char *name, *sentence; } REASONS[REASON_N] = {
#define X(name, scope, act, sentence) { #name, sentence },
#include "core/rule.def"
#undef X
#define X(name, act, sentence) { #name, sentence },
#include "core/reason.def"
#undef X
};

const char *decide_act_name(enum decide_act a)
{
	static const char *const NAMES[ACT_N] = { "open", "prompt", "wall" };
	return a < ACT_N ? NAMES[a] : "open";
}

const char *decide_reason_name(enum decide_reason r)
{
	return r < REASON_N ? REASONS[r].name : "bug";
}

const char *decide_reason_sentence(enum decide_reason r)
{
	return r < REASON_N ? REASONS[r].sentence : "";
}

struct decision decide_open(enum decide_reason r)
{
	return (struct decision){ .act = ACT_OPEN, .reason = r, .left = UINT32_MAX };
}

/* The meter of one campaign: which place has this article among those of the month? */
static void look_at_meter(struct ask *a)
{
	a->metered = a->c->window != WINDOW_NONE;
	a->exhausted = false;
	if (!a->metered)
		return;
	uint32_t nth;
	bool known;
	uint32_t n = reader_count(a->f->reader->seen, a->f->cal.month_from, a->f->art48, &nth, &known);
	a->exhausted = nth > a->c->allowance;
	if (a->d->left == UINT32_MAX && !rule_paused(a) && !rule_section(a)) {
		uint32_t used = known ? n : n + 1;
		a->d->left = used < a->c->allowance ? a->c->allowance - used : 0;
	}
}

/* The first row of one scope that fires; RULES' length when none does. */
static size_t first_rule(const struct ask *a, enum scope scope)
{
	size_t i = 0;
	while (i < ARRAY_N(RULES) && (RULES[i].scope != scope || !RULES[i].fires(a)))
		i++;
	return i;
}

struct decision decide(const struct decide_facts *f, const struct campaign_set *set)
{
	struct decision d = decide_open(REASON_no_campaign);
	struct ask a = { .f = f, .d = &d };
	bool known;
	size_t i = first_rule(&a, PAGE);
	if (i < ARRAY_N(RULES))
		return decide_open(RULES[i].reason);
	uint32_t nth, n = reader_count(f->reader->seen, f->cal.month_from, f->art48, &nth, &known);
	d.articles = known ? n : n + 1;
	for (size_t k = 0; k < set->n; k++) {
		a.c = &set->campaign[k];
		if (a.c->site != f->site)
			continue;
		look_at_meter(&a);
		i = first_rule(&a, CAMPAIGN);
		ASSERT(i < ARRAY_N(RULES));	/* the last row always fires */
		enum decide_reason r = RULES[i].reason;
		if (RULES[i].act == SKIP) {
			if (d.reason == REASON_no_campaign && r != REASON_paused && r != REASON_section)
				d.reason = r;
			continue;
		}
		d.act = RULES[i].act == WALL ? ACT_WALL : ACT_PROMPT;
		d.reason = r;
		d.campaign = a.c;
		d.variant = campaign_variant_pick(a.c, f->variant_hash);
		return d;
	}
	return d;
}
