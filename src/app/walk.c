/* app/walk.c: what a file from outside may hold, asked member by member. */
#include "app/walk.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void place_format(struct buf *b, const struct walk_place *at)
{
	if (!at)
		return;
	place_format(b, at->up);
	if (!at->key)
		buf_addf(b, "[%zu]", at->i);
	else if (str_is_word(str_c(at->key), "_-*") && strlen(at->key) <= 32)
		buf_addf(b, "%s%s", b->n ? "." : "", at->key);
	else /* an unknown name from the file: never to the terminal as it is */
		buf_addc(b, b->n ? ".?" : "?");
}

/* A text that was cut ends with a whole character. */
static void end_between(char *text)
{
	size_t n = strlen(text), at = n;
	uint32_t r;
	while (at > 0 && n - at < 4 && ((unsigned char)text[--at] & 0xc0) == 0x80)
		;
	if (n > 0 && str_rune((struct str){text + at, n - at}, &r) != n - at)
		text[at] = '\0';
}

void walk_wrong(struct walk *w, const struct walk_place *at, const char *fmt, ...)
{
	struct campaign_faults *all = w->faults;
	if (all->n++ >= ARRAY_N(all->fault))
		return;
	struct campaign_fault *f = &all->fault[all->n - 1];
	struct buf b;
	buf_init(&b, f->path, sizeof f->path - 1);
	place_format(&b, at);
	f->path[b.n] = '\0';
	va_list ap;
	va_start(ap, fmt);
	int n = vsnprintf(f->what, sizeof f->what, fmt, ap);
	va_end(ap);
	if (n >= (int)sizeof f->what)
		end_between(f->what);
}

struct str walk_keep(struct walk *w, struct str s)
{
	struct str kept = {0};
	if (arena_dup(w->arena, s, &kept) != OK)
		w->no_memory = true;
	return kept;
}

static const char *type_name(json_type t)
{
	switch (t) {
	case JSON_OBJECT: return "an object";
	case JSON_ARRAY: return "a list";
	case JSON_STRING: return "a text";
	case JSON_INTEGER: return "a whole number";
	default: return "something else";
	}
}

struct str walk_str(const json_t *v)
{
	return (struct str){json_string_value(v), json_string_length(v)};
}

bool walk_is(struct walk *w, const struct walk_place *at, const json_t *v, json_type t)
{
	if (json_typeof(v) == t)
		return true;
	walk_wrong(w, at, "must be %s", type_name(t));
	return false;
}

bool walk_has(const json_t *o, const char *key)
{
	const json_t *v = json_object_get(o, key);
	return v && !json_is_null(v);
}

const json_t *walk_get(
	struct walk *w, const struct walk_place *at, const json_t *o, json_type t, bool need)
{
	const json_t *v = json_object_get(o, at->key);
	if (walk_has(o, at->key))
		return walk_is(w, at, v, t) ? v : NULL;
	if (need)
		walk_wrong(w, at, "is missing");
	return NULL;
}

void walk_only(
	struct walk *w, const struct walk_place *up, const json_t *o, const char *const *names)
{
	const char *key;
	json_t *v;
	json_object_foreach((json_t *)o, key, v)
	{
		size_t i = 0;
		while (names[i] && strcmp(names[i], key) != 0)
			i++;
		if (!names[i])
			walk_wrong(w, &(struct walk_place){up, key, 0}, "is not a field here");
	}
}

int64_t walk_int(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_range r)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_INTEGER, r.def == WALK_NEED);
	if (!v)
		return r.def == WALK_NEED ? r.min : r.def;
	int64_t n = json_integer_value(v);
	if (n >= r.min && n <= r.max)
		return n;
	walk_wrong(w, &at, "must be %lld to %lld", (long long)r.min, (long long)r.max);
	return r.min;
}

uint32_t walk_u32(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_range r)
{
	return (uint32_t)walk_int(w, up, o, key, r);
}

bool walk_bool(
	struct walk *w, const struct walk_place *up, const json_t *o, const char *key, bool def)
{
	const json_t *v = json_object_get(o, key);
	if (!walk_has(o, key))
		return def;
	if (!json_is_boolean(v))
		walk_wrong(w, &(struct walk_place){up, key, 0}, "must be true or false");
	return json_is_true(v);
}

