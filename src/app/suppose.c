/* app/suppose.c: facts out of words. */
#include <stddef.h>
#include <string.h>

#include "app/facts.h"
#include "app/suppose.h"
#include "core/locale.h"
#include "core/money.h"

#define DAY_US    INT64_C(86400000000)
#define SHOWN_MAX 60 /* bytes of a wrong value that are told */

enum kind { TEXT, TIME, NUMBER, COUNTRY, REFERRER, CONSENT, FLAG, MARK };

static const struct word {
	const char *name;
	size_t at;
	enum kind kind;
	uint64_t most;
} WORDS[] = {
#define X(name, member, kind, most) {name, offsetof(struct suppose_words, member), kind, most},
#include "app/suppose.def"
#undef X
};

void suppose_init(struct suppose_words *w, utc_t now)
{
	*w = (struct suppose_words){.at = now, .since_days = 30, .consent = CONSENT_FULL};
}

/* --- the words -------------------------------------------------------------------------------- */

static enum err bad(struct fault *f, const char *name, struct str value, const char *what)
{
	struct str shown = {value.p, 0};
	uint32_t rune;
	while (shown.n < value.n) {
		size_t n = str_rune((struct str){value.p + shown.n, value.n - shown.n}, &rune);
		if (n == 0 || shown.n + n > SHOWN_MAX)
			break;
		shown.n += n;
	}
	return fault_set(f, ERR_FIELD_BAD, name, "%.*s: %s", STR_FMT(shown), what);
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* A time, a day (its noon in UTC), or seconds since 1970. */
static bool read_time(struct str v, utc_t *ret)
{
	BUF_ON(noon, 40);
	uint64_t s;
	if (clock_parse(v, ret) == OK)
		return true;
	if (v.n == sizeof "2026-01-31" - 1) {
		buf_addf(&noon, "%.*sT12:00:00Z", STR_FMT(v));
		if (clock_parse(buf_str(&noon), ret) == OK)
			return true;
	}
	if (str_u64(v, INT64_C(253402300799), &s) != OK || s == 0)
		return false;
	*ret = utc_of_s((int64_t)s);
	return true;
}

static enum err read_text(const struct word *word, struct str *to, struct str v, struct fault *f)
{
	if (v.n > word->most)
		return fault_set(f, ERR_FIELD_BAD, word->name, "is longer than %llu bytes",
			(unsigned long long)word->most);
	*to = v;
	/* What pages tell in one form alone; told otherwise it would be understood otherwise. */
	if (word->kind == COUNTRY && !(v.n == 2 && is_capital(v.p[0]) && is_capital(v.p[1])))
		return bad(f, word->name, v, "is not two capitals such as EE");
	if (word->kind != REFERRER || !memchr(v.p, '/', v.n))
		return OK;
	*to = page_host(v);
	return to->n > 0 ? OK : bad(f, word->name, v, "is neither a host nor an address");
}

static enum err take(
	struct suppose_words *w, const struct word *word, struct str v, struct fault *f)
{
	void *to = (char *)w + word->at;
	switch (word->kind) {
	case TEXT:
	case COUNTRY:
	case REFERRER: return read_text(word, to, v, f);
	case TIME:
		return read_time(v, to) ? OK
					: bad(f, word->name, v,
						  "is not a time such as 2026-01-31T08:00:00Z, a "
						  "day, or seconds since 1970");
	case NUMBER:
		return str_u64(v, word->most, to) == OK
			       ? OK
			       : bad(f, word->name, v, "is not a number that fits");
	case CONSENT:
		return decide_consent_read(v, to)
			       ? OK
			       : bad(f, word->name, v, "is not none, counting or full");
	case FLAG:
		*(bool *)to = true;
		return v.n == 0 || str_is(v, "1") ? OK : bad(f, word->name, v, "is not 1");
	case MARK:
		if (w->mark_n == SUPPOSE_MARKS_MAX)
			return bad(f, word->name, v, "there are too many");
		w->mark[w->mark_n++] = v;
	}
	return OK;
}

enum err suppose_word(struct suppose_words *w, struct str name, struct str value, struct fault *f)
{
	for (size_t i = 0; i < ARRAY_N(WORDS); i++) {
		if (!str_is(name, WORDS[i].name))
			continue;
		if (!str_is_clean(value, false))
			return fault_set(f, ERR_FIELD_BAD, WORDS[i].name,
				"holds a character that cannot be shown");
		return take(w, &WORDS[i], value, f);
	}
	return fault_set(f, ERR_UNKNOWN_FIELD, NULL, "nothing of that name can be supposed");
}

/* --- the page --------------------------------------------------------------------------------- */

static struct page_words words(struct str list, struct str out[PAGE_WORDS_MAX])
{
	struct str one;
	size_t n = 0;
	while (n < PAGE_WORDS_MAX && str_cut(&list, ',', &one))
		if (str_trim(one).n > 0)
			out[n++] = str_trim(one);
	return (struct page_words){n, out};
}

enum err suppose_page(const struct snapshot *snap, const struct site *site,
	const struct suppose_words *w, struct suppose *ret, struct fault *f)
{
	struct decide_facts *facts = &ret->facts;
	memset(ret, 0, sizeof *ret);
	*facts = (struct decide_facts){.site = site->id,
		.now = w->at,
		.reader = &ret->reader,
		.consent = w->consent,
		.counted = !w->uncounted,
		.signed_in = w->signed_in,
		.art = facts_article(site->article_key, w->article)};
	facts->page = (struct page){
		.url = w->article,
		.section = w->section,
		.country = w->country,
		.device = w->device,
		.language = locale_language(w->locale.n > 0 ? w->locale : site->locale),
		.source = w->source,
		.referrer_host = w->referrer,
		.referrer =
			page_referrer(w->referrer, snapshot_is_host(snap, w->referrer, site->id)),
		.tags = words(w->tags, ret->tag),
		.flags = words(w->flags, ret->flag),
		.word_count = (uint32_t)w->words,
		.published = w->published,
	};
	facts->topics = policy_topics(snapshot_policy(snap, site->id), &facts->page);
	if (!snapshot_reaches(snap, site->id, w->at) ||
		!snapshot_day(snap, site->id, w->at, &facts->cal))
		return fault_set(f, ERR_FIELD_BAD, "at", "the calendar does not reach that day");
	return OK;
}

/* --- the reader ---------------------------------------------------------------------------------
 */

/* "3d", "5h": that long before now. */
static bool ago(struct str s, utc_t now, utc_t *ret)
{
	uint64_t n;
	if (s.n < 2 || str_u64((struct str){s.p, s.n - 1}, 100000, &n) != OK)
		return false;
	int64_t unit = s.p[s.n - 1] == 'd' ? DAY_US : s.p[s.n - 1] == 'h' ? DAY_US / 24 : 0;
	*ret = (utc_t){now.us - (int64_t)n * unit};
	return unit != 0;
}

static enum err make_gift(const struct suppose_words *w, struct suppose *s, struct fault *f)
{
	static const char *const KINDS[] = {"none", "once", "month", "year"};
	struct str rest = w->gift, kind;
	struct money m;
	size_t k = 0;
	if (w->amount.n > 0 && (w->gift.n == 0 || w->currency.n == 0))
		return bad(f, "amount", w->amount, "needs a gift and a currency");
	if (w->gift.n == 0)
		return OK;
	str_cut(&rest, '@', &kind);
	while (k < ARRAY_N(KINDS) && !str_is(kind, KINDS[k]))
		k++;
	s->reader.gave_at = s->facts.now;
	if (k == ARRAY_N(KINDS) || (rest.n > 0 && !ago(rest, s->facts.now, &s->reader.gave_at)))
		return bad(f, "gift", w->gift, "must be KIND or KIND@AGE, e.g. once@40d");
	s->reader.gift = (enum reader_gift)k;
	if (w->amount.n == 0)
		return OK;
	if (money_parse(w->amount, w->currency, &m, NULL) != OK)
		return bad(f, "amount", w->amount, "is not an amount of that currency");
	s->reader.gift_minor = m.minor;
	memcpy(s->reader.gift_currency, m.cur, sizeof m.cur);
	return OK;
}

static const struct campaign *campaign_named(
	const struct snapshot *snap, int16_t site, struct str slug)
{
	const struct campaign_set *set = snapshot_campaign_set(snap);
	for (size_t i = 0; i < set->n; i++)
		if (set->campaign[i].site == site && str_eq(set->campaign[i].slug, slug))
			return &set->campaign[i];
	return NULL;
}

static enum err make_marks(const struct snapshot *snap, const struct suppose_words *w,
	struct suppose *s, struct fault *f)
{
	for (size_t i = 0; i < w->mark_n; i++) {
		struct str rest = w->mark[i], kind, slug = STR("");
		enum reader_mark_kind k;
		struct reader_mark m = {.decision = (uint32_t)i + 1, .at = s->facts.now};
		str_cut(&rest, ':', &kind);
		str_cut(&rest, '@', &slug);
		if (reader_mark_kind(kind, &k) != OK ||
			(rest.n > 0 && !ago(rest, s->facts.now, &m.at)))
			return bad(f, "mark", w->mark[i],
				"must be KIND:CAMPAIGN@AGE, e.g. shown:support@3d");
		const struct campaign *c = campaign_named(snap, s->facts.site, slug);
		if (!c)
			return bad(f, "mark", w->mark[i], "the site has no such campaign");
		m.kind = (uint8_t)k;
		m.campaign = c->id;
		m.cap = c->cap.key;
		reader_mark_pack(&m, s->marks + i * READER_MARK_BYTES);
	}
	s->reader.marks = (struct str){(const char *)s->marks, w->mark_n * READER_MARK_BYTES};
	return OK;
}

/* Articles of that day, of the page's own topics; then this one. */
static void make_seen(const struct suppose_words *w, struct suppose *s)
{
	size_t n = 0;
	for (; n < w->articles; n++)
		reader_seen_pack(
			s->facts.cal.day, s->facts.topics, n + 2, s->seen + n * READER_SEEN_BYTES);
	s->reader.seen = (struct str){(const char *)s->seen, n * READER_SEEN_BYTES};
	s->reader.views = (int64_t)n;
	s->reader.stored = n > 0 && !w->is_new;
	s->reader.first_at = (utc_t){s->facts.now.us - (int64_t)w->since_days * DAY_US};
}

enum err suppose_reader(const struct snapshot *snap, const struct suppose_words *w,
	struct suppose *s, struct fault *f)
{
	if (w->is_new && w->articles > 0)
		return fault_set(f, ERR_FIELD_BAD, "new", "a new reader has opened no articles");
	make_seen(w, s);
	enum err e = make_gift(w, s, f);
	if (e == OK)
		e = make_marks(snap, w, s, f);
	return e;
}

void suppose_open(const struct site *site, const struct uuid *reader, const struct suppose_words *w,
	struct suppose *s)
{
	uint8_t entry[READER_SEEN_BYTES];
	size_t n = s->reader.seen.n;
	s->facts.variant_hash = facts_draw(site->article_key, reader);
	if (w->consent == CONSENT_NONE)
		memset(&s->reader, 0, sizeof s->reader);
	if (w->uncounted || w->consent == CONSENT_NONE)
		return;
	reader_seen_pack(s->facts.cal.day, s->facts.topics, s->facts.art, entry);
	for (size_t i = 0; i + sizeof entry <= n; i += sizeof entry)
		if (memcmp(s->seen + i, entry, sizeof entry) == 0)
			return;
	memmove(s->seen + sizeof entry, s->seen, n);
	memcpy(s->seen, entry, sizeof entry);
	s->reader.seen = (struct str){(const char *)s->seen, n + sizeof entry};
	s->reader.views++;
}

enum err suppose_make(const struct snapshot *snap, const struct site *site,
	const struct suppose_words *w, struct suppose *ret, struct fault *f)
{
	static const struct uuid ALWAYS = {.b = {1}};
	enum err e = suppose_page(snap, site, w, ret, f);
	if (e == OK)
		e = suppose_reader(snap, w, ret, f);
	if (e == OK)
		suppose_open(site, &ALWAYS, w, ret);
	return e;
}
