/* core/decide.c: the loop that asks the rules of rule.def, and the names of what comes out. */
#include "core/rule.h"

#define NO_LEFT UINT32_MAX

/* --- asking ----------------------------------------------------------------------------------- */

/* Where the next step goes, or cap: when all is full, what fired takes the place of the oldest that
 * did not, so that the trace ends with what decided. */
static size_t place(struct decide_trace *t, bool fired)
{
	size_t i = 0;

	if (t->n < t->cap || !fired || t->cap == 0)
		return t->n < t->cap ? t->n : t->cap;
	while (i < t->cap && t->step[i].fired)
		i++;
	for (i = i < t->cap ? i : 0; i + 1 < t->cap; i++)
		t->step[i] = t->step[i + 1];
	ASSERT(i < t->cap);
	return i;
}

static void note(struct decide_trace *t, const struct rule_ctx *x, size_t rule, bool fired)
{
	size_t at = place(t, fired);

	if (at < t->cap)
		t->step[at] = (struct decide_step){
			x->c, (enum decide_reason)rule, fired, x->have, x->need, x->saw};
	t->n++;
}

static bool ask(struct rule_ctx *x, size_t rule, struct decide_trace *t)
{
	ASSERT(rule < RULE_N);
	if (!t)
		return rule_table[rule].fires(x);
	x->have = x->need = INT64_MIN;
	x->saw = STR("");
	bool fired = rule_table[rule].fires(x);
	note(t, x, rule, fired);
	return fired;
}

/* The first row of these that fires, or RULE_N. */
static size_t first_rule(struct rule_ctx *x, uint64_t asks, struct decide_trace *t)
{
	for (; asks != 0; asks &= asks - 1) {
		size_t rule = (size_t)__builtin_ctzll(asks);
		if (ask(x, rule, t))
			return rule;
	}
	return RULE_N;
}

