/* tests/table/decide_row.h: a row of the decide*.tsv tables as a world: campaigns, policy, facts,
 * reader. The words are told at the top of decide.tsv. Columns are found by name; one that a table
 * does not have is empty. */
#ifndef DECIDE_ROW_H
#define DECIDE_ROW_H

#include "core/decide.h"
#include "table.h"

#define NOW_S      INT64_C(1795435200) /* 2026-11-23T12:00:00Z, a Monday */
#define TODAY      ((uint16_t)(NOW_S / 86400 - 10957))
#define ONE_SITE   ((int16_t)1)
#define WORLD_MANY 6

static const char *const decide_tables[] = {
	"decide.tsv", "decide_target.tsv", "decide_meter.tsv", "decide_cap.tsv"};

/* The columns that every world is made of, then those that tell what comes out. */
enum column {
	RULE,
	CASE,
	CAMPAIGNS,
	POLICY,
	PAGE,
	WHEN,
	READER,
	SEEN,
	MARKS,
	ACT,
	REASON,
	WHICH,
	MARK,
	ARTICLES,
	LEFT,
	COLUMN_N
};
static const char *const column_names[COLUMN_N] = {"rule", "case", "campaigns", "policy", "page",
	"when", "reader", "seen", "marks", "act", "reason", "campaign", "mark", "articles", "left"};

struct world {
	const char *file;
	int line;
	struct str col[COLUMN_N];
	struct campaign campaign[WORLD_MANY];
	struct campaign_variant variant[WORLD_MANY][2];
	struct policy policy;
	struct campaign_site site[2]; /* another one, and this */
	struct campaign_set set;
	struct reader reader;
	struct decide_facts f;
	bool no_set;
	size_t word_n;
	struct str word[256]; /* what lists point into */
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};

/* --- words ------------------------------------------------------------------------------------ */

static _Noreturn void row_wrong(const struct world *w, const char *what, struct str s)
{
	fprintf(stderr, "%s:%d: %s %.*s\n", w->file, w->line, what, STR_FMT(s));
	abort();
}

static uint32_t row_number(const struct world *w, struct str s)
{
	uint64_t v;

	if (str_u64(s, UINT32_MAX, &v) != OK)
		row_wrong(w, "not a number:", s);
	return (uint32_t)v;
}

/* The part before c, the rest behind it; all of it when there is no c. */
static struct str row_part(struct str *rest, char c)
{
	struct str part = {NULL, 0};

	(void)str_cut(rest, c, &part);
	return part;
}

/* "90s", "5m", "3h", "2d" in seconds */
static int64_t row_span(const struct world *w, struct str s)
{
	static const struct {
		char unit;
		int64_t s;
	} units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};

	for (size_t i = 0; s.n > 1 && i < ARRAY_N(units); i++)
		if (s.p[s.n - 1] == units[i].unit)
			return units[i].s * row_number(w, (struct str){s.p, s.n - 1});
	row_wrong(w, "not a time:", s);
}

/* "-3d", "+1s": from now. */
static utc_t row_time(const struct world *w, struct str s)
{
	if (s.n < 3 || (s.p[0] != '-' && s.p[0] != '+'))
		row_wrong(w, "not a time:", s);
	int64_t v = row_span(w, (struct str){s.p + 1, s.n - 1});
	return utc_of_s(s.p[0] == '-' ? NOW_S - v : NOW_S + v);
}

/* a|b|c */
static struct page_words row_words(struct world *w, struct str list)
{
	struct page_words r = {0, w->word + w->word_n};
	struct str one;

	while (str_cut(&list, '|', &one)) {
		ASSERT(w->word_n < ARRAY_N(w->word));
		w->word[w->word_n++] = one;
		r.n++;
	}
	return r;
}

/* 2..5, 2.., ..5 */
static struct target_range row_range(const struct world *w, struct str s)
{
	struct target_range r = {0, TARGET_NO_MAX};
	size_t at = 0;

	while (at + 1 < s.n && (s.p[at] != '.' || s.p[at + 1] != '.'))
		at++;
	if (at + 1 >= s.n)
		row_wrong(w, "not a range:", s);
	if (at > 0)
		r.min = row_number(w, (struct str){s.p, at});
	if (at + 2 < s.n)
		r.max = row_number(w, (struct str){s.p + at + 2, s.n - at - 2});
	return r;
}

