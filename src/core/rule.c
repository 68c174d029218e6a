/* core/rule.c: the predicates of rule.def, in its order.
 *
 * A reader's row belongs to one site, so every mark in it is a mark of this site; "never" and
 * "already gave" hold for all of its campaigns, "closed" and "later" for those that share a cap. */
#include "core/rule.h"

#define NO_LEFT UINT32_MAX
#define HOUR_S  INT64_C(3600)
#define DAY_S   INT64_C(86400)

/* --- what rules look at ----------------------------------------------------------------------- */

void rule_init(struct rule_ctx *x, const struct decide_facts *f, struct decision *d)
{
	x->f = f;
	x->d = d;
	x->policy = NULL;
	x->c = NULL;
	x->has_seen = x->has_marks = x->has_site_cap = x->has_sensitive = false;
	x->cap_of = NULL;
	x->count_n = 0;
}

struct reader_count rule_count(struct rule_ctx *x, struct reader_window w)
{
	for (size_t i = 0; i < x->count_n && i < ARRAY_N(x->count); i++)
		if (x->count[i].w.from_day == w.from_day && x->count[i].w.topics == w.topics &&
			x->count[i].w.metered == w.metered)
			return x->count[i].c;
	if (!x->has_seen)
		reader_unpack(x->f->reader->seen, &x->seen);
	x->has_seen = true;
	struct reader_count c = reader_count(&x->seen, w, x->f->art);
	size_t at = x->count_n++ % ARRAY_N(x->count);
	x->count[at].w = w;
	x->count[at].c = c;
	return c;
}

static uint16_t days_back(uint16_t day, uint32_t days)
{
	return days > day ? 0 : (uint16_t)(day + 1 - days);
}

/* First day of a meter's window. */
static uint16_t window_from(const struct decide_calendar *cal, const struct campaign_meter *m)
{
	switch (m->window) {
	case WINDOW_DAY: return cal->day;
	case WINDOW_WEEK: return cal->week_from;
	case WINDOW_MONTH: return cal->month_from;
	default: return days_back(cal->day, m->days); /* without a meter nobody asks */
	}
}

utc_t rule_window_starts(const struct decide_facts *f, const struct campaign_meter *m)
{
	int64_t days = f->cal.day - window_from(&f->cal, m);

	/* a clock change may make a day an hour longer */
	return (utc_t){f->cal.day_starts.us - (days * DAY_S + (days > 0 ? HOUR_S : 0)) * 1000000};
}

const struct cap_marks *rule_marks(struct rule_ctx *x)
{
	if (!x->has_marks)
		cap_unpack(x->f->reader->marks, &x->marks);
	x->has_marks = true;
	return &x->marks;
}

static const struct cap_state *cap(struct rule_ctx *x)
{
	if (!x->cap_of || (x->cap_of != x->c && !cap_is_same(&x->cap_of->cap, &x->c->cap)))
		cap_look(rule_marks(x), &x->c->cap, x->f->now, x->f->cal.day_starts, &x->cap);
	x->cap_of = x->c;
	return &x->cap;
}

static bool saw(struct rule_ctx *x, int64_t have, int64_t need, bool fires)
{
	x->have = have;
	x->need = need;
	return fires;
}

/* A number against a range; a trace tells the bound that is crossed, else the lower one. */
static bool is_outside(struct rule_ctx *x, int64_t have, struct target_range r)
{
	bool above = have > r.max;

	return saw(x, have, above ? (int64_t)r.max : (int64_t)r.min, above || have < r.min);
}

/* --- the page --------------------------------------------------------------------------------- */

static bool rule_bot(struct rule_ctx *x)
{
	return x->f->bot;
}

static bool rule_consent_none(struct rule_ctx *x)
{
	return x->f->consent == CONSENT_NONE;
}

/* --- whom and where --------------------------------------------------------------------------- */

static bool rule_paused(struct rule_ctx *x)
{
	const struct campaign *c = x->c;
	bool over = c->end.us != 0 && x->f->now.us >= c->end.us;

	return saw(
		x, utc_s(x->f->now), utc_s(over ? c->end : c->start), !campaign_runs(c, x->f->now));
}

static bool in_ONE(struct page_words list, const struct page *p, struct str fact)
{
	(void)p;
	return page_has(list, fact);
}

static bool in_PREFIX(struct page_words list, const struct page *p, struct str fact)
{
	(void)p;
	return page_has_prefix(list, fact);
}

