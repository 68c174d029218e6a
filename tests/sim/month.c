/* tests/sim/month.c: a month of made-up readers through the view role's own code and a real
 * database, with the time made up too, and a second book kept beside it.
 *
 *   build/plain/sim/month CONF [SEED [READERS [DAYS]]]
 *
 * Readers come and go, read, close, put off, refuse and give; some bring no cookie back. Every
 * answer is held against a book of this program's own (which articles, which day, which prompts),
 * kept without any code of src/core. Printed: the seed, then the roll-up that the answers add up
 * to, a line a key, for the walk to compare with pledged.rollup; `reader COOKIE VIEWS ENTRIES` for
 * each reader with a row. Exit 1 when an answer contradicts the book. */
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/view.h"
#include "base/conf.h"

#define START_S     INT64_C(1795564800) /* 2026-11-25T00:00:00Z */
#define ARTICLES_N  60
#define READ_MAX    400
#define SHOWN_MAX   64
#define FLY_MAX     96
#define AHEAD_S     600 /* how far apart those may be who are under way together */
#define ARENA_BYTES 16384
#define ALLOWANCE   5 /* of the demo's meter, in news and culture */
#define CAP_VIEWS   4 /* of its appeal in 30 days; the year-end one has 6 in 31 */
#define ROWS_MAX    200000

/* What this program knows of a reader. */
struct person {
	char cookie[200];
	bool keeps_cookie, busy, gave;
	int64_t next_s;
	int day_n; /* articles of this sitting still to be read */
	size_t read_n;
	struct {
		uint16_t article;
		int64_t day;
		int month;
		bool walled;
	} read[READ_MAX];
	size_t shown_n;
	struct {
		char campaign[24];
		int64_t at_s;
	} shown[SHOWN_MAX];
	char token[300]; /* of the prompt that stands open */
};

/* One question under way. */
struct trip {
	struct view_ask ask;
	struct arena arena;
	struct person *who;
	int64_t at_s;
	uint16_t article;
	bool free, is_event;
	char url[64], cookie[200], token[300];
};

static struct {
	struct app_view *view;
	struct store *clerk;
	struct person *person;
	struct trip trip[FLY_MAX];
	size_t person_n, wrong_n, row_n, flying, views, events, gifts;
	int64_t now_s;
	char (*row)[200];
} g;

static uint64_t seed;
static uint32_t below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % n);
}

static const char *const SECTIONS[] = {"news", "culture", "obituaries", "sport"};
static const char *const COUNTRIES[] = {"EE", "LV", "US", ""};
static const char *const DEVICES[] = {"mobile", "desktop", "tablet"};

/* Riga's winter time: the month has no clock change. */
static int64_t local_s(int64_t s)
{
	return s + 2 * 3600;
}
static int64_t day_of(int64_t s)
{
	return local_s(s) / 86400;
}
static int month_of(int64_t s)
{
	return day_of(s) >= 20788 ? 12 : 11; /* 2026-12-01 */
}

static void wrong(const struct trip *t, const char *what, long have, long want)
{
	if (g.wrong_n++ < 20)
		fprintf(stderr, "%lld %s: %s: %ld, the book says %ld\n", (long long)t->at_s, t->url,
			what, have, want);
}

/* --- the second book ----------------------------------------------------------------------------
 */

static const char *section_of(uint16_t article)
{
	return SECTIONS[article % 10 == 9 ? 2 : article % 10 == 8 ? 3 : article % 2];
}

/* An article on a day, read or in vain; both may be. */
static void note_read(struct person *p, const struct trip *t, bool walled)
{
	for (size_t i = 0; i < p->read_n; i++)
		if (p->read[i].article == t->article && p->read[i].day == day_of(t->at_s) &&
			p->read[i].walled == walled)
			return;
	if (p->read_n == READ_MAX)
		return;
	p->read[p->read_n].article = t->article;
	p->read[p->read_n].day = day_of(t->at_s);
	p->read[p->read_n].walled = walled;
	p->read[p->read_n++].month = month_of(t->at_s);
}

/* Distinct articles of the month with this one, and its place: what was walled was not read, and
 * the meter does not ask where they stood. */
static long month_count(const struct person *p, const struct trip *t, long *ret_place)
{
	bool had[ARTICLES_N] = {false};
	long n = 0;
	*ret_place = 0;
	for (size_t i = 0; i < p->read_n; i++) {
		if (p->read[i].month != month_of(t->at_s) || p->read[i].walled ||
			had[p->read[i].article])
			continue;
		had[p->read[i].article] = true;
		n++;
		if (p->read[i].article == t->article)
			*ret_place = n;
	}
	if (*ret_place == 0)
		*ret_place = ++n;
	return n;
}

