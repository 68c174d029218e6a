/* app/campaign_target.c: whom a campaign speaks to, and which pages a policy means. */
#include <string.h>

#include "app/campaign_own.h"

static bool is_of(struct str s, const char *of)
{
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(of, s.p[i]))
			return false;
	return true;
}

static bool is_COUNTRY(struct str s)
{
	return s.n == 2 && is_of(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
}

static bool is_LANGUAGE(struct str s)
{
	return s.n >= 2 && is_of(s, "abcdefghijklmnopqrstuvwxyz");
}

static bool is_NAME(struct str s)
{
	return is_of(s, SMALL_AND_DIGITS);
}

/* As pages tell them, with commas between. */
static bool is_TAG(struct str s)
{
	return str_is_clean(s, false) && !memchr(s.p, ',', s.n) && str_trim(s).n == s.n;
}

static bool is_PATH(struct str s)
{
	return s.p[0] == '/' && str_is_clean(s, false);
}

static bool is_HOST(struct str s)
{
	return page_is_class(s) || (is_of(s, SMALL_AND_DIGITS ".") && s.p[0] != '.' &&
					   s.p[s.n - 1] != '.' && memchr(s.p, '.', s.n));
}

#define WHAT_COUNTRY  "a country of two capitals such as EE"
#define WHAT_LANGUAGE "a language such as en"
#define WHAT_NAME     "a-z, 0-9 and -"
#define WHAT_TAG      "a word without a comma, printable"
#define WHAT_PATH     "the beginning of a path such as /news/"
#define WHAT_HOST                                                                                  \
	"a class (direct, internal, search, social, news, mail, other) or a host such as "         \
	"example.org"

static const struct walk_words LISTS[TARGET_N] = {
#define X(name, how, fact, charset, longest)                                                       \
	[TARGET_##name] = {is_##charset, WHAT_##charset, longest, CAMPAIGN_LIST_MAX},
#include "core/target.def"
#undef X
};
const struct walk_words CAMPAIGN_NAMES = {is_NAME, WHAT_NAME, 64, CAMPAIGN_LIST_MAX};
const struct walk_words CAMPAIGN_COUNTRIES = {is_COUNTRY, WHAT_COUNTRY, 2, CAMPAIGN_LIST_MAX};

/* --- both ways -------------------------------------------------------------------------------- */

static void read_list(struct walk *w, const struct walk_place *up, const json_t *o,
	enum target_list t, struct target *ret)
{
	static const char *const FIELDS[] = {"in", "not_in", NULL};
	struct walk_place at = {up, target_name(t), 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, false);
	if (!v)
		return;
	walk_only(w, &at, v, FIELDS);
	struct page_words in = walk_words(w, &at, v, "in", &LISTS[t]),
			  not_in = walk_words(w, &at, v, "not_in", &LISTS[t]);
	for (size_t i = 0; i < not_in.n; i++)
		if (page_has(in, not_in.v[i]))
			walk_wrong(w, &at, "%.*s is both in and not_in", STR_FMT(not_in.v[i]));
	ret->list[t].in = in;
	ret->list[t].not_in = not_in;
}

/* {"min": …, "max": …}, one of them at least. */
static bool read_range(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, uint32_t most, struct target_range *ret)
{
	static const char *const FIELDS[] = {"min", "max", NULL};
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, false);
	*ret = (struct target_range){0, TARGET_NO_MAX};
	if (!v)
		return false;
	walk_only(w, &at, v, FIELDS);
	size_t before = w->faults->n;
	ret->min = walk_u32(w, &at, v, "min", (struct walk_range){0, most, 0});
	ret->max =
		(uint32_t)walk_int(w, &at, v, "max", (struct walk_range){0, most, TARGET_NO_MAX});
	if (!walk_has(v, "min") && !walk_has(v, "max"))
		walk_wrong(w, &at, "needs min or max");
	if (ret->max < ret->min && w->faults->n == before)
		walk_wrong(w, &at, "max is below min");
	return true;
}

static void read_hours(
	struct walk *w, const struct walk_place *up, const json_t *o, struct target *t)
{
	static const char *const FIELDS[] = {"from", "to", NULL};
	struct walk_place at = {up, "hour", 0};
	const json_t *v = walk_get(w, &at, o, JSON_OBJECT, false);
	if (!v)
		return;
	walk_only(w, &at, v, FIELDS);
	t->has_hours = true;
	t->hours.min = walk_u32(w, &at, v, "from", (struct walk_range){0, 23, WALK_NEED});
	t->hours.max = walk_u32(w, &at, v, "to", (struct walk_range){0, 23, WALK_NEED});
}

static void wrong_word(struct walk *w, const struct walk_place *at, const char *const *names)
{
	BUF_ON(list, 80);
	for (size_t i = 0; names[i]; i++)
		buf_addf(&list, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
	walk_wrong(w, at, "must be %.*s", STR_FMT(buf_str(&list)));
}

/* A list of a few fixed words, as bits in the order of names. */
static uint8_t read_bits(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, const char *const *names)
{
	struct walk_place list = {up, key, 0};
	const json_t *v = walk_get(w, &list, o, JSON_ARRAY, false);
	uint8_t bits = 0;
	if (v && json_array_size(v) == 0)
		walk_wrong(w, &list, "names nobody");
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {&list, NULL, i};
		const json_t *one = json_array_get(v, i);
		size_t k = 0;
		if (!walk_is(w, &at, one, JSON_STRING))
			continue;
		while (names[k] && !str_is(walk_str(one), names[k]))
			k++;
		if (!names[k])
			wrong_word(w, &at, names);
		else
			bits |= (uint8_t)(1u << k);
	}
	return bits;
}

static void read_reads(
	struct walk *w, const struct walk_place *up, const json_t *o, struct target *t)
{
	static const char *const FIELDS[] = {"topic", "days", "articles", NULL};
	struct walk_place list = {up, "read", 0};
	const json_t *v = walk_get(w, &list, o, JSON_ARRAY, false);
	if (json_array_size(v) > TARGET_READS_MAX) {
		walk_wrong(w, &list, "has more than %d conditions", TARGET_READS_MAX);
		return;
	}
	for (size_t i = 0; i < json_array_size(v); i++) {
		struct walk_place at = {&list, NULL, i};
		const json_t *one = json_array_get(v, i);
		struct target_reads *r = &t->read[t->read_n];
		if (!walk_is(w, &at, one, JSON_OBJECT))
			continue;
		walk_only(w, &at, one, FIELDS);
		if (json_is_string(json_object_get(one, "topic")))
			r->topic = walk_word(w, &at, one, "topic", &CAMPAIGN_NAME);
		else
			(void)walk_get(
				w, &(struct walk_place){&at, "topic", 0}, one, JSON_STRING, false);
		r->days = (uint16_t)walk_u32(
			w, &at, one, "days", (struct walk_range){1, 365, WALK_NEED});
		if (!read_range(w, &at, one, "articles", READER_SEEN_MAX, &r->n) &&
			!walk_has(one, "articles"))
			walk_wrong(w, &(struct walk_place){&at, "articles", 0}, "is missing");
		t->read_n++;
	}
}

void campaign_target_read(struct walk *w, const json_t *root, struct campaign *c)
{
	static const char *const FIELDS[] = {
#define X(name, how, fact, charset, longest) #name,
#include "core/target.def"
#undef X
		"age_hours", "words", "hour", "weekdays", "visitor", "gave", "account", "read",
		NULL};
	struct walk_place at = {NULL, "target", 0};
	struct target *t = &c->target;
	const json_t *o = walk_get(w, &at, root, JSON_OBJECT, false);
	if (!o)
		return;
	walk_only(w, &at, o, FIELDS);
	for (int i = 0; i < TARGET_N; i++)
		read_list(w, &at, o, (enum target_list)i, t);
	t->has_age = read_range(w, &at, o, "age_hours", 1000000, &t->age_hours);
	t->has_words = read_range(w, &at, o, "words", 1000000, &t->words);
	read_hours(w, &at, o, t);
	t->weekdays = read_bits(w, &at, o, "weekdays", target_weekdays);
	t->visitor = read_bits(w, &at, o, "visitor", target_visitors);
	t->gave = read_bits(w, &at, o, "gave", target_gave);
	t->account = read_bits(w, &at, o, "account", target_accounts);
	read_reads(w, &at, o, t);
}

/* --- kinds of pages -----------------------------------------------------------------------------
 */

void campaign_pages_read(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, struct page_kind *ret)
{
	static const char *const FIELDS[] = {
		"topic", "section", "tag", "url", "flag", "referrer", "source", NULL};
	struct walk_place at = {up, key, 0};
	const json_t *v = key ? walk_get(w, &at, o, JSON_OBJECT, false) : o;
	const struct walk_place *in = key ? &at : up;
	if (!v)
		return;
	walk_only(w, in, v, key ? FIELDS + 1 : FIELDS);
	ret->sections = walk_words(w, in, v, "section", &LISTS[TARGET_section]);
	ret->tags = walk_words(w, in, v, "tag", &LISTS[TARGET_tag]);
	ret->urls = walk_words(w, in, v, "url", &LISTS[TARGET_url]);
	ret->flags = walk_words(w, in, v, "flag", &LISTS[TARGET_flag]);
	ret->referrers = walk_words(w, in, v, "referrer", &LISTS[TARGET_referrer]);
	ret->sources = walk_words(w, in, v, "source", &LISTS[TARGET_source]);
}
