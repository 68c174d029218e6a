/* app/campaign_text.c: variants and their texts. */
#include <string.h>

#include "app/campaign_own.h"
#include "core/copy.h"

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-"

static const struct walk_word VARIANT = {SMALL_AND_DIGITS, "a-z, 0-9 and -, 1 to 32 of them", 32};
static const struct walk_word LOCALE = {LETTERS, "letters and -", 16};

/* --- variants -------------------------------------------------------------------------------- */

bool campaign_is_locale(struct str s)
{
	return s.n >= 2 && walk_is_made_of(s, &LOCALE);
}

/* Who reads the texts: what they may say depends on it. */
struct speech {
	const struct campaign *c;
	struct str locale;
};

static void check_value(struct walk *w, const struct walk_place *at, const struct speech *s,
	const struct copy_part *part)
{
	size_t forms = copy_forms(s->locale);
	enum copy_needs needs = copy_needs(part->value);
	if (part->form_n != 0 && part->form_n != forms)
		walk_wrong(w, at, "a word by a number has %zu form%s in %.*s, not %zu", forms,
			forms == 1 ? "" : "s", STR_FMT(s->locale), part->form_n);
	if (needs == COPY_NEEDS_GOAL && s->c->goal.currency.n == 0)
		walk_wrong(w, at, "speaks of a goal, the campaign has none");
	if (needs == COPY_NEEDS_END && s->c->end.us == 0)
		walk_wrong(w, at, "speaks of days left, the campaign has no end");
}

/* As much of a text as a fault tells: of its first line, whole characters. */
static struct str beginning(struct str text)
{
	struct str line, s = {text.p, 0};
	uint32_t r;
	if (!str_cut(&text, '\n', &line))
		return s;
	for (size_t n = 1; n > 0 && s.n < 40; s.n += n)
		n = str_rune((struct str){line.p + s.n, line.n - s.n}, &r);
	return s;
}

static const char *why_no_value(struct str text)
{
	if (!memchr(text.p, '}', text.n) || text.n < 2)
		return "braces come in pairs, or are written twice: {{ and }}";
	if (memchr(text.p, '|', text.n))
		return "words follow a number by its name: {articles|article|articles}";
	return "the values are"
#define X(name, number, needs, sentence) " " #name
#include "core/copy.def"
#undef X
		;
}

/* The values in a text. */
static void check_copy(
	struct walk *w, const struct walk_place *at, const struct speech *s, struct str text)
{
	struct copy_part part;
	size_t n = 0;
	enum err e;
	while (copy_next(&text, &part, &e))
		if (e != OK)
			walk_wrong(w, at, "%.*s is not a value; %s", STR_FMT(beginning(part.text)),
				why_no_value(part.text));
		else if (part.is_value && ++n <= COPY_VALUES_MAX)
			check_value(w, at, s, &part);
	if (n > COPY_VALUES_MAX)
		walk_wrong(w, at, "has more than %d values", COPY_VALUES_MAX);
}

static void read_text(struct walk *w, const struct walk_place *at, const json_t *o,
	const struct speech *s, struct campaign_text *t)
{
	bool wall = s->c->kind == CAMPAIGN_WALL;
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
	const struct str TEXTS[] = {t->topline, t->title, t->body, t->button, t->later};
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++)
		check_copy(w, &(struct walk_place){at, FIELDS[i], 0}, s, TEXTS[i]);
}

/* Texts are kept by locale in byte order, so that "the first" is the same from a file and from
 * jsonb. */
static void read_texts(struct walk *w, const struct walk_place *up, const json_t *o,
	const struct campaign *c, struct campaign_variant *v)
{
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
		if (!campaign_is_locale(str_c(key))) {
			walk_wrong(w, &at, "is not a language such as en or pt-BR");
			continue;
		}
		t.locale = walk_keep(w, str_c(key));
		read_text(w, &at, one, &(struct speech){c, t.locale}, &t);
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

static void read_variant(struct walk *w, const struct walk_place *at, const json_t *o,
	struct campaign *c, struct campaign_variant *v)
{
	static const char *const FIELDS[] = {"variant", "share", "control", "text", NULL};
	c->variant_n++;
	if (!walk_is(w, at, o, JSON_OBJECT))
		return;
	walk_only(w, at, o, FIELDS);
	v->name = walk_word(w, at, o, "variant", &VARIANT);
	v->share = walk_u32(w, at, o, "share", (struct walk_range){0, 100, WALK_NEED});
	v->control = walk_bool(w, at, o, "control", false);
	if (v->control && c->kind == CAMPAIGN_WALL)
		walk_wrong(w, &(struct walk_place){at, "control", 0},
			"a wall cannot show nothing; use the hold-out of the policy");
	if (!v->control)
		read_texts(w, at, o, c, v);
	else if (walk_has(o, "text"))
		walk_wrong(w, &(struct walk_place){at, "text", 0}, "a control shows nothing");
	for (const struct campaign_variant *b = c->variant; b < v; b++)
		if (v->name.n > 0 && str_eq(v->name, b->name))
			walk_wrong(w, &(struct walk_place){at, "variant", 0},
				"is the name of an earlier variant");
}

/* The language of last resort is spoken by all who speak. */
static void check_fallback(struct walk *w, const struct walk_place *list, const struct campaign *c)
{
	for (size_t i = 0; i < c->variant_n && c->fallback.n > 0; i++) {
		struct walk_place one = {list, NULL, i}, text = {&one, "text", 0},
				  at = {&text, c->fallback.p, 0};
		if (c->variant[i].text_n > 0 && !speaks(&c->variant[i], c->fallback))
			walk_wrong(w, &at, "is missing, it is the fallback");
	}
}

void campaign_variants_read(struct walk *w, const json_t *root, struct campaign *c)
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
	struct campaign_variant *variant = arena_alloc(w->arena, n * sizeof *variant);
	if (!variant) {
		w->no_memory = true;
		return;
	}
	c->variant = variant;
	uint32_t sum = 0;
	bool speaking = false;
	for (size_t i = 0; i < n; i++) {
		read_variant(w, &(struct walk_place){&list, NULL, i}, json_array_get(v, i), c,
			&variant[i]);
		sum += variant[i].share;
		speaking = speaking || !variant[i].control;
	}
	if (w->no_memory)
		return;
	languages(w, &list, c);
	check_fallback(w, &list, c);
	if (!speaking)
		walk_wrong(w, &list, "all of them show nothing");
	if (sum != 100 &&
		w->faults->n ==
			before) /* a share that could not be read makes the sum meaningless */
		walk_wrong(w, &list, "shares add up to %u, not 100", sum);
}
