/* store/spool.h: views that could not be committed, in a bounded file, until the database is back.
 * Floor 2. Loading a view twice counts it once (view_batch), so a record may be read again after a
 * crash; it is removed when committed. Several processes share one file: each append and each
 * take-over holds a lock on it. */
#ifndef STORE_SPOOL_H
#define STORE_SPOOL_H

#include "store/batch.h"

struct spool_load;
struct spool {
	char path[1000];
	int64_t max_bytes;
	struct spool_load *load;
	mono_t look_at;
};

void spool_init(
	struct spool *s, const char *path, int64_t max_bytes); /* path "": nothing is kept */
void spool_fini(struct spool *s);
/* spool_waits: whether views wait at path, which may be "". What cannot be looked at is no reason
 * to say so. */
bool spool_waits(const char *path);
/* spool_put: append the view of an op; counts METRIC_SPOOLED or METRIC_SPOOL_DROPPED. Blocks for
 * one small write. */
void spool_put(struct spool *s, const struct batch_op *op);
/* spool_load: at most once a second look for a file and feed a slice of it to the batches; the file
 * goes when all are committed. */
void spool_load(struct spool *s, struct batch *const *batch, size_t batch_n, mono_t now);

#endif