#define X(name, scope, act, tell, can, have, need, sentence)                                       \
	| (uint64_t)(SCOPE_##scope == SCOPE_PAGE) << RULE_##name
static const uint64_t page_rules = 0
#include "core/rule.def"
	;
#undef X

void decide_prepare(struct campaign *c)
{
	_Static_assert(RULE_N <= 64, "campaign.asks has a bit a rule");
	c->asks = 0;
	for (size_t i = 0; i < RULE_N; i++)
		if (rule_table[i].scope == SCOPE_CAMPAIGN && rule_table[i].can(c))
			c->asks |= UINT64_C(1) << i;
}

/* --- what follows ----------------------------------------------------------------------------- */

/* A wall, or an opened one, is marked once in its window. */
static enum reader_mark_kind once(struct rule_ctx *x, enum reader_mark_kind kind)
{
	utc_t from = rule_window_starts(x->f, &x->c->meter);

	return cap_has(rule_marks(x), kind, x->c->id, from) ? (enum reader_mark_kind)0 : kind;
}

/* Whatever does not count leaves no mark. */
static enum reader_mark_kind mark_of(struct rule_ctx *x, size_t rule)
{
	if (!x->f->counted || !x->f->reader->stored)
		return (enum reader_mark_kind)0;
	enum rule_act act = rule_table[rule].act;
	if (act == RULE_PROMPT)
		return MARK_SHOWN;
	if (act == RULE_WALL)
		return once(x, MARK_WALLED);
	ASSERT(act == RULE_HOLD); /* what opens or skips ends no campaign */
	return rule == RULE_holdout_wall ? once(x, MARK_HELD)
	       : rule == RULE_cycle_skip ? MARK_SKIPPED
					 : MARK_HELD;
}

static void end_with(struct rule_ctx *x, size_t rule)
{
	enum rule_act act = rule_table[rule].act;
	struct decision *d = x->d;

	d->act = act == RULE_WALL ? ACT_WALL : act == RULE_PROMPT ? ACT_PROMPT : ACT_OPEN;
	d->reason = (enum decide_reason)rule;
	d->campaign = x->c;
	d->variant = campaign_variant_pick(x->c, x->f->variant_hash);
	d->set = campaign_set_pick(x->c, x->f->page.country, x->f->reader);
	d->mark = mark_of(x, rule);
	d->walled = act == RULE_WALL && x->f->counted && x->f->reader->stored;
	ASSERT(d->variant < CAMPAIGN_VARIANTS_MAX && d->set < CAMPAIGN_SETS_MAX);
}

/* Ask the campaigns of the site in the order of the set. */
static void ask_campaigns(
	struct rule_ctx *x, const struct campaign_set *set, struct decide_trace *t)
{
	const struct campaign_site *site = campaign_set_site(set, x->f->site);

	if (!site)
		return;
	ASSERT(site->policy);
	x->policy = site->policy;
	uint64_t idle = t ? 0 : rule_idle(x);
	for (size_t i = 0; i < site->n; i++) {
		x->c = &set->campaign[site->from + i];
		size_t rule = first_rule(x, x->c->asks & ~idle, t);
		if (rule == RULE_N)
			continue;
		if (rule_table[rule].act != RULE_SKIP) {
			end_with(x, rule);
			break;
		}
		if (x->d->reason == REASON_no_campaign && rule_table[rule].tell == RULE_TELL)
			x->d->reason = (enum decide_reason)rule;
	}
	x->d->supporter = x->d->act == ACT_OPEN && (x->d->reason == REASON_supporter ||
							   rule_is_supporter(x->f, site->policy));
}

struct decision decide_open(enum decide_reason r)
{
	return (struct decision){.act = ACT_OPEN, .reason = r, .left = NO_LEFT};
}

struct decision decide(
	const struct decide_facts *f, const struct campaign_set *set, struct decide_trace *trace)
{
	struct decision d = decide_open(REASON_no_campaign);
	struct rule_ctx x;

	rule_init(&x, f, &d);
	if (f->reader) {
		struct reader_count c =
			rule_count(&x, (struct reader_window){f->cal.month_from, 0, false});
		d.articles = c.known ? c.n : c.n + 1;
	}
	size_t rule = first_rule(&x, page_rules, trace);
	if (rule != RULE_N)
		d.reason = (enum decide_reason)rule;
	else if (!f->reader || f->art == 0)
		d.reason = REASON_bad_request;
	else if (set)
		ask_campaigns(&x, set, trace);
	ASSERT((unsigned)d.reason < REASON_N);
	ASSERT(d.act == ACT_OPEN || d.campaign); /* nobody is asked or walled by nothing */
	return d;
}

#define BIT(rule) (UINT64_C(1) << RULE_##rule)
static const uint64_t readers_word = BIT(paused) | BIT(account) | BIT(gave) | BIT(supporter) |
				     BIT(never) | BIT(already_gave) | BIT(closed) | BIT(later);
static const uint64_t walls_word = BIT(paused) | BIT(account) | BIT(gave) | BIT(supporter);
#undef BIT

enum decide_reason decide_still(
	const struct decide_facts *f, const struct campaign_set *set, const struct campaign *c)
{
	struct decision d = decide_open(REASON_campaign);
	const struct campaign_site *site = campaign_set_site(set, f->site);
	struct rule_ctx x;

	rule_init(&x, f, &d);
	size_t rule = first_rule(&x, page_rules, NULL);
	ASSERT(c);
	if (rule == RULE_N && site) {
		x.policy = site->policy;
		x.c = c;
		rule = first_rule(
			&x, c->asks & (c->kind == CAMPAIGN_WALL ? walls_word : readers_word), NULL);
	}
	return rule == RULE_N ? REASON_campaign : (enum decide_reason)rule;
}

/* --- names ------------------------------------------------------------------------------------ */

static const char *const act_names[ACT_N] = {"open", "prompt", "wall"};

static const struct {
	const char *name, *sentence;
} reasons[REASON_N] = {
#define X(name, scope, act, tell, can, have, need, sentence) [REASON_##name] = {#name, sentence},
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

bool decide_consent_read(struct str s, enum decide_consent *ret)
{
	static const char *const NAMES[] = {"none", "counting", "full"};
	for (size_t i = 0; i < ARRAY_N(NAMES); i++)
		if (str_is(s, NAMES[i])) {
			*ret = (enum decide_consent)i;
			return true;
		}
	return false;
}

const char *decide_reason_name(enum decide_reason r)
{
	return (unsigned)r < REASON_N ? reasons[r].name : "unknown";
}

struct str decide_variant(const struct decision *d)
{
	if (!d->campaign || d->reason == REASON_holdout || d->reason == REASON_holdout_wall)
		return STR("");
	return d->campaign->variant[d->variant].name;
}

const char *decide_reason_sentence(enum decide_reason r)
{
	return (unsigned)r < REASON_N ? reasons[r].sentence : "This reason is not known.";
}

void decide_step_names(enum decide_reason r, const char **ret_have, const char **ret_need)
{
	bool is_rule = (unsigned)r < RULE_N;

	*ret_have = is_rule ? rule_table[r].have : "";
	*ret_need = is_rule ? rule_table[r].need : "";
}
