/* Ten thousand random readers with several tabs at once: requests read the row, decide and write
 * their mark against the version they read, in any order; readers close and refuse in between;
 * clocks step back and a day ahead. A plain list of what was shown says whether a cap, a pause or a
 * round was overshot. Another seed: PLEDGED_SEED=n; a failure tells the seed of its history. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/decide.h"

#define START_S    INT64_C(1795435200) /* 2026-11-23T12:00:00Z */
#define ONE_SITE   ((int16_t)1)
#define HISTORIES  12000
#define TABS_MAX   4
#define MANY_MAX   4
#define FACTS_MAX  4096
#define RACES_MAX  5 /* as app/view.c */
#define DAY_S      INT64_C(86400)
#define HOUR_S     INT64_C(3600)
#define LONG_DAY   (START_S / DAY_S + 3) /* has 25 hours */
#define LONG_HOURS HOUR_S

/* --- chance ----------------------------------------------------------------------------------- */

static uint64_t seed;

static uint32_t random_below(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (uint32_t)((seed >> 32) % n);
}

static bool one_in(uint32_t n)
{
	return random_below(n) == 0;
}

/* 0 = no such limit, more often than not */
static uint32_t limit_below(uint32_t n)
{
	return one_in(2) ? random_below(n) : 0;
}

/* --- the row of the reader, as the store keeps it --------------------------------------------- */

struct row {
	struct reader r;
	uint8_t seen[READER_SEEN_MAX * READER_SEEN_BYTES];
	uint8_t marks[READER_MARK_MAX * READER_MARK_BYTES];
};

static void row_copy(struct row *to, const struct row *from)
{
	*to = *from;
	to->r.seen.p = (const char *)to->seen;
	to->r.marks.p = (const char *)to->marks;
}

static bool is_word(unsigned kind)
{
	return kind >= MARK_CLOSED && kind <= MARK_NEVER;
}

/* The oldest mark goes; of what the reader said the latest word for each cap stays
 * (sql/functions/mark_add.sql). */
static bool row_keeps(const struct row *w, size_t i)
{
	struct reader_mark m, other;

	assert_int_equal(reader_mark_unpack(w->r.marks, i, &m), OK);
	if (!is_word(m.kind))
		return false;
	for (size_t k = 0; reader_mark_unpack(w->r.marks, k, &other) == OK; k++)
		if (k != i && other.kind == m.kind && other.cap == m.cap &&
			(other.at.us > m.at.us || (other.at.us == m.at.us && k > i)))
			return false;
	return true;
}

static void row_make_room(struct row *w)
{
	size_t n = w->r.marks.n / READER_MARK_BYTES, at = 0;

	while (at < n && row_keeps(w, at))
		at++;
	at = at < n ? at : 0;
	memmove(w->marks + at * READER_MARK_BYTES, w->marks + (at + 1) * READER_MARK_BYTES,
		(n - at - 1) * READER_MARK_BYTES);
	w->r.marks.n -= READER_MARK_BYTES;
}

/* False when it is there already. *trimmed: something fell out. */
static bool row_mark(struct row *w, const struct reader_mark *m, bool *trimmed)
{
	uint8_t bytes[READER_MARK_BYTES];

	reader_mark_pack(m, bytes);
	if (reader_has_mark(w->r.marks, bytes))
		return false;
	if (w->r.marks.n == sizeof w->marks) {
		row_make_room(w);
		*trimmed = true;
	}
	memcpy(w->marks + w->r.marks.n, bytes, sizeof bytes);
	w->r.marks.n += sizeof bytes;
	w->r.version++;
	return true;
}

static void row_count(struct row *w, uint16_t day, uint64_t art)
{
	uint8_t e[READER_SEEN_BYTES];

	reader_seen_pack(day, 0, art, e);
	for (size_t i = 0; i < w->r.seen.n; i += sizeof e)
		if (memcmp(w->seen + i, e, sizeof e) == 0)
			return;
	if (w->r.seen.n == sizeof w->seen)
		w->r.seen.n -= sizeof e;
	memmove(w->seen + sizeof e, w->seen, w->r.seen.n);
	memcpy(w->seen, e, sizeof e);
	w->r.seen.n += sizeof e;
	w->r.views++;
}