static void check_prompt(struct person *p, const struct trip *t, const struct decision *d)
{
	long cap = str_is(d->campaign->slug, "year-end") ? 6 : CAP_VIEWS, n = 1;
	int64_t days = str_is(d->campaign->slug, "year-end") ? 31 : 30;
	for (size_t i = 0; i < p->shown_n; i++)
		n += str_is(d->campaign->slug, p->shown[i].campaign) &&
		     p->shown[i].at_s > t->at_s - days * 86400;
	if (n > cap)
		wrong(t, "a prompt beyond its cap", n, cap);
	if (p->gave)
		wrong(t, "a supporter is asked", 1, 0);
	if (p->shown_n < SHOWN_MAX) {
		(void)!str_copy(d->campaign->slug, p->shown[p->shown_n].campaign,
			sizeof p->shown[0].campaign);
		p->shown[p->shown_n++].at_s = t->at_s;
	}
	memcpy(p->token, t->ask.token_text, sizeof p->token);
}

static void check_answer(struct trip *t)
{
	const struct decision *d = &t->ask.decision;
	struct person *p = t->who;
	long place, n;
	bool metered = t->article % 10 < 8;
	if (!p->keeps_cookie)
		return;
	n = month_count(p, t, &place);
	if ((long)d->articles != n)
		wrong(t, "articles this month", (long)d->articles, n);
	if ((d->act == ACT_WALL) != (metered && place > ALLOWANCE && !p->gave))
		wrong(t, "a wall", d->act == ACT_WALL, place);
	note_read(p, t, d->act == ACT_WALL);
	if (d->act == ACT_PROMPT)
		check_prompt(p, t, d);
	if (d->reason == REASON_store_down || d->reason == REASON_overload)
		wrong(t, "the database was away", 1, 0);
}

static void note_row(const struct trip *t)
{
	const struct view_ask *a = &t->ask;
	const struct decision *d = &a->decision;
	if (g.row_n == ROWS_MAX)
		abort();
	snprintf(g.row[g.row_n++], sizeof g.row[0], "%lld\t%.*s\t%.*s\t%.*s\t%.*s\t%.*s\t%s\t%s",
		(long long)(t->at_s - t->at_s % 3600), STR_FMT(a->page.section),
		STR_FMT(a->page.country), STR_FMT(a->page.device),
		STR_FMT(d->campaign ? d->campaign->slug : STR("")),
		STR_FMT(d->campaign ? d->campaign->variant[d->variant].name : STR("")),
		decide_act_name(d->act), decide_reason_name(d->reason));
}

/* --- what readers do
 * ------------------------------------------------------------------------------ */

static void give(struct person *p, int64_t at_s)
{
	struct store_args a;
	ROWS_AUTO rows = NULL;
	struct ticket_token t;
	struct view_prompt prompt;
	struct fault f = {0};
	if (app_view_open_token(g.view, str_c(p->token), &prompt) != OK)
		return;
	t = prompt.ticket;
	snapshot_unref(prompt.hold);
	store_args_init(&a);
	arg_uuid(&a, &t.reader);
	arg_int(&a, t.site);
	arg_utc(&a, utc_of_s(at_s));
	arg_c(&a, "once");
	arg_null(&a);
	arg_int(&a, 1000);
	arg_c(&a, "EUR");
	arg_utc(&a, utc_of_s(at_s));
	if (store_call(g.clerk, STMT_reader_supporter, &a, &rows, &f) != OK) {
		fprintf(stderr, "reader_supporter: %s\n", f.detail);
		exit(1);
	}
	p->gave = true;
	g.gifts++;
}

static void plan_next(struct person *p, int64_t from_s)
{
	if (--p->day_n > 0) {
		p->next_s = from_s + 20 + below(600);
		return;
	}
	p->day_n = 1 + (int)below(5);
	p->next_s = from_s + 3600 + below(3 * 86400);
}

static void on_answered(struct view_ask *ask)
{
	struct trip *t = (struct trip *)(void *)ask;
	struct person *p = t->who;
	if (t->is_event) {
		if (ask->err != OK)
			wrong(t, err_slug(ask->err), 1, 0);
		return;
	}
	note_row(t);
	check_answer(t);
	if (ask->set == COOKIE_SET && p->keeps_cookie)
		memcpy(p->cookie, ask->cookie_text, sizeof p->cookie);
}

