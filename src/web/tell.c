/* web/tell.c: facts and steps as an editor reads them. */
#include "web/tell.h"

#define HOUR_S INT64_C(3600)

/* --- words ------------------------------------------------------------------------------------ */

static void say_time(struct buf *b, const char *name, utc_t t)
{
	BUF_ON(text, 40);
	clock_format(&text, utc_of_s(utc_s(t)));
	buf_addf(b, "%s%s%.*s", name, name[0] ? " " : "", STR_FMT(buf_str(&text)));
}

static void say_words(struct buf *b, const char *name, struct page_words list)
{
	for (size_t i = 0; i < list.n; i++)
		buf_addf(b, "%s%.*s", i == 0 ? name : ", ", STR_FMT(list.v[i]));
}

static void say_word(struct buf *b, const char *name, struct str word)
{
	if (word.n > 0)
		buf_addf(b, "%s%.*s", name, STR_FMT(word));
}

static void say_bits(struct buf *b, const char *name, unsigned bits, const char *const *names)
{
	bool first = true;
	for (size_t i = 0; names[i]; i++)
		if (bits >> i & 1) {
			buf_addf(b, "%s%s", first ? name : ", ", names[i]);
			first = false;
		}
}

static void say_topics(struct buf *b, const char *name, uint16_t topics, const struct policy *p)
{
	bool first = true;
	for (size_t i = 0; i < p->topic_n; i++)
		if (topics >> i & 1) {
			buf_addf(b, "%s%.*s", first ? name : ", ", STR_FMT(p->topic[i].name));
			first = false;
		}
	if (first)
		buf_addf(b, "%snone", name);
}

static void say_range(struct buf *b, const char *unit, int64_t have, struct target_range r)
{
	buf_addf(b, "%lld%s", (long long)have, unit);
	if (r.min > 0)
		buf_addf(b, ", at least %u", r.min);
	if (r.max != TARGET_NO_MAX)
		buf_addf(b, ", at most %u", r.max);
}

/* --- facts ------------------------------------------------------------------------------------ */

void tell_page(struct buf *b, const struct decide_facts *f, const struct policy *p)
{
	const struct page *page = &f->page;
	buf_add(b, page->url);
	say_word(b, ", section ", page->section);
	say_word(b, ", in ", page->language);
	say_words(b, ", tags ", page->tags);
	say_words(b, ", flags ", page->flags);
	say_topics(b, "; topics: ", f->topics & (uint16_t)~PAGE_FREE, p);
	buf_addc(b, f->topics & PAGE_FREE ? "; free" : "");
}

void tell_reader(struct buf *b, const struct decide_facts *f)
{
	static const char *const GIFTS[] = {
		"no gift", "gave once", "gives by the month", "gives by the year"};
	const struct reader *r = f->reader;
	buf_addf(b, "%s, %lld articles with this one, %s",
		r->stored && r->first_at.us < f->cal.day_starts.us ? "returning" : "new",
		(long long)r->views, GIFTS[r->gift]);
	if (r->gift != GIFT_NONE)
		say_time(b, ", last", r->gave_at);
	if (f->signed_in)
		buf_addc(b, ", signed in");
	say_word(b, "; country ", f->page.country);
	say_word(b, "; device ", f->page.device);
	say_word(b, "; comes from ", f->page.referrer);
	say_word(b, " ", f->page.referrer_host);
	say_word(b, "; source ", f->page.source);
	buf_addc(b, f->counted ? "" : "; not counted");
}

void tell_moment(struct buf *b, const struct decide_facts *f)
{
	say_time(b, "", f->now);
	buf_addf(b, ", on the site's clock %s, hour %u", target_weekdays[f->cal.weekday % 7],
		f->cal.hour);
}

/* --- what a rule compared --------------------------------------------------------------------- */

/* Rules whose two numbers say all: words before, between and behind them. */
static const struct {
	enum decide_reason rule;
	const char *before, *between, *behind;
} NUMBERS[] = {
	{REASON_supporter, "gave ", " days ago, left alone for ", ""},
	{REASON_meter_left, "article ", " of its window; free: ", ""},
	{REASON_meter_wall, "article ", " of its window; free: ", ""},
	{REASON_first_view, "articles in all ", "", ""},
	{REASON_too_few_views, "articles in all ", ", asked from ", ""},
	{REASON_never, "said so ", " days ago, holds for ", ""},
	{REASON_already_gave, "said so ", " days ago, holds for ", ""},
	{REASON_closed, "closed it ", " days ago, left alone for ", ""},
	{REASON_later, "said so ", " days ago, left alone for ", ""},
	{REASON_site_cap, "", " of ", " (all prompts of the site)"},
	{REASON_daily, "seen today ", " of ", ""},
	{REASON_capped, "seen ", " of ", ""},
	{REASON_cycle_full, "seen this round ", " of ", ""},
	{REASON_cycle_skip, "passed unseen ", " of ", ""},
};

