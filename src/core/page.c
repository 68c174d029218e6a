/* core/page.c: pages held against lists. */
#include <string.h>

#include "core/page.h"

bool page_has(struct page_words list, struct str word)
{
	/* asked for every campaign: the length and the first byte tell most words apart */
	for (size_t i = 0; word.n > 0 && i < list.n; i++)
		if (list.v[i].n == word.n && list.v[i].p[0] == word.p[0] &&
			memcmp(list.v[i].p, word.p, word.n) == 0)
			return true;
	return false;
}

bool page_has_any(struct page_words list, struct page_words words)
{
	for (size_t i = 0; i < words.n; i++)
		if (page_has(list, words.v[i]))
			return true;
	return false;
}

bool page_has_prefix(struct page_words list, struct str path)
{
	for (size_t i = 0; i < list.n; i++)
		if (list.v[i].n > 0 && path.n >= list.v[i].n &&
			memcmp(path.p, list.v[i].p, list.v[i].n) == 0)
			return true;
	return false;
}

/* host is top or stands below it: "www.example.org" below "example.org". */
static bool is_below(struct str host, struct str top)
{
	return top.n > 0 && host.n >= top.n &&
	       str_eq_nocase((struct str){host.p + host.n - top.n, top.n}, top) &&
	       (host.n == top.n || host.p[host.n - top.n - 1] == '.');
}

/* "de", "co.uk", "com.au": endings below which a brand has its own name. Not "evil.com". */
static bool is_ending(struct str s)
{
	struct str rest = s, first;

	if (!str_cut(&rest, '.', &first) || first.n == 0)
		return false;
	if (first.n == s.n)
		return true;
	return rest.n == 2 && rest.p[0] != '.' && rest.p[1] != '.' &&
	       (str_is_nocase(first, "co") || str_is_nocase(first, "com"));
}

/* "google." stands for google.de and www.google.co.uk: a label, then an ending. */
static bool is_brand(struct str host, struct str brand)
{
	for (size_t at = 0; at + brand.n < host.n; at++) {
		struct str rest = {host.p + at + brand.n, host.n - at - brand.n};
		if ((at == 0 || host.p[at - 1] == '.') &&
			str_eq_nocase((struct str){host.p + at, brand.n}, brand) && is_ending(rest))
			return true;
	}
	return false;
}

static bool is_from(struct page_words list, const struct page *p)
{
	if (page_has(list, p->referrer))
		return true;
	/* a word without a dot is a class: nobody means all hosts below .news */
	for (size_t i = 0; i < list.n && p->referrer_host.n > 0; i++)
		if (memchr(list.v[i].p, '.', list.v[i].n) && is_below(p->referrer_host, list.v[i]))
			return true;
	return false;
}

bool page_is_kind(const struct page *p, const struct page_kind *k)
{
	return page_has(k->sections, p->section) || page_has_any(k->tags, p->tags) ||
	       page_has_any(k->flags, p->flags) || page_has_prefix(k->urls, p->url) ||
	       page_has(k->sources, p->source) || is_from(k->referrers, p);
}

bool page_is_class(struct str s)
{
	static const char *const classes[] = {
		"direct",
		"internal",
		"other",
#define X(class, host) #class,
#include "core/referrer.def"
#undef X
	};

	for (size_t i = 0; i < ARRAY_N(classes); i++)
		if (str_is(s, classes[i]))
			return true;
	return false;
}

struct str page_referrer(struct str host, bool own)
{
	static const struct {
		const char *class, *host;
	} TABLE[] = {
#define X(class, host) {#class, host},
#include "core/referrer.def"
#undef X
	};

	if (host.n == 0)
		return STR("direct");
	if (own)
		return STR("internal");
	for (size_t i = 0; i < ARRAY_N(TABLE); i++) {
		struct str t = str_c(TABLE[i].host);
		ASSERT(t.n > 0);
		if (t.p[t.n - 1] == '.' ? is_brand(host, t) : is_below(host, t))
			return str_c(TABLE[i].class);
	}
	return STR("other");
}

struct str page_host(struct str url)
{
	size_t from = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;

	if (from == 0)
		return STR("");
	struct str host = {url.p + from, 0};
	while (from + host.n < url.n && !strchr("/?#", host.p[host.n]))
		host.n++;
	ASSERT(from + host.n <= url.n);
	/* a name before the host, or an address in brackets, is nobody's site */
	if (host.n == 0 || memchr(host.p, '@', host.n) || host.p[0] == '[')
		return STR("");
	const char *port = memchr(host.p, ':', host.n);
	return port ? (struct str){host.p, (size_t)(port - host.p)} : host;
}