/* --- a history -------------------------------------------------------------------------------- */

/* What happened, in the order in which it was written. */
struct fact {
	enum reader_mark_kind kind;
	const struct campaign *c; /* NULL: one that is gone */
	uint16_t key;
	uint32_t decision;
	int64_t clock_s; /* what the clock said when the request came */
	int64_t true_s;  /* when it was written */
};

enum tab_step { TAB_IDLE, TAB_READ, TAB_DECIDED };

struct tab {
	enum tab_step step;
	struct row row; /* as it was read */
	struct decide_facts f;
	struct decision d;
	int64_t clock_s, ahead_s; /* ahead: of this worker's clock */
	unsigned races;
};

/* Where a campaign stands in its round, kept as things happen. */
struct round {
	uint32_t shown, skipped;
	int64_t last_s;
};

struct history {
	uint64_t seed;
	struct campaign campaign[MANY_MAX];
	struct policy policy;
	struct campaign_site site;
	struct campaign_set set;
	struct row row;
	struct tab tab[TABS_MAX];
	size_t tab_n, fact_n;
	struct fact fact[FACTS_MAX];
	struct round round[MANY_MAX];
	bool clocks_step, alike; /* alike: campaigns of a cap have the same numbers */
	bool trimmed;
	bool used[FACTS_MAX * 2]; /* versions from which something was shown */
	int64_t now_s, skew_min, skew_max;
	uint32_t noise, decision;
};

static struct {
	size_t shown, held, skipped, walled, words, races, lost_races, trimmed, stepped;
} total;

static const struct campaign_variant plain[] = {{.share = 30}, {.share = 70}};
static const struct campaign_variant tried[] = {{.share = 50}, {.share = 50, .control = true}};

static _Noreturn void wrong(const struct history *h, const struct campaign *c, const char *what)
{
	print_error("PLEDGED_SEED=%llu: %s overshoots its %s\n", (unsigned long long)h->seed,
		c ? c->slug.p : "a request", what);
	fail();
	abort();
}

/* --- the judge -------------------------------------------------------------------------------- */

static bool is_prompt(const struct fact *f)
{
	return f->kind == MARK_SHOWN || f->kind == MARK_HELD;
}

/* Was it less than so long before? As long as the row holds everything: by what the clocks said,
 * where the future counts as now. Else by true time, as far as clocks can differ. */
static bool is_recent(
	const struct history *h, const struct fact *f, int64_t clock_s, int64_t span_s)
{
	if (!h->trimmed)
		return span_s > 0 && f->clock_s > clock_s - span_s;
	return f->true_s > h->now_s - span_s + (h->skew_max - h->skew_min);
}

/* Prompts of a key (0: of all) in a span. */
static uint32_t recent(const struct history *h, uint16_t key, int64_t clock_s, int64_t span_s)
{
	uint32_t n = 0;

	for (size_t i = 0; i < h->fact_n; i++)
		n += is_prompt(&h->fact[i]) && (key == 0 || h->fact[i].key == key) &&
		     is_recent(h, &h->fact[i], clock_s, span_s);
	return n;
}

static int64_t day_starts(int64_t s)
{
	int64_t long_ends = (LONG_DAY + 1) * DAY_S + LONG_HOURS;

	if (s >= long_ends)
		return long_ends + (s - long_ends) / DAY_S * DAY_S;
	return (s / DAY_S > LONG_DAY ? LONG_DAY : s / DAY_S) * DAY_S;
}

static uint16_t day_of(int64_t s)
{
	return (uint16_t)((day_starts(s) + HOUR_S) / DAY_S - 10957);
}