static void say_numbers(struct buf *b, const struct decide_step *s)
{
	for (size_t i = 0; i < ARRAY_N(NUMBERS) && s->have != INT64_MIN; i++) {
		if (NUMBERS[i].rule != s->rule)
			continue;
		buf_addf(b, "%s%lld", NUMBERS[i].before, (long long)s->have);
		if (s->need != INT64_MIN)
			buf_addf(b, "%s%lld%s", NUMBERS[i].between, (long long)s->need,
				NUMBERS[i].behind);
	}
}

static void say_run(struct buf *b, const struct campaign *c, utc_t now)
{
	say_time(b, "now", now);
	say_time(b, ", start", c->start);
	if (c->end.us != 0)
		say_time(b, ", end", c->end);
	if (!c->live)
		buf_addc(b, ", paused by hand");
}

static void say_list(
	struct buf *b, const struct decide_step *s, enum target_list list, const struct page *page)
{
	const struct target *t = &s->campaign->target;
	struct page_words many = list == TARGET_tag    ? page->tags
				 : list == TARGET_flag ? page->flags
						       : (struct page_words){1, &s->saw};
	if (s->saw.n > 0)
		say_words(b, "", many);
	else
		buf_addc(b, "nothing told");
	say_words(b, "; in ", t->list[list].in);
	say_words(b, "; not in ", t->list[list].not_in);
}

static void say_reads(struct buf *b, const struct target *t, const struct policy *p)
{
	for (size_t i = 0; i < t->read_n; i++) {
		const struct target_reads *r = &t->read[i];
		buf_addf(b, "%sin %u days ", i == 0 ? "; wanted: " : "; ", r->days);
		if (r->topic.n > 0)
			say_topics(b, "of ", r->topics, p);
		if (r->n.min > 0)
			buf_addf(b, " at least %u", r->n.min);
		if (r->n.max != TARGET_NO_MAX)
			buf_addf(b, " at most %u", r->n.max);
	}
}

/* Rules that need more than two numbers. */
static void say_target(struct buf *b, const struct decide_step *s, const struct decide_facts *f,
	const struct policy *p)
{
	const struct target *t = &s->campaign->target;
	switch (s->rule) {
#define X(name, how, fact, charset, longest)                                                       \
	case REASON_##name:                                                                        \
		say_list(b, s, TARGET_##name, &f->page);                                           \
		break;
#include "core/target.def"
#undef X
	case REASON_age:
	case REASON_words:
		if (s->have == INT64_MIN)
			buf_addc(b, "nothing told");
		else if (s->rule == REASON_age)
			say_range(b, " hours old", s->have, t->age_hours);
		else
			say_range(b, " words", s->have, t->words);
		break;
	case REASON_weekday:
		buf_addf(b, "%s", target_weekdays[f->cal.weekday % 7]);
		say_bits(b, "; on ", t->weekdays, target_weekdays);
		break;
	case REASON_hour:
		buf_addf(b, "%u; from %u to %u", f->cal.hour, t->hours.min, t->hours.max);
		break;
	case REASON_account:
		say_word(b, "", s->saw);
		say_bits(b, "; for ", t->account, target_accounts);
		break;
	case REASON_visitor:
		say_word(b, "", s->saw);
		say_bits(b, "; for ", t->visitor, target_visitors);
		break;
	case REASON_gave:
		say_word(b, "", s->saw);
		say_bits(b, "; for ", t->gave, target_gave);
		break;
	case REASON_reads:
		buf_addf(b, "read %lld", (long long)s->have);
		say_reads(b, t, p);
		break;
	case REASON_unmetered:
		say_topics(b, "page: ", f->topics & (uint16_t)~PAGE_FREE, p);
		say_topics(b, "; meter: ", s->campaign->meter.topics, p);
		break;
	default: break;
	}
}

static void say_gap(struct buf *b, const struct decide_step *s)
{
	if (s->have != INT64_MIN)
		buf_addf(b, "last seen %lld h %lld min ago, at least %lld h between",
			(long long)(s->have / HOUR_S), (long long)(s->have % HOUR_S / 60),
			(long long)(s->need / HOUR_S));
}

void tell_saw(struct buf *b, const struct decide_step *s, const struct decide_facts *f,
	const struct policy *p)
{
	if (s->rule == REASON_paused)
		say_run(b, s->campaign, f->now);
	else if (s->rule == REASON_gap)
		say_gap(b, s);
	else if (s->campaign)
		say_target(b, s, f, p);
	say_numbers(b, s);
}