/* The place of a word among names; the last name is NULL. */
static uint8_t row_choice(const struct world *w, const char *const *names, struct str s)
{
	for (uint8_t i = 0; names[i]; i++)
		if (str_is(s, names[i]))
			return i;
	row_wrong(w, "unknown word", s);
}

/* a|b as bits in the order of names */
static uint8_t row_bits(const struct world *w, const char *const *names, struct str list)
{
	struct str one;
	uint8_t bits = 0;

	while (str_cut(&list, '|', &one))
		bits |= (uint8_t)(1u << row_choice(w, names, one));
	return bits;
}

static const char *const row_days[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun", NULL};

/* --- the policy ------------------------------------------------------------------------------- */

/* section:sport|culture */
static void row_kind(struct world *w, struct page_kind *k, struct str s)
{
	static const char *const names[] = {
		"section", "tag", "url", "flag", "referrer", "source", NULL};
	struct page_words *const lists[] = {
		&k->sections, &k->tags, &k->urls, &k->flags, &k->referrers, &k->sources};
	struct str name = row_part(&s, ':');

	*lists[row_choice(w, names, name)] = row_words(w, s);
}

static bool row_cap(const struct world *w, struct campaign_cap *cap, struct str key, struct str v)
{
	if (str_is(key, "cap")) {
		cap->views = row_number(w, row_part(&v, '/'));
		cap->days = row_number(w, v);
	} else if (str_is(key, "gap")) {
		cap->gap_hours = row_number(w, v);
	} else if (str_is(key, "daily")) {
		cap->daily = row_number(w, v);
	} else {
		return false;
	}
	return true;
}

/* FROM/TO, FROM/TO:first|second */
static void row_blackout(struct world *w, struct str v)
{
	struct policy_blackout *b = &w->policy.blackout[w->policy.blackout_n++];
	struct str span = row_part(&v, ':');

	b->start = row_time(w, row_part(&span, '/'));
	b->end = row_time(w, span);
	b->campaigns = row_words(w, v);
}

static void row_policy_word(struct world *w, struct str key, struct str v)
{
	struct policy *p = &w->policy;

	if (str_is(key, "topic")) {
		p->topic[p->topic_n].name = row_part(&v, '/');
		row_kind(w, &p->topic[p->topic_n++].pages, v);
	} else if (str_is(key, "free")) {
		row_kind(w, &p->free, v);
	} else if (str_is(key, "sensitive")) {
		row_kind(w, &p->sensitive, v);
	} else if (str_is(key, "blackout")) {
		row_blackout(w, v);
	} else if (str_is(key, "holdout")) {
		p->holdout_share = row_number(w, v);
	} else if (str_is(key, "walls")) {
		p->holdout_walls = true;
	} else if (str_is(key, "once")) {
		p->supporter_once_days = row_number(w, v);
	} else if (str_is(key, "rec")) {
		p->supporter_recurring_days = row_number(w, v);
	} else if (!row_cap(w, &p->cap, key, v)) {
		row_wrong(w, "unknown word of a policy:", key);
	}
}

static void row_policy(struct world *w, struct str list)
{
	struct str word;

	w->policy.supporter_once_days = 90;
	w->policy.supporter_recurring_days = 395;
	while (str_cut(&list, ' ', &word)) {
		struct str key = row_part(&word, '=');
		row_policy_word(w, key, word);
	}
}

/* The bits of a|b; "free" is a free view, "walled" one that a wall stood before; a topic that the
 * policy does not know is on no page. */
static uint16_t row_topics(const struct world *w, struct str list)
{
	struct str one;
	uint16_t bits = 0;

	while (str_cut(&list, '|', &one)) {
		uint16_t bit = str_is(one, "free")     ? PAGE_FREE
			       : str_is(one, "walled") ? PAGE_WALLED
						       : (uint16_t)(PAGE_WALLED << 1);
		for (size_t i = 0; i < w->policy.topic_n; i++)
			if (str_eq(w->policy.topic[i].name, one))
				bit = (uint16_t)(1u << i);
		bits |= bit;
	}
	return bits;
}

/* --- campaigns -------------------------------------------------------------------------------- */

/* 5..9/30, sport:5../30 */
static void row_reads(struct world *w, struct target *t, struct str v)
{
	struct target_reads *r = &t->read[t->read_n++];

	if (v.n > 0 && memchr(v.p, ':', v.n))
		r->topics = row_topics(w, row_part(&v, ':'));
	r->n = row_range(w, row_part(&v, '/'));
	r->days = (uint16_t)row_number(w, v);
}

static bool row_target(struct world *w, struct target *t, struct str key, struct str v)
{
	static const char *const visitor[] = {"new", "returning", NULL};
	static const char *const gave[] = {"never", "former", "supporter", NULL};
	static const char *const account[] = {"anonymous", "signed_in", NULL};
	bool not = str_starts(key, "not_");
	struct str name = not ? (struct str){key.p + 4, key.n - 4} : key;

	for (int i = 0; i < TARGET_N; i++)
		if (str_is(name, target_name((enum target_list)i))) {
			*(not ? &t->list[i].not_in : &t->list[i].in) = row_words(w, v);
			return true;
		}
	if (str_is(key, "age")) {
		t->has_age = true;
		t->age_hours = row_range(w, v);
	} else if (str_is(key, "words")) {
		t->has_words = true;
		t->words = row_range(w, v);
	} else if (str_is(key, "hours")) {
		t->has_hours = true;
		t->hours = row_range(w, v);
	} else if (str_is(key, "on")) {
		t->weekdays = row_bits(w, row_days, v);
	} else if (str_is(key, "visitor")) {
		t->visitor = row_bits(w, visitor, v);
	} else if (str_is(key, "gave")) {
		t->gave = row_bits(w, gave, v);
	} else if (str_is(key, "account")) {
		t->account = row_bits(w, account, v);
	} else if (str_is(key, "reads")) {
		row_reads(w, t, v);
	} else {
		return false;
	}
	return true;
}

/* month, week, day, 7d */
static void row_window(const struct world *w, struct campaign_meter *m, struct str v)
{
	static const char *const names[] = {"none", "day", "week", "month", NULL};

	m->window = WINDOW_ROLLING;
	if (v.n > 1 && v.p[0] >= '0' && v.p[0] <= '9')
		m->days = (uint16_t)(row_span(w, v) / 86400);
	else
		m->window = (enum campaign_window)row_choice(w, names, v);
}

static bool row_meter(struct world *w, struct campaign *c, struct str key, struct str v)
{
	struct campaign_meter *m = &c->meter;

	if (str_is(key, "wall") || str_is(key, "meter")) {
		m->wall = str_is(key, "wall");
		c->kind = m->wall ? CAMPAIGN_WALL : CAMPAIGN_APPEAL;
		m->window = WINDOW_MONTH;
		m->allowance = m->registered = row_number(w, v);
	} else if (str_is(key, "per")) {
		row_window(w, m, v);
	} else if (str_is(key, "of")) {
		m->topics = row_topics(w, v);
	} else if (str_is(key, "registered")) {
		m->registered = row_number(w, v);
	} else {
		return false;
	}
	return true;
}

/* 4, 4/skip2, 4/skip2/30: views, skipped first ones, days until it begins anew */
static void row_cycle(const struct world *w, struct campaign_cap *cap, struct str v)
{
	struct str part;

	cap->cycle_views = row_number(w, row_part(&v, '/'));
	while (str_cut(&v, '/', &part))
		if (str_starts(part, "skip"))
			cap->cycle_skip = row_number(w, (struct str){part.p + 4, part.n - 4});
		else
			cap->cycle_restart_days = row_number(w, part);
}

static void row_variant(struct campaign_variant *v, uint32_t control)
{
	v[0] = (struct campaign_variant){.name = STR("a"), .share = 100 - control};
	v[1] = (struct campaign_variant){.name = STR("control"), .share = control, .control = true};
}

static void row_option(struct world *w, struct campaign *c, struct str word)
{
	struct str v = word, key = row_part(&v, '=');
	struct {
		const char *key;
		uint32_t *to;
	} numbers[] = {{"min", &c->min_views}, {"close", &c->close_days}, {"later", &c->later_days},
		{"already", &c->already_gave_days}, {"never", &c->never_days},
		{"once", &c->gave_once_days}, {"rec", &c->gave_recurring_days}};

	for (size_t i = 0; i < ARRAY_N(numbers); i++)
		if (str_is(key, numbers[i].key)) {
			*numbers[i].to = row_number(w, v);
			return;
		}
	if (row_meter(w, c, key, v) || row_cap(w, &c->cap, key, v) ||
		row_target(w, &c->target, key, v))
		return;
	if (str_is(key, "start"))
		c->start = row_time(w, v);
	else if (str_is(key, "end"))
		c->end = row_time(w, v);
	else if (str_is(key, "site"))
		c->site = (int16_t)row_number(w, v);
	else if (str_is(key, "paused"))
		c->live = false;
	else if (str_is(key, "mute"))
		c->variant_n = 0;
	else if (str_is(key, "sensitive"))
		c->sensitive = true;
	else if (str_is(key, "asks_all"))
		c->holdout = false;
	else if (str_is(key, "control"))
		row_variant(w->variant[c - w->campaign], row_number(w, v));
	else if (str_is(key, "experiment"))
		c->experiment = v;
	else if (str_is(key, "goal"))
		c->goal = (struct campaign_goal){STR("EUR"), row_number(w, v), utc_of_s(0)};
	else if (str_is(key, "cap_id"))
		c->cap.id = v;
	else if (str_is(key, "cycle"))
		row_cycle(w, &c->cap, v);
	else
		row_wrong(w, "unknown option", word);
}

/* The campaigns of a site stand together: those of another go to the end. */
static void row_sites(struct world *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->set.n; i++)
		if (w->campaign[i].site == ONE_SITE) {
			struct campaign c = w->campaign[i];
			for (size_t k = i; k > n; k--)
				w->campaign[k] = w->campaign[k - 1];
			w->campaign[n++] = c;
		}
	w->site[0] = (struct campaign_site){2, n, w->set.n - n, &w->policy};
	w->site[1] = (struct campaign_site){ONE_SITE, 0, n, &w->policy};
	w->set.site_n = 2;
	w->set.site = w->site;
	w->set.campaign = w->campaign;
}

