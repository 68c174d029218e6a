/* base/metric.h: counters of this process in Prometheus' text format (version 0.0.4).
 * Floor 0. Ids and labels are in metric.def; at most METRIC_LABELS_MAX values a label. */
#ifndef BASE_METRIC_H
#define BASE_METRIC_H

#include "base/clock.h"

#define METRIC_LABELS_MAX 64

enum metric {
#define X(id, type, name, label, help) METRIC_##id,
#include "base/metric.def"
#undef X
	METRIC_N
};

/* metric_label: name the idx-th value of m's label once, at start. value is static text. */
void metric_label(enum metric m, size_t idx, const char *value);
void metric_add(enum metric m, size_t idx, uint64_t n); /* counters; idx 0 without label */
void metric_set(enum metric m, int64_t v);              /* gauges */
void metric_move(enum metric m, int64_t by);            /* gauges */
void metric_observe(enum metric m, dur_t d);            /* histograms: 0.5 ms to 10 s */
void metric_format(struct buf *b); /* HELP, TYPE, samples; labels without a name are left out */

#endif
