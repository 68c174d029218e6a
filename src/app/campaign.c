/* app/campaign.c: what a campaign file may say. */
#include "app/campaign.h"

#include <string.h>

#include "app/walk.h"
#include "core/money.h"

#define SMALL_AND_DIGITS "abcdefghijklmnopqrstuvwxyz0123456789-"
#define LETTERS          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"
#define DAYS_MAX         3650

static const struct walk_word NAME = {SMALL_AND_DIGITS, "a-z, 0-9 and -, 1 to 64 of them", 64};
static const struct walk_word VARIANT = {SMALL_AND_DIGITS, "a-z, 0-9 and -, 1 to 32 of them", 32};

/* --- parts ----------------------------------------------------------------------------------- */

static size_t sections(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, struct str *out)
{
	struct walk_place list = {up, key, 0};
	const json_t *v = walk_get(w, &list, o, JSON_ARRAY, false);
	size_t n = 0;
	if (json_array_size(v) > CAMPAIGN_SECTIONS_MAX) {
		walk_wrong(w, &list, "has more than %d sections", CAMPAIGN_SECTIONS_MAX);
		return 0;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {&list, NULL, i};
		const json_t *one = json_array_get(v, i);
		if (!walk_is(w, &at, one, JSON_STRING))
			continue;
		out[n] = walk_word_of(w, &at, one, &NAME);
		for (size_t k = 0; k < n; k++)
			if (out[n].n > 0 && str_eq(out[k], out[n]))
				walk_wrong(w, &at, "stands there twice");
		n++;
	}
	return n;
}

static void read_sections(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {"in", "not_in", NULL};
	struct walk_place at = {NULL, "sections", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	c->in_n = sections(w, &at, o, "in", c->in);
	c->not_in_n = sections(w, &at, o, "not_in", c->not_in);
	for (size_t i = 0; i < c->not_in_n; i++)
		for (size_t k = 0; k < c->in_n; k++)
			if (c->in[k].n > 0 && str_eq(c->in[k], c->not_in[i]))
				walk_wrong(w, &at, "%.*s is both in and not_in", STR_FMT(c->in[k]));
}

static void read_cap(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {"views", "days", NULL};
	struct walk_place at = {NULL, "cap", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	c->cap_views = walk_u32(w, &at, o, "views", (struct walk_range){1, 100, -1});
	c->cap_days = walk_u32(w, &at, o, "days", (struct walk_range){1, 365, -1});
}

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
	static const char *const FIELDS[] = {"window", "allowance", "then", NULL};
	static const char *const WINDOW[] = {"month", NULL};
	static const char *const THEN[] = {"prompt", "wall", NULL};
	struct walk_place at = {NULL, "meter", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (o) {
		walk_only(w, &at, o, FIELDS);
		(void)walk_choice(w, &at, o, "window", WINDOW);
		c->window = WINDOW_MONTH;
		c->allowance = walk_u32(w, &at, o, "allowance", (struct walk_range){0, 200, -1});
		c->meter_wall = walk_choice(w, &at, o, "then", THEN) == 1;
	}
	if ((c->kind == CAMPAIGN_WALL) != c->meter_wall)
		walk_wrong(w, &at,
			c->meter_wall ? "then wall needs kind wall"
				      : "kind wall needs a meter with then wall");
}

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

static void read_preselect(
	struct walk *w, const struct walk_place *up, const json_t *o, struct campaign *c)
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
	walk_wrong(w, &place, "is not among the amounts of its interval");
}

static void read_amounts(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {
		"currency", "once", "month", "year", "preselect", NULL};
	struct walk_place at = {NULL, "amounts", 0}, cur = {&at, "currency", 0};
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, true);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	const json_t *v = walk_get(w, &cur, o, JSON_STRING, true);
	if (!v)
		return;
	if (!money_currency(walk_str(v))) {
		walk_wrong(w, &cur, "is not a currency that we take");
		return;
	}
	c->currency = walk_keep(w, walk_str(v));
	if (w->no_memory)
		return;
	size_t offered = 0;
	for (size_t i = 0; i < INTERVAL_N; i++) {
		struct walk_place list = {&at, FIELDS[i + 1], 0};
		const json_t *one = walk_get(w, &list, o, JSON_ARRAY, false);
		c->amount_n[i] = amounts(w, &list, one, c->currency, c->amount[i]);
		offered += json_array_size(one);
	}
	if (offered == 0)
		walk_wrong(w, &at, "offers no amount");
	read_preselect(w, &at, o, c);
}