static void row_campaigns(struct world *w, struct str list)
{
	struct str one, word;

	while (str_cut(&list, ' ', &one)) {
		ASSERT(w->set.n < WORLD_MANY);
		struct campaign *c = &w->campaign[w->set.n];
		*c = (struct campaign){.id = 10 + (int32_t)w->set.n,
			.version = 1,
			.site = ONE_SITE,
			.live = true,
			.holdout = true,
			.start = utc_of_s(NOW_S - 365 * 86400),
			.min_views = 2,
			.cap = {.views = 4, .days = 30},
			.close_days = 7,
			.later_days = 3,
			.already_gave_days = 30,
			.never_days = 365,
			.gave_once_days = 90,
			.gave_recurring_days = 395,
			.variant_n = 2,
			.variant = w->variant[w->set.n]};
		row_variant(w->variant[w->set.n], 0);
		c->slug = c->cap.id = row_part(&one, ':');
		while (str_cut(&one, ',', &word))
			row_option(w, c, word);
		c->cap.key = campaign_cap_key(c->cap.id);
		decide_prepare(c);
		w->set.n++;
	}
	row_sites(w);
}

/* --- the page and its time -------------------------------------------------------------------- */

static bool row_page_flag(struct world *w, struct str word)
{
	struct decide_facts *f = &w->f;

	if (str_is(word, "bot"))
		f->bot = true;
	else if (str_is(word, "uncounted"))
		f->counted = false;
	else if (str_is(word, "none"))
		f->consent = CONSENT_NONE;
	else if (str_is(word, "counting"))
		f->consent = CONSENT_COUNTING;
	else if (str_is(word, "signed_in"))
		f->signed_in = true;
	else if (str_is(word, "internal"))
		f->page.referrer = STR("internal");
	else if (str_is(word, "noarticle"))
		f->art = 0;
	else if (str_is(word, "noreader"))
		f->reader = NULL;
	else if (str_is(word, "noset"))
		w->no_set = true;
	else
		return false;
	return true;
}

