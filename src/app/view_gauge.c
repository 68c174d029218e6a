/* app/view_gauge.c: what the metrics tell of the database: queues, guards, lockouts, and what the
 * clerk watches. One process of a host reads each of them for all: who finds that the newest is
 * old. No page depends on it. */
#include "app/view_own.h"
#include "base/label.h"
#include "base/metric.h"
#include "pay/pays.h"

#define FRESH_MS 5000
#define AGAIN_MS 1000 /* between two looks, and after a failure */

static const char *const QUEUES[] = {"new", "offered", "processing"};

/* Queues that are one number and one age; METRIC_N: there is no such gauge. */
static const struct {
	const char *queue;
	enum metric n, oldest;
} ROWS[] = {
	{"inbox", METRIC_N, METRIC_INBOX_OLDEST},
	{"inbox_parked", METRIC_INBOX_PARKED, METRIC_N},
	{"outbox", METRIC_N, METRIC_OUTBOX_OLDEST},
	{"outbox_parked", METRIC_OUTBOX_PARKED, METRIC_N},
	{"mail", METRIC_N, METRIC_MAIL_OLDEST},
	{"unsettled", METRIC_UNSETTLED, METRIC_UNSETTLED_OLDEST},
	{"differences", METRIC_DIFFERENCES, METRIC_N},
	{"compared", METRIC_N, METRIC_COMPARED},
	{"silent", METRIC_SILENT, METRIC_N},
	{"skewed", METRIC_TESTS_SKEWED, METRIC_N},
	{"unkept", METRIC_UNKEPT, METRIC_N},
	{"watch", METRIC_N, METRIC_WATCH_OLDEST},
};

const char *const *view_gauge_states(size_t *ret_n)
{
	*ret_n = ARRAY_N(QUEUES);
	return QUEUES;
}

static void set(enum metric m, size_t i, int64_t v)
{
	metric_set(m, metric_series(m, i, 0, 0), v);
}

static void take_row(struct str queue, struct str provider, int64_t n, int64_t oldest)
{
	for (size_t i = 0; i < ARRAY_N(QUEUES); i++)
		if (str_is(queue, QUEUES[i])) {
			set(METRIC_PENDING, i, n);
			set(METRIC_PENDING_OLDEST, i, oldest);
		}
	for (size_t i = 0; i < ARRAY_N(ROWS); i++) {
		if (!str_is(queue, ROWS[i].queue))
			continue;
		if (ROWS[i].n != METRIC_N)
			set(ROWS[i].n, 0, n);
		if (ROWS[i].oldest != METRIC_N)
			set(ROWS[i].oldest, 0, oldest);
	}
	for (size_t i = 0; str_is(queue, "circuit") && pays_name(i); i++)
		if (str_is(provider, pays_name(i)))
			set(METRIC_BREAKER, i, n);
}

static void got_queues(void *arg, enum err e, const struct rows *rows)
{
	(void)arg;
	for (int i = 0; e == OK && i < rows_n(rows); i++)
		take_row(row_str(rows, i, "queue"), row_str(rows, i, "provider"),
			row_int(rows, i, "n"), row_int(rows, i, "oldest_s"));
}

static void got_guard(void *arg, enum err e, const struct rows *rows)
{
	(void)arg;
	if (e != OK || rows_n(rows) != 1)
		return;
	set(METRIC_FORMS_SHUT, 0, row_int(rows, 0, "forms"));
	set(METRIC_FORMS_PUZZLE, 0, row_int(rows, 0, "puzzles"));
	set(METRIC_CIRCUITS_OPEN, 0, row_int(rows, 0, "circuits"));
	set(METRIC_SWITCHES_OFF, 0, row_int(rows, 0, "switches"));
}

static void got_lockouts(void *arg, enum err e, const struct rows *rows)
{
	(void)arg;
	if (e == OK && rows_n(rows) == 1)
		set(METRIC_PROVIDER_REFUSES, 0, row_int(rows, 0, "n"));
}

void view_gauges_load(struct app_view *v, utc_t utc, mono_t now)
{
	static const struct {
		enum metric tells;
		enum stmt stmt;
		batch_then *then;
	} ASKS[] = {
		{METRIC_INBOX_OLDEST, STMT_view_queues, got_queues},
		{METRIC_FORMS_SHUT, STMT_view_guard, got_guard},
		{METRIC_PROVIDER_REFUSES, STMT_view_lockouts, got_lockouts},
	};
	if (now.us < v->gauge_at.us || !batch_is_up(v->asks))
		return;
	v->gauge_at = mono_add(now, dur_ms(AGAIN_MS));
	for (size_t k = 0; k < ARRAY_N(ASKS); k++) {
		size_t i = (v->gauge_turn + k) % ARRAY_N(ASKS);
		struct store_args a;
		if (metric_age_ms(ASKS[i].tells, now) < FRESH_MS)
			continue;
		store_args_init(&a);
		if (ASKS[i].stmt == STMT_view_queues)
			arg_utc(&a, utc);
		/* one question at a time; a failure is tried again when the others had their turn */
		if (batch_query(v->asks, ASKS[i].stmt, &a, ASKS[i].then, v) == OK) {
			v->gauge_turn = i + 1;
			return;
		}
	}
}
