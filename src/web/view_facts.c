/* web/view_facts.c: page facts, from nginx or from the query. Nothing here is believed for money;
 * what gates a page comes from nginx alone. */
#include <string.h>

#include "core/locale.h"
#include "web/h_view.h"
#include "web/view_facts.h"

static bool read_time(struct str s, utc_t *ret)
{
	utc_t t;
	uint64_t v;

	if (clock_parse(s, &t) != OK) {
		if (str_u64(s, 253402300799, &v) != OK)
			return false;
		t = utc_of_s((int64_t)v);
	}
	if (t.us <= 0)
		return false;
	*ret = t;
	return true;
}

static bool read_words(struct str s, uint32_t *ret)
{
	uint64_t v;

	if (str_u64(s, 10000000, &v) != OK)
		return false;
	*ret = (uint32_t)v;
	return true;
}

static enum err check(const struct field *f, size_t n, struct fault *fault)
{
	for (size_t i = 0; i < n; i++)
		if (!str_is_clean(f[i].value, false))
			return fault_set(
				fault, ERR_FIELD_BAD, f[i].name, "control or direction characters");
	return OK;
}

/* The parameters of /decide and the facts that they tell. */
enum { A, S, L, C, T, F, P, W, U, I, PASS, R, QUERY_N };

static enum err read_query(struct request *q, struct field f[QUERY_N], struct fault *fault)
{
	static const struct field FIELDS[QUERY_N] = {
		[A] = {.name = "a", .max = 200},
		[S] = {.name = "s", .max = 64},
		[L] = {.name = "l", .max = 16},
		[C] = {.name = "c", .max = 16},
		[T] = {.name = "t", .max = 1024},
		[F] = {.name = "f", .max = 512},
		[P] = {.name = "p", .max = 40},
		[W] = {.name = "w", .max = 10},
		[U] = {.name = "u", .max = 64},
		[I] = {.name = "i", .max = 2048},
		[PASS] = {.name = "pass", .max = 200},
		[R] = {.name = "r", .max = 2048},
	};
	enum decide_consent consent;
	utc_t published;
	uint32_t words;

	memcpy(f, FIELDS, sizeof FIELDS);
	enum err e = request_fields(q->query, f, QUERY_N, true, q->arena, fault);
	if (e == OK)
		e = check(f, QUERY_N, fault);
	if (e == OK && f[C].has && !decide_consent_read(f[C].value, &consent))
		e = fault_set(fault, ERR_FIELD_BAD, "c", "must be none, counting or full");
	if (e == OK && f[P].value.n > 0 && !read_time(f[P].value, &published))
		e = fault_set(fault, ERR_FIELD_BAD, "p", "must be a time or seconds since 1970");
	if (e == OK && f[W].value.n > 0 && !read_words(f[W].value, &words))
		e = fault_set(fault, ERR_FIELD_BAD, "w", "must be a number of words");
	if (e == OK && q->article.n == 0 && f[A].value.n == 0)
		e = fault_set(fault, ERR_FIELD_MISSING, "a", "which article?");
	return e;
}

enum err view_facts_query(struct request *q, struct fault *fault)
{
	struct field f[QUERY_N];
	enum err e = read_query(q, f, fault);
	struct str *const to[QUERY_N] = {[A] = &q->article,
		[S] = &q->section,
		[L] = &q->locale,
		[C] = &q->consent,
		[T] = &q->tags,
		[F] = &q->flags,
		[P] = &q->published,
		[W] = &q->words,
		[U] = &q->source,
		[I] = &q->account,
		[PASS] = &q->pass};

	if (e != OK)
		return e;
	for (size_t i = 0; i < QUERY_N; i++)
		if (to[i] && to[i]->n == 0)
			*to[i] = f[i].value;
	q->referrer = f[R].value; /* the header names the page itself */
	return OK;
}

/* Where nginx's words go into rows and logs, they are text that can be shown. */
static struct str clean(struct str s)
{
	return str_is_clean(s, false) ? s : STR("");
}

/* "a, b,c": the first PAGE_WORDS_MAX of them. */
static struct page_words list(const struct request *q, struct str text)
{
	struct str *v = NULL, one;
	size_t n = 0;

	text = clean(text);
	if (text.n > 0)
		v = arena_alloc(q->arena, PAGE_WORDS_MAX * sizeof *v);
	while (v && n < PAGE_WORDS_MAX && str_cut(&text, ',', &one)) {
		one = str_trim(one);
		if (one.n > 0)
			v[n++] = one;
	}
	return (struct page_words){n, v};
}

void view_facts_page(const struct request *q, struct page *ret)
{
	*ret = (struct page){
		.url = clean(q->article),
		.section = clean(q->section),
		.country = clean(q->country),
		.language = locale_language(clean(q->locale)),
		.device = clean(q->device),
		.source = clean(q->source),
		.referrer_host = clean(page_host(q->referrer)),
		.tags = list(q, q->tags),
		.flags = list(q, q->flags),
	};
	if (ret->referrer_host.n > 255)
		ret->referrer_host = STR("");
	(void)read_time(q->published, &ret->published);
	(void)read_words(q->words, &ret->word_count);
}