static void row_page_fact(struct world *w, struct str key, struct str v)
{
	struct page *p = &w->f.page;
	struct {
		const char *key;
		struct str *to;
	} texts[] = {{"section", &p->section}, {"country", &p->country}, {"language", &p->language},
		{"device", &p->device}, {"url", &p->url}, {"source", &p->source}};

	for (size_t i = 0; i < ARRAY_N(texts); i++)
		if (str_is(key, texts[i].key)) {
			*texts[i].to = v;
			return;
		}
	if (str_is(key, "tag")) {
		p->tags = row_words(w, v);
	} else if (str_is(key, "flag")) {
		p->flags = row_words(w, v);
	} else if (str_is(key, "words")) {
		p->word_count = row_number(w, v);
	} else if (str_is(key, "published")) {
		p->published = row_time(w, v);
	} else if (str_is(key, "from")) {
		p->referrer_host = v;
		p->referrer = page_referrer(v, false);
	} else {
		row_wrong(w, "unknown word of a page:", key);
	}
}

static void row_page(struct world *w, struct str list)
{
	struct str word;

	w->f = (struct decide_facts){.site = ONE_SITE,
		.now = utc_of_s(NOW_S),
		.page = {.url = STR("/x"), .referrer = STR("direct")},
		.art = 'X',
		.counted = true,
		.consent = CONSENT_FULL,
		.reader = &w->reader,
		.variant_hash = 7};
	while (str_cut(&list, ' ', &word)) {
		if (row_page_flag(w, word))
			continue;
		struct str key = row_part(&word, '=');
		row_page_fact(w, key, word);
	}
	w->f.topics = policy_topics(&w->policy, &w->f.page);
}

