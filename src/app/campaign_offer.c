/* app/campaign_offer.c: what a campaign asks for: amounts, other amounts for some readers, what
 * covers the fee, a goal. */
#include <string.h>

#include "app/campaign_own.h"
#include "core/money.h"

/* --- amounts --------------------------------------------------------------------------------- */

static void amount_wrong(
	struct walk *w, const struct walk_place *at, struct str s, struct str code, enum err e)
{
	const struct money_currency *cur = money_currency(code);
	bool small = e == ERR_AMOUNT_TOO_SMALL;
	struct money limit = {small ? cur->floor_minor : cur->ceiling_minor, {0}};
	memcpy(limit.cur, cur->code, sizeof limit.cur);
	BUF_ON(text, 32);
	money_format(&text, &limit);
	if (small || e == ERR_AMOUNT_TOO_LARGE)
		walk_wrong(w, at, "%.*s is %s gift in %s (%.*s)", s.n > 20 ? 20 : (int)s.n, s.p,
			small ? "below the smallest" : "above the largest", cur->code,
			STR_FMT(buf_str(&text)));
	else if (e == ERR_AMOUNT_FRACTION)
		walk_wrong(w, at, "has more decimals than %s", cur->code);
	else
		walk_wrong(w, at, "must be a plain number such as %.*s", STR_FMT(buf_str(&text)));
}

/* One amount, kept with all decimals ("5" becomes "5.00"). False when it is told. */
static bool amount(struct walk *w, const struct walk_place *at, const json_t *v, struct str code,
	struct money *ret, struct str *ret_text)
{
	if (!walk_is(w, at, v, JSON_STRING))
		return false;
	enum err e = money_parse(walk_str(v), code, ret, NULL);
	if (e != OK) {
		amount_wrong(w, at, walk_str(v), code, e);
		return false;
	}
	BUF_ON(text, 32);
	money_format(&text, ret);
	*ret_text = walk_keep(w, buf_str(&text));
	return true;
}

static size_t amounts(struct walk *w, const struct walk_place *list, const json_t *v,
	struct str code, struct str *out)
{
	struct money last = {0};
	size_t n = 0;
	if (json_array_size(v) > CAMPAIGN_AMOUNTS_MAX) {
		walk_wrong(w, list, "has more than %d amounts", CAMPAIGN_AMOUNTS_MAX);
		return 0;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {list, NULL, i};
		struct money m;
		if (!amount(w, &at, json_array_get(v, i), code, &m, &out[n]))
			continue;
		if (m.minor <= last.minor)
			walk_wrong(w, &at, "must be larger than the one before");
		last = m;
		n++;
	}
	return n;
}

/* whole: all amounts could be read, so one that is not among them is a fault of its own. */
static void read_preselect(struct walk *w, const struct walk_place *up, const json_t *o,
	struct campaign_amounts *c, bool whole)
{
	static const char *const FIELDS[] = {"interval", "amount", NULL};
	static const char *const INTERVAL[] = {"once", "month", "year", NULL};
	struct walk_place at = {up, "preselect", 0}, place = {&at, "amount", 0};
	const json_t *p = walk_get(w, &at, o, JSON_OBJECT, true);
	if (!p)
		return;
	walk_only(w, &at, p, FIELDS);
	c->preselect = (enum campaign_interval)walk_choice(w, &at, p, "interval", INTERVAL);
	const json_t *v = walk_get(w, &place, p, JSON_STRING, true);
	struct money m;
	if (!v || !amount(w, &place, v, c->currency, &m, &c->preselect_amount))
		return;
	for (size_t i = 0; i < c->amount_n[c->preselect]; i++)
		if (str_eq(c->amount[c->preselect][i], c->preselect_amount))
			return;
	if (whole)
		walk_wrong(w, &place, "is not among the amounts of its interval");
}

static bool read_currency(
	struct walk *w, const struct walk_place *up, const json_t *o, struct str *ret)
{
	struct walk_place at = {up, "currency", 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, true);
	if (!v)
		return false;
	if (!money_currency(walk_str(v))) {
		walk_wrong(w, &at, "is not a currency that we take");
		return false;
	}
	*ret = walk_keep(w, walk_str(v));
	return !w->no_memory;
}

