/* core/page.h: what is known of the page that is opened, and lists of pages to hold it against.
 * Floor 1: pure. Texts are borrowed. A fact that the page does not tell is empty or 0; it stands in
 * no list. */
#ifndef CORE_PAGE_H
#define CORE_PAGE_H

#include "base/clock.h"
#include "base/str.h"

#define PAGE_WORDS_MAX 16 /* tags, flags */
#define PAGE_TOPIC_MAX 10 /* topics of a site; two bits after them mark a view: */
#define PAGE_FREE      ((uint16_t)(1u << PAGE_TOPIC_MAX))       /* no meter counts it */
#define PAGE_WALLED    ((uint16_t)(1u << (PAGE_TOPIC_MAX + 1))) /* a wall stood before it */

/* A list of words, of a campaign or of a page. */
struct page_words {
	size_t n;
	const struct str *v;
};

struct page {
	struct str url; /* path, as the article is named */
	struct str section, country, language, device;
	struct str referrer;      /* class: see referrer.def */
	struct str referrer_host; /* empty: none sent */
	struct str source;        /* of the campaign that brought the reader (utm_source) */
	struct page_words tags, flags;
	utc_t published;     /* 0 unknown */
	uint32_t word_count; /* 0 unknown */
};

/* Pages by what they are: one of the words in one of the lists is enough. Urls are beginnings of
 * paths; referrers are classes, or hosts (with a dot in them) and all below them. */
struct page_kind {
	struct page_words sections, tags, urls, flags, referrers, sources;
};

bool page_has(struct page_words list, struct str word); /* an empty word is in no list */
bool page_has_any(struct page_words list, struct page_words words);
bool page_has_prefix(struct page_words list, struct str path);
bool page_is_kind(const struct page *p, const struct page_kind *k);

bool page_is_class(struct str s); /* a class that page_referrer gives */
/* page_referrer: the class of a referring host: direct (no host), internal (the site's own hosts
 * are the caller's business: own says so), or by referrer.def with all hosts below; else other. */
struct str page_referrer(struct str host, bool own);
/* page_host: "https://www.example.org:8080/x?y" -> "www.example.org"; empty when it is no http(s)
 * address of a host, also with a user before it. Letters keep their case. */
struct str page_host(struct str url);

#endif