static uint32_t today(const struct history *h, uint16_t key, int64_t clock_s)
{
	/* a request may be a few seconds under way, also over midnight, before its mark is lost */
	int64_t from = day_starts(clock_s) + (h->trimmed ? h->skew_max - h->skew_min : 0);
	uint32_t n = 0;

	if (h->trimmed && h->clocks_step)
		return 0;
	for (size_t i = 0; i < h->fact_n; i++)
		n += is_prompt(&h->fact[i]) && (key == 0 || h->fact[i].key == key) &&
		     h->fact[i].clock_s >= from;
	return n;
}

static void judge_cap(const struct history *h, const struct campaign *c,
	const struct campaign_cap *cap, int64_t clock_s)
{
	const char *whose = cap == &c->cap ? "cap" : "site's cap";

	if (cap->views > 0 && recent(h, cap->key, clock_s, cap->days * DAY_S) >= cap->views)
		wrong(h, c, whose);
	if (cap->daily > 0 && today(h, cap->key, clock_s) >= cap->daily)
		wrong(h, c, "daily limit");
	if (cap->gap_hours > 0 && recent(h, cap->key, clock_s, cap->gap_hours * HOUR_S) > 0)
		wrong(h, c, "gap");
}

/* A full round begins anew when its days are over. */
static void round_turn(struct round *r, const struct campaign_cap *cap, int64_t clock_s)
{
	if (cap->cycle_views > 0 && r->shown >= cap->cycle_views && cap->cycle_restart_days > 0 &&
		clock_s - r->last_s >= cap->cycle_restart_days * DAY_S)
		r->shown = r->skipped = 0;
}

/* What has fallen out of the row is not known to be of this round; but between any two pauses of
 * its days there are never more. */
static void judge_run(const struct history *h, const struct campaign *c)
{
	int64_t pause = c->cap.cycle_restart_days * DAY_S - (h->skew_max - h->skew_min);
	int64_t before = h->now_s;
	uint32_t run = 0;

	for (size_t i = h->fact_n; i > 0; i--) {
		const struct fact *f = &h->fact[i - 1];
		if (!is_prompt(f) || f->key != c->cap.key)
			continue;
		if (c->cap.cycle_restart_days > 0 && before - f->true_s >= pause)
			break;
		before = f->true_s;
		run++;
	}
	if (run >= c->cap.cycle_views)
		wrong(h, c, "run");
}

static void judge_round(
	struct history *h, const struct campaign *c, enum reader_mark_kind kind, int64_t clock_s)
{
	struct round r = h->round[c - h->campaign];

	if (c->cap.cycle_views == 0)
		return;
	if (h->trimmed) {
		judge_run(h, c);
		return;
	}
	round_turn(&r, &c->cap, clock_s);
	if (r.shown >= c->cap.cycle_views)
		wrong(h, c, "round");
	if (kind == MARK_SKIPPED && r.skipped >= c->cap.cycle_skip)
		wrong(h, c, "skipped ones");
	if (kind != MARK_SKIPPED && r.skipped < c->cap.cycle_skip)
		wrong(h, c, "right to speak: it skipped too few");
	if (kind != MARK_SKIPPED && h->alike && r.skipped != c->cap.cycle_skip)
		wrong(h, c, "number of skipped ones");
}

static void judge_words(const struct history *h, const struct campaign *c, int64_t clock_s)
{
	const uint32_t days[MARK_KIND_N] = {[MARK_CLOSED] = c->close_days,
		[MARK_LATER] = c->later_days,
		[MARK_ALREADY_GAVE] = c->already_gave_days,
		[MARK_NEVER] = c->never_days};

	for (size_t i = 0; i < h->fact_n; i++) {
		const struct fact *f = &h->fact[i];
		bool of_cap = f->kind == MARK_CLOSED || f->kind == MARK_LATER;
		if (days[f->kind] > 0 && (!of_cap || f->key == c->cap.key) &&
			is_recent(h, f, clock_s, days[f->kind] * DAY_S))
			wrong(h, c, reader_mark_name(f->kind));
	}
}

/* --- what is written -------------------------------------------------------------------------- */

