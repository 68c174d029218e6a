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

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool same(const char *a, const char *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (lower(a[i]) != lower(b[i]))
			return false;
	return true;
}

/* host is top or stands below it: "www.example.org" below "example.org". */
static bool is_below(struct str host, struct str top)
{
	return top.n > 0 && host.n >= top.n && same(host.p + host.n - top.n, top.p, top.n) &&
	       (host.n == top.n || host.p[host.n - top.n - 1] == '.');
}

/* "google." stands for google.de and www.google.co.uk: a label, then at most two more. */
static bool is_brand(struct str host, struct str brand)
{
	for (size_t at = 0; at + brand.n < host.n; at++) {
		if ((at > 0 && host.p[at - 1] != '.') || !same(host.p + at, brand.p, brand.n))
			continue;
		size_t dots = 0;
		for (size_t i = at + brand.n; i < host.n; i++)
			dots += host.p[i] == '.';
		if (dots <= 1)
			return true;
	}
	return false;
}

static bool is_from(struct page_words list, const struct page *p)
{
	if (page_has(list, p->referrer))
		return true;
	for (size_t i = 0; i < list.n && p->referrer_host.n > 0; i++)
		if (is_below(p->referrer_host, list.v[i]))
			return true;
	return false;
}

bool page_is_kind(const struct page *p, const struct page_kind *k)
{
	return page_has(k->sections, p->section) || page_has_any(k->tags, p->tags) ||
	       page_has_any(k->flags, p->flags) || page_has_prefix(k->urls, p->url) ||
	       page_has(k->sources, p->source) || is_from(k->referrers, p);
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
		if (t.p[t.n - 1] == '.' ? is_brand(host, t) : is_below(host, t))
			return str_c(TABLE[i].class);
	}
	return STR("other");
}

struct str page_host(struct str url)
{
	size_t from = str_starts(url, "https://") ? 8 : str_starts(url, "http://") ? 7 : 0;
	struct str host = {url.p + from, 0};

	if (from == 0)
		return STR("");
	while (from + host.n < url.n && !strchr("/?#:", host.p[host.n]))
		host.n++;
	if (memchr(host.p, '@', host.n) != NULL)
		return STR("");
	return host;
}