/* One word of a list. */
static bool take_word(struct walk *w, const struct walk_place *at, const json_t *v,
	const struct walk_words *rule, struct str *ret)
{
	if (!walk_is(w, at, v, JSON_STRING))
		return false;
	struct str s = walk_str(v);
	if (s.n == 0 || s.n > rule->bytes || !rule->is(s)) {
		walk_wrong(w, at, "must be %s", rule->what);
		return false;
	}
	*ret = walk_keep(w, s);
	return !w->no_memory;
}

struct page_words walk_words(struct walk *w, const struct walk_place *up, const json_t *o,
	const char *key, const struct walk_words *rule)
{
	struct walk_place list = {up, key, 0};
	const json_t *v = walk_get(w, &list, o, JSON_ARRAY, false);
	size_t all = json_array_size(v), n = 0;
	if (all == 0)
		return (struct page_words){0};
	if (all > rule->n) {
		walk_wrong(w, &list, "has more than %zu words", rule->n);
		return (struct page_words){0};
	}
	struct str *out = arena_alloc(w->arena, all * sizeof *out);
	if (!out) {
		w->no_memory = true;
		return (struct page_words){0};
	}
	for (size_t i = 0; i < all; i++) {
		struct walk_place at = {&list, NULL, i};
		if (!take_word(w, &at, json_array_get(v, i), rule, &out[n]))
			continue;
		for (size_t k = 0; k < n; k++)
			if (str_eq(out[k], out[n]))
				walk_wrong(w, &at, "stands there twice");
		n++;
	}
	return (struct page_words){n, out};
}

bool walk_is_made_of(struct str s, const struct walk_word *rule)
{
	if (s.n == 0 || s.n > rule->max)
		return false;
	for (size_t i = 0; i < s.n; i++)
		if (!s.p[i] || !strchr(rule->of, s.p[i]))
			return false;
	return true;
}

struct str walk_word_of(
	struct walk *w, const struct walk_place *at, const json_t *v, const struct walk_word *rule)
{
	if (walk_is_made_of(walk_str(v), rule))
		return walk_keep(w, walk_str(v));
	walk_wrong(w, at, "must be %s", rule->what);
	return (struct str){0};
}

struct str walk_word(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	const struct walk_word *rule)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, true);
	return v ? walk_word_of(w, &at, v, rule) : (struct str){0};
}

int walk_choice(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	const char *const *names)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, true);
	if (!v)
		return 0;
	BUF_ON(list, 100);
	for (int i = 0; names[i]; i++) {
		if (str_is(walk_str(v), names[i]))
			return i;
		buf_addf(&list, "%s%s", i == 0 ? "" : names[i + 1] ? ", " : " or ", names[i]);
	}
	walk_wrong(w, &at, "must be %.*s", STR_FMT(buf_str(&list)));
	return 0;
}

utc_t walk_time(
	struct walk *w, const struct walk_place *up, const json_t *o, const char *key, bool need)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, need);
	utc_t t = {0};
	if (v && clock_parse(walk_str(v), &t) != OK)
		walk_wrong(w, &at, "must be a time such as 2026-01-31T08:00:00Z");
	return t;
}

static size_t chars_n(struct str s)
{
	size_t n = 0;
	for (size_t i = 0; i < s.n; i++)
		n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	return n;
}

struct str walk_text(struct walk *w, const struct walk_place *up, const json_t *o, const char *key,
	struct walk_length max)
{
	struct walk_place at = {up, key, 0};
	const json_t *v = walk_get(w, &at, o, JSON_STRING, !max.may_lack);
	if (!v)
		return (struct str){0};
	struct str s = walk_str(v);
	if (s.n == 0 && max.may_lack)
		return (struct str){0};
	if (str_trim(s).n == 0)
		walk_wrong(w, &at, "is empty");
	else if (!str_is_clean(s, max.lines))
		walk_wrong(w, &at, "holds a character that cannot be shown");
	else if (chars_n(s) > max.chars)
		walk_wrong(w, &at, "is longer than %zu characters", max.chars);
	else
		return walk_keep(w, s);
	return (struct str){0};
}
