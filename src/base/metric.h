/* base/metric.h: counters in Prometheus' text format (version 0.0.4): of this process, and, once a
 * file is open (base/metric_file.h), of all that share it. Floor 0. What there is stands in
 * metric.def. Counting costs an add and, with a file, a store; nothing here fails or waits. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include "base/clock.h"

#define METRIC_LABELS_MAX 3

enum metric {
#define X(id, type, name, labels, most, help) METRIC_##id,
#include "base/metric.def"
#undef X
	METRIC_N
};

/* metric_label: the closed list of values of m's which-th label, once, at start, before anything is
 * counted and before a file is opened. names is static. The product of a metric's lists may not
 * exceed its row. While a list is missing, nothing of that metric is counted or printed. */
void metric_label(enum metric m, size_t which, const char *const *names, size_t n);
/* Which series: by the index of each label's value, in order; 0 where there is no label. Any index
 * beyond its list is a bug. */
size_t metric_series(enum metric m, size_t a, size_t b, size_t c);

void metric_add(enum metric m, size_t series, uint64_t n);  /* COUNTER; SECONDS in microseconds */
void metric_set(enum metric m, size_t series, int64_t v);   /* SUM MAX MIN NEWEST */
void metric_observe(enum metric m, size_t series, dur_t d); /* TIMES LAGS */
void metric_observe_n(enum metric m, size_t series, size_t n); /* SIZES */

/* NAMED: one more of its list's which-th word, under two names of a-z, 0-9 and -, 64 bytes each at
 * most. A row of metric.def has so many pairs of names; what finds no room, and what has no names,
 * is counted under empty ones. Names stay as long as the file. */
void metric_add_named(enum metric m, struct str a, struct str b, size_t which);

/* A COUNTER of several labels whose series shall stand there as 0 too: who looks at its growth
 * would not see the first of them else. Of this process alone: who prints must have asked for it.
 */
void metric_zero(enum metric m, size_t series);

/* How long ago a NEWEST was read, by whichever process; INT64_MAX: never. */
int64_t metric_age_ms(enum metric m, mono_t now);

/* metric_format: HELP, TYPE and samples. Of a metric with one label each series stands there, of
 * one with more those that are not 0, or of metric_zero. cost: a look at each process's lock, two
 * with a file. */
void metric_format(struct buf *b);

#endif