static void on_released(struct view_ask *ask)
{
	struct trip *t = (struct trip *)(void *)ask;
	struct person *p = t->who;
	t->free = true;
	p->busy = false;
	g.flying--;
	if (t->is_event || p->token[0] == '\0') {
		plan_next(p, t->at_s);
		return;
	}
	uint32_t what = below(10);
	if (what == 0) {
		give(p, t->at_s + 5);
		p->token[0] = '\0';
	} else if (what < 6) {
		p->token[0] = '\0';
	}
	if (p->token[0] != '\0')
		p->next_s = t->at_s + 5; /* the event goes out first */
	else
		plan_next(p, t->at_s);
}

static struct trip *trip_new(struct person *p)
{
	struct trip *t = g.trip;
	while (!t->free)
		t++;
	t->free = false;
	t->who = p;
	t->at_s = g.now_s;
	p->busy = true;
	g.flying++;
	arena_reset(&t->arena);
	memset(&t->ask, 0, sizeof t->ask);
	t->ask.host = STR("127.0.0.1");
	t->ask.now = utc_of_s(t->at_s);
	t->ask.deadline = mono_add(clock_mono(), dur_ms(20000));
	t->ask.arena = &t->arena;
	t->ask.answered = on_answered;
	t->ask.released = on_released;
	t->ask.consent = CONSENT_FULL;
	t->ask.counts = true;
	return t;
}

static void send_event(struct person *p)
{
	static const enum reader_mark_kind KINDS[] = {
		MARK_CLOSED, MARK_LATER, MARK_ALREADY_GAVE, MARK_NEVER, MARK_VIEWED, MARK_CLICKED};
	struct trip *t = trip_new(p);
	t->is_event = true;
	memcpy(t->token, p->token, sizeof t->token);
	p->token[0] = '\0';
	t->ask.kind = VIEW_EVENT;
	t->ask.token = str_c(t->token);
	t->ask.event = KINDS[below(ARRAY_N(KINDS))];
	g.events++;
	app_view_ask(g.view, &t->ask);
}

static void open_article(struct person *p)
{
	struct trip *t = trip_new(p);
	t->is_event = false;
	t->article = (uint16_t)(below(4) == 0 && p->read_n > 0
					? p->read[below((uint32_t)p->read_n)].article
					: below(ARTICLES_N));
	snprintf(t->url, sizeof t->url, "/en/%s/sim-%u", section_of(t->article), t->article);
	memcpy(t->cookie, p->cookie, sizeof t->cookie);
	t->ask.kind = VIEW_PAGE;
	t->ask.cookie = str_c(t->cookie);
	t->ask.page = (struct page){.url = str_c(t->url),
		.section = str_c(section_of(t->article)),
		.country = str_c(COUNTRIES[(size_t)(p - g.person) % 4]),
		.device = str_c(DEVICES[(size_t)(p - g.person) % 3]),
		.language = STR("en")};
	g.views++;
	app_view_ask(g.view, &t->ask);
}

/* --- the clockwork
 * ---------------------------------------------------------------------------------- */

static void turn(int wait_ms)
{
	struct pollfd fd[APP_VIEW_BATCHES_MAX];
	nfds_t n = 0;
	for (size_t i = 0; i < app_view_batches(g.view); i++) {
		struct batch *b = app_view_batch(g.view, i);
		unsigned want = batch_want(b);
		fd[n].fd = batch_fd(b);
		fd[n].revents = 0;
		fd[n++].events = (short)((want & BATCH_READ ? POLLIN : 0) |
					 (want & BATCH_WRITE ? POLLOUT : 0));
	}
	poll(fd, n, wait_ms);
	for (size_t i = 0; i < app_view_batches(g.view); i++) {
		unsigned ready = (fd[i].revents & (POLLIN | POLLHUP | POLLERR) ? BATCH_READ : 0) |
				 (fd[i].revents & POLLOUT ? BATCH_WRITE : 0);
		batch_drive(app_view_batch(g.view, i), ready, clock_mono(), false);
	}
	app_view_tick(g.view, utc_of_s(g.now_s), clock_mono());
}

/* The next one to move; NULL when all are done or under way. */
static struct person *next_person(int64_t end_s)
{
	struct person *first = NULL;
	for (size_t i = 0; i < g.person_n; i++)
		if (!g.person[i].busy && g.person[i].next_s < end_s &&
			(!first || g.person[i].next_s < first->next_s))
			first = &g.person[i];
	return first;
}