static void skew(struct history *h, int64_t clock_s)
{
	int64_t off = clock_s - h->now_s;

	h->skew_min = off < h->skew_min ? off : h->skew_min;
	h->skew_max = off > h->skew_max ? off : h->skew_max;
}

static bool write_mark(struct history *h, const struct fact *f, uint8_t variant)
{
	struct reader_mark m = {f->decision, f->c ? f->c->id : 99, (uint8_t)f->kind, variant,
		f->key, utc_of_s(f->clock_s)};

	skew(h, f->clock_s);
	if (!row_mark(&h->row, &m, &h->trimmed))
		return false;
	assert_true(h->fact_n < FACTS_MAX);
	h->fact[h->fact_n++] = *f;
	for (size_t i = 0; i < h->set.n; i++) {
		struct round *r = &h->round[i];
		if (h->campaign[i].cap.key != f->key || (!is_prompt(f) && f->kind != MARK_SKIPPED))
			continue;
		round_turn(r, &h->campaign[i].cap, f->clock_s);
		r->skipped += f->kind == MARK_SKIPPED;
		r->shown += is_prompt(f);
		if (is_prompt(f) && f->clock_s > r->last_s)
			r->last_s = f->clock_s;
	}
	return true;
}

/* The decision of a tab against the state it was made from. */
static void write_decision(struct history *h, struct tab *t)
{
	const struct campaign *c = t->d.campaign;
	enum reader_mark_kind kind = t->d.mark;
	struct fact f = {kind, c, c->cap.key, h->decision++, t->clock_s, h->now_s};
	size_t version = (size_t)h->row.r.version;

	skew(h, t->clock_s);
	if (kind != MARK_WALLED && t->d.reason != REASON_holdout_wall) {
		judge_words(h, c, t->clock_s);
		judge_round(h, c, kind, t->clock_s);
		judge_cap(h, c, &h->policy.cap, t->clock_s);
		judge_cap(h, c, &c->cap, t->clock_s);
	}
	if (h->used[version])
		wrong(h, c, "state");
	h->used[version] = true;
	assert_true(write_mark(h, &f, (uint8_t)t->d.variant));
	total.shown += kind == MARK_SHOWN;
	total.held += kind == MARK_HELD;
	total.skipped += kind == MARK_SKIPPED;
	total.walled += kind == MARK_WALLED;
}

/* --- the steps -------------------------------------------------------------------------------- */

static struct decide_calendar calendar(int64_t s)
{
	uint16_t day = day_of(s);

	return (struct decide_calendar){.day = day,
		.week_from = (uint16_t)(day - day % 4),
		.month_from = (uint16_t)(day - day % 10),
		.day_starts = utc_of_s(day_starts(s))};
}

static void tab_view(struct history *h, struct tab *t)
{
	t->clock_s = h->now_s + t->ahead_s;
	t->races = 0;
	t->f = (struct decide_facts){.site = ONE_SITE,
		.now = utc_of_s(t->clock_s),
		.cal = calendar(t->clock_s),
		.art = 1 + random_below(40),
		.counted = !one_in(20),
		.consent = CONSENT_FULL,
		.reader = &t->row.r,
		.variant_hash = h->seed};
	if (t->f.counted)
		row_count(&h->row, t->f.cal.day, t->f.art);
	row_copy(&t->row, &h->row);
	t->step = TAB_READ;
}

/* What a trace watches is decided alike: it asks the rows that rest too. */
static void judge_trace(const struct history *h, const struct tab *t)
{
	struct decide_trace trace = {0, 0, NULL};
	struct decision d = decide(&t->f, &h->set, &trace);

	if (d.act != t->d.act || d.reason != t->d.reason || d.campaign != t->d.campaign ||
		d.mark != t->d.mark || d.left != t->d.left || trace.n == 0)
		wrong(h, t->d.campaign, "trace");
}

