/* main/ctl_reader.c: facts out of words. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/facts.h"
#include "core/locale.h"
#include "core/money.h"
#include "main/ctl_reader.h"

#define DAY_US      INT64_C(86400000000)
#define ARTICLE_MAX 200

const struct option CTL_READER_OPTIONS[] = {
	{"site", required_argument, NULL, 'r'},
	{"article", required_argument, NULL, 'r'},
	{"section", required_argument, NULL, 'r'},
	{"tags", required_argument, NULL, 'r'},
	{"flags", required_argument, NULL, 'r'},
	{"country", required_argument, NULL, 'r'},
	{"device", required_argument, NULL, 'r'},
	{"locale", required_argument, NULL, 'r'},
	{"referrer", required_argument, NULL, 'r'},
	{"source", required_argument, NULL, 'r'},
	{"published", required_argument, NULL, 'r'},
	{"words", required_argument, NULL, 'r'},
	{"at", required_argument, NULL, 'r'},
	{"reader", required_argument, NULL, 'r'},
	{"new", no_argument, NULL, 'r'},
	{"articles", required_argument, NULL, 'r'},
	{"since", required_argument, NULL, 'r'},
	{"gift", required_argument, NULL, 'r'},
	{"amount", required_argument, NULL, 'r'},
	{"currency", required_argument, NULL, 'r'},
	{"mark", required_argument, NULL, 'r'},
	{"signed-in", no_argument, NULL, 'r'},
	{"uncounted", no_argument, NULL, 'r'},
	{"campaigns", required_argument, NULL, 'c'},
	{"json", no_argument, NULL, 'j'},
	{NULL, 0, NULL, 0},
};

static bool complain(const char *name, struct str value, const char *what)
{
	fprintf(stderr, "pledgectl: --%s %.*s: %s\n", name, STR_FMT(value), what);
	return false;
}

static bool set_text(struct ctl_reader_words *w, const char *name, struct str v, bool *ret_known)
{
	const struct {
		const char *name;
		struct str *to;
	} TEXTS[] = {{"site", &w->site}, {"article", &w->article}, {"section", &w->section},
		{"country", &w->country}, {"device", &w->device}, {"locale", &w->locale},
		{"referrer", &w->referrer}, {"source", &w->source}, {"tags", &w->tags},
		{"flags", &w->flags}, {"gift", &w->gift}, {"amount", &w->amount},
		{"currency", &w->currency}};
	for (size_t i = 0; i < ARRAY_N(TEXTS); i++)
		if (strcmp(name, TEXTS[i].name) == 0) {
			*ret_known = true;
			*TEXTS[i].to = v;
			return str_is_clean(v, false) ||
			       complain(name, STR(""), "holds a character that cannot be shown");
		}
	*ret_known = false;
	return true;
}

static bool is_capital(char c)
{
	return c >= 'A' && c <= 'Z';
}

/* What pages tell in one form alone; a page that told it otherwise would be understood otherwise.
 */
static bool check_text(struct ctl_reader_words *w, const char *name, struct str v)
{
	if (strcmp(name, "article") == 0)
		return v.n <= ARTICLE_MAX || complain(name, v, "is longer than 200 bytes");
	if (strcmp(name, "country") == 0)
		return (v.n == 2 && is_capital(v.p[0]) && is_capital(v.p[1])) ||
		       complain(name, v, "is not two capitals such as EE");
	if (strcmp(name, "referrer") != 0 || !memchr(v.p, '/', v.n))
		return true;
	w->referrer = page_host(v);
	return w->referrer.n > 0 || complain(name, v, "is neither a host nor an address");
}

static bool set_published(struct ctl_reader_words *w, struct str v)
{
	uint64_t s;
	if (clock_parse(v, &w->published) == OK)
		return true;
	if (str_u64(v, INT64_C(253402300799), &s) != OK || s == 0)
		return complain("published", v, "is neither a time nor seconds since 1970");
	w->published = utc_of_s((int64_t)s);
	return true;
}

static bool set_number(struct ctl_reader_words *w, const char *name, struct str v)
{
	uint64_t *to = strcmp(name, "words") == 0      ? &w->words
		       : strcmp(name, "articles") == 0 ? &w->articles
						       : &w->since_days;
	uint64_t max = to == &w->articles ? READER_SEEN_MAX : 1000000;
	return str_u64(v, max, to) == OK || complain(name, v, "is not a number that fits");
}

