/* main/ctl_tell.c: facts and steps as an editor reads them. */
#include <stdio.h>
#include <string.h>

#include "main/ctl_tell.h"

#define HOUR_S INT64_C(3600)

/* --- words ------------------------------------------------------------------------------------ */

static void say_time(const char *name, utc_t t)
{
	BUF_ON(text, 40);
	clock_format(&text, utc_of_s(utc_s(t)));
	printf("%s %.*s", name, STR_FMT(buf_str(&text)));
}

static void say_words(const char *name, struct page_words list)
{
	for (size_t i = 0; i < list.n; i++)
		printf("%s%.*s", i == 0 ? name : ", ", STR_FMT(list.v[i]));
}

static void say_word(const char *name, struct str word)
{
	if (word.n > 0)
		printf("%s%.*s", name, STR_FMT(word));
}

static void say_bits(const char *name, unsigned bits, const char *const *names)
{
	bool first = true;
	for (size_t i = 0; names[i]; i++)
		if (bits >> i & 1) {
			printf("%s%s", first ? name : ", ", names[i]);
			first = false;
		}
}

static void say_topics(const char *name, uint16_t topics, const struct policy *p)
{
	bool first = true;
	for (size_t i = 0; i < p->topic_n; i++)
		if (topics >> i & 1) {
			printf("%s%.*s", first ? name : ", ", STR_FMT(p->topic[i].name));
			first = false;
		}
	if (first)
		printf("%snone", name);
}

static void say_range(const char *unit, int64_t have, struct target_range r)
{
	printf("%lld%s", (long long)have, unit);
	if (r.min > 0)
		printf(", at least %u", r.min);
	if (r.max != TARGET_NO_MAX)
		printf(", at most %u", r.max);
}

/* --- facts ------------------------------------------------------------------------------------ */

static void tell_page(const struct decide_facts *f, const struct policy *p)
{
	const struct page *page = &f->page;
	printf("page    %.*s", STR_FMT(page->url));
	say_word(", section ", page->section);
	say_word(", in ", page->language);
	say_words(", tags ", page->tags);
	say_words(", flags ", page->flags);
	say_topics("; topics: ", f->topics & (uint16_t)~PAGE_FREE, p);
	printf("%s\n", f->topics & PAGE_FREE ? "; free" : "");
}

static void tell_reader(const struct decide_facts *f)
{
	static const char *const GIFTS[] = {
		"no gift", "gave once", "gives by the month", "gives by the year"};
	const struct reader *r = f->reader;
	printf("reader  %s, %lld articles with this one, %s",
		r->stored && r->first_at.us < f->cal.day_starts.us ? "returning" : "new",
		(long long)r->views, GIFTS[r->gift]);
	if (r->gift != GIFT_NONE)
		say_time(", last", r->gave_at);
	if (f->signed_in)
		printf(", signed in");
	say_word("; country ", f->page.country);
	say_word("; device ", f->page.device);
	say_word("; comes from ", f->page.referrer);
	say_word(" ", f->page.referrer_host);
	say_word("; source ", f->page.source);
	printf("%s\n", f->counted ? "" : "; not counted");
}