/* --- variants -------------------------------------------------------------------------------- */

static void read_text(struct walk *w, const struct walk_place *at, const json_t *o, bool wall,
	struct campaign_text *t)
{
	static const char *const FIELDS[] = {"topline", "title", "body", "button", "later", NULL};
	if (!walk_is(w, at, o, JSON_OBJECT))
		return;
	walk_only(w, at, o, FIELDS);
	t->topline = walk_text(
		w, at, o, "topline", (struct walk_length){.chars = 200, .may_lack = wall});
	t->title = walk_text(w, at, o, "title", (struct walk_length){.chars = 200});
	t->body = walk_text(w, at, o, "body", (struct walk_length){.chars = 2000, .lines = true});
	t->button = walk_text(w, at, o, "button", (struct walk_length){.chars = 60});
	t->later =
		walk_text(w, at, o, "later", (struct walk_length){.chars = 60, .may_lack = wall});
}

/* Texts are kept by locale in byte order, so that "the first" is the same from a file and from
 * jsonb. */
static void read_texts(struct walk *w, const struct walk_place *up, const json_t *o, bool wall,
	struct campaign_variant *v)
{
	static const struct walk_word LOCALE = {LETTERS, "letters and -", 16};
	struct walk_place list = {up, "text", 0};
	const json_t *texts = walk_get(w, &list, o, JSON_OBJECT, true);
	if (!texts)
		return;
	size_t n = json_object_size(texts);
	if (n == 0 || n > CAMPAIGN_LOCALES_MAX) {
		walk_wrong(w, &list, "must have 1 to %d languages", CAMPAIGN_LOCALES_MAX);
		return;
	}
	const char *key;
	json_t *one;
	json_object_foreach((json_t *)texts, key, one)
	{
		struct walk_place at = {&list, key, 0};
		struct campaign_text t = {0};
		if (strlen(key) < 2 || !walk_is_made_of(str_c(key), &LOCALE)) {
			walk_wrong(w, &at, "is not a language such as en or pt-BR");
			continue;
		}
		t.locale = walk_keep(w, str_c(key));
		read_text(w, &at, one, wall, &t);
		size_t i = v->text_n++;
		for (; i > 0 && !w->no_memory && strcmp(v->text[i - 1].locale.p, key) > 0; i--)
			v->text[i] = v->text[i - 1];
		v->text[i] = t;
	}
}

static bool speaks(const struct campaign_variant *v, struct str locale)
{
	for (size_t i = 0; i < v->text_n; i++)
		if (str_eq(v->text[i].locale, locale))
			return true;
	return false;
}

/* Every variant speaks every language of the others. */
static void languages(struct walk *w, const struct walk_place *list, const struct campaign *c)
{
	for (size_t i = 0; i < c->variant_n; i++)
		for (size_t k = 0; k < c->variant_n; k++)
			for (size_t t = 0; c->variant[i].text_n > 0 && t < c->variant[k].text_n;
				t++) {
				struct str locale = c->variant[k].text[t].locale;
				struct walk_place one = {list, NULL, i}, text = {&one, "text", 0},
						  at = {&text, locale.p, 0};
				bool told = false; /* by an earlier variant that has it too */
				for (size_t j = 0; j < k; j++)
					told = told || speaks(&c->variant[j], locale);
				if (!told && !speaks(&c->variant[i], locale))
					walk_wrong(w, &at, "is missing, another variant has it");
			}
}