/* Who waits for an answer must not be left behind in another day. */
static bool may_move(const struct person *p)
{
	int64_t oldest = INT64_MAX;
	for (size_t i = 0; i < FLY_MAX; i++)
		if (!g.trip[i].free && g.trip[i].at_s < oldest)
			oldest = g.trip[i].at_s;
	return g.flying < FLY_MAX && (g.flying == 0 || p->next_s - oldest < AHEAD_S);
}

static void run(int64_t end_s)
{
	while (!app_view_ready(g.view))
		turn(20);
	for (struct person *p; (p = next_person(end_s)) || g.flying > 0;) {
		bool move = p && may_move(p);
		if (move) { /* time never goes back */
			g.now_s = p->next_s > g.now_s ? p->next_s : g.now_s;
			if (p->token[0] != '\0')
				send_event(p);
			else
				open_article(p);
		}
		turn(move ? 0 : 5);
	}
	while (!app_view_drain(g.view, utc_of_s(g.now_s), clock_mono()))
		turn(5);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Article-days: what the row counts as views. */
static size_t article_days(const struct person *p)
{
	size_t n = 0;
	for (size_t i = 0; i < p->read_n; i++) {
		bool twice = false;
		for (size_t k = 0; k < i; k++)
			twice = twice || (p->read[k].article == p->read[i].article &&
						 p->read[k].day == p->read[i].day);
		n += !twice;
	}
	return n;
}

static void tell(uint64_t first)
{
	printf("seed\t%llu\nviews\t%zu\nevents\t%zu\ngifts\t%zu\n", (unsigned long long)first,
		g.views, g.events, g.gifts);
	qsort(g.row, g.row_n, sizeof g.row[0], by_text);
	for (size_t i = 0, n = 0; i < g.row_n; i += n) {
		for (n = 1; i + n < g.row_n && strcmp(g.row[i], g.row[i + n]) == 0;)
			n++;
		printf("rollup\t%s\t%zu\n", g.row[i], n);
	}
	for (size_t i = 0; i < g.person_n; i++)
		if (g.person[i].keeps_cookie && g.person[i].read_n > 0)
			printf("reader\t%s\t%zu\t%zu\n", g.person[i].cookie,
				article_days(&g.person[i]), g.person[i].read_n);
}

int main(int argc, char **argv)
{
	struct conf conf;
	struct seal_ring ring;
	struct fault f = {0};
	BUF_ON(complaint, 8192);
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261125;
	g.person_n = argc > 3 ? strtoul(argv[3], NULL, 10) : 600;
	int64_t days = argc > 4 ? strtol(argv[4], NULL, 10) : 30;
	enum err e = argc > 1 ? conf_load(argv[1], CONF_ROLE_VIEW, &conf, &complaint) : ERR_CONF;
	if (e == OK)
		e = seal_ring_parse(conf_secret(&conf, CONF_cookie_key_file), &ring, &f);
	if (e == OK)
		e = app_view_open(&conf, &ring, &g.view, &f);
	if (e == OK)
		e = store_open(&conf, "pledged_clerk", &g.clerk, &f);
	if (e != OK) {
		fprintf(stderr, "%s %.*s\n", f.detail, STR_FMT(buf_str(&complaint)));
		return 2;
	}
	seed = first ? first : 1;
	g.person = calloc(g.person_n, sizeof *g.person);
	g.row = calloc(ROWS_MAX, sizeof *g.row);
	for (size_t i = 0; i < FLY_MAX; i++) {
		g.trip[i].free = true;
		if (arena_init(&g.trip[i].arena, ARENA_BYTES) != OK)
			return 2;
	}
	for (size_t i = 0; i < g.person_n; i++) {
		g.person[i].keeps_cookie = i % 10 != 9;
		g.person[i].day_n = 1 + (int)below(5);
		g.person[i].next_s = START_S + below(6 * 86400);
	}
	g.now_s = START_S;
	run(START_S + days * 86400);
	tell(first);
	fprintf(stderr, "%zu views, %zu events, %zu gifts, %zu contradictions\n", g.views, g.events,
		g.gifts, g.wrong_n);
	for (size_t i = 0; i < FLY_MAX; i++)
		arena_fini(&g.trip[i].arena);
	app_view_close(g.view);
	store_close(g.clerk);
	seal_ring_fini(&ring);
	conf_fini(&conf);
	free(g.person);
	free(g.row);
	return g.wrong_n > 0;
}