void ctl_tell_facts(const struct decide_facts *f, const struct policy *p)
{
	tell_page(f, p);
	tell_reader(f);
	say_time("time   ", f->now);
	printf(", on the site's clock %s, hour %u\n", target_weekdays[f->cal.weekday % 7],
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

static void say_numbers(const struct decide_step *s)
{
	for (size_t i = 0; i < ARRAY_N(NUMBERS) && s->have != INT64_MIN; i++) {
		if (NUMBERS[i].rule != s->rule)
			continue;
		printf("%s%lld", NUMBERS[i].before, (long long)s->have);
		if (s->need != INT64_MIN)
			printf("%s%lld%s", NUMBERS[i].between, (long long)s->need,
				NUMBERS[i].behind);
	}
}

static void say_run(const struct campaign *c, utc_t now)
{
	say_time("now", now);
	say_time(", start", c->start);
	if (c->end.us != 0)
		say_time(", end", c->end);
	if (!c->live)
		printf(", paused by hand");
}

static void say_list(const struct decide_step *s, enum target_list list, const struct page *page)
{
	const struct target *t = &s->campaign->target;
	struct page_words many = list == TARGET_tag    ? page->tags
				 : list == TARGET_flag ? page->flags
						       : (struct page_words){1, &s->saw};
	if (s->saw.n > 0)
		say_words("", many);
	else
		printf("nothing told");
	say_words("; in ", t->list[list].in);
	say_words("; not in ", t->list[list].not_in);
}

static void say_reads(const struct target *t, const struct policy *p)
{
	for (size_t i = 0; i < t->read_n; i++) {
		const struct target_reads *r = &t->read[i];
		printf("%sin %u days ", i == 0 ? "; wanted: " : "; ", r->days);
		if (r->topic.n > 0)
			say_topics("of ", r->topics, p);
		if (r->n.min > 0)
			printf(" at least %u", r->n.min);
		if (r->n.max != TARGET_NO_MAX)
			printf(" at most %u", r->n.max);
	}
}

/* Rules that need more than two numbers. */
static void say_target(
	const struct decide_step *s, const struct decide_facts *f, const struct policy *p)
{
	const struct target *t = &s->campaign->target;
	switch (s->rule) {
#define X(name, how, fact, charset, longest)                                             \
	case REASON_##name:                                                                        \
		say_list(s, TARGET_##name, &f->page);                                              \
		break;
#include "core/target.def"
#undef X
	case REASON_age:
	case REASON_words:
		if (s->have == INT64_MIN)
			printf("nothing told");
		else if (s->rule == REASON_age)
			say_range(" hours old", s->have, t->age_hours);
		else
			say_range(" words", s->have, t->words);
		break;
	case REASON_weekday:
		printf("%s", target_weekdays[f->cal.weekday % 7]);
		say_bits("; on ", t->weekdays, target_weekdays);
		break;
	case REASON_hour:
		printf("%u; from %u to %u", f->cal.hour, t->hours.min, t->hours.max);
		break;
	case REASON_account:
		say_word("", s->saw);
		say_bits("; for ", t->account, target_accounts);
		break;
	case REASON_visitor:
		say_word("", s->saw);
		say_bits("; for ", t->visitor, target_visitors);
		break;
	case REASON_gave:
		say_word("", s->saw);
		say_bits("; for ", t->gave, target_gave);
		break;
	case REASON_reads:
		printf("read %lld", (long long)s->have);
		say_reads(t, p);
		break;
	case REASON_unmetered:
		say_topics("page: ", f->topics & (uint16_t)~PAGE_FREE, p);
		say_topics("; meter: ", s->campaign->meter.topics, p);
		break;
	default: break;
	}
}

static void say_gap(const struct decide_step *s)
{
	if (s->have != INT64_MIN)
		printf("last seen %lld h %lld min ago, at least %lld h between",
			(long long)(s->have / HOUR_S), (long long)(s->have % HOUR_S / 60),
			(long long)(s->need / HOUR_S));
}

static void tell_step(
	const struct decide_step *s, const struct decide_facts *f, const struct policy *p)
{
	printf("  %c %-14s ", s->fired ? '*' : ' ', decide_reason_name(s->rule));
	if (s->rule == REASON_paused)
		say_run(s->campaign, f->now);
	else if (s->rule == REASON_gap)
		say_gap(s);
	else if (s->campaign)
		say_target(s, f, p);
	say_numbers(s);
	printf("\n");
	if (s->fired)
		printf("                   %s\n", decide_reason_sentence(s->rule));
}

void ctl_tell_steps(
	const struct decide_trace *t, const struct decide_facts *f, const struct policy *p)
{
	const struct campaign *last = NULL;
	for (size_t i = 0; i < t->n && i < t->cap; i++) {
		const struct campaign *c = t->step[i].campaign;
		if (i == 0 || c != last)
			printf("\n%.*s", STR_FMT(c ? c->slug : STR("every page")));
		if (c && c != last)
			printf(" (%s, priority %d)", c->kind == CAMPAIGN_WALL ? "wall" : "appeal",
				c->priority);
		if (i == 0 || c != last)
			printf("\n");
		last = c;
		tell_step(&t->step[i], f, p);
	}
}

/* --- what came of it -------------------------------------------------------------------------- */

void ctl_tell_decision(const struct decision *d)
{
	printf("\n%s: %s. %s\n", decide_act_name(d->act), decide_reason_name(d->reason),
		decide_reason_sentence(d->reason));
	if (d->campaign)
		printf("campaign %.*s, variant %.*s, amounts in %.*s\n", STR_FMT(d->campaign->slug),
			STR_FMT(d->campaign->variant[d->variant].name),
			STR_FMT(d->campaign->set[d->set].currency));
	printf("articles this month %u", d->articles);
	if (d->left != UINT32_MAX)
		printf(", free ones left %u", d->left);
	if (d->mark != 0)
		printf(", kept for the caps as %s", reader_mark_name(d->mark));
	printf("\n");
}