static bool in_FROM(struct page_words list, const struct page *p, struct str fact)
{
	(void)fact;
	return page_is_kind(p, &(struct page_kind){.referrers = list});
}

static bool in_ANY(struct page_words list, const struct page *p, struct page_words fact)
{
	(void)p;
	return page_has_any(list, fact);
}

#define saw_ONE(fact)    (fact)
#define saw_PREFIX(fact) (fact)
#define saw_FROM(fact)   (fact)
#define saw_ANY(fact)    ((fact).n > 0 ? (fact).v[0] : STR(""))
#define X(name, how, fact, charset, longest)                                                       \
	static bool rule_##name(struct rule_ctx *x)                                                \
	{                                                                                          \
		const struct page *p = &x->f->page;                                                \
		struct page_words in = x->c->target.list[TARGET_##name].in;                        \
                                                                                                   \
		x->saw = saw_##how(p->fact);                                                       \
		return (in.n > 0 && !in_##how(in, p, p->fact)) ||                                  \
		       in_##how(x->c->target.list[TARGET_##name].not_in, p, p->fact);              \
	}
#include "core/target.def"
#undef X

static bool rule_age(struct rule_ctx *x)
{
	int64_t s = utc_s(x->f->now) - utc_s(x->f->page.published);

	if (x->f->page.published.us == 0)
		return true;
	return is_outside(x, s < 0 ? 0 : s / HOUR_S, x->c->target.age_hours);
}

static bool rule_words(struct rule_ctx *x)
{
	return x->f->page.word_count == 0 ||
	       is_outside(x, x->f->page.word_count, x->c->target.words);
}

static bool rule_weekday(struct rule_ctx *x)
{
	uint8_t day = x->f->cal.weekday;

	ASSERT(day < 7);
	return saw(x, day, INT64_MIN, !(x->c->target.weekdays >> day & 1));
}

static bool rule_hour(struct rule_ctx *x)
{
	struct target_range h = x->c->target.hours;
	uint8_t hour = x->f->cal.hour;

	ASSERT(hour < 24);
	if (h.min <= h.max)
		return is_outside(x, hour, h);
	return saw(x, hour, h.min, hour > h.max && hour < h.min);
}

static bool rule_account(struct rule_ctx *x)
{
	bool in = x->f->signed_in;

	x->saw = in ? STR("signed_in") : STR("anonymous");
	return !(x->c->target.account & (in ? ACCOUNT_SIGNED_IN : ACCOUNT_ANONYMOUS));
}

static bool rule_visitor(struct rule_ctx *x)
{
	const struct reader *r = x->f->reader;
	bool is_new = !r->stored || r->first_at.us >= x->f->cal.day_starts.us;

	x->saw = is_new ? STR("new") : STR("returning");
	return !(x->c->target.visitor & (is_new ? VISITOR_NEW : VISITOR_RETURNING));
}

static bool is_supporter(const struct decide_facts *f, uint32_t once, uint32_t recurring)
{
	const struct reader *r = f->reader;
	uint32_t days = r->gift == GIFT_ONCE ? once : recurring;

	return r->gift != GIFT_NONE &&
	       (r->gift_until.us > f->now.us || cap_is_within(r->gave_at, f->now, days));
}

bool rule_is_supporter(const struct decide_facts *f, const struct policy *p)
{
	return is_supporter(f, p->supporter_once_days, p->supporter_recurring_days);
}

static bool rule_gave(struct rule_ctx *x)
{
	bool never = x->f->reader->gift == GIFT_NONE, now = rule_is_supporter(x->f, x->policy);
	unsigned is = never ? GAVE_NEVER : now ? GAVE_SUPPORTER : GAVE_FORMER;

	x->saw = never ? STR("never") : now ? STR("supporter") : STR("former");
	return !(x->c->target.gave & is);
}

static bool rule_reads(struct rule_ctx *x)
{
	const struct target *t = &x->c->target;

	for (size_t i = 0; i < t->read_n; i++) {
		const struct target_reads *r = &t->read[i];
		struct reader_window w = {days_back(x->f->cal.day, r->days), r->topics, false};
		if (is_outside(x, rule_count(x, w).n, r->n))
			return true;
	}
	return false;
}

/* --- silence ---------------------------------------------------------------------------------- */

static bool rule_blackout(struct rule_ctx *x)
{
	for (size_t i = 0; i < x->policy->blackout_n; i++) {
		const struct policy_blackout *b = &x->policy->blackout[i];
		if (x->f->now.us >= b->start.us && x->f->now.us < b->end.us &&
			(b->campaigns.n == 0 || page_has(b->campaigns, x->c->slug)))
			return true;
	}
	return false;
}

static bool rule_sensitive(struct rule_ctx *x)
{
	if (!x->has_sensitive)
		x->is_sensitive = page_is_kind(&x->f->page, &x->policy->sensitive);
	x->has_sensitive = true;
	return x->is_sensitive;
}

static bool rule_supporter(struct rule_ctx *x)
{
	const struct reader *r = x->f->reader;
	const struct campaign *c = x->c;

	if (r->gift == GIFT_NONE)
		return false;
	return saw(x, (utc_s(x->f->now) - utc_s(r->gave_at)) / DAY_S,
		r->gift == GIFT_ONCE ? c->gave_once_days : c->gave_recurring_days,
		is_supporter(x->f, c->gave_once_days, c->gave_recurring_days));
}

/* --- the meter -------------------------------------------------------------------------------- */

static bool rule_unmetered(struct rule_ctx *x)
{
	return !(x->f->topics & x->c->meter.topics);
}

static bool rule_free_view(struct rule_ctx *x)
{
	return x->f->topics & PAGE_FREE;
}

static bool rule_meter_left(struct rule_ctx *x)
{
	const struct campaign_meter *m = &x->c->meter;
	uint32_t allowance = x->f->signed_in ? m->registered : m->allowance;
	struct reader_window w = {window_from(&x->f->cal, m), m->topics, true};
	struct reader_count c = rule_count(x, w);
	uint32_t read = c.known ? c.n : c.n + 1;

	if (x->d->left == NO_LEFT)
		x->d->left = allowance > read ? allowance - read : 0;
	x->meter = c;
	return saw(x, c.nth, allowance, c.nth <= allowance);
}

static bool rule_holdout_wall(struct rule_ctx *x)
{
	return x->policy->holdout_walls && policy_holds_out(x->policy, x->f->variant_hash);
}

static bool rule_meter_wall(struct rule_ctx *x)
{
	return saw(x, x->meter.nth,
		x->f->signed_in ? x->c->meter.registered : x->c->meter.allowance, true);
}

/* --- manners ---------------------------------------------------------------------------------- */

static bool rule_first_view(struct rule_ctx *x)
{
	return saw(x, x->f->reader->views, INT64_MIN,
		x->f->reader->views <= 1 || !x->f->reader->stored);
}

static bool rule_too_few_views(struct rule_ctx *x)
{
	return saw(x, x->f->reader->views, x->c->min_views, x->f->reader->views < x->c->min_views);
}

/* Did the reader say so not long ago? A trace tells how many days ago. */
static bool said(struct rule_ctx *x, int64_t at_s, uint32_t days)
{
	if (at_s != INT64_MIN)
		saw(x, (utc_s(x->f->now) - at_s) / DAY_S, days, true);
	return cap_is_within_s(at_s, x->f->now, days);
}

static bool rule_never(struct rule_ctx *x)
{
	return said(x, rule_marks(x)->newest_s[MARK_NEVER], x->c->never_days);
}

static bool rule_already_gave(struct rule_ctx *x)
{
	return said(x, rule_marks(x)->newest_s[MARK_ALREADY_GAVE], x->c->already_gave_days);
}

static bool rule_closed(struct rule_ctx *x)
{
	return said(x, cap(x)->closed_s, x->c->close_days);
}

static bool rule_later(struct rule_ctx *x)
{
	return said(x, cap(x)->later_s, x->c->later_days);
}

static bool rule_not_counted(struct rule_ctx *x)
{
	return !x->f->counted;
}

/* --- caps ------------------------------------------------------------------------------------- */

static bool gap_holds(struct rule_ctx *x, const struct cap_state *s, uint32_t hours)
{
	if (s->newest_s == INT64_MIN)
		return false;
	int64_t since = utc_s(x->f->now) - s->newest_s;
	return saw(x, since, hours * HOUR_S, since < hours * HOUR_S);
}

static bool rule_site_cap(struct rule_ctx *x)
{
	const struct campaign_cap *c = &x->policy->cap;
	struct cap_state *s = &x->site_cap;

	if (c->views == 0 && c->daily == 0 && c->gap_hours == 0)
		return false;
	if (!x->has_site_cap)
		cap_look(rule_marks(x), c, x->f->now, x->f->cal.day_starts, s);
	x->has_site_cap = true;
	if (c->views > 0 && saw(x, s->in_period, c->views, s->in_period >= c->views))
		return true;
	if (c->daily > 0 && saw(x, s->today, c->daily, s->today >= c->daily))
		return true;
	return (c->gap_hours > 0 && gap_holds(x, s, c->gap_hours)) ||
	       (c->views > 0 && s->lost_period) || (c->daily > 0 && s->lost_today);
}

static bool rule_gap(struct rule_ctx *x)
{
	return gap_holds(x, cap(x), x->c->cap.gap_hours);
}

static bool rule_daily(struct rule_ctx *x)
{
	const struct cap_state *s = cap(x);

	return saw(x, s->today, x->c->cap.daily, s->today >= x->c->cap.daily || s->lost_today);
}

static bool rule_capped(struct rule_ctx *x)
{
	const struct cap_state *s = cap(x);

	return saw(x, s->in_period, x->c->cap.views,
		s->in_period >= x->c->cap.views || s->lost_period);
}

static bool rule_cycle_full(struct rule_ctx *x)
{
	const struct cap_state *s = cap(x);

	return saw(x, s->in_cycle, x->c->cap.cycle_views,
		s->in_cycle >= x->c->cap.cycle_views || s->lost_cycle);
}

static bool rule_cycle_skip(struct rule_ctx *x)
{
	return saw(
		x, cap(x)->skipped, x->c->cap.cycle_skip, cap(x)->skipped < x->c->cap.cycle_skip);
}

/* --- experiments ------------------------------------------------------------------------------ */

static bool rule_holdout(struct rule_ctx *x)
{
	return policy_holds_out(x->policy, x->f->variant_hash);
}

static bool rule_control(struct rule_ctx *x)
{
	return x->c->variant_n > 0 &&
	       x->c->variant[campaign_variant_pick(x->c, x->f->variant_hash)].control;
}

static bool rule_campaign(struct rule_ctx *x)
{
	(void)x;
	return true;
}

/* --- rows that rest --------------------------------------------------------------------------- */

uint64_t rule_idle(struct rule_ctx *x)
{
	const struct decide_facts *f = x->f;
	const struct reader *r = f->reader;
	const struct cap_marks *m = rule_marks(x);
	bool spoke = m->n > 0;
	const struct {
		size_t rule;
		bool rests;
	} ROWS[] = {
		{RULE_blackout, x->policy->blackout_n == 0},
		{RULE_sensitive, !rule_sensitive(x)},
		{RULE_supporter, r->gift == GIFT_NONE},
		{RULE_free_view, !(f->topics & PAGE_FREE)},
		{RULE_holdout_wall, !rule_holdout_wall(x)},
		{RULE_first_view, r->views > 1 && r->stored},
		{RULE_never, m->newest_s[MARK_NEVER] == INT64_MIN},
		{RULE_already_gave, m->newest_s[MARK_ALREADY_GAVE] == INT64_MIN},
		{RULE_closed, m->newest_s[MARK_CLOSED] == INT64_MIN},
		{RULE_later, m->newest_s[MARK_LATER] == INT64_MIN},
		{RULE_not_counted, f->counted},
		{RULE_site_cap, !spoke},
		{RULE_gap, !spoke},
		{RULE_daily, !spoke},
		{RULE_capped, !spoke},
		{RULE_cycle_full, !spoke},
		{RULE_holdout, !rule_holdout(x)},
	};
	uint64_t idle = 0;

	for (size_t i = 0; i < ARRAY_N(ROWS); i++)
		idle |= (uint64_t)ROWS[i].rests << ROWS[i].rule;
	return idle;
}

/* --- the table -------------------------------------------------------------------------------- */

#define X(name, scope, act, tell, can, have, need, sentence)                                       \
	static bool can_##name(const struct campaign *c)                                           \
	{                                                                                          \
		(void)c;                                                                           \
		return can;                                                                        \
	}
#include "core/rule.def"
#undef X

const struct rule rule_table[RULE_N] = {
#define X(name, scope, act, tell, can, have, need, sentence)                                       \
	{#name, have, need, sentence, SCOPE_##scope, RULE_##act, RULE_##tell, rule_##name,         \
		can_##name},
#include "core/rule.def"
#undef X
};