static void tab_decide(struct history *h, struct tab *t)
{
	t->d = decide(&t->f, &h->set, NULL);
	if (one_in(3))
		judge_trace(h, t);
	if (t->d.act == ACT_PROMPT && t->d.mark != MARK_SHOWN)
		wrong(h, t->d.campaign, "silence: a prompt without a mark");
	if (t->d.mark != 0 && !t->f.counted)
		wrong(h, t->d.campaign, "request that does not count");
	t->step = t->d.mark != 0 ? TAB_DECIDED : TAB_IDLE;
}

static void tab_write(struct history *h, struct tab *t)
{
	t->step = TAB_IDLE;
	if (t->row.r.version == h->row.r.version) {
		write_decision(h, t);
	} else if (++t->races <= RACES_MAX) {
		total.races++;
		row_copy(&t->row, &h->row);
		t->step = TAB_READ;
	} else {
		total.lost_races++;
	}
}

/* The reader answers one of the prompts he saw, maybe an old one, maybe twice. */
static void event(struct history *h)
{
	for (int tries = 0; tries < 8 && h->fact_n > 0; tries++) {
		struct fact f = h->fact[random_below((uint32_t)h->fact_n)];
		if (f.kind != MARK_SHOWN)
			continue;
		f.kind = (enum reader_mark_kind)(MARK_CLOSED + random_below(4));
		if (f.kind == MARK_NEVER && !one_in(4))
			f.kind = MARK_CLOSED;
		f.clock_s = h->now_s + h->tab[random_below((uint32_t)h->tab_n)].ahead_s;
		f.true_s = h->now_s;
		total.words += write_mark(h, &f, 0);
		return;
	}
}

/* Marks of a campaign that is gone: they take room and nothing else. */
static void noise(struct history *h)
{
	for (uint32_t n = random_below(h->noise); n > 0; n--) {
		struct fact f = {MARK_WALLED, NULL, 99, h->decision++, h->now_s, h->now_s};
		(void)write_mark(h, &f, 0);
	}
}

static void step_clocks(struct history *h)
{
	static const int64_t steps[] = {0, 0, DAY_S, -HOUR_S, 2 * HOUR_S, -3 * HOUR_S, -60, 5};

	if (!h->clocks_step || !one_in(12))
		return;
	int64_t ahead = steps[random_below(ARRAY_N(steps))];
	size_t one = random_below((uint32_t)h->tab_n);
	bool all = one_in(2);
	for (size_t i = 0; i < h->tab_n; i++)
		if (all || i == one)
			h->tab[i].ahead_s = ahead;
	total.stepped++;
}

static void pass_time(struct history *h)
{
	bool busy = false;

	for (size_t i = 0; i < h->tab_n; i++)
		busy = busy || h->tab[i].step != TAB_IDLE;
	if (busy)
		h->now_s += one_in(8);
	else if (one_in(3))
		h->now_s += one_in(4) ? random_below(3 * DAY_S) : random_below(6 * HOUR_S);
	else
		h->now_s += one_in(2) ? HOUR_S : random_below(5);
}

static void one_step(struct history *h)
{
	struct tab *t = &h->tab[random_below((uint32_t)h->tab_n)];

	pass_time(h);
	step_clocks(h);
	if (one_in(15))
		event(h);
	if (h->noise > 0 && one_in(20))
		noise(h);
	switch (t->step) {
	case TAB_IDLE: tab_view(h, t); break;
	case TAB_READ: tab_decide(h, t); break;
	case TAB_DECIDED: tab_write(h, t); break;
	}
}

/* --- the beginning ---------------------------------------------------------------------------- */

static void any_cap(struct campaign_cap *cap)
{
	cap->views = limit_below(6);
	cap->days = 1 + random_below(7);
	cap->gap_hours = limit_below(30);
	cap->daily = limit_below(4);
	cap->cycle_views = limit_below(6);
	cap->cycle_skip = limit_below(4);
	cap->cycle_restart_days = one_in(5) ? 0 : 1 + random_below(6);
	if (cap->cycle_views == 0)
		cap->cycle_skip = 0;
}