/* Monday the 23rd at noon, if nothing else is said. */
static void row_when(struct world *w, struct str list)
{
	struct decide_calendar *cal = &w->f.cal;
	uint32_t the = 23;
	struct str word;

	*cal = (struct decide_calendar){.day = TODAY, .hour = 12};
	utc_t starts = {INT64_MIN};
	while (str_cut(&list, ' ', &word)) {
		struct str key = row_part(&word, '=');
		if (str_is(key, "the"))
			the = row_number(w, word);
		else if (str_is(key, "hour"))
			cal->hour = (uint8_t)row_number(w, word);
		else if (str_is(key, "began"))
			starts = row_time(w, word);
		else
			cal->weekday = row_choice(w, row_days, key);
	}
	cal->day_starts =
		starts.us != INT64_MIN ? starts : utc_of_s(NOW_S - cal->hour * INT64_C(3600));
	cal->week_from = (uint16_t)(TODAY - cal->weekday);
	cal->month_from = (uint16_t)(TODAY - the + 1);
}

/* --- the reader ------------------------------------------------------------------------------- */

/* A, A@-3, A/sport|free@-3: the oldest first */
static void row_seen(struct world *w, struct str list)
{
	struct str one;
	size_t n = 0;

	while (str_cut(&list, ' ', &one)) {
		memmove(w->seen + READER_SEEN_BYTES, w->seen, n++ * READER_SEEN_BYTES);
		struct str day = one, name = row_part(&day, '@'), topics = name;
		int64_t at = TODAY;
		(void)row_part(&topics, '/');
		if (name.n - topics.n != (topics.n > 0 ? 2 : 1))
			row_wrong(w, "not an article:", name);
		if (day.n > 1 && (day.p[0] == '-' || day.p[0] == '+'))
			at += (day.p[0] == '-' ? -1 : 1) *
			      (int64_t)row_number(w, (struct str){day.p + 1, day.n - 1});
		else if (day.n > 0 && !str_is(day, "0"))
			row_wrong(w, "not a day:", day);
		reader_seen_pack(
			(uint16_t)at, row_topics(w, topics), (uint8_t)name.p[0], w->seen);
	}
	w->reader.seen = (struct str){(char *)w->seen, n * READER_SEEN_BYTES};
	w->reader.views = (int64_t)n;
}

static void row_gift(struct world *w, struct str v)
{
	static const char *const kinds[] = {"none", "once", "month", "year", NULL};

	w->reader.gift = (enum reader_gift)row_choice(w, kinds, row_part(&v, '@'));
	w->reader.gave_at = row_time(w, v);
}

static void row_reader(struct world *w, struct str list)
{
	struct str word;

	w->reader.stored = true;
	w->reader.first_at = utc_of_s(NOW_S - 100 * 86400);
	while (str_cut(&list, ' ', &word)) {
		struct str v = word, key = row_part(&v, '=');
		if (str_is(word, "new"))
			w->reader.stored = false;
		else if (str_is(key, "views"))
			w->reader.views = row_number(w, v);
		else if (str_is(key, "gift"))
			row_gift(w, v);
		else if (str_is(key, "until"))
			w->reader.gift_until = row_time(w, v);
		else if (str_is(key, "first"))
			w->reader.first_at = row_time(w, v);
		else if (str_is(key, "hash"))
			w->f.variant_hash = row_number(w, v);
		else
			row_wrong(w, "unknown word of a reader:", word);
	}
}

