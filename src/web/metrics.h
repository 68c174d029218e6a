/* web/metrics.h: what the metrics' labels can say, and the answer of /metrics. Floor 4. */
#ifndef WEB_METRICS_H
#define WEB_METRICS_H

#include "base/label.h"
#include "web/route.h"

#define METRICS_BYTES (384u << 10) /* all series at once, with numbers of full length */

/* metrics_labels: names every list of metric.def, once, in each program that counts. version,
 * commit: static. */
void metrics_labels(const char *version, const char *commit);

/* metrics_request: one more answered; route ROUTE_N: none. */
void metrics_request(enum label_role role, enum route route, int status, const struct request *q);

void metrics_answer(struct response *r);

#endif