static void read_set(
	struct walk *w, const struct walk_place *at, const json_t *o, struct campaign_amounts *set)
{
	size_t offered = 0, before = w->faults->n;
	if (!read_currency(w, at, o, &set->currency))
		return;
	for (size_t i = 0; i < INTERVAL_N; i++) {
		struct walk_place list = {at, campaign_interval_name((enum campaign_interval)i), 0};
		const json_t *one = walk_get(w, &list, o, JSON_ARRAY, false);
		set->amount_n[i] = amounts(w, &list, one, set->currency, set->amount[i]);
		offered += json_array_size(one);
	}
	bool whole = w->faults->n == before;
	if (whole && offered == 0)
		walk_wrong(w, at, "offers no amount");
	read_preselect(w, at, o, set, whole);
}

/* A bound of the last gift, in the set's currency; not looked at while that is wrong. */
static int64_t gift_bound(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, struct campaign_amounts *set, int64_t def)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, false);
	struct money m;
	struct str text;
	if (!v)
		return def;
	set->has_gift_range = true;
	return set->currency.n > 0 && amount(w, &at, v, set->currency, &m, &text) ? m.minor : def;
}

static void read_when(
	struct walk *w, const struct walk_place *up, const json_t *o, struct campaign_amounts *set)
{
	static const char *const FIELDS[] = {"country", "gift", "gift_min", "gift_max", NULL};
	static const char *const GIFT[] = {"none", "once", "month", "year"};
	struct walk_place at = {up, "when", 0}, list = {&at, "gift", 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, true);
	if (!v)
		return;
	walk_only(w, &at, v, FIELDS);
	size_t before = w->faults->n, words;
	set->countries = walk_words(w, &at, v, "country", &CAMPAIGN_COUNTRIES);
	const json_t *gifts = walk_get(w, &list, v, JSON_ARRAY, false);
	for (size_t i = 0; i < json_array_size(gifts); i++) {
		struct str s = walk_str(json_array_get(gifts, i));
		size_t k = 0;
		while (k < ARRAY_N(GIFT) && !str_is(s, GIFT[k]))
			k++;
		if (k == ARRAY_N(GIFT))
			walk_wrong(w, &(struct walk_place){&list, NULL, i},
				"must be none, once, month or year");
		else
			set->gifts |= (uint8_t)(1u << k);
	}
	words = w->faults->n;
	set->gift_min = gift_bound(w, &at, v, "gift_min", set, 0);
	set->gift_max = gift_bound(w, &at, v, "gift_max", set, INT64_MAX);
	if (set->gift_max < set->gift_min && w->faults->n == words)
		walk_wrong(w, &at, "gift_max is below gift_min");
	if (set->countries.n == 0 && set->gifts == 0 && !set->has_gift_range &&
		w->faults->n == before)
		walk_wrong(w, &at, "says nothing");
}

/* --- the fee ---------------------------------------------------------------------------------- */

static uint32_t read_percent(struct walk *w, const struct walk_place *up, const json_t *o)
{
	struct walk_place at = {up, "percent", 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, false);
	uint32_t percent = 0;
	enum err e = v ? cover_percent_parse(walk_str(v), &percent) : OK;
	if (e == ERR_AMOUNT_FRACTION)
		walk_wrong(w, &at, "has more than two decimals");
	else if (e != OK)
		walk_wrong(w, &at, "must be 0 to 20, such as 1.5");
	return percent;
}

/* More than the smallest gift is no fee. */
static int64_t read_fixed(
	struct walk *w, const struct walk_place *up, const json_t *o, struct str code)
{
	struct walk_place at = {up, "fixed", 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, false);
	const struct money_currency *cur = money_currency(code);
	struct money m = {0};
	if (!v || !cur)
		return 0;
	enum err e = money_parse_part(walk_str(v), code, &m, NULL);
	if (e != OK)
		amount_wrong(w, &at, walk_str(v), code, e);
	else if (m.minor > cur->floor_minor)
		walk_wrong(w, &at, "is more than the smallest gift in %s", cur->code);
	return m.minor;
}