/* KIND:CAMPAIGN@WHEN, with *N that many times. A campaign that is not in the row has another id,
 * and a cap by its name. */
static void row_marks(struct world *w, struct str list)
{
	struct str times;
	enum reader_mark_kind k;
	size_t n = 0;

	while (str_cut(&list, ' ', &times)) {
		struct str one = row_part(&times, '*'), kind = row_part(&one, ':');
		struct str campaign = row_part(&one, '@');
		if (reader_mark_kind(kind, &k) != OK)
			row_wrong(w, "unknown mark", kind);
		struct reader_mark m = {.campaign = 99,
			.kind = (uint8_t)k,
			.cap = campaign_cap_key(campaign),
			.at = row_time(w, one)};
		for (size_t i = 0; i < w->set.n; i++)
			if (str_eq(w->campaign[i].slug, campaign)) {
				m.campaign = w->campaign[i].id;
				m.cap = w->campaign[i].cap.key;
			}
		for (uint32_t i = times.n > 0 ? row_number(w, times) : 1; i > 0; i--) {
			ASSERT(n < READER_MARK_MAX);
			m.decision = (uint32_t)n;
			reader_mark_pack(&m, w->marks + n++ * READER_MARK_BYTES);
		}
	}
	w->reader.marks = (struct str){(char *)w->marks, n * READER_MARK_BYTES};
}

/* --- the whole -------------------------------------------------------------------------------- */

/* Make the world that w->col tells. */
static inline void world_make(struct world *w)
{
	row_policy(w, w->col[POLICY]);
	row_campaigns(w, w->col[CAMPAIGNS]);
	row_page(w, w->col[PAGE]);
	row_when(w, w->col[WHEN]);
	row_seen(w, w->col[SEEN]);
	row_reader(w, w->col[READER]);
	row_marks(w, w->col[MARKS]);
}

static inline void world_clear(struct world *w, const char *file, int line)
{
	memset(w, 0, sizeof *w);
	w->file = file;
	w->line = line;
}

/* All rows of all tables, one after the other. */
struct rows {
	struct table t;
	size_t file, column[COLUMN_N]; /* where a column stands; SIZE_MAX: it does not */
	bool open;
};

static inline void rows_open(struct rows *r)
{
	struct str other = {NULL, 0};

	table_open(&r->t, decide_tables[r->file]);
	for (size_t c = 0; c < COLUMN_N; c++) {
		r->column[c] = SIZE_MAX;
		for (size_t i = 0; i < r->t.column_n; i++)
			if (str_is(r->t.col[i], column_names[c]))
				r->column[c] = i;
	}
	for (size_t i = 0, known = 0; i < r->t.column_n; i++, known = 0) {
		for (size_t c = 0; c < COLUMN_N; c++)
			known += r->column[c] == i;
		if (known != 1)
			other = r->t.col[i];
	}
	if (other.n > 0) {
		fprintf(stderr, "%s: unknown column %.*s\n", decide_tables[r->file],
			STR_FMT(other));
		abort();
	}
	r->open = true;
}

/* rows_next: the next row, as a world; texts live until the next file is opened. False at the end,
 * after which it begins anew. */
static inline bool rows_next(struct rows *r, struct world *w)
{
	const struct str nothing = {NULL, 0};

	for (;; r->file++, r->open = false) {
		if (r->file == ARRAY_N(decide_tables)) {
			r->file = 0;
			return false;
		}
		if (!r->open)
			rows_open(r);
		if (table_next(&r->t))
			break;
	}
	world_clear(w, decide_tables[r->file], r->t.line);
	for (size_t c = 0; c < COLUMN_N; c++)
		w->col[c] = r->column[c] == SIZE_MAX ? nothing : r->t.col[r->column[c]];
	world_make(w);
	return true;
}

/* Is there such a column? What it does not tell is not checked. */
static inline bool rows_has(const struct rows *r, enum column c)
{
	return r->column[c] != SIZE_MAX;
}

#endif