static void read_variant(
	struct walk *w, const struct walk_place *at, const json_t *o, struct campaign *c)
{
	static const char *const FIELDS[] = {"variant", "share", "text", NULL};
	struct campaign_variant *v = &c->variant[c->variant_n++];
	if (!walk_is(w, at, o, JSON_OBJECT))
		return;
	walk_only(w, at, o, FIELDS);
	v->name = walk_word(w, at, o, "variant", &VARIANT);
	v->share = walk_u32(w, at, o, "share", (struct walk_range){0, 100, -1});
	read_texts(w, at, o, c->kind == CAMPAIGN_WALL, v);
	for (const struct campaign_variant *b = c->variant; b < v; b++)
		if (v->name.n > 0 && str_eq(v->name, b->name))
			walk_wrong(w, &(struct walk_place){at, "variant", 0},
				"is the name of an earlier variant");
}

static void read_variants(struct walk *w, const json_t *root, struct campaign *c)
{
	struct walk_place list = {NULL, "variants", 0};
	const json_t *v = walk_get(w, &list, root, JSON_ARRAY, true);
	size_t n = json_array_size(v), before = w->faults->n;
	if (!v)
		return;
	if (n == 0 || n > CAMPAIGN_VARIANTS_MAX) {
		walk_wrong(w, &list, "must be 1 to %d", CAMPAIGN_VARIANTS_MAX);
		return;
	}
	uint32_t sum = 0;
	for (size_t i = 0; i < n; i++) {
		read_variant(w, &(struct walk_place){&list, NULL, i}, json_array_get(v, i), c);
		sum += c->variant[i].share;
	}
	if (w->no_memory)
		return;
	languages(w, &list, c);
	if (sum != 100 &&
		w->faults->n ==
			before) /* a share that could not be read makes the sum meaningless */
		walk_wrong(w, &list, "shares add up to %u, not 100", sum);
}

/* --- the whole ------------------------------------------------------------------------------- */

static void read_campaign(struct walk *w, const json_t *root, struct campaign *c, struct str *site)
{
	static const char *const FIELDS[] = {"campaign", "site", "kind", "priority", "start", "end",
		"sections", "min_views", "cap", "pause", "meter", "amounts", "variants", NULL};
	static const char *const KIND[] = {"appeal", "wall", NULL};
	walk_only(w, NULL, root, FIELDS);
	c->slug = walk_word(w, NULL, root, "campaign", &NAME);
	*site = walk_word(w, NULL, root, "site", &NAME);
	c->kind = walk_choice(w, NULL, root, "kind", KIND) == 1 ? CAMPAIGN_WALL : CAMPAIGN_APPEAL;
	c->priority =
		(int32_t)walk_int(w, NULL, root, "priority", (struct walk_range){0, 1000, -1});
	c->start = walk_time(w, NULL, root, "start", true);
	c->end = walk_time(w, NULL, root, "end", false);
	if (c->end.us != 0 && c->end.us <= c->start.us)
		walk_wrong(w, &(struct walk_place){NULL, "end", 0}, "must be later than start");
	read_sections(w, root, c);
	c->min_views = walk_u32(w, NULL, root, "min_views", (struct walk_range){2, 1000, 2});
	read_cap(w, root, c);
	read_pause(w, root, c);
	read_meter(w, root, c);
	read_amounts(w, root, c);
	read_variants(w, root, c);
}

enum err campaign_read(struct str json, struct arena *a, struct campaign *ret, struct str *ret_site,
	struct campaign_faults *faults)
{
	struct walk w = {a, faults, false};
	struct fault f = {0};
	json_auto_t *root = NULL;
	memset(ret, 0, sizeof *ret);
	*ret_site = (struct str){0};
	faults->n = 0;
	enum err e = json_read(json, &root, &f);
	if (e == OK && !json_is_object(root))
		e = fault_set(&f, ERR_BAD_JSON, NULL, "must be an object");
	if (e != OK) {
		walk_wrong(&w, NULL, "%.150s", f.detail[0] ? f.detail : err_sentence(e));
		return e == ERR_NO_MEMORY ? e : ERR_BAD_JSON;
	}
	read_campaign(&w, root, ret, ret_site);
	if (w.no_memory)
		return ERR_NO_MEMORY;
	return faults->n > 0 ? ERR_FIELD_BAD : OK;
}