/* *ret is as it was when nothing stands there. */
static void read_cover(struct walk *w, const struct walk_place *up, const json_t *o,
	struct str code, struct cover *ret)
{
	static const char *const FIELDS[] = {"percent", "fixed", NULL};
	struct walk_place at = {up, "cover", 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, false);
	if (!v)
		return;
	size_t before = w->faults->n;
	walk_only(w, &at, v, FIELDS);
	ret->percent_e2 = read_percent(w, &at, v);
	ret->fixed_minor = read_fixed(w, &at, v, code);
	if (code.n > 0 && w->faults->n == before && !cover_is_offered(ret))
		walk_wrong(w, &at, "covers nothing");
}

/* What the first set of this currency says holds for all: a plain form does not tell the set. */
static void read_set_cover(struct walk *w, const struct walk_place *up, const json_t *o,
	struct campaign_amounts *set, size_t i)
{
	const struct cover *first = NULL;
	for (size_t k = 0; k < i && !first; k++)
		if (str_eq(set[k].currency, set[i].currency))
			first = &set[k].cover;
	if (first)
		set[i].cover = *first;
	read_cover(w, up, o, set[i].currency, &set[i].cover);
	if (first && set[i].currency.n > 0 &&
		(set[i].cover.percent_e2 != first->percent_e2 ||
			set[i].cover.fixed_minor != first->fixed_minor))
		walk_wrong(w, &(struct walk_place){up, "cover", 0},
			"must be that of the first amounts in %.*s", STR_FMT(set[i].currency));
}

static void read_more_sets(
	struct walk *w, const json_t *root, struct campaign_amounts *set, size_t n)
{
	static const char *const FIELDS[] = {
		"when", "currency", "once", "month", "year", "preselect", "cover", NULL};
	struct walk_place list = {NULL, "amount_sets", 0};
	const json_t *v = json_object_get(root, "amount_sets");
	for (size_t i = 1; i < n; i++) {
		struct walk_place at = {&list, NULL, i - 1};
		const json_t *one = json_array_get(v, i - 1);
		if (!walk_is(w, &at, one, JSON_OBJECT))
			continue;
		walk_only(w, &at, one, FIELDS);
		read_set(w, &at, one, &set[i]);
		read_when(w, &at, one, &set[i]);
		read_set_cover(w, &at, one, set, i);
	}
}

void campaign_amounts_read(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {
		"currency", "once", "month", "year", "preselect", NULL};
	struct walk_place at = {NULL, "amounts", 0}, list = {NULL, "amount_sets", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, true);
	size_t more = json_array_size(walk_get(w, &list, root, JSON_ARRAY, false));
	if (more > CAMPAIGN_SETS_MAX - 1) {
		walk_wrong(w, &list, "has more than %d sets", CAMPAIGN_SETS_MAX - 1);
		more = 0;
	}
	struct campaign_amounts *set = arena_alloc(w->arena, (1 + more) * sizeof *set);
	if (!set) {
		w->no_memory = true;
		return;
	}
	c->set = set;
	c->set_n = 1 + more;
	if (o) {
		walk_only(w, &at, o, FIELDS);
		read_set(w, &at, o, set);
	}
	read_cover(w, NULL, root, set->currency, &set->cover);
	read_more_sets(w, root, set, 1 + more);
}

/* --- goal ---------------------------------------------------------------------------------------
 */

void campaign_goal_read(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {"amount", "currency", "from", NULL};
	struct walk_place at = {NULL, "goal", 0}, place = {&at, "amount", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	bool has_currency = read_currency(w, &at, o, &c->goal.currency);
	const json_t *v = walk_get(w, &place, o, JSON_STRING, true);
	/* a goal is far above the largest gift */
	const struct money_currency *cur = money_currency(c->goal.currency);
	uint64_t major;
	if (v && has_currency) {
		if (str_u64(walk_str(v), 1000000000, &major) != OK || major == 0)
			walk_wrong(w, &place, "must be a whole number such as 50000");
		else
			c->goal.minor = (int64_t)major;
		for (int i = 0; i < cur->exponent; i++)
			c->goal.minor *= 10;
	}
	c->goal.from = walk_time(w, &at, o, "from", false);
	if (c->goal.from.us == 0)
		c->goal.from = c->start;
}