bool ctl_reader_option(struct ctl_reader_words *w, const char *name, const char *value)
{
	struct str v = str_c(value);
	bool known;
	if (!set_text(w, name, v, &known))
		return false;
	if (known)
		return check_text(w, name, v);
	if (strcmp(name, "new") == 0)
		w->is_new = true;
	else if (strcmp(name, "signed-in") == 0)
		w->signed_in = true;
	else if (strcmp(name, "uncounted") == 0)
		w->uncounted = true;
	else if (strcmp(name, "reader") == 0)
		w->reader = value;
	else if (strcmp(name, "published") == 0)
		return set_published(w, v);
	else if (strcmp(name, "at") == 0)
		return clock_parse(v, &w->at) == OK ||
		       complain(name, v, "is not a time such as 2026-01-31T08:00:00Z");
	else if (strcmp(name, "mark") != 0)
		return set_number(w, name, v);
	else if (w->mark_n == CTL_MARKS_MAX)
		return complain(name, v, "there are too many");
	else
		w->mark[w->mark_n++] = v;
	return true;
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

static void make_page(const struct ctl_world *world, const struct site *site,
	const struct ctl_reader_words *w, struct ctl_reader *r)
{
	struct page *p = &r->facts.page;
	*p = (struct page){
		.url = w->article,
		.section = w->section,
		.country = w->country,
		.device = w->device,
		.language = locale_language(w->locale.n > 0 ? w->locale : site->locale),
		.source = w->source,
		.referrer_host = w->referrer,
		.referrer = page_referrer(
			w->referrer, snapshot_is_host(world->snap, w->referrer, site->id)),
		.tags = words(w->tags, r->tag),
		.flags = words(w->flags, r->flag),
		.word_count = (uint32_t)w->words,
		.published = w->published,
	};
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

static bool make_gift(const struct ctl_reader_words *w, struct ctl_reader *r)
{
	static const char *const KINDS[] = {"none", "once", "month", "year"};
	struct str rest = w->gift, kind;
	struct money m;
	if (w->gift.n == 0)
		return true;
	str_cut(&rest, '@', &kind);
	size_t k = 0;
	while (k < ARRAY_N(KINDS) && !str_is(kind, KINDS[k]))
		k++;
	r->reader.gave_at = r->facts.now;
	if (k == ARRAY_N(KINDS) || (rest.n > 0 && !ago(rest, r->facts.now, &r->reader.gave_at)))
		return complain("gift", w->gift, "must be KIND or KIND@AGE, e.g. once@40d");
	r->reader.gift = (enum reader_gift)k;
	if (w->amount.n == 0)
		return true;
	if (money_parse(w->amount, w->currency, &m, NULL) != OK)
		return complain("amount", w->amount, "is not an amount of --currency");
	r->reader.gift_minor = m.minor;
	memcpy(r->reader.gift_currency, m.cur, sizeof m.cur);
	return true;
}

static bool make_marks(
	const struct ctl_world *world, const struct ctl_reader_words *w, struct ctl_reader *r)
{
	for (size_t i = 0; i < w->mark_n; i++) {
		struct str rest = w->mark[i], kind, campaign;
		enum reader_mark_kind k;
		char name[140];
		struct reader_mark m = {.decision = (uint32_t)i + 1, .at = r->facts.now};
		str_cut(&rest, ':', &kind);
		str_cut(&rest, '@', &campaign);
		if (reader_mark_kind(kind, &k) != OK ||
			(rest.n > 0 && !ago(rest, r->facts.now, &m.at)) ||
			str_copy(campaign, name, sizeof name) != OK)
			return complain("mark", w->mark[i],
				"must be KIND:CAMPAIGN@AGE, e.g. shown:support@3d");
		const struct campaign *c = ctl_world_campaign(world, name);
		if (!c)
			return false;
		m.kind = (uint8_t)k;
		m.campaign = c->id;
		m.cap = c->cap.key;
		reader_mark_pack(&m, r->marks + i * READER_MARK_BYTES);
	}
	r->reader.marks = (struct str){(const char *)r->marks, w->mark_n * READER_MARK_BYTES};
	return true;
}

/* Articles of today, of the page's own topics; then this one. */
static void make_seen(const struct ctl_reader_words *w, struct ctl_reader *r)
{
	size_t n = 0;
	for (; n < w->articles; n++)
		reader_seen_pack(
			r->facts.cal.day, r->facts.topics, n + 2, r->seen + n * READER_SEEN_BYTES);
	r->reader.seen = (struct str){(const char *)r->seen, n * READER_SEEN_BYTES};
	r->reader.views = (int64_t)n;
	r->reader.stored = n > 0 && !w->is_new;
	r->reader.first_at = (utc_t){r->facts.now.us - (int64_t)w->since_days * DAY_US};
}

/* As if the page were opened now. */
static void open_page(struct ctl_reader *r)
{
	uint8_t entry[READER_SEEN_BYTES];
	size_t n = r->reader.seen.n;
	reader_seen_pack(r->facts.cal.day, r->facts.topics, r->facts.art, entry);
	for (size_t i = 0; i + sizeof entry <= n; i += sizeof entry)
		if (memcmp(r->seen + i, entry, sizeof entry) == 0)
			return;
	memcpy(r->seen + n, entry, sizeof entry);
	r->reader.seen.n = n + sizeof entry;
	r->reader.views++;
}

static enum err look_up(struct ctl *c, const struct uuid *id, const struct site *site,
	struct ctl_reader *r, struct fault *f)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	size_t seen = 0, marks = 0;
	store_args_init(&a);
	arg_uuid(&a, id);
	enum err e = store_call(c->store, STMT_reader_look, &a, &rows, f);
	if (e == OK && rows_n(rows) == 0)
		e = fault_set(f, ERR_NOT_FOUND, "reader", "there is no such reader");
	if (e == OK && row_int(rows, 0, "site_id") != site->id)
		e = fault_set(f, ERR_STATE, "reader", "that reader is not one of site %.*s",
			STR_FMT(site->slug));
	if (e == OK)
		e = row_bytes(rows, 0, "seen", r->seen, sizeof r->seen - READER_SEEN_BYTES, &seen);
	if (e == OK)
		e = row_bytes(rows, 0, "marks", r->marks, sizeof r->marks, &marks);
	if (e != OK)
		return e;
	struct str currency = row_str(rows, 0, "gift_currency");
	r->reader = (struct reader){
		.id = row_uuid(rows, 0, "reader_id"), /* whom it was joined to */
		.stored = true,
		.seen = {(const char *)r->seen, seen},
		.marks = {(const char *)r->marks, marks},
		.first_at = row_utc(rows, 0, "first_at"),
		.views = row_int(rows, 0, "views"),
		.gift = (enum reader_gift)row_int(rows, 0, "gift"),
		.gave_at = row_utc(rows, 0, "gave_at"),
		.gift_until = row_utc(rows, 0, "gift_until"),
		.gift_minor = row_int(rows, 0, "gift_minor"),
	};
	if (currency.n == 3)
		memcpy(r->reader.gift_currency, currency.p, 3);
	return OK;
}

/* A word that would say nothing beside the others is a mistake. */
static bool fit_together(const struct ctl_reader_words *w)
{
	bool made_up = w->articles > 0 || w->is_new || w->gift.n > 0 || w->mark_n > 0;
	if (w->reader && made_up)
		return complain("reader", str_c(w->reader),
			"is looked up: no --articles, --new, --gift or --mark beside it");
	if (w->is_new && w->articles > 0)
		return complain("new", STR(""), "a new reader has opened no --articles");
	if (w->amount.n > 0 && (w->gift.n == 0 || w->currency.n == 0))
		return complain("amount", w->amount, "needs --gift and --currency");
	return true;
}

int ctl_reader_make(struct ctl *c, const struct ctl_world *world, const struct site *site,
	const struct ctl_reader_words *w, struct ctl_reader *ret)
{
	struct fault f = {0};
	struct uuid id = {.b = {1}}; /* made up, but always the same draws */
	memset(ret, 0, sizeof *ret);
	if (!fit_together(w))
		return CTL_USAGE;
	struct decide_facts *facts = &ret->facts;
	facts->site = site->id;
	facts->now = w->at;
	facts->reader = &ret->reader;
	facts->consent = CONSENT_FULL;
	facts->counted = !w->uncounted;
	facts->signed_in = w->signed_in;
	if (!snapshot_day(world->snap, site->id, w->at, &facts->cal)) {
		fprintf(stderr, "pledgectl: the calendar does not reach that day\n");
		return CTL_FAILED;
	}
	make_page(world, site, w, ret);
	facts->topics = policy_topics(snapshot_policy(world->snap, site->id), &facts->page);
	facts->art = facts_article(site->article_key, w->article);
	if (w->reader) {
		enum err e = uuid_parse(str_c(w->reader), &id) == OK
				     ? look_up(c, &id, site, ret, &f)
				     : fault_set(&f, ERR_FIELD_BAD, "reader",
					       "%.40s is not a reader's id", w->reader);
		if (e != OK)
			return ctl_fail(e, &f);
		id = ret->reader.id;
	} else {
		make_seen(w, ret);
		if (!make_gift(w, ret) || !make_marks(world, w, ret))
			return CTL_USAGE;
	}
	facts->variant_hash = facts_draw(site->article_key, &id);
	if (!w->uncounted)
		open_page(ret);
	return CTL_OK;
}