static void any_campaign(struct history *h, size_t i)
{
	static const char *const names[MANY_MAX] = {"first", "second", "third", "fourth"};
	struct campaign *c = &h->campaign[i];
	size_t like = random_below((uint32_t)i + 1); /* shares the cap of an earlier one, or not */

	*c = (struct campaign){.id = 10 + (int32_t)i,
		.version = 1,
		.site = ONE_SITE,
		.live = true,
		.holdout = !one_in(4),
		.slug = str_c(names[i]),
		.min_views = 2 + random_below(2),
		.cap = {.key = (uint16_t)(20 + i)},
		.close_days = limit_below(4),
		.later_days = limit_below(3),
		.already_gave_days = limit_below(3),
		.never_days = limit_below(5),
		.variant_n = 2,
		.variant = one_in(3) ? tried : plain};
	any_cap(&c->cap);
	if (like < i && (h->alike || one_in(2)))
		c->cap = h->campaign[like].cap;
	if (!h->alike && one_in(2)) /* one number differs */
		*(one_in(2) ? &c->cap.cycle_views : &c->cap.cycle_restart_days) =
			1 + random_below(6);
	c->cap.key = h->campaign[like].cap.key;
	if (one_in(5)) {
		c->kind = CAMPAIGN_WALL;
		c->meter =
			(struct campaign_meter){.window = WINDOW_DAY, .allowance = 3, .wall = true};
	}
	decide_prepare(c);
}

static void history_begin(struct history *h)
{
	memset(h, 0, offsetof(struct history, fact));
	memset(h->round, 0, sizeof *h - offsetof(struct history, round));
	h->seed = seed;
	h->now_s = START_S;
	h->clocks_step = one_in(2);
	h->alike = one_in(2);
	h->noise = one_in(3) ? 2 + random_below(60) : 0;
	h->tab_n = 1 + random_below(TABS_MAX);
	h->set = (struct campaign_set){1, 1 + random_below(MANY_MAX), 1, h->campaign, &h->site};
	h->site = (struct campaign_site){ONE_SITE, 0, h->set.n, &h->policy};
	for (size_t i = 0; i < h->set.n; i++)
		any_campaign(h, i);
	if (one_in(2)) {
		any_cap(&h->policy.cap);
		h->policy.cap.cycle_views = h->policy.cap.cycle_skip = 0;
	}
	h->policy.holdout_share = one_in(3) ? 50 : 0;
	h->policy.holdout_walls = one_in(2);
	h->row.r.stored = true;
	h->row.r.views = 2;
	h->row.r.seen.p = (const char *)h->row.seen;
	h->row.r.marks.p = (const char *)h->row.marks;
}

static void no_interleaving_overshoots(void **state)
{
	static struct history h;
	const char *given = getenv("PLEDGED_SEED");
	uint64_t first;

	(void)state;
	if (!given || str_u64(str_c(given), UINT64_MAX, &first) != OK || first == 0)
		first = UINT64_C(0x5eedca95c0ffee01);
	seed = first;
	print_message("# seed %llu\n", (unsigned long long)first);
	for (size_t i = 0; i < HISTORIES; i++) {
		history_begin(&h);
		for (uint32_t n = 60 + random_below(i % 16 == 0 ? 1200 : 200); n > 0; n--)
			one_step(&h);
		total.trimmed += h.trimmed;
	}
	print_message("# shown %zu held %zu skipped %zu walled %zu words %zu\n", total.shown,
		total.held, total.skipped, total.walled, total.words);
	print_message("# races %zu lost %zu full lists %zu steps of a clock %zu\n", total.races,
		total.lost_races, total.trimmed, total.stepped);
	assert_true(
		total.shown > HISTORIES && total.held > HISTORIES && total.skipped > HISTORIES / 2);
	assert_true(total.walled > 1000 && total.words > HISTORIES && total.races > HISTORIES);
	assert_true(total.trimmed > 500 && total.stepped > HISTORIES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_interleaving_overshoots),
	};

	return cmocka_run_group_tests_name("core_cap_property", tests, NULL, NULL);
}
