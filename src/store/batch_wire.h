/* store/batch_wire.h: a batch as the parameters of view_batch, and its rows back. For store/batch.c
 * alone. Floor 2. */
#ifndef STORE_BATCH_WIRE_H
#define STORE_BATCH_WIRE_H

#include "store/array.h"
#include "store/batch.h"
#include "store/pq.h"

#define BATCH_OPS_MAX 512
#define BATCH_PARAMS  25

/* All ops of one reader: one row. ops[from, from + n) of the sorted array. */
struct batch_group {
	struct uuid id;
	size_t from, n;
	struct reader state; /* as answered; slices live as long as the result */
};

struct batch_wire {
	struct array col[20];
	uint8_t worker[8], seq[8], now[8], careful[1];
	const char *value[BATCH_PARAMS];
	int len[BATCH_PARAMS], format[BATCH_PARAMS];
};

/* What goes with a batch beside its readers. */
struct batch_rest {
	utc_t now;
	const char *counts; /* tally as JSON, or NULL */
	int64_t worker, seq;
	bool careful; /* leave locked rows alone */
};

/* batch_wire_build: ops must be sorted by reader; groups as found. fails ERR_NO_MEMORY */
MUST enum err batch_wire_build(struct batch_wire *w, struct batch_op *const *ops,
	const struct batch_group *groups, size_t group_n, const struct batch_rest *rest);
void batch_wire_fini(struct batch_wire *w);

/* Versions that are none: the row is locked by somebody else; the reader was joined to the one
 * whose id stands in seen. */
enum { BATCH_ROW_LOCKED = -1, BATCH_ROW_MOVED = -2 };

/* batch_wire_row: one row of the answer.
 *   gives  *ret with slices into res; *ret_epoch when the row is the last one (then *ret_reader
 * false) fails  ERR_STORE when the row does not have the expected form */
MUST enum err batch_wire_row(
	const PGresult *res, int row, struct reader *ret, bool *ret_reader, int64_t *ret_epoch);

#endif
